"""Blame: which line makes an error and which amplifies it, on the textbook's cases."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import bench
from bench.arithmetic.program import steps
from bench.arithmetic.program.traced import is_wide
from bench.cli.points import point_of
from bench.experiments.blame.answer import Blame, Line
from bench.experiments.blame.options import step_of
from bench.experiments.blame.rows import _row
from bench.experiments.blame.told import answer, relative, result
from bench.formats import formats
from bench.registry import InputError
from bench.values import Value

Function = Callable[[Value], Value]


def cosine(x: Value) -> Value:
    c = jnp.cos(x)
    d = 1 - c
    return d / x**2


def exponential(x: Value) -> Value:
    e = jnp.exp(x)
    d = e - 1
    return d / x


def mean_of_squares(x: Value) -> Value:
    mean = jnp.mean(x, dtype=x.dtype)
    square = jnp.mean(x * x, dtype=x.dtype)
    return square - mean * mean


def quadratic(b: Value) -> Value:
    root = jnp.sqrt(b * b - 4)
    twice = root - b
    return twice / 2


def log_sum_exp(x: Value) -> Value:
    e = jnp.exp(x)
    total = jnp.sum(e, dtype=x.dtype)
    return jnp.log(total)


def variance(x: Value) -> Value:
    squares = jnp.sum(x * x, dtype=x.dtype)
    total = jnp.sum(x, dtype=x.dtype)
    return (squares - total * total / 4) / 3


def logistic(x: Value) -> Value:
    def body(i: Value, x: Value) -> Value:
        return 3.9 * x * (1 - x)

    return jax.lax.fori_loop(0, 20, body, x)


def cross_entropy(x: Value) -> Value:
    p = jax.nn.softmax(x)
    return -jnp.log(p[0])


def exact_logistic(x: Value) -> Value:
    for _ in range(20):
        x = mpmath.mpf(3.9) * x * (1 - x)
    return x


def mean(x: Value) -> Value:
    return sum(x) / len(x)


SPREAD = (1000.25, 1000.5, 999.0, 1001.125)
# function, x, the same in mpmath, the line that makes most, the line that amplifies most
CASES: dict[str, tuple[Function, Value, Function, str, str]] = {
    "(1-cos x)/x^2": (
        cosine, 1e-3, lambda x: (1 - mpmath.cos(x)) / x**2, "c = jnp.cos(x)", "d = 1 - c",
    ),
    "(e^x-1)/x": (
        exponential, 1.1e-3, lambda x: (mpmath.exp(x) - 1) / x, "e = jnp.exp(x)", "d = e - 1",
    ),
    "E[x^2]-E[x]^2": (
        mean_of_squares, SPREAD, lambda x: mean([v * v for v in x]) - mean(x) ** 2,
        "square = jnp.mean(x * x, dtype=x.dtype)", "return square - mean * mean",
    ),
    "quadratic formula": (
        quadratic, 123.45, lambda b: (mpmath.sqrt(b * b - 4) - b) / 2,
        "root = jnp.sqrt(b * b - 4)", "twice = root - b",
    ),
    "naive log-sum-exp": (
        log_sum_exp, (-9.0, 1e-3), lambda x: mpmath.log(sum(map(mpmath.exp, x))),
        "total = jnp.sum(e, dtype=x.dtype)", "return jnp.log(total)",
    ),
    "naive variance": (
        variance, SPREAD, lambda x: (sum(v * v for v in x) - sum(x) ** 2 / 4) / 3,
        "squares = jnp.sum(x * x, dtype=x.dtype)", "return (squares - total * total / 4) / 3",
    ),
    "logistic iteration": (
        logistic, 0.3, exact_logistic, "return 3.9 * x * (1 - x)", "return 3.9 * x * (1 - x)",
    ),
    "softmax cross-entropy": (
        cross_entropy, (9.0, 0.5, 1.25), lambda x: mpmath.log(sum(map(mpmath.exp, x))) - x[0],
        "p = jax.nn.softmax(x)", "return -jnp.log(p[0])",
    ),
}  # fmt: skip
FORMATS = ("float32", "float64", "bfloat16", "float16")


@cache
def blamed(name: str, precision: str = "float32") -> Blame:
    function, x, *_ = CASES[name]
    return bench.blame(function, x, precision=precision)


def rounded(x: Value, precision: str) -> Value:
    return formats[precision].round(np.asarray(x, float))


def run_by_jax(function: Function, x: Value) -> float:
    """The function on JAX operation by operation, without bench."""
    with jax.enable_x64(is_wide(x.dtype)), jax.disable_jit():
        return float(function(jnp.asarray(x)))


def exactly(function: Function, x: Value) -> Value:
    """The function in mpmath, without bench."""
    given = np.asarray(x, float)
    several = [mpmath.mpf(v) for v in given.ravel().tolist()]
    with mpmath.workdps(60):
        return function(several if given.ndim else several[0])


# --- the parts add up to the error -----------------------------------------------------------


@pytest.mark.parametrize("precision", FORMATS)
@pytest.mark.parametrize("name", CASES)
def test_the_parts_add_up_to_the_error_that_jax_and_mpmath_find(name: str, precision: str) -> None:
    function, x, exact, *_ = CASES[name]
    point = rounded(x, precision)
    got = run_by_jax(function, point)
    found = blamed(name, precision)
    if not math.isfinite(got):
        assert str(found.value) == str(got)
        return
    with mpmath.workdps(60):
        error = float(mpmath.mpf(got) - exactly(exact, point))
    assert found.error == pytest.approx(error, rel=1e-12, abs=0)
    assert found.made == pytest.approx(error, rel=0.01, abs=0)


@pytest.mark.parametrize("name", CASES)
def test_the_lines_are_those_of_the_textbook(name: str) -> None:
    *_, maker, amplifier = CASES[name]
    found = blamed(name)
    assert found.maker is not None
    assert found.amplifier is not None
    assert (found.maker.source, found.amplifier.source) == (maker, amplifier)


def lines_of(found: Blame) -> dict[str, Line]:
    return {line.source: line for line in found.lines}


def test_a_subtraction_makes_nothing_and_amplifies_by_what_it_cancels() -> None:
    line = lines_of(blamed("(1-cos x)/x^2"))["d = 1 - c"]
    x = float(rounded(1e-3, "float32"))
    assert line.made == 0
    assert line.amplified == pytest.approx(math.cos(x) / (1 - math.cos(x)), rel=0.1)
    assert (line.amplifier, line.formats, line.operations) == ("sub", ("float32",), 1)


def test_a_variance_of_second_order_is_explained_too() -> None:
    """d - mean has no first derivative of the variance: only its middle has."""
    found = bench.blame(lambda x: jnp.var(x), np.linspace(1000, 1001, 7), precision="float32")
    assert found.error
    assert found.explained == pytest.approx(1, abs=0.01)


# --- what was planted is seen ----------------------------------------------------------------


def test_a_wrong_adjoint_does_not_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    right = steps._known
    monkeypatch.setattr(steps, "_known", lambda *given: 1.02 * right(*given))
    found = bench.blame(cosine, 1e-3)
    assert abs(found.explained - 1) > 0.01


def test_a_rounding_that_is_not_seen_does_not_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "_only_moves", lambda primitive: primitive == "cos")
    found = bench.blame(cosine, 1e-3)
    assert abs(found.explained - 1) > 0.01


# --- quotients and gradients -----------------------------------------------------------------


def wave(x: Value) -> Value:
    e = jnp.exp(x)
    return e * jnp.sin(x)


def test_a_quotient_amplifies_what_f_makes() -> None:
    found = bench.blame(wave, 2.0, scheme="quotient", step=2.0**-12)
    assert (found.scheme, found.h) == ("central", 2.0**-12)
    assert [str(line) for line in found.lines][-1] == "central:1"
    last = found.lines[-1]
    assert last.source == "(f(x + h) - f(x - h)) / (2 * h)"
    assert (last.made, last.amplifier, last.of_scheme) == (0, "sub", True)
    slope = math.exp(2) * (math.sin(2) + math.cos(2))
    cancels = math.exp(2) * math.sin(2) / (2 * found.h * slope)
    assert last.amplified == pytest.approx(cancels, rel=0.01)
    assert found.explained == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("scheme", ["richardson", "complex_step", "jvp", "forward"])
def test_any_scheme_is_blamed(scheme: str) -> None:
    found = bench.blame(wave, 2.0, scheme=scheme)
    assert found.explained == pytest.approx(1, abs=0.01)
    assert {"e = jnp.exp(x)", "return e * jnp.sin(x)"} <= {line.source for line in found.lines}


@pytest.mark.parametrize("precision", ["float32", "float64", "bfloat16"])
def test_the_forward_line_that_spoils_the_gradient_is_named(precision: str) -> None:
    found = bench.blame(
        cosine, 1e-3 if precision != "bfloat16" else 0.1, precision=precision, scheme="gradient"
    )
    x = rounded(found.x[0], precision)
    assert found.value == run_by_jax(jax.grad(cosine), x)
    assert found.explained == pytest.approx(1, abs=0.01)
    assert found.maker is not None
    assert found.maker.source == "c = jnp.cos(x)"


def test_of_a_gradient_the_worst_number_is_blamed() -> None:
    x = rounded((1.25, 0.3), "float32")
    found = bench.blame(log_sum_exp, x, scheme="gradient")
    with jax.disable_jit():
        got = np.asarray(jax.grad(log_sum_exp)(jnp.asarray(x)), float)
    e = [mpmath.exp(v) for v in x.tolist()]
    off = [float(g - v / sum(e)) for g, v in zip(got, e, strict=True)]
    assert found.at == (int(np.argmax(np.abs(off))),)
    assert found.error == pytest.approx(max(off, key=abs), rel=1e-6)
    assert found.explained == pytest.approx(1, abs=0.01)


def test_a_quotient_of_n_variables_is_blamed() -> None:
    found = bench.blame(log_sum_exp, (1.25, 0.3), scheme="central")
    assert found.explained == pytest.approx(1, abs=0.01)
    assert found.lines[-1].file == "central"


# --- programs of all kinds -------------------------------------------------------------------


@jax.custom_jvp
def clipped(x: Value) -> Value:
    return jnp.sin(x)


@clipped.defjvp
def _clipped(primals: Value, tangents: Value) -> Value:
    return clipped(*primals), 0.0 * tangents[0]


def conventions(x: Value) -> Value:
    s = jax.lax.stop_gradient(jnp.exp(x))
    t = clipped(s)
    return t - 1


def newton(x: Value) -> Value:
    return jax.lax.while_loop(lambda s: jnp.abs(s * s - x) > 1e-3, lambda s: (s + x / s) / 2, x)


def stepping(x: Value) -> Value:
    last, every = jax.lax.scan(
        lambda c, k: (c * x + k, jnp.sin(c)), x, jnp.arange(4.0, dtype=x.dtype)
    )
    return last + jnp.sum(every, dtype=x.dtype)


def branching(x: Value) -> Value:
    return jax.lax.cond(x > 1, jnp.exp, jnp.sin, x) + jnp.where(x > 0, 0 * x, jnp.sqrt(-x))


def moving(x: Value) -> Value:
    table = jnp.zeros(4, x.dtype).at[jnp.array([0, 2, 2])].add(jnp.sqrt(jnp.stack([x, 2 * x, x])))
    return jnp.sum(jnp.sort(table)[1:] * jnp.exp(table[jnp.array([2, 0, 1])]), dtype=x.dtype)


def matrices(x: Value) -> Value:
    a = jnp.sin(jnp.arange(6, dtype=x.dtype)).reshape(2, 3)
    return jnp.tanh(a @ (x * jnp.ones(3, x.dtype)))[1]


def mapped(x: Value) -> Value:
    return jnp.sum(jax.vmap(newton)(jnp.stack([x, 9 * x])), dtype=x.dtype)


@pytest.mark.parametrize(
    "function", [conventions, newton, stepping, branching, moving, matrices, mapped]
)
def test_every_kind_of_program_is_explained(function: Function) -> None:
    x = rounded(1.7, "float32")
    found = bench.blame(function, x)
    assert found.value == run_by_jax(function, x)
    assert found.error
    assert found.explained == pytest.approx(1, abs=0.01)


def test_a_branch_that_was_not_taken_makes_nothing() -> None:
    found = bench.blame(branching, -0.3)
    assert math.isfinite(found.made)
    assert found.explained == pytest.approx(1, abs=0.01)


def test_another_branch_than_the_exact_one_is_told() -> None:
    def jump(x: Value) -> Value:
        return jnp.where((x + 1e8) - 1e8 >= x, 1.0, 2.0).astype(x.dtype) * jnp.exp(x)

    found = bench.blame(jump, 3.0)  # 3 is lost beside 1e8 in float32
    assert found.value == pytest.approx(2 * found.truth)
    assert abs(found.explained) < 0.01
    assert "; the rest is of another branch than the exact one" in told(found)


def told(found: Blame) -> str:
    """What a terminal shows, its lines as one."""
    return " ".join(str(found).split())


def test_a_result_that_is_equal_by_algebra_has_no_error() -> None:
    found = bench.blame(lambda x: jnp.sqrt(x) ** 2, 4.0)
    assert (found.error, told(found)[:28]) == (0, "float32 makes no error here.")


def test_what_the_format_makes_of_a_constant_counts_where_it_stands() -> None:
    def scaled(x: Value) -> Value:
        return 0.1 * x

    found = bench.blame(scaled, 1.0)
    (line,) = found.lines
    assert found.error == float(np.float32(0.1)) - 0.1
    assert (line.source, line.maker) == ("return 0.1 * x", "0.1")
    assert found.explained == pytest.approx(1)


def test_a_sum_that_jax_takes_in_another_format_is_told() -> None:
    found = bench.blame(lambda x: jnp.sum(x * x), (1.5, 0.3), precision="bfloat16")
    assert {name for line in found.lines for name in line.formats} == {"bfloat16", "float32"}
    assert "format" in str(found)


def test_the_lines_of_jax_are_told_by_the_call_and_of_a_library_by_their_own() -> None:
    import optax.losses

    def loss(x: Value) -> Value:
        return jax.nn.logsumexp(x) + optax.losses.squared_error(x[0], jnp.exp(x[1]))

    found = bench.blame(loss, (1.5, 0.3))
    assert {line.file for line in found.lines} >= {"test_blame.py", "_regression.py"}
    assert all(line.file for line in found.lines)


def test_a_formula_has_a_line_for_each_of_its_operations() -> None:
    found = bench.blame("(1 - cos(x)) / x^2", 1e-3)
    assert [line.source for line in found.lines] == [
        "cos(x)", "1 - cos(x)", "x^2", "(1 - cos(x)) / x^2",
    ]  # fmt: skip
    assert [str(line) for line in found.lines] == [f"formula:{k}" for k in (1, 2, 3, 4)]


def test_a_problem_is_told_by_the_lines_of_its_formula() -> None:
    found = bench.blame("exp_sin", 2)
    assert [line.source for line in found.lines] == ["return xp.exp(x) * xp.sin(x)"]
    assert found.lines[0].file == "elementary.py"


def test_what_overflows_is_told_by_its_first_line() -> None:
    found = bench.blame("exp(x) - 1", 12, precision="float16")
    assert told(found).startswith(
        "float16 gives inf: formula:1 `exp(x)` is not finite in it. "
        "exp(x) - 1 at x = 12 is 162753.791 exactly. "
    )


def test_an_overflow_that_a_later_line_hides_is_told_by_its_line() -> None:
    """e^12 is beyond float16, and what is divided by it is 0."""

    def hidden(x: Value) -> Value:
        grown = jnp.exp(x)
        term = 2.5 / grown
        return jnp.log(2**-15 + term)

    found = bench.blame(hidden, 12, precision="float16")
    line = hidden.__code__.co_firstlineno + 1
    assert math.isfinite(found.value)
    assert answer(found) == (
        f"float16 overflows at test_blame.py:{line} `grown = jnp.exp(x)`, and a later "
        "line hides it: what comes out is finite, with an error of "
        f"{relative(abs(found.error / found.truth))}: rewrite test_blame.py:{line}."
    )
    (row,) = [row for row in (_row(("f", "f", "float16", 1), found, x) for x in found.lines)
              if row.status == "overflows"]  # fmt: skip
    assert row.line == line


def test_an_overflow_that_makes_no_error_is_told_after_the_answer() -> None:
    def chosen(x: Value) -> Value:
        grown = jnp.exp(4 * x)
        return jnp.where(x > 2, jnp.sin(x), grown)

    found = bench.blame(chosen, 3, precision="float16")
    line = chosen.__code__.co_firstlineno + 1
    assert answer(found).startswith("float16 makes 100 % of its error at ")
    assert result(found).endswith(
        f" explain 100 %. test_blame.py:{line} `grown = jnp.exp(4 * x)` overflows, and a later "
        "line hides it."
    )


def test_no_line_is_blamed_where_lines_explain_less_than_half() -> None:
    found = bench.blame("(1 - cos(x)) / x^2", 1e-3)
    less = replace(found, lines=tuple(replace(x, made=x.made * 0.4) for x in found.lines))
    assert answer(less) == (
        f"float32 makes an error of {relative(abs(found.error / found.truth))}, and its lines "
        "explain only 40 % of it: none is blamed."
    )
    none = replace(found, lines=tuple(replace(x, made=math.nan) for x in found.lines))
    assert answer(none).endswith(", and its lines explain no part of it: none is blamed.")


def test_where_nothing_is_wrong_nothing_is_blamed() -> None:
    found = bench.blame("x^2", 3)
    assert (found.error, found.made, math.isnan(found.explained)) == (0, 0, True)
    said = "float32 makes no error here. x^2 at x = 3 is 9 in float32 and 9 exactly. "
    assert told(found).startswith(said)


# --- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("x", "nan"), "x is nan, which is no finite number of float32; allowed: those that are"),
        (("x", [[1.0]]), "x has shape (1, 1); allowed: a number, or a list of them"),
        (("x", []), "x has shape (0,); allowed: a number, or a list of them"),
        (("sqrt(x)", -1), "sqrt(x) has no exact value at x = -1: nothing is to blame"),
        (("log(x)", 0), "log(x) has no exact value at x = 0: nothing is to blame"),
    ],
)  # fmt: skip
def test_a_point_that_is_none_is_refused(given: tuple[str, Value], said: str) -> None:
    with pytest.raises(InputError) as error:
        bench.blame(given[0], given[1])
    assert str(error.value) == said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"step": 0.1}, "option 'step' is 0.1, and f itself has no step"),
        ({"scheme": "grad", "step": 0.1}, "option 'step' is 0.1, and grad has no step"),
        ({"scheme": "central", "step": 1e-60}, "option 'step' is 1e-60, which is 0 in float32; allowed: a number that is finite there and greater than 0"),
        ({"scheme": "complex_step", "precision": "bfloat16"}, "complex_step needs complex numbers, and bfloat16 has none"),
        ({"precision": "float16"}, "x is 1e+06, which is no finite number of float16; allowed: those that are"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(options: dict[str, Value], said: str) -> None:
    with pytest.raises(InputError) as error:
        bench.blame("x", 1e6, **options)
    assert str(error.value) == said


def test_a_program_without_an_exact_rule_is_refused_with_its_line() -> None:
    def roots(x: Value) -> Value:
        return jnp.sum(jax.lax.linalg.schur(x * jnp.eye(2))[0])

    with pytest.raises(
        InputError, match=r"^test_blame.py:\d+: `schur` has no exact rule yet"
    ) as error:
        bench.blame(roots, 2.0)
    assert "no truth for this function" in str(error.value)


def test_a_loop_without_end_is_refused_with_its_line() -> None:
    def endless(x: Value) -> Value:
        return jax.lax.while_loop(lambda s: s > 0, lambda s: s * 1, x)

    with pytest.raises(
        InputError, match=r"^test_blame.py:\d+: `while`: a loop did not end within 10000 steps"
    ):
        bench.blame(endless, 2.0)


@pytest.mark.parametrize(
    ("text", "step"), [("2^-12", 2.0**-12), ("2**-3", 0.125), ("1e-3", 1e-3), (" 0.5", 0.5)]
)
def test_a_step_is_a_number_or_a_power_of_two(text: str, step: float) -> None:
    assert step_of(text) == step


def test_a_point_is_one_number_or_several() -> None:
    assert (point_of("1e-3"), point_of("1, 2,-3").tolist()) == (1e-3, [1, 2, -3])
    with pytest.raises(
        InputError,
        match=r"^option 'at' is 'one'; allowed: numbers, parted by commas, or a file .npy$",
    ):
        point_of("one")
    with pytest.raises(
        InputError,
        match="option 'step' is '3\\^2'; allowed: a number, or a power of two such as 2\\^-12",
    ):
        step_of("3^2")


def test_a_point_is_read_of_a_file(tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", np.array([0.5, -1.0]))
    assert point_of(str(tmp_path / "w.npy")).tolist() == [0.5, -1.0]
