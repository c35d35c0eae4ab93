"""Kostyrka's kink search: the step at the bottom of the V that errors make in logarithms."""

from __future__ import annotations

import numpy as np

from bench.schemes.classic.beside import Beside, search
from bench.schemes.outcome import Outcome
from bench.values import Array, Floats

BELOW, ABOVE = 36, 24  # octaves of steps below and above the usual one
LEFT, RIGHT = -1, 2  # slopes of the V: rounding over h, truncation by h²
LIKE = 0.1  # what a slope may be off, relative, to be one of truncation
ENOUGH = 5  # steps of the right branch
PARTS = 16  # places of the kink in an octave that are tried


@search(
    label="Kostyrka's kink",
    source="Kostyrka 2025, What are you doing, step size; R package pnd, step.K",
    evaluations=120,
)
def kostyrka_kink(f: Beside) -> Outcome:
    """A central difference at the step where a V of slopes -1 and 2 fits measured errors best.

    They are |f'''| h² / 6, f''' from six points, at 61 steps 2^k. The kink is that of the least
    pseudo-Huber loss, on a grid of sixteenths of an octave; rounding is twice the truncation at the
    step. The bound is the author's: the sum of both.
    """
    h = _steps(f)
    error = _errors(f, h)
    step, bound = np.cbrt(f.epsilon) * f.size, np.full(len(h), np.nan)
    says = np.full(len(h), "no kink", "U16")
    for i, (steps, errors) in enumerate(zip(np.log2(h), np.log2(error), strict=True)):
        known = np.flatnonzero(np.isfinite(errors) & np.isfinite(steps))
        right = _right(steps[known], errors[known])
        if not len(right):
            continue
        if right[0] == 0:
            step[i], says[i] = 2 ** steps[known[right[round(len(right) / 4)]]], "no left branch"
            continue
        both = known[: right[-1] + 1]
        kink, bottom = _kink(steps[both], errors[both])
        best = kink + np.log2(-LEFT / RIGHT) / (RIGHT - LEFT)
        step[i], says[i] = 2**best, ""
        bound[i] = (1 + RIGHT) * 2 ** (bottom + LEFT * (best - kink))
    return f.central(step, bound, says)


def _steps(f: Beside) -> Floats:
    """Steps 2^k for each point, ascending, (n, 61); NaN where x does not move or there is no room.

    The usual one is about |x| / 1000, or 1 / 1000.
    """
    middle = np.round(np.log2(0.001 * np.maximum(np.abs(f.at), 1.0)))
    h = np.ldexp(1.0, (middle[:, None] + np.arange(-BELOW, ABOVE + 1)).astype(int))
    moves = h >= f.epsilon * f.size[:, None] / 2
    return np.where(moves & (h < f.room(f.all)[:, None]), h, np.nan)


def _errors(f: Beside, h: Floats) -> Floats:
    """|f'''| h² / 6 at every step from six points, from four where the outer two fail: (n, 61)."""
    odd, nothing = np.full(h.shape, np.nan), np.full((len(h), 2), np.nan)
    for column in range(h.shape[1]):
        on = f.all[np.isfinite(h[:, column])]
        up, down, _ = f.pair(on, h[on, column])
        odd[on, column] = (up - down) / 2
    twice = np.concatenate([odd[:, 1:], nothing[:, :1]], axis=1)
    four = np.concatenate([odd[:, 2:], nothing], axis=1)
    # of f' h + f''' h^3 / 6 + c h^5 the second term, from steps h and 2h, and from 2h and 4h
    rough, wide = (twice - 2 * odd) / 6, (four - 2 * twice) / 48
    better = (4 * rough - wide) / 3
    found = np.abs(np.where(np.isfinite(better) & (better != 0), better, rough)) / h
    return np.where(found > 0, found, np.nan)


def _right(steps: Floats, errors: Floats) -> Array:
    """The longest run of steps whose errors rise as h²; none where it is too short."""
    if len(steps) < 3:
        return np.arange(0)
    slopes = np.diff(errors) / np.diff(steps)
    slopes = np.concatenate([slopes[:1], (slopes[1:] + slopes[:-1]) / 2, slopes[-1:]])
    like = np.abs(slopes - RIGHT) < LIKE * RIGHT
    like |= np.append(like[1:], False) | np.append(False, like[:-1])
    runs = np.split(np.arange(len(steps)), np.flatnonzero(np.diff(like.astype(int))) + 1)
    right = max((run for run in runs if like[run[0]]), key=len, default=np.arange(0))
    return right if len(right) >= ENOUGH else right[:0]


def _kink(x: Floats, y: Floats) -> tuple[float, float]:
    """Where the V that fits best has its kink: the logarithms of step and error."""
    places = np.arange(x[0], x[-1], 1 / PARTS)
    off = x - places[:, None]
    rest = y - np.where(off < 0, LEFT * off, RIGHT * off)
    bottom = np.median(rest, axis=1)
    rest = rest - bottom[:, None]
    knee = np.maximum(np.median(np.abs(rest), axis=1), 1e-12)[:, None]
    loss = (knee**2 * (np.sqrt(1 + (rest / knee) ** 2) - 1)).mean(axis=1)
    best = int(np.argmin(loss))
    return float(places[best]), float(bottom[best])
