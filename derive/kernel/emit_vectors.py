"""The source of log-partition functions of several fields: sums over points, and integrals over the first variable."""

from __future__ import annotations

from collections.abc import Callable
from string import Template

from derive.kernel.ir import Expr, VectorInner

__all__ = ["vector_text"]

_POINTS = Template('''$decorator
def $name($signature, refine, tol, out):
    """Log of a sum over points, with its derivatives in $size fields (a dense jet)."""
$rule
    points = np.empty((count, $size))
    logs = np.empty(count)
$points
    for a in range(count):
$tilt
    point_jet(logs, points, out)
''')

_INTEGRAL = Template('''$decorator
def ${name}_at(branch, h, x0, x1, V00, slope, v, ${arguments}refine, tol, work, jet):
    """The log integrand of $name at h, and the derivatives of the last partition function in its field."""
$dispatch
    jet[0] += $tilt


$decorator
def $name($signature, refine, tol, out):
    """Log of an integral over the first of two variables, with its derivatives in two fields (a dense jet)."""
    work = np.empty(($rows, 5))
    jet = np.empty(5)
    grid = np.empty(SCAN)
    values = np.empty(SCAN)
    place = np.empty((PANELS, 21))
    level = np.empty((PANELS, 21))
    child = np.empty((PANELS, 21, 4))
    left = np.empty(PANELS)
    right = np.empty(PANELS)
    widths = np.empty(PANELS)
    branch = np.zeros(PANELS, dtype=np.int64)
    stale = np.zeros(PANELS, dtype=np.bool_)
    count = 0
    sharp = noise(tol)
    depth = 6.0 - math.log(sharp)
$start
    ends = np.empty(($branches, 2))
$ends
    for b in range($branches):
        lower, upper = ends[b, 0], ends[b, 1]
        if lower == upper:  # an atom: one node of weight one
            ${name}_at(b, lower, x0, x1, V00, slope, v, ${arguments}refine, tol, work, jet)
            place[count, :] = lower
            level[count, :] = -math.inf
            level[count, 10] = jet[0] - math.log(GK_W[10])
            child[count, :, :] = 0.0
            child[count, 10, :] = jet[1:]
            left[count] = lower - 1.0
            right[count] = lower + 1.0
            widths[count] = 1.0
            branch[count] = -1
            count += 1
            continue
        reach = 12.0
        while True:
            vector_scan(lower, upper, centre, spread, reach, grid)
            for i in range(SCAN):
                ${name}_at(b, grid[i], x0, x1, V00, slope, v, ${arguments}refine, tol, work, jet)
                values[i] = jet[0]
            top = np.argmax(values)
            cut_left = top == 0 and lower < centre - reach * spread < upper
            cut_right = top == SCAN - 1 and lower < centre + reach * spread < upper
            if reach > 1e4 or not values[top] > -math.inf or not (cut_left or cut_right):
                break
            reach *= 2.0
        if not values[top] > -math.inf:
            continue
        first, last = top, top
        for i in range(SCAN):
            if values[i] > values[top] - depth:
                first, last = min(first, i), max(last, i)
        low = grid[first - 1] if first > 0 else max(lower, min(grid[0], centre - reach * spread))
        high = grid[last + 1] if last < SCAN - 1 else min(upper, max(grid[SCAN - 1], centre + reach * spread))
        parts = max(1, min(8, math.ceil((high - low) / (LONGEST * spread))))
        for i in range(parts):
            left[count] = low + (high - low) * (i / parts)
            right[count] = low + (high - low) * ((i + 1) / parts)
            branch[count] = b
            stale[count] = right[count] > left[count]
            count += 1 if stale[count] else 0
    while True:
        for p in range(count):
            if not stale[p]:
                continue
            stale[p] = False
            widths[p] = 0.5 * (right[p] - left[p])
            for j in range(21):
                h = 0.5 * (right[p] + left[p]) + widths[p] * GK_X[j]
                ${name}_at(branch[p], h, x0, x1, V00, slope, v, ${arguments}refine, tol, work, jet)
                place[p, j] = h
                level[p, j] = jet[0]
                child[p, j, :] = jet[1:]
        more = split_panels(left, right, branch, stale, place, level, count, centre, spread, sharp)
        if more == count:
            break
        count = more
    joint_jet(place, level, child, widths, count, out)
$finish
''')


def vector_text(inner: VectorInner, show: Callable[[Expr], str], decorator: str) -> str:
    """The source of a log-partition function of several fields."""
    size = inner.size
    fields = [f"x{i}" for i in range(size)]
    pairs = [(i, j) for i in range(size) for j in range(i, size)]
    signature = ", ".join([*fields, *[f"V{i}{j}" for i, j in pairs], *inner.arguments])
    if inner.points or inner.sphere is not None:
        rows, known = [], len(inner.points)
        rule = [f"count = {known}"]
        if inner.sphere is not None:
            matrix = ", ".join(f"({', '.join(f'V{min(i, j)}{max(i, j)}' for j in range(size))})" for i in range(size))
            rule = [
                f"sphere, shares = sphere_rule(np.array(({', '.join(fields)})), np.array(({matrix})))",
                f"count = {known} + len(shares)",
            ]
            rows = [
                f"points[{known}:] = sphere",
                f"logs[{known}:] = {show(inner.sphere)} + np.log(shares)",
            ]
        for a, (weight, point) in enumerate(inner.points):
            rows += [f"points[{a}, {i}] = {show(x)}" for i, x in enumerate(point)] + [f"logs[{a}] = {show(weight)}"]
        terms = [f"x{i} * points[a, {i}]" for i in range(size)]
        terms += [f"{'-0.5 * ' if i == j else '-'}V{i}{j} * points[a, {i}] * points[a, {j}]" for i, j in pairs]
        return _POINTS.substitute(
            decorator=decorator,
            name=inner.name,
            signature=signature,
            size=size,
            rule="\n".join(f"    {line}" for line in rule),
            points="\n".join(f"    {row}" for row in rows),
            tilt="\n".join(f"        logs[a] += {term}" for term in terms),
        )
    arguments = "".join(f"{a}, " for a in inner.arguments)
    channel = inner.kind == "channel"
    field = "x1 + slope * (h - x0)" if channel else "x1 + slope * h"
    dispatch = []
    for b, (_, _, node) in enumerate(inner.branches):
        given = "".join(f"{a}, " for a in node.arguments[3:])
        dispatch += [
            f"    {'if' if b == 0 else 'elif'} branch == {b}:",
            f"        {node.name}(h, {field}, v, {given}refine, tol, work, jet)",
        ]
    start = (
        ["slope = V01 / V00", "v = V11 - slope * V01", "centre, spread = x0, math.sqrt(V00)"]
        if channel
        else ["slope = -V01", "v = V11", "centre, spread = x0 / (V00 + 1.0), 1.0 / math.sqrt(V00 + 1.0)"]
    )
    ends = [
        f"    ends[{b}, 0], ends[{b}, 1] = {show(lower)}, {show(upper)}"
        for b, (lower, upper, _) in enumerate(inner.branches)
    ]
    return _INTEGRAL.substitute(
        decorator=decorator,
        name=inner.name,
        signature=signature,
        arguments=arguments,
        dispatch="\n".join(dispatch),
        tilt="-0.5 * (h - x0) ** 2 / V00" if channel else "x0 * h - 0.5 * V00 * h * h",
        rows=max(1, *[node.rows for _, _, node in inner.branches]),
        branches=len(inner.branches),
        start="\n".join(f"    {line}" for line in start),
        ends="\n".join(ends),
        finish="    channel_jet(x0, V00, slope, out)" if channel else "",
    )
