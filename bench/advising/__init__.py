"""What to do at one point: f'(x), the best scheme and step for a budget, and what limits them.

Where f can be traced its derivative is certified, and errors are measured against that. Elsewhere
the adaptive derivative stands in its place, and errors are bounded by its own bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.registry import InputError, found_at
from bench.values import Value

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bench.problems import Problem

BUDGETS = (2, 4, 8, 16)  # calls of f
BITS = 256  # of what is certified


@dataclass(frozen=True)
class Choice:
    """The best of the schemes that call f so often: its step, NaN without one, and its error.

    `error` is absolute, to be expected near x, or a bound. `limit` is what stops it.
    """

    budget: int
    scheme: str
    evaluations: int
    step: float
    error: float
    limit: str
    code: str


@dataclass(frozen=True)
class Advice:
    """What is found of the derivative of a function at a point, in a format.

    `value` is f'(x), `bound` what it may err by: 0 where it is `certified`. `autodiff` is what
    `jax.grad` gives there in the format, None where it cannot be had, `autodiff_error` what it errs
    by near x, as the choices do; `complex_step` is what that
    takes and errs, where f may be run on complex numbers. `noise` is that of f in units of
    rounding, as the adaptive derivative measured it, `lost` what f itself errs by at x, in the same
    units, NaN where that is not known, `status` what that says of the point, `sides`
    the slopes from the left and from the right where they differ.
    """

    function: str
    precision: str
    unit_roundoff: float
    x: float
    value: float
    bound: float
    certified: bool
    choices: tuple[Choice, ...]
    autodiff: float | None
    noise: float
    status: str
    evaluations: int
    sides: tuple[float, float] | None
    remarks: tuple[str, ...]
    problem: Problem | None = None
    complex_step: Choice | None = None
    lost: float = math.nan
    autodiff_error: float = math.nan

    @property
    def best(self) -> Choice | None:
        """The choice of the least error; of equal ones that of the fewest calls."""
        known = [each for each in self.choices if math.isfinite(each.error)]
        return min(known, key=lambda each: (each.error, each.evaluations), default=None)

    def figure(self) -> Figure:
        """The error over the step near x, of central differences and of autodiff.

        Raises InputError where f cannot be traced, or has no derivative on both sides of x: then
        there is no truth to draw errors from.
        """
        if self.problem is None:
            raise InputError(
                f"{self.function} cannot be traced, so its errors are not known; allowed: a "
                "function of JAX or plain NumPy"
            )
        if self.sides is not None:
            raise InputError(
                f"{self.function} has no derivative on both sides of x = {self.x:.9g}: there is "
                "nothing to draw; allowed: a point at which it is smooth"
            )
        from bench.advising.measured import nearby

        run, draw = found_at("bench.running:run"), found_at("bench.tell.paper:figure")
        x = nearby(self.problem, self.precision, self.x)
        chosen = {"schemes": ["central", "grad"], "precisions": [self.precision]}
        results = run(self.problem, at=x.tolist(), **chosen)
        return draw("error", results)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        """What a terminal shows."""
        return str(found_at("bench.tell.terminal:text_of")(self._findings()))

    def _repr_html_(self) -> str:
        """What a notebook shows: the words, and the figure where there is one."""
        words = str(found_at("bench.tell.notebook:of_findings")(self._findings()))
        if self.problem is None or self.sides is not None:
            return words
        return f"{words}\n{found_at('bench.tell.notebook:of_figure')(self.figure(), 'error')}"

    def _findings(self) -> Value:
        return found_at("bench.advising.told:findings_of")(self)
