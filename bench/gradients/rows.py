"""Rows of the table of gradients: errors, evaluations and times."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.backends import exact
from bench.functions import Function
from bench.gradients.columns import GRADIENTS
from bench.gradients.programs import GradientCase, conditions, programs, timed
from bench.gradients.truth import BITS, LARGEST_IDEAL, LARGEST_TRUTH, Exact, relative
from bench.precision import Precision

Array = npt.NDArray[Any]


def points_of(function: Function, precision: Precision, n: int, count: int, seed: int) -> Array:
    """Points (count, n) in the format, each number uniform in [-1, 1): seeded, the same reals.

    Hard functions are taken at 0, where they have a kink.
    """
    if function.hard:
        return precision.round(np.zeros((1, n)))
    name = list(function.name.encode())
    return precision.round(np.random.default_rng([seed, n, *name]).uniform(-1, 1, (count, n)))


def gradient_rows(
    cases: Sequence[GradientCase],
    *,
    points: int,
    seed: int,
    budget_seconds: float,
    progress: Callable[[int, GradientCase], None] = lambda done, case: None,
) -> Iterator[dict[str, Any]]:
    """One row a case, columns as in `GRADIENTS`; cases of one scheme must come by rising n.

    A case of which one gradient would take longer than the budget, by what the size before it
    took and by how the evaluations grow, is skipped, and so are all larger ones.
    """
    truths: dict[Any, list[Exact]] = {}
    needed: dict[Any, tuple[int, float]] = {}
    for done, case in enumerate(cases):
        progress(done, case)
        row = _empty(case)
        family = (case.function.name, case.scheme.name, case.precision.name, case.backend)
        why_not = _why_not(case)
        if why_not:
            yield row | {"status": "unsupported", "reason": why_not}
            continue
        expected = _expected_seconds(case, needed.get(family))
        if expected > budget_seconds:
            reason = f"would take about {expected:.1g} s; allowed {budget_seconds:g} s"
            yield row | {"status": "skipped", "reason": reason}
            continue
        x = points_of(case.function, case.precision, case.n, points, seed)
        place = (case.function.name, case.precision.name, case.n)
        if place not in truths:
            truths = {place: [Exact(case.function, each.astype(np.float64)) for each in x]}
        row |= _measured(case, x, truths[place])
        needed[family] = (case.n, row["seconds"])
        yield row


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


def _measured(case: GradientCase, x: Array, truths: Sequence[Exact]) -> dict[str, Any]:
    h = case.scheme.step(case.precision)
    with conditions(case):
        gradient, value, place, about = programs(case, x[0], h)
        placed = [place(each) for each in x]  # its way to the device is no part of the time
        found = [np.asarray(gradient(each)) for each in placed]
        seconds = timed(gradient, value, placed[0])
    row = {"h": math.nan if h is None else h, **about, **seconds}
    if case.function.hard:
        first = np.ravel(found[0])[0]
        reason = f"at 0 there is no gradient; what comes back starts with {float(first):g}"
        return row | {"status": "kink", "reason": reason}
    if not all(np.isfinite(each.astype(np.float64)).all() for each in found):
        return row | {"status": "nan", "reason": "the gradient is not a number, or infinite"}
    if case.n > LARGEST_TRUTH:
        return row | {"reason": f"no error: truth is taken up to n = {LARGEST_TRUTH}"}
    return row | _errors(case, found, truths, h)


def _errors(
    case: GradientCase, found: Sequence[Array], truths: Sequence[Exact], h: float | None
) -> dict[str, float]:
    """Relative errors, medians over the points."""
    parts: dict[str, list[float]] = {"error": [], "truncation_error": [], "rounding_error": []}
    for estimate, truth in zip(found, truths, strict=True):
        with exact.bits(BITS):
            wanted = truth.gradient
            if not case.scheme.whole:
                wanted = np.array([truth.slope(wanted)], object)
        size = wanted
        parts["error"].append(relative(exact.each_ball(estimate.astype(np.float64)) - wanted, size))
        if h is None:
            parts["truncation_error"].append(0.0)
            parts["rounding_error"].append(parts["error"][-1])
        elif case.n <= LARGEST_IDEAL:
            ideal = truth.ideal(case.scheme, h)
            estimate_balls = exact.each_ball(estimate.astype(np.float64))
            parts["truncation_error"].append(relative(ideal - wanted, size))
            parts["rounding_error"].append(relative(estimate_balls - ideal, size))
    return {name: statistics.median(each) if each else math.nan for name, each in parts.items()}
