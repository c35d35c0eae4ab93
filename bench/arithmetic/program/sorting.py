"""Sorting, by comparisons of balls."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cmp_to_key

import numpy as np

from bench.arithmetic.program import rule
from bench.arithmetic.program.numbers import is_exact
from bench.arithmetic.program.order import total_order
from bench.values import Array, Value


def _ranks(keys: Sequence[Array], sign: int = 1) -> list[int]:
    """The places of the smallest, the next .. by the first key, then by the next."""

    def compared(i: int, j: int) -> int:
        for key in keys:
            found = total_order(key[i], key[j]) if is_exact(key) else _of_integers(key[i], key[j])
            if found:
                return sign * found
        return 0

    return sorted(range(len(keys[0])), key=cmp_to_key(compared))


def _of_integers(a: Value, b: Value) -> int:
    return int(a > b) - int(a < b)


@rule("sorting", "sort")
def sort(parameters: Value, *values: Value) -> list[Value]:
    """By comparisons; refused where balls overlap."""
    axis, keys = parameters["dimension"], parameters["num_keys"]
    moved = [np.moveaxis(v if is_exact(v) else np.asarray(v), axis, -1) for v in values]
    found = [np.empty_like(v) for v in moved]
    for at in np.ndindex(moved[0].shape[:-1]):
        ranks = _ranks([v[at] for v in moved[:keys]])
        for given, sorted_ in zip(moved, found, strict=True):
            sorted_[at] = given[at][ranks]
    return [np.moveaxis(v, -1, axis) for v in found]


@rule("sorting", "top_k")
def top_k(parameters: Value, v: Value) -> list[Value]:
    """By comparisons; refused where balls overlap."""
    shape = (*v.shape[:-1], parameters["k"])
    largest, places = np.empty(shape, object), np.zeros(shape, np.int32)
    for at in np.ndindex(v.shape[:-1]):
        ranks = _ranks([v[at]], -1)[: parameters["k"]]
        largest[at], places[at] = v[at][ranks], ranks
    return [largest, places]


@rule("sorting", "approx_top_k")
def approximate_top_k(parameters: Value, v: Value) -> list[Value]:
    """As those that are truly largest or smallest."""
    axis, sign = parameters["reduction_dimension"], 1 if parameters["is_max_k"] else -1
    rows = np.moveaxis(sign * v, axis, -1)
    largest, places = top_k(parameters, rows)
    return [np.moveaxis(sign * largest, -1, axis), np.moveaxis(places, -1, axis)]
