"""Gradients coordinate by coordinate: a scheme of one variable, once for each of n.

With f(t) the function of which coordinate i is replaced by t_i, for all i at once, D(f, x, h) is
the vector of partial derivatives: the schemes of one variable need no second formula.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.values import Array, Namespace, Value

WIDEST = 2**22  # numbers of an array in memory that F is given at once: more are taken in pieces


def by_coordinates(
    formula: Callable[..., Value],
    F: Callable[[Value, Namespace], Value],
    x: Value,
    h: Value,
    xp: Namespace,
) -> Value:
    """The gradient (n,) of F(x, xp) at x (n,), each partial derivative by the formula."""
    return formula(partials(F, x, xp), x, h)


def partials(
    F: Callable[[Value, Namespace], Value], x: Value, xp: Namespace
) -> Callable[[Value], Value]:
    """f(t): for each i the function at x with coordinate i replaced by t_i, all in one call."""
    n = len(x)
    piece = max(1, WIDEST // n) if isinstance(x, np.ndarray) else n

    def f(t: Value) -> Value:
        if t is x:  # all n points are the same one
            return xp.broadcast_to(F(x[:, None], xp), x.shape)
        values = []
        for first in range(0, n, piece):
            part = t[first : first + piece]
            mine = xp.eye(n, len(part), -first, dtype=bool)
            values.append(F(xp.where(mine, part[None, :], x[:, None]), xp))
        return values[0] if len(values) == 1 else xp.concatenate(values)

    return f


def at_coordinates(
    F: Callable[[Value, Namespace], Value], x: Array, xp: Namespace
) -> Callable[[Array, Array], Array]:
    """f(t, of): F at x with the coordinate of each number of `of` replaced by that of t."""
    n = len(x)
    piece = max(1, WIDEST // n)

    def f(t: Array, of: Array) -> Array:
        values = []
        for first in range(0, len(t), piece):
            part = slice(first, first + piece)
            points = np.repeat(x[:, None], len(t[part]), axis=1).astype(t.dtype)
            points[of[part], np.arange(points.shape[1])] = t[part]
            values.append(np.asarray(F(points, xp)))
        return np.concatenate(values)

    return f


def direction(n: int) -> Array:
    """A random direction of n numbers, each 1 or -1, always the same for the same n."""
    return np.random.default_rng(n).choice(np.array([-1, 1]), n)
