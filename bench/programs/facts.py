"""What is asked of a function of the user's, and what is found of it before it is run."""

from __future__ import annotations

from dataclasses import dataclass

from bench.formats import formats
from bench.programs import Source

USUAL = (0.5, 1.5)


@dataclass(frozen=True)
class Wanted:
    """What is asked of a function: of one number, or of `size` variables; where; in which formats.

    `at` are points of one number, or the one point of n numbers.
    """

    source: Source
    interval: tuple[float, float] = USUAL
    at: tuple[float, ...] = ()
    size: int | None = None
    precisions: tuple[str, ...] = tuple(formats)


@dataclass(frozen=True)
class Facts:
    """What was found of a function before it is run.

    `summary` is the first line of its docstring, `place` where it begins, `kinks` the points asked
    for at which it has no derivative, `remarks` what a reader of the run must know, `unsupported`
    the formats that it cannot be run in, and why. `failed` is why it cannot be run at all.
    """

    summary: str
    place: str
    plain: bool = False
    analytic: bool = False
    kinks: tuple[float, ...] = ()
    remarks: tuple[str, ...] = ()
    unsupported: tuple[tuple[str, str], ...] = ()
    failed: str = ""
