"""Times: taken in fresh processes, only of what is right, and what goes wrong is told."""

from __future__ import annotations

import math
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.arithmetic import backends, jax
from bench.experiments import experiments
from bench.experiments.timing import calls, process, session
from bench.experiments.timing.assignment import Assignment, CannotRun, assignment_of
from bench.experiments.timing.cases import FUNCTION, Case
from bench.experiments.timing.process import Effort, ProcessFailed
from bench.experiments.timing.session import Session, shuffled, time_cases
from bench.experiments.timing.tables import STATUSES, TIMING, Timing
from bench.experiments.timing.visits import Visit, times_of
from bench.experiments.timing.worker import Refusal, check
from bench.formats import formats
from bench.problems import problem, problems
from bench.registry import InputError, doors
from bench.results import Results
from bench.schemes import schemes
from bench.study import Study

PLANTED = '''
import gc, os, sys, time
from bench.arithmetic.numpy import namespace as IN_NUMPY
from bench.problems import problem
from bench.schemes import scheme

calls = 0
touched = False

def plant(f):
    return problem(f.__name__, interval=(1.0, 2.0), difficulty="", source="planted")(f)

@scheme(order=2, source="planted")
def planted_central(f, x, h):
    """A central difference over four steps."""
    return (f(x + 2 * h) - f(x - 2 * h)) / (4 * h)

@plant
def sees_collections(x, xp):
    """x^2, slow while garbage is collected."""
    if xp is IN_NUMPY and gc.isenabled():
        time.sleep(0.02)
    return x * x

@plant
def slow_at_first(x, xp):
    """x^2, slow for its first five calls."""
    global calls
    if xp is IN_NUMPY:
        calls += 1
        if calls <= 5:
            time.sleep(0.1)
    return x * x

@plant
def sees_jax(x, xp):
    """x^2, wrong once jax is imported."""
    return 0 * x if xp is IN_NUMPY and "jax" in sys.modules else x * x

@plant
def sees_parent(x, xp):
    """x^2, wrong in a process that inherits memory."""
    return 0 * x if xp is IN_NUMPY and touched else x * x

@plant
def deadly(x, xp):
    """x^2; at 1000 points the process ends."""
    if xp is IN_NUMPY and len(x) == 1000:
        os._exit(3)
    return x * x

@plant
def sluggish(x, xp):
    """x^2, slow from 1000 points on."""
    if xp is IN_NUMPY and len(x) >= 1000:
        time.sleep(0.2)
    return x * x

@plant
def endless(x, xp):
    """x^2, which does not return from 1000 points on."""
    if xp is IN_NUMPY and len(x) >= 1000:
        time.sleep(3600)
    return x * x

@plant
def mistaken(x, xp):
    """x^2, a tenth too large where it is timed."""
    return x * x * 11 / 10 if xp is IN_NUMPY else x * x

@plant
def raising(x, xp):
    """x^2, which fails where it is timed."""
    if xp is IN_NUMPY:
        raise ZeroDivisionError("planted")
    return x * x
'''


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file of the user's, opened: its problems show what is done to them."""
    path = tmp_path_factory.mktemp("planted") / "planted.py"
    path.write_text(PLANTED)
    before = set(problems)
    doors.open_files([path])
    yield path
    for name in set(problems) - before:
        problems.discard(name)
    schemes.discard("planted_central")
    sys.modules.pop(doors._files.pop(path))


def case(problem: str, scheme: str = FUNCTION, n: int = 10, **others: str) -> Case:
    axes = {"precision": "float64", "backend": "numpy", "device": "cpu"} | others
    return Case(problem, scheme, n=n, **axes)


def case_of(row: Timing) -> Case:
    return Case(*(getattr(row, each.name) for each in fields(Case)))


SOUND = (
    case("exp_sin", "central", 1000),
    case("exp_sin", "grad", 1, backend="jax"),
    case("exp_sin", "complex_step", 1),
    case("sees_parent", "planted_central", 10),
)
TROUBLED = (
    *(case("deadly", "central", n) for n in (10, 1000, 2000)),
    *(case("sluggish", n=n) for n in (1, 1000, 5000)),
    *(case("endless", n=n) for n in (1, 1000, 5000)),
    case("mistaken", "central"),
    case("raising"),
    case("sees_jax", "central"),
    case("exp_sin", "central"),
)
Heard = list[tuple[int, int, str]]


@pytest.fixture(scope="module")
def sound(planted: Path) -> tuple[list[Timing], Heard]:
    """Rows of cases that nothing is wrong with, and the progress that was told."""
    sys.modules[doors._files[planted]].touched = True  # type: ignore[attr-defined]
    heard: Heard = []
    rows = time_cases(SOUND, visit_seconds=0.01, progress=lambda *step: heard.append(step))
    return rows, heard


@pytest.fixture(scope="module")
def troubled(planted: Path) -> dict[Case, Timing]:
    """Rows of cases of which some are slow, wrong, deadly or endless."""
    started = time.monotonic()
    rows = time_cases(TROUBLED, visit_seconds=0.01, budget_seconds=0.5)
    assert time.monotonic() - started < 300  # endless takes an hour
    return {case_of(row): row for row in rows}


@pytest.mark.slow
def test_rows_tell_of_schemes_and_of_f_in_the_order_of_the_cases(
    sound: tuple[list[Timing], Heard],
) -> None:
    rows, heard = sound
    assert [case_of(row) for row in rows] == [
        *SOUND,
        *(replace(each, scheme=FUNCTION) for each in SOUND),
    ]
    for row in rows:
        assert (row.status, row.reason, row.processes) == ("ok", "", 2)
        assert 0 < row.min_seconds <= row.q1_seconds <= row.median_seconds
        assert row.median_seconds <= row.q3_seconds < 0.01
        assert row.seconds_per_point == row.median_seconds / row.n
        assert row.rounds >= 2 * 2 * 5
        assert row.first_call_seconds > 0
        assert row.noise_floor >= 0
        assert row.between_processes >= 0
        assert (row.ratio_to_f == 1) or row.scheme != FUNCTION
        compiled = row.backend == "jax"
        assert (row.trace_seconds > 0) is (row.compile_seconds > 0) is compiled
    assert 1.5 < rows[0].ratio_to_f < 30  # two evaluations and some arithmetic
    assert rows[0].evaluations == 2
    assert heard[-1] == (32, 32, "done")
    assert [done for done, _, _ in heard] == sorted(done for done, _, _ in heard)


@pytest.mark.slow
def test_what_a_file_registers_is_timed_in_processes_that_share_no_memory(
    sound: tuple[list[Timing], Heard],
) -> None:
    (row,) = (row for row in sound[0] if row.scheme == "planted_central")
    assert (row.problem, row.status, row.processes) == ("sees_parent", "ok", 2)


@pytest.mark.slow
def test_rows_are_stored_and_printed(sound: tuple[list[Timing], Heard], tmp_path: Path) -> None:
    frame = TIMING.frame(TIMING.of_rows(sound[0]))
    frame.to_csv(tmp_path / TIMING.file, index=False)
    again = TIMING.read(tmp_path, len(frame))
    pd.testing.assert_frame_equal(frame, again)
    assert TIMING.printed is not None
    row = again.to_dict(orient="records")[0]
    cells = {name: write(row) for name, write in TIMING.printed({}).items()}
    assert (str(cells["n"].mantissa), cells["Why not"]) == ("1000", "")  # type: ignore[union-attr]


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
        "print(min(timeit.repeat(lambda: D(f, x, h), number=5, repeat=10)) / 5)\n"
    )

    def ratio() -> float:
        found = time_cases([timed], processes=1, visit_seconds=0.1)[0].min_seconds
        words = [sys.executable, "-c", script]
        run = subprocess.run(words, capture_output=True, text=True, check=True)
        return found / float(run.stdout)

    # a busy neighbour can double one of the two times; a timer that is wrong is so every time
    assert any(0.5 < ratio() < 2 for _ in range(3))


def call_of(told: Assignment) -> Any:
    return told.backend.prepare(*told.program(told.backend.namespace()), told.case.device)


def test_a_jax_call_returns_only_when_its_result_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    large = assignment_of(case("exp_sin", "jvp", 2_000_000, precision="float32", backend="jax"))

    def seconds() -> tuple[float, bool]:
        call = call_of(large)
        call().block_until_ready()
        shortest, ready = math.inf, True
        for _ in range(3):
            started = time.perf_counter()
            result = call()
            shortest = min(shortest, time.perf_counter() - started)
            ready = ready and result.is_ready()
            result.block_until_ready()
        return shortest, ready

    with large.backend.settings("jax", "cpu"):
        blocking, complete = seconds()
        monkeypatch.setattr(jax, "_blocking", lambda function: function)
        hasty, _ = seconds()
    assert complete
    assert hasty < blocking / 3


@pytest.mark.parametrize("backend", ["jax", "jax-eager", "numpy"])
def test_x_and_h_are_arguments_of_what_is_timed(backend: str) -> None:
    told = assignment_of(case("quadratic", "forward", 50, backend=backend))
    with told.backend.settings("real", "cpu"):
        call = call_of(told)
        x, step = call.arguments
        assert (x.shape, step.shape) == ((50,), (1,))
        elsewhere = np.asarray(call.function(x + 1, 2 * step))
    at, h = np.asarray(x) + 1, float(step[0])
    # the forward difference of 3x^2 - 4x with step 2h is 6x - 4 + 3 (2h)
    assert np.max(np.abs(elsewhere - (6 * at - 4 + 6 * h))) < 1e-6


def test_closed_over_points_would_be_computed_while_compiling() -> None:
    """What the test above prevents: XLA folds constants, and the timed program does nothing."""
    import jax

    told = assignment_of(case("exp_sin", "jvp", 1000, precision="float32", backend="jax"))
    with told.backend.settings("jax", "cpu"):
        function, arguments = told.program(jax.numpy)
        ours = jax.jit(function).trace(*arguments).lower().compile().as_text()
        folded = jax.jit(lambda: function(*arguments)).trace().lower().compile().as_text()
    assert "sine" in ours
    assert "sine" not in folded


@pytest.mark.slow
def test_garbage_is_not_collected_and_first_calls_are_not_among_the_rounds(
    planted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> tuple[float, float]:
        mine = Session()
        for each in map(case, ("sees_collections", "slow_at_first")):
            mine.assignments[each] = assignment_of(each)
        mine.run(Effort(1, 5.0, 0.01, 0))
        collecting, slow = map(mine.times, mine.assignments)
        assert slow.first_call_seconds >= 0.1
        slowest = max(v.stats["max"] for v in mine.visits if v.case.problem == "slow_at_first")
        return collecting.median_seconds, slowest

    off, warm = found()
    flags = ("--benchmark-disable-gc", "--benchmark-warmup")
    fewer = [word for word in process.OPTIONS if not word.startswith(flags)]
    assert len(fewer) == len(process.OPTIONS) - 3
    monkeypatch.setattr(process, "OPTIONS", fewer)
    on, cold = found()
    assert off < 0.01 < 0.02 <= on
    assert warm < 0.08 < 0.1 <= cold


@pytest.mark.slow
def test_jax_is_imported_only_for_jax(troubled: dict[Case, Timing]) -> None:
    assert troubled[case("sees_jax", "central")].status == "ok"


@pytest.mark.slow
def test_what_is_wrong_or_fails_is_not_timed_and_the_rest_is(
    troubled: dict[Case, Timing],
) -> None:
    mistaken, raising = troubled[case("mistaken", "central")], troubled[case("raising")]
    assert (mistaken.status, raising.status) == ("wrong", "wrong")
    assert mistaken.reason.startswith("its result is off by 0.")
    assert raising.reason == "it raised ZeroDivisionError: planted"
    assert math.isnan(mistaken.median_seconds)
    assert mistaken.rounds == mistaken.processes == 0
    assert troubled[case("exp_sin", "central")].status == "ok"


@pytest.mark.slow
def test_a_process_that_dies_costs_only_the_case_it_died_of(
    troubled: dict[Case, Timing],
) -> None:
    assert {each for each, row in troubled.items() if row.status == "died"} == {
        case("deadly", "central", 1000),
        case("deadly", n=1000),
    }
    dead = troubled[case("deadly", "central", 1000)]
    assert dead.reason == "the process ended while it was timed (exit code 3)"
    for row in troubled.values():
        if row.status == "ok":
            assert row.processes >= 2  # f may be timed again, with what is left
            assert row.ratio_to_f >= 0.5
            assert row.noise_floor >= 0


@pytest.mark.slow
def test_a_case_over_budget_is_skipped_and_so_are_its_larger_sizes(
    troubled: dict[Case, Timing],
) -> None:
    rows = [troubled[case("sluggish", n=n)] for n in (1, 1000, 5000)]
    assert [row.status for row in rows] == ["ok", "skipped", "skipped"]
    # 2 calls to prepare and 14 to time it, of 0.2 s each
    needs, _, allowed = rows[1].reason.removeprefix("over budget: needs ").partition(" s, ")
    assert 3 <= float(needs) < 10
    assert allowed == "allowed 0.5 s"
    assert rows[2].reason == f"{rows[1].reason}, already at n = 1000"


@pytest.mark.slow
def test_a_case_that_does_not_return_is_ended(troubled: dict[Case, Timing]) -> None:
    rows = [troubled[case("endless", n=n)] for n in (1, 1000, 5000)]
    assert [row.status for row in rows] == ["ok", "skipped", "skipped"]
    assert rows[1].reason == "over budget: it was still running and was ended"


@pytest.mark.slow
def test_missing_times_are_a_finding_that_counts_them(troubled: dict[Case, Timing]) -> None:
    found = experiments["timing"].findings["times"]
    frame = TIMING.frame(TIMING.of_rows(list(troubled.values())))
    (missing,) = found(Results({"timing": frame}, None))  # type: ignore[arg-type]
    counts = frame["status"].value_counts()
    assert (missing.name, missing.sheet) == ("times", None)
    assert missing.says.startswith("not timed: ")
    assert f"{counts['died']} died" in missing.says
    assert missing.says.endswith(" (bench table timing says why)")
    assert missing.warns
    fine = frame[frame["status"] == "ok"]
    assert list(found(Results({"timing": fine}, None))) == []  # type: ignore[arg-type]
    assert list(found(Results({}, None))) == []  # type: ignore[arg-type]


@pytest.mark.slow
def test_settings_of_pytest_have_no_influence_and_neither_it_nor_jax_is_imported_here(
    tmp_path: Path,
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError('not for you')\n")
    script = (
        "import sys\n"
        "from bench.experiments.timing.cases import Case\n"
        "from bench.experiments.timing.session import time_cases\n"
        "numpy = ('float64', 'numpy', 'cpu', 10)\n"
        "rows = time_cases([Case('exp_sin', 'central', *numpy)], processes=1)\n"
        "print(rows[0].status, {'jax', 'pytest'} & set(sys.modules))\n"
    )
    settings = {"PYTEST_ADDOPTS": "--collect-only", "PYTEST_PLUGINS": "no_such_plugin"}
    run = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | settings,
    )
    assert (run.stdout, run.stderr) == ("ok set()\n", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["conftest.py", "pytest.ini"]


@pytest.mark.slow
def test_a_process_that_cannot_start_is_told_with_its_last_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process, "OPTIONS", ["--no-such-option"])
    rows = time_cases([case("exp_sin")], processes=1)
    (told,) = {(row.status, row.reason) for row in rows}
    assert told[0] == "died"
    assert told[1].startswith("the process that times failed (code 4): ")


def test_a_process_that_fails_costs_nothing_that_was_timed_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*arguments: Any) -> Any:
        raise ProcessFailed("it was killed")

    timed, untimed = case("exp_sin"), case("quadratic")
    stats = dict.fromkeys(("min", "q1", "median", "q3", "rounds"), 1.0)
    seconds = dict.fromkeys(("trace", "compile", "first_call"), 1.0)
    mine = Session(
        {each: assignment_of(each) for each in (timed, untimed)},
        [Visit(timed, (0, 0), stats, seconds)],
    )
    monkeypatch.setattr(session, "time_in_a_process", fails)
    mine.run(Effort(1, 5.0, 0.01, 0))
    assert (mine.times(timed).status, mine.times(timed).processes) == ("ok", 1)
    assert (mine.times(untimed).status, mine.times(untimed).reason) == ("died", "it was killed")


@pytest.mark.slow
def test_a_problem_that_no_other_process_can_know_is_refused() -> None:
    def lost(x: Any, xp: Any) -> Any:
        """x^2, from nowhere."""
        return x * x

    lost.__module__ = "nowhere"
    problem("x²", interval=(1.0, 2.0), difficulty="", source="a test")(lost)
    try:
        with pytest.raises(InputError) as refused:
            time_cases([case("lost")], processes=1)
    finally:
        problems.discard("lost")
    assert str(refused.value) == (
        "problem 'lost' is registered by nowhere, which another process cannot import "
        "(No module named 'nowhere'); allowed: a file given with --with, or a module on the path"
    )


@pytest.mark.parametrize("precision", formats)
@pytest.mark.parametrize("name", [FUNCTION, *schemes])
def test_every_scheme_is_found_right_and_a_result_with_no_digit_wrong(
    name: str, precision: str
) -> None:
    if calls.scheme_of(name).library and precision != "float64":
        return  # most know no other format, and are wrong in it
    needs = calls.scheme_of(name).needs
    timed = case(
        "exp_sin", name, 40, precision=precision, backend="jax" if needs == "jax" else "numpy"
    )
    backend = backends[timed.backend]
    if backend.why_not(calls.scheme_of(name), formats[precision], problems["exp_sin"]):
        with pytest.raises(CannotRun):
            assignment_of(timed)
        return
    told = assignment_of(timed)
    with backend.settings(needs, "cpu"):
        result = np.asarray(call_of(told)())
    check(result, told)
    for bad in (-result, 0 * result, result + np.array(np.nan, result.dtype)):
        with pytest.raises(Refusal):
            check(bad, told)
    with pytest.raises(Refusal, match="expected"):
        check(result.astype(np.complex64), told)


def test_the_truth_that_results_are_checked_against_is_the_derivative() -> None:
    told = assignment_of(case("exp_sin", "central", 1000))
    x = calls.points_of("exp_sin", "float64", 1000)[list(told.sample)]
    assert len(told.sample) == 16
    assert np.allclose(told.expected, np.exp(x) * (np.sin(x) + np.cos(x)), rtol=1e-15)
    _, (_, step) = told.program(np)
    assert step == 2.0**-18  # u^(1/3) is 2^-17.7
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
        (
            case("exp_sin", backend="jax-strict"),
            "backend 'jax-strict' cannot be timed; allowed: jax, jax-eager, numpy",
        ),
        (
            case("exp_sin", "forwrd"),
            "no scheme named 'forwrd' (did you mean 'forward' or 'forward2'?); `bench list schemes` has all",
        ),
    ],
)
def test_a_case_that_cannot_be_is_refused_in_a_sentence(wrong: Case, words: str) -> None:
    with pytest.raises(InputError) as refused:
        time_cases([wrong])
    assert str(refused.value).startswith(words)


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


def test_times_are_made_of_visits_as_their_columns_say() -> None:
    slow, f = case("exp_sin", "central", 100), case("exp_sin", FUNCTION, 100)

    def visit(timed: Case, number: int, median: float) -> Visit:
        stats = {"min": median / 2, "q1": median - 1, "median": median, "q3": median + 1}
        seconds = {"trace": math.nan, "compile": math.nan, "first_call": 10.0 * number}
        return Visit(timed, (number, 0), stats | {"rounds": 7.0}, seconds)

    visits = [
        *(visit(slow, 1, 30.0), visit(slow, 1, 34.0), visit(slow, 2, 40.0), visit(slow, 2, 40.0)),
        *(visit(f, 1, 16.0), visit(f, 1, 16.0), visit(f, 2, 10.0), visit(f, 2, 10.0)),
    ]
    found = times_of(slow, visits)
    assert found.min_seconds == 15
    assert (found.q1_seconds, found.median_seconds, found.q3_seconds) == (36, 37, 38)
    assert found.seconds_per_point == 0.37
    assert found.ratio_to_f == 3  # 32/16 and 40/10
    assert found.between_processes == (40 - 32) / 36
    assert found.noise_floor == 4 / 32
    assert (found.rounds, found.processes, found.first_call_seconds) == (28, 2, 15)
    refused = Session(visits=visits, refusals={slow: ("died", "a reason")}).times(slow)
    assert (refused.status, refused.reason) == ("died", "a reason")
    assert math.isnan(refused.median_seconds)
    assert refused.status in STATUSES


def study(**options: Any) -> Study:
    axes = {"problems": ["exp_sin", "quadratic"], "schemes": ["central", "grad"]}
    tables = {"timing": options.pop("tables", [{"problems": ["exp_sin"], "sizes": [1, 10]}])}
    return Study(question="Why?", precisions=["float64"], experiments=tables, **axes, **options)


def test_a_study_has_timed_what_it_measures_on_backends_whose_times_mean_something() -> None:
    (item,) = experiments["timing"].items(study(backends=["numpy", "jax-strict"], processes=3))
    assert item.cases == (
        *(case("exp_sin", "grad", n, backend="jax") for n in (1, 10)),
        *(case("exp_sin", "central", n) for n in (1, 10)),
    )
    assert (item.processes, item.budget_seconds) == (3, 5.0)


def test_nothing_is_timed_where_times_are_not_wanted() -> None:
    items = experiments["timing"].items
    assert items(study(timing=False)) == []
    assert items(study(tables=[])) == []
    strict = study(backends=["jax-strict"], autodiff_backends=["jax-strict"])
    assert items(strict) == []


@pytest.mark.parametrize(
    ("axis", "named", "lacking", "had"),
    [
        ("schemes", ["forward"], "forward", "grad, central"),
        ("schemes", ["central", "forward"], "forward", "grad, central"),
        ("problems", ["exp_sin", "tanh", "rational"], "rational, tanh", "quadratic, exp_sin"),
        ("precisions", ["float32", "float64"], "float32", "float64"),
    ],
)
def test_a_name_in_a_table_of_times_that_the_study_has_not_is_refused(
    axis: str, named: list[str], lacking: str, had: str
) -> None:
    with pytest.raises(InputError) as refused:
        experiments["timing"].check(study(tables=[{axis: named}]))
    assert str(refused.value) == (
        f"table [timing] names the {axis} {lacking}, which the study has not; allowed: {had}"
    )


def test_a_study_has_one_table_of_times_of_what_it_has() -> None:
    check = experiments["timing"].check
    with pytest.raises(InputError, match=r"^there are 2 tables \[timing\]; allowed: one$"):
        check(study(tables=[{}, {}]))
    check(study())
