"""Paths downhill: in a floating-point format, and with exact gradients in several hundred bits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from bench.arithmetic import Backend, balls, check_format, tape
from bench.experiments.descents.cases import Case
from bench.experiments.descents.optimizers import Arithmetic, Optimizer
from bench.formats import Format
from bench.problems import Problem
from bench.schemes import Scheme
from bench.schemes.peer import NoGradient
from bench.values import Array, Floats, Namespace, Value

BITS = 512  # a path may double an error at each iteration, some hundred times
WATCHED = ("the gradient", "the direction", "x", "the memory", "the second memory")
LONGEST_CYCLE = 4
LASTING = 8  # iterations at least that a path must repeat itself to its end, to count as stalled


@dataclass(frozen=True)
class Path:
    """Positions and the gradients there, (iterations + 1, n), in the format.

    It ends with the first position that is not finite, if there is one.
    """

    positions: Array
    gradients: Array

    @cached_property
    def finite(self) -> int:
        """How many positions are finite: all of them, or all but the last."""
        return int(np.isfinite(self.positions.astype(np.float64)).all(axis=1).sum())

    @property
    def stalled_at(self) -> int | None:
        """The iteration from which on x stays where it is, or goes round in a short cycle."""
        x, found = self.positions.astype(np.float64), []
        for period in range(1, LONGEST_CYCLE + 1):
            moved = np.flatnonzero((x[period:] != x[:-period]).any(axis=1))
            found.append(int(moved[-1]) + 1 if len(moved) else 0)
        first = min(found)
        return first if first <= len(x) - 1 - LASTING else None


def format_path(case: Case) -> Path:
    """The path in the format: x, gradient, memory and update stay in it, which is asserted."""
    precision = case.precision
    x, rate = precision.round(case.start), precision.round(case.rate)
    arithmetic = Arithmetic(lambda value: precision.round(float(value)), np.sqrt)
    memory = case.optimizer.start(x)
    positions, gradients = [], []
    with case.backend.settings(case.scheme.needs, case.device):
        gradient = _gradient(
            case.problem, case.scheme, case.h, precision, case.n, case.backend, case.device
        )
        for t in range(1, case.iterations + 2):
            slopes = gradient(x)
            positions.append(x)
            gradients.append(slopes)
            if t > case.iterations or not np.isfinite(x.astype(np.float64)).all():
                break
            direction, memory = case.optimizer(slopes, memory, t, arithmetic)
            x = x - rate * direction
            for what, value in zip(WATCHED, (slopes, direction, x, *memory), strict=False):
                check_format(what, value, (precision.dtype,), str(case))
    return Path(np.array(positions), np.array(gradients))


@lru_cache(maxsize=64)  # all schemes, steps and formats of a problem or two
def _gradient(
    problem: Problem,
    scheme: Scheme,
    h: float | None,
    precision: Format,
    n: int,
    backend: Backend,
    device: str,
) -> Callable[[Array], Array]:
    """The gradient as a function of x alone; compiled once for all rates and optimisers."""
    xp = backend.namespace()
    steps = np.full(n, 0.0 if h is None else h).astype(precision.dtype)

    def run(x: Value, steps: Value) -> Value:
        try:
            return scheme.gradient(problem.of_vector, x, steps, xp)
        except NoGradient:  # the path ends there
            return np.full(n, np.nan, precision.dtype)

    ready = backend.prepare(run, (np.zeros_like(steps), steps), device)
    return lambda x: np.asarray(ready.function(xp.asarray(x), ready.arguments[1]))


def values_and_gradients(problem: Problem, x: Array) -> tuple[Array, Array]:
    """F (m,) and its gradients (n, m), in balls, at m points x (n, m): one tape for all."""
    values: list[tape.Taped] = []

    def total(x: Value, xp: Namespace) -> Value:
        values.append(problem.of_vector(x, xp))
        return xp.sum(values[0], axis=0)

    gradients = tape.gradient(total, x)[1]
    return values[0].value, gradients


def _middle_or_lost(value: Value) -> Value:
    """The middle of a ball, or not a number where it has left float64 for good."""
    return value.mid() if abs(value) < FARTHEST else NOWHERE


FARTHEST = balls.ball(2) ** 1024
NOWHERE = balls.ball("nan")
_middles = np.frompyfunc(_middle_or_lost, 1, 1)


def exact_paths(
    problem: Problem,
    optimizer: Optimizer,
    starts: Floats,
    rates: Floats,
    iterations: int,
    bits: int = BITS,
) -> tuple[Array, Array]:
    """Positions (iterations + 1, n, m) with exact gradients, and F there, as balls.

    From m starts (n, m) with m rates. Each position is rounded to `bits` bits: the radii of the
    balls, which would only grow, are dropped.
    """
    with balls.bits(bits):
        arithmetic = Arithmetic(balls.ball, balls.balls.sqrt)
        x, steps = balls.each_ball(starts), balls.each_ball(rates)
        memory = optimizer.start(x)
        positions, values = [], []
        for t in range(1, iterations + 2):
            value, slopes = values_and_gradients(problem, x)
            positions.append(x)
            values.append(value)
            direction, memory = optimizer(slopes, memory, t, arithmetic)
            memory = tuple(_middles(each) for each in memory)
            x = _middles(x - steps * direction)
        return np.array(positions), np.array(values)
