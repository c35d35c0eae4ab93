"""findiff: differences of samples on a grid, here one of three points around each x."""

from __future__ import annotations

import numpy as np
from ml_dtypes import finfo

from bench.schemes.peer import Function, peer
from bench.values import Array, Value


@peer(
    "findiff",
    label="findiff (h = u^(1/3))",
    source="Baer, findiff: Diff with acc=2",
    many=True,
)
def findiff(f: Function, x: Array) -> Value:
    """findiff.Diff with acc=2 on x - h, x and x + h: the step is its user's, here u^(1/3)."""
    from findiff import Diff

    h = np.asarray(2.0 ** -round((finfo(x.dtype).nmant + 1) / 3), x.dtype)
    samples = f(x[:, None] + h * np.array([-1, 0, 1], x.dtype))
    return Diff(1, h, acc=2)(samples)[:, 1]
