"""What all tests share: fast tests first, and a run of the default study cut to a handful."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["COLUMNS"] = "1000"  # sentences of other processes come whole, too


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fuzz-whole", action="store_true", help="try thousands of odd inputs")
    parser.addoption("--battery-whole", action="store_true", help="check thousands of gradients")
    parser.addoption("--corpus-whole", action="store_true", help="run all functions of others")
    parser.addoption("--kills", type=int, default=3, help="kill a run so many times")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes more than a second; run last")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, told in report.user_properties:
            if name == "told" and report.when == "call":
                terminalreporter.write_line(told)


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines in which sentences stay whole, whatever terminal the tests run in."""
    monkeypatch.setenv("COLUMNS", "1000")


@pytest.fixture(autouse=True, scope="module")
def _forget_functions_of_tests() -> Iterator[None]:
    """Functions that tests of a file have measured are no problems for those of another."""
    yield
    from bench.problems import problems
    from bench.programs.opening import is_own
    from bench.registry import doors

    for name in [name for name, each in problems.items() if is_own(each) or each.made]:
        problems.discard(name)
        doors.forget(name)


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a stored run: three problems, all schemes and formats, with figures."""
    import bench

    out = tmp_path_factory.mktemp("results")
    results = bench.run(
        "overview", problems=["quadratic", "exp_sin", "absolute"], points=12, out=out
    )
    assert results.folder is not None
    return results.folder
