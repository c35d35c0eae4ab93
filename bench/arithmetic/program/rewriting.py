"""A program with some of its equations replaced, those of the programs inside of it, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jax.extend.core import ClosedJaxpr, Jaxpr

from bench.values import Value

Change = Callable[[Value], list[Value]]  # what stands for an equation


def rewritten(program: Any, change: Change) -> Value:
    """A program, closed or not, with what stands for each equation, the innermost first."""
    equations: Value = getattr(program, "jaxpr", program)
    if equations is not program:  # a closed one; from JAX 0.11 on there is one kind
        return program.replace(jaxpr=rewritten(equations, change))
    changed = (change(_with_inside(each, change)) for each in program.eqns)
    kept = [each for several in changed for each in several]
    return program.replace(eqns=kept, effects=_unprinting(program.effects))


def _with_inside(equation: Value, change: Change) -> Value:
    parameters = {name: _inside(value, change) for name, value in equation.params.items()}
    return equation.replace(params=parameters, effects=_unprinting(equation.effects))


def _inside(value: Any, change: Change) -> Any:
    """A parameter of an equation: a program, a tuple with programs in it, or another thing."""
    if isinstance(value, ClosedJaxpr | Jaxpr):
        return rewritten(value, change)
    if not isinstance(value, tuple):
        return value
    several = [_inside(each, change) for each in value]
    return type(value)(*several) if hasattr(value, "_fields") else tuple(several)


def _unprinting(effects: Value) -> set[Any]:
    """Effects but that of printing, which is left out of every program."""
    return {each for each in effects if not prints(each)}


def prints(effect: Value) -> bool:
    """Whether an effect is that of `jax.debug`."""
    return type(effect).__name__.endswith("DebugEffect")
