"""What a study tells of a descent: the keys of its tables [[descents]]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field, StrictInt, ValidationInfo, field_validator, model_validator

from bench.experiments.descents.optimizers import optimizers
from bench.problems import ONE, problems
from bench.registry import InputError, canonical, unknown
from bench.schemes import schemes
from bench.study import Settings
from bench.study.axes import Number, is_stored
from bench.values import Value

KINDS = ("best", "small", "large")
MOST_ITERATIONS = 10_000

Names = Annotated[tuple[str, ...], Field(min_length=1, description="a list of names")]
Rate = Annotated[Number, Field(gt=0, allow_inf_nan=False)]


class Descent(Settings):
    """Descents of one function: each optimiser at each of its rates, with all schemes and steps.

    `rates` holds by name the rates of each optimiser, one or a list; `n` and `start` are the
    function's own where none are given. Raises InputError for what is not allowed.
    """

    problem: Annotated[str, Field(description="the name of a problem of n variables")]
    rates: Annotated[
        dict[str, Annotated[tuple[Rate, ...], Field(min_length=1)]],
        Field(min_length=1, description="a table of optimizers and rates above 0"),
    ]
    schemes: Names
    iterations: Annotated[
        StrictInt, Field(ge=1, le=MOST_ITERATIONS, description="an integer from 1 to 10000")
    ]
    steps: Names = KINDS
    n: Annotated[StrictInt | None, Field(ge=1, description="an integer, 1 or larger")] = None
    start: Annotated[
        tuple[Annotated[Number, Field(allow_inf_nan=False)], ...],
        Field(description="a list of numbers, one a variable"),
    ] = ()

    @field_validator("rates", mode="before")
    @classmethod
    def _spell_rates(cls, rates: Value, info: ValidationInfo) -> Value:
        if not isinstance(rates, Mapping):
            return rates
        several = {n if is_stored(info) else optimizers[n].name: each for n, each in rates.items()}
        return {n: r if isinstance(r, list | tuple) else (r,) for n, r in several.items()}

    @field_validator("problem")
    @classmethod
    def _find_problem(cls, name: str, info: ValidationInfo) -> str:
        if is_stored(info):
            return name
        return problems[name].name

    @field_validator("schemes")
    @classmethod
    def _find_schemes(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        whole = [name for name, each in schemes.items() if each.whole]
        return names if is_stored(info) else _found("scheme of whole gradients", names, whole)

    @field_validator("steps")
    @classmethod
    def _find_steps(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        chosen = _found("kind of step", names, KINDS)
        return tuple(kind for kind in KINDS if kind in chosen)

    @model_validator(mode="after")
    def _fits_the_problem(self, info: ValidationInfo) -> Descent:
        if is_stored(info):
            return self
        problems[self.problem].check_size(self.size)
        if self.start and len(self.start) != self.size:
            raise InputError(
                f"the start of {self.problem} has {len(self.start)} numbers; "
                f"allowed: {self.size}, one a variable"
            )
        return self

    @property
    def size(self) -> int:
        """How many variables."""
        return problems[self.problem].variables.usual if self.n is None else self.n

    @property
    def beginning(self) -> tuple[float, ...]:
        """Where it begins: `start`, or the function's own; with one variable its middle."""
        each = problems[self.problem]
        middle = (sum(each.interval) / 2,)
        own = middle if each.variables is ONE else each.variables.start_of(self.size)
        return self.start or own


def _found(kind: str, names: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Names as registered, each once, in the order given."""
    by_spelling = {canonical(each): each for each in known}
    for name in names:
        if canonical(name) not in by_spelling:
            raise unknown(kind, name, known)
    return tuple(dict.fromkeys(by_spelling[canonical(name)] for name in names))


def narrowed(
    descent: Descent, problems: Sequence[str] | None, schemes: Sequence[str] | None
) -> Descent | None:
    """The descent by the chosen schemes; None where they, or its problem, are not chosen."""
    kept = tuple(name for name in descent.schemes if schemes is None or name in schemes)
    if not kept or (problems is not None and descent.problem not in problems):
        return None
    return descent.model_copy(update={"schemes": kept})
