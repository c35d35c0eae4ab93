"""The table of times."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from bench.tables import Compared, Means, Row, Table, Written, key
from bench.tables.digits import Number, certain, rounded

if TYPE_CHECKING:
    import pandas as pd

STATUSES = {
    "ok": "its result agreed with the truth, and it was timed",
    "wrong": "its result disagreed with the truth or it failed: it was not timed",
    "died": "the process ended while it was timed",
    "skipped": "it cannot run here, or would have exceeded the budget",
    "failed": "code of the user's ended all of them, or took too long",
}


@dataclass(frozen=True)
class Timing:
    """The time of each scheme at n points, in fresh processes, beside that of f."""

    problem: Annotated[str, key("the function that is differentiated")]
    scheme: Annotated[
        str, key("the formula that approximates the derivative; f is one evaluation of f itself")
    ]
    precision: Annotated[str, key("the floating-point format of x, h, f(x) and the estimate")]
    backend: Annotated[str, key("the library that ran the formula, and how")]
    device: Annotated[str, key("where it ran: cpu or gpu")]
    n: Annotated[int, key("points at which the derivative is taken in one call, with one step")]
    trace_seconds: Annotated[
        float, Means("tracing and lowering, once a process; empty where nothing is compiled")
    ]
    compile_seconds: Annotated[
        float, Means("compiling what was lowered; empty where nothing is compiled")
    ]
    first_call_seconds: Annotated[
        float, Means("the first call of what was compiled, or of the formula itself")
    ]
    min_seconds: Annotated[float, Means("the shortest round of all, a call")]
    q1_seconds: Annotated[
        float, Means("25% quantile of the rounds, a call: median over the visits")
    ]
    median_seconds: Annotated[float, Means("median of the rounds, a call: median over the visits")]
    q3_seconds: Annotated[
        float, Means("75% quantile of the rounds, a call: median over the visits")
    ]
    seconds_per_point: Annotated[float, Means("median_seconds / n")]
    evaluations: Annotated[int, Means("calls of f for one derivative")]
    rounds: Annotated[int, Means("rounds timed, all processes together")]
    processes: Annotated[int, Means("fresh processes in which it was timed")]
    between_processes: Annotated[
        float,
        Means(
            "error bar: (largest - smallest) / median of the processes' medians; "
            "empty with one process"
        ),
    ]
    ratio_to_f: Annotated[
        float, Means("median over the median of f at the same points in the same process")
    ]
    noise_floor: Annotated[
        float,
        Means(
            "A/A: relative difference of two visits in one process, the largest; "
            "differences of schemes below it mean nothing"
        ),
    ]
    status: Annotated[str, Means("ok, or why there is no time")]
    reason: Annotated[str, Means("what the status means here, in a sentence; empty where ok")]


def _printed(tables: Mapping[str, pd.DataFrame]) -> Mapping[str, Written]:
    """Times with the digits that their error bars leave certain."""

    def measured(column: str) -> Written:
        return lambda row: certain(row[column], row[column] * _error_bar(row))

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


def _error_bar(row: Row) -> float:
    """The larger of the two relative error bars of a time; NaN where neither is known."""
    bars = (row["between_processes"], row["noise_floor"])
    return max((each for each in bars if not math.isnan(each)), default=math.nan)


TIMING = Table(
    "timing",
    Timing,
    compared=(
        Compared(
            "median_seconds",
            "the median time",
            low="q1_seconds",
            high="q3_seconds",
            bars=("between_processes", "noise_floor"),
        ),
    ),
    noun="time",
    gates={"median_seconds": "time", "missing": "missing_times"},
    printed=_printed,
    about="Seconds of one call, median; digits whose place is above the error bar between "
    "processes and the noise floor of the machine.",
)
