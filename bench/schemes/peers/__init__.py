"""Derivatives of other libraries, a file each: called as its documentation calls it.

None of them is needed for anything else: `pip install bench[peers]` brings them. What they do is
code of others, so they run in a process with a budget, each by itself.
"""

from importlib import import_module

from bench.registry import doors, modules_of

doors.calls_others(__name__)
for _module in modules_of(__name__):
    import_module(f"{__name__}.{_module}")
