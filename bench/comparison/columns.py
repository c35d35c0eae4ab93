"""The columns of a comparison's tables, each documented once."""

from __future__ import annotations

from bench.table import BEST, CURVES, KEY

BEST_OF_BOTH = KEY | {
    "best_step_old": f"{BEST['best_step']}, in OLD",
    "best_step_new": "the same in NEW",
    "error_old": f"{BEST['best_error']}, in OLD",
    "error_new": "the same in NEW",
    "error": "error_new / error_old: above 1 is worse; inf where NEW has none any more",
    "digits_old": f"{BEST['digits']}, in OLD",
    "digits_new": "the same in NEW",
    "digits_lost": "digits_old - digits_new: negative where digits are gained",
    "error_at_step": "the largest ratio of the errors at one step",
    "worst_step": "the step of that ratio",
    "rows": "rows of the same x and h in both runs",
    "equal": "of these, estimates that are equal bit for bit (NaN is NaN, -0 is not 0)",
    "bitwise": "equal / rows; 0 where the runs share no row",
    "ok_lost": "of these, rows that are ok in OLD and not in NEW",
    "truth_changed": "of these, rows whose truth differs: the problem itself was changed",
    "rows_only_old": "rows of an x or h that this curve has in OLD only",
    "rows_only_new": "rows of an x or h that this curve has in NEW only",
}

STEPS = KEY | {
    "log2_step": CURVES["log2_step"],
    "h": CURVES["h"],
    "error_old": f"{CURVES['scaled_error_median']}, in OLD",
    "error_new": "the same in NEW",
    "error": "error_new / error_old at this step",
    "n_ok_old": f"{CURVES['n_ok']}, in OLD",
    "n_ok_new": f"{CURVES['n_ok']}, in NEW",
}

TIMES = KEY | {
    "n": "points at which the derivative is taken in one call",
    "seconds_old": "median of a call in OLD",
    "seconds_new": "median of a call in NEW",
    "time": "seconds_new / seconds_old: above 1 is slower",
    "floor": "the largest of both runs' noise floors and spreads between processes; "
    "empty where one of them was not measured",
    "low_old": "first quartile in OLD, divided by 1 + floor",
    "high_old": "third quartile in OLD, times 1 + floor",
    "low_new": "first quartile in NEW, divided by 1 + floor",
    "high_new": "third quartile in NEW, times 1 + floor",
    "verdict": "slower, faster, no claim, or what became of the status",
}

GRADIENTS_OF_BOTH = KEY | {
    "n": "how many variables",
    "error_old": "|gradient - truth| / |truth| in OLD",
    "error_new": "the same in NEW",
    "error": "error_new / error_old: above 1 is worse; inf where NEW has none any more",
}

ONLY = {
    "side": "the run that has it: old or new",
    "what": "curve, step, time or gradient: one that is not there or not ok in the other run",
    **KEY,
    "h": "the step, of a step",
    "n": "the number of points, of a time; of variables, of a gradient",
    "rows": "its rows in the table of all rows; empty for a time",
}

CHANGED = {
    "what": "a setting, a version or a part of the machine",
    "old": "what it is in OLD",
    "new": "what it is in NEW",
}
