"""Standard output and error of the program: what they do not take costs no run."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import Any


class NotShown(Exception):
    """Standard output takes no more: the number of the reason (errno)."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(os.strerror(number))


class Output(io.BufferedWriter):
    """Standard output: what it does not take is another thing than a file that takes no more.

    Once that was told, what is left is lost: Python flushes it again at its end.
    """

    told = False

    def write(self, content: Any) -> int:
        try:
            return super().write(content)
        except OSError as error:
            self._tell(error)
        return len(content)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            self._tell(error)

    def _tell(self, error: OSError) -> None:
        if not Output.told:
            raise NotShown(error.errno or 0) from None


class Remarks(io.BufferedWriter):
    """Standard error: what it does not take is lost."""

    def write(self, content: Any) -> int:
        with suppress(OSError):
            return super().write(content)
        return len(content)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


def open_streams() -> None:
    """Make standard output and error such as take everything: letters that they lack, spelled.

    What the caller closed leads nowhere, and no file that is opened later gets its number.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    output = Output(io.FileIO(1, "wb", closefd=False))
    remarks = Remarks(io.FileIO(2, "wb", closefd=False))
    sys.stdout = _text(sys.stdout, output, lines=output.isatty())
    sys.stderr = _text(sys.stderr, remarks, lines=True)


def _text(old: Any, onto: io.BufferedWriter, *, lines: bool) -> io.TextIOWrapper:
    encoding = "utf-8" if old is None else old.encoding
    return io.TextIOWrapper(onto, encoding, "backslashreplace", line_buffering=lines)


def close_output() -> None:
    """Show nothing more: what waits to be shown is forgotten."""
    Output.told = True
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
