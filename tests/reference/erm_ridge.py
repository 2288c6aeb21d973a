"""Ridge regression: isotropic, two blocks, power-law spectrum, random features.

    V = E s/(lam + s V_hat),  V_hat = m_hat = alpha/(1 + V),  q_hat = alpha (E y^2 - 2m + q)/(1 + V)^2   (sites: erm_sites.py)

q is linear in itself, so that V is the only unknown: a quadratic (Marchenko-Pastur), a cubic, a 2F1 equation, an integral.
Second roads: isotropic against integrals over the Marchenko-Pastur density, blocks against the roots of the cubic, power law against
quadrature, random features against the closed formula of Mei and Montanari (2019).
"""

import sys

from erm_common import COARSE, FINE, Rule, add, mp, mpf, newton, number, write
from erm_sites import Blocks, Features, Isotropic, PowerLaw


def ridge(alpha, sites, Delta, rule, V=None):
    """The record of a point; V is found by Newton on its logarithm unless it is given."""
    if V is None:

        def residual(x):
            return [x[0] - mp.log(sites.moments(alpha / (1 + mp.exp(x[0])), rule).V)]

        start = [mpf(0)]
        for _ in range(400):  # the iteration is monotone; stop it when Newton can take over
            r = residual(start)[0]
            start = [start[0] - r]
            if abs(r) < mpf("0.05"):
                break
        V = mp.exp(newton(residual, start, rule.dps * 2 // 3)[0])
    Vh = alpha / (1 + V)
    M = sites.moments(Vh, rule)
    noise = Delta + sites.hidden
    m = Vh * M.M
    gain = alpha / (1 + V) ** 2
    q = (Vh**2 * M.A + gain * M.B * (sites.rho + noise - 2 * m)) / (1 - gain * M.B)
    test = sites.rho + noise - 2 * m + q
    qh = gain * test
    training = test / (1 + V) ** 2 / 2
    f = -Vh * (sites.rho + noise - m) / 2  # -E y (y - h)/2
    primal = -alpha * training - sites.lam * (Vh**2 * M.W + qh * M.X) / 2
    envelope = (q * Vh - V * qh) / 2 - m * Vh + (Vh**2 * M.M + qh * V) / 2 - alpha * test / (1 + V) / 2
    return {
        "order_parameters": {"q": q, "V": V, "m": m},
        "hats": {"q_hat": qh, "V_hat": Vh, "m_hat": Vh},
        "free_entropy": f,
        "observables": {"test_error": test, "training_loss": training},
        "check": [(f, primal), (f, envelope), (V, M.V)],
    }


# ------------------------------------------------------------------------------------------------------- 1. isotropic
def marchenko_pastur_root(alpha, lam):
    """lam V^2 + (lam + alpha - 1) V - 1 = 0."""
    c = lam + alpha - 1
    root = mp.sqrt(c * c + 4 * lam)
    return 2 / (c + root) if c > 0 else (root - c) / (2 * lam)


def by_density(p, rule):
    """q, m, V, training loss from the eigenvalues s of X^T X/N: w = (A + lam)^-1 (A w* + noise of covariance Delta A)."""
    alpha, lam, rho, Delta = p["alpha"], p["lam"], p["rho"], p["Delta"]
    root = mp.sqrt(alpha)

    def body(theta):
        s = (1 - root) ** 2 + 4 * root * mp.sin(theta / 2) ** 2
        weight = 2 * alpha * mp.sin(theta) ** 2 / (mp.pi * s)
        r = 1 / (s + lam)
        return weight, weight * r, weight * s * r, weight * (s * r) ** 2, weight * s * r * r

    scale = mp.sqrt(((1 - root) ** 2 + lam) / root)
    mass, r1, s1, s2, sr = rule.integrate(body, 0, mp.pi, [(mpf(0), min(scale, mpf(1)))])
    atom = max(1 - alpha, mpf(0))
    V = r1 + atom / lam
    m, q = rho * s1, rho * s2 + Delta * sr
    over_samples = V + (alpha - 1) / lam  # the other Gram matrix has |alpha - 1| more or fewer zeros
    energy = lam * (rho * s1 + Delta * over_samples) / 2
    norm = q
    return {"mass": (mass, min(alpha, mpf(1))), "V": V, "m": m, "q": q, "loss": (energy - lam * norm / 2) / alpha}


def isotropic():
    rows = [
        ("2", "1/10", "1", "1/2"),
        ("1", "1/1000000", "1", "1/10"),
        ("1/20", "1/1000000", "1", "1/10"),
        ("100", "1/1000000", "2", "1"),
        ("3", "1000", "1", "0"),
        ("1/20", "1", "1", "0"),
        ("100", "1000", "1", "1/100"),
        ("1/2", "1/100", "1/4", "1/10"),
    ]
    for row in rows:
        strings = dict(zip(("alpha", "lam", "rho", "Delta"), row))
        out = []
        for rule in (Rule(40, 34), Rule(46, 42)):
            with mp.workdps(rule.dps):
                p = {k: number(v) for k, v in strings.items()}
                sites = Isotropic(p["lam"], p["rho"])
                r = ridge(p["alpha"], sites, p["Delta"], rule, marchenko_pastur_root(p["alpha"], p["lam"]))
                d = by_density(p, rule)
                o = r["order_parameters"]
                r["check"] += [d["mass"], *((o[k], d[k]) for k in o), (r["observables"]["training_loss"], d["loss"])]
                out.append(r)
        add("ridge_isotropic", strings, *out)


# ------------------------------------------------------------------------------------------------------- 2. two blocks
def cubic(alpha, lam, blocks):
    """The positive root V of V prod_k D_k = (1 + V) sum_k phi_k s_k prod_{j != k} D_j, D_k = lam (1 + V) + alpha s_k."""
    (f1, s1, _), (f2, s2, _) = blocks
    c1, c2, mean = lam + alpha * s1, lam + alpha * s2, f1 * s1 + f2 * s2
    cross = f1 * s1 * c2 + f2 * s2 * c1
    left = [lam * lam, lam * (c1 + c2), c1 * c2, 0]
    right = [0, lam * mean, lam * mean + cross, cross]
    roots = mp.polyroots([a - b for a, b in zip(left, right)], maxsteps=500, extraprec=400)
    (V,) = [r.real for r in roots if abs(r.imag) < mpf(10) ** (-mp.dps + 8) * abs(r) and r.real > 0]
    return V


def two_blocks():
    names = ("alpha", "lam", "phi", "s1", "s2", "rho1", "rho2", "Delta")
    rows = [
        ("2", "1/10", "1/2", "1", "4", "1", "1/4", "1/2"),
        ("1", "1/1000000", "1/4", "1", "1/10", "1", "2", "1/10"),
        ("1/20", "1/100", "1/10", "10", "1", "1", "1", "1/10"),
        ("100", "1/1000000", "1/3", "1", "1/100", "1", "1", "1"),
        ("3", "1000", "1/2", "1", "100", "1", "1/100", "1/4"),
        ("1/2", "1/1000000", "1/2", "1", "1/1000", "1", "1", "1/100"),
    ]
    for row in rows:
        strings, out = dict(zip(names, row)), []
        for rule in (COARSE, FINE):
            with mp.workdps(rule.dps):
                p = {k: number(v) for k, v in strings.items()}
                blocks = [(p["phi"], p["s1"], p["rho1"]), (1 - p["phi"], p["s2"], p["rho2"])]
                sites = Blocks(p["lam"], blocks)
                r = ridge(p["alpha"], sites, p["Delta"], rule)
                r["check"] += [(r["order_parameters"]["V"], cubic(p["alpha"], p["lam"], blocks))]
                out.append(r)
        add("ridge_blocks", strings, *out)


# ------------------------------------------------------------------------------------------------------- 3. power law
def power_law():
    rows = [
        ("2", "1/10", "1", "1", "1/2"),
        ("1", "1/1000000", "2", "3", "1/10"),
        ("1/20", "1/100", "3/2", "2", "1/10"),
        ("100", "1/1000000", "3", "1", "1"),
        ("3", "1000", "1/2", "1/2", "0"),
        ("1/2", "1/1000000", "4", "6", "1/100"),
    ]
    for row in rows:
        strings, out = dict(zip(("alpha", "lam", "a", "b", "Delta"), row)), []
        for rule, closed in ((COARSE, False), (FINE, True)):
            with mp.workdps(rule.dps):
                p = {k: number(v) for k, v in strings.items()}
                out.append(ridge(p["alpha"], PowerLaw(p["lam"], p["a"], p["b"], closed), p["Delta"], rule))
        add("ridge_power_law", strings, *out)


# ------------------------------------------------------------------------------------------------------- 10. random features
def mei_montanari(psi1, psi2, lam, k1, ks2, Delta):
    """Test error of a fresh label for a unit linear target: Theorem 1 and Definition 1 of Mei and Montanari (2019).

    Their penalty: (1/n) sum (y - f)^2 + (N lam_mm/d) |a|^2 with a = w/sqrt(p), hence lam_mm = lam/psi2.
    """
    z2, lb = k1**2 / ks2, lam / psi2 / ks2
    xi = mp.sqrt(psi1 * psi2 * lb)  # nu_k(i xi) = i n_k with real n_k

    def f(n1, n2):
        return (
            n1 * (xi + n2 + z2 * n2 / (1 + z2 * n1 * n2)) - psi1,
            n2 * (xi + n1 + z2 * n1 / (1 + z2 * n1 * n2)) - psi2,
        )

    def g(x):
        return list(f(mp.exp(x[0]), mp.exp(x[1])))

    start = [mp.log(psi1 / (1 + xi)), mp.log(psi2 / (1 + xi))]
    for _ in range(3000):  # their own iteration, started at large imaginary part
        n1, n2 = mp.exp(start[0]), mp.exp(start[1])
        new = [
            mp.log(psi1 / (xi + n2 + z2 * n2 / (1 + z2 * n1 * n2))),
            mp.log(psi2 / (xi + n1 + z2 * n1 / (1 + z2 * n1 * n2))),
        ]
        step = max(abs(a - b) for a, b in zip(new, start))
        start = [(a + b) / 2 for a, b in zip(new, start)]
        if step < mpf("1e-3"):
            break
    n1, n2 = (mp.exp(v) for v in newton(g, start, mp.dps * 2 // 3, 200))
    c = -n1 * n2
    z4, z6 = z2**2, z2**3
    e0 = (
        -(c**5) * z6
        + 3 * c**4 * z4
        + (psi1 * psi2 - psi2 - psi1 + 1) * c**3 * z6
        - 2 * c**3 * z4
        - 3 * c**3 * z2
        + (psi1 + psi2 - 3 * psi1 * psi2 + 1) * c**2 * z4
        + 2 * c**2 * z2
        + c**2
        + 3 * psi1 * psi2 * c * z2
        - psi1 * psi2
    )
    e1 = psi2 * c**3 * z4 - psi2 * c**2 * z2 + psi1 * psi2 * c * z2 - psi1 * psi2
    e2 = (
        c**5 * z6
        - 3 * c**4 * z4
        + (psi1 - 1) * c**3 * z6
        + 2 * c**3 * z4
        + 3 * c**3 * z2
        + (-psi1 - 1) * c**2 * z4
        - 2 * c**2 * z2
        - c**2
    )
    return e1 / e0 + Delta * e2 / e0 + Delta


def random_features():
    rows = [
        ("erf", "2", "1", "1/10", "1/2"),
        ("tanh", "1", "2", "1/1000000", "1/10"),
        ("relu", "1/20", "1/2", "1/100", "1/10"),
        ("relu", "100", "3", "1/1000000", "1"),
        ("tanh", "3", "1/2", "1000", "0"),
        ("erf", "1/2", "4", "1/1000", "1/4"),
        ("relu", "3/2", "1", "1/100", "1/4"),
        ("erf", "3/2", "1/4", "1/100", "0"),
    ]
    for activation, *row in rows:
        strings, out = dict(zip(("alpha", "psi", "lam", "Delta"), row)), []
        for rule in (COARSE, FINE):
            with mp.workdps(rule.dps):
                p = {k: number(v) for k, v in strings.items()}
                sites = Features(p["lam"], p["psi"], activation)
                sites.prepare(rule)
                r = ridge(p["alpha"], sites, p["Delta"], rule)
                with mp.workdps(2 * rule.dps):
                    q = {k: number(v) for k, v in strings.items()}
                    fine = Features(q["lam"], q["psi"], activation)
                    closed = mei_montanari(q["psi"], q["alpha"] * q["psi"], q["lam"], fine.k1, fine.ks2, q["Delta"])
                r["check"] += [(r["observables"]["test_error"], closed), (sites.mass, mpf(1))]
                out.append(r)
        add("random_features_ridge", strings, *out, activation=activation)


if __name__ == "__main__":
    for group in (isotropic, two_blocks, power_law, random_features):
        if len(sys.argv) < 2 or group.__name__ in sys.argv[1:]:
            group()
    write("ridge")
