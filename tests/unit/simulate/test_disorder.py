"""What is drawn has the laws that the model file declares."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.stats
import sympy as sp

from derive import api
from derive.simulate.closing import Closing
from derive.simulate.disorder import channel_samples, draw_labels, draw_sites
from derive.simulate.tables import Tables
from derive.spec.model import Model
from derive.spec.read import read_model_text

HEAD = """
name = "drawn"
beta = "inf"
parameters = { alpha = { in = "(0, inf)", default = 2 }, c = { in = "(0, 1)", default = "1/3" } }
weights.w.penalty = "w^2/2"
"""


def read(text: str, folder: Path | None = None) -> Model:
    return read_model_text(HEAD + text, str((folder or Path()) / "drawn.toml"), folder)


def closed(model: Model, **parameters: object) -> Closing:
    return Closing(model, api.resolve_parameters(model, parameters), Tables(model))


def sites(text: str, size: int, folder: Path | None = None) -> dict[str, np.ndarray]:
    model = read(text + '\nchannel = [{ samples = "alpha", student.h = "w", loss = "h^2" }]', folder)
    found = draw_sites(closed(model), size, np.random.default_rng(5))
    return {symbol.name: values for symbol, values in found.items()}


@pytest.mark.parametrize(
    ("law", "exact"),
    [
        ("normal(1, 4)", scipy.stats.norm(1, 2).cdf),
        ("uniform(-1, c)", scipy.stats.uniform(-1, 4 / 3).cdf),
        ("laplace(2)", scipy.stats.laplace(scale=2).cdf),
        ('density("exp(-x)", 0, inf)', scipy.stats.expon.cdf),
        ('density("3*x^2/2", -1, 1)', lambda x: (1 + x**3) / 2),
        (
            "c*normal(-2, 1) + (1 - c)*normal(1, 1/4)",
            lambda x: scipy.stats.norm.cdf(x + 2) / 3 + 2 * scipy.stats.norm.cdf(2 * (x - 1)) / 3,
        ),
    ],
)
def test_quenched_laws(law: str, exact: object) -> None:
    drawn = sites(f"quenched.s = '{law}'", 20000)["s"]
    assert scipy.stats.kstest(drawn, exact).pvalue > 1e-3


def test_atoms_and_laws_that_depend_on_earlier_variables() -> None:
    drawn = sites('quenched = { s = "c*delta(3) + (1 - c)*atoms(-1, 1)", t = "normal(s, s^2)" }', 30000)
    assert set(drawn["s"]) == {3.0, -1.0, 1.0}
    assert np.mean(drawn["s"] == 3) == pytest.approx(1 / 3, abs=0.01)
    ratio = (drawn["t"] - drawn["s"]) / np.abs(drawn["s"])
    assert scipy.stats.kstest(ratio, "norm").pvalue > 1e-3


@pytest.mark.parametrize("ratio", ["1/2", "1", "2"])
def test_marchenko_pastur_is_the_spectrum_of_a_random_matrix(ratio: str) -> None:
    drawn = sites(f'quenched.u = "marchenko_pastur({ratio})"', 40000)["u"]
    c = float(sp.Rational(ratio))
    features = np.random.default_rng(1).normal(size=(round(600 * c), 600))
    spectrum = np.linalg.eigvalsh(features @ features.T / 600)
    for power in (1, 2, 3):
        assert np.mean(drawn**power) == pytest.approx(np.mean(np.abs(spectrum) ** power), rel=0.05)
    assert np.mean(drawn == 0) == pytest.approx(max(0.0, 1 - 1 / c), abs=0.01)


def test_rows_of_a_table_are_joint_and_equally_frequent(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("a,b\n1,10\n2,20\n3,30\n", encoding="utf-8")
    drawn = sites("""quenched.a = 'table("f.csv", "a")'\nquenched.b = 'table("f.csv", "b")'""", 30, tmp_path)
    np.testing.assert_array_equal(drawn["b"], 10 * drawn["a"])
    assert np.unique(drawn["a"], return_counts=True)[1].tolist() == [10, 10, 10]


# -------------------------------------------------------------------------------------------- labels


def labels(text: str, field: np.ndarray | None) -> np.ndarray:
    model = read('quenched.t = "normal(0, 1)"\n[[channel]]\nsamples = "alpha"\nstudent.h = "w"\nloss = "h^2"\n' + text)
    channel = model.channels[0]
    count = 20000 if field is None else field.size
    uniform = np.random.default_rng(2).random((count, 4))
    fields = {} if field is None else {channel.teacher[0].symbol: field}
    found = draw_labels(channel, closed(model), fields, uniform)
    assert found is not None
    return found


def test_labels_by_function_of_field_and_noise() -> None:
    field = np.linspace(-2, 2, 20000)
    y = labels('teacher.z = "t"\nnoise.eta = "normal(0, 1/4)"\nlabel = "z + eta"', field)
    assert scipy.stats.kstest(2 * (y - field), "norm").pvalue > 1e-3
    y = labels('teacher.z = "t"\nnoise.s = "c*delta(-1) + (1 - c)*delta(1)"\nlabel = "s*sign(z)"', field)
    assert np.mean(y != np.sign(field)) == pytest.approx(1 / 3, abs=0.01)


def test_labels_by_law() -> None:
    field = np.full(20000, 0.7)
    y = labels('teacher.z = "t"\nlabel = { values = [-1, 1], probability = "1/(1 + exp(-y*z))" }', field)
    assert np.mean(y == 1) == pytest.approx(1 / (1 + np.exp(-0.7)), abs=0.012)
    y = labels(
        'teacher.z = "t"\nlabel = { values = "natural", probability = "exp(-exp(z))*exp(z*y)/factorial(y)" }', field
    )
    counts = [np.sum(y == k) for k in range(6)]
    exact = scipy.stats.poisson.pmf(np.arange(6), np.exp(0.7)) * y.size
    np.testing.assert_allclose(counts, exact, atol=4 * np.sqrt(np.max(exact)))
    y = labels('label = { values = [0, 1, 5], probability = "if(y == 0, 1/2, if(y == 1, 1/3, 1/6))" }', None)
    assert [np.mean(y == v) for v in (0, 1, 5)] == pytest.approx([1 / 2, 1 / 3, 1 / 6], abs=0.012)


def test_labels_by_density_follow_the_field() -> None:
    field = np.random.default_rng(0).normal(size=2000)
    y = labels('teacher.z = "t"\nlabel = { values = "real", density = "exp(-abs(y - z)/c)/(2*c)" }', field)
    assert scipy.stats.kstest(3 * (y - field), "laplace").pvalue > 1e-3


def test_inputs_have_the_mean_and_the_spread_of_the_model() -> None:
    model = read("""
quenched = { v = "atoms(1, 2)", t = "normal(0, 1)" }
[[channel]]
samples = "alpha"
student.h = "2*v*w"
input = { mean = "y*v", sd = "sqrt(v)" }
label = { values = [-1, 1], probability = "(1 + y/2)/2" }
loss = "(y - h)^2"
""")
    closing, random = closed(model, alpha=100), np.random.default_rng(0)
    quenched = draw_sites(closing, 50, random)
    drawn = channel_samples(model.channels[0], closing, quenched, model.weights[0].symbol, 50, random)
    v = quenched[sp.Symbol("v", real=True)]
    assert drawn.matrix.shape == (5000, 50) and drawn.labels is not None
    assert np.mean(drawn.labels) == pytest.approx(0.5, abs=0.05)
    inputs = drawn.matrix * np.sqrt(50) / (2 * v)
    np.testing.assert_allclose(np.mean(drawn.labels[:, None] * inputs, axis=0), v / np.sqrt(50), atol=0.1)
    np.testing.assert_allclose(np.var(inputs, axis=0), v, rtol=0.12)


# ---------------------------------------------------------------------------------------- site means


def test_means_over_sites_are_those_of_the_law() -> None:
    model = read("""
[quenched]
s = "c*delta(3) + (1 - c)*atoms(-1, 1)"
t = "normal(s, s^2)"
u = "marchenko_pastur(2)"
e = "laplace(1)"
[define]
first = "site_mean(t^2*u)"
second = "site_mean(abs(e)*u^2) + gauss(x^2*exp(x), x)"
[[channel]]
samples = "first"
student.h = "w"
teacher.z = "second*t"
label = "z"
loss = "(y - h)^2"
""")
    closing = closed(model)
    assert float(closing(model.channels[0].samples)) == pytest.approx(2 * (9 / 3 + 2 / 3), rel=1e-5)
    coefficient = closing(model.channels[0].teacher[0].coefficient)
    exact = 1 * 3 + 2 * np.exp(0.5)
    assert float(coefficient / sp.Symbol("t", real=True)) == pytest.approx(exact, rel=1e-4)
