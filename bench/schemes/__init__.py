"""Ways to approximate a derivative, each a formula D(f, x, h) that reads like the textbook.

A scheme calls f at x plus multiples of h and uses nothing else of x and h but multiples.
The same formula runs on floats, fractions, arrays of any format, and exact balls. Every scheme is
also a way to take a gradient: coordinate by coordinate, or as it says itself. A procedure is a
scheme that looks at values of f and chooses its own steps: it has no h, no order and no theory.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Literal

from bench.registry import Registry, definition
from bench.schemes.gradient import by_coordinates
from bench.schemes.lattice import Multiple, linear_weights, offsets_of
from bench.schemes.outcome import Procedure
from bench.values import Namespace, Value

Formula = Callable[[Callable[[Value], Value], Value, Value], Value]
Gradient = Callable[[Callable[[Value, Namespace], Value], Value, Value, Namespace], Value]
Needs = Literal["real", "complex", "jax", "values", "formula"]
USUAL = 16  # evaluations of a procedure, about
MANY = 1000  # variables: what takes one run for so many is reverse mode


@dataclass(frozen=True)
class Scheme:
    """A way to approximate f', called as D(f, x, h); f, x and h are of any one arithmetic.

    `order` is the order of accuracy p, None for automatic differentiation and for a procedure,
    which have no step. A `procedure` is run on concrete values of f, or on its formula, and errs as
    a formula of order `ends_with` at its best step; `missing()` says what has to be installed for
    it, if anything. Where a `library` does it, f runs in whatever format that calls it in. Where it
    takes `complex_numbers`, f is also called on them.
    `own_gradient(F, x, h, xp)` takes the gradient of F(x, xp) at x (n,) in `passes(n)` runs of F
    or its tangent, None for coordinate by coordinate; where it is not `whole` it is one slope.
    """

    name: str
    formula: Formula
    order: int | None
    needs: Needs
    label: str
    source: str
    family: str
    own_gradient: Gradient | None = None
    own_passes: Callable[[int], int] | None = None
    whole: bool = True
    procedure: Procedure | None = None
    missing: Callable[[], str] = str
    ends_with: int = 2
    complex_numbers: bool = False
    library: str = ""

    def __call__(self, f: Callable[[Value], Value], x: Value, h: Value) -> Value:
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
    def cancels(self) -> bool:
        """Whether values of f beside each other are subtracted, so that a small step loses bits.

        Beside x on the imaginary axis the imaginary part of f is small by itself.
        """
        beside = any(complex(k).real for k in self.offsets)
        return self.has_step and (self.needs != "complex" or beside)

    @property
    def is_autodiff(self) -> bool:
        """Whether the scheme differentiates the program instead of evaluating it."""
        return not self.has_step and self.procedure is None

    @property
    def is_plain(self) -> bool:
        """Whether the scheme asks nothing of f but its values at real numbers."""
        return self.needs in ("real", "values") and not self.complex_numbers

    @property
    def is_reverse(self) -> bool:
        """Whether the scheme takes a whole gradient in one run, whatever n is."""
        return self.is_autodiff and self.passes(MANY) == 1

    @cached_property
    def offsets(self) -> tuple[Multiple, ...]:
        """The multiples k of h at which f(x + k h) is called; empty without a step."""
        return offsets_of(self.formula) if self.has_step else ()

    @property
    def evaluations(self) -> int:
        """Calls of f for one derivative, 0 where only a run tells.

        Autodiff runs f once and carries the derivative.
        """
        return len(self.offsets) if self.has_step else int(self.is_autodiff)

    @cached_property
    def weights(self) -> dict[Multiple, Multiple] | None:
        """The exact weight of each f(x + k h) / h; None where the scheme is not linear in f."""
        if not self.has_step or self.needs != "real":
            return None
        return linear_weights(self.formula, self.offsets)

    def gradient(
        self, F: Callable[[Value, Namespace], Value], x: Value, h: Value, xp: Namespace
    ) -> Value:
        """The gradient of F(x, xp) at x (n,) with steps h (n,): (n,), or (1,) along a line."""
        if self.own_gradient is not None:
            return self.own_gradient(F, x, h, xp)
        return by_coordinates(self.formula, F, x, h, xp)

    def passes(self, n: int) -> int:
        """Values of F for one gradient of n variables; for autodiff runs of F or its tangent."""
        if self.own_passes is not None:
            return self.own_passes(n)
        if self.procedure is not None:
            return USUAL * n
        return sum(1 for k in self.offsets if k) * n + (0 in self.offsets)

    def usual_step(self, significand_bits: int) -> float | None:
        """The step u^(1/(p+1)), or u where nothing cancels, as a power of two; None without."""
        if self.order is None:
            return None
        return 2.0 ** usual_exponent(self.order, significand_bits, cancels=self.cancels)


def usual_exponent(order: int, significand_bits: int, *, cancels: bool = True) -> int:
    """k of the step 2^k that textbooks take: u^(1/(p+1)), or u where nothing cancels."""
    return -round(significand_bits / (order + 1 if cancels else 1))


schemes: Registry[Scheme] = Registry(
    "scheme",
    Scheme,
    "bench.schemes:schemes",
    package=__name__,
    home=lambda item: item.formula.__module__,
)


def family_of(module: str) -> str:
    """The family of the schemes of a module: the file's name, or its package's among schemes."""
    inside = module.removeprefix(f"{__name__}.")
    return inside.partition(".")[0] if inside != module else module.rpartition(".")[2]


def scheme(
    *,
    order: int | None,
    source: str,
    label: str | None = None,
    needs: Needs = "real",
    name: str | None = None,
    gradient: Gradient | None = None,
    passes: Callable[[int], int] | None = None,
    whole: bool = True,
) -> Callable[[Formula], Scheme]:
    """Register a formula D(f, x, h) as a scheme under the function's name.

    A scheme without a step says how it takes a gradient. Raises ValueError where the name is
    taken.
    """

    def register(formula: Formula) -> Scheme:
        called = name or formula.__name__
        family = family_of(formula.__module__)
        text = label or called.replace("_", " ")
        found = Scheme(
            called,
            formula,
            order,
            needs,
            text,
            source,
            family,
            gradient,
            passes,
            whole,
            complex_numbers=needs == "complex",
        )
        return schemes.add(called, found)

    return register


def procedure(
    *,
    source: str,
    label: str,
    gradient: Gradient | None = None,
    passes: Callable[[int], int] | None = None,
    missing: Callable[[], str] = str,
    ends_with: int = 2,
    complex_numbers: bool = False,
    needs: Needs = "values",
    library: str = "",
    family: str = "",
) -> Callable[[Procedure], Scheme]:
    """Register a procedure as a scheme under the function's name.

    `passes` is about how many values of F a gradient takes; what it took is counted. One that
    needs a "formula" is given that, f(x, xp): its `passes` are runs of F or its tangent, if stated.
    """

    def register(run: Procedure) -> Scheme:
        @wraps(run)
        def formula(f: Callable[[Value], Value], x: Value, h: Value) -> Value:
            found = run(f, x, low=-math.inf, high=math.inf, closed=False).derivative
            return found.astype(x.dtype)

        name = formula.__name__
        found = Scheme(
            name,
            formula,
            None,
            needs,
            label,
            source,
            family or family_of(formula.__module__),
            gradient,
            passes,
            procedure=run,
            missing=missing,
            ends_with=ends_with,
            complex_numbers=complex_numbers,
            library=library,
        )
        return schemes.add(name, found)

    return register
