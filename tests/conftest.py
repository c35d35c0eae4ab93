"""What all tests share: fast tests first, and a run of the default study cut to a handful."""

from __future__ import annotations

import fcntl
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["COLUMNS"] = "1000"  # sentences of other processes come whole, too


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fuzz-whole", action="store_true", help="try thousands of odd inputs")
    parser.addoption("--battery-whole", action="store_true", help="check thousands of gradients")
    parser.addoption("--figures-whole", action="store_true", help="draw all at every size")
    parser.addoption("--corpus-whole", action="store_true", help="run all functions of others")
    parser.addoption("--kills", type=int, default=3, help="kill a run so many times")


def pytest_configure(config: pytest.Config) -> None:
    settings.register_profile("unhurried", deadline=None)  # a busy machine is no mistake
    settings.load_profile("unhurried")
    config.addinivalue_line("markers", "slow: takes more than a second; last in its file")


LAWS = ("test_measure.py", "test_schemes.py", "test_problems.py", "test_formats.py")
LONG = (  # files that take most: one that began last would be waited for by the other workers
    *("test_studies.py", "test_figures.py", "test_guard.py", "test_doors.py", "test_journal.py"),
    *("test_bit_for_bit.py", "test_programs.py", "test_laws_bite.py", "test_compare.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The laws first, then what takes long, then files of many tests; in a file slow ones last."""
    first = {name: place for place, name in enumerate((*LAWS, *LONG))}
    many = Counter(item.path.name for item in items)

    def place(item: pytest.Item) -> tuple[int, int, str, bool]:
        name, slow = item.path.name, item.get_closest_marker("slow") is not None
        return first.get(name, len(first)), -many[name], name, slow

    items.sort(key=place)


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


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that the first worker that asks for it fills, and the others find full."""
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    folder = (factory.getbasetemp() if alone else factory.getbasetemp().parent) / name
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.with_suffix(".full").exists():
            folder.mkdir()
            make(folder)
            folder.with_suffix(".full").touch()
    return folder


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a stored run: three problems, all schemes and formats, with figures."""
    import bench

    chosen = {"problems": ["quadratic", "exp_sin", "absolute"], "points": 12}
    folder = once(tmp_path_factory, "results", lambda out: bench.run("overview", out=out, **chosen))
    (run,) = folder.glob("overview*")
    return run
