"""A function of the user's as the formula of a problem: run in whatever arithmetic its x is of.

In a format its own trace in that format runs, on JAX; plain NumPy code runs itself on NumPy. In
balls, in power series and in reverse mode it is the float64 trace.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import factorial
from typing import Any

import flint
import jax
import mpmath
import numpy as np
from jax.extend.core import jaxpr_as_fun

from bench.arithmetic import balls
from bench.arithmetic.balls import Balls
from bench.arithmetic.program import Refused, asked
from bench.arithmetic.program.limited import has_loops, limited
from bench.arithmetic.program.numbers import COMPLEX, SERIES, coefficient, head
from bench.arithmetic.program.traced import is_wide, traced
from bench.arithmetic.tape import Taped
from bench.programs import Source
from bench.programs.loading import function_of
from bench.programs.tracing import is_plain, program_of, program_of_many
from bench.registry import InputError, doors
from bench.values import Array, Flags, Namespace, Value


@dataclass(frozen=True)
class Program:
    """f(x, xp) of a function of one number, or F(x, xp) of n variables where `size` is given.

    x of one number may have any shape; that of n variables has them along its first axis. `failed`
    is why it cannot be run.
    """

    source: Source
    size: int | None = None
    summary: str = ""
    failed: str = ""

    def __post_init__(self) -> None:
        vars(self)["__doc__"] = self.summary
        if self.source.file:  # what is registered tells by its module whose it is
            vars(self)["__module__"] = doors.name_file(self.source.path)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one argument."""
        return () if self.size is None else (self.size,)

    def __call__(self, x: Value, xp: Namespace) -> Value:
        if self.failed:
            raise InputError(self.failed)
        if isinstance(x, Taped):
            return self._taped(x)
        if isinstance(x, jax.Array):
            return self._in_format(x)
        if isinstance(x, np.ndarray | np.generic) and x.dtype != object:
            return self._on_numpy(np.asarray(x))
        found = self._exactly(_array(x))
        return found[()] if found.ndim == 0 else found  # as a sum of NumPy's would be

    def _rows(self, x: Value) -> tuple[Value, tuple[int, ...]]:
        """The arguments along the first axis, and the shape of the results."""
        if self.size is None:
            return x.reshape(-1), x.shape
        rest = x.shape[1:]
        return x.reshape(self.size, -1).T, rest

    def _in_format(self, x: Value) -> Value:
        rows, shape = self._rows(x)
        program = program_of(self.source, self.shape, x.dtype)
        one = jaxpr_as_fun(limited(program) if len(rows) > FEW else program)
        found = jax.vmap(lambda each: one(each)[0])(rows) if shape else one(rows[0])[0]
        return jax.numpy.asarray(found, x.dtype).reshape(shape)  # a constant is a bare number

    def _on_numpy(self, x: Array) -> Array:
        """Plain NumPy code as it is, argument by argument; the rest by JAX."""
        rows, shape = self._rows(x)
        if is_plain(self.source, self.shape):
            function = function_of(self.source, is_wide(x.dtype))
            found = [np.asarray(_value(function, each)).astype(x.dtype) for each in rows]
            return np.array(found, x.dtype).reshape(shape)
        with jax.enable_x64(True):
            return np.asarray(_compiled(self, x.shape, x.dtype)(jax.numpy.asarray(x)))

    def _exactly(self, x: Value) -> Value:
        """In balls and mpmath together; power series by themselves."""
        rows, shape = self._rows(x)
        first = rows.flat[0] if rows.size else None
        if type(first) in SERIES:
            return _filled(shape, [self._expanded(row) for row in rows])
        if isinstance(first, mpmath.mpf | mpmath.mpc):
            with flint.ctx.workprec(mpmath.mp.prec):  # mpmath takes more bits for a difference
                return _array(_of_balls(self._values(_to_balls(rows), shape)))
        return self._values(rows, shape)

    def _values(self, rows: Balls, shape: tuple[int, ...]) -> Balls:
        """The values in balls; of many, no number where a loop does not end."""
        kind = np.complex128 if any(type(v) in COMPLEX for v in rows.flat) else np.float64
        known = ending(self.source, self.shape, rows.astype(kind)) if len(rows) > FEW else True
        if np.all(known):
            return self._known_values(rows, shape, kind)
        found = np.full(len(rows), flint.arb("nan"), object)
        found[known] = self._known_values(rows[known], (int(np.sum(known)),), kind)
        return found.reshape(shape)

    def _known_values(self, rows: Balls, shape: tuple[int, ...], kind: type[Any]) -> Balls:
        """The values of many arguments at once, or one by one where that is refused."""
        if len(rows) > 1:
            try:
                program = program_of_many(self.source, self.shape, len(rows), np.dtype(kind))
                found: Balls = asked.value(program, rows)[0].reshape(shape)
                return found
            except Refused:
                pass  # a branch that only some of them take
        program = program_of(self.source, self.shape, np.dtype(kind))
        return _filled(shape, [asked.value(program, _array(row))[0][()] for row in rows])

    def _expanded(self, row: Value) -> Value:
        """The power series of the function along a line that is given as series of two terms."""
        line, order = _array(row), flint.ctx.cap - 1
        x, direction = (_each(take)(line) for take in (head, _slope))
        program = program_of(self.source, self.shape, np.dtype(np.float64))
        found = asked.along(program, x, direction, order)
        scaled = [value / factorial(k) for k, value in enumerate(found)]
        return flint.arb_series(scaled, prec=order + 1)

    def _taped(self, x: Taped) -> Taped:
        """In reverse mode: the values, and each gradient, along which derivatives flow back."""
        rows, shape = self._rows(x.value)
        gradients = np.empty((len(rows), *self.shape), object)
        for i, row in enumerate(rows):
            found = gradient_at(self.source, self.shape, _array(row))
            gradients[i] = found[()] if found.ndim == 0 else found
        columns = gradients.T.reshape(x.shape)
        return Taped(self._values(rows, shape), (x, lambda g: g * columns))


def ending(source: Source, shape: tuple[int, ...], rows: Array) -> Flags:
    """At which arguments, along the first axis, all loops of a function end in float64, say."""
    if not has_loops(program_of(source, shape, rows.dtype)):
        return np.ones(len(rows), bool)
    with jax.enable_x64(True):
        found = np.asarray(_of_many(source, shape, rows.dtype)(jax.numpy.asarray(rows)))
    flags: Flags = ~np.isnan(found)
    return flags


@lru_cache(maxsize=64)
def _of_many(source: Source, shape: tuple[int, ...], dtype: Any) -> Callable[..., Value]:
    """A function of arguments along the first axis, with loops that end, compiled."""
    one = jaxpr_as_fun(limited(program_of(source, shape, dtype)))
    of_many: Callable[..., Value] = jax.jit(jax.vmap(lambda x: one(x)[0]))
    return of_many


def _value(function: Callable[..., Value], x: Value) -> Value:
    """What a function gives; nan where it raises, as `math.sqrt` does outside its domain."""
    try:
        return function(x)
    except (ArithmeticError, ValueError):
        return math.nan


@lru_cache(maxsize=64)
def _compiled(program: Program, shape: tuple[int, ...], dtype: Any) -> Callable[..., Value]:
    compiled: Callable[..., Value] = jax.jit(program._in_format)
    return compiled


def gradient_at(source: Source, shape: tuple[int, ...], x: Balls) -> Balls:
    """The gradient: number by number; of many variables by reverse mode, confirmed by a slope."""
    program, by_reverse = programs_of(source, shape)
    if x.size <= FEW:
        return asked.gradient(program, x)
    return asked.certified_gradient(program, by_reverse, x).values


FEW = 30  # variables, or arguments


@lru_cache(maxsize=64)
def programs_of(source: Source, shape: tuple[int, ...]) -> tuple[Value, Value]:
    """The program of a function, and that of its gradient by JAX, None where JAX has none."""
    wide = np.dtype(np.float64)
    program = program_of(source, shape, wide)
    one = jaxpr_as_fun(program)
    try:
        gradient = traced(jax.grad(lambda x: one(x)[0]), shape, wide)
    except Exception:  # a loop without reverse mode, a rule of the user's that fails
        gradient = None
    return program, gradient


def _slope(number: Value) -> Value:
    return coefficient(number, 1)


def _each(function: Callable[[Value], Value]) -> Callable[[Balls], Balls]:
    of_elements = np.frompyfunc(function, 1, 1)
    return lambda values: _array(of_elements(values))


def _array(row: Value) -> Balls:
    """One argument as an array: NumPy takes a bare number out of an array without axes."""
    if isinstance(row, np.ndarray):
        return row
    found = np.empty((), object)
    found[()] = row
    return found


def _filled(shape: tuple[int, ...], values: list[Value]) -> Balls:
    found = np.empty(len(values), object)
    for i, value in enumerate(values):
        found[i] = value
    return found.reshape(shape)


def _to_ball(number: Value) -> Value:
    if isinstance(number, mpmath.mpc):
        return flint.acb(balls.ball(number.real), balls.ball(number.imag))
    return balls.ball(number)


_to_balls = np.frompyfunc(_to_ball, 1, 1)


def _of_ball(ball: Value) -> Value:
    """The middle of a ball in mpmath."""
    if type(ball) is flint.acb:
        return mpmath.mpc(_of_ball(ball.real), _of_ball(ball.imag))
    if not ball.is_finite():
        return mpmath.mpf("nan")
    mantissa, exponent = ball.mid().man_exp()
    return mpmath.ldexp(mpmath.mpf(int(mantissa)), int(exponent))


_of_balls = np.frompyfunc(_of_ball, 1, 1)
