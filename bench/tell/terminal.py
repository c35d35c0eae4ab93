"""Findings on a terminal: a sentence a line, a sheet as a table that fits the width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.tables.sheets import Finding, Sheet
from bench.tell.markup import plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from bench.results import Results

WIDTH = 160  # of a file or a pipe, which has none: lines stay whole
GAP = 2  # between columns
PROSE = 20  # letters: a column of longer texts is no narrower


def show(findings: Sequence[Finding]) -> None:
    """Print findings in order, a blank line around each table.

    Notes that several sheets share stand below the last of them.
    """
    console = _console()
    following = [*findings[1:], None]
    for i, (each, after) in enumerate(zip(findings, following, strict=True)):
        if i and (each.sheet is not None or findings[i - 1].sheet is not None):
            console.print()
        if each.says:
            _line(console, each.says)
        if each.sheet is not None:
            console.print(_table(each.sheet))
            if after is None or after.sheet is None or after.sheet.notes != each.sheet.notes:
                for note in each.sheet.notes:
                    _line(console, note)


def show_sheets(*sheets: Sheet) -> None:
    """Print sheets, each with its notes."""
    show([Finding("", "", each) for each in sheets])


def show_list(sheet: Sheet) -> None:
    """Print a list: where it is too wide, without its last columns, which are named below it."""
    console = _console()
    kept = _fitting(sheet, console.width)
    console.print(_table(replace(sheet, headings=sheet.headings[:kept]), kept))
    if left := [heading.words for heading in sheet.headings[kept:]]:
        _line(console, f"in a wider terminal also: {', '.join(left)}")
    console.print()


def _fitting(sheet: Sheet, width: int) -> int:
    """How many columns, from the left, are still legible in a width; at least two."""
    needed = 0
    for i, heading in enumerate(sheet.headings):
        cells = [plain(row[i]) for row in sheet.rows]
        whole = max(map(len, cells), default=0)
        prose = PROSE if any(" " in cell for cell in cells) else whole
        needed += max(min(whole, prose), *map(len, heading.words.split())) + GAP
        if needed - GAP > width and i >= 2:
            return i
    return len(sheet.headings)


def show_run(results: Results) -> None:
    """What a run says at its end: the question, what was found, and where its files are."""
    from bench.tell.findings import findings_of, size_of

    print(f"{results.record.study.question}\n")
    show(findings_of(results))
    print(f"\n{size_of(results)} of {results.name}, stored in:")
    assert results.folder is not None
    for path in sorted(results.folder.rglob("*")):
        if path.is_file() and path.suffix != ".svg":
            print(f"  {path}")


def _line(console: Console, text: str) -> None:
    """A sentence, broken where the line is full; nothing in it is markup."""
    console.print(text, markup=False, highlight=False, soft_wrap=not console.is_terminal)


def _console() -> Console:
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


def _table(sheet: Sheet, kept: int | None = None) -> Table:
    """A sheet as a table: a word is never cut, and broken only where nothing else fits."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    title = Text(sheet.title, style="table.title")
    table = Table(
        title=title,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, GAP - 1, 0, 0),
        show_edge=False,
    )
    rows = [[plain(cell) for cell in row[:kept]] for row in sheet.rows]
    for i, heading in enumerate(sheet.headings):
        whole = bool(rows) and not any(" " in row[i] for row in rows)
        table.add_column(
            Text(heading.words),
            justify="right" if heading.right else "left",
            overflow="fold",
            no_wrap=whole,
        )
    for row in rows:
        table.add_row(*map(Text, row))
    return table
