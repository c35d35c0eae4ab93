"""Gradients of functions of n variables: exact ones agree three ways, and costs are counted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import mpmath
import numpy as np
import pytest
from pydantic import ValidationError

import bench
from bench.backends import exact, tape
from bench.functions import SCATTERED, Function, Sizes, function, functions
from bench.gradients import schemes as gradients
from bench.gradients.columns import GRADIENTS
from bench.gradients.laws import laws
from bench.gradients.programs import GradientCase
from bench.gradients.rows import Measured, gradient_rows, with_times
from bench.gradients.schemes import direction, gradient_points, gradient_schemes
from bench.gradients.truth import Exact
from bench.more import gradient_cases
from bench.formats import formats
from bench.problems import problems
from bench.registry import InputError
from bench.study import Study, describe, load, narrow
from bench.timing import time_gradients

each_function = pytest.mark.parametrize("each", functions.values(), ids=list(functions))
smooth = [each for each in functions.values() if not each.hard]
each_smooth = pytest.mark.parametrize("each", smooth, ids=lambda each: each.name)
each_format = pytest.mark.parametrize("precision", formats.values(), ids=list(precisions))


def rows_of(cases: list[GradientCase], **options: Any) -> Iterator[dict[str, Any]]:
    """The rows of cases, without times."""
    return (measured.row for measured in gradient_rows(cases, **options))


def place(each: Function, seed: int = 0) -> Any:
    found = gradient_points(each, formats["float64"], each.usual, 1, seed)[0]
    return found + 0.25 if each.hard else found  # a hard function's own point is its kink


@each_function
def test_the_gradient_of_the_tape_is_that_of_differences_in_high_precision(each: Function) -> None:
    """mpmath differentiates each coordinate by itself: nothing is shared with the tape."""
    x = place(each)
    with exact.bits(400):
        found = tape.gradient(each.formula, exact.each_ball(x))[1]
        for i in range(len(x)):

            def along(t: Any, i: int = i) -> Any:
                moved = np.array([mpmath.mpf(v) for v in x], object)
                moved[i] = t
                return each(moved, exact.multiprecision)

            expected = mpmath.diff(along, mpmath.mpf(x[i]))
            assert abs(float(found[i] - exact.ball(expected))) <= 1e-60 * max(1, abs(expected))


@each_function
def test_the_slope_along_a_direction_agrees_with_power_series(each: Function) -> None:
    x = place(each, seed=1)
    truth = Exact(each, x).gradient  # raises Disagreement where it does not
    assert len(truth) == each.usual


@each_smooth
def test_jax_and_the_tape_agree_to_the_format(each: Function) -> None:
    case = GradientCase(
        each, gradient_schemes["grad"], formats["float64"], "jax", "cpu", each.usual
    )
    (row,) = rows_of([case], points=2, seed=3, budget_seconds=10)
    assert row["status"] == "ok"
    assert row["error"] < 1e-13


@each_function
@each_format
def test_values_stay_in_the_format_whatever_the_shape(each: Function, precision: Any) -> None:
    for shape in ((each.usual,), (each.usual, 3), (each.usual, 2, 3)):
        x = precision.round(np.full(shape, 0.5))
        with np.errstate(all="ignore"):
            value = each(x, np)
        assert value.shape == shape[1:]
        assert value.dtype == precision.dtype


@each_smooth
def test_every_smooth_function_is_a_problem_along_a_line(each: Function) -> None:
    """At t = 1 the derivative along the line t w is w . grad F(w)."""
    w = np.array([SCATTERED[i % 16] for i in range(each.usual)]) / 16
    with exact.bits(300):
        gradient = tape.gradient(each.formula, exact.each_ball(w))[1]
        expected = (gradient * w).sum()
        found = exact.ball(exact.derivative_by_mpmath(problems[each.name], 1.0))
        assert abs(float(found - expected)) <= 1e-60 * max(1.0, abs(float(expected)))


COORDINATES = ["forward", "backward", "central", "central4", "complex_step"]


@pytest.mark.parametrize("name", COORDINATES)
def test_evaluations_are_counted_and_are_those_of_the_law(name: str) -> None:
    laws_of = {
        "forward": lambda n: n + 1,
        "backward": lambda n: n + 1,
        "central": lambda n: 2 * n,
        "central4": lambda n: 4 * n,
        "complex_step": lambda n: n,
    }
    scheme = gradient_schemes[name]
    each, single = functions["quadratic_form"], formats["float32"]
    cases = [GradientCase(each, scheme, single, "numpy", "cpu", n) for n in (1, 2, 7)]
    rows = list(rows_of(cases, points=1, seed=0, budget_seconds=10))
    assert [row["evaluations"] for row in rows] == [laws_of[name](n) for n in (1, 2, 7)]
    assert [scheme.passes(n) for n in (1, 2, 7)] == [laws_of[name](n) for n in (1, 2, 7)]


@pytest.mark.parametrize("name", [*COORDINATES, "directional"])
def test_the_parts_of_a_gradients_error_bound_it(name: str) -> None:
    """|error| <= |truncation| + |rounding|, and >= their difference: a triangle."""
    case = GradientCase(
        functions["mlp"], gradient_schemes[name], formats["float32"], "numpy", "cpu", 27
    )
    (row,) = rows_of([case], points=1, seed=0, budget_seconds=10)
    parts = row["truncation_error"], row["rounding_error"]
    assert abs(parts[0] - parts[1]) * (1 - 1e-12) <= row["error"] <= sum(parts) * (1 + 1e-12)


def test_a_gradient_coordinate_by_coordinate_is_the_scheme_at_each_coordinate() -> None:
    each, x, h = functions["rosenbrock"], np.array([0.5, -0.25, 0.75]), 2.0**-10
    found = gradient_schemes["central"].run(each, x, np.full(3, h), np)
    for i in range(3):
        low, high = x.copy(), x.copy()
        low[i] -= h
        high[i] += h
        assert found[i] == (each(high, np) - each(low, np)) / (2 * h)


def test_a_gradient_taken_in_pieces_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    each, x = functions["log_sum_exp_n"], place(functions["log_sum_exp_n"])
    h = np.full(len(x), 2.0**-9)
    whole = gradient_schemes["central4"].run(each, x, h, np)
    monkeypatch.setattr(gradients, "WIDEST", 3 * len(x))
    assert np.array_equal(gradient_schemes["central4"].run(each, x, h, np), whole)


def test_the_directional_check_takes_two_evaluations_and_agrees_with_the_gradient() -> None:
    each = functions["mlp"]
    x = place(each)
    v = direction(len(x))
    slope = gradient_schemes["directional"].run(each, x, np.full(len(x), 2.0**-17), np)
    with exact.bits(200):
        expected = float((tape.gradient(each.formula, exact.each_ball(x))[1] * v).sum())
    assert slope == pytest.approx([expected], rel=1e-8)
    case = GradientCase(
        each, gradient_schemes["directional"], formats["float64"], "numpy", "cpu", 27
    )
    assert next(rows_of([case], points=1, seed=0, budget_seconds=9))["evaluations"] == 2


def test_the_gradient_of_a_norm_at_zero_is_told_as_no_number() -> None:
    import jax

    each = functions["norm"]
    found = jax.grad(lambda x: each(x, jax.numpy))(jax.numpy.zeros(3))
    assert np.isnan(found).all()


def test_at_a_kink_a_row_tells_what_comes_back() -> None:
    cases = [
        GradientCase(functions["norm"], gradient_schemes[name], formats["float32"], on, "cpu", 3)
        for name, on in (("central", "numpy"), ("forward", "numpy"), ("grad", "jax"))
    ]
    rows = list(rows_of(cases, points=1, seed=0, budget_seconds=9))
    told = "at 0 there is no gradient; what comes back starts with "
    assert [row["status"] for row in rows] == ["kink"] * 3
    assert [row["reason"].removeprefix(told) for row in rows] == ["0", "1", "nan"]


def test_what_cannot_run_is_a_row_that_says_why() -> None:
    half, each = formats["float16"], functions["quadratic_form"]
    case = GradientCase(each, gradient_schemes["complex_step"], half, "numpy", "cpu", 4)
    (row,) = rows_of([case], points=1, seed=0, budget_seconds=1)
    assert (row["status"], row["reason"]) == (
        "unsupported",
        "there are no complex numbers in float16",
    )


def test_a_size_over_the_budget_is_skipped_with_the_reason_and_all_larger_ones() -> None:
    each, single = functions["quadratic_form"], formats["float32"]
    scheme = gradient_schemes["central"]
    sizes = (64, 10_000, 100_000)
    cases = [GradientCase(each, scheme, single, "numpy", "cpu", n) for n in sizes]
    rows = list(rows_of(cases, points=1, seed=0, budget_seconds=0.01))
    assert [row["status"] for row in rows] == ["ok", "skipped", "skipped"]
    assert rows[1]["reason"].startswith("would take about ")
    assert rows[1]["reason"].endswith(" s; allowed 0.01 s")


def test_a_size_that_a_function_cannot_have_is_told_with_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        functions["mlp"].check_size(30)
    assert str(caught.value) == ("mlp has no n = 30; allowed: 11, 19, 27, .. (the nearest is 27)")
    functions["mlp"].check_size(27)


def test_rows_have_the_documented_columns_in_their_order(tmp_path: Any) -> None:
    study = Study(
        name="tiny",
        question="Why?",
        problems=["mlp"],
        schemes=["central", "grad"],
        precisions=["float32"],
        points=2,
        steps=[0.5],
        gradients=[{"functions": ["mlp"], "schemes": ["central", "grad"], "sizes": [11, 27]}],
    )
    results = bench.run(study, out=tmp_path)
    assert results.folder is not None
    frame = bench.load(results.folder).more["gradients"]
    assert list(frame.columns) == list(GRADIENTS)
    assert Counter(frame["n"]) == {11: 2, 27: 2}
    assert frame["error"].notna().all()
    assert frame["truncation_error"].notna().all()
    assert frame["seconds"].isna().all()  # times were not asked for


def test_laws_find_the_exponents_and_where_autodiff_wins() -> None:
    def row(scheme: str, n: int, seconds: float, evaluations: int) -> dict[str, Any]:
        about = {
            "problem": "f",
            "scheme": scheme,
            "precision": "float32",
            "backend": "numpy",
            "n": n,
            "error": 1e-8 * n,
        }
        times = {"trace_seconds": 0.0, "compile_seconds": 1e-2, "noise_floor": 0.01}
        return about | times | {"seconds": seconds, "evaluations": evaluations}

    sizes = (16, 64, 256, 1024)
    rows = [row("central", n, 1e-8 * n**2, 2 * n) for n in sizes]
    rows += [row("grad", n, 1e-5, 1) for n in sizes]
    central, reverse = laws(rows)
    assert central["evaluations_exponent"] == pytest.approx(1)
    assert central["seconds_exponent"] == pytest.approx(2)
    assert central["error_exponent"] == pytest.approx(1)
    assert central["autodiff_wins_from"] == 64  # 4e-5 s against 1e-5 s; at 16 it is 2.6e-6 s
    assert central["autodiff_wins_compiling"] == 1024  # 1.05e-2 s against 1e-2 s and 1e-5 s
    assert reverse["seconds_exponent"] == pytest.approx(0)
    assert math.isnan(reverse["autodiff_wins_from"])


def test_a_function_is_added_in_one_place() -> None:
    @function("Σ xᵢ³", difficulty="none", source="a test")
    def cubes(x: Any, xp: Any) -> Any:
        """The sum of the cubes."""
        return xp.sum(x * x * x, axis=0)

    try:
        case = GradientCase(cubes, gradient_schemes["grad"], formats["float32"], "jax", "cpu", 5)
        (row,) = rows_of([case], points=1, seed=0, budget_seconds=9)
        assert row["error"] < 1e-6
    finally:
        functions.discard("cubes")


def test_a_usual_size_that_is_no_size_is_refused() -> None:
    with pytest.raises(ValueError, match="usual n = 8 is not in 9, 10, 11"):
        function("x", difficulty="x", source="x", sizes=Sizes(first=9))(lambda x, xp: x)


def test_a_size_that_a_function_cannot_have_is_refused_in_a_study() -> None:
    with pytest.raises(ValidationError) as refused:
        Study.model_validate(
            {"question": "Why?", "gradients": [{"functions": ["mlp"], "sizes": [11, 30]}]}
        )
    assert describe(refused.value) == (
        "key 'gradients': mlp has no n = 30; allowed: 11, 19, 27, .. (the nearest is 27)"
    )


def test_the_same_gradient_twice_is_refused() -> None:
    table = {"functions": ["bowl"], "schemes": ["grad"], "sizes": [4]}
    with pytest.raises(ValidationError) as refused:
        Study.model_validate({"question": "Why?", "gradients": [table, table]})
    assert describe(refused.value) == (
        "key 'gradients': bowl by grad at n = 4 is in 2 tables [[gradients]]; allowed: one"
    )


def test_options_narrow_gradients_and_descents() -> None:
    study = narrow(load("gradient_cost"), problems=["mlp"], schemes=["central", "jvp"])
    (table,) = study.gradients
    assert table.functions == ("mlp",)
    assert table.schemes == ("central", "directional", "jacfwd")  # made of these, or alike
    descents = narrow(load("descent"), problems=["rosenbrock"], schemes=["grad"]).descents
    assert {(each.function, each.schemes) for each in descents} == {("rosenbrock", ("grad",))}


def test_gradients_are_taken_on_every_backend_of_a_study() -> None:
    study = narrow(load("gradient_cost"), problems=["mlp"], backends=["numpy", "jax"])
    (table,) = study.gradients
    found = {(case.scheme.name, case.backend) for case in gradient_cases(study, table)}
    assert {backend for scheme, backend in found if scheme == "central"} == {"numpy", "jax"}


@pytest.mark.slow
def test_a_gradient_is_timed_in_fresh_processes_beside_its_function() -> None:
    single, each = formats["float32"], functions["rosenbrock"]
    cases = [
        GradientCase(each, gradient_schemes[name], single, backend, "cpu", 40)
        for name, backend in (("central", "numpy"), ("grad", "jax"), ("directional", "jax"))
    ]
    measured = list(gradient_rows(cases, points=1, seed=5, budget_seconds=9))
    times = time_gradients(measured, processes=2, seed=5)
    rows = [with_times(m.row, *mine) for m, mine in zip(measured, times, strict=True)]
    for row in rows:
        assert (row["status"], row["reason"]) == ("ok", "")
        assert 0 < row["min_seconds"] <= row["seconds"]
        assert row["between_processes"] >= 0
        assert row["f_seconds"] > 0
    assert math.isnan(rows[0]["compile_seconds"])
    assert rows[1]["compile_seconds"] > 0


def test_a_gradient_without_a_right_digit_is_not_timed() -> None:
    case = GradientCase(
        functions["rosenbrock"], gradient_schemes["grad"], formats["float32"], "jax", "cpu", 4
    )
    (measured,) = gradient_rows([case], points=1, seed=0, budget_seconds=9)
    wrong = replace(measured, row=measured.row | {"error": 0.75})
    untold = Measured(case, measured.row)
    rows = [
        with_times(m.row, *mine)
        for m, mine in zip((wrong, untold), time_gradients([wrong, untold]), strict=True)
    ]
    assert [row["reason"] for row in rows] == [
        "no time: its error is 0.75 of the gradient: it is none",
        "no time: there is no truth to check it against",
    ]


@pytest.mark.slow
def test_a_gradient_that_is_another_in_the_process_that_times_is_told_and_not_timed() -> None:
    case = GradientCase(
        functions["rosenbrock"], gradient_schemes["grad"], formats["float32"], "jax", "cpu", 4
    )
    (measured,) = gradient_rows([case], points=1, seed=0, budget_seconds=9)
    ((own, _),) = time_gradients([measured], processes=1, seed=1)  # the point of another seed
    assert own["status"] == "wrong"
    assert own["reason"].startswith("its result is off by ")


def test_an_exact_gradient_has_an_error_of_zero() -> None:
    case = GradientCase(
        functions["quadratic_form"],
        gradient_schemes["complex_step"],
        formats["float32"],
        "numpy",
        "cpu",
        1,
    )
    (row,) = rows_of([case], points=1, seed=0, budget_seconds=9)
    assert (row["error"], row["truncation_error"], row["rounding_error"]) == (0, 0, 0)
