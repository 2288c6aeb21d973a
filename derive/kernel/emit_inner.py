"""The source of log-partition functions by quadrature over their inner variable."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from string import Template

from derive.kernel.emit_proximal import prox_text
from derive.kernel.ir import Expr, Inner, Prox
from derive.kernel.templates import INNER, SMOOTH

__all__ = ["inner_text"]

_PEAK = Template("""    if $v > 0.0:  # the maximum of the log integrand, by Newton steps of bounded length
        $w, stride = x, 2.0 * math.sqrt($v)
        near = False
        bend = 1.0 / $v
        for _ in range(60):
            f1 = $f1
            f2 = $f2
            bend = 1.0 / $v - f2
            if near or not bend > 0.0:
                break
            step = (f1 - ($w - x) / $v) / bend
            near = abs(step) < 1e-3 / math.sqrt(bend)
            if abs(step) > stride:
                step = math.copysign(stride, step)
                stride *= 2.0
            $w += step
        if near and (bend * $v > 4.0 or 0.0 < bend * $v and $v < 1e-2):
            # narrow: trapezoid in t = (w - peak)*sqrt(bend), out to exp(-44) of the maximum
            peak, unit = $w, 1.0 / math.sqrt(bend)
            best = $log_body - 0.5 * (peak - x) ** 2 / $v
            moments = np.zeros(5)
            slopes = np.zeros(5)
            coarse = np.zeros(2)
            spacing, highest = 0.75, 0.0
            for level in range(3):
                for side in range(2):
                    t = 0.0 if level == 0 and side == 0 else (spacing if side == 0 else -spacing)
                    stride = (1.0 if side == 0 else -1.0) * (spacing if level == 0 else 2.0 * spacing)
                    while abs(t) < 60.0:
                        $w = peak + unit * t
                        value = $log_body - 0.5 * ($w - x) ** 2 / $v - best
                        if not value > -44.0:
                            break
                        highest = max(highest, value)
                        mass = math.exp(value)
                        power = mass
                        for k in range(5):
                            moments[k] += power
                            power *= t
                        if $v < 1e-2:
                            f1 = $f1
                            f2 = $f2
                            f3 = $f3
                            f4 = $f4
                            slopes[1] += mass * f1
                            slopes[2] += mass * (f2 + f1 * f1)
                            slopes[3] += mass * (f3 + 3.0 * f2 * f1 + f1 ** 3)
                            slopes[4] += mass * (f4 + 4.0 * f3 * f1 + 3.0 * f2 * f2 + 6.0 * f2 * f1 * f1 + f1 ** 4)
                        t += stride
                if level > 0 and highest < 1e-5:
                    gap = max(abs(2.0 * coarse[0] / moments[0] - 1.0), abs(2.0 * coarse[1] / moments[4] - 1.0))
                    if gap <= 2e-8:  # the error at half the spacing is the square of this
                        total = ${level}best + math.log(spacing * moments[0] * unit / math.sqrt(2.0 * math.pi * $v))
                        if $v < 1e-2:
                            slopes /= moments[0]
                            moments_to_jet(total, slopes[1], slopes[2], slopes[3], slopes[4], out)
                        else:
                            total_cumulants(total, moments, unit, peak - x, $v, out)
                        return
                spacing *= 0.5
                coarse[0], coarse[1] = moments[0], moments[4]
""")
"""A trapezoid around the maximum of a smooth log integrand without ends; what it does not settle is left to panels."""


def inner_text(inner: Inner | Prox, print_expression: Callable[[Expr], str], decorator: str) -> str:
    """The source of a function of one inner variable: a quadrature, or the root of an envelope."""
    if isinstance(inner, Prox):
        return prox_text(inner, print_expression, decorator)
    arguments = "".join(f"{a}, " for a in inner.arguments[1:])
    second = inner.arguments[0]
    w = inner.variable
    log_body = print_expression(inner.log_body)
    factor = print_expression(inner.factor)
    level = "" if print_expression(inner.level) == "0.0" else "level_of + "
    if inner.kind == "channel":
        tilt = f"-0.5 * ({w} - x) ** 2 / {second}"
        start, spread = "x", f"math.sqrt({second})"
        finish = [
            f"total -= 0.5 * math.log(2.0 * math.pi * {second})",
            f"centered_to_channel(total, mean - x, k2, k3, k4, {second}, out)",
        ]
    else:
        f = "" if factor == "1.0" else f" * ({factor})"
        tilt = f"-0.5 * {second} * ({w}{f}) ** 2 + x * {w}{f}"
        start = f"x / ({second}{f}) if {second} > 1e-8 else 0.0"
        spread = f"1.0 / math.sqrt({second} + 1.0)"
        finish = ["centered_to_site(total, mean, k2, k3, k4, out)"] + ([f"scale_chain(out, {factor})"] if f else [])
    smooth, trapezoid = "", ""
    if level and not (inner.kind == "channel" and inner.derivatives):
        trapezoid = f"    level_of = {print_expression(inner.level)}\n"
    if inner.kind == "channel" and inner.derivatives:
        given = {f"f{k + 1}": print_expression(d) for k, d in enumerate(inner.derivatives)}
        if [print_expression(e) for e in (inner.lower, inner.upper)] == ["-math.inf", "math.inf"]:
            trapezoid = _PEAK.substitute(given, w=w, log_body=log_body, v=second, level=level)
        trapezoid += SMOOTH.substitute(variable=w, log_body=log_body, v=second, level=level)
        if level:
            trapezoid = f"    level_of = {print_expression(inner.level)}\n" + trapezoid
    if inner.derivatives:
        smooth = "\n".join(
            [f"                f{k + 1} = {print_expression(d)}" for k, d in enumerate(inner.derivatives)]
        )
    return INNER.substitute(
        decorator=decorator, name=inner.name, second=second, arguments=arguments, variable=w, tilt=tilt,
        log_body=log_body, lower=print_expression(inner.lower), upper=print_expression(inner.upper), start=start,
        spread=spread, finish="\n".join("    " + l for l in finish),
        smooth_block=_smooth_block(inner, smooth) if smooth else "", trapezoid=trapezoid, level=level,
    )  # fmt: skip


def _smooth_block(inner: Inner, derivatives: str) -> str:
    return textwrap.dedent(
        """
            if {v} < 1e-2:  # small variance: field derivatives act on the smooth body
                m1 = m2 = m3 = m4 = 0.0
                for panel in range(panels):
                    for j in range(20):
                        {w} = nodes[panel * 20 + j]
                        mass = masses[panel * 20 + j]
        {derivatives}
                        m1 += mass * f1
                        m2 += mass * (f2 + f1 * f1)
                        m3 += mass * (f3 + 3.0 * f2 * f1 + f1 ** 3)
                        m4 += mass * (f4 + 4.0 * f3 * f1 + 3.0 * f2 * f2 + 6.0 * f2 * f1 * f1 + f1 ** 4)
                moments_to_jet(total - 0.5 * math.log(2.0 * math.pi * {v}), m1, m2, m3, m4, out)
                return
        """
    ).format(v=inner.arguments[0], w=inner.variable, derivatives=derivatives)
