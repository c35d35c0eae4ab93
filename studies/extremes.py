"""Functions at extreme places, each at its own point: huge and tiny x, poles near, offsets."""

from __future__ import annotations

from collections.abc import Callable

from bench.problems import Domain, Formula, Problem, problem
from bench.values import Namespace, Value

TAGS = ("extreme",)


def at(
    x: float, label: str, difficulty: str, domain: Domain = Domain()
) -> Callable[[Formula], Problem]:
    """Register a function that is differentiated at one point and nowhere else."""
    return problem(
        label,
        interval=(x, x),
        domain=domain,
        difficulty=difficulty,
        source="chosen for this study",
        tags=TAGS,
    )


@at(1e-300, "√x", "x = 1e-300", Domain(low=0.0, closed=True))
def root_of_nothing(x: Value, xp: Namespace) -> Value:
    """The root of a tiny number, whose slope is 5e149."""
    return xp.sqrt(x)


@at(1e-300, "x", "x = 1e-300")
def nothing_itself(x: Value, xp: Namespace) -> Value:
    """A tiny number itself."""
    return 1 * x


@at(1e-300, "eˣ", "x = 1e-300 says nothing of the scale")
def exp_of_nothing(x: Value, xp: Namespace) -> Value:
    """The exponential of a tiny number."""
    return xp.exp(x)


@at(1e8, "sin x", "x = 1e8: steps that suit x see many waves")
def far_sine(x: Value, xp: Namespace) -> Value:
    """The sine of a huge number."""
    return xp.sin(x)


@at(1e8, "log x", "x = 1e8", Domain(low=0.0))
def far_log(x: Value, xp: Namespace) -> Value:
    """The logarithm of a huge number."""
    return xp.log(x)


@at(1e8, "x²", "x = 1e8")
def far_square(x: Value, xp: Namespace) -> Value:
    """The square of a huge number."""
    return x * x


@at(0.75, "10⁶ + sin x", "an offset of a million")
def raised_sine(x: Value, xp: Namespace) -> Value:
    """A sine on a high offset."""
    return 1000000 + xp.sin(x)


@at(1.25, "10⁶ + eˣ", "an offset of a million")
def raised_exp(x: Value, xp: Namespace) -> Value:
    """An exponential on a high offset."""
    return 1000000 + xp.exp(x)


@at(1.0009765625, "1 / (x − 1)", "a pole 2^-10 away")
def beside_pole(x: Value, xp: Namespace) -> Value:
    """A hyperbola beside its pole."""
    return 1 / (x - 1)


@at(1.57, "tan x", "a pole 8e-4 away")
def tan_at_pole(x: Value, xp: Namespace) -> Value:
    """The tangent beside its pole."""
    return xp.tan(x)


@at(709.5, "eˣ", "f is near the largest number")
def exp_at_overflow(x: Value, xp: Namespace) -> Value:
    """The exponential where it nearly overflows."""
    return xp.exp(x)
