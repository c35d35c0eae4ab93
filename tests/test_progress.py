"""How far a run is: a line of fixed columns, or plain lines that are few."""

from __future__ import annotations

import types
from collections.abc import Iterator

import pytest

from bench.tell import progress
from bench.tell.progress import in_notebook, left, line


@pytest.mark.parametrize(
    ("seconds", "done", "total", "said"),
    [(1.0, 5, 10, ""), (10.0, 0, 10, ""), (10.0, 5, 10, "10 s left"), (10.0, 10, 10, ""),
     (100.0, 1, 10, "15 min left")],
)  # fmt: skip
def test_the_time_left_is_told_once_it_is_known(
    seconds: float, done: int, total: int, said: str
) -> None:
    assert left(seconds, done, total) == said


def test_the_line_has_fixed_columns_and_fits_a_terminal() -> None:
    steps = [
        line(0.0, 0, 0, "preparing", ""),
        line(9.0, 3, 34, "sweeping", "float32 exp_sin on numpy"),
        line(
            90.0, 33, 34, "timing", "time 3 of 40: timing central of logistic_iterated in bfloat16"
        ),
        line(9999.0, 1, 340, "gradients", "\x1b[31mred"),
    ]
    assert {each.index("━" if "━" in each else "╌") for each in steps} == {45}
    assert max(map(len, steps)) <= 80
    assert "time 3 of 40: timing central of .." in steps[2]
    assert "\\x1b[31mred" in steps[3]
    assert not any("?" in each for each in steps)


def test_plain_lines_are_few(capsys: pytest.CaptureFixture[str]) -> None:
    times: Iterator[float] = iter([0.0, *(i / 2 for i in range(50))])
    tell = progress._plain(lambda: next(times))
    for i in range(48):
        tell(i, 49, "sweeping", f"step {i}")
    tell(48, 49, "drawing", "figures")
    assert capsys.readouterr().err.splitlines() == [
        "bench: sweeping 0/49 step 0",
        "bench: sweeping 20/49 step 20 14 s left",
        "bench: sweeping 40/49 step 40 4 s left",
        "bench: drawing 48/49 figures 0 s left",
    ]


def test_a_notebook_is_known_by_its_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not in_notebook()
    shell = type("ZMQInteractiveShell", (), {})()
    module = types.SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(progress.sys.modules, "IPython", module)  # type: ignore[arg-type]
    assert in_notebook()
