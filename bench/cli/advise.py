"""`bench advise`."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from bench.cli.options import With, opened


def advise(
    f: Annotated[
        str, typer.Argument(help="FILE.py:NAME, a problem, or a formula such as 'exp(x)*sin(x)'.")
    ],
    at: Annotated[float, typer.Option(help="The point x.")],
    precision: Annotated[str, typer.Option(help="The format.")] = "float32",
    files: With = None,
) -> None:
    """f'(x) at a point, to how many digits, and the scheme and step to take it with.

    Where f can be traced, f' is certified and errors are measured; elsewhere they are bounded by
    the adaptive derivative.
    """
    opened(files)
    from bench.advising.asking import advise as asked
    from bench.advising.told import findings_of
    from bench.programs import is_source
    from bench.running.guard import alone
    from bench.tell.terminal import show

    ask = partial(asked, f, at, precision=precision)
    show(findings_of(alone([f], ask) if is_source(f) else ask()))
