"""Classifiers with an l2 penalty on labels of a teacher: logistic, sign, probit labels; logistic, hinge, square, hard-margin loss.

State (log V, log m, log s2) with q = m^2/rho + s2. With u = y*w, density 2 N(u; 0, q) Z(u), Z(u) = P(y = 1 | w = u):

    V_hat = -alpha E g', q_hat = alpha E g^2, m_hat = 2 alpha int N(u; 0, q) g(u) dZ/da,   g(u) = (prox(u) - u)/V

and the site averages of erm_sites.py. random_features_logistic has the same channel: the part of the teacher that the features do
not see is label noise of variance `hidden`.
"""

import copy

from erm_common import (
    COARSE,
    FINE,
    ROUGH,
    Phi,
    mp,
    mpf,
    newton,
    number,
    phi,
    point,
    prox_logistic,
    softplus,
    threshold,
    total,
    trapezoid,
    write,
)
from erm_sites import Features, Isotropic


# ------------------------------------------------------------------------------- labels: Z(u) and dZ/da with a = m u/q
class Probit:
    """y = sign(z + sqrt(Delta) eta)."""

    def __init__(self, rho, Delta=0):
        self.rho, self.Delta = rho, Delta

    def at(self, q, m, s2, rule):
        root = mp.sqrt(self.rho * s2 / q + self.Delta)
        k = m / q / root
        self.slope = k * mp.sqrt(q)
        return lambda u: (Phi(k * u), phi(k * u) / root)

    def errors(self, q, m, s2, rule):
        rho, out = self.rho, {}
        out["error_label"] = mp.atan2(mp.sqrt(rho * s2 + self.Delta * q), m) / mp.pi
        return out


class Logit:
    """P(y | z) = 1/(1 + exp(-y z))."""

    def __init__(self, rho):
        self.rho, self.slope = rho, 0

    def at(self, q, m, s2, rule):
        s = mp.sqrt(self.rho * s2 / q)
        nodes = [(mp.exp(-s * t), weight) for t, weight in trapezoid(rule, mp.pi / s)]

        def label(u):
            e = mp.exp(-abs(m * u / q))
            z = d = mpf(0)
            for factor, weight in nodes:
                p = 1 / (1 + e * factor)
                z += weight * p
                d += weight * p * p * factor
            return (z if u * m >= 0 else 1 - z), d * e

        return label

    def errors(self, q, m, s2, rule):
        """P(sign h != y) = 2 E sigmoid(z) Phi(-m z/sqrt(rho (rho q - m^2)))."""
        s = mp.sqrt(self.rho)
        c = m / mp.sqrt(self.rho * s2)
        nodes = trapezoid(rule, mp.pi / s, c)
        (out,) = total(nodes, lambda t: (2 * Phi(-c * t) / (1 + mp.exp(-s * t)),))
        return {"error_label": out}


# ------------------------------------------------------------------------------- losses: u -> (g, -g', loss at the prox)
class Logistic:
    smooth = True

    def __init__(self, V):
        self.V, self.zero = V, -V / 2  # the prox changes sign at u = zero

    def __call__(self, u):
        h, s = prox_logistic(u, self.V)
        curvature = s * (1 - s)
        return s, curvature / (1 + self.V * curvature), softplus(-h)


class Square:
    smooth = True

    def __init__(self, V):
        self.V, self.zero = V, -V

    def __call__(self, u):
        g = (1 - u) / (1 + self.V)
        return g, 1 / (1 + self.V), g * g / 2


class Hinge:
    smooth = False

    def __init__(self, V):
        self.V, self.zero = V, -V
        self.edges = (1 - V, mpf(1))

    def __call__(self, u):
        V = self.V
        if u > 1:
            return mpf(0), mpf(0), mpf(0)
        if u > 1 - V:
            return (1 - u) / V, 1 / V, mpf(0)
        return mpf(1), mpf(0), 1 - u - V


class Margin:
    smooth = False

    def __init__(self, V):
        self.V, self.zero, self.edges = V, None, (mpf(1),)

    def __call__(self, u):
        return (mpf(0),) * 3 if u > 1 else ((1 - u) / self.V, 1 / self.V, mpf(0))


# ------------------------------------------------------------------------------------------------------------ the model
class Classifier:
    def __init__(self, alpha, sites, label, loss):
        self.alpha, self.sites, self.label, self.loss = alpha, sites, label, loss

    def channel(self, V, m, s2, rule):
        """E of g^2, -g', loss, Moreau envelope, and E[dZ/da g]."""
        rho = self.label.rho
        q = m * m / rho + s2
        root, label, loss = mp.sqrt(q), self.label.at(q, m, s2, rule), self.loss(V)

        def body(t):
            u = root * t
            g, dg, cost = loss(u)
            z, d = label(u)
            return 2 * z * g * g, 2 * z * dg, 2 * z * cost, 2 * z * (cost + V * g * g / 2), 2 * d * g

        if loss.smooth:
            values = total(trapezoid(rule, mp.pi / root, self.label.slope), body)
        else:
            values = rule.gauss(body, self.kinks(loss.edges, root, rule))
        return q, values

    def kinks(self, edges, root, rule):
        slope = self.label.slope
        return [(e / root, rule.width) for e in edges] + [(mpf(0), min(1 / slope if slope else rule.width, rule.width))]

    def update(self, x, rule):
        V, m, s2 = (mp.exp(v) for v in x)
        q, (gg, dg, cost, envelope, cross) = self.channel(V, m, s2, rule)
        hats = self.alpha * dg, self.alpha * gg, self.alpha * cross
        return V, m, s2, q, cost, envelope, hats

    def residual(self, x, rule):
        *_, (Vh, qh, mh) = self.update(x, rule)
        M = self.sites.moments(Vh, rule)
        s2 = mh**2 * (M.A - M.M**2 / self.label.rho) + qh * M.B
        return [x[0] - mp.log(M.V), x[1] - mp.log(mh * M.M), x[2] - mp.log(s2)]

    def results(self, x, rule):
        V, m, s2, q, cost, envelope, (Vh, qh, mh) = self.update(x, rule)
        rho, M = self.label.rho, self.sites.moments(Vh, rule)
        f = (q * Vh - V * qh) / 2 - m * mh + (mh**2 * M.M + qh * M.V) / 2 - self.alpha * envelope
        primal = -self.alpha * cost - self.sites.lam * (mh**2 * M.W + qh * M.X) / 2
        out = self.label.errors(q, m, s2, rule)
        if not self.sites.hidden:
            out["error_teacher"] = mp.atan2(mp.sqrt(rho * s2), m) / mp.pi
        if self.loss is not Margin:
            out |= {"training_loss": cost, "training_error": self.training_error(V, m, s2, q, rule)}
        return {
            "order_parameters": {"q": q, "V": V, "m": m},
            "hats": {"q_hat": qh, "V_hat": Vh, "m_hat": mh},
            "free_entropy": f,
            "observables": out,
            "check": [(f, primal)],
        }

    def training_error(self, V, m, s2, q, rule):
        root, label, zero = mp.sqrt(q), self.label.at(q, m, s2, rule), self.loss(V).zero
        top = min(zero / root, rule.cut)
        if top < -rule.cut:
            return mpf(0)
        return rule.integrate(lambda t: (2 * phi(t) * label(root * t)[0],), -rule.cut, top, self.kinks((), root, rule))[
            0
        ]


def models(p):
    """Model name -> builder from a dict of numbers."""
    rho = p.get("rho", mpf(1))
    sign = Probit(mpf(1), p.get("Delta", mpf(0)))

    def flat(lam, rho=1):
        return Isotropic(lam, mpf(rho))

    return {
        "logistic_logistic_teacher": lambda: Classifier(p["alpha"], flat(p["lam"], rho), Logit(rho), Logistic),
        "logistic_mle": lambda: Classifier(p["alpha"], flat(mpf(0), rho), Logit(rho), Logistic),
        "logistic_sign_teacher": lambda: Classifier(p["alpha"], flat(p["lam"]), sign, Logistic),
        "logistic_probit_teacher": lambda: Classifier(p["alpha"], flat(p["lam"]), sign, Logistic),
        "hinge_sign_teacher": lambda: Classifier(p["alpha"], flat(p["lam"]), sign, Hinge),
        "max_margin_sign_teacher": lambda: Classifier(p["alpha"], flat(mpf(1)), sign, Margin),
        "square_sign_teacher": lambda: Classifier(p["alpha"], flat(p["lam"]), sign, Square),
    }


def features(activation, tables):
    """Builder of random_features_logistic; `tables` keeps the spectra, which depend on psi and the working precision only."""

    def build(p):
        key = (p["psi"], mp.dps)
        if key not in tables:
            tables[key] = Features(mpf(0), p["psi"], activation)
            tables[key].prepare({20: ROUGH, 28: COARSE, 34: FINE}[mp.dps])
        sites = copy.copy(tables[key])
        sites.lam = p["lam"]
        return Classifier(p["alpha"], sites, Probit(sites.rho, sites.hidden), Logistic)

    return build


A_LAM = [("2", "1/10"), ("2", "1/1000000"), ("3", "1000"), ("1/20", "1/100"), ("100", "1/100"), ("1", "1")]
GRID = {
    "logistic_logistic_teacher": [
        {"alpha": a, "lam": l, "rho": r}
        for a, l, r in [
            *((a, l, "1") for a, l in A_LAM),
            ("5", "1/100", "5"),
            ("2", "1/10", "1/10"),
            ("1/20", "1/1000000", "1"),
        ]
    ],
    "logistic_mle": [
        {"alpha": a, "rho": r}
        for a, r in [("5", "5"), ("3", "1"), ("10", "4"), ("100", "1"), ("5/2", "1/10"), ("20", "25")]
    ],
    "logistic_sign_teacher": [{"alpha": a, "lam": l} for a, l in A_LAM],
    "logistic_probit_teacher": [
        {"alpha": a, "lam": l, "Delta": d}
        for (a, l), d in zip([*A_LAM, ("5", "1/1000000")], ["1/4", "1/2", "1", "1/4", "1/100", "1/4", "1"])
    ],
    "hinge_sign_teacher": [{"alpha": a, "lam": l} for a, l in [*A_LAM, ("100", "1/1000000")]],
    "max_margin_sign_teacher": [{"alpha": a} for a in ("1/20", "1/2", "1", "2", "5", "20", "100")],
    "square_sign_teacher": [{"alpha": a, "lam": l} for a, l in [*A_LAM, ("1", "1/1000000"), ("100", "1000")]],
}
FEATURES = [
    ("erf", "1", "1", "1/100"),
    ("erf", "2", "2", "1/1000000"),
    ("tanh", "1/2", "1/2", "1/10"),
    ("relu", "3", "1", "1/1000"),
    ("erf", "3", "1/4", "1000"),
    ("relu", "20", "3", "1/100"),
    ("erf", "1/20", "4", "1/100"),
]
EASY = {
    "logistic_mle": {"alpha": "6", "rho": "1"},
    "max_margin_sign_teacher": {"alpha": "1/2"},
}


def run():
    for name, rows in GRID.items():
        for strings in rows:
            easy = EASY.get(name, {"alpha": "1", "lam": "1"})
            point(
                name,
                lambda p: models(p)[name](),
                strings,
                {k: number(v) for k, v in easy.items()},
                ["-0.5", "-0.5", "-0.5"],
            )
    for activation, *row in FEATURES:
        strings = dict(zip(("alpha", "psi", "lam"), row))
        easy = {"alpha": mpf(1), "lam": mpf(1)}
        point(
            "random_features_logistic",
            features(activation, {}),
            strings,
            easy,
            ["-0.5", "-0.5", "-0.5"],
            activation=activation,
        )


# ------------------------------------------------------------------------------------------------------------ thresholds
def mle_threshold(label, rule, strip=None, slope=0):
    """Candes and Sur 2018 without intercept: p/n = min over t of E(t y x - Z)_+^2, and alpha = n/p.

    v = y x has the density 2 phi(v) label(v), and E(t v - Z)_+^2 = (1 + t^2 v^2) Phi(t v) + t v phi(t v).
    """

    def averages(t):
        def body(x):
            p, a = 2 * label(x), t * x
            return p * x * (a * Phi(a) + phi(a)), p * ((1 + a * a) * Phi(a) + a * phi(a))

        return total(trapezoid(rule, strip, mp.sqrt(slope**2 + t**2)), body)

    with mp.workdps(ROUGH.dps):
        lo, hi = mpf(0), mpf(-1)
        while averages(hi)[0] > 0:
            lo, hi = hi, 2 * hi
        for _ in range(12):
            mid = (lo + hi) / 2
            lo, hi = (mid, hi) if averages(mid)[0] > 0 else (lo, mid)
    (t,) = newton(lambda x: [averages(x[0])[0]], [(lo + hi) / 2], rule.dps * 2 // 3)
    return 1 / averages(t)[1]


def run_thresholds():
    for rho in ("1/100", "1/4", "1", "2", "5", "16", "100"):
        values = []
        for rule in (COARSE, FINE):
            with mp.workdps(rule.dps):
                gamma = mp.sqrt(number(rho))
                values.append(mle_threshold(lambda x: 1 / (1 + mp.exp(-gamma * x)), rule, strip=mp.pi / gamma))
        threshold("logistic_mle", "existence", {"rho": rho}, *values)
    threshold("logistic_mle", "existence", {"rho": "0"}, 2, 2)
    for Delta in ("1/100", "1/4", "1", "4"):
        values = []
        for rule in (COARSE, FINE):
            with mp.workdps(rule.dps):
                slope = 1 / mp.sqrt(number(Delta))
                values.append(mle_threshold(lambda x: Phi(slope * x), rule, slope=slope))
        threshold("probit_labels", "separability", {"Delta": Delta}, *values)


if __name__ == "__main__":
    run()
    run_thresholds()
    write("labels")
