"""Claims judged: the sentences of a study held against the tables of a run.

A measure is one decorated function from the tables to numbers; what they are worth together is a
statistic.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.experiments import experiments
from bench.registry import InputError, Registry, canonical, definition, unknown
from bench.results import Results, known_tables
from bench.study import Claim, Verdict
from bench.study.claims import Outcome
from bench.study.names import AXES, groups_of, known_on
from bench.values import Floats

Take = Callable[[Claim, Results], Floats | Sequence[float]]


@dataclass(frozen=True)
class Measure:
    """A way to get numbers from the tables of a run: one a row, or one a pair of rows."""

    name: str
    take: Take
    needs: tuple[str, ...]

    @property
    def summary(self) -> str:
        """What is measured, in one line."""
        return definition(self.take)


measures: Registry[Measure] = Registry(
    "measure", Measure, "bench.claims:measures", package=__name__, home=lambda m: m.take.__module__
)


def measure(*needs: str) -> Callable[[Take], Measure]:
    """Register a function as a measure under its name; a claim must give what it needs."""

    def register(take: Take) -> Measure:
        return measures.add(take.__name__, Measure(take.__name__, take, needs))

    return register


def judge(claims: Iterable[Claim], results: Results) -> tuple[Verdict, ...]:
    """The verdict on each claim, from the tables of a run."""
    return tuple(_judged(claim, results) for claim in claims)


def _judged(claim: Claim, results: Results) -> Verdict:
    try:
        return _verdict(claim, results)
    except (KeyError, ValueError, TypeError, IndexError, StopIteration) as error:
        reason = f"{type(error).__name__}: {error}"
        raise InputError(f"claim {claim.says!r} cannot be measured: {reason}") from error


def _verdict(claim: Claim, results: Results) -> Verdict:
    from bench.claims.rows import lacking, table_of

    is_there = claim.column is None or table_of(claim, results) is not None
    taken = measures[claim.measure].take(claim, results) if is_there else []
    values = np.asarray(taken, np.float64)
    values = values[~np.isnan(values)]
    measured = float(getattr(np, claim.statistic)(values)) if len(values) else None
    return Verdict(
        claim.says,
        _outcome(claim, measured),
        measured,
        claim.bound,
        len(values),
        f"{claim.statistic} {claim.measure} {claim.column or ''}".strip(),
        claim.source,
        lacking(claim, results) if measured is None and not results.record.part_of else "",
    )


def _outcome(claim: Claim, measured: float | None) -> Outcome:
    if measured is None:
        return "not measured"
    return "held" if claim.holds(measured) else "refuted"


def check_claims(claims: Iterable[Claim], study: str) -> None:
    """InputError unless each claim's table, column and the names on its axes are known."""
    for claim in claims:
        try:
            _check_columns(claim)
            _check_axes(claim)
        except InputError as error:
            raise InputError(f"claim {claim.says!r} of study {study!r}: {error}") from None


def _check_columns(claim: Claim) -> None:
    from bench.claims.rows import asked_of, can_answer

    tables = known_tables()
    if claim.table is not None and claim.table not in tables:
        raise unknown("table", claim.table, sorted(tables))
    chosen = list(tables.values()) if claim.table is None else [tables[claim.table]]
    known = {name for table in chosen for name in (*table.columns, *table.derived)}
    if claim.column is not None and claim.column not in known:
        raise unknown("column", claim.column, sorted(known))
    texts = {n for table in chosen for n, each in table.columns.items() if each.kind == "text"}
    if claim.column in texts:
        raise InputError(f"column {claim.column!r} of a claim holds names; allowed: numbers")
    if claim.column is not None and not any(can_answer(table, claim) for table in chosen):
        raise InputError(
            "no one table has its columns "
            f"{', '.join(sorted(asked_of(claim)))}; `bench list columns` has those of each"
        )


def _check_axes(claim: Claim) -> None:
    names = names_of_axes()
    for where in (claim.where, claim.of, claim.over):
        for axis, wanted in where.items():
            if axis not in names:
                continue
            spelled = {canonical(name) for name in names[axis]}
            for each in wanted if isinstance(wanted, tuple) else (wanted,):
                if canonical(str(each).partition("~")[0]) not in spelled:  # noise has any level
                    listed = {*known_on(axis), *groups_of(axis)} if axis in AXES else names[axis]
                    raise unknown(axis, str(each), sorted(listed), sorted(names[axis]))


def names_of_axes() -> Mapping[str, Collection[str]]:
    """What a claim may call the values of an axis: all that is known, and groups of it."""
    found: dict[str, set[str]] = {axis: {*known_on(axis), *groups_of(axis)} for axis in AXES}
    for each in experiments.values():
        for axis, names in each.names().items():
            found.setdefault(axis, set()).update(names)
    return found
