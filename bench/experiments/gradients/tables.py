"""The table of gradients."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Annotated

from bench.tables import Compared, Means, Table, key

STATUSES = {
    "ok": "its error was taken",
    "other_format": "its error was taken, but it was computed in another format than x is in",
    "unsupported": "it cannot run here, or there is nothing exact to compare it with",
    "skipped": "it would take longer than the budget",
    "kink": "there is no gradient at this point",
    "nan": "it is not a number, or infinite",
    "failed": "code of the user's ended it, or took too long",
}


@dataclass(frozen=True)
class Gradient:
    """The gradient of n variables by each scheme: how wrong it is, and what it costs."""

    problem: Annotated[str, key("the function of n variables")]
    scheme: Annotated[str, key("the way its gradient is taken")]
    precision: Annotated[str, key("the floating-point format of x, h, F and the gradient")]
    backend: Annotated[str, key("the library that ran it")]
    device: Annotated[str, key("where it ran: cpu or gpu")]
    n: Annotated[int, key("how many variables")]
    h: Annotated[float, Means("the step, u^(1/(p+1)) as a power of two; empty without a step")]
    evaluations: Annotated[
        int,
        Means("values of F for one gradient, counted; for autodiff: runs of F or its tangent"),
    ]
    error: Annotated[
        float,
        Means(
            "|gradient - truth| / |truth|, Euclidean, median of the points (one point above "
            "n = 10,000); of the slope along a random direction for `directional`"
        ),
    ] = nan
    truncation_error: Annotated[
        float,
        Means("the same of the scheme without rounding; empty above the largest n for it"),
    ] = nan
    rounding_error: Annotated[
        float, Means("the same of what rounding adds; empty above the largest n for it")
    ] = nan
    trace_seconds: Annotated[
        float, Means("tracing and lowering; empty where nothing is compiled")
    ] = nan
    compile_seconds: Annotated[float, Means("compiling; empty where nothing is compiled")] = nan
    seconds: Annotated[
        float,
        Means(
            "median time of one gradient, compiled before, in fresh processes; empty where it "
            "was not timed"
        ),
    ] = nan
    min_seconds: Annotated[float, Means("shortest time of one gradient")] = nan
    f_seconds: Annotated[float, Means("median time of one F on the same backend")] = nan
    ratio_to_f: Annotated[float, Means("seconds over f_seconds")] = nan
    between_processes: Annotated[
        float, Means("error bar: (largest - smallest) / median of the processes' medians")
    ] = nan
    noise_floor: Annotated[
        float, Means("A/A: relative difference of two timings of the same thing in one process")
    ] = nan
    memory_bytes: Annotated[
        float, Means("temporary memory of the compiled program; empty where nothing is compiled")
    ] = nan
    calls: Annotated[
        int | None,
        Means("calls of F for one gradient, where a library calls it: an array is one call"),
    ] = None
    computed_in: Annotated[
        str, Means("the other formats in which F was run or the gradient came; empty for none")
    ] = ""
    status: Annotated[
        str,
        Means(
            "ok; other_format: see computed_in; unsupported; skipped; kink: there is no gradient; "
            "nan: it is not a number; "
            "failed: code of the user's ended it"
        ),
    ] = "ok"
    reason: Annotated[str, Means("why there is no gradient or time; what a library raised")] = ""


GRADIENTS = Table(
    "gradients",
    Gradient,
    compared=(
        Compared("error", "the error of a gradient"),
        Compared("seconds", "the time of a gradient", bars=("between_processes", "noise_floor")),
    ),
    noun="gradient",
    gates={"error": "gradient_error", "missing": "missing_gradients"},
)
