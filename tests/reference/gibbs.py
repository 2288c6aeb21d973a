"""Gibbs learning of a binary perceptron by a binary perceptron at inverse temperature beta (two order parameters, q and m).

    python tests/reference/gibbs.py

    free entropy = q_hat (q - 1)/2 - m m_hat + E log cosh(sqrt(q_hat) xi + m_hat)
                   + 2 alpha E_t H(-m t/sqrt(q - m^2)) log[e^-beta + (1 - e^-beta) Phi(sqrt(q/V) t)]
    q_hat = alpha E g^2,   m_hat = alpha sqrt(2/pi) E g(w), w ~ N(0, q - m^2),   g = d_w log[...]
At given m_hat the ratio m_hat/q_hat is fixed by an inner root and alpha = q_hat/E g^2: the branch is a curve in m_hat.
"""

import time

from common import Phi, Rule, log_cosh, mp, mpf, phi, record, save, scan, secant, text

COARSE, FINE = Rule(30, 24), Rule(36, 34)
SCAN = Rule(20, 12, "2")


def number(s):
    a, _, b = str(s).partition("/")
    return mpf(a) / mpf(b or 1)


class Gibbs:
    def __init__(self, beta):
        self.beta = beta
        self.floor = mp.exp(-beta)

    def weights(self, qh, mh, rule):
        """E log cosh, q = E tanh^2, V = E sech^2, m = E tanh at sqrt(q_hat) xi + m_hat."""
        s = mp.sqrt(qh)

        def body(t):
            x = s * t + mh
            e = mp.exp(-2 * abs(x))
            th = (1 - e) / (1 + e) * (1 if x > 0 else -1)
            return log_cosh(x), th * th, 4 * e / (1 + e) ** 2, th

        return rule.gauss(body, [(-mh / s, 1 / s)])

    def channel(self, q, V, m, rule):
        """psi, E g^2, sqrt(2/pi) E g under w ~ N(0, q - m^2), training error."""
        beta, floor = self.beta, self.floor
        rest = q - m * m
        slope, teacher = mp.sqrt(q / V), m / mp.sqrt(rest)
        edge = mp.sqrt(2 * beta)  # Phi(u) falls below e^-beta near u = -edge

        def pieces(u):
            p = Phi(u)
            den = floor + (1 - floor) * p
            return p, den, (1 - floor) * phi(u) / den / mp.sqrt(V)

        def body(t):
            p, den, g = pieces(slope * t)
            label = 2 * Phi(teacher * t)
            return label * mp.log(den), label * g * g, label * floor * (1 - p) / den

        kinks = [(mpf(0), min(1 / slope, 1 / teacher)), (-edge / slope, 1 / (2 * slope))]
        psi, gain, train = rule.gauss(body, kinks)
        scale = mp.sqrt(rest / V)
        (pull,) = rule.gauss(lambda t: (pieces(scale * t)[2],), [(mpf(0), 1 / scale), (-edge / scale, 1 / (2 * scale))])
        return psi, gain, mp.sqrt(2 / mp.pi) * pull, train

    def along(self, x, rule):
        mh = mp.exp(x)

        def mismatch(y):
            ratio = mp.exp(y)
            _, q, V, m = self.weights(mh / ratio, mh, rule)
            _, gain, pull, _ = self.channel(q, V, m, rule)
            return mp.log(pull / gain) - y

        start = getattr(self, "last", None) or mp.log(mp.coth(self.beta / 2))  # its value at q_hat = 0
        self.last = secant(mismatch, start, mpf(1) / 1000, mpf(10) ** (-rule.dps + 6), 60)
        ratio = mp.exp(self.last)
        qh = mh / ratio
        psi_w, q, V, m = self.weights(qh, mh, rule)
        psi, gain, _, train = self.channel(q, V, m, rule)
        alpha = qh / gain
        return {
            "alpha": alpha,
            "order_parameters": {"q": q, "V": V, "r": 1, "m": m, "q_hat": qh, "m_hat": mh},
            "free_entropy": -qh * V / 2 - m * mh + psi_w + alpha * psi,
            "observables": {"error_gibbs": mp.acos(m) / mp.pi, "training_error": train},
        }


POINTS = [
    {"alpha": a, "beta": b}
    for a, b in (
        ("1", "1"),
        ("1/100", "1"),
        ("2", "1"),
        ("1", "5"),
        ("1/2", "10"),
        ("6/5", "10"),
        ("7/5", "10"),
        ("3/2", "3"),
        ("5", "1/2"),
        ("10", "1/5"),
        ("1", "1/10"),
    )
]


def run():
    points = []
    for setting in POINTS:
        t0 = time.time()
        with mp.workdps(20):
            model, alpha = Gibbs(number(setting["beta"])), number(setting["alpha"])
            found = scan(lambda x: model.along(x, SCAN)["alpha"] - alpha, -8, 2, 20)
            up = [b for b in found if b[2] < 0]
            if not up:
                print("no uninformed solution", setting)
                points.append(None)
            else:
                a, b, _ = up[0]
                for _ in range(5):
                    mid = (a + b) / 2
                    a, b = (mid, b) if model.along(mid, SCAN)["alpha"] < alpha else (a, mid)
        if up:
            values = []
            for rule in (COARSE, FINE):
                with mp.workdps(rule.dps):
                    model, alpha = Gibbs(number(setting["beta"])), number(setting["alpha"])
                    x = secant(
                        lambda x: mp.log(model.along(x, rule)["alpha"] / alpha),
                        a,
                        b - a,
                        mpf(10) ** (-rule.dps + 8),
                    )
                    values.append({k: v for k, v in model.along(x, rule).items() if k != "alpha"})
            points.append(record(*values, model="perceptron_gibbs_temperature", set=setting, branch="uninformed"))
            p = points[-1]
            print(
                setting,
                p["order_parameters"]["q"][:18],
                p["order_parameters"]["m"][:18],
                p["free_entropy"][:20],
                p["observables"],
                p["agreement_digits"],
                round(time.time() - t0, 1),
                flush=True,
            )
        points.append(
            {
                "model": "perceptron_gibbs_temperature",
                "set": setting,
                "branch": "perfect",
                "order_parameters": {"q": "1", "V": "0", "r": "1", "m": "1"},
                "free_entropy": text(-mp.log(2), 25),
                "observables": {"error_gibbs": "0", "training_error": "0"},
                "agreement_digits": 99,
            }
        )
    save("perceptron_gibbs_temperature", [p for p in points if p])


if __name__ == "__main__":
    run()
