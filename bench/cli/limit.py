"""`bench limit`."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.cli.exits import say
from bench.cli.options import Many, With, opened


def limit(
    problem: Annotated[str, typer.Option(help="The function.")] = "quadratic",
    at: Annotated[float, typer.Option(help="The point x.")] = 1.0,
    precision: Annotated[Many, typer.Option(help="The formats; all by default.")] = None,
    files: With = None,
) -> None:
    """The derivative as a limit: (f(x+h) - f(x))/h at ever smaller h, in every format."""
    opened(files)
    from bench.limit import heading, limits, told
    from bench.registry import words

    found = limits(problem, at, words(precision))
    say(heading(problem, at))
    for each in found:
        say("\n" + "\n".join(told(each)))
