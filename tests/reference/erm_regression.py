"""Robust and quantile regression with an l2 penalty, y = w*.x/sqrt(N) + noise, w* ~ N(0, 1).

The losses have g = clip(e/(A + V), lo, hi) with e = y - w - b: Huber A = 1, lo, hi = -delta, delta; |y - h| A = 0, -1, 1; the
pinball loss tau r_+ + (1 - tau) r_- A = 0, tau - 1, tau. e is Gaussian (a mixture over the noise) of variance S = (1 - m)^2 + s2 + Delta.

    V_hat = m_hat = alpha P(lo < g < hi)/(A + V), q_hat = alpha E g^2, E g = 0 for a bias
    V = 1/(lam + V_hat), m = m_hat V, s2 = V^2 q_hat, q = m^2 + s2

The coarse numbers integrate over e, the fine ones are closed in erf and the Gaussian density.
"""

from erm_common import COARSE, Phi, clipped, mp, mpf, phi, point, write


def excess(mean, sd, edge):
    """E (e - edge)_+ for e ~ N(mean, sd^2)."""
    a = (mean - edge) / sd
    return sd * (a * Phi(a) + phi(a))


class Regression:
    def __init__(self, alpha, lam, noises, A, lo, hi, biased=False):
        self.alpha, self.lam, self.noises = alpha, lam, noises
        self.A, self.lo, self.hi, self.biased = A, lo, hi, biased

    def loss(self, r):
        """The loss of a residual: minimal over h of the quadratic and its linear continuations."""
        A, lo, hi = self.A, self.lo, self.hi
        if r > A * hi:
            return hi * r - A * hi * hi / 2
        return lo * r - A * lo * lo / 2 if r < A * lo else (r * r / (2 * A) if A else mpf(0))

    def averages(self, mean, sd, V, rule):
        """E g, E g^2, -E g' = P(inside)/(A + V), E loss at the prox."""
        A, lo, hi, W = self.A, self.lo, self.hi, self.A + V
        if rule is COARSE:
            return self.by_pieces(mean, sd, V, rule)
        one, two, inside = clipped(mean, sd, lo * W, hi * W)
        up, down = (hi * W - mean) / sd, (mean - lo * W) / sd
        tails = hi * hi * Phi(-up), lo * lo * Phi(-down)
        # beyond hi W the loss at e - V hi is hi (e - hi W) + A hi^2/2
        cost = hi * excess(mean, sd, hi * W) - lo * excess(-mean, sd, -lo * W) + A * sum(tails) / 2
        cost += A / 2 * (two / W**2 - sum(tails))
        return one / W, two / W**2, inside / W, cost

    def by_pieces(self, mean, sd, V, rule):
        """The same by quadrature, on lo < g < hi and on the two sides."""
        W = self.A + V

        def inner(t):
            g = (mean + sd * t) / W
            return [phi(t) * v for v in (g, g * g, 1 / W, self.A * g * g / 2)]

        def outer(t, g):
            return [phi(t) * v for v in (g, g * g, mpf(0), self.loss(mean + sd * t - V * g))]

        a, b = (self.lo * W - mean) / sd, (self.hi * W - mean) / sd
        out = (
            rule.integrate(inner, max(a, -rule.cut), min(b, rule.cut))
            if a < rule.cut and b > -rule.cut
            else [mpf(0)] * 4
        )
        for sign, edge, g in ((1, b, self.hi), (-1, -a, self.lo)):
            scale = max(edge, mpf(1))  # the tail falls like exp(-edge x)
            end = rule.cut + max(-edge, mpf(0)) if edge < 1 else rule.cut * mpf("3.2")
            tail = rule.integrate(lambda x: [v / scale for v in outer(sign * (edge + x / scale), g)], 0, end)
            out = [p + r for p, r in zip(out, tail)]
        return out

    def fresh(self, mean, sd, rule):
        """E loss of a fresh residual."""
        return (
            self.averages(mean, sd, mpf(0), rule)[3]
            if self.A
            else self.hi * excess(mean, sd, 0) - self.lo * excess(-mean, sd, 0)
        )

    def channel(self, x, rule):
        V, m, s2 = (mp.exp(v) for v in x[:3])
        b = x[3] if self.biased else mpf(0)
        out = [mpf(0)] * 5
        for weight, Delta in self.noises:
            sd = mp.sqrt((1 - m) ** 2 + s2 + Delta)
            values = self.averages(-b, sd, V, rule)
            for k, v in enumerate((*values, self.fresh(-b, sd, rule))):
                out[k] += weight * v
        return V, m, s2, b, out

    def residual(self, x, rule):
        V, m, s2, b, (g, gg, dg, *_) = self.channel(x, rule)
        Vn = 1 / (self.lam + self.alpha * dg)
        out = [x[0] - mp.log(Vn), x[1] - mp.log(self.alpha * dg * Vn), x[2] - mp.log(Vn * Vn * self.alpha * gg)]
        return [*out, -V * g] if self.biased else out

    def results(self, x, rule):
        V, m, s2, b, (g, gg, dg, cost, fresh) = self.channel(x, rule)
        q, Vh, qh = m * m + s2, self.alpha * dg, self.alpha * gg
        f = (q * Vh - V * qh) / 2 - m * Vh + (Vh * Vh + qh) / (self.lam + Vh) / 2 - self.alpha * (cost + V * gg / 2)
        out = {"training_loss": cost, "test_loss": fresh, "estimation_error": (1 - m) ** 2 + s2}
        return {
            "order_parameters": {"q": q, "V": V, "m": m, **({"b": b} if self.biased else {})},
            "hats": {"q_hat": qh, "V_hat": Vh, "m_hat": Vh},
            "free_entropy": f,
            "observables": out,
            "check": [(f, -self.alpha * cost - self.lam * q / 2)],
        }


def build(name, p):
    one, zero = mpf(1), mpf(0)
    if name == "huber_contaminated":
        noises = [(1 - p["eps"], p["Delta"]), (p["eps"], p["Delta_out"])]
        return Regression(p["alpha"], p["lam"], noises, one, -p["delta"], p["delta"])
    noises = [(one, p["Delta"])]
    if name == "lad":
        return Regression(p["alpha"], p["lam"], noises, zero, -one, one)
    return Regression(p["alpha"], p["lam"], noises, zero, p["tau"] - 1, p["tau"], name == "quantile_bias")


HUBER = ("alpha", "lam", "Delta", "eps", "Delta_out", "delta")
GRID = {
    "huber_contaminated": [
        dict(zip(HUBER, row))
        for row in [
            ("2", "1/10", "1/10", "1/10", "10", "1"),
            ("1", "1/1000000", "1/10", "1/5", "5", "1"),
            ("1/20", "1/100", "1/4", "1/10", "100", "1"),
            ("100", "1/1000000", "1", "3/10", "25", "1/2"),
            ("3", "1000", "1/10", "1/10", "10", "2"),
            ("10", "1/100", "1", "1/20", "1000", "1345/1000"),
            ("2", "1/10", "1", "0", "1", "1/10"),
        ]
    ],
    "lad": [
        dict(zip(("alpha", "lam", "Delta"), row))
        for row in [
            ("2", "1/10", "1/10"),
            ("1/2", "1/1000000", "1/10"),
            ("1/20", "1/100", "1/4"),
            ("100", "1/1000000", "1"),
            ("3", "1000", "1/10"),
            ("5", "1/1000000", "1"),
        ]
    ],
    "quantile": [
        dict(zip(("alpha", "lam", "Delta", "tau"), row))
        for row in [
            ("2", "1/10", "1/10", "1/4"),
            ("1/2", "1/1000000", "1/10", "1/10"),
            ("1/20", "1/100", "1/4", "9/10"),
            ("100", "1/1000000", "1", "3/4"),
            ("3", "1000", "1/10", "1/10"),
            ("5", "1/1000", "1", "1/2"),
        ]
    ],
    "quantile_bias": [
        dict(zip(("alpha", "lam", "Delta", "tau"), row))
        for row in [
            ("2", "1/10", "1/10", "1/4"),
            ("5", "1/1000000", "1", "9/10"),
            ("1/20", "1", "1/4", "3/4"),
            ("100", "1/1000000", "1", "99/100"),
            ("3", "1000", "1/10", "1/10"),
            ("3/2", "1/100", "1/4", "3/4"),
        ]
    ],
}


def run():
    easy = {"alpha": mpf(1), "lam": mpf(1)}
    for name, rows in GRID.items():
        for strings in rows:
            start = ["-0.7", "-1", "-1"] + (["0"] if name == "quantile_bias" else [])
            point(name, lambda p: build(name, p), strings, easy, start)


if __name__ == "__main__":
    run()
    write("regression")
