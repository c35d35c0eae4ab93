"""Ways to approximate a derivative, each a formula D(f, x, h) that reads like the textbook.

A scheme calls f at x plus multiples of h and uses nothing else of x and h but multiples.
The same formula runs on floats, fractions, arrays of any format, and exact balls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from bench.registry import Registry, definition, import_modules_of
from bench.schemes.lattice import Multiple, linear_weights, offsets_of

Formula = Callable[[Any, Any, Any], Any]
Needs = Literal["real", "complex", "jax"]


@dataclass(frozen=True)
class Scheme:
    """A way to approximate f', called as D(f, x, h); f, x and h are of any one arithmetic.

    `order` is the order of accuracy p, None for automatic differentiation, which has no step.
    """

    name: str
    formula: Formula
    order: int | None
    needs: Needs
    label: str
    source: str
    family: str

    def __call__(self, f: Any, x: Any, h: Any) -> Any:
        return self.formula(f, x, h)

    @property
    def summary(self) -> str:
        """What the scheme is, in one line."""
        return definition(self.formula)

    @property
    def has_step(self) -> bool:
        """Whether the scheme takes a step h."""
        return self.order is not None

    @cached_property
    def offsets(self) -> tuple[Multiple, ...]:
        """The multiples k of h at which f(x + k h) is called; empty without a step."""
        return offsets_of(self.formula) if self.has_step else ()

    @property
    def evaluations(self) -> int:
        """Calls of f for one derivative; autodiff runs f once and carries the derivative."""
        return len(self.offsets) if self.has_step else 1

    @cached_property
    def weights(self) -> dict[Multiple, Multiple] | None:
        """The exact weight of each f(x + k h) / h; None where the scheme is not linear in f."""
        if not self.has_step or self.needs != "real":
            return None
        return linear_weights(self.formula, self.offsets)


schemes: Registry[Scheme] = Registry(
    "scheme", lambda: import_modules_of(__name__), lambda item: item.formula.__module__
)


def scheme(
    *,
    order: int | None,
    source: str,
    label: str | None = None,
    needs: Needs = "real",
    name: str | None = None,
) -> Callable[[Formula], Scheme]:
    """Register a formula D(f, x, h) as a scheme under the function's name.

    Raises ValueError where the name is taken.
    """

    def register(formula: Formula) -> Scheme:
        called = name or formula.__name__
        family = formula.__module__.rpartition(".")[2]
        text = label or called.replace("_", " ")
        return schemes.add(called, Scheme(called, formula, order, needs, text, source, family))

    return register
