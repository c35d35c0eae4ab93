"""How the program ends: exit codes, and one line for whatever a user can cause."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

FAILED, REFUSED, DISAGREED, REFUTED, INTERRUPTED = 1, 2, 3, 4, 130
INTERRUPTION = "bench: interrupted; earlier results are untouched"


@contextmanager
def telling_mistakes() -> Iterator[None]:
    """One line and an exit code for whatever a user can cause; a traceback for our mistakes."""
    from bench.registry import Disagreement, InputError

    try:
        yield
    except InputError as error:
        typer.echo(f"bench: {error}", err=True)
        raise typer.Exit(REFUSED) from None
    except KeyboardInterrupt:
        typer.echo(INTERRUPTION, err=True)
        raise typer.Exit(INTERRUPTED) from None
    except Disagreement as error:
        typer.echo(f"bench: {error}", err=True)
        raise typer.Exit(DISAGREED) from None
