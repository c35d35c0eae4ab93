"""How many ulp answers are off: screened in wider floats everywhere, certified by balls."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from bench.arithmetic import balls as exact
from bench.formats import Format
from bench.values import Array, Floats

BITS = 96
IN_BALLS = 2**13  # places that balls judge by themselves
CERTIFIED = 256  # places that look worst, judged again by balls
SPARE = 8  # bits that a screen has beyond those of the format, so that it sees 1/64 ulp
IN_HARDWARE = 64  # bits: a long double of more is emulated, and slow
AGREES = 2.0**-6

Wide = np.dtype[Any]


@dataclass(frozen=True, eq=False)
class Places:
    """A function under NumPy's name, and the arguments in a format at which it is judged."""

    name: str
    precision: Format
    arguments: tuple[Array, ...]

    def ulps(self, answer: Array, places: Array) -> Floats:
        """The error of the answers at some places in ulp of the truth there, by balls."""
        points = [exact.each_ball(each[places].astype(np.float64)) for each in self.arguments]
        with exact.bits(BITS):
            truth = (
                points[0] ** points[1]
                if self.name == "pow"
                else getattr(exact.balls, self.name)(points[0])
            )
            error = exact.each_ball(answer[places].astype(np.float64)) - truth
            off: Floats = np.abs(error.astype(np.float64))
        return off / self.precision.ulp(truth.astype(np.float64))

    def worst(self, answer: Array) -> tuple[float, int]:
        """The largest error in ulp, and at how many places it was looked for.

        Wider floats look at every place; balls judge those that seem worst and others between
        them. Where the two disagree, or nothing is wider, balls alone judge some of the places.
        """
        count, wide = len(answer), wider(self.precision)
        places = np.arange(0, count, max(1, count // IN_BALLS))
        if wide is not None and count > IN_BALLS:
            seen = self._seen(answer, wide)
            chosen = np.union1d(np.argpartition(seen, -CERTIFIED)[-CERTIFIED:], places[::16])
            found = self.ulps(answer, chosen)
            if np.allclose(seen[chosen], found, rtol=AGREES, atol=AGREES, equal_nan=True):
                return float(np.max(found)), count
            places = np.union1d(places, chosen)
        return float(np.max(self.ulps(answer, places))), len(places)

    def _seen(self, answer: Array, wide: Wide) -> Floats:
        """The error of every answer in ulp, as wider floats see it."""
        truth, ulp = _truth(self, wide)
        with np.errstate(all="ignore"):
            error: Array = np.abs(answer.astype(np.float64).astype(wide) - truth)
            return error.astype(np.float64) / ulp


def wider(precision: Format) -> Wide | None:
    """The processor's floats that are enough wider than a format; None where there are none."""
    bits = {np.float64: 53, np.longdouble: np.finfo(np.longdouble).nmant + 1}
    enough = range(precision.significand_bits + SPARE, IN_HARDWARE + 1)
    return next((np.dtype(wide) for wide, each in bits.items() if each in enough), None)


@lru_cache(maxsize=1)  # the answers of all backends to a question are judged one after another
def _truth(places: Places, wide: Wide) -> tuple[Array, Floats]:
    """The truth in wider floats, as good as they are, and the format's ulp there."""
    arguments = [each.astype(np.float64).astype(wide) for each in places.arguments]
    with np.errstate(all="ignore"):
        truth = getattr(np, places.name)(*arguments)
        return truth, places.precision.ulp(truth.astype(np.float64))
