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


LARGEST_IDEAL = 64  # variables up to which the scheme is run in balls
LARGEST_TRUTH = 10_000  # variables up to which the gradient is taken in balls
BITS = 256


@dataclass(frozen=True)
class Exact:
    """The gradient in balls at x (n,) as floats, checked along a direction by power series."""

    function: Function
    x: npt.NDArray[np.float64]

    @cached_property
    def gradient(self) -> Array:
        """n balls; Disagreement where the slope along a direction is another."""
        with exact.bits(BITS):
            found = tape.gradient(self.function.formula, exact.each_ball(self.x))[1]
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
            return found

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
    """The Euclidean length of a difference over that of the truth, rounded once."""
    with exact.bits(BITS):
        return float(_length(difference) / _length(truth))


def _length(values: Array) -> Any:
    middles = np.frompyfunc(lambda ball: ball.mid(), 1, 1)(values)  # a square stays positive
    return (middles * middles).sum().sqrt()
