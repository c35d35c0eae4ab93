"""The page of a run, in a real browser, from disk and without a network."""

from __future__ import annotations

import io
import json
import math
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread

from bench.experiments.accuracy.findings import summary
from bench.registry import InputError
from bench.results import Results, load, read_record
from bench.schemes import schemes
from bench.tables.digits import Number
from bench.tables.sheets import Cell
from bench.tell import page
from bench.tell.findings import findings_of
from bench.tell.page import colours
from bench.tell.page.chart import chart, depth
from bench.tell.page.parts import pictures, relative, size

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
    assert opened.locator("#values tbody tr", has_text=NASTY).count() == 1
    assert NASTY in opened.locator("#found").inner_text()
    assert opened.locator("script").count() == 2  # the data, and the page's own


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
    assert tab.locator("form, #chart, figure").count() == 0
    assert tab.locator("[data-finding=claims] tbody tr").count() == len(results.record.verdicts)
    assert said == []
    tab.close()


@in_a_browser
@pytest.mark.slow
def test_a_column_sorts_by_number_both_ways_and_what_lacks_stays_last(opened: Any) -> None:
    column = "#table-best th:has-text('best step')"

    def values() -> list[str]:
        return list(
            opened.locator("#table-best tbody tr:visible td:nth-child(6)").all_inner_texts()
        )

    opened.click("#table-best > summary", position={"x": 5, "y": 5})
    opened.fill("#table-best input", "exp_sin")
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
def test_a_table_is_searched_for_rows_with_all_words(opened: Any) -> None:
    opened.click("#table-best > summary", position={"x": 5, "y": 5})
    opened.fill("#table-best input", "exp_sin central4 float64")
    shown = opened.locator("#table-best tbody tr:visible")
    assert shown.count() == 1
    assert shown.first.locator("td").all_inner_texts()[:3] == ["exp_sin", "central4", "float64"]


@in_a_browser
@pytest.mark.slow
@pytest.mark.parametrize(("width", "height", "screens"), [(1280, 800, 1.0), (390, 844, 1.5)])
def test_the_first_screen_holds_question_answer_numbers_and_a_figure(
    browser: Any, written: Path, width: int, height: int, screens: float
) -> None:
    """The whole table beside the figure; one below the other on a telephone."""
    tab = browser.new_page(viewport={"width": width, "height": height})
    tab.goto(written.as_uri())
    numbers = tab.locator("#answer td.number")
    ends = {
        "question": bottom(tab.locator("h1")),
        "answer": bottom(tab.locator(".answer")),
        "numbers": bottom(numbers.last),
        "figure's finding": tab.locator("#answer img").bounding_box()["y"] + 150,
    }
    assert all(0 < end <= screens * height for end in ends.values()), ends
    assert numbers.count() > 20
    assert all(
        re.fullmatch(r"-|exact|[\d.]+(e-?\d+)?|", each) for each in numbers.all_inner_texts()
    )
    tab.close()


def bottom(found: Any) -> float:
    box = found.bounding_box()
    return float(box["y"] + box["height"])


@in_a_browser
@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_the_page_is_shorter_than_six_screens_and_nothing_is_wider_than_one(
    browser: Any, written: Path, width: int, height: int
) -> None:
    tab = browser.new_page(viewport={"width": width, "height": height})
    tab.goto(written.as_uri())
    assert tab.evaluate("document.documentElement.scrollHeight") < 6 * height
    wider = """width => [...document.querySelectorAll("body *")]
        .filter(each => each.checkVisibility() && each.getBoundingClientRect().right > width + 0.5)
        .map(each => each.outerHTML.slice(0, 80))"""
    assert tab.evaluate(wider, width) == []
    tab.close()


@in_a_browser
@pytest.mark.slow
@pytest.mark.parametrize("precisions", ["float32", ("float16", "float32", "float64")])
def test_the_table_of_the_answer_fits_a_telephone_with_all_its_numbers(
    browser: Any, small_run: Path, tmp_path: Path, precisions: str | tuple[str, ...]
) -> None:
    tab = browser.new_page(viewport={"width": 390, "height": 844})
    tab.goto(page.write(load(small_run).part(precisions=precisions), tmp_path).as_uri())
    of_it = "each => [each.scrollWidth, each.clientWidth]"
    whole, seen = tab.locator("#answer .wide").evaluate(of_it)
    assert whole <= seen
    assert not tab.locator("td.bar:visible").count()
    tab.close()


@in_a_browser
@pytest.mark.slow
def test_the_page_is_printed_on_four_sheets_with_its_sentences(browser: Any, written: Path) -> None:
    tab = browser.new_page()
    tab.goto(written.as_uri())
    sheets = re.findall(rb"/Type\s*/Page\b(?!s)", tab.pdf(format="A4"))
    assert 1 <= len(sheets) <= 4
    tab.emulate_media(media="print")
    assert not tab.locator("form, #read").first.is_visible()
    assert tab.locator("#table-best > summary").is_visible()
    size = "each => parseFloat(getComputedStyle(each).fontSize)"
    assert tab.locator("#answer table").evaluate(size) >= 8 * 4 / 3  # points
    tab.close()


@in_a_browser
@pytest.mark.slow
def test_the_chart_opens_on_a_problem_whose_curve_is_a_v(opened: Any, written: Path) -> None:
    """Not on the first of the study: its differences are exact."""
    assert opened.input_value("select[name=problem]") == "exp_sin"
    assert opened.input_value("select[name=precision]") == "float32"
    rows = load(written.parent).curves
    mine = rows[(rows["problem"] == "exp_sin") & (rows["precision"] == "float32")]
    errors = list(mine[mine["scheme"] == "central"]["relative_error_median"])
    assert depth(errors) > 3
    found = opened.locator("#found").inner_text()
    assert f"errs by {told(min(errors), 1)} at its best h, " in found
    assert opened.locator("#values tr.near").get_attribute("data-scheme") == "central"


def told(value: float, digits: int) -> str:
    mantissa, exponent = f"{value:.{digits}e}".split("e")
    return f"{mantissa}e{int(exponent)}"


@in_a_browser
@pytest.mark.slow
def test_all_schemes_are_read_at_the_step_of_the_pointer_and_the_nearest_is_marked(
    opened: Any, written: Path
) -> None:
    rows = load(written.parent).curves
    mine = rows[(rows["problem"] == "exp_sin") & (rows["precision"] == "float32")]
    at = mine[(mine["h"] == 2.0**-12) | mine["h"].isna()].set_index("scheme")
    errors = at["relative_error_median"].sort_values(kind="stable")
    for scheme in ("forward", "grad"):
        point(opened, -12, errors[scheme])
        read = opened.locator("#values tbody tr")
        assert opened.locator("#at").inner_text() == "at h = 2.44e-4"
        values = [float(each) for each in read.locator("td.number").all_inner_texts()]
        assert values == sorted(values)
        assert values == pytest.approx(list(errors), rel=0.01)
        assert opened.locator("#values tr.near").get_attribute("data-scheme") == scheme
        assert opened.locator("#chart .near .curve").get_attribute("data-scheme") == scheme
    label = load(written.parent).schemes["grad"].label
    value = told(errors["grad"], 2)
    assert opened.locator("#read").inner_text().startswith(f"{label} at any step: {value}; ")


def point(tab: Any, exponent: int, error: float) -> None:
    """Move the pointer to a step and an error."""
    tab.locator("#chart").scroll_into_view_if_needed()
    place = tab.evaluate(
        """([k, error]) => { const m = shown.svg.getScreenCTM();
        return [shown.x(log(2 ** k)) * m.a + m.e, shown.y(log(error)) * m.d + m.f]; }""",
        [exponent, error],
    )
    tab.mouse.move(*place)


@in_a_browser
@pytest.mark.slow
def test_a_finger_reads_the_chart(browser: Any, written: Path) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    tab = context.new_page()
    tab.goto(written.as_uri())
    tab.locator("#chart").scroll_into_view_if_needed()
    before = tab.locator("#at").inner_text()
    box = tab.locator("#chart").bounding_box()
    tab.touchscreen.tap(box["x"] + 0.9 * box["width"], box["y"] + 40)
    assert tab.locator("#at").inner_text() != before
    context.close()


@in_a_browser
@pytest.mark.slow
def test_arrow_keys_read_the_next_step_and_the_next_curve(opened: Any) -> None:
    chart = opened.locator("#chart")
    before = opened.evaluate("shown.steps[shown.at]")
    chart.press("ArrowLeft")
    assert opened.evaluate("shown.steps[shown.at]") == before - 1
    for _ in range(30):
        chart.press("ArrowDown")
    assert (
        opened.evaluate(
            "[...document.querySelectorAll('#values tr')].indexOf("
            "document.querySelector('#values tr.near'))"
        )
        == 1
    )  # below the head


@in_a_browser
@pytest.mark.slow
def test_all_views_have_one_scale(opened: Any) -> None:
    scales = []
    for view in ("m", "t", "r", "parts"):
        opened.select_option("select[name=view]", view)
        scales.append(opened.locator("#chart text.error").all_text_contents())
        assert len(opened.locator("#chart .curve").all()) >= 3
    assert len(scales[0]) > 4
    assert scales == [scales[0]] * 4


@in_a_browser
@pytest.mark.slow
def test_both_parts_of_the_error_of_one_scheme_are_shown(opened: Any) -> None:
    assert not opened.locator("select[name=scheme]").is_visible()
    opened.select_option("select[name=view]", "parts")
    opened.select_option("select[name=scheme]", "forward")
    names = opened.locator("#values tbody td:first-child").all_inner_texts()
    assert sorted(names) == ["error", "rounding error", "truncation error"]
    schemes = opened.locator("#chart .curve").evaluate_all("all => all.map(x => x.dataset.scheme)")
    assert schemes == ["forward"] * 3
    dashes = opened.locator("#chart .curve").evaluate_all(
        "all => all.map(x => x.getAttribute('stroke-dasharray'))"
    )
    assert len(set(dashes)) == 3  # told apart without colour, too


CONTRASTS = """() => {
  const numbers = text => text.match(/[\\d.]+/g).map(Number);
  const part = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const behind = each => {
    for (; each; each = each.parentElement) {
      const paper = numbers(getComputedStyle(each).backgroundColor);
      if (paper.length === 3) return paper;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const each of document.querySelectorAll("body *")) {
    const text = [...each.childNodes].some(x => x.nodeType === 3 && x.textContent.trim());
    if (!text || !each.checkVisibility() || ["SCRIPT", "STYLE"].includes(each.tagName)) continue;
    const style = getComputedStyle(each), ink = each.namespaceURI.endsWith("svg") ? style.fill : style.color;
    const [low, high] = [light(numbers(ink)), light(behind(each))].sort((a, b) => a - b);
    found.push([(high + 0.05) / (low + 0.05), each.outerHTML.slice(0, 60)]);
  }
  return found;
}"""


@in_a_browser
@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_is_seen_in_light_and_dark(browser: Any, written: Path, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme)
    tab = context.new_page()
    tab.goto(written.as_uri())
    for each in tab.locator("details").all():
        each.evaluate("each => { each.open = true; }")
    found = tab.evaluate(CONTRASTS)
    assert len(found) > 200
    assert [each for each in found if each[0] < 4.5] == []
    paper = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    known = [round(255 * each) for each in colours.PAPERS[scheme]]
    assert paper == f"rgb({', '.join(map(str, known))})"
    context.close()


@in_a_browser
@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_figure_is_drawn_on_the_paper_of_the_page_in_light_and_dark(
    browser: Any, written: Path, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": 1000, "height": 800}, color_scheme=scheme)
    tab = context.new_page()
    tab.goto(written.as_uri())
    picture = imread(io.BytesIO(tab.locator("img").first.screenshot()))[3:-3, 3:-3, :3]
    colours, counts = np.unique((255 * picture).round().reshape(-1, 3), axis=0, return_counts=True)
    paper = {"light": [255, 255, 255], "dark": [22, 22, 22]}[scheme]
    assert colours[counts.argmax()].tolist() == paper
    ink = {"light": [28, 28, 28], "dark": [236, 236, 236]}[scheme]
    assert ink in colours.tolist()
    context.close()


@pytest.mark.parametrize("paper", list(colours.PAPERS))
def test_every_curve_is_seen_on_its_paper(paper: str) -> None:
    from bench.figures import palette

    for name in schemes:
        red, green, blue = (
            int(colours.look(palette.colour(name))[paper][i : i + 2], 16) / 255 for i in (1, 3, 5)
        )
        assert colours.contrast((red, green, blue), colours.PAPERS[paper]) > 2.95, name


@pytest.mark.parametrize(
    ("errors", "decades"),
    [
        ([1.0, 1e-3, 1e-5, 1e-2], 3.0),
        ([1e-5, 1e-3, 1.0], 0.0),  # one branch
        ([1e6, 1e-2, 1e9], 2.0),  # no digit is right beyond 1
        ([1.0, 0.0, 1.0], 0.0),  # exact somewhere
        ([math.nan, 1.0, 1e-4, math.inf, 1e-1], 3.0),
        ([math.nan], 0.0),
    ],
)
def test_a_v_is_as_deep_as_its_lower_side(errors: list[float], decades: float) -> None:
    assert depth(errors) == pytest.approx(decades)


def test_the_chart_opens_on_what_there_is(small_run: Path) -> None:
    results = load(small_run)
    assert opens(results) == {"problem": "exp_sin", "precision": "float32"}
    assert opens(results.part(problems="absolute", precisions="float16")) == {
        "problem": "absolute",
        "precision": "float16",
    }
    assert opens(results.part(schemes="grad"))["precision"] == "float32"


def opens(results: Results) -> object:
    return chart(results)["opens"]


def test_the_page_stands_by_itself_and_is_small(written: Path) -> None:
    text = written.read_text(encoding="utf-8")
    assert written.stat().st_size < 2_500_000
    assert NASTY not in text
    ids = re.findall(r' id="([^"]*)"', text)
    assert len(ids) == len(set(ids)) > 10
    assert [
        each for each in re.findall(r'src="([^"]*)"', text) if not each.startswith("data:")
    ] == []


def test_links_are_relative_and_lead_to_files_beside_the_page(written: Path) -> None:
    links = set(re.findall(r'href="([^"]*)"', written.read_text(encoding="utf-8")))
    assert {"best.csv", "accuracy.parquet", "curves.csv"} < links
    assert any(each.startswith("figures/error.p") for each in links)
    assert [each for each in links if not (written.parent / each).is_file()] == []
    assert [each for each in links if ":" in each or each.startswith("/")] == []


def test_a_figure_is_linked_as_pdf_where_it_is_stored_as_one(
    small_run: Path, tmp_path: Path
) -> None:
    shutil.copytree(small_run / "figures", tmp_path / "figures")
    for each in (tmp_path / "figures").glob("*.pdf"):
        each.unlink()
    (tmp_path / "figures" / "error-schemes.pdf").touch()
    found = {each.name: each.link for each in pictures(load(small_run), tmp_path)}
    assert found["error-schemes"] == "figures/error-schemes.pdf"
    assert found["error"] == "figures/error.png"


def test_every_figure_has_a_finding_and_the_command_that_draws_it(small_run: Path) -> None:
    found = pictures(load(small_run), small_run)
    assert [each.name for each in found][:2] == ["error", "error-schemes"]
    for each in found:
        assert each.command.startswith("bench figure ")
        assert f" {small_run.name}" in each.command
        assert str(small_run.parent) not in each.command
        assert each.summary
    assert found[1].command.endswith(",forward,central,central4")


def test_the_page_is_written_where_the_figures_are_and_names_the_folder_of_the_run(
    small_run: Path, tmp_path: Path
) -> None:
    """A run writes its page beside the place that it takes in the end."""
    shutil.copytree(small_run / "figures", tmp_path / "figures")
    results = replace(load(small_run), folder=Path("/somewhere/the final place"))
    text = page.write(results, tmp_path).read_text(encoding="utf-8")
    assert "bench figure error &#39;the final place&#39; --problem exp_sin" in text
    assert str(tmp_path) not in text
    assert "/somewhere" not in text


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("bench run --out /home/me/results --name x", "bench run --out results --name x"),
        ("bench run --out=/home/me/results", "bench run --out=results"),
        ("bench run '/home/me/my study.toml'", "bench run 'my study.toml'"),
        ("bench run studies/mine.toml --points 4", "bench run studies/mine.toml --points 4"),
    ],
)
def test_commands_name_no_place_of_one_machine(typed: str, shown: str) -> None:
    assert relative(typed) == shown


def test_a_refuted_claim_is_told_in_full_and_one_that_holds_is_folded(small_run: Path) -> None:
    results = load(small_run)
    held = tuple(replace(x, outcome="held") for x in results.record.verdicts)
    broken = (replace(held[0], outcome="refuted", measured=3.0), *held[1:])
    text, other = (
        page.page(
            replace(results, record=results.record.model_copy(update={"verdicts": each})), small_run
        )
        for each in (held, broken)
    )
    assert f"<summary>All {len(held)} claims hold.</summary>" in text
    assert '<p class="refuted">' not in text
    assert f'<p class="refuted">refuted: {held[0].says} Measured 3, claimed ' in other


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
    assert text.count('<td class="outcome') == len(run.verdicts) > 0
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


@pytest.mark.parametrize("cell", ["", "nobody", Number("")])
def test_a_cell_without_a_number_is_sorted_as_none(cell: Cell) -> None:
    assert math.isnan(size(cell))


def test_a_page_that_cannot_be_written_is_told(tmp_path: Path, small_run: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InputError, match=r"^cannot write .*report\.html: Not a directory$"):
        page.write(load(small_run), tmp_path / "file")
