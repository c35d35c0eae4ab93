"""Names: misses, spellings, order; what is registered in every process, and from files."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.arithmetic import backends
from bench.claims import measures
from bench.cli.lists import LISTS
from bench.doctor import probes
from bench.experiments import experiments
from bench.experiments.descents import optimizers
from bench.experiments.ulps import functions, libraries
from bench.figures import figure_kinds
from bench.formats import formats
from bench.problems import problems
from bench.processes import Process
from bench.registry import (
    InputError,
    Registry,
    UnknownName,
    _registries,
    doors,
    misses,
    outside,
    registry_at,
    spelled,
)
from bench.registry.misses import miss
from bench.schemes import schemes
from bench.values import Value


@dataclass(frozen=True)
class Fruit:
    colour: str
    home: str = ""


@pytest.fixture
def fruit() -> Registry[Fruit]:
    registry = Registry("fruit", Fruit, "test_registry:none", home=lambda item: item.home)
    for name, colour in {"apple": "green", "black_cherry": "black", "pear": "yellow"}.items():
        registry.add(name, Fruit(colour))
    return registry


def test_a_miss_names_the_closest_and_all_that_are_known(fruit: Registry[Fruit]) -> None:
    with pytest.raises(UnknownName) as caught:
        fruit["aple"]
    assert str(caught.value) == (
        "no fruit named 'aple' (did you mean 'apple'?); known: apple, black_cherry, pear"
    )


def test_a_miss_that_is_close_to_nothing_names_all_that_are_known(fruit: Registry[Fruit]) -> None:
    with pytest.raises(UnknownName) as caught:
        fruit["zzz"]
    assert str(caught.value) == "no fruit named 'zzz'; known: apple, black_cherry, pear"


def test_a_miss_among_many_names_the_nearest_three_and_where_all_are() -> None:
    many = [f"central_{i}" for i in range(100)]
    assert miss("scheme", "central_1x", many) == (
        "no scheme named 'central_1x' (did you mean 'central_1', 'central_91' or 'central_81'?); "
        "`bench list schemes` has all"
    )
    assert miss("scheme", "mylib", many) == (
        "no scheme named 'mylib'; `bench list schemes` has all, and `--with mine.py` adds one of "
        "yours"
    )
    assert miss("study", "mylib", many) == "no study named 'mylib'; `bench list studies` has all"


def test_a_miss_among_many_that_are_listed_nowhere_names_the_nearest() -> None:
    many = [f"leaf_{i}" for i in range(100)]
    assert miss("leaf", "leaf_7x", many) == (
        "no leaf named 'leaf_7x' (did you mean 'leaf_7', 'leaf_97' or 'leaf_87'?); 100 are known"
    )
    assert miss("leaf", "zzz", many) == (
        "no leaf named 'zzz'; 100 are known, the nearest: leaf_99, leaf_98, leaf_97"
    )


def test_the_lists_that_a_miss_refers_to_are_known_to_bench_list() -> None:
    assert {*misses.LISTS.values(), "functions"} == set(LISTS)


@pytest.mark.parametrize("registry", _registries, ids=lambda each: each.kind)
@pytest.mark.parametrize("name", ["zzz", "centrl", "x" * 199, "a b " * 49])
def test_no_refusal_of_an_unknown_name_is_longer_than_300_letters(
    registry: Registry[Value], name: str
) -> None:
    for wrong in (name, *(f"{each}_x" for each in registry)):
        with pytest.raises(UnknownName) as caught:
            registry[wrong]
        assert len(str(caught.value)) <= 300, str(caught.value)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("no file a\nb\x1b[31m", "no file a\\nb\\x1b[31m"),
        ("no file \udcff, \u202egnp", "no file \\udcff, \\u202egnp"),
        (f"no problem named '{'xy ' * 100}'", f"no problem named '{('xy ' * 20)[:-1]}...{' xy' * 6} '"),
        ("x² − 4x ≥ 0, « ☃ »", "x² − 4x ≥ 0, « ☃ »"),
        (f"no file {'/x' * 1000} to read", f"no file {'/x' * 30}...{'/x' * 10} to read"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_whatever_it_quotes(said: str, told: str) -> None:
    assert str(InputError(said)) == told
    assert str(UnknownName(said)) == told


@pytest.mark.parametrize("spelling", ["black_cherry", "Black-Cherry", " BLACK_CHERRY "])
def test_case_and_hyphens_do_not_matter(fruit: Registry[Fruit], spelling: str) -> None:
    assert fruit[spelling] == Fruit("black")
    assert spelling in fruit


def test_a_name_is_refused_twice(fruit: Registry[Fruit]) -> None:
    with pytest.raises(ValueError, match="there is already a fruit named 'Apple'"):
        fruit.add("Apple", Fruit("red"))
    assert fruit["apple"] == Fruit("green")


def test_order_does_not_depend_on_which_module_was_imported_first(
    fruit: Registry[Fruit],
) -> None:
    homes = {"mine": "a_file", "second": "bench.b", "first": "bench.a"}
    for name, home in homes.items():
        fruit.add(name, Fruit("red", home))
    assert list(fruit)[:2] == ["first", "second"]
    fruit.add("late", Fruit("red", "bench.aa"))  # once it was looked at
    assert list(fruit)[:3] == ["first", "late", "second"]


REGISTRIES: dict[str, Registry[Value]] = {
    "backends": backends,
    "experiments": experiments,
    "elementary functions": functions,
    "figures": figure_kinds,
    "formats": formats,
    "libraries": libraries,
    "measures": measures,
    "optimizers": optimizers,
    "probes": probes,
    "problems": problems,
    "schemes": schemes,
}
each_registry = pytest.mark.parametrize("registry", REGISTRIES.values(), ids=list(REGISTRIES))


@each_registry
def test_a_registry_is_found_where_it_says_that_it_is(registry: Registry[Value]) -> None:
    assert registry_at(registry._at) is registry


@each_registry
def test_what_is_registered_is_pickled_by_name_and_comes_back_as_itself(
    registry: Registry[Value],
) -> None:
    assert registry
    theirs = outside(registry)  # functions of other tests: their files may be gone
    for name, item in registry.items():
        if name in theirs:
            continue
        written = pickle.dumps(item)
        assert pickle.loads(written) is item, name
        assert len(written) < 250, name


def test_a_noisy_problem_comes_back_equal_to_itself() -> None:
    noisy = problems["exp_sin"].with_noise(1e-6, 3)
    again = pickle.loads(pickle.dumps(noisy))
    assert again == noisy
    assert again.formula is noisy.formula


def test_a_copy_that_nobody_registered_is_not_pickled() -> None:
    narrow = replace(formats["float16"], name="narrow", significand_bits=9)
    message = "^precision 'narrow' is not registered: another process does not know it$"
    with pytest.raises(InputError, match=message):
        pickle.dumps(narrow)


MINE = '''"""Mine."""
from bench.experiments.descents import optimizer
from bench.formats import Format, formats
from bench.problems import problem
from bench.schemes import scheme

@problem("x³", interval=(1.0, 2.0), difficulty="none", source="a test")
def cube_of_mine(x, xp):
    """A cube."""
    return x * x * x

@scheme(order=1, source="a test")
def forward_of_mine(f, x, h):
    """A forward difference."""
    return (f(x + h) - f(x)) / h

@optimizer("half", source="a test")
def half_of_mine(gradient, memory, t, arithmetic):
    """Half of the gradient."""
    return gradient / 2, memory
'''
OF_MINE: dict[str, Registry[Value]] = {
    "cube_of_mine": problems,
    "forward_of_mine": schemes,
    "half_of_mine": optimizers,
}


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(doors, "_files", {})
    path = tmp_path / "mine.py"
    path.write_text(MINE, encoding="utf-8")
    doors.open_files([path])
    yield path
    for name, registry in OF_MINE.items():
        registry.discard(name)


def slope(problem: Value, scheme: Value, optimizer: Value) -> tuple[float, str]:
    return float(scheme(lambda x: problem(x, None), 1.0, 0.5)), str(optimizer.summary)


@pytest.mark.usefixtures("mine")
def test_what_a_file_registers_is_known_in_every_process() -> None:
    process = Process("a test")
    items = [registry[name] for name, registry in OF_MINE.items()]
    try:
        assert process.call(slope, *items) == (4.75, "Half of the gradient.")
    finally:
        process.stop()


def test_a_process_that_runs_already_learns_of_files_that_are_opened_later(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(doors, "_files", {})
    process = Process("a test")
    try:
        assert process.call(abs, -1) == 1
        path = tmp_path / "later.py"
        path.write_text(MINE, encoding="utf-8")
        doors.open_files([path])
        items = [registry[name] for name, registry in OF_MINE.items()]
        assert process.call(slope, *items) == (4.75, "Half of the gradient.")
    finally:
        process.stop()
        for name, registry in OF_MINE.items():
            registry.discard(name)


def test_a_file_that_failed_can_be_mended_and_opened_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(doors, "_files", {})
    before = [list(registry) for registry in OF_MINE.values()]
    path = tmp_path / "mine.py"
    path.write_text(f"{MINE}\n1 / 0\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"line 22: ZeroDivisionError: division by zero$"):
        doors.open_files([path])
    assert [list(registry) for registry in OF_MINE.values()] == before
    path.write_text(MINE, encoding="utf-8")
    doors.open_files([path])
    for name, registry in OF_MINE.items():
        assert name in registry
        registry.discard(name)


def test_a_file_is_opened_once(mine: Path) -> None:
    doors.open_files([mine, str(mine), mine.parent / "of" / ".." / mine.name])
    files = [arguments for call, arguments in doors.opened() if call is doors.open_files]
    assert str(files).count(str(mine)) == 1
    assert "cube_of_mine" in problems


@pytest.mark.usefixtures("mine")
def test_a_process_that_did_not_open_the_file_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    written = pickle.dumps(problems["cube_of_mine"])
    home = problems["cube_of_mine"].formula.__module__
    monkeypatch.delitem(sys.modules, home)
    problems.discard("cube_of_mine")
    with pytest.raises(InputError) as caught:
        pickle.loads(written)
    assert str(caught.value) == (
        f"problem 'cube_of_mine' is registered by {home}, which another process cannot import "
        f"(No module named '{home.partition('.')[0]}'); allowed: a file given with --with, or a module on the path"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\ny = 1 / 0\n", ", line 2: ZeroDivisionError: division by zero"),
        ("x = 1\n\nx = = 2\n", ", line 3: SyntaxError: invalid syntax"),
        (
            "from bench.formats import formats\nformats.add('float32', None)\n",
            ", line 2: ValueError: there is already a precision named 'float32'",
        ),
        (
            "from bench.problems import problem\n\n"
            "@problem('x', interval=(1.0,), kinks=(float('nan'),), difficulty='', source='')\n"
            "def bad(x, xp):\n    return x\n",
            ", line 3: ValueError: problem 'bad': (1.0, nan) is not within (-inf, inf)",
        ),
        (
            "import no_such_module\n",
            ", line 1: ModuleNotFoundError: No module named 'no_such_module'",
        ),
    ],
)
def test_a_mistake_in_a_file_is_one_sentence_with_its_line(
    text: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        doors.open_files([path])
    assert str(caught.value) == f"file {path}{message}"
    assert str(path) not in str(doors.opened())


def test_a_file_that_is_not_there_or_no_python_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^no file none\.py to take problems, schemes \.\. from$"):
        doors.open_files(["none.py"])
    text = tmp_path / "mine.txt"
    text.write_text("x = 1")
    message = f"file {text} is no Python: allowed: a file whose name ends in .py"
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        doors.open_files([text])


def test_an_installed_package_registers_by_an_entry_point(
    monkeypatch: pytest.MonkeyPatch, fruit: Registry[Fruit]
) -> None:
    point = SimpleNamespace(module="grove.kiwis", load=lambda: fruit.add("kiwi", Fruit("green")))
    monkeypatch.setattr(doors, "_packages_open", False)
    monkeypatch.setattr(doors, "entry_points", lambda group: [point] if group == "bench" else [])
    assert "kiwi" in fruit
    assert len([name for name in fruit if name == "kiwi"]) == 1


def test_a_package_that_fails_is_told_at_every_look(
    monkeypatch: pytest.MonkeyPatch, fruit: Registry[Fruit]
) -> None:
    point = SimpleNamespace(name="mine", value="mine:all", load=lambda: 1 / 0)
    monkeypatch.setattr(doors, "_packages_open", False)
    monkeypatch.setattr(doors, "entry_points", lambda group: [point])
    for _ in range(2):
        with pytest.raises(InputError) as caught:
            list(fruit)
        assert str(caught.value) == (
            "what an installed package offers as mine = mine:all (entry points, group bench) "
            "fails: ZeroDivisionError: division by zero"
        )


def test_names_are_there_once_where_a_module_was_imported_before_the_first_look() -> None:
    script = (
        "import bench.figures.kinds.error\n"
        "from bench.figures import figure_kinds\n"
        "print(figure_kinds.names().count('error'))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("1\n", "")


@pytest.mark.parametrize(
    ("number", "text"),
    [(64, "64"), (1234567, "1234567"), (1e-8, "1e-08"), (1.0000001e-8, "1.0000001e-08")],
)
def test_a_number_is_spelled_so_that_it_reads_back(number: float, text: str) -> None:
    assert spelled(number) == text


@pytest.mark.parametrize(
    "name", ["", " ", "=1+1", "-x", "+x", "@x", "'x", "a\x1b[31m", "a ", "a\n"]
)
def test_a_name_that_cannot_be_shown_or_stored_is_refused(name: str) -> None:
    with pytest.raises(InputError) as caught:
        formats.add(name, formats["float32"])
    assert str(caught.value) == (
        f"a precision is named {name!r}; allowed: letters and signs that print, "
        "the first a letter, a digit or _"
    )
    assert name not in list(formats)
