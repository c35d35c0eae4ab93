"""The rows of one scheme as they come, and what a curve takes of them, on disk where it is much.

Quantiles take all numbers of a step. They are written step by step, so that those of one step are
all that is in memory at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile

import numpy as np

from bench.experiments.accuracy.curves import Curve, curve_of, order_of
from bench.experiments.accuracy.measuring import Rows
from bench.values import Floats

TAKEN = ("truth", "error", "error_ulps", "truncation_error", "rounding_error")
IN_MEMORY = 2**22  # bytes of them, more go to disk


class Gathered:
    """What is known of a scheme from its rows, points by points; `zeros` have a truth of 0."""

    def __init__(self) -> None:
        self.zeros = 0
        self._calls = 0.0
        self._count = self._ok = 0
        self._says: Counter[str] = Counter()
        self._last: Rows = {}
        self._left = ""  # the formats that f ran in besides its own
        self._sizes: list[int] = []  # points of each part that is written
        self._file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  (closed by `close`)

    def add(self, rows: Rows, *, last: bool) -> None:
        """Add the rows of some points, x outermost."""
        self._count += len(rows["x"])
        self._calls += float(rows["evaluations"].sum())
        self._ok += int((rows["status"] == "ok").sum())
        self.zeros += int((rows["status"] == "truth_zero").sum())
        said = rows["says"][rows["says"] != ""]
        self._says.update(each for each in said.tolist() if each.startswith("raised "))
        if self._sizes or not last:
            self._write(rows)
        if last:
            self._left, self._last = str(rows["computed_in"][0]), rows

    @property
    def evaluations(self) -> int:
        """Calls of f for one derivative, in the mean."""
        return round(self._calls / self._count)

    @property
    def reason(self) -> str:
        """Why no number counts, by what a library did; empty where some do."""
        if self._ok:
            return ""
        for said, _ in self._says.most_common(1):
            return f"it {said}"
        return f"it was computed in {self._left}" if self._left else ""

    def curve(self) -> Curve:
        """One curve of all rows."""
        if not self._sizes:
            return curve_of(self._last)
        every = [curve_of(rows) for rows in self._by_step()]
        return {name: np.concatenate([each[name] for each in every]) for name in every[0]}

    def close(self) -> None:
        """Let go of the rows, in memory and on disk."""
        self._last = {}
        self._file.close()

    def _write(self, rows: Rows) -> None:
        """Write what a curve takes: step by step, each column of a step by itself."""
        steps = len(order_of(rows))
        columns = [rows[name] for name in TAKEN] + [rows["status"] == "ok"]
        by_step = np.stack([each.reshape(-1, steps).T for each in columns], axis=1, dtype=float)
        self._sizes.append(by_step.shape[2])
        self._file.write(by_step.tobytes())

    def _by_step(self) -> Iterator[Rows]:
        """What a curve takes of the rows of each step, in the order of curves."""
        steps = order_of(self._last)
        for step in steps.tolist():
            values = np.concatenate([*self._parts(step, len(steps))], axis=1)
            places = {name: np.full(values.shape[1], self._last[name][step]) for name in PLACE}
            status = np.where(values[-1] == 1, "ok", "")
            yield dict(zip(TAKEN, values, strict=False)) | places | {"status": status}

    def _parts(self, step: int, steps: int) -> Iterator[Floats]:
        begins, width = 0, len(TAKEN) + 1
        for points in self._sizes:
            size = 8 * width * points
            self._file.seek(begins + step * size)
            yield np.frombuffer(self._file.read(size)).reshape(width, points)
            begins += steps * size


PLACE = ("log2_step", "h")
