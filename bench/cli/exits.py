"""How the program ends: exit codes, and one line for whatever a user can cause."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

FAILED, REFUSED, DISAGREED, REFUTED, INCOMPLETE, INTERRUPTED = 1, 2, 3, 4, 5, 130
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
    except Exception as error:
        told = _told(error)
        if not told:
            raise
        typer.echo(f"bench: {told}", err=True)
        raise typer.Exit(REFUSED) from None


def _told(error: Exception) -> str:
    """What a mistake in a user's file or path comes to, in one line; empty for one of ours."""
    from bench.registry.doors import told_of

    if told := told_of(error):
        return told
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename!s}: {error.strerror}"
    said = f"{type(error).__name__}: {error}".partition("\n")[0]
    return said if type(error).__name__ == "FormatLeak" else ""
