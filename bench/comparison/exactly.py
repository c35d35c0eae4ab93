"""Rows of two runs that are equal bit for bit, counted for each curve."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.registry import InputError
from bench.tables import Table
from bench.values import Flags, Value

Integers = npt.NDArray[np.int64]
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Rows:
    """Rows by what makes them the same in another run, numbers as their bits: NaN equals NaN.

    `places` has a column for each key that is a number.
    """

    places: Integers
    exact: Integers
    reference: Integers
    ok: Flags

    @staticmethod
    def of(table: Table, frame: pd.DataFrame) -> Rows:
        """The rows of a table; without a reference, or a status, all are alike in it."""
        alike = pd.Series(0.0, index=frame.index)
        places = np.column_stack([_bits(frame[name]) for name in table.places] or [_bits(alike)])
        reference = frame[table.reference] if table.reference else alike
        ok = frame["status"] == "ok" if "status" in table.columns else alike == 0
        return Rows(places, _bits(frame[table.exact]), _bits(reference), ok.to_numpy(np.bool_))

    def at(self, positions: Positions) -> Rows:
        """The rows at some positions."""
        of = (self.places, self.exact, self.reference, self.ok)
        return Rows(*(each[positions] for each in of))


def _bits(values: pd.Series[float]) -> Integers:
    """The bits of numbers as float64; every NaN, and every number that is missing, has the same."""
    numbers = values.to_numpy(np.float64, na_value=math.nan)
    return np.where(np.isnan(numbers), math.nan, numbers).view(np.int64)


def counts(table: Table, old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Of each curve in both: its key, and the numbers that `meanings` explains."""
    found = list(_counted(table, old, new))
    return pd.DataFrame(found, columns=[*table.names, *meanings(table)])


def _counted(
    table: Table, old: pd.DataFrame, new: pd.DataFrame
) -> Iterator[tuple[str | float, ...]]:
    before, after = Rows.of(table, old), Rows.of(table, new)
    there = _curves(table, new)
    for key, positions in _curves(table, old).items():
        if key in there:
            yield *key, *_count(before.at(positions), after.at(there[key]), table)


def _curves(table: Table, rows: pd.DataFrame) -> Mapping[Value, Positions]:
    found = rows.groupby(table.names, observed=True, sort=False).indices
    return {key if isinstance(key, tuple) else (key,): each for key, each in found.items()}


def _count(old: Rows, new: Rows, table: Table) -> tuple[float, ...]:
    """The numbers of one curve."""
    before, after = (old, new) if np.array_equal(old.places, new.places) else _shared(old, new, table)
    n = len(before.ok)
    equal = int(np.count_nonzero(before.exact == after.exact))
    ok_lost = int(np.count_nonzero(before.ok & ~after.ok))
    changed = int(np.count_nonzero(before.reference != after.reference))
    return n, equal, equal / max(n, 1), ok_lost, changed, len(old.ok) - n, len(new.ok) - n


def _shared(old: Rows, new: Rows, table: Table) -> tuple[Rows, Rows]:
    """The rows of the same place in both."""
    before, after = (pd.DataFrame(rows.places).reset_index(names="at") for rows in (old, new))
    on = [name for name in before if name != "at"]
    try:
        both = before.merge(after, on=on, suffixes=("_old", "_new"), validate="one_to_one")
    except pd.errors.MergeError:
        raise InputError(f"{table.file} holds a row twice; allowed: one row for each key") from None
    return old.at(both["at_old"].to_numpy(np.intp)), new.at(both["at_new"].to_numpy(np.intp))


def meanings(table: Table) -> dict[str, str]:
    """What is counted of each curve."""
    return {
        "rows": "rows of the same key in both runs",
        "equal": f"of these, with the same {table.exact} bit for bit (NaN is NaN, -0 is not 0)",
        "bitwise": "equal / rows; 0 where the runs share no row",
        "ok_lost": "of these, rows that are ok in OLD and not in NEW",
        "reference_changed": f"of these, rows whose {table.reference or 'reference'} differs",
        "rows_only_old": "rows that this curve has in OLD only",
        "rows_only_new": "rows that this curve has in NEW only",
    }
