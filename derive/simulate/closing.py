"""Expressions of the model with numbers in place of parameters, means over the quenched law and Gaussian means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from derive.errors import ModelError
from derive.simulate.densities import grid_of
from derive.simulate.tables import Tables
from derive.spec.evaluate import evaluate
from derive.spec.functions import GaussMean, SiteMean
from derive.spec.model import Atom, Density, Law, Model, Normal, Table

__all__ = ["Closing"]

Array = NDArray[np.float64]

MAX_NODES = 4_000_000


class Closing:
    """Puts numbers into the expressions of a model at one parameter point.

    Parameters
    ----------
    model : Model
        The model.
    parameters : mapping
        Exact numbers for all its parameters, by name.
    """

    def __init__(self, model: Model, parameters: Mapping[str, Any], tables: Tables):
        self.model, self.tables = model, tables
        self.numbers = {p.symbol: _number(parameters[p.name]) for p in model.parameters}
        self.values = {symbol: float(sp.N(number, 20)) for symbol, number in self.numbers.items()}
        self._known: dict[sp.Basic, sp.Basic] = {}

    def __call__(self, expression: sp.Basic) -> Any:
        """Return the expression without parameters and means."""
        if expression not in self._known:
            self._known[expression] = self._means(sp.S(expression).xreplace(self.numbers))
        return self._known[expression]

    def _means(self, expression: sp.Basic) -> sp.Basic:
        """Replace the means by their numbers, innermost first."""
        if isinstance(expression, SiteMean):
            return sp.Float(self._site_mean(self._means(expression.args[0])), 17)
        if isinstance(expression, GaussMean) and not expression.free_symbols:
            return sp.Float(float(evaluate(expression, {})), 17)
        if not expression.args or not expression.has(SiteMean, GaussMean):
            return expression
        return expression.func(*(self._means(a) for a in expression.args))

    def _site_mean(self, body: sp.Basic) -> float:
        """The mean of `body` over the joint law of the quenched variables, by a grid of nodes."""
        wanted = {q.name for q in self.model.quenched if body.has_free(q.symbol)}
        for q in reversed(self.model.quenched):
            if q.name in wanted:
                wanted |= set(q.depends)
        columns: dict[sp.Symbol, Array] = {}
        weights: Array = np.ones(1)
        rows: dict[str, Array] = {}
        for q in (q for q in self.model.quenched if q.name in wanted):
            if isinstance(q.law, Table):
                table = self.tables.column(q.law)
                if q.law.path not in rows:  # columns of one table are joint
                    old = weights.size
                    weights = np.repeat(weights, table.size) / table.size
                    columns = {s: np.repeat(c, table.size) for s, c in columns.items()}
                    rows = {path: np.repeat(r, table.size) for path, r in rows.items()}
                    rows[q.law.path] = np.tile(np.arange(table.size), old)
                columns[q.symbol] = table[rows[q.law.path]]
                continue
            points, masses = self._nodes(q.law, columns, weights.size)
            count = points.shape[1]
            if weights.size * count > MAX_NODES:
                raise ModelError(f"{self.model.name}: the mean of {body} over the sites has too many variables")
            columns = {s: np.repeat(c, count) for s, c in columns.items()}
            rows = {path: np.repeat(r, count) for path, r in rows.items()}
            weights = np.repeat(weights, count) * masses.ravel()
            columns[q.symbol] = points.ravel()
            keep = weights > 0
            weights, columns = weights[keep], {s: c[keep] for s, c in columns.items()}
            rows = {path: r[keep] for path, r in rows.items()}
        return float(np.sum(weights * evaluate(body, columns)) / np.sum(weights))

    def _nodes(self, law: Law, columns: Mapping[sp.Symbol, Array], count: int) -> tuple[Array, Array]:
        """Points and masses of a law at each of `count` values of earlier variables, both of shape (count, nodes)."""

        def number(expression: sp.Expr) -> Array:
            return np.broadcast_to(evaluate(self(expression), columns), (count,))[:, None]

        points, masses = [], []
        for weight, component in law.components:
            if isinstance(component, Atom):
                points.append(number(component.point))
                masses.append(number(weight))
            elif isinstance(component, Normal):
                t = np.linspace(-8.5, 8.5, 401)
                bell = np.exp(-(t**2) / 2)
                points.append(number(component.mean) + np.sqrt(number(component.variance)) * t)
                masses.append(number(weight) * bell / np.sum(bell))
            elif isinstance(component, Density):
                mass = number(weight)
                if not np.any(mass):
                    continue
                low, high = (number(e)[:, 0] for e in (component.lower, component.upper))
                x, w = grid_of(self(component.pdf), component.variable, low, high, columns, count)
                points.append(x)
                masses.append(mass * w)
            else:
                raise ModelError(f"{self.model.name}: laws of several components are not simulated")
        return np.concatenate(points, axis=1), np.concatenate(masses, axis=1)


def _number(value: Any) -> sp.Expr:
    """A parameter as sympy evaluates it fast: rational, or with 17 digits."""
    exact = sp.S(value)
    return exact if exact.is_Rational else sp.Float(sp.N(exact, 20), 17)
