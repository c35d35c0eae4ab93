"""A fresh process that times visits of cases, and what is known of it when it has ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.timing.assignment import Assignment
from bench.timing.worker import TASK

GRACE = 2.0  # a visit that lasts so many times its budget is ended from outside


class ProcessFailed(RuntimeError):
    """A process that times failed otherwise than in the middle of a visit."""


Event = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """How long, with what, and where: what every process is told."""

    budget_seconds: float
    visit_seconds: float
    modules: tuple[str, ...]
    folder: Path


@dataclass
class Ended:
    """What a process did: its journal, the visit it ended in, if any, and why."""

    events: list[Event] = field(default_factory=list)
    overran: bool = False
    code: int = 0

    @property
    def open_visit(self) -> Event | None:
        """The visit that was started and not finished."""
        last = self.events[-1] if self.events else None
        return last if last is not None and last["event"] == "started" else None

    @property
    def finished(self) -> int:
        """How many visits came to an end."""
        return sum(event["event"] != "started" for event in self.events)


def time_in_a_process(
    assignments: Sequence[Assignment],
    visits: Sequence[int],
    settings: Settings,
    name: str,
    tell: Callable[[Event], None],
) -> Ended:
    """Time the visits, each the index of an assignment, in a fresh process.

    `tell` hears of each event. Raises ProcessFailed, with the process's last words, where it
    fails otherwise than by dying in a visit.
    """
    task, journal = (settings.folder / f"{name}-{what}.jsonl" for what in ("task", "journal"))
    told = {
        "cases": [asdict(assignment) for assignment in assignments],
        "visits": list(visits),
        "modules": settings.modules,
        "budget_seconds": settings.budget_seconds,
        "journal": str(journal),
    }
    task.write_text(json.dumps(told), encoding="utf-8")
    journal.touch()
    words = settings.folder / f"{name}-words.txt"
    record = settings.folder / f"{name}.json"
    with words.open("wb") as output:
        worker = subprocess.Popen(
            _command(record, settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=settings.folder,
            env=_environment(task),
            start_new_session=True,  # Ctrl-C is for the caller, who then ends this process
        )
        with worker:
            try:
                ended = _follow(worker, journal, settings, tell)
            finally:
                worker.kill()
    if ended.finished < len(visits) and ended.open_visit is None:
        tail = words.read_text(encoding="utf-8", errors="replace").strip()[-2000:]
        lines = [line.removeprefix("E").strip() for line in tail.splitlines() if line[:2] == "E "]
        last = (lines or tail.splitlines() or ["it said nothing"])[-1]
        raise ProcessFailed(f"the process that times failed (code {ended.code}): {last}")
    return ended


def _command(record: Path, settings: Settings) -> list[str]:
    """pytest, deaf to any settings, conftest or plugins that it could find."""
    return [
        *(sys.executable, "-P", "-W", "ignore", "-m", "pytest"),
        *("--pyargs", "bench.timing.worker"),
        *("-c", os.devnull, "--rootdir", str(settings.folder), "-o", "addopts=", "--noconftest"),
        *("-p", "pytest_benchmark.plugin", "-p", "no:cacheprovider", "-p", "no:faulthandler"),
        *("-q", "--assert=plain", "--benchmark-quiet", f"--benchmark-json={record}"),
        *("--benchmark-disable-gc", "--benchmark-min-rounds=5", "--benchmark-min-time=0.00005"),
        *("--benchmark-warmup=on", "--benchmark-warmup-iterations=3"),
        f"--benchmark-max-time={settings.visit_seconds}",
    ]


def _environment(task: Path) -> dict[str, str]:
    """This process's environment without its pytest settings; the same modules are found."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    paths = [str(Path(path).absolute()) for path in sys.path]
    return kept | {
        TASK: str(task),
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "JAX_ENABLE_COMPILATION_CACHE": "false",  # compile_seconds is the time of compiling
        # this process may hold memory of the same GPU
        "XLA_PYTHON_CLIENT_PREALLOCATE": os.environ.get("XLA_PYTHON_CLIENT_PREALLOCATE", "false"),
    }


def _follow(
    worker: subprocess.Popen[bytes],
    journal: Path,
    settings: Settings,
    tell: Callable[[Event], None],
) -> Ended:
    ended = Ended()
    since = time.monotonic()
    with journal.open(encoding="utf-8") as lines:
        while True:
            code = worker.poll()
            for line in _whole_lines(lines):
                ended.events.append(json.loads(line))
                tell(ended.events[-1])
                since = time.monotonic()
            if code is not None:
                ended.code = code
                return ended
            overdue = time.monotonic() - since > GRACE * settings.budget_seconds
            if ended.open_visit is not None and overdue and not ended.overran:
                ended.overran = True
                worker.kill()
            time.sleep(0.05)


def _whole_lines(lines: Any) -> list[str]:
    """The lines written since; one that is not complete is left for later."""
    found: list[str] = []
    while True:
        at = lines.tell()
        line = lines.readline()
        if not line.endswith("\n"):
            lines.seek(at)
            return found
        found.append(line)
