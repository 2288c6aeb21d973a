"""Expressions: every node has a text and a LaTeX form, and polishing changes no value."""

from __future__ import annotations

import pytest
import sympy as sp

from derive.calculus.gaussian import Orthant
from derive.calculus.nodes import (
    DensityAverage,
    GaussianAverage,
    LabelIntegral,
    LabelLaw,
    LabelSum,
    LogPartition,
    bound,
)
from derive.replica.pipeline import run_pipeline
from derive.report import expression_latex, expression_text
from derive.report.latex_printer import visible_width
from derive.report.polish import polish, split_product
from derive.report.symbols import latex_name, text_name
from derive.spec.functions import GaussianTail, Logistic, Softplus, Step
from derive.spec.read import read_model
from tests.support.zoo import MODELS

W, Z, X, Y = bound("field"), bound("teacher"), bound("site_field"), bound("label")
Q, M, N = sp.Symbol("q", positive=True), sp.Symbol("m", real=True), sp.Symbol("n", positive=True)
V, A = sp.Symbol("δ", positive=True), sp.Symbol("Λ", positive=True)
ALPHA = sp.Symbol("alpha", positive=True)
LOG_Z = LogPartition(sp.Symbol("Z_00"), 1, 0, W, V)


def average(body: sp.Expr) -> sp.Expr:
    return GaussianAverage(body, (W,), (0,), (Q,))


@pytest.mark.parametrize(
    ("expression", "text", "latex"),
    [
        (LOG_Z, "log Z_00(ω, r - q)", r"\log Z_{00}\left(\omega,\,r - q\right)"),
        (sp.exp(LOG_Z), "Z_00(ω, r - q)", r"Z_{00}\left(\omega,\,r - q\right)"),
        (sp.exp(N * LOG_Z), "Z_00(ω, r - q)ⁿ", r"Z_{00}\left(\omega,\,r - q\right)^{n}"),
        (
            LOG_Z.raised(1) ** 2,
            "(∂_ω log Z_00(ω, r - q))²",
            r"\left(\partial_{\omega} \log Z_{00}\left(\omega,\,r - q\right)\right)^{2}",
        ),
        (
            LogPartition(sp.Symbol("Z_w"), -1, 2, X, A),
            "∂²_ξ log Z_w(ξ, q_hat - r_hat)",
            r"\partial_{\xi}^{2} \log Z_{w}\left(\xi,\,\hat{q} - \hat{r}\right)",
        ),
        (
            ALPHA * average(W**2) / 2,
            "(α/2) E[ ω² | ω ~ N(0, q) ]",
            r"\frac{\alpha}{2}\,\mathbb{E}_{\omega\sim\mathcal{N}\left(0,\,q\right)}\left[\omega^{2}\right]",
        ),
        (LabelLaw(sp.Symbol("P_00"), 0, Z, Y), "P_00(y | z)", r"P_{00}\left(y\,|\,z\right)"),
        (LabelLaw(sp.Symbol("P_00"), 1, Z), "∂_z P_00(z)", r"\partial_{z} P_{00}\left(z\right)"),
        (LabelIntegral(Y**2, Y, 0, sp.oo), "∫_(0, ∞) dy y²", r"\int_{0}^{\infty} dy\,y^{2}"),
        (LabelIntegral(Y + 1, Y, -sp.oo, sp.oo), "∫ dy (y + 1)", r"\int dy\,\left[y + 1\right]"),
        (LabelSum(Y**2, Y), "Σ_y y²", r"\sum_{y=0}^{\infty} y^{2}"),
        (GaussianTail(-W), "H(-ω)", r"H\left(-\omega\right)"),
        (Step(W), "θ(ω)", r"\theta\left(\omega\right)"),
        (
            Orthant(W, Q, sp.Rational(1, 2)),
            "Orthant(ω, q, 1/2)",
            r"\Phi_2^c\left(\omega,\,q;\,\frac{1}{2}\right)",
        ),
        (Softplus(W), "log(1 + exp(ω))", r"\log\left(1+e^{\omega}\right)"),
        (Logistic(W), "1/(1 + exp(-ω))", r"\frac{1}{1+e^{-\omega}}"),
        (sp.Piecewise((1, bound("inner") > Q), (0, True)), "1[h > q]", r"\mathbf{1}\left[h > q\right]"),
        (sp.sqrt(1 - Q), "√(1 - q)", r"\sqrt{1 - q}"),
        (sp.log(1 - Q) / 2, "log(1 - q)/2", r"\frac{1}{2}\,\log{\left(1 - q \right)}"),
        (1 / (2 * sp.sqrt(2 * sp.pi * Q)), "1/√(8 π q)", r"\frac{1}{\sqrt{8\,\pi\,q}}"),
        (-(Q - 1) / 2, "(1 - q)/2", r"\frac{1 - q}{2}"),
    ],
)
def test_forms(expression: sp.Expr, text: str, latex: str) -> None:
    assert expression_text(expression) == text
    assert expression_latex(expression) == latex


def test_joint_average_shows_its_covariance() -> None:
    joint = GaussianAverage(W * Z, (W, Z), (0, 0), (Q, M, 1))
    assert expression_text(joint) == "E[ z ω | (ω, z) ~ N(0, [[q, m], [m, 1]]) ]"
    assert r"\begin{smallmatrix}q&m\\m&1\end{smallmatrix}" in expression_latex(joint)


def test_density_average_names_the_density() -> None:
    s = bound("quenched", 2)
    node = DensityAverage(s**2, s, sp.exp(-s), 0, sp.oo)
    assert expression_text(node) == "E[ s_2² | s_2 ~ exp(-s_2) on (0, ∞) ]"


def test_common_factors_leave_the_average() -> None:
    other = LogPartition(sp.Symbol("Z_01"), 1, 0, W, V)
    node = average(-M * LOG_Z + M * other + LOG_Z + other) / 2
    expected = "E[ ((1 - m)/2) log Z_00(ω, r - q) + ((m + 1)/2) log Z_01(ω, r - q) | ω ~ N(0, q) ]"
    assert expression_text(node) == expected
    rho = sp.Symbol("rho", positive=True)
    assert expression_text(average(-rho * LOG_Z + LOG_Z)) == "(1 - ρ) E[ log Z_00(ω, r - q) | ω ~ N(0, q) ]"


def test_products_split_into_fractions() -> None:
    negative, above, below = split_product(-Q * (M / 2 - sp.Rational(1, 2)))
    assert (negative, below) == (False, [2])
    assert sp.Mul(*above) == Q * (1 - M)


@pytest.mark.parametrize(
    ("name", "text", "latex"),
    [
        ("alpha", "α", r"\alpha"),
        ("q_hat", "q_hat", r"\hat{q}"),
        ("m_0_hat", "m_0_hat", r"\hat{m}_{0}"),
        ("wstar", "w*", r"{w^{*}}"),
        ("lam", "λ", r"\lambda"),
        ("gain", "gain", r"\mathrm{gain}"),
        ("x1", "x1", "x_{1}"),
    ],
)
def test_names(name: str, text: str, latex: str) -> None:
    assert (text_name(name), latex_name(name)) == (text, latex)


def test_width_of_fractions_is_that_of_the_longer_part() -> None:
    assert visible_width(r"\frac{a + b}{c}") == visible_width("a + b") + 1


def value(expression: sp.Basic, at: dict[sp.Symbol, sp.Expr]) -> complex:
    """A number for an expression with nodes; averages become a linear functional of their body."""

    def number(node: sp.Basic) -> sp.Basic:
        if isinstance(node, (GaussianAverage, LabelIntegral, LabelSum, DensityAverage)):
            outside = sp.Add(*[number(a) for a in node.args[2:] if isinstance(a, sp.Expr) and a.is_finite])
            for argument in node.args[2:]:
                if isinstance(argument, sp.Tuple):
                    outside += sp.Add(*[(i + 2) * number(a) for i, a in enumerate(argument)])
            return number(node.args[0]) * (2 + outside)
        if isinstance(node, (LogPartition, LabelLaw)):
            seed = sum(map(ord, node.args[0].name)) % 17
            rest = [number(a) for a in node.args[1:]]
            return sp.Add(seed, *[(i + 1) * a for i, a in enumerate(rest)]) / 50
        if node.args:
            return node.func(*[number(a) for a in node.args])
        return at.get(node, node)

    return complex(sp.N(number(expression)))


def test_polishing_keeps_every_value(models_dir) -> None:
    for name in (*MODELS, "hinge_sign_teacher", "lasso_sparse"):
        path = models_dir / f"{name}.toml"
        derivation = run_pipeline(read_model(path))
        for expression in derivation.trace.table.values():
            if not isinstance(expression, sp.Expr) or expression.has(sp.DiracDelta, Step, sp.Piecewise):
                continue
            symbols = sorted(expression.atoms(sp.Symbol), key=str)
            at = {s: sp.Rational(3 + i, 11 + 2 * i) for i, s in enumerate(symbols)}
            before, after = value(expression, at), value(polish(expression), at)
            assert abs(before - after) < 1e-12 * (1 + abs(before)), (path.name, expression)
