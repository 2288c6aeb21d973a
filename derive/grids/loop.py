"""The compiled loops over points of one generated solver, as text beside the solver.

numba caches a function only together with the functions it calls by name, and a solver is a module of its own: so the
loops are written once per solver into the cache folder, under a name that is the hash of both texts, and read there in
the names of the solver.  The solver itself, and the time it takes to load, stay as they are.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from string import Template
from types import ModuleType

from derive.runtime.loader import cache_folder, load_solver

__all__ = ["LOOPS", "load_loops"]

STAMP = 1_000_000_000
"""The time of a written file: numba's cache asks whether it changed, and two processes may write the same text."""

LOOPS = Template('''"""Loops over points of the solver of $model."""

import math
import sys

import numpy as np
from numba import njit

from derive.runtime.newton import contraction, eliminate

SOLVER = sys.modules["$solver"]
$names

REACH = 0.3
STEPS = 8
HISTORY = 6
CALM = 10.0


@njit(cache=True, error_model="numpy")
def known(points, tol, out):
    """What parameters alone decide, for every point."""
    for i in range(points.shape[0]):
        facts(points[i], 1.0, tol, out[i])


@njit(cache=True, error_model="numpy")
def run(points, rows, tol, accuracy, damping, max_steps, x, hats, info):
    """Solve every row from the start that x holds."""
    for i in rows:
        solve(x[i], points[i], 1.0, tol, accuracy, damping, max_steps, False, hats[i], info[i])


@njit(cache=True, error_model="numpy")
def measure(points, rows, tol, x, hats, phi, observed):
    """The free entropy and the observables of every row; panels where large terms of the free entropy cancel."""
    for i in rows:
        size = 0.0
        for k in range(CONJUGATES):
            size = max(size, abs(hats[i, k]))
        refine = 1.0 if FINEST > 0.0 or ($calm and size < CALM) else 2.0
        $entropy(x[i], hats[i], points[i], refine, 0.1 * tol, phi[i : i + 1])
$observe

@njit(cache=True, error_model="numpy")
def logarithms(x, u):
    """The coordinates of a state."""
    i = 0
    for f in range(len(TIED)):
        q, v = x[2 * f], x[2 * f + 1]
        if TIED[f] == 2:
            u[i] = math.log(v)
        elif TIED[f] == 1:
            u[i] = math.log(q / v)
        else:
            u[i] = math.log(q)
            i += 1
            u[i] = math.log(v)
        i += 1
    for k in range(i, UNKNOWNS):
        u[k] = x[2 * len(TIED) + k - i]


@njit(cache=True, error_model="numpy")
def exponentials(u, radii, x):
    """The state at given coordinates."""
    i = 0
    for f in range(len(TIED)):
        q, v = 2 * f, 2 * f + 1
        if TIED[f] == 2:
            x[q], x[v] = radii[f], math.exp(u[i])
        elif TIED[f] == 1:
            x[q], x[v] = radii[f] / (1.0 + math.exp(-u[i])), radii[f] / (1.0 + math.exp(u[i]))
        else:
            x[q], x[v] = math.exp(u[i]), math.exp(u[i + 1])
            i += 1
        i += 1
    for k in range(i, UNKNOWNS):
        x[2 * len(TIED) + k - i] = u[k]


@njit(cache=True, error_model="numpy")
def predict(along, states, i, count, guess):
    """Extrapolate the last states to point i, in Newton's form, as long as its terms shrink."""
    table = np.empty((HISTORY, UNKNOWNS))
    for j in range(count):
        table[j, :] = states[i - 1 - j]
    guess[:] = table[0]
    product, last = 1.0, math.inf
    for order in range(1, count):
        product *= along[i] - along[i - order]
        for j in range(count - order):
            gap = along[i - 1 - j] - along[i - 1 - j - order]
            for k in range(UNKNOWNS):
                table[j, k] = (table[j, k] - table[j + 1, k]) / gap
        size = 0.0
        for k in range(UNKNOWNS):
            size = max(size, abs(product * table[0, k]))
        if not size < last:
            return
        for k in range(UNKNOWNS):
            guess[k] += product * table[0, k]
        last = 0.5 * size


@njit(cache=True, error_model="numpy")
def settle(p, tol, accuracy, x, hats, info):
    """Newton's method from a state that is near a fixed point; False if it is not near, or there is none."""
    mapped = np.empty(MAPPED)
    residual = np.empty(UNKNOWNS)
    jacobian = np.empty((UNKNOWNS, UNKNOWNS))
    step = np.empty(UNKNOWNS)
    previous = math.inf
    for count in range(STEPS):
        evaluate(x, p, 1.0, tol, hats, mapped, residual, jacobian)
        error = 0.0
        for i in range(UNKNOWNS):
            error = max(error, abs(residual[i]))
            if not math.isfinite(residual[i]):
                return False
            for j in range(UNKNOWNS):
                if not math.isfinite(jacobian[i, j]):
                    return False
        if not eliminate(jacobian.copy(), -residual, step):
            return False
        distance = 0.0
        for i in range(UNKNOWNS):
            distance = max(distance, abs(step[i]))
        if not distance <= min(REACH, 0.5 * previous) and not distance <= 100.0 * accuracy:
            return False
        previous = distance
        radius = contraction(jacobian, UNKNOWNS - GLOBALS)
        there = distance <= accuracy and error <= min(1e-8, accuracy * max(1.0, radius))
        if there or error <= 3e-15 or (count >= 4 and distance <= 100.0 * accuracy and error <= 1e-9):
            info[0], info[1], info[2], info[3], info[4] = 1.0, count + 1.0, error, distance, radius
            if distance > 1e-14:
                move(x, step, TIED, GLOBALS, p)
                chan = np.empty(CHANNEL_OUTPUTS)
                channel(x, p, 1.0, tol, chan)
                hats[:] = chan[:CONJUGATES]
            return True
        move(x, step, TIED, GLOBALS, p)
    return False


@njit(cache=True, error_model="numpy")
def follow(points, along, radii, first, last, tol, accuracy, x, hats, info, agrees):
    """Follow the state at first[s] from point to point to last[s]; agrees[s]: it is the state that is known there."""
    states = np.empty((points.shape[0], UNKNOWNS))
    guess = np.empty(UNKNOWNS)
    arrived, found, verdict = np.empty(x.shape[1]), np.empty(CONJUGATES), np.empty(5)
    history = 1
    for s in range(len(first)):
        if s == 0 or not agrees[s - 1] or last[s - 1] != first[s]:
            history = 1
        logarithms(x[first[s]], states[first[s]])
        agrees[s] = True
        for i in range(first[s] + 1, last[s] + 1):
            predict(along, states, i, history, guess)
            exponentials(guess, radii[i], arrived)
            if not settle(points[i], tol, accuracy, arrived, found, verdict):
                agrees[s] = False
                break
            if i < last[s]:
                x[i], hats[i], info[i] = arrived, found, verdict
                logarithms(arrived, states[i])
            history = min(history + 1, HISTORY)
        for k in range(x.shape[1]):
            both = abs(arrived[k]) + abs(x[last[s], k])
            if not abs(arrived[k] - x[last[s], k]) <= 1e-7 * both + 1e-12:
                agrees[s] = False
''')


_NAMES = (
    "CHANNEL_OUTPUTS", "CONJUGATES", "FINEST", "GLOBALS", "MAPPED", "TIED", "UNKNOWNS",
    "channel", "evaluate", "facts", "move", "solve",
)  # fmt: skip


def _text(module: ModuleType) -> str:
    """The loops over a solver, which is loaded already and read by its name; the name holds the hash of its text."""
    entropy = "reduced_free_entropy" if module.REDUCED else "free_entropy"
    names = [*_NAMES, entropy, *(["observables"] if len(module.OBSERVABLES) else [])]
    observe = "        observables(x[i], hats[i], points[i], 1.0, tol, observed[i])\n"
    return LOOPS.substitute(
        model=module.MODEL,
        solver=module.__name__,
        names="\n".join(f"{name} = SOLVER.{name}" for name in names),
        entropy=entropy,
        calm=not module.CANCELS,
        observe=observe if len(module.OBSERVABLES) else "",
    )


def load_loops(module: ModuleType) -> ModuleType:
    """The loops over a generated solver, known, run, measure and follow; compiled at the first call, then cached."""
    text = _text(module)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    path = cache_folder() / "loops" / f"{module.MODEL}_{digest}.py"
    if not path.is_file():
        _write(path, text)
    return load_solver(path)


def _write(path: Path, text: str) -> None:
    """Write a file at once, as old as any other writer's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.utime(temporary, (STAMP, STAMP))
    Path(temporary).replace(path)
