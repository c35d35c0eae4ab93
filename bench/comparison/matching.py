"""Rows of two runs matched by their keys: what became of numbers, and of bits."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from bench.formats import formats
from bench.registry import InputError
from bench.tables import Table
from bench.values import Array, Floats

SIDES = ("old", "new")


def ratio(old: pd.Series[float], new: pd.Series[float]) -> Floats:
    """new / old; 1 where they are equal, inf where only old is a number, 0 where only new is."""
    before, after = numbers(old), numbers(new)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _change(before, after, np.where(before == after, 1.0, after / before), 0.0)


def lost(old: pd.Series[float], new: pd.Series[float]) -> Floats:
    """old - new; 0 where they are equal, inf where only old is a number, -inf where only new is."""
    before, after = numbers(old), numbers(new)
    with np.errstate(invalid="ignore"):
        return _change(before, after, np.where(before == after, 0.0, before - after), -math.inf)


def _change(old: Floats, new: Floats, both: Floats, gained: float) -> Floats:
    gone, there = np.isnan(new) & ~np.isnan(old), np.isnan(old) & ~np.isnan(new)
    return np.select([gone, there], [math.inf, gained], both)


def numbers(values: pd.Series[float]) -> Floats:
    """A column as float64; NaN where there is no number."""
    found: Floats = values.to_numpy(np.float64, na_value=math.nan)
    return found


def joined(old: pd.DataFrame, new: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Rows of the same key in both, in the order of old; InputError where a key is there twice."""
    try:
        return old.merge(new, on=table.keys, suffixes=("_old", "_new"), validate="one_to_one")
    except pd.errors.MergeError:
        raise InputError(f"{table.file} holds a row twice; allowed: one row for each key") from None


def counts(table: Table, old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """The curves of both, and how many rows are equal bit for bit, as `Pairs` has them."""
    before, after = _bits(table, old), _bits(table, new)
    both = joined(before, after, table)
    both["rows"] = True
    both["ulps"] = _ulps(both)
    both["equal"] = both["exact_old"] == both["exact_new"]
    both["ok_lost"] = both["ok_old"] & ~both["ok_new"]
    both["reference_changed"] = both["reference_old"] != both["reference_new"]
    sums = ["rows", "equal", "ok_lost", "reference_changed"]
    sizes = [
        each.groupby(table.names, observed=True, sort=False).size() for each in (before, after)
    ]
    shared = sizes[0].index.intersection(sizes[1].index, sort=False)
    curves = both.groupby(table.names, observed=True)
    found = curves[sums].sum().reindex(shared, fill_value=0)
    found["ulps"] = curves["ulps"].max().reindex(shared, fill_value=0)
    found.insert(2, "bitwise", found["equal"] / found["rows"].clip(lower=1))
    for side, size in zip(SIDES, sizes, strict=True):
        found[f"rows_only_{side}"] = size.reindex(shared) - found["rows"]
    return found.reset_index()


def _ulps(both: pd.DataFrame) -> Floats:
    """How far what is compared is apart in each row, in ulps of its format, else of float64."""
    found = np.zeros(len(both))
    other = (both["exact_old"] != both["exact_new"]).to_numpy()
    of = both["precision"].to_numpy() if "precision" in both else np.full(len(both), "float64")
    for name in set(of[other].astype(str)):
        mine = other & (of == name)
        old, new = (both[f"exact_{side}"].to_numpy()[mine].view(np.float64) for side in SIDES)
        known = formats[name if name in formats else "float64"]  # two formats may be paired
        found[mine] = known.apart(old, new)
    return found


def bits(values: pd.Series[float]) -> Array:
    """A column of numbers as their bits; all that are no number are alike."""
    found = numbers(values)
    return np.where(np.isnan(found), math.nan, found).view(np.int64)


def same(both: pd.DataFrame, columns: Sequence[str]) -> pd.Series[bool]:
    """Which rows that are joined are the same in these columns, numbers bit for bit."""
    found = pd.Series(True, index=both.index)
    for name in columns:
        old, new = (both[f"{name}_{side}"] for side in SIDES)
        whole = all(map(pd.api.types.is_numeric_dtype, (old, new)))
        found &= bits(old) == bits(new) if whole else old.astype(str) == new.astype(str)
    return found


def _bits(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows by what makes them the same in another run, numbers as their bits: NaN equals NaN.

    Without a reference, or a status, all are alike in it.
    """

    places = [name for name in table.keys if name not in table.names]
    found = frame[table.names].assign(**{name: bits(frame[name]) for name in places})
    reference = bits(frame[table.reference]) if table.reference else 0
    ok = frame["status"] == "ok" if "status" in frame else True
    return found.assign(exact=bits(frame[table.exact]), reference=reference, ok=ok)


def without(these: pd.DataFrame, others: pd.DataFrame, on: Sequence[str]) -> pd.DataFrame:
    """The rows whose key the others lack."""
    if these.empty or others.empty:
        return these
    known = others[list(on)].drop_duplicates()
    marked = these.merge(known, on=list(on), how="left", indicator=True)
    return marked.loc[marked["_merge"] == "left_only", these.columns]
