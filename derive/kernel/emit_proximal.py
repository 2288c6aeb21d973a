"""The source of envelopes whose maximiser is a root: Newton's iteration inside a bracket."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from string import Template

from derive.errors import LoweringError
from derive.kernel.ir import Expr, Prox, ProxRegion

__all__ = ["prox_text"]

_ROOT = Template("""lower = $first
upper = $last
$h = min(max($centre, lower), upper)
stride = 1.0 + abs($h)
last = math.inf
for _ in range(400):
    slope = $slope
    bend = $curvature
    gap = $gap
    # the slope of the gap is $least at least, and so the root is at most gap/$least away
    if gap > 0.0:
        upper = $h
        lower = max(lower, $h - 1.000001 * gap / $least) if $least > 0.0 else lower
    elif gap < 0.0:
        lower = $h
        upper = min(upper, $h - 1.000001 * gap / $least) if $least > 0.0 else upper
    else:
        break
    step = gap / ($steepness)
    trial = $h - step
    if not (lower <= trial <= upper) or not 2.0 * abs(step) <= last:
        step = math.copysign(min(stride, 0.5 * (upper - lower)), gap)
        stride *= 2.0
        trial = $h - step
        last = math.inf
    size = abs(step)
    near = last < 1e-2 and size * size * size <= 1e-18 * abs(trial) * last * last  # bounds the next step of Newton
    if near or trial == $h or size <= 2e-16 * (abs($h) + 1e-300):
        $h = trial
        break
    last = size
    $h = trial
slope = $slope
bend = $curvature
if math.isnan($gap):
    out[:] = math.nan
    return
$finish
if not math.isfinite(out[3] + out[4]):
    out[3] = out[4] = 0.0
return
""")


def _root_text(prox: Prox, region: ProxRegion, show: Callable[[Expr], str]) -> str:
    h, x, v = prox.variable, prox.field, prox.arguments[0]
    cost, slope, curvature, third, fourth = (show(e) for e in region.slopes)
    assert region.first is not None
    assert region.last is not None
    common = {"h": h, "first": show(region.first), "last": show(region.last), "slope": slope, "curvature": curvature}
    if prox.kind == "channel":
        # l_1 = -cost'(h) where the cost is flat, (h - x)/V where it is steep: the one that loses no digits
        finish = (
            f"tilt = -slope if {v} * bend < 1.0 else ({h} - {x}) / {v}\n"
            f"out[0] = -0.5 * {v} * tilt * tilt - ({cost})\n"
            "out[1] = tilt\n"
            f"out[2] = -1.0 / ({v} + 1.0 / bend) if bend > 0.0 else 0.0\n"
            f"give = 1.0 / (1.0 + {v} * bend)\n"
            f"turn = ({third}) * give ** 2\n"
            "out[3] = -turn * give\n"
            f"out[4] = 3.0 * {v} * give * turn ** 2 - ({fourth}) * give ** 4"
        )
        return _ROOT.substitute(
            common, centre=x, gap=f"({h} - {x} + {v} * slope)", least="1.0",
            steepness=f"1.0 + {v} * bend", finish=finish,
        )  # fmt: skip
    finish = (
        f"give = 1.0 / ({v} + bend)\n"
        f"out[0] = {x} * {h} - 0.5 * {v} * {h} * {h} - ({cost})\n"
        f"out[1] = {h}\n"
        "out[2] = give\n"
        f"out[3] = -({third}) * give ** 3\n"
        f"out[4] = (3.0 * ({third}) ** 2 * give - ({fourth})) * give ** 4"
    )
    return _ROOT.substitute(
        common, centre="0.0", gap=f"({v} * {h} - {x} + slope)", least=v, steepness=f"{v} + bend", finish=finish
    )


def prox_text(prox: Prox, show: Callable[[Expr], str], decorator: str) -> str:
    """The source of an envelope's function: fills out[k] with derivative k of l in its field, k = 0..4."""
    arguments = ", ".join([prox.field, *prox.arguments, "refine", "out"])
    lines = [decorator, f"def {prox.name}({arguments}):"]
    lines.append('    """The envelope and four derivatives in its field; the maximiser by Newton inside a bracket."""')
    for index, region in enumerate(prox.regions):
        body = (
            "\n".join([f"out[{k}] = {show(e)}" for k, e in enumerate(region.values)] + ["return"])
            if region.values
            else _root_text(prox, region, show)
        )
        if index + 1 < len(prox.regions):
            lines.append(f"    if {prox.field} < {show(region.upper)}:")
            lines.append(textwrap.indent(body, "        ").rstrip())
        else:
            lines.append(textwrap.indent(body, "    ").rstrip())
    if not prox.regions:
        raise LoweringError(f"{prox.name}: an envelope without a region")
    return "\n".join(lines) + "\n"
