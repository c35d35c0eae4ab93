"""Reverse mode in exact arithmetic: the gradient of a function of n variables, in balls.

Each array remembers how it was made; the tape is then run backwards once. So the gradient of
10,000 variables costs a few evaluations of F in balls, not 10,000. (Linnainmaa 1976)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any

import flint
import numpy as np

from bench.arithmetic.balls import Balls, each_ball
from bench.arithmetic.functions import Functions, balls

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

    def __pos__(self) -> Taped:
        return self

    def __abs__(self) -> Taped:
        return _where(self.value >= 0, self, -self)

    def __pow__(self, power: Any) -> Taped:
        if not isinstance(power, Integral):
            return namespace.exp(_taped(power) * namespace.log(self))  # type: ignore[no-any-return]
        n = int(power)
        slope = _zeros(self.shape) if n == 0 else n * self.value ** (n - 1)
        return Taped(self.value**n, (self, lambda g: g * slope))

    def __rpow__(self, base: Any) -> Taped:
        return namespace.exp(self * balls.log(each_ball(_values(base))))  # type: ignore[no-any-return]

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


def _elementwise(name: str, slope: Callable[[Any, Any], Any]) -> Callable[[Any], Taped]:
    def operate(given: Any) -> Taped:
        x = _taped(given)
        value = getattr(balls, name)(x.value)
        return Taped(value, (x, lambda g: g * slope(x.value, value)))

    return operate


def _sum(given: Any, axis: int | None = None, dtype: Any = None) -> Taped:
    x = _taped(given)

    def back(g: Balls) -> Balls:
        spread = np.asarray(g, object)
        return np.broadcast_to(spread if axis is None else np.expand_dims(spread, axis), x.shape)

    return Taped(x.value.sum(axis=axis), (x, back))


def _prod(given: Any, axis: int | None = None, dtype: Any = None) -> Taped:
    """A product; what flows back to a factor is the product of all the others."""
    x = _taped(given)
    factors = x.value.reshape(-1) if axis is None else np.moveaxis(x.value, axis, 0)
    ones = np.ones((1, *factors.shape[1:]), object)
    before = np.cumprod(np.concatenate([ones, factors[:-1]]), axis=0)
    after = np.cumprod(np.concatenate([ones, factors[:0:-1]]), axis=0)[::-1]
    others = before * after

    def back(g: Balls) -> Balls:
        slopes = np.asarray(g, object) * others  # g is spread over the first axis
        return slopes.reshape(x.shape) if axis is None else np.moveaxis(slopes, 0, axis)

    return Taped(factors.prod(axis=0), (x, back))


def _concatenate(parts: Sequence[Any], axis: int = 0) -> Taped:
    taped = [_taped(part) for part in parts]
    ends = np.cumsum([part.shape[axis] for part in taped])

    def back(i: int) -> Pull:
        mine = range(ends[i] - taped[i].shape[axis], ends[i])
        return lambda g: np.take(g, mine, axis=axis)

    whole = np.concatenate([part.value for part in taped], axis=axis)
    return Taped(whole, *((part, back(i)) for i, part in enumerate(taped)))


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
    abs=lambda x: abs(_taped(x)),
    real=lambda x: x,
    where=_where,
    maximum=_maximum,
    minimum=_minimum,
    sum=_sum,
    prod=_prod,
    concatenate=_concatenate,
    asarray=np.asarray,
)


def gradient(formula: Callable[[Any, Any], Any], x: Balls) -> tuple[Any, Balls]:
    """F(x) and its gradient (n,) for x of n balls: one pass forwards, one back.

    Of several values F is their sum.
    """
    start = Taped(x)
    end = formula(start, namespace)
    flows: dict[int, Balls] = {id(end): np.full(np.shape(end.value), flint.arb(1), object)}
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
