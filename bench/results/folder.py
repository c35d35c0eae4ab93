"""The results folder: written beside its place and moved there only when complete."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from bench.registry import InputError
from bench.results.record import Record
from bench.tables import Table, digest_of

RECORD = "run.json"
FIGURES = "figures"
PAGE = "report.html"
GROUP = 65_536  # rows of a table that are written together


class Writer:
    """Takes the rows of tables as they come; with a folder, large ones go there at once.

    A table is complete or absent: nobody reads the folder yet.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._tables: dict[str, Table] = {}
        self._waiting: dict[str, list[pa.Table]] = {}
        self._open: dict[str, pq.ParquetWriter] = {}
        self._files = ExitStack()
        self.rows: dict[str, int] = {}
        self.digests: dict[str, str] = {}

    def append(self, table: Table, rows: pa.Table) -> None:
        """Add rows to a table; few large groups of rows are read and written fast."""
        waiting = self._waiting.setdefault(table.name, [])
        self._tables[table.name] = table
        self.rows[table.name] = self.rows.get(table.name, 0) + rows.num_rows
        waiting.append(rows)
        large = sum(each.num_rows for each in waiting) >= GROUP
        if large and self.folder is not None and table.stored == "parquet":
            self._write(table)

    def _write(self, table: Table) -> None:
        assert self.folder is not None
        if table.name not in self._open:
            # opened here: to pyarrow some names of folders are places elsewhere
            file = self._files.enter_context((self.folder / table.file).open("wb"))
            self._open[table.name] = pq.ParquetWriter(file, table.schema, compression="zstd")
        rows = pa.concat_tables(self._waiting[table.name]).unify_dictionaries()
        self._open[table.name].write_table(rows, row_group_size=GROUP)
        self._waiting[table.name] = []

    def finish(self) -> Mapping[str, pd.DataFrame]:
        """Write what is left; the tables as frames, each number as it is stored."""
        found, written = {}, []
        for name, table in self._tables.items():
            if self.folder is not None and table.stored == "parquet":
                if self._waiting[name]:
                    self._write(table)
                self._open.pop(name).close()
                written.append(name)
                continue
            found[name] = table.frame(pa.concat_tables(self._waiting[name]))
            if self.folder is not None:
                found[name].to_csv(self.folder / table.file, index=False)
        self._files.close()
        if self.folder is not None:
            files = {name: self.folder / table.file for name, table in self._tables.items()}
            self.digests = {name: digest_of(path) for name, path in files.items()}
        for name in written:
            assert self.folder is not None
            found[name] = self._tables[name].read(self.folder, self.rows[name])
        return {name: found[name] for name in self._tables}

    def describe(self, record: Record) -> None:
        """Write the record, in one move: a process that draws may be reading it."""
        assert self.folder is not None
        beside = self.folder / f".{RECORD}"
        beside.write_text(record.to_json(), encoding="utf-8")
        beside.replace(self.folder / RECORD)

    def close(self) -> None:
        """Let go of open files; harmless after `finish`."""
        for each in self._open.values():
            with suppress(OSError, ValueError):
                each.close()
        self._files.close()


@contextmanager
def replacing(folder: Path) -> Iterator[Writer]:
    """A writer whose files take the folder's place when the block ends without an exception.

    Until then, and after an exception or a kill, the folder holds what it held before. Files
    that are not of bench (a note of the user's) are carried over. Raises InputError where the
    place is taken by something else or cannot be written.
    """
    try:
        restore(folder)
        taken = folder.exists() and not (folder / RECORD).is_file() and not _is_empty(folder)
        if taken:
            raise InputError(
                f"{folder} is there and is not a results folder: it has no run.json; "
                "move it, or choose another place with --out"
            )
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.{os.getpid()}.", dir=folder.parent))
        beside.chmod(0o777 & ~_umask())
    except OSError as error:
        raise InputError(f"cannot write to {folder.parent}: {error.strerror}") from None
    writer = None
    try:
        writer = Writer(beside)
        yield writer
        _carry_over(folder, beside, {RECORD, FIGURES, PAGE})
        _swap(folder, beside)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise InputError(
            f"cannot write to {folder}: {reason}; earlier results are untouched"
        ) from None
    finally:
        if writer is not None:
            writer.close()
        shutil.rmtree(beside, ignore_errors=True)


@contextmanager
def replacing_figures(folder: Path) -> Iterator[Path]:
    """A new figures folder that replaces the old one when the block ends without exception."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{FIGURES}.{os.getpid()}.", dir=folder))
        beside.chmod(0o777 & ~_umask())
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}") from None
    try:
        yield beside
        _swap(folder / FIGURES, beside)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def write_file(path: Path, content: bytes) -> None:
    """Put content in a file's place, whole or not at all, in a folder that is made if need be.

    Raises InputError where the place cannot be written.
    """
    beside = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(beside).chmod(0o666 & ~_umask())
        Path(beside).replace(path)
    except OSError as error:
        if beside is not None:
            Path(beside).unlink(missing_ok=True)
        raise InputError(f"cannot write {path}: {error.strerror}") from None


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _old(folder: Path) -> Path:
    named = folder if folder.name else folder.absolute()  # the current folder has no name
    return named.parent / f".{named.name}.old"


def _swap(folder: Path, beside: Path) -> None:
    """Put a complete folder in place; a kill between the two moves is mended by `restore`."""
    old = _old(folder)
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    beside.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def restore(folder: Path) -> None:
    """Put back what a kill in the middle of a swap left aside."""
    if _old(folder).is_dir() and not folder.exists():
        _old(folder).rename(folder)


def _carry_over(folder: Path, beside: Path, own: set[str]) -> None:
    """Copy what is in the old folder and not of bench into the new one."""
    from bench.results import known_tables

    own = own | {table.file for table in known_tables().values()}
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name in own:
            continue
        if path.is_dir():
            shutil.copytree(path, beside / path.name, symlinks=True)
        else:
            shutil.copy2(path, beside / path.name, follow_symlinks=False)


def _sweep(folder: Path) -> None:
    """Remove what killed runs of the same study left beside the folder."""
    for left in folder.parent.glob(f".{folder.name}.*.*"):
        owner = left.name.removeprefix(f".{folder.name}.").partition(".")[0]
        if owner.isdecimal() and not _is_alive(int(owner)):
            shutil.rmtree(left, ignore_errors=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
