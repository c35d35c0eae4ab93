"""`bench run`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.exits import INCOMPLETE, REFUTED
from bench.cli.options import With


def run(
    context: typer.Context,
    study: Annotated[str, typer.Argument(help="A study's name, or a TOML file.")] = "overview",
    out: Annotated[Path, typer.Option(help="Folder that gets the results folder.")] = Path(
        "results"
    ),
    name: Annotated[str | None, typer.Option(help="Name of the results folder.")] = None,
    files: With = None,
    figures: Annotated[bool, typer.Option("--figures/--no-figures", help="Draw figures.")] = True,
) -> None:
    """Run a study: autograd against finite differences, if no other is named.

    Options take repeats and commas: --precision float16,float32. Case does not matter. The exit
    code is 4 where the numbers refute a claim of the study, 5 where code of yours ended a part.
    """
    from bench.tell.progress import progress

    with progress() as told:
        from bench.running import run as run_study

        results = run_study(
            study,
            out=out,
            name=name,
            files=files or (),
            figures=figures,
            progress=told,
            **context.obj,
        )
    from bench.tell.terminal import show_run

    show_run(results)
    if results.record.failures:
        raise typer.Exit(INCOMPLETE)
    if any(each.outcome == "refuted" for each in results.record.verdicts):
        raise typer.Exit(REFUTED)
