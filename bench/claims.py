"""Claims: sentences of a study that its own tables hold or refute.

A claim says a sentence, names what is measured on which rows, and bounds it. A measure is one
decorated function from the tables to numbers; what they are worth together is a statistic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from bench.formats import formats
from bench.registry import InputError, Registry, canonical, definition, unknown
from bench.schemes.stencils import stencil_weights

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    Floats = npt.NDArray[np.float64]

Scalar = str | float
Where = Mapping[str, Scalar | tuple[Scalar, ...]]
Outcome = Literal["held", "refuted", "not measured"]
Statistic = Literal["median", "max", "min", "mean"]
NAMED = ("problem", "scheme", "precision", "backend", "device", "status", "optimizer", "step_kind")
NUMBERED = ("noise", "x", "h", "n", "rate", "iteration")
AXES = (*NAMED, *NUMBERED)
KEYS = ("problem", "scheme", "precision", "backend", "device", "optimizer", "step_kind")
POSITIONS = ("x", "h", "n", "rate", "iteration")


class Tables(Protocol):
    """What claims are about: the tables of a run, and how it came to be."""

    @property
    def accuracy(self) -> pd.DataFrame: ...
    @property
    def curves(self) -> pd.DataFrame: ...
    @property
    def best(self) -> pd.DataFrame: ...
    @property
    def more(self) -> Mapping[str, pd.DataFrame]: ...
    @property
    def run(self) -> Mapping[str, Any]: ...


class Claim(BaseModel):
    """A sentence, what is measured to hold or refute it, and the bound."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    says: Annotated[str, Field(min_length=1, description="a sentence")]
    measure: Annotated[str, Field(description="a measure")]
    table: Annotated[str | None, Field(description="a table")] = None
    column: Annotated[str | None, Field(description="a column of a table")] = None
    where: Annotated[Where, Field(description="a table of axes and values")] = {}
    of: Annotated[Where, Field(description="a table of axes and values")] = {}
    over: Annotated[Where, Field(description="a table of axes and values")] = {}
    against: Annotated[
        Literal["unit_roundoff", "noise", "h", "n"] | None,
        Field(description="'unit_roundoff', 'noise', 'h' or 'n'"),
    ] = None
    statistic: Annotated[Statistic, Field(description="'median', 'max', 'min' or 'mean'")] = (
        "median"
    )
    offsets: Annotated[tuple[int, ...], Field(description="a list of integers")] = ()
    expected: Annotated[
        tuple[Scalar, ...], Field(description="a list of numbers, or of fractions as text")
    ] = ()
    relative: Annotated[bool, Field(description="true or false")] = False
    at_least: Annotated[float | None, Field(description="a number")] = None
    at_most: Annotated[float | None, Field(description="a number")] = None
    source: Annotated[str, Field(description="where the question or the number is from")] = ""

    @field_validator("measure")
    @classmethod
    def _find_measure(cls, name: str) -> str:
        if name not in measures:
            raise unknown("measure", name, sorted(measures))
        return canonical(name)

    @field_validator("where", "of", "over")
    @classmethod
    def _find_axes(cls, where: Where) -> Where:
        for axis in where:
            if axis not in AXES:
                raise unknown("axis", axis, list(AXES))
        return where

    @model_validator(mode="after")
    def _is_bounded(self) -> Claim:
        if self.at_least is None and self.at_most is None:
            raise InputError("a claim has no bound; allowed: at_least, at_most or both")
        for name in ("at_least", "at_most"):
            if math.isnan(getattr(self, name) or 0.0):
                raise InputError(f"{name} is nan; allowed: a number")
        low, high = self.at_least, self.at_most
        if low is not None and high is not None and low > high:
            raise InputError(
                f"at_least is {low:g}, at_most {high:g}; allowed: at_least not above at_most"
            )
        return self

    @model_validator(mode="after")
    def _has_what_its_measure_needs(self) -> Claim:
        for name in measures[self.measure].needs:
            if not getattr(self, name):
                raise InputError(f"measure {self.measure!r} needs {name!r}, which is not given")
        return self

    @property
    def bound(self) -> str:
        """The bound in words."""
        if self.at_least is not None and self.at_most is not None:
            return f"{self.at_least:g} to {self.at_most:g}"
        if self.at_most is not None:
            return f"at most {self.at_most:g}"
        return f"at least {self.at_least:g}"

    def holds(self, measured: float) -> bool:
        """Whether a number is within the bound; NaN never is."""
        low = -math.inf if self.at_least is None else self.at_least
        high = math.inf if self.at_most is None else self.at_most
        return low <= measured <= high


@dataclass(frozen=True)
class Verdict:
    """What became of a claim: `held`, `refuted`, or `not measured` where the run lacks the rows.

    `measured` is the number held against the bound, from `count` rows or pairs of rows.
    """

    says: str
    outcome: Outcome
    measured: float | None
    bound: str
    count: int
    measure: str
    source: str


def caveat(run: Mapping[str, Any]) -> str:
    """What to know of the verdicts of a run that is not the whole study; empty for one that is."""
    whole = run.get("part_of")
    if not whole or not run["claims"]:
        return ""
    return (
        f"The claims are made for the study {whole} as it stands; this run narrows or changes it."
    )


def judge(claims: Sequence[Claim], results: Tables) -> list[dict[str, Any]]:
    """The verdict on each claim, from the tables of a run, ready to be stored."""
    return [asdict(_judged(claim, results)) for claim in claims]


def _judged(claim: Claim, results: Tables) -> Verdict:
    try:
        return _verdict(claim, results)
    except (KeyError, ValueError, TypeError, IndexError, StopIteration) as error:
        reason = f"{type(error).__name__}: {error}"
        raise InputError(f"claim {claim.says!r} cannot be measured: {reason}") from error


def _verdict(claim: Claim, results: Tables) -> Verdict:
    is_there = claim.column is None or _table_of(claim, results) is not None
    taken = measures[claim.measure].take(claim, results) if is_there else []
    values = np.asarray(taken, np.float64)
    values = values[~np.isnan(values)]
    measured = float(getattr(np, claim.statistic)(values)) if len(values) else None
    kind = f"{claim.statistic} {claim.measure} {claim.column or ''}".strip()
    return Verdict(
        claim.says,
        _outcome(claim, measured),
        measured,
        claim.bound,
        len(values),
        kind,
        claim.source,
    )


def _outcome(claim: Claim, measured: float | None) -> Outcome:
    if measured is None:
        return "not measured"
    return "held" if claim.holds(measured) else "refuted"


@dataclass(frozen=True)
class Measure:
    """A way to get numbers from the tables of a run: one a row, or one a pair of rows."""

    name: str
    take: Callable[[Claim, Tables], Floats | Sequence[float]]
    needs: tuple[str, ...]

    @property
    def summary(self) -> str:
        """What is measured, in one line."""
        return definition(self.take)


measures: Registry[Measure] = Registry("measure")


def measure(*needs: str) -> Callable[[Callable[..., Any]], Measure]:
    """Register a function as a measure under its name; a claim must give what it needs."""

    def register(take: Callable[[Claim, Tables], Floats | Sequence[float]]) -> Measure:
        return measures.add(take.__name__, Measure(take.__name__, take, needs))

    return register


@measure("column")
def value(claim: Claim, results: Tables) -> Floats | Sequence[float]:
    """A column's values in the rows `where`."""
    return _column(_rows(claim, claim.where, results), claim.column)


@measure("column", "expected")
def deviation(claim: Claim, results: Tables) -> Floats | Sequence[float]:
    """How far a column's values, largest step first, are from the `expected` ones."""
    rows = _rows(claim, claim.where, results)
    found = _column(rows.sort_values("h", ascending=False, kind="stable"), claim.column)
    if len(found) != len(claim.expected):  # a narrowed run holds some of the rows only
        return []
    expected = np.array(claim.expected, np.float64)
    return np.abs((found - expected) / expected) if claim.relative else np.abs(found - expected)


@measure("column")
def ratio(claim: Claim, results: Tables) -> Floats | Sequence[float]:
    """A column in the rows `of` over the same column in the rows `over`, curve by curve."""
    above, below = _pairs(claim, results)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = above / below
    return found


@measure("column")
def different(claim: Claim, results: Tables) -> Floats | Sequence[float]:
    """1 where a column differs between the rows `of` and the rows `over`, 0 where it does not."""
    above, below = _pairs(claim, results)
    known = ~(np.isnan(above) | np.isnan(below))
    found: Floats = (above != below)[known].astype(np.float64)
    return found


@measure("column", "against")
def slope(claim: Claim, results: Tables) -> Floats | Sequence[float]:
    """The exponent of `against` in a column: slopes between any two rows of the same curve."""
    rows = _rows(claim, claim.where, results)
    axis = {"unit_roundoff": "precision", "noise": "problem"}.get(str(claim.against), claim.against)
    keys = [key for key in KEYS if key != axis and key in rows.columns]
    if axis == "problem":
        keys.append("base")
    found = []
    for _, curve in rows.groupby(keys, observed=True):
        x, y = _column(curve, claim.against), _column(curve, claim.column)
        usable = (x > 0) & (y > 0) & np.isfinite(x) & np.isfinite(y)
        x, y = np.log2(x[usable]), np.log2(y[usable])
        i, j = np.triu_indices(len(x), 1)
        apart = x[i] != x[j]
        found.append((y[i] - y[j])[apart] / (x[i] - x[j])[apart])
    return np.concatenate(found) if found else np.empty(0)


@measure("offsets", "expected")
def wrong_weights(claim: Claim, results: Tables) -> Floats | Sequence[float]:
    """How many weights of a first derivative on `offsets` are not the `expected` fractions."""
    expected = [Fraction(str(each)) for each in claim.expected]
    found = stencil_weights(claim.offsets)
    different = sum(a != b for a, b in zip(found, expected, strict=False))
    return [different + abs(len(found) - len(expected))]


def _over(rows: pd.DataFrame, column: str, prediction: str) -> pd.Series[float]:
    """A column over its prediction; NaN where theory has no step, or an infinite one."""
    known = np.isfinite(rows["predicted_step"])
    return (rows[column] / rows[prediction]).where(known)


def _within(ratios: pd.Series[float], factor: float) -> pd.Series[float]:
    return ratios.between(1 / factor, factor).where(ratios.notna())


# Columns that follow from a table's own, for claims: the table, and how.
DERIVED: dict[str, tuple[str, Callable[[pd.DataFrame], Any]]] = {
    "absolute_error": ("accuracy", lambda rows: rows["error"].abs()),
    "relative_error": ("accuracy", lambda rows: (rows["error"] / rows["truth"]).abs()),
    "absolute_ulps": ("accuracy", lambda rows: rows["error_ulps"].abs()),
    "step_over_predicted": ("best", lambda rows: _over(rows, "best_step", "predicted_step")),
    "error_over_predicted": ("best", lambda rows: _over(rows, "best_error", "predicted_error")),
    "within_4x": ("best", lambda rows: _within(_over(rows, "best_step", "predicted_step"), 4)),
    "within_prediction": (
        "best",
        lambda rows: _over(rows, "best_error", "predicted_error").pipe(
            lambda ratios: (ratios <= 1).where(ratios.notna())
        ),
    ),
    "absolute_excess": ("descent", lambda rows: rows["excess"].abs()),
    "order_off": ("best", lambda rows: (rows["truncation_slope"] - rows["order"]).abs()),
}


def check_claim(
    claim: Claim,
    tables: Mapping[str, Mapping[str, str]],
    names: Mapping[str, Collection[str]],
) -> None:
    """InputError unless a claim's table, column and the names on its axes are known.

    `tables` holds all columns, `names` what each axis may be called, groups included.
    """
    if claim.table is not None and claim.table not in tables:
        raise unknown("table", claim.table, sorted(tables))
    chosen = tables if claim.table is None else {claim.table: tables[claim.table]}
    known = {*DERIVED, *(name for table in chosen.values() for name in table)}
    if claim.column is not None and claim.column not in known:
        raise unknown("column", claim.column, sorted(known))
    for where in (claim.where, claim.of, claim.over):
        for axis in [axis for axis in where if axis in names]:
            wanted = where[axis]
            spelled = {canonical(name) for name in names[axis]}
            for each in wanted if isinstance(wanted, tuple) else (wanted,):
                if canonical(str(each).partition("~")[0]) not in spelled:  # noise has any level
                    raise unknown(axis, str(each), sorted(names[axis]))


def _table_of(claim: Claim, results: Tables) -> pd.DataFrame | None:
    """The table that has a claim's column, the one it names if it names one; None if not taken."""
    tables = {
        "best": results.best,
        "accuracy": results.accuracy,
        "curves": results.curves,
        **results.more,
    }
    if claim.table is not None:
        return tables.get(claim.table)
    if claim.column in DERIVED:
        return tables.get(DERIVED[claim.column][0])
    return next((table for table in tables.values() if claim.column in table.columns), None)


def _rows(claim: Claim, where: Where, results: Tables) -> pd.DataFrame:
    """The rows `where` of a claim's table; where it has a status, only those that are ok."""
    table, column = _table_of(claim, results), claim.column
    assert table is not None, "a claim about a table that was not taken is not measured"
    about, schemes = results.run["problems"], results.run["schemes"]
    roundoff = {name: each.unit_roundoff for name, each in formats.items()}
    if "status" in table.columns:
        where = {"status": "ok", **where}
    for axis in [axis for axis in where if axis in NAMED]:  # first: it leaves fewer rows
        table = table[_matches(table, axis, where[axis], results.run)]
    base = {
        name: about[name]["base"] if name in about else name for name in table["problem"].unique()
    }
    table = table.assign(
        base=_looked_up(table["problem"], base, str),
        noise=_looked_up(table["problem"], {name: each["noise"] for name, each in about.items()}),
        order=_looked_up(table["scheme"], {name: each["order"] for name, each in schemes.items()}),
        unit_roundoff=_looked_up(table["precision"], roundoff),
    )
    for axis in [axis for axis in where if axis in NUMBERED]:
        table = table[_matches(table, axis, where[axis], results.run)]
    return table.assign(**{column: DERIVED[column][1](table)}) if column in DERIVED else table


def _looked_up(names: pd.Series[str], table: Mapping[str, Any], kind: type = float) -> Any:
    """What a table says of each name; numbers that it lacks are NaN."""
    return names.astype(str).map(table).astype(kind)


def _matches(
    table: pd.DataFrame, axis: str, wanted: Scalar | tuple[Scalar, ...], run: Mapping[str, Any]
) -> npt.NDArray[np.bool_]:
    """Which rows have one of the wanted values: names, tags and families, or numbers."""
    several = wanted if isinstance(wanted, tuple) else (wanted,)
    if axis in NUMBERED:
        # a decimal is meant as each format rounds it
        numbers = np.array([float(each) for each in several])[:, None]
        near = np.abs(_column(table, axis) - numbers)
        within: npt.NDArray[np.bool_] = near <= np.abs(numbers) * _column(table, "unit_roundoff")
        found: npt.NDArray[np.bool_] = np.any(within, axis=0)
        return found
    names = {canonical(str(each)) for each in several}
    known = [each for each in table[axis].unique() if names & _known_as(axis, str(each), run)]
    chosen: npt.NDArray[np.bool_] = table[axis].isin(known).to_numpy(bool)
    return chosen


def _known_as(axis: str, name: str, run: Mapping[str, Any]) -> set[str]:
    """The names by which a claim may call a value: its own, and those of its groups."""
    names = [name]
    if axis == "problem" and name in run["problems"]:
        about = run["problems"][name]
        names += [about["base"], *about["tags"]]
    if axis == "scheme" and name in run["schemes"]:
        names.append(run["schemes"][name]["family"])
    return {canonical(each) for each in names}


def _column(rows: pd.DataFrame, column: str | None) -> Floats:
    found: Floats = rows[column].to_numpy(dtype=np.float64, na_value=np.nan)
    return found


def _pairs(claim: Claim, results: Tables) -> tuple[Floats, Floats]:
    """A column in the rows `of` and `over` that agree in every axis not named by either."""
    above = _rows(claim, {**claim.where, **claim.of}, results)
    below = _rows(claim, {**claim.where, **claim.over}, results)
    for frame in (above, below):
        for key in [key for key in KEYS if key in frame.columns]:
            frame[key] = frame[key].astype(str)
    # An axis on which the sides have nothing in common (the backend of autodiff and that of
    # differences, the step that autodiff has not) does not tell a pair from another.
    keys = [
        key
        for key in (*KEYS, *POSITIONS)
        if key in above.columns and {*above[key].dropna()} & {*below[key].dropna()}
    ]
    if not keys:
        return np.empty(0), np.empty(0)
    both = above[[*keys, claim.column]].merge(below[[*keys, claim.column]], on=keys)
    return _column(both, f"{claim.column}_x"), _column(both, f"{claim.column}_y")
