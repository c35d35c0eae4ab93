"""Refining: levels are added to a ladder until the truncation seen is below the rounding measured.

Downwards by halving while that helps, with one step between the largest ones that is no power of
two, then upwards where rounding rules.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from bench.schemes.adaptive.contrasts import measured
from bench.schemes.adaptive.levels import MOST, Indices, Levels
from bench.schemes.adaptive.plateaus import broken_off
from bench.schemes.adaptive.search import LARGEST, fall, spacing
from bench.schemes.adaptive.windows import LEAST_NOISE, Ladder, best
from bench.values import Flags, Floats

QUIET, NOISY = 4.0, 8.0  # rounding units of a converged f, and of one that has noise of its own
FAST_NOISE = 1.0  # rounding units, at least, of a fast part of f
LOUD = 64.0  # and from which on noise may be a fast part of f: it is looked at from nearer to x
LEVELS = 3  # at least, and one more whose step is no power of two
CONTROL = 1.5  # octaves from the largest to that one, which costs no digit there: at powers of two
# a rounding, or a wave, may look the same
BEFORE = 2  # levels that are added before it, at most
ALONE = 32.0  # times: by so much the even part of f is above its odd part, and above its noise
ENDED = 2.0  # times the rounding: a truncation below that needs no other level
BETTER, STALE = 1.5, 3  # a bound that is not better by so much, so many times, ends it
NEARER = 8  # octaves below the smallest step, at which noise would be as large as ever
FURTHER = 12  # octaves below that at which f moves by as much as its noise
ROOM = 8  # octaves from there to the distance of floats, at least
QUIETER = 8.0  # times: so much less than its noise f moves there by chance once in hundreds
LIMIT = 45  # evaluations
MANY_UNITS = 1000.0  # rounding error, in units of the derivative, that larger steps may lessen


@dataclass
class Found:
    """What is known of the derivative at each point, and of how it was found."""

    value: Floats
    bound: Floats
    truncation: Floats
    rounding: Floats
    noise: Floats
    first: Floats
    last: Floats
    top: Flags
    settled: Flags

    def __getitem__(self, of: Indices | Flags) -> Found:
        return Found(*(getattr(self, each.name)[of] for each in fields(self)))

    def put(self, of: Indices, other: Found) -> None:
        """Replace what is known of some points."""
        for each in fields(self):
            getattr(self, each.name)[of] = getattr(other, each.name)


@dataclass
class Rungs:
    """Between which exponents the levels of each point count."""

    low: Floats
    high: Floats


def nothing(n: int) -> Found:
    """Nothing is known of n points."""
    numbers = np.full((7, n), np.nan)
    numbers[1:4] = np.inf
    return Found(*numbers, *np.zeros((2, n), bool))


def refined(levels: Levels, of: Indices, rungs: Rungs, power: int) -> Found:
    """The derivative at the points of `of`, whose levels between the rungs are known."""
    found = _descended(levels, of, rungs, power, LEAST_NOISE)
    least = np.full(len(of), LEAST_NOISE)
    if power == 2:
        _look_closer(levels, of, rungs, found, least)
        calm = np.flatnonzero(found.noise <= NOISY)
        least[calm] = np.maximum(
            least[calm], broken_off(levels, of[calm], found.first[calm], found.last[calm])
        )
        again = np.flatnonzero(least > LEAST_NOISE)
        some = Rungs(rungs.low[again], rungs.high[again])
        found.put(again, analysed(levels, of[again], some, power, least[again]))
    _climb(levels, of, rungs, found, power, least)
    return found


def _descended(levels: Levels, of: Indices, rungs: Rungs, power: int, least: float) -> Found:
    """What levels of smaller steps tell, and one among the largest that is no power of two."""
    found = analysed(levels, of, rungs, power, least)
    stale = np.zeros(len(of), int)
    cost = 2 if power == 2 else 1
    checked = np.zeros(len(of), bool)
    active, turn = np.arange(len(of)), 0
    while len(active):
        active = active[levels.evaluations[of[active]] + cost <= LIMIT]
        control = (found.settled[active] | (turn >= BEFORE)) & ~checked[active]
        lower = np.ceil(rungs.low[active]) - np.where(stale[active] < 2, 1.0, 3.0)
        wanted = np.where(control, rungs.high[active] - CONTROL, lower)
        rungs.low[active] = np.where(control, rungs.low[active], lower)
        checked[active] |= control
        turn += 1
        there = levels.take(of[active], wanted)
        active, control = active[there], control[there]
        some = Rungs(rungs.low[active], rungs.high[active])
        now = analysed(levels, of[active], some, power, least)
        helped = now.bound < found.bound[active] / BETTER
        stale[active] = np.where(helped, 0, stale[active] + ~control)
        found.put(active, now)
        active = active[~(now.settled & checked[active]) & (stale[active] < STALE)]
    return found


def _look_closer(levels: Levels, of: Indices, rungs: Rungs, found: Found, least: Floats) -> None:
    """Begin again, nearer to x, where noise is not seen there: it is a fast part of f.

    Such a part departs from its terms gradually. What breaks off is a plateau amid noise: of a
    rounding within f that is the same at all floats nearby.
    """
    loud = np.flatnonzero(found.noise > LOUD)
    mine, noise = of[loud], found.noise[loud] * np.nanmax(levels.unit[of[loud]], axis=1)
    near = np.floor(np.nanmin(levels.exponent[mine], axis=1)) - NEARER
    level = np.log2(noise / np.abs(found.value[loud])) - FURTHER  # f moves less than its noise
    room = spacing(levels)[mine] + ROOM
    near = np.where(near > room, np.fmin(near, np.fmax(np.floor(level), room)), near)
    for octaves in range(4):
        there = levels.take(of[loud], near - octaves)
        h, odd, even, _ = levels.at_exponent(of[loud], near - octaves)
        still = there & (np.maximum(2 * np.abs(odd) * h, np.abs(even)) < noise / QUIETER)
        still &= odd != 0  # a cancelled f is a staircase: noise from afar, and level nearby
        loud, near, noise = loud[still], near[still], noise[still]
    closer = Rungs(near - 3, near.copy())
    seen = _descended(levels, of[loud], closer, 2, FAST_NOISE)
    _climb(levels, of[loud], closer, seen, 2, np.full(len(loud), FAST_NOISE))
    smooth = broken_off(levels, of[loud], seen.first, seen.last, MOST) == 0
    loud = loud[smooth]
    least[loud] = FAST_NOISE
    found.put(loud, seen[smooth])
    rungs.low[loud], rungs.high[loud] = closer.low[smooth], closer.high[smooth]


def _climb(
    levels: Levels, of: Indices, rungs: Rungs, found: Found, power: int, least: Floats
) -> None:
    """Add larger steps where rounding rules and the largest step is the best one."""
    u, cost = levels.arithmetic.unit_roundoff, 2 if power == 2 else 1
    active = np.arange(len(of))
    while len(active):
        mine = found[active]
        climbs = mine.top & (mine.rounding > MANY_UNITS * u * np.abs(mine.value))
        active = active[climbs & (levels.evaluations[of[active]] + cost <= LIMIT)]
        rungs.high[active] += 1
        active = active[levels.take(of[active], rungs.high[active])]
        if power == 2:
            active = active[~_lost(levels, of[active], rungs.high[active], found.noise[active])]
        now = analysed(
            levels, of[active], Rungs(rungs.low[active], rungs.high[active]), power, least[active]
        )
        better = now.bound < found.bound[active] / 1.3
        found.put(active[better], now[better])
        active = active[better]


def _lost(levels: Levels, of: Indices, exponent: Floats, noise: Floats) -> Flags:
    """Whether the step is too large for f, of which the even part alone is seen to tell so."""
    h, odd, even, unit = levels.at_exponent(of, exponent)
    ratio = fall(levels, of, exponent)[2]
    alone = np.abs(even) > ALONE * np.maximum(np.abs(odd) * h, noise * unit)
    return np.asarray(alone & ~(ratio <= LARGEST))


def analysed(levels: Levels, of: Indices, rungs: Rungs, power: int, least: Floats | float) -> Found:
    """The best window of the levels between the rungs, for a noise of `least` units or more."""
    if not len(of):
        return nothing(0)
    ladder, h, slope = ladder_of(levels, of, rungs, power)
    enough = ladder.size > 1
    noise = np.where(ladder.size > 2, measured(ladder), LEAST_NOISE)
    noise = np.maximum(noise, least)
    found = best(ladder, noise, (noise <= NOISY) & (power == 2))
    plain = best(ladder, np.full(len(of), LEAST_NOISE), np.full(len(of), power == 2))
    settled = (
        (plain.truncation <= ENDED * plain.rounding) & (noise <= QUIET) & (ladder.size >= LEVELS)
    )
    rows = np.arange(len(of))
    first, last = (np.nan_to_num(each).astype(int) for each in (found.first, found.last))
    numbers = (found.value, found.bound, found.truncation, found.rounding)
    value = np.where(enough, found.value, ladder.odd[:, 0])
    bound, cut, rounding = (np.where(enough, each, np.inf) * slope for each in numbers[1:])
    return Found(
        value * slope,
        bound,
        cut,
        rounding,
        noise,
        h[rows, first],
        h[rows, last],
        found.first == 0,
        settled & enough,
    )


def ladder_of(
    levels: Levels, of: Indices, rungs: Rungs, power: int
) -> tuple[Ladder, Floats, Floats]:
    """The levels between the rungs without their units, their steps, and the unit of slopes."""
    exponent = levels.exponent[of]
    used = (exponent >= rungs.low[:, None]) & (exponent <= rungs.high[:, None])
    used &= np.isfinite(levels.odd[of])
    size = used.sum(axis=1)
    order = np.argsort(np.where(used, -exponent, np.inf), axis=1, kind="stable")
    order = order[:, : max(2, size.max())]

    def sorted_(values: Floats, otherwise: float) -> Floats:
        taken = np.take_along_axis(np.where(used, values[of], np.nan), order, axis=1)
        return np.where(np.isnan(taken), otherwise, taken)

    h, unit = sorted_(levels.h, np.nan), sorted_(levels.unit, 0.0)
    odd, even = sorted_(levels.odd, 0.0), sorted_(levels.even, 0.0)
    still = (odd == 0) & (even == 0)  # values that do not move at all tell nothing of their noise
    unit = np.where(still, unit.max(axis=1, keepdims=True), unit)
    middle = levels.arithmetic.unit(levels.middle[of])
    largest, one = np.nan_to_num(h[:, :1], nan=1.0), np.maximum(unit.max(axis=1), middle)[:, None]
    relative = h / largest
    column = np.arange(h.shape[1])
    beyond = np.nanmin(relative, axis=1, initial=1.0)[:, None] / 2.0 ** (column + 1)
    ladder = Ladder(
        np.where(np.isnan(relative), beyond, relative),
        odd * (largest / one),
        even / one,
        unit / one,
        middle / one[:, 0],
        np.abs(levels.at[of]) / largest[:, 0],
        size,
        np.take_along_axis(used & (exponent % 1 != 0), order, axis=1),
        power,
        levels.arithmetic.unit_roundoff,
        2.0**-53,
    )
    return ladder, np.nan_to_num(h, nan=0.0), one[:, 0] / largest[:, 0]
