"""What the engine prints in LaTeX is read again, and means what the engine computes."""

from __future__ import annotations

from collections import Counter

import pytest

from derive.claims import kinds
from derive.claims.compare import check_claims
from derive.claims.engine import Engine
from derive.claims.names import Author
from derive.claims.statements import Claim, ClaimFile
from derive.errors import UsageError
from derive.report.document import Equations, derivation_document
from derive.report.latex import equation_lines
from derive.solver_files import derived
from tests.support import zoo

FAST = ("sk", "perceptron_teacher_binary", "perceptron_storage_spherical", "hopfield", "curie_weiss")

UNREAD = ("random_features_logistic", "random_features_ridge", "ridge_power_law", "salient_weak_features")
"""Models whose printed equations hold means over the rows or the eigenvalues of a site law, which are not read."""


def printed(model) -> tuple[list[str], list[str]]:
    """(definitions, equations) of a model, as its report has them; the parts of the free entropy are definitions."""
    where, claims = [], []
    for section in derivation_document(derived(model, "rs"), False):
        for block in section.blocks:
            for line in block.lines if isinstance(block, Equations) else ():
                left, rights = equation_lines(line, block.names, 10**6)
                text = " = ".join([left, *(" ".join(right) for right in rights)])
                part = left.startswith(r"\phi_")
                (where if section.title == "Definitions" or part else claims).append(text)
    return where, claims


def known(model, where: list[str]) -> list[str]:
    """The definitions that are functions; those of measures and of letters for laws are prose."""
    engine = Engine(model, zoo.folder(model.name))
    kept: list[str] = []
    for text in sorted(where, key=lambda text: text.startswith(r"\phi_")):
        try:
            Author(model, engine.names, {}, [*kept, text], engine.expression)
        except UsageError:
            continue
        kept.append(text)
    return kept


@pytest.mark.parametrize("name", FAST)
def test_printed_equations_are_proved_or_agree(name):
    model = zoo.load(name)
    where, texts = printed(model)
    rows = tuple(Claim(str(k), "equation", "free_entropy", "", (), latex=text) for k, text in enumerate(texts))
    found = check_claims(ClaimFile("", name, rows, where=tuple(known(model, where))), model, zoo.folder(name))
    assert len(found) >= 3
    assert {v.verdict for v in found} <= {"proved", "agrees"}, [(t, v) for t, v in zip(texts, found, strict=True)]


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", [n for n in zoo.ALL if n not in zoo.COMPONENTS and n not in FAST])
def test_no_printed_equation_of_the_zoo_is_read_wrong(name, monkeypatch):
    """Equations with functions that are no language of authors (orthants, integrals over labels) may be refused."""
    monkeypatch.setattr(kinds, "prove", lambda *_: None)  # numbers say what was read
    monkeypatch.setattr(kinds, "agree_precisely", lambda *_: False)
    model = zoo.load(name)
    where, texts = printed(model)
    if any(p.name == "phi" for p in model.parameters):  # typeset like the free entropy: its equation is ambiguous
        texts = [text for text in texts if not text.startswith(r"\phi =")]
    rows = tuple(Claim(str(k), "equation", "free_entropy", "", (), latex=text) for k, text in enumerate(texts))
    file = ClaimFile("", name, rows, where=tuple(known(model, where)), scanned=True)
    found = Counter(v.verdict for v in check_claims(file, model, zoo.folder(name)))
    assert not found["refuted"]
    assert found["agrees"] or name in UNREAD, found
