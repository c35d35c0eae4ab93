"""What is asked of a program: bits as needed, one side or both at a branch, JAX's conventions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flint import arb

from bench.arithmetic import balls
from bench.arithmetic.program import Refused
from bench.arithmetic.program.asked import (
    certified_gradient,
    gradient,
    reverse,
    slope,
    taylor,
    value,
)
from bench.arithmetic.program.numbers import coefficient
from bench.arithmetic.program.order import Flat, Kink, Undecided
from bench.arithmetic.program.traced import traced

Function = Callable[[Any], Any]


def derivatives(function: Function, x: float, order: int = 1) -> list[float]:
    return [float(ball.mid()) for ball in taylor(traced(function), x, order)]


def relu(x: Any) -> Any:
    return jnp.maximum(x, 0.0)


def guarded_sinc(x: Any) -> Any:
    return jnp.where(x == 0.0, 1.0, jnp.sin(x) / x)


def guarded_root(x: Any) -> Any:
    return jnp.where(x > 0.0, jnp.sqrt(x), 0.0 * x)


# One line each, for the sentences name it.
BRANCHES: dict[str, tuple[Function, float, str]] = {
    "relu": (relu, 0.0, "no derivative at x = 0: 0 from the left, 1 from the right"),
    "abs": (lambda x: abs(x), 0.0, "no derivative at x = 0: -1 from the left, 1 from the right"),
    "max": (
        lambda x: jnp.maximum(x * x, 2.0 * x),
        *(2.0, "no derivative at x = 2: 2 from the left, 4 from the right"),
    ),
    "clip": (
        lambda x: jnp.clip(x, -1.0, 1.0),
        *(1.0, "no derivative at x = 1: 1 from the left, 0 from the right"),
    ),
    "floor": (
        lambda x: jnp.floor(x) + x,
        *(2.0, "the program jumps at x = 2: 4 there, 3 from the left, 4 from the right"),
    ),
    "sign": (
        jnp.sign,
        0.0,
        "the program jumps at x = 0: 0 there, -1 from the left, 1 from the right",
    ),
    "point": (
        lambda x: jnp.where(x == 0.5, 7.0, x),
        *(0.5, "the program jumps at x = 0.5: 7 there, 0.5 from the left, 0.5 from the right"),
    ),
    "root of squares": (
        lambda x: jnp.sqrt(x * x * x * x + x * x) + x,
        *(0.0, "no derivative at x = 0: 0 from the left, 2 from the right"),
    ),
    "root": (
        jnp.sqrt,
        *(0.0, "no derivative at x = 0: the program has no number on the left"),
    ),
    "where": (
        lambda x: jnp.where(x < 1.0, x * x, 3.0 * x - 2.0),
        *(1.0, "no derivative at x = 1: 2 from the left, 3 from the right"),
    ),
    "second": (
        lambda x: x * abs(x),
        *(0.0, "no derivative of order 2 at x = 0: -2 from the left, 2 from the right"),
    ),
}


@pytest.mark.parametrize("name", BRANCHES)
def test_where_both_sides_differ_the_sentence_has_both(name: str) -> None:
    function, x, sentence = BRANCHES[name]
    with pytest.raises(Kink) as kink:
        taylor(traced(function), x, 2)
    assert kink.value.said == sentence
    assert [len(side) for side in (kink.value.left, kink.value.right)] == [3, 3]


def test_a_kink_is_told_at_the_line_of_the_user_with_its_numbers() -> None:
    with pytest.raises(Kink) as kink:
        taylor(traced(relu), 0.0, 1)
    line = relu.__code__.co_firstlineno + 1
    assert str(kink.value) == (
        f"test_program_asked.py:{line}: no derivative at x = 0: 0 from the left, 1 from the right"
    )
    assert (kink.value.left, kink.value.right, kink.value.here) == ([0, 0], [0, 1], 0)


SMOOTH: dict[str, tuple[Function, float, list[float]]] = {
    "sinc": (guarded_sinc, 0.0, [1.0, 0.0, -1 / 3]),
    "max of powers": (lambda x: relu(x) ** 3, 0.0, [0.0, 0.0, 0.0]),
    "abs of a square": (lambda x: abs(x * x), 0.0, [0.0, 0.0, 2.0]),
    "ties": (lambda x: jax.nn.logsumexp(jnp.stack([x, -x])), 0.0, [np.log(2.0), 0.0, 1.0]),
    "alike to all orders": (lambda x: relu(0.0 * x) + x, 0.0, [0.0, 1.0, 0.0]),
    "alike to 20 terms": (lambda x: jnp.where(x**20 > 0.0, x, 9.0 * x), 0.0, [0.0, 1.0, 0.0]),
    "x ** 0": (lambda x: x**0.0, 0.0, [1.0, 0.0, 0.0]),
    "a power": (lambda x: x**2.0, 0.0, [0.0, 0.0, 2.0]),
    "a high power": (lambda x: x**20_000.0, 1.0, [1.0, 2e4, 2e4 * (2e4 - 1)]),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_where_both_sides_agree_they_are_the_derivative(name: str) -> None:
    function, x, expected = SMOOTH[name]
    assert derivatives(function, x, 2) == pytest.approx(expected, rel=1e-15, abs=1e-300)


def test_numbers_that_no_term_tells_apart_are_refused_where_it_matters() -> None:
    def f(x: Any) -> Any:
        return jnp.where(x + 1.0 > 1.0 + x, 2.0 * x, 3.0 * x)

    with pytest.raises(Flat) as flat:
        taylor(traced(f), 0.5, 1)
    assert str(flat.value) == (
        f"test_program_asked.py:{f.__code__.co_firstlineno + 1}: `gt`: which of two numbers is "
        "larger around this point? They agree there in value and in 31 derivatives, and bench "
        "does not guess"
    )


def test_a_comparison_that_no_bits_decide_is_refused() -> None:
    def f(x: Any) -> Any:
        return jnp.where(jnp.exp(x) * 3.0 > 3.0 * jnp.exp(x), 2.0 * x, 3.0 * x)

    with pytest.raises(Undecided) as undecided:
        value(traced(f), 0.5)
    assert str(undecided.value) == (
        f"test_program_asked.py:{f.__code__.co_firstlineno + 1}: `gt`: which of two numbers is "
        "larger? Both agree to [+/- 2.69e-1232] at 4096 bits, and bench does not guess; if they "
        "are equal by algebra, write the comparison away"
    )


def test_bits_are_raised_until_a_comparison_is_decided() -> None:
    f = traced(lambda x: jnp.where(jnp.sin(x) ** 2 + jnp.cos(x) ** 2 + 1e-60 > 1.0, 2.0, 3.0))
    assert float(value(f, 0.5)[0][()]) == 2.0


def test_bits_are_raised_until_the_answer_is_known() -> None:
    (found,) = value(traced(lambda x: jnp.exp(x) - 1.0 - x - x * x / 2), 1e-40)
    assert found[()].rel_accuracy_bits() >= 100
    assert float(found[()].mid()) == pytest.approx(1e-120 / 6, rel=1e-12)


def test_an_answer_that_is_0_or_infinite_needs_no_more_bits(monkeypatch: Any) -> None:
    used = []
    monkeypatch.setattr(balls, "bits", lambda n, bits=balls.bits: used.append(n) or bits(n))
    assert value(traced(lambda x: x - x), 0.5) == [0]
    assert value(traced(jnp.log), 0.0) == [arb("-inf")]
    assert used == [128, 128]


def test_no_number_is_believed_only_at_4096_bits(monkeypatch: Any) -> None:
    used = []
    monkeypatch.setattr(balls, "bits", lambda n, bits=balls.bits: used.append(n) or bits(n))
    assert value(traced(jnp.log), -1.0)[0][()].is_nan()
    assert used == [128, 4096]


def test_the_bits_in_use_around_count() -> None:
    program = traced(lambda x: x / 3.0)
    with balls.bits(600):
        assert value(program, 1.0)[0][()].rel_accuracy_bits() >= 590
    assert value(program, 1.0, bits=300)[0][()].rel_accuracy_bits() in range(290, 310)


def test_the_library_is_left_as_it_was() -> None:
    before = flint.ctx.prec, flint.ctx.cap
    with pytest.raises(Kink):
        taylor(traced(relu), 0.0, 5)
    assert (flint.ctx.prec, flint.ctx.cap) == before


# JAX's conventions: the program's derivative, and what the program of jax.grad gives.


@jax.custom_jvp
def wrong_by_a_percent(x: Any) -> Any:
    return jnp.sin(x)


wrong_by_a_percent.defjvp(lambda x, t: (jnp.sin(x[0]), 1.01 * jnp.cos(x[0]) * t[0]))


@jax.custom_vjp
def clipped(x: Any) -> Any:
    return x * x


clipped.defvjp(lambda x: (x * x, x), lambda x, t: (jnp.clip(2.0 * x * t, -0.1, 0.1),))


def straight_through(x: Any) -> Any:
    return 2.0 * (x + jax.lax.stop_gradient(jnp.round(x) - x))


NAN = float("nan")
CONVENTIONS: dict[str, tuple[Function, float, float, float]] = {
    "stop_gradient": (lambda x: x * jax.lax.stop_gradient(x), 1.5, 3.0, 1.5),
    "straight-through round": (straight_through, 1.3, 0.0, 2.0),
    "custom_jvp": (wrong_by_a_percent, 1.0, np.cos(1.0), 1.01 * np.cos(1.0)),
    "custom_vjp": (clipped, 1.5, 3.0, 0.1),
    "NaN of where": (guarded_root, -1.0, 0.0, NAN),
    "x ** 0": (lambda x: jax.lax.pow(x, 0.0 * x), 0.0, 0.0, NAN),
}


@pytest.mark.parametrize("name", CONVENTIONS)
def test_the_derivative_of_a_program_is_not_what_a_convention_says(name: str) -> None:
    function, x, truth, by_jax = CONVENTIONS[name]
    assert derivatives(function, x)[1] == pytest.approx(truth, rel=1e-14)
    found = reverse(traced(jax.grad(function)), x)[()]
    if np.isnan(by_jax):
        assert not found.is_finite()
    else:
        assert float(found.mid()) == pytest.approx(by_jax, rel=1e-14)


def test_a_gradient_of_another_function_is_found_with_its_places() -> None:
    def f(x: Any) -> Any:
        return jnp.sum(x[:2] ** 2) + x[2] * jax.lax.stop_gradient(x[2])

    found = certified_gradient(traced(f, (3,)), traced(jax.grad(f), (3,)), [1.0, 2.0, 1.5])
    assert found.values.tolist() == [2, 4, 3]
    assert found.by_reverse is not None
    assert found.by_reverse.tolist() == [2, 4, 1.5]
    assert found.differs.tolist() == [False, False, True]


def test_a_gradient_that_is_right_costs_one_slope(monkeypatch: Any) -> None:
    monkeypatch.setattr("bench.arithmetic.program.asked.gradient", None)
    f, x = lambda x: jnp.sum(jnp.tanh(x) * x[::-1]), np.linspace(-1, 2, 7)
    found = certified_gradient(traced(f, (7,)), traced(jax.grad(f), (7,)), x)
    assert not found.differs.any()
    assert found.values is found.by_reverse


def test_without_a_program_of_the_gradient_it_is_taken_number_by_number() -> None:
    f = traced(lambda x: jax.lax.while_loop(lambda s: s < 10.0, lambda s: s * x[0], x[1]), (2,))
    found = certified_gradient(f, None, [2.0, 3.0])
    assert found.values.tolist() == [12, 4]
    assert (found.by_reverse, found.refused) == (None, "there is no program of the gradient")


def test_a_refusal_of_the_program_of_the_gradient_is_told() -> None:
    f, g = (lambda x: jnp.sum(x * x)), (lambda x: jnp.nextafter(x / 3.0, 0.0))
    found = certified_gradient(traced(f, (2,)), traced(g, (2,)), [2.0, 3.0])
    assert found.values.tolist() == [4, 6]
    assert found.refused.endswith("which an exact number does not have")


def test_a_kink_in_one_of_many_numbers_says_in_which() -> None:
    f = traced(lambda x: jnp.sum(abs(x)), (3,))
    with pytest.raises(Kink) as kink:
        gradient(f, [1.0, 0.0, 2.0])
    assert kink.value.said == "no derivative at x[1] = 0: -1 from the left, 1 from the right"


def test_a_slope_is_the_gradient_along_its_direction() -> None:
    f = traced(lambda x: jnp.prod(x), (3,))
    assert slope(f, [2.0, 3.0, 5.0], [1.0, 0.5, -1.0]) == 15 + 5 - 6


def test_a_derivative_is_asked_of_one_number() -> None:
    with pytest.raises(Refused, match=r"that of one number, and the program gives \(2,\)"):
        taylor(traced(lambda x: jnp.stack([x, x])), 1.0, 1)


# Programs are traced as JAX would run them.


def formats_in(program: Any) -> set[str]:
    return {str(variable.aval.dtype) for e in program.jaxpr.eqns for variable in e.outvars}


def with_constants(x: Any) -> Any:
    return x * jnp.array([0.1, 0.2]) + np.float64(0.1)


def test_a_narrow_format_is_traced_without_wide_types() -> None:
    assert formats_in(traced(with_constants, (2,), np.float32)) == {"float32"}
    assert formats_in(traced(with_constants, (2,), np.float64)) == {"float64"}
    assert formats_in(traced(jnp.sin, (), np.complex64)) == {"complex64"}
    assert formats_in(traced(jnp.sin, (), np.complex128)) == {"complex128"}


def test_a_constant_is_that_of_the_trace() -> None:
    for dtype in (np.float32, np.float64):
        (found,) = value(traced(lambda x: 0.1 * x, (), dtype), 1.0)
        assert found[()] == arb(float(dtype(0.1)))


def test_integers_of_a_program_stay_whole() -> None:
    f = traced(lambda x: x * ((jnp.argmax(x) + 2**40) % 1000).astype(x.dtype), (3,))
    assert value(f, [1.0, 3.0, 2.0])[0].tolist() == [777, 2331, 1554]
    narrow = traced(lambda x: x * jnp.arange(3)[jnp.argmax(x)], (3,), np.float32)
    assert value(narrow, [1.0, 3.0, 2.0])[0].tolist() == [1, 3, 2]


def test_a_coefficient_that_a_series_does_not_know_is_not_0() -> None:
    short = flint.arb_series([1, 2], prec=2)
    assert short[2] == 0
    assert coefficient(short, 2).is_nan()
    assert coefficient(arb(1), 2) == 0


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_random_numbers_are_those_that_jax_draws_in_the_format(dtype: Any) -> None:
    def drawn(x: Any) -> Any:
        return x * jax.random.uniform(jax.random.key(7), x.shape, x.dtype)

    (found,) = value(traced(drawn, (3,), dtype), np.ones(3))
    with jax.enable_x64(dtype is np.float64):
        expected = drawn(jnp.ones(3, dtype))
    assert found.tolist() == [arb(float(number)) for number in expected]
