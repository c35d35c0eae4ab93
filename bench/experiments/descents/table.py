"""The table of descents: one row an iteration, everything compared with the exact path."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Annotated

from bench.tables import Derived, Means, Table, key


@dataclass(frozen=True)
class Iteration:
    """Where a descent is after each update, and where the exact path is."""

    problem: Annotated[str, key("the function that is descended")]
    optimizer: Annotated[str, key("the formula of the iteration")]
    scheme: Annotated[str, key("the way the gradient is taken")]
    step_kind: Annotated[
        str,
        key(
            "best: u^(1/(p+1)); small: in octaves three quarters of the way from it to u; "
            "large: halfway from it to 1; none: a scheme without a step"
        ),
    ]
    precision: Annotated[
        str, key("the floating-point format of x, h, F, the gradient and the update")
    ]
    backend: Annotated[str, key("the library that takes the gradient; the update is NumPy's")]
    device: Annotated[str, key("where the gradient is taken: cpu or gpu")]
    h: Annotated[float, Means("the step, a power of two; empty without a step")]
    n: Annotated[int, key("how many variables")]
    rate: Annotated[
        float, key("the learning rate asked for; both paths use it as the format rounds it")
    ]
    iteration: Annotated[int, key("how many updates were made; 0 is the start")] = 0
    loss: Annotated[float, Means("F at this x, evaluated exactly and rounded once to float64")] = (
        nan
    )
    loss_exact_path: Annotated[
        float, Means("F on the exact path: the same start, rate and iterations, exact gradients")
    ] = nan
    excess: Annotated[float, Means("loss minus loss_exact_path, over the loss at the start")] = nan
    distance: Annotated[
        float, Means("the Euclidean distance to the exact path at the same iteration")
    ] = nan
    gradient_error: Annotated[float, Means("|gradient - truth| / |truth| at this x, Euclidean")] = (
        nan
    )
    x1: Annotated[float, Means("the first variable")] = nan
    x2: Annotated[float, Means("the second variable; empty where there is one only")] = nan
    exact_x1: Annotated[float, Means("the first variable on the exact path")] = nan
    exact_x2: Annotated[
        float, Means("the second variable on the exact path; empty where there is one only")
    ] = nan
    status: Annotated[
        str,
        Means(
            "ok; stalled, from where x stays or goes round in a cycle of up to 4; diverged, from "
            "where the loss stays above that of the start to the end, or x is not finite; "
            "unsupported; failed: code of the user's ended it"
        ),
    ] = "ok"
    reason: Annotated[str, Means("why there is no run")] = ""


DESCENT = Table(
    "descent",
    Iteration,
    noun="iteration",
    derived={"absolute_excess": Derived("|excess|", lambda rows: rows["excess"].abs())},
)
