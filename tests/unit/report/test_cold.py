"""Zero temperature: the notation of envelopes, definitions, closed forms that keep their value, the trace as JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path

import mpmath
import pytest
import sympy as sp

from derive.calculus.nodes import GaussianAverage, MoreauEnvelope, bound
from derive.calculus.strips import Strip, Wide
from derive.replica.pipeline import Derivation, run_pipeline
from derive.replica.trace import Trace
from derive.report import equations_docstring, html_of, latex_of, render_html, render_latex, render_text
from derive.report.closed_forms import abbreviate, closed_form
from derive.report.latex_printer import MathPrinter
from derive.report.polish import NODES
from derive.report.present import present
from derive.report.printer import TextPrinter
from derive.report.shown import IntervalMean, shown_envelopes
from derive.report.symbols import Names
from derive.spec.functions import GaussianTail
from derive.spec.read import read_model_text
from tests.support.cold import COLD
from tests.support.pages import read_page, structure_faults

W, X, T = bound("field"), bound("site_field"), sp.Symbol("θ", real=True)
Q, V, M = sp.Symbol("q", positive=True), sp.Symbol("V", positive=True), sp.Symbol("m", real=True)
GOLDEN = ("hinge_cold", "ridge_cold", "clusters_cold")


@pytest.fixture(scope="module")
def derived():
    kept: dict[str, Derivation] = {}

    def get(name: str) -> Derivation:
        if name not in kept:
            kept[name] = run_pipeline(read_model_text(COLD[name]))
        return kept[name]

    return get


# ------------------------------------------------------------------------------------------- notation


@pytest.mark.parametrize(
    ("node", "text", "latex"),
    [
        (
            MoreauEnvelope(sp.Symbol("M_01"), 1, 0, W, V),
            "-M_V[ℓ_01](ω)",
            r"-\mathcal{M}_{V}\left[\ell_{01}\right]\left(\omega\right)",
        ),
        (
            MoreauEnvelope(sp.Symbol("M_01"), 1, 1, W + M, 4 * V) ** 2,
            "(∂_ω M_{4 V}[ℓ_01](m + ω))²",
            r"\left(\partial_{\omega} \mathcal{M}_{4\,V}\left[\ell_{01}\right]\left(m + \omega\right)\right)^{2}",
        ),
        (
            MoreauEnvelope(sp.Symbol("M_w"), -1, 2, X, V),
            "∂²_ξ M*_V[g](ξ)",
            r"\partial_{\xi}^{2} \mathcal{M}^{*}_{V}\left[g\right]\left(\xi\right)",
        ),
        (
            MoreauEnvelope(sp.Symbol("M_w"), -1, 1, 2 * X, V),
            "M*'_V[g](2 ξ)",
            r"\mathcal{M}^{*\prime}_{V}\left[g\right]\left(2\,\xi\right)",
        ),
        (
            MoreauEnvelope(sp.Symbol("M_00"), 1, 1, W, V, bound("label")),
            "-∂_ω M_V[ℓ_00(·; y)](ω)",
            r"-\partial_{\omega} \mathcal{M}_{V}\left[\ell_{00}\left(\cdot;\,y\right)\right]\left(\omega\right)",
        ),
        (
            IntervalMean((1 - T) ** 2, T, 0, 1 / sp.sqrt(Q)),
            "∫_(0, 1/√q) Dt (1 - t)²",
            r"\int_{0}^{\frac{1}{\sqrt{q}}} Dt\,\left(1 - t\right)^{2}",
        ),
    ],
)
def test_forms(node: sp.Expr, text: str, latex: str) -> None:
    shown = shown_envelopes(node)
    assert TextPrinter().doprint(shown) == text
    assert MathPrinter().doprint(shown) == latex


def test_narrow_and_wide_form_are_one_integral() -> None:
    a, w = (1 - V) / sp.sqrt(Q), V / sp.sqrt(Q)
    narrow = Strip(0, a, w) - 2 * Strip(1, a, w) + Strip(2, a, w)
    wide = (Wide(0, a, w) - 2 * sp.sqrt(Q) * Wide(1, a, w) + Q * Wide(2, a, w)) / V**2
    both = closed_form(2 * sp.Piecewise((narrow, w < 1), (wide, True)))
    assert both == 2 / V**2 * IntervalMean((1 - sp.sqrt(Q) * T) ** 2, T, a, 1 / sp.sqrt(Q))
    assert closed_form(Strip(0, a, w)) == GaussianTail(a) - GaussianTail(1 / sp.sqrt(Q))


def test_conditional_variance_gets_its_name() -> None:
    tau, rho = sp.Symbol("τ", positive=True), sp.Symbol("rho", positive=True)
    names = {tau: rho - M**2 / Q}
    assert abbreviate(sp.sqrt(rho - M**2 / Q), names) == tau
    assert sp.simplify(abbreviate(M / sp.sqrt(Q * rho - M**2), names) - M / (sp.sqrt(Q) * tau)) == 0
    assert abbreviate(sp.sqrt(Q * rho), names) == sp.sqrt(Q * rho)


# ------------------------------------------------------------------------------------------- values


def number(expression: sp.Expr, at: dict[sp.Symbol, sp.Expr]) -> mpmath.mpf:
    """The value of a closed expression, integrals over intervals by quadrature."""
    expression = expression.xreplace(at)
    for node in sorted(expression.atoms(IntervalMean), key=str):
        (t,), (lower, upper) = node.bound_symbols, node.args[2:]

        def density(x: mpmath.mpf, node: IntervalMean = node, t: sp.Symbol = t) -> mpmath.mpf:
            return mpmath.mpf(sp.N(node.body.xreplace({t: sp.Float(x)}), 20)) * mpmath.npdf(x)

        value = mpmath.quad(density, [mpmath.mpf(sp.N(lower, 20)), mpmath.mpf(sp.N(upper, 20))], maxdegree=4)
        expression = expression.xreplace({node: sp.Float(value)})
    return mpmath.mpf(sp.N(expression, 15))


@pytest.mark.parametrize("name", COLD)
def test_printed_closed_forms_have_the_value_of_the_computed_ones(derived, name: str) -> None:
    derivation = derived(name)
    names, saddle = Names.of(derivation.system), derivation.saddle
    squares = names.abbreviations
    values = [saddle.free_entropy, *saddle.conjugates.values(), *saddle.site_map.values()]
    for expression in values:
        closed = sp.Add(*[t for t in sp.Add.make_args(expression) if not t.has(*NODES)])
        resolved = names.resolve(closed)
        symbols = sorted(resolved.free_symbols, key=str)
        at = {s: sp.Rational(7 + 3 * i, 11 + i) for i, s in enumerate(symbols)}
        at |= {s: sp.Rational(1, 3) for s in derivation.system.symbols.m if s in at}
        roots = {s: sp.sqrt(square.xreplace(at)) for s, square in squares.items()}
        before, after = number(resolved, at), number(present(closed, names), {**at, **roots})
        assert abs(before - after) < 1e-9 * (1 + abs(before)), expression


# ------------------------------------------------------------------------------------------- documents


@pytest.mark.parametrize("name", COLD)
@pytest.mark.parametrize("steps", [False, True])
def test_text_is_complete_and_readable(derived, name: str, steps: bool) -> None:
    text = render_text(derived(name), steps)
    assert "\\" not in text
    names = "Envelope|LogPartition|GaussianAverage|Tuple|Piecewise|Strip|Wide|none|Interval"
    assert not re.search(f"[ζυδΛςϖχη]|{names}", text.replace("δ(", ""))
    assert max(map(len, text.splitlines())) <= 140
    for said in ("M_V[ℓ](ω) = min_h {(h - ω)²/(2 V) + ℓ(h)}", "zero temperature", "φ_site", "response"):
        assert said in text
    assert ("Before the limit β → ∞:" in text) is steps
    if steps:
        assert "Temperature limit: zero temperature  [standard]" in text
    else:
        assert "β" not in text.replace("lim β(r - q)", "").replace("/β", "").replace("over β", "")


def test_residual_field_is_exact_and_named(derived) -> None:
    text = render_text(derived("ridge_cold"), True)
    assert "Temperature limit: residual field  [exact]" in text
    assert "M_V[ℓ_0](u) = u²/(2 (V + 1))" in text
    assert "law(u) = N(0, Δ + q + ρ - 2 m)" in text


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("hinge_cold", "prox_V[ℓ_01](ω) = {V + ω if ω < 1 - V; 1 if 1 - V < ω < 1; ω if ω > 1}"),
        ("logistic_cold", "prox_V[ℓ_01](ω) = the root h of h - V/(exp(h) + 1) = ω"),
        ("lasso_cold", "w_{V_hat}[g](ξ) = {(λ + ξ)/V_hat if ξ < -λ; 0 if -λ < ξ < λ; (ξ - λ)/V_hat if ξ > λ}"),
        ("clusters_cold", "E[h | y=-1] = -m    [the mean of the inputs on the weights]"),
        ("shifted_cold", "E z = 5/4    [the mean of the inputs on the teacher]"),
        ("constraint_cold", "for 1 ≤ h,"),
        ("binary_cold", "g(w) = 0    [w in {-1, 1}]"),
        ("sphere_cold", "V_hat = √(m_hat² + q_hat)    [the norm]"),
        ("counts_cold", "prox_V[ℓ_00(·; y)](ω) = the root h of h - V y + V exp(h) = ω"),
        ("hinge_cold", "τ² = ρ - m²/q    [variance of z at fixed ω]"),
        ("interval_cold", "g(w) = λ w²/2    [for 0 ≤ w ≤ 3, infinite elsewhere]"),
        ("clusters_cold", "overlap with the mean of the inputs, (1/N) Σ_i t_i w_i, t = v"),
    ],
)
def test_definitions(derived, name: str, line: str) -> None:
    assert line in render_text(derived(name))


@pytest.mark.parametrize("name", COLD)
def test_latex_and_html_are_well_formed(derived, name: str) -> None:
    derivation = derived(name)
    for steps in (False, True):
        assert structure_faults(render_latex(derivation, steps)) == []
    tags = read_page(render_html(derivation, True))
    assert (tags.faults, tags.stack, tags.links) == ([], [], [])
    assert "\\" not in tags.text
    assert structure_faults(latex_of(derivation).replace("$$", "")) == []
    assert "MoreauEnvelope" not in html_of(derivation)


@pytest.mark.parametrize("name", COLD)
def test_docstring_of_a_solver_says_what_it_solves(derived, name: str) -> None:
    text = equations_docstring(derived(name))
    assert text.isascii()
    assert text.startswith("free_entropy = ")
    assert re.search("^V =", text, re.MULTILINE)
    assert not re.search("r - q|Envelope|Strip|Wide|beta", text)


# ------------------------------------------------------------------------------------------- trace


@pytest.mark.parametrize("name", COLD)
def test_trace_goes_through_json(derived, name: str) -> None:
    derivation = derived(name)
    again = Trace.from_json(json.loads(derivation.trace.dumps()))
    assert again.hash == derivation.trace.hash
    assert again.steps == derivation.trace.steps
    copy = Derivation(derivation.model, derivation.system, derivation.saddle, again)
    assert render_text(copy, True) == render_text(derivation, True)
    assert run_pipeline(read_model_text(COLD[name])).trace.hash == again.hash


def test_trace_holds_envelopes_and_strips(derived) -> None:
    table = Trace.from_json(json.loads(derived("hinge_cold").trace.dumps())).table.values()
    assert any(e.has(MoreauEnvelope) for e in table)
    assert any(e.has(Strip) and e.has(Wide) for e in table)
    assert any(e.has(GaussianAverage) for e in table)


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_text(derived, name: str, golden_dir: Path, update_golden: bool) -> None:
    path = golden_dir / "report" / f"{name}.txt"
    text = render_text(derived(name), True)
    if update_golden:
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text
