"""What schemes say of their own errors, held against them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from bench.experiments.accuracy.derived import OF_ROWS
from bench.experiments.accuracy.words import format_told, times_told
from bench.tables.digits import Number, decimals, rounded
from bench.tables.sheets import Cell, Finding, sheet

if TYPE_CHECKING:
    import pandas as pd

    from bench.results import Results

COLUMNS = [
    "problem",
    "precision",
    "scheme",
    "truth",
    "error",
    "evaluations",
    "bound",
    "says",
    "computed_in",
    "status",
]
RIGHT = ("bounds held", "silent", "bound / error", "error", "worst", "calls of f")
NOTES = (
    "held: |error| <= bound; silent: it is not, and the scheme says nothing of it; bound / error: "
    "median; error: geometric mean of |error| / |f'|; calls of f: mean, counted",
)


def bounds(results: Results) -> Iterator[Finding]:
    """Whether bounds hold, how sharp they are, and where one fails silently."""
    if "accuracy" not in results.tables:
        return
    rows = results.rows("accuracy", COLUMNS, lambda part: part["bound"].notna())
    stated = rows[rows["status"] != "kink"]
    if not len(stated):
        return
    axes = ["precision", "scheme", "computed_in"]
    groups = [each for _, each in stated.groupby(axes, observed=True)]
    lines = [_line(results, each) for each in groups]
    says = _said(results, max(groups, key=_place))
    columns = ("format", "scheme", *RIGHT, "silent on")
    title = "What schemes say that they err by, held against what they err by"
    yield Finding("bounds", says, sheet(title, columns, lines, right=RIGHT, notes=NOTES))


def _place(rows: pd.DataFrame) -> tuple[bool, float]:
    """By what the best is found: it computed in the format, and its bounds held."""
    return not _ran_in(rows), float(_of(rows, "honest").mean())


def _ran_in(rows: pd.DataFrame) -> str:
    """The other formats in which it was computed, if any."""
    return str(rows["computed_in"].iloc[0])


def _of(rows: pd.DataFrame, column: str) -> pd.Series[float]:
    return OF_ROWS[column].of(rows).astype(float)


def _key(rows: pd.DataFrame) -> tuple[str, str]:
    """The format and the scheme of rows that share them."""
    return str(rows["precision"].iloc[0]), str(rows["scheme"].iloc[0])


def _said(results: Results, rows: pd.DataFrame) -> str:
    held, (precision, scheme) = _of(rows, "honest"), _key(rows)
    left = _ran_in(rows)
    inside = f"{precision}, computed in {left}" if left else precision
    sharpness = float(_of(rows, "sharpness").median())
    return (
        f"The bounds of {results.schemes[scheme].label} hold most often: at {int(held.sum())} of "
        f"{len(held)} points in {inside}, {times_told(sharpness)} times the error "
        f"(median), in {rows['evaluations'].mean():.1f} calls of f."
    )


def _line(results: Results, rows: pd.DataFrame) -> tuple[Cell, ...]:
    precision, scheme = _key(rows)
    relative = _of(rows, "log10_relative_error")
    relative = relative[np.isfinite(relative)]
    silent = rows[_of(rows, "silent") == 1]["problem"].astype(str).value_counts(sort=False)
    named = sorted(((name, n) for name, n in silent.items() if n), key=lambda each: -each[1])
    return (
        format_told(precision, _ran_in(rows)),
        results.schemes[scheme].label,
        Number(f"{int(_of(rows, 'honest').sum())} of {len(rows)}"),
        Number(str(int(silent.sum()))),
        rounded(float(_of(rows, "sharpness").median()), 2),
        rounded(10 ** float(relative.mean()) if len(relative) else math.nan, 2),
        rounded(10 ** float(relative.max()) if len(relative) else math.nan, 1),
        decimals(float(rows["evaluations"].mean()), 1),
        _listed([f"{name} {n}" for name, n in named]),
    )


def _listed(names: list[str], most: int = 4) -> str:
    more = f", {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
