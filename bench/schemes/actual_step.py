"""Differences divided by the step that x really moved, instead of the one that was asked for."""

from __future__ import annotations

from collections.abc import Callable

from bench.schemes import scheme
from bench.values import Value

SOURCE = "Press et al., Numerical Recipes, section 5.7: choose h so that x + h and x differ by it"


@scheme(order=1, source=SOURCE, label="forward over (x+h)−x")
def forward_actual_step(f: Callable[[Value], Value], x: Value, h: Value) -> Value:
    """The forward difference over (x + h) - x, the step as x + h was rounded."""
    return (f(x + h) - f(x)) / ((x + h) - x)


@scheme(order=2, source=SOURCE, label="central over (x+h)−(x−h)")
def central_actual_step(f: Callable[[Value], Value], x: Value, h: Value) -> Value:
    """The central difference over (x + h) - (x - h), the distance as both were rounded."""
    return (f(x + h) - f(x - h)) / ((x + h) - (x - h))
