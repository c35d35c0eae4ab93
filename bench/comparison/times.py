"""Times of two runs: a difference is claimed only where it stands out of both runs' noise.

The rule: the quartiles of each run are widened by the floor, which is the largest of the noise
floors and the spreads between processes of both. Where the widened intervals overlap, or one of
the four was not measured, nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from bench.comparison.columns import ONLY, TIMES
from bench.comparison.pairs import joined, without
from bench.registry import InputError
from bench.store import Results
from bench.table import KEY
from bench.timing.columns import TIMING

RULE = (
    "a difference is claimed only where the quartiles of both runs, widened by the larger of "
    "their noise floors and spreads between processes, do not overlap"
)
NO_CLAIM, SLOWER, FASTER = "no claim", "slower", "faster"
CASE = [*KEY, "n"]
NOISE = ["between_processes", "noise_floor"]


def times_of(results: Results) -> pd.DataFrame:
    """The table of times of a run, an empty one where it has none; InputError for a foreign one."""
    if "timing" not in results.more:
        return pd.DataFrame(columns=list(TIMING), dtype="float64").astype(dict.fromkeys(KEY, "str"))
    times = results.more["timing"]
    ok = times[times["status"] == "ok"]
    if not (ok[["q1_seconds", "median_seconds", "q3_seconds"]] > 0).all(axis=None):
        raise InputError(f"timing.csv of {results.folder} holds a time that is ok and not above 0")
    return times


def machines_differ(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """What tells the machines of two runs apart, in words; empty where nothing does."""
    before, after = old.get("machine"), new.get("machine")
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return "a machine is unknown"
    parts = sorted(part for part in {*before, *after} if before.get(part) != after.get(part))
    return "; ".join(f"{part} {before.get(part)} and {after.get(part)}" for part in parts)


def no_times() -> pd.DataFrame:
    """The table of times where none are compared."""
    return pd.DataFrame(columns=list(TIMES))


def times_of_both(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """The times of two runs for each case that both timed or tried to time, as `TIMES`."""
    both = joined(old, new, CASE, "timing.csv")
    both["floor"] = both[[f"{name}_{side}" for name in NOISE for side in ("old", "new")]].max(
        axis=1, skipna=False
    )
    for side in ("old", "new"):
        both[f"seconds_{side}"] = both[f"median_seconds_{side}"]
        both[f"low_{side}"] = both[f"q1_seconds_{side}"] / (1 + both["floor"])
        both[f"high_{side}"] = both[f"q3_seconds_{side}"] * (1 + both["floor"])
    both["time"] = both["seconds_new"] / both["seconds_old"]
    both["verdict"] = _verdicts(both)
    return both[list(TIMES)]


def _verdicts(both: pd.DataFrame) -> pd.Series[str]:
    slower = both["low_new"] > both["high_old"]
    faster = both["high_new"] < both["low_old"]
    found = np.where(slower, SLOWER, np.where(faster, FASTER, NO_CLAIM))
    became = both["status_old"] + " in OLD, " + both["status_new"] + " in NEW"
    became = became.where(both["status_old"] != both["status_new"], both["status_old"] + " in both")
    fine = (both["status_old"] == "ok") & (both["status_new"] == "ok")
    return pd.Series(np.where(fine, found, became), index=both.index)


def claimed(times: pd.DataFrame) -> pd.DataFrame:
    """The rows where a difference stands out of the noise."""
    return times[times["verdict"].isin([SLOWER, FASTER])]


def worth_telling(times: pd.DataFrame) -> pd.DataFrame:
    """The rows where something is claimed, or has become of the status."""
    same = (times["verdict"] == NO_CLAIM) | times["verdict"].str.endswith(" in both")
    return times[~same.astype(bool)]


def times_only_in_one(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """The times that are ok in one of two runs and not there or not ok in the other, as `ONLY`."""
    before, after = (times[times["status"] == "ok"] for times in (old, new))
    parts = [
        without(mine, other, CASE).assign(side=side, what="time").reindex(columns=list(ONLY))
        for side, mine, other in (("old", before, after), ("new", after, before))
    ]
    return pd.concat(parts, ignore_index=True)
