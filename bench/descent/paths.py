"""Paths downhill: in a floating-point format, and with exact gradients in several hundred bits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.backends import check_format, exact, tape
from bench.backends.jax import device_of, settings
from bench.descent.cases import DescentCase
from bench.descent.optimizers import Arithmetic, Optimizer
from bench.functions import Function
from bench.formats import Format

Array = npt.NDArray[Any]

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


def format_path(case: DescentCase) -> Path:
    """The path in the format: x, gradient, memory and update stay in it, which is asserted."""
    precision = case.precision
    x, rate = precision.round(case.start), precision.round(case.rate)
    arithmetic = Arithmetic(lambda value: precision.round(float(value)), np.sqrt)
    memory = case.optimizer.start(x)
    gradient = _gradient(
        case.function, case.scheme, case.h, precision, case.n, case.backend, case.device
    )
    positions, gradients = [], []
    with _conditions(case):
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


@contextmanager
def _conditions(case: DescentCase) -> Iterator[None]:
    """NumPy without its warnings; for JAX its settings, in which programs were compiled too."""
    with np.errstate(all="ignore"), ExitStack() as stack:
        if case.backend != "numpy":
            import jax

            stack.enter_context(settings(case.scheme.needs))
            stack.enter_context(jax.default_device(device_of(case.device)))
        yield


@lru_cache(maxsize=64)  # all schemes, steps and formats of a function or two
def _gradient(
    function: Function,
    scheme: Any,
    h: float | None,
    precision: Format,
    n: int,
    backend: str,
    device: str,
) -> Callable[[Array], Array]:
    """The gradient as a function of x alone; compiled once for all rates and optimisers."""
    steps = np.full(n, 0.0 if h is None else h).astype(precision.dtype)
    if backend == "numpy":
        return lambda x: np.asarray(scheme.run(function, x, steps, np))
    import jax

    def run(x: Any, steps: Any) -> Any:
        return scheme.run(function, x, steps, jax.numpy)

    program = jax.jit(run) if backend == "jax" else run
    return lambda x: np.asarray(program(x, steps))


def values_and_gradients(function: Function, x: Array) -> tuple[Array, Array]:
    """F (m,) and its gradients (n, m), in balls, at m points x (n, m): one tape for all."""
    values: list[Any] = []

    def total(x: Any, xp: Any) -> Any:
        values.append(function(x, xp))
        return xp.sum(values[0], axis=0)

    gradients = tape.gradient(total, x)[1]
    return values[0].value, gradients


def _middle_or_lost(value: Any) -> Any:
    """The middle of a ball, or not a number where it has left float64 for good."""
    return value.mid() if abs(value) < FARTHEST else NOWHERE


FARTHEST = exact.ball(2) ** 1024
NOWHERE = exact.ball("nan")
_middles = np.frompyfunc(_middle_or_lost, 1, 1)


def exact_paths(
    function: Function,
    optimizer: Optimizer,
    starts: npt.NDArray[np.float64],
    rates: npt.NDArray[np.float64],
    iterations: int,
    bits: int = BITS,
) -> tuple[Array, Array]:
    """Positions (iterations + 1, n, m) with exact gradients, and F there, as balls.

    From m starts (n, m) with m rates. Each position is rounded to `bits` bits: the radii of the
    balls, which would only grow, are dropped.
    """
    with exact.bits(bits):
        arithmetic = Arithmetic(exact.ball, exact.balls.sqrt)
        x, steps = exact.each_ball(starts), exact.each_ball(rates)
        memory = optimizer.start(x)
        positions, values = [], []
        for t in range(1, iterations + 2):
            value, slopes = values_and_gradients(function, x)
            positions.append(x)
            values.append(value)
            direction, memory = optimizer(slopes, memory, t, arithmetic)
            memory = tuple(_middles(each) for each in memory)
            x = _middles(x - steps * direction)
        return np.array(positions), np.array(values)
