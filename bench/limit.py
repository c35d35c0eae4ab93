"""The derivative as a limit: the difference quotient at ever smaller steps, in every format."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.cases import Block, blocks
from bench.measure import Rows, estimate, measure
from bench.problems import problems
from bench.registry import InputError
from bench.study import Study, load, narrow

ORDER = ("float64", "float32", "float16", "bfloat16")  # the slide's format first


@dataclass(frozen=True)
class Quotient:
    """The difference quotient at one step, with its error split into parts."""

    h: float
    value: float
    truncation_error: float
    rounding_error: float
    status: str

    def __str__(self) -> str:
        h = f"{self.h:.5f}" if self.h >= 0.999e-5 else f"{self.h:.0e}"
        return f"h={h}, numerical limit={self.value:.5f}"


@dataclass(frozen=True)
class Limit:
    """The quotients of one format, largest step first, and what jax.grad returns there."""

    precision: str
    unit_roundoff: float
    x: float
    truth: float
    quotients: tuple[Quotient, ...]
    autodiff: float

    @property
    def closest(self) -> Quotient | None:
        """The quotient nearest to the derivative, among those whose step still moves x."""
        known = [q for q in self.quotients if q.status == "ok"]
        return min(known, key=lambda q: abs(q.value - self.truth), default=None)


def limits(problem: str, at: float, precisions: Sequence[str] | None = None) -> list[Limit]:
    """The quotients (f(x+h) - f(x))/h of a problem at x, over the steps of the study `calculus`.

    Raises InputError for an unknown name, or a point outside the problem's domain.
    """
    base = load("calculus")
    steps = base.steps
    if not isinstance(steps, tuple):
        raise InputError("study calculus: key 'steps' is no list; allowed: a list of steps")
    chosen = narrow(
        base,
        problems=(problem,),
        points=(at,),
        schemes=("forward", "grad"),
        precisions=precisions or ORDER,
    )
    ordered = sorted(chosen.precisions, key=ORDER.index)
    return [_limit(chosen, name, steps) for name in ordered]


def _limit(study: Study, precision: str, steps: tuple[float, ...]) -> Limit:
    rows: dict[str, Rows] = {}
    block: Block | None = None
    for block in blocks(study.model_copy(update={"precisions": (precision,)})):
        rows |= {scheme.name: found for scheme, found in measure(block, estimate(block))}
    assert block is not None
    forward, grad = rows["forward"], rows["grad"]
    quotients = [
        Quotient(
            h,
            float(forward["estimate"][i]),
            float(forward["truncation_error"][i]),
            float(forward["rounding_error"][i]),
            str(forward["status"][i]),
        )
        for i, h in enumerate(steps)
    ]
    ordered = sorted(quotients, key=lambda quotient: -quotient.h)
    truth = float(forward["truth"][0])
    u, x = block.precision.unit_roundoff, float(block.x[0])
    return Limit(precision, u, x, truth, tuple(ordered), float(grad["estimate"][0]))


def told(limit: Limit) -> list[str]:
    """The lines that a person reads: the slide's, then what becomes of them."""
    lines = [f"{limit.precision} (u = {limit.unit_roundoff:.1e})"]
    for quotient in limit.quotients:
        remark = {"ok": "", "x_plus_h_equals_x": "   x + h equals x"}
        extra = remark.get(quotient.status, f"   {quotient.status}")
        lines.append(f"{quotient}{extra}")
    best = limit.closest
    if best is not None and not math.isnan(limit.truth):
        lines.append(
            f"closest at h={best.h:.0e}: truncation error {best.truncation_error:+.1e}, "
            f"rounding error {best.rounding_error:+.1e}"
        )
    lines.append(f"jax.grad, without h: {limit.autodiff:.5f}")
    return lines


def heading(problem: str, limit: Limit) -> str:
    """What the limit is of, and its true value."""
    label = problems[problem].label
    return f"f(x) = {label} at x = {limit.x:g}: f'({limit.x:g}) = {limit.truth:.10g}"
