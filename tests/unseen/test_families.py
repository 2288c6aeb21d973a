"""Several families of sites that nobody wrote the engine for, against textbook fixed points in plain numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from derive import api
from derive.errors import ModelError
from derive.replica.checks import check_stages, run_stages
from derive.spec.read import read_model

X = np.linspace(-10.0, 10.0, 8001)
W = np.exp(-(X**2) / 2) / np.sum(np.exp(-(X**2) / 2))  # the trapezoidal rule: exact to rounding for smooth functions


def solved(path: Path, text: str, given: dict[str, str] | None = None) -> dict[str, float]:
    """The dominating branch of a model: order parameters, observables and free entropy."""
    path.write_text(text, encoding="utf-8")
    found = api.solve(path, given, generated=path.parent / "generated").dominant
    assert found is not None
    assert found is not None
    return {**found.order_parameters, **found.observables, "free_entropy": found.free_entropy}


def iterated(step, start, weight: float = 0.5) -> np.ndarray:
    """A fixed point by damped iteration."""
    x = np.array(start, dtype=float)
    for _ in range(20000):
        new = np.array(step(x))
        if np.max(np.abs(new - x)) < 1e-15:
            return new
        x = weight * x + (1 - weight) * new
    raise AssertionError("no fixed point")


THREE = """
name = "three_layers"
beta = "1/T"
parameters = { T = { in = "(0, inf)", default = 1 }, c = { in = "(0, inf)", default = 1 } }
families = { A = { size = "1/2" }, B = { size = "c" }, C = { size = 2 } }
[weights]
s = { family = "A", count = "atoms(-1, 1)" }
t = { family = "B", count = "atoms(-1, 0, 1)" }
u = { family = "C", count = "atoms(-1, 1)" }
[[energy]]
gaussian = "cross(s)*cross(t) + cross(t)*cross(u)^2/2"
[[energy]]
value = "-overlap(s, 1)*overlap(u, 1) - overlap(t, 1)/2"
"""


@pytest.mark.slow
@pytest.mark.parametrize("T", [1.3, 0.4])
def test_a_chain_of_three_families(T: float, tmp_path: Path):
    """Ising - spin 1 - Ising layers, couplings of two and of three spins, unequal sizes; at 1.3 q_u vanishes alone."""
    c, b = 0.7, 1 / T
    found = solved(tmp_path / "chain.toml", THREE, {"T": str(T), "c": "7/10"})

    def ising(size, q_hat, field):
        x = field + np.sqrt(q_hat) * X
        return W @ np.tanh(x) ** 2, W @ np.tanh(x)

    def step(v):
        qs, qt, _, qu, _, _, mu = v
        hats = b * b * qt / 0.5, b * b * (qs + qu**2 / 2) / c, b * b * (qt * qu) / 2
        hat_r = b * b * (1 + 1 / 2) / c  # d xi/d r_t over the size, at r = 1 of the others
        qs, ms = ising(0.5, hats[0], b * mu / 0.5)
        qu, mu = ising(2.0, hats[2], b * v[4] / 2)
        x = b / 2 / c + np.sqrt(hats[1]) * X
        tilt = np.exp((hat_r - hats[1]) / 2)
        z = 1 + 2 * tilt * np.cosh(x)
        mean, square = 2 * tilt * np.sinh(x) / z, 2 * tilt * np.cosh(x) / z
        return qs, W @ mean**2, W @ square, qu, ms, W @ mean, mu

    qs, qt, rt, qu, ms, mt, mu = iterated(step, (0.3, 0.3, 0.6, 0.3, 0.5, 0.5, 0.5))
    expected = {"q_s": qs, "q_t": qt, "r_t": rt, "q_u": qu, "m_s_one": ms, "m_t_one": mt, "m_u_one": mu}
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-10, abs=1e-13), name
    assert (found["q_u"] == 0.0) == (T > 1.0)
    xi = lambda s, t, u: s * t + t * u**2 / 2  # noqa: E731
    energy = -ms * mu - mt / 2 - b * (xi(1, rt, 1) - xi(qs, qt, qu))
    assert found["energy"] == pytest.approx(energy, rel=1e-10)


WISHART = """
name = "sparse_and_dense"
parameters = { snr = { in = "(0, inf)", default = 2 }, alpha = { in = "(0, inf)", default = 1 } }
families = { U = { size = 1 }, V = { size = "alpha" } }
[quenched]
u0 = { law = "7/10*delta(0) + 3/10*normal(0, 2)", family = "U" }
v0 = { law = "1/4*delta(-2) + 3/4*delta(1)", family = "V" }
[weights]
u = { family = "U", prior = "law(u0)" }
v = { family = "V", prior = "law(v0)" }
[[observation]]
of = ["u", "v"]
truth = ["u0", "v0"]
snr = "snr"
"""


@pytest.mark.slow
def test_a_sparse_and_a_dense_factor(tmp_path: Path):
    """Y = sqrt(snr/N) u0 v0^T + noise with a Gauss-Bernoulli factor and a skewed one: scalar denoisers in numpy."""
    snr, alpha = 2.5, 0.8
    found = solved(tmp_path / "uv.toml", WISHART, {"snr": "5/2", "alpha": "4/5"})

    def sparse(g):  # E <u>^2 at y = g u0 + sqrt(g) z
        total = 0.0
        for weight, spread in ((0.7, 0.0), (0.3, 2.0)):
            y = np.sqrt(g + g * g * spread) * X
            odds = 0.7 / 0.3 * np.sqrt(1 + 2 * g) * np.exp(-(y**2) / (2 * (g + 0.5)))
            total += weight * (W @ (y / (g + 0.5) / (1 + odds)) ** 2)
        return total

    def skewed(g):
        total = 0.0
        for weight, v0 in ((0.25, -2.0), (0.75, 1.0)):
            y = g * v0 + np.sqrt(g) * X
            a, b = np.log(0.25) - 2 * y - 2 * g, np.log(0.75) + y - g / 2
            p = 1 / (1 + np.exp(b - a))
            total += weight * (W @ (-2 * p + 1 - p) ** 2)
        return total

    qu, qv = iterated(lambda q: (sparse(snr * alpha * q[1]), skewed(snr * q[0])), (0.5, 1.5), 0.0)
    assert found["q_u"] == pytest.approx(qu, rel=1e-10)
    assert found["q_v"] == pytest.approx(qv, rel=1e-10)
    assert found["mse_u"] == pytest.approx(0.6 - qu, rel=1e-10)
    assert found["mse_v"] == pytest.approx(1.75 - qv, rel=1e-10)


@pytest.mark.slow
def test_gaussian_units_integrate_to_a_quadratic_loss(tmp_path: Path):
    """A family of Gaussian units and a channel of the loss -h^2/2 are the same model, by two routes of the engine."""
    given = {"T": "11/10", "alpha": "1/10", "h": "1/5"}
    one = api.solve("rbm_gaussian_binary", given).dominant
    text = (
        'name = "channel"\nbeta = "1/T"\nparameters = { T = { in = "(0, inf)" }, alpha = { in = "(0, inf)" }, '
        'h = { in = "(-inf, inf)" } }\nweights.s.count = "atoms(-1, 1)"\n'
        'channel = [{ samples = "alpha", student.x = "s", loss = "-x^2/2" }]\n'
        'energy = [{ value = "-h*overlap(s, 1)" }]\n'
    )
    two = solved(tmp_path / "channel.toml", text, given)
    assert one is not None and one.free_entropy is not None
    assert one.order_parameters["q_s"] == pytest.approx(two["q"], rel=1e-12)
    constant = 0.05 * np.log(2 * np.pi * 1.1)  # of the Gaussian units
    assert one.free_entropy - constant == pytest.approx(two["free_entropy"], rel=1e-12)


PAIR = """
name = "pair"
beta = "1/T"
parameters.T = { in = "(0, inf)", default = "3/10" }
families = { A = { size = "1/2" }, B = { size = 2 } }
quenched = { x = { law = "normal(0, 1)", family = "A" }, d = { law = "atoms(1, 2)", family = "B" } }
weights = { s = { family = "A", count = "atoms(-1, 1)" }, t = { family = "B", count = "atoms(-1, 1)" } }
energy = [{ gaussian = "cross(s)^2" }]
"""


@pytest.mark.slow
def test_a_family_that_nothing_acts_on_stays_free(tmp_path: Path):
    """The other one is an SK model with couplings stronger by the inverse of its size."""
    found = solved(tmp_path / "pair.toml", PAIR)
    q = iterated(lambda q: [W @ np.tanh(np.sqrt(2 * q[0] / 0.5) / 0.3 * X) ** 2], [0.9])
    assert found["q_s"] == pytest.approx(float(q[0]), rel=1e-10)
    assert found["q_t"] == 0.0


@pytest.mark.parametrize(
    "energy",
    [
        'energy = [{ gaussian = "cross(d*s)^2" }]',
        'energy = [{ gaussian = "cross(s)^2" }, { value = "-overlap(s, d)" }]',
        'channel = [{ samples = 1, teacher.z = "d", student.h = "s", label = "sign(z)", loss = "log(1 + exp(-y*h))" }]',
        'channel = [{ samples = 1, input.sd = "d", student.h = "s", loss = "h^2" }]',
    ],
)
def test_a_mean_over_one_family_does_not_name_variables_of_another(energy: str, tmp_path: Path):
    path = tmp_path / "pair.toml"
    path.write_text(PAIR.replace('energy = [{ gaussian = "cross(s)^2" }]', energy), encoding="utf-8")
    with pytest.raises(ModelError, match=r"d lives on the sites of B, not of A"):
        api.derive(path)


BOTH = """
name = "channels_of_two_families"
beta = "g"
parameters = { alpha.in = "(0, inf)", a = { in = "(0, 2)", default = "1/3" }, g = { in = "(0, inf)", default = "1/2" } }
families = { A = { size = "a" }, B = { size = "2 - a" } }
quenched = { xs = { law = "normal(0, 1)", family = "A" }, d = { law = "atoms(1/2, 2)", family = "B" } }
weights.s = { family = "A", prior = "1/2*normal(0, 1) + 1/2*delta(1)" }
weights.t = { family = "B", count = "atoms(-1, 0, 1)" }
[[channel]]
samples = "alpha"
teacher.z = "2*xs"
student.h = "s"
label = "sign(z)"
loss = "log(1 + exp(-y*h))"
[[channel]]
samples = "alpha/2"
input.sd = "d"
student.x = "t"
constraint = "x > -1"
[[energy]]
gaussian = "cross(s)*cross(d*t)^2"
[[energy]]
value = "-overlap(s, xs)^2*overlap(d*t, 1)"
"""


@pytest.mark.slow
def test_every_stage_of_channels_and_energies_of_two_families(tmp_path: Path):
    path = tmp_path / "both.toml"
    path.write_text(BOTH, encoding="utf-8")
    found = check_stages(run_stages(read_model(path)))
    assert all(check.passed for check in found.values()), found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('t = { family = "B"', 't = { family = "A"'), "several replicated variables on one family of sites"),
        (("cross(s)*cross(t)", "cross(s*t)"), "a mean over one family of sites"),
        (("cross(s)*cross(t) +", "cross(s)*cross(t) -"), "no covariance"),
    ],
)
def test_what_families_cannot_say_is_refused_with_a_sentence(change, said: str, tmp_path: Path):
    path = tmp_path / "bad.toml"
    path.write_text(THREE.replace(*change), encoding="utf-8")
    with pytest.raises(ModelError, match=said):
        api.derive(path)


SIZED = """
name = "{name}"
beta = {beta}
parameters = {{ c = {{ in = "(0, inf)", default = "8/5" }}, lam = {{ in = "(0, inf)", default = "1/2" }} }}
{families}
quenched.v = {{ law = "normal(1/2, 1)", family = "{family}" }}
quenched.u = {{ law = "1/2*delta(0) + 1/2*normal(0, 2)", family = "{family}" }}
weights.w = {{ penalty = "lam/2*w^2", family = "{family}" }}
globals.b = {{ meaning = "a bias" }}
[[channel]]
samples = "{samples}"
input = {{ mean = "{mean}*y*v", sd = "{sd}" }}
student.h = "w"
label = {{ values = [-1, 1], probability = "(1 + y/3)/2" }}
loss = "log(1 + exp(-y*(h + b)))"
[[channel]]
samples = "2*({samples})"
input.sd = "{sd}"
teacher.z = "u"
student.x = "w"
label = "sign(z)"
loss = "(y - x)^2/2"
"""


@pytest.mark.slow
@pytest.mark.parametrize("beta", ['"inf"', "3"])
def test_a_family_of_another_size_is_a_change_of_units(beta: str, tmp_path: Path):
    """c N sites in units of N, or N' sites with inputs of sd sqrt(c), means c and samples over c: equal overlaps."""
    texts = {
        "sized": {"families": 'families.F.size = "c"', "samples": "3", "mean": "1", "sd": "1"},
        "plain": {"families": "families.F.size = 1", "samples": "3/c", "mean": "sqrt(c)*sqrt(c)", "sd": "sqrt(c)"},
    }
    found = {}
    for name, parts in texts.items():
        text = SIZED.format(name=name, beta=beta, family="F", **parts)
        found[name] = solved(tmp_path / f"{name}.toml", text)
        path = tmp_path / f"{name}.toml"
        assert all(check.passed for check in check_stages(run_stages(read_model(path))).values())
    sized, plain = found["sized"], found["plain"]
    assert set(sized) == set(plain)
    for key, value in sized.items():
        unit = 1.6 if key in ("free_entropy", "energy", "entropy") else 1.0
        assert value == pytest.approx(unit * plain[key], rel=1e-9, abs=1e-12), key


def test_a_variable_of_a_family_without_weights_is_refused(tmp_path: Path):
    text = PAIR.replace(', t = { family = "B", count = "atoms(-1, 1)" }', "")
    path = tmp_path / "pair.toml"
    path.write_text(text.replace("cross(s)^2", "cross(d*s)^2"), encoding="utf-8")
    with pytest.raises(ModelError, match=r"d lives on the sites of B, not of A"):
        api.derive(path)
    path.write_text(text.replace('count = "atoms(-1, 1)"', 'prior = "normal(0, d)"'), encoding="utf-8")
    with pytest.raises(ModelError, match=r"weights\.s: d lives on the sites of B"):
        api.derive(path)


def test_families_that_vanish_together_are_the_uninformed_branch():
    for name, values in (("bipartite_sk", {"T": 2}), ("spiked_wishart", {"snr": "3/10"})):
        (only,) = api.solve(name, values).solutions
        assert (only.branch, only.stability["dominates"]) == ("uninformed", True)
