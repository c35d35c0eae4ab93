"""How the cost and the error of a gradient grow with n."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.experiments.gradients.tables import GRADIENTS
from bench.schemes import schemes
from bench.tables import Row
from bench.tables.sheets import Heading

LARGE = 16  # n from which on growth is growth, and not the cost of a call
HEADINGS = (
    Heading("function", means=GRADIENTS.columns["problem"].means),
    Heading("scheme", means=GRADIENTS.columns["scheme"].means),
    Heading("format", means=GRADIENTS.columns["precision"].means),
    Heading("backend", means=GRADIENTS.columns["backend"].means),
    Heading("evaluations ~ n^", True, "exponent of n in the evaluations, n of 16 and more"),
    Heading(
        "time ~ n^",
        True,
        "exponent of n in the time, n of 16 and more: median of all pairs of sizes",
    ),
    Heading("10% to 90%", True, "the 10% and the 90% quantile of these exponents"),
    Heading("error ~ n^", True, "exponent of n in the error, n of 16 and more"),
    Heading("error", True, "|gradient - truth| / |truth| at the largest n"),
    Heading("at n", True, "the largest n of which the error is known"),
    Heading(
        "reverse mode faster from n",
        means="the n from which on reverse mode is faster by more than the noise, compiled before",
    ),
    Heading("with compiling", means="the n from which on it is faster with its compiling included"),
)
SAME = (2, 3)  # headings of names that are left out where all rows have the same


@dataclass(frozen=True)
class Law:
    """How one way to take a gradient grows with n, as the headings say; NaN for none."""

    problem: str
    scheme: str
    precision: str
    backend: str
    evaluations: float
    seconds: float
    low: float
    high: float
    error: float
    last_error: float
    last_n: int
    wins_from: float
    wins_compiling: float

    @property
    def cells(self) -> tuple[str, ...]:
        """What stands under the headings."""
        return (
            *(self.problem, self.scheme, self.precision, self.backend),
            _exponent(self.evaluations),
            _exponent(self.seconds),
            "" if math.isnan(self.low) else f"{self.low:.2f} to {self.high:.2f}",
            _exponent(self.error),
            f"{self.last_error:.1e}",
            str(self.last_n),
            *("" if math.isnan(n) else f"{n:g}" for n in (self.wins_from, self.wins_compiling)),
        )


def _exponent(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.2f}"


def laws(rows: Sequence[Row]) -> list[Law]:
    """How each way to take a gradient grows with n; rows of the table from one run."""
    families: dict[tuple[str, str, str, str], list[Row]] = {}
    reverse_mode: dict[tuple[str, str], dict[int, Row]] = {}
    for row in rows:
        if math.isnan(row["error"]):  # it was not run, or there is no gradient
            continue
        key = (row["problem"], row["scheme"], row["precision"], row["backend"])
        families.setdefault(key, []).append(row)
        if row["scheme"] in schemes and schemes[row["scheme"]].is_reverse:
            of_place = reverse_mode.setdefault((row["problem"], row["precision"]), {})
            of_place.setdefault(row["n"], row)
    return [
        _law(key, mine, reverse_mode.get((key[0], key[2]), {})) for key, mine in families.items()
    ]


def _law(key: tuple[str, str, str, str], mine: Sequence[Row], reverse: dict[int, Row]) -> Law:
    seconds = _exponents(mine, "seconds")
    last = max(mine, key=lambda row: row["n"])
    return Law(
        *key,
        _middle(_exponents(mine, "evaluations")),
        _middle(seconds),
        _quantile(seconds, 0.1),
        _quantile(seconds, 0.9),
        _middle(_exponents(mine, "error")),
        last["error"],
        last["n"],
        _wins_from(mine, reverse, 0.0),
        _wins_from(mine, reverse, 1.0),
    )


def _exponents(rows: Sequence[Row], column: str) -> list[float]:
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


def _wins_from(rows: Sequence[Row], reverse: dict[int, Row], compiling: float) -> float:
    """The smallest n from which on reverse mode takes less time, by more than the noise."""
    first = math.nan
    for row in sorted(rows, key=lambda row: row["n"], reverse=True):
        other = reverse.get(row["n"])
        if other is None or other["scheme"] == row["scheme"]:
            continue
        if math.isnan(row["seconds"]) or math.isnan(other["seconds"]):  # one was not timed
            continue
        extra = compiling * (other["trace_seconds"] + other["compile_seconds"])
        floor = 1 + max(row["noise_floor"], other["noise_floor"])
        if (other["seconds"] + extra) * floor >= row["seconds"]:
            break
        first = float(row["n"])
    return first
