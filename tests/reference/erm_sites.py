"""Sites of an l2 penalty lam/2 w^2: input variance s and teacher variance t at each site, by their averages.

w = (m_hat s t* + sqrt(q_hat s) xi)/(lam + s V_hat) with t* ~ N(0, t), so that with D = lam + s V_hat

    V = E s/D,  m = m_hat E s^2 t/D,  q = m_hat^2 E s^3 t/D^2 + q_hat E s^2/D^2,  E w^2 = m_hat^2 E s^2 t/D^2 + q_hat E s/D^2
"""

from erm_common import mp, mpf


class Moments:
    def __init__(self, V, M, A, B, W, X):
        self.V, self.M = V, M  # E s/D, E s^2 t/D
        self.A, self.B = A, B  # E s^3 t/D^2, E s^2/D^2
        self.W, self.X = W, X  # E s^2 t/D^2, E s/D^2


class Isotropic:
    """s = 1, t = rho."""

    def __init__(self, lam, rho):
        self.lam, self.rho, self.hidden = lam, rho, mpf(0)

    def moments(self, Vh, rule=None):
        V, rho = 1 / (self.lam + Vh), self.rho
        return Moments(V, rho * V, rho * V * V, V * V, rho * V * V, V * V)


class Blocks:
    """A list of (weight, s, t)."""

    def __init__(self, lam, blocks):
        self.lam, self.blocks, self.hidden = lam, blocks, mpf(0)
        self.rho = sum(w * s * t for w, s, t in blocks)

    def moments(self, Vh, rule=None):
        rows = [(w, s, t, self.lam + s * Vh) for w, s, t in self.blocks]

        def mean(f):
            return sum(w * f(s, t, D) for w, s, t, D in rows)

        return Moments(
            mean(lambda s, t, D: s / D),
            mean(lambda s, t, D: s**2 * t / D),
            mean(lambda s, t, D: s**3 * t / D**2),
            mean(lambda s, t, D: s**2 / D**2),
            mean(lambda s, t, D: s**2 * t / D**2),
            mean(lambda s, t, D: s / D**2),
        )


class PowerLaw:
    """x uniform on (0, 1), s = x^a, t = x^(b - a): powers of x over D, by 2F1 or by quadrature in -log x."""

    def __init__(self, lam, a, b, closed=True):
        self.lam, self.a, self.b, self.closed = lam, a, b, closed
        self.rho, self.hidden = 1 / (b + 1), mpf(0)

    def moments(self, Vh, rule):
        a, b = self.a, self.b
        one, two = (
            (self.closed1, self.closed2)
            if self.closed
            else (lambda *v: self.plain(*v, 1, rule), lambda *v: self.plain(*v, 2, rule))
        )
        return Moments(one(a, Vh), one(a + b, Vh), two(2 * a + b, Vh), two(2 * a, Vh), two(a + b, Vh), two(a, Vh))

    def closed1(self, c, Vh):
        k = (c + 1) / self.a
        return mp.hyp2f1(1, k, k + 1, -Vh / self.lam) / (self.lam * (c + 1))

    def closed2(self, c, Vh):
        k = (c + 1) / self.a
        return mp.hyp2f1(2, k, k + 1, -Vh / self.lam) / (self.lam**2 * (c + 1))

    def plain(self, c, Vh, power, rule):
        """int_0^1 x^c/(lam + Vh x^a)^power dx in t = -log x."""
        top = mp.log(10) * (rule.dps + 12) / (c + 1) + 3 * abs(mp.log(self.lam)) / self.a + 10

        def body(t):
            return (mp.exp(-(c + 1) * t) / (self.lam + Vh * mp.exp(-self.a * t)) ** power,)

        panels = int(top * max(1, self.a, (c + 1) / 4)) + 1
        return sum(rule.integrate(body, top * k / panels, top * (k + 1) / panels)[0] for k in range(panels))


class Features:
    """Eigenmodes of p random features of d inputs, psi = p/d: s = k1^2 u + ks^2 with u from the spectrum of F F^T/d.

    The unit teacher field has the regression sqrt(psi u) k1/s on the mode: t = k1^2 psi u/s^2; the rest of it is `hidden`.
    """

    def __init__(self, lam, psi, activation):
        self.lam, self.psi, self.activation = lam, psi, activation
        self.k1, self.ks2 = kappas(activation)
        self.nodes = None

    def prepare(self, rule):
        if self.nodes is not None and self.nodes[0] == (rule.dps, rule.n):
            return
        psi, root = self.psi, mp.sqrt(self.psi)
        # u = 1 + psi - 2 sqrt(psi) cos(theta): panels refined towards theta = 0, where u is smallest
        scale = mp.sqrt(((1 - root) ** 2 + mpf(10) ** -8) / root)
        kinks = [(mpf(0), min(scale, mpf(1)))]
        edges = rule.edges(mpf(0), mp.pi, kinks)
        rows = []
        for a, b in zip(edges, edges[1:]):
            for x, w in rule.nodes:
                theta = (a + b) / 2 + (b - a) / 2 * x
                if psi == 1:
                    u = 4 * mp.sin(theta / 2) ** 2
                    weight = 2 / mp.pi * mp.cos(theta / 2) ** 2
                else:
                    u = 1 + psi - 2 * root * mp.cos(theta)
                    weight = 2 * mp.sin(theta) ** 2 / (mp.pi * u)
                rows.append((u, weight * w * (b - a) / 2))
        if psi > 1:
            rows.append((mpf(0), 1 - 1 / psi))
        self.nodes = ((rule.dps, rule.n), rows)
        self.mass = sum(w for _, w in rows)
        table = [(w, self.k1**2 * u + self.ks2, self.k1**2 * psi * u) for u, w in rows]
        self.table = [(w, s, e / s**2) for w, s, e in table]
        self.rho = sum(w * s * t for w, s, t in self.table)
        self.hidden = 1 - self.rho

    def moments(self, Vh, rule):
        self.prepare(rule)
        out = [mpf(0)] * 6
        for w, s, t in self.table:
            r = w * s / (self.lam + s * Vh)
            r2 = r / (self.lam + s * Vh)
            for k, v in enumerate((r, r * s * t, r2 * s * s * t, r2 * s, r2 * s * t, r2)):
                out[k] += v
        return Moments(*out)


def kappas(activation):
    """E x f(x) and E f^2 - (E f)^2 - (E x f)^2 for a standard Gaussian x."""
    if activation == "relu":
        return mpf(1) / 2, mpf(1) / 4 - 1 / (2 * mp.pi)
    if activation == "erf":
        k1 = 2 / mp.sqrt(3 * mp.pi)
        return k1, 2 / mp.pi * mp.asin(mpf(2) / 3) - k1**2
    digits = mp.log(10) * (mp.dps + 3)  # tanh: poles at i pi/2
    h = mpf("0.9") * mp.pi**2 / digits
    n = int(mp.sqrt(2 * digits) / h) + 1
    first = second = mpf(0)
    for k in range(-n, n + 1):
        weight, value = mp.exp(-((k * h) ** 2) / 2) * h / mp.sqrt(2 * mp.pi), mp.tanh(k * h)
        first += weight * (1 - value**2)
        second += weight * value**2
    return first, second - first**2
