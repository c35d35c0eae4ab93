"""Descents: closed forms, other people's optimisers, exact paths, and what goes wrong on the way."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import mpmath
import numpy as np
import pytest
from matplotlib.figure import Figure

from bench.arithmetic import FormatLeak, balls
from bench.experiments import experiments
from bench.experiments.descents import DESCENT, Descent, optimizer, optimizers
from bench.experiments.descents.cases import Case, cases_of, kinds_of, step_of
from bench.experiments.descents.optimizers import Arithmetic, Memory
from bench.experiments.descents.paths import (
    LASTING,
    exact_paths,
    format_path,
    values_and_gradients,
)
from bench.experiments.descents.paths import Path as Walk
from bench.formats import formats
from bench.problems import problems
from bench.registry import InputError
from bench.results import Results
from bench.running import run
from bench.schemes import schemes
from bench.study import Study, narrow, stored
from bench.study.reading import load
from bench.values import Value

FORMATS = ("float16", "bfloat16", "float32", "float64")
descents = experiments["descents"]


def study(formats: tuple[str, ...] = ("float64",), **settings: Value) -> Study:
    chosen = {
        "problem": "bowl",
        "rates": {"gradient_descent": 0.1},
        "schemes": ["central"],
        "iterations": 10,
    }
    return Study.model_validate(
        {
            "question": "Why?",
            "problems": [settings.get("problem", "bowl")],
            "schemes": ["central"],
            "precisions": formats,
            "points": 2,
            "experiments": {"descents": [chosen | settings]},
        }
    )


def cases(formats: tuple[str, ...] = ("float64",), **settings: Value) -> list[Case]:
    return [case for item in descents.items(study(formats, **settings)) for case in cases_of(item)]


def rows(formats: tuple[str, ...] = ("float64",), **settings: Value) -> list[dict[str, Value]]:
    found: list[dict[str, Value]] = []
    for item in descents.items(study(formats, **settings)):
        for table, part in descents.rows(item, None, lambda done, what: None):
            assert table is DESCENT
            found += part.to_pylist()
    return found


@pytest.fixture
def registered() -> Iterator[None]:
    before = set(optimizers)
    yield
    for name in set(optimizers) - before:
        optimizers.discard(name)


@pytest.mark.parametrize(("rate", "factor"), [(0.2, 0.6), (0.05, 0.9), (1.1, -1.2)])
@pytest.mark.parametrize("scheme", ["grad", "complex_step", "central"])
def test_descent_of_a_square_has_its_closed_form(rate: float, factor: float, scheme: str) -> None:
    found = rows(
        n=1, start=[10], rates={"gradient_descent": rate}, schemes=[scheme], steps=["best"]
    )
    x = [row["x1"] for row in found]
    assert len(x) == 11
    assert x == pytest.approx([10 * factor**i for i in range(11)], rel=1e-8)
    assert [row["loss"] for row in found] == pytest.approx([each**2 for each in x], rel=1e-15)


def test_descent_of_a_bowl_of_two_variables_has_its_closed_form() -> None:
    last = rows(n=2, start=[-5, -2], schemes=["grad"], iterations=20)[-1]
    assert (last["x1"], last["x2"]) == pytest.approx((-5 * 0.8**20, -2 * 0.6**20), rel=1e-13)
    assert last["loss"] == pytest.approx(25 * 0.8**40 + 8 * 0.6**40, rel=1e-13)


@cache
def slope_by_jax(problem: str) -> Callable[[Value], Value]:
    import jax

    f = problems[problem].of_vector
    return jax.jit(jax.grad(lambda x: f(x, jax.numpy)))  # type: ignore[no-any-return]


@pytest.mark.parametrize("problem", ["rosenbrock", "logistic_regression", "mlp"])
@pytest.mark.parametrize("name", ["gradient_descent", "momentum", "adam"])
def test_optimisers_are_those_of_optax_step_by_step(name: str, problem: str) -> None:
    import jax
    import optax

    rate = 1e-3
    theirs = {
        "gradient_descent": optax.sgd(rate),
        "momentum": optax.sgd(rate, momentum=0.9),
        "adam": optax.adam(rate),
    }[name]
    (case,) = cases(problem=problem, rates={name: rate}, schemes=["grad"], iterations=20)
    ours = format_path(case).positions
    with jax.enable_x64(True):
        x = jax.numpy.asarray(case.start)
        state = theirs.init(x)
        for i in range(21):
            assert np.allclose(ours[i], x, rtol=1e-11, atol=1e-13), i
            updates, state = theirs.update(slope_by_jax(problem)(x), state, x)
            x = optax.apply_updates(x, updates)
    assert np.abs(ours[-1] - ours[0]).max() > 1e-3


def _mpmath_path(name: str, rate: Value, start: list[float], iterations: int) -> list[list[Value]]:
    """Rosenbrock's valley by hand: gradient and optimisers written anew, in 150 digits."""
    x = [mpmath.mpf(each) for each in start]
    v, s, path = [mpmath.mpf(0)] * 2, [mpmath.mpf(0)] * 2, [x]
    b1, b2, small = mpmath.mpf(9) / 10, mpmath.mpf(999) / 1000, mpmath.mpf(10) ** -8
    for t in range(1, iterations + 1):
        a, b = x
        g = [-400 * a * (b - a * a) - 2 * (1 - a), 200 * (b - a * a)]
        if name == "gradient_descent":
            d = g
        elif name == "momentum":
            d = v = [b1 * v[i] + g[i] for i in range(2)]
        else:
            v = [b1 * v[i] + (1 - b1) * g[i] for i in range(2)]
            s = [b2 * s[i] + (1 - b2) * g[i] ** 2 for i in range(2)]
            d = [v[i] / (1 - b1**t) / (mpmath.sqrt(s[i] / (1 - b2**t)) + small) for i in range(2)]
        x = [x[i] - rate * d[i] for i in range(2)]
        path.append(x)
    return path


@pytest.mark.parametrize(
    ("name", "rate"), [("gradient_descent", 0.004), ("momentum", 0.0005), ("adam", 0.125)]
)
def test_exact_paths_are_those_of_another_program_in_mpmath(name: str, rate: float) -> None:
    start = [-19 / 16, 1.0]
    found, values = exact_paths(
        problems["rosenbrock"], optimizers[name], np.array([start]).T, np.array([rate]), 60
    )
    with mpmath.workdps(150):
        path = _mpmath_path(name, mpmath.mpf(rate), start, 60)
        for i, (a, b) in enumerate(path):
            for ball, number in ((found[i, 0, 0], a), (found[i, 1, 0], b)):
                assert (
                    abs(mpmath.mpf(ball.str(140, radius=False)) - number) < mpmath.mpf(10) ** -100
                )
            value = 100 * (b - a * a) ** 2 + (1 - a) ** 2
            assert float(values[i, 0]) == pytest.approx(float(value), rel=1e-15)


@pytest.mark.parametrize("name", ["gradient_descent", "momentum", "adam"])
def test_exact_paths_do_not_change_at_twice_the_bits(name: str) -> None:
    start = np.array([problems["rosenbrock"].variables.start_of(2)]).T
    once, twice = (
        exact_paths(
            problems["rosenbrock"], optimizers[name], start, np.array([0.004]), 100, bits=bits
        )[0]
        for bits in (512, 1024)
    )
    with balls.bits(1024):
        for a, b in zip(once.ravel(), twice.ravel(), strict=True):
            assert (math.isnan(float(a)) and math.isnan(float(b))) or abs(a - b) < abs(b) / 2**150


def test_many_points_on_one_tape_have_the_gradients_of_each() -> None:
    x = np.random.default_rng(0).uniform(-1, 1, (11, 3))
    with balls.bits(200):
        values, slopes = values_and_gradients(problems["mlp"], balls.each_ball(x))
        for column in range(3):
            value, slope = values_and_gradients(
                problems["mlp"], balls.each_ball(x[:, column : column + 1])
            )
            assert abs(values[column] - value[0]) < 2**-150
            assert all(
                abs(a - b) < 2**-150 for a, b in zip(slopes[:, column], slope[:, 0], strict=True)
            )


def test_the_exact_path_uses_start_and_rate_as_the_format_rounds_them() -> None:
    found = rows(("bfloat16",), n=1, start=[0.3], rates={"gradient_descent": 0.1}, schemes=["grad"])
    start, rate = 0.30078125, 0.10009765625  # the nearest numbers of eight bits
    for i, row in enumerate(found):
        assert row["exact_x1"] == pytest.approx(start * (1 - 2 * rate) ** i, rel=1e-15)
        assert row["rate"] == 0.1
    assert found[-1]["exact_x1"] != pytest.approx(0.3 * 0.8**10, rel=1e-5)


def test_distance_excess_and_gradient_error_are_what_they_say() -> None:
    found = rows(n=2, start=[-5, -2], schemes=["forward"], steps=["large"], iterations=5)
    h = found[0]["h"]
    assert h == 2.0**-13
    for row in found:
        x, y = row["x1"], row["x2"]
        gap = math.hypot(x - row["exact_x1"], y - row["exact_x2"])
        assert row["distance"] == pytest.approx(gap, rel=1e-8, abs=1e-15)
        assert row["loss"] == pytest.approx(x * x + 2 * y * y, rel=1e-15)
        assert row["loss_exact_path"] == pytest.approx(
            row["exact_x1"] ** 2 + 2 * row["exact_x2"] ** 2, rel=1e-15
        )
        assert row["excess"] == pytest.approx(
            (row["loss"] - row["loss_exact_path"]) / 33, rel=1e-8, abs=1e-15
        )
        # forward differences of x^2 and 2 y^2 err by h and 2 h
        expected = math.hypot(h, 2 * h) / math.hypot(2 * x, 4 * y)
        assert row["gradient_error"] == pytest.approx(expected, rel=1e-6)


def test_a_forward_difference_ends_half_a_step_from_the_minimum() -> None:
    for row in rows(("float32",), n=2, schemes=["forward"], steps=["best", "large"], iterations=80):
        if row["iteration"] == 80:
            assert (row["x1"], row["x2"]) == pytest.approx((-row["h"] / 2,) * 2, rel=0.01)


def test_a_descent_that_ends_above_its_start_diverged_though_it_is_finite() -> None:
    found = rows(n=1, start=[10], rates={"gradient_descent": 1.1}, schemes=["grad"], iterations=5)
    assert [row["status"] for row in found] == ["ok"] + ["diverged"] * 5
    assert found[-1]["x1"] == pytest.approx(-10 * 1.2**5)


def test_a_diverging_descent_is_recorded_where_it_leaves_and_ends() -> None:
    found = rows(
        ("float16",),
        n=1,
        start=[10],
        rates={"gradient_descent": 1.1},
        schemes=["grad"],
        iterations=100,
    )
    last = found[-1]
    assert last["status"] == "diverged"
    assert not math.isfinite(last["x1"])
    assert math.isnan(last["loss"])
    assert {row["status"] for row in found[1:]} == {"diverged"}
    # the gradient 2x is infinite from the first n with 20 * 1.2^n > 65504, n = 45
    assert last["iteration"] == 46
    assert [row["iteration"] for row in found] == list(range(len(found)))


def test_the_exact_path_may_diverge_farther_than_float64_goes() -> None:
    found = rows(
        problem="rosenbrock", rates={"gradient_descent": 0.1}, schemes=["grad"], iterations=60
    )
    assert found[-1]["status"] == "diverged"
    assert len(found) < 20


def test_a_step_that_no_longer_moves_x_stalls_at_the_start() -> None:
    found = rows(("bfloat16",), n=1, start=[10], steps=["small"], iterations=20)
    assert {row["status"] for row in found} == {"stalled"}
    assert {row["x1"] for row in found} == {10.0}
    assert {row["gradient_error"] for row in found} == {1.0}


@pytest.mark.parametrize(
    ("positions", "first"),
    [
        ([8.0, 4.0, 2.0] + [1.0] * 20, 3),
        ([8.0, 4.0] + [1.0, 2.0] * 10, 2),
        ([8.0] + [1.0, 2.0, 4.0, 3.0] * 5, 1),
        ([5.0] * 20, 0),
        ([8.0, 4.0, 2.0] + [1.0] * LASTING, None),
        (list(np.arange(20.0)), None),
    ],
)
def test_stalling_is_staying_or_going_round_to_the_end(positions: list[float], first: int) -> None:
    x = np.array(positions)[:, None]
    assert Walk(x, x).stalled_at == first


def test_a_scheme_that_a_format_has_not_is_one_unsupported_row() -> None:
    found = rows(("float16",), schemes=["complex_step"], steps=["best"])
    assert len(found) == 1
    assert found[0]["status"] == "unsupported"
    assert found[0]["reason"] == "there are no complex numbers in float16"


@pytest.mark.parametrize("name", ["gradient_descent", "momentum", "adam"])
@pytest.mark.parametrize("precision", FORMATS)
def test_x_and_gradient_stay_in_the_format(name: str, precision: str) -> None:
    for case in cases((precision,), rates={name: 0.1}, schemes=["forward", "grad"], n=3):
        path = format_path(case)
        assert path.positions.dtype == path.gradients.dtype == formats[precision].dtype
        again = formats[precision].round(path.positions.astype(np.float64))
        assert np.array_equal(path.positions.astype(float), again.astype(float), equal_nan=True)


@pytest.mark.usefixtures("registered")
def test_an_optimiser_that_leaves_the_format_is_refused() -> None:
    @optimizer("leaking", source="planted")
    def leaking(
        gradient: Value, memory: Memory, t: int, arithmetic: Arithmetic
    ) -> tuple[Value, Memory]:
        """Twice the gradient, by float64."""
        return gradient * np.float64(2), memory

    (case,) = cases(("float16",), rates={"leaking": 0.1}, steps=["best"])
    with pytest.raises(FormatLeak, match="the direction is float64, expected float16"):
        format_path(case)


@pytest.mark.usefixtures("registered")
def test_an_optimiser_is_one_decorated_formula() -> None:
    @optimizer("sign descent", source="planted")
    def signed(
        gradient: Value, memory: Memory, t: int, arithmetic: Arithmetic
    ) -> tuple[Value, Memory]:
        """The sign of the gradient."""
        return gradient / arithmetic.sqrt(gradient * gradient), memory

    found = rows(n=1, start=[10], rates={"signed": 0.5}, schemes=["grad"], iterations=4)
    assert [row["x1"] for row in found] == [10, 9.5, 9, 8.5, 8]
    assert [row["exact_x1"] for row in found] == [10, 9.5, 9, 8.5, 8]


def test_constants_are_rounded_once_to_each_format() -> None:
    bits = formats["bfloat16"]
    assert float(bits.round(float(Fraction(999, 1000)))) == 1.0
    found = {
        row["status"]
        for row in rows(
            ("float16",), problem="mlp", rates={"adam": 0.0625}, schemes=["grad"], iterations=3
        )
    }
    assert found == {"ok", "diverged"}  # 1e-8 is 0 in float16, and so are squares of small slopes


@pytest.mark.parametrize("precision", FORMATS)
@pytest.mark.parametrize("scheme", ["forward", "central"])
def test_small_best_and_large_steps_come_in_this_order(precision: str, scheme: str) -> None:
    found = [
        step_of(schemes[scheme], kind, formats[precision]) for kind in ("small", "best", "large")
    ]
    u = formats[precision].unit_roundoff
    small, best, large = (float(each) for each in found if each is not None)
    assert u < small < best < large < 1
    assert all(math.log2(each).is_integer() for each in (small, best, large))


def test_a_scheme_without_cancellation_has_no_too_small_step() -> None:
    complex_step, grad = schemes["complex_step"], schemes["grad"]
    float64 = formats["float64"]
    assert kinds_of(complex_step, ("best", "small", "large"), float64) == ["best", "large"]
    assert kinds_of(grad, ("best", "small", "large"), float64) == ["none"]


def test_rows_are_the_same_every_time() -> None:
    wanted = {"problem": "rosenbrock", "rates": {"adam": 0.1}, "schemes": ["central", "grad"]}
    assert str(rows(FORMATS, **wanted)) == str(rows(FORMATS, **wanted))


def test_a_gradient_is_compiled_once_for_all_rates_and_optimisers() -> None:
    asked = []

    class Counted:
        name = "gradient of a test"

        def gradient(self, *given: Value) -> Value:
            asked.append(given)
            return schemes["grad"].gradient(*given)

        def __getattr__(self, name: str) -> Value:
            return getattr(schemes["grad"], name)

    counted: Value = Counted()
    found = cases(("float32",), n=2, rates={"momentum": [0.1, 0.2], "adam": 0.1}, schemes=["grad"])
    for case in found:
        format_path(replace(case, scheme=counted))
    assert len(found) == 3
    assert len(asked) == 1


def test_a_path_is_taken_where_its_backend_runs() -> None:
    """In a process of its own, of which each operation rounds once, as NumPy's do."""
    (item,) = descents.items(
        study(("float32",), problem="rosenbrock", rates={"adam": 0.125}, steps=["best"])
    )
    item = replace(item, backends=("numpy", "jax", "jax-strict"))
    here, compiled, there = (case.backend.call(format_path, case) for case in cases_of(item))
    assert np.array_equal(here.positions, there.positions)
    assert np.array_equal(here.gradients, there.gradients)
    assert here.positions == pytest.approx(compiled.positions, rel=1e-3)


STUDY = """question = "Why?"
schemes = ["central"]

[[descents]]
problem = "bowl"
rates = { gradient_descent = 0.1 }
schemes = ["central"]
iterations = 10
n = 2
"""


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("problem", '"rosenbrok"', "line 5: key 'problem': no problem named 'rosenbrok' (did you "
         "mean 'rosenbrock'?); `bench list problems` has all"),
        ("schemes", '["directional"]', "line 7: key 'schemes': no scheme of whole gradients named "
         "'directional'; `bench list schemes` has all"),
        ("iterations", "0", "line 8: key 'iterations' is 0; allowed: an integer from 1 to 10000"),
        ("iterations", "2.5", "line 8: key 'iterations' is 2.5; allowed: an integer from 1 to "
         "10000"),
        ("rates", "{ adm = 0.1 }", "line 6: key 'rates': no optimizer named 'adm' (did you mean "
         "'adam'?); known: {optimizers}"),
        ("rates", "{ adam = -0.1 }", "line 6: key 'rates' is -0.1; allowed: a table of optimizers "
         "and rates above 0"),
        ("rates", "{ adam = [] }", "line 6: key 'rates' is []; allowed: a table of optimizers and "
         "rates above 0"),
        ("rates", "{}", "line 6: key 'rates' is {{}}; allowed: a table of optimizers and rates above "
         "0"),
        ("n", "0", "line 9: key 'n' is 0; allowed: an integer, 1 or larger"),
        ("steps", '["tiny"]', "line 10: key 'steps': no kind of step named 'tiny'; known: best, "
         "small, large"),
        ("start", "[1, nan]", "line 10: key 'start' is nan; allowed: a list of numbers, one a "
         "variable"),
        ("start", "[1]", "line 4: key 'descents': the start of bowl has 1 numbers; allowed: 2, one "
         "a variable"),
        ("speed", "1", "line 10: no key named 'speed'; known: iterations, n, problem, rates, "
         "schemes, start, steps"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_descent_is_told_with_its_line(
    key: str, value: str, message: str, tmp_path: Path
) -> None:
    head, _, table = STUDY.partition("[[descents]]\n")
    told = {line.partition(" = ")[0]: line for line in table.splitlines()}
    told[key] = f"{key} = {value}"
    path = tmp_path / "mine.toml"
    path.write_text("\n".join([f"{head}[[descents]]", *told.values()]), encoding="utf-8")
    known = {
        "optimizers": sorted(optimizers),
    }
    expected = message.format(**{name: ", ".join(each) for name, each in known.items()})
    with pytest.raises(InputError) as caught:
        load(path)
    assert str(caught.value) == f"study file {path}: {expected}"


def test_two_descents_of_the_same_rows_are_refused() -> None:
    one = Descent(problem="bowl", rates={"adam": (0.1,)}, schemes=("grad",), iterations=3, n=2)
    other = one.model_copy(update={"start": (1.0, 1.0)})
    twice = study().model_copy(update={"experiments": {"descents": (one, other)}})
    message = r"^two descents of bowl, n = 2, have adam at rate 0\.1; allowed: one$"
    with pytest.raises(InputError, match=message):
        descents.check(twice)


def test_names_are_spelled_as_registered_and_one_rate_is_a_list_of_one() -> None:
    found = Descent.model_validate(
        {"problem": "Bowl", "rates": {"Adam": 1}, "schemes": ["complex-step"], "iterations": 1}
    )
    assert (found.problem, found.rates, found.schemes) == (
        "bowl",
        {"adam": (1.0,)},
        ("complex_step",),
    )
    assert Descent.model_validate(found.model_dump()) == found


def test_a_stored_descent_may_be_of_what_is_no_longer_known() -> None:
    data = study().model_dump(mode="json", by_alias=True)
    data["experiments"]["descents"][0] |= {
        "problem": "of_yesterday",
        "schemes": ["lost"],
        "rates": {"gone": [0.5]},
    }
    (found,) = stored(data).settings("descents")
    assert isinstance(found, Descent)
    assert (found.problem, found.schemes, found.rates) == (
        "of_yesterday",
        ("lost",),
        {"gone": (0.5,)},
    )


def test_options_narrow_descents() -> None:
    whole = load("descent")
    narrowed: Value = narrow(whole, problems=["rosenbrock"], schemes=["grad"]).settings("descents")
    assert [(each.problem, each.schemes) for each in narrowed] == [("rosenbrock", ("grad",))]
    assert narrow(whole, schemes=["central8"]).settings("descents") == ()
    assert narrow(whole, points=3).settings("descents") == whole.settings("descents")


def test_the_study_of_descents_asks_for_every_optimiser() -> None:
    found = load("descent")
    descents.check(found)
    items = descents.items(found)
    ours = {n for n, each in optimizers.items() if each.formula.__module__.startswith("bench.")}
    assert {each.optimizer for each in items} == ours
    assert {each.problem for each in items} >= {"quadratic_form", "rosenbrock", "mlp"}
    assert all(each.steps == ("best", "small", "large") for each in items)


def test_optimisers_and_kinds_of_step_are_names_for_claims() -> None:
    assert descents.names() == {
        "optimizer": list(optimizers),
        "step_kind": ("best", "small", "large", "none"),
    }


@pytest.fixture(scope="module")
def bowl() -> Results:
    """A stable and an unstable rate in two formats."""
    rates = {"gradient_descent": [0.1, 0.75]}
    return run(study(("float16", "float32"), n=2, rates=rates, steps=["best"], iterations=20))


def test_what_went_wrong_is_counted(bowl: Results) -> None:
    (found,) = descents.findings["descents"](bowl)
    assert (found.name, found.says) == ("descents", "Of 4 descents 0 stalled and 2 diverged.")
    assert not list(descents.findings["descents"](Results({}, bowl.record)))


def drawn(results: Results, problem: str) -> Figure | None:
    from bench.figures import Selection, figure_kinds
    from bench.figures import drawn as draw

    return draw(figure_kinds["descent"], Selection.of(results, (problem,), ()))


def test_the_figure_shows_the_final_loss_over_the_exact_one_by_step(bowl: Results) -> None:
    made = drawn(bowl, "bowl")
    assert made is not None
    (axes,) = made.axes
    written = {text.get_text() for text in axes.texts}
    assert {"gradient descent, n = 2", "central"} <= written
    rows = bowl["descent"].query("precision == 'float32' and rate == 0.1 and scheme == 'central'")
    last = rows[rows["iteration"] == rows["iteration"].max()].set_index("h")
    ratio = (last["loss"] / last["loss_exact_path"]).clip(upper=1e6)
    marks = [line for line in axes.lines if line.get_marker() in ("o", "X")]
    places = {tuple(map(float, at)) for line in marks for at in np.asarray(line.get_xydata())}
    assert {(float(h), float(y)) for h, y in ratio.items()} <= places


def test_a_run_without_descents_has_no_figure_of_them(bowl: Results) -> None:
    tables = {name: frame for name, frame in bowl.tables.items() if name != "descent"}
    assert drawn(Results(tables, bowl.record), "bowl") is None
    assert drawn(bowl, "mlp") is None


def test_a_descent_that_runs_away_is_crossed_at_the_edge_and_does_not_widen_the_panel() -> None:
    away = {"n": 2, "start": [-1.2, 1.0], "rates": {"gradient_descent": [0.01]}}
    results = run(
        study(
            ("float32",), problem="rosenbrock", schemes=["central", "grad"], iterations=20, **away
        )
    )
    assert results["descent"]["loss"].max() > 1e9
    made = drawn(results, "rosenbrock")
    assert made is not None
    (axes,) = made.axes
    crosses = [y for line in axes.lines if line.get_marker() == "X" for y in line.get_ydata()]
    assert crosses
    assert set(crosses) == {1e6}
    assert axes.get_ylim()[1] < 1e7
