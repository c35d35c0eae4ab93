"""Ways to take a gradient that are nothing new in one variable."""

from __future__ import annotations

from collections.abc import Callable

from bench.schemes import scheme
from bench.schemes.gradient import direction
from bench.schemes.stencils import central
from bench.values import Namespace, Value


def _along(F: Callable[..., Value], x: Value, h: Value, xp: Namespace) -> Value:
    v = xp.asarray(direction(len(x)), dtype=x.dtype)
    # t is 0 at x itself: the line is x + t v
    return central(lambda t: F(x[:, None] + v[:, None] * t[None, :], xp), 0 * x[:1], h[:1])


@scheme(
    order=2,
    label="directional check",
    source="Griewank & Walther 2008, section 3.1: a slope along a direction costs two values",
    gradient=_along,
    passes=lambda n: 2,
    whole=False,
)
def directional(f: Callable[[Value], Value], x: Value, h: Value) -> Value:
    """The central difference along one random direction: a check of a gradient, not one."""
    return central(f, x, h)


def _jacfwd(F: Callable[..., Value], x: Value, h: Value, xp: Namespace) -> Value:
    import jax

    return jax.jacfwd(lambda x: F(x, xp))(x)


@scheme(
    order=None,
    needs="jax",
    label="jax.jacfwd (forward)",
    source="Wengert 1964; the JAX documentation, The Autodiff Cookbook",
    gradient=_jacfwd,
    passes=lambda n: n,
)
def jacfwd(f: Callable[[Value], Value], x: Value, h: Value) -> Value:
    """Forward mode, jax.jacfwd: one tangent for each variable, all carried at once."""
    import jax

    return jax.vmap(jax.jacfwd(f))(x)
