"""Items done by the workers of a cluster of Dask, which may be other machines.

A worker has an item done by a process of its own, which it can end, and which writes a part of a
journal as a process of this machine does. The part is copied into the journal here, some bytes at a
time, so that memory is that of no item. A worker must have the versions that this process has; its
processor may be another.
"""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.experiments.doing import finish
from bench.processes import Died, Process
from bench.registry import InputError
from bench.results.journal import KEPT, Journal, part_of
from bench.results.record import Machine
from bench.running.guard import ItemFailed
from bench.running.hands import LOCAL, Hands, Where, why_died
from bench.running.taking_up import software
from bench.values import Value

if TYPE_CHECKING:
    from bench.experiments import Tell
    from bench.running.work import Work

PATIENCE = 10.0  # seconds to answer, for a scheduler
LOOK = 1.0  # seconds between two looks at what workers are there, while items are waited for
EACH, MOST = 2, 256  # items that are waited for, for each thread of the cluster and in all
BYTES = 2**22  # of a part that are asked for at once

# the address of a worker, what it is, and the folder of what it did
Done = tuple[str, Machine, dict[str, str], Path]
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
        import dask
        import distributed
    except ImportError:
        raise InputError(
            "option 'cluster' needs the package distributed; `pip install bench[cluster]` brings it"
        ) from None
    logging.getLogger("distributed.client").setLevel(logging.ERROR)  # what it does again is its own
    started, address = None, where.cluster
    if where.cluster == LOCAL:
        with dask.config.set({"distributed.nanny.pre-spawn-environ": {}}):  # times are taken here
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
        asked = (work.key, work.experiment.name, work.item, seconds)
        with _lost(client, where.cluster):
            future = client.submit(done, *asked, pure=False)
            while not future.done():
                with suppress(TimeoutError, CancelledError), client.as_current():
                    distributed.wait(future, timeout=LOOK)
                    break
                watch.look(work, tell)
            try:
                worker, machine, theirs, place = future.result()
            except distributed.KilledWorker:
                raise ItemFailed("the workers that did it ended", worth=True) from None
        _require(theirs, machine)
        journal.copying(work.key, _sent(client, worker, place, work.key))

    try:
        threads = sum(client.nthreads().values())  # none where workers are still to come
        yield Hands(do, max(1, threads), min(EACH * threads, MOST) or MOST)
    finally:
        client.close()
        if started is not None:
            started.close()


@contextmanager
def _lost(client: Any, name: str | None) -> Iterator[None]:
    """InputError where a cluster no longer answers; what an item raises goes through."""
    try:
        yield
    except (OSError, RuntimeError, CancelledError) as error:
        if isinstance(error, RuntimeError) and client.status == "running":
            raise
        why = str(error) if isinstance(error, OSError) else "its scheduler no longer answers"
        raise InputError(f"the cluster {name} is lost: {why}; {KEPT}") from None


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


def _sent(client: Any, worker: str, place: Path, key: str) -> Iterator[bytes]:
    """The part of an item as a worker has it; ItemFailed where that has ended."""
    at = 0
    while True:
        try:
            (content,) = client.run(taken, place, key, at, workers=[worker]).values()
        except (OSError, ValueError, RuntimeError, CancelledError) as error:
            if isinstance(error, RuntimeError) and client.status == "running":
                raise
            raise ItemFailed("the worker that did it ended", worth=True) from None
        if not content:
            return
        yield content
        at += len(content)


@cache
def _folder() -> Path:
    """Where the parts of a worker lie for as long as it lives."""
    folder = tempfile.TemporaryDirectory(prefix="bench.")
    atexit.register(folder.cleanup)
    return Path(folder.name)


def done(key: str, experiment: str, item: Value, seconds: float) -> Done:
    """Have an item done by a worker of the cluster, which this is, and its part written.

    Raises ItemFailed where its process ends, or gives no sign of life for so many seconds.
    """
    from distributed import get_worker

    place = Path(tempfile.mkdtemp(dir=_folder()))  # another client may ask for the same
    with _one:
        try:
            _process.call(finish, place, key, experiment, item, seconds, patience=seconds)
        except Died as death:
            raise ItemFailed(why_died(death, seconds), worth=True) from None
    return get_worker().address, Machine.here(), software(), place


def taken(place: Path, key: str, at: int) -> bytes:
    """Some bytes of the part of an item in this worker; once there are no more it goes."""
    path = part_of(place, key)
    with path.open("rb") as file:
        file.seek(at)
        content = file.read(BYTES)
    if not content:
        shutil.rmtree(place)
    return content


def _require(theirs: dict[str, str], machine: Machine) -> None:
    """InputError where a worker is not of the versions that this process is of."""
    ours = software()
    for name in {**ours, **theirs}:
        if ours.get(name) != theirs.get(name):
            raise InputError(
                f"a worker on {machine.system} has another {name} ({theirs.get(name, 'none')}) "
                f"than this process ({ours.get(name, 'none')}); allowed: the same"
            )
