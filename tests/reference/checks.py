"""Checks of the reference numbers by routes that share no formula with them.

    python tests/reference/checks.py

1. Every stored Bayes fixed point is a stationary point of the stored free entropy (numerical derivatives in q and q_hat).
2. Phase retrieval and logistic channels against brute-force two-dimensional quadrature in double precision.
3. q_hat/alpha = 2 dpsi/dq for each channel and q = 2 dpsi_w/dq_hat for each prior.
4. Storage and Gibbs learning: d(free entropy)/d(alpha) along the branch is psi.
"""

import bayes
import numpy as np
from common import (
    Binary,
    Door,
    Gauss,
    GaussBernoulli,
    Linear,
    Logistic,
    PhaseRetrieval,
    Relu,
    Rule,
    Sign,
    mp,
    mpf,
)

RULE = Rule(34, 28)


def derivative(f, x, h):
    """Fourth-order central difference."""
    return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h)


def gradients():
    worst = 0
    with mp.workdps(34):
        h = mpf(10) ** -6
        for q in ("0.2", "0.7", "0.95"):
            q = mpf(q)
            for channel in (
                Sign(),
                Sign(mpf("0.1")),
                Linear(mpf("0.01")),
                Door(mp.sqrt(2) * mp.erfinv(mpf(1) / 2)),
                Relu(),
                PhaseRetrieval(),
                Logistic(),
            ):
                gain = channel(q, 1 - q, RULE)[1]
                numeric = 2 * derivative(lambda x: channel(x, 1 - x, RULE)[0], q, h)
                error = abs(gain / numeric - 1)
                worst = max(worst, error)
                print(type(channel).__name__, q, mp.nstr(gain, 15), mp.nstr(error, 3), flush=True)
        for qh in ("0.3", "3", "30"):
            qh = mpf(qh)
            for prior in (Binary(), Gauss(), GaussBernoulli(mpf("0.1"))):
                q = prior(qh, RULE)[1]
                error = abs(2 * derivative(lambda x: prior(x, RULE)[0], qh, h * qh) / q - 1)
                worst = max(worst, error)
                print(type(prior).__name__, qh, mp.nstr(q, 15), mp.nstr(error, 3), flush=True)
    return worst


def brute_force():
    """psi = E log P(y | w) on a plain two-dimensional grid."""
    t, s = np.meshgrid(np.arange(-10, 10, 0.01), np.arange(-10, 10, 0.01), indexing="ij")
    weight = np.exp(-(t**2 + s**2) / 2) / (2 * np.pi) * 1e-4
    worst = 0
    for q in (0.3, 0.8):
        w, z = np.sqrt(q) * t, np.sqrt(q) * t + np.sqrt(1 - q) * s
        density = (
            np.exp(-((abs(z) - w) ** 2) / (2 * (1 - q))) + np.exp(-((abs(z) + w) ** 2) / (2 * (1 - q)))
        ) / np.sqrt(2 * np.pi * (1 - q))
        psi = (weight * np.log(density)).sum()
        with mp.workdps(34):
            worst = max(worst, abs(psi - float(PhaseRetrieval()(mpf(q), 1 - mpf(q), RULE)[0])))
        x = np.arange(-10, 10, 0.02)
        g = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi) * 0.02
        p = (g[None, :] / (1 + np.exp(-np.sqrt(q) * x[:, None] - np.sqrt(1 - q) * x[None, :]))).sum(1)
        psi = (g * (p * np.log(p) + (1 - p) * np.log(1 - p))).sum()
        with mp.workdps(34):
            worst = max(worst, abs(psi - float(Logistic()(mpf(q), 1 - mpf(q), RULE)[0])))
    return worst


def stationary():
    """The free entropy is stationary in q and q_hat at a handful of stored points."""
    import json

    from common import HERE

    worst = 0
    for name in bayes.MODELS:
        for point in json.loads((HERE / "parts" / f"{name}.json").read_text())[:6]:
            if point["branch"] == "perfect" or mpf(point["order_parameters"]["q"]) == 0:
                continue
            with mp.workdps(34):
                params = {k: bayes.expr(v) for k, v in point["set"].items()}
                alpha = params.pop("alpha")
                model = bayes.MODELS[name](params)
                q, qh = (mpf(point["order_parameters"][k]) for k in ("q", "q_hat"))
                v = model.r - q
                dq = derivative(lambda x: model.free_entropy(alpha, x, qh, RULE), q, v * mpf(10) ** -6)
                dh = derivative(lambda x: model.free_entropy(alpha, q, x, RULE), qh, qh * mpf(10) ** -6)
                error = max(abs(dq / qh), abs(dh / q))
                phi_error = abs(model.free_entropy(alpha, q, qh, RULE) - mpf(point["free_entropy"]))
                worst = max(worst, error)
                print(name, point["set"], point["branch"], mp.nstr(error, 3), mp.nstr(phi_error, 3), flush=True)
    return worst


def envelope():
    """Storage and Gibbs learning: along the branch d(free entropy)/d(alpha) is the channel average psi, since all else is stationary."""
    import gibbs
    import storage

    worst = 0
    with mp.workdps(34):
        h = mpf(10) ** -5
        cases = [
            (
                "spherical",
                storage.Spherical(mpf("0.5")),
                mpf(1),
                lambda o: storage.half_line(mpf("0.5"), o["q"], o["V"], RULE)[0],
            ),
            (
                "binary",
                storage.BinaryStorage(mpf("0.5")),
                mpf(1),
                lambda o: storage.half_line(mpf("0.5"), o["q"], o["V"], RULE)[0],
            ),
            (
                "symmetric",
                storage.SymmetricBinary(mpf(1)),
                mpf(0),
                lambda o: storage.interval(mpf(1), o["q"], o["V"], RULE)[0],
            ),
        ]
        biased = storage.Biased(mpf("0.5"), mpf("0.5"))
        cases.append(("biased", biased, mpf(1), lambda o: biased.averages(o["b"], o["q"], o["V"], RULE)[0]))
        model = gibbs.Gibbs(mpf(2))
        cases.append(("gibbs", model, mpf(0), lambda o: model.channel(o["q"], o["V"], o["m"], RULE)[0]))
        for name, m, x, psi in cases:
            slope = derivative(lambda y, m=m: m.along(y, RULE)["free_entropy"], x, h) / derivative(
                lambda y, m=m: m.along(y, RULE)["alpha"], x, h
            )
            error = abs(slope / psi(m.along(x, RULE)["order_parameters"]) - 1)
            worst = max(worst, error)
            print(name, mp.nstr(error, 3), flush=True)
    return worst


if __name__ == "__main__":
    print("envelope theorem:", mp.nstr(envelope(), 3))
    print("brute force:", brute_force())
    print("gradients:", mp.nstr(gradients(), 3))
    print("stationarity:", mp.nstr(stationary(), 3))
