"""`bench check`."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.cli.exits import UNDECIDABLE, WRONG, say
from bench.cli.options import With, opened
from bench.cli.points import point_of

CODES = {"wrong": WRONG, "undecidable": UNDECIDABLE}


def check(
    f: Annotated[
        str, typer.Argument(help="mine.py:f, a problem's name, or a formula such as 'sin(x)/x'.")
    ],
    at: Annotated[
        str | None, typer.Option(help="The point x: numbers, parted by commas, or a file .npy.")
    ] = None,
    gradient: Annotated[
        str | None, typer.Option(help="The gradient, mine.py:g; jax.grad by default.")
    ] = None,
    precision: Annotated[str, typer.Option(help="The format of x.")] = "float64",
    detects: Annotated[
        float | None,
        typer.Option(help="The error of the whole that must have been seen, such as 1e-3."),
    ] = None,
    detects_one: Annotated[
        float | None, typer.Option(help="The same for one component of average weight.")
    ] = None,
    size: Annotated[int | None, typer.Option(help="How many variables a problem has.")] = None,
    noise: Annotated[bool, typer.Option("--noise", help="f need not repeat its values.")] = False,
    seed: Annotated[int, typer.Option(help="Of the directions that are looked along.")] = 0,
    files: With = None,
) -> None:
    """Is a gradient right, wrong or undecidable? There is no tolerance to choose.

    The exit code is 0 where it is right, 1 where it is wrong, 5 where it is undecidable.
    """
    opened(files)
    from bench.checking.functions import Asked
    from bench.running.guard import alone

    x = None if at is None else point_of(at)
    asked = Asked(f, gradient, x, size, precision, detects, detects_one, noise, seed)
    answer = alone(asked.files, asked.answer) if asked.files else asked.answer()
    say(repr(answer))
    if answer.verdict != "right":
        raise typer.Exit(CODES[answer.verdict])
