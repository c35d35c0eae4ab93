"""Stored rows, computed again from scratch: exact rationals, rounded once after each operation."""

from __future__ import annotations

import math
import operator
import struct
from fractions import Fraction
from itertools import pairwise
from typing import Any

import ml_dtypes
import mpmath
import numpy as np
import pytest
from emulation import (
    FORMATS,
    FORMULAS,
    STENCILS,
    Dual,
    Format,
    Number,
    exact_namespace,
    namespace,
    nodes,
    quotient,
    square_root,
)
from hypothesis import given, settings
from hypothesis import strategies as st

import bench
from bench.problems import problems

DTYPES: dict[str, Any] = {
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
    "float32": np.float32,
    "float64": np.float64,
}
each_format = pytest.mark.parametrize("name", FORMATS)
ROWS = 1_000  # random rows of each format on each backend
LIBM_FREE = [name for name, each in problems.items() if "libm_free" in each.tags]


def bits(value: float) -> bytes:
    """The eight bytes of a float64; every NaN counts as the same."""
    return struct.pack("<d", math.nan if math.isnan(value) else value)


def any_float(name: str) -> st.SearchStrategy[float]:
    width = np.dtype(DTYPES[name]).itemsize
    patterns = st.integers(0, 2 ** (8 * width) - 1)
    kind = {2: np.uint16, 4: np.uint32, 8: np.uint64}[width]
    return patterns.map(lambda p: float(kind(p).view(DTYPES[name])))


@each_format
@pytest.mark.parametrize("what", ["add", "sub", "mul", "truediv"])
@settings(max_examples=250)
@given(data=st.data())
def test_the_emulation_is_numpys_arithmetic(name: str, what: str, data: st.DataObject) -> None:
    a, b = data.draw(any_float(name)), data.draw(any_float(name))
    kind, operate = DTYPES[name], getattr(operator, what)
    with np.errstate(all="ignore"):
        expected = float(operate(np.array([a], kind), np.array([b], kind))[0])
    found = operate(FORMATS[name].number(a), FORMATS[name].number(b))
    assert bits(float(found)) == bits(expected)


@each_format
@settings(max_examples=250)
@given(data=st.data())
def test_the_emulated_square_root_is_numpys(name: str, data: st.DataObject) -> None:
    a = data.draw(any_float(name))
    with np.errstate(all="ignore"):
        expected = float(np.sqrt(np.array([a], DTYPES[name]))[0])
    assert bits(float(square_root(FORMATS[name].number(a)))) == bits(expected)


def truth_of(problem: str, x: float) -> Fraction:
    """f'(x) exactly, or to 400 bits where f has a square root."""
    dual = Dual(Fraction(x), Fraction(1))
    slope: Fraction = problems[problem].formula(dual, exact_namespace).slope
    return slope


def status_of(problem: str, scheme: str, x: Number, h: Number, k_h: Any, estimate: Number) -> str:
    """What went wrong, by the definitions: the first cause that holds."""
    domain, smallest = problems[problem].domain, Fraction(2) ** x.format.low
    at = nodes(scheme, x, h)
    if any(not domain.low < float(each) < domain.high for _, each in at):
        return "domain"
    for k, _ in at:
        exact = k_h * k
        if k and (exact == 0 or ((h * k).value != exact and abs(exact) < smallest)):
            return "h_underflow"
    if any(k and each.value == x.value and each.kind == "finite" for k, each in at):
        return "x_plus_h_equals_x"
    if estimate.kind == "inf":
        return "overflow"
    if estimate.kind == "nan":
        outer = [min((float(e), e) for _, e in at)[1], max((float(e), e) for _, e in at)[1]]
        values = [problems[problem].formula(each, namespace) for each in outer]
        return "overflow" if any(each.kind == "inf" for each in values) else "nan"
    return "truth_zero" if truth_of(problem, float(x)) == 0 else "ok"


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The rows of all libm-free problems and stencils, stored by a run and read back."""
    results = bench.run(
        "overview",
        problems=["libm_free"],
        schemes=["stencils"],
        backends=["numpy", "jax-strict"],
        points=5,
        out=tmp_path_factory.mktemp("results"),
        figures=False,
    )
    assert results.folder is not None
    return bench.load(results.folder).accuracy


@pytest.mark.slow
@each_format
@pytest.mark.parametrize("backend", ["numpy", "jax-strict"])
def test_stored_rows_are_those_of_rounded_rationals(stored: Any, backend: str, name: str) -> None:
    plain = FORMATS[name]
    # XLA takes subnormals for zeros on the CPU, except in float16
    flushing = Format(plain.bits, plain.low, plain.high, flush=True)
    used = flushing if backend == "jax-strict" and name != "float16" else plain
    rows = stored[(stored["precision"] == name) & (stored["backend"] == backend)]
    assert set(rows["scheme"]) == set(STENCILS)
    assert set(rows["problem"]) == set(LIBM_FREE)
    chosen = rows.sample(ROWS, random_state=17)
    for row in chosen.itertuples():
        problem = problems[row.problem]
        x, h = used.number(row.x), used.number(row.h)
        case = (row.problem, row.scheme, name, row.x, row.h)
        found = quotient(row.scheme, problem.formula, x, h)
        assert bits(float(found)) == bits(row.estimate), case
        plain_x, plain_h = plain.number(row.x), plain.number(row.h)
        status = status_of(
            row.problem, row.scheme, plain_x, plain_h, Fraction(2) ** int(row.log2_step), found
        )
        assert row.status == status, case
        if found.kind == "finite":
            truth = truth_of(row.problem, row.x)
            assert bits(row.truth) == bits(float(truth)), case
            assert bits(row.error) == bits(float(found.value - truth)), case


# decimals: none of them is a float of any format
LISTED = {"points": [0.7, 1.1, 1.3], "steps": [0.1, 0.03, 0.007, 0.0003]}


def listed_rows(problem: str, name: str, backend: str, **axes: Any) -> Any:
    asked = {"problems": [problem], "schemes": list(FORMULAS), "precisions": [name]}
    return bench.run("overview", **(asked | {"backends": [backend]} | LISTED | axes)).accuracy


@each_format
@pytest.mark.parametrize("backend", ["numpy", "jax-strict"])
def test_listed_points_and_steps_are_used_as_the_format_rounds_them(
    backend: str, name: str
) -> None:
    """Estimates of every scheme on real numbers, computed again from the decimals themselves."""
    used, f = FORMATS[name], problems["rational"].formula
    rows = listed_rows("rational", name, backend)
    expected = {
        (scheme, float(x), float(h)): float(formula(f, x, h))
        for scheme, formula in FORMULAS.items()
        for x in map(used.number, LISTED["points"])
        for h in map(used.number, LISTED["steps"])
    }
    found = {(row.scheme, row.x, row.h): row.estimate for row in rows.itertuples()}
    assert {case: bits(each) for case, each in found.items()} == {
        case: bits(each) for case, each in expected.items()
    }
    for row in rows.itertuples():
        assert row.truth == float(truth_of("rational", row.x)), row


@pytest.mark.parametrize("problem", ["quadratic", "rational"])
@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32"])
def test_extrapolation_is_that_of_rounded_rationals_down_to_the_smallest_step(
    name: str, problem: str
) -> None:
    """Where several entries of Ridders' tableau are as steady as each other the first one counts,
    and h/2 of the smallest step is 0: over it there is no number.
    """
    used, f = FORMATS[name], problems[problem].formula
    lowest = used.low - used.bits + 1
    extrapolated = ["richardson", "ridders"]
    rows = listed_rows(
        problem, name, "numpy",
        schemes=extrapolated,
        steps=[2.0**k for k in (*range(0, -used.bits - 2, -1), lowest + 4, lowest)],
    )  # fmt: skip
    assert {row.scheme for row in rows.itertuples()} == set(extrapolated)
    for row in rows.itertuples():
        found = FORMULAS[row.scheme](f, used.number(row.x), used.number(row.h))
        assert bits(row.estimate) == bits(float(found)), (row.scheme, row.x, row.h)


LIBM = {
    "exp_sin": lambda x: (
        mpmath.exp(x) * mpmath.sin(x),
        mpmath.exp(x) * (mpmath.sin(x) + mpmath.cos(x)),
    ),
    "sin_exp": lambda x: (
        mpmath.sin(mpmath.exp(x + 1)),
        mpmath.exp(x + 1) * mpmath.cos(mpmath.exp(x + 1)),
    ),
    "tanh": lambda x: (mpmath.tanh(x), 1 / mpmath.cosh(x) ** 2),
    "log_near_zero": lambda x: (mpmath.log(x), 1 / x),
    "oscillatory": lambda x: (mpmath.sin(50 * x), 50 * mpmath.cos(50 * x)),
}


def steadiest(column: list[Any]) -> Any:
    """The entry of Neville's tableau that is nearest to the one above it and before it."""
    entries = []
    for power in range(1, len(column)):
        moves = [b - a for a, b in pairwise(column)]
        column = [b + move / (4**power - 1) for b, move in zip(column[1:], moves, strict=True)]
        entries += [(abs(move), entry) for move, entry in zip(moves, column, strict=True)]
    return min(entries, key=lambda each: each[0])[1]


def ideal_of(scheme: str, f: Any, x: Any, h: Any) -> Any:
    """What a scheme would give without rounding, written out again."""
    if scheme in STENCILS:
        denominator, terms = STENCILS[scheme]
        return mpmath.fsum(w * f(x + k * h) for k, w in terms) / (denominator * h)
    if scheme == "complex_step":
        return mpmath.im(f(mpmath.mpc(x, h))) / h
    if scheme == "forward_actual_step":
        return (f(x + h) - f(x)) / h
    steps = [h / 2**level for level in range(5)]
    column = [(f(x + step) - f(x - step)) / (2 * step) for step in steps]
    if scheme == "central_actual_step":
        return column[0]
    return (4 * column[1] - column[0]) / 3 if scheme == "richardson" else steadiest(column)


@pytest.mark.slow
@each_format
def test_errors_of_libm_problems_agree_with_sixty_digits(name: str) -> None:
    families = ["stencils", "extrapolation", "actual_step", "complex_step"]
    rows = bench.run(
        "overview", problems=list(LIBM), schemes=families, precisions=[name], points=8
    ).accuracy
    ok = rows[rows["status"] == "ok"]
    chosen = ok.groupby("scheme", observed=True).sample(50, random_state=5)
    halves = name in ("float16", "bfloat16")
    assert chosen["scheme"].nunique() == (12 if halves else 13)  # no complex halves
    # 60 digits of the difference: those that cancel in the quotient come on top
    with mpmath.workdps(60 + 3 * 20):
        for row in chosen.itertuples():
            f = LIBM[row.problem]
            x, h = mpmath.mpf(row.x), mpmath.mpf(row.h)
            truth = f(x)[1]
            ideal = ideal_of(row.scheme, lambda t, f=f: f(t)[0], x, h)
            estimate = mpmath.mpf(row.estimate)
            case = (row.problem, row.scheme, row.x, row.h)
            assert row.truth == float(truth), case
            assert row.error == float(estimate - truth), case
            if abs(ideal - truth) > abs(truth) * mpmath.mpf(10) ** -60:
                assert row.truncation_error == pytest.approx(float(ideal - truth), rel=1e-13), case
            assert row.rounding_error == float(estimate - ideal), case
