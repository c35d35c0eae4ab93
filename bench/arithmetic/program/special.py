"""Special functions: error, gamma, Bessel, incomplete gamma and beta, zeta."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flint import acb, arb, arb_series

from bench.arithmetic.program import Refused
from bench.arithmetic.program.elements import (
    INFINITY,
    Function,
    continued,
    element,
    on_numbers,
    with_slope,
)
from bench.arithmetic.program.exponentials import exp, log
from bench.arithmetic.program.numbers import head, is_constant
from bench.arithmetic.program.powers import square
from bench.arithmetic.program.rounding import absolute
from bench.values import Value

_erf, _erfc = element("erf"), element("erfc")
erf_inv: Function = element(
    "erfinv",
    continued(arb.erfinv, (1, INFINITY), (-1, -INFINITY)),
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
        return v.digamma() if m == 0 else acb(v).polygamma(m).real

    return of_two_kinds(balls, lambda s: polygamma(m + 1)(s))


def _log_gamma(v: Value) -> Value:
    """log|gamma|, which Arb has for positive numbers only."""
    return v.lgamma() if v > 0 else acb(v).lgamma().real


def _whole(number: Value, what: str) -> int:
    if not (is_constant(number) and head(number).is_integer()):
        raise Refused(f"the order of `{what}` is a constant whole number in every exact rule")
    return int(head(number).unique_fmpz())


on_numbers("lgamma", of_two_kinds(_log_gamma, polygamma(0)), how="Arb's; slope digamma.")
on_numbers("digamma", polygamma(0), how="Arb's; slope polygamma.")
on_numbers(
    "polygamma", lambda m, v: polygamma(_whole(m, "polygamma"))(v), 2, how="Arb's; slope the next."
)


def bessel_i(n: int) -> Function:
    """The modified Bessel function of order n."""
    return of_two_kinds(
        lambda v: v.bessel_i(n), lambda s: (bessel_i(abs(n - 1))(s) + bessel_i(n + 1)(s)) / 2
    )


def _scaled(n: int, v: Value) -> Value:
    return bessel_i(n)(v) * exp(-absolute(v))


on_numbers("bessel_i0e", partial(_scaled, 0), how="Arb's, times exp(-|x|).")
on_numbers("bessel_i1e", partial(_scaled, 1), how="Arb's, times exp(-|x|).")


def _constant(number: Value, name: str, which: str) -> Value:
    if not is_constant(number):
        raise Refused(f"`{name}` is not differentiated in its {which} argument yet")
    return head(number)


def _incomplete_gamma(name: str, sign: int) -> Callable[[Value, Value], Value]:
    method, at_zero = ("gamma_lower", 0) if sign > 0 else ("gamma_upper", 1)

    def function(given: Value, x: Value) -> Value:
        a = _constant(given, name, "first")

        def balls(v: Value) -> Value:
            if v == 0:
                return arb(at_zero)
            return arb(1 - at_zero) if v == INFINITY else getattr(v, method)(a, regularized=1)

        return of_two_kinds(balls, lambda s: sign * exp((a - 1) * log(s) - s - a.lgamma()))(x)

    return function


for _name, _sign in {"igamma": 1, "igammac": -1}.items():
    on_numbers(
        _name, _incomplete_gamma(_name, _sign), 2, how="Arb's; differentiated in x, not yet in a."
    )


def incomplete_beta(given_a: Value, given_b: Value, x: Value) -> Value:
    """The regularised incomplete beta function."""
    name = "regularized_incomplete_beta"
    a, b = _constant(given_a, name, "first"), _constant(given_b, name, "second")
    scale = (a + b).lgamma() - a.lgamma() - b.lgamma()
    return of_two_kinds(
        lambda v: v.beta_lower(a, b, regularized=1),
        lambda s: exp((a - 1) * log(s) + (b - 1) * log(1 - s) + scale),
    )(x)


def zeta(given: Value, q: Value) -> Value:
    """Hurwitz' zeta function."""
    s = _constant(given, "zeta", "first")
    return of_two_kinds(lambda v: s.zeta(v), lambda t: -s * zeta(s + 1, t))(q)


on_numbers(
    "regularized_incomplete_beta", incomplete_beta, 3, how="Arb's; differentiated in x only."
)
on_numbers("zeta", zeta, 2, how="Arb's; differentiated in q only.")
