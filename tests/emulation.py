"""Floating-point arithmetic done slowly: exact rationals, rounded once after each operation.

It shares nothing with bench: round to nearest even, gradual underflow (or flushing to zero),
infinities, NaN and signed zeros are written out here from IEEE 754-2019.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, partial
from itertools import pairwise
from types import SimpleNamespace
from typing import Any


@dataclass(frozen=True)
class Format:
    """Significand bits t, exponents of the smallest and largest binade; subnormals or zeros."""

    bits: int
    low: int
    high: int
    flush: bool = False

    @cached_property
    def smallest_normal(self) -> Fraction:
        return Fraction(2) ** self.low

    @cached_property
    def largest(self) -> Fraction:
        return (2 - Fraction(1, 2 ** (self.bits - 1))) * Fraction(2) ** self.high

    def number(self, value: float | Fraction | int) -> Number:
        """A number of the format: the value rounded."""
        if isinstance(value, float):
            if math.isnan(value):
                return Number(self, "nan", Fraction(0), False)
            if math.isinf(value):
                return Number(self, "inf", Fraction(0), value < 0)
            return self.rounded(Fraction(value), math.copysign(1, value) < 0)
        return self.rounded(Fraction(value), value < 0)

    def rounded(self, exact: Fraction, negative: bool) -> Number:
        """Round to nearest, ties to even; `negative` is the sign of a zero."""
        if exact == 0:
            return Number(self, "finite", exact, negative)
        size, negative = abs(exact), exact < 0
        above, below = size.numerator, size.denominator
        exponent = above.bit_length() - below.bit_length()
        if above << max(0, -exponent) < below << max(0, exponent):
            exponent -= 1
        power = max(exponent, self.low) - self.bits + 1  # of the spacing
        above, below = above << max(0, -power), below << max(0, power)
        whole, rest = divmod(above, below)
        if 2 * rest > below or (2 * rest == below and whole % 2):
            whole += 1
        nearest = Fraction(whole << max(0, power), 1 << max(0, -power))
        if nearest > self.largest:
            return Number(self, "inf", Fraction(0), negative)
        if self.flush and nearest < self.smallest_normal:
            nearest = Fraction(0)
        return Number(self, "finite", -nearest if negative else nearest, negative)


@dataclass(frozen=True)
class Number:
    """One number of a format: finite, infinite or NaN, with a sign that zeros have as well."""

    format: Format
    kind: str
    value: Fraction
    negative: bool

    def __float__(self) -> float:
        if self.kind == "nan":
            return math.nan
        size = math.inf if self.kind == "inf" else abs(float(self.value))
        return math.copysign(size, -1 if self.negative else 1)

    def _other(self, other: Any) -> Number:
        return other if isinstance(other, Number) else self.format.number(other)

    def _nan(self) -> Number:
        return Number(self.format, "nan", Fraction(0), False)

    def _inf(self, negative: bool) -> Number:
        return Number(self.format, "inf", Fraction(0), negative)

    def __neg__(self) -> Number:
        return Number(self.format, self.kind, -self.value, not self.negative)

    def __add__(self, other: Any) -> Number:
        other = self._other(other)
        if "nan" in (self.kind, other.kind):
            return self._nan()
        if self.kind == "inf" or other.kind == "inf":
            if self.kind == other.kind and self.negative != other.negative:
                return self._nan()
            return self._inf(self.negative if self.kind == "inf" else other.negative)
        exact = self.value + other.value
        return self.format.rounded(exact, self.negative and other.negative)

    def __sub__(self, other: Any) -> Number:
        return self + -self._other(other)

    def __rsub__(self, other: Any) -> Number:
        return self._other(other) - self

    def __mul__(self, other: Any) -> Number:
        other = self._other(other)
        negative = self.negative != other.negative
        if "nan" in (self.kind, other.kind):
            return self._nan()
        if self.kind == "inf" or other.kind == "inf":
            zero = any(each.kind == "finite" and each.value == 0 for each in (self, other))
            return self._nan() if zero else self._inf(negative)
        return self.format.rounded(self.value * other.value, negative)

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, other: Any) -> Number:
        other = self._other(other)
        negative = self.negative != other.negative
        if "nan" in (self.kind, other.kind) or (self.kind == other.kind == "inf"):
            return self._nan()
        if self.kind == "inf":
            return self._inf(negative)
        if other.kind == "inf":
            return Number(self.format, "finite", Fraction(0), negative)
        if other.value == 0:
            return self._nan() if self.value == 0 else self._inf(negative)
        return self.format.rounded(self.value / other.value, negative)

    def __rtruediv__(self, other: Any) -> Number:
        return self._other(other) / self

    def __pow__(self, power: int) -> Number:
        assert power == 2, "the formulas square and raise to no other power"
        return self * self


def square_root(x: Number) -> Number:
    """The correctly rounded square root, from the integer square root of a scaled integer."""
    if x.kind == "nan" or (x.negative and (x.kind == "inf" or x.value != 0)):
        return x._nan()
    if x.kind == "inf" or x.value == 0:
        return x
    size = x.value.numerator.bit_length() - x.value.denominator.bit_length()
    shift = 2 * x.format.bits + abs(size)
    scaled = x.value * 4**shift
    root = math.isqrt(scaled.numerator // scaled.denominator)
    exact = root * root == scaled
    # a half more where the root goes on: never a tie, always on the right side of one
    return x.format.rounded(Fraction(2 * root + (not exact), 2 ** (shift + 1)), False)


namespace = SimpleNamespace(sqrt=square_root)

FORMATS = {
    "float16": Format(11, -14, 15),
    "bfloat16": Format(8, -126, 127),
    "float32": Format(24, -126, 127),
    "float64": Format(53, -1022, 1023),
}

# Fornberg 1988: offset and weight over a common denominator, in the order of summation.
STENCILS: dict[str, tuple[int, list[tuple[int, int]]]] = {
    "forward": (1, [(1, 1), (0, -1)]),
    "forward2": (2, [(0, -3), (1, 4), (2, -1)]),
    "backward": (1, [(0, 1), (-1, -1)]),
    "backward2": (2, [(0, 3), (-1, -4), (-2, 1)]),
    "central": (2, [(1, 1), (-1, -1)]),
    "central4": (12, [(1, 8), (-1, -8), (2, -1), (-2, 1)]),
    "central6": (60, [(1, 45), (-1, -45), (2, -9), (-2, 9), (3, 1), (-3, -1)]),
    "central8": (
        840,
        [(1, 672), (-1, -672), (2, -168), (-2, 168), (3, 32), (-3, -32), (4, -3), (-4, 3)],
    ),
}


def nodes(scheme: str, x: Number, h: Number) -> list[tuple[int, Number]]:
    """Each offset k of a stencil, and x + k h as the format rounds it."""
    return [(k, x + h * k if k else x) for k, _ in STENCILS[scheme][1]]


def quotient(scheme: str, f: Any, x: Number, h: Number) -> Number:
    """A stencil: the weighted values summed in order, over the denominator times h."""
    denominator, terms = STENCILS[scheme]
    total: Number | None = None
    for (_, weight), (_, at) in zip(terms, nodes(scheme, x, h), strict=True):
        value = f(at, namespace)
        term = value if abs(weight) == 1 else value * abs(weight)
        if total is None:
            total = -term if weight < 0 else term
        else:
            total = total - term if weight < 0 else total + term
    assert total is not None
    return total / (h * denominator if denominator > 1 else h)


def tableau(f: Any, x: Number, h: Number, levels: int) -> list[list[tuple[Number, Number]]]:
    """Neville's tableau of central differences at h, h/2 ..: columns of (entry, its change)."""
    column = [quotient("central", f, x, h / 2**level) for level in range(levels)]
    columns = []
    for power in range(1, levels):
        moves = [fine - coarse for coarse, fine in pairwise(column)]
        column = [
            fine + move / (4**power - 1) for fine, move in zip(column[1:], moves, strict=True)
        ]
        columns.append(list(zip(column, moves, strict=True)))
    return columns


def richardson(f: Any, x: Number, h: Number) -> Number:
    """Central differences at h and h/2, whose h^2 terms cancel."""
    return tableau(f, x, h, 2)[0][0][0]


def ridders(f: Any, x: Number, h: Number) -> Number:
    """Of five levels the entry that changed least from its parent; the first of several."""
    (best, least), *others = [each for column in tableau(f, x, h, 5) for each in column]
    for entry, change in others:
        if abs(float(change)) < abs(float(least)):  # never of what is no number
            best, least = entry, change
    return best


def chebyshev_nodes8(f: Any, x: Number, h: Number) -> Number:
    """Neville's extrapolation to 0 of central differences at 31, 27, 18 and 6 parts of 32 of h."""
    nodes = [31, 27, 18, 6]
    column = [quotient("central", f, x, h * node / 32) for node in nodes]
    for apart in range(1, 4):
        ratios = [
            Fraction(nodes[i + apart] ** 2, nodes[i] ** 2 - nodes[i + apart] ** 2)
            for i in range(4 - apart)
        ]
        column = [
            fine + (fine - coarse) * ratio.numerator / ratio.denominator
            for (coarse, fine), ratio in zip(pairwise(column), ratios, strict=True)
        ]
    return column[0]


def compact(f: Any, x: Number, h: Number) -> Number:
    """Lele's system on nine points, its rows eliminated from both ends; 2, 1/2, 2/7, 7/26 left."""
    value = {k: f(x + h * k if k else x, namespace) for k in range(-4, 5)}
    rise = {k: (value[k + 1] - value[k - 1]) * 3 for k in range(-3, 4)}
    total = rise[0] * 4
    for side in (-1, 1):
        known = (value[4 * side] * -5 + value[3 * side] * 4 + value[2 * side]) * (-2 * side)
        for k, (above, below) in zip((3, 2, 1), ((1, 2), (2, 7), (7, 26)), strict=True):
            known = (rise[side * k] * 4 - known) * above / below
        total = total - known
    return total * 13 / (h * 180)


def compensated(f: Any, x: Number, h: Number) -> Number:
    """A central difference in numbers of twice the bits, by sums and products without error."""

    def summed(a: Number, b: Number) -> tuple[Number, Number]:
        total = a + b
        part = total - a
        return total, (a - (total - part)) + (b - part)

    def halves(a: Number) -> tuple[Number, Number]:
        scaled = a * (2 ** ((a.format.bits + 1) // 2) + 1)
        high = scaled - (scaled - a)
        return high, a - high

    up, down = x + h, x - h
    rise, lost = summed(f(up, namespace), -f(down, namespace))
    span, off = summed(up - x, x - down)
    quotient = rise / span
    product = quotient * span
    (a, b), (c, d) = halves(quotient), halves(span)
    more = ((a * c - product) + a * d + b * c) + b * d
    change = ((rise - product) - more + (lost - quotient * off)) / span
    smaller = abs(float(change)) < abs(float(quotient))
    return quotient + change if smaller else quotient


FORMULAS = {name: partial(quotient, name) for name in STENCILS} | {
    "richardson": richardson,
    "ridders": ridders,
    "chebyshev_nodes8": chebyshev_nodes8,
    "compact": compact,
    "central_compensated": compensated,
}


class Dual:
    """A rational and its derivative, exactly, or to 400 bits after a square root: the truth."""

    def __init__(self, value: Fraction, slope: Fraction) -> None:
        self.value, self.slope = value, slope

    @staticmethod
    def of(value: Any) -> Dual:
        return value if isinstance(value, Dual) else Dual(Fraction(value), Fraction(0))

    def __add__(self, other: Any) -> Dual:
        other = Dual.of(other)
        return Dual(self.value + other.value, self.slope + other.slope)

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.slope)

    def __sub__(self, other: Any) -> Dual:
        return self + -Dual.of(other)

    def __rsub__(self, other: Any) -> Dual:
        return Dual.of(other) - self

    def __mul__(self, other: Any) -> Dual:
        other = Dual.of(other)
        return Dual(self.value * other.value, self.slope * other.value + self.value * other.slope)

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, other: Any) -> Dual:
        other = Dual.of(other)
        slope = (self.slope * other.value - self.value * other.slope) / other.value**2
        return Dual(self.value / other.value, slope)

    def __rtruediv__(self, other: Any) -> Dual:
        return Dual.of(other) / self

    def __pow__(self, power: int) -> Dual:
        result = Dual(Fraction(1), Fraction(0))
        for _ in range(power):
            result = result * self
        return result


def _dual_square_root(x: Dual) -> Dual:
    shift = 400
    root = Fraction(math.isqrt(x.value.numerator * 4**shift // x.value.denominator), 2**shift)
    return Dual(root, x.slope / (2 * root))


exact_namespace = SimpleNamespace(sqrt=_dual_square_root)
