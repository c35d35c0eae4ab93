"""What became of the rows of a table between two runs: each of them is in exactly one group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from bench.comparison.claimed import FASTER, SLOWER
from bench.comparison.pairs import Pairs
from bench.tables import Compared

DIFFERENT = ("worse", "better", "other", "vanished", "new")
Rows = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Became:
    """What became of a table in those of its compared columns that have error bars, or in the rest.

    `groups` are the rows that got worse in a column, that got better in one and worse in none,
    `other` ones that differ all the same, those that vanished, those that are new (the keys of
    rows that only one run has), and the same. The most worse and the most better stand first.
    `known` is whether bits were compared, so that the same are the same bit for bit.
    """

    pairs: Pairs
    columns: tuple[Compared, ...]
    groups: Mapping[str, pd.DataFrame]
    known: bool

    @property
    def timed(self) -> bool:
        """Whether it is about columns that have error bars."""
        return any(each.bars for each in self.columns)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows are in each group."""
        return {name: len(rows) for name, rows in self.groups.items()}

    @property
    def total(self) -> int:
        """How many rows there are in either run."""
        return sum(self.counts.values())

    @property
    def is_same(self) -> bool:
        """Whether all rows are in both runs, and the same."""
        return self.total == len(self.groups["same"])


def became(tables: Iterable[Pairs]) -> list[Became]:
    """What became of each table that is within no other: of its errors, and of its times."""
    heads = [each for each in tables if not each.table.within]
    errors = [_of_errors(each) for each in heads if not _only_bars(each)]
    return errors + [_of_times(each) for each in heads if any(c.bars for c in each.compared)]


def _only_bars(pairs: Pairs) -> bool:
    """Whether nothing but times is compared in a table."""
    return bool(pairs.table.compared) and all(each.bars for each in pairs.table.compared)


def _of_errors(pairs: Pairs) -> Became:
    columns, both = tuple(each for each in pairs.compared if not each.bars), _in_both(pairs)
    ratios = both[[f"{each.column}_ratio" for each in columns]].fillna(1)
    worse, better = (ratios > 1).any(axis=1), (ratios < 1).any(axis=1)
    groups = _grouped(columns, both, worse, better, _differs(both)) | _lacking(pairs.only)
    return Became(pairs, columns, groups, bool({"equal", "same"} & {*both}))


def _of_times(pairs: Pairs) -> Became:
    """Rows of which nothing is claimed are the same; what is missing is told with the errors."""
    columns, both = tuple(each for each in pairs.compared if each.bars), _in_both(pairs)
    said = both[[f"{each.column}_verdict" for each in columns]]
    worse, better = (said == SLOWER).any(axis=1), (said == FASTER).any(axis=1)
    only = pairs.only if _only_bars(pairs) else pairs.only[:0]
    groups = _grouped(columns, both, worse, better, _status_differs(both)) | _lacking(only)
    return Became(pairs, columns, groups, known=False)


def _grouped(
    columns: tuple[Compared, ...],
    both: pd.DataFrame,
    worse: pd.Series[bool],
    better: pd.Series[bool],
    differs: pd.Series[bool],
) -> Rows:
    groups = {
        "worse": both[worse],
        "better": both[better & ~worse],
        "other": both[differs & ~worse & ~better],
        "same": both[~differs & ~worse & ~better],
    }
    if columns:
        by = f"{columns[0].lost}_lost" if columns[0].lost else f"{columns[0].column}_ratio"
        order = {"ascending": False, "kind": "stable"}
        groups["worse"] = groups["worse"].sort_values(by, **order)
        groups["better"] = groups["better"].sort_values(by, **order | {"ascending": True})
    return groups


def _lacking(only: pd.DataFrame) -> Rows:
    """The rows that one run lacks, by what became of them."""
    return {"vanished": only[only["side"] == "old"], "new": only[only["side"] == "new"]}


def _in_both(pairs: Pairs) -> pd.DataFrame:
    """The rows of both, without those that are ok in one run only: the other lacks them."""
    if "status" not in pairs.both:
        return pairs.both
    status = pairs.both["status"].astype(str)
    gone, come = status.str.startswith("ok in OLD, "), status.str.endswith(", ok in NEW")
    return pairs.both[~gone & ~come]


def _differs(both: pd.DataFrame) -> pd.Series[bool]:
    """Which rows differ in anything that was compared."""
    found = _status_differs(both)
    if "equal" in both:
        found |= both["equal"] < both["rows"]
        for name in ("rows_only_old", "rows_only_new", "reference_changed", "ok_lost"):
            found |= both[name] > 0
    return found | ~both["same"] if "same" in both else found


def _status_differs(both: pd.DataFrame) -> pd.Series[bool]:
    if "status" not in both:
        return pd.Series(False, index=both.index)
    return ~both["status"].astype(str).str.endswith(" in both")
