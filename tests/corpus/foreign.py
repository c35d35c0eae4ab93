"""A function that nobody of this project wrote, made one number of a few, at a point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Point = tuple[float, ...]
ANY: Point = (0.3125, -0.6875, 1.1875, 2.5)
POSITIVE: Point = (0.3125, 0.6875, 1.1875, 2.5)
INSIDE: Point = (0.3125, 0.6875, 0.125)  # of the unit interval


@dataclass(frozen=True)
class Foreign:
    """A function of a library, and where it is asked; `name` has the source before it."""

    source: str
    name: str
    function: Callable[..., Any]
    point: Point
    spread: bool  # the function takes the numbers one by one, and not as a vector

    def __str__(self) -> str:
        return f"{self.source}: {self.name}"

    def __call__(self, x: Any) -> Any:
        """The weighted sum of all that the function gives."""
        return summed(self.function(*x) if self.spread else self.function(x))


@dataclass(frozen=True)
class Source:
    """Where functions are from; one line of a module is one function."""

    name: str
    functions: list[Foreign] = field(default_factory=list)

    def of(self, name: str, function: Callable[..., Any], point: Point = ANY) -> None:
        """Keep a function of a vector."""
        self.functions.append(Foreign(self.name, name, function, point, False))

    def each(self, name: str, function: Callable[..., Any], *point: float) -> None:
        """Keep a function of numbers."""
        self.functions.append(Foreign(self.name, name, function, point, True))


def weights(*shape: int) -> Any:
    """Numbers of both signs, exact in every format of eight bits, none of them 0."""
    k = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    return (2.0 * (11 * k + 5) % 31 - 15.5) / 16


def definite(n: int) -> Any:
    """A symmetric matrix with positive eigenvalues."""
    root = weights(n, n)
    return root @ root.T + np.eye(n)


def square(x: Any) -> Any:
    """A well-conditioned matrix whose first numbers are x, row by row."""
    n = int(np.ceil(np.sqrt(x.size)))
    return jnp.concatenate([x, weights(n * n - x.size)]).reshape(n, n) + 3 * np.eye(n)


def symmetric(x: Any) -> Any:
    """A positive definite matrix made of x."""
    return square(x) + square(x).T


def summed(result: Any) -> Any:
    """One number of all that a function gives: each times a weight of its own."""
    parts = [jnp.ravel(part) for leaf in jax.tree.leaves(result) for part in _real(leaf)]
    whole = jnp.concatenate([part.astype(np.float64) for part in parts])
    return jnp.sum(whole * (7.0 * np.arange(whole.size) % 16 + 1) / 16)


def _real(leaf: Any) -> tuple[Any, ...]:
    leaf = jnp.asarray(leaf)
    return (leaf.real, leaf.imag) if jnp.iscomplexobj(leaf) else (leaf,)


def key() -> Any:
    """The key of all random numbers."""
    return jax.random.key(3)
