"""The parts of a page: sections of findings, figures, stored tables, and what went wrong."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from shlex import quote

import pandas as pd

from bench.registry import canonical
from bench.results import Results, known_tables
from bench.results.folder import FIGURES
from bench.study import Figure
from bench.tables import Column, Table
from bench.tables.sheets import Bar, Cell, Finding, Heading, Sheet

ROWS = 400  # of a long table: the rest is in its file
FILTERS = ("problem", "precision", "backend", "scheme")
OPEN = "best"  # the table that is shown unfolded


@dataclass(frozen=True)
class TableOfPage:
    """A table of a section: its rows, and by what each may be filtered."""

    title: str
    headings: tuple[Heading, ...]
    rows: Sequence[tuple[Mapping[str, str], tuple[Cell, ...]]]
    notes: tuple[str, ...]

    def cells(self, row: Sequence[Cell]) -> Iterator[tuple[Heading, Cell]]:
        """The cells of a row, each with its heading."""
        return zip(self.headings, row, strict=True)


@dataclass(frozen=True)
class Section:
    """Findings that belong together: sentences, then tables."""

    name: str
    sentences: list[str]
    tables: list[TableOfPage]

    @property
    def id(self) -> str:
        """What a link calls it."""
        return canonical(self.name).replace(" ", "-")


def sections(findings: Sequence[Finding]) -> list[Section]:
    """Findings in order, those of one name together."""
    found = []
    for name, group in groupby(findings, key=lambda each: each.name):
        several = list(group)
        sheets = [each.sheet for each in several if each.sheet is not None]
        said = [each.says for each in several if each.says]
        found.append(Section(name, said, list(_merged(sheets))))
    return found


def _merged(sheets: Sequence[Sheet]) -> Iterator[TableOfPage]:
    """Sheets of the same columns as one table, whose first column says which each row is of."""
    for (headings, notes), group in groupby(sheets, key=lambda each: (each.headings, each.notes)):
        several = list(group)
        rows = [
            (keys, (*([sheet.title] if len(several) > 1 else []), *row))
            for sheet in several
            for keys, row in zip(sheet.keys or ({},) * len(sheet.rows), sheet.rows, strict=True)
        ]
        of = (Heading("of"),) if len(several) > 1 else ()
        yield TableOfPage("" if of else several[0].title, (*of, *headings), rows, notes)


def size(cell: Cell) -> float:
    """What a cell of numbers is sorted by; NaN where it holds none."""
    if isinstance(cell, Bar):
        return cell.share
    if isinstance(cell, str):
        text, factor = cell, 1.0
    else:
        text = cell.mantissa.replace("−", "-").replace("∞", "inf")
        text = text or ("" if cell.exponent is None else "1")
        factor = float(cell.base) ** (cell.exponent or 0)
    try:
        return float("inf" if text == "exact" else text) * factor
    except ValueError:
        return math.nan


@dataclass(frozen=True)
class Picture:
    """A stored figure, embedded: what it shows, in words, and the command that draws it again."""

    name: str
    summary: str
    alt: str
    source: str
    command: str


def pictures(results: Results, folder: Path) -> list[Picture]:
    """The figures that are stored in a folder, in the order of the study."""
    wanted = [
        (each, folder / FIGURES / f"{each.file}.svg") for each in results.record.study.figures
    ]
    return [_picture(results, each, path.read_bytes()) for each, path in wanted if path.is_file()]


def _picture(results: Results, figure: Figure, content: bytes) -> Picture:
    from bench.figures import Told

    about = Told.of_svg(content)
    options = [
        f"--{option} {quote(','.join(names))}"
        for option, names in (("problem", figure.problems), ("scheme", figure.schemes))
        if names
    ]
    data = base64.b64encode(content).decode("ascii")
    return Picture(
        figure.file,
        about.summary,
        f"{about.summary} {about.finding}",
        f"data:image/svg+xml;base64,{data}",
        " ".join(["bench figure", figure.kind, quote(results.title), *options]),
    )


@dataclass(frozen=True)
class StoredTable:
    """A stored table of a page: its first rows, and by what each may be filtered."""

    table: Table
    columns: Mapping[str, Column]
    rows: Sequence[tuple[Mapping[str, str], Mapping[str, object]]]
    total: int
    open: bool


def stored(results: Results) -> list[StoredTable]:
    """The tables of a run that are not large, that of best steps first."""
    known = known_tables()
    small = [name for name in results.tables if known[name].stored == "csv"]
    ordered = sorted(small, key=lambda name: name != OPEN)
    return [_stored(results, known[name]) for name in ordered]


def _stored(results: Results, table: Table) -> StoredTable:
    frame = results[table.name]
    shown = frame if table.name == OPEN else frame.head(ROWS)
    rows = [(_keys(results, row), row) for row in shown.to_dict("records")]
    return StoredTable(table, table.columns, rows, len(frame), table.name == OPEN)


def _keys(results: Results, row: Mapping[str, object]) -> dict[str, str]:
    """By what a row may be filtered; whether its problem is hard."""
    keys = {name: str(row[name]) for name in FILTERS if name in row}
    about = results.problems.get(keys.get("problem", ""))
    return keys | ({"hard": "yes"} if about is not None and not about.smooth else {})


def statuses(results: Results) -> list[tuple[str, str, int, str]]:
    """How many rows of each table have each status: table, status, rows, what it means."""
    known = known_tables()
    found = []
    for name, rows in results.tables.items():
        column = known[name].columns.get("status")
        if column is not None:
            counts = pd.Series(rows["status"]).value_counts()
            for status in [*column.values, *(s for s in counts.index if s not in column.values)]:
                if count := int(counts.get(status, 0)):
                    found.append((name, str(status), count, column.values.get(status, "")))
    return found
