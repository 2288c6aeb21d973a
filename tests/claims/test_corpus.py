"""Published equations in their authors' notations agree; mutants of them are refuted, and most are located.

The equations are in `corpus/`, a file for each paper and model; `mistakes_*.toml` are mistakes that are known.  Whether
a mutant has another value at all is found by `brute`, which shares nothing with `derive check` but the reader.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
import sympy as sp

from derive.claims.compare import Verdict, check_claims
from derive.claims.engine import Engine
from derive.claims.integrals import LineIntegral
from derive.claims.names import Author
from derive.claims.statements import Claim, ClaimFile, read_claims
from derive.errors import DeriveError
from derive.spec.evaluate import NotNumericError
from derive.spec.functions import GaussMean
from tests.support import zoo
from tests.support.brute import brute
from tests.support.mutants import Mutant, mutants

FOLDER = Path(__file__).parent / "corpus"
FILES = {path.stem: path for path in sorted(FOLDER.glob("*.toml"))}
PAPERS = tuple(name for name in FILES if not name.startswith("mistakes_"))
MISTAKES = tuple(name for name in FILES if name.startswith("mistakes_"))
FAST = ("sherrington_kirkpatrick_1975", "amit_gutfreund_sompolinsky_1985", "hastie_2022", "sarao_mannelli_2020")
"""Papers of the default suite: their solvers compile in seconds."""
EACH = 3
"""Mutants per equation of the slow suite."""

GRID = 1e-5
"""What the grid of `brute` makes of two ways to write one integral; an expression and its mutant share most of it."""
LOCATED = 0.8
"""The share of mutants of which the reported edit makes the published equation."""

slow = [pytest.mark.slow, pytest.mark.timeout(3600)]


@cache
def read(name: str) -> ClaimFile:
    return read_claims(FILES[name])


def verdicts(name: str, claims: Sequence[Claim] | None = None) -> list[Verdict]:
    file = read(name)
    chosen = file if claims is None else replace(file, claims=tuple(claims), scanned=True)
    return check_claims(chosen, zoo.load(file.model), zoo.folder(file.model))


def test_the_corpus_is_large_and_says_where_its_equations_are_from():
    claims = [c for name in PAPERS for c in read(name).claims]
    assert len(claims) >= 60 and len({c.source.split(", chapter")[0] for c in claims}) >= 12
    assert all(c.latex and c.source and c.expect is None for c in claims)
    assert len({read(name).model for name in PAPERS}) >= 12
    for path in FILES.values():
        assert all(len(line) < 400 for line in path.read_text().splitlines())


@pytest.mark.parametrize("name", [n if n in FAST else pytest.param(n, marks=slow) for n in PAPERS])
def test_published_equations_agree(name):
    for verdict in verdicts(name):
        assert verdict.verdict in ("proved", "agrees"), verdict


@pytest.mark.parametrize(
    "name", ["mistakes_sk", *[pytest.param(n, marks=slow) for n in MISTAKES if n != "mistakes_sk"]]
)
def test_known_mistakes_are_refuted(name):
    for verdict in verdicts(name):
        assert not verdict.negative, verdict


# ------------------------------------------------------------------------------------------- mutants


@dataclass(frozen=True, slots=True)
class Trial:
    """A mutant and what became of it: its value is "changed", "same" or "none", or it is "not read"."""

    claim: Claim
    mutant: Mutant
    value: str
    verdict: Verdict
    undone: bool


class Bench:
    """A paper's equations, their mutants, and the numbers at which they are compared by brute force."""

    def __init__(self, name: str):
        self.name, self.file = name, read(name)
        model = zoo.load(self.file.model)
        self.engine = Engine(model, zoo.folder(self.file.model))
        self.author = Author(model, self.engine.names, self.file.mapped, self.file.where, self.engine.expression)

    def trials(self, count: int) -> list[Trial]:
        """`count` mutants of each equation."""
        symbols = [*self.file.mapped, *self.engine.names]
        pairs: list[tuple[Claim, Mutant]] = []
        for claim in self.file.claims:
            if claim.quantity == "tail":
                continue
            seed = zlib.crc32(f"{self.name} {claim.id}".encode())
            pairs += [(claim, m) for m in mutants(claim.latex, symbols, count, seed)]
        wrong = [replace(c, id=f"{c.id}-{k}", latex=m.latex, digits=_kept(c)) for k, (c, m) in enumerate(pairs)]
        found = verdicts(self.name, wrong) if wrong else []
        return [self._trial(c, m, v) for (c, m), v in zip(pairs, found, strict=True)]

    def _trial(self, claim: Claim, mutant: Mutant, verdict: Verdict) -> Trial:
        if verdict.detail.startswith("not read"):
            return Trial(claim, mutant, "not read", verdict, False)
        right = self.author.sides(claim.latex)[-1]
        wrong = self.author.sides(mutant.latex)[-1]
        scopes = self.scopes(claim, right, wrong)
        value = _compared(right, wrong, scopes)
        mended = verdict.mended if value == "changed" else None
        undone = mended is not None and _compared(right, mended, self.scopes(claim, right, mended), GRID) == "same"
        return Trial(claim, mutant, value, verdict, undone)

    def scopes(self, claim: Claim, *sides: sp.Expr) -> list[dict[str, float]]:
        """Numbers at the solutions of a claim's points, and at states that solve nothing where they have all names."""
        found, names = [], {s.name for side in sides for s in side.free_symbols}
        for seed, given in enumerate(claim.points):
            scope = self.engine.parameters(given)
            if not names <= set(scope):
                scope = {**self.engine.everything(given, claim.branch), **self.engine.scope(sides, given, claim.branch)}
                found += [s.before for s in self.engine.states(given, 2, 100 + seed) if names <= set(s.before)]
            found.append(scope)
        return found


def _kept(claim: Claim) -> int | None:
    """The digits of a printed number; equations are compared to all that there are."""
    return claim.digits if claim.quantity == "threshold" else None


def _compared(right: sp.Expr, other: sp.Expr, scopes: Sequence[dict[str, float]], tolerance: float = 1e-7) -> str:
    """Whether two expressions are the "same" or "changed"; "none" if the other has no value."""
    answer = "same"
    for scope in scopes:
        try:
            a, b = brute(right, scope), brute(other, scope)
        except (KeyError, ZeroDivisionError, TypeError, ValueError):
            return "none"
        if not math.isfinite(b):
            return "none"
        if abs(a - b) > tolerance * max(abs(a), abs(b), 1e-3):
            answer = "changed"
    return answer


def trials(name: str, count: int) -> list[Trial]:
    """The trials of a paper; DeriveError of the engine is a fault of the test."""
    try:
        return Bench(name).trials(count)
    except (DeriveError, NotNumericError) as error:
        raise AssertionError(f"{name}: {error}") from error


def judge(found: Sequence[Trial]) -> tuple[int, list[Trial], float]:
    """(mutants with another value, those not refuted, the share of the located)."""
    for t in found:
        assert t.verdict.verdict != "proved" or t.value == "same", t
        if t.value == "same":
            assert t.verdict.verdict in ("agrees", "proved"), t
    changed = [t for t in found if t.value == "changed"]
    return (
        len(changed),
        [t for t in changed if t.verdict.verdict != "refuted"],
        sum(t.undone for t in changed) / len(changed),
    )


def report(found: Sequence[Trial]) -> str:
    """Counts by kind: mutants with another value, refuted, located."""
    total, refuted, undone = Counter(), Counter(), Counter()
    for t in found:
        if t.value == "changed":
            total[t.mutant.kind] += 1
            refuted[t.mutant.kind] += t.verdict.verdict == "refuted"
            undone[t.mutant.kind] += t.undone
    values = Counter(t.value for t in found)
    rows = [f"{kind}: {total[kind]} changed, {refuted[kind]} refuted, {undone[kind]} located" for kind in sorted(total)]
    return "; ".join([*rows, str(dict(values))])


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("half", [0, 1])
def test_mutants_are_refuted_and_most_are_located(half, capsys):
    found = [t for name in PAPERS[half::2] for t in trials(name, EACH)]
    count, missed, located = judge(found)
    with capsys.disabled():
        print(f"\n{count} mutants, {len(missed)} not refuted, {located:.1%} located: {report(found)}")
    assert count >= 100 and len(missed) <= 0.01 * count, [(t.claim.id, t.mutant, t.verdict) for t in missed]
    assert located >= LOCATED, report(found)


def test_brute_force_and_the_script_of_mutants():
    """What the judgement rests on: values by another route, and mutants with one mistake each, the same every time."""
    x, q = sp.symbols("x q", real=True)
    assert brute(GaussMean(sp.tanh(sp.sqrt(q) * x) ** 2 + x**4, x), {"q": 0.0}) == pytest.approx(3.0, abs=1e-8)
    assert brute(LineIntegral(sp.exp(-x), x, 0, q), {"q": 2.0}) == pytest.approx(1 - math.exp(-2.0), abs=1e-6)
    assert math.isnan(brute(LineIntegral(sp.exp(x**2 / 2), x, -sp.oo, sp.oo), {}))
    made = mutants(r"q = \frac{1}{2} \int Dz \tanh^2(\sqrt{q} z + m)", ("q", "m"), 50, 1)
    assert made == mutants(r"q = \frac{1}{2} \int Dz \tanh^2(\sqrt{q} z + m)", ("q", "m"), 50, 1)
    texts = {m.latex.replace(" ", "") for m in made}
    assert {m.kind for m in made} == {"factor", "limits", "missing term", "power", "sign", "symbol", "variance"}
    assert r"q=\frac{1}{2}\intDz\tanh^2({q}z+m)" in texts and r"q=\frac{1}{2}\intDz\tanh^2(\sqrt{q}z-m)" in texts
    assert (
        r"q=\frac{1}{2}\intDz\tanh^2(\sqrt{q}z)" in texts
        and r"q=\frac{1}{2}\int_0^\inftyDz\tanh^2(\sqrt{q}z+m)" in texts
    )
