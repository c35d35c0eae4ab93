"""`bench check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.exits import UNDECIDABLE, WRONG, say
from bench.cli.options import With, opened

if TYPE_CHECKING:
    from bench.values import Floats

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

    x = None if at is None else _point(at)
    asked = Asked(f, gradient, x, size, precision, detects, detects_one, noise, seed)
    answer = alone(asked.files, asked.answer) if asked.files else asked.answer()
    say(repr(answer))
    if answer.verdict != "right":
        raise typer.Exit(CODES[answer.verdict])


def _point(text: str) -> Floats:
    """The numbers of an option, or of a file."""
    import numpy as np

    from bench.registry import InputError

    if text.endswith(".npy"):
        if not Path(text).is_file():
            raise InputError(f"option 'at': no file {text}")
        try:
            return np.asarray(np.load(text, allow_pickle=False))
        except (ValueError, EOFError):
            raise InputError(f"option 'at': {text} is no array; allowed: a file .npy") from None
    try:
        numbers = [float(word) for word in text.split(",")]
    except ValueError:
        raise InputError(
            f"option 'at' is {text!r}; allowed: numbers, parted by commas, or a file .npy"
        ) from None
    return np.array(numbers if len(numbers) > 1 else numbers[0])
