"""Generated solvers of minimisers (beta = inf) against loops by hand: ``python -m tests.benchmarks.bench_minimisers``.

Problems: one fixed point with a spectrum of 500 eigenvalues (logistic and hinge loss, noiseless sign labels) and curves
of 100 points in alpha (logistic with little regularisation; ridge through its interpolation peak, isotropic and with
the spectrum; hinge).  Two kinds of loops by hand iterate the formulas of the literature with numba.  The
straightforward one finds every proximal point by Brent's method, for every label, inside Gauss-Hermite nodes, with
damping 1/2 (and, for comparison, without).  The careful ones use the mirror symmetry of the labels, safeguarded Newton
steps from a good start or closed forms, and rules split at the kinks of the loss.  Rules are made before the clock
starts.

As in `bench_solvers`, every contender gets the cheapest of its settings that reaches the accuracy in (q, V, m) at every
point, relative to the generated solver at its tightest; times are processor times, ratios those of one run.  A
contender that does not reach the accuracy with any number of nodes up to 3000 is listed with the least error it has.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import groupby, product
from pathlib import Path

import numpy as np

from derive import api
from derive.runtime.branches import cold_start
from derive.solver import Solver
from derive.spec.tables import table_columns
from tests.benchmarks.bench_solvers import ROUNDS, Contender, Row, table
from tests.benchmarks.minimisers_by_hand import BY_HAND, iteration
from tests.benchmarks.tables import Row as Cells
from tests.benchmarks.tables import Section, duration, seconds, show
from tests.support import zoo

NODES = (20, 30, 40, 60, 80, 120, 180, 270, 400, 600, 900, 1400, 2000, 3000)
STOPS = (1e-9, 1e-10, 1e-11, 1e-12, 1e-13)
TOLERANCES = (1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13)
EIGENVALUES = 500
LIMITS = {"point": 0.02, "curve": 1.0}
"""Seconds that a problem may take with all observables, warm."""

HEAD = """
name = "{name}"
beta = "inf"
parameters.alpha = {{ in = "(0, inf)", default = 2 }}
parameters.lam = {{ in = "(0, inf)", default = "1/10" }}
weights.w.penalty = "lam/2*w^2"
{quenched}
[[channel]]
samples = "alpha"
teacher.z = "t"
student.h = "w"
{channel}
[observables]
{observable}
"""
PLAIN = 'quenched.t = "normal(0, 1)"'
SPECTRUM = """quenched.u = 'table("spectrum.csv", "u")'\nquenched.t = 'table("spectrum.csv", "t")'"""
LABELS = {
    "logistic": 'label = "sign(z)"\nloss = "log(1 + exp(-y*h))"',
    "hinge": 'label = "sign(z)"\nloss = "max(0, 1 - y*h)"',
    "ridge": 'noise.eta = "normal(0, 1/10)"\nlabel = "z + eta"\nloss = "(y - h)^2/2"',
}


def spectrum() -> np.ndarray:
    """Columns u, t: a power law u ~ k^(-1/2) of mean one, teacher weights of mean square one."""
    k = np.arange(1, EIGENVALUES + 1)
    u, t = k**-0.5, np.cos(2.4 * k) * k**0.1
    return np.column_stack((u / u.mean(), t / np.sqrt(np.mean(t**2))))


def write_model(folder: Path, loss: str, structured: bool) -> Path:
    """The model file, and the table that it reads."""
    name = f"bench_{loss}_{'spectrum' if structured else 'plain'}"
    channel = LABELS[loss] + ('\ninput.sd = "sqrt(u)"' if structured else "")
    observable = 'test_error = "test((y - h)^2)"' if loss == "ridge" else 'error_label = "test(sign(h) != y)"'
    quenched = SPECTRUM if structured else PLAIN
    path = folder / f"{name}.toml"
    path.write_text(HEAD.format(name=name, quenched=quenched, channel=channel, observable=observable))
    rows = "\n".join(f"{u!r},{t!r}" for u, t in spectrum().tolist())
    (folder / "spectrum.csv").write_text(f"u,t\n{rows}\n")
    return path


# ------------------------------------------------------------------------------------------- problems


@dataclass(frozen=True)
class Problem:
    """A loss, with or without the spectrum, at every alpha of a list."""

    name: str
    loss: str
    structured: bool
    lam: str
    alphas: np.ndarray
    accuracy: float = 1e-9

    @property
    def limit(self) -> float:
        """Seconds that all of it may take."""
        return LIMITS["point" if self.alphas.size == 1 else "curve"]


POINT, CURVE = np.array([2.0]), np.geomspace(0.2, 5.0, 100)
PROBLEMS = {
    p.name: p
    for p in (
        Problem("logistic point, lam 1/10", "logistic", True, "1/10", POINT),
        Problem("logistic point, lam 1/1000", "logistic", True, "1/1000", POINT),
        Problem("logistic curve", "logistic", False, "1/1000", CURVE),
        Problem("ridge curve", "ridge", False, "1/1000", CURVE),
        Problem("ridge curve, spectrum", "ridge", True, "1/1000", CURVE),
        Problem("hinge point, lam 1/10", "hinge", True, "1/10", POINT),
        Problem("hinge curve", "hinge", False, "1/100", CURVE),
    )
}


def solver_of(problem: Problem, folder: Path) -> tuple[Solver, np.ndarray]:
    """The generated solver and its parameters with alpha first."""
    path = str(write_model(folder, problem.loss, problem.structured))
    model = zoo.load(path)
    solver = Solver(zoo.folder(path) / model.name / "rs.py", None, table_columns(model))
    return solver, api.numbers(api.resolve_parameters(model, {"alpha": 2, "lam": problem.lam}))


def generated(solver: Solver, p: np.ndarray) -> Contender:
    """The generated solver: its `solve`, warm along the curve."""
    module = solver.module
    start = np.array(cold_start(module, solver.facts(p)))
    hats, info = np.zeros(module.CONJUGATES), np.zeros(5)
    p = solver.given(p).copy()

    def run(setting: tuple, alphas: np.ndarray) -> np.ndarray:
        tolerance, accuracy = setting
        found, x = np.empty((alphas.size, 3)), start.copy()
        for i, alpha in enumerate(alphas):
            p[0] = alpha
            module.solve(x, p, 1.0, tolerance, accuracy, 0.0, 3000, False, hats, info)
            found[i] = x[:3]
        return found

    return Contender("generated", product(TOLERANCES, (1e-4, 1e-6, 1e-8, 1e-10, 1e-12)), run)


def by_hand(problem: Problem, name: str, channel: Callable, rule: Callable, damping: float) -> Contender:
    """A loop by hand, warm along the curve."""
    loop = iteration(channel)
    u, t = np.ascontiguousarray(spectrum().T) if problem.structured else (np.ones(1), np.ones(1))
    counts = NODES[:1] if problem.loss == "ridge" else NODES
    rules = {n: rule(n) for n in counts}
    lam = float(Fraction(problem.lam))

    def run(setting: tuple, alphas: np.ndarray) -> np.ndarray:
        n, stop = setting
        nodes, weights = rules[n]
        found, x = np.empty((alphas.size, 3)), np.array([0.5, 1.0, 0.1])
        for i, alpha in enumerate(alphas):
            loop(alpha, lam, x, damping, stop, nodes, weights, u, t)
            found[i] = x
        return found

    return Contender(name if damping else f"{name}, no damping", product(counts, STOPS), run)


# ---------------------------------------------------------------------------------------- measurement


def deviation(found: np.ndarray, exact: np.ndarray) -> float:
    """The largest relative error of an order parameter."""
    return float(np.max(np.abs(found / exact - 1.0)))


def cheapest(contender: Contender, problem: Problem, exact: np.ndarray) -> tuple[tuple, float]:
    """(setting, error) of the fastest setting that reaches the accuracy: settings come in groups of growing cost.

    The first group that reaches it at its tightest is taken, and the next one: more nodes never cost less.  Where none
    does, the setting of the least error.
    """
    best: tuple[float, tuple] = (math.inf, ())
    fit: list[tuple[float, tuple, float]] = []
    groups = 0
    some = slice(None, None, max(1, problem.alphas.size // 3))
    for _, group in groupby(contender.settings, key=lambda setting: setting[0]):
        before = len(fit)
        for setting in sorted(group, key=lambda setting: setting[1]):
            error = deviation(contender.run(setting, problem.alphas[some]), exact[some])
            best = min(best, (error, setting)) if math.isfinite(error) else best
            if not error <= problem.accuracy:
                break  # seen on a few points
            error = deviation(contender.run(setting, problem.alphas), exact)
            if not error <= problem.accuracy:
                break
            fit.append((seconds(partial(contender.run, setting, problem.alphas), 2e-3), setting, error))
            if fit[-1][0] > 1.0:
                return fit[-1][1:]  # the first that reaches it: the others of a loop this slow would take minutes
        groups += len(fit) > before
        if groups == 2 and contender.name != "generated":
            break
    if not fit:
        return best[1], best[0]
    return min(fit, key=lambda f: f[0])[1:]


def everything(solver: Solver, p: np.ndarray, problem: Problem) -> float:
    """Seconds for all branches with free entropy, observables and stability at every point, each from the start."""

    def work() -> None:
        for alpha in problem.alphas:
            p[0] = alpha
            (solution,) = solver.branches(p)
            assert solution.status == "converged"

    work()
    return seconds(work)


def measure(name: str) -> tuple[list[Row], float]:
    """Every contender on one problem, and the time of all results; `ratio` is a time over the generated solver's."""
    problem = PROBLEMS[name]
    with tempfile.TemporaryDirectory() as folder:
        solver, p = solver_of(problem, Path(folder))
    hands = [by_hand(problem, *way, damping) for way in BY_HAND[problem.loss] for damping in (0.5, 0.0)]
    contenders = [generated(solver, p), *hands]
    exact = contenders[0].run((1e-14, 1e-14), problem.alphas)
    chosen = [cheapest(c, problem, exact) for c in contenders]
    works = [
        partial(c.run, setting, problem.alphas) if error <= problem.accuracy else None
        for c, (setting, error) in zip(contenders, chosen, strict=True)
    ]
    # round by round, so that a busy machine slows all of them alike
    rounds = np.array(
        [
            [seconds(work) if work else math.inf for work in works]
            for _ in range(1 if problem.alphas.size > 1 else ROUNDS)
        ]
    )
    ratios = np.median(rounds / rounds[:, :1], axis=0)
    rows = [
        Row(name, "", c.name, setting, error, float(np.median(rounds[:, k])), float(ratios[k]))
        for k, (c, (setting, error)) in enumerate(zip(contenders, chosen, strict=True))
    ]
    return rows, everything(solver, p, problem)


def report(name: str, rows: list[Row], spent: float) -> str:
    """A measurement as text."""
    return f"{table(rows)}\nall results: {1e3 * spent:.2f} ms (limit {1e3 * PROBLEMS[name].limit:g})\n"


def loops(rows: list[Row], name: str) -> tuple[Row, Row]:
    """(the straightforward loop, the fastest careful one) of a measurement."""
    first = BY_HAND[PROBLEMS[name].loss][0][0]
    straightforward = next(r for r in rows if r.name == first)
    careful = (r for r in rows if r.name != "generated" and not r.name.startswith(first))
    return straightforward, min(careful, key=lambda r: r.ratio)


def minimisers() -> Iterator[Cells]:
    """Every problem: the generated solver, both loops, and everything that `solve` returns."""
    for name in PROBLEMS:
        rows, spent = measure(name)
        cells = [
            f"{r.ratio:.2g} ({r.name})" if math.isfinite(r.ratio) else f"never (error {r.error:.0e})"
            for r in loops(rows, name)
        ]
        yield [name, duration(rows[0].seconds), *cells, duration(spent)]


MINIMISERS = Section(
    "Minimisers",
    "bench_minimisers",
    ("problem", "generated", "straightforward loop", "fastest careful loop", "all results"),
    tuple(PROBLEMS),
    minimisers,
    "At zero temperature: (q, V, m) to 1e-9 at one alpha, with a spectrum of 500 eigenvalues, and at 100 of them. The "
    "straightforward loop finds proximal points by Brent's method in Gauss-Hermite nodes, the careful ones by Newton's "
    "method or in closed form, split at kinks. All results: free entropy, observables and stability from the "
    "cold start.",
)

if __name__ == "__main__":
    show(MINIMISERS)
