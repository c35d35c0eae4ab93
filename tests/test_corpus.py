"""Functions that nobody of this project wrote run exactly, and agree with float64 JAX.

A sample by default, of libraries that the tests have anyway; `pytest tests/test_corpus.py
--corpus-whole` with the extra `corpus` runs them all and tells how many. `-k 'softmax and nn'`
tries those again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from corpus import MODULES, corpus, unread
from corpus.foreign import Foreign
from corpus.reasons import REASONS, Reason
from corpus.verdicts import Slow, Verdict, judged, limited, of_refusals

pytestmark = pytest.mark.filterwarnings("ignore")  # what other libraries say of themselves
EVERY = 24  # functions, one in the sample
FOUND: list[Verdict] = []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    whole = metafunc.config.getoption("--corpus-whole")
    if "function" in metafunc.fixturenames:
        functions = corpus() if whole else sample()
        metafunc.parametrize("function", functions, ids=str)
    if "module" in metafunc.fixturenames:
        metafunc.parametrize("module", MODULES if whole else ["jax_nn"])


def sample() -> list[Foreign]:
    """One function of each 24 of jax and optax."""
    ours = [f for f in corpus() if f.source.startswith(("jax", "optax"))]
    return ours[::EVERY]


def test_a_function_of_others_runs_exactly_or_is_refused_in_a_sentence(function: Foreign) -> None:
    verdict = judged(function)
    FOUND.append(verdict)
    assert not verdict.complaints


def test_what_a_function_hides_is_complained_of(monkeypatch: pytest.MonkeyPatch) -> None:
    def complaints(function: Callable[[Any], Any]) -> list[str]:
        verdict = judged(Foreign("mine", "function", function, (0.3125, -0.6875), False))
        return [each.partition(":")[0].lstrip("0123456789.e+") for each in verdict.complaints]

    def stops(x: Any) -> Any:
        return x * jax.lax.stop_gradient(x)

    assert complaints(jnp.sin) == []
    assert complaints(lambda x: 1 - jnp.cos(x / 2**20)) == [" units from JAX"]
    assert complaints(stops) == [" units from JAX"]
    named = Reason("it stops", "stop_gradient", convention=True)
    monkeypatch.setitem(REASONS, "mine: function", named)
    assert complaints(stops) == []
    assert complaints(jnp.sin) == [
        "JAX agrees, though a reason is named",
        "stop_gradient is not in the program",
    ]


def test_a_refusal_says_file_line_and_primitive() -> None:
    whole = "mine.py:12: `svd` has no exact rule yet"
    told = [whole, "`svd` has no exact rule yet", "mine.py:12: no exact rule", f"{whole}\n", ""]
    assert of_refusals(*told) == [f"no sentence: {each}" for each in told[1:4]]


def test_what_takes_longer_than_a_function_may_is_stopped() -> None:
    def spin() -> None:
        while True:
            pass

    with pytest.raises(Slow), limited(0.01):
        spin()


def test_the_library_of_these_functions_is_installed(module: str) -> None:
    if module in unread():
        pytest.skip(unread()[module])


def test_nearly_all_of_the_corpus_is_certified(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    if not request.config.getoption("--corpus-whole"):
        pytest.skip("only of the whole corpus: --corpus-whole")
    record_property("told", table(FOUND))
    assert len(FOUND) >= 300
    assert sum(not each.value for each in FOUND) >= 0.95 * len(FOUND)
    assert sum(not each.gradient for each in FOUND) >= 0.92 * len(FOUND)
    assert not [each for each in FOUND if each.complaints]


def table(verdicts: list[Verdict]) -> str:
    """How many functions of each source have a value and a gradient, and what refuses the rest."""
    rows = [f"{'':22}{'n':>6}{'value':>7}{'gradient':>10}{'convention':>12}{'seconds':>9}"]
    sources = dict.fromkeys(each.source for each in verdicts)
    for source in (*sources, "all"):
        some = [each for each in verdicts if source in (each.source, "all")]
        rows.append(
            f"{source:22}{len(some):6}{sum(not v.value for v in some):7}"
            f"{sum(not v.gradient for v in some):10}{sum(v.convention for v in some):12}"
            f"{sum(v.seconds for v in some):9.1f}"
        )
    told = Counter(each.value or each.gradient for each in verdicts)
    return "\n".join([*rows, *(f"{n:4}  {said}" for said, n in told.most_common() if said)])
