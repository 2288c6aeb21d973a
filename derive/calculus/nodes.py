r"""The nodes of the replica calculus: averages that store what they mean, with derivative rules.

`GaussianAverage(body, x, mean, cov)` stores mean and covariance, never sqrt(q)*xi, and
differentiates by Price's theorem,

    d/dmean_i E f = E[f_i],      d/dC_ij E f = E[f_ij]   (i < j),      d/dC_ii E f = E[f_ii]/2,

so that saddle-point equations come out with no integration by parts by hand.

`LogPartition` is the k-th field derivative l_k of a log-partition function l(x, v) = log Z(x, v),
where Z obeys a heat equation dZ/dv = (sigma/2) d^2Z/dx^2, sigma = +1 for
Z = E_{h~N(x,v)} F(h) and sigma = -1 for Z = int dmu(w) exp(-v w^2/2 + x w); hence

    dl/dv = (sigma/2) (l_2 + l_1^2).

`MoreauEnvelope` is the same limit at zero temperature, l = lim log Z(., ./beta)/beta: minus the Moreau envelope of a
loss for sigma = +1, the conjugate of a penalty for sigma = -1.  The heat equation becomes Hamilton-Jacobi,

    dl/dv = (sigma/2) l_1^2.

`LabelLaw` is the k-th derivative in the teacher field of P(y|z), in the sense of distributions: it
is lowered on E_{z~N(mean, var)} P(y|z), which is smooth for every law.

Bound symbols are reserved (non-ASCII names that a model file cannot write), so that two averages
that differ by a renaming are the same object and substitution cannot capture.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp
from sympy.core.sympify import _sympify

__all__ = [
    "BOUND",
    "DensityAverage",
    "GaussianAverage",
    "LabelIntegral",
    "LabelLaw",
    "LabelSum",
    "LogPartition",
    "MoreauEnvelope",
    "bound",
    "combine",
    "derivative",
    "differentiate",
    "expand",
    "substitute",
]

_BOUND_NAMES = {
    "field": "ω",
    "teacher": "ζ",
    "site_field": "ξ",
    "inner": "η",
    "label": "υ",
    "quenched": "σ",
}
BOUND = {role: sp.Symbol(name, real=True) for role, name in _BOUND_NAMES.items()}


def bound(role: str, index: int = 0) -> sp.Symbol:
    """Return the reserved bound symbol of a role ("field", "teacher", "site_field", "label", ...).

    >>> bound("field").name
    'ω'
    """
    symbol = BOUND[role]
    return symbol if index == 0 else sp.Symbol(f"{symbol.name}{index}", real=True)


def _is_reserved(symbol: sp.Symbol) -> bool:
    return symbol.name[:1] in _BOUND_NAMES.values()


class _Binder(sp.Expr):
    """A node with bound symbols (its second argument, a Tuple); everything else may contain them."""

    is_commutative = True
    is_real = True

    @property
    def body(self) -> sp.Expr:
        """The averaged expression."""
        return self.args[0]

    @property
    def bound_symbols(self) -> tuple[sp.Symbol, ...]:
        """The symbols bound by this node."""
        return tuple(self.args[1])

    @property
    def free_symbols(self) -> set:
        """Free symbols of all arguments without the bound ones."""
        inside: set = set()
        for argument in self.args:
            inside |= argument.free_symbols
        return inside - set(self.bound_symbols)

    def _with_body(self, body: sp.Expr) -> sp.Expr:
        return self.func(body, *self.args[1:])

    def _eval_is_finite(self) -> bool:
        return True


class GaussianAverage(_Binder):
    r"""E_{x ~ N(mean, cov)} body, with `x`, `mean` tuples and `cov` the upper triangle, row by row.

    >>> q = sp.Symbol("q", positive=True); w = bound("field")
    >>> derivative(GaussianAverage(w**4, (w,), (0,), (q,)), q) == 6*GaussianAverage(w**2, (w,), (0,), (q,))
    True
    """

    def __new__(cls, body, x, mean, cov):
        x, mean, cov = sp.Tuple(*x), sp.Tuple(*mean), sp.Tuple(*cov)
        body = _sympify(body)
        if body.is_zero:
            return sp.S.Zero
        return sp.Expr.__new__(cls, body, x, mean, cov)

    @property
    def mean(self) -> tuple[sp.Expr, ...]:
        """The mean of each variable."""
        return tuple(self.args[2])

    def covariance(self, i: int, j: int) -> sp.Expr:
        """Entry (i, j) of the covariance."""
        i, j = min(i, j), max(i, j)
        size = len(self.bound_symbols)
        return self.args[3][i * size - i * (i - 1) // 2 + (j - i)]

    def _eval_derivative(self, symbol):
        variables, body = self.bound_symbols, self.body
        terms = [differentiate(body, symbol)]
        for i, x in enumerate(variables):
            slope = differentiate(self.mean[i], symbol)
            if slope != 0:
                terms.append(slope * differentiate(body, x))
            for j in range(i, len(variables)):
                slope = differentiate(self.covariance(i, j), symbol)
                if slope != 0:
                    half = sp.Rational(1, 2) if i == j else sp.S.One
                    terms.append(half * slope * differentiate(differentiate(body, x), variables[j]))
        return self._with_body(expand(sp.Add(*terms)))


class LabelIntegral(_Binder):
    """The integral of `body` over a real label y in (lower, upper)."""

    def __new__(cls, body, y, lower, upper):
        body = _sympify(body)
        if body.is_zero:
            return sp.S.Zero
        y = y if isinstance(y, sp.Tuple) else sp.Tuple(y)
        return sp.Expr.__new__(cls, body, y, _sympify(lower), _sympify(upper))

    def _eval_derivative(self, symbol):
        return self._with_body(expand(differentiate(self.body, symbol)))


class LabelSum(_Binder):
    """The sum of `body` over the natural numbers y = 0, 1, 2, ..."""

    def __new__(cls, body, y):
        body = _sympify(body)
        if body.is_zero:
            return sp.S.Zero
        y = y if isinstance(y, sp.Tuple) else sp.Tuple(y)
        return sp.Expr.__new__(cls, body, y)

    def _eval_derivative(self, symbol):
        return self._with_body(expand(differentiate(self.body, symbol)))


class DensityAverage(_Binder):
    """The integral of pdf(s)*body over a quenched variable s in (lower, upper)."""

    def __new__(cls, body, s, pdf, lower, upper):
        body = _sympify(body)
        if body.is_zero:
            return sp.S.Zero
        s = s if isinstance(s, sp.Tuple) else sp.Tuple(s)
        return sp.Expr.__new__(cls, body, s, _sympify(pdf), _sympify(lower), _sympify(upper))

    @property
    def pdf(self) -> sp.Expr:
        """The density."""
        return self.args[2]

    def _eval_derivative(self, symbol):
        return self._with_body(expand(differentiate(self.body, symbol)))


class LogPartition(sp.Function):
    r"""The derivative of order k of log Z in its field: args (name, sigma, k, x, v, *rest).

    `name` is a Symbol that keys the definition of Z, `sigma` = +1 or -1 is the sign of its heat
    equation.  Derivatives in `rest` (labels, quenched variables) are not defined.

    >>> x, v = sp.symbols("x v", real=True)
    >>> l = LogPartition(sp.Symbol("Z"), 1, 0, x, v)
    >>> l.diff(v)
    LogPartition(Z, 1, 1, x, v)**2/2 + LogPartition(Z, 1, 2, x, v)/2
    """

    is_real = True

    @property
    def order(self) -> int:
        """The number of field derivatives."""
        return int(self.args[2])

    def raised(self, by: int) -> LogPartition:
        """Return the same log-partition function with `by` more field derivatives."""
        return self.func(*self.args[:2], self.args[2] + by, *self.args[3:])

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        sigma, k = self.args[1], self.order
        if argindex == 4:
            return self.raised(1)
        if argindex == 5:
            leibniz = sum(sp.binomial(k, j) * self.raised(1 + j - k) * self.raised(1 - j) for j in range(k + 1))
            return sigma * (self.raised(2) + leibniz) / 2
        return sp.S.Zero

    def _eval_derivative(self, symbol):
        total = sp.S.Zero
        for position in (3, 4):
            slope = differentiate(self.args[position], symbol)
            if slope != 0:
                total += slope * self.fdiff(position + 1)
        return total


class MoreauEnvelope(LogPartition):
    r"""The derivative of order k of a zero-temperature log-partition function in its field.

    sigma = +1: l(x, V) = -min_h [(h - x)^2/(2 V) + loss(h)], so that l_1 = (prox - x)/V;
    sigma = -1: l(x, A) = max_w [x w - A w^2/2 - penalty(w)], so that l_1 is the maximiser.

    >>> x, V = sp.symbols("x V", real=True)
    >>> MoreauEnvelope(sp.Symbol("M"), 1, 0, x, V).diff(V)
    MoreauEnvelope(M, 1, 1, x, V)**2/2
    """

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        sigma, k = self.args[1], self.order
        if argindex == 5:
            leibniz = sum(sp.binomial(k, j) * self.raised(1 + j - k) * self.raised(1 - j) for j in range(k + 1))
            return sigma * leibniz / 2
        return super().fdiff(argindex)


class LabelLaw(sp.Function):
    """The derivative of order k of P(y | z) in z: args (name, k, z, *rest)."""

    is_real = True

    @property
    def order(self) -> int:
        """The number of derivatives in the teacher field."""
        return int(self.args[1])

    def _eval_derivative(self, symbol):
        slope = differentiate(self.args[2], symbol)
        return slope * self.func(self.args[0], self.args[1] + 1, *self.args[2:])


def differentiate(expression: sp.Expr, symbol: sp.Symbol) -> sp.Expr:
    """The derivative by the rules of the nodes; unlike sympy's `diff` it rewrites nothing on the way."""
    if symbol not in expression.free_symbols:
        return sp.S.Zero
    if expression == symbol:
        return sp.S.One
    if isinstance(expression, sp.Add):
        return sp.Add(*[differentiate(a, symbol) for a in expression.args])
    if isinstance(expression, sp.Mul):
        terms = []
        for i, factor in enumerate(expression.args):
            slope = differentiate(factor, symbol)
            if slope != 0:
                terms.append(sp.Mul(*expression.args[:i], slope, *expression.args[i + 1 :]))
        return sp.Add(*terms)
    if isinstance(expression, sp.Pow) and symbol not in expression.exp.free_symbols:
        base, power = expression.args
        return power * base ** (power - 1) * differentiate(base, symbol)
    if isinstance(expression, sp.exp):
        return expression * differentiate(expression.args[0], symbol)
    if isinstance(expression, (_Binder, LogPartition, LabelLaw)):
        return expression._eval_derivative(symbol)
    return expression.diff(symbol)


def expand(expression: sp.Expr) -> sp.Expr:
    """Multiply out products of jets and powers, leaving the arguments of nodes and functions alone."""
    opaque = (LogPartition, LabelLaw, _Binder, sp.exp, sp.log, sp.Function)
    table: dict[sp.Basic, sp.Dummy] = {}

    def hide(node: sp.Basic) -> sp.Basic:
        if isinstance(node, opaque):
            return table.setdefault(node, sp.Dummy(f"o{len(table)}", real=True))
        if isinstance(node, sp.Pow) and not node.exp.is_Integer:
            return table.setdefault(node, sp.Dummy(f"o{len(table)}", positive=True))
        if isinstance(node, (sp.Add, sp.Mul, sp.Pow)):
            return node.func(*[hide(a) for a in node.args])
        return node

    hidden = hide(expression)
    back = {dummy: node for node, dummy in table.items()}
    return sp.expand(hidden).xreplace(back)


def combine(expression: sp.Expr) -> sp.Expr:
    """Add up averages over the same measure: c1 E[a] + c2 E[b] -> g E[(c1/g) a + (c2/g) b], also inside.

    >>> w, a = bound("field"), sp.Symbol("a")
    >>> E = lambda f: GaussianAverage(f, (w,), (0,), (1,))
    >>> combine(a*E(w**2 + w) - a*E(w)) == a*E(w**2)
    True
    """
    groups: dict[tuple, list[tuple[sp.Expr, sp.Expr]]] = {}
    rest: list[sp.Expr] = []
    for term in sp.Add.make_args(expand(expression)):
        coefficient, averages = [], []
        for factor in sp.Mul.make_args(term):
            (averages if isinstance(factor, _Binder) else coefficient).append(factor)
        if len(averages) != 1:
            rest.append(term)
            continue
        node = averages[0]
        groups.setdefault((node.func, node.args[1:]), []).append((sp.Mul(*coefficient), node.body))
    for (kind, arguments), members in groups.items():
        common = _common_factor([c for c, _ in members])
        body = combine(sp.Add(*[sp.cancel(c / common) * b for c, b in members]))
        content, body = _content(body)
        rest.append(common * content * kind(body, *arguments))
    return sp.Add(*rest)


def _common_factor(coefficients: list[sp.Expr]) -> sp.Expr:
    """The factors shared by all coefficients, up to a number."""
    shared = None
    for c in coefficients:
        factors = {f for f in sp.Mul.make_args(sp.factor_terms(c)) if not f.is_number}
        shared = factors if shared is None else shared & factors
    return sp.Mul(*sorted(shared or (), key=sp.default_sort_key))


def _content(body: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Take the rational content out of a sum: 2*a + 2*b -> (2, a + b)."""
    numbers = [term.as_coeff_Mul()[0] for term in sp.Add.make_args(body)]
    if not all(n.is_Rational for n in numbers):
        return sp.S.One, body
    content = sp.gcd_list(numbers)
    if content == 0:
        return sp.S.One, body
    if numbers[0].is_negative and all(n.is_negative for n in numbers):
        content = -content
    return content, sp.Add(*[term / content for term in sp.Add.make_args(body)])


def derivative(expression: sp.Expr, *symbols: sp.Symbol) -> sp.Expr:
    """Differentiate and add up averages over equal measures, so that jets of equal order combine."""
    for symbol in symbols:
        expression = combine(differentiate(expression, symbol))
    return expression


def substitute(expression: sp.Expr, mapping: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """Replace free symbols everywhere, also under binders; reserved names are refused.

    Raises
    ------
    ValueError
        if a key or a value contains a reserved bound symbol (the substitution would capture).
    """
    pairs = {key: _sympify(value) for key, value in mapping.items()}
    for key, value in pairs.items():
        if any(_is_reserved(s) for s in {key} | value.free_symbols if isinstance(s, sp.Symbol)):
            raise ValueError(f"substitution {key} -> {value} touches a bound symbol")
    return expression.xreplace(pairs)
