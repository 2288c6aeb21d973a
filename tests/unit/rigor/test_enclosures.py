"""Ball arithmetic of averages: enclosures hold what mpmath computes by another route, and tails are true bounds."""

from __future__ import annotations

import random

import mpmath as mp
import pytest
import sympy as sp

from derive import api
from derive.calculus.nodes import BOUND, GaussianAverage
from derive.errors import UsageError
from derive.precise.equations import tables
from derive.precise.evaluate import Evaluator
from derive.precise.jets import PartitionJets
from derive.rigor import library
from derive.rigor.averages import BallEvaluator
from derive.rigor.growth import Bound
from derive.rigor.library import NotProved, NotSupported, exact_ball, working_bits
from derive.rigor.partitions import MOST, PartitionBalls
from derive.rigor.scalars import compile_balls
from derive.rigor.windows import interval_mass, scaled_tail
from derive.spec.functions import GaussianTail, Logistic, Softplus, Step

flint = pytest.importorskip("flint")
acb, arb = flint.acb, flint.arb
x, s = BOUND["field"], sp.Symbol("s", positive=True)


@pytest.fixture(autouse=True)
def precision():
    with working_bits(140), mp.workdps(40):
        yield


def holds(ball, value) -> bool:
    """Whether a complex ball holds a number, up to the rounding of the number."""
    slack = arb(0, mp.mpf(10) ** -36 * (1 + abs(value)))
    real, imag = exact_ball(mp.re(value)), exact_ball(mp.im(value))
    return (acb(ball).real + slack).contains(real) and (acb(ball).imag + slack).contains(imag)


def inside(rng: random.Random, centre: complex, radius: float) -> tuple[object, list[mp.mpc]]:
    """A square ball and points of it, corners included."""
    ball = acb(arb(centre.real, radius), arb(centre.imag, radius))
    spots = [(a, b) for a in (-1, 1) for b in (-1, 1)] + [(rng.uniform(-1, 1), rng.uniform(-1, 1)) for _ in range(4)]
    return ball, [mp.mpc(centre.real + a * radius, centre.imag + b * radius) for a, b in spots]


def test_the_tail_bound_is_a_true_bound() -> None:
    rng = random.Random(1)
    for _ in range(25):
        c = [rng.uniform(0, 3) for _ in range(rng.randint(1, 5))]
        a, b, reach = rng.uniform(0, 2), rng.uniform(-0.3, 0.35), rng.randint(6, 20)
        bound = Bound(tuple(map(arb, c)), arb(a), arb(b)).tail(arb(reach))
        if bound is None:
            assert (1 - 2 * b) * reach < a + len(c) / reach
            continue

        def f(t, c=c, a=a, b=b):
            return mp.polyval([mp.mpf(v) for v in c[::-1]], t) * mp.exp(mp.mpf(a) * t + mp.mpf(b) * t * t) * mp.npdf(t)

        tail = 2 * mp.quad(f, [reach, reach + 1, reach + 3, reach + 10, mp.inf])
        assert 0 < tail <= mp.mpf(bound.str(30, radius=False)) * (1 + mp.mpf(10) ** -20)
        assert mp.mpf(bound.str(30, radius=False)) < 30 * tail


def test_the_product_and_the_sum_of_bounds_are_bounds() -> None:
    one, two = Bound((arb(1), arb(2)), arb(1), arb(0)), Bound((arb(3),), arb(0.5), arb(-1))

    def at(bound: Bound, t: float) -> float:
        polynomial = sum(float(c) * t**k for k, c in enumerate(bound.coefficients))
        return polynomial * mp.exp(float(bound.linear) * t + float(bound.square) * t * t)

    for t in (0.0, 0.3, 2.0, 5.0):
        assert at(one + two, t) >= at(one, t) + at(two, t)
        assert mp.almosteq(at(one * two, t), at(one, t) * at(two, t), 1e-12)
    assert Bound((arb(1), arb(0), arb(1))).compose(Bound((arb(1), arb(2)))).coefficients == (arb(2), arb(4), arb(4))


@pytest.mark.parametrize("centre", [0.5, 3 + 0.4j, 12 - 1j, -0.5 + 0.2j, -3 + 0.1j, 40 + 2j])
@pytest.mark.parametrize("radius", [1e-12, 0.05, 0.3])
def test_the_scaled_tail_of_a_wide_ball(centre: complex, radius: float) -> None:
    ball, points = inside(random.Random(2), complex(centre), radius)
    found = scaled_tail(ball)
    assert found.is_finite()
    for z in points:
        assert holds(found, mp.exp(z * z) * mp.erfc(z))
    if complex(centre).real > 0:
        assert found.rad() < 2.5 * radius


@pytest.mark.parametrize("ends", [(0.5, None), (9, None), (-4, None), (None, 2), (1, 3), (-3, -1), (-1, 2), (20, 21)])
def test_the_mass_of_an_interval(ends) -> None:
    rng = random.Random(3)
    for shift, radius in ((0, 1e-9), (0.3j, 0.02)):
        balls = [None if e is None else acb(arb(e, radius), arb(complex(shift).imag, radius)) for e in ends]
        scale, rest, found = interval_mass(*balls)
        for _ in range(5):
            w = mp.mpc(rng.uniform(-1, 1) * radius, complex(shift).imag + rng.uniform(-1, 1) * radius)
            low, high = (None if e is None else e + w for e in ends)
            with mp.workdps(140):
                mass = (mp.erfc(low / mp.sqrt(2)) / 2 if low is not None else 1) - (
                    mp.erfc(high / mp.sqrt(2)) / 2 if high is not None else 0
                )
                density = [mp.npdf(e) / mass for e in (low, high) if e is not None]
            assert holds(rest * scale.exp() * 10**100, mass * mp.mpf(10) ** 100) or holds(rest * scale.exp(), mass)
            for (_, _, ratio), wanted in zip(sorted(found, key=lambda e: -e[0]), density, strict=True):
                assert holds(ratio, wanted)


SCALARS = [
    sp.exp(x) * sp.log(3 + x) - sp.sqrt(2 + x) / (1 + x**2),
    sp.tanh(x) + sp.erf(x) * sp.cosh(x / 3) - GaussianTail(x),
    Logistic(x) + Softplus(-x) + sp.asin(x / 9) + sp.atan(x / 3) + sp.asinh(x / 3),
    sp.Piecewise((x**2, x > sp.Rational(1, 4)), (sp.exp(x), True)) + sp.Max(x, 0) + sp.Abs(x - 1) + Step(x),
    (2 + x) ** sp.Rational(1, 3) + sp.pi * sp.E + sp.Float("0.1") + sp.gamma(x + 3),
]


@pytest.mark.parametrize("case", range(len(SCALARS)))
def test_scalars_enclose_all_values_of_a_ball(case: int) -> None:
    from derive.precise.scalars import compile_many

    ball_of, value_of = compile_balls([SCALARS[case]]), compile_many([SCALARS[case]])
    for centre, radius in ((0.7, 1e-20), (0.3, 0.2), (-0.9, 0.05)):
        found = ball_of({x.name: acb(arb(centre, radius))})[0]
        assert found.is_finite()
        for t in (-1, -0.4, 0.3, 1):
            assert holds(found, value_of({x.name: mp.mpf(centre) + mp.mpf(t) * mp.mpf(radius)})[0])


def test_what_leaves_a_domain_is_no_number() -> None:
    for e in (sp.log(x), sp.sqrt(x), x ** sp.Rational(1, 3), sp.acos(x + 1), 1 / x):
        assert not compile_balls([e])({x.name: acb(arb(0, 0.1))})[0].is_finite()
    assert not compile_balls([sp.sqrt(x)])({x.name: acb(-2)})[0].is_finite()
    with pytest.raises(NotSupported, match="besselj has no enclosure"):
        compile_balls([sp.besselj(0, x)])


@pytest.mark.parametrize(
    "name", ["sk", "perceptron_storage_binary", "door_symmetric_binary", "perceptron_gibbs_temperature"]
)
def test_log_partition_functions_and_their_growth(name: str) -> None:
    derivation = api.derive(name)
    rng = random.Random(4)
    given = {
        p.name: mp.mpf(2) / 3 if p.default is None else mp.mpf(sp.N(p.default, 30)) for p in derivation.model.parameters
    }
    scope = {k: acb(exact_ball(v)) for k, v in given.items()}
    if derivation.model.beta is not None:
        given["β"], scope["β"] = mp.mpf(2), acb(2)
    for partition in derivation.system.partitions.values():
        work = PartitionBalls(partition)
        for field in (0.7, -9.0, 12.0, rng.uniform(-3, 3)):
            v = mp.mpf("0.375")
            with mp.workdps(90):  # tails cancel there
                wanted = PartitionJets(partition)(mp.mpf(field), v, given, MOST)
            found = work.logs(acb(field), acb(exact_ball(v)), [], scope, MOST)
            size = Bound((arb(abs(field)),))
            for k in range(MOST + 1):
                assert holds(found[k], wanted[k])
                bound = work.growth(k, size, acb(exact_ball(v)), [], scope).coefficients[0]
                assert (
                    abs(wanted[k]) <= mp.mpf(bound.str(20, radius=False)) * (1 + mp.mpf(10) ** -15) + mp.mpf(10) ** -30
                )
            top = work.upper(size, acb(exact_ball(v)), [], scope)[0]
            assert wanted[0] <= mp.mpf(top.str(20, radius=False)) + mp.mpf(10) ** -15


def average(body: sp.Expr, mean=0, variance=s) -> GaussianAverage:
    return GaussianAverage(body, (x,), (mean,), (variance,))


BODIES = [
    (x**4, lambda v: 3 * v**2),
    (sp.exp(x / 2), lambda v: mp.exp(v / 8)),
    (sp.exp(-(x**2)), lambda v: 1 / mp.sqrt(1 + 2 * v)),
    (sp.Abs(x), lambda v: mp.sqrt(2 * v / mp.pi)),
    (sp.Piecewise((x, x > 0), (0, True)), lambda v: mp.sqrt(v / (2 * mp.pi))),
    (Step(x - 1), lambda v: mp.erfc(1 / mp.sqrt(2 * v)) / 2),
    (sp.cos(x), lambda v: mp.exp(-v / 2)),
    (GaussianTail(x) ** 2, lambda v: mp.mpf(1) / 4 + mp.asin(v / (1 + v)) / (2 * mp.pi)),
]


@pytest.mark.parametrize("case", range(len(BODIES)))
def test_averages_with_closed_values(case: int) -> None:
    body, value = BODIES[case]
    for v in ("0.25", "2"):
        (found,) = BallEvaluator({}, 80).enclose([average(body)], {"s": exact_ball(mp.mpf(v))})
        assert holds(found, value(mp.mpf(v))) and found.rad() < mp.mpf(10) ** -18
        (wide,) = BallEvaluator({}, 80).enclose([average(body)], {"s": arb(mp.mpf(v), 0.01)})
        assert all(holds(wide, value(mp.mpf(v) + t)) for t in (-mp.mpf("0.0099"), 0, mp.mpf("0.0099")))


@pytest.mark.parametrize("bits", [6, 10, 16])
def test_a_narrow_window_still_holds_the_whole_average(bits: int) -> None:
    """Few bits make a narrow window: what lies outside counts."""
    for power, wanted in ((4, 3), (6, 15), (8, 105)):
        (found,) = BallEvaluator({}, bits).enclose([average(x**power)], {"s": arb(1)})
        assert found.contains(arb(wanted)) and found.rad() < wanted


@pytest.mark.parametrize(
    "name", ["perceptron_teacher_binary", "perceptron_gibbs_temperature", "hopfield", "ising_pspin"]
)
def test_the_averages_of_a_derivation(name: str) -> None:
    """Also with two fields and the law of a label."""
    derivation = api.derive(name)
    saddle, values = derivation.saddle, {p.name: mp.mpf("0.75") for p in derivation.model.parameters}
    values |= {"p": mp.mpf(3)} if name == "ising_pspin" else {}
    values |= {"q": mp.mpf("0.625"), "m": mp.mpf("0.5"), "δ": mp.mpf("0.375")}
    partitions = tables(derivation.system)
    found = BallEvaluator(partitions, 80).enclose(
        list(saddle.conjugates.values()), {k: exact_ball(v) for k, v in values.items()}
    )
    wanted = Evaluator(partitions).evaluate(list(saddle.conjugates.values()), values)
    for ball, number in zip(found, wanted, strict=True):
        assert holds(ball, number) and ball.rad() < mp.mpf(10) ** -18


def test_what_has_no_bound_is_refused() -> None:
    values = {"s": arb(2)}
    for body, said in ((sp.exp(x**2), "grows too fast"), (1 / x, "has no bound"), (sp.exp(x**3), "has no bound")):
        with pytest.raises(NotSupported, match=said):
            BallEvaluator({}, 60).enclose([average(body)], values)
    assert (
        BallEvaluator({}, 60)
        .enclose([average(sp.exp(x**2))], {"s": arb(1) / 8})[0]
        .contains(arb(4) / arb(3).sqrt() / 2 * arb(1))
    )
    with pytest.raises(NotProved, match="variance"):
        BallEvaluator({}, 60).enclose([average(x**2)], {"s": arb(0, 0.1)})
    partitions = tables(api.derive("logistic_bayes_gauss").system)
    with pytest.raises(NotSupported, match="no closed form"):
        BallEvaluator(partitions, 60)._partition_balls("Z_01")


def test_without_the_library_there_is_a_sentence(monkeypatch) -> None:
    monkeypatch.setattr(library, "flint", None)
    with pytest.raises(UsageError, match="need python-flint"):
        api.solve("sk", rigorous=True)
    with pytest.raises(UsageError, match="need python-flint"):
        api.threshold("sk", "continuous", rigorous=True)


def test_the_digits_of_mpmath_are_kept() -> None:
    with mp.workdps(100):
        third = mp.mpf(1) / 3
        ball = exact_ball(third)
        assert ball.rad() == 0 and mp.make_mpf(ball._mpf_) == third and (exact_ball(-third) + ball).is_zero()
