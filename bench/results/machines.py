"""Machines: what a run says of those that did it, and which rows each of them did."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from pydantic import BaseModel, ConfigDict

CHOOSING = (  # how variables begin that change which instructions, and so which bits, numbers get
    *("JAX_", "XLA_", "NPY_", "OPENBLAS_CORETYPE", "GLIBC_TUNABLES", "ATEN_CPU_CAPABILITY"),
)


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


class Share(Part):
    """What a machine did of a run, where several did it.

    Where its processor is not that of the record's machine its `items` are named, and one of them
    was done on both: `differ` of its `compared` rows had other bits. None were, where that is 0.
    """

    machine: Machine
    count: int
    items: tuple[str, ...] = ()
    compared: int = 0
    differ: int = 0


def processor() -> str:
    """The processor's name, as the system tells it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def choosing() -> dict[str, str]:
    """The variables of the environment that change which instructions numbers get."""
    return {name: each for name, each in os.environ.items() if name.startswith(CHOOSING)}
