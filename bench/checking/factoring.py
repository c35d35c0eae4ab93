"""Factorizations as LAPACK rounds them: balls that hold what it gives, whatever its blocks are.

Each number is one sum of products, added up in any order, and then a quotient or a root; it is
widened by the rounding of these before the next one is made of it. So no growth of pivots and no
condition number is assumed: where balls get too wide, they say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from flint import arb

from bench.arithmetic.balls import Balls
from bench.arithmetic.program.numbers import array
from bench.values import Array, Value

Pair = tuple[arb, arb]
OF_SUM, OF_QUOTIENT = 2, 3  # roundings besides one for each term; of x / y by the reciprocal of y


class Uncertain(Exception):
    """Another row may be the pivot, by rounding."""


def rounded(value: arb, size: arb, share: float) -> arb:
    """A number with a share of a size more on both sides."""
    return value + arb(0, (abs(size).abs_upper() * share).abs_upper())


def rest(start: arb, pairs: Sequence[Pair], unit: float) -> arb:
    """What is left of a number without a sum of products, as a format of this unit gives it."""
    value, size = start, abs(start)
    for a, b in pairs:
        value = value - a * b
        size = size + abs(a) * abs(b)
    return rounded(value, size, unit * (len(pairs) + OF_SUM)) if pairs else value


def quotient(a: arb, b: arb, unit: float) -> arb:
    """A quotient, or the product with a reciprocal."""
    return rounded(a / b, a / b, OF_QUOTIENT * unit)


def lu(parameters: Value, unit: float, given: Balls) -> tuple[Any, ...]:
    """Factors, pivots and the order of rows; Uncertain where rounding decides on a pivot."""
    a, (m, n) = given.copy(), given.shape
    pivots, order = np.zeros(min(m, n), np.int32), np.arange(m, dtype=np.int32)
    for j in range(n):
        for i in range(m):
            a[i, j] = rest(a[i, j], [(a[i, k], a[k, j]) for k in range(min(i, j))], unit)
        if j >= min(m, n):
            continue
        best = pivots[j] = j + _pivot(a[j:, j])
        for rows in (a, order):
            rows[[j, best]] = rows[[best, j]]
        for i in range(j + 1, m):
            a[i, j] = quotient(a[i, j], a[j, j], unit)
    return a, pivots, order


def _pivot(column: Balls) -> int:
    """The place of the first largest number."""
    best = max(range(len(column)), key=lambda k: (float(_middle(column[k])), -k))
    for k, each in enumerate(column):
        least = abs(column[best]).abs_lower()
        equal = each.rad() == 0 and abs(each) == abs(column[best])
        if k != best and not equal and not abs(each).abs_upper() < least:
            raise Uncertain
    return best


def _middle(number: Value) -> Value:
    return abs(number).mid()


def cholesky(parameters: Value, unit: float, given: Balls) -> tuple[Any, ...]:
    """The factor of the lower triangle, column by column."""
    n = len(given)
    low = np.full((n, n), arb(0), object)
    for j in range(n):
        for i in range(j, n):
            left = rest(given[i, j], [(low[i, k], low[j, k]) for k in range(j)], unit)
            if i == j:
                low[j, j] = rounded(left.sqrt(), left.sqrt(), OF_SUM * unit)
            else:
                low[i, j] = quotient(left, low[j, j], unit)
    return (array(low),)


def triangular_solve(parameters: Value, unit: float, a: Balls, b: Balls) -> tuple[Any, ...]:
    """By substitution, each number of the solution from those before it."""
    low = parameters["lower"]
    if parameters["transpose_a"]:
        a, low = a.T, not low
    if not parameters["left_side"]:
        a, b, low = a.T, b.T, not low
    found = _substituted(a, b, low, parameters["unit_diagonal"], unit)
    return (found if parameters["left_side"] else found.T,)


def _substituted(a: Balls, b: Balls, low: bool, ones: bool, unit: float) -> Balls:
    n, x = len(a), b.copy()
    for i in range(n) if low else reversed(range(n)):
        for column in range(x.shape[1]):
            known = range(i) if low else range(i + 1, n)
            left = rest(x[i, column], [(a[i, k], x[k, column]) for k in known], unit)
            x[i, column] = left if ones else quotient(left, a[i, i], unit)
    return x


FACTORED: dict[str, Callable[..., tuple[Any, ...]]] = {
    "lu": lu,
    "cholesky": cholesky,
    "triangular_solve": triangular_solve,
}


def factored(name: str, equation: Value, unit: float, values: Iterable[Balls]) -> list[Array]:
    """What a primitive of linear algebra gives, for each matrix of many."""
    matrices = list(values)
    found = [
        np.empty(out.aval.shape, out.aval.dtype if out.aval.dtype.kind in "biu" else object)
        for out in equation.outvars
    ]
    for at in np.ndindex(matrices[0].shape[:-2]):
        results = FACTORED[name](equation.params, unit, *(each[at] for each in matrices))
        for whole, result in zip(found, results, strict=True):
            whole[at] = result
    return [array(each) if each.dtype == object else each for each in found]
