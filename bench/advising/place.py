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
from bench.values import Value

Sides = tuple[float, float]


def not_finite(problem: Problem, x: float, known: Format) -> InputError:
    """Why f is not finite in the format at x: it has no value there, or overflows."""
    found = value_at(problem, x)
    if found is None:
        return InputError(f"{problem.label} has no value at x = {x:.9g}")
    said = ": f is too large there"
    if found.is_finite():
        way = "" if abs(found) > known.largest else ", but something on the way to it is larger"
        said = f": it is {found.mid().str(3, radius=False)} there{way}"
    return InputError(
        f"{problem.label} overflows in {known.name} at x = {x:.9g}{said}; allowed: up to "
        f"{known.largest:.3g}"
    )


def value_at(problem: Problem, x: float) -> Value | None:
    """f(x) as a ball, infinite where it is too large for any; None where it has no value."""
    with balls.bits(BITS):
        try:
            found: Value = problem(np.array([balls.ball(x)], object), balls.balls)[0]
        except ZeroDivisionError:
            return None
        return None if found.is_nan() else found


def error_of(problem: Problem, x: float, given: float) -> float:
    """The relative error of a value of f at x; NaN where f is 0, or not known to be another."""
    exact = value_at(problem, x)
    if exact is None or not exact.is_finite() or not (abs(exact) > 0):
        return math.nan
    with balls.bits(BITS):
        return float(abs((balls.ball(given) - exact) / exact).mid())


def slope_of_end(sides: Sides) -> float:
    """The slope on the one side on which f goes on; NaN where it is vertical, or f has both."""
    (slope, *others) = [each for each in sides if not math.isnan(each)]
    return slope if not others and math.isfinite(slope) else math.nan
