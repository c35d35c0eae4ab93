"""Two runs beside each other: what became of every row of every table between them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bench.comparison.claimed import RULE, check, rule_of
from bench.comparison.pairs import Pairs, pairs_of
from bench.registry import InputError
from bench.results import Results, known_tables, load
from bench.results.record import Record
from bench.tables import Table
from bench.values import Value

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
        """The tables that a run holds."""
        names = {*self.old.tables, *self.new.tables}
        return [pairs for name, pairs in self.tables.items() if name in names]

    def finer(self, table: Table) -> list[Pairs]:
        """The tables of which each curve is a row of this one."""
        return [pairs for pairs in self.held if pairs.table.within == table.name]

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
    known = known_tables()
    frames = {name: _frames(table, before, after) for name, table in known.items()}
    sides = [{name: both[i] for name, both in frames.items()} for i in (0, 1)]
    for results, mine in zip((before, after), sides, strict=True):
        _check(results, known, mine)
    found = {}
    for name, table in known.items():
        about = rule_of(table, before, after, across_machines)
        found[name] = pairs_of(table, sides[0], sides[1], about, about not in ("", RULE))
    changed = pd.DataFrame(_changed(before.record, after.record), columns=["what", "old", "new"])
    return Comparison(before, after, found, changed)


def _frames(table: Table, old: Results, new: Results) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A table of both runs, empty where it is not held.

    Rows of one device each, but not the same, are matched as if they were of one.
    """
    nothing = table.frame(table.schema.empty_table())
    before, after = (
        nothing if (frame := each.get(table.name)) is None else frame for each in (old, new)
    )
    if "device" not in table.columns:
        return before, after
    devices = [sorted(set(each["device"].astype(str))) for each in (before, after)]
    if devices[0] == devices[1] or [len(each) for each in devices] != [1, 1]:
        return before, after
    name = [f"{devices[0][0]} and {devices[1][0]}"]
    renamed = (
        each.assign(device=pd.Categorical.from_codes(np.zeros(len(each), np.int8), name))
        for each in (before, after)
    )
    return next(renamed), next(renamed)


def _check(results: Results, known: Mapping[str, Table], frames: Mapping[str, pd.DataFrame]) -> None:
    """InputError names tables of a run that do not belong together."""
    for name, table in known.items():
        check(table, frames[name], results.title)
        if not table.within or name not in results.tables:
            continue
        curves = [
            {*frames[each][table.names].drop_duplicates().itertuples(index=False, name=None)}
            for each in (name, table.within)
        ]
        if curves[0] != curves[1]:
            raise InputError(
                f"{table.file} and {known[table.within].file} of {results.title} are not of the "
                "same run: their curves differ"
            )


def _changed(old: Record, new: Record) -> Iterator[tuple[str, str, str]]:
    """What differs in how two runs came to be; not the names of what only one of them has."""
    before, after = (_described(each) for each in (old, new))
    for what in dict.fromkeys([*before, *after]):
        known = what in before and what in after
        shared = known or what.partition(".")[0] not in {*NAMED, "probes"}
        if shared and before.get(what) != after.get(what):
            yield what, before.get(what, "not there"), after.get(what, "not there")


def _described(record: Record) -> dict[str, str]:
    """How a run came to be, by what is told of it; probes by name, backend and format."""
    probes = {
        f"{each.probe}, {each.backend} {each.precision}".strip(): each.found
        for each in record.probes
    }
    data = record.model_dump(mode="json", include=SECTIONS | NAMED)
    return dict(_flat(data | {"probes": probes}))


def _flat(values: Mapping[str, Value], path: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if name in TEXTS:
            continue
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{name}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield f"{path}{name}", text
