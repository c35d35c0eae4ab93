"""Two runs beside each other: what is equal, what became worse, and the gates."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import bench
from bench.cli import app
from bench.comparison import Comparison, compare
from bench.comparison.columns import (
    BEST_OF_BOTH,
    CHANGED,
    GRADIENTS_OF_BOTH,
    ONLY,
    STEPS,
    TIMES,
)
from bench.comparison.gate import MEASURES, gate
from bench.comparison.page import html, write
from bench.comparison.told import as_markdown, sentences
from bench.registry import InputError
from bench.store import Results
from bench.study import Study
from bench.table import KEY
from bench.timing.columns import TIMING

CENTRAL = {"problem": "exp_sin", "scheme": "central", "precision": "float32"}
FORWARD = {"problem": "quadratic", "scheme": "forward", "precision": "float64"}
TABLES = ("accuracy.parquet", "curves.csv", "best.csv")


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small stored run: two problems, three schemes, two formats."""
    results = bench.run(
        "overview",
        problems=["quadratic", "exp_sin"],
        schemes=["forward", "central", "grad"],
        precisions=["float32", "float64"],
        points=8,
        out=tmp_path_factory.mktemp("old"),
        figures=False,
    )
    assert results.folder is not None
    return results.folder


@pytest.fixture
def new(old: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(old, tmp_path / "new"))


def cli(*words: str | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["compare", *map(str, words)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def of(frame: pd.DataFrame, wanted: dict[str, Any]) -> Any:
    return np.logical_and.reduce([frame[name] == value for name, value in wanted.items()])


def edit_rows(folder: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Change accuracy.parquet."""
    table = pq.read_table(folder / "accuracy.parquet")
    changed = change(table.to_pandas())
    pq.write_table(
        pa.Table.from_pandas(changed, table.schema, preserve_index=False),
        folder / "accuracy.parquet",
    )


def edit_csv(folder: Path, name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Change a CSV table; the other numbers stay as they are, to the last bit."""
    change(pacsv.read_csv(folder / name).to_pandas()).to_csv(folder / name, index=False)


def edit_run(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    change(run)
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")


def scaled(
    wanted: dict[str, Any], column: str, factor: float
) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[of(frame, wanted), column] *= factor
        return frame

    return change


def dropped(wanted: dict[str, Any]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame[~of(frame, wanted)]


def make_worse(folder: Path, factor: float) -> None:
    """Plant an error: one curve's estimates move, and its errors grow by a factor."""
    edit_rows(folder, scaled(CENTRAL, "estimate", 1 + 2**-10))
    edit_csv(folder, "curves.csv", scaled(CENTRAL, "scaled_error_median", factor))
    edit_csv(folder, "best.csv", scaled(CENTRAL, "best_error", factor))

    def fewer(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[of(frame, CENTRAL), "digits"] -= math.log10(factor)
        return frame

    edit_csv(folder, "best.csv", fewer)


def time_row(scheme: str, median: float, n: int = 1000, **other: Any) -> dict[str, Any]:
    """A row of timing.csv: quartiles 2% from the median, a noise floor of 2%, and 10% between processes."""
    whole = dict.fromkeys(("evaluations", "rounds", "processes"), 2)
    key = {
        "problem": "exp_sin",
        "scheme": scheme,
        "precision": "float32",
        "backend": "numpy",
        "device": "cpu",
    }
    seconds = {"q1_seconds": 0.98 * median, "median_seconds": median, "q3_seconds": 1.02 * median}
    noise = {"between_processes": 0.1, "noise_floor": 0.02}
    known = key | {"n": n} | whole | seconds | noise | {"status": "ok", "reason": ""} | other
    return {name: known.get(name, math.nan) for name in TIMING}


def put_times(folder: Path, *rows: dict[str, Any]) -> None:
    pd.DataFrame(rows).to_csv(folder / "timing.csv", index=False)


def test_a_run_and_itself_are_equal_bit_for_bit(old: Path) -> None:
    found = compare(old, old)
    rows = len(pq.read_table(old / "accuracy.parquet"))
    assert found.best["rows"].sum() == found.best["equal"].sum() == rows
    assert set(found.best["bitwise"]) == {1.0}
    assert set(found.best["digits_lost"]) == {0.0}
    assert set(found.steps["error"].dropna()) == {1.0}
    assert len(found.only) == len(found.changed) == len(found.times) == 0


def test_the_same_study_run_twice_passes_every_gate(old: Path, tmp_path: Path) -> None:
    run = bench.load(old).run["study"]
    again = bench.run(
        "overview", problems=run["problems"], schemes=run["schemes"], precisions=run["precisions"],
        points=8, out=tmp_path, figures=False,
    ).folder  # fmt: skip
    assert again is not None
    gates = [
        "digits_lost > 0",
        "error > 1",
        "error_at_step > 1",
        "bitwise < 1",
        "ok_lost > 0",
        "missing > 0",
        "missing_steps > 0",
        "missing_times > 0",
    ]
    code, shown, told = cli(old, again, *(word for each in gates for word in ("--fail-if", each)))
    assert (code, told) == (0, "")
    assert shown.count("passed") == len(gates)


def test_a_planted_error_is_named_with_the_digits_it_costs(old: Path, new: Path) -> None:
    make_worse(new, 10**0.75)
    found = compare(old, new)
    worse = found.best[found.best["digits_lost"] != 0]
    assert worse[list(CENTRAL)].to_dict("records") == [CENTRAL]
    row = worse.iloc[0]
    assert row["digits_lost"] == pytest.approx(0.75)
    assert row["error"] == pytest.approx(10**0.75)
    steps = found.steps[of(found.steps, CENTRAL)]
    old_curve = bench.load(old).curves
    positive = steps["error_old"] > 0
    assert positive.sum() > 10
    np.testing.assert_allclose(steps["error"][positive], 10**0.75)
    np.testing.assert_array_equal(
        steps["error_old"], old_curve[of(old_curve, CENTRAL)]["scaled_error_median"]
    )
    assert set(found.steps[~of(found.steps, CENTRAL)]["error"].dropna()) == {1.0}


def test_digits_are_lost_by_a_real_change_of_the_noise(old: Path) -> None:
    options: dict[str, Any] = {
        "problems": "exp_sin",
        "schemes": "central",
        "precisions": "float64",
        "points": 8,
    }
    quiet, noisy = bench.run("overview", **options), bench.run("overview", noise=[1e-8], **options)
    changed = replace(
        noisy,
        **{
            name: getattr(noisy, name).assign(problem="exp_sin")
            for name in ("accuracy", "curves", "best")
        },
    )
    found = bench.compare(quiet, changed)
    lost = quiet.best["digits"].iloc[0] - noisy.best["digits"].iloc[0]
    assert lost > 3
    assert found.best["digits_lost"].tolist() == [lost]
    assert found.best["error"].iloc[0] == pytest.approx(10**lost)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [(math.nan, math.nan, True), (0.0, -0.0, False), (1.0, math.nextafter(1.0, 2.0), False)],
)
def test_equal_means_every_bit(old: Path, new: Path, one: float, other: float, equal: bool) -> None:
    def plant(value: float) -> Callable[[pd.DataFrame], pd.DataFrame]:
        def change(frame: pd.DataFrame) -> pd.DataFrame:
            place = np.flatnonzero(of(frame, FORWARD))[0]
            frame.iloc[place, frame.columns.get_loc("estimate")] = value
            return frame

        return change

    before = Path(shutil.copytree(old, new.with_name("before")))
    edit_rows(before, plant(one))
    edit_rows(new, plant(other))
    row = compare(before, new).best[lambda frame: of(frame, FORWARD)].iloc[0]
    assert row["equal"] == row["rows"] - (not equal)
    assert row["bitwise"] == row["equal"] / row["rows"]


def test_rows_are_matched_by_place_not_by_order(old: Path, new: Path) -> None:
    edit_rows(new, lambda frame: frame.sample(frac=1, random_state=1))
    found = compare(old, new)
    assert found.best["equal"].tolist() == found.best["rows"].tolist()
    assert found.best["rows"].sum() == len(pq.read_table(old / "accuracy.parquet"))


def test_what_is_in_one_run_only_is_listed(old: Path, new: Path) -> None:
    for name, edit in (("curves.csv", edit_csv), ("best.csv", edit_csv)):
        edit(new, name, dropped(FORWARD))
    edit_rows(new, dropped(FORWARD))
    step = CENTRAL | {"log2_step": -3}
    edit_rows(new, dropped(step))
    edit_csv(new, "curves.csv", dropped(step))
    found = compare(old, new)
    whole = bench.load(old).curves
    curve, single = found.only.to_dict("records")
    assert (curve["side"], curve["what"], curve["rows"]) == (
        "old",
        "curve",
        whole[of(whole, FORWARD)]["n_total"].sum(),
    )
    assert {name: curve[name] for name in FORWARD} == FORWARD
    assert (single["side"], single["what"], single["h"]) == ("old", "step", 2**-3)
    assert {name: single[name] for name in CENTRAL} == CENTRAL
    other_way = compare(new, old)
    assert other_way.only["side"].tolist() == ["new", "new"]
    row = found.best[of(found.best, CENTRAL)].iloc[0]
    assert (row["rows_only_old"], row["rows_only_new"]) == (single["rows"], 0)


def test_other_points_share_no_row_and_pass_no_gate_of_equality(old: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {
        "problems": "exp_sin",
        "schemes": "central",
        "precisions": "float64",
        "points": 8,
    }
    found = compare(bench.run("overview", **options), bench.run("overview", seed=1, **options))
    assert found.best["rows"].tolist() == [0]
    assert found.changed.to_dict("records") == [{"what": "study.seed", "old": "0", "new": "1"}]
    assert gate("bitwise < 1").judge(found).failed


def test_a_curve_that_no_longer_works_loses_all_digits(old: Path, new: Path) -> None:
    edit_csv(new, "best.csv", scaled(CENTRAL, "digits", math.nan))
    edit_csv(new, "best.csv", scaled(CENTRAL, "best_error", math.nan))
    found = compare(old, new)
    row = found.best[of(found.best, CENTRAL)].iloc[0]
    assert (row["digits_lost"], row["error"]) == (math.inf, math.inf)
    assert gate("digits_lost > 0.3").judge(found).failed
    back = compare(new, old).best
    assert back[of(back, CENTRAL)]["digits_lost"].tolist() == [-math.inf]


def test_rows_that_are_no_longer_ok_are_counted(old: Path, new: Path) -> None:
    def break_some(frame: pd.DataFrame) -> pd.DataFrame:
        ok = np.flatnonzero(of(frame, CENTRAL | {"status": "ok"}))[:5]
        frame["status"] = frame["status"].astype(str)
        frame.iloc[ok, frame.columns.get_loc("status")] = "overflow"
        return frame

    edit_rows(new, break_some)
    found = compare(old, new)
    assert found.best["ok_lost"].sum() == 5
    assert len(gate("ok_lost > 4").judge(found).rows) == 1
    assert not gate("ok_lost > 5").judge(found).failed


def test_a_changed_problem_is_told(old: Path, new: Path) -> None:
    edit_rows(new, scaled(CENTRAL, "truth", 2.0))
    rows = len(bench.load(old).accuracy[lambda frame: of(frame, CENTRAL)])
    assert sentences(compare(old, new))[-1] == (
        f"truth: differs in {rows} rows: the problems themselves were changed"
    )


def test_what_differs_between_the_runs_is_listed(old: Path, new: Path) -> None:
    def change(run: dict[str, Any]) -> None:
        run["versions"]["jax"] = "99"
        run["machine"]["cores"] = -1

    edit_run(new, change)
    about = bench.load(old).run
    assert compare(old, new).changed.to_dict("records") == [
        {"what": "versions.jax", "old": about["versions"]["jax"], "new": "99"},
        {"what": "machine.cores", "old": str(about["machine"]["cores"]), "new": "-1"},
    ]


def test_a_probe_that_finds_something_else_is_listed(old: Path, new: Path) -> None:
    def change(run: dict[str, Any]) -> None:
        run["probes"][0]["found"] = "something else"

    edit_run(new, change)
    probe = bench.load(old).run["probes"][0]
    what = f"probes.{probe['probe']}, {probe['backend']} {probe['precision']}".rstrip()
    assert compare(old, new).changed.to_dict("records") == [
        {"what": what, "old": probe["found"], "new": "something else"}
    ]


def test_errors_of_gradients_are_compared_and_gated(old: Path, new: Path, tmp_path: Path) -> None:
    study = Study(
        name="small",
        question="Why?",
        problems=["bowl"],
        schemes=["central"],
        precisions=["float32"],
        points=1,
        gradients=[{"functions": ["rosenbrock"], "schemes": ["central"], "sizes": [2, 4]}],
    )
    before = bench.run(study, out=tmp_path / "a").folder
    assert before is not None
    after = Path(shutil.copytree(before, tmp_path / "b"))
    edit_csv(after, "gradients.csv", scaled({"n": 4}, "error", 3.0))
    assert compare(before, after).gradients["error"].tolist() == [1.0, pytest.approx(3.0)]
    code, shown, told = cli(before, after, "--fail-if", "gradient_error > 2")
    assert code == 1
    assert "gradients of n variables: 2 in both, 1 err the same" in shown
    assert told.endswith("bench: gate failed: gradient_error > 2, 1 row\n")
    edit_csv(after, "gradients.csv", dropped({"n": 4}))
    found = compare(before, after)
    assert found.only[["side", "what", "n"]].to_dict("records") == [
        {"side": "old", "what": "gradient", "n": 4}
    ]
    assert gate("missing_gradients > 0").judge(found).failed
    assert cli(old, new, "--fail-if", "gradient_error > 2")[::2] == (
        2,
        "bench: gate 'gradient_error > 2' has nothing to judge: the runs share no gradient\n",
    )


def test_runs_of_one_device_each_are_matched_across_devices(old: Path, new: Path) -> None:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(device="gpu")

    edit_rows(new, change)
    for name in ("curves.csv", "best.csv"):
        edit_csv(new, name, change)
    found = compare(old, new)
    assert set(found.best["device"]) == {"cpu and gpu"}
    assert found.best["equal"].sum() == len(bench.load(old).accuracy)


# Times


def test_a_time_is_claimed_only_outside_the_noise(old: Path, new: Path) -> None:
    before = Path(shutil.copytree(old, new.with_name("before")))
    put_times(before, time_row("forward", 1.0), time_row("central", 1.0), time_row("grad", 1.0))
    put_times(new, time_row("forward", 1.2), time_row("central", 1.5), time_row("grad", 0.5))
    found = compare(before, new).times.set_index("scheme")
    # The quartiles are 2% off and the floor is 10%: 1.02 * 1.1 / (0.98 / 1.1) = 1.26 is the limit.
    assert found["verdict"].to_dict() == {
        "forward": "no claim",
        "central": "slower",
        "grad": "faster",
    }
    assert found["time"].to_dict() == pytest.approx({"forward": 1.2, "central": 1.5, "grad": 0.5})
    assert found["high_old"].tolist() == pytest.approx([1.02 * 1.1] * 3)
    assert found["low_new"].tolist() == pytest.approx([m * 0.98 / 1.1 for m in (1.2, 1.5, 0.5)])
    failed = gate("time > 1.1").judge(compare(before, new))
    assert failed.rows["scheme"].tolist() == ["central"]


@pytest.mark.parametrize("side", ["old", "new"])
@pytest.mark.parametrize("noise", ["between_processes", "noise_floor"])
def test_the_largest_noise_of_both_runs_counts(old: Path, new: Path, side: str, noise: str) -> None:
    before = Path(shutil.copytree(old, new.with_name("before")))
    loud = {side: {noise: 0.6}}
    put_times(before, time_row("central", 1.0, **loud.get("old", {})))
    put_times(new, time_row("central", 2.0, **loud.get("new", {})))
    found = compare(before, new).times.iloc[0]
    assert (found["floor"], found["verdict"]) == (0.6, "no claim")


def test_nothing_is_claimed_where_the_noise_is_unknown(old: Path, new: Path) -> None:
    before = Path(shutil.copytree(old, new.with_name("before")))
    put_times(before, time_row("central", 1.0, between_processes=math.nan))
    put_times(new, time_row("central", 100.0))
    found = compare(before, new).times.iloc[0]
    assert (found["time"], found["verdict"]) == (100.0, "no claim")


def test_a_time_that_is_gone_is_missing_and_not_slower(old: Path, new: Path) -> None:
    before = Path(shutil.copytree(old, new.with_name("before")))
    put_times(before, *(time_row(scheme, 1.0) for scheme in ("central", "forward", "grad")))
    nothing = dict.fromkeys(["q1_seconds", "median_seconds", "q3_seconds", "noise_floor"], math.nan)
    put_times(new, time_row("central", 1.0, status="died", **nothing), time_row("forward", 1.0))
    found = compare(before, new)
    assert found.times[["scheme", "verdict"]].values.tolist() == [
        ["central", "ok in OLD, died in NEW"],
        ["forward", "no claim"],
    ]
    assert not gate("time > 0").judge(found).failed
    missing = gate("missing_times > 0").judge(found).rows
    assert missing[["side", "scheme", "n"]].values.tolist() == [
        ["old", "central", 1000],
        ["old", "grad", 1000],
    ]
    assert gate("missing_times > 0").judge(compare(before, old)).failed
    assert "ok in OLD, died in NEW" in cli(before, new)[1]


def test_times_of_two_machines_are_refused_unless_asked_for(old: Path, new: Path) -> None:
    before = Path(shutil.copytree(old, new.with_name("before")))
    edit_run(before, lambda run: run["machine"].update(processor="Alpha"))
    edit_run(new, lambda run: run["machine"].update(processor="Beta"))
    put_times(before, time_row("central", 1.0))
    put_times(new, time_row("central", 3.0))
    why = "not compared: the machines differ (processor Alpha and Beta); --across-machines compares them"
    found = compare(before, new)
    assert (len(found.times), found.about_times) == (0, why)
    assert found.best["equal"].sum() > 0
    code, shown, told = cli(before, new, "--fail-if", "time > 1.2")
    assert (code, shown) == (2, "")
    assert told == f"bench: gate 'time > 1.2' has nothing to judge: times are {why}\n"
    code, shown, _ = cli(before, new, "--fail-if", "time > 1.2", "--across-machines")
    assert code == 1
    assert compare(before, new, across_machines=True).times["time"].tolist() == [3.0]


def test_a_gate_on_times_is_refused_where_a_run_has_none(old: Path, new: Path) -> None:
    put_times(new, time_row("central", 1.0))
    assert cli(old, new, "--fail-if", "time > 1.2") == (
        2, "", "bench: gate 'time > 1.2' has nothing to judge: times are not compared: OLD has no times\n",
    )  # fmt: skip


def test_a_gate_on_times_without_an_error_bar_is_refused(old: Path, new: Path) -> None:
    put_times(new, time_row("central", 1.0, between_processes=math.nan))
    assert cli(new, new, "--fail-if", "time > 1.2")[::2] == (
        2,
        "bench: gate 'time > 1.2' has nothing to judge: no time has an error bar in both runs; "
        "two processes or more give one\n",
    )


def test_a_time_of_nothing_is_refused(old: Path, new: Path) -> None:
    put_times(new, time_row("central", 0.0))
    message = f"bench: timing.csv of {new} holds a time that is ok and not above 0\n"
    assert cli(old, new) == (2, "", message)


# Folders that are refused


@pytest.mark.parametrize("schema", [1, 99])
def test_another_schema_is_refused_in_a_sentence(old: Path, new: Path, schema: int) -> None:
    from bench.store import SCHEMA_VERSION

    edit_run(new, lambda run: run.update(schema=schema))
    message = f"bench: {new} has tables of schema {schema}; allowed: {SCHEMA_VERSION}\n"
    assert cli(old, new) == (2, "", message)
    assert cli(new, old) == (2, "", message)


@pytest.mark.parametrize("name", [*TABLES, "run.json", "timing.csv"])
def test_a_damaged_file_is_named(old: Path, new: Path, name: str) -> None:
    (new / name).write_bytes(b"\x00not a table\x00")
    code, shown, told = cli(old, new)
    assert (code, shown) == (2, "")
    assert told.startswith(f"bench: {new / name} cannot be read: ")
    assert told.count("\n") == 1


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_another_run_is_named(old: Path, new: Path, name: str) -> None:
    if name == "accuracy.parquet":
        edit_rows(new, dropped(FORWARD))
    else:
        edit_csv(new, name, dropped(FORWARD))
    code, shown, told = cli(old, new)
    assert (code, shown) == (2, "")
    assert name in told
    assert f"of {new} are not of the same run" in told


def test_a_table_cut_short_is_named(old: Path, new: Path) -> None:
    edit_rows(new, lambda frame: frame.iloc[:-1])
    assert cli(old, new) == (
        2, "", f"bench: accuracy.parquet and curves.csv of {new} are not of the same run: their curves or numbers of rows differ\n",
    )  # fmt: skip


def test_a_row_that_is_there_twice_is_refused(old: Path, new: Path) -> None:
    edit_csv(new, "best.csv", lambda frame: pd.concat([frame, frame.iloc[:1]]))
    code, _, told = cli(old, new)
    assert (code, told) == (2, "bench: best.csv holds a row twice; allowed: one row for each key\n")


def test_a_foreign_table_of_rows_is_named(old: Path, new: Path) -> None:
    table = pq.read_table(new / "accuracy.parquet")
    pq.write_table(table.drop_columns(["estimate"]), new / "accuracy.parquet")
    code, _, told = cli(old, new)
    assert code == 2
    assert told == f"bench: accuracy.parquet of {new} lacks column 'estimate'\n"


# Gates


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("digits > 1", f"gate 'digits > 1' names 'digits'; allowed: {', '.join(MEASURES)}"),
        ("digits_lost", "gate 'digits_lost' cannot be read; allowed: NAME OP NUMBER, such as digits_lost > 0.3, with OP among >, >=, < and <="),
        ("digits_lost > x", "gate 'digits_lost > x' cannot be read; allowed: NAME OP NUMBER, such as digits_lost > 0.3, with OP among >, >=, < and <="),
        ("error == 1", "gate 'error == 1' cannot be read; allowed: NAME OP NUMBER, such as digits_lost > 0.3, with OP among >, >=, < and <="),
        ("error > 1; import os", "gate 'error > 1; import os' cannot be read; allowed: NAME OP NUMBER, such as digits_lost > 0.3, with OP among >, >=, < and <="),
    ],
)  # fmt: skip
def test_a_wrong_gate_is_told_in_one_line(old: Path, text: str, message: str) -> None:
    assert cli(old, old, "--fail-if", text) == (2, "", f"bench: {message}\n")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("digits_lost > 0.3", 1),
        ("digits_lost>0.3", 1),
        ("Digits-Lost >= 2.5e-1", 1),
        ("digits_lost > 0.8", 0),
        ("error > 5", 1),
        ("error > 6", 0),
        ("error_at_step > 5", 1),
        ("error < 1", 0),
        ("bitwise < 0.9", 1),
        ("missing > 0", 0),
        ("missing < 1", 1),
    ],
)
def test_a_gate_decides_the_exit_code(old: Path, new: Path, text: str, code: int) -> None:
    make_worse(new, 10**0.75)  # 0.75 digits, a factor of 5.6
    assert cli(old, new, "--fail-if", text)[0] == code


def test_a_failed_gate_shows_the_offending_rows(old: Path, new: Path) -> None:
    make_worse(new, 10**0.75)
    code, shown, told = cli(old, new, "--fail-if", "digits_lost > 0.3", "--fail-if", "missing > 0")
    assert (code, told) == (1, "bench: gate failed: digits_lost > 0.3, 1 row\n")
    after = shown.partition("gate failed: digits_lost > 0.3")[2]
    row = next(line for line in after.splitlines() if "central" in line)
    assert row.split()[:4] == ["float32", "exp_sin", "central", "numpy"]
    assert "+0.75" in row.split()
    assert "gate missing > 0: passed" in shown


def test_a_gate_with_nothing_to_judge_is_refused(old: Path) -> None:
    options: dict[str, Any] = {"schemes": "central", "precisions": "float64", "points": 2}
    one, other = (bench.run("overview", problems=p, **options) for p in ("exp_sin", "quadratic"))
    with pytest.raises(InputError) as caught:
        gate("error > 2").judge(compare(one, other))
    assert str(caught.value) == "gate 'error > 2' has nothing to judge: the runs share no curve"
    assert len(gate("missing > 0").judge(compare(one, other)).rows) == 1


# What is shown


def test_every_column_is_documented(old: Path, new: Path) -> None:
    make_worse(new, 2.0)
    put_times(new, time_row("central", 1.0))
    found = compare(new, new)
    documented = {
        "best": BEST_OF_BOTH,
        "steps": STEPS,
        "times": TIMES,
        "gradients": GRADIENTS_OF_BOTH,
        "only": ONLY,
        "changed": CHANGED,
    }
    for name, columns in documented.items():
        assert list(getattr(found, name).columns) == list(columns)
    assert len(found.times) == 1


def test_json_has_every_row_and_no_number_that_json_lacks(old: Path, new: Path) -> None:
    make_worse(new, 10**0.75)
    edit_csv(new, "best.csv", scaled(FORWARD, "digits", math.nan))
    code, shown, _ = cli(old, new, "--format", "json", "--fail-if", "digits_lost > 0.3")

    def refuse(name: str) -> None:
        raise AssertionError(name)

    found = json.loads(shown, parse_constant=refuse)
    assert code == 1
    assert (found["old"], found["new"]) == (str(old), str(new))
    frame = compare(old, new)
    assert [len(found[name]) for name in ("best", "steps", "only")] == [
        len(frame.best),
        len(frame.steps),
        0,
    ]
    lost = {row["scheme"]: row["digits_lost"] for row in found["gates"][0]["rows"]}
    assert lost == {"forward": "inf", "central": pytest.approx(0.75)}


def test_markdown_is_tables_of_as_many_cells_as_columns(old: Path, new: Path) -> None:
    make_worse(new, 10**0.75)
    edit_run(new, lambda run: run["problems"]["exp_sin"].update(label="a | b <script>"))
    code, shown, _ = cli(old, new, "--format", "markdown")
    assert code == 0
    blocks = [block.splitlines() for block in shown.split("\n\n") if block.startswith("| ")]
    assert len(blocks) == 2
    for heading, rule, *rows in blocks:
        assert re.fullmatch(r"\|( -+:? \|)+", rule)
        counts = {len(re.findall(r"(?<!\\)\|", line)) for line in (heading, rule, *rows)}
        assert len(counts) == 1
        assert rows
    assert "a \\| b \\<script\\>" in shown


def test_long_tables_are_cut_unless_all_is_asked_for(old: Path, new: Path) -> None:
    edit_csv(new, "curves.csv", dropped({"problem": "exp_sin", "scheme": "central"}))
    edit_csv(new, "best.csv", dropped({"problem": "exp_sin", "scheme": "central"}))
    edit_rows(new, dropped({"problem": "exp_sin", "scheme": "central"}))
    steps = {"problem": "quadratic", "scheme": "forward"}
    few = lambda frame: frame[~(of(frame, steps) & (frame["h"] < 2**-3))]  # noqa: E731
    edit_rows(new, few)
    edit_csv(new, "curves.csv", few)
    count = len(compare(old, new).only)
    assert count > 20
    assert f"in one run only: the first 20 of {count}" in cli(old, new)[1]
    assert cli(old, new, "--all")[1].count("only in OLD  ") == count


def test_steps_are_shown_where_asked_for(old: Path, new: Path) -> None:
    make_worse(new, 10.0)
    assert "errors at each step" not in cli(old, new)[1]
    after = cli(old, new, "--steps")[1].partition("errors at each step")[2]
    count = of(compare(old, new).steps, CENTRAL).sum()
    assert len([line for line in after.splitlines() if "central" in line]) == count


def test_a_wrong_format_is_told(old: Path) -> None:
    code, shown, told = cli(old, old, "--format", "yaml")
    assert (code, shown) == (2, "")
    assert told == "bench: no format named 'yaml'; known: table, json, markdown\n"


class Page(HTMLParser):
    """What a page is made of: its tags, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def of_class(self, name: str) -> list[dict[str, str | None]]:
        return [
            attributes
            for tag, attributes in self.tags
            if tag == "path" and attributes["class"] == name
        ]


def test_the_page_draws_both_curves(old: Path, new: Path) -> None:
    make_worse(new, 100.0)
    found = compare(old, new)
    page = Page(html(found))
    with_steps = found.steps.dropna(subset="h")[list(KEY)].drop_duplicates()
    lines = [
        (a["d"], b["d"]) for a, b in zip(page.of_class("old"), page.of_class("new"), strict=True)
    ][2 - 1 :]
    assert len(lines) == len(with_steps) == 8
    assert sum(a != b for a, b in lines) == 1
    old_line, new_line = next(pair for pair in lines if pair[0] != pair[1])
    assert old_line is not None
    assert new_line is not None
    points = [
        [tuple(map(float, p)) for p in re.findall(r"[ML]([\d.]+) ([\d.]+)", line)]
        for line in (old_line, new_line)
    ]
    assert [x for x, _ in points[0]] == [x for x, _ in points[1]]
    heights = [a[1] - b[1] for a, b in zip(*points, strict=True)]
    assert min(heights) > 0  # two decades worse is higher up, by the same height everywhere
    assert max(heights) - min(heights) < 0.3


def test_the_page_shows_names_as_text_and_loads_nothing(old: Path, new: Path) -> None:
    nasty = """<script>alert("1")</script>' onload='x"""
    edit_run(new, lambda run: run["problems"]["exp_sin"].update(label=nasty))
    edit_run(new, lambda run: run["schemes"]["central"].update(label=nasty))
    make_worse(new, 2.0)
    text = html(compare(old, new))
    page = Page(text)
    assert nasty in page.text
    assert "script" not in {tag for tag, _ in page.tags}
    attributes = {name for _, found in page.tags for name in found}
    assert not attributes & {"onload", "src", "href", "srcset"}
    assert "url(" not in text
    assert "@import" not in text


def test_the_page_is_written_whole_with_the_gates(old: Path, new: Path, tmp_path: Path) -> None:
    make_worse(new, 10.0)
    out = tmp_path / "deep" / "page.html"
    code, shown, told = cli(
        old, new, "--out", out, "--fail-if", "digits_lost > 0.3", "--format", "json"
    )
    assert code == 1
    assert json.loads(shown)["gates"][0]["failed"] is True
    assert told.splitlines()[0] == f"bench: {out}"
    assert "gate digits_lost > 0.3: failed" in Page(out.read_text(encoding="utf-8")).text
    assert [path.name for path in out.parent.iterdir()] == ["page.html"]


def test_a_page_that_cannot_be_written_is_told(old: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InputError) as caught:
        write(compare(old, old), tmp_path / "file" / "page.html")
    assert str(caught.value) == f"cannot write {tmp_path / 'file' / 'page.html'}: File exists"


def test_the_function_is_the_one_of_the_package(old: Path) -> None:
    found = bench.compare(old, old)
    assert isinstance(found, bench.Comparison)
    assert bench.Comparison is Comparison
    assert repr(found).startswith(f"Comparison('{old}', '{old}', rows of best: 12, ")
    assert as_markdown(found, [], False, False).startswith("## ")


def test_curves_of_other_points_are_not_called_equal_and_are_told() -> None:
    def at(*points: float) -> Results:
        axes = {"problems": "quadratic", "schemes": "central", "precisions": "float32"}
        return bench.run("overview", points=points, steps="-3:-2", **axes)  # type: ignore[arg-type]

    said = "of the curves in both {} not of the same points and steps: their errors differ by that"
    apart = sentences(compare(at(0.5), at(0.75)))
    assert apart[0].startswith("curves: 1 in both; 0 equal bit for bit, ")
    assert apart[-1] == f"{said.format('1 are')}, too"
    same = sentences(compare(at(0.5), at(0.5)))
    assert same[0].startswith("curves: 1 in both; 1 equal bit for bit, ")
    assert not any(line.startswith("of the curves") for line in same)
