"""Jets of envelopes in mpmath against brute-force minimisation of the definition at 30 digits.

Shared with the code under test: the costs, written here a second time as functions of numbers.
"""

from __future__ import annotations

import itertools

import mpmath as mp
import pytest
import sympy as sp

from derive.calculus.envelopes import INNER as h
from derive.calculus.envelopes import atoms_envelope, envelope
from derive.calculus.nodes import GaussianAverage, MoreauEnvelope, bound
from derive.precise.envelopes import EnvelopeJets, monotone_root
from derive.precise.evaluate import Evaluator

V = sp.Symbol("v", positive=True)
y = sp.Symbol("υ", real=True)
LINE = (-sp.oo, sp.oo)

CHANNELS = {
    "square": ((y - h) ** 2 / 2, lambda t: (mp.mpf("0.7") - t) ** 2 / 2),
    "hinge": (sp.Max(0, 1 - sp.Rational(7, 10) * h), lambda t: max(mp.mpf(0), 1 - mp.mpf("0.7") * t)),
    "huber": (
        sp.Piecewise((h**2 / 2, sp.Abs(h) < 1), (sp.Abs(h) - sp.Rational(1, 2), True)),
        lambda t: t * t / 2 if abs(t) < 1 else abs(t) - mp.mpf("0.5"),
    ),
    "absolute": (sp.Abs(y - h), lambda t: abs(mp.mpf("0.7") - t)),
    "logistic": (sp.log(1 + sp.exp(-y * h)), lambda t: mp.log(1 + mp.exp(-mp.mpf("0.7") * t))),
    "count": (sp.exp(h) - 50 * h, lambda t: mp.exp(t) - 50 * t),
    "cubic": (sp.Abs(h) ** 3, lambda t: abs(t) ** 3),
    "three halves": (sp.Abs(h) ** sp.Rational(3, 2), lambda t: abs(t) ** mp.mpf("1.5")),
    "tilted": (sp.Max(0, -h) ** 3 + h / 3, lambda t: max(mp.mpf(0), -t) ** 3 + t / 3),
}
SITES = {
    "ridge": (h**2 / 4, LINE, lambda t: t * t / 4, None),
    "lasso": (sp.Abs(h) / 2, LINE, lambda t: abs(t) / 2, None),
    "box": (h**2 / 2, (sp.Integer(-1), sp.Rational(1, 2)), lambda t: t * t / 2, (-1, 0.5)),
    "cosh": (sp.cosh(h), LINE, mp.cosh, None),
    "entropy": (h * sp.log(h), (sp.S.Zero, sp.oo), lambda t: t * mp.log(t) if t > 0 else mp.mpf(0), (0, mp.inf)),
}


def minimum(f, low, high):
    """Golden-section search at 72 digits: the minimum of a convex function and its place."""
    with mp.workdps(72):
        return golden(f, low, high)


def golden(f, low, high):
    ratio = (mp.sqrt(5) - 1) / 2
    a, b = low, high
    c, d = b - ratio * (b - a), a + ratio * (b - a)
    fc, fd = f(c), f(d)
    while b - a > mp.mpf(10) ** -33:
        if fc < fd:
            b, d, fd = d, c, fc
            c = b - ratio * (b - a)
            fc = f(c)
        else:
            a, c, fc = c, d, fd
            d = a + ratio * (b - a)
            fd = f(d)
    ends = [(f(p), p) for p in (low, high, (a + b) / 2)]
    return min(ends)


def check(jets: EnvelopeJets, total, x: mp.mpf, v: mp.mpf, prox, ends) -> None:
    """l and l_1 against the minimum, l_2..l_4 against differences of l_1 where l is smooth."""
    rest = {"υ": mp.mpf("0.7")}
    found = jets(x, v, rest, 4)
    value, place = minimum(total, *ends)
    assert abs(found[0] + value) < mp.mpf(10) ** -28 * (1 + abs(value))
    assert abs(prox(found[1]) - place) < mp.mpf(10) ** -26 * (1 + abs(place))
    step = mp.mpf(10) ** -9
    for k in (1, 2, 3):
        near = [jets(x + i * step, v, rest, k)[k] for i in (-1, 1)]
        slope = (near[1] - near[0]) / (2 * step)
        assert abs(found[k + 1] - slope) < mp.mpf(10) ** -10 * (1 + abs(slope)), k


@pytest.mark.parametrize("name", CHANNELS)
def test_a_channel(name: str) -> None:
    cost, number = CHANNELS[name]
    jets = EnvelopeJets(envelope("M", "channel", cost, V, LINE, (y,)))
    with mp.workdps(30):
        for x, v in itertools.product(map(mp.mpf, ("-3.1", "-0.2", "0.4", "5.3")), map(mp.mpf, ("0.01", "0.6", "70"))):

            def total(t, x=x, v=v):
                return (t - x) ** 2 / (2 * v) + number(t)

            reach = 60 * (1 + v)
            check(jets, total, x, v, lambda slope, x=x, v=v: x + v * slope, (x - reach, x + reach))


@pytest.mark.parametrize("name", SITES)
def test_a_site(name: str) -> None:
    cost, support, number, ends = SITES[name]
    jets = EnvelopeJets(envelope("M", "site", cost, V, support))
    with mp.workdps(30):
        for x, v in itertools.product(map(mp.mpf, ("-3.1", "-0.2", "0.4", "5.3")), map(mp.mpf, ("0.05", "0.6", "20"))):

            def total(t, x=x, v=v):
                return v * t * t / 2 - x * t + number(t)

            low, high = ends or (-200, 200)
            low, high = max(mp.mpf(low), mp.mpf(-200)), min(mp.mpf(high), mp.mpf(200))
            check(jets, total, x, v, lambda slope: slope, (low, high))


def test_atoms() -> None:
    points = [-1, 0, 2]
    jets = EnvelopeJets(atoms_envelope("M", points, sp.Abs(h) / 3, V))
    for x, v in itertools.product(map(mp.mpf, ("-4", "-0.3", "0.4", "7")), map(mp.mpf, ("0.1", "3"))):
        best = max((x * p - v * p * p / 2 - mp.mpf(abs(p)) / 3, p) for p in points)
        assert mp.almosteq(jets(x, v, {}, 1)[0], best[0]) and jets(x, v, {}, 1)[1] == best[1]
        assert jets(x, v, {}, 4)[2:] == [0, 0, 0]


def test_orders_are_as_asked() -> None:
    for cost in (h**2, sp.log(1 + sp.exp(h))):
        jets = EnvelopeJets(envelope("M", "channel", cost, V))
        for order in range(5):
            found = jets(mp.mpf("0.3"), mp.mpf(2), {}, order)
            assert len(found) == order + 1
            assert all(mp.almosteq(a, b) for a, b in zip(found, jets(mp.mpf("0.3"), mp.mpf(2), {}, 4), strict=False))


@pytest.mark.parametrize("start", [-1e6, -3, 0, 700, 1e5])
def test_the_root_of_a_steep_function(start: float) -> None:
    with mp.workdps(30):

        def gap(t):
            return mp.exp(t) + t - 5, mp.exp(t) + 1

        root = monotone_root(gap, mp.mpf(start), -mp.inf, mp.inf)
        assert abs(gap(root)[0]) < mp.mpf(10) ** -27


AVERAGES = [
    ("hinge", "1"),
    ("tilted", "40"),
    pytest.param("logistic", "0.01", marks=pytest.mark.slow),
    pytest.param("logistic", "300", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("name", "v"), AVERAGES)
def test_averages_are_cut_at_the_regions(name: str, v: str) -> None:
    """E l_1^2 and E l_2 to 18 digits against mp.quad on many pieces."""
    cost, _ = CHANNELS[name]
    found, omega = envelope("M", "channel", cost, V, LINE, (y,)), bound("field")
    l = MoreauEnvelope(sp.Symbol("M"), 1, 0, omega + sp.Rational(1, 3), sp.Symbol("V"), sp.Rational(7, 10))
    nodes = [GaussianAverage(e, (omega,), (0,), (sp.Symbol("q"),)) for e in (l.raised(1) ** 2, l.raised(2))]
    with mp.workdps(22):
        values = {"V": mp.mpf(v), "q": mp.mpf(3) / 2}
        results = [Evaluator({"M": found}, refine).evaluate(nodes, values) for refine in (1, 2)]
        jets, sd = EnvelopeJets(found), mp.sqrt(values["q"])
        given = {"υ": mp.mpf(7) / 10}
        ends = [e - mp.mpf(1) / 3 for e in jets._ends({"v": values["V"], **given}) if mp.isfinite(e)]
        turns = [t - mp.mpf(1) / 3 for t, _ in jets.turns(values["V"], given)]
        cut = 11 * sd
        places = sorted(
            {-cut, cut, *[-cut + cut * k / 8 for k in range(16)], *[e for e in ends + turns if abs(e) < cut]}
        )

        def body(u, k):
            slope = jets(u + mp.mpf(1) / 3, values["V"], given, k)[k]
            return slope ** (3 - k) * mp.npdf(u, 0, sd)

        for k in (1, 2):
            expected = mp.quad(lambda u, k=k: body(u, k), places)
            for refine in (0, 1):
                assert abs(results[refine][k - 1] - expected) < mp.mpf(10) ** -18 * (1 + abs(expected))
