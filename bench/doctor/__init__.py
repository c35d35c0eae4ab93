"""What this machine's arithmetic really does: every finding is a measured effect, never a flag.

A probe is one decorated function. `@probe` asks a formula in each format: the same formula runs
on every backend, and its answers are judged by what exact arithmetic says. `@look` looks at the
process itself: its clock, its devices, its defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.arithmetic import backends
from bench.doctor.readings import Probed, Question, Reading
from bench.formats import Format, formats
from bench.registry import InputError, Registry, definition
from bench.values import Array

if TYPE_CHECKING:
    from bench.doctor.machines import Machine


@dataclass(frozen=True)
class Probe:
    """A way to find out one thing; `advice` is for who is concerned, `relief` for who is not.

    `ask` makes the question in a format; `look` looks at the machine, None where it has no say.
    A quick examination asks in the formats `quick` only.
    """

    name: str
    summary: str
    advice: str
    relief: str
    ask: Callable[[Format], Question] | None = None
    look: Callable[[Machine], Reading | None] | None = None
    quick: tuple[str, ...] = ()


probes: Registry[Probe] = Registry("probe", Probe, "bench.doctor:probes", package=__name__)


def probe(
    name: str, *, advice: str, relief: str, quick: tuple[str, ...] = ()
) -> Callable[[Callable[[Format], Question]], Callable[[Format], Question]]:
    """Register a function that makes the question of a probe in a format."""

    def register(ask: Callable[[Format], Question]) -> Callable[[Format], Question]:
        probes.add(name, Probe(name, definition(ask), advice, relief, ask=ask, quick=quick))
        return ask

    return register


def look(
    name: str, *, advice: str, relief: str
) -> Callable[[Callable[[Machine], Reading | None]], Callable[[Machine], Reading | None]]:
    """Register a function that looks at a machine."""

    def register(
        function: Callable[[Machine], Reading | None],
    ) -> Callable[[Machine], Reading | None]:
        probes.add(name, Probe(name, definition(function), advice, relief, look=function))
        return function

    return register


def examine(
    device: str = "cpu",
    on: Sequence[str] = (),
    names: Sequence[str] = (),
    *,
    quick: bool = False,
) -> list[Probed]:
    """The findings on these backends, by probe; of all, and all that run on the device, by default.

    A quick examination compiles a third of the programs: it leaves out most functions, the half
    formats where nothing is expected of them, NaN and matrix products. NumPy is examined on the
    CPU, whatever the device. Raises InputError for an unknown name, and where a backend does not
    run on the device; a jax-strict that is not strict is a finding.
    """
    from bench.doctor.machines import machines

    chosen = [probes[name] for name in names or probes]
    able = ["numpy", *(name for name, each in backends.items() if device in each.devices)]
    return findings(chosen, machines(device, on or able), quick=quick)


def findings(
    chosen: Sequence[Probe], on: Sequence[Machine], *, quick: bool = False
) -> list[Probed]:
    """The findings of probes on machines: all questions are put to a machine at once."""
    from bench.doctor.machines import answered

    asked = [
        (each, precision, each.ask(precision))
        for each in chosen
        for name, precision in formats.items()
        if each.ask and (name in each.quick or not quick)
    ]
    questions = [question for _, _, question in asked]
    tasks = [(question.formula, question.inputs) for question in questions]
    plain = answered(backends["numpy"], tasks, "cpu")  # what all are compared with

    def answers(machine: Machine) -> list[Array] | InputError:
        try:
            return machine.answers(questions)
        except InputError as error:
            return error

    with ThreadPoolExecutor() as pool:
        by_machine = list(pool.map(answers, on))
    found = []
    for machine, told in zip(on, by_machine, strict=True):
        if isinstance(told, InputError):
            found.append(_refusal(machine, told))
            continue
        for (each, precision, question), answer, numpys in zip(asked, told, plain, strict=True):
            reading = _in_format(precision, answer, question.judge(answer, numpys))
            found.append(_finding(each, machine, precision.name, reading))
        for each in chosen:
            seen = each.look(machine) if each.look else None
            if seen is not None:
                found.append(_finding(each, machine, "", seen))
    order = {each.name: i for i, each in enumerate(chosen)}
    return sorted(found, key=lambda each: order.get(each.probe, -1))


def _in_format(precision: Format, answer: Array, reading: Reading) -> Reading:
    """The reading, unless the answer has left the format: then its number is another one's."""
    if answer.dtype == precision.dtype:
        return reading
    return Reading(None, reading.unit, f"{answer.dtype} comes back", True)


def _finding(each: Probe, machine: Machine, precision: str, reading: Reading) -> Probed:
    return Probed(
        each.name,
        machine.name,
        machine.device,
        precision,
        reading.value,
        reading.unit,
        reading.differs,
        reading.found,
        reading.notable,
        _advice(each, reading),
    )


def _advice(each: Probe, reading: Reading) -> str:
    if reading.value is None and each.ask:
        return f"the result leaves its format: {reading.found}; round it back"
    return each.advice if reading.notable else each.relief


def _refusal(machine: Machine, error: InputError) -> Probed:
    advice = "use NumPy for what must be rounded operation by operation"
    reading = Reading(None, "", str(error), True)
    return _finding(Probe("cannot run", "", advice, ""), machine, "", reading)
