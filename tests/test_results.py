from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import bench
from bench.figures import Selection
from bench.registry import InputError
from bench.results import known_tables, load, read_record
from bench.results.folder import RECORD, replacing
from bench.results.record import SEAL, seal_of


def fill(folder: Path, text: str) -> None:
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(text)


def test_a_folder_is_replaced_only_when_complete(tmp_path: Path) -> None:
    folder = tmp_path / "overview"
    fill(folder, "old")

    class Stop(Exception):
        pass

    def stop_halfway() -> None:
        with replacing(folder) as writer:
            (writer.folder / "run.json").write_text("new")
            raise Stop

    with pytest.raises(Stop):
        stop_halfway()
    assert (folder / "run.json").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["overview"]

    with replacing(folder) as writer:
        (writer.folder / "run.json").write_text("new")
    assert (folder / "run.json").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["overview"]


def test_notes_of_the_user_are_carried_over(tmp_path: Path) -> None:
    folder = tmp_path / "overview"
    fill(folder, "old")
    (folder / "notes.md").write_text("mine")
    (folder / "drafts").mkdir()
    (folder / "drafts" / "a.txt").write_text("mine too")
    (folder / "figures").mkdir()
    (folder / "figures" / "stale.svg").write_text("of the old run")
    with replacing(folder) as writer:
        (writer.folder / "run.json").write_text("new")
    assert (folder / "notes.md").read_text() == "mine"
    assert (folder / "drafts" / "a.txt").read_text() == "mine too"
    assert not (folder / "figures").exists()


def test_a_folder_that_holds_no_results_is_not_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "overview"
    folder.mkdir()
    (folder / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError) as caught, replacing(folder):
        pass
    assert str(caught.value) == (
        f"{folder} is there and is not a results folder: it has no run.json; "
        "move it, or choose another place with --out"
    )
    assert (folder / "thesis.tex").read_text() == "years of work"


def test_a_kill_between_the_two_moves_is_mended(tmp_path: Path) -> None:
    fill(tmp_path / ".overview.old", "old")
    with pytest.raises(InputError, match=r"run.json cannot be read"):
        load(tmp_path / "overview")
    assert (tmp_path / "overview" / "run.json").read_text() == "old"


def test_the_current_folder_and_the_one_above_are_read(
    small_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(small_run)
    assert len(load(".").best) == len(load(small_run).best)
    monkeypatch.chdir(small_run / "figures")
    assert len(load("..").best) == len(load(small_run).best)
    with pytest.raises(InputError, match=r"^/ is not a results folder: it has no run.json$"):
        load("/")


def test_what_killed_runs_left_is_swept_away(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    left = tmp_path / f".overview.{done.stdout.strip()}.abc"
    left.mkdir()
    alive = tmp_path / f".overview.{os.getpid()}.abc"
    alive.mkdir()
    with replacing(tmp_path / "overview") as writer:
        (writer.folder / "run.json").write_text("new")
    assert not left.exists()
    assert alive.exists()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InputError) as caught, replacing(tmp_path / "file" / "overview"):
        pass
    assert str(caught.value) == f"cannot write to {tmp_path / 'file'}: File exists"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("run.json", b"{", "run.json cannot be read: Expecting property name"),
        ("run.json", b"[]", "run.json cannot be read: it has no schema"),
        ("run.json", b'{"schema": 4}', "run.json cannot be read: study: Field required"),
        (
            "run.json",
            b'{"schema": 3}',
            "run.json cannot be read: its tables are of schema 3, an earlier or later version's; "
            "allowed: 4; run the study again",
        ),
        ("accuracy.parquet", b"not parquet", "accuracy.parquet cannot be read: it was changed"),
        ("curves.csv", b"a,b\n1,2\n", "curves.csv cannot be read: it was changed after"),
        ("best.csv", b"", "best.csv cannot be read: it was changed after it was written"),
    ],
)
def test_a_damaged_file_is_named(
    small_run: Path, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    folder = tmp_path / "copy"
    folder.mkdir()
    for file in [RECORD, *(table.file for table in known_tables().values())]:
        if (small_run / file).is_file():
            (folder / file).write_bytes((small_run / file).read_bytes())
    (folder / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        load(folder)
    assert message in str(caught.value)
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("study", "seed"), 7),
        (("study", "figures", 0, "kind"), "theory"),
        (("problems", "exp_sin", "interval"), [0, 1]),
        (("schemes", "central", "order"), 4),
        (("rows", "best"), 1),
        (("digests", "best"), ""),
        (("verdicts", 0, "outcome"), "refuted"),
        (("probes",), []),
        (("machine", "cores"), None),
        (("digest",), ""),
    ],
)
def test_a_record_that_was_changed_is_refused(
    small_run: Path, tmp_path: Path, place: tuple[str | int, ...], value: object
) -> None:
    told = json.loads((small_run / RECORD).read_text())
    part = told
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    (tmp_path / RECORD).write_text(json.dumps(told))
    with pytest.raises(InputError) as caught:
        read_record(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path / RECORD} cannot be read: it was changed after it was written"
    )


@pytest.mark.parametrize("name", ["../../x", "/tmp/x", "..", "", "a/b", "x\n", ".hidden"])
@pytest.mark.parametrize("key", ["name", "kind"])
def test_a_figure_of_a_record_has_the_name_of_a_file_beside_others(
    small_run: Path, tmp_path: Path, key: str, name: str
) -> None:
    told = json.loads((small_run / RECORD).read_text())
    told["study"]["figures"][0][key] = name
    (tmp_path / RECORD).write_text(json.dumps(told | {SEAL: seal_of(told)}))
    with pytest.raises(InputError, match=r"run\.json cannot be read: "):
        read_record(tmp_path)


def test_the_words_of_a_record_may_be_said_otherwise(small_run: Path, tmp_path: Path) -> None:
    told = json.loads((small_run / RECORD).read_text())
    told["problems"]["exp_sin"]["label"] = told["study"]["question"] = "Why?"
    (tmp_path / RECORD).write_text(json.dumps(dict(reversed(told.items()))))
    assert read_record(tmp_path).study.question == "Why?"


@pytest.mark.parametrize("values", [",", "", [], [" , "]])
def test_a_part_of_no_name_is_refused(small_run: Path, values: Any) -> None:
    results = load(small_run)
    with pytest.raises(InputError) as caught:
        results.part(problems=values)
    assert str(caught.value) == (
        f"no problem is chosen; the run {results.name} holds: quadratic, exp_sin, absolute"
    )


def test_a_missing_table_is_named(small_run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    folder.mkdir()
    (folder / "run.json").write_bytes((small_run / "run.json").read_bytes())
    with pytest.raises(InputError, match=r"accuracy\.parquet cannot be read"):
        load(folder)


def test_run_json_tells_how_it_came_to_be(small_run: Path) -> None:
    record = read_record(small_run)
    assert json.loads(record.to_json()) == json.loads((small_run / RECORD).read_text())
    assert record.study.seed == 0
    assert {"numpy", "jax", "mpmath", "python-flint"} <= set(record.versions)
    assert record.machine.cores == os.cpu_count()
    assert record.backends["numpy"] == {}
    assert record.backends["jax"]["x64"] == "on"
    assert record.backends["jax"]["device"]


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("accuracy.parquet", b"not parquet", "Could not open Parquet input source"),
        ("curves.csv", b"a,b\n1,2\n", "Column 'problem' in include_columns does not exist"),
        ("best.csv", b"", "Empty CSV file"),
    ],
)
def test_a_table_that_cannot_be_read_as_one_is_refused(
    tmp_path: Path, file: str, content: bytes, reason: str
) -> None:
    (tmp_path / file).write_bytes(content)
    with pytest.raises(InputError) as caught:
        known_tables()[file.partition(".")[0]].read(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / file} cannot be read: {reason}")


def test_a_table_with_fewer_rows_than_were_written_is_refused(small_run: Path) -> None:
    written = read_record(small_run).rows["best"]
    with pytest.raises(InputError) as caught:
        known_tables()["best"].read(small_run, written + 1)
    assert str(caught.value) == (
        f"{small_run / 'best.csv'} cannot be read: it has {written} rows, "
        f"and {written + 1} were written"
    )


def test_a_number_changed_in_a_stored_table_is_refused(small_run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(small_run, folder)
    text = (folder / "best.csv").read_text()
    at = text.rindex("1")
    (folder / "best.csv").write_text(text[:at] + "2" + text[at + 1 :])
    with pytest.raises(InputError) as caught:
        load(folder)
    assert str(caught.value) == (
        f"{folder / 'best.csv'} cannot be read: it was changed after it was written"
    )


def test_a_run_is_cut_along_the_axes_that_say_so_and_no_other(small_run: Path) -> None:
    with pytest.raises(InputError) as caught:
        load(small_run).part(problem="exp_sin")
    assert str(caught.value) == (
        "no axis to cut a run along named 'problem' (did you mean 'problems'?); "
        "known: problems, schemes, precisions, backends"
    )


def test_a_function_with_a_kink_is_not_summed_up_with_the_smooth_ones() -> None:
    results = bench.run(
        "overview", problems="norm,exp_sin", schemes="central", precisions="float32", points=2
    )
    assert results.smooth == ["exp_sin"]
    assert Selection.of(results).smooth == ("exp_sin",)


def test_a_part_of_results_holds_only_what_is_asked_for(small_run: Path) -> None:
    results = load(small_run)
    part = results.part(schemes="central,grad", precisions=["float32"])
    for frame in part.tables.values():
        assert set(frame["precision"]) == {"float32"}
        assert set(frame["scheme"]) <= {"central", "grad", "f"}
    assert list(part.schemes) == ["grad", "central"]
    assert part.record.study.precisions == ("float32",)
    with pytest.raises(InputError) as caught:
        results.part(problems="tanh")
    assert str(caught.value) == (
        f"the run {results.name} holds no problem tanh; it holds: quadratic, exp_sin, absolute"
    )


# a shell starts what runs in its background deaf to Ctrl-C, and so are its children
LISTENING = """
import signal
from bench.cli import start
signal.signal(signal.SIGINT, signal.default_int_handler)
start()
"""


@pytest.mark.slow
@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGINT], ids=lambda s: s.name)
def test_a_run_that_is_stopped_leaves_earlier_results(tmp_path: Path, kill: signal.Signals) -> None:
    folder = tmp_path / "overview-float64"
    fill(folder, "old")
    process = subprocess.Popen(
        [sys.executable, "-c", LISTENING, "run", "--precision", "float64", "--out", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("[1/"):
            break
    process.send_signal(kill)
    words = process.communicate(timeout=60)[1].splitlines()
    assert (folder / "run.json").read_text() == "old"
    if kill == signal.SIGINT:
        assert process.returncode == 130
        assert words[-1] == "bench: interrupted; earlier results are untouched"
        assert not [line for line in words if "Traceback" in line]
        assert [path.name for path in tmp_path.iterdir()] == ["overview-float64"]
    time.sleep(0.1)
