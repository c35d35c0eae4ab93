"""Other libraries as schemes: called as their users call them, watched, and ended where they must be."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bench
from bench.arithmetic import backends, estimate, unguarded
from bench.experiments.accuracy import measuring
from bench.experiments.accuracy.cases import block_of, items
from bench.experiments.gradients.taken import take
from bench.experiments.timing.assignment import assignment_of
from bench.experiments.timing.cases import Case
from bench.experiments.timing.session import time_cases
from bench.experiments.timing.worker import imported
from bench.formats import formats
from bench.noise import Noise
from bench.problems import problems
from bench.reference import truth_at
from bench.registry import doors, outside
from bench.results.record import versions
from bench.running.guard import Guard, ItemFailed
from bench.schemes import schemes
from bench.schemes.peer import Watched, format_of, in_format, missing, rounded_once
from bench.study import Study

numpy, double, single = backends["numpy"], formats["float64"], formats["float32"]
peers = [each for each in schemes.values() if each.library]
installed = [each.name for each in peers if not each.missing()]
each_peer = pytest.mark.parametrize("name", [each.name for each in peers])
each_installed = pytest.mark.parametrize("name", installed)


def found_by(name: str, problem: str, precision: Any, x: Any) -> Any:
    return estimate(numpy, problems[problem], [schemes[name]], precision, x, x[:0], "cpu")[name]


def rows_of(**axes: Any) -> Any:
    """The rows of the one scheme of a study of one problem."""
    (block,) = map(block_of, items(Study(question="a test", **axes)))
    return next(rows for _, rows in measuring.measure(block, measuring.estimate(block)))


def numdifftools(method: str) -> Callable[..., Any]:
    def direct(f: Any, x: Any) -> Any:
        import numdifftools

        return numdifftools.Derivative(lambda t: f(t, np), method=method)(x)

    return direct


def jacobi(f: Any, x: Any) -> Any:
    from jacobi import jacobi

    return jacobi(lambda t: f(t, np), x, diagonal=True)[0]


def scipy_differentiate(f: Any, x: Any) -> Any:
    from scipy.differentiate import derivative

    return derivative(lambda t: f(t, np), x).df


def scipy(method: str) -> Callable[..., Any]:
    def direct(f: Any, x: Any) -> Any:
        from scipy.optimize._numdiff import approx_derivative

        # coordinate by coordinate, where the scheme asks for one point after another
        return np.diag(approx_derivative(lambda t: f(t, np), x, method=method))

    return direct


def by_step(search: str, *ends: Any, **options: Any) -> Callable[..., Any]:
    def direct(f: Any, x: Any) -> Any:
        import numericalderivative

        def one(at: Any) -> Any:
            found = getattr(numericalderivative, search)(lambda t: f(t, np), at, **options)
            return found.compute_first_derivative(found.find_step(*(e(at) for e in ends))[0])

        return np.array([one(at) for at in x])

    return direct


def sxxn(f: Any, x: Any) -> Any:
    from numericalderivative import GeneralFiniteDifference, ShiXieXuanNocedalGeneral

    def one(at: Any) -> Any:
        formula = GeneralFiniteDifference(lambda t: f(t, np), at, 1, 2, "central")
        found = ShiXieXuanNocedalGeneral(formula)
        return found.compute_derivative(found.find_step()[0])

    return np.array([one(at) for at in x])


def findiff(f: Any, x: Any) -> Any:
    from findiff import Diff

    h = 2.0**-18
    return [Diff(0, h, acc=2)(f(np.array([at - h, at, at + h]), np))[1] for at in x]


def statsmodels(**options: Any) -> Callable[..., Any]:
    def direct(f: Any, x: Any) -> Any:
        from statsmodels.tools.numdiff import approx_fprime

        return [
            approx_fprime(x[i : i + 1], lambda t: f(t, np), **options).item() for i in range(len(x))
        ]

    return direct


def statsmodels_cs(f: Any, x: Any) -> Any:
    from statsmodels.tools.numdiff import approx_fprime_cs

    return [approx_fprime_cs(x[i : i + 1], lambda t: f(t, np)).item() for i in range(len(x))]


def torch(f: Any, x: Any) -> Any:
    import torch

    at = torch.tensor(x, requires_grad=True)
    f(at, torch).sum().backward()
    return at.grad.numpy()  # type: ignore[union-attr]


def torch_grad(f: Any, x: Any) -> Any:
    import torch

    return [torch.func.grad(lambda t: f(t, torch))(torch.tensor(at)).item() for at in x]


def torch_jvp(f: Any, x: Any) -> Any:
    import torch

    one = torch.tensor(1.0, dtype=torch.float64)
    return [torch.func.jvp(lambda t: f(t, torch), (torch.tensor(at),), (one,))[1] for at in x]


def autograd(f: Any, x: Any) -> Any:
    import autograd.numpy
    from autograd import grad

    return [grad(lambda t: f(t, autograd.numpy))(at) for at in x]


def exactly(f: Any, x: Any) -> Any:
    name = next(n for n in THREE if problems[n].formula is f)
    return truth_at(problems[name], x.tolist(), 300).values


quarter, tiny = (lambda x: x / 4), (lambda x: 4 * 2.0**-52 * x)
DIRECT = {
    "numdifftools": numdifftools("central"),
    "numdifftools_forward": numdifftools("forward"),
    "numdifftools_complex": numdifftools("complex"),
    "jacobi": jacobi,
    "scipy_differentiate": scipy_differentiate,
    "scipy_2point": scipy("2-point"),
    "scipy_3point": scipy("3-point"),
    "scipy_cs": scipy("cs"),
    "numericalderivative_gmsw": by_step("GillMurraySaundersWright", tiny, quarter),
    "numericalderivative_dv": by_step("DumontetVignes", tiny, quarter),
    "numericalderivative_sxxnf": by_step("ShiXieXuanNocedalForward", lambda x: 2 * 1e-15**0.5),
    "numericalderivative_sxxn": sxxn,
    "numericalderivative_sw": by_step("SteplemanWinarsky", lambda x: 4 * 1e-15 ** (1 / 3) * x),
    "findiff": findiff,
    "statsmodels": statsmodels(),
    "statsmodels_centered": statsmodels(centered=True),
    "statsmodels_cs": statsmodels_cs,
    "torch_autograd": torch,
    "torch_grad": torch_grad,
    "torch_jvp": torch_jvp,
    "autograd": autograd,
    "mpmath_diff": exactly,
    "sympy_diff": exactly,
}
THREE = ("exp_sin", "rational", "squire_trapp")


def test_every_library_is_called_directly_here() -> None:
    assert set(DIRECT) == {each.name for each in peers}


@each_installed
@pytest.mark.parametrize("problem", THREE)
@pytest.mark.filterwarnings("ignore")
def test_the_value_is_that_of_a_direct_call_bit_for_bit(name: str, problem: str) -> None:
    x = double.round([0.75, 1.0, 1.5])
    found = found_by(name, problem, double, x)
    assert found.says.tolist() == [""] * 3
    direct = np.asarray(DIRECT[name](problems[problem].formula, x), np.float64)
    assert found.derivative.tolist() == direct.tolist()


@pytest.mark.parametrize("method", ["2-point", "3-point", "cs"])
@pytest.mark.parametrize("problem", THREE)
def test_scipys_differences_are_its_own_in_float32_too(method: str, problem: str) -> None:
    x = single.round(np.linspace(0.5, 1.5, 31))
    found = found_by(f"scipy_{method.replace('-', '')}", problem, single, x)
    direct = scipy(method)(problems[problem].formula, x)
    assert found.derivative.tolist() == direct.tolist()


@each_installed
def test_exact_ones_are_right_to_the_last_bit_in_every_format(name: str) -> None:
    if name not in ("mpmath_diff", "sympy_diff"):
        return
    for precision in formats.values():
        x = precision.round([0.75, 1.0, 1.25, 1.5])
        truth = truth_at(problems["squire_trapp"], x.astype(float).tolist(), 300).values
        found = found_by(name, "squire_trapp", precision, x)
        assert found.derivative.dtype == precision.dtype
        assert found.derivative.tolist() == precision.round(truth).tolist()
        assert found.left == name.partition("_")[0]


@each_peer
def test_a_library_that_is_not_there_is_unsupported_with_the_way_to_install_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.schemes.peer.find_spec", lambda library: None)
    said = numpy.why_not(schemes[name], double, problems["exp_sin"])
    library = schemes[name].library
    assert said == f"{library} is not installed here; `pip install bench[peers]` brings it"
    rows = rows_of(problems=["exp_sin"], schemes=[name], precisions=["float64"], points=2)
    assert rows["status"].tolist() == ["unsupported"] * 2


def test_what_is_installed_is_not_missing() -> None:
    assert missing("numpy") == ""


@each_installed
def test_bounds_and_calls_are_told_and_its_own_items_are_guarded(name: str) -> None:
    found = found_by(name, "exp_sin", double, double.round([0.75, 1.5]))
    states = {"numdifftools", "jacobi"} & {schemes[name].library} or name == "scipy_differentiate"
    assert (found.bound > 0).all() == bool(states)
    assert np.isnan(found.bound).all() == (not states)
    assert found.calls.min() >= 1
    assert found.evaluations.min() >= 1
    assert list(outside([name])) == [name]


def test_where_taylor_mode_has_no_rule_it_is_unsupported(tmp_path: Path) -> None:
    """Of bench's own tangent, and of a function of the user's."""
    file = tmp_path / "turned.py"
    file.write_text(
        "from bench.problems import problem\n\n\n"
        "@problem('arctan', interval=(0.5, 1), difficulty='none', source='mine')\n"
        "def turned(x, xp):\n"
        "    'An arc.'\n"
        "    return xp.arctan(x)\n\n\n"
        "@problem('wrong', interval=(0.5, 1), difficulty='none', source='mine')\n"
        "def mistaken(x, xp):\n"
        "    'A mistake of the user.'\n"
        "    return {}['atan']\n"
    )
    doors.open_files([file])
    for problem, lacking in (("tan_near_pole", "tan"), ("turned", "atan")):
        axes = {"problems": [problem], "schemes": ["jet"], "precisions": ["float32"], "points": 2}
        results = bench.run(Study(question="Is there a rule?", timing=False, **axes))
        assert results["accuracy"]["status"].tolist() == ["unsupported"] * 2
        assert results["best"]["reason"].tolist() == [
            f"JAX's Taylor mode has no rule for {lacking}"
        ]
        assert results.record.failures == ()
    axes["problems"] = ["mistaken"]
    results = bench.run(Study(question="Is it told?", timing=False, **axes))
    (failure,) = results.record.failures
    assert failure.what == "float32 mistaken by jet on jax"
    assert failure.reason.endswith("line 13: KeyError: 'atan'")


def test_calls_are_counted_by_the_call_and_points_by_the_element() -> None:
    f = Watched(np.sin)
    f(1.0)
    f(np.zeros((2, 3), np.float32))
    f(np.zeros(2, complex))
    assert (f.calls, f.numbers) == (3, 9)
    assert f.formats == {"float64", "float32"}
    assert format_of(np.array([1, "a"], object)[:0].astype(float)) == "float64"


def test_what_f_ran_in_and_what_came_back_tell_whether_the_format_was_left() -> None:
    stays, left = in_format(np.float32([1.5, np.nan]), {"float32"}, single.dtype)
    assert (stays.dtype, left) == (single.dtype, "")
    wide, left = in_format(np.array([1.5, 0.1]), {"float32"}, single.dtype)
    assert (wide.tolist(), left) == ([1.5, 0.1], "float64")
    fits, left = in_format(np.array([1.5, 2.0]), {"float32"}, single.dtype)
    assert (fits.dtype, left) == (single.dtype, "")
    fits, left = in_format(np.array([1.5, 2.0]), {"float64"}, single.dtype)
    assert (fits.dtype, left) == (single.dtype, "float64")


def test_an_exact_number_is_rounded_once() -> None:
    from fractions import Fraction

    just_above = 1 + Fraction(1, 2**8) + Fraction(1, 2**80)  # a tie in bfloat16, but for 2^-80
    assert rounded_once(just_above, formats["bfloat16"].dtype) == 1 + 2.0**-7
    assert rounded_once(1 + Fraction(1, 2**8), formats["bfloat16"].dtype) == 1.0
    assert rounded_once(Fraction(0), single.dtype) == 0.0
    assert rounded_once(Fraction(3, 2**150), single.dtype) == 2.0**-148


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("numdifftools", "float64"),
        ("jacobi", "float64"),
        ("scipy_differentiate", ""),
        ("torch_autograd", ""),
        ("autograd", ""),
    ],
)
def test_rows_keep_their_numbers_and_say_that_the_format_was_left(name: str, left: str) -> None:
    pytest.importorskip(schemes[name].library)
    rows = rows_of(problems=["exp_sin"], schemes=[name], precisions=["float32"], points=4)
    assert set(rows["status"]) == {"other_format" if left else "ok"}
    assert set(rows["computed_in"]) == {left}
    assert np.isfinite(rows["error"]).all()


def test_pytorch_keeps_every_format() -> None:
    pytest.importorskip("torch")
    for precision in formats.values():
        x = precision.round([0.75, 1.5])
        found = found_by("torch_autograd", "exp_sin", precision, x)
        assert (found.derivative.dtype, found.left) == (precision.dtype, "")


def test_a_program_of_a_user_runs_in_no_namespace_of_a_library(tmp_path: Path) -> None:
    from bench.running.functions import study_of

    study_of(lambda x: x * x, "0.5:1", (), None, ("float64",))
    (program,) = [each for each in problems.values() if not each.any_namespace]
    if schemes["sympy_diff"].missing():
        return
    said = numpy.why_not(schemes["sympy_diff"], double, program)
    assert said in (
        "sympy_diff runs a formula f(x, xp) in a namespace of its own, and "
        f"{program.name} is a program",
    )


def test_noise_is_added_in_whatever_format_f_is_called() -> None:
    noisy = problems["quadratic"].with_noise(0.25, 1)
    assert noisy.noise == Noise(0.25, 1)
    for precision in formats.values():
        x = precision.round([0.75])
        found = unguarded(noisy, x, np)
        assert found.dtype == precision.dtype
        assert found != problems["quadratic"](x, np)


@each_installed
def test_a_gradient_is_near_the_truth(name: str) -> None:
    problem, x = problems["rosenbrock"], double.round([[0.3, 0.55, 0.8, 0.7]])
    found = take(numpy, problem, schemes[name], double, x, None, "cpu")
    exact = take(backends["jax"], problem, schemes["grad"], double, x, None, "cpu").gradients[0]
    assert (found.calls or 0) >= 1
    got = found.gradients[0]
    if name == "numericalderivative_dv":  # it needs a third derivative, and there is none
        assert np.isnan(got).all()
    else:
        assert got == pytest.approx(exact, rel=1e-5)


MINE = '''
from bench.schemes.peer import peer


@peer("numpy", label="mine", source="my notes")
def mine(f, x):
    """A central difference that a library of mine takes, and its error."""
    h = x.dtype.type(2**-7)
    return (f(x + h) - f(x - h)) / (2 * h), 1e-3


@peer("no_such_library", label="not there", source="my notes")
def not_there(f, x):
    "It cannot be run."


@peer("numpy", label="hangs", source="my notes")
def hangs(f, x):
    "It never ends."
    import time

    while True:
        f(x)
        time.sleep(0.05)


@peer("numpy", label="hoards", source="my notes", many=True)
def hoards(f, x):
    "It takes all memory there is."
    import numpy

    found = []
    while True:
        found.append(numpy.empty(10**7))


@peer("numpy", label="exits", source="my notes")
def exits(f, x):
    "It ends its process."
    import os

    os._exit(3)


@peer("numpy", label="raises", source="my notes")
def raises(f, x):
    "It raises at some points."
    if x > 1:
        raise ZeroDivisionError("of mine")
    return f(x)
'''
STUDY = """
question = "Is a library of mine any good?"
with = ["mine.py"]
problems = ["exp_sin"]
schemes = ["mine", "not_there", "hangs", "hoards", "exits", "raises"]
precisions = ["float32"]
points = [0.75, 1.5]
item_seconds = 6
item_gib = 1
timing = false
"""


@pytest.mark.slow
def test_a_library_of_a_user_is_one_file_and_ends_no_more_than_its_own_item(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "study.toml").write_text(STUDY)
    results = bench.run(tmp_path / "study.toml")
    rows = results["accuracy"].set_index("scheme")
    mine = rows.loc["mine"]
    assert mine["status"].tolist() == ["ok", "ok"]
    assert (mine["bound"] == 1e-3).all()
    assert mine["calls"].tolist() == mine["evaluations"].tolist() == [2, 2]
    assert rows.loc["not_there"]["status"].tolist() == ["unsupported"] * 2
    assert rows.loc["hangs"]["status"].tolist() == ["failed"] * 2
    assert rows.loc["hoards"]["status"].tolist() == ["failed"] * 2
    assert rows.loc["exits"]["status"].tolist() == ["failed"] * 2
    assert rows.loc["raises"]["says"].tolist() == ["", "raised ZeroDivisionError: of mine"]
    assert results.record.schemes["mine"].family == "peers"  # so a race takes it, unasked
    reasons = dict(zip(results["best"]["scheme"], results["best"]["reason"], strict=True))
    assert reasons["not_there"] == "no_such_library is not installed here"
    assert reasons["hangs"].startswith("it took more than 6 s at ")
    assert reasons["hangs"].endswith("(--item-seconds allows more)")
    assert "--item-gib allows more" in reasons["hoards"]
    assert reasons["mine"] == ""
    line = MINE[: MINE.index("def exits")].count("\n")  # of its decorator
    assert reasons["exits"] == (
        "its process ended with exit code 3 at exits, which begins at "
        f"{tmp_path / 'mine.py'}, line {line}"
    )
    assert {each.what for each in results.record.failures} == {
        f"float32 exp_sin by {name} on numpy" for name in ("hangs", "hoards", "exits")
    }


def test_a_library_is_imported_before_it_is_timed() -> None:
    """To import it is no part of its time, and costs more than its first derivative may."""
    pytest.importorskip("jacobi")
    case = Case("exp_sin", "jacobi", "float64", "numpy", "cpu", 4)
    assert assignment_of(case).library == "jacobi"
    imported("no_such_library")  # its visit says what is wrong
    times, of_f = time_cases([case], processes=1, budget_seconds=5.0)
    assert (times.status, of_f.status) == ("ok", "ok")


def test_what_hung_is_not_tried_with_another_function() -> None:
    guard = Guard(1.0, 1.0, _given_up={frozenset({"hangs"}): "it took more than 1 s"})
    with pytest.raises(ItemFailed, match="not tried: before, it took more than 1 s"):
        guard._call(frozenset({"hangs", "of_a_user"}), "", str, ())


def test_the_versions_of_libraries_are_in_the_record() -> None:
    assert versions(["pydantic"])["pydantic"][0].isdigit()
    assert versions(["no_such_library"])["no_such_library"] == "unknown"


@pytest.mark.slow
def test_no_library_is_imported_before_it_is_called() -> None:
    program = (
        "import sys; from bench.cli import start; sys.argv = ['bench', 'list', 'schemes']\n"
        "import atexit; atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
        "start()"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    imported = set(told.stderr.split())
    assert "bench.schemes.peers.torch" in imported
    assert {each.library for each in peers} & imported == set()
