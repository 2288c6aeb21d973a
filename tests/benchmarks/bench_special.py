"""Times of the runtime: ``python tests/benchmarks/bench_special.py`` prints ns per call, best of 7 passes."""

from __future__ import annotations

import time

import numpy as np
import pytest
from numba import njit

from derive.runtime import intervals, jets, quadrature, special

CALLS = 100_000


def scalar_loop(function):
    """A compiled loop that calls a function of one number and returns the sum."""

    @njit(error_model="numpy")
    def loop(x):
        total = 0.0
        for i in range(x.shape[0]):
            total += function(x[i])
        return total

    return loop


def pair_loop(function):
    """The same for a function of two numbers."""

    @njit(error_model="numpy")
    def loop(x, y):
        total = 0.0
        for i in range(x.shape[0]):
            total += function(x[i], y[i])
        return total

    return loop


def triple_loop(function):
    """The same for a function of three numbers."""

    @njit(error_model="numpy")
    def loop(x, y, z):
        total = 0.0
        for i in range(x.shape[0]):
            total += function(x[i], y[i], z[i])
        return total

    return loop


def jet_loop(function, arguments):
    """A compiled loop over a jet with one, two or four arguments."""
    if arguments == 1:

        @njit(error_model="numpy")
        def loop(x, out):
            total = 0.0
            for i in range(x.shape[0]):
                function(x[i], out)
                total += out[0] + out[4]
            return total

    elif arguments == 2:

        @njit(error_model="numpy")
        def loop(x, y, out):
            total = 0.0
            for i in range(x.shape[0]):
                function(x[i], y[i], out)
                total += out[0] + out[4]
            return total

    else:

        @njit(error_model="numpy")
        def loop(x, y, z, w, out):
            total = 0.0
            for i in range(x.shape[0]):
                function(x[i], y[i], z[i], w[i], out)
                total += out[0] + out[4]
            return total

    return loop


@njit(error_model="numpy")
def merge_loop(parts, n, out, repeats):
    """Merge n parts again and again."""
    total = 0.0
    for i in range(repeats):
        parts[0, 0] = 1e-6 * i
        jets.merge_jets(parts, n, out)
        total += out[2]
    return total


@njit(error_model="numpy")
def edges_loop(edges, centers, widths, repeats):
    """Make panels again and again."""
    total = 0
    for i in range(repeats):
        centers[0] = 1e-6 * i
        total += quadrature.gaussian_edges(edges, 0.0, 1.0, centers, widths, 2)
    return total


def cases():
    """Name, function without arguments, calls inside."""
    rng = np.random.default_rng(5)
    x = 4.0 * rng.standard_normal(CALLS)
    y = np.abs(x) + 1e-3
    right = x + rng.exponential(3.0, CALLS)
    unit = np.full(CALLS, 1.0)
    positive = rng.exponential(5.0, CALLS)
    out = np.zeros(5)
    rho = rng.uniform(-0.999, 0.999, CALLS)
    for name, argument in (
        ("log_ndtr", x),
        ("ndtr", x),
        ("mills", x),
        ("erfcx", y),
        ("log_cosh", x),
        ("softplus", x),
        ("logistic", x),
    ):
        loop = scalar_loop(getattr(special, name))
        yield name, lambda loop=loop, argument=argument: loop(argument), CALLS
    difference = pair_loop(special.log_diff_exp)
    owen = pair_loop(special.owens_t)
    bivariate = triple_loop(special.bvn_upper)
    loop = pair_loop(special.log_interval)
    yield "log_interval wide", lambda loop=loop: loop(x, right), CALLS
    yield "log_interval narrow", lambda loop=loop: loop(x, x + 0.1), CALLS
    yield "log_diff_exp", lambda: difference(right, x), CALLS
    yield "owens_t", lambda: owen(x, right), CALLS
    yield "bvn_upper", lambda: bivariate(0.3 * x, 0.3 * right, rho), CALLS
    loop = jet_loop(jets.log_ndtr_jet, 1)
    yield "log_ndtr_jet c < 0", lambda loop=loop: loop(-y, out), CALLS
    yield "log_ndtr_jet c > 0", lambda loop=loop: loop(y, out), CALLS
    loop = jet_loop(intervals.log_interval_jet, 2)
    yield "log_interval_jet wide", lambda loop=loop: loop(x, right, out), CALLS
    yield "log_interval_jet narrow", lambda loop=loop: loop(x, x + 0.1, out), CALLS
    loop = jet_loop(intervals.tilted_interval_jet, 4)
    yield "tilted_interval_jet P > 0", lambda loop=loop: loop(positive, x, -unit, unit, out), CALLS
    yield "tilted_interval_jet P = 0", lambda loop=loop: loop(0.0 * unit, x, -unit, unit, out), CALLS
    yield "tilted_interval_jet P < 0", lambda loop=loop: loop(-positive, x, -unit, unit, out), CALLS
    for n in (2, 3):
        parts = rng.standard_normal((n, 5))
        yield f"merge_jets {n}", lambda parts=parts, n=n: merge_loop(parts, n, out, CALLS), CALLS
    room = np.zeros(400)
    centers, widths = np.array([0.0, 1.0]), np.array([1e-3, 1e-2])
    yield "gaussian_edges 2 centres", lambda: edges_loop(room, centers, widths, 2000), 2000


@pytest.mark.benchmark
@pytest.mark.parametrize(("name", "call", "calls"), [pytest.param(*case, id=case[0]) for case in cases()])
def test_speed(benchmark, name, call, calls):
    call()
    benchmark(call)


def main():
    for name, call, calls in cases():
        call()
        best = float("inf")
        for _ in range(7):
            start = time.perf_counter()
            call()
            best = min(best, time.perf_counter() - start)
        print(f"{name:28s} {1e9 * best / calls:8.1f} ns")


if __name__ == "__main__":
    main()
