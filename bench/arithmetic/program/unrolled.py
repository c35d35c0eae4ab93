"""A program as it ran in a format: every equation with the values that it took and gave.

Calls are inlined, so that no custom rule hides an equation; loops are unrolled, and of branches
there are those that the format took. A constant that the format rounds is a step, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.arithmetic.program.lines import NOWHERE
from bench.arithmetic.program.loops import CONTROL
from bench.arithmetic.program.steps import Step
from bench.arithmetic.program.unrolling import Traced, Unrolling
from bench.values import Value


@dataclass(frozen=True)
class Run:
    """One run in a format: all its values, its steps in order, and which values are its results."""

    values: Sequence[Value]
    steps: Sequence[Step]
    results: Sequence[int]


def unrolled(program: Value, x: Value, meant: Value | None = None) -> Run:
    """The run of a program on an array of its own format.

    `meant` is the same program in float64: a constant is meant to be what it is there. Raises
    Refused where a loop does not end within 10,000 steps.
    """
    run = Unrolling(CONTROL)
    results = run.program(Traced(program, meant), [run.known(x)], NOWHERE)
    return Run(run.values, run.steps, results)
