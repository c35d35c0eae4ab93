"""What is asked of a traced program: its values and derivatives, as certified balls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, sqrt

import flint
import numpy as np
from flint import arb

from bench.arithmetic import balls
from bench.arithmetic.balls import Balls
from bench.arithmetic.program import Refused
from bench.arithmetic.program.certified import certified, derivatives, two_sided
from bench.arithmetic.program.interpreter import run
from bench.arithmetic.program.numbers import (
    NUMBERS,
    array,
    asked_of_each,
    is_finite,
    lift,
    number,
    on_line,
)
from bench.arithmetic.program.order import Kink
from bench.values import Flags, Floats, Value


def value(program: Value, *x: Value, bits: int = 128) -> list[Value]:
    """What a program gives at x: an array of balls for each result; integers as they are."""
    given = [_entered(each) for each in x]
    return certified(lambda: run(program, *given), bits)


def _entered(x: Value) -> Value:
    """An argument as a run takes it: floats as balls, each exactly."""
    return lift(x) if type(x) in NUMBERS or np.asarray(x).dtype.kind not in "biu" else np.asarray(x)


def taylor(program: Value, x: Value, order: int, bits: int = 128) -> list[Value]:
    """f(x), f'(x) .. f^(order)(x) of a program from one number to one number."""
    point = lift(x)
    return _along(program, point, lift(1.0), order, f"x = {_shown(point)}", bits)


def slope(program: Value, x: Value, direction: Value, bits: int = 128) -> Value:
    """The derivative of F: R^n -> R at x along a direction."""
    return _along(program, lift(x), lift(direction), 1, "this point, along a line", bits)[1]


def along(program: Value, x: Value, direction: Value, order: int, bits: int = 128) -> list[Value]:
    """The derivatives, 0 to `order`, of F: R^n -> R along a direction, or of a scalar f at x."""
    point = lift(x)
    name = f"x = {_shown(point)}" if point.size == 1 else "this point, along a line"
    return _along(program, point, lift(direction), order, name, bits)


def gradient(program: Value, x: Value, bits: int = 128) -> Balls:
    """The n partial derivatives of F: R^n -> R at x, by n power series of two terms."""
    point = lift(x)
    found = np.empty(point.shape, object)
    for at in np.ndindex(point.shape):
        direction = lift(np.zeros(point.shape))
        direction[at] = arb(1)
        name = f"x{list(at) if at else ''} = {_shown(array(point[at]))}"
        try:
            found[at] = _along(program, point, direction, 1, name, bits)[1]
        except Kink as kink:
            kink.component = at
            raise
    return found


def _along(
    program: Value, x: Balls, direction: Balls, order: int, name: str, bits: int
) -> list[Value]:
    """The derivatives at t = 0 of F(x + t v), v the direction."""

    def expand() -> Value:
        return _one(run(program, on_line(x, direction)))

    return certified(
        lambda: two_sided(lambda: derivatives(expand, order), lambda: _one(run(program, x)), name),
        bits,
    )


def _one(results: list[Value]) -> Value:
    """The one number that a program gives; Refused where there are others."""
    if len(results) == 1 and np.size(results[0]) == 1:
        return number(lift(results[0]))
    shapes = ", ".join(str(np.shape(each)) for each in results)
    raise Refused(f"a derivative is that of one number, and the program gives {shapes}")


def _shown(x: Balls) -> str:
    return repr(float(number(x))).removesuffix(".0")


def reverse(gradient_program: Value, x: Value, bits: int = 128) -> Balls:
    """The program of `jax.grad(F)` at x: the gradient, JAX's conventions included."""
    found: Balls = value(gradient_program, x, bits=bits)[0]
    return found


@dataclass(frozen=True)
class Gradient:
    """The gradient of a program, and what the program of `jax.grad` says of it.

    `values` are its partial derivatives. `by_reverse` are those of the program of `jax.grad`, None
    where it has no answer, for the reason `refused`; `differs` is where they are others.
    """

    values: Balls
    by_reverse: Balls | None
    differs: Flags
    refused: str = ""


def certified_gradient(
    program: Value, gradient_program: Value | None, x: Value, bits: int = 128, most: float = inf
) -> Gradient:
    """The gradient of F: R^n -> R at x, by the program of `jax.grad` where that is its gradient.

    It is, where it agrees with the slope along one direction. Elsewhere, and without such a program
    (JAX does not trace that of every F), the gradient is taken number by number: Refused where
    there are more than `most`.
    """
    try:
        found = None if gradient_program is None else reverse(gradient_program, x, bits)
        refused = "" if found is not None else "there is no program of the gradient"
    except Refused as error:
        found, refused = None, str(error)
    if found is not None and _confirmed(program, found, x, bits):
        return Gradient(found, found, np.zeros(found.shape, bool))
    if np.size(x) > most:
        raise Refused(
            refused
            or "the program of jax.grad does not give the slope of f along a line; of "
            f"{np.size(x)} numbers the gradient is not taken one by one"
        )
    values = gradient(program, x, bits)
    if found is None:
        return Gradient(values, None, np.zeros(values.shape, bool), refused)
    return Gradient(values, found, _differ(values, found))


def _other(a: Value, b: Value) -> bool:
    """Whether two numbers are certainly others; what is no number overlaps everything."""
    return bool(a.is_nan() != b.is_nan() or not a.overlaps(b))


_differ: Callable[[Balls, Balls], Flags] = asked_of_each(_other, 2)


def _confirmed(program: Value, found: Balls, x: Value, bits: int) -> bool:
    """Whether a gradient gives the slope along a direction that looks at every variable."""
    if not all(map(is_finite, found.flat)):
        return False
    direction = _weights(found.size).reshape(found.shape)
    try:
        along = slope(program, x, direction, bits)
    except Kink:
        return False
    with balls.bits(max(bits, flint.ctx.prec)):  # at fewer, the sum is too wide to tell them apart
        return bool(np.sum(found * lift(direction)).overlaps(along))


def _weights(n: int) -> Floats:
    """n numbers of both signs, none a small multiple of another: errors do not cancel in them."""
    k = np.arange(n)
    return (-1.0) ** k * (1 + k * (sqrt(5) - 1) / 2 % 1)
