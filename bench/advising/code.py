"""The line of code that takes a derivative by a scheme at a step."""

from __future__ import annotations

import math
from fractions import Fraction

from bench.formats import Format
from bench.schemes import Scheme


def code_of(scheme: Scheme, step: float, known: Format) -> str:
    """A formula of f and x in Python; of a scheme that is no sum, the call of bench's own."""
    if math.isnan(step):
        kind = "" if known.name == "float64" else f', "{known.name}"'
        return f"bench.schemes.adaptive.derivative(f, np.array([x]{kind})).derivative[0]"
    h = _power(step)
    if scheme.weights is None:
        return f'bench.schemes.schemes["{scheme.name}"](f, x, {h})'
    weights = {Fraction(k.real): Fraction(w.real) for k, w in scheme.weights.items()}
    over = math.lcm(*(w.denominator for w in weights.values()))
    terms = [(k, int(w * over)) for k, w in sorted(weights.items(), reverse=True) if w]
    total = "".join(_term(k, factor, first=i == 0) for i, (k, factor) in enumerate(terms))
    below = "h" if over == 1 else f"({over}*h)"
    return f"h = {h}; ({total}) / {below}"


def _power(step: float) -> str:
    mantissa, exponent = math.frexp(step)
    return f"2.0**{exponent - 1}" if mantissa == 0.5 else repr(step)


def _term(k: Fraction, factor: int, *, first: bool) -> str:
    sign = ("-" if factor < 0 else "") if first else (" - " if factor < 0 else " + ")
    times = "" if abs(factor) == 1 else f"{abs(factor)}*"
    return f"{sign}{times}f({_node(k)})"


def _node(k: Fraction) -> str:
    if not k:
        return "x"
    size = abs(k)
    above = "h" if size.numerator == 1 else f"{size.numerator}*h"
    h = above if size.denominator == 1 else f"{above}/{size.denominator}"
    return f"x {'+' if k > 0 else '-'} {h}"
