"""What pytest shows where `assert bench.check(..)` fails: the whole answer, in a section."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from bench.checking.answer import doubts


def pytest_runtest_setup() -> None:
    """Forget what other tests asked."""
    doubts.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Add the last answers that were not right to the report of a test that failed."""
    report = yield
    if report.failed:
        report.sections += [("bench.check", repr(each)) for each in doubts]
    return report
