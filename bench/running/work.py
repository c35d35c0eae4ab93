"""The work of a study: items of its experiments, one after another, their rows as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import groupby

from bench.experiments import Experiment, Piece, Tell, experiments
from bench.results.folder import Writer
from bench.results.record import Failure
from bench.running.guard import Guard, ItemFailed, brought_by
from bench.study import Study


@dataclass(frozen=True)
class Work:
    """One item of an experiment, and how many steps of progress it has."""

    experiment: Experiment
    item: object

    @property
    def size(self) -> int:
        """How many steps of progress."""
        return self.experiment.size(self.item)

    @cached_property
    def brought(self) -> bool:
        """Whether code that came through a door is part of it."""
        return bool(brought_by(self.experiment.name, self.item))


def check_work(study: Study) -> None:
    """InputError for what a study may not ask an experiment for."""
    for each in experiments.values():
        each.check(study)


def work_of(study: Study) -> list[Work]:
    """All items that a study asks for; InputError for what cannot be."""
    return [Work(each, item) for each in experiments.values() for item in each.items(study)]


def measured(
    work: Sequence[Work],
    writer: Writer,
    pool: Executor,
    probed: Callable[[], object],
    progress: Callable[[int, str, str], None],
    guard: Guard,
) -> list[Failure]:
    """Do the work and write its rows; what may be computed ahead is, in other threads.

    `probed` waits for what runs beside: an experiment that takes times must be alone. Items with
    code of the user's are done by the guard; those that failed are returned, and why.
    """
    done, failures = 0, []
    for experiment, group in groupby(work, key=lambda each: each.experiment):
        if experiment.quiet:
            probed()
        mine = list(group)
        for each, ahead in zip(mine, _ahead(experiment, mine, pool), strict=True):
            tell = partial(_shifted, progress, done, experiment.phase or experiment.name)
            try:
                for table, rows in _pieces(each, ahead, tell, guard):
                    writer.append(table, rows)
            except ItemFailed as why:
                failures.append(Failure(what=str(each.item), reason=why.cause))
                for table, rows in experiment.failed(each.item, str(why)):
                    writer.append(table, rows)
            done += each.size
    return failures


def _pieces(work: Work, ahead: object, tell: Tell, guard: Guard) -> Iterable[Piece]:
    """The rows of an item as they come; all at once, or ItemFailed, where the guard does it."""
    experiment = work.experiment
    if not work.brought:
        return experiment.rows(work.item, ahead, tell)
    tables = {table.name: table for table in experiment.tables}
    found = guard.rows(experiment.name, work.item, tell)
    return [(tables[name], rows) for name, rows in found]


def _ahead(experiment: Experiment, work: Sequence[Work], pool: Executor) -> Iterator[object]:
    """What is computed ahead for each item, in order; None where there is nothing to."""
    if experiment.ahead is None:
        yield from [None] * len(work)
    else:
        yield from pool.map(lambda each: _of(experiment, each), work)


def _of(experiment: Experiment, work: Work) -> object:
    assert experiment.ahead is not None
    return None if work.brought else experiment.ahead(work.item)


def _shifted(
    progress: Callable[[int, str, str], None], by: int, phase: str, done: int, what: str
) -> None:
    progress(by + done, phase, what)
