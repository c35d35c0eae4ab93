"""Where items are done: in this process, in several of this machine, or on a cluster of Dask.

The same items give the same pieces everywhere, and stand in the journal before they are told of.
Items with code of the user's are done by the guard, one after another, whatever does the others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from bench.experiments import Tell
from bench.results import known_tables
from bench.results.journal import Entry, Journal
from bench.results.packing import Bundle
from bench.results.record import Failure, Machine
from bench.running.cluster import cluster
from bench.running.guard import TRIES, Guard, ItemFailed
from bench.running.hands import Do, Hands, Where, drain
from bench.running.work import Steps, Way, Work
from bench.running.workers import processes

AHEAD = 2  # items of which something is computed before their turn


def in_order(journal: Journal, pool: Executor, guard: Guard) -> Way:
    """One item after another in this process; what may be computed ahead is, in other threads."""

    def way(todo: Sequence[Work], steps: Steps) -> Iterator[Iterator[Bundle]]:
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


def _guarded(work: Work, journal: Journal, guard: Guard, steps: Steps) -> Iterator[Bundle]:
    """The pieces of an item with code of the user's; those that say why where it fails."""
    tables, entry = known_tables(), Entry(machine=Machine.here())
    try:
        found = guard.rows(work.experiment.name, work.item, steps.of(work))
    except ItemFailed as why:
        return _failed(work, journal, why, steps)
    pieces = [(tables[name], rows) for name, rows in found]
    return _kept(work, journal, pieces, entry, steps)


def _failed(work: Work, journal: Journal, why: ItemFailed, steps: Steps) -> Iterator[Bundle]:
    """The pieces of an item that failed, which say why."""
    failure = Failure(what=str(work.item), reason=why.cause)
    entry = Entry(machine=Machine.here(), failure=failure, hung=why.hung)
    return _kept(work, journal, work.experiment.failed(work.item, str(why)), entry, steps)


def _kept(
    work: Work, journal: Journal, pieces: Iterable[Bundle], entry: Entry, steps: Steps
) -> Iterator[Bundle]:
    yield from journal.recording(work.key, pieces, entry)
    steps.finished(work)


def side_by_side(journal: Journal, hands: Hands, guard: Guard, stack: ExitStack) -> Way:
    """Several items at once, each done by `do`; those that are finished wait in the journal."""
    own, one = ThreadPoolExecutor(hands.slots), ThreadPoolExecutor(1)
    for pool in (own, one):  # who interrupts a run does not wait for what it computes
        stack.callback(pool.shutdown, wait=False, cancel_futures=True)

    def one_of(work: Work, steps: Steps) -> None:
        if work.brought:
            drain(_guarded(work, journal, guard, steps))
            return
        try:
            _tried(hands.do, work, steps.of(work))
            steps.finished(work)
        except ItemFailed as why:
            drain(_failed(work, journal, why, steps))

    def way(todo: Sequence[Work], steps: Steps) -> Iterator[Iterator[Bundle]]:
        started = {
            each.key: (one if each.brought else own).submit(one_of, each, steps)
            for each in [*(each for each in todo if each.brought), *_longest_first(todo)]
        }
        for each in todo:
            started[each.key].result()
            yield journal.read(each.key)

    return way


def _longest_first(todo: Sequence[Work]) -> list[Work]:
    """The items without code of the user's, whose order is of no account."""
    return sorted((each for each in todo if not each.brought), key=lambda each: -each.cost)


def _tried(do: Do, work: Work, tell: Tell) -> None:
    """Do an item, once more where its process ends."""
    for left in reversed(range(TRIES)):
        try:
            do(work, tell)
            break
        except ItemFailed:
            if not left:
                raise


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
        opened = processes if where.cluster is None else cluster
        hands = stack.enter_context(opened(where, journal, seconds))
        yield here, side_by_side(journal, hands, guard, stack), hands.workers
