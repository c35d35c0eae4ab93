"""What an earlier run has finished, and whether this one may take it up.

It may where all that rows depend on besides their items is the same: versions, code, processor.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from hashlib import sha256
from pathlib import Path

import bench
from bench.registry import doors
from bench.results import known_tables
from bench.results.journal import Journal
from bench.results.journals import Identity, journal_of, scratch
from bench.results.machines import choosing, processor
from bench.results.record import Record, versions
from bench.running.hands import Where
from bench.study import Study


def journal_for(
    folder: Path | None, record: Record, where: Where, remark: Callable[[str], None], *, fresh: bool
) -> AbstractContextManager[Journal]:
    """The journal of a run: beside its folder, or for as long as it runs; none where none is due"""
    if folder is not None:
        return journal_of(
            folder, known_tables(), identity_of(record.study, record.versions), remark, fresh=fresh
        )
    return nullcontext(Journal(None, known_tables())) if where.is_here else scratch(known_tables())


def tell_of(journal: Journal, finished: int, total: int, remark: Callable[[str], None]) -> None:
    """A remark of what is taken up, or that nothing is."""
    if finished:
        remark(f"an earlier run is taken up: {finished} of {total} items (--fresh begins anew)")
    elif journal.entries:
        remark("what an earlier run has finished is not taken up: it is of other settings")


def identity_of(study: Study, libraries: Mapping[str, str]) -> Identity:
    """All that must be the same for an item that was done before to be taken up.

    `libraries` are the versions of all that the record of the run names.
    """
    budget = {"item_seconds": f"{study.item_seconds:g}", "item_gib": f"{study.item_gib:g}"}
    opened = {f"what stands beside {path}": digest([path.parent]) for path in doors.files()}
    packages = {f"package {name}": digest(places) for name, places in doors.packages().items()}
    made = {"a function": sha256(repr(doors.made()).encode()).hexdigest()} if doors.made() else {}
    return (
        software()
        | dict(libraries)
        | {"processor": processor()}
        | budget
        | opened
        | packages
        | made
    )


@cache
def software() -> dict[str, str]:
    """Versions, the code of bench, and variables: of this process, whatever the machine."""
    own = {"python": platform.python_version(), "the code of bench": digest(bench.__path__)}
    return versions() | own | choosing()


def digest(folders: Iterable[str | Path]) -> str:
    """The SHA-256 of all Python in folders: names, and what stands there."""
    found = sha256()
    for folder in map(Path, folders):
        deep = "**/*.py" if (folder / "__init__.py").exists() else "*.py"
        for path in sorted(each for each in folder.glob(deep) if each.is_file()):
            name = os.fsencode(path.relative_to(folder))
            found.update(name + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()
