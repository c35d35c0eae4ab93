"""Advice from truth: the errors of all schemes at the floats near a point, against certified f'."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.arithmetic import Backend, backends
from bench.experiments.accuracy.cases import Block, step_sizes
from bench.experiments.accuracy.curves import best_of, curve_of
from bench.experiments.accuracy.measuring import estimate, measure
from bench.experiments.accuracy.tables import Best
from bench.formats import formats
from bench.problems import Problem
from bench.schemes import Scheme, schemes
from bench.theory import SILENT
from bench.values import Array, Floats

# Of |x|: where the points near x lie, so that one lucky rounding is no advice. By a power of two
# they would have as few bits as x, and f would be exact at all of them.
NEAR = 1 / 61
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


def nearby(problem: Problem, precision: str, x: float) -> Floats:
    """The point and a few beside it, floats of the format, ascending."""
    known = formats[precision]
    scattered = x + NEAR * abs(x) * np.linspace(-1, 1, POINTS) ** 3
    rounded = known.round(scattered).astype(np.float64)
    inside = np.isfinite(rounded) & problem.domain.contains(rounded)
    return np.unique(np.append(rounded[inside], x))


def backend_of(problem: Problem) -> Backend:
    """Where schemes with a step are run: NumPy, or JAX where f is a function of JAX alone."""
    return backends["jax" if problem.needs == "jax" else "numpy"]


def rows_of(
    problem: Problem, precision: str, x: Floats, chosen: Sequence[Scheme], backend: Backend
) -> Mapping[str, Mapping[str, Array]]:
    """The rows of schemes at some points, by name; those that cannot run have none."""
    known = formats[precision]
    h = powers = np.empty(0)
    if chosen[0].has_step:
        h, powers = step_sizes(known, "auto", x.tolist(), problem)
    block = Block(problem, tuple(chosen), known, backend, "cpu", x, h, powers)
    runnable = block.runnable
    found = measure(block, estimate(block))
    return {scheme.name: rows for scheme, rows in found if scheme in runnable}


def errors(problem: Problem, precision: str, x: float) -> list[Error]:
    """The errors of all schemes with a step near a point, each at the step that is best there."""
    points = nearby(problem, precision, x)
    stepped = [each for each in schemes.values() if each.has_step and each.whole]
    rows = rows_of(problem, precision, points, stepped, backend_of(problem))
    found = (_at_best(schemes[name], each, precision) for name, each in rows.items())
    return [each for each in found if math.isfinite(each.error)]


def _at_best(scheme: Scheme, rows: Mapping[str, Array], precision: str) -> Error:
    curve = curve_of(rows)
    nothing = Best("", scheme.name, precision, "", "", evaluations=scheme.evaluations)
    best = best_of(nothing, curve, SILENT, 0.0, formats[precision].unit_roundoff)
    if not math.isfinite(best.best_step):
        return Error(scheme, scheme.evaluations, math.nan, math.nan, math.nan, math.nan)
    at = int(np.flatnonzero(curve["h"] == best.best_step)[0])
    slope = float(np.median(np.abs(rows["truth"])))
    parts = (float(curve[f"{part}_error_median"][at]) for part in ("truncation", "rounding"))
    return Error(scheme, scheme.evaluations, best.best_step, best.best_error * slope, *parts)


def autodiff(problem: Problem, precision: str, x: float) -> float:
    """What `jax.grad` gives at a point in the format; NaN where it gives nothing."""
    rows = rows_of(problem, precision, np.array([x]), [schemes["grad"]], backends["jax"])
    return float(rows["grad"]["estimate"][0]) if "grad" in rows else math.nan
