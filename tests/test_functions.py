"""Every arithmetic has the same elementary functions, and each agrees with mpmath."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import flint
import jax
import mpmath
import numpy as np
import pytest

from bench.arithmetic import backends, balls, tape
from bench.arithmetic.functions import ELEMENTARY, FOLLOWING, Functions, Lacks
from bench.formats import Format, formats
from bench.registry import InputError

ONE_ARGUMENT = [*ELEMENTARY, *(name for name in FOLLOWING if name != "power")]
each_function = pytest.mark.parametrize("name", ONE_ARGUMENT)
OF_ARRAYS = ("sum", "prod", "asarray", "concatenate")
OF_ORDER = ("abs", "real", "where", "maximum", "minimum")  # which power series have not
EXACT = {
    "balls": balls.balls,
    "power series": balls.series,
    "mpmath": balls.multiprecision,
    "exact gradients": tape.namespace,
}
# What mpmath says without any rule of bench.
BY_MPMATH: dict[str, Callable[..., Any]] = {
    **{name: getattr(mpmath, name.replace("arc", "a")) for name in ELEMENTARY},
    "exp2": lambda x: mpmath.power(2, x),
    "log2": lambda x: mpmath.log(x, 2),
    "log10": mpmath.log10,
    "power": mpmath.power,
    "square": lambda x: mpmath.power(x, 2),
    "negative": mpmath.fneg,
    "reciprocal": lambda x: mpmath.fdiv(1, x),
}


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
        truth, slope = BY_MPMATH[name](mpmath.mpf(x)), mpmath.diff(BY_MPMATH[name], mpmath.mpf(x))
        assert mpmath.almosteq(getattr(balls.multiprecision, name)(mpmath.mpf(x)), truth, 1e-80)
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


def namespaces() -> dict[str, Any]:
    return EXACT | {name: backend.namespace() for name, backend in backends.items()}


@pytest.mark.parametrize("arithmetic", namespaces())
def test_every_arithmetic_has_every_name(arithmetic: str) -> None:
    ordered = () if arithmetic == "power series" else OF_ORDER
    assert set(BY_MPMATH) == {*ELEMENTARY, *FOLLOWING}
    for name in (*ELEMENTARY, *FOLLOWING, *OF_ARRAYS, *ordered):
        assert callable(getattr(namespaces()[arithmetic], name)), name


def worst_ulps(precision: Format, name: str, found: Any, *arguments: Any) -> float:
    """The largest error of values found, in ulp of mpmath's."""
    assert found.dtype == precision.dtype, name
    with mpmath.workdps(60):
        columns = [[mpmath.mpf(v) for v in each.astype(float).tolist()] for each in arguments]
        truth = [BY_MPMATH[name](*point) for point in zip(*columns, strict=True)]
        off = [
            abs(mpmath.mpf(v) - t) for v, t in zip(found.astype(float).tolist(), truth, strict=True)
        ]
        return max(
            float(each / precision.ulp(float(t))) for each, t in zip(off, truth, strict=True)
        )


@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("precision", formats.values(), ids=list(formats))
def test_functions_of_libraries_agree_with_mpmath_and_stay_in_the_format(
    precision: Format, backend: str
) -> None:
    xp = backends[backend].namespace()
    limit = 4 if precision.dtype.itemsize == 2 else 100  # 76: XLA's arctanh in float64
    with backends[backend].settings("real", "cpu"):
        for name in ONE_ARGUMENT:
            x = precision.round(place(name) + np.arange(32) / 64)
            found = np.asarray(getattr(xp, name)(xp.asarray(x)))
            assert worst_ulps(precision, name, found, x) < limit
        x, y = precision.round(0.375 + np.arange(32) / 64), precision.round(np.linspace(-2, 2, 32))
        found = np.asarray(xp.power(xp.asarray(x), xp.asarray(y)))
        assert worst_ulps(precision, "power", found, x, y) < 2


@each_function
def test_a_slope_that_jax_takes_is_that_of_mpmath(name: str) -> None:
    f = getattr(backends["jax"].namespace(), name)
    with backends["jax"].settings("real", "cpu"):
        found = float(jax.grad(f)(jax.numpy.asarray(place(name))))
    with mpmath.workdps(40):
        assert found == pytest.approx(float(mpmath.diff(BY_MPMATH[name], place(name))), rel=1e-14)


@pytest.mark.parametrize("power", [3, -2, 0.75])
def test_powers_are_those_of_mpmath_in_every_arithmetic(power: float) -> None:
    x, y = 1.375, power
    with balls.bits(300):
        truth = mpmath.power(x, y)
        slope = mpmath.diff(lambda t: mpmath.power(t, y), mpmath.mpf(x))
        assert mpmath.almosteq(balls.multiprecision.power(mpmath.mpf(x), y), truth, 1e-80)
        assert close(balls.balls.power(balls.each_ball([x]), y)[0], truth)
        line = np.empty(1, object)
        line[0] = flint.arb_series([flint.arb(x), 1], prec=2)
        grown = balls.series.power(line, y)[0]
        assert close(grown[0], truth)
        assert close(grown[1], slope)
        _, taped = tape.gradient(lambda x, xp: xp.sum(xp.power(x, y)), balls.each_ball([x]))
        assert close(taped[0], slope)


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_erf_of_complex_numbers_is_refused(backend: str) -> None:
    xp = backends[backend].namespace()
    with pytest.raises(InputError) as caught:
        xp.erf(np.ones(2, np.complex64))
    assert str(caught.value) == (
        f"erf of {backend} is given complex64; allowed: real numbers, so a problem with it is "
        'tagged "not_analytic"'
    )


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_libraries_keep_what_else_they_have(backend: str) -> None:
    library = {"numpy": np, "jax": jax.numpy}[backend]
    xp = backends[backend].namespace()
    for name in ("pi", "newaxis", "linspace", "linalg", "float32", "where"):
        assert getattr(xp, name) is getattr(library, name)
    assert xp.__name__ == library.__name__


@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("arctann", "'arctan', 'arctanh' or 'arctan2'"),
        ("linspce", "'linspace', 'logspace' or 'insert'"),
    ],
)
def test_what_a_library_lacks_is_told_with_the_nearest_name(
    backend: str, wrong: str, right: str
) -> None:
    with pytest.raises(Lacks) as caught:
        getattr(backends[backend].namespace(), wrong)
    assert str(caught.value) == (
        f"no function of {backend} named {wrong!r} (did you mean {right}?); "
        "`bench list functions` has all"
    )


def test_what_an_arithmetic_lacks_is_told_with_the_nearest_name() -> None:
    with pytest.raises(Lacks) as caught:
        _ = balls.balls.arctann
    assert str(caught.value) == (
        "no function of balls named 'arctann' (did you mean 'arctan', 'arctanh' or 'arcsin'?); "
        "`bench list functions` has all"
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
