"""`bench compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.exits import FAILED, remark, say
from bench.cli.options import Many, With, opened

FORMATS = ("table", "json", "markdown")


def compare(
    old: Annotated[Path, typer.Argument(help="A results folder.")],
    new: Annotated[Path, typer.Argument(help="The results folder that is compared with it.")],
    fail_if: Annotated[
        Many, typer.Option(help="NAME OP NUMBER, such as 'digits_lost > 0.3'; repeatable.")
    ] = None,
    format: Annotated[str, typer.Option(help="table, json or markdown.")] = "table",
    out: Annotated[
        Path | None, typer.Option(help="HTML file that gets a page; - is standard output.")
    ] = None,
    steps: Annotated[
        bool, typer.Option("--steps", help="Also show the errors at each step.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Show every row, not only the first of each table.")
    ] = False,
    pair: Annotated[
        Many,
        typer.Option(
            help="What the runs differ in, to compare across it: backend, device, precision .., "
            "or AXIS=OLD:NEW, such as backend=numpy:jax; repeatable."
        ),
    ] = None,
    across_machines: Annotated[
        bool, typer.Option("--across-machines", help="Compare times of different machines.")
    ] = False,
    files: With = None,
) -> None:
    """Compare two runs: errors, digits, times, and rows that are equal bit for bit.

    A gate, --fail-if, fails where a row's number is so; `bench list gates` has the names. Ratios
    are NEW / OLD; times count where they stand out of the noise. The exit code is 1 where a gate
    fails, 2 where it has nothing to judge.
    """
    opened(files)
    from bench.comparison import compare as compare_runs
    from bench.comparison.gate import gate
    from bench.comparison.told import as_json, findings
    from bench.comparison.verdict import check_shared
    from bench.registry import canonical, unknown
    from bench.results.places import is_standard_output

    wanted = canonical(format)
    if wanted not in FORMATS:
        raise unknown("format", format, FORMATS)
    gates = [gate(text) for text in fail_if or ()]
    found = compare_runs(old, new, pair=pair or (), across_machines=across_machines)
    check_shared(found)
    verdicts = [each.judge(found) for each in gates]
    if out is not None:
        from bench.comparison.page import write

        write(found, out, verdicts)
        if not is_standard_output(out):
            remark(str(out))
    if out is not None and is_standard_output(out):
        pass  # the page is all that stands there
    elif wanted == "json":
        say(as_json(found, verdicts))
    else:
        told = findings(found, verdicts, every=every, steps=steps)
        if wanted == "table":
            from bench.tell.terminal import show

            show(told)
        else:
            from bench.tell.markup import markdown_of

            say(markdown_of(found.title, told))
    failed = [verdict for verdict in verdicts if verdict.failed]
    for verdict in failed:
        remark(f"gate failed: {verdict.gate}, {verdict.found}")
    if failed:
        raise typer.Exit(FAILED)
