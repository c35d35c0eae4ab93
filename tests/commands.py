"""Command lines: every command and option, with values that are right, wrong and odd, by a seed."""

from __future__ import annotations

from random import Random
from typing import Any

import typer

from bench.cli import app

ODD_TEXTS = [
    *(
        "",
        " ",
        ",",
        " , ,",
        "☃",
        "a" * 5000,
        "None",
        "*",
        "--",
        "-",
        "~",
        "%s",
        "{0}",
        "'",
        "[red]",
    ),
    *("x\ny", "x\rz", "\x1b[31mred", "\x07", "\u202egnp", "\udcff", "\ufeff", "e\u0301", "\x7f"),
]
SHORT = [text for text in ODD_TEXTS if len(text) < 100]  # what typer repeats in full
NUMBERS = ["0", "1", "2", "-1", "1.5", "1e-3", "1e400", "1e-400", "nan", "inf", "-inf", "1/0"]
NUMBERS += [
    "９",
    "0x10",
    "1_0",
    "+1",
    " 1",
    "9" * 30,
    "9" * 5000,
    "-" + "9" * 400,
    "1e",
    "true",
    "",
]
STEPS = ["-3:0", "0:-3", "auto", "AUTO", "-9999:0", "-3:99999999", "3", ":", "-3:", "a:b", "-3:0:1"]
STEPS += ["9" * 5000 + ":1", "-1:0.5", "", "☃:1", "nan:inf", "0:0"]
INPUTS = [
    "results/small",
    "results/broken",
    "results/old",
    "results",
    "missing",
    "study.toml",
    ".",
    "",
]
INPUTS += ["a" * 300, "x/" * 2500, "x\ny", "exp:1", "s3:/x", "~", "/dev/null", "\udcff", "\x1b[31m"]
OUTPUTS = [
    "out",
    "out/deep/er",
    "study.toml",
    "study.toml/x",
    "folder",
    "folder/in",
    "results/small",
]
OUTPUTS += ["a" * 300, "x\ny", "exp:1", "s3:/x", "~", "", " ", "\udcff", "\x1b[31m", "/proc/none"]
STUDIES = ["calculus", "overview", "CALCULUS", "calculs", "study.toml", "./study.toml", "bad.toml"]
STUDIES += [
    "...toml",
    ".toml",
    "missing.toml",
    "folder",
    "folder.toml",
    "study",
    "results/small",
    "",
]
FILES = ["mine.py", "broken.py", "leaves.py", "study.toml", "folder", "missing.py", "", "\udcff.py"]
GATES = [
    "error > 1",
    "digits_lost>0.3",
    "bitwise < 1",
    "missing > 0",
    "missing",
    "> 1",
    "error => 1",
]
GATES += ["error > nan", "error > 1e999", "eror > 1", "☃ < 1", "error > " + "9" * 5000, "", ","]
FORMATS = ["markdown", "latex", "csv", "table", "json", "svg", "pdf", "png", "SVG", "docx", "", "☃"]
VALUES = {
    "study": STUDIES,
    "results": INPUTS,
    "old": INPUTS,
    "new": INPUTS,
    "out": OUTPUTS,
    "name": ["mine", "a b", "ü", "a/b", "..", ".", "a" * 300, "-x", "run.json", "x\ny", "", "~"],
    "files": FILES,
    "fail_if": GATES,
    "format": FORMATS,
    "steps": STEPS,
    "size": ["one-column", "slide", "SLIDE", "poster", "", "☃"],
    "device": ["cpu", "CPU", "gpu", "tpu", "", ",", "☃"],
    "what": ["gates", "sizes,figures", "problems", "colours", "", ",", "measures", "STUDIES"],
    "probe": ["clock", "x64", "CLOCK", "clok", "", ",", "x64,clock", "☃"],
    "f": ["sin(x)/x", "abs(x)", "1/x", "sn(x)", "x.y", "9**9**9", "(" * 500, "x\0", "quadratic"],
    "problem": ["quadratic", "exp_sin", "cubc", "", ",", "smooth,", "absolute"],
}
NUMBERED = {"points", "seed", "noise", "processes", "at", "item_seconds", "item_gib"}
KINDS = {"figure": ["error", "anatomy", "eror", "", "☃"], "table": ["best", "claims", "bst", ","]}
SMALL = {  # what keeps a run quick: it comes last, and adds to what stands before
    "run": ["--no-figures", "--no-timing", "--problem", "quadratic", "--scheme", "forward"],
    "doctor": ["--backend", "numpy", "--probe", "clock"],
}
QUICK = {
    "scheme": ["central", "forward"],
    "backend": ["numpy"],
    "precision": ["float16", "float64"],
}
COMMANDS = ("run", "report", "figure", "table", "limit", "compare", "doctor", "list")


def line(rng: Random) -> list[str]:
    """A command line, which may be right or wrong in several ways."""
    name = rng.choice(COMMANDS)
    words = [name, *_arguments(rng, name)]
    for _ in range(rng.choice([0, 1, 1, 2, 2, 3])):
        words += _option(rng, name)
    if rng.random() < 0.04:
        words = [rng.choice([*SHORT, "rum", "--help", "--version", "--verbose"]), *words[1:]]
    return words + _small(rng, name, words)


def _small(rng: Random, name: str, words: list[str]) -> list[str]:
    if name == "doctor" and _has(words, "--backend") and _has(words, "--probe"):
        return []
    small = SMALL.get(name, [])
    return small + (["--points", "1"] if name == "run" and not _has(words, "--points") else [])


def _has(words: list[str], option: str) -> bool:
    return any(word.partition("=")[0] == option for word in words)


def _parameters(name: str, kind: str) -> list[Any]:
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    context = command.make_context(name, [], resilient_parsing=True)
    return [each for each in command.get_params(context) if each.param_type_name == kind]


def _arguments(rng: Random, name: str) -> list[str]:
    """A value for each argument; now and then one too few or too many."""
    found = [_value(rng, name, each) for each in _parameters(name, "argument")]
    if rng.random() < 0.1:
        return found[:-1]
    return [*found, "more"] if rng.random() < 0.03 else found


def _option(rng: Random, name: str) -> list[str]:
    """An option with a value, without one, or one that there is not."""
    chosen = rng.choice(_parameters(name, "option"))
    spelled = rng.choice([*chosen.opts, *chosen.secondary_opts])
    if rng.random() < 0.03:
        return [rng.choice(["--", "-", "--no-such", "--=", f"{spelled}s", spelled[:-1], "-z"])]
    if chosen.is_flag or rng.random() < 0.02:
        return [spelled]
    value = _value(rng, name, chosen)
    return [f"{spelled}={value}"] if rng.random() < 0.3 else [spelled, value]


def _value(rng: Random, command: str, parameter: Any) -> str:
    """A value for a parameter: mostly of what it is for, at times of anything."""
    name = parameter.name
    if rng.random() < 0.1:
        return rng.choice([*ODD_TEXTS, *NUMBERS])
    if name == "kind":
        return rng.choice(KINDS[command])
    if name in NUMBERED:
        return rng.choice(NUMBERS)
    return rng.choice([*VALUES.get(name, []), *_known(rng, name)] or [*ODD_TEXTS, *NUMBERS])


def _known(rng: Random, axis: str) -> list[str]:
    """Names on an axis, as they are, misspelt, and several in one text."""
    if axis not in QUICK:
        return []
    one, other = rng.choice(QUICK[axis]), rng.choice(QUICK[axis])
    return [one, f"{one},{other}", one.upper(), one[:-1], f",{one},", f"{one} ", f"{one},,nothing"]
