"""The page of a run, in a real browser, from disk and without a network."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.experiments.accuracy.findings import summary
from bench.registry import InputError
from bench.results import load, read_record
from bench.tables.digits import Number
from bench.tables.sheets import Cell
from bench.tell import page
from bench.tell.findings import findings_of
from bench.tell.page.parts import pictures, size

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
in_a_browser = pytest.mark.skipif(
    BROWSER is None, reason="NO BROWSER: install Debian's chromium, or the page is not tested"
)
NASTY = "<script>document.title='taken'</script>\"'&<b>"


@pytest.fixture(scope="module")
def written(small_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page whose names are full of markup."""
    folder = tmp_path_factory.mktemp("page") / "overview"
    shutil.copytree(small_run, folder)
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    run["problems"]["exp_sin"]["label"] = NASTY
    run["schemes"]["central"]["label"] = NASTY
    run["study"]["question"] = f"Why {NASTY}?"
    run["verdicts"][0]["says"] = NASTY
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
    return page.write(load(folder), folder)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=BROWSER, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield started
        started.close()


@pytest.fixture
def opened(browser: Any, written: Path) -> Iterator[Any]:
    """The page, opened from disk; that nothing leaves and no script fails is checked at the end."""
    asked: list[str] = []
    said: list[str] = []
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(written.as_uri())
    yield tab
    tab.close()
    assert [url for url in asked if not url.startswith(("data:", written.as_uri()))] == []
    assert said == []


@in_a_browser
@pytest.mark.slow
def test_names_full_of_markup_are_text(opened: Any) -> None:
    assert opened.locator("h1").inner_text() == f"Why {NASTY}?"
    assert NASTY in opened.title()
    assert opened.locator("#key li", has_text=NASTY).count() == 1
    assert opened.locator("script").count() == 2  # the data, and the page's own


@in_a_browser
@pytest.mark.slow
def test_filters_hold_for_the_chart_and_the_table(opened: Any) -> None:
    opened.select_option("select[name=problem]", "exp_sin")
    opened.select_option("select[name=precision]", "float64")
    opened.select_option("select[name=scheme]", "central4")
    assert opened.locator("#chart .curve").count() == 1
    shown = opened.locator("#best-csv tbody tr:visible")
    assert shown.count() == 1
    assert shown.first.locator("td").all_inner_texts()[:3] == ["exp_sin", "central4", "float64"]
    opened.select_option("select[name=scheme]", "")
    assert opened.locator("#chart .curve").count() > 5
    assert opened.locator("#statuses tbody tr:visible").count() > 5


@in_a_browser
@pytest.mark.slow
def test_what_no_filter_offers_is_shown(browser: Any, written: Path, tmp_path: Path) -> None:
    """A table may be of functions that no curve is of: it does not vanish."""
    tab = browser.new_page()
    text = written.read_text(encoding="utf-8")
    other = '<tr data-problem="of_many" id="other"><td>of_many</td></tr>'
    (tmp_path / "page.html").write_text(text.replace("<tbody>", f"<tbody>{other}", 1))
    tab.goto((tmp_path / "page.html").as_uri())
    assert tab.locator("#other").is_visible()
    tab.close()


@in_a_browser
@pytest.mark.slow
def test_a_run_without_any_table_that_is_known_has_a_page(
    browser: Any, small_run: Path, tmp_path: Path
) -> None:
    results = load(small_run)
    few = replace(results, tables={})
    said: list[str] = []
    tab = browser.new_page()
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.goto(page.write(few, tmp_path).as_uri())
    assert tab.locator("form, #chart, #figures").count() == 0
    assert tab.locator("#claims tbody tr").count() == len(results.record.verdicts)
    assert said == []
    tab.close()


@in_a_browser
@pytest.mark.slow
def test_a_column_sorts_by_number_both_ways_and_what_lacks_stays_last(opened: Any) -> None:
    column = "#best-csv th:has-text('best step')"

    def values() -> list[str]:
        cells = opened.locator("#best-csv tbody tr:visible td:nth-child(6)")
        return list(cells.all_inner_texts())

    opened.select_option("select[name=problem]", "exp_sin")
    for direction in ("ascending", "descending"):
        opened.click(f"{column} button")
        assert opened.locator(column).get_attribute("aria-sort") == direction
        found = values()
        numbers = [float(each) for each in found if each]
        assert numbers == sorted(numbers, reverse=direction == "descending")
        assert found[len(numbers) :] == [""] * (len(found) - len(numbers))
        assert len(numbers) > 5


@in_a_browser
@pytest.mark.slow
def test_a_curve_tells_its_numbers_under_the_pointer(opened: Any, written: Path) -> None:
    opened.select_option("select[name=problem]", "exp_sin")
    opened.select_option("select[name=precision]", "float32")
    opened.select_option("select[name=scheme]", "central4")
    opened.locator("#chart").scroll_into_view_if_needed()
    middle = opened.evaluate(
        """() => { const path = document.querySelector("#chart .halo");
        const p = path.getPointAtLength(path.getTotalLength() / 2);
        const m = path.getScreenCTM(); return [p.x * m.a + m.e, p.y * m.d + m.f]; }"""
    )
    opened.mouse.move(*middle)
    said = opened.locator("#read").inner_text()
    found = re.fullmatch(
        r"central, order 4 \[numpy\], h = (\S+): median (\S+) \(10% to 90%: .*\); ok \d+/\d+", said
    )
    assert found, said
    rows = load(written.parent).curves
    mine = rows[
        (rows["problem"] == "exp_sin")
        & (rows["scheme"] == "central4")
        & (rows["precision"] == "float32")
    ]
    at = mine[(mine["h"] / float(found[1]) - 1).abs() < 0.01]
    assert float(found[2]) == pytest.approx(float(at["relative_error_median"].iloc[0]), rel=0.01)


@in_a_browser
@pytest.mark.slow
def test_the_anatomy_of_an_error_shows_its_parts(opened: Any, written: Path) -> None:
    opened.select_option("select[name=problem]", "exp_sin")
    opened.select_option("select[name=scheme]", "forward")
    opened.select_option("select[name=part]", "anatomy")
    assert opened.locator("#key li").all_inner_texts() == [
        " forward, total error",
        " forward, truncation error",
        " forward, rounding error",
    ]
    assert opened.locator("#chart .curve").count() == 3


@in_a_browser
@pytest.mark.slow
def test_a_mark_of_work_tells_its_numbers_and_the_front_is_not_dominated(
    opened: Any, written: Path
) -> None:
    opened.select_option("select[name=problem]", "exp_sin")
    opened.select_option("select[name=precision]", "float32")
    opened.locator("#work .dot[data-scheme=forward]").focus()
    said = opened.locator("#readwork").inner_text()
    found = re.fullmatch(r"forward \[numpy\]: error (\S+), 2 evaluations", said)
    assert found, said
    best = load(written.parent).best
    mine = best[(best["problem"] == "exp_sin") & (best["precision"] == "float32")]
    error = mine.loc[mine["scheme"] == "forward", "best_error"].iloc[0]
    assert float(found[1]) == pytest.approx(float(error), rel=0.01)
    on_front = []
    for scheme in mine["scheme"]:
        opened.locator(f"#work .dot[data-scheme={scheme}]").focus()
        if opened.locator("#readwork").inner_text().endswith("; on the front"):
            on_front.append(scheme)
    least = mine["best_error"].min()
    assert any(mine.loc[mine["scheme"] == s, "best_error"].iloc[0] == least for s in on_front)
    works = mine.set_index("scheme").loc[on_front].sort_values("evaluations")
    assert works["best_error"].is_monotonic_decreasing
    assert works["evaluations"].is_unique


@in_a_browser
@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_telephone_in_light_and_dark(
    browser: Any, written: Path, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    tab = context.new_page()
    tab.goto(written.as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    ink, paper = tab.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    level = [sum(map(int, re.findall(r"\d+", each)[:3])) for each in (ink, paper)]
    assert abs(level[0] - level[1]) > 500
    context.close()


def test_the_page_stands_by_itself_and_is_small(written: Path) -> None:
    text = written.read_text(encoding="utf-8")
    assert not re.search(r"(?:src|href)=[\"'](?!data:|#)", text)
    assert written.stat().st_size < 5_000_000
    assert NASTY not in text


def test_every_figure_has_a_finding_and_the_command_that_draws_it(small_run: Path) -> None:
    found = pictures(load(small_run), small_run)
    assert [each.name for each in found][:2] == ["error", "error-stencils"]
    for each in found:
        assert each.command.startswith("bench figure ")
        assert str(small_run) in each.command
        assert each.alt.startswith(f"{each.summary} ")
    assert found[1].command.endswith(",central6,central8")


def test_the_page_is_written_where_the_figures_are_and_names_the_folder_of_the_run(
    small_run: Path, tmp_path: Path
) -> None:
    """A run writes its page beside the place that it takes in the end."""
    shutil.copytree(small_run / "figures", tmp_path / "figures")
    results = replace(load(small_run), folder=Path("the final place"))
    text = page.write(results, tmp_path).read_text(encoding="utf-8")
    assert "bench figure anatomy &#39;the final place&#39; --problem exp_sin" in text
    assert str(tmp_path) not in text


def test_the_answer_is_made_of_the_runs_numbers(small_run: Path) -> None:
    results = load(small_run)
    said = findings_of(results)[0].says
    auto, central = (
        next(x for x in summary(results) if (x.precision, x.scheme) == ("float32", name))
        for name in ("grad", "central")
    )
    assert said.startswith(
        f"In float32, over 2 smooth problems, autograd (jax.grad) reaches {auto.digits:.1f} digits. "
        f"The central difference reaches {central.digits:.1f} digits at h near "
    )
    assert f"it is {central.rounding_share:.0%} of the error, the rest truncation (h^2.0)." in said
    assert "The complex step subtracts nothing, and reaches " in said
    assert said in page.page(results, small_run).replace("&#39;", "'")


def test_digits_of_which_some_are_exact_are_not_exact_in_the_middle(small_run: Path) -> None:
    results = load(small_run)
    best = results.best[(results.best["precision"] == "float32")]
    digits = best[best["scheme"] == "grad"].set_index("problem")["digits"]
    assert digits["quadratic"] == math.inf
    (line,) = [x for x in summary(results) if (x.precision, x.scheme) == ("float32", "grad")]
    assert line.digits == digits["exp_sin"] < 9


def test_the_page_shows_claims_statuses_machine_seed_and_command(written: Path) -> None:
    text = written.read_text(encoding="utf-8")
    run = read_record(written.parent)
    assert text.count('class="outcome') == len(run.verdicts) > 0
    assert "made for the study overview as it stands; this run narrows or changes it." in text
    for word in (
        "x_plus_h_equals_x",
        "the scheme cannot run in this format",
        run.machine.processor,
        "scalar division",
    ):
        assert word in text
    assert "<dt>seed</dt><dd>0</dd>" in text
    assert "<dt>command</dt>" in text


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1.6e-02", 0.016),
        ("exact", math.inf),
        (Number("2.4", -5), 2.4e-5),
        (Number("", -9, base=2), 2.0**-9),
        (Number("−∞"), -math.inf),
    ],
)
def test_cells_are_sorted_by_their_number(cell: Cell, value: float) -> None:
    assert size(cell) == pytest.approx(value)


@pytest.mark.parametrize("cell", ["", "none", Number("")])
def test_a_cell_without_a_number_is_sorted_as_none(cell: Cell) -> None:
    assert math.isnan(size(cell))


def test_a_page_that_cannot_be_written_is_told(tmp_path: Path, small_run: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InputError, match=r"^cannot write .*report\.html: Not a directory$"):
        page.write(load(small_run), tmp_path / "file")
