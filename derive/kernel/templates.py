"""The loops that generated modules contain, as text templates.

numba caches a function only together with the functions it calls by name, so the loops over an integrand are
emitted next to it instead of being passed a function.
"""

from __future__ import annotations

from string import Template

__all__ = ["ADAPTIVE", "INNER", "LABEL_WINDOW", "ROWS", "SMOOTH", "SOLVE", "SUM", "TRAPEZOID"]

ADAPTIVE = Template('''$decorator
def $name($measure, ${arguments}refine, tol, out):
    """Integrate ${integrand} over $variable by adaptive Gauss-Kronrod panels."""
    work = np.empty(($rows, 5))
    values = np.empty($outputs)
$start
    edges = np.empty(256)
    centers = np.empty($capacity)
    widths = np.empty($capacity)
    nc = 0
$hints
$trapezoid
$edges
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, $outputs))
    gauss = np.empty((MAX_PANELS, $outputs))
    size = np.empty((MAX_PANELS, $outputs))
    count = n - 1
    for i in range(count):
        left[i] = edges[i]
        right[i] = edges[i + 1]
        stale[i] = True
    while True:
        for i in range(count):
            if not stale[i]:
                continue
            stale[i] = False
            half = 0.5 * (right[i] - left[i])
            middle = 0.5 * (right[i] + left[i])
            for k in range($outputs):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                ${integrand}(u, ${arguments}refine, tol, work, values)
                density = half * ($density)
                for k in range($outputs):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol$floor)
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out$floor)
''')

LABEL_WINDOW = Template("""    best = -math.inf
    peak = 0.0
    span = 1.0
    for i in range(nc):
        if lower < centers[i] < upper:
            ${weight}(centers[i], ${weight_arguments}refine, tol, work, level)
            if level[0] > best:
                best, peak, span = level[0], centers[i], widths[i]
    if best == -math.inf:
        for i in range(-60, 61):
            u = math.sinh(0.2 * i)
            if lower > -math.inf:
                u = lower + math.exp(0.2 * i)
            elif upper < math.inf:
                u = upper - math.exp(0.2 * i)
            if lower < u < upper:
                ${weight}(u, ${weight_arguments}refine, tol, work, level)
                if level[0] > best:
                    best, peak, span = level[0], u, 0.1 + 0.2 * abs(u)
    if best == -math.inf:
        for k in range(out.shape[0]):
            out[k] = 0.0
        return
    if not (span > 0.0 and span < math.inf):
        span = 1.0
    ends = np.array([peak, peak])
    for sweep in range(2):  # out by doubling steps until the weight is gone, then back by halves while it still is
        low = high = peak  # the outermost transitions that carry weight
        for i in range(nc):
            if lower < centers[i] < upper:
                ${weight}(centers[i], ${weight_arguments}refine, tol, work, level)
                if level[0] > best - 45.0:
                    low, high = min(low, centers[i]), max(high, centers[i])
        for side in range(2):
            anchor, limit, step = (low, lower, -8.0 * span) if side == 0 else (high, upper, 8.0 * span)
            end = anchor if sweep == 0 else ends[side]
            while sweep == 0 and end != limit:
                end = max(limit, end + step) if side == 0 else min(limit, end + step)
                step *= 2.0
                ${weight}(end + 1e-12 * (anchor - end), ${weight_arguments}refine, tol, work, level)
                if level[0] > best:
                    best, peak = level[0], end
                if not level[0] > best - 45.0:
                    break
            for _ in range(60 if sweep == 1 and end != anchor else 0):
                ${weight}(0.5 * (anchor + end), ${weight_arguments}refine, tol, work, level)
                if level[0] > best - 45.0:
                    break
                end = 0.5 * (anchor + end)
            ends[side] = end
    first, last = ends[0], ends[1]
    centers[nc], widths[nc] = peak, span
    n = graded_edges(edges, first, last, centers, widths, nc + 1, 0.25 * (last - first))""")

TRAPEZOID = Template("""    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, $outputs))
    size = np.zeros($outputs)
    ends = np.zeros($outputs)
    level = 0
    while level < (4 if refine < 2.0 else 1):
        if level == 0:
            first = math.asinh((mean - reach * sd - c) / w)
            step = (math.asinh((mean + reach * sd - c) / w) - first) / intervals
        else:
            sums[0, :] = sums[1, :]
            sums[1, :] = sums[2, :]
            step *= 0.5
        start, stride = (0, 1) if level == 0 else (1, 2)
        grow, ratio = math.exp(first + start * step), math.exp(stride * step)
        last = intervals * 2**level
        for i in range(start, last + 1, stride):
            u = c + 0.5 * w * (grow - 1.0 / grow)
            density = $density * 0.5 * w * (grow + 1.0 / grow)
            ${integrand}(u, ${arguments}refine, tol, work, values)
            for k in range($outputs):
                term = density * values[k]
                sums[2, k] += term
                size[k] += abs(term)
                if level == 0 and i % 2 == 0:
                    sums[1, k] += term
                    if i % 4 == 0:
                        sums[0, k] += term
                        if i == 0 or i == last:
                            ends[k] += abs(term)
            grow *= ratio
        if level == 0 and window_too_short(ends, size, reach, tol$floor):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol$floor):
            for k in range($outputs):
                out[k] = step * sums[2, k]
            return
""")

SUM = Template('''$decorator
def $name(${arguments}refine, tol, out):
    """Sum ${integrand} over $variable = 0, 1, 2, ... until its weight is below exp(-45) of the peak."""
    work = np.empty(($rows, 5))
    values = np.empty($outputs)
    level = np.empty(1)
    out[:] = 0.0
    best = -math.inf
    previous = -math.inf
    u = 0.0
    while u < 1e6:
        ${weight}(u, ${weight_arguments}refine, tol, work, level)
        best = max(best, level[0])
        if level[0] < best - 45.0 and level[0] <= previous:
            break
        previous = level[0]
        if level[0] > best - 60.0:
            ${integrand}(u, ${arguments}refine, tol, work, values)
            for k in range($outputs):
                out[k] += values[k]
        u += 1.0
''')

ROWS = Template('''$decorator
def $name(p, ${arguments}refine, tol, out):
    """The mean of ${integrand} over the rows of the table in p."""
    work = np.empty(($rows, 5))
    values = np.empty($outputs)
    out[:] = 0.0
    for i in range($start, $stop):
        ${integrand}($columns, ${arguments}refine, tol, work, values)
        for k in range($outputs):
            out[k] += values[k]
    out /= $count
''')

SMOOTH = Template("""    $variable = x
    best = $log_body
    spacing = 0.5
    while $v >= 1e-2 and best > -math.inf and spacing > 0.2:  # trapezoid in t = (w - x)/sqrt(v), halved once
        moments = np.zeros(5)
        coarse = np.zeros(2)
        edge = 0.0
        count = int(9.0 / spacing)
        for i in range(-count, count + 1):
            t = i * spacing
            $variable = x + math.sqrt($v) * t
            value = $log_body
            mass = math.exp(value - best - 0.5 * t * t) if value > -math.inf else 0.0
            power = mass
            for k in range(5):
                moments[k] += power
                power *= t
            if i % 2 == 0:
                coarse[0] += mass
                coarse[1] += mass * t**4
            if i == -count or i == count:
                edge = max(edge, mass)
        near = max(abs(2.0 * coarse[0] - moments[0]) / moments[0], abs(2.0 * coarse[1] - moments[4]) / moments[4])
        if near <= 2e-8 and edge <= 1e-17 * moments[0]:  # the error at half the spacing is the square of this
            total = ${level}best + math.log(spacing * moments[0] / math.sqrt(2.0 * math.pi))
            m0, m1, m2, m3, m4 = moments
            total_cumulants(total, m0, m1, m2, m3, m4, math.sqrt($v), 0.0, $v, out)
            return
        spacing *= 0.5
""")

INNER = Template('''$decorator
def $name(x, $second, ${arguments}refine, out):
    """log of the integral of the body over $variable, with its field derivatives (orders 0 to 4)."""
$trapezoid    lower = $lower
    upper = $upper
    $variable = min(max($start, lower), upper)
    step = $spread
    best = $log_body + $tilt
    if not best > -math.inf:
        for i in range(-40, 41):
            trial = math.sinh(0.25 * i)
            if lower > -math.inf:
                trial = lower + math.exp(0.25 * i) if upper == math.inf else lower + (upper - lower) * (i + 40.5) / 81.0
            elif upper < math.inf:
                trial = upper - math.exp(0.25 * i)
            $variable = trial
            value = $log_body + $tilt
            if value > best:
                best, peak = value, trial
        $variable = peak if best > -math.inf else min(max(0.0, lower), upper)
    peak = $variable
    for direction in (1.0, -1.0):  # walk uphill by doubling steps, then shrink
        stride = step
        while stride > 1e-3 * step:
            $variable = min(max(peak + direction * stride, lower), upper)
            value = $log_body + $tilt
            if value > best:
                best, peak = value, $variable
                stride *= 2.0
            else:
                stride *= 0.5
    ends = np.empty(2)
    for side in range(2):
        direction = 1.0 if side == 1 else -1.0
        limit = upper if side == 1 else lower
        inside, stride = 0.0, step
        while True:  # a point outside: below the peak by more than 42
            $variable = peak + direction * stride
            if (side == 1 and $variable >= limit) or (side == 0 and $variable <= limit):
                stride = abs(limit - peak)
                break
            value = $log_body + $tilt
            if not value > best - 42.0 or stride > 1e12:
                break
            inside = stride
            stride *= 2.0
        outside = stride
        for _ in range(6):
            middle = 0.5 * (inside + outside)
            $variable = peak + direction * middle
            value = $log_body + $tilt
            if value > best - 42.0:
                inside = middle
            else:
                outside = middle
        ends[side] = peak + direction * outside
    panels = 4 * int(refine)
    nodes = np.empty(20 * panels)
    masses = np.empty(20 * panels)
    total = 0.0
    mean = 0.0
    half_panels = panels // 2
    for panel in range(panels):
        if panel < half_panels:
            a = ends[0] + (peak - ends[0]) * (panel / half_panels)
            b = ends[0] + (peak - ends[0]) * ((panel + 1) / half_panels)
        else:
            a = peak + (ends[1] - peak) * ((panel - half_panels) / half_panels)
            b = peak + (ends[1] - peak) * ((panel + 1 - half_panels) / half_panels)
        half = 0.5 * (b - a)
        for j in range(20):
            $variable = 0.5 * (a + b) + half * GL_X[j]
            value = $log_body + $tilt
            if math.isnan(value):
                out[:] = math.nan
                return
            mass = half * GL_W[j] * math.exp(value - best) if value > -math.inf else 0.0
            nodes[panel * 20 + j] = $variable
            masses[panel * 20 + j] = mass
            total += mass
            mean += mass * ($variable - peak)
    if not total > 0.0:
        out[:] = 0.0
        out[0] = -math.inf
        return
    mean = peak + mean / total
    k2 = 0.0
    k3 = 0.0
    k4 = 0.0
    for i in range(20 * panels):
        masses[i] /= total
        gap = nodes[i] - mean
        k2 += masses[i] * gap ** 2
        k3 += masses[i] * gap ** 3
        k4 += masses[i] * gap ** 4
    k4 -= 3.0 * k2 * k2
    total = ${level}best + math.log(total)
$smooth_block
$finish
''')

SOLVE = Template('''$decorator
def evaluate(x, p, refine, tol, hats, mapped, residual, jacobian):
    """One step of the map: conjugates, new overlaps, residual and Jacobian in the solver's coordinates."""
    chan = np.empty(CHANNEL_OUTPUTS)
    channel(x, p, refine, tol, chan)
    for k in range(CONJUGATES):
        hats[k] = chan[k]
$guard
    place = np.empty(SITE_OUTPUTS)
    site(hats, p, refine, tol, place)
    for k in range(MAPPED):
        mapped[k] = place[k]
    assemble(x, chan, place, CONJUGATES, GLOBALS, MAPPED, TIED, residual, jacobian)


$decorator
def solve(x, p, refine, tol, accuracy, damping, max_steps, newton_only, hats, info):
    """Iterate from x (in place) to a fixed point; info = (status, steps, residual, distance, spectral radius).

    Damped iteration follows the branch of the start; Newton with the exact Jacobian takes over where the
    map contracts and the step is small (everywhere if newton_only).  Integrals are as sharp as the step needs, and
    always sharp to tol where the iteration ends; the state then takes one more Newton step, below accuracy.
    """
    mapped = np.empty(MAPPED)
    residual = np.empty(UNKNOWNS)
    jacobian = np.empty((UNKNOWNS, UNKNOWNS))
    step = np.empty(UNKNOWNS)
    state = np.zeros(8)
    state[4] = EDGE
$start$vanishes    previous = x.copy()
$prepare
    sharp = max(tol, COARSE)
    for count in range(max_steps):
        evaluate(x, p, refine, sharp, hats, mapped, residual, jacobian)
        if ${inside}blurred(residual, sharp, tol):
            sharp = tol
            evaluate(x, p, refine, sharp, hats, mapped, residual, jacobian)
        if ${inside}retreat(x, previous, residual, state, TIED):
            continue
        status = ${choose}(
            x, p, mapped, residual, jacobian, accuracy, damping, newton_only, TIED, GLOBALS, step, state, info$given
        )
        info[1] = count + 1
        if status != 0 and sharp > tol and not (status == 6.0 and info[2] > 1000.0 * sharp):
            sharp = tol
            continue
        if status == 1.0:
            move(x, step, TIED, GLOBALS, p)
            chan = np.empty(CHANNEL_OUTPUTS)
            channel(x, p, refine, tol, chan)
            hats[:] = chan[:CONJUGATES]
        if status != 0:
            info[0] = status
            return
        move(x, step, TIED, GLOBALS, p)
$hold        sharp = sharpness(info, tol)
    info[0] = 5.0
''')
