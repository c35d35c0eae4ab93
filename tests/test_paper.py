from __future__ import annotations

import io
import math
import re
import shutil
import subprocess
import sys
import zlib
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fontTools.ttLib import TTFont
from matplotlib.figure import Figure
from typer.testing import CliRunner

import bench
from bench.cli import app
from bench.experiments.accuracy.tables import BEST, CURVES
from bench.figures import figure_kinds
from bench.registry import InputError
from bench.results import Results, known_tables, load, read_record
from bench.study import Verdict
from bench.study.axes import axes
from bench.tables.digits import (
    Number,
    certain,
    decimals,
    digits_of,
    rounded,
    spread_of_median,
    step,
)
from bench.tables.sheets import Finding, Heading, Sheet
from bench.tell.findings import findings_of
from bench.tell.markup import latex, markdown, markdown_of, plain
from bench.tell.paper import sheet_of, table, write_figure


@pytest.mark.parametrize(
    ("value", "spread", "written"),
    [
        (1.2345e-5, 0.0, Number("1.23", -5)),
        (1.2345e-5, 1e-7, Number("1.23", -5)),
        (1.2345e-5, 1.1e-7, Number("1.2", -5)),
        (1.2345e-5, 1.1e-6, Number("1", -5)),
        (9.96e-5, 1e-6, Number("1.0", -4)),
        (1.2345e-5, 1.1e-5, Number("1", -5, about=True)),
        (1.2345e-5, math.nan, Number("1", -5)),
        (0.0, 1.0, Number("0")),
        (math.nan, 1.0, Number("")),
        (math.inf, 1.0, Number("∞")),
    ],
)
def test_a_number_has_the_digits_whose_place_is_above_its_spread(
    value: float, spread: float, written: Number
) -> None:
    assert certain(value, spread) == written


@pytest.mark.parametrize("count", [16, 64, 256])
def test_the_true_median_is_within_one_unit_of_the_last_certain_digit(count: int) -> None:
    """On samples of a known median: |normal|, as rounding errors are, and one decade wide."""
    random = np.random.default_rng(0)
    folded = (np.abs(random.normal(size=(400, count))), 0.674489750196)
    wide = (10 ** random.normal(scale=0.4, size=(400, count)), 1.0)
    for samples, truth in (folded, wide):
        inside, digits = 0, 0
        for sample in samples:
            low, middle, high = np.quantile(sample, [0.1, 0.5, 0.9])
            found = certain(float(middle), spread_of_median(low, high, count))
            if found.about:
                continue
            assert found.exponent is not None
            places = len(found.mantissa.partition(".")[2])
            unit = 10.0 ** (found.exponent - places)
            inside += abs(float(found.mantissa) * 10.0**found.exponent - truth) <= unit
            digits += 1
        assert inside >= 0.95 * digits


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (2.0**-9, Number("", -9, base=2)),
        (1.0, Number("", 0, base=2)),
        (1e-5, Number("1", -5)),
        (0.1 + 0.2, Number("3.0000000000000004", -1)),
        (math.nan, Number("")),
        (math.inf, Number("∞")),
    ],
)
def test_a_step_is_written_exactly(value: float, written: Number) -> None:
    assert step(value) == written


def test_numbers_of_moderate_size_have_decimals() -> None:
    assert decimals(-1.04, 1) == Number("-1.0")
    assert decimals(-0.04, 1) == Number("0.0")
    assert decimals(math.nan, 1) == Number("")
    assert digits_of(1e-5, 1e-6) == Number("5.0")
    assert digits_of(2e-5, 2e-5) == Number("5")
    assert digits_of(0.0, 0.0) == Number("exact")
    assert rounded(0.125, 2) == Number("1.2", -1)


NASTY = "a_b & 50% #1 {x} $y ^2 ~z \\n |w| <v> [u]"


def test_everything_in_latex_is_escaped() -> None:
    sheet = Sheet("about\nit", (Heading("f_1"), Heading("n", right=True)), ((NASTY, "x² −−"),))
    assert latex(sheet) == (
        "% \\usepackage{booktabs, siunitx}\n"
        "\\begin{table}\n"
        "\\centering\n"
        "\\caption{about it}\n"
        "\\begin{tabular}{lr}\n"
        "\\toprule\n"
        "f\\_1 & n \\\\\n"
        "\\midrule\n"
        "a\\_b \\& 50\\% \\#1 \\{x\\} \\$y \\textasciicircum{}2 \\textasciitilde{}z "
        "\\textbackslash{}n \\textbar{}w\\textbar{} \\textless{}v\\textgreater{} {[}u{]} "
        "& x$^{2}$ $-$$-$ \\\\\n"
        "\\bottomrule\n"
        "\\end{tabular}\n"
        "\\end{table}\n"
    )


def test_everything_in_markdown_is_escaped() -> None:
    sheet = Sheet("about\nit", (Heading("f_1"), Heading("n", right=True)), ((NASTY, "x²"),))
    assert markdown(sheet) == (
        "about it\n"
        "\n"
        "| f\\_1 | n |\n"
        "| --- | ---: |\n"
        "| a\\_b \\& 50% #1 {x} \\$y ^2 \\~z \\\\n \\|w\\| \\<v\\> \\[u\\] | x² |\n"
    )


@pytest.mark.parametrize(
    ("number", "in_markdown", "in_latex"),
    [
        (Number("1.2", -5), "1.2×10⁻⁵", "\\num{1.2e-5}"),
        (Number("", -9, base=2), "2⁻⁹", "$2^{-9}$"),
        (Number("3", 2, about=True), "≈3×10²", "$\\approx$\\num{3e2}"),
        (Number("-1.0"), "−1.0", "\\num{-1.0}"),
        (Number("exact"), "exact", "exact"),
        (Number("∞"), "∞", "$\\infty$"),
        (Number(""), "", ""),
    ],
    ids=str,
)
def test_numbers_are_in_scientific_form(number: Number, in_markdown: str, in_latex: str) -> None:
    sheet = Sheet("", (Heading("n"),), ((number,),))
    assert markdown(sheet).splitlines()[-1] == f"| {in_markdown} |"
    assert latex(sheet).splitlines()[-4] == f"{in_latex} \\\\"


def test_findings_in_markdown_are_items_and_sections() -> None:
    sheet = Sheet("a | b", (Heading("n", right=True),), (("1",),), notes=("so > it is",))
    assert markdown_of("old → new", [Finding("", "1 * 2"), Finding("", "", sheet)]) == (
        "## old → new\n\n- 1 \\* 2\n\n### a | b\n\n| n |\n| ---: |\n| 1 |\n\nso \\> it is"
    )


KEY = {"problem": "quadratic", "precision": "float32", "device": "cpu"}


@pytest.fixture(scope="module")
def made_up(small_run: Path) -> Results:
    """Two curves of a run that never was, so that whole tables can be told beforehand."""
    central = {**KEY, "scheme": "central", "backend": "numpy", "h": 2.0**-8, "n_ok": 64}
    grad = {**KEY, "scheme": "grad", "backend": "jax", "h": math.nan, "n_ok": 64}
    quantiles = {"relative_error_p10": 1e-6, "relative_error_p90": 5e-6, "error_median": 2.4e-6}
    zeros = dict.fromkeys(quantiles, 0.0)
    curves = pd.DataFrame(
        [{**central, **quantiles}, {**grad, **zeros}], columns=list(CURVES.columns)
    )
    curves["n_total"] = 64
    theory = {"predicted_step": 8.2e-3, "predicted_error": 1.5e-5}
    slopes = {"truncation_slope": 2.0, "rounding_slope": -1.02}
    best = pd.DataFrame(
        [
            {**central, "best_step": 2.0**-8, "best_error": 2.4e-6, **theory, **slopes},
            {**grad, "best_step": math.nan, "best_error": 0.0},
        ],
        columns=list(BEST.columns),
    )
    best["evaluations"] = [2, 1]
    best["digits"] = [-math.log10(2.4e-6), math.inf]
    record = read_record(small_run)
    label = record.problems["quadratic"].model_copy(update={"label": "|x| & 1"})
    verdict = Verdict("a < b | c", "held", 0.39799, "at most 2", 7, "median value", "")
    update = {
        "study": record.study.model_copy(update={"name": "made_up", "question": "Is <b> escaped?"}),
        "problems": {"quadratic": label},
        "schemes": {name: record.schemes[name] for name in ("central", "grad")},
        "verdicts": (verdict,),
        "part_of": None,
    }
    return Results({"curves": curves, "best": best}, record.model_copy(update=update))


def test_the_table_of_best_steps_in_markdown(made_up: Results) -> None:
    """0.489 (5e-6 - 1e-6) / 8, twice, is 4.9e-7: one digit is certain."""
    assert table("best", made_up) == (
        "Run made\\_up; problem |x| \\& 1; format float32; device cpu. Error: median of "
        "|error| / |f'| over the points, with the digits that its spread leaves certain; "
        "digits: -log10 of it.\n"
        "\n"
        "| Scheme | Backend | Best step | Predicted step | Error at best step | Predicted error "
        "| Digits | Slope of truncation | Slope of rounding | Calls of f |\n"
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        "| central | numpy | 2⁻⁸ | 8.2×10⁻³ | 2×10⁻⁶ | 1.5×10⁻⁵ | 5.6 | 2.0 | −1.0 | 2 |\n"
        "| jax.grad (reverse) | jax |  |  | 0 |  | exact |  |  | 1 |\n"
    )


def test_the_table_of_claims_in_latex(made_up: Results) -> None:
    assert table("claims", made_up, format="LaTeX") == (
        "% \\usepackage{booktabs, siunitx}\n"
        "\\begin{table}\n"
        "\\centering\n"
        "\\caption{Run made\\_up. What became of each claim, and the number that is held against its "
        "bound.}\n"
        "\\label{tab:made-up-claims}\n"
        "\\begin{tabular}{llrll}\n"
        "\\toprule\n"
        "outcome & claim & measured & bound & what \\\\\n"
        "\\midrule\n"
        "held & a \\textless{} b \\textbar{} c & \\num{0.398} & at most 2 & median value, 7 rows \\\\\n"
        "\\bottomrule\n"
        "\\end{tabular}\n"
        "\\end{table}\n"
    )


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("kpsewhich") is None
    or subprocess.run(["kpsewhich", "siunitx.sty"], capture_output=True).returncode != 0,
    reason="there is no LaTeX with siunitx",
)
@pytest.mark.parametrize("kind", ["best", "curves", "claims"])
def test_latex_takes_the_tables(kind: str, small_run: Path, tmp_path: Path) -> None:
    part = {} if kind == "claims" else {"precisions": "float32", "problems": "exp_sin"}
    body = table(kind, small_run, format="latex", **part).splitlines()
    cut = [*body[:30], *body[-4:]] if len(body) > 34 else body  # a table is no longer than a page
    document = "\n".join(
        [r"\documentclass[landscape]{article}", r"\usepackage{booktabs, siunitx}",
         r"\begin{document}", *cut, r"\end{document}"]
    )  # fmt: skip
    (tmp_path / "a.tex").write_text(document, encoding="utf-8")
    words = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "a.tex"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "a.pdf").stat().st_size > 1000


def test_columns_are_chosen_and_ordered(made_up: Results) -> None:
    lines = table("best", made_up, columns="digits,scheme").splitlines()
    assert lines[2] == "| Digits | Scheme |"
    assert lines[3] == "| ---: | --- |"
    csv = table("best", made_up, columns=["best_step", "scheme"], format="csv").splitlines()
    assert csv[0] == "best_step,scheme"
    with pytest.raises(InputError, match=r"^no column named 'digts' \(did you mean 'Digits'\?\)"):
        table("best", made_up, columns="digts")


def test_a_table_that_says_nothing_of_print_has_every_column_with_three_digits(
    made_up: Results,
) -> None:
    plain = replace(BEST, printed=None, about="")
    lines = markdown(sheet_of(plain, made_up)).splitlines()
    assert lines[0].endswith(
        "device cpu. The best step of each scheme, its error there, and what theory predicts."
    )
    assert lines[2] == (
        "| Scheme | Backend | Best step | Best error | Digits | Predicted step | Predicted error "
        "| Truncation slope | Rounding slope | Evaluations | N ok |"
    )
    assert lines[4] == (
        "| central | numpy | 0.00391 | 2.40×10⁻⁶ | 5.62 | 0.0082 | 1.50×10⁻⁵ | 2 | −1.02 | 2 | 64 |"
    )


def test_a_csv_table_is_the_stored_rows(small_run: Path) -> None:
    stored = (small_run / "best.csv").read_text().splitlines()
    assert table("best", small_run, format="csv").splitlines() == stored
    mine = [line for line in stored if line.startswith(("problem,", "exp_sin,central,"))]
    found = table("best", small_run, problems="exp_sin", schemes="central", format="csv")
    assert found.splitlines() == mine
    assert len(mine) == 5
    curves = (small_run / "curves.csv").read_text()
    assert table("curves", small_run, format="csv") == curves


def test_a_table_is_cut_down_along_each_axis_that_a_run_has(small_run: Path) -> None:
    stored = load(small_run).best
    for axis, known in axes().items():
        if known.selects:
            name = str(stored[known.option].iloc[0])
            found = table("best", small_run, **{axis: name}, format="csv").splitlines()
            assert 1 < len(found) == 1 + (stored[known.option] == name).sum() < len(stored)


@pytest.mark.parametrize("kind", ["best", "curves", "claims"])
def test_every_row_of_a_table_has_a_cell_for_each_heading(kind: str, small_run: Path) -> None:
    lines = table(kind, small_run, format="latex").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(r"\begin{tabular}"))
    specification = re.fullmatch(
        r"\\begin\{tabular\}\{((?:[lr]|p\{0\.25\\linewidth\})+)\}", lines[start]
    )
    assert specification is not None
    columns = re.findall(r"p\{[^}]*\}|[lr]", specification[1])
    rows = [line for line in lines if line.endswith(r"\\")]
    assert len(rows) == 1 + len(table(kind, small_run, format="csv").splitlines()) - 1
    for row in rows:
        assert len(re.findall(r"(?<!\\)&", row)) == len(columns) - 1
        assert row.count("{") == row.count("}")
        assert row.isascii(), row


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (
            "bst",
            {},
            "no table named 'bst' (did you mean 'best'?); known: "
            f"{', '.join(sorted([*known_tables(), 'claims']))}",
        ),
        ("best", {"format": "word"}, "no table format named 'word'; known: markdown, latex, csv"),
        ("accuracy", {}, "the run made_up has no table 'accuracy'; it has: curves, best"),
        (
            "claims",
            {"problems": "tanh"},
            "the table 'claims' is about the whole run; allowed: no narrowing",
        ),
        (
            "best",
            {"problems": "tanh"},
            "the run made_up holds no problem tanh; it holds: quadratic",
        ),
        (
            "best",
            {"schemes": "forward"},
            "the run made_up holds no scheme forward; it holds: central, grad",
        ),
    ],
)
def test_a_table_that_cannot_be_had_is_told_in_one_sentence(
    kind: str, options: dict[str, Any], message: str, made_up: Results
) -> None:
    with pytest.raises(InputError) as caught:
        table(kind, made_up, **options)
    assert str(caught.value) == message


def test_a_figure_displays_itself_in_a_notebook(small_run: Path) -> None:
    results = bench.load(small_run)
    made = bench.figure("tangent", results, problems=["quadratic"], size="one-column")
    assert isinstance(made, Figure)
    assert made._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]


def test_results_display_themselves_in_a_notebook_escaped(
    small_run: Path, made_up: Results
) -> None:
    html = load(small_run)._repr_html_()
    assert html.index("<b>How close do ") < html.index("In float32, over ") < html.index("<table>")
    assert "<td>complex_step</td>" in html
    assert "<caption>digits in each format</caption>" in html
    assert '<img alt="' in html
    assert f'<a href="{small_run}/report.html">the page</a>' in html
    told = made_up._repr_html_()
    assert "Is &lt;b&gt; escaped?" in told
    assert "<td>5.6</td>" in told
    assert "<td>exact</td>" in told
    assert " rows, not stored</p>" in told


def test_a_comparison_displays_itself(small_run: Path) -> None:
    html = bench.compare(small_run, small_run)._repr_html_()
    assert "identical" in html
    assert "rows bit for bit" in html


def test_the_digits_of_a_run_are_the_same_on_the_terminal_and_in_a_notebook() -> None:
    """Hard problems are left out of both, and the smooth ones are summed up."""
    problems = ["absolute", "rational", "square_root", "exp_sin", "tanh"]
    found = bench.run(
        "overview", problems=problems, precisions="float32", schemes="central,grad", points=4
    )
    answer = findings_of(found)[0]
    assert answer.says.startswith("In float32, over 4 smooth problems, ")
    summed = answer.sheet
    assert summed is not None
    told = found._repr_html_()
    cells = [escape(plain(cell)) for row in summed.rows for cell in row]
    assert re.findall(r"<td>(.*?)</td>", told) == cells


def test_a_pdf_has_its_fonts_inside_and_no_date(small_run: Path, tmp_path: Path) -> None:
    path = tmp_path / "tangent.pdf"
    path.write_text("what was here before")
    assert write_figure("tangent", small_run, size="one-column", out=path) == path
    content = path.read_bytes()
    assert content.startswith(b"%PDF")
    assert b"/FontFile2" in content
    assert b"/Type3" not in content
    assert b"CreationDate" not in content
    assert b"/MediaBox [ 0 0 237.6 " in content
    assert list(tmp_path.iterdir()) == [path]


def test_the_fonts_of_a_pdf_have_letters_and_no_rules_of_joining_them(
    small_run: Path, tmp_path: Path
) -> None:
    path = write_figure("tangent", small_run, out=tmp_path / "tangent.pdf")
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", path.read_bytes(), re.DOTALL)
    unpacked = [zlib.decompress(each) for each in streams if each[:1] == b"\x78"]
    fonts = [TTFont(io.BytesIO(each)) for each in unpacked if each[:4] == b"\0\1\0\0"]
    assert fonts
    for font in fonts:
        assert font["glyf"].glyphs
        assert not {"GDEF", "GPOS", "GSUB"} & set(font.keys())


@pytest.mark.slow
def test_a_figure_is_the_same_bytes_in_every_process(small_run: Path, tmp_path: Path) -> None:
    call = [sys.executable, "-m", "bench", "figure", "digits", str(small_run)]
    done = subprocess.run(
        [*call, "--format", "pdf"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert done.stdout == "digits-two-column.pdf\n"
    here = write_figure("digits", small_run, out=tmp_path / "here.pdf")
    assert (tmp_path / "digits-two-column.pdf").read_bytes() == here.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["eror"],
            f"no figure named 'eror' (did you mean 'error'?); known: {', '.join(sorted(figure_kinds))}",
        ),
        (["error", "--size", "huge"], "no size named 'huge'; known: one-column, slide, two-column"),
        (["error", "--format", "gif"], "no figure format named 'gif'; known: svg, pdf, png"),
        (
            ["error", "--format", "pdf", "--out", "x.svg"],
            "the file x.svg ends in .svg and the format is pdf; choose one",
        ),
        (
            ["noise"],
            "the run overview-quadratic-exp_sin-absolute-points12 holds nothing that a figure "
            "'noise' shows",
        ),
        (
            ["backends", "--problem", "exp_sin"],
            "the run overview-quadratic-exp_sin-absolute-points12 holds nothing of problems "
            "exp_sin that a figure 'backends' shows",
        ),
        (
            ["tangent", "--out", "README.md/x.svg"],
            "cannot write README.md/x.svg: Not a directory",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_figure_that_cannot_be_had_is_told_in_one_sentence(
    arguments: list[str], message: str, small_run: Path
) -> None:
    told = CliRunner().invoke(app, ["figure", arguments[0], str(small_run), *arguments[1:]])
    assert (told.exit_code, told.stderr) == (2, f"bench: {message}\n")


def test_the_command_prints_a_table_of_the_newest_run(
    small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "results" / "overview"
    folder.mkdir(parents=True)
    for path in filter(Path.is_file, small_run.iterdir()):
        (folder / path.name).write_bytes(path.read_bytes())
    monkeypatch.chdir(tmp_path)
    told = CliRunner().invoke(app, ["table", "best", "--scheme", "grad,jvp", "--format", "latex"])
    assert told.exit_code == 0, told.stderr
    assert told.stdout == table("best", small_run, schemes="grad,jvp", format="latex")
