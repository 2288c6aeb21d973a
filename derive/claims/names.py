"""Authors' names: the model's own symbols as they are printed, a map of the author's, and usual aliases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import sympy as sp

from derive.claims.cursor import Vocabulary
from derive.claims.formulas import parse_definition, parse_equation
from derive.claims.integrals import LineIntegral
from derive.claims.meaning import Law, Reading, Speaker
from derive.claims.symbols import FUNCTIONS, canonical
from derive.claims.tokens import LatexError, Macro
from derive.errors import UsageError, nearest
from derive.replica.system import WARM
from derive.spec.deadline import TooSlowError, limited
from derive.spec.functions import GaussMean
from derive.spec.model import Atom, Density, Model, Normal
from derive.spec.model import Law as SpecLaw

__all__ = ["Author"]

SECONDS = 3.0
"""Processor time for one formula; usual ones take milliseconds."""
ALIASES: Mapping[str, tuple[str, ...]] = {
    "m": ("R", "M"),
    "m_hat": ("R_hat", "M_hat"),
    "r": ("Q", "q_d", "rho_w"),
    "r_hat": ("Q_hat",),
    "q": ("Q_1", "q_EA"),
    "free_entropy": ("phi", "Phi", "Phi_RS", "phi_RS"),
    "lam": ("lambda",),
    "V": ("Sigma", "chi"),
    "V_hat": ("Sigma_hat", "chi_hat"),
    "mutual_information": ("I", "i_RS"),
    "energy": ("u", "U", "E"),
    "entropy": ("s", "S"),
    "mse": ("MSE", "MMSE", "mmse"),
}
"""What authors call a quantity of the engine, where the model has no symbol of that name."""


class Author:
    """How an author writes about a model: the meaning of names, and formulas to expressions.

    `mapped` are the author's symbols with their expressions in the engine's quantities; `where` are definitions in
    LaTeX, each an equation whose left side is a symbol or a function of symbols.

    Raises
    ------
    UsageError
        for a map or a definition that cannot be read.
    """

    def __init__(
        self,
        model: Model,
        symbols: Mapping[str, sp.Symbol],
        mapped: Mapping[str, str],
        where: Sequence[str],
        parse: Callable[[str], sp.Expr],
        macros: Mapping[str, Macro] | None = None,
    ):
        self.symbols = symbols
        self.parameters = frozenset(canonical_name(p.name) for p in model.parameters)
        names: dict[str, sp.Expr] = {}
        for latex, text in mapped.items():
            try:
                names[canonical(latex)] = parse(text)
            except LatexError as error:
                raise UsageError(f"[map] `{latex}`: {error.message}") from None
        self.mapped = frozenset(names)
        for name, symbol in symbols.items():
            names.setdefault(canonical_name(name), symbol)
        self.own = set(names)
        aliases: dict[str, str] = {}
        for name, symbol in symbols.items():
            for alias in ALIASES.get(name, ()):
                if alias not in names:
                    names[alias], aliases[alias] = symbol, name
        for alias, expression in self._temperature(model, symbols):
            if alias not in names:
                names[alias], aliases[alias] = expression, str(expression)
        self.reading = Reading(names, self.parameters, _laws(model), suggest=self._suggest, aliases=aliases)
        self.macros = dict(macros or {})
        for text in where:
            self._define(text)

    def _temperature(self, model: Model, symbols: Mapping[str, sp.Symbol]) -> list[tuple[str, sp.Expr]]:
        """Inverse temperature, temperature and free energy, where the model has no symbols of these names."""
        beta, phi = model.beta, symbols["free_entropy"]
        if beta is None or beta.has(WARM):
            return []
        if beta.has(sp.oo):
            return [("f", -phi)]
        return [("beta", beta), ("T", 1 / beta), ("f", -phi / beta)]

    def _suggest(self, name: str) -> str:
        close = nearest(name, sorted(self.own))
        return f"; did you mean {close}?" if close else f" (known: {', '.join(sorted(self.own)[:12])}, ...)"

    def vocabulary(self) -> Vocabulary:
        """Which names are functions and which are numbers."""
        definitions = self.reading.definitions
        functions = {name for name, d in definitions.items() if d.formal}
        plain = {name for name, d in definitions.items() if not d.formal}
        scalars = {n for n in self.reading.names if n in self.own or n not in FUNCTIONS} | plain
        return Vocabulary(frozenset(functions), frozenset(scalars - functions), self.macros)

    def _define(self, text: str) -> None:
        """A definition f(x, y) = ...; of a chain of equalities the last member counts."""
        try:
            header = parse_definition(text, self.macros)
            name, formal = header.name, header.formal
            if name in self.mapped:
                raise LatexError(f"{name} has a meaning under [map] already", 1)
            with limited(SECONDS):
                Speaker(self.reading).define(name, formal, header.parse(_with(self.vocabulary(), formal, name)))
        except (TypeError, RecursionError, IndexError, OverflowError):
            raise UsageError(f"where `{text[:60]}`: this has no meaning that is a real number") from None
        except TooSlowError:
            raise UsageError(f"where `{text[:60]}`: this takes too long to read: make it simpler") from None
        except LatexError as error:
            raise UsageError(f"where `{text[:60]}`: {error}") from None

    def sides(self, latex: str) -> list[sp.Expr]:
        """The members of an equation as expressions in the engine's symbols.

        Raises
        ------
        LatexError
            with the column of what cannot be read.
        """
        speaker = Speaker(self.reading)
        try:
            with limited(SECONDS):
                found = [(side, speaker.expression(side)) for side in parse_equation(latex, self.vocabulary())]
        except (ValueError, TypeError, RecursionError, IndexError, OverflowError):
            raise LatexError("this formula has no meaning that is a real number", 1) from None
        except TooSlowError:
            raise LatexError("the formula takes too long to read: make it simpler", 1) from None
        for side, expression in found:
            if expression.has(sp.zoo, sp.nan, sp.I):
                raise LatexError("a number that is infinite, undefined or not real", side.column)
        return [expression for _, expression in found]


def canonical_name(name: str) -> str:
    r"""The canonical name of a symbol of the engine, as it is printed in LaTeX.

    >>> canonical_name("q_hat"), canonical_name("kappa"), canonical_name("wstar")
    ('q_hat', 'kappa', 'w_star')
    """
    from derive.report.symbols import latex_name

    if "-" in name:
        return name
    latex = latex_name(name)
    try:
        return canonical(latex.removeprefix("{").removesuffix("}") if latex.startswith("{") else latex)
    except LatexError:
        return name


def _with(vocabulary: Vocabulary, formal: Iterable[str], name: str) -> Vocabulary:
    functions = set(vocabulary.functions) | ({name} if formal else set())
    scalars = (set(vocabulary.scalars) | set(formal)) - functions
    return Vocabulary(frozenset(functions), frozenset(scalars), vocabulary.macros)


def _laws(model: Model) -> dict[str, Law]:
    """The laws of the model's quenched variables, which means over them take."""
    found: dict[str, Law] = {}
    for quenched in model.quenched:
        law = _law(quenched.law)
        if law is not None and not quenched.depends and quenched.components == 1:
            found[canonical_name(quenched.name)] = law
    return found


def _law(law: object) -> Law | None:
    """The mean over a law of the specification; None where it is not written out here."""
    if not isinstance(law, SpecLaw) or not all(isinstance(c, (Atom, Normal, Density)) for _, c in law.components):
        return None
    components = law.components

    def mean(body: sp.Expr, symbol: sp.Symbol) -> sp.Expr:
        total = sp.S.Zero
        for weight, part in components:
            if isinstance(part, Atom):
                total += weight * body.xreplace({symbol: part.point})
            elif isinstance(part, Normal):
                total += weight * GaussMean(
                    body.xreplace({symbol: part.mean + sp.sqrt(part.variance) * symbol}), symbol
                )
            elif isinstance(part, Density):
                pdf = part.pdf.xreplace({part.variable: symbol})
                total += weight * LineIntegral(body * pdf, symbol, part.lower, part.upper)
        return total

    return mean
