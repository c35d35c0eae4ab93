"""Trigonometric and hyperbolic functions, and their inverses."""

from __future__ import annotations

from flint import arb

from bench.arithmetic.program.elements import INFINITY, element, on_numbers
from bench.arithmetic.program.exponentials import exp
from bench.arithmetic.program.numbers import HALF, NAN, ZERO, head
from bench.arithmetic.program.order import order
from bench.arithmetic.program.powers import divide, sqrt, square
from bench.values import Value

NOWHERE = {INFINITY: float("nan"), -INFINITY: float("nan")}
sin, cos = element("sin", limits=NOWHERE), element("cos", limits=NOWHERE)
tan = element("tan")
sinh = element("sinh", series=lambda s: (exp(s) - exp(-s)) / 2)
cosh = element("cosh", series=lambda s: (exp(s) + exp(-s)) / 2)
tanh = element(
    "tanh",
    limits={-INFINITY: -1, INFINITY: 1},
    slope=lambda s: square(1 / cosh(s)),  # 1 - tanh^2 cancels
)
element("asin", slope=lambda s: divide(arb(1), sqrt((1 - s) * (1 + s))))
element("acos", slope=lambda s: divide(arb(-1), sqrt((1 - s) * (1 + s))))
atan = element("atan", slope=lambda s: 1 / (1 + s * s))
element("asinh", slope=lambda s: 1 / sqrt(1 + s * s))
element("acosh", slope=lambda s: divide(arb(1), sqrt((s - 1) * (s + 1))))
element(
    "atanh",
    limits={1: INFINITY, -1: -INFINITY},
    slope=lambda s: divide(arb(1), (1 - s) * (1 + s)),
)


def angle(y: Value, x: Value) -> Value:
    """The angle of the point (x, y), in (-pi, pi]."""
    if head(y).is_nan() or head(x).is_nan():
        return NAN
    if type(y) is arb and type(x) is arb:
        return arb.atan2(y, x)
    if abs(head(x)) > abs(head(y)):
        return atan(divide(y, x)) + _turn(y, x)
    return arb.pi() * HALF * (order(y, ZERO) or 0) - atan(divide(x, y))


def _turn(y: Value, x: Value) -> Value:
    """What the angle has beyond the arc tangent of y / x: on the left, half a turn."""
    if order(x, ZERO) == 1:
        return ZERO
    return arb.pi() if order(y, ZERO) in (0, 1) else -arb.pi()


on_numbers("atan2", angle, 2, how="By the arc tangent of the quotient.")
