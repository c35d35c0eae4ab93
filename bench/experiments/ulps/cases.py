"""What a study asks of libraries: functions, and at how many points of each format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, StrictInt, ValidationInfo, field_validator

from bench.experiments import Names
from bench.experiments.ulps.functions import functions
from bench.experiments.ulps.libraries import libraries
from bench.registry import InputError, apart
from bench.study import Settings, Study
from bench.study.axes import is_stored

NAME = "ulps"
USUAL, MOST = 2**20, 2**26


class Asked(Settings):
    """Whose functions are judged, and where: the keys of a table [[ulps]].

    All libraries and functions that are known, where none are named. `points` are those of each
    format; one that has no more numbers is judged at all of them.
    """

    libraries: Annotated[tuple[str, ...], Field(description="a list of names")] = ()
    functions: Annotated[tuple[str, ...], Field(description="a list of names")] = ()
    points: Annotated[
        StrictInt, Field(ge=1, le=MOST, description=f"an integer from 1 to {MOST}")
    ] = USUAL

    @field_validator("libraries")
    @classmethod
    def _find_libraries(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if is_stored(info):
            return names
        return tuple(dict.fromkeys(libraries[name].name for name in names))

    @field_validator("functions")
    @classmethod
    def _find_functions(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if is_stored(info):
            return names
        return tuple(dict.fromkeys(functions[name].name for name in names))


@dataclass(frozen=True)
class Item:
    """One function in one format, of libraries that may fail together."""

    function: str
    precision: str
    libraries: tuple[str, ...]
    device: str
    points: int
    seed: int

    def __str__(self) -> str:
        of = f" of {self.libraries[0]}" if len(self.libraries) == 1 else ""
        return f"{self.function}{of} in {self.precision}"


def check(study: Study) -> None:
    """InputError where two tables of a study ask for the same rows."""
    asked = study.settings(NAME)
    if len(asked) > 1:
        raise InputError(f"a study has {len(asked)} tables [[{NAME}]]; allowed: one")


def items(study: Study) -> list[Item]:
    """The work of a study: formats one after another, each function in them."""
    found = []
    for asked in study.settings(NAME):
        assert isinstance(asked, Asked)
        for precision in study.precisions:
            for function in asked.functions or tuple(functions):
                found += [
                    Item(function, precision, each, study.device, asked.points, study.seed)
                    for each in apart(asked.libraries or tuple(libraries))
                ]
    return found


def size(item: Item) -> int:
    """How many steps an item has: the truth, and each library."""
    return 1 + len(item.libraries)


def narrowed(asked: Asked, problems: Names, schemes: Sequence[str] | None) -> Asked | None:
    """Nothing where problems are chosen: elementary functions are none."""
    return asked if problems is None else None
