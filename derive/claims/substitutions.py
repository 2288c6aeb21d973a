"""Order parameters and parameters in terms of positive numbers, so that roots and logarithms simplify."""

from __future__ import annotations

import sympy as sp

from derive.claims.engine import Engine
from derive.replica.pipeline import Derivation

__all__ = ["positive_symbols"]


def positive_symbols(engine: Engine, derivation: Derivation) -> list[tuple[sp.Symbol, sp.Expr]]:
    """Substitutions that reach all of the domain: q = r u/(1 + u) where r is fixed, u > 0; positive numbers by name."""
    module, names = engine.solver.module, engine.names
    found: list[tuple[sp.Symbol, sp.Expr]] = []
    for parameter in engine.model.parameters:
        domain = parameter.domain
        if domain.values is None and domain.lower.is_finite and domain.lower >= 0:
            found.append((parameter.symbol, sp.Symbol(f"{parameter.name}_", positive=True)))
    inside = dict(found)
    for f, norm in enumerate(derivation.saddle.norms):
        q = names[module.STATE[2 * f]]
        u = sp.Symbol(f"u{f}_", positive=True)
        if module.COLD:
            v = names[module.STATE[2 * f + 1]]
            found += [(q, u), (v, sp.Symbol(f"v{f}_", positive=True))]
        elif norm is not None:
            found.append((q, sp.S(norm).xreplace(inside) * u / (1 + u)))
        else:
            r = names[module.NAMES[f]["r"]]
            found += [(q, u), (r, u + sp.Symbol(f"v{f}_", positive=True))]
    for name in module.HATS:
        if name.startswith(("q_hat", "V_hat")) and "-" not in name:
            found.append((names[name], sp.Symbol(f"{name}_", positive=True)))
    return found
