"""Many points are done some at a time: the rows, curves and best steps of all of them at once."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pandas as pd
import pytest

from bench.experiments import accuracy
from bench.experiments.accuracy import gathered
from bench.experiments.accuracy.cases import Item, items, points
from bench.experiments.accuracy.tables import ACCURACY, BEST, CURVES
from bench.formats import formats
from bench.problems import problems
from bench.study import Study

PLACE = ["scheme", "x", "h"]


def asked(**axes: Any) -> list[Item]:
    return items(Study.model_validate({"question": "a test", **axes}))


def tables(item: Item, **failed: str) -> dict[str, pd.DataFrame]:
    """The tables of an item as they are stored, the rows of estimates in the order of their keys."""
    pieces = accuracy.failed(item, **failed) if failed else done(item)
    found: dict[str, list[pd.DataFrame]] = {}
    for table, rows in pieces:
        found.setdefault(table.name, []).append(table.frame(rows).astype({"scheme": str}))
    whole = {name: pd.concat(each, ignore_index=True) for name, each in found.items()}
    rows = whole[ACCURACY.name].sort_values(PLACE, ignore_index=True)
    texts = {name: str for name, column in ACCURACY.columns.items() if column.kind == "text"}
    return whole | {ACCURACY.name: rows.astype(texts)}


def done(item: Item) -> Any:
    return accuracy.rows(item, accuracy.ahead(item), lambda *step: None)


@pytest.mark.parametrize("problem", ["exp_sin", "absolute", "square_root"])
@pytest.mark.parametrize(
    "axes",
    [
        {"schemes": ["forward", "central", "richardson"]},
        {"schemes": ["central"], "steps": [0.1, 1e-3, 0.3, 1e-60]},
        {"schemes": ["adaptive"]},
        {"schemes": ["complex_step"], "precisions": ["float16"]},
    ],
    ids=["steps 2^k", "steps of any order", "a procedure", "not supported"],
)
def test_some_points_at_a_time_come_to_what_all_at_once_do(
    problem: str, axes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (item,) = asked(**{"problems": [problem], "precisions": ["float32"], "points": 33} | axes)
    whole = tables(item)
    monkeypatch.setattr(accuracy, "POINTS", 8)
    for name, rows in tables(item).items():
        pd.testing.assert_frame_equal(rows, whole[name], check_exact=True)
    assert accuracy.size(item) == 5


def test_some_points_at_a_time_fail_as_all_at_once_do(monkeypatch: pytest.MonkeyPatch) -> None:
    (item,) = asked(problems=["exp_sin"], schemes=["central"], precisions=["float32"], points=9)
    whole = tables(item, reason="why")
    monkeypatch.setattr(accuracy, "POINTS", 4)
    for name, rows in tables(item, reason="why").items():
        pd.testing.assert_frame_equal(rows, whole[name], check_exact=True)
    assert whole[BEST.name]["reason"].tolist() == ["why"]
    assert len(whole[CURVES.name]) > 20


def test_memory_does_not_grow_with_points(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accuracy, "POINTS", 128)
    monkeypatch.setattr(gathered, "IN_MEMORY", 2**16)

    def peak(count: int) -> int:
        (item,) = asked(
            problems=["quadratic"], schemes=["central"], precisions=["float32"], points=count
        )
        tracemalloc.start()
        rows = sum(piece.num_rows for table, piece in done(item) if table is ACCURACY)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert rows > 40 * count
        return found

    peak(128)
    few, many = peak(512), peak(2048)
    assert many - few < 1536 * 40 * 8, "a column of the rows more"


@pytest.mark.parametrize("precision", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("problem", ["exp_sin", "reciprocal"])
def test_fewer_points_are_the_first_of_more(problem: str, precision: str) -> None:
    """But where a format has hardly so many, and all that are drawn are looked at."""
    few, many = (set(points(problems[problem], formats[precision], n, 0)) for n in (200, 3000))
    assert few <= many
    assert len(few) >= 200
