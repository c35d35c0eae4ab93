"""Vertical tangents: quotients that keep growing, or nearly, as their step falls.

Where f is like |x|^a, or x log x, the slope of the quotients over log h goes as h^g, g = a - 1:
they have a limit for g < 0 alone, and all that is left of the way to it is then the slope over
-g.
"""

from __future__ import annotations

import numpy as np

from bench.schemes.adaptive.levels import Levels
from bench.values import Floats

MOST, LEAST = 6, 5  # levels that are looked at, and that there must be
SLOW, FAST = -0.8, 1.3  # powers g between which no terms of f tell its limit
STILL = -0.05  # and that from which on no limit is seen
ABOVE = 4.0  # rounding of a quotient, of which each change must be more


def left_to_go(levels: Levels) -> Floats:
    """How far the quotient at the smallest step is from its limit, (n,); 0 where terms tell it.

    Infinite where no limit is seen.
    """
    h = np.where(np.isfinite(levels.odd), levels.h, np.inf)
    order = np.argsort(h, axis=1, kind="stable")[:, :MOST]
    h, odd, unit = (
        np.take_along_axis(each, order, axis=1) for each in (h, levels.odd, levels.unit)
    )
    known = np.isfinite(h)
    octave = np.log2(h)
    change = odd[:, :-1] - odd[:, 1:]
    seen = np.abs(change) > ABOVE * unit[:, :-1] / h[:, :-1]
    slope = change / (octave[:, 1:] - octave[:, :-1])
    middle = (octave[:, 1:] + octave[:, :-1]) / 2
    ratio = slope[:, :-1] / slope[:, 1:]
    power = np.log2(np.where(ratio > 0, ratio, np.nan)) / (middle[:, 1:] - middle[:, :-1])
    like = (power > SLOW) & (power < FAST) & seen[:, :-1] & seen[:, 1:]
    such = np.where(known[:, 2:], like, True).all(axis=1) & (known.sum(axis=1) >= LEAST)
    falls = -power[:, 0]
    way = np.abs(slope[:, 0]) / (np.log(2) * falls)
    return np.where(such, np.where(falls > -STILL, way, np.inf), 0.0)
