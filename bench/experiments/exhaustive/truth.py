"""What is true of many floats at once: f and f' in certified balls, one by one or block by block.

A block is of floats next to each other. Over it f is a polynomial plus a remainder (`blocks`). The
polynomial is evaluated in float64; what that rounds is bounded, too (Higham 2002, section 5.1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bench.arithmetic import balls
from bench.arithmetic.blocks import enclosed, polynomial
from bench.problems import FormulaFailed, Problem
from bench.reference import truth_at
from bench.registry import Disagreement, InputError
from bench.values import Array, Flags, Floats, Value

BITS = 320  # of exact arithmetic: enough for x of 2^127 and slopes of 2^-149
TERMS = 8  # of a polynomial
BLOCK = 2**12  # floats of one binade whose f is one polynomial
ROUNDING = 2.0**-50 * TERMS  # of Horner's rule in float64, relative to the sum of all sizes
SURE = 70  # bits of a ball that is rounded to float64
SAMPLED = 2**8  # floats, one of which is computed again by mpmath
FEWEST = 2**4  # floats that are not worth a polynomial
ENOUGH = 2.0**-36  # of a number, to which it must be known: a 4096th of an ulp of float32
NORMAL = 2.0**-126  # the smallest normal number of the formats of 32 bits or fewer that is needed
EVERY = 2**16  # floats of blocks, one of which is computed again by itself
SMALL, LARGE = 2.0**-200, 2.0**200  # beyond all numbers of 32 bits


@dataclass(frozen=True, eq=False)
class Truths:
    """f and f' at n floats, as float64; `off` bounds what each may be wrong by besides rounding.

    NaN where f has none. What lies beyond all numbers of 32 bits may be any number that does, too.
    """

    value: Floats
    slope: Floats
    value_off: Floats
    slope_off: Floats

    def at(self, places: Array) -> Truths:
        """The same at some of the floats."""
        columns = (self.value, self.slope, self.value_off, self.slope_off)
        return Truths(*(each[places] for each in columns))


def of_each(problem: Problem, x: Floats) -> Truths:
    """f and f' at each of some floats, rounded once to float64: by power series in balls.

    Some of them, and those that balls leave vague, are taken by `truth_at`, too. Raises
    Disagreement where the two differ.
    """
    try:
        found, vague = _of_series(problem, x)
    except (AttributeError, TypeError, FormulaFailed):  # where, maximum, abs
        found, vague = _otherwise(problem, x), np.zeros(len(x), bool)
    again = vague.copy()
    again[::SAMPLED] = True
    other = _otherwise(problem, x[again])
    _require_same(problem, x[again], found.at(again), other, vague[again])
    found.value[vague], found.slope[vague] = other.value[vague[again]], other.slope[vague[again]]
    return found


def _otherwise(problem: Problem, x: Floats) -> Truths:
    """f and f' by `truth_at`; no f' where there is no f."""
    value = _values(problem, x)
    slope = np.full(len(x), math.nan)
    there = ~np.isnan(value)
    if there.any():
        slope[there] = _slopes(problem, x[there])
    return _truths(value, slope)


def _of_series(problem: Problem, x: Floats) -> tuple[Truths, Flags]:
    """f and f' at each float, and where a ball is too wide to round it."""
    value, slope, vague = np.empty(len(x)), np.empty(len(x)), np.zeros(len(x), bool)
    with balls.bits(BITS):
        for i, each in enumerate(x.tolist()):
            try:
                both = balls.derivatives(problem, each, 1)
            except (ZeroDivisionError, ValueError):  # here, and not everywhere, there is no series
                value[i] = slope[i] = math.nan
                vague[i] = True
                continue
            value[i], slope[i] = map(float, both)
            vague[i] = min(ball.rel_accuracy_bits() for ball in both) < SURE
    vague |= np.isin(x, problem.kinks) | ~np.isfinite(value) | ~np.isfinite(slope)
    return _truths(value, slope), vague


def _truths(value: Floats, slope: Floats) -> Truths:
    none = np.zeros(len(value))
    return Truths(value, slope, none, none)


def _require_same(problem: Problem, x: Floats, found: Truths, other: Truths, vague: Flags) -> None:
    """Disagreement where two ways to what is true differ by more than their rounding."""
    for name in ("value", "slope"):
        one, two = _snapped(getattr(found, name)), _snapped(getattr(other, name))
        allowed = getattr(found, f"{name}_off") + 2.0**-52 * np.abs(two)
        with np.errstate(invalid="ignore"):
            differ = ~vague & np.isfinite(two) & ~(np.abs(one - two) <= allowed)
        if differ.any():
            at = int(np.argmax(differ))
            raise Disagreement(
                f"two exact computations of the {name} of {problem.name} differ at x = "
                f"{float(x[at])!r}: {one[at]!r} and {two[at]!r}"
            )


def _snapped(values: Floats) -> Floats:
    """The values, those beyond all numbers of 32 bits made alike."""
    return np.where(np.abs(values) < SMALL, 0.0, np.clip(values, -LARGE, LARGE))


def _values(problem: Problem, x: Floats) -> Floats:
    with balls.bits(BITS), np.errstate(invalid="ignore"):
        found: Floats = problem(balls.each_ball(x), balls.balls).astype(np.float64)
    return found


def _slopes(problem: Problem, x: Floats) -> Floats:
    """f' of mpmath, confirmed by power series in balls; NaN where it has none."""
    try:
        return truth_at(problem, x.tolist(), BITS).values
    except InputError:
        if len(x) == 1:
            return np.array([math.nan])
        half = len(x) // 2
        return np.concatenate([_slopes(problem, x[:half]), _slopes(problem, x[half:])])


def of_blocks(problem: Problem, x: Floats) -> Truths:
    """f and f' at floats of one binade that are next to each other, block by block.

    A block that holds a kink, the end of a domain or too much of f is halved, and floats that are
    left of that are taken one by one. Raises Disagreement where one of some that are computed again
    is another number.
    """
    together = _joined([_of_block(problem, x[i : i + BLOCK]) for i in range(0, len(x), BLOCK)])
    some = np.arange(len(x) // 2 % EVERY, len(x), EVERY)
    other = of_each(problem, x[some])
    _require_same(problem, x[some], together.at(some), other, np.zeros(len(some), bool))
    return together


def _joined(found: list[Truths]) -> Truths:
    columns = ("value", "slope", "value_off", "slope_off")
    return Truths(*(np.concatenate([getattr(each, name) for each in found]) for name in columns))


def _of_block(problem: Problem, x: Floats) -> Truths:
    found = None if _breaks(problem, x) else _by_polynomial(problem, x)
    if found is not None:
        return found
    if len(x) <= FEWEST:
        return of_each(problem, x)
    half = len(x) // 2
    return _joined([_of_block(problem, x[:half]), _of_block(problem, x[half:])])


def _by_polynomial(problem: Problem, x: Floats) -> Truths | None:
    """f and f' of a block by one polynomial; None where that does not know them all."""
    middle = float(x[len(x) // 2])
    t = x - middle  # exact: both are floats of one binade of a shorter format
    reach = float(np.abs(t).max())
    enclosing = enclosed(problem, middle, reach, BITS)
    beyond = (None, None) if enclosing is None else tuple(map(_beyond, enclosing))
    if None not in beyond:
        return _truths(*(np.full(len(x), each) for each in beyond))
    known = polynomial(problem, middle, reach, TERMS, BITS)
    if known is None:
        return None
    coefficients, last = known
    degrees = np.arange(1, TERMS)
    with np.errstate(over="ignore", invalid="ignore"):
        value, value_size = _horner(coefficients, t)
        slope, slope_size = _horner(coefficients[1:] * degrees, t)
        value_off = ROUNDING * value_size + _power(last, reach, TERMS)
        slope_off = ROUNDING * slope_size + TERMS * _power(last, reach, TERMS - 1)
    for each, found, off in zip(beyond, (value, slope), (value_off, slope_off), strict=True):
        if each is not None:
            found[:], off[:] = each, 0.0
    sure = all(
        (off <= ENOUGH * np.maximum(np.abs(found), NORMAL)).all()
        for found, off in ((value, value_off), (slope, slope_off))
    )
    return Truths(value, slope, value_off, slope_off) if sure else None


def _power(factor: float, base: float, exponent: int) -> float:
    """A factor times a power, which by itself may be too small for a float; inf if too large."""
    mantissa, power = math.frexp(base)
    try:
        return math.ldexp(factor * mantissa**exponent, power * exponent)
    except OverflowError:
        return math.inf


def _beyond(ball: Value) -> float | None:
    """A number that stands for all of a ball where it lies beyond all numbers of 32 bits."""
    if ball.is_zero() or not ball.is_finite():
        return None
    sign = -1.0 if ball < 0 else 1.0
    if abs(ball).upper() < SMALL:
        return sign * SMALL / 2
    return sign * 2 * LARGE if abs(ball).lower() > LARGE else None


def _breaks(problem: Problem, x: Floats) -> bool:
    """Whether 0, a kink or an end of the domain is within or at a block."""
    low, high = sorted((float(x[0]), float(x[-1])))
    ends = (0.0, *problem.kinks, problem.domain.low, problem.domain.high)
    return any(low <= end <= high for end in ends)


def _horner(coefficients: Floats, t: Floats) -> tuple[Floats, Floats]:
    """A polynomial at each t, and the same of all sizes, which its rounding is relative to."""
    value, size = np.full(len(t), coefficients[-1]), np.full(len(t), abs(coefficients[-1]))
    away = np.abs(t)
    for each in coefficients[-2::-1]:
        value *= t
        value += each
        size *= away
        size += abs(each)
    return value, size
