"""Reverse mode in exact arithmetic: the gradient of a function of n variables, in balls.

Each array remembers how it was made; the tape is then run backwards once. So the gradient of
10,000 variables costs a few evaluations of F in balls, not 10,000. (Linnainmaa 1976)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
import numpy as np
import numpy.typing as npt

from bench.arithmetic.functions import Functions, balls

Balls = npt.NDArray[np.object_]
Pull = Callable[[Balls], Balls]


class Taped:
    """An array of balls, and for each array it was made of the way its derivative flows back."""

    __array_ufunc__ = None  # NumPy leaves mixed operations to the methods here
    dtype = np.dtype(object)

    def __init__(self, value: Balls, *parents: tuple[Taped, Pull]) -> None:
        self.value: Balls = np.asarray(value, object)  # a sum over the last axis is no array
        self.parents = parents

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return np.shape(self.value)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return np.ndim(self.value)

    def __len__(self) -> int:
        return len(self.value)

    def __add__(self, other: Any) -> Taped:
        return _binary(self, other, np.add, lambda a, b, g: (g, g))

    def __sub__(self, other: Any) -> Taped:
        return _binary(self, other, np.subtract, lambda a, b, g: (g, -g))

    def __mul__(self, other: Any) -> Taped:
        return _binary(self, other, np.multiply, lambda a, b, g: (g * b, g * a))

    def __truediv__(self, other: Any) -> Taped:
        return _binary(self, other, np.divide, lambda a, b, g: (g / b, -g * a / (b * b)))

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other: Any) -> Taped:
        return (-self).__add__(other)

    def __rtruediv__(self, other: Any) -> Taped:
        return _taped(other) / self

    def __neg__(self) -> Taped:
        return Taped(-self.value, (self, lambda g: -g))

    def __pow__(self, power: int) -> Taped:
        return Taped(self.value**power, (self, lambda g: g * power * self.value ** (power - 1)))

    def __gt__(self, other: Any) -> Any:
        return self.value > _values(other)

    def __ge__(self, other: Any) -> Any:
        return self.value >= _values(other)

    def __lt__(self, other: Any) -> Any:
        return self.value < _values(other)

    def __le__(self, other: Any) -> Any:
        return self.value <= _values(other)

    def __getitem__(self, where: Any) -> Taped:
        def back(g: Balls) -> Balls:
            whole = _zeros(self.shape)
            whole[where] = np.asarray(g, object)[()]  # one number as a number, not as an array
            return whole

        return Taped(self.value[where], (self, back))

    def reshape(self, *shape: int) -> Taped:
        """The same numbers in another shape."""
        return Taped(self.value.reshape(*shape), (self, lambda g: np.reshape(g, self.shape)))


def _zeros(shape: tuple[int, ...]) -> Balls:
    whole = np.empty(shape, object)
    whole.fill(flint.arb(0))
    return whole


def _taped(value: Any) -> Taped:
    return value if isinstance(value, Taped) else Taped(np.asarray(value, object))


def _summed_to(shape: tuple[int, ...], g: Balls) -> Balls:
    """A derivative summed over the axes along which its array was spread."""
    g = np.asarray(g, object)
    extra = tuple(range(g.ndim - len(shape)))
    spread = tuple(
        i + len(extra) for i, size in enumerate(shape) if size == 1 < g.shape[i + len(extra)]
    )
    return np.asarray(g.sum(axis=extra + spread, keepdims=False), object).reshape(shape)


def _binary(a: Any, b: Any, operate: Any, slopes: Any) -> Taped:
    left, right = _taped(a), _taped(b)

    def back(side: int) -> Pull:
        shape = (left, right)[side].shape
        return lambda g: _summed_to(shape, slopes(left.value, right.value, g)[side])

    return Taped(operate(left.value, right.value), (left, back(0)), (right, back(1)))


def _elementwise(name: str, slope: Callable[[Any, Any], Any]) -> Callable[[Taped], Taped]:
    def operate(x: Taped) -> Taped:
        value = getattr(balls, name)(x.value)
        return Taped(value, (x, lambda g: g * slope(x.value, value)))

    return operate


def _sum(x: Taped, axis: int = 0, dtype: Any = None) -> Taped:
    def back(g: Balls) -> Balls:
        return np.broadcast_to(np.expand_dims(np.asarray(g, object), axis), x.shape)

    return Taped(x.value.sum(axis=axis), (x, back))


def _prod(x: Taped, axis: int = 0, dtype: Any = None) -> Taped:
    """A product; what flows back to a factor is the product of all the others."""
    ones = np.ones((1, *x.shape[1:]), object)
    before = np.cumprod(np.concatenate([ones, x.value[:-1]]), axis=0)
    after = np.cumprod(np.concatenate([ones, x.value[:0:-1]]), axis=0)[::-1]
    return Taped(x.value.prod(axis=axis), (x, lambda g: g * before * after))


def _where(condition: Any, a: Any, b: Any) -> Taped:
    """Elements of a where the condition holds, of b where not; slopes flow back the same way."""
    left, right = _taped(a), _taped(b)
    chosen = np.asarray(condition, bool)

    def back(side: int) -> Pull:
        shape, mine = (left, right)[side].shape, chosen if side == 0 else ~chosen
        return lambda g: _summed_to(shape, np.where(mine, g, flint.arb(0)))

    return Taped(np.where(chosen, left.value, right.value), (left, back(0)), (right, back(1)))


def _values(x: Any) -> Balls:
    return x.value if isinstance(x, Taped) else np.asarray(x, object)


def _maximum(a: Any, b: Any) -> Taped:
    return _where(_values(a) >= _values(b), a, b)


def _minimum(a: Any, b: Any) -> Taped:
    return _where(_values(a) <= _values(b), a, b)


# The slope of each elementary function, from its argument x and its value y.
SLOPES: dict[str, Callable[[Any, Any], Any]] = {
    "exp": lambda x, y: y,
    "expm1": lambda x, y: y + 1,
    "log": lambda x, y: 1 / x,
    "log1p": lambda x, y: 1 / (1 + x),
    "sqrt": lambda x, y: 1 / (2 * y),
    "sin": lambda x, y: balls.cos(x),
    "cos": lambda x, y: -balls.sin(x),
    "tan": lambda x, y: 1 + y * y,
    "sinh": lambda x, y: balls.cosh(x),
    "cosh": lambda x, y: balls.sinh(x),
    "tanh": lambda x, y: 1 - y * y,
    "arcsin": lambda x, y: 1 / balls.sqrt(1 - x * x),
    "arccos": lambda x, y: -1 / balls.sqrt(1 - x * x),
    "arctan": lambda x, y: 1 / (1 + x * x),
    "arcsinh": lambda x, y: 1 / balls.sqrt(x * x + 1),
    "arccosh": lambda x, y: 1 / balls.sqrt(x * x - 1),
    "arctanh": lambda x, y: 1 / (1 - x * x),
    "erf": lambda x, y: 2 / flint.arb.pi().sqrt() * balls.exp(-x * x),
}

namespace = Functions(
    "exact gradients",
    **{name: _elementwise(name, slope) for name, slope in SLOPES.items()},
    constant_log=lambda n: flint.arb(n).log(),
    abs=lambda x: _where(_values(x) >= 0, x, -x),
    real=lambda x: x,
    where=_where,
    maximum=_maximum,
    minimum=_minimum,
    sum=_sum,
    prod=_prod,
    asarray=np.asarray,
)


def gradient(formula: Callable[[Any, Any], Any], x: Balls) -> tuple[Any, Balls]:
    """F(x) and its gradient (n,) for x of n balls: one pass forwards, one back."""
    start = Taped(x)
    end = formula(start, namespace)
    flows: dict[int, Balls] = {id(end): np.asarray(flint.arb(1), object)}
    found = _zeros(x.shape)
    for node in reversed(_in_order(end)):
        g = flows.pop(id(node), None)
        if g is None:
            continue
        if node is start:
            found = g
        for parent, back in node.parents:
            flow = back(g)
            flows[id(parent)] = flows[id(parent)] + flow if id(parent) in flows else flow
    return end.value.item(), found


def _in_order(end: Taped) -> list[Taped]:
    """Every array that `end` was made of, parents before children."""
    order: list[Taped] = []
    seen: set[int] = set()
    stack: list[tuple[Taped, bool]] = [(end, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((parent, False) for parent, _ in node.parents)
    return order
