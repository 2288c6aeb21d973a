"""What a formula says, before its symbols mean anything: a tree with columns."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

__all__ = [
    "Absolute", "Apply", "Derivative", "Difference", "Extremum", "Gauss", "Integral", "LabelSum", "Mean", "Measure",
    "Name", "Node", "Normal", "Number", "Power", "Product", "Proximal", "Quotient", "Root", "Sum",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a formula and where it begins."""

    column: int


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number, exact as it is written."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A symbol with its canonical name, such as q_hat_1."""

    name: str


@dataclass(frozen=True, slots=True)
class Sum(Node):
    """The sum of the terms."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Difference(Node):
    """The negative of a term."""

    term: Node


@dataclass(frozen=True, slots=True)
class Product(Node):
    """The product of the factors."""

    factors: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Quotient(Node):
    """A quotient."""

    above: Node
    below: Node


@dataclass(frozen=True, slots=True)
class Power(Node):
    """A power."""

    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Root(Node):
    """The root of a degree."""

    body: Node
    degree: Node | None = None


@dataclass(frozen=True, slots=True)
class Absolute(Node):
    """An absolute value."""

    body: Node


@dataclass(frozen=True, slots=True)
class Apply(Node):
    """A function at arguments; `primes` derivatives of a function of one argument."""

    name: str
    arguments: tuple[Node, ...]
    primes: int = 0


@dataclass(frozen=True, slots=True)
class Proximal(Node):
    """A proximal point or an envelope of a cost.

    kind      "prox" or "envelope" with a variance, "maximiser" or "conjugate" with a curvature
    arguments of the cost, None where the variable of the minimum stands; () for a cost of one argument
    """

    kind: str
    scale: Node
    cost: str
    arguments: tuple[Node | None, ...]
    place: Node


@dataclass(frozen=True, slots=True)
class Normal(Node):
    """A normal law: means and covariances (one number, or a matrix by rows)."""

    means: tuple[Node, ...]
    covariance: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Gauss(Node):
    """The law of a mean over variables: None for the law that the variables have by themselves."""

    variables: tuple[str, ...]
    law: Normal | None = None


@dataclass(frozen=True, slots=True)
class Measure(Node):
    """Dz (Gaussian) or dz inside an integral."""

    variable: str
    gaussian: bool


@dataclass(frozen=True, slots=True)
class Integral(Node):
    """An integral over measures, inside limits (None: the whole line)."""

    measures: tuple[Measure, ...]
    body: Node
    lower: Node | None = None
    upper: Node | None = None


@dataclass(frozen=True, slots=True)
class Mean(Node):
    """An expectation."""

    law: Gauss
    body: Node


@dataclass(frozen=True, slots=True)
class Derivative(Node):
    """Derivatives in variables with their orders."""

    variables: tuple[tuple[str, int], ...]
    body: Node


@dataclass(frozen=True, slots=True)
class LabelSum(Node):
    """A sum over listed values of a variable, or over whole numbers from the first to the second of `ends`."""

    variable: str
    values: tuple[Node, ...]
    ends: tuple[Node, Node] | None
    body: Node


@dataclass(frozen=True, slots=True)
class Extremum(Node):
    """The extremum over variables."""

    variables: tuple[str, ...]
    body: Node
