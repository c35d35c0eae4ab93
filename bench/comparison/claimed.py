"""A difference is claimed only where it stands out of both runs' noise.

The rule: the quartiles of each run are widened by the floor, which is the largest error bar of
both. Where the widened intervals overlap, or one of the bars was not measured, nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from bench.registry import InputError
from bench.results import Results
from bench.tables import Compared, Table

RULE = (
    "a difference is claimed only where the quartiles of both runs, widened by the larger of "
    "their noise floors and spreads between processes, do not overlap"
)
NO_CLAIM, SLOWER, FASTER = "no claim", "slower", "faster"


def rule_of(table: Table, old: Results, new: Results, across_machines: bool) -> str:
    """The rule by which differences are claimed, or why there are none; empty without bars."""
    if not any(each.bars for each in table.compared):
        return ""
    lacking = [side for side, run in (("OLD", old), ("NEW", new)) if not _has(run, table)]
    if lacking:
        have = "have" if lacking[1:] else "has"
        return f"not compared: {' and '.join(lacking)} {have} no {table.many}"
    before, after = old.record.machine.model_dump(), new.record.machine.model_dump()
    apart = sorted(part for part in before if before[part] != after[part])
    if apart and not across_machines:
        told = "; ".join(f"{part} {before[part]} and {after[part]}" for part in apart)
        return f"not compared: the machines differ ({told}); --across-machines compares them"
    return RULE


def _has(results: Results, table: Table) -> bool:
    frame = results.get(table.name)
    return frame is not None and not frame.empty


def check(table: Table, frame: pd.DataFrame, title: str) -> None:
    """InputError where a row that is ok holds what has an error bar and is not above 0."""
    ok = frame[frame["status"] == "ok"] if "status" in frame else frame
    for each in table.compared:
        if each.bars and (ok[[*_quartiles(each), each.column]] <= 0).any(axis=None):
            raise InputError(
                f"{table.file} of {title} holds a {table.one} that is ok and not above 0"
            )


def _quartiles(each: Compared) -> tuple[str, str]:
    """The columns that are widened: the column itself where it has no quartiles."""
    return each.low or each.column, each.high or each.column


def claims(each: Compared, both: pd.DataFrame) -> Mapping[str, pd.Series[float]]:
    """The floor, the widened quartiles of both runs, and the verdict, of rows that are joined."""
    bars = [f"{bar}_{side}" for bar in each.bars for side in ("old", "new")]
    floor = both[bars].max(axis=1, skipna=False)
    low, high = _quartiles(each)
    low_old, low_new = (both[f"{low}_{side}"] / (1 + floor) for side in ("old", "new"))
    high_old, high_new = (both[f"{high}_{side}"] * (1 + floor) for side in ("old", "new"))
    said = np.where(low_new > high_old, SLOWER, np.where(high_new < low_old, FASTER, NO_CLAIM))
    found = {
        "floor": floor,
        "old_low": low_old,
        "old_high": high_old,
        "new_low": low_new,
        "new_high": high_new,
        "verdict": pd.Series(said, index=both.index, dtype=object),
    }
    return {f"{each.column}_{name}": column for name, column in found.items()}
