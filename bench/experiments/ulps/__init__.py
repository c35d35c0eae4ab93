"""Elementary functions of libraries: how many ulp exp, log, sin and others of each are off.

The truth is certified by balls at every point, so what is left is the library's own error.
"""

from __future__ import annotations

from bench.experiments import Experiment, experiments
from bench.experiments.ulps.cases import NAME, Asked, check, items, narrowed, size
from bench.experiments.ulps.findings import findings
from bench.experiments.ulps.functions import Function, function, functions
from bench.experiments.ulps.libraries import Library, libraries, library
from bench.experiments.ulps.rows import failed, rows
from bench.experiments.ulps.table import ULPS

__all__ = ["ULPS", "Asked", "Function", "Library", "function", "functions", "libraries", "library"]

experiments.add(
    NAME,
    Experiment(
        NAME,
        "How many ulp the elementary functions of libraries are off, and where they are wrong.",
        (ULPS,),
        items,
        rows,
        settings=Asked,
        narrowed=narrowed,
        size=size,
        check=check,
        names=lambda: {"library": list(libraries)},
        findings={NAME: findings},
        failed=failed,
    ),
)
