"""Which machine did what of a run; where processors differ, whether their bits do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from bench.results.journal import Journal
from bench.results.packing import count_of, gathered, unpacked
from bench.results.record import Machine, Share
from bench.running.hands import pieces_of
from bench.running.work import Work
from bench.values import Array


def shares_of(work: Sequence[Work], journal: Journal, here: Machine) -> tuple[Share, ...]:
    """What each machine did; nothing where all was done by one such as this.

    The first item that another processor did is done here, too, and its rows are compared.
    """
    by: dict[Machine, list[Work]] = {}
    for each in work:
        by.setdefault(journal.entries[each.key].machine, []).append(each)
    if set(by) <= {here}:
        return ()
    return tuple(_share(machine, mine, journal, here) for machine, mine in by.items())


def _share(machine: Machine, work: Sequence[Work], journal: Journal, here: Machine) -> Share:
    if machine.processor == here.processor:
        return Share(machine=machine, count=len(work))
    names = tuple(str(each.item) for each in work)
    same = [each for each in work if journal.entries[each.key].failure is None]
    compared, differ = _compared(same[0], journal) if same else (0, 0)
    return Share(machine=machine, count=len(work), items=names, compared=compared, differ=differ)


def _compared(work: Work, journal: Journal) -> tuple[int, int]:
    """The rows of an item that was done elsewhere, and how many are not bit for bit those here."""
    rows = differ = 0
    again = pieces_of(work.experiment.name, work.item, lambda *step: None)
    for (_, there), (_, here) in zip(journal.read(work.key), gathered(again), strict=True):
        rows += count_of(here)
        differ += differing(unpacked(there), unpacked(here))
    return rows, differ


def differing(one: pa.Table, other: pa.Table) -> int:
    """How many rows of two tables of one length have other bits; all, where the lengths differ."""
    if one.num_rows != other.num_rows:
        return int(max(one.num_rows, other.num_rows))
    found = np.zeros(one.num_rows, bool)
    for a, b in zip(one.columns, other.columns, strict=True):
        found |= _bits(a) != _bits(b)
    return int(found.sum())


def _bits(column: pa.ChunkedArray) -> Array:
    """The values of a column as what can be compared: a float by its bits, so that NaN is NaN."""
    if pa.types.is_floating(column.type):
        return np.asarray(column.fill_null(np.nan).to_numpy()).view(np.int64)
    return np.asarray(column.to_pylist(), dtype=object)
