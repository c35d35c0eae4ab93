"""A study of one function that is given as a formula."""

from __future__ import annotations

import math

import numpy as np

from bench.arithmetic import balls
from bench.problems import Problem
from bench.problems.expression import open_problem
from bench.registry import InputError
from bench.study import Study
from bench.study.reading import load

STUDY = "function"  # what is asked of it
USUAL = (0.5, 1.5)
LOOKED_AT = 65  # points of the interval at which it must have a value


def study_of(text: str, interval: str | tuple[float, float] | None = None) -> Study:
    """The study of a formula on an interval, 0.5 to 1.5 unless another is given.

    Raises InputError for what is no formula or no interval, and where it has no value.
    """
    problem = open_problem(text, USUAL if interval is None else ends_of(interval))
    require_values(problem)
    question = f"How wrong is the derivative of {problem.label}, at which step, and what stops it?"
    update = {"name": problem.name, "question": question, "problems": (problem.name,)}
    return load(STUDY).model_copy(update=update)


def ends_of(interval: str | tuple[float, float]) -> tuple[float, float]:
    """The ends of an interval, given as `LOW:HIGH` or as two numbers."""
    ends = interval.split(":") if isinstance(interval, str) else list(interval)
    try:
        low, high = map(float, ends)
    except ValueError:
        low = high = math.nan
    if not -math.inf < low < high < math.inf:
        raise InputError(
            f"option 'interval' is {interval!r}; allowed: LOW:HIGH, two numbers, such as 0.1:3"
        )
    return low, high


def require_values(problem: Problem) -> None:
    """InputError where a function has no value at some point of its interval."""
    x = np.linspace(*problem.interval, LOOKED_AT)
    with balls.bits(200):
        for at in x.tolist():
            try:
                (value,) = problem(balls.each_ball(np.array([at])), balls.balls)
            except ZeroDivisionError:
                value = balls.ball(math.nan)
            if not value.is_finite():
                raise InputError(
                    f"{problem.label} has no value at x = {at:g}; "
                    "allowed: an interval in which it has one, --interval LOW:HIGH"
                )
