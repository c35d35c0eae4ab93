from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise
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
from bench.experiments.descents.findings import ends
from bench.experiments.timing.tables import TIMING
from bench.figures import (
    SMALLEST,
    STANDARD,
    Selection,
    Size,
    drawn,
    figure_kinds,
    palette,
    sizes,
    style,
)
from bench.figures.panel import logarithmic, powers_within
from bench.results import Results, latest, load
from bench.results.folder import RECORD
from bench.schemes import schemes
from bench.study import Study
from bench.study.reading import load as load_study
from bench.tell.paper import write_figure

NAMES = [wanted.file for wanted in load_study("overview").figures]


def test_a_run_draws_every_figure_of_its_study_in_both_formats(small_run: Path) -> None:
    found = sorted(path.name for path in (small_run / "figures").iterdir())
    assert found == sorted(f"{name}.{ending}" for name in NAMES for ending in ("svg", "png"))
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
    (folder / "figures" / "stale.svg").write_text("of another study")
    assert latest(tmp_path / "results") == folder
    subprocess.run([sys.executable, "-m", "bench", "report"], cwd=tmp_path, check=True)
    names = {f"{name}.{ending}" for name in NAMES for ending in ("svg", "png")}
    assert {path.name for path in (folder / "figures").iterdir()} == names
    for path in (folder / "figures").iterdir():
        assert path.read_bytes() == (small_run / "figures" / path.name).read_bytes(), path.name


def figure_of(folder: Path, kind: str) -> Figure:
    results = load(folder)
    wanted = next(each for each in results.record.study.figures if each.kind == kind)
    found = drawn(figure_kinds[kind], Selection.of(results, wanted.problems, wanted.schemes))
    assert found is not None
    return found


def panel(found: Figure, title: str = "float32") -> Axes:
    return next((axes for axes in found.axes if axes.get_title(loc="left") == title), found.axes[0])


def legend_of(found: Figure) -> list[str]:
    return [text.get_text() for legend in found.legends for text in legend.get_texts()]


def test_the_error_figure_shows_every_scheme_and_the_failures(small_run: Path) -> None:
    found = figure_of(small_run, "error")
    axes = panel(found)
    colours = {matplotlib.colors.to_hex(line.get_color()) for line in axes.lines}
    wanted = ("forward", "central", "central4", "richardson", "ridders", "complex_step", "grad")
    assert {matplotlib.colors.to_hex(palette.colour(name)) for name in wanted} <= colours
    assert {"u", "−1", "1"} <= {text.get_text() for text in axes.texts}
    strips = [
        each for axes in found.axes for each in axes.child_axes if each.get_ylabel() == "failed"
    ]
    assert len(strips) == 4
    assert all(strip.collections for strip in strips)


def test_an_error_of_exactly_zero_is_drawn_on_its_line_not_dropped(small_run: Path) -> None:
    """jax.grad of the quadratic is exact at most points: the level line is the exact line."""
    results = load(small_run)
    selection = Selection(results, ("quadratic",), ("central", "grad"))
    found = drawn(figure_kinds["error"], selection)
    assert found is not None
    axes = panel(found)
    assert "exactly 0" in {text.get_text() for text in axes.texts}
    black = [line for line in axes.lines if matplotlib.colors.to_hex(line.get_color()) == "#000000"]
    floor = 2.0**-24 / 2**12
    assert any(np.allclose(line.get_ydata(), floor) for line in black)


def test_the_anatomy_shows_both_parts_and_the_prediction(small_run: Path) -> None:
    assert set(legend_of(figure_of(small_run, "anatomy"))) == {
        "truncation error, measured",
        "rounding error, measured",
        "total error, measured",
        "predicted, not fitted",
        "predicted best step",
        "best step (of the smoothed curve)",
    }


def test_the_tangent_figure_is_the_slides(small_run: Path) -> None:
    found = figure_of(small_run, "tangent")
    axes = found.axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x", "f(x)")
    assert legend_of(found) == ["f(x)", "Tangent line (x=1)"]
    assert axes.texts[0].get_text() == "y = 2x − 3"
    function, tangent = axes.lines[0], axes.lines[1]
    x = function.get_xdata()
    assert (x[0], x[-1] < 3, x[-1] > 2.98) == (0, True, True)
    assert np.allclose(function.get_ydata(), 3 * x**2 - 4 * x)
    assert np.allclose(tangent.get_ydata(), 2 * np.asarray(tangent.get_xdata()) - 3)


def test_a_scheme_looks_like_no_other() -> None:
    looks = [
        (palette.colour(name), str(palette.dashes(name)), palette.marker(name)) for name in schemes
    ]
    assert len(set(looks)) == len(schemes)


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


@pytest.fixture(scope="module")
def untimed_gradients() -> Results:
    """Gradients of two functions, without times."""
    table = {
        "problems": ["quadratic_form", "log_sum_exp_n"],
        "schemes": ["central", "grad"],
        "sizes": [1, 4],
    }
    study = {
        "question": "Why?",
        "problems": ["quadratic_form"],
        "schemes": ["central", "grad"],
        "precisions": ["float32"],
        "points": 2,
        "gradients": [table],
    }
    return bench.run(Study.model_validate(study))


@pytest.mark.parametrize("kind", ["gradient_cost", "cheap_gradient"])
def test_what_was_not_timed_has_no_panel_of_times(kind: str, untimed_gradients: Results) -> None:
    found = drawn(figure_kinds[kind], Selection.of(untimed_gradients))
    assert found is not None
    said = {text.get_text() for text in found.findobj(Text)}
    assert said.isdisjoint({"time of a gradient, s", "time of jax.grad / time of F"})
    assert len(found.axes) == (4 if kind == "gradient_cost" else 1)


def test_a_scheme_that_is_not_registered_has_a_look_of_its_own() -> None:
    """A run may hold what a file of a user's added."""
    looks = [
        (palette.colour(name), palette.dashes(name), palette.marker(name))
        for name in ("mine", "yours2", *schemes)
    ]
    assert len(set(looks)) == len(looks)


def test_a_figure_of_one_scheme_or_problem_tells_of_no_other(small_run: Path) -> None:
    selection = Selection.of(load(small_run))
    assert selection.stepped[0] == "complex_step"  # has a step, and no V
    found = figure_kinds["anatomy"].finding(selection)
    assert found.count("least is") == found.count("least is Richardson, ") > 0
    one = replace(selection, problems=("quadratic",))
    assert selection.smooth[0] == "quadratic"
    for kind in ("anatomy", "work_precision"):
        told = figure_kinds[kind].finding
        assert told(selection) == told(one)


def test_a_figure_of_one_problem_shows_the_first_that_was_timed(whole: Results) -> None:
    first, *_, last = Selection.of(whole).smooth
    for timed, shown in ((last, last), ("absolute", first)):
        times = whole["timing"].assign(problem=timed)
        made_up = replace(whole, tables={**whole.tables, "timing": times})
        assert Selection.of(made_up).example == (shown,)


def test_a_figure_of_descents_tells_of_those_that_it_shows(whole: Results) -> None:
    """The first problem of the study was not descended."""
    about = {name: whole.record.problems[name] for name in ("exp_sin", "bowl")}
    record = whole.record.model_copy(update={"problems": about})
    selection = Selection.of(replace(whole, record=record))
    assert selection.problems[0] == "exp_sin"
    told = figure_kinds["descent"].finding(selection)
    assert told == ends(whole["descent"]) == "Of 8 descents 0 stalled and 8 diverged."


def test_reverse_mode_is_what_takes_a_gradient_in_one_run(whole: Results) -> None:
    assert [name for name, each in schemes.items() if each.is_reverse] == ["grad"]
    mine = replace(schemes["grad"], name="my_reverse", label="mine")
    renamed = whole["gradients"].replace({"scheme": {"grad": "my_reverse"}})
    other = replace(whole, tables={**whole.tables, "gradients": renamed})
    assert Selection.of(other).reverse_mode is None
    schemes.add("my_reverse", mine)
    try:
        assert (
            figure_kinds["cheap_gradient"]
            .finding(Selection.of(other))
            .startswith("mine in float16, mlp at n = ")
        )
    finally:
        schemes.discard("my_reverse")


@pytest.mark.parametrize(
    ("low", "high", "count"), [(1, 1, 1), (2, 9, 0), (2e-9, 9e-8, 1), (0.5, 100, 3), (1e-8, 5, 9)]
)
def test_powers_of_ten_on_an_axis_are_counted(low: float, high: float, count: int) -> None:
    assert powers_within(low, high) == count


def test_an_axis_with_one_power_of_ten_has_marks_between() -> None:
    with mpl.rc_context({"xtick.labelsize": 8, "axes.labelsize": 8}):
        axis = Figure(figsize=(3, 3)).subplots()
        axis.plot([2.2e-9, 7.3e-8], [1e-8, 1e-2])
        logarithmic(axis, y=False)
        told = [f"{each:g}" for each in axis.get_xticks() if 2e-9 <= each <= 8e-8]
    assert told == ["2e-09", "5e-09", "1e-08", "2e-08", "5e-08"]


READ = {  # the tables that a kind draws
    "anatomy": ("curves", "best"),
    "cheap_gradient": ("gradients",),
    "descent": ("descent",),
    "error": ("accuracy",),
    "gradient_cost": ("gradients",),
    "kinks": ("accuracy",),
    "noise": ("curves", "best"),
    "precision": ("best",),
    "problems": ("best",),
    "tangent": ("accuracy",),
    "theory": ("best",),
    "time": ("timing",),
    "work_precision": ("best", "timing"),
}
SHOWN = {"kinks": ("absolute",), "noise": ("exp_sin",), "work_precision": ("exp_sin",)}


@pytest.fixture(scope="module")
def whole() -> Results:
    """A small run that holds every table; its times are made up."""
    functions, used = ["bowl", "mlp"], ["forward", "central", "complex_step", "grad"]
    descent = {"problem": "bowl", "n": 2, "start": [1.0, 1.0], "iterations": 8}
    study = {
        "question": "Why?",
        "problems": ["bowl", "exp_sin", "absolute"],
        "schemes": used,
        "precisions": ["float16", "float32"],
        "steps": "-12:0",
        "noise": [0, 1e-3],
        "points": 3,
        "gradients": [{"problems": functions, "schemes": ["central", "grad"], "sizes": [11, 19]}],
        "descents": [
            {**descent, "schemes": ["central", "grad"], "rates": {"gradient_descent": [0.75]}}
        ],
    }
    found = bench.run(Study.model_validate(study))
    gradients = found["gradients"].assign(
        seconds=1e-6, f_seconds=1e-6, ratio_to_f=1.5, noise_floor=0.1, memory_bytes=64.0
    )
    made_up = {"gradients": gradients, "timing": times_of(["f", *used])}
    return replace(found, tables={**found.tables, **made_up})


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


def drawing_of(kind: str, results: Results, size: Size) -> Figure | None:
    selection = Selection.of(results, SHOWN.get(kind, ()))
    assert isinstance(figure_kinds[kind].finding(selection), str)
    return drawn(figure_kinds[kind], selection, size)


@pytest.mark.parametrize("size", sizes)
@pytest.mark.parametrize("kind", figure_kinds)
def test_a_figure_fits_its_size(kind: str, size: str, whole: Results) -> None:
    found = drawing_of(kind, whole, sizes[size])
    assert found is not None
    assert_fits(found, sizes[size])
    assert_ticks_stand_apart(found, sizes[size])


@pytest.mark.parametrize("size", sizes)
def test_a_figure_of_every_scheme_in_every_format_fits_its_size(size: str, small_run: Path) -> None:
    found = drawn(figure_kinds["error"], Selection.of(load(small_run)), sizes[size])
    assert found is not None
    assert_fits(found, sizes[size])


def assert_fits(found: Figure, size: Size) -> None:
    """Nothing is cut, too small, or on a legend."""
    with style.applied(size):
        _assert_fits(found, size)


def _assert_fits(found: Figure, size: Size) -> None:
    width, height = found.get_size_inches()
    assert width == size.width
    assert height == size.tallest if size.fixed else height <= size.tallest
    texts = [each for each in found.findobj(Text) if each.get_visible() and each.get_text().strip()]
    assert min(text.get_fontsize() for text in texts) >= SMALLEST
    renderer = FigureCanvasAgg(found).get_renderer()
    headings = [text for text in found.texts if text.get_text()]
    written = [text for axes in found.axes for text in axes.texts]  # ticks out of view are not
    panels = [axes.get_tightbbox(renderer) for axes in found.axes]
    legends = [legend.get_window_extent(renderer) for legend in found.legends]
    boxes = [text.get_window_extent(renderer) for text in (*headings, *written)]
    for box in (*panels, *legends, *boxes):
        assert min(box.x0, box.y0) >= -1
        assert box.x1 <= found.bbox.x1 + 1
        assert box.y1 <= found.bbox.y1 + 1
    assert not any(legend.overlaps(panel) for legend in legends for panel in panels)


def assert_ticks_stand_apart(found: Figure, size: Size) -> None:
    renderer = FigureCanvasAgg(found).get_renderer()
    with style.applied(size):
        for axes in found.axes:
            for axis in (axes.xaxis, axes.yaxis):
                low, high = sorted(axis.get_view_interval())
                ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
                labels = [tick.label1 for tick in ticks if tick.label1.get_visible()]
                boxes = [label.get_window_extent(renderer) for label in labels if label.get_text()]
                assert not any(a.overlaps(b) for a, b in pairwise(boxes)), labels


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
        if column in Watched.asked | {"digits"}  # of groups
    ]


def without(results: Results, table: str, column: str) -> Results:
    """The same results with one column of numbers empty."""
    rows = results[table]
    emptier = rows.assign(**{column: emptied(rows[column])})
    return replace(results, tables={**results.tables, table: emptier})


def emptied(numbers: pd.Series) -> pd.Series:
    return numbers * np.nan


@pytest.mark.parametrize("kind", figure_kinds)
def test_a_figure_is_drawn_at_every_size_whatever_number_is_missing(
    kind: str, whole: Results
) -> None:
    read = read_by(kind, whole)
    assert read
    for turn, (table, column) in enumerate(read):
        size = list(sizes.values())[turn % len(sizes)]
        found = drawing_of(kind, without(whole, table, column), size)
        if found is not None:
            assert_fits(found, size)


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


@pytest.mark.parametrize("kind", ["error", "anatomy", "tangent", "problems", "theory"])
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
