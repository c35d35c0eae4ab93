"""Functions of the user's own as problems: of JAX or plain NumPy, of one variable or n, unchanged."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import flint
import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import bench
from bench.arithmetic import backends, balls, tape
from bench.formats import formats
from bench.problems import Problem, problems
from bench.processes import Process
from bench.programs import Source, source_of
from bench.programs.examination import examine
from bench.programs.facts import Facts, Wanted
from bench.programs.opening import open_function, problem_of, register
from bench.programs.tracing import program_of
from bench.registry import InputError
from bench.running.functions import points_of, study_of
from bench.schemes import schemes
from bench.study.reading import load
from bench.tell.findings import findings_of

MINE = '''
import math

import jax
import jax.numpy as jnp
import numpy as np
from math import sin


def f(x):
    """exp of x times its sine."""
    return jnp.exp(x) * jnp.sin(x)


def plain(x):
    return helper(np.exp(x)) * math.sin(x) + math.pi


def helper(y):
    return np.sqrt(y) ** 2


def stepwise(x):
    return jax.lax.cond(x > 1, jnp.sin, jnp.cos, x)


def loss(w):
    return jnp.log(jnp.sum(jnp.exp(w))) + jnp.sum(jnp.tanh(w) ** 2, dtype=w.dtype)


def stopped(x):
    return x * jax.lax.stop_gradient(x)


def kinked(x):
    return jnp.abs(x)


def tenth(x):
    return 0.1 * x


def wide(x):
    return jnp.sum(x * x * jnp.ones(3))


def own_eps(x):
    return x + 100 * jnp.finfo(x.dtype).eps * x * x


def if_(x):
    if x > 0:
        return x
    return -x


def two(x):
    return x, x


def row(x):
    return jnp.stack([x, x])


def whole(x):
    return jnp.floor(x).astype(int)


def complex_(x):
    return x + 1j


def of_two(x, y):
    return x


def of_none():
    return 1.0


def raises(x):
    raise ValueError("no luck")


def exits(x):
    raise SystemExit(3)


def draws(x):
    return x * np.random.rand()


def prints(x):
    print("hello")
    return x * x


def imports(x):
    import not_there
    return x


def turns(x):
    jax.config.update("jax_enable_x64", not jax.config.jax_enable_x64)
    np.seterr(all="raise")
    return x * x


def negative_root(x):
    return jnp.sqrt(x - 2)


def first(x):
    return x[0]


def stores(x):
    y = np.zeros(2)
    y[0] = x
    return y[0]


def next_to(x):
    return jnp.nextafter(x, 2.0) * x


def hangs(x):
    while True:
        pass


def dies(x):
    import os
    os._exit(3)


def nearest(x):
    return math.remainder(x, 1.0) ** 2 + math.log(x, 10)


def asks(x):
    return np.sin(x) if isinstance(x, float) else np.cos(x)


def constant(x):
    return 2.0


def safe_root(x):
    return jnp.where(x < 1, x**2, jnp.sqrt(x - 1))


def zeta(x):
    return jax.scipy.special.zeta(x, 2.0)


def in_double(x):
    return math.sqrt(x)


def says_nothing(x):
    raise ValueError("")


def says_much(x):
    raise ValueError("\\n  \\n of weight\\nand more")


def text(x):
    return "x"


def nothing(x):
    x * x


def draws_out(x):
    yield x


def waits(x):
    async def later():
        return x
    return later()


def adds_text(x):
    return x + "1"


def iterates(x):
    return sum(each for each in x)


def measures(x):
    return x / x.shape[0]


def beyond(x):
    return [x, x][2]


def called_back(x):
    return jax.pure_callback(np.sin, x, x)


def shown(x):
    jax.debug.print("x = {}", x)
    y = jax.lax.fori_loop(0, 3, printed, x)
    return jax.lax.cond(x > 0, jax.jit(ordered), jnp.cos, y)


def printed(i, y):
    jax.debug.print("y = {}", y)
    return 2 * y


def ordered(y):
    jax.debug.callback(print, y, ordered=True)
    return jnp.sin(y)


def root(a):
    def going(s):
        return jnp.abs(s * s - a) > 1e-5 * jnp.abs(a)

    return jax.lax.while_loop(going, lambda s: (s + a / s) / 2, a)


def roots(a):
    return jnp.sum(jax.vmap(root)(a * jnp.array([1, 10, 1000], a.dtype)))


NUMBER = 3
'''


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mine") / "mine.py"
    path.write_text(MINE)
    return path


def wanted(mine: Path, name: str, **more: object) -> Wanted:
    return Wanted(source_of(f"mine.py:{name}", mine.parent), **more)  # type: ignore[arg-type]


def opened(mine: Path, name: str, **more: object) -> Problem:
    asked = wanted(mine, name, **more)
    return problem_of(asked, examine(asked))


def line_of(name: str) -> int:
    lines = MINE.splitlines()
    return next(i for i, line in enumerate(lines, 1) if line.startswith(f"def {name}("))


# --- one formula, every arithmetic --------------------------------------------------------------

TRUE = {
    "f": lambda x: mpmath.exp(x) * mpmath.sin(x),
    "plain": lambda x: mpmath.exp(x) * mpmath.sin(x) + mpmath.mpf(math.pi),
    "stepwise": lambda x: mpmath.sin(x) if x > 1 else mpmath.cos(x),
}
X = (0.75, 1.25)


@pytest.mark.parametrize("name", TRUE)
def test_a_function_is_exact_in_balls_series_reverse_mode_and_mpmath(mine: Path, name: str) -> None:
    problem, true = opened(mine, name), TRUE[name]
    with balls.bits(300):
        found = problem(balls.each_ball(np.array(X)), balls.balls)
        for x, ball in zip(X, found, strict=True):
            value, slope = true(mpmath.mpf(x)), mpmath.diff(true, mpmath.mpf(x))
            near = balls.ball(2) ** -80
            assert abs(ball - balls.ball(value)) < balls.ball(2) ** -250
            assert abs(balls.ball(problem(mpmath.mpf(x), balls.multiprecision)) - ball) < near
            assert abs(balls.derivatives(problem, x, 1)[1] - balls.ball(slope)) < near
            taped = tape.gradient(problem, balls.each_ball(np.array([x])))[1][0]
            assert abs(taped - balls.ball(slope)) < near


@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("precision", formats)
def test_a_function_runs_in_the_format_it_is_given(
    mine: Path, backend: str, precision: str
) -> None:
    known, chosen = formats[precision], backends[backend]
    x = known.round(np.array(X))
    with chosen.settings("real", "cpu"):
        xp = chosen.namespace()
        found = opened(mine, "plain")(xp.asarray(x), xp)
        assert found.dtype == known.dtype
        want = [float(TRUE["plain"](mpmath.mpf(float(v)))) for v in x]
        assert np.asarray(found, float) == pytest.approx(want, rel=16 * known.unit_roundoff)


def test_a_function_of_jax_gives_bit_for_bit_what_its_user_gets(mine: Path) -> None:
    x = np.linspace(0.5, 1.5, 50).astype(np.float32)
    want = jax.jit(jax.vmap(lambda x: jnp.exp(x) * jnp.sin(x)))(x)
    with backends["jax"].settings("real", "cpu"):
        problem, xp = opened(mine, "f"), backends["jax"].namespace()
        found = jax.jit(lambda x: problem(x, xp))(jnp.asarray(x))
    assert np.asarray(found).tobytes() == np.asarray(want).tobytes()


def test_plain_numpy_runs_as_it_is_on_numpy_and_is_not_changed_by_its_trace(mine: Path) -> None:
    problem = opened(mine, "plain")
    assert problem.needs == "real"
    x = np.float32(0.75)
    want = np.sqrt(np.exp(x)) ** 2 * math.sin(x) + math.pi
    assert problem(np.array([x]), backends["numpy"].namespace())[0] == np.float32(want)
    assert opened(mine, "f").needs == "jax"


def test_a_function_of_math_means_what_math_says_and_not_what_jax_does(mine: Path) -> None:
    slope = bench.derivative(opened(mine, "nearest"), 0.7)
    assert float(slope) == pytest.approx(2 * (0.7 - 1) + 1 / (0.7 * math.log(10)), rel=1e-14)


def test_numpy_code_that_stands_for_other_numbers_is_refused(mine: Path) -> None:
    sentence = (
        f"mine.py:{line_of('asks')}: asks is 0.479426 by NumPy and 0.877583 by JAX at x = 0.5: it "
        "asks for the type of x, or JAX means another thing by a function of that name; allowed: "
        "the same value for a number of either"
    )
    with pytest.raises(InputError) as error:
        opened(mine, "asks")
    assert str(error.value) == sentence


def test_a_constant_is_a_function_in_every_format(mine: Path) -> None:
    formula = opened(mine, "constant").formula
    found = formula(jnp.float32(1.5), jnp)
    assert (found.dtype, float(found)) == (jnp.float32, 2.0)


def test_math_outside_its_domain_has_no_value_and_costs_no_other_row(mine: Path) -> None:
    formula = opened(mine, "in_double").formula
    found = formula(np.array([-1, 4], np.float32), np)
    assert np.isnan(found[0])
    assert found[1] == 2


def test_a_function_of_n_variables_is_one_of_each_column(mine: Path) -> None:
    problem = opened(mine, "loss", size=40)
    w = np.random.default_rng(0).uniform(-1, 1, (40, 3))
    with balls.bits(200):
        found = problem.of_vector(balls.each_ball(w), balls.balls)
        slope, _ = tape.gradient(problem.of_vector, balls.each_ball(w[:, 0]))[1], None
    want = np.log(np.exp(w).sum(0)) + (np.tanh(w) ** 2).sum(0)
    assert found.astype(float) == pytest.approx(want, rel=1e-14)
    w0 = w[:, 0]
    by_hand = np.exp(w0) / np.exp(w0).sum() + 2 * np.tanh(w0) * (1 - np.tanh(w0) ** 2)
    assert slope.astype(float) == pytest.approx(by_hand, rel=1e-13)


# --- what is told before it is run ---------------------------------------------------------------


def told(mine: Path, name: str, **more: object) -> Facts:
    return examine(wanted(mine, name, **more))


def test_a_function_without_peculiarities_needs_no_remark(mine: Path) -> None:
    assert told(mine, "f") == Facts(
        "exp of x times its sine.", f"mine.py:{line_of('f')}", False, True, (), (), ()
    )


def test_the_gradient_of_another_function_is_told_with_the_line_that_makes_it_so(
    mine: Path,
) -> None:
    (remark,) = told(mine, "stopped", at=(1.5,)).remarks
    assert remark == (
        "jax.grad(stopped) is the derivative of another function: stop_gradient at "
        f"mine.py:{line_of('stopped') + 1} (1.5 against f' = 3 at x = 1.5)"
    )


def test_a_gradient_that_is_nan_beside_the_branch_that_is_taken_is_told(mine: Path) -> None:
    (remark,) = told(mine, "safe_root", at=(0.5,)).remarks
    assert remark == (
        "jax.grad(safe_root) is the derivative of another function: a branch that is not taken "
        "(where) (nan against f' = 1 at x = 0.5)"
    )


def test_a_derivative_that_jax_approximates_to_all_its_digits_is_no_other_one(mine: Path) -> None:
    assert told(mine, "zeta", at=(2.0,), precisions=("float64",)).remarks == ()


def test_plain_code_that_numpy_runs_in_another_format_is_told(mine: Path) -> None:
    assert told(mine, "in_double", precisions=("float16", "float32", "float64")).remarks == (
        "mine.py:in_double in float16 and float32: NumPy computes in float64: what is measured is "
        "a mixture",
    )


def test_a_function_that_has_only_kinks_is_not_run_complex_numbers_numbers(mine: Path) -> None:
    assert not told(mine, "kinked", at=(0.0,)).analytic


def test_a_kink_is_told_with_both_sides_and_what_autodiff_says(mine: Path) -> None:
    facts = told(mine, "kinked", at=(0.0, 1.0))
    assert facts.kinks == (0.0,)
    assert facts.remarks == (
        f"mine.py:{line_of('kinked') + 1}: no derivative at x = 0: -1 from the left, 1 from the "
        "right; jax.grad says 1",
    )


def test_equations_in_another_format_are_told_with_their_lines(mine: Path) -> None:
    (remark,) = told(mine, "wide", precisions=("float16", "bfloat16", "float64")).remarks
    line = line_of("wide") + 1
    assert remark == (
        f"mine.py:wide in float16 and bfloat16: 4 of 5 equations run in float32 (mine.py:{line} "
        f"broadcast_in_dim; mine.py:{line} convert_element_type; mine.py:{line} mul; ..): what is "
        "measured is a mixture"
    )


def test_constants_that_the_format_rounds_are_told_with_their_share(mine: Path) -> None:
    (remark,) = told(mine, "tenth", precisions=("bfloat16", "float32", "float64")).remarks
    assert remark == (
        "mine.py:tenth has constants that a format rounds: 9.8e-04 of f in bfloat16, 1.5e-08 of f "
        "in float32; it is rounding"
    )
    assert abs(0.1 - float(formats["bfloat16"].round(0.1))) / 0.1 == pytest.approx(9.8e-4, rel=0.01)


def test_a_function_that_is_another_one_in_a_format_is_not_run_there(mine: Path) -> None:
    facts = told(mine, "own_eps", precisions=("float16", "float64"))
    assert [name for name, _ in facts.unsupported] == ["float16"]
    problem = problem_of(wanted(mine, "own_eps"), facts)
    why_not = backends["jax"].why_not(schemes["grad"], formats["float16"], problem)
    assert why_not == (
        "mine.py:own_eps is another function in float16: what the format makes of its constants "
        "is 1.1e-01 of f, 2.3e+02 u"
    )


# --- mistakes ------------------------------------------------------------------------------------

MISTAKES = {
    "if_": "mine.py:{1}: `if x > 0:` needs a number, and x is every number here: write "
    "jnp.where(condition, .., ..) or jax.lax.cond",
    "two": "mine.py:{0}: two gives 2 results; allowed: one real number",
    "row": "mine.py:{0}: row gives an array of shape (2,); allowed: one real number, such as its "
    "sum",
    "whole": "mine.py:{0}: whole gives int64; allowed: a real number",
    "complex_": "mine.py:{0}: complex_ gives complex128; allowed: a real number",
    "of_two": "mine.py:{0}: of_two takes (x, y); allowed: one argument, x",
    "of_none": "mine.py:{0}: of_none takes (no argument); allowed: one argument, x",
    "raises": "mine.py:{1}: ValueError: no luck",
    "exits": "mine.py:{1}: SystemExit: 3",
    "draws": "mine.py:{0}: draws is another function at every call: it draws random numbers, or "
    "changes what it reads; allowed: give it its numbers as an argument",
    "imports": "mine.py:{1}: ModuleNotFoundError: No module named 'not_there'",
    "negative_root": "mine.py:negative_root has no value at x = 0.5; allowed: an interval in which "
    "it has one, --interval LOW:HIGH, or points of your own, --at",
    "first": "mine.py:{1}: IndexError: Too many indices: array is 0-dimensional, but 1 were indexed; "
    "x is one number here (--size N makes it N of them)",
    "says_nothing": "mine.py:{1}: ValueError",
    "says_much": "mine.py:{1}: ValueError: of weight",
    "text": "mine.py:{0}: text gives str; allowed: one real number",
    "nothing": "mine.py:{0}: nothing gives None; allowed: one real number",
    "draws_out": "mine.py:{0}: draws_out gives generator; allowed: one real number",
    "waits": "mine.py:{0}: waits gives coroutine; allowed: one real number",
    "adds_text": "mine.py:{1}: TypeError: unsupported operand type(s) for +: 'DynamicJaxprTracer' "
    "and 'str'",
    "iterates": "mine.py:{1}: TypeError: iteration over a 0-d array; x is one number here "
    "(--size N makes it N of them)",
    "measures": "mine.py:{1}: IndexError: tuple index out of range; x is one number here "
    "(--size N makes it N of them)",
    "beyond": "mine.py:{1}: IndexError: list index out of range",
    "called_back": "mine.py:{1}: `pure_callback`: the program calls code that is no program of "
    "JAX's, and bench cannot look into it",
    "NUMBER": "mine.py:NUMBER is int; allowed: a function of x",
}


@pytest.mark.parametrize("name", MISTAKES)
def test_what_is_no_function_of_x_is_told_in_one_sentence_with_its_line(
    mine: Path, name: str
) -> None:
    with pytest.raises(InputError) as error:
        examine(wanted(mine, name))
    line = line_of(name) if name != "NUMBER" else 0
    assert str(error.value) == MISTAKES[name].format(line, line + 1)


def test_what_is_not_there_is_told_with_what_is(mine: Path) -> None:
    with pytest.raises(
        InputError, match=r"^no function of mine\.py named 'los' \(did you mean 'loss'"
    ):
        examine(wanted(mine, "los"))
    with pytest.raises(InputError, match=r"^no file nowhere\.py to take a function from$"):
        source_of("nowhere.py:f", mine.parent)
    with pytest.raises(
        InputError, match=r"^'mine\.py:' names no function; allowed: FILE\.py:NAME$"
    ):
        source_of("mine.py:", mine.parent)


def test_an_in_place_store_is_refused_with_its_line(mine: Path) -> None:
    with pytest.raises(InputError, match=rf"^mine\.py:{line_of('stores') + 2}: "):
        examine(wanted(mine, "stores"))


def test_a_primitive_without_an_exact_rule_is_named_with_its_line(mine: Path) -> None:
    with pytest.raises(
        InputError, match=rf"^mine\.py:{line_of('next_to') + 1}: .*the neighbour of a float"
    ):
        examine(wanted(mine, "next_to"))


def test_what_a_function_prints_or_sets_stays_with_it(
    mine: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = (jax.config.jax_enable_x64, np.geterr())
    for name in ("prints", "turns"):
        examine(wanted(mine, name))
    assert (jax.config.jax_enable_x64, np.geterr()) == before
    assert capfd.readouterr() == ("", "")


def test_a_loop_ends_at_each_argument_by_itself_or_gives_no_number(mine: Path) -> None:
    formula = opened(mine, "root", precisions=("float32", "float64")).formula
    x = np.tile([1.5, -3.0, 100.0, 1.5], 10)
    with balls.bits(200):
        found = formula(balls.each_ball(x), balls.balls)
        alone = [formula(balls.each_ball(x[[i]]), balls.balls)[0] for i in (0, 2)]
    assert [ball.is_finite() for ball in found] == [True, False, True, True] * 10
    assert all(a.overlaps(b) for a, b in zip(found[[0, 2]], alone, strict=True))
    in_format = np.asarray(formula(jnp.asarray(x, jnp.float32), jnp))
    assert np.isnan(in_format[1])
    assert in_format[[0, 2]].tolist() == [_root(np.float32(1.5)), _root(np.float32(100.0))]


def _root(a: np.float32) -> np.float32:
    """The same loop in NumPy."""
    s = a
    while abs(s * s - a) > np.float32(1e-5) * a:
        s = (s + a / s) / np.float32(2)
    return s


def test_loops_side_by_side_in_a_function_each_end_by_themselves(mine: Path) -> None:
    formula = opened(mine, "roots", precisions=("float32", "float64")).formula
    (found,) = set(np.asarray(formula(jnp.full(40, 1.5, jnp.float32), jnp)).tolist())
    each = [_root(np.float32(1.5) * np.float32(k)) for k in (1, 10, 1000)]
    assert found == np.float32(each[0] + each[1]) + each[2]


def test_a_loop_without_an_end_is_told_before_it_is_run(mine: Path) -> None:
    with pytest.raises(InputError) as error:
        examine(wanted(mine, "root", interval=(-3.0, -1.0)))
    assert str(error.value) == (
        "mine.py:root has no value at x = -3; allowed: an interval in which it has one, "
        "--interval LOW:HIGH, or points of your own, --at"
    )


def test_what_a_function_prints_of_its_values_costs_nothing(
    mine: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    problem = opened(mine, "shown")
    source = problem.formula.source  # type: ignore[attr-defined]
    for dtype in map(np.dtype, (np.float32, np.float64)):
        assert "debug" not in str(program_of(source, (), dtype))
        assert not program_of(source, (), dtype).effects
    with balls.bits(200):
        found = problem(balls.each_ball(np.array(X)), balls.balls)
    assert found.astype(float) == pytest.approx(np.sin(8 * np.array(X)), rel=1e-14)
    in_format = problem(jnp.asarray(X, jnp.float32), jnp)
    assert np.asarray(in_format) == pytest.approx(np.sin(8 * np.array(X)), rel=1e-5)
    jax.effects_barrier()
    assert capfd.readouterr() == ("", "")


# --- whole runs ----------------------------------------------------------------------------------


def run(*arguments: str, folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "run", *arguments, "--no-timing"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr + done.stdout


def test_bench_run_of_a_function_of_a_file(mine: Path, tmp_path: Path) -> None:
    code, said = run(
        "mine.py:stopped", "--at", "1.5", "--precision", "float64", "--out", str(tmp_path),
        "--no-figures", folder=mine.parent,
    )  # fmt: skip
    assert code == 0, said
    remark = "jax.grad(stopped) is the derivative of another function: stop_gradient at mine.py:"
    assert said.index(remark) < said.index("sweeping") < said.rindex(remark)  # before, and after
    rows = bench.load(tmp_path / "mine-stopped-float64-points1.5")["accuracy"]
    assert set(rows["truth"]) == {3.0}
    assert set(rows["estimate"][rows["scheme"] == "grad"]) == {1.5}
    assert set(rows["backend"]) == {"jax"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hangs", "it took more than 4 s at {file}, line {line}"),
        ("dies", "its process ended with exit code 3 at "),
    ],
)
def test_a_function_that_ends_its_process_is_told_in_one_sentence(
    mine: Path, name: str, said: str
) -> None:
    with pytest.raises(InputError) as error:
        bench.run(f"{mine}:{name}", item_seconds=4.0 if name == "hangs" else 60.0)
    assert str(error.value).startswith(
        said.format(file=mine, line=line_of(name) + 2 if name == "hangs" else 0)[:60]
    )


def test_a_python_function_is_measured_like_the_problem_that_it_is() -> None:
    def exp_sin(x):  # type: ignore[no-untyped-def]
        return jnp.exp(x) * jnp.sin(x)

    options = {"schemes": ["central", "grad"], "precisions": "float32"}
    mine = bench.run(exp_sin, at=(0.5, 2.0), **options)  # type: ignore[arg-type]
    shipped = bench.run(
        load("function").model_copy(update={"figures": ()}),
        at=(0.5, 2.0), backends="jax", **options,  # type: ignore[arg-type]
    )  # fmt: skip
    (name,) = mine.problems
    assert name == "my.exp_sin" or name.endswith(".exp_sin")
    columns = ["x", "h", "estimate", "truth", "truncation_error", "rounding_error", "status"]
    a, b = (each["accuracy"][columns].reset_index(drop=True) for each in (mine, shipped))
    both = a.merge(b, on=["x", "h"], suffixes=("", "_shipped"))
    assert len(both) > 50
    assert (both["truth"] == both["truth_shipped"]).all()
    same = both["estimate"] == both["estimate_shipped"]
    assert (both["truncation_error"] == both["truncation_error_shipped"])[same].all()
    assert same.all()


def test_a_study_names_functions_of_the_users(mine: Path, tmp_path: Path) -> None:
    study = mine.parent / "study.toml"
    study.write_text(
        'question = "Mine?"\n'
        'functions = ["mine.py:f", {function = "mine.py:loss", size = 3}]\n'
        'schemes = ["central", "grad"]\nprecisions = ["float32"]\npoints = 3\n'
        '[[gradients]]\nproblems = ["loss"]\nsizes = [3]\nschemes = ["grad"]\n'
    )
    found = bench.run(study, out=tmp_path)
    assert set(found.problems) == {"f", "loss"}
    assert found.record.study.backends == ("jax",)
    assert set(found["best"]["reason"]) == {""}
    assert found.get("gradients")["error"].max() < 1e-6
    assert bench.load(tmp_path / "study").record.study.functions == found.record.study.functions
    for wrong, sentence in {
        'functions = ["mine.py:g"]': r"line 2: no function of mine\.py named 'g'",
        'functions = ["g"]': r"line 2: no file  to take a function from|line 2: 'g' names no",
        'functions = [{function = "mine.py:f", siez = 3}]': r"no key named 'siez' \(did you mean 'size'",
        "functions = 3": r"line 2: key 'functions' is 3; allowed: a list of functions of yours",
    }.items():
        study.write_text(f'question = "Mine?"\n{wrong}\n')
        with pytest.raises(InputError, match=sentence):
            load(study)


def test_a_study_has_functions_beside_problems_and_two_of_one_name(tmp_path: Path) -> None:
    for name, body in {"one": "x * x", "two": "x * x * x"}.items():
        (tmp_path / f"{name}.py").write_text(f"def twice_there(x):\n    return {body}\n")
    study = tmp_path / "both.toml"
    study.write_text(
        'question = "Both?"\nfunctions = ["one.py:twice_there", "two.py:twice_there"]\n'
        'problems = ["tanh"]\n'
    )
    assert set(load(study).problems) == {"twice_there", "two.twice_there", "tanh"}
    x = flint.arb(3)
    assert problems["twice_there"](np.array([x]), balls.balls)[0] == 9
    assert problems["two.twice_there"](np.array([x]), balls.balls)[0] == 27


def test_a_function_that_cannot_be_run_costs_a_study_its_own_rows_alone(mine: Path) -> None:
    study = mine.parent / "several.toml"
    study.write_text(
        'question = "Mine?"\nfunctions = ["mine.py:f", "mine.py:raises"]\n'
        'schemes = ["grad"]\nprecisions = ["float32"]\npoints = 3\n'
    )
    found = bench.run(study)
    best = found["best"].set_index("problem")["reason"]
    line = line_of("raises") + 1
    assert dict(best) == {"f": "", "raises": f"mine.py:{line}: ValueError: no luck"}
    assert [each.reason for each in found.record.failures] == [best["raises"]]


def test_results_of_functions_of_one_name_stand_beside_each_other(
    mine: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.py"
    other.write_text("def f(x):\n    return x * x\n")
    names = [
        study_of(f"{mine}:f").name,
        study_of(f"{other}:f").name,
        study_of(f"{mine}:loss", size=3).name,
        study_of(f"{mine}:loss", at=(0.5, 1.0, 2.0), size=3).name,
    ]
    assert names[:3] == ["mine-f", "other-f", "mine-loss-n3"]
    assert names[3].startswith("mine-loss-n3-")


def test_a_results_folder_never_runs_code_of_the_users(mine: Path, tmp_path: Path) -> None:
    own = mine.parent / "once.py"
    own.write_text("def once(x):\n    return x * x\n")
    chosen = {"precisions": "float64", "schemes": "central", "points": 2, "name": "once"}
    bench.run(f"{own}:once", out=tmp_path, figures=False, **chosen)  # type: ignore[arg-type]
    own.write_text("raise SystemExit('it ran')\n")
    code = (
        "import bench, sys\n"
        f"results = bench.load({str(tmp_path / 'once')!r})\n"
        "assert len(results['accuracy'])\n"
        "assert 'once' not in str(list(sys.modules))\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


def test_another_process_knows_the_function_and_its_problem(mine: Path) -> None:
    asked = wanted(mine, "f")
    problem = register(asked, examine(asked))
    process = Process("another")
    try:
        assert process.call(_name_of, problem) == ("f", True)
    finally:
        process.stop()
        problems.discard("f")


def _name_of(problem: Problem) -> tuple[str, bool]:
    return problem.name, problems["f"] is problem


def test_a_point_of_n_variables_comes_from_a_file(tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", np.array([0.5, 2.0]))
    np.save(tmp_path / "table.npy", np.ones((2, 2)))
    assert points_of([str(tmp_path / "w.npy")], None) == ((0.5, 2.0), 2)
    assert points_of(["0.5,2", "3"], None) == ((0.5, 2.0, 3.0), None)
    for given, sentence in {
        "two": "^option 'at' is 'two'; allowed: numbers, or one .npy file of a point$",
        "none.npy": r"^option 'at': none\.npy cannot be read \(.*No such file",
        str(tmp_path / "table.npy"): r"holds float64 of shape \(2, 2\); allowed: one row of real",
    }.items():
        with pytest.raises(InputError, match=sentence):
            points_of([given], None)
    with pytest.raises(InputError, match=r"is to have 3 variables, and the point has 2 numbers"):
        open_function(Wanted(Source("f", "mine.py"), at=(0.5, 2.0), size=3))


# --- derivatives ---------------------------------------------------------------------------------


def test_a_derivative_has_as_many_digits_as_are_asked_for() -> None:
    mpmath.mp.dps = 120
    try:
        want = mpmath.diff(TRUE["f"], mpmath.mpf(0.7), 2)
        found = bench.derivative(lambda x: jnp.exp(x) * jnp.sin(x), 0.7, order=2, digits=90)
        assert isinstance(found, Decimal)
        assert len(found.as_tuple().digits) == 90
        assert abs(mpmath.mpf(str(found)) - want) < abs(want) * mpmath.mpf(10) ** -89
    finally:
        mpmath.mp.dps = 15


def test_a_derivative_of_n_variables_is_a_gradient() -> None:
    found = bench.derivative(lambda x: jnp.sum(x**3) / 4, [1.0, 2.0], digits=5)
    assert list(found) == [Decimal("0.75"), Decimal("3")]


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (jnp.abs, "no derivative at x = 0: -1 from the left, 1 from the right"),
        (lambda x: jnp.stack([x, x]), "gives an array of shape"),
        (lambda x, y: x, r"takes \(x, y\); allowed: one argument, x"),
    ],
)
def test_what_has_no_derivative_is_told(function: object, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        bench.derivative(function, 0.0)  # type: ignore[arg-type]


def test_a_run_in_which_no_digit_is_right_is_told() -> None:
    found = bench.run(
        lambda x: 1 + x * 2.0**-40, precisions="float32", schemes="central", points=2, steps="-3:-1"
    )
    answer, *_ = findings_of(found)
    assert "reaches 0.0 digits" in str(answer)
