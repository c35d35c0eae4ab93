"""Doors: what is registered from outside, by a file of the user's or an installed package."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import traceback
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path

GROUP = "bench"  # of the entry points of packages
OPENED = "bench_with_"  # begins the names of the modules that files become
_files: dict[Path, str] = {}  # the module of each, in the order that they were opened in
_packages: set[str] = set()  # the top-level names of those that offered something
_others: set[str] = set()  # packages of bench whose modules call code of others
_packages_open = False


Opening = tuple[Callable[..., object], tuple[object, ...]]
_made: dict[str, Opening] = {}  # what was registered by a call, by name


def opened() -> tuple[Opening, ...]:
    """What was opened in this process, as calls: so that another one can open it, too."""
    files = tuple(path for path in map(str, _files) if path not in _named)
    return (*(((open_files, (files,)),) if files else ()), *_made.values())


def open_again(openings: Iterable[Opening]) -> None:
    """Open what another process has opened."""
    for function, arguments in openings:
        function(*arguments)


def remember(name: str, function: Callable[..., object], *arguments: object) -> None:
    """Remember that this call registers something here, which other processes need, too."""
    _made[name] = (function, arguments)


def forget(name: str) -> None:
    """Forget what registers something: other processes do not need it any more."""
    _made.pop(name, None)


def files() -> tuple[Path, ...]:
    """The files of the user's of which something is known here."""
    return tuple(_files)


def packages() -> dict[str, list[str]]:
    """Where the packages lie that offered something, by name."""
    found = {name: sys.modules[name] for name in sorted(_packages) if name in sys.modules}
    return {name: list(getattr(module, "__path__", ())) for name, module in found.items()}


def made() -> tuple[tuple[object, ...], ...]:
    """What the calls that registered something were given, in the order of what they made."""
    return tuple(arguments for _, (_, arguments) in sorted(_made.items()))


_named: set[str] = set()  # files that are known to be the user's, and need not be opened


def name_file(path: Path) -> str:
    """The module of a file of the user's, of which functions are taken; it is not run here."""
    known = path.resolve()
    if known not in _files:
        _named.add(str(known))
        _files[known] = module_name(known)
    return _files[known]


def module_name(path: Path) -> str:
    """What the module of a file is called: without a dot, after which pickle looks for a package"""
    return f"{OPENED}{zlib.crc32(str(path).encode()):08x}_{path.stem.replace('.', '_')}"


_trials: list[Callable[[Path], None]] = []


@contextmanager
def tried_by(trial: Callable[[Path], None]) -> Iterator[None]:
    """Call `trial` with each file before it is opened here: it may be tried elsewhere first."""
    _trials.append(trial)
    try:
        yield
    finally:
        _trials.remove(trial)


def open_files(paths: Iterable[str | Path]) -> None:
    """Run files of the user's, each once; what they register is known from then on.

    Raises InputError where a file is not there or fails, with the line that did; nothing that it
    registered stays.
    """
    from bench.registry import InputError, kept

    for each in paths:
        path = Path(each).resolve()
        if path in _files and str(path) not in _named:
            continue
        if not os.path.isfile(path):  # noqa: PTH113 - a name that is too long is no file
            raise InputError(f"no file {each} to take problems, schemes .. from")
        name = module_name(path)
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise InputError(f"file {each} is no Python: allowed: a file whose name ends in .py")
        for trial in _trials:
            trial(path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        forget_what_came_since = kept()
        try:
            spec.loader.exec_module(module)
        except (Exception, SystemExit) as error:
            del sys.modules[name]
            forget_what_came_since()
            raise InputError(failed(each, path, error)) from error
        _files[path] = name
        _named.discard(str(path))


def failed(file: str | Path, path: Path, error: BaseException) -> str:
    """Where and why a file could not be run, in a sentence."""
    return f"file {file}{_line(error, path)}: {_told(error)}"


def _line(error: BaseException, path: Path) -> str:
    """Where in the file it went wrong."""
    if isinstance(error, SyntaxError):
        return f", line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    return f", line {lines[-1]}" if lines else ""


def line_of(error: BaseException) -> str:
    """`FILE, line N` of the last line of a user's file that an exception passed; empty for none."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"{f.filename}, line {f.lineno}" for f in frames if Path(f.filename) in _files]
    return lines[-1] if lines else ""


def line_in(words: str, also: Path | None = None) -> str:
    """`FILE, line N` of the innermost line of a user's file in a dump of the stack, if any.

    `also` is a file that is not open yet.
    """
    found = re.findall(r'File "(.+?)", line (\d+)', words)
    known = {*_files, also}
    return next((f"{file}, line {n}" for file, n in found if Path(file) in known), "")


def calls_others(package: str) -> None:
    """Let the modules of a package of bench be taken for such as came through a door.

    They call code of others, which can do what that of a user can.
    """
    _others.add(package)


def brought(module: str) -> bool:
    """Whether a module is a file of the user's, or of a package that came through a door."""
    if module.rpartition(".")[0] in _others:
        return True
    return module in _files.values() or module.partition(".")[0] in _packages


def told_of(error: BaseException) -> str:
    """`FILE, line N: Error: what it says` where a user's file went wrong; empty elsewhere."""
    line = line_of(error)
    return f"{line}: {type(error).__name__}: {error}".partition("\n")[0] if line else ""


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error.msg if isinstance(error, SyntaxError) else error}"


def open_packages() -> None:
    """Import what installed packages offer under the entry points of group `bench`, once."""
    from bench.registry import InputError

    global _packages_open
    if not _packages_open:
        _packages_open = True
        for point in entry_points(group=GROUP):
            try:
                point.load()
                _packages.add(point.module.partition(".")[0])
            except Exception as error:
                _packages_open = False  # the next look tells it again
                raise InputError(
                    f"what an installed package offers as {point.name} = {point.value} (entry "
                    f"points, group {GROUP}) fails: {_told(error)}"
                ) from error
