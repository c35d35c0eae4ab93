"""Curves, steps and rows of two runs, matched by their keys."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.comparison.columns import BEST_OF_BOTH, GRADIENTS_OF_BOTH, ONLY, STEPS
from bench.registry import InputError
from bench.store import Results
from bench.table import KEY

KEYS = list(KEY)
NO_POWER = -(2**15)  # stands for an empty log2_step
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def ratio(old: Any, new: Any) -> Floats:
    """new / old; 1 where they are equal, inf where only old is a number, 0 where only new is."""
    before, after = np.asarray(old, np.float64), np.asarray(new, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(before == after, 1.0, after / before)
    found = np.where(np.isnan(after) & ~np.isnan(before), math.inf, found)
    return np.where(np.isnan(before) & ~np.isnan(after), 0.0, found)


def lost(old: Any, new: Any) -> Floats:
    """old - new; 0 where they are equal, inf where only old is a number, -inf where only new is."""
    before, after = np.asarray(old, np.float64), np.asarray(new, np.float64)
    with np.errstate(invalid="ignore"):
        found = np.where(before == after, 0.0, before - after)
    found = np.where(np.isnan(after) & ~np.isnan(before), math.inf, found)
    return np.where(np.isnan(before) & ~np.isnan(after), -math.inf, found)


def joined(old: pd.DataFrame, new: pd.DataFrame, on: Sequence[str], what: str) -> pd.DataFrame:
    """Rows of the same key in both, in the order of old; InputError where a key is there twice."""
    try:
        return old.merge(new, on=list(on), suffixes=("_old", "_new"), validate="one_to_one")
    except pd.errors.MergeError:
        raise InputError(f"{what} holds a row twice; allowed: one row for each key") from None


def without(these: pd.DataFrame, others: pd.DataFrame, on: Sequence[str]) -> pd.DataFrame:
    """The rows whose key the others lack."""
    marked = these.merge(
        others[list(on)].drop_duplicates(), on=list(on), how="left", indicator=True
    )
    return marked[marked["_merge"] == "left_only"].drop(columns="_merge")


def steps_of_both(old: Results, new: Results) -> pd.DataFrame:
    """The errors of two runs at each step that both have, as `STEPS`."""
    wanted = [*KEYS, "log2_step", "h", "scaled_error_median", "n_ok"]
    on = [*KEYS, "log2_step", "h"]
    found = joined(old.curves[wanted], new.curves[wanted], on, "curves.csv")
    names = {f"scaled_error_median_{side}": f"error_{side}" for side in ("old", "new")}
    found = found.rename(columns=names)
    found["error"] = ratio(found["error_old"], found["error_new"])
    return found[list(STEPS)]


def best_of_both(old: Results, new: Results, steps: pd.DataFrame) -> pd.DataFrame:
    """The best error of two runs on each curve that both have, as `BEST_OF_BOTH`."""
    wanted = [*KEYS, "best_step", "best_error", "digits"]
    found = joined(old.best[wanted], new.best[wanted], KEYS, "best.csv")
    names = {f"best_error_{side}": f"error_{side}" for side in ("old", "new")}
    found = found.rename(columns=names)
    found["error"] = ratio(found["error_old"], found["error_new"])
    found["digits_lost"] = lost(found["digits_old"], found["digits_new"])
    found = found.merge(_worst(steps), on=KEYS, how="left", validate="one_to_one")
    counted = pd.DataFrame(_counts(old.accuracy, new.accuracy), columns=[*KEYS, *COUNTS])
    found = found.merge(counted, on=KEYS, how="left", validate="one_to_one")
    found["bitwise"] = found["equal"] / found["rows"].clip(lower=1)
    return found[list(BEST_OF_BOTH)]


def gradients_of_both(old: Results, new: Results) -> pd.DataFrame:
    """The errors of the gradients of n variables that both runs took, as `GRADIENTS_OF_BOTH`."""
    if not all("gradients" in each.more for each in (old, new)):
        return pd.DataFrame(columns=list(GRADIENTS_OF_BOTH))
    before, after = map(_gradients, (old, new))
    found = joined(before, after, [*KEYS, "n"], "gradients.csv")
    found["error"] = ratio(found["error_old"], found["error_new"])
    return found[list(GRADIENTS_OF_BOTH)]


def _gradients(results: Results) -> pd.DataFrame:
    """The gradients of a run of which the error is known; none where it took none."""
    columns = [*KEYS, "n", "error"]
    if "gradients" not in results.more:
        return pd.DataFrame(columns=columns)
    return results.more["gradients"].dropna(subset=["error"])[columns]


def gradients_only_in_one(old: Results, new: Results) -> pd.DataFrame:
    """The gradients whose error is known in one of two runs only, as `ONLY`."""
    before, after = map(_gradients, (old, new))
    parts = [
        without(mine, other, [*KEYS, "n"]).assign(side=side, what="gradient")
        for side, mine, other in (("old", before, after), ("new", after, before))
        if len(mine)
    ]
    found = [part.reindex(columns=list(ONLY)) for part in parts if len(part)]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(ONLY))


def _worst(steps: pd.DataFrame) -> pd.DataFrame:
    """The largest ratio of each curve, and the step where it is."""
    ordered = steps.sort_values("error", ascending=False, na_position="last", kind="stable")
    first = ordered.drop_duplicates(KEYS)
    return first[[*KEYS, "error", "h"]].rename(
        columns={"error": "error_at_step", "h": "worst_step"}
    )


COUNTS = ("rows", "equal", "ok_lost", "truth_changed", "rows_only_old", "rows_only_new")


def _counts(old: pd.DataFrame, new: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Of each curve in both: its key, and the numbers that `COUNTS` names."""
    before, after = Rows.of(old), Rows.of(new)
    there = _groups(new)
    for key, positions in _groups(old).items():
        if key in there:
            yield *key, *_count(before.at(positions), after.at(there[key]))


def _groups(rows: pd.DataFrame) -> Mapping[Any, npt.NDArray[np.intp]]:
    found: Mapping[Any, npt.NDArray[np.intp]]
    found = rows.groupby(KEYS, observed=True, sort=False).indices
    return found


@dataclass(frozen=True)
class Rows:
    """Rows by what makes them the same in another run, numbers as their bits: NaN equals NaN.

    `places` has a column each for x, log2_step and h.
    """

    places: Integers
    estimate: Integers
    truth: Integers
    ok: npt.NDArray[np.bool_]

    @staticmethod
    def of(frame: pd.DataFrame) -> Rows:
        """The rows of a table of accuracy."""
        power = frame["log2_step"].fillna(NO_POWER).to_numpy(np.int64)
        places = np.column_stack([_bits(frame["x"]), power, _bits(frame["h"])])
        ok = (frame["status"] == "ok").to_numpy(np.bool_)
        return Rows(places, _bits(frame["estimate"]), _bits(frame["truth"]), ok)

    def at(self, positions: npt.NDArray[np.intp]) -> Rows:
        """The rows at some positions."""
        places, estimate = self.places[positions], self.estimate[positions]
        return Rows(places, estimate, self.truth[positions], self.ok[positions])


def _bits(values: pd.Series[float]) -> Integers:
    """The bits of float64 numbers; every NaN has the same ones."""
    numbers = values.to_numpy(np.float64)
    return np.where(np.isnan(numbers), math.nan, numbers).view(np.int64)


def _count(old: Rows, new: Rows) -> tuple[int, ...]:
    """The numbers that `COUNTS` names, of one curve."""
    before, after = (old, new) if np.array_equal(old.places, new.places) else _shared(old, new)
    n = len(before.ok)
    equal = int(np.count_nonzero(before.estimate == after.estimate))
    ok_lost = int(np.count_nonzero(before.ok & ~after.ok))
    truth_changed = int(np.count_nonzero(before.truth != after.truth))
    return n, equal, ok_lost, truth_changed, len(old.ok) - n, len(new.ok) - n


def _shared(old: Rows, new: Rows) -> tuple[Rows, Rows]:
    """The rows of the same place in both."""
    names = ["x", "log2_step", "h"]
    before, after = (
        pd.DataFrame(rows.places, columns=names).assign(position=np.arange(len(rows.ok)))
        for rows in (old, new)
    )
    both = joined(before, after, names, "accuracy.parquet")
    return (
        old.at(both["position_old"].to_numpy(np.intp)),
        new.at(both["position_new"].to_numpy(np.intp)),
    )


def only_in_one(old: Results, new: Results) -> pd.DataFrame:
    """The curves, and the steps of shared curves, that one of two runs lacks, as `ONLY`."""
    parts = []
    for side, mine, other in (("old", old, new), ("new", new, old)):
        rows = mine.curves.groupby(KEYS, sort=False)["n_total"].sum().reset_index(name="rows")
        curves = without(rows, other.curves, KEYS).assign(what="curve")
        lacking = without(mine.curves, other.curves, [*KEYS, "log2_step", "h"])
        steps = (
            without(lacking, curves, KEYS).assign(what="step").rename(columns={"n_total": "rows"})
        )
        parts += [part.assign(side=side) for part in (curves, steps)]
    return pd.concat([part.reindex(columns=list(ONLY)) for part in parts], ignore_index=True)
