"""Classic ways to a derivative, as their authors published them: a file each.

Those with a fixed formula are schemes with a step; those that search for a step by values of f
are procedures, which search in float64 and take the difference that they end with in the format.
"""

from __future__ import annotations

from importlib import import_module

from bench.registry import modules_of

for _module in modules_of(__name__):
    import_module(f"{__name__}.{_module}")
