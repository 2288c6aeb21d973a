"""Strip and Wide as symbols: derivatives by the rules against differences, averages over intervals by mpmath."""

from __future__ import annotations

import itertools

import mpmath as mp
import pytest
import sympy as sp

from derive.calculus.strips import Strip, Wide, interval_average, strip
from derive.precise.scalars import compile_many
from derive.spec.functions import GaussianTail

a, s, t = sp.symbols("a s t", real=True)
w = sp.Symbol("w", positive=True)
POINTS = [
    {"a": "-0.7", "w": "0.4", "s": "0.8", "t": "-0.3"},
    {"a": "1.3", "w": "0.01", "s": "-2", "t": "1"},
    {"a": "-2", "w": "5", "s": "0.3", "t": "0.2"},
    {"a": "0.2", "w": "30", "s": "7", "t": "-4"},
]


def value(e: sp.Expr, point: dict[str, mp.mpf]) -> mp.mpf:
    return compile_many([e])(point)[0]


@pytest.mark.parametrize("kind", [Strip, Wide])
@pytest.mark.parametrize("order", [0, 1, 3])
def test_derivatives_by_differences(kind: type, order: int) -> None:
    k = sp.Integer(order)
    for node, symbols in ((kind(k, a, w), (a, w)), (kind(k, a, w, s, t), (a, w, s, t))):
        for text, symbol in itertools.product(POINTS, symbols):
            with mp.workdps(30):
                point = {n: mp.mpf(x) for n, x in text.items()}
                step = mp.mpf(10) ** -7 * abs(point[symbol.name])
                ends = [value(node, {**point, symbol.name: point[symbol.name] + j * step}) for j in (-2, -1, 1, 2)]
                slope = (ends[0] - 8 * ends[1] + 8 * ends[2] - ends[3]) / (12 * step)
                found = value(node.diff(symbol), point)
                assert abs(found - slope) < mp.mpf(10) ** -16 * (1 + abs(slope)), (text, symbol)


def test_an_empty_strip_vanishes() -> None:
    assert Strip(sp.Integer(0), a, sp.S.Zero) == 0


def test_second_derivatives_commute() -> None:
    for node in (Strip(sp.Integer(2), a, w, s, t), Wide(sp.Integer(2), a, w, s, t)):
        for x, y in itertools.combinations((a, w, s, t), 2):
            with mp.workdps(25):
                point = {n: mp.mpf(v) for n, v in POINTS[0].items()}
                assert abs(value(node.diff(x, y) - node.diff(y, x), point)) < mp.mpf(10) ** -20


def test_strip_is_the_definition() -> None:
    with mp.workdps(25):
        for k, text in itertools.product((0, 1, 4), POINTS):
            low, width, slope, offset = (mp.mpf(x) for x in text.values())

            def tail(z, slope=slope, offset=offset):
                return mp.erfc((slope * z + offset) / mp.sqrt(2)) / 2

            pieces = [low + width * j / 40 for j in range(41)]
            for wide in (False, True):

                def body(z, k=k, low=low, width=width, wide=wide):
                    return (z if wide else (z - low) / width) ** k * mp.npdf(z)

                plain = mp.quad(body, pieces)
                assert mp.almosteq(strip(mp, k, low, width, wide=wide), plain, 1e-20, 1e-25)
                tilted = mp.quad(lambda z, body=body: body(z) * tail(z), pieces)
                assert mp.almosteq(strip(mp, k, low, width, slope, offset, wide=wide), tilted, 1e-20, 1e-25)


BODIES = [
    sp.S.One,
    (a - 3) ** 2,
    a**3 - 2 * a,
    (a + 1) ** 2 * GaussianTail(2 * a - 1),
    a * sp.exp(-(a**2) / 3 + a / 2),
    (1 - a) ** 2 * sp.exp(a) * GaussianTail(-a / 2),
]


@pytest.mark.parametrize("body", BODIES, ids=str)
@pytest.mark.parametrize(("lower", "upper"), [("-1/2", "1/4"), ("2", "2001/1000"), ("-7", "9")])
def test_averages_over_an_interval(body: sp.Expr, lower: str, upper: str) -> None:
    low, high, mean, variance = sp.Rational(lower), sp.Rational(upper), sp.Rational(1, 3), sp.Rational(3, 2)
    found = interval_average(body, a, low, high, mean, variance)
    assert found is not None
    with mp.workdps(25):
        function = compile_many([body])
        pieces = [mp.mpf(low.p) / low.q + (mp.mpf(high.p) / high.q - mp.mpf(low.p) / low.q) * j / 30 for j in range(31)]
        spread = mp.sqrt(mp.mpf(3) / 2)
        exact = mp.quad(lambda z: function({"a": z})[0] * mp.npdf(z, mp.mpf(1) / 3, spread), pieces)
        assert abs(value(found, {}) - exact) < mp.mpf(10) ** -19 * (1 + abs(exact))


def test_what_has_no_rule_is_left() -> None:
    two = GaussianTail(a) * GaussianTail(2 * a + 1)
    assert interval_average(two, a, sp.S.Zero, sp.S.One, sp.S.Zero, sp.S.One) is None
    assert interval_average(sp.log(1 + sp.exp(a)), a, sp.S.Zero, sp.S.One, sp.S.Zero, sp.S.One) is None
