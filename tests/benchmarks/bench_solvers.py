"""Generated solvers against loops written by hand: ``python tests/benchmarks/bench_solvers.py`` prints the table.

Two problems, at equal true error and in one run: q to 1e-10 at every alpha.  The loops by hand are what one writes in
an afternoon with numba: iteration with damping 0.5, Gauss-Hermite nodes or a trapezoidal rule made before the clock
starts.
Every contender gets the cheapest of its settings (nodes, stopping rule, tolerance) that reaches the accuracy, and one
setting for a whole curve.  Times are processor times; errors are against the generated solver at its tightest, which
other tests check to 25 digits.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
from numba import njit
from scipy.special import roots_hermitenorm

from derive.solver import Solver
from tests.support import zoo

ACCURACY = 1e-10
START = 1e-3
ROUNDS = 9
NODES = (20, 40, 60, 80, 100, 140, 200, 280, 400, 560, 800, 1200, 1600)
STOPS = (1e-9, 1e-10, 1e-11, 1e-12, 1e-13)
TOLERANCES = (1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13)
CURVES = {"perceptron_teacher_binary": (0.1, 1.4), "perceptron_storage_spherical": (0.1, 1.4)}


# ------------------------------------------------------------------------------------------- by hand


@njit(error_model="numpy")
def log_ndtr(x):
    """log Phi(x)."""
    if x > -30.0:
        return math.log(0.5 * math.erfc(-x / math.sqrt(2.0)))
    return -0.5 * x * x - math.log(-x) - 0.9189385332046727 + math.log1p(-1.0 / (x * x) + 3.0 / x**4)


@njit(error_model="numpy")
def teacher_binary(alpha, q, stop, nodes, weights):
    """q = E tanh(q_hat + sqrt(q_hat) z), q_hat = alpha/(pi (1 - q)) E exp(-t^2)/Phi(t), t = sqrt(q/(1 - q)) z."""
    for _ in range(100000):
        t = math.sqrt(q / (1.0 - q))
        total = 0.0
        for i in range(nodes.size):
            a = t * nodes[i]
            total += weights[i] * math.exp(-a * a - log_ndtr(a))
        q_hat = alpha / (math.pi * (1.0 - q)) * total
        s = math.sqrt(q_hat)
        new = 0.0
        for i in range(nodes.size):
            new += weights[i] * math.tanh(q_hat + s * nodes[i])
        new = 0.5 * q + 0.5 * new
        if abs(new - q) < stop:
            return new
        q = new
    return q


@njit(error_model="numpy")
def teacher_binary_grid(alpha, q, stop, nodes, weights):
    """The same by a trapezoidal rule, in the variable z/sqrt(1 - q) for the channel: fewer nodes near q = 1."""
    for _ in range(100000):
        total = 0.0
        s = math.sqrt(q)
        for i in range(nodes.size):
            u = nodes[i]
            total += weights[i] * math.exp(0.5 * q * u * u - q * u * u - log_ndtr(s * u))
        q_hat = alpha / (math.pi * math.sqrt(1.0 - q)) * total
        s = math.sqrt(q_hat)
        new = 0.0
        for i in range(nodes.size):
            new += weights[i] * math.tanh(q_hat + s * nodes[i])
        new = 0.5 * q + 0.5 * new
        if abs(new - q) < stop:
            return new
        q = new
    return q


@njit(error_model="numpy")
def storage_spherical(alpha, q, stop, nodes, weights):
    """q/(1 - q)^2 = alpha/(1 - q) E (phi/H)^2(t), t = sqrt(q/(1 - q)) z; solved for q at fixed right side."""
    for _ in range(100000):
        k = math.sqrt(q / (1.0 - q))
        total = 0.0
        for i in range(nodes.size):
            a = k * nodes[i]
            total += weights[i] * math.exp(-a * a - 1.8378770664093453 - 2.0 * log_ndtr(-a))
        q_hat = alpha / (1.0 - q) * total
        new = 1.0 - 2.0 / (1.0 + math.sqrt(1.0 + 4.0 * q_hat))
        new = 0.5 * q + 0.5 * new
        if abs(new - q) < stop:
            return new
        q = new
    return q


def hermite(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Hermite nodes and weights of N(0, 1)."""
    nodes, weights = roots_hermitenorm(n)
    return nodes, weights / weights.sum()


def trapezoid(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Equidistant nodes on [-9, 9] with the weights of N(0, 1)."""
    nodes = np.linspace(-9.0, 9.0, n)
    return nodes, np.exp(-0.5 * nodes**2) * (nodes[1] - nodes[0]) / math.sqrt(2.0 * math.pi)


BY_HAND: dict[str, dict[str, tuple[Callable, Callable]]] = {
    "perceptron_teacher_binary": {
        "Gauss-Hermite": (teacher_binary, hermite),
        "trapezoid": (teacher_binary_grid, trapezoid),
    },
    "perceptron_storage_spherical": {
        "Gauss-Hermite": (storage_spherical, hermite),
        "trapezoid": (storage_spherical, trapezoid),
    },
}


# ----------------------------------------------------------------------------------------- contenders


@dataclass
class Contender:
    """A way to get q at every alpha of a list, warm-started along it; settings in order of cost."""

    name: str
    settings: Iterable[tuple]
    run: Callable[[tuple, np.ndarray], np.ndarray]


def loop(name: str, function: Callable, rule: Callable) -> Contender:
    """A loop by hand."""
    rules = {n: rule(n) for n in NODES}

    def run(setting: tuple, alphas: np.ndarray) -> np.ndarray:
        n, stop = setting
        nodes, weights = rules[n]
        found, q = np.empty(alphas.size), START
        for i, alpha in enumerate(alphas):
            q = found[i] = function(alpha, q, stop, nodes, weights)
        return found

    return Contender(name, product(NODES, STOPS), run)


def generated(solver: Solver) -> Contender:
    """The generated solver: its `solve`, without branches, stability and observables."""
    module = solver.module
    hats, info = np.zeros(module.CONJUGATES), np.zeros(5)
    p = np.zeros(len(module.PARAMETERS))
    at = list(module.PARAMETERS).index("alpha")

    def run(setting: tuple, alphas: np.ndarray) -> np.ndarray:
        tolerance, accuracy = setting
        found, x = np.empty(alphas.size), np.array([START, 1.0 - START])
        for i, alpha in enumerate(alphas):
            p[at] = alpha
            module.solve(x, p, 1.0, tolerance, accuracy, 0.0, 3000, False, hats, info)
            found[i] = x[0]
        return found

    return Contender("generated", product(TOLERANCES, (1e-6, 1e-8, 1e-10, 1e-12)), run)


def seconds(work: Callable[[], object], least: float = 0.02) -> float:
    """Processor time of one call, from a sample long enough for the clock."""
    calls, spent = 1, 0.0
    while True:
        begin = time.process_time()
        for _ in range(calls):
            work()
        spent = time.process_time() - begin
        if spent >= least:
            return spent / calls
        calls = max(2 * calls, int(1.2 * calls * least / max(spent, 1e-6)))


def cheapest(contender: Contender, alphas: np.ndarray, exact: np.ndarray) -> tuple[tuple, float]:
    """(setting, error) of the fastest setting that reaches the accuracy."""
    fit = []
    for setting in contender.settings:
        error = float(np.max(np.abs(contender.run(setting, alphas) - exact)))
        if error <= ACCURACY:
            fit.append((seconds(partial(contender.run, setting, alphas), 2e-3), setting, error))
    if not fit:
        raise RuntimeError(f"{contender.name}: no setting reaches {ACCURACY}")
    return min(fit, key=lambda f: f[0])[1:]


@dataclass
class Row:
    """One measurement."""

    model: str
    problem: str
    name: str
    setting: tuple
    error: float
    seconds: float
    ratio: float


def measure(model: str) -> list[Row]:
    """Every contender on both problems; `ratio` is its time over the generated solver's."""
    solver = Solver(zoo.folder(model) / model / "rs.py")
    rows: list[Row] = []
    for problem, alphas in {"point": np.array([1.2]), "curve": np.linspace(*CURVES[model], 50)}.items():
        contenders = [generated(solver), *[loop(name, *pair) for name, pair in BY_HAND[model].items()]]
        exact = contenders[0].run((1e-14, 1e-14), alphas)
        chosen = [cheapest(c, alphas, exact) for c in contenders]
        works = [partial(c.run, setting, alphas) for c, (setting, _) in zip(contenders, chosen, strict=True)]
        # round by round, so that a busy machine slows all of them alike
        rounds = np.array([[seconds(work) for work in works] for _ in range(ROUNDS)])
        ratios = np.median(rounds / rounds[:, :1], axis=0)
        for k, (contender, (setting, error)) in enumerate(zip(contenders, chosen, strict=True)):
            spent = float(np.median(rounds[:, k]))
            rows.append(Row(model, problem, contender.name, setting, error, spent, float(ratios[k])))
    return rows


def table(rows: list[Row]) -> str:
    """The rows as text."""
    lines = [f"{'model':<30}{'problem':<8}{'solver':<38}{'setting':<18}{'error':>9}{'time':>14}{'ratio':>8}"]
    for r in rows:
        setting = ", ".join(f"{s:g}" for s in r.setting)
        lines.append(
            f"{r.model:<30}{r.problem:<8}{r.name:<38}{setting:<18}{r.error:>9.1e}"
            f"{r.seconds * 1e6:>11.1f} us{r.ratio:>8.2f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table([row for model in BY_HAND for row in measure(model)]))
