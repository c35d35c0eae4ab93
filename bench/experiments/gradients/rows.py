"""Rows of the table of gradients: errors, evaluations and times."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.backends import exact
from bench.gradients.columns import GRADIENTS
from bench.gradients.programs import GradientCase, conditions, program
from bench.gradients.schemes import gradient_points
from bench.gradients.truth import BITS, MOST_WORK, Exact, relative

Array = npt.NDArray[Any]
MANY = 10_000  # variables above which one point is enough: exact gradients take seconds


@dataclass(frozen=True)
class Measured:
    """A row without times; for those who time: the truth at the first point, and how far off.

    `off` is the largest error of a number of that gradient. Without a truth there is none.
    """

    case: GradientCase
    row: dict[str, Any]
    truth: Exact | None = None
    off: float = math.nan


def gradient_rows(
    cases: Sequence[GradientCase],
    *,
    points: int,
    seed: int,
    budget_seconds: float,
    progress: Callable[[int, GradientCase], None] = lambda done, case: None,
) -> Iterator[Measured]:
    """One row a case, columns as in `GRADIENTS`; cases of one scheme must come by rising n.

    Above n = MANY one point is taken. A case of which one gradient would take longer than the
    budget, by what the size before it took and by how the evaluations grow, is skipped, and so
    are all larger ones.
    """
    truths: dict[Any, list[Exact]] = {}  # of one function in one format, all n
    needed: dict[Any, tuple[int, float]] = {}
    for done, case in enumerate(cases):
        progress(done, case)
        row = _empty(case)
        family = (case.function.name, case.scheme.name, case.precision.name, case.backend)
        why_not = _why_not(case)
        if why_not:
            yield Measured(case, row | {"status": "unsupported", "reason": why_not})
            continue
        expected = _expected_seconds(case, needed.get(family))
        if expected > budget_seconds:
            reason = f"would take about {expected:.1g} s; allowed {budget_seconds:g} s"
            yield Measured(case, row | {"status": "skipped", "reason": reason})
            continue
        count = points if case.n <= MANY else 1
        x = gradient_points(case.function, case.precision, case.n, count, seed)
        place = (case.function.name, case.precision.name, case.n)
        if place not in truths:
            truths = {known: truths[known] for known in truths if known[:2] == place[:2]}
            truths[place] = [Exact(case.function, each.astype(np.float64)) for each in x]
        found, seconds = _measured(case, row, x, truths[place])
        needed[family] = (case.n, seconds)
        yield found


def _empty(case: GradientCase) -> dict[str, Any]:
    row = dict.fromkeys(GRADIENTS, math.nan)
    return row | {
        "problem": case.function.name,
        "scheme": case.scheme.name,
        "precision": case.precision.name,
        "backend": case.backend,
        "device": case.device,
        "n": case.n,
        "evaluations": case.scheme.passes(case.n),
        "status": "ok",
        "reason": "",
    }


def _why_not(case: GradientCase) -> str | None:
    if case.backend not in ("numpy", "jax"):
        return f"gradients run on numpy and jax, not on {case.backend}"
    if case.scheme.needs == "jax" and case.backend == "numpy":
        return f"{case.scheme.name} needs jax, which backend numpy has not"
    if case.scheme.needs == "complex" and case.precision.complex_name is None:
        return f"there are no complex numbers in {case.precision.name}"
    if case.scheme.needs == "complex" and case.function.hard:
        return f"{case.function.name} is not analytic, and {case.scheme.name} needs that"
    return None


def _expected_seconds(case: GradientCase, before: tuple[int, float] | None) -> float:
    """Seconds of one gradient, from the size before: evaluations grow, and each of them with n."""
    if before is None:
        return 0.0
    n, seconds = before
    return seconds * case.n / n * case.scheme.passes(case.n) / case.scheme.passes(n)


def _measured(
    case: GradientCase, row: dict[str, Any], x: Array, truths: Sequence[Exact]
) -> tuple[Measured, float]:
    """The row of a case, and the seconds of a gradient, as far as one can tell them from one."""
    h = case.scheme.step(case.precision)
    with conditions(case):
        gradient, about = program(case, x[0], h)
        found = [gradient(each) for each in x]
        started = time.perf_counter()
        gradient(x[0])
        seconds = time.perf_counter() - started
    row = row | about | {"h": math.nan if h is None else h}
    if case.function.hard:
        first = np.ravel(found[0])[0]
        reason = f"at 0 there is no gradient; what comes back starts with {float(first):g}"
        return Measured(case, row | {"status": "kink", "reason": reason}), seconds
    if not all(np.isfinite(each.astype(np.float64)).all() for each in found):
        reason = "the gradient is not a number, or infinite"
        return Measured(case, row | {"status": "nan", "reason": reason}), seconds
    first_truth = truths[0].wanted(case.scheme).astype(np.float64)
    off = float(np.max(np.abs(found[0].astype(np.float64) - first_truth)))
    return Measured(case, row | _errors(case, found, truths, h), truths[0], off), seconds


def _errors(
    case: GradientCase, found: Sequence[Array], truths: Sequence[Exact], h: float | None
) -> dict[str, float]:
    """Relative errors, medians over the points."""
    parts: dict[str, list[float]] = {"error": [], "truncation_error": [], "rounding_error": []}
    for estimate, truth in zip(found, truths, strict=True):
        wanted = truth.wanted(case.scheme)
        with exact.bits(BITS):
            estimate_balls = exact.each_ball(estimate.astype(np.float64))
            parts["error"].append(relative(estimate_balls - wanted, wanted))
        if h is None:
            parts["truncation_error"].append(0.0)
            parts["rounding_error"].append(parts["error"][-1])
        elif case.n * case.scheme.passes(case.n) <= MOST_WORK:
            ideal = truth.ideal(case.scheme, h)
            with exact.bits(BITS):
                parts["truncation_error"].append(relative(ideal - wanted, wanted))
                parts["rounding_error"].append(relative(estimate_balls - ideal, wanted))
    return {name: statistics.median(each) if each else math.nan for name, each in parts.items()}


TIMES = {  # columns of a gradient's time, and those of the table of times that they come from
    "trace_seconds": "trace_seconds",
    "compile_seconds": "compile_seconds",
    "seconds": "median_seconds",
    "min_seconds": "min_seconds",
    "between_processes": "between_processes",
    "ratio_to_f": "ratio_to_f",
    "noise_floor": "noise_floor",
}


def with_times(row: dict[str, Any], own: dict[str, Any], of_f: dict[str, Any]) -> dict[str, Any]:
    """A row with its time and that of F; where there is none its reason says why."""
    if own["status"] != "ok":
        return row if row["reason"] else row | {"reason": f"no time: {own['reason']}"}
    times = {name: own[column] for name, column in TIMES.items()}
    return row | times | {"f_seconds": of_f["median_seconds"]}
