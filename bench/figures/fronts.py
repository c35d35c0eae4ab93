"""Marks of what costs and what errs, and the line beyond which there is nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from bench.figures import Size, palette
from bench.figures.axes import logarithmic
from bench.figures.words import Words

Floats = npt.NDArray[np.float64]


def draw_front(
    axes: Axes,
    work: Floats,
    digits: Floats,
    names: Sequence[str],
    size: Size,
    *,
    far: float = 0.3,
    apart: Sequence[bool] = (),
) -> None:
    """A mark at each work and digits, named where there is room; grey is beaten in both.

    A name stands at most `far` inches from its mark. What stands `apart` is hollow and beats none.
    """
    margin = 0.15 * max(float(np.ptp(digits)), 1.0)
    axes.set_ylim(digits.min() - margin, digits.max() + 1.3 * margin)
    logarithmic(axes, (work.min() / 1.7, work.max() * 1.9), x=True)
    out = np.array([*apart] or [False] * len(work))
    inside = np.nonzero(~out)[0]
    front = [int(inside[i]) for i in front_of(work[inside], -digits[inside])]
    beaten = np.zeros(len(work), bool)
    beaten[inside] = beaten_of(work[inside], -digits[inside])
    words = Words(axes, size)
    if front:
        x, y = _steps(work[front], digits[front], axes.get_xlim()[1])
        axes.plot(x, y, color=palette.TRUNCATION, lw=1.2 * size.scale, zorder=1)
        words.avoid(x, y)
    for i in range(len(work)):
        colour = palette.INK if out[i] else palette.DULL if beaten[i] else palette.TRUNCATION
        look: dict[str, Any] = {"fillstyle": "none"} if out[i] else {}
        mark: dict[str, Any] = {"color": colour, "ms": 5.5 * size.scale, "zorder": 3}
        axes.plot([work[i]], [digits[i]], "o", **mark, **look)
        words.keep_off(work[i], digits[i], 6.5 * size.scale)
    for i in sorted(range(len(work)), key=lambda i: (beaten[i], -digits[i])):
        colour, towards = (palette.SOFT, (1.0, -0.5)) if beaten[i] else (palette.INK, (-0.6, 1.0))
        bold = not beaten[i] and not out[i]
        words.near(work[i], digits[i], names[i], colour, bold=bold, towards=towards, farthest=far)


def beaten_of(work: Floats, error: Floats) -> list[bool]:
    """Whether another is at least as good in both work and error, and better in one."""
    return [
        bool(((work <= w) & (error <= e) & ((work < w) | (error < e))).any())
        for w, e in zip(work, error, strict=True)
    ]


def _steps(work: Floats, digits: Floats, right: float) -> tuple[list[float], list[float]]:
    """The corners of the line of what is beaten by nothing."""
    x = [*np.repeat(work, 2)[1:].tolist(), right]
    return x, np.repeat(digits, 2).tolist()


def front_of(work: Sequence[float] | Floats, error: Sequence[float] | Floats) -> list[int]:
    """The cases that no other beats in both work and error, by rising work."""
    order = sorted(range(len(work)), key=lambda i: (work[i], error[i]))
    front: list[int] = []
    for i in order:
        if not front or error[i] < error[front[-1]]:
            front.append(i)
    return front
