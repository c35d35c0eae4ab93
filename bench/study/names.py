"""Names in a study: found in the registries, groups replaced by their members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.problems import problems
from bench.registry import InputError, canonical, registry_at, unknown
from bench.registry.doors import OPENED
from bench.registry.misses import every
from bench.schemes import schemes

Groups = Mapping[str, tuple[str, ...]]


def problem_groups() -> Groups:
    """The problems of each tag."""
    tags = sorted({tag for problem in problems.values() for tag in problem.tags})
    return {tag: tuple(n for n, p in problems.items() if tag in p.tags) for tag in tags}


def scheme_groups() -> Groups:
    """The schemes of each family, but of files of the user's: their modules' names mean nothing."""
    every = {scheme.family for scheme in schemes.values()}
    families = sorted(each for each in every if not each.startswith(OPENED))
    return {f: tuple(n for n, s in schemes.items() if s.family == f) for f in families}


# The axes of names, and where what they name is registered: rooms above are known by name alone.
AXES: Mapping[str, str] = {
    "problem": "bench.problems:problems",
    "scheme": "bench.schemes:schemes",
    "precision": "bench.formats:formats",
    "backend": "bench.arithmetic:backends",
}


def known_on(axis: str) -> tuple[str, ...]:
    """All names on an axis, in registered order."""
    return tuple(registry_at(AXES[axis]))


def groups_of(axis: str) -> Groups:
    """The groups by which an axis can be called: tags of problems, families of schemes."""
    return {"problem": problem_groups, "scheme": scheme_groups}.get(axis, dict)()


def find(axis: str, names: Sequence[str]) -> tuple[str, ...]:
    """Names, tags and families as registered, each once, in registered order.

    Raises InputError for an unknown name or none at all.
    """
    return expand(axis, names, known_on(axis), groups_of(axis))


def expand(
    kind: str, names: Sequence[str], known: Sequence[str], groups: Groups
) -> tuple[str, ...]:
    """Names as known, groups replaced by their members, each once, in the order known."""
    by_spelling: dict[str, tuple[str, ...]] = {canonical(name): (name,) for name in known}
    by_spelling |= {canonical(g): m for g, m in groups.items() if canonical(g) not in by_spelling}
    chosen: set[str] = set()
    for name in names:
        if canonical(name) not in by_spelling:
            raise unknown(kind, name, sorted({*known, *groups}))
        chosen.update(by_spelling[canonical(name)])
    if not chosen:
        raise InputError(f"no {kind} is chosen; {every(kind, sorted(known))}")
    return tuple(name for name in known if name in chosen)
