"""The noise of f, measured: divided differences in which a smooth f cancels and its noise stays.

Of the odd and of the even part of f, in h^2. (Hamming 1962, tables of
differences; Moré & Wild 2011, Estimating computational noise)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bench.schemes.adaptive.windows import LEAST_NOISE, Ladder, summed
from bench.values import Flags, Floats

CLOSEST = 3  # runs of the smallest steps that are looked at
SEVERAL = 5  # levels from which on two orders are compared
BELOW = 2  # levels below the step that is no power of two, at most, of runs that tell its noise
STILL = 4.0  # times: what falls by more with the order is no noise yet, but f
ALIKE = 3.0  # times the noise of the quietest order: another one that is no louder holds no f


def measured(ladder: Ladder) -> Floats:
    """The standard deviation of f in rounding units, (n,); infinite where levels are too few.

    Of differences of every order the quietest: of too low an order they hold f itself. It may be
    quiet by chance, so the second one counts where it is alike, and the fewer contrasts there
    are, the more is added. What the one step that is no power of two shows counts in any case:
    at powers of two a rounding within f may be the same.
    """
    n = len(ladder.h)
    told = np.array([(*_of_order(*near), _of_order(*held)[1]) for near, held in _by_order(ladder)])
    if not len(told):
        return np.full(n, np.inf)
    careful, plain, _ = np.sort(told, axis=0).swapaxes(0, 1)
    noise = careful[0]
    if len(told) > 1:
        alike = (ladder.size >= SEVERAL) & (plain[1] <= ALIKE * np.maximum(noise, LEAST_NOISE))
        noise = np.where(alike, plain[1], noise)
    return np.asarray(np.maximum(noise, _at_control(told[:, 2])))


def _at_control(told: Floats) -> Floats:
    """The noise that contrasts of each order tell at one step; 0 while they fall with the order."""
    least, rows = np.argmin(told, axis=0), np.arange(told.shape[1])
    noise, before = told[least, rows], told[np.maximum(least - 1, 0), rows]
    return np.where(np.isfinite(noise) & (before <= STILL * noise), noise, 0.0)


def _of_order(square: Floats, count: Floats) -> tuple[Floats, Floats]:
    """The noise that the contrasts of an order tell, with a large and with a small surcharge."""
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.where(count > 0, np.sqrt(square / count), np.inf)
        return level * (1 + 2 / np.maximum(count, 1)), level * (1 + 1 / np.maximum(count, 1))


def _by_order(ladder: Ladder) -> Iterator[list[tuple[Floats, Floats]]]:
    """Squares of contrasts, summed, and their number, for each order: of the smallest steps, and
    of runs that end at the step that is no power of two or little below.
    """
    n, m = ladder.h.shape
    node = ladder.node
    weights = np.broadcast_to(np.eye(m), (n, m, m))
    for k in range(1, m):
        gap = node[:, : m - k] - node[:, k:]
        weights = (weights[:, :-1] - weights[:, 1:]) / gap[..., None]
        if k >= 2:
            end = ladder.size[:, None] - (np.arange(m - k) + k)  # 1 for the smallest steps
            held = np.any([ladder.control[:, k - b : m - b] for b in range(BELOW + 1)], axis=0)
            chosen = (end <= CLOSEST, held)
            yield [_squares(ladder, weights, (end >= 1) & each) for each in chosen]


def _squares(ladder: Ladder, weights: Floats, near: Flags) -> tuple[Floats, Floats]:
    """The sum of the squares of contrasts, each over its variance for one unit, and their number.

    Of the quotients; and on both sides of the means as well, without and with f(x) itself.
    """
    pairs = [(weights, ladder.odd, ladder.variance(weights))]
    if ladder.power == 2:
        own = ladder.unit**2 / 2
        of_even = summed(weights * weights, own)
        below = weights / ladder.node[:, None, :]
        middle = (summed(below, np.ones_like(own)) * ladder.middle_unit[:, None]) ** 2
        of_below = summed(below * below, own) + middle
        pairs += [(weights, ladder.even, of_even), (below, ladder.even, of_below)]
    total, count = np.zeros(len(weights)), np.zeros(len(weights))
    for w, values, variance in pairs:
        with np.errstate(divide="ignore", invalid="ignore"):
            square = summed(w, values) ** 2 / variance
        counted = near & np.isfinite(square)
        total += np.where(counted, square, 0.0).sum(axis=1)
        count += counted.sum(axis=1)
    return total, count
