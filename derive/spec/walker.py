"""The walk over a syntax tree: what an expression may consist of, and what each part becomes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import sympy as sp

from derive.errors import nearest
from derive.spec.functions import SiteMean
from derive.spec.scope import MAX_INTEGER, Scope, Value, Vector, decimal
from derive.spec.syntax import IF, MAX_DEPTH, ExpressionError, Source
from derive.spec.vocabulary import (
    FUNCTIONS,
    RESERVED,
    BuildError,
    choose,
    constant_value,
    gauss_mean,
    is_constant,
    power,
    relation,
)

__all__ = ["Walker"]

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


class Walker:
    """The walk over one tree."""

    def __init__(self, source: Source, scope: Scope):
        self.source = source
        self.scope = scope

    # ------------------------------------------------------------------------------------ faults

    def fault(self, node: ast.AST, message: str, hint: str = "") -> ExpressionError:
        """Return the fault at the place of `node`."""
        return ExpressionError(message, self.source.column(getattr(node, "col_offset", 0)), hint)

    def guard(self, node: ast.AST, build: Callable[..., Value], *arguments: Value) -> Value:
        """Build a value; turn whatever goes wrong into a fault at `node`."""
        try:
            value = build(*arguments)
            if isinstance(value, sp.Expr):
                if value in (sp.nan, sp.zoo):
                    raise BuildError("the value is not defined (0/0 or a division by zero)")
                if is_constant(value) and not value.is_Rational and not value.is_infinite:
                    constant_value(value)
            return value
        except BuildError as error:
            raise self.fault(node, str(error)) from None
        except (ArithmeticError, ValueError, TypeError, NotImplementedError, RecursionError, AttributeError):
            raise self.fault(node, "this value cannot be formed") from None

    # ------------------------------------------------------------------------------------ numbers

    def number(self, node: ast.AST, depth: int) -> sp.Expr:
        """Walk a node that must be a scalar."""
        value = self.value(node, depth)
        if isinstance(value, tuple):
            raise self.fault(node, "a vector cannot stand here", "take a component, as in w[0]")
        return self.scalar(node, value)

    def scalar(self, node: ast.AST, value: Value) -> sp.Expr:
        """Return a scalar, a relation becoming an indicator where indicators are allowed."""
        if isinstance(value, sp.Expr):
            return value
        if self.scope.indicators:
            return self.guard(node, choose, value, sp.S.One, sp.S.Zero)
        raise self.fault(node, "a condition cannot stand for a number here", "write if(condition, 1, 0)")

    def condition(self, node: ast.AST, depth: int) -> sp.Basic:
        """Walk a node that must be a condition."""
        value = self.value(node, depth)
        if isinstance(value, (sp.Expr, tuple)):
            raise self.fault(node, "a condition is expected here, such as h >= 0")
        return value

    def value(self, node: ast.AST, depth: int) -> Value:
        """Walk a node: a number, a condition or a vector."""
        if depth > MAX_DEPTH:
            raise self.fault(node, f"the expression is nested deeper than {MAX_DEPTH}")
        match node:
            case ast.Constant():
                return self.constant(node)
            case ast.Name():
                return self.name(node)
            case ast.BinOp(op=ast.Add() | ast.Sub()):
                return self.sum(node, depth)
            case ast.BinOp(op=ast.Mult() | ast.Div()):
                return self.product(node, depth)
            case ast.BinOp(op=ast.Pow()):
                base, exponent = self.number(node.left, depth + 1), self.number(node.right, depth + 1)
                return self.guard(node.right, power, base, exponent)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                value = self.value(node.operand, depth + 1)
                sign = -1 if isinstance(node.op, ast.USub) else 1
                if isinstance(value, tuple):
                    return tuple(sign * v for v in value)
                return sign * self.scalar(node.operand, value)
            case ast.UnaryOp(op=ast.Not()):
                return sp.Not(self.condition(node.operand, depth + 1))
            case ast.BoolOp():
                parts = [self.condition(v, depth + 1) for v in node.values]
                return self.connective(sp.And if isinstance(node.op, ast.And) else sp.Or, parts)
            case ast.Compare():
                return self.comparison(node, depth)
            case ast.Call():
                return self.call(node, depth)
            case ast.Subscript():
                return self.subscript(node, depth)
            case ast.List() | ast.Tuple():
                raise self.fault(node, "a list cannot stand here")
        raise self.fault(node, "this is not part of the model language")

    def constant(self, node: ast.Constant) -> sp.Expr:
        """Read a literal from its text."""
        if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
            raise self.fault(node, "quoted text is not allowed in an expression")
        text = self.source.literal(node)
        if not text.isdigit():
            return self.guard(node, decimal, text)
        if len(text) > 13 or int(text) > MAX_INTEGER:
            raise self.fault(node, "the integer is larger than 10^12", "write it as 10^n or as a decimal")
        return sp.Integer(int(text))

    def name(self, node: ast.Name) -> Value:
        """Look a name up."""
        name = node.id
        if name in self.scope.names:
            return self.scope.names[name]
        if name == "pi":
            return sp.pi
        if name == "inf":
            if self.scope.infinity:
                return sp.oo
            raise self.fault(node, f"`inf` cannot stand in {self.scope.place}")
        if name in self.scope.elsewhere:
            reason = self.scope.elsewhere[name]
            raise self.fault(node, f"`{name}` cannot stand in {self.scope.place}: it is {reason}")
        name = "if" if name == IF else name
        if name in FUNCTIONS or name == "if":
            raise self.fault(node, f"the function `{name}` needs an argument", f"write {name}(...)")
        allowed = ", ".join(sorted(self.scope.names)) or "numbers only"
        close = nearest(name, [*self.scope.names, "pi"]) if len(name) <= 60 else None
        hint = f"did you mean `{close}`?" if close else f"allowed here: {allowed[:300]}"
        raise self.fault(node, f"`{name[:60]}` is not declared", hint)

    # ---------------------------------------------------------------------------------- operators

    def chain(self, node: ast.BinOp, kinds: tuple[type, ...]) -> list[tuple[ast.operator, ast.expr]]:
        """Return the operands of a left-associative chain in order, the first with operator None."""
        operands: list[tuple[Any, ast.expr]] = []
        current: ast.expr = node
        while isinstance(current, ast.BinOp) and isinstance(current.op, kinds):
            operands.append((current.op, current.right))
            current = current.left
        operands.append((kinds[0](), current))
        return operands[::-1]

    def sum(self, node: ast.BinOp, depth: int) -> Value:
        """Walk a sum of scalars, or of vectors of one length."""
        terms: list[Value] = []
        for operator, operand in self.chain(node, (ast.Add, ast.Sub)):
            value = self.value(operand, depth + 1)
            sign = -1 if isinstance(operator, ast.Sub) else 1
            if isinstance(value, tuple):
                terms.append(tuple(sign * v for v in value))
            else:
                terms.append(sign * self.scalar(operand, value))
        vectors = [t for t in terms if isinstance(t, tuple)]
        if not vectors:
            return self.guard(node, sp.Add, *terms)
        if len(vectors) < len(terms) or len({len(v) for v in vectors}) > 1:
            raise self.fault(node, "a sum of a vector and a scalar, or of vectors of different length")
        return tuple(self.guard(node, sp.Add, *column) for column in zip(*vectors, strict=True))

    def product(self, node: ast.BinOp, depth: int) -> Value:
        """Walk products and quotients; at most one factor is a vector."""
        factors: list[sp.Expr] = []
        vector: Vector | None = None
        for operator, operand in self.chain(node, (ast.Mult, ast.Div)):
            value = self.value(operand, depth + 1)
            divide = isinstance(operator, ast.Div)
            if isinstance(value, tuple):
                if vector is not None or divide:
                    raise self.fault(operand, "a product with two vectors, or a division by one")
                vector = value
                continue
            value = self.scalar(operand, value)
            if divide:
                if value.is_zero:
                    raise self.fault(operand, "division by zero")
                value = self.guard(operand, power, value, sp.S.NegativeOne)
            factors.append(value)
        if vector is not None:
            return tuple(self.guard(node, sp.Mul, *factors, v) for v in vector)
        return self.guard(node, sp.Mul, *factors)

    def connective(self, kind: type[sp.Basic], parts: Sequence[sp.Basic]) -> sp.Basic:
        """Join conditions by `and` or `or`."""
        absorbing, neutral = (sp.false, sp.true) if kind is sp.And else (sp.true, sp.false)
        if any(p == absorbing for p in parts):
            return absorbing
        rest = [p for p in parts if p != neutral]
        if len(rest) < 2:
            return rest[0] if rest else neutral
        return kind(*rest, evaluate=False)

    def comparison(self, node: ast.Compare, depth: int) -> sp.Basic:
        """Walk a single or chained comparison."""
        operands = [node.left, *node.comparators]
        values = [self.number(operand, depth + 1) for operand in operands]
        parts = []
        for i, op in enumerate(node.ops):
            symbol = _COMPARISONS.get(type(op))
            if symbol is None:
                raise self.fault(operands[i + 1], "this comparison is not part of the model language")
            parts.append(self.guard(operands[i + 1], relation, symbol, values[i], values[i + 1]))
        return self.connective(sp.And, parts)

    # -------------------------------------------------------------------------------------- calls

    def call(self, node: ast.Call, depth: int) -> Value:
        """Walk a call of a whitelisted function."""
        if not isinstance(node.func, ast.Name):
            raise self.fault(node, "only functions of the language can be called", "a product is written *")
        name = node.func.id
        if node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
            raise self.fault(node, f"the arguments of {name} are plain expressions")
        count = len(node.args)
        if name == IF:
            self.arity(node, "if", count == 3, "three arguments: if(condition, a, b)")
            condition = self.condition(node.args[0], depth + 1)
            yes, no = (self.number(a, depth + 1) for a in node.args[1:])
            return self.guard(node, choose, condition, yes, no)
        if name == "gauss":
            return self.gauss(node, depth)
        if name == "site_mean" and self.scope.quenched:
            self.arity(node, name, count == 1, "one argument")
            names = {**self.scope.names, **self.scope.quenched}
            elsewhere = {k: v for k, v in self.scope.elsewhere.items() if k not in self.scope.quenched}
            inner = Walker(self.source, replace(self.scope, names=names, elsewhere=elsewhere))
            body = inner.number(node.args[0], depth + 1)
            bound = [s for value in self.scope.quenched.values() for s in sp.Tuple(value).free_symbols]
            return self.guard(node, SiteMean, body, *bound)
        if name in self.scope.calls:
            counts, build = self.scope.calls[name]
            words = " or ".join(str(c) for c in counts)
            self.arity(node, name, count in counts, f"{words} argument{'s' if counts[-1] > 1 else ''}")
            return self.guard(node, build, *(self.number(a, depth + 1) for a in node.args))
        function = FUNCTIONS.get(name)
        if function is None:
            raise self.unknown_call(node, name)
        self.arity(node, name, function.least <= count <= function.most, function.arity())
        return self.guard(node, function.build, *(self.number(a, depth + 1) for a in node.args))

    def arity(self, node: ast.Call, name: str, right: bool, expected: str) -> None:
        """Refuse a wrong number of arguments."""
        if not right:
            raise self.fault(node, f"{name} takes {expected}; {len(node.args)} given")

    def unknown_call(self, node: ast.Call, name: str) -> ExpressionError:
        """Return the fault of a call that is not allowed."""
        if name in self.scope.names:
            return self.fault(node, f"`{name}` is not a function", "a product is written with *")
        if name in RESERVED:
            return self.fault(node, f"{name}(...) cannot stand in {self.scope.place}")
        close = nearest(name, [*FUNCTIONS, *self.scope.calls, "if"]) if len(name) <= 60 else None
        hint = f"did you mean `{close}`?" if close else "allowed: " + ", ".join(sorted([*FUNCTIONS, "if"]))
        return self.fault(node, f"`{name[:60]}` is not a function of the language", hint)

    def gauss(self, node: ast.Call, depth: int) -> sp.Expr:
        """Walk gauss(f, x): x is known inside f only."""
        self.arity(node, "gauss", len(node.args) == 2, "two arguments: gauss(f, x), E f(x) for x ~ N(0, 1)")
        variable = node.args[1]
        if not isinstance(variable, ast.Name) or variable.id in RESERVED or variable.id == IF:
            raise self.fault(variable, "the second argument of gauss is the name of its variable")
        name = variable.id
        if name in self.scope.names or name in self.scope.elsewhere or name in self.scope.quenched:
            raise self.fault(variable, f"`{name}` is a name of the model", "choose another letter in gauss")
        symbol = sp.Symbol(name, real=True)
        inner = Walker(self.source, replace(self.scope, names={**self.scope.names, name: symbol}))
        return self.guard(node, gauss_mean, inner.number(node.args[0], depth + 1), symbol)

    def subscript(self, node: ast.Subscript, depth: int) -> sp.Expr:
        """Walk name[int]."""
        if not isinstance(node.value, ast.Name):
            raise self.fault(node, "a component is written name[0]")
        vector = self.name(node.value)
        if not isinstance(vector, tuple):
            raise self.fault(node, f"`{node.value.id}` has no components")
        index = node.slice
        if not (isinstance(index, ast.Constant) and isinstance(index.value, int)):
            raise self.fault(index, "the number of a component is an integer, as in w[0]")
        if not 0 <= index.value < len(vector):
            message = f"`{node.value.id}` has the components 0 to {len(vector) - 1}"
            raise self.fault(index, f"{message}; {str(index.value)[:20]} is not one of them")
        return vector[index.value]
