"""Signs, absolute values, roundings to integers, and conversions between kinds of numbers.

Each is decided by a comparison, so that what happens at a jump is said in one place.
"""

from __future__ import annotations

import flint
import jax
import numpy as np
from flint import acb, acb_series, arb

from bench.arithmetic.program import rule
from bench.arithmetic.program.complexes import imaginary_part, real_part
from bench.arithmetic.program.elements import INFINITY, on_numbers
from bench.arithmetic.program.numbers import (
    COMPLEX,
    HALF,
    NAN,
    ZERO,
    asked_of_each,
    each,
    head,
    is_constant,
    is_finite,
)
from bench.arithmetic.program.order import (
    Undecided,
    equal,
    larger,
    order,
    smaller,
)
from bench.arithmetic.program.powers import UNBOUNDED, divide, sqrt
from bench.values import Value


def absolute(v: Value) -> Value:
    """|v|; of a complex number, its size."""
    if v is UNBOUNDED:
        return arb(INFINITY)
    if type(v) is arb or type(v) is acb:
        return abs(v)
    if type(v) is acb_series:
        return sqrt(real_part(v) * real_part(v) + imaginary_part(v) * imaginary_part(v))
    return larger(v, -v)  # what covers both, where it is not known which


def sign(v: Value) -> Value:
    """-1, 0 or 1."""
    if type(v) in COMPLEX:
        return divide(v, absolute(v))
    found = order(v, ZERO)
    return arb.nan() if found is None else arb(found)


def floor(v: Value) -> Value:
    """The largest integer that is not larger."""
    p = head(v)
    if not is_finite(p):
        return p
    n = p.floor()
    if not n.is_exact():
        raise Undecided(f"a rounding to an integer is not decided at {flint.ctx.prec} bits")
    return n - 1 if p == n and order(v, n) == -1 else n


def ceil(v: Value) -> Value:
    """The smallest integer that is not smaller."""
    return -floor(-v)


def truncated(v: Value) -> Value:
    """The integer part."""
    if abs(head(v)) < 1:
        return ZERO
    return floor(v) if head(v) > 0 else ceil(v)


def nearest(v: Value) -> Value:
    """The nearest integer, the even one of two."""
    above = floor(v + HALF)
    tie = is_finite(above) and head(v) + HALF == above and order(v + HALF, above) == 0
    return above - 1 if tie and int(above.unique_fmpz()) % 2 else above


def nearest_outward(v: Value) -> Value:
    """The nearest integer, of two the one away from 0."""
    return floor(v + HALF) if head(v) > 0 else ceil(v - HALF)


def remainder(a: Value, b: Value) -> Value:
    """a - n b for the integer part n of a / b; no number for b = 0, and a for b infinite."""
    if head(b) == 0 and is_constant(b):
        return NAN
    whole = truncated(divide(a, b))
    return a if whole is ZERO else a - whole * b


def clamped(low: Value, v: Value, high: Value) -> Value:
    """v, or the bound that it is beyond."""
    return smaller(larger(v, low), high)


on_numbers("abs", absolute, how="By a comparison with 0.")
on_numbers("sign", sign, how="By a comparison with 0.")
on_numbers("floor", floor, how="By the ball; refused where it is around an integer.")
on_numbers("ceil", ceil, how="By the ball; refused where it is around an integer.")
on_numbers("rem", remainder, 2, how="By the integer part of the quotient.")
on_numbers("max", larger, 2, how="By a comparison; the hull of balls that overlap.")
on_numbers("min", smaller, 2, how="By a comparison; the hull of balls that overlap.")
on_numbers("clamp", clamped, 3, how="By two comparisons.")


@rule("element function", "round")
def rounded(parameters: Value, v: Value) -> Value:
    """By the ball; of two nearest integers the one that JAX takes."""
    even = parameters["rounding_method"] == jax.lax.RoundingMethod.TO_NEAREST_EVEN
    return each(nearest if even else nearest_outward)(v)


def _integer(v: Value, dtype: Value) -> int:
    if not is_finite(head(v)):
        raise Undecided(f"an integer is made of what is no number at {flint.ctx.prec} bits")
    bounds = np.iinfo(dtype)
    return min(max(int(truncated(v).unique_fmpz()), bounds.min), bounds.max)


_real_parts = each(real_part)
_not_zero = asked_of_each(lambda v: not equal(v, ZERO))


@rule("conversion", "convert_element_type")
def converted(parameters: Value, v: Value) -> Value:
    """Nothing between formats of floats; integers are truncated."""
    dtype = np.dtype(parameters["new_dtype"])
    if dtype.kind == "b":
        return _not_zero(v)
    if dtype.kind in "iu":
        return np.asarray(each(lambda a: _integer(a, dtype))(v), dtype)
    return v if dtype.kind == "c" else _real_parts(v)
