"""Going downhill with wrong gradients: when a worse derivative matters, and when it does not.

An optimiser is one formula. It runs in the format, with the gradient of a scheme, and in several
hundred bits with the exact gradient, from the same start at the same rate: the exact path.
"""

from __future__ import annotations

from bench.descent.cases import Descent, DescentCase, descent_cases, whole_gradients
from bench.descent.optimizers import Optimizer, optimizer, optimizers
from bench.descent.rows import DESCENT, descent_rows

__all__ = [
    "DESCENT",
    "Descent",
    "DescentCase",
    "Optimizer",
    "descent_cases",
    "descent_rows",
    "optimizer",
    "optimizers",
    "whole_gradients",
]
