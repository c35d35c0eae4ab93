"""Figures: what each kind shows and says, and the law that every one of them is fit to be read."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import ClassVar

import matplotlib as mpl
import matplotlib.colors
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

import bench
from bench.experiments.exhaustive.cases import Item
from bench.experiments.exhaustive.rows import rows as float_rows
from bench.experiments.timing.tables import TIMING
from bench.figures import (
    SMALLEST,
    STANDARD,
    Selection,
    Size,
    Told,
    drawn,
    figure_kinds,
    palette,
    sizes,
    style,
)
from bench.figures.axes import decades, powers_within
from bench.figures.boxes import Box
from bench.figures.fronts import front_of
from bench.results import Results, latest, load
from bench.results.folder import ENDINGS, RECORD
from bench.schemes import schemes
from bench.study import Study
from bench.study.reading import load as load_study
from bench.tell.paper import write_figure

PROBLEMS = ("quadratic", "exp_sin", "absolute")  # of the small run
NAMES = [
    wanted.file
    for wanted in load_study("overview").figures
    if not wanted.problems or set(wanted.problems) & set(PROBLEMS)
]


def test_a_run_draws_every_figure_of_its_study_in_all_formats(small_run: Path) -> None:
    found = sorted(path.name for path in (small_run / "figures").iterdir())
    assert found == sorted(f"{name}.{ending}" for name in NAMES for ending in ENDINGS)
    for path in (small_run / "figures").glob("*.svg"):
        assert ET.parse(path).getroot().tag.endswith("svg")
    for path in (small_run / "figures").glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG")


def test_every_kind_of_figure_is_known_by_its_file() -> None:
    files = Path(bench.figures.__file__).parent.glob("kinds/[a-z]*.py")
    assert sorted(figure_kinds) == sorted(path.stem for path in files)
    assert all(kind.summary.endswith(".") for kind in figure_kinds.values())


def copied(small_run: Path, folder: Path) -> Path:
    folder.mkdir(parents=True)
    for path in small_run.iterdir():
        if path.suffix in (".csv", ".parquet") or path.name == RECORD:
            (folder / path.name).write_bytes(path.read_bytes())
    return folder


@pytest.mark.slow
def test_figures_are_redrawn_from_the_stored_tables_alone_to_the_same_bytes(
    small_run: Path, tmp_path: Path
) -> None:
    """In a process of their own, as a run and a report draw them."""
    folder = copied(small_run, tmp_path / "results" / "overview")
    (folder / "figures").mkdir()
    (folder / "figures" / "mine.svg").write_text("no figure of this run")
    assert latest(tmp_path / "results") == folder
    subprocess.run([sys.executable, "-m", "bench", "report"], cwd=tmp_path, check=True)
    names = {f"{name}.{ending}" for name in NAMES for ending in ENDINGS}
    assert {path.name for path in (folder / "figures").iterdir()} == {*names, "mine.svg"}
    (folder / "figures" / "mine.svg").unlink()
    for path in (folder / "figures").iterdir():
        assert path.read_bytes() == (small_run / "figures" / path.name).read_bytes(), path.name


def figure_of(folder: Path, kind: str, name: str | None = None) -> Figure:
    results = load(folder)
    wanted = next(
        each for each in results.record.study.figures if each.kind == kind and each.name == name
    )
    found = drawn(figure_kinds[kind], Selection.of(results, wanted.problems, wanted.schemes))
    assert found is not None
    return found


def words_of(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.findobj(Text))


def title_of(figure: Figure) -> str:
    return figure.texts[0].get_text().replace("\n", " ")


def colours_of(axes: Axes) -> set[str]:
    return {matplotlib.colors.to_hex(line.get_color()) for line in axes.lines}


# --- what each kind shows ---------------------------------------------------------------------


def test_the_error_of_one_scheme_shows_every_format_its_parts_and_what_is_lost(
    small_run: Path,
) -> None:
    found = figure_of(small_run, "error", "error")
    (axes,) = found.axes
    assert {palette.ROUNDING, palette.TRUNCATION, palette.INK} <= colours_of(axes)
    said = words_of(found)
    for words in ("float16", "bfloat16", "float32", "float64", "rounding error, as u / h"):
        assert words in said
    assert re.search(r"\d\.\d digits lost,\nat best: h = ", said)
    assert "f = eˣ sin x, 12 points, central on numpy" in said.replace("\n", " ")
    assert "Lines end where most points fail." in said.replace("\n", " ")
    assert re.fullmatch(
        r"Central keeps \d+\.\d of jax.grad's \d+\.\d digits in float64, .* in bfloat16, "
        r"at its best step",
        title_of(found),
    )


def test_the_errors_of_several_schemes_stand_side_by_side_in_one_format(small_run: Path) -> None:
    found = figure_of(small_run, "error", "error-schemes")
    assert len(found.axes) == 6
    assert len({(axes.get_xlim(), axes.get_ylim()) for axes in found.axes}) == 1
    said = words_of(found)
    for name in ("forward", "central", "central, order 4", "Richardson", "Ridders", "complex step"):
        assert f"\n{name}\n" in said
    assert title_of(found).startswith("At the best step in float32 ")


def test_a_figure_of_more_panels_than_can_be_read_says_how_many_it_leaves_out(
    small_run: Path,
) -> None:
    found = drawn(figure_kinds["error"], Selection.of(load(small_run)))
    assert found is not None
    assert len(found.axes) == 9
    assert "Left out: 2 more panels." in words_of(found).replace("\n", " ")


def test_a_figure_of_errors_has_a_panel_for_each_backend_and_names_it(whole: Results) -> None:
    selection = replace(Selection.of(whole, (), ("central",)), problems=("exp_sin",))
    found = drawn(figure_kinds["error"], selection)
    assert found is not None
    told = [{text.get_text() for text in axes.texts} for axes in found.axes]
    assert ["numpy" in told[0], "jax" in told[1], len(told)] == [True, True, 2]


def test_an_error_of_exactly_zero_is_drawn_on_the_edge_and_said(small_run: Path) -> None:
    """jax.grad of the quadratic is exact at most points: the level line is the lower edge."""
    found = drawn(
        figure_kinds["error"], Selection.of(load(small_run), ("quadratic",), ("central", "grad"))
    )
    assert found is not None
    (axes,) = found.axes
    floor = axes.get_ylim()[0]
    black = [
        line for line in axes.lines if matplotlib.colors.to_hex(line.get_color()) == palette.INK
    ]
    assert any(np.allclose(line.get_ydata(), floor) for line in black)
    assert "On the lower edge: no error at all." in words_of(found).replace("\n", " ")


def test_a_line_ends_where_more_than_half_of_the_points_fail(small_run: Path) -> None:
    results = load(small_run)
    rows = results.curves[
        (results.curves["problem"] == "exp_sin")
        & (results.curves["scheme"] == "central")
        & (results.curves["precision"] == "float32")
    ]
    fewer = rows["n_ok"].where(rows["h"] != 2.0**-8, 5)
    cut = replace(
        results,
        tables={
            **results.tables,
            "curves": rows.assign(n_ok=fewer),
        },
    )
    found = drawn(figure_kinds["error"], Selection.of(cut, ("exp_sin",), ("central",)))
    assert found is not None
    thick = [line for line in found.axes[0].lines if line.get_linewidth() == 2.0]
    octaves = {round(np.log2(x)) for line in thick for x in line.get_xdata()}
    assert {-7, -9} <= octaves
    assert -8 not in octaves


def test_digits_are_sorted_and_have_a_mark_a_problem(small_run: Path) -> None:
    results = load(small_run)
    found = drawn(figure_kinds["digits"], Selection.of(results, ("exp_sin",)))
    assert found is not None
    (axes,) = found.axes
    best = results.best[
        (results.best["problem"] == "exp_sin") & (results.best["precision"] == "float32")
    ]
    ordered = best.dropna(subset=["digits"]).sort_values("digits", ascending=False, kind="stable")
    names = [label.get_text() for label in axes.get_yticklabels()]
    digits = dict(zip(best["scheme"].map(Selection.of(results).short), best["digits"], strict=True))
    assert [digits[name] for name in names] == list(ordered["digits"])
    assert {"float16", "bfloat16", "float32", "float64"} <= {t.get_text() for t in axes.texts}
    several = drawn(figure_kinds["digits"], Selection.of(results))
    assert several is not None
    marks = sum(len(each.get_offsets()) for each in several.axes[0].collections)
    smooth = results.best[results.best["problem"].isin(["quadratic", "exp_sin"])]
    assert marks == smooth["digits"].notna().sum()


def test_the_tangent_has_the_secants_that_come_to_it(small_run: Path) -> None:
    found = figure_of(small_run, "tangent")
    (axes,) = found.axes
    function, tangent = axes.lines[0], axes.lines[1]
    x = np.asarray(function.get_xdata())
    assert (x[0], x[-1] < 3, x[-1] > 2.98) == (0, True, True)
    assert np.allclose(function.get_ydata(), 3 * x**2 - 4 * x)
    assert np.allclose(tangent.get_ydata(), 2 * np.asarray(tangent.get_xdata()) - 3)
    assert "y = 2x − 3." in words_of(found)
    assert title_of(found) == (
        "The secants of 3x² − 4x at x = 1 have slopes 5, 3.5 and 2.75 for h = 1, 0.5 and 0.25; "
        "the tangent is of slope 2"
    )


def test_where_shows_the_error_at_every_x_and_the_ulp_of_x(small_run: Path) -> None:
    results = load(small_run)
    found = drawn(figure_kinds["where"], Selection.of(results, ("exp_sin",), ("central", "grad")))
    assert found is not None
    errors, reasons = found.axes
    best = results.best.query("problem == 'exp_sin' and scheme == 'central'")
    step = best.loc[best["precision"] == "float32", "best_step"].iloc[0]
    rows = results.accuracy.query(
        "problem == 'exp_sin' and scheme == 'central' and precision == 'float32'"
    )
    rows = rows[rows["h"] == step]
    dots = [line for line in errors.lines if line.get_marker() == "o"]
    of_scheme = [
        line for line in dots if line.get_color() in (palette.ROUNDING, palette.TRUNCATION)
    ]
    y = np.sort(np.concatenate([np.asarray(line.get_ydata()) for line in of_scheme]))
    assert np.allclose(y, np.sort((rows["error"] / rows["truth"]).abs()))
    slope, ulp = (np.asarray(line.get_ydata()) for line in reasons.lines[:2])
    x = np.sort(rows["x"].to_numpy())
    assert np.allclose(slope, rows.sort_values("x")["truth"].abs())
    assert np.array_equal(ulp, np.spacing(x.astype(np.float32)).astype(float))


def test_theory_has_a_row_for_each_order_and_counts_what_is_near(small_run: Path) -> None:
    selection = Selection.of(load(small_run))
    found = drawn(figure_kinds["theory"], selection)
    assert found is not None
    rows = [label.get_text() for label in found.axes[0].get_yticklabels()]
    assert rows == [f"order {p}" for p in (1, 2, 4, 6, 8, 10)]
    best = selection.best[selection.best["problem"].isin(selection.smooth)]
    ratio = (best["best_step"] / best["predicted_step"]).to_numpy(float)
    ratio = ratio[np.isfinite(ratio) & (ratio > 0)]
    near = ((ratio >= 0.25) & (ratio <= 4)).mean()
    assert title_of(found).startswith(f"{near:.0%} of {len(ratio)} best steps lie within 4x")


def test_backends_are_compared_with_the_plain_one(whole: Results) -> None:
    selection = Selection.of(whole)
    assert selection.backends == ("numpy", "jax")
    found = drawn(figure_kinds["backends"], selection)
    assert found is not None
    assert "jax / numpy" in words_of(found)
    best = whole.best.query("scheme == 'central' and problem == 'exp_sin'")
    errors = best.set_index(["precision", "backend"])["best_error"]
    marks = {
        round(float(line.get_xdata()[0]), 12)
        for line in found.axes[0].lines
        if line.get_marker() == "o"
    }
    for precision in ("float16", "float32"):
        assert round(errors[precision, "jax"] / errors[precision, "numpy"], 12) in marks


def test_where_each_scheme_has_one_step_a_line_of_all_floats_is_drawn_for_each(
    whole: Results,
) -> None:
    rows = whole["exhaustive"]
    one = rows[rows["log2_step"].isna() | (rows["log2_step"] == -4)]
    selection = Selection.of(replace(whole, tables={**whole.tables, "exhaustive": one}))
    found = drawn(figure_kinds["everywhere"], selection)
    assert found is not None
    drawn_as = [label.get_text() for label in found.axes[0].get_yticklabels()]
    names = list(dict.fromkeys(one["scheme"].astype(str)))
    assert drawn_as == ["f" if name == "f" else selection.short(name) for name in names]
    assert title_of(found).count("has no digit at") == len(names) - ("f" in names)
    (image,) = found.axes[0].images
    array = image.get_array()
    assert array is not None
    assert array.shape[0] == len(names)


def test_a_descent_ends_where_its_table_ends(whole: Results) -> None:
    found = drawn(figure_kinds["descent"], Selection.of(whole))
    assert found is not None
    (axes,) = found.axes
    rows = whole["descent"].query("scheme == 'central' and precision == 'float32'")
    last = rows.sort_values("iteration").groupby("h").last()
    ratio = (last["loss"] / last["loss_exact_path"]).to_numpy()
    diverged = rows.groupby("h")["status"].agg(lambda each: (each == "diverged").any()).to_numpy()
    crosses = [x for line in axes.lines if line.get_marker() == "X" for x in line.get_xdata()]
    assert set(last.index[diverged | (ratio > 1e6)]) <= set(crosses)


def test_a_gradient_that_was_not_timed_shows_its_runs_of_f() -> None:
    table = {"problems": ["quadratic_form"], "schemes": ["central", "grad"], "sizes": [1, 4]}
    study = {
        "question": "Why?",
        "problems": ["quadratic_form"],
        "schemes": ["central", "grad"],
        "precisions": ["float32"],
        "points": 2,
        "gradients": [table],
    }
    found = drawn(
        figure_kinds["gradient_cost"], Selection.of(bench.run(Study.model_validate(study)))
    )
    assert found is not None
    said = words_of(found)
    assert "runs of F" in said
    assert "time" not in said


@pytest.mark.parametrize(
    ("work", "error", "front"),
    [([1, 2, 3], [3, 2, 1], [0, 1, 2]), ([1, 2, 3], [1, 2, 1], [0]), ([2, 1], [1, 1], [1])],
)
def test_the_front_is_what_no_other_beats(
    work: list[float], error: list[float], front: list[int]
) -> None:
    assert front_of(work, error) == front


def test_a_figure_of_one_problem_shows_the_first_that_was_timed(whole: Results) -> None:
    first, *_, last = Selection.of(whole).smooth
    for timed, shown in ((last, last), ("absolute", first)):
        times = whole["timing"].assign(problem=timed)
        made_up = replace(whole, tables={**whole.tables, "timing": times})
        assert Selection.of(made_up).example == (shown,)


def test_reverse_mode_is_found_by_what_it_does_not_by_its_name(whole: Results) -> None:
    assert [name for name, each in schemes.items() if each.is_reverse] == ["grad"]
    mine = replace(schemes["grad"], name="my_reverse", label="mine")
    renamed = whole["gradients"].replace({"scheme": {"grad": "my_reverse"}})
    other = Selection.of(replace(whole, tables={**whole.tables, "gradients": renamed}))
    finding = figure_kinds["gradient_cost"].finding
    assert not finding(other).startswith("My reverse")
    schemes.add("my_reverse", mine)
    try:
        assert finding(other).startswith("Mine of ")
    finally:
        schemes.discard("my_reverse")


def test_a_run_of_unsupported_cases_alone_still_draws(tmp_path: Path) -> None:
    found = bench.run(
        "overview",
        problems="tanh",
        schemes="complex_step",
        precisions="float16",
        points=3,
        out=tmp_path,
    )
    assert found.folder is not None
    assert set(found.accuracy["status"]) == {"unsupported"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "axes",
    [
        {"schemes": "autodiff"},
        {"problems": "hard", "schemes": "forward,grad"},
        {"points": [1.0]},
        {"steps": "-60:-50"},
    ],
    ids=str,
)
def test_odd_selections_draw_without_a_crash(axes: dict[str, object], tmp_path: Path) -> None:
    chosen = {"problems": "tanh", "precisions": "float32", "points": 3, **axes}
    found = bench.run("overview", **chosen, out=tmp_path)  # type: ignore[arg-type]
    assert found.folder is not None
    assert (found.folder / "figures").is_dir()


# --- how a scheme looks on the page -----------------------------------------------------------


def test_a_scheme_looks_like_no_other_even_one_that_is_not_registered() -> None:
    """A run may hold what a file of a user's added."""
    names = ("mine", "yours2", *schemes)
    looks = [(palette.colour(n), str(palette.dashes(n)), palette.marker(n)) for n in names]
    assert len(set(looks)) == len(looks)


# --- axes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "count"), [(1, 1, 1), (2, 9, 0), (2e-9, 9e-8, 1), (0.5, 100, 3), (1e-8, 5, 9)]
)
def test_powers_of_ten_on_an_axis_are_counted(low: float, high: float, count: int) -> None:
    assert powers_within(low, high) == count


@pytest.mark.parametrize(
    ("low", "high", "most", "marks"),
    [
        (0.5, 200, 7, [1, 10, 100]),
        (1e-8, 5, 4, [1e-6, 1e-3, 1]),
        (2.2e-9, 7.3e-8, 7, [5e-9, 1e-8, 2e-8, 5e-8]),
        (3, 4, 7, []),
    ],
)
def test_an_axis_has_as_many_marks_as_have_room(
    low: float, high: float, most: float, marks: list[float]
) -> None:
    assert decades(low, high, most) == pytest.approx(marks)


# --- files ------------------------------------------------------------------------------------


def test_an_svg_follows_dark_paper_and_says_what_it_found(small_run: Path) -> None:
    content = (small_run / "figures" / "error.svg").read_bytes()
    root = ET.fromstring(content)
    sheet = "".join(each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}style"))
    assert "@media screen and (prefers-color-scheme: dark)" in sheet
    for light, dark in palette.DARK.items():
        assert f'[style*="fill: {light}"]{{fill: {dark} !important}}' in sheet
    used = set(
        re.findall(rb"(?:fill|stroke): (#[0-9a-f]{6})", content.partition(b"</style></defs>")[2])
    )
    assert used <= {each.encode() for each in palette.DARK}
    assert Told.of_svg(content).finding.startswith("Central keeps ")


# --- the law: every kind, at every size, with each number missing in turn ---------------------


READ = {  # the tables that a kind draws
    "backends": ("best",),
    "blame": ("blame",),
    "descent": ("descent",),
    "digits": ("best",),
    "error": ("curves", "best"),
    "everywhere": ("exhaustive",),
    "front": ("accuracy",),
    "gradient_cost": ("gradients",),
    "honesty": ("accuracy",),
    "noise": ("curves", "best"),
    "tangent": ("accuracy",),
    "theory": ("best",),
    "ulps": ("ulps",),
    "where": ("accuracy", "best"),
    "work_precision": ("best", "timing"),
}
SHOWN = {"noise": ("exp_sin",), "work_precision": ("exp_sin",)}


@cache
def whole_run() -> Results:
    """A small run that holds every table; its times are made up."""
    functions, used = ["bowl", "mlp"], ["forward", "central", "complex_step", "grad"]
    descent = {"problem": "bowl", "n": 2, "start": [1.0, 1.0], "iterations": 8}
    study = {
        "question": "Why?",
        "problems": ["bowl", "exp_sin", "absolute"],
        "schemes": used,
        "precisions": ["float16", "float32"],
        "steps": "-14:0",
        "noise": [0, 1e-3],
        "points": 3,
        "gradients": [{"problems": functions, "schemes": ["central", "grad"], "sizes": [11, 19]}],
        "descents": [
            {**descent, "schemes": ["central", "grad"], "rates": {"gradient_descent": [0.75]}}
        ],
        "blame": [{"problems": ["exp_sin"], "at": [0.75, 1.5], "of": ["f", "central", "grad"]}],
        "ulps": [{"libraries": ["numpy", "jax"], "functions": ["exp", "tanh"], "points": 99}],
    }
    found = bench.run(Study.model_validate(study))
    gradients = found["gradients"].assign(
        seconds=1e-6, f_seconds=1e-6, ratio_to_f=1.5, noise_floor=0.1, memory_bytes=64.0
    )
    made_up = {
        "gradients": gradients,
        "timing": times_of(["f", *used]),
        "exhaustive": every_float(),
    }
    several = on_another_backend(found)
    several["accuracy"] = with_bounds(several["accuracy"])
    return replace(found, tables={**found.tables, **made_up, **several})


def every_float() -> pd.DataFrame:
    """The rows of some binades of both signs, by two schemes."""
    items = [
        Item("exp_sin", ("central", "forward"), "float16", "numpy", "cpu", sign, 0x3400, 0x4000)
        for sign in (-1, 1)
    ]
    found = [rows.to_pandas() for item in items for _, rows in float_rows(item, None, print)]
    return pd.concat(found, ignore_index=True)


def with_bounds(rows: pd.DataFrame) -> pd.DataFrame:
    """The same rows with a bound at each point of two schemes, of which one does not hold."""
    share = rows["scheme"].astype(str).map({"central": 2.0, "forward": 0.5})
    return rows.assign(bound=share.astype(float) * rows["error"].abs())


def on_another_backend(found: Results) -> dict[str, pd.DataFrame]:
    """The tables of errors with every row of NumPy's a second time, a little more wrong, as JAX's."""
    worse = {"best": "best_error", "curves": "relative_error_median"}
    several = {}
    for name in ("best", "curves", "accuracy"):
        rows = found[name]
        again = rows[rows["backend"] == "numpy"].assign(backend="jax")
        column = worse.get(name)
        again = again if column is None else again.assign(**{column: 1.3 * again[column]})
        several[name] = pd.concat([rows.astype({"backend": str}), again], ignore_index=True)
    return several


@pytest.fixture(scope="module")
def whole() -> Results:
    return whole_run()


def times_of(names: list[str]) -> pd.DataFrame:
    rows = [
        {
            **dict.fromkeys(TIMING.columns, 1.0),
            "problem": "exp_sin",
            "scheme": name,
            "precision": "float32",
            "device": "cpu",
            "backend": "jax" if name == "grad" else "numpy",
            "n": n,
            "status": "ok",
            "q1_seconds": 0.9,
            "q3_seconds": 1.2,
            "seconds_per_point": 1 / n,
            "reason": "",
        }
        for name in names
        for n in (1, 100)
    ]
    return pd.DataFrame(rows, columns=list(TIMING.columns))


def selected(kind: str, results: Results) -> Selection:
    """What the law draws of a kind: little, for it is drawn often."""
    if kind != "error":
        return Selection.of(results, SHOWN.get(kind, ()))
    return replace(Selection.of(results, (), ("central", "grad")), problems=("exp_sin",))


def drawing_of(kind: str, results: Results, size: Size) -> Figure | None:
    selection = selected(kind, results)
    assert isinstance(figure_kinds[kind].finding(selection), str)
    return drawn(figure_kinds[kind], selection, size)


def alone(results: Results) -> Results:
    """The same results on one backend: a figure of one scheme is a single panel."""
    curves = results["curves"]
    fewer = {**results.tables, "curves": curves[curves["backend"] != "jax"]}
    return replace(results, tables=fewer)


@pytest.mark.parametrize("size", sizes)
@pytest.mark.parametrize("kind", figure_kinds)
def test_a_figure_is_fit_to_be_read_at_its_size(kind: str, size: str, whole: Results) -> None:
    found = drawing_of(kind, whole, sizes[size])
    assert found is not None
    assert_fit(found, sizes[size])
    finding = figure_kinds[kind].finding(selected(kind, whole))
    assert finding.endswith(".")
    assert title_of(found).replace(" ", "") == finding.removesuffix(".").replace(" ", "")


@pytest.mark.parametrize("size", sizes)
@pytest.mark.parametrize("kind", ["digits", "error", "theory", "where", "work_precision"])
def test_a_figure_of_every_scheme_and_format_is_fit_to_be_read(
    kind: str, size: str, small_run: Path
) -> None:
    found = drawn(figure_kinds[kind], Selection.of(load(small_run)), sizes[size])
    assert found is not None
    assert_fit(found, sizes[size])


@pytest.mark.slow
@pytest.mark.parametrize("kind", figure_kinds)
def test_a_figure_is_fit_to_be_read_at_every_size_whatever_number_is_missing(
    kind: str, whole: Results, pytestconfig: pytest.Config
) -> None:
    """By default a size for each number, in turn; `--figures-whole` draws each at all."""
    read = read_by(kind, whole)
    assert read
    every = list(sizes.values()) if pytestconfig.getoption("--figures-whole") else []
    for turn, (table, column) in enumerate(read):
        part = without(whole, table, column)
        for results in (part, alone(part)) if kind == "error" else (part,):
            for size in every or [list(sizes.values())[turn % len(sizes)]]:
                found = drawing_of(kind, results, size)
                if found is not None:
                    assert_fit(found, size)


def assert_fit(found: Figure, size: Size) -> None:
    """No text on text, beyond the paper or too small, no empty panel, no wrong size."""
    with style.applied(size):
        width, height = found.get_size_inches()
        assert width == size.width
        assert height == size.tallest if size.fixed else height <= size.tallest
        renderer = FigureCanvasAgg(found).get_renderer()
        for axes in found.axes:
            axes.get_tightbbox(renderer)  # the labels of axes take their places
        shown = [each for each in texts_of(found) if each.get_text().strip()]
        assert min(text.get_fontsize() for text in shown) >= SMALLEST
        boxes = [(text.get_text(), box_of(text, renderer, found.dpi)) for text in shown]
        for text, box in boxes:
            assert box.within((-0.01, -0.01), (width + 0.01, height + 0.01)), text
        for i, (text, box) in enumerate(boxes):
            for other, beside in boxes[:i]:
                assert not box.meets(beside), (text, other)
        for axes in found.axes:
            assert any(drawn_in(axes)), "an empty panel"


def texts_of(found: Figure) -> Iterator[Text]:
    """What is written on a figure and seen: marks of axes only within their limits."""
    for axes in found.axes:
        yield from axes.texts
        yield from (axes.xaxis.label, axes.yaxis.label, axes.title)
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks():
                if low <= tick.get_loc() <= high and tick.label1.get_visible():
                    yield tick.label1
    yield from found.texts


def box_of(text: Text, renderer: object, dpi: float) -> Box:
    """The box of a text in inches, slanted as it is; a little less than its lines' full height."""
    degrees = text.get_rotation()
    around = text.get_window_extent(renderer)  # type: ignore[arg-type]
    x, y = (around.x0 + around.x1) / 2 / dpi, (around.y0 + around.y1) / 2 / dpi
    text.set_rotation(0)
    flat = text.get_window_extent(renderer)  # type: ignore[arg-type]
    text.set_rotation(degrees)
    return Box(x, y, flat.width / dpi, 0.9 * flat.height / dpi, degrees)


def drawn_in(axes: Axes) -> Iterator[bool]:
    """For each line, cloud and map of a panel, whether any of it lies within the limits."""
    for image in axes.images:
        yield bool(image.get_array().count())
    (left, right), (low, high) = (sorted(each) for each in (axes.get_xlim(), axes.get_ylim()))
    clouds = [
        np.asarray(each.get_offsets()) for each in axes.collections if len(each.get_offsets())
    ]
    lines = [line.get_xydata() for line in axes.lines if line.get_transform() == axes.transData]
    for places in (*clouds, *lines):
        x, y = np.asarray(places, float).T
        yield bool(((x >= left) & (x <= right) & (y >= low) & (y <= high)).any())


class Watched(pd.DataFrame):
    """A table that remembers which of its columns are asked for."""

    asked: ClassVar[set[str]] = set()

    @property
    def _constructor(self):  # type: ignore[no-untyped-def]
        return Watched

    def __getitem__(self, key):  # type: ignore[no-untyped-def]
        keys = [key] if isinstance(key, str) else key if isinstance(key, list) else []
        self.asked.update(each for each in keys if isinstance(each, str))
        return super().__getitem__(key)


def read_by(kind: str, results: Results) -> list[tuple[str, str]]:
    """The tables and columns of numbers that a kind of figure reads."""
    watched = replace(results, tables={name: Watched(t) for name, t in results.tables.items()})
    Watched.asked.clear()
    drawing_of(kind, watched, STANDARD)
    return [
        (table, column)
        for table in READ[kind]
        for column in results[table].select_dtypes(float)
        if column in Watched.asked
    ]


def without(results: Results, table: str, column: str) -> Results:
    """The same results with one column of numbers empty."""
    rows = results[table]
    emptier = rows.assign(**{column: emptied(rows[column])})
    return replace(results, tables={**results.tables, table: emptier})


def emptied(numbers: pd.Series) -> pd.Series:
    return numbers * np.nan


# --- what is the user's own ------------------------------------------------------------------

OWN = "text.usetex: True\nlines.linewidth: 30\nno such key\nfont.size: \xff\n"


def test_no_setting_of_the_users_changes_a_figure(small_run: Path, tmp_path: Path) -> None:
    """A fresh process each: Matplotlib reads its settings, and a broken one fails, on import."""
    (tmp_path / "matplotlibrc").write_bytes(OWN.encode("latin-1"))
    home = tmp_path / "home"
    home.write_text("no folder, so Matplotlib has no place for its cache")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    its = {"MPLBACKEND": "bogus", "MATPLOTLIBRC": str(tmp_path / "matplotlibrc")}
    its |= {"HOME": str(home), "TMPDIR": str(temporary)}
    script = (
        "import sys, os; from pathlib import Path; from bench.tell.paper import write_figure\n"
        "write_figure('error', sys.argv[1], out=sys.argv[2])\n"
        "print(os.listdir(os.environ['TMPDIR']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(small_run), "theirs.svg"],
        cwd=tmp_path,
        env={**os.environ, **its},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
    ours = write_figure("error", small_run, out=tmp_path / "ours.svg")
    assert (tmp_path / "theirs.svg").read_bytes() == ours.read_bytes()
    with mpl.rc_context({"text.usetex": True, "lines.linewidth": 30}):
        again = write_figure("error", small_run, out=tmp_path / "again.svg")
    assert again.read_bytes() == ours.read_bytes()


ACTING = "=1+1 [/here] \x1b]0;owned\x07\x00\u202e $a_{ $ <b>&amp; --"


@pytest.mark.parametrize("kind", ["error", "digits", "tangent", "where", "theory"])
def test_no_label_of_the_users_breaks_a_figure(kind: str, small_run: Path, tmp_path: Path) -> None:
    results = load(small_run)
    about = {n: a.model_copy(update={"label": ACTING}) for n, a in results.problems.items()}
    schemes = {n: a.model_copy(update={"label": ACTING}) for n, a in results.schemes.items()}
    update = {"problems": about, "schemes": schemes}
    acting = replace(results, record=results.record.model_copy(update=update))
    content = write_figure(kind, acting, out=tmp_path / "a.svg").read_text(encoding="utf-8")
    ET.fromstring(content)
    assert not {each for each in content if unicodedata.category(each) in ("Cc", "Cf")} - {
        "\n",
        "\t",
    }


# --- the law sees faults ----------------------------------------------------------------------


def text_on_text(found: Figure) -> None:
    first = next(text for text in texts_of(found) if text.get_text().strip())
    found.texts[1].set_position(found.texts[0].get_position())
    assert first is not None


def text_beyond_the_paper(found: Figure) -> None:
    found.texts[0].set_text("a title that is by far too long for its paper " * 4)


def text_too_small(found: Figure) -> None:
    found.texts[1].set_fontsize(5)


def an_empty_panel(found: Figure) -> None:
    found.axes[0].set_xlim(1e30, 1e31)


@pytest.mark.parametrize(
    "fault", [text_on_text, text_beyond_the_paper, text_too_small, an_empty_panel]
)
def test_a_planted_fault_is_seen(fault: Callable[[Figure], None], whole: Results) -> None:
    found = drawing_of("gradient_cost", whole, STANDARD)
    assert found is not None
    assert_fit(found, STANDARD)
    fault(found)
    with pytest.raises(AssertionError):
        assert_fit(found, STANDARD)
