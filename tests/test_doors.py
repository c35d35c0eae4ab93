"""Doors: one of each thing that a user may add, from a file or a package, goes everywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bench
from bench.registry import InputError, doors

HERE = Path(__file__).parent
MINE = HERE / "mine.py"
STUDY = """
question = "Does what I add go everywhere?"
{with_}
problems = ["my_cube", "my_quartic"]
schemes = ["my_wide", "central", "grad"]
precisions = ["float32", "float8_e5m2"]
backends = ["numpy", "my-numpy"]
points = 4

[timing]
problems = ["my_cube"]
schemes = ["my_wide"]
precisions = ["float32", "float8_e5m2"]
sizes = [10]
processes = 1

[[gradients]]
problems = ["my_quartic"]
schemes = ["my_wide", "grad"]
sizes = [2, 3]
processes = 1

[[descents]]
problem = "my_quartic"
rates = {{ my_half = 0.125 }}
schemes = ["my_wide"]
iterations = 4

[ulps]
libraries = ["my_library", "numpy"]
functions = ["exp"]
points = 256

[my_counting]
high = 4.0

[[figures]]
kind = "my_figure"

[[figures]]
kind = "error"
problems = ["my_cube"]

[[claims]]
says = "Three formats' spacings at 1 add up to what they are."
measure = "my_sum"
table = "my_counts"
column = "spacing"
where = {{ low = 1.0 }}
at_least = 0.25
at_most = 0.2500002

[[claims]]
says = "My scheme on my backend errs as on NumPy."
measure = "ratio"
column = "best_error"
of = {{ scheme = "my_wide", backend = "my-numpy" }}
over = {{ scheme = "my_wide", backend = "numpy" }}
where = {{ precision = "float32" }}
statistic = "max"
at_most = 1
"""
LAWS = ("schemes", "problems", "measure", "formats", "registry")


def command(*words: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A command of bench in a process of its own."""
    found = os.environ | ({} if path is None else {"PYTHONPATH": str(path)})
    return subprocess.run(
        [sys.executable, "-m", "bench", *words], capture_output=True, text=True, env=found
    )


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of what the file adds, which names the file itself."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "own.py").write_text(MINE.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "own.toml").write_text(STUDY.format(with_='with = ["own.py"]'), encoding="utf-8")
    return folder / "own.toml"


@pytest.fixture(scope="module")
def run(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results folder of that study, run by the command."""
    out = tmp_path_factory.mktemp("results")
    done = command("run", str(study), "--out", str(out))
    assert done.returncode == 0, done.stderr + done.stdout
    assert "2 formats were counted by mine" in done.stdout
    assert "float8_e5m2, my" not in done.stderr
    return out / "own"


def table(folder: Path, name: str) -> pd.DataFrame:
    """A stored table, read by itself."""
    path = folder / name
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)


def test_everything_is_listed() -> None:
    done = command("list", "--with", str(MINE))
    assert done.returncode == 0, done.stderr
    words = {word.strip(",") for word in done.stdout.split()}
    assert words >= {
        "my_cube", "my_quartic", "my_wide", "float8_e5m2", "my-numpy", "my_figure", "my_sum",
        "my_half", "my_counting", "my_counts", "my_library",
    }  # fmt: skip
    done = command("list", "columns", "--with", str(MINE))
    assert "floats from low up to, but not, high" in done.stdout  # the meaning of a column


def test_everything_is_run_and_stored(run: Path) -> None:
    accuracy = table(run, "accuracy.parquet")
    assert set(accuracy["problem"]) == {"my_cube", "my_quartic"}
    assert set(accuracy["precision"]) == {"float32", "float8_e5m2"}
    assert set(accuracy["backend"]) == {"numpy", "my-numpy", "jax"}
    mine = accuracy[accuracy["scheme"] == "my_wide"]
    assert (mine["status"] == "ok").groupby(mine["precision"], observed=True).any().all()
    by_backend = [mine[mine["backend"] == each]["estimate"] for each in ("numpy", "my-numpy")]
    assert np.array_equal(*by_backend, equal_nan=True)
    descent = table(run, "descent.csv")
    assert set(descent["optimizer"]) == {"my_half"}
    gradients = table(run, "gradients.csv")
    assert {"my_wide", "grad"} == set(gradients["scheme"])
    assert (gradients[gradients["precision"] == "float32"]["status"] == "ok").all()
    counts = table(run, "my_counts.csv")
    assert dict(zip(counts["precision"], counts["floats"], strict=True)) == {
        "float32": 3 * 2**23,
        "float8_e5m2": 12,
    }


def test_a_library_of_mine_is_judged_like_the_others(run: Path) -> None:
    ulps = table(run, "ulps.csv").set_index(["library", "precision"])
    mine, numpys = (ulps.loc[(name, "float8_e5m2")] for name in ("my_library", "numpy"))
    assert (mine["sample"], mine["points"]) == ("exhaustive", 251)  # one NaN of six
    assert mine["x"] == 2.0
    assert numpys["max_ulps"] <= 0.5
    assert mine["max_ulps"] == pytest.approx((np.exp(2) + 7) / 1.0)
    assert ulps.loc[("my_library", "float32"), "x"] == 2.0


def test_what_can_be_is_timed_in_a_fresh_process(run: Path) -> None:
    times = table(run, "timing.csv")
    mine = times[(times["scheme"] == "my_wide") & (times["precision"] == "float32")]
    assert list(mine["status"]) == ["ok", "ok"]  # on NumPy, and on the second one
    assert (mine["median_seconds"] > 0).all()


def test_everything_is_drawn_claimed_and_told(run: Path) -> None:
    names = {path.name for path in (run / "figures").iterdir()}
    assert {"my_figure.svg", "error-my_cube.png"} <= names
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "2 formats were counted by mine." in page
    assert "floats from low up to, but not, high" in page
    assert "A square of mine." in page
    assert "Three formats&#39; spacings at 1 add up to what they are." in page
    printed = command("table", "claims", str(run), "--with", str(MINE))
    assert printed.stdout.count("| held |") == 2, printed.stdout


def test_a_table_of_mine_is_printed_for_a_paper_and_a_figure_drawn(
    run: Path, tmp_path: Path
) -> None:
    printed = command("table", "my_counts", str(run), "--format", "latex", "--with", str(MINE))
    assert printed.returncode == 0, printed.stderr
    assert r"\toprule" in printed.stdout
    assert "float8\\_e5m2" in printed.stdout
    target = tmp_path / "mine.pdf"
    drawn = command("figure", "my_figure", str(run), "--with", str(MINE), "--out", str(target))
    assert drawn.returncode == 0, drawn.stderr
    assert target.read_bytes().startswith(b"%PDF")


def test_two_runs_of_mine_are_compared_and_judged(run: Path) -> None:
    gate = ["--fail-if", "my_counts.spacing > 1", "--fail-if", "missing.my_counts > 0"]
    done = command("compare", str(run), str(run), "--with", str(MINE), *gate)
    assert done.returncode == 0, done.stderr + done.stdout
    failed = command(
        "compare", str(run), str(run), "--with", str(MINE), "--fail-if", "my_counts.spacing >= 1"
    )
    assert failed.returncode == 1
    assert "gate failed: my_counts.spacing >= 1" in failed.stderr


def test_results_are_refused_with_a_sentence_where_the_file_is_not_given(run: Path) -> None:
    done = command("table", "best", str(run))
    assert done.returncode == 2
    assert "--with" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_file_can_be_given_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "plain.toml"
    path.write_text(STUDY.format(with_=""), encoding="utf-8")
    refused = command("run", str(path), "--out", str(tmp_path))
    assert refused.returncode == 2
    assert "no problem named 'my_cube'" in refused.stderr
    words = ["--no-figures", "--no-timing", "--problem", "my_cube", "--out", str(tmp_path)]
    done = command("run", str(path), "--with", str(MINE), *words, "--name", "short")
    assert done.returncode == 0, done.stderr
    assert bench_record(tmp_path / "short")["study"]["with"] == [str(MINE)]


def bench_record(folder: Path) -> dict[str, dict[str, object]]:
    import json

    found: dict[str, dict[str, object]] = json.loads((folder / "run.json").read_text())
    return found


def test_a_package_offers_the_same_by_an_entry_point(tmp_path: Path) -> None:
    wheel(tmp_path)
    done = command("list", "problems,experiments", path=tmp_path)
    assert "my_cube" in done.stdout
    assert "my_counting" in done.stdout
    limit = command("limit", "--problem", "my_cube", "--at", "1", path=tmp_path)
    assert limit.returncode == 0, limit.stderr
    assert "x³" in limit.stdout


def wheel(folder: Path) -> None:
    """An installed package, as an installer unpacks it: a module, and what it offers."""
    (folder / "my_package.py").write_text(MINE.read_text(encoding="utf-8"), encoding="utf-8")
    about = folder / "my_package-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[bench]\nmine = my_package\n")


@pytest.mark.slow
def test_what_the_file_adds_is_judged_by_the_laws() -> None:
    """The laws over the registries meet it like everything else."""
    files = [str(HERE / f"test_{name}.py") for name in LAWS]
    words = ["-p", "mine", "-p", "no:cacheprovider", "-n", "0", "-k", "my_ or my- or e5m2"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, *files],
        cwd=HERE.parent,
        env=os.environ | {"PYTHONPATH": str(HERE)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert int(done.stdout.rpartition(" passed")[0].split()[-1]) > 40


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 / 0\n", ", line 1: ZeroDivisionError: division by zero"),
        ("x = 1\nimport nowhere_at_all\n", ", line 2: ModuleNotFoundError: No module named"),
        ("def f(:\n", ", line 1: SyntaxError: invalid syntax"),
        (
            "from bench.problems import problem\n"
            "@problem('x', interval=(0, 1), difficulty='none', source='a test')\n"
            "def tanh(x, xp): return x\n",
            ", line 2: ValueError: there is already a problem named 'tanh'",
        ),
    ],
)
def test_a_file_with_a_mistake_is_told_with_its_line(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        doors.open_files([path])
    assert str(caught.value).startswith(f"file {path}{words}")


FIGURES = """
from matplotlib.figure import Figure
from bench.figures import figure

def nothing(selection):
    return ""

@figure(nothing)
def of_scipy(selection, size):
    "The normal density."
    import scipy.stats
    made = Figure()
    made.subplots().plot([0, 1], scipy.stats.norm.pdf([0, 1]))
    return made

@figure(nothing)
def of_mistakes(selection, size):
    "None."
    return 1 / 0
"""


def test_a_figure_may_use_what_it_likes_and_its_mistake_costs_no_table(tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    (tmp_path / "figures.py").write_text(FIGURES, encoding="utf-8")
    text = (
        'question = "Why?"\nwith = ["figures.py"]\nproblems = ["tanh"]\nschemes = ["central"]\n'
        'precisions = ["float32"]\npoints = 2\n[[figures]]\nkind = "of_scipy"\n'
        '[[figures]]\nkind = "of_mistakes"\n'
    )
    (tmp_path / "both.toml").write_text(text, encoding="utf-8")
    done = command("run", str(tmp_path / "both.toml"), "--out", str(tmp_path))
    assert done.returncode == 5, done.stderr
    assert (tmp_path / "both" / "figures" / "of_scipy.svg").is_file()
    assert (
        "! figure of_mistakes failed: figure of_mistakes failed at "
        f"{tmp_path / 'figures.py'}, line 19: ZeroDivisionError: division by zero"
    ) in done.stdout.splitlines()
    assert len(bench.load(tmp_path / "both").best) == 1
    assert (tmp_path / "both" / "report.html").is_file()


def test_no_file_of_the_package_names_what_the_file_adds() -> None:
    package = Path(bench.__file__).parent
    text = "".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    for name in ("my_cube", "my_quartic", "my_wide", "e5m2", "my-numpy", "my_figure", "my_counts"):
        assert name not in text
