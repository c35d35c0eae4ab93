"""The adaptive derivative: honest bounds, told statuses, counted evaluations, exact steps."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.arithmetic import backends, balls, estimate
from bench.experiments.accuracy import measuring as measure
from bench.experiments.accuracy.cases import block_of, items, points
from bench.experiments.gradients.taken import take
from bench.formats import Format, formats
from bench.problems import Domain, Problem, problems
from bench.problems.expression import problem_of
from bench.reference import ideals_on, truth_at
from bench.registry import outside
from bench.schemes import schemes
from bench.schemes.adaptive import STATUSES, Result, contrasts, derivative, windows
from bench.schemes.stencils import stencil_weights
from bench.study import Study

all_precisions = pytest.mark.parametrize("precision", formats.values(), ids=list(formats))
double, single = formats["float64"], formats["float32"]
xp = backends["numpy"].namespace()
POINTS = 24
HONEST = {"float64": 0.99, "float32": 0.99, "float16": 0.98, "bfloat16": 0.98}


def of(problem: Problem, precision: Format, x: Any, **noise: Any) -> Result:
    """The derivatives of a problem at x, rounded to the format, within its domain."""
    noisy = problem.with_noise(noise.get("noise", 0.0), 1)

    def f(t: Any) -> Any:
        value = problem(t, xp)
        return value if noisy.noise is None else precision.round(noisy.noise.added_to(value, t))

    ends = problem.domain
    return derivative(f, precision.round(x), low=ends.low, high=ends.high, closed=ends.closed)


def errors(problem: Problem, found: Result, x: Any) -> Any:
    """|derivative - f'(x)| against certified truth; NaN at a kink."""
    truth = truth_at(problem, np.asarray(x, float).tolist(), 300).exact
    with balls.bits(300):
        pairs = zip(found.derivative.astype(float).tolist(), truth, strict=True)
        differences = [math.nan if t is None else float(abs(balls.ball(d) - t)) for d, t in pairs]
    return np.array(differences)


def own() -> list[Problem]:
    """The problems of bench: what other tests have opened is no law's."""
    theirs = outside(problems)
    return [each for name, each in problems.items() if name not in theirs]


def honest(problem: Problem, precision: Format, count: int = POINTS) -> list[bool]:
    """Whether each bound holds at points of a problem."""
    x = points(problem, precision, count, seed=7)
    x = x[~np.isin(x, problem.kinks)]
    found = of(problem, precision, x)
    return list((errors(problem, found, x) <= found.bound) | np.isinf(found.bound))


@all_precisions
def test_bounds_hold_on_all_problems_in_every_format(precision: Format) -> None:
    kept = [held for each in own() for held in honest(each, precision)]
    assert len(kept) > 500
    assert np.mean(kept) >= HONEST[precision.name]


def test_a_bound_is_sharp_and_found_in_few_evaluations() -> None:
    ratios, evaluations = [], []
    for each in own():
        if not each.hard:
            x = points(each, double, POINTS, seed=7)
            x = x[~np.isin(x, each.kinks)]
            found = of(each, double, x)
            ratios += list(found.bound / np.maximum(errors(each, found, x), 1e-300))
            evaluations += list(found.evaluations)
    assert np.median(ratios) <= 10
    assert np.mean(evaluations) <= 16


def test_a_bound_without_its_rounding_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "CERTAIN", 0.25)
    monkeypatch.setattr(
        "bench.schemes.adaptive.windows._of_argument", lambda ladder, noise: 0 * ladder.h
    )
    kept = [held for each in own() for held in honest(each, double)]
    assert np.mean(kept) < HONEST["float64"]


@pytest.mark.parametrize("level", [1e-8, 1e-4])
@pytest.mark.parametrize("formula", ["exp(x)*sin(x)", "1/(1+x^2)", "log(x)", "sin(x)"])
def test_noise_of_f_is_measured_and_bounded(level: float, formula: str) -> None:
    problem, x = problem_of(formula), np.linspace(0.6, 1.4, 9)
    found = of(problem, double, x, noise=level)
    assert set(found.status) == {"noisy"}
    assert np.all(errors(problem, found, x) <= found.bound)
    true = level / math.sqrt(3) / double.unit_roundoff
    assert np.all((found.noise > true / 10) & (found.noise < 10 * true))


def test_noise_that_is_assumed_and_not_measured_breaks_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        contrasts, "_squares", lambda ladder, w, near: (np.zeros(len(w)), np.ones(len(w)))
    )
    problem, x = problem_of("exp(x)*sin(x)"), np.linspace(0.6, 1.4, 9)
    found = of(problem, double, x, noise=1e-8)
    assert not np.all(errors(problem, found, x) <= found.bound)


@pytest.mark.parametrize(
    ("formula", "x", "left", "right"),
    [
        ("abs(x)", 0.0, -1, 1),
        ("max(x, x^2)", 1.0, 1, 2),
        ("max(x, 0)", 0.0, 0, 1),
        ("x + abs(x-1)", 1.0, 0, 2),
        ("x + abs(x-1)/100", 1.0, 0.99, 1.01),
        ("abs(sin(x))", 0.0, -1, 1),
    ],
)
def test_a_kink_is_told_with_both_sides(formula: str, x: float, left: float, right: float) -> None:
    found = of(problem_of(formula), double, [x])
    assert found.status[0] == "kink"
    assert (found.left[0], found.right[0]) == pytest.approx((left, right), abs=1e-9)
    assert found.derivative[0] == pytest.approx((left + right) / 2)
    assert found.bound[0] == pytest.approx((right - left) / 2)


@all_precisions
def test_a_kink_is_told_in_every_format(precision: Format) -> None:
    found = of(problem_of("abs(x)"), precision, [0.0])
    assert (found.status[0], found.left[0], found.right[0]) == ("kink", -1, 1)


def test_a_smooth_function_has_no_kink_at_any_of_2000_points() -> None:
    found = derivative(lambda t: np.exp(t) * np.sin(t), np.linspace(0.75, 2.25, 2000))
    assert set(found.status) == {"ok"}


def test_slopes_on_both_sides_alone_make_kinks_of_bends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.schemes.adaptive.sides._stays", lambda ladder: True)
    found = derivative(lambda t: np.exp(t) * np.sin(t), np.linspace(0.75, 2.25, 2000))
    assert "kink" in found.status


def test_a_kink_beside_x_is_none_at_x() -> None:
    found = of(problem_of("abs(x)"), double, [1e-9, -1e-9, 0.5])
    assert found.status.tolist() == ["ok"] * 3
    assert found.derivative.tolist() == [1, -1, 1]
    assert np.isnan(found.left).all()


def test_at_the_edge_of_a_domain_one_side_is_enough_and_f_is_not_called_beyond() -> None:
    called: list[float] = []

    def f(t: Any) -> Any:
        called.extend(t.tolist())
        return np.exp(t)

    found = derivative(f, np.array([1.0, 2.0]), low=1.0, high=2.0, closed=True)
    assert found.status.tolist() == ["edge", "edge"]
    assert np.all(np.abs(found.derivative - np.exp([1.0, 2.0])) <= found.bound)
    assert np.all(found.bound <= 1e-10)
    assert (min(called), max(called)) == (1.0, 2.0)


def test_an_edge_that_nobody_told_is_found() -> None:
    def f(t: Any) -> Any:
        return np.where(t < 0, np.nan, np.exp(t))

    found = derivative(f, np.array([0.0, 1.0]))
    assert found.status.tolist() == ["edge", "ok"]
    assert np.all(np.abs(found.derivative - np.exp([0.0, 1.0])) <= found.bound)


@pytest.mark.parametrize(
    ("f", "x", "status"),
    [
        (lambda t: t * t, 1.0, "ok"),
        (lambda t: 0 * t + 3, 1.0, "no digits"),
        (lambda t: 1 / (t - 1), 1.0, "undefined"),
        (lambda t: np.sqrt(np.abs(t)), 0.0, "rough"),
    ],
)
def test_a_status_says_what_f_is_like(f: Callable[[Any], Any], x: float, status: str) -> None:
    assert derivative(f, np.array([x])).status.tolist() == [status]
    assert status in STATUSES


def test_what_has_no_digits_or_no_value_has_no_bound() -> None:
    constant = derivative(lambda t: 0 * t + 3, np.array([1.0]))
    assert (constant.derivative[0], constant.bound[0]) == (0, math.inf)
    undefined = derivative(lambda t: 1 / (t - 1), np.array([1.0]))
    assert math.isnan(undefined.derivative[0])
    assert undefined.bound[0] == math.inf
    assert undefined.evaluations[0] == 1


@pytest.mark.parametrize(
    ("formula", "x"),
    [
        ("1/(x-1)", 1.001), ("tan(x)", 1.57), ("1/x", 1e-6), ("x", 1e-300), ("exp(x)", 1e-300),
        ("x^2", 1e8), ("sin(x)", 1e8), ("log(x)", 1e8), ("exp(-x/100000000)", 1e8),
        ("1000000+sin(x)", 0.7), ("1000000+exp(x)", 1.3), ("exp(x)", 709.5), ("cos(x)", 0.0),
        ("x^3", 0.0),
    ],
)  # fmt: skip
def test_extremes_have_bounds_that_hold(formula: str, x: float) -> None:
    problem = problem_of(formula)
    found = of(problem, double, [x])
    assert found.status[0] == "ok"
    assert errors(problem, found, [x])[0] <= found.bound[0]


def test_a_rounding_within_f_is_noise_where_powers_of_two_do_not_see_it() -> None:
    problem, x = problem_of("sin(1000*x)"), [1.0]
    found = of(problem, double, x)  # 1000 (1 + 2^k) is exact, and 1000 x errs elsewhere
    there = 1000 * abs(math.cos(1000)) / abs(math.sin(1000))  # rounding units, of 1000 x
    assert found.status[0] == "noisy"
    assert there / 100 <= found.noise[0] <= there
    assert errors(problem, found, x)[0] <= found.bound[0]


@pytest.mark.parametrize("x", [1e-300, 1e-12, 1e-3])
def test_the_root_near_the_edge_of_its_domain_is_known_to_ten_digits(x: float) -> None:
    found = derivative(np.sqrt, np.array([x]), low=0.0, closed=True)
    truth = 0.5 / math.sqrt(x)
    assert abs(found.derivative[0] - truth) <= found.bound[0] <= 1e-10 * truth


class Recorded:
    """f, remembering every number that it is given."""

    def __init__(self, f: Callable[[Any], Any]) -> None:
        self.f, self.given = f, np.empty(0)

    def __call__(self, t: Any) -> Any:
        self.given = np.concatenate([self.given, t.astype(np.float64)])
        return self.f(t)


@all_precisions
def test_evaluations_are_counted_one_for_each_number(precision: Format) -> None:
    for x in ([0.7], [0.7, 1.3, -2.5]):
        f = Recorded(np.sin)
        found = derivative(f, precision.round(x))
        assert found.evaluations.sum() == len(f.given)


@all_precisions
def test_steps_are_powers_of_two_but_one_and_both_points_are_as_far_from_x(
    precision: Format,
) -> None:
    for x in precision.round(np.linspace(1.0, 1.5, 20)):
        f = Recorded(np.sin)
        derivative(f, np.array([x], x.dtype))
        away = np.sort(f.given[1:] - float(x))
        up, down = away[away > 0], -away[away < 0][::-1]
        assert up.tolist() == down.tolist()
        odd = np.frexp(up)[0] != 0.5
        assert odd.sum() == 1 or (precision.name == "bfloat16" and not odd.any())
        assert not odd[-2:].any()


def test_where_floats_lie_too_wide_for_a_power_of_two_both_sides_move_alike() -> None:
    x = np.nextafter(np.float32(2), np.float32(0))  # x + 1/2 lies between two floats
    f = Recorded(np.sin)
    derivative(f, np.array([x], np.float32))
    away = f.given[1:] - float(x)
    assert sorted(away[away > 0]) == sorted(-away[away < 0])


@all_precisions
def test_many_points_at_once_are_the_points_one_by_one_bit_for_bit(precision: Format) -> None:
    def f(t: Any) -> Any:  # a kink, a pole, a flat and a rough piece, and no library
        return np.where(t > 2, t * t, abs(t) - 1 / (t + 3))

    x = precision.round([-5.0, -3.0, -2.9, -0.5, 0.0, 0.3, 1.0, 1.99, 2.0, 2.5, 300.0])
    together = derivative(f, x, low=-5.0, high=1e9, closed=True)
    alone = [derivative(f, x[i : i + 1], low=-5.0, high=1e9, closed=True) for i in range(len(x))]
    assert len(set(together.status)) >= 4
    for each in fields(Result):
        apart = np.concatenate([getattr(one, each.name) for one in alone])
        assert getattr(together, each.name).tobytes() == apart.tobytes(), each.name


def test_ends_may_differ_from_point_to_point() -> None:
    found = derivative(np.exp, np.array([1.0, 1.0]), low=np.array([1.0, -np.inf]), closed=True)
    assert found.status.tolist() == ["edge", "ok"]


@settings(max_examples=60, deadline=None)
@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(-50, 50), st.floats(-8, 8))
def test_a_parabola_is_right_to_its_bound(a: float, b: float, c: float, x: float) -> None:
    found = derivative(lambda t: (a * t + b) * t + c, np.array([x]))
    exact = 2 * a * x + b
    slack = 4 * 2.0**-53 * (abs(a * x) + abs(b))
    assert not abs(found.derivative[0] - exact) > found.bound[0] + slack  # NaN has no bound


@all_precisions
def test_the_derivative_has_the_format_of_x(precision: Format) -> None:
    found = derivative(np.sin, precision.round([0.5]))
    assert (found.derivative.dtype, found.bound.dtype) == (precision.dtype, np.float64)


def rows_of(**axes: Any) -> Any:
    """The rows of the one scheme of a study of one problem."""
    study = Study(question="a test", **axes)
    (block,) = map(block_of, items(study))
    return next(rows for _, rows in measure.measure(block, measure.estimate(block)))


@all_precisions
def test_its_rows_split_the_error_of_the_formula_that_was_chosen(precision: Format) -> None:
    rows = rows_of(problems=["exp_sin"], schemes=["adaptive"], precisions=[precision.name])
    assert set(rows["status"]) == {"ok"}
    parts = rows["truncation_error"] + rows["rounding_error"]
    assert np.all(np.abs(rows["error"] - parts) <= 4 * 2.0**-53 * np.abs(rows["error"]) + 1e-300)
    assert np.mean(np.abs(rows["truncation_error"]) <= rows["bound"]) > 0.98
    assert np.mean(np.abs(rows["error"]) <= rows["bound"]) > 0.98
    assert 5 <= rows["evaluations"].min() <= rows["evaluations"].max() <= 45


def test_the_ideal_on_nodes_is_the_stencil_of_the_highest_order_on_them() -> None:
    f, x, h = problems["exp_sin"], 0.75, 2.0**-6
    offsets = (-4, -2, -1, 1, 2, 4)
    nodes = np.array([[x + k * h for k in offsets] + [math.nan]])
    (found,) = ideals_on(f, [x], nodes, 500)
    weights = stencil_weights(offsets)
    with balls.bits(500):
        values = [f(np.array([balls.ball(x + k * h)]), balls.balls)[0] for k in offsets]
        pairs = zip(weights, values, strict=True)
        expected = sum((balls.ball(w) * v for w, v in pairs), balls.ball(0)) / balls.ball(h)
        assert abs(found - expected) < balls.ball(2) ** -400


def test_compiled_backends_say_why_they_cannot_run_it() -> None:
    said = backends["jax"].why_not(schemes["adaptive"], double, problems["exp_sin"])
    assert said == (
        "adaptive chooses its steps by values of f, which backend jax has not before it has "
        "compiled all of them"
    )


@all_precisions
def test_a_gradient_is_taken_coordinate_by_coordinate_and_counted(precision: Format) -> None:
    problem = (
        problems["rosenbrock"]
        if "rosenbrock" in problems
        else next(each for each in problems.values() if "gradient" in each.tags)
    )
    n = problem.variables.usual
    x = precision.round(np.linspace(0.25, 0.75, n))[None, :]
    found = take(backends["numpy"], problem, schemes["adaptive"], precision, x, None, "cpu")
    gradient = found.gradients[0]
    assert (gradient.dtype, gradient.shape) == (precision.dtype, (n,))
    assert found.evaluations >= 5 * n
    if precision is double:
        central = take(backends["numpy"], problem, schemes["central8"], double, x, 2.0**-8, "cpu")
        assert gradient == pytest.approx(central.gradients[0], rel=1e-9, abs=1e-9)


def test_a_domain_ends_where_the_problem_says(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[float] = []
    formula = problems["sqrt_at_zero"].formula

    def watched(x: Any, xp: Any) -> Any:
        called.extend(np.ravel(x).astype(float).tolist())
        return formula(x, xp)

    problem = problems["sqrt_at_zero"]
    object.__setattr__(problem, "formula", watched)
    try:
        x = double.round([1e-3, 0.5])
        run = estimate(backends["numpy"], problem, [schemes["adaptive"]], double, x, x, "cpu")
    finally:
        object.__setattr__(problem, "formula", formula)
    assert min(called) >= 0
    assert run["adaptive"].says.tolist() == ["", ""]
    assert problem.domain == Domain(low=0.0, closed=True)


@pytest.mark.parametrize("fast", [64, 256, 1024])
def test_a_fast_part_of_f_is_not_taken_for_noise(fast: int) -> None:
    x = np.random.default_rng(fast).uniform(-5, 5, 50)
    found = derivative(lambda t: np.arctan(t) + np.sin(fast * t) / 1024, x)
    truth = 1 / (1 + x * x) + fast / 1024 * np.cos(fast * x)
    assert (np.abs(found.derivative - truth) <= found.bound).all()
    assert set(found.status) == {"ok"}


def test_noise_is_noise_at_every_step() -> None:
    rng = np.random.default_rng(3)
    x = np.linspace(0.5, 2.5, 200)
    found = derivative(lambda t: np.sin(t) + 1e-6 * rng.standard_normal(len(t)), x)
    assert np.mean(found.status == "noisy") > 0.98
    assert np.mean(np.abs(found.derivative - np.cos(x)) <= found.bound) > 0.97


@pytest.mark.parametrize(
    "f", [np.sqrt, np.cbrt, lambda t: np.sqrt(np.sqrt(t)), lambda t: 1 + t + np.sqrt(t) / 1000]
)
@pytest.mark.parametrize("low", [-np.inf, 0.0])
def test_a_vertical_tangent_has_no_bound(f: Callable[[Any], Any], low: float) -> None:
    found = derivative(f, np.array([0.0]), low=low, closed=True)
    assert (found.status[0], found.bound[0]) == ("rough", math.inf)


def test_a_logarithm_that_has_no_limit_has_no_bound() -> None:
    found = derivative(
        lambda t: np.where(t > 0, t * np.log(t), 0 * t), np.array([0.0]), low=0.0, closed=True
    )
    assert (found.status[0], found.bound[0]) == ("rough", math.inf)


@pytest.mark.parametrize("power", [1.1, 1.5, 2.0])
def test_a_power_above_one_has_a_slope_of_0_at_its_edge(power: float) -> None:
    found = derivative(lambda t: t**power, np.array([0.0]), low=0.0, closed=True)
    assert found.status[0] in ("edge", "noisy")
    assert abs(found.derivative[0]) <= found.bound[0] < 2


def test_a_wave_that_steps_of_powers_of_two_do_not_see_is_bounded() -> None:
    x = np.array([1.0, 0.7, 2.3])
    found = derivative(lambda t: np.sin(t) + 1e-7 * np.sin(1e9 * t), x)
    truth = np.cos(x) + 100 * np.cos(1e9 * x)
    assert np.all(np.abs(found.derivative - truth) <= found.bound)
    assert np.all(found.bound <= 1e-2)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_plateau_amid_noise_is_no_slope(dtype: type) -> None:
    near = {np.float64: 1e-3, np.float32: 1e-2}[dtype]  # cos x is the same number near x
    x = np.geomspace(near, 8 * near, 400).astype(dtype)
    found = derivative(lambda t: (1 - np.cos(t)) / t, x)
    r = x.astype(float)
    truth = (r * np.sin(r) - 2 * np.sin(r / 2) ** 2) / r**2
    error = np.abs(found.derivative - truth)
    assert np.mean(error <= found.bound) >= 0.99
    assert np.all(error <= 3 * found.bound)  # the slope of the plateau is -1/2, and off by 1


def test_an_even_f_beside_its_middle_has_a_slope_that_is_seen_from_near() -> None:
    x = np.linspace(1e-4, 5e-4, 60).astype(np.float16)
    found = derivative(np.cos, x)
    assert np.all(np.abs(found.derivative + np.sin(x.astype(float))) <= found.bound)


@all_precisions
def test_what_has_no_digits_has_no_bound_in_any_format(precision: Format) -> None:
    x = precision.round(np.linspace(2.0, 3.5, 40))
    found = derivative(lambda t: 100 + np.sin(8 * t) / 64, x)
    assert np.all(np.isinf(found.bound[found.status == "no digits"]))
    truth = np.cos(8 * x.astype(float)) / 8
    assert np.mean(np.abs(found.derivative.astype(float) - truth) <= found.bound) >= 0.95


def test_a_staircase_of_an_inner_rounding_is_no_slope() -> None:
    def f(t: Any) -> Any:
        return t * (np.sqrt(t * t + 1) - t)

    x = np.linspace(9, 15, 40).astype(np.float16)
    found = derivative(f, x)
    r = x.astype(float)
    root = np.sqrt(r * r + 1)
    truth = root - 2 * r + r * r / root
    assert np.mean(np.abs(found.derivative - truth) <= found.bound) >= 0.9
