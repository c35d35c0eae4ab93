"""Measure how wrong a derivative is, and split the error into truncation and rounding."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.advising.asking import advise as advise
    from bench.checking import Check as Check
    from bench.checking import check as check
    from bench.comparison import Comparison as Comparison
    from bench.comparison import compare as compare
    from bench.experiments.blame.asking import blame as blame
    from bench.programs.derivatives import derivative as derivative
    from bench.registry import InputError as InputError
    from bench.results import Results as Results
    from bench.results import load as load
    from bench.running import run as run
    from bench.tell.paper import figure as figure

__version__ = "0.1.0"
__all__ = [
    "Check",
    "Comparison",
    "InputError",
    "Results",
    "advise",
    "blame",
    "check",
    "compare",
    "derivative",
    "figure",
    "load",
    "run",
]

_WHERE = {
    "advise": "bench.advising.asking",
    "blame": "bench.experiments.blame.asking",
    "check": "bench.checking",
    "Check": "bench.checking",
    "Comparison": "bench.comparison",
    "compare": "bench.comparison",
    "derivative": "bench.programs.derivatives",
    "figure": "bench.tell.paper",
    "InputError": "bench.registry",
    "Results": "bench.results",
    "load": "bench.results",
    "run": "bench.running",
}


def __dir__() -> list[str]:
    """What there is to be had, for completion."""
    return sorted([*__all__, "__version__"])


def __getattr__(name: str) -> object:
    """Import what is asked for only now: `import bench` stays quick."""
    if name not in _WHERE:
        raise AttributeError(f"module 'bench' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_WHERE[name]), name)
