"""Findings on a terminal: a sentence a line, a sheet as a table that fits the width."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from bench.tables.harmless import harmless, harmless_lines
from bench.tables.sheets import Finding, Sheet
from bench.tell.markup import plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from bench.results import Results

Justify = Literal["left", "right"]
WIDTH = 160  # of a file or a pipe, which has none: lines stay whole
GAP = 2  # between columns
PROSE = 16  # letters: a column of longer texts is no narrower


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
            _print(console, each.sheet)
            if after is None or after.sheet is None or after.sheet.notes != each.sheet.notes:
                for note in each.sheet.notes:
                    _line(console, note)


def show_sheets(*sheets: Sheet) -> None:
    """Print sheets, each with its notes."""
    show([Finding("", "", each) for each in sheets])


def _print(console: Console, sheet: Sheet) -> None:
    """Print a sheet: on a terminal too narrow for it, its last columns are only named."""
    widths = _widths(sheet, console.width, all_of_it=not console.is_terminal)
    _line(console, sheet.title, "bold")
    console.print(_table(sheet, widths), width=sum(widths) + GAP * len(widths), crop=False)
    if left := [heading.words for heading in sheet.headings[len(widths) :]]:
        _line(console, f"in a wider terminal also: {', '.join(left)}")


def _widths(sheet: Sheet, width: int, *, all_of_it: bool) -> list[int]:
    """The widths of the columns, from the left, that are legible in a width: two or more."""
    least, most = zip(*(_range(sheet, i) for i in range(len(sheet.headings))), strict=True)
    ends = [sum(least[: i + 1]) + GAP * i for i in range(len(least))]
    kept = len(least) if all_of_it else max(2, sum(end <= width for end in ends))
    found, spare = list(least[:kept]), width - ends[min(kept, len(ends)) - 1]
    while spare > 0 and (short := [i for i, each in enumerate(found) if each < most[i]]):
        for i in short[:spare]:
            found[i] += 1
        spare -= len(short)
    return found


def _range(sheet: Sheet, column: int) -> tuple[int, int]:
    """How wide a column must be so that no word breaks, and how wide it need not be more."""
    heading = plain(sheet.headings[column].words)
    cells = [plain(row[column]) for row in sheet.rows]
    longest = max(map(len, cells), default=0)
    words = max((len(word) for text in (heading, *cells) for word in text.split()), default=0)
    prose = any(" " in cell for cell in cells)
    return max(words, min(longest, PROSE) if prose else longest), max(longest, len(heading))


def show_run(results: Results) -> None:
    """What a run says at its end: the question, what was found, and where its files are."""
    from bench.tell.findings import findings_of, size_of

    console = _console()
    _line(console, f"{results.record.study.question}\n")
    show(findings_of(results))
    _line(console, f"\n{size_of(results)} of {results.name}, stored in:")
    assert results.folder is not None
    for path in sorted(results.folder.rglob("*")):
        if path.is_file() and path.suffix != ".svg":
            console.out(f"  {harmless(str(path))}", highlight=False)


def _line(console: Console, text: str, style: str = "") -> None:
    """A sentence, broken where the line is full; nothing in it is markup."""
    whole = not console.is_terminal
    console.print(harmless_lines(text), style=style, markup=False, highlight=False, soft_wrap=whole)


def _console() -> Console:
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


def _table(sheet: Sheet, widths: Sequence[int]) -> Table:
    """The first columns of a sheet as a table, each of its width."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    space = (0, GAP - 1, 0, 0)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=space, show_edge=False)
    for heading, width in zip(sheet.headings, widths, strict=False):
        justify: Justify = "right" if heading.right else "left"
        table.add_column(Text(plain(heading.words)), justify=justify, overflow="fold", width=width)
    for row in sheet.rows:
        table.add_row(*(Text(plain(cell)) for cell in row[: len(widths)]))
    return table
