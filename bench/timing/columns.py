"""The columns of the table of times, each documented once."""

from __future__ import annotations

from bench.table import KEY

TIMING = KEY | {
    "scheme": "the formula that approximates the derivative; f is one evaluation of f itself",
    "n": "points at which the derivative is taken in one call, with one step",
    "trace_seconds": "tracing and lowering, once a process; empty where nothing is compiled",
    "compile_seconds": "compiling what was lowered; empty where nothing is compiled",
    "first_call_seconds": "the first call of what was compiled, or of the formula itself",
    "min_seconds": "the shortest round of all, a call",
    "q1_seconds": "25% quantile of the rounds, a call: median over the visits",
    "median_seconds": "median of the rounds, a call: median over the visits",
    "q3_seconds": "75% quantile of the rounds, a call: median over the visits",
    "seconds_per_point": "median_seconds / n",
    "evaluations": "calls of f for one derivative",
    "rounds": "rounds timed, all processes together",
    "processes": "fresh processes in which it was timed",
    "between_processes": "error bar: (largest - smallest) / median of the processes' medians; "
    "empty with one process",
    "ratio_to_f": "median over the median of f at the same points in the same process",
    "noise_floor": "A/A: relative difference of two visits in one process, the largest; "
    "differences of schemes below it mean nothing",
    "status": "ok, or why there is no time",
    "reason": "what the status means here, in a sentence; empty where ok",
}

STATUSES = {
    "ok": "its result agreed with the truth, and it was timed",
    "wrong": "its result disagreed with the truth or it failed: it was not timed",
    "died": "the process ended while it was timed",
    "skipped": "it cannot run here, or would have exceeded the budget",
}
