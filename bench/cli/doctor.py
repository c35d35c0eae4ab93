"""`bench doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.cli.exits import say
from bench.cli.options import Many, With, opened


def doctor(
    device: Annotated[str, typer.Option(help="cpu or gpu.")] = "cpu",
    backend: Annotated[
        Many, typer.Option(help="The backends; all that run on the device by default.")
    ] = None,
    probe: Annotated[Many, typer.Option(help="The probes; all by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
    files: With = None,
) -> None:
    """Measure what this machine's arithmetic really does, and say what to do about it."""
    opened(files)
    from bench.doctor import answer, examine, told
    from bench.registry import words
    from bench.tables.sheets import Finding
    from bench.tell.terminal import show

    found = examine(device, words(backend) or (), words(probe) or ())
    if as_json:
        say(told.as_json(found))
    else:
        sheets = [Finding("", "", each) for each in told.sheets(found)]
        show([*(Finding("", each) for each in answer.sentences(found)), *sheets])
