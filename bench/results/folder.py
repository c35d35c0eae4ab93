"""The results folder: written beside its place and moved there only when complete."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from bench.harmless import csv_of
from bench.registry import InputError
from bench.results.journal import refused
from bench.results.packing import Joined, Rows, count_of, unpacked
from bench.results.places import NotWritten, new_folder, real, restore, swap, sweep, write_file
from bench.results.record import Record
from bench.results.stored import Stored, Tables
from bench.study import Figure
from bench.tables import Table, digest_of

if TYPE_CHECKING:
    import pandas as pd

RECORD = "run.json"
FIGURES = "figures"
PAGE = "report.html"
ENDINGS = ("svg", "png", "pdf")  # of the files of a figure
NO_RECORD = (OSError, ValueError, RecursionError, LookupError, TypeError, AttributeError)


class Writer:
    """Takes the rows of tables as they come; with a folder, large ones go there at once.

    A table is complete or absent: nobody reads the folder yet.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._tables: dict[str, Table] = {}
        self._held: dict[str, list[pa.Table]] = {}
        self._open: dict[str, Joined] = {}
        self._files = ExitStack()
        self.rows: dict[str, int] = {}
        self.digests: dict[str, str] = {}

    def append(self, table: Table, rows: Rows) -> None:
        """Add rows to a table, packed or not."""
        self._tables[table.name] = table
        self.rows[table.name] = self.rows.get(table.name, 0) + count_of(rows)
        if self.folder is None or table.stored != "parquet":
            self._held.setdefault(table.name, []).append(unpacked(rows))
            return
        if table.name not in self._open:
            # opened here: to pyarrow some names of folders are places elsewhere
            file = self._files.enter_context((self.folder / table.file).open("wb"))
            self._open[table.name] = Joined(table, file)
        self._open[table.name].append(rows)

    def finish(self) -> Tables:
        """Write what is left; the tables, each number as it is stored, large ones in files."""
        found: dict[str, pd.DataFrame | Stored] = {}
        for name, rows in self._held.items():
            table = self._tables[name]
            found[name] = frame = table.frame(pa.concat_tables(rows))
            if self.folder is not None:
                write_file(self.folder / table.file, csv_of(frame).encode())
        for each in self._open.values():
            each.close()
        self._files.close()
        if self.folder is not None:
            files = {name: self.folder / table.file for name, table in self._tables.items()}
            self.digests = {name: digest_of(path) for name, path in files.items()}
            found |= {name: Stored.opened(self._tables[name], self.folder) for name in self._open}
        return Tables({name: found[name] for name in self._tables})

    def describe(self, record: Record) -> None:
        """Write the record, in one move: a process that draws may be reading it."""
        assert self.folder is not None
        write_file(self.folder / RECORD, record.to_json().encode())

    def close(self) -> None:
        """Let go of open files; harmless after `finish`."""
        with suppress(OSError, ValueError):  # a full disk refuses what was not written yet, too
            self._files.close()


@contextmanager
def replacing(folder: Path) -> Iterator[Writer]:
    """A writer whose files take the folder's place when the block ends without an exception.

    Until then, and after an exception or a kill, the folder holds what it held before; where it
    is a link, that stays. Files that are not of bench (a note of the user's) are carried over.
    Raises InputError where the place is taken by something else or cannot be written.
    """
    try:
        restore(folder)
        taken = folder.exists() and not (folder / RECORD).is_file() and not _is_empty(folder)
        if taken:
            raise InputError(
                f"{folder} is there and is not a results folder: it has no run.json; "
                "move it, or choose another place with --out"
            )
        place = real(folder)
        beside = new_folder(place.parent)
    except OSError as error:
        raise InputError(f"cannot write to {folder.parent}: {error.strerror}") from None
    writer = None
    try:
        writer = Writer(beside)
        yield writer
        _carry_over(place, beside)
        swap(place, beside)
    except OSError as error:
        raise InputError(refused(folder, error)) from None
    except NotWritten as error:
        if not isinstance(error.__cause__, OSError):
            raise
        raise InputError(refused(folder, error.__cause__)) from None
    finally:
        if writer is not None:
            writer.close()
        shutil.rmtree(beside, ignore_errors=True)


@contextmanager
def replacing_figures(folder: Path, figures: Sequence[Figure]) -> Iterator[Path]:
    """A new folder of these figures that replaces the old one when the block ends without error.

    Files in the old one that are none of these stay.
    """
    try:
        place = real(folder / FIGURES)
        restore(place)
        beside = new_folder(place.parent)
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}") from None
    try:
        yield beside
        if place.is_dir():
            _carry(place, beside, files_of(figures))
        swap(place, beside)
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _carry_over(folder: Path, beside: Path) -> None:
    """What is in the old folder and not of its run, in the new one, too."""
    if not folder.is_dir():
        return
    sweep(folder)
    figures = folder / FIGURES
    restore(figures)
    own = {RECORD, *_stored(folder)} | ({PAGE} if is_ours(folder / PAGE) else set())
    drawn = figures.is_dir() and not figures.is_symlink()
    _carry(folder, beside, own | ({FIGURES} if drawn else set()))
    if drawn:
        (beside / FIGURES).mkdir(exist_ok=True)
        _carry(figures, beside / FIGURES, {n for n in _drawn(folder) if is_ours(figures / n)})
        with suppress(OSError):  # it holds something
            (beside / FIGURES).rmdir()


def is_ours(path: Path) -> bool:
    """Whether a page or a figure says of itself that bench made it."""
    try:
        return path.suffix in MARKS and MARKS[path.suffix] in path.read_bytes()
    except OSError:
        return False


MARKS = {
    ".html": b'<meta name="generator" content="bench">',
    ".svg": b"<dc:title>bench</dc:title>",
    ".png": b"Software\0bench",
    ".pdf": b"/Creator (bench)",
}


def _stored(folder: Path) -> set[str]:
    """The files of tables that the run of a folder wrote; all that it may have, if none says."""
    from bench.results import known_tables

    known = {name: table.file for name, table in known_tables().items()}
    try:
        return {known.get(name, f"{name}.csv") for name in _record(folder)["rows"]}
    except NO_RECORD:
        return set(known.values())


def _drawn(folder: Path) -> set[str]:
    """The files of figures that the run of a folder drew; all that it may have, if none says."""
    try:
        drawn = _record(folder)["study"]["figures"]
        return files_of([Figure.model_construct(**each) for each in drawn])
    except NO_RECORD:
        every = (folder / FIGURES).iterdir()
        return {path.name for path in every if path.suffix.lstrip(".") in ENDINGS}


def files_of(figures: Sequence[Figure]) -> set[str]:
    """The files that figures of a study are drawn into."""
    return {f"{each.file}.{ending}" for each in figures for ending in ENDINGS}


def _record(folder: Path) -> Any:
    """The record of a folder as it stands there, of whichever version."""
    return json.loads((folder / RECORD).read_text(encoding="utf-8"))


def _carry(folder: Path, into: Path, own: set[str]) -> None:
    """Put what is in a folder, but for names of our own, into another; nothing there is lost."""
    for path in folder.iterdir():
        if path.name in own:
            continue
        target = into / path.name
        while os.path.lexists(target):
            target = target.with_name(f"{target.name}.kept")
        if path.is_dir() and not path.is_symlink():
            shutil.copytree(path, target, symlinks=True, copy_function=_linked)
        else:
            _linked(path, target)


def _linked(path: str | Path, target: str | Path) -> None:
    """The same file under another name, whatever it is; a copy where a disk has no such names."""
    try:
        os.link(path, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(path, target, follow_symlinks=False)
