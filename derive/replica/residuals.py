r"""Losses of a residual: if the loss depends on y - h and y = c z + noise, the residual h - y is one Gaussian field.

Then E over (omega, z, noise) of l(omega; y) is E over u ~ N(-mean, scale^2 q - 2 c C + c^2 rho + noise variance) of
l(u; 0), with C = E omega z: one integral instead of three, a mixture of them for a mixture of noises.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import sympy as sp

from derive.calculus.envelopes import Envelope, envelope
from derive.calculus.nodes import DensityAverage, GaussianAverage, MoreauEnvelope, bound
from derive.errors import RuleNotApplicable
from derive.replica.channels import unshifted
from derive.replica.system import OMEGA, ChannelPart, Symbols
from derive.spec.model import Atom, Channel, Density, Law, Model, Normal

__all__ = ["Residual", "depends_on_residual", "residual_of"]

INNER = bound("inner")


@dataclass(frozen=True, slots=True)
class Residual:
    """The field u = h - y of a channel: its envelope, and its mixture of (weight, mean, variance, density or None)."""

    envelope: Envelope
    branches: tuple[tuple[sp.Expr, sp.Expr, sp.Expr, tuple[sp.Symbol, Density] | None], ...]
    scale: sp.Expr
    shift: sp.Expr  # by learned biases: the envelope minimises over h + shift
    signal: sp.Expr  # E (c z)^2
    covariance: sp.Expr  # E c z h

    @property
    def centred(self) -> bool:
        """Whether h - y has mean zero, whatever its mixture."""
        for _, mean, _, density in self.branches:
            if density is not None:
                s, law = density
                pdf = law.pdf.xreplace({law.variable: s})
                if (
                    sp.expand(mean).subs(s, 0) != 0
                    or law.lower != -law.upper
                    or sp.simplify(pdf - pdf.subs(s, -s)) != 0
                ):
                    return False
            elif mean != 0:
                return False
        return True

    def average(self, symbols: Symbols, body: Callable[[sp.Expr, MoreauEnvelope], sp.Expr]) -> sp.Expr:
        """E over the residual of body(u, l)."""
        l = MoreauEnvelope(sp.Symbol(self.envelope.name), 1, 0, OMEGA, self.scale**2 * symbols.v)
        total = sp.S.Zero
        inside = body(OMEGA, l)
        for weight, mean, variance, density in self.branches:
            node = GaussianAverage(inside, (OMEGA,), (mean,), (variance,))
            if density is not None and node != 0:
                s, law = density
                node = DensityAverage(node, s, law.pdf.xreplace({law.variable: s}), law.lower, law.upper)
            total += weight * node
        return total


def depends_on_residual(expression: sp.Basic, y: sp.Symbol, h: sp.Symbol) -> bool:
    """Whether an expression of y and h is a function of y - h."""
    if not expression.has(y):
        return False
    moved = expression.xreplace({y: y + h}).replace(lambda e: isinstance(e, sp.Expr) and e.has(h), sp.expand)
    return not moved.has(h)


def residual_of(channel: ChannelPart, spec: Channel, model: Model, symbols: Symbols) -> Residual | None:
    """The residual form of a channel, or None if its loss or its labels are not of this kind."""
    label, h = spec.label, spec.student[0].symbol
    if (
        spec.factor != "loss"
        or label is None
        or label.kind != "function"
        or any(p.mean.has(spec.y) for p in channel.components)
    ):
        return None
    try:
        loss, shift = unshifted(spec.factor_expression, spec, h, [g.symbol for g in model.globals])
    except Exception:  # a bias that is not a shift: refused elsewhere with a sentence
        return None
    if spec.input_mean.has(spec.y) or not depends_on_residual(loss, spec.y, h):
        return None
    z = spec.teacher[0].symbol if spec.teacher else None
    variables = [] if z is None else [z]
    y = sp.expand(label.expression)
    slope = sp.S.Zero if z is None else y.coeff(z)
    noises = {symbol: (y.coeff(symbol), law) for _, symbol, law in spec.noise if y.has(symbol)}
    constant = y - slope * (z or 0) - sp.Add(*[a * s for s, (a, _) in noises.items()])
    constant = sp.expand(constant)
    if constant.has(*variables, *noises) or any(
        e.has(*variables, *noises) for e in (slope, *[a for a, _ in noises.values()])
    ):
        return None
    if any(not isinstance(law, Law) for _, law in noises.values()):
        return None
    covariance = sp.S.Zero if channel.m is None else slope * channel.scale * channel.teacher_scale * channel.m
    signal = slope**2 * channel.teacher_scale**2 * channel.rho
    variance = channel.scale**2 * symbols.q - 2 * covariance + signal
    mean = shift + channel.components[0].mean - constant - slope * channel.teacher_mean
    branches = []
    for choice in product(*[law.components for _, law in noises.values()]):
        weight, centre, width, density = sp.S.One, mean, variance, None
        for (symbol, (a, _)), (w, part) in zip(noises.items(), choice, strict=True):
            weight *= w
            if isinstance(part, Atom):
                centre -= a * part.point
            elif isinstance(part, Normal):
                centre -= a * part.mean
                width += a**2 * part.variance
            elif isinstance(part, Density) and density is None:
                s = bound("quenched", 9)
                density = (s, part)
                centre -= a * s
            else:
                return None
            del symbol
        branches.append((weight, sp.expand(centre), sp.expand(width), density))
    body = loss.xreplace({spec.y: sp.S.Zero, h: INNER})
    try:
        found = envelope(f"M_{channel.index}", "channel", body, sp.Symbol("v", positive=True))
    except RuleNotApplicable:
        return None
    return Residual(found, tuple(branches), channel.scale, shift, signal, covariance)
