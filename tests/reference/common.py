"""Quadrature, scalar channels, priors and root finding for the reference numbers.

Everything here is textbook replica-symmetric theory written by hand on mpmath; nothing is imported from the engine.
Every number is computed with two quadratures of different node counts, and their agreement is stored with it.
"""

import functools
import json
from pathlib import Path

from mpmath import mp, mpf

mp.dps = 60  # for records; each computation sets its own precision
HERE = Path(__file__).resolve().parent


@functools.cache
def _legendre_at(n, prec):
    """Gauss-Legendre nodes and weights on [-1, 1] by Newton iteration at the given binary precision."""
    with mp.workprec(prec + 20):
        nodes = []
        for k in range(n):
            x = mp.cos(mp.pi * (k + mpf(3) / 4) / (n + mpf(1) / 2))
            for _ in range(100):
                p0, p1 = mpf(1), x
                for j in range(2, n + 1):
                    p0, p1 = p1, ((2 * j - 1) * x * p1 - (j - 1) * p0) / j
                dp = n * (x * p1 - p0) / (x * x - 1)
                step = p1 / dp
                x -= step
                if abs(step) < mpf(2) ** (-prec - 5):
                    break
            nodes.append((x, 2 / ((1 - x * x) * dp * dp)))
        return nodes


class Rule:
    """Composite Gauss-Legendre rule: `dps` working digits and `n` nodes in each panel."""

    def __init__(self, dps, n, width="1.5"):
        self.dps, self.n, self.width = dps, n, mpf(width)
        with mp.workdps(dps):
            self.cut = mp.sqrt(2 * mp.log(10) * (dps + 3))
            self.nodes = _legendre_at(n, mp.prec)

    def edges(self, lo, hi, kinks):
        """Panel edges on [lo, hi]: geometric refinement around each (centre, scale) of `kinks`, width-limited elsewhere."""
        marks = {lo, hi}
        for centre, scale in kinks:
            step, left, right = scale, centre, centre
            if lo < centre < hi:
                marks.add(centre)
            while step < self.width:
                left, right = left - step, right + step
                marks.update(x for x in (left, right) if lo < x < hi)
                step *= 2
        marks = sorted(marks)
        out = [marks[0]]
        for right in marks[1:]:
            pieces = int(mp.ceil((right - out[-1]) / self.width))
            left = out[-1]
            out.extend(left + (right - left) * k / pieces for k in range(1, pieces + 1))
        return out

    def integrate(self, f, lo, hi, kinks=()):
        edges = self.edges(mpf(lo), mpf(hi), kinks)
        total = None
        for a, b in zip(edges, edges[1:]):
            half, mid = (b - a) / 2, (a + b) / 2
            if half == 0:
                continue
            for x, w in self.nodes:
                value = f(mid + half * x)
                if total is None:
                    total = [mpf(0)] * len(value)
                for k, v in enumerate(value):
                    total[k] += half * w * v
        return total

    def gauss(self, f, kinks=()):
        """E f(t), t ~ N(0, 1), f returning a tuple."""
        norm = 1 / mp.sqrt(2 * mp.pi)

        def body(t):
            weight = norm * mp.exp(-t * t / 2)
            return [weight * v for v in f(t)]

        return self.integrate(body, -self.cut, self.cut, kinks)


def phi(x):
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def Phi(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


def H(x):
    return mp.erfc(x / mp.sqrt(2)) / 2


def log_cosh(x):
    x = abs(x)
    return x + mp.log1p(mp.exp(-2 * x)) - mp.log(2)


# ---------------------------------------------------------------- priors: (psi, overlap) at conjugate q_hat, Bayes-optimal
class Binary:
    """w = +-1, normalised. psi = E log cosh(x) - q_hat/2, overlap = E tanh(x), x ~ N(q_hat, q_hat)."""

    r = 1
    perfect = True

    def __call__(self, qh, rule):
        if qh == 0:
            return mpf(0), mpf(0)
        s = mp.sqrt(qh)
        kinks = [(-s, 1 / s)]
        psi, miss = rule.gauss(lambda t: (log_cosh(qh + s * t), 2 / (1 + mp.exp(2 * (qh + s * t)))), kinks)
        return psi - qh / 2, 1 - miss


class Gauss:
    """w ~ N(0, 1); at the saddle point the same as the uniform sphere."""

    r = 1
    perfect = False

    def __call__(self, qh, rule):
        return (qh - mp.log1p(qh)) / 2, qh / (1 + qh)


class GaussBernoulli:
    """w ~ (1 - rho) delta(0) + rho N(0, 1)."""

    perfect = False

    def __init__(self, rho):
        self.rho = self.r = mpf(rho)

    def __call__(self, qh, rule):
        rho, psi, q = self.rho, mpf(0), mpf(0)
        for weight, var in ((1 - rho, qh), (rho, qh + qh * qh)):
            if weight == 0:
                continue
            s = mp.sqrt(var)

            def body(t):
                b = s * t
                slab = mp.log(rho) - mp.log1p(qh) / 2 + b * b / (2 * (1 + qh))
                if rho == 1:
                    return slab, (b / (1 + qh)) ** 2
                top = max(slab, mp.log(1 - rho))
                log_z = top + mp.log(mp.exp(slab - top) + (1 - rho) * mp.exp(-top))
                mean = mp.exp(slab - log_z) * b / (1 + qh)
                return log_z, mean * mean

            unit = mp.sqrt(1 + qh) / s  # spike and slab exchange weight near b^2 = 2 (1 + qh) L
            kinks = [(mpf(0), min(mpf(1), unit) / 2)]
            if rho < 1:
                z = mp.sqrt(2 * (mp.log((1 - rho) / rho) + mp.log1p(qh) / 2 + 1j * mp.pi))
                kinks += [(sign * z.real * unit, min(mpf(1), z.imag * unit)) for sign in (1, -1)]
            a, c = rule.gauss(body, kinks)
            psi += weight * a
            q += weight * c
        return psi, q


# ------------------------------- Bayes channels: (psi, gain) at overlap q with r - q = V; q_hat = alpha * gain = 2 alpha dpsi/dq
class Sign:
    even = False

    def __init__(self, Delta=0):
        self.Delta = mpf(Delta)

    def __call__(self, q, V, rule):
        W = V + self.Delta
        c = mp.sqrt(q / W)

        def body(t):
            p = Phi(c * t)
            return p * mp.log(p), phi(c * t) ** 2 / p

        kinks = [(mpf(0), 1 / c)] if c > 0 else []
        psi, gain = rule.gauss(body, kinks)
        return 2 * psi, 2 * gain / W


class Linear:
    even = False

    def __init__(self, Delta):
        self.Delta = mpf(Delta)

    def __call__(self, q, V, rule):
        return -mp.log(2 * mp.pi * (self.Delta + V)) / 2 - mpf(1) / 2, 1 / (self.Delta + V)


class Door:
    even = True

    def __init__(self, K):
        self.K = K

    def inside(self, w, V):
        """P(|h| <= K), P(|h| > K) and the derivative of the first in the mean w, h ~ N(w, V)."""
        s = mp.sqrt(V)
        a, b = (self.K - w) / s, (self.K + w) / s
        out = H(a) + H(b)
        if out < mpf("0.5"):
            p = 1 - out
        elif w > 0:
            p = H(-a) - H(b)
        else:
            p = H(-b) - H(a)
        return p, out, (phi(b) - phi(a)) / s

    def kinks(self, q, V):
        if q == 0:
            return []
        s, width = mp.sqrt(q), mp.sqrt(V / q)
        return [(self.K / s, width), (-self.K / s, width), (mpf(0), min(width, V / (self.K * s)))]

    def __call__(self, q, V, rule):
        s = mp.sqrt(q)

        def body(t):
            p, out, d = self.inside(s * t, V)
            return p * mp.log(p) + (out * mp.log(out) if out > 0 else 0), d * d / (p * out) if out > 0 else mpf(0)

        return rule.gauss(body, self.kinks(q, V))

    def error_mse(self, q, V, rule):
        s = mp.sqrt(q)

        def body(t):
            p, out, _ = self.inside(s * t, V)
            return (4 * p * out,)

        return rule.gauss(body, self.kinks(q, V))[0]


class Relu:
    even = False

    def __call__(self, q, V, rule):
        c = mp.sqrt(q / V)

        def body(t):
            p = Phi(c * t)
            return p * mp.log(p), phi(c * t) ** 2 / p

        psi, gain = rule.gauss(body, [(mpf(0), 1 / c)] if c > 0 else [])
        return psi - mp.log(2 * mp.pi * V) / 4 - mpf(1) / 4, (gain + mpf(1) / 2) / V

    def error_mse(self, q, V, rule):
        s, v = mp.sqrt(q), mp.sqrt(V)

        def body(t):
            w = s * t
            return ((w * Phi(w / v) + v * phi(w / v)) ** 2,)

        kinks = [(mpf(0), v / s)] if q > 0 else []
        return mpf(1) / 2 - rule.gauss(body, kinks)[0]


class PhaseRetrieval:
    """y = |z| without noise. With u = z*w/V (z the field, w its mean) every average is one integral with a Bessel function.

    psi = -log(2 pi V)/2 - (1 + q)/(2V) + E log 2cosh(u),  gain = (E[z^2 tanh u] - q)/V^2.
    """

    even = True

    def averages(self, q, V, rule):
        """E log 2cosh(u) and E z^2 tanh(u), with u = exp(x - exp(-x)) and the trapezoidal rule in x."""
        root = mp.sqrt(q)
        decay = 1 / root - 1
        top = mp.log(3 * rule.dps / decay + 10)
        h = mpf(3) / rule.n
        x = -mp.log(mp.log(10) * rule.dps) - mpf("0.3")
        a = b = mpf(0)
        while x < top:
            u = mp.exp(x - mp.exp(-x))
            jac = u * (1 + mp.exp(-x))
            e = mp.exp(-2 * u)
            grow = mp.exp(u) / 2
            a += jac * mp.besselk(0, u / root) * grow * (1 + e) * (u + mp.log1p(e))
            b += jac * mp.besselk(1, u / root) * u * grow * (1 - e) ** 2 / (1 + e)
            x += h
        front = 2 * mp.sqrt(V) / (mp.pi * root) * h
        return front * a, front * b * V / root

    def __call__(self, q, V, rule):
        if q == 0:
            return mp.log(2) - mp.log(2 * mp.pi) / 2 - mpf(1) / 2, mpf(0)
        a, b = self.averages(q, V, rule)
        return -mp.log(2 * mp.pi * V) / 2 - (1 + q) / (2 * V) + a, (b - q) / V**2

    def error_mse(self, q, V, rule):
        s, v = mp.sqrt(q), mp.sqrt(V)

        def body(t):
            w = s * t
            return ((2 * v * phi(w / v) + w * mp.erf(w / (v * mp.sqrt(2)))) ** 2,)

        return 1 - rule.gauss(body, [(mpf(0), v / s)] if q > 0 else [])[0]


class Logistic:
    """P(y | z) = 1/(1 + exp(-y z)); both averages by the trapezoidal rule (analytic integrands)."""

    even = False

    def grid(self, rule):
        h = 9 / mpf(rule.n)
        n = int(rule.cut / h)
        norm = h / mp.sqrt(2 * mp.pi)
        return [(k * h, norm * mp.exp(-((k * h) ** 2) / 2)) for k in range(-n, n + 1)]

    def label(self, w, V, grid):
        """P(y = 1), P(y = -1) and d P(y = 1)/dw for a field of mean w and variance V."""
        v = mp.sqrt(V)
        up = down = slope = mpf(0)
        for s, weight in grid:
            e = mp.exp(-(w + v * s))
            p = 1 / (1 + e)
            up += weight * p
            down += weight * p * e
            slope += weight * p * p * e
        return up, down, slope

    def average(self, q, V, rule, f):
        grid, s = self.grid(rule), mp.sqrt(q)
        total = None
        for t, weight in grid:
            if t < 0:
                continue  # every f used here is even
            v = f(s * t, *self.label(s * t, V, grid))
            scale = weight if t == 0 else 2 * weight
            total = [scale * x for x in v] if total is None else [a + scale * x for a, x in zip(total, v)]
        return total

    def __call__(self, q, V, rule):
        return tuple(
            self.average(
                q,
                V,
                rule,
                lambda w, up, down, d: (up * mp.log(up) + down * mp.log(down), d * d / (up * down)),
            )
        )

    def errors(self, q, V, rule):
        """error_bayes and error_gibbs; the first has a kink at w = 0, so it uses the panel rule on w > 0."""
        grid, s, v = self.grid(rule), mp.sqrt(q), mp.sqrt(V)
        (bayes,) = rule.integrate(
            lambda t: (2 * phi(t) * self.label(s * t, V, grid)[1],), 0, rule.cut, [(mpf(0), mpf(1))]
        )

        def body(t):
            up, down, _ = self.label(s * t, V, grid)
            return (2 * phi(t) * (up * H(s * t / v) + down * H(-s * t / v)),)

        (gibbs,) = rule.integrate(body, 0, rule.cut, [(mpf(0), min(mpf(1), v / s))])
        return bayes, gibbs


# ---------------------------------------------------------------- Bayes-optimal scalar problem
class Bayes:
    def __init__(self, prior, channel):
        self.prior, self.channel, self.r = prior, channel, mpf(prior.r)

    def update(self, alpha, q, rule):
        _, gain = self.channel(q, self.r - q, rule)
        return self.prior(alpha * gain, rule)[1]

    def alpha_of(self, qh, rule):
        """The value of alpha at which q_hat = qh is a fixed point."""
        q = self.prior(qh, rule)[1]
        return qh / self.channel(q, self.r - q, rule)[1]

    def free_entropy(self, alpha, q, qh, rule):
        return -q * qh / 2 + self.prior(qh, rule)[0] + alpha * self.channel(q, self.r - q, rule)[0]

    def along(self, qh, rule):
        """(alpha, q, free entropy) on the curve of fixed points at q_hat = qh."""
        psi, q = self.prior(qh, rule)
        psi_y, gain = self.channel(q, self.r - q, rule)
        alpha = qh / gain
        return alpha, q, -q * qh / 2 + psi + alpha * psi_y


SCAN = Rule(25, 12, "2")


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def scan(f, lo, hi, steps):
    """All sign changes of f on a grid: list of (left, right, sign of f at the left)."""
    out, last, x0 = [], None, None
    for k in range(steps + 1):
        x = mpf(lo) + (mpf(hi) - lo) * k / steps
        v = f(x)
        if last is not None and v * last < 0:
            out.append((x0, x, 1 if last > 0 else -1))
        last, x0 = v, x
    return out


def secant(f, x, h, tol, maxsteps=40):
    """Secant root of f from x and x + h until two steps in a row are below tol (relative)."""
    x0, x1 = x, x + h
    f0, f1 = f(x0), f(x1)
    for _ in range(maxsteps):
        if f1 == f0 or f1 == 0:
            return x1
        x2 = x1 - f1 * (x1 - x0) / (f1 - f0)
        if abs(x2 - x1) <= tol * max(abs(x2), mpf(1) / 10**6):
            return x2
        x0, f0, x1, f1 = x1, f1, x2, f(x2)
    raise RuntimeError(f"secant did not converge: {x0} {x1}")


def agreement(a, b):
    """Number of digits on which a and b agree."""
    if a == b:
        return 99
    d = abs(a - b)
    s = max(abs(a), abs(b))
    return int(mp.floor(-mp.log10(d / s))) if s < 1 or s > 0 else 0


def text(x, digits):
    return mp.nstr(mpf(x), digits, strip_zeros=False, min_fixed=-6, max_fixed=6)


def record(values, fine, digits=25, **extra):
    """A JSON point from two nested dicts of numbers computed with two rules; keeps the finer and the worst agreement."""
    out, worst = {}, 99

    def walk(a, b, where):
        nonlocal worst
        for k in b:
            if isinstance(b[k], dict):
                where[k] = {}
                walk(a[k], b[k], where[k])
            else:
                worst = min(worst, agreement(mpf(a[k]), mpf(b[k])))
                where[k] = text(b[k], digits)

    walk(values, fine, out)
    return {**extra, **out, "agreement_digits": min(worst, 99)}


def save(name, data):
    (HERE / "parts").mkdir(exist_ok=True)
    (HERE / "parts" / f"{name}.json").write_text(json.dumps(data, indent=1) + "\n")
