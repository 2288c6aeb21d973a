"""The typed Model: everything the model language can say, as frozen data.

Expressions are sympy expressions over real `Symbol`s that carry the assumptions of their domain;
nothing here knows how they were written.  The types hold the whole grammar; what the engine
does not derive yet is refused by `derive.replica.pipeline`, with a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import sympy as sp

__all__ = [
    "MODES",
    "Atom",
    "Channel",
    "Component",
    "Density",
    "Domain",
    "Energy",
    "Family",
    "Field",
    "Global",
    "Label",
    "Law",
    "Model",
    "Normal",
    "Observable",
    "Observation",
    "Parameter",
    "Quenched",
    "Table",
    "ThresholdSpec",
    "UnitSphere",
    "VectorAtom",
    "Weights",
    "component",
]


MODES = ("d", "u")
"""The modes of matrices that permutations of the components leave alone: differences of components, and their sum."""


def component(symbol: sp.Symbol, index: int) -> sp.Symbol:
    """Return the symbol of one component of a vector: w -> w_0, w_1, ..."""
    return sp.Symbol(f"{symbol.name}_{index}", real=True)


def _symbols(symbol: sp.Symbol, components: int) -> tuple[sp.Symbol, ...]:
    return (symbol,) if components == 1 else tuple(component(symbol, k) for k in range(components))


@dataclass(frozen=True, slots=True)
class Domain:
    """An interval or a finite set of exact numbers; the domain of a parameter."""

    lower: sp.Expr
    upper: sp.Expr
    lower_open: bool
    upper_open: bool
    values: tuple[sp.Expr, ...] | None = None
    text: str = ""

    def contains(self, value: sp.Expr) -> bool:
        """Whether the exact number `value` lies in the domain."""
        if self.values is not None:
            return any((value - v).is_zero or sp.N(value - v, 30) == 0 for v in self.values)
        number = sp.N(value, 30)
        below = number > sp.N(self.lower, 30) if self.lower_open else number >= sp.N(self.lower, 30)
        above = number < sp.N(self.upper, 30) if self.upper_open else number <= sp.N(self.upper, 30)
        return bool(below) and bool(above)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A free symbol of the model with its domain, exact default (or None) and meaning."""

    name: str
    symbol: sp.Symbol
    domain: Domain
    default: sp.Expr | None
    meaning: str = ""


# ------------------------------------------------------------------------------------------- laws


@dataclass(frozen=True, slots=True)
class Atom:
    """A point mass at `point`."""

    point: sp.Expr


@dataclass(frozen=True, slots=True)
class Normal:
    """A normal component with the given mean and VARIANCE."""

    mean: sp.Expr
    variance: sp.Expr


@dataclass(frozen=True, slots=True)
class Density:
    """A probability density `pdf` in `variable` on the interval (lower, upper), possibly infinite.

    `uniform(a, b)`, `laplace(b)`, `density("f(x)", a, b)` and the continuous part of
    `marchenko_pastur(ratio)` are all of this type; `label` keeps the text of the author.
    """

    variable: sp.Symbol
    pdf: sp.Expr
    lower: sp.Expr
    upper: sp.Expr
    label: str = ""


@dataclass(frozen=True, slots=True)
class VectorAtom:
    """A point mass of a K-component variable."""

    point: tuple[sp.Expr, ...]


@dataclass(frozen=True, slots=True)
class UnitSphere:
    """The uniform law on the unit sphere of K components."""


Component = Atom | Normal | Density | VectorAtom | UnitSphere


@dataclass(frozen=True, slots=True)
class Law:
    """A weighted sum of components: ((weight, component), ...); weights are exact and sum to one."""

    components: tuple[tuple[sp.Expr, Component], ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Sites are rows of a file, drawn with equal weight; columns of one file are joint.

    `values` are the numbers of the column, from its first row to its last; a law that is not read yet has none.
    """

    path: str
    column: str
    values: tuple[float, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Quenched:
    """A quenched site variable; its law may use the symbols of earlier ones (`depends`)."""

    name: str
    symbol: sp.Symbol
    law: Law | Table
    depends: tuple[str, ...] = ()
    components: int = 1
    family: str = "sites"

    @property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        """The symbol, or one of every component."""
        return _symbols(self.symbol, self.components)


@dataclass(frozen=True, slots=True)
class Family:
    """A family of size*N sites."""

    name: str
    size: sp.Expr


@dataclass(frozen=True, slots=True)
class Weights:
    """A replicated site variable with exactly one base measure.

    measure  "prior" (normalised law), "count" (each atom with weight 1), "sphere" (uniform
             probability on sum w^2 = radius*N) or "lebesgue"
    """

    name: str
    symbol: sp.Symbol
    measure: Literal["prior", "count", "sphere", "lebesgue"]
    law: Law | None = None
    radius: sp.Expr | None = None
    penalty: sp.Expr | None = None
    support: tuple[sp.Expr, sp.Expr] | None = None
    components: int = 1
    family: str = "sites"

    @property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        """The symbol, or one of every component.

        >>> Weights("w", sp.Symbol("w", real=True), "count", components=2).symbols
        (w_0, w_1)
        """
        return _symbols(self.symbol, self.components)


@dataclass(frozen=True, slots=True)
class Global:
    """A replicated scalar of order one, shared by all sites and samples."""

    name: str
    symbol: sp.Symbol
    meaning: str = ""


# ---------------------------------------------------------------------------------------- channels


@dataclass(frozen=True, slots=True)
class Label:
    """The label law of a channel.

    kind "function": `expression` of teacher fields and noise variables (y is its value).
    kind "law": `space` is "finite" (with `values`), "natural" or "real"; `expression` is the
    probability or density P(y | z) in the channel's label symbol `y` and the teacher fields.
    """

    kind: Literal["function", "law"]
    expression: sp.Expr
    space: Literal["finite", "natural", "real"] | None = None
    values: tuple[sp.Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """A field sum_i x_i f_i / sqrt(N): its name, symbol and the site expression f.

    For a field of K components `coefficient` is a tuple.
    """

    name: str
    symbol: sp.Symbol
    coefficient: sp.Expr | tuple[sp.Expr, ...]

    @property
    def parts(self) -> tuple[tuple[sp.Symbol, sp.Expr], ...]:
        """The scalar fields, (symbol, site expression) each.

        >>> a, b = sp.symbols("a b")
        >>> Field("h", sp.Symbol("h", real=True), (a, b)).parts
        ((h_0, a), (h_1, b))
        """
        if isinstance(self.coefficient, tuple):
            return tuple((component(self.symbol, k), e) for k, e in enumerate(self.coefficient))
        return ((self.symbol, self.coefficient),)


@dataclass(frozen=True, slots=True)
class Channel:
    """alpha*N samples: inputs, fields, label law and the factor of one sample.

    factor  "bayes", "likelihood", "constraint" or "loss"; `factor_expression` is None for "bayes",
            a sympy Boolean (relation, And, Or, Not) for "constraint", a real expression otherwise,
            in the student fields, the label symbol `y`, globals and parameters
    """

    samples: sp.Expr
    y: sp.Symbol
    student: tuple[Field, ...]
    teacher: tuple[Field, ...]
    noise: tuple[tuple[str, sp.Symbol, Law], ...]
    label: Label | None
    factor: Literal["bayes", "likelihood", "constraint", "loss"]
    factor_expression: sp.Basic | None
    input_mean: sp.Expr = sp.Integer(0)
    input_sd: sp.Expr = sp.Integer(1)
    index: int = 0


@dataclass(frozen=True, slots=True)
class Energy:
    """One `[[energy]]` entry: a Gaussian covariance xi or a deterministic value, as written."""

    kind: Literal["gaussian", "value"]
    expression: sp.Expr


@dataclass(frozen=True, slots=True)
class Observation:
    """One `[[observation]]` entry (sugar for energies)."""

    of: tuple[str, ...]
    truth: tuple[str, ...]
    snr: sp.Expr


@dataclass(frozen=True, slots=True)
class Observable:
    """A mean of `expression` over a fresh sample ("test"), training samples ("train") or sites; or a response.

    "response": `expression` is (quantity, parameter), the derivative of one along a branch in the other.  Symbols of
    means: "test": y, teacher fields, student fields, `<field>_mean`, `predict_mean`; "train": y, teacher and student
    fields; "sites": w, `<w>_mean`, quenched names.
    `channel` is the index of the channel for "test" and "train".
    """

    name: str
    kind: Literal["test", "train", "sites", "response"]
    expression: sp.Basic
    channel: int = 0


@dataclass(frozen=True, slots=True)
class ThresholdSpec:
    """A threshold: what it is (`kind`), the parameter it is solved for, and its own keys."""

    name: str
    kind: str
    solve_for: str
    branch: str | None = None
    branches: tuple[str, str] | None = None
    edge: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Model:
    """A whole model file, checked and typed.

    `hash` is the SHA-256 of the canonical content (comments, order of keys and layout do not
    count).  `beta` is None, an expression, or sympy infinity.  `names` renames order parameters.
    `symbols` maps parameters, quenched variables, weights, globals and `y` to their Symbols.
    """

    name: str
    source: str
    hash: str
    beta: sp.Expr | None
    parameters: tuple[Parameter, ...]
    quenched: tuple[Quenched, ...]
    families: tuple[Family, ...]
    weights: tuple[Weights, ...]
    globals: tuple[Global, ...]
    channels: tuple[Channel, ...]
    energies: tuple[Energy, ...] = ()
    observations: tuple[Observation, ...] = ()
    ansatz: Mapping[str, str] = field(default_factory=dict)
    observables: tuple[Observable, ...] = ()
    thresholds: tuple[ThresholdSpec, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    symbols: Mapping[str, sp.Symbol] = field(default_factory=dict)

    def parameter(self, name: str) -> Parameter:
        """Return the parameter called `name` (KeyError if there is none)."""
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise KeyError(name)

    @property
    def vectors(self) -> bool:
        """Whether weights have several components."""
        return any(w.components > 1 for w in self.weights)
