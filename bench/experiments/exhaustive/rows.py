"""From every float of a range to rows: estimates, their errors in ulps, counted by binade."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bench.arithmetic import backends, guarded
from bench.experiments import Piece, Tell
from bench.experiments.accuracy.cases import Block
from bench.experiments.accuracy.measuring import estimate
from bench.experiments.accuracy.status import status_of
from bench.experiments.exhaustive.cases import FEW, FUNCTION, Item, bits_of, floats, steps_of
from bench.experiments.exhaustive.tables import BUCKETS, EVERY, NO_DIGIT, bucket_named
from bench.experiments.exhaustive.truth import Truths, of_blocks, of_each
from bench.formats import Format, formats
from bench.problems import Problem, problems
from bench.reference import Truth
from bench.schemes import Scheme, schemes
from bench.values import Array, Floats

LOST = ("h_underflow", "overflow", "nan")
BEYOND = "beyond"
COUNTED = {
    "n_ok": ("ok",),
    "n_domain": ("domain",),
    "n_kink": ("kink",),
    "n_still": ("x_plus_h_equals_x",),
    "n_lost": LOST,
    "n_truth_zero": ("truth_zero",),
    "n_beyond": (BEYOND,),
}
WIDE, LONG = 2**10, 2**18  # floats at once: at every step, at one


@dataclass
class Counts:
    """What is counted of one binade at one step, until all of its floats were seen."""

    n_total: int = 0
    n_no_digit: int = 0
    counted: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    ulps: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(BUCKETS, np.int64))
    worst: tuple[float, float, float, float] = (np.nan,) * 4


Key = tuple[str, str, int | None, int | None]  # scheme, side, binade, k of the step


def rows(item: Item, ahead: object, tell: Tell) -> Iterator[Piece]:
    """The rows of an item: its floats, a part at a time."""
    problem, precision = problems[item.problem], formats[item.precision]
    few = bits_of(precision) <= FEW
    length = WIDE if few else LONG
    found: dict[Key, Counts] = defaultdict(Counts)
    for first in range(item.first, item.last, length):
        tell((first - item.first) // WIDE, str(item))
        x = floats(precision, item.sign, first, min(first + length, item.last))
        x = x[problem.domain.contains(x)]
        truths = of_each(problem, x) if few else of_blocks(problem, x)
        for name in item.schemes:
            _count(found, item, name, x, truths)
    yield EVERY, EVERY.of_rows([_row(item, key, counts) for key, counts in found.items()])


def _count(found: dict[Key, Counts], item: Item, name: str, x: Floats, truths: Truths) -> None:
    """Add what a scheme does at some floats to what is counted."""
    problem, precision = problems[item.problem], formats[item.precision]
    if name == FUNCTION:
        given = _values(item, problem, precision, x)
        status = _status_of_value(given, truths.value, precision)
        _add(found, name, [None], x, given, truths.value, status, precision)
        return
    scheme = schemes[name]
    for block in _blocks(item, problem, precision, scheme, x):
        known = estimate(block).get(name)
        supported = known is not None
        shape = (len(x), max(len(block.h), 1))
        given = np.full(shape, np.nan)
        if known is not None:
            given = np.broadcast_to(np.asarray(known).astype(np.float64), shape)
        exact = Truth((None,) * len(x), truths.slope)
        status = status_of(block, scheme, given, exact, supported=supported)
        status = _beside(status, truths.slope, precision)
        steps = block.log2_steps.astype(int).tolist() if len(block.h) else [None]
        _add(found, name, steps, x, given, truths.slope, status, precision)


def _blocks(
    item: Item, problem: Problem, precision: Format, scheme: Scheme, x: Floats
) -> Iterator[Block]:
    h = steps_of(precision, (scheme,))[scheme] if scheme.has_step else np.empty(0)
    with np.errstate(divide="ignore"):
        powers = np.log2(h)
    backend = backends[item.backend]
    yield Block(problem, (scheme,), precision, backend, item.device, x, h, powers)


def _values(item: Item, problem: Problem, precision: Format, x: Floats) -> Floats:
    """f itself in the format, shape (n, 1)."""
    backend = backends[item.backend]
    xp = backend.namespace()
    with np.errstate(all="ignore"):
        f = guarded(problem, precision, xp)
        found = f(xp.asarray(precision.round(x)))
    return np.asarray(found).astype(np.float64)[:, None]


def _status_of_value(given: Floats, truth: Floats, precision: Format) -> Array:
    status = np.select([np.isinf(given), np.isnan(given)], ["overflow", "nan"], "ok")
    return _beside(status, truth, precision)


def _beside(status: Array, truth: Floats, precision: Format) -> Array:
    """Statuses (n, m), but where there is no truth, or none that a normal number could be."""
    with np.errstate(invalid="ignore"):
        away = (np.abs(truth) > precision.largest) | (np.abs(truth) < precision.smallest_normal)
    inside = status != "domain"
    status = np.where((truth == 0)[:, None] & inside, "truth_zero", status)
    status = np.where((away & (truth != 0))[:, None] & inside, BEYOND, status)
    return np.where(np.isnan(truth)[:, None] & inside, "kink", status)


def _add(
    found: dict[Key, Counts],
    name: str,
    steps: list[int | None],
    x: Floats,
    given: Floats,
    truth: Floats,
    status: Array,
    precision: Format,
) -> None:
    """Count estimates (n, m) of n floats at m steps."""
    with np.errstate(all="ignore"):
        error = np.abs(given - truth[:, None])
        ulps = error / precision.ulp(truth)[:, None]
        none = error >= NO_DIGIT * np.abs(truth)[:, None]
    ok = status == "ok"
    ulps = np.where(ok, ulps, np.nan)
    buckets = np.where(ok, bucket_of(ulps), BUCKETS)
    nothing = (none & ok) | np.isin(status, ("x_plus_h_equals_x", *LOST))
    kinds = {column: np.isin(status, names) for column, names in COUNTED.items()}
    binades = np.frexp(x)[1] - 1
    for binade in np.unique(binades[x != 0]).tolist() + [None] * bool((x == 0).any()):
        mine = (x == 0) if binade is None else (x != 0) & (binades == binade)
        side = "zero" if binade is None else "negative" if x[mine][0] < 0 else "positive"
        for j, step in enumerate(steps):
            counts = found[name, side, binade, step]
            counts.n_total += int(mine.sum())
            counts.n_no_digit += int(nothing[mine, j].sum())
            counts.ulps += np.bincount(buckets[mine, j], minlength=BUCKETS + 1)[:BUCKETS]
            for column, which in kinds.items():
                counts.counted[column] += int(which[mine, j].sum())
            _keep_worst(counts, ulps[mine, j], x[mine], given[mine, j], truth[mine])


def bucket_of(ulps: Floats) -> npt.NDArray[np.int64]:
    """Which bucket an error in ulps is counted in: 0 up to 1/2, k above 2^(k-2) up to 2^(k-1)."""
    with np.errstate(invalid="ignore"):
        fraction, exponent = np.frexp(np.nan_to_num(ulps, nan=0.0, posinf=1e300))
    ceiling = exponent - (fraction == 0.5)
    return np.where(ulps <= 0.5, 0, np.clip(ceiling + 1, 0, BUCKETS - 1)).astype(np.int64)


def _keep_worst(counts: Counts, ulps: Floats, x: Floats, given: Floats, truth: Floats) -> None:
    if not np.isfinite(ulps).any():
        return
    at = int(np.nanargmax(ulps))
    if not ulps[at] <= counts.worst[0]:
        counts.worst = (float(ulps[at]), float(x[at]), float(given[at]), float(truth[at]))


def _row(item: Item, key: Key, counts: Counts) -> object:
    scheme, side, binade, step = key
    most, x, estimate_there, truth = counts.worst
    return EVERY.row(
        problem=item.problem,
        scheme=scheme,
        precision=item.precision,
        backend=item.backend,
        device=item.device,
        side=side,
        binade=binade,
        log2_step=step,
        n_total=counts.n_total,
        n_no_digit=counts.n_no_digit,
        max_ulps=most,
        worst_x=x,
        worst_estimate=estimate_there,
        worst_truth=truth,
        **counts.counted,
        **{bucket_named(i): int(n) for i, n in enumerate(counts.ulps)},
    )
