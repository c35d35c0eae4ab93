"""`bench.check` tells right gradients from wrong ones, and what is wrong with them."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from typer.testing import CliRunner

import bench
from bench.checking.along import Function, Line, Measured
from bench.checking.fits import one_sided, surely, two_sided
from bench.checking.looking import PAIRS, look
from bench.cli import app
from bench.formats import formats
from bench.registry import InputError
from bench.values import Array, Floats, Value

pytest_plugins = ["pytester"]
X = np.linspace(0.3, 2.0, 12)


def f(x: Array) -> Value:
    return np.sum(np.sin(x) * x)


def g(x: Array) -> Array:
    return np.asarray(np.cos(x) * x + np.sin(x))


def divided(x: Array) -> Value:
    return 1 / 0


def ended(x: Array) -> Value:
    sys.exit(3)


def beside(value: Value) -> Callable[[Array], Value]:
    return lambda x: f(x) if x[0] == X[0] else value


TREE = {"a": 1.0, "b": 2.0}


def of_tree(x: dict[str, float]) -> float:
    return x["a"] ** 2 + x["b"] ** 2


def changed(i: int, factor: float) -> Array:
    found = g(X)
    found[i] *= factor
    return found


def reasons(**changes: object) -> str:
    return repr(bench.check(f, X, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_right_gradient_is_right_and_what_would_have_been_seen_is_told(precision: str) -> None:
    found = bench.check(f, X, g, precision=precision)
    assert found
    unit = 2.0**-53 if precision == "float64" else 2.0**-24
    assert unit < found.whole < found.one < 1e5 * unit
    assert repr(found).splitlines()[0] == f"RIGHT: the gradient of 12 variables in {precision}"


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize(
    ("factor", "like"),
    [
        (-1, "its sign is turned"),
        (2, "twice the right one"),
        (0.5, "half the right one"),
        (0, "it is 0 where f depends on it"),
    ],
)
def test_a_wrong_component_is_named_with_its_factor(
    precision: str, factor: float, like: str
) -> None:
    def wrong(x: Array) -> Array:
        return np.where(np.arange(12) == 5, np.array(factor, x.dtype), np.array(1, x.dtype)) * g(x)

    found = bench.check(f, X, wrong, precision=precision)
    assert found.verdict == "wrong"
    assert found.component is not None
    assert found.component.name == "x[5]"
    assert found.component.alone
    assert abs(found.component.measured - g(X)[5]) < found.component.within
    assert str(found.component).endswith(f": {like}")


@pytest.mark.parametrize(
    ("wrong", "like"),
    [
        (-g(X), "its sign is turned"),
        (2 * g(X), "it is twice the right one"),
        (g(X) / 2, "it is half the right one"),
        (12 * g(X), "it is 12 times the right one, the number of components"),
        (g(X) / 12, "it is the right one divided by 12, the number of components"),
        (1.001 * g(X), "it is 1.001 times the right one"),
        (g(X) - 0.25 * X, "a term is missing: 0.25 x, the gradient of 0.125 |x|^2"),
        (g(X) - 0.5, "a term is missing: 0.5 in every component"),
        (g(X)[::-1], "its components are in reverse order"),
        (np.roll(g(X), 1), "its components are moved by one place"),
        (np.where(X > 1, g(X), 0), "it is 0 in 5 of 12 components, where f depends on them"),
    ],
)
def test_what_a_wrong_gradient_looks_like_is_told(wrong: Floats, like: str) -> None:
    found = bench.check(f, X, wrong)
    assert found.verdict == "wrong"
    assert found.looks_like == like


def test_a_transposed_matrix_is_told_and_where_it_is() -> None:
    random = np.random.default_rng(1)
    a, x = random.normal(size=(3, 4)), {"b": np.float64(1.5), "w": random.normal(size=(3, 4))}
    found = bench.check(
        lambda p: np.sum(a * p["w"] ** 3) + p["b"] ** 2,
        x,
        {"b": np.float64(3.0), "w": (3 * a * x["w"] ** 2).T.reshape(3, 4)},
    )
    assert found.looks_like == "its part of shape (3, 4) is transposed"
    right = {"b": np.float64(3.0), "w": 3 * a * x["w"] ** 2}
    assert bench.check(lambda p: np.sum(a * p["w"] ** 3) + p["b"] ** 2, x, right)


def test_a_component_of_a_tree_is_called_as_the_user_calls_it() -> None:
    x = {"b": np.float64(1.5), "w": np.ones((2, 3))}
    wrong = {"b": np.float64(3.0), "w": np.array([[2.0, 2, 2], [2, 2, 2.5]])}
    found = bench.check(lambda p: np.sum(p["w"] ** 2) + p["b"] ** 2, x, wrong)
    assert found.component is not None
    assert found.component.name == "x['w'][1, 2]"


def test_a_kink_is_told_with_both_sides() -> None:
    found = bench.check(lambda x: np.float64(abs(x)), 0.0, 0.5)
    assert found.verdict == "undecidable"
    assert found.sides == pytest.approx((-1, 1))
    assert found.reasons == (
        "f has a kink at x: along a direction its slope is -1 from the left and 1 from the right; "
        "the gradient says 0.5, between",
    )
    assert bench.check(lambda x: np.float64(abs(x)), 0.0, 3.0).verdict == "wrong"


def test_a_kink_along_one_of_several_components_is_told_with_its_sides() -> None:
    def corner(x: Array) -> Value:
        return np.sum(np.abs(x)) + 3 * x[1]

    x = np.array([1.0, 0.0, -1.0, 2.0])
    found = bench.check(corner, x, np.array([1.0, 3, -1, 1]))
    assert (found.verdict, found.sides) == ("undecidable", (2.0, 4.0))
    assert found.reasons == (
        "f has a kink at x: along x[1] its slope is 2 from the left and 4 from the right; the "
        "gradient says 3, between",
    )
    found = bench.check(corner, x, np.array([1.0, 7, -1, 1]))
    assert found.verdict == "wrong"
    assert found.reasons[0].endswith("the gradient says 7, neither, nor between")


def test_a_wrong_component_beside_a_kink_is_named() -> None:
    x = np.array([0.0, 1.0, 2.0])
    found = bench.check(lambda x: np.sum(np.abs(x)), x, np.array([0.0, 1, 3]))
    assert found.verdict == "wrong"
    assert found.reasons[0].endswith("from the right; the gradient says 0, between")
    assert found.component is not None
    assert found.component.name == "x[2]"
    assert abs(found.component.measured - 1) < found.component.within


def test_four_directions_fit_into_a_hundred_calls_where_the_first_needs_four_looks() -> None:
    found = bench.check(lambda x: np.sum(np.sin(50 * x)), X, lambda x: 50 * np.cos(50 * x))
    assert (found.verdict, found.evaluations) == ("right", 100)


def test_f_on_a_stair_of_a_coarse_format_accuses_no_gradient() -> None:
    found = bench.check(lambda x: np.asarray(x)[0] * 0 + 3, X, lambda x: x, precision="bfloat16")
    assert found.verdict == "undecidable"
    assert found.reasons == ("along 3 of 3 directions most steps leave f as it is, bit for bit",)


def test_a_kink_along_several_components_is_told_along_one_of_them() -> None:
    found = bench.check(lambda x: np.abs(x[0] - x[1]), np.array([1.0, 1.0]), np.zeros(2))
    assert found.verdict == "undecidable"
    assert found.reasons[0] in {
        f"f has a kink at x: along {name} its slope is -1 from the left and 1 from the right; the "
        "gradient says 0, between"
        for name in ("x[0]", "x[1]")
    }


def test_a_kink_near_by_is_no_kink_at_x() -> None:
    for distance in (1e-1, 1e-3, 1e-6):
        x = np.array([1.0 + distance, 0.3])
        assert bench.check(lambda x: abs(x[0] - 1) + x[1] ** 2, x, np.array([1.0, 0.6]))


def test_a_slope_is_no_surer_than_the_two_sides_of_x_are_alike() -> None:
    def corner(x: Array) -> Measured:
        return Measured(float(abs(x[0] - 1)), float(abs(x[0] - 1)))

    f = Function(corner, np.array([1.0]), 2.0**-53, formats["float64"].round)
    found = look(Line(f, np.array([1.0]), np.array([0.5])), 0.25, np.zeros(PAIRS))
    assert found is not None
    assert found.fit.bend == pytest.approx(1)
    assert found.slope == pytest.approx(-0.5)
    assert not found.seen


def test_an_edge_of_the_domain_is_looked_at_from_one_side() -> None:
    def root(x: float) -> float:
        return math.sqrt(x) ** 3  # raises below 0

    found = bench.check(root, 0.0, 0.0)
    assert "sqrt" not in found.reasons
    assert re.match(
        r"f raised beside x, which counts as an edge: test_check.py:\d+: ValueError: ",
        found.notes[0],
    )
    assert bench.check(lambda x: x * x + x if x >= 0 else math.nan, 0.0, 1.0)
    assert bench.check(lambda x: x * x + x if x >= 0 else math.nan, 0.0, 1.1).verdict == "wrong"


def test_power_that_is_asked_for_and_not_there_makes_a_gradient_undecidable() -> None:
    assert bench.check(f, X, g, detects=1e-9)
    found = bench.check(f, X, g, precision="float32", detects=1e-9)
    assert found.verdict == "undecidable"
    assert re.fullmatch(
        r"an error of 1e-09 of the whole gradient was to be seen, and one of \S+ would have been",
        *found.reasons,
    )
    assert bench.check(f, X, g, detects_one=1e-9)
    found = bench.check(f, X, g, precision="float32", detects=1e-2, detects_one=1e-9)
    assert found.verdict == "undecidable"
    assert re.fullmatch(
        r"an error of 1e-09 of one component was to be seen, and one of \S+ would have been",
        *found.reasons,
    )


def telling(f: Callable[[Array], Value]) -> str:
    with pytest.raises(InputError) as error:
        bench.check(f, X, g)
    return str(error.value)


def test_noise_is_measured_where_it_is_asked_for() -> None:
    random = np.random.default_rng(0)
    noisy = lambda x: f(x) * (1 + 1e-8 * random.normal())  # noqa: E731
    assert telling(noisy) == (
        "f gives 12.15852991 and 12.15852987 at the same x: it is not deterministic; allowed: "
        "always the same, or option 'noise', which measures it"
    )
    found = bench.check(noisy, X, g, noise=True)
    assert found
    assert 1e-9 < found.whole < 1e-5
    assert bench.check(noisy, X, 1.001 * g(X), noise=True).verdict == "wrong"


def test_the_same_seed_gives_the_same_answer() -> None:
    assert bench.check(f, X, g, seed=3) == bench.check(f, X, g, seed=3)
    assert bench.check(f, X, g, seed=3) != bench.check(f, X, g, seed=4)


def test_f_that_ends_the_program_away_from_x_has_an_edge_there() -> None:
    found = bench.check(lambda x: f(x) if x[0] <= X[0] else sys.exit("bye"), X, g)
    assert re.fullmatch(
        r"f raised beside x, which counts as an edge: test_check.py:\d+: SystemExit: bye",
        *found.notes,
    )


def test_several_values_are_checked_along_a_cotangent() -> None:
    a = np.random.default_rng(0).normal(size=(5, 12))
    jacobian = a * np.cos(X)
    assert bench.check(lambda x: a @ np.sin(x), X, jacobian)
    assert bench.check(lambda x: a @ np.sin(x), X, lambda x, w: (w @ a) * np.cos(x))
    jacobian[3, 7] *= 1.01
    found = bench.check(lambda x: a @ np.sin(x), X, jacobian)
    assert found.component is not None
    assert found.component.name == "x[7]"


def test_the_answer_is_shown_in_notebooks_with_nothing_that_acts() -> None:
    shown = bench.check(lambda p: p["<b>"] ** 2, {"<b>": 2.0}, {"<b>": 0.0})._repr_html_()
    assert shown.startswith("<p><b>WRONG: the gradient of 1 variable in float64</b></p>")
    assert "x[&#x27;&lt;b&gt;&#x27;]" in shown


def plugin() -> list[str]:
    """What makes pytest take bench's plugin, which an installation has already."""
    known = {each.value for each in entry_points(group="pytest11")}
    return [] if "bench.checking.plugin" in known else ["-p", "bench.checking.plugin"]


def test_pytest_shows_the_reasons_whole(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import numpy as np
        import bench

        def test_gradient():
            assert bench.check(lambda x: np.sum(x * x), np.arange(1.0, 9.0), np.ones(8))
        """
    )
    found = pytester.runpytest_inprocess(*plugin(), "-n0", "-p", "no:cacheprovider")
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(
        [
            "*- bench.check -*",
            "WRONG: the gradient of 8 variables in float64",
            "*evaluations of f *",
        ]
    )


BAD: list[tuple[dict[str, object], str]] = [
    ({"x": 3}, "x is int; allowed: numbers of floating point: float16, bfloat16, float32, float64, or option 'precision'"),
    ({"x": np.array([1.0, math.nan])}, "x[1] is nan in float64; allowed: finite numbers"),
    ({"x": np.array([1.0, 1e60]), "precision": "float32"}, "x[1] is 1e+60 in float32; allowed: finite numbers"),
    ({"x": 1j}, "x is complex; allowed: numbers of floating point: float16, bfloat16, float32, float64, or option 'precision'"),
    ({"x": "one"}, "x is a str; allowed: numbers of floating point"),
    ({"x": {}}, "x has no numbers in it; allowed: one or more"),
    ({"x": (np.float32(1), np.float64(1))}, "x has arrays of float32, float64; allowed: one format"),
    ({"f": 3.0}, "f is a float; allowed: a function"),
    ({"f": 3}, "f is an int; allowed: a function"),
    ({"f": None}, "f is None; allowed: a function"),
    ({"f": X}, "f is an ndarray; allowed: a function"),
    ({"f": divided}, "f raises at x: test_check.py:39: ZeroDivisionError: division by zero"),
    ({"f": ended}, "f raises at x: test_check.py:43: SystemExit: 3"),
    ({"f": lambda x: math.nan}, "f is nan at x; allowed: a finite number"),
    ({"f": lambda x: 1j}, "f returns complex; allowed: real numbers"),
    ({"f": lambda x: None}, "f returns None; allowed: a number or an array"),
    ({"f": lambda x: np.zeros(0)}, "f returns an array without numbers; allowed: one or more"),
    ({"f": lambda x: np.float32(1)}, "f returns float32 where x is float64; allowed: float64, or x in another format"),
    ({"f": lambda x: np.zeros(1 + (x[0] != X[0])), "gradient": X}, "f returns 2 numbers beside x and 1 at x; allowed: always as many"),
    ({"gradient": g(X)[:3]}, "the gradient has shape (3,) where x has (12,); allowed: the shape of x"),
    ({"gradient": g(X).astype(np.float32)}, "the gradient is float32 where x is float64; allowed: float64"),
    ({"gradient": g(X).astype(complex)}, "the gradient is complex128 where x is float64; allowed: float64"),
    ({"gradient": divided}, "the gradient raises at x: test_check.py:39: ZeroDivisionError: division by zero"),
    ({"gradient": ended}, "the gradient raises at x: test_check.py:43: SystemExit: 3"),
    ({"gradient": "a"}, "the gradient is a str; allowed: an array of numbers of floating point, of shape (12,)"),
    ({"gradient": lambda x: None}, "the gradient is None; allowed: an array of numbers of floating point, of shape (12,)"),
    ({"gradient": {"a": X}}, "the gradient is a dict; allowed: an array of numbers of floating point, of shape (12,)"),
    ({"gradient": [None] * 12}, "the gradient has None in it; allowed: numbers of floating point"),
    ({"gradient": [[1.0], [1.0, 2.0]]}, "the gradient is a list of lists that are not alike; allowed: an array"),
    ({"f": beside(None)}, "f returns NoneType beside x and float64 at x; allowed: always the same"),
    ({"f": beside(1j)}, "f returns complex beside x and float64 at x; allowed: always the same"),
    ({"x": None}, "x is None; allowed: numbers of floating point"),
    ({"precision": 32}, "precision is 32; allowed: float16, bfloat16, float32, float64"),
    ({"seed": 1.5}, "seed is 1.5; allowed: integers from 0 on"),
    ({"detects": True}, "detects is True; allowed: numbers above 0, such as 1e-3"),
    ({"detects_one": 0}, "detects_one is 0; allowed: numbers above 0, such as 1e-3"),
    ({"x": TREE, "gradient": {"a": 2.0}}, "the gradient has no ['b']; allowed: the arrays of x, ['a'], ['b']"),
    ({"x": TREE, "gradient": {"a": 2.0, "c": 4.0}}, "the gradient has no ['b']; allowed: the arrays of x, ['a'], ['b']"),
    ({"x": TREE, "gradient": TREE | {"c": 4.0}}, "the gradient has ['c'], which x has not; allowed: the arrays of x, ['a'], ['b']"),
    ({"x": TREE, "gradient": X}, "the gradient is an ndarray; allowed: the arrays of x, ['a'], ['b']"),
    ({"seed": -1}, "seed is -1; allowed: integers from 0 on"),
    ({"detects": 0.0}, "detects is 0.0; allowed: numbers above 0, such as 1e-3"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "said"), BAD, ids=[said[:40] for _, said in BAD])
def test_a_mistake_is_told_in_one_sentence(given: dict[str, object], said: str) -> None:
    asked = {"f": of_tree if given.get("x") is TREE else f, "x": X, "gradient": g} | given
    with pytest.raises(InputError) as error:
        bench.check(**asked)  # type: ignore[arg-type]
    assert str(error.value) == said


def test_a_gradient_that_is_no_number_is_wrong() -> None:
    found = bench.check(f, X, changed(3, math.nan))
    assert found.verdict == "wrong"
    assert found.reasons == ("component x[3] of the gradient is nan; f is finite at x",)


def test_what_f_prints_is_counted_and_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    def chatty(x: Array) -> Value:
        print("calling")
        return f(x)

    found = bench.check(chatty, X, g)
    assert re.fullmatch(r"f printed \d+ lines, the first 'calling'", *found.notes)
    assert capsys.readouterr().out == ""


def test_a_function_of_jax_needs_no_gradient() -> None:
    assert bench.check(lambda x: jnp.sum(jnp.sin(x) * x), X)
    assert bench.check(lambda x: jnp.sum(jnp.sin(x) * x), jnp.asarray(X, jnp.float32))
    with pytest.raises(InputError, match=r"^jax\.grad fails on f: test_check.py:\d+: Tracer"):
        bench.check(f, X)


def test_torch_is_checked_where_it_is_there() -> None:
    torch = pytest.importorskip("torch")
    x = torch.linspace(0.3, 2, 12, dtype=torch.float32)
    assert bench.check(lambda x: (torch.sin(x) * x).sum(), x)
    found = bench.check(lambda x: (torch.sin(x.detach()) * x).sum(), x)
    assert found.verdict == "wrong"
    assert bench.check(lambda x: torch.sin(x) * x, x.to(torch.bfloat16)).precision == "bfloat16"


@pytest.mark.parametrize(
    ("words", "code", "first"),
    [
        (["sin(x)/x", "--at", "1.5"], 0, "RIGHT: the gradient of 1 variable in float64"),
        (["rosenbrock", "--size", "10", "--precision", "float32"], 0, "RIGHT: the gradient of 10 variables in float32"),
        (["abs(x)", "--at", "0"], 5, "UNDECIDABLE: the gradient of 1 variable in float64"),
        (["mine.py:f", "--at", "1,2,3", "--gradient", "mine.py:g"], 1, "WRONG: the gradient of 3 variables in float64"),
        (["square_root", "--at", "-1"], 2, "bench: x = -1 is not in the domain of square_root; allowed: (0, inf)"),
        (["mine.py:h", "--at", "1"], 2, "bench: no function of mine.py named 'h'; known: f, g"),
        (["mine.py:f"], 2, "bench: mine.py:f is asked at no point; allowed: --at 1.5, or --at x.npy"),
        (["sin(x)", "--at", "one"], 2, "bench: option 'at' is 'one'; allowed: numbers, parted by commas, or a file .npy"),
    ],
)  # fmt: skip
def test_the_command_answers_and_its_exit_code_says_which(
    words: list[str], code: int, first: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(
        "def f(x):\n    return (x * x).sum()\n\n\ndef g(x):\n    return 3 * x\n"
    )
    found = CliRunner().invoke(app, ["check", *words])
    assert found.output.splitlines()[0] == first
    assert found.exit_code == code


def test_a_function_of_torch_in_a_file_is_given_tensors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text("import torch\n\n\ndef f(x):\n    return (torch.sin(x) * x).sum()\n")
    found = CliRunner().invoke(app, ["check", "mine.py:f", "--at", "1,2"])
    assert found.output.splitlines()[0] == "RIGHT: the gradient of 2 variables in float64"
    assert found.exit_code == 0


@pytest.mark.parametrize("content", [b"", b"numbers"])
def test_a_point_in_a_file_that_is_no_array_is_told(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    path.write_bytes(content)
    found = CliRunner().invoke(app, ["check", "rosenbrock", "--at", str(path)])
    said = f"bench: option 'at': {path} is no array; allowed: a file .npy"
    assert (found.output.splitlines(), found.exit_code) == ([said], 2)


def test_a_fit_takes_the_slope_and_the_bend_out_of_a_polynomial() -> None:
    t = np.array([1.0, 2, 3, 4, 5, 6, 7]) / 8
    fit = two_sided(t, 3 * t + t**3, 2 * t + t**2, 2)
    assert (fit.slope, fit.bend) == pytest.approx((3, 2))
    assert one_sided(-t, 3 * -t + t**2, 2).slope == pytest.approx(3)


def test_how_sure_a_fit_is_follows_from_the_t_distribution() -> None:
    stats = pytest.importorskip("scipy.stats")
    for freedom in range(1, 14):
        assert surely(freedom) == pytest.approx(stats.t.ppf(1 - 0.5e-5, freedom), rel=1e-3)


def test_a_function_that_writes_into_its_argument_does_not_move_the_point() -> None:
    def centred(x: Array) -> Value:
        x -= x.max()
        return np.log(np.sum(np.exp(x)))

    def right(x: Array) -> Array:
        weights = np.exp(x - x.max())
        return weights / weights.sum() - (np.arange(len(x)) == np.argmax(x))

    x = np.array([0.3, 1.7, -0.4])
    before = x.copy()
    assert bench.check(centred, x, right)
    assert bench.check(centred, x, lambda x: -right(x)).verdict == "wrong"
    assert (x == before).all()

    def zeroed(x: Array) -> Value:
        x[...] = 0
        return np.sum(x * x)

    assert bench.check(zeroed, x, lambda x: 2 * x).verdict == "wrong"


def test_a_gradient_of_a_constant_is_wrong_in_words() -> None:
    found = bench.check(lambda x: np.float64(3), np.array([1.0]), lambda x: 2 * x)
    assert found.verdict == "wrong"
    assert "f does not depend on x, or only below its rounding" in str(found)


def test_what_is_to_be_seen_is_a_number() -> None:
    with pytest.raises(InputError, match=r"^detects is 'a'; allowed: numbers above 0, such as"):
        bench.check(f, X, g, detects="a")  # type: ignore[arg-type]
