"""Optimisers: one formula each, for floating-point formats and for exact arithmetic alike.

A formula gives the direction of which the rate's multiple is subtracted from x. Its constants
are fractions: each arithmetic rounds them in its own way, once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from bench.registry import Registry, definition
from bench.values import Value

Memory = tuple[Value, ...]
Formula = Callable[[Value, Memory, int, "Arithmetic"], tuple[Value, Memory]]


@dataclass(frozen=True)
class Arithmetic:
    """What a formula needs besides `+ - * /`: `number` of a fraction, and `sqrt` of an array."""

    number: Callable[[Fraction], Value]
    sqrt: Callable[[Value], Value]


@dataclass(frozen=True)
class Optimizer:
    """A way to go downhill: `formula(gradient, memory, t, arithmetic)` at iteration t = 1, 2, ..

    gives the direction and the new memory; `averages` arrays of zeros are the first memory.
    """

    name: str
    label: str
    formula: Formula
    averages: int
    source: str

    @property
    def summary(self) -> str:
        """What the optimiser does, in one line."""
        return definition(self.formula)

    def __call__(
        self, gradient: Value, memory: Memory, t: int, arithmetic: Arithmetic
    ) -> tuple[Value, Memory]:
        return self.formula(gradient, memory, t, arithmetic)

    def start(self, x: Value) -> Memory:
        """The memory before the first iteration, in the arithmetic of x."""
        return (x - x,) * self.averages


optimizers: Registry[Optimizer] = Registry(
    "optimizer",
    Optimizer,
    "bench.experiments.descents.optimizers:optimizers",
    home=lambda item: item.formula.__module__,
)


def optimizer(label: str, *, averages: int = 0, source: str) -> Callable[[Formula], Optimizer]:
    """Register a formula as an optimiser under its name."""

    def register(formula: Formula) -> Optimizer:
        name = formula.__name__
        return optimizers.add(name, Optimizer(name, label, formula, averages, source))

    return register


@optimizer("gradient descent", source="Cauchy 1847, Méthode générale, C. R. Acad. Sci. 25")
def gradient_descent(
    gradient: Value, memory: Memory, t: int, arithmetic: Arithmetic
) -> tuple[Value, Memory]:
    """Straight against the gradient."""
    return gradient, memory


@optimizer(
    "momentum", averages=1, source="Polyak 1964, Some methods of speeding up the convergence, eq. 9"
)
def momentum(
    gradient: Value, memory: Memory, t: int, arithmetic: Arithmetic
) -> tuple[Value, Memory]:
    """The heavy ball: a velocity that keeps nine tenths of itself and adds the gradient."""
    velocity = arithmetic.number(Fraction(9, 10)) * memory[0] + gradient
    return velocity, (velocity,)


@optimizer("Adam", averages=2, source="Kingma & Ba 2015, Adam, algorithm 1")
def adam(gradient: Value, memory: Memory, t: int, arithmetic: Arithmetic) -> tuple[Value, Memory]:
    """The average gradient over the root of the average squared one, both bias-corrected."""
    number = arithmetic.number
    keep, keep_square, small = Fraction(9, 10), Fraction(999, 1000), Fraction(1, 10**8)
    mean = number(keep) * memory[0] + number(1 - keep) * gradient
    square = number(keep_square) * memory[1] + number(1 - keep_square) * (gradient * gradient)
    size = arithmetic.sqrt(square / number(1 - keep_square**t)) + number(small)
    return mean / number(1 - keep**t) / size, (mean, square)
