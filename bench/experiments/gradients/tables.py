"""The columns of the table of gradients, each documented once."""

from __future__ import annotations

GRADIENTS = {
    "problem": "the function of n variables",
    "scheme": "the way its gradient is taken",
    "precision": "the floating-point format of x, h, F and the gradient",
    "backend": "the library that ran it",
    "device": "where it ran: cpu or gpu",
    "n": "how many variables",
    "h": "the step, u^(1/(p+1)) as a power of two; empty without a step",
    "evaluations": "values of F for one gradient, counted; for autodiff: runs of F or its tangent",
    "error": "|gradient - truth| / |truth|, Euclidean, median of the points (one point above n = "
    "10,000); of the slope along a "
    "random direction for `directional`",
    "truncation_error": "the same of the scheme without rounding; empty above the largest n for it",
    "rounding_error": "the same of what rounding adds; empty above the largest n for it",
    "trace_seconds": "tracing and lowering; empty where nothing is compiled",
    "compile_seconds": "compiling; empty where nothing is compiled",
    "seconds": "median time of one gradient, compiled before, in fresh processes; empty where it "
    "was not timed",
    "min_seconds": "shortest time of one gradient",
    "f_seconds": "median time of one F on the same backend",
    "ratio_to_f": "seconds over f_seconds",
    "between_processes": "error bar: (largest - smallest) / median of the processes' medians",
    "noise_floor": "A/A: relative difference of two timings of the same thing in one process",
    "memory_bytes": "temporary memory of the compiled program; empty on numpy",
    "status": "ok; unsupported; skipped; kink: there is no gradient; nan: it is not a number",
    "reason": "why there is no gradient or no time",
}
