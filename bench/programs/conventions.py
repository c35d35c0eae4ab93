"""Where the program of `jax.grad` is not that of the derivative: what JAX's rules make of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import flint
import jax
import numpy as np
from jax.extend.core import jaxpr_as_fun

from bench.arithmetic.balls import Balls
from bench.arithmetic.program import Refused, asked
from bench.arithmetic.program.lines import line_of
from bench.arithmetic.program.numbers import lift
from bench.problems import OTHER
from bench.programs import Source
from bench.programs.changes import equations
from bench.programs.formula import gradient_at, programs_of
from bench.programs.tracing import program_of
from bench.values import Floats, Value

CONVENTIONS = {
    "stop_gradient": "stop_gradient",
    "custom_jvp_call": "a derivative of its own (custom_jvp)",
    "custom_vjp_call": "a derivative of its own (custom_vjp)",
    "custom_linear_solve": "an implicit derivative (custom_linear_solve)",
    "cholesky": "the triangle that cholesky reads",
    "select_n": "a branch that is not taken (where)",
}


@dataclass(frozen=True)
class Slopes:
    """The derivative of a function at a point, and what the program of `jax.grad` gives."""

    x: Floats
    truth: Balls
    autodiff: Balls | None


def slopes_at(source: Source, shape: tuple[int, ...], x: Floats) -> Slopes:
    """Both at a point; Refused where there is no derivative."""
    _, by_reverse = programs_of(source, shape)
    truth = gradient_at(source, shape, lift(x))
    try:
        found = None if by_reverse is None else asked.reverse(by_reverse, x)
    except Refused:
        found = None
    return Slopes(x, truth, None if found is None or _is_left_open(by_reverse, x, found) else found)


def _is_left_open(by_reverse: Value, x: Floats, found: Balls) -> bool:
    """Whether balls find no number where JAX finds one: that is no convention of its."""
    said = _by_jax(by_reverse, x)
    pairs: Iterator[tuple[Value, Value]] = zip(found.flat, said.flat, strict=True)
    return any(not ball.is_finite() and np.isfinite(number) for ball, number in pairs)


def _by_jax(by_reverse: Value, x: Floats) -> Floats:
    """What JAX itself gives in float64."""
    with jax.enable_x64(True):
        return np.asarray(jaxpr_as_fun(by_reverse)(jax.numpy.asarray(x))[0])


def by_autodiff(source: Source, shape: tuple[int, ...], x: Floats) -> str:
    """What the program of `jax.grad` gives at a point without a derivative, as a sentence."""
    _, by_reverse = programs_of(source, shape)
    try:
        found = None if by_reverse is None else asked.reverse(by_reverse, x)
    except Refused:
        found = None
    if found is None or found.size > 1:
        return ""
    ball: Value = found.flat[0]
    said = _short(ball) if ball.is_finite() else f"{float(_by_jax(by_reverse, x)):.6g}"
    return f"; jax.grad says {said}"


def other_derivatives(source: Source, found: Sequence[Slopes]) -> str:
    """Where `jax.grad` is the derivative of another function, and by what; empty if nowhere."""
    for each in found:
        if each.autodiff is None:
            continue
        pairs: Iterator[tuple[Value, Value]] = zip(each.truth.flat, each.autodiff.flat, strict=True)
        for truth, given in pairs:
            if truth.is_finite() and _is_other(truth, given):
                return (
                    f"jax.grad({source.name}) {OTHER}: "
                    f"{_why(source, each.x.shape)} ({_short(given)} against f' = {_short(truth)} "
                    f"at {_where(each.x)})"
                )
    return ""


def _is_other(truth: Value, given: Value) -> bool:
    """Whether a number is not the derivative, and not what JAX approximates it by in float64."""
    if not given.is_finite():
        return True
    return not (truth.overlaps(given) or bool(abs(given - truth) <= abs(truth) * SAME))


SAME = flint.arb(2) ** -48


def _why(source: Source, shape: tuple[int, ...]) -> str:
    """The first convention that a program holds, with its line."""
    program = program_of(source, shape, np.dtype(np.float64))
    held = {each.primitive.name: each for each in reversed(list(equations(program.jaxpr)))}
    for name, said in CONVENTIONS.items():
        if name in held:
            place = line_of(held[name])
            return f"{said} at {place}" if place else said
    return "a rule of JAX's"


def _short(ball: Value) -> str:
    return f"{float(ball):.6g}"


def _where(x: Floats) -> str:
    return f"x = {float(x):g}" if x.ndim == 0 else "the point"
