"""The only gate out of sympy: averages, jets and scalars become a numeric `Program`.

An average node becomes an `Integral` statement with a vector integrand (all averages over one measure
share their nodes); log-partition functions become `JetUse` statements on their positive terms; a teacher's law becomes
the jets of Z_0 at the conditional mean slope*omega, with slope = 0 at q = 0.  What does not depend on the
integration variable is computed once outside.  The strategy chosen for each average is recorded in `facts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp
from sympy.core.sympify import _sympify

from derive.calculus.envelopes import Envelope
from derive.calculus.logs import split_log
from derive.calculus.means import angle_of, map_expressions
from derive.calculus.nodes import (
    DensityAverage,
    GaussianAverage,
    LabelIntegral,
    LabelLaw,
    LabelSum,
    LogPartition,
    MoreauEnvelope,
    _Binder,
    bound,
)
from derive.calculus.partition import Partition
from derive.calculus.rows import RowAverage
from derive.calculus.vectors import VectorLog
from derive.errors import LoweringError
from derive.kernel.counts import CountRules
from derive.kernel.gather import gather
from derive.kernel.hints import HintRules
from derive.kernel.ir import Function, Hint, Inner, Integral, JetUse, Let, Num, Op, Program, Ref, VectorInner, VectorUse
from derive.kernel.means import MeanRules
from derive.kernel.proximal import EnvelopeRules
from derive.kernel.scalars import lower_scalar, lower_scalars, python_name
from derive.kernel.scope import Scope
from derive.kernel.terms import TermRules
from derive.kernel.vectors import VectorRules, independent
from derive.spec.functions import GaussMean

__all__ = ["Lowering"]

_BELL = {
    0: lambda l: sp.S.One,
    1: lambda l: l[1],
    2: lambda l: l[2] + l[1] ** 2,
    3: lambda l: l[3] + 3 * l[2] * l[1] + l[1] ** 3,
    4: lambda l: l[4] + 4 * l[3] * l[1] + 3 * l[2] ** 2 + 6 * l[2] * l[1] ** 2 + l[1] ** 4,
}


class Lowering(TermRules, HintRules, EnvelopeRules, MeanRules, CountRules, VectorRules):
    """Lowers expressions of one derivation into one Program.

    Parameters
    ----------
    partitions : the definitions behind LogPartition and LabelLaw
    parameters : the symbols that are named by the model file: they step aside for names of the engine
    given : the parameters in the array p, which the columns of a table follow
    base : where the means over constants begin in p: after the parameters and the table
    constants : expressions of parameters that have a symbol already
    """

    def __init__(
        self,
        partitions: Mapping[str, Partition | Envelope],
        parameters: Sequence[sp.Symbol],
        given: Sequence[sp.Symbol] = (),
        base: int | None = None,
        constants: Mapping[sp.Expr, sp.Symbol] | None = None,
    ):
        known = constants or {}
        self.means: dict[sp.Expr, sp.Symbol] = {e: symbol for e, symbol in known.items() if e.has(GaussMean)}
        self.numbers = {symbol: e for e, symbol in known.items() if e not in self.means}
        self.partitions = map_expressions(dict(partitions), self._named_means)
        self.parameters = frozenset(p.name for p in parameters)
        self.functions: list[Function] = []
        self.inners: dict[str, Inner | VectorInner] = {}
        self.given = tuple(given)
        self.base = len(self.given) if base is None else base
        self.facts: dict[str, str] = {}

    def program(self) -> Program:
        """The program lowered so far."""
        return Program(tuple(self.inners.values()), tuple(gather(f) for f in self.functions), dict(self.facts))

    def _ir(self, expression: sp.Basic):
        return lower_scalar(expression, self.parameters)

    def name(self, symbol: sp.Symbol) -> str:
        """The identifier of a symbol."""
        return python_name(symbol, self.parameters)

    # ------------------------------------------------------------------------------------ functions

    def function(
        self,
        name: str,
        groups: Sequence[tuple[str, Sequence[sp.Symbol]]],
        outputs: Sequence[tuple[str, sp.Expr]],
        doc: str = "",
    ) -> Function:
        """Lower a public function of arrays of scalars to a vector of outputs.

        `groups` names the arrays and their symbols, e.g. (("x", (q, v)), ("p", (alpha, kappa))).
        """
        scope = Scope(None, f"{name}_")
        expressions = self._integrals([self._named_means(_sympify(e)) for _, e in outputs], scope, name)
        lets, results = lower_scalars(expressions, "c", self.parameters)
        arguments = tuple(
            f"{group}:{position}:{self.name(symbol)}"
            for group, symbols in groups
            for position, symbol in enumerate(symbols)
        )
        read = set(self._arguments(expressions, scope, sp.Symbol("none")))
        arguments += self._mean_arguments(read)
        known = {a.rpartition(":")[2] for a in arguments}
        unknown = sorted(n for n in read - known if not n.startswith((f"{name}_", "slope_", "rest_")))
        if unknown:
            raise LoweringError(f"{name}: {', '.join(unknown)} is not an argument")
        lowered = Function(
            name,
            tuple(a for a in arguments if a.rpartition(":")[2] in read),
            (*scope.statements, *lets),
            tuple(results),
            tuple(label for label, _ in outputs),
            doc,
            scope.rows,
            tuple(g for g, _ in groups),
        )
        self.functions.append(lowered)
        return lowered

    def _integrals(self, expressions: list[sp.Expr], scope: Scope, path: str) -> list[sp.Expr]:
        """Replace the outermost averages by symbols bound by Integral statements."""
        groups: dict[tuple, dict[sp.Expr, sp.Symbol]] = {}

        def visit(e: sp.Basic) -> sp.Basic:
            if isinstance(e, GaussianAverage) and e.has(VectorLog) and len(e.bound_symbols) > 1:
                e = independent(e, all(self.partitions[n.args[0].name].axial for n in e.atoms(VectorLog)))
            if isinstance(e, _Binder):
                key = (type(e), e.args[1:])
                members = groups.setdefault(key, {})
                index = list(groups).index(key)
                return members.setdefault(e.body, sp.Symbol(f"{path}_I{index}_{len(members)}"))
            if e.args and e.has(_Binder):
                return e.func(*[visit(a) for a in e.args])
            return e

        result = [visit(e) for e in expressions]
        for index, ((kind, measure), members) in enumerate(groups.items()):
            self._integral(kind, measure, members, scope, f"{path}_{index}")
        return result

    # ------------------------------------------------------------------------------------ integrals

    def _integral(self, kind, measure, members: dict[sp.Expr, sp.Symbol], outer: Scope, path: str) -> None:
        if kind is RowAverage:
            self._rows(measure, members, outer, path)
            return
        bodies = list(members)
        names = tuple(s.name for s in members.values())
        variables = tuple(measure[0])
        variable = variables[0]
        inner = Scope(variable, f"{path}_")
        if kind is DensityAverage:
            angle = bound("quenched", 40)
            found = angle_of(variable, measure[1], measure[2], measure[3], angle)
            if found is not None:
                inner, value = Scope(angle, f"{path}_"), sp.Symbol(f"{path}_s")
                inner.statements.append(Let(value.name, self._ir(found[0])))
                bodies = [b.xreplace({variable: value}) for b in bodies]
                measure, variable = ((angle,), found[1], sp.S.Zero, sp.pi), angle
                self.facts[path] = "panels in the angle of the spectrum, where its square-root ends are smooth"
        if kind is GaussianAverage:
            bodies = self._condition_teacher(bodies, variables, measure, outer, path)
            if self._counts(bodies, names, measure, outer, path):
                return
            self.facts[path] = "trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol"
        statements_measure, ir_kind, window = self._measure(kind, measure, bodies, outer, path)
        expressions = self._integrals(bodies, inner, path)
        expressions = self._jets(expressions, inner, kind)
        self._switch_hints(expressions, inner)
        lets, results = lower_scalars(expressions, "t", self.parameters)
        arguments = self._arguments(expressions, inner, variable)
        extra = {a for a in window.partition("|")[2].split(",") if a}
        arguments = tuple(sorted(set(arguments) | extra))
        self.functions.append(
            Function(
                f"{path}_integrand",
                (self.name(variable), *arguments),
                (*inner.statements, *lets),
                tuple(results),
                names,
                "",
                inner.rows,
            )
        )
        self._hoist(inner, outer)
        if kind is LabelIntegral and not inner.hints:
            self.facts[path] = "Gauss-Kronrod panels, window by bisection on the log weight"
        outer.statements.append(
            Integral(
                names,
                ir_kind,
                self.name(variable),
                statements_measure,
                tuple(inner.hints),
                f"{path}_integrand",
                arguments,
                window,
                any(isinstance(st, VectorUse) or getattr(st, "noisy", False) for st in inner.statements),
            )
        )
        if kind is GaussianAverage and inner.turns:
            self._crossing_hints(inner, measure[2][0], outer)
        if kind is LabelIntegral and outer.variable is not None:
            self._edge_hints(inner, measure[1:], outer)
        if kind is not GaussianAverage and outer.variable is not None:
            outer.hints.append(Hint("point", (self._ir(sp.S.Zero), self._ir(sp.S.One))))

    def _arguments(self, expressions, scope: Scope, variable) -> tuple[str, ...]:
        """All scalars an integrand reads besides its variable, sorted."""
        read: set[str] = set()

        def collect(node) -> None:
            if isinstance(node, Ref):
                read.add(node.name)
            elif hasattr(node, "args"):
                for a in node.args:
                    if a is not None:
                        collect(a)

        defined: set[str] = {self.name(variable)}
        for statement in scope.statements:
            if isinstance(statement, Let):
                collect(statement.value)
                defined.add(statement.name)
            elif isinstance(statement, JetUse):
                collect(statement.field)
                for term in statement.terms:
                    for a in term.args:
                        if a is not None:
                            collect(a)
                defined |= set(statement.names)
            elif isinstance(statement, VectorUse):
                for a in statement.args:
                    collect(a)
                defined |= {name for name, _ in statement.names}
            elif isinstance(statement, Integral):
                read |= set(statement.arguments)
                for e in statement.measure if statement.kind != "rows" else ():
                    collect(e)
                for hint in statement.hints if statement.kind != "counts" else ():
                    for a in hint.args:
                        collect(a)
                defined |= set(statement.names)
        for hint in scope.hints:
            for a in hint.args:
                collect(a)
        for e in expressions:
            read |= {self.name(s) for s in e.free_symbols}
        return tuple(sorted(read - defined))

    def _hoist(self, inner: Scope, outer: Scope) -> None:
        for expression, symbol in inner.hoisted.items():
            outer.statements.append(Let(symbol.name, self._ir(expression)))

    def _constant(self, expression: sp.Expr | None, scope: Scope):
        """The IR of an argument; hoisted out if it does not depend on the integration variable."""
        if expression is None:
            return None
        expression = _sympify(expression)
        if expression.is_number or isinstance(expression, sp.Symbol) or scope.variable is None:
            return self._ir(expression)
        if not expression.has(scope.variable, *scope.bound) and not any(
            s.name.startswith(scope.prefix) for s in expression.free_symbols
        ):
            symbol = scope.hoisted.setdefault(expression, sp.Symbol(f"{scope.prefix}k{len(scope.hoisted)}"))
            return Ref(symbol.name)
        return self._ir(expression)

    def _condition_teacher(self, bodies, variables, measure, outer: Scope, path: str) -> list[sp.Expr]:
        """Replace P^(k)(y|zeta) by derivatives of Z_0 at the conditional mean and variance."""
        if len(variables) == 1:
            return bodies
        omega, zeta = variables
        (centre, other), cov = measure[1], measure[2]
        slope, rest = sp.Symbol(f"slope_{path}"), sp.Symbol(f"rest_{path}")
        ratio, variance, zero = self._ir(cov[1] / cov[0]), self._ir(cov[0]), Num(0.0, "0.0")
        outer.statements.append(Let(slope.name, Op("select", (Op("gt", (variance, zero)), ratio, zero))))
        outer.statements.append(Let(rest.name, self._ir(cov[2] - cov[1] * slope)))

        def replace(law: LabelLaw) -> sp.Expr:
            at = slope * (omega - centre) + other + (law.args[2] - zeta)
            jets = [LogPartition(law.args[0], 1, k, at, rest, *law.args[3:]) for k in range(law.order + 1)]
            return sp.exp(jets[0]) * _BELL[law.order](jets)

        return [b.replace(lambda e: isinstance(e, LabelLaw), replace) for b in bodies]

    def _measure(self, kind, measure, bodies, outer: Scope, path: str):
        if kind is GaussianAverage:
            return (self._ir(measure[1][0]), self._ir(measure[2][0])), "gaussian", ""
        if kind is LabelIntegral:
            window = self._weight(bodies, measure[0][0], path)
            return (self._ir(measure[1]), self._ir(measure[2])), "label", window
        if kind is LabelSum:
            return (), "sum", self._weight(bodies, measure[0][0], path)
        if kind is DensityAverage:
            s, pdf, lower, upper = measure[0][0], measure[1], measure[2], measure[3]
            log_pdf = split_log(pdf)
            scope = Scope(s, f"{path}_weight_")
            arguments = self._arguments([log_pdf], scope, s)
            lets, results = lower_scalars([log_pdf], "t", self.parameters)
            self.functions.append(
                Function(f"{path}_weight", (self.name(s), *arguments), tuple(lets), tuple(results), ("log_weight",))
            )
            for index, body in enumerate(bodies):
                bodies[index] = pdf * body
            return (self._ir(lower), self._ir(upper)), "density", f"{path}_weight|" + ",".join(arguments)
        raise LoweringError(f"no integral for {kind.__name__}")

    def _weight(self, bodies, y: sp.Symbol, path: str) -> str:
        """A function log weight(y): the largest log-partition that appears as a weight exp(l)."""
        weights: dict[sp.Expr, None] = {}
        for body in bodies:
            for node in body.atoms(sp.exp):
                if isinstance(node.args[0], (LogPartition, VectorLog)) and node.has(y):
                    weights[node.args[0]] = None
        if not weights:
            plain = [f for f in sp.Mul.make_args(bodies[0]) if f.has(y) and not f.has(LogPartition)]
            weights[split_log(sp.Mul(*plain))] = None
        scope = Scope(y, f"{path}_weight_")
        expressions = self._jets(list(weights), scope, LabelIntegral)
        top = sp.Max(*expressions)
        lets, results = lower_scalars([top], "t", self.parameters)
        # nothing is hoisted out of a weight: it is called a few times per window
        lets = [Let(s.name, self._ir(e)) for e, s in scope.hoisted.items()] + scope.statements + lets
        scope.statements = lets
        arguments = self._arguments([], scope, y)
        extra = (
            {self.name(s) for s in top.free_symbols}
            - {self.name(y)}
            - {n for st in scope.statements if isinstance(st, JetUse) for n in st.names}
        )
        arguments = tuple(sorted(set(arguments) | {a for a in extra if not a.startswith(scope.prefix)}))
        self.functions.append(
            Function(
                f"{path}_weight",
                (self.name(y), *arguments),
                tuple(lets),
                tuple(results),
                ("log_weight",),
                "",
                scope.rows,
            )
        )
        return f"{path}_weight|" + ",".join(arguments)

    # ----------------------------------------------------------------------------------------- jets

    def _jets(self, expressions: list[sp.Expr], scope: Scope, kind) -> list[sp.Expr]:
        """Replace every LogPartition of this scope by a scalar from a JetUse statement."""
        expressions = self._vectors([self._explicit(e) for e in expressions], scope)
        orders: dict[tuple, int] = {}
        for e in expressions:
            for node in e.atoms(LogPartition):
                key = (node.args[0].name, *node.args[3:])
                orders[key] = max(orders.get(key, 0), node.order)
        table: dict[sp.Expr, sp.Symbol] = {}
        for index, (key, order) in enumerate(sorted(orders.items(), key=lambda i: str(i[0]))):
            partition = self.partitions[key[0]]
            x, v, rest = key[1], key[2], key[3:]
            names = [sp.Symbol(f"{scope.prefix}l{index}_{k}") for k in range(order + 1)]
            for k, symbol in enumerate(names):
                table[_kind_of(partition)(sp.Symbol(key[0]), partition.sigma, k, x, v, *rest)] = symbol
            if isinstance(partition, Envelope):
                terms = self._prox_terms(partition, v, rest, scope)
                scope.statements.append(JetUse(tuple(n.name for n in names), self._ir(x), terms))
                scope.rows = max(scope.rows, 1)
                self._prox_hints(partition, x, v, rest, scope)
                continue
            use = JetUse(tuple(n.name for n in names), self._ir(x), self._terms(partition, v, rest, scope))
            scope.statements.append(use)
            scope.rows = max(scope.rows, len(partition.terms) + 1)
            self._hints(partition, x, v, rest, scope, kind)
        return [e.xreplace(table) for e in expressions]


def _kind_of(partition: Partition | Envelope) -> type[LogPartition]:
    return MoreauEnvelope if isinstance(partition, Envelope) else LogPartition
