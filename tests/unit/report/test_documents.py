"""Whole derivations as text, LaTeX and HTML, for every model of the zoo."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from derive.replica.pipeline import Derivation, run_pipeline
from derive.replica.trace import Check
from derive.report import (
    Figure,
    Section,
    Table,
    equations_docstring,
    html_of,
    latex_of,
    render_html,
    render_latex,
    render_page,
    render_text,
)
from derive.spec.read import read_model
from tests.support.pages import read_page, structure_faults
from tests.support.zoo import ALL, MODELS

ROOT = Path(__file__).resolve().parents[3]
ENERGIES = {"sk", "hopfield", "spiked_wigner"}
FAST = {*MODELS, *ENERGIES, "hinge_sign_teacher", "lasso_sparse", "logistic_mle", "ridge_isotropic"}
ZOO = [pytest.param(name, marks=[] if name in FAST else [pytest.mark.slow]) for name in ALL]
GOLDEN = ("perceptron_teacher_binary", "perceptron_storage_biased", "linear_gauss_bernoulli")

# Lines of means over constants under roots and fractions; half a minute of sympy each.
WIDE = ("random_features_ridge", "random_features_logistic")


@pytest.fixture(scope="module")
def derived():
    kept: dict[str, Derivation] = {}

    def get(name: str) -> Derivation:
        if name not in kept:
            kept[name] = run_pipeline(read_model(ROOT / "models" / f"{name}.toml"))
        return kept[name]

    return get


@pytest.mark.parametrize("name", ZOO)
@pytest.mark.parametrize("steps", [False, True])
def test_text_is_complete_and_readable(derived, name: str, steps: bool) -> None:
    derivation = derived(name)
    text = render_text(derivation, steps)
    assert "\\" not in text
    nodes = r"LogPartition|Average\(|Tuple|none|MoreauEnvelope|Strip|Wide|Mean\("
    assert not re.search(f"[ζυδΛςϖχϲ]|{nodes}", re.sub(r"δ\(", "", text))
    assert name in WIDE or max(map(len, text.splitlines())) <= 130
    for title in ("Model", "Order parameters", "Free entropy", "Saddle-point equations", "Definitions"):
        assert f"\n{title}\n" in text
    assert ("\n1. Replicate" in text) is steps
    if steps:
        for number, step in enumerate(derivation.trace.steps, 1):
            assert re.search(rf"^{number}\. .*\[{step.status}\]$", text, re.MULTILINE)


@pytest.mark.parametrize("name", ZOO)
def test_latex_is_well_formed(derived, name: str) -> None:
    for steps in (False, True):
        tex = render_latex(derived(name), steps)
        assert tex.startswith("\\documentclass")
        assert tex.endswith("\\end{document}\n")
        assert structure_faults(tex) == []
    assert set(re.findall(r"\\usepackage(?:\[.*?\])?\{(.*?)\}", tex)) == {"geometry", "amsmath,amssymb"}


@pytest.mark.parametrize(
    ("tex", "fault"),
    [
        ("{a", "stay open"),
        (r"\begin{align*}x", "stays open"),
        (r"\left(x", "left and right"),
        ("é", "ASCII"),
        ("$x", "dollar"),
    ],
)
def test_structural_faults_are_noticed(tex: str, fault: str) -> None:
    assert any(fault in said for said in structure_faults(tex))


@pytest.mark.slow
@pytest.mark.parametrize("name", ZOO)
def test_latex_compiles(derived, name: str, tmp_path: Path) -> None:
    tex = render_latex(derived(name), True)
    assert structure_faults(tex) == []
    program = shutil.which("pdflatex")
    if program is None:
        return  # the structure is what can be asserted without TeX
    (tmp_path / "it.tex").write_text(tex, encoding="utf-8")
    command = [program, "-interaction=nonstopmode", "-halt-on-error", "it.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    wide = [float(x) for x in re.findall(r"Overfull \\hbox \(([\d.]+)pt", done.stdout)]
    assert name in WIDE or max(wide, default=0.0) < 60


@pytest.mark.parametrize("name", ZOO)
def test_html_is_one_well_formed_page(derived, name: str) -> None:
    page = render_html(derived(name), True)
    tags = read_page(page)
    assert (tags.faults, tags.stack, tags.links) == ([], [], [])
    assert "\\" not in tags.text
    assert "http" not in page
    assert page.count('class="badge') == len(derived(name).trace.steps)
    assert 'class="badge ansatz"' in page


def test_page_embeds_tables_and_figures() -> None:
    svg = '<?xml version="1.0"?><svg viewBox="0 0 1 1"><path d="M0 0"/></svg>'
    table = Table("of $q$", ("a", "b"), (("1 < 2", "$x^2$"),))
    page = render_page("A & B", [Section("S", [table, Figure("a curve", svg)])])
    assert "<?xml" not in page
    assert "A &amp; B" in page
    assert "1 &lt; 2" in page
    assert "<svg viewBox" in page


def test_extra_tables_are_appended(derived) -> None:
    page = render_html(derived(MODELS[0]), False, extra=[("Thresholds", ("name", "value"), (("capacity", 2),))])
    assert "<h2>Thresholds</h2>" in page
    assert "<td>capacity</td><td>2</td>" in page


def test_check_outcomes_are_shown() -> None:
    derivation = run_pipeline(read_model(ROOT / "models" / "perceptron_storage_binary.toml"))
    derivation.trace.attach_check("saddle_point", Check("finite differences of phi", True, 1.5e-9, 1e-7))
    derivation.trace.attach_check("ansatz", Check("n = 2 & 3", False, 0.5, 1e-7))
    text = render_text(derivation, True)
    assert "check passed: finite differences of phi (error 1.5e-09, bound 1e-07)" in text
    assert "check FAILED: n = 2 & 3" in text
    assert "1 of 2 passed" in text
    assert structure_faults(render_latex(derivation, True)) == []
    assert 'class="failed">check failed</span>: n = 2 &amp; 3' in render_html(derivation, True)


@pytest.mark.parametrize("name", ZOO)
def test_docstring_is_ascii_and_narrow(derived, name: str) -> None:
    text = equations_docstring(derived(name))
    assert text.isascii()
    assert '"""' not in text
    assert text.startswith("free_entropy = ")
    assert all(len(line) <= 100 or " " not in line.strip() for line in text.splitlines())
    assert text == equations_docstring(run_pipeline(read_model(ROOT / "models" / f"{name}.toml")))


def test_notebook_forms(derived) -> None:
    derivation = derived("perceptron_storage_biased")
    assert latex_of(derivation).startswith("$$\\begin{aligned}")
    assert structure_faults(latex_of(derivation).replace("$$", "")) == []
    tags = read_page(html_of(derivation))
    assert (tags.faults, tags.stack) == ([], [])


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_text(derived, name: str, golden_dir: Path, update_golden: bool) -> None:
    path = golden_dir / "report" / f"{name}.txt"
    text = render_text(derived(name), False)
    if update_golden:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text
