"""Prose with inline mathematics: readable text without a backslash, safe LaTeX."""

from __future__ import annotations

import pytest

from derive.report.prose import escape_latex, math_text, prose_latex, prose_text, split_math, split_sum


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\hat q_{ab}", "q_hat_ab"),
        (r"\frac1N\sum_i f_i^2 w_i^a w_i^b", "(1/N) Σ_i f_i² w_iᵃ w_iᵇ"),
        (r"\lim_{n\to0} \frac1n \log \mathbb E Z^n", "lim_{n→0} (1/n) log E Zⁿ"),
        (r"e^{-(\hat q-\hat r) f^2w^2/2 + \xi f w}", "exp(-(q_hat - r_hat) f² w²/2 + ξ f w)"),
        (r"\sqrt{r-q}\,t_a", "√(r - q) t_a"),
        (r"h = \sum_i x_i w_i/\sqrt N", "h = Σ_i x_i w_i/√N"),
        (r"a\neq b", "a≠b"),
        (r"\operatorname{extr}\Big\{x\Big\}", "extr{x}"),
        (r"n(n-1)\to-n", "n(n - 1) → -n"),
        (r"\alpha_c N", "α_c N"),
        (r"12\,x", "12 x"),
        (r"\unknowncommand x", "unknowncommand x"),
    ],
)
def test_mathematics_reads_as_text(latex: str, text: str) -> None:
    assert math_text(latex) == text


def test_no_backslash_is_left() -> None:
    assert "\\" not in prose_text(r"odd $\weird\\{x}\}$ and \stray text")


def test_prose_splits_at_dollars() -> None:
    assert split_math("a $b$ c") == [(False, "a "), (True, "b"), (False, " c")]


def test_latex_escapes_words_only() -> None:
    assert prose_latex("50% of $a_b$ & n -> 0") == r"50\% of $a_b$ \& n $\to$ 0"
    assert escape_latex("α_1 ☃") == r"$\alpha$\_1 ?"


def test_long_inline_formula_is_displayed() -> None:
    formula = " + ".join(f"a_{{{i}}}" for i in range(40))
    shown = prose_latex(f"with ${formula}$ here")
    assert shown.count(r"\begin{align*}") == shown.count(r"\end{align*}") == 1
    assert "".join(split_sum(formula)) == formula
    assert len(split_sum(formula)) > 1
