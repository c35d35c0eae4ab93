"""Each error split into truncation and rounding: differences of balls, each rounded once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from bench.arithmetic import balls
from bench.experiments.accuracy.cases import Block
from bench.reference import (
    ENOUGH_BITS,
    Truth,
    ideals_at,
    ideals_of_pairs,
    ideals_on,
    truth_at,
    working_bits,
)
from bench.schemes import Scheme
from bench.values import Flags, Floats, Value

GROUP = 14  # steps whose ideals are computed with the same number of bits


@dataclass(frozen=True)
class Parts:
    """Errors at all x and h, rounded once to float64: (n, m), or (s, n, m) of s schemes."""

    error: Floats
    truncation: Floats
    rounding: Floats

    @property
    def each(self) -> tuple[Floats, Floats, Floats]:
        """The three of them."""
        return self.error, self.truncation, self.rounding


def by_balls(
    block: Block, schemes: Sequence[Scheme], found: Floats, truth: Truth, *, paired: bool = False
) -> Parts:
    """The parts of the errors of s schemes with a step, whose estimates are `found`: (s, n, m).

    With `paired` points and steps, as many of both, are pairs: (s, n, 1).
    """
    x, h = block.x.tolist(), block.h.tolist()
    at = partial(ideals_of_pairs if paired else ideals_at, block.problem)
    bits = working_bits(schemes, h)
    # Small steps need many bits, large ones few: each group of steps gets what it needs.
    groups = (
        [slice(0, len(h))] if paired else [slice(i, i + GROUP) for i in range(0, len(h), GROUP)]
    )
    ideals = [at(schemes, x, h[g], working_bits(schemes, h[g])) for g in groups]
    several = [np.concatenate([each[s.name] for each in ideals], axis=1) for s in schemes]
    with np.errstate(invalid="ignore"):  # an estimate may be infinite
        parts, loose = _parts(found, truth, np.stack(several), bits, block.problem.rational)
        for i in np.flatnonzero(loose.any(axis=(1, 2))).tolist():  # again, with more bits
            finer = truth_at(block.problem, x, 2 * bits)
            again = at([schemes[i]], x, h, 2 * bits)[schemes[i].name]
            mine, _ = _parts(found[i], finer, again, 2 * bits, block.problem.rational)
            for whole, part in zip(parts.each, mine.each, strict=True):
                whole[i] = part
    return parts


def without_ideal(block: Block, estimate: Floats, truth: Truth, bits: int) -> Parts:
    """The parts of what has no step: autodiff would give the truth without rounding."""
    column = np.array([_nan_ball(t) for t in truth.exact], object)[:, None]
    with balls.bits(bits):
        error = _rounded(balls.each_ball(estimate) - column, block.problem.rational)
    none = np.where(np.isnan(truth.values), np.nan, 0.0)[:, None]
    supported = np.where(np.isnan(estimate), np.nan, none)
    return Parts(error, supported, error)


def split_on_nodes(block: Block, estimate: Floats, truth: Truth, nodes: Floats) -> Parts:
    """The parts of a procedure's error: its ideal is the formula that it chose, at the same points.

    NaN where it does not say which one.
    """
    ideal = ideals_on(block.problem, block.x.tolist(), nodes, BITS_OF_CHOSEN)[:, None]
    with np.errstate(invalid="ignore"):
        parts, _ = _parts(estimate, truth, ideal, BITS_OF_CHOSEN, block.problem.rational)
    return parts


BITS_OF_CHOSEN = 1024  # a chosen formula may agree with the truth to hundreds of bits


def _parts(
    estimate: Floats, truth: Truth, ideal: balls.Balls, bits: int, ties: bool
) -> tuple[Parts, Flags]:
    """The parts, and which of them more bits may change."""
    column = np.array([_nan_ball(t) for t in truth.exact], object)[:, None]
    found = balls.each_ball(estimate)
    with balls.bits(bits):
        error = _rounded(found - column, ties)
        difference = ideal - column
        truncation, rounding = _rounded(difference, ties), _rounded(found - ideal, ties)
        known = balls.accuracy(difference)
    # log2 of the radius of each ideal's ball; that of the truth is far smaller.
    radius = np.where(known < EXACT, _exponent(truncation) - known, -np.inf)
    around_zero = (truncation == 0) & (known < EXACT)  # bits relative to a middle of 0 say nothing
    radius[around_zero] = _exponent(balls.radii(difference[around_zero]))
    vague = (known < ENOUGH_BITS) & np.isfinite(truncation)
    equal = (_exponent(rounding) - radius < ENOUGH_BITS) & np.isfinite(rounding)
    unsure = equal & (radius > _exponent(estimate) - SURELY_EQUAL)
    truncation[vague] = rounding[equal] = 0.0  # smaller than its ball
    return Parts(error, truncation, rounding), vague | unsure


EXACT = 2**40  # more bits than any ball has: its radius is 0
SURELY_EQUAL = 200  # bits to which a float and an ideal agree by no accident


def _exponent(values: Floats) -> Floats:
    """The binary exponent of each number; that of 0 is as small as float64 has."""
    with np.errstate(divide="ignore"):
        return np.where(values == 0, -1100.0, np.log2(np.abs(values)))


def _rounded(values: balls.Balls, ties: bool) -> Floats:
    """The number in each ball as float64, rounded once, to even where it lies between two.

    An exact tie is not the middle of its ball: a division has moved that a little to one side.
    Only a problem of + - * / and roots has `ties`.
    """
    nearest: Floats = values.astype(np.float64)
    if not ties:
        return nearest
    with np.errstate(invalid="ignore"):
        rest = (values - nearest).astype(np.float64)
        half = np.spacing(nearest) / 2
        maybe = np.abs(np.abs(rest) - np.abs(half)) <= np.abs(half) * NEAR_TIE
    for where in zip(*np.nonzero(maybe), strict=True):
        nearest[where] = _of_tie(values[where], float(nearest[where]), float(rest[where]))
    return nearest


NEAR_TIE = 2.0**-20  # closer to a tie than this, a number is looked at by itself


def _of_tie(value: Value, nearest: float, rest: float) -> float:
    """The even one of two neighbours where a tie is within the ball; else the nearest."""
    other = math.nextafter(nearest, math.copysign(math.inf, rest))
    tie = (balls.ball(nearest) + balls.ball(other)) / 2
    if not (value - tie).contains(0):
        return nearest
    return min(nearest, other, key=lambda each: int(math.ldexp(math.frexp(each)[0], 53)) % 2)


def _nan_ball(value: Value) -> Value:
    return balls.ball(math.nan) if value is None else value
