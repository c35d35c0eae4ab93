"""Findings on a terminal: a sentence a line, a sheet as a table that fits the width."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from bench.tables.sheets import Finding, Sheet
from bench.tell.markup import plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from bench.results import Results

WIDTH = 160  # of a file or a pipe, which has none: lines stay whole


def show(findings: Sequence[Finding]) -> None:
    """Print findings in order; notes that several sheets share stand below the last of them."""
    console = _console()
    for each, following in pairwise([*findings, None]):
        assert each is not None
        if each.says:
            console.print(each.says, markup=False, highlight=False, soft_wrap=each.sheet is None)
        if each.sheet is not None:
            console.print(_table(each.sheet))
            after = following.sheet if following is not None else None
            if after is None or after.notes != each.sheet.notes:
                _lines(console, each.sheet.notes)
        elif each.says and following is not None and following.sheet is not None:
            console.print()


def show_sheets(*sheets: Sheet) -> None:
    """Print sheets, each with its notes."""
    show([Finding("", "", each) for each in sheets])


def show_run(results: Results) -> None:
    """What a run says at its end: the question, what was found, and where its files are."""
    from bench.tell.findings import findings_of, size_of

    console = _console()
    _lines(console, [results.record.study.question])
    show(findings_of(results))
    print(f"{size_of(results)} of {results.name}, stored in:")
    assert results.folder is not None
    for path in sorted(results.folder.rglob("*")):
        if path.is_file() and path.suffix != ".svg":
            print(f"  {path}")


def _lines(console: Console, lines: Iterable[str]) -> None:
    told = "\n".join(lines)
    if told:
        console.print(f"{told}\n", markup=False, highlight=False, soft_wrap=True)


def _console() -> Console:
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


def _table(sheet: Sheet) -> Table:
    """A sheet as a table: a word is never cut, and broken only where nothing else fits."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    title = Text(sheet.title, style="table.title")
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    columns = [[plain(cell) for cell in column] for column in zip(*sheet.rows, strict=True)]
    for i, heading in enumerate(sheet.headings):
        whole = bool(columns) and not any(" " in cell for cell in columns[i])
        justify = "right" if heading.right else "left"
        header = Text(heading.words)
        table.add_column(header, justify=justify, overflow="fold", no_wrap=whole)
    for row in sheet.rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    return table
