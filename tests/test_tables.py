"""Curves, best steps, theory and the tables' columns."""

from __future__ import annotations

import csv
import io
import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bench
from bench.experiments.accuracy.conventions import conventions_of
from bench.experiments.accuracy.curves import best_of, curve_of, smoothed
from bench.experiments.accuracy.findings import autograd
from bench.experiments.accuracy.status import STATUSES
from bench.experiments.accuracy.summary import summary
from bench.experiments.accuracy.tables import BEST, MEASURES, STATISTICS, Best
from bench.formats import Format, formats
from bench.harmless import cell_of, csv_of, text_of
from bench.problems import problem, problems
from bench.results import known_tables, load
from bench.results.folder import Writer
from bench.schemes import schemes
from bench.study.reading import load as load_study
from bench.tables import Column, Table
from bench.theory import SILENT, Prediction, effective_weights, model, predict

KEYS = ["problem", "scheme", "precision", "backend", "device"]


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
        rows(
            [[1.0, -4.0], [-2.0, 5.0], [3.0, math.nan]],
            [["ok", "ok"], ["ok", "ok"], ["ok", "overflow"]],
        )
    )
    assert curve["h"].tolist() == [1.0, 0.5]
    assert curve["n_total"].tolist() == [3, 3]
    assert curve["n_ok"].tolist() == [3, 2]
    assert curve["error_median"].tolist() == [2.0, 4.5]
    assert curve["error_max"].tolist() == [3.0, 5.0]
    assert curve["error_p10"].tolist() == pytest.approx([1.2, 4.1])
    assert curve["relative_error_median"].tolist() == [1.0, 2.25]
    assert curve["error_ulps_median"].tolist() == [20.0, 45.0]


def test_failed_rows_are_in_no_statistic_whatever_their_numbers() -> None:
    right = [[1.0], [-2.0], [3.0]]
    curve = curve_of(rows(right, [["ok"]] * 3))
    failed = [[1e9], [-1e-9], [math.inf]]
    statuses = [["ok"]] * 3 + [["kink"], ["domain"], ["overflow"]]
    found = curve_of(rows([*right, *failed], statuses))
    for measure in MEASURES:
        for statistic in STATISTICS:
            name = f"{measure}_{statistic}"
            assert found[name].tolist() == curve[name].tolist(), name


def test_a_relative_error_is_over_the_size_of_the_truth_at_its_own_point() -> None:
    """Not over the estimate, the median truth, or 1 where that is small: 4, 8 and 2 in the end."""
    found = rows([[1.0], [-2.0], [16.0]])
    found["truth"] = np.array([0.25, -0.25, -8.0])
    curve = curve_of(found)
    assert [curve[f"relative_error_{s}"][0] for s in ("median", "max")] == [4.0, 8.0]
    assert curve["relative_truncation_error_max"].tolist() == [4.0]
    assert curve["relative_rounding_error_median"].tolist() == [2.0]
    frame = pd.DataFrame(found)
    derived = known_tables()["accuracy"].derived["relative_error"]
    assert derived.of(frame).tolist() == [4.0, 8.0, 2.0]


def test_the_median_is_not_the_mean() -> None:
    curve = curve_of(rows([[1.0], [2.0], [900.0]], [["ok"]] * 3))
    assert curve["error_median"].tolist() == [2.0]
    assert curve["relative_error_median"].tolist() == [1.0]


def test_quantiles_are_numpys(small_run: Path) -> None:
    results = load(small_run)
    accuracy = results.accuracy
    for _, point in results.curves[results.curves["h"].notna()].iloc[::37].iterrows():
        mine = accuracy[np.logical_and.reduce([accuracy[k] == point[k] for k in (*KEYS, "h")])]
        values = mine.loc[mine["status"] == "ok", "truncation_error"].abs()
        assert point["n_ok"] == len(values)
        if len(values):
            expected = np.quantile(values, [0.1, 0.5, 0.9])
            columns = [f"truncation_error_{s}" for s in ("p10", "median", "p90")]
            assert point[columns].to_numpy(float) == pytest.approx(expected, rel=1e-12)


OCTAVES = 2.0 ** -np.arange(8)
NOTHING = Best(*KEYS, *[math.nan] * 9, 2, 0, 0)


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
    results = load(small_run)
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
        "bound",
        "says",
        "calls",
        "computed_in",
        "status",
    ]
    for name, frame in results.tables.items():
        assert list(frame) == list(known_tables()[name].columns)
    categorical = [n for n, t in results.accuracy.dtypes.items() if t == "category"]
    assert categorical == [
        *("problem", "scheme", "precision", "backend", "device", "says", "computed_in", "status")
    ]
    assert str(results.accuracy["log2_step"].dtype) == "Int16"


def test_the_best_step_of_a_central_difference_is_near_theory(small_run: Path) -> None:
    best = load(small_run).best
    mine = best[(best["problem"] == "exp_sin") & (best["scheme"] == "central")]
    assert list(mine["precision"]) == ["float16", "bfloat16", "float32", "float64"]
    ratio = mine["best_step"] / mine["predicted_step"]
    assert ((ratio > 1 / 8) & (ratio < 8)).all()
    assert mine["truncation_slope"].to_numpy() == pytest.approx([2, 2, 2, 2], abs=0.25)
    assert mine["rounding_slope"].to_numpy() == pytest.approx([-1, -1, -1, -1], abs=0.3)


def test_a_step_at_which_many_points_fail_is_not_the_best() -> None:
    """Survivors are another curve: a small error of one point in three is no best step."""
    found = rows([[1.0, 1e-9], [1.0, 1.0], [1.0, 1.0]], [["ok", "ok"]] + [["ok", "domain"]] * 2)
    row = best_of(NOTHING, curve_of(found), SILENT, 2.0, 2.0**-24)
    assert (row.best_step, row.best_is_edge) == (1.0, 1)


@pytest.mark.parametrize(
    ("errors", "best_step", "is_edge", "octaves"),
    [
        ([100, 1, 1, 1, 1, 1, 100], 2.0**-2, 0, 2),  # beside a wall the mean is 4.6
        ([100, 1, 1, 1, 1, 100, 1, 1], 2.0**-2, 0, 1),  # what lies behind a wall is another valley
        ([1, 1, 1, 100], 1.0, 1, 1),
        ([100, 10, 5, 4], 2.0**-3, 1, 1),  # the last step is the best: its error is its own
        ([100, 8, 4, 8, 100], 2.0**-2, 0, 0),
        ([3], 1.0, 1, 0),
    ],
)
def test_a_best_step_is_told_with_its_valley_and_whether_it_is_at_an_edge(
    errors: list[float], best_step: float, is_edge: int, octaves: int
) -> None:
    curve = curve_of(rows([errors]))
    row = best_of(NOTHING, curve, SILENT, 2.0, 2.0**-24)
    assert (row.best_step, row.best_is_edge) == (best_step, is_edge)
    assert row.good_decades == pytest.approx(octaves * math.log10(2), abs=1e-12)


def test_an_edge_is_that_of_the_steps_that_count() -> None:
    """The largest step fails at a point, so that the one beside it is the first that counts."""
    found = rows([[1.0, 1.0, 9.0], [1.0, 1.0, 9.0]], [["domain", "ok", "ok"], ["ok"] * 3])
    row = best_of(NOTHING, curve_of(found), SILENT, 2.0, 2.0**-24)
    assert (row.best_step, row.best_is_edge) == (0.5, 1)


def test_points_of_which_the_derivative_is_zero_are_counted_apart() -> None:
    @problem("x³", interval=(0.5, 2.0), difficulty="none", source="a test")
    def flat_at_zero(x: Any, xp: Any) -> Any:
        """A cubic."""
        return x * x * x

    try:
        best = bench.run(
            "overview",
            problems="flat_at_zero",
            schemes=["forward", "grad"],
            precisions="float32",
            points=[0.0, 1.0, 1.5],
            steps=[0.5, 0.25],
        ).best.set_index("scheme")
    finally:
        problems.discard("flat_at_zero")
    assert best["n_truth_zero"].to_dict() == {"forward": 2, "grad": 1}
    assert best["n_ok"].to_dict() == {"forward": 4, "grad": 2}


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
    found = set(load(small_run).accuracy["status"])
    assert {"ok", "kink", "x_plus_h_equals_x", "unsupported"} <= found <= set(STATUSES)


def test_the_answer_says_on_how_many_problems_the_best_step_is_at_an_edge() -> None:
    found = bench.run(
        "overview",
        problems="exp_sin,tanh,softplus,rational",
        schemes="central",
        precisions="float32",
        points=8,
        steps="-9:-4",
    )
    edges = dict(zip(found.best["problem"], found.best["best_is_edge"], strict=True))
    count = sum(edges.values())
    assert 0 < count < 4
    (line,) = summary(found)
    assert (line.at_edge, line.problems) == (count, 4)
    (_, edge) = autograd(found)
    assert edge.warns
    assert edge.says == (
        "the best h of central is the first or last step on some problem: a better one may lie "
        "beyond (bench table best)"
    )
    inside = found.part(problems=[name for name, edge in edges.items() if not edge][:1])
    assert len(list(autograd(inside))) == 1


def test_the_summary_has_a_line_for_each_scheme_and_format(small_run: Path) -> None:
    lines = summary(load(small_run))
    assert len(lines) == 4 * len(load_study("overview").schemes)
    by_name = {(line.precision, line.scheme): line for line in lines}
    assert by_name["float16", "complex_step"].went_wrong == "all unsupported"
    assert by_name["float64", "central8"].digits > by_name["float64", "forward"].digits + 4
    assert "x+h=x" in by_name["float32", "forward"].went_wrong
    assert by_name["float32", "grad"].worst_problem == "exp_sin"


def test_conventions_show_what_comes_back_at_a_kink(small_run: Path) -> None:
    (found,) = conventions_of(load(small_run))
    assert (found.label, found.x) == ("|x|", 0.0)
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
FORMULAS = ["=1+1", "+x", "-x", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "'=1", "''=1", "'-5"]
words = st.sampled_from(
    ["plain", 'it\'s, "quoted"', "new\nline", "", "NaN", "null", "ünï ²", "'", "-1e-3", *FORMULAS]
)


def column(each: Column, size: int) -> st.SearchStrategy[Any]:
    """A column of random values, as a run has them before they are stored."""
    limit = 2 ** (each.bits - 1) - 1
    wholes = st.integers(-limit, limit)
    values: st.SearchStrategy[Any] = {"text": words, "number": numbers, "whole": wholes}[each.kind]
    if each.gaps:  # they come as floats, and NaN is none
        few = st.integers(-min(limit, 2**53), min(limit, 2**53)).map(float)
        values = st.one_of(few, st.just(math.nan))
    if each.finite:
        values = values.filter(lambda value: not math.isinf(value))
    return st.lists(values, min_size=size, max_size=size)


def same(found: pd.Series[Any], expected: list[Any], each: Column) -> None:
    """The same values to the last bit; every NaN counts as the same."""
    if each.kind == "text":
        assert list(found) == expected, each.name
    elif each.kind == "whole":
        wanted = [None if math.isnan(value) else int(value) for value in expected]
        assert [None if pd.isna(value) else int(value) for value in found] == wanted, each.name
    else:
        assert found.dtype == np.float64
        assert [struct.pack("<d", math.nan if math.isnan(v) else v) for v in found] == [
            struct.pack("<d", math.nan if math.isnan(v) else v) for v in expected
        ], each.name


@pytest.mark.parametrize("table", known_tables().values(), ids=list(known_tables()))
@settings(max_examples=20, deadline=None)
@given(data=st.data(), size=st.integers(1, 6))
def test_every_value_of_every_table_survives_the_way_to_the_folder_and_back(
    table: Table, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, size: int
) -> None:
    given_ = {name: data.draw(column(each, size)) for name, each in table.columns.items()}
    first = table.names[0]  # no row may be there twice
    given_[first] = [f"{i} {word}" for i, word in enumerate(given_[first])]
    folder = tmp_path_factory.mktemp("table")
    writer = Writer(folder)
    columns = {name: np.array(values) for name, values in given_.items()}
    writer.append(table, table.of_columns(columns))
    writer.finish()
    found = table.read(folder, size)
    for name, each in table.columns.items():
        same(found[name], given_[name], each)


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_in_a_csv_file_is_a_formula_to_a_spreadsheet(text: str) -> None:
    frame = pd.DataFrame({"text": [text], "number": [-1e-3]})
    (row,) = csv.DictReader(io.StringIO(csv_of(frame), newline=""))
    assert row == {"text": f"'{text}", "number": "-0.001"}


@given(st.text(alphabet="'=+-@ 1e\t\r\n"))
def test_every_text_is_read_from_the_cell_that_it_was_written_into(text: str) -> None:
    assert text_of(cell_of(text)) == text


@pytest.mark.parametrize("text", ["-1e-3", "+5", "-inf", "1", ""])
def test_a_number_written_as_text_stays_one(text: str) -> None:
    assert cell_of(text) == text


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
    axes |= {"precisions": ["float16", "float32"], "schemes": ["forward", "grad"]}
    returned = bench.run("overview", **axes)
    stored = bench.run("overview", **axes, out=tmp_path)
    assert stored.folder == tmp_path / "overview-relu-tanh-grad-forward-float16-float32-points4"
    pd.testing.assert_frame_equal(
        returned.accuracy, stored.accuracy, check_categorical=False, check_exact=True
    )
    pd.testing.assert_frame_equal(returned.curves, stored.curves, check_exact=True)
    pd.testing.assert_frame_equal(returned.best, stored.best, check_exact=True)


def test_the_accuracy_table_is_the_same_bytes_on_a_rerun(tmp_path: Path) -> None:
    axes: dict[str, Any] = {"problems": ["sin_exp"], "points": 4, "figures": False}
    axes |= {"precisions": ["float32"]}
    first = bench.run("overview", **axes, out=tmp_path / "1")
    second = bench.run("overview", **axes, out=tmp_path / "2")
    assert first.folder is not None
    assert second.folder is not None
    for name in first.tables:
        name = known_tables()[name].file
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()


def test_a_function_that_hardly_bends_gets_its_best_step_beyond_x() -> None:
    """exp(-x/10^6): theory asks for a step of 6.9, and the sweep goes beyond |x|."""

    @problem("e^(-x/10⁶)", interval=(0.5, 1.5), difficulty="none", source="a test")
    def hardly_bent(x: Any, xp: Any) -> Any:
        """An exponential that hardly bends."""
        return xp.exp(-x / 1_000_000)

    try:
        found = bench.run(
            "theory", problems="hardly_bent", schemes="central", precisions="float64", points=64
        )
    finally:
        problems.discard("hardly_bent")
    (row,) = found.best.to_dict("records")
    assert row["predicted_step"] == pytest.approx(6.9, abs=0.1)
    assert 0.5 < row["best_step"] / row["predicted_step"] < 2
    assert row["best_is_edge"] == 0


def test_the_rules_of_the_best_step_are_stated_whole_where_columns_are_listed() -> None:
    said = BEST.columns["best_step"].means
    for rule in (
        "lowest median relative error",
        "geometric mean with the neighbours an octave away",
        "at an end of the sweep the error itself",
        "an error of 0 counts as u/1024",
        "at least 90% as many points are ok as at any",
    ):
        assert rule in said
    assert BEST.columns["digits"].means == "-log10 of best_error; inf for no error"
