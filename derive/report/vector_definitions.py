"""Definitions of the factors, partition functions and site measures of weights of several components."""

from __future__ import annotations

from typing import Any

import sympy as sp

from derive.calculus.labels import LabelAtom
from derive.calculus.nodes import GaussianAverage, bound
from derive.calculus.vectors import triangle
from derive.replica.components import VectorChannel, fields_of
from derive.replica.system import ComponentPart, System
from derive.report.line import Line, Raw, as_expression, both, indexed, measure_part
from derive.report.symbols import Names
from derive.spec.model import UnitSphere, VectorAtom

__all__ = ["vector_channel_lines", "vector_site_lines"]

INNER = bound("inner")


def vector_channel_lines(
    system: System, channel: VectorChannel, names: Names, note: str, part: ComponentPart
) -> list[Line]:
    """F, P and Z of one label component; the covariance in Z is that of the fields inside a state."""
    suffix, inner = part.partition.name.partition("_")[2], part.partition.inner
    given = ", ".join(names.latex(s) for s in inner)
    lines = [Line(indexed(f"F_{suffix}", given), (as_expression(part.partition.body),), note)]
    if part.law_partition is not None and channel.teacher_loads is not None:
        zeta = fields_of("teacher", channel.teacher_loads.rows)
        z = ", ".join(names.latex(s) for s in zeta)
        body = part.law_partition.body.xreplace(dict(zip(part.law_partition.inner, zeta, strict=True)))
        y = f"y={both(part.label.value, names).latex}" if isinstance(part.label, LabelAtom) else "y"
        base = "P" if len(system.channels) == 1 else f"P_{{{channel.index}}}"
        lines.append(Line(Raw(rf"{base}({y}\,|\,{z})"), (as_expression(body),)))
    omega = fields_of("field", len(inner))
    covariance = channel.covariance([f.symbols.v for f in system.families])
    entries = [covariance[i, j] for i, j in triangle(covariance.rows)]
    factor = sp.Function(f"F_{suffix}", real=True)(*inner)
    left = indexed(part.partition.name, ", ".join(names.latex(s) for s in omega))
    right = GaussianAverage(factor, inner, omega, entries)
    lines.append(Line(left, (right,), "panels over the first field, closed or by quadrature over the second"))
    return lines


def vector_site_lines(system: System, names: Names) -> list[Line]:
    """The measure of a site and its Z; the matrix in Z has the modes of the conjugates."""
    site: Any = system.site
    xi = ", ".join(names.latex(s) for s in fields_of("site_field", site.size))
    modes = ", ".join(f"${names.latex(f.symbols.A)}$" for f in system.families)
    w = names.latex(INNER)
    body, whole = site.partition.body, rf"d\mu({w})"
    if system.model.weights[0].law is not None and any(
        isinstance(c, (VectorAtom, UnitSphere)) for _, c in system.model.weights[0].law.components
    ):
        parts = []
        for weight, *point in body.args:
            value = both(weight, names)
            at = ", ".join(both(x, names).latex for x in point)
            head = Raw("", "") if weight == 1 else Raw(rf"{value.latex}\,", f"{value.text} ")
            if not point:  # the sphere
                parts.append(Raw(rf"{head.latex}d\Omega({w})", f"{head.text}dΩ({names.text(INNER)})"))
                continue
            parts.append(Raw(rf"{head.latex}\delta({w} - ({at}))", f"{head.text}δ({names.text(INNER)} - ({at}))"))
        measure = Raw(" + ".join(p.latex for p in parts), " + ".join(p.text for p in parts))
    else:
        parts = [measure_part(part, names) for part in body.args]
        measure = Raw(" + ".join(p.latex for p in parts), " + ".join(p.text for p in parts))
        whole = rf"\prod_k d\mu({w}_k)"
    integral = Raw(rf"\int {whole}\, e^{{-{w}^T \Lambda {w}/2 + \xi^T {w}}}")
    left = indexed(site.partition.name, xi)
    note = rf"the matrix $\Lambda$ has the modes {modes}"
    return [Line(Raw(rf"d\mu({w})"), (measure,)), Line(left, (integral,), note)]
