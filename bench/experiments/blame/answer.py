"""What is said of an error: the lines that make it, and those that enlarge it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from math import nan

from bench.registry import found_at
from bench.values import Value

FUNCTION = "f"  # the function itself, where others are schemes that take its derivative
WORDS = {"quotient": "central", "gradient": "grad"}  # what schemes may be called, by their kind


def total(parts: Iterable[float]) -> float:
    """The sum of parts of an error; not a number where one of them is not finite."""
    known = list(parts)
    return math.fsum(known) if all(map(math.isfinite, known)) else nan


@dataclass(frozen=True)
class Line:
    """A line of a program: what its roundings make of the error, and by how much it enlarges it.

    `made` is a part of the error, with its sign, and `share` that over the error; `maker` is the
    operation of the line that makes most. `amplified` is the factor by which its `amplifier`, an
    operation, enlarges the relative error that comes to it; NaN where none does. `formats` are
    those in which its operations run. `overflows` where what it gives is beyond its format;
    `of_scheme` where it is one of a scheme's formula, and not of the function's program.
    """

    file: str
    number: int
    source: str
    made: float
    share: float
    maker: str
    amplified: float
    amplifier: str
    formats: tuple[str, ...]
    operations: int
    overflows: bool
    of_scheme: bool

    def __str__(self) -> str:
        return f"{self.file}:{self.number}" if self.file else "elsewhere"


@dataclass(frozen=True)
class Blame:
    """The error of one number that a function gives in a format, by the lines of its program.

    `scheme` is "f" for the function itself, else how its derivative was taken, with step `h`. `at`
    is the place of the number where several are given. `error` is `value` minus `truth`.
    """

    function: str
    scheme: str
    precision: str
    x: tuple[float, ...]
    h: float
    at: tuple[int, ...]
    value: float
    truth: float
    error: float
    lines: tuple[Line, ...]

    @property
    def made(self) -> float:
        """The sum of what all lines make."""
        return total(line.made for line in self.lines)

    @property
    def explained(self) -> float:
        """The share of the error that the lines add up to; NaN where there is none."""
        return self.made / self.error if self.error else nan

    @property
    def maker(self) -> Line | None:
        """The line that makes the largest part of the error."""
        return max(self.lines, key=lambda line: abs(line.made), default=None)

    @property
    def amplifier(self) -> Line | None:
        """The line that enlarges most what comes to it; None where none does."""
        known = [line for line in self.lines if line.amplified > 1]
        return max(known, key=lambda line: line.amplified, default=None)

    @property
    def overflowing(self) -> Line | None:
        """The first line that gives what is beyond its format; None where none does."""
        return next((line for line in self.lines if line.overflows), None)

    def __repr__(self) -> str:
        """What a terminal shows."""
        return str(found_at("bench.tell.terminal:text_of")(self._findings()))

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return str(found_at("bench.tell.notebook:of_findings")(self._findings()))

    def _findings(self) -> Value:
        return found_at("bench.experiments.blame.told:findings_of")(self)
