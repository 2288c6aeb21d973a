"""Means over constants of a model: `site_mean` in terms of the quenched laws, `gauss` as an average node."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import mpmath
import sympy as sp

from derive.calculus.gaussian import gaussian_average
from derive.calculus.nodes import DensityAverage, GaussianAverage, bound, differentiate
from derive.calculus.rows import RowAverage, RowTable
from derive.errors import ModelError
from derive.spec.functions import GaussMean, SiteMean, normal_pdf
from derive.spec.model import Atom, Density, Model, Normal, Quenched, Table

__all__ = [
    "QuenchedMean",
    "as_average",
    "density_average",
    "map_expressions",
    "over_rows",
    "quenched_average",
    "quenched_node",
    "replace_outermost",
    "resolve_means",
]

T = TypeVar("T")


def map_expressions(value: T, change: Callable[[sp.Basic], sp.Basic]) -> T:
    """Apply `change` to every sympy expression inside tuples, mappings and dataclasses; the rest is kept."""
    result: Any = value
    if isinstance(value, sp.Basic):
        result = change(value)
    elif isinstance(value, tuple):
        result = tuple(map_expressions(item, change) for item in value)
    elif isinstance(value, Mapping):
        result = {key: map_expressions(item, change) for key, item in value.items()}
    elif is_dataclass(value) and not isinstance(value, type):
        parts = {f.name: map_expressions(getattr(value, f.name), change) for f in fields(value) if f.init}
        result = replace(value, **parts)
    return result


def replace_outermost(e: sp.Basic, kind: type, change: Callable[[Any], sp.Basic]) -> sp.Basic:
    """Replace the nodes of a kind that lie in no other node of that kind."""
    if isinstance(e, kind):
        return change(e)
    if e.args and e.has(kind):
        return e.func(*[replace_outermost(a, kind, change) for a in e.args])
    return e


class QuenchedMean(GaussMean):
    """A mean over quenched laws without closed form: an average node that depends on parameters only."""

    def __new__(cls, node: sp.Expr) -> sp.Expr:
        """Return the mean, or the node itself where nothing is left to average."""
        return sp.Expr.__new__(cls, node) if node.has(DensityAverage, RowAverage, GaussianAverage) else node

    @property
    def bound_symbols(self) -> list[sp.Symbol]:
        """The variables of the outer average."""
        return list(self.args[0].bound_symbols)

    @property
    def free_symbols(self) -> set[sp.Basic]:
        """The symbols that the average leaves free."""
        return set(self.args[0].free_symbols)

    def _eval_is_nonnegative(self) -> bool | None:
        body = self.args[0]
        while isinstance(body, (DensityAverage, RowAverage, GaussianAverage)):
            body = body.body
        return True if body.is_nonnegative or all(f.as_base_exp()[1].is_even for f in sp.Mul.make_args(body)) else None

    def _eval_is_positive(self) -> bool | None:
        return self._eval_is_nonnegative()

    def _eval_subs(self, old: sp.Basic, new: sp.Basic) -> sp.Basic | None:
        return None

    def _eval_derivative(self, symbol: sp.Symbol) -> sp.Expr:
        return _wrapped(differentiate(self.args[0], symbol))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        text = printer._print(self.args[0])
        return rf"\left({text}\right)^{{{exp}}}" if exp else text

    def _eval_evalf(self, prec: int) -> sp.Expr | None:
        if self.free_symbols:
            return None
        with mpmath.workprec(prec + 20):
            return sp.Float(_numeric(self.args[0], {}), precision=prec)


def _numeric(node: sp.Expr, values: dict[sp.Symbol, Any]) -> Any:
    """A nested average in mpmath, by double-exponential quadrature and sums over rows."""
    if isinstance(node, RowAverage):
        rows = zip(*node.table.columns.values(), strict=True)
        terms = [
            _numeric(node.body, {**values, **dict(zip(node.bound_symbols, map(mpmath.mpf, row), strict=True))})
            for row in rows
        ]
        return mpmath.fsum(terms) / node.table.rows
    if isinstance(node, (DensityAverage, GaussianAverage)):
        s = node.bound_symbols[0]
        if isinstance(node, DensityAverage):
            weight, ends = node.pdf, node.args[3:]
        else:
            weight, ends = normal_pdf(s, node.mean[0], node.covariance(0, 0)), (-sp.oo, sp.oo)
        lower, upper = (_numeric(e, values) for e in ends)

        def f(x: Any) -> Any:
            inside = {**values, s: x}
            return _numeric(weight, inside) * _numeric(node.body, inside)

        return mpmath.quad(f, [lower, upper])
    if node.is_infinite:
        return mpmath.inf if node is sp.oo else -mpmath.inf
    inner = {a: sp.Float(_numeric(a, values)) for a in node.atoms(DensityAverage, RowAverage, GaussianAverage)}
    given = {s: sp.Float._new(x._mpf_, mpmath.mp.prec) for s, x in values.items()}
    value = node.xreplace(inner).xreplace(given).evalf(mpmath.mp.dps + 5)
    real, rest = value.as_real_imag()  # the root of an end of a density that is rounded outside of it is imaginary
    if abs(rest) > 1e-6 * (1 + abs(real)):
        raise ModelError(f"the mean of {node} over a quenched law is not real")
    return mpmath.mpf(sp.Float(real, mpmath.mp.dps + 5)._mpf_)


def quenched_node(body: sp.Expr, quenched: Sequence[Quenched]) -> sp.Expr:
    """The mean over the quenched laws: sums over atoms and closed Gaussian moments, else average nodes."""
    node = body
    tables = [q for q in quenched if isinstance(q.law, Table)]
    for variable in reversed(quenched):
        s = variable.symbol
        if isinstance(variable.law, Table) or not node.has_free(s):
            continue
        total = sp.S.Zero
        for weight, component in variable.law.components:
            total += weight * _component_mean(node, s, component)
        node = sp.simplify(total) if not total.has(DensityAverage, GaussianAverage) else total
    if any(node.has_free(q.symbol) for q in tables):
        node = over_rows(node, tables)
    return node


def quenched_average(body: sp.Expr, quenched: Sequence[Quenched]) -> sp.Expr:
    """The mean over the quenched laws of an expression of parameters: closed, else with a `QuenchedMean`."""
    node = quenched_node(body, quenched)
    return sp.Add(*[_wrapped(term) for term in sp.Add.make_args(sp.expand(node, deep=False))])


def _wrapped(term: sp.Expr) -> sp.Expr:
    factor, rest = sp.S.One, term
    if isinstance(term, sp.Mul):
        inside = [f for f in term.args if f.has(DensityAverage, RowAverage, GaussianAverage)]
        factor, rest = sp.Mul(*[f for f in term.args if f not in inside]), sp.Mul(*inside)
    return factor * QuenchedMean(rest) if rest.has(DensityAverage, RowAverage, GaussianAverage) else term


def over_rows(node: sp.Expr, tables: Sequence[Quenched]) -> sp.Expr:
    """The mean over the rows of the table that these variables are columns of."""
    names = {q.symbol: bound("quenched", 20 + i) for i, q in enumerate(tables)}
    data = RowTable({q.name: q.law.values for q in tables})
    return RowAverage(node.xreplace(names), tuple(names.values()), data)


def _component_mean(body: sp.Expr, s: sp.Symbol, component: Any) -> sp.Expr:
    if isinstance(component, Atom):
        return body.xreplace({s: component.point})
    if isinstance(component, Normal):
        value = gaussian_average(body, s, component.mean, component.variance)
        if value is not None:
            return value
        x = bound("quenched", 30)
        return GaussianAverage(body.xreplace({s: x}), (x,), (component.mean,), (component.variance,))
    x = bound("quenched", 31 + len(body.atoms(DensityAverage)))
    pdf = component.pdf.xreplace({component.variable: x})
    if body.is_polynomial(s):
        value = (
            sp.integrate(sp.expand(pdf * body.xreplace({s: x})), (x, component.lower, component.upper))
            if (component.label in ("uniform", "laplace"))
            else sp.Integral(0, x)
        )
        if not value.has(sp.Integral):
            return value
    return density_average(body, s, component, x)


def density_average(body: sp.Expr, s: sp.Symbol, component: Density, x: sp.Symbol) -> sp.Expr:
    """The average of a body in s over a density, in the bound variable x."""
    pdf = component.pdf.xreplace({component.variable: x})
    return DensityAverage(body.xreplace({s: x}), x, pdf, component.lower, component.upper)


def angle_of(
    s: sp.Symbol, pdf: sp.Expr, lower: sp.Expr, upper: sp.Expr, angle: sp.Symbol
) -> tuple[sp.Expr, sp.Expr] | None:
    """(s, density) as functions of an angle in (0, pi), for a density with square roots at both ends of an interval.

    With g(s) sqrt((b - s)(s - a)) the angle of s = a + (b - a) sin(angle/2)^2 makes the integrand smooth.
    """
    if lower.is_infinite or upper.is_infinite:
        return None
    edge = sp.sqrt((upper - s) * (s - lower))
    smooth = sp.powdenest(sp.simplify(pdf / edge)) if pdf.has(sp.Pow) else edge
    if any(p.has(s) and not p.exp.is_Integer for p in smooth.atoms(sp.Pow)):
        return None
    half = sp.simplify((upper - lower) / 2)
    value = lower + 2 * half * sp.sin(angle / 2) ** 2  # as it is written: at a = 0 nothing cancels
    return value, half**2 * sp.sin(angle) ** 2 * smooth.xreplace({s: value})


def as_average(mean: sp.Expr) -> sp.Expr:
    """E f(x) over x ~ N(0, 1), or a mean over quenched laws, as a node of the calculus; means inside it alike."""
    if not isinstance(mean, GaussMean):
        return replace_outermost(mean, GaussMean, as_average)
    if isinstance(mean, QuenchedMean):
        return replace_outermost(mean.args[0], GaussMean, as_average)
    body, x = mean.args
    return GaussianAverage(replace_outermost(body, GaussMean, as_average), (x,), (sp.S.Zero,), (sp.S.One,))


def _site_mean(mean: SiteMean, quenched: Sequence[Quenched]) -> sp.Expr:
    """The mean over the quenched laws, means inside it first."""
    body = replace_outermost(mean.args[0], SiteMean, lambda inner: _site_mean(inner, quenched))
    return quenched_average(body, quenched)


def _irrational(e: sp.Basic) -> bool:
    """Whether a sum in an expression has an irrational number for a term."""
    sums = e.atoms(sp.Add)
    return any(a.is_number and not a.is_Rational for total in sums for a in total.args)


class Constants:
    """Expressions of parameters that hold means, as symbols while rules simplify; a square root of them is positive."""

    def __init__(self, parameters: Sequence[sp.Symbol]):
        self.parameters = frozenset(parameters)
        self.table: dict[sp.Basic, sp.Symbol] = {}

    def hide(self, e: sp.Basic) -> sp.Basic:
        """Replace the largest constant parts that hold a mean, and sums of irrational numbers."""
        if not e.args or not (e.has(GaussMean) or _irrational(e)):
            return e
        known = self.parameters.union(self.table.values())
        if isinstance(e, sp.Expr) and e.has(GaussMean) and e.free_symbols <= known:
            return self._symbol(e)
        if isinstance(e, (sp.Add, sp.Mul)):
            fixed = [a for a in e.args if a.free_symbols <= known and (a.has(GaussMean) or a.is_number)]
            moving = [a if a in fixed else self.hide(a) for a in e.args if a not in fixed]
            constant = e.func(*fixed)
            sums = isinstance(e, sp.Add) and not constant.is_Rational
            return e.func(self._symbol(constant) if constant.has(GaussMean) or sums else constant, *moving)
        return e.func(*[self.hide(a) for a in e.args])

    def _symbol(self, e: sp.Expr) -> sp.Symbol:
        e = e.xreplace(self.values)
        root = isinstance(e, sp.Pow) and e.exp == sp.Rational(1, 2)
        known = {"positive": True} if root or e.is_positive else {"real": True, "nonnegative": e.is_nonnegative}
        name = f"ϰ{len(self.table)}"
        return self.table.setdefault(e, sp.Symbol(name, **{k: v for k, v in known.items() if v}))

    @property
    def values(self) -> dict[sp.Symbol, sp.Basic]:
        """The expressions by symbol."""
        return {symbol: e for e, symbol in self.table.items()}


def resolve_means(model: Model) -> Model:
    """Return the model with every `site_mean` written in its quenched laws.

    Raises
    ------
    ModelError
        For a `gauss` without closed form that depends on more than parameters.
    """
    resolved = map_expressions(
        model, lambda e: replace_outermost(e, SiteMean, lambda mean: _site_mean(mean, model.quenched))
    )
    parameters = {p.symbol for p in model.parameters}

    for channel in resolved.channels:
        if channel.samples.is_negative or channel.input_sd.is_nonpositive:
            raise ModelError(
                f"channel[{channel.index}]: samples or input.sd is not positive, with its site_mean computed"
            )

    def check(e: sp.Basic) -> sp.Basic:
        if e.has(sp.zoo, sp.nan):
            raise ModelError(f"{model.name}: a division by zero, with its site_mean computed")
        for mean in sorted(e.atoms(GaussMean), key=str) if e.has(GaussMean) else ():
            foreign = sorted(s.name for s in mean.free_symbols - parameters if not s.name.startswith(("θ", "σ")))
            if foreign:
                names = ", ".join(foreign)
                message = (
                    f"{model.name}: a gauss(...) of {names} without closed form is not derived yet by this version"
                )
                raise ModelError(message)
        return e

    return map_expressions(resolved, check)
