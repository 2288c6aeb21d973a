"""Rules, panel boundaries, and integrals with sharp transitions."""

from __future__ import annotations

import math
from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from derive.runtime import quadrature as q
from derive.runtime import special
from tests.unit.runtime import reference


def moment(x, w, degree):
    """The rule applied to x^degree, exactly rounded sum."""
    return math.fsum(float(b) * float(a) ** degree for a, b in zip(x, w, strict=True))


@pytest.mark.parametrize(
    ("x", "w", "degree"),
    [
        (q.GK_X, q.GK_W, 31),
        (q.GK_X, q.G_W, 19),
        (q.GL_X12, q.GL_W12, 23),
        (q.GL_X20, q.GL_W20, 39),
        (q.GL_X32, q.GL_W32, 63),
    ],
)
def test_degree_of_exactness(x, w, degree):
    for k in range(degree + 1):
        assert moment(x, w, k) == pytest.approx(0 if k % 2 else 2 / (k + 1), abs=3e-16)
    # The next even power is off by the error term, which is far below rounding for the longer rules.
    if degree == 19:
        assert abs(moment(x, w, 20) - 2 / 21) > 1e-7
    assert (np.diff(x) > 0).all() and (x == -x[::-1]).all() and (w == w[::-1]).all()


def test_kronrod_degree_is_not_higher():
    error = abs(moment(q.GK_X, q.GK_W, 32) - 2 / 33)
    assert 1e-12 < error < 1e-9


def test_nodes_are_correctly_rounded():
    with mp.workdps(40):
        for x, w in ((q.GL_X12, q.GL_W12), (q.GL_X20, q.GL_W20), (q.GL_X32, q.GL_W32)):
            n = len(x)
            for a, b in zip(x, w, strict=True):
                root = mp.findroot(lambda z, n=n: mp.legendre(n, z), (mp.mpf(a), mp.mpf(a) + mp.mpf(10) ** -9))
                slope = n * (root * mp.legendre(n, root) - mp.legendre(n - 1, root)) / (root**2 - 1)
                assert a == float(root) and b == float(2 / ((1 - root**2) * slope**2))
    assert np.count_nonzero(q.G_W) == 10
    assert q.GL_X is q.GL_X20 and q.GL_W is q.GL_W20
    # QUADPACK, routine dqk21.
    assert q.GK_X[-1] == 0.995657163025808080735527280689003 and q.GK_W[10] == 0.149445554002916905664936468389821
    assert q.GK_W[0] == 0.011694638867371874278064396062192 and q.G_W[1] == 0.066671344308688137593568809893332


# --- boundaries ---

ANY = st.one_of(st.floats(-30, 30), st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -5.0, 5.0]))
WIDTH = st.one_of(st.floats(0, 10), st.floats(-12, 0).map(lambda e: 10**e), st.sampled_from([0.0, math.nan, math.inf]))


@given(
    st.lists(st.tuples(ANY, WIDTH), max_size=4),
    st.floats(-10, 5),
    st.floats(1e-6, 20),
    st.one_of(st.floats(0.3, 5), st.sampled_from([0.0, math.nan, math.inf])),
)
def test_graded_edges(transitions, lo, length, max_width):
    hi = lo + length
    centers = np.array([c for c, _ in transitions] + [0.1])
    widths = np.array([w for _, w in transitions] + [1e-9])
    nc = len(transitions)
    room = np.full(700, -777.0)
    n = q.graded_edges(room[:-1], lo, hi, centers, widths, nc, max_width)
    edges = room[:n]
    assert room[-1] == -777.0
    assert edges[0] == lo and edges[-1] == hi
    assert (np.diff(edges) > 0).all()
    limit = max_width if max_width > 0 else math.inf
    assert np.diff(edges).max() <= limit * (1 + 1e-9)
    for c, _ in transitions:
        if lo < c < hi:
            assert np.abs(edges - c).min() <= 1e-14
    # Every panel is short enough for every transition: at most twice the distance or the width.
    for a, b in pairwise(edges):
        for c, w in transitions:
            if math.isfinite(c) and 1e-12 < w < min(limit, length):
                distance = max(a - c, c - b, 0.0)
                assert b - a <= 2.7 * max(w, distance)


def test_kinks_are_kept_exactly():
    edges = np.empty(64)
    centers, widths = np.array([0.3, 0.3, 0.3001, 2.0, 9.0, math.nan]), np.zeros(6)
    n = q.graded_edges(edges, -1.0, 3.0, centers, widths, 6, 2.0)
    assert edges[:n].tolist() == [-1.0, 0.3, 0.3001, 2.0, 3.0]


def test_short_buffer_is_respected():
    for size in range(2, 40):
        room = np.full(size + 1, -777.0)
        n = q.graded_edges(room[:size], -9.0, 9.0, np.array([0.0]), np.array([1e-9]), 1, 1.0)
        assert n <= size and room[size] == -777.0
        assert room[0] == -9 and room[n - 1] == 9 and (np.diff(room[:n]) > 0).all()


def test_gaussian_edges():
    edges = np.empty(400)
    none = np.empty(0)
    n = q.gaussian_edges(edges, 3.0, 2.0, none, none, 0)
    assert n == 11 and edges[0] == 3 - 19 and edges[n - 1] == 3 + 19
    assert q.gaussian_edges(edges, 3.0, 0.0, none, none, 0) == 1 and edges[0] == 3
    assert q.gaussian_edges(edges, 3.0, math.nan, none, none, 0) == 1


# --- integrals ---


@njit(error_model="numpy")
def integrand(kind, x, p):
    if kind == 0:
        return special.log_ndtr(x / p)
    if kind == 1:
        return math.tanh(x / p) ** 2
    if kind == 2:
        return special.log_cosh(x)
    if kind == 3:
        return special.mills(x / p) ** 2
    return x**p


@njit(error_model="numpy")
def integrate(kind, p, mean, sd, edges, n, tolerance):
    """Integral under N(mean, sd^2), panels evaluated; bisection where the pair disagrees by the tolerance."""
    stack = np.empty((64, 2))
    norm = sd * math.sqrt(2.0 * math.pi)
    total = 0.0
    panels = 0
    for i in range(n - 1):
        stack[0, 0] = edges[i]
        stack[0, 1] = edges[i + 1]
        height = 1
        while height > 0:
            height -= 1
            a, b = stack[height, 0], stack[height, 1]
            middle, half = 0.5 * (a + b), 0.5 * (b - a)
            fine = 0.0
            coarse = 0.0
            for j in range(21):
                x = middle + half * q.GK_X[j]
                z = (x - mean) / sd
                value = integrand(kind, x, p) * math.exp(-0.5 * z * z)
                fine += q.GK_W[j] * value
                coarse += q.G_W[j] * value
            panels += 1
            if abs(fine - coarse) * half > tolerance * norm and height < 60:
                stack[height, 0], stack[height, 1] = a, middle
                stack[height + 1, 0], stack[height + 1, 1] = middle, b
                height += 2
            else:
                total += fine * half
    return total / norm, panels


def exact(function, mean, sd, width):
    """The same integral by mpmath on panels graded towards 0."""
    points = {mean + sd * z for z in range(-11, 12)} | {mp.mpf(0)}
    points |= {s * width * mp.mpf(2) ** k for k in range(-1, 60) for s in (-1, 1)}
    points = sorted(x for x in points if abs(x - mean) <= 11 * sd)
    integral = mp.quad(lambda x: function(x) * mp.exp(-(((x - mean) / sd) ** 2) / 2), points)
    return integral / (sd * mp.sqrt(2 * mp.pi))


TRANSITIONS = [
    # kind, gap 1 - q, panels allowed
    *[(0, gap, panels) for gap, panels in ((0.5, 12), (1e-2, 20), (1e-4, 26), (1e-6, 32), (1e-9, 42))],
    *[(3, gap, panels) for gap, panels in ((0.5, 12), (1e-4, 26), (1e-9, 42))],
]


@pytest.mark.parametrize(("kind", "gap", "panels"), TRANSITIONS)
def test_transition_under_a_gaussian(kind, gap, panels):
    overlap = 1.0 - gap
    width, sd = math.sqrt(1.0 - overlap), math.sqrt(overlap)
    edges = np.empty(400)
    n = q.gaussian_edges(edges, 0.0, sd, np.zeros(1), np.full(1, width), 1)
    with mp.workdps(25):
        if kind == 0:
            expected = exact(lambda x: reference.log_ndtr(x / width), mp.mpf(0), mp.mpf(sd), mp.mpf(width))
        else:
            expected = exact(
                lambda x: (mp.npdf(x / width) / reference.normal_cdf(x / width)) ** 2,
                mp.mpf(0),
                mp.mpf(sd),
                mp.mpf(width),
            )
    found, used = integrate(kind, width, 0.0, sd, edges, n, 1e-14 * abs(float(expected)))
    assert abs(found - expected) < 1e-15 * abs(expected)
    assert used <= panels


@pytest.mark.parametrize(("slope", "panels"), [(3.0, 16), (20.0, 22), (1000.0, 32)])
def test_squared_tanh(slope, panels):
    edges = np.empty(400)
    n = q.gaussian_edges(edges, 0.0, 1.0, np.zeros(1), np.full(1, 1 / slope), 1)
    found, used = integrate(1, 1 / slope, 0.0, 1.0, edges, n, 1e-14)
    with mp.workdps(25):
        expected = exact(lambda x: mp.tanh(x / mp.mpf(1 / slope)) ** 2, mp.mpf(0), mp.mpf(1), mp.mpf(1 / slope))
    assert abs(found - expected) < 1e-15
    assert used <= panels


@pytest.mark.parametrize(
    ("mean", "variance", "panels"), [(0.0, 1.0, 12), (0.0, 1e4, 26), (1e4, 1e4, 10), (3.0, 100.0, 20)]
)
def test_log_cosh(mean, variance, panels):
    sd = math.sqrt(variance)
    edges = np.empty(400)
    n = q.gaussian_edges(edges, mean, sd, np.zeros(1), np.ones(1), 1)
    found, used = integrate(2, 0.0, mean, sd, edges, n, 1e-13 * max(1.0, abs(mean), sd))
    with mp.workdps(25):
        expected = exact(lambda x: mp.log(mp.cosh(x)), mp.mpf(mean), mp.mpf(sd), mp.mpf(1))
    assert abs(found - expected) < 1e-15 * abs(expected)
    assert used <= panels


@pytest.mark.parametrize(("power", "expected"), [(0.0, 1.0), (2.0, 1.0), (4.0, 3.0)])
def test_moments_lose_nothing_at_the_cut(power, expected):
    edges = np.empty(40)
    none = np.empty(0)
    n = q.gaussian_edges(edges, 0.0, 1.0, none, none, 0)
    found, used = integrate(4, power, 0.0, 1.0, edges, n, 1e300)
    assert found == pytest.approx(expected, rel=1e-15) and used == 10


def test_transition_missing_from_the_centres_is_refined():
    edges = np.empty(40)
    none = np.empty(0)
    n = q.gaussian_edges(edges, 0.0, 1.0, none, none, 0)
    found, used = integrate(1, 0.05, 0.0, 1.0, edges, n, 1e-15)
    with mp.workdps(25):
        expected = exact(lambda x: mp.tanh(20 * x) ** 2, mp.mpf(0), mp.mpf(1), mp.mpf("0.05"))
    assert abs(found - expected) < 2e-15 and used < 90
