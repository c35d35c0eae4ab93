"""Sums, products, quotients, powers and roots, also where they begin with 0."""

from __future__ import annotations

import flint
import numpy as np
from flint import arb, arb_series

from bench.arithmetic.program import rule
from bench.arithmetic.program.elements import INFINITY, element, on_arrays, on_numbers
from bench.arithmetic.program.exponentials import exp, log
from bench.arithmetic.program.numbers import (
    HALF,
    ONE,
    SERIES,
    ZERO,
    array,
    each,
    head,
    is_constant,
    is_finite,
    unknown_series,
)
from bench.arithmetic.program.order import order, taken_side
from bench.values import Value

UNBOUNDED = arb(0, INFINITY)  # anything at all, infinities included
_operators = {"add": np.add, "add_any": np.add, "sub": np.subtract, "mul": np.multiply}
for _name, _operator in {**_operators, "neg": np.negative}.items():
    on_arrays(
        _name,
        lambda *arrays, operator=_operator: array(operator(*arrays)),
        "The operator of the numbers.",
    )
square = on_numbers("square", lambda v: v * v, how="The product with itself.")

on_numbers("one_minus_square", lambda v: (1 - v) * (1 + v), how="(1 - x) (1 + x).")


def divide(a: Value, b: Value) -> Value:
    """a / b; of two series that begin with 0, the quotient of what follows.

    0 / 0 is no number. Another number over 0 is infinite, with a sign that is not known: that of a
    zero is nothing that an exact number has. What compares it is refused.
    """
    if type(b) in SERIES:
        return _series_over(a, b)
    if b == 0:
        return _over_zero(a)
    if type(b) is arb and abs(b) == INFINITY and is_finite(head(a)):
        return ZERO
    return a / b


def _series_over(a: Value, b: Value) -> Value:
    try:
        return a / b
    except (ValueError, ZeroDivisionError):  # b begins with 0, or with a ball around 0
        return _over_zero(a) if b[0] == 0 else unknown_series(b)


def _over_zero(a: Value) -> Value:
    if head(a) == 0:
        return unknown_series(a) if type(a) in SERIES else arb.nan()
    return UNBOUNDED


on_numbers("div", divide, 2)


def powered(s: Value, exponent: Value) -> Value:
    """s^e for s > 0, also for a series that begins with 0: (t^v u)^e is |t|^(v e) u^e.

    It has terms up to the last whole power of t; those after it are not numbers. Where s crosses 0
    it has a power on one side only.
    """
    if type(s) is not arb_series or s[0] != 0:
        return exp(exponent * log(s))
    if exponent <= 0 or order(s, ZERO) != 1:
        return unknown_series(s)
    v = s.valuation()
    if not (exponent * v).is_integer():
        known = min(int((exponent * v).ceil().unique_fmpz()), s.prec)
        return arb_series([ZERO] * known + [arb.nan()] * (s.prec - known), prec=s.prec)
    return _whole_order(s, v, int((exponent * v).unique_fmpz()), exponent)


def _whole_order(s: Value, v: int, m: int, exponent: Value) -> Value:
    """|t|^m u^e for s = t^v u: an odd power of |t| is one of t with the sign of the side."""
    crossing, touching = (
        taken_side("a root is taken of what is 0 at this very point") if power % 2 else 1
        for power in (v, m)
    )
    unit = powered(arb_series([s[v + k] * crossing for k in range(s.prec - v)]), exponent)
    terms = min(unit.prec, s.prec - v)
    shifted = [ZERO] * m + [unit[k] * touching for k in range(terms)]
    prec = min(m + terms, flint.ctx.cap)
    return arb_series(shifted[:prec], prec=prec)


def _root_of_series(s: Value) -> Value:
    return powered(s, HALF) if s[0] == 0 else s.sqrt()


sqrt = element("sqrt", limits={INFINITY: INFINITY}, series=_root_of_series)
element(
    "rsqrt",
    limits={0: INFINITY, INFINITY: 0},
    series=lambda s: divide(ONE, sqrt(s)),
)


def _cube_root(v: Value) -> Value:
    if v == 0:
        return ZERO
    return v.root(3) if order(v, ZERO) == 1 else -(-v).root(3)


def _cube_root_of_series(s: Value) -> Value:
    if s[0] == 0:
        return unknown_series(s)
    return exp(log(s) / 3) if order(s, ZERO) == 1 else -exp(log(-s) / 3)


element("cbrt", _cube_root, series=_cube_root_of_series)


def whole_power(a: Value, n: int) -> Value:
    """a^n for a whole n; a^0 is 1 everywhere."""
    if n < 0:
        return divide(ONE, whole_power(a, -n))
    if type(a) is arb and is_finite(a):
        return a**n
    power = type(a)([1], prec=flint.ctx.cap) if type(a) in SERIES else type(a)(1)
    while n:
        power = power * a if n & 1 else power
        a, n = a * a if n > 1 else a, n >> 1
    return power


def power(a: Value, b: Value) -> Value:
    """a^b: by products for a whole b that is constant, else exp(b log a)."""
    exponent = head(b)
    if type(exponent) is arb and is_constant(b):
        if exponent.is_integer():
            return whole_power(a, int(exponent.unique_fmpz()))
        return a**exponent if type(a) is arb else powered(a, exponent)
    if type(a) is arb and type(b) is arb:
        return a**b
    return exp(b * log(a))


on_numbers("pow", power, 2, how="By products for a whole constant exponent, else exp(y log x).")


@rule("element function", "integer_pow")
def integer_power(parameters: Value, a: Value) -> Value:
    """By products."""
    return each(lambda number: whole_power(number, parameters["y"]))(a)
