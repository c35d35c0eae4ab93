"""The noise of f, measured: divided differences in which a smooth f cancels and its noise stays.

Of the odd and of the even part of f, in h^2, at the smallest steps. (Hamming 1962, tables of
differences; Moré & Wild 2011, Estimating computational noise)
"""

from __future__ import annotations

import numpy as np

from bench.schemes.adaptive.windows import Ladder
from bench.values import Flags, Floats


def measured(ladder: Ladder) -> Floats:
    """The standard deviation of f in rounding units, (n,); infinite where levels are too few.

    Of differences of every order the quietest: of too low an order they hold f itself. Few
    contrasts may be small by chance, so the fewer, the more is added.
    """
    n, m = ladder.h.shape
    node = ladder.node
    weights = np.broadcast_to(np.eye(m), (n, m, m))
    least = np.full(n, np.inf)
    for k in range(1, m):
        gap = node[:, : m - k] - node[:, k:]
        weights = (weights[:, :-1] - weights[:, 1:]) / gap[..., None]
        if k < 2:
            continue
        end = ladder.size[:, None] - (np.arange(m - k) + k)  # 1 for the smallest steps
        square, count = _squares(ladder, weights, (end == 1) | (end == 2))
        with np.errstate(divide="ignore", invalid="ignore"):
            level = np.sqrt(square / count) * (1 + 2 / count)
        least = np.fmin(least, np.where(count > 0, level, np.inf))
    return least


def _squares(ladder: Ladder, weights: Floats, near: Flags) -> tuple[Floats, Floats]:
    """The sum of the squares of contrasts, each over its variance for one unit, and their number.

    Of the quotients; and on both sides of the means as well, without and with f(x) itself.
    """
    pairs = [(weights, ladder.odd, ladder.variance(weights))]
    if ladder.power == 2:
        own = ladder.unit**2 / 2
        of_even = np.einsum("nij,nj->ni", weights * weights, own)
        below = weights / ladder.node[:, None, :]
        middle = (below.sum(axis=2) * ladder.middle_unit[:, None]) ** 2
        of_below = np.einsum("nij,nj->ni", below * below, own) + middle
        pairs += [(weights, ladder.even, of_even), (below, ladder.even, of_below)]
    total, count = np.zeros(len(weights)), np.zeros(len(weights))
    for w, values, variance in pairs:
        with np.errstate(divide="ignore", invalid="ignore"):
            square = np.einsum("nij,nj->ni", w, values) ** 2 / variance
        counted = near & np.isfinite(square)
        total += np.where(counted, square, 0.0).sum(axis=1)
        count += counted.sum(axis=1)
    return total, count
