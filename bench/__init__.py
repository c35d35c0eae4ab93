"""Measure how wrong a derivative is, and split the error into truncation and rounding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.comparison import Comparison as Comparison
    from bench.comparison import compare as compare
    from bench.paper.drawing import figure as figure
    from bench.registry import InputError as InputError
    from bench.store import Results as Results
    from bench.store import load as load
    from bench.sweep import run as run

__version__ = "0.1.0"
__all__ = ["Comparison", "InputError", "Results", "compare", "figure", "load", "run"]

_WHERE = {
    "Comparison": "bench.comparison",
    "compare": "bench.comparison",
    "figure": "bench.paper.drawing",
    "InputError": "bench.registry",
    "Results": "bench.store",
    "load": "bench.store",
    "run": "bench.sweep",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for only now: `import bench` stays quick."""
    if name not in _WHERE:
        raise AttributeError(f"module 'bench' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_WHERE[name]), name)
