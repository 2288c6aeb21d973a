"""Functions of one variable as numbers need them: value, slope, curvature and the places where the slope may jump.

The derivatives are sympy's, almost everywhere; what happens at a kink is read off the slopes on its two sides.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import sympy as sp

from derive.spec.functions import Softplus, Step

__all__ = ["Shape", "breakpoints", "is_piecewise_linear", "shape_of"]

MAX_BRANCHES = 64

_SWITCHES = (sp.Abs, sp.sign, Step, sp.Heaviside)


@dataclass(frozen=True, slots=True)
class Shape:
    """A function of `variable`: expressions of value, slope and curvature, and of the points where it may bend.

    `smooth` says that nothing in it switches, so that `slope` and `curvature` hold everywhere.
    """

    variable: sp.Symbol
    value: sp.Expr
    slope: sp.Expr
    curvature: sp.Expr
    breaks: tuple[sp.Expr, ...]
    smooth: bool

    @property
    def zero(self) -> bool:
        """Whether the function vanishes identically."""
        return bool(self.value == 0)


def shape_of(expression: sp.Expr, variable: sp.Symbol) -> Shape:
    """Return the shape of `expression` in `variable`.

    >>> w = sp.Symbol("w", real=True)
    >>> shape = shape_of(sp.Abs(w) + w**2/2, w)
    >>> shape.slope, shape.curvature, shape.breaks, shape.smooth
    (w + sign(w), 1, (0,), False)
    """
    value = _without_overflow(sp.S(expression))
    slope = _almost_everywhere(value.diff(variable))
    curvature = _almost_everywhere(slope.diff(variable))
    smooth = not any(node.has_free(variable) for node in value.atoms(*_SWITCHES, sp.Max, sp.Min, sp.Piecewise))
    return Shape(variable, value, slope, curvature, breakpoints(value, variable), smooth)


def breakpoints(expression: sp.Basic, variable: sp.Symbol) -> tuple[sp.Expr, ...]:
    """Return the points at which `expression` may bend or jump, as far as they solve linear equations.

    >>> x, a = sp.symbols("x a", real=True)
    >>> breakpoints(sp.Max(sp.Abs(x - a) - 1, 0), x)
    (a, a - 1, a + 1)
    """
    found: dict[sp.Expr, None] = {}
    for switch in _switches(expression, variable):
        for branch in itertools.islice(_branches(switch, variable), MAX_BRANCHES):
            slope = sp.expand(branch).coeff(variable)
            rest = sp.expand(branch - slope * variable)
            if slope != 0 and not slope.has_free(variable) and not rest.has_free(variable):
                found[sp.cancel(-rest / slope)] = None
    return tuple(sorted(found, key=sp.default_sort_key))


def is_piecewise_linear(expression: sp.Basic, variable: sp.Symbol) -> bool:
    """Whether everything that switches in `expression` is made of pieces linear in `variable`."""
    for switch in _switches(expression, variable):
        for branch in itertools.islice(_branches(switch, variable), MAX_BRANCHES):
            slope = branch.diff(variable)
            if sp.expand(slope).has_free(variable):
                return False
    return True


def _switches(expression: sp.Basic, variable: sp.Symbol) -> Iterator[sp.Expr]:
    """The expressions at whose zeros something switches."""
    for node in sp.preorder_traversal(expression):
        if not isinstance(node, sp.Basic) or not node.has_free(variable):
            continue
        if isinstance(node, _SWITCHES):
            yield node.args[0]
        elif isinstance(node, (sp.Max, sp.Min)):
            yield from (a - b for a, b in itertools.combinations(node.args, 2))
        elif isinstance(node, sp.core.relational.Relational):
            yield node.lhs - node.rhs


def _branches(expression: sp.Expr, variable: sp.Symbol) -> Iterator[sp.Expr]:
    """The expressions that `expression` consists of, piece by piece, with its outermost switches resolved first."""
    kinds = (sp.Abs, sp.Max, sp.Min, sp.Piecewise, sp.sign, Step)
    nodes = [n for n in sp.preorder_traversal(expression) if isinstance(n, kinds) and n.has_free(variable)]
    if not nodes:
        yield expression
        return
    node = nodes[0]
    if isinstance(node, sp.Abs):
        choices = [node.args[0], -node.args[0]]
    elif isinstance(node, sp.Piecewise):
        choices = [piece for piece, _ in node.args]
    elif isinstance(node, (sp.Max, sp.Min)):
        choices = list(node.args)
    else:
        choices = [sp.S.One, sp.S.Zero, -sp.S.One]
    for choice in choices:
        yield from _branches(expression.xreplace({node: choice}), variable)


def _almost_everywhere(expression: sp.Expr) -> sp.Expr:
    """Leave out what is zero except at points."""
    return sp.S(expression.replace(sp.DiracDelta, lambda *arguments: sp.S.Zero))


def _without_overflow(expression: sp.Expr) -> sp.Expr:
    """Write log(exp(a) + exp(b)) as a + Softplus(b - a), and log cosh(a) as a + Softplus(-2a) - log 2."""

    def logarithm(argument: sp.Expr) -> sp.Expr:
        logs: list[sp.Expr] = []
        for term in sp.Add.make_args(argument):
            numbers, rest = term.as_independent(*term.atoms(sp.exp, sp.cosh), as_Add=False)
            if not numbers.is_positive:
                return sp.log(argument)
            if isinstance(rest, sp.exp):
                logs.append(sp.log(numbers) + rest.args[0])
            elif isinstance(rest, sp.cosh):
                logs.append(sp.log(numbers) + rest.args[0] + Softplus(-2 * rest.args[0]) - sp.log(2))
            elif rest == 1:
                logs.append(sp.log(numbers))
            else:
                return sp.log(argument)
        total = logs[0]
        for other in logs[1:]:
            total = total + Softplus(other - total)
        return total

    return sp.S(expression.replace(sp.log, logarithm))
