"""Numbers that others published, reproduced."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest

from bench.arithmetic import balls
from bench.limit import limits
from bench.problems import problems
from bench.reference import truth_at
from bench.registry import InputError
from bench.schemes import schemes


def test_the_limit_is_of_one_problem_and_no_tag_stands_for_one() -> None:
    with pytest.raises(InputError, match=r"^no problem named 'hard'"):
        limits("hard", 1.0)


def test_the_step_closest_to_a_derivative_of_0_is_found() -> None:
    (found,) = limits("rational", 0.0, ["float64"])
    assert found.truth == 0.0
    assert found.closest is not None
    assert found.closest.value == 0.0


def test_the_course_slide() -> None:
    (double,) = limits("quadratic", 1.0, ["float64"])
    slide = [f"h={each.h:.5f}, numerical limit={each.value:.5f}" for each in double.quotients[:5]]
    assert slide == [
        "h=0.10000, numerical limit=2.30000",
        "h=0.01000, numerical limit=2.03000",
        "h=0.00100, numerical limit=2.00300",
        "h=0.00010, numerical limit=2.00030",
        "h=0.00001, numerical limit=2.00003",
    ]
    assert double.truth == 2
    assert double.autodiff == 2


@pytest.mark.parametrize(
    ("precision", "h", "status"),
    [("float64", 1e-16, "x_plus_h_equals_x"), ("float32", 1e-8, "x_plus_h_equals_x"),
     ("float16", 1e-4, "x_plus_h_equals_x"), ("float16", 1e-8, "h_underflow")],
)  # fmt: skip
def test_cancellation_destroys_the_limit_at_smaller_steps(
    precision: str, h: float, status: str
) -> None:
    (found,) = limits("quadratic", 1.0, [precision])
    (quotient,) = [each for each in found.quotients if each.h == h]
    assert quotient.status == status
    assert quotient.value != pytest.approx(2, abs=0.5)


def sin_exp(x: float) -> float:
    return float(problems["sin_exp"](np.float64(x), np))


def test_forward_differences_of_driscoll_and_braun() -> None:
    found = [schemes["forward"](sin_exp, 0.0, h) for h in (0.1, 0.05, 0.025)]
    expected = [-2.737868275809363, -2.6127952856136947, -2.5464969752366606]
    assert found == pytest.approx(expected, rel=1e-13)


def test_errors_of_driscoll_and_braun() -> None:
    truth = -2.478349732955235
    steps = [4.0**-k for k in range(1, 9)]
    forward = [abs(schemes["forward"](sin_exp, 0.0, h) - truth) for h in steps]
    central = [abs(schemes["central"](sin_exp, 0.0, h) - truth) for h in steps[:7]]
    assert forward == pytest.approx(
        [0.53167, 0.16675, 0.042784, 0.0107514, 2.69113e-3, 6.7298e-4, 1.68259e-4, 4.2065e-5],
        rel=2e-5,
    )
    assert central == pytest.approx(
        [8.58972e-2, 4.44383e-3, 2.74029e-4, 1.711232e-5, 1.0694634e-6, 6.684111e-8, 4.176695e-9],
        rel=2e-3,  # at 4^-7 rounding shows in the fourth digit
    )


@pytest.mark.parametrize(
    ("name", "x", "digits"),
    [
        ("power_9_2", 1.5, "18.60081273425975868"),
        ("squire_trapp", 1.5, "3.6220337007163260426"),
        ("sin_exp", 0.0, "-2.478349732955235"),
    ],
)
def test_published_derivatives(name: str, x: float, digits: str) -> None:
    with balls.bits(200):
        truth = balls.derivative_by_mpmath(problems[name], x)
        places = len(digits.lstrip("-")) - 1
        published = mpmath.mpf(digits)
        assert abs(truth - published) <= abs(published) * mpmath.mpf(10) ** (1 - places)


@pytest.mark.parametrize("name", ["logistic_closed", "logistic_iterated"])
def test_the_logistic_map_of_baydin_and_others(name: str) -> None:
    x = np.array([Fraction(1, 5)], object)
    h = np.array([Fraction(1, 10**40)], object)
    (found,) = schemes["central"](lambda t: problems[name](t, None), x, h)
    assert abs(found - Fraction(708288, 78125)) < Fraction(1, 10**70)


def test_the_complex_step_has_no_cancellation() -> None:
    f = problems["squire_trapp"]
    found = schemes["complex_step"](lambda z: f(z, np), np.array([1.5]), np.array([1e-200]))
    assert found[0] == pytest.approx(3.6220337007163260426, rel=1e-15)


@pytest.mark.parametrize(("name", "x"), [("tanh", 100.0), ("tanh", 1000.0), ("sigmoid", 1000.0)])
def test_saturated_activations_have_their_tiny_derivative(name: str, x: float) -> None:
    found = truth_at(problems[name], [x], 300).values[0]
    with mpmath.workprec(9000):
        z = mpmath.exp(-x if name == "sigmoid" else -2 * mpmath.mpf(x))
        expected = (1 if name == "sigmoid" else 4) * z / (1 + z) ** 2
    assert found == float(expected)


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("absolute", 1e200, 1.0),
        ("absolute", 1e-200, 1.0),
        ("sqrt_at_zero", 1e-200, 0.5e100),
        ("max_tie", 1e150, 2e150),
        ("quadratic", 1e300, 6e300),
        ("log_near_zero", 1e-100, 1e100),
    ],
)
def test_truth_holds_for_tiny_and_huge_points(name: str, x: float, expected: float) -> None:
    assert truth_at(problems[name], [x], 300).values[0] == pytest.approx(expected, rel=1e-15)
