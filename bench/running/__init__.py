"""A study to results: the work of its experiments, claims judged, figures and page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from bench.claims import judge
from bench.doctor import examine
from bench.doctor.readings import Probed
from bench.problems import problems
from bench.programs.opening import examined_by
from bench.registry import InputError, doors, outside, words
from bench.results import Results
from bench.results.folder import Writer, replacing
from bench.results.record import Failure
from bench.running.drawers import drawers
from bench.running.guard import Guard, ItemFailed
from bench.running.hands import Where
from bench.running.preparing import (
    check,
    described,
    folder_name,
    libraries_of,
    meant,
    precisions_of,
    without,
)
from bench.running.shares import shares_of
from bench.running.taking_up import journal_for, tell_of
from bench.running.ways import doing
from bench.running.work import Steps, check_work, left_of, measured, work_of
from bench.study import Claim, Study, Verdict, narrow
from bench.study.axes import axes, usual
from bench.study.reading import check_figures
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
    workers: int | None = None,
    cluster: str | None = None,
    fresh: bool = False,
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

    Items are done here, one after another, by `workers` processes of this machine, or on a
    `cluster` of Dask: the address of its scheduler, or `local`; but for those that take times. The
    rows are the same. A run into a folder that was killed before is taken up, item by item, unless
    a `fresh` one is wanted.

    Raises InputError for anything that is unknown or not allowed.
    """
    where = Where(workers, cluster)
    guard = Guard(usual("item_seconds"), usual("item_gib"))
    if isinstance(given := options.get("item_seconds"), int | float) and given > 0:
        guard.seconds = given
    with doors.tried_by(guard.try_file), examined_by(guard.examine):
        doors.open_files(files)
        points = () if at is None else tuple(map(float, at))
        base = meant(study, interval, points, size, precisions_of(options))
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
        chosen = chosen.model_copy(update={"name": folder_name(name)})
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
    folder = None if out is None else Path(out) / chosen.name
    with ExitStack() as stack:
        journal = stack.enter_context(journal_for(folder, record, where, remark, fresh=fresh))
        left = left_of(work, journal)
        total = sum(each.size for each in left) + drawing
        tell = partial(_told, stack.enter_context(_shown(progress)), total)
        tell_of(journal, len(work) - len(left), len(work), remark)
        writer = Writer(None) if folder is None else stack.enter_context(replacing(folder))
        draw = stack.enter_context(drawers(chosen)) if drawing else None
        pool = ThreadPoolExecutor(2)  # who interrupts a run does not wait for what it computes
        stack.callback(pool.shutdown, wait=False, cancel_futures=True)
        examined = tuple(each.name for each in used)
        probing = pool.submit(probes_of, chosen.device, examined, chosen.precisions)
        guard.seconds, guard.gib = chosen.item_seconds, chosen.item_gib
        stack.callback(guard.stop)
        ways = stack.enter_context(doing(where, journal, pool, guard, chosen.item_seconds))
        here, elsewhere, slots = ways
        steps = Steps(tell, slots)
        failed += measured(work, writer, journal, here, elsewhere, steps, probing.result, guard)
        tables = writer.finish()
        again = partial(tell, total - drawing, "comparing processors")
        made: dict[str, Value] = {
            "probes": probing.result(),
            "rows": writer.rows,
            "digests": writer.digests,
            "failures": tuple(failed),
            "shares": shares_of(work, journal, record.machine, again),
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


@cache
def probes_of(
    device: str, names: tuple[str, ...], precisions: tuple[str, ...]
) -> tuple[Probed, ...]:
    """What a quick look at the machine finds, once a process: it does not change meanwhile."""
    return tuple(examine(device, names, quick=True, precisions=precisions))
