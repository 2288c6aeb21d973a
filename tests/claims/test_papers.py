"""`derive check` on papers: verdicts, proofs, shared conventions, marked differences, and what is refused."""

from __future__ import annotations

import json
import time

import pytest
import sympy as sp

from derive import cli
from derive.claims.compare import check_claims
from derive.claims.engine import Engine
from derive.claims.forms import Forms
from derive.claims.names import Author
from derive.claims.proofs import prove
from derive.claims.statements import Claim, ClaimFile
from derive.claims.substitutions import positive_symbols
from derive.errors import UsageError
from derive.solver_files import derived
from derive.spec.functions import GaussianTail, GaussMean
from tests.support import zoo

PAPER = r"""
\newcommand{\av}[1]{\int \mathcal{D}z\, #1}
\begin{align}
 q &= \av{\tanh^2 \beta(\sqrt{q}\,z + H)}, \label{eq:q}\\
 q &= \av{\tanh^2 \beta(q\,z + H)}. \label{eq:wrong}
\end{align}
\begin{equation} -\beta f = \frac{\beta^2}{4}(1-q)^2 + \av{\ln 2\cosh\beta(\sqrt q z+H)} \label{eq:f} \end{equation}
\begin{equation} \chi_k = 1 \label{eq:other} \end{equation}
"""
MAP = """
model = "sk"
[map]
H = "h"
"""


def run(capsys, *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        cli.main(["check", *map(str, words)])
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


@pytest.fixture
def paper(tmp_path):
    (tmp_path / "paper.tex").write_text(PAPER)
    (tmp_path / "map.toml").write_text(MAP)
    return tmp_path


def test_equations_of_a_paper_get_verdicts_and_a_page(paper, capsys):
    page = paper / "page.html"
    code, out, _ = run(capsys, paper / "paper.tex", "--map", paper / "map.toml", "-o", page, "--json")
    found = {v["id"]: v for v in json.loads(out)["claims"]}
    verdicts = {k: v["verdict"] for k, v in found.items()}
    assert code == 1
    assert verdicts == {"eq:q": "proved", "eq:wrong": "refuted", "eq:f": "proved", "eq:other": "unknown"}
    assert found["eq:wrong"]["edit"] == "q should be its square root"
    assert "Price's theorem overlaps" in found["eq:wrong"]["step"]
    assert found["eq:wrong"]["source"] == "paper.tex, line 5"
    assert "chi_k" in found["eq:other"]["detail"]
    html = page.read_text()
    assert html.count("<math") >= 8 and 'mathcolor="red"' in html and "<script" not in html


def test_a_chosen_equation_with_an_unknown_symbol_is_a_fault(paper, capsys):
    path = paper / "map.toml"
    path.write_text(MAP + '[[equation]]\nlabel = "eq:other"\n')
    code, out, err = run(capsys, paper / "paper.tex", "--map", path)
    assert (code, out) == (2, "") and "chi_k" in err and "no meaning" in err


def test_a_label_that_is_not_there_is_told_with_the_nearest(paper, capsys):
    path = paper / "map.toml"
    path.write_text(MAP + '[[equation]]\nlabel = "eq:ff"\n')
    code, _, err = run(capsys, paper / "paper.tex", "--map", path)
    assert code == 2 and "did you mean `eq:f`" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing.tex", "--model", "sk"], "cannot be read"),
        (["claims.toml", "--map", "map.toml"], "a map belongs to a paper"),
        (["paper.tex", "-o", "page.pdf", "--model", "sk"], "written as .html"),
    ],
)
def test_wrong_files_are_told(paper, capsys, monkeypatch, words, said):
    monkeypatch.chdir(paper)
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "") and said in err


def latex(model: str, *claims: str, **kept: str) -> list:
    rows = tuple(Claim(f"c{k}", "equation", "free_entropy", "", (), latex=text) for k, text in enumerate(claims))
    return check_claims(ClaimFile("", model, rows, mapped=kept), zoo.load(model), zoo.folder(model))


def test_a_convention_is_accepted_only_where_two_claims_share_it():
    definition = r"\hat q = 2\beta^2 q"
    site = r"q = \int Dz \tanh^2(\sqrt{\hat q/2}\, z + \hat m)"
    shared = latex("sk", definition, site)
    assert [v.verdict for v in shared] == ["agrees", "agrees"] and "q_hat is 2 times" in shared[0].detail
    (alone,) = latex("sk", definition)
    assert (alone.verdict, alone.edit) == ("refuted", "the right side should be half of it")
    broken = latex("sk", definition, r"q = \int Dz \tanh^2(\sqrt{\hat q}\, z + \hat m)")
    assert broken[0].verdict == "refuted"


def test_a_field_that_another_claim_has_is_missed():
    with_field = r"q = \int Dz \tanh^2\beta(\sqrt q z + J_0 m + h)"
    without = r"m = \int Dz \tanh\beta(\sqrt q z + J_0 m)"
    found = latex("sk", with_field, without)
    assert [v.verdict for v in found] == ["proved", "refuted"] and "+ h is missing" in found[1].edit
    (alone,) = latex("sk", without.replace(" + J_0 m", ""))
    assert alone.verdict != "refuted" and "J0 = h = 0" in alone.detail


def test_a_claim_true_at_the_solution_only_agrees_there():
    found = latex(
        "sk",
        r"\frac{q}{\beta} = T\int Dz \tanh^2(\beta(\sqrt q z + J_0 m + h))",
        r"u = -\frac\beta2(1-q^2) - \frac{J_0 m^2}{2} - hm",
    )
    assert found[0].verdict == "proved"
    assert found[1].verdict == "agrees" and "at the solution" in found[1].detail


PROVED = [
    ("sk", r"q = 1 - \int Dz\, \mathrm{sech}^2\beta(\sqrt q z + J_0 m + h)"),
    ("sk", r"m = \int \frac{dz}{\sqrt{2\pi}} e^{-z^2/2} \tanh\beta(-\sqrt{q} z + J_0 m + h)"),
    (
        "perceptron_teacher_binary",
        r"\hat q = \frac{\alpha}{\pi\sqrt{1-q}}\int Dx \frac{e^{-\frac{q}{2}x^2}}{H(\sqrt{q}\,x)}",
    ),
    (
        "perceptron_teacher_binary",
        r"\hat q = \frac{2\alpha}{\pi(1-q)}"
        r"\int Dx \frac{e^{-\frac{q}{1-q}x^2}}{\operatorname{erfc}(\sqrt{\frac{q}{2(1-q)}}\, x)}",
    ),
    (
        "perceptron_storage_spherical",
        r"\frac{q}{(1-q)^2} = \frac{\alpha}{2\pi(1-q)}"
        r"\int Dt \frac{e^{-\frac{(\kappa+\sqrt q t)^2}{1-q}}}{H^2\left(\frac{\kappa+\sqrt q t}{\sqrt{1-q}}\right)}",
    ),
    ("hopfield", r"m = \int Dz\, \langle \xi\tanh\beta(m\xi + T\sqrt{\hat q} z)\rangle_{\xi}"),
]


@pytest.mark.parametrize(("model", "text"), PROVED, ids=[f"{m}-{k}" for k, (m, _) in enumerate(PROVED)])
def test_published_forms_are_proved(model, text):
    (verdict,) = latex(model, text)
    assert (verdict.verdict, verdict.digits) == ("proved", 30), verdict


def test_wrong_forms_are_not_proved():
    model = zoo.load("perceptron_teacher_binary")
    engine = Engine(model, zoo.folder("perceptron_teacher_binary"))
    author = Author(model, engine.names, {}, (), engine.expression)
    forms = Forms(engine, derived(model, "rs"))
    positive = positive_symbols(engine, forms.derivation)
    right = r"\frac{\alpha}{\pi\sqrt{1-q}}\int Dx \frac{e^{-\frac{q}{2}x^2}}{H(\sqrt{q}\,x)}"
    for old, new in (
        ("q}{2", "q}{3"),
        ("{1-q}", "{1+q}"),
        ("H(", "H(-"),
        ("H(", "H(2"),
        ("\\pi", "2\\pi"),
        ("x^2", "x^4"),
    ):
        left, value = author.sides(rf"\hat q = {right.replace(old, new, 1)}")
        proof = prove(forms.equation(left, value), value, positive)
        assert (proof is None) == (new != "H(-"), (new, proof)  # the sign is undone by parity


def test_no_two_different_means_are_proved_equal():
    x, a = sp.symbols("x a", real=True)
    bodies = [
        sp.tanh(a * x) ** 2,
        sp.tanh(a * x) ** 4,
        x**2 * sp.tanh(a * x) ** 2,
        GaussianTail(a * x) ** 2,
        sp.cosh(a * x),
    ]
    for i, one in enumerate(bodies):
        for j, two in enumerate(bodies):
            proof = prove(GaussMean(one, x), GaussMean(two, x), ())
            assert (proof is None) == (i != j)


HOSTILE = [
    r"m = x^{9^{9^{9}}}",
    r"m = " + "(" * 3000 + "m" + ")" * 3000,
    r"m = " + r"\sqrt{" * 500 + "m" + "}" * 500,
    r"m = " + "+".join(["m"] * 9000),
    r"m = (((((m+1)^{60}+1)^{60}+1)^{60}+1)^{60})",
    r"m = \int Dz ((z+1)^{60}+1)^{60}",
    r"m = \sum_{y=0}^{100000000} y",
    r"m = \input{/etc/passwd}",
    r"m = \write18{ls}",
    "m = \\",
    "m = \x00",
    r"m = __import__",
    r"m = \frac{1}{0}",
    r"m = \log(0)",
    r"m = \int_0^\infty dx \int_0^\infty dy \int_0^\infty dz \int_0^\infty du\, e^{-x-y-z-u}",
]


@pytest.mark.parametrize("text", HOSTILE, ids=[str(k) for k in range(len(HOSTILE))])
def test_hostile_formulas_cost_little_and_are_no_traceback(text):
    start = time.process_time()
    try:
        (verdict,) = latex("curie_weiss", text)
    except UsageError:
        pass
    else:
        assert verdict.verdict in ("refuted", "unknown"), verdict
    assert time.process_time() - start < 60.0


PROXIMAL = [
    (
        "logistic_sign_teacher",
        r"\ell(h) = \log(1+e^{-h})",
        r"\hat q = 2\alpha\int Dz\, H\left(-\frac{m z}{\sqrt{q-m^2}}\right)"
        r"\left(\frac{\mathrm{prox}_{V\ell}(\sqrt{q}z) - \sqrt{q} z}{V}\right)^2",
    ),
    (
        "logistic_sign_teacher",
        r"\ell(y, h) = \log(1+e^{-yh})",
        r"\hat V = \alpha\sum_{y=\pm 1}\int Dz\, H\left(-\frac{y m z}{\sqrt{q-m^2}}\right)"
        r"\partial_\omega^2 \mathcal{M}_{V\ell(y,\cdot)}(\sqrt q z)",
    ),
    (
        "hinge_sign_teacher",
        r"\ell(h) = \max(0, 1-h)",
        r"\hat q = \frac{2\alpha}{V^2}\int Dz\, H\left(-\frac{m z}{\sqrt{q-m^2}}\right)"
        r"\left(\mathrm{prox}_{V}[\ell](\sqrt{q}z) - \sqrt{q} z\right)^2",
    ),
    pytest.param(
        "lasso_sparse",
        r"g(w) = \lambda |w|",
        r"q = \rho\,\mathbb{E}_{\xi\sim\mathcal{N}(0,\hat m^2+\hat q)}[w_{\hat V}[g](\xi)^2]"
        r" + (1-\rho) \mathbb{E}_{\xi\sim\mathcal{N}(0,\hat q)}[w_{\hat V}[g](\xi)^2]",
        marks=pytest.mark.slow,
    ),
]


@pytest.mark.parametrize(("model", "cost", "text"), PROXIMAL)
def test_proximal_points_are_read_and_computed(model, cost, text):
    def verdict(text: str):
        claim = Claim("a", "equation", "free_entropy", "", (), latex=text)
        return check_claims(ClaimFile("", model, (claim,), where=(cost,)), zoo.load(model), zoo.folder(model))[0]

    found = verdict(text)
    assert found.verdict == "agrees" and found.digits >= 10, found
    assert verdict(text.replace("= ", r"= 1.01\cdot ", 1)).verdict == "refuted"


def test_a_proximal_point_without_its_cost_is_told():
    with pytest.raises(UsageError, match="is not defined"):
        latex("logistic_sign_teacher", r"\hat q = \mathrm{prox}_{V}[\ell](q)")
