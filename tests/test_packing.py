"""Rows packed by whoever computed them, and files joined of what is packed, unread."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.results import known_tables
from bench.results.folder import Writer
from bench.results.packing import FEW, GROUP, Heap, Joined, Packed, gathered, unpacked
from bench.results.thrift import decoded, encoded
from bench.tables import Table

ACCURACY = known_tables()["accuracy"]


def rows_of(count: int, scheme: str = "central", *, first: int = 0) -> pa.Table:
    """So many rows that are all different, of one scheme."""
    numbers = np.arange(first, first + count, dtype=np.float64)
    texts = {name: "a" for name, each in ACCURACY.columns.items() if each.kind == "text"}
    others = {n: numbers for n, each in ACCURACY.columns.items() if each.kind != "text"}
    return ACCURACY.of_columns({**texts, **others, "scheme": scheme})


def joined(*bundles: pa.Table | Packed) -> bytes:
    file = io.BytesIO()
    whole = Joined(ACCURACY, file)
    for each in bundles:
        whole.append(each)
    whole.close()
    return file.getvalue()


def packed(rows: pa.Table) -> Packed:
    heap = Heap(ACCURACY)
    heap.add(rows)
    return heap.packed()


def test_the_footers_of_all_tables_are_read_and_written_to_the_same_bytes() -> None:
    for table in known_tables().values():
        content = io.BytesIO()
        pq.write_table(table.schema.empty_table(), content)
        whole = content.getvalue()
        footer = whole[-8 - int.from_bytes(whole[-8:-4], "little") : -8]
        assert encoded(decoded(footer)) == footer


@given(
    st.dictionaries(
        st.integers(1, 40),
        st.one_of(
            st.tuples(st.just(6), st.integers(-(2**63), 2**63 - 1)),
            st.tuples(st.just(8), st.binary(max_size=300)),
            st.tuples(st.just(3), st.integers(0, 255)),
            st.tuples(st.just(7), st.binary(min_size=8, max_size=8)),
            st.booleans().map(lambda yes: (1 if yes else 2, yes)),
            st.lists(st.integers(-9, 9), max_size=20).map(lambda all: (9, (5, all))),
            st.lists(st.integers(0, 1), max_size=20).map(lambda all: (9, (1, all))),
        ),
        max_size=6,
    )
)
def test_a_structure_is_read_as_it_was_written(
    fields: dict[int, tuple[int, object]],
) -> None:
    ordered = dict(sorted(fields.items()))
    nested = {1: (12, ordered), 20: (9, (12, [ordered, ordered]))}
    assert decoded(encoded(nested)) == nested


@pytest.mark.parametrize("content", [b"", b"\x16", b"\x1b\x01", b"\x18\x05ab"[:1]])
def test_what_is_no_structure_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="no structure of Thrift: "):
        decoded(content)


def test_joined_files_hold_the_rows_of_all_in_order_bit_for_bit() -> None:
    parts = [rows_of(10), rows_of(3, "forward", first=10), rows_of(7, "grad", first=13)]
    content = joined(packed(parts[0]), parts[1], packed(parts[2]))
    found = pq.read_table(io.BytesIO(content))
    assert found.schema == ACCURACY.schema
    assert found.to_pylist() == pa.concat_tables(parts).to_pylist()
    file = pq.ParquetFile(io.BytesIO(content))
    assert [file.read_row_group(i).num_rows for i in range(file.num_row_groups)] == [10, 3, 7]
    assert file.read_row_group(2, columns=["scheme"]).to_pylist() == [{"scheme": "grad"}] * 7


def test_a_joined_file_says_of_its_groups_what_one_that_is_written_at_once_says() -> None:
    parts = [rows_of(50), rows_of(20, "forward", first=50)]
    once = io.BytesIO()
    alone = pq.ParquetFile(io.BytesIO(packed(parts[0]).content))
    with pq.ParquetWriter(once, ACCURACY.schema, compression="zstd") as writer:
        for each in parts:
            writer.write_table(each)
    ours = pq.ParquetFile(io.BytesIO(joined(*map(packed, parts)))).metadata
    theirs = pq.ParquetFile(once).metadata
    assert (ours.num_rows, ours.num_row_groups) == (theirs.num_rows, theirs.num_row_groups)
    assert ours.metadata == theirs.metadata == alone.metadata.metadata
    for group in range(2):
        for column in range(ours.num_columns):
            mine, known = (each.row_group(group).column(column) for each in (ours, theirs))
            assert mine.path_in_schema == known.path_in_schema
            assert mine.num_values == known.num_values
    first, second = (ours.row_group(i) for i in range(2))
    last = first.column(ours.num_columns - 1)
    assert second.column(0).dictionary_page_offset == (
        (last.dictionary_page_offset or last.data_page_offset) + last.total_compressed_size
    )


def test_one_packed_part_alone_is_a_file_with_its_pages() -> None:
    (whole,) = [packed(rows_of(12))]
    content = joined(whole)
    size = int.from_bytes(content[-8:-4], "little")
    assert whole.content.startswith(content[: -8 - size])


def test_a_table_without_rows_is_a_file_without_rows() -> None:
    for content in (joined(), joined(rows_of(0))):
        found = pq.read_table(io.BytesIO(content))
        assert (found.num_rows, found.schema) == (0, ACCURACY.schema)


def test_many_small_parts_become_large_groups() -> None:
    content = joined(*(rows_of(1024, first=1024 * i) for i in range(130)))
    file = pq.ParquetFile(io.BytesIO(content))
    sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    assert sizes == [GROUP, GROUP, 2 * 1024]


def test_many_rows_of_an_item_are_packed_few_are_not_and_small_tables_never() -> None:
    other = known_tables()["best"]
    few = other.schema.empty_table()
    pieces: list[tuple[Table, pa.Table]] = [(ACCURACY, rows_of(GROUP - 1)), (other, few)]
    pieces += [(ACCURACY, rows_of(1)), (ACCURACY, rows_of(FEW - 1)), (other, few)]
    found = list(gathered(pieces))
    kinds = [(table.name, isinstance(rows, Packed), len(unpacked(rows))) for table, rows in found]
    assert kinds == [
        ("accuracy", True, GROUP),
        ("accuracy", False, FEW - 1),
        ("best", False, 0),
        ("best", False, 0),
    ]
    ((_, whole),) = gathered([(ACCURACY, rows_of(FEW))])
    assert isinstance(whole, Packed)
    assert list(gathered([(ACCURACY, whole)])) == [(ACCURACY, whole)]
    assert unpacked(whole).equals(rows_of(FEW))


def test_a_writer_without_a_folder_holds_what_is_packed_as_rows(tmp_path: Path) -> None:
    whole = packed(rows_of(9))
    frames = []
    for folder in (None, tmp_path):
        writer = Writer(folder)
        writer.append(ACCURACY, whole)
        writer.append(ACCURACY, rows_of(2, "forward", first=9))
        frames.append(writer.finish()["accuracy"])
        assert writer.rows == {"accuracy": 11}
    assert frames[0].astype({"scheme": str}).equals(frames[1].astype({"scheme": str}))
