"""Functions worth differentiating, each written once and run in every arithmetic.

A problem is one decorated function: f(x, xp) of one variable, for x of any shape, or F(x, xp) of
n variables, which lie along the first axis of x, with a value for each place of the others. It
uses `+ - * /`, integer powers, slices and the functions of the namespace `xp`. Constants are
integers or quotients of integers, because 0.1 is another number in each format.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bench.noise import Noise
from bench.registry import InputError, Registry, definition, doors, spelled
from bench.values import Namespace, Value

Formula = Callable[[Value, Namespace], Value]

# Sixteenths of four bits: exact in every format, of both signs, none of them 0.
SCATTERED = tuple(2 * (7 * i % 16) - 15 for i in range(16))


class FormulaFailed(InputError):
    """A formula of the user's raised an exception."""


@dataclass(frozen=True)
class Domain:
    """Where a function is defined: an interval of reals, its ends left out unless `closed`."""

    low: float = -math.inf
    high: float = math.inf
    closed: bool = False

    def contains(self, values: Value) -> Value:
        """Whether each value (a float, or an array of any shape) lies in the domain."""
        if self.closed:
            return (values >= self.low) & (values <= self.high)
        return (values > self.low) & (values < self.high)

    def __str__(self) -> str:
        left, right = "[]" if self.closed else "()"
        left = "(" if self.low == -math.inf else left
        right = ")" if self.high == math.inf else right
        return f"{left}{self.low:.6g}, {self.high:.6g}{right}"


@dataclass(frozen=True)
class Variables:
    """How many variables a function may have: `first`, and every `step` more; 0 for no others.

    `usual` is their number where none is asked for; `start` is where an optimiser begins, in
    sixteenths, repeated over the variables. `kink` marks a function without a gradient at 0. `at`
    is a point of the user's, if there is one: gradients are taken there, and lines go through it.
    """

    first: int = 1
    step: int = 1
    usual: int = 8
    start: tuple[int, ...] = SCATTERED
    kink: bool = False
    at: tuple[float, ...] = ()

    def __contains__(self, n: int) -> bool:
        if not self.step:
            return n == self.first
        return n >= self.first and (n - self.first) % self.step == 0

    def nearest(self, n: int) -> int:
        """The allowed number nearest to n."""
        if not self.step:
            return self.first
        return self.first + max(0, round((n - self.first) / self.step)) * self.step

    @property
    def line(self) -> tuple[list[float], int]:
        """The direction of the line t w, exact in every format, and what it is divided by.

        Through a point of the user's it has eight bits of each of its numbers.
        """
        if not self.at:
            return [SCATTERED[i % len(SCATTERED)] for i in range(self.usual)], 16
        fractions, exponents = np.frexp(np.array(self.at))
        return np.ldexp(np.rint(fractions * 2**8), exponents - 8).tolist(), 1

    def start_of(self, n: int) -> tuple[float, ...]:
        """Where an optimiser begins: n numbers, exact in every format."""
        return self.at or tuple(self.start[i % len(self.start)] / 16 for i in range(n))

    def __str__(self) -> str:
        if not self.step:
            return str(self.first)
        return ", ".join(str(self.first + i * self.step) for i in range(3)) + ", .."


ONE = Variables(step=0, usual=1)


OTHER = "is the derivative of another function"  # a remark that says so is an answer


@dataclass(frozen=True)
class Problem:
    """A function worth differentiating, of one variable or of n.

    Called as f(x, xp) it is a function of one variable: that of n variables along the line t w,
    w of its usual size, exact in every format and without a 0. `of_vector` is the function of n
    variables; that of one variable has n = 1. `interval` is where points are sampled, `domain`
    where f is defined; at a kink f has no derivative, and what automatic differentiation returns
    there is a convention. `noise` is what running f in a format adds; truth and ideal have none.
    `needs` is what a backend must have to run it, `remarks` what a reader of a run must know,
    `unsupported` the formats that it cannot be run in, and why. `any_namespace` says that the
    formula runs over any namespace; a program of the user's knows bench's alone.
    `made` is how another process makes one that no module registers: a function and its arguments.
    """

    name: str
    formula: Formula
    label: str
    interval: tuple[float, float]
    domain: Domain
    kinks: tuple[float, ...]
    always: tuple[float, ...]
    tags: frozenset[str]
    difficulty: str
    source: str
    variables: Variables = ONE
    noise: Noise | None = None
    needs: str = "real"
    remarks: tuple[str, ...] = ()
    unsupported: tuple[tuple[str, str], ...] = ()
    any_namespace: bool = True
    made: tuple[Callable[..., Problem], tuple[object, ...]] | None = None

    def __call__(self, x: Value, xp: Namespace) -> Value:
        if self.variables is ONE:
            return self._of(x, xp)
        if not hasattr(x, "dtype"):  # a number of mpmath
            x = np.asarray(x, object)
        w, over = self.variables.line
        direction = xp.asarray(w, dtype=x.dtype)
        return self._of(direction.reshape(len(w), *[1] * x.ndim) * x / over, xp)

    def of_vector(self, x: Value, xp: Namespace) -> Value:
        """F(x) for x of shape (n, ...)."""
        return self._of(x[0] if self.variables is ONE else x, xp)

    def _of(self, x: Value, xp: Namespace) -> Value:
        """The formula; what one of the user's raises is told with its line (FormulaFailed)."""
        try:
            return self.formula(x, xp)
        except (Exception, SystemExit) as error:
            told = doors.told_of(error)
            if not told or isinstance(error, InputError):
                raise
            raise FormulaFailed(f"problem {self.base} failed at {told}") from error

    @property
    def summary(self) -> str:
        """What the function is, in one line."""
        return definition(self.formula)

    @property
    def base(self) -> str:
        """The name without the noise."""
        return self.name.partition("~")[0]

    def with_noise(self, level: float, seed: int) -> Problem:
        """The same function with relative noise: a problem of its own name; level 0: itself."""
        if not level:
            return self
        name, label = f"{self.name}~{spelled(level)}", f"{self.label}, noise {spelled(level)}"
        return replace(self, name=name, label=label, noise=Noise(level, seed))

    @property
    def hard(self) -> bool:
        """Whether it is kept out of the summary of smooth problems."""
        return "hard" in self.tags

    @property
    def analytic(self) -> bool:
        """Whether it may be run on complex numbers."""
        return "not_analytic" not in self.tags

    @property
    def rational(self) -> bool:
        """Whether it is made of + - * / and roots alone, so that its values may be exact ties."""
        return "libm_free" in self.tags or self.variables is not ONE

    def check_size(self, n: int) -> None:
        """InputError where the function cannot have n variables."""
        if n not in self.variables:
            raise InputError(
                f"{self.name} has no n = {n}; allowed: {self.variables} "
                f"(the nearest is {self.variables.nearest(n)})"
            )


def _reduced(problem: Problem) -> tuple[Any, ...] | None:
    """How a problem is pickled that is made: with noise, or from a text."""
    if problem.noise is None:
        return problem.made
    return Problem.with_noise, (problems[problem.base], problem.noise.level, problem.noise.seed)


problems: Registry[Problem] = Registry(
    "problem",
    Problem,
    "bench.problems:problems",
    package=__name__,
    home=lambda item: item.formula.__module__,
    reduce=_reduced,
)


def problem(
    label: str,
    *,
    difficulty: str,
    source: str,
    interval: tuple[float, float],
    domain: Domain = Domain(),
    kinks: Sequence[float] = (),
    always: Sequence[float] = (),
    tags: Sequence[str] = ("smooth",),
) -> Callable[[Formula], Problem]:
    """Register f(x, xp), of one variable, as a problem under the function's name.

    `always` are points that every run differentiates at, besides the kinks and the sampled
    ones. Raises ValueError where the interval leaves the domain or the name is taken.
    """

    def register(formula: Formula) -> Problem:
        ends = (*interval, *kinks, *always)
        if not all(domain.contains(end) for end in ends):
            raise ValueError(f"problem {formula.__name__!r}: {ends} is not within {domain}")
        found = Problem(
            formula.__name__,
            formula,
            label,
            interval,
            domain,
            tuple(kinks),
            tuple(always),
            frozenset(tags),
            difficulty,
            source,
        )
        return problems.add(found.name, found)

    return register


def problem_of_vector(
    label: str,
    *,
    difficulty: str,
    source: str,
    variables: Variables = Variables(),
    tags: Sequence[str] = ("gradient",),
) -> Callable[[Formula], Problem]:
    """Register F(x, xp), of n variables, as a problem under the function's name.

    Along its line it is sampled between 0.5 and 1.5; with a kink it is tagged so. Raises ValueError
    where the name is taken or the usual number of variables is none that it can have.
    """

    def register(formula: Formula) -> Problem:
        name = formula.__name__
        if variables.usual not in variables:
            raise ValueError(f"problem {name!r}: usual n = {variables.usual} is not in {variables}")
        found = Problem(
            name,
            formula,
            f"{label}, n = {variables.usual}",
            (0.5, 1.5),
            Domain(),
            (0.0,) if variables.kink else (),
            (),
            frozenset({"kinked", "not_analytic"} if variables.kink else tags),
            difficulty,
            source,
            variables,
        )
        return problems.add(name, found)

    return register


def total(xp: Namespace, values: Value, axis: int = 0) -> Value:
    """The sum along an axis, in the values' own format: JAX would sum half formats in float32."""
    return xp.sum(values, axis=axis, dtype=values.dtype)
