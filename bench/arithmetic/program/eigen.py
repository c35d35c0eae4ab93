"""Eigenvalues, their vectors, and the power series of both.

A value is enclosed by Arb. Its vector, and every further term of both, solves a bordered system

    (A - w) v_m - w_m v = what lower terms give,    c^H v_m = 0,

which is regular where the value is simple. Equal values have no vectors and no derivatives of
their own: there, they are not numbers. Signs and phases of vectors are those of JAX in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import flint
import jax
import numpy as np
from flint import acb, acb_series, arb_series

from bench.arithmetic.balls import Balls
from bench.arithmetic.program import Refused
from bench.arithmetic.program.complexes import conjugate, real_part
from bench.arithmetic.program.factorizations import (
    conjugates,
    on_matrices,
    quotients,
    scaled,
    sum_of_squares,
)
from bench.arithmetic.program.numbers import (
    COMPLEX,
    NAN,
    ONE,
    SERIES,
    ZERO,
    array,
    coefficient,
    each,
    filled,
    head,
    is_constant,
    is_finite,
    lift,
    vector,
)
from bench.arithmetic.program.powers import divide, sqrt
from bench.arithmetic.program.rounding import absolute
from bench.values import Array, Value

EQUAL = "equal eigenvalues have no vectors and no derivatives of their own"
heads: Callable[[Balls], Balls] = each(head)
real_parts: Callable[[Balls], Balls] = each(real_part)


@on_matrices("eigh", unless=EQUAL)
def eigh(parameters: Value, a: Balls) -> tuple[Balls, Balls]:
    """Enclosed by Arb, with vectors and series by perturbation; not those of equal values."""
    low = parameters["lower"]
    a = _whole(a if low else conjugates(a.T))
    guide = jax.lax.linalg.eigh(floats(a), lower=low, symmetrize_input=False)
    values, vectors = of_hermitian(a, np.asarray(guide[0]))
    chosen = slice(*(parameters["subset_by_index"] or (None,)))
    return vectors[:, chosen], values[chosen]


def _whole(low: Balls) -> Balls:
    """The Hermitian matrix of which this is the lower triangle."""
    found = low.copy()
    for i in range(len(low)):
        found[i, i] = real_part(low[i, i])
        found[i, i + 1 :] = conjugates(low[i + 1 :, i])
    return found


def floats(a: Balls) -> Array:
    """The middles of the numbers at the point, in float64 or complex128."""
    if any(type(v) in COMPLEX for v in a.flat):
        return np.asarray(each(lambda v: complex(acb(head(v)).mid()))(a), np.complex128)
    return np.asarray(each(lambda v: float(head(v).mid()))(a), np.float64)


def of_hermitian(a: Balls, guide: Array) -> tuple[Balls, Balls]:
    """The eigenvalues in ascending order, and their vectors in columns, near those of `guide`."""
    found = [value.real for value in enclosed(heads(a))]
    values, vectors = expanded(a, sorted(found, key=lambda ball: float(ball.mid())), guide)
    return real_parts(values), vectors


@on_matrices("eig", unless=EQUAL)
def eig(parameters: Value, a: Balls) -> tuple[Balls, ...]:
    """Enclosed by Arb, in JAX's order, with series by perturbation; not those of equal values."""
    if parameters["compute_left_eigenvectors"]:
        raise Refused("left eigenvectors have no exact rule yet")
    near, guide = np.linalg.eig(floats(a))
    values, vectors = expanded(a, _in_order(enclosed(heads(a)), near), guide)
    return (values, vectors) if parameters["compute_right_eigenvectors"] else (values,)


def _in_order(values: Sequence[Any], near: Array) -> list[Any]:
    """The balls, each at the place of the float that it is nearest to."""
    middles = np.array([complex(value.mid()) for value in values])
    places = [int(np.argmin(abs(middles - number))) for number in near]
    if sorted(places) != list(range(len(near))):
        raise Refused("eigenvalues are too near to each other to be put in JAX's order")
    return [values[place] for place in places]


def enclosed(a: Balls) -> list[Any]:
    """A complex ball around each eigenvalue; those of equal ones overlap."""
    if not all(map(is_finite, a.flat)):
        return [acb(NAN)] * len(a)
    try:
        return list(map(acb, _matrix(a).eig()))
    except ValueError:  # they are not to be told apart
        return list(map(acb, _matrix(a).eig(multiple=True)))


def _matrix(a: Balls) -> Value:
    """An array of balls as a matrix of Arb's."""
    kind = flint.acb_mat if any(type(v) is acb for v in a.flat) else flint.arb_mat
    return kind(a.tolist())


def expanded(a: Balls, values: Sequence[Any], guide: Array) -> tuple[Balls, Balls]:
    """Values, and vectors in columns, as numbers of the kind of a's."""
    parts = coefficients(a)
    found, vectors = np.empty(len(a), object), np.empty(a.shape, object)
    for k, value in enumerate(values):
        near = lift(guide[:, k])
        others = [*values[:k], *values[k + 1 :]]
        if any(map(value.overlaps, others)):
            found[k] = _series([value, *[NAN] * (len(parts) - 1)])
            vectors[:, k] = NAN
        else:
            found[k], v = perturbed(parts, value, near)
            vectors[:, k] = _normal(v, guide[:, k])
    return found, vectors


def coefficients(a: Balls) -> list[Balls]:
    """The matrices A_0, A_1 .. of A_0 + A_1 t + .., as many as are known; one of a constant."""
    if all(map(is_constant, a.flat)):
        return [heads(a)]
    terms = min(v.prec for v in a.ravel().tolist() if type(v) in SERIES)
    return [each(lambda v, k=k: coefficient(v, k))(a) for k in range(terms)]


def perturbed(parts: list[Balls], value: Value, near: Balls) -> tuple[Value, Balls]:
    """A simple eigenvalue and its vector, of no particular length."""
    shifted = parts[0].copy()
    for i in range(len(shifted)):
        shifted[i, i] = shifted[i, i] - value
    w = [value]
    v = [_solved(shifted, near, near, [*[ZERO] * len(near), ONE])[:-1]]
    for m in range(1, len(parts)):
        rest = -(parts[m] @ v[0])
        for k in range(1, m):
            rest = rest - parts[k] @ v[m - k] + scaled(w[k], v[m - k])
        *v_m, w_m = _solved(shifted, v[0], near, [*rest, ZERO])
        v.append(vector(v_m))
        w.append(w_m)
    return _series(w), vector(map(_series, zip(*v, strict=True)))


def _solved(shifted: Balls, right: Balls, below: Balls, b: Iterable[Any]) -> Balls:
    """The solution x of [shifted, -right; below^H, 0] x = b; no numbers where it is none."""
    top = np.concatenate([shifted, -right[:, None]], 1)
    row = np.concatenate([conjugates(below), lift([0.0])])
    column = vector(b)[:, None]
    left = np.concatenate([top, row[None]])
    try:
        return np.array(_matrix(left).solve(_matrix(column)).entries(), object)
    except ZeroDivisionError:
        return filled((len(column),), NAN)


def _series(terms: Sequence[Value]) -> Value:
    """The number with these coefficients: a ball of one, a power series of more."""
    if len(terms) == 1:
        return terms[0]
    kind = acb_series if any(type(term) is acb for term in terms) else arb_series
    return kind(list(terms), prec=len(terms))


def _normal(v: Balls, guide: Array) -> Balls:
    """A vector of length 1 with the sign of the guide; a complex one with its phase.

    A library makes one component real: the largest of those that are gives the phase.
    """
    v = quotients(v, array(sqrt(sum_of_squares(v))))
    place = int(np.argmax(np.where(guide.imag == 0, abs(guide), -1)))
    number, sign = v[place], 1 if guide[place].real > 0 else -1
    if type(number) not in COMPLEX:
        return v if sign * float(head(number).mid()) > 0 else -v
    return scaled(sign * divide(conjugate(number), absolute(number)), v)
