"""What this machine's arithmetic really does: every finding is a measured effect, never a flag.

A probe is one decorated function. `@probe` asks a formula in each format: the same formula runs
on every backend, and its answers are judged by what exact arithmetic says. `@look` looks at the
process itself: its clock, its devices, its defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bench.arithmetic import backends
from bench.doctor.readings import REFUSAL, Probed, Question, Reading
from bench.formats import Format, formats
from bench.registry import InputError, Registry, definition
from bench.values import Array

if TYPE_CHECKING:
    from bench.doctor.machines import Machine


@dataclass(frozen=True)
class Probe:
    """A way to find out one thing; `advice` is for who is concerned, `relief` for who is not.

    `ask` makes the question in a format; `look` looks at the machine, None where it has no say.
    A quick examination asks in the formats `quick` only, and `ask_quickly` where there is one.
    """

    name: str
    summary: str
    advice: str
    relief: str
    ask: Callable[[Format], Question] | None = None
    look: Callable[[Machine], Reading | None] | None = None
    quick: tuple[str, ...] = ()
    ask_quickly: Callable[[Format], Question] | None = None

    def question(self, precision: Format, *, quick: bool) -> Question | None:
        """The question in a format; None where nothing is asked in it."""
        if self.ask is None or (quick and precision.name not in self.quick):
            return None
        return (self.ask_quickly if quick and self.ask_quickly else self.ask)(precision)


probes: Registry[Probe] = Registry("probe", Probe, "bench.doctor:probes", package=__name__)


def probe(
    name: str,
    *,
    advice: str,
    relief: str,
    quick: tuple[str, ...] = (),
    ask_quickly: Callable[[Format], Question] | None = None,
) -> Callable[[Callable[[Format], Question]], Callable[[Format], Question]]:
    """Register a function that makes the question of a probe in a format."""

    def register(ask: Callable[[Format], Question]) -> Callable[[Format], Question]:
        probes.add(
            name,
            Probe(
                name,
                definition(ask),
                advice,
                relief,
                ask=ask,
                quick=quick,
                ask_quickly=ask_quickly,
            ),
        )
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
    precisions: Sequence[str] = (),
) -> list[Probed]:
    """The findings on these backends, by probe; of all, and all that run on the device, by default.

    Of questions in a format those in these `precisions` are asked; in all, by default.

    A quick examination compiles a third of the programs: it leaves out most functions, the half
    formats where nothing is expected of them, NaN and matrix products. NumPy is examined on the
    CPU, whatever the device. Raises InputError for an unknown name, and where a backend does not
    run on the device; a jax-strict that is not strict is a finding.
    """
    from bench.doctor.machines import machines

    chosen = [probes[name] for name in names or probes]
    able = ["numpy", *(name for name, each in backends.items() if device in each.devices)]
    return findings(chosen, machines(device, on or able), quick=quick, precisions=precisions)


def findings(
    chosen: Sequence[Probe],
    on: Sequence[Machine],
    *,
    quick: bool = False,
    precisions: Sequence[str] = (),
) -> list[Probed]:
    """The findings of probes on machines: all questions are put to a machine at once."""
    from bench.doctor.machines import answered

    asked = [
        (each, precision, question)
        for each in chosen
        for precision in (formats[name] for name in precisions or formats)
        if (question := each.question(precision, quick=quick))
    ]
    questions = [question for _, _, question in asked]
    tasks = [(question.formula, question.inputs) for question in questions]
    plain = answered(backends["numpy"], tasks, "cpu")  # what all are compared with
    with ThreadPoolExecutor() as pool:
        told = list(zip(on, pool.map(partial(_answers, questions), on), strict=True))
    found = [_refusal(machine, each) for machine, each in told if isinstance(each, InputError)]
    able = [(machine, each) for machine, each in told if not isinstance(each, InputError)]
    # question by question: what its judge knows of the truth serves all machines, and is dropped
    for i, (each, precision, question) in enumerate(asked):
        for machine, answers in able:
            judged = question.judge(answers[i], plain[i])
            reading = _in_format(precision, answers[i], judged)
            found.append(_finding(each, machine, precision.name, reading))
    found += [
        _finding(each, machine, "", seen)
        for machine, _ in able
        for each in chosen
        if each.look and (seen := each.look(machine)) is not None
    ]
    order = {each.name: i for i, each in enumerate(chosen)}
    turn = {machine.name: i for i, machine in enumerate(on)}
    return sorted(found, key=lambda each: (order.get(each.probe, -1), turn[each.backend]))


def _answers(questions: Sequence[Question], machine: Machine) -> list[Array] | InputError:
    """The answers of a machine; why there are none, where it is not what it should be."""
    try:
        return machine.answers(questions)
    except InputError as error:
        return error


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
        reading.places,
    )


def _advice(each: Probe, reading: Reading) -> str:
    if reading.value is None and each.ask:
        return f"the result leaves its format: {reading.found}; round it back"
    return each.advice if reading.notable else each.relief


def _refusal(machine: Machine, error: InputError) -> Probed:
    advice = "use NumPy for what must be rounded operation by operation"
    reading = Reading(None, "", str(error), True)
    return _finding(Probe(REFUSAL, "", advice, ""), machine, "", reading)
