"""Elementary functions, exactly: their values in certified balls, and what they are elsewhere.

What stands at infinities, zeros and poles is that of C23, annex F.10.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from bench.arithmetic.balls import ball
from bench.formats import Format
from bench.registry import Registry, definition
from bench.values import Value

Reach = Callable[[Format], tuple[float, float]]


@dataclass(frozen=True)
class Function:
    """A function of one real number.

    `exact(x)` is a ball, at the precision of the moment, that holds the value at a float x.
    `special(x)` is the value at an x where it is no number but NaN, an infinity or a zero of a
    sign, None at all others. `reach(format)` is the interval outside of which the result
    overflows, underflows or is NaN: points are sampled inside.
    """

    name: str
    exact: Callable[[float], Value]
    special: Callable[[float], float | None]
    reach: Reach

    @property
    def summary(self) -> str:
        """What the function is, in one line."""
        return definition(self.exact)


functions: Registry[Function] = Registry(
    "elementary function",
    Function,
    "bench.experiments.ulps.functions:functions",
    home=lambda item: item.exact.__module__,
)


def _everywhere(precision: Format) -> tuple[float, float]:
    return -precision.largest, precision.largest


def function(
    special: Callable[[float], float | None], reach: Reach = _everywhere
) -> Callable[[Callable[[float], Value]], Function]:
    """Register the exact values of a function under its name."""

    def register(exact: Callable[[float], Value]) -> Function:
        name = exact.__name__
        return functions.add(name, Function(name, exact, special, reach))

    return register


def _limits_of_exp(x: float) -> float | None:
    if math.isfinite(x):
        return None
    return 0.0 if x < 0 else x


def _reach_of_exp(precision: Format) -> tuple[float, float]:
    low, high = precision.lowest_exponent - 1, precision.max_exponent + 1
    return low * math.log(2), high * math.log(2)


FAR = 1e5  # |x| beyond which eˣ is outside of every format


@function(_limits_of_exp, _reach_of_exp)
def exp(x: float) -> Value:
    """The exponential function eˣ."""
    return ball(min(max(x, -FAR), FAR)).exp()


def _limits_of_log(x: float) -> float | None:
    if x > 0 and math.isfinite(x):
        return 0.0 if x == 1 else None
    if x == 0:
        return -math.inf
    return math.inf if x > 0 else math.nan


@function(_limits_of_log, lambda precision: (precision.smallest_subnormal, precision.largest))
def log(x: float) -> Value:
    """The natural logarithm."""
    return ball(x).log()


def _odd_and_no_limit(x: float) -> float | None:
    if not math.isfinite(x):
        return math.nan
    return None if x else x


@function(_odd_and_no_limit)
def sin(x: float) -> Value:
    """The sine, of radians."""
    return ball(x).sin()


@function(lambda x: None if math.isfinite(x) else math.nan)
def cos(x: float) -> Value:
    """The cosine, of radians."""
    return ball(x).cos()


@function(_odd_and_no_limit)
def tan(x: float) -> Value:
    """The tangent, of radians."""
    return ball(x).tan()


def _odd(x: float) -> float | None:
    return x if x == 0 or math.isnan(x) else None


@function(_odd)
def tanh(x: float) -> Value:
    """The hyperbolic tangent; 1 and -1 at the infinities."""
    return ball(math.copysign(1, x)) if math.isinf(x) else ball(x).tanh()


@function(_odd)
def erf(x: float) -> Value:
    """The error function, 2/√π ∫ e^(-t²) dt from 0 to x; 1 and -1 at the infinities."""
    return ball(math.copysign(1, x)) if math.isinf(x) else ball(x).erf()


def _poles_of_gamma(x: float) -> float | None:
    if x == 0:
        return math.copysign(math.inf, x)
    if x == -math.inf or (x < 0 and x.is_integer()):
        return math.nan
    return None if math.isfinite(x) else x


def _reach_of_gamma(precision: Format) -> tuple[float, float]:
    """Until Γ overflows to the right, and about where it underflows to the left."""
    most = math.log(precision.largest)
    high = next(x for x in range(3, 1000) if math.lgamma(x) > most)
    return -float(high) - precision.significand_bits / 2, float(high)


@function(_poles_of_gamma, _reach_of_gamma)
def gamma(x: float) -> Value:
    """The gamma function Γ(x), (x - 1)! at integers; a pole at 0 and at each negative integer."""
    return ball(x).gamma()


def _poles_of_lgamma(x: float) -> float | None:
    if math.isnan(x):
        return x
    if x in (1, 2):
        return 0.0
    return math.inf if math.isinf(x) or (x <= 0 and x.is_integer()) else None


@function(_poles_of_lgamma)
def lgamma(x: float) -> Value:
    """The logarithm of |Γ(x)|; 0 at 1 and 2, and between each two poles left of -2."""
    at = ball(x)
    if x > 0:
        return at.lgamma()
    return at.pi().log() - abs(at.sin_pi()).log() - (1 - at).lgamma()
