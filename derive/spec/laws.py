"""Text of a probability law -> Law: weighted sums of atoms, normals and densities.

The variable of a density is a reserved symbol that no model file can write, so that a law can be
put anywhere without capture.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

import sympy as sp

from derive.errors import nearest
from derive.spec.grammar import ExpressionError, Scope, parse_expression
from derive.spec.model import Atom, Component, Density, Law, Normal, Table, UnitSphere, VectorAtom
from derive.spec.syntax import parse_text
from derive.spec.vocabulary import is_constant
from derive.spec.walker import Walker

__all__ = ["LAWS", "VARIABLE", "ParsedLaw", "parse_law"]

VARIABLE = sp.Symbol("χ", real=True)

LAWS = (
    "delta",
    "atoms",
    "normal",
    "uniform",
    "laplace",
    "marchenko_pastur",
    "density",
    "law",
    "unit_sphere",
)

_EXAMPLE = 'for example "atoms(-1, 1)" or "(1 - rho)*delta(0) + rho*normal(0, 1)"'


@dataclass(frozen=True, slots=True)
class ParsedLaw:
    """A law with the weights the author wrote (`weights`, whose sum must be one).

    `places` are the columns, in the text, where the file and the column of a table are named.
    """

    law: Law | Table
    weights: tuple[sp.Expr, ...] = ()
    dimensions: frozenset[int] = field(default_factory=frozenset)
    vector: bool = False
    places: tuple[int, int] = (1, 1)


def _is_law(node: ast.AST) -> bool:
    return any(
        isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in (*LAWS, "table")
        for n in ast.walk(node)
    )


class _Reader:
    """The walk over one law."""

    def __init__(self, walker: Walker, known: Mapping[str, Law | Table], count: bool):
        self.walker = walker
        self.known = known
        self.count = count
        self.pieces: list[tuple[sp.Expr, list[tuple[sp.Expr, Component]]]] = []

    def terms(self, node: ast.expr, factor: sp.Expr, depth: int = 0) -> None:
        """Collect the weighted components below `node`."""
        walker = self.walker
        if depth > 20:
            raise walker.fault(node, "the law is nested too deeply")
        match node:
            case ast.BinOp(op=ast.Add() | ast.Sub()):
                for operator, operand in walker.chain(node, (ast.Add, ast.Sub)):
                    sign = -1 if isinstance(operator, ast.Sub) else 1
                    self.terms(operand, sign * factor, depth + 1)
            case ast.BinOp(op=ast.Mult() | ast.Div()):
                law: ast.expr | None = None
                for operator, operand in walker.chain(node, (ast.Mult, ast.Div)):
                    if _is_law(operand):
                        if law is not None or isinstance(operator, ast.Div):
                            raise walker.fault(operand, "laws are added with weights, not multiplied")
                        law = operand
                        continue
                    weight = walker.number(operand, 1)
                    if isinstance(operator, ast.Div):
                        if weight.is_zero:
                            raise walker.fault(operand, "division by zero")
                        weight = 1 / weight
                    factor = factor * weight
                if law is None:
                    raise walker.fault(node, "a law is expected here", _EXAMPLE)
                self.terms(law, factor, depth + 1)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                sign = -1 if isinstance(node.op, ast.USub) else 1
                self.terms(node.operand, sign * factor, depth + 1)
            case ast.Call(func=ast.Name(id=name)) if name in LAWS:
                if self.count and factor != 1:
                    raise walker.fault(node, "`count` gives each atom the weight 1", 'write "atoms(-1, 1)"')
                self.pieces.append((factor, self.component(node, name)))
            case ast.Call(func=ast.Name(id=name)):
                close = nearest(name, [*LAWS, "table"])
                hint = f"did you mean `{close}`?" if close else "laws: " + ", ".join(LAWS)
                if name == "table":
                    hint = 'a table stands alone: table("file.csv", "column")'
                raise walker.fault(node, f"`{name[:60]}` cannot stand here as a law", hint)
            case _:
                raise walker.fault(node, "a law is expected here", _EXAMPLE)

    def component(self, node: ast.Call, name: str) -> list[tuple[sp.Expr, Component]]:
        """Read one law and return its components with the weights inside it."""
        walker = self.walker
        if node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
            raise walker.fault(node, f"the arguments of {name} are plain expressions")
        if self.count and name != "atoms":
            raise walker.fault(node, "`count` takes atoms: each has weight 1", 'write "atoms(-1, 1)"')
        if name in ("atoms", "density", "law"):
            reader = {"atoms": self.atoms, "density": self.density, "law": self.law}[name]
            return reader(node)
        counts = {
            "delta": 1,
            "normal": 2,
            "uniform": 2,
            "laplace": 1,
            "marchenko_pastur": 1,
            "unit_sphere": 0,
        }
        number = counts[name]
        walker.arity(node, name, len(node.args) == number, f"{number} argument{'' if number == 1 else 's'}")
        values = [walker.number(a, 1) for a in node.args]
        if name == "unit_sphere":
            return [(sp.S.One, UnitSphere())]
        if name == "delta":
            return [(sp.S.One, Atom(values[0]))]
        if name == "normal":
            self.positive(node.args[1], values[1], "the variance of a normal law", "write delta(mean)")
            return [(sp.S.One, Normal(values[0], values[1]))]
        x = VARIABLE
        if name == "uniform":
            self.positive(node.args[1], values[1] - values[0], "the length of the interval", "uniform(a, b)")
            pdf = 1 / (values[1] - values[0])
            return [(sp.S.One, Density(x, pdf, values[0], values[1], "uniform"))]
        self.positive(node.args[0], values[0], f"the argument of {name}", "")
        if name == "laplace":
            pdf = sp.exp(-sp.Abs(x) / values[0]) / (2 * values[0])
            return [(sp.S.One, Density(x, pdf, -sp.oo, sp.oo, "laplace"))]
        return _marchenko_pastur(values[0])

    def positive(self, node: ast.AST, value: sp.Expr, what: str, hint: str) -> None:
        """Refuse what is not positive wherever that is known."""
        if value.is_nonpositive or (is_constant(value) and sp.N(value) <= 0):
            raise self.walker.fault(node, f"{what} must be positive", hint)

    def atoms(self, node: ast.Call) -> list[tuple[sp.Expr, Component]]:
        """Read atoms(a, b, ..) or atoms([..], [..])."""
        walker = self.walker
        if not node.args:
            raise walker.fault(node, "atoms takes at least one value")
        points: list[Component] = []
        for argument in node.args:
            if isinstance(argument, ast.List):
                if not argument.elts:
                    raise walker.fault(argument, "an atom of no components")
                points.append(VectorAtom(tuple(walker.number(e, 2) for e in argument.elts)))
            else:
                points.append(Atom(walker.number(argument, 1)))
        if len(set(points)) < len(points):
            raise walker.fault(node, "an atom occurs twice")
        weight = sp.S.One if self.count else sp.Rational(1, len(points))
        return [(weight, point) for point in points]

    def law(self, node: ast.Call) -> list[tuple[sp.Expr, Component]]:
        """Read law(v), the law of an earlier quenched variable."""
        walker = self.walker
        walker.arity(node, "law", len(node.args) == 1, "one argument: the name of a quenched variable")
        argument = node.args[0]
        if not isinstance(argument, ast.Name) or argument.id not in self.known:
            name = argument.id if isinstance(argument, ast.Name) else "this"
            known = ", ".join(self.known) or "none is declared"
            close = nearest(name, self.known)
            hint = f"did you mean `{close}`?" if close else f"quenched variables: {known}"
            raise walker.fault(argument, f"`{name[:60]}` is not a quenched variable that is known here", hint)
        law = self.known[argument.id]
        if isinstance(law, Table):
            raise walker.fault(argument, f"`{argument.id}` is a column of a table and has no law in symbols")
        return list(law.components)

    def density(self, node: ast.Call) -> list[tuple[sp.Expr, Component]]:
        """Read density("f(x)", a, b); without ends the whole line."""
        walker = self.walker
        walker.arity(node, "density", len(node.args) in (1, 3), 'one or three arguments: density("f(x)", a, b)')
        body = node.args[0]
        if not (isinstance(body, ast.Constant) and isinstance(body.value, str)):
            raise walker.fault(body, "the first argument of density is quoted text in x", 'density("f(x)", a, b)')
        names = {**walker.scope.names, "x": VARIABLE}
        pdf = self.inner(body, Scope(names=names, place="a density"))
        ends = [-sp.oo, sp.oo]
        for i, argument in enumerate(node.args[1:]):
            scope = Scope(names=walker.scope.names, elsewhere=walker.scope.elsewhere, infinity=True)
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                ends[i] = self.inner(argument, scope)
            else:
                ends[i] = Walker(walker.source, scope).number(argument, 1)
        if is_constant(ends[0]) and is_constant(ends[1]) and not bool(sp.N(ends[0]) < sp.N(ends[1])):
            raise walker.fault(node, "the lower end of the density is not below the upper end")
        return [(sp.S.One, Density(VARIABLE, pdf, ends[0], ends[1], body.value))]

    def inner(self, node: ast.Constant, scope: Scope) -> sp.Expr:
        """Read quoted text inside a law, with the column in the whole."""
        try:
            return parse_expression(str(node.value), scope)
        except ExpressionError as error:
            column = self.walker.source.column(node.col_offset) + error.column
            raise ExpressionError(error.message, column, error.hint) from None


def _marchenko_pastur(ratio: sp.Expr) -> list[tuple[sp.Expr, Component]]:
    """Return the law of the eigenvalues of F F^T/d, F of p rows and d columns, ratio = p/d."""
    x = VARIABLE
    lower, upper = (1 - sp.sqrt(ratio)) ** 2, (1 + sp.sqrt(ratio)) ** 2
    if ratio.is_Rational:
        continuous = min(sp.S.One, 1 / ratio)
    else:
        continuous = sp.Min(1, 1 / ratio)
    # The whole density sqrt(..)/(2 pi ratio x) has mass min(1, 1/ratio); here it is normalised.
    pdf = sp.sqrt((upper - x) * (x - lower)) / (2 * sp.pi * ratio * x * continuous)
    return [
        (1 - continuous, Atom(sp.S.Zero)),
        (continuous, Density(x, pdf, lower, upper, "marchenko_pastur")),
    ]


def _table(root: ast.expr, walker: Walker) -> ParsedLaw | None:
    match root:
        case ast.Call(func=ast.Name(id="table"), args=arguments, keywords=[]):
            texts = [a.value for a in arguments if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            walker.arity(root, "table", len(arguments) == 2, 'two arguments: table("file.csv", "column")')
            if len(texts) != 2 or not all(texts):
                raise walker.fault(root, 'a table is written table("file.csv", "column")')
            places = [walker.source.column(a.col_offset) + 1 for a in arguments]
            return ParsedLaw(Table(texts[0], texts[1]), places=(places[0], places[1]))
    return None


def parse_law(
    text: str, scope: Scope, known: Mapping[str, Law | Table] | None = None, count: bool = False
) -> ParsedLaw:
    """Return the law of `text`.

    Parameters
    ----------
    text : str
        The law as written.
    scope : Scope
        Names that weights, atoms and parameters of the law may use.
    known : mapping, optional
        Laws that `law(name)` may refer to.
    count : bool
        Whether this is a counting measure: atoms only, each with weight 1.
    """
    root, source = parse_text(text, strings=True)
    walker = Walker(source, scope)
    table = _table(root, walker)
    if table is not None and not count:
        return table
    reader = _Reader(walker, known or {}, count)
    reader.terms(root, sp.S.One)
    components: list[tuple[sp.Expr, Component]] = []
    for factor, inside in reader.pieces:
        components += [(factor * weight, component) for weight, component in inside if factor * weight != 0]
    kinds = {isinstance(c, (VectorAtom, UnitSphere)) for _, c in components}
    if len(kinds) > 1:
        raise ExpressionError("a law of vectors and a law of scalars are added", 1)
    sizes = frozenset(len(c.point) for _, c in components if isinstance(c, VectorAtom))
    if len(sizes) > 1:
        raise ExpressionError("the atoms have different numbers of components", 1)
    weights = () if count else tuple(factor for factor, _ in reader.pieces)
    return ParsedLaw(Law(tuple(components), text), weights, sizes, kinds == {True})
