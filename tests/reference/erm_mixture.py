"""Two Gaussian clouds with a learned bias: logistic, square and hinge loss, l2 penalty (Mignacco et al. 2020), and separability.

x = y v/sqrt(N) + sqrt(Delta) g, y = 1 with probability rho. With u = y*(mean field) ~ N(m + y b, Delta q) and prox variance Delta V

    V_hat = -alpha Delta E g', q_hat = alpha Delta E g^2, m_hat = alpha E g, 0 = E y g,   g(u) = (prox(u) - u)/(Delta V)
    V = 1/(lam + V_hat), m = m_hat V, s2 = V^2 q_hat, q = m^2 + s2
"""

from erm_common import COARSE, FINE, Phi, mp, mpf, newton, number, phi, point, threshold, total, trapezoid, write
from erm_labels import Hinge, Logistic, Square
from erm_regression import Regression


class Mixture:
    def __init__(self, alpha, rho, Delta, lam, loss):
        self.alpha, self.rho, self.Delta, self.lam, self.loss = alpha, rho, Delta, lam, loss
        self.free_bias = rho != mpf(1) / 2  # the bias of equal clouds is zero

    def averages(self, mean, sd, P, rule):
        """E g, E g^2, -E g', E loss at the prox for u ~ N(mean, sd^2) and prox variance P."""
        loss = self.loss(P)
        if self.loss is Hinge:  # the clip of 1 - u, as in robust regression
            return Regression(None, None, None, mpf(0), mpf(0), mpf(1)).averages(1 - mean, sd, P, rule)
        if self.loss is Square and rule is not COARSE:
            e2, w = (1 - mean) ** 2 + sd**2, 1 + P
            return (1 - mean) / w, e2 / w**2, 1 / w, e2 / w**2 / 2

        def body(t):
            u = mean + sd * t
            g, dg, cost = loss(u)
            return g, g * g, dg, cost

        return total(trapezoid(rule, mp.pi / sd), body)

    def channel(self, x, rule):
        V, m, s2 = (mp.exp(v) for v in x[:3])
        b = x[3] if self.free_bias else mpf(0)
        sd, out = mp.sqrt(self.Delta * (m * m + s2)), [mpf(0)] * 5
        for y, weight in ((1, self.rho), (-1, 1 - self.rho)):
            g, gg, dg, cost = self.averages(m + y * b, sd, self.Delta * V, rule)
            for k, v in enumerate((g, gg, dg, cost, y * g)):
                out[k] += weight * v
        return V, m, s2, b, out

    def residual(self, x, rule):
        V, m, s2, b, (g, gg, dg, _, yg) = self.channel(x, rule)
        Vn = 1 / (self.lam + self.alpha * self.Delta * dg)
        qh = self.alpha * self.Delta * gg
        out = [x[0] - mp.log(Vn), x[1] - mp.log(self.alpha * g * Vn), x[2] - mp.log(Vn**2 * qh)]
        return [*out, -yg * self.Delta * V / (1 + self.Delta * V)] if self.free_bias else out

    def results(self, x, rule):
        V, m, s2, b, (g, gg, dg, cost, _) = self.channel(x, rule)
        q, alpha, Delta = m * m + s2, self.alpha, self.Delta
        Vh, qh, mh = alpha * Delta * dg, alpha * Delta * gg, alpha * g
        f = (q * Vh - V * qh) / 2 - m * mh + (mh**2 + qh) / (self.lam + Vh) / 2 - alpha * (cost + Delta * V * gg / 2)
        sd, zero, out = mp.sqrt(Delta * q), self.loss(Delta * V).zero, {}
        classes = ((1, self.rho), (-1, 1 - self.rho))
        out["error_label"] = sum(w * Phi(-(m + y * b) / sd) for y, w in classes)
        out["training_loss"] = cost
        out["training_error"] = sum(w * Phi((zero - m - y * b) / sd) for y, w in classes)
        return {
            "order_parameters": {"q": q, "V": V, "m": m, "b": b},
            "hats": {"q_hat": qh, "V_hat": Vh, "m_hat": mh},
            "free_entropy": f,
            "observables": out,
            "check": [(f, -alpha * cost - self.lam * q / 2)],
        }


LOSSES = {"gaussian_mixture_logistic": Logistic, "gaussian_mixture_ridge": Square, "gaussian_mixture_hinge": Hinge}
ROWS = [
    ("2", "1/2", "1", "1"),
    ("2", "1/5", "1", "1/10"),
    ("1", "3/10", "1", "1/1000000"),
    ("1/20", "1/2", "3/10", "1/100"),
    ("100", "4/5", "1", "1/1000000"),
    ("3", "1/4", "1/2", "1000"),
    ("5", "1/20", "3", "1/100"),
]


def separability(rho, Delta, rule):
    """alpha = max over m, b of (1 - m^2)/E (xi - c)_+^2, c = (m + y b)/sqrt(Delta), |w|^2 = N."""

    def square(c):
        return (1 + c * c) * Phi(-c) - c * phi(c)

    def linear(c):
        return phi(c) - c * Phi(-c)  # minus half the derivative of `square`

    root = mp.sqrt(Delta)

    def parts(x):
        m, b = x[0], x[1] if len(x) > 1 else mpf(0)
        cs = ((1, rho, (m + b) / root), (-1, 1 - rho, (m - b) / root))
        return (
            m,
            sum(w * square(c) for _, w, c in cs),
            sum(w * linear(c) for _, w, c in cs),
            sum(y * w * linear(c) for y, w, c in cs),
        )

    def stationary(x):
        m, e, d, yd = parts(x)
        return [m * e - (1 - m * m) * d / root, yd][: len(x)]

    start = [1 / mp.sqrt(1 + Delta)] + ([mpf(0)] if rho != mpf(1) / 2 else [])
    x = newton(stationary, start, rule.dps * 2 // 3)
    m, e, *_ = parts(x)
    return (1 - m * m) / e


def run():
    for name, loss in LOSSES.items():
        for row in ROWS:
            strings = dict(zip(("alpha", "rho", "Delta", "lam"), row))
            easy = {"alpha": mpf(1), "lam": mpf(1), "rho": mpf("0.45")}
            if row[1] == "1/2":
                del easy["rho"]
            start = ["-0.5", "-0.7", "-1"] + (["0"] if row[1] != "1/2" else [])
            point(name, lambda p: Mixture(p["alpha"], p["rho"], p["Delta"], p["lam"], loss), strings, easy, start)
    for rho, Delta in [
        ("1/2", "1"),
        ("1/2", "3/10"),
        ("1/5", "1"),
        ("1/5", "3/10"),
        ("1/20", "3"),
        ("1/2", "100"),
        ("3/10", "1/4"),
    ]:
        values = []
        for rule in (COARSE, FINE):
            with mp.workdps(rule.dps):
                values.append(separability(number(rho), number(Delta), rule))
        threshold("gaussian_mixture", "separability", {"rho": rho, "Delta": Delta}, *values)
    threshold("perceptron_random_labels", "separability", {}, 2, 2)  # Cover 1965


if __name__ == "__main__":
    run()
    write("mixture")
