"""jax.experimental.jet: Taylor mode, of which the first coefficient is the derivative."""

from __future__ import annotations

from collections.abc import Callable

from bench.schemes import scheme
from bench.schemes.outcome import Unable
from bench.values import Namespace, Value


def _slope(f: Callable[[Value], Value], x: Value, v: Value) -> Value:
    """The first coefficient of f(x + t v); Unable where an operation of f has no rule."""
    from jax.experimental.jet import jet

    try:
        # with factorials, it computes them in float64
        return jet(f, (x,), ((v,),), factorial_scaled=False)[1][0]
    except Exception as error:
        lacking = _lacking(error)
        if not lacking:
            raise
        raise Unable(f"JAX's Taylor mode has no rule for {lacking}") from None


def _lacking(error: Exception) -> str:
    """The operation that jet missed among its rules; empty where something else was wrong."""
    from jax.extend.core import Primitive

    for each in (error, error.__cause__):  # a problem of the user's tells its line, and this
        if isinstance(each, KeyError) and each.args and isinstance(each.args[0], Primitive):
            return str(each.args[0].name)
    return ""


def _gradient(F: Callable[..., Value], x: Value, h: Value, xp: Namespace) -> Value:
    import jax

    each = xp.eye(len(x), dtype=x.dtype)
    return jax.vmap(lambda v: _slope(lambda x: F(x, xp), x, v))(each)


@scheme(
    order=None,
    needs="jax",
    label="jax.experimental.jet (Taylor)",
    source="Bettencourt, Johnson & Duvenaud 2019, Taylor-mode automatic differentiation",
    gradient=_gradient,
    passes=lambda n: n,
)
def jet(f: Callable[[Value], Value], x: Value, h: Value) -> Value:
    """Taylor mode, jax.experimental.jet: power series are carried from x along with the values."""
    import jax

    return _slope(f, x, jax.numpy.ones_like(x))
