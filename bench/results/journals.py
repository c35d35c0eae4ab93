"""Where journals lie: beside the place of the results, locked, apart by what parts depend on."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO

from bench.registry import InputError
from bench.results.journal import IDENTITY, Journal
from bench.results.places import LONGEST, make_folder, put_away, real, removed, write_file
from bench.tables import Table

LOCK = "lock"
DIGEST = 64  # letters of one, which nobody reads

Identity = Mapping[str, str]
Remark = Callable[[str], None]


@contextmanager
def journal_of(
    folder: Path, tables: Mapping[str, Table], identity: Identity, remark: Remark, *, fresh: bool
) -> Iterator[Journal]:
    """The journal of a results folder, which goes away when the block ends without an exception.

    What an earlier run has finished is known to it, unless a `fresh` one is wanted or the identity
    is another's: then a remark says so. Where another run writes the same folder, it keeps none.
    """
    try:
        root = _root(real(folder))
        lock = _locked(root)
    except OSError as error:
        raise InputError(f"cannot write to {folder.parent}: {error.strerror}") from None
    if lock is None:
        remark(f"another run is writing {folder}: nobody could take up this one")
        with scratch(tables) as journal:
            yield journal
        return
    with lock:
        if fresh:
            _empty(root)
        journal = Journal(_place(root, identity, remark), tables)
        journal.take_up()
        try:
            yield journal
        except BaseException as error:
            if not any(root.glob("*/*.parquet")):
                put_away(root)
            elif isinstance(error, KeyboardInterrupt):
                remark("`bench run` again takes up what is finished")
            raise
        put_away(root)


@contextmanager
def scratch(tables: Mapping[str, Table]) -> Iterator[Journal]:
    """A journal that nobody takes up."""
    with tempfile.TemporaryDirectory(prefix="bench.") as folder:
        yield Journal(Path(folder), tables)


def _root(folder: Path) -> Path:
    """Where the journal of a folder lies: beside it."""
    name = f".bench.journal.{folder.name}"
    if len(os.fsencode(name)) > LONGEST:
        name = f".bench.journal.{zlib.crc32(os.fsencode(folder.name)):08x}"
    return folder.parent / name


def _locked(root: Path) -> IO[str] | None:
    """The open lock of a journal, which ends with this process; None where another one has it."""
    while True:
        make_folder(root)
        try:
            lock = (root / LOCK).open("w")
        except FileNotFoundError:  # a run that ended took it away
            continue
        if sys.platform == "win32":
            return lock
        import fcntl

        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(lock.fileno()), (root / LOCK).stat()):
                return lock
        except FileNotFoundError:
            pass
        except OSError:
            lock.close()
            return None
        lock.close()


def _empty(root: Path) -> None:
    for each in root.iterdir():
        if each.name != LOCK:
            removed(each)


def _place(root: Path, identity: Identity, remark: Remark) -> Path:
    """The folder for parts of this identity; a remark tells of parts of others."""
    place = root / sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
    for other in root.iterdir():
        if other != place and any(other.glob("*.parquet")):
            remark(f"what an earlier run has finished is not taken up: {_other(other, identity)}")
    make_folder(place)
    write_file(place / IDENTITY, json.dumps(identity, indent=2).encode())
    return place


def _other(place: Path, identity: Identity) -> str:
    """How the run that left a folder differs from this one."""
    try:
        was = json.loads((place / IDENTITY).read_text(encoding="utf-8"))
        names = [name for name in {**was, **identity} if was.get(name) != identity.get(name)]
        return ", ".join(
            _changed(name, was.get(name, ""), identity.get(name, "")) for name in names
        )
    except (OSError, ValueError, AttributeError):
        return "its versions are not known"


def _changed(name: str, was: str, now: str) -> str:
    plain = len(was) < DIGEST and len(now) < DIGEST
    return f"{name} was {was or 'none'} and is {now or 'none'}" if plain else f"{name} is another"
