"""Claims hold or are refuted by measured numbers, never by their wording."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

import bench
from bench.claims import judge, measures
from bench.cli import app
from bench.cli.exits import REFUTED
from bench.formats import formats
from bench.registry import InputError
from bench.results import Results
from bench.study import Claim, Study
from bench.study.claims import claim_axes
from bench.study.reading import describe, load
from bench.tell.findings import findings_of

FALSE = """
question = "Is the derivative of 3x^2 - 4x at 1 equal to 3?"
problems = ["quadratic"]
schemes = ["central", "grad"]
precisions = ["float64"]
points = [1.0]
steps = [0.5]

[[claims]]
says = "It is 3."
measure = "deviation"
column = "truth"
where = { scheme = "grad" }
expected = [3.0]
at_most = 0
source = "nobody"

[[claims]]
says = "It is 2."
measure = "deviation"
column = "truth"
where = { scheme = "grad" }
expected = [2.0]
at_most = 0

[[claims]]
says = "In float16 it is 2 as well."
measure = "deviation"
column = "truth"
where = { scheme = "grad", precision = "float16" }
expected = [2.0]
at_most = 0
"""


def test_a_refuted_claim_is_shown_stored_and_has_an_exit_code_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "three.toml").write_text(FALSE, encoding="utf-8")
    words = ["run", str(tmp_path / "three.toml"), "--no-figures", "--out", str(tmp_path)]
    found = CliRunner().invoke(app, words)
    assert found.exit_code == REFUTED == 4
    lines = found.stdout.splitlines()
    assert (
        "refuted: It is 3. Measured 1, claimed at most 0 (median deviation truth, 1 row; nobody)."
    ) in lines
    assert (
        "Of the study's claims, 1 of 3 holds, 1 of 3 is refuted, 1 of 3 is not measured."
    ) in lines
    stored = bench.load(tmp_path / "three").record.verdicts
    assert [each.outcome for each in stored] == ["refuted", "held", "not measured"]
    assert [each.measured for each in stored] == [1.0, 0.0, None]
    assert stored[0].source == "nobody"


@pytest.mark.parametrize(
    ("name", "narrowed"),
    [("timing", {}), ("gradient_cost", {"problems": "exp_sin"}), ("descent", {"schemes": "jvp"})],
)
def test_claims_about_a_table_that_a_run_lacks_are_not_measured(
    name: str, narrowed: dict[str, Any]
) -> None:
    found = bench.run(name, points=2, **narrowed)
    assert not {"timing", "gradients", "descent"} & set(found.tables)
    assert [each.outcome for each in found.record.verdicts] == ["not measured"] * len(
        load(name).claims
    )


def test_a_step_is_told_by_its_exponent_too_and_one_that_is_not_there_is_said() -> None:
    base = {"says": "It is 2.", "measure": "value", "column": "truth", "at_most": 2, "source": "I"}
    claims = [
        base | {"table": "accuracy", "where": {"scheme": "central", "log2_step": -1}},
        base | {"table": "accuracy", "where": {"log2_step": [-1.0, -7]}},
        base | {"table": "accuracy", "where": {"log2_step": -7}},
        base | {"where": {"precision": "float16"}},
        base | {"table": "gradients", "column": "error"},
    ]
    study = Study.model_validate(
        {
            "question": "Is the derivative 2?",
            "problems": ["quadratic"],
            "schemes": ["central", "grad"],
            "precisions": ["float64"],
            "points": [1.0],
            "steps": [0.5],
            "timing": False,
            "claims": claims,
        }
    )
    results = bench.run(study)
    found = results.record.verdicts
    assert [each.outcome for each in found] == ["held"] * 2 + ["not measured"] * 3
    whys = [
        "no row of accuracy that is ok has log2_step = -7",
        "no row of accuracy that is ok has precision = float16",
        "there is no table gradients",
    ]
    assert [each.why for each in found] == ["", "", *whys]
    told = [each.says for each in findings_of(results) if each.name == "not measured"]
    assert told == [f"not measured, as {why}: It is 2." for why in whys]


def test_a_narrowed_study_is_told_to_be_one_where_claims_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "three.toml"
    path.write_text(FALSE, encoding="utf-8")
    said = "The claims are made for the study three as it stands; this run narrows or changes it."
    words = ["run", str(path), "--no-figures", "--out", str(tmp_path)]
    assert said not in CliRunner().invoke(app, words).stdout
    assert said in CliRunner().invoke(app, [*words, "--scheme", "grad"]).stdout
    assert bench.load(tmp_path / "three").record.part_of is None
    assert bench.load(tmp_path / "three-grad").record.part_of == "three"


def claim(**keys: Any) -> Claim:
    return Claim(**({"says": "So it is.", "at_most": 1.0} | keys))


@pytest.fixture(scope="module")
def tables() -> Results:
    return bench.run(
        "overview",
        problems=["exp_sin", "quadratic"],
        schemes=["central", "central4", "complex_step", "grad"],
        precisions=["float32", "float64"],
        points=8,
    )


def measured(tables: Results, **keys: Any) -> tuple[float | None, int]:
    verdict = judge([claim(**keys)], tables)[0]
    return verdict.measured, verdict.count


def test_a_value_is_the_statistic_of_the_ok_rows(tables: Results) -> None:
    rows = tables.accuracy
    mine = rows[(rows["scheme"] == "grad") & (rows["precision"] == "float32")]
    expected = mine.loc[mine["status"] == "ok", "error_ulps"].abs()
    where = {"scheme": "grad", "precision": "float32"}
    for statistic, value in (("median", expected.median()), ("max", expected.max())):
        found = measured(
            tables, measure="value", column="absolute_ulps", where=where, statistic=statistic
        )
        assert found == (value, len(expected))


def test_a_ratio_pairs_curves_of_the_same_problem_and_format(tables: Results) -> None:
    best = tables.best.set_index(["scheme", "problem", "precision"])["best_error"]
    ratios = [
        best["central", "exp_sin", precision] / best["grad", "exp_sin", precision]
        for precision in ("float32", "float64")
    ]
    found = measured(
        tables,
        measure="ratio",
        column="best_error",
        where={"problem": "exp_sin"},
        of={"scheme": "central"},
        over={"scheme": "grad"},
        statistic="max",
    )
    assert found == (max(ratios), 2)


def test_each_curve_has_one_pair_whatever_the_number_of_problems(tables: Results) -> None:
    central = tables.best[tables.best["scheme"] == "central"]
    assert central["problem"].nunique() > 1
    _, count = measured(
        tables,
        measure="ratio",
        column="best_error",
        of={"scheme": "central"},
        over={"scheme": "central4"},
    )
    assert count == len(central)


def test_a_slope_is_the_exponent_between_formats(tables: Results) -> None:
    best = tables.best.set_index(["scheme", "problem", "precision"])["best_step"]
    rise = np.log2(best["central", "exp_sin", "float32"] / best["central", "exp_sin", "float64"])
    found = measured(
        tables,
        measure="slope",
        column="best_step",
        against="unit_roundoff",
        where={"scheme": "central", "problem": "exp_sin"},
    )
    assert found == (pytest.approx(rise / 29), 1)


def test_what_differs_is_counted_row_by_row(tables: Results) -> None:
    found = measured(
        tables,
        measure="different",
        column="truth",
        of={"scheme": "central"},
        over={"scheme": "central4"},
        where={"problem": "exp_sin"},
        statistic="mean",
    )
    assert found[0] == 0
    assert found[1] > 100


def test_names_of_a_claim_may_be_tags_and_families(tables: Results) -> None:
    by_tag = measured(tables, measure="value", column="best_error", where={"problem": "smooth"})
    assert by_tag == measured(tables, measure="value", column="best_error")
    family = measured(tables, measure="value", column="best_error", where={"scheme": "stencils"})
    names = {"scheme": ("central", "central4")}
    assert family == measured(tables, measure="value", column="best_error", where=names)


def test_a_decimal_step_is_meant_as_each_format_rounds_it() -> None:
    results = bench.run("calculus", precisions=["float16"])
    where = {"scheme": "forward", "h": 0.1}
    assert measured(results, measure="value", column="estimate", where=where)[1] == 1


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_a_decimal_step_is_not_that_of_the_next_float(name: str) -> None:
    rounded = formats[name].round([0.1])
    near = [float(np.nextafter(rounded, rounded.dtype.type(to))[0]) for to in (0, 1)]
    results = bench.run(
        "calculus", precisions=[name], schemes="forward", steps=[near[0], 0.1, near[1]]
    )
    verdict = judge([claim(measure="value", column="h", where={"h": 0.1}, at_most=1)], results)[0]
    assert (verdict.count, verdict.measured) == (1, float(rounded[0]))


@pytest.mark.parametrize(
    ("low", "high", "number", "held"),
    [(None, 1, 1.0, True), (None, 1, 1.1, False), (2, None, 1.9, False), (1, 3, math.nan, False)],
)
def test_bounds_are_inclusive_and_not_a_number_never_holds(
    low: float | None, high: float | None, number: float, held: bool
) -> None:
    assert claim(measure="value", column="error", at_least=low, at_most=high).holds(number) is held


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'says = "x"\nmeasure = "valu"\nat_most = 1\n',
            "line 3: key 'measure': no measure named 'valu' (did you mean 'value'?); known: "
            "deviation, different, ratio, slope, value, wrong_weights",
        ),
        (
            'says = "x"\nmeasure = "value"\nwhere = { shceme = "grad" }\nat_most = 1\n',
            "line 4: key 'where': no axis named 'shceme' (did you mean 'scheme'?); known: "
            + ", ".join(sorted(claim_axes())),
        ),
        (
            'says = "x"\nmeasure = "value"\n',
            "line 1: key 'claims': a claim has no bound; allowed: at_least, at_most or both",
        ),
        (
            'says = "x"\nmeasure = "value"\nat_most = inf\n',
            "line 1: key 'claims': a claim's bound is infinite; allowed: one that may be missed",
        ),
    ],
)
def test_a_mistake_in_a_claim_is_told_with_its_line(
    text: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'question = "Why?" \n[[claims]]\n{text}'.replace(" \n[[", "\n[[", 1), "utf-8")
    with pytest.raises(InputError) as caught:
        load(path)
    # the header of the table stands on line 2 of the file
    expected = message.replace("line 4", "line 5").replace("line 3", "line 4")
    assert str(caught.value) == f"study file {path}: {expected.replace('line 1', 'line 2')}"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"where": {"scheme": "grda"}},
            "no scheme named 'grda' (did you mean 'grad'?); `bench list schemes` has all",
        ),
        (
            {"of": {"problem": ["exp_sin", "smoth"]}},
            "no problem named 'smoth' (did you mean 'smooth'?); `bench list problems` has all",
        ),
        ({"over": {"precision": "float23"}}, "no precision named 'float23' (did you mean "),
    ],
)
def test_a_name_that_no_axis_has_is_told_before_anything_is_computed(
    changed: dict[str, Any], words: str
) -> None:
    told = {"says": "x", "measure": "ratio", "column": "error", "at_most": 1} | changed
    with pytest.raises(InputError) as refused:
        bench.run(Study(question="Why?", claims=[told]))
    assert str(refused.value).startswith(f"claim 'x' of study 'study': {words}")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"measure": "slope"}, "measure 'slope' needs 'against', which is not given"),
        ({"column": None}, "measure 'value' needs 'column', which is not given"),
        ({"at_most": math.nan}, "at_most is nan; allowed: a number"),
        ({"at_least": 2}, "at_least is 2, at_most 1; allowed: at_least not above at_most"),
    ],
)
def test_a_claim_that_nothing_could_measure_or_hold_is_refused(
    changed: dict[str, Any], words: str
) -> None:
    told = {"says": "x", "measure": "value", "column": "error", "at_most": 1} | changed
    with pytest.raises(ValidationError) as refused:
        Study(question="Why?", claims=[told])
    assert describe(refused.value) == f"key 'claims': {words}"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"at_most": True}, "key 'at_most' is True; allowed: a number"),
        ({"at_most": "1"}, "key 'at_most' is '1'; allowed: a number"),
        ({"relative": "true"}, "key 'relative' is 'true'; allowed: true or false"),
        ({"where": {"h": True}}, "key 'where' is True; allowed: a table of axes and values"),
        ({"where": {"h": "0.5"}}, "key 'where': axis 'h' is '0.5'; allowed: finite numbers"),
        ({"where": {"h": math.nan}}, "key 'where': axis 'h' is nan; allowed: finite numbers"),
        ({"of": {"scheme": 1.0}}, "key 'of': axis 'scheme' is 1.0; allowed: names"),
        ({"over": {"x": []}}, "key 'over': axis 'x' has no value; allowed: one, or a list of them"),
        ({"expected": ["a"]}, "key 'expected': 'a' is no number that could be expected; allowed: finite numbers, and fractions as text, such as '1/12'"),
        ({"expected": ["1/0"]}, "key 'expected': '1/0' is no number that could be expected; allowed: finite numbers, and fractions as text, such as '1/12'"),
        ({"expected": [True]}, "key 'expected' is True; allowed: a list of numbers, or of fractions as text"),
        ({"expected": [0], "relative": True}, "key 'claims': a deviation relative to 0 is none; allowed: relative = false"),
        ({"offsets": [0, 1, 1]}, "key 'offsets': offset 1 is there twice; allowed: each once"),
        ({"offsets": [1]}, "key 'offsets': one offset gives no derivative; allowed: two or more"),
        ({"offsets": [0, 10**7]}, "key 'offsets' is 10000000; allowed: a list of 2 to 64 integers from -1000000 to 1000000"),
    ],
)  # fmt: skip
def test_a_claim_that_cannot_be_computed_is_refused(changed: dict[str, Any], message: str) -> None:
    told = {"says": "x", "measure": "value", "column": "error", "at_least": 0} | changed
    with pytest.raises(ValidationError) as refused:
        Study(question="Why?", claims=[told])
    assert describe(refused.value) == message


def test_an_expected_value_may_be_a_fraction(tables: Results) -> None:
    where = {"problem": "exp_sin", "scheme": "central", "precision": "float64"}
    found = [
        measured(tables, measure="deviation", column="best_error", where=where, expected=expected)
        for expected in (["1/8"], [0.125])
    ]
    assert found[0] == found[1]
    assert found[0][1] == 1


def test_an_unknown_column_is_told_before_anything_is_computed() -> None:
    study = Study(
        question="Why?", claims=[{"says": "x", "measure": "value", "column": "eror", "at_most": 1}]
    )
    with pytest.raises(
        InputError,
        match=r"^claim 'x' of study 'study': no column named 'eror' \(did you mean 'error', "
        r"'error_p90' or 'error_p10'\?\); `bench list columns` has all$",
    ):
        bench.run(study)


@pytest.mark.parametrize(
    ("changed", "columns"),
    [
        ({"measure": "slope", "against": "n"}, "best_error, n"),
        ({"where": {"h": 0.5}}, "best_error, h"),
        ({"where": {"status": "ok"}}, "best_error, status"),
        ({"measure": "ratio", "over": {"optimizer": "adam"}}, "best_error, optimizer"),
    ],
)
def test_a_claim_on_columns_of_different_tables_is_refused(
    changed: dict[str, Any], columns: str
) -> None:
    told = {"says": "x", "measure": "value", "column": "best_error", "at_most": 1} | changed
    with pytest.raises(InputError) as refused:
        bench.run(Study(question="Why?", claims=[told]))
    assert str(refused.value) == (
        f"claim 'x' of study 'study': no one table has its columns {columns}; "
        "`bench list columns` has those of each"
    )


def test_every_measure_says_what_it_is() -> None:
    assert all(each.summary.endswith(".") for each in measures.values())
