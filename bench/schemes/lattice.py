"""The points x + k h that a family of schemes shares, each evaluated once.

A scheme's formula is run on symbols instead of numbers: `Step` stands for a multiple of h,
`Node` for x + k h. So the formula itself tells which multiples k it needs; all of them, for
all steps at once, become one array of points. With powers of two for steps most of them
coincide (2h at one step is h at the next): the shared points are evaluated once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, reduce
from math import prod

import numpy as np
import numpy.typing as npt

from bench.values import Array, Value

Multiple = int | Fraction | complex
Factors = tuple[Multiple, ...]
Column = slice | npt.NDArray[np.intp]


def rational(multiple: Multiple) -> Fraction:
    """A real multiple as a fraction."""
    assert not isinstance(multiple, complex), "an imaginary multiple of h is no real one"
    return Fraction(multiple)


def product(factors: Factors) -> Fraction:
    """The product of real factors, exactly."""
    return prod(map(rational, factors), start=Fraction(1))


def _simplest(multiple: Value) -> Multiple:
    """The same number as an int where it is one, so that arithmetic with it stays cheap."""
    if type(multiple) is int:
        return multiple
    if type(multiple) is Fraction and multiple.denominator == 1:
        return multiple.numerator
    if type(multiple) is complex and multiple.imag == 0:
        return _simplest(Fraction(multiple.real))
    return multiple  # type: ignore[no-any-return]


class Step:
    """A multiple of the step h; dividing by it divides by that multiple of h.

    `scaled(factors)` answers h times one factor after another, as the arithmetic rounds each
    product: 2 (h/2) is not h where h/2 underflows.
    """

    __slots__ = ("_factors", "_scaled", "multiple")
    __array_ufunc__ = None  # array / Step is answered here, not element by element

    def __init__(
        self,
        scaled: Callable[[Factors], Value],
        multiple: Multiple = 1,
        factors: Factors = (),
    ) -> None:
        self._scaled, self._factors = scaled, factors
        self.multiple = multiple

    def __mul__(self, factor: Multiple) -> Step:
        multiple = self.multiple * factor
        return Step(
            self._scaled,
            multiple if type(multiple) is int else _simplest(multiple),
            (*self._factors, factor),
        )

    __rmul__ = __mul__

    def __truediv__(self, divisor: int) -> Step:
        return self * Fraction(1, divisor)

    def __neg__(self) -> Step:
        return self * -1

    def __radd__(self, other: Node) -> Node:
        return other + self

    def __rtruediv__(self, values: Value) -> Value:
        return values / self._scaled(self._factors)


class Node:
    """x + k h for a multiple k; the difference of two is that of the numbers they are rounded to.

    `at(k)` answers x + k h as the arithmetic rounds it.
    """

    __slots__ = ("_at", "multiple")

    def __init__(self, at: Callable[[Multiple], Value], multiple: Multiple = 0) -> None:
        self._at = at
        self.multiple = multiple

    def __add__(self, step: Step) -> Node:
        multiple = self.multiple + step.multiple
        return Node(self._at, multiple if type(multiple) is int else _simplest(multiple))

    def __sub__(self, other: Step | Node) -> Value:
        if isinstance(other, Node):
            return self._at(self.multiple) - self._at(other.multiple)
        return self + -other


def _order(multiple: Multiple) -> tuple[float, float]:
    return (complex(multiple).real, complex(multiple).imag)


def offsets_of(formula: Callable[[Value, Value, Value], Value]) -> tuple[Multiple, ...]:
    """The multiples k at which a scheme's formula calls f(x + k h), ascending."""
    asked: set[Multiple] = set()

    def record(node: Node) -> npt.NDArray[np.complex128] | npt.NDArray[np.float64]:
        asked.add(node.multiple)
        return np.ones(1, complex if isinstance(node.multiple, complex) else float)

    ones = np.ones(1)
    with np.errstate(all="ignore"):  # only which points are asked for counts
        formula(record, Node(lambda multiple: ones), Step(lambda factors: ones))
    return tuple(sorted(asked, key=_order))


def linear_weights(
    formula: Callable[[Value, Value, Value], Value], offsets: Sequence[Multiple]
) -> dict[Multiple, Multiple] | None:
    """The exact weight of each f(x + k h) in h D(f, x, h); None if D is not linear in f.

    Each f(x + k h) is a unit vector of fractions, so the result is the vector of weights.
    """
    identity = [[Fraction(int(i == k)) for k in range(len(offsets))] for i in range(len(offsets))]
    rows = dict(zip(offsets, np.array(identity, dtype=object), strict=True))
    try:
        found = formula(lambda node: rows[node.multiple], Node(rational), Step(product))
    except TypeError:
        return None
    if not np.all(formula_is_linear(formula, offsets, found)):
        return None
    return dict(zip(offsets, found.tolist(), strict=True))


def formula_is_linear(
    formula: Callable[[Value, Value, Value], Value], offsets: Sequence[Multiple], weights: Value
) -> bool:
    """Whether D of some values equals the weighted sum of these values."""
    values = {k: Fraction(7 * i * i + 3, i + 2) for i, k in enumerate(offsets)}
    arrays = {k: np.array([value], dtype=object) for k, value in values.items()}
    found = formula(lambda node: arrays[node.multiple], Node(rational), Step(product))
    expected = sum(w * values[k] for k, w in zip(offsets, weights, strict=True))
    return bool(found[0] == expected)


@dataclass(frozen=True)
class Plan:
    """Which displacements k h a set of schemes needs, each once, and where each k finds its own.

    `displacements` has shape (d, 1); `columns[k]` picks those of k, one a step.
    """

    displacements: Array
    columns: Mapping[Multiple, Column]


def _columns(index: npt.NDArray[np.intp]) -> Column:
    """Evenly spaced columns as a slice: a view instead of a copy."""
    if len(index) > 1:
        strides = np.diff(index)
        stride = int(strides[0])
        if abs(stride) == 1 and np.all(strides == stride):
            stop = int(index[-1]) + stride
            return slice(int(index[0]), None if stop < 0 else stop, stride)
    return index


@lru_cache(maxsize=64)
def _plan(offsets: tuple[Multiple, ...], dtype: np.dtype[np.generic], steps: bytes) -> Plan:
    h = np.frombuffer(steps, dtype)
    needed = [_scaled(h, k) for k in offsets]
    # float64 holds every displacement of every format exactly; grouping by mantissa makes the
    # displacements 2^j k of one k neighbours, in the order of the steps, which mostly fall.
    unique, inverse = np.unique(np.concatenate(needed).astype(np.float64), return_inverse=True)
    mantissa, exponent = np.frexp(unique)
    order = np.lexsort((-exponent, mantissa))
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    index = rank[inverse].reshape(len(offsets), len(h))
    columns = {k: _columns(row) for k, row in zip(offsets, index, strict=True)}
    return Plan(unique[order].astype(dtype)[:, None], columns)


def _scaled(h: Array, multiple: Multiple) -> Array:
    """The multiple of h, computed in h's own format."""
    kind = h.dtype.type
    if type(multiple) is int:
        return h if multiple == 1 else h * kind(multiple)
    exact = rational(multiple)
    scaled = h if exact.numerator == 1 else h * kind(exact.numerator)
    return scaled if exact.denominator == 1 else scaled / kind(exact.denominator)


class Lattice:
    """The values of f at x + k h, for all x (n,) and all h (m,) in one floating-point format.

    `lattice(node)` answers f(x + k h) with an array of shape (m, n), or (1, n) for k = 0: steps
    come first, so that the values of one k are neighbours in memory.
    """

    def __init__(
        self,
        f: Callable[[Value], Value],
        x: Array,
        h: Array,
        offsets: Iterable[Multiple],
    ) -> None:
        self._x, self._h = x, h
        self._multiples: dict[Factors, Array] = {}
        self._values: dict[Multiple, Array] = {}
        row = x[None, :]
        real = []
        for k in offsets:
            if isinstance(k, complex):
                imaginary = 1j * _scaled(h, Fraction(k.imag)) + k.real * h
                self._values[k] = f(row + imaginary[:, None])
            elif k == 0:
                self._values[k] = f(row)
            else:
                real.append(k)
        if real:
            plan = _plan(tuple(real), h.dtype, h.tobytes())
            values = f(row + plan.displacements)
            for k, where in plan.columns.items():
                self._values[k] = values[where]

    def __call__(self, node: Node) -> Array:
        return self._values[node.multiple]

    def _multiple(self, factors: Factors) -> Array:
        if factors not in self._multiples:
            self._multiples[factors] = reduce(_scaled, factors, self._h)[:, None]
        return self._multiples[factors]

    def _at(self, multiple: Multiple) -> Array:
        row = self._x[None, :]
        return row + self._multiple((multiple,)) if multiple else row

    def estimate(self, formula: Callable[[Value, Value, Value], Value]) -> Array:
        """D(f, x, h) for all x and h: shape (n, m)."""
        result: Array = formula(self, Node(self._at), Step(self._multiple))
        return result.T
