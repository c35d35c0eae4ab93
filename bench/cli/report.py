"""`bench report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.exits import say
from bench.cli.options import Folder, With, newest, opened


def report(
    context: typer.Context,
    results: Folder = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder that gets both; that of the results by default.")
    ] = None,
    files: With = None,
) -> None:
    """Draw the figures of a run again and write its page, from its stored tables.

    Of a part of the run they go to the folder --out, and not in the place of the whole ones.
    """
    opened(files)
    from bench.figures import draw
    from bench.registry import InputError
    from bench.results import load
    from bench.results.folder import FIGURES, replacing_figures
    from bench.tell import page

    if out is None and any(context.obj.values()):
        raise InputError("a report of a part of a run needs --out, the folder that gets it")
    found = load(newest(results)).part(**context.obj)
    assert found.folder is not None
    folder = out if out is not None else found.folder
    with replacing_figures(folder, found.record.study.figures) as beside:
        names = [path.name for path in draw(found, beside)]
    say(f"{folder / FIGURES}: {', '.join(names) or 'no figures'}")
    say(str(page.write(found, folder)))
