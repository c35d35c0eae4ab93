"""Statistics over the points: from rows to curves, and from each curve to its best step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.table import BEST, KEY, MEASURES
from bench.theory import Prediction

Floats = npt.NDArray[np.float64]
Curve = Mapping[str, Any]
NEARBY = 1  # steps on either side that smoothing averages over
ENOUGH = 0.9  # of the most points that are ok at any step: a step with fewer is another curve


def curve_of(key: Mapping[str, str], rows: Mapping[str, npt.NDArray[Any]]) -> Curve:
    """One curve, from the rows of one scheme, problem, format, backend and device.

    One entry a step, largest first (a single one without a step), columns as in `CURVES`.
    """
    ok = rows["status"] == "ok"
    # Steps that underflowed to 0 stay apart by the k of 2^k that was asked for.
    powers = rows["log2_step"]
    step = rows["h"] if np.isnan(powers).any() else powers
    distinct, first, group = np.unique(-step, return_index=True, return_inverse=True)
    curve: dict[str, Any] = dict(key) | {
        "log2_step": rows["log2_step"][first],
        "h": rows["h"][first],
        "n_total": np.bincount(group),
        "n_ok": np.bincount(group, weights=ok),
    }
    scale = largest_truth(rows)
    for measure in MEASURES:
        if measure == "scaled_error":
            values = np.abs(rows["error"]) / scale if scale else np.full(len(ok), math.nan)
        else:
            values = np.abs(rows[measure])
        found = _statistics(np.where(ok, values, math.nan), group, len(distinct))
        curve |= {f"{measure}_{name}": value for name, value in found.items()}
    return curve


def largest_truth(rows: Mapping[str, npt.NDArray[Any]]) -> float:
    """The largest |truth| of a curve's points, 0 if none has a derivative."""
    truth = np.abs(rows["truth"])
    return float(np.max(truth, where=~np.isnan(truth), initial=0.0))


def _statistics(values: Floats, group: npt.NDArray[np.intp], groups: int) -> dict[str, Floats]:
    """Median, 10% and 90% quantile and maximum of the numbers of each group; NaN if it has none."""
    order = np.lexsort((values, group))  # NaN sorts last within its group
    counts = np.bincount(group, minlength=groups)
    starts = np.cumsum(counts) - counts
    known = np.bincount(group, weights=~np.isnan(values), minlength=groups).astype(int)
    ordered = values[order]

    def quantile(share: float) -> Floats:
        position = share * np.maximum(known - 1, 0)
        low = np.floor(position).astype(int)
        high = np.minimum(low + 1, np.maximum(known - 1, 0))
        a, b = ordered[starts + low], ordered[starts + high]
        found: Floats = a + (b - a) * (position - low)
        return found

    shares = {"median": 0.5, "p10": 0.1, "p90": 0.9, "max": 1.0}
    return {name: quantile(share) for name, share in shares.items()}


def best_of(
    curve: Curve, prediction: Prediction, scale: float, unit_roundoff: float, evaluations: int
) -> dict[str, Any]:
    """One row of the table of best steps, from one curve.

    `scale` is the largest |truth|, by which the predicted error is divided.
    """
    errors, steps = curve["scaled_error_median"], curve["h"]
    counted = (curve["n_ok"] >= ENOUGH * curve["n_ok"].max()) & np.isfinite(errors)
    row: dict[str, Any] = {name: curve[name] for name in KEY}
    row |= dict.fromkeys(name for name in BEST if name not in KEY)
    row |= {"evaluations": evaluations, "n_ok": int(curve["n_ok"].sum())}
    if not counted.any():
        return row
    smooth = smoothed(np.where(counted, errors, math.nan), steps, unit_roundoff)
    best = int(np.nanargmin(smooth))
    error = float(errors[best])
    row |= {"best_error": error, "digits": -math.log10(error) if error else math.inf}
    if math.isnan(steps[best]):
        return row
    row |= {
        "best_step": float(steps[best]),
        "predicted_step": prediction.step,
        "predicted_error": prediction.error / scale if scale else math.nan,
        "good_decades": _good_decades(steps, smooth, best),
        "truncation_slope": _slope(steps, curve["truncation_error_median"], counted),
        "rounding_slope": _slope(
            steps, curve["rounding_error_median"], counted & (steps <= steps[best])
        ),
    }
    return row


def smoothed(errors: Floats, steps: Floats, unit_roundoff: float) -> Floats:
    """Geometric mean of each error with its neighbours an octave away; NaN stays NaN.

    An error of 0 counts as u/1024 here, and only here: its logarithm must be finite.
    """
    logs = np.log(np.maximum(errors, unit_roundoff / 1024))
    padded = np.pad(logs, NEARBY, constant_values=math.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * NEARBY + 1)
    near = np.pad(steps, NEARBY, constant_values=math.nan)
    with np.errstate(divide="ignore", invalid="ignore"):  # steps may have underflowed to 0
        apart = np.lib.stride_tricks.sliding_window_view(near, 2 * NEARBY + 1) / steps[:, None]
    windows = np.where((apart >= 0.5) & (apart <= 2), windows, math.nan)
    # At an end the window is one-sided: there the error itself counts, or the mean would
    # favour the end of a falling curve less than its neighbour.
    known = ~np.isnan(windows)
    mean = np.where(known, windows, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    full = known.all(axis=1)
    result: Floats = np.where(np.isnan(logs), math.nan, np.exp(np.where(full, mean, logs)))
    return result


def _good_decades(steps: Floats, smooth: Floats, best: int) -> float:
    good = smooth <= 2 * smooth[best]
    first = last = best
    while first > 0 and good[first - 1]:
        first -= 1
    while last + 1 < len(good) and good[last + 1]:
        last += 1
    return float(math.log10(steps[first] / steps[last]))


def _slope(steps: Floats, errors: Floats, counted: npt.NDArray[np.bool_]) -> float:
    """The median slope between any two points of a curve in logarithmic axes (Theil-Sen)."""
    usable = counted & (errors > 0) & np.isfinite(errors)
    if usable.sum() < 3:
        return math.nan
    x, y = np.log2(steps[usable]), np.log2(errors[usable])
    i, j = np.triu_indices(len(x), 1)
    return float(np.median((y[i] - y[j]) / (x[i] - x[j])))
