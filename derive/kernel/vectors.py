"""Averages over several fields: independent coordinates, conditional teachers, jets of several fields."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import sympy as sp

from derive.calculus.nodes import GaussianAverage, LogPartition, bound, expand
from derive.calculus.partition import ExponentialTerm
from derive.calculus.vectors import VectorLaw, VectorLog, VectorPartition, triangle
from derive.errors import LoweringError
from derive.kernel.axial import radial_weight, turned
from derive.kernel.ir import Function, Hint, VectorInner, VectorUse
from derive.kernel.scalars import lower_scalars
from derive.kernel.scope import Scope

__all__ = ["VectorRules", "helmert", "independent", "position"]

MODES = "°"
"""Marks a log-partition function whose derivatives are along the coordinates of `helmert`."""


def position(orders: Sequence[int]) -> int:
    """Where a mixed derivative is in a dense jet of `derive.runtime.vectors`: log Z, gradient, Hessian, .., row by row.

    >>> position((0, 0)), position((1, 0)), position((0, 1)), position((1, 1))
    (0, 1, 2, 4)
    """
    fields = len(orders)
    indices = [i for i, k in enumerate(orders) for _ in range(k)]
    place = sum(fields**k for k in range(len(indices)))
    return place + sum(i * fields**power for power, i in enumerate(reversed(indices)))


def _modes(matrix: sp.Matrix) -> tuple[sp.Expr, sp.Expr] | None:
    """The eigenvalues (differences, sum) of a matrix that permutations leave alone, or None."""
    size = matrix.rows
    if matrix.cols != size or size < 2:
        return None
    own, other = matrix[0, 0], matrix[0, 1]
    for i in range(size):
        for j in range(size):
            if sp.expand(matrix[i, j] - (own if i == j else other)) != 0:
                return None
    return sp.expand(own - other), sp.expand(own + (size - 1) * other)


def independent(average: GaussianAverage, axial: bool = False) -> sp.Expr:
    """An average over several fields as nested averages over independent coordinates.

    A covariance that permutations leave alone: the sum of the fields and their differences (Helmert's basis); else one
    field after the other, given those before.  Teacher fields, which carry laws, are conditioned on the others.
    `axial` says that log Z is the same under rotations of the differences: their average is then one over their length.
    """
    variables = average.bound_symbols
    teachers = [i for i, x in enumerate(variables) if x.name.startswith(bound("teacher").name)]
    fields = [i for i in range(len(variables)) if i not in teachers]
    body = average.body

    def block(rows: list[int], columns: list[int]) -> sp.Matrix:
        return sp.Matrix(len(rows), len(columns), lambda i, j: average.covariance(rows[i], columns[j]))

    covariance = block(fields, fields)
    if teachers:
        body = _conditioned(
            body, [variables[i] for i in fields], covariance, block(fields, teachers), block(teachers, teachers)
        )
    size = len(fields)
    role = "site_field" if variables[fields[0]].name.startswith(bound("site_field").name) else "field"
    coordinates = [bound(role, 10 + k) for k in range(size)]
    modes = _modes(covariance)
    rows, spreads = [], []
    if modes is not None:
        basis = helmert(size)
        rows = [[vector[i] for vector in basis] for i in range(size)]
        spreads = [(modes[1] if k == 0 else modes[0]) / sum(c * c for c in vector) for k, vector in enumerate(basis)]
    else:
        lower, diagonal = _factors(covariance)
        rows, spreads = [[lower[i, k] for k in range(size)] for i in range(size)], diagonal
    given = {
        variables[f]: average.mean[f] + sp.Add(*[c * u for c, u in zip(row, coordinates, strict=True)])
        for f, row in zip(fields, rows, strict=True)
    }
    if modes is not None:
        body = expand(body.xreplace({node: _in_modes(node) for node in body.atoms(VectorLog)}))
    if axial and modes is not None and size > 2 and len({average.mean[f] for f in fields}) == 1:
        norms = [sum(c * c for c in vector) for vector in basis]
        radial = turned(body, norms)
        if radial is not None:
            u, t = coordinates[:2]
            start = dict.fromkeys(coordinates[2:], sp.S.Zero) | {t: t * sp.sqrt(modes[0] / norms[1])}
            inside = (radial_weight(t, size - 1) * radial).xreplace({x: e.xreplace(start) for x, e in given.items()})
            return GaussianAverage(GaussianAverage(inside, (t,), (0,), (1,)), (u,), (0,), (spreads[0],))
    result = body.xreplace(given)
    for u, spread in reversed(list(zip(coordinates, spreads, strict=True))):
        result = GaussianAverage(result, (u,), (0,), (sp.expand(spread),))
    return result


def helmert(size: int) -> list[list[int]]:
    """The sum of K components and their differences, orthogonal, in integers.

    >>> helmert(3)
    [[1, 1, 1], [1, -1, 0], [1, 1, -2]]
    """
    return [[1] * size] + [[1] * k + [-k] + [0] * (size - k - 1) for k in range(1, size)]


def _in_modes(node: VectorLog) -> sp.Expr:
    """A derivative of log Z in those along the coordinates: what is a difference of fields is one number.

    Squares of differences, like (l_0 - l_1)^2 at a small overlap of the differences, then lose no digits.
    """
    size = node.size
    basis = helmert(size)
    flagged = VectorLog(sp.Symbol(node.args[0].name + MODES), *node.args[1:3], *[0] * size, *node.args[3 + size :])
    factors = [i for i, k in enumerate(node.orders) for _ in range(k)]
    total = sp.S.Zero
    for along in product(range(size), repeat=len(factors)):
        weight = sp.S.One
        for i, j in zip(factors, along, strict=True):
            weight *= sp.Rational(basis[j][i], sum(c * c for c in basis[j]))
        if weight != 0:
            total += weight * flagged.raised(*along)
    return total


def _ratio(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """a/b, zero where b is."""
    return sp.S.Zero if a == 0 else sp.Piecewise((a / b, b > 0), (0, True))


def _factors(covariance: sp.Matrix) -> tuple[sp.Matrix, list[sp.Expr]]:
    """L and d with C = L diag(d) L^T, L of unit diagonal."""
    size = covariance.rows
    lower, diagonal = sp.eye(size), []
    for j in range(size):
        diagonal.append(covariance[j, j] - sp.Add(*[lower[j, k] ** 2 * diagonal[k] for k in range(j)]))
        for i in range(j + 1, size):
            cross = covariance[i, j] - sp.Add(*[lower[i, k] * lower[j, k] * diagonal[k] for k in range(j)])
            lower[i, j] = _ratio(cross, diagonal[j])
    return lower, diagonal


def _conditioned(body: sp.Expr, fields, q: sp.Matrix, cross: sp.Matrix, rho: sp.Matrix) -> sp.Expr:
    """Laws of teacher fields as derivatives of their mean over the teachers given the student fields."""
    size = len(fields)
    modes = [_modes(m) for m in (q, cross, rho)]
    if any(m is None for m in modes):
        raise LoweringError("teacher fields that permutations of the components do not leave alone are not lowered")
    slopes = [_ratio(m, v) for v, m in zip(modes[0], modes[1], strict=True)]
    rests = [e - m * slope for e, m, slope in zip(modes[2], modes[1], slopes, strict=True)]

    def entry(values, i: int, j: int) -> sp.Expr:
        uniform = (values[1] - values[0]) / size
        return uniform + values[0] if i == j else uniform

    means = [sp.Add(*[entry(slopes, i, j) * fields[j] for j in range(size)]) for i in range(size)]
    variances = [entry(rests, i, j) for i, j in triangle(size)]

    def law(node: VectorLaw) -> sp.Expr:
        log_law = VectorLog.of(node.args[0].name, 1, means, variances, node.rest)
        return sp.exp(log_law) * _bell(log_law, node.orders)

    return body.xreplace({node: law(node) for node in body.atoms(VectorLaw)})


def _bell(log_law: VectorLog, orders: Sequence[int]) -> sp.Expr:
    """Z^(orders)/Z in the derivatives of log Z, by the recursion of one more derivative."""
    if sum(orders) == 0:
        return sp.S.One
    first = next(i for i, k in enumerate(orders) if k)
    less = [k - (i == first) for i, k in enumerate(orders)]
    total = sp.S.Zero
    for taken in product(*[range(k + 1) for k in less]):
        ways = sp.Mul(*[sp.binomial(k, t) for k, t in zip(less, taken, strict=True)])
        left = [k - t for k, t in zip(less, taken, strict=True)]
        total += ways * log_law.with_orders(taken).raised(first) * _bell(log_law, left)
    return sp.expand(total)


class VectorRules:
    """The part of the lowering for several fields; mixed into `derive.kernel.lower.Lowering`."""

    def _vectors(self, expressions: list[sp.Expr], scope: Scope) -> list[sp.Expr]:
        """Replace every VectorLog of a scope by a scalar from a VectorUse statement."""
        uses: dict[tuple, set[VectorLog]] = {}
        for e in expressions:
            for node in e.atoms(VectorLog):
                uses.setdefault((node.args[0].name, *node.args[3 + node.size :]), set()).add(node)
        table: dict[sp.Expr, sp.Symbol] = {}
        for index, (key, nodes) in enumerate(sorted(uses.items(), key=lambda i: str(i[0]))):
            partition = self.partitions[key[0].removesuffix(MODES)]
            node = next(iter(nodes))
            inner = self._vector_inner(partition)
            given = dict(zip(partition.rest, node.rest, strict=True))
            names = []
            for each in sorted(nodes, key=lambda n: n.orders):
                symbol = sp.Symbol(f"{scope.prefix}w{index}_{''.join(map(str, each.orders))}")
                table[each] = symbol
                names.append((symbol.name, position(each.orders)))
            symbols = {self.name(s): s for s in self._vector_symbols(partition)}
            arguments = [*node.fields, *node.variances, *[symbols[a].xreplace(given) for a in inner.arguments]]
            self._turn_hints(partition, node, scope)
            size = sum(partition.size**k for k in range(5))
            scope.statements.append(
                VectorUse(
                    tuple(names),
                    f"{scope.prefix}w{index}",
                    inner.name,
                    tuple(self._constant(a, scope) for a in arguments),
                    size,
                    key[0].endswith(MODES) and any(sum(n.orders) for n in nodes),
                )
            )
        return [e.xreplace(table) for e in expressions]

    def _turn_hints(self, partition: VectorPartition, node: VectorLog, scope: Scope) -> None:
        """Where a field passes an end of a branch, or of a window of the last field, as a scope's variable moves."""
        if scope.variable is None or partition.kind != "channel":
            return
        first = {e for b in partition.branches for e in (b.lower, b.upper) if e.is_finite}
        last: set[sp.Expr] = set()
        for b in partition.branches:
            for term in b.child.terms:
                if isinstance(term, ExponentialTerm) and term.window is not None:
                    lower, upper, slope = term.window
                    last |= {sp.simplify(e / slope) for e in (lower, upper) if e.is_finite}
        given = dict(zip(partition.rest, node.rest, strict=True))
        for ends, x, v in ((first, node.fields[0], node.variances[0]), (last, node.fields[-1], node.variances[-1])):
            for end in ends:
                place = (end.xreplace(given), sp.expand(x), sp.sqrt(v))
                if place[0].free_symbols & {*partition.inner, partition.branches[0].child.variance}:
                    continue  # an end that moves with the other field
                scope.turns.append(place)
                slope = place[1].coeff(scope.variable)
                if slope != 0 and not place[0].has(scope.variable):
                    point = ((place[0] - (place[1] - slope * scope.variable)) / slope, place[2] / sp.Abs(slope))
                    scope.hints.append(Hint("point", tuple(self._constant(e, scope) for e in point)))

    def _crossing_hints(self, inner: Scope, variance: sp.Expr, outer: Scope) -> None:
        """Where transitions of an inner integral meet, or pass the centre of its law, as the outer variable moves."""
        u, t = outer.variable, inner.variable
        if u is None:
            return
        lines = []
        for end, x, width in dict.fromkeys(inner.turns):
            slope, along = x.coeff(t), x.coeff(u)
            rest = sp.expand(x - slope * t - along * u)
            if along != 0 and not rest.has(t, u) and not end.has(t, u):
                lines.append(((end - rest), along, slope, width))
        for k, (end, along, slope, width) in enumerate(lines):
            points = [(end / along, sp.sqrt(width**2 + slope**2 * variance) / sp.Abs(along))]
            for other, beside, against, wide in lines[:k]:
                turn = sp.expand(along * against - beside * slope)
                if turn != 0:
                    points.append(((end * against - other * slope) / turn, (width + wide) / sp.Abs(turn)))
            for point in points:
                outer.hints.append(Hint("point", tuple(self._constant(e, outer) for e in point)))

    def _vector_symbols(self, partition: VectorPartition) -> list[sp.Symbol]:
        """Labels, quenched variables and parameters that a partition function of several fields depends on."""
        symbols: set[sp.Symbol] = set(partition.rest)
        for weight, point in partition.points:
            symbols |= weight.free_symbols | {s for x in point for s in x.free_symbols}
        symbols |= partition.sphere.free_symbols if partition.sphere is not None else set()
        symbols |= partition.body.free_symbols if not partition.linear else set()
        for b in partition.branches:
            symbols |= b.lower.free_symbols | b.upper.free_symbols | b.log_weight.free_symbols
        hidden = {*partition.inner, bound("inner"), sp.Symbol("none")}
        return sorted(symbols - hidden, key=lambda s: s.name)

    def _vector_inner(self, partition: VectorPartition) -> VectorInner:
        name = f"vector_{partition.name}"
        if name in self.inners:
            return self.inners[name]
        symbols = self._vector_symbols(partition)
        arguments = tuple(self.name(s) for s in symbols)
        points = tuple((self._ir(w), tuple(self._ir(x) for x in point)) for w, point in partition.points)
        branches = []
        for index, b in enumerate(partition.branches):
            node = self._branch_function(f"{name}_{index}_node", partition, b, symbols)
            ends = (b.lower, b.upper) if b.atom is None else (b.atom, b.atom)
            branches.append((self._ir(ends[0]), self._ir(ends[1]), node))
        sphere = None if partition.sphere is None else self._ir(partition.sphere)
        inner = VectorInner(name, partition.kind, partition.size, arguments, points, tuple(branches), sphere)
        self.inners[name] = inner
        panels = "Gauss-Kronrod panels over the first variable, closed or by quadrature over the last"
        sums = ["sum over points"] * bool(points) + ["equal angles on the unit sphere"] * (sphere is not None)
        self.facts[name] = ", ".join(sums) if partition.linear else panels
        return inner

    def _branch_function(self, name: str, partition: VectorPartition, branch, symbols: list[sp.Symbol]) -> Function:
        """Log density and the jet of the last partition function at given h: (h, x, v, ...) -> (l, l_1, .., l_4)."""
        first = partition.inner[0]
        x, v = sp.Symbol("x1"), sp.Symbol("v", positive=True)
        child = branch.child
        scope = Scope(None, f"{name}_")
        jets = [LogPartition(sp.Symbol(child.name), child.sigma, k, x, v, *child.rest) for k in range(5)]
        self.partitions[child.name] = child
        expressions = self._jets([branch.log_weight + jets[0], *jets[1:]], scope, None)
        lets, results = lower_scalars(expressions, "t", self.parameters)
        function = Function(
            name,
            (self.name(first), "x1", "v", *[self.name(s) for s in symbols]),
            (*scope.statements, *lets),
            tuple(results),
            ("l", "l1", "l2", "l3", "l4"),
            "",
            scope.rows,
        )
        self.functions.append(function)
        return function
