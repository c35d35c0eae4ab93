"""Kinks: the slopes on the left and on the right, from levels that are known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bench.schemes.adaptive.contrasts import measured
from bench.schemes.adaptive.levels import Indices, Levels
from bench.schemes.adaptive.refining import Rungs, ladder_of
from bench.schemes.adaptive.windows import LEAST_NOISE, Choice, Ladder, best
from bench.values import Flags, Floats

APART = 4.0  # bounds by which two slopes must differ


@dataclass(frozen=True)
class Sides:
    """Both slopes of n points, and where they differ; `reach` is from their middle to both."""

    left: Floats
    right: Floats
    reach: Floats
    kink: Flags

    @property
    def middle(self) -> Floats:
        """The mean of both slopes."""
        return self.left / 2 + self.right / 2


def sides_of(levels: Levels, of: Indices, largest: Floats) -> Sides:
    """The slopes on both sides of the points of `of`, from levels up to the k of `largest`, if any.

    There is no kink at the others.
    """
    n = len(largest)
    left, right, reach = np.full((3, n), np.nan)
    kink = np.zeros(n, bool)
    if len(of):
        every = np.full(len(of), np.inf)
        ladder, _, slope = ladder_of(levels, of, Rungs(-every, np.fmin(every, largest[of])), 2)
        bend = ladder.even / ladder.h
        lower, upper = (_side(ladder, ladder.odd + sign * bend) for sign in (-1, 1))
        left[of], right[of] = lower.value * slope, upper.value * slope
        known = lower.bound + upper.bound
        jump = np.abs(upper.value - lower.value)
        kink[of] = (jump > APART * known) & _stays(ladder)
        reach[of] = (jump / 2 + known) * slope
    return Sides(left, right, reach, kink)


def _stays(ladder: Ladder) -> Flags:
    """Whether the even part over h stays as it is at the smallest steps: of a smooth f it falls.

    Halfway between both counts.
    """
    rows, last = np.arange(len(ladder.h)), np.maximum(ladder.size - 1, 1)
    bend = np.abs(ladder.even) / ladder.h
    small, before = bend[rows, last], bend[rows, last - 1]
    ratio = ladder.h[rows, last] / ladder.h[rows, last - 1]
    return np.asarray(small >= before * (1 + ratio) / 2)


def _side(ladder: Ladder, quotients: Floats) -> Choice:
    """The slope on one side, from the quotients there."""
    mine = replace(ladder, odd=quotients, power=1)
    noise = np.where(mine.size > 2, np.maximum(measured(mine), LEAST_NOISE), np.inf)
    return best(mine, noise, np.zeros(len(noise), bool))
