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
from bench.results.record import Machine
from bench.tables import Compared, Table
from bench.values import Value

RULE = (
    "a difference is claimed only where the quartiles of both runs, widened by the larger of "
    "their noise floors and spreads between processes, do not overlap"
)
NO_CLAIM, SLOWER, FASTER = "no claim", "slower", "faster"
SIDES = ("old", "new")


def rule_of(table: Table, old: Results, new: Results, across_machines: bool) -> str:
    """The rule by which differences are claimed, or why there are none; empty without bars."""
    if not any(each.bars for each in table.compared):
        return ""
    empty = {"OLD": old.get(table.name), "NEW": new.get(table.name)}
    lacking = [side for side, frame in empty.items() if frame is None or frame.empty]
    if lacking:
        have = "have" if lacking[1:] else "has"
        return f"not compared: {' and '.join(lacking)} {have} no {table.many}"
    apart = machines_differ(old.record.machine, new.record.machine)
    if apart and not across_machines:
        return f"not compared: the machines differ ({apart}); --across-machines compares them"
    return RULE


def machines_differ(old: Machine, new: Machine) -> str:
    """What tells the machines of two runs apart, in words; empty where nothing does."""
    before, after = old.model_dump(), new.model_dump()
    parts = sorted(part for part in before if before[part] != after[part])
    return "; ".join(f"{part} {before[part]} and {after[part]}" for part in parts)


def check(table: Table, frame: pd.DataFrame, title: str) -> None:
    """InputError where a row that is ok holds what has an error bar and is not above 0."""
    ok = frame[frame["status"] == "ok"] if "status" in frame else frame
    for each in table.compared:
        if each.bars and not (ok[[each.low, each.column, each.high]] > 0).all(axis=None):
            raise InputError(
                f"{table.file} of {title} holds a {table.one} that is ok and not above 0"
            )


def claims(each: Compared, both: pd.DataFrame) -> Mapping[str, Value]:
    """The floor, the widened quartiles of both runs, and the verdict; both as they are joined."""
    name = each.column
    bars = [f"{bar}_{side}" for bar in each.bars for side in SIDES]
    floor = both[bars].max(axis=1, skipna=False)
    found: dict[str, Value] = {f"{name}_floor": floor}
    for side in SIDES:
        found[f"{name}_low_{side}"] = both[f"{each.low}_{side}"] / (1 + floor)
        found[f"{name}_high_{side}"] = both[f"{each.high}_{side}"] * (1 + floor)
    slower = found[f"{name}_low_new"] > found[f"{name}_high_old"]
    faster = found[f"{name}_high_new"] < found[f"{name}_low_old"]
    said = np.where(slower, SLOWER, np.where(faster, FASTER, NO_CLAIM))
    found[f"{name}_verdict"] = pd.Series(said, index=both.index, dtype=object)
    return found


def meanings(each: Compared) -> dict[str, str]:
    """What the columns of `claims` mean."""
    name = each.column
    low, high = "first quartile in {}, divided by 1 + floor", "third quartile in {}, times 1 + floor"
    bars = {"floor": "the largest error bar of both runs; empty where one was not measured"}
    bars |= {f"low_{side}": low.format(side.upper()) for side in SIDES}
    bars |= {f"high_{side}": high.format(side.upper()) for side in SIDES}
    bars["verdict"] = "slower, faster, no claim, or what became of the status"
    return {f"{name}_{what}": text for what, text in bars.items()}
