"""A program without the equations that only print: they cost a call of Python at every value."""

from __future__ import annotations

from typing import Any

from jax.extend.core import ClosedJaxpr, Jaxpr

from bench.values import Value

PRINTS = ("debug_callback", "debug_print")


def unprinted(program: Value) -> Value:
    """A program, closed or not, without what it or a program inside prints."""
    if not _kept(program.effects) < program.effects:
        return program
    if isinstance(program, ClosedJaxpr):
        return program.replace(jaxpr=unprinted(program.jaxpr))
    kept = [_silent(each) for each in program.eqns if each.primitive.name not in PRINTS]
    return program.replace(eqns=kept, effects=_kept(program.effects))


def _silent(equation: Value) -> Value:
    parameters = {name: _inside(value) for name, value in equation.params.items()}
    return equation.replace(params=parameters, effects=_kept(equation.effects))


def _inside(value: Any) -> Any:
    """A parameter of an equation: programs in it, or in a tuple of it, print no more."""
    if isinstance(value, ClosedJaxpr | Jaxpr):
        return unprinted(value)
    if not isinstance(value, tuple):
        return value
    several = map(_inside, value)
    return type(value)(*several) if hasattr(value, "_fields") else tuple(several)


def _kept(effects: Value) -> set[Any]:
    return {each for each in effects if not type(each).__name__.endswith("DebugEffect")}
