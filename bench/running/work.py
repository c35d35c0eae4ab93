"""The work of a study: items of its experiments, one after another, their rows as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from bench.experiments import Experiment, experiments
from bench.results.folder import Writer
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
    progress: Callable[[int, str], None],
) -> None:
    """Do the work and write its rows; what may be computed ahead is, in other threads.

    `probed` waits for what runs beside: an experiment that takes times must be alone.
    """
    done = 0
    for experiment, group in groupby(work, key=lambda each: each.experiment):
        if experiment.quiet:
            probed()
        mine = list(group)
        for each, ahead in zip(mine, _ahead(experiment, mine, pool), strict=True):
            tell = partial(_shifted, progress, done)
            for table, rows in experiment.rows(each.item, ahead, tell):
                writer.append(table, rows)
            done += each.size


def _ahead(experiment: Experiment, work: Sequence[Work], pool: Executor) -> Iterator[object]:
    """What is computed ahead for each item, in order; None where there is nothing to."""
    if experiment.ahead is None:
        yield from [None] * len(work)
    else:
        yield from pool.map(experiment.ahead, [each.item for each in work])


def _shifted(progress: Callable[[int, str], None], by: int, done: int, what: str) -> None:
    progress(by + done, what)
