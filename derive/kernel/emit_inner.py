"""The source of log-partition functions by quadrature over their inner variable."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from string import Template

from derive.kernel.emit_proximal import prox_text
from derive.kernel.ir import Expr, Inner, Prox
from derive.kernel.templates import INNER, SMOOTH

__all__ = ["inner_text"]

_PEAK = Template("""    # the maximum of the log integrand, by Newton steps of bounded length
    $w, stride, near = x, 2.0 * math.sqrt($v), False
    bend = 1.0 / $v
    half = 0.5 * bend
    for _ in range(60):
        f1 = $f1
        bend = 1.0 / $v - ($f2)
        if near or not bend > 0.0:
            break
        step = (f1 - ($w - x) / $v) / bend
        near = abs(step) < 0.01 / math.sqrt(bend)
        if abs(step) > stride:
            step = math.copysign(stride, step)
            stride *= 2.0
        $w += step
    if near and 0.0 < bend < math.inf:
        # trapezoid in t = (w - peak)*sqrt(bend), out to exp(-41) of the maximum
        peak, unit = $w, 1.0 / math.sqrt(bend)
        best = $log_body - 0.5 * (peak - x) ** 2 / $v
        s0 = s1 = s2 = s3 = s4 = 0.0
        d1 = d2 = d3 = d4 = 0.0
        whole = fourth = 0.0
        noise = 1e-15 * abs(best)
        spacing, highest = 0.875, 0.0
        for level in range(4):
            for side in range(2):
                sign_of = 1.0 if side == 0 else -1.0
                t = 0.0 if level == 0 and side == 0 else sign_of * spacing
                stride = sign_of * (spacing if level == 0 else 2.0 * spacing)
                while abs(t) < 60.0:
                    $w = peak + unit * t
                    value = $log_body - half * ($w - x) * ($w - x) - best
                    if not value > -41.0:
                        break
                    highest = max(highest, value)
                    mass = math.exp(value)
                    square = t * t
                    s0 += mass
                    s1 += mass * t
                    s2 += mass * square
                    s3 += mass * square * t
                    s4 += mass * square * square
                    if $v < 1e-2:  # small variance: field derivatives act on the smooth body
                        f1 = $f1
                        f2 = $f2
                        f3 = $f3
                        f4 = $f4
                        d1 += mass * f1
                        d2 += mass * (f2 + f1 * f1)
                        d3 += mass * (f3 + 3.0 * f2 * f1 + f1 ** 3)
                        d4 += mass * (f4 + 4.0 * f3 * f1 + 3.0 * f2 * f2 + 6.0 * f2 * f1 * f1 + f1 ** 4)
                    t += stride
            # the error at half the spacing is the square of these, or less
            if level > 0 and abs(2.0 * whole / s0 - 1.0) <= 1e-8 + noise and abs(2.0 * fourth / s4 - 1.0) <= 1e-5:
                if highest > 1e-3:
                    break
                total = ${level}best + math.log(spacing * s0 * unit / math.sqrt(2.0 * math.pi * $v))
                if $v < 1e-2:
                    moments_to_jet(total, d1 / s0, d2 / s0, d3 / s0, d4 / s0, out)
                else:
                    total_cumulants(total, s0, s1, s2, s3, s4, unit, peak - x, $v, out)
                return
            spacing *= 0.5
            whole, fourth = s0, s4
""")
"""A trapezoid around the maximum of a concave log integrand without ends; what it does not settle is left to panels."""


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
        if inner.concave:
            trapezoid = _PEAK.substitute(given, w=w, log_body=log_body, v=second, level=level)
        else:
            trapezoid = SMOOTH.substitute(variable=w, log_body=log_body, v=second, level=level)
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
