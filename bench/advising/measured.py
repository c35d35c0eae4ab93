"""Advice from truth: the errors of all schemes at the floats near a point, against certified f'."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.advising import BITS
from bench.advising.code import calls_of, is_legible
from bench.arithmetic import Backend, backends
from bench.experiments.accuracy.cases import Block, step_sizes
from bench.experiments.accuracy.curves import best_of, curve_of
from bench.experiments.accuracy.measuring import estimate, measure
from bench.experiments.accuracy.tables import Best
from bench.formats import Format, formats
from bench.problems import Domain, Problem
from bench.reference import truth_at
from bench.registry import Disagreement, InputError
from bench.schemes import Scheme, schemes
from bench.theory import SILENT
from bench.values import Array, Floats

# Of |x|, or of 1 at 0: where the points near x lie, so that one lucky rounding is no advice. By a
# power of two they would have as few bits as x, and f would be exact at all of them.
NEAR = 1 / 61
NEARER = (1.0, 1 / 32, 1 / 1024)  # of that, where f is not smooth further away
POINTS = 33


@dataclass(frozen=True)
class Error:
    """The error of a scheme near a point at its best step, NaN without one, and what it is made of.

    All are absolute; `evaluations` are those of f at a point.
    """

    scheme: Scheme
    evaluations: int
    step: float
    error: float
    truncation: float
    rounding: float
    most: float = math.nan  # that the error may be, as far as its scatter over the points tells


def scattered(x: float, known: Format, domain: Domain, nearer: float, points: int) -> Floats:
    """The point and a few beside it within a domain, floats of the format, ascending.

    Where the format has not as many within NEAR, they are those next to x.
    """
    near, next_to = NEAR * (abs(x) or 1.0), points // 2 * _spacing(x, known)
    line = np.linspace(-1, 1, points)
    for offsets in (near * line**3, max(near, next_to) * line):
        rounded = known.round(x + nearer * offsets).astype(np.float64)
        if len(np.unique(rounded)) == points:
            break
    inside = np.isfinite(rounded) & domain.contains(rounded)
    return np.unique(np.append(rounded[inside], x))


def _spacing(x: float, known: Format) -> float:
    """What a float of the format is from the next; 0 at 0, beside which they are dense."""
    if not x:
        return 0.0
    return math.ldexp(1.0, max(math.frexp(x)[1] - known.significand_bits, known.lowest_exponent))


def spread(off: Array) -> tuple[float, float]:
    """The median of errors at points, and the most that it may be: 95 % of medians are below."""
    known = np.sort(np.abs(off[np.isfinite(off)]))
    if not len(known):
        return math.nan, math.nan
    rank = math.ceil((len(known) + SURE * math.sqrt(len(known))) / 2)
    return float(np.median(known)), float(known[min(rank, len(known) - 1)])


SURE = 1.645  # standard deviations, one-sided


def nearby(problem: Problem, precision: str, x: float) -> Floats:
    """The point and a few beside it at which f has a derivative, as far away as all of them have.

    Raises InputError where it has none at x.
    """
    for nearer in NEARER:
        points = scattered(x, formats[precision], problem.domain, nearer, POINTS)
        try:
            truth_at(problem, points.tolist(), BITS)
        except (InputError, Disagreement):
            continue
        return points
    return np.array([x])


def backend_of(problem: Problem) -> Backend:
    """Where schemes with a step are run: NumPy, or JAX where f is a function of JAX alone."""
    return backends["jax" if problem.needs == "jax" else "numpy"]


def rows_of(
    problem: Problem, precision: str, x: Floats, chosen: Sequence[Scheme], backend: Backend
) -> Mapping[str, Mapping[str, Array]]:
    """The rows of schemes at some points, by name; those that cannot run have none."""
    block = _block(problem, precision, x, chosen, backend)
    found = measure(block, estimate(block))
    return {scheme.name: rows for scheme, rows in found if scheme in block.runnable}


def _block(
    problem: Problem, precision: str, x: Floats, chosen: Sequence[Scheme], backend: Backend
) -> Block:
    known = formats[precision]
    h = powers = np.empty(0)
    if chosen[0].has_step:
        h, powers = step_sizes(known, "auto", x.tolist(), problem)
    return Block(problem, tuple(chosen), known, backend, "cpu", x, h, powers)


def errors(problem: Problem, precision: str, points: Floats) -> list[Error]:
    """The errors of all schemes with a step at some points, each at the step that is best there."""
    stepped = [x for x in schemes.values() if x.has_step and x.whole and is_legible(x)]
    rows = rows_of(problem, precision, points, stepped, backend_of(problem))
    found = (_at_best(schemes[name], each, precision) for name, each in rows.items())
    return [each for each in found if math.isfinite(each.error)]


def _at_best(scheme: Scheme, rows: Mapping[str, Array], precision: str) -> Error:
    if not rows["truth"].any():  # no relative error: that of f' = 1 is the absolute one
        ok = np.where(rows["status"] == "truth_zero", "ok", rows["status"])
        rows = {**rows, "truth": rows["truth"] + 1, "status": ok}
    curve, calls = curve_of(rows), calls_of(scheme)
    nothing = Best("", scheme.name, precision, "", "", evaluations=calls)
    best = best_of(nothing, curve, SILENT, 0.0, formats[precision].unit_roundoff)
    if not math.isfinite(best.best_step):
        return Error(scheme, calls, math.nan, math.nan, math.nan, math.nan)
    at = int(np.flatnonzero(curve["h"] == best.best_step)[0])
    error, most = spread(rows["error"][(rows["h"] == best.best_step) & (rows["status"] == "ok")])
    parts = [float(curve[f"{part}_error_median"][at]) for part in ("truncation", "rounding")]
    return Error(scheme, calls, best.best_step, error, parts[0], parts[1], most)


def autodiff(problem: Problem, precision: str, x: float) -> float | None:
    """What `jax.grad` gives at a point in the format; None where it cannot be had."""
    given = _given(problem, precision, np.array([x]))
    return None if given is None else float(given[0])


def autodiff_error(problem: Problem, precision: str, points: Floats, truths: Floats) -> float:
    """The median error of `jax.grad` at some points; NaN where it cannot be had."""
    given = _given(problem, precision, points)
    return math.nan if given is None else spread(given - truths)[0]


def _given(problem: Problem, precision: str, x: Floats) -> Floats | None:
    block = _block(problem, precision, x, [schemes["grad"]], backends["jax"])
    given = estimate(block).get("grad")
    return None if given is None else np.asarray(given).astype(np.float64).ravel()
