"""Automatic differentiation: the chain rule on the program itself, with no step."""

from __future__ import annotations

from collections.abc import Callable

from bench.schemes import scheme
from bench.values import Namespace, Value


def _reverse(F: Callable[..., Value], x: Value, h: Value, xp: Namespace) -> Value:
    import jax

    return jax.grad(lambda x: F(x, xp))(x)


def _forward(F: Callable[..., Value], x: Value, h: Value, xp: Namespace) -> Value:
    import jax

    def slope(v: Value) -> Value:
        return jax.jvp(lambda x: F(x, xp), (x,), (v,))[1]

    return jax.vmap(slope)(xp.eye(len(x), dtype=x.dtype))


@scheme(
    order=None,
    needs="jax",
    label="jax.grad (reverse)",
    source="Linnainmaa 1976; Griewank & Walther 2008, chapter 3",
    gradient=_reverse,
    passes=lambda n: 1,
)
def grad(f: Callable[[Value], Value], x: Value, h: Value) -> Value:
    """Reverse mode, jax.grad: derivatives are carried from the result back to x."""
    import jax

    return jax.vmap(jax.grad(f))(x)


@scheme(
    order=None,
    needs="jax",
    label="jax.jvp (forward)",
    source="Wengert 1964; Griewank & Walther 2008, chapter 3",
    gradient=_forward,
    passes=lambda n: n,
)
def jvp(f: Callable[[Value], Value], x: Value, h: Value) -> Value:
    """Forward mode, jax.jvp: derivatives are carried from x along with the values."""
    import jax

    return jax.jvp(f, (x,), (jax.numpy.ones_like(x),))[1]
