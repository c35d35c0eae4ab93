"""The battery of `bench check`: right gradients of thirty functions, and nine ways to be wrong.

A function is written once, for NumPy, JAX and torch: `formula(x, xp, of)`, where `of(array)` gives
constants in the format of x. It was fixed before the check was tuned on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any
from zlib import crc32

import jax
import jax.numpy as jnp
import numpy as np

from bench.formats import formats
from bench.values import Array, Value

Formula = Callable[[Value, Value, Callable[[Any], Value]], Value]
FORMATS = ("float64", "float32", "bfloat16")


@dataclass(frozen=True)
class Case:
    """A function, the point it is checked at, and the relative noise that is added to it."""

    name: str
    formula: Formula
    x: Array
    noise: float = 0.0

    def at(self, precision: str, seed: int = 0) -> Array:
        """The point in a format; another one near by for each seed."""
        moved = 1 + np.random.default_rng(seed).normal(size=self.x.size) / 20 * (seed > 0)
        return formats[precision].round(self.x * moved)

    def function(self, precision: str) -> Callable[[Array], Value]:
        """The function as a NumPy callable of the format."""
        dtype = formats[precision].dtype

        def of(constant: Value) -> Value:
            return formats[precision].round(constant)

        def f(x: Array) -> Value:
            with np.errstate(all="ignore"):
                value = self.formula(x, np, of)
            if self.noise:
                grain = crc32(x.tobytes()) / 2**31 - 1
                value = value * (1 + np.asarray(self.noise * grain, dtype))
            return np.asarray(value, dtype)[()]

        return f

    def traced(self, precision: str) -> Callable[[Value], Value]:
        """The function without noise, for JAX."""
        dtype = formats[precision].dtype
        return lambda x: self.formula(x, jnp, lambda c: jnp.asarray(c, dtype))

    def gradient(self, x: Array) -> Array:
        """What jax.grad gives, run in the format of x."""
        jax.config.update("jax_enable_x64", True)
        return np.asarray(_gradient(self.name, x.dtype.name)(jnp.asarray(x)))


@cache
def _gradient(name: str, precision: str) -> Callable[[Value], Value]:
    return jax.jit(jax.grad(CASES[name].traced(precision)))


def _random(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).normal(size=shape)


def _rosenbrock(x: Value, xp: Value, of: Value) -> Value:
    return xp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def _least_squares(x: Value, xp: Value, of: Value) -> Value:
    rest = of(_random(1, 40, 20)) @ x - of(_random(2, 40))
    return xp.sum(rest * rest) / 2


def _logistic(x: Value, xp: Value, of: Value) -> Value:
    margins = of(_random(3, 64, 50) * np.sign(_random(4, 64, 1))) @ x
    return xp.sum(xp.log(1 + xp.exp(-margins))) / 64 + xp.sum(x * x) / 200


def _cross_entropy(x: Value, xp: Value, of: Value) -> Value:
    scores = of(_random(5, 30, 12)) @ x.reshape(12, 5)
    chosen = of(np.eye(5)[np.arange(30) % 5])
    return xp.sum(xp.log(xp.sum(xp.exp(scores), 1))) / 30 - xp.sum(scores * chosen) / 30


def _layers(x: Value, sizes: tuple[int, ...], of: Value, bend: Value, samples: int) -> Value:
    at, value = 0, of(_random(6, samples, sizes[0]))
    for i, (a, b) in enumerate(pairwise(sizes)):
        weights, bias = x[at : at + a * b].reshape(a, b), x[at + a * b : at + a * b + b]
        value = value @ weights + bias
        value = value if i == len(sizes) - 2 else bend(value)
        at += a * b + b
    return value


def _tanh_network(x: Value, xp: Value, of: Value) -> Value:
    rest = _layers(x, (6, 12, 2, 1), of, xp.tanh, 16)[:, 0] - of(_random(7, 16))
    return xp.sum(rest * rest) / 16


def _relu_network(x: Value, xp: Value, of: Value) -> Value:
    rest = _layers(x, (8, 32, 17, 1), of, lambda v: (v + abs(v)) / 2, 8)[:, 0] - of(_random(8, 8))
    return xp.sum(rest * rest) / 8


def _hinge(x: Value, xp: Value, of: Value) -> Value:
    margins = 1 - of(_random(9, 50, 30) * np.sign(_random(10, 50, 1))) @ x
    return xp.sum((margins + abs(margins)) / 2) / 50 + xp.sum(x * x) / 20


def _huber(x: Value, xp: Value, of: Value) -> Value:
    a = abs(x - of(_random(11, 100)))
    return xp.sum(xp.where(a < 1, a * a / 2, a - 1 / 2))


def _lasso(x: Value, xp: Value, of: Value) -> Value:
    rest = of(_random(12, 60, 40)) @ x - of(_random(13, 60))
    return xp.sum(rest * rest) / 60 + xp.sum(abs(x)) / 8


def _trace(x: Value, xp: Value, of: Value) -> Value:
    m = x.reshape(6, 6)
    return xp.sum((m @ of(_random(14, 6, 6))) * m) + xp.sum(of(_random(15, 6, 6)) * (m @ m))


def _barrier(x: Value, xp: Value, of: Value) -> Value:
    return xp.sum(x) / 4 - xp.sum(xp.log(1 - of(_random(16, 25, 20) / 8) @ x))


def _van_der_pol(x: Value, xp: Value, of: Value) -> Value:
    y, z, mu, h = x[0], x[1], x[2], of(0.0625)
    for _ in range(24):
        y, z = y + h * z, z + h * (mu * (1 - y * y) * z - y)
    return y * y + z


def _predators(x: Value, xp: Value, of: Value) -> Value:
    a, b, h = 1 + x[0] * 0, 1 + x[0] * 0, of(0.0625)
    for _ in range(16):
        a, b = a + h * (x[0] * a - x[1] * a * b), b + h * (x[2] * a * b - x[3] * b)
    return a + 2 * b


def _attention(x: Value, xp: Value, of: Value) -> Value:
    q, k, v = (x[32 * i : 32 * i + 32].reshape(4, 8) for i in range(3))
    s = of(_random(17, 5, 4))
    e = xp.exp((s @ q) @ (s @ k).T / 3)
    return xp.sum(of(_random(18, 5, 8)) * (e @ (s @ v) / xp.sum(e, 1)[:, None]))


def _convolution(x: Value, xp: Value, of: Value) -> Value:
    s = of(_random(19, 40))
    value = sum(x[i] * s[i : i + 20] for i in range(20)) + x[20]
    return xp.sum(xp.tanh(value) * of(_random(20, 20)))


def _mixture(x: Value, xp: Value, of: Value) -> Value:
    s = of(_random(21, 30))
    heights = (xp.exp(x[4 + i]) * xp.exp(-((s - x[i]) ** 2) * x[2 + i] / 2) for i in range(2))
    return -xp.sum(xp.log(sum(heights)))


def _scales(x: Value, xp: Value, of: Value) -> Value:
    y = x / of(10.0 ** np.linspace(-3, 3, 12))
    return xp.sum(xp.sin(y) + y * y / 3) + xp.sum(y[1:] * y[:-1])


def _ackley(x: Value, xp: Value, of: Value) -> Value:
    root = xp.sqrt(xp.sum(x * x) / 30)
    return 20 - 20 * xp.exp(-root / 5) - xp.exp(xp.sum(xp.cos(of(6.25) * x)) / 30)


def _largest(x: Value, xp: Value, of: Value) -> Value:
    values = of(_random(22, 9, 15)) @ x
    best = values[0]
    for i in range(1, 9):
        best = (best + values[i] + abs(best - values[i])) / 2
    return best + xp.sum(x * x) / 8


def _cases() -> Iterator[Case]:
    def one(name: str, formula: Formula, x: float, noise: float = 0.0) -> Case:
        return Case(name, formula, np.array([x]), noise)

    yield one("parabola", lambda x, xp, of: 3 * (x[0] - of(1 / 3)) ** 2, 1.3)
    yield one("exp_sin", lambda x, xp, of: xp.exp(x[0]) * xp.sin(x[0]), 1.5)
    yield one("near_an_edge", lambda x, xp, of: xp.log(x[0]) / (1 + x[0] * x[0]), 0.02)
    yield one("steep", lambda x, xp, of: xp.tanh(20 * (x[0] - of(0.5))), 0.47)
    yield one("fast", lambda x, xp, of: x[0] * xp.sin(20 * x[0]), 0.8)
    yield one("offset", lambda x, xp, of: 100 + xp.sin(x[0]), 1.0)
    yield one("kink_near_by", lambda x, xp, of: abs(x[0] - of(0.703125)) + x[0] ** 2, 0.71875)
    yield Case("rosenbrock_10", _rosenbrock, _random(30, 10) / 2 + 1)
    yield Case("rosenbrock_100", _rosenbrock, _random(31, 100) / 2)
    yield Case("least_squares", _least_squares, _random(32, 20))
    yield Case("logistic", _logistic, _random(33, 50) / 4)
    yield Case("cross_entropy", _cross_entropy, _random(34, 60) / 2)
    yield Case("log_sum_exp", lambda x, xp, of: xp.log(xp.sum(xp.exp(x))), _random(35, 1000))
    yield Case("tanh_network", _tanh_network, _random(36, 113) / 2)
    yield Case("relu_network", _relu_network, _random(37, 8 * 32 + 32 + 32 * 17 + 17 + 18) / 4)
    yield Case("hinge", _hinge, _random(38, 30) / 4)
    yield Case("huber", _huber, _random(39, 100))
    yield Case("lasso", _lasso, _random(40, 40) / 2)
    yield Case("trace", _trace, _random(41, 36))
    yield Case("barrier", _barrier, _random(42, 20) / 4)
    yield Case("van_der_pol", _van_der_pol, np.array([1.2, 0.4, 0.9]))
    yield Case("predators", _predators, np.array([0.7, 0.9, 0.6, 0.5]))
    yield Case("attention", _attention, _random(43, 96) / 2)
    yield Case("convolution", _convolution, _random(44, 21) / 2)
    yield Case("mixture", _mixture, np.array([-0.8, 0.7, 1.5, 0.9, 0.1, 0.2]))
    yield Case("scales", _scales, 10.0 ** np.linspace(-3, 3, 12) * (1 + _random(45, 12) / 4))
    yield Case("tiny", lambda x, xp, of: xp.sum(xp.sin(x) * x) * of(2.0**-30), _random(46, 8))
    yield Case("far", lambda x, xp, of: xp.sum((x - 64) ** 3 + (x - 64) ** 2), 64 + _random(47, 3))
    yield Case("noisy", lambda x, xp, of: xp.sum(x * x + x**3), _random(48, 10), 2.0**-18)
    yield Case("ackley", _ackley, _random(49, 30))
    yield Case("largest", _largest, _random(50, 15))
    yield Case("hypotenuses", lambda x, xp, of: xp.sum(xp.sqrt(1 + x * x)), _random(51, 500))


CASES = {case.name: case for case in _cases()}


def _changed(g: Array, i: int, factor: float) -> Array:
    found = g.copy()
    found[i] *= factor
    return found


def average(g: Array, x: Array) -> int:
    """A component of average weight in the gradient: the one nearest to the root mean square."""
    weight = np.abs(g * x)
    return int(np.argmin(np.abs(weight - np.sqrt(np.mean(weight**2)))))


def _turned(g: Array) -> Array:
    n = g.size
    rows = next((k for k in range(int(n**0.5), 1, -1) if n % k == 0), 1)
    return g.reshape(rows, -1).T.ravel() if rows > 1 else g[::-1] if n > 1 else 1 / g


def _half(g: Array) -> Array:
    found = g.copy()
    found[g.size // 2 :] = 0
    return found


def _without_a_term(g: Array, x: Array) -> Array:
    return g - x * (np.linalg.norm(g * x) / np.linalg.norm(x * x) / 8)


@dataclass(frozen=True)
class Wrong:
    """A wrong gradient: what was done to it, and how large its error is.

    `whole` is the factor by which all of it is wrong, less 1, where that is what was done; `size`
    is the norm of its error over its own, both weighted with |x|.
    """

    kind: str
    gradient: Array
    whole: float
    size: float


KINDS = (
    *("sign of one", "all doubled", "one + 1%", "all + 0.1%", "half detached", "a term missing"),
    *("transposed", "all just visible", "one just visible"),
)


def wrong(g: Array, x: Array, precision: str, whole: float, one: float) -> Iterator[Wrong]:
    """The nine wrong gradients; `whole` and `one` are what the verdict on the right one says.

    `g` and `x` have the format; errors are made in float64 and rounded to it.
    """
    G, X = g.astype(np.float64), np.where(x == 0, 1, x).astype(np.float64)
    i = average(G, X)
    made = {
        "sign of one": _changed(G, i, -1),
        "all doubled": 2 * G,
        "one + 1%": _changed(G, i, 1.01),
        "all + 0.1%": G * 1.001,
        "half detached": _half(G),
        "a term missing": _without_a_term(G, X),
        "transposed": _turned(G),
        "all just visible": G * (1 + 4 * whole),
        "one just visible": _changed(G, i, 1 + 4 * one),
    }
    for kind in KINDS:
        if not np.all(np.isfinite(made[kind])):
            continue
        rounded = formats[precision].round(made[kind])
        error = rounded.astype(np.float64) - G
        size = float(np.linalg.norm(error * X) / np.linalg.norm(G * X))
        yield Wrong(kind, rounded, size if kind.startswith("all") else 0.0, size)
