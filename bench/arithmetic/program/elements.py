"""How a function of one number becomes one of every kind of number, and of arrays.

On balls it is a method of Arb's. On power series it is Arb's own method, a formula of other
functions, or follows from its slope: g(s) = g(s0) + integral of g'(s) s'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import flint
from flint import acb, acb_series, arb, arb_series

from bench.arithmetic.program import Refused, Rule, rules
from bench.arithmetic.program.numbers import NAN, coefficient, each, head, length, lift
from bench.values import Value

Function = Callable[..., Value]
INFINITY = float("inf")
EMPTY: Mapping[float, float] = MappingProxyType({})


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
    limits: Mapping[float, float] = EMPTY,
    name: str | None = None,
) -> Function:
    """A function of one number of any kind, registered under `name` or the method's.

    On balls it is `balls`, by default Arb's method. On series it is `series`, follows from `slope`,
    or is the method of series. Complex numbers have the methods of their own types. `limits` are
    those at points where the formula on balls has none.
    """
    of_balls = balls or getattr(arb, method)
    known = [(arb(at), arb(limit)) for at, limit in limits.items()]

    def at_end(ball: Value, found: Value) -> Value:
        if ball.mid().is_finite() and not ball.is_finite():
            return NAN  # it may be infinite, with either sign; -inf - 1/3 is not: it equals -inf
        return next((limit for at, limit in known if ball == at), found)

    def function(number: Value) -> Value:
        kind = type(number)
        if kind is arb:
            found = of_balls(number)
            return found if found.is_finite() and number.is_finite() else at_end(number, found)
        if kind is arb_series:
            return of_series(number)
        return _of_complex(method, series, slope, number)

    of_series = with_slope(function, slope) if slope else series or getattr(arb_series, method)
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


def undefined_where(outside: Callable[..., bool], function: Function) -> Function:
    """A function that is no number outside of JAX's domain, where its formula goes on."""
    return lambda *numbers: NAN if outside(*map(head, numbers)) else function(*numbers)


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
