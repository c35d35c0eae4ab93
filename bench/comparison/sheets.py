"""What differs between two runs, as sheets: the rows of each group, and those that fail a gate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pandas as pd

from bench.comparison import Comparison
from bench.comparison.became import DIFFERENT, Became
from bench.comparison.gate import Verdict
from bench.comparison.pairs import Pairs
from bench.comparison.parts import Part, compared_parts, further_parts, key_parts, words_of
from bench.tables import Compared
from bench.tables.sheets import Heading, Sheet

FEW = 10  # rows of a table that are shown, unless all are asked for
BECAME = {
    "worse": "{worse} in NEW",
    "better": "{better} in NEW",
    "other": "whose status changed",
    "vanished": "only in OLD",
    "new": "only in NEW",
}
VERBS = {
    False: {"worse": "worse", "better": "better"},
    True: {"worse": "slower", "better": "faster"},
}
OTHER_BITS = "as good as before, but not bit for bit"
DIFFER = {False: "that differ", True: "that differs"}


def changes(comparison: Comparison) -> Sheet:
    """What differs in how the runs came to be."""
    parts = [
        Part(str(name) if name == "what" else str(name).upper(), tuple(column), right=False)
        for name, column in comparison.changed.items()
    ]
    return _of("what differs in how the runs came to be", parts)


def sheets(each: Became, every: bool) -> Iterator[Sheet]:
    """A sheet for each group of rows that are not the same."""
    for group in DIFFERENT:
        rows = each.groups[group]
        if len(rows):
            title = f"{len(rows):,} {_which(each, group, len(rows))}"
            told = described(each.pairs, rows, each.columns, title, gained=group == "better")
            yield told if every else cut(told)


def cut(sheet: Sheet) -> Sheet:
    """The first rows of a sheet; its title says that there are more, and how to see them."""
    if len(sheet.rows) <= FEW:
        return sheet
    title = f"{sheet.title}; the first {FEW}, --all shows every one"
    return replace(sheet, title=title, rows=sheet.rows[:FEW])


def _which(each: Became, group: str, count: int) -> str:
    """What the rows of a group are called."""
    table = each.pairs.table
    what = table.one if count == 1 else table.many
    if group == "other" and each.known:
        return f"{what} {OTHER_BITS if each.columns else DIFFER[count == 1]}"
    said = BECAME[group].format(**VERBS[each.timed])
    means = each.columns[0].means if len(each.columns) == 1 and group in VERBS[False] else ""
    return f"{what} {said}{': ' if means else ''}{means}"


def at_steps(comparison: Comparison, each: Became) -> Iterator[Sheet]:
    """The rows within those that differ, where a table has several for each of them."""
    table = each.pairs.table
    differing = [each.groups[group] for group in ("worse", "better", "other")]
    names = pd.concat(differing)[table.names] if table.names else pd.DataFrame()
    for finer in comparison.held:
        if finer.table.within == table.name and finer.compared and len(names):
            here = names.merge(finer.both, on=table.names)
            title = f"{finer.table.many} of the {table.many} that differ"
            yield described(finer, here, finer.compared, f"{title}: {finer.compared[0].means}")


def failing(
    comparison: Comparison, verdict: Verdict, told: Iterable[Became], every: bool
) -> Sheet | None:
    """The rows that fail a gate; None where the sheets of the groups have all of them."""
    pairs, rows = comparison[verdict.gate.measure.table], verdict.rows
    table = pairs.table
    keys, home = (table.names, table.within) if table.exact else (table.keys, table.name)
    groups = [each.groups[name] for each in told for name in DIFFERENT if _is(each, home)]
    if _rows(rows, keys) <= {key for each in groups for key in _rows(each, keys)}:
        return None
    found = described(pairs, rows, pairs.compared, f"gate failed: {verdict.gate}")
    return found if every else cut(found)


def _is(each: Became, table: str) -> bool:
    return each.pairs.table.name == table


def _rows(frame: pd.DataFrame, keys: list[str]) -> set[tuple[str, ...]]:
    return set(frame[keys].astype(str).itertuples(index=False, name=None))


def described(
    pairs: Pairs,
    rows: pd.DataFrame,
    columns: Iterable[Compared],
    title: str,
    *,
    gained: bool = False,
) -> Sheet:
    """Rows in words: what is the same in all of them is said in the title, or not at all."""
    columns = [each for each in columns if f"{each.column}_ratio" in rows]
    keys = list(key_parts(pairs.table, rows))
    same = ", ".join(part.cells[0] for part in keys if part.is_constant)
    parts = [part for part in keys if not part.is_constant]
    for each in columns:
        parts += compared_parts(
            each, rows, f"{words_of(each.column)} " * (len(columns) > 1), gained
        )
    parts += further_parts(pairs, rows)
    about = pairs.about if any(each.bars for each in columns) else ""
    found = _of(f"{title} ({same})" if same else title, parts)
    return replace(found, notes=(about,) if about else ())


def _of(title: str, parts: Iterable[Part]) -> Sheet:
    """A sheet of the columns that say something."""
    kept = [part for part in parts if not part.is_empty]
    headings = tuple(Heading(part.words, part.right) for part in kept)
    return Sheet(title, headings, tuple(zip(*(part.cells for part in kept), strict=True)))
