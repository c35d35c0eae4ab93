"""Going downhill with wrong gradients: when a worse derivative matters, and when it does not.

An optimiser is one formula. It runs in the format, with the gradient of a scheme, and in several
hundred bits with the exact gradient, from the same start at the same rate: the exact path.
"""

from __future__ import annotations

from bench.experiments import Experiment, experiments
from bench.experiments.descents.cases import check, items, size
from bench.experiments.descents.findings import findings
from bench.experiments.descents.optimizers import Optimizer, optimizer, optimizers
from bench.experiments.descents.rows import failed, rows
from bench.experiments.descents.settings import KINDS, Descent, narrowed
from bench.experiments.descents.table import DESCENT

__all__ = ["DESCENT", "Descent", "Optimizer", "optimizer", "optimizers"]

experiments.add(
    "descents",
    Experiment(
        "descents",
        "Where optimisers go with the gradients of a scheme, beside the exact path.",
        (DESCENT,),
        items,
        rows,
        settings=Descent,
        narrowed=narrowed,
        size=size,
        check=check,
        names=lambda: {"optimizer": list(optimizers), "step_kind": (*KINDS, "none")},
        findings={"descents": findings},
        failed=failed,
    ),
)
