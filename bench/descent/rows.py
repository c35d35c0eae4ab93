"""Descents to rows: one row an iteration, everything compared with the exact path."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.backends import exact
from bench.descent.cases import DescentCase
from bench.descent.paths import BITS, Path, exact_paths, format_path, values_and_gradients

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

DESCENT = {
    "problem": "the function that is descended",
    "optimizer": "the formula of the iteration",
    "scheme": "the way the gradient is taken",
    "step_kind": "best: u^(1/(p+1)); small: in octaves three quarters of the way from it to u; "
    "large: halfway from it to 1; none: a scheme without a step",
    "precision": "the floating-point format of x, h, F, the gradient and the update",
    "backend": "the library that takes the gradient; the update is NumPy's",
    "device": "where the gradient is taken: cpu or gpu",
    "h": "the step, a power of two; empty without a step",
    "n": "how many variables",
    "rate": "the learning rate asked for; both paths use it as the format rounds it",
    "iteration": "how many updates were made; 0 is the start",
    "loss": "F at this x, evaluated exactly and rounded once to float64",
    "loss_exact_path": "F on the exact path: the same start, rate and iterations, exact gradients",
    "excess": "loss minus loss_exact_path, over the loss at the start",
    "distance": "the Euclidean distance to the exact path at the same iteration",
    "gradient_error": "|gradient - truth| / |truth| at this x, Euclidean",
    "x1": "the first variable",
    "x2": "the second variable; empty where there is one only",
    "exact_x1": "the first variable on the exact path",
    "exact_x2": "the second variable on the exact path; empty where there is one only",
    "status": "ok; stalled, from where x stays or goes round in a cycle of up to 4; diverged, from "
    "where the loss stays above that of the start to the end, or x is not finite; unsupported",
    "reason": "why there is no run",
}


def descent_rows(
    cases: Sequence[DescentCase],
    *,
    progress: Callable[[int, DescentCase], None] = lambda done, case: None,
) -> Iterator[dict[str, Any]]:
    """One row an iteration of each case, columns as in `DESCENT`.

    Cases of one exact path must come together, as `descent_cases` gives them.
    """
    done = 0
    for _, group in groupby(cases, key=_of_one_path):
        together = list(group)
        columns = list(dict.fromkeys(case.precision for case in together))
        first = {case.precision: case for case in reversed(together)}
        starts = np.array([first[each].rounded_start for each in columns]).T
        rates = np.array([first[each].rounded_rate for each in columns])
        one = together[0]
        progress(done, one)
        x, values = exact_paths(one.function, one.optimizer, starts, rates, one.iterations)
        for case in together:
            progress(done, case)
            column = columns.index(case.precision)
            yield from _rows(case, x[:, :, column], values[:, column])
            done += 1


def _of_one_path(case: DescentCase) -> tuple[Any, ...]:
    """What the exact paths of all formats have in common, but for the rounded start and rate."""
    return case.function.name, case.optimizer.name, case.start, case.rate, case.iterations


def _key(case: DescentCase) -> dict[str, Any]:
    """A row of which nothing is known yet but what it is about."""
    return dict.fromkeys(DESCENT, math.nan) | {
        "problem": case.function.name,
        "optimizer": case.optimizer.name,
        "scheme": case.scheme.name,
        "step_kind": case.step_kind,
        "precision": case.precision.name,
        "backend": case.backend,
        "device": case.device,
        "h": math.nan if case.h is None else case.h,
        "n": case.n,
        "rate": case.rate,
        "iteration": 0,
        "status": "ok",
        "reason": "",
    }


def _rows(case: DescentCase, exact_x: Array, exact_values: Array) -> Iterator[dict[str, Any]]:
    key = _key(case)
    if case.why_not is not None:
        yield key | {"status": "unsupported", "reason": case.why_not}
        return
    path = format_path(case)
    columns = _compared(case, path, exact_x, exact_values)
    x = path.positions.astype(np.float64)
    stalled, diverged = path.stalled_at, _diverged_at(columns["loss"], len(x))
    for i in range(len(x)):
        row = key | {"iteration": i, "x1": x[i, 0], "x2": x[i, 1] if case.n > 1 else math.nan}
        row |= {name: values[i] for name, values in columns.items() if i < path.finite}
        if i >= diverged:
            row["status"] = "diverged"
        elif stalled is not None and i >= stalled:
            row["status"] = "stalled"
        yield row


def _diverged_at(loss: Sequence[float], length: int) -> int:
    """The iteration from which on the loss is above that of the start, or not known; or length."""
    below = [i for i, value in enumerate(loss) if value <= loss[0]]
    return below[-1] + 1 if below else length


def _compared(
    case: DescentCase, path: Path, exact_x: Array, exact_values: Array
) -> dict[str, list[float]]:
    """Columns over the finite positions; each difference in high precision, rounded once."""
    last = path.finite
    with exact.bits(BITS):
        x = exact.each_ball(path.positions[:last].astype(np.float64))
        values, truths = values_and_gradients(case.function, x.T)
        found = exact.each_ball(path.gradients[:last].astype(np.float64)) - truths.T
        return {
            "exact_x1": _floats(exact_x[:last, 0]),
            "exact_x2": _floats(exact_x[:last, 1] if case.n > 1 else [math.nan] * last),
            "loss": _floats(values),
            "loss_exact_path": _floats(exact_values[:last]),
            "excess": _floats((values - exact_values[:last]) / values[0]),
            "distance": _floats(_lengths(x - exact_x[:last])),
            "gradient_error": _floats(_lengths(found) / _lengths(truths.T)),
        }


def _lengths(differences: Array) -> Array:
    """Euclidean lengths of rows."""
    middles = np.frompyfunc(lambda ball: ball.mid(), 1, 1)(differences)  # a square stays positive
    lengths: Array = exact.balls.sqrt((middles * middles).sum(axis=1))
    return lengths


def _floats(values: Sequence[Any] | Array) -> list[float]:
    return [float(value) for value in values]
