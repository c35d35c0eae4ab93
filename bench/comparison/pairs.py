"""One table of two runs beside each other: its rows matched by their keys."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.comparison import claimed, exactly
from bench.registry import InputError
from bench.tables import Compared, Table
from bench.values import Floats, Value

Frames = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Pairs:
    """One table of two runs: what became of the rows of both, and what one of them lacks.

    `both` has the keys of rows in both, and for each column C that is compared C_old, C_new and
    C_ratio; for one that is lost C_lost; for one with error bars C_floor, the widened quartiles
    C_low_old .. and C_verdict; the status where it has one. Where a table is compared bit by bit,
    it has a row for each curve instead: rows, equal, bitwise, ok_lost .. `only` has the keys of
    rows (or curves) in one run, with its `side`. `compared` are the columns that could be
    compared; `about` says by which rule a difference is claimed, or why none is.
    """

    table: Table
    both: pd.DataFrame
    only: pd.DataFrame
    compared: tuple[Compared, ...] = ()
    about: str = ""

    def moved(self) -> pd.Series[bool]:
        """Whether a row of both differs; what became of no number, or is not claimed, does not."""
        found = pd.Series(False, index=self.both.index)
        for each in self.compared:
            if each.bars:
                verdicts = self.both[f"{each.column}_verdict"].astype(str)
                found |= ~(verdicts.eq(claimed.NO_CLAIM) | verdicts.str.endswith(" in both"))
            else:
                ratios = self.both[f"{each.column}_ratio"]
                found |= ratios.notna() & (ratios != 1)
        if self.table.exact:
            found |= self.both["equal"] < self.both["rows"]
        return found


def pairs_of(table: Table, old: Frames, new: Frames, about: str, refused: bool) -> Pairs:
    """A table of two runs; `refused` where its columns with error bars are not compared."""
    only = only_in_one(table, old, new)
    mine, other = old[table.name], new[table.name]
    if table.exact:
        return Pairs(table, exactly.counts(table, mine, other), only)
    compared = tuple(each for each in table.compared if not (refused and each.bars))
    both = _both(table, compared, mine, other)
    kept = both if compared or not table.compared else both[:0]
    return Pairs(table, kept, only, compared, about)


def _both(
    table: Table, compared: Sequence[Compared], old: pd.DataFrame, new: pd.DataFrame
) -> pd.DataFrame:
    """The rows of both, as `Pairs` has them."""
    status = [name for name in ("status",) if name in table.columns]
    wanted = dict.fromkeys([*status, *(name for each in compared for name in _columns(each))])
    held = [*table.keys, *(name for name in wanted if name not in table.keys)]
    both = joined(old[held], new[held], table.keys, table.file)
    found = dict(both[table.keys])
    for each in compared:
        for name in dict.fromkeys((each.column, each.lost, *each.beside)):
            found |= {f"{name}_{side}": both[f"{name}_{side}"] for side in SIDES if name}
        before, after = both[f"{each.column}_old"], both[f"{each.column}_new"]
        found[f"{each.column}_ratio"] = ratio(before, after)
        if each.lost:
            name = each.lost
            found[f"{name}_lost"] = lost(both[f"{name}_old"], both[f"{name}_new"])
        if each.bars:
            found |= claimed.claims(each, both)
    if status:
        found["status"] = _became(both)
        fine = found["status"] == "ok in both"
        found |= {
            f"{each.column}_verdict": found[f"{each.column}_verdict"].where(fine, found["status"])
            for each in compared
            if each.bars
        }
    return pd.DataFrame(found, index=both.index)


SIDES = ("old", "new")


def _columns(each: Compared) -> list[str]:
    """The columns of a table that comparing one of them needs."""
    names = (each.column, each.lost, *each.beside, each.low, each.high, *each.bars)
    return [name for name in names if name]


def _became(both: pd.DataFrame) -> pd.Series[str]:
    """What became of the status of rows, in words."""
    old, new = both["status_old"].astype(str), both["status_new"].astype(str)
    return (old + " in OLD, " + new + " in NEW").where(old != new, old + " in both")


def ratio(old: Value, new: Value) -> Floats:
    """new / old; 1 where they are equal, inf where only old is a number, 0 where only new is."""
    before, after = _numbers(old), _numbers(new)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(before == after, 1.0, after / before)
    found = np.where(np.isnan(after) & ~np.isnan(before), math.inf, found)
    return np.where(np.isnan(before) & ~np.isnan(after), 0.0, found)


def lost(old: Value, new: Value) -> Floats:
    """old - new; 0 where they are equal, inf where only old is a number, -inf where only new is."""
    before, after = _numbers(old), _numbers(new)
    with np.errstate(invalid="ignore"):
        found = np.where(before == after, 0.0, before - after)
    found = np.where(np.isnan(after) & ~np.isnan(before), math.inf, found)
    return np.where(np.isnan(before) & ~np.isnan(after), -math.inf, found)


def _numbers(values: Value) -> Floats:
    found: Floats = pd.Series(values).to_numpy(np.float64, na_value=math.nan)
    return found


def joined(old: pd.DataFrame, new: pd.DataFrame, on: Sequence[str], what: str) -> pd.DataFrame:
    """Rows of the same key in both, in the order of old; InputError where a key is there twice."""
    try:
        return old.merge(new, on=list(on), suffixes=("_old", "_new"), validate="one_to_one")
    except pd.errors.MergeError:
        raise InputError(f"{what} holds a row twice; allowed: one row for each key") from None


def without(these: pd.DataFrame, others: pd.DataFrame, on: Sequence[str]) -> pd.DataFrame:
    """The rows whose key the others lack."""
    known = others[list(on)].drop_duplicates()
    marked = these.merge(known, on=list(on), how="left", indicator=True)
    return marked[marked["_merge"] == "left_only"].drop(columns="_merge")


def only_in_one(table: Table, old: Frames, new: Frames) -> pd.DataFrame:
    """The keys of the rows that one of two runs lacks; a row that is not ok is not there.

    Of a table that is compared bit by bit the curves, with the number of their `rows`. Rows of a
    curve that is gone as a whole are told by the table that it is `within`.
    """
    on = table.names if table.exact else table.keys
    parts = []
    for side, mine, other in (("old", old, new), ("new", new, old)):
        lacking = without(_there(table, mine), _there(table, other), on)
        if table.within and not table.exact:
            gone = without(mine[table.within], other[table.within], table.names)
            lacking = without(lacking, gone, table.names)
        parts.append(lacking.assign(side=side))
    columns = ["side", *on, *(["rows"] if table.exact else [])]
    return pd.concat([part[columns] for part in parts], ignore_index=True)


def _there(table: Table, frames: Frames) -> pd.DataFrame:
    """The rows that are ok, where they have a status; or each curve, and how many rows it has."""
    frame = frames[table.name]
    if table.exact:
        return frame.groupby(table.names, observed=True, sort=False).size().reset_index(name="rows")
    ok = frame[frame["status"] == "ok"] if "status" in frame else frame
    return ok[table.keys]


def meanings(table: Table) -> dict[str, str]:
    """What the columns of `both` mean."""
    if table.exact:
        return {name: table.columns[name].means for name in table.names} | exactly.meanings(table)
    found = {name: table.columns[name].means for name in table.keys}
    for each in table.compared:
        name = each.column
        for shown in filter(None, dict.fromkeys((name, each.lost, *each.beside))):
            found |= {f"{shown}_old": f"{table.columns[shown].means}, in OLD"}
            found |= {f"{shown}_new": "the same in NEW"}
        found[f"{name}_ratio"] = f"{each.means}, NEW / OLD: above 1 is worse; inf where NEW has none"
        if each.lost:
            found[f"{each.lost}_lost"] = f"{each.lost} in OLD - in NEW: negative where gained"
        if each.bars:
            found |= claimed.meanings(each)
    if "status" in table.columns:
        found["status"] = "what became of the status"
    return found
