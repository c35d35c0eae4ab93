"""Times: what a scheme costs at n points, with one step, in fresh processes.

pytest-benchmark is the engine. Every process times every case twice, in an order of its own; the
spread between processes is the error bar, the difference of the two visits the noise floor. No
result is timed before it was found right.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bench.experiments import Experiment, Piece, Tell, experiments
from bench.experiments.timing.cases import FUNCTION, NAME, Item, Timed, check, items
from bench.experiments.timing.session import time_cases, untimed
from bench.experiments.timing.tables import TIMING
from bench.tables.sheets import Finding

if TYPE_CHECKING:
    from bench.results import Results


def rows(item: Item, ahead: object, tell: Tell) -> Iterator[Piece]:
    """The times of all cases of a study, then those of each f that they are compared with."""
    found = time_cases(
        item.cases,
        processes=item.processes,
        budget_seconds=item.budget_seconds,
        seed=item.seed,
        progress=lambda i, total, what: tell(0, f"time {i} of {total}: {what}"),
    )
    yield TIMING, TIMING.of_rows(found)


def failed(item: Item, reason: str) -> Iterator[Piece]:
    """The rows of an item that code of the user's ended."""
    yield TIMING, TIMING.of_rows([untimed(case, "failed", reason) for case in item.cases])


def findings(results: Results) -> Iterator[Finding]:
    """How many times are missing, by why."""
    times = results.get(TIMING.name)
    counts = {} if times is None else times["status"].value_counts().to_dict()
    missing = ", ".join(f"{n} {status}" for status, n in counts.items() if status != "ok")
    if missing:
        yield Finding("times", f"not timed: {missing} (bench table timing says why)", warns=True)


experiments.add(
    NAME,
    Experiment(
        NAME,
        "What a scheme costs: the time of a derivative at n points, in fresh processes.",
        (TIMING,),
        items,
        rows,
        settings=Timed,
        check=check,
        names=lambda: {"scheme": (FUNCTION,)},
        quiet=True,
        findings={"times": findings},
        failed=failed,
    ),
)
