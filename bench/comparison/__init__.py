"""Two runs beside each other: what became of every row of every table between them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bench.comparison.claimed import RULE, check, rule_of
from bench.comparison.pairs import Frames, Pairs, pairs_of, with_finer
from bench.registry import InputError
from bench.results import Results, known_tables, load
from bench.results.record import Record
from bench.tables import Table

SECTIONS = {"study", "versions", "python", "machine", "backends", "xla_flags"}
NAMED = {"problems", "schemes"}  # of these only what both runs have
TEXTS = {"name", "question", "figures", "claims", "summary", "difficulty", "source"}


@dataclass(frozen=True)
class Comparison:
    """Two runs beside each other: `comparison["best"]` are the `Pairs` of that table.

    `tables` has every known table, an empty one where no run holds it; `changed` what differs in
    how the runs came to be, probes included.
    """

    old: Results
    new: Results
    tables: Mapping[str, Pairs]
    changed: pd.DataFrame

    def __getitem__(self, name: str) -> Pairs:
        return self.tables[name]

    @property
    def title(self) -> str:
        """What is compared."""
        return f"{self.old.title} → {self.new.title}"

    @property
    def held(self) -> list[Pairs]:
        """The tables that a run holds, those of whole curves first."""
        names = {*self.old.tables, *self.new.tables}
        held = [pairs for name, pairs in self.tables.items() if name in names]
        return sorted(held, key=lambda pairs: bool(pairs.table.within))

    def __repr__(self) -> str:
        """What was compared, and the size of each table."""
        sizes = ", ".join(f"{pairs.table.name}: {len(pairs.both)}" for pairs in self.held)
        return f"Comparison({self.old.title!r}, {self.new.title!r}, rows of {sizes})"


def compare(
    old: str | Path | Results, new: str | Path | Results, *, across_machines: bool = False
) -> Comparison:
    """Compare two results folders, or two runs.

    What has error bars (times) is compared on two machines only with `across_machines`. Raises
    InputError for what is not a results folder, is damaged or of another schema.
    """
    before, after = (each if isinstance(each, Results) else load(each) for each in (old, new))
    known = {name: table for name, table in known_tables().items() if table.keys}
    both = {name: _frames(table, before, after) for name, table in known.items()}
    sides = [{name: frames[i] for name, frames in both.items()} for i in (0, 1)]
    for results, mine in zip((before, after), sides, strict=True):
        _check(results, known, mine)
    found = []
    for table in known.values():
        about = rule_of(table, before, after, across_machines)
        found.append(pairs_of(table, sides[0], sides[1], about, about not in ("", RULE)))
    changed = pd.DataFrame(_changed(before.record, after.record), columns=["what", "old", "new"])
    tables = {each.table.name: with_finer(each, found) for each in found}
    return Comparison(before, after, tables, changed)


def _frames(table: Table, old: Results, new: Results) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A table of both runs, empty where it is not held.

    Rows of one device each, but not the same, are matched as if they were of one.
    """
    nothing = table.frame(table.schema.empty_table())
    found = [each.tables.get(table.name, nothing) for each in (old, new)]
    if "device" in table.columns:
        devices = [sorted(set(each["device"].astype(str))) for each in found]
        if devices[0] != devices[1] and [len(each) for each in devices] == [1, 1]:
            name = f"{devices[0][0]} and {devices[1][0]}"
            found = [each.assign(device=name) for each in found]
    return found[0], found[1]


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


def _changed(old: Record, new: Record) -> Iterator[tuple[str, str, str]]:
    """What differs in how two runs came to be; not the names of what only one of them has."""
    before, after = (_described(each) for each in (old, new))
    for what in dict.fromkeys([*before, *after]):
        was, became = (each.get(what, "not there") for each in (before, after))
        named = what.partition(".")[0] in {*NAMED, "probes"}
        if was != became and not (named and "not there" in (was, became)):
            yield what, was, became


def _described(record: Record) -> dict[str, str]:
    """How a run came to be, by what is told of it; probes by name, backend and format."""
    probes = {
        f"{each.probe}, {each.backend} {each.precision}".strip(): each.found
        for each in record.probes
    }
    data = record.model_dump(mode="json", include=SECTIONS | NAMED)
    return dict(_flat(data | {"probes": probes}))


def _flat(values: Mapping[str, object], path: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if name in TEXTS:
            continue
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{name}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield f"{path}{name}", text
