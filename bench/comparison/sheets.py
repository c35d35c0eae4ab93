"""What differs between two runs, as sheets: the rows that moved, and what one run lacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from bench.comparison import Comparison
from bench.comparison.gate import Verdict
from bench.comparison.pairs import Pairs
from bench.tables import Table
from bench.tables.sheets import Heading, Sheet
from bench.values import Value

FEW = 20  # rows of a table that are shown, unless all are asked for
FORMS = {
    "old": ".2e",
    "new": ".2e",
    "ratio": ".3g",
    "lost": "+.2f",
    "floor": ".0%",
    "verdict": "",
    "bitwise": ".1%",
    "worst": ".3g",
    "at": ".1e",
}  # of the columns that are told, by the last word of their names


def changes(comparison: Comparison) -> Sheet:
    """What differs in how the runs came to be."""
    return _sheet("what differs between the runs", comparison.changed)


def sheets(comparison: Comparison, pairs: Pairs, every: bool, steps: bool) -> Iterator[Sheet]:
    """What differs in one table, and what is in one run only."""
    table = pairs.table
    if pairs.compared and not table.within:
        rows = moved(pairs)
        yield _cut(described(pairs, rows, f"{table.many} that differ"), every)
        names = rows[table.names] if every else rows[table.names][:FEW]
        for finer in comparison.held if steps else ():
            if finer.table.within == table.name and finer.compared:
                here = names.merge(finer.both, on=table.names)
                yield described(finer, here, f"{finer.table.many} of the {table.many} that differ")
    if not table.exact:
        yield _cut(_only(table, pairs.only, f"{table.many} in one run only"), every)


def moved(pairs: Pairs) -> pd.DataFrame:
    """The rows that differ, the most first."""
    rows, first = pairs.both[pairs.moved()], pairs.compared[0]
    sizes = rows[f"{first.lost}_lost"].abs() if first.lost else rows[f"{first.column}_ratio"]
    return rows.loc[sizes.fillna(0).sort_values(ascending=False, kind="stable").index]


def described(pairs: Pairs, rows: pd.DataFrame, title: str) -> Sheet:
    """Rows of both runs in words; what is told beside a column only where it differs."""
    same = {
        f"{name}_{side}"
        for each in pairs.compared
        for name in (each.lost, *each.beside)
        if name and (name == each.lost or rows[f"{name}_old"].equals(rows[f"{name}_new"]))
        for side in ("old", "new")
    }
    told = [str(name) for name in rows if name not in {*same, *pairs.table.keys}]
    told = [name for name in told if name.rpartition("_")[2] in FORMS]
    if "status" in rows and not any(each.bars for each in pairs.compared):
        told += ["status"] if (rows["status"] != "ok in both").any() else []
    found = _sheet(title, rows[_key(pairs.table, rows) + told])
    if len(pairs.compared) != 1:
        return found
    column = pairs.compared[0].column.replace("_", " ")
    headings = tuple(replace(h, words=h.words.removeprefix(f"{column} ")) for h in found.headings)
    return replace(found, title=f"{title}: {pairs.compared[0].means}", headings=headings)


def failing(comparison: Comparison, verdict: Verdict) -> Sheet:
    """The rows that fail a gate, in words; the missing ones as they are listed."""
    measure, title = verdict.gate.measure, f"gate failed: {verdict.gate}"
    pairs = comparison[measure.table]
    if not measure.column:
        return _only(pairs.table, verdict.rows, title)
    return replace(described(pairs, verdict.rows, title), title=title)


def _only(table: Table, frame: pd.DataFrame, title: str) -> Sheet:
    told = frame.assign(side=[f"only in {side.upper()}" for side in frame["side"]])
    rows = ["rows"] if table.exact else []
    return _sheet(title, told[["side", *_key(table, frame), *rows]])


def _cut(sheet: Sheet, every: bool) -> Sheet:
    if every or len(sheet.rows) <= FEW:
        return sheet
    title = f"{sheet.title}: the first {FEW} of {len(sheet.rows)}"
    return replace(sheet, title=title, rows=sheet.rows[:FEW])


def _key(table: Table, frame: pd.DataFrame) -> list[str]:
    """The columns that tell rows apart; not the device where all ran on the CPU."""
    names = [name for name in [*table.names, *table.places] if name in frame]
    return [name for name in names if name != "device" or {*frame[name]} - {"cpu"}]


def number(value: Value, form: str = ".3g") -> str:
    """A number in words; empty for NaN."""
    return "" if pd.isna(value) else f"{float(value) + 0.0:{form}}"


def _sheet(title: str, frame: pd.DataFrame) -> Sheet:
    """A frame in words; a column of numbers that has none, or that counts nothing, is left out."""
    headings, cells = [], []
    for name, column in frame.items():
        *_, last = words = str(name).split("_")
        if words[-1] in ("old", "new"):
            words[-1] = last.upper()
        whole = pd.api.types.is_integer_dtype(column)
        right = pd.api.types.is_numeric_dtype(column)
        form = ".0f" if whole else FORMS.get(last, ".2e")
        told = [number(each, form) if right else str(each) for each in column]
        if {*told} - ({"", "0"} if whole else {""}) or not right:
            headings.append(Heading(" ".join(words), right))
            cells.append(told)
    return Sheet(title, tuple(headings), tuple(zip(*cells, strict=True)))
