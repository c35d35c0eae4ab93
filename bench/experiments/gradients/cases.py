"""The gradients that a study asks for, and where they are taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field, StrictInt, ValidationInfo, model_validator

from bench.experiments import Names
from bench.experiments.timing.cases import Case, Seconds, Sizes
from bench.formats import Format
from bench.problems import ONE, Problem, problems
from bench.registry import InputError, apart
from bench.schemes import schemes
from bench.study import Settings, Study
from bench.study.axes import NAMES, found_on, is_stored
from bench.values import Array, Value

NAME = "gradients"
USUAL = (
    *("forward", "backward", "central", "central4", "complex_step"),
    *("directional", "grad", "jvp", "jacfwd"),
)


class Gradients(Settings):
    """Gradients of functions of n variables, for n of several sizes."""

    problems: Annotated[
        tuple[str, ...], Field(min_length=1, description="a list of names"), found_on("problem")
    ]
    schemes: Annotated[tuple[str, ...], NAMES, found_on("scheme")] = USUAL
    sizes: Annotated[Sizes, AfterValidator(lambda sizes: tuple(sorted(set(sizes))))]
    points: Annotated[StrictInt, Field(ge=1, le=100, description="an integer from 1 to 100")] = 2
    processes: Annotated[
        StrictInt, Field(ge=0, le=100, description="an integer from 0 (no times) to 100")
    ] = 2
    budget_seconds: Seconds = 5.0

    @model_validator(mode="after")
    def _fit_the_problems(self, info: ValidationInfo) -> Gradients:
        for name in () if is_stored(info) else self.problems:
            for n in self.sizes:
                problems[name].check_size(n)
        return self


@dataclass(frozen=True)
class Item:
    """The gradients of one table of a study; with `processes` they are timed in so many.

    What came through a door, a problem or a scheme, has items of its own.
    """

    cases: tuple[Case, ...]
    points: int
    seed: int
    budget_seconds: float
    processes: int

    def __str__(self) -> str:
        names = ", ".join(dict.fromkeys(case.problem for case in self.cases))
        ways = {case.scheme for case in self.cases}
        return f"gradients of {names}" + (f" by {ways.pop()}" if len(ways) == 1 else "")


def check(study: Study) -> None:
    """InputError where several tables ask for the same gradient."""
    asked = Counter(
        (name, scheme, n)
        for table in _tables(study)
        for name in table.problems
        for scheme in table.schemes
        for n in table.sizes
    )
    for (name, scheme, n), count in asked.items():
        if count > 1:
            raise InputError(
                f"{name} by {scheme} at n = {n} is in {count} tables [[gradients]]; allowed: one"
            )


def items(study: Study) -> list[Item]:
    """The gradients of each table, by rising n within each way to take one."""
    return [
        Item(
            _cases(study, table, chosen, by),
            table.points,
            study.seed,
            table.budget_seconds,
            (study.processes or table.processes) if study.timing and table.processes else 0,
        )
        for table in _tables(study)
        for chosen in apart(table.problems)
        for by in apart(table.schemes)
    ]


def _tables(study: Study) -> list[Gradients]:
    return [each for each in study.settings(NAME) if isinstance(each, Gradients)]


def _cases(
    study: Study, table: Gradients, chosen: Sequence[str], by: Sequence[str]
) -> tuple[Case, ...]:
    return tuple(
        Case(problem, scheme, precision, backend, study.device, n)
        for problem in chosen
        for precision in study.precisions
        for scheme in by
        for backend in (study.autodiff_backends if schemes[scheme].is_autodiff else study.backends)
        for n in table.sizes
    )


def narrowed(table: Value, chosen: Names, by: Names) -> Gradients | None:
    """A table cut to the problems and schemes that were chosen; None where nothing is left."""
    assert isinstance(table, Gradients)
    kept = [name for name in table.problems if chosen is None or name in chosen]
    ways = [name for name in table.schemes if by is None or name in by]
    if not kept or not ways:
        return None
    return table.model_copy(update={"problems": tuple(kept), "schemes": tuple(ways)})


def points_of(problem: Problem, precision: Format, n: int, count: int, seed: int) -> Array:
    """Points (count, n) in the format, uniform in [-1, 1) or a problem's interval: seeded reals.

    They are the same in every format. A function with a kink at 0 is taken there, one with a point
    of the user's at that.
    """
    if problem.variables.kink:
        return precision.round(np.zeros((1, n)))
    if problem.variables.at:
        return precision.round([problem.variables.at])
    ends = problem.interval if problem.variables is ONE else (-1.0, 1.0)
    generator = np.random.default_rng([seed, n, *problem.name.encode()])
    return precision.round(generator.uniform(*ends, (count, n)))
