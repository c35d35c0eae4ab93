from __future__ import annotations

import ast
import inspect
import math
from typing import Any

import mpmath
import numpy as np
import pytest

from bench.arithmetic import balls
from bench.experiments.accuracy.cases import points
from bench.formats import formats
from bench.problems import Domain, Problem, problem, problems
from bench.reference import truth_at

mp = mpmath.mp
each_problem = pytest.mark.parametrize("each", problems.values(), ids=list(problems))
smooth = [each for each in problems.values() if not each.hard]

CLOSED_FORMS: dict[str, Any] = {
    "quadratic": lambda x: 6 * x - 4,
    "polynomial": lambda x: 5 * x**4 - 9 * x**2 + 1,
    "rational": lambda x: -50 * x / (1 + 25 * x**2) ** 2,
    "square_root": lambda x: 1 / (2 * mp.sqrt(x)),
    "reciprocal": lambda x: -1 / x**2,
    "logistic_closed": lambda x: (
        128
        * (1 - 2 * x)
        * (1 - 8 * x + 8 * x**2)
        * ((1 - 2 * x) ** 2 * (1 - 8 * x + 8 * x**2) / 2 - 2 * x * (1 - x) * (1 - 8 * x + 8 * x**2))
        + 64 * x * (1 - x) * (1 - 2 * x) ** 2 * 2 * (1 - 8 * x + 8 * x**2) * (16 * x - 8)
    ),
    "exp_sin": lambda x: mp.exp(x) * (mp.sin(x) + mp.cos(x)),
    "sin_exp": lambda x: mp.exp(x + 1) * mp.cos(mp.exp(x + 1)),
    "power_9_2": lambda x: mp.mpf(9) / 2 * x**3 * mp.sqrt(x),
    "squire_trapp": lambda x: (
        mp.exp(x)
        * (mp.cos(3 * x) + mp.sin(3 * x) / 2 + 3 * mp.sin(x) / 2)
        / (mp.sin(x) ** 3 + mp.cos(x) ** 3) ** 2
    ),
    "log_near_zero": lambda x: 1 / x,
    "oscillatory": lambda x: 50 * mp.cos(50 * x),
    "tan_near_pole": lambda x: 1 / mp.cos(x) ** 2,
    "softplus": lambda x: 1 / (1 + mp.exp(-x)),
    "sigmoid": lambda x: mp.exp(-x) / (1 + mp.exp(-x)) ** 2,
    "tanh": lambda x: 1 / mp.cosh(x) ** 2,
    "log_sum_exp": lambda x: (mp.exp(x) + mp.exp(x / 2) / 2) / (mp.exp(x) + mp.exp(x / 2) + 1),
    "absolute": lambda x: mp.sign(x),
    "relu": lambda x: mp.mpf(x > 0),
    "max_tie": lambda x: mp.mpf(1) if x < 1 else 2 * x,
    "sqrt_at_zero": lambda x: 1 / (2 * mp.sqrt(x)),
    "where_untaken": lambda x: 1 + (2 * x * mp.log(x) + x if x > 0 else 0),
}
CLOSED_FORMS["logistic_iterated"] = CLOSED_FORMS["logistic_closed"]


def smooth_points(each: Problem) -> list[float]:
    found = points(each, formats["float64"], 12, seed=1)
    return [x for x in found.tolist() if x not in each.kinks]


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_truth_is_the_closed_form(name: str) -> None:
    for x in smooth_points(problems[name]):
        with balls.bits(300):
            truth = balls.derivative_by_mpmath(problems[name], x)
            expected = CLOSED_FORMS[name](mp.mpf(x))
            assert abs(truth - expected) <= abs(expected) * mp.mpf(2) ** -250


@each_problem
def test_truth_is_the_limit_of_a_difference(each: Problem) -> None:
    """At 1200 bits a central difference with h = 2^-400 errs by 2^-390 or less."""
    for x in smooth_points(each)[::3]:
        truth = truth_at(each, [x], 300).exact[0]
        with balls.bits(1200):
            h = mp.mpf(2) ** -400
            right, left = (each(mp.mpf(x) + side, balls.multiprecision) for side in (h, -h))
            expected = balls.ball((right - left) / (2 * h))
            assert abs(truth - expected) <= (abs(expected) + 1) * balls.ball(2) ** -250


@pytest.mark.parametrize("each", smooth, ids=lambda each: each.name)
def test_truth_of_a_smooth_problem_is_that_of_power_series(each: Problem) -> None:
    for x in smooth_points(each)[::3]:
        with balls.bits(400):
            truth = balls.ball(balls.derivative_by_mpmath(each, x))
            certified = balls.derivatives(each, x, 1)[1]
            assert certified.rel_accuracy_bits() > 300
            assert abs(truth - certified) <= (abs(certified) + 1) * balls.ball(2) ** -250


@each_problem
def test_float64_agrees_with_mpmath_to_a_few_ulp(each: Problem) -> None:
    x = np.array(smooth_points(each))
    with np.errstate(all="ignore"):
        found = each(x, np)
    for here, value in zip(x.tolist(), found.tolist(), strict=True):
        with balls.bits(300):
            expected = each(mp.mpf(here), balls.multiprecision)
            # the condition number times an ulp of x, and a few roundings of intermediate values
            slope = abs(balls.derivative_by_mpmath(each, here) * here)
            room = 64 * 2.0**-53 * (abs(expected) + slope + 1)
            assert abs(mp.mpf(value) - expected) <= room


@each_problem
def test_constants_are_integers_because_decimals_differ_between_formats(each: Problem) -> None:
    tree = ast.parse(inspect.getsource(each.formula))
    body = tree.body[0].body  # type: ignore[attr-defined]
    constants = [n.value for part in body for n in ast.walk(part) if isinstance(n, ast.Constant)]
    assert not [value for value in constants if isinstance(value, float)]


@each_problem
def test_every_problem_states_what_is_hard_and_where_it_comes_from(each: Problem) -> None:
    assert each.summary.endswith(".")
    assert each.difficulty
    assert each.source
    assert len(each.tags & {"smooth", "hard", "gradient", "kinked"}) == 1


def test_the_registry_holds_smooth_and_hard_problems() -> None:
    assert len(problems) >= 14
    assert sum(not each.hard for each in problems.values()) >= 10
    assert {"quadratic", "absolute", "relu", "max_tie", "sqrt_at_zero"} <= set(problems)


def test_an_interval_outside_the_domain_is_refused() -> None:
    with pytest.raises(ValueError, match=r"problem 'bad': \(-1.0, 1.0\) is not within \(0, inf\)"):

        @problem(
            "bad", interval=(-1.0, 1.0), domain=Domain(low=0.0), difficulty="none", source="a test"
        )
        def bad(x: Any, xp: Any) -> Any:
            return x

    assert "bad" not in problems


@pytest.mark.parametrize(
    ("domain", "text"),
    [
        (Domain(), "(-inf, inf)"),
        (Domain(low=0.0, closed=True), "[0, inf)"),
        (Domain(-math.pi / 2, math.pi / 2), "(-1.5708, 1.5708)"),
    ],
)
def test_a_domain_reads_as_in_mathematics(domain: Domain, text: str) -> None:
    assert str(domain) == text
