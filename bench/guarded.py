"""What the process of a guard does: code of the user's runs here, after what is not theirs."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from bench.arithmetic import backends
from bench.experiments import experiments
from bench.processes import told
from bench.registry import InputError, doors
from bench.schemes import schemes
from bench.values import Value

if TYPE_CHECKING:
    import pyarrow as pa

Result = TypeVar("Result")
EXAMINATION = "bench.programs.examination"


def saying(beginning: str, function: Callable[..., Result], arguments: tuple[Value, ...]) -> Result:
    """The result of a function, called in this process; InputError says what failed, and where.

    A mistake is the user's here: no other code than theirs is new.
    """
    try:
        return function(*arguments)
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        said = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise InputError(doors.told_of(error) or f"{beginning}: {said}") from error


def imported(library: str) -> None:
    """Import a library that takes derivatives; the item says what becomes of one that fails."""
    with suppress(Exception):
        importlib.import_module(library)


def opened(names: Sequence[str]) -> None:
    """Import what backends run on: that is not the user's; the item says what becomes of one."""
    for name in names:
        with suppress(Exception):
            backends[name].namespace()


def prepared() -> None:
    """Import what looks at a function."""
    importlib.import_module(EXAMINATION)


def rows_here(experiment: str, item: Value) -> list[tuple[str, pa.Table]]:
    """All rows of an item, done in this process."""
    known = experiments[experiment]
    ahead = known.ahead(item) if known.ahead else None
    rows = known.rows(item, ahead, lambda *step: told(step))
    return [(table.name, each) for table, each in rows]


def stated(scheme: str) -> None:
    """Ask a scheme what it says of itself: its formula is run on symbols."""
    from bench.results.record import AboutScheme  # pandas is imported by who needs it

    AboutScheme.of(schemes[scheme])


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
