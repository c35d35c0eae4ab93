"""One table of two runs beside each other: its rows matched by their keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from bench.comparison.claimed import claims
from bench.comparison.matching import SIDES, counts, joined, lost, ratio, same, without
from bench.tables import Compared, Table

Frames = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Pairs:
    """One table of two runs: what became of the rows of both, and what one of them lacks.

    `both` has the keys of the rows in both, and for each column C that is compared C_old, C_new
    and C_ratio (NEW / OLD: above 1 is worse), for one that is lost C_lost (OLD - NEW); with error
    bars C_floor, the widened quartiles C_old_low .. and C_verdict; what became of the status. Where
    a table has no column to compare, `same` is whether all of a row is the same, bit for bit.

    Where bits are compared it has a row for each curve: how many `rows` of the same key both runs
    have, how many are `equal`, their share `bitwise`, by how many `ulps` the others are apart at
    most, `ok_lost`, `reference_changed`, `rows_only_old` and `rows_only_new`. A table with one row
    for each curve has these, too, and of a table T within it the largest ratio, T_worst, and where
    it is, T_worst_at.

    `only` has the keys of rows (curves, where bits are compared) of one run, with its `side`.
    `compared` are the columns that could be; `about` is the rule by which a difference is
    claimed, or why none is.
    """

    table: Table
    both: pd.DataFrame
    only: pd.DataFrame
    compared: tuple[Compared, ...] = ()
    about: str = ""


def pairs_of(table: Table, old: Frames, new: Frames, about: str, refused: bool) -> Pairs:
    """A table of two runs; `refused` where its columns with error bars are not compared."""
    only = _only(table, old, new)
    mine, other = old[table.name], new[table.name]
    if table.exact:
        return Pairs(table, counts(table, mine, other), only)
    compared = tuple(each for each in table.compared if not (refused and each.bars))
    both = _compared(table, compared, mine, other)
    return Pairs(table, both if compared or not refused else both[:0], only, compared, about)


def with_finer(pairs: Pairs, others: Iterable[Pairs]) -> Pairs:
    """The pairs of curves, with what became of them in the tables that are within this one."""
    both = pairs.both
    for each in (other for other in others if other.table.within == pairs.table.name):
        name, names, found = each.table.name, each.table.names, each.both
        if each.compared and each.table.places:
            column, place = f"{each.compared[0].column}_ratio", each.table.places[-1]
            worst = {column: f"{name}_worst", place: f"{name}_worst_at"}
            ordered = found.sort_values(column, ascending=False, kind="stable")
            found = ordered.drop_duplicates(names)[[*names, *worst]].rename(columns=worst)
        elif not each.table.exact:
            continue
        both = both.merge(found, on=names, how="left")
    return replace(pairs, both=both)


def _compared(
    table: Table, compared: Sequence[Compared], old: pd.DataFrame, new: pd.DataFrame
) -> pd.DataFrame:
    """The rows of both, as `Pairs` has them."""
    columns = {name for each in compared for name in each.columns} | {"status"}
    columns = columns if table.compared else {*table.columns}
    held = [*table.keys, *(name for name in old if name in columns and name not in table.keys)]
    both = joined(old[held], new[held], table)
    found = dict(both[table.keys])
    for each in compared:
        for name in filter(None, (each.column, each.lost, *each.beside)):
            found |= {f"{name}_{side}": both[f"{name}_{side}"] for side in SIDES}
        found[f"{each.column}_ratio"] = ratio(*(both[f"{each.column}_{side}"] for side in SIDES))
        if each.lost:
            found[f"{each.lost}_lost"] = lost(*(both[f"{each.lost}_{side}"] for side in SIDES))
        found |= claims(each, both) if each.bars else {}
    if "status" in held:
        before, after = both["status_old"].astype(str), both["status_new"].astype(str)
        words = before + " in OLD, " + after + " in NEW"
        found["status"] = status = words.where(before != after, before + " in both")
        for name in [name for name in found if name.endswith("_verdict")]:
            found[name] = found[name].where(status == "ok in both", status)
    if not table.compared:
        found["same"] = same(both, [name for name in held if name not in table.keys])
    return pd.DataFrame(found, index=both.index)


def _only(table: Table, old: Frames, new: Frames) -> pd.DataFrame:
    """The keys of the rows that one of two runs lacks; a row that is not ok is not there.

    Where bits are compared the curves, with the number of their `rows`. The rows of a curve that
    is gone as a whole are told by the table that they are within.
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
    return frame[frame["status"] == "ok"] if "status" in frame else frame
