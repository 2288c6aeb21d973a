"""Reference values by mpmath: closed forms with enough guard digits that cancellation does not matter."""

from __future__ import annotations

import mpmath as mp

INF = mp.inf


def normal_cdf(x):
    """Phi(x) with full relative accuracy in the lower tail."""
    x = mp.mpf(x)
    return mp.erfc(-x / mp.sqrt(2)) / 2


def log_ndtr(x):
    """log Phi(x), relative."""
    x = mp.mpf(x)
    if x <= 0:
        return mp.log(normal_cdf(x))
    return mp.log1p(-normal_cdf(-x))


def log_ndtr_jet(c, dps=50):
    """Derivatives 0 to 4 of log Phi at c."""
    c = mp.mpf(c)
    with mp.workdps(dps + 20 + int(12 * mp.log10(2 + abs(c)))):
        r = mp.npdf(c) / normal_cdf(c)
        s = c + r
        f2 = -r * s
        f3 = -(f2 * s + r * (1 + f2))
        f4 = -(f3 * s + 2 * f2 * (1 + f2) + r * f3)
        return [log_ndtr(c), r, f2, f3, f4]


def tilted_jet(P, Q, a, b, dps=60, guard=300):
    """Derivatives 0 to 4 in Q of log int_a^b exp(-P h^2/2 + Q h) dh."""
    with mp.workdps(dps + guard):
        P, Q = mp.mpf(P), mp.mpf(Q)
        a, b = mp.mpf(a), mp.mpf(b)
        anchor = [x for x in (a, b) if mp.isfinite(x)]
        # Shift h = x0 + u to the heavier end.
        x0 = anchor[0] if anchor else Q / P
        if len(anchor) == 2 and Q - P * (a + b) / 2 > 0:
            x0 = b
        q = Q - P * x0
        a, b = a - x0, b - x0

        def weight(h):
            return mp.exp(-P * h * h / 2 + q * h) if mp.isfinite(h) else mp.mpf(0)

        wa, wb = weight(a), weight(b)
        if P > 0:
            root = mp.sqrt(P / 2)
            xa, xb = root * (a - q / P), root * (b - q / P)
            if xa + xb < 0:
                xa, xb = -xb, -xa
            z = (mp.erfc(xa) - mp.erfc(xb)) * mp.exp(q * q / (2 * P)) * mp.sqrt(mp.pi / (2 * P))
        elif P < 0:
            root = mp.sqrt(-P / 2)
            xa, xb = root * (a - q / P), root * (b - q / P)
            z = (mp.erfi(xb) - mp.erfi(xa)) * mp.exp(q * q / (2 * P)) * mp.sqrt(mp.pi / (-2 * P))
        elif q != 0:
            z = (wb - wa) / q
        else:
            z = b - a

        def boundary(n):
            upper = (b**n) * wb if mp.isfinite(b) else mp.mpf(0)
            lower = (a**n) * wa if mp.isfinite(a) else mp.mpf(0)
            return (upper - lower) / z

        m = [mp.mpf(1)]
        if P != 0:
            for n in range(4):
                m.append((q * m[n] + (n * m[n - 1] if n else 0) - boundary(n)) / P)
        elif q != 0:
            for n in range(1, 5):
                m.append((boundary(n) - n * m[n - 1]) / q)
        else:
            m += [(b ** (n + 1) - a ** (n + 1)) / ((n + 1) * z) for n in range(1, 5)]
        mean = m[1]
        var = m[2] - mean**2
        third = m[3] - 3 * mean * m[2] + 2 * mean**3
        fourth = m[4] - 4 * mean * m[3] + 6 * mean**2 * m[2] - 3 * mean**4 - 3 * var**2
        return [mp.log(z) + x0 * (Q - P * x0 / 2), x0 + mean, var, third, fourth]


def interval_jet(a, b, guard=300):
    """Derivatives 0 to 4 of log[Phi(b - c) - Phi(a - c)] at c = 0."""
    with mp.workdps(60 + guard):
        f = tilted_jet(1, 0, a, b, guard=guard)
        a, b = mp.mpf(a), mp.mpf(b)
        if a < 0 < b:
            f[0] = mp.log1p(-(normal_cdf(a) + normal_cdf(-b)))
        else:
            f[0] = f[0] - mp.log(2 * mp.pi) / 2
        f[2] = f[2] - 1
        return f
