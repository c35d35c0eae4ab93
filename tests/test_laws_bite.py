"""Tests of the tests: what is defective fails the laws that are about it, and no others."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import test_formats
import test_measure
import test_problems
import test_schemes

from bench import reference
from bench.arithmetic import backends
from bench.formats import formats
from bench.schemes import schemes

HERE = Path(__file__).parent
LAWS = ("schemes", "problems", "measure", "formats", "study")

ORDER = "test_observed_order_is_the_declared_order"
EXACT = "test_powers_up_to_the_order_are_exact_and_the_next_is_not"
COEFFICIENT = "test_the_leading_coefficient_is_that_of_the_error"
LINEAR = "test_schemes_are_linear_in_f"
MOVED = "test_schemes_do_not_know_where_0_is_nor_what_1_means"
FEW_ULP = "test_a_scheme_without_a_step_gives_the_truth_to_a_few_ulp"
CHAIN_RULE = "test_a_scheme_without_a_step_rounds_as_the_chain_rule_written_out"
SCHEME_STATED = "test_every_scheme_states_what_it_is_and_where_it_comes_from"
SCHEME_FORMAT = "test_no_number_on_the_way_through_a_scheme_leaves_the_format"
RETURNED_FORMAT = "test_every_scheme_returns_the_format_on_every_backend"
SCHEME_PARTS = "test_the_error_of_a_scheme_is_truncation_plus_rounding"
PROBLEM_FORMAT = "test_no_number_on_the_way_through_a_problem_leaves_the_format"
PROBLEM_PARTS = "test_the_error_of_a_problem_is_truncation_plus_rounding"
PROBLEM_BITS = "test_truth_and_ideals_of_a_problem_do_not_change_at_twice_the_bits"
LIMIT = "test_truth_is_the_limit_of_a_difference"
SERIES = "test_truth_of_a_smooth_problem_is_that_of_power_series"
FLOAT64 = "test_float64_agrees_with_mpmath_to_a_few_ulp"
CONSTANTS = "test_constants_are_integers_because_decimals_differ_between_formats"
PROBLEM_STATED = "test_every_problem_states_what_is_hard_and_where_it_comes_from"
LOADS = "test_every_study_loads_and_states_its_question"
KNOWN = "test_every_study_names_only_what_is_known"

NO_TRUTH = {LIMIT, SERIES, PROBLEM_BITS, PROBLEM_PARTS}
FAILING: dict[str, set[str]] = {
    "planted_sound_scheme": set(),
    "planted_wrong_weight": {ORDER, EXACT, COEFFICIENT, LINEAR},
    "planted_wrong_order": {ORDER, EXACT, COEFFICIENT},
    "planted_wide_inside": {SCHEME_FORMAT, RETURNED_FORMAT},
    "planted_decimal_weight": {SCHEME_FORMAT, RETURNED_FORMAT, SCHEME_PARTS, EXACT},
    "planted_not_linear": {EXACT, LINEAR, MOVED},
    "planted_wrong_tangent": {FEW_ULP, CHAIN_RULE},
    "planted_unstated_scheme": {SCHEME_STATED},
    "planted_sound_problem": set(),
    "planted_decimal_literal": {CONSTANTS, PROBLEM_FORMAT, PROBLEM_PARTS},
    "planted_math_sine": NO_TRUTH,
    "planted_numpy_number": {PROBLEM_FORMAT, PROBLEM_PARTS},
    "planted_other_truth": NO_TRUTH | {FLOAT64},
    "planted_hidden_kink": NO_TRUTH,
    "planted_unstated_problem": {PROBLEM_STATED},
    "planted_sound_study": set(),
    "planted_unknown_scheme": {LOADS, KNOWN},
    "planted_no_question": {LOADS},
    "planted_unknown_claim": {KNOWN},
}

# No plain scheme or problem breaks these: below, each meets something that does.
SHOWN_BELOW = {
    "test_the_points_a_scheme_says_it_needs_are_those_it_asks_for",
    "test_ideals_of_a_scheme_do_not_change_at_twice_the_bits",
}


@pytest.mark.slow
def test_each_planted_defect_fails_the_laws_about_it_and_no_others(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    files = [str(HERE / f"test_{name}.py") for name in LAWS]
    # the process of jax-strict is left out: it runs what the backend jax runs
    chosen = ["-p", "planted", "-p", "no:cacheprovider", "-n", "0", "-k", "planted and not strict"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *chosen, f"--junitxml={report}", *files],
        cwd=HERE.parent,
        env={**os.environ, "PYTHONPATH": str(HERE)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1, done.stdout[-2000:] + done.stderr  # some tests failed, all ran
    met, failed = defaultdict(set), defaultdict(set)
    for case in ElementTree.parse(report).iter("testcase"):
        law, _, parameters = case.attrib["name"].partition("[")
        (planted,) = re.findall(r"planted_\w+", parameters)
        met[planted].add(law)
        assert case.find("error") is None
        if case.find("failure") is not None:
            failed[planted].add(law)
    assert set(met) == set(FAILING)
    assert {name: failed[name] for name in FAILING} == FAILING
    assert set().union(*met.values()) - set().union(*failed.values()) == SHOWN_BELOW
    assert len(met["planted_sound_scheme"]) >= 9
    assert len(met["planted_sound_problem"]) >= 8


def test_offsets_that_are_not_asked_for_are_noticed() -> None:
    defective = replace(schemes["central"])
    defective.__dict__["offsets"] = (-1, 0, 1)
    with pytest.raises(AssertionError):
        test_schemes.test_the_points_a_scheme_says_it_needs_are_those_it_asks_for(defective)


def test_too_few_bits_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "working_bits", lambda chosen, h: 60)
    with pytest.raises(AssertionError):
        test_measure.test_ideals_of_a_scheme_do_not_change_at_twice_the_bits(schemes["central"])


@pytest.mark.parametrize("part", ["error", "truncation_error", "rounding_error"])
def test_parts_that_do_not_add_up_are_noticed(part: str) -> None:
    found = test_measure.rows_of(
        problems=["tanh"], schemes=["central"], precisions=["float32"], points=3
    )
    test_measure.assert_parts_add_up(found, least=20)
    found["tanh", "central"][part] = found["tanh", "central"][part] * (1 + 2.0**-40)
    with pytest.raises(AssertionError):
        test_measure.assert_parts_add_up(found, least=20)


def test_a_backend_that_rounds_once_too_often_is_noticed() -> None:
    def wider(problem: Any, chosen: Any, precision: Any, x: Any, h: Any, device: str) -> Any:
        found = backends["numpy"].estimate(problem, chosen, precision, x, h, device)
        return {
            name: np.nextafter(values, precision.dtype.type(0)) for name, values in found.items()
        }

    defective = replace(backends["numpy"], estimate=wider)
    for name in ("float16", "float32", "float64"):
        with pytest.raises(AssertionError):
            test_measure.test_every_backend_is_exact_where_no_number_needs_rounding(
                defective, formats[name]
            )


def test_a_wrong_closed_form_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = test_problems.CLOSED_FORMS["tanh"]
    monkeypatch.setitem(test_problems.CLOSED_FORMS, "tanh", lambda x: right(x) + 2.0**-90)
    with pytest.raises(AssertionError):
        test_problems.test_truth_is_the_closed_form("tanh")


@pytest.mark.parametrize(
    "change", [{"significand_bits": 10}, {"min_exponent": -13}, {"max_exponent": 14}], ids=str
)
def test_a_format_of_other_sizes_is_noticed(change: dict[str, int]) -> None:
    defective = replace(formats["float16"], **change)
    with pytest.raises(AssertionError):
        test_formats.test_sizes_agree_with_those_of_the_dtype(defective)


@pytest.mark.parametrize("change", [{"significand_bits": 10}, {"min_exponent": -13}], ids=str)
def test_numbers_that_are_not_an_ulp_apart_are_noticed(change: dict[str, int]) -> None:
    defective = replace(formats["float16"], **change)
    with pytest.raises(AssertionError):
        test_formats.test_the_next_number_of_the_format_is_an_ulp_away(precision=defective)
    with pytest.raises(AssertionError):
        test_formats.test_every_number_of_a_format_survives_the_way_to_float64_and_back(
            precision=defective
        )
