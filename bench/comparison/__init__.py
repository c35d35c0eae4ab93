"""Two runs beside each other: what became of every row of every table between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bench.comparison.claimed import RULE, check, rule_of
from bench.comparison.pairing import Pairing, by_device, paired, pairings
from bench.comparison.pairs import Frames, Pairs, pairs_of, with_finer
from bench.comparison.provenance import changed
from bench.registry import InputError, found_at
from bench.results import Results, known_tables, load
from bench.tables import Table


@dataclass(frozen=True)
class Comparison:
    """Two runs beside each other: `comparison["best"]` are the `Pairs` of that table.

    `tables` has every known table, an empty one where no run holds it; `changed` what differs in
    how the runs came to be, probes included; `pair` the axes on which they differ and are paired.
    """

    old: Results
    new: Results
    tables: Mapping[str, Pairs]
    changed: pd.DataFrame
    pair: tuple[Pairing, ...] = ()

    def __getitem__(self, name: str) -> Pairs:
        return self.tables[name]

    @property
    def title(self) -> str:
        """What is compared."""
        values = ([each.old for each in self.pair], [each.new for each in self.pair])
        names = zip((self.old.title, self.new.title), values, strict=True)
        return " → ".join(", ".join([name, *mine]) for name, mine in names)

    @property
    def held(self) -> list[Pairs]:
        """The tables that a run holds, those of whole curves first."""
        names = {*self.old.tables, *self.new.tables}
        held = [pairs for name, pairs in self.tables.items() if name in names]
        return sorted(held, key=lambda pairs: bool(pairs.table.within))

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return str(found_at("bench.tell.notebook:compared")(self))

    def __repr__(self) -> str:
        """What was compared, and the size of each table."""
        sizes = ", ".join(f"{pairs.table.name}: {len(pairs.both)}" for pairs in self.held)
        return f"Comparison({self.old.title!r}, {self.new.title!r}, rows of {sizes})"


def compare(
    old: str | Path | Results,
    new: str | Path | Results,
    *,
    pair: str | Sequence[str] = (),
    across_machines: bool = False,
) -> Comparison:
    """Compare two results folders, or two runs.

    `pair` names what the runs differ in and are compared across: `backend`, or
    `backend=numpy:jax`, the value in OLD and that in NEW; any name that tells rows apart. What has
    error bars (times) is compared on two machines only with `across_machines`. Raises InputError
    for what is not a results folder, is damaged or of another schema.
    """
    before, after = (each if isinstance(each, Results) else load(each) for each in (old, new))
    asked = pairings(pair, before, after)
    pairs = asked if any(p.axis == "device" for p in asked) else (*asked, *by_device(before, after))
    known = {name: table for name, table in known_tables().items() if table.keys}
    sides = []
    for each, is_new in ((before, False), (after, True)):
        sides.append(_frames(known, paired(each, pairs, is_new=is_new)))
        _check(each, known, sides[-1])
    found = []
    for table in known.values():
        about = rule_of(table, before, after, across_machines)
        found.append(pairs_of(table, sides[0], sides[1], about, about not in ("", RULE)))
    tables = {each.table.name: with_finer(each, found) for each in found}
    return Comparison(before, after, tables, changed(before.record, after.record), asked)


def _frames(known: Mapping[str, Table], results: Results) -> Frames:
    """Every known table of a run, empty where it is not held."""
    empty = {name: table.frame(table.schema.empty_table()) for name, table in known.items()}
    return {name: results.tables.get(name, nothing) for name, nothing in empty.items()}


def _check(results: Results, known: Mapping[str, Table], frames: Frames) -> None:
    """InputError names tables of a run that do not belong together."""
    for table in known.values():
        check(table, frames[table.name], results.title)
        if not table.within or table.name not in results.tables:
            continue
        both = (frames[each][table.names].astype(str) for each in (table.name, table.within))
        first, second = ({*each.drop_duplicates().itertuples(index=False)} for each in both)
        if first != second:
            raise InputError(
                f"{table.file} and {known[table.within].file} of {results.title} are not of the "
                "same run: their curves differ"
            )
