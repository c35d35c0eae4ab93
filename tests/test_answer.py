"""The answer of a run of a user's own function: first, true, and of the points that it is over."""

from __future__ import annotations

import math
from dataclasses import replace

import jax.numpy as jnp
import pytest
from jax import lax

import bench
from bench.experiments.accuracy.findings import answer, reasons, where_run
from bench.experiments.accuracy.summary import Line, summary
from bench.experiments.accuracy.undefined import nowhere
from bench.experiments.accuracy.words import times_told
from bench.results import Results
from bench.tell.findings import findings_of
from bench.values import Value


def kinked(x: Value) -> Value:
    """The ramp, which has no derivative at 0."""
    return jnp.maximum(x, 0)


def stairs(x: Value) -> Value:
    """The floor, whose derivative is 0 wherever it has one."""
    return jnp.floor(x)


def off_one(x: Value) -> Value:
    """The distance from 1."""
    return jnp.abs(x - 1)


def stopped(x: Value) -> Value:
    """The square, of which JAX differentiates one factor."""
    return x * lax.stop_gradient(x)


def ran(f: object, at: list[float], schemes: str = "grad,central") -> Results:
    """A small run of a function at some points."""
    return bench.run(
        f, at=at, precisions="float32", backends="jax", schemes=schemes, steps="-12:-3"
    )


def said(results: Results) -> str:
    """The answer of a run."""
    return findings_of(results)[0].says


def test_a_function_without_a_derivative_at_the_point_is_told_as_one() -> None:
    found = ran(kinked, [0.0])
    assert said(found) == (
        "kinked(x) has no derivative at x = 0: 0 from the left, 1 from the right; "
        f"jax.grad says 0.5 (test_answer.py:{kinked.__code__.co_firstlineno + 2})."
    )
    assert findings_of(found)[0].sheet is None


def test_where_the_derivative_is_0_the_largest_absolute_errors_are_told() -> None:
    assert said(ran(stairs, [0.5, 1.5])) == (
        "f' is 0 at every point looked at: relative errors are undefined; the largest absolute "
        "error is 0 by jax.grad, 0 by central."
    )


def test_the_largest_absolute_error_is_that_of_the_best_step() -> None:
    """(x + h)^4 - (x - h)^4 is 0, and ((x + h)^4 - x^4) / h is h^3 at x = 0."""
    assert said(ran(lambda x: x**4, [0.0], "grad,forward")) == (
        "f' is 0 at every point looked at: relative errors are undefined; the largest absolute "
        "error is 0 by jax.grad, 1.5e-11 by forward at h = 2.4e-4, its best step."
    )


def test_points_without_a_relative_error_for_another_reason_are_not_said_to_be_0() -> None:
    found = ran(lambda x: x**2, [0.0, 1.0])
    rows = found["accuracy"].query("x == 0 or scheme == 'grad'")
    assert nowhere(replace(found, tables={"accuracy": rows}), "float32").startswith(
        "f' is 0 at x = 0: relative errors are undefined; "
    )


@pytest.mark.parametrize(
    ("f", "at", "over"),
    [
        (off_one, [1.0, 2.0], "at 1 of 2 points (no derivative at x = 1), "),
        (lambda x: x**2, [0.0, 1.0, 2.0], "at 2 of 3 points (f' is 0 at x = 0), "),
        (lambda x: x**2, [1.0, 2.0], "autograd (jax.grad) is exact. "),
    ],
)
def test_an_answer_says_over_how_many_points_it_is(f: object, at: list[float], over: str) -> None:
    assert over in said(ran(f, at))


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (0.0, "0"),
        (3.846e-4, "3.8e-4"),
        (0.0038, "0.0038"),
        (0.06, "0.06"),
        (0.24, "0.2"),
        (1.04, "1.0"),
        (243.0, "240"),
    ],
)
def test_a_ratio_of_errors_keeps_two_digits_however_small(ratio: float, words: str) -> None:
    assert times_told(ratio) == words


@pytest.fixture(scope="module")
def smooth() -> tuple[Results, list[Line]]:
    """A run of a smooth function, and its summary."""
    found = ran(lambda x: jnp.exp(x) * jnp.sin(x), [0.5, 1.0, 2.0])
    return found, summary(found)


def changed(lines: list[Line], **fields: float) -> list[Line]:
    """The summary with other numbers of the central difference."""
    return [replace(x, **fields) if x.scheme == "central" else x for x in lines]  # type: ignore[arg-type]


def test_where_autograd_errs_much_more_the_ratio_is_told_the_other_way_round(
    smooth: tuple[Results, list[Line]],
) -> None:
    results, lines = smooth
    told = answer(results, changed(lines, over_autograd=1 / 2600))
    assert "; autograd errs 2600 times more. " in told
    assert "times autograd's error" not in told


def test_rounding_is_said_to_grow_as_u_over_h_only_where_it_was_measured(
    smooth: tuple[Results, list[Line]],
) -> None:
    results, lines = smooth
    near = answer(results, changed(lines, rounding_slope=-0.8, rounding_share=0.73))
    far = answer(results, changed(lines, rounding_slope=-0.04, rounding_share=0.73))
    assert (
        "What stops them is rounding, which grows as u/h (measured h^-0.8): at the best step of "
        "central it is 73% of the error, the rest truncation (h^"
    ) in near
    assert (
        "At the best step of central rounding is 73% of the error (measured h^0.0), the rest "
        "truncation (h^"
    ) in far
    assert "u/h" not in far


def test_that_autograd_is_of_another_function_is_the_answer_and_told_once() -> None:
    found = findings_of(ran(stopped, [2.0]))
    remark = (
        "jax.grad(stopped) is the derivative of another function: stop_gradient at test_answer.py:"
        f"{stopped.__code__.co_firstlineno + 2} (2 against f' = 4 at x = 2)"
    )
    assert found[0].says.startswith(f"{remark}. In float32, on stopped(x), autograd (jax.grad) ")
    assert sum(each.says.count(remark) for each in found) == 1


def test_a_kink_that_the_answer_does_not_tell_is_told_below_it_and_first() -> None:
    answer, *others = findings_of(ran(off_one, [1.0, 2.0]))
    assert "from the left" not in answer.says
    assert next(each for each in others if each.warns).says == (
        f"test_answer.py:{off_one.__code__.co_firstlineno + 2}: no derivative at x = 1: -1 from "
        "the left, 1 from the right; jax.grad says 1"
    )


def test_a_kink_that_the_answer_tells_is_told_once() -> None:
    found = findings_of(ran(kinked, [0.0]))
    assert sum("from the left" in each.says for each in found) == 1


def test_where_schemes_ran_is_told_where_they_ran_on_different_backends(
    smooth: tuple[Results, list[Line]],
) -> None:
    _, lines = smooth
    (grad,) = (x for x in lines if x.scheme == "grad")
    (central,) = (x for x in lines if x.scheme == "central")
    three = [
        grad,
        replace(central, backend="numpy"),
        replace(central, backend="numpy", scheme="forward"),
    ]
    assert where_run(lines) == ""
    assert where_run(three) == "Run: grad on jax, the others on numpy."
    assert where_run([*three, central]) == ""  # its names say `central [jax]`


def test_of_differences_that_are_all_exact_the_plain_one_is_told_alone_and_none_is_at_an_edge() -> (
    None
):
    found = findings_of(ran(lambda x: 2 * x, [1.0, 2.0], "grad,central4,central"))
    assert "The best finite difference, central, is exact at h near " in found[0].says
    assert "central4" not in found[0].says
    assert not [each for each in found if each.name == "edges"]


def test_a_scheme_without_a_number_has_its_reason_said() -> None:
    found = bench.run("overview", problems="tanh", precisions="bfloat16", points=2, figures=False)
    lines = summary(found)
    assert [line.scheme for line in lines if math.isnan(line.digits)] == ["complex_step"]
    said = "No number of complex_step: there are no complex numbers in bfloat16."
    assert reasons(lines) == said
    assert [each.says for each in findings_of(found) if each.name == "no number"] == [said]
    assert reasons([line for line in lines if line.scheme != "complex_step"]) == ""
