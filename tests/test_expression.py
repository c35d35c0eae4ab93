"""Formulas as text: parsed with a whitelist, exact where numbers are, never run as code."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest

from bench.arithmetic import backends, balls, tape
from bench.formats import formats
from bench.problems.expression import ALLOWED, FUNCTIONS, is_expression, problem_of
from bench.registry import InputError

# formula, and the same written for mpmath
FORMULAS = {
    "sin(x)/x": lambda x: mpmath.sin(x) / x,
    "0.1*x^2": lambda x: x**2 / 10,
    "x**0.5": mpmath.sqrt,
    "x**x": lambda x: x**x,
    "x**-3": lambda x: x**-3,
    "pi*x + e": lambda x: mpmath.pi * x + mpmath.e,
    "1/3*x - -x": lambda x: x / 3 + x,
    "exp(-x**2/2)/sqrt(2*pi)": mpmath.npdf,
    "2**3 + x": lambda x: 8 + x,
    "max(x, x^2) + min(x, 1)": lambda x: max(x, x**2) + min(x, 1),
}
X = 1.5


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_exact_in_balls_and_mpmath(text: str) -> None:
    problem = problem_of(text)
    with balls.bits(200):
        wanted = balls.ball(FORMULAS[text](mpmath.mpf(X)))
        (found,) = problem(balls.each_ball(np.array([X])), balls.balls)
        assert abs(found - wanted) < balls.ball(2) ** -180
        assert abs(balls.ball(problem(mpmath.mpf(X), balls.multiprecision)) - wanted) < (
            balls.ball(2) ** -180
        )
        slope = balls.ball(mpmath.diff(FORMULAS[text], mpmath.mpf(X)))
        taped = tape.gradient(problem, balls.each_ball(np.array([X])))[1][0]
        assert abs(taped - slope) < balls.ball(2) ** -80
        if "m" not in text:  # a power series has no branches
            assert abs(balls.derivatives(problem, X, 1)[1] - slope) < balls.ball(2) ** -80


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("precision", formats)
def test_a_formula_stays_in_the_format(text: str, backend: str, precision: str) -> None:
    known, chosen = formats[precision], backends[backend]
    with chosen.settings("real", "cpu"):
        xp = chosen.namespace()
        found = problem_of(text)(xp.asarray(known.round(np.array([X, 0.75]))), xp)
        assert found.dtype == known.dtype
        wanted = float(FORMULAS[text](mpmath.mpf(X)))
        assert float(found[0]) == pytest.approx(wanted, rel=8 * known.unit_roundoff)


def test_numbers_are_rational_until_a_format_rounds_them() -> None:
    (found,) = problem_of("0.1 * x")(np.array([Fraction(1)], object), None)
    assert found == Fraction(1, 10)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("y + 1", "no name in a formula named 'y'; known: x, pi, e"),
        ("sen(x)", f"no function in a formula named 'sen' (did you mean 'sin'?); known: {', '.join(FUNCTIONS)}"),
        ("sin(x, x)", "sin has 2 arguments in a formula; allowed: 1"),
        ("x.real", f"x.real stands in a formula; allowed: {ALLOWED}"),
        ("x[0]", f"x[0] stands in a formula; allowed: {ALLOWED}"),
        ("(lambda: x)()", f"(lambda: x)() stands in a formula; allowed: {ALLOWED}"),
        ("x if x else 1", f"x if x else 1 stands in a formula; allowed: {ALLOWED}"),
        ("exp(x, where=x)", f"exp(x, where=x) stands in a formula; allowed: {ALLOWED}"),
        ("True * x", f"True stands in a formula; allowed: {ALLOWED}"),
        ("1j * x", f"1j stands in a formula; allowed: {ALLOWED}"),
        ("x // 2", f"x // 2 stands in a formula; allowed: {ALLOWED}"),
        ("sin(x", f"'sin(x' is no formula; allowed: {ALLOWED}"),
        ("x = 1", f"'x = 1' is no formula; allowed: {ALLOWED}"),
        ("x\0", f"'x\\x00' is no formula; allowed: {ALLOWED}"),
        ("1/0*x", "a formula divides by 0"),
        ("0**-1*x", "a formula divides by 0"),
        ("x**9999", "a formula has exponent 9999; allowed: up to 1000"),
        ("1e999*x", "a number in a formula is too large; allowed: up to 1.8e308"),
        ("x" * 2000, "a formula has 2000 letters; allowed: 1000"),
    ],
)  # fmt: skip
def test_what_is_no_formula_is_told(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        problem_of(text)
    assert str(caught.value) == said


@pytest.mark.parametrize("text", ["load(x)", "fromfile(x)", "__class__(x)", "eval(x)", "seterr(x)"])
def test_no_function_of_the_library_is_reached_but_those_that_are_known(text: str) -> None:
    with pytest.raises(InputError, match=r"^no function in a formula named "):
        problem_of(text)


def test_a_name_is_no_formula() -> None:
    assert [is_expression(text) for text in ("exp_sin", "exp_sin~1e-08", "x", "x+1", "sin(x)")] == [
        False, False, True, True, True,
    ]  # fmt: skip


def test_every_arithmetic_has_the_functions_of_formulas() -> None:
    for name in FUNCTIONS:
        for xp in (balls.balls, balls.multiprecision, *(b.namespace() for b in backends.values())):
            assert callable(getattr(xp, name))
