"""The committee of two hidden units with binary weights by hand: numpy and scipy over a square of Gauss-Hermite nodes.

Labels are sign(sign z_0 + sign z_1) in {-1, 0, 1}, overlaps Q = [[d, a], [a, d]] with the teacher and between replicas.
The probability of an orthant under a Gaussian of correlation c is a pair of Owen's T functions; the conjugate matrix is
alpha times the mean of the outer product of its logarithmic gradient, and the sites are a sum over the four weights.
Nothing here uses the engine.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, owens_t

from tests.benchmarks.perceptrons_by_hand import hermite

__all__ = ["committee", "square"]

SIGNS = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])


def square(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Points (n^2, 2) and weights of N(0, 1) in the plane, off the axes, where Owen's T has removable 0/0."""
    nodes, weights = hermite(n)
    nodes = nodes + 1e-13
    return np.array(np.meshgrid(nodes, nodes)).reshape(2, -1).T, np.outer(weights, weights).ravel()


def root(d: float, a: float) -> np.ndarray:
    """The square root of [[d, a], [a, d]]."""
    plus, minus = np.sqrt(max(d + a, 0.0)), np.sqrt(max(d - a, 0.0))
    return 0.5 * np.array([[plus + minus, plus - minus], [plus - minus, plus + minus]])


def orthant(x: np.ndarray, y: np.ndarray, c: float) -> np.ndarray:
    """P(X < x, Y < y) at correlation c."""
    s = np.sqrt(1.0 - c * c)
    apart = np.where(x * y < 0.0, 0.5, 0.0)
    return 0.5 * (ndtr(x) + ndtr(y)) - owens_t(x, (y / x - c) / s) - owens_t(y, (x / y - c) / s) - apart


def channel(d: float, a: float, points: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """(diagonal, off the diagonal) of E (grad log Z)(grad log Z)', over the labels 1, -1 and 0.

    The label -1 is the mirror image of 1, and the points are their own mirror image in reverse; 0 is what is left.
    """
    sd, c = np.sqrt(1.0 - d), -a / (1.0 - d)
    x, y = (points @ root(d, a)).T / sd
    s = np.sqrt(1.0 - c * c)
    z = orthant(x, y, c)
    first = np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi) * ndtr((y - c * x) / s) / sd
    second = np.exp(-0.5 * y * y) / np.sqrt(2.0 * np.pi) * ndtr((x - c * y) / s) / sd
    rest = (1.0 - z - z[::-1], first[::-1] - first, second[::-1] - second)
    diagonal = mixed = 0.0
    for times, (p, f, g) in ((2.0, (z, first, second)), (1.0, rest)):
        safe = p > 1e-13  # below it cancellation has left no digit, and the term is of the order of p
        share = times * weights * np.divide(1.0, p, out=np.zeros_like(p), where=safe)
        diagonal += 0.5 * share @ (f * f + g * g)
        mixed += share @ (f * g)
    return diagonal, mixed


def sites(d: float, a: float, points: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """(diagonal, off the diagonal) of E w* <w>' for the posterior of w in {-1, 1}^2 at conjugates [[d, a], [a, d]]."""
    matrix, spread = np.array([[d, a], [a, d]]), points @ root(d, a)
    diagonal = mixed = 0.0
    for teacher in SIGNS[:2]:  # the other two are their mirror images
        x, y = (spread + matrix @ teacher).T
        exponents = np.array([x + y - a, x - y + a, y - x + a, -x - y - a])
        posterior = np.exp(exponents - exponents.max(axis=0))
        one, two = SIGNS.T @ posterior / posterior.sum(axis=0)
        diagonal += 0.25 * weights @ (teacher[0] * one + teacher[1] * two)
        mixed += 0.25 * weights @ (teacher[1] * one + teacher[0] * two)
    return diagonal, mixed


def committee(
    alpha: float, n: int, damping: float, stop: float, start: tuple[float, float] = (0.1, 0.05)
) -> np.ndarray:
    """(d, a) by iteration from `start`, with n^2 nodes."""
    points, weights = square(n)
    q = np.array(start)
    for _ in range(5000):
        hats = alpha * np.array(channel(*q, points, weights))
        new = damping * q + (1.0 - damping) * np.array(sites(*hats, points, weights))
        if np.max(np.abs(new - q)) < stop:
            return new
        q = new
    return q
