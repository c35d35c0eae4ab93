"""The work of a study: items of its experiments, where they are done, their rows in one order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from bench.experiments import Experiment, Tell, experiments
from bench.results.folder import Writer
from bench.results.journal import Journal, key_of
from bench.results.packing import Bundle
from bench.results.record import Failure
from bench.running.guard import Guard, brought_by
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

    @property
    def cost(self) -> float:
        """About how long it takes, beside others of the experiment."""
        return self.experiment.cost(self.item)

    @cached_property
    def key(self) -> str:
        """Its name in a journal: what it computes."""
        return key_of(self.experiment.name, self.item)

    @cached_property
    def brought(self) -> bool:
        """Whether code that came through a door is part of it."""
        return bool(brought_by(self.experiment.name, self.item))


# A way to do work: the pieces of each item, in the order of the items, done by whatever does it;
# all that is finished stands in the journal.
Way = Callable[[Sequence[Work], "Steps"], Iterator[Iterator[Bundle]]]


class Steps:
    """How far the work is, told by several threads: `progress(done, phase, what)`.

    With `workers` the words say how many of them are at work.
    """

    def __init__(self, progress: Callable[[int, str, str], None], workers: int = 0) -> None:
        self._progress, self._workers = progress, workers
        self._lock = threading.Lock()
        self._at_work: dict[str, int] = {}
        self._done = 0

    def of(self, work: Work) -> Tell:
        """What an item that begins tells its steps to."""
        phase = work.experiment.phase or work.experiment.name

        def tell(step: int, what: str) -> None:
            with self._lock:
                self._at_work[work.key] = step
                at_work = min(len(self._at_work), self._workers)
                busy = f"{at_work}/{self._workers} workers: " if self._workers else ""
                self._progress(self._done + sum(self._at_work.values()), phase, busy + what)

        return tell

    def finished(self, work: Work) -> None:
        """Count an item that is done, or failed."""
        with self._lock:
            self._at_work.pop(work.key, None)
            self._done += work.size


def check_work(study: Study) -> None:
    """InputError for what a study may not ask an experiment for."""
    for each in experiments.values():
        each.check(study)


def work_of(study: Study) -> list[Work]:
    """All items that a study asks for; InputError for what cannot be."""
    return [Work(each, item) for each in experiments.values() for item in each.items(study)]


def left_of(work: Sequence[Work], journal: Journal) -> list[Work]:
    """The work that is not in the journal."""
    return [each for each in work if each.key not in journal.entries]


def measured(
    work: Sequence[Work],
    writer: Writer,
    journal: Journal,
    here: Way,
    elsewhere: Way,
    steps: Steps,
    probed: Callable[[], object],
    guard: Guard,
) -> list[Failure]:
    """Do the work that the journal has not, and write the rows of all of it, in order.

    `probed` waits for what runs beside: an experiment that takes times must be alone, and is done
    here. Items that failed are returned, and why.
    """
    failures = []
    left = {each.key for each in left_of(work, journal)}
    for each in work:
        entry = journal.entries.get(each.key)
        if entry is not None and entry.hung and entry.failure is not None:
            guard.give_up(each.experiment.name, each.item, entry.failure.reason)
    for experiment, group in groupby(work, key=lambda each: each.experiment):
        mine = list(group)
        todo = [each for each in mine if each.key in left]
        if experiment.quiet and todo:
            probed()
        finished = (here if experiment.quiet else elsewhere)(todo, steps)
        for each in mine:
            pieces = next(finished) if each.key in left else journal.read(each.key)
            for table, rows in pieces:
                writer.append(table, rows)
            failure = journal.entries[each.key].failure
            if failure is not None:
                failures.append(failure)
    return failures
