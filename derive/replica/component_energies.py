"""Overlaps of components in energies: cross(w[k], w[l]), overlap(w[k], w[l]) and overlap(w[k], s[l]) in the modes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import sympy as sp

from derive.errors import ModelError
from derive.replica.components import projectors
from derive.replica.refusals import LATER
from derive.replica.system import Symbols
from derive.spec.functions import Cross, Overlap
from derive.spec.model import Model, Weights

__all__ = ["component_overlaps"]


def component_overlaps(
    expression: sp.Expr, model: Model, weights: Weights, modes: Sequence[tuple[sp.Symbol, Symbols]], where: str
) -> dict[sp.Basic, sp.Expr]:
    """What every cross and overlap of the components is in the modes, (Q, order parameters) each.

    Raises ModelError where the energy is not symmetric under permutations of the components.
    """
    size, basis = weights.components, projectors(weights.components)
    w = weights.symbols
    vectors = [q.symbols for q in model.quenched if q.components == size]
    quenched = {s for q in model.quenched for s in q.symbols}
    entries: dict[tuple[str, int, int], sp.Symbol] = {}

    def row(e: sp.Expr, names: Sequence[sp.Symbol]) -> list[sp.Expr] | None:
        """The coefficients of a linear form of the names."""
        e = sp.expand(e)
        found = [e.coeff(s) for s in names]
        left = sp.expand(e - sp.Add(*[c * s for c, s in zip(found, names, strict=True)]))
        return None if left != 0 or any(c.free_symbols & (quenched | set(w)) for c in found) else found

    def form(kind: str, left: list[sp.Expr], right: list[sp.Expr]) -> sp.Expr:
        """sum_kl left_k right_l X_kl; X is symmetric unless it is an overlap with a quenched vector."""
        total = sp.S.Zero
        for k in range(size):
            for l in range(size):
                x = entries.setdefault(_key(kind, k, l), sp.Dummy(f"{kind}{k}{l}", real=True))
                total += left[k] * right[l] * x
        return total

    given: dict[sp.Basic, sp.Expr] = {}
    for node in sorted(expression.atoms(Cross, Overlap), key=str):
        if not node.free_symbols & set(w):
            continue
        left, right = (row(e, w) for e in node.args)
        if left is not None and right is not None:
            given[node] = form("Q" if isinstance(node, Cross) else "r", left, right)
            continue
        truth = next((x for v in vectors for e in node.args if (x := row(e, v)) is not None), None)
        own = left if left is not None else right
        if isinstance(node, Cross) or truth is None or own is None:
            name = node.func.__name__.lower()
            raise ModelError(
                f"{where}: {name}({node.args[0]}, {node.args[1]}) of weights of several components {LATER}"
            )
        given[node] = form("m", own, truth)
    written = expression.xreplace(given)
    for order in permutations(range(size)):
        moved = {x: entries.get(_key(kind, order[k], order[l]), x) for (kind, k, l), x in entries.items()}
        if sp.expand(written.xreplace(moved) - written) != 0:
            raise ModelError(
                f"{where}: the energy is not symmetric under permutations of the components of {weights.name}, which "
                f'ansatz.components = "permutation" needs'
            )
    values: dict[sp.Symbol, sp.Expr] = {}
    for (kind, k, l), x in entries.items():
        parts = [{"Q": Q, "r": s.r, "m": s.m[0] if s.m else sp.S.Zero}[kind] for Q, s in modes]
        values[x] = sp.Add(*[e[k, l] * value for e, value in zip(basis, parts, strict=True)])
    return {node: sp.expand(e.xreplace(values)) for node, e in given.items()}


def _key(kind: str, k: int, l: int) -> tuple[str, int, int]:
    return (kind, k, l) if kind == "m" else (kind, min(k, l), max(k, l))
