"""The part of a run that is asked for: names, tags and families, as in studies."""

from __future__ import annotations

from collections.abc import Sequence

from bench.registry import InputError
from bench.store import Results
from bench.study import find_problems, find_schemes


def chosen(names: Sequence[str] | str | None) -> tuple[str, ...]:
    """Names given as one text, as several, or not at all; commas part them."""
    texts = (names,) if isinstance(names, str) else names or ()
    return tuple(name.strip() for text in texts for name in text.split(",") if name.strip())


def chosen_problems(results: Results, names: Sequence[str] | str | None) -> tuple[str, ...]:
    """The problems of the run that are asked for, in its order; all of them by default."""
    about = results.run["problems"]
    if names is None:
        return tuple(about)
    exact = [name for name in chosen(names) if name in about]  # one level of noise of several
    others = [name for name in chosen(names) if name not in about]
    found = {*exact, *(find_problems(others) if others else ())}
    return _held(
        results, "problem", chosen(names), [n for n in about if {n, about[n]["base"]} & found]
    )


def chosen_schemes(results: Results, names: Sequence[str] | str | None) -> tuple[str, ...]:
    """The schemes of the run that are asked for, in its order; all of them by default."""
    about = results.run["schemes"]
    if names is None:
        return tuple(about)
    wanted = find_schemes(chosen(names))
    return _held(results, "scheme", chosen(names), [name for name in about if name in wanted])


def _held(
    results: Results, axis: str, names: Sequence[str], found: Sequence[str]
) -> tuple[str, ...]:
    if not found:
        run = results.run
        raise InputError(
            f"the run {run['study']['name']} holds no {axis} {', '.join(names)}; "
            f"it holds: {', '.join(run[f'{axis}s'])}"
        )
    return tuple(found)
