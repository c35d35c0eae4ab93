"""A run that dies is taken up item by item, to the bytes of one that never did."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import bench
from bench.experiments import Piece
from bench.processes import Died, Process, living
from bench.registry import InputError
from bench.results import known_tables
from bench.results.journal import Entry, Journal
from bench.results.journals import journal_of
from bench.results.packing import gathered
from bench.results.record import Failure, Machine
from bench.running import ways
from bench.running.guard import Guard, ItemFailed
from bench.running.hands import Hands, Where
from bench.running.ways import in_order, side_by_side
from bench.running.work import Steps, Work, work_of
from bench.study import narrow
from bench.study.reading import load as load_study

ASKED: dict[str, Any] = {
    "problems": ["quadratic", "exp_sin"],
    "schemes": ["forward", "central", "grad"],
    "precisions": ["float32", "float64"],
    "points": 3,
    "steps": "-8:-4",
}
ITEMS = 8
TABLES = ("accuracy.parquet", "curves.csv", "best.csv")
NAME = "run"
IDENTITY = {"numpy": "2.0", "the code of bench": "0" * 64}


def run(out: Path, **options: Any) -> list[str]:
    """Run what is asked for; what was remarked."""
    said: list[str] = []
    bench.run("overview", out=out, name=NAME, figures=False, remark=said.append, **ASKED, **options)
    return said


def content(out: Path) -> dict[str, bytes]:
    """What stands in the files of the tables."""
    return {name: (out / NAME / name).read_bytes() for name in TABLES}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The tables of a run that nothing befell."""
    out = tmp_path_factory.mktemp("whole")
    assert run(out) == []
    assert [each.name for each in out.iterdir()] == [NAME]
    return content(out)


def stopping(after: int) -> Any:
    """A progress that is interrupted when so many items are done."""

    def progress(done: int, total: int, phase: str, what: str) -> None:
        if done == after:
            raise KeyboardInterrupt

    return progress


def work() -> list[Work]:
    """The items that are asked for."""
    return work_of(narrow(load_study("overview"), **ASKED | {"timing": False}))


def pieces_of(each: Work) -> list[Piece]:
    known = each.experiment
    return list(known.rows(each.item, known.ahead(each.item) if known.ahead else None, silent))


def silent(*step: object) -> None:
    """Progress that nobody hears of."""


def test_a_run_that_was_stopped_is_taken_up_to_the_same_bytes(
    tmp_path: Path, whole: dict[str, bytes]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, progress=stopping(3))
    assert [each.name for each in tmp_path.iterdir()] == [".bench.journal.run"]
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, progress=stopping(2))
    told: list[tuple[int, int]] = []
    said = run(tmp_path, progress=lambda done, total, *_: told.append((done, total)))
    assert said == ["an earlier run is taken up: 5 of 8 items (--fresh begins anew)"]
    assert told[0] == (0, 3)
    assert told[-1] == (3, 3)
    assert content(tmp_path) == whole
    assert [each.name for each in tmp_path.iterdir()] == [NAME]


def test_earlier_results_stay_readable_until_the_new_are_complete(
    tmp_path: Path, whole: dict[str, bytes]
) -> None:
    run(tmp_path, seed=1)
    old = content(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, progress=stopping(7))
    assert content(tmp_path) == old
    assert len(bench.load(tmp_path / NAME).accuracy)
    run(tmp_path)
    assert content(tmp_path) == whole


def test_a_fresh_run_takes_up_nothing(tmp_path: Path, whole: dict[str, bytes]) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, progress=stopping(3))
    assert run(tmp_path, fresh=True) == []
    assert content(tmp_path) == whole


def test_items_of_other_settings_are_not_taken_up_and_that_is_said(
    tmp_path: Path, whole: dict[str, bytes]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, progress=stopping(3), seed=1)
    assert run(tmp_path) == [
        "what an earlier run has finished is not taken up: it is of other settings"
    ]
    assert content(tmp_path) == whole


def keep(folder: Path, identity: dict[str, str], said: list[str], item: str = "") -> None:
    """Open a journal, finish an item, or find nothing that is finished, and be interrupted."""
    with journal_of(folder, {}, identity, said.append, fresh=False) as journal:
        assert not journal.entries
        if item:
            list(journal.recording(item, [], Entry(machine=Machine.here())))
        raise KeyboardInterrupt


def test_items_of_other_versions_are_not_taken_up_and_that_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    now = IDENTITY | {"numpy": "2.1", "the code of bench": "1" * 64, "XLA_FLAGS": "--fast"}
    with pytest.raises(KeyboardInterrupt):
        keep(tmp_path / NAME, IDENTITY, said, item="a")
    with pytest.raises(KeyboardInterrupt):
        keep(tmp_path / NAME, now, said)
    again = "`bench run` again takes up what is finished"
    assert said == [
        again,
        "what an earlier run has finished is not taken up: numpy was 2.0 and is 2.1, "
        "the code of bench is another, XLA_FLAGS was none and is --fast",
        again,
    ]
    with journal_of(tmp_path / NAME, {}, IDENTITY, said.append, fresh=False) as journal:
        assert list(journal.entries) == ["a"]  # it is still there for who goes back
    assert list(tmp_path.iterdir()) == []


def test_where_another_run_writes_the_same_folder_nothing_is_shared(tmp_path: Path) -> None:
    said: list[str] = []
    folder = tmp_path / NAME
    with (
        journal_of(folder, {}, IDENTITY, said.append, fresh=False) as first,
        journal_of(folder, {}, IDENTITY, said.append, fresh=True) as second,
    ):
        assert first.folder is not None
        assert second.folder is not None
        assert first.folder.is_dir()
        assert second.folder.parent != first.folder.parent
    assert said == [f"another run is writing {folder}: nobody could take up this one"]


def test_what_is_read_back_is_what_was_written_bit_for_bit(tmp_path: Path) -> None:
    for each in work()[:2]:
        pieces = pieces_of(each)
        journal = Journal(tmp_path, known_tables())
        entry = Entry(machine=Machine.here(), failure=Failure(what="a", reason="b"), hung=True)
        list(journal.recording(each.key, pieces, entry))
        other = Journal(tmp_path, known_tables())
        other.take_up()
        assert other.entries[each.key] == entry
        written = gathered(pieces)
        for (table, rows), (again, found) in zip(written, other.read(each.key), strict=True):
            assert table is again
            assert isinstance(rows, pa.Table)  # so few are not packed
            assert found.schema == rows.schema
            for before, after in zip(rows.columns, found.columns, strict=True):
                (one,), (two,) = before.chunks, after.chunks
                assert [b and b.to_pybytes() for b in one.buffers()] == [
                    b and b.to_pybytes() for b in two.buffers()
                ] or one.equals(two)


def test_an_item_is_in_the_journal_whole_or_not_at_all(tmp_path: Path) -> None:
    (each, *_) = work()
    journal = Journal(tmp_path, known_tables())
    begun = journal.recording(each.key, iter(pieces_of(each)), Entry(machine=Machine.here()))
    assert isinstance(begun, Iterator)
    with closing(begun):  # type: ignore[type-var]
        next(begun)
        assert [path.suffix for path in tmp_path.iterdir()] == [f".{os.getpid()}"]
    assert list(tmp_path.iterdir()) == []
    assert journal.entries == {}


def test_a_part_that_is_damaged_is_done_again_or_told(
    tmp_path: Path, whole: dict[str, bytes]
) -> None:
    for damage in ("cut", "changed"):
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, progress=stopping(3))
        part = max(tmp_path.glob(".bench.journal.run/*/*.parquet"), key=lambda p: p.stat().st_size)
        data = bytearray(part.read_bytes())
        if damage == "cut":
            part.write_bytes(data[: len(data) // 2])
            assert run(tmp_path) == [
                "an earlier run is taken up: 2 of 8 items (--fresh begins anew)"
            ]
        else:
            data[len(data) // 2] ^= 1
            part.write_bytes(data)
            with pytest.raises(InputError) as caught:
                run(tmp_path)
            assert str(caught.value).startswith(f"{part} could not be read and is removed: ")
            assert str(caught.value).endswith("; `bench run` again takes up all others")
            assert "an earlier run is taken up: 2 of 8 items" in run(tmp_path)[0]
        assert content(tmp_path) == whole


def test_a_full_disk_is_one_sentence_and_what_is_finished_is_kept(
    tmp_path: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full at each place in turn where something is made to last."""
    left = 0
    fsync = os.fsync

    def full(handle: int) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", full)
    for left in (1, 4, 7):  # noqa: B007  (it is counted down)
        with pytest.raises(InputError) as caught:
            run(tmp_path)
        assert str(caught.value) == (
            f"cannot write to {tmp_path / NAME}: No space left on device; earlier results are "
            "untouched, and `bench run` again takes up what is finished"
        )
    monkeypatch.undo()
    (said,) = run(tmp_path)
    assert said == "an earlier run is taken up: 5 of 8 items (--fresh begins anew)"
    assert content(tmp_path) == whole


def test_little_is_computed_ahead() -> None:
    """An estimate waits for its turn, and few of them: memory does not grow with the items."""
    begun: list[int] = []

    class Counting(ThreadPoolExecutor):
        def submit(self, *arguments: Any, **options: Any) -> Future[Any]:  # type: ignore[override]
            begun.append(len(begun))
            return super().submit(*arguments, **options)

    with Counting(2) as pool:
        way = in_order(Journal(None, known_tables()), pool, Guard(1, 1))
        for done, pieces in enumerate(way(work(), Steps(silent))):
            list(pieces)
            assert len(begun) <= done + 1 + ways.AHEAD
    assert len(begun) == ITEMS


@pytest.mark.slow
def test_processes_give_the_same_bytes(tmp_path: Path, whole: dict[str, bytes]) -> None:
    told: list[str] = []
    run(tmp_path, workers=2, progress=lambda done, total, phase, what: told.append(what))
    assert content(tmp_path) == whole
    assert told[0].startswith("1/2 workers: float32 ")
    busy = [each for each in told if "workers" in each]  # the second may come when all is done
    assert {each[:20] for each in busy} <= {
        f"{n}/2 workers: float{b}" for n in (1, 2) for b in (32, 64)
    }
    assert [each.name for each in tmp_path.iterdir()] == [NAME]
    found = bench.run("overview", workers=1, **ASKED)
    assert len(found.accuracy) == len(bench.load(tmp_path / NAME).accuracy)


def _worker() -> int:
    """The process of a worker that this process started."""
    for each in Path("/proc").iterdir():
        if each.name.isdecimal():
            try:
                words = (each / "environ").read_bytes()
                parent = (each / "stat").read_text().rpartition(")")[2].split()[1]
            except OSError:
                continue
            if b"BENCH_PROCESS=worker 1" in words and parent == str(os.getpid()):
                return int(each.name)
    raise LookupError


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="it is found in /proc")
def test_an_item_whose_worker_is_killed_is_done_again(
    tmp_path: Path, whole: dict[str, bytes]
) -> None:
    killed: list[int] = []

    def progress(done: int, total: int, phase: str, what: str) -> None:
        if done == 2 and not killed:
            killed.append(_worker())
            os.kill(killed[0], signal.SIGKILL)

    run(tmp_path, workers=1, progress=progress)
    assert killed
    assert content(tmp_path) == whole


def test_an_item_that_ends_its_process_twice_is_rows_that_say_why(tmp_path: Path) -> None:
    tried: list[str] = []

    def do(each: Work, tell: Any) -> None:
        tried.append(each.key)
        raise ItemFailed("its process ended with signal 9 (SIGKILL)", worth=True)

    (each, *_) = work()
    journal = Journal(tmp_path, known_tables())
    with ExitStack() as stack:
        way = side_by_side(journal, Hands(do, 1, 1), Guard(1, 1), stack)
        (found,) = (list(pieces) for pieces in way([each], Steps(silent)))
    assert tried == [each.key, each.key]
    assert journal.entries[each.key].failure == Failure(
        what="float32 quadratic on numpy", reason="its process ended with signal 9 (SIGKILL)"
    )
    best = [rows for table, rows in found if table.name == "best"]
    reasons = pa.concat_tables(best).column("reason").to_pylist()
    assert reasons == ["its process ended with signal 9 (SIGKILL)"] * 2
    statuses = {
        status
        for table, rows in found
        if table.name == "accuracy"
        for status in rows.column("status").to_pylist()
    }
    assert statuses == {"failed"}


def wait(seconds: float, *, computing: bool) -> str:
    """Wait, and compute or not; in another process."""
    with living(0.2):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not computing:
                time.sleep(0.1)
    return "done"


def waits(seconds: float) -> str:
    return wait(seconds, computing=False)


def computes(seconds: float) -> str:
    return wait(seconds, computing=True)


@pytest.mark.slow
def test_a_process_that_computes_lives_and_one_that_waits_for_ever_is_ended() -> None:
    process = Process("waiting")
    assert process.call(computes, 0.0) == "done"  # it is started
    assert process.call(computes, 4.0, patience=3.0) == "done"
    with pytest.raises(Died) as caught:
        process.call(waits, 60.0, patience=3.0)
    assert caught.value.overran


def test_where_is_asked_for_in_ways_that_go_together() -> None:
    for words, said in (
        ({"workers": 0}, "option 'workers' is 0; allowed: from 1 to 1000"),
        (
            {"cluster": "nonsense"},
            "option 'cluster' is 'nonsense'; allowed: local, or the address of a scheduler, such "
            "as tcp://HOST:PORT",
        ),
        (
            {"workers": 2, "cluster": "tcp://a:1"},
            "option 'workers' is given with cluster tcp://a:1, which has its own; "
            "allowed: with cluster local, or without one",
        ),
    ):
        with pytest.raises(InputError) as caught:
            Where(**words)  # type: ignore[arg-type]
        assert str(caught.value) == said


KILLED = """
import json, os, sys
import bench

def told(done, total, phase, what):
    os.write(1, f"{phase}\\n".encode())

bench.run("overview", out=sys.argv[1], name="run", figures=False, progress=told,
          remark=lambda said: os.write(1, f"{said}\\n".encode()), **json.loads(sys.argv[2]))
"""


MINE = """
import json, os, sys
import bench

def told(done, total, phase, what):
    if done == int(sys.argv[3]):
        os.kill(os.getpid(), 9)

bench.run(sys.argv[2], out=sys.argv[1], name="run", figures=False, points=2, steps="-8:-7",
          precisions="float32", progress=told, remark=lambda said: print(said, flush=True))
"""


@pytest.mark.slow
def test_a_function_of_the_users_is_taken_up_until_what_stands_beside_it_changes(
    tmp_path: Path,
) -> None:
    file = tmp_path / "mine.py"
    file.write_text("from beside import k\n\ndef f(x):\n    return k * x * x\n")
    (tmp_path / "beside.py").write_text("k = 3.0\n")

    def killed(at: int) -> list[str]:
        words = (str(tmp_path / "out"), f"{file}:f", str(at))
        command = [sys.executable, "-c", MINE, *words]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == -9, done.stderr
        return done.stdout.splitlines()

    assert killed(2) == []
    (said,) = killed(0)
    assert said.startswith("an earlier run is taken up: 2 of ")
    (tmp_path / "beside.py").write_text("k = 4.0\n")
    assert killed(0) == [
        f"what an earlier run has finished is not taken up: what stands beside {file} is another"
    ]


@pytest.mark.slow
def test_a_run_that_is_killed_again_and_again_loses_one_item_each_time(
    tmp_path: Path, whole: dict[str, bytes], pytestconfig: pytest.Config
) -> None:
    rng = random.Random(5)
    command = [sys.executable, "-c", KILLED, str(tmp_path), json.dumps(ASKED)]
    before = killed = 0
    while killed < pytestconfig.getoption("--kills"):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            lines = []
            for line in process.stdout:
                lines.append(line.strip())
                if line.startswith("sweeping"):
                    break
            time.sleep(rng.uniform(0, 0.5))
            process.kill()
            lines += process.stdout.read().split()
        if before:
            assert lines[0] == (
                f"an earlier run is taken up: {before} of {ITEMS} items (--fresh begins anew)"
            )
        if "done" in lines:  # before it was killed
            before = len(list(tmp_path.glob(".bench.journal.run/*/*.parquet")))
            continue
        killed += 1
        finished = len(list(tmp_path.glob(".bench.journal.run/*/*.parquet")))
        assert lines.count("sweeping") - (finished - before) in (0, 1)
        before = finished
    run(tmp_path)
    assert content(tmp_path) == whole
