"""The search for the scale of f: the largest step at which its power series still falls.

With terms a_k h^k of f about x the even and the odd part of two levels tell a_1 .. a_4, and their
ratio the step over the distance within which f is smooth. It is raised or lowered until it is
right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.schemes.adaptive.levels import Indices, Levels
from bench.values import Flags, Floats

SEEN = 8.0  # rounding units that f must change by to be seen
LARGEST, SMALLEST, AIM = 0.33, 0.04, 0.35  # of the step over the scale of f
NEAR = 5.0  # octaves from a step to one that must agree with it before it grows
MOVES = 9  # pairs of levels that are tried
EDGE = 10.0  # octaves from the first step to an edge that make it one-sided


@dataclass
class Search:
    """Where the search of each point stands: the k of its step 2^k, the best one so far, the
    smallest one that is too large, and how it ended; NaN where there is none.
    """

    exponent: Floats
    good: Floats
    bad: Floats
    moves: Indices
    failures: Indices
    flat: Flags
    aside: Flags


def scale(levels: Levels) -> Search:
    """The largest good step of each point; both levels of it and of its half are then known."""
    n = len(levels.at)
    first = start(levels)
    nothing = np.full(n, np.nan)
    counts = np.zeros((2, n), int)
    found = Search(first, nothing, nothing.copy(), *counts, *np.zeros((2, n), bool))
    distance = np.minimum(levels.at - levels.low, levels.high - levels.at)
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = np.floor(np.log2(distance))
    found.aside = np.isfinite(levels.middle) & ~(reach >= first - EDGE)
    found.exponent = np.where(found.aside, first, np.minimum(first, reach))
    active = np.flatnonzero(np.isfinite(levels.middle) & ~found.aside)
    while len(active):
        active = active[_move(levels, found, active)]
    return found


def start(levels: Levels) -> Floats:
    """The k of the first step: a quarter of |x|, or of its root where |x| is large."""
    octave = octave_of(levels.at)
    finest = octave + np.floor(0.6 * np.log2(levels.arithmetic.unit_roundoff))
    first: Floats = np.maximum(np.where(octave <= 0, octave, octave // 2), finest) - 2
    return first


def spacing(levels: Levels) -> Floats:
    """The k of the distance 2^k of x to the next float."""
    return np.asarray(octave_of(levels.at) + 1 + np.log2(levels.arithmetic.unit_roundoff))


def octave_of(x: Floats) -> Floats:
    """floor(log2 |x|); 0 for 0."""
    return np.where(x == 0, 0.0, np.frexp(x)[1] - 1.0)


def _move(levels: Levels, search: Search, of: Indices) -> Flags:
    """Try the step of each point of `of`, and say for which another one is to be tried."""
    there = levels.take(of, search.exponent[of])
    there[there] = levels.take(of[there], search.exponent[of[there]] - 1)
    go_on = np.zeros(len(of), bool)
    go_on[~there] = _not_there(levels, search, of[~there])
    go_on[there] = _there(levels, search, of[there])
    return go_on


def _not_there(levels: Levels, search: Search, of: Indices) -> Flags:
    """f is not finite at this step: a smaller one, a few times; then it may be so on one side."""
    search.bad[of] = search.exponent[of]
    search.failures[of] += 1
    over = search.failures[of] > 4
    search.aside[of[over & np.isnan(search.good[of])]] = True
    search.exponent[of] = _smaller(search, of, 2.0)
    return ~over & (search.exponent[of] > spacing(levels)[of])


def _smaller(search: Search, of: Indices, octaves: float) -> Floats:
    """A smaller exponent, halfway to one that is good."""
    good, exponent = search.good[of], search.exponent[of]
    return np.where(np.isnan(good), exponent - octaves, np.floor((exponent + good) / 2))


def _there(levels: Levels, search: Search, of: Indices) -> Flags:
    """Judge the step by how the terms of f fall."""
    exponent = search.exponent[of]
    search.moves[of] += 1
    search.failures[of] = 0
    h, change, ratio, seen = fall(levels, of, exponent)
    first = np.isnan(search.good[of])
    flat = ~seen & first
    large = ~flat & (ratio > LARGEST)
    good = ~flat & ~large
    search.bad[of[large]] = exponent[large]
    search.good[of[good]] = exponent[good]
    size = np.maximum(np.abs(levels.middle[of]), largest_value(levels, of, exponent))
    wanted = _wider(search, of, h, ratio)
    grows = good & (ratio < SMALLEST) & (change * 64 < size) & (wanted > exponent + 1)
    grows &= search.moves[of] < MOVES - 2
    alias = np.zeros(len(of), bool)
    alias[grows] = ~_foretold(levels, of[grows], exponent[grows])
    search.bad[of[alias]] = exponent[alias]
    search.good[of[alias]] = np.nan
    grows &= ~alias
    large |= alias
    search.flat[of] = flat
    following = np.where(grows, wanted, exponent)
    following = np.where(large, _smaller(search, of, 3.0), following)
    search.exponent[of] = np.where(flat, _beyond(levels, of, exponent), following)
    moves = (search.moves[of] < MOVES) & (search.exponent[of] > spacing(levels)[of])
    go_on: Flags = flat | large | grows
    go_on &= moves & (search.exponent[of] != exponent)
    return go_on


def _foretold(levels: Levels, of: Indices, exponent: Floats) -> Flags:
    """Whether a value nearer to x is as both levels foretell: a fast f may look slow from afar."""
    h, odd, even, unit = levels.at_exponent(of, exponent - 1)
    near = np.ldexp(1.0, (exponent - NEAR).astype(int))
    at = levels.rounded(levels.at[of] + near)
    step = at - levels.at[of]
    change = levels.values(of, at) - levels.middle[of]
    off = np.abs(change - odd * step - even * (step / h) ** 2)
    foretold: Flags = off <= SEEN * unit + np.abs(odd * step) / 4
    return foretold


def fall(levels: Levels, of: Indices, exponent: Floats) -> tuple[Floats, Floats, Floats, Flags]:
    """The half step, the change of f at it, its ratio to the scale of f, whether f is seen."""
    h, odd, even, unit = levels.at_exponent(of, exponent - 1)
    h2, odd2, even2, unit2 = levels.at_exponent(of, exponent)
    rounding = np.maximum(np.maximum(unit, unit2), levels.arithmetic.unit(levels.middle[of]))
    change = np.maximum(np.abs(odd) * h, np.abs(even))
    fall = (h2 / h) ** 2
    high = np.maximum(np.abs(odd2 - odd) * h, np.abs(even2 / fall - even)) / (fall - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.sqrt(np.maximum(high, rounding) / change)
    return h, change, ratio, change > SEEN * rounding


def largest_value(levels: Levels, of: Indices, exponent: Floats) -> Floats:
    """The largest |f| at a level and at half its step, about."""
    units = [levels.at_exponent(of, each)[3] for each in (exponent, exponent - 1)]
    return np.maximum(*units) / levels.arithmetic.unit_roundoff


def _wider(search: Search, of: Indices, h: Floats, ratio: Floats) -> Floats:
    """The exponent of the step that fits the scale of f; halfway to one that is too large."""
    with np.errstate(divide="ignore"):
        wanted = np.floor(np.log2(AIM * h / ratio))
    wanted = np.minimum(wanted, search.exponent[of] + 14)
    bad = search.bad[of]
    halfway = np.floor((search.exponent[of] + bad) / 2)
    return np.where(np.isnan(bad), wanted, np.minimum(wanted, halfway))


def _beyond(levels: Levels, of: Indices, exponent: Floats) -> Floats:
    """A larger step where f does not change: those that x suggests; the same one if none is."""
    octave = octave_of(levels.at[of]) - 2
    wider = np.where(exponent < -2, -2.0, np.maximum(exponent, octave))
    distance = np.minimum(levels.at - levels.low, levels.high - levels.at)[of]
    return np.maximum(exponent, np.minimum(wider, np.floor(np.log2(distance))))
