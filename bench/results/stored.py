"""Tables of a run by name: large ones stay in their files, and what is asked for is read.

The rows of a large table are read a part at a time, and only the columns that are wanted: what
looks at all rows (findings, claims, figures) takes memory for what it keeps, not for the rows.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.tables import Table
from bench.values import Flags

if TYPE_CHECKING:
    import pandas as pd

Chosen = Mapping[str, Collection[str]]  # values of columns of names
# Which rows of a part are wanted.
Keep: TypeAlias = "Callable[[pd.DataFrame], pd.Series[bool]] | None"


class Kept:
    """A file that stays open: it is this one whatever takes its place later."""

    def __init__(self, path: Path) -> None:
        self._number = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        weakref.finalize(self, os.close, self._number)

    @contextmanager
    def parquet(self) -> Iterator[pq.ParquetFile]:
        """The file as one of Parquet."""
        with os.fdopen(os.dup(self._number), "rb") as file:
            file.seek(0)
            yield pq.ParquetFile(file)


@dataclass(frozen=True)
class Stored:
    """A table in its file.

    `chosen` are the rows that are meant.
    """

    table: Table
    file: Kept
    chosen: Chosen = field(default_factory=dict)

    @staticmethod
    def opened(table: Table, folder: Path) -> Stored:
        """A table of a folder; OSError where its file cannot be opened."""
        return Stored(table, Kept(folder / table.file))

    @cached_property
    def size(self) -> int:
        """How many rows are meant."""
        if not self.chosen:
            with self.file.parquet() as parts:
                return int(parts.metadata.num_rows)
        return sum(part.num_rows for part in self.read(list(self.chosen), {}))

    def read(self, columns: Sequence[str], chosen: Chosen) -> Iterator[pa.Table]:
        """The rows that have the chosen values, part by part, in these columns."""
        both = [*self.chosen.items(), *chosen.items()]
        with self.file.parquet() as parts:
            for i in range(parts.num_row_groups):
                mine = None  # all of the part
                for name, values in both:
                    among = _is_among(parts.read_row_group(i, columns=[name]).column(0), values)
                    mine = among if mine is None else mine & among
                    if not mine.any():
                        break
                else:
                    part = parts.read_row_group(i, columns=list(columns)).select(list(columns))
                    yield part if mine is None or mine.all() else part.filter(pa.array(mine))

    def frame(self) -> pd.DataFrame:
        """All rows that are meant, in all columns."""
        parts = list(self.read(list(self.table.columns), {}))
        return self.table.frame(
            pa.concat_tables(parts) if parts else self.table.schema.empty_table()
        )


def _is_among(names: pa.ChunkedArray, values: Collection[str]) -> Flags:
    """Which names, of a dictionary, are among some values."""
    codes = names.unify_dictionaries().combine_chunks()
    known = np.array([each in values for each in codes.dictionary.to_pylist()], bool)
    found: Flags = known[codes.indices.to_numpy()]
    return found


class Tables(Mapping[str, "pd.DataFrame"]):
    """The tables of a run as frames by name; one that is stored is read when it is asked for."""

    def __init__(self, held: Mapping[str, pd.DataFrame | Stored]) -> None:
        self._held = dict(held)

    def __getitem__(self, name: str) -> pd.DataFrame:
        each = self._held[name]
        if isinstance(each, Stored):
            each = self._held[name] = each.frame()
        return each

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, name: object) -> bool:
        return name in self._held

    def __reduce__(self) -> tuple[type[Tables], tuple[dict[str, pd.DataFrame]]]:
        return Tables, (dict(self),)

    def size(self, name: str) -> int:
        """How many rows a table has."""
        each = self._held[name]
        return each.size if isinstance(each, Stored) else len(each)

    def columns(self, name: str) -> list[str]:
        """The columns of a table."""
        each = self._held[name]
        return list(each.table.columns if isinstance(each, Stored) else each.columns)

    def parts(
        self, name: str, columns: Sequence[str], **chosen: Collection[str]
    ) -> Iterator[pd.DataFrame]:
        """The rows of a table that have the chosen values, part by part, in these columns.

        One part at least, which may be empty.
        """
        each, none = self._held[name], True
        if isinstance(each, Stored):
            for part in each.read(columns, chosen):
                none = False
                yield each.table.frame(part)
            if none:
                yield each.table.frame(each.table.schema.empty_table().select(list(columns)))
            return
        for column, values in chosen.items():
            each = each[each[column].isin(list(values))]
        yield each[list(columns)]

    def cut(self, chosen: Chosen) -> Tables:
        """The rows that have the chosen values, of tables that have such a column."""
        return Tables(dict(self._cut(chosen)))

    def _cut(self, chosen: Chosen) -> Iterator[tuple[str, pd.DataFrame | Stored]]:
        for name, each in self._held.items():
            known = self.columns(name)
            mine = {column: values for column, values in chosen.items() if column in known}
            if isinstance(each, Stored):
                yield name, replace(each, chosen=_both(each.chosen, mine))
                continue
            for column, values in mine.items():
                each = each[each[column].isin(list(values))]
            yield name, each


def _both(one: Chosen, other: Chosen) -> Chosen:
    """What is chosen by both of two."""
    names = {*one, *other}
    return {
        name: {
            each
            for each in one.get(name, other.get(name, ()))
            if each in other.get(name, one.get(name, ()))
        }
        for name in names
    }


def together(parts: Iterable[pd.DataFrame], keep: Keep = None) -> pd.DataFrame:
    """Parts of a table, one at least, as one frame; of each the rows that `keep` says."""
    import pandas as pd
    from pandas.api.types import union_categoricals

    found = [part if keep is None else part[keep(part)] for part in parts]
    names = [name for name in found[0] if isinstance(found[0][name].dtype, pd.CategoricalDtype)]
    whole = pd.concat([part.drop(columns=names) for part in found])
    joined = {name: union_categoricals([part[name] for part in found]) for name in names}
    return whole.assign(**joined)[list(found[0])].reset_index(drop=True)
