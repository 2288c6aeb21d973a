"""Accuracy of `derive.runtime.jets` against closed forms in mpmath, and its limits."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derive.runtime import intervals, jets, special
from tests.unit.runtime import reference

INF = math.inf


def call(function, *arguments):
    """Run a jet function into a fresh array of nan."""
    out = np.full(5, np.nan)
    function(*arguments, out)
    return out


def relative(found, expected):
    """Relative error; results in the subnormal range are not judged."""
    if abs(expected) < mp.mpf(10) ** -300:
        return 0.0
    return float(abs((mp.mpf(float(found)) - expected) / expected))


def scaled(found, expected, sigma, order):
    """Error relative to the larger of the value and sigma^order."""
    return float(abs(mp.mpf(float(found)) - expected) / max(abs(expected), sigma**order))


# --- log Phi ---


def jet_arguments():
    rng = np.random.default_rng(3)
    zero = 1.0023693422683706
    near = 10 ** rng.uniform(-13, -1, 40)
    return np.concatenate(
        [
            rng.uniform(-8, 8, 300),
            rng.uniform(-37, 37, 200),
            -(10 ** rng.uniform(-8, 8, 200)),
            10 ** rng.uniform(-8, 1.57, 100),
            zero + near,
            zero - near,
            [0.0, -1e8, zero, 0.75, 1.25],
        ]
    )


def test_log_ndtr_jet():
    bounds = (1e-15, 1e-15, 2e-15, 1e-14, 4e-14)
    with mp.workdps(50):
        for c in jet_arguments():
            found = call(jets.log_ndtr_jet, c)
            expected = reference.log_ndtr_jet(c)
            for order in range(5):
                assert relative(found[order], expected[order]) < bounds[order], (c, order)


def test_log_ndtr_jet_limits():
    assert call(jets.log_ndtr_jet, INF).tolist() == [0, 0, 0, 0, 0]
    assert call(jets.log_ndtr_jet, 1e3).tolist() == [0, 0, 0, 0, 0]
    assert call(jets.log_ndtr_jet, -INF).tolist() == [-INF, INF, -1, 0, 0]
    assert np.isnan(call(jets.log_ndtr_jet, math.nan)).all()


# --- intervals ---

INTERVALS = [
    (30, 31),
    (1e3, 2e3),
    (1e3, 1e3 + 1e-4),
    (1e6, 1e6 + 1e-5),
    (1e6, 1e6 + 2e-6),
    (-37, 37),
    (-37, 36.9),
    (-30, 37),
    (-40, 40),
    (-0.5, 40),
    (-2, 30),
    (0, 1),
    (0, 40),
    (0, 1e-8),
    (-1e-8, 1e-8),
    (5, 5 + 1e-8),
    (-1, 1),
    (-1.0001, 1),
    (1, 2.2),
    (-31, -30),
    (-1e3 - 1e-4, -1e3),
]


def random_intervals(n):
    rng = np.random.default_rng(4)
    for case in range(n):
        kind = case % 7
        if kind == 0:
            a, w = rng.uniform(-5, 5), 10 ** rng.uniform(-8, 1.5)
        elif kind == 1:
            a, w = 10 ** rng.uniform(-6, 3.5), 10 ** rng.uniform(-8, 1.5)
        elif kind == 2:
            a = 10 ** rng.uniform(0, 3.5)
            w = 10 ** rng.uniform(-2, 2) / a
        elif kind == 3:
            a = -rng.uniform(0, 36)
            w = -a + rng.uniform(0, 36)
        elif kind == 4:
            h = 10 ** rng.uniform(-8, 1.5)
            a, w = h * (10 ** rng.uniform(-14, 0) - 1), 2 * h
        elif kind == 5:
            a = -(10 ** rng.uniform(-8, 0.5))
            w = -a * rng.uniform(1, 2)
        else:
            h = rng.uniform(0.5, 1.5)
            a, w = rng.uniform(-3, 3) - h, 2 * h
        b = a + w
        if rng.random() < 0.3:
            a, b = -b, -a
        if b > a:
            yield a, b


def check_interval(a, b):
    found = call(intervals.log_interval_jet, a, b)
    with mp.workdps(60):
        expected = reference.interval_jet(a, b)
        sigma = mp.sqrt(1 + expected[2])
        for order, bound in enumerate((1e-15, 2e-15, 2e-15)):
            assert relative(found[order], expected[order]) < bound, (a, b, order)
        assert scaled(found[3], expected[3], sigma, 3) < 1e-14, (a, b)
        assert scaled(found[4], expected[4], sigma, 4) < 5e-14, (a, b)


@pytest.mark.parametrize(("a", "b"), INTERVALS)
def test_log_interval_jet(a, b):
    check_interval(float(a), float(b))


def test_log_interval_jet_random():
    for a, b in random_intervals(280):
        check_interval(a, b)


def test_log_interval_jet_matches_the_value_function():
    for a, b in random_intervals(100):
        assert call(intervals.log_interval_jet, a, b)[0] == pytest.approx(special.log_interval(a, b), rel=1e-15)


def test_log_interval_jet_limits():
    assert call(intervals.log_interval_jet, -INF, INF).tolist() == [0, 0, 0, 0, 0]
    assert call(intervals.log_interval_jet, 1.0, 1.0).tolist() == [-INF, 0, 0, 0, 0]
    assert call(intervals.log_interval_jet, 2.0, 1.0).tolist() == [-INF, 0, 0, 0, 0]
    assert call(intervals.log_interval_jet, 2.0, INF).tolist() == call(jets.log_ndtr_jet, -2.0).tolist()
    lower = call(intervals.log_interval_jet, -INF, 2.0)
    assert (lower * [1, -1, 1, -1, 1]).tolist() == call(jets.log_ndtr_jet, 2.0).tolist()
    assert np.isnan(call(intervals.log_interval_jet, math.nan, 1.0)).all()


# --- tilted intervals ---


def random_tilts(n):
    rng = np.random.default_rng(6)
    for case in range(n):
        kind = case % 10
        a = rng.uniform(-3, 3)
        b = a + 10 ** rng.uniform(-3, 1)
        if rng.random() < 0.5:
            a, b = -1.0, 1.0
        P, Q = 10 ** rng.uniform(-12, 12), rng.normal() * 10 ** rng.uniform(-6, 6)
        if kind < 3:
            P, Q = -(10 ** rng.uniform(-12, 4)), rng.normal() * 10 ** rng.uniform(-4, 4)
        elif kind == 3:
            P = 0.0
        elif kind == 4:
            P, Q = rng.uniform(-60, 60), rng.normal() * 10
        elif kind == 5:
            b = INF
            if rng.random() < 0.5:
                a, b = -INF, -a
        elif kind == 6:
            P = 10 ** rng.uniform(-3, 3)
            Q = P * rng.uniform(a, b)
        elif kind == 7:
            P = -(10 ** rng.uniform(-3, 3.5))
            Q = P * rng.uniform(a, b)
        elif kind == 8:
            P = 10 ** rng.uniform(-300, -20)
        yield P, Q, a, b


def check_tilt(P, Q, a, b):
    found = call(intervals.tilted_interval_jet, P, Q, a, b)
    with mp.workdps(60):
        expected = reference.tilted_jet(P, Q, a, b, guard=2600 if 0 < abs(P) < 1e-30 else 300)
        sigma = mp.sqrt(expected[2])
        size = max(abs(x) for x in (a, b, float(expected[1])) if math.isfinite(x))
        bounds = (5e-15, 1e-13, 1e-12, 1e-10) if P < 0 else (5e-15, 2e-14, 2e-14, 5e-14)
        assert abs(found[0] - expected[0]) < bounds[0] * max(1, abs(expected[0])), (P, Q, a, b)
        assert abs(found[1] - expected[1]) < 1e-15 * size, (P, Q, a, b)
        assert relative(found[2], expected[2]) < bounds[1], (P, Q, a, b)
        assert scaled(found[3], expected[3], sigma, 3) < bounds[2], (P, Q, a, b)
        assert scaled(found[4], expected[4], sigma, 4) < bounds[3], (P, Q, a, b)


def test_tilted_interval_jet_random():
    for case in random_tilts(800):
        check_tilt(*case)


@pytest.mark.parametrize(
    "case",
    [
        (0.0, 0.0, -1.0, 1.0),
        (0.0, 1e6, -1.0, 1.0),
        (0.0, -1e6, -1.0, 1.0),
        (1e-9, 1e6, 0.0, 1.0),
        (1e12, 0.0, -1.0, 1.0),
        (1e12, 1e12, -1.0, 1.0),
        (1e12, 1e6, -1.0, 1.0),
        (-1e12, 0.0, -1.0, 1.0),
        (-100.0, 0.0, -1.0, 1.0),
        (-100.0, 1e-3, -1.0, 1.0),
        (-8.0, 2.0, 0.0, 1.0),
        (4.0, 2.0, 0.0, 1.0),
        (0.0, -2.0, 3.0, INF),
        (0.0, 2.0, -INF, 3.0),
        (2.0, 1e6, 0.0, INF),
        (2.0, -1e6, 0.0, INF),
        (1e-300, -1.0, 0.0, INF),
    ],
)
def test_tilted_interval_jet(case):
    check_tilt(*case)


def test_tilted_mean_is_relative_for_small_fields():
    for field in (1e-3, 1e-9, 1e-30):
        assert call(intervals.tilted_interval_jet, 0.0, field, -1.0, 1.0)[1] == pytest.approx(
            field / 3 - field**3 / 45 + 2 * field**5 / 945, rel=1e-15
        )


def test_tilted_mean_is_relative_when_the_law_is_a_cut_gaussian():
    for field in (1e-3, 1e-9, 1e-30):
        for P in (0.5, 2.0, 9.0, 1e3):
            with mp.workdps(60):
                expected = reference.tilted_jet(P, field, -1.0, 1.0)[1]
            assert relative(call(intervals.tilted_interval_jet, P, field, -1.0, 1.0)[1], expected) < 2e-15


def test_tilted_interval_jet_limits():
    line = call(intervals.tilted_interval_jet, 2.0, 3.0, -INF, INF)
    assert line == pytest.approx([9 / 4 + 0.5 * math.log(math.pi), 1.5, 0.5, 0, 0], rel=1e-15)
    assert call(intervals.tilted_interval_jet, 0.0, 1.0, 0.0, INF)[0] == INF
    assert call(intervals.tilted_interval_jet, -1.0, -1.0, 0.0, INF)[0] == INF
    assert call(intervals.tilted_interval_jet, 0.0, 0.0, -INF, INF)[0] == INF
    assert call(intervals.tilted_interval_jet, 1.0, 1.0, 1.0, 1.0).tolist() == [-INF, 0, 0, 0, 0]
    assert np.isnan(call(intervals.tilted_interval_jet, math.nan, 1.0, 0.0, 1.0)).all()


def test_tilted_jet_is_the_shifted_normal_interval():
    base = call(intervals.log_interval_jet, 0.3, 2.9)
    tilted = call(intervals.tilted_interval_jet, 1.0, 0.0, 0.3, 2.9)
    jets.add_quadratic(tilted, -0.5 * math.log(2 * math.pi), 0.0, -0.5, 0.0)
    assert tilted == pytest.approx(base, rel=1e-14)


# --- merging ---


def merge_reference(parts):
    """The textbook formulas at 60 digits."""
    rows = [[mp.mpf(float(x)) for x in row] for row in parts if row[0] != -INF]
    total = mp.fsum(mp.exp(row[0]) for row in rows)
    p = [mp.exp(row[0]) / total for row in rows]
    f1 = mp.fsum(w * row[1] for w, row in zip(p, rows, strict=True))
    f2 = f3 = f4 = mp.mpf(0)
    for w, (_, k1, k2, k3, k4) in zip(p, rows, strict=True):
        d = k1 - f1
        f2 += w * (d**2 + k2)
        f3 += w * (d**3 + 3 * d * k2 + k3)
        f4 += w * (d**4 + 6 * d**2 * k2 + 3 * k2**2 + 4 * d * k3 + k4)
    return [mp.log(total), f1, f2, f3, f4 - 3 * f2**2]


@pytest.mark.parametrize("field", [1e-3, 1.0, 20.0, 200.0, 350.0])
def test_log_cosh_by_merging(field):
    parts = np.array([[field, 1.0, 0.0, 0.0, 0.0], [-field, -1.0, 0.0, 0.0, 0.0]])
    out = call(jets.merge_jets, parts, 2)
    with mp.workdps(400):
        h = mp.mpf(field)
        t, s = mp.tanh(h), mp.sech(h) ** 2
        expected = [mp.log(2 * mp.cosh(h)), t, s, -2 * t * s, s * (6 * t * t - 2)]
        for order in range(5):
            assert relative(out[order], expected[order]) < 1e-12, order
        assert relative(out[2], expected[2]) < 2e-15


def test_tiny_weight_with_any_slope():
    parts = np.array([[0.0, 3.7, 0.0, 0.0, 0.0], [-300.0, -1.1, 0.0, 0.0, 0.0], [-400.0, 2.3, 0.0, 0.0, 0.0]])
    out = call(jets.merge_jets, parts, 3)
    assert out[2] == pytest.approx(4.8**2 * math.exp(-300.0), rel=1e-14)


@given(
    st.lists(
        st.tuples(st.floats(-80, 80), st.floats(-9, 9), st.floats(-1, 4), st.floats(-3, 3), st.floats(-3, 3)),
        min_size=1,
        max_size=5,
    )
)
def test_merge_against_the_formulas(rows):
    parts = np.array(rows)
    out = call(jets.merge_jets, parts, len(rows))
    with mp.workdps(80):
        expected = merge_reference(parts)
        spread = max(1.0, float(np.ptp(parts[:, 1])), float(np.abs(parts[:, 2:]).max()))
        for order in range(5):
            scale = max(spread ** max(order, 1), abs(float(expected[order])), np.abs(parts[:, :2]).max())
            assert abs(out[order] - expected[order]) < 2e-14 * scale


@pytest.mark.parametrize("field", [1e-3, 1.0, 20.0, 200.0, 350.0])
def test_log_cosh_from_linear_exponents(field):
    out = np.empty(5)
    jets.log_sum_exp_jet((0.0, 0.0), (-1.0, 1.0), field, out)
    with mp.workdps(400):
        h = mp.mpf(field)
        t, s = mp.tanh(h), mp.sech(h) ** 2
        expected = [mp.log(2 * mp.cosh(h)), t, s, -2 * t * s, s * (6 * t * t - 2)]
        for order in range(5):
            assert relative(out[order], expected[order]) < 1e-12, order
        assert relative(out[2], expected[2]) < 2e-15


@given(
    st.lists(st.tuples(st.floats(-80, 80), st.floats(-9, 9)), min_size=2, max_size=6),
    st.floats(-20, 20),
)
def test_linear_exponents_against_the_formulas(atoms, x):
    constants, slopes = zip(*atoms, strict=True)
    out = np.empty(5)
    jets.log_sum_exp_jet.py_func(constants, slopes, x, out)  # a tuple of another length is another compilation
    with mp.workdps(80):
        expected = merge_reference([[mp.mpf(c) + mp.mpf(s) * mp.mpf(x), mp.mpf(s), 0, 0, 0] for c, s in atoms])
        spread = max(1.0, float(np.ptp(slopes)))
        for order in range(5):
            scale = max(spread ** max(order, 1), max(abs(c) + abs(s * x) for c, s in atoms))
            assert abs(out[order] - expected[order]) < 4e-14 * scale


def test_linear_exponents_without_weight_give_nothing():
    out = np.empty(5)
    jets.log_sum_exp_jet((-INF, -INF), (1.0, 2.0), 0.3, out)
    assert out.tolist() == [-1e300, 0, 0, 0, 0]
    jets.log_sum_exp_jet((-INF, 0.5), (1.0, 2.0), 0.25, out)
    assert out.tolist() == [1.0, 2.0, 0, 0, 0]


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("c", [-1e5, -3.0, 0.0, 1.0, 6.0, 40.0])
def test_log_ndtr_jet_to_lower_order_agrees_with_the_full_one(c, order):
    full, part = np.zeros(5), np.zeros(5)
    jets.log_ndtr_jet(c, full)
    jets.log_ndtr_jet(c, part, order)
    assert part[: order + 1].tolist() == full[: order + 1].tolist()


def test_merge_skips_empty_parts():
    parts = np.array([[-INF, math.nan, INF, -INF, math.nan], [0.5, 1, 2, 3, 4], [-INF, 0, 0, 0, 0]])
    assert call(jets.merge_jets, parts, 3) == pytest.approx([0.5, 1, 2, 3, 4], rel=1e-15)
    assert call(jets.merge_jets, parts, 1).tolist() == [-INF, 0, 0, 0, 0]
    assert call(jets.merge_jets, parts, 0).tolist() == [-INF, 0, 0, 0, 0]
    jets.merge_jets(parts, 3, parts[0])
    assert parts[0] == pytest.approx([0.5, 1, 2, 3, 4], rel=1e-15)


def test_halves_of_a_gaussian_merge_to_the_whole():
    parts = np.zeros((2, 5))
    intervals.tilted_interval_jet(1.3, 0.4, -INF, 0.2, parts[0])
    intervals.tilted_interval_jet(1.3, 0.4, 0.2, INF, parts[1])
    whole = call(intervals.tilted_interval_jet, 1.3, 0.4, -INF, INF)
    assert call(jets.merge_jets, parts, 2) == pytest.approx(whole, rel=1e-14, abs=1e-14)


# --- algebra of jets ---


def test_affine_argument_and_quadratic():
    x, s, t = 0.7, -1.9, 0.3
    out = call(jets.log_ndtr_jet, s * x + t)
    jets.scale_chain(out, s)
    jets.add_quadratic(out, 0.1, -0.2, 0.4, x)
    with mp.workdps(40):

        def f(y):
            return reference.log_ndtr(s * y + t) + 0.1 - 0.2 * y + 0.4 * y * y

        for order in range(5):
            assert out[order] == pytest.approx(float(mp.diff(f, x, order)), rel=1e-12)


def test_add_jets():
    a, b = np.arange(5.0), np.arange(5.0) ** 2
    jets.add_jets(a, b, a)
    assert a.tolist() == [0, 2, 6, 12, 20]
