"""What an examination comes to, in a few sentences made of its numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import inf, isnan

from bench.doctor.readings import REFUSAL, Probed
from bench.doctor.told import named, percent


def sentences(found: Sequence[Probed]) -> list[str]:
    """Who cannot run; whose arithmetic is not as written; what is off; how many probes tell."""
    everyone = _once(each.backend for each in found)
    refused = [each for each in found if each.probe == REFUSAL]
    notable = [each for each in found if each.notable and each.probe != REFUSAL]
    told = [f"{each.backend} cannot run here." for each in refused]
    able = [each for each in everyone if each not in {each.backend for each in refused}]
    if any(each.unit == "share" for each in found):
        told.append(_arithmetic([each for each in notable if each.unit == "share"], able))
    if errors := [each for each in found if each.unit == "ulp"]:
        told.append(_functions(errors, able))
    asked = _once(each.probe for each in found if each.probe != REFUSAL)
    return [*told, _count(notable, len(asked))] if asked else told


def _arithmetic(notable: Sequence[Probed], everyone: Sequence[str]) -> str:
    """Where nothing was found, and each probe that found something, with its largest share."""
    concerned = {each.backend for each in notable}
    clean = [each for each in everyone if each not in concerned]
    told = [f"nothing found on {named(clean, everyone)}"] if clean else []
    if notable:
        told.append(", ".join(_shares(notable, everyone)))
    return f"Arithmetic: {'; '.join(told)}."


def _shares(notable: Sequence[Probed], everyone: Sequence[str]) -> Iterator[str]:
    for probe in _once(each.probe for each in notable):
        of = [each for each in notable if each.probe == probe]
        on = named(_once(each.backend for each in of), everyone)
        yield f"{probe} on {on} ({_size(max(of, key=_badness), percent)})"


def _functions(errors: Sequence[Probed], everyone: Sequence[str]) -> str:
    """The function that is furthest off, on each backend; backends alike share it."""
    worst: dict[tuple[str, str], list[str]] = {}
    for backend in _once(each.backend for each in errors):
        of = max((each for each in errors if each.backend == backend), key=_badness)
        far = _size(of, lambda ulps: f"{ulps:.2f} ulp")
        worst.setdefault((far, f"{of.probe} in {of.precision}"), []).append(backend)
    told = [f"{far} on {named(on, everyone)} ({where})" for (far, where), on in worst.items()]
    return f"Functions: off by up to {', '.join(told)}."


def _count(notable: Sequence[Probed], asked: int) -> str:
    """How many probes have something to tell, and which of them were not told yet."""
    concerned = _once(each.probe for each in notable)
    if not concerned:
        return f"None of {asked} probes has anything to tell."
    others = _once(each.probe for each in notable if each.unit not in ("share", "ulp"))
    which = f": also {', '.join(others)}" if others else ""
    verb = "has" if len(concerned) == 1 else "have"
    return f"{len(concerned)} of {asked} probes {verb} something to tell (!){which}."


def _badness(each: Probed) -> float:
    """How bad it is: a result that left its format, or is no number, is worst."""
    return inf if each.value is None or isnan(each.value) else each.value


def _size(each: Probed, words: Callable[[float], str]) -> str:
    return each.found if each.value is None else words(each.value)


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
