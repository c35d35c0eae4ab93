from __future__ import annotations

import importlib
import json
import math
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from bench.backends import backends
from bench.formats import formats
from bench.problems import problems
from bench.registry import InputError
from bench.schemes import schemes
from bench.timing import (
    FUNCTION,
    STATUSES,
    TIMING,
    TimingCase,
    calls,
    process,
    session,
    time_cases,
)
from bench.timing.assignment import CannotRun, assignment_of
from bench.timing.rows import Visit, row_of
from bench.timing.session import shuffled
from bench.timing.worker import Refused, check

PLANTED = '''
import gc, os, sys, time
import numpy as np
from bench.problems import problem

calls = 0
touched = False

def plant(f):
    return problem(f.__name__, interval=(1.0, 2.0), difficulty="", source="planted")(f)

@plant
def sees_collections(x, xp):
    """x^2, slow while garbage is collected."""
    if xp is np and gc.isenabled():
        time.sleep(0.02)
    return x * x

@plant
def slow_at_first(x, xp):
    """x^2, slow for its first five calls."""
    global calls
    if xp is np:
        calls += 1
        if calls <= 5:
            time.sleep(0.2)
    return x * x

@plant
def sees_jax(x, xp):
    """x^2, wrong once jax is imported."""
    return 0 * x if xp is np and "jax" in sys.modules else x * x

@plant
def sees_parent(x, xp):
    """x^2, wrong in a process that inherits memory."""
    return 0 * x if xp is np and touched else x * x

@plant
def deadly(x, xp):
    """x^2; at 1000 points the process ends."""
    if xp is np and len(x) == 1000:
        os._exit(3)
    return x * x

@plant
def sluggish(x, xp):
    """x^2, slow from 1000 points on."""
    if xp is np and len(x) >= 1000:
        time.sleep(0.2)
    return x * x

@plant
def endless(x, xp):
    """x^2, which does not return from 1000 points on."""
    if xp is np and len(x) >= 1000:
        time.sleep(3600)
    return x * x

@plant
def mistaken(x, xp):
    """x^2, a tenth too large where it is timed."""
    return x * x * 11 / 10 if xp is np else x * x

@plant
def raising(x, xp):
    """x^2, which fails where it is timed."""
    if xp is np:
        raise ZeroDivisionError("planted")
    return x * x
'''

NAMED = ("problem", "scheme", "precision", "backend", "device", "n")


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A module of problems that show what is done to them, known here and in the processes."""
    (tmp_path / "planted.py").write_text(PLANTED)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(problems)
    yield importlib.import_module("planted")
    for name in set(problems) - before:
        problems.discard(name)
    del sys.modules["planted"]


def case(problem: str, scheme: str = FUNCTION, n: int = 10, **others: str) -> TimingCase:
    axes = {"precision": "float64", "backend": "numpy", "device": "cpu"} | others
    return TimingCase(problem, scheme, n=n, **axes)


def times(*cases: TimingCase, **options: Any) -> list[dict[str, Any]]:
    """The rows of the cases, quickly: one process, short visits."""
    quick: dict[str, Any] = {"processes": 1, "visit_seconds": 0.01, "modules": ["planted"]}
    return time_cases(cases, **(quick | options))


def without(flag: str) -> Callable[..., list[str]]:
    """The command of a process, with one of its flags left out."""
    command = process._command

    def shorter(record: Path, settings: process.Settings) -> list[str]:
        words = command(record, settings)
        assert any(word.startswith(flag) for word in words)
        return [word for word in words if not word.startswith(flag)]

    return shorter


@pytest.mark.slow
def test_rows_tell_of_schemes_and_of_f_in_the_order_of_the_cases(tmp_path: Path) -> None:
    cases = [
        case("exp_sin", "central", 1000),
        case("exp_sin", "grad", 1, backend="jax"),
        case("exp_sin", "complex_step", 1),
    ]
    heard: list[tuple[int, int, str]] = []
    rows = time_cases(
        cases,
        visit_seconds=0.01,
        records=tmp_path,
        progress=lambda *step: heard.append(step),
    )
    of_f = [replace(each, scheme=FUNCTION) for each in cases]
    assert [TimingCase(*(row[k] for k in NAMED)) for row in rows] == [
        *cases,
        *of_f,
    ]
    for row in rows:
        assert list(row) == list(TIMING)
        assert (row["status"], row["reason"], row["processes"]) == ("ok", "", 2)
        assert 0 < row["min_seconds"] <= row["q1_seconds"] <= row["median_seconds"]
        assert row["median_seconds"] <= row["q3_seconds"] < 0.01
        assert row["seconds_per_point"] == row["median_seconds"] / row["n"]
        assert row["rounds"] >= 2 * 2 * 5
        assert row["first_call_seconds"] > 0
        assert row["noise_floor"] >= 0
        assert row["between_processes"] >= 0
        assert (row["ratio_to_f"] == 1) or row["scheme"] != FUNCTION
        compiled = row["backend"] == "jax"
        assert (row["trace_seconds"] > 0) is (row["compile_seconds"] > 0) is compiled
    central = rows[0]
    assert 1.5 < central["ratio_to_f"] < 30  # two evaluations and some arithmetic
    assert central["evaluations"] == 2
    assert heard[-1] == (24, 24, "done")
    assert [done for done, _, _ in heard] == sorted(done for done, _, _ in heard)
    for number in (1, 2):
        kept = json.loads((tmp_path / f"process-{number}.json").read_text())
        assert kept["machine_info"]["python_version"] == ".".join(map(str, sys.version_info[:3]))
        assert len(kept["benchmarks"]) == 2 * len(rows)
        assert all(each["options"]["disable_gc"] for each in kept["benchmarks"])


@pytest.mark.slow
def test_an_independent_timer_in_a_fresh_process_agrees_within_a_factor_of_two() -> None:
    timed = case("exp_sin", "central", 100_000)
    script = (
        "import timeit, numpy as np\n"
        "from bench.schemes import schemes\n"
        "x = np.random.default_rng(1).uniform(0.875, 1.625, 100_000)\n"
        "h, D = np.array([2.0**-18]), schemes['central']\n"
        "f = lambda x: np.exp(x) * np.sin(x)\n"
        "D(f, x, h)\n"
        "print(min(timeit.repeat(lambda: D(f, x, h), number=5, repeat=20)) / 5)\n"
    )

    def ratio() -> float:
        found = time_cases([timed], visit_seconds=0.1)[0]["min_seconds"]
        words = [sys.executable, "-c", script]
        run = subprocess.run(words, capture_output=True, text=True, check=True)
        return float(found / float(run.stdout))

    # a busy neighbour can double one of the two times; a timer that is wrong is so every time
    assert any(0.5 < ratio() < 2 for _ in range(3))


def test_a_jax_call_returns_only_when_its_result_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    large = case("exp_sin", "jvp", 2_000_000, precision="float32", backend="jax")

    def seconds() -> tuple[float, bool]:
        call = calls.call_of(large, None)
        call.function(*call.arguments).block_until_ready()
        shortest, ready = math.inf, True
        for _ in range(3):
            started = time.perf_counter()
            result = call.function(*call.arguments)
            shortest = min(shortest, time.perf_counter() - started)
            ready = ready and result.is_ready()
            result.block_until_ready()
        return shortest, ready

    with calls.conditions(large):
        blocking, complete = seconds()
        monkeypatch.setattr(calls, "blocking", lambda function: function)
        hasty, _ = seconds()
    assert complete
    assert hasty < blocking / 3


@pytest.mark.parametrize("backend", ["jax", "jax-eager", "numpy"])
def test_x_and_h_are_arguments_of_what_is_timed(backend: str) -> None:
    timed = case("quadratic", "forward", 50, backend=backend)
    h = 2.0**-10
    with calls.conditions(timed):
        call = calls.call_of(timed, h)
        x, step = call.arguments
        assert (x.shape, step.shape) == ((50,), (1,))
        elsewhere = np.asarray(call.function(x + 1, 2 * step))
    at = np.asarray(x) + 1
    # the forward difference of 3x^2 - 4x with step 2h is 6x - 4 + 3 (2h)
    assert np.max(np.abs(elsewhere - (6 * at - 4 + 6 * h))) < 1e-10


def test_closed_over_points_would_be_computed_while_compiling() -> None:
    """What the test above prevents: XLA folds constants, and the timed program does nothing."""
    import jax

    timed = case("exp_sin", "jvp", 1000, precision="float32", backend="jax")
    with calls.conditions(timed):
        call = calls.call_of(timed, None)
        function = calls.function_of(timed, jax.numpy)
        ours = jax.jit(function).trace(*call.arguments).lower().compile().as_text()
        folded = jax.jit(lambda: function(*call.arguments)).trace().lower().compile().as_text()
    assert "sine" in ours
    assert "sine" not in folded


@pytest.mark.slow
def test_garbage_is_not_collected_in_the_timed_region(
    planted: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = times(case("sees_collections"))[0]["median_seconds"]
    monkeypatch.setattr(process, "_command", without("--benchmark-disable-gc"))
    on = times(case("sees_collections"))[0]["median_seconds"]
    assert off < 0.01 < 0.02 <= on


@pytest.mark.slow
def test_the_first_calls_are_not_among_the_rounds(
    planted: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def slowest(folder: Path) -> float:
        row = times(case("slow_at_first"), records=folder)[0]
        assert row["first_call_seconds"] >= 0.2
        kept = json.loads((folder / "process-1.json").read_text())
        return max(float(each["stats"]["max"]) for each in kept["benchmarks"])

    warm = slowest(tmp_path / "warm")
    monkeypatch.setattr(process, "_command", without("--benchmark-warmup"))
    cold = slowest(tmp_path / "cold")
    assert warm < 0.15 < 0.2 <= cold


@pytest.mark.slow
def test_processes_are_fresh_and_import_jax_only_for_jax(planted: ModuleType) -> None:
    importlib.import_module("jax")
    planted.touched = True  # type: ignore[attr-defined]
    rows = times(case("sees_parent"), case("sees_jax", "central"), case("sees_jax"))
    assert [row["status"] for row in rows[:3]] == ["ok"] * 3


@pytest.mark.slow
def test_what_is_wrong_or_fails_is_not_timed_and_the_rest_is(planted: ModuleType) -> None:
    rows = times(case("mistaken", "central"), case("raising"), case("quadratic", "central"))
    assert [row["status"] for row in rows] == ["wrong", "wrong", "ok", "wrong", "ok"]
    assert rows[0]["reason"].startswith("its result is off by 0.")
    assert rows[1]["reason"] == "it raised ZeroDivisionError: planted"
    assert math.isnan(rows[0]["median_seconds"])
    assert rows[0]["rounds"] == rows[0]["processes"] == 0


@pytest.mark.slow
def test_a_process_that_dies_costs_only_the_case_it_died_of(planted: ModuleType) -> None:
    cases = [
        *(case("deadly", "central", n) for n in (10, 1000, 2000)),
        case("exp_sin", "central", 10),
    ]
    rows = times(*cases, processes=2)
    found = {(row["problem"], row["scheme"], row["n"]): row for row in rows}
    assert {key for key, row in found.items() if row["status"] == "died"} == {
        ("deadly", "central", 1000),
        ("deadly", FUNCTION, 1000),
    }
    dead = found["deadly", "central", 1000]
    assert dead["reason"] == "the process ended while it was timed (exit code 3)"
    for row in rows:
        if row["status"] != "died":
            assert row["status"] == "ok"
            assert row["processes"] >= 2  # f may be timed again, with what is left
            assert row["ratio_to_f"] >= 0.5
            assert row["noise_floor"] >= 0


@pytest.mark.slow
def test_a_case_over_budget_is_skipped_and_so_are_its_larger_sizes(planted: ModuleType) -> None:
    rows = times(*(case("sluggish", n=n) for n in (1, 1000, 5000)), budget_seconds=0.5)
    assert [row["status"] for row in rows] == ["ok", "skipped", "skipped"]
    # 2 calls to prepare and 14 to time it, of 0.2 s each
    assert re.fullmatch(r"over budget: needs [3-9](\.\d)? s, allowed 0.5 s", rows[1]["reason"])
    assert rows[2]["reason"] == f"{rows[1]['reason']}, already at n = 1000"


@pytest.mark.slow
def test_a_case_that_does_not_return_is_ended(planted: ModuleType) -> None:
    started = time.monotonic()
    rows = times(*(case("endless", n=n) for n in (1, 1000, 5000)), budget_seconds=0.5)
    assert [row["status"] for row in rows] == ["ok", "skipped", "skipped"]
    assert rows[1]["reason"] == "over budget: it was still running and was ended"
    assert time.monotonic() - started < 60


@pytest.mark.slow
def test_settings_of_pytest_have_no_influence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError('not for you')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    row = time_cases([case("exp_sin")], processes=1, visit_seconds=0.01)[0]
    assert row["status"] == "ok"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["conftest.py", "pytest.ini"]
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_a_process_that_cannot_start_is_told_with_its_last_words_and_loses_nothing() -> None:
    rows = time_cases([case("exp_sin")], processes=1, modules=["no_such_module"])
    assert list({(row["status"], row["reason"]) for row in rows}) == [
        (
            "died",
            "the process that times failed (code 2): "
            "ModuleNotFoundError: No module named 'no_such_module'",
        )
    ]


@pytest.mark.parametrize("precision", precisions)
@pytest.mark.parametrize("name", [FUNCTION, *schemes])
def test_every_scheme_is_found_right_and_a_result_with_no_digit_wrong(
    name: str, precision: str
) -> None:
    jax = calls.scheme_of(name).needs == "jax"
    timed = case("exp_sin", name, 40, precision=precision, backend="jax" if jax else "numpy")
    if backends[timed.backend].why_not(calls.scheme_of(name), formats[precision]):
        with pytest.raises(CannotRun):
            assignment_of(timed)
        return
    told = assignment_of(timed)
    with calls.conditions(timed):
        call = calls.call_of(timed, told.h)
        result = np.asarray(call.function(*call.arguments))
    about = {"sample": told.sample, "expected": told.expected, "bound": told.bound}
    about |= {"shape": told.shape}
    check(result, about, timed)
    for bad in (-result, 0 * result, result + np.array(np.nan, result.dtype)):
        with pytest.raises(Refused):
            check(bad, about, timed)
    with pytest.raises(Refused, match="expected"):
        check(result.astype(np.complex64), about, timed)


def test_the_truth_that_results_are_checked_against_is_the_derivative() -> None:
    told = assignment_of(case("exp_sin", "central", 1000))
    x = calls.points_of("exp_sin", "float64", 1000)[told.sample]
    assert len(told.sample) == 16
    assert np.allclose(told.expected, np.exp(x) * (np.sin(x) + np.cos(x)), rtol=1e-15)
    assert told.h == 2.0**-18  # u^(1/3) is 2^-17.7
    assert told.bound < 2e-8
    of_f = assignment_of(case("exp_sin", FUNCTION, 1000))
    assert np.allclose(of_f.expected, np.exp(x) * np.sin(x), rtol=1e-15)
    assert of_f.bound < 1e-12


def test_what_cannot_run_is_skipped_with_the_reason() -> None:
    half = case("exp_sin", "complex_step", precision="float16")
    with pytest.raises(CannotRun, match="there are no complex numbers in float16"):
        assignment_of(half)
    with pytest.raises(CannotRun, match="absolute is not analytic"):
        assignment_of(case("absolute", "complex_step"))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (case("exp_sin", n=0), "n is 0 points; allowed: 1 to 10000000"),
        (
            case("exp_sin", device="gpu"),
            "backend numpy cannot run on device 'gpu'; allowed: cpu",
        ),
        (case("exp_sin", "forwrd"), "no scheme named 'forwrd' (did you mean 'forward'?); known: "),
    ],
)
def test_a_case_that_cannot_be_is_refused_in_a_sentence(wrong: TimingCase, words: str) -> None:
    with pytest.raises(InputError) as refused:
        time_cases([wrong])
    assert str(refused.value).startswith(words)


def test_a_problem_that_no_process_would_know_is_refused(planted: ModuleType) -> None:
    with pytest.raises(InputError) as refused:
        time_cases([case("deadly")])
    assert str(refused.value) == (
        "problem 'deadly' is registered by planted, which the processes that time do not import; "
        "allowed: bench and the modules that are given (none)"
    )


def test_jax_is_not_imported_for_numpy_cases_here_either() -> None:
    script = (
        "import sys\n"
        "from bench.timing import TimingCase, time_cases\n"
        "numpy = ('float64', 'numpy', 'cpu', 10)\n"
        "rows = time_cases([TimingCase('exp_sin', 'central', *numpy)], processes=1)\n"
        "print(rows[0]['status'], {'jax', 'pytest'} & set(sys.modules))\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "ok set()\n"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"processes": 0}, "0 processes; allowed: 1 or more"),
        ({"budget_seconds": 0.0}, "budget_seconds is 0; allowed: more than 0"),
        ({"visit_seconds": math.nan}, "visit_seconds is nan; allowed: more than 0"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as refused:
        time_cases([case("exp_sin")], **options)
    assert str(refused.value) == words


def test_every_process_has_an_order_of_its_own_in_which_sizes_ascend() -> None:
    cases = [case("exp_sin", name, n) for name in ("central", "forward", "f") for n in (100, 1, 10)]
    orders = [shuffled(cases, random.Random(seed)) for seed in (1, 2)]
    assert orders[0] != orders[1]
    assert orders[0] == shuffled(cases, random.Random(1))
    for order in orders:
        for half in (order[:9], order[9:]):
            assert set(half) == set(cases)
            for name in ("central", "forward", "f"):
                assert [each.n for each in half if each.scheme == name] == [1, 10, 100]


def test_a_row_is_made_of_visits_as_its_columns_say() -> None:
    slow, f = case("exp_sin", "central", 100), case("exp_sin", FUNCTION, 100)

    def visit(timed: TimingCase, number: int, median: float) -> Visit:
        stats = {"min": median / 2, "q1": median - 1, "median": median, "q3": median + 1}
        seconds = {"trace": math.nan, "compile": math.nan, "first_call": 10.0 * number}
        return Visit(timed, (number, 0), stats | {"rounds": 7.0}, seconds)

    visits = [
        *(visit(slow, 1, 30.0), visit(slow, 1, 34.0), visit(slow, 2, 40.0), visit(slow, 2, 40.0)),
        *(visit(f, 1, 16.0), visit(f, 1, 16.0), visit(f, 2, 10.0), visit(f, 2, 10.0)),
    ]
    row = row_of(slow, visits, None)
    assert row["min_seconds"] == 15
    assert (row["q1_seconds"], row["median_seconds"], row["q3_seconds"]) == (36, 37, 38)
    assert row["seconds_per_point"] == 0.37
    assert row["ratio_to_f"] == 3  # 32/16 and 40/10
    assert row["between_processes"] == (40 - 32) / 36
    assert row["noise_floor"] == 4 / 32
    assert (row["rounds"], row["processes"], row["first_call_seconds"]) == (28, 2, 15)
    refused = row_of(slow, visits, ("died", "a reason"))
    assert (refused["status"], refused["reason"]) == ("died", "a reason")
    assert math.isnan(refused["median_seconds"])
    assert refused["status"] in STATUSES


@pytest.mark.slow
def test_a_process_that_fails_at_its_start_costs_nothing_that_was_timed_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, started = session.time_in_a_process, []

    def second_fails(*arguments: Any) -> Any:
        started.append(arguments)
        if len(started) == 2:
            raise process.ProcessFailed("it was killed")
        return real(*arguments)

    monkeypatch.setattr(session, "time_in_a_process", second_fails)
    rows = time_cases([case("exp_sin")], processes=2, visit_seconds=0.01)
    assert [(row["status"], row["processes"]) for row in rows] == [("ok", 1)]
