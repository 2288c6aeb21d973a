"""Where a claim differs from the engine's form: the smallest part, by walking both expressions together."""

from __future__ import annotations

from collections import Counter

import sympy as sp

from derive.claims.integrals import LineIntegral
from derive.claims.proofs import missing_term
from derive.claims.suspects import Edit
from derive.spec.functions import GaussMean

__all__ = ["structural_edit"]

LARGEST = 12
"""Terms of this many operations are still worth naming."""


def structural_edit(form: sp.Expr, right: sp.Expr) -> Edit | None:
    """The smallest part of `right` that is not as in `form`; None if it is most of the whole.

    >>> a, b, x = sp.symbols("a b x", real=True)
    >>> structural_edit(sp.tanh(a*x + b/a)**2 + a, sp.tanh(a*x)**2 + a).text
    'the term b/a is missing beside a*x'
    """
    pair = _smallest(right, form)
    if pair is None:
        return None
    wrong, true = pair
    if wrong == right or true.count_ops() > 2 * LARGEST:
        rest = missing_term(form, right)
        if rest is None or rest == 0 or rest.count_ops() > LARGEST:
            return None
        return Edit(f"the term {rest} is missing", right, right + rest)
    result = right.xreplace({wrong: true})
    extra, missing = _multiset(wrong, true, sp.Add)
    if len(missing) == 1 and len(extra) == 0:
        return Edit(f"the term {missing[0]} is missing beside {wrong}", wrong, result)
    if len(extra) == 1 and len(missing) == 0:
        return Edit(f"the term {extra[0]} is left out", extra[0], result)
    return Edit(f"{wrong} should be {true}", wrong, result)


def _multiset(one: sp.Expr, two: sp.Expr, kind: type) -> tuple[list[sp.Expr], list[sp.Expr]]:
    """What only the first has, and what only the second has, of the parts of sums or products."""
    first: Counter[sp.Expr] = Counter(kind.make_args(one))  # type: ignore[attr-defined]
    second: Counter[sp.Expr] = Counter(kind.make_args(two))  # type: ignore[attr-defined]
    return list((first - second).elements()), list((second - first).elements())


def _smallest(one: sp.Expr, two: sp.Expr) -> tuple[sp.Expr, sp.Expr] | None:
    """The deepest pair of parts that alone makes two expressions differ; None if they are equal."""
    if one == two:
        return None
    for kind in (sp.Add, sp.Mul):
        if isinstance(one, kind) or isinstance(two, kind):
            extra, missing = _multiset(one, two, kind)
            if len(extra) == len(missing) == 1 and isinstance(one, kind):
                return _inner(extra[0], missing[0]) or (extra[0], missing[0])
            return one, two
    return _inner(one, two) or (one, two)


def _inner(one: sp.Expr, two: sp.Expr) -> tuple[sp.Expr, sp.Expr] | None:
    """A pair inside of two parts of one kind; None if they are of different kinds, or differ in several places."""
    if type(one) is not type(two) or not one.args:
        return None
    if isinstance(one, (sp.Add, sp.Mul)):
        return _smallest(one, two)
    if len(one.args) != len(two.args):
        return None
    if isinstance(one, (GaussMean, LineIntegral)) and one.args[1] != two.args[1]:
        return None
    places = [(a, b) for a, b in zip(one.args, two.args, strict=True) if a != b]
    if len(places) != 1 or places[0][0].is_number:
        return None
    return _smallest(*places[0])
