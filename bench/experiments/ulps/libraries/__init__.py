"""Libraries whose elementary functions are judged: a file each, called as their users call them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from importlib.util import find_spec

from bench.registry import Registry, definition
from bench.values import Array

Take = Callable[[str, Array, str], Array]
ANY: tuple[str, ...] = ()


@dataclass(frozen=True)
class Library:
    """A library, and what it has.

    `take(name, x, device)` gives its function at all x (n,), `name` being its own name for it:
    `names` has them, by ours. `formats` are those that it is asked in, every one where none are
    named; what comes back in another one is told. `missing(device)` says how to get what is not
    there. `version` tells which one it is.
    """

    name: str
    take: Take
    names: Mapping[str, str]
    formats: tuple[str, ...]
    devices: tuple[str, ...]
    missing: Callable[[str], str]
    version: Callable[[], str] = field(repr=False)

    @property
    def summary(self) -> str:
        """What is called, in one line."""
        return definition(self.take)

    def why_not(self, function: str, precision: str, device: str) -> str:
        """Why there is nothing to be judged; empty where there is."""
        if function not in self.names:
            return f"{self.name} has no {function}"
        if self.formats and precision not in self.formats:
            return f"{self.name} has no {precision}"
        if device not in self.devices:
            return f"{self.name} does not run on device {device!r}"
        return self.missing(device)


libraries: Registry[Library] = Registry(
    "library",
    Library,
    "bench.experiments.ulps.libraries:libraries",
    package=__name__,
    home=lambda item: item.take.__module__,
)


def library(
    names: Mapping[str, str],
    *,
    package: str = "",
    formats: tuple[str, ...] = ANY,
    devices: tuple[str, ...] = ("cpu",),
    missing: Callable[[str], str] | None = None,
    version: Callable[[], str] | None = None,
) -> Callable[[Take], Library]:
    """Register a function as a library under its name; `package` is what is installed for it."""

    def register(take: Take) -> Library:
        name = take.__name__
        of = package or name
        return libraries.add(
            name,
            Library(
                name,
                take,
                names,
                formats,
                devices,
                missing or (lambda device: absent(of)),
                version or (lambda: _version(of)),
            ),
        )

    return register


def absent(package: str) -> str:
    """How to install a package, where it is not there."""
    if find_spec(package) is not None:
        return ""
    return f"{package} is not installed here; `pip install bench[peers]` brings it"


def _version(package: str) -> str:
    try:
        return version_of(package)
    except PackageNotFoundError:
        return ""
