"""Small models that once gave a wrong number, a wrong branch or a traceback."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from derive import api

slow = pytest.mark.slow
HEAD = 'name = "small"\nparameters.alpha = { in = "(0, inf)", default = 1 }\n'
BITS = 'quenched.wstar = "atoms(-1, 1)"\nweights.w.prior = "law(wstar)"\n'
TEACHER = '[[channel]]\nsamples = "alpha"\nteacher.z = "wstar"\nstudent.h = "w"\n'


def solve(text: str, folder: Path, **settings: str):
    folder.mkdir(exist_ok=True)
    path = folder / "small.toml"
    path.write_text(HEAD + text)
    return api.solve(path, settings, generated=folder / "generated").solutions


def test_observables_without_the_symmetry_of_the_labels(tmp_path: Path) -> None:
    """y and h are symmetric under a common sign: their means vanish, also where +1 stands for both labels."""
    solution, *_ = solve(
        BITS + TEACHER + 'label = "sign(z)"\nfactor = "bayes"\n[observables]\nlabel = "test(y)"\nup = "test(h > 0)"\n'
        'trained_up = "train(h > 0)"\ncorrelation = "test(y*h)"\n',
        tmp_path,
    )
    seen = solution.observables
    assert seen["label"] == pytest.approx(0, abs=1e-12)
    assert seen["up"] == pytest.approx(0.5) and seen["trained_up"] == pytest.approx(0.5)
    assert seen["correlation"] == pytest.approx(solution.order_parameters["m"] * math.sqrt(2 / math.pi))


FLAT = 'quenched.wstar = "1/2*delta(0) + 1/2*normal(0, 1)"\nweights.w.prior = "law(wstar)"\n' + TEACHER


@slow
@pytest.mark.parametrize(
    ("flat", "plain", "alpha", "log_slope"),
    [
        # E log|f'(u)| by E log u^2 = log(1/4) - gamma for u ~ N(0, 1/2)
        ("z^2", "abs(z)", "9/10", math.log(2) + (math.log(1 / 4) - np.euler_gamma) / 2),
        ("z^3", "z", "3/10", math.log(3) + math.log(1 / 4) - np.euler_gamma),
    ],
)
def test_flat_labels_have_the_overlaps_of_their_plain_form(flat, plain, alpha, log_slope, tmp_path: Path) -> None:
    """An invertible map of the label moves no overlap; the free entropy, with respect to dy, moves by a constant."""
    ends = [
        solve(FLAT + f'label = "{label}"\nfactor = "bayes"\n', tmp_path / str(k), alpha=alpha)
        for k, label in enumerate((flat, plain))
    ]
    assert [s.branch for s in ends[0]] == [s.branch for s in ends[1]]
    for mine, other in zip(*ends, strict=True):
        assert mine.status == other.status == "converged"
        assert mine.order_parameters == pytest.approx(other.order_parameters, abs=1e-10)
        if mine.branch != "perfect":
            shift = -log_slope * float(Fraction(alpha))
            assert mine.free_entropy - other.free_entropy == pytest.approx(shift, abs=1e-9)


@slow
def test_a_kink_is_no_jump(tmp_path: Path) -> None:
    """Laplace noise has finite Fisher information: no branch ends in perfect recovery."""
    found = solve(BITS + TEACHER + 'noise.e = "laplace(1/2)"\nlabel = "z + e"\nfactor = "bayes"\n', tmp_path)
    assert not any(s.branch == "perfect" and s.status == "converged" for s in found)


@slow
def test_training_samples_of_a_model_with_a_bias(tmp_path: Path) -> None:
    solution, *_ = solve(
        'weights.w.sphere = 1\nglobals.b = { meaning = "bias" }\n[[channel]]\nsamples = "alpha/2"\nstudent.h = "w"\n'
        'label = { values = [-1, 1], probability = "(1 + y/2)/2" }\nconstraint = "y*(h + b) >= 0"\n'
        '[observables]\nwrong = "train(y*(h + b) < 0)"\nup = "train(h + b > 0)"\n',
        tmp_path,
    )
    assert solution.observables["wrong"] == pytest.approx(0, abs=1e-10)
    assert solution.observables["up"] == pytest.approx(0.75)


@slow
def test_the_error_of_a_model_whose_first_channel_has_no_teacher(tmp_path: Path) -> None:
    solution, *_ = solve(
        BITS
        + '[[channel]]\nsamples = "1/10"\nstudent.h = "w"\nconstraint = "h >= -1"\n'
        + TEACHER
        + 'label = "sign(z)"\nfactor = "bayes"\n',
        tmp_path,
        alpha="1/2",
    )
    found = solution.order_parameters
    assert solution.observables["mse"] == pytest.approx(1 - 2 * found["m"] + found["q"])


@slow
@pytest.mark.parametrize("order", ["lam = {lam}, t = {t}", "t = {t}, lam = {lam}"])
@pytest.mark.parametrize("law", ["laplace(1)", "normal(0, 2)"])
def test_two_continuous_quenched_variables(order: str, law: str, tmp_path: Path) -> None:
    """Bayes-mismatched linear regression: the site averages in closed form, by quadrature over the spectrum."""
    quenched = order.format(lam='"uniform(1/2, 3/2)"', t=f'"{law}"')
    solution, *_ = solve(
        f'quenched = {{ {quenched} }}\nweights.w.prior = "normal(0, 1)"\n[[channel]]\nsamples = "alpha"\n'
        'teacher.z = "sqrt(lam)*t"\nstudent.h = "sqrt(lam)*w"\nnoise.e = "normal(0, 1)"\nlabel = "z + e"\n'
        'likelihood = "exp(-(y - h)^2/2)"\n',
        tmp_path,
    )
    found = solution.order_parameters
    q, m, v = found["q"], found["m"], found["r"] - found["q"]
    A = 1 / (1 + v)
    q_hat = (2 - 2 * m + q + 1) / (1 + v) ** 2
    x, w = np.polynomial.legendre.leggauss(60)
    lam, w = 1 + x / 2, w / 2
    assert v == pytest.approx((w * lam / (1 + A * lam)).sum(), rel=1e-8)
    assert m == pytest.approx((w * A * 2 * lam**2 / (1 + A * lam)).sum(), rel=1e-8)
    assert q == pytest.approx((w * lam**2 * (2 * A**2 * lam + q_hat) / (1 + A * lam) ** 2).sum(), rel=1e-8)


@slow
def test_no_solution_is_called_converged_with_a_large_residual(tmp_path: Path) -> None:
    """Beyond the capacity of {0, 1} weights the edge r - q -> 0 is no solution."""
    found = solve(
        'weights.w.count = "atoms(0, 1)"\n[[channel]]\nsamples = "alpha"\nstudent.h = "w"\nconstraint = "h >= 1/5"\n',
        tmp_path,
        alpha="1/2",
    )
    assert not any(s.status == "converged" and s.residual > 1e-8 for s in found)


@pytest.mark.parametrize(
    "channel",
    [
        'noise.e = "laplace(1/2)"\nlabel = "sign(z + e)"\n',
        'label = "tanh(2*z)"\n',
        'noise = { e = "normal(1/5, 1)", flip = "9/10*delta(1) + 1/10*delta(-1)" }\nlabel = "flip*sign(z + e)"\n',
    ],
)
def test_natural_labels_are_derived(channel: str, tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text(
        HEAD
        + 'quenched.wstar = "normal(0, 1)"\nweights.w.prior = "law(wstar)"\n'
        + TEACHER
        + channel
        + 'factor = "bayes"\n'
    )
    derivation = api.derive(path)
    assert derivation is not None
    api.build(path, generated=tmp_path / "generated")


@slow
def test_means_over_constants_are_computed(tmp_path: Path) -> None:
    """A noise of variance E erf(x/2)^2 and an observable with means over x and over the sites; r stays exactly 1."""
    solution, *_ = solve(
        'parameters.g = { in = "(0, inf)", default = "1/2" }\n'
        'quenched = { u = "atoms(1, 2)", wstar = "atoms(-1, 1)" }\nweights.w.prior = "law(wstar)"\n'
        '[define]\nk = "gauss(erf(g*x)^2, x)"\nc = "site_mean(u^2 + tanh(u))"\n'
        'd = "site_mean(gauss(exp(-abs(x*u)), x))"\n'
        + TEACHER
        + 'noise.e = "normal(0, 1)"\nlabel = "z + sqrt(k)*e"\nfactor = "bayes"\n'
        '[observables]\ne = "test(k + c*y*h + d)"\ns = "sites(w_mean*wstar*k)"\n',
        tmp_path,
    )
    q = solution.order_parameters["q"]
    x, w = np.polynomial.hermite_e.hermegauss(120)
    w = w / math.sqrt(2 * math.pi)
    k = float(w @ np.array([math.erf(a / 2) ** 2 for a in x]))
    c = 2.5 + (math.tanh(1) + math.tanh(2)) / 2
    d = sum(math.exp(u * u / 2) * math.erfc(u / math.sqrt(2)) for u in (1, 2)) / 2
    q_hat = 1 / (k + 1 - q)
    assert q == pytest.approx(w @ np.tanh(q_hat + math.sqrt(q_hat) * x), abs=1e-9)
    assert solution.observables["e"] == pytest.approx(k + c * q + d, rel=1e-12)
    assert solution.observables["s"] == pytest.approx(k * q, rel=1e-12)
    assert solution.order_parameters["r"] == 1
