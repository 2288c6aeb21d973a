"""Compiled = interpreted = mpmath on the symbols, for the functions of every generated solver.

Compiled against interpreted: the same source, so only the compiler differs.  Compiled against mpmath: both start from
the symbolic expressions of the derivation; lowering, emission, jets, special functions and quadrature are not shared.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import mpmath as mp
import numpy as np
import pytest

from derive.library import checkout
from derive.runtime.newton import COARSE
from tests.support import zoo

INTERPRET = """
import json, sys
from pathlib import Path
import numpy as np
from derive.runtime.loader import load_solver

request = json.loads(sys.stdin.read())
module = load_solver(Path(request["path"]))
assert not hasattr(module.channel, "py_func"), "this is compiled"
x, hats, p = (np.array(request[k]) for k in ("x", "hats", "p"))
found = {}
for name, size, arguments in (
    ("channel", module.CHANNEL_OUTPUTS, (x, p)),
    ("site", module.SITE_OUTPUTS, (hats, p)),
    ("free_entropy", 1, (x, hats, p)),
    ("reduced_free_entropy", 1, (x, hats, p)),
    ("facts", module.FACTS, (p,)),
):
    if not hasattr(module, name):
        continue
    out = np.full(size, np.nan)
    getattr(module, name)(*arguments, 1.0, 1e-13, out)
    found[name] = out.tolist()
print(json.dumps(found))
"""


def evaluations(model: str, x: np.ndarray, hats: np.ndarray, p: np.ndarray, tol: float = 1e-13) -> dict:
    """All functions of a generated module at one point."""
    module = zoo.solver(model).module
    found = {
        "channel": zoo.call(module.channel, module.CHANNEL_OUTPUTS, x, p, tol=tol),
        "site": zoo.call(module.site, module.SITE_OUTPUTS, hats, p, tol=tol),
        "free_entropy": zoo.call(module.free_entropy, 1, x, hats, p, tol=tol),
        "facts": zoo.call(module.facts, module.FACTS, p, tol=tol),
    }
    if module.REDUCED:
        found["reduced_free_entropy"] = zoo.call(module.reduced_free_entropy, 1, x, hats, p, tol=tol)
    return found


def random_point(model: str, seed: int) -> tuple[dict[str, str], np.ndarray, np.ndarray, np.ndarray]:
    """(parameters, x, hats, p): default parameters, order parameters anywhere in their domain."""
    rng = np.random.default_rng(seed)
    solver, module = zoo.solver(model), zoo.solver(model).module
    p = zoo.array(model)
    facts = solver.facts(p)
    x: list[float] = []
    for radius, tied in zip(facts.radii, module.TIED, strict=True):
        q = radius * rng.uniform(0.15, 0.85)
        x += [q, radius - q if tied else radius * rng.uniform(0.2, 0.8)]
    for family, rho in zip(module.PARTNERS, facts.second, strict=True):
        x.append(0.8 * rng.uniform(0.3, 1.0) * np.sqrt(x[2 * family] * rho))
    b = [rng.uniform(-0.5, 0.5) for _ in range(module.GLOBALS)]
    hats = rng.uniform(0.3, 3.0, module.CONJUGATES)
    return {}, np.array([*x, *b]), hats, p


def models(slow: frozenset[str] = zoo.TWO_DIMENSIONAL):
    return [pytest.param(m, marks=[pytest.mark.slow] if m in slow else []) for m in zoo.MODELS]


@pytest.mark.parametrize("model", ["perceptron_teacher_binary", "perceptron_storage_spherical"])
def test_interpreted_source_gives_the_compiled_numbers(model: str):
    _, x, hats, p = random_point(model, 1)
    path = zoo.folder(model) / model / "rs.py"
    request = {"path": str(path), "x": x.tolist(), "hats": hats.tolist(), "p": p.tolist()}
    answer = subprocess.run(
        [sys.executable, "-c", INTERPRET],
        input=json.dumps(request),
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        cwd=checkout(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert answer.returncode == 0, answer.stderr
    plain = json.loads(answer.stdout)
    for name, values in evaluations(model, x, hats, p).items():
        np.testing.assert_allclose(values, plain[name], rtol=1e-13, atol=1e-15, err_msg=name)


@pytest.mark.parametrize("model", models())
@pytest.mark.parametrize("seed", [1, 2])
def test_compiled_functions_equal_the_symbols_in_mpmath(model: str, seed: int):
    """Conjugates, overlaps, Jacobians and free entropy at random points of the domain."""
    given, x, hats, p = random_point(model, seed)
    module = zoo.solver(model).module
    precise = zoo.Precise(model, given)
    saddle = precise.saddle
    increments = {f"{s.r}-{s.q}": s.v.name for s in precise.families}
    increments |= {f"{s.q_hat}-{s.r_hat}": s.A.name for s in precise.families}
    with mp.workdps(20):
        scope = dict(zip(precise.names, precise.numbers({}), strict=True))
        for name, value in zip(module.STATE, x, strict=True):
            scope[increments.get(name, name)] = mp.mpf(float(value))
        for name, value in zip(module.HATS, hats, strict=True):
            scope[increments.get(name, name)] = mp.mpf(float(value))
        rows = [*saddle.conjugates, *saddle.stationary]
        outer, inner = saddle.conjugate_jacobian(), saddle.site_jacobian()
        groups = {
            "channel": [*saddle.conjugates.values(), *saddle.stationary.values()]
            + [outer[row, u] for row in rows for u in saddle.overlaps],
            "site": [*saddle.site_map.values()] + [inner[u, h] for u in saddle.site_map for h in saddle.conjugates],
            "free_entropy": [saddle.free_entropy],
        }
        if module.REDUCED:
            groups["reduced_free_entropy"] = [saddle.value]
        found = evaluations(model, x, hats, p)
        for name, expressions in groups.items():
            exact = np.array([float(mp.re(e)) for e in precise.evaluator.evaluate(expressions, scope)])
            # entries of one function come from one integral: an entry that cancels is as good as its largest neighbour
            size = np.max(np.abs(exact))
            np.testing.assert_allclose(found[name], exact, rtol=1e-11, atol=1e-12 * size, err_msg=name)


@pytest.mark.parametrize("model", models())
@pytest.mark.parametrize("tol", [COARSE, 1e-10])
def test_a_coarser_quadrature_gives_the_same_numbers(model: str, tol: float):
    """The tolerance is honest: tol and 1e-13 agree to tol of the largest entry, the values of the map each to tol.

    At COARSE the solver takes the map (channel and site) and nothing else.  The points have q < 0.85 r: closer to r
    the first trapezoid can step over a transition.
    """
    module = zoo.solver(model).module
    values = {"channel": module.CONJUGATES, "site": module.MAPPED}
    for seed in range(3, 23):
        _, x, hats, p = random_point(model, seed)
        coarse, fine = (evaluations(model, x, hats, p, t) for t in (tol, 1e-13))
        for name in values if tol == COARSE else fine:
            size, head = np.max(np.abs(fine[name])), values.get(name, 0)
            about = f"{name}, seed {seed}"
            np.testing.assert_allclose(coarse[name], fine[name], rtol=0, atol=tol * size, err_msg=about)
            np.testing.assert_allclose(coarse[name][:head], fine[name][:head], rtol=tol, err_msg=about)
