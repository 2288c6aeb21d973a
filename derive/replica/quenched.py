"""Averages over the quenched variables of a site, around the average over the site's field."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from derive.calculus.means import density_average, over_rows
from derive.calculus.nodes import DensityAverage, GaussianAverage, bound
from derive.errors import ModelError
from derive.spec.model import Atom, Density, Normal, Quenched, Table

__all__ = ["XI", "average_quenched"]

XI = bound("site_field")


def average_quenched(node: sp.Expr, quenched: tuple[Quenched, ...], even: bool) -> sp.Expr:
    """Average over quenched laws, last declared first; normal laws merge into the Gaussian field, tables come last."""
    if not quenched:
        return node
    tables = [q for q in quenched if isinstance(q.law, Table)]
    if tables:
        laws = tuple(q for q in quenched if q not in tables)
        node = average_quenched(node, laws, even)
        return over_rows(node, tables) if any(node.has_free(q.symbol) for q in tables) else node
    *earlier, last = quenched
    s = last.symbol
    total = sp.S.Zero
    if not node.has(s):
        return average_quenched(node, tuple(earlier), even)
    merged: dict[sp.Expr, sp.Expr] = {}
    for weight, component in last.law.components:
        value = _average_component(node, s, component, even, len(quenched))
        merged[value] = merged.get(value, sp.S.Zero) + weight
    total = sp.Add(*[sp.simplify(weight) * value for value, weight in merged.items()])
    return average_quenched(total, tuple(earlier), even) if earlier else total


def _average_component(node: sp.Expr, s: sp.Symbol, component, even: bool, position: int) -> sp.Expr:
    if isinstance(component, Atom):
        node = node.xreplace({s: component.point})
        return _map_gaussians(node, lambda g: _reflected(g)) if even else node
    if isinstance(component, Normal):

        def merge(g: GaussianAverage) -> sp.Expr:
            mean = sp.expand(g.mean[0])
            slope = mean.coeff(s)
            if g.body.has(s) or g.covariance(0, 0).has(s) or (mean - slope * s).has(s):
                inner = bound("quenched", position)
                return GaussianAverage(g.xreplace({s: inner}), (inner,), (component.mean,), (component.variance,))
            return GaussianAverage(
                g.body,
                g.bound_symbols,
                (mean - slope * s + slope * component.mean,),
                (g.covariance(0, 0) + slope**2 * component.variance,),
            )

        return _map_gaussians(node, merge)
    if isinstance(component, Density):
        return density_average(node, s, component, bound("quenched", position))
    raise ModelError(f"a quenched law with {type(component).__name__} is not derived yet")


def _map_gaussians(node: sp.Expr, change: Callable[[GaussianAverage], sp.Expr]) -> sp.Expr:
    if isinstance(node, GaussianAverage) and node.bound_symbols[0] == XI:
        return change(node)
    if isinstance(node, (GaussianAverage, DensityAverage)):  # an average over a quenched variable
        return node.func(_map_gaussians(node.body, change), *node.args[1:])
    if isinstance(node, (sp.Add, sp.Mul)):
        return node.func(*[_map_gaussians(a, change) for a in node.args])
    return node


def _reflected(g: GaussianAverage) -> GaussianAverage:
    """For an even log Z: a mean that is minus a positive combination is reflected."""
    mean = g.mean[0]
    if mean.could_extract_minus_sign():
        return GaussianAverage(g.body, g.bound_symbols, (-mean,), (g.covariance(0, 0),))
    return g
