"""Processes that draw figures: started early, because their imports take seconds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.registry import InputError

REFUSED = 2  # the exit code of a drawing process for an InputError
MOST = 2  # processes: each imports what it needs again


@contextmanager
def illustrators(figures: int) -> Iterator[Callable[[Path], None]]:
    """Start processes that draw so many figures; call what is given with a folder of tables.

    The call returns when all figures are drawn. Raises InputError where the folder cannot be
    written, RuntimeError, with a process's last words, where it fails.
    """
    count = max(1, min(MOST, figures, os.cpu_count() or 1))
    with ExitStack() as stack:
        started = [_started(f"{share}/{count}") for share in range(count)]
        for each in started:
            stack.enter_context(each)
            stack.callback(each.kill)

        def draw(folder: Path) -> None:
            for each in started:
                assert each.stdin is not None
                try:
                    each.stdin.write(f"{folder}\n")
                    each.stdin.flush()
                except BrokenPipeError:  # it ended before it was asked; its words say why
                    pass
            told = [each.communicate()[1].strip() for each in started]
            for each, words in zip(started, told, strict=True):
                if each.returncode == REFUSED:
                    raise InputError(words)
                if each.returncode:
                    raise RuntimeError(f"drawing figures failed:\n{words}")

        yield draw


def _started(share: str) -> subprocess.Popen[str]:
    paths = [str(Path(__file__).parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "bench.figures", share],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        start_new_session=True,  # Ctrl-C is for the run, which then ends this process
    )
