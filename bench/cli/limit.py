"""`bench limit`."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.cli.options import Many, With, opened


def limit(
    f: Annotated[
        str, typer.Argument(help="A problem's name, or a formula such as 'sin(x)/x'.")
    ] = "quadratic",
    problem: Annotated[str | None, typer.Option(help="The same as F: a problem's name.")] = None,
    at: Annotated[float, typer.Option(help="The point x.")] = 1.0,
    precision: Annotated[Many, typer.Option(help="The formats; all by default.")] = None,
    files: With = None,
) -> None:
    """The derivative as a limit: (f(x+h) - f(x))/h at ever smaller h, in every format.

    The table is of the finest format, the others have a line each. At a kink there is a limit from
    each side. A formula is read, and never run as code.
    """
    opened(files)
    from bench.limit import findings
    from bench.registry import words
    from bench.tell.terminal import show

    show(list(findings(problem or f, at, words(precision))))
