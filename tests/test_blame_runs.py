"""Blame as an experiment and as a command: settings, rows, findings, and what a person reads."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import bench
from bench.cli import REFUSED, app
from bench.experiments import experiments
from bench.experiments.blame import BLAME
from bench.experiments.blame.rows import blames_of
from bench.registry import InputError
from bench.results import Results
from bench.study import Study, narrow
from bench.tell.paper import table
from bench.values import Value

mine = experiments["blame"]


def study(*tables: dict[str, Value], **axes: Value) -> Study:
    asked = {
        "question": "Which line?",
        "problems": ["exp_sin"],
        "schemes": ["central"],
        "precisions": ["float32"],
        "points": 2,
        "blame": list(tables),
    }
    return Study.model_validate(asked | axes)


WAVE = {"problems": "exp_sin", "at": [0.75, 2.0], "of": ["f", "quotient", "gradient"]}


def rows(asked: Study) -> pd.DataFrame:
    found = [
        part.to_pandas()
        for item in mine.items(asked)
        for _, part in mine.rows(item, None, lambda done, what: None)
    ]
    return pd.concat(found, ignore_index=True)


# --- settings and items ----------------------------------------------------------------------


def test_a_study_names_functions_points_and_what_is_asked_of_them() -> None:
    asked = study({**WAVE, "step": 0.25})
    assert [(item.scheme, item.step) for item in mine.items(asked)] == [
        ("f", None), ("central", 0.25), ("grad", None),
    ]  # fmt: skip
    assert [str(item) for item in mine.items(asked)] == [
        "blame of exp_sin", "blame of central of exp_sin", "blame of grad of exp_sin",
    ]  # fmt: skip
    assert all(mine.size(item) == 2 for item in mine.items(asked))


def test_a_study_that_is_narrowed_blames_what_is_left() -> None:
    asked = study({**WAVE, "problems": ["exp_sin", "bowl"]}, problems=["exp_sin", "bowl"])
    left = narrow(asked, problems=["bowl"], schemes=["grad"])
    assert [(item.problem, item.scheme) for item in mine.items(left)] == [
        ("bowl", "f"), ("bowl", "grad"),
    ]  # fmt: skip
    assert mine.items(narrow(asked, problems=["tanh"])) == []


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({**WAVE, "at": []}, "line 4: key 'at' is (); allowed: a number, or a list of numbers or of lists of them"),
        ({**WAVE, "at": "one"}, "line 4: key 'at' is 'one'; allowed: a number, or a list of numbers or of lists of them"),
        ({**WAVE, "at": math.inf}, "line 4: key 'at': a point is inf; allowed: finite numbers"),
        ({**WAVE, "of": ["centrl"]}, "line 5: key 'of': no scheme named 'centrl' (did you mean 'central', 'central8' or 'central6'?); `bench list schemes` has all"),
        ({**WAVE, "step": 0}, "line 6: key 'step' is 0; allowed: a number above 0"),
        ({**WAVE, "problems": ["exp_cos"]}, "line 3: key 'problems': no problem named 'exp_cos' (did you mean 'exp_sin'?); `bench list problems` has all"),
    ],
)  # fmt: skip
def test_what_a_study_may_not_ask_is_told(
    table: dict[str, Value], said: str, tmp_path: Path
) -> None:
    lines = [f"{key} = {_toml(value)}" for key, value in table.items()]
    path = tmp_path / "mine.toml"
    path.write_text('question = "Which?"\n[[blame]]\n' + "\n".join(lines))
    with pytest.raises(InputError) as error:
        bench.run(path)
    assert said in str(error.value)


def _toml(value: Value) -> str:
    return "inf" if value == math.inf else repr(value)


def test_the_same_is_blamed_once_and_at_points_that_there_are() -> None:
    with pytest.raises(InputError) as error:
        mine.check(study(WAVE, {**WAVE, "of": "f"}))
    said = "f of exp_sin is in 2 tables [[blame]]; allowed: one, with all its points"
    assert str(error.value) == said
    with pytest.raises(InputError) as error:
        mine.check(study({"problems": "exp_sin", "at": [[1, 2]]}))
    assert str(error.value) == "exp_sin has no n = 2; allowed: 1 (the nearest is 1)"


# --- rows and findings -----------------------------------------------------------------------


def test_rows_hold_what_python_gives() -> None:
    found = rows(study(WAVE))
    for row, blame in blames_of(found):
        asked = bench.blame("exp_sin", [0.75, 2.0][row.point - 1], scheme=row.scheme)
        assert blame.lines == asked.lines
        assert (blame.value, blame.truth, blame.x) == (asked.value, asked.truth, asked.x)
    assert set(found["status"]) == {"ok"}
    assert np.allclose(found["share"] * found["error"], found["made"])
    sums = found.groupby(["scheme", "point"])[["made", "error"]].agg(
        {"made": "sum", "error": "first"}
    )
    assert np.allclose(sums["made"] / sums["error"], 1, atol=0.01)


def test_what_has_no_answer_is_a_row_that_says_why() -> None:
    asked = study({"problems": "log_near_zero", "at": [0.5, -1]})
    (lost,) = rows(asked).query("status == 'refused'").to_dict("records")
    assert lost["point"] == 2
    assert lost["reason"] == "log x, near 0 has no exact value at x = -1: nothing is to blame"
    (item,) = mine.items(asked)
    ended = [part.to_pandas() for _, part in mine.failed(item, "it took too long")]
    assert [tuple(each) for each in ended[0][["point", "status", "reason"]].to_numpy()] == [
        (1, "failed", "it took too long"), (2, "failed", "it took too long"),
    ]  # fmt: skip


def test_a_format_that_overflows_is_told_by_rows() -> None:
    asked = study({"problems": "exp_sin", "at": 12.0}, precisions=["float16"])
    (row,) = rows(asked).to_dict("records")
    assert (row["status"], row["value"]) == ("overflows", -math.inf)


@pytest.fixture(scope="module")
def run() -> Results:
    claim = {
        "says": "The quotient amplifies what exp_sin makes.",
        "measure": "value",
        "table": "blame",
        "column": "amplified",
        "where": {"file": "central", "scheme": "central"},
        "at_least": 10,
    }
    also = {"problems": "log_near_zero", "at": -1}
    return bench.run(study(WAVE, also, claims=[claim], findings=["blame"]))


def test_a_run_says_which_line_to_rewrite(run: Results) -> None:
    first, *others = mine.findings["blame"](run)
    assert first.says.startswith(
        "central of exp_sin, h = 2^-8, x = 2: float32 makes 100 % of its error at "
        "elementary.py:19 `return xp.exp(x) * xp.sin(x)`; central:1 "
        "`(f(x + h) - f(x - h)) / (2 * h)` amplifies it "
    )
    assert first.says.endswith(" One line makes most of the error in 6 of 6 cases.")
    assert first.sheet is not None
    assert [each.words for each in first.sheet.headings][:2] == ["function", "of"]
    assert [(each.says, each.warns) for each in others] == [
        ("not blamed: log x, near 0 has no exact value at x = -1: nothing is to blame", True)
    ]


def test_a_claim_may_be_about_a_line(run: Results) -> None:
    (verdict,) = run.record.verdicts
    assert (verdict.outcome, verdict.count) == ("held", 2)


def test_a_paper_has_the_lines_with_what_each_makes(run: Results) -> None:
    found = table("blame", run, schemes=["central"])
    head = found.splitlines()[2]
    assert (
        head
        == "| File | Point | Line | Source | Made here | % of the error | Amplified here | % explained |"
    )
    assert r"(f(x + h) - f(x - h)) / (2 \* h)" in found


# --- the command -----------------------------------------------------------------------------


def command(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["blame", *words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def test_the_command_says_which_line_to_rewrite_and_shows_the_source() -> None:
    code, shown, _ = command("(1-cos(x))/x^2", "--at", "1e-3")
    assert code == 0
    assert [line.rstrip() for line in shown.splitlines()] == [
        "float32 makes 100 % of its error at formula:1 `cos(x)`; formula:2 `1-cos(x)` amplifies it "
        "2e6 times: rewrite formula:2.",
        "",
        "(1-cos(x))/x^2 at x = 0.00100000005 is 0.476837099 in float32 and 0.499999958 exactly, an "
        "error of -2.3e-2 (4.6 % of the exact one), of which the lines explain 100 %.",
        "",
        "line  source          made here  of the error  amplified here",
        "─────────────────────────────────────────────────────────────",
        "1     cos(x)          −2.3×10⁻²         100 %",
        "2     1-cos(x)                0           0 %         2.0×10⁶",
        "3     x^2             −7.9×10⁻⁹           0 %",
        "4     (1-cos(x))/x^2  −6.6×10⁻⁹           0 %               1",
        "      all lines       −2.3×10⁻²         100 %",
    ]


def test_the_command_takes_a_scheme_a_step_and_a_point_of_n_variables() -> None:
    code, shown, _ = command("bowl", "--at", "1.1,2,0.3", "--scheme", "quotient", "--step", "2^-10")
    assert code == 0
    assert "central of bowl, h = 2^-10, at x = (1.10000002, 2, 0.300000012) is " in shown
    assert "central:1" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["x", "--at", "one"], "option 'at' is 'one'; allowed: numbers, parted by commas"),
        (["y", "--at", "1"], "no problem named 'y'"),
        (["sn(x)", "--at", "1"], "no function in a formula named 'sn' (did you mean 'sin'?)"),
        (["x", "--at", "1", "--precision", "float8"], "no precision named 'float8' (did you mean 'float64'?)"),
        (["x", "--at", "1", "--scheme", "grads"], "no scheme named 'grads' (did you mean 'grad' or 'autograd'?); `bench list schemes` has all"),
        (["x", "--at", "1", "--step", "2^x"], "option 'step' is '2^x'; allowed: a number, or a power of two such as 2^-12"),
        (["exp_sin", "--at", "1,2", "--scheme", "grad"], "exp_sin has no n = 2; allowed: 1 (the nearest is 1)"),
        (["x", "--at", "1", "--device", "tpu"], "no device named 'tpu' here; jax sees: cpu"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence(words: list[str], said: str) -> None:
    code, shown, told = command(*words)
    assert (code, shown) == (REFUSED, "")
    assert told.startswith(f"bench: {said}")
    assert told.count("\n") == 1


def test_a_notebook_shows_the_sentence_and_the_source() -> None:
    shown = bench.blame("(1-cos(x))/x^2", 1e-3)._repr_html_()
    assert shown.startswith("<p>float32 makes 100 % of its error at formula:1 `cos(x)`; ")
    assert "<td>1-cos(x)</td>" in shown


def test_a_terminal_shows_it_in_80_columns() -> None:
    assert max(map(len, repr(bench.blame("bowl", (1.1, 2.0, 0.3))).splitlines())) <= 80


def test_every_column_has_a_meaning() -> None:
    assert all(column.means for column in BLAME.columns.values())
