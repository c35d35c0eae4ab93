"""`bench blame`."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from bench.cli.options import With, opened
from bench.cli.points import point_of


def blame(
    f: Annotated[
        str, typer.Argument(help="FILE.py:NAME, a problem, or a formula such as '(1-cos(x))/x^2'.")
    ],
    at: Annotated[
        str, typer.Option(help="The point x: numbers, parted by commas, or a file .npy.")
    ],
    precision: Annotated[str, typer.Option(help="The format.")] = "float32",
    scheme: Annotated[
        str,
        typer.Option(help="f itself, or its derivative: quotient, gradient, or a scheme's name."),
    ] = "f",
    step: Annotated[
        str | None, typer.Option(help="The step of a scheme, such as 2^-12; its usual one if none.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu or gpu.")] = "cpu",
    files: With = None,
) -> None:
    """Which line makes the error of f(x), and which line amplifies it.

    The program runs in the format equation by equation, and each once more exactly from the same
    inputs: the difference is its own rounding, and the adjoint weighs it.
    """
    opened(files)
    from bench.experiments.blame.asking import blame as asked
    from bench.experiments.blame.options import step_of
    from bench.experiments.blame.told import findings_of
    from bench.programs import is_source
    from bench.running.guard import alone
    from bench.tell.terminal import show

    h = None if step is None else step_of(step)
    ask = partial(asked, f, point_of(at), precision=precision, scheme=scheme, step=h, device=device)
    show(findings_of(alone([f], ask) if is_source(f) else ask()))
