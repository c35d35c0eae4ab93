"""Items with code of the user's: done in a process with a budget, where it ends no more than them.

A function that raises, exits, dies, hangs or takes all memory ends its own item; the rest runs on.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from dataclasses import astuple, dataclass, field, is_dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bench.experiments import Tell, experiments
from bench.processes import Died, Process, told
from bench.registry import InputError, doors, outside
from bench.values import Value

if TYPE_CHECKING:
    import pyarrow as pa


class ItemFailed(Exception):
    """Why an item with code of the user's has no rows; `cause` where it was not even tried."""

    def __init__(self, cause: str, *, tried: bool = True) -> None:
        self.cause = cause
        super().__init__(cause if tried else f"not tried: before, {cause}")


@dataclass
class Guard:
    """A process for items with code of the user's: seconds without a sign of life, and GiB.

    What has taken too long once is not tried again.
    """

    seconds: float
    gib: float
    _process: Process = field(default_factory=lambda: Process("items"))
    _given_up: dict[frozenset[str], str] = field(default_factory=dict)

    def try_file(self, path: Path) -> None:
        """Open a file of the user's in the process; InputError where it ends that, or hangs."""
        try:
            self._process.call(doors.open_files, [str(path)], patience=self.seconds)
        except Died as death:
            raise InputError(self._told(death, f"file {path}", path)) from None

    def rows(self, experiment: str, item: Value, tell: Tell) -> list[tuple[str, pa.Table]]:
        """The rows of an item, by table, done in the process; ItemFailed where it ends early."""
        names = frozenset(brought_by(experiment, item))
        if names in self._given_up:
            raise ItemFailed(self._given_up[names], tried=False)
        try:
            self._process.call(ready, self.gib)  # imports are not the user's
            return self._process.call(
                rows_here,
                experiment,
                item,
                tell=lambda step: tell(*step),
                patience=self.seconds,
            )
        except InputError as error:
            hint = " (--item-gib allows more)" if "MemoryError" in str(error) else ""
            raise ItemFailed(f"{error}{hint}") from None
        except Died as death:
            reason = self._told(death, _beginning(experiment, item))
            if death.overran:
                self._given_up[names] = reason
            raise ItemFailed(reason) from None

    def _told(self, death: Died, beginning: str, also: Path | None = None) -> str:
        """What became of the process, and at which line of the user's."""
        at = doors.line_in(death.stack, also) or beginning
        if death.overran:
            return f"it took more than {self.seconds:g} s at {at} (--item-seconds allows more)"
        if "MemoryError" in death.stack or "bad_alloc" in death.stack:
            return f"it took more than {self.gib:g} GiB at {at} (--item-gib allows more)"
        ended = f"exit code {death.code}"
        if death.code < 0:
            ended = f"signal {-death.code} ({signal.Signals(-death.code).name})"
        return f"its process ended with {ended} at {at}"

    def stop(self) -> None:
        """End the process, if there is one."""
        self._process.stop()


def brought_by(experiment: str, item: Value) -> dict[str, object]:
    """What came through a door and is named in an item of an experiment, or is that, by name."""
    values = astuple(item) if is_dataclass(item) and not isinstance(item, type) else ()
    return outside({experiment, *_words(values)})


def _words(values: Value) -> Iterator[str]:
    for each in values:
        if isinstance(each, str):
            yield each
        elif isinstance(each, tuple):
            yield from _words(each)


def _beginning(experiment: str, item: Value) -> str:
    """What of the user's an item names, and where it begins: for want of the line that failed."""
    brought = brought_by(experiment, item)
    for name, thing in brought.items():
        code = getattr(getattr(thing, "formula", None), "__code__", None)
        if code is not None:
            return f"{name}, which begins at {code.co_filename}, line {code.co_firstlineno}"
    return ", ".join(brought)


def rows_here(experiment: str, item: Value) -> list[tuple[str, pa.Table]]:
    """All rows of an item, done in this process; InputError says what failed.

    A mistake is the user's here: no other code than theirs is new.
    """
    known = experiments[experiment]
    try:
        ahead = known.ahead(item) if known.ahead else None
        return [
            (table.name, rows) for table, rows in known.rows(item, ahead, lambda *step: told(step))
        ]
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        said = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise InputError(
            doors.told_of(error) or f"{_beginning(experiment, item)}: {said}"
        ) from error


@cache
def ready(gib: float) -> None:
    """Import what work needs, and give this process no more memory for data than this.

    Only Linux holds a process to that.
    """
    list(experiments)
    if sys.platform == "win32":
        return
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = int(gib * 2**30)
    if most != resource.RLIM_INFINITY:
        wanted = min(wanted, most)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, most))
