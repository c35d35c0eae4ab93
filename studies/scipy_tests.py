"""Functions that SciPy 1.17 tests `scipy.differentiate.derivative` with, where its tests do.

Of the 119 distributions whose density it takes as the slope of the cumulative distribution those
are here whose formula is elementary, each 0.1 beyond its median. Their parameters are the nearest
quotients of numbers up to 256, which every format holds: to 2e-4 those of SciPy.
"""

from __future__ import annotations

from collections.abc import Callable

from bench.problems import Domain, Formula, Problem, problem
from bench.values import Namespace, Value

TAGS = ("scipy_tests",)
SOURCE = "SciPy 1.17, scipy/differentiate/tests/test_differentiate.py"
ERF = (*TAGS, "not_analytic")  # NumPy's erf takes no complex numbers
POSITIVE = Domain(low=0.0)


def at(
    x: float, label: str, domain: Domain = Domain(), tags: tuple[str, ...] = TAGS
) -> Callable[[Formula], Problem]:
    """Register a function that is differentiated at one point and nowhere else."""
    return problem(
        label, interval=(x, x), domain=domain, difficulty="none", source=SOURCE, tags=tags
    )


def between(
    low: float, high: float, label: str, tags: tuple[str, ...] = TAGS
) -> Callable[[Formula], Problem]:
    """Register a function that is differentiated at points of an interval."""
    return problem(label, interval=(low, high), difficulty="none", source=SOURCE, tags=tags)


def number(n: int, x: Value) -> Value:
    """An integer in the arithmetic of x."""
    return 0 * x + n


def pi(x: Value, xp: Namespace) -> Value:
    """The number π in the arithmetic of x."""
    return 4 * xp.arctan(number(1, x))


def normal(x: Value, xp: Namespace) -> Value:
    """The cumulative normal distribution."""
    return (1 + xp.erf(x / xp.sqrt(number(2, x)))) / 2


@between(-0.05, 1.05, "Φ(x)", tags=ERF)
def sp_ndtr(x: Value, xp: Namespace) -> Value:
    """The cumulative normal distribution, as `scipy.special.ndtr`."""
    return normal(x, xp)


@between(0.0, 2.0, "eˣ")
def sp_exp(x: Value, xp: Namespace) -> Value:
    """The exponential."""
    return xp.exp(x)


@between(1.0, 4.0, "x²")
def sp_square(x: Value, xp: Namespace) -> Value:
    """The square."""
    return x**2


@between(1.0, 4.0, "x³")
def sp_cube(x: Value, xp: Namespace) -> Value:
    """The cube."""
    return x**3


@at(0.0, "x")
def sp_itself(x: Value, xp: Namespace) -> Value:
    """x itself, at 0."""
    return 1 * x


@at(0.0, "sin 3x")
def sp_sine(x: Value, xp: Namespace) -> Value:
    """Three waves, at 0."""
    return xp.sin(3 * x)


@at(0.0, "x + sin 10x")
def sp_wavy_line(x: Value, xp: Namespace) -> Value:
    """A line with waves, at 0."""
    return x + xp.sin(10 * x)


@at(0.0, "sin(20x) (x − 1)²")
def sp_damped_wave(x: Value, xp: Namespace) -> Value:
    """Fast waves that fade, at 0."""
    return xp.sin(20 * x) * (x - 1) ** 2


@at(0.1, "Cauchy distribution")
def sp_cauchy(x: Value, xp: Namespace) -> Value:
    """The cumulative Cauchy distribution."""
    return xp.arctan(x) / pi(x, xp) + number(1, x) / 2


@at(0.7931471805599453, "exponential distribution", POSITIVE)
def sp_expon(x: Value, xp: Namespace) -> Value:
    """The cumulative exponential distribution."""
    return 1 - xp.exp(-x)


@at(1.1, "log-logistic distribution", POSITIVE)
def sp_fisk(x: Value, xp: Namespace) -> Value:
    """The cumulative log-logistic distribution."""
    return 1 / (1 + xp.exp(-108 * xp.log(x) / 35))


@at(0.4733123212357061, "generalised extreme value distribution", Domain(low=-10.0))
def sp_genextreme(x: Value, xp: Namespace) -> Value:
    """The cumulative generalised extreme value distribution."""
    return xp.exp(-1 / (1 + x / 10) ** 10)


@at(-1.3770689062892134, "generalised logistic distribution")
def sp_genlogistic(x: Value, xp: Namespace) -> Value:
    """The cumulative generalised logistic distribution."""
    return xp.exp(-103 * xp.log(1 + xp.exp(-x)) / 250)


@at(0.8177346253629315, "generalised Pareto distribution", POSITIVE)
def sp_genpareto(x: Value, xp: Namespace) -> Value:
    """The cumulative generalised Pareto distribution."""
    return 1 - 1 / (1 + x / 10) ** 10


@at(1.1, "Gibrat distribution", POSITIVE, tags=ERF)
def sp_gibrat(x: Value, xp: Namespace) -> Value:
    """The cumulative Gibrat distribution."""
    return normal(xp.log(x), xp)


@at(0.6490471627619191, "Gompertz distribution", POSITIVE)
def sp_gompertz(x: Value, xp: Namespace) -> Value:
    """The cumulative Gompertz distribution."""
    return 1 - xp.exp(-18 * (xp.exp(x) - 1) / 19)


@at(-0.2665129205816643, "left Gumbel distribution")
def sp_gumbel_l(x: Value, xp: Namespace) -> Value:
    """The cumulative left Gumbel distribution."""
    return 1 - xp.exp(-xp.exp(x))


@at(0.4665129205816644, "right Gumbel distribution")
def sp_gumbel_r(x: Value, xp: Namespace) -> Value:
    """The cumulative right Gumbel distribution."""
    return xp.exp(-xp.exp(-x))


@at(1.0999999999999999, "half Cauchy distribution", POSITIVE)
def sp_halfcauchy(x: Value, xp: Namespace) -> Value:
    """The cumulative half Cauchy distribution."""
    return 2 * xp.arctan(x) / pi(x, xp)


@at(1.1986122886681096, "half logistic distribution", POSITIVE)
def sp_halflogistic(x: Value, xp: Namespace) -> Value:
    """The cumulative half logistic distribution."""
    return xp.tanh(x / 2)


@at(0.7744897501960817, "half normal distribution", POSITIVE, tags=ERF)
def sp_halfnorm(x: Value, xp: Namespace) -> Value:
    """The cumulative half normal distribution."""
    return xp.erf(x / xp.sqrt(number(2, x)))


@at(0.0999999999999999, "hyperbolic secant distribution")
def sp_hypsecant(x: Value, xp: Namespace) -> Value:
    """The cumulative hyperbolic secant distribution."""
    return 2 * xp.arctan(xp.exp(x)) / pi(x, xp)


@at(1.1352490781532432, "inverse Weibull distribution", POSITIVE)
def sp_invweibull(x: Value, xp: Namespace) -> Value:
    """The cumulative inverse Weibull distribution."""
    return xp.exp(-xp.exp(-201 * xp.log(x) / 19))


@at(0.1, "Laplace distribution", POSITIVE)
def sp_laplace(x: Value, xp: Namespace) -> Value:
    """The cumulative Laplace distribution."""
    return 1 - xp.exp(-x) / 2


@at(2.2981093383177327, "Lévy distribution", POSITIVE, tags=ERF)
def sp_levy(x: Value, xp: Namespace) -> Value:
    """The cumulative Lévy distribution."""
    return 1 - xp.erf(1 / xp.sqrt(2 * x))


@at(0.1, "logistic distribution")
def sp_logistic(x: Value, xp: Namespace) -> Value:
    """The cumulative logistic distribution."""
    return 1 / (1 + xp.exp(-x))


@at(1.1, "log-Laplace distribution", Domain(low=1.0))
def sp_loglaplace(x: Value, xp: Namespace) -> Value:
    """The cumulative log-Laplace distribution."""
    return 1 - xp.exp(-13 * xp.log(x) / 4) / 2


@at(1.1, "log-normal distribution", POSITIVE, tags=ERF)
def sp_lognorm(x: Value, xp: Namespace) -> Value:
    """The cumulative log-normal distribution."""
    return normal(108 * xp.log(x) / 103, xp)


@at(0.5466594668683632, "Lomax distribution", POSITIVE)
def sp_lomax(x: Value, xp: Namespace) -> Value:
    """The cumulative Lomax distribution."""
    return 1 - xp.exp(-107 * xp.log(1 + x) / 57)


@at(0.8875975992017822, "Moyal distribution", tags=ERF)
def sp_moyal(x: Value, xp: Namespace) -> Value:
    """The cumulative Moyal distribution."""
    return 1 - xp.erf(xp.exp(-x / 2) / xp.sqrt(number(2, x)))


@at(0.1, "normal distribution", tags=ERF)
def sp_norm(x: Value, xp: Namespace) -> Value:
    """The cumulative normal distribution."""
    return normal(x, xp)


@at(1.4026319251682748, "Pareto distribution", Domain(low=1.0))
def sp_pareto(x: Value, xp: Namespace) -> Value:
    """The cumulative Pareto distribution."""
    return 1 - xp.exp(-97 * xp.log(x) / 37)


@at(0.7585059671746921, "power law distribution", Domain(low=0.0, high=1.0))
def sp_powerlaw(x: Value, xp: Namespace) -> Value:
    """The cumulative power law distribution."""
    return xp.exp(73 * xp.log(x) / 44)


@at(1.2774100225154748, "Rayleigh distribution", POSITIVE)
def sp_rayleigh(x: Value, xp: Namespace) -> Value:
    """The cumulative Rayleigh distribution."""
    return 1 - xp.exp(-x * x / 2)


@at(0.2118033988749895, "log-uniform distribution", Domain(low=0.01, high=1.25))
def sp_loguniform(x: Value, xp: Namespace) -> Value:
    """The cumulative log-uniform distribution."""
    return xp.log(100 * x) / xp.log(number(125, x))


@at(0.9145303686501991, "Weibull distribution", POSITIVE)
def sp_weibull_min(x: Value, xp: Namespace) -> Value:
    """The cumulative Weibull distribution."""
    return 1 - xp.exp(-xp.exp(134 * xp.log(x) / 75))


@at(1.3502828323307445, "exponentiated Weibull distribution", POSITIVE)
def sp_exponweib(x: Value, xp: Namespace) -> Value:
    """The cumulative exponentiated Weibull distribution."""
    weibull = 1 - xp.exp(-xp.exp(197 * xp.log(x) / 101))
    return xp.exp(188 * xp.log(weibull) / 65)


@at(0.9466301811171849, "Burr, type XII distribution", POSITIVE)
def sp_burr12(x: Value, xp: Namespace) -> Value:
    """The cumulative Burr, type XII distribution."""
    return 1 - 1 / (1 + x**10) ** 4


@at(0.784009465173214, "truncated exponential distribution", Domain(low=0.0, high=4.6875))
def sp_truncexpon(x: Value, xp: Namespace) -> Value:
    """The cumulative truncated exponential distribution."""
    return (1 - xp.exp(-x)) / (1 - xp.exp(-number(75, x) / 16))
