"""The columns of every table, each documented once, and frames made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

KEY = {
    "problem": "the function that is differentiated",
    "scheme": "the formula that approximates the derivative",
    "precision": "the floating-point format of x, h, f(x) and the estimate",
    "backend": "the library that ran the formula, and how",
    "device": "where it ran: cpu or gpu",
}

ACCURACY = KEY | {
    "x": "the point, exact in the format",
    "log2_step": "k of h = 2^k; empty without a step or where h is no power of two",
    "h": "the step, exact in the format; empty without a step",
    "estimate": "what the scheme gave in the format",
    "truth": "f'(x) at this very x, rounded to float64",
    "error": "estimate - truth, taken in high precision and rounded once",
    "truncation_error": "ideal - truth: what the formula errs without any rounding",
    "rounding_error": "estimate - ideal: what rounding adds to it",
    "error_ulps": "the error in ulps of the truth in the format, with sign and fraction",
    "evaluations": "calls of f for one derivative",
    "status": "ok, or what went wrong",
}

MEASURES = {
    "error": "|error|",
    "scaled_error": "|error| over the largest |truth| of the curve's points",
    "error_ulps": "|error| in ulps of the truth",
    "truncation_error": "|truncation error|",
    "rounding_error": "|rounding error|",
}
STATISTICS = {
    "median": "median over the ok rows",
    "p10": "10% quantile over the ok rows",
    "p90": "90% quantile over the ok rows",
    "max": "largest of the ok rows",
}

CURVES = (
    KEY
    | {
        "log2_step": ACCURACY["log2_step"],
        "h": ACCURACY["h"],
        "n_total": "rows of this curve point",
        "n_ok": "rows of status ok",
    }
    | {
        f"{measure}_{statistic}": f"{text}: {meaning}"
        for measure, text in MEASURES.items()
        for statistic, meaning in STATISTICS.items()
    }
)

BEST = KEY | {
    "best_step": "the step of the lowest smoothed median scaled error; empty without a step",
    "best_error": "the median scaled error at the best step",
    "digits": "-log10 of best_error: correct decimal digits; inf where the median error is 0",
    "predicted_step": "the step that theory predicts; inf where the larger, the better",
    "predicted_error": "the scaled error that theory predicts at its step",
    "good_decades": "decades of h around the best step within 2x of its smoothed error",
    "truncation_slope": "measured exponent of h in the truncation error: the order",
    "rounding_slope": "measured exponent of h in the rounding error below the best step: near -1",
    "evaluations": ACCURACY["evaluations"],
    "n_ok": "rows of status ok in the whole curve",
}

CATEGORICAL = (*KEY, "status")
_CATEGORY = pa.dictionary(pa.int32(), pa.string())
_TYPES: Mapping[str, Any] = dict.fromkeys(CATEGORICAL, _CATEGORY) | {
    "log2_step": pa.int16(),
    "evaluations": pa.int32(),
}
SCHEMA = pa.schema([(name, _TYPES.get(name, pa.float64())) for name in ACCURACY])


def accuracy_frame(key: Mapping[str, str], rows: Mapping[str, Any]) -> pd.DataFrame:
    """Rows of one curve as a frame of the accuracy table: the key repeated, types as stored."""
    n = len(rows["x"])
    columns: dict[str, Any] = {
        name: pd.Categorical.from_codes([0] * n, [key[name]]) for name in KEY
    }
    columns |= {name: rows[name] for name in ACCURACY if name not in KEY}
    columns["status"] = pd.Categorical(rows["status"])
    columns["log2_step"] = pd.array(rows["log2_step"], dtype="Int16")
    columns["evaluations"] = rows["evaluations"].astype("int32")
    return pd.DataFrame(columns, columns=list(ACCURACY))


def to_arrow(frame: pd.DataFrame) -> pa.Table:
    """A frame of the accuracy table as Arrow, column for column as documented."""
    return pa.Table.from_pandas(frame, SCHEMA, preserve_index=False).replace_schema_metadata(None)


def from_arrow(table: pa.Table) -> pd.DataFrame:
    """The accuracy table as a frame: categories, nullable steps, float64 numbers."""
    frame = table.to_pandas()
    frame["log2_step"] = frame["log2_step"].astype("Int16")
    return pd.DataFrame(frame)


def concatenate(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames of the accuracy table as one, categories united."""
    return from_arrow(pa.concat_tables([to_arrow(frame) for frame in frames]).unify_dictionaries())
