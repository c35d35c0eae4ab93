"""How the cost and the error of a gradient grow with n."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np

from bench.gradients.columns import GRADIENTS

LAWS = {
    "problem": GRADIENTS["problem"],
    "scheme": GRADIENTS["scheme"],
    "precision": GRADIENTS["precision"],
    "backend": GRADIENTS["backend"],
    "evaluations_exponent": "exponent of n in the evaluations, n of 16 and more",
    "seconds_exponent": "exponent of n in the time, n of 16 and more: median of all pairs of sizes",
    "seconds_low": "the 10% quantile of these exponents",
    "seconds_high": "the 90% quantile of these exponents",
    "error_exponent": "exponent of n in the error, n of 16 and more",
    "autodiff_wins_from": "the n from which on jax.grad is faster by more than the noise floor, "
    "compiled before",
    "autodiff_wins_compiling": "the n from which on it is faster with its compiling included",
}
LARGE = 16  # n from which on growth is growth, and not the cost of a call


def laws(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """How each way to take a gradient grows with n, columns as in `LAWS`; rows from one run."""
    families: dict[tuple[str, str, str, str], list[dict[str, Any]]] = {}
    reverse_mode: dict[tuple[str, str], dict[int, dict[str, Any]]] = {}
    for row in rows:
        if math.isnan(row["error"]):  # it was not run, or there is no gradient
            continue
        key = (row["problem"], row["scheme"], row["precision"], row["backend"])
        families.setdefault(key, []).append(row)
        if row["scheme"] == "grad":
            of_place = reverse_mode.setdefault((row["problem"], row["precision"]), {})
            of_place.setdefault(row["n"], row)
    found = []
    for (problem, scheme, precision, backend), mine in families.items():
        reverse = reverse_mode.get((problem, precision), {})
        seconds = _exponents(mine, "seconds")
        found.append(
            {
                "problem": problem,
                "scheme": scheme,
                "precision": precision,
                "backend": backend,
                "evaluations_exponent": _middle(_exponents(mine, "evaluations")),
                "seconds_exponent": _middle(seconds),
                "seconds_low": _quantile(seconds, 0.1),
                "seconds_high": _quantile(seconds, 0.9),
                "error_exponent": _middle(_exponents(mine, "error")),
                "autodiff_wins_from": _wins_from(mine, reverse, 0.0),
                "autodiff_wins_compiling": _wins_from(mine, reverse, 1.0),
            }
        )
    return found


def _exponents(rows: Sequence[dict[str, Any]], column: str) -> list[float]:
    """The slope between any two sizes in logarithmic axes."""
    known = [(row["n"], row[column]) for row in rows if row["n"] >= LARGE and row[column] > 0]
    return [
        math.log(b[1] / a[1]) / math.log(b[0] / a[0])
        for i, a in enumerate(known)
        for b in known[i + 1 :]
    ]


def _middle(values: Sequence[float]) -> float:
    return statistics.median(values) if values else math.nan


def _quantile(values: Sequence[float], share: float) -> float:
    """A quantile of exponents; NaN from fewer than three: one pair has no interval."""
    return float(np.quantile(values, share)) if len(values) >= 3 else math.nan


def _wins_from(
    rows: Sequence[dict[str, Any]], reverse: dict[int, dict[str, Any]], compiling: float
) -> float:
    """The smallest n from which on reverse mode takes less time, by more than the noise."""
    first = math.nan
    for row in sorted(rows, key=lambda row: row["n"], reverse=True):
        other = reverse.get(row["n"])
        if other is None or row["scheme"] == "grad":
            continue
        if math.isnan(row["seconds"]) or math.isnan(other["seconds"]):  # one was not timed
            continue
        extra = compiling * (other["trace_seconds"] + other["compile_seconds"])
        floor = 1 + max(row["noise_floor"], other["noise_floor"])
        if (other["seconds"] + extra) * floor >= row["seconds"]:
            break
        first = float(row["n"])
    return first
