"""The derivative as a limit: the difference quotient at ever smaller steps, in every format."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from bench.experiments.accuracy.cases import block_of, items
from bench.experiments.accuracy.measuring import Rows, estimate, measure
from bench.formats import formats
from bench.problems import problems
from bench.registry import InputError
from bench.study import Study, narrow
from bench.study.reading import load


@dataclass(frozen=True)
class Quotient:
    """The difference quotient at one step, with its error split into parts."""

    h: float
    value: float
    truncation_error: float
    rounding_error: float
    status: str

    def __str__(self) -> str:
        if self.h >= 0.999e-5:  # the slide's lines
            return f"h={self.h:.5f}, numerical limit={self.value:.5f}"
        return f"h={self.h:.0e}, numerical limit={self.value:.10f}"


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
        known = [q for q in self.quotients if q.status in ("ok", "truth_zero")]
        return min(known, key=lambda q: abs(q.value - self.truth), default=None)


def limits(problem: str, at: float, precisions: Sequence[str] | None = None) -> list[Limit]:
    """The quotients (f(x+h) - f(x))/h of a problem at x, over the steps of the study `calculus`.

    One limit a format, all by default; that of the most bits, the slide's, first. Raises
    InputError for an unknown name, or a point outside the problem's domain.
    """
    base = load("calculus")
    steps = base.steps
    if not isinstance(steps, tuple):
        raise InputError("study calculus: key 'steps' is no list; allowed: a list of steps")
    chosen = narrow(
        base,
        problems=(problems[problem].name,),  # a tag is no problem
        points=(at,),
        schemes=("forward", "grad"),
        precisions=tuple(formats) if precisions is None else precisions,
    )
    finest_first = sorted(chosen.precisions, key=lambda name: -formats[name].significand_bits)
    return [_limit(chosen, name, steps) for name in finest_first]


def _limit(study: Study, precision: str, steps: tuple[float, ...]) -> Limit:
    rows: dict[str, Rows] = {}
    for item in items(study.model_copy(update={"precisions": (precision,)})):
        block = block_of(item)
        rows |= {scheme.name: found for scheme, found in measure(block, estimate(block))}
    forward, grad = rows["forward"], rows["grad"]
    rounded = formats[precision].round(steps).astype(float).tolist()
    where = {h: i for i, h in enumerate(forward["h"].tolist())}
    quotients = [
        Quotient(
            h,
            float(forward["estimate"][where[row]]),
            float(forward["truncation_error"][where[row]]),
            float(forward["rounding_error"][where[row]]),
            str(forward["status"][where[row]]),
        )
        for h, row in zip(steps, rounded, strict=True)
    ]
    ordered = sorted(quotients, key=lambda quotient: -quotient.h)
    truth = float(forward["truth"][0])
    u, x = formats[precision].unit_roundoff, float(forward["x"][0])
    return Limit(precision, u, x, truth, tuple(ordered), float(grad["estimate"][0]))


REMARKS = {
    "x_plus_h_equals_x": "x + h equals x",
    "h_underflow": "h underflows",
    "kink": "a kink: there is no derivative",
    "domain": "x + h leaves the domain",
    "truth_zero": "",
    "ok": "",
}


def told(limit: Limit) -> list[str]:
    """The lines that a person reads: the slide's, then what becomes of them.

    Of several steps in a row that fail alike only the first and the last are told.
    """
    where = f", x = {limit.x:.9g}, f'(x) = {_number(limit.truth)}"
    lines = [f"{limit.precision} (u = {limit.unit_roundoff:.1e}){where}"]
    for status, group in groupby(limit.quotients, key=lambda quotient: quotient.status):
        quotients = list(group)
        remark = REMARKS.get(status, status)
        shown = quotients[:1] if remark and len(quotients) > 2 else quotients
        lines += [f"{quotient}   {remark}".rstrip() for quotient in shown]
        if len(shown) < len(quotients):
            lines.append(f"... and so on to h={quotients[-1].h:.0e}")
    best = limit.closest
    if best is not None:
        lines.append(
            f"closest at h={best.h:.0e}: truncation error {best.truncation_error:+.1e}, "
            f"rounding error {best.rounding_error:+.1e}"
        )
    lines.append(f"jax.grad, without h: {limit.autodiff:.10g}")
    return lines


def _number(value: float) -> str:
    return "none" if math.isnan(value) else f"{value:.10g}"


def heading(problem: str, at: float) -> str:
    """What the limit is of."""
    return f"f(x) = {problems[problem].label}, (f(x+h) - f(x))/h at x = {at:g}"
