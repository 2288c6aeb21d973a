"""Storage problems: spherical, biased, binary and symmetric binary perceptrons.

    python tests/reference/storage.py [model ...]

q_hat = alpha * gain(q) with gain = E[(d_w log Z)^2]. Spherical weights: q_hat = q/(1-q)^2, so alpha is an explicit function
of q. Binary weights: q = E tanh^2(sqrt(q_hat) xi), so alpha is an explicit function of q_hat.
"""

import sys
import time

from common import H, Phi, Rule, log_cosh, mp, mpf, phi, record, save, scan, secant

COARSE, FINE = Rule(40, 30), Rule(46, 42)
SCAN = Rule(25, 12, "2")


def half_line(kappa, q, V, rule):
    """E log H(u) and E (phi(u)/H(u))^2/V for the constraint h >= kappa, u = (kappa + sqrt(q) t)/sqrt(V)."""
    if q == 0:
        u = kappa / mp.sqrt(V)
        return mp.log(H(u)), (phi(u) / H(u)) ** 2 / V, phi(u) / H(u) / mp.sqrt(V)
    s, v = mp.sqrt(q), mp.sqrt(V)

    def body(t):
        u = (kappa + s * t) / v
        p = H(u)
        g = phi(u) / p
        return mp.log(p), g * g / V, g / v

    return rule.gauss(body, [(-kappa / s, v / s)])


def interval(K, q, V, rule):
    """E log P(|h| <= K) and E (d_w log P)^2."""
    s, v = mp.sqrt(q), mp.sqrt(V)

    def body(t):
        w = abs(s * t)
        a, b = (w - K) / v, (w + K) / v
        p = H(a) - H(b) if w > K / 2 else 1 - H(-a) - H(b)
        return mp.log(p), ((phi(a) - phi(b)) / v / p) ** 2

    kinks = [(K / s, v / s), (-K / s, v / s), (mpf(0), min(v / s, V / (K * s)))] if q > 0 else []
    return rule.gauss(body, kinks)


def binary_weights(qh, rule):
    """E log 2cosh and E tanh^2 at sqrt(q_hat) xi."""
    s = mp.sqrt(qh)

    def body(t):
        x = s * t
        return log_cosh(x) + mp.log(2), mp.tanh(x) ** 2

    return rule.gauss(body, [(mpf(0), 1 / s)] if qh > 0 else [])


class Spherical:
    def __init__(self, kappa):
        self.kappa = kappa
        self.window = (-6, 16, 66)  # logit of q

    def along(self, x, rule):
        q, V = 1 / (1 + mp.exp(-x)), 1 / (1 + mp.exp(x))
        psi, gain, _ = half_line(self.kappa, q, V, rule)
        qh = q / V**2
        alpha = qh / gain
        return {
            "alpha": alpha,
            "order_parameters": {"q": q, "V": V, "r": 1, "q_hat": qh},
            "free_entropy": (mp.log(V) + q / V) / 2 + alpha * psi,
            "observables": {},
        }


class Biased(Spherical):
    def __init__(self, kappa, m):
        super().__init__(kappa)
        self.m = m
        self.window = (-10, 10, 24)

    def averages(self, b, q, V, rule):
        """psi, gain and the stationarity condition in b, summed over the two labels; field in units of sqrt(1 - m^2)."""
        s = mp.sqrt(1 - self.m**2)
        out = [mpf(0)] * 3
        for y in (1, -1):
            p = (1 + self.m * y) / 2
            values = half_line((self.kappa - y * b) / s, q, V, rule)
            out = [o + p * v * f for o, v, f in zip(out, values, (1, 1, y))]
        return out

    def along(self, x, rule):
        q, V = 1 / (1 + mp.exp(-x)), 1 / (1 + mp.exp(x))
        start = mpf("0.1") if self.m > 0 else mpf("-0.1")
        b = (
            mpf(0)
            if self.m == 0
            else secant(lambda b: self.averages(b, q, V, rule)[2], start, start, mpf(10) ** (-rule.dps + 6), 80)
        )
        psi, gain, _ = self.averages(b, q, V, rule)
        qh = q / V**2
        alpha = qh / gain
        return {
            "alpha": alpha,
            "order_parameters": {"q": q, "V": V, "r": 1, "q_hat": qh, "b": b},
            "free_entropy": (mp.log(V) + q / V) / 2 + alpha * psi,
            "observables": {},
        }


class BinaryStorage:
    def __init__(self, kappa):
        self.kappa = kappa
        self.window = (-8, 14, 88)  # log of q_hat

    def along(self, x, rule):
        qh = mp.exp(x)
        psi_w, q = binary_weights(qh, rule)
        psi, gain, _ = half_line(self.kappa, q, 1 - q, rule)
        alpha = qh / gain
        return {
            "alpha": alpha,
            "order_parameters": {"q": q, "V": 1 - q, "r": 1, "q_hat": qh},
            "free_entropy": -qh * (1 - q) / 2 + psi_w + alpha * psi,
            "observables": {},
        }


class SymmetricBinary:
    def __init__(self, K):
        self.K = K
        self.window = (-8, 3, 33)

    def along(self, x, rule):
        qh = mp.exp(x)
        psi_w, q = binary_weights(qh, rule)
        psi, gain = interval(self.K, q, 1 - q, rule)
        alpha = qh / gain
        return {
            "alpha": alpha,
            "order_parameters": {"q": q, "V": 1 - q, "r": 1, "q_hat": qh},
            "free_entropy": -qh * (1 - q) / 2 + psi_w + alpha * psi,
            "observables": {},
        }

    def trivial(self, alpha):
        p = 2 * Phi(self.K) - 1
        return {
            "order_parameters": {"q": 0, "V": 1, "r": 1, "q_hat": 0},
            "free_entropy": mp.log(2) + alpha * mp.log(p),
            "observables": {},
        }

    def continuous(self):
        """alpha at which q = 0 loses stability under iteration: 1/(d_w^2 log P)^2 at w = 0."""
        return ((2 * Phi(self.K) - 1) / (2 * self.K * phi(self.K))) ** 2


def number(s):
    a, _, b = str(s).partition("/")
    return mpf(a) / mpf(b or 1)


MODELS = {
    "perceptron_storage_spherical": lambda p: Spherical(number(p["kappa"])),
    "perceptron_storage_biased": lambda p: Biased(number(p["kappa"]), number(p["m"])),
    "perceptron_storage_binary": lambda p: BinaryStorage(number(p["kappa"])),
    "perceptron_symmetric_binary": lambda p: SymmetricBinary(number(p["K"])),
}
POINTS = {
    "perceptron_storage_spherical": [
        {"alpha": a, "kappa": k}
        for a, k in (
            ("1", "0"),
            ("1/100", "0"),
            ("1/2", "0"),
            ("19/10", "0"),
            ("1999/1000", "0"),
            ("1999999/1000000", "0"),
            ("1/2", "1"),
            ("1/20", "3"),
            ("1/40", "5"),
            ("2", "-1/2"),
            ("4", "-1"),
            ("20", "-2"),
            ("1/100", "1"),
        )
    ],
    "perceptron_storage_biased": [
        {"alpha": a, "kappa": k, "m": m}
        for a, k, m in (
            ("1", "0", "0"),
            ("1", "0", "1/2"),
            ("1", "0", "-1/2"),
            ("1/2", "1", "1/2"),
            ("2", "0", "4/5"),
            ("21/10", "0", "1/2"),
            ("1/100", "0", "9/10"),
            ("4", "0", "19/20"),
            ("2", "-1/2", "3/10"),
        )
    ],
    "perceptron_storage_binary": [
        {"alpha": a, "kappa": k}
        for a, k in (
            ("1/2", "0"),
            ("1/100", "0"),
            ("4/5", "0"),
            ("833/1000", "0"),
            ("1", "0"),
            ("5/4", "0"),
            ("1/5", "1"),
            ("3/10", "1"),
            ("1", "-1/2"),
            ("3/2", "-1"),
            ("1/50", "3"),
        )
    ],
    "perceptron_symmetric_binary": [
        {"alpha": a, "K": k}
        for a, k in (
            ("1", "1"),
            ("1/100", "1"),
            ("9/5", "1"),
            ("5/2", "1"),
            ("1/10", "1/10"),
            ("20", "2"),
            ("100", "3"),
        )
    ],
}


def solution(name, setting, bracket, rule):
    with mp.workdps(rule.dps):
        model, alpha = MODELS[name](setting), number(setting["alpha"])
        x = secant(lambda x: mp.log(model.along(x, rule)["alpha"] / alpha), *bracket, mpf(10) ** (-rule.dps + 8))
        return {k: v for k, v in model.along(x, rule).items() if k != "alpha"}


def run(name):
    points = []
    for setting in POINTS[name]:
        t0 = time.time()
        with mp.workdps(25):
            model, alpha = MODELS[name](setting), number(setting["alpha"])
            if name == "perceptron_symmetric_binary" and alpha < model.continuous():
                point = record(model.trivial(alpha), model.trivial(alpha), model=name, set=setting, branch="uninformed")
                with mp.workdps(60):
                    exact = MODELS[name](setting).trivial(number(setting["alpha"]))
                    point = record(
                        exact,
                        exact,
                        model=name,
                        set=setting,
                        branch="uninformed",
                        note="trivial fixed point q = 0, closed form",
                    )
                points.append(point)
                print(name, setting, "trivial", point["free_entropy"])
                continue
            lo, hi, steps = model.window
            found = scan(lambda x: model.along(x, SCAN)["alpha"] - alpha, lo, hi, steps)
            up = [b for b in found if b[2] < 0]
            if not up:
                print("no solution", name, setting)
                continue
            a, b, _ = up[0]
            for _ in range(8):
                mid = (a + b) / 2
                a, b = (mid, b) if model.along(mid, SCAN)["alpha"] < alpha else (a, mid)
        coarse, fine = (solution(name, setting, (a, b - a), rule) for rule in (COARSE, FINE))
        point = record(coarse, fine, model=name, set=setting, branch="uninformed")
        if len(found) > 1:
            point["note"] = f"{len(found)} fixed points at this alpha"
        points.append(point)
        print(
            name,
            setting,
            point["order_parameters"]["q"][:20],
            point["order_parameters"]["V"][:14],
            point["free_entropy"][:20],
            point["agreement_digits"],
            len(found),
            round(time.time() - t0, 1),
            flush=True,
        )
    save(name, points)


if __name__ == "__main__":
    for name in sys.argv[1:] or MODELS:
        run(name)
