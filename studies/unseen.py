"""Twenty functions on which nothing was tuned: chosen and committed before the adaptive scheme.

Their points are those that a run draws with seed 0 and 20 points a function, so they were fixed
with the names and intervals of this file. Six were chosen because they are hard: inner
cancellation (`secant_root`, `chebyshev`), an offset, a domain that ends, a fine scale, a pole near.
"""

from __future__ import annotations

from bench.problems import Domain, problem
from bench.values import Namespace, Value

TAGS = ("unseen",)
CHOSEN = "chosen for this study"


@problem("x e^(−x²)", interval=(-2.0, 2.0), difficulty="none", source=CHOSEN, tags=TAGS)
def gauss_slope(x: Value, xp: Namespace) -> Value:
    """A Gaussian times x."""
    return x * xp.exp(-x * x)


@problem("sin 3x / (2 + cos x)", interval=(0.0, 6.0), difficulty="none", source=CHOSEN, tags=TAGS)
def wave(x: Value, xp: Namespace) -> Value:
    """A wave over another one."""
    return xp.sin(3 * x) / (2 + xp.cos(x))


@problem("log(1 + x²) arctan x", interval=(-4.0, 4.0), difficulty="none", source=CHOSEN, tags=TAGS)
def log_arctan(x: Value, xp: Namespace) -> Value:
    """A logarithm times an arc tangent."""
    return xp.log(1 + x * x) * xp.arctan(x)


@problem(
    "x³ / (eˣ − 1)",
    interval=(0.125, 10.0),
    domain=Domain(low=0.0),
    difficulty="eˣ − 1 cancels for small x",
    source="Planck 1901, the law of radiation",
    tags=TAGS,
)
def planck(x: Value, xp: Namespace) -> Value:
    """The spectrum of a black body."""
    return x * x * x / (xp.exp(x) - 1)


@problem(
    "x⁻¹² − x⁻⁶",
    interval=(0.875, 3.0),
    domain=Domain(low=0.0),
    difficulty="a pole of order 12 at 0",
    source="Lennard-Jones 1931, Cohesion",
    tags=TAGS,
)
def lennard_jones(x: Value, xp: Namespace) -> Value:
    """The potential between two neutral atoms."""
    inverse = 1 / (x * x * x * x * x * x)
    return inverse * inverse - inverse


@problem("x⁴ / (1 + x⁴)", interval=(0.125, 4.0), difficulty="none", source="Hill 1910", tags=TAGS)
def hill(x: Value, xp: Namespace) -> Value:
    """The saturation of a receptor."""
    power = x * x * x * x
    return power / (1 + power)


@problem(
    "√(1 − x²)",
    interval=(-0.9375, 0.9375),
    domain=Domain(-1.0, 1.0, closed=True),
    difficulty="the domain ends at -1 and 1, where the slope is infinite",
    source=CHOSEN,
    tags=TAGS,
)
def semicircle(x: Value, xp: Namespace) -> Value:
    """The upper half of the unit circle."""
    return xp.sqrt(1 - x * x)


@problem(
    "log x / x",
    interval=(0.0625, 50.0),
    domain=Domain(low=0.0),
    difficulty="the scale changes a thousandfold",
    source=CHOSEN,
    tags=TAGS,
)
def log_over_x(x: Value, xp: Namespace) -> Value:
    """The logarithm over x."""
    return xp.log(x) / x


@problem(
    "a call option, strike 1, volatility 1/4",
    interval=(0.5, 2.0),
    domain=Domain(low=0.0),
    difficulty="two terms that nearly cancel where x is small",
    source="Black & Scholes 1973, The pricing of options",
    tags=TAGS,
)
def black_scholes(x: Value, xp: Namespace) -> Value:
    """The price of an option, by the price x of what it is on; a year, no interest."""
    spread = 4 * xp.log(x)
    root = xp.sqrt(0 * x + 2)
    above = 1 + xp.erf((spread + (0 * x + 1) / 8) / root)
    below = 1 + xp.erf((spread - (0 * x + 1) / 8) / root)
    return (x * above - below) / 2


@problem("erf x", interval=(-3.0, 3.0), difficulty="saturates", source="Gauss", tags=TAGS)
def error_function(x: Value, xp: Namespace) -> Value:
    """The error function."""
    return xp.erf(x)


@problem(
    "1 / (1 + 25x²)",
    interval=(-1.0, 1.0),
    difficulty="complex poles at a distance of 1/5",
    source="Runge 1901",
    tags=TAGS,
)
def runge(x: Value, xp: Namespace) -> Value:
    """The function whose interpolation on even points diverges."""
    return 1 / (1 + 25 * x * x)


@problem("sin x²", interval=(0.0, 8.0), difficulty="a rising frequency", source=CHOSEN, tags=TAGS)
def chirp(x: Value, xp: Namespace) -> Value:
    """A sine whose frequency grows with x."""
    return xp.sin(x * x)


@problem(
    "T₁₀(x), expanded",
    interval=(-1.0, 1.0),
    difficulty="terms up to 1280 cancel to 1",
    source="Chebyshev 1854",
    tags=TAGS,
)
def chebyshev(x: Value, xp: Namespace) -> Value:
    """The Chebyshev polynomial of degree 10 in powers of x."""
    s = x * x
    return ((((512 * s - 1280) * s + 1120) * s - 400) * s + 50) * s - 1


@problem(
    "x − √(x² − 1)",
    interval=(1.5, 30.0),
    domain=Domain(low=1.0, closed=True),
    difficulty="cancels: what is left is 1/(2x)",
    source="the smaller root of a quadratic equation",
    tags=TAGS,
)
def secant_root(x: Value, xp: Namespace) -> Value:
    """The smaller root of t^2 - 2 x t + 1."""
    return x - xp.sqrt(x * x - 1)


@problem(
    "x − 9/10 sin x",
    interval=(0.0, 6.0),
    difficulty="the slope is small near 0",
    source="Kepler 1609",
    tags=TAGS,
)
def kepler(x: Value, xp: Namespace) -> Value:
    """The mean anomaly of an eccentric orbit."""
    return x - 9 * xp.sin(x) / 10


@problem("e^(−x) sin 10x", interval=(0.0, 3.0), difficulty="damped", source=CHOSEN, tags=TAGS)
def damped_sine(x: Value, xp: Namespace) -> Value:
    """A damped oscillation."""
    return xp.exp(-x) * xp.sin(10 * x)


@problem(
    "1000 + log x",
    interval=(0.5, 20.0),
    domain=Domain(low=0.0),
    difficulty="an offset eats three digits",
    source=CHOSEN,
    tags=TAGS,
)
def raised_log(x: Value, xp: Namespace) -> Value:
    """A logarithm on a high offset."""
    return 1000 + xp.log(x)


@problem("log(1 + eˣ + e²ˣ)", interval=(-8.0, 4.0), difficulty="none", source=CHOSEN, tags=TAGS)
def partition(x: Value, xp: Namespace) -> Value:
    """The free energy of three levels."""
    e = xp.exp(x)
    return xp.log(1 + e + e * e)


@problem("arctan(sinh x)", interval=(-4.0, 4.0), difficulty="none", source="Gudermann", tags=TAGS)
def gudermann(x: Value, xp: Namespace) -> Value:
    """The Gudermannian function."""
    return xp.arctan(xp.sinh(x))


@problem(
    "four steps of Heron's root of x",
    interval=(0.125, 10.0),
    domain=Domain(low=0.0),
    difficulty="a program with a loop",
    source="Heron of Alexandria, Metrica",
    tags=TAGS,
)
def heron(x: Value, xp: Namespace) -> Value:
    """The square root as a rational function, from the guess 1."""
    root = 0 * x + 1
    for _ in range(4):
        root = (root + x / root) / 2
    return root
