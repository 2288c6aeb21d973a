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

PARTLY = {
    "basis_pursuit": 4,
    "door_symmetric_binary": 1,
    "gaussian_covariate_table": 4,
    "hinge_sign_teacher": 4,
    "huber_contaminated": 4,
    "lad": 4,
    "lad_laplace": 4,
    "linear_gauss_bernoulli": 2,
    "logistic_sign_teacher": 1,
    "max_margin_sign_teacher": 4,
    "perceptron_gibbs_temperature": 1,
    "perceptron_min_errors": 3,
    "perceptron_symmetric_binary": 1,
    "poisson_regression": 4,
    "quantile": 5,
    "random_features_logistic": 7,
    "random_features_ridge": 7,
    "ridge_blocks": 3,
    "ridge_power_law": 7,
    "salient_weak_features": 4,
    "spiked_wigner_sparse": 1,
    "square_sign_teacher": 1,
}
"""How many equations of a model are refused: orthants, integrals over labels, means over tables or eigenvalues."""


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
    """Every equation that is not listed as refused is read, and agrees as a function or at solutions."""
    monkeypatch.setattr(kinds, "prove", lambda *_: None)  # numbers say what was read
    monkeypatch.setattr(kinds, "agree_precisely", lambda *_: False)
    model = zoo.load(name)
    where, texts = printed(model)
    rows = tuple(Claim(str(k), "equation", "free_entropy", "", (), latex=text) for k, text in enumerate(texts))
    file = ClaimFile("", name, rows, where=tuple(known(model, where)), scanned=True)
    found = Counter(v.verdict for v in check_claims(file, model, zoo.folder(name)))
    assert found["agrees"] + found["proved"] == len(texts) - PARTLY.get(name, 0), found
    assert not found["refuted"]
