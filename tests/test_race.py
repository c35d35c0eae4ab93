"""The race: where each scheme stands, counted again from the rows, and its worst case run again."""

from __future__ import annotations

import math
import shlex
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import bench
from bench.arithmetic import backends
from bench.experiments.absent import absent
from bench.experiments.accuracy.cases import points
from bench.experiments.accuracy.race import MEANS, NOBODY, SCREEN, TEXTS, again, answer, lifted
from bench.experiments.accuracy.standings import Standing, front_of, seconds_of, standings
from bench.experiments.accuracy.words import share_told
from bench.figures import Selection, drawn, figure_kinds, sizes
from bench.figures.lettering import wrapped
from bench.formats import formats
from bench.problems import problems
from bench.registry import doors
from bench.results import Results, load
from bench.running import run
from bench.schemes import schemes, usual_exponent
from bench.schemes.peer import ABSENT
from bench.study import Study
from bench.tables.sheets import Cell
from bench.tell.findings import findings_of, screen
from bench.tell.page.parts import size
from bench.tell.terminal import text_of
from bench.theory import SILENT, predict

SCHEMES = ("adaptive", "central", "complex_step", "grad")


@pytest.fixture(scope="module")
def raced(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Four schemes on three functions, one of them with a kink, in two formats, as a race."""
    study = Study.model_validate(
        {
            "question": "Who is nearest?",
            "findings": ["race", "bounds"],
            "problems": ["exp_sin", "rational", "absolute"],
            "schemes": SCHEMES,
            "precisions": ["float32", "float64"],
            "points": 6,
            "figures": [{"kind": "honesty"}, {"kind": "front"}],
        }
    )
    return run(study, out=tmp_path_factory.mktemp("race"))


def of(found: list[Standing], scheme: str, precision: str = "float32") -> Standing:
    (one,) = [x for x in found if (x.scheme, x.precision) == (scheme, precision)]
    return one


def test_a_scheme_with_a_step_is_taken_at_the_textbooks(raced: Results) -> None:
    one = of(standings(raced), "central")
    rows = raced["accuracy"]
    rows = rows[(rows["scheme"] == "central") & (rows["precision"] == "float32")]
    rows = rows[(rows["log2_step"] == usual_exponent(2, 24)) & (rows["status"] != "kink")]
    lost = np.log10((rows["error"] / rows["truth"]).abs().clip(lower=1e-18).to_numpy())
    assert one.points == len(rows) == one.numbers
    assert one.error == pytest.approx(10 ** lost.mean())
    assert one.digits == pytest.approx(-np.quantile(lost, 0.5, method="higher"))
    assert (one.stated, one.evaluations, one.plain) == (0, 2.0, True)
    assert math.isnan(one.honest)


def test_bounds_are_counted_as_they_hold(raced: Results) -> None:
    one = of(standings(raced), "adaptive")
    rows = raced["accuracy"]
    rows = rows[(rows["scheme"] == "adaptive") & (rows["precision"] == "float32")]
    rows = rows[rows["status"] != "kink"]
    held = rows["error"].abs() <= rows["bound"]
    assert (one.stated, one.held) == (rows["bound"].notna().sum(), held.sum())
    assert one.silent == (~held & (rows["says"] == "")).sum()
    assert one.said == (rows["says"] != "").sum()
    assert one.evaluations == rows["evaluations"].mean()


def test_a_point_without_a_number_has_no_digit(raced: Results) -> None:
    rows = raced["accuracy"]
    mine = (rows["scheme"] == "grad") & (rows["precision"] == "float32")
    one = of(standings(raced, rows.assign(estimate=rows["estimate"].mask(mine))), "grad")
    assert (one.numbers, one.digits) == (0, -math.inf)
    assert one.worst is not None
    assert one.worst.digits == -math.inf


def test_a_point_at_which_a_library_failed_has_no_digit_either(raced: Results) -> None:
    rows = raced["accuracy"]
    mine = (rows["scheme"] == "adaptive") & (rows["precision"] == "float32")
    lost = rows["estimate"].mask(mine), rows["status"].astype(str).mask(mine, "failed")
    one = of(standings(raced, rows.assign(estimate=lost[0], status=lost[1])), "adaptive")
    assert (one.points, one.numbers, one.digits) == (mine.sum(), 0, -math.inf)
    assert math.isnan(one.evaluations)


def test_seconds_are_those_of_all_problems_that_were_timed() -> None:
    rows = [
        ("exp_sin", "central", 1e-6),
        ("rational", "central", 4e-6),
        ("exp_sin", "grad", 1e-6),
    ]
    timed = pd.DataFrame(rows, columns=["problem", "scheme", "seconds_per_point"])
    timed = timed.assign(precision="float64", backend="numpy")
    found = seconds_of(SimpleNamespace(timed=timed))  # type: ignore[arg-type]
    assert found == {("float64", "numpy", "central"): pytest.approx(2e-6)}
    assert seconds_of(SimpleNamespace(timed=None)) == {}  # type: ignore[arg-type]


def test_calls_of_a_library_are_told_beside_the_points_of_f(raced: Results) -> None:
    assert all(math.isnan(each.calls) for each in standings(raced))
    rows = raced["accuracy"]
    mine = (rows["scheme"] == "adaptive") & (rows["precision"] == "float32")
    one = of(standings(raced, rows.assign(calls=rows["calls"].mask(mine, 3))), "adaptive")
    assert one.calls == 3.0


def test_of_equal_digits_that_is_nearest_which_ran_at_more_points(raced: Results) -> None:
    one = of(standings(raced), "grad")
    other = replace(one, digits=one.digits + 1e-3, points=one.points - 1)
    assert max([one, other], key=lambda each: each.rank) == one
    assert replace(one, digits=one.digits + 0.2, points=1).rank > one.rank
    assert replace(one, digits=math.nan, evaluations=math.nan).rank < one.rank


def test_shares_are_cut_and_not_rounded() -> None:
    assert [share_told(each) for each in (1, 0.9999, 0.57, 0.0)] == [
        "100%",
        "99.9%",
        "57.0%",
        "0.0%",
    ]


def test_who_is_not_installed_is_told_in_one_sentence(raced: Results) -> None:
    best = raced["best"].assign(reason="")
    lacks = {"central": f"torch{ABSENT}", "grad": f"jacobi{ABSENT}", "adaptive": "no values"}
    best["reason"] = best["scheme"].astype(str).map(lacks).fillna("")
    assert [each.says for each in absent(best, ["complex_step"])] == [
        "not in the race: 2 schemes, as torch, jacobi are not installed here; "
        "`pip install bench[peers]` brings what is missing",
        "not in the race: adaptive (no values)",
    ]
    assert not list(absent(best, {each.scheme for each in standings(raced)}))


def test_a_page_sorts_shares_and_digits_by_their_size() -> None:
    assert [size(each) for each in ("100.0%", "5.3%", "")][:2] == [1.0, pytest.approx(0.053)]
    assert [size(each) for each in ("none", "-0.6", "exact")] == [-math.inf, -0.6, math.inf]
    assert {"bounds held", "says so", "no number", "points"} <= {*MEANS} - {*TEXTS}


def test_where_f_has_no_derivative_nobody_is_ranked() -> None:
    asked = {
        "question": "Who is nearest?",
        "findings": ["race", "bounds"],
        "problems": ["absolute"],
        "schemes": ["adaptive", "central"],
        "precisions": ["float32"],
    }
    study = Study.model_validate(asked)
    first, *others = findings_of(run(study, at=[0.0]))
    assert first.says == NOBODY
    assert "bounds" not in [each.name for each in others]


@pytest.mark.parametrize(
    ("typed", "begins", "ends"),
    [
        ("bench run race --problem exp_sin", "bench run race ", ""),
        ("bench run my.toml --with=mine.py", "bench run my.toml ", " --with mine.py"),
        (
            "bench run race --with /home/me/a.py --with b.py",
            "bench run race ",
            " --with a.py --with b.py",
        ),
    ],
)
def test_the_command_names_the_study_and_the_files_that_were_named(
    raced: Results, typed: str, begins: str, ends: str
) -> None:
    study = raced.record.study.model_copy(update={"name": "race-exp_sin"})
    record = raced.record.model_copy(update={"command": typed, "part_of": "race", "study": study})
    said = again(replace(raced, record=record), of(standings(raced), "adaptive"))
    assert said.startswith(f"{begins}--problem ")
    assert said.endswith(f" --precision float32{ends} --no-timing --no-figures")


def test_the_worst_case_is_as_wrong_when_it_is_run_alone(raced: Results, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from bench.cli import app

    one = of(standings(raced), "adaptive")
    assert one.worst is not None
    words = shlex.split(again(raced, one).replace(raced.record.study.name, "overview", 1))
    assert words[:3] == ["bench", "run", "overview"]
    done = CliRunner().invoke(app, [*words[1:], "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    (folder,) = tmp_path.iterdir()
    (row,) = load(folder)["accuracy"].to_dict("records")
    assert row["x"] == one.worst.x
    assert -math.log10(abs(row["error"] / row["truth"])) == one.worst.digits


def test_the_table_shows_all_and_a_screen_the_first(raced: Results) -> None:
    first, *_ = findings_of(raced)
    assert first.name == "race"
    assert first.sheet is not None
    assert len(first.sheet.rows) == 2 * len(SCHEMES)
    assert {each.words for each in first.sheet.headings} <= set(MEANS)
    assert screen(first.sheet) == first.sheet
    short = screen(replace(first.sheet, rows=first.sheet.rows * 2))
    assert len(short.rows) == SCREEN
    assert short.notes[len(first.sheet.notes) :] == ("and 4 more: on the page",)


def test_the_row_of_the_users_own_scheme_is_among_the_first_and_says_where_it_stands() -> None:
    rows: list[tuple[Cell, ...]] = [("float32", f"s{i}", str(i)) for i in range(20)]
    found = lifted(rows, [3, 16, 19])
    assert found[: SCREEN - 2] == rows[: SCREEN - 2]
    assert found[SCREEN - 2 : SCREEN] == [
        ("float32", "s16 (17 of 20)", "16"),
        ("float32", "s19 (20 of 20)", "19"),
    ]
    left = [row for row in rows[SCREEN - 2 :] if row[1] not in ("s16", "s19")]
    assert found[SCREEN:] == left
    assert lifted(rows, []) == rows == lifted(rows, [3])


def test_the_answer_names_the_nearest_the_honest_and_the_front(raced: Results) -> None:
    found = [x for x in standings(raced) if x.precision == "float32"]
    said = answer(raced, found)
    points = max(each.points for each in found)
    assert said.startswith(f"In float32, at {points} points of 3 problems, ")
    assert "of those that only take values of f adaptive" in said
    assert " states a bound, and holds it at 95% of the points or more (" in said
    names = [each.scheme for each in front_of(found)]
    assert names == ["central", "adaptive"]
    assert text_of(findings_of(raced)[:1], 80)


@pytest.mark.parametrize("kind", ["honesty", "front"])
@pytest.mark.parametrize("size", list(sizes))
def test_its_figures_are_drawn_for_every_place(raced: Results, kind: str, size: str) -> None:
    selection = Selection.of(raced)
    assert drawn(figure_kinds[kind], selection, sizes[size]) is not None
    said = figure_kinds[kind].finding(selection)
    if kind == "honesty":
        one = of(standings(raced), "adaptive")
        assert said.startswith(f"adaptive: 100% of {one.stated} bounds hold, ")
    else:
        assert said.endswith(" calls of f.")


def test_where_no_bound_is_stated_there_is_no_figure_of_honesty(raced: Results) -> None:
    alone = Selection.of(raced, schemes=["central"])
    assert drawn(figure_kinds["honesty"], alone, sizes["slide"]) is None
    assert figure_kinds["honesty"].finding(alone) == ""


def test_names_of_four_authors_are_broken_after_their_dashes() -> None:
    name = "Gill–Murray–Saunders–Wright"
    assert wrapped(name, 7, 1.2, bold=True) == "Gill–Murray–\nSaunders–Wright"
    assert wrapped(name, 7, 5, bold=True) == name
    assert wrapped("a range 1–2 of", 7, 5) == "a range 1–2 of"


def test_where_f_is_0_at_0_theory_predicts_no_step() -> None:
    sizes = {"value": 0.0, "slope": 3.0, "x_slope": 0.0, "high_derivative": 27.0}
    assert predict(schemes["central"], formats["float64"], **sizes) == SILENT


@pytest.mark.parametrize(
    "file", ["scipy_tests", "numericalderivative", "finite_differences_jl", "extremes", "unseen"]
)
def test_functions_of_a_study_stay_in_every_format(file: str) -> None:
    doors.open_files([Path(bench.__file__).parent.parent / "studies" / f"{file}.py"])
    mine = [each for each in problems.values() if file in each.formula.__module__]
    assert mine
    xp = backends["numpy"].namespace()
    for problem in mine:
        for precision in formats.values():
            x = precision.round(points(problem, precision, 3, 0))
            with np.errstate(all="ignore"):
                assert problem(x, xp).dtype == x.dtype, problem.name


def test_distributions_of_scipys_tests_are_scipys() -> None:
    """But for parameters that every format holds; those of SciPy's tests are told here."""
    stats = pytest.importorskip("scipy.stats")
    doors.open_files([Path(bench.__file__).parent.parent / "studies" / "scipy_tests.py"])
    parameters = {
        "cauchy": (),
        "hypsecant": (),
        "levy": (),
        "moyal": (),
        "norm": (),
        "fisk": (3.0857548622253179,),
        "genlogistic": (0.41192440799679475,),
        "gompertz": (0.94743713075105251,),
        "invweibull": (10.58,),
        "loglaplace": (3.2505926592051435,),
        "lognorm": (0.95368226960575331,),
        "lomax": (1.8771398388773268,),
        "pareto": (2.621716532144454,),
        "powerlaw": (1.6591133289905851,),
        "loguniform": (0.01, 1.25),
        "weibull_min": (1.7866166930421596,),
        "exponweib": (2.8923945291034436, 1.9505288745913174),
        "truncexpon": (4.6907725456810478,),
    }
    for name, given in parameters.items():
        problem = problems[f"sp_{name}"]
        x = np.array(problem.interval[:1])
        there = problem(x, backends["numpy"].namespace())[0]
        assert there == pytest.approx(getattr(stats, name)(*given).cdf(x[0]), rel=2e-4), name
