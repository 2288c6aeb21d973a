"""Asymptotic constants quoted in the claims.

python tests/reference/constants.py
"""

import gibbs
from common import H, Rule, mp, mpf, phi, save, secant, text


def learning_curve_tails(rule):
    """alpha*error for Gibbs and Bayes learning as alpha -> inf: 1/(sqrt(pi) I) and that over sqrt(2)."""
    (i,) = rule.integrate(lambda u: (phi(u) ** 2 / H(u),), -16, 40)
    gibbs_tail = 1 / (mp.sqrt(mp.pi) * i)
    return {
        "mills_integral": i,
        "gibbs_tail": gibbs_tail,
        "bayes_tail": gibbs_tail / mp.sqrt(2),
        "relu_mse_coefficient": mp.pi / (2 * i * i),
    }


def high_temperature(rule):
    """alpha -> inf at fixed x = alpha*beta: extremise x*acos(m)/pi - s(m)."""

    def x_of(m):
        return mp.pi * mp.sqrt(1 - m * m) * mp.atanh(m)

    def entropy(m):
        return -((1 + m) / 2 * mp.log((1 + m) / 2) + (1 - m) / 2 * mp.log((1 - m) / 2))

    m_fold = mp.findroot(lambda m: 1 - m * mp.atanh(m), mpf("0.83"))  # d x/d m = 0
    m_first = mp.findroot(lambda m: x_of(m) * mp.acos(m) / mp.pi - entropy(m), mpf("0.58"))
    return {
        k: mp.re(v)
        for k, v in {
            "x_first_order": x_of(m_first),
            "m_first_order": m_first,
            "x_spinodal": x_of(m_fold),
            "m_spinodal": m_fold,
        }.items()
    }


def gibbs_limits():
    """First-order transition and spinodal of Gibbs learning at small and large beta, 12 digits."""
    out, rule = {}, Rule(22, 16)
    for beta in ("1/100", "1/1000", "20"):
        with mp.workdps(22):
            model = gibbs.Gibbs(gibbs.number(beta))
            x = secant(
                lambda x: model.along(x, rule)["free_entropy"] + mp.log(2),
                mp.log(mpf("0.66") if beta != "20" else mpf("1.56")),
                mpf("0.01"),
                mpf(10) ** -14,
            )
            first = model.along(x, rule)["alpha"]
            h = mpf(10) ** -4
            y = secant(
                lambda x: model.along(x + h, rule)["alpha"] - model.along(x - h, rule)["alpha"],
                mp.log(mpf("1.2") if beta != "20" else mpf("3.26")),
                mpf("0.01"),
                mpf(10) ** -9,
            )
            spin = model.along(y, rule)["alpha"]
            out[beta] = {
                "first_order": text(first, 12),
                "spinodal": text(spin, 12),
                "beta*first_order": text(first * gibbs.number(beta), 12),
                "beta*spinodal": text(spin * gibbs.number(beta), 12),
            }
    return out


if __name__ == "__main__":
    values = []
    for rule in (Rule(36, 28), Rule(42, 40)):
        with mp.workdps(rule.dps):
            values.append({**learning_curve_tails(rule), **high_temperature(rule)})
    out = {k: text(v, 30) for k, v in values[1].items()}
    worst = max(abs(values[0][k] - values[1][k]) for k in out)
    out["gibbs_temperature_limits"] = gibbs_limits()
    print(out, "largest difference of the two rules:", mp.nstr(worst, 3))
    save("constants", out)
