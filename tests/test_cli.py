from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench import __version__, registry
from bench.arithmetic import FormatLeak, backends
from bench.arithmetic.program import rules
from bench.cli import DISAGREED, FAILED, INTERRUPTED, REFUSED, REFUTED, app
from bench.problems import problems
from bench.problems.expression import FUNCTIONS
from bench.registry import Disagreement, InputError
from bench.schemes import schemes
from bench.study.axes import axes
from bench.study.names import AXES, known_on
from bench.tables.sheets import Finding, sheet
from bench.tell.terminal import show

TINY = ["run", "--problem", "quadratic", "--scheme", "forward", "--points", "2", "--no-figures"]


def bench(*words: str, folder: Path | None = None) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, [*words, *(["--out", str(folder)] if folder else [])])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "quux"], "no study named 'quux'; `bench list studies` has all"),
        (["run", "--precision", "float8"], "option 'precisions': no precision named 'float8' (did you mean 'float64'?); known: bfloat16, float16, float32, float64"),
        (["run", "--backend", "torch"], f"option 'backends': no backend named 'torch'; known: {', '.join(sorted(backends))}"),
        (["run", "--scheme", ","], "option 'schemes': no scheme is chosen; `bench list schemes` has all"),
        (["run", "--scheme", "mylib"], "option 'schemes': no scheme named 'mylib'; `bench list schemes` has all, and `--with mine.py` adds one of yours"),
        (["run", "--scheme", "centrl"], "option 'schemes': no scheme named 'centrl' (did you mean 'central', 'central8' or 'central6'?); `bench list schemes` has all"),
        (["run", "--problem", "nope"], "option 'problems': no problem named 'nope'; `bench list problems` has all, and `--with mine.py` adds one of yours"),
        (["run", "--steps", "0"], "option 'steps': steps is '0'; allowed: LOW:HIGH, two integer exponents of 2, such as -30:0"),
        (["run", "--steps", "3:-3"], "option 'steps': steps is 3:-3; allowed: LOW:HIGH with LOW not above HIGH"),
        (["run", "--points", "-1"], "option 'points' is -1; allowed: an integer from 1 to 100000, or a list of numbers"),
        (["run", "--seed", "-1"], "option 'seed' is -1; allowed: an integer, 0 or larger"),
        (["run", "--device", "tpu"], "option 'device' is 'tpu'; allowed: 'cpu' or 'gpu'"),
        (["run", "--device", "gpu", "--backend", "numpy"], "backend numpy cannot run on device 'gpu'; allowed: jax, jax-eager"),
        (["run", "--precision", "float16", "--steps", "0:20"], "step 2^20 is not finite in float16; allowed: up to 2^15"),
        (["list", "colours"], "no list named 'colours' (did you mean 'columns'?); known: problems, schemes, functions, primitives, precisions, backends, studies, figures, sizes, columns, experiments, optimizers, libraries, measures, gates, probes"),
        (["list", "schemes,kettles"], "no list named 'kettles'; known: problems, schemes, functions, primitives, precisions, backends, studies, figures, sizes, columns, experiments, optimizers, libraries, measures, gates, probes"),
        (["list", ","], "what to list has no name in it; allowed: names, parted by commas"),
        (["doctor", "--backend", ","], "option 'backend' has no name in it; allowed: names, parted by commas"),
        (["doctor", "--backend", "", "--probe", "clock"], "option 'backend' has no name in it; allowed: names, parted by commas"),
        (["doctor", "--probe", " , "], "option 'probe' has no name in it; allowed: names, parted by commas"),
        (["limit", "--precision", ","], "option 'precision' has no name in it; allowed: names, parted by commas"),
        (["list", "problems", "--with", "x" * 5000], f"no file {'x' * 60}...{'x' * 20} to take problems, schemes .. from"),
        (["report", "x" * 5000], f"{'x' * 60}...{'x' * 20} cannot be read: File name too long"),
        (["list", "problems", "--with", "nowhere.py"], "no file nowhere.py to take problems, schemes .. from"),
        (["run", "--name", "a/b"], "option 'name' is 'a/b'; allowed: a name for a folder, without '/'"),
        (["limit", "--problem", "log_near_zero", "--at", "-1"], "point -1 is outside the domain of log_near_zero; allowed: (0, inf)"),
        (["limit", "1/x", "--at", "0"], "1/x has no value at x = 0, or none beside it"),
        (["limit", "sn(x)"], "no function in a formula named 'sn' (did you mean 'sin'?); known: " + ", ".join(FUNCTIONS)),
        (["limit", "__import__('os')"], "'os' stands in a formula; allowed: x, numbers, pi, e, + - * / ** and functions such as sin(x)"),
        (["limit", "9**9**9 * x"], "a formula has exponent 387420489; allowed: up to 1000"),
        (["limit", "--at", "nan"], "option 'at' is nan; allowed: a finite number"),
        (["report", "/nowhere"], "/nowhere is not a results folder: it has no run.json"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_a_mistake_is_told_in_one_line(words: list[str], message: str, tmp_path: Path) -> None:
    folder = tmp_path if words[0] == "run" else None
    assert bench(*words, folder=folder) == (2, "", f"bench: {message}\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (InputError("n is 0"), 2, "bench: n is 0\n"),
        (PermissionError(13, "Permission denied", "/x"), 2, "bench: /x: Permission denied\n"),
        (FormatLeak("f(x) is float32"), 2, "bench: FormatLeak: f(x) is float32\n"),
        (Disagreement("they differ"), 3, "bench: they differ\n"),
        (KeyboardInterrupt(), 130, "bench: interrupted; earlier results are untouched\n"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_each_way_to_end_has_an_exit_code_of_its_own(
    error: BaseException, code: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As CONTRIBUTING states them; 1 is a failed gate, 4 a refuted claim."""

    def failing(*arguments: object) -> None:
        raise error

    monkeypatch.setattr(registry, "unknown", failing)
    assert bench("list", "colours") == (code, "", told)
    assert (FAILED, REFUSED, DISAGREED, REFUTED, INTERRUPTED) == (1, 2, 3, 4, 130)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("gate", "code"),
    [
        ("bitwise < 1", 0),
        ("bitwise <= 1", 1),
        ("digits_lost >= 0", 1),
        ("digits_lost > 0", 0),
        ("time > 1.2", 2),
    ],
)
def test_a_failed_gate_ends_a_comparison_with_1_and_one_without_rows_with_2(
    small_run: Path, gate: str, code: int
) -> None:
    found, _, told = bench("compare", str(small_run), str(small_run), "--fail-if", gate)
    assert found == code
    assert told.startswith({0: "", 1: f"bench: gate failed: {gate}, ", 2: "bench: gate '"}[code])


def test_there_is_no_silent_fallback_to_the_cpu(tmp_path: Path) -> None:
    import jax

    if any(device.platform == "gpu" for device in jax.devices()):
        pytest.skip("this machine has a GPU")
    code, shown, told = bench(*TINY, "--device", "gpu", folder=tmp_path)
    assert (code, shown) == (2, "")
    assert told == "bench: no device named 'gpu' here; jax sees: cpu\n"


def test_options_take_repeats_and_commas_and_any_case(tmp_path: Path) -> None:
    precisions = ["--precision", "Float16,FLOAT32", "--precision", "bfloat16"]
    code, shown, _ = bench(*TINY, *precisions, folder=tmp_path)
    assert code == 0
    name = "overview-quadratic-forward-float16-bfloat16-float32-points2"
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert "on 3x² − 4x" in shown
    assert f"tables  {tmp_path / name} (accuracy, curves, best; " in shown


def test_a_run_ends_with_the_answer_a_table_and_where_the_files_are(tmp_path: Path) -> None:
    options = ["--precision", "float32", "--name", "mine", "--problem", "tanh", "--no-timing"]
    code, shown, told = bench(*TINY, *options, folder=tmp_path)
    assert code == 0
    lines = shown.splitlines()
    assert lines[0].endswith("?")
    assert lines[2].startswith("In float32, over 2 smooth problems, the best finite ")
    heading = next(line for line in lines if "best h" in line)
    assert heading.split() == ["scheme", "digits", "best", "h", "predicted", "calls", "of", "f"]
    tables, after = lines[-2:]
    assert tables.startswith(f"tables  {tmp_path / 'mine'} (accuracy, curves, best; ")
    assert after == f"next    bench table best {tmp_path / 'mine'}"
    assert told.splitlines() == [
        "bench: sweeping 0/2 float32 quadratic by forward on numpy",
        "bench: done 2/2",
    ]


@pytest.mark.parametrize("command", ["run", "report", "figure", "table"])
def test_a_command_has_an_option_for_each_axis_that_it_narrows(command: str) -> None:
    code, shown, _ = bench(command, "--help")
    assert code == 0
    for axis in axes().values():
        assert (f"--{axis.option.replace('_', '-')} " in shown) == (
            command == "run" or axis.selects
        )
        names = ", ".join(known_on(axis.option)) if axis.option in AXES else ""
        said = " ".join(axis.help.format(names=names).split())
        assert command != "run" or said in " ".join(shown.split())


def test_list_shows_every_registry() -> None:
    code, shown, _ = bench("list", "problems,schemes", "precisions", "backends,studies")
    assert code == 0
    for name in ("exp_sin", "rosenbrock", "richardson", "bfloat16", "jax-eager", "overview"):
        assert name in shown
    assert "problems" not in bench("list", "Precisions")[1]


def test_list_tells_the_functions_of_xp_and_which_arithmetics_lack_one() -> None:
    lines = bench("list", "functions")[1].splitlines()
    rows = dict(line.strip().partition(" ")[::2] for line in lines)
    assert rows["erf"].strip() == rows["arctan"].strip() == ""
    assert rows["where"].strip() == "power series"


def test_list_names_the_primitives_of_jax_by_kind_and_in_full_how_each_runs() -> None:
    shown = bench("list", "primitives")[1]
    lines = shown.splitlines()
    assert lines[0] == "primitives: call (8)"
    assert lines[6] == "  while, scan, cond, custom_linear_solve"
    assert lines[-1] == "`bench list primitives --full` says what there is of each."
    assert max(map(len, lines)) <= 80
    assert {
        name for line in lines if line[:1] == " " for name in line.strip(" ,").split(", ")
    } == set(rules)
    assert (
        "fft\n  kind: transform\n  how it runs exactly: By Arb's discrete transform, axis by axis.\n"
    ) in bench("list", "primitives", "--full")[1]


def test_list_counts_the_values_that_a_gradient_takes() -> None:
    shown = bench("list", "schemes", "--full")[1]
    for name, passes in (("forward", "n + 1"), ("central", "2n")):
        record = shown.partition(f"\n{name}\n")[2].partition("\n  source: ")[0]
        assert "\n  evaluations: 2\n" in record
        assert record.endswith(f"\n  of a gradient: {passes}")
    for name in ("forward", "grad", "ridders"):
        constant = 2 * schemes[name].passes(1) - schemes[name].passes(2)
        assert schemes[name].passes(9) == 9 * (schemes[name].passes(1) - constant) + constant


def test_list_tells_each_column_and_what_it_means() -> None:
    from bench.results import known_tables

    shown = bench("list", "columns")[1]
    for table in known_tables().values():
        for name in (*table.columns, *table.derived):
            assert re.search(rf"^{table.name} +{name} ", shown, flags=re.MULTILINE)


@pytest.mark.parametrize("width", [80, 100, 160])
def test_a_list_fits_a_terminal_and_breaks_no_name(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rich.console.Console.is_terminal", True)
    monkeypatch.setenv("COLUMNS", str(width))
    shown = bench("list", "schemes")[1]
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in shown.splitlines()]
    assert max(map(len, lines)) <= width
    assert set(schemes) <= {line.split()[0] for line in lines if line.strip()}
    assert "in a wider terminal also: " not in shown


def test_all_lists_are_names_first_and_no_wider_than_a_terminal() -> None:
    known = len(problems)  # before studies are listed, which may bring some of their own
    code, shown, _ = bench("list")
    assert code == 0
    lines = shown.splitlines()
    assert lines[0] == f"problems ({known})"
    assert lines[1].startswith("  quadratic, polynomial, ")
    assert max(map(len, lines)) <= 80
    assert len(lines) < 90 + (known - 33) // 4  # others may have been registered by tests
    assert lines[-1] == "`bench list problems` says what each is, `--full` everything of it."


def test_limit_prints_the_slide_and_goes_on() -> None:
    code, shown, _ = bench("limit", "--problem", "quadratic", "--at", "1")
    lines = [line.rstrip() for line in shown.splitlines()]
    assert code == 0
    assert lines[0] == (
        "f(x) = 3x² − 4x at x = 1: f'(x) = 2. In float64 (f(x+h) - f(x))/h is closest at h = 1e-8, "
        "off by 1.2e-8. jax.grad, without h, gives 2."
    )
    assert lines[2:9] == [
        "    h  numerical limit    error  what errs",
        "─" * 52,
        " 1e-1     2.3000000000    +3e-1  truncation",
        " 1e-2     2.0300000000    +3e-2  truncation",
        " 1e-3     2.0030000000    +3e-3  truncation",
        " 1e-4     2.0003000000    +3e-4  truncation",
        " 1e-5     2.0000300000    +3e-5  truncation",
    ]
    assert " 1e-8     1.9999999878  -1.2e-8  rounding <- closest" in lines
    assert "1e-15     2.2204460493  +2.2e-1  rounding" in lines
    assert "1e-16     0.0000000000     -2e0  x + h equals x" in lines
    assert lines[-3:] == [
        "float32: closest at h = 1e-4, off by 3.3e-4; jax.grad 2.",
        "float16: closest at h = 1e-2, off by 4.7e-2; jax.grad 2.",
        "bfloat16: closest at h = 1e-1, off by 1.9e-1; jax.grad 2.",
    ]


def test_steps_that_move_no_x_are_one_row_and_counted() -> None:
    """Of 1e-1 .. 1e-16 all from 1e-3 on are below half the spacing of bfloat16 at 1, 2^-8."""
    code, shown, _ = bench("limit", "quadratic", "--at", "1", "--precision", "bfloat16")
    assert code == 0
    assert shown.count("x + h equals x") == 1
    assert "the same at 13 smaller h" in shown


def test_a_kink_has_a_limit_from_each_side() -> None:
    code, shown, _ = bench("limit", "absolute", "--at", "0", "--precision", "float64")
    lines = [line.rstrip() for line in shown.splitlines()]
    assert code == 0
    assert lines[0] == (
        "f(x) = |x| at x = 0 has no derivative: from the left the quotient tends to -1, from the "
        "right it tends to 1. jax.grad, without h, gives 1, which is a convention."
    )
    assert lines[2].split() == ["h", "from", "the", "left", "from", "the", "right"]
    assert lines[4] == " 1e-1  -1.0000000000    1.0000000000"


@pytest.mark.parametrize(
    ("formula", "at", "said"),
    [
        ("sin(x)/x", "1", "f'(x) = -0.3011686789. "),
        ("x^2 + 0.5", "3", "f'(x) = 6. "),
        ("abs(x - 1)", "1", "the quotient tends to -1, from the right it tends to 1. "),
        ("sqrt(x)", "0", "the quotient is not defined, from the right it tends to inf. "),
        ("x", "1", "f'(x) = 1. "),
    ],
)
def test_limit_takes_a_formula(formula: str, at: str, said: str) -> None:
    code, shown, _ = bench("limit", formula, "--at", at, "--precision", "float64")
    assert code == 0
    assert shown.startswith(f"f(x) = {formula} at x = {at}")
    assert said in " ".join(shown.split())


def test_version() -> None:
    assert bench("--version") == (0, f"bench {__version__}\n", "")


# --- whole processes -------------------------------------------------------------------------


def process(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("words", [["-c", "import bench"], ["-m", "bench", "--help"]])
def test_help_and_import_load_nothing_heavy(words: list[str]) -> None:
    done = process("-X", "importtime", *words)
    assert done.returncode == 0
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "bench" in loaded or "bench.cli" in loaded
    heavy = {"jax", "pandas", "seaborn", "matplotlib", "numpy", "pyarrow", "pydantic"}
    assert not loaded & heavy


def test_a_list_loads_only_what_it_lists() -> None:
    done = process("-X", "importtime", "-m", "bench", "list", "precisions")
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "bench.tables.sheets" in loaded
    assert not loaded & {"jax", "pandas", "seaborn", "matplotlib", "pyarrow", "bench.study"}


BENCH = f"{sys.executable} -m bench"


@pytest.mark.parametrize(
    ("redirected", "code", "told"),
    [
        ("> /dev/full", 2, "bench: standard output: No space left on device\n"),
        ("> /dev/full 2>&1", 2, ""),
        (">&-", 0, ""),
        (">&- <&-", 0, ""),
        ("2>&-", 0, ""),
        ("2> /dev/full", 0, ""),
        ("| true", 141, ""),
    ],
)
def test_what_is_not_shown_is_told_and_never_a_traceback(
    redirected: str, code: int, told: str
) -> None:
    line = f"set -o pipefail; {BENCH} list precisions {redirected}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, told)


@pytest.mark.slow
@pytest.mark.parametrize("redirected", ["> /dev/full 2>&1", ">&- 2>&- <&-", "2>&1 | head -1"])
def test_a_run_that_cannot_be_shown_is_stored(redirected: str, tmp_path: Path) -> None:
    words = " ".join([*TINY, "--precision", "float32", "--out", str(tmp_path), "--name", "mine"])
    subprocess.run(["bash", "-c", f"{BENCH} {words} {redirected}"], check=False)
    names = {path.name for path in (tmp_path / "mine").iterdir()}
    assert names == {"run.json", "accuracy.parquet", "curves.csv", "best.csv"}


def test_letters_that_a_terminal_lacks_are_spelled() -> None:
    line = f"PYTHONIOENCODING=ascii {BENCH} list problems"
    done = subprocess.run(["bash", "-c", line], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"\xb2" in done.stdout
    assert done.stdout.isascii()


ACTING = "[/here] [a, b] \x1b]0;owned\x07 \u202e \udcff"
SPELLED = r"[/here] [a, b] \x1b]0;owned\x07 \u202e \udcff"


def test_nothing_that_a_user_wrote_acts_on_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(f"raise ValueError({ACTING!r})")
    code, shown, told = bench("list", "--with", str(tmp_path / "mine.py"))
    assert (code, shown) == (2, "")
    assert told == f"bench: file {tmp_path / 'mine.py'}, line 1: ValueError: {SPELLED}\n"
    code, shown, told = bench("report", ACTING + "\n")
    assert told == f"bench: {SPELLED}\\n is not a results folder: it has no run.json\n"


def test_texts_of_a_study_are_shown_as_they_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show([Finding("", ACTING, sheet(ACTING, [ACTING], [[ACTING]], notes=[ACTING]))])
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines.count(SPELLED) == 5


@pytest.mark.slow
def test_a_figure_and_a_page_go_to_standard_output(small_run: Path) -> None:
    folder = str(small_run)
    words = ["-m", "bench", "figure", "error", folder, "--format", "png", "--out", "-"]
    done = subprocess.run([sys.executable, *words], capture_output=True, check=True)
    assert done.stdout.startswith(b"\x89PNG")
    assert done.stdout.endswith(b"IEND\xaeB`\x82")
    assert done.stderr == b""
    page = process("-m", "bench", "compare", folder, folder, "--out", "-")
    assert page.stdout.startswith("<!DOCTYPE html>")
    assert page.stdout.endswith("</html>")
    assert page.stderr == ""


@pytest.mark.slow
def test_python_dash_m_is_bench() -> None:
    done = process("-m", "bench", "list", "backends")
    assert done.returncode == 0
    assert "jax-eager" in done.stdout


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_earlier_results_stay(tmp_path: Path) -> None:
    """A limit on file size stands for the disk: the same OSError from the same writes."""
    folder = tmp_path / "overview-quadratic-forward-points500"
    folder.mkdir()
    (folder / "run.json").write_text("old")
    words = ["run", "--problem", "quadratic", "--scheme", "forward", "--points", "500"]
    command = [sys.executable, "-m", "bench", *words, "--no-figures", "--out", str(tmp_path)]
    done = subprocess.run(
        ["bash", "-c", 'ulimit -f 40 && exec "$@"', "bash", *command],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        f"bench: cannot write to {folder}: File too large; earlier results are untouched, "
        "and `bench run` again takes up what is finished"
    )
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    assert (folder / "run.json").read_text() == "old"


@pytest.mark.slow
def test_an_output_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    done = process("-m", "bench", *TINY, "--out", str(tmp_path / "file"))
    assert done.returncode == 2
    told = done.stderr.splitlines()[-1]
    assert told == f"bench: cannot write to {tmp_path / 'file'}: Not a directory"


def test_what_a_file_of_the_users_registers_is_listed() -> None:
    mine = str(Path(__file__).parent / "mine.py")
    done = process("-m", "bench", "list", "problems,schemes,experiments,columns", "--with", mine)
    assert done.returncode == 0
    for name in ("my_cube", "my_wide", "my_counting", "my_counts"):
        assert name in done.stdout


@pytest.mark.slow
def test_a_report_of_a_part_of_a_run_is_put_where_it_is_asked_for(
    small_run: Path, tmp_path: Path
) -> None:
    words = ["report", str(small_run), "--problem", "quadratic", "--precision", "float32"]
    code, shown, told = bench(*words, folder=tmp_path / "part")
    assert (code, told) == (0, "")
    figures, page = shown.splitlines()
    assert figures.startswith(f"{tmp_path / 'part' / 'figures'}: digits.svg, digits.png, ")
    assert "tangent-quadratic.svg" in figures
    assert "error" not in figures
    assert page == str(tmp_path / "part" / "report.html")
    text = Path(page).read_text(encoding="utf-8")
    for known in ("<td>quadratic</td><td>grad</td><td>float32</td>", '"precision":"float32"'):
        assert known in text
    assert '"precision":"float64"' not in text
    for cut in ("<td>quadratic</td><td>grad</td><td>float64</td>", "<td>exp_sin</td>"):
        assert cut not in text
