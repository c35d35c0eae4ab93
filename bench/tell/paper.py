"""One table or one figure of a run, for a paper or a slide."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from bench.harmless import csv_of
from bench.registry import InputError, canonical, unknown, words
from bench.results import Results, known_tables, load, table_named
from bench.results.places import write_file
from bench.results.record import AboutProblem, AboutScheme
from bench.study import Verdict, file_name
from bench.study.axes import axes
from bench.tables import Row, Table, Written
from bench.tables.digits import NOTHING, Number
from bench.tables.sheets import Cell, Heading, Sheet
from bench.tell.findings import measured_told, verdicts_sheet, without_empty
from bench.tell.markup import latex, markdown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bench.figures import Kind, Told

Names = str | Sequence[str] | None
Chosen = Mapping[str, Names]

TABLE_FORMATS = ("markdown", "latex", "csv")
FIGURE_FORMATS = ("svg", "pdf", "png")
SIZE = "two-column"
CLAIMS = "claims"
DIGITS = 3  # of a number whose spread is not known
NAMES = {"precision": "Format"}


def table(
    kind: str,
    results: Results | str | Path,
    *,
    format: str = "markdown",
    columns: Names = None,
    **chosen: Names,
) -> str:
    """A table of results as Markdown, LaTeX (booktabs, siunitx) or CSV.

    `kind` is a table that the run holds, or claims; `chosen` are problems, schemes, precisions or
    backends that it holds: names, tags or families; `columns` are its columns in the order that
    they are wanted, by their names or headings. Numbers have the digits that are certain
    (`bench.tables.digits` has the rule); CSV has every number in full. Raises InputError for an
    unknown name and where the run has no such table, or no rows of it.
    """
    if canonical(format) not in TABLE_FORMATS:
        raise unknown("table format", format, TABLE_FORMATS)
    held = results if isinstance(results, Results) else load(results)
    known = [*known_tables(), CLAIMS]
    if canonical(kind) not in map(canonical, known):
        raise unknown("table", kind, sorted(known))
    given = _given(chosen)
    rows, sheet = _claims(held, given) if canonical(kind) == CLAIMS else _stored(held, kind, given)
    if not len(rows):
        raise InputError(f"the run {held.name} has no rows for the table {kind!r}")
    if canonical(format) == "csv":
        return csv_of(rows[picked(columns, list(map(str, rows)))])
    found = sheet()
    found = _cut(found, picked(columns, [each.words for each in found.headings]))
    if canonical(format) == "latex":
        name = re.sub(r"[^A-Za-z0-9]+", "-", f"{held.name} {kind}").strip("-").lower()
        return latex(found, label=f"tab:{name}")
    return markdown(found)


def picked(wanted: Names, known: Sequence[str]) -> list[str]:
    """The columns that are wanted, of those that are known; all where none is asked for."""
    spelled = {_spelled(each): each for each in known}
    found = []
    for name in words(wanted) or known:
        if _spelled(name) not in spelled:
            raise unknown("column", name, known)
        found.append(spelled[_spelled(name)])
    return found


def _spelled(column: str) -> str:
    """One spelling for a column's name and its heading."""
    return canonical(column).replace(" ", "_")


def _cut(sheet: Sheet, headings: Sequence[str]) -> Sheet:
    """A sheet of these columns, in this order."""
    places = [[each.words for each in sheet.headings].index(name) for name in headings]
    rows = tuple(tuple(row[i] for i in places) for row in sheet.rows)
    return replace(sheet, headings=tuple(sheet.headings[i] for i in places), rows=rows)


def _given(chosen: Chosen) -> Chosen:
    """What is asked for, by axis."""
    return {axis: names for axis, names in chosen.items() if names is not None}


def _claims(results: Results, chosen: Chosen) -> tuple[pd.DataFrame, Callable[[], Sheet]]:
    if chosen:
        raise InputError("the table 'claims' is about the whole run; allowed: no narrowing")
    verdicts = results.record.verdicts
    names = list(Verdict.__dataclass_fields__)
    about = (verdicts_sheet.__doc__ or "", *filter(None, [results.record.caveat]))
    return pd.DataFrame([asdict(each) for each in verdicts], columns=names), lambda: replace(
        verdicts_sheet(verdicts), title=f"Run {results.name}.", notes=about
    )


def _stored(
    results: Results, kind: str, chosen: Chosen
) -> tuple[pd.DataFrame, Callable[[], Sheet]]:
    found = table_named(results, kind)
    part = results.part(**chosen)
    rows = part[found.name]
    for axis in chosen:
        if axes()[axis].option not in rows:
            raise InputError(
                f"the table {found.name!r} has no {axes()[axis].option}; "
                f"it can be cut down by: {', '.join(n for n in found.names) or 'nothing'}"
            )
    return rows, lambda: sheet_of(found, part)


def sheet_of(table: Table, results: Results) -> Sheet:
    """A stored table to be read: what is the same in all rows is said above it."""
    rows = results[table.name] if table.shown is None else table.shown(results[table.name])
    names = [name for name in table.names if name in rows]
    same = [name for name in names if rows[name].nunique() == 1 and len(rows) > 1]
    shown = {heading(name): _name(results, name) for name in names if name not in same}
    columns = shown | dict(table.printed(results.tables) if table.printed else _plain(table))
    cells = tuple(
        tuple(write(row) for write in columns.values()) for row in rows.to_dict(orient="records")
    )
    headings = tuple(
        Heading(words, right=any(isinstance(row[i], Number) for row in cells))
        for i, words in enumerate(columns)
    )
    first: Row = {str(name): value for name, value in rows.iloc[0].items()}
    said = [f"{heading(name).lower()} {_name(results, name)(first)}" for name in same]
    title = "; ".join([f"Run {results.name}", *said])
    return without_empty(Sheet(f"{title}.", headings, cells, (table.about or table.summary,)))


def heading(column: str) -> str:
    """A column's name in words."""
    words = column.replace("_", " ")
    return NAMES.get(column, words[:1].upper() + words[1:])


def _name(results: Results, column: str) -> Written:
    """How a table calls what a row is of: a problem or a scheme by its label."""
    about: Mapping[str, Mapping[str, AboutProblem | AboutScheme]] = {
        "problem": results.problems,
        "scheme": results.schemes,
    }
    known = {name: each.label for name, each in about.get(column, {}).items()}
    return lambda row: known.get(row[column], str(row[column]))


def _plain(table: Table) -> Mapping[str, Written]:
    """Every column that is no name, numbers with a few digits."""
    return {heading(name): _written(name) for name in table.columns if name not in table.names}


def _written(column: str) -> Written:
    def write(row: Row) -> Cell:
        value = row[column]
        if isinstance(value, str):
            return value
        if pd.isna(value):
            return NOTHING
        return Number(str(value)) if isinstance(value, int) else measured_told(value, DIGITS)

    return write


def figure(
    kind: str,
    results: Results | str | Path,
    *,
    size: str = SIZE,
    **chosen: Names,
) -> Figure:
    """One figure of results, drawn from their tables, as Matplotlib's; a notebook displays it.

    `kind` is one of `bench list figures`, `size` one of `bench list sizes`; `chosen` are problems,
    schemes, precisions or backends that the run holds: names, tags or families; all by default.
    Raises InputError for an unknown name and
    where the run holds nothing for the figure.
    """
    return _drawn(kind, results, _given(chosen), size)[1]


def _drawn(
    kind: str, results: Results | str | Path, chosen: Chosen, size: str
) -> tuple[Kind, Figure, Told]:
    """A figure and what its file says of it: the one place that knows how figures are drawn."""
    from bench.figures import Selection, drawn, figure_kinds, sizes, told

    wanted, place = figure_kinds[kind], sizes[size]
    held = results if isinstance(results, Results) else load(results)
    selection = Selection.of(held.part(**chosen))
    made = drawn(wanted, selection, place)
    if made is None:
        names = {axis: ", ".join(words(given) or ()) for axis, given in chosen.items()}
        of = " and ".join(f"{axis} {each}" for axis, each in names.items())
        raise InputError(
            f"the run {held.name} holds nothing{' of ' if of else ''}{of} "
            f"that a figure {wanted.name!r} shows"
        )
    return wanted, made, told(wanted, selection)


def write_figure(
    kind: str,
    results: Results | str | Path,
    *,
    size: str = SIZE,
    format: str | None = None,
    out: str | Path | None = None,
    **chosen: Names,
) -> Path:
    """Draw one figure into a file, replaced when it is complete; returns its path.

    The format is that of the file's name, or svg; the fonts are in the file. The same results
    give the same bytes. Raises InputError as `figure`, and where the file cannot be written.
    """
    given = None if out is None else Path(out)
    ending = _ending(format, given)
    wanted, made, about = _drawn(kind, results, _given(chosen), size)
    from bench.figures import saving, sizes

    name = file_name(None, wanted.name, words(chosen.get("problems")) or ())
    path = given if given is not None else Path(f"{name}-{sizes[size].name}.{ending}")
    write_file(path, saving.encoded(made, ending, about))
    return path


def _ending(format: str | None, out: Path | None) -> str:
    """The format that is asked for, by name or by the ending of the file."""
    suffix = "" if out is None else out.suffix.lstrip(".").lower()
    found = format.strip().lower() if format is not None else suffix or FIGURE_FORMATS[0]
    if found not in FIGURE_FORMATS:
        raise unknown("figure format", found, FIGURE_FORMATS)
    if suffix in FIGURE_FORMATS and suffix != found:
        raise InputError(f"the file {out} ends in .{suffix} and the format is {found}; choose one")
    return found
