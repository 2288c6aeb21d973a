"""What generated modules import from the runtime."""

from __future__ import annotations

__all__ = ["COLD_IMPORTS", "IMPORTS", "VECTOR_IMPORTS"]

COLD_IMPORTS = (
    "from derive.runtime.inner",
    "from derive.runtime.descend import descend\nfrom derive.runtime.special import mills\nfrom derive.runtime.inner",
)
IMPORTS = """
from derive.runtime.adaptive import (
    MAX_PANELS,
    add_crossings,
    refine_panels,
    sinh_map,
    sum_panels,
    trapezoid_resolves,
    trapezoid_settled,
    trapezoid_start,
    window_too_short,
)
from derive.runtime.counts import COUNT_C, COUNT_W, COUNT_X, NODES, SHORT, block_error, block_size
from derive.runtime.inner import centered_to_channel, centered_to_site, guard_jet, moments_to_jet, sign, total_cumulants
from derive.runtime.intervals import log_interval_jet, tilted_interval_jet
from derive.runtime.jets import add_quadratic, log_ndtr_jet, log_sum_exp_jet, merge_jets, scale_chain
from derive.runtime.newton import COARSE, assemble, blurred, choose_step, move, retreat, sharpness
from derive.runtime.quadrature import G_W, GK_W, GK_X, GL_W, GL_X, gaussian_edges, graded_edges
from derive.runtime.special import H, bvn_upper, erfinv, log_cosh, log_ndtr, logistic, ndtr, softplus
from derive.runtime.strips import strip, strip_tail, strip_tails, strips, wide, wide_tail, wide_tails, wides
"""
VECTOR_IMPORTS = """from derive.runtime.spheres import sphere_rule
from derive.runtime.vectors import (
    LONGEST,
    PANELS,
    SCAN,
    channel_jet,
    hold,
    joint_jet,
    modes_jet,
    noise,
    point_jet,
    split_panels,
    vector_scan,
)
"""
