"""Places on a disk that get something new: whole or not at all, wherever a path leads."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import sys
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path
from platform import node

from bench.registry import InputError

STANDARD_OUTPUT = Path("-")
LONGEST = 255  # bytes of a name, in most file systems


def write_file(path: Path, content: bytes) -> None:
    """Put content in a file's place, whole or not at all, in a folder that is made if need be.

    The file keeps its mode, and a link to it stays. What is no regular file (a pipe, a device),
    or has another name, too, is written through; `-` is standard output. Raises InputError where
    the place cannot be written.
    """
    try:
        if is_standard_output(path):
            sys.stdout.flush()
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
        elif _may_be_replaced(path):
            _replace(real(path), content)
        else:
            path.write_bytes(content)
    except OSError as error:
        raise NotWritten(f"cannot write {path}: {error.strerror}") from error


class NotWritten(InputError):
    """A file could not be written; the cause is what the system said."""


def is_standard_output(path: Path) -> bool:
    """Whether a path is standard output: `-`, /dev/stdout, or the file that it goes to."""
    try:
        return path == STANDARD_OUTPUT or os.path.samestat(path.stat(), os.fstat(1))
    except OSError:
        return False


def _may_be_replaced(path: Path) -> bool:
    """Whether nothing is there, or a regular file of one name that may be written."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return True
    return stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and os.access(path, os.W_OK)


def _replace(path: Path, content: bytes) -> None:
    """Write content beside a path and move it there."""
    make_folder(path.parent)
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~_umask()
    handle, beside = tempfile.mkstemp(prefix=_prefix(), dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(beside).chmod(mode)
        Path(beside).replace(path)
    finally:
        Path(beside).unlink(missing_ok=True)


def real(path: Path) -> Path:
    """Where a path leads, links followed; OSError where they lead in a circle."""
    circle = OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    try:
        found = path.resolve()
    except RuntimeError:  # Python before 3.13
        raise circle from None
    if found.is_symlink():  # Python from 3.13 on
        raise circle
    return found


def make_folder(folder: Path) -> None:
    """Make a folder and those that it is in."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except RecursionError:  # pathlib goes up one call a folder
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG)) from None


def sync(folder: Path) -> None:
    """Have the names in a folder outlast a loss of power, where a system can say so."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def new_folder(parent: Path) -> Path:
    """A new folder in another one, named after this machine and process; `sweep` knows it."""
    make_folder(parent)
    sweep(parent)
    made = Path(tempfile.mkdtemp(prefix=_prefix(), dir=parent))
    made.chmod(0o777 & ~_umask())
    return made


def _prefix() -> str:
    """How names begin of what this process makes and moves."""
    return f"{_of_this_machine()}{os.getpid()}."


def _of_this_machine() -> str:
    return f".bench.{node()}."


def sweep(parent: Path) -> None:
    """Remove what killed processes of this machine left in a folder."""
    made = re.compile(re.escape(_of_this_machine()) + r"(\d+)\.\w{8}")
    for left in parent.iterdir():
        found = made.fullmatch(left.name)
        if found is not None and not _lives(found[1]):
            removed(left)


def removed(path: Path) -> None:
    """Remove a file or a folder, as far as that can be."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def put_away(folder: Path) -> None:
    """Remove a folder in one move: a kill leaves all of it or what `sweep` knows."""
    with suppress(OSError):
        away = new_folder(folder.parent)
        folder.rename(away / "old")
        shutil.rmtree(away, ignore_errors=True)


def _lives(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _aside(folder: Path) -> Path:
    """Where a folder lies while another one takes its place."""
    name = f".bench.old.{folder.name}"
    if len(os.fsencode(name)) > LONGEST:
        name = f".bench.old.{zlib.crc32(os.fsencode(folder.name)):08x}"
    return folder.parent / name


def swap(folder: Path, beside: Path) -> None:
    """Put a complete folder in place; a kill between the two moves is mended by `restore`."""
    aside = _aside(folder)
    shutil.rmtree(aside, ignore_errors=True)
    if folder.exists():
        folder.rename(aside)
    beside.rename(folder)
    shutil.rmtree(aside, ignore_errors=True)


def restore(folder: Path) -> None:
    """Put back what a kill in the middle of a swap left aside."""
    with suppress(OSError):  # who may not look there is told by what is done next
        folder = real(folder)
        if _aside(folder).is_dir() and not folder.exists():
            _aside(folder).rename(folder)
