"""How the program ends: exit codes, and one line for whatever a user can cause."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

FAILED, REFUSED, DISAGREED, REFUTED, INCOMPLETE = 1, 2, 3, 4, 5
WRONG, UNDECIDABLE = 1, 5  # a gradient, of which `bench check` was asked
INTERRUPTED, BROKEN_PIPE = 130, 141


class Ended(KeyboardInterrupt):
    """The program was told to end by a signal of this number."""


def say(text: str, *, err: bool = False) -> None:
    """Print lines, on standard error if wanted; nothing in them acts on a terminal."""
    from bench.harmless import harmless_lines

    print(harmless_lines(text), file=sys.stderr if err else sys.stdout)  # typer's encodes anew


def remark(text: str) -> None:
    """Print a sentence of the program's, on standard error, in one line."""
    from bench.harmless import harmless

    print(f"bench: {harmless(text)}", file=sys.stderr)


@contextmanager
def telling_mistakes() -> Iterator[None]:
    """One line and an exit code for whatever a user can cause; a traceback for our mistakes."""
    from bench.registry import Disagreement, InputError

    try:
        yield
    except InputError as error:
        remark(str(error))
        raise typer.Exit(REFUSED) from None
    except KeyboardInterrupt as error:
        remark("interrupted; earlier results are untouched")
        number = error.args[0] if isinstance(error, Ended) else signal.SIGINT
        raise typer.Exit(128 + number) from None
    except Disagreement as error:
        remark(str(error))
        raise typer.Exit(DISAGREED) from None
    except Exception as error:
        told = _told(error)
        if not told:
            raise
        remark(told)
        raise typer.Exit(REFUSED) from None


def _told(error: Exception) -> str:
    """What a mistake in a user's file or path comes to, in one line; empty for one of ours."""
    from bench.registry.doors import told_of

    if told := told_of(error):
        return told
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    said = f"{type(error).__name__}: {error}".partition("\n")[0]
    return said if type(error).__name__ == "FormatLeak" else ""
