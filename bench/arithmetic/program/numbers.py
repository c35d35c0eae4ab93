"""Exact numbers in arrays: balls, complex balls, and power series of both.

Two traps are shut here. NumPy takes a power series for a sequence: a number leaves an array only
by `number`, and what NumPy gives goes through `array`. And python-flint reads a coefficient that a
series does not know as 0: coefficients are read by `coefficient`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import flint
import numpy as np
from flint import acb, acb_series, arb, arb_series

from bench.arithmetic.balls import Balls
from bench.values import Array, Value

MOST_BITS = 4096
ZERO, ONE, HALF, NAN = arb(0), arb(1), arb(0.5), arb.nan()
SERIES = frozenset({arb_series, acb_series})
COMPLEX = frozenset({acb, acb_series})
NUMBERS = SERIES | COMPLEX | {arb}


def array(value: Value) -> Balls:
    """What NumPy gives, as an array: it makes bare numbers of arrays without axes."""
    if isinstance(value, np.ndarray):
        return value
    found = np.empty((), object)
    found[()] = value
    return found


def number(one: Balls) -> Value:
    """The number in an array of one."""
    return one.item()


def each(function: Callable[..., Value], arity: int = 1) -> Callable[..., Balls]:
    """A function of numbers, on every element of arrays."""
    of_elements = np.frompyfunc(function, arity, 1)
    return lambda *arrays: array(of_elements(*arrays))


def asked_of_each(function: Callable[..., bool], arity: int = 1) -> Callable[..., Array]:
    """A question about numbers, asked of every element of arrays."""
    of_elements = each(function, arity)
    return lambda *arrays: np.asarray(of_elements(*arrays), bool)


def is_exact(value: Value) -> bool:
    """Whether this is an array of exact numbers."""
    return isinstance(value, np.ndarray) and value.dtype == object


_of_integers = each(lambda n: arb(int(n)))
_of_floats = each(lambda r: arb(float(r)))
_of_complex = each(lambda z: acb(z.real, z.imag))


def lift(value: Value) -> Balls:
    """Floats, integers and booleans of any format as balls, each exactly."""
    if type(value) in NUMBERS:
        return array(value)
    given = np.asarray(value)
    if given.dtype == object:
        return given
    if given.dtype.kind in "iub":
        return _of_integers(given)
    if given.dtype.kind == "c":
        return _of_complex(given.astype(np.complex128))
    return _of_floats(given.astype(np.float64))  # exact for all narrower formats


def filled(shape: Sequence[int], number: Value = ZERO) -> Balls:
    """An array of one number."""
    found = np.empty(tuple(shape), object)
    found.fill(number)
    return found


def vector(numbers: Iterable[Value]) -> Balls:
    """Numbers in a row; NumPy would make a row of each power series."""
    given = list(numbers)
    found = np.empty(len(given), object)
    for k, one in enumerate(given):
        found[k] = one
    return found


def stacked(rows: Sequence[Balls], shape: Sequence[int] = ()) -> Balls:
    """Arrays of one shape along a new first axis; `shape` is theirs where there are none."""
    found = np.empty((len(rows), *(rows[0].shape if rows else shape)), object)
    for i, row in enumerate(rows):
        found[i] = row[()] if row.ndim == 0 else row
    return found


def on_line(x: Balls, direction: Balls) -> Balls:
    """The points x + t v around t = 0, as power series; constant where v is 0."""

    def moved(at: Value, v: Value) -> Value:
        return at if v == 0 else arb_series([at, v], prec=flint.ctx.cap)

    return each(moved, 2)(x, direction)


@contextmanager
def length(terms: int) -> Iterator[None]:
    """Power series of this many terms, inside."""
    before, flint.ctx.cap = flint.ctx.cap, terms
    try:
        yield
    finally:
        flint.ctx.cap = before


def head(number: Value) -> Value:
    """The ball that a number starts with: its value at the point."""
    return number[0] if type(number) in SERIES else number


def coefficient(number: Value, k: int) -> Value:
    """The k-th coefficient of a number as a series; not a number where it is not known."""
    if type(number) not in SERIES:
        return ZERO if k else number
    return number[k] if k < number.prec else NAN


def tail(number: Value) -> list[Any]:
    """All coefficients after the first."""
    return [coefficient(number, k) for k in range(1, flint.ctx.cap)]


def is_zero(number: Value) -> bool:
    """Whether a number is certainly 0 at the point and around it."""
    return bool(head(number) == 0) and is_constant(number)


def is_constant(number: Value) -> bool:
    """Whether a number is certainly the same everywhere around the point."""
    return type(number) not in SERIES or all(c == 0 for c in tail(number))


def unknown_series(like: Value) -> Value:
    """A series of which nothing is known."""
    return type(like)([NAN] * flint.ctx.cap, prec=flint.ctx.cap)


def is_finite(ball: Value) -> bool:
    """Whether every part of a ball, real or complex, is bounded."""
    return bool(ball.is_finite())
