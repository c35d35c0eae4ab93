"""How a function of one number becomes one of every kind of number, and of arrays.

On balls it is a method of Arb's. On power series it is Arb's own method, a formula of other
functions, or follows from its slope: g(s) = g(s0) + integral of g'(s) s'.
"""

from __future__ import annotations

from collections.abc import Callable

import flint
from flint import acb, acb_series, arb, arb_series

from bench.arithmetic.program import Refused, Rule, rules
from bench.arithmetic.program.numbers import NAN, coefficient, each, is_finite, length, lift
from bench.values import Value

Function = Callable[..., Value]
INFINITY = float("inf")


def on_arrays(names: str | tuple[str, ...], function: Function, how: str) -> Function:
    """Register a function of arrays as the rule of element functions; what it is given is exact."""

    def apply(run: Value, equation: Value, *values: Value) -> Value:
        return function(*map(lift, values))

    for name in (names,) if isinstance(names, str) else names:
        rules.add(name, Rule("element function", how, apply))
    return function


def on_numbers(name: str, function: Function, arity: int = 1, how: str = "") -> Function:
    """Register a function of numbers as the rule of an element function; it is returned."""
    on_arrays(name, each(function, arity), how or f"A formula of {arity} numbers.")
    return function


def element(
    method: str,
    balls: Function | None = None,
    *,
    series: Function | None = None,
    slope: Function | None = None,
    name: str | None = None,
) -> Function:
    """A function of one number of any kind, registered under `name` or the method's.

    On balls it is `balls`, by default Arb's method. On series it is `series`, follows from `slope`,
    or is the method of series. Complex numbers have the methods of their own types.
    """
    of_balls = balls or getattr(arb, method)
    of_series = with_slope(of_balls, slope) if slope else series or getattr(arb_series, method)

    def function(number: Value) -> Value:
        kind = type(number)
        if kind is arb:
            return of_balls(number)
        if kind is arb_series:
            return of_series(number)
        return _of_complex(method, series, slope, number)

    how = "follows from its slope" if slope else "a formula" if series else "Arb's"
    return on_numbers(name or method, function, how=f"Arb's on balls; its power series {how}.")


def _of_complex(
    method: str, series: Function | None, slope: Function | None, number: Value
) -> Value:
    """A function of a complex number: `arb.sin` would drop the imaginary part without a word."""
    own = getattr(type(number), method, None)
    if own is not None:
        return own(number)
    if type(number) is acb_series and series is not None:
        return series(number)
    if type(number) is acb_series and slope is not None and hasattr(acb, method):
        return with_slope(getattr(acb, method), slope)(number)
    raise Refused(f"`{method}` of a complex number has no exact rule yet")


def with_slope(function: Function, slope: Function) -> Function:
    """The series of a function that is known on balls, from its slope on a shorter series."""

    def of_series(s: Value) -> Value:
        kind, terms = type(s), min(s.prec, flint.ctx.cap)
        if terms == 1:
            return kind([function(s[0])], prec=1)
        with length(terms - 1):
            shorter = kind([s[k] for k in range(terms - 1)], prec=terms - 1)
            inner = kind([(k + 1) * s[k + 1] for k in range(terms - 1)], prec=terms - 1)
            rate = slope(shorter if terms > 2 else s[0]) * inner
        grown = (coefficient(rate, k) / (k + 1) for k in range(terms - 1))
        return kind([function(s[0]), *grown], prec=terms)

    return of_series


def continued(function: Function, *limits: tuple[float, float]) -> Function:
    """A function of balls, with its limits at points where Arb has none."""
    known = [(arb(at), arb(limit)) for at, limit in limits]

    def of_balls(ball: Value) -> Value:
        found = function(ball)
        if is_finite(found):
            return found
        return next((limit for at, limit in known if ball == at), found)

    return of_balls


def of_finite(function: Function) -> Function:
    """A function of balls that has no limit at infinity, where Arb encloses all that it may be."""
    return lambda ball: function(ball) if is_finite(ball) else NAN
