"""A scheme as one sum of weights times values of f, the choices that it makes included.

The formula is run on forms instead of numbers. Where it chooses (`where` of a comparison of sizes),
the first of the two is taken, and what was chosen is noted: where all notes hold, the scheme is
this one sum. With f(x + k h) as a power series in h a sum is a power series, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import lcm
from types import SimpleNamespace
from typing import Any

import numpy as np

from bench.schemes import Scheme
from bench.schemes.lattice import Multiple, Node, Step, product, rational
from bench.values import Floats

Value = tuple[Multiple, bool]  # k of f(x + k h), and whether its imaginary part is meant


@dataclass(frozen=True)
class Choice:
    """A choice: right where `smaller` is smaller than `larger`, each by its size.

    It does not matter where all `differences` between what is taken and what is not are 0.
    """

    smaller: Form
    larger: Form
    differences: list[Form]


@dataclass(frozen=True)
class Branch:
    """A scheme where its choices are right."""

    form: Form
    choices: tuple[Choice, ...]


class Form:
    """Values of f, each times an exact weight, and their sum divided by h."""

    __array_ufunc__ = None

    def __init__(self, weights: Mapping[Value, Fraction], noted: list[Choice]) -> None:
        self.weights, self._noted = dict(weights), noted

    def __add__(self, other: Form) -> Form:
        if not isinstance(other, Form):
            return NotImplemented
        keys = dict.fromkeys((*self.weights, *other.weights))
        mine, others = self.weights, other.weights
        return self._of({k: mine.get(k, Fraction(0)) + others.get(k, Fraction(0)) for k in keys})

    def __mul__(self, factor: int | Fraction) -> Form:
        if not isinstance(factor, int | Fraction):
            return NotImplemented
        return self._of({k: weight * factor for k, weight in self.weights.items()})

    __rmul__ = __mul__

    def __truediv__(self, divisor: int | Fraction) -> Form:
        if not isinstance(divisor, int | Fraction):
            return NotImplemented
        return self * Fraction(1, divisor)

    def __neg__(self) -> Form:
        return self * -1

    def __sub__(self, other: Form) -> Form:
        return self + -other

    def __abs__(self) -> _Size:
        return _Size(self, self._noted)

    @property
    def imag(self) -> Form:
        """The imaginary part of each value."""
        return self._of({(k, True): weight for (k, _), weight in self.weights.items()})

    def __array_namespace__(self) -> SimpleNamespace:
        return SimpleNamespace(where=_taken)

    def _of(self, weights: Mapping[Value, Fraction]) -> Form:
        return Form(weights, self._noted)

    @property
    def size(self) -> float:
        """The sum of the weights' sizes, rounded up."""
        return float(sum(map(abs, self.weights.values()))) * (1 + 2.0**-40)

    @property
    def reach(self) -> float:
        """The largest |k|, rounded up."""
        return max(map(abs, (complex(k) for k, _ in self.weights))) * (1 + 2.0**-40)

    def moments(self, count: int) -> list[Fraction]:
        """The sums of w_k k^j for j = 0, 1 .. count - 1; of Im k^j where that part is meant.

        With f(x + k h) = sum of a_j (k h)^j they are the factors of a_j h^j.
        """
        points = [(_parts_of(k), part, weight) for (k, part), weight in self.weights.items()]
        below = lcm(*(each.denominator for parts, _, _ in points for each in parts))
        under = lcm(*(weight.denominator for _, _, weight in points))
        totals = [0] * count  # over a common denominator: integers are much faster than fractions
        for parts, part, weight in points:
            real, imag = (int(each * below) for each in parts)
            power = (int(weight * under), 0)
            for j in range(count):
                totals[j] += power[part]
                power = (power[0] * real - power[1] * imag, power[0] * imag + power[1] * real)
        return [Fraction(total, under * below**j) for j, total in enumerate(totals)]


def _parts_of(k: Multiple) -> tuple[Fraction, Fraction]:
    """The real and the imaginary part of a multiple, exactly."""
    if isinstance(k, complex):
        return Fraction(k.real), Fraction(k.imag)
    return Fraction(k), Fraction(0)


class _Size:
    """The size of a form: that one is smaller than another is noted, and taken to be so."""

    __array_ufunc__ = None

    def __init__(self, form: Form, noted: list[Choice]) -> None:
        self.form, self._noted = form, noted

    def __lt__(self, other: _Size) -> Choice:
        self._noted.append(Choice(self.form, other.form, []))
        return self._noted[-1]


def _taken(choice: Choice, first: Form | _Size, second: Form | _Size) -> Form | _Size:
    """The first of two, forms or sizes."""
    one, other = (each.form if isinstance(each, _Size) else each for each in (first, second))
    choice.differences.append(one - other)
    return first


@lru_cache(maxsize=256)
def branch_of(scheme: Scheme) -> Branch | None:
    """A scheme as one sum; None where it is none, or not one that gives f' for h to 0."""
    noted: list[Choice] = []

    def value(node: Node) -> Form:
        return Form({(node.multiple, False): Fraction(1)}, noted)

    try:
        found: Any = scheme.formula(value, Node(rational), Step(product))
        form = found if isinstance(found, Form) else None
    except (TypeError, AttributeError, AssertionError):
        return None
    if form is None or not _is_real(form) or form.moments(2) != [0, 1]:
        return None
    return Branch(form, tuple(noted))


def _is_real(form: Form) -> bool:
    return all(imaginary or not isinstance(k, complex) for k, imaginary in form.weights)


@lru_cache(maxsize=1024)
def factors(form: Form, count: int) -> tuple[Floats, Floats]:
    """The moments of a form as float64, and what is left of them; off by at most u^2."""
    exact = form.moments(count)
    high = [float(number) for number in exact]
    low = [float(number - Fraction(near)) for number, near in zip(exact, high, strict=True)]
    return np.array(high), np.array(low)
