from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bench.arithmetic import FormatLeak, backends, estimate, jax_strict
from bench.arithmetic.jax_strict import FLAGS, effects_of, process_of, require_strict
from bench.formats import Format, formats
from bench.problems import problems
from bench.processes import Process
from bench.registry import InputError
from bench.schemes import schemes

LIBM_FREE = [problem for problem in problems.values() if "libm_free" in problem.tags]
REAL = [scheme for scheme in schemes.values() if scheme.needs == "real"]
STENCILS = [scheme for scheme in REAL if scheme.family == "stencils"]
DYADIC, DECIMAL = [2.0**-2, 2.0**-3, 2.0**-5, 2.0**-7], [0.1, 0.03, 0.01]

all_precisions = pytest.mark.parametrize("precision", formats.values(), ids=list(formats))


@pytest.fixture
def process() -> Iterator[Process]:
    started = process_of(FLAGS)
    yield started
    started.stop()


def others(backend: str, precision: Format, steps: list[float], problem: Any, chosen: Any) -> int:
    """How many estimates do not have NumPy's bits; NaN are alike."""
    x = precision.round(np.random.default_rng(7).uniform(*problem.interval, 24))
    h = precision.round(steps)
    found = estimate(backends[backend], problem, chosen, precision, x, h, "cpu")
    plain = estimate(backends["numpy"], problem, chosen, precision, x, h, "cpu")
    assert set(found) == {scheme.name for scheme in chosen}
    differ = 0
    for name, estimates in found.items():
        assert estimates.dtype == precision.dtype
        assert estimates.shape == (len(x), len(h))
        both_nan = np.isnan(estimates) & np.isnan(plain[name])
        assert not both_nan.all()
        differ += int(np.sum((estimates != plain[name]) & ~both_nan))
    return differ


@all_precisions
@pytest.mark.parametrize("steps", [DYADIC, DECIMAL], ids=["dyadic", "decimal"])
def test_central_differences_have_numpys_bits(precision: Format, steps: list[float]) -> None:
    chosen = [schemes["central"]]
    assert others("jax-strict", precision, steps, problems["quadratic"], chosen) == 0


@pytest.mark.slow
@all_precisions
def test_every_stencil_of_every_libm_free_problem_has_numpys_bits(precision: Format) -> None:
    assert len(LIBM_FREE) >= 5
    assert len(STENCILS) >= 8
    turn = list(formats).index(precision.name) % 2  # a problem in every other format
    for problem in LIBM_FREE[turn::2]:
        differ = others("jax-strict", precision, DYADIC + DECIMAL, problem, STENCILS)
        assert differ == 0, problem.name


@pytest.mark.slow
@pytest.mark.parametrize("name", ["float32", "float64"])
def test_extrapolation_has_numpys_bits_though_it_divides_by_constants(name: str) -> None:
    chosen = [scheme for scheme in REAL if scheme.family == "extrapolation"]
    differ = others("jax-strict", formats[name], DECIMAL, problems["rational"], chosen)
    assert differ == 0
    assert others("jax", formats[name], DECIMAL, problems["rational"], chosen) > 0


@pytest.mark.parametrize("name", ["float32", "float64"])
def test_jax_as_users_run_it_has_other_bits(name: str) -> None:
    differ = others("jax", formats[name], DYADIC, problems["quadratic"], [schemes["central"]])
    assert differ > 0.2 * 24 * len(DYADIC)


def test_subnormal_steps_are_where_the_bits_are_not_numpys() -> None:
    """A step below the smallest normal is flushed to 0: f(x + h) - f(x) is divided by 0."""
    single, chosen = formats["float32"], [schemes["forward"]]
    x, h = single.round([0.0]), single.round([2.0**-120, 2.0**-130])
    problem = problems["quadratic"]
    found = estimate(backends["jax-strict"], problem, chosen, single, x, h, "cpu")["forward"]
    assert found[0, 0] == -4
    assert np.isnan(found[0, 1])
    assert estimate(backends["numpy"], problem, chosen, single, x, h, "cpu")["forward"][0, 1] == -4


def test_autodiff_and_the_complex_step_run_as_in_jax() -> None:
    double = formats["float64"]
    x, h = double.round([0.5, 1.25]), double.round([2.0**-60])
    chosen = [schemes["grad"], schemes["complex_step"]]
    found = estimate(backends["jax-strict"], problems["quadratic"], chosen, double, x, h, "cpu")
    for estimates in found.values():
        assert estimates[:, 0].tolist() == [-1.0, 3.5]


def test_noise_goes_along_and_fails_as_in_jax() -> None:
    double = formats["float64"]
    x, h = double.round([1.0]), double.round([0.5])
    noisy = problems["quadratic"].with_noise(1e-3, 5)
    with pytest.raises(RuntimeError, match=r"TracerArrayConversionError"):
        estimate(backends["jax-strict"], noisy, [schemes["forward"]], double, x, h, "cpu")


def test_threads_get_their_own_answers(process: Process) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda i: process.call(pow, i, 2), range(64))) == [
            i * i for i in range(64)
        ]


def test_what_the_process_prints_does_not_reach_the_answers(process: Process) -> None:
    assert process.call(print, "hello") is None
    assert process.call(os.system, "echo hello") == 0
    assert process.call(len, "abc") == 3


def test_bfloat16_survives_the_pipe(process: Process) -> None:
    sent = formats["bfloat16"].round([1.0, 1 / 3, 1e30])
    back = process.call(np.negative, sent)
    assert back.dtype == sent.dtype
    assert (back == -sent).all()


def raise_leak() -> None:
    raise FormatLeak("x is float64, expected float16")


def raise_input_error() -> None:
    raise InputError("one sentence")


def test_an_exception_comes_back_as_itself(process: Process) -> None:
    with pytest.raises(FormatLeak, match=r"^x is float64, expected float16$"):
        process.call(raise_leak)
    with pytest.raises(InputError, match=r"^one sentence$"):
        process.call(raise_input_error)
    with pytest.raises(RuntimeError, match=r"(?s)in the process of jax-strict:.*ZeroDivisionError"):
        process.call(divmod, 1, 0)
    assert process.call(len, "it goes on") == 10


@pytest.mark.slow
def test_a_death_is_told_and_the_next_call_starts_anew(process: Process) -> None:
    first = process.call(os.getpid)
    with pytest.raises(RuntimeError, match=r"^the process of jax-strict ended: code -9: it said"):
        process.call(os.kill, first, signal.SIGKILL)
    assert process.call(os.getpid) not in (first, os.getpid())


def test_ctrl_c_is_for_the_caller(process: Process) -> None:
    assert process.call(os.getsid, 0) == process.call(os.getpid) != os.getsid(0)


def test_an_unknown_flag_is_told_in_one_line() -> None:
    flags = ("--xla_no_such_flag=1",)
    with pytest.raises(InputError) as told:
        effects_of(process_of(flags), flags)
    message = str(told.value)
    assert message.startswith("backend jax-strict cannot start with --xla_no_such_flag=1 (code ")
    assert "Unknown flag in XLA_FLAGS: --xla_no_such_flag=1" in message
    assert message.endswith("; allowed: a processor and a jax that take these flags")
    assert "\n" not in message


def test_flags_without_effect_are_refused() -> None:
    flags = ("--xla_cpu_enable_fast_math=false",)
    loose = process_of(flags)
    try:
        with pytest.raises(InputError, match=r"is not strict on this machine: .*% of products in"):
            require_strict(effects_of(loose, flags))
    finally:
        loose.stop()


def test_a_problem_that_the_process_cannot_know_is_told() -> None:
    single = formats["float32"]
    x = h = single.round([0.5])
    unknown = replace(problems["quadratic"], name="mine")
    said = r"^problem 'mine' is not registered: another process does not know it$"
    with pytest.raises(InputError, match=said):
        estimate(backends["jax-strict"], unknown, [schemes["forward"]], single, x, h, "cpu")


def test_what_is_recorded_is_flags_and_effects() -> None:
    about = backends["jax-strict"].about("cpu")
    assert about["xla_flags"] == " ".join(jax_strict.FLAGS)
    assert about["results_other_than_numpys"] == "at most 0.00% in any probe and format"


@pytest.mark.slow
def test_importing_the_backend_starts_nothing_and_the_end_leaves_nothing() -> None:
    script = (
        "import sys\n"
        "from bench.arithmetic import backends, jax_strict\n"
        "list(backends)\n"
        "assert 'jax' not in sys.modules and jax_strict.process._process is None\n"
        "import os; print(jax_strict.process.call(os.getpid))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)


def test_a_process_in_the_middle_of_long_work_ends_with_its_killed_caller() -> None:
    script = (
        "import os, signal, threading, time\n"
        "from bench.processes import Process\n"
        "process = Process('long')\n"
        "print(process.call(os.getpid), flush=True)\n"
        "threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGKILL)).start()\n"
        "process.call(time.sleep, 30)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (-signal.SIGKILL, "")
    until = time.monotonic() + 25  # the work would take 30
    while _lives(int(done.stdout)):
        assert time.monotonic() < until
        time.sleep(0.05)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("JAX_PLATFORMS", "tpu", "with JAX_PLATFORMS=tpu: "),
        ("JAX_PLATFORMS", "cuda", "with JAX_PLATFORMS=cuda: "),
        ("XLA_FLAGS", "--xla_bogus=1", "with XLA_FLAGS=--xla_bogus=1: its process ended with code"),
        ("", "1000000", "with 1.0 GiB of memory (ulimit -v): "),
    ],
)
def test_surroundings_in_which_jax_does_not_start_are_told(
    variable: str, value: str, said: str
) -> None:
    script = (
        "from bench.arithmetic.jax import check\n"
        "from bench.registry import InputError\n"
        "try:\n    check('cpu')\n"
        "except InputError as error:\n    print(error)\n"
    )
    environment = {name: each for name, each in os.environ.items() if name != "JAX_PLATFORMS"}
    environment |= {variable: value} if variable else {}
    limit = "" if variable else f"ulimit -v {value} && "
    command = ["bash", "-c", f'{limit}exec "$@"', "bash", sys.executable, "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"jax cannot start {said}")
