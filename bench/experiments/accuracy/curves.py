"""Statistics over the points: from rows to curves, and from each curve to its best step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bench.experiments.accuracy.tables import MEASURES, Best
from bench.theory import Prediction
from bench.values import Array, Flags, Floats

Curve = Mapping[str, Array]
NEARBY = 1  # steps on either side that smoothing averages over
ENOUGH = 0.9  # of the most points that are ok at any step: a step with fewer is another curve


def curve_of(rows: Mapping[str, Array]) -> Curve:
    """One curve, from the rows of one scheme, problem, format, backend and device, x outermost.

    One entry a step, largest first (a single one without a step), columns as in the table of
    curves. Rows whose truth is 0 are not ok: they have no relative error.
    """
    powers, order = rows["log2_step"], order_of(rows)
    points = len(powers) // len(order)

    def by_step(values: Array) -> Array:
        """The values as (points, steps), largest step first."""
        return values.reshape(points, len(order))[:, order]

    ok, truth = by_step(rows["status"] == "ok"), np.abs(by_step(rows["truth"]))
    curve: dict[str, Array] = {
        "log2_step": powers[order],
        "h": rows["h"][order],
        "n_total": np.full(len(order), points),
        "n_ok": ok.sum(axis=0),
    }
    for measure in MEASURES:
        values = np.abs(by_step(rows[measure.removeprefix("relative_")]))
        if measure.startswith("relative_"):
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                values = values / truth
        found = _statistics(np.where(ok, values, math.nan))
        curve |= {f"{measure}_{name}": value for name, value in found.items()}
    return curve


def order_of(rows: Mapping[str, Array]) -> npt.NDArray[np.intp]:
    """Where each step is among those of the first point, the largest first."""
    # Steps that underflowed to 0 stay apart by the k of 2^k that was asked for.
    powers = rows["log2_step"]
    _, order = np.unique(-(rows["h"] if np.isnan(powers).any() else powers), return_index=True)
    return order


def _statistics(values: Floats) -> dict[str, Floats]:
    """Median, 10% and 90% quantile and maximum of the numbers of each column; NaN without any."""
    ordered = np.sort(values, axis=0)  # NaN sorts last
    last = np.maximum((~np.isnan(values)).sum(axis=0) - 1, 0)
    columns = np.arange(values.shape[1])

    def quantile(share: float) -> Floats:
        position = share * last
        low = np.floor(position).astype(int)
        a, b = ordered[low, columns], ordered[np.minimum(low + 1, last), columns]
        found: Floats = a + (b - a) * (position - low)
        return found

    return {name: quantile(share) for name, share in SHARES.items()}


SHARES = {"median": 0.5, "p10": 0.1, "p90": 0.9, "max": 1.0}


def best_of(
    nothing: Best, curve: Curve, prediction: Prediction, slope: float, unit_roundoff: float
) -> Best:
    """The row of the table of best steps of one curve, from one in which nothing is known yet.

    `slope` is the typical |f'|, by which the predicted error is divided.
    """
    errors, steps, n_ok = curve["relative_error_median"], curve["h"], curve["n_ok"]
    counted = (n_ok >= ENOUGH * n_ok.max()) & np.isfinite(errors)
    row = replace(nothing, n_ok=int(n_ok.sum()))
    if not counted.any():
        return row
    smooth = smoothed(np.where(counted, errors, math.nan), steps, unit_roundoff)
    best = int(np.nanargmin(smooth))
    error = float(errors[best])
    row = replace(row, best_error=error, digits=-math.log10(error) if error else math.inf)
    if math.isnan(steps[best]):
        return row
    below = counted & (steps <= steps[best])
    return replace(
        row,
        best_step=float(steps[best]),
        best_is_edge=int(best in np.flatnonzero(counted)[[0, -1]]),
        predicted_step=prediction.step,
        predicted_error=prediction.error / slope if slope else math.nan,
        good_decades=_good_decades(steps, smooth, best),
        truncation_slope=_slope(steps, curve["truncation_error_median"], counted),
        rounding_slope=_slope(steps, curve["rounding_error_median"], below),
    )


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


def _slope(steps: Floats, errors: Floats, counted: Flags) -> float:
    """The median slope between any two points of a curve in logarithmic axes (Theil-Sen)."""
    usable = counted & (errors > 0) & np.isfinite(errors)
    if usable.sum() < 3:
        return math.nan
    x, y = np.log2(steps[usable]), np.log2(errors[usable])
    i, j = np.triu_indices(len(x), 1)
    apart = x[i] != x[j]  # the logarithms of two floats beside each other are one number
    slopes = (y[i] - y[j])[apart] / (x[i] - x[j])[apart]
    return float(np.median(slopes)) if len(slopes) else math.nan
