"""Every element function with an exact rule agrees with mpmath, and so does its power series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from jax import lax
from jax._src.ad_util import add_jaxvals
from mpmath import mp

from bench.arithmetic.program import rules
from bench.arithmetic.program.asked import taylor, value
from bench.arithmetic.program.traced import traced

Points = list[tuple[float, ...]]
INFINITY = float("inf")
DIGITS = 30
ORDER = 3


@dataclass(frozen=True)
class Reference:
    """What mpmath says of a function of JAX, and where it is asked."""

    of_jax: Callable[..., Any]
    of_mpmath: Callable[..., Any]
    points: Points


def of_one(of_jax: Any, of_mpmath: Any, *points: float) -> Reference:
    return Reference(of_jax, of_mpmath, [(x,) for x in points])


def of_several(of_jax: Any, of_mpmath: Any, *points: tuple[float, ...]) -> Reference:
    return Reference(of_jax, of_mpmath, list(points))


def lower_gamma(a: Any, x: Any) -> Any:
    return mp.gammainc(a, 0, x, regularized=True)


def upper_gamma(a: Any, x: Any) -> Any:
    return mp.gammainc(a, x, mp.inf, regularized=True)


def remainder(a: Any, b: Any) -> Any:
    return a - b * int(a / b)


REFERENCES: dict[str, Reference] = {
    "add": of_several(lax.add, lambda a, b: a + b, (0.1, 0.7)),
    "add_any": of_several(add_jaxvals, lambda a, b: a + b, (0.1, 0.7)),
    "sub": of_several(lax.sub, lambda a, b: a - b, (0.1, 0.7)),
    "mul": of_several(lax.mul, lambda a, b: a * b, (0.1, 0.7)),
    "div": of_several(lax.div, lambda a, b: a / b, (0.1, 0.7), (-3.0, 1e-12)),
    "neg": of_one(lax.neg, lambda x: -x, 0.1),
    "square": of_one(lax.square, lambda x: x * x, 0.1, -3.0),
    "integer_pow": of_one(lambda x: lax.integer_pow(x, -3), lambda x: x**-3, 0.1, -7.0),
    "pow": of_several(
        *(lax.pow, mp.power),
        *((0.3, 2.5), (3.0, 0.1), (1e-5, -0.3), (7.0, 3.0), (1.0001, 20_000.5)),
    ),
    "exp": of_one(lax.exp, mp.exp, -40.0, 0.1, 300.0),
    "exp2": of_one(lax.exp2, lambda x: mp.mpf(2) ** x, -40.0, 0.1, 300.0),
    "expm1": of_one(lax.expm1, mp.expm1, -40.0, 1e-12, 2.0),
    "log": of_one(lax.log, mp.log, 1e-12, 0.1, 1e10),
    "log1p": of_one(lax.log1p, mp.log1p, -0.75, 1e-12, 1e10),
    "logistic": of_one(lax.logistic, lambda x: 1 / (1 + mp.exp(-x)), -40.0, 0.1, 40.0),
    "log2": of_one(jnp.log2, lambda x: mp.log(x, 2), 1e-12, 0.1, 1e10),
    "one_minus_square": of_one(
        lambda x: jax.grad(lax.tanh)(lax.atanh(x)), lambda x: 1 - x * x, -0.9, 0.1, 0.99
    ),
    "sqrt": of_one(lax.sqrt, mp.sqrt, 1e-12, 0.1, 7.0),
    "rsqrt": of_one(lax.rsqrt, lambda x: 1 / mp.sqrt(x), 1e-12, 0.1, 7.0),
    "cbrt": of_one(lax.cbrt, lambda x: mp.sign(x) * mp.cbrt(abs(x)), -2.0, 0.1, 7.0),
    "sin": of_one(lax.sin, mp.sin, -2.0, 0.1, 1e6),
    "cos": of_one(lax.cos, mp.cos, -2.0, 0.1, 1e6),
    "tan": of_one(lax.tan, mp.tan, -2.0, 0.1, 1e6),
    "asin": of_one(lax.asin, mp.asin, -0.9, 0.1, 0.99),
    "acos": of_one(lax.acos, mp.acos, -0.9, 0.1, 0.99),
    "atan": of_one(lax.atan, mp.atan, -20.0, 0.1, 1e5),
    "sinh": of_one(lax.sinh, mp.sinh, -2.0, 1e-12, 30.0),
    "cosh": of_one(lax.cosh, mp.cosh, -2.0, 1e-12, 30.0),
    "tanh": of_one(lax.tanh, mp.tanh, -20.0, 1e-12, 2.0),
    "asinh": of_one(lax.asinh, mp.asinh, -20.0, 1e-12, 1e5),
    "acosh": of_one(lax.acosh, mp.acosh, 1.001, 2.0, 1e5),
    "atanh": of_one(lax.atanh, mp.atanh, -0.9, 1e-12, 0.99),
    "atan2": of_several(
        *(lax.atan2, mp.atan2),
        *((0.1, 2.0), (0.1, -2.0), (-0.1, -2.0), (2.0, 0.1), (-2.0, 0.1), (2.0, -0.1)),
    ),
    "abs": of_one(lax.abs, abs, -2.0, 0.1),
    "sign": of_one(lax.sign, mp.sign, -2.0, 0.1),
    "floor": of_one(lax.floor, mp.floor, -2.5, 0.1, 7.9),
    "ceil": of_one(lax.ceil, mp.ceil, -2.5, 0.1, 7.9),
    "round": of_one(lax.round, mp.nint, -2.4, 0.1, 7.9),
    "rem": of_several(lax.rem, remainder, (7.3, 2.0), (-7.3, 2.0), (7.3, -0.3)),
    "max": of_several(lax.max, max, (0.1, 0.7), (0.7, 0.1)),
    "min": of_several(lax.min, min, (0.1, 0.7), (0.7, 0.1)),
    "clamp": of_several(
        *(lax.clamp, lambda low, x, high: min(max(low, x), high)),
        *((0.0, 0.5, 1.0), (0.0, -0.5, 1.0), (0.0, 1.5, 1.0)),
    ),
    "erf": of_one(lax.erf, mp.erf, -2.0, 1e-12, 3.0),
    "erfc": of_one(lax.erfc, mp.erfc, -2.0, 0.1, 20.0),
    "erf_inv": of_one(lax.erf_inv, mp.erfinv, -0.9, 1e-12, 0.999),
    "lgamma": of_one(lax.lgamma, lambda x: mp.log(abs(mp.gamma(x))), -1.5, 0.1, 30.0),
    "digamma": of_one(lax.digamma, mp.digamma, -1.5, 0.1, 30.0),
    "polygamma": of_several(
        lambda m, x: lax.polygamma(0 * m + 2.0, x), lambda m, x: mp.polygamma(2, x), (2.0, 1.5)
    ),
    "bessel_i0e": of_one(
        lax.bessel_i0e, lambda x: mp.besseli(0, x) * mp.exp(-abs(x)), -2.0, 0.1, 30.0
    ),
    "bessel_i1e": of_one(
        lax.bessel_i1e, lambda x: mp.besseli(1, x) * mp.exp(-abs(x)), -2.0, 0.1, 30.0
    ),
    "igamma": of_several(lax.igamma, lower_gamma, (2.5, 1.25), (1.0, 3.0), (0.3, 0.01)),
    "igammac": of_several(lax.igammac, upper_gamma, (2.5, 1.25), (1.0, 3.0), (0.3, 0.01)),
    "igamma_grad_a": of_several(
        lax.igamma_grad_a,
        lambda a, x: mp.diff(lambda a: lower_gamma(a, x), a),
        *((2.5, 1.25), (1.0, 3.0)),
    ),
    "regularized_incomplete_beta": of_several(
        lax.betainc,
        lambda a, b, x: mp.betainc(a, b, 0, x, regularized=True),
        *((2.5, 1.25, 0.3), (1.0, 3.0, 0.9)),
    ),
    "zeta": of_several(lax.zeta, mp.zeta, (2.5, 1.25), (7.0, 3.0)),
    "real": of_several(
        lambda a, b: lax.real(_square(a, b)), lambda a, b: a * a - b * b, (0.1, 0.7)
    ),
    "imag": of_several(lambda a, b: lax.imag(_square(a, b)), lambda a, b: 2 * a * b, (0.1, 0.7)),
    "conj": of_several(
        lambda a, b: lax.imag(lax.conj(_square(a, b))), lambda a, b: -2 * a * b, (0.1, 0.7)
    ),
    "complex": of_several(
        lambda a, b: lax.imag(_square(a, b)), lambda a, b: 2 * a * b, (0.1, 0.7), (-3.0, 0.1)
    ),
}


def _square(a: Any, b: Any) -> Any:
    """(a + i b)^2."""
    return lax.complex(a, b) * lax.complex(a, b)


NEWER = {"log2", "one_minus_square"} if jax.__version_info__ < (0, 11) else set()
ALL = {name for name, rule in rules.items() if rule.kind == "element function"}
ELEMENTS = sorted(ALL - NEWER)
each_element = pytest.mark.parametrize("name", ELEMENTS)
OF_COMPLEX = [
    *("exp", "log", "exp2", "expm1", "log1p", "logistic", "neg", "square", "sqrt", "rsqrt"),
    *("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"),
    *("asinh", "acosh", "atanh", "integer_pow"),
]
COMPLEX_POINT = 0.25, 0.75


def on_vector(name: str) -> Callable[[Any], Any]:
    """The function, of all its numbers in one array."""
    of_jax, n = REFERENCES[name].of_jax, len(REFERENCES[name].points[0])
    return lambda x: of_jax(*(x[i] for i in range(n)))


def on_line(name: str, x: tuple[float, ...]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The function along a line through a point, for JAX and for mpmath."""
    weights = [1.0, -0.5, 0.25][: len(x)]

    def along(function: Callable[..., Any]) -> Callable[[Any], Any]:
        return lambda t: function(*(a + t * w for a, w in zip(x, weights, strict=True)))

    return along(REFERENCES[name].of_jax), along(REFERENCES[name].of_mpmath)


def distance(ball: Any, number: Any) -> Any:
    """How far a ball's middle is from a number, relative to it where it is not 0."""
    found = mpmath.mpf(ball.mid().str(60, radius=False))
    return abs(found - number) / (abs(number) or 1)


def test_every_element_function_has_a_reference() -> None:
    assert set(REFERENCES) == ALL


@each_element
def test_values_agree_with_mpmath(name: str) -> None:
    program = traced(on_vector(name), (len(REFERENCES[name].points[0]),))
    assert name in [equation.primitive.name for equation in program.jaxpr.eqns]
    with mpmath.workdps(60):
        for x in REFERENCES[name].points:
            (found,) = value(program, np.array(x))
            expected = REFERENCES[name].of_mpmath(*map(mpmath.mpf, x))
            assert found.shape == ()
            assert distance(found[()], expected) < mpmath.mpf(10) ** -DIGITS, (x, found)


@each_element
def test_power_series_agree_with_mpmath(name: str) -> None:
    for x in REFERENCES[name].points:
        of_jax, of_mpmath = on_line(name, x)
        program = traced(of_jax)
        found = taylor(program, 0.0, ORDER)
        with mpmath.workdps(60):
            for k, ball in enumerate(found):
                expected = mpmath.diff(of_mpmath, 0, k, h=mpmath.mpf(10) ** -50)
                assert distance(ball, expected) < 1e-25, (x, k, found)


@pytest.mark.parametrize("name", OF_COMPLEX)
def test_a_complex_number_keeps_its_imaginary_part(name: str) -> None:
    of_jax, of_mpmath = REFERENCES[name].of_jax, REFERENCES[name].of_mpmath

    def parts(t: Any) -> Any:
        found = of_jax(lax.complex(COMPLEX_POINT[0] + t, COMPLEX_POINT[1] + 0 * t))
        return lax.real(found) + 3 * lax.imag(found)

    def expected(t: Any) -> Any:
        found = of_mpmath(mpmath.mpc(COMPLEX_POINT[0] + t, COMPLEX_POINT[1]))
        return found.real + 3 * found.imag

    found = taylor(traced(parts), 0.0, 1)
    with mpmath.workdps(60):
        for k, ball in enumerate(found):
            assert distance(ball, mpmath.diff(expected, 0, k, h=mpmath.mpf(10) ** -50)) < 1e-25


ENDS = [0.0, 1.0, -1.0, INFINITY, -INFINITY]
# 1 / 0^3 has the sign of a zero, which is nothing that an exact number has; the gamma
# function has poles all the way to minus infinity, with both signs at each.
NO_NUMBER = {("integer_pow", 0.0), ("lgamma", -INFINITY), ("digamma", 0.0)}


@pytest.mark.parametrize("name", [n for n in ELEMENTS if len(REFERENCES[n].points[0]) == 1])
def test_at_the_ends_of_its_domain_a_function_is_what_jax_makes_of_it(name: str) -> None:
    program = traced(REFERENCES[name].of_jax)
    with jax.enable_x64(True):
        expected = np.asarray(jax.vmap(REFERENCES[name].of_jax)(jax.numpy.array(ENDS)))
    for x, jax_says in zip(ENDS, expected, strict=True):
        (found,) = value(program, x)
        if (name, x) in NO_NUMBER:
            assert not found[()].is_finite()
            assert not found[()].is_exact()
            continue
        got = float(found[()].mid())
        assert got == pytest.approx(jax_says, rel=1e-14, abs=1e-300, nan_ok=True), (x, found)
