"""JAX with every operation rounded once, in a process of its own: the backend `jax-strict`.

Flags of XLA hold for a whole process and must stand before jax is imported. They are no stable
interface: what counts is the effect, which the process measures when it starts.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from bench.arithmetic import backends
from bench.arithmetic.jax import about as about_jax
from bench.formats import Format, formats
from bench.processes import Died, Process
from bench.registry import InputError
from bench.values import Array, Value

FLAGS = (
    "--xla_cpu_max_isa=AVX",  # no instructions that fuse a product with a sum
    "--xla_disable_hlo_passes=algsimp",  # no division turned into a product
)
POINTS = 512
NAME = "jax-strict"

Effects = Mapping[str, Mapping[str, float]]


def process_of(flags: Sequence[str]) -> Process:
    """A process of its own for JAX on the CPU, with these flags after those of the user."""
    given = " ".join((os.environ.get("XLA_FLAGS", ""), *flags)).strip()
    return Process(NAME, {"XLA_FLAGS": given, "JAX_PLATFORMS": "cpu"})


process = process_of(FLAGS)


def products(x: Value, y: Value, h: Value) -> Value:
    """x^2 - y^2: another number where a product is fused with the sum, or kept too precisely."""
    return x * x - y * y


def quotients(x: Value, y: Value, h: Value) -> Value:
    """x / h: another number where the reciprocal of the scalar h is multiplied with."""
    return x / h


PROBES = {"products": products, "quotients": quotients}


def inputs_of(precision: Format) -> tuple[Array, ...]:
    """Two arrays of numbers in [1, 2), and a scalar that is no power of two."""
    random = np.random.default_rng(0)
    x, y = precision.round(random.uniform(1, 2, (2, POINTS)))
    return x, y, precision.round(0.7)


def measured() -> Effects:
    """The share of compiled results that differ from NumPy's, by probe and format, here."""
    import jax

    inputs = {name: inputs_of(precision) for name, precision in formats.items()}
    with backends["jax"].settings("real", "cpu"):
        found = jax.jit(_every_probe)(inputs)
    expected = _every_probe(inputs)
    return {
        probe: {
            name: float(np.mean(np.asarray(found[probe][name]) != expected[probe][name]))
            for name in inputs
        }
        for probe in PROBES
    }


def _every_probe(inputs: dict[str, Value]) -> dict[str, dict[str, Value]]:
    return {
        probe: {name: formula(*values) for name, values in inputs.items()}
        for probe, formula in PROBES.items()
    }


def effects_of(process: Process, flags: Sequence[str]) -> Effects:
    """What a process measured of itself; InputError where it cannot start with its flags."""
    try:
        return process.call(measured)
    except Died as death:
        raise InputError(
            f"backend {NAME} cannot start with {' '.join(flags)} (code {death.code}: "
            f"{death.words}); allowed: a processor and a jax that take these flags"
        ) from None


@cache
def effects() -> Effects:
    """What the process measured of itself when it was first asked."""
    return effects_of(process, FLAGS)


def require_strict(found: Effects) -> None:
    """InputError where results differ from NumPy's."""
    loose = [
        f"{share:.0%} of {probe} in {precision}"
        for probe, shares in found.items()
        for precision, share in shares.items()
        if share > 0
    ]
    if loose:
        raise InputError(
            f"backend {NAME} is not strict on this machine: {', '.join(loose)} differ "
            "from NumPy's; allowed: a processor and a jax on which none do"
        )


def about(device: str) -> dict[str, str]:
    """The flags, and what was measured of their effect."""
    shares = [share for found in effects().values() for share in found.values()]
    return {
        **about_jax(device),
        "xla_flags": " ".join(FLAGS),
        "results_other_than_numpys": f"at most {max(shares):.2%} in any probe and format",
    }


backends.add(
    NAME,
    replace(
        backends["jax"],
        name=NAME,
        summary="JAX, compiled, every operation rounded once, in a process of its own",
        devices=("cpu",),
        check=lambda device: require_strict(effects()),
        about=about,
        timed=False,  # the processes that time have no flags of their own
        process=process,
        effects=effects,
    ),
)
