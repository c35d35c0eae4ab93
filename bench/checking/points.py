"""What users give as x, as one vector: numbers, arrays of NumPy, JAX or torch, trees of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.formats import Format, formats
from bench.registry import InputError
from bench.values import Array, Value

VOWELS = (*"aeiouAEIOU", "nd")  # as they are spoken: an ndarray
FLOATS = "numbers of floating point"


@dataclass(frozen=True)
class Leaf:
    """An array that x is made of: how it is called, its shape, and whose it is.

    `make` gives a NumPy array back as what the user gave.
    """

    name: str
    shape: tuple[int, ...]
    make: Callable[[Array], Value]

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return int(np.prod(self.shape))


@dataclass(frozen=True)
class Point:
    """x as one vector of a format, and the way back to what the user's function takes."""

    vector: Array
    leaves: tuple[Leaf, ...]
    build: Callable[[list[Value]], Value]
    format: Format
    owner: str

    def value(self, vector: Array) -> Value:
        """A vector as what the user's function takes."""
        parts = np.split(vector, np.cumsum([leaf.size for leaf in self.leaves])[:-1])
        pairs = zip(parts, self.leaves, strict=True)
        return self.build([leaf.make(part.reshape(leaf.shape)) for part, leaf in pairs])

    def name(self, i: int) -> str:
        """What the user calls a component: x, x[3], x['w'][2, 1]."""
        for leaf in self.leaves:
            if i < leaf.size:
                at = np.unravel_index(i, leaf.shape)
                return f"{leaf.name}[{', '.join(map(str, at))}]" if at else leaf.name
            i -= leaf.size
        raise IndexError(i)

    @property
    def wide(self) -> AbstractContextManager[Any]:
        """JAX's switch for float64 as the format needs it, where JAX is there at all."""
        jax = sys.modules.get("jax")
        return nullcontext() if jax is None else jax.enable_x64(self.format.name == "float64")


def a_thing(value: Value) -> str:
    """What a value is, in a sentence: a str, an int, None."""
    name = type(value).__name__
    if value is None:
        return "None"
    return f"{'an' if name.startswith(VOWELS) else 'a'} {name}"


def owner_of(value: Value) -> str:
    """Whose array this is: numpy, jax, torch, python, or empty where it is none."""
    home = type(value).__module__.partition(".")[0]
    if isinstance(value, np.ndarray | np.generic):
        return "numpy"
    if home in ("jax", "jaxlib") and hasattr(value, "dtype"):
        return "jax"
    if home == "torch" and hasattr(value, "detach"):
        return "torch"
    return "python" if isinstance(value, float | int | complex) else ""


def array_of(value: Value) -> Array:
    """The numbers of an array of anybody's, in NumPy."""
    if owner_of(value) != "torch":
        return np.asarray(value)
    plain = value.detach().cpu()
    name = dtype_of(value)
    if name in ("bfloat16", "float16"):
        return np.asarray(plain.to(sys.modules["torch"].float32).numpy(), formats[name].dtype)
    return np.asarray(plain.numpy())


def dtype_of(value: Value) -> str:
    """The name of a value's type of numbers."""
    found = getattr(value, "dtype", None)
    if found is None:
        return type(value).__name__
    return str(getattr(found, "name", found)).removeprefix("torch.")


def point(x: Value, precision: str | None = None) -> Point:
    """x as one vector; InputError where it is no point that a derivative is taken at."""
    named, build = _parted(x)
    known = {dtype_of(leaf) for _, leaf in named}
    asked = formats[precision] if precision is not None else _format(known, named)
    values = [_checked(name, array_of(leaf), asked, precision) for name, leaf in named]
    if not sum(each.size for each in values):
        raise InputError("x has no numbers in it; allowed: one or more")
    leaves = tuple(
        Leaf(name, values[i].shape, _maker(leaf, asked)) for i, (name, leaf) in enumerate(named)
    )
    owners = {owner_of(leaf) for _, leaf in named}
    vector = np.concatenate([each.ravel() for each in values])
    return Point(vector, leaves, build, asked, _owner(owners))


def _owner(owners: set[str]) -> str:
    return next((each for each in ("torch", "jax") if each in owners), "numpy")


def _format(known: set[str], named: Sequence[tuple[str, Value]]) -> Format:
    """The format that x is in; that of Python's numbers is float64."""
    spoken = {"float64" if name == "float" else name for name in known}
    if len(spoken) > 1:
        raise InputError(f"x has arrays of {', '.join(sorted(spoken))}; allowed: one format")
    (name,) = spoken
    if name not in formats:
        allowed = f"{', '.join(formats)}, or option 'precision'"
        raise InputError(f"{named[0][0]} is {name}; allowed: {FLOATS}: {allowed}")
    return formats[name]


def _checked(name: str, values: Array, asked: Format, precision: str | None) -> Array:
    """Numbers rounded to the format."""
    if values.dtype.kind not in "iuf" and values.dtype.name not in formats:
        raise InputError(f"{name} is {values.dtype.name}; allowed: {FLOATS}")
    rounded = values if precision is None else asked.round(values.astype(np.float64))
    rounded = np.asarray(rounded, asked.dtype)
    bad = np.flatnonzero(~np.isfinite(rounded.astype(np.float64)))
    if bad.size:
        at = np.unravel_index(bad[0], values.shape)
        place = f"{name}[{', '.join(map(str, at))}]" if at else name
        found = float(values.astype(np.float64)[at])
        raise InputError(f"{place} is {found:g} in {asked.name}; allowed: finite numbers")
    return rounded


def _maker(leaf: Value, asked: Format) -> Callable[[Array], Value]:
    """How an array of NumPy becomes one of the leaf's owner, in the format."""
    owner = owner_of(leaf)
    if owner == "jax":
        import jax.numpy as jnp

        return lambda values: jnp.asarray(values)
    if owner == "torch":
        torch = sys.modules["torch"]
        dtype = getattr(torch, asked.name)
        return lambda values: torch.tensor(values.astype(np.float64)).to(dtype)
    if owner == "python":
        plain = asked.name == "float64"
        return lambda values: float(values) if plain else values[()]
    if isinstance(leaf, np.generic):
        return lambda values: values[()]
    return np.copy  # f may write into what it is given


def leaves_of(x: Value) -> list[tuple[str, Value]]:
    """The arrays that a value is made of, each with its name: x, x['w']; None counts as none."""
    return _parted(x)[0]


def _parted(x: Value) -> tuple[list[tuple[str, Value]], Callable[[list[Value]], Value]]:
    """The arrays that x is made of, each with its name, and how x is made of them."""
    if owner_of(x):
        return [("x", x)], lambda parts: parts[0]
    import jax

    if x is None:
        raise InputError(f"x is None; allowed: {FLOATS}")
    found, tree = jax.tree_util.tree_flatten_with_path(x)
    named = [(f"x{jax.tree_util.keystr(path)}", leaf) for path, leaf in found]
    for name, leaf in named:
        if not owner_of(leaf):
            raise InputError(f"{name} is {a_thing(leaf)}; allowed: {FLOATS}")
    if not named:
        raise InputError("x has no numbers in it; allowed: one or more")
    return named, lambda parts: jax.tree_util.tree_unflatten(tree, parts)
