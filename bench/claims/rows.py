"""The rows that a claim is about, and pairs of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from bench.formats import formats
from bench.registry import canonical
from bench.results import Results, known_tables
from bench.results.stored import together
from bench.study import Claim
from bench.study.claims import Scalar, Where
from bench.tables import Table
from bench.values import Flags, Floats

ORDERED = "h"  # the column that rows are put in order by, where they have one
FOLLOWS = {"base": "problem", "noise": "problem", "order": "scheme", "unit_roundoff": "precision"}


def asked_of(claim: Claim) -> set[str]:
    """The columns that a claim takes of one table."""
    names = {claim.column, claim.against, *claim.where, *claim.of, *claim.over}
    return {name for name in names if name is not None}


def can_answer(table: Table, claim: Claim) -> bool:
    """Whether a table has all columns of a claim, those that follow from the record included."""
    follow = {name for name, source in FOLLOWS.items() if source in table.columns}
    return asked_of(claim) <= {*table.columns, *table.derived, *follow}


def table_of(claim: Claim, results: Results) -> Table | None:
    """The table that has a claim's columns, the one it names if it names one; None if not taken.

    Of several the one with the fewest rows: a column means the same in all of them.
    """
    held = {name: known_tables()[name] for name in results.tables}
    if claim.table is not None:
        return held.get(claim.table)
    able = [table for table in held.values() if can_answer(table, claim)]
    return min(able, key=lambda table: results.held.size(table.name), default=None)


def rows_of(claim: Claim, where: Where, results: Results) -> pd.DataFrame:
    """The rows `where` of a claim's table; where it has a status, only those that are ok.

    Besides its own columns they have those that follow from the record: base, noise and order,
    and the unit roundoff of the format.
    """
    table, column = table_of(claim, results), claim.column
    assert table is not None, "a claim about a table that was not taken is not measured"
    columns = results.held.columns(table.name)
    if "status" in columns:
        where = {"status": "ok", **where}
    if column not in table.derived:  # that may follow from any
        taken = {*table.names, *table.places, *asked_of(claim), *where, ORDERED}
        columns = [name for name in columns if name in taken]
    parts = results.held.parts(table.name, columns, **_chosen(where, columns, results))
    return together(_of_part(part, where, table, column, results) for part in parts)


def _chosen(where: Where, columns: Sequence[str], results: Results) -> dict[str, list[str]]:
    """The problems and schemes that rows `where` may have: of others nothing is read.

    Those that are wanted by their own names may be none of the record (`f` itself).
    """
    every: dict[str, Collection[str]] = {"problem": results.problems, "scheme": results.schemes}
    found = {}
    for axis in [each for each in every if each in where and each in columns]:
        wanted = _several(where[axis])
        meant = (name for name in every[axis] if _is_meant(axis, name, where[axis], results))
        found[axis] = list(dict.fromkeys([*meant, *wanted, *map(canonical, wanted)]))
    return found


def _several(wanted: Scalar | tuple[Scalar, ...]) -> list[str]:
    """What is wanted of an axis of names."""
    return [str(each) for each in (wanted if isinstance(wanted, tuple) else (wanted,))]


def _of_part(
    frame: pd.DataFrame, where: Where, table: Table, column: str | None, results: Results
) -> pd.DataFrame:
    numbered = {"noise", *(n for n, each in table.columns.items() if each.kind != "text")}
    for axis in [axis for axis in where if axis not in numbered]:  # first: it leaves fewer rows
        frame = frame[_named(frame, axis, where[axis], results)]
    frame = frame.assign(**_known(frame, results))
    for axis in [axis for axis in where if axis in numbered]:
        frame = frame[_near(frame, axis, where[axis])]
    derived = table.derived.get(str(column))
    return frame if derived is None else frame.assign(**{str(column): derived.of(frame)})


def lacking(claim: Claim, results: Results) -> str:
    """What the rows of a claim's table lack of what it asks for; empty where each is in some."""
    table = table_of(claim, results)
    if table is None:
        return f"there is no table {claim.table}" if claim.table else "no table has its columns"
    for axis, wanted in [*claim.where.items(), *claim.of.items(), *claim.over.items()]:
        if rows_of(claim, {axis: wanted}, results).empty:
            values = wanted if isinstance(wanted, tuple) else (wanted,)
            told = " or ".join(each if isinstance(each, str) else f"{each:g}" for each in values)
            return f"no row of {table.name} that is ok has {axis} = {told}"
    return ""


def _known(frame: pd.DataFrame, results: Results) -> dict[str, pd.Series[float]]:
    """What the record says of the problem, the scheme and the format of each row."""
    about, schemes = results.problems, results.schemes
    found = {}
    if "problem" in frame:
        base = {n: about[n].base if n in about else n for n in frame["problem"].unique()}
        noise = {name: each.noise for name, each in about.items()}
        found = {
            "base": _looked_up(frame["problem"], base, str),
            "noise": _looked_up(frame["problem"], noise),
        }
    if "scheme" in frame:
        order = {name: each.order for name, each in schemes.items()}
        found["order"] = _looked_up(frame["scheme"], order)
    if "precision" in frame:
        roundoff = {name: each.unit_roundoff for name, each in formats.items()}
        found["unit_roundoff"] = _looked_up(frame["precision"], roundoff)
    return found


def _looked_up(
    names: pd.Series[str], table: Mapping[str, object], kind: type = float
) -> pd.Series[float]:
    """What a table says of each name; numbers that it lacks are NaN."""
    return names.astype(str).map(table).astype(kind)


def _near(frame: pd.DataFrame, axis: str, wanted: Scalar | tuple[Scalar, ...]) -> Flags:
    """Which rows have one of the wanted numbers; a decimal is meant as each format rounds it."""
    several = wanted if isinstance(wanted, tuple) else (wanted,)
    numbers = np.array([float(each) for each in several])
    found = numbers_of(frame, axis)
    near: Flags = np.isin(found, numbers)
    for name in frame["precision"].unique() if "precision" in frame else ():
        if name in formats:
            rounded = formats[name].round(numbers).astype(np.float64)
            near |= np.isin(found, rounded) & (frame["precision"] == name).to_numpy(bool)
    return near


def _named(
    frame: pd.DataFrame, axis: str, wanted: Scalar | tuple[Scalar, ...], results: Results
) -> Flags:
    """Which rows have one of the wanted values: names, tags and families."""
    known = [each for each in frame[axis].unique() if _is_meant(axis, str(each), wanted, results)]
    chosen: Flags = frame[axis].isin(known).to_numpy(bool)
    return chosen


def _is_meant(axis: str, name: str, wanted: Scalar | tuple[Scalar, ...], results: Results) -> bool:
    """Whether a value is one of those wanted, or of a group of them."""
    return bool({*map(canonical, _several(wanted))} & _known_as(axis, name, results))


def _known_as(axis: str, name: str, results: Results) -> set[str]:
    """The names by which a claim may call a value: its own, and those of its groups."""
    names = [name]
    if axis == "problem" and name in results.problems:
        about = results.problems[name]
        names += [about.base, *about.tags]
    if axis == "scheme" and name in results.schemes:
        names.append(results.schemes[name].family)
    return {canonical(each) for each in names}


def numbers_of(rows: pd.DataFrame, column: str | None) -> Floats:
    """A column as float64; NaN where there is no number."""
    found: Floats = rows[column].to_numpy(dtype=np.float64, na_value=np.nan)
    return found


def pairs(claim: Claim, results: Results) -> tuple[Floats, Floats]:
    """A column in the rows `of` and `over` that agree in every axis not named by either."""
    table = table_of(claim, results)
    assert table is not None
    above = rows_of(claim, {**claim.where, **claim.of}, results)
    below = rows_of(claim, {**claim.where, **claim.over}, results)
    for frame in (above, below):
        for name in table.names:
            frame[name] = frame[name].astype(str)
    # An axis on which the sides have nothing in common (the backend of autodiff and that of
    # differences, the step that autodiff has not) does not tell a pair from another.
    axes = [*table.names, *table.places]
    keys = [name for name in axes if {*above[name].dropna()} & {*below[name].dropna()}]
    if not keys:
        return np.empty(0), np.empty(0)
    both = above[[*keys, claim.column]].merge(below[[*keys, claim.column]], on=keys)
    return numbers_of(both, f"{claim.column}_x"), numbers_of(both, f"{claim.column}_y")
