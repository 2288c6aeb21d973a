"""Hierarchical matrices against explicit ones at integer sizes."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from derive.replica.hierarchy import Hierarchy

n, x, w = sp.symbols("n x w", positive=True)
r, q0, q1, q2 = sp.symbols("r q0 q1 q2")

CASES = [
    (Hierarchy(r, ((n, q0),)), [(2,), (5,), (1,)]),
    (Hierarchy(r, ((n, q0), (x, q1))), [(4, 2), (6, 3), (6, 2), (3, 3), (4, 1)]),
    (Hierarchy(r, ((n, q0), (x, q1), (w, q2))), [(8, 4, 2), (12, 6, 2)]),
]
VALUES = {r: sp.Rational(3, 2), q0: sp.Rational(1, 5), q1: sp.Rational(2, 5), q2: sp.Rational(7, 8)}
POINTS = [(h, sizes) for h, several in CASES for sizes in several]


def numbers(h: Hierarchy, sizes, values) -> tuple[np.ndarray, dict]:
    given = {**values, **dict(zip([s for s, _ in h.levels], map(sp.Integer, sizes), strict=True))}
    matrix = np.array(h.matrix(list(sizes)).xreplace(given), float)
    return matrix, given


@pytest.mark.parametrize(("h", "sizes"), POINTS)
def test_eigenvalues_and_determinant(h: Hierarchy, sizes) -> None:
    matrix, given = numbers(h, sizes, VALUES)
    spectrum = [
        float(value.xreplace(given))
        for value, multiplicity in h.eigenvalues()
        for _ in range(int(sp.sympify(multiplicity).xreplace(given)))
    ]
    assert sorted(spectrum) == pytest.approx(np.linalg.eigvalsh(matrix))
    logs = sum(
        float(m.xreplace(given)) * float(sp.log(value.xreplace(given)))
        for value, m in ((v, sp.sympify(m)) for v, m in h.eigenvalues())
    )
    assert logs == pytest.approx(np.linalg.slogdet(matrix)[1])
    assert float(h.log_determinant().xreplace(given)) == pytest.approx(np.linalg.slogdet(matrix)[1])


@pytest.mark.parametrize(("h", "sizes"), POINTS)
def test_pair_sums(h: Hierarchy, sizes) -> None:
    other = Hierarchy(q1 + 2, tuple((size, overlap**2 - 1) for size, overlap in h.levels))
    a, given = numbers(h, sizes, VALUES)
    b, _ = numbers(other, sizes, VALUES)
    assert float(h.trace_product(other).xreplace(given)) == pytest.approx(np.trace(a @ b))
    off = (a * b).sum() - (np.diag(a) * np.diag(b)).sum()
    assert float(h.pair_sum(other).xreplace(given)) == pytest.approx(off)


def test_the_increments_are_the_nested_variances() -> None:
    h = CASES[2][0]
    assert sp.expand(sum(h.increments) - r) == 0
    blocks = [np.ones((8, 8)), np.kron(np.eye(2), np.ones((4, 4))), np.kron(np.eye(4), np.ones((2, 2))), np.eye(8)]
    matrix, given = numbers(h, (8, 4, 2), VALUES)
    rebuilt = sum(float(s.xreplace(given)) * b for s, b in zip(h.increments, blocks, strict=True))
    assert rebuilt == pytest.approx(matrix)


def test_replicas_vanish() -> None:
    """(1/n) log det -> log(r - q) + q/(r - q) at replica symmetry."""
    h = CASES[0][0]
    limit = sp.limit(h.log_determinant().xreplace({r: sp.Integer(2), q0: sp.Integer(1)}) / n, n, 0)
    assert sp.simplify(limit - 1) == 0
