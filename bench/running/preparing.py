"""What stands before the work of a run: the study that is meant, its backends, its record."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from bench.arithmetic import Backend, backends
from bench.claims import check_claims
from bench.experiments import experiments
from bench.problems import problems
from bench.registry import InputError, words
from bench.results.machines import choosing
from bench.results.record import AboutProblem, AboutScheme, Machine, Record, command, now, versions
from bench.running.functions import is_function, study_of
from bench.running.guard import words_of
from bench.running.work import Work
from bench.schemes import schemes
from bench.study import Study
from bench.study.reading import load as load_study
from bench.values import Value


def precisions_of(options: Mapping[str, object]) -> tuple[str, ...] | None:
    """The formats that are asked for by name, if any."""
    given = options.get("precisions")
    return words(given) if isinstance(given, str | list | tuple) else None


def meant(
    study: str | Path | Study | Callable[..., Value],
    interval: str | tuple[float, float] | None,
    at: tuple[float, ...],
    size: int | None,
    precisions: tuple[str, ...] | None,
) -> Study:
    """The study that is meant; an interval and a size are those of a function only."""
    if is_function(study):
        return study_of(study, interval, at, size, precisions)
    for option, given in {"interval": interval, "size": size}.items():
        if given is not None:
            raise InputError(f"option {option!r} is given without a function, which it is of")
    if isinstance(study, str | Path):
        return load_study(study)
    assert isinstance(study, Study)
    return study


def folder_name(name: str) -> str:
    """A name of the user's for a results folder; InputError where it is none."""
    if not name.strip() or name in (".", "..") or set(name) & set("/\\\0\n"):
        raise InputError(f"option 'name' is {name!r}; allowed: a name for a folder, without '/'")
    return name


def without(study: Study, refused: Sequence[str]) -> Study:
    """A study without some schemes; InputError where none is left."""
    if not refused:
        return study
    left = tuple(name for name in study.schemes if name not in refused)
    if not left:
        raise InputError(f"no scheme is left: {', '.join(refused)} cannot say what they are")
    others = [name for name in schemes if name not in refused]
    tables = {
        name: tuple(x for x in (experiments[name].narrowed(t, None, others) for t in several) if x)
        for name, several in study.experiments.items()
    }
    kept = {name: several for name, several in tables.items() if several}
    return study.model_copy(update={"schemes": left, "experiments": kept})


def check(study: Study) -> list[Backend]:
    """The backends that a study uses; InputError where one cannot run, or a claim cannot be."""
    autodiff = [schemes[name].is_autodiff for name in study.schemes]
    wanted = (() if all(autodiff) else study.backends) + (
        study.autodiff_backends if any(autodiff) else ()
    )
    found = [backends[name] for name in dict.fromkeys(wanted)]
    check_claims(study.claims, study.name)
    silent = [name for name in study.backends if not backends[name].noise]
    if any(study.noise) and silent:
        able = ", ".join(name for name, each in backends.items() if each.noise)
        raise InputError(
            f"noise is added on backend {able} only; found: {', '.join(silent)} (--backend chooses)"
        )
    for backend in found:
        if study.device not in backend.devices:
            able = ", ".join(n for n, b in backends.items() if study.device in b.devices)
            raise InputError(
                f"backend {backend.name} cannot run on device {study.device!r}; allowed: {able}"
            )
        backend.check(study.device)
    return found


def libraries_of(work: Sequence[Work]) -> set[str]:
    """The libraries that take derivatives in the work."""
    names = set().union(*(words_of(each.item) for each in work))
    return {schemes[name].library for name in names if name in schemes} - {""}


def described(
    study: Study, used: Sequence[Backend], part_of: str | None, libraries: Iterable[str]
) -> Record:
    """How a run comes to be: the study, the command, versions, machine, and what it means."""
    asked = [
        problems[name].with_noise(level, study.seed)
        for name in study.problems
        for level in study.noise
    ]
    return Record(
        study=study,
        part_of=part_of,
        command=command(),
        started=now(),
        versions=versions(libraries),
        python=platform.python_version(),
        machine=Machine.here(),
        problems={each.name: AboutProblem.of(each) for each in asked},
        schemes={name: AboutScheme.of(schemes[name]) for name in study.schemes},
        backends={each.name: dict(each.about(study.device)) for each in used},
        xla_flags=os.environ.get("XLA_FLAGS", ""),
        variables={name: each for name, each in choosing().items() if name != "XLA_FLAGS"},
        rows={},
        digests={},
    )
