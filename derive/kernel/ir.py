"""The numeric intermediate representation: scalar expressions, lets, jets, integrals, functions.

Nodes are final and immutable; nothing here knows sympy or numba.  A `Program` is an ordered list of
functions; each function computes a vector of outputs from scalars.  What an expression may contain is the list
`OPERATIONS`; a printer that meets anything else raises.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = [
    "OPERATIONS",
    "Expr",
    "Function",
    "Hint",
    "Inner",
    "Integral",
    "JetTerm",
    "JetUse",
    "Let",
    "Moments",
    "Num",
    "Op",
    "Program",
    "Prox",
    "ProxRegion",
    "Ref",
    "VectorInner",
    "VectorUse",
    "evaluate",
]

OPERATIONS = frozenset(
    [
        "add",
        "mul",
        "div",
        "neg",
        "pow",
        "powi",
        "sqrt",
        "exp",
        "log",
        "abs",
        "sign",
        "max",
        "min",
        "lt",
        "le",
        "gt",
        "ge",
        "and",
        "or",
        "not",
        "select",
        "erf",
        "erfc",
        "erfinv",
        "ndtr",
        "tail",
        "log_ndtr",
        "mills",
        "log_cosh",
        "softplus",
        "logistic",
        "tanh",
        "sinh",
        "cosh",
        "sin",
        "cos",
        "asin",
        "atan",
        "atan2",
        "lgamma",
        "expm1",
        "log1p",
        "orthant",
        "strip",
        "strip_tail",
        "wide",
        "wide_tail",
        "floor",
        "mod",
        "eq",
        "ne",
    ]
)


@dataclass(frozen=True, slots=True)
class Num:
    """A constant; `text` is its exact source form."""

    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Ref:
    """A scalar by name."""

    name: str


@dataclass(frozen=True, slots=True)
class Op:
    """An operation of `OPERATIONS` on arguments."""

    kind: str
    args: tuple[Expr, ...]

    def __post_init__(self) -> None:
        if self.kind not in OPERATIONS:
            raise ValueError(f"unknown operation {self.kind!r}")


Expr = Num | Ref | Op


@dataclass(frozen=True, slots=True)
class Let:
    """name = value."""

    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class JetTerm:
    """One positive term of a log-partition function.

    kind "exponential": args log_coefficient, c0, c1, c2, centre, and lower, upper, slope of its window (None if open)
    kind "tilt":        args log_coefficient, precision, q0, q1, lower, upper
    kind "inner":       args v-or-A and the rest of the arguments of the inner function `inner`
    kind "prox":        the same for the function of an envelope (derivatives up to order two)
    """

    kind: str
    args: tuple[Expr | None, ...]
    inner: str = ""


@dataclass(frozen=True, slots=True)
class JetUse:
    """Evaluate derivatives 0..order of a log-partition function at `field`; names[k] receives order k."""

    names: tuple[str, ...]
    field: Expr
    terms: tuple[JetTerm, ...]


@dataclass(frozen=True, slots=True)
class Hint:
    """Where an integrand changes fast: kind "point" (centre, width) or "quadratic" (c0, c1, c2 of a difference)."""

    kind: str
    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Integral:
    """names[k] = integral number k of the vector integrand of function `integrand`.

    kind "gaussian": measure = (mean, variance);  "label"/"density": (lower, upper) with the log weight for the
    window in `window`;  "sum": natural numbers, `window` the log weight;  "rows": the mean over the rows of a table in
    the array of `measure`, `window` = "start,rows,columns".  `noisy`: the integrand has integrals of several fields
    inside, whose rounding errors are absolute.
    """

    names: tuple[str, ...]
    kind: str
    variable: str
    measure: tuple[Expr, ...]
    hints: tuple[Hint, ...]
    integrand: str
    arguments: tuple[str, ...]
    window: str = ""
    noisy: bool = False


@dataclass(frozen=True, slots=True)
class Inner:
    """A log-partition function by quadrature over the inner variable.

    `log_body` is log F(w) without `level`, the terms free of w; `derivatives` lists f', f'', ... if they may be used.
    The measure is the Gaussian N(x, v) ("channel") or exp(-A f^2 w^2/2 + x f w) ("site", with `factor` f).
    `concave`: log F was not seen to have more than one peak.
    """

    name: str
    kind: str
    arguments: tuple[str, ...]
    variable: str
    log_body: Expr
    derivatives: tuple[Expr, ...]
    lower: Expr
    upper: Expr
    factor: Expr
    level: Expr = Num(0.0, "0.0")
    concave: bool = False


@dataclass(frozen=True, slots=True)
class ProxRegion:
    """A region of an envelope below `upper` in its field.

    closed: values of orders 0 to 4;  else the maximiser is a root inside (first, last) of the cost with `slopes`
    (cost and four derivatives in the inner variable).
    """

    upper: Expr
    values: tuple[Expr, ...] = ()
    first: Expr | None = None
    last: Expr | None = None
    slopes: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Prox:
    """An envelope whose maximiser is a root on some region: kind "channel" or "site", arguments (v, rest...)."""

    name: str
    kind: str
    field: str
    arguments: tuple[str, ...]
    variable: str
    regions: tuple[ProxRegion, ...]


@dataclass(frozen=True, slots=True)
class Moments:
    """names[k] = moment of order k over a strip: `kind` and `args` as in the operation; zeros unless `condition`."""

    names: tuple[str, ...]
    kind: str
    args: tuple[Expr, ...]
    condition: Expr | None = None


@dataclass(frozen=True, slots=True)
class VectorUse:
    """Evaluate the dense jet of a log-partition function of several fields: (name, position) each, into `buffer`.

    `modes`: derivatives along the sum and the differences of the fields.
    """

    names: tuple[tuple[str, int], ...]
    buffer: str
    function: str
    args: tuple[Expr, ...]
    size: int
    modes: bool = False


Statement = Let | JetUse | Integral | Moments | VectorUse


@dataclass(frozen=True, slots=True)
class Function:
    """A function of scalars that fills a vector of outputs.

    A public function takes arrays, named in `groups`; its arguments are "group:position:name".
    """

    name: str
    arguments: tuple[str, ...]
    body: tuple[Statement, ...]
    outputs: tuple[Expr, ...]
    labels: tuple[str, ...]
    doc: str = ""
    rows: int = 0
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VectorInner:
    """A log-partition function of several fields.

    points: (log weight, coordinates) of a sum;  branches: (lower, upper, node) of the first of two variables, `node`
    the function of (h, x, v, ...) that gives the log density and the jet of the last one; an atom has lower = upper.
    sphere: the log weight of the uniform law on the unit sphere, or None.
    """

    name: str
    kind: str
    size: int
    arguments: tuple[str, ...]
    points: tuple[tuple[Expr, tuple[Expr, ...]], ...]
    branches: tuple[tuple[Expr, Expr, Function], ...]
    sphere: Expr | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """Inner functions and vector functions in the order of their definition."""

    inners: tuple[Inner | Prox | VectorInner, ...]
    functions: tuple[Function, ...]
    facts: dict[str, object] = field(default_factory=dict)


def evaluate(expression: Expr, values: dict[str, float], table: dict[str, object]) -> float:
    """Evaluate a scalar expression with Python callables from `table` (used by tests)."""
    if isinstance(expression, Num):
        return expression.value
    if isinstance(expression, Ref):
        return values[expression.name]
    return table[expression.kind](*[evaluate(a, values, table) for a in expression.args])  # type: ignore[operator]
