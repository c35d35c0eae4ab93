"""Studies from TOML files: read, checked, and each mistake told with its line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bench.registry import InputError, canonical, doors, found_at, registry_at, unknown
from bench.study import Claim, Figure, InTable, Own, Study, owned
from bench.study.claims import EXPERIMENTS

_PACKAGE = Path(__file__).parent.parent
FOLDER = _PACKAGE / "studies"
if not FOLDER.is_dir():  # a checkout keeps the studies beside the package, a wheel inside it
    FOLDER = _PACKAGE.parent / "studies"


HIDDEN = ("name", "files", "experiments")  # fields of a study that its file says otherwise


def names() -> list[str]:
    """The names of the studies that come with bench."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(study: str | Path) -> Study:
    """Read a study by its name or from a TOML file.

    Files that it names under `with`, relative to its own folder, are opened first. Raises
    InputError, naming the file and the line or key, what was found and what is allowed.
    """
    path = Path(study)
    if path.suffix != ".toml" or not path.stem.strip("."):
        by_spelling = {canonical(name): name for name in names()}
        if canonical(str(study)) not in by_spelling:
            raise unknown("study", str(study), names())
        path = FOLDER / f"{by_spelling[canonical(str(study))]}.toml"
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        raise InputError(f"study file {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"study file {path}: it is not text in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"study file {path}: not valid TOML: {error}") from None
    except ValueError:  # Python reads no number of thousands of digits
        raise InputError(f"study file {path}: it holds a number that is too long") from None
    except RecursionError:
        raise InputError(f"study file {path}: its brackets are nested too deeply") from None
    try:
        key = next((name for name in HIDDEN if name in data), "with")
        if key in HIDDEN:
            raise unknown("key", key, _keys(Study))
        _open(data.get("with", ()), path.parent)
        key = "functions"
        data |= _functions(data, path.parent)
        key = "with"
        return Study.model_validate(data | {"name": path.stem})
    except ValidationError as error:
        line = _line(text, _first(error)[0])
        raise InputError(f"study file {path}: {line}{describe(error)}") from None
    except InputError as error:
        raise InputError(f"study file {path}: {_line(text, (key,))}{error}") from None


def _open(files: object, folder: Path) -> None:
    if isinstance(files, list) and all(isinstance(each, str) for each in files):
        doors.open_files(folder / each for each in files)


def _functions(data: Mapping[str, object], folder: Path) -> dict[str, object]:
    """What the functions of the user's that a study names add to it: they are problems of it.

    Those of JAX run on JAX, if nothing else is said.
    """
    given = data.get("functions", ())
    if not isinstance(given, list) or not given:
        return {}
    formats = data.get("precisions")
    mine = _Functions.model_validate({"functions": owned(given)}).functions
    chosen = formats if isinstance(formats, list) else None
    several = len(mine) > 1 or bool(data.get("problems"))
    found = [found_at(OPEN)(each, folder, chosen, several) for each in mine]
    on_jax = [each for each in found if each.needs == "jax"]
    others = data.get("problems", [])
    if not isinstance(others, list):
        return {}  # is refused for what it is
    backends = {"backends": ["jax"]} if on_jax and "backends" not in data else {}
    return {"problems": [*(each.name for each in found), *others], **backends}


class _Functions(BaseModel):
    """The functions of a study, which are opened before the rest of it is read."""

    functions: tuple[Own, ...]


OPEN = "bench.programs.opening:open_own"


def _models() -> dict[str, type[BaseModel]]:
    """The models of the tables of a study, by the name of their key."""
    asked = {n: each.settings for n, each in registry_at(EXPERIMENTS).items() if each.settings}
    return {"figures": Figure, "claims": Claim, "functions": Own, **asked}


def _keys(table: type[BaseModel]) -> list[str]:
    if table is not Study:
        return sorted(table.model_fields)
    return sorted({*Study.model_fields, *_models(), "with"} - {*HIDDEN})


def _first(error: ValidationError) -> tuple[tuple[int | str, ...], ErrorDetails]:
    """Where the first mistake is, as the file spells it, and what pydantic says of it."""
    first = error.errors()[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, InTable):
        inner = cause.error.errors()[0]
        return (cause.name, cause.index, *inner["loc"]), inner
    return first["loc"], first


def _line(text: str, location: tuple[int | str, ...]) -> str:
    """`line N: ` of a key in a study file; nothing for a key that is not there."""
    lines = text.splitlines()
    start, key = 0, location[0] if location else ""
    if key in _models() and len(location) > 1 and isinstance(location[1], int):
        opening = (f"[[{key}]]", f"[{key}]")
        headers = [i for i, line in enumerate(lines) if line.partition("#")[0].strip() in opening]
        if int(location[1]) >= len(headers):
            return ""
        start = headers[int(location[1])]
        key = location[2] if len(location) > 2 else lines[start].strip()
    for number, line in enumerate(lines[start:], start + 1):
        if line.partition("=")[0].strip().strip("'\"") == str(key):
            return f"line {number}: "
    return ""


def describe(error: ValidationError) -> str:
    """The first mistake of a study in one sentence: the key, what was found, what is allowed."""
    location, first = _first(error)
    inner = [name for name in location[1:] if isinstance(name, str)]
    models = _models()
    table: type[BaseModel] = Study
    key = str(location[0]) if location else "study"
    if key in models and inner:
        table, key = models[key], inner[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, InputError):
        return f"key {key!r}: {cause}"
    if first["type"] == "extra_forbidden" and key not in models:
        return str(unknown("key", key, _keys(table)))
    aliases = {str(field.alias): field for field in table.model_fields.values()}
    field = table.model_fields.get(key) or aliases.get(key)
    allowed = field.description if field is not None else f"a table [{key}]"
    if first["type"] == "missing":
        return f"key {key!r} is missing; allowed: {allowed}"
    return f"key {key!r} is {_found(first['input'])}; allowed: {allowed}"


def _found(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def check_figures(study: Study) -> None:
    """InputError where a figure shows only what the study has not."""
    for figure in study.figures:
        for axis in ("problems", "schemes"):
            wanted = getattr(figure, axis)
            if wanted and not set(wanted) & set(getattr(study, axis)):
                raise InputError(
                    f"figure {figure.kind!r} shows the {axis} "
                    f"{', '.join(wanted)}, of which the study has none; "
                    f"allowed: {', '.join(getattr(study, axis))}"
                )
