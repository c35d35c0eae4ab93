"""What kind of point x is, for a function of which exact values can be had: smooth, a kink, an end.

The slopes on either side tell, from steps so small that nothing else is seen.
"""

from __future__ import annotations

import math

import numpy as np

from bench.advising import BITS
from bench.arithmetic import balls
from bench.formats import Format
from bench.problems import Problem
from bench.registry import InputError

Sides = tuple[float, float]


def not_finite(problem: Problem, x: float, known: Format) -> InputError:
    """Why f is not finite in the format at x: it has no value there, or overflows."""
    value = _value(problem, x)
    if value is None:
        return InputError(f"{problem.label} has no value at x = {x:.9g}")
    way = "" if abs(float(value)) > known.largest else ", but something on the way to it is larger"
    return InputError(
        f"{problem.label} overflows in {known.name} at x = {x:.9g}: it is {value} there{way}; "
        f"allowed: up to {known.largest:.3g}"
    )


def _value(problem: Problem, x: float) -> str | None:
    """f(x) in a few digits, None where it has no value."""
    with balls.bits(BITS):
        try:
            found = problem(np.array([balls.ball(x)], object), balls.balls)[0]
        except ZeroDivisionError:
            return None
        return f"{found.mid().str(3, radius=False)}" if found.is_finite() else None


def is_end(sides: Sides) -> bool:
    """Whether f goes on on one side only."""
    return any(map(math.isnan, sides))


def slope_of_end(sides: Sides) -> float:
    """The slope on the one side on which f goes on; NaN where it is vertical, or f has both."""
    (slope, *others) = [each for each in sides if not math.isnan(each)]
    return slope if not others and math.isfinite(slope) else math.nan
