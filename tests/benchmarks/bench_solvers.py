"""Generated solvers against loops written by hand: ``python -m tests.benchmarks.bench_solvers`` prints the table.

At equal true error and in one run: q at one alpha, and at 50 of them.  The loops by hand are what one writes in an
afternoon with numba: damped or plain iteration, Gauss-Hermite nodes or a trapezoidal rule made before the clock starts.
Every contender gets the cheapest of its settings (nodes, stopping rule, tolerance) that reaches the accuracy, and one
setting for a whole curve.  Times are processor times.  Errors of the binary teacher are against `exact_branch`, in
mpmath from formulas by hand; its curve goes on beyond the spinodal, where the overlap is one.  Those of the storage
problem are against the generated solver at its tightest, which other tests check to 25 digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby, product

import numpy as np

from derive.solver import Solver
from tests.benchmarks.perceptrons_by_hand import LOOPS, exact_branch, exact_spinodal
from tests.benchmarks.tables import Row as Cells
from tests.benchmarks.tables import Section, duration, seconds, show
from tests.support import zoo

START = 1e-3
ROUNDS = 9
NODES = (20, 40, 60, 80, 100, 140, 200, 280, 400, 560, 800, 1200, 1600)
STOPS = (1e-9, 1e-10, 1e-11, 1e-12, 1e-13)
TOLERANCES = (1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13)
LOST = 6.0


@dataclass(frozen=True)
class Problem:
    """A model at every alpha of a list, q to an accuracy."""

    model: str
    name: str
    alphas: np.ndarray
    accuracy: float


PROBLEMS = (
    Problem("perceptron_teacher_binary", "point", np.array([1.2]), 1e-12),
    Problem("perceptron_teacher_binary", "curve", np.linspace(0.5, 2.0, 50), 1e-10),
    Problem("perceptron_storage_spherical", "point", np.array([1.2]), 1e-12),
    Problem("perceptron_storage_spherical", "curve", np.linspace(0.1, 1.4, 50), 1e-10),
)
BESIDE = np.array([1.49, 1.492, 1.4925, 1.4926, 1.49263, 1.49265, 1.4927, 1.5])
"""Around the spinodal of the binary teacher, where iterations that stop early are wrong."""


def exact(problem: Problem, tightest: np.ndarray) -> np.ndarray:
    """The true q; `tightest` are values of the generated solver, from which mpmath starts."""
    if problem.model != "perceptron_teacher_binary":
        return tightest
    end = exact_spinodal()
    return np.array([exact_branch(a, q) if a < end else 1.0 for a, q in zip(problem.alphas, tightest, strict=True)])


# ----------------------------------------------------------------------------------------- contenders


@dataclass
class Contender:
    """A way to get q at every alpha of a list, warm-started along it; settings in order of cost."""

    name: str
    settings: Iterable[tuple]
    run: Callable[[tuple, np.ndarray], np.ndarray]


def loop(name: str, function: Callable, rule: Callable, damping: float) -> Contender:
    """A loop by hand."""
    rules = {n: rule(n) for n in NODES}

    def run(setting: tuple, alphas: np.ndarray) -> np.ndarray:
        n, stop = setting
        nodes, weights = rules[n]
        found, q = np.empty(alphas.size), START
        for i, alpha in enumerate(alphas):
            q = found[i] = function(alpha, q, damping, stop, nodes, weights)
        return found

    return Contender(name if damping else f"{name}, no damping", product(NODES, STOPS), run)


def loops(model: str) -> list[Contender]:
    """Every loop by hand of a model, damped by 1/2 and not."""
    return [loop(name, *pair, damping) for name, pair in LOOPS[model].items() for damping in (0.5, 0.0)]


def generated(solver: Solver) -> Contender:
    """The generated solver: its `solve`, without branches and observables; a branch that is lost has q = 1."""
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
            found[i] = 1.0 if info[0] == LOST else x[0]
        return found

    return Contender("generated", product(TOLERANCES, (1e-6, 1e-8, 1e-10, 1e-12)), run)


def cheapest(contender: Contender, problem: Problem, true: np.ndarray) -> tuple[tuple, float]:
    """(setting, error) of the fastest setting that reaches the accuracy; if none does, that of the least error.

    Settings come in groups of one number of nodes.  The first two that reach it at their tightest are tried: more nodes
    never cost less.
    """
    fit, best, groups = [], (math.inf, ()), 0
    for _, group in groupby(contender.settings, key=lambda setting: setting[0]):
        before = len(fit)
        for setting in sorted(group, key=lambda setting: setting[1]):
            error = float(np.max(np.abs(contender.run(setting, problem.alphas) - true)))
            best = min(best, (error, setting)) if math.isfinite(error) else best
            if not error <= problem.accuracy:
                break
            fit.append((seconds(partial(contender.run, setting, problem.alphas), 2e-3), setting, error))
        groups += len(fit) > before
        if groups == 2 and contender.name != "generated":
            break
    return min(fit, key=lambda f: f[0])[1:] if fit else (best[1], best[0])


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


def measure(problem: Problem) -> list[Row]:
    """Every contender on a problem; `ratio` is its time over the generated solver's, inf if it misses the accuracy."""
    solver = Solver(zoo.folder(problem.model) / problem.model / "rs.py")
    contenders = [generated(solver), *loops(problem.model)]
    true = exact(problem, contenders[0].run((1e-14, 1e-14), problem.alphas))
    chosen = [cheapest(c, problem, true) for c in contenders]
    works = [partial(c.run, setting, problem.alphas) for c, (setting, _) in zip(contenders, chosen, strict=True)]
    # round by round, so that a busy machine slows all of them alike
    rounds = np.array([[seconds(work, 5e-3) for work in works] for _ in range(ROUNDS)])
    ratios = np.median(rounds / rounds[:, :1], axis=0)
    return [
        Row(
            problem.model,
            problem.name,
            contender.name,
            setting,
            error,
            float(np.median(rounds[:, k])),
            float(ratios[k]) if error <= problem.accuracy else math.inf,
        )
        for k, (contender, (setting, error)) in enumerate(zip(contenders, chosen, strict=True))
    ]


def beside_the_spinodal() -> list[tuple[float, float, list[float]]]:
    """(alpha, true q, errors): of the solver at its defaults and of each loop with 201 nodes that stops at 1e-8."""
    model = "perceptron_teacher_binary"
    contenders = [generated(Solver(zoo.folder(model) / model / "rs.py")), *loops(model)]
    settings = [(1e-13, 1e-12), *[(200, 1e-8)] * (len(contenders) - 1)]
    found = []
    for alpha in BESIDE:
        one = np.array([alpha])
        (true,) = exact(Problem(model, "", one, 0.0), contenders[0].run(settings[0], one))
        errors = [abs(float(c.run(s, one)[0]) - true) for c, s in zip(contenders, settings, strict=True)]
        found.append((float(alpha), float(true), errors))
    return found


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


NAMES = (
    "generated",
    *(f"{name}{plain}" for name in ("Gauss-Hermite", "trapezoid") for plain in ("", ", no damping")),
)
"""The contenders, the same for every problem."""


def rows() -> Iterator[Cells]:
    """Every contender on every problem."""
    for problem in PROBLEMS:
        for r in measure(problem):
            ratio = f"{r.ratio:.2f}" if math.isfinite(r.ratio) else "misses"
            setting = ", ".join(f"{s:g}" for s in r.setting)
            yield [f"{problem.model}, {problem.name}: {r.name}", setting, f"{r.error:.0e}", duration(r.seconds), ratio]


def beside() -> Iterator[Cells]:
    """The errors around the spinodal."""
    for alpha, true, errors in beside_the_spinodal():
        yield [f"{alpha:g}", f"{true:.12f}", *(f"{e:.0e}" for e in errors)]


POINTS_AND_CURVES = Section(
    "Points and curves",
    "bench_solvers",
    ("problem", "setting", "error", "time", "ratio"),
    tuple(f"{p.model}, {p.name}: {name}" for p in PROBLEMS for name in NAMES),
    rows,
    "One fixed point at alpha = 1.2, q to 1e-12, and 50 of them, q to 1e-10 at every one: alpha in [0.5, 2] for the "
    "binary teacher, whose branch ends at 1.4926, and in [0.1, 1.4] for the storage problem. Everyone has the cheapest "
    "of its settings that reaches the accuracy (tolerance and distance; nodes and stop); what reaches it with no "
    "setting misses. Ratios are to the generated solver, warm, one thread.",
)
BESIDE_THE_SPINODAL = Section(
    "Errors around the spinodal",
    "bench_solvers",
    ("alpha", "q", *NAMES),
    tuple(f"{alpha:g}" for alpha in BESIDE),
    beside,
    "The binary teacher: errors of the generated solver at its defaults, and of the loops with 200 nodes that stop "
    "when q moves by less than 1e-8. True values are from mpmath by hand; within 1e-6 of the spinodal q has "
    "half the digits.",
)

if __name__ == "__main__":
    for section in (POINTS_AND_CURVES, BESIDE_THE_SPINODAL):
        show(section)
