"""The source of sums over counts of Gaussian averages; see `derive.kernel.counts` and `derive.runtime.counts`."""

from __future__ import annotations

from string import Template

__all__ = ["COUNTS", "COUNT_START"]

COUNT_START = """    if spread <= 0.0:
        $integrand(mean, ${arguments}refine, tol, work, out)
        return
    prior, precision = mean, 1.0 / var
    scale = math.sqrt(precision / (2.0 * math.pi))
    mean, sd = centre, math.sqrt(spread)"""
"""Where the integral for one count begins: its window is that of the law given the count."""

COUNTS = Template('''$decorator
def $name(mean, var, ${arguments}refine, tol, out):
    """Sum ${base}_field over $count = 0, 1, 2, ... in blocks that double, halved where a coarser rule disagrees."""
    work = np.empty(($rows, 5))
    law = np.empty(3)
    best = -math.inf
    top = 0.0
    fallen = 0
    $count = 0.0
    while $count < 1e13 and fallen < 4:  # the octave of most mass
        ${weight}($count, ${weight_arguments}refine, tol, work, law)
        fallen += 1
        if law[0] + math.log1p($count) > best:
            best, top, fallen = law[0] + math.log1p($count), $count, 0
        if best == -math.inf or best - law[0] < 40.0:
            fallen = 0
        $count = max(1.0, 2.0 * $count)
    middle = SHORT
    while 2.0 * middle <= top:
        middle *= 2.0
    lowest = best - math.log1p(top) - 100.0
    values = np.empty($outputs)
    terms = np.empty((NODES, $outputs + 1))
    total = np.zeros($outputs + 1)
    size = np.zeros($outputs + 1)
    fine = np.empty($outputs + 1)
    coarse = np.empty($outputs + 1)
    whole = np.empty($outputs + 1)
    starts = np.empty(128)
    lengths = np.empty(128)
    # blocks [0, 16), [16, 32), [32, 64), ...: from that of most mass up, then down
    first, upward = (0.0 if top < SHORT else middle), True
    while True:
        depth = 1
        starts[0], lengths[0] = first, max(first, SHORT)
        before = size.copy()
        while depth > 0:
            depth -= 1
            start, length = starts[depth], lengths[depth]
            row = block_size(length)
            nodes = NODES if row >= 0 else SHORT
            fine[:] = 0.0
            coarse[:] = 0.0
            whole[:] = 0.0
            for i in range(nodes):
                $count = start + (COUNT_X[row, i] if row >= 0 else float(i))
                ${weight}($count, ${weight_arguments}refine, tol, work, law)
                if not law[0] > lowest:
                    continue
                lowest = max(lowest, law[0] - 100.0)
                sharp = max(tol, 1e-15 * $count * math.log1p($count))  # the rounding of log P at this count
                ${base}_field(mean, var, law[1], law[2], $count, ${arguments}refine, sharp, values)
                for k in range($outputs + 1):
                    term = values[k] if k < $outputs else math.exp(law[0])
                    heavy, light = (COUNT_W[row, i], COUNT_C[row, i]) if row >= 0 else (1.0, 1.0)
                    fine[k] += heavy * term
                    coarse[k] += light * term
                    whole[k] += heavy * abs(term)
            passed = True
            for k in range($outputs + 1):
                passed &= not block_error(fine[k], coarse[k], whole[k]) > tol * max(size[k], whole[k])
            if passed or row < 0 or depth + 2 > starts.shape[0]:
                total += fine
                size += whole
            else:
                half = 0.5 * length
                starts[depth], lengths[depth] = start + half, half
                starts[depth + 1], lengths[depth + 1] = start, half
                depth += 2
        gone = True
        for k in range($outputs + 1):
            gone &= not size[k] - before[k] > 1e-3 * tol * size[k]
        if math.isnan(total[0]):
            break
        if upward:
            if (gone and size[$outputs] > 0.0 and first >= middle) or first >= 1e13:
                upward, first = False, middle if middle <= top else 0.0
            else:
                first = max(2.0 * first, SHORT)
        if not upward:
            if first <= 0.0:
                break
            first = 0.5 * first if first > SHORT else 0.0
    for k in range($outputs):  # a law that was not found whole is no number
        out[k] = total[k] if abs(total[$outputs] - 1.0) <= max(1e-6, 10.0 * tol) else math.nan
''')
