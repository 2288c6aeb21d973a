r"""From a label written as a function of teacher fields and noise to its law P(y | z).

The result is a list of components: atoms at values, densities on intervals of y, or natural numbers.  A
label without continuous noise has point masses in z, written DiracDelta(z - root(y))*|d root/dy|; the
Gaussian average over z makes them densities of y.  Densities are with respect to dy, except where a label
y = f(z) is not linear: there they are written in a root u of y = f(u) (see `derive.calculus.coordinates`), since
the density of y diverges at a critical value of f and that of u does not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise, product

import sympy as sp
from sympy.core.relational import Relational

from derive.calculus.coordinates import Branch, Coordinate, in_coordinate, ordered
from derive.calculus.gaussian import gaussian_average
from derive.calculus.means import map_expressions, replace_outermost
from derive.calculus.nodes import BOUND
from derive.calculus.piecewise import intersect, inverses, pieces, positive_set
from derive.errors import ModelError, RuleNotApplicable
from derive.spec.functions import GaussMean, Step
from derive.spec.model import Atom, Density, Label, Law, Normal

__all__ = ["LabelAtom", "LabelDensity", "LabelNaturals", "label_components", "smooth_branches"]


@dataclass(frozen=True, slots=True)
class LabelAtom:
    """A label value with probability `law`, a function of the teacher field."""

    value: sp.Expr
    law: sp.Basic


@dataclass(frozen=True, slots=True)
class LabelDensity:
    """Labels y = value(symbol), lower < symbol < upper, with density `law` in (symbol, z) with respect to d(symbol).

    The density with respect to dy is law/slope, slope = |d value/d symbol|; mostly symbol is y and slope is 1.
    """

    symbol: sp.Symbol
    lower: sp.Expr
    upper: sp.Expr
    law: sp.Expr
    value: sp.Expr
    slope: sp.Expr = sp.S.One


@dataclass(frozen=True, slots=True)
class LabelNaturals:
    """Labels y = 0, 1, 2, ... with probability `law` in (symbol, z)."""

    symbol: sp.Symbol
    law: sp.Expr


@dataclass(frozen=True, slots=True)
class Part:
    """A density with respect to dy on (lower, upper): `law` in y, and the point masses of noiseless branches."""

    lower: sp.Expr
    upper: sp.Expr
    law: sp.Expr
    branches: tuple[Branch, ...] = ()


LabelComponent = LabelAtom | LabelDensity | LabelNaturals
Noise = tuple[tuple[str, sp.Symbol, Law], ...]


def label_components(
    label: Label, y: sp.Symbol, z: sp.Symbol | tuple[sp.Symbol, ...] | None, noise: Noise
) -> list[LabelComponent]:
    """Return the components of the label law; `z` is None for labels without a teacher, a tuple of several fields.

    Raises
    ------
    ModelError
        if the label function cannot be inverted or needs two continuous noises that do not combine.
    """
    hidden = _Constants()
    shown = replace(label, expression=hidden.hide(label.expression))
    noise = tuple((name, symbol, map_expressions(law, hidden.hide)) for name, symbol, law in noise)
    return [map_expressions(found, hidden.show) for found in _components(shown, y, z, noise)]


class _Constants:
    """Means over constants as symbols, while roots are taken: a square root of them is positive."""

    def __init__(self) -> None:
        self.table: dict[sp.Basic, sp.Symbol] = {}

    def hide(self, e: sp.Basic) -> sp.Basic:
        """Replace square roots of means, then means."""
        roots = {p for p in e.atoms(sp.Pow) if p.exp == sp.Rational(1, 2) and p.has(GaussMean)}
        roots = {p: self.symbol(p, positive=True) for p in roots}
        e = e.xreplace(roots)
        return replace_outermost(e, GaussMean, lambda m: self.symbol(m, real=True, nonnegative=m.is_nonnegative))

    def symbol(self, e: sp.Basic, **assumptions: bool | None) -> sp.Symbol:
        """The symbol of a constant."""
        known = {k: v for k, v in assumptions.items() if v}
        return self.table.setdefault(e, sp.Dummy(f"constant{len(self.table)}", **known))

    def show(self, e: sp.Basic) -> sp.Basic:
        """Put the constants back."""
        return e.xreplace({symbol: constant for constant, symbol in self.table.items()})


def _components(label: Label, y: sp.Symbol, fields, noise: Noise) -> list[LabelComponent]:
    several = isinstance(fields, tuple)
    z = None if several else fields
    if label.kind == "law":
        if label.space == "finite":
            return [LabelAtom(value, label.expression.xreplace({y: value})) for value in label.values]
        if label.space == "natural":
            natural = sp.Symbol(BOUND["label"].name, integer=True, nonnegative=True)
            return [LabelNaturals(natural, label.expression.xreplace({y: natural}))]
        return [_typed(Part(-sp.oo, sp.oo, label.expression), y, z)]
    z = z if z is not None else sp.Symbol("ζ", real=True)
    teachers = fields if several else (z,)
    atoms: dict[sp.Expr, sp.Expr] = {}
    densities: list[Part] = []
    for weight, expression, continuous in _noise_branches(label.expression, noise):
        try:
            _one_branch(weight, expression, continuous, y, teachers, atoms, densities)
        except RuleNotApplicable as problem:
            raise ModelError(f"label = {label.expression}: {problem}") from None
    found: list[LabelComponent] = [
        LabelAtom(v, law) for v, law in sorted(atoms.items(), key=lambda a: sp.default_sort_key(a[0]))
    ]
    try:
        return found + [_typed(part, y, z) for part in _joined(densities, y)]
    except RuleNotApplicable as problem:
        raise ModelError(f"label = {label.expression}: {problem}") from None


def _typed(part: Part, y: sp.Symbol, z: sp.Symbol | None) -> LabelDensity:
    """A density in y, or in the root of a label that is not linear; the symbol gets the sign of its interval."""
    name = BOUND["label"].name
    if z is not None and part.branches:
        where = in_coordinate(part.lower, part.upper, part.branches, name, y, z)
        if where is not None:
            return _in_root(part, where, y)
    law = part.law
    for branch in part.branches:
        _refuse_flat(branch, z)
        law += branch.density(y, z)
    symbol = sp.Symbol(name, real=True)
    if part.lower.is_nonnegative:
        symbol = sp.Symbol(name, positive=True)
    elif part.upper.is_nonpositive:
        symbol = sp.Symbol(name, negative=True)
    return LabelDensity(symbol, part.lower, part.upper, law.xreplace({y: symbol}).doit(), symbol)


def _in_root(part: Part, where: Coordinate, y: sp.Symbol) -> LabelDensity:
    law = part.law.xreplace({y: where.value}).doit() * where.slope + where.masses
    return LabelDensity(where.symbol, where.lower, where.upper, law, where.value, where.slope)


def _refuse_flat(branch: Branch, z: sp.Symbol) -> None:
    """Refuse a label whose density with respect to dy diverges like |y|^(-2/3) or worse."""
    slope = sp.expand(branch.value.diff(z)).as_poly(z)
    if slope is not None and slope.degree() > 0 and all(c.is_number for c in slope.all_coeffs()):
        flat = [r for r in sp.real_roots(slope) if slope.diff().eval(r) == 0]
        if flat:
            raise RuleNotApplicable(
                f"the label is too flat at {z} = {flat[0]} (its density diverges there), and the intervals of its "
                f"other values cannot be ordered; write an invertible map of the label that is not: overlaps do not "
                f"change"
            )


def _joined(densities: list[Part], y: sp.Symbol) -> list[Part]:
    """Add up densities on common intervals, or under indicators where the ends cannot be ordered."""
    ends = ordered({e for part in densities for e in (part.lower, part.upper)})
    if ends is None:
        total, branches = sp.S.Zero, []
        for part in densities:
            conditions = ((y > part.lower, part.lower), (y < part.upper, part.upper))
            inside = sp.Piecewise((1, sp.And(*[c for c, e in conditions if e not in (sp.oo, -sp.oo)])), (0, True))
            total += part.law * inside
            branches += [replace(b, share=b.share * inside) for b in part.branches]
        return [Part(-sp.oo, sp.oo, total, tuple(branches))]
    result: list[Part] = []
    for position, (lower, upper) in enumerate(pairwise(ends)):
        parts = [p for p in densities if ends.index(p.lower) <= position < ends.index(p.upper)]
        if not parts:
            continue
        law = sp.Add(*[p.law for p in parts])
        masses = tuple(b for p in parts for b in p.branches)
        if result and result[-1].upper == lower and (result[-1].law, result[-1].branches) == (law, masses):
            result[-1] = replace(result[-1], upper=upper)
        else:
            result.append(Part(lower, upper, law, masses))
    return result


def _noise_branches(expression: sp.Expr, noise: Noise):
    """Expand discrete noises and mixtures: (weight, expression, [(symbol, density, lower, upper)])."""
    choices = []
    for _, symbol, law in noise:
        if not isinstance(law, Law):
            raise ModelError("noise drawn from a table is outside the language")
        choices.append([(weight, symbol, component) for weight, component in law.components])
    for combination in product(*choices):
        weight, branch, normals, others = sp.S.One, expression, [], []
        for w, symbol, component in combination:
            weight *= w
            if isinstance(component, Atom):
                branch = branch.xreplace({symbol: component.point})
            elif isinstance(component, Normal):
                normals.append(symbol)
                sd = sp.sqrt(component.variance)
                branch = branch.xreplace({symbol: component.mean + sd * symbol})
            elif isinstance(component, Density):
                others.append((symbol, component))
        normals = [s for s in normals if branch.has(s)]
        while len(normals) > 1:
            branch, normals = _merge_normals(branch, normals)
        others = [(s, c) for s, c in others if branch.has(s)]
        continuous = [(s, sp.exp(-(s**2) / 2) / sp.sqrt(2 * sp.pi), -sp.oo, sp.oo) for s in normals]
        continuous += [(s, c.pdf.xreplace({c.variable: s}), c.lower, c.upper) for s, c in others]
        if len(continuous) > 1:
            names = ", ".join(s.name for s, *_ in continuous)
            raise ModelError(f"the label depends on several continuous noises ({names}) that do not combine into one")
        yield weight, branch, continuous


def _merge_normals(expression: sp.Expr, normals: list[sp.Symbol]) -> tuple[sp.Expr, list[sp.Symbol]]:
    """Join a*e1 + b*e2 into sqrt(a^2 + b^2)*e1 if the expression depends on this combination only."""
    first, second = normals[:2]
    for node in sp.preorder_traversal(expression):
        if not (isinstance(node, sp.Expr) and node.has(first) and node.has(second)):
            continue
        a, b = sp.expand(node).coeff(first), sp.expand(node).coeff(second)
        if a == 0 or b == 0 or a.has(first, second) or b.has(first, second):
            continue
        trial = expression.xreplace({second: (second - a * first) / b})
        trial = trial.replace(lambda e: isinstance(e, sp.Expr), sp.expand)
        if not trial.has(first):
            joined = trial.xreplace({second: sp.sqrt(sp.expand(a**2 + b**2)) * first})
            return joined, [first, *normals[2:]]
    raise ModelError(f"the label depends on {first} and {second} in a way that is not one linear combination")


def smooth_branches(expression: sp.Basic, symbols: tuple[sp.Symbol, ...], without: tuple[sp.Symbol, ...] = ()):
    """Expand switches: (smooth value, [g, ...]) with the branch valid where all g > 0.

    Switches that depend on one of `without` are left alone.
    """
    kinds = (sp.sign, sp.Abs, sp.Max, sp.Min, Step, Relational)
    found = [n for n in expression.atoms(*kinds) if n.has(*symbols) and not (without and n.has(*without))]
    inner = sorted((n for n in found if not any(o is not n and n.has(o) for o in found)), key=sp.default_sort_key)
    if not inner:
        yield expression, []
        return
    node = inner[0]
    if isinstance(node, Relational):
        gap = node.lhs - node.rhs
        if isinstance(node, (sp.Lt, sp.Le)):
            gap = -gap
        if isinstance(node, (sp.Eq, sp.Ne)):
            options = [(sp.false if isinstance(node, sp.Eq) else sp.true, [])]
        else:
            options = [(sp.true, [gap]), (sp.false, [-gap])]
    elif isinstance(node, (sp.Max, sp.Min)):
        flip = 1 if isinstance(node, sp.Max) else -1
        options = [(c, [flip * (c - o) for o in node.args if o is not c]) for c in node.args]
    else:
        g = node.args[0]
        up, down = {
            sp.sign: (sp.S.One, sp.S.NegativeOne),
            Step: (sp.S.One, sp.S.Zero),
            sp.Abs: (g, -g),
        }[node.func]
        options = [(up, [g]), (down, [-g])]
    for value, conditions in options:
        for smooth, more in smooth_branches(expression.xreplace({node: value}), symbols, without):
            yield smooth, conditions + more


def _one_branch(weight, expression, continuous, y, teachers, atoms, densities) -> None:
    symbols = (*teachers, *(s for s, *_ in continuous))
    z = teachers[0]
    for value, conditions in smooth_branches(expression, symbols):
        conditions = [c for c in (sp.expand(g) for g in conditions) if not c.is_positive]
        if any(c.is_nonpositive for c in conditions):
            continue
        noise = continuous[0] if continuous else None
        if noise is not None and value.has(noise[0]):
            _density_from_noise(weight, value, conditions, noise, y, teachers, densities)
            continue
        probability = weight * _probability(conditions, noise, z)
        if not value.has(*teachers):
            atoms[value] = atoms.get(value, sp.S.Zero) + probability
        elif len(teachers) > 1:
            raise RuleNotApplicable("a real label of several fields needs a noise in this version")
        else:
            _density_from_field(value, probability, conditions, noise, y, z, densities)


def _probability(conditions, noise, z) -> sp.Expr:
    """P(all conditions | z), integrating the noise out."""
    fixed = [c for c in conditions if noise is None or not c.has(noise[0])]
    moving = [c for c in conditions if noise is not None and c.has(noise[0])]
    result = sp.S.One
    for g in fixed:
        result *= Step(g)
    if not moving:
        return result
    symbol, density, lower, upper = noise
    where = [(lower, upper)]
    for g in moving:
        where = intersect(where, positive_set(g, symbol))
    total = sp.S.Zero
    for a, b in where:
        total += _mass(symbol, density, a, b)
    return result * total


def _mass(symbol, density, a, b) -> sp.Expr:
    standard = sp.exp(-(symbol**2) / 2) / sp.sqrt(2 * sp.pi)
    if density == standard:
        value = gaussian_average(sp.And(symbol > a, symbol < b), symbol, sp.S.Zero, sp.S.One)
        if value is not None:
            return value
    total = sp.S.Zero
    for piece in pieces(density, symbol):
        for lower, upper in intersect([(piece.lower, piece.upper)], [(a, b)]):
            integral = _between(piece.body, symbol, lower, upper)
            total += (
                sp.Piecewise((integral, upper > lower), (0, True)) if (upper - lower).is_positive is None else integral
            )
    return total


def _between(body: sp.Expr, symbol: sp.Symbol, lower: sp.Expr, upper: sp.Expr) -> sp.Expr:
    """The integral of a smooth body over an interval, from its antiderivative."""
    try:
        primitive = sp.integrate(body, symbol)
        if primitive.has(sp.Integral):
            raise ValueError
        ends = [
            sp.limit(primitive, symbol, end) if end.is_infinite else primitive.xreplace({symbol: end})
            for end in (lower, upper)
        ]
    except (ValueError, NotImplementedError, TypeError):
        raise RuleNotApplicable(f"the noise probability int {body} has no closed form") from None
    return ends[1] - ends[0]


def _split_conditions(conditions, root, symbol, y, teachers):
    """Substitute a root into the conditions: (y-intervals, indicator in z)."""
    where, indicator = [(-sp.oo, sp.oo)], sp.S.One
    for g in conditions:
        g = sp.expand(g.xreplace({symbol: root})) if symbol is not None else g
        if g.has(*teachers):
            indicator *= Step(g)
        else:
            where = intersect(where, positive_set(g, y))
    return where, indicator


def _root_domain(condition, y) -> list[sp.Expr]:
    """The inequalities g > 0 of a root's condition."""
    if condition is sp.true:
        return []
    parts = condition.args if isinstance(condition, sp.And) else (condition,)
    return [p.lhs - p.rhs if isinstance(p, (sp.Gt, sp.Ge)) else p.rhs - p.lhs for p in parts]


def _density_from_noise(weight, value, conditions, noise, y, teachers, densities) -> None:
    symbol, density, lower, upper = noise
    support = [g for g in (symbol - lower, upper - symbol) if g not in (sp.oo, -sp.oo) and not g.is_infinite]
    for root, condition in inverses(value, symbol, y):
        everything = [*conditions, *support, *_root_domain(condition, y)]
        where, indicator = _split_conditions(everything, root, symbol, y, teachers)
        law = weight * density.xreplace({symbol: root}) * sp.Abs(sp.simplify(root.diff(y))) * indicator
        densities.extend(Part(a, b, law) for a, b in where)


def _density_from_field(value, probability, conditions, noise, y, z, densities) -> None:
    fixed = [c for c in conditions if noise is None or not c.has(noise[0])]
    chance = probability
    for g in fixed:
        chance = chance.xreplace({Step(g): sp.S.One})
    for root, condition in inverses(value, z, y):
        where, _ = _split_conditions([*fixed, *_root_domain(condition, y)], root, z, y, (sp.Dummy(),))
        densities.extend(Part(a, b, sp.S.Zero, (Branch(value, root, chance),)) for a, b in where)
