"""Advice at one point: f' certified or bounded, the best scheme and step for each budget."""

from __future__ import annotations

import ast
import base64
import math
from pathlib import Path

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import bench
from bench.advising import BUDGETS, Advice
from bench.advising.code import code_of
from bench.advising.measured import nearby
from bench.formats import formats
from bench.problems import problems
from bench.registry import InputError
from bench.schemes import schemes


def exp_sin(x):  # type: ignore[no-untyped-def]
    return jnp.exp(x) * jnp.sin(x)


@pytest.fixture(scope="module")
def advice() -> Advice:
    return bench.advise(exp_sin, 1.5)


def true_slope(x: float) -> float:
    return float(mpmath.diff(lambda t: mpmath.exp(t) * mpmath.sin(t), mpmath.mpf(x)))


def test_the_derivative_is_certified_where_f_can_be_traced(advice: Advice) -> None:
    assert advice.certified
    assert advice.bound == 0
    assert advice.value == true_slope(1.5)
    assert advice.autodiff == float(jax.grad(exp_sin)(jnp.float32(1.5)))


def test_each_budget_has_the_best_scheme_within_it(advice: Advice) -> None:
    assert [each.budget for each in advice.choices] == list(BUDGETS)
    assert all(each.evaluations <= each.budget for each in advice.choices)
    errors = [each.error for each in advice.choices]
    assert errors == sorted(errors, reverse=True)
    assert advice.best is not None
    assert advice.best.error == min(errors)


def test_the_code_to_paste_errs_as_told_near_the_point(advice: Advice) -> None:
    f = lambda x: np.exp(x) * np.sin(x)  # noqa: E731
    for choice in advice.choices:
        off = []
        for x in nearby(problems["exp_sin"], "float32", 1.5).astype(np.float32):
            pasted = done(choice.code, f, x)
            assert pasted.dtype == np.float32
            off.append(abs(float(pasted) - true_slope(float(x))))
        assert choice.error / 4 < np.median(off) < choice.error * 4


def done(code: str, f: object, x: object) -> np.generic:
    """What the last of the lines to paste gives."""
    *before, last = ast.parse(code).body
    assert isinstance(last, ast.Expr)
    names: dict[str, object] = {"f": f, "x": x}
    exec(compile(ast.Module(before, []), "pasted", "exec"), names)
    found: np.generic = eval(compile(ast.Expression(last.value), "pasted", "eval"), names)
    return found


@pytest.mark.parametrize("name", [n for n, s in schemes.items() if s.weights])
def test_the_code_of_a_scheme_is_its_formula(name: str) -> None:
    code, scheme = code_of(schemes[name], 0.25, formats["float64"]), schemes[name]
    assert max(map(len, code.splitlines())) <= 80
    assert done(code, math.exp, 0.5) == pytest.approx(float(scheme(np.exp, 0.5, 0.25)), rel=1e-13)


def test_what_cannot_be_traced_is_bounded_by_the_adaptive_derivative() -> None:
    def simulated(x):  # type: ignore[no-untyped-def]
        return float(np.exp(x) * np.sin(x)) if x > 0 else 0.0

    found = bench.advise(simulated, 1.5, precision="float64")
    assert not found.certified
    assert 0 < found.bound < 1e-11
    assert abs(found.value - true_slope(1.5)) <= found.bound
    for choice in found.choices:
        if not math.isnan(choice.step):
            D = schemes[choice.scheme](lambda t: np.exp(t) * np.sin(t), 1.5, choice.step)
            assert abs(float(D) - true_slope(1.5)) <= choice.error
    (remark,) = found.remarks
    assert remark.startswith("simulated is not traced, so errors are bounded and not measured: ")
    assert "± " in repr(found)
    with pytest.raises(InputError, match=r"^simulated\(x\) cannot be traced, so its errors are"):
        found.figure()


def test_a_kink_has_both_sides_whether_f_is_traced_or_not() -> None:
    def bent(x):  # type: ignore[no-untyped-def]
        return float(x) if x > 1 else 2 * float(x) - 1

    for f, sides, at in ((jnp.abs, (-1.0, 1.0), 0.0), (bent, (2.0, 1.0), 1.0)):
        found = bench.advise(f, at)
        assert found.sides == pytest.approx(sides, abs=1e-3)
        assert "has no derivative at x = " in repr(found)
        assert not found.choices


def test_what_a_person_reads_has_the_answer_first_and_fits(advice: Advice) -> None:
    lines = repr(advice).splitlines()
    assert lines[0].startswith("f'(1.5) = 4.787484522760848")
    assert len(lines) <= 20
    assert max(map(len, lines)) <= 80
    assert lines[-4:] == [
        "To paste, for x of float32:",
        "h = 2.0**-3",
        "(-3*f(x + 4*h) + 32*f(x + 3*h) - 168*f(x + 2*h) + 672*f(x + h) - 672*f(x - h)",
        "    + 168*f(x - 2*h) - 32*f(x - 3*h) + 3*f(x - 4*h)) / (840*h)",
    ]


def test_a_notebook_shows_the_words_the_lines_and_the_curve(advice: Advice) -> None:
    shown = advice._repr_html_()
    assert shown.startswith("<p>f&#x27;(1.5) = 4.787484522760848")
    assert "<pre>To paste, for x of float32:\nh = 2.0**-3\n(-3*f(x + 4*h)" in shown
    kind, _, data = shown.rpartition('src="')[2].partition(";base64,")
    assert kind == "data:image/svg+xml"
    assert "jax.grad" in base64.b64decode(data.partition('"')[0]).decode()


def test_lost_digits_are_for_blame() -> None:
    found = bench.advise("(1-cos(x))/x^2", 1e-3)
    assert "`bench blame` says at which line" in repr(found)


def test_where_f_is_right_no_line_of_it_is_to_be_blamed() -> None:
    found = bench.advise("sin(x)", 1e300, precision="float64")
    assert repr(found) == (
        "f'(1e+300) = -0.57538611195754907, certified, for sin(x). In float64 no\n"
        "difference of 16 calls of f or fewer has a digit of it: f does not show it above\n"
        "its rounding. jax.grad is exact there."
    )
    with mpmath.workdps(400):
        assert found.value == float(mpmath.cos(mpmath.mpf(1e300)))
    assert found.lost < 1


def test_a_derivative_too_large_for_a_float_is_no_number() -> None:
    found = bench.advise("log(x)", 5e-324, precision="float64")
    assert repr(found) == ("f'(4.94065646e-324) overflows float64, for log(x). jax.grad gives inf.")


def test_noise_of_f_is_what_stops_a_noisy_one() -> None:
    found = bench.advise(problems["exp_sin"].with_noise(1e-3, 0), 1.5)
    assert {each.limit for each in found.choices} == {"noise of f"}
    assert found.noise > 100


@pytest.mark.parametrize(
    ("f", "x", "sentence"),
    [
        ("log(x)", -1.0, r"log\(x\) has no value at x = -1$"),
        ("exp_sin", math.inf, r"^x is inf; allowed: a number that is finite in float32$"),
        ("exp_sin", 1e39, r"^x is 1e\+39; allowed: a number that is finite in float32$"),
        (
            "exp_sinn",
            1.0,
            r"^no problem named 'exp_sinn' \(did you mean 'exp_sin'( or 'sp_sine')?\?\); ",
        ),
        ("nowhere.py:f", 1.0, r"^no file nowhere\.py to take a function from$"),
        (lambda x: (x, x), 1.0, r"gives 2 results; allowed: one real number$"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(f: object, x: float, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        bench.advise(f, x)  # type: ignore[arg-type]


def test_its_figure_is_the_curve_near_the_point(advice: Advice, tmp_path: Path) -> None:
    figure = advice.figure()
    figure.savefig(tmp_path / "advice.png")
    assert (tmp_path / "advice.png").stat().st_size > 10_000


@pytest.mark.parametrize("precision", list(formats))
@pytest.mark.parametrize("name", ["adaptive", "ridders", "central", "central8"])
def test_the_lines_to_paste_stay_in_every_format(precision: str, name: str) -> None:
    known = formats[precision]
    one = known.dtype.type
    step = math.nan if name == "adaptive" else 0.25
    for many in (False, True):
        found = done(code_of(schemes[name], step, known, many=many), lambda t: t * t, one(1.5))
        assert float(found) == pytest.approx(3, rel=16 * known.unit_roundoff)
        assert found.dtype == known.dtype


def test_a_function_that_takes_one_number_is_pasted_for_one() -> None:
    code = code_of(schemes["adaptive"], math.nan, formats["float64"], many=False)
    assert done(code, math.exp, 1.0) == pytest.approx(math.e, rel=1e-12)


@pytest.mark.parametrize("precision", ["float64", "bfloat16"])
def test_a_function_of_torch_is_advised_and_pasted_for_numbers(precision: str) -> None:
    torch = pytest.importorskip("torch")
    advice = bench.advise(lambda x: torch.exp(x) * torch.sin(x), 1.5, precision=precision)
    assert abs(advice.value - true_slope(1.5)) <= advice.bound
    assert advice.remarks[0].endswith("a function of torch, so errors are bounded and not measured")
    for choice in advice.choices:
        x = formats[precision].round(np.array([1.5]))[0]
        found = done(choice.code, lambda t: torch.exp(t) * torch.sin(t), x)
        assert abs(float(found) - true_slope(1.5)) <= 2 * choice.error + advice.bound


def test_f_that_raises_a_little_away_is_advised_by_points_within() -> None:
    def within(x):  # type: ignore[no-untyped-def]
        if abs(float(x) - 1) > 1e-3:
            raise ValueError("outside")
        return float(x) ** 3

    advice = bench.advise(within, 1.0, precision="float64")
    assert advice.best is not None
    assert advice.best.error < 1e-11
    assert advice.best.step < 1e-3


def test_a_constant_has_the_derivative_0() -> None:
    for formula in ("3+0*x", "0*x"):
        advice = bench.advise(formula, 1.0)
        assert advice.certified
        assert (advice.value, advice.best and advice.best.error) == (0, 0)


def test_a_point_of_few_bits_is_not_advised_by_lucky_roundings() -> None:
    advice = bench.advise("x**2", 3.0)
    best = advice.choices[0]
    rng = np.random.default_rng(0)
    x = (3 + rng.uniform(-1, 1, 101) / 64).astype(np.float32)
    estimates = schemes[best.scheme](lambda t: t * t, x, np.full(101, best.step, np.float32))
    assert (
        np.median(np.abs(estimates - 2 * x.astype(np.float64)))
        <= 4 * best.error + math.ulp(6) * 2**29
    )


@pytest.mark.parametrize("x", [1.5, 1.5078125, 1.515625])
def test_floats_beside_each_other_have_one_advice_in_few_bits(x: float) -> None:
    def smooth(x):  # type: ignore[no-untyped-def]
        return jnp.exp(x) * jnp.sin(x) / (1 + x**2)

    found = bench.advise(smooth, x, precision="bfloat16")
    assert [(each.scheme, each.step) for each in found.choices] == [("central", 0.5)] * 4
    assert found.best is not None
    assert found.problem is not None
    near = np.arange(1.40625, 1.6, 2.0**-7)  # every float there
    slopes = [
        float(mpmath.diff(lambda t: mpmath.exp(t) * mpmath.sin(t) / (1 + t**2), t)) for t in near
    ]
    given = [float(jax.grad(smooth)(jnp.asarray(t, jnp.bfloat16))) for t in near]
    assert found.autodiff_error == pytest.approx(
        np.median(np.abs(np.subtract(given, slopes))), rel=0.6
    )
    assert 3e-3 < found.best.error < 9e-3
    assert len(nearby(found.problem, "bfloat16", x)) == 33


def test_the_error_of_the_adaptive_derivative_is_that_near_the_point() -> None:
    errors = {each.error for each in bench.advise("x**4-x", 1.5).choices}
    assert 0 not in errors


MOVE = "No step mends that: move x"


@pytest.mark.parametrize(
    ("f", "x", "sides", "says"),
    [
        (
            "sqrt(x)",
            0.0,
            (math.nan, math.inf),
            "sqrt(x) has no derivative at x = 0: on the left its domain ends there, and on\n"
            "the right it is vertical; jax.grad gives inf. No step mends that: move x into\n"
            "the domain.",
        ),
        (
            "arcsin(x)",
            1.0,
            (math.inf, math.nan),
            "arcsin(x) has no derivative at x = 1: on the right its domain ends there, and on\n"
            "the left it is vertical; jax.grad gives inf. No step mends that: move x into the\n"
            "domain.",
        ),
        (
            jnp.cbrt,
            0.0,
            (math.inf, math.inf),
            "cbrt(x) has no derivative at x = 0: it is vertical there, inf on both sides;\n"
            f"jax.grad gives inf. {MOVE}.",
        ),
        (
            "abs(x)**0.5",
            0.0,
            (-math.inf, math.inf),
            "abs(x)**0.5 has no derivative at x = 0: it has a cusp there, -inf from the left\n"
            f"and inf from the right; jax.grad gives inf. {MOVE}.",
        ),
        (
            "maximum(x,1)",
            1.0,
            (0.0, 1.0),
            "maximum(x,1) has no derivative at x = 1: 0 from the left, 1 from the right;\n"
            f"jax.grad gives 0.5. {MOVE}, or choose a side.",
        ),
    ],
)
def test_a_point_without_a_derivative_is_told_by_its_sides(
    f: object, x: float, sides: tuple[float, float], says: str
) -> None:
    found = bench.advise(f, x)  # type: ignore[arg-type]
    assert found.sides == pytest.approx(sides, nan_ok=True)
    assert math.isnan(found.value)
    assert repr(found) == says
    with pytest.raises(InputError) as why:
        found.figure()
    assert str(why.value) == (
        f"{found.function} has no derivative on both sides of x = {x:.9g}: there is nothing to "
        "draw; allowed: a point at which it is smooth"
    )


def test_at_the_end_of_a_domain_the_derivative_is_that_of_the_side() -> None:
    for f, x, slope, side in (("x**1.5", 0.0, 0.0, "right"), ("x+x**2.5", 0.0, 1.0, "right")):
        found = bench.advise(f, x)
        assert (found.value, found.status, found.certified) == (slope, "edge", False)
        assert repr(found).startswith(
            f"f'(0) = {slope:g} from the {side}, for {f}: on the left its"
        )
        assert {each.scheme for each in found.choices} <= {"forward", "forward2", "adaptive"}


def test_a_derivative_that_is_0_has_errors_too() -> None:
    found = bench.advise("cos(x)", 0.0, precision="float64")
    assert found.value == 0
    first = found.choices[0]
    near = 1e-4 * np.linspace(-1, 1, 301)
    D = schemes[first.scheme](np.cos, near, np.full(301, first.step))
    assert first.error / 4 < np.median(np.abs(D + np.sin(near))) < first.error * 4


def test_where_no_difference_has_a_digit_it_says_so_and_what_has() -> None:
    found = bench.advise("tanh(x)", 20.0)
    assert repr(found) == (
        "f'(20) = 1.6993417021166355e-17, certified, for tanh(x). In float32 no\n"
        "difference of 16 calls of f or fewer has a digit of it: f does not show it above\n"
        "its rounding. The complex step at h = 2^-13 is off by about 9e-25 (7.3 digits).\n"
        "jax.grad is off by about 1.7e-17 (no digit).\n"
        "To paste, for x of float32:\n"
        "from bench.schemes import schemes\n"
        "h = 2.0**-13\n"
        'schemes["complex_step"](f, x, h)'
    )
    assert found.value == float(mpmath.sech(20) ** 2)
    assert "f' itself is 0 in float32" in repr(bench.advise("exp(x)", -208.0)).replace("\n", " ")


def test_budgets_that_agree_are_one_row() -> None:
    lines = repr(bench.advise("abs(x)", 1.0)).splitlines()
    assert lines[-5].split() == ["2,", "4,", "8,", "16", "2", "forward", "2^4", "0", "exact"]


def test_points_across_the_end_of_a_domain_are_not_looked_at() -> None:
    found = bench.advise("sqrt(x-1)", 1.001)
    with mpmath.workdps(40):
        x = mpmath.mpf(float(np.float32(1.001)))
        assert found.value == float(1 / (2 * mpmath.sqrt(x - 1)))
    assert all(near > 1 for near in nearby(found.problem, "float32", found.x))  # type: ignore[arg-type]


def exits(x: float) -> float:
    if x > 1:
        raise SystemExit(3)
    return float(x)


def raises(x: float) -> float:
    if x > 1:
        raise ValueError("too far")
    return float(x)


def exponential(x: float) -> float:
    return math.exp(x)


def integral(x: float) -> int:
    return int(float(x) * 3)


@pytest.mark.parametrize(
    ("f", "x", "sentence"),
    [
        (exits, 2.0, "exits ends the process (SystemExit: 3); allowed: a function that returns"),
        (exits, 1.0, "exits ends the process (SystemExit: 3); allowed: a function that returns"),
        (
            raises,
            2.0,
            "raises raises ValueError at x = 2: too far; allowed: a point at which it has a value",
        ),
        (
            exponential,
            1000.0,
            "exponential raises OverflowError at x = 1000: math range error; allowed: a point at "
            "which it has a value",
        ),
        (integral, 1.0, "integral gives int; allowed: one real number, a float"),
    ],
)
def test_what_f_does_is_told_with_its_line(f: object, x: float, sentence: str) -> None:
    line = f.__code__.co_firstlineno  # type: ignore[attr-defined]
    with pytest.raises(InputError) as why:
        bench.advise(f, x)  # type: ignore[arg-type]
    assert str(why.value) == f"test_advise.py:{line}: {sentence}"


@pytest.mark.parametrize(
    ("f", "x", "sentence"),
    [
        (
            "exp(x)",
            100.0,
            "exp(x) overflows in float32 at x = 100: it is 2.69e+43 there; allowed: up to 3.4e+38",
        ),
        (
            "exp(x)/exp(x)",
            100.0,
            "exp(x)/exp(x) overflows in float32 at x = 100: it is 1.00 there, but something on the "
            "way to it is larger; allowed: up to 3.4e+38",
        ),
        (None, 1.0, "f is None; allowed: a function of x, or FILE.py:NAME"),
        ([1.0], 1.0, "f is of type list; allowed: a function of x, or FILE.py:NAME"),
        ("rosenbrock", 1.0, "rosenbrock has n variables; allowed: a function of one number"),
        ("exp(x)", 10**400, f"x is 1{'0' * 59}..; allowed: a number that is finite in float32"),
        (jnp.log, -1.0, "log has no value at x = -1"),
    ],
)
def test_a_mistake_is_told_in_this_sentence(f: object, x: float, sentence: str) -> None:
    with pytest.raises(InputError) as why:
        bench.advise(f, x)  # type: ignore[arg-type]
    assert str(why.value) == sentence


def test_what_f_prints_is_not_shown_but_told(capsys: pytest.CaptureFixture[str]) -> None:
    def talks(x):  # type: ignore[no-untyped-def]
        print("here")
        return math.sin(x)

    found = bench.advise(talks, 1.0, precision="float64")
    assert found.remarks == ("talks prints, which is not shown",)
    assert capsys.readouterr().out == ""


def test_f_that_does_not_repeat_itself_is_noisy() -> None:
    drawn = iter(range(10**6))

    def shaky(x):  # type: ignore[no-untyped-def]
        return float(np.exp(x)) * (1 + 1e-9 * (next(drawn) * 0.61803 % 1)) if x > 0 else 0.0

    found = bench.advise(shaky, 1.0, precision="float64")
    assert found.status == "noisy"
    assert abs(found.value - math.e) <= found.bound < 1e-6
    assert "shaky is not deterministic (2.71828183, then 2.71828183 at this x)" in found.remarks[1]
    assert len(repr(found).splitlines()) <= 20


def test_one_lucky_rounding_at_x_decides_no_step_of_a_function_that_is_called() -> None:
    def square(x):  # type: ignore[no-untyped-def]
        return x * x if x > 0 else 0 * x

    found = bench.advise(square, 3.0)
    for choice in found.choices[:2]:
        x = (3 + np.random.default_rng(0).uniform(-1, 1, 101) / 64).astype(np.float32)
        D = schemes[choice.scheme](lambda t: t * t, x, np.full(101, choice.step, np.float32))
        assert np.median(np.abs(D - 2 * x.astype(np.float64))) <= choice.error


@pytest.mark.parametrize("x", ["a", 1 + 1j, {}])
def test_what_is_no_number_is_no_point(x: object) -> None:
    with pytest.raises(InputError, match="allowed: a number that is finite in float32"):
        bench.advise("sin(x)", x)  # type: ignore[arg-type]


def test_a_formula_has_a_figure_too() -> None:
    assert bench.advise("sin(x)", 1.0).figure().axes


def test_a_precision_is_a_name() -> None:
    with pytest.raises(
        InputError, match=r"^precision is None; allowed: float16, bfloat16, float32"
    ):
        bench.advise("sin(x)", 1.0, precision=None)  # type: ignore[arg-type]
