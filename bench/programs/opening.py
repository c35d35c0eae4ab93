"""A function of the user's becomes a problem: looked at in a process of its own, and registered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.formats import formats
from bench.problems import ONE, Domain, Problem, Variables, problems
from bench.processes import Process
from bench.programs import Source, source_of
from bench.programs.facts import USUAL, Facts, Wanted
from bench.registry import InputError, doors
from bench.study import Own
from bench.study.names import find

Examine = Callable[[Wanted], Facts]
_examined: list[Examine] = []


@contextmanager
def examined_by(examine: Examine) -> Iterator[None]:
    """Inside, functions are looked at by this: in a process that is there already."""
    _examined.append(examine)
    try:
        yield
    finally:
        _examined.remove(examine)


def open_function(wanted: Wanted) -> Problem:
    """The problem of a function, registered: studies may name it.

    Raises InputError, with the line where there is one, for what cannot be run or measured.
    """
    if wanted.size is not None and len(wanted.at) not in (0, wanted.size):
        raise InputError(
            f"{wanted.source} is to have {wanted.size} variables, and the point has "
            f"{len(wanted.at)} numbers; allowed: one a variable"
        )
    if _examined:
        return register(wanted, _examined[-1](wanted))
    process = Process("functions")
    try:
        return register(wanted, process.call(examined, wanted))
    finally:
        process.stop()


def examined(wanted: Wanted) -> Facts:
    """What a function is, found in this process: JAX is imported here alone."""
    from bench.programs.examination import examine

    return examine(wanted)


def open_own(own: Own, folder: Path, precisions: Sequence[str] | None, others: bool) -> Problem:
    """The problem of a function that a study in a folder names.

    With `others` beside it one that cannot be run ends its own items, and says why there.
    """
    chosen = find("precision", precisions or tuple(formats))
    source = source_of(own.function, folder)
    wanted = Wanted(source, own.interval or USUAL, own.at, own.size, chosen)
    try:
        return open_function(wanted)
    except InputError as why:
        if not others:
            raise
        return register(wanted, Facts("", str(source), failed=str(why)))


def register(wanted: Wanted, facts: Facts) -> Problem:
    """A function as a problem that is registered, here and in every process that is called."""
    known = problems.get(name_of(wanted.source))
    if known is not None and known.made == (register, (wanted, facts)):
        return known
    found = problem_of(wanted, facts)
    problems.discard(found.name)
    doors.remember(found.name, register, wanted, facts)
    return problems.add(found.name, found)


def problem_of(wanted: Wanted, facts: Facts) -> Problem:
    """A function as a problem."""
    from bench.programs.formula import Program

    source = wanted.source
    tags = {"smooth"} | (set() if facts.analytic else {"not_analytic"})
    formula = Program(source, wanted.size, facts.summary, facts.failed)
    return Problem(
        name_of(source),
        formula,
        f"{source.name}(x)" if wanted.size is None else f"{source.name}, n = {wanted.size}",
        wanted.interval,
        Domain(),
        facts.kinks,
        (),
        frozenset(tags),
        "not known",
        facts.place,
        _variables(wanted),
        needs="real" if facts.plain else "jax",
        remarks=facts.remarks,
        unsupported=facts.unsupported,
        any_namespace=False,
        made=(register, (wanted, facts)),
    )


def _variables(wanted: Wanted) -> Variables:
    if wanted.size is None:
        return ONE
    return Variables(wanted.size, 0, wanted.size, at=wanted.at)


def name_of(source: Source) -> str:
    """The name of a function as a problem: that of another problem is not taken."""
    known = problems.get(source.name)
    if known is None or (is_own(known) and _is_again(source, known)):
        return source.name
    return f"{source.path.stem or 'my'}.{source.name}"


def is_own(problem: Problem) -> bool:
    """Whether a problem is a function of the user's."""
    return problem.made is not None and problem.made[0] is register


def _is_again(source: Source, known: Problem) -> bool:
    """Whether a problem is this function: one of the same file, or a newer one of Python."""
    before: Source = known.formula.source  # type: ignore[attr-defined]
    return bool(source.pickled) or before.file == source.file
