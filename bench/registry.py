"""Named things, each known under one name; a miss lists the known names."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

Item = TypeVar("Item")


class InputError(ValueError):
    """A mistake in what was asked for, told in one sentence: what, found, allowed."""


class UnknownName(InputError, KeyError):
    """A name that a registry does not hold."""

    def __str__(self) -> str:
        return str(self.args[0])


def canonical(name: str) -> str:
    """The one spelling of a name: lower case, words joined by underscores."""
    return name.strip().lower().replace("-", "_")


def unknown(kind: str, name: str, known: list[str]) -> UnknownName:
    """The error for a name that is not among the known ones; it names the closest."""
    by_spelling = {canonical(each): each for each in known}
    close = difflib.get_close_matches(canonical(name), by_spelling, n=1)
    hint = f" (did you mean {by_spelling[close[0]]!r}?)" if close else ""
    return UnknownName(f"no {kind} named {name!r}{hint}; known: {', '.join(known)}")


class Registry(Mapping[str, Item], Generic[Item]):
    """Items of one kind by name; a look-up ignores case and takes `-` for `_`.

    `load` is called before the first look: it imports the modules that add the items. They are
    ordered by `group`, then as added: the order does not depend on which module came first.
    """

    def __init__(
        self,
        kind: str,
        load: Callable[[], None] = lambda: None,
        group: Callable[[Item], str] = lambda item: "",
    ) -> None:
        self.kind = kind
        self._load = load
        self._group = group
        self._loaded = False
        self._items: dict[str, Item] = {}

    def add(self, name: str, item: Item) -> Item:
        """Add an item; a name that is taken is refused (ValueError)."""
        if canonical(name) in map(canonical, self._items):
            raise ValueError(f"there is already a {self.kind} named {name!r}")
        self._items[name] = item
        if self._loaded:
            self._sort()
        return item

    def discard(self, name: str) -> None:
        """Forget an item, if it is there."""
        self._items.pop(name, None)

    @property
    def _all(self) -> dict[str, Item]:
        if not self._loaded:
            self._loaded = True
            self._load()
            self._sort()
        return self._items

    def _sort(self) -> None:
        self._items = dict(sorted(self._items.items(), key=lambda each: self._group(each[1])))

    def __getitem__(self, name: str) -> Item:
        for known, item in self._all.items():
            if canonical(known) == canonical(name):
                return item
        raise unknown(self.kind, name, sorted(self._all))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and canonical(name) in map(canonical, self._all)

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


def import_modules_of(package: str) -> None:
    """Import every module of a package, so that what they register is known."""
    paths = importlib.import_module(package).__path__
    for module in sorted(pkgutil.iter_modules(paths), key=lambda found: found.name):
        importlib.import_module(f"{package}.{module.name}")


def definition(thing: object) -> str:
    """The first line of a docstring: a definition good enough to print."""
    return (thing.__doc__ or "").strip().partition("\n")[0]
