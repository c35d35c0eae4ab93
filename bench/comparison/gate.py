"""Gates for automatic checks: `NAME OP NUMBER`, failed by the rows for which it is true."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from bench.comparison import Comparison
from bench.comparison.columns import BEST_OF_BOTH, STEPS, TIMES
from bench.comparison.times import RULE, claimed
from bench.registry import InputError, canonical

OPERATORS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
GRAMMAR = re.compile(
    r"\s*([\w-]+)\s*(>=|<=|>|<)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*", re.I
)
EXAMPLE = "NAME OP NUMBER, such as digits_lost > 0.3, with OP among >, >=, < and <="


@dataclass(frozen=True)
class Measure:
    """What a gate can judge: where its rows are, the column, and what it means.

    `counted` judges how many rows there are; the column is then empty.
    """

    rows: Callable[[Comparison], pd.DataFrame]
    column: str
    meaning: str
    counted: bool = False


def _missing(*what: str) -> Callable[[Comparison], pd.DataFrame]:
    def found(comparison: Comparison) -> pd.DataFrame:
        only = comparison.only
        return only[(only["side"] == "old") & only["what"].isin(what)]

    return found


MEASURES = {
    "digits_lost": Measure(lambda c: c.best, "digits_lost", BEST_OF_BOTH["digits_lost"]),
    "error": Measure(lambda c: c.best, "error", "the ratio of best errors, NEW / OLD"),
    "error_at_step": Measure(lambda c: c.steps, "error", STEPS["error"]),
    "bitwise": Measure(lambda c: c.best, "bitwise", "the share of rows equal bit for bit"),
    "ok_lost": Measure(lambda c: c.best, "ok_lost", "rows that are ok in OLD and not in NEW"),
    "time": Measure(lambda c: claimed(c.times), "time", f"{TIMES['time']}; only where claimed"),
    "gradient_error": Measure(
        lambda c: c.gradients, "error", "the ratio of errors of gradients of n variables, NEW / OLD"
    ),
    "missing": Measure(_missing("curve"), "", "the number of curves only in OLD", counted=True),
    "missing_steps": Measure(_missing("step"), "", "the number of steps only in OLD", counted=True),
    "missing_gradients": Measure(
        _missing("gradient"), "", "the number of gradients only in OLD", counted=True
    ),
    "missing_times": Measure(
        _missing("time"), "", "the number of times ok only in OLD", counted=True
    ),
}


@dataclass(frozen=True)
class Gate:
    """A bound on one measure of a comparison, read from `NAME OP NUMBER`."""

    name: str
    sign: str
    bound: float

    def __str__(self) -> str:
        return f"{self.name} {self.sign} {self.bound:g}"

    def judge(self, comparison: Comparison) -> Verdict:
        """Whether a comparison fails the gate, and by which rows, worst first."""
        measure, holds = MEASURES[self.name], OPERATORS[self.sign]
        rows = measure.rows(comparison)
        if measure.counted:
            return Verdict(self, rows, bool(holds(len(rows), self.bound)))
        self._check(comparison)
        fails = rows[holds(rows[measure.column].astype(float), self.bound)]
        least_first = self.sign.startswith("<")
        fails = fails.sort_values(measure.column, ascending=least_first, kind="stable")
        return Verdict(self, fails, len(fails) > 0)

    def _check(self, comparison: Comparison) -> None:
        """InputError where the gate has nothing to judge: that is no reason to pass."""
        judges, why = comparison.best, "the runs share no curve"
        if self.name == "error_at_step":
            judges, why = comparison.steps, "the runs share no step"
        if self.name == "gradient_error":
            judges, why = comparison.gradients, "the runs share no gradient"
        if self.name == "time":
            judges, why = comparison.times, f"times are {comparison.about_times}"
            why = why if comparison.about_times != RULE else "the runs share no time"
            if len(judges) and judges["floor"].isna().all():
                judges = judges.iloc[:0]
                why = "no time has an error bar in both runs; two processes or more give one"
        if judges.empty:
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
    if canonical(name) not in MEASURES:
        raise InputError(f"gate {text!r} names {name!r}; allowed: {', '.join(MEASURES)}")
    return Gate(canonical(name), sign, float(number))
