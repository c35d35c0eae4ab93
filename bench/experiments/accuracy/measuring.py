"""From a block of cases to rows: estimates, and each error split into truncation and rounding."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bench.arithmetic import Estimates, balls
from bench.arithmetic import estimate as estimate_on
from bench.experiments.accuracy.cases import Block
from bench.experiments.accuracy.status import status_of
from bench.reference import (
    ENOUGH_BITS,
    Truth,
    cross_check,
    ideals_at,
    ideals_on,
    truth_at,
    working_bits,
)
from bench.schemes import Scheme
from bench.schemes.outcome import Outcome
from bench.values import Array, Floats, Value

Rows = dict[str, Array]

GROUP = 14  # steps whose ideals are computed with the same number of bits


@dataclass(frozen=True)
class Parts:
    """Errors of one scheme at all x and h, rounded once to float64: arrays of shape (n, m)."""

    error: Floats
    truncation: Floats
    rounding: Floats


def estimate(block: Block) -> Estimates:
    """The estimates of a block's schemes by name, in the format; those that cannot run lack."""
    x, h = block.precision.round(block.x), block.precision.round(block.h)
    runnable = block.runnable
    if not runnable:
        return {}
    return estimate_on(block.backend, block.problem, runnable, block.precision, x, h, block.device)


def measure(block: Block, estimates: Estimates) -> Iterator[tuple[Scheme, Rows]]:
    """The rows of a block, scheme by scheme, as columns; x outermost, steps inner."""
    runnable = block.runnable
    bits = working_bits(runnable, block.h.tolist())
    truth = truth_at(block.problem, block.x.tolist(), bits)
    ideals = _ideals(block, runnable, bits)
    for scheme in block.schemes:
        shape = (len(block.x), len(block.h) if scheme.has_step else 1)
        found, given = np.full(shape, np.nan), estimates.get(scheme.name)
        if isinstance(given, Outcome):
            found = given.derivative.astype(np.float64)[:, None]
            parts = _split_on_nodes(block, found, truth, given.nodes)
        else:
            if given is not None:
                found = np.broadcast_to(given.astype(np.float64), shape)
            parts = _split(block, scheme, found, truth, ideals.get(scheme.name), bits)
        left = given.left if isinstance(given, Outcome) else ""
        supported = scheme in runnable
        status = status_of(block, scheme, found, truth, supported=supported, left=left)
        yield scheme, _rows(block, scheme, found, truth, parts, status) | _said(given)


def nothing(block: Block, status: str) -> Iterator[tuple[Scheme, Rows]]:
    """The rows of a block of which nothing is known but their status."""
    n = len(block.x)
    truth = Truth((None,) * n, np.full(n, np.nan))
    for scheme in block.schemes:
        none = np.full((n, len(block.h) if scheme.has_step else 1), np.nan)
        parts = Parts(none, none, none)
        yield scheme, _rows(block, scheme, none, truth, parts, np.full(none.shape, status))


def _ideals(block: Block, runnable: list[Scheme], bits: int) -> dict[str, balls.Balls]:
    stepped = [scheme for scheme in runnable if scheme.has_step]
    if not stepped:
        return {}
    x, h = block.x.tolist(), block.h.tolist()
    # Small steps need many bits, large ones few: each group of steps gets what it needs.
    groups = [h[i : i + GROUP] for i in range(0, len(h), GROUP)]
    parts = [ideals_at(block.problem, stepped, x, g, working_bits(stepped, g)) for g in groups]
    ideals = {s.name: np.concatenate([part[s.name] for part in parts], axis=1) for s in stepped}
    for scheme in stepped:
        case = f"{block.problem.name} {scheme.name} {block.precision.name}"
        pick = np.random.default_rng(list(case.encode()))
        i, j = int(pick.integers(len(x))), int(pick.integers(len(h)))
        if h[j]:
            cross_check(block.problem, scheme, x[i], h[j], ideals[scheme.name][i, j], bits)
    return ideals


def _split(
    block: Block,
    scheme: Scheme,
    estimate: Floats,
    truth: Truth,
    ideal: balls.Balls | None,
    bits: int,
) -> Parts:
    """Differences of balls, each rounded once; evaluated again with more bits where not tight."""
    if ideal is None:  # autodiff: without rounding it would give the truth
        column = np.array([_nan_ball(t) for t in truth.exact], object)[:, None]
        with balls.bits(bits):
            error = _rounded(balls.each_ball(estimate) - column, block.problem.rational)
        none = np.where(np.isnan(truth.values), np.nan, 0.0)[:, None]
        supported = np.where(np.isnan(estimate), np.nan, none)
        return Parts(error, supported, error)
    with np.errstate(invalid="ignore"):  # an estimate may be infinite
        parts, tight = _parts(estimate, truth, ideal, bits, block.problem.rational)
    if not tight:
        more = 2 * bits
        x, h = block.x.tolist(), block.h.tolist()
        finer = truth_at(block.problem, x, more)
        again = ideals_at(block.problem, [scheme], x, h, more)[scheme.name]
        with np.errstate(invalid="ignore"):
            parts, _ = _parts(estimate, finer, again, more, block.problem.rational)
    return parts


def _split_on_nodes(block: Block, estimate: Floats, truth: Truth, nodes: Floats) -> Parts:
    """The parts of a procedure's error: its ideal is the formula that it chose, at the same points.

    NaN where it does not say which one.
    """
    ideal = ideals_on(block.problem, block.x.tolist(), nodes, BITS_OF_CHOSEN)[:, None]
    with np.errstate(invalid="ignore"):
        parts, _ = _parts(estimate, truth, ideal, BITS_OF_CHOSEN, block.problem.rational)
    return parts


BITS_OF_CHOSEN = 1024  # a chosen formula may agree with the truth to hundreds of bits


def _said(given: Array | Outcome | None) -> Rows:
    """What a procedure says of its estimates; nothing replaces what is known of a formula."""
    if not isinstance(given, Outcome):
        return {}
    found = {"bound": given.bound, "evaluations": given.evaluations, "says": given.says}
    if given.calls is not None:
        found["calls"] = given.calls.astype(np.float64)
    return found | {"computed_in": np.full(len(given.says), given.left)}


def _parts(
    estimate: Floats, truth: Truth, ideal: balls.Balls, bits: int, ties: bool
) -> tuple[Parts, bool]:
    column = np.array([_nan_ball(t) for t in truth.exact], object)[:, None]
    found = balls.each_ball(estimate)
    with balls.bits(bits):
        error = _rounded(found - column, ties)
        difference = ideal - column
        truncation, rounding = _rounded(difference, ties), _rounded(found - ideal, ties)
        known = balls.accuracy(difference)
    # log2 of the radius of each ideal's ball; that of the truth is far smaller.
    radius = np.where(known < EXACT, _exponent(truncation) - known, -np.inf)
    around_zero = (truncation == 0) & (known < EXACT)  # bits relative to a middle of 0 say nothing
    radius[around_zero] = _exponent(balls.radii(difference[around_zero]))
    vague = (known < ENOUGH_BITS) & np.isfinite(truncation)
    equal = (_exponent(rounding) - radius < ENOUGH_BITS) & np.isfinite(rounding)
    unsure = equal & (radius > _exponent(estimate) - SURELY_EQUAL)
    truncation[vague] = rounding[equal] = 0.0  # smaller than its ball
    return Parts(error, truncation, rounding), not (vague | unsure).any()


EXACT = 2**40  # more bits than any ball has: its radius is 0
SURELY_EQUAL = 200  # bits to which a float and an ideal agree by no accident


def _exponent(values: Floats) -> Floats:
    """The binary exponent of each number; that of 0 is as small as float64 has."""
    with np.errstate(divide="ignore"):
        return np.where(values == 0, -1100.0, np.log2(np.abs(values)))


def _rounded(values: balls.Balls, ties: bool) -> Floats:
    """The number in each ball as float64, rounded once, to even where it lies between two.

    An exact tie is not the middle of its ball: a division has moved that a little to one side.
    Only a problem of + - * / and roots has `ties`.
    """
    nearest: Floats = values.astype(np.float64)
    if not ties:
        return nearest
    with np.errstate(invalid="ignore"):
        rest = (values - nearest).astype(np.float64)
        half = np.spacing(nearest) / 2
        maybe = np.abs(np.abs(rest) - np.abs(half)) <= np.abs(half) * NEAR_TIE
    for where in zip(*np.nonzero(maybe), strict=True):
        nearest[where] = _of_tie(values[where], float(nearest[where]), float(rest[where]))
    return nearest


NEAR_TIE = 2.0**-20  # closer to a tie than this, a number is looked at by itself


def _of_tie(value: Value, nearest: float, rest: float) -> float:
    """The even one of two neighbours where a tie is within the ball; else the nearest."""
    other = math.nextafter(nearest, math.copysign(math.inf, rest))
    tie = (balls.ball(nearest) + balls.ball(other)) / 2
    if not (value - tie).contains(0):
        return nearest
    return min(nearest, other, key=lambda each: int(math.ldexp(math.frexp(each)[0], 53)) % 2)


def _nan_ball(value: Value) -> Value:
    return balls.ball(math.nan) if value is None else value


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
