"""Processes that draw figures: started early, because their imports take seconds."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from bench.figures import draw, ready
from bench.processes import Process
from bench.results import load
from bench.results.folder import FIGURES
from bench.study import Study

MOST = 2  # processes: each imports what it needs again


@contextmanager
def drawers(study: Study) -> Iterator[Callable[[Path], None]]:
    """Start processes that draw a study's figures; call what is given with a folder of tables.

    The call returns when all figures are drawn. Raises InputError where the folder cannot be
    written, RuntimeError, with what went wrong, where drawing fails.
    """
    count = max(1, min(MOST, len(study.figures), os.cpu_count() or 1))
    processes = [Process(f"figures {i + 1}") for i in range(count)]
    with ThreadPoolExecutor(count) as pool:
        try:
            started = [pool.submit(each.call, ready_without_scipy) for each in processes]

            def draw_all(folder: Path) -> None:
                for each in started:
                    each.result()
                jobs = [
                    pool.submit(each.call, draw_share, folder, share, count)
                    for share, each in enumerate(processes)
                ]
                for job in jobs:
                    job.result()

            yield draw_all
        finally:
            for each in processes:
                each.kill()
            pool.shutdown()
            for each in processes:
                each.stop()


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


def draw_share(folder: Path, share: int, count: int) -> None:
    """Draw every count-th figure of a results folder, from this one on."""
    draw(load(folder), folder / FIGURES, part=slice(share, None, count))
