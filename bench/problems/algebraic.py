"""Problems of + - * / and sqrt alone: every correct machine computes them bit for bit alike."""

from __future__ import annotations

from bench.problems import Domain, problem
from bench.values import Namespace, Value

LIBM_FREE = ("smooth", "libm_free")


@problem(
    "3x² − 4x",
    interval=(0.75, 3.0),
    always=(1.0,),
    difficulty="none: a central difference has no truncation error, so all error is rounding",
    source="Zhang, Lipton, Li & Smola, Dive into Deep Learning, section Calculus",
    tags=LIBM_FREE,
)
def quadratic(x: Value, xp: Namespace) -> Value:
    """The quadratic 3x^2 - 4x, whose tangent at 1 is y = 2x - 3."""
    return 3 * x**2 - 4 * x


@problem(
    "x⁵ − 3x³ + x",
    interval=(0.5, 2.0),
    difficulty="the derivative passes through 0 inside the interval",
    source="control: no maths library is involved",
    tags=LIBM_FREE,
)
def polynomial(x: Value, xp: Namespace) -> Value:
    """A quintic in Horner form."""
    return ((x * x - 3) * (x * x) + 1) * x


@problem(
    "1 / (1 + 25x²)",
    interval=(0.125, 2.0),
    difficulty="poles at ±i/5 bound the step of high orders",
    source="Runge 1901; control: no maths library is involved",
    tags=LIBM_FREE,
)
def rational(x: Value, xp: Namespace) -> Value:
    """Runge's function, a rational one."""
    return 1 / (1 + 25 * (x * x))


@problem(
    "√x",
    interval=(0.25, 4.0),
    domain=Domain(low=0.0),
    difficulty="the domain ends at 0, within reach of a large step",
    source="control: IEEE 754 rounds the square root correctly",
    tags=LIBM_FREE,
)
def square_root(x: Value, xp: Namespace) -> Value:
    """The square root, away from 0."""
    return xp.sqrt(x)


@problem(
    "1/x",
    interval=(0.0625, 4.0),
    domain=Domain(low=0.0),
    difficulty="scales differ by 64 within the interval; a step across the pole is nonsense",
    source="Squire & Trapp 1998 discuss steps near poles",
    tags=LIBM_FREE,
)
def reciprocal(x: Value, xp: Namespace) -> Value:
    """The reciprocal, to the right of its pole."""
    return 1 / x


@problem(
    "64x(1−x)(1−2x)²(1−8x+8x²)²",
    interval=(0.0625, 0.9375),
    always=(0.2,),
    difficulty="the expanded form cancels in 1 - 8x + 8x^2 and loses digits of f itself",
    source="Baydin, Pearlmutter, Radul & Siskind 2018, figure 2",
    tags=LIBM_FREE,
)
def logistic_closed(x: Value, xp: Namespace) -> Value:
    """Three steps of the logistic map from x, in closed form."""
    return 64 * x * (1 - x) * (1 - 2 * x) ** 2 * (1 - 8 * x + 8 * x * x) ** 2


@problem(
    "logistic map, iterated",
    interval=(0.0625, 0.9375),
    always=(0.2,),
    difficulty="the same function as logistic_closed with other roundings",
    source="Baydin, Pearlmutter, Radul & Siskind 2018, figure 2",
    tags=LIBM_FREE,
)
def logistic_iterated(x: Value, xp: Namespace) -> Value:
    """Three steps x -> 4x(1-x) of the logistic map from x, as a program runs them."""
    for _ in range(3):
        x = 4 * x * (1 - x)
    return x
