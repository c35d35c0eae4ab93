"""The power series of f at points, and how large f is on discs about them: both certified by Arb.

By Cauchy's estimate a bound B of |f| on a disc of radius r, on which f is analytic, bounds every
coefficient of the series: |a_j| <= B / r^j. So it bounds what a sum cut off leaves out, for real
and for complex arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import flint
import numpy as np

from bench.arithmetic.balls import ball, bits, each_ball, series_length
from bench.arithmetic.functions import analytic, entire, series
from bench.problems import FormulaFailed, Problem
from bench.registry import InputError
from bench.values import Floats

TERMS = 36  # coefficients a_0 .. a_TERMS
BITS = 160  # of the coefficients: a pair holds 106, the slope gets three floats
ROUGH = 53  # bits of the bounds
RADII = tuple(2.0**k for k in range(3, -12, -2))  # of the discs
WIDE = 2.0**10  # a polynomial is known to be one where |x| is at most that
CANNOT = (AttributeError, TypeError, ValueError, FormulaFailed, InputError)


@dataclass(frozen=True)
class Expansion:
    """The power series of f at n points.

    Coefficients `high + low` (n, TERMS + 1) are known to within `doubt`; the slope a_1 is the sum
    of `slope` (3, n) to within `slope_doubt` (n,). `largest` (discs, n) bounds |f| on the disc of
    each of the RADII, infinite where f is not known to be analytic there. `degree` is that of a
    polynomial, None for other functions.
    """

    high: Floats
    low: Floats
    doubt: Floats
    slope: Floats
    slope_doubt: Floats
    largest: Floats
    degree: int | None


def expansion(problem: Problem, x: Sequence[float]) -> Expansion | None:
    """The power series of f at these points; None where f is not straight through, or has none."""
    if not _straight(problem.formula):
        return None
    n = len(x)
    parts = np.zeros((3, n, TERMS + 1))
    slope = np.zeros((4, n))
    try:
        with bits(BITS), series_length(TERMS + 1):
            for i, at in enumerate(x):
                found = _series(problem, ball(at))
                parts[:, i, : len(found)] = np.transpose([_pair(each) for each in found])
                slope[:, i] = _three(found[1]) if len(found) > 1 else 0  # f may be constant
    except CANNOT:
        return None
    high, low, doubt = parts
    return Expansion(
        high, low, doubt, slope[:3], slope[3], _largest(problem, x), _degree(problem, x)
    )


def _series(problem: Problem, at: Any) -> list[Any]:
    point = np.empty(1, object)  # NumPy would take a series for a sequence
    point[0] = flint.arb_series([at, 1], prec=TERMS + 1)
    return problem(point, series)[0].coeffs()  # type: ignore[no-any-return]


def _pair(value: Any) -> tuple[float, float, float]:
    """The middle of a ball as two floats, and what they may be off by."""
    high = float(value)
    rest = value - high
    low = float(rest)
    return high, low, (float(rest.rad()) + abs(low) * 2.0**-52) * (1 + 2.0**-40)


def _three(value: Any) -> tuple[float, float, float, float]:
    high, low, _ = _pair(value)
    third = value - high - low
    last = float(third)
    return high, low, last, float(abs(third - last).upper()) * (1 + 2.0**-40)


def _largest(problem: Problem, x: Sequence[float]) -> Floats:
    """A bound of |f| on the disc of each radius about each point; inf where f may be singular."""
    found = np.full((len(RADII), len(x)), np.inf)
    with bits(ROUGH):
        squares = [flint.acb(flint.arb(0, r), flint.arb(0, r)) for r in RADII]  # hold the discs
        centres, discs = each_ball(np.array(x)), np.empty(len(RADII), object)
        discs[:] = squares
        values = np.asarray(problem((discs[:, None] + centres).ravel(), analytic)).ravel()
        for place, value in enumerate(values):
            if value.is_finite():
                found.flat[place] = float(abs(value).upper()) * (1 + 2.0**-40)
    return found


def _degree(problem: Problem, x: Sequence[float]) -> int | None:
    """The degree of f where it is a polynomial: its series about a wide ball ends, exactly."""
    if max(map(abs, x)) > WIDE / 2:
        return None
    try:
        with bits(ROUGH), series_length(TERMS + 1):
            coefficients = _series(problem, flint.arb(0, WIDE))
    except CANNOT:  # a division by what may be 0, ..
        return None
    while coefficients and coefficients[-1] == 0 and coefficients[-1].is_exact():
        coefficients.pop()
    return len(coefficients) - 1 if len(coefficients) <= TERMS // 2 else None


class _Straight:
    """A number on which only + - * / and whole powers are known, so that what uses no other
    operation, and functions that are analytic, is analytic where it is finite."""

    def _same(self, other: object = None) -> _Straight:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _same
    __truediv__ = __rtruediv__ = __neg__ = __pos__ = _same

    def __pow__(self, power: object) -> _Straight:
        if not isinstance(power, int):
            raise TypeError("a power that is not whole has a branch")
        return self


@lru_cache(maxsize=256)
def _straight(formula: Any) -> bool:
    """Whether a formula is straight through: nothing but such operations and analytic functions."""
    point = np.empty(1, object)
    point[0] = _Straight()
    try:
        return type(np.asarray(formula(point, entire))[0]) is _Straight
    except Exception:  # whatever a formula raises on what is no number
        return False
