"""Loops by hand for the perceptrons: what one writes in an afternoon with numba, and with more care.

Fixed points by plain or damped iteration with Gauss-Hermite nodes or a trapezoidal rule (made before the clock starts);
thresholds of the binary teacher by bisection; the same numbers from mpmath, to measure true errors.  Nothing here uses
the engine.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import mpmath as mp
import numpy as np
from numba import njit
from scipy.special import roots_hermitenorm

__all__ = [
    "FLOOR",
    "LOOPS",
    "crossing",
    "exact_branch",
    "exact_crossing",
    "exact_spinodal",
    "hermite",
    "jump",
    "trapezoid",
]

FLOOR = 1e-12
"""1 - q is not let below this: the loops stay finite where the overlap goes to one."""


def hermite(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Hermite nodes and weights of N(0, 1)."""
    nodes, weights = roots_hermitenorm(n)
    return nodes, weights / weights.sum()


def trapezoid(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Equidistant nodes on [-9, 9] with the weights of N(0, 1)."""
    nodes = np.linspace(-9.0, 9.0, n)
    return nodes, np.exp(-0.5 * nodes**2) * (nodes[1] - nodes[0]) / math.sqrt(2.0 * math.pi)


@njit(error_model="numpy")
def log_ndtr(x):
    """log Phi(x)."""
    if x > -30.0:
        return math.log(0.5 * math.erfc(-x / math.sqrt(2.0)))
    return -0.5 * x * x - math.log(-x) - 0.9189385332046727 + math.log1p(-1.0 / (x * x) + 3.0 / x**4)


# ------------------------------------------------------------------------------------------- maps


@njit(error_model="numpy")
def teacher_sites(q_hat, nodes, weights):
    """E tanh(q_hat + sqrt(q_hat) z)."""
    s, total = math.sqrt(q_hat), 0.0
    for i in range(nodes.size):
        total += weights[i] * math.tanh(q_hat + s * nodes[i])
    return total


@njit(error_model="numpy")
def teacher(alpha, q, nodes, weights):
    """q_hat = alpha/(pi (1 - q)) E exp(-t^2)/Phi(t), t = sqrt(q/(1 - q)) z, then the sites."""
    v = max(1.0 - q, FLOOR)
    t, total = math.sqrt(q / v), 0.0
    for i in range(nodes.size):
        a = t * nodes[i]
        total += weights[i] * math.exp(-a * a - log_ndtr(a))
    return teacher_sites(alpha / (math.pi * v) * total, nodes, weights)


@njit(error_model="numpy")
def teacher_hat(alpha, q, nodes, weights):
    """The same q_hat in the variable u = z/sqrt(1 - q): the integrand keeps its width near q = 1."""
    v = max(1.0 - q, FLOOR)
    s, total = math.sqrt(q), 0.0
    for i in range(nodes.size):
        u = nodes[i]
        total += weights[i] * math.exp(-0.5 * q * u * u - log_ndtr(s * u))
    return alpha / (math.pi * math.sqrt(v)) * total


@njit(error_model="numpy")
def teacher_grid(alpha, q, nodes, weights):
    """The map of `teacher` with the careful channel."""
    return teacher_sites(teacher_hat(alpha, q, nodes, weights), nodes, weights)


@njit(error_model="numpy")
def storage(alpha, q, nodes, weights):
    """q/(1 - q)^2 = alpha/(1 - q) E (phi/H)^2(t), t = sqrt(q/(1 - q)) z; solved for q at fixed right side."""
    v = max(1.0 - q, FLOOR)
    k, total = math.sqrt(q / v), 0.0
    for i in range(nodes.size):
        a = k * nodes[i]
        total += weights[i] * math.exp(-a * a - 1.8378770664093453 - 2.0 * log_ndtr(-a))
    return 1.0 - 2.0 / (1.0 + math.sqrt(1.0 + 4.0 * alpha / v * total))


def iteration(update: Callable) -> Callable:
    """The loop around a map: until q moves by less than `stop`; `damping` is the weight of the old value."""

    @njit(error_model="numpy")
    def run(alpha, q, damping, stop, nodes, weights):
        for _ in range(20000):
            new = damping * q + (1.0 - damping) * update(alpha, q, nodes, weights)
            if abs(new - q) < stop:
                return new
            q = new
        return q

    return run


LOOPS: dict[str, dict[str, tuple[Callable, Callable]]] = {
    "perceptron_teacher_binary": {
        "Gauss-Hermite": (iteration(teacher), hermite),
        "trapezoid": (iteration(teacher_grid), trapezoid),
    },
    "perceptron_storage_spherical": {
        "Gauss-Hermite": (iteration(storage), hermite),
        "trapezoid": (iteration(storage), trapezoid),
    },
}
"""(loop, rule) by name, for each model."""


# ------------------------------------------------------------------------------- thresholds by bisection


@njit(error_model="numpy")
def teacher_entropy(alpha, q, nodes, weights):
    """The free entropy of the binary teacher at the overlap q: E log 2cosh + 2 alpha E Phi log Phi + ..."""
    q_hat = teacher_hat(alpha, q, nodes, weights)
    s, t = math.sqrt(q_hat), math.sqrt(q / max(1.0 - q, FLOOR))
    sites = labels = 0.0
    for i in range(nodes.size):
        x = abs(q_hat + s * nodes[i])
        sites += weights[i] * (x + math.log1p(math.exp(-2.0 * x)))
        log_z = log_ndtr(t * nodes[i])
        labels += weights[i] * math.exp(log_z) * log_z
    return sites - math.log(2.0) - 0.5 * q_hat * (1.0 + q) + 2.0 * alpha * labels


def bisection(above: Callable[[float], bool], lower: float, upper: float, width: float) -> float:
    """The place between lower and upper where `above` becomes true."""
    while upper - lower > width:
        middle = 0.5 * (lower + upper)
        lower, upper = (lower, middle) if above(middle) else (middle, upper)
    return 0.5 * (lower + upper)


def jump(width: float, n: int = 201, stop: float = 1e-12) -> float:
    """The spinodal of the binary teacher: where the plain iteration from q = 1e-3 first reaches q = 1."""
    loop, (nodes, weights) = LOOPS["perceptron_teacher_binary"]["trapezoid"][0], trapezoid(n)
    return bisection(lambda a: loop(a, 1e-3, 0.0, stop, nodes, weights) > 0.999, 1.2, 1.8, width)


def crossing(width: float, n: int = 201, stop: float = 1e-12) -> float:
    """Its first-order threshold: where the free entropy of that iteration falls below -log 2."""
    loop, (nodes, weights) = LOOPS["perceptron_teacher_binary"]["trapezoid"][0], trapezoid(n)

    def below(alpha: float) -> bool:
        q = loop(alpha, 1e-3, 0.0, stop, nodes, weights)
        return teacher_entropy(alpha, q, nodes, weights) < -math.log(2.0)

    return bisection(below, 1.1, 1.4, width)


# ------------------------------------------------------------------------------------- the same in mpmath


def _line(f: Callable, digits: int) -> mp.mpf:
    """E f(z), z ~ N(0, 1), by the trapezoidal rule, whose error is below 10^-digits for the integrands here."""
    step = mp.mpf(1) / 16
    reach = int(mp.sqrt(2 * digits * mp.log(10)) / step) + 2
    total = mp.fsum(mp.exp(-((k * step) ** 2) / 2) * f(k * step) for k in range(-reach, reach + 1))
    return total * step / mp.sqrt(2 * mp.pi)


@cache
def _fixed(q: mp.mpf, digits: int) -> tuple[mp.mpf, mp.mpf]:
    """(alpha, q_hat) at which q is a fixed point: q_hat from q = E tanh(q_hat + sqrt(q_hat) z), then alpha."""

    def sites(h: mp.mpf) -> mp.mpf:
        return _line(lambda z: mp.tanh(h + mp.sqrt(h) * z), digits) - q

    ends = (q, 5 - 5 * mp.log(1 - q))  # tanh is below its argument and tends to one exponentially
    hat = mp.findroot(sites, ends, solver="anderson", tol=mp.mpf(10) ** (-2 * digits + 4))
    channel = _line(lambda u: mp.exp(-q * u * u / 2) / mp.ncdf(mp.sqrt(q) * u), digits)
    return hat * mp.pi * mp.sqrt(1 - q) / channel, hat


def _alpha_of(q: mp.mpf, digits: int) -> mp.mpf:
    return _fixed(q, digits)[0]


def exact_branch(alpha: float, near: float, digits: int = 18) -> float:
    """The overlap of the uninformed branch at alpha, by a Newton step in mpmath from nine digits."""
    with mp.workdps(digits + 6):
        q, h = mp.mpf(near), mp.mpf("1e-8")
        up, down = _alpha_of(q + h, digits), _alpha_of(q - h, digits)
        return float(q - (_alpha_of(q, digits) - mp.mpf(alpha)) * 2 * h / (up - down))


@cache
def exact_spinodal(digits: int = 18) -> float:
    """The largest alpha at which there is a branch below q = 1: the maximum of alpha(q)."""
    with mp.workdps(2 * digits):
        h = mp.mpf(10) ** (-digits // 3)

        def slope(q: mp.mpf) -> mp.mpf:
            return (_alpha_of(q + h, 2 * digits) - _alpha_of(q - h, 2 * digits)) / (2 * h)

        q = mp.findroot(slope, (mp.mpf("0.89"), mp.mpf("0.895")), solver="secant", tol=mp.mpf(10) ** -digits)
        return float(_alpha_of(q, 2 * digits))


@cache
def exact_crossing(digits: int = 18) -> float:
    """The alpha at which the free entropy of the branch below q = 1 is -log 2."""

    def excess(q: mp.mpf) -> mp.mpf:
        alpha, hat = _fixed(q, digits)
        t = mp.sqrt(q / (1 - q))
        sites = _line(lambda z: mp.log(mp.cosh(hat + mp.sqrt(hat) * z)), digits)
        labels = _line(lambda z: mp.ncdf(t * z) * mp.log(mp.ncdf(t * z)), digits)
        return sites - hat * (1 + q) / 2 + 2 * alpha * labels + mp.log(2)

    with mp.workdps(digits + 6):
        q = mp.findroot(excess, (mp.mpf("0.69"), mp.mpf("0.70")), solver="secant", tol=mp.mpf(10) ** (-2 * digits + 4))
        return float(_alpha_of(q, digits))
