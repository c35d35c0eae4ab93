"""Gates for automatic checks: `NAME OP NUMBER`, failed by the rows for which it is true."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from bench.comparison import Comparison
from bench.comparison.claimed import FASTER, RULE, SLOWER
from bench.registry import InputError, canonical, unknown
from bench.results import known_tables
from bench.tables import Table

OPERATORS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
GRAMMAR = re.compile(
    r"\s*([\w.-]+)\s*(>=|<=|>|<)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*", re.I
)
EXAMPLE = "NAME OP NUMBER, such as digits_lost > 0.3, with OP among >, >=, < and <="
EXACT = ("bitwise", "ok_lost", "reference_changed", "rows_only_old", "rows_only_new")


@dataclass(frozen=True)
class Measure:
    """What a gate can judge: a column of the pairs of a table, or how many rows are only in OLD.

    With error bars, in columns that begin with `bars`, only rows of which something is claimed.
    """

    table: str
    column: str = ""
    bars: str = ""


def measures() -> dict[str, Measure]:
    """All that a gate can judge: by the names that a table gives, else TABLE.COLUMN."""
    found = {
        table.gates.get(what) or _full(table, what): measure
        for table in known_tables().values()
        for what, measure in _judged(table)
    }
    return dict(sorted(found.items(), key=lambda item: "." in item[0]))


def _judged(table: Table) -> Iterator[tuple[str, Measure]]:
    """What can be judged of a table, by what its `gates` call it."""
    for each in table.compared:
        bars = each.column if each.bars else ""
        yield each.column, Measure(table.name, f"{each.column}_ratio", bars)
        if each.lost:
            yield each.lost, Measure(table.name, f"{each.lost}_lost")
    for name in EXACT if table.exact else ():
        yield name, Measure(table.name, name)
    yield "missing", Measure(table.name)


def _full(table: Table, what: str) -> str:
    return f"missing.{table.name}" if what == "missing" else f"{table.name}.{what}"


@dataclass(frozen=True)
class Gate:
    """A bound on one measure of a comparison, read from `NAME OP NUMBER`."""

    name: str
    sign: str
    bound: float
    measure: Measure

    def __str__(self) -> str:
        return f"{self.name} {self.sign} {self.bound:g}"

    def judge(self, comparison: Comparison) -> Verdict:
        """Whether a comparison fails the gate, and by which rows, worst first."""
        column, holds = self.measure.column, OPERATORS[self.sign]
        pairs = comparison[self.measure.table]
        if not column:
            rows = pairs.only[pairs.only["side"] == "old"]
            return Verdict(self, rows, bool(holds(len(rows), self.bound)))
        self._check(comparison)
        rows = pairs.both
        if self.measure.bars:
            rows = rows[rows[f"{self.measure.bars}_verdict"].isin([SLOWER, FASTER])]
        fails = rows[holds(rows[column].astype(float), self.bound)]
        fails = fails.sort_values(column, ascending=self.sign.startswith("<"), kind="stable")
        return Verdict(self, fails, len(fails) > 0)

    def _check(self, comparison: Comparison) -> None:
        """InputError where the gate has nothing to judge: that is no reason to pass."""
        pairs, bars = comparison[self.measure.table], self.measure.bars
        table = pairs.table
        if bars and pairs.about != RULE:
            why = f"{table.many} are {pairs.about}"
        elif pairs.both.empty:
            why = f"the runs share no {'curve' if table.exact else table.one}"
        elif bars and pairs.both[f"{bars}_floor"].isna().all():
            why = f"no {table.one} has an error bar in both runs; two processes or more give one"
        else:
            return
        raise InputError(f"gate '{self}' has nothing to judge: {why}")


@dataclass(frozen=True)
class Verdict:
    """Whether a gate failed, and the rows by which it did."""

    gate: Gate
    rows: pd.DataFrame
    failed: bool

    @property
    def found(self) -> str:
        """How many rows it was."""
        return f"{len(self.rows)} row{'' if len(self.rows) == 1 else 's'}"

    def __str__(self) -> str:
        return f"gate {self.gate}: {f'failed, {self.found}' if self.failed else 'passed'}"


def gate(text: str) -> Gate:
    """The gate that a text spells; InputError tells the grammar or the names."""
    found = GRAMMAR.fullmatch(text)
    if found is None:
        raise InputError(f"gate {text!r} cannot be read; allowed: {EXAMPLE}")
    name, sign, number = found.groups()
    known = {canonical(each): (each, measure) for each, measure in measures().items()}
    if canonical(name) not in known:
        raise unknown("gate", name, [each for each, _ in known.values()])
    spelled, judged = known[canonical(name)]
    return Gate(spelled, sign, float(number), judged)
