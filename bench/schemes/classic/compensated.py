"""A central difference whose subtraction, span and quotient lose nothing: f alone rounds.

It gains little. Values of f at neighbouring points are subtracted exactly anyhow (Sterbenz), so
what is lost was lost when f rounded; saved are the roundings of the span and of the quotient.
"""

from __future__ import annotations

from collections.abc import Callable

import ml_dtypes
import numpy as np

from bench.schemes import scheme
from bench.values import Value


@scheme(
    order=2,
    label="central, double-double",
    source="Dekker 1971, A floating-point technique for extending the available precision",
)
def central_compensated(f: Callable[[Value], Value], x: Value, h: Value) -> Value:
    """(f(x+h) - f(x-h)) over the distance of both points, in numbers of twice the bits."""
    rise, lost = _sum(f(x + h), -f(x - h))
    span, off = _sum((x + h) - x, x - (x - h))
    quotient = rise / span
    product, more = _product(quotient, span)
    rest = (rise - product) - more + (lost - quotient * off)
    change = rest / span
    choose = quotient.__array_namespace__().where
    # where a half overflows, or in exact arithmetic, there is nothing to add
    return choose(abs(change) < abs(quotient), quotient + change, quotient)


def _sum(a: Value, b: Value) -> tuple[Value, Value]:
    """a + b, and what its rounding lost. (Knuth)"""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _product(a: Value, b: Value) -> tuple[Value, Value]:
    """a b, and what its rounding lost. (Dekker)"""
    product = a * b
    (high, low), (upper, lower) = _halves(a), _halves(b)
    return product, ((high * upper - product) + high * lower + low * upper) + low * lower


def _halves(a: Value) -> tuple[Value, Value]:
    """a in two parts of half its bits; of a number that is exact the second is 0. (Veltkamp)"""
    scaled = a * _splitter(a)
    high = scaled - (scaled - a)
    return high, a - high


def _splitter(a: Value) -> int:
    dtype = getattr(a, "dtype", np.dtype(object))
    if dtype == np.dtype(object):
        return 1
    bits = int(ml_dtypes.finfo(dtype).nmant) + 1
    return int(2 ** -(-bits // 2) + 1)
