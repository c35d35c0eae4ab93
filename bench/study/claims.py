"""Claims: sentences of a study that its own tables hold or refute.

A claim says a sentence, names what is measured on which rows, and bounds it; a verdict says what
became of it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bench.registry import InputError, canonical, registry_at, unknown
from bench.study.axes import Number, is_stored

Scalar = str | Number
Where = Mapping[str, Scalar | tuple[Scalar, ...]]
Outcome = Literal["held", "refuted", "not measured"]
Statistic = Literal["median", "max", "min", "mean"]
MEASURES = "bench.claims:measures"
EXPERIMENTS = "bench.experiments:experiments"
MOST_OFFSETS = 64
FARTHEST = 10**6  # offset: exact weights of larger ones take long
NUMBER = re.compile(r"[+-]?(\d{1,50}(/\d{1,50})?|\d{0,50}\.?\d{0,50}([eE][+-]?\d{1,3})?)")


def claim_axes() -> dict[str, bool]:
    """What rows may be chosen by, and whether it is a number: keys, the status, the noise of f."""
    tables = [table for each in registry_at(EXPERIMENTS).values() for table in each.tables]
    numbers = {name: True for table in tables for name in table.places}
    texts = {name: False for table in tables for name in table.names}
    return {"noise": True, "status": False} | numbers | texts


def _check_values(axis: str, wanted: Scalar | tuple[Scalar, ...], *, number: bool) -> None:
    """InputError for values that no row can have on an axis."""
    values = wanted if isinstance(wanted, tuple) else (wanted,)
    if not values:
        raise InputError(f"axis {axis!r} has no value; allowed: one, or a list of them")
    for each in values:
        if number and (isinstance(each, str) or not math.isfinite(each)):
            raise InputError(f"axis {axis!r} is {each!r}; allowed: finite numbers")
        if not number and not isinstance(each, str):
            raise InputError(f"axis {axis!r} is {each!r}; allowed: names")


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
        str | None,
        Field(description="'unit_roundoff', 'noise', or a key of a table that is a number"),
    ] = None
    statistic: Annotated[Statistic, Field(description="'median', 'max', 'min' or 'mean'")] = (
        "median"
    )
    offsets: Annotated[
        tuple[Annotated[StrictInt, Field(ge=-FARTHEST, le=FARTHEST)], ...],
        Field(
            max_length=MOST_OFFSETS,
            description=f"a list of 2 to {MOST_OFFSETS} integers from -{FARTHEST} to {FARTHEST}",
        ),
    ] = ()
    expected: Annotated[
        tuple[Scalar, ...], Field(description="a list of numbers, or of fractions as text")
    ] = ()
    relative: Annotated[StrictBool, Field(description="true or false")] = False
    at_least: Annotated[Number | None, Field(description="a number")] = None
    at_most: Annotated[Number | None, Field(description="a number")] = None
    source: Annotated[str, Field(description="where the question or the number is from")] = ""

    @field_validator("measure")
    @classmethod
    def _find_measure(cls, name: str, info: ValidationInfo) -> str:
        if is_stored(info):
            return name
        registry_at(MEASURES)[name]
        return canonical(name)

    @field_validator("expected")
    @classmethod
    def _are_numbers(cls, values: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
        for value in values:
            try:
                if isinstance(value, str) and not NUMBER.fullmatch(value.strip()):
                    raise ValueError
                if not math.isfinite(float(Fraction(value))):
                    raise ValueError
            except (ValueError, OverflowError, ZeroDivisionError):
                shown = repr(value)[:40]
                raise InputError(
                    f"{shown} is no number that could be expected; allowed: finite numbers, and "
                    "fractions as text, such as '1/12'"
                ) from None
        return values

    @field_validator("offsets")
    @classmethod
    def _give_weights(cls, offsets: tuple[int, ...]) -> tuple[int, ...]:
        twice = [each for each in offsets if offsets.count(each) > 1]
        if twice:
            raise InputError(f"offset {twice[0]} is there twice; allowed: each once")
        if len(offsets) == 1:
            raise InputError("one offset gives no derivative; allowed: two or more")
        return offsets

    @field_validator("against")
    @classmethod
    def _find_against(cls, name: str | None, info: ValidationInfo) -> str | None:
        tables = [t for each in registry_at(EXPERIMENTS).values() for t in each.tables]
        known = {"unit_roundoff", "noise", *(each for t in tables for each in t.places)}
        if name is not None and not is_stored(info) and name not in known:
            raise unknown("number to compare against", name, sorted(known))
        return name

    @field_validator("where", "of", "over")
    @classmethod
    def _find_axes(cls, where: Where, info: ValidationInfo) -> Where:
        if is_stored(info):
            return where
        known = claim_axes()
        for axis, wanted in where.items():
            if axis not in known:
                raise unknown("axis", axis, sorted(known))
            _check_values(axis, wanted, number=known[axis])
        return where

    @model_validator(mode="after")
    def _is_bounded(self) -> Claim:
        if self.at_least is None and self.at_most is None:
            raise InputError("a claim has no bound; allowed: at_least, at_most or both")
        for name in ("at_least", "at_most"):
            if math.isnan(getattr(self, name) or 0.0):
                raise InputError(f"{name} is nan; allowed: a number")
        low, high = self.at_least, self.at_most
        if low in (None, -math.inf) and high in (None, math.inf):
            raise InputError("a claim's bound is infinite; allowed: one that may be missed")
        if low is not None and high is not None and low > high:
            raise InputError(
                f"at_least is {low:g}, at_most {high:g}; allowed: at_least not above at_most"
            )
        return self

    @model_validator(mode="after")
    def _has_what_its_measure_needs(self, info: ValidationInfo) -> Claim:
        needs = () if is_stored(info) else registry_at(MEASURES)[self.measure].needs
        for name in needs:
            if not getattr(self, name):
                raise InputError(f"measure {self.measure!r} needs {name!r}, which is not given")
        if self.relative and not all(float(Fraction(each)) for each in self.expected):
            raise InputError("a deviation relative to 0 is none; allowed: relative = false")
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

    `measured` is the number held against the bound, from `count` rows or pairs of rows; `why` says
    what the whole study lacks where there is none.
    """

    says: str
    outcome: Outcome
    measured: float | None
    bound: str
    count: int
    measure: str
    source: str
    why: str = ""
