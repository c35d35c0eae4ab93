"""Curves, best steps, theory and the tables' columns."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bench
from bench import store
from bench.curves import best_of, curve_of, smoothed
from bench.formats import Format, formats
from bench.report import conventions, summary
from bench.schemes import schemes
from bench.status import STATUSES
from bench.study import load
from bench.table import ACCURACY, BEST, CURVES, KEY, accuracy_table, best_frame, curves_frame
from bench.theory import SILENT, Prediction, effective_weights, model, predict

CURVE = {"problem": "p", "scheme": "s", "precision": "float32", "backend": "numpy", "device": "cpu"}


def rows(errors: list[list[float]], statuses: list[list[str]] | None = None) -> dict[str, Any]:
    """Rows of two or more points by steps 1, 1/2, 1/4 .., truth 2."""
    n, m = len(errors), len(errors[0])
    error = np.array(errors).reshape(-1)
    status = np.array(statuses or [["ok"] * m] * n).reshape(-1)
    return {
        "x": np.repeat(np.arange(n, dtype=float), m),
        "h": np.tile(np.ldexp(1.0, -np.arange(m)), n),
        "log2_step": np.tile(-np.arange(m, dtype=float), n),
        "truth": np.full(n * m, -2.0),
        "error": error,
        "error_ulps": error * 10,
        "truncation_error": error / 2,
        "rounding_error": error / 2,
        "status": status,
    }


def test_statistics_are_over_the_ok_rows_of_each_step() -> None:
    curve = curve_of(
        CURVE,
        rows(
            [[1.0, -4.0], [-2.0, 5.0], [3.0, math.nan]],
            [["ok", "ok"], ["ok", "ok"], ["ok", "overflow"]],
        ),
    )
    assert curve["h"].tolist() == [1.0, 0.5]
    assert curve["n_total"].tolist() == [3, 3]
    assert curve["n_ok"].tolist() == [3, 2]
    assert curve["error_median"].tolist() == [2.0, 4.5]
    assert curve["error_max"].tolist() == [3.0, 5.0]
    assert curve["error_p10"].tolist() == pytest.approx([1.2, 4.1])
    assert curve["scaled_error_median"].tolist() == [1.0, 2.25]
    assert curve["error_ulps_median"].tolist() == [20.0, 45.0]


def test_quantiles_are_numpys(small_run: Path) -> None:
    results = store.load(small_run)
    accuracy = results.accuracy
    for _, point in results.curves[results.curves["h"].notna()].iloc[::37].iterrows():
        keys = ["problem", "scheme", "precision", "backend", "device", "h"]
        mine = accuracy[np.logical_and.reduce([accuracy[k] == point[k] for k in keys])]
        values = mine.loc[mine["status"] == "ok", "truncation_error"].abs()
        assert point["n_ok"] == len(values)
        if len(values):
            expected = np.quantile(values, [0.1, 0.5, 0.9])
            columns = [f"truncation_error_{s}" for s in ("p10", "median", "p90")]
            assert point[columns].to_numpy(float) == pytest.approx(expected, rel=1e-12)


OCTAVES = 2.0 ** -np.arange(8)


def test_steps_far_apart_are_not_smoothed() -> None:
    errors = np.array([1.0, 1e-6, 1.0])
    assert smoothed(errors, np.array([1e-1, 1e-2, 1e-3]), 2.0**-53).tolist() == pytest.approx(
        errors
    )


def test_smoothing_is_not_fooled_by_one_lucky_step() -> None:
    errors = np.array([1.0, 0.1, 0.01, 0.001, 0.01, 1e-9, 1.0, 10.0])
    assert (
        int(np.argmin(smoothed(np.array([1, 0.1, 0.01, 0.001, 0.01, 0.1]), OCTAVES[:6], 2.0**-24)))
        == 3
    )
    assert smoothed(errors, OCTAVES, 2.0**-24)[5] > 1e-5


def test_smoothing_leaves_out_what_is_not_a_number() -> None:
    found = smoothed(np.array([math.nan, 1.0, 4.0, 16.0, math.nan]), OCTAVES[:5], 2.0**-24)
    assert np.isnan(found[[0, 4]]).all()
    assert found[1:4].tolist() == pytest.approx([1.0, 4.0, 16.0])


def test_columns_are_those_of_the_design(small_run: Path) -> None:
    results = store.load(small_run)
    assert list(results.accuracy) == list(ACCURACY)
    assert list(results.accuracy) == [
        "problem",
        "scheme",
        "precision",
        "backend",
        "device",
        "x",
        "log2_step",
        "h",
        "estimate",
        "truth",
        "error",
        "truncation_error",
        "rounding_error",
        "error_ulps",
        "evaluations",
        "status",
    ]
    assert list(results.curves) == list(CURVES)
    assert list(results.best) == list(BEST)
    categorical = [n for n, t in results.accuracy.dtypes.items() if t == "category"]
    assert categorical == ["problem", "scheme", "precision", "backend", "device", "status"]
    assert str(results.accuracy["log2_step"].dtype) == "Int16"


def test_the_best_step_of_a_central_difference_is_near_theory(small_run: Path) -> None:
    best = store.load(small_run).best
    mine = best[(best["problem"] == "exp_sin") & (best["scheme"] == "central")]
    assert list(mine["precision"]) == ["float16", "bfloat16", "float32", "float64"]
    ratio = mine["best_step"] / mine["predicted_step"]
    assert ((ratio > 1 / 8) & (ratio < 8)).all()
    assert mine["truncation_slope"].to_numpy() == pytest.approx([2, 2, 2, 2], abs=0.1)
    assert mine["rounding_slope"].to_numpy() == pytest.approx([-1, -1, -1, -1], abs=0.3)


def test_a_step_at_which_many_points_fail_is_not_the_best() -> None:
    """Survivors are another curve: a small error of one point in three is no best step."""
    found = rows([[1.0, 1e-9], [1.0, 1.0], [1.0, 1.0]], [["ok", "ok"]] + [["ok", "domain"]] * 2)
    row = best_of(curve_of(CURVE, found), SILENT, 2.0, 2.0**-24, 2)
    assert row["best_step"] == 1.0


def test_steps_that_underflow_stay_apart() -> None:
    found = bench.run(
        "overview",
        problems="exp_sin",
        schemes="forward",
        precisions="float16",
        points=4,
        steps="-40:0",
    )
    assert len(found.curves) == 41
    assert list(found.curves["log2_step"]) == list(range(0, -41, -1))
    assert (found.curves["h"] == 0).sum() == 16


def test_every_status_is_documented(small_run: Path) -> None:
    found = set(store.load(small_run).accuracy["status"])
    assert {"ok", "kink", "x_plus_h_equals_x", "unsupported"} <= found <= set(STATUSES)


def test_the_summary_has_a_line_for_each_scheme_and_format(small_run: Path) -> None:
    lines = summary(store.load(small_run))
    assert len(lines) == 2 * 4 * len(load("overview").schemes)  # two smooth problems: a table each
    by_name = {(line.precision, line.scheme): line for line in lines if line.group == "eˣ sin x"}
    assert by_name["float16", "complex_step"].went_wrong == "all unsupported"
    assert by_name["float64", "central8"].digits > by_name["float64", "forward"].digits + 4
    assert "x+h=x" in by_name["float32", "forward"].went_wrong
    assert by_name["float32", "grad"].worst_problem == "exp_sin"


def test_conventions_show_what_comes_back_at_a_kink(small_run: Path) -> None:
    (found,) = conventions(store.load(small_run))
    assert (found.problem, found.x) == ("absolute", 0.0)
    assert math.isnan(found.truth)
    expected = {"forward": 1.0, "backward": -1.0, "central": 0.0, "grad": 1.0, "jvp": 1.0}
    assert {name: found.estimates[name] for name in expected} == expected


# --- the way to the folder and back ------------------------------------------------------------


def numbers_of(precision: Format) -> st.SearchStrategy[float]:
    """Every number of a format, by its bits: zeros of both signs, subnormals, inf and NaN too."""
    kind = np.dtype(f"u{precision.dtype.itemsize}")
    patterns = st.integers(0, 2 ** (8 * kind.itemsize) - 1)
    return patterns.map(lambda bits: float(kind.type(bits).view(precision.dtype)))


special = st.sampled_from([0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, -(2.0**-1060)])
numbers = st.one_of(special, *map(numbers_of, formats.values()))
words = st.sampled_from(["plain", 'it\'s, "quoted"', "new\nline", "", "NaN", "null", "ünï ²"])
keys = st.fixed_dictionaries(dict.fromkeys(KEY, words))
step_powers = st.one_of(st.integers(-1074, 1023).map(float), st.just(math.nan))


def columns(names: Iterable[str], size: int) -> st.SearchStrategy[dict[str, Any]]:
    """Columns of random numbers, as a run has them before they are stored."""
    kinds = {
        "log2_step": step_powers,
        "evaluations": st.integers(1, 2**31 - 1),
        "n_total": st.integers(0, 2**62),
        "n_ok": st.integers(0, 2**62),
        "status": st.sampled_from(list(STATUSES)),
    }
    fixed = {n: st.lists(kinds.get(n, numbers), min_size=size, max_size=size) for n in names}
    return st.fixed_dictionaries({name: each.map(np.array) for name, each in fixed.items()})


def same(found: pd.Series[Any], expected: Any, name: str) -> None:
    """The same values to the last bit; every NaN counts as the same."""
    if name in (*KEY, "status"):
        assert list(found) == list(expected), name
    elif name in ("log2_step", "evaluations", "n_total", "n_ok"):
        wanted = [None if math.isnan(each) else int(each) for each in expected]
        assert [None if pd.isna(each) else int(each) for each in found] == wanted, name
    else:
        assert found.dtype == np.float64
        assert [struct.pack("<d", math.nan if math.isnan(v) else v) for v in found] == [
            struct.pack("<d", math.nan if math.isnan(v) else v) for v in expected
        ], name


def stored_and_loaded(
    folder: Path, key: dict[str, str], rows: Any, curve: Any, best: list[Any]
) -> store.Results:
    run = {"study": {}, "problems": {}, "schemes": {}, "claims": [], "probes": []}
    with store.replacing(folder) as writer:
        writer.append(accuracy_table(key, rows))
        writer.finish(curves_frame([key | curve]), best_frame(best), {}, run)
    return store.load(folder)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), key=keys, size=st.integers(1, 6))
def test_every_number_of_every_format_survives_the_way_to_the_folder_and_back(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, key: dict[str, str], size: int
) -> None:
    rows, curve, best = (
        data.draw(columns([name for name in names if name not in KEY], size))
        for names in (ACCURACY, CURVES, BEST)
    )
    of_best = [key | {name: column[i] for name, column in best.items()} for i in range(size)]
    results = stored_and_loaded(
        tmp_path_factory.mktemp("results") / "study", key, rows, curve, of_best
    )
    for table, given_columns in (
        (results.accuracy, rows),
        (results.curves, curve),
        (results.best, best),
    ):
        assert len(table) == size
        for name in table.columns:
            same(table[name], [key[name]] * size if name in KEY else given_columns[name], name)


# --- theory ----------------------------------------------------------------------------------


def test_prediction_minimises_the_model() -> None:
    sizes = {"value": 1.0, "slope": 2.0, "x_slope": 1.5, "high_derivative": 3.0}
    for name in ("forward", "central", "central4", "richardson", "ridders"):
        each = schemes[name]
        assert each.order is not None
        found = predict(each, formats["float32"], **sizes)
        steps = found.step * np.array([0.5, 0.9, 1.0, 1.1, 2.0])
        errors = [model(found, each.order, h) for h in steps]
        assert min(errors) == pytest.approx(found.error)
        assert errors.index(min(errors)) == 2


def test_the_textbooks_best_step_of_a_forward_difference() -> None:
    """f = f'' = 1, no rounding of x: h = 2 sqrt(u), error 2 sqrt(u) for weights -1 and 1."""
    found = predict(
        schemes["forward"],
        formats["float64"],
        value=1.0,
        slope=1.0,
        x_slope=0.0,
        high_derivative=1.0,
    )
    assert found.step == pytest.approx(2 * 2.0**-26.5)
    assert found.error == pytest.approx(2 * 2.0**-26.5)


def test_without_truncation_error_the_larger_step_is_the_better() -> None:
    sizes = {"value": 1.0, "slope": 1.0, "x_slope": 1.0, "high_derivative": 0.0}
    assert predict(schemes["central"], formats["float32"], **sizes) == Prediction(math.inf, 0.0)


def test_ridders_becomes_the_stencil_on_its_points() -> None:
    weights = effective_weights(schemes["ridders"])
    assert weights is not None
    assert sum(weights) == 0
    assert len(weights) == 10


# --- Python users ----------------------------------------------------------------------------


def test_run_returns_tidy_tables_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = bench.run(
        "overview", precisions="float32", problems=["tanh"], schemes=["central", "grad"], points=3
    )
    assert isinstance(found.accuracy, pd.DataFrame)
    assert set(found.accuracy["scheme"]) == {"central", "grad"}
    assert found.folder is None
    assert list(tmp_path.iterdir()) == []


def test_what_is_stored_is_what_is_returned(tmp_path: Path) -> None:
    axes: dict[str, Any] = {"problems": ["tanh", "relu"], "points": 4, "figures": False}
    returned = bench.run("overview", **axes)
    stored = bench.run("overview", **axes, out=tmp_path)
    assert stored.folder == tmp_path / "overview-relu-tanh-points4"
    pd.testing.assert_frame_equal(
        returned.accuracy, stored.accuracy, check_categorical=False, check_exact=True
    )
    pd.testing.assert_frame_equal(returned.curves, stored.curves, check_exact=True)
    pd.testing.assert_frame_equal(returned.best, stored.best, check_exact=True)


def test_the_accuracy_table_is_the_same_bytes_on_a_rerun(tmp_path: Path) -> None:
    axes: dict[str, Any] = {"problems": ["sin_exp"], "points": 4, "figures": False}
    first = bench.run("overview", **axes, out=tmp_path / "1")
    second = bench.run("overview", **axes, out=tmp_path / "2")
    assert first.folder is not None
    assert second.folder is not None
    for name in ("accuracy.parquet", "curves.csv", "best.csv"):
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()


def test_the_readme_says_of_each_column_what_the_tables_say() -> None:
    told = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    found = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", told, flags=re.MULTILINE))
    escaped = {name: meaning.replace("|", "\\|") for name, meaning in (ACCURACY | BEST).items()}
    assert {name: found.get(name) for name in escaped} == escaped
