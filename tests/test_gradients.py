"""Gradients of functions of n variables: exact ones agree three ways, and costs are counted."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from pydantic import ValidationError

import bench
from bench.arithmetic import backends, balls, tape
from bench.experiments import experiments
from bench.experiments.gradients.cases import points_of
from bench.experiments.gradients.laws import laws
from bench.experiments.gradients.rows import Measured, gradient_rows
from bench.experiments.gradients.tables import GRADIENTS, STATUSES, Gradient
from bench.experiments.gradients.taken import take
from bench.experiments.gradients.times import with_times
from bench.experiments.gradients.truth import Exact
from bench.experiments.timing.cases import Case
from bench.formats import formats
from bench.problems import SCATTERED, Problem, Variables, problem_of_vector, problems, total
from bench.registry import Disagreement, InputError, doors
from bench.results import Results
from bench.schemes import gradient as of_coordinates
from bench.schemes import schemes
from bench.schemes.gradient import direction
from bench.study import Study, narrow
from bench.study.reading import describe, load

vectors = {name: each for name, each in problems.items() if each.variables.step}
each_function = pytest.mark.parametrize("each", vectors.values(), ids=list(vectors))
smooth = [each for each in vectors.values() if not each.variables.kink]
each_smooth = pytest.mark.parametrize("each", smooth, ids=lambda each: each.name)
each_format = pytest.mark.parametrize("precision", formats.values(), ids=list(formats))


def case(
    problem: str, scheme: str, n: int, backend: str = "numpy", precision: str = "float32"
) -> Case:
    return Case(problem, scheme, precision, backend, "cpu", n)


def measured(*cases: Case, **options: Any) -> Iterator[Measured]:
    return gradient_rows(cases, **({"points": 1, "seed": 0, "budget_seconds": 10} | options))


def rows_of(*cases: Case, **options: Any) -> list[Gradient]:
    """The rows of cases, without times."""
    return [each.row for each in measured(*cases, **options)]


def place(each: Problem, seed: int = 0) -> Any:
    found = points_of(each, formats["float64"], each.variables.usual, 1, seed)[0]
    return found + 0.25 if each.variables.kink else found  # its own point is its kink


@each_function
def test_the_gradient_of_the_tape_is_that_of_differences_in_high_precision(each: Problem) -> None:
    """mpmath differentiates each coordinate by itself: nothing is shared with the tape."""
    x = place(each)
    with balls.bits(400):
        found = tape.gradient(each.of_vector, balls.each_ball(x))[1]
        for i in range(len(x)):

            def along(t: Any, i: int = i) -> Any:
                moved = np.array([mpmath.mpf(v) for v in x], object)
                moved[i] = t
                return each.of_vector(moved, balls.multiprecision)

            expected = mpmath.diff(along, mpmath.mpf(x[i]))
            assert abs(float(found[i] - balls.ball(expected))) <= 1e-60 * max(1, abs(expected))


@each_function
def test_the_slope_along_a_direction_agrees_with_power_series(each: Problem) -> None:
    x = place(each, seed=1)
    truth = Exact(each, x).gradient  # raises Disagreement where it does not
    assert len(truth) == each.variables.usual


def test_a_gradient_with_its_numbers_in_another_order_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A line of equal slopes would not see it."""
    take = tape.gradient

    def swapped(F: Any, x: Any) -> Any:
        value, found = take(F, x)
        return value, found[::-1]

    monkeypatch.setattr(tape, "gradient", swapped)
    exact = Exact(problems["log_sum_exp_n"], np.array([0.25, 0.5, 1.0, 2.0]))
    with pytest.raises(Disagreement, match="two exact gradients of log_sum_exp_n differ, n = 4"):
        _ = exact.gradient


def test_a_function_with_branches_has_an_exact_gradient() -> None:
    """Power series have no maximum: mpmath's difference certifies it."""

    @problem_of_vector("Σ max(x, 0) x²", difficulty="none", source="a test")
    def planted_relu(x: Any, xp: Any) -> Any:
        return total(xp, xp.maximum(x, 0 * x) * x * x)

    problems.discard("planted_relu")
    exact = Exact(planted_relu, np.array([2.0, -3.0, 5.0]))
    assert exact.floats.tolist() == [12.0, 0.0, 75.0]


@each_smooth
def test_jax_and_the_tape_agree_to_the_format(each: Problem) -> None:
    (row,) = rows_of(case(each.name, "grad", each.variables.usual, "jax", "float64"), points=2)
    assert row.status == "ok"
    assert row.error < 1e-13


@each_function
@each_format
def test_values_stay_in_the_format_whatever_the_shape(each: Problem, precision: Any) -> None:
    for shape in ((each.variables.usual,), (each.variables.usual, 3), (each.variables.usual, 2, 3)):
        x = precision.round(np.full(shape, 0.5))
        with np.errstate(all="ignore"):
            value = each.of_vector(x, np)
        assert value.shape == shape[1:]
        assert value.dtype == precision.dtype


@each_smooth
def test_every_smooth_function_is_a_problem_along_a_line(each: Problem) -> None:
    """At t = 1 the derivative along the line t w is w . grad F(w)."""
    w = np.array([SCATTERED[i % 16] for i in range(each.variables.usual)]) / 16
    with balls.bits(300):
        gradient = tape.gradient(each.of_vector, balls.each_ball(w))[1]
        expected = (gradient * w).sum()
        found = balls.ball(balls.derivative_by_mpmath(problems[each.name], 1.0))
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
    rows = rows_of(*(case("quadratic_form", name, n) for n in (1, 2, 7)))
    assert [row.evaluations for row in rows] == [laws_of[name](n) for n in (1, 2, 7)]
    assert [schemes[name].passes(n) for n in (1, 2, 7)] == [laws_of[name](n) for n in (1, 2, 7)]


@pytest.mark.parametrize("name", [*COORDINATES, "directional", "ridders"])
def test_the_parts_of_a_gradients_error_bound_it(name: str) -> None:
    """|error| <= |truncation| + |rounding|, and >= their difference: a triangle."""
    (row,) = rows_of(case("mlp", name, 27))
    parts = row.truncation_error, row.rounding_error
    assert abs(parts[0] - parts[1]) * (1 - 1e-12) <= row.error <= sum(parts) * (1 + 1e-12)


@pytest.mark.parametrize("name", ["central", "complex_step", "grad"])
def test_the_error_of_a_gradient_is_its_euclidean_length_over_that_of_the_truth(name: str) -> None:
    each, n = problems["mlp"], 27
    x = points_of(each, formats["float32"], n, 1, 0)
    scheme, h = schemes[name], schemes[name].usual_step(24)
    backend = "jax" if name == "grad" else "numpy"
    taken = take(backends[backend], each, scheme, formats["float32"], x, h, "cpu").gradients[0]
    with mpmath.workdps(50):
        truth = [mpmath.mpf(value.mid().str(40, radius=False)) for value in exact_at(each, x[0])]
        off = [mpmath.mpf(float(a)) - b for a, b in zip(taken, truth, strict=True)]
        expected = mpmath.norm(off, 2) / mpmath.norm(truth, 2)
    (row,) = rows_of(case("mlp", name, n, backend))
    assert row.error == pytest.approx(float(expected), rel=1e-12)


def exact_at(each: Problem, x: Any) -> Any:
    with balls.bits(256):
        return tape.gradient(each.of_vector, balls.each_ball(x.astype(np.float64)))[1]


def test_the_direction_of_the_directional_check_is_random_and_always_the_same() -> None:
    """Along all ones errors of opposite sign would cancel, and no order of numbers be noticed."""
    for n in (27, 100, 1000):
        found = direction(n)
        assert np.array_equal(found, direction(n))
        assert set(found.tolist()) == {-1, 1}
        assert abs(found.sum()) < 4 * math.sqrt(n)  # four standard deviations
    assert not np.array_equal(direction(101)[:100], direction(100))


def test_a_gradient_coordinate_by_coordinate_is_the_scheme_at_each_coordinate() -> None:
    F, x, h = problems["rosenbrock"].of_vector, np.array([0.5, -0.25, 0.75]), 2.0**-10
    found = schemes["central"].gradient(F, x, np.full(3, h), np)
    for i in range(3):
        low, high = x.copy(), x.copy()
        low[i] -= h
        high[i] += h
        assert found[i] == (F(high, np) - F(low, np)) / (2 * h)


def test_a_gradient_taken_in_pieces_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    each, D = problems["log_sum_exp_n"], schemes["central4"]
    x = place(each)
    h = np.full(len(x), 2.0**-9)
    whole = D.gradient(each.of_vector, x, h, np)
    monkeypatch.setattr(of_coordinates, "WIDEST", 3 * len(x))
    assert np.array_equal(D.gradient(each.of_vector, x, h, np), whole)


def test_the_directional_check_takes_two_evaluations_and_agrees_with_the_gradient() -> None:
    F, x = problems["mlp"].of_vector, place(problems["mlp"])
    slope = schemes["directional"].gradient(F, x, np.full(len(x), 2.0**-17), np)
    with balls.bits(200):
        expected = float((tape.gradient(F, balls.each_ball(x))[1] * direction(len(x))).sum())
    assert slope == pytest.approx([expected], rel=1e-8)
    assert rows_of(case("mlp", "directional", 27))[0].evaluations == 2


def test_every_backend_takes_the_same_gradient_and_says_what_it_needed() -> None:
    on = ("numpy", "jax", "jax-eager", "jax-strict")
    rows = {each: rows_of(case("mlp", "central", 11, each))[0] for each in on}
    assert [row.evaluations for row in rows.values()] == [22] * 4
    assert [math.isnan(row.memory_bytes) for row in rows.values()] == [True, False, True, False]
    for row in rows.values():
        assert (row.status, row.h) == ("ok", 2.0**-8)
        assert row.truncation_error == rows["numpy"].truncation_error
        assert row.error < 3e-4
    strict, compiled = (rows_of(case("mlp", "grad", 11, each))[0] for each in ("jax-strict", "jax"))
    assert 0 < strict.error < 1e-6
    assert strict.error != compiled.error


def test_a_problem_of_one_variable_has_a_gradient_of_one_number() -> None:
    rows = rows_of(case("exp_sin", "central", 1), case("absolute", "central", 1))
    assert (rows[0].status, rows[0].evaluations) == ("ok", 2)
    assert rows[0].error < 1e-3
    assert (rows[1].status, rows[1].error) == ("ok", 0.0)  # its points are away from 0


def test_a_function_that_the_tape_lacks_has_no_exact_gradient() -> None:
    @problem_of_vector("Σ ⌊x⌋", difficulty="none", source="a test")
    def planted_floor(x: Any, xp: Any) -> Any:
        return total(xp, xp.floor(x))

    try:
        (row,) = rows_of(case("planted_floor", "central", 2))
    finally:
        problems.discard("planted_floor")
    assert (row.status, row.reason) == (
        "unsupported",
        "there is no exact gradient of planted_floor: no function of exact gradients named 'floor'",
    )


def test_the_gradient_of_a_norm_at_zero_is_told_as_no_number() -> None:
    import jax

    found = jax.grad(lambda x: problems["norm"].of_vector(x, jax.numpy))(jax.numpy.zeros(3))
    assert np.isnan(found).all()


def test_at_a_kink_a_row_tells_what_comes_back() -> None:
    rows = rows_of(
        case("norm", "central", 3), case("norm", "forward", 3), case("norm", "grad", 3, "jax")
    )
    told = "at 0 there is no gradient; what comes back starts with "
    assert [row.status for row in rows] == ["kink"] * 3
    assert [row.reason.removeprefix(told) for row in rows] == ["0", "1", "nan"]


def test_what_cannot_run_is_a_row_that_says_why() -> None:
    rows = rows_of(
        case("quadratic_form", "complex_step", 4, precision="float16"),
        case("quadratic_form", "grad", 4),
    )
    assert [(row.status, row.reason) for row in rows] == [
        ("unsupported", "there are no complex numbers in float16"),
        ("unsupported", "grad needs jax, which backend numpy has not"),
    ]
    assert {row.status for row in rows} < set(STATUSES)


def test_a_size_over_the_budget_is_skipped_with_the_reason_and_all_larger_ones() -> None:
    cases = [case("quadratic_form", "central", n) for n in (64, 10_000, 100_000)]
    rows = rows_of(*cases, budget_seconds=0.01)
    assert [row.status for row in rows] == ["ok", "skipped", "skipped"]
    assert rows[1].reason.startswith("would take about ")
    assert rows[1].reason.endswith(" s; allowed 0.01 s")
    assert math.isnan(rows[1].h)


def test_a_size_that_a_function_cannot_have_is_told_with_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        problems["mlp"].check_size(30)
    assert str(caught.value) == ("mlp has no n = 30; allowed: 11, 19, 27, .. (the nearest is 27)")
    problems["mlp"].check_size(27)


def study(*tables: dict[str, Any], **options: Any) -> Study:
    return Study(question="Why?", precisions=["float32"], gradients=list(tables), **options)


def taken(study: Study) -> Any:
    """The frame of the gradients of a study."""
    mine = experiments["gradients"]
    (item,) = mine.items(study)
    heard: list[int] = []
    pieces = list(mine.rows(item, None, lambda done, what: heard.append(done)))
    assert heard == sorted(heard)
    assert max(heard) < mine.size(item)
    ((table, rows),) = pieces
    assert table is GRADIENTS
    return table.frame(rows)


def test_a_study_takes_gradients_and_stores_them(tmp_path: Path) -> None:
    table = {"problems": ["mlp"], "schemes": ["central", "grad"], "sizes": [27, 11, 11]}
    frame = taken(study(table, timing=False))
    assert sorted(zip(frame["scheme"], frame["n"], strict=True)) == [
        ("central", 11),
        ("central", 27),
        ("grad", 11),
        ("grad", 27),
    ]
    assert frame["error"].notna().all()
    assert frame["truncation_error"].notna().all()
    assert frame["seconds"].isna().all()  # times were not asked for
    frame.to_csv(tmp_path / GRADIENTS.file, index=False)
    assert GRADIENTS.read(tmp_path, 4).equals(frame)


def test_progress_counts_each_gradient_and_each_part_of_the_sweep_once() -> None:
    """Four sweeps (two formats, with a step and without), then a step for each of six gradients."""
    tables = [
        {"problems": ["rosenbrock"], "schemes": ["central"], "sizes": [2, 3]},
        {"problems": ["rosenbrock"], "schemes": ["forward"], "sizes": [2]},
    ]
    study = Study(
        question="How far?", problems=["quadratic"], schemes=["central", "grad"],
        precisions=["float32", "float64"], points=2, steps=[0.5], experiments={"gradients": tables},
    )  # fmt: skip
    told: list[tuple[int, int, str, str]] = []
    bench.run(study, progress=lambda *step: told.append(step))
    assert [done for done, *_ in told] == [*range(10), 10]
    assert {total for _, total, *_ in told} == {10}
    assert [phase for _, _, phase, _ in told] == ["sweeping"] * 4 + ["gradients"] * 6 + ["done"]


def test_at_one_size_the_size_is_told_and_nothing_of_growth() -> None:
    def row(scheme: str, precision: str, error: float, seconds: float) -> Gradient:
        return Gradient(
            *("f", scheme, precision, "numpy", "cpu"),
            n=100,
            h=math.nan,
            evaluations=1 if scheme == "grad" else 200,
            error=error,
            trace_seconds=0.0,
            compile_seconds=1e-2,
            seconds=seconds,
            noise_floor=0.01,
        )

    rows = [
        row("grad", "float32", 5.4e-8, 1e-5),
        row("grad", "float64", 1.1e-16, 1e-5),
        row("central", "float32", 1.8e-4, 2e-5),
        row("central", "float64", 3.2e-10, math.nan),
    ]
    frame = GRADIENTS.frame(GRADIENTS.of_rows(rows))
    (found,) = experiments["gradients"].findings["gradients"](Results({"gradients": frame}, None))  # type: ignore[arg-type]
    assert found.says == (
        "Reverse mode (grad) takes one pass for any n; at n = 100 it errs by 1.1e-16 (float64) to "
        "5.4e-08 (float32). The others (central) err by 3.2e-10 (float64) to 1.8e-04 (float32) "
        "there. Reverse mode is faster there in 1 of 1 cases that were timed."
    )


def test_laws_find_the_exponents_and_where_autodiff_wins() -> None:
    def row(scheme: str, n: int, seconds: float, evaluations: int) -> Gradient:
        return Gradient(
            *("f", scheme, "float32", "numpy", "cpu"),
            n=n,
            h=math.nan,
            evaluations=evaluations,
            error=1e-8 * n,
            trace_seconds=0.0,
            compile_seconds=1e-2,
            seconds=seconds,
            noise_floor=0.01,
        )

    sizes = (16, 64, 256, 1024)
    rows = [row("central", n, 1e-8 * n**2, 2 * n) for n in sizes]
    rows += [row("grad", n, 1e-5, 1) for n in sizes]
    frame = GRADIENTS.frame(GRADIENTS.of_rows(rows))
    central, reverse = laws(frame.to_dict("records"))
    assert central.evaluations == pytest.approx(1)
    assert central.seconds == pytest.approx(2)
    assert central.error == pytest.approx(1)
    assert central.wins_from == 64  # 4e-5 s against 1e-5 s; at 16 it is 2.6e-6 s
    assert central.wins_compiling == 1024  # 1.05e-2 s against 1e-2 s and 1e-5 s
    assert reverse.seconds == pytest.approx(0)
    assert math.isnan(reverse.wins_from)
    (found,) = experiments["gradients"].findings["gradients"](Results({"gradients": frame}, None))  # type: ignore[arg-type]
    assert found.name == "gradients"
    assert found.says == (
        f"Reverse mode (grad) takes one pass for any n; at the largest n it errs by "
        f"{reverse.last_error:.1e}. Schemes that take n evaluations or more err by "
        f"{central.last_error:.1e} at the largest n that they were given. Reverse mode is faster "
        "than each of them from n = 64 on, at the latest (central of f)."
    )
    assert found.sheet is not None
    assert [each.words for each in found.sheet.headings] == [
        *("function", "scheme", "evaluations ~ n^", "time ~ n^", "10% to 90%", "error ~ n^"),
        *("error", "at n", "reverse mode faster from n", "with compiling"),
    ]
    assert found.sheet.rows == (
        (
            "f",
            "central",
            "1.00",
            "2.00",
            "2.00 to 2.00",
            "1.00",
            f"{central.last_error:.1e}",
            "1024",
            "64",
            "1024",
        ),
        (
            "f",
            "grad",
            "0.00",
            "0.00",
            "0.00 to 0.00",
            "1.00",
            f"{reverse.last_error:.1e}",
            "1024",
            "",
            "",
        ),
    )


def test_a_run_without_gradients_finds_nothing_of_them() -> None:
    assert list(experiments["gradients"].findings["gradients"](Results({}, None))) == []  # type: ignore[arg-type]


PLANTED = """
from bench.problems import problem_of_vector
from bench.schemes import scheme

@problem_of_vector("Σ xᵢ³", difficulty="none", source="a test")
def cubes(x, xp):
    \"\"\"The sum of the cubes.\"\"\"
    return xp.sum(x * x * x, axis=0)

@scheme(order=2, source="a test")
def wide(f, x, h):
    \"\"\"A central difference over four steps.\"\"\"
    return (f(x + 2 * h) - f(x - 2 * h)) / (4 * h)
"""


@pytest.mark.slow
def test_gradients_of_what_a_file_registers_are_timed_in_fresh_processes_beside_f(
    tmp_path: Path,
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(PLANTED, encoding="utf-8")
    doors.open_files([path])
    try:
        found = list(
            measured(
                case("cubes", "wide", 40),
                case("rosenbrock", "grad", 40, "jax"),
                case("rosenbrock", "directional", 40, "jax"),
                case("mlp", "central", 11, "jax-strict"),
                seed=5,
            )
        )
        *rows, strict = with_times(found, processes=2, budget_seconds=5, seed=5, visit_seconds=0.01)
    finally:
        problems.discard("cubes")
        schemes.discard("wide")
        doors._files.pop(path)
    for row in rows:
        assert (row.status, row.reason) == ("ok", "")
        assert 0 < row.min_seconds <= row.seconds
        assert row.between_processes >= 0
        assert row.f_seconds > 0
        assert row.ratio_to_f > 0
    assert math.isnan(rows[0].compile_seconds)
    assert rows[1].compile_seconds > 0
    assert (strict.status, strict.reason) == ("ok", "no time: backend jax-strict cannot be timed")
    assert strict.error > 0


def test_a_gradient_without_a_right_digit_is_not_timed() -> None:
    (found,) = measured(case("rosenbrock", "grad", 4, "jax"))
    wrong = replace(found, row=replace(found.row, error=0.75))
    untold = Measured(found.case, found.row)
    for each, reason in (
        (wrong, "no time: its error is 0.75 of the gradient: it is none"),
        (untold, "no time: there is no truth to check it against"),
    ):
        (row,) = with_times([each], processes=2, budget_seconds=5, seed=0)
        assert row.reason == reason


@pytest.mark.slow
def test_a_gradient_that_is_another_in_the_process_that_times_is_told_and_not_timed() -> None:
    found = measured(case("rosenbrock", "grad", 4, "jax"))
    (row,) = with_times(list(found), processes=1, budget_seconds=5, seed=1)  # of another point
    assert row.status == "ok"
    assert row.reason.startswith("no time: its result is off by ")


def test_an_exact_gradient_has_an_error_of_zero() -> None:
    (row,) = rows_of(case("quadratic_form", "complex_step", 1))
    assert (row.error, row.truncation_error, row.rounding_error) == (0, 0, 0)


def test_a_usual_size_that_is_no_size_is_refused() -> None:
    with pytest.raises(ValueError, match="usual n = 8 is not in 9, 10, 11"):
        problem_of_vector("x", difficulty="x", source="x", variables=Variables(first=9))(
            lambda x, xp: x
        )


def test_a_size_that_a_function_cannot_have_is_refused_in_a_study() -> None:
    with pytest.raises(ValidationError) as refused:
        study({"problems": ["mlp"], "sizes": [11, 30]})
    assert describe(refused.value) == (
        "key 'gradients': mlp has no n = 30; allowed: 11, 19, 27, .. (the nearest is 27)"
    )


def test_the_same_gradient_twice_is_refused() -> None:
    table = {"problems": ["bowl"], "schemes": ["grad"], "sizes": [4]}
    with pytest.raises(InputError) as refused:
        experiments["gradients"].check(study(table, table))
    assert str(refused.value) == (
        "bowl by grad at n = 4 is in 2 tables [[gradients]]; allowed: one"
    )


def test_options_narrow_gradients_to_the_schemes_and_problems_that_they_name() -> None:
    (table,) = narrow(load("gradient_cost"), problems=["mlp"], schemes=["central", "jvp"]).settings(
        "gradients"
    )
    assert (table.problems, table.schemes) == (("mlp",), ("central",))  # type: ignore[attr-defined]
    assert narrow(load("gradient_cost"), problems=["exp_sin"]).settings("gradients") == ()


def test_without_schemes_a_table_takes_the_usual_ones() -> None:
    (table,) = study({"problems": ["bowl"], "sizes": [4]}).settings("gradients")
    assert set(table.schemes) == {  # type: ignore[attr-defined]
        *COORDINATES,
        *("directional", "grad", "jvp", "jacfwd"),
    }


def test_gradients_are_taken_on_every_backend_of_a_study() -> None:
    chosen = narrow(load("gradient_cost"), problems=["mlp"], backends=["numpy", "jax"])
    (item,) = experiments["gradients"].items(chosen)
    found = {(each.scheme, each.backend) for each in item.cases}
    assert {backend for scheme, backend in found if scheme == "central"} == {"numpy", "jax"}
    assert item.processes == 2
