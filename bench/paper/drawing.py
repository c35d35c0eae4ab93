"""One figure of stored results, in the size and the format that are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import store
from bench.paper.choice import chosen, chosen_problems, chosen_schemes
from bench.registry import InputError, unknown
from bench.store import Results
from bench.study import file_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bench.figures import Selection

FORMATS = ("svg", "pdf", "png")
SIZE = "two-column"


def figure(
    kind: str,
    results: Results | str | Path,
    *,
    problems: Sequence[str] | str | None = None,
    schemes: Sequence[str] | str | None = None,
    size: str = SIZE,
) -> Figure:
    """One figure of results, drawn from their tables, as Matplotlib's; a notebook displays it.

    `kind` is one of `bench list figures`; `problems` and `schemes` are names, tags or families
    that the run holds, all by default; `size` is one-column, two-column or slide. Raises
    InputError for an unknown name and where the run holds nothing for the figure.
    """
    from bench.figures import drawn, figure_kinds, sizes

    wanted, place = figure_kinds[kind], sizes[size]
    selection = _selection(results, problems, schemes)
    made = drawn(wanted, selection, place)
    if made is None:
        raise InputError(_nothing(wanted.name, selection, problems, schemes))
    return made


def _selection(results: Results | str | Path, problems: Any, schemes: Any) -> Selection:
    """The part of results that is asked for."""
    from bench.figures import Selection

    held = results if isinstance(results, Results) else store.load(results)
    return Selection(held, chosen_problems(held, problems), chosen_schemes(held, schemes))


def _nothing(kind: str, selection: Any, problems: Any, schemes: Any) -> str:
    """The sentence for a figure of which the run holds nothing."""
    name = selection.results.run["study"]["name"]
    axes = (("problems", problems), ("schemes", schemes))
    parts = [f"{axis} {', '.join(getattr(selection, axis))}" for axis, given in axes if given]
    of = f" of {' and '.join(parts)}" if parts else ""
    return f"the run {name} holds nothing{of} that a figure {kind!r} shows"


def write_figure(
    kind: str,
    results: Results | str | Path,
    *,
    problems: Sequence[str] | str | None = None,
    schemes: Sequence[str] | str | None = None,
    size: str = SIZE,
    format: str | None = None,
    out: str | Path | None = None,
) -> Path:
    """Draw one figure into a file, replaced when it is complete; returns its path.

    The format is that of the file's name, or svg; the fonts are in the file. The same results
    give the same bytes. Raises InputError as `figure`, and where the file cannot be written.
    """
    from bench.figures import figure_kinds, saving, told

    kind_wanted = figure_kinds[kind]
    results = results if isinstance(results, Results) else store.load(results)
    given = None if out is None else Path(out)
    ending = _format(format, given)
    made = figure(kind, results, problems=problems, schemes=schemes, size=size)
    name = file_name(None, kind_wanted.name, chosen(problems))
    path = given if given is not None else Path(f"{name}-{_dashed(size)}.{ending}")
    words = told(kind_wanted, _selection(results, problems, schemes))
    store.write_file(path, saving.encoded(made, ending, words))
    return path


def _format(format: str | None, out: Path | None) -> str:
    """The format that is asked for, by name or by the ending of the file."""
    suffix = "" if out is None else out.suffix.lstrip(".").lower()
    found = format.strip().lower() if format is not None else suffix or FORMATS[0]
    if found not in FORMATS:
        raise unknown("figure format", found, list(FORMATS))
    if suffix in FORMATS and suffix != found:
        raise InputError(f"the file {out} ends in .{suffix} and the format is {found}; choose one")
    return found


def _dashed(name: str) -> str:
    return name.strip().lower().replace("_", "-")
