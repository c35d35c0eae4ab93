"""Special functions of several numbers: incomplete gamma and beta, and Hurwitz' zeta.

In the last number each has a slope that is elementary or of its own kind. In the others its series
comes from values around a circle.
"""

from __future__ import annotations

from functools import partial

from flint import acb, arb, arb_series

from bench.arithmetic.program.contours import by_contour
from bench.arithmetic.program.elements import INFINITY, Function, on_numbers, undefined_where
from bench.arithmetic.program.exponentials import exp, log
from bench.arithmetic.program.numbers import (
    NAN,
    SERIES,
    coefficient,
    head,
    is_constant,
    is_finite,
    length,
    unknown_series,
)
from bench.arithmetic.program.special import of_two_kinds
from bench.values import Value


def _positive(*numbers: Value) -> bool:
    return all(number.real > 0 for number in numbers)


def _lower(a: Value, x: Value) -> Value:
    """The regularised lower incomplete gamma function of complex balls to the right of 0."""
    if not _positive(a, x):
        return acb(NAN)
    found = x.gamma_lower(a, regularized=1)
    return found if is_finite(found) else 1 - x.gamma_upper(a, regularized=1)


def _upper(a: Value, x: Value) -> Value:
    return x.gamma_upper(a, regularized=1) if _positive(a, x) else acb(NAN)


def incomplete_gamma(sign: int, a: Value, x: Value) -> Value:
    """The regularised incomplete gamma function, the lower (1) or the upper (-1)."""
    method, at_zero = ("gamma_lower", 0) if sign > 0 else ("gamma_upper", 1)
    if not is_constant(a):
        return _in_all(_lower if sign > 0 else _upper, a, x)
    a = head(a)

    def balls(v: Value) -> Value:
        if v == 0:
            return arb(at_zero)
        return arb(1 - at_zero) if v == INFINITY else getattr(v, method)(a, regularized=1)

    return of_two_kinds(balls, lambda s: sign * exp((a - 1) * log(s) - s - a.lgamma()))(x)


def _in_all(function: Function, *numbers: Value) -> Value:
    """The series of a function of several; unknown where the last is at the end of its domain."""
    if head(numbers[-1]) == 0:
        return unknown_series(next(n for n in numbers if type(n) in SERIES))
    return by_contour(function, *numbers)


_HOW = "Arb's; its series follows from the slope in {}, in {} from values around a circle."
for _name, _sign in {"igamma": 1, "igammac": -1}.items():
    on_numbers(
        _name,
        undefined_where(lambda a, x: a <= 0 or x < 0, partial(incomplete_gamma, _sign)),
        2,
        how=_HOW.format("x", "a"),
    )


def gamma_slope(a: Value, x: Value) -> Value:
    """The derivative of the regularised lower incomplete gamma function in its first number.

    Of n terms: those of f(a + t^n, x) from t^n on, without what f(a, x) has there.
    """
    if head(x) == 0:
        return arb(0) if is_constant(x) else unknown_series(x)
    known = [v.prec for v in (a, x) if type(v) in SERIES]
    n = min(known, default=1)
    with length(2 * n):
        a, x = (arb_series([coefficient(v, k) for k in range(n)], prec=2 * n) for v in (a, x))
        moved = by_contour(_lower, a + arb_series([0] * n + [1], prec=2 * n), x)
        still = by_contour(_lower, a, x)
    terms = [coefficient(moved, n + k) - coefficient(still, n + k) for k in range(n)]
    return arb_series(terms, prec=n) if known else terms[0]


on_numbers("igamma_grad_a", gamma_slope, 2, how="From values around a circle.")


def incomplete_beta(a: Value, b: Value, x: Value) -> Value:
    """The regularised incomplete beta function."""
    if not (is_constant(a) and is_constant(b)):
        return _in_all(_beta, a, b, x)
    a, b = head(a), head(b)
    scale = (a + b).lgamma() - a.lgamma() - b.lgamma()
    return of_two_kinds(
        lambda v: v.beta_lower(a, b, regularized=1),
        lambda s: exp((a - 1) * log(s) + (b - 1) * log(1 - s) + scale),
    )(x)


def _beta(a: Value, b: Value, x: Value) -> Value:
    """Of complex balls; Arb has no balls around some whole a, but has their mirror image."""
    if not _positive(a, b, x, 1 - x):
        return acb(NAN)
    found = x.beta_lower(a, b, regularized=1)
    return found if is_finite(found) else 1 - (1 - x).beta_lower(b, a, regularized=1)


def zeta(s: Value, q: Value) -> Value:
    """Hurwitz' zeta function."""
    if not is_constant(s):
        return by_contour(_zeta, s, q)
    s = head(s)
    return of_two_kinds(lambda v: s.zeta(v), lambda t: -s * zeta(s + 1, t))(q)


def _zeta(s: Value, q: Value) -> Value:
    return s.zeta(q) if _positive(s - 1, q) else acb(NAN)


on_numbers(
    "regularized_incomplete_beta",
    undefined_where(lambda a, b, x: a <= 0 or b <= 0 or x < 0 or x > 1, incomplete_beta),
    3,
    how=_HOW.format("x", "a and b"),
)
on_numbers("zeta", undefined_where(lambda s, q: s < 1, zeta), 2, how=_HOW.format("q", "s"))
