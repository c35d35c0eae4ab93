"""The journal of a run: its finished items on disk until the run is complete.

It lies beside the place of the results, so that what is there stays readable meanwhile. A part is
one item, whole or absent: a Parquet file with a row for each piece of it, the name of its table and
its rows, packed as they will be in the end (`packing`), or, where they are few, a stream of Arrow.
Parts of other versions, or of another processor, lie apart and are not taken up.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from bench.registry import InputError
from bench.results.packing import Bundle, Packed, Rows, gathered
from bench.results.places import NotWritten, sync
from bench.results.record import Failure, Machine, Part
from bench.tables import Table

IDENTITY = "run.versions.json"  # what the parts beside it depend on besides their items
ENTRY = b"bench"  # the key of an item's entry in the metadata of its part
PACKED = pa.field("packed", pa.int64())  # the number of rows where they are; null for a stream
SCHEMA = pa.schema([("table", pa.string()), PACKED, ("rows", pa.large_binary())])
OPTIONS = {"compression": "none", "use_dictionary": False, "write_statistics": False}


class Entry(Part):
    """How an item ended: on which machine, and why it has no numbers where it failed.

    It `hung` where it was ended because it gave no sign of life.
    """

    machine: Machine
    failure: Failure | None = None
    hung: bool = False


class Journal:
    """Finished items by key, in a folder; without one only their entries are known.

    Several processes may write into one folder, each its own items.
    """

    def __init__(self, folder: Path | None, tables: Mapping[str, Table]) -> None:
        self.folder = folder
        self.entries: dict[str, Entry] = {}
        self._tables = tables

    def take_up(self) -> None:
        """Learn what is finished from the folder; what was not, and is no part, is removed."""
        for path in () if self.folder is None else sorted(self.folder.iterdir()):
            if path.suffix == ".parquet":
                try:
                    self.learn(path.stem)
                except (OSError, ValueError, KeyError, pa.ArrowException):
                    path.unlink()
            elif path.name != IDENTITY:
                path.unlink()

    def learn(self, key: str) -> None:
        """Learn of an item that another process has written."""
        with self._path(key).open("rb") as file:
            metadata = pq.read_metadata(file).metadata
        self.entries[key] = Entry.model_validate_json(metadata[ENTRY])

    def recording(self, key: str, pieces: Iterable[Bundle], entry: Entry) -> Iterator[Bundle]:
        """The pieces, packed; once all are taken the item is on disk, or InputError raised."""
        if self.folder is None:
            yield from pieces
        else:
            path = self._path(key)
            beside = path.with_name(f"{key}.{os.getpid()}")
            try:
                with _told(path):
                    file = beside.open("wb")
                yield from _written(file, gathered(pieces), entry)
                with _told(path):
                    beside.replace(path)
                    sync(path.parent)
            finally:
                beside.unlink(missing_ok=True)
        self.entries[key] = entry

    def copying(self, key: str, content: Iterable[bytes]) -> None:
        """Take the part of an item that a journal elsewhere holds, as it comes."""
        path = self._path(key)
        beside = path.with_name(f"{key}.{os.getpid()}")
        try:
            with _told(path), beside.open("wb") as file:
                for each in content:
                    file.write(each)
                file.flush()
                os.fsync(file.fileno())
            with _told(path):
                beside.replace(path)
                sync(path.parent)
        finally:
            beside.unlink(missing_ok=True)
        self.learn(key)

    def read(self, key: str) -> Iterator[Bundle]:
        """The pieces of a finished item; where its part is damaged it goes, and InputError."""
        path = self._path(key)
        try:
            with (
                path.open("rb") as file,
                pq.ParquetFile(file, page_checksum_verification=True) as part,
            ):
                for group in range(part.num_row_groups):
                    for row in part.read_row_group(group).to_batches():
                        for name, count, rows in zip(*row.columns, strict=True):
                            yield self._tables[name.as_py()], _opened(count.as_py(), rows)
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            reason = str(error).partition("\n")[0]
            path.unlink(missing_ok=True)
            raise InputError(
                f"{path} could not be read and is removed: {reason}; `bench run` again takes up "
                "all others"
            ) from None

    def _path(self, key: str) -> Path:
        assert self.folder is not None
        return part_of(self.folder, key)


def part_of(folder: Path, key: str) -> Path:
    """Where a journal has the part of an item."""
    return folder / f"{key}.parquet"


def _opened(count: int | None, rows: pa.LargeBinaryScalar) -> Rows:
    if count is not None:
        return Packed(count, rows.as_py())
    with pa.ipc.open_stream(rows.as_buffer()) as stream:
        return stream.read_all()


def _closed(rows: Rows) -> tuple[int | None, bytes]:
    if isinstance(rows, Packed):
        return rows.count, rows.content
    content = pa.BufferOutputStream()
    with pa.ipc.new_stream(content, rows.schema, options=SHORT) as stream:
        stream.write_table(rows)
    return None, content.getvalue().to_pybytes()


SHORT = pa.ipc.IpcWriteOptions(compression="lz4")


def _written(file: BinaryIO, pieces: Iterable[Bundle], entry: Entry) -> Iterator[Bundle]:
    """The pieces as they come, each written before it is given on; at the end all are on disk."""
    path = Path(file.name)
    with _closing(path, file), _closing(path, _writer(file)) as part:
        for table, rows in pieces:
            count, content = _closed(rows)
            columns = [[table.name], [count], [content]]
            with _told(path):
                part.write_table(pa.table(columns, schema=SCHEMA))
            yield table, rows
        with _told(path):
            part.add_key_value_metadata({ENTRY: entry.model_dump_json()})
            part.close()
            file.flush()
            os.fsync(file.fileno())


def _writer(file: BinaryIO) -> pq.ParquetWriter:
    return pq.ParquetWriter(file, SCHEMA, write_page_checksum=True, **OPTIONS)


@contextmanager
def _closing(path: Path, thing: Any) -> Iterator[Any]:
    """Close something at the end; what that meets after a mistake is none of its own."""
    try:
        yield thing
    except BaseException:
        with suppress(OSError, ValueError):
            thing.close()
        raise
    with _told(path):
        thing.close()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What a disk refuses, as a sentence."""
    try:
        yield
    except OSError as error:
        raise NotWritten(refused(path.parent, error)) from error


def refused(place: Path, error: OSError) -> str:
    """Why a run cannot write, and what becomes of what it has done."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    return f"cannot write to {place}: {reason}; {KEPT}"


KEPT = "earlier results are untouched, and `bench run` again takes up what is finished"


def key_of(experiment: str, item: object) -> str:
    """A name for what an item computes, the same in every process: its `repr` is."""
    return sha256(f"{experiment} {item!r}".encode(errors="backslashreplace")).hexdigest()[:32]
