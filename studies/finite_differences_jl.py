"""Functions that FiniteDifferences.jl tests its methods with, at the points of its tests."""

from __future__ import annotations

from collections.abc import Callable

from bench.problems import Domain, Formula, Problem, problem
from bench.values import Namespace, Value

TAGS = ("finite_differences_jl",)
SOURCE = "The JuliaDiff contributors, FiniteDifferences.jl, test/methods.jl"


def at(
    x: float, label: str, difficulty: str = "none", domain: Domain = Domain()
) -> Callable[[Formula], Problem]:
    """Register a function that is differentiated at one point and nowhere else."""
    return problem(
        label, interval=(x, x), domain=domain, difficulty=difficulty, source=SOURCE, tags=TAGS
    )


@at(1.0, "sin x")
def fd_sin(x: Value, xp: Namespace) -> Value:
    """The sine, at 1."""
    return xp.sin(x)


@at(1.0, "eˣ")
def fd_exp(x: Value, xp: Namespace) -> Value:
    """The exponential, at 1."""
    return xp.exp(x)


@at(1.0, "x²")
def fd_square(x: Value, xp: Namespace) -> Value:
    """The square, at 1."""
    return x**2


@at(1.0, "√(x + 1)", domain=Domain(low=-1.0, closed=True))
def fd_root(x: Value, xp: Namespace) -> Value:
    """A root, at 1."""
    return xp.sqrt(x + 1)


@at(1.0, "4x³ + 3x² + 2x + 1")
def fd_cubic(x: Value, xp: Namespace) -> Value:
    """A cubic, at 1."""
    return 4 * x**3 + 3 * x**2 + 2 * x + 1


@at(0.001, "log x", "the domain ends 0.001 away", Domain(low=0.0))
def fd_log(x: Value, xp: Namespace) -> Value:
    """The logarithm, at 0.001."""
    return xp.log(x)


@problem(
    "|x|",
    interval=(0.001, 0.001),
    kinks=(0.0,),
    difficulty="a kink 0.001 away",
    source=SOURCE,
    tags=(*TAGS, "not_analytic"),
)
def fd_abs(x: Value, xp: Namespace) -> Value:
    """The absolute value, at 0.001."""
    return abs(x)
