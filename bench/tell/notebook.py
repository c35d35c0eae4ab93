"""What a notebook shows of a run: its question, and each scheme's digits, format by format."""

from __future__ import annotations

import math
from html import escape

import pandas as pd

from bench.results import Results
from bench.tell.findings import size_of


def shown(results: Results) -> str:
    """A run as HTML; digits are the median of the problems that every printer sums up."""
    place = "not stored" if results.folder is None else f"stored in {results.folder}"
    head = f"<b>{escape(results.name)}</b>: {escape(results.record.study.question)}<br>"
    best = results.get("best")
    digits, of = "", ""
    if best is not None:
        mine = best[best["problem"].isin(results.smooth)]
        count = mine["problem"].nunique()
        of = f"Digits at the best step, median of {count} problem{'s' if count > 1 else ''}; "
        digits = _digits(results, mine)
    return f"<p>{head}{of}{size_of(results)}, {escape(place)}</p>\n{digits}"


def _digits(results: Results, best: pd.DataFrame) -> str:
    """Schemes by formats; where one ran on several backends, on each."""
    keys = ["scheme", "backend"]
    table = best.pivot_table("digits", keys, "precision", "median", sort=False, dropna=False)
    table = table.dropna(how="all")
    several = table.index.get_level_values(0).duplicated(keep=False)
    names = [
        results.schemes[scheme].label + (f" [{backend}]" if both else "")
        for (scheme, backend), both in zip(table.index, several, strict=True)
    ]
    told = table.set_axis(names).rename_axis(columns=None)
    return str(told.to_html(float_format=_told, na_rep="", border=0))


def _told(digits: float) -> str:
    return "exact" if digits == math.inf else f"{digits + 0.0:.1f}"
