"""The steps of a run: equations that ran in a format, each of which runs exactly, and backwards.

Backwards is the chain rule in float64: what an equation gives has weights, the derivatives of the
result by it, and they are carried back to what it takes. The rule is that of the equation itself: a
custom derivative or a `stop_gradient` of the program's is a convention, and errors know none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from bench.arithmetic.program import interpreter, rule_of
from bench.arithmetic.program.lines import Place
from bench.arithmetic.program.numbers import array, lift, stacked
from bench.arithmetic.program.structure import chosen
from bench.values import Array, Value

Weights = list[Array | None]


@dataclass(frozen=True)
class Step:
    """One equation of a run: which values it takes and gives, by number, its line, what it does.

    `exactly(*values)` runs it on balls; None where it ran on no floats. `back(values, weights)`
    gives the weights of what it takes, None for what is no float. One that `moves` rounds nothing.
    """

    takes: tuple[int, ...]
    gives: tuple[int, ...]
    place: Place
    what: str
    exactly: Callable[..., list[Any]] | None
    back: Callable[[Sequence[Value], Sequence[Array]], Weights]
    moves: bool = False


def is_float(value: Value) -> bool:
    """Whether a value is of a format of floating-point numbers, real or complex."""
    return bool(jnp.issubdtype(value.dtype, np.inexact))


def of_equation(
    equation: Value,
    floats: Sequence[bool],
    takes: tuple[int, ...],
    gives: tuple[int, ...],
    place: Place,
) -> Step:
    """The step of an equation that gives floats; `floats` says what of that it takes is one."""
    name = equation.primitive.name
    moves = any(floats) and _only_moves(name)
    run, back = exactly(equation, floats), backwards(equation, floats)
    return Step(takes, gives, place, name, run, back, moves)


def _only_moves(primitive: str) -> bool:
    """Whether a primitive moves numbers, and so rounds none of them."""
    rounds = primitive.startswith("scatter-") or primitive == "reduce_precision"
    return rule_of(primitive).kind == "structure" and not rounds


def exactly(equation: Value, floats: Sequence[bool]) -> Callable[..., list[Any]] | None:
    """An equation on balls; None where it takes no floats, and what it gives is exact."""
    name = equation.primitive.name
    if name == "convert_element_type" and is_float(equation.outvars[0].aval) and not any(floats):
        return lambda integers: [lift(integers)]
    if not any(floats):
        return None

    def run(*values: Value) -> list[Any]:
        found = rule_of(name).apply(interpreter.run, equation, *values)
        return list(found) if isinstance(found, (list, tuple)) else [found]

    return run


def backwards(
    equation: Value, floats: Sequence[bool]
) -> Callable[[Sequence[Value], Sequence[Array]], Weights]:
    """How an equation carries weights back."""
    if not any(floats):
        return lambda values, weights: [None] * len(values)
    function = _compiled(equation.primitive, _hashable(equation.params), tuple(floats))

    def back(values: Sequence[Value], weights: Sequence[Array]) -> Weights:
        found = iter(function(list(weights), *values))
        return [_known(next(found), weights) if moving else None for moving in floats]

    return back


def _known(found: Value, weights: Sequence[Array]) -> Array:
    """Weights of what an equation takes; 0 where only what has none is not a number.

    So a branch that was not selected adds nothing.
    """
    known = np.asarray(found)
    for each in weights:
        if each.shape == known.shape:
            known = np.where((each == 0) & ~np.isfinite(known), 0, known)
    return known


@dataclass(frozen=True)
class _Parameters:
    """The parameters of an equation; two are the same where all are."""

    items: tuple[tuple[str, Value], ...]


def _hashable(parameters: dict[str, Value]) -> _Parameters:
    return _Parameters(tuple(sorted(parameters.items())))


@lru_cache(maxsize=1024)
def _compiled(primitive: Value, parameters: _Parameters, floats: tuple[bool, ...]) -> Value:
    """The weights of the floats that an equation takes, from those that it gives: compiled."""

    def back(weights: list[Value], *values: Value) -> Value:
        def of_floats(*moving: Value) -> list[Value]:
            rest = iter(moving)
            given = [next(rest) if f else v for f, v in zip(floats, values, strict=True)]
            found = in_float64(primitive, dict(parameters.items), given)
            return [each for each in found if is_float(each)]

        _, pull = jax.vjp(of_floats, *(v for f, v in zip(floats, values, strict=True) if f))
        return pull(weights)

    return jax.jit(back)


FORMATS = ("preferred_element_type", "out_dtype")  # parameters that are formats
SCATTER = {
    "scatter": jax.lax.scatter,
    "scatter-add": jax.lax.scatter_add,
    "scatter-sub": jax.lax.scatter_sub,
    "scatter-mul": jax.lax.scatter_mul,
    "scatter-min": jax.lax.scatter_min,
    "scatter-max": jax.lax.scatter_max,
}


def in_float64(primitive: Value, parameters: dict[str, Value], values: list[Value]) -> list[Value]:
    """What a primitive gives where all floats are float64, whatever its parameters say."""
    if primitive.name in ("convert_element_type", "reduce_precision", "stop_gradient"):
        return [_converted(values[0], parameters.get("new_dtype", values[0].dtype))]
    if primitive.name in SCATTER:  # its parameters hold an addition of another format
        names = ("dimension_numbers", "indices_are_sorted", "unique_indices", "mode")
        return [SCATTER[primitive.name](*values, **{name: parameters[name] for name in names})]
    wide = {name: _wide(each) if name in FORMATS else each for name, each in parameters.items()}
    found = primitive.bind(*values, **wide)
    return list(found) if primitive.multiple_results else [found]


def _converted(value: Value, dtype: Value) -> Value:
    """A number between formats: it is not rounded; its kind may change."""
    if jnp.issubdtype(dtype, np.complexfloating):
        return value.astype(np.complex128)
    return jnp.real(value)


def _wide(dtype: Value) -> Value:
    return np.float64 if dtype is not None and jnp.issubdtype(dtype, np.floating) else dtype


def constant(meant: Value, gives: int, place: Place) -> Step:
    """A constant of the program's that the format rounds, or makes another one of."""
    what = f"{float(meant):.6g}" if np.ndim(meant) == 0 else "constants"
    return Step((), (gives,), place, what, lambda: [lift(meant)], lambda *_: [])


def row(k: int, takes: int, gives: int, place: Place) -> Step:
    """The k-th row of an array, which a step of a loop takes."""

    def back(values: Sequence[Value], weights: Sequence[Array]) -> Weights:
        found = np.zeros(np.shape(values[0]), weights[0].dtype)
        found[k] = weights[0]
        return [found]

    return Step((takes,), (gives,), place, "row", lambda v: [array(v[k])], back, moves=True)


def stack(takes: Sequence[int], gives: int, place: Place) -> Step:
    """The rows that the steps of a loop give, as an array."""

    def back(values: Sequence[Value], weights: Sequence[Array]) -> Weights:
        return list(weights[0])

    return Step(tuple(takes), (gives,), place, "stack", lambda *vs: [stacked(vs)], back, moves=True)


def choice(takes: tuple[int, int, int], gives: int, place: Place) -> Step:
    """The one or the other array, place by place: loops side by side that end by themselves."""

    def back(values: Sequence[Value], weights: Sequence[Array]) -> Weights:
        which, weight = values[0], weights[0]
        return [None, np.where(which, 0, weight), np.where(which, weight, 0)]

    return Step(takes, (gives,), place, "select", lambda *vs: [chosen({}, *vs)], back, moves=True)
