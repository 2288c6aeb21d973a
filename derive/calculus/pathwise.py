r"""Derivatives of averages of envelopes: along the Gaussian paths, because envelopes have kinks.

A zero-temperature log-partition function l has a continuous slope l_1 and a curvature l_2 that may jump, so that
Price's theorem, which asks for l_3 and l_4, is not available.  Two rules ask for l_2 at most.

- Stein: with omega ~ N(mu, c), zeta given omega of mean (m/c)(omega - mu), D = d_omega + (m/c) d_zeta,
  E[G l_2] = E[l_1 (G (omega - mu)/c - D G)];
- paths: omega = mu + sqrt(c) t at fixed t, while the law of zeta given omega is smooth and keeps Price's theorem,
  dE f = E[f' + omega' f_omega + M' f_zeta + S' f_zetazeta/2],  omega' = mu' + c' (omega - mu)/(2 c),
  M' = (omega - mu)(m'/c - m c'/(2 c^2)),  S' = rho' - 2 m m'/c + m^2 c'/c^2.

Where the maximiser jumps, l_1 jumps and the second rule has one more term (`shocks`); the first holds as it is, because
l_1 appears under the integral alone.

Primes are derivatives in the symbol.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from derive.calculus.envelopes import Envelope
from derive.calculus.nodes import (
    GaussianAverage,
    LogPartition,
    MoreauEnvelope,
    _Binder,
    combine,
    differentiate,
    expand,
)
from derive.calculus.shocks import shock_terms

__all__ = ["first_order", "path_derivative"]


Table = Mapping[str, Envelope]


def path_derivative(expression: sp.Expr, symbol: sp.Symbol, table: Table) -> sp.Expr:
    """The derivative of averages whose bodies have envelopes of order one at most; of order two after it.

    `table` are the envelopes by name.
    """
    if symbol not in expression.free_symbols:
        return sp.S.Zero
    if isinstance(expression, sp.Add):
        return sp.Add(*[path_derivative(a, symbol, table) for a in expression.args])
    if isinstance(expression, sp.Mul) and expression.has(MoreauEnvelope):
        return sp.Add(
            *[
                sp.Mul(*expression.args[:i], path_derivative(a, symbol, table), *expression.args[i + 1 :])
                for i, a in enumerate(expression.args)
            ]
        )
    if isinstance(expression, GaussianAverage) and expression.has(MoreauEnvelope):
        return _along_paths(expression, symbol, table)
    if isinstance(expression, _Binder) and expression.has(MoreauEnvelope):  # an average over a quenched variable
        return expression._with_body(combine(path_derivative(expression.body, symbol, table)))
    return differentiate(expression, symbol)


def _along_paths(node: GaussianAverage, symbol: sp.Symbol, table: Table) -> sp.Expr:
    body, variables = node.body, node.bound_symbols
    omega, mean, c = variables[0], node.mean[0], node.covariance(0, 0)
    mean_slope, c_slope = differentiate(mean, symbol), differentiate(c, symbol)
    terms = [differentiate(body, symbol)]
    speed = mean_slope + c_slope * (omega - mean) / (2 * c)
    if speed != 0:
        terms.append(speed * differentiate(body, omega))
    if len(variables) == 2:
        zeta, m, rho = variables[1], node.covariance(0, 1), node.covariance(1, 1)
        m_slope = differentiate(m, symbol)
        drift = differentiate(node.mean[1], symbol) + (omega - mean) * (m_slope / c - m * c_slope / (2 * c**2))
        spread = differentiate(rho, symbol) - 2 * m * m_slope / c + m**2 * c_slope / c**2
        slope = differentiate(body, zeta)
        if drift != 0:
            terms.append(drift * slope)
        if spread != 0:
            terms.append(spread / 2 * differentiate(slope, zeta))
    parts = [node._with_body(expand(t)) for t in terms if t != 0]
    shocks = shock_terms(node, symbol, speed, table)
    return sp.Add(*parts, *([node._with_body(shocks)] if shocks != 0 else []))


def first_order(expression: sp.Expr) -> sp.Expr:
    """Write averages that are linear in second derivatives of envelopes with first derivatives, by Stein's lemma."""
    if isinstance(expression, GaussianAverage) and _curved(expression.body):
        return expression._with_body(expand(_stein(expression, expression.body)))
    if isinstance(expression, _Binder):
        return expression._with_body(first_order(expression.body))
    if isinstance(expression, (sp.Add, sp.Mul)):
        return expression.func(*[first_order(a) for a in expression.args])
    return expression


def _curved(body: sp.Expr) -> list[LogPartition]:
    return [l for l in body.atoms(MoreauEnvelope) if l.order >= 2]


def _stein(node: GaussianAverage, body: sp.Expr) -> sp.Expr:
    """Replace G l_2 by l_1 (G (omega - mu)/c - D G) in a body, also under label sums and integrals."""
    if isinstance(body, sp.Add):
        return sp.Add(*[_stein(node, a) for a in body.args])
    curved = _curved(body)
    if not curved:
        return body
    if isinstance(body, _Binder):
        return body._with_body(_stein(node, expand(body.body)))
    factors = sp.Mul.make_args(body)
    inner = [f for f in factors if isinstance(f, _Binder) and _curved(f)]
    if inner:
        rest = sp.Mul(*[f for f in factors if f is not inner[0]])
        return inner[0]._with_body(_stein(node, expand(rest * inner[0].body)))
    omega, c, mean = node.bound_symbols[0], node.covariance(0, 0), node.mean[0]
    if len(curved) != 1 or curved[0].order != 2:
        raise ValueError("a body that is linear in second derivatives of envelopes was expected")
    second = curved[0]
    weight = sp.Mul(*[f for f in factors if f != second])
    if weight.has(second):
        raise ValueError("a body that is linear in second derivatives of envelopes was expected")
    first = second.raised(-1) / differentiate(second.args[3], omega)
    change = differentiate(weight, omega)
    if len(node.bound_symbols) == 2:
        change += node.covariance(0, 1) / c * differentiate(weight, node.bound_symbols[1])
    return first * (weight * (omega - mean) / c - change)
