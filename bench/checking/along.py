"""What f does along a line, beside what a gradient foretells.

The residual f(x + t v) - f(x) - g.(x + t v - x) of a right gradient has no slope at t = 0. It is
taken at the points that the format has, so that what x is rounded to makes no error of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import InitVar, dataclass, field

import numpy as np

from bench.values import Array, Floats

COARSE = 2.0**-16  # unit roundoffs above it: there all that f shows is needed
OF_GRADIENT = 8.0  # unit roundoffs that are granted to each component of a gradient
OF_ALL = 2.0  # the same, where the errors of all components have one sign


@dataclass(frozen=True)
class Measured:
    """What f gives: a number, and the size of the numbers that it is made of."""

    number: float
    size: float

    @property
    def finite(self) -> bool:
        """Whether it is a number."""
        return math.isfinite(self.number) and math.isfinite(self.size)


@dataclass
class Function:
    """F: R^n -> R in a format of unit roundoff `unit`; its calls are counted.

    `call` gives NaN where f has no value; `round` rounds float64 to the format; `known` is the
    value at x where f was called there already. A value may be off by `least`, however small it is.
    """

    call: Callable[[Array], Measured]
    x: Array
    unit: float
    round: Callable[[Floats], Array]
    count: int = 0
    least: float = 0.0
    known: InitVar[Measured | None] = None
    here: Measured = field(init=False)

    def __post_init__(self, known: Measured | None) -> None:
        self.here = self.at(self.x) if known is None else known

    def at(self, x: Array) -> Measured:
        """The value at a point of the format."""
        self.count += 1
        return self.call(x)

    def rounding(self, size: float) -> float:
        """What one rounding may be off in a value of a size."""
        return max(self.unit * size, self.least)

    @property
    def point(self) -> Floats:
        """x in float64."""
        return self.x.astype(np.float64)


@dataclass(frozen=True)
class Sample:
    """A value of f on a line: the residual, the change of f, and the size of f."""

    residual: float
    change: float
    size: float


NOWHERE = Sample(math.nan, math.nan, 0.0)


@dataclass(frozen=True)
class Line:
    """The line x + t v, and the gradient that foretells f along it.

    It is `aligned` where every component of the gradient pulls f the same way.
    """

    f: Function
    v: Floats
    gradient: Floats
    aligned: bool = False

    def moved(self, t: float) -> Floats:
        """By how much the point of the format nearest to x + t v is away from x."""
        return self._at(t).astype(np.float64) - self.f.point

    def _at(self, t: float) -> Array:
        return self.f.round(self.f.point + t * self.v)

    def sample(self, t: float) -> Sample:
        """What f is at t, and what the gradient did not foretell; NOWHERE where f has no value."""
        there = self._at(t)
        step = there.astype(np.float64) - self.f.point
        value = self.f.at(there) if np.all(np.isfinite(step)) else None
        if value is None or not value.finite:
            return NOWHERE
        change = value.number - self.f.here.number
        residual = math.fsum((value.number, -self.f.here.number, *(-self.gradient * step)))
        return Sample(residual, change, value.size)

    @property
    def foretold(self) -> float:
        """g.v, the slope that the gradient foretells."""
        return math.fsum(self.gradient * self.v)

    @property
    def share(self) -> float:
        """The root of the sum of squares of what each component of the gradient foretells."""
        return float(np.linalg.norm(self.gradient * self.v))

    @property
    def granted(self) -> float:
        """The rounding of the gradient itself, along the line."""
        together = float(np.sum(np.abs(self.gradient * self.v)))
        return self.f.unit * (OF_GRADIENT * self.share + OF_ALL * together)
