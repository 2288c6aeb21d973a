"""What erm_checks.py shares: finding a point, minimising a convex loss at finite size, comparing means with the theory."""

import json
import math

import numpy as np
from common import HERE
from scipy.optimize import minimize

DATA = json.loads((HERE / "erm.json").read_text())
RNG = np.random.default_rng(1)


def value(s):
    a, _, b = s.partition("/")
    return float(a) / float(b or 1)


def find(model, **fixed):
    """The points of a model with the given exact parameters, as (parameters, entry)."""
    out = []
    for p in DATA["points"]:
        known = {**p["set"], "activation": p.get("activation")}
        if p["model"] == model and all(known[k] == v for k, v in fixed.items()):
            out.append(({k: value(v) for k, v in p["set"].items()}, p))
    return out


def compare(label, samples, expected):
    """Mean and standard error of each column of `samples` against the theory."""
    samples = np.array(samples)
    mean, error = samples.mean(0), samples.std(0, ddof=1) / math.sqrt(len(samples))
    worst = max(abs(a - float(b)) / max(e, 1e-12) for a, b, e in zip(mean, expected.values(), error))
    cells = "  ".join(f"{k} {a:.4f}({e:.4f}) {float(b):.4f}" for (k, b), a, e in zip(expected.items(), mean, error))
    print(f"{label:60s} {worst:4.1f} sd  {cells}", flush=True)


def expected(entry, *names):
    every = {**entry["order_parameters"], **entry["observables"], "free_entropy": entry["free_entropy"]}
    return {k: every[k] for k in names}


def minimise(loss, slope, X, lam, bias=False, weights=None):
    """argmin of sum loss(h) + lam |w|^2/2, h = X w (+ b)."""
    n, p = X.shape

    def f(v):
        w, b = v[:p], v[p] if bias else 0.0
        h = X @ w + b
        g = slope(h)
        grad = X.T @ g + lam * w
        return loss(h).sum() + lam * (w @ w) / 2, np.append(grad, g.sum()) if bias else grad

    r = minimize(
        f,
        np.zeros(p + bias),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 20000, "maxfun": 40000, "ftol": 1e-15, "gtol": 1e-9, "maxcor": 30},
    )
    return r.x[:p], r.x[p] if bias else 0.0, r.fun


def isotropic(model, make, loss, slope, names, size, runs, bias=False, **fixed):
    """Finite-size runs of a model with unit inputs: make(p, X, z) gives y."""
    for p, entry in find(model, **fixed):
        N, P, rows = size, int(size * p["alpha"]), []
        for _ in range(runs):
            star = RNG.normal(size=N) * math.sqrt(p.get("rho", 1.0))
            X = RNG.normal(size=(P, N)) / math.sqrt(N)
            y = make(p, X @ star)
            w, b, cost = minimise(lambda h: loss(p, y, h), lambda h: slope(p, y, h), X, p.get("lam", 0.0), bias)
            h = X @ w + b
            got = {
                "q": w @ w / N,
                "m": w @ star / N,
                "b": b,
                "free_entropy": -cost / N,
                "training_loss": loss(p, y, h).mean(),
                "training_error": (y * h < 0).mean(),
            }
            rows.append([got[k] for k in names])
        compare(f"{model} {p} N={N}", rows, expected(entry, *names))


def dual_hinge(X, y, lam, cap):
    """Hinge (cap = 1) or hard margin (cap = inf): maximise sum a - |sum a y x|^2/(2 lam) on 0 <= a <= cap."""
    A = X * y[:, None]

    def f(a):
        return ((A.T @ a) @ (A.T @ a) / (2 * lam) - a.sum(), A @ (A.T @ a) / lam - 1)

    r = minimize(
        f,
        np.full(len(y), 0.1),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, None if np.isinf(cap) else cap)] * len(y),
        options={"maxiter": 50000, "maxfun": 100000, "ftol": 1e-14, "gtol": 1e-8, "maxcor": 30},
    )
    return A.T @ r.x / lam, -r.fun
