"""What a function of others once made come out wrong without a word."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from bench.arithmetic.program import Refused
from bench.arithmetic.program.asked import certified_gradient, gradient, reverse, value
from bench.arithmetic.program.traced import traced

X = np.array([0.3125, -0.6875])


def exactly(f: Any, x: Any = X) -> Any:
    return value(traced(f, np.shape(x)), x)[0]


def floats(balls: Any) -> list[float]:
    return [float(ball.mid()) for ball in np.ravel(balls)]


def refusal(f: Any, x: Any = X) -> str:
    with pytest.raises(Refused) as refused:
        exactly(f, x)
    return str(refused.value).partition(": ")[2]


def test_what_is_divided_by_zero_is_not_compared_for_its_sign_is_not_known() -> None:
    said = refusal(lambda x: jnp.where(x / (x - x) > 1.0, x, -x))
    assert said == (
        "`gt`: which of two numbers is larger? One of them is unbounded, as what is divided by 0"
    )


def test_a_loop_that_looks_at_a_quotient_by_zero_does_not_end_at_once() -> None:
    def series(x: Any) -> Any:
        def body(state: Any) -> Any:
            total, term, k = state
            return total + term, term * x / k, k + 1.0

        first = (0.0 * x, x, 2.0)
        return lax.while_loop(lambda s: s[1] / s[0] > 1e-3, body, first)[0]

    assert float(series(0.3125)) > 0
    assert refusal(series, 0.3125).startswith("`gt`: which of two numbers is larger?")


def test_a_quotient_by_zero_is_infinite_and_not_finite() -> None:
    def f(x: Any) -> Any:
        return jnp.where(jnp.isinf(x / 0.0), 1.0, 0.0) + jnp.where(jnp.isfinite(x / 0.0), 4.0, 2.0)

    assert floats(exactly(f)) == [3.0, 3.0] == list(f(jnp.asarray(X)))


def test_zero_over_zero_is_not_a_number() -> None:
    def f(x: Any) -> Any:
        return jnp.where(jnp.isnan((x - x) / (x - x)), 1.0, 0.0)

    assert floats(exactly(f)) == [1.0, 1.0] == list(f(jnp.asarray(X)))


BEYOND = {
    "igamma": lambda x: lax.igamma(x, jnp.ones(2)) + lax.igamma(jnp.ones(2), -jnp.ones(2)),
    "igammac": lambda x: lax.igammac(x, jnp.ones(2)) + lax.igammac(jnp.ones(2), -jnp.ones(2)),
    "betainc": lambda x: lax.betainc(jnp.ones(2), x, 0.5 * jnp.ones(2)) + lax.betainc(*3 * [x]),
    "zeta": lambda x: lax.zeta(x + 1, 2.0 * jnp.ones(2)) + lax.zeta(x, jnp.ones(2)),
    "polygamma": lambda x: lax.polygamma(-jnp.ones(2), x),
    "atan2": lambda x: lax.atan2(jnp.nan * x, x) + lax.atan2(0 * x, jnp.nan * x),
    "rem": lambda x: lax.rem(x, 0 * x),
}


@pytest.mark.parametrize("name", BEYOND)
def test_beyond_the_domain_of_jax_there_is_no_number(name: str) -> None:
    with jax.enable_x64(True):
        assert np.isnan(BEYOND[name](jnp.asarray(X))[1])
    assert exactly(BEYOND[name])[1].is_nan()


def test_what_is_masked_by_infinity_has_no_share() -> None:
    def f(x: Any) -> Any:
        third = jnp.where(jnp.arange(2) == 0, x / 3, -jnp.inf)
        return jnp.exp(third - jax.nn.logsumexp(x / 3)) + jnp.tanh(third + x[0] / 3)

    with jax.enable_x64(True):
        assert floats(exactly(f)) == pytest.approx(f(jnp.asarray(X)).tolist(), rel=1e-14)


def test_a_remainder_of_infinity_is_the_number_itself() -> None:
    assert floats(exactly(lambda x: lax.rem(x, jnp.full(2, jnp.inf)))) == list(X)


def test_a_gradient_of_jax_that_is_wrong_in_the_sixteenth_digit_is_not_taken_for_right() -> None:
    @jax.custom_jvp
    def square(x: Any) -> Any:
        return jnp.sum(x * x)

    square.defjvp(lambda x, dx: (square(*x), jnp.sum(2 * x[0] * dx[0]) * (1 + 2.0**-52)))
    found = certified_gradient(traced(square, X.shape), traced(jax.grad(square), X.shape), X)
    assert found.differs.all()
    assert [ball == 2 * x for ball, x in zip(found.values, X, strict=True)] == [True, True]


def test_a_gradient_of_jax_that_is_not_a_number_is_another_than_one_that_is() -> None:
    def f(x: Any) -> Any:
        return jnp.sum(jnp.where(x > 0, jnp.sqrt(x), 3 * x))

    found = certified_gradient(traced(f, X.shape), traced(jax.grad(f), X.shape), X)
    assert floats(found.values)[1] == 3.0
    assert list(found.differs) == [False, True]


def test_the_sign_bit_of_a_number_that_depends_on_x_is_that_of_the_number() -> None:
    def f(x: Any) -> Any:
        return jnp.sum(jnp.copysign(x**2, -x[0]) + jnp.where(jnp.signbit(x / 3.0), x, 5.0 * x))

    program = traced(f, X.shape)
    assert floats(value(program, X)[0]) == [float(f(X))]
    expected = [5.0 - 2 * X[0], 1.0 - 2 * X[1]]
    assert floats(gradient(program, X)) == expected
    assert floats(reverse(traced(jax.grad(f), X.shape), X)) == expected


def test_a_sign_bit_at_zero_has_two_sides() -> None:
    program = traced(lambda x: jnp.where(jnp.signbit(x), -x, 3.0 * x), ())
    with pytest.raises(
        Refused, match=r"no derivative at x = 0: -1 from the left, 3 from the right"
    ):
        gradient(program, np.array(0.0))


def test_other_bits_of_a_number_that_depends_on_x_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        gradient(traced(lambda x: jnp.sum(jnp.frexp(x)[0]), X.shape), X)
    assert str(refused.value).partition(": ")[2] == (
        "`shift_right_arithmetic`: the program computes with the bits of a float; its derivative "
        "is not seen"
    )
    assert refusal(lambda x: jnp.frexp(x / 3.0)[0]) == (
        "`shift_right_arithmetic`: the program looks at the bits of a float, which an exact number "
        "has not"
    )


def test_the_size_of_what_is_around_zero_matters_only_where_it_is_asked() -> None:
    def f(x: Any) -> Any:
        unit = jnp.stack([x[0], jnp.sqrt(1 - x[0] * x[0])])
        return jnp.where(jnp.abs(jnp.sum(unit * unit) - 1.0) < 1e-9, x[0] * x[1], x[0])

    assert floats(gradient(traced(f, X.shape), X)) == [X[1], X[0]]
