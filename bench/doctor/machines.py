"""Who is examined: a backend on a device, which answers questions and calls functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from bench.arithmetic import Backend, backends
from bench.doctor.readings import Question
from bench.registry import InputError
from bench.values import Array, Value

Task = tuple[Callable[..., Value], tuple[Array, ...]]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Machine:
    """A backend on a device: it answers questions, and calls functions where it runs."""

    backend: Backend
    device: str

    @property
    def name(self) -> str:
        """The name of the backend."""
        return self.backend.name

    def answers(self, questions: Sequence[Question]) -> list[Array]:
        """The answers, all at once; InputError where the backend is not what it should be."""
        self.backend.check(self.device)
        tasks = [(question.formula, question.inputs) for question in questions]
        return self.backend.call(answered, self.backend, tasks, self.device)

    def call(self, function: Callable[..., Result], *arguments: object) -> Result:
        """The result of a function, called where the backend runs."""
        return self.backend.call(function, *arguments)


def machines(device: str, names: Sequence[str]) -> list[Machine]:
    """A machine for each backend; InputError where there is none, or no such device.

    A backend without the device is examined on the one that it has, if that is the CPU.
    """
    if device not in DEVICES:
        raise InputError(f"option 'device' is {device!r}; allowed: 'cpu' or 'gpu'")
    return [_machine(backends[name], device) for name in dict.fromkeys(names)]


DEVICES = ("cpu", "gpu")


def _machine(backend: Backend, device: str) -> Machine:
    if device in backend.devices:
        if backend.process is None:
            backend.check(device)
        return Machine(backend, device)
    if "jax" in backend.needs:
        raise InputError(
            f"backend {backend.name} cannot run on device {device!r}; "
            f"allowed: {', '.join(backend.devices)}"
        )
    return Machine(backend, backend.devices[0])


def answered(backend: Backend, tasks: Sequence[Task], device: str) -> list[Array]:
    """The answers of a backend where it runs; what is compiled is one program for all."""
    xp = backend.namespace()

    def program(arrays: Sequence[tuple[Array, ...]]) -> list[Value]:
        return [formula(xp, *each) for (formula, _), each in zip(tasks, arrays, strict=True)]

    with backend.settings("real", device):
        prepared = backend.prepare(program, ([inputs for _, inputs in tasks],), device)
        return [np.asarray(each) for each in prepared()]
