"""The descents of a study: items, each with one exact path, and the cases beside that path."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.arithmetic import Backend, backends
from bench.experiments.descents.optimizers import Optimizer, optimizers
from bench.experiments.descents.settings import Descent
from bench.formats import Format, formats
from bench.problems import Problem, problems
from bench.registry import InputError
from bench.schemes import Scheme, schemes
from bench.study import Study


@dataclass(frozen=True)
class Item:
    """One optimiser at one rate from one start, with all schemes, steps, formats and backends."""

    problem: str
    optimizer: str
    rate: float
    start: tuple[float, ...]
    iterations: int
    schemes: tuple[str, ...]
    steps: tuple[str, ...]
    precisions: tuple[str, ...]
    backends: tuple[str, ...]
    autodiff_backends: tuple[str, ...]
    device: str

    def __str__(self) -> str:
        return f"{self.optimizer} of {self.problem}"


@dataclass(frozen=True)
class Case:
    """One run: a problem, an optimiser at a rate, and how the gradient is taken."""

    problem: Problem
    optimizer: Optimizer
    scheme: Scheme
    step_kind: str
    precision: Format
    backend: Backend
    device: str
    start: tuple[float, ...]
    rate: float
    iterations: int

    def __str__(self) -> str:
        return (
            f"{self.precision.name} {self.optimizer.label} of {self.problem.name} "
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
    def why_not(self) -> str | None:
        """Why there is no such run; None where there is."""
        return self.backend.why_not(self.scheme, self.precision, self.problem)


def check(study: Study) -> None:
    """InputError where two descents of a study would have the same rows."""
    seen = set()
    for descent, name, rate in _descents(study):
        key = (descent.problem, descent.size, name, rate)
        if key in seen:
            raise InputError(
                f"two descents of {descent.problem}, n = {descent.size}, have {name} at "
                f"rate {rate:g}; allowed: one"
            )
        seen.add(key)


def items(study: Study) -> list[Item]:
    """The work of a study, an item for each exact path."""
    return [
        Item(
            descent.problem,
            name,
            rate,
            descent.beginning,
            descent.iterations,
            descent.schemes,
            descent.steps,
            study.precisions,
            study.backends,
            study.autodiff_backends,
            study.device,
        )
        for descent, name, rate in _descents(study)
    ]


def _descents(study: Study) -> Iterator[tuple[Descent, str, float]]:
    """Each descent with one of its optimisers and rates."""
    for descent in study.settings("descents"):
        assert isinstance(descent, Descent)
        for name, rates in descent.rates.items():
            for rate in dict.fromkeys(rates):
                yield descent, name, rate


def cases_of(item: Item) -> list[Case]:
    """All runs beside the exact path of an item."""
    return [
        Case(
            problems[item.problem],
            optimizers[item.optimizer],
            scheme,
            kind,
            precision,
            backends[backend],
            item.device,
            item.start,
            item.rate,
            item.iterations,
        )
        for precision in map(formats.__getitem__, item.precisions)
        for scheme in map(schemes.__getitem__, item.schemes)
        for backend in (item.autodiff_backends if scheme.is_autodiff else item.backends)
        for kind in kinds_of(scheme, item.steps, precision)
    ]


def size(item: Item) -> int:
    """How many runs an item has."""
    return len(cases_of(item))


def step_of(scheme: Scheme, kind: str, precision: Format) -> float | None:
    """The step of a kind, a power of two: `best` is the scheme's usual one; None without a step.

    `large` lies halfway, in octaves, from the best step to 1, and `small` three quarters of the
    way from it to u, where h no longer moves x.
    """
    best = scheme.usual_step(precision.significand_bits)
    if best is None or kind == "best":
        return best
    exponent = math.log2(best)
    if kind == "large":
        return float(2.0 ** round(exponent / 2))
    return float(2.0 ** round(exponent - 0.75 * (exponent + precision.significand_bits)))


def kinds_of(scheme: Scheme, wanted: Sequence[str], precision: Format) -> list[str]:
    """The kinds of step that differ: a step that is `best` already is not run again."""
    if not scheme.has_step:
        return ["none"]
    steps: dict[float | None, str] = {}
    for kind in wanted:
        steps.setdefault(step_of(scheme, kind, precision), kind)
    return list(steps.values())
