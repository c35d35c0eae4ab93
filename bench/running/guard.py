"""Items with code of the user's: done in a process with a budget, where it ends no more than them.

A function that raises, exits, dies, hangs or takes all memory ends its own item; the rest runs on.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import astuple, dataclass, field, is_dataclass
from inspect import unwrap
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bench.arithmetic import backends
from bench.claims import judge
from bench.experiments import Tell
from bench.guarded import imported, opened, prepared, ready, rows_here, saying, stated
from bench.processes import Died, Process
from bench.programs import source_of
from bench.programs.facts import Facts, Wanted
from bench.programs.opening import examined
from bench.registry import InputError, doors, outside
from bench.schemes import schemes
from bench.study.axes import usual
from bench.values import Value

if TYPE_CHECKING:
    import pyarrow as pa

    from bench.results import Results
    from bench.study import Claim, Verdict


Result = TypeVar("Result")
TRIES = 2  # of an item that ends its process, or takes too much time or memory


class ItemFailed(Exception):
    """Why an item has no rows; `cause` where it was not even tried.

    It is `worth` another try where its process ended or had too little memory, and `hung` where
    that gave no sign of life.
    """

    def __init__(
        self, cause: str, *, tried: bool = True, worth: bool = False, hung: bool = False
    ) -> None:
        self.cause, self.worth, self.hung = cause, worth, hung
        super().__init__(cause if tried else f"not tried: before, {cause}")


@dataclass
class Guard:
    """A process for items with code of the user's: seconds without a sign of life, and GiB.

    What has taken too long is not tried again in another item.
    """

    seconds: float
    gib: float
    more: str = " ({} allows more)"  # said of an option; nothing where the command has none
    _process: Process = field(default_factory=lambda: Process("items"))
    _given_up: dict[frozenset[str], str] = field(default_factory=dict)
    _stopped: bool = False

    def try_file(self, path: Path) -> None:
        """Open a file of the user's in the process; InputError where it ends that, or hangs."""
        try:
            self._process.call(doors.open_files, [str(path)], patience=self.seconds)
        except Died as death:
            raise InputError(self._told(death, f"file {path}", path)) from None

    def examine(self, wanted: Wanted) -> Facts:
        """What a function of the user's is; InputError where it cannot be run, or ends that."""
        if wanted.source.file:
            doors.name_file(wanted.source.path)
        self._process.call(prepared)  # what JAX takes to be imported is not the user's
        try:
            return self._call(frozenset(), str(wanted.source), examined, (wanted,))
        except ItemFailed as why:
            raise InputError(str(why)) from None

    def rows(self, experiment: str, item: Value, tell: Tell) -> list[tuple[str, pa.Table]]:
        """The rows of an item, by table, done in the process; ItemFailed where it ends early."""
        brought = brought_by(experiment, item)
        self._process.call(opened, sorted(set(backends) & words_of(item)))
        for library in {getattr(each, "library", "") for each in brought.values()} - {""}:
            with suppress(Died):  # where it ends this process, it ends that of the item, too
                self._process.call(imported, library, patience=TO_IMPORT)
        names, beginning = frozenset(brought), _beginning(brought)
        return self._call(names, beginning, rows_here, (experiment, item), tell, tries=TRIES)

    def give_up(self, experiment: str, item: Value, why: str) -> None:
        """Try nothing any more with the code of an item that was found to hang elsewhere."""
        self._given_up[frozenset(brought_by(experiment, item))] = why

    def refused(self, names: Sequence[str]) -> dict[str, str]:
        """Those of these schemes that cannot say what they are, and why; bench's own all can."""
        found = {}
        for name, thing in outside(names).items():
            try:
                self._call(frozenset([name]), _beginning({name: thing}), stated, (name,))
            except ItemFailed as why:
                found[name] = str(why)
        return found

    def judged(self, claim: Claim, results: Results) -> Verdict:
        """What becomes of a claim whose measure came through a door; ItemFailed where it fails."""
        names = outside([claim.measure])
        (verdict,) = self._call(frozenset(names), _beginning(names), judge, ((claim,), results))
        return verdict

    def _call(
        self,
        names: frozenset[str],
        beginning: str,
        function: Callable[..., Result],
        arguments: tuple[Value, ...],
        tell: Tell = lambda *step: None,
        tries: int = 1,
    ) -> Result:
        """The result of a function of a module, called in the process; else ItemFailed."""
        for hung, why in self._given_up.items():
            if hung <= names:
                raise ItemFailed(why, tried=False)
        for left in reversed(range(tries)):
            try:
                return self._once(beginning, function, arguments, tell)
            except ItemFailed as failure:
                if left and failure.worth:
                    continue
                if failure.hung and names:
                    self._given_up[names] = failure.cause
                raise
        raise AssertionError

    def _once(
        self,
        beginning: str,
        function: Callable[..., Result],
        arguments: tuple[Value, ...],
        tell: Tell,
    ) -> Result:
        if self._stopped:
            raise CancelledError
        try:
            self._process.call(ready, self.gib)  # imports are not the user's
            return self._process.call(  # type: ignore[no-any-return]
                saying,
                beginning,
                function,
                arguments,
                tell=lambda step: tell(*step),
                patience=self.seconds,
            )
        except InputError as error:
            large = "MemoryError" in str(error)
            hint = self.more.format("--item-gib") if large else ""
            raise ItemFailed(f"{error}{hint}", worth=large) from None
        except Died as death:
            if self._stopped:
                raise CancelledError from None
            reason = self._told(death, beginning)
            raise ItemFailed(reason, worth=True, hung=death.overran) from None

    def _told(self, death: Died, beginning: str, also: Path | None = None) -> str:
        """What became of the process, and at which line of the user's."""
        at = doors.line_in(death.stack, also) or beginning
        if death.overran:
            return (
                f"it took more than {self.seconds:g} s at {at}{self.more.format('--item-seconds')}"
            )
        if "MemoryError" in death.stack or "bad_alloc" in death.stack:
            return f"it took more than {self.gib:g} GiB at {at}{self.more.format('--item-gib')}"
        return f"its process ended with {ending(death.code)} at {at}"

    def stop(self) -> None:
        """End the process, if there is one, and whatever it was asked: that has not failed."""
        self._stopped = True
        self._process.end()


def ending(code: int) -> str:
    """How a process ended, by its exit code."""
    return f"signal {-code} ({signal.Signals(-code).name})" if code < 0 else f"exit code {code}"


def alone(sources: Sequence[str], function: Callable[..., Result]) -> Result:
    """What a function of bench's finds of functions of the user's, in a process of its own.

    InputError where one of these cannot be run, ends the process, hangs, or takes all memory.
    """
    guard = Guard(usual("item_seconds"), usual("item_gib"), more="")
    for each in sources:
        doors.name_file(source_of(each).path)
    guard._process.call(prepared)  # what JAX takes to be imported is not the user's
    try:
        return guard._call(frozenset(), ", ".join(sources), function, ())
    except ItemFailed as why:
        raise InputError(str(why)) from None
    finally:
        guard.stop()


def brought_by(experiment: str, item: Value) -> dict[str, object]:
    """What came through a door and is named in an item of an experiment, or is that, by name."""
    return outside({experiment, *words_of(item)})


def words_of(item: Value) -> set[str]:
    """All texts in an item of an experiment: the names of what it is made of are among them."""
    values = astuple(item) if is_dataclass(item) and not isinstance(item, type) else ()
    return set(_words(values))


def _words(values: Value) -> Iterator[str]:
    for each in values:
        if isinstance(each, str):
            yield each
        elif isinstance(each, tuple):
            yield from _words(each)


def _beginning(brought: Mapping[str, object]) -> str:
    """Where what is the user's begins, for want of the line that failed; schemes first."""
    names = sorted(brought, key=lambda name: name not in schemes)
    return ", or ".join(f"{name}{_place(brought[name])}" for name in names)


def _place(thing: object) -> str:
    """Where the function of a problem, a scheme or another thing begins, if it has one."""
    function = next((getattr(thing, n) for n in FUNCTIONS if hasattr(thing, n)), None)
    code = getattr(unwrap(function), "__code__", None) if function is not None else None
    return f", which begins at {code.co_filename}, line {code.co_firstlineno}" if code else ""


TO_IMPORT = 300.0  # seconds, that a large library may take where others are at work
FUNCTIONS = ("formula", "take", "draw", "items")  # of a problem or scheme, measure, figure ..
