"""Machines: what a run says of those that did it, and which rows each of them did."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

CHOOSING = (  # how variables begin that change which instructions, and so which bits, numbers get
    *("JAX_", "XLA_", "NPY_", "OPENBLAS_CORETYPE", "GLIBC_TUNABLES", "ATEN_CPU_CAPABILITY"),
)
KIND = {  # what the system says of a kind of processor, and what it is called here
    "cpu family": "family",
    "model": "model",
    "CPU implementer": "implementer",
    "CPU part": "part",
}


class Part(BaseModel):
    """A part of the record: frozen, and refused where it holds what it should not."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Machine(Part):
    """Where a run took place."""

    system: str
    processor: str
    cores: int | None

    @staticmethod
    def here() -> Machine:
        """The machine that this process runs on."""
        return Machine(system=platform.platform(), processor=processor(), cores=os.cpu_count())


def processor() -> str:
    """The processor: its name, and its kind, as virtual machines give several kinds one name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    return processor_of(lines) or platform.processor() or platform.machine()


def processor_of(lines: Sequence[str]) -> str:
    """The processor of which the system says these lines; empty where they do not name one."""
    said: dict[str, str] = {}
    for name, _, value in (line.partition(":") for line in lines):
        said.setdefault(name.strip(), value.strip())
    kind = ", ".join(f"{word} {said[name]}" for name, word in KIND.items() if name in said)
    name = said.get("model name", platform.machine() if kind else "")
    return f"{name} ({kind})" if kind else name


def choosing() -> dict[str, str]:
    """The variables of the environment that change which instructions numbers get."""
    return {name: each for name, each in os.environ.items() if name.startswith(CHOOSING)}
