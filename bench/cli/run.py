"""`bench run`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.exits import INCOMPLETE, REFUTED, say
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
    with _progress() as progress:
        from bench.running import run as run_study

        results = run_study(
            study,
            out=out,
            name=name,
            files=files or (),
            figures=figures,
            progress=progress,
            **context.obj,
        )
    from bench.tell.terminal import show_run

    show_run(results)
    if results.record.failures:
        raise typer.Exit(INCOMPLETE)
    if any(each.outcome == "refuted" for each in results.record.verdicts):
        raise typer.Exit(REFUTED)


@contextmanager
def _progress() -> Iterator[Callable[[int, int, str], None]]:
    """A bar on a terminal, a line for each step of the work otherwise; on standard error."""
    if not sys.stderr.isatty():
        told = -1

        def tell(done: int, total: int, what: str) -> None:
            nonlocal told
            if done != told:
                say(f"[{done}/{total}] {what}", err=True)
            told = done

        yield tell
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from bench.tables.harmless import harmless

    said = TextColumn("{task.description}", markup=False)
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), said)
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda done, total, what: bar.update(
            task, completed=done, total=total, description=harmless(what)
        )
