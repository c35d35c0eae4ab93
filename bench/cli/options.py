"""Options that commands share; those of the axes are made from the axes, on their first use."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperCommand

if TYPE_CHECKING:
    from bench.study.axes import Axis
    from bench.values import Value

Many = list[str] | None
With = Annotated[
    list[Path] | None,
    typer.Option("--with", help="A Python file of yours that registers something; repeatable."),
]
Folder = Annotated[
    Path | None, typer.Argument(help="A results folder; the newest in ./results by default.")
]


class Narrowing(TyperCommand):
    """A command with an option for each axis of a run; what is given stands in `context.obj`."""

    selects = False

    def get_params(self, ctx: Value) -> list[Value]:
        """The command's own parameters, the axes' options, and --help."""
        *own, last = super().get_params(ctx)
        return [*own, *_options(self.selects).values(), last]

    def invoke(self, ctx: Value) -> Value:
        """Call the command, its axes apart from what it takes itself."""
        ctx.obj = {
            axis: _given(ctx.params.pop(parameter.name))
            for axis, parameter in _options(self.selects).items()
        }
        return super().invoke(ctx)


class Selecting(Narrowing):
    """A command with an option for each axis along which a finished run can be cut down."""

    selects = True


def _given(value: Value) -> Value:
    """What an option says: None where it is not there, or no word is."""
    return (tuple(value) or None) if isinstance(value, list | tuple) else value


@cache
def _options(selects: bool) -> Mapping[str, Value]:
    """The options of the axes, by axis: typer makes them of a function that takes them all."""
    from bench.study.axes import axes
    from bench.study.names import AXES, known_on

    def helped(axis: Axis) -> str:
        names = ", ".join(known_on(axis.option)) if axis.option in AXES else ""
        return axis.help.format(names=names)

    def takes() -> None:
        """Take every axis."""

    chosen = {name: axis for name, axis in axes().items() if axis.selects or not selects}
    kinds: dict[str, Value] = {
        axis.option: Annotated[
            list[str] | None if axis.reads is list else axis.reads | None,
            typer.Option(*_names(axis.option, axis.reads), help=helped(axis)),
        ]
        for axis in chosen.values()
    }
    keyword = inspect.Parameter.KEYWORD_ONLY
    vars(takes)["__signature__"] = inspect.Signature(
        [inspect.Parameter(n, keyword, default=None, annotation=k) for n, k in kinds.items()]
    )
    takes.__annotations__ = kinds
    app = typer.Typer(add_completion=False)
    app.command()(takes)
    made = {each.name: each for each in typer.main.get_command(app).params}
    return {name: made[axis.option] for name, axis in chosen.items()}


def _names(option: str, reads: type) -> Iterator[str]:
    words = option.replace("_", "-")
    yield f"--{words}/--no-{words}" if reads is bool else f"--{words}"


def opened(files: list[Path] | None) -> None:
    """Open files of the user's, so that what they register is known."""
    if files:
        from bench.registry.doors import open_files

        open_files(files)


def newest(folder: Path | None) -> Path:
    """A results folder; the newest in ./results where none is given."""
    from bench.results import latest

    return folder if folder is not None else latest(Path("results"))
