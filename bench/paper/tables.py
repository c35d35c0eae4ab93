"""The tables of a run to be read or printed: best steps, curves, times, claims."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from bench import store
from bench.paper.choice import chosen_problems, chosen_schemes
from bench.paper.digits import (
    NOTHING,
    Number,
    certain,
    decimals,
    digits_of,
    rounded,
    spread_of_median,
    step,
)
from bench.paper.markup import Cell, Heading, Sheet, latex, markdown
from bench.registry import InputError, Registry, canonical, definition, unknown
from bench.store import Results
from bench.table import KEY

MARKUPS: dict[str, Callable[[Sheet], str]] = {"markdown": markdown, "latex": latex}
FORMATS = (*MARKUPS, "csv")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """A kind of table: its rows in the results, and how each is written."""

    name: str
    rows: Callable[[Results], pd.DataFrame]
    columns: Callable[[Results], Mapping[str, Callable[[Row], Cell]]]
    about: str

    @property
    def summary(self) -> str:
        """What the table holds, in one line."""
        return definition(self.columns)


table_kinds: Registry[Table] = Registry("table")
Columns = Callable[[Results], Mapping[str, Callable[[Row], Cell]]]


def _kind(rows: Callable[[Results], pd.DataFrame], about: str) -> Callable[[Columns], Columns]:
    """Register the columns of a table under the name of their function."""

    def add(columns: Columns) -> Columns:
        name = columns.__name__
        table_kinds.add(name, Table(name, rows, columns, about))
        return columns

    return add


def table(
    kind: str,
    results: Results | str | Path,
    *,
    problems: Sequence[str] | str | None = None,
    schemes: Sequence[str] | str | None = None,
    format: str = "markdown",
) -> str:
    """A table of results as Markdown, LaTeX (booktabs) or CSV.

    `kind` is best, curves, timing or claims; `problems` and `schemes` are names, tags or
    families that the run holds. Numbers have the digits that are certain (`bench.paper.digits`
    has the rule); CSV has every number in full. Raises InputError for an unknown name and where
    the run has no such table.
    """
    found = table_kinds[kind]
    if canonical(format) not in FORMATS:
        raise unknown("table format", format, list(FORMATS))
    results = results if isinstance(results, Results) else store.load(results)
    rows = _narrowed(found, results, problems, schemes)
    if canonical(format) == "csv":
        return str(rows.to_csv(index=False, lineterminator="\n"))
    return MARKUPS[canonical(format)](_sheet(found, results, rows))


def _narrowed(kind: Table, results: Results, problems: Any, schemes: Any) -> pd.DataFrame:
    rows = kind.rows(results)
    if "scheme" not in rows and (problems is not None or schemes is not None):
        raise InputError(f"the table {kind.name!r} is about the whole run; allowed: no narrowing")
    if problems is not None:
        rows = rows[rows["problem"].isin(chosen_problems(results, problems))]
    if schemes is not None:
        rows = rows[rows["scheme"].isin(chosen_schemes(results, schemes))]
    if not len(rows):
        raise InputError(
            f"the run {results.run['study']['name']} has no rows for the table {kind.name!r}"
        )
    return rows


def _sheet(kind: Table, results: Results, rows: pd.DataFrame) -> Sheet:
    """A table to be read: what is the same in all rows is said above it."""
    same = [name for name in KEY if name in rows and rows[name].nunique() == 1 and len(rows) > 1]
    shown = {name: NAMES[name] for name in KEY if name in rows and name not in same}
    columns = {NAMES[name]: _name(results, name) for name in shown} | dict(kind.columns(results))
    cells = [
        tuple(write(row) for write in columns.values()) for row in rows.to_dict(orient="records")
    ]
    kept = [i for i in range(len(columns)) if any(row[i] not in ("", NOTHING) for row in cells)]
    headings = [
        Heading(words, right=any(isinstance(row[i], Number) for row in cells))
        for i, words in enumerate(columns)
    ]
    first = rows.iloc[0]
    said = [f"{NAMES[name].lower()} {_name(results, name)(first)}" for name in same]
    sentence = "; ".join([f"Run {results.run['study']['name']}", *said])
    return Sheet(
        (f"{sentence}.", kind.about),
        tuple(headings[i] for i in kept),
        tuple(tuple(row[i] for i in kept) for row in cells),
    )


NAMES = {
    "problem": "Problem",
    "scheme": "Scheme",
    "precision": "Format",
    "backend": "Backend",
    "device": "Device",
}


def _name(results: Results, axis: str) -> Callable[[Row], Cell]:
    """How a table calls a problem or a scheme: by its label."""
    about = results.run.get(f"{axis}s", {}) if axis in ("problem", "scheme") else {}
    return lambda row: str(about.get(row[axis], {}).get("label", row[axis]))


def _key(row: Row, h: float) -> tuple[Any, ...]:
    return (*(row[name] for name in KEY), None if math.isnan(h) else h)


@_kind(
    lambda results: results.best,
    "Error: median of |error| over the largest |f'| of the points, with the digits that its "
    "spread over the points leaves certain; digits: -log10 of it.",
)
def best(results: Results) -> Mapping[str, Callable[[Row], Cell]]:
    """The best step of each scheme, its error there, and what theory predicts."""
    curves = {_key(row, row["h"]): row for row in results.curves.to_dict(orient="records")}

    def spread(row: Row) -> float:
        point = curves.get(_key(row, row["best_step"]))
        if point is None:
            return math.nan
        low, high = point["scaled_error_p10"], point["scaled_error_p90"]
        return spread_of_median(low, high, point["n_ok"])

    return {
        "Best step": lambda row: step(row["best_step"]),
        "Predicted step": lambda row: rounded(row["predicted_step"], 2),
        "Error at best step": lambda row: certain(row["best_error"], spread(row)),
        "Predicted error": lambda row: rounded(row["predicted_error"], 2),
        "Digits": lambda row: digits_of(row["best_error"], spread(row)),
        "Slope of truncation": lambda row: decimals(row["truncation_slope"], 1),
        "Slope of rounding": lambda row: decimals(row["rounding_slope"], 1),
        "Calls of f": lambda row: Number(str(row["evaluations"])),
    }


@_kind(
    lambda results: results.curves,
    "Medians over the points, with the digits that their spread leaves certain; of the 10% and "
    "90% quantiles the first digit.",
)
def curves(results: Results) -> Mapping[str, Callable[[Row], Cell]]:
    """The error at every step: median and quantiles, and its two parts."""

    def median(measure: str) -> Callable[[Row], Cell]:
        def write(row: Row) -> Cell:
            low, high = row[f"{measure}_p10"], row[f"{measure}_p90"]
            return certain(row[f"{measure}_median"], spread_of_median(low, high, row["n_ok"]))

        return write

    return {
        "Step": lambda row: step(row["h"]),
        "Points": lambda row: Number(str(row["n_total"])),
        "of these ok": lambda row: Number(str(row["n_ok"])),
        "Error": median("error"),
        "10%": lambda row: rounded(row["error_p10"], 1),
        "90%": lambda row: rounded(row["error_p90"], 1),
        "Truncation error": median("truncation_error"),
        "Rounding error": median("rounding_error"),
        "Error in ulps": median("error_ulps"),
    }


def _timing_rows(results: Results) -> pd.DataFrame:
    times = results.more.get("timing")
    if times is None:
        name = results.run["study"]["name"]
        raise InputError(f"the run {name} has no times: its study does not ask for timing")
    return times


@_kind(
    _timing_rows,
    "Seconds of one call, median; digits whose place is above the error bar between processes "
    "and the noise floor of the machine.",
)
def timing(results: Results) -> Mapping[str, Callable[[Row], Cell]]:
    """The time of each scheme, and how many evaluations of f it is worth."""

    def measured(column: str) -> Callable[[Row], Cell]:
        return lambda row: certain(row[column], row[column] * _relative(row))

    return {
        "n": lambda row: Number(str(row["n"])),
        "Seconds": measured("median_seconds"),
        "Seconds per point": measured("seconds_per_point"),
        "Times f": measured("ratio_to_f"),
        "Calls of f": lambda row: Number(str(row["evaluations"])),
        "First call": lambda row: rounded(row["first_call_seconds"], 1),
        "Compiling": lambda row: rounded(row["compile_seconds"], 1),
        "Processes": lambda row: Number(str(row["processes"])),
        "Why not": lambda row: "" if row["status"] == "ok" else f"{row['status']}: {row['reason']}",
    }


def _relative(row: Row) -> float:
    """The larger of the two relative error bars of a time; NaN where neither is known."""
    known = [row[name] for name in ("between_processes", "noise_floor") if row[name] == row[name]]
    return max(known, default=math.nan)


@_kind(
    lambda results: pd.DataFrame(results.run["claims"]),
    "Each claim of the study, and the number that is held against its bound.",
)
def claims(results: Results) -> Mapping[str, Callable[[Row], Cell]]:
    """What the study claims, and whether its numbers hold or refute it."""
    return {
        "Outcome": lambda row: str(row["outcome"]),
        "Claim": lambda row: str(row["says"]),
        "Measured": _measured,
        "Bound": lambda row: str(row["bound"]),
        "What is measured": lambda row: str(row["measure"]),
        "Rows": lambda row: Number(str(row["count"])),
        "Source": lambda row: str(row["source"]),
    }


def _measured(row: Row) -> Cell:
    """The number of a verdict, with as many digits as `bench run` prints."""
    value = row["measured"]
    if value is None or value != value:
        return NOTHING
    printed = f"{value:.4g}"
    return rounded(value, 4) if "e" in printed else Number(printed)
