"""Items done by a cluster of Dask: the same bytes, whatever becomes of its workers."""

from __future__ import annotations

import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from test_journal import ASKED, ITEMS, KILLED, NAME, content, run

import bench
from bench.registry import InputError
from bench.results.record import Machine
from bench.running import cluster
from bench.running.cluster import _require
from bench.running.guard import ItemFailed
from bench.running.taking_up import software

WORKERS = 2


@contextmanager
def started(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program of Dask, as long as the block lasts."""
    command = [sys.executable, "-m", *words, "--no-dashboard"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
        try:
            yield process
        finally:
            process.kill()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@pytest.mark.slow
def test_a_cluster_of_which_a_worker_is_killed_gives_the_same_bytes(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    run(tmp_path / "whole")
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    with ExitStack() as stack:
        stack.enter_context(started("distributed.cli.dask_scheduler", "--port", str(port)))
        words = ("distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny")
        workers = [stack.enter_context(started(*words)) for _ in range(WORKERS)]
        asked = json.dumps(ASKED | {"cluster": address})
        command = [sys.executable, "-c", KILLED, str(tmp_path / "out"), asked]
        process = stack.enter_context(subprocess.Popen(command, stderr=subprocess.PIPE))
        while process.poll() is None:
            if len(list((tmp_path / "out").glob(".bench.journal.run/*/*.parquet"))) >= 2:
                workers[0].kill()
                break
            time.sleep(0.05)
        assert process.communicate()[1] == b""
        assert process.returncode == 0
        assert workers[0].wait() == -9
    assert content(tmp_path / "out") == content(tmp_path / "whole")
    assert bench.load(tmp_path / "out" / NAME).record.shares == ()  # all of this machine


def child_of(process: int) -> int | None:
    """The process in which a worker has items done, once it is there."""
    for each in Path("/proc").iterdir():
        if each.name.isdecimal():
            try:
                words = (each / "environ").read_bytes()
                parent = (each / "stat").read_text().rpartition(")")[2].split()[1]
            except OSError:
                continue
            if b"BENCH_PROCESS=cluster" in words and parent == str(process):
                return int(each.name)
    return None


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="it is found in /proc")
def test_an_item_that_hangs_on_a_cluster_is_ended_and_done_again(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    stopped: list[int] = []
    with ExitStack() as stack:
        stack.enter_context(started("distributed.cli.dask_scheduler", "--port", str(port)))
        words = ("distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny")
        worker = stack.enter_context(started(*words))

        def progress(done: int, total: int, phase: str, what: str) -> None:
            """Stop what does the items after the first: it computes no more, and says nothing."""
            if done >= 1 and not stopped and (child := child_of(worker.pid)) is not None:
                stopped.append(child)
                os.kill(child, signal.SIGSTOP)

        run(tmp_path / "out", cluster=address, item_seconds=5, progress=progress)
    assert stopped
    run(tmp_path / "whole")
    assert content(tmp_path / "out") == content(tmp_path / "whole")


def scheduler(stack: ExitStack) -> tuple[str, subprocess.Popen[bytes]]:
    """A scheduler without workers: its address, once it listens, and its process."""
    port = free_port()
    process = stack.enter_context(started("distributed.cli.dask_scheduler", "--port", str(port)))
    while process.poll() is None:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    return f"tcp://127.0.0.1:{port}", process


def worker(stack: ExitStack, address: str) -> subprocess.Popen[bytes]:
    """A worker of one thread, once its scheduler knows it."""
    from distributed import Client

    words = ("distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny")
    process = stack.enter_context(started(*words))
    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(1, timeout=60)
    return process


@contextmanager
def killed_midway(process: subprocess.Popen[bytes], out: Path) -> Iterator[None]:
    """A process that is killed as soon as one item stands in the journal."""

    def kill() -> None:
        while not list(out.glob(".bench.journal.run/*/*.parquet")) and not over.is_set():
            time.sleep(0.005)
        process.kill()

    over = threading.Event()
    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


KEPT = "earlier results are untouched, and `bench run` again takes up what is finished"


@pytest.mark.slow
def test_a_cluster_without_workers_is_told_of_and_not_waited_for_for_ever(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    told: list[str] = []
    with ExitStack() as stack:
        address, _ = scheduler(stack)

        def progress(done: int, total: int, phase: str, what: str) -> None:
            told.append(what)

        with pytest.raises(InputError) as caught:
            run(tmp_path, cluster=address, item_seconds=2, progress=progress)
    assert str(caught.value) == f"the cluster {address} has had no worker for 2 s; {KEPT}"
    words = f", waiting: the cluster {address} has no worker"
    assert any(each.endswith(words) for each in told)


@pytest.mark.slow
def test_a_run_whose_workers_all_ended_is_taken_up_again(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    with ExitStack() as stack:
        address, _ = scheduler(stack)
        stack.enter_context(killed_midway(worker(stack, address), tmp_path / "out"))
        with pytest.raises(InputError) as caught:
            run(tmp_path / "out", cluster=address, item_seconds=3)
    assert str(caught.value) == f"the cluster {address} has had no worker for 3 s; {KEPT}"
    parts = len(list((tmp_path / "out").glob(".bench.journal.run/*/*.parquet")))
    assert 1 <= parts < ITEMS
    assert run(tmp_path / "out", item_seconds=3) == [
        f"an earlier run is taken up: {parts} of {ITEMS} items (--fresh begins anew)"
    ]
    run(tmp_path / "whole")
    assert content(tmp_path / "out") == content(tmp_path / "whole")


@pytest.mark.slow
def test_a_scheduler_that_ends_ends_the_run(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    with ExitStack() as stack:
        address, process = scheduler(stack)
        worker(stack, address)
        stack.enter_context(killed_midway(process, tmp_path / "out"))
        with pytest.raises(InputError) as caught:
            run(tmp_path / "out", cluster=address)
    assert str(caught.value) == (
        f"the cluster {address} is lost: its scheduler no longer answers; {KEPT}"
    )


def hangs(*asked: object) -> None:
    """Do nothing, for longer than anybody waits."""
    time.sleep(60)


def ends(*asked: object) -> None:
    """End this process."""
    os._exit(3)


@pytest.mark.parametrize(
    ("does", "said"),
    [
        (hangs, "its process neither computed nor said anything for 0.5 s"),
        (ends, "its process ended with exit code 3"),
    ],
)
def test_a_worker_outlives_an_item_that_hangs_or_ends_its_process(
    does: Callable[..., None], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "finish", does)
    with pytest.raises(ItemFailed) as caught:
        cluster.done("key", "accuracy", None, 0.5)
    sent = pickle.loads(pickle.dumps(caught.value))  # as Dask does
    assert (sent.cause, sent.worth) == (said, True)
    cluster._process.stop()


def test_without_its_library_it_is_said_how_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError) as caught:
        run(tmp_path, cluster="local")
    assert str(caught.value) == (
        "option 'cluster' needs the package distributed; `pip install bench[cluster]` brings it"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_worker_of_other_versions_is_refused() -> None:
    here = Machine.here()
    _require(software(), here)
    with pytest.raises(InputError) as caught:
        _require(software() | {"numpy": "1.0"}, here)
    assert str(caught.value) == (
        f"a worker on {here.system} has another numpy (1.0) than this process "
        f"({software()['numpy']}); allowed: the same"
    )


def test_a_worker_whose_numbers_get_other_instructions_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NPY_DISABLE_CPU_FEATURES", "X86_V4")
    software.cache_clear()
    try:
        theirs, here = software(), Machine.here()
        monkeypatch.delenv("NPY_DISABLE_CPU_FEATURES")
        software.cache_clear()
        with pytest.raises(InputError) as caught:
            _require(theirs, here)
    finally:
        monkeypatch.undo()
        software.cache_clear()
    assert str(caught.value) == (
        f"a worker on {here.system} has another NPY_DISABLE_CPU_FEATURES (X86_V4) than this "
        "process (none); allowed: the same"
    )
