"""Lasso and elastic net on a sparse teacher, w* ~ (1 - rho) delta_0 + rho N(0, 1), and the weak threshold of basis pursuit.

    V_hat = m_hat = alpha/(1 + V), q_hat = alpha S/(1 + V)^2, S = rho - 2m + q + Delta
    w = soft(m_hat w* + sqrt(q_hat) xi, lam1)/(V_hat + lam2): the argument is Gaussian of variance q_hat or q_hat + m_hat^2

The coarse numbers integrate over the argument, the fine ones are closed in erfc and the Gaussian density.
"""

from erm_common import COARSE, FINE, Phi, agreement, mp, mpf, newton, number, phi, point, threshold, write


class Sparse:
    def __init__(self, alpha, lam1, lam2, rho, Delta):
        self.alpha, self.lam1, self.lam2, self.rho, self.Delta = alpha, lam1, lam2, rho, Delta

    def soft(self, sd, rule):
        """P(|x| > lam1), E |soft|, E soft^2 for x ~ N(0, sd^2)."""
        t = self.lam1
        if rule is COARSE:
            a = t / sd
            top = a + rule.cut
            return rule.integrate(
                lambda x: (2 * phi(x), 2 * phi(x) * (sd * x - t), 2 * phi(x) * (sd * x - t) ** 2), a, top
            )
        a = t / sd
        tail, d = Phi(-a), phi(a)
        if a > 5:  # cancellation of three terms: two more digits per factor of a^4
            with mp.extraprec(60 + int(8 * mp.log(a, 2))):
                a = t / sd
                tail, d = Phi(-a), phi(a)
                return 2 * tail, 2 * (sd * d - t * tail), 2 * ((sd**2 + t**2) * tail - t * sd * d)
        return 2 * tail, 2 * (sd * d - t * tail), 2 * ((sd**2 + t**2) * tail - t * sd * d)

    def sites(self, x, rule):
        V, S = mp.exp(x[0]), mp.exp(x[1])
        Vh, qh = self.alpha / (1 + V), self.alpha * S / (1 + V) ** 2
        D, rho = Vh + self.lam2, self.rho
        p0, a0, s0 = self.soft(mp.sqrt(qh), rule)
        p1, a1, s1 = self.soft(mp.sqrt(qh + Vh**2), rule)
        active = (1 - rho) * p0 + rho * p1
        q = ((1 - rho) * s0 + rho * s1) / D**2
        m = rho * Vh * p1 / D
        return V, S, Vh, qh, active, active / D, q, m, ((1 - rho) * a0 + rho * a1) / D

    def residual(self, x, rule):
        V, S, Vh, qh, active, Vn, q, m, _ = self.sites(x, rule)
        return [x[0] - mp.log(Vn), x[1] - mp.log(self.rho - 2 * m + q + self.Delta)]

    def results(self, x, rule):
        V, S, Vh, qh, active, _, q, m, size = self.sites(x, rule)
        training = S / (1 + V) ** 2 / 2
        site = (Vh + self.lam2) * q / 2  # E max over w of (x w - lam1 |w| - D w^2/2)
        f = (q * Vh - V * qh) / 2 - m * Vh + site - self.alpha * S / (1 + V) / 2
        primal = -self.alpha * training - self.lam1 * size - self.lam2 * q / 2
        return {
            "order_parameters": {"q": q, "V": V, "m": m},
            "hats": {"q_hat": qh, "V_hat": Vh, "m_hat": Vh},
            "free_entropy": f,
            "observables": {
                "test_error": S,
                "training_loss": training,
                "estimation_error": S - self.Delta,
                "fraction_nonzero": active,
            },
            "check": [(f, primal)],
        }


NAMES = {"lasso_sparse": ("alpha", "lam", "rho", "Delta"), "elastic_net": ("alpha", "lam1", "lam2", "rho", "Delta")}
GRID = {
    "lasso_sparse": [
        ("1/2", "1/10", "1/10", "1/100"),
        ("1/2", "1/1000000", "1/10", "1/100"),
        ("1/20", "1/100", "1/10", "1/10"),
        ("100", "1/1000000", "1/4", "1"),
        ("3", "10", "1/10", "1/10"),
        ("1", "1/1000000", "1/2", "1/10"),
        ("4/5", "1/1000", "1/5", "0"),
        ("100", "1000", "1/2", "1"),
        ("100", "300", "1/2", "1"),
    ],
    "elastic_net": [
        ("1/2", "1/10", "1/10", "1/10", "1/100"),
        ("1/2", "1/1000000", "1/100", "1/10", "1/100"),
        ("1/20", "1/100", "1", "1/10", "1/10"),
        ("100", "1/1000000", "1/1000000", "1/4", "1"),
        ("3", "1", "1000", "1/10", "1/10"),
        ("1", "1/1000", "1/1000000", "1/2", "1/10"),
    ],
}


def build(p):
    return Sparse(p["alpha"], p["lam"] if "lam" in p else p["lam1"], p.get("lam2", mpf(0)), p["rho"], p["Delta"])


def donoho_tanner(rho, rule):
    """Weak threshold of l1 recovery: alpha = min over t of rho (1 + t^2) + (1 - rho) 2 [(1 + t^2) Phi(-t) - t phi(t)]."""
    with mp.workdps(rule.dps):

        def slope(x):
            return [rho * x[0] + 2 * (1 - rho) * (x[0] * Phi(-x[0]) - phi(x[0]))]

        (t,) = newton(slope, [mp.sqrt(2 * mp.log(1 + 1 / rho)) / 2 + mpf(1) / 10], rule.dps * 2 // 3)
        alpha = rho * (1 + t * t) + 2 * (1 - rho) * ((1 + t * t) * Phi(-t) - t * phi(t))
        # the same line by its parameter t (Donoho, Maleki and Montanari 2009): alpha, and rho/alpha at this t
        gap = phi(t) - t * Phi(-t)
        other = 2 * phi(t) / (t + 2 * gap)
        sparsity = other * (1 - t * Phi(-t) / phi(t))
        assert agreement(other, alpha) >= 16, (other, alpha)
        assert agreement(sparsity, rho) >= 16, (sparsity, rho)
    return alpha


def run():
    for name, rows in GRID.items():
        for row in rows:
            strings = dict(zip(NAMES[name], row))
            easy = {k: mpf(1) for k in ("alpha", "lam", "lam1", "lam2") if k in strings}
            easy = {k: v / 10 if k != "alpha" else v for k, v in easy.items()}
            point(name, build, strings, easy, ["0", "-0.5"])
    for rho in ("1/1000", "1/100", "1/20", "1/10", "1/5", "1/4", "1/2", "3/4", "9/10", "99/100"):
        values = []
        for rule in (COARSE, FINE):
            with mp.workdps(rule.dps):
                values.append(donoho_tanner(number(rho), rule))
        threshold("lasso_sparse", "exact_recovery", {"rho": rho}, *values)


if __name__ == "__main__":
    run()
    write("sparse")
