r"""Hierarchical replica matrices as data: a diagonal and a list of (block size, overlap) levels.

Levels go from the outermost overlap inwards: replica symmetry is one level, ((n, q),); one step of
breaking is ((n, q0), (x, q1)), blocks of size x inside n; and so on.  Sums over pairs, determinants and nested
averages recurse over the levels at symbolic n.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sympy as sp

__all__ = ["Hierarchy"]


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """An n x n matrix with diagonal r whose blocks of size levels[j][0] carry overlap levels[j][1]."""

    diagonal: sp.Expr
    levels: tuple[tuple[sp.Expr, sp.Expr], ...]

    @property
    def size(self) -> sp.Expr:
        """The number of replicas n."""
        return self.levels[0][0]

    @property
    def increments(self) -> tuple[sp.Expr, ...]:
        """The variances (q_0, q_1 - q_0, ..., r - q_k) of the nested Gaussian decomposition."""
        overlaps = [overlap for _, overlap in self.levels]
        return (
            overlaps[0],
            *[b - a for a, b in itertools.pairwise(overlaps)],
            self.diagonal - overlaps[-1],
        )

    def pair_sum(self, other: Hierarchy) -> sp.Expr:
        """Sum over ordered pairs a != b of self_ab * other_ab (same block sizes).

        >>> n, q, p = sp.symbols("n q p")
        >>> sp.factor(Hierarchy(1, ((n, q),)).pair_sum(Hierarchy(1, ((n, p),))))
        n*p*q*(n - 1)
        """
        sizes = [size for size, _ in self.levels] + [sp.S.One]
        total = sp.S.Zero
        for j, ((_, mine), (_, theirs)) in enumerate(zip(self.levels, other.levels, strict=True)):
            total += self.size * (sizes[j] - sizes[j + 1]) * mine * theirs
        return sp.expand(total)

    def pair_total(self, function: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
        """Sum over ordered pairs a != b of a function of self_ab.

        >>> n, q = sp.symbols("n q")
        >>> sp.factor(Hierarchy(1, ((n, q),)).pair_total(lambda x: x**3))
        n*q**3*(n - 1)
        """
        sizes = [size for size, _ in self.levels] + [sp.S.One]
        terms = [
            self.size * (sizes[j] - sizes[j + 1]) * function(overlap) for j, (_, overlap) in enumerate(self.levels)
        ]
        return sp.Add(*terms)

    def trace_product(self, other: Hierarchy) -> sp.Expr:
        """The trace of self*other: the diagonal part plus `pair_sum`."""
        return sp.expand(self.size * self.diagonal * other.diagonal) + self.pair_sum(other)

    def eigenvalues(self) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
        """Eigenvalues with multiplicities.

        >>> n, q = sp.symbols("n q")
        >>> Hierarchy(sp.Integer(1), ((n, q),)).eigenvalues()
        ((n*q - q + 1, 1), (1 - q, n - 1))
        """
        sizes = [size for size, _ in self.levels] + [sp.S.One]
        steps = self.increments
        result: list[tuple[sp.Expr, sp.Expr]] = []
        for j in range(len(self.levels) + 1):
            value = sum((sizes[i] * steps[i] for i in range(j, len(self.levels))), steps[-1])
            multiplicity = sp.S.One if j == 0 else self.size / sizes[j] - self.size / sizes[j - 1]
            result.append((sp.expand(value), sp.expand(multiplicity)))
        return tuple(result)

    def log_determinant(self) -> sp.Expr:
        """Log det at symbolic n."""
        return sp.Add(*[multiplicity * sp.log(value) for value, multiplicity in self.eigenvalues()])

    def matrix(self, sizes: Sequence[int]) -> sp.Matrix:
        """The explicit matrix for integer block sizes (n, x, ...)."""
        n = sizes[0]

        def entry(a: int, b: int) -> sp.Expr:
            if a == b:
                return self.diagonal
            inside = [j for j, size in enumerate(sizes) if a // size == b // size]
            return self.levels[max(inside)][1]

        return sp.Matrix(n, n, entry)
