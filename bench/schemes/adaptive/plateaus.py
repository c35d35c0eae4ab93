"""Plateaus: where f is smooth only because a rounding inside it stays the same near x.

Such an f breaks off at a larger step; a smooth one departs from its terms gradually. What it
breaks off by is its noise.
"""

from __future__ import annotations

import numpy as np

from bench.schemes.adaptive.levels import Indices, Levels
from bench.schemes.adaptive.search import octave_of
from bench.values import Floats

SHALLOW = 4  # levels: a window of so many has shown how the terms of f fall
WIDER = 3  # octaves that are looked at beyond a window of fewer
UNSEEN = 4.0  # rounding units by which a smooth f may seem to depart from its terms
GROWTH = 16.0  # times: no more does what f departs by grow with one octave
QUARTER = 2.0  # octaves from |x| to the widest step that is tried


def broken_off(
    levels: Levels, of: Indices, largest: Floats, smallest: Floats, shallow: int = SHALLOW
) -> Floats:
    """Rounding units by which f breaks off at steps wider than the chosen window, (n,); 0 if not.

    Asked only of windows of fewer levels than `shallow`: longer ones have shown how the terms of f
    fall.
    """
    found = np.zeros(len(of))
    h = np.where(np.isfinite(levels.odd[of]), levels.h[of], np.nan)
    size = ((h >= smallest[:, None]) & (h <= largest[:, None])).sum(axis=1)
    active = np.flatnonzero((size < shallow) & (size > 1) & np.isfinite(largest))
    if not len(active):
        return found
    wide = np.argmax(h == largest[:, None], axis=1)
    narrow = np.nanargmax(np.where(h < largest[:, None], h, -1.0), axis=1)
    before = np.full(len(of), UNSEEN)
    before[active] = np.fmax(_off(levels, of[active], wide[active], narrow[active]), UNSEEN)
    exponent = np.floor(np.log2(largest))
    for _ in range(WIDER):
        exponent[active] += 1
        active = active[exponent[active] <= octave_of(levels.at[of[active]]) - QUARTER]
        active = active[levels.take(of[active], exponent[active])]
        column = np.argmax(levels.exponent[of[active]] == exponent[active][:, None], axis=1)
        off = _off(levels, of[active], column, wide[active])
        broken = off > GROWTH * before[active]
        found[active[broken]] = off[broken] / 2
        wide[active] = column
        active = active[off <= UNSEEN]
    return found


def _off(levels: Levels, of: Indices, wide: Indices, narrow: Indices) -> Floats:
    """What f is off, at a wide level, from what the first terms at a narrow one tell, in units."""
    h, w = levels.h[of, narrow], levels.h[of, wide]
    even = np.abs(levels.even[of, wide] - levels.even[of, narrow] * (w / h) ** 2)
    odd = np.abs(levels.odd[of, wide] - levels.odd[of, narrow]) * w
    unit = np.maximum(levels.unit[of, wide], levels.arithmetic.unit(levels.middle[of]))
    return np.asarray(np.maximum(even, odd) / unit)
