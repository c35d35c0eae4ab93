"""Ways to take a gradient: schemes coordinate by coordinate, and automatic differentiation.

With f(t) the function of which coordinate i is replaced by t_i, for all i at once, D(f, x, h) is
the vector of partial derivatives: the schemes of one variable need no second formula.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from bench.functions import Function
from bench.formats import Format
from bench.registry import Registry
from bench.schemes import Scheme, schemes

Array = npt.NDArray[Any]


WIDEST = 2**22  # numbers that F is given at once on NumPy: more are taken in pieces


@dataclass(frozen=True)
class GradientScheme:
    """A way to take a gradient: `run(F, x, h, xp)` for x (n,) gives (n,), or (1,) along a line.

    `scheme` is the scheme of one variable that it is made of, None for automatic differentiation.
    """

    name: str
    label: str
    summary: str
    needs: Literal["real", "complex", "jax"]
    run: Callable[[Any, Any, Any, Any], Any]
    passes: Callable[[int], int]
    scheme: Scheme | None = None
    whole: bool = True

    @property
    def of_one_variable(self) -> str:
        """The name of the scheme of one variable that it is made of, or that is its likeness."""
        if self.scheme is not None:
            return self.scheme.name
        return "grad" if self.name == "grad" else "jvp"

    def step(self, precision: Format) -> float | None:
        """The step: u^(1/(p+1)), or u where nothing cancels, as a power of two."""
        if self.scheme is None or self.scheme.order is None:
            return None
        bits = precision.significand_bits
        share = 1.0 if self.needs == "complex" else 1 / (self.scheme.order + 1)
        return 2.0 ** -round(bits * share)


gradient_schemes: Registry[GradientScheme] = Registry("gradient scheme")


def gradient_points(
    function: Function, precision: Format, n: int, count: int, seed: int
) -> Array:
    """Points (count, n) in the format, each number uniform in [-1, 1): seeded, the same reals.

    Hard functions are taken at 0, where they have a kink.
    """
    if function.hard:
        return precision.round(np.zeros((1, n)))
    name = list(function.name.encode())
    return precision.round(np.random.default_rng([seed, n, *name]).uniform(-1, 1, (count, n)))


def partials(function: Any, x: Any, xp: Any) -> Callable[[Any], Any]:
    """f(t): for each i the function at x with coordinate i replaced by t_i, all in one call."""
    n = len(x)
    piece = max(1, WIDEST // n) if xp is np else n

    def f(t: Any) -> Any:
        if t is x:  # all n points are the same one
            return xp.broadcast_to(function(x[:, None], xp), x.shape)
        values = []
        for first in range(0, n, piece):
            part = t[first : first + piece]
            mine = xp.eye(n, len(part), -first, dtype=bool)
            values.append(function(xp.where(mine, part[None, :], x[:, None]), xp))
        return values[0] if len(values) == 1 else xp.concatenate(values)

    return f


def _coordinates(scheme: Scheme) -> None:
    def run(function: Any, x: Any, h: Any, xp: Any) -> Any:
        return scheme(partials(function, x, xp), x, h)

    each = sum(1 for k in scheme.offsets if k)
    gradient_schemes.add(
        scheme.name,
        GradientScheme(
            scheme.name,
            scheme.label,
            f"{scheme.summary.rstrip('.')}, coordinate by coordinate.",
            scheme.needs,
            run,
            lambda n: each * n + (0 in scheme.offsets),
            scheme,
        ),
    )


def _directional(function: Any, x: Any, h: Any, xp: Any) -> Any:
    v = xp.asarray(direction(len(x)), dtype=x.dtype)
    central = schemes["central"]
    # t is 0 at x itself: the line is x + t v
    return central(lambda t: function(x[:, None] + v[:, None] * t[None, :], xp), 0 * x[:1], h[:1])


def direction(n: int) -> Array:
    """A random direction of n numbers, each 1 or -1, always the same for the same n."""
    return np.random.default_rng(n).choice(np.array([-1, 1]), n)


def _reverse(function: Any, x: Any, h: Any, xp: Any) -> Any:
    import jax

    return jax.grad(lambda x: function(x, xp))(x)


def _forward(function: Any, x: Any, h: Any, xp: Any) -> Any:
    import jax

    return jax.jacfwd(lambda x: function(x, xp))(x)


def _forward_by_hand(function: Any, x: Any, h: Any, xp: Any) -> Any:
    import jax

    def slope(v: Any) -> Any:
        return jax.jvp(lambda x: function(x, xp), (x,), (v,))[1]

    return jax.vmap(slope)(xp.eye(len(x), dtype=x.dtype))


for _name in ("forward", "backward", "central", "central4", "complex_step"):
    _coordinates(schemes[_name])
for _found in (
    GradientScheme(
        "directional",
        "directional check",
        "The central difference along one random direction: a check of a gradient, not one.",
        "real",
        _directional,
        lambda n: 2,
        schemes["central"],
        whole=False,
    ),
    GradientScheme(
        "grad", "jax.grad (reverse)", "Reverse mode, jax.grad.", "jax", _reverse, lambda n: 1
    ),
    GradientScheme(
        "jacfwd", "jax.jacfwd (forward)", "Forward mode, jax.jacfwd.", "jax", _forward, lambda n: n
    ),
    GradientScheme(
        "vmap_jvp",
        "jax.vmap of jax.jvp",
        "Forward mode by hand, jax.vmap of jax.jvp over the coordinates.",
        "jax",
        _forward_by_hand,
        lambda n: n,
    ),
):
    gradient_schemes.add(_found.name, _found)
