"""Checks that laws and label laws are probabilities, at several points inside the domains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import sympy as sp

from derive.spec.context import Context, Y
from derive.spec.domains import sample_values
from derive.spec.evaluate import NotNumericError, evaluate, integrate, natural_sum
from derive.spec.faults import Path
from derive.spec.laws import ParsedLaw
from derive.spec.model import Atom, Density, Label, Law, Normal, Table

__all__ = ["check_label", "check_law", "check_likelihood", "check_sign"]

FIELD_VALUES = (0.0, 0.7, -1.3, 2.1, -0.2, -2.9)
Values = Mapping[sp.Symbol, float]


def parameter_points(context: Context, used: set[sp.Symbol]) -> Iterator[tuple[dict[sp.Symbol, float], bool]]:
    """Yield values of the used parameters with whether they are the defaults: defaults first."""
    parameters = [p for p in context.parameters if p.symbol in used]
    defaults = {p.symbol: float(sp.N(p.default)) for p in parameters if p.default is not None}
    missing = {p.symbol: sample_values(p.domain)[0] for p in parameters if p.default is None}
    yield {**missing, **defaults}, not missing
    for shift in range(4) if parameters else ():
        point = {}
        for i, parameter in enumerate(parameters):
            samples = sample_values(parameter.domain)
            point[parameter.symbol] = samples[(i + shift) % len(samples)]
        yield point, False


def _quenched_values(law: Law | Table, values: Values, rows: list[int]) -> list[float]:
    """Return a few values that a quenched variable takes; those of a table at `rows`."""
    if isinstance(law, Table):
        return [law.values[row] for row in rows]
    found: list[float] = []
    for _, component in law.components[:3]:
        if isinstance(component, Atom):
            found.append(float(evaluate(component.point, values)))
        elif isinstance(component, Normal):
            mean, sd = (float(evaluate(e, values)) for e in (component.mean, sp.sqrt(component.variance)))
            found += [mean + 0.8 * sd, mean - 1.4 * sd]
        elif isinstance(component, Density):
            low, high = (float(evaluate(e, values)) for e in (component.lower, component.upper))
            if np.isfinite(low) and np.isfinite(high):
                found += [low + 0.3 * (high - low), low + 0.8 * (high - low)]
            elif np.isfinite(low):
                found += [low + 0.5, low + 2.0]
            else:
                found += [high - 0.5] if np.isfinite(high) else [0.5, -1.5]
    return [v for v in found if np.isfinite(v)] or [0.5]


def _points(context: Context, expressions: list[sp.Expr]) -> Iterator[dict[sp.Symbol, float]]:
    """Yield points for the parameters and earlier quenched variables of `expressions`."""
    used: set[sp.Symbol] = set().union(*(e.free_symbols for e in expressions))
    involved = {p.symbol for p in context.parameters}
    quenched = [q for q in context.quenched if q.symbol in used]
    for point, _ in parameter_points(context, involved if quenched else used):
        if not quenched:
            yield point
            continue
        for k in range(max(2, len(context.tables.rows))):
            values = dict(point)
            for q in context.quenched:
                options = _quenched_values(q.law, values, context.tables.rows)
                values[q.symbol] = options[k % len(options)]
            yield values


def _where(values: Values, comma: str = "") -> str:
    """Return " at a = 1, b = 2" for a message, after a comma if one is given."""
    shown = ", ".join(f"{s.name} = {v:.6g}" for s, v in sorted(values.items(), key=lambda item: item[0].name))
    return f"{comma} at {shown}" if shown else ""


def _shown(values: Values, expression: sp.Basic) -> Values:
    return {s: v for s, v in values.items() if s in expression.free_symbols}


def check_law(context: Context, path: Path, parsed: ParsedLaw) -> bool:
    """Check weights and densities of a law; record a fault and return False at the first that fails."""
    law = parsed.law
    if isinstance(law, Table):
        return True
    for message in _law_faults(context, parsed, law):
        context.faults.add(path, message)
        return False
    return True


def _law_faults(context: Context, parsed: ParsedLaw, law: Law) -> Iterator[str]:
    total = sp.Add(*parsed.weights)
    symbolic = bool(parsed.weights) and total != 1 and sp.expand(total) != 1
    try:
        if parsed.weights:
            for values in _points(context, [*parsed.weights]):
                for weight in parsed.weights:
                    value = float(evaluate(weight, values))
                    if value < -1e-12:
                        where = _where(_shown(values, weight), ",")
                        yield f"a weight of the law is {value:.6g}, negative{where}"
                if symbolic:
                    value = float(evaluate(total, values))
                    if not abs(value - 1) < 1e-9:
                        where = _where(_shown(values, total), ",")
                        yield f"the weights of the law sum to {value:.10g}, not to 1{where}"
        for _, component in law.components:
            if isinstance(component, Normal):
                yield from _variance_faults(context, component)
            elif isinstance(component, Density) and component.label not in ("laplace", "marchenko_pastur"):
                yield from _density_faults(context, component)
    except NotNumericError:
        return


def _variance_faults(context: Context, component: Normal) -> Iterator[str]:
    if component.variance.is_positive:
        return
    for values in _points(context, [component.variance]):
        value = float(evaluate(component.variance, values))
        if value < 0:
            yield f"the variance of the normal law is {value:.6g}{_where(_shown(values, component.variance))}"


def _density_faults(context: Context, component: Density) -> Iterator[str]:
    pdf, variable = component.pdf, component.variable
    for values in _points(context, [pdf, component.lower, component.upper]):
        low, high = (float(evaluate(e, values)) for e in (component.lower, component.upper))
        where = _where(values)
        if not low < high:
            yield f"the lower end of the density is not below the upper end{where}"
        elif component.label != "uniform":
            value, least = integrate(pdf, variable, low, high, values)
            if least < -1e-9:
                yield f"the density is negative{where}"
            elif not abs(value - 1) < 1e-5:
                yield f"the density integrates to {value:.8g}, not to 1{_where(values, ',')}"


def check_sign(context: Context, path: Path, expression: sp.Expr | None, what: str, zero: bool = False) -> bool:
    """Check that a number is positive (or zero, if `zero`) at several points inside the domains."""
    if expression is None or expression.is_positive or (zero and expression.is_nonnegative):
        return True
    if any(context.faults.below(("parameters", s.name)) for s in expression.free_symbols):
        return True
    for values in _points(context, [expression]):
        try:
            value = float(evaluate(expression, values))
        except NotNumericError:
            return True
        if value < 0 or (value == 0 and not zero):
            rule = "cannot be negative" if zero else "is positive"
            context.faults.add(path, f"{what} {rule}; it is {value:.6g}{_where(_shown(values, expression))}")
            return False
    return True


# -------------------------------------------------------------------------------------------- labels


def check_likelihood(context: Context, path: Path, weight: sp.Expr, label: Label | None) -> bool:
    """Check that a likelihood is nowhere negative, at a few fields and labels inside the domains."""
    known = {p.symbol for p in context.parameters} | {Y}
    fields = sorted(weight.free_symbols - known, key=str)
    labels: list[sp.Expr] = [sp.Integer(k) for k in (0, 1, 3)]
    if label is not None and label.space == "finite" and label.values:
        labels = list(label.values)
    for parameters, _ in parameter_points(context, weight.free_symbols):
        for k in range(len(FIELD_VALUES) if fields else 1):
            values = {**parameters, **{f: FIELD_VALUES[(k + i) % len(FIELD_VALUES)] for i, f in enumerate(fields)}}
            for y in labels:
                try:
                    values[Y] = float(evaluate(y, values))
                    value = float(evaluate(weight, values))
                except NotNumericError:
                    return True
                if value < -1e-12:
                    where = _where(_shown(values, weight))
                    context.faults.add(path, f"the likelihood is {value:.6g}, negative{where}")
                    return False
    return True


def _total(label: Label, values: Values) -> tuple[float, float]:
    """Return the sum or integral of the label law over its values, and its least value."""
    if label.space == "finite":
        found = []
        for value in label.values:
            y = float(evaluate(value, values))
            found.append(float(evaluate(label.expression, {**values, Y: y})))
        return float(np.sum(found)), float(np.min(found))
    if label.space == "natural":
        return natural_sum(label.expression, Y, values)
    return integrate(label.expression, Y, -np.inf, np.inf, values)


def check_label(context: Context, path: Path, label: Label, fields: list[sp.Symbol]) -> bool:
    """Check that a label law sums or integrates to one for every teacher field.

    Six values of the fields at the defaults and at a few other points inside the domains.
    """
    used = label.expression.free_symbols.union(*(v.free_symbols for v in label.values))
    word = {"finite": "sums", "natural": "sums", "real": "integrates"}[str(label.space)]
    tolerance = {"finite": 1e-9, "natural": 1e-6, "real": 1e-6}[str(label.space)]
    undefined: Values | None = None
    defined = 0
    for parameters, _ in parameter_points(context, used):
        for k in range(len(FIELD_VALUES) if fields else 1):
            chosen = {f: FIELD_VALUES[(k + i) % len(FIELD_VALUES)] for i, f in enumerate(fields)}
            values = {**parameters, **chosen}
            try:
                value, least = _total(label, values)
            except NotNumericError:
                return True
            where = _where(values)
            if not np.isfinite(value):
                undefined = undefined or values
                continue
            defined += 1
            if least < -1e-9:
                context.faults.add(path, f"the probability is negative ({least:.6g}){where}")
                return False
            if abs(value - 1) > tolerance:
                message = f"the label law {word} to {value:.8g} over the values of y, not to 1"
                context.faults.add(path, message + _where(values, ","))
                return False
    if undefined is not None and not defined:
        context.faults.add(path, f"the label law has no finite value{_where(undefined)}")
        return False
    return True
