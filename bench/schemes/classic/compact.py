"""The compact scheme: slopes at all points of a small grid from one tridiagonal system."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from bench.schemes import scheme
from bench.values import Value

HALF = 4  # grid points on either side of x


@scheme(
    order=4,
    label="compact (Padé)",
    source="Lele 1992, Compact finite difference schemes, (2.1.6) and (4.1.4)",
)
def compact(f: Callable[[Value], Value], x: Value, h: Value) -> Value:
    """Padé's f'(x-h) + 4 f'(x) + f'(x+h) = 3 (f(x+h) - f(x-h)) / h on nine points, solved for x.

    At both ends stands Lele's one-sided f' + 2 f'(next) = (-5 f + 4 f(next) + f(second)) / 2h.
    Slopes are eliminated from the ends to the middle, where x is.
    """
    value = {k: f(x + k * h) if k else f(x) for k in range(-HALF, HALF + 1)}
    rises = {k: 3 * (value[k + 1] - value[k - 1]) for k in range(1 - HALF, HALF)}
    total = 4 * rises[0]
    for side in (-1, 1):
        end = -5 * value[side * HALF] + 4 * value[side * (HALF - 1)] + value[side * (HALF - 2)]
        known, share = -2 * side * end, Fraction(2)
        for k in range(HALF - 1, 0, -1):
            share = 1 / (4 - share)
            known = (4 * rises[side * k] - known) * share.numerator / share.denominator
        total = total - known
    middle = 4 - 2 * share
    return total * middle.denominator / (4 * middle.numerator * h)
