"""The studies that come with bench: cut to what their claims speak of, every claim holds."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

import bench
from bench.experiments.ulps import libraries
from bench.schemes import schemes
from bench.study import Claim, Settings, Study
from bench.study.names import find
from bench.study.reading import FOLDER, load, names

# read as text: a study opens its files, and laws run over what is registered
claiming = [
    name
    for name in names()
    if "claims" in tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
]


def _several(names: object) -> list[str]:
    return list(names) if isinstance(names, list | tuple) else [str(names)]


def _missing(claim: Claim) -> bool:
    """Whether a scheme or a library that a claim speaks of is not installed."""
    chosen = find("scheme", [n for n in spoken_of([claim], "scheme") if n != "f"] or ["central"])
    asked = spoken_of([claim], "library") or ["numpy"]
    return any(schemes[n].missing() for n in chosen if n in schemes) or any(
        libraries[n].missing("cpu") for n in asked
    )


SWEPT = (None, "accuracy", "curves", "best")  # the tables of the sweep along the steps


TIMES = ("seconds", "median_seconds", "ratio_to_f")


def timed(study: Study) -> bool:
    """Whether times are taken: of one study, for those of gradients take as long as all others."""
    return study.name == "timing"


def named(claims: Iterable[Claim], axis: str) -> list[str]:
    """What claims speak of on an axis; nothing where one of them speaks of all."""
    every = [spoken_of([claim], axis) for claim in claims]
    return [name for each in every for name in each] if all(every) else []


def spoken_of(claims: Iterable[Claim], axis: str) -> list[str]:
    """The names on an axis that claims choose rows by."""
    parts = [part for claim in claims for part in (claim.where, claim.of, claim.over)]
    return [name for part in parts if axis in part for name in _several(part[axis])]


def cut(study: Study) -> Study:
    """The study, small enough for a test: what no claim speaks of is left out."""
    smaller = {
        name: tuple(CUT[name](each) if name in CUT else each for each in several)
        for name, several in study.experiments.items()
        if name != "timing" or timed(study)
    }
    measured = [claim for claim in study.claims if claim.measure != "wrong_weights"]
    swept = [claim for claim in measured if claim.table in SWEPT]
    spoken = named(swept, "scheme")
    changed: dict[str, Any] = {
        "points": 8 if study.name == "overview" else study.points,
        "experiments": smaller,
        "schemes": _those(study.schemes, find("scheme", spoken) if spoken else ()),
        "precisions": _those(study.precisions, named(measured, "precision")),
    }
    if study.name == "race":
        changed["problems"] = tuple(
            n for n in study.problems if n.startswith(("nd_", "fd_", "exp_sin"))
        )
    return study.model_copy(update=changed)


def _those(every: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Of all names those that are wanted; all of them where none is."""
    return tuple(name for name in every if name in wanted) or tuple(every)


def cut_times(settings: Settings) -> Settings:
    return settings.model_copy(update={"sizes": (1, 10_000, 100_000), "processes": 1})


UNCLAIMED = ("jvp", "forward", "central", "complex_step", "adaptive")  # of a race
NETWORK = ("forward", "complex_step")  # of which no claim speaks at so many parameters


def cut_gradients(settings: Any) -> Settings:
    race, network = len(settings.schemes) > 9, settings.problems == ("mlp",)
    left_out = ("jacfwd", "directional") + (UNCLAIMED if race else NETWORK if network else ())
    large = not race or {"chain", "log_sum_exp_n"} & {*settings.problems}
    update = {
        "sizes": tuple(n for n in settings.sizes if n <= (1027 if large else 100)),
        "problems": tuple(f for f in settings.problems if f != "logistic_regression"),
        "schemes": tuple(s for s in settings.schemes if s not in left_out),
        "points": 1 if race else settings.points,
    }
    return settings.model_copy(update=update)


def cut_points(settings: Any) -> Settings:
    return settings.model_copy(update={"points": 2**14})


CUT = {"timing": cut_times, "gradients": cut_gradients, "ulps": cut_points}


@pytest.mark.slow
@pytest.mark.parametrize("name", claiming)
def test_every_claim_of_every_study_holds(name: str) -> None:
    """Whether a claim about times holds is for a quiet machine to say."""
    study = cut(load(name))
    found = bench.run(study, timing=timed(study)).record.verdicts
    of_times = {"held", "refuted"} if timed(study) else {"not measured"}
    allowed = {
        claim.says: of_times if claim.column in TIMES else {"held"} for claim in study.claims
    }
    for claim in study.claims:  # a library that is not installed has no rows
        if _missing(claim):
            allowed[claim.says] |= {"not measured"}
    wrong = [each for each in found if each.outcome not in allowed[each.says]]
    assert wrong == []
    assert len(found) == len(study.claims)


def test_every_claim_names_its_source_and_each_study_asks_a_question() -> None:
    for name in claiming:
        assert load(name).question.endswith("?")
        assert all(claim.source and claim.says.endswith(".") for claim in load(name).claims)


def test_most_studies_end_in_a_claim() -> None:
    assert len(claiming) >= 10
