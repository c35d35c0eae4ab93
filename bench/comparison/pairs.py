"""One table of two runs beside each other: its rows matched by their keys."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from bench.comparison.claimed import NO_CLAIM, claims
from bench.registry import InputError
from bench.tables import Compared, Table
from bench.values import Array, Floats

Frames = Mapping[str, pd.DataFrame]
SIDES = ("old", "new")


@dataclass(frozen=True)
class Pairs:
    """One table of two runs: what became of the rows of both, and what one of them lacks.

    `both` has the keys of the rows in both, and for each column C that is compared C_old, C_new
    and C_ratio (NEW / OLD: above 1 is worse), for one that is lost C_lost (OLD - NEW); with error
    bars C_floor, the widened quartiles C_low_old .. and C_verdict; what became of the status.

    Where bits are compared it has a row for each curve: how many `rows` of the same key both runs
    have, how many are `equal`, their share `bitwise`, `ok_lost`, `reference_changed`,
    `rows_only_old` and `rows_only_new`. A table with one row for each curve has these, too, and of
    a table T within it the largest ratio, T_worst, and where it is, T_worst_at.

    `only` has the keys of rows (curves, where bits are compared) of one run, with its `side`.
    `compared` are the columns that could be; `about` is the rule by which a difference is
    claimed, or why none is.
    """

    table: Table
    both: pd.DataFrame
    only: pd.DataFrame
    compared: tuple[Compared, ...] = ()
    about: str = ""

    def moved(self) -> pd.Series[bool]:
        """Which rows of both differ; one of which nothing can be claimed does not."""
        found = pd.Series(False, index=self.both.index)
        for each in self.compared:
            if each.bars:
                verdicts = self.both[f"{each.column}_verdict"].astype(str)
                found |= ~(verdicts.eq(NO_CLAIM) | verdicts.str.endswith(" in both"))
            else:
                found |= self.both[f"{each.column}_ratio"].fillna(1) != 1
        return found | (self.both["equal"] < self.both["rows"]) if "equal" in self.both else found


def pairs_of(table: Table, old: Frames, new: Frames, about: str, refused: bool) -> Pairs:
    """A table of two runs; `refused` where its columns with error bars are not compared."""
    only = _only(table, old, new)
    mine, other = old[table.name], new[table.name]
    if table.exact:
        return Pairs(table, _counts(table, mine, other), only)
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
    held = [*table.keys, *(name for name in old if name in columns and name not in table.keys)]
    both = _joined(old[held], new[held], table)
    found = dict(both[table.keys])

    def add(name: str, change: str, of: Callable[[Floats, Floats], Floats] | None) -> None:
        before, after = (both[f"{name}_{side}"] for side in SIDES)
        found.update({f"{name}_old": before, f"{name}_new": after})
        if of is not None:
            found[f"{name}_{change}"] = of(_numbers(before), _numbers(after))

    for each in compared:
        add(each.column, "ratio", ratio)
        if each.lost:
            add(each.lost, "lost", lost)
        for name in each.beside:
            add(name, "", None)
        found |= claims(each, both) if each.bars else {}
    if "status" in held:
        before, after = both["status_old"].astype(str), both["status_new"].astype(str)
        words = before + " in OLD, " + after + " in NEW"
        found["status"] = status = words.where(before != after, before + " in both")
        for name in [name for name in found if name.endswith("_verdict")]:
            found[name] = found[name].where(status == "ok in both", status)
    return pd.DataFrame(found, index=both.index)


def ratio(old: Floats, new: Floats) -> Floats:
    """new / old; 1 where they are equal, inf where only old is a number, 0 where only new is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return _change(old, new, np.where(old == new, 1.0, new / old), 0.0)


def lost(old: Floats, new: Floats) -> Floats:
    """old - new; 0 where they are equal, inf where only old is a number, -inf where only new is."""
    with np.errstate(invalid="ignore"):
        return _change(old, new, np.where(old == new, 0.0, old - new), -math.inf)


def _change(old: Floats, new: Floats, both: Floats, best: float) -> Floats:
    gone, there = np.isnan(new) & ~np.isnan(old), np.isnan(old) & ~np.isnan(new)
    return np.select([gone, there], [math.inf, best], both)


def _numbers(values: pd.Series[float]) -> Floats:
    found: Floats = values.to_numpy(np.float64, na_value=math.nan)
    return found


def _joined(old: pd.DataFrame, new: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Rows of the same key in both, in the order of old; InputError where a key is there twice."""
    try:
        return old.merge(new, on=table.keys, suffixes=("_old", "_new"), validate="one_to_one")
    except pd.errors.MergeError:
        raise InputError(f"{table.file} holds a row twice; allowed: one row for each key") from None


def _counts(table: Table, old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """The curves of both, and how many rows are equal bit for bit, as `Pairs` has them."""
    before, after = _bits(table, old), _bits(table, new)
    both = _joined(before, after, table)
    both["rows"] = True
    both["equal"] = both["exact_old"] == both["exact_new"]
    both["ok_lost"] = both["ok_old"] & ~both["ok_new"]
    both["reference_changed"] = both["reference_old"] != both["reference_new"]
    sums = ["rows", "equal", "ok_lost", "reference_changed"]
    sizes = [
        each.groupby(table.names, observed=True, sort=False).size() for each in (before, after)
    ]
    shared = sizes[0].index.intersection(sizes[1].index, sort=False)
    found = both.groupby(table.names, observed=True)[sums].sum().reindex(shared, fill_value=0)
    found.insert(2, "bitwise", found["equal"] / found["rows"].clip(lower=1))
    for side, size in zip(SIDES, sizes, strict=True):
        found[f"rows_only_{side}"] = size.reindex(shared) - found["rows"]
    return found.reset_index()


def _bits(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows by what makes them the same in another run, numbers as their bits: NaN equals NaN.

    Without a reference, or a status, all are alike in it.
    """

    def bits(name: str) -> Array:
        numbers = _numbers(frame[name])
        return np.where(np.isnan(numbers), math.nan, numbers).view(np.int64)

    found = frame[table.names].assign(**{name: bits(name) for name in table.places})
    reference = bits(table.reference) if table.reference else 0
    ok = frame["status"] == "ok" if "status" in frame else True
    return found.assign(exact=bits(table.exact), reference=reference, ok=ok)


def _only(table: Table, old: Frames, new: Frames) -> pd.DataFrame:
    """The keys of the rows that one of two runs lacks; a row that is not ok is not there.

    Where bits are compared the curves, with the number of their `rows`. The rows of a curve that
    is gone as a whole are told by the table that they are within.
    """
    on = table.names if table.exact else table.keys
    parts = []
    for side, mine, other in (("old", old, new), ("new", new, old)):
        lacking = _without(_there(table, mine), _there(table, other), on)
        if table.within and not table.exact:
            gone = _without(mine[table.within], other[table.within], table.names)
            lacking = _without(lacking, gone, table.names)
        parts.append(lacking.assign(side=side))
    columns = ["side", *on, *(["rows"] if table.exact else [])]
    return pd.concat([part[columns] for part in parts], ignore_index=True)


def _there(table: Table, frames: Frames) -> pd.DataFrame:
    """The rows that are ok, where they have a status; or each curve, and how many rows it has."""
    frame = frames[table.name]
    if table.exact:
        return frame.groupby(table.names, observed=True, sort=False).size().reset_index(name="rows")
    return frame[frame["status"] == "ok"] if "status" in frame else frame


def _without(these: pd.DataFrame, others: pd.DataFrame, on: Sequence[str]) -> pd.DataFrame:
    """The rows whose key the others lack."""
    known = others[list(on)].drop_duplicates()
    marked = these.merge(known, on=list(on), how="left", indicator=True)
    return marked.loc[marked["_merge"] == "left_only", these.columns]
