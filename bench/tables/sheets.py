"""What is said of a run: findings, each a sentence with the small table that it rests on.

Every printer (terminal, page, paper, notebook) tells the same words and numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.tables.digits import Number

Cell = str | Number


@dataclass(frozen=True)
class Heading:
    """The heading of a column, in words; numbers stand to the right. `means` explains it."""

    words: str
    right: bool = False
    means: str = ""


@dataclass(frozen=True)
class Sheet:
    """A table to be read: what it is about, headings, and rows of cells.

    `keys` gives each row what a page may filter it by: name of an axis and value.
    """

    title: str
    headings: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    keys: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True)
class Finding:
    """What was found: a sentence made of numbers, and the table it rests on, if it has one.

    `name` is what a page calls its section.
    """

    name: str
    says: str
    sheet: Sheet | None = None


def sheet(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    right: Sequence[str] = (),
    notes: Sequence[str] = (),
    keys: Sequence[dict[str, str]] = (),
) -> Sheet:
    """A sheet from plain words; `right` names the columns of numbers."""
    headings = tuple(Heading(each, each in right) for each in columns)
    return Sheet(title, headings, tuple(map(tuple, rows)), tuple(notes), tuple(keys))
