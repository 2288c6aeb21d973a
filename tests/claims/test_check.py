"""`derive check`: published equations agree, mutants of them are refuted and located, bad files are told."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
import sympy as sp

from derive import cli
from derive.claims.compare import check_claims
from derive.claims.engine import Engine
from derive.claims.statements import Claim, ClaimFile, read_claims
from derive.errors import UsageError
from derive.spec.functions import GaussMean
from tests.support import zoo

MODELS = Path(__file__).resolve().parents[2] / "models"
CORPUS = ("sk", "curie_weiss", "hopfield", "ising_pspin", "random_field_ising", "spiked_wigner", "bipartite_sk")


def equations(model: str) -> list[Claim]:
    found = read_claims(MODELS / f"{model}.claims.toml").claims
    return [c for c in found if c.quantity == "equation" and c.expect is None]


def verdicts(model: str, claims: list[Claim]):
    return check_claims(ClaimFile("", model, tuple(claims)), zoo.load(model), zoo.folder(model))


@pytest.mark.parametrize("model", CORPUS)
def test_published_equations_agree(model):
    claims = equations(model)
    assert claims
    for verdict in verdicts(model, claims):
        assert verdict.verdict in ("agrees", "proved") and verdict.digits > 7, verdict


def mutants(work: Engine, claim: Claim) -> list[tuple[str, sp.Expr]]:
    """The right side with one mistake: a factor of two, a sign, a term left out, another symbol, a square."""
    e = work.expression(claim.value)
    found: list[tuple[str, sp.Expr]] = [("twice", 2 * e), ("negative", -e)]
    sums = [node for node in sp.preorder_traversal(e) if isinstance(node, sp.Add)]
    for node in sums:
        for part in node.args:
            if not part.is_number:
                rest = sp.Add(*[a for a in node.args if a != part])
                found.append((f"sign of {part}", e.xreplace({node: rest - part})))
                found.append((f"twice {part}", e.xreplace({node: rest + 2 * part})))
                found.append((f"without {part}", e.xreplace({node: rest})))
    names = [s for s in sorted(e.free_symbols, key=str) if s.name in ("q", "m")]
    for s in names:
        found.append((f"{s} squared", e.xreplace({s: s**2})))
    if len(names) == 2:
        found.append(("q for m", e.xreplace({names[0]: names[1]})))
    for s in sorted(e.free_symbols, key=str):
        if s.name in ("T", "alpha"):
            found.append((f"{s} inverted", e.xreplace({s: 1 / s})))
    return [(text, m) for text, m in found if sp.expand(m - e) != 0]


@pytest.mark.parametrize(
    ("models", "count"),
    [
        (("curie_weiss",), 30),
        pytest.param(("sk",), 60, marks=[pytest.mark.slow, pytest.mark.timeout(900)]),
    ],
)
def test_mutants_are_refuted_and_most_are_located(models, count):
    """None agrees unless its value is the same; for two of three an edit is reported that makes the claim true."""
    total, missed, located, same = 0, [], 0, 0
    for model in models:
        work = Engine(zoo.load(model), zoo.folder(model))
        for claim in equations(model):
            name, value = work.expression(claim.name), work.expression(claim.value)
            scopes = [work.scope([name, value], given, claim.branch) for given in claim.points]
            for text, mutant in mutants(work, claim):
                try:
                    gap = max(abs(work.number(mutant, s) - work.number(value, s)) for s in scopes)
                except Exception:
                    continue  # the mutant has no value
                written = _written(mutant)
                (verdict,) = verdicts(model, [_with(claim, written)])
                if gap < 1e-9:
                    same += 1
                    assert verdict.verdict in ("agrees", "proved"), (model, claim.id, text)
                    continue
                total += 1
                if verdict.verdict != "refuted":
                    missed.append((model, claim.id, text, verdict))
                located += bool(verdict.edit)
    assert total >= count
    assert not missed
    assert located > 2 * total / 3, (located, total, same)


def _written(e: sp.Expr) -> str:
    """An expression in the plain syntax."""
    text = sp.sstr(e.replace(GaussMean, lambda *a: sp.Function("gauss")(*a)), full_prec=False).replace("**", "^")
    for ours, plain in (("GaussMean(", "gauss("), ("GaussianTail(", "H("), ("Abs(", "abs("), ("θ", "zz")):
        text = text.replace(ours, plain)
    return text


def _with(claim: Claim, value: str) -> Claim:
    return Claim(claim.id, claim.quantity, claim.name, value, claim.points, claim.at, claim.branch, claim.digits)


def test_a_mistake_is_named():
    claim = Claim(
        "q", "equation", "q", "gauss(tanh((sqrt(q)*x - J0*m)/T)^2, x)", ({"T": "1/2", "J0": "6/5", "h": "0"},)
    )
    (even,) = verdicts("sk", [claim])
    assert even.verdict in ("agrees", "proved")  # the sign of m does not change it
    wrong = Claim("m", "equation", "m", "gauss(tanh((sqrt(q)*x - J0*m)/T), x)", claim.points)
    (verdict,) = verdicts("sk", [wrong])
    assert (verdict.verdict, verdict.edit) == ("refuted", "the right side has the other sign")
    energy = Claim("e", "equation", "energy", "-(1 - q^2)/T - J0*m^2/2", claim.points)
    (verdict,) = verdicts("sk", [energy])
    assert verdict.verdict == "refuted" and verdict.edit
    assert verdict.found != verdict.claimed


def test_a_free_entropy_is_compared_in_value_and_stationarity():
    right = "(1 - q)^2/(4*T^2) + gauss(log(2*cosh(sqrt(q)*x/T)), x) - J0*m^2/2/T + 0*h"
    points = ({"T": "1/2", "J0": "0", "h": "0"},)
    assert verdicts("sk", [Claim("a", "formula", "free_entropy", right, points)])[0].verdict == "proved"
    # the same value at the solution, and not stationary there
    shifted = f"{right} + q - gauss(tanh(sqrt(q)*x/T)^2, x)"
    (verdict,) = verdicts("sk", [Claim("b", "formula", "free_entropy", shifted, points)])
    assert verdict.verdict == "refuted" and "derivative in q" in verdict.detail


def test_a_closed_form_is_proved_at_every_point_or_not_at_all():
    points = ({"J0": "3/2", "h": "0"}, {"J0": "2", "h": "0"})
    right = Claim("a", "threshold", "continuous", "J0", points, exact=True)
    assert verdicts("sk", [right])[0].verdict == "proved"
    wrong = Claim("b", "threshold", "continuous", "3/2", points, exact=True)  # right at the first point only
    (verdict,) = verdicts("sk", [wrong])
    assert verdict.verdict == "refuted" and "J0 = 2" in verdict.detail


def test_a_claim_known_to_be_wrong_that_agrees_is_not_passed_over():
    claim = Claim("a", "threshold", "continuous", "1", ({"J0": "0", "h": "0"},), expect="refuted")
    (verdict,) = verdicts("sk", [claim])
    assert verdict.verdict == "agrees" and verdict.negative


def run(capsys, *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        cli.main(["check", *words])
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


def test_json_has_a_verdict_for_each_claim(capsys, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        """
model = "curie_weiss"
[[claim]]
id = "right"
quantity = "equation"
name = "m"
value = "tanh(m/T)"
set = { T = "1/2", h = "0" }
[[claim]]
id = "wrong"
quantity = "threshold"
name = "continuous"
value = "2"
[[claim]]
id = "known"
quantity = "threshold"
name = "continuous"
value = "2"
expect = "refuted"
[[claim]]
id = "nowhere"
quantity = "order_parameter"
name = "m"
value = "1"
branch = "perfect"
"""
    )
    code, out, err = run(capsys, str(path), "--json")
    found = {c["id"]: c for c in json.loads(out)["claims"]}
    assert code == 1 and "2 of 4" in err
    assert {k: v["verdict"] for k, v in found.items()} == {
        "right": "proved",
        "wrong": "refuted",
        "known": "refuted",
        "nowhere": "unknown",
    }
    assert found["wrong"]["found"] == pytest.approx(1.0) and found["wrong"]["claimed"] == 2.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[claim]\n", "this is not TOML"),
        ("a = 1\n", "at least one"),
        ('[[claim]]\nid = "a"\nquantity = "equation"\nname = "q"\nvalue = "q"\nvalu = 1\n', "did you mean `value`"),
        ('[[claim]]\nid = "a"\nquantity = "equatoin"\nname = "q"\nvalue = "q"\n', "did you mean `equation`"),
        ('[[claim]]\nid = "a"\nquantity = "equation"\nname = "q"\n', "`value` is missing"),
        ('[[claim]]\nid = "a"\nquantity = "equation"\nname = "q"\nvalue = "tanh(k)"\n', "claim `a`"),
        ('[[claim]]\nid = "a"\nquantity = "equation"\nname = "q"\nvalue = "__import__(1)"\n', "claim `a`"),
        ('[[claim]]\nid = "a"\nquantity = "threshold"\nname = "x"\nvalue = "1"\n', "claim `a`"),
        ('[[claim]]\nid = "a"\nquantity = "value"\nname = "q"\nvalue = "1"\nset = { t = "1" }\n', "claim `a`"),
        ('[[claim]]\nid = "a"\nquantity = "value"\nname = "q"\nvalue = "1"\ndigits = 0\n', "1 to 200"),
    ],
)
def test_bad_claims_are_told(capsys, tmp_path, text, said):
    path = tmp_path / "claims.toml"
    path.write_text(text)
    code, out, err = run(capsys, str(path), "--model", "sk")
    assert (code, out) == (2, ""), err
    assert said in err and "Traceback" not in err


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_claims(tmp_path / "none.toml")


def test_every_claims_file_of_the_zoo_is_read():
    for path in sorted(MODELS.glob("*.claims.toml")):
        assert len(read_claims(path).claims) == len(tomllib.loads(path.read_text())["claim"])
