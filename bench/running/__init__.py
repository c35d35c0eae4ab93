"""A study to results: the work of its experiments, claims judged, figures and page."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from bench.arithmetic import Backend, backends
from bench.claims import check_claims, judge
from bench.doctor import examine
from bench.doctor.readings import Probed
from bench.experiments import experiments
from bench.problems import problems
from bench.programs.opening import examined_by
from bench.registry import InputError, doors, outside, words
from bench.results import Results
from bench.results.folder import Writer, replacing
from bench.results.record import (
    AboutProblem,
    AboutScheme,
    Failure,
    Machine,
    Record,
    command,
    now,
    versions,
)
from bench.running.drawers import drawers
from bench.running.functions import is_function, study_of
from bench.running.guard import Guard, ItemFailed, words_of
from bench.running.work import Work, check_work, measured, work_of
from bench.schemes import schemes
from bench.study import Claim, Study, Verdict, narrow
from bench.study.axes import axes, usual
from bench.study.reading import check_figures
from bench.study.reading import load as load_study
from bench.tell import page
from bench.tell.progress import Progress, in_notebook, silent
from bench.tell.progress import progress as shown
from bench.values import Floats, Value


def run(
    study: str | Path | Study | Callable[..., Value] = "overview",
    *,
    out: str | Path | None = None,
    name: str | None = None,
    files: Sequence[str | Path] = (),
    figures: bool = True,
    at: Sequence[float] | Floats | None = None,
    interval: str | tuple[float, float] | None = None,
    size: int | None = None,
    progress: Progress | None = None,
    remark: Callable[[str], None] = lambda said: None,
    **options: object,
) -> Results:
    """Run a study and return its tables.

    `study` is the name of a study, a TOML file, a Study, or a function: a formula such as
    `exp(x)*sin(x)`, one of a file, `mine.py:f`, or a Python function of JAX or NumPy. The points of
    a function lie in the `interval`; `at` are points of your own. With a `size` it is one of so
    many variables, and `at` the one point where its gradient is taken. `remark` is told, before
    anything is run, what a reader of the run must know of a function. `options` narrow the study,
    as those of `bench run` do: problems, schemes, precisions, backends, device, points, steps,
    seed, noise, timing (take times; False unless asked for), processes. `files` are opened first:
    what they register is known. With `out` tables and figures are stored in a folder of that
    folder, called `name`, or after the study and what narrows it; without it nothing is written.
    `progress(done, total, phase, what)` is called before each step of the work; in a notebook a
    line shows it, if nothing else is to.

    Raises InputError for anything that is unknown or not allowed.
    """
    guard = Guard(usual("item_seconds"), usual("item_gib"))
    if isinstance(given := options.get("item_seconds"), int | float) and given > 0:
        guard.seconds = given
    with doors.tried_by(guard.try_file), examined_by(guard.examine):
        doors.open_files(files)
        points = () if at is None else tuple(map(float, at))
        base = _study(study, interval, points, size, _precisions(options))
    for name_of_problem in base.problems:
        for said in problems[name_of_problem].remarks:
            remark(said)
    check_figures(base)
    check_work(base)  # what narrowing leaves over is no mistake
    known = axes()
    asked: dict[str, object] = {"timing": False}
    for option, value in options.items():  # names may come as one text, parted by commas
        several = option in known and known[option].reads is list
        asked[option] = words(value) if several and isinstance(value, str | list | tuple) else value
    if at is not None and len(at) and size is None:
        asked["points"] = tuple(map(float, at))
    chosen = narrow(base, **asked)
    part_of = base.name if chosen.name != base.name else None
    if name is not None:
        chosen = chosen.model_copy(update={"name": _folder(name)})
    if files:
        every = dict.fromkeys([*base.files, *map(str, files)])
        chosen = chosen.model_copy(update={"files": tuple(every)})
    refused = guard.refused(chosen.schemes)
    failed = [Failure(what=f"scheme {name}", reason=why) for name, why in refused.items()]
    chosen = without(chosen, list(refused))
    used = check(chosen)
    work = work_of(chosen)
    record = described(chosen, used, part_of, libraries_of(work))
    drawing = out is not None and figures and bool(chosen.figures)
    total = sum(each.size for each in work) + drawing
    with ExitStack() as stack:
        tell = partial(_told, stack.enter_context(_shown(progress)), total)
        folder = None if out is None else Path(out) / chosen.name
        writer = Writer(None) if folder is None else stack.enter_context(replacing(folder))
        draw = stack.enter_context(drawers(chosen)) if drawing else None
        pool = ThreadPoolExecutor(2)  # who interrupts a run does not wait for what it computes
        stack.callback(pool.shutdown, wait=False, cancel_futures=True)
        probing = pool.submit(probes_of, chosen.device, tuple(each.name for each in used))
        guard.seconds, guard.gib = chosen.item_seconds, chosen.item_gib
        stack.callback(guard.stop)
        failed += measured(work, writer, pool, probing.result, tell, guard)
        tables = writer.finish()
        made: dict[str, Value] = {
            "probes": probing.result(),
            "rows": writer.rows,
            "digests": writer.digests,
            "failures": tuple(failed),
        }
        record = record.model_copy(update=made)
        results = Results(tables, record)
        failures: list[Exception] = []  # are told once the tables are safe
        if writer.folder is not None:
            writer.describe(record)
            if draw is not None:
                tell(total - 1, "drawing", "figures and page")
                try:
                    made["failures"] = (*failed, *draw(writer.folder))
                except Exception as error:
                    failures.append(error)
        try:
            made["verdicts"], lost = verdicts_of(chosen.claims, results, guard)
            made["failures"] = (*made["failures"], *lost)
            results = replace(results, record=record.model_copy(update=made))
        except InputError as error:
            failures.append(error)
        if writer.folder is not None:
            writer.describe(results.record)
            results = replace(results, folder=folder)
            if drawing:
                page.write(results, writer.folder)
        tell(total, "done", "")
    for failure in failures:
        raise failure
    return results


def _precisions(options: Mapping[str, object]) -> tuple[str, ...] | None:
    """The formats that are asked for by name, if any."""
    given = options.get("precisions")
    return words(given) if isinstance(given, str | list | tuple) else None


def _study(
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


def verdicts_of(
    claims: Sequence[Claim], results: Results, guard: Guard
) -> tuple[tuple[Verdict, ...], list[Failure]]:
    """What becomes of each claim; a measure of the user's that fails is a failure, and no more."""
    found: list[Verdict] = []
    lost: list[Failure] = []
    for claim in claims:
        if not outside([claim.measure]):
            found += judge((claim,), results)
            continue
        try:
            found.append(guard.judged(claim, results))
        except ItemFailed as why:
            lost.append(Failure(what=f"claim {claim.says!r}", reason=str(why)))
            nothing = (None, claim.bound, 0, claim.measure, claim.source)
            found.append(Verdict(claim.says, "not measured", *nothing))
    return tuple(found), lost


def _shown(progress: Progress | None) -> AbstractContextManager[Progress]:
    """The progress that is wanted: that of a notebook in one, if no other."""
    if progress is not None:
        return nullcontext(progress)
    return shown() if in_notebook() else nullcontext(silent)


def _told(progress: Progress, total: int, done: int, phase: str, what: str) -> None:
    progress(done, total, phase, what)


def _folder(name: str) -> str:
    """A name of the user's for a results folder; InputError where it is none."""
    if not name.strip() or name in (".", "..") or set(name) & set("/\\\0\n"):
        raise InputError(f"option 'name' is {name!r}; allowed: a name for a folder, without '/'")
    return name


def check(study: Study) -> list[Backend]:
    """The backends that a study uses; InputError where one cannot run, or a claim cannot be."""
    autodiff = [schemes[name].is_autodiff for name in study.schemes]
    wanted = (() if all(autodiff) else study.backends) + (
        study.autodiff_backends if any(autodiff) else ()
    )
    found = [backends[name] for name in dict.fromkeys(wanted)]
    check_claims(study.claims)
    silent = [name for name in study.backends if not backends[name].noise]
    if any(study.noise) and silent:
        able = ", ".join(name for name, each in backends.items() if each.noise)
        raise InputError(f"noise is added on backend {able} only; found: {', '.join(silent)}")
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
        rows={},
        digests={},
    )


@cache
def probes_of(device: str, names: tuple[str, ...]) -> tuple[Probed, ...]:
    """What a quick look at the machine finds, once a process: it does not change meanwhile."""
    return tuple(examine(device, names, quick=True))
