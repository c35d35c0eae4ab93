"""The derivative of any function at a point, certified, to as many digits as are asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from bench.arithmetic import balls
from bench.arithmetic.balls import Balls
from bench.arithmetic.program import asked
from bench.arithmetic.program.numbers import lift
from bench.problems import Problem
from bench.programs.formula import gradient_at
from bench.programs.pickled import source_of_function
from bench.programs.tracing import program_of
from bench.registry import InputError
from bench.values import Floats, Value

SPARE, MOST_BITS = 32, 2**14
Function = Callable[..., Value] | Problem


def derivative(
    f: Function,
    x: float | npt.ArrayLike,
    *,
    order: int = 1,
    digits: int = 30,
) -> Decimal | npt.NDArray[np.object_]:
    """f'(x), or a derivative of another order, with so many digits, all of them right.

    `f` is a function of JAX or plain NumPy, of one number, or of an array of shape (n,): then the
    gradient comes back, an array of n decimals. Its float64 program is what is differentiated, in
    power series of certified balls. Raises InputError where there is no derivative (the sentence
    has both sides), no exact rule, or no function.
    """
    at = np.asarray(x, np.float64)
    if at.ndim > 1 or (at.ndim and order != 1):
        raise InputError(
            f"x has shape {at.shape} and order is {order}; allowed: a number, or an array of shape "
            "(n,) with order 1"
        )
    if order < 0 or digits < 1:
        raise InputError(f"order is {order} and digits {digits}; allowed: order 0 or more, 1 digit")
    bits = math.ceil(digits * math.log2(10)) + SPARE
    found = _balls(f, at, order, bits)
    while not all(_is_known(each, digits) for each in found.flat) and bits < MOST_BITS:
        bits *= 2
        found = _balls(f, at, order, bits)
    told = np.array([_decimal(each, digits) for each in found.flat], object)
    return told if at.ndim else told[0]


def _balls(f: Function, x: Floats, order: int, bits: int) -> Balls:
    """The derivative, or the gradient, in balls of so many bits."""
    if isinstance(f, Problem):
        with balls.bits(bits):
            return np.array([balls.derivatives(f, float(x), order)[order]], object)
    source, wide = source_of_function(f), np.dtype(np.float64)
    program = program_of(source, x.shape, wide)
    if x.ndim:
        with balls.bits(bits):
            return gradient_at(source, x.shape, lift(x))
    return np.array([asked.taylor(program, x, order, bits)[order]], object)


def _is_known(ball: Value, digits: int) -> bool:
    if not ball.is_finite() or ball == 0:
        return True
    return bool(ball.rel_accuracy_bits() >= digits * math.log2(10) + 1)


def _decimal(ball: Value, digits: int) -> Decimal:
    """A ball as a decimal number, rounded; InputError where it is not known to these digits."""
    if not ball.is_finite():
        raise InputError("f has no derivative at x, or no value: neither is finite")
    if not _is_known(ball, digits):
        raise InputError(
            f"f' is {ball.str(5)} at {MOST_BITS} bits: it has no {digits} digits, or is 0"
        )
    return Decimal(ball.str(digits, radius=False))
