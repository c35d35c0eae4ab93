"""Sums and products of float64 of which nothing is lost: what rounding takes is a second float64.

A pair stands for the sum of its two, which do not overlap: 106 bits. Bounds are in units of the
square of u = 2^-53 (Dekker 1971; Joldes, Muller & Popescu 2017, Tight and rigorous error bounds
for basic building blocks of double-word arithmetic). They hold where nothing over- or underflows:
the caller sees to that.
"""

from __future__ import annotations

import numpy as np

from bench.values import Flags, Floats

Pair = tuple[Floats, Floats]
SPLIT = 2.0**27 + 1  # cuts a float64 into two halves of 26 bits
PAIR = 2.0**-104  # 4 u^2
LEFT = 2.0**-50  # of the lower part, for what rounding leaves of a bound that is added to it


def two_sum(a: Floats, b: Floats) -> Pair:
    """The sum rounded, and what rounding took, exactly. (Knuth, volume 2, section 4.2.2)"""
    total = a + b
    kept = total - a
    return total, (a - (total - kept)) + (b - kept)


def two_product(a: Floats, b: Floats) -> Pair:
    """The product rounded, and what rounding took, exactly. (Dekker 1971, with Veltkamp's cut)"""
    product = a * b
    (a, below_a), (b, below_b) = _cut(a), _cut(b)
    return product, ((a * b - product) + a * below_b + below_a * b) + below_a * below_b


def _cut(a: Floats) -> Pair:
    scaled = SPLIT * a
    high = scaled - (scaled - a)
    return high, a - high


def add(a: Pair, b: Pair) -> Pair:
    """The sum of two pairs, off by at most 4 u^2 of itself. (Joldes et al., algorithm 6)"""
    total, rest = two_sum(a[0], b[0])
    below, last = two_sum(a[1], b[1])
    total, rest = _fast(total, rest + below)
    return _fast(total, rest + last)


def times(a: Pair, b: Pair) -> Pair:
    """The product of two pairs, off by at most 7 u^2 of itself. (Joldes et al., algorithm 10)"""
    product, rest = two_product(a[0], b[0])
    return _fast(product, rest + (a[0] * b[1] + a[1] * b[0]))


def _fast(a: Floats, b: Floats) -> Pair:
    """The sum of two of which the first is the larger, and what rounding took. (Dekker 1971)"""
    total = a + b
    return total, b - (total - a)


def surely(high: Floats, low: Floats, error: Floats) -> Flags:
    """Whether all numbers within `error` of a pair round to `high + low`. (Ziv 1991)"""
    about = np.where(error > 0, error + np.abs(low) * LEFT, error)
    sure: Flags = (high + (low - about)) == (high + (low + about))
    return sure
