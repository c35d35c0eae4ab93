"""From every float of a range to rows: estimates, their errors in ulps, counted by binade."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.arithmetic import backends, guarded
from bench.experiments import Piece, Tell
from bench.experiments.accuracy.cases import Block
from bench.experiments.accuracy.measuring import estimate
from bench.experiments.accuracy.status import causes_of
from bench.experiments.exhaustive.cases import FEW, FUNCTION, Item, bits_of, floats, steps_of
from bench.experiments.exhaustive.tables import BUCKETS, EVERY, NO_DIGIT, bucket_named
from bench.experiments.exhaustive.truth import Truths, of_blocks, of_each
from bench.formats import Format, formats
from bench.problems import Problem, problems
from bench.reference import Truth
from bench.schemes import Scheme, schemes
from bench.values import Array, Flags, Floats, Value

BEYOND = "beyond"
UNSUPPORTED = "unsupported"
COUNTED = {
    "n_ok": ("ok",),
    "n_domain": ("domain",),
    "n_kink": ("kink",),
    "n_still": ("x_plus_h_equals_x",),
    "n_lost": ("h_underflow", "overflow", "nan"),
    "n_truth_zero": ("truth_zero",),
    "n_beyond": (BEYOND,),
}
NO_NUMBER = ("n_still", "n_lost")
STATUSES = ("ok", *(s for n, names in COUNTED.items() for s in names if s != "ok"), UNSUPPORTED)
CODES = {name: code for code, name in enumerate((*STATUSES, "other_format"))}  # ok is 0
WIDE, LONG = 2**10, 2**18  # floats at once: at every step, at one


@dataclass
class Counts:
    """What is counted of one binade at m steps, until all of its floats were seen.

    `counted` (columns, m) are numbers of floats, `ulps` (m, buckets) those that are ok by their
    errors, `worst` (4, m) the largest of these, its x, its estimate and its truth.
    """

    steps: Sequence[int | None]
    n_total: int
    counted: dict[str, Counted]
    ulps: Counted
    worst: Floats

    def add(self, other: Counts) -> None:
        """Add what was counted of other floats of the same binade."""
        self.n_total += other.n_total
        for column, numbers in other.counted.items():
            self.counted[column] += numbers
        self.ulps += other.ulps
        worse = ~(other.worst[0] <= self.worst[0]) & ~np.isnan(other.worst[0])
        self.worst[:, worse] = other.worst[:, worse]


Counted = npt.NDArray[np.int64]
Key = tuple[str, str, int | None]  # scheme, side, binade


def rows(item: Item, ahead: object, tell: Tell) -> Iterator[Piece]:
    """The rows of an item: its floats, a part at a time."""
    problem, precision = problems[item.problem], formats[item.precision]
    few = bits_of(precision) <= FEW
    length = WIDE if few else LONG
    found: dict[Key, Counts] = {}
    for first in range(item.first, item.last, length):
        tell((first - item.first) // WIDE, str(item))
        x = floats(precision, item.sign, first, min(first + length, item.last))
        x = x[problem.domain.contains(x)]
        if not len(x):
            continue
        truths = of_each(problem, x) if few else of_blocks(problem, x)
        for name in item.schemes:
            _count(found, item, name, x, truths)
    for name in item.schemes:
        mine = {key: counts for key, counts in found.items() if key[0] == name}
        if mine:
            yield EVERY, EVERY.of_columns(_columns(item, mine))


def _count(found: dict[Key, Counts], item: Item, name: str, x: Floats, truths: Truths) -> None:
    """Add what a scheme does at some floats to what is counted."""
    problem, precision = problems[item.problem], formats[item.precision]
    if name == FUNCTION:
        given = _values(item, problem, precision, x)
        causes = {"overflow": np.isinf(given), "nan": np.isnan(given)}
        codes = _codes(causes, given, truths.value, precision)
        _add(found, name, [None], x, given, truths.value, codes, precision)
        return
    scheme = schemes[name]
    block = _block(item, scheme, x)
    known = estimate(block).get(name)
    shape = (len(x), max(len(block.h), 1))
    given = np.full(shape, np.nan)
    causes = {UNSUPPORTED: np.ones((1, 1), bool)}
    if known is not None:
        given = np.broadcast_to(np.asarray(known).astype(np.float64), shape)
        causes = causes_of(block, scheme, given, Truth((None,) * len(x), truths.slope))
    codes = _codes(causes, given, truths.slope, precision)
    steps = block.log2_steps.astype(int).tolist() if len(block.h) else [None]
    _add(found, name, steps, x, given, truths.slope, codes, precision)


def _block(item: Item, scheme: Scheme, x: Floats) -> Block:
    problem, precision = problems[item.problem], formats[item.precision]
    h = steps_of(precision, scheme) if scheme.has_step else np.empty(0)
    backend = backends[item.backend]
    return Block(problem, (scheme,), precision, backend, item.device, x, h, np.log2(h))


def _values(item: Item, problem: Problem, precision: Format, x: Floats) -> Floats:
    """f itself in the format, shape (n, 1)."""
    backend = backends[item.backend]
    xp = backend.namespace()
    with np.errstate(all="ignore"):
        f = guarded(problem, precision, xp)
        found = f(xp.asarray(precision.round(x)))
    return np.asarray(found).astype(np.float64)[:, None]


def _codes(
    causes: Mapping[str, Flags], given: Floats, truth: Floats, precision: Format
) -> npt.NDArray[np.int8]:
    """The status (n, m) of each estimate; one without a truth that a normal number is says so."""
    found = np.zeros(given.shape, np.int8)
    size = np.abs(truth)
    with np.errstate(invalid="ignore"):
        away = (truth != 0) & ((size > precision.largest) | (size < precision.smallest_normal))
    beside = {"kink": np.isnan(truth), BEYOND: away, "truth_zero": truth == 0}
    every = [(name, each[:, None]) for name, each in beside.items()]
    every = [(n, each) for n, each in causes.items() if n == "domain"] + every + [*causes.items()]
    for name, each in reversed(every):  # the first of several counts
        if each.any():
            found[np.broadcast_to(each, given.shape)] = CODES[name]
    return found


def _add(
    found: dict[Key, Counts],
    name: str,
    steps: list[int | None],
    x: Floats,
    given: Floats,
    truth: Floats,
    codes: npt.NDArray[np.int8],
    precision: Format,
) -> None:
    """Count estimates (n, m) of n floats at m steps."""
    with np.errstate(all="ignore"):
        error = np.abs(given - truth[:, None])
        ulps = error / precision.ulp(truth)[:, None]
        none = error >= NO_DIGIT * np.abs(truth)[:, None]
    ok = codes == 0
    none &= ok
    ulps[~ok] = -np.inf
    buckets = bucket_of(ulps)
    buckets[~ok] = BUCKETS
    binades = np.frexp(x)[1] - 1
    for binade in [*np.unique(binades[x != 0]).tolist(), *([None] if 0 in x else [])]:
        mine = _among(x == 0 if binade is None else (x != 0) & (binades == binade))
        side = "zero" if binade is None else "negative" if x[mine][0] < 0 else "positive"
        by_code = _counted(codes[mine], len(CODES))
        counted = {
            column: by_code[:, [CODES[name] for name in names]].sum(axis=1)
            for column, names in COUNTED.items()
        }
        counted["n_no_digit"] = none[mine].sum(axis=0) + sum(counted[name] for name in NO_NUMBER)
        counts = Counts(
            steps,
            len(x[mine]),
            counted,
            _counted(buckets[mine], BUCKETS + 1)[:, :BUCKETS],
            _worst(ulps[mine], x[mine], given[mine], truth[mine]),
        )
        key = name, side, binade
        if key in found:
            found[key].add(counts)
        else:
            found[key] = counts


def _among(mine: Flags) -> Flags | slice:
    """Which floats are meant; all of them without a copy."""
    return slice(None) if mine.all() else mine


def _counted(codes: npt.NDArray[Any], kinds: int) -> Counted:
    """How many of each column (n, m) are of each kind: (m, kinds)."""
    m = codes.shape[1]
    places = codes.astype(np.intp) + kinds * np.arange(m)
    return np.bincount(places.ravel(), minlength=m * kinds).reshape(m, kinds)


def _worst(ulps: Floats, x: Floats, given: Floats, truth: Floats) -> Floats:
    """The largest error at each step, and x, the estimate and the truth there; NaN without one."""
    at, steps = ulps.argmax(axis=0), np.arange(ulps.shape[1])
    found = np.stack([ulps[at, steps], x[at], given[at, steps], truth[at]])
    found[:, np.isneginf(found[0])] = np.nan
    return found


def bucket_of(ulps: Floats) -> npt.NDArray[np.int64]:
    """Which bucket an error in ulps is counted in: 0 up to 1/2, k above 2^(k-2) up to 2^(k-1)."""
    with np.errstate(invalid="ignore"):
        fraction, exponent = np.frexp(np.clip(ulps, 0.0, 1e300))
    ceiling = exponent - (fraction == 0.5)
    return np.where(ulps <= 0.5, 0, np.clip(ceiling + 1, 0, BUCKETS - 1)).astype(np.int64)


def _columns(item: Item, found: Mapping[Key, Counts]) -> dict[str, str | Array]:
    """The rows of a scheme as columns: binade by binade, steps inner."""
    each, lengths = list(found.values()), [len(counts.steps) for counts in found.values()]

    def per_binade(values: list[Value]) -> Array:
        return np.repeat(np.array(values), lengths)

    places = [math.nan if binade is None else binade for _, _, binade in found]
    steps = [math.nan if k is None else k for counts in each for k in counts.steps]
    return {
        "problem": item.problem,
        "scheme": next(iter(found))[0],
        "precision": item.precision,
        "backend": item.backend,
        "device": item.device,
        "side": per_binade([side for _, side, _ in found]),
        "binade": per_binade(places),
        "log2_step": np.array(steps),
        "n_total": per_binade([counts.n_total for counts in each]),
        **{name: np.concatenate([counts.counted[name] for counts in each]) for name in COUNTED},
        "n_no_digit": np.concatenate([counts.counted["n_no_digit"] for counts in each]),
        **dict(zip(WORST, np.concatenate([counts.worst for counts in each], axis=1), strict=True)),
        **dict(zip(NAMES, np.concatenate([counts.ulps for counts in each]).T, strict=True)),
    }


NAMES = [bucket_named(place) for place in range(BUCKETS)]
WORST = ("max_ulps", "worst_x", "worst_estimate", "worst_truth")
