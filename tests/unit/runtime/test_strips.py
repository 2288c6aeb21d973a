"""Moments of a Gaussian over an interval against mpmath: narrow, wide, in the tails, with and without a second tail."""

from __future__ import annotations

import itertools
import math

import mpmath as mp
import pytest

from derive.runtime.strips import strip, strip_tail, wide, wide_tail

STARTS = [-45.0, -9.0, -2.5, 0.0, 0.4, 12.0, 30.0]
WIDTHS = [1e-12, 1e-4, 0.3, 1.0, 7.0, 60.0]
TAILS = [(0.0, 0.3), (0.7, -0.2), (-3.0, 1.0), (40.0, -20.0), (-1e4, 5.0), (1e6, -4e5)]


def moment(k: int, a: float, w: float, tail: tuple[float, float] | None, powers_of_u: bool) -> mp.mpf:
    """The definition in u, on pieces no longer than a standard deviation, finer where the tail switches."""
    with mp.workdps(20):
        start, width = mp.mpf(a), mp.mpf(w)
        low, high = max(mp.mpf(0), (-42 - start) / width), min(mp.mpf(1), (42 - start) / width)
        if not low < high:
            return mp.mpf(0)
        places = {low, high, (low + high) / 2, *[u for j in range(-42, 43) if low < (u := (j - start) / width) < high]}
        if tail and tail[0]:
            turn, span = -mp.mpf(tail[1]) / mp.mpf(tail[0]), 1 / abs(mp.mpf(tail[0]))
            found = [(turn + j * span - start) / width for j in (-9, -5, -2, 0, 2, 5, 9)]
            places |= {u for u in found if low < u < high}

        def body(u):
            z = start + width * u
            value = (u if powers_of_u else z) ** k * mp.npdf(z)
            return value if tail is None else value * mp.erfc((tail[0] * z + tail[1]) / mp.sqrt(2)) / 2

        size = max(abs(body(u)) for u in places) or mp.mpf(1)  # the bound of mp.quad is absolute
        return width * size * mp.quad(lambda u: body(u) / size, sorted(places))


def close(found: float, exact: mp.mpf, size: mp.mpf, bound: float) -> bool:
    return abs(found - exact) <= bound * size + 1e-290


@pytest.mark.parametrize("k", [0, 1, 2, 4])
def test_moments(k: int) -> None:
    """Positive integrands to 1e-13 relative, 5e-12 in far tails; z^k relative to the integral of |z|^k."""
    for a, w in itertools.product(STARTS, WIDTHS):
        bound = 1e-13 if a < 10 else 5e-12 if a < 20 else 1e-9
        exact = moment(k, a, w, None, True)
        assert close(strip(float(k), a, w), exact, exact, bound), (a, w)
        exact = moment(k, a, w, None, False)
        size = abs(exact) if k % 2 == 0 or a >= 0 or a + w <= 0 else moment(k, 0, max(-a, a + w), None, False)
        assert close(wide(float(k), a, w), exact, size, bound), (a, w)


@pytest.mark.parametrize("tail", TAILS)
def test_moments_with_a_tail(tail: tuple[float, float]) -> None:
    bound = 1e-11 + 1e-15 * abs(tail[1])  # the rounding of s z + t
    for k, a, w in itertools.product((0, 2), (-45.0, -2.5, 0.4), (1e-4, 1.0, 60.0)):
        exact = moment(k, a, w, tail, True)
        assert close(strip_tail(float(k), a, w, *tail), exact, exact, bound), (k, a, w)
        exact = moment(k, a, w, tail, False)
        assert close(wide_tail(float(k), a, w, *tail), exact, abs(exact), bound), (k, a, w)


def test_narrow_strips_keep_their_digits() -> None:
    """On 1e-12 the Gaussian is flat: int_0^1 u^k phi(a) w du = phi(a) w/(k + 1)."""
    for a, k in itertools.product((-3.0, 0.0, 1.7), range(5)):
        flat = math.exp(-a * a / 2) / math.sqrt(2 * math.pi) * 1e-12 / (k + 1)
        assert strip(float(k), a, 1e-12) == pytest.approx(flat, rel=1e-11)


def test_empty_and_undefined_intervals() -> None:
    for function, more in ((strip, ()), (wide, ()), (strip_tail, (1.0, 0.0)), (wide_tail, (1.0, 0.0))):
        assert function(1.0, 0.3, 0.0, *more) == 0.0
        assert function(1.0, 0.3, -1.0, *more) == 0.0
        assert math.isnan(function(1.0, math.nan, 1.0, *more))
        assert math.isnan(function(1.0, 0.3, math.nan, *more))


def test_a_wide_interval_is_a_half_line() -> None:
    """The end a + w has the rounding of a: 1e-16 w."""
    assert wide(2.0, -1e3, 2e3) == pytest.approx(1.0, rel=1e-13)
    assert wide(1.0, 0.0, 1e9) == pytest.approx(1 / math.sqrt(2 * math.pi), rel=1e-14)
    assert wide_tail(0.0, -1e3, 2e3, 1.0, 0.5) == pytest.approx(math.erfc(0.25) / 2, rel=1e-13)
    assert wide(2.0, -1e9, 2e9) == pytest.approx(1.0, rel=1e-7)
