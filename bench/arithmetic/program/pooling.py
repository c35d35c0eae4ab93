"""What takes the first largest or smallest number of each window, and where it stands."""

from __future__ import annotations

import numpy as np

from bench.arithmetic.balls import Balls
from bench.arithmetic.program import rule
from bench.arithmetic.program.elements import INFINITY
from bench.arithmetic.program.numbers import filled, lift
from bench.arithmetic.program.order import total_order
from bench.arithmetic.program.reductions import window
from bench.values import Array, Value


@rule("reduction", "select_and_scatter_add")
def scattered_to_chosen(parameters: Value, added: Balls, v: Balls) -> Balls:
    """Each number is added to the first largest (or smallest) of its window, by comparisons."""
    found = filled(v.shape).ravel()
    for place, number in zip(_chosen(parameters, v).ravel(), added.ravel(), strict=True):
        found[place] = found[place] + number
    return found.reshape(v.shape)


@rule("reduction", "select_and_gather_add")
def gathered_from_chosen(parameters: Value, taken: Balls, v: Balls) -> Balls:
    """What stands where each window has its first largest (or smallest), by comparisons."""
    return taken.ravel()[_chosen(parameters, v)]


def _chosen(parameters: Value, v: Balls) -> Array:
    """The place in v of the first largest or smallest number of each window."""
    sign = 1 if str(parameters["select_prim"]) == "ge" else -1
    beyond = lift(-sign * INFINITY)[()]
    numbers = np.pad(v, parameters["padding"], constant_values=beyond)
    places = np.pad(np.arange(v.size).reshape(v.shape), parameters["padding"])
    where = {"window_dilation": (1,) * v.ndim, **parameters}
    best: Value = None
    for at in np.ndindex(*parameters["window_dimensions"]):
        here = window(numbers, where, at), window(places, where, at)
        best = here if best is None else _better(sign, best, here)
    return np.asarray(best[1])


def _better(sign: int, best: tuple[Balls, Array], here: tuple[Balls, Array]) -> tuple[Balls, Array]:
    numbers, places = best[0].copy(), best[1].copy()
    for at in np.ndindex(numbers.shape):
        if sign * total_order(here[0][at], numbers[at]) > 0:
            numbers[at], places[at] = here[0][at], here[1][at]
    return numbers, places
