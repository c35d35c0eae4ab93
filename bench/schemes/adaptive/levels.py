"""Levels: values of f beside x, each pair shared by every formula that needs it.

A level is f(x + h) and f(x - h), or one of them where the other side is no side of f. Its step h
is a power of two that leaves x + h and x - h floats of the format of x; where the outer of
them lies between two floats both move to the nearest step that is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import ml_dtypes
import numpy as np
import numpy.typing as npt

from bench.values import Array, Flags, Floats, Value

Indices = npt.NDArray[np.intp]
MOST = 40  # levels of a point that are stored
INEXACT = 0.25  # of a step: what x + h may be off where floats are far apart


@dataclass(frozen=True)
class Arithmetic:
    """What a format rounds to: its dtype, unit roundoff, smallest and largest numbers."""

    dtype: np.dtype[np.generic]
    unit_roundoff: float
    smallest: float
    largest: float

    @staticmethod
    def of(dtype: np.dtype[np.generic]) -> Arithmetic:
        about = ml_dtypes.finfo(dtype)
        smallest, largest = float(about.smallest_subnormal), float(about.max)
        return Arithmetic(dtype, float(about.eps) / 2, smallest, largest)

    def unit(self, values: Floats) -> Floats:
        """The rounding unit of each value: u |v|, or half of the smallest number."""
        return np.maximum(self.unit_roundoff * np.abs(values), self.smallest / 2)


def step_of(exponent: Floats) -> Floats:
    """2^k, also of a k between two integers."""
    whole = np.floor(exponent)
    return np.asarray(np.ldexp(np.exp2(exponent - whole), whole.astype(int)))


class Levels:
    """The levels of n points: step h, odd quotient, even mean and rounding unit, (n, MOST) each.

    `odd` is (f(x+h) - f(x-h)) / 2h and `even` the mean of both values less f(x); on one side
    `odd` is (f(x+h) - f(x)) / h. `exponent` is the k of the step 2^k that was asked for; columns
    are in the order of asking, NaN where nothing is known.
    """

    def __init__(
        self,
        f: Callable[[Array, Indices], Value],
        x: Array,
        low: Floats,
        high: Floats,
        closed: bool,
    ) -> None:
        self._f, self.x, self.arithmetic = f, x, Arithmetic.of(x.dtype)
        self.at = x.astype(np.float64)
        self.low, self.high, self._closed = low, high, closed
        n = len(x)
        self.evaluations = np.zeros(n, int)
        self.side = np.zeros(n, int)  # 0: both
        self.size = np.zeros(n, int)
        self.exponent, self.h, self.odd, self.even, self.unit = np.full((5, n, MOST), np.nan)
        self.up, self.down = np.full((2, n, MOST), np.nan)
        self.middle = self.values(np.arange(n), self.at)

    def values(self, of: Indices, at: Floats) -> Floats:
        """f at one float for each point of `of`, as float64; NaN where it is not to be called."""
        found = np.full(len(of), np.nan)
        inside = self.inside(of, at)
        if inside.any():
            given = at[inside].astype(self.x.dtype)
            found[inside] = np.asarray(self._f(given, of[inside])).astype(np.float64)
        np.add.at(self.evaluations, of[inside], 1)
        return found

    def inside(self, of: Indices, at: Floats) -> Flags:
        """Which numbers are finite in the format and in the domain, for points of `of`."""
        low, high = self.low[of], self.high[of]
        finite = np.abs(at) <= self.arithmetic.largest
        if self._closed:
            return finite & (at >= low) & (at <= high)
        return finite & (at > low) & (at < high)

    def take(self, of: Indices, exponent: Floats) -> Flags:
        """Take the level 2^k of each point of `of`, unless it is known; whether it is finite."""
        known = self.exponent[of] == exponent[:, None]
        fresh = ~known.any(axis=1) & (self.size[of] < MOST)
        self._evaluate(of[fresh], exponent[fresh])
        column = np.argmax(self.exponent[of] == exponent[:, None], axis=1)
        found: Flags = np.isfinite(self.odd[of, column])
        return found

    def _evaluate(self, of: Indices, exponent: Floats) -> None:
        if not len(of):
            return
        x, side, h = self.at[of], self.side[of], step_of(exponent)
        up, down = self._beside(x, h, side)
        moved = np.maximum(np.abs(up - x - h) * (side >= 0), np.abs(x - down - h) * (side <= 0))
        moved = moved <= h * INEXACT
        points, twice = np.stack([up, down]), np.stack([moved & (side >= 0), moved & (side <= 0)])
        values = np.where(twice, np.nan, self.middle[of])
        wanted = twice & self.inside(of, points).all(axis=0)  # a level costs both values or none
        values[wanted] = self.values(np.broadcast_to(of, twice.shape)[wanted], points[wanted])
        self._store(of, exponent, x, up, down, *values)

    def _beside(self, x: Floats, h: Floats, side: Indices) -> tuple[Floats, Floats]:
        """The floats x + h and x - h, as far from x as each other where floats allow it."""
        outward = np.where(x < 0, -1.0, 1.0)
        outer = self.rounded(x + outward * h)
        inner = 2 * x - outer
        mirrored = self.rounded(inner)
        inner = np.where(np.isfinite(mirrored), mirrored, inner)
        up, down = np.where(outward > 0, outer, inner), np.where(outward > 0, inner, outer)
        return np.where(side < 0, x, up), np.where(side > 0, x, down)

    def rounded(self, values: Floats) -> Floats:
        """The values in the format, as float64."""
        return np.asarray(values.astype(self.x.dtype).astype(np.float64))

    def _store(
        self,
        of: Indices,
        exponent: Floats,
        x: Floats,
        up: Floats,
        down: Floats,
        above: Floats,
        below: Floats,
    ) -> None:
        width = up - down
        h = np.where(self.side[of] == 0, width / 2, width)
        difference = above - below
        odd = np.where(np.isfinite(difference), difference / width, above / width - below / width)
        even = (above / 2 - self.middle[of] / 2) + (below / 2 - self.middle[of] / 2)
        off = ((up - x) - (x - down)) / 2  # floats may be further apart than x is from 0
        lean = np.where(self.side[of] == 0, 2 * (off / h) * (even / h), 0.0)
        sizes = np.maximum(np.abs(above), np.abs(below))
        good = np.isfinite(odd) & np.isfinite(even)
        column = self.size[of]
        self.exponent[of, column], self.h[of, column] = exponent, h
        self.up[of, column], self.down[of, column] = up, down
        self.odd[of, column] = np.where(good, odd - lean, np.nan)
        self.even[of, column] = np.where(good, even, np.nan)
        self.unit[of, column] = self.arithmetic.unit(sizes)
        self.size[of] += 1

    def at_exponent(self, of: Indices, exponent: Floats) -> tuple[Floats, ...]:
        """Step, quotient, even part and rounding unit of one known level of each point of `of`."""
        column = np.argmax(self.exponent[of] == exponent[:, None], axis=1)
        return tuple(each[of, column] for each in (self.h, self.odd, self.even, self.unit))

    def nodes(self, smallest: Floats, largest: Floats) -> Floats:
        """The points at which f was called for levels from one step to another; NaN for none."""
        used = (self.h >= smallest[:, None]) & (self.h <= largest[:, None])
        used &= np.isfinite(self.odd)
        up, down = (np.where(used, each, np.nan) for each in (self.up, self.down))
        one = np.where(used.any(axis=1), self.at, np.nan)[:, None]
        above, below = self.side[:, None] > 0, self.side[:, None] < 0
        middle = np.where(above | below, one, np.nan)
        return np.concatenate(
            [np.where(below, np.nan, up), middle, np.where(above, np.nan, down)], axis=1
        )

    def swing(self) -> Floats:
        """The slope that f has between x and the ends of its largest level."""
        column = np.argmax(np.where(np.isfinite(self.odd), self.h, 0.0), axis=1)
        rows = np.arange(len(self.at))
        odd, even, h = (each[rows, column] for each in (self.odd, self.even, self.h))
        return np.asarray(np.maximum(np.abs(odd), np.abs(even) / h))

    def bends(self) -> Flags:
        """Whether the even part of f falls faster than h: at a corner or a cusp it does not."""
        rows, known = np.arange(len(self.at)), np.isfinite(self.odd)
        bend = np.abs(self.even) / self.h
        large = bend[rows, np.argmax(np.where(known, self.h, 0.0), axis=1)]
        small = bend[rows, np.argmin(np.where(known, self.h, np.inf), axis=1)]
        return np.asarray((small < large / 2) | (small == 0))

    def forget(self, of: Indices) -> None:
        """Forget the levels of some points: they are taken on another side from now on."""
        self.size[of] = 0
        for each in (self.exponent, self.h, self.odd, self.even, self.unit):
            each[of] = np.nan
