r"""Minimise sum_mu l_mu((A theta)_mu) + sum_i r_i(theta_i), all summands convex, to a certified accuracy.

The proximal method of multipliers: summands that bend are replaced by their envelopes around a multiplier,

    min_u l(u) + stiffness*(u - x - multiplier/stiffness)^2/2,

the smooth sum that remains is minimised by Newton steps with a line search, and the multipliers become the gradients of
the envelopes.  Smooth summands enter as they are, so that a smooth total is one Newton minimisation.

The result is judged by the conditions of Karush, Kuhn and Tucker, with u = A theta and v = theta split:
lambda_mu in dl_mu(u_mu) and nu_i in dr_i(v_i) hold by construction, and what is reported is

    kkt = max(|A^T lambda + nu|, |A theta - u|, |theta - v|), each relative to its terms,
    gap = |lambda.u + nu.v|: the primal value minus the dual value -l*(lambda) - r*(nu).

References
----------
Rockafellar, Math. Oper. Res. 1, 97 (1976) (the method); Li, Sun, Toh, SIAM J. Optim. 28, 433 (2018)
(Newton steps on the envelopes).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from derive.simulate.scalars import Stack, Terms

__all__ = ["Minimum", "Total", "contradiction", "minimise"]

Array = NDArray[np.float64]

OUTER = 80
IDLE = 15  # outer steps without gain after which the search ends
NEWTON = 100
SMALL = 1e-4, 0.1  # parts of the gradients at theta = 0 that count as small: smooth totals, others
STIFFEST = 1e6
DIVERGED = 1e5
UNREASONABLE = 1e3


@dataclass(frozen=True, slots=True)
class Total:
    """The function to minimise: `matrix` A of shape (P, n), P functions `losses`, n functions `penalties`."""

    matrix: Array
    losses: Stack
    penalties: Stack


@dataclass(frozen=True, slots=True)
class Minimum:
    """A minimiser with its certificate.

    `fields` are the P arguments of the losses and `theta` the n arguments of the penalties; `multipliers` and `pulls`
    are elements of the subdifferentials of losses and penalties there; `kkt` and `gap` as in the module's text;
    `steps` counts Newton steps.
    """

    theta: Array
    fields: Array
    multipliers: Array
    pulls: Array
    value: float
    kkt: float
    gap: float
    steps: int
    converged: bool


def minimise(total: Total, tolerance: float = 1e-9) -> Minimum:
    """Return the minimiser; `converged` is False if the tolerance was not reached (there may be no minimiser)."""
    work = _Work(total)
    best, idle = work.result(tolerance), 0
    for _ in range(OUTER):
        work.advance(1e-11 if work.plain else 0.1 * tolerance)
        found = work.result(tolerance)
        best, idle = (found, 0) if found.kkt <= best.kkt else (best, idle + 1)
        if found.converged or work.plain or work.diverged or idle >= IDLE or contradiction(total, found):
            break
        work.stiffen(found.kkt)
    return best


def contradiction(total: Total, found: Minimum) -> bool:
    """Whether the multipliers prove that no point of sensible size lies in all intervals of the summands.

    For points inside, lambda.A theta + nu.theta <= lambda.u + nu.v over the bounded summands (u, v maximise the right
    side); a negative right side and a small A^T lambda + nu push every such theta beyond the radius -right/|left|.
    """
    inside, outside = total.losses.bounded, total.penalties.bounded
    push, pull = np.where(inside, found.multipliers, 0.0), np.where(outside, found.pulls, 0.0)
    right = float(push @ found.fields + pull @ found.theta)
    left = float(np.linalg.norm(total.matrix.T @ push + pull))
    size = float(np.sqrt(found.theta.size)) + float(np.linalg.norm(found.theta))
    return -right > UNREASONABLE * size * left


class _Work:
    """The state of one minimisation."""

    def __init__(self, total: Total):
        self.total = total
        count, n = total.matrix.shape
        self.theta, self.loss_multiplier, self.penalty_multiplier = np.zeros(n), np.zeros(count), np.zeros(n)
        self.plain = total.losses.smooth and total.penalties.smooth
        self.stiffness, self.anchor = 1.0, 0.0 if self.plain else 1e-3
        self.steps, self.previous = 0, np.inf
        self.loss: Terms = total.losses.terms(total.matrix @ self.theta, self.loss_multiplier, 1.0)
        self.penalty: Terms = total.penalties.terms(self.theta, self.penalty_multiplier, 1.0)
        part = SMALL[0] if self.plain else SMALL[1]
        self.floor = max(part * _size(total.matrix, self.loss, self.penalty), 1e-300)

    @property
    def diverged(self) -> bool:
        """Whether the point is far beyond where a minimiser of a sensible total lies."""
        return bool(np.max(np.abs(self.theta), initial=0.0) > DIVERGED)

    def size(self, loss: Terms, penalty: Terms) -> float:
        """The size of the terms that cancel in a gradient."""
        return max(_size(self.total.matrix, loss, penalty), self.floor)

    def evaluate(self, theta: Array, centre: Array) -> tuple[float, Terms, Terms]:
        """The smooth function that an outer step minimises, with its terms."""
        with np.errstate(all="ignore"):  # steps that are too long are refused by their value
            loss = self.total.losses.terms(self.total.matrix @ theta, self.loss_multiplier, self.stiffness)
            penalty = self.total.penalties.terms(theta, self.penalty_multiplier, self.stiffness)
            pull = self.anchor * float(np.sum((theta - centre) ** 2)) / 2
            return float(np.sum(loss.value) + np.sum(penalty.value)) + pull, loss, penalty

    def advance(self, tolerance: float) -> None:
        """One outer step: Newton to the tolerance, then the new multipliers."""
        centre = self.theta.copy()
        value, loss, penalty = self.evaluate(self.theta, centre)
        matrix = self.total.matrix
        for _ in range(NEWTON):
            gradient = matrix.T @ loss.gradient + penalty.gradient + self.anchor * (self.theta - centre)
            if np.max(np.abs(gradient), initial=0.0) <= tolerance * self.size(loss, penalty):
                break
            step = self.direction(gradient, loss, penalty)
            slope = float(gradient @ step)
            length, accepted = 1.0, False
            while length > 1e-12:
                trial = self.theta + length * step
                new, new_loss, new_penalty = self.evaluate(trial, centre)
                if np.isfinite(new) and new <= value + 1e-4 * length * slope + 1e-14 * abs(value):
                    accepted = True
                    break
                length /= 2
            self.steps += 1
            if not accepted:
                break
            self.theta, value, loss, penalty = trial, new, new_loss, new_penalty
            if self.diverged:
                break
        self.loss, self.penalty = loss, penalty
        if not self.plain:
            self.loss_multiplier, self.penalty_multiplier = loss.gradient, penalty.gradient

    def direction(self, gradient: Array, loss: Terms, penalty: Terms) -> Array:
        """The Newton step of a matrix that is made positive."""
        n = gradient.size
        active = loss.curvature > 0
        rows = self.total.matrix[active] * np.sqrt(loss.curvature[active])[:, None]
        hessian = rows.T @ rows
        diagonal = np.arange(n)
        hessian[diagonal, diagonal] += penalty.curvature + self.anchor
        extra = 1e-14 * max(float(np.max(hessian[diagonal, diagonal], initial=0.0)), 1e-290)
        while True:
            try:
                hessian[diagonal, diagonal] += extra
                factor = scipy.linalg.cho_factor(hessian, lower=True, check_finite=False)
                step: Array = -scipy.linalg.cho_solve(factor, gradient, check_finite=False)
            except scipy.linalg.LinAlgError:
                step = np.full(n, np.nan)
            if np.isfinite(step).all() or extra > 1e300:
                return np.where(np.isfinite(step), step, 0.0)
            extra *= 100

    def result(self, tolerance: float) -> Minimum:
        """The present point with its certificate."""
        total, loss, penalty = self.total, self.loss, self.penalty
        reached = total.matrix @ self.theta
        force = total.matrix.T @ loss.gradient + penalty.gradient
        stationary = float(np.max(np.abs(force), initial=0.0)) / self.size(loss, penalty)
        split = float(np.max(np.abs(reached - loss.point), initial=0.0))
        split = max(split, float(np.max(np.abs(self.theta - penalty.point), initial=0.0)))
        kkt = max(stationary, split / (1 + float(np.max(np.abs(loss.point), initial=0.0))))
        value = float(np.sum(total.losses.value(loss.point)) + np.sum(total.penalties.value(penalty.point)))
        gap = abs(float(loss.gradient @ loss.point + penalty.gradient @ penalty.point))
        points = penalty.point, loss.point, loss.gradient, penalty.gradient
        converged = bool(kkt <= tolerance and np.isfinite(value))
        return Minimum(*points, value, kkt, gap, self.steps, converged)

    def stiffen(self, kkt: float) -> None:
        """Prepare the next outer step: stiffer envelopes where the last one gained little, a weaker anchor."""
        if kkt > 0.1 * self.previous:
            self.stiffness = min(4 * self.stiffness, STIFFEST)
        self.previous = min(self.previous, kkt)
        self.anchor = max(self.anchor / 4, 1e-8)


def _size(matrix: Array, loss: Terms, penalty: Terms) -> float:
    """The root mean square of a row of A^T lambda without cancellation, or the largest term of the penalty."""
    force = np.abs(loss.gradient)
    reach = float(np.sqrt(np.mean(matrix**2))) * float(np.sqrt(force @ force)) if matrix.size else 0.0
    return max(reach, float(np.max(np.abs(penalty.gradient), initial=0.0)))
