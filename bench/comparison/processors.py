"""Rows that one processor did in OLD and another in NEW: whether their bits differ is a finding."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from bench.comparison import Comparison
from bench.comparison.matching import numbers
from bench.comparison.pairs import Pairs
from bench.experiments import experiments
from bench.results.bits import EVERYWHERE, Twice, said_of
from bench.results.record import Record
from bench.tables import Table

ALIKE = 0.05  # digits: a number of digits is told to one decimal
DEVICE = "device"  # one in a run, and paired where it is another's


@dataclass(frozen=True)
class Processors:
    """The processors that did two runs, and the kinds of rows that both runs have.

    `apart` are the rows that one did in OLD and another in NEW, `same` those that one did in both;
    `lost` are the digits that each curve with other bits lost, of those apart.
    """

    old: Sequence[str]
    new: Sequence[str]
    apart: Sequence[Twice]
    same: Sequence[Twice]
    lost: Sequence[float]

    def sentences(self) -> Iterator[str]:
        """Who did what, how many rows have other bits, and what became of the digits."""
        mixed = len(self.old) + len(self.new) > 2
        which = "that one did in OLD and another in NEW" if mixed else "in both runs"
        told = said_of(self.apart, which)
        if self.same:
            told += f"; {said_of(self.same, 'that one did in both')}"
        old, new = (" and ".join(each) for each in (self.old, self.new))
        who = (
            f"OLD was done by {old}, NEW by {new}"
            if old != new
            else f"both runs were done by {old}"
        )
        yield f"{who}: {told}"
        if self.lost:
            yield _digits(np.array(self.lost))

    def as_data(self) -> dict[str, object]:
        """All of it as what JSON has: an infinite number as a text."""
        kinds = {"apart": self.apart, "same": self.same}
        told = {
            name: [
                {key: str(x) if x == math.inf else x for key, x in each.model_dump().items()}
                for each in found
            ]
            for name, found in kinds.items()
        }
        return {"old": [*self.old], "new": [*self.new], **told}


def processors_of(comparison: Comparison) -> Processors | None:
    """What other processors make of the rows of two runs; None where one did all, or a name is
    paired.
    """
    records = comparison.old.record, comparison.new.record
    old, new = (each.processors for each in records)
    if comparison.pair or {*old} | {*new} == {old[0]}:
        return None
    apart: list[Twice] = []
    same: list[Twice] = []
    lost: list[float] = []
    for head in comparison.held:
        if (rows := _rows(comparison, head)) is None:
            continue
        table = head.table
        doers = [_doers(each, table, rows) for each in records]
        rows["apart"] = [a != b for a, b in zip(*doers, strict=True)]
        kinds = [name for name in table.names if name not in EVERYWHERE]
        for (is_apart, *kind), mine in rows.groupby(["apart", *kinds], observed=True, sort=False):
            names = dict(zip(kinds, map(str, kind), strict=True))
            (apart if is_apart else same).append(_twice(table, names, mine))
        if "digits" in rows:
            lost += rows.loc[rows["apart"] & (rows["differ"] > 0), "digits"].dropna().tolist()
    return Processors(old, new, apart, same, lost)


def _rows(comparison: Comparison, head: Pairs) -> pd.DataFrame | None:
    """Names of rows in both runs: how many `rows`, how many `differ`, `ulps`, `digits` lost.

    None for a table that is within another, or has nothing but times.
    """
    table, both = head.table, head.both
    errors = [each for each in table.compared if not each.bars]
    if table.within or both.empty or (table.compared and not errors):
        return None
    exact = [p for p in comparison.held if p.table.within == table.name and p.table.exact]
    if exact:
        of = exact[0].both
        found = of[[*table.names, "rows", "ulps"]].assign(differ=of["rows"] - of["equal"])
        lost = [f"{each.lost}_lost" for each in errors if each.lost]
        if lost:
            curves = both[[*table.names, lost[0]]].rename(columns={lost[0]: "digits"})
            found = found.merge(curves, on=table.names, how="left")
        return found
    if "same" in both:
        differ = ~both["same"]
    else:
        ratios = both[[f"{each.column}_ratio" for each in errors]].fillna(1)
        differ = (ratios != 1).any(axis=1)
    return both[table.names].assign(rows=1, differ=differ.astype(int))


def _doers(record: Record, table: Table, rows: pd.DataFrame) -> list[str]:
    """Which processor did each row of a run."""
    names = [name for name in table.names if name != DEVICE]
    of = {each.name: name for name, known in experiments.items() for each in known.tables}
    known: dict[tuple[str, ...], str] = {}
    for share in record.shares:
        for item in share.items:
            if item.experiment == of[table.name]:
                axes = [item.names.get(name, ()) for name in names]
                known |= dict.fromkeys(product(*axes), share.machine.processor)
    keys = rows[names].astype(str).itertuples(index=False, name=None)
    return [known.get(key, record.machine.processor) for key in keys]


def _twice(table: Table, names: Mapping[str, str], rows: pd.DataFrame) -> Twice:
    """A kind of rows."""
    digits = np.abs(numbers(rows["digits"].dropna())) if "digits" in rows else np.empty(0)
    return Twice(
        table=table.name,
        names=dict(names),
        rows=int(rows["rows"].sum()),
        differ=int(rows["differ"].sum()),
        ulps=float(rows["ulps"].max()) if "ulps" in rows else None,
        digits=float(digits.max()) if len(digits) else None,
    )


def _digits(lost: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    """What became of the digits of curves with other bits."""
    groups = ((lost >= ALIKE, "fewer"), (lost <= -ALIKE, "more"))
    alike = int((np.abs(lost) < ALIKE).sum())
    told = [f"{alike:,} {'has' if alike == 1 else 'have'} as many digits to a decimal"]
    for which, words in groups:
        most = max((abs(x) for x in lost[which].tolist() if math.isfinite(x)), default=0.0)
        if which.any():
            told.append(f"{which.sum():,} {words}{f' (by at most {most:.2f})' if most else ''}")
    return f"of {len(lost):,} curve{'s' * (len(lost) != 1)} with other bits {', '.join(told)}"
