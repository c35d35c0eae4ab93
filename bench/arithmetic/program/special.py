"""Special functions of one number: error, gamma, Bessel."""

from __future__ import annotations

from functools import partial

from flint import acb, arb, arb_series

from bench.arithmetic.program import Refused
from bench.arithmetic.program.elements import (
    INFINITY,
    Function,
    element,
    on_numbers,
    undefined_where,
    with_slope,
)
from bench.arithmetic.program.exponentials import exp
from bench.arithmetic.program.numbers import head, is_constant
from bench.arithmetic.program.powers import square
from bench.arithmetic.program.rounding import absolute
from bench.values import Value

element("erf", limits={INFINITY: 1, -INFINITY: -1})
element("erfc", limits={INFINITY: 0, -INFINITY: 2})
erf_inv: Function = element(
    "erfinv",
    limits={1: INFINITY, -1: -INFINITY},
    slope=lambda s: arb.const_sqrt_pi() / 2 * exp(square(erf_inv(s))),
    name="erf_inv",
)


def of_two_kinds(balls: Function, slope: Function) -> Function:
    """A function of a real number that has no method: on balls, and on series by its slope."""
    of_series = with_slope(balls, slope)

    def function(number: Value) -> Value:
        if type(number) not in (arb, arb_series):
            raise Refused("a special function of a complex number has no exact rule yet")
        return of_series(number) if type(number) is arb_series else balls(number)

    return function


def polygamma(m: int) -> Function:
    """The m-th derivative of digamma."""

    def balls(v: Value) -> Value:
        if v == INFINITY:
            return arb(0) if m else v
        return acb(v).polygamma(m).real if m else v.digamma()

    return of_two_kinds(balls, lambda s: polygamma(m + 1)(s))


def _log_gamma(v: Value) -> Value:
    """log|gamma|, which Arb has for positive numbers only; infinite at the poles."""
    if v == INFINITY or (v <= 0 and v.is_integer()):
        return arb.pos_inf()
    return v.lgamma() if v > 0 else acb(v).lgamma().real


def _whole(number: Value, what: str) -> int:
    if not (is_constant(number) and head(number).is_integer()):
        raise Refused(f"the order of `{what}` is a constant whole number in every exact rule")
    return int(head(number).unique_fmpz())


on_numbers("lgamma", of_two_kinds(_log_gamma, polygamma(0)), how="Arb's; slope digamma.")
on_numbers("digamma", polygamma(0), how="Arb's; slope polygamma.")
on_numbers(
    "polygamma",
    undefined_where(lambda m, v: m < 0, lambda m, v: polygamma(_whole(m, "polygamma"))(v)),
    2,
    how="Arb's; slope the next.",
)


def bessel_i(n: int) -> Function:
    """The modified Bessel function of order n."""
    return of_two_kinds(
        lambda v: v.bessel_i(n), lambda s: (bessel_i(abs(n - 1))(s) + bessel_i(n + 1)(s)) / 2
    )


def _scaled(n: int, v: Value) -> Value:
    if type(v) is arb and abs(v) == INFINITY:
        return arb(0)
    return bessel_i(n)(v) * exp(-absolute(v))


on_numbers("bessel_i0e", partial(_scaled, 0), how="Arb's, times exp(-|x|).")
on_numbers("bessel_i1e", partial(_scaled, 1), how="Arb's, times exp(-|x|).")
