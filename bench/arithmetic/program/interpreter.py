"""Runs a traced program on exact numbers, equation by equation.

Floats are lifted to balls where they enter. An equation without any of them (integers, booleans,
random keys) is JAX's own; all others have a rule. Programs inside of equations are run alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import Literal

from bench.arithmetic.program import Refused, on_equations, rule_of
from bench.arithmetic.program.lines import line_of
from bench.arithmetic.program.numbers import is_exact, lift
from bench.values import Value


def opened(program: Value) -> tuple[Value, Sequence[Value]]:
    """The equations of a program, and its constants."""
    return (program.jaxpr, program.consts) if hasattr(program, "jaxpr") else (program, ())


def taken(value: Value, aval: Value) -> Value:
    """A value as the run has it: floats of the variable's own format are balls."""
    dtype = getattr(aval, "dtype", None)
    if is_exact(value) or dtype is None or not jax.numpy.issubdtype(dtype, np.inexact):
        return value
    return lift(np.asarray(value, dtype))


def run(program: Value, *values: Value) -> list[Any]:
    """What a program gives for exact values: a list, one for each of its results."""
    jaxpr, constants = opened(program)
    known: dict[Any, Any] = {}
    given = (*constants, *values)
    for variable, value in zip((*jaxpr.constvars, *jaxpr.invars), given, strict=True):
        known[variable] = taken(value, variable.aval)

    def read(variable: Value) -> Value:
        if isinstance(variable, Literal):
            return taken(variable.val, variable.aval)
        return known[variable]

    for equation in jaxpr.eqns:
        found = _results(equation, [read(variable) for variable in equation.invars])
        for variable, value in zip(equation.outvars, found, strict=True):
            known[variable] = value
    return [read(variable) for variable in jaxpr.outvars]


def _results(equation: Value, values: list[Any]) -> list[Any]:
    """The results of an equation; what is refused has the line that the equation came from.

    Equations inside of JAX's own functions have none: theirs is the line of the call.
    """
    try:
        found = _applied(equation, values)
    except Refused as refused:
        raise refused.at(line_of(equation), equation.primitive.name) from None
    return list(found) if isinstance(found, (list, tuple)) else [found]


def _applied(equation: Value, values: list[Any]) -> Value:
    primitive, program = equation.primitive, inside(equation)
    if program is not None:
        return run(program, *values)
    if any(is_exact(v) for v in values) or primitive.name in ALWAYS:
        return rule_of(primitive.name).apply(run, equation, *values)
    found = primitive.bind(*values, **equation.params)
    found = found if primitive.multiple_results else [found]
    return [taken(v, out.aval) for v, out in zip(found, equation.outvars, strict=True)]


CALLS = (
    *("jit", "closed_call", "eval_jaxpr", "checkpoint", "remat2"),
    *("custom_jvp_call", "custom_vjp_call"),
)
PROGRAMS = ("jaxpr", "call_jaxpr")
ALWAYS = ("while", "scan", "cond", "call_hi_primitive")  # floats may come up inside


def inside(equation: Value) -> Value | None:
    """The program that an equation does nothing but run: its own, not that of a custom rule."""
    if equation.primitive.name not in CALLS:
        return None
    return next(equation.params[name] for name in PROGRAMS if name in equation.params)


@on_equations("call", *CALLS)
def called(run: Value, equation: Value, *values: Value) -> Value:
    """The program inside is run; a custom derivative is not looked at."""
    return run(inside(equation), *values)


@on_equations("call", "call_hi_primitive")
def expanded(run: Value, equation: Value, *values: Value) -> Value:
    """What the primitive expands to is run; a custom derivative is not looked at."""
    primitive = equation.params["_prim"]

    def flat(*given: Value) -> Value:
        return jax.tree.leaves(primitive.expand(*jax.tree.unflatten(primitive.in_tree, given)))

    shapes = (jax.ShapeDtypeStruct(v.aval.shape, v.aval.dtype) for v in equation.invars)
    return run(jax.make_jaxpr(flat)(*shapes), *values)
