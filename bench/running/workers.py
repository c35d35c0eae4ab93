"""Items done by processes of this machine, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from queue import SimpleQueue

from bench.experiments import Tell
from bench.experiments.doing import finish
from bench.processes import Died, Process
from bench.results.journal import Journal
from bench.running.guard import ItemFailed
from bench.running.hands import Hands, Where, why_died
from bench.running.work import Work


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
