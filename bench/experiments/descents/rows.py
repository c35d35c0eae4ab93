"""Descents to rows: paths in the formats beside the exact one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from bench.arithmetic import balls
from bench.experiments import Piece, Tell
from bench.experiments.descents.cases import Case, Item, cases_of
from bench.experiments.descents.paths import (
    BITS,
    Path,
    exact_paths,
    format_path,
    values_and_gradients,
)
from bench.experiments.descents.table import DESCENT, Iteration
from bench.formats import formats
from bench.values import Array, Value


def rows(item: Item, ahead: None, tell: Tell) -> Iterator[Piece]:
    """The rows of each case of an item; the exact paths of all formats are taken together."""
    cases = cases_of(item)
    tell(0, str(cases[0]))
    precisions = [formats[name] for name in item.precisions]
    starts = np.array([each.round(item.start).astype(np.float64) for each in precisions]).T
    rates = np.array([float(each.round(item.rate)) for each in precisions])
    one = cases[0]
    x, values = exact_paths(one.problem, one.optimizer, starts, rates, item.iterations)
    for done, case in enumerate(cases):
        tell(done, str(case))
        column = item.precisions.index(case.precision.name)
        yield DESCENT, DESCENT.of_rows(list(_rows(case, x[:, :, column], values[:, column])))


def failed(item: Item, reason: str) -> Iterator[Piece]:
    """The rows of an item that code of the user's ended: one a case."""
    lost = [replace(_blank(case), status="failed", reason=reason) for case in cases_of(item)]
    yield DESCENT, DESCENT.of_rows(lost)


def _blank(case: Case) -> Iteration:
    """A row of which nothing is known yet but what it is about."""
    return Iteration(
        problem=case.problem.name,
        optimizer=case.optimizer.name,
        scheme=case.scheme.name,
        step_kind=case.step_kind,
        precision=case.precision.name,
        backend=case.backend.name,
        device=case.device,
        h=math.nan if case.h is None else case.h,
        n=case.n,
        rate=case.rate,
    )


def _rows(case: Case, exact_x: Array, exact_values: Array) -> Iterator[Iteration]:
    blank, why_not = _blank(case), case.why_not
    if why_not is not None:
        yield replace(blank, status="unsupported", reason=why_not)
        return
    path = case.backend.call(format_path, case)
    columns = _compared(case, path, exact_x, exact_values)
    x = path.positions.astype(np.float64)
    stalled, diverged = path.stalled_at, _diverged_at(columns["loss"], len(x))
    for i in range(len(x)):
        row = replace(blank, iteration=i, x1=x[i, 0], x2=x[i, 1] if case.n > 1 else math.nan)
        if i < path.finite:
            row = replace(row, **{name: values[i] for name, values in columns.items()})
        if i >= diverged:
            row = replace(row, status="diverged")
        elif stalled is not None and i >= stalled:
            row = replace(row, status="stalled")
        yield row


def _diverged_at(loss: Sequence[float], length: int) -> int:
    """The iteration from which on the loss is above that of the start, or not known; or length."""
    below = [i for i, value in enumerate(loss) if value <= loss[0]]
    return below[-1] + 1 if below else length


def _compared(case: Case, path: Path, exact_x: Array, exact_values: Array) -> dict[str, Value]:
    """Columns over the finite positions; each difference in high precision, rounded once."""
    last = path.finite
    with balls.bits(BITS):
        x = balls.each_ball(path.positions[:last].astype(np.float64))
        values, truths = values_and_gradients(case.problem, x.T)
        found = balls.each_ball(path.gradients[:last].astype(np.float64)) - truths.T
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
    lengths: Array = balls.balls.sqrt((middles * middles).sum(axis=1))
    return lengths


def _floats(values: Sequence[Value] | Array) -> list[float]:
    return [float(value) for value in values]
