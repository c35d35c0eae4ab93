"""What a run says at its end: one screen, the answer first, and no name cut at any width."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from bench.results import Results, load
from bench.study import Verdict
from bench.tables.sheets import Bar, Finding, sheet, telling
from bench.tell.terminal import show, show_run, show_sheets

SCREEN = 50  # lines


def shown(
    results: Results,
    width: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> list[str]:
    """The lines that a terminal of a width shows of a run, without colours."""
    monkeypatch.setattr("rich.console.Console.is_terminal", True)
    monkeypatch.setenv("COLUMNS", str(width))
    show_run(results)
    return re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("precision", ["float32", None])
def test_a_run_is_told_on_one_screen_and_no_name_is_cut(
    width: int,
    precision: str | None,
    small_run: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    results = load(small_run).part(precisions=precision)
    lines = shown(results, width, monkeypatch, capsys)
    assert max(map(len, lines)) <= width
    assert len(lines) <= SCREEN or width < 80
    words = {word.strip(",") for line in lines for word in line.split()}
    assert set(results.schemes) <= words


@pytest.mark.parametrize("columns", [None, 60, 100])
def test_a_pipe_gets_lines_of_80_letters_or_of_those_asked_for_and_places_whole(
    columns: int | None,
    small_run: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if columns is None:
        monkeypatch.delenv("COLUMNS")
    else:
        monkeypatch.setenv("COLUMNS", str(columns))
    show_run(load(small_run))
    lines = capsys.readouterr().out.splitlines()
    places = ("page ", "tables ", "next ")
    told = [len(line.rstrip()) for line in lines if not line.startswith(places)]
    assert (columns or 80) - 20 < max(told) <= (columns or 80)
    assert f"page    {small_run / 'report.html'}" in lines


def test_what_is_to_be_pasted_is_one_line_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    show([Finding("code", "To paste: h = 1; (f(x + h) - f(x)) / h", whole=True)])
    show([Finding("said", "It is no longer than a line of twenty.")])
    assert capsys.readouterr().out.splitlines() == [
        "To paste: h = 1; (f(x + h) - f(x)) / h",
        *("It is no longer than", "a line of twenty."),
    ]


def test_the_order_is_question_answer_table_warnings_and_what_next(
    small_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results = load(small_run).part(precisions="float32")
    lines = shown(results, 100, monkeypatch, capsys)
    text = " ".join(" ".join(lines).split())
    order = [
        results.record.study.question[:60],
        "In float32, over 2 smooth problems, autograd (jax.grad) reaches ",
        "What stops them is rounding, which grows as u/h (measured h^",
        "scheme",
        "Worst problem of the best scheme of each kind: ",
        "All 4 claims hold.",
        "! ",
        "page ",
        "tables ",
        "next ",
    ]
    places = [text.index(each) for each in order]
    assert places == sorted(places)


def test_one_blank_line_stands_before_the_warnings_and_before_what_is_next(
    small_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = shown(load(small_run).part(precisions="float32"), 100, monkeypatch, capsys)
    warned = [i for i, line in enumerate(lines) if line.startswith("! ")]
    last = next(i for i, line in enumerate(lines) if line.startswith("page "))
    assert lines[warned[0] - 1] == lines[last - 1] == ""
    assert not any(a == b == "" for a, b in pairwise(["", *lines, ""]))


def test_a_refuted_claim_is_told_in_full(
    small_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results = load(small_run).part(precisions="float32")
    wrong = Verdict(
        "The moon is cheese.", "refuted", 0.5, "at least 1", 3, "median value", "Wallace"
    )
    record = results.record.model_copy(update={"verdicts": (wrong, *results.record.verdicts)})
    lines = shown(replace(results, record=record), 160, monkeypatch, capsys)
    assert (
        "refuted: The moon is cheese. Measured 0.5, claimed at least 1 (median value, 3 rows; Wallace)."
    ) in lines
    assert any(
        line.startswith("Of the study's claims, 4 of 5 hold, 1 of 5 is refuted. ") for line in lines
    )


def test_schemes_are_sorted_by_their_digits(
    small_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = shown(load(small_run).part(precisions="float32"), 100, monkeypatch, capsys)
    first = next(i for i, line in enumerate(lines) if line.startswith("─")) + 1
    rows = [line.split() for line in lines[first : lines.index("", first)]]
    digits = [next(float(x) for x in row if re.fullmatch(r"\d+\.\d", x)) for row in rows]
    assert digits == sorted(digits, reverse=True)
    assert len(digits) > 8


def test_a_column_that_says_the_same_in_every_row_is_left_out() -> None:
    found = telling(sheet("", ("a", "b", "c"), [("x", "1", "2"), ("y", "1", "3")]))
    assert [each.words for each in found.headings] == ["a", "c"]
    assert found.rows == (("x", "2"), ("y", "3"))


@pytest.mark.parametrize(
    ("share", "drawn"), [(0.0, ""), (1.0, "████████"), (0.5, "████"), (0.51, "████▏"), (0.1, "▊")]
)
def test_a_bar_is_as_long_as_its_share(share: float, drawn: str) -> None:
    assert str(Bar(share)) == drawn


def test_a_table_in_a_narrow_file_breaks_no_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    names = [f"a_name_of_some_length_{i}" for i in range(4)]
    show([Finding("", "", sheet("", names, [[name.upper() for name in names]]))])
    out = capsys.readouterr().out
    assert all(name in out and name.upper() in out for name in names)


def test_a_table_too_wide_for_a_pipe_goes_on_below_with_its_names(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    numbers = ["first", "second", "third"]
    row = ["a_long_name", "1.25e-10", "2", "3"]
    show([Finding("", "", sheet("numbers", ["curve", *numbers], [row], right=numbers))])
    assert [each.rstrip() for each in capsys.readouterr().out.split("\n")] == [
        "numbers",
        "curve           first  second",
        "─────────────────────────────",
        "a_long_name  1.25e-10       2",
        "",
        "curve        third",
        "──────────────────",
        "a_long_name      3",
        "",
    ]
    show_sheets(sheet("", ["curve", *numbers], [row], right=numbers))  # a list: a row is a line
    assert capsys.readouterr().out.count("a_long_name") == 1
