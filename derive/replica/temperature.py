r"""Stage `temperature`, for models with beta = "inf": the free entropy over beta as beta -> infinity.

Input: the free entropy of stage 5 at a symbolic beta.  Output: the same in V = beta (r - q) and
V_hat = (q_hat - r_hat)/beta, with envelopes in place of log-partition functions.

With r - q = V/beta, q_hat - r_hat = beta V_hat, q_hat -> beta^2 q_hat, m_hat -> beta m_hat, a field of a site is beta x
with x ~ N(m_hat t, q_hat), and by Laplace's method (1/beta) log Z(omega, V/beta) -> -M(omega, V) and
(1/beta) log Z_w(beta x, beta V_hat) -> max_w [x f w - V_hat f^2 w^2/2 - penalty]; entropies of order log(beta)/beta
vanish.  The scaling holds where the minimiser is unique: V finite.  Where it is degenerate V diverges, and the limit is
the measure on the minimisers (`regimes`): the stage says whether a model has both.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from derive.calculus.nodes import LogPartition, MoreauEnvelope, derivative, substitute
from derive.errors import ModelError
from derive.replica.regimes import REGIMES, satisfiable_model
from derive.replica.replica_limit import FreeEntropy
from derive.replica.residuals import residual_of
from derive.replica.system import WARM, Symbols, System
from derive.replica.trace import Trace
from derive.spec.model import Domain, Model, Parameter

__all__ = ["take_zero_temperature", "warm_model"]


def warm_model(model: Model) -> Model:
    """A model at beta = "inf" with beta as a parameter: what the stages before the limit work on."""
    if model.beta is not sp.oo:
        return model
    domain = Domain(sp.S.Zero, sp.oo, True, True, None, "(0, inf)")
    beta = Parameter(WARM.name, WARM, domain, sp.Integer(2), "inverse temperature, to infinity")
    return replace(model, beta=WARM, parameters=(*model.parameters, beta))


def take_zero_temperature(free: FreeEntropy, model: Model, trace: Trace) -> FreeEntropy:
    """Take beta -> infinity on the free entropy over beta."""
    system = free.system
    warm = [f.symbols for f in system.families]
    cold = [_cold_symbols(s, model) for s in warm]
    scaled: dict[sp.Expr, sp.Expr] = {}
    for s, c in zip(warm, cold, strict=True):
        scaled |= {s.v: c.v / WARM, s.A: WARM * c.A, s.q_hat: WARM**2 * s.q_hat}
        scaled |= {m: WARM * m for m in s.m_hat}
    interaction = _limit(substitute(free.interaction, scaled) / WARM)
    residuals = tuple(
        residual_of(c, spec, model, cold[c.family]) for c, spec in zip(system.channels, model.channels, strict=True)
    )
    families = tuple(replace(f, symbols=c) for f, c in zip(system.families, cold, strict=True))
    limit = replace(
        system, model=model, beta=sp.oo, families=families, cold=True, matched=False, domain=(), residuals=residuals
    )
    limit = replace(limit, domain=_domain(limit))
    renamed = {s.v: c.v for s, c in zip(warm, cold, strict=True)} | {s.A: c.A for s, c in zip(warm, cold, strict=True)}

    def envelopes(node: sp.Expr) -> sp.Expr:
        nodes = {l: _envelope_of(l, system) for l in node.atoms(LogPartition)}
        return substitute(node.xreplace(nodes), renamed)

    channels = tuple((samples, envelopes(node)) for samples, node in free.channels)
    sites = tuple((size, envelopes(node)) for size, node in free.sites)
    energy = sp.S.Zero if system.energy is None else system.energy.cold(warm, [c.v for c in cold])
    result = FreeEntropy(limit, interaction, sites, channels, sp.S.Zero, energy)
    result = replace(result, system=replace(limit, zero_entropy=_entropy(result)))
    trace.record(
        "zero-temperature",
        "temperature",
        "standard",
        r"$\beta\to\infty$ on $\phi/\beta$: $r-q = V/\beta$, $\hat q-\hat r = \beta\hat V$, $\hat q\to\beta^2\hat q$"
        + (r", $\hat m\to\beta\hat m$" if system.overlaps else "")
        + r": by Laplace's method $\frac1\beta\log Z(\omega, V/\beta)\to-\mathcal M_V[\ell](\omega)$ with the Moreau "
        r"envelope of the loss, $\mathcal M_V[\ell](\omega)=\min_h\{(h-\omega)^2/(2V)+\ell(h)\}$, and a site in the "
        r"field $\beta\xi$ becomes $\max_w\{\xi f w-\hat V f^2w^2/2-g(w)\}$ with its penalty $g$, "
        r"$\mathcal M^*_{\hat V}[g](\xi)$ for $f=1$. "
        r"They obey Hamilton-Jacobi equations, $\partial_V\mathcal M=-(\partial_\omega\mathcal M)^2/2$ and "
        r"$\partial_{\hat V}\mathcal M^*=-(\partial_\xi\mathcal M^*)^2/2$. "
        r"$\phi$ is now minus the minimum of losses and penalties over $N$.",
        [("free_entropy", result.total)],
        conditions=(
            "beta -> infinity after N -> infinity and n -> 0 (exchange of limits)",
            "the minimiser is unique: V stays finite (where V diverges the limit is the measure on the minimisers)",
            *([REGIMES] if satisfiable_model(limit, model) is not None else []),
            *map(str, limit.domain),
        ),
    )
    if result.system.zero_entropy is not None:
        trace.record(
            "zero-temperature-entropy",
            "temperature",
            "standard",
            r"The term of order one of $\phi$ beside that of order $\beta$: of the energies, of $r-q=V/\beta$, and of "
            r"the Gaussian fluctuations of the fields about their proximal points. (Atoms tie in a share of order "
            r"$1/\beta$ of the sites.) At replica symmetry it may be negative: then the ansatz fails.",
            [("s", result.system.zero_entropy)],
        )
    if not any(r is not None for r in limit.residuals):
        return result
    channels = tuple(
        (samples, node if residual is None else residual.average(cold[c.family], lambda u, l: l))
        for (samples, node), residual, c in zip(channels, limit.residuals, limit.channels, strict=True)
    )
    result = replace(result, channels=channels)
    trace.record(
        "residual-field",
        "temperature",
        "exact",
        r"The loss depends on $y-h$ and the label is linear in $z$ and the noise: with $u=\omega-y$, again Gaussian (a "
        r"mixture for a mixture of noises), $\mathcal M_V[\ell(\cdot;y)](\omega)=\mathcal M_V[\ell(\cdot;0)](u)$.",
        [("channel", result.channel)],
        conditions=("loss(y + t, h + t) = loss(y, h)", "y is linear in z and in the noises"),
    )
    return result


def _entropy(free: FreeEntropy) -> sp.Expr | None:
    """The term of order one of phi for weights on atoms, or None where a loss has kinks."""
    system = free.system
    labels = [p.label for c in system.channels for p in c.components if p.label is not None]
    if labels or any(f.site.measure != "count" for f in system.families):
        return None
    symbols = [f.symbols for f in system.families]
    total = sp.S.Zero if system.energy is None else system.energy.fluctuation(symbols, [s.v for s in symbols])
    for family in system.families:
        s = family.symbols
        if family.norm is None:
            total += family.size * s.A * s.v / 2
        else:
            total -= s.v * derivative(free.channel, s.q)  # q = r - V/beta
    for channel in system.channels:
        v = symbols[channel.family].v
        for part in channel.components:
            found = part.envelope
            if found is None or not found.smooth or found.regions[0].prox is None:
                return None
            bend = found.regions[0].cost.diff(found.inner, 2)
            total -= channel.samples * sp.log(1 + channel.scale**2 * v * bend) / 2
    return total


def _cold_symbols(s: Symbols, model: Model) -> Symbols:
    suffix = s.v.name.partition("_")[2]
    short = f"V_{suffix}" if suffix else "V"
    name = model.names.get(short, short)
    hat = f"{name}_hat" if name != short or not suffix else f"V_hat_{suffix}"
    return replace(s, v=sp.Symbol(name, positive=True), A=sp.Symbol(hat, positive=True))


def _limit(expression: sp.Expr) -> sp.Expr:
    """The limit beta -> infinity of a sum of powers of beta."""
    total = sp.S.Zero
    for term in sp.Add.make_args(sp.expand(expression)):
        rest, power = term.as_independent(WARM, as_Add=False)
        exponent = power.as_base_exp()[1] if power != 1 else sp.S.Zero
        if exponent.is_positive:
            raise ModelError(f"the scaling of the zero-temperature limit does not hold: {term} diverges")
        total += rest if exponent == 0 else sp.S.Zero
    return total


def _envelope_of(node: LogPartition, system: System) -> sp.Expr:
    """The envelope that a log-partition function over beta becomes."""
    name, sigma, order, x, v, *rest = node.args
    partition = system.partitions[name.name]
    given = dict(zip(partition.rest, rest, strict=True))
    site = next((f.site for f in system.families if f.site.partition.name == partition.name), None)
    if site is not None:
        found, f = site.envelope, site.factor.xreplace(given)
        x, v = f * x, f**2 * v
    else:
        parts = [p for c in system.channels for p in c.components]
        found = next(p.envelope for p in parts if p.partition.name == partition.name)
    assert found is not None and order == 0
    return MoreauEnvelope(sp.Symbol(found.name), sigma, order, x, v, *[given[r] for r in found.rest])


def _domain(system: System) -> tuple[sp.Basic, ...]:
    """The conditions for the minima to exist, in V and V_hat."""
    found: dict[sp.Basic, None] = {}
    for channel, residual in zip(system.channels, system.residuals, strict=True):
        used = [residual.envelope] if residual is not None else [p.envelope for p in channel.components]
        v = channel.scale**2 * system.families[channel.family].symbols.v
        for e in used:
            found |= dict.fromkeys(d.xreplace({e.variance: v}) for d in e.domain)
    for family in system.families:
        f, envelope = family.site.factor, family.site.envelope
        found |= dict.fromkeys(d.xreplace({envelope.variance: f**2 * family.symbols.A}) for d in envelope.domain)
    return tuple(d for d in found if d is not sp.true)
