"""Laws of every scheme: order, exactness, relations."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar

import mpmath
import numpy as np
import pytest
from emulation import STENCILS

from bench.arithmetic import backends, balls, estimate
from bench.formats import formats
from bench.problems import problems
from bench.reference import ideals_at, truth_at
from bench.registry import InputError
from bench.schemes import Scheme, scheme, schemes
from bench.schemes.stencils import order_of, stencil_weights
from bench.theory import leading_coefficient

stepped = [s for s in schemes.values() if s.has_step]
real = [s for s in stepped if s.needs == "real"]
without_step = [s for s in schemes.values() if s.is_autodiff]
named = {"ids": lambda s: s.name}


@pytest.mark.parametrize("each", stepped, **named)
def test_observed_order_is_the_declared_order(each: Scheme) -> None:
    f, x, h = problems["exp_sin"], [0.75], [2.0**-30, 2.0**-31]
    with balls.bits(1200):
        truth = truth_at(f, x, 1200).exact[0]
        ideal = ideals_at(f, [each], x, h, 1200)[each.name][0]
        errors = [float(abs((estimate - truth) * balls.ball(2) ** 300)) for estimate in ideal]
    observed = np.log2(errors[0] / errors[1])
    # error = C h^p (1 + O(h)): the deviation from p is of the order of h, far below 1e-6
    assert observed == pytest.approx(each.order, abs=1e-6)


def applied(each: Scheme, power: int, x: Fraction, h: Fraction) -> Fraction:
    one = np.array([Fraction(1)], object)
    result: Fraction = each(lambda t: t**power, x * one, h * one)[0]
    return result


@pytest.mark.parametrize("each", real, **named)
def test_powers_up_to_the_order_are_exact_and_the_next_is_not(each: Scheme) -> None:
    x, h = Fraction(3, 7), Fraction(1, 5)
    assert each.order is not None
    for power in range(each.order + 1):
        assert applied(each, power, x, h) == (power * x ** (power - 1) if power else 0)
    next_power = each.order + 1
    assert applied(each, next_power, x, h) != next_power * x**each.order


def exactly(each: Scheme, f: Any, x: Any, h: Any) -> Any:
    """D(f, x, h) in mpmath, for real and for complex schemes."""
    return balls.estimate_by_mpmath(lambda t, xp: f(t), each.formula, x, h)


@pytest.mark.parametrize("each", stepped, **named)
def test_schemes_are_linear_in_f(each: Scheme) -> None:
    """Also Ridders', where one entry of its tableau is the steadiest for f, for g and for both."""
    x, h = mpmath.mpf(2) / 3, mpmath.mpf(1) / 64

    def f(t: Any) -> Any:
        return t**3 - t

    def g(t: Any) -> Any:
        return mpmath.exp(t) * mpmath.sin(t)

    with balls.bits(600):
        both = exactly(each, lambda t: 5 * f(t) - g(t) / 3 + 7, x, h)
        apart = 5 * exactly(each, f, x, h) - exactly(each, g, x, h) / 3
        assert abs(both - apart) < mpmath.mpf(2) ** -500


@pytest.mark.parametrize("each", stepped, **named)
def test_schemes_do_not_know_where_0_is_nor_what_1_means(each: Scheme) -> None:
    """The derivative of f(a t + b) at x with step h is a times that of f at a x + b with a h."""
    x, h, a, b = (mpmath.mpf(k) / 16 for k in (11, 1, 24, -5))

    def f(t: Any) -> Any:
        return mpmath.exp(t) * mpmath.sin(t)

    with balls.bits(600):
        moved = exactly(each, lambda t: f(a * t + b), x, h)
        assert abs(moved - a * exactly(each, f, a * x + b, a * h)) < mpmath.mpf(2) ** -500


@pytest.mark.parametrize("each", without_step, **named)
def test_a_scheme_without_a_step_gives_the_truth_to_a_few_ulp(each: Scheme) -> None:
    f, double = problems["exp_sin"], formats["float64"]
    x = double.round([0.75, 1.0, 1.625])
    truth = truth_at(f, x.tolist(), 300).values
    able = [backend for backend in backends.values() if not backend.why_not(each, double, f)]
    assert able
    for backend in able:
        found = estimate(backend, f, [each], double, x, x[:0], "cpu")[each.name][:, 0]
        assert np.all(np.abs(found - truth) <= 8 * double.ulp(truth)), backend.name


@pytest.mark.parametrize("each", without_step, **named)
@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64"])
def test_a_scheme_without_a_step_rounds_as_the_chain_rule_written_out(
    each: Scheme, name: str
) -> None:
    """The derivative of 3x² - 4x is 6x - 4 in steps of one rounding each: no ulp is lost or won."""
    precision = formats[name]
    x = precision.round(np.linspace(0.75, 2.0, 41))
    three, four = precision.round([3.0]), precision.round([4.0])
    expected = three * (x + x) - four
    found = estimate(backends["jax-strict"], problems["quadratic"], [each], precision, x, x, "cpu")
    assert found[each.name][:, 0].tolist() == expected.tolist()


def test_richardson_of_central_is_central4_at_half_the_step() -> None:
    x, h = Fraction(2, 3), Fraction(1, 9)

    def f(t: Fraction) -> Fraction:
        return 1 / (1 + t * t)

    assert schemes["richardson"](f, x, h) == schemes["central4"](f, x, h / 2)


@pytest.mark.parametrize(
    ("offsets", "weights"),
    [
        ((-1, 0, 1), "-1/2 0 1/2"),
        ((-2, -1, 0, 1, 2), "1/12 -2/3 0 2/3 -1/12"),
        ((-3, -2, -1, 0, 1, 2, 3), "-1/60 3/20 -3/4 0 3/4 -3/20 1/60"),
        ((-4, -3, -2, -1, 0, 1, 2, 3, 4), "1/280 -4/105 1/5 -4/5 0 4/5 -1/5 4/105 -1/280"),
        ((0, 1, 2), "-3/2 2 -1/2"),
        ((0, 1, 2, 3), "-11/6 3 -3/2 1/3"),
        ((0, 1, 2, 3, 4), "-25/12 4 -3 4/3 -1/4"),
        ((-2, 0, 5), "-5/14 3/10 2/35"),
    ],
)
def test_weights_are_those_of_fornberg_1988(offsets: tuple[int, ...], weights: str) -> None:
    assert stencil_weights(offsets) == [Fraction(word) for word in weights.split()]


def test_weights_of_a_second_derivative() -> None:
    assert stencil_weights((-1, 0, 1), derivative=2) == [1, -2, 1]


def test_offsets_may_be_fractions_and_integers_of_numpy() -> None:
    assert stencil_weights([Fraction(1, 2), Fraction(-1, 2)]) == [1, -1]
    found = stencil_weights(np.arange(-15, 16))  # type: ignore[arg-type]
    assert found == stencil_weights(range(-15, 16))  # 15^30 is more than 64 bits hold


@pytest.mark.parametrize("odd", [0.1, 2.0, np.float32(1), np.float64(-1), True, 1j, "1"])
def test_an_offset_that_is_not_exact_is_refused_rather_than_taken_as_its_binary_value(
    odd: Any,
) -> None:
    with pytest.raises(InputError) as caught:
        stencil_weights([0, odd])
    assert str(caught.value) == (
        f"an offset is {odd!r}; allowed: integers and fractions, which are exact"
    )


@pytest.mark.parametrize("offsets", [(1, 1), (0,)])
def test_offsets_that_give_no_derivative_are_refused(offsets: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="derivative 1 needs 2 different ones"):
        stencil_weights(offsets)


@pytest.mark.parametrize(
    ("name", "order", "evaluations"),
    [
        ("forward", 1, 2),
        ("forward2", 2, 3),
        ("backward", 1, 2),
        ("backward2", 2, 3),
        ("central", 2, 2),
        ("central4", 4, 4),
        ("central6", 6, 6),
        ("central8", 8, 8),
        ("richardson", 4, 4),
        ("ridders", 10, 10),
        ("complex_step", 2, 1),
    ],
)
def test_evaluations_are_the_calls_of_f(name: str, order: int, evaluations: int) -> None:
    calls: list[Any] = []

    def f(t: Any) -> Any:
        calls.append(t)
        return t * t

    schemes[name](f, np.array([1.5]), np.array([0.125]))
    assert schemes[name].order == order
    assert schemes[name].evaluations == evaluations == len({complex(t[0]) for t in calls})


@pytest.mark.parametrize("each", stepped, **named)
def test_the_points_a_scheme_says_it_needs_are_those_it_asks_for(each: Scheme) -> None:
    x, h = 1.5, 0.125
    asked: set[complex] = set()

    def f(t: Any) -> Any:
        asked.add((complex(t[0]) - x) / h)
        return t * t

    each(f, np.array([x]), np.array([h]))
    assert asked == {complex(offset) for offset in each.offsets}
    assert each.evaluations == len(asked)


def test_a_wrong_weight_changes_the_order() -> None:
    assert order_of((-1, 1), [Fraction(-1, 2), Fraction(1, 2)]) == 2
    assert order_of((-1, 1), [Fraction(-1, 2), Fraction(2, 3)]) == 1


def test_leading_coefficients_are_those_of_taylor_series() -> None:
    expected = {"forward": 1 / 2, "central": 1 / 6, "central4": -1 / 30, "complex_step": -1 / 6}
    found = {name: leading_coefficient(schemes[name]) for name in expected}
    assert found == pytest.approx(expected, rel=1e-15)


def test_the_formula_reads_like_the_textbook_and_runs_on_plain_numbers() -> None:
    assert schemes["central"](lambda t: t * t, 3.0, 0.5) == 6.0
    assert schemes["forward"](lambda t: 3 * t**2 - 4 * t, Fraction(1), Fraction(1, 10)) == Fraction(
        23, 10
    )


def test_a_scheme_is_added_in_one_place() -> None:
    @scheme(order=2, source="a test")
    def three_points(f: Any, x: Any, h: Any) -> Any:
        """A central difference written another way."""
        return (f(x + 2 * h) - f(x - 2 * h)) / (4 * h)

    try:
        assert schemes["three-points"].offsets == (-2, 2)
        assert schemes["three-points"].weights == {-2: Fraction(-1, 4), 2: Fraction(1, 4)}
        assert schemes["three-points"].family == "test_schemes"
    finally:
        schemes.discard("three_points")


@pytest.mark.parametrize("each", schemes.values(), **named)
def test_every_scheme_states_what_it_is_and_where_it_comes_from(each: Scheme) -> None:
    assert each.summary.endswith(".")
    assert each.source
    assert each.label


@pytest.mark.parametrize("each", stepped, **named)
def test_the_leading_coefficient_is_that_of_the_error(each: Scheme) -> None:
    """In mpmath: (D(f, x, h) - f') / (h^p f^(p+1)) at a small h, f = 1 / (1 + e^-x)."""
    f, x, h = problems["sigmoid"], 0.75, 2.0**-30
    with balls.bits(1200):
        ideal = balls.estimate_by_mpmath(f, each.formula, x, h)
        derivatives = balls.derivatives(f, x, each.order + 1)
        error = balls.ball(ideal) - derivatives[1]
        found = error / balls.ball(h) ** each.order / derivatives[-1]
    assert float(found) == pytest.approx(leading_coefficient(each), rel=1e-6)


class Counted(np.ndarray[Any, Any]):
    """An array that counts the operations on it: each is a call of NumPy, a microsecond long."""

    count: ClassVar[int] = 0

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        Counted.count += 1
        plain = [np.asarray(each) if isinstance(each, Counted) else each for each in inputs]
        return np.asarray(getattr(ufunc, method)(*plain, **options)).view(Counted)


@pytest.mark.parametrize("name", STENCILS)
def test_a_stencil_takes_no_operation_more_than_written_by_hand(name: str) -> None:
    """Nothing is multiplied by 1: at one point that would be seen in the time of a derivative."""
    denominator, terms = STENCILS[name]
    x, h = (np.array([value]).view(Counted) for value in (1.5, 0.25))
    Counted.count = 0
    schemes[name](lambda t: t, x, h)
    shifts = sum(1 + (abs(k) > 1) for k, _ in terms if k)
    products = sum(abs(weight) > 1 for _, weight in terms)
    over = 1 + (denominator > 1)
    assert Counted.count == shifts + products + len(terms) - 1 + over
