"""The gradient in balls, and what a scheme would give without rounding."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.backends import exact, tape
from bench.functions import Function
from bench.gradients.schemes import GradientScheme, direction
from bench.reference import Disagreement

Array = npt.NDArray[Any]


MOST_WORK = 2**17  # variables times evaluations up to which a scheme is run in balls
BITS = 256


@dataclass(frozen=True)
class Exact:
    """The gradient in balls at x (n,) as floats, checked along a direction by power series."""

    function: Function
    x: npt.NDArray[np.float64]

    @cached_property
    def _taped(self) -> tuple[Any, Array]:
        with exact.bits(BITS):
            value, found = tape.gradient(self.function.formula, exact.each_ball(self.x))
            slope = self.slope(found)
            certified = exact.slope_along(self.function.formula, self.x, direction(len(self.x)))
            if (
                not abs(slope - certified)
                <= abs(certified) * exact.ball(2) ** -100
                + exact.ball(2) ** -200
                + certified.rad()
                + slope.rad()
            ):
                raise Disagreement(
                    f"two exact gradients of {self.function.name} differ, n = {len(self.x)}: "
                    f"{float(slope):.17g} and {float(certified):.17g} along a direction"
                )
            return value, found

    @property
    def gradient(self) -> Array:
        """n balls; Disagreement where the slope along a direction is another."""
        return self._taped[1]

    @property
    def value(self) -> float:
        """F, rounded once to float64."""
        return float(self._taped[0])

    @cached_property
    def floats(self) -> npt.NDArray[np.float64]:
        """The gradient, each of its numbers rounded once to float64."""
        return self.gradient.astype(np.float64)

    def wanted(self, scheme: GradientScheme) -> Array:
        """What a scheme approximates, in balls: the gradient, or one slope along a direction."""
        if scheme.whole:
            return self.gradient
        with exact.bits(BITS):
            return np.array([self.slope(self.gradient)], object)

    def slope(self, gradient: Array) -> Any:
        """The slope along the random direction."""
        return (gradient * direction(len(self.x))).sum()

    def ideal(self, scheme: GradientScheme, h: float) -> Array:
        """The scheme without rounding, in balls."""

        def function(x: Any, xp: Any) -> Any:
            return self.function(x, xp).view(exact.ComplexBalls)

        with exact.bits(4 * BITS):
            x = exact.each_ball(self.x)
            steps = exact.each_ball(np.full(len(x), h))
            if scheme.needs == "complex":
                steps = exact.each_complex_ball(steps)
            return exact.real_parts(scheme.run(function, x, steps, exact.balls))


def relative(difference: Array, truth: Array) -> float:
    """The Euclidean length of a difference over that of the truth, rounded once.

    0 where the difference is smaller than what its balls are known to.
    """
    with exact.bits(BITS):
        length = _length(difference)
        known = np.frompyfunc(lambda ball: ball.rad(), 1, 1)(difference).sum()
        return 0.0 if length <= known else float(length / _length(truth))


def _length(values: Array) -> Any:
    middles = np.frompyfunc(lambda ball: ball.mid(), 1, 1)(values)  # a square stays positive
    return (middles * middles).sum().sqrt()
