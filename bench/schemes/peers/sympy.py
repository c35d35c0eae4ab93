"""SymPy: the derivative of the formula as a formula, and that in as many digits as it takes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from bench.schemes.exactly import over
from bench.schemes.peer import Function, peer
from bench.values import Array, Namespace, Value

DIGITS = 40  # a format has 16 at most: what is rounded to it is then the nearest


def _namespace() -> Namespace:
    import sympy

    return over(
        sympy,
        sympy.Rational,
        maximum=sympy.Max,
        minimum=sympy.Min,
        where=lambda condition, a, b: sympy.Piecewise((a, condition), (b, True)),
    )


def _value(expression: Value, at: dict[Value, Value]) -> Fraction | float:
    """The number that an expression is there, rounded once to many digits."""
    import sympy

    found = expression.evalf(DIGITS, subs=at)
    if not found.is_Float and not found.is_Rational:
        found = expression.subs(at).evalf(DIGITS)
    if not found.is_finite:
        return float(found)
    exact = sympy.Rational(found)
    return Fraction(int(exact.p), int(exact.q))


def _gradient(F: Function, x: Array) -> Value:
    import sympy

    symbols = np.array(sympy.symbols(f"x:{len(x)}", real=True), object)
    formula = F(symbols, _namespace())
    at = {s: sympy.Rational(float(t)) for s, t in zip(symbols, x, strict=True)}
    return [_value(sympy.diff(formula, symbol), at) for symbol in symbols]


@peer(
    "sympy",
    label="sympy.diff",
    source="Meurer et al. 2017, SymPy",
    many=True,
    needs="formula",
    gradient=_gradient,
)
def sympy_diff(f: Function, x: Array) -> Value:
    """sympy.diff of the formula of f, evaluated to 40 digits."""
    import sympy

    symbol = sympy.Symbol("x", real=True)
    slope = sympy.diff(f(symbol, _namespace()), symbol)
    return [_value(slope, {symbol: sympy.Rational(float(at))}) for at in x]
