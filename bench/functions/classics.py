"""Functions of n variables from the books on optimisation."""

from __future__ import annotations

from typing import Any

from bench.functions import Sizes, function, total


@function(
    "½ xᵀAx, A tridiagonal (−1, 4, −1)",
    difficulty="none: every partial derivative is linear",
    source="Nocedal & Wright 2006, Numerical Optimization, section 5.1",
)
def quadratic_form(x: Any, xp: Any) -> Any:
    """The quadratic form of a tridiagonal matrix with eigenvalues between 2 and 6."""
    return total(xp, 2 * x * x, axis=0) - total(xp, x[1:] * x[:-1], axis=0)


@function(
    "Rosenbrock's valley",
    sizes=Sizes(first=2),
    start=(-19, 16),
    difficulty="a bent valley: curvatures differ by 2500 at the minimum",
    source="Rosenbrock 1960, An automatic method for finding the greatest or least value",
)
def rosenbrock(x: Any, xp: Any) -> Any:
    """The sum of 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2, least at (1, .., 1)."""
    bend, rest = x[1:] - x[:-1] * x[:-1], 1 - x[:-1]
    return total(xp, 100 * bend * bend + rest * rest, axis=0)


@function(
    "a bowl, x₁² + 2x₂² ..",
    start=(-80, -32),
    difficulty="none: the descent of each variable has a closed form",
    source="Zhang, Lipton, Li & Smola, Dive into Deep Learning, section Gradient Descent",
)
def bowl(x: Any, xp: Any) -> Any:
    """The bowl x_1^2 + 2 x_2^2 + x_3^2 + .., flatter along odd variables than along even ones."""
    return total(xp, x * x, axis=0) + total(xp, x[1::2] * x[1::2], axis=0)


@function(
    "x₁ x₂ .. xₙ",
    difficulty="each partial derivative is the product of all other variables",
    source="Speelpenning 1980; Griewank & Walther 2008, section 3.3",
    start=(17, 15, 18, 14),
)
def product(x: Any, xp: Any) -> Any:
    """Speelpenning's product of all variables."""
    return xp.prod(x, axis=0, dtype=x.dtype)


@function(
    "tanh(.. tanh(x₁ + ..) + x₂ + ..)",
    difficulty="the chain rule through eight levels: slopes shrink from level to level",
    source="Griewank & Walther 2008, section 2.2",
)
def chain(x: Any, xp: Any) -> Any:
    """A deep composition: eight levels of tanh, each adding its share of the variables."""
    y = 0 * total(xp, x[:1], axis=0)
    for level in range(8):
        y = xp.tanh(y + total(xp, x[level::8], axis=0))
    return y


@function(
    "‖x‖₂",
    difficulty="a kink at 0, where the gradient is no vector: reverse mode gives NaN",
    source="the distance in every metric loss; Griewank & Walther 2008, chapter 14",
    hard=True,
)
def norm(x: Any, xp: Any) -> Any:
    """The Euclidean length of x."""
    return xp.sqrt(total(xp, x * x, axis=0))
