"""A gradient as one vector: it has the arrays of x, each of the same name, shape and format."""

from __future__ import annotations

import numpy as np

from bench.checking.points import FLOATS, Point, a_thing, array_of, dtype_of, leaves_of, owner_of
from bench.formats import Format
from bench.registry import InputError
from bench.values import Array, Floats, Value

GRADIENT = "the gradient"


def flat(value: Value, like: Point) -> Floats:
    """A gradient as one vector; InputError where it has not the form or the format of x."""
    parts = []
    for (name, leaf), own in zip(_named(value, like), like.leaves, strict=True):
        found = _array(name, leaf, own.shape, like.format)
        if found.shape != own.shape:
            raise InputError(
                f"{name} has shape {found.shape} where x has {own.shape}; allowed: the shape of x"
            )
        parts.append(np.asarray(found, np.float64).ravel())
    return np.concatenate(parts)


def _named(value: Value, like: Point) -> list[tuple[str, Value]]:
    """The arrays of a gradient in the order of those of x, each with its name."""
    if len(like.leaves) == 1 and like.leaves[0].name == "x":
        return [(GRADIENT, value)]
    wanted = [leaf.name.removeprefix("x") for leaf in like.leaves]
    allowed = f"allowed: the arrays of x, {', '.join(wanted)}"
    if owner_of(value) or value is None or isinstance(value, str):
        raise InputError(f"{GRADIENT} is {a_thing(value)}; {allowed}")
    found = {name.removeprefix("x"): leaf for name, leaf in leaves_of(value)}
    if missing := [name for name in wanted if name not in found]:
        raise InputError(f"{GRADIENT} has no {', '.join(missing)}; {allowed}")
    if others := [name for name in found if name not in wanted]:
        raise InputError(f"{GRADIENT} has {', '.join(others)}, which x has not; {allowed}")
    return [(f"{GRADIENT}{name}", found[name]) for name in wanted]


def _array(name: str, leaf: Value, shape: tuple[int, ...], format: Format) -> Array:
    """The numbers of an array of a gradient; those of Python are of any format."""
    if isinstance(leaf, list | tuple):
        return _of_list(name, leaf)
    if not owner_of(leaf):
        allowed = f"an array of {FLOATS}, of shape {shape}" if shape else FLOATS
        raise InputError(f"{name} is {a_thing(leaf)}; allowed: {allowed}")
    kind = dtype_of(leaf)
    if kind != format.name and not (owner_of(leaf) == "python" and kind == "float"):
        raise InputError(f"{name} is {kind} where x is {format.name}; allowed: {format.name}")
    return array_of(leaf)


def _of_list(name: str, values: Value) -> Array:
    try:
        found = np.asarray(values)
    except ValueError:
        raise InputError(
            f"{name} is a list of lists that are not alike; allowed: an array"
        ) from None
    if found.dtype.kind not in "iuf" and found.dtype.kind != "V":
        odd = next(
            (v for v in np.asarray(values, object).ravel() if not isinstance(v, int | float)), None
        )
        raise InputError(f"{name} has {a_thing(odd)} in it; allowed: {FLOATS}")
    return found
