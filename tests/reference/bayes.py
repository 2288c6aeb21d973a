"""Bayes-optimal models: one scalar fixed point, parametrised by q_hat (alpha is an explicit function of q_hat).

    python tests/reference/bayes.py [model ...]

The iteration q -> overlap(alpha*gain(q)) is monotone, so `uninformed` is the first crossing alpha(q_hat) = alpha from below
met from q_hat = 0, `informed` the first crossing met from above.
"""

import sys
import time

from common import (
    SCAN,
    Bayes,
    Binary,
    Door,
    Gauss,
    GaussBernoulli,
    Linear,
    Logistic,
    PhaseRetrieval,
    Relu,
    Rule,
    Sign,
    mp,
    mpf,
    record,
    save,
    scan,
    secant,
    text,
)

COARSE, FINE = Rule(40, 30), Rule(46, 42)
TRAP = (Rule(30, 28), Rule(34, 36))  # logistic (nested averages) and phase retrieval (Bessel functions)


def expr(s):
    """The exact value of a parameter string at the current precision."""
    return mp.mpf(
        eval(s, {"sqrt": mp.sqrt, "erfinv": mp.erfinv, "mpf": mpf}) if not s.replace("/", "").isdigit() else _ratio(s)
    )


def _ratio(s):
    a, _, b = s.partition("/")
    return mpf(a) / mpf(b or 1)


MODELS = {
    "perceptron_teacher_binary": lambda p: Bayes(Binary(), Sign()),
    "perceptron_teacher_spherical": lambda p: Bayes(Gauss(), Sign()),
    "linear_gauss_bernoulli": lambda p: Bayes(GaussBernoulli(p["rho"]), Linear(p["Delta"])),
    "door_symmetric_binary": lambda p: Bayes(Binary(), Door(p["K"])),
    "phase_retrieval_real": lambda p: Bayes(Gauss(), PhaseRetrieval()),
    "probit_gauss": lambda p: Bayes(Gauss(), Sign(p["Delta"])),
    "relu_gauss": lambda p: Bayes(Gauss(), Relu()),
    "logistic_bayes_gauss": lambda p: Bayes(Gauss(), Logistic()),
}

KQ = "sqrt(2)*erfinv(1/2)"
POINTS = {
    "perceptron_teacher_binary": [
        {"alpha": a} for a in ("1/100", "1/2", "1", "6/5", "5/4", "7/5", "149/100", "2", "20")
    ],
    "perceptron_teacher_spherical": [{"alpha": a} for a in ("1/100", "1/2", "1", "2", "5", "20", "200", "2000")],
    "linear_gauss_bernoulli": [
        {"alpha": a, "rho": r, "Delta": d}
        for a, r, d in (
            ("1", "1/10", "1/100"),
            ("1/100", "1/10", "1/100"),
            ("1/5", "1/10", "1/100"),
            ("1/5", "1/10", "1/10000"),
            ("1/5", "1/10", "1/1000000"),
            ("3/20", "1/10", "1/1000000"),
            ("1/4", "1/10", "1/1000000"),
            ("1/2", "2/5", "1/1000000"),
            ("11/20", "2/5", "1/10000"),
            ("1/2", "1", "1/100"),
            ("20", "1/10", "1/100"),
            ("20", "1/10", "1/1000000"),
            ("2", "1/5", "10"),
        )
    ],
    "door_symmetric_binary": [
        {"alpha": a, "K": k}
        for a, k in (
            ("1/2", KQ),
            ("1", KQ),
            ("5/4", KQ),
            ("7/5", KQ),
            ("3/2", KQ),
            ("78/50", KQ),
            ("2", KQ),
            ("1", "1"),
            ("2", "1"),
            ("2", "2"),
            ("3", "2"),
            ("1/2", "1/10"),
            ("20", "3"),
        )
    ],
    "phase_retrieval_real": [{"alpha": a} for a in ("1/100", "3/10", "11/20", "3/4", "1", "11/10", "28/25")],
    "probit_gauss": [
        {"alpha": a, "Delta": d}
        for a, d in (
            ("1", "1/10"),
            ("1/100", "1/10"),
            ("5", "1/10"),
            ("20", "1/10"),
            ("1", "1/10000"),
            ("20", "1/1000000"),
            ("200", "1/1000000"),
            ("2", "10"),
        )
    ],
    "relu_gauss": [{"alpha": a} for a in ("1/100", "1/2", "1", "3/2", "19/10", "199/100", "1999/1000")],
    "logistic_bayes_gauss": [{"alpha": a} for a in ("1/100", "1/2", "1", "2", "5", "20", "100")],
}


def crossings(model, alpha):
    """Brackets in x = log q_hat of alpha(q_hat) = alpha, with the sign on the left of each."""
    with mp.workdps(25):
        return scan(lambda x: model.alpha_of(mp.exp(x), SCAN) - alpha, *model.window)


def branches(model, alpha, brackets):
    found = []
    up = [b for b in brackets if b[2] < 0]  # stable fixed points: alpha(q_hat) crosses alpha from below
    below_at_zero = model.start(alpha)
    if below_at_zero:
        found.append(("uninformed", up[0] if up else "perfect"))
    else:
        found.append(("uninformed", None))
    last_sign = -brackets[-1][2] if brackets else (-1 if below_at_zero else 1)
    if last_sign > 0 and up and up[-1] is not (up[0] if below_at_zero else None):
        found.append(("informed", up[-1]))
    if below_at_zero and model.channel.even:
        found.append(("trivial", None))
    if model.prior.perfect and last_sign < 0:
        found.append(("perfect", "perfect"))
    return found


def observables(name, model, q, V, qh, rule, params):
    out = {}
    if name in ("perceptron_teacher_binary", "perceptron_teacher_spherical"):
        out = {"error_gibbs": mp.acos(q) / mp.pi, "error_bayes": mp.acos(mp.sqrt(q)) / mp.pi}
    elif name == "probit_gauss":
        D = params["Delta"]
        out = {
            "error_gibbs": mp.acos(q / mp.sqrt(1 + D)) / mp.pi,
            "error_bayes": mp.acos(mp.sqrt(q / (1 + D))) / mp.pi,
            "mse": V,
        }
    elif name == "linear_gauss_bernoulli":
        out = {"mse": V}
    elif name == "door_symmetric_binary":
        out = {"error_mse": model.channel.error_mse(q, V, rule)}
    elif name in ("phase_retrieval_real", "relu_gauss"):
        out = {"mse": V, "error_mse": model.channel.error_mse(q, V, rule)}
    elif name == "logistic_bayes_gauss":
        bayes, gibbs = model.channel.errors(q, V, rule)
        out = {"error_gibbs": gibbs, "error_bayes": bayes, "mse": V}
    return out


def build(name, params):
    model = MODELS[name](params)
    lo, hi, steps = {
        "linear_gauss_bernoulli": (-12, 18, 90),
        "phase_retrieval_real": (-6, 12, 40),
        "logistic_bayes_gauss": (-9, 8, 24),
        "door_symmetric_binary": (-9, 4, 60),
        "perceptron_teacher_binary": (-9, 4, 50),
    }.get(name, (-12, 24, 70))
    model.window = (lo, hi, steps)

    def start(alpha):
        with mp.workdps(25):
            return model.alpha_of(mp.exp(mpf(lo) - 1), SCAN) < alpha

    model.start = start
    return model


def solution(name, params, alpha, bracket, rule):
    """Values at one fixed point at the working precision of the rule."""
    with mp.workdps(rule.dps):
        model = build(name, {k: expr(v) for k, v in params.items()})
        a = expr(alpha)
        if bracket is None:
            qh, q = mpf(0), mpf(0)
        else:
            x = secant(lambda x: mp.log(model.alpha_of(mp.exp(x), rule) / a), *bracket, mpf(10) ** (-rule.dps + 7))
            qh = mp.exp(x)
            q = model.prior(qh, rule)[1]
        V = model.r - q
        p = {k: expr(v) for k, v in params.items()}
        return {
            "order_parameters": {"q": q, "V": V, "r": model.r, "q_hat": qh},
            "free_entropy": model.free_entropy(a, q, qh, rule),
            "observables": observables(name, model, q, V, qh, rule, p),
        }


def refine(model, alpha, bracket):
    """Halve the bracket a few times at low precision and give two secant starting points."""
    lo, hi, s = bracket
    with mp.workdps(25):
        for _ in range(12):
            mid = (lo + hi) / 2
            if (model.alpha_of(mp.exp(mid), SCAN) - alpha) * s > 0:
                lo = mid
            else:
                hi = mid
        return lo, (hi - lo)


def run(name):
    rules = TRAP if name in ("phase_retrieval_real", "logistic_bayes_gauss") else (COARSE, FINE)
    points = []
    for setting in POINTS[name]:
        t0 = time.time()
        alpha = setting["alpha"]
        with mp.workdps(25):
            params = {k: expr(v) for k, v in setting.items()}
            model = build(name, params)
        brackets = crossings(model, params["alpha"])
        rest = {k: v for k, v in setting.items() if k != "alpha"}
        for branch, bracket in branches(model, params["alpha"], brackets):
            if bracket == "perfect":
                if model.prior.perfect and branch == "perfect":
                    value = text(-mp.log(2), 25)
                    also = branches(model, params["alpha"], brackets)[0][1] == "perfect"
                    points.append(
                        {
                            "model": name,
                            "set": setting,
                            "branch": "perfect",
                            "order_parameters": {"q": "1", "V": "0", "r": "1"},
                            "free_entropy": value,
                            "observables": {k: "0" for k in OBS[name]},
                            "agreement_digits": 99,
                            **({"note": "the iteration from q = 0 ends here as well"} if also else {}),
                        }
                    )
                continue
            if bracket is not None:
                bracket = refine(model, params["alpha"], bracket)
            try:
                coarse, fine = (solution(name, rest, alpha, bracket, rule) for rule in rules)
                points.append(record(coarse, fine, model=name, set=setting, branch=branch))
                if bracket is None:
                    points[-1]["note"] = "q = 0, " + ("unstable here" if branch == "trivial" else "stable here")
            except RuntimeError as error:
                print("FAILED", name, setting, branch, error)
                continue
            p = points[-1]
            print(
                name,
                setting,
                branch,
                p["order_parameters"]["q"][:20],
                p["order_parameters"]["V"][:12],
                p["free_entropy"][:20],
                p["agreement_digits"],
                round(time.time() - t0, 1),
                flush=True,
            )
    save(name, points)


OBS = {"perceptron_teacher_binary": ("error_gibbs", "error_bayes"), "door_symmetric_binary": ("error_mse",)}

if __name__ == "__main__":
    for name in sys.argv[1:] or MODELS:
        run(name)
