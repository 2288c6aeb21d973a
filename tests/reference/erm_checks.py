"""Checks of the zero-temperature numbers that share no formula with them: published values and finite sizes.

python tests/reference/erm_checks.py [name ...]       nothing is stored
"""

import math
import sys

import numpy as np
from erm_simulate import DATA, RNG, compare, dual_hinge, expected, find, isotropic, minimise, value
from scipy.optimize import linprog, minimize
from scipy.special import erf, expit


def sur_candes():
    """Sur and Candes 2019: kappa = 0.2, gamma^2 = 5 gives alpha = 1.4994, sigma = 4.7436, lambda = 3.0269."""
    ((_, p),) = find("logistic_mle", alpha="5", rho="5")
    q, V, m = (float(p["order_parameters"][k]) for k in "qVm")
    print("Sur and Candes (1.4994, 4.7436, 3.0269):", m / 5, math.sqrt(5 * (q - m * m / 5)), V)


def logistic_loss(p, y, h):
    return np.logaddexp(0, -y * h)


def logistic_slope(p, y, h):
    return -y * expit(-y * h)


def signs(u):
    return np.where(u > 0, 1.0, -1.0)


def classifiers():
    names = ("q", "m", "training_loss", "training_error", "free_entropy")

    def logit(p, z):
        return signs(expit(z) - RNG.random(z.shape))

    isotropic(
        "logistic_logistic_teacher",
        logit,
        logistic_loss,
        logistic_slope,
        names,
        400,
        40,
        alpha="2",
        lam="1/10",
        rho="1",
    )
    isotropic("logistic_mle", logit, logistic_loss, logistic_slope, names, 400, 40, alpha="10", rho="4")
    isotropic(
        "logistic_sign_teacher",
        lambda p, z: signs(z),
        logistic_loss,
        logistic_slope,
        names,
        400,
        40,
        alpha="2",
        lam="1/10",
    )

    def probit(p, z):
        return signs(z + math.sqrt(p["Delta"]) * RNG.normal(size=z.shape))

    isotropic(
        "logistic_probit_teacher",
        probit,
        logistic_loss,
        logistic_slope,
        names,
        400,
        40,
        alpha="2",
        lam="1/10",
        Delta="1/4",
    )
    square = lambda p, y, h: (y - h) ** 2 / 2, lambda p, y, h: h - y
    isotropic("square_sign_teacher", lambda p, z: signs(z), *square, names, 400, 40, alpha="2", lam="1/10")


def margins():
    for model, cap, fixed in (
        ("hinge_sign_teacher", 1.0, {"alpha": "2", "lam": "1/10"}),
        ("max_margin_sign_teacher", math.inf, {"alpha": "2"}),
    ):
        ((p, entry),) = find(model, **fixed)
        N, rows = 300, []
        for _ in range(40):
            star, X = RNG.normal(size=N), RNG.normal(size=(int(N * p["alpha"]), N)) / math.sqrt(N)
            w, cost = dual_hinge(X, signs(X @ star), p.get("lam", 1.0), cap)
            rows.append([w @ w / N, w @ star / N, -cost / N])
        compare(f"{model} {p} N={N}", rows, expected(entry, "q", "m", "free_entropy"))


def robust():
    def noise(p, n):
        sd = np.where(RNG.random(n) < p.get("eps", 0.0), math.sqrt(p.get("Delta_out", 0.0)), math.sqrt(p["Delta"]))
        return sd * RNG.normal(size=n)

    def make(p, z):
        return z + noise(p, len(z))

    def hub(p, y, h):
        return np.where(abs(y - h) < p["delta"], (y - h) ** 2 / 2, p["delta"] * abs(y - h) - p["delta"] ** 2 / 2)

    def slope(p, y, h):
        return np.clip(h - y, -p["delta"], p["delta"])

    isotropic(
        "huber_contaminated",
        make,
        hub,
        slope,
        ("q", "m", "training_loss", "free_entropy"),
        400,
        40,
        alpha="2",
        lam="1/10",
        eps="1/10",
    )
    isotropic(
        "poisson_regression",
        lambda p, z: RNG.poisson(np.exp(z)).astype(float),
        lambda p, y, h: np.exp(h) - y * h,
        lambda p, y, h: np.exp(h) - y,
        ("q", "m", "training_loss", "free_entropy"),
        400,
        60,
        alpha="2",
        lam="1/10",
    )
    # absolute and pinball loss: their dual is a box-constrained quadratic, max sum a y - |sum a x|^2/(2 lam), tau - 1 <= a <= tau
    for model, scale, fixed in (
        ("lad", 2.0, {"alpha": "2", "lam": "1/10"}),
        ("quantile", 1.0, {"alpha": "2", "lam": "1/10"}),
    ):
        ((p, entry),) = find(model, **fixed)
        tau, N, rows = p.get("tau", 0.5), 300, []
        for _ in range(40):
            star, X = RNG.normal(size=N), RNG.normal(size=(int(N * p["alpha"]), N)) / math.sqrt(N)
            y, lam = X @ star + noise(p, int(N * p["alpha"])), p["lam"]

            def f(a):
                return ((X.T @ a) @ (X.T @ a) / (2 * lam) - a @ y, X @ (X.T @ a) / lam - y)

            r = minimize(
                f,
                np.zeros(len(y)),
                jac=True,
                method="L-BFGS-B",
                bounds=[(scale * (tau - 1), scale * tau)] * len(y),
                options={"maxiter": 50000, "maxfun": 100000, "ftol": 1e-14, "gtol": 1e-8, "maxcor": 30},
            )
            w = X.T @ r.x / lam
            rows.append([w @ w / N, w @ star / N, r.fun / N])
        compare(f"{model} {p} N={N}", rows, expected(entry, "q", "m", "free_entropy"))


def sparse():
    for model, fixed in (
        ("lasso_sparse", {"alpha": "1/2", "lam": "1/10"}),
        ("elastic_net", {"alpha": "1/2", "lam1": "1/10"}),
    ):
        ((p, entry),) = find(model, **fixed)
        N, rows, l1, l2 = 600, [], p.get("lam", p.get("lam1")), p.get("lam2", 0.0)
        for _ in range(40):
            star = RNG.normal(size=N) * (RNG.random(N) < p["rho"])
            X = RNG.normal(size=(int(N * p["alpha"]), N)) / math.sqrt(N)
            y = X @ star + math.sqrt(p["Delta"]) * RNG.normal(size=len(X))
            step, w, v, t = 1 / np.linalg.eigvalsh(X @ X.T).max(), np.zeros(N), np.zeros(N), 1.0
            for _ in range(4000):  # accelerated proximal gradient
                x = v - step * (X.T @ (X @ v - y) + l2 * v)
                new = np.sign(x) * np.maximum(abs(x) - step * l1, 0)
                t, old = (1 + math.sqrt(1 + 4 * t * t)) / 2, t
                v = new + (old - 1) / t * (new - w)
                w = new
            cost = ((y - X @ w) ** 2).sum() / 2 + l1 * abs(w).sum() + l2 * (w @ w) / 2
            rows.append([w @ w / N, w @ star / N, (w != 0).mean(), -cost / N])
        compare(f"{model} {p} N={N}", rows, expected(entry, "q", "m", "fraction_nonzero", "free_entropy"))


def ridges():
    def solve(X, y, lam):
        return np.linalg.solve(X.T @ X + lam * np.eye(X.shape[1]), X.T @ y)

    N = 600
    for model, index in (("ridge_isotropic", 0), ("ridge_blocks", 0), ("ridge_power_law", 2)):
        p, entry = find(model)[index]
        if model == "ridge_isotropic":
            s, t = np.ones(N), np.full(N, p["rho"])
        elif model == "ridge_blocks":
            first = np.arange(N) < p["phi"] * N
            s, t = np.where(first, p["s1"], p["s2"]), np.where(first, p["rho1"], p["rho2"])
        else:
            x = (np.arange(N) + 0.5) / N
            s, t = x ** p["a"], x ** (p["b"] - p["a"])
        rows = []
        for _ in range(60):
            star, X = RNG.normal(size=N) * np.sqrt(t), RNG.normal(size=(int(N * p["alpha"]), N)) * np.sqrt(s / N)
            y = X @ star + math.sqrt(p["Delta"]) * RNG.normal(size=len(X))
            w = solve(X, y, p["lam"])
            r = y - X @ w
            rows.append(
                [
                    (s * w * w).mean(),
                    (s * w * star).mean(),
                    (r @ r) / 2 / len(X),
                    -(r @ r + p["lam"] * w @ w) / 2 / N,
                    (s * (w - star) ** 2).mean() + p["Delta"],
                ]
            )
        compare(f"{model} {p} N={N}", rows, expected(entry, "q", "m", "training_loss", "free_entropy", "test_error"))


def features():
    act = {"erf": erf, "tanh": np.tanh, "relu": lambda x: np.maximum(x, 0) - 1 / math.sqrt(2 * math.pi)}
    for model, fixed in (
        ("random_features_ridge", {"activation": "erf", "psi": "1"}),
        ("random_features_ridge", {"activation": "relu", "psi": "1"}),
        ("random_features_logistic", {"activation": "erf", "psi": "1"}),
    ):
        ((p, entry),) = find(model, **fixed)
        d, f, rows = 300, act[fixed["activation"]], []
        N, runs = int(d * p["psi"]), 40
        for _ in range(runs):
            F, star = RNG.normal(size=(N, d)) / math.sqrt(d), RNG.normal(size=d) / math.sqrt(d)
            star /= np.linalg.norm(star)

            def draw(n):
                return (lambda G: (f(G @ F.T) / math.sqrt(N), G @ star))(RNG.normal(size=(n, d)))

            X, z = draw(int(N * p["alpha"]))
            T, zt = draw(4000)
            if model.endswith("ridge"):
                y = z + math.sqrt(p["Delta"]) * RNG.normal(size=len(z))
                w = np.linalg.solve(X.T @ X + p["lam"] * np.eye(N), X.T @ y)
                r = y - X @ w
                rows.append(
                    [
                        ((T @ w - zt) ** 2).mean() + p["Delta"],
                        (r @ r) / 2 / len(r),
                        (T @ w * zt).mean(),
                        -(r @ r + p["lam"] * w @ w) / 2 / N,
                    ]
                )
            else:
                y = signs(z)
                w, _, cost = minimise(lambda h: np.logaddexp(0, -y * h), lambda h: -y * expit(-y * h), X, p["lam"])
                rows.append(
                    [
                        (signs(T @ w) != signs(zt)).mean(),
                        np.logaddexp(0, -y * (X @ w)).mean(),
                        (T @ w * zt).mean(),
                        -cost / N,
                    ]
                )
        first = "test_error" if model.endswith("ridge") else "error_label"
        compare(
            f"{model} {entry['activation']} {p} d={d}",
            rows,
            expected(entry, first, "training_loss", "m", "free_entropy"),
        )


def mixtures():
    losses = {
        "gaussian_mixture_logistic": (lambda y, h: np.logaddexp(0, -y * h), lambda y, h: -y * expit(-y * h)),
        "gaussian_mixture_ridge": (lambda y, h: (y - h) ** 2 / 2, lambda y, h: h - y),
    }
    for model, (loss, slope) in losses.items():
        ((p, entry),) = find(model, rho="1/5", alpha="2")
        N, rows = 400, []
        for _ in range(60):
            v, y = RNG.normal(size=N), signs(p["rho"] - RNG.random(int(N * p["alpha"])))
            v *= math.sqrt(N) / np.linalg.norm(v)
            X = (np.outer(y, v) / math.sqrt(N) + math.sqrt(p["Delta"]) * RNG.normal(size=(len(y), N))) / math.sqrt(N)
            w, b, cost = minimise(lambda h: loss(y, h), lambda h: slope(y, h), X, p["lam"], bias=True)
            rows.append([w @ w / N, w @ v / N, b, -cost / N])
        compare(f"{model} {p} N={N}", rows, expected(entry, "q", "m", "b", "free_entropy"))


def separable(A):
    """Is there w with A w > 0? By a linear programme with |w_i| <= 1."""
    P, N = A.shape
    r = linprog(
        np.append(np.zeros(N), -1.0),
        A_ub=np.hstack([-A, np.ones((P, 1))]),
        b_ub=np.zeros(P),
        bounds=[(-1, 1)] * N + [(None, 1)],
        method="highs",
    )
    return -r.fun > 1e-9


def thresholds():
    """Sizes where half of the samples are separable, by a fit of the fraction over alpha."""

    def half(label, theory, draw, N=100, runs=60):
        grid = theory * np.linspace(0.8, 1.2, 9)
        fraction = [np.mean([separable(draw(int(a * N), N)) for _ in range(runs)]) for a in grid]
        logit = np.log((np.array(fraction) * runs + 0.5) / (runs - np.array(fraction) * runs + 0.5))
        weight = np.sqrt(np.array([f * (1 - f) + 0.5 / runs for f in fraction]))
        slope, start = np.polyfit(grid, logit, 1, w=weight)
        print(f"{label:60s} theory {theory:.4f}, half separable at {-start / slope:.4f} (N={N})", flush=True)

    for t in DATA["thresholds"]:
        p, theory = {k: value(v) for k, v in t["set"].items()}, float(t["value"])
        if t["model"] == "logistic_mle" and t["set"]["rho"] == "5":
            half(
                "logistic_mle rho=5",
                theory,
                lambda P, N: (lambda X: X * signs(expit(X[:, 0] * math.sqrt(5)) - RNG.random(P))[:, None])(
                    RNG.normal(size=(P, N))
                ),
            )
        if t["model"] == "gaussian_mixture" and t["set"] in (
            {"rho": "1/2", "Delta": "1"},
            {"rho": "1/5", "Delta": "1"},
        ):

            def draw(P, N, p=p):
                y = signs(p["rho"] - RNG.random(P))
                X = math.sqrt(p["Delta"]) * RNG.normal(size=(P, N))
                X[:, 0] += y
                return np.hstack([X * y[:, None], y[:, None]])

            half(f"gaussian_mixture {t['set']}", theory, draw)


CHECKS = (sur_candes, ridges, features, classifiers, margins, robust, sparse, mixtures, thresholds)
if __name__ == "__main__":
    for check in CHECKS:
        if len(sys.argv) < 2 or check.__name__ in sys.argv[1:]:
            check()
