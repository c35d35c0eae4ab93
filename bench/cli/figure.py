"""`bench figure`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.exits import say
from bench.cli.options import Folder, With, newest, opened


def figure(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="A kind of figure: see `bench list figures`.")],
    results: Folder = None,
    format: Annotated[
        str | None, typer.Option(help="svg, pdf or png; of the file's name, or svg.")
    ] = None,
    size: Annotated[str, typer.Option(help="A size: see `bench list sizes`.")] = "two-column",
    out: Annotated[
        Path | None,
        typer.Option(help="The file, - for standard output; in the current folder by default."),
    ] = None,
    files: With = None,
) -> None:
    """Draw one figure of a run to measure, for a paper or a slide, its fonts in the file."""
    opened(files)
    from bench.results.places import is_standard_output
    from bench.tell.paper import write_figure

    folder = newest(results)
    path = write_figure(kind, folder, size=size, format=format, out=out, **context.obj)
    if not is_standard_output(path):
        say(str(path))
