"""The columns of every table, each documented once, and frames made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

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
    "best_step": "the step of the lowest median scaled error, smoothed over neighbouring octaves",
    "best_error": "the median scaled error at the best step",
    "digits": "-log10 of best_error: digits relative to the largest |truth|; inf for no error",
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


def accuracy_table(key: Mapping[str, str], rows: Mapping[str, npt.NDArray[Any]]) -> pa.Table:
    """Rows of one curve as a piece of the accuracy table, as stored: the key is repeated."""
    n = len(rows["x"])
    zeros = pa.array(np.zeros(n, np.int32))
    columns = {name: pa.DictionaryArray.from_arrays(zeros, [key[name]]) for name in KEY}
    for name in ACCURACY:
        if name == "status":
            names, codes = np.unique(rows[name], return_inverse=True)
            columns[name] = pa.DictionaryArray.from_arrays(codes.astype(np.int32), names.tolist())
        elif name == "log2_step":
            known = ~np.isnan(rows[name])
            columns[name] = pa.array(np.where(known, rows[name], 0).astype(np.int16), mask=~known)
        elif name not in KEY:
            columns[name] = pa.array(rows[name], SCHEMA.field(name).type)
    return pa.table([columns[name] for name in ACCURACY], schema=SCHEMA)


def accuracy_frame(table: pa.Table) -> pd.DataFrame:
    """The accuracy table as a frame: categories, nullable log2_step, float64 numbers."""
    frame = table.unify_dictionaries().to_pandas()
    frame["log2_step"] = frame["log2_step"].astype("Int16")
    return pd.DataFrame(frame)


def curves_frame(curves: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Curves, each a key and columns of one length, as the table of curves."""
    columns: dict[str, Any] = {}
    for name in CURVES:
        if name in KEY:
            sizes = [len(curve["h"]) for curve in curves]
            columns[name] = np.repeat([curve[name] for curve in curves], sizes)
        else:
            columns[name] = np.concatenate([curve[name] for curve in curves])
    frame = pd.DataFrame(columns)
    return frame.astype({"log2_step": "Int16", "n_total": "int64", "n_ok": "int64"})


def best_frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows as the table of best steps."""
    numbers = [name for name in BEST if name not in (*KEY, "evaluations", "n_ok")]
    return pd.DataFrame(rows, columns=list(BEST)).astype(dict.fromkeys(numbers, "float64"))


def more_frame(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    """Rows as a table of these columns, in their order."""
    return pd.DataFrame(rows, columns=list(columns))


def csv_frame(path: Path, columns: Mapping[str, str]) -> pd.DataFrame:
    """A stored CSV table as a frame, each number exactly as it was written.

    Raises OSError, KeyError for a missing column, and pyarrow's errors for what is no table.
    """
    whole = {"n_total", "n_ok", "evaluations", "n", "rounds", "processes", "iteration"}
    text = {*KEY, "status", "reason", "optimizer", "step_kind"}
    types = {
        name: pa.string() if name in text else pa.int64() if name in whole else pa.float64()
        for name in columns
    }
    # an empty text is a text, an empty number none
    options = pacsv.ConvertOptions(
        column_types=types, include_columns=list(columns), strings_can_be_null=False
    )
    frame = pacsv.read_csv(path, convert_options=options).to_pandas()
    return pd.DataFrame(frame.astype({"log2_step": "Int16"} if "log2_step" in columns else {}))
