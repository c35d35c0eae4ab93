"""The parts of a page: folded findings, figures, stored tables, and what went wrong."""

from __future__ import annotations

import base64
import math
import shlex
import urllib.parse
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.results import Results, known_tables
from bench.results.folder import FIGURES
from bench.study import Figure
from bench.tables import Table
from bench.tables.sheets import Bar, Cell, Finding, Sheet

ROWS = 100  # of a long table: the rest is in its file
WORDS = {"exact": "inf", "none": "-inf"}  # of numbers of digits
WHOLE = "best"  # the table that is shown whole


@dataclass(frozen=True)
class Fold:
    """A sentence, and the table behind it."""

    name: str
    sentence: str
    sheet: Sheet


def folds(findings: Iterable[Finding]) -> list[Fold]:
    """Findings that have a table, each table behind what was found."""
    return [
        Fold(each.name, each.says or each.sheet.title, each.sheet)
        for each in findings
        if each.sheet is not None
    ]


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
    if text.endswith("%"):
        text, factor = text[:-1], 0.01
    try:
        return float(WORDS.get(text, text)) * factor
    except ValueError:
        return math.nan


def link(folder: Path, *files: str) -> str:
    """The relative address of the first of some files that lies in a folder; none if none does."""
    found = (each for each in files if (folder / each).is_file())
    return urllib.parse.quote(next(found, ""))


def relative(command: str) -> str:
    """A command without places of one machine: a path from the root is named by its last part."""
    return shlex.join(map(_relative, shlex.split(command)))


def _relative(word: str) -> str:
    option, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
    path = Path(value)
    return option + equals + (path.name if path.is_absolute() else value)


@dataclass(frozen=True)
class Picture:
    """A stored figure, embedded: what it shows and found, its file, and how it is drawn again."""

    name: str
    summary: str
    finding: str
    source: str
    link: str
    command: str


def pictures(results: Results, folder: Path) -> list[Picture]:
    """The figures that are stored in a folder, in the order of the study."""
    wanted = results.record.study.figures
    stored = [each for each in wanted if (folder / FIGURES / f"{each.file}.svg").is_file()]
    return [_picture(results, each, folder) for each in stored]


def _picture(results: Results, figure: Figure, folder: Path) -> Picture:
    from bench.figures import Told

    file = f"{FIGURES}/{figure.file}"
    content = (folder / f"{file}.svg").read_bytes()
    about = Told.of_svg(content)
    options = [
        f"--{option} {shlex.quote(','.join(names))}"
        for option, names in (("problem", figure.problems), ("scheme", figure.schemes))
        if names
    ]
    data = base64.b64encode(content).decode("ascii")
    return Picture(
        figure.file,
        about.summary,
        about.finding,
        f"data:image/svg+xml;base64,{data}",
        link(folder, f"{file}.pdf", f"{file}.png", f"{file}.svg"),
        " ".join(["bench figure", figure.kind, relative(shlex.quote(results.title)), *options]),
    )


@dataclass(frozen=True)
class StoredTable:
    """A stored table of a page: its file, how many rows it has, and those that are shown."""

    table: Table
    link: str
    total: int
    rows: Sequence[Mapping[str, object]]


def stored(results: Results, folder: Path) -> list[StoredTable]:
    """The tables of a run, that of best steps first; of one that is large, no row is shown."""
    known = known_tables()
    ordered = sorted(results.tables, key=lambda name: name != WHOLE)
    return [_stored(results, known[name], folder) for name in ordered]


def _stored(results: Results, table: Table, folder: Path) -> StoredTable:
    size = results.held.size(table.name)
    most = size if table.name == WHOLE else ROWS if table.stored == "csv" else 0
    rows = results[table.name].head(most).to_dict("records") if most else []
    return StoredTable(table, link(folder, table.file), size, rows)


def statuses(results: Results) -> list[tuple[str, str, int, str]]:
    """How many rows of each table have each status: table, status, rows, what it means."""
    known = known_tables()
    found = []
    for name in results.tables:
        column = known[name].columns.get("status")
        if column is not None:
            counts: Counter[str] = Counter()
            for part in results.held.parts(name, ["status"]):
                counts.update(part["status"].astype(str).value_counts().to_dict())
            others = [each for each, _ in counts.most_common() if each not in column.values]
            for status in [*column.values, *others]:
                if count := counts[status]:
                    found.append((name, status, count, column.values.get(status, "")))
    return found
