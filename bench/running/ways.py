"""Where items are done: in this process, in several of this machine, or on a cluster of Dask.

The same items give the same pieces everywhere, and stand in the journal before they are told of.
Items with code of the user's are done by the guard, one after another, whatever does the others.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from bench.experiments import Piece, Tell, experiments
from bench.processes import Died, Process, living, told
from bench.registry import InputError
from bench.results import known_tables
from bench.results.journal import Entry, Journal
from bench.results.record import Failure, Machine
from bench.running.guard import TRIES, Guard, ItemFailed, ending
from bench.running.work import Steps, Way, Work
from bench.values import Value

AHEAD = 2  # items of which something is computed before their turn

LOCAL = "local"  # the cluster that is started for a run
ADDRESS = re.compile(r"[a-z]+://\S+:\d+")  # of a scheduler
MOST = 1000  # workers of a machine

Do = Callable[[Work, Tell], None]  # do an item so that it stands in the journal, or ItemFailed


@dataclass(frozen=True)
class Where:
    """Where items are done: by so many `workers` of this machine, on a `cluster`, or just here.

    A cluster is the address of a scheduler of Dask, or `local`: one of this machine is started
    then, of so many workers. Raises InputError for what is not allowed.
    """

    workers: int | None = None
    cluster: str | None = None

    def __post_init__(self) -> None:
        if self.workers is not None and not 1 <= self.workers <= MOST:
            raise InputError(f"option 'workers' is {self.workers}; allowed: from 1 to {MOST}")
        if self.cluster not in (None, LOCAL) and not ADDRESS.fullmatch(self.cluster):
            raise InputError(
                f"option 'cluster' is {self.cluster!r}; allowed: {LOCAL}, or the address of a "
                "scheduler, such as tcp://HOST:PORT"
            )
        if self.workers is not None and self.cluster not in (None, LOCAL):
            raise InputError(
                f"option 'workers' is given with cluster {self.cluster}, which has its own; "
                f"allowed: with cluster {LOCAL}, or without one"
            )

    @property
    def is_here(self) -> bool:
        """Whether all is done in this process."""
        return self.workers is None and self.cluster is None


@dataclass(frozen=True)
class Hands:
    """What has one of several workers do an item, and how many items are asked for at once."""

    do: Do
    workers: int
    slots: int


def in_order(journal: Journal, pool: Executor, guard: Guard) -> Way:
    """One item after another in this process; what may be computed ahead is, in other threads."""

    def way(todo: Sequence[Work], steps: Steps) -> Iterator[Iterator[Piece]]:
        for each, ahead in zip(todo, _ahead(todo, pool), strict=True):
            if each.brought:
                yield _guarded(each, journal, guard, steps)
            else:
                pieces = each.experiment.rows(each.item, ahead, steps.of(each))
                yield _kept(each, journal, pieces, Entry(machine=Machine.here()), steps)

    return way


def _ahead(todo: Sequence[Work], pool: Executor) -> Iterator[object]:
    """What is computed ahead for each item, in order, of a few at a time; None for nothing."""
    waiting: deque[Future[object]] = deque()
    for each in todo:
        waiting.append(pool.submit(_of, each))
        if len(waiting) > AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _of(work: Work) -> object:
    ahead = work.experiment.ahead
    return None if work.brought or ahead is None else ahead(work.item)


def _guarded(work: Work, journal: Journal, guard: Guard, steps: Steps) -> Iterator[Piece]:
    """The pieces of an item with code of the user's; those that say why where it fails."""
    tables, entry = known_tables(), Entry(machine=Machine.here())
    try:
        found = guard.rows(work.experiment.name, work.item, steps.of(work))
    except ItemFailed as why:
        return _failed(work, journal, why, steps)
    pieces = [(tables[name], rows) for name, rows in found]
    return _kept(work, journal, pieces, entry, steps)


def _failed(work: Work, journal: Journal, why: ItemFailed, steps: Steps) -> Iterator[Piece]:
    """The pieces of an item that failed, which say why."""
    failure = Failure(what=str(work.item), reason=why.cause)
    entry = Entry(machine=Machine.here(), failure=failure, hung=why.hung)
    return _kept(work, journal, work.experiment.failed(work.item, str(why)), entry, steps)


def _kept(
    work: Work, journal: Journal, pieces: Iterable[Piece], entry: Entry, steps: Steps
) -> Iterator[Piece]:
    yield from journal.recording(work.key, pieces, entry)
    steps.finished(work)


def side_by_side(journal: Journal, hands: Hands, guard: Guard, stack: ExitStack) -> Way:
    """Several items at once, each done by `do`; those that are finished wait in the journal."""
    own, one = ThreadPoolExecutor(hands.slots), ThreadPoolExecutor(1)
    for pool in (own, one):  # who interrupts a run does not wait for what it computes
        stack.callback(pool.shutdown, wait=False, cancel_futures=True)

    def one_of(work: Work, steps: Steps) -> None:
        if work.brought:
            _drain(_guarded(work, journal, guard, steps))
            return
        try:
            _tried(hands.do, work, steps.of(work))
            steps.finished(work)
        except ItemFailed as why:
            _drain(_failed(work, journal, why, steps))

    def way(todo: Sequence[Work], steps: Steps) -> Iterator[Iterator[Piece]]:
        started = [(one if each.brought else own).submit(one_of, each, steps) for each in todo]
        for each, future in zip(todo, started, strict=True):
            future.result()
            yield journal.read(each.key)

    return way


def _drain(pieces: Iterator[Piece]) -> None:
    """Have all pieces computed and written."""
    deque(pieces, maxlen=0)


def _tried(do: Do, work: Work, tell: Tell) -> None:
    """Do an item, once more where its process ends."""
    for left in reversed(range(TRIES)):
        try:
            do(work, tell)
            break
        except ItemFailed:
            if not left:
                raise


def kept(work: Work, journal: Journal, pieces: Iterable[Piece], machine: Machine) -> None:
    """Write the pieces of an item that was done elsewhere."""
    _drain(journal.recording(work.key, pieces, Entry(machine=machine)))


@contextmanager
def processes(where: Where, journal: Journal, seconds: float) -> Iterator[Hands]:
    """What does items in processes of this machine, of which one that ends is started again.

    One that neither computes nor says anything for so many `seconds` is ended.
    """
    assert where.workers is not None
    ended: list[bool] = []
    idle: SimpleQueue[Process] = SimpleQueue()
    every = [Process(f"worker {i + 1}") for i in range(where.workers)]
    for each in every:
        idle.put(each)

    def do(work: Work, tell: Tell) -> None:
        process = idle.get()
        try:
            process.call(
                finish,
                journal.folder,
                work.key,
                work.experiment.name,
                work.item,
                seconds,
                tell=lambda step: tell(*step),
                patience=seconds,
            )
            journal.learn(work.key)
        except Died as death:
            if ended:
                raise CancelledError from None
            raise ItemFailed(why_died(death, seconds), worth=True) from None
        finally:
            idle.put(process)

    try:
        yield Hands(do, where.workers, where.workers)
    finally:
        ended.append(True)
        for each in every:
            each.end()


def why_died(death: Died, seconds: float) -> str:
    """Why an item has no rows whose process died while it was given so many seconds of silence."""
    if death.overran:
        return f"its process neither computed nor said anything for {seconds:g} s"
    return f"its process ended with {ending(death.code)}"


def finish(folder: Path, key: str, experiment: str, item: Value, seconds: float) -> None:
    """Do an item in this process, and write it into the journal in a folder."""
    with living(seconds / 4):
        pieces = pieces_of(experiment, item, lambda *step: told(step))
        _drain(Journal(folder, {}).recording(key, pieces, Entry(machine=Machine.here())))


def pieces_of(experiment: str, item: Value, tell: Tell) -> Iterator[Piece]:
    """The pieces of an item, as they are computed in this process."""
    known = experiments[experiment]
    ahead = known.ahead(item) if known.ahead else None
    return known.rows(item, ahead, tell)


@contextmanager
def doing(
    where: Where, journal: Journal, pool: Executor, guard: Guard, seconds: float
) -> Iterator[tuple[Way, Way, int]]:
    """How items are done in this process, how elsewhere, and by how many workers at once."""
    here = in_order(journal, pool, guard)
    if where.is_here:
        yield here, here, 0
        return
    with ExitStack() as stack:
        opened = processes if where.cluster is None else _on_cluster
        hands = stack.enter_context(opened(where, journal, seconds))
        yield here, side_by_side(journal, hands, guard, stack), hands.workers


def _on_cluster(where: Where, journal: Journal, seconds: float) -> AbstractContextManager[Hands]:
    """The cluster, whose library is imported only when it is asked for."""
    from bench.running.cluster import cluster

    return cluster(where, journal, seconds)
