"""Answers of a library beside the truth: how many ulp they are off, and what is wrong besides."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bench.experiments.ulps.truth import CERTAIN, Truth
from bench.values import Array, Flags, Floats, Value

TIE = 0.5 + 2.0**-CERTAIN  # no number of the format is nearer: half an ulp, as well as it is known


def judged(truth: Truth, answer: Array) -> Mapping[str, Value]:
    """The measured columns of a row, of answers (n,) at the points of the truth."""
    found = answer.astype(np.float64)
    expected = np.where(truth.ordinary, np.copysign(1.0, truth.high), truth.special)
    flushed = _flushed(truth, found)
    compared = truth.ordinary & np.isfinite(found) & ~flushed
    counts = {
        "points": np.ones(len(found), bool),
        "compared": compared,
        "wrong_nan": np.isnan(found) != np.isnan(expected),
        "wrong_inf": _wrong_inf(found, expected),
        "wrong_zero": _wrong_zero(found, expected) & ~flushed,
        "flushed": flushed,
    }
    numbers = {name: int(each.sum()) for name, each in counts.items()}
    return numbers | (_sizes(truth, found, np.flatnonzero(compared)) if compared.any() else {})


def errors(truth: Truth, found: Floats) -> Floats:
    """The signed error of each answer (n,) in ulp of the truth; of no meaning where it is special.

    Both are multiples of the ulp with up to 53 bits: no bit of their difference is lost where
    they are near each other.
    """
    with np.errstate(all="ignore"):
        return (np.ldexp(found, -truth.unit) - truth.high) - truth.low


def _sizes(truth: Truth, found: Floats, compared: Array) -> dict[str, Value]:
    off = np.abs(errors(truth, found)[compared])
    worst = int(np.argmax(off))
    at = compared[worst]
    x = float(truth.x[at])
    return {
        "max_ulps": float(off[worst]),
        "mean_ulps": float(off.mean()),
        "nearest": float((off <= TIE).mean()),
        "over_one": float((off > 1).mean()),
        "x": x,
        "x_hex": x.hex(),
        "answer_hex": float(found[at]).hex(),
    }


def _flushed(truth: Truth, found: Floats) -> Flags:
    """Where zero stands for a subnormal number, or for the value at one."""
    precision = truth.precision
    size = np.abs(truth.high)
    small = size < 2.0 ** (precision.significand_bits - 1)
    small |= np.abs(truth.x.astype(np.float64)) < precision.smallest_normal
    flushed: Flags = truth.ordinary & (found == 0) & (size > 0.5) & small
    return flushed


def _wrong_inf(found: Floats, expected: Floats) -> Flags:
    """Where one of both is infinite, and the other is not the same; NaN is counted elsewhere."""
    infinite = np.isinf(found) | np.isinf(expected)
    other: Flags = infinite & (found != expected) & ~(np.isnan(found) | np.isnan(expected))
    return other


def _wrong_zero(found: Floats, expected: Floats) -> Flags:
    """Where a zero has the other sign, or something else stands for a zero."""
    other_sign = (found == 0) & (np.signbit(found) != np.signbit(expected))
    none = (expected == 0) & (found != 0)
    wrong: Flags = (other_sign | none) & np.isfinite(found) & np.isfinite(expected)
    return wrong
