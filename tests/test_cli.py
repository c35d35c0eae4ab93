from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench import __version__
from bench.arithmetic import backends
from bench.cli import app
from bench.schemes import schemes
from bench.study.axes import axes
from bench.study.names import AXES, known_on
from bench.study.reading import names

TINY = ["run", "--problem", "quadratic", "--scheme", "forward", "--points", "2", "--no-figures"]


def bench(*words: str, folder: Path | None = None) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, [*words, *(["--out", str(folder)] if folder else [])])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "quux"], f"no study named 'quux'; known: {', '.join(names())}"),
        (["run", "--precision", "float8"], "option 'precisions': no precision named 'float8' (did you mean 'float64'?); known: bfloat16, float16, float32, float64"),
        (["run", "--backend", "torch"], f"option 'backends': no backend named 'torch'; known: {', '.join(sorted(backends))}"),
        (["run", "--scheme", ","], f"option 'schemes': no scheme is chosen; known: {', '.join(sorted(schemes))}"),
        (["run", "--steps", "0"], "option 'steps': steps is '0'; allowed: LOW:HIGH, two integer exponents of 2, such as -30:0"),
        (["run", "--steps", "3:-3"], "option 'steps': steps is 3:-3; allowed: LOW:HIGH with LOW not above HIGH"),
        (["run", "--points", "-1"], "option 'points' is -1; allowed: an integer from 1 to 100000, or a list of numbers"),
        (["run", "--seed", "-1"], "option 'seed' is -1; allowed: an integer, 0 or larger"),
        (["run", "--device", "tpu"], "option 'device' is 'tpu'; allowed: 'cpu' or 'gpu'"),
        (["run", "--device", "gpu", "--backend", "numpy"], "backend numpy cannot run on device 'gpu'; allowed: jax, jax-eager"),
        (["run", "--precision", "float16", "--steps", "0:20"], "step 2^20 is not finite in float16; allowed: up to 2^15"),
        (["list", "colours"], "no list named 'colours' (did you mean 'columns'?); known: problems, schemes, precisions, backends, studies, figures, sizes, columns, experiments, optimizers, measures, gates, probes"),
        (["list", "schemes,functions"], "no list named 'functions'; known: problems, schemes, precisions, backends, studies, figures, sizes, columns, experiments, optimizers, measures, gates, probes"),
        (["list", "problems", "--with", "nowhere.py"], "no file nowhere.py to take problems, schemes .. from"),
        (["run", "--name", "a/b"], "option 'name' is 'a/b'; allowed: a name for a folder, without '/'"),
        (["limit", "--problem", "log_near_zero", "--at", "-1"], "point -1 is outside the domain of log_near_zero; allowed: (0, inf)"),
        (["limit", "--at", "nan"], "option 'points': a point is nan; allowed: finite numbers"),
        (["report", "/nowhere"], "/nowhere is not a results folder: it has no run.json"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_a_mistake_is_told_in_one_line(words: list[str], message: str, tmp_path: Path) -> None:
    folder = tmp_path if words[0] == "run" else None
    assert bench(*words, folder=folder) == (2, "", f"bench: {message}\n")
    assert list(tmp_path.iterdir()) == []


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
    assert "float16, 3x² − 4x" in shown
    assert str(tmp_path / name / "accuracy.parquet") in shown


def test_a_run_ends_with_the_answer_a_table_and_where_the_files_are(tmp_path: Path) -> None:
    options = ["--precision", "float32", "--name", "mine", "--problem", "tanh", "--no-timing"]
    code, shown, told = bench(*TINY, *options, folder=tmp_path)
    assert code == 0
    lines = shown.splitlines()
    assert lines[0].endswith("?")
    assert lines[2].startswith("In float32, on ")
    heading = next(line for line in lines if "best h" in line)
    assert heading.split() == [
        "scheme",
        "best",
        "h",
        "predicted",
        "h",
        "digits",
        "calls",
        "of",
        "f",
        "what",
        "went",
        "wrong",
    ]
    assert "of mine, stored in:" in shown
    assert lines[-1] == f"  {tmp_path / 'mine' / 'run.json'}"
    assert told.splitlines()[-1] == "[2/2] done"


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


def test_list_counts_the_values_that_a_gradient_takes() -> None:
    rows = {line.split()[0]: line for line in bench("list", "schemes")[1].splitlines() if line}
    for name, passes in (("forward", " 2          n + 1 "), ("central", " 2             2n ")):
        assert passes in rows[name]
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
    left = "in a wider terminal also: " in shown
    assert left == (width < 160)


def test_limit_prints_the_slide_and_goes_on() -> None:
    code, shown, _ = bench("limit", "--problem", "quadratic", "--at", "1")
    lines = shown.splitlines()
    assert code == 0
    assert lines[0] == "f(x) = 3x² − 4x, (f(x+h) - f(x))/h at x = 1"
    assert lines[3:8] == [
        "h=0.10000, numerical limit=2.30000",
        "h=0.01000, numerical limit=2.03000",
        "h=0.00100, numerical limit=2.00300",
        "h=0.00010, numerical limit=2.00030",
        "h=0.00001, numerical limit=2.00003",
    ]
    assert "h=1e-15, numerical limit=2.2204460493" in lines
    assert "h=1e-16, numerical limit=0.0000000000   x + h equals x" in lines
    assert {
        "float64 (u = 1.1e-16), x = 1, f'(x) = 2",
        "float32 (u = 6.0e-08), x = 1, f'(x) = 2",
        "float16 (u = 4.9e-04), x = 1, f'(x) = 2",
        "... and so on to h=1e-16",
    } < set(lines)


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
        f"bench: cannot write to {folder}: File too large; earlier results are untouched"
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
    assert told == f"bench: cannot write to {tmp_path / 'file'}: File exists"


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
    assert figures.startswith(f"{tmp_path / 'part' / 'figures'}: error.svg, error.png, ")
    assert "tangent-quadratic.svg" in figures
    assert "anatomy-exp_sin" not in figures
    assert page == str(tmp_path / "part" / "report.html")
    text = Path(page).read_text(encoding="utf-8")
    assert 'data-precision="float32"' in text
    assert 'data-precision="float64"' not in text
    assert 'data-problem="exp_sin"' not in text
