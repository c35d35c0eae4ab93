"""Functions of n variables, each written once and run in every arithmetic.

A function is one decorated formula F(x, xp) on an array x of shape (n, ...): the variables lie
along the first axis, and a value comes back for each place of the others. It uses `+ - * /`,
integer powers, slices of the first axis, and the functions of the namespace `xp`; its data are
integers, exact in every format.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.registry import InputError, Registry, definition, import_modules_of

Formula = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Sizes:
    """How many variables a function may have: `first`, and every `step` more."""

    first: int = 1
    step: int = 1

    def __contains__(self, n: int) -> bool:
        return n >= self.first and (n - self.first) % self.step == 0

    def nearest(self, n: int) -> int:
        """The allowed number nearest to n."""
        return self.first + max(0, round((n - self.first) / self.step)) * self.step

    def __str__(self) -> str:
        few = ", ".join(str(self.first + i * self.step) for i in range(3))
        return f"{few}, .."


@dataclass(frozen=True)
class Function:
    """A function of n variables, F(x, xp) for x of shape (n, ...), worth a gradient.

    `usual` is the number of variables where none is asked for; `start` where an optimiser
    begins, in sixteenths, repeated over the variables.
    """

    name: str
    formula: Formula
    label: str
    sizes: Sizes
    usual: int
    start: tuple[int, ...]
    hard: bool
    difficulty: str
    source: str

    def __call__(self, x: Any, xp: Any) -> Any:
        return self.formula(x, xp)

    @property
    def summary(self) -> str:
        """What the function is, in one line."""
        return definition(self.formula)

    def check_size(self, n: int) -> None:
        """InputError where the function cannot have n variables."""
        if n not in self.sizes:
            raise InputError(
                f"{self.name} has no n = {n}; allowed: {self.sizes} "
                f"(the nearest is {self.sizes.nearest(n)})"
            )

    def start_of(self, n: int) -> Sequence[int]:
        """Where an optimiser begins: n integers, sixteenths."""
        return [self.start[i % len(self.start)] for i in range(n)]


functions: Registry[Function] = Registry(
    "function", lambda: import_modules_of(__name__), lambda item: item.formula.__module__
)


def total(xp: Any, values: Any, axis: int = 0) -> Any:
    """The sum along an axis, in the values' own format: JAX would sum half formats in float32."""
    return xp.sum(values, axis=axis, dtype=values.dtype)


# Sixteenths of four bits: exact in every format, of both signs, none of them 0.
SCATTERED = tuple(2 * (7 * i % 16) - 15 for i in range(16))


def function(
    label: str,
    *,
    difficulty: str,
    source: str,
    usual: int = 8,
    sizes: Sizes = Sizes(),
    start: tuple[int, ...] = SCATTERED,
    hard: bool = False,
) -> Callable[[Formula], Function]:
    """Register F(x, xp) as a function of n variables under its name.

    Raises ValueError where the name is taken or `usual` is not a size that it can have.
    """

    def register(formula: Formula) -> Function:
        if usual not in sizes:
            raise ValueError(f"function {formula.__name__!r}: usual n = {usual} is not in {sizes}")
        name = formula.__name__
        found = Function(name, formula, label, sizes, usual, start, hard, difficulty, source)
        return functions.add(name, found)

    return register
