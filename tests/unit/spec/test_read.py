"""Files -> Model: the thirteen files of the language, positions of faults, and the hash."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sympy as sp

from derive.errors import SpecError
from derive.spec.functions import Cross, Overlap
from derive.spec.model import Atom, Label, Law, Model
from derive.spec.read import read_model, read_model_text
from derive.spec.schema import json_schema

FOLDER = Path(__file__).resolve().parents[2] / "support" / "language_models"
FILES = sorted(FOLDER.glob("*.toml"))


def load(name: str) -> Model:
    return read_model(FOLDER / f"{name}.toml")


def test_all_thirteen_are_here() -> None:
    assert len(FILES) == 13


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_of_the_language_loads(path: Path) -> None:
    model = read_model(path)
    assert model.name == path.stem
    assert len(model.hash) == 64


def test_storage_spherical() -> None:
    model = load("perceptron_storage_spherical")
    kappa = model.parameter("kappa").symbol
    assert model.parameter("alpha").symbol.is_positive
    assert kappa.is_real and kappa.is_positive is None
    (w,) = model.weights
    assert (w.measure, w.radius, w.law) == ("sphere", 1, None)
    (channel,) = model.channels
    h = channel.student[0].symbol
    assert channel.student[0].coefficient == w.symbol
    assert (channel.factor, channel.factor_expression) == ("constraint", h >= kappa)
    assert channel.label is None and model.beta is None
    (threshold,) = model.thresholds
    assert (threshold.kind, threshold.solve_for, threshold.edge) == ("capacity", "alpha", "q -> r")


def test_parameter_m_is_free_without_a_partner() -> None:
    model = load("perceptron_storage_biased")
    m, y = model.symbols["m"], model.symbols["y"]
    assert model.channels[0].input_sd == sp.sqrt(1 - m**2)
    assert model.channels[0].label == Label("law", (1 + m * y) / 2, "finite", (-sp.S.One, sp.S.One))
    assert [g.name for g in model.globals] == ["b"]


def test_teacher_student() -> None:
    model = load("perceptron_teacher_binary")
    (channel,) = model.channels
    assert channel.factor == "bayes" and channel.factor_expression is None
    assert channel.label == Label("function", sp.sign(channel.teacher[0].symbol))
    assert model.weights[0].measure == "prior"
    assert isinstance(model.weights[0].law, Law)
    assert [c for _, c in model.weights[0].law.components] == [Atom(-sp.S.One), Atom(sp.S.One)]
    gibbs = model.observables[0]
    h = channel.student[0].symbol
    assert gibbs.kind == "test"
    wrong = sp.Ne(sp.sign(h), channel.y, evaluate=False)
    assert gibbs.expression == sp.Piecewise((1, wrong), (0, True), evaluate=False)
    assert {t.name: (t.branch, t.branches) for t in model.thresholds} == {
        "first_order": (None, ("uninformed", "perfect")),
        "spinodal": ("uninformed", None),
    }


def test_default_is_exact() -> None:
    assert load("door_symmetric_binary").parameter("K").default == sp.sqrt(2) * sp.erfinv(sp.S.Half)


def test_zero_temperature() -> None:
    model = load("logistic_logistic_teacher")
    assert model.beta == sp.oo
    lam, w = model.parameter("lam").symbol, model.weights[0].symbol
    assert lam.is_nonnegative and not lam.is_positive
    assert model.weights[0].penalty == lam * w**2 / 2
    assert model.weights[0].measure == "lebesgue"


def test_definitions_are_expanded() -> None:
    model = load("random_features_logistic")
    assert not any(s.name in {"k0", "k1", "var", "proj"} for s in model.channels[0].input_sd.free_symbols)
    assert {s.name for s in model.channels[0].input_sd.free_symbols} == {"u"}
    assert {s.name for s in model.channels[0].label.expression.free_symbols} == {"z", "eta", "psi"}


def test_energies() -> None:
    model = load("hopfield")
    s, xi = model.symbols["s"], model.symbols["xi"]
    assert model.energies[0].expression == -(Overlap(s, xi) ** 2) / 2
    assert load("sk_field").energies[0].expression == Cross(s, s) ** 2 / 2
    assert [w for w, _ in model.weights[0].law.components] == [1, 1]


def test_families_and_components() -> None:
    bipartite = load("bipartite_sk")
    assert [f.name for f in bipartite.families] == ["A", "B"]
    assert [w.family for w in bipartite.weights] == ["A", "B"]
    committee = load("committee_two")
    assert committee.ansatz == {"components": "permutation"}
    assert [str(c) for c in committee.channels[0].student[0].coefficient] == ["w_0", "w_1"]
    assert [f.name for f in load("sk_field").families] == ["sites"]


# ------------------------------------------------------------------------------------------ the hash

BASE = (FOLDER / "perceptron_teacher_binary.toml").read_text(encoding="utf-8")


def test_hash_ignores_comments_layout_and_order_of_keys() -> None:
    other = """
# another comment
name = 'perceptron_teacher_binary'
quenched = { wstar = "atoms( -1,1 )" }
weights = { w = { prior = "law(wstar)" } }
channel = [{ factor = "bayes", label = "sign(z)", student.h = "w", teacher.z = "wstar", samples = "alpha" }]
thresholds.spinodal = { branch = "uninformed", solve_for = "alpha" }
thresholds.first_order = { branches = ["uninformed", "perfect"], solve_for = "alpha" }
observables.error_bayes = "test(sign(h_mean) != y)"
observables.error_gibbs = "test( (sign(h) != y) )"
[parameters.alpha]
default = 1.0
in = "( 0, inf )"
meaning = "samples"
"""
    assert read_model_text(other).hash == read_model_text(BASE).hash


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"sign(z)"', '"sign(-z)"'),
        ("default = 1", "default = 2"),
        ('"(0, inf)"', '"[0, inf)"'),
        ("perceptron_teacher_binary", "other"),
        ("atoms(-1, 1)", "atoms(-1, 1, 0)"),
    ],
)
def test_hash_sees_the_content(old: str, new: str) -> None:
    assert read_model_text(BASE.replace(old, new)).hash != read_model_text(BASE).hash


def test_hash_sees_the_content_of_a_table(tmp_path: Path) -> None:
    text = "name = \"t\"\nquenched.u = \"table('f.csv', 'u')\"\nweights.w.sphere = 1\n"
    text += '[[channel]]\nsamples = 1\nstudent.h = "u*w"\nconstraint = "h >= 0"\n'
    with pytest.raises(SpecError, match="no table"):
        read_model_text(text, directory=tmp_path)
    (tmp_path / "f.csv").write_text("u\n1\n")
    first = read_model_text(text, directory=tmp_path).hash
    (tmp_path / "f.csv").write_text("u\n2\n")
    assert read_model_text(text, directory=tmp_path).hash != first


# ---------------------------------------------------------------------------------------- the schema


def test_committed_schema_is_the_schema_of_the_code(root_dir: Path) -> None:
    committed = json.loads((root_dir / "derive/spec/model.schema.json").read_text(encoding="utf-8"))
    assert committed == json_schema()
