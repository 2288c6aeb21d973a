"""Thresholds of minimisers as edges of their domain: separability, existence, interpolation, recovery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import mpmath as mp
import sympy as sp

from derive.calculus.nodes import substitute
from derive.errors import ModelError
from derive.precise.certify import Certified, decimal, proved_digits
from derive.precise.edge import certify_edge
from derive.precise.newton import GUARD, newton
from derive.precise.scalars import compile_many
from derive.replica.edges import THETA, grows, interpolation_excess, recovery_dimension, separable_model
from derive.replica.pipeline import Derivation, run_pipeline
from derive.replica.satisfiable import derive_satisfiable
from derive.spec.model import ThresholdSpec

__all__ = ["EDGES", "edge_threshold"]

EDGES = ("existence", "separability", "interpolation", "recovery")


def edge_threshold(
    derivation: Derivation, spec: ThresholdSpec, values: Mapping[str, Any], digits: int
) -> Certified | None:
    """The value of `spec.solve_for` at an edge, in closed form or certified; None if the edge is never reached.

    Raises
    ------
    ModelError
        For models at finite temperature, and with a sentence for what an edge is not defined for.
    """
    model = derivation.model
    if model.beta is not sp.oo:
        raise ModelError(f'{model.name}: thresholds of kind {spec.kind!r} are about minimisers: beta = "inf"')
    parameter = model.parameter(spec.solve_for)
    kind = "recovery" if (spec.edge or "").endswith("-> 0") else spec.kind  # V and the error vanish together
    flat = derive_satisfiable(derivation) if kind in ("capacity", "existence", "separability") else None
    if flat is not None:
        found = certify_edge(flat.derivation, spec.solve_for, values, digits, parameter)
        method = "V -> infinity: the capacity of the measure on the minimisers"
        return None if found is None else replace(found, method=f"{method}; {found.method}")
    if kind == "capacity":
        raise ModelError(f"{model.name}: the minimum is not degenerate on any side of a capacity (see `existence`)")
    falls = kind in ("existence", "separability") and not (kind == "existence" and grows(derivation))
    if falls:
        companion = run_pipeline(separable_model(derivation))
        found = certify_edge(companion, spec.solve_for, values, digits, parameter)
        method = "V -> infinity: the capacity of the directions along which no loss grows"
        return None if found is None else replace(found, method=f"{method}; {found.method}")
    given = {p.symbol: values[p.name] for p in model.parameters if p.name in values}
    a = parameter.symbol
    if kind != "recovery":
        excess = substitute(interpolation_excess(derivation), given)
        roots = [r for r in sp.solve(excess, a) if r.is_real and parameter.domain.contains(r)]
        if not roots:
            return None
        text = decimal(mp.mpf(sp.N(roots[0], digits + GUARD)._mpf_), digits)
        method = "as many samples as free weights, where the penalty vanishes; closed form"
        return Certified(text, digits, {}, method, str(roots[0]), roots[0])
    if not _noiseless(derivation, given):
        return None
    return _recovery(derivation, a, given, parameter, digits)


def _noiseless(derivation: Derivation, given: Mapping[sp.Symbol, sp.Expr]) -> bool:
    """Whether the labels are the teacher's fields and a constraint leaves no other field to the student."""
    for channel in derivation.model.channels:
        teacher = [f.symbol for f in channel.teacher]
        if channel.label is None or sp.expand(channel.label.expression.xreplace(given)) not in teacher:
            return False
        h = channel.student[0].symbol
        if channel.factor == "constraint" and channel.factor_expression is not None:
            for gap in (sp.Rational(1, 10**12), -sp.Rational(1, 10**12)):
                off = channel.factor_expression.xreplace(given).subs(h, channel.y + gap)
                if sp.simplify(off) != sp.false:
                    return False
    return True


def _recovery(derivation: Derivation, a: sp.Symbol, given, parameter, digits: int) -> Certified | None:
    """Samples = min over theta of the dimension: two equations in theta and the parameter, by Newton in mpmath."""
    dimension = substitute(recovery_dimension(derivation), given)
    samples = substitute(sp.Add(*[c.samples for c in derivation.system.channels]), given)
    penalty = {p.symbol: sp.S.One for p in derivation.model.parameters if p.symbol in dimension.free_symbols - {a}}
    dimension = dimension.xreplace(penalty)
    system = ((THETA, a), (dimension.diff(THETA), samples - dimension))
    equations = compile_many(system[1])

    def residual(y, refine, working):
        return equations({THETA.name: y[0], a.name: y[1]})

    for theta in (1.0, 0.3, 2.0, 0.1, 3.0):
        for scale in (0.5, 1.0, 0.1, 0.9, 2.0):
            default = 1.0 if parameter.default is None else float(sp.N(parameter.default))
            try:
                with mp.workdps(20):
                    start = mp.findroot(
                        lambda *y: residual(y, 1, 20), (mp.mpf(theta), mp.mpf(default * scale)), tol=1e-12
                    )
                    start = [float(v) for v in start]
                    if not (start[0] > 0 and parameter.domain.contains(sp.Float(start[1]))):
                        continue
                    y, error = newton(residual, start, digits)
            except (ValueError, ZeroDivisionError, TypeError, OverflowError):
                continue
            with mp.workdps(digits + GUARD):
                proved = proved_digits(y[1], error)
                method = "perfect recovery: samples = min over theta of E dist(xi, theta d penalty)^2; Newton in mpmath"
                return Certified(decimal(y[1], digits), min(digits, proved), {}, method, root=tuple(y), system=system)
    return None
