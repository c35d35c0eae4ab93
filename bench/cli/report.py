"""`bench report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.options import Folder, With, newest, opened


def report(
    context: typer.Context,
    results: Folder = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder that gets both; the results folder by default.")
    ] = None,
    files: With = None,
) -> None:
    """Draw the figures of a run again and write its page, from its stored tables."""
    opened(files)
    from bench.figures import draw
    from bench.results import load
    from bench.results.folder import FIGURES, replacing_figures
    from bench.tell import page

    found = load(newest(results)).part(**context.obj)
    assert found.folder is not None
    folder = out if out is not None else found.folder
    with replacing_figures(folder) as beside:
        names = [path.name for path in draw(found, beside)]
    typer.echo(f"{folder / FIGURES}: {', '.join(names) or 'no figures'}")
    typer.echo(page.write(found, folder))
