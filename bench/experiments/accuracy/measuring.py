"""From a block of cases to rows: estimates, and each error split into truncation and rounding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from bench.arithmetic import Estimates as Given
from bench.arithmetic import estimate as estimate_on
from bench.experiments.accuracy.cases import Block
from bench.experiments.accuracy.parts import Parts, split_on_nodes, without_ideal
from bench.experiments.accuracy.splitting import parts_of
from bench.experiments.accuracy.status import status_of
from bench.reference import Truth, truth_at, working_bits
from bench.schemes import Scheme
from bench.schemes.outcome import Outcome, Unable
from bench.values import Array, Floats

Rows = dict[str, Array]
Estimates = Mapping[str, Array | Outcome | Unable]


def estimate(block: Block) -> Estimates:
    """The estimates of a block's schemes by name, in the format; those that cannot run lack.

    One that may find only then that it cannot is alone in its block.
    """
    x, h = block.precision.round(block.x), block.precision.round(block.h)
    runnable = block.runnable
    if not runnable:
        return {}
    rest = block.precision, x, h, block.device
    try:
        found: Given = estimate_on(block.backend, block.problem, runnable, *rest)
    except Unable as why:
        return {scheme.name: why for scheme in runnable}
    return found


def why_not(block: Block, scheme: Scheme, estimates: Estimates) -> str:
    """Why a scheme has no estimates; empty where it has."""
    given = estimates.get(scheme.name)
    if isinstance(given, Unable):
        return str(given)
    return block.backend.why_not(scheme, block.precision, block.problem) or ""


def measure(block: Block, estimates: Estimates) -> Iterator[tuple[Scheme, Rows]]:
    """The rows of a block, scheme by scheme, as columns; x outermost, steps inner."""
    runnable = block.runnable
    bits = working_bits(runnable, block.h.tolist())
    truth = truth_at(block.problem, block.x.tolist(), bits)
    found = {scheme.name: _found(block, scheme, estimates) for scheme in block.schemes}
    stepped = parts_of(block, [s for s in runnable if s.has_step], found, truth)
    for scheme in block.schemes:
        mine, given = found[scheme.name], estimates.get(scheme.name)
        if scheme.name in stepped:
            parts = stepped[scheme.name]
        elif isinstance(given, Outcome):
            parts = split_on_nodes(block, mine, truth, given.nodes)
        else:
            parts = without_ideal(block, mine, truth, bits)
        left = given.left if isinstance(given, Outcome) else ""
        supported = not why_not(block, scheme, estimates)
        status = status_of(block, scheme, mine, truth, supported=supported, left=left)
        yield scheme, _rows(block, scheme, mine, truth, parts, status) | _said(given)


def _found(block: Block, scheme: Scheme, estimates: Estimates) -> Floats:
    """The estimates of a scheme as float64 (n, m); NaN where it has none."""
    shape = (len(block.x), len(block.h) if scheme.has_step else 1)
    given = estimates.get(scheme.name)
    if given is None or isinstance(given, Unable):
        return np.full(shape, np.nan)
    if isinstance(given, Outcome):
        return given.derivative.astype(np.float64)[:, None]
    return np.broadcast_to(given.astype(np.float64), shape)


def nothing(block: Block, status: str) -> Iterator[tuple[Scheme, Rows]]:
    """The rows of a block of which nothing is known but their status."""
    n = len(block.x)
    truth = Truth((None,) * n, np.full(n, np.nan))
    for scheme in block.schemes:
        none = np.full((n, len(block.h) if scheme.has_step else 1), np.nan)
        parts = Parts(none, none, none)
        yield scheme, _rows(block, scheme, none, truth, parts, np.full(none.shape, status))


def _said(given: Array | Outcome | Unable | None) -> Rows:
    """What a procedure says of its estimates; nothing replaces what is known of a formula."""
    if not isinstance(given, Outcome):
        return {}
    found = {"bound": given.bound, "evaluations": given.evaluations, "says": given.says}
    if given.calls is not None:
        found["calls"] = given.calls.astype(np.float64)
    return found | {"computed_in": np.full(len(given.says), given.left)}


def _rows(
    block: Block,
    scheme: Scheme,
    estimate: Floats,
    truth: Truth,
    parts: Parts,
    status: Array,
) -> Rows:
    n, m = estimate.shape
    h = np.tile(block.h, n) if scheme.has_step else np.full(n, np.nan)
    powers = np.tile(block.log2_steps, n) if scheme.has_step else np.full(n, np.nan)
    values = np.repeat(truth.values, m)
    with np.errstate(over="ignore"):
        ulps = parts.error.reshape(-1) / block.precision.ulp(values)
    return {
        "x": np.repeat(block.x, m),
        "log2_step": powers,
        "h": h,
        "estimate": estimate.reshape(-1),
        "truth": values,
        "error": parts.error.reshape(-1),
        "truncation_error": parts.truncation.reshape(-1),
        "rounding_error": parts.rounding.reshape(-1),
        "error_ulps": np.where(values == 0, np.nan, ulps),
        "evaluations": np.full(n * m, scheme.evaluations),
        "bound": np.full(n * m, np.nan),
        "says": np.full(n * m, ""),
        "calls": np.full(n * m, np.nan),
        "computed_in": np.full(n * m, ""),
        "status": status.reshape(-1),
    }
