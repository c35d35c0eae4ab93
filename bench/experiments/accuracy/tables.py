"""The tables of accuracy: every estimate, statistics over the points, each curve's best step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, make_dataclass
from typing import TYPE_CHECKING, Annotated

from bench.experiments.accuracy.derived import OF_BEST, OF_ROWS
from bench.experiments.accuracy.status import STATUSES
from bench.tables import Compared, Means, Row, Table, Written, key
from bench.tables.digits import (
    Number,
    certain,
    decimals,
    digits_of,
    rounded,
    spread_of_median,
    step,
)
from bench.tables.sheets import Cell

if TYPE_CHECKING:
    import pandas as pd

LOG2_STEP = "k of h = 2^k; empty without a step or where h is no power of two"
STEP = "the step, exact in the format; empty without a step"
EVALUATIONS = "calls of f for one derivative"


@dataclass(frozen=True)
class Key:
    """What tells one curve from another."""

    problem: Annotated[str, key("the function that is differentiated")]
    scheme: Annotated[str, key("the formula that approximates the derivative")]
    precision: Annotated[str, key("the floating-point format of x, h, f(x) and the estimate")]
    backend: Annotated[str, key("the library that ran the formula, and how")]
    device: Annotated[str, key("where it ran: cpu or gpu")]


@dataclass(frozen=True)
class Accuracy(Key):
    """Every estimate of a derivative, its error, and the parts of it."""

    x: Annotated[float, Means("the point, exact in the format", key=True, finite=True)]
    log2_step: Annotated[int | None, Means(LOG2_STEP, key=True, alias=True, bits=16)]
    h: Annotated[float, Means(STEP, key=True, finite=True)]
    estimate: Annotated[float, Means("what the scheme gave in the format")]
    truth: Annotated[float, Means("f'(x) at this very x, rounded to float64", finite=True)]
    error: Annotated[float, Means("estimate - truth, taken in high precision and rounded once")]
    truncation_error: Annotated[
        float, Means("ideal - truth: what the formula errs without any rounding")
    ]
    rounding_error: Annotated[float, Means("estimate - ideal: what rounding adds to it")]
    error_ulps: Annotated[
        float, Means("the error in ulps of the truth in the format, with sign and fraction")
    ]
    evaluations: Annotated[int, Means(EVALUATIONS, bits=32)]
    bound: Annotated[
        float, Means("what the scheme says that it errs by at most; empty where it says nothing")
    ]
    says: Annotated[
        str, Means("what the scheme says of its own estimate; empty where that is well")
    ]
    calls: Annotated[
        int | None,
        Means(
            "calls of f that the point had a part in, where f is called by a library: an array of "
            "points is one call",
            bits=32,
        ),
    ]
    computed_in: Annotated[
        str, Means("the other formats in which f was run or the estimate came; empty for none")
    ]
    status: Annotated[str, Means("ok, or what went wrong", values=STATUSES)]


MEASURES = {
    "error": "|error|",
    "relative_error": "|error| / |truth|",
    "error_ulps": "|error| in ulps of the truth",
    "truncation_error": "|truncation error|",
    "rounding_error": "|rounding error|",
    "relative_truncation_error": "|truncation error| / |truth|",
    "relative_rounding_error": "|rounding error| / |truth|",
}
STATISTICS = {
    "median": "median over the ok rows",
    "p10": "10% quantile over the ok rows",
    "p90": "90% quantile over the ok rows",
    "max": "largest of the ok rows",
}


@dataclass(frozen=True)
class Step(Key):
    """A curve at one step."""

    log2_step: Annotated[int | None, Means(LOG2_STEP, key=True, alias=True, bits=16)]
    h: Annotated[float, Means(STEP, key=True, finite=True)]
    n_total: Annotated[int, Means("rows of this curve point")]
    n_ok: Annotated[int, Means("rows of status ok")]


Curve = make_dataclass(
    "Curve",
    [
        (f"{measure}_{statistic}", Annotated[float, Means(f"{text}: {meaning}")])
        for measure, text in MEASURES.items()
        for statistic, meaning in STATISTICS.items()
    ],
    bases=(Step,),
    frozen=True,
    namespace={
        "__module__": __name__,
        "__doc__": "The error at every step: median and quantiles, and its two parts.",
    },
)


@dataclass(frozen=True)
class Best(Key):
    """The best step of each scheme, its error there, and what theory predicts."""

    best_step: Annotated[
        float,
        Means(
            "the step of the lowest median relative error, smoothed: the geometric mean with the "
            "neighbours an octave away, at an end of the sweep the error itself; an error of 0 "
            "counts as u/1024; only steps at which at least 90% as many points are ok as at any",
            finite=True,
        ),
    ] = math.nan
    best_is_edge: Annotated[
        int | None,
        Means(
            "1 where the best step is the first or the last of those that count: a better one may "
            "lie beyond; 0 where not; empty without a step",
            bits=16,
        ),
    ] = None
    best_error: Annotated[
        float,
        Means(
            "the median of |error| / |f'(x)| over the ok points, at the best step (not smoothed)"
        ),
    ] = math.nan
    digits: Annotated[float, Means("-log10 of best_error; inf for no error")] = math.nan
    predicted_step: Annotated[
        float, Means("the step that theory predicts; inf where the larger, the better")
    ] = math.nan
    predicted_error: Annotated[
        float,
        Means("the error that theory predicts at its step, over the median |f'| of the points"),
    ] = math.nan
    good_decades: Annotated[
        float,
        Means(
            "decades of h around the best step, without a gap, at which the smoothed error is "
            "within 2x of its own"
        ),
    ] = math.nan
    truncation_slope: Annotated[
        float,
        Means(
            "measured exponent of h in the median truncation error, the order: median of the "
            "slopes between any two steps that count (Theil-Sen), from three steps on"
        ),
    ] = math.nan
    rounding_slope: Annotated[
        float,
        Means(
            "measured exponent of h in the median rounding error, near -1: as truncation_slope, up "
            "to the best step"
        ),
    ] = math.nan
    evaluations: Annotated[int, Means(EVALUATIONS)] = 0
    n_ok: Annotated[int, Means("rows of status ok in the whole curve")] = 0
    n_truth_zero: Annotated[
        int, Means("rows left out because f' is 0 there: they have no relative error")
    ] = 0
    reason: Annotated[str, Means("why there are no numbers, where there are none")] = ""


def _place(row: Row, h: float) -> tuple[object, ...]:
    return (*(row[name] for name in BEST.names), None if math.isnan(h) else h)


def _printed_best(tables: Mapping[str, pd.DataFrame]) -> Mapping[str, Written]:
    """Numbers with the digits that their spread over the points leaves certain."""
    curves = {_place(row, row["h"]): row for row in tables["curves"].to_dict(orient="records")}

    def spread(row: Row) -> float:
        point = curves.get(_place(row, row["best_step"]))
        if point is None:
            return math.nan
        low, high = point["relative_error_p10"], point["relative_error_p90"]
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


def _median(measure: str) -> Written:
    def write(row: Row) -> Cell:
        low, high = row[f"{measure}_p10"], row[f"{measure}_p90"]
        return certain(row[f"{measure}_median"], spread_of_median(low, high, row["n_ok"]))

    return write


def _printed_curves(tables: Mapping[str, pd.DataFrame]) -> Mapping[str, Written]:
    return {
        "Step": lambda row: step(row["h"]),
        "Points": lambda row: Number(str(row["n_total"])),
        "of these ok": lambda row: Number(str(row["n_ok"])),
        "Relative error": _median("relative_error"),
        "10%": lambda row: rounded(row["relative_error_p10"], 1),
        "90%": lambda row: rounded(row["relative_error_p90"], 1),
        "Error": _median("error"),
        "Truncation error": _median("truncation_error"),
        "Rounding error": _median("rounding_error"),
        "Error in ulps": _median("error_ulps"),
    }


ACCURACY = Table(
    "accuracy",
    Accuracy,
    stored="parquet",
    exact="estimate",
    reference="truth",
    noun="row",
    within="best",
    gates={"bitwise": "bitwise", "ok_lost": "ok_lost"},
    derived=OF_ROWS,
)
CURVES = Table(
    "curves",
    Curve,
    compared=(
        Compared(
            "relative_error_median", "the median relative error at one step", beside=("n_ok",)
        ),
    ),
    noun="step",
    within="best",
    gates={"relative_error_median": "error_at_step", "missing": "missing_steps"},
    printed=_printed_curves,
    about="Medians over the points, with the digits that their spread leaves certain; of the 10% "
    "and 90% quantiles the first digit.",
)
BEST = Table(
    "best",
    Best,
    compared=(
        Compared("best_error", "the error at the best step", lost="digits", beside=("best_step",)),
    ),
    noun="curve",
    gates={"digits": "digits_lost", "best_error": "error", "missing": "missing"},
    derived=OF_BEST,
    printed=_printed_best,
    about="Error: median of |error| / |f'| over the points, with the digits that its spread "
    "leaves certain; digits: -log10 of it.",
)
