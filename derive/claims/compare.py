"""Verdicts: claimed equations and numbers against the engine's, at its solutions and away from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from derive.claims.engine import Engine
from derive.claims.kinds import KINDS, Differs, Statement, is_number, known
from derive.claims.locate import Place, find_edit
from derive.claims.names import Author
from derive.claims.numbers import number
from derive.claims.papers import read_paper
from derive.claims.points import chosen_points
from derive.claims.statements import Claim, ClaimFile, read_claims
from derive.claims.tokens import LatexError
from derive.errors import DeriveError, UsageError
from derive.spec.evaluate import NotNumericError
from derive.spec.grammar import ExpressionError
from derive.spec.model import Model

__all__ = ["Verdict", "check_claims", "check_file"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a claim.

    verdict  "proved" (equal by rules), "agrees" (to `digits` digits), "refuted", or "unknown" (and why)
    found, claimed   the engine's number and the claimed one where they were compared last, or where they differ
    edit     the first edit of the claim, in the order of `suspects`, that makes it true at every point, if there is one
    expected whether the claim is known to be wrong
    latex    the statement as the author wrote it
    engine   the engine's side in LaTeX, where it has one
    """

    id: str
    verdict: str
    digits: int
    detail: str
    found: float | None = None
    claimed: float | None = None
    edit: str = ""
    expected: bool = False
    latex: str = ""
    engine: str = ""

    @property
    def negative(self) -> bool:
        """Whether the verdict is not the one hoped for: of a claim that is known to be wrong, "refuted"."""
        return self.verdict == "unknown" or (self.verdict == "refuted") != self.expected


def check_file(
    path: str | Path,
    model: str | Path | Model | None,
    names: str | Path | None,
    generated: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
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
    return check_claims(file, api.load_model(file.model if given is None else given), generated, progress)


def check_claims(
    file: ClaimFile, model: Model, generated: Path | None = None, progress: Callable[[int, int], None] | None = None
) -> list[Verdict]:
    """A verdict for every claim, in their order."""
    engine = Engine(model, generated)
    try:
        author = Author(model, engine.names, file.mapped, file.where, engine.expression, file.macros)
    except ExpressionError as error:
        raise UsageError(f"{file.path}: [map]: {error}") from None
    found = []
    for done, claim in enumerate(file.claims):
        found.append(_verdict(engine, author, claim, file.scanned))
        if progress is not None:
            progress(done + 1, len(file.claims))
    return found


def _verdict(engine: Engine, author: Author, claim: Claim, scanned: bool) -> Verdict:
    expected = claim.expect == "refuted"
    statements: list[Statement] = []
    try:
        author.reading.assumed.clear()
        statements = _statements(engine, author, claim)
        outcomes = [KINDS[claim.quantity](engine, statement) for statement in statements]
        verdict = "proved" if all(o[0] == "proved" for o in outcomes) else "agrees"
        detail = "; ".join(dict.fromkeys([o[2] for o in outcomes] + list(statements[0].assumed)))
        return Verdict(claim.id, verdict, min(o[1] for o in outcomes), detail, expected=expected, latex=claim.latex)
    except Differs as gap:
        detail = f"{gap.where}: the engine has {gap.found:.12g}, the claim {gap.claimed:.12g}"
        edit = "" if is_number(claim) else _edit(engine, statements)
        return Verdict(claim.id, "refuted", 0, detail, gap.found, gap.claimed, edit, expected, latex=claim.latex)
    except (ExpressionError, UsageError) as error:
        if scanned and isinstance(error, LatexError):
            return Verdict(claim.id, "unknown", 0, f"not read: {error}", latex=claim.latex)
        raise UsageError(f"claim `{claim.id}`: {error}") from None
    except NotNumericError as error:
        return Verdict(claim.id, "unknown", 0, f"no value: {error}", expected=expected, latex=claim.latex)
    except DeriveError as error:
        return Verdict(claim.id, "unknown", 0, str(error), expected=expected, latex=claim.latex)


def _statements(engine: Engine, author: Author, claim: Claim) -> list[Statement]:
    """The equations of a claim: one, or those of a chain with its first member."""
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
    symbols = {s for pair in pairs for side in pair for s in side.free_symbols}
    points = claim.points or chosen_points(engine.model, {s.name for s in symbols}, is_number(claim))
    return [Statement(claim, left, right, points, tuple(author.reading.assumed)) for left, right in pairs]


def _threshold_name(engine: Engine, claim: Claim) -> str:
    if claim.name not in {t.name for t in engine.model.thresholds}:
        names = ", ".join(t.name for t in engine.model.thresholds) or "none"
        raise UsageError(f"{engine.model.name} has no threshold {claim.name!r} (it has: {names})")
    return claim.name


def _edit(engine: Engine, statements: Sequence[Statement]) -> str:
    """The first of the usual suspects that makes the claim true: as functions, or else at the solutions."""
    for statement in statements:
        for places in (_states(engine, statement), _solutions(engine, statement)):
            if found := find_edit(engine, statement.right, places):
                return found
    return ""


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
