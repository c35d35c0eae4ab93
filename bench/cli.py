"""The command line: words in, exit codes out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench import __version__

if TYPE_CHECKING:
    from rich.table import Table

    from bench.comparison import Comparison
    from bench.comparison.gate import Verdict
    from bench.store import Results

app = typer.Typer(
    help="Measure how wrong a derivative is, and split the error into truncation and rounding.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

FAILED, REFUSED, DISAGREED, REFUTED, INTERRUPTED = 1, 2, 3, 4, 130
Many = list[str] | None


@contextmanager
def telling_mistakes() -> Iterator[None]:
    """One line and an exit code for whatever a user can cause; a traceback for our mistakes."""
    from bench.registry import InputError

    try:
        yield
    except InputError as error:
        typer.echo(f"bench: {error}", err=True)
        raise typer.Exit(REFUSED) from None
    except KeyboardInterrupt:
        typer.echo("bench: interrupted; earlier results are untouched", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except RuntimeError as error:
        if type(error).__name__ != "Disagreement":  # its module imports what is slow
            raise
        typer.echo(f"bench: {error}", err=True)
        raise typer.Exit(DISAGREED) from None


def words(values: Many) -> tuple[str, ...] | None:
    """Repeats and commas as one tuple of words; None where nothing was given."""
    if values is None:
        return None
    return tuple(word.strip() for value in values for word in value.split(",") if word.strip())


@app.callback(invoke_without_command=True)
def main(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Measure how wrong a derivative is, and split the error into truncation and rounding."""
    if version:
        typer.echo(f"bench {__version__}")
        raise typer.Exit


@app.command()
def run(
    study: Annotated[str, typer.Argument(help="A study's name, or a TOML file.")] = "overview",
    precision: Annotated[Many, typer.Option(help="float16, bfloat16, float32, float64.")] = None,
    scheme: Annotated[Many, typer.Option(help="Schemes, or families of them.")] = None,
    problem: Annotated[Many, typer.Option(help="Problems, or tags: smooth, hard.")] = None,
    backend: Annotated[Many, typer.Option(help="numpy, jax, jax-eager, jax-strict.")] = None,
    device: Annotated[str | None, typer.Option(help="cpu or gpu.")] = None,
    points: Annotated[int | None, typer.Option(help="Points sampled in each problem.")] = None,
    steps: Annotated[
        str | None, typer.Option(help="LOW:HIGH, exponents of 2, such as -30:0; or auto.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the sampled points.")] = None,
    noise: Annotated[
        float | None, typer.Option(help="Relative noise of f, such as 1e-8, seeded.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder that gets the results folder.")] = Path(
        "results"
    ),
    figures: Annotated[bool, typer.Option("--figures/--no-figures", help="Draw figures.")] = True,
    timing: Annotated[bool, typer.Option("--timing/--no-timing", help="Time schemes.")] = True,
    processes: Annotated[
        int | None,
        typer.Option(min=1, help="Fresh processes that time; their spread is the error bar."),
    ] = None,
) -> None:
    """Run a study: autograd against finite differences, if no other is named.

    Options take repeats and commas: --precision float16,float32. Case does not matter. The exit
    code is 4 where the numbers refute a claim of the study.
    """
    with telling_mistakes():
        with _progress() as progress:
            from bench.sweep import run as run_study

            results = run_study(
                study,
                problems=words(problem),
                schemes=words(scheme),
                precisions=words(precision),
                backends=words(backend),
                device=device,
                points=points,
                steps=steps,
                seed=seed,
                noise=noise,
                out=out,
                figures=figures,
                timing=timing,
                processes=processes,
                progress=progress,
            )
        _show(results)
        if any(each["outcome"] == "refuted" for each in results.run["claims"]):
            raise typer.Exit(REFUTED)


@app.command()
def report(
    results: Annotated[
        Path | None, typer.Argument(help="A results folder; the newest in ./results by default.")
    ] = None,
) -> None:
    """Draw the figures of a run again and write its page, from its stored tables."""
    with telling_mistakes():
        from bench.page import write
        from bench.report import latest, redraw
        from bench.store import load

        folder = results if results is not None else latest(Path("results"))
        names = redraw(folder)
        typer.echo(f"{folder / 'figures'}: {', '.join(names) or 'no figures'}")
        typer.echo(str(write(load(folder))))


@app.command()
def figure(
    kind: Annotated[str, typer.Argument(help="A kind of figure: see `bench list figures`.")],
    results: Annotated[
        Path | None, typer.Argument(help="A results folder; the newest in ./results by default.")
    ] = None,
    problem: Annotated[Many, typer.Option(help="Problems of the run, or tags.")] = None,
    scheme: Annotated[Many, typer.Option(help="Schemes of the run, or families.")] = None,
    format: Annotated[
        str | None, typer.Option(help="svg, pdf or png; of the file's name, or svg.")
    ] = None,
    size: Annotated[str, typer.Option(help="one-column, two-column or slide.")] = "two-column",
    out: Annotated[
        Path | None, typer.Option(help="The file; in the current folder by default.")
    ] = None,
) -> None:
    """Draw one figure of a run to measure, for a paper or a slide, its fonts in the file."""
    with telling_mistakes():
        from bench.paper.drawing import write_figure
        from bench.report import latest

        folder = results if results is not None else latest(Path("results"))
        path = write_figure(
            kind,
            folder,
            problems=words(problem),
            schemes=words(scheme),
            size=size,
            format=format,
            out=out,
        )
        typer.echo(path)


@app.command()
def table(
    kind: Annotated[str, typer.Argument(help="best, curves, timing or claims.")],
    results: Annotated[
        Path | None, typer.Argument(help="A results folder; the newest in ./results by default.")
    ] = None,
    problem: Annotated[Many, typer.Option(help="Problems of the run, or tags.")] = None,
    scheme: Annotated[Many, typer.Option(help="Schemes of the run, or families.")] = None,
    format: Annotated[str, typer.Option(help="markdown, latex or csv.")] = "markdown",
) -> None:
    """Print a table of a run for a paper: numbers with the digits that are certain."""
    with telling_mistakes():
        from bench.paper.tables import table as told
        from bench.report import latest

        folder = results if results is not None else latest(Path("results"))
        names = {"problems": words(problem), "schemes": words(scheme)}
        typer.echo(told(kind, folder, **names, format=format), nl=False)


@app.command()
def limit(
    problem: Annotated[str, typer.Option(help="The function.")] = "quadratic",
    at: Annotated[float, typer.Option(help="The point x.")] = 1.0,
    precision: Annotated[Many, typer.Option(help="The formats; all by default.")] = None,
) -> None:
    """The derivative as a limit: (f(x+h) - f(x))/h at ever smaller h, in every format."""
    with telling_mistakes():
        from bench.limit import heading, limits, told

        found = limits(problem, at, words(precision))
        typer.echo(heading(problem, at))
        for each in found:
            typer.echo("\n" + "\n".join(told(each)))


@app.command()
def compare(
    old: Annotated[Path, typer.Argument(help="A results folder.")],
    new: Annotated[Path, typer.Argument(help="The results folder that is compared with it.")],
    fail_if: Annotated[
        list[str] | None,
        typer.Option(help="NAME OP NUMBER, such as 'digits_lost > 0.3'; repeatable."),
    ] = None,
    format: Annotated[str, typer.Option(help="table, json or markdown.")] = "table",
    out: Annotated[Path | None, typer.Option(help="HTML file that gets a page.")] = None,
    steps: Annotated[
        bool, typer.Option("--steps", help="Also show the errors at each step.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Show every row, not only the first of each table.")
    ] = False,
    across_machines: Annotated[
        bool, typer.Option("--across-machines", help="Compare times of different machines.")
    ] = False,
) -> None:
    """Compare two runs: errors, digits, times, and rows that are equal bit for bit.

    A gate, --fail-if, names digits_lost, error, error_at_step or gradient_error (ratios
    NEW / OLD), bitwise (the share of equal rows), ok_lost (rows), time (ratio, where it stands out
    of the noise), or the number of curves, steps, times or gradients only in OLD: missing,
    missing_steps, missing_times, missing_gradients. The exit code is 1 where a gate fails, 2 where
    it has nothing to judge.
    """
    with telling_mistakes():
        from bench.comparison import compare as compare_runs
        from bench.comparison.gate import gate
        from bench.comparison.told import FORMATS
        from bench.registry import canonical, unknown

        if canonical(format) not in ("table", *FORMATS):
            raise unknown("format", format, ["table", *FORMATS])
        gates = [gate(text) for text in fail_if or ()]
        found = compare_runs(old, new, across_machines=across_machines)
        verdicts = [each.judge(found) for each in gates]
        if out is not None:
            from bench.comparison.page import write

            typer.echo(f"bench: {write(found, out, verdicts)}", err=True)
        if canonical(format) == "table":
            _show_comparison(found, verdicts, every, steps)
        else:
            typer.echo(FORMATS[canonical(format)](found, verdicts, every, steps))
        failed = [verdict for verdict in verdicts if verdict.failed]
        for verdict in failed:
            typer.echo(f"bench: gate failed: {verdict.gate}, {verdict.found}", err=True)
        if failed:
            raise typer.Exit(FAILED)


@app.command()
def doctor(
    device: Annotated[str, typer.Option(help="cpu or gpu.")] = "cpu",
    backend: Annotated[
        Many, typer.Option(help="The backends; all that run on the device by default.")
    ] = None,
    probe: Annotated[Many, typer.Option(help="The probes; all by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
) -> None:
    """Measure what this machine's arithmetic really does, and say what to do about it."""
    with telling_mistakes():
        from bench.backends import backends
        from bench.doctor import examine
        from bench.doctor import told as findings_told

        chosen = words(backend)
        if chosen is None:
            able = [name for name, each in backends.items() if device in each.devices]
            chosen = tuple(dict.fromkeys(("numpy", *able)))
        found = examine(device, chosen, words(probe) or ())
        if as_json:
            typer.echo(findings_told.as_json(found))
            return
        for told in findings_told.tables(found):
            table = _table(told.title, *told.columns, right=told.right)
            for row in told.rows:
                table.add_row(*(cell.replace("[", "\\[") for cell in row))
            _print(table)


@app.command(name="list")
def list_(
    what: Annotated[
        str | None,
        typer.Argument(
            help="problems, schemes, precisions, backends, studies, figures, columns, functions, "
            "gradients, optimizers or measures."
        ),
    ] = None,
) -> None:
    """List what is known: problems, schemes, studies, what the columns of the tables mean .."""
    with telling_mistakes():
        from bench.registry import canonical, unknown

        if what is not None and canonical(what) not in LISTS:
            raise unknown("list", what, list(LISTS))
        for name in LISTS if what is None else [canonical(what)]:
            _print(LISTS[name]())


@contextmanager
def _progress() -> Iterator[Callable[[int, int, str], None]]:
    """A bar on a terminal, a line for each step of the work otherwise; on standard error."""
    if not sys.stderr.isatty():
        told = -1

        def tell(done: int, total: int, what: str) -> None:
            nonlocal told
            if done != told:
                typer.echo(f"[{done}/{total}] {what}", err=True)
            told = done

        yield tell
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda done, total, what: bar.update(
            task, completed=done, total=total, description=what
        )


def _print(*tables: Table) -> None:
    from rich.console import Console

    console = Console()
    if not console.is_terminal:  # a file or a pipe has no width: lines stay whole
        console = Console(width=160)
    for table in tables:
        console.print(table)


def _table(title: str, *columns: str, right: tuple[str, ...] = ()) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left")
    return table


def _show(results: Results) -> None:
    from bench.report import conventions, shown_precision, summary

    typer.echo(results.run["study"]["question"] + "\n")
    lines = summary(results)
    numbers = ("best h", "predicted h", "digits", "evaluations", "worst")
    for key in dict.fromkeys((line.group, line.precision) for line in lines):
        title = f"{key[1]}, {key[0]}"
        columns = ("scheme", *numbers, "on problem", "what went wrong")
        table = _table(title, *columns, right=numbers)
        for line in lines:
            if (line.group, line.precision) == key:
                table.add_row(
                    f"{line.label} [{line.backend}]".replace("[", "\\["),
                    _step(line.best_step),
                    _step(line.predicted_step),
                    _digits(line.digits),
                    str(line.evaluations),
                    _digits(line.worst_digits),
                    line.worst_problem,
                    line.went_wrong,
                )
        _print(table)
    typer.echo(
        "best h: of the smoothed median error, geometric mean of the problems (each: best.csv)\n"
        "digits: -log10 of the median |error| at best h over the largest |f'| of the points\n"
    )
    found = conventions(results)
    if found:
        places = [f"{each.label} at {each.x:g}" for each in found]
        table = _table(
            "Where there is no derivative, or autodiff gives NaN: what comes back "
            f"(a convention), {shown_precision(results)}, h near 2^-10",
            "scheme",
            *places,
            right=tuple(places),
        )
        table.add_row("f'", *(_value(each.truth, "none") for each in found))
        for name, about in results.run["schemes"].items():
            values = (_value(each.estimates[name], _missing(about)) for each in found)
            table.add_row(about["label"], *values)
        _print(table)
    if "gradients" in results.more:
        _show_laws(results)
    _show_not_timed(results)
    _show_probes(results.run)
    _show_claims(results.run)
    typer.echo(f"{len(results.accuracy)} rows of {results.run['study']['name']}, stored in:")
    assert results.folder is not None
    for path in sorted(results.folder.rglob("*")):
        if path.is_file() and path.suffix != ".svg":
            typer.echo(f"  {path}")


def _show_probes(run: dict[str, Any]) -> None:
    """What this machine does that matters to a run: one line of advice each."""
    from bench.doctor.told import concerns

    told = concerns(run["probes"], run["study"]["backends"], run["study"]["precisions"])
    if told:
        table = _table("on this machine (bench doctor tells more)", "probe", "on", "what to do")
        for row in told:
            table.add_row(*row)
        _print(table)


def _show_not_timed(results: Results) -> None:
    """How many times are missing, by why, where there is a table of times."""
    times = results.more.get("timing")
    counts = {} if times is None else times["status"].value_counts().to_dict()
    missing = ", ".join(f"{n} {status}" for status, n in counts.items() if status != "ok")
    if missing:
        typer.echo(f"not timed: {missing}; timing.csv says why\n")


def _show_laws(results: Results) -> None:
    from bench.gradients.laws import laws

    numbers = ("evaluations ~ n^", "time ~ n^", "10% to 90%", "error ~ n^")
    wins = ("jax.grad faster from n", "with compiling")
    table = _table("gradients of n variables", "function", "scheme", *numbers, *wins, right=numbers)
    for law in laws(results.more["gradients"].to_dict("records")):
        between = f"{law['seconds_low']:.2f} to {law['seconds_high']:.2f}"
        table.add_row(
            law["problem"],
            law["scheme"],
            _exponent(law["evaluations_exponent"]),
            _exponent(law["seconds_exponent"]),
            between if law["seconds_low"] == law["seconds_low"] else "",
            _exponent(law["error_exponent"]),
            *(
                "" if n != n else f"{n:g}"
                for n in (law["autodiff_wins_from"], law["autodiff_wins_compiling"])
            ),
        )
    _print(table)


def _exponent(value: float) -> str:
    return "" if value != value else f"{value:.2f}"


def _show_claims(run: dict[str, Any]) -> None:
    from bench.claims import caveat

    if not run["claims"]:
        return
    table = _table("claims", "outcome", "claim", "measured", "bound", "what", right=("measured",))
    for claim in run["claims"]:
        measured = "" if claim["measured"] is None else f"{claim['measured']:.4g}"
        what = f"{claim['measure']}, {claim['count']} rows"
        table.add_row(claim["outcome"], claim["says"], measured, claim["bound"], what)
    _print(table)
    if said := caveat(run):
        typer.echo(f"{said}\n")


def _show_comparison(
    found: Comparison, verdicts: Sequence[Verdict], every: bool, steps: bool
) -> None:
    from bench.comparison.told import sentences, tables_with

    for told in tables_with(found, verdicts, every=every, steps=steps):
        table = _table(told.title.replace("[", "\\["), *told.columns, right=told.right)
        for row in told.rows:
            table.add_row(*(cell.replace("[", "\\[") for cell in row))
        _print(table)
    typer.echo("\n".join(sentences(found, verdicts)))


def _step(value: float) -> str:
    return "" if value != value else f"{value:.1e}"


def _digits(value: float) -> str:
    return "" if value != value else "exact" if value == float("inf") else f"{value + 0.0:.1f}"


def _missing(about: dict[str, Any]) -> str:
    """What stands for no number: autodiff gives NaN, a scheme with a step has no estimate."""
    return "nan" if about["order"] is None else "-"


def _value(value: float, nothing: str) -> str:
    return nothing if value != value else f"{value:.4g}"


def _list_problems() -> Table:
    from bench.problems import problems

    columns = ("name", "f(x)", "interval", "domain", "tags", "what is hard about it", "source")
    table = _table("problems", *columns)
    for name, p in problems.items():
        interval = f"[{p.interval[0]:g}, {p.interval[1]:g}]"
        tags = ", ".join(sorted(p.tags))
        cells = (name, p.label, interval, str(p.domain), tags, p.difficulty, p.source)
        table.add_row(*(cell.replace("[", "\\[") for cell in cells))
    return table


def _list_schemes() -> Table:
    from bench.schemes import schemes

    right = ("order", "evaluations")
    columns = ("name", "family", "order", "evaluations", "needs", "what it is", "source")
    table = _table("schemes", *columns, right=right)
    for name, s in schemes.items():
        order = "" if s.order is None else str(s.order)
        table.add_row(name, s.family, order, str(s.evaluations), s.needs, s.summary, s.source)
    return table


def _list_precisions() -> Table:
    from bench.formats import formats

    numbers = ("bits", "u", "smallest normal", "largest")
    table = _table("precisions", "name", *numbers, "what it is", right=numbers)
    for name, p in formats.items():
        sizes = (p.unit_roundoff, p.smallest_normal, p.largest)
        table.add_row(name, str(p.significand_bits), *(f"{s:.3g}" for s in sizes), p.summary)
    return table


def _list_backends() -> Table:
    from bench.backends import backends

    table = _table("backends", "name", "devices", "runs schemes that need", "what it is")
    for name, b in backends.items():
        table.add_row(name, ", ".join(b.devices), ", ".join(sorted(b.needs)), b.summary)
    return table


def _list_studies() -> Table:
    from bench.study import load, names

    table = _table("studies", "name", "question")
    for name in names():
        table.add_row(name, load(name).question)
    return table


def _list_figures() -> Table:
    from bench.figures import figure_kinds

    table = _table("figures", "kind", "what it shows")
    for name, kind in figure_kinds.items():
        table.add_row(name, kind.summary)
    return table


def _list_columns() -> Table:
    from bench.store import COLUMNS

    table = _table("columns", "table", "column", "what it means")
    for name, columns in COLUMNS.items():
        for column, meaning in columns.items():
            table.add_row(name, column, meaning.replace("[", "\\["))
    return table


def _list_functions() -> Table:
    from bench.functions import functions

    columns = ("name", "F(x)", "n", "what it is", "what is hard about it", "source")
    table = _table("functions of n variables", *columns)
    for name, f in functions.items():
        table.add_row(name, f.label, str(f.sizes), f.summary, f.difficulty, f.source)
    return table


def _list_gradients() -> Table:
    from bench.gradients.schemes import gradient_schemes

    table = _table("ways to take a gradient", "name", "needs", "what it is")
    for name, g in gradient_schemes.items():
        table.add_row(name, g.needs, g.summary)
    return table


def _list_optimizers() -> Table:
    from bench.descent import optimizers

    table = _table("optimizers", "name", "what it does", "source")
    for name, o in optimizers.items():
        table.add_row(name, o.summary, o.source)
    return table


def _list_measures() -> Table:
    from bench.claims import measures

    table = _table("measures of claims", "name", "needs", "what is measured")
    for name, m in measures.items():
        table.add_row(name, ", ".join(m.needs), m.summary)
    return table


LISTS: dict[str, Callable[[], Any]] = {
    "problems": _list_problems,
    "schemes": _list_schemes,
    "precisions": _list_precisions,
    "backends": _list_backends,
    "studies": _list_studies,
    "figures": _list_figures,
    "columns": _list_columns,
    "functions": _list_functions,
    "gradients": _list_gradients,
    "optimizers": _list_optimizers,
    "measures": _list_measures,
}


def start() -> None:
    """The program `bench`."""
    try:
        app(prog_name="bench")
    except KeyboardInterrupt:
        typer.echo("bench: interrupted; earlier results are untouched", err=True)
        sys.exit(INTERRUPTED)
