"""Loops by hand for `bench_minimisers`: fixed points of the literature's formulas, written with numba.

The straightforward one: proximal points by Brent's method for every label inside a Gaussian rule.  The careful ones use
what one knows about each problem.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numba import njit
from scipy.special import roots_legendre

from tests.benchmarks.perceptrons_by_hand import hermite, trapezoid

__all__ = ["BY_HAND", "NOISE", "REACH", "iteration"]

NOISE = 0.1
REACH = 9.0


@njit(error_model="numpy")
def logistic_point(w, v):
    """argmin (x - w)^2/(2 v) + log(1 + exp(-x)): Newton steps, or the middle of the bracket if they do not halve."""
    low, high = w, w + v
    x = max(w, min(w + v / (1.0 + math.exp(w)), math.log(1.0 + v)))
    last = v
    for _ in range(100):
        s = 1.0 / (1.0 + math.exp(x))
        g = x - w - v * s
        if g > 0.0:
            high = x
        else:
            low = x
        new = x - g / (1.0 + v * s * (1.0 - s))
        if not low <= new <= high or abs(new - x) > 0.5 * last:
            new = 0.5 * (low + high)
        last = abs(new - x)
        if last <= 1e-14 * (1.0 + abs(x)):
            return new
        x = new
    return x


@njit(error_model="numpy")
def logistic_channel(alpha, q, v, m, rho, nodes, weights, out):
    """q_hat, V_hat, m_hat for labels sign(z); the label -1 is the mirror image."""
    root, gap = math.sqrt(q), rho - m * m / q
    a = b = c = 0.0
    for i in range(nodes.size):
        w, mean = root * nodes[i], m / root * nodes[i]
        s = 1.0 / (1.0 + math.exp(logistic_point(w, v)))
        share = 0.5 * math.erfc(-mean / math.sqrt(2.0 * gap))
        bend = s * (1.0 - s)
        a += weights[i] * share * s * s
        b += weights[i] * share * bend / (1.0 + v * bend)
        c += weights[i] * math.exp(-0.5 * mean * mean / gap) * s
    out[0], out[1] = 2.0 * alpha * a, 2.0 * alpha * b
    out[2] = 2.0 * alpha * c / math.sqrt(2.0 * math.pi * gap)


@njit(error_model="numpy")
def hinge_channel(alpha, q, v, m, rho, nodes, weights, out):
    """The same for the hinge loss: 1 below 1 - V, (1 - w)/V below 1; Gauss-Legendre on both pieces."""
    root, gap = math.sqrt(q), rho - m * m / q
    ends = (-REACH * root, max(-REACH * root, min(1.0 - v, REACH * root)), max(-REACH * root, min(1.0, REACH * root)))
    a = b = c = 0.0
    for piece in range(2):
        half, middle = 0.5 * (ends[piece + 1] - ends[piece]), 0.5 * (ends[piece + 1] + ends[piece])
        if half <= 0.0:
            continue
        for i in range(nodes.size):
            w = middle + half * nodes[i]
            g = weights[i] * half * math.exp(-0.5 * w * w / q) / math.sqrt(2.0 * math.pi * q)
            mean = m / q * w
            share = 0.5 * math.erfc(-mean / math.sqrt(2.0 * gap))
            f = 1.0 if piece == 0 else (1.0 - w) / v
            a += g * share * f * f
            if piece == 1:
                b += g * share / v
            c += g * math.exp(-0.5 * mean * mean / gap) * f
    out[0], out[1] = 2.0 * alpha * a, 2.0 * alpha * b
    out[2] = 2.0 * alpha * c / math.sqrt(2.0 * math.pi * gap)


@njit(error_model="numpy")
def logistic_slope(y, h):
    """d loss/dh and d^2 loss/dh^2."""
    s = 1.0 / (1.0 + math.exp(y * h))
    return -y * s, s * (1.0 - s)


@njit(error_model="numpy")
def hinge_slope(y, h):
    """The same; the curvature of the kink is a large number."""
    gap = 1.0 - y * h
    return (-y if gap > 0.0 else 0.0), (1e300 if abs(gap) < 1e-10 else 0.0)


def brent(slope: Callable) -> Callable:
    """The proximal point of a loss by Brent's method."""

    @njit(error_model="numpy")
    def proximal(y, w, v):
        """The root of h - w + v slope(y, h) by Brent's method."""
        a = b = w
        stride = 1.001 * v  # no further for a slope of one; else on by doubling
        while b - w + v * slope(y, b)[0] < 0.0:
            b, stride = w + stride, 2.0 * stride
        stride = 1.001 * v
        while a - w + v * slope(y, a)[0] > 0.0:
            a, stride = w - stride, 2.0 * stride
        fa, fb = a - w + v * slope(y, a)[0], b - w + v * slope(y, b)[0]
        if fa == 0.0:
            return a
        c, fc, d, e = a, fa, b - a, b - a
        for _ in range(200):
            if (fb > 0.0) == (fc > 0.0):
                c, fc, d, e = a, fa, b - a, b - a
            if abs(fc) < abs(fb):
                a, b, c = b, c, b
                fa, fb, fc = fb, fc, fb
            tol, half = 4e-16 * abs(b) + 5e-15, 0.5 * (c - b)
            if abs(half) <= tol or fb == 0.0:
                return b
            if abs(e) >= tol and abs(fa) > abs(fb):
                s = fb / fa
                if a == c:
                    p, q = 2.0 * half * s, 1.0 - s
                else:
                    q, r = fa / fc, fb / fc
                    p = s * (2.0 * half * q * (q - r) - (b - a) * (r - 1.0))
                    q = (q - 1.0) * (r - 1.0) * (s - 1.0)
                q = -q if p > 0.0 else q
                p = abs(p)
                if 2.0 * p < min(3.0 * half * q - abs(tol * q), abs(e * q)):
                    e, d = d, p / q
                else:
                    d = e = half
            else:
                d = e = half
            a, fa = b, fb
            b += d if abs(d) > tol else math.copysign(tol, half)
            fb = b - w + v * slope(y, b)[0]
        return b

    return proximal


def straightforward(slope: Callable) -> Callable:
    """Proximal points for every label sign(z), inside a Gaussian rule: what the formulas say, and no more."""
    proximal = brent(slope)

    @njit(error_model="numpy")
    def channel(alpha, q, v, m, rho, nodes, weights, out):
        root, gap = math.sqrt(q), rho - m * m / q
        out[:] = 0.0
        for i in range(nodes.size):
            w = root * nodes[i]
            mean = m / q * w
            for y in (-1.0, 1.0):
                h = proximal(y, w, v)
                g, bend = (h - w) / v, slope(y, h)[1]
                share = 0.5 * math.erfc(-y * mean / math.sqrt(2.0 * gap))
                density = y * math.exp(-0.5 * mean * mean / gap) / math.sqrt(2.0 * math.pi * gap)
                out[0] += alpha * weights[i] * share * g * g
                out[1] += alpha * weights[i] * share / (v + 1.0 / bend) if bend > 0.0 else 0.0
                out[2] += alpha * weights[i] * density * g

    return channel


@njit(error_model="numpy")
def ridge_channel(alpha, q, v, m, rho, nodes, weights, out):
    """The same for the square loss on noisy linear labels, in closed form."""
    out[1] = out[2] = alpha / (1.0 + v)
    out[0] = alpha * (rho + NOISE - 2.0 * m + q) / (1.0 + v) ** 2


@njit(error_model="numpy")
def sites(u, t, lam, hats, out):
    """q, V, m of the ridge penalty, averaged over the table."""
    q = v = m = 0.0
    for i in range(u.size):
        d = 1.0 / (lam + hats[1] * u[i])
        ud = u[i] * d
        v += ud
        m += ud * u[i] * t[i] * t[i]
        q += ud * ud * (hats[2] * hats[2] * u[i] * t[i] * t[i] + hats[0])
    out[0], out[1], out[2] = q / u.size, v / u.size, hats[2] * m / u.size


def iteration(channel: Callable) -> Callable:
    """The loop around a channel: plain iteration until no order parameter moves by more than `stop`."""

    @njit(error_model="numpy")
    def run(alpha, lam, x, damping, stop, nodes, weights, u, t):
        rho = np.mean(u * t * t)
        hats, new = np.empty(3), np.empty(3)
        for _ in range(20000):
            channel(alpha, x[0], x[1], x[2], rho, nodes, weights, hats)
            sites(u, t, lam, hats, new)
            moved = 0.0
            for k in range(3):
                new[k] = damping * x[k] + (1.0 - damping) * new[k]
                moved = max(moved, abs(new[k] - x[k]) / (1.0 + abs(x[k])))
                x[k] = new[k]
            if not moved >= stop:
                return

    return run


@njit(error_model="numpy")
def square_slope(y, h):
    """d loss/dh and d^2 loss/dh^2 of (h - y)^2/2."""
    return h - y, 1.0


square_proximal = brent(square_slope)


@njit(error_model="numpy")
def residual_channel(alpha, q, v, m, rho, nodes, weights, out):
    """The square loss by proximal points of the residual field h - y, whose average is one Gaussian rule."""
    spread = math.sqrt(rho + NOISE - 2.0 * m + q)
    out[:] = 0.0
    for i in range(nodes.size):
        w = spread * nodes[i]
        h = square_proximal(0.0, w, v)
        out[0] += alpha * weights[i] * ((h - w) / v) ** 2
        out[1] += alpha * weights[i] / (v + 1.0 / square_slope(0.0, h)[1])
    out[2] = out[1]


BY_HAND: dict[str, list[tuple[str, Callable, Callable]]] = {
    "logistic": [
        ("Brent in Gauss-Hermite", straightforward(logistic_slope), hermite),
        ("Gauss-Hermite", logistic_channel, hermite),
        ("trapezoid", logistic_channel, trapezoid),
    ],
    "hinge": [
        ("Brent in Gauss-Hermite", straightforward(hinge_slope), hermite),
        ("split Gauss-Legendre", hinge_channel, roots_legendre),
    ],
    "ridge": [("Brent in Gauss-Hermite", residual_channel, hermite), ("closed form", ridge_channel, hermite)],
}
"""The first is the straightforward one; the others are careful: labels by symmetry, proximal points in closed
form or by Newton steps from a good start, integrals split at the kinks of the loss."""
