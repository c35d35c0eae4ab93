"""What a study blames: functions at points, themselves or their derivatives, in its formats."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from bench.experiments import Names
from bench.experiments.blame.answer import FUNCTION, WORDS
from bench.problems import problems
from bench.registry import InputError, canonical
from bench.schemes import schemes
from bench.study import Settings, Study
from bench.study.axes import Number, found_on, is_stored
from bench.values import Value

NAME = "blame"
Point = tuple[float, ...]


def _several(value: object) -> object:
    """One, or several, as several."""
    return value if isinstance(value, list | tuple) else (value,)


def _points(given: object) -> object:
    """Points, of which one of one variable may stand as its number."""
    several = _several(given)
    assert isinstance(several, list | tuple)
    return tuple(_several(each) for each in several)


class Blaming(Settings):
    """Which lines make the errors of functions at points: the keys of a table [[blame]].

    `of` are f itself, and schemes by which its derivative is taken, with their usual step or the
    `step` that is given. A point of n variables is a list of numbers.
    """

    problems: Annotated[
        tuple[str, ...],
        Field(min_length=1, description="a list of names"),
        BeforeValidator(_several),
        found_on("problem"),
    ]
    at: Annotated[
        tuple[Annotated[tuple[Number, ...], Field(min_length=1)], ...],
        Field(min_length=1, description="a number, or a list of numbers or of lists of them"),
        BeforeValidator(_points),
    ]
    of: Annotated[
        tuple[str, ...],
        Field(min_length=1, description="a list of: f, quotient, gradient, names of schemes"),
        BeforeValidator(_several),
    ] = (FUNCTION,)
    step: Annotated[
        Number | None, Field(gt=0, allow_inf_nan=False, description="a number above 0")
    ] = None

    @field_validator("of")
    @classmethod
    def _find_schemes(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if is_stored(info):
            return names
        return tuple(dict.fromkeys(scheme_named(name) for name in names))

    @field_validator("at")
    @classmethod
    def _are_finite(cls, points: tuple[Point, ...]) -> tuple[Point, ...]:
        for x in (x for point in points for x in point):
            if not math.isfinite(x):
                raise InputError(f"a point is {x}; allowed: finite numbers")
        return points


def scheme_named(name: str) -> str:
    """A scheme by its name, or by the word for its kind; f itself is none."""
    word = canonical(name)
    return FUNCTION if word == FUNCTION else schemes[WORDS.get(word, name)].name


@dataclass(frozen=True)
class Item:
    """One function, itself or its derivative by a scheme, at all points and in all formats."""

    problem: str
    scheme: str
    points: tuple[Point, ...]
    step: float | None
    precisions: tuple[str, ...]
    device: str

    def __str__(self) -> str:
        what = self.problem if self.scheme == FUNCTION else f"{self.scheme} of {self.problem}"
        return f"blame of {what}"


def check(study: Study) -> None:
    """InputError where two tables ask for the same, or a function has no such point."""
    asked = Counter((item.problem, item.scheme) for item in items(study))
    for (problem, scheme), count in asked.items():
        if count > 1:
            raise InputError(
                f"{scheme} of {problem} is in {count} tables [[blame]]; allowed: one, with all "
                "its points"
            )
    for item in items(study):
        for point in item.points:
            if len(point) > 1:
                problems[item.problem].check_size(len(point))


def items(study: Study) -> list[Item]:
    """The work of a study: an item for each function and scheme."""
    return [
        Item(
            name,
            scheme,
            table.at,
            table.step if scheme != FUNCTION and schemes[scheme].has_step else None,
            study.precisions,
            study.device,
        )
        for table in _tables(study)
        for name in table.problems
        for scheme in table.of
    ]


def _tables(study: Study) -> Iterator[Blaming]:
    for each in study.settings(NAME):
        assert isinstance(each, Blaming)
        yield each


def narrowed(table: Value, chosen: Names, by: Names) -> Blaming | None:
    """A table cut to the problems and schemes that were chosen; None where nothing is left."""
    assert isinstance(table, Blaming)
    kept = tuple(name for name in table.problems if chosen is None or name in chosen)
    ways = tuple(name for name in table.of if by is None or name in (FUNCTION, *by))
    if not kept or not ways:
        return None
    return table.model_copy(update={"problems": kept, "of": ways})


def size(item: Item) -> int:
    """How many errors an item has."""
    return len(item.points) * len(item.precisions)
