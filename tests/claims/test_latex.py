"""LaTeX of the field is read right or refused with a column; nothing is read silently wrong."""

from __future__ import annotations

import mpmath as mp
import pytest
import sympy as sp

from derive.claims.cursor import Vocabulary
from derive.claims.engine import Engine
from derive.claims.formulas import parse_equation
from derive.claims.meaning import Reading, Speaker
from derive.claims.names import Author
from derive.claims.numbers import number, precise
from derive.claims.papers import read_equations, read_macros
from derive.claims.symbols import canonical
from derive.claims.tokens import LatexError, Macro, tokenize
from derive.spec.functions import GaussianTail, GaussMean, Step
from tests.support import zoo

x, y, z, q, u = sp.symbols("x y z q u", real=True)
q_hat, a, b, f = sp.symbols("q_hat a b f", real=True)
NAMES = {s.name: s for s in (x, y, q, u, q_hat, a, b)} | {
    "Q": sp.Symbol("Q", real=True),
    "beta": sp.Symbol("beta", real=True),
    "T": sp.Symbol("T", real=True),
}


def meaning(latex: str, **more: sp.Expr) -> sp.Expr:
    names = {**NAMES, **more}
    (side,) = parse_equation(latex, Vocabulary(frozenset(), frozenset(names)))
    return Speaker(Reading(names)).expression(side)


READ = [
    (r"\hat q", q_hat),
    (r"\hat{q}^2", q_hat**2),
    (r"\frac12 q", q / 2),
    (r"\frac{1}2q", q / 2),
    (r"12 q", 12 * q),
    (r"0.25q", q / 4),
    (r"\operatorname{erfc}(x)", sp.erfc(x)),
    (r"\mathrm{erf}\left(x\right)", sp.erf(x)),
    (r"\int Dz \log H(uz)", GaussMean(sp.log(GaussianTail(u * z)), z)),
    (r"\int\mathcal{D}z\, z^2 q", q),
    (r"\int \mathrm{D}z\; (u+z)^2", u**2 + 1),
    (r"\int (u+z)^2 Dz", u**2 + 1),
    (r"\mathbb{E}_{\xi}[(\xi+u)^2]", u**2 + 1),
    (r"\mathbb{E}_{\xi\sim\mathcal{N}(u,q)}\left[\xi^2\right]", u**2 + q),
    (r"\langle z^2 \rangle_z", sp.Integer(1)),
    (r"E_z z^4", sp.Integer(3)),
    (r"\operatorname{extr}_{q,\hat q}\left\{q \hat q\right\}", q * q_hat),
    (r"\underset{q}{\mathrm{extr}}\left[q^2\right]", q**2),
    (r"\log 2\cosh x", sp.log(2 * sp.cosh(x))),
    (r"\ln\left[2\cosh x\right] q", q * sp.log(2 * sp.cosh(x))),
    (r"\int Dz\, \beta(q z) z", NAMES["beta"] * q),
    (r"\frac{x}{{q+u}}", x / (q + u)),
    (r"\tanh\beta(x+u)", sp.tanh(NAMES["beta"] * (x + u))),
    (r"\tanh \beta x \tanh u", sp.tanh(NAMES["beta"] * x) * sp.tanh(u)),
    (r"\tanh^2(x) u", u * sp.tanh(x) ** 2),
    (r"\tanh^{2} x", sp.tanh(x) ** 2),
    (r"H'(x)", -sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)),
    (r"\Phi(x)", GaussianTail(-x)),
    (r"\theta(x)", Step(x)),
    (r"\sum_{y=\pm 1} y^2 u", 2 * u),
    (r"\sum_{y\in\{0,1,2\}} y u", 3 * u),
    (r"\sum_{y=0}^{3} y u", 6 * u),
    (r"\frac{\partial}{\partial q} q^3", 3 * q**2),
    (r"\partial_q^2 q^3", 6 * q),
    (r"\frac{\partial^2 \log q}{\partial q^2}", -1 / q**2),
    (r"\sqrt[3]{x}", x ** sp.Rational(1, 3)),
    (r"\sqrt2 x", sp.sqrt(2) * x),
    (r"\left|x\right| + |y|", sp.Abs(x) + sp.Abs(y)),
    (r"q/(1-q) x", q * x / (1 - q)),
    (r"e^{-x}\cdot\pi", sp.pi * sp.exp(-x)),
    (r"\{ [x+y]^2 \}", (x + y) ** 2),
    (r"\mathcal{N}(x;u,q)", sp.exp(-((x - u) ** 2) / (2 * q)) / sp.sqrt(2 * sp.pi * q)),
    (
        r"\mathbb{E}_{(x,y)\sim\mathcal{N}(0,\begin{pmatrix} 1 & q \\ q & 1\end{pmatrix})}[xy]",
        q,
    ),
]


@pytest.mark.parametrize(("latex", "wanted"), READ, ids=[latex for latex, _ in READ])
def test_it_is_read_right(latex, wanted):
    assert sp.expand(meaning(latex) - wanted) == 0


REFUSED = [
    (r"1/2 q", 5, "denominator"),
    (r"1/2/q", 4, "two ways"),
    (r"\log x / y", 8, "two ways"),
    (r"\log \cosh x \cosh y", 14, "two ways"),
    (r"\tanh^{-1} x", 1, "positive number"),
    (r"\langle x^2 \rangle", 1, "over what"),
    (r"\mathbb{E}[x]", 1, "over what"),
    (r"Q^{ab", 3, "never closed"),
    (r"(x]", 3, "closes something else"),
    (r"x_{a}_{b}", 6, "second subscript"),
    (r"x^a^b", 4, "second superscript"),
    (r"\foo x", 1, "not known"),
    (r"\tahn x", 1, "did you mean \\tan"),
    (r"\int x", 1, "no measure"),
    (r"\int dx f", 9, "no meaning"),
    (r"\int_0 dx", 8, "lower limit and no upper"),
    (r"\int_{\infty}^{0} dx", 19, "wrong way round"),
    (r"\int Dz z + z", 13, "no meaning"),
    (r"f(x)", 1, "no meaning"),
    (r"q(x, y)", 1, "function or a product"),
    (r"\beta(x)", 1, "function or a product"),
    (r"q(2u)", 1, "function or a product"),
    (r"x \quad y", 3, "another equation"),
    (r"x \\ y", 3, "another equation"),
    (r"2{q+u}", 2, "braces group nothing"),
    (r"x^T", 1, "transposition"),
    (r"e + x", 1, "only as the base of a power"),
    (r"\int Dz\, 2q", 1, "does not depend on z"),
    (r"\int Dz Dz z", 1, "two measures of one variable"),
    (r"\langle q \rangle_z", 1, "does not depend on z"),
    (r"\sum_{k=0}^{3} q", 1, "does not depend on k"),
    (r"\int^1 dx x", 8, "upper limit and no lower"),
    (r"x ++ y", 4, "two signs"),
    (r"x +", 3, "ends too early"),
    (r"x = ", 3, "ends too early"),
    (r"\partial_q f q", 14, "two ways"),
    (r"\partial_q x", 1, "does not depend"),
    (r"1 2", 3, "two numbers"),
    (r"x^\frac12", 3, "braces are missing"),
    (r"x \over y", 3, "not known"),
    ("q é", 3, "no meaning in a formula"),
    (r"\int d\mu(w) w", 6, "is not known"),
    (r"\mathbb{E}_{(x,y)\in rows}[xy]", 18, "cannot stand in the subscript"),
    (r"\sum_{y\in\{-1,1\}^2} y", 19, "cannot stand after the values"),
    (r"\mathbb{E}_{x\in rows}[x]", 14, "cannot stand in the subscript"),
]


@pytest.mark.parametrize(("latex", "column", "said"), REFUSED, ids=[r[0] for r in REFUSED])
def test_what_is_unclear_is_refused_with_its_column(latex, column, said):
    with pytest.raises(LatexError) as caught:
        for side in parse_equation(latex, _plain()):
            Speaker(Reading(NAMES, frozenset({"beta"}))).expression(side)
    assert said in caught.value.message
    assert caught.value.column == column


def _plain():
    return Vocabulary(frozenset(), frozenset(NAMES))


def test_a_bound_variable_hides_an_outer_one():
    assert sp.expand(meaning(r"x\int Dx\, x^2 + x") - 2 * x) == 0


def test_means_inside_of_means_keep_their_variables():
    assert sp.expand(meaning(r"\int Dz \left(\int Dt\,(t+z)^2\right)") - 2) == 0
    assert sp.expand(meaning(r"\int Dz \left(\int Dz\, z^2 + z\right)^2") - 2) == 0


def test_canonical_names():
    assert canonical(r"\alpha_{\rm AT}") == canonical(r"\alpha_{\mathrm{AT}}") == "alpha_AT"
    assert canonical(r"\hat{q_1}") == canonical(r"\hat q_{1}") == "q_hat_1"
    assert canonical(r"w^\star") == canonical("w^{*}") == "w_star"
    assert canonical(r"\mathcal{R}") == "cal_R" != canonical("R")
    assert canonical("z^{(1)}") != canonical("z_{1}") and canonical("w^*") != canonical("w_*")


def test_macros_are_expanded_and_bounded():
    macros = read_macros(
        r"\newcommand{\E}[2][z]{\mathbb{E}_{#1}\left[#2\right]} \def\half{\frac12} \DeclareMathOperator{\cs}{cosh}"
    )
    (side,) = parse_equation(r"\half\E{z^2} + \E[x]{\cs(x)^2}", _with(macros))
    found = Speaker(Reading({})).expression(side)
    assert number(found, {})[0] == pytest.approx(0.5 + (1 + float(mp.exp(2))) / 2, rel=1e-12)
    loop = {"a": Macro(0, tuple(tokenize(r"\b x"))), "b": Macro(0, tuple(tokenize(r"\a y")))}
    with pytest.raises(LatexError, match="calls itself"):
        parse_equation(r"\a", _with(loop))
    doubling = {f"m{chr(97 + k)}": Macro(0, tuple(tokenize(rf"\m{chr(98 + k)}\m{chr(98 + k)}"))) for k in range(25)}
    doubling["mz"] = Macro(0, tuple(tokenize("x")))
    with pytest.raises(LatexError):
        parse_equation(r"\ma", _with(doubling))


def _with(macros):
    return Vocabulary(macros=macros)


PAPER = r"""
\documentclass{article}
\newcommand{\D}{\mathcal{D}}
% \begin{equation} no = 1 \label{eq:comment} \end{equation}
\begin{align}
 q &= \int \D z \tanh^2(\beta\sqrt{q}\,z) \label{eq:q}\\
 m &= 0 \nonumber\\[2pt]
 f &= 1 \\
   &\quad + 2 \label{eq:f}
\end{align}
\begin{equation}
\begin{split} a &= b \\ &= c \end{split} \label{eq:chain} \tag{7}
\end{equation}
\begin{equation*} unlabelled = 1 \end{equation*}
\begin{eqnarray} x & = & y \label{eq:old} \end{eqnarray}
"""


def test_labelled_equations_of_a_paper():
    found = {e.label: e for e in read_equations(PAPER)}
    assert list(found) == ["eq:q", "eq:f", "eq:chain", "eq:old"]
    assert found["eq:q"].line == 6 and found["eq:f"].line == 8
    assert found["eq:q"].latex == r"q &= \int \D z \tanh^2(\beta\sqrt{q}\,z)"
    assert [len(parse_equation(found[k].latex, _with(read_macros(PAPER)))) for k in ("eq:f", "eq:chain", "eq:old")] == [
        2,
        3,
        2,
    ]


@pytest.fixture(scope="module")
def sk() -> Author:
    engine = Engine(zoo.load("sk"), zoo.folder("sk"))
    return Author(
        engine.model, engine.names, {r"\mathcal{R}": "m"}, [r"Z(\omega, V) = 2\cosh(\omega/T) e^{V}"], engine.expression
    )


def test_definitions_have_derivatives_in_their_arguments(sk):
    one, two, three = sk.sides(
        r"\partial_\omega \log Z(q, m) = \frac{1}{T}\tanh(q/T) = \partial_\omega \log Z(\sqrt{q}\sqrt q, 7)"
    )
    assert sp.simplify((one - two).rewrite(sp.exp)) == 0 and sp.simplify((three - two).rewrite(sp.exp)) == 0


def test_names_of_the_author_and_usual_aliases(sk):
    found = sk.sides(r"\mathcal{R} = m = R")
    assert found[0] == found[1] == found[2]
    assert sk.sides(r"-\beta f = 1")[0] == sk.symbols["free_entropy"]
    with pytest.raises(LatexError, match="no meaning"):
        sk.sides(r"k = 1")


INTEGRALS = [
    (GaussMean(sp.log(2 * sp.cosh(8 * x + u)), x), {"u": 0.3}),
    (GaussMean(sp.exp(-(q / (1 - q)) * x**2) / GaussianTail(sp.sqrt(q / (1 - q)) * x), x), {"q": 0.97}),
    (GaussMean(sp.Abs(x - u) ** 3, x), {"u": 0.7}),
    (GaussMean(sp.exp(3 * x), x), {}),
    (GaussMean(sp.log(GaussianTail(5 * x)), x), {}),
    (GaussMean(sp.Max(x - u, 0) ** 2, x), {"u": -1.2}),
]


@pytest.mark.parametrize(("body", "scope"), INTEGRALS, ids=[str(e) for e, _ in INTEGRALS])
def test_numbers_are_as_good_as_their_error_says(body, scope):
    mean, t = body.args if isinstance(body, GaussMean) else (None, None)
    value, error = number(body, scope)
    exact = precise(body, {k: mp.mpf(v) for k, v in scope.items()}, 25)
    assert mean is None or t is not None
    assert abs(value - float(exact)) <= 1e-12 * abs(float(exact)) + error
