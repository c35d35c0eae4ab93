"""What JAX can trace is checked exactly: against its certified gradient, within its own rounding."""

from __future__ import annotations

import re
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flint import arb

import bench
from bench.arithmetic import balls
from bench.arithmetic.program.asked import value
from bench.arithmetic.program.traced import traced
from bench.checking.enclosing import Unbounded, enclosed, radii
from bench.formats import formats
from bench.values import Value

X = np.linspace(0.3, 2.0, 12)
EXACT = (
    "exact: the certified gradient of f's program; rounding bounded equation by equation in that of"
)


def f(x: Value) -> Value:
    return jnp.sum(jnp.sin(x) * x)


def g(x: Value) -> Value:
    return jnp.cos(x) * x + jnp.sin(x)


G = np.cos(X) * X + np.sin(X)


@pytest.mark.parametrize("precision", list(formats))
def test_a_gradient_by_jax_is_right_and_f_is_called_twice_only(precision: str) -> None:
    found = bench.check(f, X, precision=precision)
    assert found
    assert (found.method, found.evaluations) == (f"{EXACT} jax.grad", 2)
    assert formats[precision].unit_roundoff < found.whole < 64 * formats[precision].unit_roundoff


@pytest.mark.parametrize("size", [1e300, 1e-300])
def test_what_would_have_been_seen_is_told_for_x_of_any_size(size: float) -> None:
    found = bench.check(lambda x: jnp.sum(jnp.sqrt(x)), size * np.array([1.0, 2.0, 3.0]))
    assert found
    assert 2.0**-53 < found.whole <= found.one < 64 * 2.0**-53
    assert bench.check(jnp.sin, 1e300)  # whose square is none


def test_a_gradient_of_the_users_is_held_to_its_own_rounding() -> None:
    assert bench.check(f, X, g).method == f"{EXACT} the gradient given"
    assert bench.check(f, X, G).method == f"{EXACT} jax.grad"


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_an_error_of_twice_what_is_told_is_seen_in_every_component_of_some_weight(
    precision: str,
) -> None:
    dtype = formats[precision].dtype
    x = X.astype(dtype).astype(np.float64)
    right = np.cos(x) * x + np.sin(x)
    power = bench.check(f, X, right.astype(dtype), precision=precision).one
    weight = np.abs(right * x)
    for i in np.flatnonzero(weight >= np.sqrt(np.mean(weight**2)) / 2):
        wrong = right.copy()
        wrong[i] *= 1 + 2 * power
        found = bench.check(f, X, wrong.astype(dtype), precision=precision)
        assert found.component is not None
        assert (found.verdict, found.component.name) == ("wrong", f"x[{i}]")


def test_a_detached_part_is_told_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "detaching.py").write_text(
        "import jax\n\n\ndef f(x):\n    return (jax.lax.stop_gradient(x) * x).sum()\n"
    )
    import detaching  # type: ignore[import-not-found]

    found = bench.check(detaching.f, X)
    assert found.reasons == (
        "jax.grad is another function's derivative: stop_gradient at detaching.py:5",
        "12 of 12 components are off by more than rounding can make",
    )
    assert found.looks_like == "it is half the right one"


@pytest.mark.parametrize(
    ("wrong", "like"),
    [
        (-G, "its sign is turned"),
        (1.5 * G, "it is 1.5 times the right one"),
        (G - X / 2, "a term is missing: 0.5 x, the gradient of 0.25 |x|^2"),
        (np.where(X > 1, G, 0), "it is 0 in 5 of 12 components, where f depends on them"),
        (G[::-1], "its components are in reverse order"),
    ],
)
def test_what_a_wrong_gradient_looks_like_is_told(wrong: Value, like: str) -> None:
    assert bench.check(f, X, wrong).looks_like == like


def test_a_rule_of_the_users_that_is_wrong_is_found() -> None:
    @jax.custom_jvp
    def cube(x: Value) -> Value:
        return x**3

    cube.defjvp(lambda x, t: (x[0] ** 3, 3.01 * x[0] ** 2 * t[0]))
    found = bench.check(lambda x: jnp.sum(cube(x)), X)
    assert found.verdict == "wrong"
    assert found.looks_like == "it is 1.00333 times the right one"


def test_a_kink_is_told_with_both_sides_and_what_is_between_them_is_not_accused() -> None:
    found = bench.check(lambda x: jnp.abs(x), 0.0, 0.25)
    assert (found.verdict, found.sides) == ("undecidable", (-1.0, 1.0))
    assert bench.check(lambda x: jnp.abs(x), 0.0, 1.25).verdict == "wrong"
    several = bench.check(lambda x: jnp.sum(jnp.abs(x)), np.array([1.0, 0.0, -1.0]))
    assert (several.verdict, several.sides) == ("undecidable", (-1.0, 1.0))
    assert re.fullmatch(
        r"test_check_exact.py:\d+: f has a kink at x: along x\[1\] its slope is -1 from the left "
        r"and 1 from the right; the gradient says 1, between",
        *several.reasons,
    )


def test_a_kink_that_directions_miss_makes_a_gradient_undecidable() -> None:
    found = bench.check(lambda x: jnp.max(x) + jnp.sum(x**2), np.array([1.0, 2.0, 2.0]))
    assert (found.verdict, found.sides) == ("undecidable", (4.0, 5.0))


def test_what_has_no_bound_is_checked_by_calls_and_that_is_told() -> None:
    def sizes(x: Value) -> Value:
        return jnp.sum(jnp.linalg.svd(x.reshape(3, 3), compute_uv=False) ** 3)

    found = bench.check(sizes, np.random.default_rng(0).normal(size=9))
    assert found
    assert found.notes == ("not checked exactly: of `svd` no bound of its rounding is known",)
    found = bench.check(lambda x: jnp.sum(jnp.abs(jnp.fft.fft(x)) ** 4), X[:4])
    assert found
    assert found.notes == (
        "not checked exactly: of complex numbers no bound of their rounding is known",
    )


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_factors_and_systems_of_equations_are_checked_exactly(precision: str) -> None:
    a = np.random.default_rng(0).normal(size=(3, 3)) + 3 * np.eye(3)

    def likelihood(x: Value) -> Value:
        m = x.reshape(3, 3)
        low = jnp.linalg.cholesky(m @ m.T)
        first = jax.scipy.linalg.solve_triangular(low, m[0], lower=True)
        return first @ first + jnp.linalg.slogdet(m)[1] + jnp.linalg.solve(m, m[1] * m[2]).sum()

    found = bench.check(likelihood, a.ravel(), precision=precision)
    assert (found.verdict, found.method) == ("right", f"{EXACT} jax.grad")
    with jax.enable_x64(True):
        wrong = np.array(jax.grad(likelihood)(jnp.asarray(found_at(a, precision))))
    wrong[4] *= 1 + 4 * found.one
    answer = bench.check(
        likelihood, a.ravel(), wrong.astype(formats[precision].dtype), precision=precision
    )
    assert answer.component is not None
    assert (answer.verdict, answer.component.name) == ("wrong", "x[4]")


def found_at(a: Value, precision: str) -> Value:
    return a.ravel().astype(formats[precision].dtype).astype(np.float64)


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_factors_by_lapack_lie_in_the_balls(precision: str) -> None:
    dtype = formats[precision].dtype
    a = np.random.default_rng(1).normal(size=(6, 6)).astype(dtype)
    s = (a @ a.T + np.eye(6, dtype=dtype)).astype(dtype)
    functions = (
        (lambda v: jax.lax.linalg.lu(v.reshape(6, 6))[0].ravel(), a),
        (lambda v: jnp.linalg.cholesky(v.reshape(6, 6)).ravel(), s),
        (lambda v: jnp.linalg.inv(v.reshape(6, 6)).ravel(), a),
    )
    for function, matrix in functions:
        with jax.enable_x64(precision == "float64"):
            given = np.asarray(function(jnp.asarray(matrix.ravel())))
        found = enclosed(traced(function, (36,), dtype), matrix.ravel())
        assert all(ball.contains(arb(float(v))) for ball, v in zip(found, given, strict=True))
        assert np.median(radii(found)) < 1e5 * formats[precision].unit_roundoff


def test_a_pivot_that_rounding_decides_on_is_refused() -> None:
    near = np.array([1.0, 2.0, 1.0 + 2**-52, 3.0])
    program = traced(lambda x: jax.lax.linalg.lu((x * x / 3).reshape(2, 2))[0].ravel(), (4,))
    with pytest.raises(Unbounded) as error:
        enclosed(program, near)
    assert error.value.said == "which row is the pivot of `lu` depends on rounding"


def test_many_variables_are_checked_exactly_where_the_program_is_small() -> None:
    x = np.linspace(0.1, 3, 2100)
    assert bench.check(f, x).method == f"{EXACT} jax.grad"
    large = bench.check(lambda x: f(jnp.outer(x, x[:300])), x)
    assert large
    assert large.notes == ("not checked exactly: its program makes 2e+06 numbers",)


def test_a_function_that_traces_as_another_is_checked_by_calls() -> None:
    found = bench.check(
        lambda x: (x**2).sum() if isinstance(x, np.ndarray) else (x**3).sum(), X, 2 * X
    )
    assert found
    assert found.notes[0].startswith(
        "not checked exactly: f gives 19.2854545 when called, and traced by JAX 30.0338182"
    )


def test_a_jvp_is_held_against_f_and_the_vjp() -> None:
    def one_way(x: Value) -> Value:
        return jax.lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] * x), (0, x))[1]

    with pytest.raises(bench.InputError, match=r"^jax.grad fails on f: ValueError: "):
        bench.check(one_way, 1.25)
    assert bench.check(one_way, 1.25, 4 * 1.25**3)


@pytest.mark.parametrize("precision", ["float64", "float32", "bfloat16", "float16"])
def test_what_jax_gives_lies_in_the_balls_and_they_are_not_much_wider(precision: str) -> None:
    dtype = formats[precision].dtype
    a = np.random.default_rng(0).normal(size=(7, 12)).astype(dtype)

    def h(x: Value) -> Value:
        return jnp.sum(jnp.tanh(jnp.asarray(a) @ x) ** 3 / (3 + jnp.sin(jnp.asarray(a) @ x)))

    x = X.astype(dtype)
    with jax.enable_x64(precision == "float64"):
        given = np.asarray(jax.grad(h)(jnp.asarray(x)))
    program = traced(jax.grad(h), x.shape, dtype)
    found = enclosed(program, x)
    assert all(ball.contains(arb(float(v))) for ball, v in zip(found, given, strict=True))
    (exact,) = value(program, x)
    with balls.bits(128):
        off = [abs(float(v - e)) for v, e in zip(map(arb, given.astype(float)), exact, strict=True)]
    assert max(off) < np.median(radii(found)) < 2000 * max(off)


def test_equations_that_only_move_numbers_are_not_widened() -> None:
    x = np.arange(1.0, 5.0)
    moved = traced(lambda v: jnp.concatenate([v[::-1], -v])[1:6], x.shape)
    assert not radii(enclosed(moved, x)).any()
    added = traced(lambda v: v[:1] + v[1:2], x.shape)
    assert radii(enclosed(added, x)) == pytest.approx(2 * 2.0**-53 * 3, rel=0.02)
    summed = traced(lambda v: jnp.sum(v).reshape(1), x.shape)
    assert radii(enclosed(summed, x)) == pytest.approx(5 * 2.0**-53 * 10, rel=0.02)


@pytest.mark.parametrize("precision", ["float64", "float32", "bfloat16"])
def test_products_lie_in_the_balls_unless_a_part_of_them_may_overflow(precision: str) -> None:
    dtype = formats[precision].dtype
    x = np.linspace(0.5, 1.5, 9).astype(dtype)
    for f in (jnp.prod, lambda v: jnp.sum(jnp.cumprod(v) ** 2)):
        assert bench.check(f, x).method.startswith("exact: ")
        with jax.enable_x64(precision == "float64"):
            given = np.asarray(jax.grad(f)(jnp.asarray(x)))
        found = enclosed(traced(jax.grad(f), x.shape, dtype), x)
        assert all(ball.contains(arb(float(v))) for ball, v in zip(found, given, strict=True))
    huge = 2.0 ** (formats[precision].max_exponent * 3 // 4)
    ends = np.array([1 / huge, 1 / huge, huge, huge]).astype(dtype)
    assert "may overflow or underflow" in bench.check(jnp.prod, ends).notes[0]
