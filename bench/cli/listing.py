"""`bench list`: everything that is known, also what a file of the user's registers."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.cli.lists import LISTS
from bench.cli.options import Many, With, opened


def listing(
    what: Annotated[
        Many, typer.Argument(help="What to list; everything by default.", show_default=False)
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Everything of each, line by line.")] = False,
    files: With = None,
) -> None:
    """List what is known: problems, schemes, studies, what the columns of the tables mean .."""
    opened(files)
    from bench.registry import canonical, named, unknown
    from bench.tell.terminal import show_names, show_records, show_sheets

    typed = named("what to list", what) or tuple(LISTS)
    asked = [canonical(name) for name in typed]
    for name, word in zip(asked, typed, strict=True):
        if name not in LISTS:
            raise unknown("list", word, list(LISTS))
    if full:
        show_records({name: LISTS[name].records() for name in asked})
    elif what:
        plain = [name for name in asked if not LISTS[name].grouped]
        sheets = [sheet for name in plain for sheet in LISTS[name].sheets(name)]
        if sheets:
            show_sheets(*sheets)
        for name in (name for name in asked if LISTS[name].grouped):
            show_names(LISTS[name].groups(name))
            typer.echo(f"\n`bench list {name} --full` says what there is of each.")
    else:
        show_names({name: LISTS[name].names() for name in asked})
        typer.echo("\n`bench list problems` says what each is, `--full` everything of it.")
