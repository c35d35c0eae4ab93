"""Named things, each known under one name; a miss tells the nearest, and where all are.

What is registered can come from this package, from a file of the user's, or from an installed
package (`bench.registry.doors`); it is pickled by its name, so that every process finds its own.
"""

from __future__ import annotations

import copyreg
import importlib
import importlib.util
import pkgutil
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

from bench.harmless import harmless
from bench.registry import doors
from bench.registry.misses import canonical as canonical
from bench.registry.misses import miss

Item = TypeVar("Item")
NAME = re.compile(r"\w(.*\S)?")  # of what is registered: options, tables and files hold it
LONG = re.compile(r"'[^']{200,}'|\S{300,}")  # a text or a path that nobody reads to its end


class InputError(ValueError):
    """A mistake in what was asked for, told in one sentence: what, found, allowed.

    What it quotes stays a part of the sentence: long texts are cut, line breaks and other signs
    that are not to be seen are spelled.
    """

    def __init__(self, said: object) -> None:
        super().__init__(harmless(LONG.sub(lambda found: _cut(found[0]), str(said))))


def _cut(text: str) -> str:
    return f"{text[:60]}...{text[-20:]}"


class UnknownName(InputError, KeyError):
    """A name that a registry does not hold."""

    def __str__(self) -> str:
        return str(self.args[0])


class Disagreement(RuntimeError):
    """Two independent ways of computing the same number differ: nothing can be trusted."""


def unknown(
    kind: str, name: str, known: Sequence[str], unlisted: Sequence[str] = (), listed: str = ""
) -> UnknownName:
    """The error for a name that is not among the known ones: the sentence of `misses.miss`."""
    return UnknownName(miss(kind, name, known, unlisted, listed))


def spelled(number: float) -> str:
    """A number as text that reads back as it: short where six digits tell it from all others."""
    short = f"{number:g}"
    return short if float(short) == number else repr(number)


def words(given: str | Sequence[str] | None) -> tuple[str, ...] | None:
    """Names given as one text, as several, or not at all; commas part them."""
    if given is None:
        return None
    texts = (given,) if isinstance(given, str) else given
    for text in texts:
        if not isinstance(text, str):
            raise InputError(f"{text!r} is no name; allowed: names as text")
    return tuple(word.strip() for text in texts for word in text.split(",") if word.strip())


def named(option: str, given: str | Sequence[str] | None) -> tuple[str, ...]:
    """The names that an option holds, none where it is not given; InputError where it has none."""
    found = words(given)
    if found is None or found:
        return found or ()
    raise InputError(f"{option} has no name in it; allowed: names, parted by commas")


_registries: list[Registry[Any]] = []


def kept() -> Callable[[], None]:
    """Call what this returns to forget everything that was registered from outside since."""
    before = [(each, set(each._items)) for each in _registries]

    def forget() -> None:
        for registry, names in before:
            for name, item in list(registry._items.items()):
                if name not in names and not _inside(registry._home(item)):
                    registry.discard(name)

    return forget


def outside(names: Collection[str]) -> dict[str, object]:
    """Those names under which something came through a door, and what; of any kind."""
    return {
        name: item
        for registry in _registries
        for name, item in registry._items.items()
        if name in names and doors.brought(registry._home(item))
    }


def apart(names: Sequence[str]) -> list[tuple[str, ...]]:
    """The names in groups that may fail together: what came through a door is by itself."""
    brought = outside(names)
    together = tuple(name for name in names if name not in brought)
    return [group for group in (together, *((name,) for name in brought)) if group]


def _inside(home: str) -> bool:
    """Whether a module is bench's own."""
    return f"{home}.".startswith("bench.")


class Registry(Mapping[str, Item], Generic[Item]):
    """Items of one kind by name; a look-up ignores case and takes `-` for `_`.

    `at` says where the registry itself is found, `module:name`. The modules of `package` add the
    items; they are imported before the first look. `home` tells the module that an item was made
    in: items are ordered by it, those of bench first, then as added. With `by_module` each item
    has a module of its name: names are known without imports. Items of the type `of` are pickled
    by name; `reduce` answers for those that are not registered themselves.
    """

    def __init__(
        self,
        kind: str,
        of: type[Item],
        at: str,
        *,
        package: str = "",
        home: Callable[[Item], str] = lambda item: "",
        by_module: bool = False,
        reduce: Callable[[Item], tuple[Any, ...] | None] = lambda item: None,
    ) -> None:
        self.kind = kind
        self._at, self._package, self._home, self._reduce = at, package, home, reduce
        self._by_module = by_module
        self._loaded = False
        self._items: dict[str, Item] = {}
        copyreg.pickle(of, self._reduced)
        _registries.append(self)

    def add(self, name: str, item: Item) -> Item:
        """Add an item; a name that is taken, or cannot be typed, is refused (ValueError)."""
        if not NAME.fullmatch(name) or not name.isprintable():
            raise InputError(
                f"a {self.kind} is named {name!r}; allowed: letters and signs that print, the "
                "first a letter, a digit or _"
            )
        if canonical(name) in map(canonical, self._taken(item)):
            raise ValueError(f"there is already a {self.kind} named {name!r}")
        self._items[name] = item
        if self._loaded:
            self._sort()
        return item

    def _taken(self, item: Item) -> list[str]:
        """The names that an item may not have: what comes from outside comes after bench's own."""
        if _inside(self._home(item)) or self._loaded or not self._package:
            return list(self._items)
        return self.names()

    def discard(self, name: str) -> None:
        """Forget an item, if it is there."""
        self._items.pop(name, None)

    def names(self) -> list[str]:
        """The names, without importing what adds the items where each has a module of its name."""
        if self._loaded or not self._by_module:
            return list(self._all)
        doors.open_packages()
        return list(dict.fromkeys([*modules_of(self._package), *self._items]))

    @property
    def _all(self) -> dict[str, Item]:
        if not self._loaded:
            self._loaded = True  # while it loads, too: what is imported looks at it
            try:
                for module in modules_of(self._package) if self._package else ():
                    importlib.import_module(f"{self._package}.{module}")
                doors.open_packages()
            except BaseException:
                self._loaded = False
                raise
            self._sort()
        return self._items

    def _sort(self) -> None:
        def place(each: tuple[str, Item]) -> tuple[bool, str]:
            home = self._home(each[1])
            return not _inside(home), home

        self._items = dict(sorted(self._items.items(), key=place))

    def _reduced(self, item: Item) -> tuple[Any, ...]:
        other = self._reduce(item)
        if other is not None:
            return other
        name = next((name for name, each in self._all.items() if each is item), None)
        if name is None:
            called = getattr(item, "name", "without a name")
            raise InputError(
                f"{self.kind} {called!r} is not registered: another process does not know it"
            )
        return find, (self._at, name, self._home(item))

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


def found_at(where: str) -> Any:
    """What stands at `module:name`, imported now: for rooms below, which know it by name."""
    module, _, variable = where.partition(":")
    return getattr(importlib.import_module(module), variable)


def registry_at(where: str) -> Registry[Any]:
    """The registry at `module:name`."""
    found: Registry[Any] = found_at(where)
    return found


def find(where: str, name: str, home: str) -> object:
    """A registered item by name, in the process that asks; InputError where it has none.

    A module of the user's that made it is imported first, if it is not known yet.
    """
    registry = registry_at(where)
    if name not in registry and home:
        try:
            importlib.import_module(home)
        except ImportError as error:
            raise InputError(
                f"{registry.kind} {name!r} is registered by {home}, which another process cannot "
                f"import ({error}); allowed: a file given with --with, or a module on the path"
            ) from None
    return registry[name]


def modules_of(package: str) -> list[str]:
    """The names of the modules of a package; neither they nor it need be imported."""
    found = importlib.util.find_spec(package)
    paths = found.submodule_search_locations if found else None
    return sorted(each.name for each in pkgutil.iter_modules(paths or []))


def definition(thing: object) -> str:
    """The first line of a docstring: a definition good enough to print."""
    return (thing.__doc__ or "").strip().partition("\n")[0]
