"""Rows of large tables packed once, by whoever computed them, and files joined unread.

What is packed is a Parquet file of one group of rows. Such files become one by putting their pages
one after another, and a footer at the end that says where each of them lies. So what writes the
tables of a run takes hardly any time for a row, however many processes compute them, and what lies
in a journal or comes from another machine is as short as it will be in the end.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from bench.results.thrift import LIST, STRUCT, WHOLE, Structure, decoded, encoded
from bench.tables import Table

GROUP = 65_536  # rows of a table that are packed together, or more
FEW = 8_192  # rows of an item that are not worth a group of their own
MAGIC = b"PAR1"
# fields of Parquet's structures (parquet.thrift)
ROWS, GROUPS = 3, 4  # of a footer
COLUMNS, PLACE, ORDINAL = 1, 5, 7  # of a group of rows
CHUNK, PAGES = 2, 3  # of a column of a group: where it ends, what is known of its pages
PLACES = (9, 10, 11)  # of pages of data, of an index, of a dictionary


@dataclass(frozen=True)
class Packed:
    """So many rows of a table, as the content of a Parquet file."""

    count: int
    content: bytes


Rows: TypeAlias = "pa.Table | Packed"
Bundle = tuple[Table, Rows]


def unpacked(rows: Rows) -> pa.Table:
    """The rows, packed or not."""
    if isinstance(rows, Packed):
        return pq.read_table(pa.BufferReader(rows.content), use_threads=False)
    return rows


def count_of(rows: Rows) -> int:
    """How many rows."""
    return int(rows.count if isinstance(rows, Packed) else rows.num_rows)


class Heap:
    """Rows of a table that wait to be packed."""

    def __init__(self, table: Table) -> None:
        self.table, self.count = table, 0
        self.waiting: list[pa.Table] = []

    def add(self, rows: pa.Table) -> None:
        """Let rows wait, too."""
        self.waiting.append(rows)
        self.count += rows.num_rows

    def packed(self) -> Packed:
        """All that waits, as one group; then nothing does."""
        whole = pa.concat_tables(self.waiting).unify_dictionaries()
        content = io.BytesIO()
        schema = self.table.schema
        with pq.ParquetWriter(content, schema, **_options(schema)) as writer:
            writer.write_table(whole, row_group_size=max(self.count, 1))
        found = Packed(self.count, content.getvalue())
        self.waiting, self.count = [], 0
        return found


def _options(schema: pa.Schema) -> dict[str, Any]:
    """How a large table is packed: names by number, the bytes of numbers apart by their place.

    That takes half the time of a dictionary of numbers, which are hardly ever the same, and a
    quarter less room.
    """
    names = [each.name for each in schema if pa.types.is_dictionary(each.type)]
    numbers = [each.name for each in schema if pa.types.is_floating(each.type)]
    return {
        "compression": "zstd",
        "use_dictionary": names,
        "write_statistics": names,
        "column_encoding": dict.fromkeys(numbers, "BYTE_STREAM_SPLIT"),
    }


def gathered(bundles: Iterable[Bundle]) -> Iterator[Bundle]:
    """Rows of tables, those of large tables packed where they are many; the others last.

    Tables come in the order in which they began.
    """
    heaps: dict[str, Heap] = {}
    for table, rows in bundles:
        if isinstance(rows, Packed):
            yield table, rows
            continue
        heap = heaps.setdefault(table.name, Heap(table))
        heap.add(rows)
        if table.stored == "parquet" and heap.count >= GROUP:
            yield table, heap.packed()
    for heap in heaps.values():
        if heap.table.stored == "parquet" and heap.count >= FEW:
            yield heap.table, heap.packed()
        else:
            yield from ((heap.table, rows) for rows in heap.waiting)


class Joined:
    """A Parquet file that grows by packed rows of one table, and is one when it is closed."""

    def __init__(self, table: Table, file: BinaryIO) -> None:
        self._file, self._heap = file, Heap(table)
        self._footer: Structure = {}  # of the first rows
        self._groups: list[bytes] = []  # as they will stand in the footer: short
        self._count = 0
        self._end = file.write(MAGIC)

    def append(self, rows: Rows) -> None:
        """Add rows; of those that are not packed many become a group."""
        if isinstance(rows, Packed):
            self._pack()
            self._join(rows)
            return
        self._heap.add(rows)
        if self._heap.count >= GROUP:
            self._pack()

    def _pack(self) -> None:
        if self._heap.count:
            self._join(self._heap.packed())

    def _join(self, rows: Packed) -> None:
        size = int.from_bytes(rows.content[-8:-4], "little")
        pages, footer = rows.content[len(MAGIC) : -8 - size], decoded(rows.content[-8 - size : -8])
        for group in footer.pop(GROUPS)[1][1]:
            _move(group, self._end - len(MAGIC))
            self._groups.append(encoded(group))
        self._footer = self._footer or footer
        self._count += rows.count
        self._end += self._file.write(pages)

    def close(self) -> None:
        """Write what is left and the footer."""
        self._pack()
        if not self._footer:
            self._heap.add(self._heap.table.schema.empty_table())
            self._join(self._heap.packed())
        whole = self._footer | {ROWS: (WHOLE, self._count), GROUPS: (LIST, (STRUCT, self._groups))}
        footer = encoded(dict(sorted(whole.items())))
        self._file.write(footer + len(footer).to_bytes(4, "little") + MAGIC)


def _move(group: Structure, further: int) -> None:
    """Let a group of rows lie further in its file."""
    group.pop(ORDINAL, None)  # its number, which nobody needs, and which has 16 bits
    _shift(group, PLACE, further)
    for column in group[COLUMNS][1][1]:
        if column[CHUNK][1]:
            _shift(column, CHUNK, further)
        for place in PLACES:
            _shift(column[PAGES][1], place, further)


def _shift(fields: Structure, place: int, further: int) -> None:
    if place in fields:
        kind, value = fields[place]
        fields[place] = kind, value + further
