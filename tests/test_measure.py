from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from typing import Any, ClassVar

import mpmath
import numpy as np
import pytest

from bench import reference
from bench.arithmetic import Backend, FormatLeak, backends, balls, estimate, guarded
from bench.arithmetic.jax import settings as jax_settings
from bench.experiments.accuracy import measuring as measure
from bench.experiments.accuracy import parts, splitting
from bench.experiments.accuracy.cases import Block, block_of, items, points, step_range
from bench.experiments.accuracy.measuring import Rows
from bench.formats import Format, formats
from bench.problems import Domain, Problem, problem, problems
from bench.registry import Disagreement
from bench.schemes import Scheme, scheme, schemes
from bench.schemes.outcome import Outcome
from bench.study import Study

all_precisions = pytest.mark.parametrize("precision", formats.values(), ids=list(formats))
each_problem = pytest.mark.parametrize("each", problems.values(), ids=list(problems))
each_scheme = pytest.mark.parametrize("each", schemes.values(), ids=list(schemes))
each_backend = pytest.mark.parametrize("backend", backends.values(), ids=list(backends))
stepped = [each for each in schemes.values() if each.has_step]
each_stepped = pytest.mark.parametrize("each", stepped, ids=lambda each: each.name)

OF_EACH_KIND = ("forward", "central8", "richardson")  # one order, many points, several steps


def rows_of(**axes: Any) -> dict[tuple[str, str], Rows]:
    """The rows of a study by problem and scheme."""
    study = Study(question="a test", **axes)
    return {
        (block.problem.name, found.name): rows
        for block in map(block_of, items(study))
        for found, rows in measure.measure(block, measure.estimate(block))
    }


@all_precisions
def test_error_is_truncation_plus_rounding_row_by_row(precision: Format) -> None:
    names = [each.name for each in stepped]  # those without a step: below, one by one
    found = rows_of(problems=["smooth"], schemes=names, precisions=[precision.name], points=5)
    assert_parts_add_up(found, least=5_000)


def assert_parts_add_up(found: dict[tuple[str, str], Rows], least: int) -> None:
    checked = 0
    for rows in found.values():
        known = rows["status"] == "ok"
        rows = {name: column[known] for name, column in rows.items()}
        parts = rows["truncation_error"] + rows["rounding_error"]
        # the identity holds exactly before each part is rounded once to float64
        largest = np.maximum(np.abs(rows["truncation_error"]), np.abs(rows["rounding_error"]))
        assert np.all(np.abs(rows["error"] - parts) <= 4 * 2.0**-53 * largest)
        checked += int(known.sum())
    assert checked >= least


@each_problem
def test_the_error_of_a_problem_is_truncation_plus_rounding(each: Problem) -> None:
    for name in formats:
        found = rows_of(
            problems=[each.name],
            schemes=[*OF_EACH_KIND, "complex_step"],
            precisions=[name],
            points=3,
            steps=[2.0**-3, 0.01, 2.0**-9, 2.0**-18],
        )
        assert_parts_add_up(found, least=8 if formats[name].significand_bits >= 8 else 1)


@each_scheme
def test_the_error_of_a_scheme_is_truncation_plus_rounding(each: Scheme) -> None:
    for precision in formats.values():
        runs = not all(
            backend.why_not(each, precision, problems["exp_sin"]) for backend in backends.values()
        )
        if each.library:  # it does not say which formula it chose
            continue
        found = rows_of(
            problems=["exp_sin"], schemes=[each.name], precisions=[precision.name], points=8
        )
        assert_parts_add_up(found, least=8 if runs else 0)


def test_parts_agree_with_an_independent_computation_in_mpmath() -> None:
    rows = rows_of(problems=["sin_exp"], schemes=["central4"], precisions=["float32"], points=4)
    found = rows["sin_exp", "central4"]
    with mpmath.workprec(900):
        for i in np.flatnonzero(found["status"] == "ok")[::7]:
            x, h = mpmath.mpf(found["x"][i]), mpmath.mpf(found["h"][i])

            def f(t: Any) -> Any:
                return mpmath.sin(mpmath.exp(t + 1))

            ideal = (f(x - 2 * h) - 8 * f(x - h) + 8 * f(x + h) - f(x + 2 * h)) / (12 * h)
            truth = mpmath.exp(x + 1) * mpmath.cos(mpmath.exp(x + 1))
            estimate = mpmath.mpf(found["estimate"][i])
            assert found["truth"][i] == float(truth)
            assert found["error"][i] == float(estimate - truth)
            assert found["truncation_error"][i] == float(ideal - truth)
            assert found["rounding_error"][i] == float(estimate - ideal)


def test_estimates_of_a_libm_free_problem_are_those_of_rounded_rationals() -> None:
    """Forward difference of 3x^2 - 4x in float16, each operation rounded once."""
    half = formats["float16"]

    def rounded(value: Fraction) -> Fraction:
        return Fraction(float(np.float16(float(value)))) if value else Fraction(0)

    def f(x: Fraction) -> Fraction:
        square = rounded(x * x)
        return rounded(rounded(3 * square) - rounded(4 * x))

    rows = rows_of(problems=["quadratic"], schemes=["forward"], precisions=["float16"])
    found = rows["quadratic", "forward"]
    ok = np.flatnonzero(found["status"] == "ok")
    assert len(ok) > 200
    for i in ok:
        x, h = Fraction(found["x"][i]), Fraction(found["h"][i])
        numerator = rounded(f(rounded(x + h)) - f(x))
        assert found["estimate"][i] == float(rounded(numerator / h))
        assert found["error"][i] == float(rounded(numerator / h) - (6 * x - 4))
        assert found["truncation_error"][i] == float(3 * h)
    assert half.unit_roundoff == 2.0**-11


def inside(each: Problem) -> list[float]:
    """Two points of a problem's interval, exact in every format that has 5 bits of them."""
    low, high = each.interval
    return [low + (high - low) * part / 32 for part in (11, 20)]


def assert_the_same_at_twice_the_bits(each: Problem, chosen: list[Scheme]) -> None:
    x, h = inside(each), [2.0**-8, 2.0**-20, 2.0**-37]
    assert not set(x) & set(each.kinks)
    bits = reference.working_bits(chosen, h)
    truths = [reference.truth_at(each, x, b).values for b in (bits, 2 * bits)]
    assert np.array_equal(*truths)
    assert np.isfinite(truths[0]).all()
    ideals = [reference.ideals_at(each, chosen, x, h, b) for b in (bits, 2 * bits)]
    for name in ideals[0]:
        lower, higher = (found[name].astype(np.float64) for found in ideals)
        assert np.array_equal(lower, higher), name
        assert np.isfinite(lower).all(), name


@each_problem
def test_truth_and_ideals_of_a_problem_do_not_change_at_twice_the_bits(each: Problem) -> None:
    complex_too = [] if "not_analytic" in each.tags else [schemes["complex_step"]]
    assert_the_same_at_twice_the_bits(each, [*map(schemes.__getitem__, OF_EACH_KIND), *complex_too])


@each_stepped
def test_ideals_of_a_scheme_do_not_change_at_twice_the_bits(each: Scheme) -> None:
    for name in ("exp_sin", "rational", "log_near_zero"):
        assert_the_same_at_twice_the_bits(problems[name], [each])


def test_autodiff_has_no_truncation_error_at_smooth_points() -> None:
    found = rows_of(problems=["exp_sin"], schemes=["grad"], precisions=["float32"], points=9)
    rows = found["exp_sin", "grad"]
    assert np.all(rows["truncation_error"] == 0)
    assert np.array_equal(rows["error"], rows["rounding_error"])
    assert np.isnan(rows["h"]).all()
    assert np.isnan(rows["log2_step"]).all()


@all_precisions
def test_the_error_in_ulps_is_the_error_over_the_spacing_at_the_truth(precision: Format) -> None:
    found = rows_of(
        problems=["rational"], schemes=["central"], precisions=[precision.name], points=5
    )
    rows = found["rational", "central"]
    assert np.array_equal(rows["error_ulps"] * precision.ulp(rows["truth"]), rows["error"])


def test_parts_that_lie_between_two_floats_are_rounded_to_even() -> None:
    """Exact ties: the ideal of a polynomial is a dyadic number, and a division moves its ball."""
    x = 0.26744399617452586
    rows = rows_of(
        problems=["logistic_closed"],
        schemes=["central6"],
        precisions=["float64"],
        points=[x],
        steps="-12:-2",
    )["logistic_closed", "central6"]

    def f(t: Fraction) -> Fraction:
        return 64 * t * (1 - t) * (1 - 2 * t) ** 2 * (1 - 8 * t + 8 * t * t) ** 2

    at = Fraction(x)
    assert float(slope_of_logistic(at)) == rows["truth"][0]
    for i, step in enumerate(rows["h"]):
        h = Fraction(step)
        sides = [f(at + k * h) - f(at - k * h) for k in (1, 2, 3)]
        ideal = (45 * sides[0] - 9 * sides[1] + sides[2]) / (60 * h)
        assert rows["rounding_error"][i] == float(Fraction(rows["estimate"][i]) - ideal)
        assert rows["truncation_error"][i] == float(ideal - slope_of_logistic(at))


def slope_of_logistic(t: Fraction) -> Fraction:
    """The derivative of logistic_closed: the chain rule on three steps of 4t(1-t)."""
    slope = Fraction(1)
    for _ in range(3):
        slope *= 4 - 8 * t
        t = 4 * t * (1 - t)
    return slope


# --- statuses ---------------------------------------------------------------------------------


def statuses(name: str, scheme_name: str, precision: str, **axes: Any) -> list[str]:
    found = rows_of(problems=[name], schemes=[scheme_name], precisions=[precision], **axes)
    return list(found[name, scheme_name]["status"])


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (("quadratic", "forward", "float32", [1.0], [0.5]), "ok"),
        (("quadratic", "forward", "float32", [1.0], [2.0**-25]), "x_plus_h_equals_x"),
        (("quadratic", "ridders", "float32", [1.0], [2.0**-20]), "x_plus_h_equals_x"),
        (("quadratic", "complex_step", "float32", [1.0], [2.0**-40]), "ok"),
        (("quadratic", "forward", "float16", [1.0], [1e-9]), "h_underflow"),
        (("quadratic", "richardson", "float16", [1.0], [2.0**-24]), "h_underflow"),
        (("quadratic", "forward", "float16", [180.0], [2.0**-3]), "overflow"),
        (("log_near_zero", "backward", "float64", [0.25], [0.5]), "domain"),
        (("square_root", "central4", "float64", [1.0], [0.5]), "domain"),
        (("absolute", "central", "float64", [0.25], [0.5]), "kink"),
        (("absolute", "forward", "float64", [0.25], [0.5]), "ok"),
        (("absolute", "forward", "float64", [0.0], [0.5]), "kink"),
        (("quadratic", "forward", "float64", [2 / 3], [0.5]), "ok"),
        (("quadratic", "complex_step", "float16", [1.0], [0.5]), "unsupported"),
        (("quadratic", "complex_step", "bfloat16", [1.0], [0.5]), "unsupported"),
    ],
    ids=lambda value: "-".join(map(str, value[:3])) if isinstance(value, tuple) else value,
)
def test_each_cause_of_failure_has_its_status(case: Any, expected: str) -> None:
    name, scheme_name, precision, points, steps = case
    assert statuses(name, scheme_name, precision, points=points, steps=steps) == [expected]


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_a_complex_step_whose_product_underflows_is_told(backend: str) -> None:
    """XLA flushes subnormals: without the status an estimate of nonsense would be ok."""
    study = Study(
        question="?", problems=["exp_sin"], schemes=["complex_step"], precisions=["float32"],
        backends=[backend], points=4, steps="-149:-110",
    )  # fmt: skip
    (block,) = map(block_of, items(study))
    ((_, rows),) = measure.measure(block, measure.estimate(block))
    ok = rows["status"] == "ok"
    assert ok.any()
    assert np.all(np.abs(rows["error_ulps"][ok]) < 64)
    assert set(rows["status"][rows["h"] < 2.0**-126]) == {"h_underflow"}


def test_a_complex_step_through_a_function_that_is_not_analytic_is_unsupported() -> None:
    assert set(statuses("absolute", "complex_step", "float64", points=4)) == {"unsupported"}


def test_a_derivative_of_zero_has_no_relative_error() -> None:
    found = rows_of(
        problems=["oscillatory"], schemes=["forward"], precisions=["float64"], points=[1.0]
    )
    assert "truth_zero" not in found["oscillatory", "forward"]["status"]

    @problem("x²", interval=(1.0, 2.0), difficulty="none", source="a test")
    def square(x: Any, xp: Any) -> Any:
        """A square."""
        return x * x

    try:
        found = rows_of(
            problems=["square"],
            schemes=["forward"],
            precisions=["float64"],
            points=[0.0],
            steps=[0.5],
        )
    finally:
        problems.discard("square")
    rows = found["square", "forward"]
    assert list(rows["status"]) == ["truth_zero"]
    assert list(rows["error"]) == [0.5]
    assert np.isnan(rows["error_ulps"]).all()


def test_at_a_kink_there_is_no_truth_and_the_estimate_is_kept() -> None:
    found = rows_of(
        problems=["absolute"], schemes=["forward", "grad"], precisions=["float32"], points=[0.0]
    )
    for rows in found.values():
        assert set(rows["status"]) == {"kink"}
        assert np.isnan(rows["truth"]).all()
        assert np.isnan(rows["error"]).all()
        assert np.all(rows["estimate"] == 1)


def test_autodiff_through_an_untaken_branch_is_nan_in_reverse_mode() -> None:
    found = rows_of(
        problems=["where_untaken"], schemes=["grad"], precisions=["float32"], points=[0.0]
    )
    rows = found["where_untaken", "grad"]
    assert list(rows["status"]) == ["nan"]
    assert list(rows["truth"]) == [1.0]


def test_an_unsupported_case_keeps_its_rows_with_the_truth_and_no_estimate() -> None:
    found = rows_of(problems=["exp_sin"], schemes=["complex_step"], precisions=["float16"])
    rows = found["exp_sin", "complex_step"]
    assert set(rows["status"]) == {"unsupported"}
    assert np.isnan(rows["estimate"]).all()
    assert np.isfinite(rows["truth"]).all()


def test_autodiff_on_numpy_is_unsupported() -> None:
    found = rows_of(
        problems=["exp_sin"],
        schemes=["grad"],
        precisions=["float32"],
        autodiff_backends=["numpy"],
        points=3,
    )
    assert set(found["exp_sin", "grad"]["status"]) == {"unsupported"}


# --- traps, each with a test that fails without its control ------------------------------------


def leaky(x: Any, xp: Any) -> Any:
    """A problem whose decimal literal turns bfloat16 into float32."""
    return 0.1 * x


def test_a_value_that_leaves_the_format_stops_the_run() -> None:
    bad = replace(problems["quadratic"], name="leaky", formula=leaky)
    bfloat16 = formats["bfloat16"]
    with pytest.raises(FormatLeak) as caught:
        guarded(bad, bfloat16, np)(bfloat16.round([1.0]))
    assert str(caught.value) == "leaky: f(x) is float32, expected bfloat16"


def test_a_step_that_leaves_the_format_stops_the_run() -> None:
    f = guarded(problems["quadratic"], formats["float16"], np)
    with pytest.raises(FormatLeak) as caught:
        f(np.float16([1.0]) + np.float64([0.1]))
    assert str(caught.value) == "quadratic: x is float64, expected float16"


class Watched(np.ndarray[Any, Any]):
    """An array that notes the dtype of every result it has a part in."""

    seen: ClassVar[set[np.dtype[Any]]] = set()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        plain = [np.asarray(each) if isinstance(each, Watched) else each for each in inputs]
        result = np.asarray(getattr(ufunc, method)(*plain, **options))
        Watched.seen.add(result.dtype)
        return result.view(Watched)

    def astype(self, dtype: Any, *more: Any, **options: Any) -> Any:
        Watched.seen.add(np.dtype(dtype))
        return super().astype(dtype, *more, **options)


def formats_on_the_way(formula: Any, *arrays: Any) -> set[np.dtype[Any]]:
    """The dtypes of all numbers that a formula of arrays computes in NumPy, truth values aside."""
    Watched.seen.clear()
    with np.errstate(all="ignore"):
        result = formula(*(array.view(Watched) for array in arrays))
    return {kind for kind in Watched.seen | {result.dtype} if kind.kind not in "bi"}


SUMS: tuple[str, ...] = ()


def formats_in_a_program(program: Any) -> set[np.dtype[Any]]:
    """The dtypes of all numbers in a traced program of JAX, inner programs included.

    The inside of sums is left out: `jax.numpy.sum` adds half formats up in float32, rounds once.
    """
    sums = [each for each in program.eqns if each.primitive.name in SUMS]
    summed = {id(each) for equation in sums for each in equation.invars}
    found = set()
    for equation in program.eqns:
        if equation.primitive.name not in SUMS:
            found |= {np.dtype(v.aval.dtype) for v in equation.outvars if id(v) not in summed}
        for part in equation.params.values():
            for inner in part if isinstance(part, tuple | list) else [part]:
                inner = getattr(inner, "jaxpr", inner)
                if hasattr(inner, "eqns"):
                    found |= formats_in_a_program(inner)
    return {kind for kind in found if kind.kind not in "biu"}


def traced(formula: Any, needs: str, *arrays: Any) -> set[np.dtype[Any]]:
    """The dtypes of all numbers that a formula of arrays computes in JAX."""
    import jax

    with jax_settings(needs, "cpu"):
        return formats_in_a_program(jax.make_jaxpr(formula)(*arrays).jaxpr)


def allowed_for(each: Scheme, precision: Format) -> set[np.dtype[Any]]:
    parts = {precision.complex_dtype} if each.needs == "complex" else set()
    return {precision.dtype, *(kind for kind in parts if kind is not None)}


@each_scheme
@all_precisions
def test_no_number_on_the_way_through_a_scheme_leaves_the_format(
    each: Scheme, precision: Format
) -> None:
    if each.needs == "complex" and precision.complex_dtype is None:
        assert all(
            backend.why_not(each, precision, problems["exp_sin"]) for backend in backends.values()
        )
        return
    if each.procedure is not None:  # its sums are in float64: f alone is in the format
        return
    f = problems["exp_sin"]
    x, h = precision.round([0.75, 1.25, 1.5]), precision.round([0.5, 0.25, 0.125])
    if each.needs != "jax":
        seen = formats_on_the_way(lambda x, h: each(lambda t: f(t, np), x, h), x, h)
        assert seen == allowed_for(each, precision)
    import jax

    seen = traced(lambda x, h: each(lambda t: f(t, jax.numpy), x, h), each.needs, x, h)
    assert seen == allowed_for(each, precision)


@each_problem
@all_precisions
def test_no_number_on_the_way_through_a_problem_leaves_the_format(
    each: Problem, precision: Format
) -> None:
    import jax

    x = precision.round(points(each, precision, 5, seed=0))
    assert formats_on_the_way(lambda x: each(x, np), x) == {precision.dtype}
    assert traced(lambda x: each(x, jax.numpy), "real", x) == {precision.dtype}


@each_scheme
@each_backend
def test_every_scheme_returns_the_format_on_every_backend(each: Scheme, backend: Backend) -> None:
    runs = [p for p in formats.values() if not backend.why_not(each, p, problems["exp_sin"])]
    if backend.name in ("jax-eager", "jax-strict"):  # compiled for each: one format, in turn
        turn = list(schemes).index(each.name)
        runs = runs and [runs[turn % len(runs)]]
    for precision in runs:
        x, h = precision.round([0.75, 1.25, 1.5]), precision.round([0.5, 0.125])
        found = estimate(backend, problems["exp_sin"], [each], precision, x, h, "cpu")
        assert list(found) == [each.name]
        given = found[each.name]
        values = given.derivative[:, None] if isinstance(given, Outcome) else given
        if each.library and given.left:  # it says so
            continue
        assert values.dtype == precision.dtype
        assert values.shape == ((3, 2) if each.has_step else (3, 1))


@each_backend
@all_precisions
def test_every_backend_is_exact_where_no_number_needs_rounding(
    backend: Backend, precision: Format
) -> None:
    """A central difference of 3x^2 - 4x, with numbers of 8 bits at most."""
    if precision.significand_bits < 8:
        return
    x, h = precision.round([0.75, 1.0, 1.25, 1.5]), precision.round([0.5, 0.25])
    run = estimate(backend, problems["quadratic"], [schemes["central"]], precision, x, h, "cpu")
    expected = np.tile(6 * x.astype(np.float64) - 4, (2, 1)).T
    assert np.array_equal(run["central"].astype(np.float64), expected)


def test_jax_divides_by_a_step_that_is_no_power_of_two_as_numpy_does() -> None:
    """h goes in as a full array: with a scalar XLA multiplies by 1/h, another number."""
    single = formats["float32"]
    x = np.linspace(1, 2, 200, dtype=np.float32)
    h = np.float32([0.1, 0.01, 0.003])
    chosen = [schemes["forward"]]
    f = problems["reciprocal"]  # 1/x has no product that a fused multiply-add could contract
    eager = estimate(backends["jax-eager"], f, chosen, single, x, h, "cpu")["forward"]
    plain = estimate(backends["numpy"], f, chosen, single, x, h, "cpu")["forward"]
    assert np.array_equal(eager, plain)


def test_jax_settings_do_not_outlive_a_run() -> None:
    import jax

    before = jax.config.jax_enable_x64, jax.config.jax_numpy_dtype_promotion
    double = formats["float64"]
    x = np.array([1.0])
    found = estimate(backends["jax"], problems["exp_sin"], [schemes["grad"]], double, x, x, "cpu")
    assert found["grad"].dtype == np.float64
    assert (jax.config.jax_enable_x64, jax.config.jax_numpy_dtype_promotion) == before


def test_errors_are_not_differences_of_rounded_numbers() -> None:
    """Against a truth rounded to float64 half of these errors would be exactly 0."""
    found = rows_of(
        problems=["exp_sin"], schemes=["complex_step"], precisions=["float64"], points=64
    )
    rows = found["exp_sin", "complex_step"]
    small = rows["h"] < 2.0**-30
    assert np.mean(rows["error"][small] == 0) == 0
    assert np.mean(rows["estimate"][small] == rows["truth"][small]) > 0.2


def test_errors_of_autodiff_are_against_the_exact_derivative() -> None:
    """Against a truth rounded to float64 most errors of float64 would be another number, or 0."""
    rows = rows_of(problems=["tanh"], schemes=["grad", "jvp"], precisions=["float64"], points=24)
    for name in ("grad", "jvp"):
        found = rows["tanh", name]
        with mpmath.workprec(400):
            for x, estimate, error, rounding in zip(
                *(found[each] for each in ("x", "estimate", "error", "rounding_error")), strict=True
            ):
                exact = mpmath.mpf(estimate) - mpmath.sech(mpmath.mpf(x)) ** 2
                assert error == rounding == float(exact)
        assert np.all(found["error"] != 0)


def test_each_shared_point_is_evaluated_once() -> None:
    seen: list[Any] = []
    double = formats["float64"]

    def spied(x: Any, xp: Any) -> Any:
        seen.append(np.broadcast_to(x, x.shape).copy())
        return x * x

    chosen = [s for s in schemes.values() if s.needs == "real" and s.has_step]
    x, h = np.array([1.0]), np.ldexp(1.0, np.arange(0, -20, -1))
    spy = replace(problems["quadratic"], name="spy", formula=spied)
    estimate(backends["numpy"], spy, chosen, double, x, h, "cpu")
    evaluated = np.concatenate([points.reshape(-1) for points in seen])
    wanted = {1.0 + float(k) * step for each in chosen for k in each.offsets for step in h}
    assert sorted(evaluated.tolist()) == sorted(wanted)


def test_schemes_on_a_shared_lattice_give_what_they_give_alone() -> None:
    single = formats["float32"]
    x, h = np.float32([0.75, 1.375]), np.float32([0.5, 0.1, 2.0**-9, 0.003])
    chosen = [s for s in schemes.values() if s.has_step]
    together = estimate(backends["numpy"], problems["exp_sin"], chosen, single, x, h, "cpu")
    for each in chosen:
        alone = each(lambda t: np.exp(t) * np.sin(t), x[:, None], h[None, :])
        assert np.array_equal(together[each.name], alone), each.name


# --- the reference checks itself ---------------------------------------------------------------


def one_block(f: Problem, scheme_name: str) -> Block:
    study = Study(question="a test", schemes=[scheme_name], precisions=["float32"], points=6)
    block = block_of(items(study)[0])
    return replace(block, problem=f)


def test_an_ideal_that_disagrees_with_mpmath_names_the_case(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = balls.estimate_by_mpmath

    def wrong(*case: Any) -> Any:
        return right(*case) * (1 + mpmath.mpf(2) ** -40)

    monkeypatch.setattr(balls, "estimate_by_mpmath", wrong)
    block = one_block(problems["exp_sin"], "central")
    with pytest.raises(
        Disagreement,
        match=r"^two exact computations differ at problem exp_sin, scheme central, x = .*, h = ",
    ):
        list(measure.measure(block, measure.estimate(block)))


def test_a_truth_from_another_function_names_the_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(balls.multiprecision, "sin", mpmath.mp.cos)
    with pytest.raises(Disagreement, match=r"differ at problem exp_sin, x = 0.75: mpmath"):
        reference.truth_at(problems["exp_sin"], [0.75], 300)


def test_a_ball_that_is_not_tight_is_evaluated_again_with_more_bits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With 60 bits to begin with nothing is known of the truncation error; it is found anyway."""
    block = one_block(problems["exp_sin"], "central")
    estimates = measure.estimate(block)
    ((_, expected),) = measure.measure(block, estimates)
    asked: list[int] = []
    ideals_at = parts.ideals_at

    def spy(*case: Any) -> Any:
        asked.append(case[-1])
        return ideals_at(*case)

    def nothing(block: Any, chosen: Any, found: Any) -> Any:
        return parts.Parts(*np.zeros((3, *found.shape))), np.zeros(found.shape, bool)

    monkeypatch.setattr(splitting, "certified", nothing)
    monkeypatch.setattr(parts, "ideals_at", spy)
    monkeypatch.setattr(parts, "working_bits", lambda chosen, h: 150)
    ((_, found),) = measure.measure(block, estimates)
    assert max(asked) > 150
    assert np.array_equal(found["truncation_error"], expected["truncation_error"])
    assert np.array_equal(found["rounding_error"], expected["rounding_error"])


def test_a_scheme_that_is_added_is_measured_like_the_others() -> None:
    @scheme(order=1, source="a test")
    def lopsided(f: Any, x: Any, h: Any) -> Any:
        """A forward difference over three steps."""
        return (f(x + 3 * h) - f(x)) / (3 * h)

    try:
        found = rows_of(problems=["exp_sin"], schemes=["lopsided"], precisions=["float64"])
    finally:
        schemes.discard("lopsided")
    rows = found["exp_sin", "lopsided"]
    ok = rows["status"] == "ok"
    assert ok.any()
    assert np.isfinite(rows["error"][ok]).all()


@all_precisions
def test_steps_go_from_the_scale_down_to_where_x_no_longer_moves(precision: Format) -> None:
    low, high = step_range(precision, [-2.0, 2.0], problems["quadratic"])
    assert high == 4
    smallest = precision.round(math.ldexp(1.0, low))
    assert smallest > 0
    assert precision.round([0.5]) + smallest == precision.round([0.5]) or low == (
        precision.lowest_exponent
    )


@pytest.mark.parametrize(
    ("name", "ends", "expected"),
    [
        ("quadratic", [-2.0, 2.0], (-39, 4)),  # 24 bits and 16 octaves below |x|, 3 beyond it
        ("quadratic", [-3.0, 1.0], (-38, 5)),  # |x| is between 2 and 4
        ("quadratic", [0.0], (-40, 3)),
        ("log_near_zero", [0.25, 8.0], (-37, 3)),  # x - 8 leaves the domain: no octave beyond
        ("log_near_zero", [1.0, 5.0], (-37, 3)),
    ],
)
def test_automatic_steps_reach_three_octaves_beyond_x_where_some_point_allows_it(
    name: str, ends: list[float], expected: tuple[int, int]
) -> None:
    assert step_range(formats["float32"], ends, problems[name]) == expected


def test_a_step_beyond_x_is_taken_where_one_of_the_points_stays_within_the_domain() -> None:
    inside = replace(problems["quadratic"], domain=Domain(-10.0, 10.0))
    assert step_range(formats["float32"], [-2.5], inside) == (-38, 2)  # -2.5 - 8 is outside
    assert step_range(formats["float32"], [-2.5, 0.0], inside) == (-38, 3)  # 0 - 8 is not


def test_two_threads_never_work_with_each_others_bits() -> None:
    def digits_of_a_third(bits: int) -> set[int]:
        found = set()
        for _ in range(300):
            with balls.bits(bits):
                thirds = [balls.ball(Fraction(1, 3)) for _ in range(20)]
                found |= {int(each.rel_accuracy_bits()) for each in thirds}
        return found

    with ThreadPoolExecutor(2) as pool:
        few, many = pool.map(digits_of_a_third, (100, 1000))
    assert (len(few), len(many)) == (1, 1)  # a bit or two are lost to the division
    assert few.pop() in range(95, 101)
    assert many.pop() in range(995, 1001)


@pytest.mark.parametrize("interval", [(-3.0, 3.0), (-3.0, -1.0), (0.0, 1.0), (-1.0, 0.0)])
@all_precisions
def test_points_of_any_interval_are_within_it(
    interval: tuple[float, float], precision: Format
) -> None:
    low, high = interval
    each = replace(problems["polynomial"], interval=interval, kinks=(), always=())
    found = points(each, precision, 64, 0)
    assert len(found) > min(30, 2 ** (precision.significand_bits - 1))
    assert low <= found.min() < low + (high - low) / 4
    assert high - (high - low) / 4 < found.max() <= high
