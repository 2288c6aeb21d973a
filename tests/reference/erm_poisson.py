"""Poisson regression with an l2 penalty: y ~ Poisson(exp(z)), loss exp(h) - y h, in extended precision (numpy longdouble).

The prox solves h + V exp(h) = w + V y and g = y - exp(h). State and site equations as in erm_labels.py, and

    V_hat = alpha E exp(h)/(1 + V exp(h)), q_hat = alpha E g^2, m_hat = alpha E (y - exp(z)) g

Averages: w = (m/rho) z + sqrt(s2) zeta with trapezoidal rules in z and zeta; the sum over y at the mean mu = exp(z) goes in strides of
about sqrt(mu), which is exact up to exp(-2 mu sin^2(pi/stride)) as for any trapezoidal sum of a smooth function.
"""

import numpy as np
from erm_common import COARSE, FINE, ROUGH, add, follow, mp, mpf, newton, number, write

LD = np.longdouble
# trapezoidal steps in z and zeta, and the exponent that bounds the error of a stride in y
LEVEL = {ROUGH: (0.40, 0.40, 24.0), COARSE: (0.21, 0.21, 60.0), FINE: (0.16, 0.16, 110.0)}


def long(x):
    return LD(mp.nstr(mpf(x), 24))


def back(x):
    return mpf(np.format_float_scientific(x, precision=22, unique=False))


def log_factorial(n):
    """log n! for an array of integers, in longdouble."""
    return np.array([long(mp.loggamma(int(k) + 1)) for k in n])


class Table:
    """Nodes (z, y, weight) for the law of teacher field and label; they depend on rho and the level only."""

    def __init__(self, rho, rule):
        dz, _, bound = LEVEL[rule]
        root = np.sqrt(long(rho))
        # the integrands grow like mu^2: the peak of their weight moves to t = 2 sqrt(rho)
        ts = np.arange(-int(9.6 / dz), int((9.6 + 2 * float(root)) / dz) + 1).astype(LD) * LD(dz)
        z, y, weight = [], [], []
        for t in ts:
            mu = np.exp(root * t)
            stride = 1
            while 2 * float(mu) * np.sin(np.pi / (stride + 1)) ** 2 > bound and stride + 1 <= 0.5 * np.sqrt(float(mu)):
                stride += 1
            lo, hi = max(0, int(mu - 11 * np.sqrt(mu))), int(mu + 11 * np.sqrt(mu)) + 40
            ys = np.arange(lo, hi + 1, stride)
            p = np.exp(ys.astype(LD) * root * t - mu - log_factorial(ys)) * stride
            p *= LD(dz) * np.exp(-t * t / 2) / np.sqrt(2 * long(mp.pi))
            keep = p * np.maximum(ys, 1) ** 2.0 > {ROUGH: 1e-14, COARSE: 1e-22, FINE: 1e-24}[rule]
            z.append(np.full(keep.sum(), root * t))
            y.append(ys[keep].astype(LD))
            weight.append(p[keep])
        self.z, self.y, self.weight = (np.concatenate(v) for v in (z, y, weight))
        self.mu = np.exp(self.z)


def prox(c, V):
    """h with h + V exp(h) = c, by Newton from the right, where the convex left side is above c."""
    h = np.minimum(c, np.log1p(np.maximum(c, 0) / V))
    for _ in range(60):
        e = V * np.exp(h)
        step = (h + e - c) / (1 + e)
        h -= step
        if np.abs(step).max() < 1e-11:
            break
    else:
        raise ValueError("prox did not converge")
    e = V * np.exp(h)
    h -= (h + e - c) / (1 + e)
    return h, np.exp(h)


class Poisson:
    tables = {}

    def __init__(self, p):
        self.alpha, self.lam, self.rho = p["alpha"], p["lam"], p["rho"]

    def table(self, rule):
        key = mp.nstr(self.rho, 15), rule.dps
        if key not in self.tables:
            self.tables[key] = Table(self.rho, rule)
        return self.tables[key]

    def channel(self, x, rule):
        """q, E g^2, -E g', E (y - mu) g, E loss at the prox."""
        V, m, s2 = (long(mp.exp(v)) for v in x)
        T, step = self.table(rule), LD(LEVEL[rule][1]) / max(LD(1), np.sqrt(s2))
        mean, out = m / long(self.rho) * T.z, np.zeros(4, LD)
        n = int((8 if rule is ROUGH else 9.4) / step)
        for k in range(-n, n + 1):
            zeta = k * step
            w = mean + np.sqrt(s2) * zeta
            h, e = prox(w + V * T.y, V)
            g = T.y - e
            weight = T.weight * (step * np.exp(-zeta * zeta / 2) / np.sqrt(2 * long(mp.pi)))
            out += [(weight * v).sum() for v in (g * g, e / (1 + V * e), (T.y - T.mu) * g, e - T.y * h)]
        V, m, s2 = (mp.exp(v) for v in x)
        return V, m, s2, m * m / self.rho + s2, [back(v) for v in out]

    def residual(self, x, rule):
        *_, (gg, dg, cross, _) = self.channel(x, rule)
        V = 1 / (self.lam + self.alpha * dg)
        return [
            x[0] - mp.log(V),
            x[1] - mp.log(self.rho * self.alpha * cross * V),
            x[2] - mp.log(V * V * self.alpha * gg),
        ]

    def results(self, x, rule):
        V, m, s2, q, (gg, dg, cross, cost) = self.channel(x, rule)
        alpha, lam, rho = self.alpha, self.lam, self.rho
        Vh, qh, mh = alpha * dg, alpha * gg, alpha * cross
        f = (q * Vh - V * qh) / 2 - m * mh + (rho * mh**2 + qh) / (lam + Vh) / 2 - alpha * (cost + V * gg / 2)
        return {
            "order_parameters": {"q": q, "V": V, "m": m},
            "hats": {"q_hat": qh, "V_hat": Vh, "m_hat": mh},
            "free_entropy": f,
            "observables": {
                "training_loss": cost,
                "test_loss": mp.exp(q / 2) - m * mp.exp(rho / 2),
                "estimation_error": (rho - m) ** 2 / rho + s2,
            },
            "check": [(f, -alpha * cost - lam * q / 2)],
        }


ROWS = [
    ("2", "1/10", "1"),
    ("2", "1/1000000", "1/4"),
    ("3", "1000", "1"),
    ("1/20", "1/100", "1/2"),
    ("100", "1/1000000", "1"),
    ("1", "1", "1/10"),
    ("1", "1/1000", "1/2"),
]


def run():
    easy = {"alpha": mpf(1), "lam": mpf(1)}
    for row in ROWS:
        strings = dict(zip(("alpha", "lam", "rho"), row))
        print("poisson_regression", strings, flush=True)
        p = {k: number(v) for k, v in strings.items()}
        results, x = [], follow(Poisson, easy, p, ["-0.5", "-1", "-1"])
        for rule in (COARSE, FINE):
            with mp.workdps(22):
                model = Poisson(p)
                x = newton(lambda v: model.residual(v, rule), x, 12)
                results.append(model.results(x, rule))
        add("poisson_regression", strings, *results, digits=19)


if __name__ == "__main__":
    with mp.workdps(22):
        run()
    write("poisson")
