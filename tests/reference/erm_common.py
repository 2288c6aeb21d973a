"""Fixed points of empirical risk minimisation: solver, quadrature, proximal maps and records.

Textbook proximal (Moreau envelope) equations written by hand on mpmath; nothing is imported from the engine. One file per family
of models states its equations; this one holds what they share. Conventions: README.md, section "Zero temperature".
"""

import json
import math

from common import HERE, Phi, Rule, agreement, mp, mpf, phi, text

ROUGH, COARSE, FINE = Rule(20, 12, "2"), Rule(28, 24), Rule(34, 34)
TINY = mpf("1e-300")  # written as 0
POINTS, THRESHOLDS = [], []


def number(s):
    """The exact value of a parameter string."""
    a, _, b = str(s).partition("/")
    return mpf(a) / mpf(b or 1)


# ------------------------------------------------------------------------------------------------------------ averages
def trapezoid(rule, strip=None, slope=0):
    """Nodes and Gaussian weights on the line for exp(-t^2/2) times a function analytic for |Im t| < strip.

    `slope` is the slope c of a factor Phi(c t), whose transform widens the Gaussian one by sqrt(1 + c^2).
    """
    digits = mp.log(10) * (rule.dps + 3)
    h = mpf("0.9") * mp.pi * mp.sqrt(2 / digits) / mp.sqrt(1 + mpf(slope) ** 2)
    if strip is not None:
        h = min(h, mpf("0.9") * 2 * mp.pi * strip / digits)
    n = int(rule.cut / h) + 1
    if rule is ROUGH and n > 20000:
        raise ValueError("the continuation has gone astray")
    norm = h / mp.sqrt(2 * mp.pi)
    return [(k * h, norm * mp.exp(-((k * h) ** 2) / 2)) for k in range(-n, n + 1)]


def total(nodes, f):
    """Sum of weight * f(t) over the nodes, f returning a tuple."""
    out = None
    for t, weight in nodes:
        v = f(t)
        out = [weight * x for x in v] if out is None else [a + weight * x for a, x in zip(out, v)]
    return out


# ------------------------------------------------------------------------------------------------------------ solver
def norm(v):
    return max(abs(x) for x in v)


def real(f):
    """f, raising ValueError where a logarithm of it went negative."""

    def wrapped(x):
        out = f(x)
        if any(isinstance(v, mp.mpc) or not mp.isfinite(v) for v in out):
            raise ValueError("outside of the domain")
        return out

    return wrapped


def newton(f, x, digits, steps=60):
    """Root of f from x by damped Newton with forward differences; stops when the step is below 10^-digits."""
    n, x, f = len(x), [mpf(v) for v in x], real(f)
    step = mpf(10) ** (-mpf(mp.dps) * 2 / 5)
    inverse, fx, last = None, f(x), None
    for _ in range(steps):
        size = norm(fx)
        if inverse is None:
            jac = mp.matrix(n, n)
            for k in range(n):
                y = list(x)
                y[k] += step * max(1, abs(x[k]))
                fy = f(y)
                for i in range(n):
                    jac[i, k] = (fy[i] - fx[i]) / (y[k] - x[k])
            inverse = jac**-1
            fresh = True
        dx = inverse * mp.matrix(fx)
        length = norm(dx)
        if not mp.isfinite(length):
            raise RuntimeError("newton: not finite")
        scale = mpf(1) if length < mpf("0.7") else mpf("0.7") / length
        while True:
            y = [x[k] - scale * dx[k] for k in range(n)]
            try:
                fy = f(y)
                good = norm(fy) < size or length < mpf(10) ** (-digits)
            except (ValueError, ZeroDivisionError, OverflowError):
                good = False
            if good:
                break
            scale /= 2
            if scale < mpf(2) ** -12:
                if fresh:
                    raise RuntimeError(
                        f"newton: no descent at {[mp.nstr(v, 8) for v in x]}, residual {mp.nstr(size, 5)}"
                    )
                break
        if not good:
            inverse = None
            continue
        x, fx, fresh = y, fy, False
        if length < mpf(10) ** (-digits):
            return x
        if length > mpf("1e-4") or (last is not None and length > last * mpf("1e-2")):
            inverse = None
        last = length
    raise RuntimeError("newton: too many steps")


def iterate(f, x, steps, damp="0.5"):
    """Damped iteration x - damp * f(x) of a residual f = x - update(x)."""
    for _ in range(steps):
        fx = real(f)(x)
        x = [a - mpf(damp) * max(-2, min(2, b)) for a, b in zip(x, fx)]
        if norm(fx) < mpf("1e-3"):
            break
    return x


def follow(build, easy, target, start):
    """Rough solution at `target` (dict of numbers), by continuation in the logarithms of alpha and then the others from `easy`.

    build(params) is a model with residual(x, rule).
    """

    def at(s):
        out = dict(target)
        for k, v in easy.items():
            a, b, r = mpf(v), mpf(target[k]), (min(2 * s, mpf(1)) if k == "alpha" else max(2 * s - 1, mpf(0)))
            out[k] = b if r == 1 else a ** (1 - r) * b**r
        return out

    with mp.workdps(ROUGH.dps):
        first = build(at(mpf(0)))

        def res(x):
            return first.residual(x, ROUGH)

        x = newton(res, iterate(res, [mpf(v) for v in start], 200), 10)
        s, ds, old = mpf(0), mpf(1) / 4, None
        while s < 1:
            ds = min(ds, 1 - s)
            model = build(at(s + ds))
            guess = x if old is None else [a + (a - b) * ds / (s - old[0]) for a, b in zip(x, old[1])]
            try:
                y = newton(lambda v: model.residual(v, ROUGH), guess, 10, 25)
            except (RuntimeError, ValueError, ZeroDivisionError):
                ds /= 3
                if ds < mpf("1e-5"):
                    raise
                continue
            old, x, s, ds = (s, x), y, s + ds, ds * 2
    return x


def refine(model, x, rule):
    with mp.workdps(rule.dps):
        return newton(lambda v: model.residual(v, rule), x, rule.dps * 2 // 3)


def point(name, build, strings, easy, start, **extra):
    """Solve one point with both rules and record it. strings: exact parameters of the record."""
    print(name, strings, flush=True)
    with mp.workdps(FINE.dps):
        target = {k: number(v) for k, v in strings.items()}
    x = follow(build, easy, target, start)
    results = []
    for rule in (COARSE, FINE):
        with mp.workdps(rule.dps):
            model = build({k: number(v) for k, v in strings.items()})
            x = refine(model, x, rule)
            results.append(model.results(x, rule))
    add(name, strings, *results, **extra)


# ------------------------------------------------------------------------------------------------------------ records
def add(name, strings, coarse, fine, digits=22, **extra):
    """Record a point from two computations; entries `check` are (value, other road to it) pairs."""
    worst = [99]

    def walk(a, b):
        out = {}
        for k, v in b.items():
            if isinstance(v, dict):
                out[k] = walk(a[k], v)
            else:
                tiny = abs(v) < TINY
                worst.append(99 if tiny and abs(a[k]) < TINY else agreement(mpf(a[k]), mpf(v)))
                out[k] = "0" if tiny else text(v, digits)
        return out

    with mp.workdps(60):
        for result in (coarse, fine):
            worst += [agreement(mpf(a), mpf(b)) for a, b in result.pop("check", ())]
        values = walk(coarse, fine)
    values = {k: values[k] for k in ("order_parameters", "hats", "free_entropy", "observables")}
    entry = {"model": name, "set": strings, **extra, **values, "agreement_digits": min(min(worst), digits)}
    print(
        "   ",
        entry["agreement_digits"],
        {k: v[:12] for k, v in values["order_parameters"].items()},
        values["free_entropy"][:14],
        {k: v[:12] for k, v in values["observables"].items()},
        flush=True,
    )
    POINTS.append(entry)


def threshold(model, name, strings, coarse, fine, digits=25, **extra):
    with mp.workdps(60):
        agree = min(agreement(mpf(coarse), mpf(fine)), digits)
    entry = {
        "model": model,
        "threshold": name,
        "set": strings,
        "value": text(fine, digits),
        **extra,
        "agreement_digits": agree,
    }
    print(model, name, strings, entry["value"], agree, flush=True)
    THRESHOLDS.append(entry)


def write(group):
    """Store the group's points and thresholds for erm.py to collect."""
    (HERE / "parts").mkdir(exist_ok=True)
    (HERE / "parts" / f"erm_{group}.json").write_text(
        json.dumps({"points": POINTS, "thresholds": THRESHOLDS}, indent=1) + "\n"
    )
    POINTS.clear()
    THRESHOLDS.clear()


# ------------------------------------------------------------------------------------------------------------ proximal maps
def prox_logistic(u, V):
    """argmin (h - u)^2/(2V) + log(1 + exp(-h)) and its sigmoid(-h): doubles first, then Newton in mpmath."""
    uf, Vf = float(u), float(V)
    lo, hi = uf, uf + Vf
    h = min(max(uf, 0.0), hi)
    for k in range(300):
        s = 1 / (1 + math.exp(h)) if h < 700 else 0.0
        r = h - uf - Vf * s
        if r > 0:
            hi = h
        else:
            lo = h
        new = h - r / (1 + Vf * s * (1 - s))
        if not lo <= new <= hi or k % 3 == 2:  # Newton alone can cycle
            new = (lo + hi) / 2
        if abs(new - h) <= 1e-13 * (1 + abs(h)):
            h = new
            break
        h = new
    h = mpf(h)
    for _ in range(8):
        s = 1 / (1 + mp.exp(h))
        dh = (h - u - V * s) / (1 + V * s * (1 - s))
        h -= dh
        if abs(dh) < mpf(10) ** (-mp.dps // 2 - 2):
            break
    else:
        raise ValueError("prox_logistic did not converge")
    return h, 1 / (1 + mp.exp(h))


def softplus(x):
    return mp.log1p(mp.exp(x)) if x < 0 else x + mp.log1p(mp.exp(-x))


def clipped(mean, sd, lo, hi):
    """E c, E c^2 and P(lo < e < hi) for c = min(max(e, lo), hi) and e ~ N(mean, sd^2)."""
    a, b = (lo - mean) / sd, (hi - mean) / sd
    pa, pb = Phi(a), Phi(-b)
    inside = (
        mp.erf(b / mp.sqrt(2)) / 2 - mp.erf(a / mp.sqrt(2)) / 2
        if a * b < 0
        else (Phi(b) - Phi(a) if b < 0 else Phi(-a) - Phi(-b))
    )
    d = phi(a) - phi(b)
    first = lo * pa + hi * pb + mean * inside + sd * d
    second = (
        lo**2 * pa + hi**2 * pb + (mean**2 + sd**2) * inside + 2 * mean * sd * d + sd**2 * (a * phi(a) - b * phi(b))
    )
    return first, second, inside
