"""Proofs of claims: two expressions that rules make one, with the rules that were needed.

Both sides become one Gaussian mean of a difference, which vanishes if its part even in the variable does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sympy as sp

from derive.claims.integrals import LineIntegral
from derive.spec.deadline import TooSlowError, limited
from derive.spec.functions import GaussianTail, GaussMean, Logistic, Softplus, Step

__all__ = ["missing_term", "prove"]

SECONDS = 4.0
ROUGH = (Step, sp.Abs, sp.sign, sp.Max, sp.Min, sp.Piecewise)

Rule = tuple[str, Callable[[sp.Expr], sp.Expr]]


def prove(one: sp.Expr, two: sp.Expr, positive: Sequence[tuple[sp.Symbol, sp.Expr]]) -> tuple[str, ...] | None:
    """The rules that make two expressions equal, () if writing them out is enough; None if no proof is found.

    `positive` are substitutions of symbols by expressions in positive symbols that reach all of their domain.

    >>> x, a = sp.symbols("x a", real=True)
    >>> prove(GaussMean(x*sp.tanh(a*x), x), a*GaussMean(1 - sp.tanh(a*x)**2, x), ())
    ("Stein's lemma",)
    """
    try:
        with limited(SECONDS):
            return _prove(one, two, positive)
    except TooSlowError:
        return None


def missing_term(one: sp.Expr, two: sp.Expr) -> sp.Expr | None:
    """What is missing of the first in the second, if that is without integrals; None if it is not, or not found."""
    try:
        with limited(SECONDS):
            sides = [one, two]
            for _, rule in RULES:
                sides = [_everywhere(side, rule) for side in sides]
            gathered = _one_mean(_terms(sides[0] - sides[1]))
            if gathered is None:
                return None
            body, x = gathered
            rest = sp.factor_terms(sp.simplify(sp.expand(_everywhere(body, _plain_argument))))
            return None if rest.has(x) or rest.has(GaussMean, LineIntegral) else rest
    except TooSlowError:
        return None


def _prove(one: sp.Expr, two: sp.Expr, positive: Sequence[tuple[sp.Symbol, sp.Expr]]) -> tuple[str, ...] | None:
    inside = dict(positive)
    if sp.expand(one - two) == 0:
        return ()
    sides = [_everywhere(side.xreplace(inside), _rational) for side in (one, two)]
    used: list[str] = []
    for name, rule in RULES:
        new = [_everywhere(side, rule) for side in sides]
        if new != sides:
            used.append(name)
        sides = new
    difference = _terms(sides[0] - sides[1])
    if difference == 0:
        return tuple(used)
    moved = _everywhere(difference, _stein)
    for e, more in ((difference, ()), (moved, ("Stein's lemma",))):
        if more and moved == difference:
            continue
        for gather, word in ((_one_mean, ()), (_one_integral, ("substitution",))):
            gathered = gather(e)
            if gathered is None:
                continue
            body, x = gathered
            if _vanishes(body):
                return (*used, *more, *word)
            if not body.has(*ROUGH) and _vanishes(body + body.xreplace({x: -x})):
                return (*used, *more, *word, "parity")
    return None


def _terms(e: sp.Expr) -> sp.Expr:
    """A sum multiplied out, with exponents and denominators left as they are."""
    hints = {"deep": False, "power_exp": False, "power_base": False, "log": False}
    return sp.Add(*[sp.expand(term, **hints) for term in sp.Add.make_args(e)])


def _rational(e: sp.Expr) -> sp.Expr:
    """A sum without functions over one denominator, so that roots of it split."""
    if isinstance(e, sp.Add) and e.free_symbols and e.is_rational_function(*e.free_symbols):
        return sp.factor(sp.together(e))
    return e


def _everywhere(e: sp.Expr, rule: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
    """A rule applied from the inside out."""
    if not e.args:
        return e
    args = [_everywhere(a, rule) if isinstance(a, sp.Expr) else a for a in e.args]
    rebuilt = e.func(*args) if tuple(args) != e.args else e
    return rule(rebuilt)


def _hyperbolic(e: sp.Expr) -> sp.Expr:
    if isinstance(e, sp.Pow) and isinstance(e.base, sp.cosh) and e.exp.is_Integer and e.exp < 0 and e.exp % 2 == 0:
        return (1 - sp.tanh(e.base.args[0]) ** 2) ** (-e.exp / 2)
    if isinstance(e, Logistic):
        return (1 + sp.tanh(e.args[0] / 2)) / 2
    if isinstance(e, Softplus):
        return e.args[0] / 2 + sp.log(2) + sp.log(sp.cosh(e.args[0] / 2))
    return e


def _quotients(e: sp.Expr) -> sp.Expr:
    """Sinh by tanh and cosh, which cancels against other cosh."""
    return sp.tanh(e.args[0]) * sp.cosh(e.args[0]) if isinstance(e, sp.sinh) else e


def _tails(e: sp.Expr) -> sp.Expr:
    if isinstance(e, sp.erf):
        return 1 - 2 * GaussianTail(sp.sqrt(2) * e.args[0])
    if isinstance(e, sp.erfc):
        return 2 * GaussianTail(sp.sqrt(2) * e.args[0])
    return e


def _reflected(e: sp.Expr) -> sp.Expr:
    if isinstance(e, GaussianTail) and e.args[0].could_extract_minus_sign():
        return 1 - GaussianTail(-e.args[0])
    return e


def _logarithms(e: sp.Expr) -> sp.Expr:
    if isinstance(e, sp.log) and isinstance(e.args[0], (sp.Mul, sp.Pow)):
        parts = sp.Mul.make_args(e.args[0])
        positive = [p for p in parts if _positive(p)]
        rest = sp.Mul(*[p for p in parts if p not in positive])
        return sp.Add(*[_log(p) for p in positive], sp.log(rest) if rest != 1 else 0)
    return e


def _positive(e: sp.Expr) -> bool:
    return (
        bool(e.is_positive)
        or isinstance(e, (sp.cosh, sp.exp, GaussianTail))
        or (isinstance(e, sp.Pow) and _positive(e.base))
    )


def _log(e: sp.Expr) -> sp.Expr:
    if isinstance(e, sp.exp):
        return e.args[0]
    if isinstance(e, sp.Pow):
        return e.exp * _log(e.base)
    return sp.log(e)


def _densities(e: sp.Expr) -> sp.Expr:
    """An integral over the line with a Gaussian factor as a mean."""
    if not isinstance(e, LineIntegral) or e.args[2] != -sp.oo or e.args[3] != sp.oo:
        return e
    body, x = e.args[:2]
    exponent = sp.Add(*[a.args[0] for a in sp.Mul.make_args(body) if isinstance(a, sp.exp)])
    rest = sp.Mul(*[a for a in sp.Mul.make_args(body) if not isinstance(a, sp.exp)])
    if not exponent.is_polynomial(x) or sp.degree(exponent, x) != 2:
        return e
    a, b, c = (sp.Poly(exponent, x).coeff_monomial(x**k) for k in (2, 1, 0))
    if not (-a).is_positive:
        return e
    width = 1 / sp.sqrt(-2 * a)
    centre = -b / (2 * a)
    return sp.sqrt(sp.pi / -a) * sp.exp(c - b**2 / (4 * a)) * GaussMean(rest.xreplace({x: centre + width * x}), x)


def _stein(e: sp.Expr) -> sp.Expr:
    """E[x f(x)] = E[f'(x)], where f is smooth."""
    if not isinstance(e, GaussMean) or e.has(*ROUGH):
        return e
    body, x = e.args
    factor = [
        a for a in sp.Mul.make_args(body) if a == x or (isinstance(a, sp.Pow) and a.base == x and a.exp.is_Integer)
    ]
    if not factor or (isinstance(factor[0], sp.Pow) and factor[0].exp < 1):
        return e
    return GaussMean(sp.expand(sp.diff(body / x, x)), x)


RULES: tuple[Rule, ...] = (
    ("integrals as Gaussian means", _densities),
    ("erf and erfc by H", _tails),
    ("H(-x) = 1 - H(x)", _reflected),
    ("sinh = tanh cosh", _quotients),
    ("hyperbolic functions by tanh", _hyperbolic),
    ("logarithms of products", _logarithms),
)


def _means(e: sp.Expr) -> list[tuple[sp.Expr, sp.Expr, sp.Symbol | None]] | None:
    """The terms of a sum as (factor, averaged, its variable); None where means stand in something else than a sum."""
    found: list[tuple[sp.Expr, sp.Expr, sp.Symbol | None]] = []
    for term in sp.Add.make_args(_terms(e)):
        means = [a for a in sp.Mul.make_args(term) if isinstance(a, GaussMean)]
        others = sp.Mul(*[a for a in sp.Mul.make_args(term) if not isinstance(a, GaussMean)])
        if len(means) > 1 or others.has(GaussMean, LineIntegral):
            return None
        if not means:
            found.append((others, sp.S.One, None))
            continue
        body, bound = means[0].args
        if body.has(GaussMean, LineIntegral):
            return None
        found.append((others, body, bound))
    return found


def _one_mean(e: sp.Expr) -> tuple[sp.Expr, sp.Symbol] | None:
    """A sum of constants and means as one mean."""
    x = sp.Symbol("_x", real=True)
    terms = _means(e)
    if terms is None:
        return None
    return sp.Add(*[c * (b if v is None else b.xreplace({v: x})) for c, b, v in terms]), x


def _one_integral(e: sp.Expr) -> tuple[sp.Expr, sp.Symbol] | None:
    """The same as one integral over the argument of the first function of each mean; None if one has none."""
    x = sp.Symbol("_x", real=True)
    terms = _means(e)
    if terms is None or any(v is None for c, b, v in terms if c != 0):
        return None
    total = sp.S.Zero
    for factor, body, variable in terms:
        assert variable is not None
        places = [
            node.args[0] for node in sp.preorder_traversal(body) if isinstance(node, (GaussianTail, sp.tanh, sp.cosh))
        ]
        lines = [p for p in places if p.has(variable) and not sp.diff(p, variable).has(variable)]
        if not lines:
            return None
        place = min(lines, key=sp.default_sort_key)
        slope = sp.diff(place, variable)
        size = slope if slope.is_positive else -slope if (-slope).is_positive else None
        if size is None:
            return None
        inside = (x - place.xreplace({variable: sp.S.Zero})) / slope
        total += factor * (body * sp.exp(-(variable**2) / 2)).xreplace({variable: inside}) / size
    return total, x


def _vanishes(e: sp.Expr) -> bool:
    """Whether an expression is zero after simplification; a number that is not small ends the question."""
    values = {s: sp.Rational(7 + 3 * k, 11 + 2 * k) for k, s in enumerate(sorted(e.free_symbols, key=str))}
    try:
        if abs(complex(sp.N(e.xreplace(values), 15))) > 1e-9:
            return False
    except (TypeError, ValueError):
        return False
    for _, rule in RULES[2:]:
        e = _everywhere(_terms(e), rule)
    plain = _everywhere(e, _plain_argument)
    symbols = {f: sp.Dummy(f"f{k}") for k, f in enumerate(sorted(plain.atoms(sp.Function), key=sp.default_sort_key))}
    rational = _everywhere(plain, lambda node: symbols.get(node, node))
    if sp.expand(sp.numer(sp.together(rational))) == 0:
        return True
    return bool(sp.simplify(sp.expand(sp.powsimp(plain))) == 0)


def _plain_argument(e: sp.Expr) -> sp.Expr:
    """A function of an argument written in one way."""
    if isinstance(e, sp.exp):
        return sp.exp(sp.expand(sp.cancel(sp.together(e.args[0]))))
    if isinstance(e, (GaussianTail, sp.tanh, sp.cosh, sp.log)):
        return e.func(sp.expand(sp.cancel(sp.together(e.args[0]))))
    return e
