"""What is said of a name that nobody knows: the nearest names, and all or where they are."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

LONGEST = 300  # letters of a sentence that is still read to its end
FEW = 180  # letters of names that are quoted though `bench list` has them
QUOTED = 80  # letters of the name that was given

# The kinds that `bench list` has, as it calls them.
LISTS: Mapping[str, str] = {
    "problem": "problems",
    "scheme": "schemes",
    "scheme of whole gradients": "schemes",
    "precision": "precisions",
    "backend": "backends",
    "study": "studies",
    "figure": "figures",
    "size": "sizes",
    "column": "columns",
    "experiment": "experiments",
    "optimizer": "optimizers",
    "library": "libraries",
    "measure": "measures",
    "gate": "gates",
    "probe": "probes",
    "primitive": "primitives",
}
OWN = ("problem", "scheme")  # of those that are too many to be quoted: what a file may add


def canonical(name: str) -> str:
    """The one spelling of a name: lower case, words joined by underscores."""
    return name.strip().lower().replace("-", "_")


def miss(
    kind: str, name: str, known: Sequence[str], unlisted: Sequence[str] = (), listed: str = ""
) -> str:
    """The sentence for a name that is not among the known ones, never longer than LONGEST.

    The nearest may also be among those that are known, but not to be quoted. `listed` is what
    `bench list` calls the names, where their kind does not say so.
    """
    by_spelling = {canonical(each): each for each in (*unlisted, *known)}
    close = difflib.get_close_matches(canonical(name), by_spelling, n=3)
    near = [repr(by_spelling[each]) for each in close]
    quoted = name if len(name) <= QUOTED else f"{name[:40]}...{name[-20:]}"
    head, rest = f"no {kind} named {quoted!r}", every(kind, known, listed)
    if rest.startswith("known: "):  # all are there to be seen
        whole = f"{head}{_hint(near[:1])}; {rest}"
        nearest = difflib.get_close_matches(canonical(name), by_spelling, 3, 0)
        some = ", ".join(by_spelling[each] for each in nearest)
        far = "" if near else f", the nearest: {some}"
        count = f"{head}{_hint(near)}; {len(known)} are known{far}"
        return whole if len(whole) <= LONGEST else count
    own = ", and `--with mine.py` adds one of yours" if kind in OWN and not near else ""
    return f"{head}{_hint(near)}; {rest}{own}"


def every(kind: str, known: Sequence[str], listed: str = "") -> str:
    """All known names, or where they are listed if they are many."""
    names = ", ".join(known)
    place = listed or LISTS.get(kind)
    if place and len(names) > FEW:
        return f"`bench list {place}` has all"
    return f"known: {names}"


def _hint(near: Sequence[str]) -> str:
    if not near:
        return ""
    *others, last = near
    return f" (did you mean {', '.join(others)}{' or ' if others else ''}{last}?)"
