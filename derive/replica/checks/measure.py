"""Numbers from expressions: compiled functions, breakpoints, and measures on a line.

A factor or a density, with its jumps, kinks and point masses, becomes a list of nodes and weights.  Everything is
found numerically (sign changes by bisection, panels by halving), with no use of the symbolic calculus.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import lru_cache, partial

import numpy as np
import sympy as sp
from numpy.typing import NDArray
from scipy import special
from sympy.core.relational import Relational

from derive.spec.functions import GaussMean, Step

__all__ = ["Array", "LineMeasure", "compiled", "gauss_panels", "gaussian_rule", "number", "rounded", "switches"]

Array = NDArray[np.float64]

_FUNCTIONS: dict[str, Callable[..., Array]] = {
    "Step": lambda x: np.heaviside(x, 0.5),
    "GaussianTail": lambda x: special.ndtr(-np.asarray(x, dtype=float)),
    "Logistic": lambda x: special.expit(np.asarray(x, dtype=float)),
    "Softplus": lambda x: np.logaddexp(0.0, x),
    "factorial": lambda x: special.gamma(np.asarray(x, dtype=float) + 1.0),
}
_SWITCHES = (sp.sign, sp.Abs, Step, sp.Heaviside)
_ORDER = 10
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(_ORDER)


def _plain(expression: sp.Basic) -> sp.Expr:
    """A number-valued expression: a condition becomes its indicator, constant Gaussian means their value."""
    if not isinstance(expression, sp.Expr):
        expression = sp.Piecewise((1, expression), (0, True))
    constants = {g: _mean(g) for g in expression.atoms(GaussMean) if not g.free_symbols}
    return expression.xreplace(constants) if constants else expression


@lru_cache(maxsize=4096)
def _mean(constant: GaussMean) -> sp.Expr:
    """The number that a mean over constants is; means inside of it are computed once, not at every node."""
    inner = {g: _mean(g) for g in constant.atoms(GaussMean) if g != constant and not g.free_symbols}
    return sp.N(constant.xreplace(inner), 17)


@lru_cache(maxsize=4096)
def compiled(expression: sp.Basic, variables: tuple[sp.Symbol, ...]) -> Callable[..., Array]:
    """A numpy function of `variables`."""
    body = _plain(expression)
    missing = body.free_symbols - set(variables)
    if missing:
        raise KeyError(f"no value for {sorted(map(str, missing))} in {expression}")
    raw = sp.lambdify(variables, body, modules=[_FUNCTIONS, "scipy", "numpy"])

    def call(*values: Array | float) -> Array:
        arrays = [np.asarray(v, dtype=float) for v in values]
        with np.errstate(all="ignore"):
            result = np.asarray(raw(*arrays), dtype=float)
        if result.ndim and (len(arrays) == 1 or result.shape == arrays[0].shape):
            return result
        return np.broadcast_to(result, np.broadcast_shapes(*(a.shape for a in arrays)))

    return call


@lru_cache(maxsize=4096)
def _separated(expression: sp.Expr) -> tuple[sp.Expr, tuple[tuple[sp.Symbol, sp.Expr, tuple[sp.Symbol, ...]], ...]]:
    """An expression in symbols for its means, and for each mean its symbol and what it depends on."""
    found = sorted(expression.atoms(GaussMean), key=str) if expression.has(GaussMean) else []
    names = {g: sp.Symbol(f"@mean{j}", real=True) for j, g in enumerate(found)}
    skeleton = expression.xreplace(names) if names else expression
    used = [(s, g) for g, s in names.items() if skeleton.has(s)]
    return skeleton, tuple((s, g, tuple(sorted(g.free_symbols, key=str))) for s, g in used)


@lru_cache(maxsize=4096)
def _mean_at(mean: sp.Expr, values: tuple[tuple[sp.Symbol, float], ...]) -> float:
    """A mean at given parameters."""
    return float(_mean(mean.xreplace({s: sp.Float(x, 17) for s, x in values})))


def number(expression: sp.Basic, values: dict[sp.Symbol, float] | None = None) -> float:
    """The value of an expression at a point."""
    expression = sp.S(expression)
    if expression in (sp.oo, -sp.oo):
        return float(np.inf if expression is sp.oo else -np.inf)
    values = values or {}
    expression, means = _separated(expression)
    if means:  # means over quenched laws: by their definition, at these parameters
        values = {**values, **{s: _mean_at(g, tuple((x, values[x]) for x in free)) for s, g, free in means}}
    names = tuple(sorted(expression.free_symbols, key=str))
    return float(compiled(expression, names)(*[values[s] for s in names]))


def gauss_panels(edges: Sequence[float] | Array) -> tuple[Array, Array]:
    """Gauss-Legendre nodes and weights on consecutive panels."""
    edges = np.asarray(edges, dtype=float)
    half, middle = np.diff(edges) / 2, (edges[1:] + edges[:-1]) / 2
    return (middle[:, None] + half[:, None] * _NODES).ravel(), (half[:, None] * _WEIGHTS).ravel()


def gaussian_rule(
    mean: float, variance: float, panels: int = 10, reach: float = 8.5, cuts: Sequence[float] | Array = ()
) -> tuple[Array, Array]:
    """Nodes and weights for the average over N(mean, variance), panels cut at given places."""
    edges = np.linspace(-reach, reach, panels + 1)
    if len(cuts):
        edges = np.unique([*edges, *np.clip((np.asarray(cuts) - mean) / np.sqrt(variance), -reach, reach)])
    t, w = gauss_panels(edges)
    return mean + np.sqrt(variance) * t, w * np.exp(-(t**2) / 2) / np.sqrt(2 * np.pi)


def rounded(limit: float) -> float:
    """The next power of 5/4, so that rules of similar range are one rule."""
    return float(1.25 ** np.ceil(np.log(max(limit, 1e-3)) / np.log(1.25)))


def _strip(k: float, a: float, w: float, s: float = 0.0, t: float = -np.inf, wide: bool = False) -> float:
    """The integral of u^k phi(z) H(s z + t) over a < z < a + w, u = (z - a)/w; of z^k phi(z) H(s z + t) if `wide`."""
    low, high = max(a, -40.0), min(a + w, 40.0)
    if not low < high:
        return 0.0
    places = (
        [low, high, *(c for c in (-t / s + j / s for j in (-3, -1, 0, 1, 3)) if low < c < high)] if s else [low, high]
    )
    pieces = [np.linspace(p, q, 2 + int((q - p) / 0.5)) for p, q in itertools.pairwise(sorted(places))]
    z, weights = gauss_panels(np.unique(np.concatenate(pieces)))
    tail = special.ndtr(-(s * z + t)) if s or np.isfinite(t) else 1.0
    return float(np.sum(weights * (z if wide else (z - a) / w) ** k * np.exp(-(z**2) / 2) * tail) / np.sqrt(2 * np.pi))


def _orthant(h: float, k: float, rho: float) -> float:
    """P(X > h, Y > k) of standard normal variables with correlation rho."""
    if rho * rho >= 1.0:
        return float(special.ndtr(-max(h, k)) if rho > 0 else max(0.0, special.ndtr(-h) - special.ndtr(k)))
    spread = np.sqrt(1.0 - rho * rho)
    turn = [k / rho + j * spread / abs(rho) for j in (-4, -1, 0, 1, 4)] if rho else []
    ends = np.clip([max(h, -12.0), 12.0, *turn], max(h, -12.0), max(12.0, h))
    x, w = gauss_panels(np.unique(np.concatenate([np.linspace(a, b, 25) for a, b in itertools.pairwise(sorted(ends))])))
    return float(np.sum(w * np.exp(-(x**2) / 2) * special.ndtr((rho * x - k) / spread)) / np.sqrt(2 * np.pi))


_FUNCTIONS["Strip"] = np.vectorize(_strip, otypes=[float])
_FUNCTIONS["Wide"] = np.vectorize(partial(_strip, wide=True), otypes=[float])
_FUNCTIONS["Orthant"] = np.vectorize(_orthant, otypes=[float])


def _fixed(f: Callable[..., Array], others: Sequence[float], x: Array) -> Array:
    """A function with its other arguments fixed."""
    return f(x, *others)


def _roots(f: Callable[[Array], Array], grid: Array) -> Array:
    """Sign changes of f on a grid, refined by secants and bisection in turn."""
    values = f(grid)
    exact = grid[values == 0.0]
    change = np.flatnonzero(np.sign(values[:-1]) * np.sign(values[1:]) < 0)
    if not change.size:
        return exact
    low, high, below, above = grid[change], grid[change + 1], values[change], values[change + 1]
    small = 1e-15 * np.max(np.abs(values[np.isfinite(values)]), initial=1.0)
    middle = low
    for step in range(100):
        middle = low - below * (high - low) / (above - below) if step % 2 == 0 else (low + high) / 2
        middle = np.clip(middle, low, high)
        found = f(middle)
        if np.all((np.abs(found) <= small) | (high - low <= 2e-16 * np.abs(middle))):
            break
        same = np.sign(found) == np.sign(below)
        low, below = np.where(same, middle, low), np.where(same, found, below)
        high, above = np.where(same, high, middle), np.where(same, above, found)
    return np.concatenate([exact, middle])


def _switch_arguments(expression: sp.Basic, variable: sp.Symbol) -> list[sp.Expr]:
    found: list[sp.Expr] = [n.args[0] for n in expression.atoms(*_SWITCHES)]
    found += [n.lhs - n.rhs for n in expression.atoms(Relational) if isinstance(n.lhs - n.rhs, sp.Expr)]
    for node in expression.atoms(sp.Max, sp.Min):
        found += [a - b for i, a in enumerate(node.args) for b in node.args[:i]]
    return [g for g in dict.fromkeys(found) if g.has(variable)]


def _switch_roots(g: Callable[..., Array], others: Sequence[float], grid: Array) -> Array:
    return _roots(partial(_fixed, g, others), grid)


def switches(expression: sp.Basic, variables: tuple[sp.Symbol, ...]) -> list[Callable[[Sequence[float], Array], Array]]:
    """Functions of (values of the other variables, grid): where an expression may have a kink in the first one."""
    arguments = [compiled(g, variables) for g in _switch_arguments(expression, variables[0])]
    return [partial(_switch_roots, g) for g in arguments]


class LineMeasure:
    """`expression` d`variable` as nodes and weights, for values of its other variables."""

    def __init__(self, expression: sp.Basic, variable: sp.Symbol, others: tuple[sp.Symbol, ...] = ()):
        body = _plain(expression)
        variables = (variable, *others)
        self.atoms: list[tuple[Callable, Callable, Callable]] = []
        regular = []
        terms = sp.Add.make_args(sp.expand(body)) if body.has(sp.DiracDelta) else (body,)
        for term in terms:
            masses = [f for f in sp.Mul.make_args(term) if isinstance(f, sp.DiracDelta)]
            if not masses:
                regular.append(term)
                continue
            if len(masses) > 1 or (term / masses[0]).has(sp.DiracDelta):
                raise ValueError(f"a product of point masses in {term}")
            gap = masses[0].args[0]
            parts = (
                sp.Mul(*[f for f in sp.Mul.make_args(term) if f is not masses[0]]),
                gap,
                gap.diff(variable),
            )
            cofactor, gap_function, slope = (compiled(p, variables) for p in parts)
            self.atoms.append((cofactor, gap_function, slope))
        total = sp.Add(*regular)
        self.regular = None if total == 0 else compiled(total, variables)
        self.switches = [compiled(g, variables) for g in _switch_arguments(total, variable)]

    def rule(
        self,
        others: Sequence[float],
        lower: float,
        upper: float,
        width: float,
        seeds: Sequence[float] = (),
        tolerance: float = 1e-12,
    ) -> tuple[Array, Array]:
        """Nodes and weights on (lower, upper), panels of at most `width`, halved until they resolve the body."""
        nodes, weights = [np.zeros(0)], [np.zeros(0)]
        inside = np.nextafter(lower, upper), np.nextafter(upper, lower)
        grid = np.linspace(*inside, 801)
        for mass, gap, slope in self.atoms:
            x = np.unique(_roots(partial(_fixed, gap, others), grid))
            nodes.append(x)
            weights.append(mass(x, *others) / np.abs(slope(x, *others)))
        if self.regular is not None:
            breaks = [lower, upper, *(s for s in seeds if lower < s < upper)]
            for g in self.switches:
                breaks += list(_roots(partial(_fixed, g, others), grid))
            x, w = self._panels(partial(_fixed, self.regular, others), np.unique(breaks), width, tolerance)
            nodes.append(x)
            weights.append(w)
        x, w = np.concatenate(nodes), np.concatenate(weights)
        keep = np.abs(w) > 1e-60 * np.max(np.abs(w), initial=0.0)
        return x[keep], w[keep]

    @staticmethod
    def _panels(f: Callable[[Array], Array], breaks: Array, width: float, tolerance: float) -> tuple[Array, Array]:
        pieces = [np.linspace(a, b, 2 + int((b - a) / width)) for a, b in itertools.pairwise(breaks)]
        low = np.concatenate([p[:-1] for p in pieces])
        high = np.concatenate([p[1:] for p in pieces])
        nodes, weights, scale = [np.zeros(0)], [np.zeros(0)], 0.0

        def values(a: Array, b: Array) -> tuple[Array, Array, Array]:
            x = (a + b)[:, None] / 2 + (b - a)[:, None] / 2 * _NODES
            value = f(x)
            value = np.where(np.isfinite(value), value, 0.0)  # 0 * inf: factors of labels that never occur
            w = (b - a)[:, None] / 2 * _WEIGHTS * value
            return x, w, w.sum(axis=1)

        for depth in range(40):
            if not low.size:
                break
            middle = (low + high) / 2
            x, w, whole = values(low, high)
            *_, left = values(low, middle)
            *_, right = values(middle, high)
            scale = max(scale, float(np.abs(whole).sum()))
            bad = np.abs(whole - left - right) > tolerance * scale
            if depth == 39:
                bad[:] = False
            nodes.append(x[~bad].ravel())
            weights.append(w[~bad].ravel())
            low, high = np.concatenate([low[bad], middle[bad]]), np.concatenate([middle[bad], high[bad]])
        return np.concatenate(nodes), np.concatenate(weights)
