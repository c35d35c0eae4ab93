"""A sandbox in which a command is tried, and what there is to complain of afterwards."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib.font_manager  # noqa: F401 - looks for fonts at home, once

import bench
from bench.cli import app

CODES = {0, 1, 2, 3, 4}
SECONDS = 10  # of this process's own time: other work on the machine is not its fault
STUCK = 60  # seconds of anybody's time
LONGEST = 600  # letters of a sentence, besides the names that are known
NAMED = ("--problem", "--scheme", "--precision", "--backend", "--probe")
PROGRESS = re.compile(r"bench: \w+ \d+/\d+")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]")

STUDY = """question = "What is fuzzed?"
problems = ["quadratic", "absolute"]
schemes = ["forward", "grad"]
precisions = ["float32"]
points = 2
steps = "-3:-1"
noise = [0, 1e-3]

[[descents]]
problem = "quadratic"
rates = { momentum = 0.01 }
schemes = ["forward"]
steps = ["best"]
iterations = 2

[[figures]]
kind = "error"

[[figures]]
kind = "error"
name = "named"
problems = ["quadratic"]

[[claims]]
says = "It is small."
measure = "value"
column = "absolute_error"
where = { scheme = "forward", precision = "float32", h = [0.5, 0.25] }
at_most = 1e3

[[claims]]
says = "The weights are these."
measure = "wrong_weights"
offsets = [0, 1]
expected = ["-1", 1]
at_most = 0
"""


@dataclass(frozen=True)
class Outcome:
    """How a command ended: its code, what it said, what it raised, the files that it touched."""

    words: Sequence[str]
    code: int
    out: str
    err: str
    raised: str
    seconds: float
    touched: frozenset[Path]

    @property
    def refusal(self) -> str:
        """What it said on standard error, its progress left out."""
        return "\n".join(each for each in self.err.split("\n") if not PROGRESS.match(each)).strip()


class Hung(BaseException):
    """Nothing was heard for too long."""


@contextlib.contextmanager
def limited(seconds: float = STUCK) -> Iterator[None]:
    """Raise Hung in the middle of what takes longer."""

    def stop(*_: object) -> None:
        raise Hung

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Sandbox:
    """A home, a current folder, and beside them what must stay as it is."""

    def __init__(self, root: Path) -> None:
        self.root, self.whole = root, root.parent / f"{root.name}.whole"
        self.here = root / "home" / "here"
        self._fill(self.whole)
        self.made = states(self.whole)

    def _fill(self, root: Path) -> None:
        here = root / "home" / "here"
        (here / "folder" / "in").mkdir(parents=True)
        (here / "folder.toml").mkdir()
        (here / "folder" / "in" / "note").write_text("mine")
        (here / "study.toml").write_text(STUDY)
        (here / "bad.toml").write_text("points = [true]")
        (here / "mine.py").write_text("'''Registers nothing.'''")
        (here / "broken.py").write_text("1 / 0")
        (here / "leaves.py").write_text("raise SystemExit(3)")
        results = here / "results"
        bench.run(here / "study.toml", out=results, name="small", figures=False)
        for name in ("broken", "whole"):
            shutil.copytree(results / "small", results / name)
        (results / "broken" / "best.csv").unlink()
        shutil.copytree(results / "small", results / "old")
        (results / "old" / "run.json").write_text('{"schema": 3}')

    @property
    def small(self) -> Path:
        """The stored results."""
        return self.here / "results" / "small"

    def restore(self) -> None:
        """Make everything as it was."""
        if not self.root.is_dir() or states(self.root) != self.made:
            shutil.rmtree(self.root, ignore_errors=True)
            shutil.copytree(self.whole, self.root)

    def call(self, words: Sequence[str]) -> Outcome:
        """Run a command line in this process, in the sandbox as it is."""
        before, start = states(self.root), time.process_time()
        out, err = (
            io.TextIOWrapper(io.BytesIO(), "utf-8", errors, write_through=True)
            for errors in ("strict", "backslashreplace")
        )
        code, raised = 0, ""
        with within(self.here), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                with limited(), arguments(words):
                    app(list(words), prog_name="bench")
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else -1
            except BaseException:
                raised = traceback.format_exc()
        seconds = time.process_time() - start
        after = states(self.root)
        touched = {p for p in before.keys() | after.keys() if before.get(p) != after.get(p)}
        said = [each.buffer.getvalue().decode("utf-8") for each in (out, err)]  # type: ignore[attr-defined]
        return Outcome(words, code, *said, raised, seconds, frozenset(touched))

    def allowed(self, words: Sequence[str]) -> Iterator[Path]:
        """The places that a command line may write to."""
        said = [*words, ""]
        outs = [said[i + 1] for i, word in enumerate(words) if word == "--out"]
        outs += [word.removeprefix("--out=") for word in words if word.startswith("--out=")]
        if words[0] == "run":
            yield from (self.here / each for each in outs or ["results"])
        elif words[0] == "report":
            yield from (self.here / word for word in (outs or words[1:]))
        elif words[0] == "figure" and not outs:
            yield from (p for p in self.here.glob("*-*.*") if p.suffix in (".svg", ".pdf", ".png"))
        else:
            yield from (self.here / each for each in outs)


@contextlib.contextmanager
def within(folder: Path) -> Iterator[None]:
    """Be in a folder, at home in the one above it."""
    home = os.environ.get("HOME", "")
    os.environ["HOME"] = str(folder.parent)
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        os.environ["HOME"] = home


@contextlib.contextmanager
def arguments(words: Sequence[str]) -> Iterator[None]:
    """The words that the process was started with."""
    before, sys.argv = sys.argv, ["bench", *words]
    try:
        yield
    finally:
        sys.argv = before


def states(root: Path) -> dict[Path, str]:
    """What each file and folder below a root is, and holds."""
    return {path.relative_to(root): _state(path) for path in sorted(root.rglob("*"))}


def _state(path: Path) -> str:
    if path.is_symlink():
        return f"link to {path.readlink()}"
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return "folder" if path.is_dir() else "other"


def complaints(outcome: Outcome, allowed: Sequence[Path], root: Path) -> list[str]:
    """What is wrong with how a command ended; nothing where all is well."""
    found = []
    if outcome.raised:
        return [f"raised {outcome.raised}"]
    if outcome.code not in CODES:
        found.append(f"exit code {outcome.code}")
    if outcome.seconds > SECONDS:
        found.append(f"took {outcome.seconds:.1f} s")
    if outcome.code in (2, 3):
        found += [f"{each}: {outcome.refusal!r}" for each in of_a_refusal(outcome.refusal)]
    if "Traceback" in outcome.err + outcome.out:
        found.append(f"told a traceback: {outcome.err}")
    helped = outcome.out.lstrip().startswith("Usage: ")
    if outcome.code == 0 and not helped and (silent := unheard(outcome.words)):
        found.append(f"{silent} has no name in it, and nothing was said")
    if CONTROL.search(outcome.out + outcome.err):
        found.append(f"control characters: {outcome.err!r}")
    places = [each.resolve() for each in allowed]
    for path in outcome.touched:
        whole = (root / path).resolve()
        if not any(whole.is_relative_to(p) or p.is_relative_to(whole) for p in places):
            found.append(f"touched {path}")
    return found


def unheard(words: Sequence[str]) -> str:
    """An option that takes names and was given none; empty where there is no such one."""
    given: dict[str, list[str]] = {}
    for word, following in zip(words, [*words[1:], ""], strict=True):
        option, equals, value = word.partition("=")
        if option in NAMED:
            given.setdefault(option, []).append(value if equals else following)
    return next((each for each, texts in given.items() if not "".join(texts).strip(" ,")), "")


def of_a_refusal(told: str) -> list[str]:
    """What is wrong with a refusal: it is one sentence that begins with the program's name."""
    if told.startswith(("Usage: ", "Error: ")):  # of what typer does not understand
        told = f"bench: {told.rpartition('Error: ')[2]}"
    found = []
    if not told.startswith("bench: "):
        found.append("no refusal")
    if "\n" in told or "\r" in told:
        found.append("not one line")
    if len(told.partition("known: ")[0]) > LONGEST:
        found.append(f"{len(told)} letters")
    return found
