"""Laws of vectors, on the unit sphere and as atoms, against Bessel functions, radial integrals and laws of scalars."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import dblquad, quad
from scipy.optimize import brentq
from scipy.special import ive

from derive import api
from derive.replica.checks import check_stages, run_stages
from derive.runtime.spheres import sphere_rule
from derive.spec.read import read_model_text
from tests.support import zoo


def bessel_mean(size: int, x: float) -> float:
    """The mean of exp(x.w) over the unit sphere, over exp(|x|)."""
    order = size / 2 - 1
    return math.gamma(size / 2) * (2 / x) ** order * ive(order, x)


# --------------------------------------------------------------------------------------- the quadrature


@pytest.mark.parametrize("size", [2, 3, 4, 5])
@pytest.mark.parametrize("strength", [0.3, 4.0, 60.0])
def test_the_mean_of_an_exponential_over_the_sphere(size, strength):
    if size > 3 and strength > 10:
        strength = 10.0
    rng = np.random.default_rng(size)
    x = rng.standard_normal(size)
    x *= strength / np.linalg.norm(x)
    points, weights = sphere_rule(x, np.eye(size))
    assert np.allclose(np.sum(points**2, axis=1), 1.0, atol=1e-15)
    assert weights.sum() == pytest.approx(1.0, rel=1e-14)
    found = float(weights @ np.exp(points @ x - strength))
    assert found == pytest.approx(bessel_mean(size, strength), rel=2e-13)
    along = float(weights @ ((points @ x / strength) * np.exp(points @ x - strength))) / found
    assert along == pytest.approx(ive(size / 2, strength) / ive(size / 2 - 1, strength), rel=1e-12)


@pytest.mark.parametrize("spread", [-300.0, -3.0, 5.0, 80.0])
def test_a_law_on_the_circle_with_an_easy_axis(spread):
    x, V = np.array([1.5, -0.7]), np.array([[spread, 0.4 * spread], [0.4 * spread, -0.5 * spread]])
    points, weights = sphere_rule(x, V)

    def exponent(w):
        return x @ w - 0.5 * w @ V @ w

    top = max(exponent(w) for w in points)

    def at(t):
        return math.exp(exponent(np.array([math.cos(t), math.sin(t)])) - top)

    places = [math.atan2(w[1], w[0]) for w in points if exponent(w) > top - 8]
    edges = sorted({-math.pi, *places, math.pi})
    parts = pairwise(edges)
    expected = sum(quad(at, a, b, epsabs=1e-15, epsrel=1e-13)[0] for a, b in parts) / (2 * math.pi)
    found = sum(c * math.exp(exponent(w) - top) for c, w in zip(weights, points, strict=True))
    assert found == pytest.approx(expected, rel=1e-12)


# ------------------------------------------------------------------------------------- the spin glasses


def isotropic(size: int, temperature: float) -> float:
    """The overlap of one component: m q = E mean(w along the field)^2, a field of m components of variance q/T^2."""
    norm = 2 ** (size / 2 - 1) * math.gamma(size / 2)

    def gap(q: float) -> float:
        def at(r):
            x = math.sqrt(q) * r / temperature
            return r ** (size - 1) * math.exp(-r * r / 2) / norm * (ive(size / 2, x) / ive(size / 2 - 1, x)) ** 2

        return quad(at, 0, 12, epsabs=1e-15, epsrel=1e-13, limit=400)[0] / size - q

    return brentq(gap, 1e-3, 1 / size, xtol=1e-15)


@pytest.mark.parametrize(
    "temperature", ["1/4", *(pytest.param(t, marks=pytest.mark.slow) for t in ("2/5", "1/10", "1/50"))]
)
def test_spins_in_the_plane_have_the_overlap_of_a_radial_integral(temperature):
    found = zoo.branch("xy_spin_glass", {"T": temperature})
    q = isotropic(2, float(Fraction(temperature)))
    assert found.observables["q_00"] == pytest.approx(q, rel=1e-11)
    assert found.observables["q_01"] == pytest.approx(0.0, abs=1e-9)
    # energy = -(beta/2) sum_kl (r_kl^2 - q_kl^2), r = 1/2
    beta = 1 / float(Fraction(temperature))
    assert found.observables["energy"] == pytest.approx(-beta * (0.25 - q * q), rel=1e-9)


HEISENBERG = """
name = "heisenberg"
beta = "1/T"
parameters.T = { in = "(0, inf)", default = "1/4" }
weights.w = { prior = "unit_sphere()", components = 3 }
ansatz.components = "permutation"
energy = [{ gaussian = "(PAIRS)/2" }]
thresholds.continuous = { solve_for = "T", branch = "trivial" }
""".replace("PAIRS", " + ".join(f"cross(w[{k}], w[{l}])^2" for k in range(3) for l in range(3)))


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_spins_in_space_have_the_overlap_of_a_radial_integral(tmp_path):
    path = tmp_path / "heisenberg.toml"
    path.write_text(HEISENBERG)
    generated = tmp_path / "generated"
    found = api.solve(path, generated=generated)
    q = isotropic(3, 0.25)
    branch = next(s for s in found.solutions if s.branch == "uninformed")
    assert branch.observables["q_00"] == pytest.approx(q, rel=1e-10)
    assert branch.observables["energy"] == pytest.approx(-2 * (1 / 3 - 3 * q * q), rel=1e-9)
    transition = api.threshold(path, "continuous", generated=generated)
    assert float(transition.value) == pytest.approx(1 / 3, rel=1e-10)


@pytest.mark.slow
def test_the_mean_over_directions_of_differences_is_exact(tmp_path):
    """The site of unit vectors in space, unequal modes, by the radial average and by an explicit cubature."""
    path = tmp_path / "heisenberg.toml"
    path.write_text(HEISENBERG)
    solver = zoo.Solver(api.build(path, generated=tmp_path / "generated"))
    hats = dict(zip(solver.module.HATS, (1.3, 1.3, 0.6, 0.6), strict=True))
    out = zoo.call(solver.module.site, solver.module.SITE_OUTPUTS, np.array(list(hats.values())), np.array([0.5]))
    nodes, shares = np.polynomial.hermite_e.hermegauss(24)
    shares = shares / shares.sum()
    grid = np.stack(np.meshgrid(nodes, nodes, nodes, indexing="ij"), -1).reshape(-1, 3)
    mass = np.einsum("i,j,k->ijk", shares, shares, shares).ravel()
    uniform = np.full((3, 3), 1 / 3)
    root = math.sqrt(1.3) * (np.eye(3) - uniform) + math.sqrt(0.6) * uniform
    stiff = 1.3 * (np.eye(3) - uniform) + 0.6 * uniform
    w, chance = sphere_rule(np.array([5.0, 0.0, 0.0]), stiff)
    logs = grid @ root @ w.T - 0.5 * np.einsum("ai,ij,aj->a", w, stiff, w) + np.log(chance)
    tilt = np.exp(logs - logs.max(axis=1, keepdims=True))
    tilt /= tilt.sum(axis=1, keepdims=True)
    mean = tilt @ w
    q = np.einsum("a,ai,aj->ij", mass, mean, mean)
    r = np.einsum("a,ab,bi,bj->ij", mass, tilt, w, w, optimize=True)
    modes = [(np.trace(m) - m.sum() / 3) / 2 for m in (q, r)], [m.sum() / 3 for m in (q, r)]
    expected = [modes[0][0], modes[0][1] - modes[0][0], modes[1][0], modes[1][1] - modes[1][0]]
    assert out[:4] == pytest.approx(expected, rel=1e-9)


@pytest.mark.slow
def test_every_stage_of_a_mixture_of_a_sphere_and_atoms_agrees_with_its_check():
    text = HEISENBERG.replace('"unit_sphere()"', '"unit_sphere()/2 + atoms([0, 0], [1, 1], [-1, -1])/2"')
    text = text.replace("components = 3", "components = 2").replace("heisenberg", "diluted")
    pairs = " + ".join(f"cross(w[{k}], w[{l}])^2" for k in range(2) for l in range(2))
    text = text[: text.index('gaussian = "') + 12] + f"({pairs})/2" + text[text.index('" }]') :]
    for stage, check in check_stages(run_stages(read_model_text(text))).items():
        assert check.passed, (stage, check)


# ------------------------------------------------------------------------------------- quenched vectors

PLANTED = """
name = "planted"
beta = 1
parameters.snr = { in = "(0, inf)", default = 2 }
quenched.s = { law = "LAW", components = 2 }
weights.w = { prior = "law(s)", components = 2 }
ansatz.components = "permutation"
energy = [
  { gaussian = "snr*(cross(w[0])^2 + 2*cross(w[0], w[1])^2 + cross(w[1])^2)/2" },
  { value = "snr*(overlap(w[0], w[0])^2 + 2*overlap(w[0], w[1])^2 + overlap(w[1], w[1])^2)/4" },
  { value = "-snr*(overlap(w[0], s[0])^2 + overlap(w[0], s[1])^2 + overlap(w[1], s[0])^2 + overlap(w[1], s[1])^2)/2" },
]
"""


def planted(law: str, tmp_path, name: str):
    path = tmp_path / f"{name}.toml"
    path.write_text(PLANTED.replace("LAW", law).replace("planted", name))
    return api.solve(path, generated=tmp_path / "generated")


@pytest.mark.slow
def test_atoms_of_vectors_that_are_products_give_the_numbers_of_their_factors(tmp_path):
    product = planted("atoms(-1, 1)", tmp_path, "by_components")
    whole = planted("atoms([1, 1], [1, -1], [-1, 1], [-1, -1])", tmp_path, "by_vectors")
    for one, other in zip(product.solutions, whole.solutions, strict=True):
        assert one.branch == other.branch
        assert one.free_entropy == pytest.approx(other.free_entropy, rel=1e-11)
        assert dict(one.order_parameters) == pytest.approx(dict(other.order_parameters), rel=1e-9, abs=1e-9)


def test_the_corners_of_a_tilted_square_by_an_integral_over_two_fields(tmp_path):
    """Vectors (1, 0), (0, 1) and their negatives: not a product; q by an explicit integral over the field's plane."""
    found = planted("atoms([1, 0], [0, 1], [-1, 0], [0, -1])", tmp_path, "diamond")
    branch = found.solutions[-1]
    q = branch.observables["q_00"]
    assert branch.observables["q_01"] == pytest.approx(0.0, abs=1e-9)
    hat = 2.0 * q

    def at(y, x):
        a, b = hat + math.sqrt(hat) * x, math.sqrt(hat) * y
        density = math.exp(-(x * x + y * y) / 2) / (2 * math.pi)
        return density * math.sinh(a) / (math.cosh(a) + math.cosh(b))

    whole = dblquad(at, -9, 9, -9, 9, epsabs=1e-10, epsrel=1e-10)[0]  # E s.<w> = trace of q
    assert 2 * q == pytest.approx(whole, rel=1e-8)
