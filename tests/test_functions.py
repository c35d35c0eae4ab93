"""Every arithmetic has the same elementary functions, and each agrees with mpmath."""

from __future__ import annotations

import math
from typing import Any

import flint
import jax
import mpmath
import numpy as np
import pytest

from bench.arithmetic import balls, tape
from bench.arithmetic.functions import ELEMENTARY, FOLLOWING, Functions, Lacks

ONE_ARGUMENT = [*ELEMENTARY, *(name for name in FOLLOWING if name != "power")]
each_function = pytest.mark.parametrize("name", ONE_ARGUMENT)


def place(name: str) -> float:
    """A point where the function is defined."""
    return 1.75 if name == "arccosh" else 0.375


def close(found: Any, expected: Any) -> bool:
    """Whether a ball is a number of mpmath to 60 digits."""
    with mpmath.workdps(80):
        return bool(
            abs(mpmath.mpf(found.mid().str(75, radius=False)) - expected) < mpmath.mpf(10) ** -60
        )


@each_function
def test_balls_and_series_agree_with_mpmath(name: str) -> None:
    x = place(name)
    with balls.bits(300):
        truth = getattr(balls.multiprecision, name)(mpmath.mpf(x))
        slope = mpmath.mp.diff(lambda t: getattr(balls.multiprecision, name)(t), mpmath.mpf(x))
        value = getattr(balls.balls, name)(np.array([flint.arb(x)], object))[0]
        line = np.empty(1, object)
        line[0] = flint.arb_series([flint.arb(x), 1], prec=2)
        grown = getattr(balls.series, name)(line)[0]
        assert close(value, truth)
        assert close(grown[0], truth)
        assert close(grown[1], slope)


@each_function
def test_the_slope_on_the_tape_is_that_of_the_series(name: str) -> None:
    x = place(name)
    with balls.bits(300):
        _, found = tape.gradient(
            lambda x, xp: xp.sum(getattr(xp, name)(x), axis=0), balls.each_ball([x])
        )
        line = np.empty(1, object)
        line[0] = flint.arb_series([flint.arb(x), 1], prec=2)
        assert abs(found[0] - getattr(balls.series, name)(line)[0][1]) < flint.arb(2) ** -250


def test_numpy_and_jax_have_the_same_names_but_for_erf() -> None:
    for name in (*ELEMENTARY, *FOLLOWING, "abs", "where", "maximum", "minimum", "sum", "prod"):
        if name != "erf":
            assert hasattr(np, name), name
            assert hasattr(jax.numpy, name), name


def test_what_an_arithmetic_lacks_is_told_with_the_nearest_name() -> None:
    with pytest.raises(Lacks) as caught:
        _ = balls.balls.arctann
    assert str(caught.value).startswith(
        "no function of balls named 'arctann' (did you mean 'arctan'?); known: abs, arccos"
    )
    assert isinstance(caught.value, AttributeError)
    assert isinstance(balls.balls, Functions)


def test_branches_flow_back_to_the_side_that_was_taken() -> None:
    with balls.bits(100):
        x = balls.each_ball([1.0, -2.0, 3.0])
        _, slopes = tape.gradient(lambda x, xp: xp.sum(xp.maximum(x * x, 4 * x), axis=0), x)
        assert [float(each) for each in slopes] == [4.0, -4.0, 4.0]
        _, slopes = tape.gradient(lambda x, xp: xp.sum(xp.where(x > 0, x, -2 * x), axis=0), x)
        assert [float(each) for each in slopes] == [1.0, -2.0, 1.0]


OF_TAPES = {  # F(x, xp) at (2, 3), and its gradient
    "abs": (lambda x, xp: xp.sum(abs(x - 3 * x)), [2, 2]),
    "+x": (lambda x, xp: xp.sum(+x * x), [4, 6]),
    "2**x": (lambda x, xp: xp.sum(2**x), [4 * math.log(2), 8 * math.log(2)]),
    "x**0": (lambda x, xp: xp.sum((x - x) ** 0), [0, 0]),
    "x**n": (lambda x, xp: xp.sum(xp.power(x - x, np.int64(2)) + x), [1, 1]),
    "x**x": (lambda x, xp: xp.sum(x**x), [4 + 4 * math.log(2), 27 + 27 * math.log(3)]),
    "prod": (lambda x, xp: xp.prod(x), [3, 2]),
    "sum of none": (lambda x, xp: xp.sum(xp.asarray([1, 2], dtype=x.dtype)) * xp.sum(x), [3, 3]),
    "concatenate": (lambda x, xp: xp.sum(xp.concatenate([x[1:], x * x])), [4, 7]),
}


@pytest.mark.parametrize("name", OF_TAPES)
def test_the_tape_has_what_formulas_may_use(name: str) -> None:
    formula, expected = OF_TAPES[name]
    with balls.bits(100):
        _, found = tape.gradient(formula, balls.each_ball(np.array([2.0, 3.0])))
    assert found.astype(float).tolist() == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_a_product_along_any_axis_sends_back_the_others(axis: int) -> None:
    x = np.arange(2.0, 8.0)

    def F(x: Any, xp: Any) -> Any:
        return xp.sum(xp.prod(x.reshape(2, 3), axis=axis))

    with balls.bits(100):
        _, found = tape.gradient(F, balls.each_ball(x))
    table = x.reshape(2, 3)
    expected = table.prod(axis=axis, keepdims=True) / table
    assert found.astype(float).tolist() == expected.reshape(-1).tolist()
