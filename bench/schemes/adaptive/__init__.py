"""The adaptive derivative: central differences at halving steps, with an error bound.

Values of f are shared down a ladder of steps 2^k; every run of neighbouring levels is extrapolated
to a step of 0. What its last level changed is the truncation that was seen; the noise of f
is measured in differences of high order, not assumed. The entry with the least sum is chosen,
and the sum is its bound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.schemes import procedure
from bench.schemes.adaptive.levels import Indices, Levels
from bench.schemes.adaptive.refining import ENDED, NOISY, Found, Rungs, nothing, refined
from bench.schemes.adaptive.search import Search, scale, start
from bench.schemes.adaptive.sides import sides_of
from bench.schemes.adaptive.tangents import left_to_go
from bench.schemes.gradient import at_coordinates
from bench.schemes.outcome import Outcome
from bench.values import Array, Floats, Namespace, Value

STATUSES = {
    "ok": "the truncation that was seen is below the rounding that was measured",
    "noisy": "f has noise of its own, above its rounding",
    "kink": "f has one slope on the left and another one on the right",
    "edge": "f is differentiated on one side: on the other one its domain ends",
    "rough": "no step is small enough that f is smooth and large enough that it is seen",
    "no digits": "f does not change by more than its rounding",
    "undefined": "f itself is not finite at x",
}


@dataclass(frozen=True)
class Result:
    """Derivatives at n points, in the format of x, and what each may err by.

    `bound` is float64; `left` and `right` are the slopes on either side of a kink, NaN elsewhere.
    `noise` is that of f in rounding units, `smallest_step` and `largest_step` are those of the
    chosen entry.
    """

    derivative: Array
    bound: Floats
    evaluations: Indices
    status: Array
    left: Floats
    right: Floats
    truncation: Floats
    rounding: Floats
    noise: Floats
    smallest_step: Floats
    largest_step: Floats
    nodes: Floats


def derivative(
    f: Callable[[Value], Value],
    x: Value,
    *,
    low: Value = -np.inf,
    high: Value = np.inf,
    closed: bool = False,
) -> Result:
    """f' at every number of x (n,), from values of f at floats of the format of x.

    f takes an array of that format and gives one value for each number. It is called between `low`
    and `high` alone: numbers, or one for each point; at these ends themselves where `closed`.
    """
    at = np.atleast_1d(x)
    ends = [np.broadcast_to(np.asarray(end, np.float64), len(at)) for end in (low, high)]
    return _differentiated(lambda t, of: f(t), at, *ends, closed=closed)


def _differentiated(
    f: Callable[[Array, Indices], Value], x: Array, low: Floats, high: Floats, *, closed: bool
) -> Result:
    """The derivatives of f(t, of) at x, f that of the points of these indices."""
    n = len(x)
    with np.errstate(all="ignore"):
        levels = Levels(f, x, low, high, closed)
        search = scale(levels)
        found = nothing(n)
        both = np.flatnonzero(np.isfinite(levels.middle) & ~search.aside & ~search.flat)
        found.put(both, refined(levels, both, _rungs(levels, search, both), 2))
        aside = np.flatnonzero(search.aside)
        found.put(aside, _one_sided(levels, aside))
        return _told(levels, search, found)


def _rungs(levels: Levels, search: Search, of: Indices) -> Rungs:
    """The levels with which a ladder begins: the good step and its half, or all without one."""
    good = search.good[of]
    known = levels.exponent[of]
    low = np.where(np.isnan(good), np.nanmin(known, axis=1), good - 1)
    high = np.where(np.isnan(good), np.nanmax(known, axis=1), good)
    return Rungs(low, high)


def _one_sided(levels: Levels, of: Indices) -> Found:
    """The derivative on the one side on which f is defined."""
    if not len(of):
        return nothing(0)
    levels.forget(of)
    below, above = levels.at[of] - levels.low[of], levels.high[of] - levels.at[of]
    room = np.maximum(below, above) / 2
    first = np.minimum(start(levels)[of], np.floor(np.log2(room)))
    levels.side[of] = np.where(below > above, -1, 1)
    unknown = below == above
    wrong = of[unknown][~levels.take(of[unknown], first[unknown])]
    levels.forget(wrong)
    levels.side[wrong] = -1
    for octaves in range(3):
        levels.take(of, first - octaves)
    return refined(levels, of, Rungs(first - 2, first), 1)


def _told(levels: Levels, search: Search, found: Found) -> Result:
    """The result of every point, with its status."""
    arithmetic = levels.arithmetic
    undefined = ~np.isfinite(levels.middle)
    value = np.where(search.flat, 0.0, np.where(undefined, np.nan, found.value))
    converged = found.truncation <= ENDED * found.rounding
    blind = search.flat | ~(found.bound < np.maximum(np.abs(value), levels.swing()))
    two_sided = ~undefined & ~search.aside & ~search.flat
    sides = sides_of(levels, np.flatnonzero(two_sided), search.good)
    kink = sides.kink
    cusp = two_sided & np.isnan(search.good) & ~levels.bends()
    way = np.where(undefined | search.flat, 0.0, left_to_go(levels))
    cusp |= np.isinf(way)
    bound = np.where(cusp & ~kink, np.inf, np.maximum(found.bound, 2 * way))
    status = np.select(
        [undefined, kink, cusp, blind, search.aside & converged, found.noise > NOISY, converged],
        ["undefined", "kink", "rough", "no digits", "edge", "noisy", "ok"],
        "rough",
    )
    bound = np.where(kink, sides.reach, bound)
    bound = np.where(undefined | np.isnan(bound) | (status == "no digits"), np.inf, bound)
    value = np.where(kink, sides.middle, value)
    given = value.astype(levels.x.dtype)
    rounded = np.where(arithmetic.unit_roundoff > 2.0**-53, arithmetic.unit(value), 0.0)
    bound = np.where(np.isfinite(given.astype(np.float64)), bound + rounded, np.inf)
    return Result(
        given,
        bound,
        levels.evaluations,
        status,
        np.where(kink, sides.left, np.nan),
        np.where(kink, sides.right, np.nan),
        found.truncation,
        found.rounding,
        found.noise,
        found.last,
        found.first,
        levels.nodes(*(np.where(kink, np.nan, each) for each in (found.last, found.first))),
    )


def _gradient(F: Callable[..., Value], x: Array, h: Value, xp: Namespace) -> Array:
    ends = np.full((2, len(x)), np.inf)
    f = at_coordinates(F, x, xp)
    return _differentiated(f, x, -ends[0], ends[1], closed=False).derivative


@procedure(
    label="adaptive",
    source="Romberg 1955; Moré & Wild 2011, Estimating computational noise",
    gradient=_gradient,
)
def adaptive(
    f: Callable[[Value], Value], x: Array, *, low: float, high: float, closed: bool
) -> Outcome:
    """Central differences at halving steps, extrapolated, with a bound from what is measured."""
    found = derivative(f, x, low=low, high=high, closed=closed)
    says = np.where(found.status == "ok", "", found.status)
    return Outcome(found.derivative, found.bound, found.evaluations, says, found.nodes)
