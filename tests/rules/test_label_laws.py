"""Label laws from label functions: normalised, equal to a simulation, and the point masses lead to densities."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import mpmath as mp
import numpy as np
import pytest
import sympy as sp

from derive.calculus.labels import LabelAtom, LabelDensity, label_components
from derive.calculus.partition import channel_partition
from derive.errors import ModelError
from derive.precise.scalars import compile_many
from derive.spec.functions import Step
from derive.spec.model import Atom, Density, Label, Law, Normal

y, z = sp.Symbol("y", real=True), sp.Symbol("z", real=True)
v = sp.Symbol("v", positive=True)
e, f, g = (sp.Symbol(name, real=True) for name in "efg")
R = sp.Rational

NORMAL = Law(((sp.S.One, Normal(R(1, 10), R(1, 2))),))
STANDARD = Law(((sp.S.One, Normal(sp.S.Zero, sp.S.One)),))
FLIPS = Law(((R(4, 5), Atom(sp.S.One)), (R(1, 5), Atom(sp.S.NegativeOne))))
LAPLACE = Law(((sp.S.One, Density(y, sp.exp(-2 * sp.Abs(y)), -sp.oo, sp.oo)),))
UNIFORM = Law(((sp.S.One, Density(y, R(1, 3), sp.S.NegativeOne, sp.Integer(2))),))
MIXTURE = Law(((R(2, 3), Normal(sp.S.Zero, R(1, 4))), (R(1, 3), Normal(sp.S.One, sp.Integer(2)))))
CONTAMINATED = Law(((R(9, 10), Atom(sp.S.Zero)), (R(1, 10), Normal(sp.S.Zero, sp.Integer(1)))))

RNG = np.random.default_rng(7)
COUNT = 200_000


def draw(law: Law) -> np.ndarray:
    if law is NORMAL:
        return 0.1 + math.sqrt(0.5) * RNG.standard_normal(COUNT)
    if law is STANDARD:
        return RNG.standard_normal(COUNT)
    if law is FLIPS:
        return np.where(RNG.random(COUNT) < 0.8, 1.0, -1.0)
    if law is LAPLACE:
        return RNG.laplace(0, 0.5, COUNT)
    if law is UNIFORM:
        return RNG.uniform(-1, 2, COUNT)
    first = RNG.random(COUNT)
    if law is MIXTURE:
        t = RNG.standard_normal(COUNT)
        return np.where(first < 2 / 3, t / 2, 1 + math.sqrt(2) * t)
    return np.where(first < 0.9, 0.0, RNG.standard_normal(COUNT))


# name: (label expression, {noise symbol: law}, the same in numpy)
CASES: dict[str, tuple[sp.Expr, dict, Callable]] = {
    "sign": (sp.sign(z), {}, np.sign),
    "sign of two": (sp.sign(z - 1) + sp.sign(z + 1), {}, lambda z: np.sign(z - 1) + np.sign(z + 1)),
    "abs": (sp.Abs(z), {}, np.abs),
    "relu": (sp.Max(0, z), {}, lambda z: np.maximum(0, z)),
    "clipped": (sp.Min(1, sp.Max(-1, z)), {}, lambda z: np.clip(z, -1, 1)),
    "square": (z**2, {}, np.square),
    "shifted square": (2 * (z - R(1, 2)) ** 2 - 1, {}, lambda z: 2 * (z - 0.5) ** 2 - 1),
    "double well": ((z**2 - 1) ** 2, {}, lambda z: (z**2 - 1) ** 2),
    "square by the side": (
        z**2 * sp.Piecewise((3, z > 0), (1, True)),
        {},
        lambda z: z**2 * np.where(z > 0, 3.0, 1.0),
    ),
    "cube": (z**3, {}, lambda z: z**3),
    "cube of a shift": (1 - (z - 1) ** 3, {}, lambda z: 1 - (z - 1) ** 3),
    "parabola": (z**2 - 2 * z, {}, lambda z: z**2 - 2 * z),
    "square of relu": (sp.Max(0, z) ** 2, {}, lambda z: np.maximum(0, z) ** 2),
    "flipped squares": (f * z**2, {f: FLIPS}, lambda z, f: f * z**2),
    "leaky": (sp.Max(z, z / 10), {}, lambda z: np.maximum(z, z / 10)),
    "tanh": (sp.tanh(2 * z), {}, lambda z: np.tanh(2 * z)),
    "tanh and noise": (sp.tanh(z) + e / 2, {e: NORMAL}, lambda z, e: np.tanh(z) + e / 2),
    "noise inside tanh": (sp.tanh(z + e), {e: NORMAL}, lambda z, e: np.tanh(z + e)),
    "noisy door": (sp.sign(1 - sp.Abs(z + e)), {e: NORMAL}, lambda z, e: np.sign(1 - np.abs(z + e))),
    "noisy ring": (
        sp.sign(R(1, 2) - sp.Abs(sp.Abs(z + e) - 1)),
        {e: NORMAL},
        lambda z, e: np.sign(0.5 - np.abs(np.abs(z + e) - 1)),
    ),
    "flips": (f * sp.sign(z), {f: FLIPS}, lambda z, f: f * np.sign(z)),
    "flips of a biased sign": (f * sp.sign(z + e), {e: NORMAL, f: FLIPS}, lambda z, e, f: f * np.sign(z + e)),
    "flipped relu": (f * sp.Max(0, z), {f: FLIPS}, lambda z, f: f * np.maximum(0, z)),
    "laplace": (z + e, {e: LAPLACE}, lambda z, e: z + e),
    "uniform": (2 * z - e, {e: UNIFORM}, lambda z, e: 2 * z - e),
    "mixture": (z + e, {e: MIXTURE}, lambda z, e: z + e),
    "contaminated sign": (sp.sign(z + e), {e: CONTAMINATED}, lambda z, e: np.sign(z + e)),
    "contaminated": (z + e, {e: CONTAMINATED}, lambda z, e: z + e),
    "two noises": (z + e - 2 * g, {e: NORMAL, g: STANDARD}, lambda z, e, g: z + e - 2 * g),
    "absolute and noise": (sp.Abs(z) + e, {e: NORMAL}, lambda z, e: np.abs(z) + e),
    "noise inside abs": (sp.Abs(z + e), {e: NORMAL}, lambda z, e: np.abs(z + e)),
    "noisy relu": (sp.Max(0, z + e), {e: NORMAL}, lambda z, e: np.maximum(0, z + e)),
    "uniform sign": (sp.sign(z + e), {e: UNIFORM}, lambda z, e: np.sign(z + e)),
    "laplace step": (Step(z - e), {e: LAPLACE}, lambda z, e: 1.0 * (z > e)),
    "exponential": (sp.exp(z + e), {e: NORMAL}, lambda z, e: np.exp(z + e)),
    "scaled by the sign": (z**2 * sp.sign(z), {}, lambda z: z**2 * np.sign(z)),
}


def components(name: str):
    expression, noise, _ = CASES[name]
    return label_components(Label("function", expression), y, z, tuple((s.name, s, law) for s, law in noise.items()))


def test_a_second_label_symbol_is_typed_by_its_interval() -> None:
    (part,) = components("abs")
    assert part.symbol.is_positive and part.lower == 0


SLOW = ["tanh and noise"]  # no closed form: a double quadrature


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in CASES])
def test_against_a_simulation(name: str) -> None:
    """The smoothed law E_{z ~ N(x, v)} P(y|z) sums to one and gives the histogram of simulated labels."""
    x, variance = 0.3, 1.2
    _, noise, function = CASES[name]
    labels = function(x + math.sqrt(variance) * RNG.standard_normal(COUNT), *[draw(law) for law in noise.values()])
    edges = np.quantile(labels, np.linspace(0, 1, 9))
    edges[0], edges[-1] = -np.inf, np.inf
    total = 0.0
    for j, part in enumerate(components(name)):
        rest = () if isinstance(part, LabelAtom) else (part.symbol,)
        partition = channel_partition(f"P{j}", part.law, z, v, rest)
        assert partition.closed is not None or not part.law.has(sp.DiracDelta)
        value = _smoothed(partition, x, variance)
        if isinstance(part, LabelAtom):
            share = float(value({}))
            assert share == pytest.approx(np.mean(labels == float(part.value)), abs=5 / math.sqrt(COUNT))
            total += share
            continue
        assert isinstance(part, LabelDensity)
        lower, upper = float(part.lower), float(part.upper)
        at = sp.lambdify(part.symbol, part.value)
        cuts = sorted({lower, *[_symbol_at(at, c, lower, upper) for c in np.unique(edges)], upper})
        for a, b in itertools.pairwise(cuts):
            inner = [t for t in (-6, -3, -1.5, -1, -0.5, -0.1, -0.01, 0, 0.01, 0.1, 0.5, 1, 1.5, 3, 6, 30) if a < t < b]
            low, high = max(a, -60.0), min(b, 400.0)
            mass = mp.quad(lambda t, v=value, y=part.symbol.name: v({y: t}), [low, *inner, high], maxdegree=7)
            first, last = sorted((float(at(a)), float(at(b))))
            inside = np.mean((labels > first) & (labels < last) & ~_atomic(labels, name))
            assert float(mass) == pytest.approx(inside, abs=5 / math.sqrt(COUNT))
            total += float(mass)
    assert total == pytest.approx(1, abs=2e-4)


def _symbol_at(value: Callable, y: float, lower: float, upper: float) -> float:
    """The symbol of a label y = value(symbol), by bisection of the monotone value on (lower, upper)."""
    low, high = max(lower, -400.0), min(upper, 400.0)
    rising = value(high) > value(low)
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if (value(middle) < y) == rising else (low, middle)
    return min(max(high, lower), upper)


def _smoothed(partition, x: float, variance: float) -> Callable:
    """Z(x, v) as a function of the label: the closed form, or a quadrature of the definition."""
    given = {partition.field.name: mp.mpf(x), partition.variance.name: mp.mpf(variance)}
    if partition.closed is not None:
        run = compile_many([partition.closed])
        return lambda values: run({**given, **values})[0]
    run = compile_many([sp.sympify(partition.body)])
    sd = math.sqrt(variance)
    points = [x + sd * k for k in range(-9, 10, 2)]

    def integrate(values):
        return mp.quad(
            lambda t: (
                run({**values, partition.inner.name: t})[0]
                * mp.exp(-((t - x) ** 2) / (2 * variance))
                / mp.sqrt(2 * mp.pi * variance)
            ),
            points,
            maxdegree=4,
        )

    return integrate


def _atomic(labels: np.ndarray, name: str) -> np.ndarray:
    values = [float(c.value) for c in components(name) if isinstance(c, LabelAtom)]
    return np.isin(labels, values)


@pytest.mark.parametrize("expression", [z**2, z**3, (z + 2) ** 4, sp.tanh(z**3), z**2 - 2 * z, z**2 * sp.sign(z)])
def test_the_law_of_a_flat_label_is_bounded(expression: sp.Expr) -> None:
    """In a root u of y = f(u) the masses have weight |du_j/du| = 1 here, also where df/dz = 0."""
    for part in label_components(Label("function", expression), y, z, ()):
        assert part.value == expression.xreplace({z: part.symbol}) or expression.has(sp.sign)
        assert sp.simplify(sp.Abs(part.value.diff(part.symbol)) - part.slope).subs(part.symbol, (part.lower + 1)
            if part.lower.is_finite else part.upper - 1 if part.upper.is_finite else R(1, 3)) == 0  # fmt: skip
        masses = sp.Add.make_args(part.law)
        assert all(isinstance(m, sp.DiracDelta) for m in masses)


@pytest.mark.parametrize(
    ("expression", "noise"),
    [
        (z**3 + z, {}),
        (sp.sin(z), {}),
        (z + e + f, {e: NORMAL, f: LAPLACE}),
        (e * g + z, {e: NORMAL, g: STANDARD}),
        (sp.sign(z + e + e**3), {e: NORMAL}),
    ],
)
def test_refusals(expression: sp.Expr, noise: dict) -> None:
    given = tuple((s.name, s, law) for s, law in noise.items())
    with pytest.raises(ModelError):
        label_components(Label("function", expression), y, z, given)
