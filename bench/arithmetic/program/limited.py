"""A program whose loops end: one that has not after so many steps gives no number.

A format or balls would run a loop for ever that has no end at some argument, such as Newton's
method for the root of a negative number.
"""

from __future__ import annotations

import jax
from jax.extend.core import jaxpr_as_fun, jaxprs_in_params

from bench.arithmetic.program.interpreter import opened
from bench.arithmetic.program.rewriting import rewritten
from bench.arithmetic.program.traced import is_wide
from bench.values import Value

MOST_STEPS = 2_000  # at thousands of arguments together, each of which waits for the last


def has_loops(program: Value) -> bool:
    """Whether a program, or one inside of it, has a loop whose end depends on its numbers."""
    equations = opened(program)[0].eqns
    return any(
        each.primitive.name == "while" or any(map(has_loops, jaxprs_in_params(each.params)))
        for each in equations
    )


def limited(program: Value) -> Value:
    """The program, each loop of which gives what it gives within 2,000 steps, or no number."""
    if not has_loops(program):
        return program
    with jax.enable_x64(is_wide(program.in_avals[0].dtype)):
        return rewritten(program, _limited)


def _limited(equation: Value) -> list[Value]:
    if equation.primitive.name != "while":
        return [equation]
    given = (jax.ShapeDtypeStruct(v.aval.shape, v.aval.dtype) for v in equation.invars)
    (instead,) = jax.make_jaxpr(jax.jit(_Loop(equation.params)))(*given).eqns
    return [instead.replace(invars=equation.invars, outvars=equation.outvars)]


class _Loop:
    """A loop that counts its steps."""

    def __init__(self, parameters: Value) -> None:
        self.asks, self.does = (
            jaxpr_as_fun(parameters[f"{part}_jaxpr"]) for part in ("cond", "body")
        )
        self.n = parameters["cond_nconsts"]
        self.m = self.n + parameters["body_nconsts"]

    def __call__(self, *values: Value) -> list[Value]:
        asking, doing, start = values[: self.n], values[self.n : self.m], list(values[self.m :])

        def asked(state: list[Value]) -> Value:
            return self.asks(*asking, *state)[0]

        def going(now: tuple[Value, list[Value]]) -> Value:
            return jax.numpy.any(asked(now[1])) & (now[0] < MOST_STEPS)

        def moved(now: tuple[Value, list[Value]]) -> tuple[Value, list[Value]]:
            after = self.does(*doing, *now[1])
            pairs = zip(after, now[1], strict=True)
            return now[0] + 1, [_where(asked(now[1]), *pair) for pair in pairs]

        _, found = jax.lax.while_loop(going, moved, (jax.numpy.int32(0), start))
        return [_number_unless(asked(found), each) for each in found]


def _where(going: Value, after: Value, before: Value) -> Value:
    """The state of loops side by side, under vmap: each ends by itself. One alone is going."""
    return jax.numpy.where(_like(going, after), after, before) if going.ndim else after


def _number_unless(going: Value, value: Value) -> Value:
    """A value; no number where its loop has not ended."""
    if not jax.numpy.issubdtype(value.dtype, jax.numpy.inexact):
        return value
    return jax.numpy.where(
        _like(going, value), jax.numpy.asarray(jax.numpy.nan, value.dtype), value
    )


def _like(going: Value, value: Value) -> Value:
    return going.reshape(going.shape + (1,) * (value.ndim - going.ndim))
