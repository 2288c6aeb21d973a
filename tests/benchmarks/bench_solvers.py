"""Generated solvers against loops written by hand: ``python tests/benchmarks/bench_solvers.py`` prints the table.

Two problems, at equal true error and in one run: q to 1e-10 at every alpha.  The loops by hand are what one writes in an
afternoon with numba: iteration with damping 0.5, Gauss-Hermite nodes or a trapezoidal rule made before the clock starts.
Every contender gets the cheapest of its settings (nodes, stopping rule, tolerance) that reaches the accuracy, and one
setting for a whole curve; errors are against the generated solver at its tightest, checked elsewhere to 25 digits.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numba import njit
from scipy.special import roots_hermitenorm

from derive.runtime.branches import SolveOptions
from derive.solver import Solver
from tests.support import zoo

ACCURACY = 1e-10
START = 1e-3
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


def seconds(work: Callable[[], object], repeats: int = 15) -> float:
    """The median time of one call, each sample long enough for the clock."""
    work()
    begin = time.perf_counter()
    work()
    inner = max(1, int(0.01 / max(time.perf_counter() - begin, 1e-7)))
    samples = []
    for _ in range(repeats):
        begin = time.perf_counter()
        for _ in range(inner):
            work()
        samples.append((time.perf_counter() - begin) / inner)
    return statistics.median(samples)


def cheapest(contender: Contender, alphas: np.ndarray, exact: np.ndarray) -> tuple[tuple, float, float]:
    """(setting, error, seconds) of the fastest setting that reaches the accuracy, of a first screening."""
    fit = []
    for setting in contender.settings:
        error = float(np.max(np.abs(contender.run(setting, alphas) - exact)))
        if error <= ACCURACY:
            fit.append((seconds(lambda s=setting: contender.run(s, alphas), 3), setting, error))
    if not fit:
        raise RuntimeError(f"{contender.name}: no setting reaches {ACCURACY}")
    _, setting, error = min(fit, key=lambda f: f[0])
    return setting, error, seconds(lambda: contender.run(setting, alphas))


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
    solver = Solver(zoo.folder(model) / model / "rs.py", SolveOptions())
    ours = generated(solver)
    rows: list[Row] = []
    problems = {"point": np.array([1.2]), "curve": np.linspace(*CURVES[model], 50)}
    for problem, alphas in problems.items():
        exact = ours.run((1e-14, 1e-14), alphas)
        here = []
        ours = generated(solver)
        for contender in [ours, *[loop(n, *pair) for n, pair in BY_HAND[model].items()]]:
            try:
                setting, error, spent = cheapest(contender, alphas, exact)
            except RuntimeError:
                setting, error, spent = (), math.inf, math.inf
            here.append(Row(model, problem, contender.name, setting, error, spent, 1.0))
        for row in here:
            row.ratio = row.seconds / here[0].seconds
        rows += here
    return rows


def table(rows: list[Row]) -> str:
    """The rows as text."""
    lines = [f"{'model':<30}{'problem':<8}{'solver':<16}{'setting':<18}{'error':>9}{'time':>12}{'ratio':>8}"]
    for r in rows:
        setting = ", ".join(f"{s:g}" for s in r.setting)
        lines.append(
            f"{r.model:<30}{r.problem:<8}{r.name:<16}{setting:<18}{r.error:>9.1e}{r.seconds * 1e6:>9.1f} us{r.ratio:>8.2f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table([row for model in BY_HAND for row in measure(model)]))
