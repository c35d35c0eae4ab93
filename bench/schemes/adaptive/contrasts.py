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
ALIKE = 3.0  # times the noise of the quietest order: another one that is no louder holds no f


def measured(ladder: Ladder) -> Floats:
    """The standard deviation of f in rounding units, (n,); infinite where levels are too few.

    Of differences of every order the quietest: of too low an order they hold f itself. It may be
    quiet by chance, so the second one counts where it is alike, and the fewer contrasts there
    are, the more is added.
    """
    n = len(ladder.h)
    orders = np.array([_of_order(*each) for each in _by_order(ladder)]).reshape(-1, 2, n)
    if not len(orders):
        return np.full(n, np.inf)
    careful, plain = np.sort(orders, axis=0)[:, 0], np.sort(orders, axis=0)[:, 1]
    if len(orders) < 2:
        return np.asarray(careful[0])
    alike = (ladder.size >= SEVERAL) & (plain[1] <= ALIKE * np.maximum(careful[0], LEAST_NOISE))
    return np.asarray(np.where(alike, plain[1], careful[0]))


def _of_order(square: Floats, count: Floats) -> tuple[Floats, Floats]:
    """The noise that the contrasts of an order tell, with a large and with a small surcharge."""
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.where(count > 0, np.sqrt(square / count), np.inf)
        return level * (1 + 2 / np.maximum(count, 1)), level * (1 + 1 / np.maximum(count, 1))


def _by_order(ladder: Ladder) -> Iterator[tuple[Floats, Floats]]:
    """Squares of contrasts, summed, and their number, for each order."""
    n, m = ladder.h.shape
    node = ladder.node
    weights = np.broadcast_to(np.eye(m), (n, m, m))
    for k in range(1, m):
        gap = node[:, : m - k] - node[:, k:]
        weights = (weights[:, :-1] - weights[:, 1:]) / gap[..., None]
        if k >= 2:
            end = ladder.size[:, None] - (np.arange(m - k) + k)  # 1 for the smallest steps
            yield _squares(ladder, weights, (end >= 1) & (end <= CLOSEST))


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
