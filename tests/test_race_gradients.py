"""The race of gradients: standings counted again from the rows, and what a library raised."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

import bench
from bench.experiments import experiments
from bench.experiments.gradients.cases import Gradients
from bench.experiments.gradients.race import RACE, again, answer
from bench.experiments.gradients.rows import Measured, gradient_rows
from bench.experiments.gradients.standings import Standing, Worst, standings
from bench.experiments.gradients.taken import Taken
from bench.experiments.timing.cases import Case
from bench.results import Results
from bench.schemes import schemes
from bench.schemes.peer import peer
from bench.study import Study
from bench.tell.findings import findings_of
from bench.tell.terminal import text_of
from bench.values import Value

TABLE = {"schemes": ["central", "complex_step", "grad"], "processes": 0}


@pytest.fixture(scope="module")
def raced() -> Results:
    """Three schemes on three functions in two formats, as a race; none is timed."""
    return bench.run(
        Study.model_validate(
            {
                "question": "Whose gradient is nearest?",
                "name": "few",
                "findings": [RACE],
                "problems": ["quadratic_form"],
                "schemes": ["grad"],
                "precisions": ["float32", "float64"],
                "points": 1,
                "gradients": [
                    {"problems": ["quadratic_form", "chain"], "sizes": [1, 10, 100]} | TABLE,
                    {"problems": ["mlp"], "sizes": [11, 99]} | TABLE,
                ],
            }
        )
    )


def of(found: list[Standing], scheme: str, precision: str = "float32") -> Standing:
    (one,) = [x for x in found if (x.scheme, x.precision) == (scheme, precision)]
    return one


def test_digits_are_medians_over_the_functions_near_each_power_of_ten(raced: Results) -> None:
    rows = raced["gradients"]
    mine = rows[(rows["scheme"] == "central") & (rows["precision"] == "float32")]
    one = of(standings(raced), "central")
    assert list(one.digits) == [1, 10, 100]
    for n, sizes in ((10, [10, 11]), (100, [99, 100])):
        errors = sorted(mine[mine["n"].isin(sizes)]["error"])
        assert len(errors) == 3
        assert one.digits[n] == pytest.approx(-np.log10(errors[1]))
    first = sorted(mine[mine["n"] == 1]["error"])
    assert one.digits[1] == pytest.approx(-np.log10(first[1]))  # of two the worse
    worst = mine.loc[mine["error"].idxmax()]
    assert one.worst == Worst(worst["problem"], worst["n"], -np.log10(worst["error"]))
    assert (one.asked, one.none, one.skipped, one.evaluations, one.plain) == (8, 0, 0, 200, True)


def test_the_finest_format_and_the_nearest_come_first(raced: Results) -> None:
    order = [(each.precision, each.scheme) for each in standings(raced)]
    assert [precision for precision, _ in order] == ["float64"] * 3 + ["float32"] * 3
    assert [scheme for _, scheme in order][2::3] == ["central"] * 2


def test_the_command_of_a_worst_case_takes_that_gradient_again(raced: Results) -> None:
    one = of(standings(raced), "central")
    assert one.worst is not None
    assert again(raced, one) == (
        f"bench run few --problem {one.worst.problem} --scheme central --precision float32 "
        "--no-timing --no-figures"
    )


def standing(scheme: str, near: float, **changed: Value) -> Standing:
    of_one = Standing(
        "float32", scheme, "numpy", plain=True, computed_in="", asked=1, none=0, skipped=0,
        digits={1: 7.0, 1000: near}, evaluations=1001, over_f=float("nan"), worst=None,
    )  # fmt: skip
    return replace(of_one, **changed)


def test_the_answer_says_who_is_nearest_who_has_no_digit_and_who_left_the_format() -> None:
    found = [
        standing("reverse", 7.0, plain=False, evaluations=1, over_f=3.21),
        standing("central", 2.7, evaluations=2000),
        standing("forward", 1.3),
        standing("library", -2.0, computed_in="float64"),
        standing("short", 9.0, digits={1: 9.0}),
    ]
    assert answer(found) == (
        "In float32, at n of about 1000, reverse is nearest: 7.0 digits in 1 run of F, 3.2 times "
        "its time; of those that only take values of F central: 2.7 digits in 2000 runs of F. "
        "library has no digit right. 1 of 5 leave the format for another (float64)."
    )


def test_the_table_fits_a_terminal_of_80_columns(raced: Results) -> None:
    (found,) = [each for each in findings_of(raced) if each.name == RACE]
    assert found.sheet is not None
    assert [each.words for each in found.sheet.headings] == [
        *("format", "scheme", "n ~ 1", "~ 10", "~ 100", "F", "worst", "its digits", "command")
    ]
    text = text_of([found], 80)
    assert max(map(len, text.splitlines())) <= 80


def test_a_race_is_told_where_a_study_asks_for_it_alone(raced: Results) -> None:
    study = raced.record.study.model_copy(update={"findings": ("gradients",)})
    other = replace(raced, record=raced.record.model_copy(update={"study": study}))
    assert [each.name for each in findings_of(other) if each.name == RACE] == []


def test_a_table_of_no_processes_is_not_timed_whatever_a_run_asks_for() -> None:
    table = {"problems": ["mlp"], "sizes": [11], "processes": 0}
    study = Study.model_validate({"question": "?", "gradients": [table], "processes": 3})
    assert {each.processes for each in experiments["gradients"].items(study)} == {0}
    assert Gradients.model_validate(table).processes == 0


def rows_of(scheme: str, *sizes: int, budget: float = 5) -> list[Measured]:
    cases = [Case("quadratic_form", scheme, "float64", "numpy", "cpu", n) for n in sizes]
    return list(gradient_rows(cases, points=1, seed=0, budget_seconds=budget))


def test_what_a_gradient_would_take_grows_as_the_sizes_before_it_did(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """16 evaluations a variable; by their growth, then by what the last two sizes took."""
    seconds = iter([0.01, 0.02])

    def slow(*case: Value) -> Taken:
        x = np.asarray(case[4])
        return Taken(tuple(4 * x), 1, 0.0, next(seconds))

    monkeypatch.setattr(sys.modules[gradient_rows.__module__], "take", slow)
    ran, refused = rows_of("adaptive", 1, 200, budget=0.25)
    assert (ran.row.status, refused.row.reason) == ("ok", "would take about 4 s; allowed 0.25 s")
    seconds = iter([0.01, 0.02])
    *_, refused = rows_of("adaptive", 1, 10, 10**6, budget=0.25)
    assert (refused.row.status, refused.row.reason) == (
        "skipped",
        "would take about 0.6 s; allowed 0.25 s",  # 0.02 s (10^5)^lg 2
    )


def test_what_a_library_raised_is_the_reason_of_its_row() -> None:
    def raising(F: Value, x: Value) -> Value:
        if len(x) > 2:
            raise ZeroDivisionError("at three\nor more")
        return 4 * x

    @peer("numpy", label="raises", source="a test", gradient=raising)
    def planted_raising(f: Value, x: Value) -> Value:
        """It is not asked."""

    try:
        two, three = (each.row for each in rows_of("planted_raising", 1, 3))
    finally:
        schemes.discard("planted_raising")
    assert (two.status, two.reason) == ("ok", "")
    assert (three.status, three.reason) == ("nan", "raised ZeroDivisionError: at three")
