from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from platform import node
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bench
from bench.figures import Selection
from bench.registry import InputError
from bench.results import known_tables, load, read_record
from bench.results.folder import MARKS, RECORD, replacing
from bench.results.places import write_file
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
    (folder / "figures" / "stale.svg").write_bytes(MARKS[".svg"])  # of the old run
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
    fill(tmp_path / ".bench.old.overview", "old")
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


def test_what_killed_runs_of_this_machine_left_is_swept_away(tmp_path: Path) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    left = tmp_path / f".bench.{node()}.{dead.pid}.abcdefg8"
    others = tmp_path / f".bench.other-{node()}.{dead.pid}.abcdefg8"
    longer = tmp_path / f".bench.{node()}.{dead.pid}.5.abcdefg8"  # of a host whose name has a dot
    mine = tmp_path / f".bench.{node()}.{dead.pid}.notes"
    alive = tmp_path / f".bench.{node()}.{os.getpid()}.abcdefg8"
    for each in (left, others, longer, mine, alive):
        each.mkdir()
    file = tmp_path / f".bench.{node()}.{dead.pid}.a_file_8"
    file.write_text("half of a figure")
    with replacing(tmp_path / "overview") as writer:
        (writer.folder / "run.json").write_text("new")
    kept = {each.name for each in (others, longer, mine, alive)}
    assert {path.name for path in tmp_path.iterdir()} == {"overview", *kept}


def test_a_link_to_a_results_folder_stays_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    link, elsewhere = tmp_path / "results" / "overview", tmp_path / "disk" / "overview"
    link.parent.mkdir()
    link.symlink_to(elsewhere)
    for text in ("first", "second"):  # the link leads to nothing at first
        with replacing(link) as writer:
            (writer.folder / "run.json").write_text(text)
        assert link.is_symlink()
        assert (elsewhere / "run.json").read_text() == text
    assert [path.name for path in elsewhere.parent.iterdir()] == ["overview"]
    assert [path.name for path in link.parent.iterdir()] == ["overview"]


def test_a_link_that_leads_to_itself_is_told(tmp_path: Path) -> None:
    (tmp_path / "overview").symlink_to("overview")
    with pytest.raises(InputError) as caught, replacing(tmp_path / "overview"):
        pass
    assert str(caught.value) == f"cannot write to {tmp_path}: Too many levels of symbolic links"


NAMES = ["best.csv", "counts.csv", ".hidden", "figures", "a" * 250, "line\nbreak", "*[a]?", "-rf"]


@pytest.mark.parametrize("name", NAMES)
def test_files_of_the_users_survive_whatever_they_are_called(name: str, tmp_path: Path) -> None:
    """The run before wrote curves.csv and the figure error: nothing else of the folder is its."""
    folder = tmp_path / "overview"
    fill(folder, json.dumps({"rows": {"curves": 1}, "study": {"figures": [{"kind": "error"}]}}))
    (folder / "curves.csv").write_text("of the run")
    (folder / "figures").mkdir()
    (folder / "figures" / "error.svg").write_bytes(MARKS[".svg"])  # of the run
    mine = {folder / "figures" / f"{name}.svg"}
    if name != "figures":
        mine |= {folder / name, folder / "drafts" / name}
        (folder / "drafts").mkdir()
    for path in mine:
        path.write_text("mine")
    with replacing(folder) as writer:
        (writer.folder / "run.json").write_text("new")
    found = {path for path in folder.rglob("*") if path.is_file()}
    assert found == {*mine, folder / "run.json"}
    assert {path.read_text() for path in mine} == {"mine"}


def test_a_file_of_the_users_that_a_run_would_replace_is_kept_beside(tmp_path: Path) -> None:
    folder = tmp_path / "overview"
    fill(folder, json.dumps({"rows": {"curves": 1}, "study": {"figures": []}}))
    (folder / "best.csv").write_text("mine")
    with replacing(folder) as writer:
        (writer.folder / "best.csv").write_text("of the new run")
    assert (folder / "best.csv").read_text() == "of the new run"
    assert (folder / "best.csv.kept").read_text() == "mine"


def test_what_is_no_file_is_carried_over_and_read_by_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "overview"
    fill(folder, "old")
    os.mkfifo(folder / "pipe")
    (folder / "nowhere").symlink_to("gone")
    with replacing(folder) as writer:
        (writer.folder / "run.json").write_text("new")
    assert (folder / "pipe").is_fifo()
    assert (folder / "nowhere").readlink() == Path("gone")


def test_a_name_as_long_as_a_disk_takes_is_written_and_replaced(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 255)
    for text in ("old", "new"):
        with replacing(folder) as writer:
            (writer.folder / "run.json").write_text(text)
        assert (folder / "run.json").read_text() == text
    write_file(tmp_path / ("y" * 255), b"whole")
    assert (tmp_path / ("y" * 255)).read_bytes() == b"whole"


def test_a_file_keeps_its_mode_and_a_link_to_it_stays(tmp_path: Path) -> None:
    file, link = tmp_path / "disk" / "a.svg", tmp_path / "a.svg"
    link.symlink_to(file)
    write_file(link, b"new")
    file.chmod(0o640)
    write_file(link, b"newer")
    assert link.is_symlink()
    assert file.read_bytes() == b"newer"
    assert file.stat().st_mode & 0o7777 == 0o640
    assert [path.name for path in file.parent.iterdir()] == ["a.svg"]


def test_all_names_of_a_file_get_what_is_written_to_one(tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_text("old and longer")
    (tmp_path / "b.svg").hardlink_to(tmp_path / "a.svg")
    write_file(tmp_path / "a.svg", b"new")
    assert (tmp_path / "b.svg").read_bytes() == b"new"


def test_what_is_no_file_is_written_through(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_file(pipe, b"whole")
    assert os.read(reading, 100) == b"whole"
    os.close(reading)
    assert pipe.is_fifo()
    write_file(Path(os.devnull), b"nothing")
    assert Path(os.devnull).is_char_device()


def test_a_dash_is_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    print("before")
    write_file(Path("-"), b"\x89PNG")
    write_file(Path("/dev/stdout"), b"again")
    assert capfdbinary.readouterr().out == b"before\n\x89PNGagain"
    assert not Path("-").exists()


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("", "Is a directory"),
        ("a" * 256, "File name too long"),
        ("a/" * 2000, "File name too long"),
        ("file/a.svg", "Not a directory"),
        ("loop", "Too many levels of symbolic links"),
    ],
)
def test_a_file_that_cannot_be_written_is_told(place: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InputError) as caught:
        write_file(tmp_path / place, b"")
    assert str(caught.value) == str(InputError(f"cannot write {tmp_path / place}: {reason}"))
    assert {path.name for path in tmp_path.iterdir()} == {"file", "loop"}


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
        ("run.json", b'{"schema": 5}', "run.json cannot be read: study: Field required"),
        (
            "run.json",
            b'{"schema": 3}',
            "run.json cannot be read: its tables are of schema 3, an earlier or later version's; "
            "allowed: 5; run the study again",
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


def stored_frame(folder: Path, name: str) -> pd.DataFrame:
    """A stored table as anyone reads it, without bench."""
    path = folder / known_tables()[name].file
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def put(frame: pd.DataFrame, path: Path) -> None:
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_csv(path, index=False)


DAMAGE: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "a column is gone": lambda frame: frame.drop(columns="evaluations"),
    "a row is there twice": lambda frame: pd.concat([frame.iloc[:1], frame.iloc[:-1]]),
    "a row more": lambda frame: pd.concat([frame, frame.iloc[:1].assign(problem="another")]),
    "a row less": lambda frame: frame.iloc[1:],
    "a text among numbers": lambda frame: frame.assign(evaluations="many"),
}
REASONS = {
    "a row is there twice": "it has a row twice",
    "a row more": "it has {more} rows, and {rows} were written",
    "a row less": "it has {less} rows, and {rows} were written",
}
OF_ARROW = {  # what is missing, or is of another type, pyarrow tells where a file is text
    ("a column is gone", "accuracy"): "it lacks column 'evaluations'",
    ("a column is gone", "best"): "Column 'evaluations' in include_columns does not exist",
    (
        "a text among numbers",
        "accuracy",
    ): "Failed to parse string: 'many' as a scalar of type int32",
    ("a text among numbers", "best"): "In CSV column #14: CSV conversion error to int64: ",
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", ["accuracy", "best"])
def test_a_table_that_is_not_as_it_was_written_is_refused_by_what_is_wrong(
    small_run: Path, tmp_path: Path, name: str, damage: str
) -> None:
    table, frame = known_tables()[name], stored_frame(small_run, name)
    path, rows = tmp_path / table.file, len(frame)
    put(frame, path)
    assert len(table.read(tmp_path, rows)) == rows  # nothing is wrong so far
    put(DAMAGE[damage](frame.astype({"problem": str})), path)
    with pytest.raises(InputError) as caught:
        table.read(tmp_path, rows)
    reason = REASONS.get(damage, "") or OF_ARROW[damage, name]
    told = reason.format(rows=rows, more=rows + 1, less=rows - 1)
    assert str(caught.value).startswith(f"{path} cannot be read: {told}")


@pytest.mark.parametrize("column", ["x", "truth"])
def test_a_point_or_a_truth_that_is_infinite_is_refused(
    small_run: Path, tmp_path: Path, column: str
) -> None:
    frame = stored_frame(small_run, "accuracy")
    put(
        frame.assign(**{column: np.where(frame.index == 3, math.inf, frame[column])}),
        tmp_path / "accuracy.parquet",
    )
    with pytest.raises(InputError) as caught:
        known_tables()["accuracy"].read(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path / 'accuracy.parquet'} cannot be read: column {column!r} holds an infinite number"
    )


def test_every_table_of_a_run_is_stored_with_the_digest_of_its_file(small_run: Path) -> None:
    record = read_record(small_run)
    assert set(record.digests) == set(record.rows)
    for name, digest in record.digests.items():
        content = (small_run / known_tables()[name].file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest, name


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
import signal  # what starts the tests may be deaf to some, as nohup is

for each in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(each, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
from bench.cli import start
start()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "kill", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda s: s.name
)
def test_a_run_that_is_stopped_leaves_earlier_results_and_what_is_taken_up(
    tmp_path: Path, kill: signal.Signals
) -> None:
    out, temporary = tmp_path / "out", tmp_path / "temporary"
    folder = out / "overview-float64"
    fill(folder, "old")
    temporary.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", LISTENING, "run", "--precision", "float64", "--out", str(out)],
        env=os.environ | {"TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("bench: sweeping "):
            break
    process.send_signal(kill)
    words = process.communicate(timeout=60)[1].splitlines()
    assert (folder / "run.json").read_text() == "old"
    if kill != signal.SIGKILL:
        assert process.returncode == 128 + kill
        assert words[-1] == "bench: interrupted; earlier results are untouched"
        assert not [line for line in words if "Traceback" in line]
        left = {path.name for path in out.iterdir()} - {".bench.journal.overview-float64"}
        assert left == {"overview-float64"}
    until = time.monotonic() + 60
    while _children(str(temporary)):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert list(temporary.iterdir()) == []


def _children(temporary: str) -> list[Path]:
    """The processes whose folder for what is temporary is this one."""

    def of(process: Path) -> bool:
        try:
            return f"TMPDIR={temporary}\0".encode() in (process / "environ").read_bytes()
        except OSError:
            return False

    return [each for each in Path("/proc").iterdir() if each.name.isdecimal() and of(each)]
