"""Problems of elementary functions, whose last bits differ between maths libraries."""

from __future__ import annotations

import math

from bench.problems import Domain, problem
from bench.values import Namespace, Value


@problem(
    "eˣ sin x",
    interval=(0.5, 2.0),
    difficulty="none: smooth, of order 1; the reference case",
    source="standard test function of numerical differentiation",
)
def exp_sin(x: Value, xp: Namespace) -> Value:
    """The product of the exponential and the sine."""
    return xp.exp(x) * xp.sin(x)


@problem(
    "sin(e^(x+1))",
    interval=(0.125, 1.0),
    always=(0.0,),
    difficulty="the inner exponential makes it oscillate faster and faster",
    source="Driscoll & Braun, Fundamentals of Numerical Computation, section 5.5",
)
def sin_exp(x: Value, xp: Namespace) -> Value:
    """The sine of an exponential."""
    return xp.sin(xp.exp(x + 1))


@problem(
    "x^(9/2)",
    interval=(0.5, 2.0),
    domain=Domain(low=0.0),
    always=(1.5,),
    difficulty="a branch point at 0: the eleventh derivative grows without bound there",
    source="Squire & Trapp 1998, first example; Lyness & Moler 1967",
    tags=("smooth", "libm_free"),
)
def power_9_2(x: Value, xp: Namespace) -> Value:
    """The power x^(9/2), as x^4 times the square root of x."""
    return x**2 * x**2 * xp.sqrt(x)


@problem(
    "eˣ / (sin³x + cos³x)",
    interval=(0.25, 1.75),
    domain=Domain(low=-math.pi / 4, high=3 * math.pi / 4),
    always=(1.5,),
    difficulty="poles at -pi/4 and 3pi/4, just outside the interval",
    source="Squire & Trapp 1998, second example",
)
def squire_trapp(x: Value, xp: Namespace) -> Value:
    """An exponential over a sum of cubes: the standard example of the complex step."""
    sine, cosine = xp.sin(x), xp.cos(x)
    return xp.exp(x) / (sine * sine * sine + cosine * cosine * cosine)


@problem(
    "log x, near 0",
    interval=(2.0**-10, 1.0),
    domain=Domain(low=0.0),
    difficulty="the best step shrinks with x: no single step suits the interval",
    source="the case for a step relative to x: Press et al., Numerical Recipes, section 5.7",
)
def log_near_zero(x: Value, xp: Namespace) -> Value:
    """The natural logarithm, down to 2^-10."""
    return xp.log(x)


@problem(
    "sin 50x",
    interval=(0.5, 2.0),
    difficulty="oscillates within 1/50: a step that looks small is not",
    source="standard test function: high frequency",
)
def oscillatory(x: Value, xp: Namespace) -> Value:
    """A sine of high frequency."""
    return xp.sin(50 * x)


@problem(
    "tan x, towards its pole",
    interval=(1.0, 1.5),
    domain=Domain(low=-math.pi / 2, high=math.pi / 2),
    difficulty="the pole at pi/2 lies 0.07 beyond the interval: derivatives explode",
    source="standard test function: a nearby pole",
)
def tan_near_pole(x: Value, xp: Namespace) -> Value:
    """The tangent, up to 1.5, with its pole at pi/2."""
    return xp.tan(x)
