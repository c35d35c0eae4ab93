"""Factorizations of matrices, and linear systems: what LAPACK does, on exact numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
import numpy as np

from bench.arithmetic.balls import Balls
from bench.arithmetic.program import Refused, doubt, on_equations
from bench.arithmetic.program.complexes import conjugate, real_part
from bench.arithmetic.program.lines import line_of
from bench.arithmetic.program.numbers import (
    MOST_BITS,
    ONE,
    ZERO,
    array,
    each,
    filled,
    head,
    is_zero,
)
from bench.arithmetic.program.powers import divide, sqrt
from bench.registry import definition
from bench.values import Value

OfMatrix = Callable[..., tuple[Any, ...]]
conjugates: Callable[[Balls], Balls] = each(conjugate)
quotients: Callable[[Balls, Balls], Balls] = each(divide, 2)


def on_matrices(name: str, unless: str = "") -> Callable[[OfMatrix], OfMatrix]:
    """Register `function(parameters, *matrices)`, its results a tuple, for each matrix of many.

    `unless` says when its results are not numbers though all that it is given are.
    """

    def register(function: OfMatrix) -> OfMatrix:
        def apply(run: Value, equation: Value, *values: Value) -> list[Any]:
            outs = [out.aval for out in equation.outvars]
            found = [np.empty(out.shape, _kind(out.dtype)) for out in outs]
            for at in np.ndindex(max((v.shape for v in values), key=len)[:-2]):
                results = function(equation.params, *(v[at] for v in values))
                for whole, result in zip(found, results, strict=True):
                    whole[at] = result
            if unless and flint.ctx.prec >= MOST_BITS:
                doubt(Refused(f"`{name}`: {unless}", line_of(equation)))
            return found

        on_equations("linear algebra", name, how=definition(function))(apply)
        return function

    return register


def _kind(dtype: Value) -> Value:
    return dtype if np.dtype(dtype).kind in "biu" else object


def identity(rows: int, columns: int) -> Balls:
    """Ones on the diagonal."""
    found = filled((rows, columns))
    np.fill_diagonal(found, ONE)
    return found


def scaled(factor: Value, v: Balls) -> Balls:
    """A number times an array; NumPy would take a power series for a sequence."""
    return array(array(factor) * v)


def sum_of_squares(v: Balls) -> Value:
    """The sum of |v|^2 of a vector."""
    found: Value = ZERO
    for number in v:
        found = found + real_part(number * conjugate(number))
    return found


@on_matrices("cholesky")
def cholesky(parameters: Value, a: Balls) -> tuple[Any, ...]:
    """Column by column; of one triangle, as JAX reads it."""
    n = len(a)
    low = filled((n, n))
    for j in range(n):
        rest = a[j:, j]
        for k in range(j):
            rest = rest - scaled(conjugate(low[j, k]), low[j:, k])
        low[j, j] = sqrt(real_part(rest[0]))
        low[j + 1 :, j] = quotients(rest[1:], array(low[j, j]))
    return (low,)


@on_matrices("lu")
def lu(parameters: Value, a: Balls) -> tuple[Any, ...]:
    """By the first largest pivot of each column, as LAPACK's."""
    a, (m, n) = a.copy(), a.shape
    pivots, order_of_rows = np.zeros(min(m, n), np.int32), np.arange(m, dtype=np.int32)
    for k in range(min(m, n)):
        best = pivots[k] = k + _largest(a[k:, k])
        for rows in (a, order_of_rows):
            rows[[k, best]] = rows[[best, k]]
        if not is_zero(a[k, k]):
            _eliminate(a, k)
    return a, pivots, order_of_rows


def _eliminate(a: Balls, k: int) -> None:
    for i in range(k + 1, len(a)):
        a[i, k] = divide(a[i, k], a[k, k])
        a[i, k + 1 :] = a[i, k + 1 :] - scaled(a[i, k], a[k, k + 1 :])


def _largest(column: Balls) -> int:
    """The place of the first largest number.

    Of numbers that are equal at the point, or that balls do not part, the first: any pivot serves a
    system or a determinant, and the balls know the rest.
    """
    best = 0
    for k in range(1, len(column)):
        if _size(column[k]) > _size(column[best]):
            best = k
    return best if not _zero_head(column[best]) else _first_not_zero(column)


def _size(number: Value) -> Value:
    return abs(head(number))


def _zero_head(number: Value) -> bool:
    return bool(head(number) == 0)


def _first_not_zero(column: Balls) -> int:
    return next((k for k, number in enumerate(column) if not is_zero(number)), 0)


@on_matrices("triangular_solve")
def triangular_solve(parameters: Value, a: Balls, b: Balls) -> tuple[Any, ...]:
    """By substitution."""
    low = parameters["lower"]
    a = conjugates(a) if parameters["conjugate_a"] else a
    if parameters["transpose_a"]:
        a, low = a.T, not low
    if parameters["left_side"]:
        return (substituted(a, b, low, parameters["unit_diagonal"]),)
    return (substituted(a.T, b.T, not low, parameters["unit_diagonal"]).T,)


def substituted(a: Balls, b: Balls, low: bool, unit: bool = False) -> Balls:
    """The solution of a x = b for a triangle a, lower or upper."""
    n, x = len(a), b.copy()
    for i in range(n) if low else reversed(range(n)):
        for k in range(i) if low else range(i + 1, n):
            x[i] = x[i] - scaled(a[i, k], x[k])
        if not unit:
            x[i] = quotients(x[i], array(a[i, i]))
    return x


@on_matrices("tridiagonal_solve")
def tridiagonal_solve(
    parameters: Value, lower: Balls, diagonal: Balls, upper: Balls, b: Balls
) -> tuple[Any, ...]:
    """By elimination from the first row down, without pivots."""
    diagonal, x = diagonal.copy(), b.copy()
    for i in range(len(diagonal)):
        if _zero_head(diagonal[i]):
            raise Refused("a system of three diagonals meets a pivot of 0, and has no pivoting")
        if i + 1 < len(diagonal):
            factor = divide(lower[i + 1], diagonal[i])
            diagonal[i + 1] = diagonal[i + 1] - factor * upper[i]
            x[i + 1] = x[i + 1] - scaled(factor, x[i])
    for i in reversed(range(len(diagonal))):
        rest = x[i] - scaled(upper[i], x[i + 1]) if i + 1 < len(diagonal) else x[i]
        x[i] = quotients(rest, array(diagonal[i]))
    return (x,)
