"""Problems at whose kinks there is no derivative, or whose program hides a trap.

What automatic differentiation returns at a kink is a convention; the rows there have the
status `kink` and the problems stay out of the summary of smooth ones.
"""

from __future__ import annotations

from bench.problems import Domain, problem
from bench.values import Namespace, Value


@problem(
    "|x|",
    interval=(2.0**-6, 2.0),
    kinks=(0.0,),
    difficulty="a kink at 0: one-sided derivatives -1 and 1; a central difference gives 0",
    source="Griewank & Walther 2008, chapter 14",
    tags=("hard", "not_analytic"),  # |z| has no derivative in the complex plane
)
def absolute(x: Value, xp: Namespace) -> Value:
    """The absolute value."""
    return xp.abs(x)


@problem(
    "max(x, 0)",
    interval=(2.0**-6, 2.0),
    kinks=(0.0,),
    difficulty="a kink at 0: one-sided derivatives 0 and 1",
    source="Bertoin, Bolte, Gerchinovitz & Pauwels 2021, on relu'(0)",
    tags=("hard",),
)
def relu(x: Value, xp: Namespace) -> Value:
    """The ramp max(x, 0)."""
    return xp.maximum(x, 0 * x)


@problem(
    "max(x, x²)",
    interval=(0.5, 2.0),
    kinks=(1.0,),
    difficulty="a tie at 1: one-sided derivatives 1 and 2; autodiff may take either or the mean",
    source="Griewank & Walther 2008, chapter 14",
    tags=("hard",),
)
def max_tie(x: Value, xp: Namespace) -> Value:
    """The larger of x and x^2."""
    return xp.maximum(x, x * x)


@problem(
    "√x, from 0",
    interval=(2.0**-10, 1.0),
    domain=Domain(low=0.0, closed=True),
    kinks=(0.0,),
    difficulty="the derivative is infinite at 0, and the domain ends there",
    source="the gradient of a norm at 0, met in every distance loss",
    tags=("hard",),
)
def sqrt_at_zero(x: Value, xp: Namespace) -> Value:
    """The square root, down to 0 itself."""
    return xp.sqrt(x)


@problem(
    "x + x² log x, x below 0",
    interval=(2.0**-6, 2.0),
    always=(0.0,),
    difficulty="f'(0) = 1, but autodiff multiplies the untaken branch's slope, inf, by 0: NaN",
    source="the JAX documentation, FAQ: gradients contain NaN where using where",
    tags=("hard",),
)
def where_untaken(x: Value, xp: Namespace) -> Value:
    """A function guarded by `where`, whose untaken branch is not finite at 0."""
    return x + xp.where(xp.real(x) > 0, x * x * xp.log(x), 0 * x)
