"""`bench table`."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.cli.exits import say
from bench.cli.options import Folder, Many, With, newest, opened


def table(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="A table of the run (best, curves ..), or claims.")],
    results: Folder = None,
    format: Annotated[str, typer.Option(help="markdown, latex or csv.")] = "markdown",
    columns: Annotated[
        Many, typer.Option(help="The columns, in this order; all by default.")
    ] = None,
    files: With = None,
) -> None:
    """Print a table of a run for a paper: numbers with the digits that are certain."""
    opened(files)
    from bench.registry import named
    from bench.tell.paper import table as told

    wanted = named("option 'columns'", columns) or None
    said = told(kind, newest(results), format=format, columns=wanted, **context.obj)
    say(said.removesuffix("\n"))
