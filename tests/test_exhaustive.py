"""Every float of a format: counted one by one elsewhere, certified block by block, told in words."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from bench.experiments.exhaustive import EVERY
from bench.experiments.exhaustive.cases import Item, check, floats, items
from bench.experiments.exhaustive.findings import again, lines, lost_bits
from bench.experiments.exhaustive.rows import bucket_of, rows
from bench.experiments.exhaustive.tables import BUCKETS, bucket_named, by_step
from bench.experiments.exhaustive.truth import of_blocks, of_each
from bench.formats import formats
from bench.problems import problems
from bench.problems.expression import problem_of
from bench.registry import InputError
from bench.running import run
from bench.study import Study, narrow
from bench.study.reading import load
from bench.tell import paper
from bench.values import Value

ONE = {"float16": 0x3C00, "bfloat16": 0x3F80, "float32": 0x3F800000}  # the bits of 1


def study(**changes: Value) -> Study:
    asked = {"problems": ["quadratic"], "schemes": ["central"]}
    settings = {
        "question": "Why?",
        "problems": ["quadratic"],
        "schemes": ["central"],
        "precisions": ["float16"],
        "points": 2,
        "experiments": {"exhaustive": [asked]},
    }
    return Study.model_validate(settings | changes)


def counted(*schemes: str, precision: str, backend: str = "numpy", many: int = 1024) -> list[dict]:  # type: ignore[type-arg]
    first = ONE[precision]
    item = Item("quadratic", schemes, precision, backend, "cpu", 1, first, first + many)
    ((table, found),) = rows(item, None, lambda step, what: None)
    assert table is EVERY
    return found.to_pylist()


@pytest.mark.parametrize("step", [-3, -5, -9])
def test_each_float_is_counted_as_it_would_be_by_itself(step: int) -> None:
    (row,) = [each for each in counted("central", precision="float16") if each["log2_step"] == step]
    kind, h = np.float16, np.float16(2.0**step)
    buckets: Counter[str] = Counter()
    none, worst = 0, (-1.0, 0.0)
    for pattern in range(ONE["float16"], ONE["float16"] + 1024):
        x = np.uint16(pattern).view(kind)
        low, high = (kind(3) * z**2 - kind(4) * z for z in (x - h, x + h))
        estimate = (high - low) / (kind(2) * h)
        truth = 6 * Fraction(float(x)) - 4
        error = abs(Fraction(float(estimate)) - truth)
        ulp = Fraction(2) ** (math.floor(math.log2(truth)) - 10)
        ulps = error / ulp
        place = 0 if ulps <= Fraction(1, 2) else math.ceil(math.log2(ulps)) + 1
        buckets[bucket_named(place)] += 1
        none += error >= truth / 10
        worst = max(worst, (float(ulps), float(x)), key=lambda each: each[0])
    assert {n: row[n] for n in map(bucket_named, range(BUCKETS)) if row[n]} == dict(buckets)
    assert (row["n_total"], row["n_ok"], row["n_no_digit"]) == (1024, 1024, none)
    assert (row["max_ulps"], row["worst_x"]) == worst


def test_a_table_without_problems_follows_those_that_narrow_the_study() -> None:
    chosen = narrow(load("exhaustive"), problems=["reciprocal"], schemes=["central"])
    assert {each.problem for each in items(chosen)} == {"reciprocal"}
    named = study(experiments={"exhaustive": [{"problems": ["quadratic"]}]})
    assert items(narrow(named, problems=["reciprocal"])) == []


def test_where_x_plus_h_is_x_no_digit_is_left() -> None:
    found = counted("forward", precision="float16")
    (row,) = [each for each in found if each["log2_step"] == -12]  # half an ulp of 1 is 2^-11
    assert (row["n_still"], row["n_no_digit"], row["n_ok"]) == (1024, 1024, 0)


def test_the_value_of_f_and_its_slope_by_autodiff_have_no_step() -> None:
    f, grad = counted("f", precision="float16"), counted("grad", precision="float16", backend="jax")
    assert [each["log2_step"] for each in (*f, *grad)] == [None, None]
    assert [(each["scheme"], each["side"], each["binade"]) for each in (*f, *grad)] == [
        ("f", "positive", 0),
        ("grad", "positive", 0),
    ]


def test_every_float_of_each_sign_is_there_once() -> None:
    for name in ("float16", "bfloat16"):
        precision = formats[name]
        finite = int(np.array([precision.largest]).astype(precision.dtype).view(np.uint16)[0]) + 1
        both = np.concatenate([floats(precision, sign, 0, finite) for sign in (-1, 1)])
        assert len(np.unique(both)) == len(both) == 2 * finite - 1
        assert np.abs(both).max() == precision.largest


def test_float32_is_taken_binade_by_binade_at_the_step_of_the_textbooks() -> None:
    asked = items(study(precisions=["float32"]))
    assert sum(each.last - each.first for each in asked) == 2 * 255 * 2**23
    row, *others = counted("central", precision="float32", many=4096)
    assert not others
    assert row["log2_step"] == -8  # u^(1/3) = 2^-8


def test_some_binades_of_float32_can_be_taken_alone() -> None:
    asked = {"problems": ["quadratic"], "schemes": ["f"], "binades": [-1, 2]}
    found = items(study(precisions=["float32"], experiments={"exhaustive": [asked]}))
    assert [(each.sign, each.last - each.first) for each in found] == [
        (sign, 2**23) for sign in (-1, 1) for _ in range(4)
    ]
    for each in found:
        x = np.abs(floats(formats["float32"], each.sign, each.first, each.first + 1))
        assert x[0] in (0.5, 1.0, 2.0, 4.0)
    with pytest.raises(ValidationError, match=r"binades are \[2, -1\]; allowed: the lower"):
        study(experiments={"exhaustive": [asked | {"binades": [2, -1]}]})


@pytest.mark.parametrize("name", ["exp_sin", "rational", "tanh", "square_root", "absolute"])
def test_blocks_of_floats_have_the_truth_of_each_within_their_bound(name: str) -> None:
    problem = problems[name]
    low, high = problem.interval
    start = int(np.float32(max(low + 0.6 * (high - low), 0.01)).view(np.uint32))
    x = np.arange(start, start + 4096, dtype=np.uint32).view(np.float32).astype(np.float64)
    some = np.random.default_rng(1).integers(0, len(x), 40)
    found, each = of_blocks(problem, x).at(some), of_each(problem, x[some])
    for one, other, off in (
        (found.value, each.value, found.value_off),
        (found.slope, each.slope, found.slope_off),
    ):
        assert (np.abs(one - other) <= off + np.spacing(np.abs(other))).all()
        assert (off <= 2.0**-44 * np.abs(other)).all()  # a millionth of an ulp of float32


@pytest.mark.parametrize(
    ("name", "near", "size", "slope"),
    [
        ("exp_sin", -728.0, 0, 0),  # e^-728 is less than float64 has normal numbers
        ("exp_sin", 705.0, math.inf, math.inf),
        ("tanh", 100.0, 1, 0),
        ("tanh", -(2.0**100), 1, 0),
        ("softplus", -200.0, 0, 0),
        ("softplus", 200.0, 200, 1),
    ],
)
def test_blocks_beyond_all_numbers_of_32_bits_are_told_from_zero_and_agree_with_each(
    name: str, near: float, size: float, slope: float
) -> None:
    start = int(np.float32(abs(near)).view(np.uint32)) - 4096
    both = np.arange(start, start + 8192, dtype=np.uint32).view(np.float32).astype(np.float64)
    found = of_blocks(problems[name], np.copysign(both, near))  # one of each is taken by itself
    for values, expected in ((found.value, size), (found.slope, slope)):
        assert (values != 0).all()
        sizes = np.abs(values)
        if expected in (0, math.inf):
            assert ((sizes < 2.0**-200) if expected == 0 else (sizes > 2.0**200)).all()
        else:
            assert sizes[4096] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("oscillatory", 512.0),  # sin 50x turns within a block
        ("oscillatory", 4096.0),  # and within two floats
        ("sqrt_at_zero", 2.0**-137),  # steps of which a power is no float64
        ("sqrt_at_zero", 2.0**-135),
        ("exp_sin", 0.75 * math.pi),  # a slope that passes 0
    ],
)
def test_blocks_in_which_no_polynomial_is_near_enough_are_halved(name: str, first: float) -> None:
    start = int(np.float32(first).view(np.uint32)) - 256
    x = np.arange(start, start + 512, dtype=np.uint32).view(np.float32).astype(np.float64)
    problem, ulp = problems[name], formats["float32"].ulp
    found, each = of_blocks(problem, x), of_each(problem, x)
    for one, other in ((found.value, each.value), (found.slope, each.slope)):
        usual = np.abs(other) >= 2.0**-126
        assert usual.any()
        assert (np.abs(one - other) <= 2.0**-12 * ulp(other))[usual].all()


def test_where_f_has_no_value_it_has_no_slope_and_its_neighbours_have() -> None:
    removable = problem_of("(1-cos(x))/x**2")
    found = of_each(removable, np.array([-1.0, 0.0, 1.0]))
    assert np.isnan(found.value).tolist() == np.isnan(found.slope).tolist() == [False, True, False]


def test_binades_of_subnormal_numbers_are_of_both_signs() -> None:
    asked = {"problems": ["quadratic"], "schemes": ["f"], "binades": [-136, -136]}
    found = items(study(precisions=["float32"], experiments={"exhaustive": [asked]}))
    assert [(each.sign, each.first, each.last) for each in found] == [
        (-1, 0, 2**23),
        (1, 0, 2**23),
    ]


def test_errors_are_counted_up_to_each_power_of_two() -> None:
    ulps = np.array([0.0, 0.5, 0.51, 1.0, 1.01, 2.0, 2.5, 4.0, 2.0**25, 1e300, -np.inf])
    assert bucket_of(ulps).tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 26, 26, 0]


def test_a_format_of_64_bits_is_refused_by_whatever_narrowing() -> None:
    said = "float64 has 2^64 numbers; allowed to an exhaustive study: float16, bfloat16, float32"
    for refuse, asked in (
        (check, study(precisions=["float64"])),
        (items, narrow(study(), precisions=["float64"])),
    ):
        with pytest.raises(InputError) as caught:
            refuse(asked)
        assert str(caught.value) == said


def test_noise_is_refused_and_not_left_out() -> None:
    with pytest.raises(InputError) as caught:
        items(narrow(study(), noise=[1e-3]))
    assert str(caught.value) == (
        "noise is added to functions that are sampled, in no exhaustive study"
    )


def test_a_function_is_asked_for_once() -> None:
    asked = {"problems": ["quadratic"], "schemes": ["f"]}
    with pytest.raises(InputError) as caught:
        check(study(experiments={"exhaustive": [asked, asked]}))
    assert str(caught.value) == "quadratic is in 2 tables [[exhaustive]]; allowed: one"


def test_the_study_tells_what_every_number_lost_and_how_to_see_the_worst(tmp_path: Path) -> None:
    asked = {"problems": ["quadratic"], "schemes": ["f", "central"]}
    chosen = study(experiments={"exhaustive": [asked]}, findings=["exhaustive"])
    results = run(chosen, out=tmp_path, figures=False)
    f, central = lines(results)
    assert (f.scheme, central.scheme) == ("f", "central")
    assert f.total == central.total == 63_487
    assert again(results, f) == (f"bench blame quadratic --precision float16 --at {f.worst_x!r}")
    assert again(results, central).startswith(
        f"bench run overview --problem quadratic --precision float16 --at {central.worst_x!r} "
        "--scheme central --backend numpy --steps "
    )
    table = results[EVERY.name]
    whole = table[table["scheme"] == "central"]
    sums = [
        name for name in whole if name.startswith("n_") and name not in ("n_total", "n_no_digit")
    ]
    assert (whole[sums].sum(axis=1) == whole["n_total"]).all()
    bits = lost_bits(whole, 11)
    assert bits.min() == 0
    assert bits.max() == 11


def test_the_study_of_bench_asks_for_all_of_float16() -> None:
    assert load("exhaustive").precisions == ("float16",)


def test_a_table_for_a_paper_has_the_binades_of_a_step_together(tmp_path: Path) -> None:
    chosen = study(
        precisions=["float16"],
        experiments={"exhaustive": [{"problems": ["quadratic"], "schemes": ["f", "central"]}]},
    )
    results = run(chosen, out=tmp_path, figures=False)
    rows, told = results[EVERY.name], by_step(results[EVERY.name])
    assert len(told) == 1 + rows["log2_step"].nunique()
    for _, each in told.iterrows():
        mine = rows[rows["scheme"] == each["scheme"]]
        if not pd.isna(each["log2_step"]):
            mine = mine[mine["log2_step"] == each["log2_step"]]
        assert each["n_total"] == mine["n_total"].sum() == 63_487
        assert each[bucket_named(3)] == mine[bucket_named(3)].sum()
        if mine["max_ulps"].notna().any():
            worst = mine.loc[mine["max_ulps"].idxmax()]
            assert (each["max_ulps"], each["worst_x"]) == (worst["max_ulps"], worst["worst_x"])
    printed = paper.table(EVERY.name, results).splitlines()
    assert len(printed) == len(told) + 4
    assert len(paper.table(EVERY.name, results, format="csv").splitlines()) == len(rows) + 1
