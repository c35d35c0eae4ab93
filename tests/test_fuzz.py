"""Whatever is typed, written in a study or done to a results folder ends in a sentence.

A few cases of each kind by default; `pytest tests/test_fuzz.py --fuzz-whole` tries them all. A
case is its seed: `-k 'line and 17'` tries that one again.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest
from commands import line as command
from folders import damaged, same_meaning
from fuzzing import STUDY, Outcome, Sandbox, complaints, limited, of_a_refusal
from meaning import misread
from mutants import as_toml, garbled, mutated

import bench
from bench.claims import judge
from bench.registry import InputError
from bench.results import Results
from bench.running import check, check_work, work_of
from bench.study import Study, narrow
from bench.study.reading import FOLDER, check_figures, load

Found = TypeVar("Found")
FEW = {"line": 30, "study": 30, "folder": 8}
WHOLE = {"line": 2000, "study": 1000, "folder": 500}
STUDIES = [path.read_bytes() for path in sorted(FOLDER.glob("*.toml"))] + [STUDY.encode()]
ASKED = [  # of a results folder
    ["report", "results/small", "--out", "out"],
    ["figure", "error", "results/small", "--out", "out/error.svg"],
    ["table", "best", "results/small"],
    ["table", "claims", "results/small", "--format", "csv"],
    ["compare", "results/whole", "results/small"],
    ["compare", "results/small", "results/whole"],
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    many = WHOLE if metafunc.config.getoption("--fuzz-whole") else FEW
    for kind in {*FEW} & {*metafunc.fixturenames}:
        seeds = range(many[kind])
        metafunc.parametrize(kind, seeds, ids=[f"{kind} {seed}" for seed in seeds])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    return Sandbox(tmp_path_factory.mktemp("fuzz") / "box")


@pytest.fixture
def box(made: Sandbox) -> Sandbox:
    made.restore()
    return made


@pytest.fixture(scope="module")
def results(made: Sandbox) -> Results:
    made.restore()
    return bench.load(made.small)


def wrong(box: Sandbox, ended: Outcome) -> list[str]:
    return complaints(ended, list(box.allowed(ended.words)), box.root)


def test_a_command_line_ends_in_an_answer_or_in_one_sentence(box: Sandbox, line: int) -> None:
    ended = box.call(command(Random(line)))
    assert wrong(box, ended) == []


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.slow
def test_a_process_of_its_own_ends_as_a_call_does(box: Sandbox, seed: int) -> None:
    words = command(Random(seed))
    called = box.call(words)
    box.restore()
    process = subprocess.run(
        [sys.executable, "-m", "bench", *words], cwd=box.here, capture_output=True, timeout=60
    )
    assert process.returncode == called.code
    assert process.stderr.decode() == called.err


def text_of(seed: int) -> bytes:
    """The text of a study that is almost one of bench's own."""
    rng = Random(seed)
    text = rng.choice(STUDIES)
    if rng.random() < 0.4:
        return garbled(rng, text)
    return as_toml(mutated(rng, tomllib.loads(text.decode()))).encode()


def checked(path: Path) -> Study:
    """A study with all that is checked before a run works."""
    study = load(path)
    check_figures(study)
    check_work(study)
    chosen = narrow(study, timing=False)
    check(chosen)
    work_of(chosen)
    return study


def tried(function: Callable[[], Found]) -> tuple[Found | None, list[str]]:
    """What a function gives, in time; or nothing, and what is wrong with how it refused."""
    try:
        with limited():
            return function(), []
    except InputError as refused:
        return None, of_a_refusal(f"bench: {refused}")


def test_a_study_is_read_as_it_is_written_or_refused_in_one_sentence(
    study: int, results: Results, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(text_of(study))
    found, wrongly = tried(lambda: checked(path))
    assert wrongly == []
    if found is not None:
        assert list(misread(tomllib.loads(path.read_text(encoding="utf-8")), found)) == []
        judge(found.claims, results)  # what is accepted can be computed


def test_a_results_folder_is_what_was_written_or_refused_in_one_sentence(
    box: Sandbox, results: Results, folder: int
) -> None:
    what, refused_for_certain = damaged(Random(folder), box.small)
    found, wrongly = tried(lambda: bench.load(box.small))
    assert wrongly == [], what
    if found is not None:
        assert not refused_for_certain, what
        assert "signed" in what or same_meaning(results, found), what
    for words in ASKED:
        ended = box.call(words)
        assert wrong(box, ended) == [], what
        assert ended.code == 2 or found is not None, what
