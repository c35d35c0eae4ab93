"""Items done by the workers of a cluster of Dask, which may be other machines.

What a worker sends back is written into the journal here, as many items at a time as are waited
for. A worker must have the versions that this process has; its processor may be another. It has
items done by a process of its own, which it can end.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from bench.processes import Died, Process, living, told
from bench.registry import InputError
from bench.results import known_tables
from bench.results.journal import KEPT, Journal
from bench.results.packing import Rows, gathered
from bench.results.record import Machine
from bench.running.guard import ItemFailed
from bench.running.hands import LOCAL, Hands, Where, kept, pieces_of, why_died
from bench.running.taking_up import software
from bench.values import Value

if TYPE_CHECKING:
    from bench.experiments import Tell
    from bench.running.work import Work

PATIENCE = 10.0  # seconds to answer, for a scheduler
LOOK = 1.0  # seconds between two looks at what workers are there, while items are waited for
EACH, MOST = 2, 256  # items that are waited for, for each thread of the cluster and in all

Sent = tuple[Machine, dict[str, str], list[tuple[str, Rows]]]
_one = threading.Lock()  # item at a time in a worker, whatever threads it has
_process = Process("cluster")  # in which a worker has them done


@contextmanager
def cluster(where: Where, journal: Journal, seconds: float) -> Iterator[Hands]:
    """The workers of a cluster, two items for each thread of theirs.

    An item that neither computes nor says anything for so many `seconds` is ended, and so is the
    run where no worker is there for as long. Raises InputError where the library is not installed
    or there is no such cluster.
    """
    try:
        import distributed
    except ImportError:
        raise InputError(
            "option 'cluster' needs the package distributed; `pip install bench[cluster]` brings it"
        ) from None
    started, address, tables = None, where.cluster, known_tables()
    if where.cluster == LOCAL:
        started = distributed.LocalCluster(
            n_workers=where.workers or os.cpu_count(),
            threads_per_worker=1,
            dashboard_address=None,
        )
        address = started.scheduler_address
    try:
        client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        said = str(error).partition("\n")[0]
        raise InputError(f"option 'cluster' is {where.cluster}: {said}") from None

    watch = Watch(client, where.cluster, seconds)

    def do(work: Work, tell: Tell) -> None:
        tell(0, str(work.item))
        future = client.submit(done, work.experiment.name, work.item, seconds, pure=False)
        try:
            while not future.done():
                with suppress(TimeoutError, CancelledError), client.as_current():
                    distributed.wait(future, timeout=LOOK)
                    break
                watch.look(work, tell)
            machine, theirs, found = future.result()
        except distributed.KilledWorker:
            raise ItemFailed("the workers that did it ended", worth=True) from None
        except (OSError, CancelledError, distributed.client.FutureCancelledError) as error:
            why = str(error) if isinstance(error, OSError) else "its scheduler no longer answers"
            raise InputError(f"the cluster {where.cluster} is lost: {why}; {KEPT}") from None
        _require(theirs, machine)
        kept(work, journal, [(tables[name], rows) for name, rows in found], machine)

    try:
        threads = sum(client.nthreads().values())  # none where workers are still to come
        yield Hands(do, max(1, threads), min(EACH * threads, MOST) or MOST)
    finally:
        client.close()
        if started is not None:
            started.close()


class Watch:
    """Whether a cluster has workers, looked at by all who wait for it, seldom."""

    def __init__(self, client: Any, name: str | None, seconds: float) -> None:
        self._client, self._name, self._seconds = client, name, seconds
        self._lock = threading.Lock()
        self._seen = self._looked = time.monotonic()

    def look(self, work: Work, tell: Tell) -> None:
        """Tell of a cluster without workers; InputError where it has had none for too long."""
        with self._lock:
            now = time.monotonic()
            if now - self._looked >= LOOK:
                with suppress(OSError, CancelledError):  # a scheduler that is lost ends its items
                    if self._client.nthreads():
                        self._seen = now
                self._looked = now
            lonely = self._looked - self._seen
        if lonely > self._seconds:
            raise InputError(
                f"the cluster {self._name} has had no worker for {self._seconds:g} s; {KEPT}"
            )
        if lonely:
            tell(0, f"{work.item}, waiting: the cluster {self._name} has no worker")


def done(experiment: str, item: Value, seconds: float) -> Sent:
    """An item done by a worker of the cluster: by which machine, what runs there, its pieces.

    Raises ItemFailed where its process ends, or gives no sign of life for so many seconds.
    """
    with _one:
        try:
            return _process.call(finished, experiment, item, seconds, patience=seconds)
        except Died as death:
            raise ItemFailed(why_died(death, seconds), worth=True) from None


def finished(experiment: str, item: Value, seconds: float) -> Sent:
    """An item done in this process."""
    with living(seconds / 4):
        pieces = pieces_of(experiment, item, lambda *step: told(step))
        found = [(table.name, rows) for table, rows in gathered(pieces)]
    return Machine.here(), software(), found


def _require(theirs: dict[str, str], machine: Machine) -> None:
    """InputError where a worker is not of the versions that this process is of."""
    ours = software()
    for name in {**ours, **theirs}:
        if ours.get(name) != theirs.get(name):
            raise InputError(
                f"a worker on {machine.system} has another {name} ({theirs.get(name, 'none')}) "
                f"than this process ({ours.get(name, 'none')}); allowed: the same"
            )
