"""The data of a page's chart: the error of every curve, step by step, and where the chart opens."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import pandas as pd

from bench.formats import formats, usual
from bench.results import Results
from bench.results.record import AboutScheme
from bench.tell.page import colours

DIGITS = 3  # of a number under the pointer
KEYS = ["problem", "precision", "scheme", "backend"]
COLUMNS = {
    "m": "relative_error_median",
    "a": "relative_error_p10",
    "b": "relative_error_p90",
    "t": "relative_truncation_error_median",
    "r": "relative_rounding_error_median",
}
PARTS = {"m": ("total", ""), "t": ("truncation", "8 4"), "r": ("rounding", "2 3")}


def chart(results: Results) -> dict[str, object]:
    """All curves, numbers rounded to what can be read; empty where a run has none."""
    from bench.figures import palette

    rows = results.get("curves")
    if rows is None or not len(rows):
        return {}
    curves = [_curve(key, each) for key, each in rows.groupby(KEYS, sort=False)]
    main = plain(results)
    return {
        "curves": curves,
        "schemes": {name: _about(name, each) for name, each in results.schemes.items()},
        "problems": {name: each.label for name, each in results.problems.items()},
        "parts": {
            part: {"dash": dash, **colours.look(palette.PARTS[name])}
            for part, (name, dash) in PARTS.items()
        },
        "u": {name: each.unit_roundoff for name, each in formats.items()},
        "main": main,
        "opens": opens(results, rows),
    }


def plain(results: Results) -> str:
    """The scheme whose curve is read first: the central difference, or the first with a step."""
    stepped = [name for name, each in results.schemes.items() if each.order is not None]
    two = (name for name in stepped if _is_central(results.schemes[name]))
    return next(two, next(iter(stepped), next(iter(results.schemes), "")))


def _is_central(about: AboutScheme) -> bool:
    return about.order == 2 and about.evaluations == 2


def opens(results: Results, rows: pd.DataFrame) -> dict[str, str]:
    """The problem and format that show best how errors grow on both sides of the best step.

    The problem is that of the smooth ones on which the curves of schemes with a step are deepest.
    """
    held = [str(name) for name in rows["precision"].unique()]
    precision = usual([name for name in results.record.study.precisions if name in held] or held)
    stepped = [name for name, each in results.schemes.items() if each.order is not None]
    mine = rows[(rows["precision"] == precision) & rows["scheme"].isin(stepped)]
    depths = {
        problem: _mean(depth(list(each[COLUMNS["m"]])) for _, each in those.groupby(KEYS))
        for problem, those in mine.groupby("problem", sort=False)
        if problem in results.smooth
    }
    first = str(rows.loc[rows["precision"] == precision, "problem"].iloc[0])
    return {"problem": max(depths, key=lambda name: depths[name], default=first)} | {
        "precision": precision
    }


def depth(errors: Sequence[float]) -> float:
    """By how many decades the errors of a curve rise on both sides of the least: the lower side.

    An error beyond 1 is one of 1: no digit is right. A curve with an exact step has none.
    """
    known = [min(each, 1.0) for each in errors if math.isfinite(each)]
    if not known or min(known) <= 0:
        return 0.0
    at = known.index(min(known))
    return math.log10(min(max(known[: at + 1]), max(known[at:])) / known[at])


def _mean(values: Iterable[float]) -> float:
    several = list(values)
    return sum(several) / len(several)


def _curve(key: Iterable[str], rows: pd.DataFrame) -> dict[str, object]:
    """A curve: the exponents of 2 of its steps (None: it has no step), and columns beside them."""
    numbers = {letter: [_short(v) for v in rows[name]] for letter, name in COLUMNS.items()}
    names = dict(zip(KEYS, map(str, key), strict=True))
    ok = {"n": [int(n) for n in rows["n_ok"]], "of": int(rows["n_total"].max())}
    return {**names, "k": [_exponent(h) for h in rows["h"]], **numbers, **ok}


def _exponent(step: float) -> float | None:
    return _short(math.log2(step), DIGITS + 1) if math.isfinite(step) and step > 0 else None


def _short(value: float, digits: int = DIGITS) -> float | None:
    """A number with so many digits, a whole one without a point; None where there is none."""
    if not math.isfinite(value):
        return None
    short = float(f"{value:.{digits}g}")
    return int(short) if short.is_integer() and abs(short) < 10**digits else short


def _about(name: str, about: AboutScheme) -> dict[str, str]:
    """How a scheme is drawn: as in the figures, in colours that are seen on light and dark."""
    from bench.figures import palette

    dashes = palette.dashes(name)
    return {
        "label": about.label,
        "mark": palette.marker(name),
        "dash": " ".join(str(2 * each) for each in dashes) if dashes else "",
        **colours.look(palette.colour(name)),
    }
