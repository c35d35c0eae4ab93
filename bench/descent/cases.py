"""What a descent is about: the settings of a study, and the runs that they ask for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, StrictInt, field_validator, model_validator

from bench.descent.optimizers import Optimizer, optimizers
from bench.functions import Function, functions
from bench.gradients.schemes import GradientScheme, gradient_schemes
from bench.formats import Format, formats
from bench.registry import InputError, canonical, unknown

KINDS = ("best", "small", "large")
BACKENDS = ("numpy", "jax", "jax-eager")
MOST_ITERATIONS = 10_000


Names = Annotated[tuple[str, ...], Field(min_length=1, description="a list of names")]
Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Descent(BaseModel):
    """Descents of one function: each optimiser at each of its rates, with all schemes and steps.

    `rates` holds by name the rates of each optimiser, one or a list; `n` and `start` are the
    function's own where none are given. Raises InputError for what is not allowed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    function: Annotated[str, Field(description="the name of a function")]
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
        tuple[Annotated[float, Field(allow_inf_nan=False)], ...],
        Field(description="a list of numbers, one a variable"),
    ] = ()

    @field_validator("rates", mode="before")
    @classmethod
    def _spell_rates(cls, rates: Any) -> Any:
        if not isinstance(rates, Mapping):
            return rates
        several = {optimizers[name].name: each for name, each in rates.items()}
        return {n: r if isinstance(r, list | tuple) else (r,) for n, r in several.items()}

    @field_validator("function")
    @classmethod
    def _find_function(cls, name: str) -> str:
        return functions[name].name

    @field_validator("schemes")
    @classmethod
    def _find_schemes(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _found("scheme of whole gradients", names, whole_gradients())

    @field_validator("steps")
    @classmethod
    def _find_steps(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _found("kind of step", names, KINDS)

    @model_validator(mode="after")
    def _fits_the_function(self) -> Descent:
        functions[self.function].check_size(self.size)
        if self.start and len(self.start) != self.size:
            raise InputError(
                f"the start of {self.function} has {len(self.start)} numbers; "
                f"allowed: {self.size}, one a variable"
            )
        return self

    @property
    def size(self) -> int:
        """How many variables."""
        return functions[self.function].usual if self.n is None else self.n

    @property
    def beginning(self) -> tuple[float, ...]:
        """Where it begins: `start`, or the function's own start."""
        own = functions[self.function].start_of(self.size)
        return self.start or tuple(each / 16 for each in own)


def _found(kind: str, names: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Names as known, in that order."""
    by_spelling = {canonical(each): each for each in known}
    for name in names:
        if canonical(name) not in by_spelling:
            raise unknown(kind, name, list(known))
    chosen = {by_spelling[canonical(name)] for name in names}
    return tuple(name for name in known if name in chosen)


def whole_gradients() -> tuple[str, ...]:
    """The names of the gradient schemes that give all of a gradient."""
    return tuple(name for name, each in gradient_schemes.items() if each.whole)


@dataclass(frozen=True)
class DescentCase:
    """One run: a function, an optimiser at a rate, and how the gradient is taken."""

    function: Function
    optimizer: Optimizer
    scheme: GradientScheme
    step_kind: str
    precision: Format
    backend: str
    device: str
    start: tuple[float, ...]
    rate: float
    iterations: int

    def __str__(self) -> str:
        return (
            f"{self.precision.name} {self.optimizer.label} of {self.function.name} "
            f"by {self.scheme.name}"
        )

    @property
    def n(self) -> int:
        """How many variables."""
        return len(self.start)

    @property
    def h(self) -> float | None:
        """The step of this kind; None without a step."""
        return step_of(self.scheme, self.step_kind, self.precision)

    @property
    def rounded_start(self) -> npt.NDArray[np.float64]:
        """The start as the format has it."""
        return self.precision.round(self.start).astype(np.float64)

    @property
    def rounded_rate(self) -> float:
        """The rate as the format has it."""
        return float(self.precision.round(self.rate))

    @property
    def why_not(self) -> str | None:
        """Why there is no such run; None where there is."""
        if self.backend not in BACKENDS:
            return f"gradients are taken on {', '.join(BACKENDS)}, not on {self.backend}"
        if self.scheme.needs == "jax" and self.backend == "numpy":
            return f"{self.scheme.name} needs jax, which backend numpy has not"
        if self.scheme.needs == "complex" and self.precision.complex_name is None:
            return f"there are no complex numbers in {self.precision.name}"
        if self.scheme.needs == "complex" and self.function.hard:
            return f"{self.function.name} is not analytic, and {self.scheme.name} needs that"
        return None


def step_of(scheme: GradientScheme, kind: str, precision: Format) -> float | None:
    """The step of a kind, a power of two: `best` is the scheme's own.

    `large` lies halfway, in octaves, from the best step to 1, and `small` three quarters of the
    way from it to u, where h no longer moves x.
    """
    best = scheme.step(precision)
    if best is None or kind == "best":
        return best
    exponent = math.log2(best)
    if kind == "large":
        return float(2.0 ** round(exponent / 2))
    return float(2.0 ** round(exponent - 0.75 * (exponent + precision.significand_bits)))


def kinds_of(scheme: GradientScheme, wanted: Sequence[str], precision: Format) -> list[str]:
    """The kinds of step that differ: a step that is `best` already is not run again."""
    if scheme.step(precision) is None:
        return ["none"]
    steps: dict[float | None, str] = {}
    for kind in wanted:
        steps.setdefault(step_of(scheme, kind, precision), kind)
    return list(steps.values())


def descent_cases(
    descents: Sequence[Descent],
    *,
    formats: Sequence[str],
    backends: Sequence[str],
    autodiff_backends: Sequence[str],
    device: str,
) -> list[DescentCase]:
    """All runs that the descents ask for, in all formats; those of one exact path come together.

    Raises InputError where two descents would have the same rows.
    """
    seen = set()
    found = []
    for descent in descents:
        for name, rate in _optimizers_and_rates(descent):
            key = (descent.function, descent.size, name, rate)
            if key in seen:
                raise InputError(
                    f"two descents of {descent.function}, n = {descent.size}, have {name} at "
                    f"rate {rate:g}; allowed: one"
                )
            seen.add(key)
            found += [
                DescentCase(
                    functions[descent.function],
                    optimizers[name],
                    scheme,
                    kind,
                    precision,
                    backend,
                    device,
                    descent.beginning,
                    rate,
                    descent.iterations,
                )
                for precision in map(formats.__getitem__, formats)
                for scheme in map(gradient_schemes.__getitem__, descent.schemes)
                for backend in (autodiff_backends if scheme.needs == "jax" else backends)
                for kind in kinds_of(scheme, descent.steps, precision)
            ]
    return found


def _optimizers_and_rates(descent: Descent) -> Iterator[tuple[str, float]]:
    for name, rates in descent.rates.items():
        for rate in dict.fromkeys(rates):
            yield name, rate
