"""A process that draws figures: started early, because its imports take seconds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.registry import InputError

REFUSED = 2  # the exit code of the drawing process for an InputError


@contextmanager
def illustrator() -> Iterator[Callable[[Path], None]]:
    """Start a process that draws; call what is given with a complete folder of tables.

    The call returns when all figures are drawn. Raises InputError where the folder cannot be
    written, RuntimeError, with the process's last words, where it fails.
    """
    paths = [str(Path(__file__).parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    worker = subprocess.Popen(
        [sys.executable, "-m", "bench.figures"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        start_new_session=True,  # Ctrl-C is for the run, which then ends this process
    )

    def draw(folder: Path) -> None:
        words = worker.communicate(f"{folder}\n")[1].strip()
        if worker.returncode == REFUSED:
            raise InputError(words)
        if worker.returncode:
            raise RuntimeError(f"drawing figures failed:\n{words}")

    try:
        with worker:
            try:
                yield draw
            finally:
                worker.kill()
    except BrokenPipeError:
        raise RuntimeError("the process that draws figures ended before it was asked") from None
