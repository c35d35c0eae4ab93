"""Elementary functions of libraries: the truth, what is counted, and what others found of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import mpmath
import numpy as np
import pytest

import bench
from bench.experiments import experiments
from bench.experiments.ulps import ULPS, functions, libraries
from bench.experiments.ulps.cases import Item
from bench.experiments.ulps.findings import findings, plain
from bench.experiments.ulps.judging import TIE, errors, judged
from bench.experiments.ulps.libraries import absent
from bench.experiments.ulps.points import points
from bench.experiments.ulps.rows import rows
from bench.experiments.ulps.truth import Truth, truth_at, truth_of
from bench.formats import formats
from bench.registry import Disagreement, InputError
from bench.study import Study
from bench.values import Array, Value

FORMATS = ("float16", "bfloat16", "float32", "float64")
HALF = ("float16", "bfloat16")

BY_MPMATH: dict[str, Callable[[Value], Value]] = {
    **{name: getattr(mpmath.mp, name) for name in ("exp", "log", "sin", "cos", "tan", "tanh")},
    "erf": mpmath.mp.erf,
    "gamma": mpmath.mp.gamma,
    "lgamma": lambda x: mpmath.re(mpmath.mp.loggamma(x)),
}


def table(item: Item) -> list[dict[str, Value]]:
    found: list[dict[str, Value]] = []
    for of, part in rows(item, None, lambda done, what: None):
        assert of is ULPS
        found += part.to_pylist()
    return found


def row(library: str, function: str, precision: str, count: int = 2**10) -> dict[str, Value]:
    (found,) = table(Item(function, precision, (library,), "cpu", count, 0))
    return found


# --- the truth --------------------------------------------------------------------------------


@pytest.mark.parametrize("precision", ["bfloat16", "float32", "float64"])
@pytest.mark.parametrize("name", functions)
def test_the_truth_is_that_of_mpmath(name: str, precision: str) -> None:
    truth = truth_of(name, precision, 80, 1)
    compared = 0
    for i in np.flatnonzero(truth.ordinary & np.isfinite(truth.x.astype(np.float64))):
        x = mpmath.mpf(float(truth.x[i]))
        with mpmath.mp.workprec(2400 if abs(x) > 1e10 else 400):
            value = BY_MPMATH[name](x)
            ulps = mpmath.ldexp(value, -int(truth.unit[i]))
            off = abs(ulps - mpmath.mpf(float(truth.high[i])) - mpmath.mpf(float(truth.low[i])))
            assert off <= 2.0**-30, float(x)
            rounded = float(value) if abs(value) > 1e-300 else 0.0
        if rounded and abs(rounded) != 2.0 ** round(math.log2(abs(rounded))):
            assert 2.0 ** int(truth.unit[i]) == formats[precision].ulp(rounded)
        compared += 1
    assert compared > 40


def test_a_truth_below_a_power_of_two_is_told_in_the_smaller_ulp() -> None:
    x = np.array([-(2.0**-60), 2.0**-60, -(2.0**-54)])
    truth = truth_at(functions["exp"], formats["float64"], x)
    assert list(truth.unit) == [-53, -52, -53]
    assert truth.high[0] == 2.0**53
    assert truth.low[0] == pytest.approx(-(2.0**-7))


def test_what_is_beyond_a_format_is_infinite_and_what_is_far_below_is_next_to_nothing() -> None:
    x = np.array([709.0, 710.0, -745.0, -746.0, 1e300, -1e300])
    truth = truth_at(functions["exp"], formats["float64"], x)
    assert list(truth.ordinary) == [True, False, True, True, False, True]
    assert list(truth.special[[1, 4]]) == [math.inf, math.inf]
    assert list(truth.unit[[2, 3, 5]]) == [-1074] * 3
    assert truth.high[3] == pytest.approx(math.exp(-746 + 1074 * math.log(2)))
    assert truth.high[5] == 0


def test_a_truth_that_cannot_be_enclosed_is_not_used() -> None:
    import flint

    vague = replace(functions["exp"], exact=lambda x: flint.arb(x, 1e-3))
    with pytest.raises(Disagreement) as raised:
        truth_at(vague, formats["float32"], np.array([0.5], np.float32))
    assert str(raised.value) == "exp at 0.5 is not known to 54 bits"


@pytest.mark.parametrize(("precision", "count"), [("float16", 63489), ("bfloat16", 65281)])
def test_all_numbers_of_a_small_format_are_asked_at(precision: str, count: int) -> None:
    x, exhaustive = points(functions["sin"], formats[precision], 2**16, 0)
    assert exhaustive
    assert len(np.unique(x.view(np.uint16))) == len(x) == count + 2  # both zeros; one NaN
    assert int(np.isnan(x).sum()) == 1


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("name", functions)
def test_a_sample_is_drawn_where_the_function_reaches_and_half_of_it_near_1(
    name: str, precision: str
) -> None:
    of = formats[precision]
    x, exhaustive = points(functions[name], of, 2**12, 0)
    assert not exhaustive
    assert len(x) == pytest.approx(2**12, abs=80)
    values = x.astype(np.float64)
    low, high = functions[name].reach(of)
    inside = np.isfinite(values) & (values >= low) & (values <= high)
    assert (~inside).sum() <= 14
    near = (np.abs(values) >= 2.0**-10) & (np.abs(values) <= 2.0**10)
    assert 0.45 < near.mean() < 0.8
    again, _ = points(functions[name], of, 2**12, 0)
    assert np.array_equal(x, again, equal_nan=True)
    assert not np.array_equal(x, points(functions[name], of, 2**12, 1)[0], equal_nan=True)


# --- what is counted --------------------------------------------------------------------------


def nearest(truth: Truth) -> Array:
    """The right answers: those that are rounded once."""
    whole = np.rint(truth.high + truth.low)
    exact = np.ldexp(whole, truth.unit)
    return np.where(truth.ordinary, exact, truth.special).astype(truth.precision.dtype)


@pytest.mark.parametrize("precision", ["bfloat16", "float32"])
@pytest.mark.parametrize("name", functions)
def test_right_answers_are_all_right(name: str, precision: str) -> None:
    truth = truth_of(name, precision, 2**10, 0)
    found = judged(truth, nearest(truth))
    assert found["max_ulps"] <= TIE
    assert (found["nearest"], found["over_one"]) == (1.0, 0.0)
    assert found["points"] == len(truth.x)
    wrong = ("wrong_nan", "wrong_inf", "wrong_zero", "flushed")
    assert [found[each] for each in wrong] == [0, 0, 0, 0]


def test_an_answer_that_is_three_numbers_off_is_found_where_it_is() -> None:
    truth = truth_of("exp", "float32", 2**10, 0)
    answer = nearest(truth)
    at = int(np.flatnonzero(truth.x == 0.5)[0])
    answer.view(np.int32)[at] += 3
    found = judged(truth, answer)
    assert 2.5 < found["max_ulps"] < 3.5
    assert (found["x"], found["x_hex"]) == (0.5, "0x1.0000000000000p-1")
    assert float.fromhex(found["answer_hex"]) == float(answer[at])
    assert found["over_one"] == 1 / found["compared"]
    error = errors(truth, answer.astype(np.float64))[at]
    exact = mpmath.mpf(float(answer[at])) - mpmath.exp(mpmath.mpf("0.5"))
    assert error == pytest.approx(float(exact * 2**23), abs=1e-9)


def test_what_is_plainly_wrong_is_counted_by_what_it_is() -> None:
    x = np.array([0.0, -0.0, np.inf, np.nan, 1e-40, -1e-45, 2.0, 3.0], np.float32)
    truth = truth_at(functions["sin"], formats["float32"], x)
    right = nearest(truth)
    assert judged(truth, right)["compared"] == 4
    wrong = right.copy()
    wrong[:] = [-0.0, 1.0, 0.0, 5.0, 0.0, 0.0, np.nan, np.inf]
    found = judged(truth, wrong)
    assert found["wrong_zero"] == 2
    assert found["wrong_nan"] == 3  # a number at inf and at NaN, NaN at 2
    assert found["wrong_inf"] == 1
    assert found["flushed"] == 2
    assert (found["compared"], "max_ulps" in found) == (0, False)


def test_zero_for_the_value_at_a_subnormal_number_is_flushed() -> None:
    x = np.array([formats["float32"].smallest_normal * (1 - 2.0**-10)], np.float32)
    truth = truth_at(functions["erf"], formats["float32"], x)
    assert float(nearest(truth)[0]) > formats["float32"].smallest_normal
    assert judged(truth, np.zeros(1, np.float32))["flushed"] == 1


# --- what others found ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "bits", "said"), [("exp", 0xC2781E37, 2.52), ("log", 0x3F486945, 3.83)]
)
def test_numpy_is_off_by_what_its_source_says_where_it_says(
    name: str, bits: int, said: float
) -> None:
    """numpy/_core/src/umath/loops_exponent_log.dispatch.c.src, over all float32 numbers."""
    used = np.lib.introspect.opt_func_info(f"^{name}$", "float32")[name]["ff"]["current"]
    if not any(each in used.upper() for each in ("X86_V3", "X86_V4", "AVX512", "FMA3")):
        pytest.skip("NumPy has another code for this processor")
    x = np.full(16, bits, np.uint32).view(np.float32)
    truth = truth_at(functions[name], formats["float32"], x)
    assert judged(truth, getattr(np, name)(x))["max_ulps"] == pytest.approx(said, abs=0.03)


PUBLISHED = {"bfloat16": ("tanh", 0.5), "float16": ("erf", 1.0)}


@pytest.mark.parametrize("precision", PUBLISHED)
def test_xla_is_as_good_in_small_formats_as_jax_documents(precision: str) -> None:
    """JAX, Numerical accuracy (2026): exhaustive, the largest error rounded up to a half."""
    name, said = PUBLISHED[precision]
    found = row("jax", name, precision, 2**16)
    assert found["sample"] == "exhaustive"
    assert math.ceil(2 * found["max_ulps"]) / 2 <= said
    assert found["max_ulps"] > 0.49


@pytest.mark.parametrize("name", libraries["numpy"].names)
def test_numpy_has_every_special_value_of_c23(name: str) -> None:
    for precision in FORMATS:
        found = row("numpy", name, precision)
        assert found["status"] == "ok"
        wrong = ("wrong_nan", "wrong_inf", "wrong_zero", "flushed")
        assert [found[each] for each in wrong] == [0, 0, 0, 0], precision
        assert found["max_ulps"] < 4
        assert 0 < found["mean_ulps"] < 0.5


@pytest.mark.parametrize("name", ["exp", "log", "sin", "cos", "tan"])
def test_float64_of_the_c_library_is_as_good_as_published(name: str) -> None:
    """Gladman, Innocente, Mather & Zimmermann: glibc is below 0.62 ulp in these, others below 1."""
    assert row("python", name, "float64")["max_ulps"] < 1


def test_torch_loses_erf_near_0_in_half_precision() -> None:
    """Abramowitz & Stegun 7.1.26 has an absolute error of 1.5e-7, not a relative one."""
    pytest.importorskip("torch")
    found = row("torch", "erf", "bfloat16", 2**16)
    assert found["max_ulps"] > 100
    assert abs(found["x"]) < 1e-5
    assert row("torch", "erf", "float32")["max_ulps"] < 1


# --- rows, settings, findings -----------------------------------------------------------------


def test_what_is_not_there_is_told_and_not_left_out() -> None:
    assert absent("torch_of_nobody") == (
        "torch_of_nobody is not installed here; `pip install bench[peers]` brings it"
    )
    why = {name: each.why_not("gamma", "bfloat16", "cpu") for name, each in libraries.items()}
    assert why["numpy"] == "numpy has no gamma"
    assert why["python"] == "python has no bfloat16"
    found = row("python", "exp", "float32")
    assert (found["status"], found["reason"]) == ("unsupported", "python has no float32")
    assert (found["points"], found["version"]) == (0, "")
    assert math.isnan(found["max_ulps"])


def test_a_device_that_is_not_there_is_told() -> None:
    found = table(Item("exp", "float32", ("jax", "numpy"), "gpu", 64, 0))
    assert [each["status"] for each in found] == ["unsupported", "unsupported"]
    assert found[0]["reason"] == "no device named 'gpu' here; jax sees: cpu"
    assert found[1]["reason"] == "numpy does not run on device 'gpu'"


def test_a_result_of_another_format_is_shown_and_not_judged() -> None:
    special = pytest.importorskip("scipy.special")
    given = special.erf(np.float16(0.5)).dtype  # which SciPy changed from float64 to float32
    found = row("scipy", "erf", "float16")
    assert given != np.float16
    assert found["status"] == "other_format"
    assert found["reason"] == f"scipy gives {given} for float16"


def asked(**settings: Value) -> Study:
    return Study.model_validate(
        {
            "question": "Why?",
            "problems": ["quadratic"],
            "schemes": ["central"],
            "precisions": ["float16", "float32"],
            "steps": "-2:0",
            "points": 2,
            "ulps": [{"points": 256} | settings],
            "findings": ["ulps"],
        }
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"libraries": ["nump"]}, "no library named 'nump' (did you mean 'numpy'?); known: "),
        (
            {"functions": ["sinn"]},
            "no elementary function named 'sinn' (did you mean 'sin'?); known: ",
        ),
    ],
)
def test_a_mistake_in_the_settings_is_told(settings: dict[str, Value], message: str) -> None:
    with pytest.raises(Exception, match="no ") as raised:
        asked(**settings)
    assert message in str(raised.value)


def test_two_tables_are_refused() -> None:
    study = asked()
    twice = study.model_copy(update={"experiments": {"ulps": study.settings("ulps") * 2}})
    with pytest.raises(InputError) as raised:
        experiments["ulps"].check(twice)
    assert str(raised.value) == "a study has 2 tables [[ulps]]; allowed: one"


def test_a_run_stores_its_rows_and_tells_the_worst(tmp_path: Path) -> None:
    study = asked(libraries=["numpy", "jax", "python"], functions=["gamma", "tanh"])
    found = bench.run(study, out=tmp_path)
    stored = bench.load(tmp_path / study.name)["ulps"]
    assert len(stored) == 2 * 2 * 3
    assert stored["status"].value_counts().to_dict() == {"ok": 6, "unsupported": 6}
    ok = stored[stored["status"] == "ok"]
    assert ok["version"].str.len().min() > 0
    tanh = ok[(ok["function"] == "tanh") & (ok["precision"] == "float32")].set_index("library")
    numpys, jaxs = (tanh.loc[name, "max_ulps"] for name in ("numpy", "jax"))
    ((finding),) = findings(found)
    within = int((ok[ok["precision"] == "float32"]["max_ulps"] <= 1).sum())
    assert finding.says == (
        f"In float32 tanh is off by up to {jaxs:.2f} ulp in jax, by {numpys:.2f} ulp in numpy; "
        f"{within} of 3 functions are within 1 ulp."
    )
    assert finding.sheet is not None
    assert [each.words for each in finding.sheet.headings] == [
        "function", "library", "float16", "float32",
    ]  # fmt: skip
    assert len(finding.sheet.rows) == 3


def test_a_run_of_other_problems_asks_no_library() -> None:
    study = asked(libraries=["numpy"], functions=["exp"])
    found = bench.run(study, problems=["rational"])
    assert "ulps" not in found.tables


@pytest.mark.parametrize(
    ("ulps", "told"), [(0.50003, "0.50"), (3.217, "3.22"), (598.0, "598"), (706249.3, "706,000")]
)
def test_ulps_are_told_with_the_digits_that_matter(ulps: float, told: str) -> None:
    assert plain(ulps) == told
