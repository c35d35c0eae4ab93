from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import matplotlib.colors
import numpy as np
import pytest

import bench
from bench import store
from bench.figures import Selection, figure_kinds, palette, style, wanted_figures
from bench.gradients.columns import GRADIENTS
from bench.report import latest
from bench.schemes import schemes
from bench.store import Results
from bench.study import FIGURE_KINDS, Study, load
from bench.table import KEY

FIGURES = [each.model_dump() for each in load("overview").figures]
NAMES = [wanted["name"] or "-".join((wanted["kind"], *wanted["problems"])) for wanted in FIGURES]


def test_a_run_draws_every_figure_of_its_study_in_both_formats(small_run: Path) -> None:
    found = sorted(path.name for path in (small_run / "figures").iterdir())
    assert found == sorted(f"{name}.{ending}" for name in NAMES for ending in ("svg", "png"))
    for path in (small_run / "figures").glob("*.svg"):
        assert ET.parse(path).getroot().tag.endswith("svg")
    for path in (small_run / "figures").glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG")


def test_every_kind_of_figure_is_known_by_its_file() -> None:
    assert tuple(figure_kinds) == FIGURE_KINDS
    assert all(kind.summary.endswith(".") for kind in figure_kinds.values())


def copied(small_run: Path, folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in store.TABLES:
        (folder / name).write_bytes((small_run / name).read_bytes())
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


def panel(folder: Path, kind: str, precision: str = "float32"):  # type: ignore[no-untyped-def]
    results = store.load(folder)
    wanted = next(each for each in wanted_figures(results) if each["kind"] == kind)
    with style.applied():
        made = figure_kinds[kind].draw(Selection.of(results, wanted))
    assert made is not None
    return next(
        (axes for axes in made.axes if axes.get_title(loc="left") == precision), made.axes[0]
    )


def test_the_error_figure_shows_every_scheme_and_the_failures(small_run: Path) -> None:
    axes = panel(small_run, "error")
    drawn = {matplotlib.colors.to_hex(line.get_color()) for line in axes.lines}
    wanted = ("forward", "central", "central4", "richardson", "ridders", "complex_step", "grad")
    assert {matplotlib.colors.to_hex(palette.colour(name)) for name in wanted} <= drawn
    assert {"u", "−1", "1"} <= {text.get_text() for text in axes.texts}
    strips = [each for each in axes.figure.axes if each.get_ylabel() == "failed"]
    assert len(strips) == 4
    assert all(strip.collections for strip in strips)


def test_an_error_of_exactly_zero_is_drawn_on_its_line_not_dropped(small_run: Path) -> None:
    """jax.grad of the quadratic is exact at most points: the level line is the exact line."""
    results = store.load(small_run)
    selection = Selection(results, ("quadratic",), ("central", "grad"))
    with style.applied():
        made = figure_kinds["error"].draw(selection)
    assert made is not None
    axes = next(each for each in made.axes if each.get_title(loc="left") == "float32")
    assert "exactly 0" in {text.get_text() for text in axes.texts}
    black = [line for line in axes.lines if matplotlib.colors.to_hex(line.get_color()) == "#000000"]
    floor = 2.0**-24 / 2**12
    assert any(np.allclose(line.get_ydata(), floor) for line in black)


def test_the_anatomy_shows_both_parts_and_the_prediction(small_run: Path) -> None:
    axes = panel(small_run, "anatomy")
    assert set(axes.get_legend_handles_labels()[1]) == {
        "truncation error, measured",
        "rounding error, measured",
        "total error, measured",
        "predicted, not fitted",
        "predicted best step",
        "best step (of the smoothed curve)",
    }


def test_the_tangent_figure_is_the_slides(small_run: Path) -> None:
    axes = panel(small_run, "tangent")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x", "f(x)")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "f(x)",
        "Tangent line (x=1)",
    ]
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
        "functions": ["quadratic_form", "log_sum_exp_n"],
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


GRADIENT_KINDS = {"gradient_cost": 3, "cheap_gradient": 2}


@pytest.mark.parametrize("kind", GRADIENT_KINDS)
def test_what_was_not_timed_has_no_panel_of_times(kind: str, untimed_gradients: Results) -> None:
    selection = Selection.of(untimed_gradients, {"problems": [], "schemes": []})
    with style.applied():
        made = figure_kinds[kind].draw(selection)
        assert made is not None
        made.draw_without_rendering()
    labels = {axes.get_ylabel() for axes in made.axes}
    assert labels.isdisjoint({"time of a gradient, s", "time of jax.grad / time of F"})
    assert len(labels) == GRADIENT_KINDS[kind] - 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", GRADIENT_KINDS)
@pytest.mark.parametrize(
    "column", [name for name in GRADIENTS if name not in (*KEY, "n", "status", "reason")]
)
def test_a_figure_of_gradients_is_drawn_whatever_number_is_missing(
    kind: str, column: str, untimed_gradients: Results
) -> None:
    table = untimed_gradients.more["gradients"]
    for missing in (table["problem"] == "quadratic_form", table["n"] > 0):
        known = table.assign(seconds=1e-6, f_seconds=1e-6, ratio_to_f=1.0, noise_floor=0.1)
        known[column] = known[column].mask(missing, np.nan)
        results = replace(untimed_gradients, more={"gradients": known})
        selection = Selection.of(results, {"problems": [], "schemes": []})
        with style.applied():
            made = figure_kinds[kind].draw(selection)
            assert (made is None) == (column == "error" and bool(missing.all()))
            if made is not None:
                made.draw_without_rendering()


def test_a_figure_of_one_scheme_or_problem_tells_of_no_other(small_run: Path) -> None:
    selection = Selection.of(store.load(small_run), {"problems": [], "schemes": []})
    first = selection.label("schemes", next(s for s in selection.schemes if selection.order(s)))
    found = figure_kinds["anatomy"].finding(selection)
    assert found.count("least is") == found.count(f"least is {first}, ") > 0
    one = replace(selection, problems=("quadratic",))
    assert selection.smooth[0] == "quadratic"
    for kind in ("anatomy", "work_precision"):
        told = figure_kinds[kind].finding
        assert told(selection) == told(one)
