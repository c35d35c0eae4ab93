"""Which machine did what of a run; where processors differ, whether their bits do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
import pyarrow as pa

from bench.experiments.doing import pieces_of
from bench.formats import formats
from bench.problems import problems
from bench.results.bits import EVERYWHERE, Twice
from bench.results.journal import Journal
from bench.results.machines import Machine
from bench.results.packing import gathered, unpacked
from bench.results.shares import Done, Share
from bench.running.guard import words_of
from bench.running.work import Work
from bench.tables import Table
from bench.values import Array, Flags, Floats

SECONDS = 60.0  # after which no other item is done again
PART = 10  # of so many items one is done again, where there are not as many kinds


def shares_of(
    work: Sequence[Work],
    journal: Journal,
    here: Machine,
    tell: Callable[[str], None] = lambda what: None,
) -> tuple[Share, ...]:
    """What each machine did; nothing where all was done by one such as this.

    Some items of each other processor are done here, too, and their rows compared.
    """
    by: dict[Machine, list[Work]] = {}
    for each in work:
        by.setdefault(journal.entries[each.key].machine, []).append(each)
    if set(by) <= {here}:
        return ()
    until = time.monotonic() + SECONDS
    return tuple(_share(machine, mine, journal, here, until, tell) for machine, mine in by.items())


def _share(
    machine: Machine,
    work: Sequence[Work],
    journal: Journal,
    here: Machine,
    until: float,
    tell: Callable[[str], None],
) -> Share:
    if machine.processor == here.processor:
        return Share(machine=machine, count=len(work))
    well = [each for each in work if journal.entries[each.key].failure is None]
    again: list[Work] = []
    found = _Found()
    for each in chosen(well):
        if again and time.monotonic() > until:
            break
        tell(str(each.item))
        found.add(each, journal)
        again.append(each)
    return Share(
        machine=machine,
        count=len(work),
        items=tuple(_done(each, journal) for each in work),
        again=tuple(str(each.item) for each in again),
        kinds=len({_kind(each) for each in well}),
        met=len({_kind(each) for each in again}),
        twice=found.all(),
    )


def chosen(work: Sequence[Work]) -> list[Work]:
    """The items that are done again: one of each kind, drawn by its key, and a tenth of all."""
    kinds: dict[object, list[Work]] = {}
    for each in sorted(work, key=lambda each: each.key):
        kinds.setdefault(_kind(each), []).append(each)
    drawn = [each for one in zip_longest(*kinds.values()) for each in one if each is not None]
    return drawn[: max(len(kinds), len(work) // PART)]


def _kind(work: Work) -> tuple[str, frozenset[str]]:
    """The experiment and the names that an item is made of, but for its problem."""
    return work.experiment.name, frozenset(words_of(work.item) - {*problems})


def _done(work: Work, journal: Journal) -> Done:
    """An item, and the names of its rows."""
    names: dict[str, dict[str, None]] = {}
    for table, packed in journal.read(work.key):
        rows = unpacked(packed)
        for name in table.names:
            found = rows.column(name).unique().to_pylist()
            names.setdefault(name, {}).update(dict.fromkeys(found))
    kept = {name: tuple(values) for name, values in names.items()}
    return Done(item=str(work.item), experiment=work.experiment.name, names=kept)


@dataclass
class _Kind:
    """What becomes of the rows of a kind that both did."""

    rows: int = 0
    differ: int = 0
    ulps: float | None = None
    digits: float | None = None


class _Found:
    """What becomes of all rows that both did, by the table and the names of their kind."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, tuple[str, ...]], _Kind] = {}
        self._names: dict[str, list[str]] = {}

    def add(self, work: Work, journal: Journal) -> None:
        """Do an item here, and compare its rows with those that were done elsewhere."""
        tables = work.experiment.tables
        exact = {table.within: table for table in tables if table.exact}
        again = pieces_of(work.experiment.name, work.item, lambda *step: None)
        for (table, first), (_, second) in zip(
            journal.read(work.key), gathered(again), strict=True
        ):
            there, here = unpacked(first), unpacked(second)
            if table.exact or not exact:
                self._count(table, there, here)
            elif table.name in exact:
                self._lose(exact[table.name], table, there, here)

    def all(self) -> tuple[Twice, ...]:
        """All kinds of rows, in order."""
        return tuple(
            Twice(table=table, names=dict(zip(self._names[table], kind, strict=True)), **vars(each))
            for (table, kind), each in self._of.items()
        )

    def _count(self, table: Table, there: pa.Table, here: pa.Table) -> None:
        """Add rows whose bits are compared."""
        differ = differing(there, here)
        ulps = _ulps(table, there, here) if table.exact and len(there) == len(here) else None
        for kind, mine in self._kinds(table, here):
            kind.rows += int(mine.sum())
            kind.differ += int(differ[mine].sum())
            if ulps is not None:
                kind.ulps = max(kind.ulps or 0.0, float(ulps[mine].max()))

    def _lose(self, of: Table, table: Table, there: pa.Table, here: pa.Table) -> None:
        """Add curves whose digits are compared to the kinds of their rows."""
        for name in [each.lost for each in table.compared if each.lost]:
            a, b = (each.column(name).fill_null(np.nan).to_numpy() for each in (there, here))
            alike = (a == b) | (np.isnan(a) & np.isnan(b))
            with np.errstate(invalid="ignore"):
                apart = np.where(alike, 0.0, np.abs(a - b))
            apart[np.isnan(apart)] = np.inf
            for kind, mine in self._kinds(of, here):
                kind.digits = max(kind.digits or 0.0, float(apart[mine].max()))

    def _kinds(self, table: Table, rows: pa.Table) -> Iterator[tuple[_Kind, Flags]]:
        """The kinds that some rows are of, each with these rows."""
        names = self._names[table.name] = [n for n in table.names if n not in EVERYWHERE]
        texts = list(zip(*(rows.column(n).to_pylist() for n in names), strict=True))
        of = np.asarray(texts, dtype=object).reshape(len(rows), len(names))
        for kind in dict.fromkeys(map(tuple, of.tolist())):
            yield (
                self._of.setdefault((table.name, kind), _Kind()),
                (of == np.asarray(kind, dtype=object)).all(axis=1),
            )


def differing(one: pa.Table, other: pa.Table) -> Flags:
    """Which rows of another table have other bits; all, where the lengths differ."""
    if one.num_rows != other.num_rows:
        return np.ones(other.num_rows, bool)
    found = np.zeros(one.num_rows, bool)
    for a, b in zip(one.columns, other.columns, strict=True):
        found |= _bits(a) != _bits(b)
    return found


def _ulps(table: Table, one: pa.Table, other: pa.Table) -> Floats:
    """How far the numbers that are compared are apart, in ulps of their format."""
    a, b = (each.column(table.exact).fill_null(np.nan).to_numpy() for each in (one, other))
    of = np.asarray(one.column("precision").to_pylist()) if "precision" in table.names else None
    if of is None:
        return formats["float64"].apart(a, b)
    found = np.zeros(len(a))
    for name in set(of):
        found[of == name] = formats[name].apart(a[of == name], b[of == name])
    return found


def _bits(column: pa.ChunkedArray) -> Array:
    """The values of a column as what can be compared: a float by its bits, so that NaN is NaN."""
    if pa.types.is_floating(column.type):
        return np.asarray(column.fill_null(np.nan).to_numpy()).view(np.int64)
    return np.asarray(column.to_pylist(), dtype=object)
