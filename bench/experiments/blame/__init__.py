"""Which line of a function makes the error of its result, and which line amplifies it.

The traced program runs in the format equation by equation, and each equation once more in balls
from the same inputs; the adjoint weighs its own rounding.
"""

from __future__ import annotations

from bench.experiments import Experiment, experiments
from bench.experiments.blame.cases import NAME, Blaming, check, items, narrowed, size
from bench.experiments.blame.findings import findings
from bench.experiments.blame.rows import failed, rows
from bench.experiments.blame.table import BLAME

__all__ = ["BLAME", "Blaming"]

experiments.add(
    NAME,
    Experiment(
        NAME,
        "Which line of a program makes the error of its result, and which line amplifies it.",
        (BLAME,),
        items,
        rows,
        settings=Blaming,
        narrowed=narrowed,
        size=size,
        check=check,
        names=lambda: {"scheme": ("f",)},
        findings={NAME: findings},
        failed=failed,
    ),
)
