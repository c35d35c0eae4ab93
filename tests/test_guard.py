"""Code of the user's ends no more than its own items: it raises, exits, dies, hangs, takes all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import bench
from bench.claims import measures
from bench.figures import figure_kinds
from bench.problems import problems
from bench.processes import Died, Process
from bench.registry import InputError, doors
from bench.results import Results
from bench.schemes import schemes

HOSTILE = """
import ctypes, os, sys, time
import numpy as np
from bench.claims import measure
from bench.figures import figure
from bench.problems import problem
from bench.schemes import scheme

mine = lambda f: problem(f.__name__, interval=(0.5, 1.5), difficulty="none", source="mine")(f)

@mine
def fine(x, xp):
    "It does no harm."
    return x * x * x

@mine
def raises(x, xp):
    "It raises."
    raise ZeroDivisionError("of mine")

@mine
def exits(x, xp):
    "It exits, and says that all went well."
    sys.exit(0)

@mine
def hangs(x, xp):
    "It never ends."
    while True:
        time.sleep(0.01)

@mine
def dies(x, xp):
    "Its process ends at once."
    os._exit(3)

@mine
def crashes(x, xp):
    "It reads where nothing is."
    ctypes.string_at(0)

@mine
def hoards(x, xp):
    "It takes all memory there is."
    found = [np.empty(10**7)]
    while True:
        found.append(np.empty(10**7))

@mine
def shrinks(x, xp):
    "It loses points."
    return x[:1]

@mine
def lists(x, xp):
    "It gives no array."
    return [1.0, 2.0]

@scheme(order=1, source="mine", label="mine")
def fails_late(f, x, h):
    "It divides by what it should not."
    if "BENCH_PROCESS" in os.environ:  # and not where it is only looked at
        return 1 / 0
    return (f(x + h) - f(x)) / h

@measure("column")
def exits_late(claim, results):
    "It exits when the work is done."
    sys.exit(7)

@figure(lambda selection: "Nothing.")
def waits(selection, size):
    "It never ends."
    while True:
        time.sleep(0.01)
"""
STUDY = """
question = "What does it cost to run this?"
with = ["hostile.py"]
problems = ["exp_sin", "fine", "raises", "exits", "hangs", "dies", "crashes", "hoards", "shrinks", "lists"]
schemes = ["central", "fails_late", "grad"]
precisions = ["float32"]
points = 2
steps = "-8:-7"
item_seconds = 8
item_gib = 1

[timing]
problems = ["fine", "raises"]
schemes = ["central"]
sizes = [4]
processes = 1

[[gradients]]
problems = ["exp_sin", "fine", "exits"]
schemes = ["central", "fails_late"]
sizes = [1]

[[claims]]
says = "It is measured."
measure = "exits_late"
column = "best_error"
at_least = 0

[[claims]]
says = "It is small."
measure = "value"
column = "best_error"
where = { problem = "exp_sin", scheme = "grad" }
at_most = 1

[[figures]]
kind = "waits"

[[figures]]
kind = "error"
problems = ["exp_sin"]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file of hostile functions, and a study of them."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "hostile.py").write_text(HOSTILE, encoding="utf-8")
    (folder / "hostile.toml").write_text(STUDY, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def done(folder: Path) -> subprocess.CompletedProcess[str]:
    """The study, run by the command."""
    words = ("run", str(folder / "hostile.toml"), "--out", str(folder / "results"))
    return subprocess.run([sys.executable, "-m", "bench", *words], capture_output=True, text=True)


@pytest.fixture(scope="module")
def results(done: subprocess.CompletedProcess[str], folder: Path) -> Iterator[Results]:
    """What the study left; no law of another file meets what is hostile."""
    assert done.returncode == 5, done.stderr
    assert "Traceback" not in done.stderr
    registries: tuple[Any, ...] = (problems, schemes, measures, figure_kinds)
    before = [set(each) for each in registries]
    yield bench.load(folder / "results" / "hostile", files=[folder / "hostile.py"])
    for registry, known in zip(registries, before, strict=True):
        for name in set(registry) - known:
            registry.discard(name)
    sys.modules.pop(doors._files.pop(folder / "hostile.py"))


def line_of(folder: Path, words: str) -> str:
    """Where a line of the hostile file stands, as a sentence says it."""
    lines = HOSTILE.splitlines()
    return f"{folder / 'hostile.py'}, line {next(i for i, x in enumerate(lines, 1) if words in x)}"


def chosen(frame: pd.DataFrame, **names: str) -> pd.DataFrame:
    """The rows of these names."""
    for axis, name in names.items():
        frame = frame[frame[axis] == name]
    return frame


def test_each_failure_says_why_with_the_line(results: Results, folder: Path) -> None:
    reasons = chosen(results.best, scheme="central").set_index("problem")["reason"]

    def line(words: str) -> str:
        return line_of(folder, words)

    assert reasons.to_dict() == {
        "exp_sin": "",
        "fine": "",
        "raises": f"problem raises failed at {line('ZeroDivisionError')}: "
        "ZeroDivisionError: of mine",
        "exits": f"problem exits failed at {line('sys.exit')}: SystemExit: 0",
        "hangs": f"it took more than 8 s at {line('time.sleep(0.01)')} "
        "(--item-seconds allows more)",
        "dies": "its process ended with exit code 3 at dies, which begins at "
        f"{folder / 'hostile.py'}, line {HOSTILE[: HOSTILE.index('def dies')].count(chr(10))}",
        "crashes": f"its process ended with signal 11 (SIGSEGV) at {line('string_at')}",
        "hoards": f"problem hoards failed at {line('found.append')}: MemoryError: Unable to "
        "allocate 76.3 MiB for an array with shape (10000000,) and data type float64 "
        "(--item-gib allows more)",
        "shrinks": "problem shrinks gives shape (1, 2) for x of shape (4, 2); "
        "allowed: one value for each x",
        "lists": "problem lists gives list; allowed: an array, one value for each x",
    }


def test_what_is_left_runs_on(results: Results) -> None:
    ok = results.accuracy[results.accuracy["status"] == "ok"]
    assert set(zip(ok["problem"], ok["scheme"], strict=True)) == {
        ("exp_sin", "central"),
        ("exp_sin", "grad"),
        ("fine", "central"),
        ("fine", "grad"),
    }
    failed = results.accuracy[results.accuracy["status"] == "failed"]
    assert failed["estimate"].isna().all()
    assert len(ok) + len(failed) == len(results.accuracy)
    assert (results.folder / "figures" / "error-exp_sin.svg").is_file()  # type: ignore[operator]
    assert (results.folder / "report.html").is_file()  # type: ignore[operator]


def test_a_scheme_that_cannot_say_what_it_is_leaves_the_others(
    results: Results, folder: Path
) -> None:
    reasons = {each.what: each.reason for each in results.record.failures}
    assert reasons["scheme fails_late"] == (
        f"{line_of(folder, '1 / 0')}: ZeroDivisionError: division by zero"
    )
    assert "fails_late" not in results.schemes


def test_a_measure_that_exits_costs_its_own_claim(results: Results, folder: Path) -> None:
    reasons = {each.what: each.reason for each in results.record.failures}
    assert reasons["claim 'It is measured.'"] == (
        f"{line_of(folder, 'sys.exit(7)')}: SystemExit: 7"
    )
    assert [each.outcome for each in results.record.verdicts] == ["not measured", "held"]


def test_gradients_and_times_of_the_others_are_taken(results: Results) -> None:
    gradients = results.gradients.set_index(["problem", "scheme"])["status"].to_dict()
    assert gradients[("exp_sin", "central")] == gradients[("fine", "central")] == "ok"
    assert gradients[("exits", "central")] == "failed"
    assert ("fine", "fails_late") not in gradients
    times = chosen(results.timing, scheme="central").set_index("problem")["status"].to_dict()
    assert times == {"fine": "ok", "raises": "failed"}


def test_what_hangs_is_not_tried_in_another_item(results: Results, folder: Path) -> None:
    again = chosen(results.best, problem="hangs", scheme="grad")["reason"]
    assert list(again) == [
        f"not tried: before, it took more than 8 s at {line_of(folder, 'time.sleep(0.01)')} "
        "(--item-seconds allows more)"
    ]


def test_the_terminal_tells_each_failure_once(
    done: subprocess.CompletedProcess[str], folder: Path
) -> None:
    told = [line for line in done.stdout.splitlines() if line.startswith("! ")]
    assert (
        f"! float32 hangs by central on numpy and 1 more failed: it took more than 8 s at "
        f"{line_of(folder, 'time.sleep(0.01)')} (--item-seconds allows more)"
    ) in told
    last = HOSTILE.splitlines().index("def waits(selection, size):") + 4
    assert (
        f"! figure waits failed: it took more than 8 s at {folder / 'hostile.py'}, line {last}"
    ) in told
    assert len(told) == len(set(told))


def sleep() -> None:
    """Wait longer than anybody would."""
    import time

    time.sleep(60)


@pytest.fixture
def nothing_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes open none of the files that other tests have opened: that takes its time."""
    monkeypatch.setattr(doors, "opened", tuple)


@pytest.mark.usefixtures("nothing_opened")
def test_a_process_that_says_nothing_for_too_long_says_where_it_is_and_ends() -> None:
    process = Process("a sleeper")
    with pytest.raises(Died) as caught:
        process.call(sleep, patience=0.5)  # importing this file does not count
    assert caught.value.overran
    assert f'File "{__file__}", line {sleep.__code__.co_firstlineno + 4} in sleep' in (
        caught.value.stack
    )
    process.stop()


@pytest.mark.usefixtures("nothing_opened")
@pytest.mark.parametrize(
    ("text", "seconds", "said"),
    [
        ("import os\nos._exit(0)\n", 60, "its process ended with exit code 0 at file {path}"),
        (
            "import time\ntime.sleep(60)\n",
            6,  # of which a busy machine takes some to start a process
            "it took more than 6 s at {path}, line 2 (--item-seconds allows more)",
        ),
    ],
)
def test_a_file_that_ends_or_hangs_while_it_is_opened_is_refused(
    text: str, seconds: int, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        bench.run("calculus", files=[path], item_seconds=seconds)
    assert str(caught.value) == said.format(path=path)
