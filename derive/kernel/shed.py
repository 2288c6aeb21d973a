r"""Shed the quadratic growth of log Z before it is integrated: large terms cancel on paper, not in doubles.

With A = q_hat large, E log Z(xi, A) of a site and q q_hat/2 are both of order A and cancel down to order 1.  With s the
coefficient of xi^2 in one of the Gaussian terms of Z,

    E log Z(xi) = E log(Z(xi) exp(-s xi^2)) + s (mean^2 + var),    xi ~ N(mean, var),

and what is left outside of the averages is written in v = r - q, where it is small.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import sympy as sp

from derive.calculus.nodes import GaussianAverage, LogPartition
from derive.calculus.partition import ExponentialTerm, Partition

__all__ = ["shed_quadratic"]


def shed_quadratic(
    expression: sp.Expr, partitions: Mapping[str, Partition], q: sp.Symbol, v: sp.Symbol, r: sp.Expr
) -> tuple[sp.Expr, dict[str, Partition]]:
    """Rewrite a sum of averages of log Z of sites with Gaussian terms; exact where q + v = r.

    Returns
    -------
    (expression, {name: partition}) : the sum with the shed averages, and the partitions they refer to. Terms that
    are no such average are as they were, and so is everything if there is no such average.
    """
    shed: dict[str, Partition] = {}
    kept, outside = [], []
    large = q
    for term in sp.Add.make_args(expression):
        coefficient, averages = term.as_independent(GaussianAverage, as_Add=False)
        found = _shed_average(averages, partitions) if isinstance(averages, GaussianAverage) else None
        if found is not None:
            average, polynomial, partition, large = found
            shed[partition.name] = partition
            kept.append(coefficient * average)
            outside.append(sp.cancel(coefficient * polynomial))
        elif term.has(GaussianAverage):
            kept.append(term)
        else:
            outside.append(term)
    if not shed:
        return expression, {}
    plain = sum((t for t in outside if not t.is_rational_function()), sp.S.Zero)
    rational = sp.Add(*[t for t in outside if t.is_rational_function()]).xreplace({q: r - v})
    return sp.Add(*kept, plain, sp.apart(sp.together(rational), large)), shed


def _shed_average(
    average: GaussianAverage, partitions: Mapping[str, Partition]
) -> tuple[sp.Expr, sp.Expr, Partition, sp.Symbol] | None:
    """(average of the shed log Z, s (mean^2 + var) times its factor, partition, the conjugate A), or None."""
    variables = tuple(average.args[1])
    if len(variables) != 1:
        return None
    x = variables[0]
    logs = average.body.atoms(LogPartition)
    log = logs.pop() if len(logs) == 1 else None
    if log is None or log.order != 0 or log.args[3] != x or not isinstance(log.args[4], sp.Symbol):
        return None
    factor = average.body.expand().coeff(log)
    if factor.has(x) or sp.expand(average.body - factor * log) != 0:
        return None
    partition = partitions[log.args[0].name]
    terms = [t for t in partition.terms if isinstance(t, ExponentialTerm) and t.window is None]
    if partition.kind != "site" or len(terms) < len(partition.terms):
        return None
    slopes = [t.quadratic[2] for t in terms if t.quadratic[2] != 0]
    if not slopes:
        return None
    name = f"{partition.name}_shed"
    moved = replace(partition, name=name, closed=None, terms=tuple(_tilt(t, slopes[0], partition.field) for t in terms))
    given = {partition.variance: log.args[4], **dict(zip(partition.rest, log.args[5:], strict=True))}
    mean, var = average.args[2][0], average.args[3][0]
    shed_log = LogPartition(sp.Symbol(name), *log.args[1:])
    body = average.func(factor * shed_log, *average.args[1:])
    return body, factor * slopes[0].xreplace(given) * (mean**2 + var), moved, log.args[4]


def _tilt(term: ExponentialTerm, s: sp.Expr, x: sp.Symbol) -> ExponentialTerm:
    """The term times exp(-s x^2)."""
    c0, c1, c2, centre = term.quadratic
    square = sp.factor(sp.cancel(c2 - s))
    linear = sp.factor(c1 - 2 * c2 * centre)
    return replace(term, quadratic=(c0 + sp.cancel(c2 * centre**2 - c1 * centre), linear, square, sp.S.Zero))
