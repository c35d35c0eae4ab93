"""What moves numbers and does not change them.

One trick serves all: the primitive itself is run on the places of the numbers, and the numbers are
moved to where their places went. What NumPy has under another name is taken from it, which is
quicker: JAX compiles a primitive for every shape.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr

from bench.arithmetic.balls import Balls
from bench.arithmetic.program import on_equations, rule
from bench.arithmetic.program.numbers import array, is_exact, lift, number
from bench.arithmetic.program.order import larger, smaller
from bench.values import Array, Value

NAN = float("nan")
BY_NUMPY: dict[str, Callable[..., Any]] = {
    "reshape": lambda p, v: v.reshape(p["new_sizes"]),
    "transpose": lambda p, v: v.transpose(p["permutation"]),
    "squeeze": lambda p, v: array(np.squeeze(v, p["dimensions"])),
    "rev": lambda p, v: np.flip(v, p["dimensions"]),
    "tile": lambda p, v: np.tile(v, p["reps"]),
    "stack": lambda p, *vs: np.stack(vs, p["axis"]),
    "unstack": lambda p, v: [array(row) for row in np.moveaxis(v, p["axis"], 0)],
    "concatenate": lambda p, *vs: np.concatenate(vs, p["dimension"]),
    "split": lambda p, v: np.split(v, np.cumsum(p["sizes"])[:-1], p["axis"]),
}
for _name, _move in BY_NUMPY.items():
    rule("structure", _name, how="Moved by NumPy.")(_move)


@rule("structure", "slice")
def sliced(parameters: Value, v: Balls) -> Balls:
    """Moved by NumPy."""
    steps = parameters["strides"] or [1] * v.ndim
    bounds = zip(parameters["start_indices"], parameters["limit_indices"], steps, strict=True)
    return v[tuple(slice(*each) for each in bounds)]


@rule("structure", "broadcast_in_dim")
def broadcast(parameters: Value, v: Balls, *sizes: Value) -> Balls:
    """Moved by NumPy."""
    shape = [1] * len(parameters["shape"])
    for axis, size in zip(parameters["broadcast_dimensions"], v.shape, strict=True):
        shape[axis] = size
    return np.broadcast_to(v.reshape(shape), parameters["shape"])


@on_equations("structure", "gather", "dynamic_slice", "dynamic_update_slice", "pad")
def by_place(run: Value, equation: Value, *values: Value) -> Balls:
    """Moved as the primitive moves their places."""
    exact = [v for v in values if is_exact(v)]
    parameters = dict(equation.params)
    beyond = NAN  # what stands where the primitive fills
    if "fill_value" in parameters:
        beyond = NAN if parameters["fill_value"] is None else parameters["fill_value"]
        parameters["fill_value"] = -1
    pool = np.concatenate([*(v.ravel() for v in exact), lift([beyond])])
    ends = iter(np.cumsum([v.size for v in exact]))
    places = [_places(v, next(ends)) if is_exact(v) else v for v in values]
    moved = np.asarray(equation.primitive.bind(*places, **parameters))
    return array(pool[np.where((moved < 0) | (moved >= len(pool)), len(pool) - 1, moved)])


def _places(v: Balls, end: int) -> Value:
    return jax.numpy.arange(end - v.size, end, dtype=np.int64).reshape(v.shape)


LANDING: dict[str, Callable[[Any, Any], Any]] = {
    "scatter-add": operator.add,
    "scatter-sub": operator.sub,
    "scatter-mul": operator.mul,
    "scatter-max": larger,
    "scatter-min": smaller,
}


@on_equations("structure", *LANDING)
def landed(run: Value, equation: Value, target: Balls, where: Value, updates: Value) -> Balls:
    """Each number lands where the transpose of the primitive takes it from."""
    found, added = lift(target).ravel().copy(), lift(updates).ravel()
    operate = _operator(run, equation)
    for place, update in zip(_landing(equation, found.size, where), added, strict=True):
        if place:  # 0: beyond the edge, and dropped
            found[place - 1] = operate(found[place - 1], update)
    return found.reshape(np.shape(target))


def _operator(run: Value, equation: Value) -> Callable[[Any, Any], Any]:
    """What an update does to the number that it lands at."""
    name, inside = equation.primitive.name, equation.params["update_jaxpr"]
    if name in LANDING:
        return LANDING[name]
    program = ClosedJaxpr(inside, equation.params["update_consts"])
    return lambda a, b: number(run(program, array(a), array(b))[0])


@on_equations("structure", "scatter")
def replaced(run: Value, equation: Value, *values: Value) -> Balls:
    """Moved as the primitive moves their places; each is changed where a function is applied."""
    applied = equation.params["update_jaxpr"] is not None
    return (landed if applied else by_place)(run, equation, *values)


def _landing(equation: Value, size: int, where: Value) -> Array:
    """The place, counted from 1, that each update lands at."""
    target, _, updates = (v.aval.shape for v in equation.invars)

    def scatter_add(given: Value) -> Value:
        zeros = jax.numpy.zeros(target, np.float64)
        return jax.lax.scatter_add_p.bind(zeros, where, given, **equation.params)

    back = jax.linear_transpose(scatter_add, jax.ShapeDtypeStruct(updates, np.float64))
    (places,) = back(jax.numpy.arange(1.0, size + 1).reshape(target))
    return np.asarray(places).ravel().astype(int)


@rule("structure", "select_n")
def chosen(parameters: Value, which: Value, *cases: Value) -> Value:
    """The case that was chosen, element by element."""
    asked = np.asarray(which)
    found = [case if is_exact(case) else np.asarray(case) for case in cases]
    if asked.ndim == 0:
        return found[int(asked)]
    whole = found[0].copy()
    for k, case in enumerate(found[1:], start=1):
        whole[asked == k] = case[asked == k]
    return whole


@rule(
    "structure",
    *("stop_gradient", "copy", "name", "optimization_barrier"),
    *("device_put", "sharding_constraint"),
)
def itself(parameters: Value, *values: Value) -> list[Value]:
    """Nothing happens: an exact number has no format, no place, and its own derivative."""
    return list(values)


rule(
    "conversion",
    "reduce_precision",
    how="Nothing: a rounding that the program asks for is its error, not its meaning.",
)(itself)
