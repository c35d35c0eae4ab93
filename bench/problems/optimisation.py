"""Functions of n variables from the books on optimisation."""

from __future__ import annotations

from bench.problems import Variables, problem_of_vector, total
from bench.values import Namespace, Value


@problem_of_vector(
    "½ xᵀAx, A tridiagonal (−1, 4, −1)",
    difficulty="none: every partial derivative is linear",
    source="Nocedal & Wright 2006, Numerical Optimization, section 5.1",
)
def quadratic_form(x: Value, xp: Namespace) -> Value:
    """The quadratic form of a tridiagonal matrix with eigenvalues between 2 and 6."""
    return total(xp, 2 * x * x, axis=0) - total(xp, x[1:] * x[:-1], axis=0)


@problem_of_vector(
    "Rosenbrock's valley",
    difficulty="a bent valley: curvatures differ by 2500 at the minimum",
    source="Rosenbrock 1960, An automatic method for finding the greatest or least value",
    variables=Variables(first=2, start=(-19, 16)),
)
def rosenbrock(x: Value, xp: Namespace) -> Value:
    """The sum of 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2, least at (1, .., 1)."""
    bend, rest = x[1:] - x[:-1] * x[:-1], 1 - x[:-1]
    return total(xp, 100 * bend * bend + rest * rest, axis=0)


@problem_of_vector(
    "a bowl, x₁² + 2x₂² ..",
    difficulty="none: the descent of each variable has a closed form",
    source="Zhang, Lipton, Li & Smola, Dive into Deep Learning, section Gradient Descent",
    variables=Variables(start=(-80, -32)),
)
def bowl(x: Value, xp: Namespace) -> Value:
    """The bowl x_1^2 + 2 x_2^2 + x_3^2 + .., flatter along odd variables than along even ones."""
    return total(xp, x * x, axis=0) + total(xp, x[1::2] * x[1::2], axis=0)


@problem_of_vector(
    "x₁ x₂ .. xₙ",
    difficulty="each partial derivative is the product of all other variables",
    source="Speelpenning 1980; Griewank & Walther 2008, section 3.3",
    variables=Variables(start=(17, 15, 18, 14)),
)
def product(x: Value, xp: Namespace) -> Value:
    """Speelpenning's product of all variables."""
    return xp.prod(x, axis=0, dtype=x.dtype)


@problem_of_vector(
    "tanh(.. tanh(x₁ + ..) + x₂ + ..)",
    difficulty="the chain rule through eight levels: slopes shrink from level to level",
    source="Griewank & Walther 2008, section 2.2",
)
def chain(x: Value, xp: Namespace) -> Value:
    """A deep composition: eight levels of tanh, each adding its share of the variables."""
    y = 0 * total(xp, x[:1], axis=0)
    for level in range(8):
        y = xp.tanh(y + total(xp, x[level::8], axis=0))
    return y


@problem_of_vector(
    "‖x‖₂",
    difficulty="a kink at 0, where the gradient is no vector: reverse mode gives NaN",
    source="the distance in every metric loss; Griewank & Walther 2008, chapter 14",
    variables=Variables(kink=True),
)
def norm(x: Value, xp: Namespace) -> Value:
    """The Euclidean length of x."""
    return xp.sqrt(total(xp, x * x, axis=0))
