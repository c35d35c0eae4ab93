"""Every float there is: not sampled but counted, by binade of x and by step.

In formats of 16 bits at every step 2^k, in float32 at the step that textbooks take. It answers what
sampling cannot: how much no number of a format loses more than.
"""

from __future__ import annotations

from bench.experiments import Experiment, experiments
from bench.experiments.exhaustive.cases import (
    FUNCTION,
    NAME,
    Exhaustive,
    check,
    items,
    narrowed,
    size,
)
from bench.experiments.exhaustive.findings import findings
from bench.experiments.exhaustive.rows import rows
from bench.experiments.exhaustive.tables import EVERY, SIDES

__all__ = ["EVERY", "Exhaustive"]

experiments.add(
    NAME,
    Experiment(
        NAME,
        "Every float there is: how many err by how much, by binade of x and by step.",
        (EVERY,),
        items,
        rows,
        settings=Exhaustive,
        narrowed=narrowed,
        size=size,
        check=check,
        names=lambda: {"scheme": (FUNCTION,), "side": tuple(SIDES)},
        findings={NAME: findings},
    ),
)
