"""The gradient in balls, and what a scheme would give without rounding."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bench.arithmetic import balls, tape
from bench.arithmetic.balls import Balls
from bench.problems import FormulaFailed, Problem
from bench.registry import Disagreement
from bench.schemes import Scheme
from bench.schemes.gradient import direction
from bench.values import Array, Floats, Namespace, Value

MOST_WORK = 2**17  # variables times evaluations up to which a scheme is run in balls
BITS = 256
MOST_BY_MPMATH = 2**12  # variables up to which mpmath takes a slope


class NoTruth(Exception):
    """Why there is no exact gradient."""


@dataclass(frozen=True)
class Exact:
    """The gradient in balls at x (n,) as floats, checked along a line of n different slopes.

    The slope along the line comes from power series; where F uses what they lack (where, maximum,
    abs), from mpmath's difference.
    """

    problem: Problem
    x: Floats

    @cached_property
    def _taped(self) -> tuple[Value, Balls]:
        """F and its gradient; NoTruth where F uses what the tape or the series lack."""
        with balls.bits(BITS):
            F = self.problem.of_vector
            try:
                value, found = tape.gradient(F, balls.each_ball(self.x))
                certified = self._certified()
            except (AttributeError, TypeError) as error:
                reason = str(error).partition("; ")[0]
                raise NoTruth(
                    f"there is no exact gradient of {self.problem.name}: {reason}"
                ) from None
            self._require_close((found * self._line).sum(), certified)
            return value, found

    @property
    def _line(self) -> Array:
        """A direction in which no two slopes weigh the same: ±1, ±2, .. ±n."""
        n = len(self.x)
        return direction(n) * np.arange(1, n + 1)

    def _certified(self) -> Value:
        F = self.problem.of_vector
        try:
            return balls.slope_along(F, self.x, self._line)
        except (AttributeError, TypeError, FormulaFailed):
            if len(self.x) > MOST_BY_MPMATH:
                raise
            return balls.slope_by_mpmath(F, self.x, self._line)

    def _require_close(self, slope: Value, certified: Value) -> None:
        allowed = abs(certified) * balls.ball(2) ** -100 + balls.ball(2) ** -200
        if not abs(slope - certified) <= allowed + certified.rad() + slope.rad():
            raise Disagreement(
                f"two exact gradients of {self.problem.name} differ, n = {len(self.x)}: "
                f"{float(slope):.17g} and {float(certified):.17g} along a direction"
            )

    @property
    def gradient(self) -> Balls:
        """n balls; Disagreement where the slope along a direction is another."""
        return self._taped[1]

    @property
    def value(self) -> float:
        """F, rounded once to float64."""
        return float(self._taped[0])

    @cached_property
    def floats(self) -> Floats:
        """The gradient, each of its numbers rounded once to float64."""
        return self.gradient.astype(np.float64)

    def wanted(self, scheme: Scheme) -> Balls:
        """What a scheme approximates, in balls: the gradient, or one slope along a direction."""
        if scheme.whole:
            return self.gradient
        with balls.bits(BITS):
            return np.array([self.slope(self.gradient)], object)

    def slope(self, gradient: Balls) -> Value:
        """The slope along the random direction."""
        return (gradient * direction(len(self.x))).sum()

    def ideal(self, scheme: Scheme, h: float) -> Balls:
        """The scheme without rounding, in balls."""

        def function(x: Value, xp: Namespace) -> Value:
            return self.problem.of_vector(x, xp).view(balls.ComplexBalls)

        with balls.bits(4 * BITS):
            x = balls.each_ball(self.x)
            steps = balls.each_ball(np.full(len(x), h))
            if scheme.needs == "complex":
                steps = balls.each_complex_ball(steps)
            return balls.real_parts(scheme.gradient(function, x, steps, balls.balls))


def relative(difference: Balls, truth: Balls) -> float:
    """The Euclidean length of a difference over that of the truth, rounded once.

    0 where the difference is smaller than what its balls are known to.
    """
    with balls.bits(BITS):
        length = _length(difference)
        known = np.frompyfunc(lambda ball: ball.rad(), 1, 1)(difference).sum()
        return 0.0 if length <= known else float(length / _length(truth))


def _length(values: Balls) -> Value:
    middles = np.frompyfunc(lambda ball: ball.mid(), 1, 1)(values)  # a square stays positive
    return (middles * middles).sum().sqrt()
