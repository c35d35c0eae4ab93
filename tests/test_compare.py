"""Two runs beside each other: what is equal, what became worse, and the gates."""

from __future__ import annotations

import json
import math
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

import bench
from bench.comparison import Comparison, compare
from bench.comparison.became import became
from bench.comparison.claimed import RULE
from bench.comparison.gate import Verdict, gate, measures
from bench.comparison.matching import lost, ratio
from bench.comparison.page import html, write
from bench.comparison.told import as_json, findings
from bench.comparison.verdict import check_shared
from bench.experiments import experiments
from bench.registry import InputError, doors
from bench.results import Results, known_tables, load
from bench.running import run
from bench.study import Study
from bench.tables.sheets import Sheet

CENTRAL = {"problem": "exp_sin", "scheme": "central", "precision": "float32"}
FORWARD = {"problem": "quadratic", "scheme": "forward", "precision": "float64"}
CURVE = ["problem", "scheme", "precision", "backend", "device"]
Change = Callable[[pd.DataFrame], pd.DataFrame]


def small(**other: Any) -> Study:
    axes = {
        "name": "small",
        "question": "Why?",
        "problems": ["quadratic", "exp_sin"],
        "schemes": ["forward", "central", "grad"],
        "precisions": ["float32", "float64"],
        "points": 4,
        "steps": {"low": -16, "high": -2},
    }
    return Study.model_validate(axes | other)


LAPS = small(name="laps", problems=["quadratic"], schemes=["grad"], steps=[0.5])


def one(**other: Any) -> Results:
    """A run of one curve."""
    names = {"problems": ["exp_sin"], "schemes": ["central"], "precisions": ["float64"]}
    return run(small(**names | other))


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A small stored run: two problems, three schemes, two formats."""
    return run(small(), out=tmp_path_factory.mktemp("old"))


@pytest.fixture(scope="module")
def laps() -> Iterator[Results]:
    """A run of an experiment from a file of the user's."""
    file = Path(__file__).with_name("laps.py")
    doors.open_files([file])
    yield run(LAPS)
    experiments.discard("laps")
    doors._files.pop(file)  # so that it can be opened again


def of(frame: pd.DataFrame, wanted: dict[str, Any]) -> Any:
    return np.logical_and.reduce([frame[name] == value for name, value in wanted.items()])


def changed(results: Results, **changes: Change) -> Results:
    """The run with some tables changed."""
    tables = {name: change(results[name].copy()) for name, change in changes.items()}
    return replace(results, tables={**results.tables, **tables})


def scaled(wanted: dict[str, Any], **factors: float) -> Change:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        for column, factor in factors.items():
            frame.loc[of(frame, wanted), column] *= factor
        return frame

    return change


def dropped(wanted: dict[str, Any]) -> Change:
    return lambda frame: frame[~of(frame, wanted)]


def without(results: Results, wanted: dict[str, Any]) -> Results:
    """The run without some curves."""
    return changed(results, **dict.fromkeys(results.tables, dropped(wanted)))


def worse(results: Results, factor: float) -> Results:
    """Plant an error: one curve's estimates move, and its errors grow by a factor."""

    def best(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[of(frame, CENTRAL), "digits"] -= math.log10(factor)
        return scaled(CENTRAL, best_error=factor)(frame)

    return changed(
        results,
        accuracy=scaled(CENTRAL, estimate=1 + 2**-10),
        curves=scaled(CENTRAL, relative_error_median=factor),
        best=best,
    )


def record_of(results: Results, **update: Any) -> Results:
    return replace(results, record=results.record.model_copy(update=update))


def verdict(found: Comparison, text: str) -> Verdict:
    return gate(text).judge(found)


def told(found: Comparison, *gates: str, **how: bool) -> list[str]:
    """The sentences."""
    verdicts = [verdict(found, text) for text in gates]
    return [each.says for each in findings(found, verdicts, **how) if each.says]


def sheets(found: Comparison, *gates: str, **how: bool) -> dict[str, Sheet]:
    """The tables by title."""
    verdicts = [verdict(found, text) for text in gates]
    return {e.sheet.title: e.sheet for e in findings(found, verdicts, **how) if e.sheet}


@pytest.fixture(scope="module")
def lossy(old: Results) -> Comparison:
    """A curve that loses 0.75 digits, a factor of 5.6."""
    return compare(old, worse(old, 10**0.75))


# What is equal, and what is not


def test_a_run_and_itself_are_equal_bit_for_bit(old: Results) -> None:
    assert old.folder is not None
    found = compare(old, old.folder)
    assert found["accuracy"].both["rows"].sum() == len(old.accuracy)
    assert found["accuracy"].both["equal"].sum() == len(old.accuracy)
    assert set(found["best"].both["bitwise"]) == {1.0}
    assert set(found["best"].both["digits_lost"]) == {0.0}
    assert set(found["curves"].both["relative_error_median_ratio"].dropna()) == {1.0}
    assert sum(len(each.only) for each in found.tables.values()) == len(found.changed) == 0
    assert told(found) == [f"identical: {len(old.accuracy)} rows bit for bit"]
    assert sheets(found) == {}
    assert Page(html(found)).of_class("old") == []


def test_the_same_study_run_twice_passes_every_gate(old: Results) -> None:
    found = compare(old, run(small()))
    for text in (
        "digits_lost > 0", "error > 1", "error_at_step > 1", "bitwise < 1", "ok_lost > 0",
        "missing > 0", "missing_steps > 0", "missing.accuracy > 0", "accuracy.rows_only_new > 0",
    ):  # fmt: skip
        assert str(verdict(found, text)) == f"gate {text}: passed"


@pytest.mark.parametrize(
    ("before", "after", "times", "less"),
    [
        (1, 2, 2, -1),
        (0, 0, 1, 0),
        (math.inf, math.inf, 1, 0),
        (0, 1, math.inf, -1),
        (1, math.nan, math.inf, math.inf),
        (math.nan, 1, 0, -math.inf),
        (math.nan, math.nan, math.nan, math.nan),
    ],
)
def test_what_became_of_a_number(before: float, after: float, times: float, less: float) -> None:
    pair = pd.Series([float(before)]), pd.Series([float(after)])
    np.testing.assert_array_equal(ratio(*pair), [times])
    np.testing.assert_array_equal(lost(*pair), [less])


def test_a_planted_error_is_named_with_the_digits_it_costs(old: Results, lossy: Comparison) -> None:
    best = lossy["best"].both
    row = best[best["digits_lost"] != 0]
    assert row[list(CENTRAL)].to_dict("records") == [CENTRAL]
    assert row["digits_lost"].item() == pytest.approx(0.75)
    assert row["best_error_ratio"].item() == pytest.approx(10**0.75)
    assert row["curves_worst"].item() == pytest.approx(10**0.75)
    assert row["curves_worst_at"].item() in set(old.curves["h"])
    steps = lossy["curves"].both
    mine, before = steps[of(steps, CENTRAL)], old.curves[of(old.curves, CENTRAL)]
    positive = mine["relative_error_median_old"] > 0
    assert positive.sum() > 10
    np.testing.assert_allclose(mine["relative_error_median_ratio"][positive], 10**0.75)
    np.testing.assert_array_equal(
        mine["relative_error_median_old"], before["relative_error_median"]
    )
    others = steps[~of(steps, CENTRAL)]
    assert set(others["relative_error_median_ratio"].dropna()) == {1.0}


def test_digits_are_lost_by_a_real_change_of_the_noise() -> None:
    quiet, noisy = one(), one(noise=[1e-8])
    renamed = dict.fromkeys(noisy.tables, lambda frame: frame.assign(problem="exp_sin"))
    found = bench.compare(quiet, changed(noisy, **renamed))["best"].both
    digits = quiet.best["digits"].item() - noisy.best["digits"].item()
    assert digits > 3
    assert found["digits_lost"].tolist() == [digits]
    assert found["best_error_ratio"].item() == pytest.approx(10**digits)


@pytest.mark.parametrize(
    ("first", "second", "equal"),
    [(math.nan, math.nan, True), (0.0, -0.0, False), (1.0, math.nextafter(1.0, 2.0), False)],
)
def test_equal_means_every_bit(old: Results, first: float, second: float, equal: bool) -> None:
    def plant(value: float) -> Results:
        def change(frame: pd.DataFrame) -> pd.DataFrame:
            place = np.flatnonzero(of(frame, FORWARD))[0]
            frame.iloc[place, frame.columns.get_loc("estimate")] = value
            return frame

        return changed(old, accuracy=change)

    both = compare(plant(first), plant(second))["accuracy"].both
    row = both[of(both, FORWARD)].iloc[0]
    assert row["equal"] == row["rows"] - (not equal)
    assert row["bitwise"] == row["equal"] / row["rows"]


def test_rows_are_matched_by_place_not_by_order(old: Results) -> None:
    shuffled = changed(old, accuracy=lambda frame: frame.sample(frac=1, random_state=1))
    found = compare(old, shuffled)["accuracy"].both
    assert found["equal"].tolist() == found["rows"].tolist()
    assert found["rows"].sum() == len(old.accuracy)


def test_what_is_in_one_run_only_is_listed_by_table(old: Results) -> None:
    step = CENTRAL | {"h": 2**-3}
    whole = changed(old, **dict.fromkeys(old.tables, dropped(FORWARD)))
    fewer = changed(whole, accuracy=dropped(step), curves=dropped(step))
    found = compare(old, fewer)
    (curve,) = found["best"].only.to_dict("records")
    assert {name: curve[name] for name in ("side", *FORWARD)} == {"side": "old", **FORWARD}
    rows = found["accuracy"].only[["side", *FORWARD, "rows"]].to_dict("records")
    count = of(old.accuracy, FORWARD).sum()
    assert rows == [{"side": "old", **FORWARD, "rows": count}]
    (single,) = found["curves"].only.to_dict("records")  # those of the whole curve are told by it
    assert {name: single[name] for name in CENTRAL} == CENTRAL
    assert (single["side"], single["h"]) == ("old", 2**-3)
    other_way = compare(fewer, old)
    assert [other_way[name].only["side"].item() for name in ("best", "curves")] == ["new", "new"]
    row = found["best"].both[of(found["best"].both, CENTRAL)].iloc[0]
    assert (row["rows_only_old"], row["rows_only_new"]) == (4, 0)
    assert told(found) == [
        "none of 11 shared curves got worse, 1 vanished, 11 are as they were (10 of these bit for bit)",
        "of the curves in both 1 are not of the same x and h: their errors differ by that, too",
    ]
    assert told(other_way)[0].startswith("none of 11 shared curves got worse, 1 is new, 11 are")
    assert list(sheets(found)) == [
        "1 curve as good as before, but not bit for bit",
        "1 curve only in OLD",
    ]


def test_other_points_share_no_row_and_pass_no_gate_of_equality() -> None:
    found = compare(one(), one(seed=1))
    assert found["best"].both["rows"].tolist() == [0]
    assert found.changed.to_dict("records") == [{"what": "study.seed", "old": "0", "new": "1"}]
    assert verdict(found, "bitwise < 1").failed
    says = told(found)
    assert says[0] == "1 of 1 curve got worse (by at most 0.41 digits)"
    assert says[1] == (
        "of the curves in both 1 are not of the same x and h: their errors differ by that, too"
    )


def test_a_curve_that_no_longer_works_loses_all_digits(old: Results) -> None:
    broken = changed(old, best=scaled(CENTRAL, digits=math.nan, best_error=math.nan))
    found = compare(old, broken)["best"].both
    row = found[of(found, CENTRAL)].iloc[0]
    assert (row["digits_lost"], row["best_error_ratio"]) == (math.inf, math.inf)
    assert verdict(compare(old, broken), "digits_lost > 0.3").failed
    back = compare(broken, old)["best"].both
    assert back[of(back, CENTRAL)]["digits_lost"].tolist() == [-math.inf]


def test_rows_that_are_no_longer_ok_are_counted(old: Results) -> None:
    def break_some(frame: pd.DataFrame) -> pd.DataFrame:
        ok = np.flatnonzero(of(frame, CENTRAL | {"status": "ok"}))[:5]
        frame["status"] = frame["status"].astype(str)
        frame.iloc[ok, frame.columns.get_loc("status")] = "overflow"
        return frame

    found = compare(old, changed(old, accuracy=break_some))
    assert found["accuracy"].both["ok_lost"].sum() == 5
    assert len(verdict(found, "ok_lost > 4").rows) == 1
    assert not verdict(found, "ok_lost > 5").failed


GRAD = {"problem": "quadratic", "scheme": "grad"}
BOTH_WAYS = {
    "nothing": lambda run: (run, run),
    "one is worse": lambda run: (run, worse(run, 5.0)),
    "one is better": lambda run: (worse(run, 5.0), run),
    "two vanish": lambda run: (run, without(run, GRAD)),
    "two are new": lambda run: (without(run, GRAD), run),
    "some of each": lambda run: (without(run, FORWARD), without(worse(run, 5.0), GRAD)),
    "other bits": lambda run: (run, changed(run, accuracy=scaled(FORWARD, estimate=1 + 2**-10))),
    "other truth": lambda run: (run, changed(run, accuracy=scaled(CENTRAL, truth=2.0))),
    "fewer rows": lambda run: (run, changed(run, accuracy=dropped(CENTRAL | {"h": 2**-3}))),
    "no number any more": lambda run: (
        run,
        changed(run, best=scaled(FORWARD, best_error=math.nan, digits=math.nan)),
    ),
    "all vanish": lambda run: (run, without(run, {"device": "cpu"})),
    "none is in both": lambda run: (without(run, {"scheme": "grad"}), run.part(schemes="grad")),
}


@pytest.mark.parametrize("pair", BOTH_WAYS.values(), ids=[*BOTH_WAYS])
def test_every_curve_is_in_one_group_and_the_numbers_of_the_verdict_add_up(
    old: Results, pair: Callable[[Results], tuple[Results, Results]]
) -> None:
    before, after = pair(old)
    found = compare(before, after)
    (each,) = became(found.held)
    keys = [key for rows in each.groups.values() for key in curves_of(rows)]
    assert sorted(keys) == sorted({*curves_of(before.best), *curves_of(after.best)})
    said = told(found)[0]
    if not said.startswith(("identical", "the runs share no curve")):
        numbers = re.sub(r" \([^)]*\)", "", said).replace("none", "0").split(", ")
        counts = [int(part.split()[0]) for part in numbers if part[0].isdigit()]
        shared = len(keys) - len(each.groups["vanished"]) - len(each.groups["new"])
        assert sum(counts) == len(keys)
        assert int(numbers[0].split()[2]) == shared
    tables = [each for each in findings(found, every=True) if each.sheet and each.name == "best"]
    shown = [row for each in tables if each.sheet for row in each.sheet.rows]
    assert len(shown) == len(keys) - len(each.groups["same"])


def curves_of(rows: pd.DataFrame) -> list[tuple[str, ...]]:
    return [*rows[CURVE].astype(str).itertuples(index=False, name=None)]


def test_the_verdict_says_how_many_became_what_and_by_how_much(old: Results) -> None:
    found = compare(without(old, FORWARD), without(worse(old, 10**0.75), GRAD))
    assert told(found) == [
        "1 of 9 shared curves got worse (by at most 0.75 digits), 2 vanished, 1 is new, "
        "8 are as they were, bit for bit"
    ]
    counts = {"worse": 1, "better": 0, "other": 0, "same": 8, "vanished": 2, "new": 1}
    assert json.loads(as_json(found))["became"] == [
        {"table": "best", "columns": ["best_error"], **counts}
    ]


# Runs that differ in a name


@pytest.fixture(scope="module")
def backends() -> Results:
    """A run on three backends, of problems that no library of functions is asked for."""
    names = {"problems": ["quadratic", "rational"], "schemes": ["forward", "central", "ridders"]}
    return run(small(**names, backends=["numpy", "jax", "jax-strict"], precisions=["float32"]))


def test_strict_jax_is_numpy_bit_for_bit(backends: Results) -> None:
    found = compare(backends, backends, pair="backend=numpy:jax-strict")
    rows = (backends.accuracy["backend"] == "numpy").sum()
    assert told(found) == [f"identical: {rows} rows bit for bit"]
    assert found.title == "small, numpy → small, jax-strict"
    assert set(found["best"].both["backend"]) == {"numpy and jax-strict"}
    apart = told(compare(backends, backends, pair="backend=numpy:jax"))[0]
    assert re.match(r"\d of 6 curves are worse", apart)


def test_runs_of_one_backend_each_are_paired_by_the_name_of_the_axis(backends: Results) -> None:
    numpy, jax = (backends.part(backends=name) for name in ("numpy", "jax"))
    chosen = compare(backends, backends, pair="backend=numpy:jax")
    for pair in ("backend", ["Backend"], "backend = numpy : JAX"):
        assert told(compare(numpy, jax, pair=pair)) == told(chosen)
    apart = compare(numpy, jax)
    assert told(apart) == ["the runs share no curve: 6 only in OLD, 6 only in NEW"]
    with pytest.raises(InputError, match="share no curve: 6 only in OLD, 6 only in NEW; allowed"):
        check_shared(apart)


def test_any_name_that_tells_rows_apart_can_be_paired(old: Results) -> None:
    formats = compare(old, old, pair="precision=float64:float32")
    assert len(formats["best"].both) == 6
    assert (formats["best"].both["digits_lost"] > 3).sum() == 3
    two = compare(old, old, pair="precision=float64:float32,scheme=forward:central")
    assert two["best"].both[["scheme", "precision"]].drop_duplicates().values.tolist() == [
        ["forward and central", "float64 and float32"]
    ]


def test_a_run_that_is_paired_says_what_has_no_partner(backends: Results) -> None:
    fewer = without(backends, {"scheme": "ridders", "backend": "jax-strict"})
    found = compare(backends, fewer, pair="backend=numpy:jax-strict")
    assert told(found) == [
        "none of 4 shared curves are worse, 2 only in OLD, 4 are as good, bit for bit"
    ]


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("backend=numpy", "pair 'backend=numpy' cannot be read; allowed: AXIS, or AXIS=OLD:NEW such as backend=numpy:jax"),
        ("bakend", "no axis of pairs named 'bakend' (did you mean 'backend'?); known: problem, scheme, precision, backend, device"),
        ("backend=numpy:jex", "no backend in NEW named 'jex' (did you mean 'jax'?); known: jax, jax-strict, numpy"),
        ("backend", "--pair backend takes one backend of each run, and OLD holds jax, jax-strict, numpy; allowed: one chosen for each, such as --pair backend=jax:jax-strict"),
        ("device,device", "--pair names device twice; allowed: each axis once"),
        ("precision=float64:float32", "no precision in OLD named 'float64' (did you mean 'float32'?); known: float32"),
    ],
)  # fmt: skip
def test_a_pair_that_cannot_be_is_told(backends: Results, pair: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        compare(backends, backends, pair=pair)
    assert str(caught.value) == message


def test_a_changed_problem_is_told(old: Results) -> None:
    found = compare(old, changed(old, accuracy=scaled(CENTRAL, truth=2.0)))
    rows = of(old.accuracy, CENTRAL).sum()
    assert told(found)[1] == (
        f"truth: differs in {rows} rows: the problems themselves were changed"
    )
    assert verdict(found, "accuracy.reference_changed > 0").failed


def test_what_differs_between_the_runs_is_listed(old: Results) -> None:
    about = old.record
    first, *others = about.probes
    other = record_of(
        old,
        versions=about.versions | {"jax": "99"},
        machine=about.machine.model_copy(update={"cores": -1}),
        variables={"NPY_DISABLE_CPU_FEATURES": "X86_V4"} | about.variables,
        probes=(replace(first, found="something else"), *others),
        schemes={name: each for name, each in about.schemes.items() if name != "grad"},
        started="later",
    )
    probe = f"probes.{first.probe}, {first.backend} {first.precision}".rstrip()
    assert compare(old, other).changed.to_dict("records") == [
        {"what": "versions.jax", "old": about.versions["jax"], "new": "99"},
        {"what": "machine.cores", "old": str(about.machine.cores), "new": "-1"},
        {"what": "variables.NPY_DISABLE_CPU_FEATURES", "old": "not there", "new": "X86_V4"},
        {"what": probe, "old": first.found, "new": "something else"},
    ]


def test_runs_of_one_device_each_are_matched_across_devices(old: Results) -> None:
    on_gpu = dict.fromkeys(old.tables, lambda frame: frame.assign(device="gpu"))
    found = compare(old, changed(old, **on_gpu))
    assert set(found["best"].both["device"]) == {"cpu and gpu"}
    assert found["accuracy"].both["equal"].sum() == len(old.accuracy)


def test_gradients_are_compared_and_gated() -> None:
    axes = {"problems": ["rosenbrock"], "schemes": ["central"], "sizes": [2, 4]}
    before = one(experiments={"gradients": [axes]})
    found = compare(before, changed(before, gradients=scaled({"n": 4}, error=3.0)))
    assert found["gradients"].both["error_ratio"].tolist() == [1.0, pytest.approx(3.0)]
    assert str(verdict(found, "gradient_error > 2")) == "gate gradient_error > 2: failed, 1 row"
    assert told(found) == [
        "none of 1 curve got worse, 1 is as it was, bit for bit",
        "1 of 2 gradients got worse (by at most a factor of 3), 1 is as it was",
        "none of 2 gradients got slower, 2 do not differ by more than the noise",
    ]
    fewer = compare(before, changed(before, gradients=dropped({"n": 4})))
    assert fewer["gradients"].only[["side", "n"]].values.tolist() == [["old", 4]]
    assert verdict(fewer, "missing_gradients > 0").failed
    nothing = compare(one(), one())
    assert refusal(nothing, "gradient_error > 2") == "the runs share no gradient"
    assert refusal(nothing, "time > 1") == "times are not compared: OLD and NEW have no times"


# A table that only a file of the user's knows


def test_an_experiment_of_a_file_is_compared_told_and_gated(laps: Results) -> None:
    slower = changed(
        laps,
        laps=scaled({"car": "bus"}, low=2, seconds=2, high=2),
        losses=scaled({"car": "bus", "rate": 0.5}, loss=4.0, effort=1.5),
        notes=dropped({"car": "van"}),
    )
    found = compare(laps, slower)
    assert told(found) == [
        "none of 2 curves got worse, 2 are as they were, bit for bit",
        "1 of 6 rows of losses got worse (by at most a factor of 4), 5 are as they were",
        "none of 1 shared row of notes differ, 1 vanished, 1 is as it was, bit for bit",
        "1 of 2 laps got slower (by at most a factor of 2), "
        "1 does not differ by more than the noise",
        "none of 6 rows of losses got slower, 6 do not differ by more than the noise",
    ]
    tables = sheets(found, "losses.loss > 3", "losses.loss > 0", "missing.notes > 0")
    laps_told = tables["1 lap slower in NEW: the median"]
    assert laps_told.rows == (("bus", "10", "2", "1.00e+00", "2.00e+00", "10%"),)
    assert laps_told.notes == (RULE,)
    losses = tables["1 row of losses worse in NEW: the loss"]
    assert [each.words for each in losses.headings] == ["car", "rate", "ratio", "OLD", "NEW"]
    assert losses.rows == (("bus", "5.00e-01", "4", "5.00e-01", "2.00e+00"),)
    assert tables["1 row of notes only in OLD"].rows == (("van",),)
    failed = tables["gate failed: losses.loss > 0"]
    assert [each.words for each in failed.headings] == [
        "car", "rate", "loss ratio", "loss OLD", "loss NEW", "effort ratio", "effort OLD",
        "effort NEW", "effort noise",
    ]  # fmt: skip
    assert len(failed.rows) == 6
    assert [title for title in tables if title.startswith("gate")] == [failed.title]
    assert verdict(found, "lap > 1.5").rows["car"].tolist() == ["bus"]
    assert not verdict(found, "losses.effort > 1").failed
    assert json.loads(as_json(found))["tables"]["notes"]["both"] == [{"car": "bus", "same": True}]
    page = Page(html(found))
    assert len(page.of_class("old")) == 1 + 1  # the key, and the losses of one car


def test_an_experiment_of_a_file_is_compared_from_its_folder(laps: Results, tmp_path: Path) -> None:
    folder = run(LAPS, out=tmp_path).folder
    assert folder is not None
    assert set(compare(laps, folder)["laps"].both["seconds_ratio"]) == {1.0}


def with_laps(laps: Results, *cars: tuple[str, float], **other: Any) -> Results:
    """The run with these laps."""
    module = sys.modules[experiments["laps"].items.__module__]
    rows = [module.lap(car, median, **other) for car, median in cars]
    return changed(laps, laps=lambda _: module.LAPS.frame(module.LAPS.of_rows(rows)))


def test_a_time_is_claimed_only_outside_the_noise(laps: Results) -> None:
    before = with_laps(laps, ("a", 1.0), ("b", 1.0), ("c", 1.0))
    found = compare(before, with_laps(laps, ("a", 1.2), ("b", 1.5), ("c", 0.5)))
    both = found["laps"].both
    # The quartiles are 2% off and the floor is 10%: 1.02 * 1.1 / (0.98 / 1.1) = 1.26 is the limit.
    assert both["seconds_verdict"].tolist() == ["no claim", "slower", "faster"]
    assert both["seconds_ratio"].tolist() == pytest.approx([1.2, 1.5, 0.5])
    assert both["seconds_old_high"].tolist() == pytest.approx([1.02 * 1.1] * 3)
    low = [m * 0.98 / 1.1 for m in (1.2, 1.5, 0.5)]
    assert both["seconds_new_low"].tolist() == pytest.approx(low)
    assert verdict(found, "lap > 1.1").rows["car"].tolist() == ["b"]


@pytest.mark.parametrize("loud", ["old", "new"])
@pytest.mark.parametrize("noise", ["apart", "noise"])
def test_the_largest_noise_of_both_runs_counts(laps: Results, loud: str, noise: str) -> None:
    old, new = ({noise: 0.6} if loud == side else {} for side in ("old", "new"))
    found = compare(with_laps(laps, ("a", 1.0), **old), with_laps(laps, ("a", 2.0), **new))
    row = found["laps"].both.iloc[0]
    assert (row["seconds_floor"], row["seconds_verdict"]) == (0.6, "no claim")


def test_nothing_is_claimed_where_the_noise_is_unknown(laps: Results) -> None:
    before = with_laps(laps, ("a", 1.0), apart=math.nan)
    found = compare(before, with_laps(laps, ("a", 100.0)))
    row = found["laps"].both.iloc[0]
    assert (row["seconds_ratio"], row["seconds_verdict"]) == (100.0, "no claim")
    assert refusal(found, "lap > 1.2") == (
        "no lap has an error bar in both runs; two processes or more give one"
    )


def test_a_time_that_is_gone_is_missing_and_not_slower(laps: Results) -> None:
    before = with_laps(laps, ("a", 1.0), ("b", 1.0), ("c", 1.0))
    died = with_laps(laps, ("a", math.nan), status="died")["laps"]
    fine = with_laps(laps, ("b", 1.0))["laps"]
    found = compare(before, changed(laps, laps=lambda _: pd.concat([died, fine])))
    assert found["laps"].both[["car", "seconds_verdict"]].values.tolist() == [
        ["a", "ok in OLD, died in NEW"],
        ["b", "no claim"],
    ]
    assert not verdict(found, "lap > 0").failed
    missing = verdict(found, "missing_laps > 0").rows
    assert missing[["side", "car", "n"]].values.tolist() == [["old", "a", 10], ["old", "c", 10]]
    assert told(found)[-2] == (
        "none of 1 shared lap got slower, 2 vanished, 1 does not differ by more than the noise"
    )
    assert sheets(found)["2 laps only in OLD (10)"].rows == (("a",), ("c",))


def test_times_of_two_machines_are_refused_unless_asked_for(laps: Results) -> None:
    before, after = (
        record_of(
            with_laps(laps, ("a", median)),
            machine=laps.record.machine.model_copy(update={"processor": name}),
        )
        for name, median in (("Alpha", 1.0), ("Beta", 3.0))
    )
    why = "not compared: the machines differ (processor Alpha and Beta); --across-machines compares them"
    found = compare(before, after)
    assert (len(found["laps"].both), found["laps"].about) == (0, why)
    assert found["accuracy"].both["equal"].sum() > 0
    assert f"laps: {why}" in told(found)
    assert f"rows of losses, effort: {why}" in told(found)
    assert refusal(found, "losses.effort > 1") == f"rows of losses are {why}"
    assert not verdict(found, "losses.loss > 1").failed
    assert refusal(found, "lap > 1.2") == f"laps are {why}"
    across = compare(before, after, across_machines=True)
    assert across["laps"].both["seconds_ratio"].tolist() == [3.0]
    assert verdict(across, "lap > 1.2").failed


def test_a_gate_on_times_is_refused_where_a_run_has_none(old: Results, laps: Results) -> None:
    found = compare(old, laps)
    assert refusal(found, "lap > 1.2") == "laps are not compared: OLD has no laps"
    neither = compare(old, old)
    assert refusal(neither, "lap > 1.2") == "laps are not compared: OLD and NEW have no laps"
    assert not any("laps" in said for said in told(neither))
    assert verdict(compare(laps, old), "missing_laps > 1").failed


def test_a_time_of_nothing_is_refused(laps: Results) -> None:
    with pytest.raises(InputError) as caught:
        compare(laps, with_laps(laps, ("a", 0.0)))
    assert str(caught.value) == "laps.csv of laps holds a lap that is ok and not above 0"


# Folders that are refused


@pytest.fixture
def folder(old: Results, tmp_path: Path) -> Path:
    """A copy of the folder of the run, to be changed."""
    assert old.folder is not None
    return Path(shutil.copytree(old.folder, tmp_path / "new"))


@pytest.mark.parametrize("name", ["accuracy.parquet", "curves.csv", "best.csv", "run.json"])
def test_a_damaged_file_is_named(old: Results, folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"\x00not a table\x00")
    with pytest.raises(InputError) as caught:
        compare(old, folder)
    assert str(caught.value).startswith(f"{folder / name} cannot be read: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["accuracy.parquet", "curves.csv", "best.csv"])
def test_a_table_cut_short_is_named(old: Results, folder: Path, name: str) -> None:
    path = folder / name
    if path.suffix == ".csv":
        pacsv.write_csv(pacsv.read_csv(path).slice(1), path)
    else:
        pq.write_table(pq.read_table(path).slice(1), path)
    with pytest.raises(InputError) as caught:
        compare(old, folder)
    assert str(caught.value) == f"{path} cannot be read: it was changed after it was written"


@pytest.mark.parametrize("name", ["accuracy", "curves"])
def test_a_table_of_another_run_is_named(old: Results, name: str) -> None:
    other = changed(replace(old, folder=None), **{name: dropped(FORWARD)})
    file = {"accuracy": "accuracy.parquet", "curves": "curves.csv"}[name]
    with pytest.raises(InputError) as caught:
        compare(old, other)
    assert str(caught.value) == (
        f"{file} and best.csv of small are not of the same run: their curves differ"
    )


@pytest.mark.parametrize("name", ["accuracy", "best"])
def test_a_row_that_is_there_twice_is_refused(old: Results, name: str) -> None:
    twice = changed(old, **{name: lambda frame: pd.concat([frame, frame.iloc[:1]])})
    file = {"accuracy": "accuracy.parquet", "best": "best.csv"}[name]
    with pytest.raises(InputError) as caught:
        compare(old, twice)
    assert str(caught.value) == f"{file} holds a row twice; allowed: one row for each key"


# Gates


def refusal(found: Comparison, text: str) -> str:
    """Why a gate has nothing to judge."""
    with pytest.raises(InputError) as caught:
        verdict(found, text)
    start = f"gate '{text}' has nothing to judge: "
    assert str(caught.value).startswith(start)
    return str(caught.value).removeprefix(start)


GRAMMAR = "NAME OP NUMBER, such as digits_lost > 0.3, with OP among >, >=, < and <="


@pytest.mark.parametrize("text", ["digits_lost", "digits_lost > x", "error == 1", "error > 1; rm"])
def test_a_gate_that_cannot_be_read_is_told(text: str) -> None:
    with pytest.raises(InputError) as caught:
        gate(text)
    assert str(caught.value) == f"gate {text!r} cannot be read; allowed: {GRAMMAR}"


def test_a_gate_of_another_name_is_told() -> None:
    with pytest.raises(InputError) as caught:
        gate("digits > 1")
    assert str(caught.value) == (
        "no gate named 'digits' (did you mean 'digits_lost'?); `bench list gates` has all"
    )
    judged = {"digits_lost", "error", "error_at_step", "gradient_error", "time"}
    judged |= {"bitwise", "ok_lost", "accuracy.reference_changed"}
    counted = {"missing", "missing_steps", "missing_times", "missing_gradients", "missing.accuracy"}
    assert judged | counted <= {*measures()}


def test_what_tables_say_of_a_comparison_is_so(laps: Results) -> None:
    known = known_tables()
    for table in known.values():
        assert {*table.gates.values()} <= {*measures()}
        assert not table.within or known[table.within].keys == table.names
        for each in table.compared:
            assert {*each.columns} <= {*table.columns}


@pytest.mark.parametrize(
    ("text", "failed"),
    [
        ("digits_lost > 0.3", True),
        ("digits_lost>0.3", True),
        ("Digits-Lost >= 2.5e-1", True),
        ("digits_lost > 0.8", False),
        ("error > 5", True),
        ("error > 6", False),
        ("error_at_step > 5", True),
        ("error < 1", False),
        ("bitwise < 0.9", True),
        ("Accuracy.Rows-Only-Old > 0", False),
        ("missing > 0", False),
        ("missing < 1", True),
        ("missing.accuracy <= 0", True),
    ],
)
def test_a_gate_fails_or_passes(lossy: Comparison, text: str, failed: bool) -> None:
    assert verdict(lossy, text).failed is failed


def test_a_failed_gate_shows_the_offending_rows(lossy: Comparison) -> None:
    gates = ("digits_lost > 0.3", "missing > 0")
    assert told(lossy, *gates)[-2:] == [
        "gate digits_lost > 0.3: failed, 1 row",
        "gate missing > 0: passed",
    ]
    (sheet,) = sheets(lossy, *gates).values()
    words = [each.words for each in sheet.headings]
    (row,) = (dict(zip(words, cells, strict=True)) for cells in sheet.rows)
    assert [*row.values()][:4] == ["exp_sin", "central", "float32", "numpy"]
    assert (row["digits lost"], row["worst ratio"]) == ("0.75", "5.62")


def test_a_gate_shows_the_rows_by_which_it_failed_where_nothing_else_does(
    lossy: Comparison,
) -> None:
    """Each row is told once: what a table of the worse lists is not listed for the gate again."""
    gates = ("error_at_step > 5", "digits_lost > 0.3", "bitwise < 0.9", "digits_lost > -1")
    found = sheets(lossy, *gates)
    assert list(found) == [
        "1 curve worse in NEW: the error at the best step",
        "gate failed: error_at_step > 5 (exp_sin, central, float32, numpy); the first 10, --all shows every one",
        "gate failed: digits_lost > -1; the first 10, --all shows every one",
    ]
    assert [len(sheet.rows) for sheet in found.values()] == [1, 10, 10]
    assert len([*sheets(lossy, *gates, every=True).values()][-1].rows) == 12


def test_a_gate_with_nothing_to_judge_is_refused() -> None:
    found = compare(one(), one(problems=["quadratic"]))
    for text in ("error > 2", "digits_lost > 1", "bitwise < 1"):
        assert refusal(found, text) == "the runs share no curve"
    assert refusal(found, "error_at_step > 2") == "the runs share no step"
    assert len(verdict(found, "missing > 0").rows) == 1


# What is shown


def test_json_has_every_row_and_no_number_that_json_lacks(old: Results) -> None:
    planted = changed(worse(old, 10**0.75), best=scaled(FORWARD, digits=math.nan))
    found = compare(old, planted)

    def refuse(name: str) -> None:
        raise AssertionError(name)

    text = as_json(found, [verdict(found, "digits_lost > 0.3")])
    told = json.loads(text, parse_constant=refuse)
    assert (told["old"], told["new"]) == (old.title, old.title)
    for name in ("best", "curves", "accuracy"):
        assert len(told["tables"][name]["both"]) == len(found[name].both)
        assert told["tables"][name]["only"] == []
    digits = {row["scheme"]: row["digits_lost"] for row in told["gates"][0]["rows"]}
    assert digits == {"forward": "inf", "central": pytest.approx(0.75)}


def test_long_tables_are_cut_unless_all_is_asked_for(old: Results) -> None:
    found = compare(old, without(old, {"device": "cpu"}))
    (cut,) = sheets(found).values()
    assert cut.title == "12 curves only in OLD; the first 10, --all shows every one"
    (whole,) = sheets(found, every=True).values()
    assert (cut.rows, len(whole.rows)) == (whole.rows[:10], 12)


def test_steps_are_shown_where_asked_for(old: Results, lossy: Comparison) -> None:
    title = "steps of the curves that differ: the median relative error at one step"
    assert not any(each.startswith(title) for each in sheets(lossy))
    *_, sheet = sheets(lossy, steps=True).values()
    assert sheet.title == f"{title} (exp_sin, central, float32, numpy)"
    assert len(sheet.rows) == of(old.curves, CENTRAL).sum()


def test_what_says_nothing_has_no_column(lossy: Comparison) -> None:
    sheet = sheets(lossy)["1 curve worse in NEW: the error at the best step"]
    assert [each.words for each in sheet.headings] == [
        "problem", "scheme", "precision", "backend", "digits lost", "OLD", "NEW",
        "worst ratio", "worst at", "bit for bit",
    ]  # fmt: skip


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

    def of_class(self, name: str) -> list[str]:
        """The lines of a class."""
        return [str(a["d"]) for tag, a in self.tags if tag == "path" and a["class"] == name]


def test_the_page_draws_both_curves(old: Results) -> None:
    found = compare(old, worse(old, 100.0))
    page = Page(html(found))
    lines = list(zip(page.of_class("old"), page.of_class("new"), strict=True))[1:]  # not the key
    assert len(lines) == 1
    first, second = (
        [tuple(map(float, p)) for p in re.findall(r"[ML]([\d.]+) ([\d.]+)", line)]
        for line in lines[0]
    )
    assert [x for x, _ in first] == [x for x, _ in second]
    heights = [a[1] - b[1] for a, b in zip(first, second, strict=True)]
    assert min(heights) > 0  # two decades worse is higher up, by the same height everywhere
    assert max(heights) - min(heights) < 0.3
    assert "2.00 digits lost; " in page.text


def test_the_page_draws_the_first_curves_that_differ_and_folds_the_rest(
    old: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order of the tables: the worse, then the better."""
    monkeypatch.setattr("bench.comparison.page.FEW", 2)
    found = compare(old, old, pair="precision=float64:float32,scheme=forward:central")
    assert told(found)[0].startswith("1 of 2 curves are worse")
    assert "<details>" not in html(found)
    found = compare(old, old, pair="scheme=forward:central")
    (each,) = became(found.held)
    listed = [key for group in ("worse", "better") for key in curves_of(each.groups[group])]
    text = html(found)
    captions = re.findall("<figcaption><b>(.*?)</b>", text)
    labels = [old.problems[problem].label for problem, *_ in listed]
    formats = [precision for _, _, precision, *_ in listed]
    assert captions == [", ".join(pair) for pair in zip(labels, formats, strict=True)]
    assert len(captions) == 4
    *_, folded = text.split("<details>")
    assert re.findall("<figcaption><b>(.*?)</b>", folded) == captions[2:]
    assert "<summary>2 more</summary>" in folded


def test_the_page_shows_names_as_text_and_loads_nothing(old: Results) -> None:
    nasty = """<script>alert("1")</script>' onload='x"""
    named = {
        axis: {
            name: each.model_copy(update={"label": nasty})
            for name, each in getattr(old.record, axis).items()
        }
        for axis in ("problems", "schemes")
    }
    text = html(compare(old, record_of(worse(old, 2.0), **named)))
    page = Page(text)
    assert nasty in page.text
    assert "script" not in {tag for tag, _ in page.tags}
    attributes = {name for _, found in page.tags for name in found}
    assert not attributes & {"onload", "src", "href", "srcset"}
    assert "url(" not in text
    assert "@import" not in text


def test_the_page_is_written_whole_with_the_gates(lossy: Comparison, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "page.html"
    assert write(lossy, out, [verdict(lossy, "digits_lost > 0.3")]) == out
    text = Page(out.read_text(encoding="utf-8")).text
    assert "gate digits_lost > 0.3: failed, 1 row" in text
    assert text.count("exp_sin") == 1
    assert [path.name for path in out.parent.iterdir()] == ["page.html"]


def test_a_page_that_cannot_be_written_is_told(old: Results, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InputError) as caught:
        write(compare(old, old), tmp_path / "file" / "page.html")
    assert str(caught.value) == f"cannot write {tmp_path / 'file' / 'page.html'}: Not a directory"


def test_the_function_is_the_one_of_the_package(old: Results) -> None:
    found = bench.compare(old, old)
    assert isinstance(found, bench.Comparison)
    assert bench.Comparison is Comparison
    sizes = f"best: 12, accuracy: 12, curves: {len(old.curves)}"
    assert repr(found) == f"Comparison('{old.folder}', '{old.folder}', rows of {sizes})"
    assert found.title == f"{old.folder} → {old.folder}"
    assert load(str(old.folder)).title == str(old.folder)
