"""Functions worth differentiating, each written once and run in every arithmetic.

A problem is one decorated function f(x, xp): `+ - * /`, integer powers and the functions of
the array namespace `xp`. Constants are integers or quotients of integers, because 0.1 is
another number in each format.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from bench.noise import Noise
from bench.registry import Registry, definition, import_modules_of

Formula = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Domain:
    """Where a function is defined: an interval of reals, its ends left out unless `closed`."""

    low: float = -math.inf
    high: float = math.inf
    closed: bool = False

    def contains(self, values: Any) -> Any:
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
class Problem:
    """A function worth differentiating, f(x, xp) for x of any shape.

    `interval` is where points are sampled, `domain` where f is defined; at a kink f has no
    derivative, and what automatic differentiation returns there is a convention. `noise` is what
    running f in a floating-point format adds; truth and ideal know nothing of it.
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
    noise: Noise | None = None

    def __call__(self, x: Any, xp: Any) -> Any:
        return self.formula(x, xp)

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
        name, label = f"{self.name}~{level:g}", f"{self.label}, noise {level:g}"
        return replace(self, name=name, label=label, noise=Noise(level, seed))

    @property
    def hard(self) -> bool:
        """Whether it is kept out of the summary of smooth problems."""
        return "hard" in self.tags


problems: Registry[Problem] = Registry(
    "problem", lambda: import_modules_of(__name__), lambda item: item.formula.__module__
)


def problem(
    label: str,
    *,
    interval: tuple[float, float],
    difficulty: str,
    source: str,
    domain: Domain = Domain(),
    kinks: tuple[float, ...] = (),
    always: tuple[float, ...] = (),
    tags: tuple[str, ...] = ("smooth",),
) -> Callable[[Formula], Problem]:
    """Register f(x, xp) as a problem under the function's name.

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
            kinks,
            always,
            frozenset(tags),
            difficulty,
            source,
        )
        return problems.add(found.name, found)

    return register
