"""The cases that a study has timed, and what it says about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, StrictInt

from bench.arithmetic import backends
from bench.registry import InputError, apart
from bench.schemes import schemes
from bench.study import Settings, Study
from bench.study.axes import NAMES, Number, found_on

NAME = "timing"
FUNCTION = "f"  # the scheme that is no scheme: one evaluation of f, with which all are compared
MOST = 10**7  # points of a case
Sizes = Annotated[
    tuple[Annotated[StrictInt, Field(ge=1, le=MOST)], ...],
    Field(min_length=1, description=f"a list of integers from 1 to {MOST}"),
]
Processes = Annotated[StrictInt, Field(ge=1, le=100, description="an integer from 1 to 100")]
Seconds = Annotated[Number, Field(gt=0, description="seconds, more than 0")]
AXES = ("problems", "schemes", "precisions")


@dataclass(frozen=True)
class Case:
    """What is timed, by names: a scheme on a problem at n points, or a gradient of n variables.

    The scheme `f` is one evaluation of f itself.
    """

    problem: str
    scheme: str
    precision: str
    backend: str
    device: str
    n: int

    def __str__(self) -> str:
        return (
            f"{self.scheme} of {self.problem} in {self.precision} "
            f"on {self.backend} ({self.device}), n = {self.n}"
        )


class Timed(Settings):
    """Which of a study's cases are timed, at which numbers of points; no names: all of them."""

    problems: Annotated[tuple[str, ...], NAMES, found_on("problem", empty=True)] = ()
    schemes: Annotated[tuple[str, ...], NAMES, found_on("scheme", empty=True)] = ()
    precisions: Annotated[tuple[str, ...], NAMES, found_on("precision", empty=True)] = ()
    sizes: Sizes = (1, 1_000, 100_000)
    processes: Processes = 2
    budget_seconds: Seconds = 5.0


@dataclass(frozen=True)
class Item:
    """What a study has timed: every process times all of it, in an order of its own.

    A problem that came through a door has an item of its own.
    """

    cases: tuple[Case, ...]
    processes: int
    budget_seconds: float
    seed: int

    def __str__(self) -> str:
        names = ", ".join(dict.fromkeys(case.problem for case in self.cases))
        return f"times of {names}"


def check(study: Study) -> None:
    """InputError where a study has several tables [timing], or one names what it has not."""
    tables = study.settings(NAME)
    if len(tables) > 1:
        raise InputError(f"there are {len(tables)} tables [timing]; allowed: one")
    for axis in AXES if tables else ():
        had = getattr(study, axis)
        lacking = [name for name in getattr(tables[0], axis) if name not in had]
        if lacking:
            raise InputError(
                f"table [timing] names the {axis} {', '.join(lacking)}, which the study has not; "
                f"allowed: {', '.join(had)}"
            )


def items(study: Study) -> list[Item]:
    """What a study has timed, of what it measures; not on backends whose times mean nothing."""
    found = []
    for wanted in study.settings(NAME) if study.timing else ():
        assert isinstance(wanted, Timed)
        problems, chosen, precisions = (_both(study, wanted, axis) for axis in AXES)
        processes = study.processes or wanted.processes
        for together in apart(problems):
            cases = _cases(study, wanted, together, chosen, precisions)
            if cases:
                found.append(Item(cases, processes, wanted.budget_seconds, study.seed))
    return found


def _cases(
    study: Study,
    wanted: Timed,
    problems: Sequence[str],
    chosen: Sequence[str],
    precisions: Sequence[str],
) -> tuple[Case, ...]:
    return tuple(
        Case(problem, scheme, precision, backend, study.device, n)
        for problem in problems
        for precision in precisions
        for scheme in chosen
        for backend in (study.autodiff_backends if schemes[scheme].is_autodiff else study.backends)
        for n in wanted.sizes
        if backends[backend].timed
    )


def _both(study: Study, wanted: Timed, axis: str) -> list[str]:
    """The names of an axis that the study has and the table asks for."""
    names = getattr(wanted, axis)
    return [name for name in getattr(study, axis) if name in names or not names]
