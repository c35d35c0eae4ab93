"""What is said of a run: findings, each a sentence with the small table that it rests on.

Every printer (terminal, page, paper, notebook) tells the same words and numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bench.tables.digits import NOTHING, Number

EXPLAINED: Mapping[str, str] = {}  # columns whose headings say enough
BAR = 8  # letters of a whole one


@dataclass(frozen=True)
class Bar:
    """A cell that shows a share of a whole, from 0 to 1, by its length."""

    share: float

    def __str__(self) -> str:
        """The bar in letters: blocks, the last one in eighths."""
        whole, rest = divmod(round(8 * BAR * self.share), 8)
        return "█" * whole + (" ▏▎▍▌▋▊▉"[rest] if rest else "")


Cell = str | Number | Bar


@dataclass(frozen=True)
class Heading:
    """The heading of a column, in words; numbers stand to the right. `means` explains it."""

    words: str
    right: bool = False
    means: str = ""


@dataclass(frozen=True)
class Sheet:
    """A table to be read: what it is about, headings, and rows of cells.

    `keys` gives each row what a page may filter it by: name of an axis and value. A screen shows
    the `first` rows of many; a page shows all.
    """

    title: str
    headings: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    keys: tuple[dict[str, str], ...] = ()
    first: int | None = None


@dataclass(frozen=True)
class Finding:
    """What was found: a sentence made of numbers, and the table it rests on, if it has one.

    `name` is what a page calls its section. One that `warns` is what a reader must know besides,
    one that is `whole` is to be pasted: a printer that need not does not break its lines.
    """

    name: str
    says: str
    sheet: Sheet | None = None
    warns: bool = False
    whole: bool = False


def sheet(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    right: Sequence[str] = (),
    notes: Sequence[str] = (),
    keys: Sequence[dict[str, str]] = (),
    first: int | None = None,
    means: Mapping[str, str] = EXPLAINED,
) -> Sheet:
    """A sheet from plain words; `right` names the columns of numbers, `means` explains some."""
    headings = tuple(Heading(each, each in right, means.get(each, "")) for each in columns)
    return Sheet(title, headings, tuple(map(tuple, rows)), tuple(notes), tuple(keys), first)


def telling(sheet: Sheet) -> Sheet:
    """A sheet without the columns that say the same in every row, or nothing; its first stays."""
    rows = sheet.rows

    def tells(i: int) -> bool:
        cells = {"" if row[i] == NOTHING else row[i] for row in rows}
        return len(cells) > 1 or (len(rows) == 1 and cells != {""})

    kept = [i for i in range(len(sheet.headings)) if i == 0 or not rows or tells(i)]
    cells = tuple(tuple(row[i] for i in kept) for row in rows)
    return replace(sheet, headings=tuple(sheet.headings[i] for i in kept), rows=cells)
