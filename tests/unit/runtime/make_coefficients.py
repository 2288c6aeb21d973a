"""Write ``derive/runtime/_coefficients.py``: ``python tests/unit/runtime/make_coefficients.py``.

Three families of constants are computed by mpmath at 70 digits and rounded once to double:

* polynomials in t = (y - K)/(y + K), K = 3.5, y >= 0, for the hazard h(y) = phi(y)/Phi(-y) and the
  derivatives of log Phi at c = -y, each times the power of y + K that makes it regular at y = infinity:
  (y + K) (h - y), (y + K)^2 (1 + f''), (y + K)^3 f''', (y + K)^4 f'''';
* the quotient f''''(c)/(c - c0) on [c0 - 1/4, c0 + 1/4] around the only zero c0 of the fourth derivative;
* Gauss-Kronrod (10, 21) and Gauss-Legendre nodes and weights on [-1, 1].
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import mpmath as mp

K = mp.mpf("3.5")
TARGET = Path(__file__).resolve().parents[3] / "derive" / "runtime" / "_coefficients.py"


def hazard(y):
    """phi(y)/Phi(-y) without overflow or underflow for any real y >= -10."""
    if y > 30:
        return mp.sqrt(2) / mp.hyperu(mp.mpf(1) / 2, mp.mpf(1) / 2, y * y / 2)
    return mp.npdf(y) / (mp.erfc(y / mp.sqrt(2)) / 2)


def tail_functions(y):
    """(h - y, 1 + f'', f''', f'''') for f = log Phi at c = -y, with guard digits against the cancellation."""
    y = mp.mpf(y)
    with mp.workdps(mp.mp.dps + 10 + int(12 * mp.log10(2 + abs(y)))):
        r = hazard(y)
        s = r - y
        v = 1 - r * s
        g = s * s - v
        slope = 2 * s * v - r * s * s + r * v
        return s, v, r * g, r * (slope - s * g)


def chebyshev(function, n):
    """Chebyshev coefficients of degree < n by interpolation at the roots of T_n."""
    angles = [mp.pi * (k + mp.mpf(1) / 2) / n for k in range(n)]
    values = [function(mp.cos(a)) for a in angles]
    return [
        (1 if m == 0 else 2) * mp.fsum(v * mp.cos(m * a) for v, a in zip(values, angles, strict=True)) / n
        for m in range(n)
    ]


def monomials(cheb):
    """Powers of t from Chebyshev coefficients."""
    n = len(cheb)
    total = [mp.mpf(0)] * n
    previous, current = [mp.mpf(1)], [mp.mpf(0), mp.mpf(1)]
    for m, c in enumerate(cheb):
        basis = previous if m == 0 else current
        if m > 1:
            shifted = [mp.mpf(0)] + [2 * b for b in current]
            for i, p in enumerate(previous):
                shifted[i] -= p
            previous, current = current, shifted
            basis = current
        for i, b in enumerate(basis):
            total[i] += c * b
    return total


def fit(function, extra, keep):
    """Monomial coefficients of the Chebyshev series of ``function``, cut after ``keep`` terms."""
    return monomials(chebyshev(function, keep + extra)[:keep])


def tail_polynomials():
    """The four tail polynomials with 28, 32, 32 and 32 terms."""
    out = []
    for order, terms in ((0, 28), (1, 32), (2, 32), (3, 32)):

        def scaled(t, order=order):
            y = K * (1 + t) / (1 - t)
            return tail_functions(y)[order] * (y + K) ** (order + 1)

        out.append(fit(scaled, 24, terms))
    return out


def fourth_derivative_zero():
    """c0 and the polynomial of f''''(c)/(c - c0) in u = 4 (c - c0)."""
    c0 = mp.findroot(lambda c: tail_functions(-c)[3], 1)
    return c0, fit(lambda u: tail_functions(-(c0 + u / 4))[3] / (u / 4), 8, 16)


def legendre_values(n, x):
    """P_0 .. P_n at x."""
    p = [mp.mpf(1), mp.mpf(x)]
    for k in range(1, n):
        p.append(((2 * k + 1) * x * p[k] - k * p[k - 1]) / (k + 1))
    return p[: n + 1]


def gauss_legendre(n):
    """Nodes and weights of the n-point Gauss-Legendre rule on [-1, 1], ascending."""
    nodes, weights = [], []
    for k in range(n):
        guess = -mp.cos(mp.pi * (k + mp.mpf(3) / 4) / (n + mp.mpf(1) / 2))
        x = mp.findroot(lambda z: legendre_values(n, z)[n], (guess, guess * (1 - mp.mpf(10) ** -6)))
        p = legendre_values(n, x)
        slope = n * (x * p[n] - p[n - 1]) / (x * x - 1)
        nodes.append(x)
        weights.append(2 / ((1 - x * x) * slope**2))
    return nodes, weights


def kronrod(n):
    """Nodes, Kronrod weights and embedded Gauss weights (zero at the added nodes) of the (n, 2n + 1) pair."""
    gauss_x, gauss_w = gauss_legendre(n)
    fine_x, fine_w = gauss_legendre(2 * n + 4)
    table = [legendre_values(n + 1, x) for x in fine_x]
    # Stieltjes polynomial: E = P_{n+1} + sum_{j <= n} c_j P_j with int P_n E P_k = 0 for k <= n.
    matrix, rhs = mp.matrix(n + 1, n + 1), mp.matrix(n + 1, 1)
    for k in range(n + 1):
        for j in range(n + 2):
            value = mp.fsum(w * t[n] * t[j] * t[k] for w, t in zip(fine_w, table, strict=True))
            if j <= n:
                matrix[k, j] = value
            else:
                rhs[k] = -value
    coefficient = [*mp.lu_solve(matrix, rhs), mp.mpf(1)]

    def stieltjes(x):
        return mp.fsum(c * p for c, p in zip(coefficient, legendre_values(n + 1, x), strict=True))

    fences = [mp.mpf(-1), *gauss_x, mp.mpf(1)]
    added = [mp.findroot(stieltjes, pair, solver="bisect", maxsteps=300) for pair in pairwise(fences)]
    nodes = sorted([*gauss_x, *added])
    size = 2 * n + 1
    system, target = mp.matrix(size, size), mp.matrix(size, 1)
    for column, x in enumerate(nodes):
        for row, p in enumerate(legendre_values(size - 1, x)):
            system[row, column] = p
    target[0] = 2
    weights = list(mp.lu_solve(system, target))
    embedded = [mp.mpf(0)] * size
    for x, w in zip(gauss_x, gauss_w, strict=True):
        embedded[nodes.index(x)] = w
    return nodes, weights, embedded


def literal(name, values, note):
    """A tuple assignment with shortest round-trip doubles."""
    body = "".join(f"    {float(v)!r},\n" for v in values)
    return f"# {note}\n{name} = (\n{body})\n"


def main() -> int:
    """Write the module."""
    mp.mp.dps = 70
    tails = tail_polynomials()
    c0, near = fourth_derivative_zero()
    parts = ['"""Numerical constants of `derive.runtime`; written by tests/unit/runtime/make_coefficients.py."""\n']
    parts.append(f"TAIL_K = {float(K)!r}\n")
    for name, c, what in zip(
        ("TAIL_S", "TAIL_V", "TAIL_3", "TAIL_4"), tails, ("h - y", "1 + f''", "f'''", "f''''"), strict=True
    ):
        parts.append(literal(name, c, f"powers of t = (y - K)/(y + K) in {what} times its power of y + K"))
    high = float(c0)
    parts.append(f"# zero of f'''' as the sum of two doubles\nZERO4_HI = {high!r}\nZERO4_LO = {float(c0 - high)!r}\n")
    parts.append(literal("ZERO4_P", near, "powers of u = 4 (c - c0) in f''''(c)/(c - c0)"))
    x, w, g = kronrod(10)
    half = [mp.mpf(0) if abs(v) < mp.mpf(10) ** -40 else v for v in x]
    parts.append(literal("KRONROD_X", half, "Gauss-Kronrod (10, 21) nodes"))
    parts.append(literal("KRONROD_W", w, "Kronrod weights"))
    parts.append(literal("KRONROD_G", g, "embedded Gauss weights"))
    for n in (12, 20, 32):
        x, w = gauss_legendre(n)
        parts.append(literal(f"LEGENDRE_X{n}", x, f"Gauss-Legendre nodes, {n} points"))
        parts.append(literal(f"LEGENDRE_W{n}", w, f"Gauss-Legendre weights, {n} points"))
    TARGET.write_text("\n".join(parts), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
