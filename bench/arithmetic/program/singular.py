"""Singular values, with vectors: of a matrix A, by the eigenvalues of A^H A."""

from __future__ import annotations

import jax
import numpy as np
from flint import arb

from bench.arithmetic.balls import Balls
from bench.arithmetic.program.eigen import floats, of_hermitian
from bench.arithmetic.program.factorizations import conjugates, on_matrices, quotients
from bench.arithmetic.program.numbers import NAN, each, filled
from bench.arithmetic.program.powers import sqrt
from bench.arithmetic.program.products import product
from bench.values import Array, Value

EQUAL = (
    "singular values that are equal or 0 have no vectors and no derivatives of their own, nor have "
    "the columns that make U or V square"
)


@on_matrices("svd", unless=EQUAL)
def svd(parameters: Value, a: Balls) -> tuple[Balls, ...]:
    """By the eigenvalues of A^H A; equal values, or 0, have no vectors and no series."""
    u, _, vh = map(np.asarray, jax.lax.linalg.svd(floats(a), full_matrices=False))
    if a.shape[0] >= a.shape[1]:
        u, s, v = _tall(a, vh.T.conj())
    else:
        v, s, u = _tall(conjugates(a.T), u)
    if not parameters["compute_uv"]:
        return (s,)
    full = parameters["full_matrices"]
    return s, _widened(u, full), conjugates(_widened(v, full).T)


def _tall(a: Balls, guide: Array) -> tuple[Balls, Balls, Balls]:
    """U, the singular values and V of a matrix of no fewer rows than columns; V near `guide`."""
    squares, v = of_hermitian(_times(conjugates(a.T), a), guide[:, ::-1])
    s, v = each(_root)(squares[::-1]), v[:, ::-1]
    return quotients(_times(a, v), s), s, v


def _times(a: Balls, b: Balls) -> Balls:
    found: Balls = product(a[None], b[None])[0]
    return found


def _root(square: Value) -> Value:
    """The root of what is not negative, though its ball may be."""
    return sqrt(square.nonnegative_part() if type(square) is arb else square)


def _widened(u: Balls, full: bool) -> Balls:
    """With the columns that complete u, which nothing determines."""
    rest = len(u) - u.shape[1] if full else 0
    return np.concatenate([u, filled((len(u), rest), NAN)], 1)
