"""Tables: what a row means, field by field, and everything that follows from it.

A row is a dataclass; each field carries its meaning, once. Columns, types on disk, reading with
its checks, the lists of columns and what a comparison or a claim may ask follow from it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from bench.harmless import text_of
from bench.registry import InputError, definition
from bench.tables.columns import Column as Column
from bench.tables.columns import Means as Means
from bench.tables.columns import column_of
from bench.tables.columns import key as key
from bench.values import Array, Value

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from bench.tables.sheets import Cell

Row = Mapping[str, Value]
Written = Callable[[Row], "Cell"]


@dataclass(frozen=True)
class Compared:
    """A column that two runs are compared by: smaller is better.

    `bars` are columns of relative error bars, `low` and `high` of quartiles, if it has any: with
    bars a difference is claimed only where it stands out of both runs' noise, on one machine.
    `lost` is a column of which a loss is told besides, larger being better (digits). `beside` are
    columns that are told with it, as they are in both runs.
    """

    column: str
    means: str
    low: str = ""
    high: str = ""
    bars: tuple[str, ...] = ()
    lost: str = ""
    beside: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns of a table that comparing this one takes."""
        names = (self.column, self.lost, *self.beside, self.low, self.high, *self.bars)
        return tuple(name for name in names if name)


@dataclass(frozen=True)
class Derived:
    """A column that follows from a table's own, for claims: what it means, and how it follows."""

    means: str
    of: Callable[[pd.DataFrame], pd.Series[float]]


@dataclass(frozen=True)
class Table:
    """A table of a run: its rows, how it is stored, and what may be asked of it.

    `row` is a dataclass of fields `Annotated[type, Means(..)]`. `exact` is a column whose bits
    two runs are compared by, `reference` one that must not differ between them. `noun` is what a
    row is called, `within` the table that has one row for each curve of this one. `gates` gives
    short names to what a comparison is judged by: a column of `compared`, one that is `lost`,
    `bitwise`, `ok_lost`, .. or `missing` (the rows that only the old run has).
    `printed(tables)` gives the headings and cells for a paper, `about` says how they are to be
    read; without it every column is printed. `shown(rows)` are the rows that a paper prints, where
    they are not all.
    """

    name: str
    row: type
    stored: Literal["parquet", "csv"] = "csv"
    compared: tuple[Compared, ...] = ()
    exact: str = ""
    reference: str = ""
    noun: str = ""
    within: str = ""
    gates: Mapping[str, str] = field(default_factory=dict)
    derived: Mapping[str, Derived] = field(default_factory=dict)
    printed: Callable[[Mapping[str, pd.DataFrame]], Mapping[str, Written]] | None = None
    shown: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    about: str = ""

    @property
    def summary(self) -> str:
        """What the table holds, in one line."""
        return definition(self.row)

    @property
    def one(self) -> str:
        """What a row is called."""
        return self.noun or f"row of {self.name}"

    @property
    def many(self) -> str:
        """What rows are called."""
        return f"{self.noun}s" if self.noun else f"rows of {self.name}"

    @property
    def file(self) -> str:
        """The name of its file in a results folder."""
        return f"{self.name}.{self.stored}"

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        """The columns by name, in order."""
        hints = typing.get_type_hints(self.row, include_extras=True)
        return {
            each.name: column_of(each.name, hints[each.name])
            for each in dataclasses.fields(self.row)
        }

    @property
    def keys(self) -> list[str]:
        """The columns that tell one row from another."""
        return [name for name, column in self.columns.items() if column.key]

    @property
    def names(self) -> list[str]:
        """The keys that are names: they tell one curve from another."""
        return [name for name in self.keys if self.columns[name].kind == "text"]

    @property
    def places(self) -> list[str]:
        """The keys that are numbers, aliases left out: where on a curve a row is."""
        columns = self.columns
        return [n for n in self.keys if columns[n].kind != "text" and not columns[n].alias]

    @cached_property
    def schema(self) -> pa.Schema:
        """The types of the columns on disk; names are stored once where rows are many."""
        import pyarrow as pa

        text = pa.dictionary(pa.int32(), pa.string()) if self.stored == "parquet" else pa.string()
        whole = {16: pa.int16(), 32: pa.int32(), 64: pa.int64()}
        kinds = {"text": lambda _: text, "number": lambda _: pa.float64()}
        kinds["whole"] = lambda column: whole[column.bits]
        return pa.schema([(n, kinds[c.kind](c)) for n, c in self.columns.items()])

    def of_columns(self, columns: Mapping[str, str | Array]) -> pa.Table:
        """Rows given as columns of one length; a text stands for as many of itself."""
        import pyarrow as pa

        size = next(len(each) for each in columns.values() if not isinstance(each, str))
        arrays = [self._array(self.columns[name], columns[name], size) for name in self.columns]
        return pa.table(arrays, schema=self.schema)

    def of_rows(self, rows: Sequence[object]) -> pa.Table:
        """Rows given one by one, as instances of the row's class."""
        import pyarrow as pa

        columns = {name: [getattr(row, name) for row in rows] for name in self.columns}
        arrays = [pa.array(columns[name], self.schema.field(name).type) for name in self.columns]
        return pa.table(arrays, schema=self.schema)

    def _array(self, column: Column, values: str | Array, size: int) -> pa.Array:
        import pyarrow as pa

        if isinstance(values, str):
            if self.stored == "csv":
                return pa.array([values] * size, pa.string())
            return pa.DictionaryArray.from_arrays(pa.array(np.zeros(size, np.int32)), [values])
        if column.kind == "text":
            if size and (values == values[0]).all():  # much faster than sorting texts
                names, codes = values[:1], np.zeros(size, np.intp)
            else:
                names, codes = np.unique(values, return_inverse=True)
            found = pa.DictionaryArray.from_arrays(codes.astype(np.int32), names.tolist())
            return found if self.stored == "parquet" else found.dictionary_decode()
        if column.gaps:
            known = ~np.isnan(values.astype(np.float64))
            whole = np.where(known, values, 0).astype(f"int{column.bits}")
            return pa.array(whole, mask=~known)
        return pa.array(values, self.schema.field(column.name).type)

    def frame(self, table: pa.Table) -> pd.DataFrame:
        """The rows as a frame: names as categories where they are many, numbers as float64."""
        frame = table.unify_dictionaries().to_pandas()
        gaps = {n: f"Int{c.bits}" for n, c in self.columns.items() if c.gaps and n in frame}
        found: pd.DataFrame = frame.astype(gaps)
        return found

    def read(
        self, folder: Path, rows: int | None = None, digest: str | None = None
    ) -> pd.DataFrame:
        """The stored table, each number exactly as it was written.

        Raises InputError, naming the file, where it is missing, damaged, lacks a column, has
        another number of rows than `rows`, a row twice, a number that cannot be, or another
        content than that of the `digest`.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = folder / self.file
        try:
            if digest is not None and digest_of(path) != digest:
                raise InputError("it was changed after it was written")
            with path.open("rb") as file:  # not by name: some names are places to pyarrow
                table = pq.read_table(file) if self.stored == "parquet" else self._read_csv(file)
            missing = [name for name in self.columns if name not in table.column_names]
            if missing:
                raise InputError(f"it lacks column {missing[0]!r}")
            found = self.frame(table.select(list(self.columns)).cast(self.schema))
            if rows is not None and len(found) != rows:
                raise InputError(f"it has {len(found)} rows, and {rows} were written")
            self._check(found)
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
            reason = str(error.args[0] if isinstance(error, KeyError) else error)
            reason = reason.partition("\n")[0]
            raise InputError(f"{path} cannot be read: {reason}") from None
        return found

    def _check(self, frame: pd.DataFrame) -> None:
        """InputError where a row is there twice, or a number is infinite that must not be."""
        if self.keys and frame.duplicated(self.keys).any():
            raise InputError("it has a row twice")
        for name, column in self.columns.items():
            if column.finite and np.isinf(frame[name]).any():
                raise InputError(f"column {name!r} holds an infinite number")

    def _read_csv(self, file: typing.BinaryIO) -> pa.Table:
        import pyarrow as pa
        import pyarrow.csv as pacsv

        types = {each.name: each.type for each in self.schema}
        # an empty text is a text, an empty number none
        options = pacsv.ConvertOptions(
            column_types=types, include_columns=list(types), strings_can_be_null=False
        )
        broken = pacsv.ParseOptions(newlines_in_values=True)
        table = pacsv.read_csv(file, parse_options=broken, convert_options=options)
        for i, column in enumerate(self.columns.values()):
            if column.kind == "text":
                texts = [text_of(each) for each in table.column(i).to_pylist()]
                table = table.set_column(i, column.name, pa.array(texts, pa.string()))
        return table


def digest_of(path: Path) -> str:
    """The SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
