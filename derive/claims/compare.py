"""Verdicts: claimed equations and numbers against the engine's, at its solutions and away from them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import sympy as sp

from derive.claims.agreements import shared_conventions
from derive.claims.engine import Engine
from derive.claims.holes import Place
from derive.claims.kinds import KINDS, Differs, Statement, asked, is_number, known
from derive.claims.locate import find_edit
from derive.claims.names import Author
from derive.claims.numbers import number
from derive.claims.papers import read_paper
from derive.claims.points import chosen_points, points_beside
from derive.claims.shown import author_latex, claim_latex, engine_latex, plain_text, step_of
from derive.claims.statements import Claim, ClaimFile, read_claims
from derive.claims.suspects import FACTORS, Edit, factor_text
from derive.claims.tokens import LatexError
from derive.claims.verdicts import Verdict
from derive.errors import DeriveError, UsageError
from derive.spec.evaluate import NotNumericError
from derive.spec.grammar import ExpressionError
from derive.spec.model import Model

__all__ = ["Verdict", "check_claims", "check_file"]

SECONDS = 20.0
"""Processor time for the edit of a refuted claim; those with proximal points or nested integrals may want more."""


def check_file(
    path: str | Path,
    model: str | Path | Model | None,
    names: str | Path | None,
    generated: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    shown: bool = False,
) -> list[Verdict]:
    """A verdict for every claim of a claims file, or for the labelled equations of a paper.

    Raises
    ------
    UsageError
        for a map beside a claims file, and with every fault of the files.
    """
    from derive import api

    given = model if isinstance(model, Model) or model is None else str(model)
    if Path(path).suffix == ".tex":
        file = read_paper(path, names, given.name if isinstance(given, Model) else given)
    elif names is not None:
        raise UsageError(f"{path}: a map belongs to a paper (.tex); a claims file has its own [map]")
    else:
        file = read_claims(path, None if model is None else "")
    return check_claims(file, api.load_model(file.model if given is None else given), generated, progress, shown)


def check_claims(
    file: ClaimFile,
    model: Model,
    generated: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    shown: bool = False,
) -> list[Verdict]:
    """A verdict for every claim, in their order; `shown`: with claim and engine in LaTeX."""
    engine = Engine(model, generated, shown)
    try:
        author = Author(model, engine.names, file.mapped, file.where, engine.expression, file.macros)
    except ExpressionError as error:
        raise UsageError(f"{file.path}: [map]: {error}") from None
    read = [_read(engine, author, claim, file.scanned) for claim in file.claims]
    used = {s.name for given in read if isinstance(given, list) for x in given for s in x.symbols}
    found = []
    for done, (claim, given) in enumerate(zip(file.claims, read, strict=True)):
        if isinstance(given, Verdict):
            found.append(given)
        else:
            verdict = _verdict(engine, claim, [x.at(_points(engine, claim, used)) for x in given])
            found.append(replace(verdict, latex=author_latex(claim.latex, file.macros), source=claim.source))
        if progress is not None:
            progress(done + 1, len(file.claims))
    return shared_conventions(engine, found, dict(zip([c.id for c in file.claims], read, strict=True)), used)


def _read(engine: Engine, author: Author, claim: Claim, scanned: bool) -> list[Statement] | Verdict:
    """The equations of a claim: one, or those of a chain with its first member; a verdict if it cannot be read."""
    author.reading.assumed.clear()
    try:
        if claim.latex:
            sides = author.sides(claim.latex)
            if len(sides) < 2:
                raise LatexError("a claim is an equation: there is no = in it", 1)
            pairs = [(sides[0], side) for side in sides[1:]]
        elif claim.quantity == "formula":
            pairs = [(engine.names["free_entropy"], engine.expression(claim.value))]
        else:
            name = claim.name if claim.quantity != "threshold" else _threshold_name(engine, claim)
            pairs = [(engine.expression(name), engine.expression(claim.value))]
    except (ExpressionError, UsageError) as error:
        if scanned and isinstance(error, LatexError):
            return Verdict(claim.id, "unknown", 0, f"not read: {error}", latex=claim.latex)
        raise UsageError(f"claim `{claim.id}`: {error}") from None
    return [Statement(claim, left, right, (), tuple(author.reading.assumed)) for left, right in pairs]


def _points(engine: Engine, claim: Claim, used: Collection[str]) -> tuple[Mapping[str, str], ...]:
    return claim.points or chosen_points(engine.model, used, is_number(claim))


def _verdict(engine: Engine, claim: Claim, statements: Sequence[Statement]) -> Verdict:
    expected = claim.expect == "refuted"
    made = partial(Verdict, claim.id, expected=expected)
    try:
        outcomes = [KINDS[claim.quantity](engine, statement) for statement in statements]
        word = "proved" if all(o[0] == "proved" for o in outcomes) else "agrees"
        said = [o[2] for o in outcomes] + _zeros(engine, statements[0]) + list(statements[0].assumed)
        return _shown(engine, statements, None, made(word, min(o[1] for o in outcomes), "; ".join(dict.fromkeys(said))))
    except Differs as gap:
        detail = f"{gap.where}: the engine has {gap.found:.12g}, the claim {gap.claimed:.12g}"
        found = _factor(statements[0].right, gap, asked(claim)) if statements[0].right.is_number else None
        if found is None and not is_number(claim):
            found = _edit(engine, statements)
        edit, mended = ("", None) if found is None else (found.text, found.result)
        verdict = made("refuted", 0, detail, gap.found, gap.claimed, plain_text(edit), mended=mended)
        if is_number(claim):
            return verdict
        return _shown(engine, statements, found, replace(verdict, step=step_of(engine, statements[0])))
    except UsageError as error:
        raise UsageError(f"claim `{claim.id}`: {error}") from None
    except NotNumericError as error:
        return made("unknown", 0, f"no value: {error}")
    except DeriveError as error:
        return made("unknown", 0, str(error))


def _shown(engine: Engine, statements: Sequence[Statement], edit: Edit | None, verdict: Verdict) -> Verdict:
    """A verdict with claim and engine in LaTeX."""
    if not engine.shown or is_number(statements[0].claim):
        return verdict
    return replace(verdict, read=claim_latex(statements[0], edit), engine=engine_latex(engine, statements[0]))


def _zeros(engine: Engine, statement: Statement) -> list[str]:
    """The parameters that were zero wherever a claim was compared without points of its own."""
    if statement.claim.points or is_number(statement.claim):
        return []
    zero = [
        p.name
        for p in engine.model.parameters
        if p.default == 0 and all(point.get(p.name, "0") == "0" for point in statement.points)
    ]
    return [f"compared at {' = '.join(zero)} = 0"] if zero else []


def _threshold_name(engine: Engine, claim: Claim) -> str:
    if claim.name not in {t.name for t in engine.model.thresholds}:
        names = ", ".join(t.name for t in engine.model.thresholds) or "none"
        raise UsageError(f"{engine.model.name} has no threshold {claim.name!r} (it has: {names})")
    return claim.name


def _edit(engine: Engine, statements: Sequence[Statement]) -> Edit | None:
    """The first edit that makes the claim true: as functions, or else at the solutions."""
    until = time.thread_time() + SECONDS
    for statement in statements:
        beside = points_beside(engine.model, statement.points[0])
        forms = _written(engine, statement)
        for places in (_states, _solutions):
            own, more = places(engine, statement), places(engine, statement.at(beside))
            if (found := find_edit(engine, statement.right, own, more, forms, until)) is not None:
                return found
    return None


def _factor(right: sp.Expr, gap: Differs, digits: int) -> Edit | None:
    """The factor that makes a claimed number the engine's, to its digits."""
    for factor in FACTORS:
        if abs(gap.found - float(factor) * gap.claimed) <= 0.5 * 10.0 ** (1 - digits) * abs(gap.found):
            return Edit(factor_text("the right side", factor), right, factor * right)
    return None


def _written(engine: Engine, statement: Statement) -> list[sp.Expr]:
    """What the right side would be as the engine writes it."""
    phi = engine.names["free_entropy"]
    try:
        forms = engine.forms()
        if statement.left.has_free(phi):
            return [statement.left.xreplace({phi: form}) for form in forms.free_entropy(statement.right)]
        form = forms.equation(statement.left, statement.right)
    except DeriveError:
        return []
    return [] if form is None else [form]


def _states(engine: Engine, statement: Statement) -> list[Place]:
    """States that solve nothing, at which the sides should be equal."""
    left, right, phi = statement.left, statement.right, engine.names["free_entropy"]
    found = []
    for seed, given in enumerate(statement.points):
        for state in engine.states(given, 2, seed):
            after = {**state.after, phi.name: state.entropies[-1]}
            if not (known(left, after) and known(right, state.before)):
                return []
            try:
                found.append(Place(state.before, number(left, after)[0]))
            except NotNumericError:
                return []
    return found


def _solutions(engine: Engine, statement: Statement) -> list[Place]:
    """The solutions at the points of a claim."""
    left, right, branch = statement.left, statement.right, statement.claim.branch
    found = []
    for given in statement.points:
        try:
            scope = engine.scope([left, right], given, branch)
            with suppress(DeriveError, NotNumericError):
                scope = {**engine.everything(given, branch), **scope}
            found.append(Place(scope, number(left, scope)[0]))
        except (DeriveError, NotNumericError):
            continue
    return found
