"""Findings on a terminal: a sentence a line, a sheet as a table that fits the width."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from io import StringIO
from shlex import quote
from textwrap import fill, wrap
from typing import TYPE_CHECKING, Literal

from bench.harmless import harmless_lines
from bench.tables.sheets import Finding, Sheet
from bench.tell.markup import plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from bench.results import Results

Justify = Literal["left", "right"]
NARROW = 80  # letters: lists of names are no wider, nor is a file or a pipe, which has no width
WIDE = 160  # of lists in a file or a pipe, where a row is a line, to be searched
GAP = 2  # between columns
PROSE = 16  # letters: a column of longer texts is no narrower


def show(findings: Sequence[Finding]) -> None:
    """Print findings in order, a blank line around each table.

    Notes that several sheets share stand below the last of them.
    """
    _show(_console(), findings)


def text_of(findings: Sequence[Finding], width: int = NARROW) -> str:
    """Findings as a text of a width, without colours."""
    from rich.console import Console

    into = StringIO()
    _show(Console(file=into, width=width, force_terminal=True, color_system=None), findings)
    return "\n".join(line.rstrip() for line in into.getvalue().rstrip().split("\n"))


def _show(console: Console, findings: Sequence[Finding], *, lines: bool = False) -> None:
    """Print findings; in a file or a pipe a row that is too wide is several, or one long line."""
    following = [*findings[1:], None]
    for i, (each, after) in enumerate(zip(findings, following, strict=True)):
        if i and (each.sheet is not None or findings[i - 1].sheet is not None):
            console.print()
        if each.says:
            _line(console, each.says, whole=each.whole)
        if each.sheet is not None:
            if each.says:
                console.print()
            if lines or console.is_terminal:
                _print(console, each.sheet, all_of_it=not console.is_terminal)
            else:
                _print_parts(console, each.sheet)
            if after is None or after.sheet is None or after.sheet.notes != each.sheet.notes:
                for note in each.sheet.notes:
                    _line(console, note)


def show_sheets(*sheets: Sheet) -> None:
    """Print sheets, each with its notes."""
    _show(_console(WIDE), [Finding("", "", each) for each in sheets], lines=True)


def show_names(lists: Mapping[str, Sequence[str]]) -> None:
    """Print lists of names, each below what it is of and how many there are."""
    console = _console()
    for what, names in lists.items():
        _line(console, f"{what} ({len(names)})", "bold")
        for line in wrap(", ".join(names), min(console.width, NARROW) - 2, break_on_hyphens=False):
            _line(console, f"  {line}")


def show_records(lists: Mapping[str, Iterable[str]]) -> None:
    """Print lines as they are, below what they are of."""
    console = _console()
    for what, lines in lists.items():
        _line(console, what, "bold")
        for line in lines:
            _line(console, line, whole=True)


def _print(console: Console, sheet: Sheet, *, all_of_it: bool) -> None:
    """Print a sheet: all of it, or what fits, and its last columns only by name."""
    widths = _widths(sheet, console.width, all_of_it=all_of_it)
    if sheet.title:
        _line(console, sheet.title, "bold")
    whole = sum(widths) + GAP * len(widths)
    console.width = max(width := console.width, whole)  # no name is cut: rather is a line long
    console.print(_table(sheet, widths), width=whole, crop=False)
    console.width = width
    if left := [heading.words for heading in sheet.headings[len(widths) :]]:
        _line(console, f"in a wider terminal also: {', '.join(left)}")


def _print_parts(console: Console, sheet: Sheet) -> None:
    """Print all of a sheet, below each other what is too wide, each part with its first columns."""
    for i, part in enumerate(_parts(sheet, console.width)):
        if i:
            console.print()
        _print(console, part, all_of_it=True)


def _parts(sheet: Sheet, width: int) -> Iterator[Sheet]:
    """A sheet as parts of a width that have the columns of names in common, which stand first."""
    least = [_range(sheet, i)[0] + GAP for i in range(len(sheet.headings))]
    right = [each.right for each in sheet.headings]
    names = right.index(True) if any(right) else len(right)
    room = width + GAP - sum(least[:names])
    if not names or sum(least[names:]) <= room or max(least[names:], default=0) > room:
        yield sheet
        return
    parts: list[list[int]] = [[]]
    for i in range(names, len(least)):
        if sum(least[j] for j in parts[-1]) + least[i] > room:
            parts.append([])
        parts[-1].append(i)
    for k, part in enumerate(parts):
        kept = [*range(names), *part]
        yield replace(
            sheet,
            title=sheet.title if not k else "",
            headings=tuple(sheet.headings[i] for i in kept),
            rows=tuple(tuple(row[i] for i in kept) for row in sheet.rows),
        )


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
    """What a run says at its end, on one screen: question, answer, table, warnings, what next."""
    from bench.tell.findings import brief, findings_of, refuted, screen

    answer, *others = findings_of(results)
    console = _console()
    table = brief(answer)
    _line(console, results.record.study.question, "bold")
    _lines(console, [answer.says])
    if table is not None:
        console.print()
        few = screen(table)
        _print(console, few, all_of_it=False)
        _lines(console, few.notes if few.first else few.notes[len(table.notes) :])
    _lines(console, [each.says for each in others if each.says and not each.warns])
    _lines(console, [f"! {each.says}" for each in others if each.warns], "yellow")
    _lines(console, refuted(results), "bold red")
    _lines(console, [f"{what:8}{where}" for what, where in _next(results)], whole=True)


def _lines(console: Console, texts: Iterable[str], style: str = "", *, whole: bool = False) -> None:
    """Sentences below a blank line; nothing where there are none."""
    for i, text in enumerate(texts):
        if not i:
            console.print()
        _line(console, text, style, whole=whole)


def _next(results: Results) -> Iterator[tuple[str, str]]:
    """Where a run's page and tables are, and a command to go on with."""
    from bench.results.folder import PAGE
    from bench.tell.findings import size_of

    assert results.folder is not None
    if (results.folder / PAGE).is_file():
        yield "page", str(results.folder / PAGE)
    yield "tables", f"{results.folder} ({', '.join(results.tables)}; {size_of(results)})"
    first = next(iter(results.record.study.figures), None)
    drawn = first is not None and (results.folder / PAGE).is_file()
    command = f"figure {first.kind}" if drawn and first is not None else "table best"
    yield "next", f"bench {command} {quote(str(results.folder))}"


def _line(console: Console, text: str, style: str = "", *, whole: bool = False) -> None:
    """A sentence, broken between words where the line is full; nothing in it is markup.

    In a file or a pipe no word is broken, such as a path, and what is `whole` is one line.
    """
    piped = not console.is_terminal
    lines = harmless_lines(text)
    if piped and not whole:
        lines = "\n".join(_filled(line, console.width) for line in lines.split("\n"))
    console.print(lines, style=style, markup=False, highlight=False, soft_wrap=piped)


def _filled(line: str, width: int) -> str:
    return fill(line, width, break_long_words=False, break_on_hyphens=False)


def _console(width: int = NARROW) -> Console:
    """Standard output: as wide as its terminal or `COLUMNS` says, else of a width."""
    from rich.console import Console

    console = Console()
    known = console.is_terminal or os.environ.get("COLUMNS", "").isdigit()
    return console if known else Console(width=width)


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
