from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bench
from bench.arithmetic import backends
from bench.claims import measures
from bench.experiments.accuracy.cases import Block, block_of, items, points
from bench.formats import formats
from bench.problems import problems
from bench.registry import InputError, registry_at
from bench.running import check
from bench.schemes import schemes
from bench.study import FIGURES, StepRange, Study, narrow
from bench.study.reading import load, names

FIGURE_KINDS = tuple(sorted(registry_at(FIGURES).names()))
NAMED = ("problem", "scheme", "precision", "backend", "device", "status")


def blocks(study: Study) -> list[Block]:
    """The points and steps of each item of a study."""
    return [block_of(item) for item in items(study)]


each_study = pytest.mark.parametrize("name", names())


@each_study
def test_every_study_loads_and_states_its_question(name: str) -> None:
    study = load(name)
    assert study.name == name
    assert study.question.endswith("?")
    assert list(blocks(study))


@each_study
def test_every_study_names_only_what_is_known(name: str) -> None:
    study = load(name)
    assert check(study)  # raises InputError for a claim that names what is not known
    assert {each.kind for each in study.figures} <= set(FIGURE_KINDS)


def test_a_figure_of_what_the_study_has_not_is_refused() -> None:
    figure = {"kind": "descent", "problems": ["bowl"]}
    study = Study(question="Why?", problems=["mlp"], figures=[figure])
    with pytest.raises(InputError) as refused:
        bench.run(study)
    assert str(refused.value) == (
        "figure 'descent' shows the problems bowl, of which the study has none; allowed: mlp"
    )


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


GOOD = 'question = "Why?"\n'
HIDDEN = {"name", "files", "experiments"}
TABLES = {"timing", "blame", "gradients", "descents", "ulps", "exhaustive"}
KEYS = ", ".join(sorted({*Study.model_fields, *TABLES, "with"} - HIDDEN))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('question = "Why?', "not valid TOML: Unterminated string (at end of document)"),
        ("question = ", "not valid TOML: Invalid value (at end of document)"),
        ("[a\nb = 1", "not valid TOML: Expected ']' at the end of a table declaration (at line 1, column 3)"),
        ("points = 3\n", "key 'question' is missing; allowed: a sentence that asks"),
        (GOOD + "point = 3\n", f"line 2: no key named 'point' (did you mean 'points'?); known: {KEYS}"),
        (GOOD + 'name = "x"\n', f"line 2: no key named 'name' (did you mean 'blame'?); known: {KEYS}"),
        (GOOD + 'with = []\nfiles = ["x.py"]\n', f"line 3: no key named 'files' (did you mean 'figures'?); known: {KEYS}"),
        (GOOD + '[[figures]] # one\nkind = "pie"\n', f"line 3: key 'kind': no figure named 'pie'; known: {', '.join(FIGURE_KINDS)}"),
        (GOOD + "points = 0\n", "line 2: key 'points' is 0; allowed: an integer from 1 to 100000, or a list of numbers"),
        (GOOD + 'points = "many"\n', "line 2: key 'points' is 'many'; allowed: an integer from 1 to 100000, or a list of numbers"),
        (GOOD + "points = [nan]\n", "line 2: key 'points': a point is nan; allowed: finite numbers"),
        (GOOD + "points = []\n", "line 2: key 'points': points is empty; allowed: a number of points or a list of them"),
        (GOOD + "steps = [0.1, 0.0]\n", "line 2: key 'steps': a step is 0.0; allowed: finite and greater than 0"),
        (GOOD + "steps = [-0.1]\n", "line 2: key 'steps': a step is -0.1; allowed: finite and greater than 0"),
        (GOOD + "steps = [nan]\n", "line 2: key 'steps': a step is nan; allowed: finite and greater than 0"),
        (GOOD + "steps = [inf]\n", "line 2: key 'steps': a step is inf; allowed: finite and greater than 0"),
        (GOOD + "steps = []\n", "line 2: key 'steps': steps is empty; allowed: 'auto', 'LOW:HIGH' or a list of steps"),
        (GOOD + "points = [true]\n", "line 2: key 'points' is [True]; allowed: an integer from 1 to 100000, or a list of numbers"),
        (GOOD + 'points = ["1"]\n', "line 2: key 'points' is ['1']; allowed: an integer from 1 to 100000, or a list of numbers"),
        (GOOD + "steps = [true]\n", "line 2: key 'steps' is [True]; allowed: 'auto', 'LOW:HIGH' with exponents of 2, or a list of numbers"),
        (GOOD + 'steps = ["1e-3"]\n', "line 2: key 'steps' is ['1e-3']; allowed: 'auto', 'LOW:HIGH' with exponents of 2, or a list of numbers"),
        (GOOD + "steps = { low = true, high = 3 }\n", "line 2: key 'steps' is {'low': True, 'high': 3}; allowed: 'auto', 'LOW:HIGH' with exponents of 2, or a list of numbers"),
        (GOOD + 'noise = "0.1"\n', "line 2: key 'noise' is '0.1'; allowed: a list of relative levels, 0 for none"),
        (GOOD + "noise = [true]\n", "line 2: key 'noise' is True; allowed: a list of relative levels, 0 for none"),
        (GOOD + 'timing = "true"\n', "line 2: key 'timing' is 'true'; allowed: true or false"),
        (GOOD + 'steps = "3"\n', "line 2: key 'steps': steps is '3'; allowed: LOW:HIGH, two integer exponents of 2, such as -30:0"),
        (GOOD + 'steps = "0:-9"\n', "line 2: key 'steps': steps is 0:-9; allowed: LOW:HIGH with LOW not above HIGH"),
        (GOOD + 'steps = "-9999:0"\n', "line 2: key 'steps': steps is -9999:0; allowed: exponents from -1074 to 1023"),
        (GOOD + 'device = "tpu"\n', "line 2: key 'device' is 'tpu'; allowed: 'cpu' or 'gpu'"),
        (GOOD + "seed = -1\n", "line 2: key 'seed' is -1; allowed: an integer, 0 or larger"),
        (GOOD + 'schemes = "central"\n', "line 2: key 'schemes' is 'central'; allowed: a list of names"),
        (GOOD + "schemes = []\n", "line 2: key 'schemes': no scheme is chosen; `bench list schemes` has all"),
        (GOOD + 'precisions = ["float8"]\n', "line 2: key 'precisions': no precision named 'float8' (did you mean 'float64'?); known: bfloat16, float16, float32, float64"),
        (GOOD + '[[figures]]\nkind = "pie"\n', f"line 3: key 'kind': no figure named 'pie'; known: {', '.join(FIGURE_KINDS)}"),
        (GOOD + '[[figures]]\nkind = "error"\n[[figures]]\nkind = "error"\n', "key 'figures': two figures have the file name 'error'; give each a name"),
        (GOOD + '[[figures]]\nkind = "error"\nsize = 3\n', "line 4: no key named 'size'; known: kind, name, problems, schemes"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_study_file_is_told_in_one_sentence(
    tmp_path: Path, text: str, message: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        load(path)
    assert str(caught.value) == f"study file {path}: {message}"


def test_a_study_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path / "none.toml")
    assert str(caught.value) == f"study file {tmp_path / 'none.toml'}: No such file or directory"


def test_an_unknown_study_lists_the_known_ones() -> None:
    with pytest.raises(InputError) as caught:
        load("overveiw")
    assert str(caught.value) == (
        "no study named 'overveiw' (did you mean 'overview'?); `bench list studies` has all"
    )


@pytest.mark.parametrize("steps", ["auto", "-10:-2", [0.1, 0.01]])
def test_steps_can_be_automatic_powers_of_two_or_a_list(tmp_path: Path, steps: Any) -> None:
    value = f'"{steps}"' if isinstance(steps, str) else steps
    study = load(written(tmp_path, GOOD + f"steps = {value}\n"))
    expected = {"auto": "auto", "-10:-2": StepRange(low=-10, high=-2)}
    assert study.steps == (expected[steps] if isinstance(steps, str) else (0.1, 0.01))


# --- the way to TOML and back ------------------------------------------------------------------


def toml(value: Any) -> str:
    """A value as TOML writes it, tables in one line."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case dict():
            pairs = (f"{json.dumps(k)} = {toml(v)}" for k, v in value.items() if v is not None)
            return f"{{ {', '.join(pairs)} }}"
        case list() | tuple():
            return f"[{', '.join(map(toml, value))}]"
    return repr(value)


def some(names: Iterable[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(sorted(names)), min_size=1, max_size=5)


positive = st.floats(0, exclude_min=True, allow_infinity=False)
number = st.floats(allow_nan=False, allow_infinity=False)
exponents = st.tuples(st.integers(-1074, 1023), st.integers(-1074, 1023)).map(sorted)
text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
axis_values = st.dictionaries(st.sampled_from(NAMED), st.one_of(text, some(["a", "b"])), max_size=2)
figures = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(FIGURE_KINDS),
            "name": st.from_regex(r"[a-z][a-z0-9_.-]{3,9}", fullmatch=True),
        },
        optional={"problems": some(problems), "schemes": some(schemes)},
    ),
    max_size=3,
    unique_by=lambda figure: figure["name"],
)
NEEDED = {"column": "error", "expected": [1, 2], "against": "h", "offsets": [0, 1]}


def claim_by(measure: str) -> st.SearchStrategy[dict[str, Any]]:
    """Claims of one measure, with what it needs."""
    needed = {name: st.just(NEEDED[name]) for name in measures[measure].needs}
    return st.fixed_dictionaries(
        {"says": text, "measure": st.just(measure), "at_least": number, **needed},
        optional={"where": axis_values, "of": axis_values, "source": text},
    )


claims = st.lists(st.sampled_from(sorted(measures)).flatmap(claim_by), max_size=2)
timing = st.fixed_dictionaries(
    {"sizes": st.lists(st.integers(1, 10**7), min_size=1, max_size=4)},
    optional={
        "schemes": some(schemes),
        "processes": st.integers(1, 100),
        "budget_seconds": positive,
    },
)
MANY = [name for name, each in problems.items() if each.variables.step]
SIZES_OF_ALL = [n for n in range(1, 200) if all(n in problems[name].variables for name in MANY)]
gradients = st.fixed_dictionaries(
    {
        "problems": some(MANY),
        "sizes": st.lists(st.sampled_from(SIZES_OF_ALL), min_size=1, max_size=4),
    },
    optional={"schemes": some(schemes), "points": st.integers(1, 100)},
)
studies = st.fixed_dictionaries(
    {"question": text},
    optional={
        "problems": some([*problems, "smooth", "hard"]),
        "schemes": some([*schemes, "stencils"]),
        "precisions": some(formats),
        "backends": some(backends),
        "autodiff_backends": some(backends),
        "device": st.sampled_from(["cpu", "gpu"]),
        "points": st.one_of(
            st.integers(1, 10**5), st.lists(number, min_size=1, max_size=4, unique=True)
        ),
        "steps": st.one_of(
            st.just("auto"),
            exponents.map(lambda ends: {"low": ends[0], "high": ends[1]}),
            st.lists(positive, min_size=1, max_size=4),
        ),
        "seed": st.integers(0, 2**63 - 1),
        "noise": st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=3),
        "timing": timing,
        "gradients": st.lists(gradients, max_size=1),
        "figures": figures,
        "claims": claims,
    },
)


@settings(max_examples=40, deadline=None)
@given(axes=studies)
def test_a_study_survives_the_way_to_toml_and_back(
    tmp_path_factory: pytest.TempPathFactory, axes: dict[str, Any]
) -> None:
    study = Study.model_validate(axes | {"name": "mine"})
    dumped = study.model_dump()
    dumped |= {"timing": dumped["experiments"].get("timing", ({},))[0]}
    dumped |= {"gradients": dumped["experiments"].get("gradients", ())}
    lines = [f"{key} = {toml(dumped[key])}" for key in axes]
    path = written(tmp_path_factory.mktemp("studies"), "\n".join(lines) + "\n")
    assert load(path) == study


# --- narrowing -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "name"),
    [
        ({}, "overview"),
        ({"precisions": ("float32",)}, "overview-float32"),
        ({"precisions": ("FLOAT32", "float16")}, "overview-float16-float32"),
        ({"problems": ("exp_sin",), "schemes": ("central",)}, "overview-exp_sin-central"),
        ({"points": 8, "seed": 3}, "overview-points8-seed3"),
        ({"steps": {"low": -30, "high": 0}}, "overview-steps-30to0"),
        ({"backends": ("jax",)}, "overview-jax"),
        ({"device": "gpu"}, "overview-jax-gpu"),
        ({"problems": ("hard",), "schemes": ("autodiff",)}, "overview-hard-autodiff"),
        ({"steps": (0.1, 0.01)}, "overview-steps0.1-0.01"),
        ({"steps": (0.5, 0.4, 0.3, 0.2, 0.1)}, "overview-5steps-803bde2b"),
        ({"points": (0.5, 0.75)}, "overview-points0.5-0.75"),
        ({"seed": 0}, "overview"),
        ({"precisions": ("float64", "float32", "bfloat16", "float16")}, "overview"),
    ],
)
def test_a_narrowed_study_has_a_name_of_its_own(flags: dict[str, Any], name: str) -> None:
    assert narrow(load("overview"), **flags).name == name


def test_a_name_is_whole_up_to_59_letters_and_ends_in_a_number_that_stands_for_it_beyond() -> None:
    narrowed = {"steps": (0.5, 0.25)}
    ending = "-steps0.5-0.25"
    for letters in (59, 60, 200):
        study = load("overview").model_copy(update={"name": "s" * (letters - len(ending))})
        name = narrow(study, **narrowed).name
        whole = study.name + ending
        assert len(whole) == letters
        number = f"{zlib.crc32(whole.encode()):08x}"
        assert name == (whole if letters == 59 else f"{whole[:50].rstrip('-')}-{number}")
        assert len(name) <= 59


def test_names_of_two_narrowed_runs_differ_however_long_they_are() -> None:
    chosen = [tuple(list(problems)[:i]) for i in range(2, 5)]
    found = {
        narrow(
            load("overview"), problems=each, schemes=("central8", "forward2", "ridders"), seed=12345
        ).name
        for each in chosen
    }
    assert len(found) == len(chosen)
    assert max(map(len, found)) <= 59


def test_a_backend_is_for_autodiff_too() -> None:
    chosen = narrow(load("overview"), backends=("jax-eager",))
    assert chosen.backends == chosen.autodiff_backends == ("jax-eager",)


def test_a_mistake_in_an_option_names_it() -> None:
    with pytest.raises(InputError) as caught:
        narrow(load("overview"), points=0)
    assert str(caught.value) == (
        "option 'points' is 0; allowed: an integer from 1 to 100000, or a list of numbers"
    )


# --- points and steps ------------------------------------------------------------------------


def test_the_same_reals_are_rounded_to_every_format() -> None:
    f = problems["exp_sin"]
    double = points(f, formats["float64"], 64, seed=0)
    single = points(f, formats["float32"], 64, seed=0)
    assert len(double) == len(single) == 64
    assert np.array_equal(single, np.unique(formats["float32"].round(double).astype(float)))


@pytest.mark.parametrize("precision", formats.values(), ids=list(formats))
def test_points_are_seeded_distinct_exact_and_inside(precision: Any) -> None:
    for f in problems.values():
        if not f.formula.__module__.startswith("bench."):  # a study's own may fit one format only
            continue
        found = points(f, precision, 40, seed=5)
        assert np.array_equal(found, points(f, precision, 40, seed=5))
        assert np.array_equal(found, np.unique(found))
        assert np.array_equal(found, precision.round(found).astype(float))
        assert np.all(f.domain.contains(found))
        assert set(f.kinks) <= set(found)


def test_another_seed_gives_other_points() -> None:
    f, single = problems["exp_sin"], formats["float32"]
    assert not np.array_equal(points(f, single, 9, seed=1), points(f, single, 9, seed=2))


def test_a_narrowed_run_has_the_points_of_the_whole_one() -> None:
    study = load("overview")
    for part in blocks(narrow(study, problems=("tanh",), precisions=("float16",))):
        whole = [
            b.x
            for b in blocks(study)
            if b.problem.name == "tanh"
            and b.precision.name == "float16"
            and b.backend.name == part.backend.name
        ]
        assert np.array_equal(whole[0], part.x)


def test_a_point_outside_the_domain_is_refused() -> None:
    study = Study(question="?", problems=["log_near_zero"], points=[0.5, -1.0])
    with pytest.raises(InputError) as caught:
        list(blocks(study))
    assert str(caught.value) == (
        "point -1 is outside the domain of log_near_zero; allowed: (0, inf)"
    )


def test_a_point_that_overflows_in_the_format_is_refused() -> None:
    study = Study(question="?", problems=["quadratic"], precisions=["float16"], points=[1e6])
    with pytest.raises(InputError) as caught:
        list(blocks(study))
    assert str(caught.value) == (
        "a point of quadratic is inf in float16; allowed: finite and within (-inf, inf)"
    )


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([1e6, 1.0], "step 1e+06 is not finite in float16; allowed: up to 65504"),
        ({"low": -3, "high": 16}, "step 2^16 is not finite in float16; allowed: up to 2^15"),
    ],
)
def test_a_step_that_is_not_finite_in_the_format_is_refused(steps: Any, message: str) -> None:
    study = Study(question="?", precisions=["float16"], steps=steps)
    with pytest.raises(InputError) as caught:
        list(blocks(study))
    assert str(caught.value) == message


def test_a_step_that_rounds_to_zero_stays() -> None:
    study = Study(
        question="?", problems=["quadratic"], schemes=["forward"], precisions=["float16"],
        steps=[0.1, 1e-9],
    )  # fmt: skip
    (block,) = blocks(study)
    assert block.h.tolist() == [float(np.float16(0.1)), 0.0]


def test_steps_that_round_to_the_same_float_are_one_case() -> None:
    study = Study(
        question="?", problems=["quadratic"], schemes=["forward"], precisions=["float32"],
        steps=[0.1, 0.1, 0.10000000001, 0.5],
    )  # fmt: skip
    (block,) = blocks(study)
    assert block.h.tolist() == [float(np.float32(0.1)), 0.5]
    assert np.array_equal(block.log2_steps, [np.nan, -1.0], equal_nan=True)


def test_automatic_steps_do_not_depend_on_how_many_points_are_sampled() -> None:
    few, many = (
        list(blocks(Study(question="?", precisions=["float32"], points=n))) for n in (1, 64)
    )
    assert all(np.array_equal(a.h, b.h) for a, b in zip(few, many, strict=True))


def test_the_default_study_is_large_enough() -> None:
    study = narrow(load("overview"), precisions=("float32",))
    found = list(blocks(study))
    smooth = {b.problem.name for b in found if not b.problem.hard}
    sizes = (len(b.x) * (len(b.h) if s.has_step else 1) for b in found for s in b.schemes)
    rows = sum(sizes)
    assert len(smooth) >= 10
    assert len(study.schemes) >= 12
    assert min(len(b.x) for b in found) >= 64
    assert min(len(b.h) for b in found if len(b.h)) >= 40
    assert rows >= 250_000


def test_numbers_of_a_study_survive_the_way_to_json_and_back() -> None:
    study = load("calculus")
    again = Study.model_validate(study.model_dump(mode="json"))
    assert again == study
    assert all(math.isfinite(h) for h in again.steps if not isinstance(again.steps, str))
