"""The site averages that theory calls order parameters, taken from weights: which functions of a site they weigh.

In fields sum_i sd_i g_i c_i w_i/sqrt(N) and sum_i sd_i g_i b_i/sqrt(N), f is what in sd*c differs between sites and t
what in sd*b does,

    q = (1/N) sum f_i^2 w_i^2,  m = (1/N) sum f_i t_i w_i,  V = (1/N) sum f_i^2 (response of w_i to a field on it).

Inputs of mean mu_i/sqrt(N) give a field the mean (1/N) sum mu_i c_i w_i; what in mu*c differs between sites weighs
another m.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from derive.errors import ModelError
from derive.simulate.closing import Closing
from derive.simulate.disorder import on_sites, student_factor
from derive.spec.model import Model

__all__ = ["Overlaps", "overlaps_of"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Overlaps:
    """The functions of a site that q (squared) and the overlaps m weigh, with the names of all."""

    q: str
    response: str
    own: sp.Expr
    partners: tuple[tuple[str, sp.Expr], ...]

    def measure(
        self, closing: Closing, sites: Mapping[sp.Symbol, Array], weights: Array, responses: Array | None
    ) -> dict[str, float | None]:
        """The order parameters of weights on sites."""
        size = weights.size
        square = on_sites(self.own, closing, sites, size) ** 2
        found: dict[str, float | None] = {self.q: float(np.mean(square * weights**2))}
        for name, partner in self.partners:
            found[name] = float(np.mean(on_sites(partner, closing, sites, size) * weights))
        found[self.response] = None if responses is None else float(np.mean(square * responses))
        return found


def overlaps_of(model: Model) -> Overlaps:
    """Return the overlaps of a model, named as its theory names them: m, or m_0, m_1, ... if there are several.

    Raises
    ------
    ModelError
        If the student fields of two channels weigh the sites differently.
    """
    w = model.weights[0].symbol
    names = [q.symbol for q in model.quenched]
    owns, partners = [], []
    for channel in model.channels:
        coefficient = student_factor(channel, w)
        own = _inside(channel.input_sd * coefficient, names)
        owns.append(own)
        partners += [own * _inside(channel.input_sd * f.coefficient, names) for f in channel.teacher]
    for channel in model.channels:
        coefficient = student_factor(channel, w)
        terms = sp.Add.make_args(sp.expand(channel.input_mean * coefficient))
        insides = [_inside(term, names) for term in terms if term != 0]
        if not any(inside.has_free(channel.y) for inside in insides):
            partners += insides
    if len(set(owns)) > 1:
        raise ModelError(
            f"{model.name}: channels whose student fields weigh the sites differently are not simulated by this version"
        )
    distinct = list(dict.fromkeys(partners))
    labels = ["m"] if len(distinct) == 1 else [f"m_{j}" for j in range(len(distinct))]

    def name(plain: str) -> str:
        return model.names.get(plain, plain)

    pairs = tuple((name(label), partner) for label, partner in zip(labels, distinct, strict=True))
    return Overlaps(name("q"), name("V"), owns[0], pairs)


def _inside(expression: sp.Expr, names: list[sp.Symbol]) -> sp.Expr:
    """The factors that differ between sites; a sign or number stays outside."""
    if not names:
        return sp.S.One
    return sp.S(sp.factor(expression).as_independent(*names, as_Add=False)[1])
