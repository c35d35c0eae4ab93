"""Numbers that follow from the columns of accuracy, which claims may speak of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.tables import Derived

if TYPE_CHECKING:
    import pandas as pd


def _over(rows: pd.DataFrame, column: str, prediction: str) -> pd.Series[float]:
    """A column over its prediction; NaN where theory has no step, or an infinite one."""
    known = np.isfinite(rows["predicted_step"])
    return (rows[column] / rows[prediction]).where(known)


def _steps(rows: pd.DataFrame) -> pd.Series[float]:
    return _over(rows, "best_step", "predicted_step")


def _errors(rows: pd.DataFrame) -> pd.Series[float]:
    return _over(rows, "best_error", "predicted_error")


def _flags(held: pd.Series[bool], of: pd.Series[float]) -> pd.Series[float]:
    return held.where(of.notna())


OF_ROWS = {
    "absolute_error": Derived("|error|", lambda rows: rows["error"].abs()),
    "relative_error": Derived(
        "|error| / |truth|", lambda rows: (rows["error"] / rows["truth"]).abs()
    ),
    "honest": Derived(
        "1 where |error| is at most the bound that the scheme says, 0 where not",
        lambda rows: (rows["error"].abs() <= rows["bound"]).where(rows["bound"].notna()),
    ),
    "silent": Derived(
        "1 where |error| is above the bound and the scheme says nothing, 0 where not",
        lambda rows: (
            (rows["error"].abs() > rows["bound"]) & (rows["says"].astype(str) == "")
        ).where(rows["bound"].notna()),
    ),
    "sharpness": Derived(
        "bound / |error|, an error of 0 counted as 1e-18 of the truth",
        lambda rows: rows["bound"] / np.maximum(rows["error"].abs(), 1e-18 * rows["truth"].abs()),
    ),
    "log10_relative_error": Derived(
        "log10(|error| / |truth|), an error of 0 counted as 1e-18 of the truth",
        lambda rows: np.log10((rows["error"] / rows["truth"]).abs().clip(lower=1e-18)),
    ),
    "absolute_ulps": Derived("|error| in ulps", lambda rows: rows["error_ulps"].abs()),
}
OF_BEST = {
    "step_over_predicted": Derived("best step over the predicted one", _steps),
    "error_over_predicted": Derived("error at the best step over the predicted one", _errors),
    "within_4x": Derived(
        "1 where the best step is within 4x of the predicted one, 0 where not",
        lambda rows: _flags(_steps(rows).between(0.25, 4), _steps(rows)),
    ),
    "within_prediction": Derived(
        "1 where the error is at most the predicted one, 0 where not",
        lambda rows: _flags(_errors(rows) <= 1, _errors(rows)),
    ),
    "order_off": Derived(
        "how far the measured order is from the scheme's",
        lambda rows: (rows["truncation_slope"] - rows["order"]).abs(),
    ),
}
