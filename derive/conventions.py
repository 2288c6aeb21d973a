r"""Every symbol of the theory: its name in code, its LaTeX, its domain and its meaning.

Plain data, no mathematics: the printers, the documentation and the messages take their words from here.
Domains and meanings are prose with mathematics between dollars; order parameters are declared under their
default names, and a model's `[names]` renames them.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "BOUND_NAMES",
    "FUNCTIONS",
    "GREEK",
    "ORDER_PARAMETERS",
    "QUANTITIES",
    "STAGES",
    "STATUSES",
    "Convention",
    "lookup",
]


@dataclass(frozen=True, slots=True)
class Convention:
    """One symbol: ASCII name in code, LaTeX, domain and meaning (prose, mathematics between dollars)."""

    name: str
    latex: str
    domain: str
    meaning: str


ORDER_PARAMETERS: tuple[Convention, ...] = (
    Convention("q", "q", r"$0 \le q \le r$", r"overlap of two replicas, $\frac1N\sum_i f_i^2 w_i^a w_i^b$"),
    Convention("r", "r", r"$r > 0$", r"self-overlap of one replica, $\frac1N\sum_i f_i^2 (w_i^a)^2$"),
    Convention("m", "m", r"$m^2 \le q \rho$", r"overlap with the teacher, $\frac1N\sum_i f_i t_i w_i^a$"),
    Convention("q_hat", r"\hat{q}", r"$\hat q \ge 0$", r"conjugate of $q$: the variance of the site field"),
    Convention(
        "r_hat",
        r"\hat{r}",
        "real",
        r"conjugate of $r$: a multiplier that tilts every site by $e^{\hat r f^2 w^2/2}$",
    ),
    Convention("m_hat", r"\hat{m}", "real", r"conjugate of $m$: the field along the teacher"),
    Convention("v", "r-q", r"$r - q \ge 0$", r"the increment $r-q$: the variance of a field inside a state"),
    Convention("A", r"\hat{q}-\hat{r}", r"$\hat q-\hat r$", "the precision that a site sees"),
    Convention(
        "V",
        "V",
        r"$V > 0$",
        r"the response $\lim\beta(r-q)$: the mean derivative of $f_iw_i$ in the field of its site; also the "
        r"variance parameter of the proximal points",
    ),
    Convention(
        "V_hat",
        r"\hat{V}",
        r"$\hat V > 0$",
        r"conjugate of $V$, $\lim(\hat q-\hat r)/\beta$: the curvature that the samples add to the penalty of a site",
    ),
)

QUANTITIES: tuple[Convention, ...] = (
    Convention("N", "N", "$N \\to \\infty$", "number of sites"),
    Convention("n", "n", r"$n \to 0$", "number of replicas"),
    Convention("alpha", r"\alpha", r"$\alpha > 0$", "samples per site"),
    Convention("beta", r"\beta", r"$\beta > 0$", "inverse temperature of losses, penalties and energies"),
    Convention(
        "free_entropy",
        r"\phi",
        "real",
        r"$\lim \mathbb E \log Z / N$; at zero temperature that over $\beta$, minus the minimum of the losses and "
        r"penalties over $N$",
    ),
    Convention("free_energy", "f", "real", r"$-\phi/\beta$; at zero temperature $-\phi$"),
    Convention(
        "energy",
        "e",
        "real",
        r"losses and penalties over $N$; at zero temperature their minimum, $-\phi$",
    ),
    Convention(
        "prox_variance",
        "V",
        "positive",
        r"at zero temperature, the variance parameter of a channel: a training sample has the field "
        r"$\mathrm{prox}(\omega)$ where a fresh one has $\omega$; $V$ times the squared scale of the field",
    ),
    Convention("mutual_information", "I", "nonnegative", r"of signal and data, over $N$, in nats"),
    Convention("bias", "B", "nonnegative", r"of a regression, $\mathbb{E}(c z - \mathbb{E} h)^2$ over fresh inputs"),
    Convention("variance", r"\Sigma", "nonnegative", r"of a regression, the variance of $h$ over training sets"),
    Convention("interaction", r"\phi_{\mathrm{int}}", "real", "overlaps times conjugates"),
    Convention("site", r"\phi_{\mathrm{site}}", "real", "the entropy of one site in its field"),
    Convention("channel", r"\phi_{\mathrm{ch}}", "real", "the samples, with their numbers per site"),
    Convention(
        "m_mean",
        "m",
        r"$m^2 \le q\,\mathbb{E}t^2$",
        r"overlap with the mean of the inputs, $\frac1N\sum_i f_i t_i w_i^a$",
    ),
    Convention("m_mean_hat", r"\hat{m}", "real", r"conjugate of $m$: the field along the mean of the inputs"),
    Convention(
        "m_partner",
        "m",
        r"$m^2 \le q\,\mathbb{E}t^2$",
        r"overlap with a quenched partner, $\frac1N\sum_i f_i t_i w_i^a$",
    ),
    Convention("m_partner_hat", r"\hat{m}", "real", r"conjugate of $m$: the field along the quenched partner"),
    Convention("rho", r"\rho", r"$\rho \ge 0$", "second moment of the teacher field"),
)

# Reserved bound symbols of the calculus: their name there, and how they are written.
BOUND_NAMES: dict[str, tuple[str, str]] = {
    "ω": ("ω", r"\omega"),  # the shared part of a student field
    "ζ": ("z", "z"),  # the teacher field
    "ξ": ("ξ", r"\xi"),  # the field that a site sees
    "η": ("h", "h"),  # the integration variable: h in a channel, w at a site
    "υ": ("y", "y"),  # the label
    "σ": ("s", "s"),  # a quenched site variable
    "θ": ("t", "t"),  # the variable of a standard normal mean
    "χ": ("u", "u"),  # the residual h - y of a sample
    "ϲ": ("c", "c"),  # a mean over constants of the model
    "ϖ": ("σ", r"\sigma"),  # the standard deviation of a residual
    "ς": ("τ", r"\tau"),  # the standard deviation of the teacher field given the student's
}

FUNCTIONS: tuple[Convention, ...] = (
    Convention("H", "H", "real", r"Gaussian tail $H(x) = \int_x^\infty \frac{e^{-t^2/2}}{\sqrt{2\pi}}\,dt$"),
    Convention("step", r"\theta", "real", r"step: $\theta(x) = 1$ for $x > 0$, $0$ for $x < 0$"),
    Convention("orthant", r"\Phi_2^c", "real", r"$P(X > a, Y > b)$ of unit normals with correlation $c$"),
    Convention("logistic", r"\sigma", "real", r"$\sigma(x) = 1/(1+e^{-x})$"),
    Convention(
        "envelope",
        r"\mathcal{M}_V[\ell](\omega)",
        "real",
        r"Moreau envelope $\min_h\{(h-\omega)^2/(2V) + \ell(h)\}$; the minimiser is $\mathrm{prox}_V[\ell](\omega)$",
    ),
    Convention(
        "conjugate_envelope",
        r"\mathcal{M}^*_{\hat V}[g](\xi)",
        "real",
        r"the conjugate of $g(w) + \hat V w^2/2$: $\max_w\{\xi w - \hat V w^2/2 - g(w)\}$; its slope is the maximiser",
    ),
    Convention("softplus", r"\log(1+e^x)", "real", r"$\log(1+e^x)$"),
)

STATUSES: dict[str, str] = {
    "exact": "follows with no assumption beyond the stated conditions",
    "standard": "the replica method's non-rigorous steps: exchange of limits, continuation in $n$",
    "ansatz": "an assumption on the form of the solution",
    "asserted": "taken from the model file without proof",
}

STAGES: dict[str, str] = {
    "replicate": "Replicate",
    "average_disorder": "Average over the disorder",
    "order_parameters": "Order parameters and conjugates",
    "ansatz": "Ansatz for the overlap matrices",
    "replica_limit": "Replica limit",
    "reduce": "Reduce",
    "temperature": "Temperature limit",
    "saddle_point": "Saddle point",
    "stability": "Stability",
}

GREEK: dict[str, str] = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "lamda": "λ", "lam": "λ", "mu": "μ", "nu": "ν",
    "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ", "chi": "χ",
    "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ",
    "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip

_TABLE = {c.name: c for c in (*ORDER_PARAMETERS, *QUANTITIES, *FUNCTIONS)}


def lookup(name: str) -> Convention | None:
    r"""Return what is known of a name, or None.

    >>> lookup("q_hat").latex
    '\\hat{q}'
    """
    return _TABLE.get(name)
