"""Who is examined: a backend on a device, which answers questions and calls functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.backends import backends
from bench.doctor import Array, Question
from bench.registry import InputError

Task = tuple[Callable[..., Any], tuple[Array, ...]]


@dataclass(frozen=True)
class Machine:
    """A backend on a device: `answers(questions)`, and `call(function, ...)` where it runs."""

    name: str
    device: str
    answers: Callable[[Sequence[Question]], list[Array]]
    call: Callable[..., Any]


def machines(device: str, names: Sequence[str]) -> list[Machine]:
    """A machine for each backend; InputError where there is none, or no such device."""
    if device not in DEVICES:
        raise InputError(f"option 'device' is {device!r}; allowed: 'cpu' or 'gpu'")
    return [_machine(backends[name].name, device) for name in dict.fromkeys(names)]


DEVICES = ("cpu", "gpu")


def _machine(name: str, device: str) -> Machine:
    if name == "numpy":
        return Machine(name, "cpu", in_numpy, here)
    if name == "jax-strict":
        from bench.backends.jax_strict import process

        if device != "cpu":
            raise InputError(f"backend {name} cannot run on device {device!r}; allowed: cpu")
        return Machine(name, "cpu", in_strict_jax, process.call)
    backends[name].check(device)
    compiled = name == "jax"
    return Machine(name, device, lambda asked: in_jax(_tasks(asked), device, compiled), here)


def here(function: Callable[..., Any], *arguments: Any) -> Any:
    """The result of a function, called in this process."""
    return function(*arguments)


def _tasks(questions: Sequence[Question]) -> list[Task]:
    return [(question.formula, question.inputs) for question in questions]


def in_numpy(questions: Sequence[Question]) -> list[Array]:
    """The answers of NumPy."""
    with np.errstate(all="ignore"):
        return [np.asarray(formula(np, *inputs)) for formula, inputs in _tasks(questions)]


def in_jax(tasks: Sequence[Task], device: str, compiled: bool) -> list[Array]:
    """The answers of JAX, with the settings of its backend; compiled is one program for all."""
    import jax

    from bench.backends.jax import device_of, settings

    target = device_of(device)

    def program(arrays: Any) -> list[Any]:
        return [formula(jax.numpy, *each) for (formula, _), each in zip(tasks, arrays, strict=True)]

    with settings("real"), jax.default_device(target):
        arrays = jax.device_put([inputs for _, inputs in tasks], target)
        return [np.asarray(each) for each in (jax.jit(program) if compiled else program)(arrays)]


def in_strict_jax(questions: Sequence[Question]) -> list[Array]:
    """The answers of the process of `jax-strict`; InputError where it is not strict."""
    from bench.backends.jax_strict import process

    process.check()
    found: list[Array] = process.call(in_jax, _tasks(questions), "cpu", True)
    return found
