"""Automatic differentiation: the chain rule on the program itself, with no step."""

from __future__ import annotations

from typing import Any

from bench.schemes import scheme


@scheme(
    order=None,
    needs="jax",
    label="jax.grad (reverse)",
    source="Linnainmaa 1976; Griewank & Walther 2008, chapter 3",
)
def grad(f: Any, x: Any, h: Any) -> Any:
    """Reverse mode, jax.grad: derivatives are carried from the result back to x."""
    import jax

    return jax.vmap(jax.grad(f))(x)


@scheme(
    order=None,
    needs="jax",
    label="jax.jvp (forward)",
    source="Wengert 1964; Griewank & Walther 2008, chapter 3",
)
def jvp(f: Any, x: Any, h: Any) -> Any:
    """Forward mode, jax.jvp: derivatives are carried from x along with the values."""
    import jax

    return jax.jvp(f, (x,), (jax.numpy.ones_like(x),))[1]
