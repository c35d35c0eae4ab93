"""The command line: words in, exit codes out. Each command is a file."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import wraps
from importlib import metadata
from typing import Annotated

import typer
from typer.core import TyperCommand

from bench.cli.advise import advise
from bench.cli.blame import blame
from bench.cli.check import check
from bench.cli.compare import compare
from bench.cli.doctor import doctor
from bench.cli.exits import (
    BROKEN_PIPE,
    DISAGREED,
    FAILED,
    INCOMPLETE,
    INTERRUPTED,
    REFUSED,
    REFUTED,
    Ended,
    remark,
)
from bench.cli.exits import telling_mistakes as telling_mistakes
from bench.cli.figure import figure
from bench.cli.limit import limit
from bench.cli.listing import listing
from bench.cli.options import Narrowing, Selecting
from bench.cli.report import report
from bench.cli.run import run
from bench.cli.streams import NotShown, close_output, open_streams
from bench.cli.table import table
from bench.processes import collect_seldom

__all__ = ["DISAGREED", "FAILED", "INCOMPLETE", "INTERRUPTED", "REFUSED", "REFUTED", "app", "start"]

PATIENCE = 1.0  # seconds between a signal to end and the end

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
_add("advise", advise)
_add("blame", blame)
_add("check", check)
_add("compare", compare)
_add("doctor", doctor)
_add("list", listing)


def start() -> None:
    """The program `bench`."""
    open_streams()
    collect_seldom()
    for each in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(each) is signal.SIG_DFL:  # `nohup` ignores one
            signal.signal(each, _end)
    try:
        _shown()
    except NotShown as error:
        close_output()
        if error.number == errno.EPIPE:  # the reader has seen enough
            sys.exit(BROKEN_PIPE)
        remark(f"standard output: {error}")
        sys.exit(REFUSED)


def _shown() -> None:
    """Do what the command says; all that it prints is shown, or NotShown raised."""
    try:
        with telling_mistakes():
            app(prog_name="bench")
    except typer.Exit as ended:
        sys.exit(ended.exit_code)
    finally:
        sys.stdout.flush()


def _end(number: int, frame: object) -> None:
    """What a signal to end does: all that is begun is put away, as after Ctrl-C, but not for long.

    An exception may be lost in code that calls back, and threads end when they are done.
    """
    timer = threading.Timer(PATIENCE, os._exit, [128 + number])
    timer.daemon = True
    timer.start()
    raise Ended(number)
