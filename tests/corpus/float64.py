"""What JAX says in float64, and how far from the truth that may be."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from bench.arithmetic.program.traced import traced
from corpus.foreign import Foreign

U = 2.0**-53
VALUE, GRADIENT = 64.0, 256.0  # units that float64 may be off without a reason being named
QUOTIENT = 2.0**27  # the same for a difference quotient, of half of the digits
STEP = 2.0**-17
WAYS = (jax.grad, jax.jacfwd)  # loops without a known end have no reverse mode
NO_RULE = (TypeError, ValueError, NotImplementedError)
Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Float64:
    """A value and a gradient in float64; how many units the way to the gradient may lose."""

    value: float
    gradient: Floats
    units: float


def by_jax(f: Foreign, x: Floats) -> Float64:
    """What JAX says: its gradient in reverse, else forward mode, else a quotient of its values."""
    value = jax.jit(f)
    for derivative in WAYS:
        with contextlib.suppress(*NO_RULE):
            found = np.asarray(jax.jit(derivative(f))(x))
            return Float64(float(value(x)), found, GRADIENT)
    return Float64(float(value(x)), np.array(_quotients(value, x)), QUOTIENT)


def program_of_gradient(f: Foreign, x: Floats) -> Any:
    """The program by which JAX differentiates; None where it has none."""
    for derivative in WAYS:
        with contextlib.suppress(*NO_RULE):
            return traced(derivative(f), x.shape)
    return None


def _quotients(f: Callable[[Floats], Any], x: Floats) -> list[float]:
    steps = STEP * np.eye(len(x))
    return [(float(f(x + step)) - float(f(x - step))) / (2 * STEP) for step in steps]


def value_unit(value: float, gradient: Floats, x: Floats) -> float:
    """The unit of a value's error: u (|f| + sum |x_i df/dx_i|).

    That is what rounding x and f once costs. A program with no cancellation of its own loses a few
    of these; one that loses many has a reason, which is to be named.
    """
    return float(U * (abs(value) + np.sum(np.abs(x * gradient))))


def gradient_unit(gradient: Floats) -> float:
    """The unit of the error of a partial derivative: u times the largest of them."""
    return float(U * np.max(np.abs(gradient), initial=0.0))
