"""Processes that draw figures: started early, because their imports take seconds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.registry import InputError

REFUSED = 2  # the exit code of a drawing process for an InputError


@contextmanager
def illustrators(count: int) -> Iterator[Callable[[Path], None]]:
    """Start processes that draw; call what is given with a complete folder of tables.

    The call returns when all figures are drawn. Raises InputError where the folder cannot be
    written, RuntimeError, with its last words, where a process fails.
    """
    beside = str(Path(__file__).parent.parent)
    paths = [beside, *filter(None, [os.environ.get("PYTHONPATH")])]
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.figures", str(part), str(count)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,  # Ctrl-C is for the run, which then ends its processes
        )
        for part in range(count)
    ]

    def draw(folder: Path) -> None:
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write(f"{folder}\n")
            worker.stdin.close()
        for worker in workers:
            assert worker.stderr is not None
            words = worker.stderr.read().strip()
            code = worker.wait()
            if code == REFUSED:
                raise InputError(words)
            if code:
                raise RuntimeError(f"drawing figures failed:\n{words}")

    try:
        yield draw
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
            for stream in (worker.stdin, worker.stderr):
                if stream is not None and not stream.closed:
                    stream.close()
