"""Sums, products and quotients: is each rounded once, as written, and are small ones kept?"""

from __future__ import annotations

import numpy as np

from bench.doctor import probe
from bench.doctor.exactly import POINTS, each, numbers, share_of_others
from bench.doctor.readings import Question, Reading
from bench.formats import Format, formats
from bench.values import Array, Namespace, Value

EVERYWHERE = tuple(formats)


def quotient(xp: Namespace, x: Value, h: Value) -> Value:
    """x / h, for a scalar h that comes as an argument."""
    return x / h


@probe(
    "scalar division",
    advice="use h as an array or a power of two; the quotient is a product with 1/h",
    relief="x / h is rounded once, even for a scalar h",
    quick=EVERYWHERE,
)
def scalar_division(precision: Format) -> Question:
    """x / h for a scalar h: a quotient, or a product with the rounded 1/h."""
    x, h = numbers(precision, 0.5, 2), precision.round(0.7)
    expected = each(lambda fl, a, b: fl(a / b), precision, x, np.broadcast_to(h, x.shape))
    return Question(quotient, (x, h), share_of_others(expected, "are not the quotient"))


def array_division(xp: Namespace, x: Value, h: Value) -> Value:
    """x / h, for an array h."""
    return x / h


@probe(
    "array division",
    advice="no quotient can be trusted; compare finite differences on numpy or jax-strict",
    relief="x / h is rounded once where h is an array",
)
def full_division(precision: Format) -> Question:
    """x / h for an array h: is every quotient the nearest?"""
    x, h = numbers(precision, 0.5, 2), numbers(precision, 0.5, 2, 1)
    expected = each(lambda fl, a, b: fl(a / b), precision, x, h)
    return Question(array_division, (x, h), share_of_others(expected, "are not the quotient"))


def difference_of_squares(xp: Namespace, x: Value, y: Value) -> Value:
    """x^2 - y^2, in one line, so that a product and the sum may be fused."""
    return x * x - y * y


@probe(
    "fused products",
    advice="compare finite differences on jax-strict: f(x+h) - f(x) may round unlike f alone",
    relief="products are rounded before they are added",
    quick=EVERYWHERE,
)
def fused_products(precision: Format) -> Question:
    """x^2 - y^2: is each product rounded, or fused with the sum (FMA)?"""
    x, y = numbers(precision, 1, 2), numbers(precision, 1, 2, 1)
    expected = each(lambda fl, a, b: fl(fl(a * a) - fl(b * b)), precision, x, y)
    return Question(
        difference_of_squares, (x, y), share_of_others(expected, "keep an unrounded product")
    )


def there_and_back(xp: Namespace, x: Value, y: Value) -> Value:
    """(x + y) - x: the y that is left of it."""
    return (x + y) - x


@probe(
    "excess precision",
    advice="half formats are computed in float32 in between; use jax-strict or jax-eager",
    relief="every sum is rounded to the format",
    quick=("float16", "bfloat16"),
)
def excess_precision(precision: Format) -> Question:
    """(x + y) - x for a small y: is x + y rounded to the format, or kept in a wider one?"""
    x = numbers(precision, 1, 2)
    small = 2.0 ** (2 - precision.significand_bits)
    y = numbers(precision, small, 16 * small, 1)
    expected = each(lambda fl, a, b: fl(fl(a + b) - a), precision, x, y)
    return Question(there_and_back, (x, y), share_of_others(expected, "keep more bits"))


def lost(xp: Namespace, x: Value, y: Value) -> Value:
    """(x + y) - y."""
    return (x + y) - y


@probe(
    "reassociation",
    advice="a fast-math mode is on: (x + h) - x is taken for h; no difference can be trusted",
    relief="sums are taken in the order written",
    quick=("float32", "float64"),
)
def reassociation(precision: Format) -> Question:
    """(x + y) - y for a huge y: 0, or x where the compiler rearranges sums (fast math)."""
    # further apart than float32 holds, so that excess precision does not look the same
    tiny = 2.0**-12
    huge = min(2.0**62, 2.0 ** (precision.max_exponent - 1))
    x, y = numbers(precision, tiny, 2 * tiny), numbers(precision, huge, huge * 1.5, 1)
    return Question(lost, (x, y), share_of_others(np.zeros(len(x)), "are rearranged"))


def specials(xp: Namespace, x: Value, zero: Value, one: Value) -> Value:
    """Formulas at infinities, NaN and zeros of either sign, none of which may be simplified."""
    known = xp.where(x == x, zero, x)
    return xp.concatenate([x - x, x / x, x * zero, x + zero, zero - x, xp.maximum(x, one), known])


_INF, _NAN = np.inf, np.nan
# as many as other probes take: then operation by operation fewer programs are compiled
SPECIALS = np.resize([_INF, -_INF, _NAN, 0.0, -0.0, 2.0], POINTS)
AS_IEEE_SAYS = np.array(
    [
        [_NAN, _NAN, _NAN, 0, 0, 0],
        [_NAN, _NAN, _NAN, _NAN, _NAN, 1],
        [_NAN, _NAN, _NAN, 0, -0.0, 0],
        [_INF, -_INF, _NAN, 0, 0, 2],
        [-_INF, _INF, _NAN, 0, 0, -2],
        [_INF, 1, _NAN, 1, 1, 2],  # the larger of 0 and -0 may be either: 1 is asked
        [0, 0, _NAN, 0, 0, 0],
    ]
)[:, np.arange(POINTS) % 6].ravel()


@probe(
    "NaN, inf and -0",
    advice="a fast-math mode is on: statuses nan and overflow cannot be trusted",
    relief="NaN, infinities and signed zeros are as IEEE 754 says",
)
def special_values(precision: Format) -> Question:
    """x - x, x / x, 0 x, x + 0 at infinities, NaN and zeros: what IEEE 754 says, or simplified."""
    x = precision.round(SPECIALS)
    inputs = (x, np.zeros_like(x), np.ones_like(x))
    return Question(specials, inputs, share_of_others(AS_IEEE_SAYS, "are not IEEE 754's"))


def halves_and_doubles(xp: Namespace, x: Value, tiny: Value, half: Value, two: Value) -> Value:
    """Products that are subnormal, and products of subnormal numbers."""
    return xp.concatenate([x * half, tiny * two])


@probe(
    "subnormals",
    advice="keep h, f and h f' above the smallest normal (complex step: h = 2^-66, 2^-600)",
    relief="subnormal numbers are kept",
    quick=EVERYWHERE,
)
def subnormals(precision: Format) -> Question:
    """Subnormal results and arguments: kept, or flushed to 0?"""
    # below 1.75, so that no half is rounded up to the smallest normal number
    scaled = numbers(precision, 1, 1.75).astype(np.float64) * precision.smallest_normal
    normal, subnormal = precision.round(scaled), precision.round(scaled / 2)
    half, two = np.full_like(normal, 0.5), np.full_like(normal, 2)

    def judge(answer: Array, numpys: Array) -> Reading:
        share = float(np.mean(answer.astype(np.float64) == 0))
        return Reading(share, "share", f"{share:.1%} flushed to 0", share > 0)

    return Question(halves_and_doubles, (normal, subnormal, half, two), judge)
