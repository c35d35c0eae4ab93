"""The command line: words in, exit codes out. Each command is a file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from importlib import metadata
from typing import Annotated

import typer
from typer.core import TyperCommand

from bench.cli.compare import compare
from bench.cli.doctor import doctor
from bench.cli.exits import (
    DISAGREED,
    FAILED,
    INCOMPLETE,
    INTERRUPTED,
    INTERRUPTION,
    REFUSED,
    REFUTED,
)
from bench.cli.exits import telling_mistakes as telling_mistakes
from bench.cli.figure import figure
from bench.cli.limit import limit
from bench.cli.listing import listing
from bench.cli.options import Narrowing, Selecting
from bench.cli.report import report
from bench.cli.run import run
from bench.cli.table import table

__all__ = ["DISAGREED", "FAILED", "INCOMPLETE", "INTERRUPTED", "REFUSED", "REFUTED", "app", "start"]

app = typer.Typer(
    help="Measure how wrong a derivative is, and split the error into truncation and rounding.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def main(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Measure how wrong a derivative is, and split the error into truncation and rounding."""
    if version:
        typer.echo(f"bench {metadata.version('bench')}")
        raise typer.Exit


def _add(name: str, function: Callable[..., None], cls: type[TyperCommand] = TyperCommand) -> None:
    """Make a function a command; a mistake of the user's ends it in one line."""

    @wraps(function)
    def command(*arguments: object, **options: object) -> None:
        with telling_mistakes():
            function(*arguments, **options)

    app.command(name, cls=cls)(command)


_add("run", run, Narrowing)
_add("report", report, Selecting)
_add("figure", figure, Selecting)
_add("table", table, Selecting)
_add("limit", limit)
_add("compare", compare)
_add("doctor", doctor)
_add("list", listing)


def start() -> None:
    """The program `bench`."""
    try:
        app(prog_name="bench")
    except KeyboardInterrupt:
        typer.echo(INTERRUPTION, err=True)
        sys.exit(INTERRUPTED)
