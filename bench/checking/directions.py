"""The directions that a gradient is checked along.

Components move in proportion to their own size: in one kind all pull f the same way, so that a
wrong factor of the whole gradient cannot cancel; in the other kind signs are drawn, and what each
component foretells is made alike, so that one wrong component among many is seen.
"""

from __future__ import annotations

import numpy as np

from bench.checking.along import COARSE, Function, Line
from bench.values import Floats

TRIES = 8


class Lines:
    """Lines of both kinds through x, each in a direction of its own, as many as are asked for."""

    def __init__(self, f: Function, gradient: Floats, random: np.random.Generator) -> None:
        self._f, self._gradient, self._random = f, gradient, random
        self._own = own_sizes(f.point)
        self._even = self._own * _evenly(np.abs(gradient) * self._own)
        self._pull = np.where(gradient < 0, -self._own, self._own)
        self._count = {True: 0, False: 0}
        self._drawn = [np.where(gradient < 0, -1.0, 1.0)]

    def next(self, aligned: bool) -> Line:
        """Another line of a kind; of one variable there is one direction, which is aligned."""
        self._count[aligned] += 1
        count, n = self._count[aligned], self._own.size
        if n == 1:
            return Line(self._f, self._pull, self._gradient, True)
        if aligned:
            halved = self._random.integers(0, 2, n) if count > 1 else np.zeros(n)
            return Line(self._f, np.ldexp(self._pull, -halved.astype(int)), self._gradient, True)
        size = self._even if count % 2 and self._f.unit < COARSE else self._own
        return Line(self._f, size * self._signs(n), self._gradient)

    def _signs(self, n: int) -> Floats:
        """Signs that were not drawn before, nor were their opposites, where there are others."""
        for _ in range(TRIES):
            signs = self._random.choice([-1.0, 1.0], n)
            if not any(abs(signs @ each) == n for each in self._drawn):
                break
        self._drawn.append(signs)
        return signs


def own_sizes(x: Floats) -> Floats:
    """The power of 2 below each |x|; where x is 0, that of a typical other one."""
    size = np.abs(x)
    known = size[size > 0]
    typical = float(np.median(known)) if known.size else 1.0
    sizes: Floats = _power_of_2(np.where(size > 0, size, typical))
    return sizes


def _evenly(weight: Floats) -> Floats:
    """Factors that make weights alike, none above 1: nothing moves further than its own size."""
    known = weight[weight > 0]
    middle = float(np.median(known)) if known.size else 1.0
    ratio = middle / np.where(weight > 0, weight, middle)
    return _power_of_2(np.clip(ratio, 2.0**-10, 1.0))


def _power_of_2(size: Floats) -> Floats:
    found: Floats = np.exp2(np.floor(np.log2(size)))
    return found
