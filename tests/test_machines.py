"""Runs of several processors: which did what, and whether their bits differ."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from test_journal import NAME, pieces_of, run, work

import bench
from bench.comparison.processors import Processors, processors_of
from bench.comparison.provenance import changed
from bench.comparison.told import as_json, findings
from bench.formats import formats
from bench.results import Results, known_tables
from bench.results.bits import Twice, effect_of, said_of, sheet_of
from bench.results.journal import Entry, Journal
from bench.results.machines import Machine, processor_of
from bench.results.record import SEAL, Record
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
    where = f"Another 1, {HERE.cores} cores, {HERE.system}"
    assert f"<dt>2 items by</dt><dd>{where}: {', '.join(items)}</dd>" in shown
    assert shares_of(asked[2:], journal(tmp_path, asked, asked[:2], nudged), HERE) == ()
    row = changed(results.record, told.record).set_index("what").loc["processors"]
    assert list(row) == ["not there", f'["{HERE.processor}", "Another 1"]']


def test_processors_of_equal_bits_are_told_too(tmp_path: Path, results: Results) -> None:
    asked = work()[:3]
    found = shares_of(asked, journal(tmp_path, asked, asked[:1], lambda rows: rows), HERE)
    assert said(shared(results, *found)) == [
        f"1 of 3 items was done by Another 1, and 1 of them again by {HERE.processor}: none of "
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
            "2 of 200 rows of both have other bits, by at most 1 ulp: 1% of a, 1% of b",
        ),
    ],
)
def test_what_differs_is_told_by_its_kind_the_most_first(found: list[Twice], sentence: str) -> None:
    assert said_of(found, "of both") == sentence


@pytest.mark.parametrize(
    ("digits", "effect"),
    [
        ((None, None), ""),
        ((0.0, 0.0), "; curves have as many digits"),
        ((0.001, 0.0), "; curves gain or lose at most <0.01 digits"),
        (
            (0.21, np.inf),
            "; curves gain or lose at most 0.21 digits, but for those without error on one of both",
        ),
    ],
)
def test_what_other_bits_do_to_the_digits_is_told(
    digits: tuple[float | None, float | None], effect: str
) -> None:
    a, b = digits
    found = [kind("a", "jax", 1, digits=a), kind("b", "jax", 1, digits=b)]
    assert effect_of([*found, kind("c", "jax", 0, digits=9.0)]) == effect


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


# Runs that several processors did, beside each other


def of_another(results: Results) -> Results:
    """The run as if another processor had done all of it."""
    return replace(results, record=results.record.model_copy(update={"machine": OTHER}))


def nudging(results: Results, **wanted: str) -> Results:
    """The run with the next float for the estimates of some rows."""
    accuracy = results.accuracy.copy()
    mine = np.logical_and.reduce([accuracy[name] == value for name, value in wanted.items()])
    step = np.where(accuracy["precision"] == "float32", 2.0**-23, 2.0**-52)
    accuracy.loc[mine, "estimate"] *= (1 + step)[mine]
    return replace(results, tables={**results.tables, "accuracy": accuracy})


def told(old: Results, new: Results) -> list[str]:
    """What a comparison says of processors."""
    found = findings(bench.compare(old, new))
    return [each.says for each in found if each.name == "processors" and each.says]


def item(name: str, scheme: str, backend: str) -> Done:
    """An item in float32 that another processor did."""
    names = {"problem": (name,), "scheme": (scheme,), "precision": ("float32",)}
    whole = names | {"backend": (backend,), "device": ("cpu",)}
    return Done(item=f"float32 {name} on {backend}", experiment="accuracy", names=whole)


def test_a_run_of_another_processor_says_which_bits_differ_and_what_becomes_of_the_digits(
    results: Results,
) -> None:
    rows, some = len(results.accuracy), int((results.accuracy["scheme"] == "forward").sum())
    new = of_another(nudging(results, scheme="forward"))
    assert told(results, new) == [
        f"OLD was done by {HERE.processor}, NEW by Another 1: {some} of {rows} rows in both runs "
        "have other bits, by at most 2 ulps, all with scheme forward, backend numpy: 100% of "
        "float32, 100% of float64",
        "of 4 curves with other bits 4 have as many digits to a decimal",
    ]
    (sheet,) = [
        each.sheet
        for each in findings(bench.compare(results, new))
        if each.sheet and each.sheet.title == "rows that have other bits on another processor"
    ]
    assert [[*map(plain, row)][:2] for row in sheet.rows] == [
        ["forward", "float32"],
        ["forward", "float64"],
    ]


def test_digits_that_other_bits_cost_are_counted(results: Results) -> None:
    best = results.best.copy()
    lost = np.array([0.2, -0.3, 0.01, np.inf])
    best.loc[best["scheme"] == "forward", "digits"] -= lost
    new = nudging(results, scheme="forward")
    assert told(results, of_another(replace(new, tables={**new.tables, "best": best})))[1] == (
        "of 4 curves with other bits 1 has as many digits to a decimal, 2 fewer (by at most "
        "0.20), 1 more (by at most 0.30)"
    )


def test_numbers_on_one_processor_alone_are_stored_and_told(results: Results) -> None:
    nothing = kind("grad", "jax", 1, np.inf, digits=np.inf)
    record = shared(results, Share(machine=OTHER, count=1, twice=(nothing,))).record
    stored = json.loads(record.to_json())
    again = Record.model_validate({key: each for key, each in stored.items() if key != SEAL})
    assert again.shares == record.shares
    found = Processors(["A"], ["B"], [nothing], [], [np.inf])
    assert found.as_data()["apart"] == [nothing.model_dump() | {"ulps": "inf", "digits": "inf"}]
    assert [*found.sentences()] == [
        "OLD was done by A, NEW by B: 1 of 100 rows in both runs has other bits, some no number on "
        "one of both, all with scheme grad, precision float32, backend jax",
        "of 1 curve with other bits 0 have as many digits to a decimal, 1 fewer",
    ]


def test_halves_of_two_processors_are_told_apart_row_by_row(results: Results) -> None:
    """Each of two processors did in one run what the other one did in the other."""
    quadratic, exp_sin = (item(name, "grad", "jax") for name in ("quadratic", "exp_sin"))
    here = Share(machine=HERE, count=7)
    old = shared(results, Share(machine=OTHER, count=1, items=(quadratic,)), here)
    new = shared(
        nudging(results, scheme="grad", precision="float32", problem="quadratic"),
        Share(machine=OTHER, count=1, items=(exp_sin,)),
        here,
    )
    frame = results.accuracy
    mine = int(((frame["scheme"] == "grad") & (frame["precision"] == "float32")).sum())
    (first, _) = told(old, new)
    assert first.startswith(
        f"both runs were done by {HERE.processor} and Another 1: 4 of {mine} rows that one did in "
        "OLD and another in NEW have other bits"
    )
    assert first.endswith(f"; none of {len(frame) - mine} rows that one did in both has other bits")


def test_runs_of_one_processor_say_nothing_of_processors(results: Results) -> None:
    assert told(results, nudging(results, scheme="forward")) == []
    assert json.loads(as_json(bench.compare(results, results)))["processors"] is None
    found = json.loads(as_json(bench.compare(results, of_another(results))))["processors"]
    assert (found["old"], found["new"]) == ([HERE.processor], ["Another 1"])
    assert sum(each["rows"] for each in found["apart"]) == len(results.accuracy)
    assert found["same"] == []


SMALL: dict[str, Any] = {
    "problems": ["exp_sin"],
    "schemes": ["central"],
    "precisions": ["float32"],
    "backends": ["numpy"],
    "points": 8,
    "steps": "-8:-2",
    "name": "overview",
}
REALLY = """
import json, sys
import bench

bench.run("overview", out=sys.argv[1], figures=False, **json.loads(sys.argv[2]))
"""


@pytest.mark.slow
def test_really_other_instructions_are_a_finding_and_no_failure(tmp_path: Path) -> None:
    """NumPy without the instructions that it chooses by the processor, in a process of its own."""
    from numpy._core import _multiarray_umath as numpy

    able = [each for each in numpy.__cpu_dispatch__ if numpy.__cpu_features__[each]]
    without = os.environ | {"NPY_DISABLE_CPU_FEATURES": " ".join(able)}
    words = [sys.executable, "-c", REALLY, str(tmp_path), json.dumps(SMALL)]
    subprocess.run(words, check=True, env=without, capture_output=True)
    old, new = bench.run("overview", **SMALL), bench.load(tmp_path / "overview")
    if old.accuracy["estimate"].equals(new.accuracy["estimate"]):
        pytest.skip("NumPy has one code for all processors of this kind")
    found = bench.compare(old, of_another(new))
    told = [*processors_of(found).sentences()]  # type: ignore[union-attr]
    rows = len(old.accuracy)
    differ = int((old.accuracy["estimate"] != new.accuracy["estimate"]).sum())
    assert told[0].startswith(
        f"OLD was done by {HERE.processor}, NEW by Another 1: {differ} of {rows} rows in both runs "
        "have other bits, by at most "
    )
    assert told[0].endswith(" ulps, all with scheme central, precision float32, backend numpy")
    row = found.changed.set_index("what").loc["variables.NPY_DISABLE_CPU_FEATURES"]
    assert list(row) == ["not there", " ".join(able)]
