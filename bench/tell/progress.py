"""How far a run is: one line of fixed columns on a terminal or in a notebook, else plain lines.

A line says the phase, what is being done, how many of how many steps, and about how long the rest
takes, by what the steps before took.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.harmless import harmless

Progress = Callable[[int, int, str, str], None]
PHASE, WHAT, BAR = 10, 34, 12  # letters of the columns
SPARSE = 10.0  # seconds between two plain lines of one phase
UNSURE = 2.0  # seconds before the rest can be told


def silent(done: int, total: int, phase: str, what: str) -> None:
    """Progress that nobody hears of."""


@contextmanager
def progress() -> Iterator[Progress]:
    """Tell on standard error how far a run is, in the way that suits what stands there."""
    if in_notebook() or sys.stderr.isatty():
        with _line() as told:
            yield told
    else:
        yield _plain(time.monotonic)


def in_notebook() -> bool:
    """Whether this runs in the kernel of a notebook."""
    shell = sys.modules.get("IPython")
    running = shell.get_ipython() if shell is not None else None
    return type(running).__name__ == "ZMQInteractiveShell"


def _plain(clock: Callable[[], float]) -> Progress:
    """A line where a phase begins, and one in a while: for files and pipes."""
    started = clock()
    last = (-SPARSE, "")

    def tell(done: int, total: int, phase: str, what: str) -> None:
        nonlocal last
        now = clock() - started
        if phase != last[1] or now - last[0] >= SPARSE:
            last = (now, phase)
            words = (phase, f"{done}/{total}", what, left(now, done, total))
            print("bench:", " ".join(harmless(each) for each in words if each), file=sys.stderr)

    return tell


@contextmanager
def _line() -> Iterator[Progress]:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    started = time.monotonic()
    console = Console(stderr=True)
    first = Text(f"{'preparing':{PHASE}}")
    with Live(first, console=console, transient=True, refresh_per_second=8) as live:

        def tell(done: int, total: int, phase: str, what: str) -> None:
            live.update(Text(line(time.monotonic() - started, done, total, phase, what)))

        yield tell


def line(seconds: float, done: int, total: int, phase: str, what: str) -> str:
    """The one line, of fixed columns, 80 letters at most."""
    full = round(BAR * done / total) if total else 0
    said = harmless(what)
    said = said if len(said) <= WHAT else f"{said[: WHAT - 2]}.."
    count = f"{done}/{total}"
    bar = "━" * full + "╌" * (BAR - full)
    return f"{phase:{PHASE}}{said:{WHAT}} {bar} {count:>8} {left(seconds, done, total):>9}"


def left(seconds: float, done: int, total: int) -> str:
    """About how long the rest takes; nothing where that is not to be told."""
    if not done or done >= total or seconds < UNSURE:
        return ""
    rest = seconds * (total - done) / done
    if rest < 90:
        return f"{rest:.0f} s left"
    return f"{rest / 60:.0f} min left" if rest < 5400 else f"{rest / 3600:.0f} h left"
