"""Processes that draw figures: started early, because their imports take seconds."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from queue import SimpleQueue

from bench.figures import draw, figure_kinds, ready
from bench.processes import Died, Process
from bench.registry import InputError, doors, outside
from bench.results import Results, opened
from bench.results.folder import FIGURES
from bench.results.record import Failure
from bench.study import Study

MOST = 2  # processes: each imports what it needs again, and reads the tables
WORTH = 8  # figures, from which on half of them take longer than that


@contextmanager
def drawers(study: Study) -> Iterator[Callable[[Path], list[Failure]]]:
    """Start processes that draw a study's figures; call what is given with a folder of tables.

    The call returns when all figures are drawn, with those that code of the user's ended. It
    raises RuntimeError, with what went wrong, where drawing fails otherwise.
    """
    worth = MOST if len(study.figures) >= WORTH else 1
    count = min(worth, os.cpu_count() or 1)
    idle: SimpleQueue[Process] = SimpleQueue()
    processes = [Process(f"figures {i + 1}") for i in range(count)]
    with ThreadPoolExecutor(count) as pool:
        try:
            started = [pool.submit(each.call, ready_without_scipy) for each in processes]

            def draw_all(folder: Path) -> list[Failure]:
                for process, start in zip(processes, started, strict=True):
                    start.result()
                    idle.put(process)
                numbers = range(len(study.figures))
                found = pool.map(lambda i: _drawn(study, folder, i, idle), numbers)
                return [each for each in found if each is not None]

            yield draw_all
        finally:
            for each in processes:
                each.kill()
            pool.shutdown()
            for each in processes:
                each.stop()


def _drawn(study: Study, folder: Path, i: int, idle: SimpleQueue[Process]) -> Failure | None:
    """Draw a figure in a process that has nothing to do; why not, where it is the user's fault."""
    kind = study.figures[i].kind
    brought = kind in outside([kind])
    process = idle.get()
    try:
        process.call(draw_one, folder, i, patience=study.item_seconds if brought else math.inf)
    except InputError as error:
        return Failure(what=f"figure {study.figures[i].file}", reason=str(error))
    except Died as death:
        if not brought:
            raise
        at = doors.line_in(death.stack) or figure_kinds[kind].draw.__module__
        how = f"it took more than {study.item_seconds:g} s" if death.overran else str(death)
        return Failure(what=f"figure {study.figures[i].file}", reason=f"{how} at {at}")
    finally:
        idle.put(process)
    return None


def ready_without_scipy() -> None:
    """Import what draws, but for SciPy: it takes as long to import as all of seaborn.

    seaborn looks for its statistics, and draws what is asked of it here without them. Figures of
    the user's may import it afterwards, or have done so.
    """
    if "scipy" in sys.modules:
        return ready()
    sys.modules["scipy"] = None  # type: ignore[assignment]
    try:
        ready()
    finally:
        del sys.modules["scipy"]


def draw_one(folder: Path, i: int) -> None:
    """Draw a figure of a results folder by its number."""
    draw(_loaded(folder), folder / FIGURES, part=slice(i, i + 1))


@cache
def _loaded(folder: Path) -> Results:
    return opened(folder)
