"""The 16 benchmark problems of the package numericalderivative 0.3, each at its own point.

The interval of each is that point alone, so a run differentiates there and nowhere else.
"""

from __future__ import annotations

from bench.problems import Domain, problem
from bench.values import Namespace, Value

TAGS = ("numericalderivative",)
BAUDIN = "Baudin, numericalderivative 0.3"
GILL = "Gill, Murray, Saunders & Wright 1983, Computing forward-difference intervals"
SHI = "Shi, Xie, Xuan & Nocedal 2022, Adaptive finite-difference interval estimation"
OLIVER = "Oliver 1980, An algorithm for numerical differentiation"
POSITIVE = Domain(low=0.0)


@problem("x²", interval=(1.0, 1.0), difficulty="none", source=BAUDIN, tags=TAGS)
def nd_polynomial(x: Value, xp: Namespace) -> Value:
    """The square, at 1."""
    return x * x


@problem(
    "1 / x",
    interval=(1.0, 1.0),
    domain=POSITIVE,
    difficulty="a pole at 0",
    source=OLIVER,
    tags=TAGS,
)
def nd_inverse(x: Value, xp: Namespace) -> Value:
    """The reciprocal, at 1."""
    return 1 / x


@problem("eˣ", interval=(1.0, 1.0), difficulty="none", source=BAUDIN, tags=TAGS)
def nd_exp(x: Value, xp: Namespace) -> Value:
    """The exponential, at 1."""
    return xp.exp(x)


@problem(
    "log x", interval=(1.0, 1.0), domain=POSITIVE, difficulty="f is 0", source=BAUDIN, tags=TAGS
)
def nd_log(x: Value, xp: Namespace) -> Value:
    """The logarithm, at 1."""
    return xp.log(x)


@problem(
    "√x",
    interval=(1.0, 1.0),
    domain=Domain(low=0.0, closed=True),
    difficulty="a branch point at 0",
    source=BAUDIN,
    tags=TAGS,
)
def nd_sqrt(x: Value, xp: Namespace) -> Value:
    """The square root, at 1."""
    return xp.sqrt(x)


@problem("arctan x", interval=(0.5, 0.5), difficulty="poles at ±i", source=BAUDIN, tags=TAGS)
def nd_atan(x: Value, xp: Namespace) -> Value:
    """The arc tangent, at 1/2."""
    return xp.arctan(x)


@problem("sin x", interval=(1.0, 1.0), difficulty="none", source=BAUDIN, tags=TAGS)
def nd_sin(x: Value, xp: Namespace) -> Value:
    """The sine, at 1."""
    return xp.sin(x)


@problem(
    "e^(−x/10⁶)",
    interval=(1.0, 1.0),
    difficulty="the scale is a million times x: steps near x see roundings only",
    source=BAUDIN,
    tags=TAGS,
)
def nd_scaled_exp(x: Value, xp: Namespace) -> Value:
    """A slow exponential, at 1."""
    return xp.exp(-x / 1000 / 1000)  # 10^6 is beyond the largest number of half precision


@problem(
    "(eˣ − 1)² + (1/√(1 + x²) − 1)²", interval=(1.0, 1.0), difficulty="none", source=GILL, tags=TAGS
)
def nd_gmsw(x: Value, xp: Namespace) -> Value:
    """A sum of two squares, at 1."""
    grown, shrunk = xp.expm1(x), 1 / xp.sqrt(1 + x * x) - 1
    return grown * grown + shrunk * shrunk


@problem(
    "(eˣ − 1)²",
    interval=(-8.0, -8.0),
    difficulty="flat at −8: f' is 1500 times smaller than f",
    source=SHI,
    tags=TAGS,
)
def nd_sxxn1(x: Value, xp: Namespace) -> Value:
    """A square of an exponential, at -8."""
    grown = xp.expm1(x)
    return grown * grown


@problem("e^(100x)", interval=(0.01, 0.01), difficulty="a scale of 1/100", source=SHI, tags=TAGS)
def nd_sxxn2(x: Value, xp: Namespace) -> Value:
    """A fast exponential, at 1/100."""
    return xp.exp(100 * x)


@problem(
    "x⁴ + 3x² − 10x",
    interval=(0.99999, 0.99999),
    difficulty="f' is -1.8e-4: f nearly stands still",
    source=SHI,
    tags=TAGS,
)
def nd_sxxn3(x: Value, xp: Namespace) -> Value:
    """A quartic, next to its minimum at 1."""
    return x * x * x * x + 3 * x * x - 10 * x


@problem(
    "10⁴x³ + x²/100 + 5x",
    interval=(1e-9, 1e-9),
    difficulty="x says nothing of the scale",
    source=SHI,
    tags=TAGS,
)
def nd_sxxn4(x: Value, xp: Namespace) -> Value:
    """A cubic with coefficients of all sizes, at 1e-9."""
    return 10000 * x * x * x + x * x / 100 + 5 * x


@problem("e^(4x)", interval=(1.0, 1.0), difficulty="none", source=OLIVER, tags=TAGS)
def nd_oliver1(x: Value, xp: Namespace) -> Value:
    """An exponential, at 1."""
    return xp.exp(4 * x)


@problem("e^(x²)", interval=(1.0, 1.0), difficulty="derivatives grow", source=OLIVER, tags=TAGS)
def nd_oliver2(x: Value, xp: Namespace) -> Value:
    """The exponential of a square, at 1."""
    return xp.exp(x * x)


@problem(
    "x² log x", interval=(1.0, 1.0), domain=POSITIVE, difficulty="f is 0", source=OLIVER, tags=TAGS
)
def nd_oliver3(x: Value, xp: Namespace) -> Value:
    """A square times the logarithm, at 1."""
    return x * x * xp.log(x)
