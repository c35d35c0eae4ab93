"""Fourier transforms: linear, so each coefficient of a power series is transformed by itself."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from flint import acb, acb_series, arb

from bench.arithmetic.balls import Balls
from bench.arithmetic.program import rule
from bench.arithmetic.program.complexes import conjugate, real_part
from bench.arithmetic.program.numbers import SERIES, coefficient, each, vector
from bench.values import Value

KINDS = jax.lax.FftType


@rule("transform", "fft")
def fft(parameters: Value, v: Balls) -> Balls:
    """By Arb's discrete transform, axis by axis."""
    kind, lengths = KINDS(parameters["fft_type"]), parameters["fft_lengths"]
    inverse = kind in (KINDS.IFFT, KINDS.IRFFT)
    axes = range(v.ndim - len(lengths), v.ndim)
    half = lengths[-1] // 2 + 1
    if kind == KINDS.IRFFT:
        for axis in axes[:-1]:
            v = along(v, axis, inverse)
        return each(real_part)(along(_mirrored(v, lengths[-1]), axes[-1], inverse))
    v = along(v, axes[-1], inverse)
    v = v[..., :half] if kind == KINDS.RFFT else v
    for axis in axes[:-1]:
        v = along(v, axis, inverse)
    return v


def _mirrored(v: Balls, n: int) -> Balls:
    """The n numbers of which a real transform keeps n // 2 + 1."""
    start = each(real_part)(v[..., :1])
    end = each(real_part)(v[..., n // 2 : n // 2 + 1]) if n % 2 == 0 else v[..., :0]
    between = v[..., 1 : (n + 1) // 2]
    return np.concatenate([start, between, end, each(conjugate)(between[..., ::-1])], -1)


def along(v: Balls, axis: int, inverse: bool) -> Balls:
    """The transform along one axis."""
    rows = np.moveaxis(v, axis, -1)
    found = np.empty(rows.shape, object)
    for at in np.ndindex(rows.shape[:-1]):
        found[at] = _of_row(rows[at], inverse)
    return np.moveaxis(found, -1, axis)


def _of_row(row: Balls, inverse: bool) -> Balls:
    known = [v.prec for v in row if type(v) in SERIES]
    if not known:
        return vector(_of_balls(row.tolist(), inverse))
    terms = min(known)
    columns = [_of_balls([coefficient(v, k) for v in row], inverse) for k in range(terms)]
    return vector(acb_series(list(each), prec=terms) for each in zip(*columns, strict=True))


def _of_balls(row: list[Any], inverse: bool) -> list[Any]:
    """The transform of balls; of real ones, the terms without a partner are real."""
    found: list[Any] = acb.dft(row, inverse=inverse)
    if all(type(ball) is arb for ball in row):
        for k in {0, len(row) // 2} if len(row) % 2 == 0 else {0}:
            found[k] = acb(found[k].real)
    return found
