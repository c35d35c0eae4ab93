"""Runs of several processors: which did what, and whether their bits differ."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from test_journal import NAME, pieces_of, run, work

import bench
from bench.comparison.provenance import changed
from bench.formats import formats
from bench.results import Results, known_tables
from bench.results.bits import Twice, said_of, sheet_of
from bench.results.journal import Entry, Journal
from bench.results.machines import Machine, processor_of
from bench.results.shares import Done, Share
from bench.running import shares
from bench.running.shares import chosen, shares_of
from bench.running.work import Work
from bench.tell.findings import findings_of
from bench.tell.markup import plain
from bench.tell.page import page

HERE = Machine.here()
OTHER = HERE.model_copy(update={"processor": "Another 1"})
Change = Callable[[pa.Table], pa.Table]


def nudged(rows: pa.Table) -> pa.Table:
    """The rows with the next float32 for the first estimate."""
    place = rows.column_names.index("estimate")
    estimate = rows.column(place).to_numpy().copy()
    estimate[0] = np.nextafter(np.float32(estimate[0]), np.float32(np.inf))
    return rows.set_column(place, rows.schema.field(place), pa.array(estimate))


def journal(folder: Path, asked: list[Work], theirs: list[Work], change: Change) -> Journal:
    """A journal of work, of which another processor did a part, and its first item otherwise."""
    found = Journal(folder, known_tables())
    for each in asked:
        pieces = pieces_of(each)
        if each is theirs[0]:
            table, rows = pieces[0]
            pieces[0] = table, change(rows)
        machine = OTHER if each in theirs else HERE
        list(found.recording(each.key, pieces, Entry(machine=machine)))
    return found


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A stored run that one machine did."""
    out = tmp_path_factory.mktemp("run")
    run(out)
    return bench.load(out / NAME)


def shared(results: Results, *found: Share) -> Results:
    """The run with these shares."""
    return replace(results, record=results.record.model_copy(update={"shares": found}))


def said(results: Results) -> list[str]:
    return [each.says for each in findings_of(results) if each.name == "processors"]


def test_bits_that_differ_between_processors_are_found_and_told(
    tmp_path: Path, results: Results
) -> None:
    """Of two items as of another processor one estimate is the next one."""
    asked = work()[:3]
    found = shares_of(asked, journal(tmp_path, asked, asked[:2], nudged), HERE)
    names = {"problem": ("quadratic",), "precision": ("float32",), "device": ("cpu",)}
    numpy = names | {"scheme": ("forward", "central"), "backend": ("numpy",)}
    jax = names | {"scheme": ("grad",), "backend": ("jax",)}
    items = ("float32 quadratic on numpy", "float32 quadratic by grad on jax")

    def kind(scheme: str, backend: str, rows: int, differ: int, ulps: float) -> Twice:
        names = {"scheme": scheme, "precision": "float32", "backend": backend}
        found = {"rows": rows, "differ": differ, "ulps": ulps, "digits": 0.0}
        return Twice(table="accuracy", names=names, **found)

    assert found == (
        Share(
            machine=OTHER,
            count=2,
            items=tuple(
                Done(item=item, experiment="accuracy", names=each)
                for item, each in zip(items, (numpy, jax), strict=True)
            ),
            again=items[::-1],
            kinds=2,
            met=2,
            twice=(
                kind("grad", "jax", 4, 0, 0.0),
                kind("forward", "numpy", 20, 1, 1.0),
                kind("central", "numpy", 20, 0, 0.0),
            ),
        ),
        Share(machine=HERE, count=1),
    )
    told = shared(results, *found)
    sentence = (
        f"2 of 3 items were done by Another 1, and 2 of them again by {HERE.processor}: 1 of 44 "
        "rows that both did has other bits, by at most 1 ulp, all with scheme forward, "
        "precision float32, backend numpy; curves have as many digits"
    )
    assert said(told) == [sentence]
    assert results.folder is not None
    shown = page(told, results.folder)
    assert sentence in shown
    assert f"rows that have other bits on Another 1 than on {HERE.processor}" in shown
    assert shares_of(asked[2:], journal(tmp_path, asked, asked[:2], nudged), HERE) == ()
    row = changed(results.record, told.record).set_index("what").loc["processors"]
    assert list(row) == ["not there", f'["Another 1", "{HERE.processor}"]']


def test_processors_of_equal_bits_are_told_too(tmp_path: Path, results: Results) -> None:
    asked = work()[:3]
    found = shares_of(asked, journal(tmp_path, asked, asked[:1], lambda rows: rows), HERE)
    assert said(shared(results, *found)) == [
        f"1 of 3 items were done by Another 1, and 1 of them again by {HERE.processor}: none of "
        "40 rows that both did has other bits"
    ]


def test_one_item_of_each_kind_is_done_again() -> None:
    """Two problems, in two formats, by two kinds of schemes: four kinds."""
    assert [str(each.item) for each in chosen(work())] == [
        "float32 quadratic by grad on jax",
        "float64 exp_sin by grad on jax",
        "float32 quadratic on numpy",
        "float64 exp_sin on numpy",
    ]


def test_no_item_is_done_again_after_a_while(
    tmp_path: Path, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shares, "SECONDS", 0.0)
    asked = work()[:3]
    told: list[str] = []
    found = shares_of(
        asked, journal(tmp_path, asked, asked[:2], lambda rows: rows), HERE, told.append
    )
    assert told == ["float32 quadratic by grad on jax"]
    assert said(shared(results, *found)) == [
        f"2 of 3 items were done by Another 1, and 1 of them, of 1 of 2 kinds, again by "
        f"{HERE.processor}: none of 4 rows that both did has other bits"
    ]


def kind(scheme: str, backend: str, differ: int, ulps: float | None = 2.0, **other: Any) -> Twice:
    """A hundred rows of a kind, some of which differ."""
    names = {"scheme": scheme, "precision": "float32", "backend": backend}
    return Twice(table="accuracy", names=names, rows=100, differ=differ, ulps=ulps, **other)


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ([], "no row of both"),
        ([kind("grad", "jax", 0)], "none of 100 rows of both has other bits"),
        (
            [kind("grad", "jax", 7), kind("central", "jax", 0), kind("grad", "numpy", 0)],
            "7 of 300 rows of both have other bits, by at most 2 ulps, all with scheme grad, "
            "precision float32, backend jax",
        ),
        (
            [kind("grad", "jax", 100), kind("central", "jax", 99, 4.2e6), kind("grad", "numpy", 0)],
            "199 of 300 rows of both have other bits, by at most 4.2e6 ulps, all with backend "
            "jax: 100% of grad, 99% of central",
        ),
        (
            [kind(name, "jax", 1 + i, None) for i, name in enumerate("abcde")],
            "15 of 500 rows of both have other bits: 5% of e, 4% of d, 3% of c and some of 2 more "
            "kinds",
        ),
        (
            [kind("a", "jax", 1, np.inf), kind("b", "numpy", 2, 9999.0)],
            "3 of 200 rows of both have other bits, by at most 9,999 ulps, some no number on one "
            "of both: 2% of b numpy, 1% of a jax",
        ),
        (
            [kind("a", "jax", 1, 1.0, digits=0.21), kind("b", "jax", 1, 1.0, digits=np.inf)],
            "2 of 200 rows of both have other bits, by at most 1 ulp: 1% of a, 1% of b; curves "
            "gain or lose at most 0.21 digits, but for those without error on one of both",
        ),
    ],
)
def test_what_differs_is_told_by_its_kind_the_most_first(found: list[Twice], sentence: str) -> None:
    assert said_of(found, "of both") == sentence


def test_kinds_of_rows_that_differ_are_a_table_the_most_first() -> None:
    found = [
        kind("grad", "jax", 1, 1.0, digits=0.0),
        kind("central", "jax", 3, 2.0**30, digits=0.2),
    ]
    told = sheet_of([*found, kind("ridders", "jax", 0)], "rows that differ")
    assert [each.words for each in told.headings] == [
        "scheme",
        "other bits",
        "share",
        "ulps at most",
        "digits at most",
    ]
    assert [[*map(plain, row)] for row in told.rows] == [
        ["central", "3", "3%", "1.1×10⁹", "0.20"],
        ["grad", "1", "1%", "1", "0"],
    ]


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["model name\t: AMD EPYC", "cpu family\t: 25", "model\t\t: 17", "model\t\t: 18"],
         "AMD EPYC (family 25, model 17)"),
        (["processor\t: 0", "model name\t: POWER9"], "POWER9"),
        (["CPU implementer\t: 0x41", "CPU part\t: 0xd40"],
         f"{platform.machine()} (implementer 0x41, part 0xd40)"),
        (["processor\t: 0"], ""),
    ],
)  # fmt: skip
def test_a_processor_is_told_by_its_name_and_kind(lines: list[str], name: str) -> None:
    assert processor_of(lines) == name


def test_values_are_apart_by_ulps_of_the_larger() -> None:
    one = [1.0, 1.0, 0.0, np.nan, np.nan, np.inf, 1.0, np.inf]
    other = [1.0, 1 - 2.0**-24, -0.0, np.nan, 1.0, np.inf, np.inf, -np.inf]
    expected = [0.0, 0.5, 0.0, 0.0, np.inf, 0.0, np.inf, np.inf]
    assert formats["float32"].apart(one, other).tolist() == expected
    assert formats["float32"].apart(other, one).tolist() == expected
