"""Cauchy's integral for f' on a circle about x, by the trapezoidal rule on few points.

With m points the rule is of order m: f^(m+1) is the first derivative that it mistakes for f'. On
the real axis f is real, so points below it cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from bench.schemes import scheme
from bench.values import Value

LYNESS = "Lyness & Moler 1967, Numerical differentiation of analytic functions"


@scheme(order=4, needs="complex", label="Cauchy, 4 points", source=LYNESS)
def cauchy4(f: Callable[[Value], Value], x: Value, h: Value) -> Value:
    """Cauchy's integral on 4 points of the circle of radius h: x ± h and x ± ih."""
    return (f(x + h) - f(x - h) + 2 * f(x + 1j * h).imag) / (4 * h)


@scheme(
    order=8,
    needs="complex",
    label="Cauchy, 8 points",
    source=f"{LYNESS}; Lyness 1968, Differentiation formulas for analytic functions",
)
def cauchy8(f: Callable[[Value], Value], x: Value, h: Value) -> Value:
    """Cauchy's integral on circles of radius h and √2 h, 4 points each, combined to order 8.

    They are the corners and the middles of the sides of a square: unlike eighth roots of unity
    multiples of h that are exact. Turned by an eighth, the second circle has errors of the other
    sign, 4 times as large.
    """
    corner, other = f(x + (1 + 1j) * h), f(x + (-1 + 1j) * h)
    turned = (corner.real - other.real + corner.imag + other.imag) / (4 * h)
    return (4 * cauchy4(f, x, h) + turned) / 5
