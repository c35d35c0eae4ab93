"""Advice at one point: f' certified or bounded, the best scheme and step for each budget."""

from __future__ import annotations

import math
from pathlib import Path

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import bench
from bench.advising import BUDGETS, Advice
from bench.advising.code import code_of
from bench.advising.measured import nearby
from bench.formats import formats
from bench.problems import problems
from bench.registry import InputError
from bench.schemes import schemes


def exp_sin(x):  # type: ignore[no-untyped-def]
    return jnp.exp(x) * jnp.sin(x)


@pytest.fixture(scope="module")
def advice() -> Advice:
    return bench.advise(exp_sin, 1.5)


def true_slope(x: float) -> float:
    return float(mpmath.diff(lambda t: mpmath.exp(t) * mpmath.sin(t), mpmath.mpf(x)))


def test_the_derivative_is_certified_where_f_can_be_traced(advice: Advice) -> None:
    assert advice.certified
    assert advice.bound == 0
    assert advice.value == true_slope(1.5)
    assert advice.autodiff == float(jax.grad(exp_sin)(jnp.float32(1.5)))


def test_each_budget_has_the_best_scheme_within_it(advice: Advice) -> None:
    assert [each.budget for each in advice.choices] == list(BUDGETS)
    assert all(each.evaluations <= each.budget for each in advice.choices)
    errors = [each.error for each in advice.choices]
    assert errors == sorted(errors, reverse=True)
    assert advice.best is not None
    assert advice.best.error == min(errors)


def test_the_code_to_paste_errs_as_told_near_the_point(advice: Advice) -> None:
    f = lambda x: np.exp(x) * np.sin(x)  # noqa: E731
    for choice in advice.choices:
        if math.isnan(choice.step) or "schemes" in choice.code:
            continue
        off = []
        for at in nearby(problems["exp_sin"], "float32", 1.5).astype(np.float32):
            x = np.float32(at)
            h, formula = choice.code.split("; ")
            names: dict[str, object] = {"f": f, "x": x}
            exec(h.replace("2.0", "np.float32(2)"), {"np": np}, names)
            off.append(abs(float(eval(formula, {}, names)) - true_slope(float(x))))
        assert choice.error / 4 < np.median(off) < choice.error * 4


@pytest.mark.parametrize("name", [n for n, s in schemes.items() if s.weights])
def test_the_code_of_a_scheme_is_its_formula(name: str) -> None:
    code, scheme = code_of(schemes[name], 0.25, formats["float64"]), schemes[name]
    h, formula = code.split("; ")
    names: dict[str, object] = {"f": math.exp, "x": 0.5}
    exec(h, {}, names)
    assert eval(formula, {}, names) == pytest.approx(float(scheme(np.exp, 0.5, 0.25)), rel=1e-13)


def test_what_cannot_be_traced_is_bounded_by_the_adaptive_derivative() -> None:
    def simulated(x):  # type: ignore[no-untyped-def]
        return float(np.exp(x) * np.sin(x)) if x > 0 else 0.0

    found = bench.advise(simulated, 1.5, precision="float64")
    assert not found.certified
    assert 0 < found.bound < 1e-11
    assert abs(found.value - true_slope(1.5)) <= found.bound
    for choice in found.choices:
        if not math.isnan(choice.step):
            D = schemes[choice.scheme](lambda t: np.exp(t) * np.sin(t), 1.5, choice.step)
            assert abs(float(D) - true_slope(1.5)) <= choice.error
    (remark,) = found.remarks
    assert remark.endswith("simulated is not traced, so errors are bounded and not measured")
    assert "± " in repr(found)
    with pytest.raises(InputError, match=r"^simulated\(x\) cannot be traced, so its errors are"):
        found.figure()


def test_a_kink_has_both_sides_whether_f_is_traced_or_not() -> None:
    def bent(x):  # type: ignore[no-untyped-def]
        return float(x) if x > 1 else 2 * float(x) - 1

    for f, sides, at in ((jnp.abs, (-1.0, 1.0), 0.0), (bent, (2.0, 1.0), 1.0)):
        found = bench.advise(f, at)
        assert found.sides == pytest.approx(sides, abs=1e-3)
        assert "has no derivative at x = " in repr(found)
        assert not found.choices


def test_what_a_person_reads_has_the_answer_first_and_fits(advice: Advice) -> None:
    lines = repr(advice).splitlines()
    assert lines[0].startswith("f'(1.5) = 4.787484522760848")
    assert len(lines) <= 20
    assert max(map(len, lines)) <= 80
    assert "To paste: " in repr(advice)
    assert advice._repr_html_().startswith("<p>f&#x27;(1.5) = ")


def test_lost_digits_are_for_blame() -> None:
    found = bench.advise("(1-cos(x))/x^2", 1e-3)
    assert "`bench blame` says at which line" in repr(found)


def test_noise_of_f_is_what_stops_a_noisy_one() -> None:
    found = bench.advise(problems["exp_sin"].with_noise(1e-3, 0), 1.5)
    assert {each.limit for each in found.choices} == {"noise of f"}
    assert found.noise > 100


@pytest.mark.parametrize(
    ("f", "x", "sentence"),
    [
        ("log(x)", -1.0, r"log\(x\) has no value at x = -1$"),
        ("exp_sin", math.inf, r"^x is inf; allowed: a number that is finite in float32$"),
        ("exp_sin", 1e39, r"^x is 1e\+39; allowed: a number that is finite in float32$"),
        ("exp_sinn", 1.0, r"^no problem named 'exp_sinn' \(did you mean 'exp_sin'\?\)"),
        ("nowhere.py:f", 1.0, r"^no file nowhere\.py to take a function from$"),
        (lambda x: (x, x), 1.0, r"gives 2 results; allowed: one real number$"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(f: object, x: float, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        bench.advise(f, x)  # type: ignore[arg-type]


def test_its_figure_is_the_curve_near_the_point(advice: Advice, tmp_path: Path) -> None:
    figure = advice.figure()
    figure.savefig(tmp_path / "advice.png")
    assert (tmp_path / "advice.png").stat().st_size > 10_000


def test_the_line_to_paste_runs_in_every_format() -> None:
    for known in formats.values():
        code = code_of(schemes["adaptive"], math.nan, known)
        names = {"bench": bench, "np": np, "f": lambda t: t * t, "x": 1.5}
        assert eval(code, names) == 3
        assert eval(code, names).dtype == known.dtype


def test_a_point_of_few_bits_is_not_advised_by_lucky_roundings() -> None:
    advice = bench.advise("x**2", 3.0)
    best = advice.choices[0]
    rng = np.random.default_rng(0)
    x = (3 + rng.uniform(-1, 1, 101) / 64).astype(np.float32)
    estimates = schemes[best.scheme](lambda t: t * t, x, np.full(101, best.step, np.float32))
    assert (
        np.median(np.abs(estimates - 2 * x.astype(np.float64)))
        <= 4 * best.error + math.ulp(6) * 2**29
    )


def test_the_error_of_the_adaptive_derivative_is_that_near_the_point() -> None:
    errors = {each.error for each in bench.advise("x**4-x", 1.5).choices}
    assert 0 not in errors


def test_a_point_without_a_derivative_is_one_sentence() -> None:
    with pytest.raises(InputError) as why:
        bench.advise("sqrt(x)", 0.0)
    assert str(why.value) == (
        "sqrt(x) has no derivative at x = 0: its domain ends there, or it is vertical; allowed: a "
        "point at which it is smooth"
    )


@pytest.mark.parametrize("x", ["a", 1 + 1j, {}])
def test_what_is_no_number_is_no_point(x: object) -> None:
    with pytest.raises(InputError, match="allowed: a number that is finite in float32"):
        bench.advise("sin(x)", x)  # type: ignore[arg-type]


def test_no_digit_is_not_told_as_less_than_none() -> None:
    assert "-0.0" not in repr(bench.advise("tanh(x)", 20.0))


def test_a_formula_has_a_figure_too() -> None:
    assert bench.advise("sin(x)", 1.0).figure().axes


def test_a_precision_is_a_name() -> None:
    with pytest.raises(
        InputError, match=r"^precision is None; allowed: float16, bfloat16, float32"
    ):
        bench.advise("sin(x)", 1.0, precision=None)  # type: ignore[arg-type]
