"""Points that are given as text, or in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.values import Floats


def point_of(text: str) -> Floats:
    """The numbers of an option, or of a file."""
    import numpy as np

    from bench.registry import InputError

    if text.endswith(".npy"):
        if not Path(text).is_file():
            raise InputError(f"option 'at': no file {text}")
        try:
            return np.asarray(np.load(text, allow_pickle=False))
        except (ValueError, EOFError):
            raise InputError(f"option 'at': {text} is no array; allowed: a file .npy") from None
    try:
        numbers = [float(word) for word in text.split(",")]
    except ValueError:
        raise InputError(
            f"option 'at' is {text!r}; allowed: numbers, parted by commas, or a file .npy"
        ) from None
    return np.array(numbers if len(numbers) > 1 else numbers[0])
