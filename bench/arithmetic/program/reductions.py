"""What makes fewer numbers of many: sums, products, extremes, running ones, those of windows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce
from itertools import accumulate

import numpy as np
from jax.extend.core import ClosedJaxpr

from bench.arithmetic.balls import Balls
from bench.arithmetic.program import Refused, on_equations, rule
from bench.arithmetic.program.elements import INFINITY
from bench.arithmetic.program.exponentials import exp, log
from bench.arithmetic.program.numbers import NUMBERS, array, each, filled, lift
from bench.arithmetic.program.order import larger, smaller, total_order
from bench.registry import definition
from bench.values import Array, Value

Parameters = Value
Operator = Callable[[Balls, Balls], Balls]


def _plus(a: Balls, b: Balls) -> Balls:
    return array(np.add(a, b))


def _times(a: Balls, b: Balls) -> Balls:
    return array(np.multiply(a, b))


_larger, _smaller = each(larger, 2), each(smaller, 2)
_log_of_sum = each(lambda a, b: log(exp(a) + exp(b)), 2)
# The operator of each kind, and what nothing at all amounts to.
FOLDS: dict[str, tuple[Operator, float]] = {
    "sum": (_plus, 0.0),
    "prod": (_times, 1.0),
    "max": (_larger, -INFINITY),
    "min": (_smaller, INFINITY),
}


def _register(name: str, function: Callable[..., Value], like: object) -> None:
    rule("reduction", name, how=definition(like))(function)


def axes_last(v: Array, axes: tuple[int, ...]) -> Array:
    """The array with these axes joined to one, the last."""
    rest = [axis for axis in range(v.ndim) if axis not in axes]
    size = int(np.prod([v.shape[axis] for axis in axes], dtype=int))
    return v.transpose(*rest, *axes).reshape(*[v.shape[axis] for axis in rest], size)


def folded(operator: Operator, start: float, parameters: Parameters, v: Balls) -> Balls:
    """One operator between all numbers along some axes."""
    v = axes_last(v, parameters["axes"])
    if not v.shape[-1]:
        return filled(v.shape[:-1], lift(start)[()])
    return reduce(operator, (array(v[..., k]) for k in range(v.shape[-1])))


def of_windows(operator: Operator, start: Value, parameters: Parameters, v: Balls) -> Balls:
    """One operator between all numbers of each window."""
    steps = parameters["base_dilation"]
    spread = filled([(n - 1) * s + 1 if n else 0 for n, s in zip(v.shape, steps, strict=True)])
    spread[...] = lift(start)[()]
    spread[tuple(slice(None, None, step) for step in steps)] = v
    padded = np.pad(spread, parameters["padding"], constant_values=lift(start)[()])
    offsets = np.ndindex(*parameters["window_dimensions"])
    return reduce(operator, (window(padded, parameters, at) for at in offsets))


def window(v: Array, parameters: Parameters, at: tuple[int, ...]) -> Array:
    """The number at one place of every window."""
    sizes, gaps = parameters["window_dimensions"], parameters["window_dilation"]
    strides = parameters["window_strides"]
    where = []
    for n, size, gap, stride, offset in zip(v.shape, sizes, gaps, strides, at, strict=True):
        windows = (n - ((size - 1) * gap + 1)) // stride + 1
        where.append(slice(offset * gap, offset * gap + (windows - 1) * stride + 1, stride))
    return v[tuple(where)]


@on_equations("reduction", "reduce")
def reduced(run: Value, equation: Value, *values: Value) -> list[Value]:
    """The program inside is run between all numbers along some axes, from the first on."""
    rows, starts = values[: len(values) // 2], values[len(values) // 2 :]
    rows = tuple(axes_last(row, equation.params["dimensions"]) for row in rows)
    state = [np.broadcast_to(s, row.shape[:-1]) for s, row in zip(starts, rows, strict=True)]
    for k in range(rows[0].shape[-1]):
        state = run(equation.params["jaxpr"], *state, *(_taken(row[..., k]) for row in rows))
    return state


def _taken(v: Value) -> Value:
    return array(v) if type(v) in NUMBERS else v


@on_equations("reduction", "reduce_window")
def reduced_windows(run: Value, equation: Value, *values: Value) -> Balls:
    """The program inside is run between all numbers of each window."""
    if len(values) != 2:
        raise Refused("windows of several arrays at once have no exact rule yet")
    v, start = map(lift, values)
    program = ClosedJaxpr(equation.params["jaxpr"], equation.params["consts"])

    def operator(a: Balls, b: Balls) -> Balls:
        return run(program, a, b)[0]  # type: ignore[no-any-return]

    return of_windows(operator, start, equation.params, v)


def running(operator: Operator, parameters: Parameters, v: Balls) -> Balls:
    """One operator between each number and all before it."""
    axis = parameters["axis"]
    rows = [array(row) for row in np.moveaxis(v, axis, 0)]
    if not rows:
        return v
    rows = rows[::-1] if parameters["reverse"] else rows
    found = list(accumulate(rows, operator))
    found = found[::-1] if parameters["reverse"] else found
    whole = np.empty((len(found), *found[0].shape), object)
    for k, row in enumerate(found):
        whole[k] = row[()]
    return np.moveaxis(whole, 0, axis)


for _name, (_operator, _start) in FOLDS.items():
    _register(f"reduce_{_name}", partial(folded, _operator, _start), folded)
    _register(f"reduce_window_{_name}", partial(of_windows, _operator, _start), of_windows)
    _register(f"cum{_name}", partial(running, _operator), running)
_register("cumlogsumexp", partial(running, _log_of_sum), running)


def first_extreme(sign: int, parameters: Parameters, v: Balls) -> Array:
    """Where the first largest (1) or smallest (-1) number stands; a NaN is beyond all."""
    v = axes_last(v, parameters["axes"])
    found = np.zeros(v.shape[:-1], parameters["index_dtype"])
    for at in np.ndindex(found.shape):
        row, best = v[at], 0
        for k in range(1, len(row)):
            if sign * total_order(row[k], row[best]) > 0:
                best = k
        found[at] = best
    return found


_register("argmax", partial(first_extreme, 1), first_extreme)
_register("argmin", partial(first_extreme, -1), first_extreme)
