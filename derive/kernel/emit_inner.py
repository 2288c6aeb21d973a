"""The source of log-partition functions by quadrature over their inner variable."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from derive.kernel.emit_proximal import prox_text
from derive.kernel.ir import Expr, Inner, Prox
from derive.kernel.templates import INNER, SMOOTH

__all__ = ["inner_text"]


def inner_text(inner: Inner | Prox, print_expression: Callable[[Expr], str], decorator: str) -> str:
    """The source of a function of one inner variable: a quadrature, or the root of an envelope."""
    if isinstance(inner, Prox):
        return prox_text(inner, print_expression, decorator)
    arguments = "".join(f"{a}, " for a in inner.arguments[1:])
    second = inner.arguments[0]
    w = inner.variable
    log_body = print_expression(inner.log_body)
    factor = print_expression(inner.factor)
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
    if inner.kind == "channel" and inner.derivatives:
        trapezoid = SMOOTH.substitute(variable=w, log_body=log_body, v=second)
    if inner.derivatives:
        smooth = "\n".join(
            [f"                f{k + 1} = {print_expression(d)}" for k, d in enumerate(inner.derivatives)]
        )
    return INNER.substitute(
        decorator=decorator, name=inner.name, second=second, arguments=arguments, variable=w, tilt=tilt,
        log_body=log_body, lower=print_expression(inner.lower), upper=print_expression(inner.upper), start=start,
        spread=spread, finish="\n".join("    " + l for l in finish),
        smooth_block=_smooth_block(inner, smooth) if smooth else "", trapezoid=trapezoid,
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
