"""`bench run`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.exits import INCOMPLETE, REFUTED
from bench.cli.options import With


def run(
    context: typer.Context,
    study: Annotated[
        str, typer.Argument(help="A study, its TOML file, a formula of x, or FILE.py:NAME.")
    ] = "overview",
    out: Annotated[Path, typer.Option(help="Folder that gets the results folder.")] = Path(
        "results"
    ),
    name: Annotated[str | None, typer.Option(help="Name of the results folder.")] = None,
    files: With = None,
    at: Annotated[
        list[str] | None, typer.Option(help="A point of your own; a .npy file for n variables.")
    ] = None,
    interval: Annotated[
        str | None, typer.Option(help="LOW:HIGH, where a function is sampled.")
    ] = None,
    size: Annotated[
        int | None, typer.Option(min=1, help="The variables of a function that takes an array.")
    ] = None,
    figures: Annotated[bool, typer.Option("--figures/--no-figures", help="Draw figures.")] = True,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that share the work; times are taken here.")
    ] = None,
    cluster: Annotated[
        str | None, typer.Option(help="A scheduler of Dask, tcp://HOST:PORT, or local.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Take up no earlier run that was killed.")
    ] = False,
) -> None:
    """Run a study: autograd against finite differences, if no other is named, or of a function.

    Options take repeats and commas: --precision float16,float32. Case does not matter. The exit
    code is 4 where the numbers refute a claim of the study, 5 where code of yours ended a part.
    """
    from bench.cli.exits import remark
    from bench.running.functions import points_of
    from bench.tell.progress import progress

    points, size = points_of(at or (), size)
    with progress() as told:
        from bench.running import run as run_study

        results = run_study(
            study,
            out=out,
            name=name,
            files=files or (),
            figures=figures,
            at=points,
            interval=interval,
            size=size,
            progress=told,
            workers=workers,
            cluster=cluster,
            fresh=fresh,
            remark=remark,
            **context.obj,
        )
    from bench.tell.terminal import show_run

    show_run(results)
    if results.record.failures:
        raise typer.Exit(INCOMPLETE)
    if any(each.outcome == "refuted" for each in results.record.verdicts):
        raise typer.Exit(REFUTED)
