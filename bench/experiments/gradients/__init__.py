"""The gradient of a function of n variables: how wrong it is, and what it costs as n grows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bench.experiments import Experiment, Piece, Tell, experiments
from bench.experiments.gradients.cases import NAME, Gradients, Item, check, items, narrowed
from bench.experiments.gradients.findings import findings
from bench.experiments.gradients.race import RACE, race
from bench.experiments.gradients.rows import empty, gradient_rows
from bench.experiments.gradients.tables import GRADIENTS
from bench.experiments.gradients.times import with_times
from bench.values import Value


def rows(item: Item, ahead: Value, tell: Tell) -> Iterator[Piece]:
    """The rows of a table of a study; all errors are taken before the first time."""
    measured = list(
        gradient_rows(
            item.cases,
            points=item.points,
            seed=item.seed,
            budget_seconds=item.budget_seconds,
            progress=tell,
        )
    )
    found = [each.row for each in measured]
    if item.processes:
        steps = len(item.cases)
        found = with_times(
            measured,
            processes=item.processes,
            budget_seconds=item.budget_seconds,
            seed=item.seed,
            progress=lambda i, total, what: tell(steps, f"time {i} of {total}: {what}"),
        )
    yield GRADIENTS, GRADIENTS.of_rows(found)


def failed(item: Item, reason: str) -> Iterator[Piece]:
    """The rows of an item that code of the user's ended."""
    lost = [replace(empty(case), status="failed", reason=reason) for case in item.cases]
    yield GRADIENTS, GRADIENTS.of_rows(lost)


experiments.add(
    NAME,
    Experiment(
        NAME,
        "The gradient of a function of n variables: how wrong it is, and what it costs.",
        (GRADIENTS,),
        items,
        rows,
        settings=Gradients,
        narrowed=narrowed,
        size=lambda item: len(item.cases) + bool(item.processes),
        check=check,
        quiet=True,
        findings={NAME: findings, RACE: race},
        failed=failed,
    ),
)
