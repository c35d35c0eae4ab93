from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import nan
from typing import Any

import mpmath
import numpy as np
import pytest
from typer.testing import CliRunner

from bench.arithmetic import backends
from bench.cli import app
from bench.doctor import (
    Question,
    arithmetic,
    exactly,
    examine,
    findings,
    functions,
    probes,
    products,
    surroundings,
    told,
    ulps,
)
from bench.doctor import (
    answer as doctors_answer,
)
from bench.doctor.machines import Machine, answered
from bench.doctor.readings import Probed
from bench.doctor.told import concern
from bench.formats import Format, formats
from bench.registry import InputError

Formula = Callable[..., Any]

all_precisions = pytest.mark.parametrize("precision", formats.values(), ids=list(formats))
exact_probes = pytest.mark.parametrize(
    "name", [name for name in probes if probes[name].ask and name not in functions.NAMES]
)


NUMPY = backends["numpy"]


@dataclass(frozen=True)
class Posing(Machine):
    """NumPy, but with other formulas in place of some, by the name of the formula."""

    planted: Mapping[str, Formula] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return "posing"

    def answers(self, questions: Sequence[Question]) -> list[Any]:
        swapped = [(self.planted.get(q.formula.__name__, q.formula), q.inputs) for q in questions]
        return answered(self.backend, swapped, self.device)


def posing(**planted: Formula) -> Machine:
    return Posing(NUMPY, "cpu", planted)


def in_numpy(question: Question) -> Any:
    return answered(NUMPY, [(question.formula, question.inputs)], "cpu")[0]


def found_by(name: str, machine: Machine) -> dict[str, Probed]:
    return {each.precision: each for each in findings([probes[name]], [machine])}


def fused(x: Any, y: Any) -> tuple[Any, Any]:
    """x^2 - fl(y^2) and fl(x^2) - y^2, each rounded once, in rationals."""
    kind = x.dtype.type

    def at(a: Any, b: Any) -> tuple[Any, Any]:
        a2, b2 = Fraction(float(a)) ** 2, Fraction(float(b)) ** 2
        left, right = Fraction(float(a * a)), Fraction(float(b * b))
        return kind(float(a2 - right)), kind(float(left - b2))

    pairs = [at(a, b) for a, b in zip(x, y, strict=True)]
    return np.array([p[0] for p in pairs], x.dtype), np.array([p[1] for p in pairs], x.dtype)


@pytest.mark.parametrize("name", ["float32", "float64"])
def test_a_machine_that_fuses_products_is_found_out(name: str) -> None:
    machine = posing(difference_of_squares=lambda xp, x, y: fused(x, y)[0])
    question = arithmetic.fused_products(formats[name])
    x, y = question.inputs
    expected = np.mean(fused(x, y)[0] != x * x - y * y)
    finding = found_by("fused products", machine)[name]
    assert finding.value == expected > 0.3
    assert finding.notable
    assert "jax-strict" in finding.advice


@pytest.mark.slow
def test_where_jax_does_not_round_products_its_answers_are_the_fused_ones() -> None:
    for name in ("float32", "float64"):
        question = arithmetic.fused_products(formats[name])
        (answer,) = answered(backends["jax"], [(question.formula, question.inputs)], "cpu")
        plain = in_numpy(question)
        first, second = fused(*question.inputs)
        assert np.all((answer == plain) | (answer == first) | (answer == second))


@all_precisions
def test_a_machine_that_multiplies_with_the_reciprocal_is_found_out(precision: Format) -> None:
    machine = posing(quotient=lambda xp, x, h: x * (1 / h).astype(x.dtype))
    x, h = arithmetic.scalar_division(precision).inputs
    share = np.mean(x * (1 / h).astype(x.dtype) != x / h)
    finding = found_by("scalar division", machine)[precision.name]
    assert finding.value == share
    assert finding.notable == (share > 0)
    assert share > 0 or precision.name != "float16"


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32"])
def test_a_machine_that_computes_in_float64_in_between_is_found_out(name: str) -> None:
    def wide(xp: Any, x: Any, y: Any) -> Any:
        up, small = x.astype(np.float64), y.astype(np.float64)
        return ((up + small) - up).astype(x.dtype)

    finding = found_by("excess precision", posing(there_and_back=wide))[name]
    assert finding.value is not None
    assert finding.value > 0.5


@all_precisions
def test_a_machine_that_rearranges_sums_is_found_out(precision: Format) -> None:
    finding = found_by("reassociation", posing(lost=lambda xp, x, y: x))[precision.name]
    assert finding.value == 1


@all_precisions
def test_excess_precision_is_not_taken_for_rearranged_sums(precision: Format) -> None:
    def wide(xp: Any, x: Any, y: Any) -> Any:
        middle = np.float64 if precision.name == "float32" else np.float32
        if precision.name == "float64":
            middle = np.longdouble
        big = y.astype(middle)
        return ((x.astype(middle) + big) - big).astype(x.dtype)

    finding = found_by("reassociation", posing(lost=wide))[precision.name]
    if precision.name != "float64" or np.finfo(np.longdouble).nmant < 80:
        assert finding.value == 0


@all_precisions
def test_a_machine_that_drops_nan_or_the_sign_of_zero_is_found_out(precision: Format) -> None:
    def fast(xp: Any, *inputs: Any) -> Any:
        found = arithmetic.specials(xp, *inputs)
        return np.where(np.isnan(found), np.zeros_like(found), found)

    def unsigned(xp: Any, *inputs: Any) -> Any:
        return arithmetic.specials(xp, *inputs) + inputs[1][0]

    share = np.mean(np.isnan(arithmetic.AS_IEEE_SAYS))
    assert found_by("NaN, inf and -0", posing(specials=fast))[precision.name].value == share > 0
    assert found_by("NaN, inf and -0", posing(specials=unsigned))[precision.name].notable


@all_precisions
def test_a_machine_that_flushes_subnormals_is_found_out(precision: Format) -> None:
    def flush(values: Any) -> Any:
        tiny = np.abs(values.astype(np.float64)) < precision.smallest_normal
        return np.where(tiny, np.zeros_like(values), values)

    def results(xp: Any, x: Any, tiny: Any, half: Any, two: Any) -> Any:
        return xp.concatenate([flush(x * half), tiny * two])

    def arguments(xp: Any, x: Any, tiny: Any, half: Any, two: Any) -> Any:
        return xp.concatenate([x * half, flush(tiny) * two])

    for planted in (results, arguments):
        finding = found_by("subnormals", posing(halves_and_doubles=planted))[precision.name]
        assert finding.value == 0.5
        assert finding.notable


def test_a_machine_that_shortens_the_factors_of_matrices_is_found_out() -> None:
    shorter = Format("tf32", 11, -126, 127, None, "the format of tensor cores")

    def tf32(xp: Any, a: Any, b: Any) -> Any:
        short = [np.ldexp(np.rint(np.ldexp(each.astype(float), 11)), -11) for each in (a, b)]
        assert all(
            np.max(abs(s - e)) <= shorter.unit_roundoff for s, e in zip(short, (a, b), strict=True)
        )
        return (short[0] @ short[1]).astype(a.dtype)

    machine = posing(by_default=tf32)
    found = found_by("matmul default", machine)
    assert found["float32"].notable
    assert found["float32"].value is not None
    assert 16 < found["float32"].value < 2.0**13
    assert not found_by("matmul highest", machine)["float32"].notable
    assert not found["float16"].notable


@exact_probes
@all_precisions
def test_numpy_rounds_operation_by_operation(name: str, precision: Format) -> None:
    machine = posing()
    finding = found_by(name, machine)[precision.name]
    if finding.unit == "share":
        assert finding.value == 0
    elif finding.value is not None:
        assert finding.value < products.LENGTH


def test_a_result_that_leaves_its_format_is_told() -> None:
    machine = posing(quotient=lambda xp, x, h: x.astype(np.float32) / h.astype(np.float32))
    finding = found_by("scalar division", machine)["bfloat16"]
    assert (finding.value, finding.found, finding.notable) == (None, "float32 comes back", True)
    assert "leaves its format" in finding.advice


every_function = pytest.mark.parametrize("name", functions.NAMES)


@every_function
@pytest.mark.parametrize("precision", ["float16", "float32", "float64"])
def test_errors_in_ulp_are_those_of_mpmath(name: str, precision: str) -> None:
    form = formats[precision]
    question = functions.ask(name, form, places=2**12)
    answer = in_numpy(question)
    worst = 0.0
    with mpmath.workprec(200):
        evaluate = mpmath.power if name == "pow" else getattr(mpmath, name)
        for *point, value in zip(*question.inputs, answer, strict=True):
            truth = evaluate(*(mpmath.mpf(float(each)) for each in point))
            spacing = mpmath.mpf(2) ** (mpmath.frexp(abs(truth))[1] - form.significand_bits)
            worst = max(worst, float(abs(mpmath.mpf(float(value)) - truth) / spacing))
    reading = question.judge(answer, answer)
    assert reading.value == pytest.approx(worst, rel=1e-12)
    assert (reading.differs, reading.places) == (0, len(answer))
    assert reading.notable == (worst > (0.5 if name == "sqrt" else 1))


def judged(name: str, precision: Format, places: int) -> tuple[ulps.Places, Any]:
    arguments = functions.arguments(precision, places)[: 2 if name == "pow" else 1]
    with np.errstate(all="ignore"):
        return ulps.Places(name, precision, arguments), getattr(np, name)(*arguments)


def by_balls_everywhere(places: ulps.Places, answer: Any) -> float:
    return float(np.max(places.ulps(answer, np.arange(len(answer)))))


@every_function
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_the_worst_place_on_a_screen_is_the_worst_of_all_by_balls(
    name: str, precision: str
) -> None:
    places, answer = judged(name, formats[precision], 2**15)
    assert len(answer) > ulps.IN_BALLS
    if ulps.wider(formats[precision]) is not None:
        assert places.worst(answer) == (by_balls_everywhere(places, answer), 2**15)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("place", [77, 2**19 + 1, 2**20 - 1])
def test_one_bad_answer_of_a_million_is_found(place: int, precision: str) -> None:
    form = formats[precision]
    places, answer = judged("log", form, 2**20)
    if ulps.wider(form) is None:
        pytest.skip("this machine has no floats wider than float64")
    before, count = places.worst(answer)
    answer[place] += 7 * form.ulp(answer[place]).astype(answer.dtype)
    worst = places.worst(answer)
    assert worst == (places.ulps(answer, np.array([place]))[0], count)
    assert before < 4 < 6 < worst[0]
    assert count == 2**20


def test_a_screen_that_balls_contradict_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    places, answer = judged("exp", formats["float32"], 2**15)
    good = ulps._truth(places, np.dtype(np.float64))
    monkeypatch.setattr(ulps, "_truth", lambda *_: (good[0] + good[1], good[1]))
    worst, count = places.worst(answer)
    assert 2**13 <= count < 2**14
    assert worst < 3


def test_balls_alone_judge_where_no_floats_are_wider(monkeypatch: pytest.MonkeyPatch) -> None:
    places, answer = judged("exp", formats["float64"], 2**15)
    monkeypatch.setattr(ulps, "IN_HARDWARE", 53)
    some = np.arange(0, 2**15, 4)
    assert places.worst(answer) == (float(np.max(places.ulps(answer, some))), 2**13)


def test_every_number_of_a_short_format_is_asked() -> None:
    for name, count in (("float16", 6145), ("bfloat16", 769)):
        x = functions.arguments(formats[name], 2**20)[0]
        bits = x.view(np.uint16)
        assert len(x) == count
        assert (float(x[0]), float(x[-1])) == (functions.LOW, functions.HIGH)
        assert np.all(np.diff(bits.astype(int)) == 1)


@every_function
def test_a_million_places_are_asked_and_told(name: str) -> None:
    found = found_by(name, posing())
    for precision, places in (("float16", 6145), ("bfloat16", 769), ("float32", 2**20)):
        assert found[precision].places == places
        assert f" ulp off in {places:,} places; 0.0% are not NumPy's" in found[precision].found


@all_precisions
def test_a_function_that_is_three_ulp_off_is_found_out(precision: Format) -> None:
    def off(xp: Any, x: Any) -> Any:
        good = np.exp(x)
        return precision.round(good.astype(np.float64) + 3 * precision.ulp(good))

    finding = found_by("exp", posing(exp_of=off))[precision.name]
    assert finding.value is not None
    assert 2.5 <= finding.value <= 6.5  # a binade higher the spacing is twice as wide
    assert finding.differs == 1
    assert finding.notable


def test_a_function_that_gives_nan_is_notable() -> None:
    machine = posing(sin_of=lambda xp, x: np.full_like(x, np.nan))
    finding = found_by("sin", machine)["float32"]
    assert finding.notable
    assert json.loads(told.as_json([finding]))[0]["value"] is None


@all_precisions
def test_rationals_are_rounded_as_the_format_rounds_them(precision: Format) -> None:
    random = np.random.default_rng(3)
    low, high = precision.lowest_exponent - 2, min(precision.max_exponent, 1000)
    values = random.uniform(1, 2, 300) * 2.0 ** random.uniform(max(low, -1070), high, 300)
    values = np.concatenate([values, -values, [0.0, 1.0, 1 + precision.unit_roundoff]])
    found = [float(exactly.nearest(precision, Fraction(value))) for value in values.tolist()]
    assert found == precision.round(values).astype(np.float64).tolist()
    third = float(exactly.nearest(precision, Fraction(1, 3)))
    assert third == float(precision.dtype.type(1) / precision.dtype.type(3))


def clock_of(*steps: float) -> Callable[[], float]:
    """A clock that moves by these steps in turn, for ever."""

    def times() -> Iterator[float]:
        now, i = 0.0, 0
        while True:
            yield now
            now, i = now + steps[i % len(steps)], i + 1

    ticking = times()
    return lambda: next(ticking)


def test_the_clock_is_as_coarse_as_its_smallest_step() -> None:
    assert surroundings.tick(clock_of(0, 0, 0.25)) == 0.25
    assert surroundings.tick(clock_of(0.5, 0.125, 0.25)) == 0.125


def test_the_noise_floor_is_how_far_the_same_call_is_from_itself() -> None:
    equal = surroundings.ratio_of_a_to_a(lambda: None, clock_of(1.0))
    # of four readings the first two time A, the others B
    apart = surroundings.ratio_of_a_to_a(lambda: None, clock_of(1.0, 1.0, 1.5, 1.0))
    assert (equal, apart) == (0.0, 0.5)


def test_jax_makes_32_bits_of_a_float64_unless_told() -> None:
    import jax

    assert surroundings.width_by_default() == 32
    with jax.enable_x64(True):
        assert surroundings.width_by_default() == 64


@pytest.mark.slow
def test_a_quick_examination_compiles_a_third_and_finds_the_same() -> None:
    quick = examine("cpu", ("numpy", "jax"), quick=True)
    asked = [each for each in quick if each.backend == "jax" and each.precision]
    everything = [each for each in probes.values() if each.ask]
    assert 3 * len(asked) <= 4 * len(everything) + 4
    assert {each.probe for each in asked} >= {"scalar division", "fused products", "subnormals"}
    able = ["numpy", *(name for name in backends if name != "numpy")]
    everywhere = examine("cpu", names=("scalar division",))
    assert list(dict.fromkeys(each.backend for each in everywhere)) == able
    one = examine("cpu", ("jax",), ("scalar division",))
    same = [each for each in quick if (each.probe, each.backend) == ("scalar division", "jax")]
    assert one == same


def test_a_backend_that_is_not_what_it_should_be_is_a_finding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(device: str) -> None:
        raise InputError("backend jax-strict is not strict on this machine")

    backend = backends["jax-strict"]
    refusing = Machine(replace(backend, check=refuse), "cpu")
    numpy = Machine(NUMPY, "cpu")
    found = findings([probes["scalar division"]], [numpy, refusing])
    refused = [each for each in found if each.backend == "jax-strict"]
    assert [(each.probe, each.found) for each in refused] == [
        ("cannot run", "backend jax-strict is not strict on this machine")
    ]
    assert len(found) == 5
    assert "cannot run" in str(told.sheets(found))


@pytest.mark.slow
def test_jax_strict_is_strict_where_jax_is_not() -> None:
    names = ("scalar division", "fused products", "jax-strict holds")
    found = examine("cpu", ("jax-strict",), names)
    assert {each.probe for each in found} == set(names)
    assert [each.value for each in found] == [0.0] * 9


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0%"), (1e-9, "<1%"), (0.435, "44%"), (0.999, "99%"), (1, "100%")]
)
def test_a_share_is_never_told_as_none_or_all_if_it_is_not(share: float, text: str) -> None:
    assert told.percent(share) == text


def doctor(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["doctor", *words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--device", "tpu"], "option 'device' is 'tpu'; allowed: 'cpu' or 'gpu'"),
        (["--device", "gpu", "--backend", "jax-strict"], "backend jax-strict cannot run on device 'gpu'; allowed: cpu"),
        (["--backend", "torch"], f"no backend named 'torch'; known: {', '.join(sorted(backends))}"),
        (["--probe", "fma"], "no probe named 'fma'; `bench list probes` has all"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_a_mistake_is_told_in_one_line(words: list[str], message: str) -> None:
    assert doctor(*words) == (2, "", f"bench: {message}\n")


def test_a_gpu_that_is_not_there_is_told() -> None:
    import jax

    if any(device.platform == "gpu" for device in jax.devices()):
        pytest.skip("this machine has a GPU")
    told_ = "bench: no device named 'gpu' here; jax sees: cpu\n"
    assert doctor("--device", "gpu") == (2, "", told_)


@pytest.mark.slow
def test_the_doctor_tells_every_probe_on_every_backend() -> None:
    code, shown, _ = doctor("--json")
    assert code == 0
    found = [Probed(**each) for each in json.loads(shown)]
    assert {each.probe for each in found} == set(probes)
    per_format = [(each.probe, each.backend, each.precision) for each in found if each.precision]
    asked = [name for name, each in probes.items() if each.ask]
    assert per_format == [(p, b, f) for p in asked for b in _backends() for f in formats]
    assert all(each.advice and each.found for each in found)
    text = str(told.sheets(found))
    assert all(name in text for name in [*probes, *backends, *formats])


def _backends() -> list[str]:
    return list(dict.fromkeys(("numpy", *backends)))


def test_the_table_names_probe_backend_and_advice() -> None:
    code, shown, _ = doctor("--backend", "numpy,jax", "--probe", "subnormals,clock")
    assert code == 0
    for words in ("subnormals", "numpy", "jax", "float16", "100% !", "clock", "what to do"):
        assert words in shown
    assert probes["subnormals"].advice in shown


def a_share(probe: str, backend: str, precision: str, value: float | None) -> Probed:
    words = "float32 comes back" if value is None else f"{value:.1%} are others"
    notable = value != 0
    return Probed(probe, backend, "cpu", precision, value, "share", None, words, notable, "look")


def an_error(probe: str, backend: str, precision: str, value: float) -> Probed:
    return Probed(probe, backend, "cpu", precision, value, "ulp", 0.0, "", value > 1, "look")


def around(probe: str, backend: str, *, notable: bool) -> Probed:
    return Probed(probe, backend, "cpu", "", 1.0, "ratio", None, "", notable, "look")


CLEAN = [a_share("sums", "numpy", "float32", 0.0), an_error("exp", "numpy", "float32", 0.6)]
OTHERS = [
    a_share("sums", "jax", "float16", 0.25),
    a_share("sums", "jax", "float32", 0.75),
    a_share("quotients", "jax", "float32", None),
    an_error("exp", "jax", "float32", 1.5),
    an_error("log", "jax", "float64", 2.25),
]


@pytest.mark.parametrize(
    ("found", "sentences"),
    [
        (
            CLEAN,
            [
                "Arithmetic: nothing found on numpy.",
                "Functions: off by up to 0.60 ulp on numpy (exp in float32).",
                "None of 2 probes has anything to tell.",
            ],
        ),
        (
            [*CLEAN, *OTHERS, around("clock", "numpy", notable=True)],
            [
                "Arithmetic: nothing found on numpy; sums on jax (75%), quotients on jax (float32 "
                "comes back).",
                "Functions: off by up to 0.60 ulp on numpy (exp in float32), 2.25 ulp on jax (log "
                "in float64).",
                "5 of 5 probes have something to tell (!): also clock.",
            ],
        ),
        (
            [Probed("cannot run", "jax-strict", "cpu", "", None, "", None, "", True, ""), *CLEAN],
            [
                "jax-strict cannot run here.",
                "Arithmetic: nothing found on numpy.",
                "Functions: off by up to 0.60 ulp on numpy (exp in float32).",
                "None of 2 probes has anything to tell.",
            ],
        ),
        (
            [around("clock", "numpy", notable=True), around("x64", "numpy", notable=False)],
            ["1 of 2 probes has something to tell (!): also clock."],
        ),
        (
            [an_error("exp", "numpy", "float16", 0.5), an_error("exp", "numpy", "float32", nan)],
            ["Functions: off by up to nan ulp on numpy (exp in float32).", "None of 1 probes has anything to tell."],
        ),
    ],
    ids=["nothing", "much", "refused", "only around", "nan"],
)  # fmt: skip
def test_an_examination_comes_to_sentences(found: list[Probed], sentences: list[str]) -> None:
    assert doctors_answer.sentences(found) == sentences


def test_the_doctor_begins_with_the_answer_and_what_to_do() -> None:
    code, shown, _ = doctor("--backend", "numpy,jax", "--probe", "subnormals,log")
    assert code == 0
    lines = shown.splitlines()
    assert lines[0] == "Arithmetic: nothing found on numpy; subnormals on jax (100%)."
    assert lines[1].startswith("Functions: off by up to ")
    assert lines[2].startswith("2 of 2 probes have something to tell (!).")
    assert lines[4] == "what to do (!)"
    places = "6,145 in float16, 769 in bfloat16, 1,048,576 in float32, 1,048,576 in float64"
    if ulps.wider(formats["float64"]) is not None:
        assert f"places judged: {places}" in lines


def test_a_run_is_told_what_concerns_its_backends_and_formats_alone() -> None:
    def found(backend: str, precision: str, notable: bool = True, probe: str = "exp") -> Probed:
        return Probed(probe, backend, "cpu", precision, 1.0, "ulp", None, "", notable, "look")

    seen = [
        found("numpy", "float32"),
        found("numpy", "float64"),
        found("numpy", "float16"),
        found("jax", "float32"),
        found("numpy", "bfloat16", notable=False),
        found("numpy", "", probe="noise of timing"),
    ]
    assert concern(seen, ["numpy"], ["float32", "float64", "bfloat16"]) == (
        "this machine: exp, noise of timing on numpy: bench doctor says what to do"
    )
    assert concern(seen, ["numpy", "jax"], ["float32"]) == (
        "this machine: exp, noise of timing on numpy or jax: bench doctor says what to do"
    )
    assert concern(seen, ["jax"], ["float64"]) == ""


def test_a_run_is_told_of_few_probes_by_name() -> None:
    seen = [
        Probed(f"probe {i}", "jax", "cpu", "float32", 1.0, "ulp", None, "", True, "look")
        for i in range(12)
    ]
    assert concern(seen, ["jax"], ["float32"]) == (
        "this machine: probe 0, probe 1, probe 2, probe 3, probe 4, probe 5, probe 6, probe 7 "
        "and 4 more on jax: bench doctor says what to do"
    )
