"""Plain NumPy code as its users write it: lists, imports by name, objects; and modules beside it."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import mpmath
import numpy as np
import pytest
from numpy.linalg import norm

import bench
from bench.programs import source_of
from bench.programs.examination import examine
from bench.programs.facts import Facts, Wanted
from bench.programs.loading import function_of
from bench.programs.opening import problem_of
from bench.registry import InputError
from bench.values import Value

BESIDE = """
import jax.numpy as jnp
import numpy as np

C = jnp.array([0.1, 0.2, 0.3])


def wave(x):
    return np.exp(np.sin(x))
"""

MINE = """
import math
from functools import partial

import jax.numpy as jnp
import numpy as np
from numpy.linalg import det, norm

import beside
from beside import wave

TABLE = {"sin": np.sin, "others": [math.cos, np.exp]}
DRAWN = np.random.default_rng().normal(size=3)


def of_beside(x):
    return jnp.sum(beside.C * x)


def waves(x):
    return wave(x) + math.sin(beside.wave(x))


def of_list(x):
    return np.sum([x, x**2]) + np.sum([[x, 1.0], [2.0, x]], axis=(0, 1))


def polynomial(x):
    return np.polyval([1, 2, 3], np.sin(x))


def between(x):
    return math.exp(x) * np.interp(x, [0.0, 1.0, 3.0], (1.0, 5.0, 2.0))


def product(x):
    return np.dot([1.0, 2.0], [x, x * x])


def ragged(x):
    return math.sin(x) * np.concatenate([[x], [x, 2.0]]).sum()


def weighed(x):
    return math.sin(x) * np.average([x, x * x], weights=[1, 2])


def reduced(x):
    return math.sin(x) * np.add.reduce([x, x * x])


def algebra(x):
    return norm([x, 2.0]) + det([[x, 1.0], [2.0, x]]) + np.linalg.solve([[x, 1], [1, 3]], [1, x])[0]


def spectrum(x):
    return np.abs(np.fft.fft([x, x**2, 1.0])[1])


def default(x, g=np.sin):
    return g(math.exp(x))


def table(x):
    return TABLE["sin"](x) * TABLE["others"][0](x) + TABLE["others"][1](x)


def length(x):
    return math.hypot(x, 1.0, 2 * x) + math.dist([x, 0.0], [1.0, x])


def summed(x):
    return math.sin(x) * math.fsum([x, x**2, 0.5])


class Model:
    w = np.array([1.0, 2.0])
    squash = staticmethod(np.tanh)

    def __init__(self, slope):
        self.slope, self.f = slope, math.sin

    def __call__(self, x):
        return self.f(self.slope * x) + np.sum(self.squash(self.w * x))


class Twice(Model):
    def __call__(self, x):
        return 2 * super().__call__(x)


def composed(g):
    return lambda x: g(x) * math.sqrt(x)


model = Twice(3.0)
method = Model(2.0).__call__
part = partial(lambda a, x: math.sin(a * x), 2.0)
closure = composed(np.cos)


def drawn(x):
    return jnp.sum(DRAWN * x)


def stores(x):
    y = np.zeros(1)
    y[0] = x
    return y[0]


def if_(x):
    if x > 1:
        return math.sin(x)
    return math.cos(x)
"""

STAR = """
from numpy import *


def star(x):
    return sin(x) * exp(cos(x)) + sum([x, abs(x) ** 3])
"""
PLAIN = (
    *("waves", "of_list", "polynomial", "between", "product", "ragged", "weighed", "reduced"),
    *("algebra", "spectrum", "default", "table", "length", "summed", "model", "method", "part"),
    *("closure", "star"),
)
X = 0.7


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("plain")
    for name, text in {"beside": BESIDE, "mine": MINE, "star": STAR}.items():
        (found / f"{name}.py").write_text(text)
    return found


def wanted(folder: Path, name: str) -> Wanted:
    file = "star.py" if name == "star" else "mine.py"
    return Wanted(source_of(f"{file}:{name}", folder), precisions=("float32", "float64"))


def told(folder: Path, name: str) -> Facts:
    return examine(wanted(folder, name))


def line_of(text: str) -> int:
    return MINE.splitlines().index(text) + 1


@pytest.mark.parametrize("name", PLAIN)
def test_numpy_code_has_its_own_value_and_its_exact_derivative(folder: Path, name: str) -> None:
    asked = wanted(folder, name)
    facts = examine(asked)
    assert facts.plain
    problem, own = problem_of(asked, facts), function_of(asked.source, wide=True)
    value = float(bench.derivative(problem, X, order=0))
    assert value == pytest.approx(float(own(np.float64(X))), rel=1e-12)
    assert float(bench.derivative(problem, X)) == pytest.approx(_slope(own), rel=1e-9)


def _slope(f: Callable[[Value], Value]) -> float:
    """The derivative by two differences of NumPy's own values."""
    first, second = ((float(f(X + h)) - float(f(X - h))) / (2 * h) for h in (2e-3, 1e-3))
    return second + (second - first) / 3


CLOSED: dict[str, Callable[[Value], Value]] = {
    "waves": lambda x: mpmath.exp(mpmath.sin(x)) + mpmath.sin(mpmath.exp(mpmath.sin(x))),
    "of_list": lambda x: 3 * x + x**2 + 3,
    "polynomial": lambda x: mpmath.sin(x) ** 2 + 2 * mpmath.sin(x) + 3,
    "between": lambda x: mpmath.exp(x) * (1 + 4 * x),
    "product": lambda x: x + 2 * x**2,
    "length": lambda x: mpmath.sqrt(5 * x**2 + 1) + mpmath.sqrt((x - 1) ** 2 + x**2),
    "model": lambda x: 2 * (mpmath.sin(3 * x) + mpmath.tanh(x) + mpmath.tanh(2 * x)),
    "closure": lambda x: mpmath.cos(x) * mpmath.sqrt(x),
    "star": lambda x: mpmath.sin(x) * mpmath.exp(mpmath.cos(x)) + x + x**3,
}


@pytest.mark.parametrize("name", CLOSED)
def test_the_derivative_of_numpy_code_is_that_of_mpmath(folder: Path, name: str) -> None:
    asked = wanted(folder, name)
    found = float(bench.derivative(problem_of(asked, examine(asked)), X))
    with mpmath.workprec(200):
        assert found == pytest.approx(float(mpmath.diff(CLOSED[name], mpmath.mpf(X))), rel=1e-14)


class Wave:
    """A live object of this module, which an import would find."""

    def __init__(self, slope: float) -> None:
        self.slope, self.f = slope, math.sin

    def __call__(self, x: Value) -> Value:
        return self.f(self.slope * x) * norm([x, 2.0])

    def bound(self, x: Value) -> Value:
        return math.exp(x) * self(x)


def scaled(slope: float, x: Value, g: Callable[[Value], Value] = np.sin) -> Value:
    return math.exp(g(slope * x))


LIVE: dict[str, tuple[Callable[[Value], Value], Callable[[Value], Value]]] = {
    "object": (Wave(3.0), lambda x: mpmath.sin(3 * x) * mpmath.sqrt(x**2 + 4)),
    "method": (Wave(1.0).bound, lambda x: mpmath.exp(x) * mpmath.sin(x) * mpmath.sqrt(x**2 + 4)),
    "partial": (partial(scaled, 2.0), lambda x: mpmath.exp(mpmath.sin(2 * x))),
}


@pytest.mark.parametrize("name", LIVE)
def test_a_live_object_is_differentiated_and_stays_as_it_was(name: str) -> None:
    f, true = LIVE[name]
    before = f(X)
    with mpmath.workprec(200):
        assert float(bench.derivative(f, X)) == pytest.approx(
            float(mpmath.diff(true, mpmath.mpf(X))), rel=1e-14
        )
    assert isinstance(f(X), float)
    assert f(X) == before
    assert (Wave(1.0).f, scaled.__defaults__) == (math.sin, (np.sin,))


def test_a_module_beside_a_file_has_the_numbers_of_the_format(folder: Path) -> None:
    (remark,) = told(folder, "of_beside").remarks
    assert remark == (
        "mine.py:of_beside has constants that a format rounds: 2.7e-08 of f in float32; it is "
        "rounding"
    )
    u = abs(np.float32([0.1, 0.2, 0.3]).astype(float).sum() - 0.6) / 0.6
    assert u == pytest.approx(2.7e-8, rel=0.02)


def test_data_that_a_file_draws_anew_is_told(folder: Path) -> None:
    with pytest.raises(InputError) as error:
        told(folder, "drawn")
    assert str(error.value) == (
        f"mine.py:{line_of('def drawn(x):')}: drawn is another function at every import: it draws "
        "random numbers, or changes what it reads; allowed: give it its numbers as an argument"
    )


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("stores", "    y[0] = x", "ValueError: setting an array element with a sequence."),
        (
            "if_",
            "    if x > 1:",
            "`if x > 1:` needs a number, and x is every number here: write "
            "jnp.where(condition, .., ..) or jax.lax.cond",
        ),
    ],
)
def test_what_numpy_does_to_numbers_alone_is_told_with_its_line(
    folder: Path, name: str, line: str, said: str
) -> None:
    with pytest.raises(InputError) as error:
        told(folder, name)
    assert str(error.value) == f"mine.py:{line_of(line)}: {said}"
