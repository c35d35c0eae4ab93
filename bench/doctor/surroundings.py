"""What is around the arithmetic: defaults, devices, the clock, and its noise."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from bench.arithmetic import Backend
from bench.doctor import look
from bench.doctor.machines import Machine
from bench.doctor.readings import Reading
from bench.values import Namespace, Value

TICKS = 200
ROUNDS, PAIRS = 5, 30
POINTS = 10_000
QUIET = 0.05


def width_by_default() -> int:
    """The bits of the number that JAX makes of a NumPy float64, with its settings untouched."""
    import jax

    return int(jax.numpy.asarray(np.ones(1)).dtype.itemsize * 8)


@look(
    "x64",
    advice="set jax_enable_x64 before arrays exist; bench does, your own program may not",
    relief="float64 stays float64 by default",
)
def x64(machine: Machine) -> Reading | None:
    """What a float64 becomes in JAX by default (bench's backends switch 64 bits on)."""
    if "jax" not in machine.backend.needs:
        return None
    bits = machine.call(width_by_default)
    return Reading(bits, "bits", f"a float64 array becomes one of {bits} bits", bits < 64)


def devices_seen() -> list[str]:
    """The devices that JAX sees."""
    import jax

    return [f"{device.platform} ({device.device_kind})" for device in jax.devices()]


@look(
    "devices",
    advice="JAX sees an accelerator: --device gpu measures it, and cpu is the control",
    relief="JAX sees the CPU alone",
)
def devices(machine: Machine) -> Reading | None:
    """The devices that JAX sees."""
    if "jax" not in machine.backend.needs:
        return None
    found = machine.call(devices_seen)
    return Reading(
        len(found), "devices", ", ".join(found), any(not each.startswith("cpu") for each in found)
    )


def tick(clock: Callable[[], float]) -> float:
    """The smallest time that a clock tells apart, in seconds."""
    steps = []
    for _ in range(TICKS):
        start = now = clock()
        while now <= start:
            now = clock()
        steps.append(now - start)
    return min(steps)


@look(
    "clock",
    advice="the clock is coarse: time many calls at once",
    relief="fine enough to time single calls of a microsecond",
)
def clock(machine: Machine) -> Reading | None:
    """The smallest time that the clock tells apart, reading it included."""
    if "jax" in machine.backend.needs:  # the clock is that of the machine, not of a backend
        return None
    found = tick(time.perf_counter)
    return Reading(found, "s", f"{found * 1e9:.0f} ns", found > 1e-6)


def work(xp: Namespace, x: Value) -> Value:
    """x^2 + x, which is timed."""
    return x * x + x


def noise_floor(backend: Backend, device: str) -> float:
    """The largest of some ratios, less 1, of median times of one call timed twice, in turns."""
    x, xp = np.linspace(1, 2, POINTS, dtype=np.float32), backend.namespace()
    with backend.settings("real", device):
        call = backend.prepare(lambda x: work(xp, x), (x,), device)
        call()
        return max(ratio_of_a_to_a(call, time.perf_counter) for _ in range(ROUNDS))


def ratio_of_a_to_a(call: Callable[[], object], clock: Callable[[], float]) -> float:
    """How far median times of the same call, timed in turns, are apart: larger / smaller - 1."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(PAIRS):
        for each in times:
            start = clock()
            call()
            each.append(clock() - start)
    low, high = sorted(map(statistics.median, times))
    return high / low - 1


@look(
    "noise of timing",
    advice="a difference of times below this is none; quiet the machine, or time longer",
    relief="a difference of times below this is none",
)
def noise_of_timing(machine: Machine) -> Reading | None:
    """The same call timed twice, in turns: the largest of five differences of the medians."""
    found = machine.call(noise_floor, machine.backend, machine.device)
    return Reading(found, "ratio", f"{found:.1%} apart", found > QUIET)


@look(
    "jax-strict holds",
    advice="not strict: use numpy for what must be rounded operation by operation",
    relief="libm_free problems have NumPy's bits where no number is subnormal",
)
def strictness(machine: Machine) -> Reading | None:
    """What the process of jax-strict measured of itself when it started."""
    if machine.backend.effects is None:
        return None
    effects = machine.backend.effects()
    worst = max(share for shares in effects.values() for share in shares.values())
    return Reading(worst, "share", f"{worst:.0%} of results are not NumPy's", worst > 0)
