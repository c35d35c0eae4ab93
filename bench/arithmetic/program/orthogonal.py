"""QR by Householder's reflections, one column after the other, with LAPACK's signs."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from bench.arithmetic.balls import Balls
from bench.arithmetic.program.complexes import conjugate, imaginary_part, real_part
from bench.arithmetic.program.factorizations import (
    identity,
    on_matrices,
    quotients,
    scaled,
    sum_of_squares,
)
from bench.arithmetic.program.numbers import ZERO, array, filled, head, is_zero
from bench.arithmetic.program.order import larger, order, taken_side
from bench.arithmetic.program.powers import divide, sqrt
from bench.values import Value


@on_matrices("geqrf")
def reflected(parameters: Value, a: Balls) -> tuple[Balls, Balls]:
    """By Householder's reflections, with LAPACK's signs."""
    a = a.copy()
    factors = filled((min(a.shape),))
    for k in range(len(factors)):
        factors[k] = _reflect(a, k)
    return a, factors


def _reflect(a: Balls, k: int) -> Value:
    """Make 0 of column k below the diagonal, where its reflection is kept; the factor is given."""
    alpha, below = a[k, k], a[k + 1 :, k]
    if _is_reduced(alpha, below):
        return ZERO
    beta = _opposite(alpha, sqrt(sum_of_squares(a[k:, k])))
    factor = divide(beta - alpha, beta)
    a[k, k], a[k + 1 :, k] = beta, quotients(below, array(alpha - beta))
    _apply(conjugate(factor), a[k + 1 :, k], a[k:, k + 1 :])
    return factor


def _is_reduced(alpha: Value, below: Balls) -> bool:
    """Whether a column needs no reflection; where it needs one beside the point only, its side."""
    others = [*below.tolist(), imaginary_part(alpha)]
    if any(head(other) != 0 for other in others):
        return False
    if not all(map(is_zero, others)):
        taken_side("a reflection is needed around this very point, and none at it")
        return False
    return True


def _opposite(alpha: Value, norm: Value) -> Value:
    """The norm with the sign that alpha has not: their difference does not cancel."""
    return norm if order(real_part(alpha), ZERO) == -1 else -norm


def _apply(factor: Value, below: Balls, a: Balls) -> None:
    """Subtract factor v v^H a from a, for v = (1, below)."""
    row = a[0]
    for i, v in enumerate(below, start=1):
        row = row + scaled(conjugate(v), a[i])
    row = scaled(factor, row)
    a[0] = a[0] - row
    for i, v in enumerate(below, start=1):
        a[i] = a[i] - scaled(v, row)


@on_matrices("householder_product")
def product_of_reflections(parameters: Value, a: Balls, factors: Balls) -> tuple[Balls]:
    """One reflection after the other, the last first."""
    return (_orthogonal(a, factors, a.shape[1]),)


def _orthogonal(a: Balls, factors: Balls, columns: int) -> Balls:
    found = identity(len(a), columns)
    for k in reversed(range(len(factors))):
        _apply(factors[k], a[k + 1 :, k], found[k:])
    return found


@on_matrices("qr")
def qr(parameters: Value, a: Balls) -> tuple[Any, ...]:
    """By Householder's reflections, with LAPACK's signs; pivots by the largest column."""
    a, (m, n) = a.copy(), a.shape
    columns = np.arange(n, dtype=np.int32)
    factors = filled((min(m, n),))
    for k in range(len(factors)):
        if parameters["pivoting"]:
            best = k + _largest_column(a[k:, k:])
            a[:, [k, best]], columns[[k, best]] = a[:, [best, k]], columns[[best, k]]
        factors[k] = _reflect(a, k)
    width = m if parameters["full_matrices"] else len(factors)
    q, r = _orthogonal(a, factors, width), _upper(a[:width])
    return (q, r, columns) if parameters["pivoting"] else (q, r)


def _largest_column(a: Balls) -> int:
    norms = [sum_of_squares(column) for column in a.T]
    largest = reduce(larger, norms)
    return next(k for k, norm in enumerate(norms) if norm is largest)


def _upper(a: Balls) -> Balls:
    found = filled(a.shape)
    for i, row in enumerate(a):
        found[i, i:] = row[i:]
    return found
