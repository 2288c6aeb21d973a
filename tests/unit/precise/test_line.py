"""The trapezoidal rule on the line and the transitions it is scaled by, against known integrals."""

from __future__ import annotations

import mpmath as mp
import pytest
import sympy as sp

from derive.calculus.nodes import GaussianAverage, LogPartition, bound
from derive.calculus.partition import channel_partition
from derive.precise.line import integrate_line
from derive.precise.transitions import transition_finder

WHOLE = (-mp.inf, mp.inf)


def moments(u):
    return [mp.npdf(u), u * u * mp.npdf(u), u * mp.npdf(u - 1)]


@pytest.mark.parametrize("refine", [1, 2])
@pytest.mark.parametrize("width", ["0.05", "1", "3"])
@pytest.mark.parametrize("centre", [0, 2])
def test_gaussian_moments_to_all_digits(centre: int, width: str, refine: int) -> None:
    with mp.workdps(44):
        found = integrate_line(moments, mp.mpf(centre), mp.mpf(width), WHOLE, refine=refine)
        assert max(abs(f - 1) for f in found) < mp.mpf(10) ** -40


def test_an_even_integrand_takes_half_of_the_nodes() -> None:
    seen: list[mp.mpf] = []

    def row(u):
        seen.append(u)
        return [mp.npdf(u) * mp.log(2 * mp.cosh(3 * u))]

    with mp.workdps(30):
        even = integrate_line(row, mp.mpf(0), mp.mpf(1), (mp.mpf(-13), mp.mpf(13)))
        below, above = sum(u < 0 for u in seen), sum(u > 0 for u in seen)
        folded = integrate_line(row, mp.mpf(0), mp.mpf(1), (mp.mpf(0), mp.inf), folded=True)
        wanted = 2 * mp.quad(lambda u: row(u)[0], [0, mp.mpf("0.3"), 1, 3, 6, 13])
        assert abs(even[0] - wanted) < mp.mpf(10) ** -26 and abs(2 * folded[0] - wanted) < mp.mpf(10) ** -26
    assert below < above / 3


def test_a_kink_or_an_end_does_not_settle() -> None:
    with mp.workdps(30):
        kink = integrate_line(lambda u: [mp.npdf(u) * abs(u - 1)], mp.mpf(0), mp.mpf(1), WHOLE, most=500)
        end = integrate_line(
            lambda u: [mp.npdf(u) * u], mp.mpf(0), mp.mpf(1), (mp.mpf(0), mp.inf), folded=True, most=500
        )
    assert kink is None and end is None


def test_transitions_are_the_ends_of_windows() -> None:
    h, v, w = sp.Symbol("h", real=True), sp.Symbol("v", positive=True), bound("field")
    door = channel_partition("Z", sp.Abs(h) < 1, h, v)
    node = LogPartition(sp.Symbol("Z"), door.sigma, 0, w, v)
    find = transition_finder({"Z": door}, (node,), w, GaussianAverage, {})
    found = sorted(find({"v": mp.mpf("0.25")}))
    assert [(float(c), float(s)) for c, s in found] == [(-1.0, 0.5), (1.0, 0.5)]
    assert find({}) == []
