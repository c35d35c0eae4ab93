"""The data of the two charts of a page: error against step, and error against work."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from bench.formats import formats
from bench.results import Results
from bench.results.record import AboutScheme

DIGITS = 4  # of a number under the pointer
KEYS = ["problem", "precision", "scheme", "backend"]
PARTS = {
    "h": "h",
    "m": "relative_error_median",
    "a": "relative_error_p10",
    "b": "relative_error_p90",
    "t": "relative_truncation_error_median",
    "r": "relative_rounding_error_median",
    "e": "error_median",
}


def charts(results: Results) -> dict[str, object]:
    """Curves and best steps, numbers rounded to what can be seen; empty where a run has none."""
    curves = results.get("curves")
    if curves is None:
        return {}
    best = results.get("best")
    times, n = _seconds(results)
    return {
        "curves": [_curve(key, rows) for key, rows in curves.groupby(KEYS, sort=False)],
        "best": [] if best is None else _work(best, times),
        "timed": n,
        "schemes": {name: _about(name, each) for name, each in results.schemes.items()},
        "problems": {name: each.label for name, each in results.problems.items()},
        "u": {name: each.unit_roundoff for name, each in formats.items()},
    }


def _curve(key: Iterable[str], rows: pd.DataFrame) -> dict[str, object]:
    numbers = {letter: [_short(v) for v in rows[column]] for letter, column in PARTS.items()}
    ok = [f"{a}/{b}" for a, b in zip(rows["n_ok"], rows["n_total"], strict=True)]
    return {**dict(zip(KEYS, map(str, key), strict=True)), **numbers, "ok": ok}


def _short(value: float) -> float | None:
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None


def _work(best: pd.DataFrame, times: Mapping[tuple[str, ...], float]) -> list[dict[str, object]]:
    """Error at the best step, evaluations, and seconds a point where they were measured."""
    known = best[np.isfinite(best["best_error"])]
    return [
        {key: str(row[key]) for key in KEYS}
        | {
            "error": _short(row["best_error"]),
            "evaluations": int(row["evaluations"]),
            "seconds": times.get(tuple(row[key] for key in KEYS)),
        }
        for row in known.to_dict("records")
    ]


def _seconds(results: Results) -> tuple[dict[tuple[str, ...], float], int | None]:
    """Seconds a point of each scheme at the largest n of a table of times, and that n."""
    rows = results.timed
    if rows is None or not {*KEYS} <= set(rows):
        return {}, None
    keys = zip(*(rows[key] for key in KEYS), strict=True)
    return dict(zip(keys, rows["seconds_per_point"], strict=True)), int(rows["n"].max())


def _about(name: str, about: AboutScheme) -> dict[str, str]:
    """How a scheme is drawn: as in the figures."""
    from bench.figures import palette

    red, green, blue = (round(255 * each) for each in palette.colour(name))
    dashes = palette.dashes(name)
    return {
        "label": about.label,
        "mark": palette.marker(name),
        # black is the ink: it is light where the paper is dark
        "colour": f"#{red:02x}{green:02x}{blue:02x}" if red + green + blue else "currentColor",
        "dash": " ".join(str(2 * each) for each in dashes) if dashes else "",
    }
