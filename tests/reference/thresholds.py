"""Thresholds of the zoo to 30 digits, each with two quadratures.

    python tests/reference/thresholds.py [model ...]

On the curve of fixed points alpha(q_hat): a spinodal is its extremum, `first_order` a crossing of free entropies at equal
alpha, `zero_entropy` a zero of the free entropy. Closed forms are evaluated as such.
"""

import sys
import time

import bayes
import gibbs
import storage
from common import (
    Bayes,
    Binary,
    Door,
    Gauss,
    GaussBernoulli,
    Linear,
    PhaseRetrieval,
    Phi,
    Rule,
    Sign,
    agreement,
    mp,
    mpf,
    phi,
    save,
    secant,
    text,
)

RULES = (Rule(42, 32), Rule(48, 44))
LOW = Rule(25, 14)


def number(s):
    return bayes.expr(s)


def fold(alpha, guess, rule, step="1e-8"):
    """Extremum of alpha(x) near guess; alpha there is insensitive to second order in x."""
    h = mpf(step)
    return secant(lambda x: alpha(x + h) - alpha(x - h), guess, mpf(1) / 1000, mpf(10) ** -17)


def capacity_spherical(kappa):
    return 1 / ((1 + kappa**2) * Phi(kappa) + kappa * phi(kappa))


def capacity_biased(kappa, m, rule):
    """Gardner's biased capacity: 1/alpha = sum_y p_y E[(t + kappa_y)_+^2], sum_y y p_y E[(t + kappa_y)_+] = 0."""
    s = mp.sqrt(1 - m * m)
    p = {y: (1 + m * y) / 2 for y in (1, -1)}

    def k(y, b):
        return (kappa - y * b) / s

    def balance(b):
        return sum(y * p[y] * (k(y, b) * Phi(k(y, b)) + phi(k(y, b))) for y in p)

    b = mpf(0)
    if m != 0:  # the balance decreases with b
        lo, hi = -20 * s, 20 * s
        for _ in range(16):
            mid = (lo + hi) / 2
            lo, hi = (mid, hi) if balance(mid) > 0 else (lo, mid)
        b = secant(balance, lo, hi - lo, mpf(10) ** (-rule.dps + 7), 100)
    return 1 / sum(p[y] * ((1 + k(y, b) ** 2) * Phi(k(y, b)) + k(y, b) * phi(k(y, b))) for y in p), b


OUT = []


def add(model, name, setting, compute, note=""):
    t0 = time.time()
    values = []
    for rule in RULES:
        with mp.workdps(rule.dps):
            values.append(compute(rule))
    (a, ops_a), (b, ops) = values
    digits = agreement(a, b)
    entry = {
        "model": model,
        "threshold": name,
        "set": setting,
        "variable": "alpha",
        "value": text(b, 32),
        "order_parameters": {k: text(v, 16) for k, v in ops.items()},
        "agreement_digits": digits,
    }
    if note:
        entry["note"] = note
    OUT.append(entry)
    print(
        model,
        name,
        setting,
        entry["value"],
        digits,
        entry["order_parameters"],
        round(time.time() - t0, 1),
        flush=True,
    )


def spherical():
    for k in ("0", "1/2", "1", "2", "5", "-1/2", "-1", "-2"):
        add(
            "perceptron_storage_spherical",
            "capacity",
            {"kappa": k},
            lambda rule, k=k: (capacity_spherical(storage.number(k)), {"q": 1}),
        )


def biased():
    for k, m in (
        ("0", "0"),
        ("0", "1/10"),
        ("0", "1/2"),
        ("0", "-1/2"),
        ("0", "9/10"),
        ("0", "99/100"),
        ("0", "999/1000"),
        ("0", "999999/1000000"),
        ("1", "1/2"),
        ("1", "9/10"),
        ("-1/2", "3/10"),
    ):

        def compute(rule, k=k, m=m):
            alpha, b = capacity_biased(storage.number(k), storage.number(m), rule)
            return alpha, {"q": 1, "b": b}

        add("perceptron_storage_biased", "capacity", {"kappa": k, "m": m}, compute)


def binary_storage():
    for k, guess in (
        ("0", "0.36"),
        ("1/2", "0.4"),
        ("1", "0.5"),
        ("2", "0.6"),
        ("-1/2", "0.3"),
        ("-1", "0.2"),
    ):

        def compute(rule, k=k, guess=guess):
            model = storage.BinaryStorage(storage.number(k))
            x = secant(
                lambda x: model.along(x, rule)["free_entropy"],
                mpf(guess),
                mpf("0.05"),
                mpf(10) ** (-rule.dps + 7),
            )
            d = model.along(x, rule)
            return d["alpha"], d["order_parameters"]

        add("perceptron_storage_binary", "zero_entropy", {"kappa": k}, compute)


def symmetric():
    for k in ("1", "1/10", "1/2", "2", "3"):
        add(
            "perceptron_symmetric_binary",
            "zero_entropy",
            {"K": k},
            lambda rule, k=k: (-mp.log(2) / mp.log(2 * Phi(storage.number(k)) - 1), {"q": 0}),
        )


def curve(model, rule):
    return lambda x: model.along(mp.exp(x), rule)


def teacher_binary():
    def first(rule):
        c = curve(Bayes(Binary(), Sign()), rule)
        x = secant(lambda x: c(x)[2] + mp.log(2), mp.log("1.565"), mpf("0.001"), mpf(10) ** (-rule.dps + 7))
        return c(x)[0], {"q": c(x)[1], "q_hat": mp.exp(x)}

    def spin(rule):
        c = curve(Bayes(Binary(), Sign()), rule)
        x = fold(lambda x: c(x)[0], mp.log("3.2595"), rule)
        return c(x)[0], {"q": c(x)[1], "q_hat": mp.exp(x)}

    add("perceptron_teacher_binary", "first_order", {}, first, "1.245 is right, prints of 1.249 are wrong")
    add("perceptron_teacher_binary", "spinodal", {}, spin)


def door():
    def continuous(K):
        p = 2 * Phi(K) - 1
        return p * (1 - p) / (2 * K * phi(K)) ** 2

    def trivial(K):
        p = 2 * Phi(K) - 1
        return mp.log(2) / (-p * mp.log(p) - (1 - p) * mp.log(1 - p))

    for k in (bayes.KQ, "1", "2", "1/2", "3"):
        with mp.workdps(25):
            K = number(k)
            model = Bayes(Binary(), Door(K))
            xs = [mpf(i) / 8 for i in range(-48, 30)]
            pts = [curve(model, LOW)(x) for x in xs]
            best = max(range(len(xs)), key=lambda i: pts[i][0])
            ac, at = continuous(K), trivial(K)
            cross = [i for i in range(best) if (pts[i][2] + mp.log(2)) * (pts[i + 1][2] + mp.log(2)) < 0]
        add(
            "door_symmetric_binary",
            "continuous",
            {"K": k},
            lambda rule, k=k: (continuous(number(k)), {"q": 0}),
        )
        if at <= ac:
            add(
                "door_symmetric_binary",
                "first_order",
                {"K": k},
                lambda rule, k=k: (trivial(number(k)), {"q": 0}),
                "trivial branch meets the perfect one: log 2/entropy of the label",
            )
        elif cross:

            def first(rule, k=k, x0=xs[cross[0]]):
                c = curve(Bayes(Binary(), Door(number(k))), rule)
                x = secant(lambda x: c(x)[2] + mp.log(2), x0, mpf("0.05"), mpf(10) ** (-rule.dps + 7))
                return c(x)[0], {"q": c(x)[1], "q_hat": mp.exp(x)}

            add(
                "door_symmetric_binary",
                "first_order",
                {"K": k},
                first,
                "branch with q > 0 meets the perfect one",
            )
        if best > 0:

            def spin(rule, k=k, x0=xs[best]):
                c = curve(Bayes(Binary(), Door(number(k))), rule)
                x = fold(lambda x: c(x)[0], x0, rule)
                return c(x)[0], {"q": c(x)[1], "q_hat": mp.exp(x)}

            add("door_symmetric_binary", "spinodal", {"K": k}, spin)


def phase():
    add(
        "phase_retrieval_real",
        "continuous",
        {},
        lambda rule: (mpf(1) / 2, {"q": 0}),
        "exact: q_hat = 2 alpha q at small q",
    )

    def spin(rule):
        c = Bayes(Gauss(), PhaseRetrieval())
        x = fold(lambda x: c.alpha_of(mp.exp(x), rule), mpf("1.53"), rule)
        q = c.prior(mp.exp(x), rule)[1]
        return c.alpha_of(mp.exp(x), rule), {"q": q, "q_hat": mp.exp(x)}

    add("phase_retrieval_real", "spinodal", {}, spin)


def linear():
    for rho, Delta in (
        ("1/10", "1/10000"),
        ("1/10", "1/1000000"),
        ("1/10", "1/100000000"),
        ("2/5", "1/10000"),
        ("2/5", "1/1000000"),
    ):
        setting = {"rho": rho, "Delta": Delta}

        def make(rho=rho, Delta=Delta):
            return Bayes(GaussBernoulli(number(rho)), Linear(number(Delta)))

        with mp.workdps(25):
            model = make()
            xs = [mpf(i) / 5 for i in range(-15, 90)]
            al = [model.alpha_of(mp.exp(x), LOW) for x in xs]
            tops = [i for i in range(1, len(xs) - 1) if al[i] > al[i - 1] and al[i] >= al[i + 1]]
            bottoms = [i for i in range(1, len(xs) - 1) if al[i] < al[i - 1] and al[i] <= al[i + 1]]
        if not tops:
            print("no fold at", setting)
            continue
        for name, i in (("spinodal", tops[0]), ("spinodal_informed", bottoms[0])):

            def spin(rule, make=make, x0=xs[i]):
                model = make()
                x = fold(lambda x: model.alpha_of(mp.exp(x), rule), x0, rule)
                a, q, _ = model.along(mp.exp(x), rule)
                return a, {"q": q, "V": model.r - q, "q_hat": mp.exp(x)}

            add("linear_gauss_bernoulli", name, setting, spin)
        hi, lo = mpf(OUT[-2]["value"]), mpf(OUT[-1]["value"])
        top, bottom = (
            mp.log(mpf(OUT[-2]["order_parameters"]["q_hat"])),
            mp.log(mpf(OUT[-1]["order_parameters"]["q_hat"])),
        )

        def first(rule, make=make, hi=hi, lo=lo, top=top, bottom=bottom):
            model = make()

            def state(alpha, left, right, r, tol):
                """Fixed point on the stable branch whose log q_hat lies in [left, right], by bisection then secant."""
                with mp.workdps(25):
                    for _ in range(14):
                        mid = (left + right) / 2
                        left, right = (mid, right) if model.alpha_of(mp.exp(mid), LOW) < alpha else (left, mid)
                return secant(lambda x: mp.log(model.alpha_of(mp.exp(x), r) / alpha), left, right - left, tol)

            def gap(alpha, r, tol):
                x1 = state(alpha, mpf(-6), top, r, tol)
                x2 = state(alpha, bottom, bottom + 12, r, tol)
                p1, p2 = model.along(mp.exp(x1), r), model.along(mp.exp(x2), r)
                return p1[2] - p2[2], p1, p2

            with mp.workdps(25):
                a = lo + (hi - lo) / 50
                b = hi - (hi - lo) / 50
                sign = gap(a, LOW, mpf(10) ** -15)[0]
                for _ in range(10):
                    mid = (a + b) / 2
                    a, b = (mid, b) if gap(mid, LOW, mpf(10) ** -15)[0] * sign > 0 else (a, mid)
            alpha = secant(lambda x: gap(x, rule, mpf(10) ** (-rule.dps + 7))[0], a, b - a, mpf(10) ** (-rule.dps + 9))
            _, p1, p2 = gap(alpha, rule, mpf(10) ** (-rule.dps + 7))
            return alpha, {"q": p1[1], "q_informed": p2[1]}

        add("linear_gauss_bernoulli", "first_order", setting, first)


def gibbs_temperature():
    for beta in ("1/2", "1", "2", "5", "10"):
        with mp.workdps(20):
            model = gibbs.Gibbs(number(beta))
            xs = [mpf(i) / 4 for i in range(-6, 8)]
            pts = [model.along(x, gibbs.SCAN) for x in xs]
            best = max(range(len(xs)), key=lambda i: pts[i]["alpha"])
            cross = [
                i
                for i in range(best)
                if (pts[i]["free_entropy"] + mp.log(2)) * (pts[i + 1]["free_entropy"] + mp.log(2)) < 0
            ]

        def spin(rule, beta=beta, x0=xs[best]):
            model = gibbs.Gibbs(number(beta))
            x = fold(lambda x: model.along(x, rule)["alpha"], x0, rule)
            d = model.along(x, rule)
            return d["alpha"], d["order_parameters"]

        def first(rule, beta=beta, x0=xs[cross[0]]):
            model = gibbs.Gibbs(number(beta))
            x = secant(
                lambda x: model.along(x, rule)["free_entropy"] + mp.log(2),
                x0,
                mpf("0.05"),
                mpf(10) ** (-rule.dps + 9),
            )
            d = model.along(x, rule)
            return d["alpha"], d["order_parameters"]

        add("perceptron_gibbs_temperature", "first_order", {"beta": beta}, first)
        add("perceptron_gibbs_temperature", "spinodal", {"beta": beta}, spin)


ALL = {
    "perceptron_storage_spherical": spherical,
    "perceptron_storage_biased": biased,
    "perceptron_storage_binary": binary_storage,
    "perceptron_symmetric_binary": symmetric,
    "perceptron_teacher_binary": teacher_binary,
    "door_symmetric_binary": door,
    "phase_retrieval_real": phase,
    "linear_gauss_bernoulli": linear,
    "perceptron_gibbs_temperature": gibbs_temperature,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or ALL:
        OUT.clear()
        ALL[name]()
        save("thresholds_" + name, list(OUT))
