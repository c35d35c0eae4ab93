"""The cases of a study: points, steps, and the items in which they are measured."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.arithmetic import Backend, backends
from bench.formats import Format, formats
from bench.problems import Problem, problems
from bench.registry import InputError, apart
from bench.schemes import Scheme, schemes
from bench.study import StepRange, Study
from bench.study.axes import Steps
from bench.values import Floats

BELOW_ROUNDING = 16  # octaves swept below the step that moves x: only the complex step lives there
BEYOND = 3  # octaves swept beyond |x|, where the domain allows it


@dataclass(frozen=True)
class Item:
    """One problem in one format on one backend, for schemes with a step or for those without."""

    problem: str
    noise: float
    seed: int
    schemes: tuple[str, ...]
    precision: str
    backend: str
    device: str
    points: int | tuple[float, ...]
    steps: Steps

    def __str__(self) -> str:
        by = f" by {self.schemes[0]}" if len(self.schemes) == 1 else ""
        return f"{self.precision} {self.problem}{by} on {self.backend}"


def items(study: Study) -> list[Item]:
    """The sweep of a study; InputError where a point or a step is not allowed."""
    chosen = [schemes[name] for name in study.schemes]
    stepped = tuple(scheme.name for scheme in chosen if scheme.has_step)
    procedures = tuple(scheme.name for scheme in chosen if scheme.procedure is not None)
    autodiff = tuple(scheme.name for scheme in chosen if scheme.is_autodiff)
    groups = [(group, study.backends) for each in (stepped, procedures) for group in apart(each)]
    groups += [(group, study.autodiff_backends) for group in apart(autodiff)]
    found = [
        Item(
            problem,
            level,
            study.seed,
            group,
            precision,
            backend,
            study.device,
            study.points,
            study.steps,
        )
        for precision in study.precisions
        for problem in study.problems
        for level in study.noise
        for group, names in groups
        for backend in names
    ]
    for item in found:
        block_of(item)  # refuses here, before any work; blocks are light, and items travel
    return found


@dataclass(frozen=True)
class Block:
    """The cases of one problem in one format on one backend, for schemes of one kind.

    `x` (n,) and `h` (m,) are float64, each value exact in the format; `log2_steps` holds the k
    of h = 2^k, NaN for steps that are not powers of two. Without a step h is empty.
    """

    problem: Problem
    schemes: tuple[Scheme, ...]
    precision: Format
    backend: Backend
    device: str
    x: Floats
    h: Floats
    log2_steps: Floats

    @property
    def runnable(self) -> list[Scheme]:
        """The schemes that the backend can run in the format on this problem."""
        why_not = self.backend.why_not
        return [s for s in self.schemes if not why_not(s, self.precision, self.problem)]


def block_of(item: Item) -> Block:
    """The points and steps of an item; InputError where one is not allowed."""
    precision = formats[item.precision]
    problem = problems[item.problem].with_noise(item.noise, item.seed)
    chosen = tuple(schemes[name] for name in item.schemes)
    x = points(problem, precision, item.points, item.seed)
    h = powers = np.empty(0)
    if chosen[0].has_step:
        ends = problem.interval if isinstance(item.points, int) else x.tolist()
        h, powers = step_sizes(precision, item.steps, ends, problem)
    return Block(problem, chosen, precision, backends[item.backend], item.device, x, h, powers)


def points(problem: Problem, precision: Format, wanted: int | Sequence[float], seed: int) -> Floats:
    """Points of a problem in a format, exact as float64, ascending, each once.

    A number of points is drawn uniformly over the floats of the problem's interval, or over its
    reals where it holds 0, because most floats lie next to it. The same reals are rounded to
    every format, so that formats are compared at the same places; kinks and the points a problem
    always has come on top. A coarse format may have fewer floats.
    """
    if not isinstance(wanted, int):
        outside = [x for x in wanted if not problem.domain.contains(x)]
        if outside:
            raise InputError(
                f"point {outside[0]:g} is outside the domain of {problem.name}; "
                f"allowed: {problem.domain}"
            )
        chosen = precision.round(sorted(set(wanted))).astype(np.float64)
        bad = chosen[~np.isfinite(chosen) | ~problem.domain.contains(chosen)]
        if len(bad):
            raise InputError(
                f"a point of {problem.name} is {bad[0]:g} in {precision.name}; "
                f"allowed: finite and within {problem.domain}"
            )
        return np.unique(chosen)
    sampled = np.empty(0)
    for size in (wanted + 64, 4 * wanted + 64):  # the first of more are the same
        generator = np.random.default_rng([seed, zlib.crc32(problem.base.encode())])
        drawn = _drawn(generator, *problem.interval, size)
        rounded = precision.round(drawn).astype(np.float64)
        _, first = np.unique(rounded, return_index=True)
        sampled = rounded[np.sort(first)[:wanted]]
        if len(sampled) == wanted:
            break
    fixed = precision.round((*problem.kinks, *problem.always)).astype(np.float64)
    return np.unique(np.concatenate([sampled, fixed]))


def _drawn(generator: np.random.Generator, low: float, high: float, size: int) -> Floats:
    """Numbers of an interval: uniform over its floats, or over its reals where 0 is among them."""
    if low <= 0 <= high:
        return generator.uniform(low, high, size)
    if high < 0:
        return -_drawn(generator, -high, -low, size)
    first, last = (np.float64(end).view(np.int64) for end in (low, high))
    return generator.integers(first, last, size=size, endpoint=True).view(np.float64)


def step_sizes(
    precision: Format, steps: Steps, ends: Sequence[float], problem: Problem
) -> tuple[Floats, Floats]:
    """The steps in a format, exact as float64, and the k of those that are 2^k (NaN for others).

    `auto` goes from beyond the size of the points, or of the `ends` of the interval that they
    are drawn from, down to where x + h no longer moves, and further, where only the complex step
    still works. Of listed steps that round to the same
    float one is kept. Raises InputError for a step that is not finite in the format; one that
    rounds to 0 stays, and its rows have the status h_underflow.
    """
    if isinstance(steps, tuple):
        rounded = precision.round(steps).astype(np.float64)
        if not np.all(np.isfinite(rounded)):
            raise InputError(
                f"step {max(steps):g} is not finite in {precision.name}; "
                f"allowed: up to {precision.largest:g}"
            )
        h = np.array(list(dict.fromkeys(rounded.tolist())))
        mantissa, exponent = np.frexp(h)
        return h, np.where(mantissa == 0.5, exponent - 1.0, np.nan)
    low, high = (
        (steps.low, steps.high)
        if isinstance(steps, StepRange)
        else step_range(precision, ends, problem)
    )
    if high > precision.max_exponent:
        raise InputError(
            f"step 2^{high} is not finite in {precision.name}; "
            f"allowed: up to 2^{precision.max_exponent}"
        )
    exponents = np.arange(high, low - 1, -1)
    h = precision.round(np.ldexp(1.0, exponents)).astype(np.float64)
    return h, exponents.astype(np.float64)


def step_range(precision: Format, ends: Sequence[float], problem: Problem) -> tuple[int, int]:
    """The exponents of the smallest and the largest step for points as large as these.

    The largest lies BEYOND octaves above the largest point, or as many of them as leave x - h
    and x + h within the domain at some point.
    """
    reach = max(map(abs, ends))
    high = math.ceil(math.log2(reach)) if reach else 0
    high = min(max(high, precision.lowest_exponent), precision.max_exponent)
    low = high - precision.significand_bits - BELOW_ROUNDING
    inside = problem.domain.contains
    for _ in range(BEYOND):
        h = math.ldexp(1.0, high + 1)
        if high == precision.max_exponent or not any(inside(x - h) & inside(x + h) for x in ends):
            break
        high += 1
    return max(low, precision.lowest_exponent), high
