"""What a report says at zero temperature: envelopes, proximal points, minimisers, the residual, order parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import sympy as sp
from sympy.core.sympify import _sympify

from derive.calculus.envelopes import Envelope, Region
from derive.calculus.gaussian import Orthant
from derive.calculus.nodes import derivative, substitute
from derive.conventions import lookup
from derive.replica.pipeline import Derivation
from derive.replica.residuals import Residual
from derive.replica.saddle_point import cold_conjugates
from derive.replica.system import ComponentPart, System
from derive.report.definitions import (
    Line,
    Raw,
    both,
    label_lines,
    teacher_lines,
    value_note,
)
from derive.report.latex_printer import MathPrinter
from derive.report.present import named_constants, present
from derive.report.printer import TextPrinter
from derive.report.shown import RESIDUAL, IntervalMean
from derive.report.symbols import Names, free_entropy_latex, latex_name
from derive.spec.functions import GaussianTail

__all__ = ["LONG", "cold_definitions", "cold_free_entropy", "cold_overlaps", "cold_saddle"]

LONG = 600  # operations beyond which a closed form is left to the trace
Blocks = list[tuple[list[Line], Names]]


# ------------------------------------------------------------------------------------------- equations


def cold_free_entropy(derivation: Derivation) -> list[Line]:
    """The free entropy and its terms, as averages of envelopes and closed where they are."""
    reduced = derivation.saddle.reduced
    families = derivation.system.families
    nodes = [
        f.size * (node if f.sphere else substitute(node, reduced.eliminated))
        for f, node in zip(families, reduced.site_nodes, strict=True)
    ]
    site = sp.Add(*nodes)
    parts = [
        (r"\phi_{\mathrm{site}}", site, reduced.site),
        (r"\phi_{\mathrm{ch}}", reduced.channel_nodes, reduced.channel),
    ]
    names = Names.of(derivation.system)
    interaction = both(reduced.interaction, names)
    total = Raw(
        "".join([interaction.latex, *(f" + {left}" for left, _, _ in parts)]),
        f"{interaction.text} + φ_site + φ_ch",
    )
    return [
        Line(Raw(free_entropy_latex(p.name for p in derivation.model.parameters)), (total,)),
        *(Line(Raw(left), _sides(node, closed)) for left, node, closed in parts),
    ]


def cold_saddle(derivation: Derivation) -> list[Line]:
    """The saddle-point equations: averages of envelopes, and their closed forms."""
    saddle, channel = derivation.saddle, derivation.saddle.reduced.channel_nodes
    nodes = cold_conjugates(saddle.reduced)
    nodes |= {b: derivative(channel, b) for b in derivation.system.globals}
    lines = [Line(hat, _sides(nodes[hat], value)) for hat, value in saddle.conjugates.items()]
    for family, site, norm in zip(derivation.system.families, saddle.reduced.site_nodes, saddle.norms, strict=True):
        s, own = family.symbols, family.site.envelope
        smooth = own is None or not own.jumps
        slopes = {s.q: (-2, s.A), s.v: (2, s.q_hat), **{m: (1, h) for m, h in zip(s.m, s.m_hat, strict=True)}}
        for x, value in saddle.site_map.items():
            if x not in slopes or (x == s.q and norm is not None):
                continue
            factor, hat = slopes[x]
            node = derivative(factor * site, hat) if smooth and hat not in saddle.reduced.eliminated else value
            lines.append(Line(x, _sides(node, value)))
        if family.sphere and s.A in saddle.reduced.eliminated:
            lines.append(Line(s.A, (saddle.reduced.eliminated[s.A],), "the norm"))
    for b, value in saddle.stationary.items():
        lines.append(Line(sp.S.Zero, _sides(nodes[b], value), f"stationary in ${latex_name(b.name)}$"))
    return lines


def _sides(node: sp.Expr, closed: sp.Expr) -> tuple[sp.Expr, ...]:
    """The average, and its closed form unless it is out of proportion (the trace holds it)."""
    if node == closed or closed.count_ops() > LONG:
        return (node,)
    return (node, closed)


# ------------------------------------------------------------------------------------------- definitions


def cold_definitions(derivation: Derivation, names: Names) -> Blocks:
    """The definitions of every loss and penalty, its envelope and its proximal point, region by region."""
    system = derivation.system
    blocks: Blocks = [(_general(system, names), names)]
    for channel, residual in zip(system.channels, system.residuals, strict=True):
        lines = _residual_lines(residual, names) if residual is not None else []
        for part in channel.components if residual is None else ():
            lines += _component_lines(system, part, names)
        lines += teacher_lines(channel, names)
        blocks.append((lines, names))
    for f, family in enumerate(system.families):
        if family.site.envelope is not None:
            here = replace(names.at_site(), system=system.alone(f))
            blocks.append((_site_lines(system.alone(f), here), here))
    words = _abbreviations(derivation, names)
    if words:
        blocks.append((words, names))
    return blocks


def _general(system: System, names: Names) -> list[Line]:
    """What an envelope and a proximal point are."""
    v, v_text = names.latex(system.symbols.v), names.text(system.symbols.v)
    envelope = Raw(rf"\mathcal{{M}}_{{{v}}}\left[\ell\right]\left(\omega\right)", f"M_{v_text}[ℓ](ω)")
    least = Raw(
        rf"\min_h\left\{{\frac{{(h-\omega)^2}}{{2\,{v}}}+\ell(h)\right\}}",
        f"min_h {{(h - ω)²/(2 {v_text}) + ℓ(h)}}",
    )
    slope = Raw(
        rf"\frac{{\omega-\mathrm{{prox}}_{{{v}}}\left[\ell\right]\left(\omega\right)}}{{{v}}}",
        f"(ω - prox_{v_text}[ℓ](ω))/{v_text}",
    )
    note = rf"Moreau envelope; $\mathrm{{prox}}_{{{v}}}[\ell](\omega)$ is the minimiser $h$"
    lines = [Line(envelope, (least,), note), Line(_slope("omega", "ω", envelope), (slope,))]
    if system.site.envelope is None:
        return lines
    a, a_text = names.latex(system.symbols.A), names.text(system.symbols.A)
    conjugate = Raw(rf"\mathcal{{M}}^{{*}}_{{{a}}}\left[g\right]\left(\xi\right)", f"M*_{{{a_text}}}[g](ξ)")
    most = Raw(rf"\max_w\left\{{\xi\,w-\frac{{{a}\,w^2}}{{2}}-g(w)\right\}}", f"max_w {{ξ w - {a_text} w²/2 - g(w)}}")
    point = Raw(rf"w_{{{a}}}\left[g\right]\left(\xi\right)", f"w_{{{a_text}}}[g](ξ)")
    note = rf"conjugate of the penalty; $w_{{{a}}}[g](\xi)$ is the maximiser"
    return [
        *lines,
        Line(conjugate, (most,), note),
        Line(_slope("xi", "ξ", conjugate), (point,), "the weight of a site"),
    ]


def _slope(latex: str, text: str, envelope: Raw) -> Raw:
    return Raw(rf"\partial_{{\{latex}}} {envelope.latex}", f"∂_{text} {envelope.text}")


def _component_lines(system: System, part: ComponentPart, names: Names) -> list[Line]:
    """Loss, label law, envelope and proximal point of one label component."""
    assert part.envelope is not None
    note = value_note(part, names)
    if part.shift != 0:
        bias = f"at the field $h {both(part.shift, names).latex}$" if part.shift.could_extract_minus_sign() else ""
        bias = bias or f"at the field $h + {both(part.shift, names).latex}$"
        note = "; ".join(n for n in (note, bias) if n)
    lines = [_cost_line(part.envelope, names, note), *label_lines(system, part, names)]
    return lines + _extremum_lines(part.envelope, names, part.envelope.field)


def _residual_lines(residual: Residual, names: Names) -> list[Line]:
    """Loss, law, envelope and proximal point of a residual."""
    lines = [_cost_line(residual.envelope, names, "loss of the residual $h-y$")]
    u = names.latex(RESIDUAL)
    for weight, mean, variance, density in residual.branches:
        law = rf"\mathcal{{N}}\left({both(mean, names).latex},\,{both(variance, names).latex}\right)"
        text = f"N({both(mean, names).text}, {both(variance, names).text})"
        note = "$\\omega-y$ of a fresh sample"
        if weight != 1:
            note += f", with weight ${both(weight, names).latex}$"
        if density is not None:
            s, part = density
            pdf = both(part.pdf.xreplace({part.variable: s}), names)
            note += rf", at noise ${names.latex(s)}$ of density ${pdf.latex}$"
        left = Raw(rf"\mathrm{{law}}\left({u}\right)", f"law({names.text(RESIDUAL)})")
        lines.append(Line(left, (Raw(law, text),), note))
    return lines + _extremum_lines(residual.envelope, names, RESIDUAL)


def _cost_name(found: Envelope, names: Names, argument: sp.Symbol | None) -> Raw:
    """l_01(h; y) or g(w), or without its argument l_01 or l_01(.; y)."""
    suffix = found.name.partition("_")[2]
    latex, text = ("g", "g") if found.kind == "site" else (rf"\ell_{{{suffix}}}", f"ℓ_{suffix}")
    rest_latex = ",".join(names.latex(r) for r in found.rest)
    rest_text = ", ".join(names.text(r) for r in found.rest)
    if argument is None and not found.rest:
        return Raw(latex, text)
    place = (r"\cdot", "·") if argument is None else (names.latex(argument), names.text(argument))
    more = (rf";\,{rest_latex}", f"; {rest_text}") if found.rest else ("", "")
    return Raw(rf"{latex}\left({place[0]}{more[0]}\right)", f"{text}({place[1]}{more[1]})")


def _cost_line(found: Envelope, names: Names, note: str) -> Line:
    """The loss or penalty with the set it lives on."""
    lower, upper = found.support
    w = (names.latex(found.inner), names.text(found.inner))
    if found.discrete:
        atoms = ", ".join(both(r.first, names).latex for r in found.regions)
        note = "; ".join(n for n in (note, rf"${w[0]} \in \{{{atoms}\}}$") if n)
    elif (lower, upper) != (-sp.oo, sp.oo):
        ends = [both(e, names).latex for e in (lower, upper)]
        inside = [rf"{ends[0]} \le "] if lower.is_finite is not False else []
        inside += [w[0]] + ([rf" \le {ends[1]}"] if upper.is_finite is not False else [])
        note = "; ".join(n for n in (note, rf"for ${''.join(inside)}$, infinite elsewhere") if n)
    return Line(_cost_name(found, names, found.inner), (found.body,), note)


def _extremum_lines(found: Envelope, names: Names, field: sp.Symbol) -> list[Line]:
    """The envelope and its extremal point, region by region."""
    site = found.kind == "site"
    v = names.system.symbols.A if site else names.system.symbols.v  # type: ignore[union-attr]
    given = {found.variance: v, found.field: field}
    cost = _cost_name(found, names, None)
    at = (both(v, names).latex, both(v, names).text)
    below = at[1] if at[1].isalnum() else f"{{{at[1]}}}"
    x = (names.latex(field), names.text(field))
    head = (r"\mathcal{M}^{*}", "M*") if site else (r"\mathcal{M}", "M")
    point = ("w", "w") if site else (r"\mathrm{prox}", "prox")
    left = [
        Raw(rf"{a}_{{{at[0]}}}\left[{cost.latex}\right]\left({x[0]}\right)", f"{b}_{below}[{cost.text}]({x[1]})")
        for a, b in (head, point)
    ]
    lines = []
    sign = 1 if site else -1
    if found.closed:
        values = [(sign * found.value(r, 0)).xreplace(given) for r in found.regions]
        lines.append(Line(left[0], (_cases(found, values, names, given),)))
        points = [_sympify(r.prox).xreplace(given) for r in found.regions]
        lines.append(Line(left[1], (_cases(found, points, names, given),)))
        return lines
    if len(found.regions) == 1:
        return [Line(left[1], (_root(found, found.regions[0], names, given),))]
    parts = [
        _sympify(r.prox).xreplace(given) if r.prox is not None else _root(found, r, names, given) for r in found.regions
    ]
    return [Line(left[1], (_cases(found, parts, names, given),))]


def _root(found: Envelope, region: Region, names: Names, given: dict[sp.Symbol, sp.Expr]) -> Raw:
    """The root of h + V loss'(h) = omega, or of A w + penalty'(w) = xi."""
    h, v, x = found.inner, given[found.variance], given[found.field]
    slope = min((region.cost.diff(h), sp.simplify(region.cost.diff(h))), key=sp.count_ops)
    total = h + v * slope if found.kind == "channel" else v * h + slope
    left, right = both(total, names), both(x, names)
    return Raw(
        rf"\text{{the root }} {names.latex(h)} \text{{ of }} {left.latex} = {right.latex}",
        f"the root {names.text(h)} of {left.text} = {right.text}",
    )


def _cases(found: Envelope, values: list[sp.Expr | Raw], names: Names, given: dict[sp.Symbol, sp.Expr]) -> Raw:
    """One value, or a case for every region of the field; equal neighbours are joined."""
    cases: list[tuple[Raw, sp.Expr, sp.Expr]] = []
    for value, region in zip(values, found.regions, strict=True):
        shown = value if isinstance(value, Raw) else both(value, names)
        if cases and cases[-1][0] == shown:
            cases[-1] = (shown, cases[-1][1], region.upper)
        else:
            cases.append((shown, region.lower, region.upper))
    if len(cases) == 1:
        return cases[0][0]
    latex, text = [], []
    x = both(given[found.field], names)
    for value, lower, upper in cases:
        ends = [both(e.xreplace(given), names) for e in (lower, upper)]
        low = "" if lower == -sp.oo else f"{ends[0].latex} < "
        high = "" if upper == sp.oo else f" < {ends[1].latex}"
        if low and not high:
            where = (f"{x.latex} > {ends[0].latex}", f"{x.text} > {ends[0].text}")
        else:
            low_text = "" if lower == -sp.oo else f"{ends[0].text} < "
            where = (f"{low}{x.latex}{high}", f"{low_text}{x.text} < {ends[1].text}")
        latex.append(f"{value.latex} & {where[0]}")
        text.append(f"{value.text} if {where[1]}")
    body = r"\\ ".join(latex)
    return Raw(rf"\begin{{cases}} {body} \end{{cases}}", "{" + "; ".join(text) + "}")


def _site_lines(system: System, names: Names) -> list[Line]:
    found = system.site.envelope
    assert found is not None
    note = "" if system.site.factor == 1 else rf"a site has the factor $f = {both(system.site.factor, names).latex}$"
    return [_cost_line(found, names, note), *_extremum_lines(found, names, found.field)]


def _abbreviations(derivation: Derivation, names: Names) -> list[Line]:
    """The functions and names that the closed forms use."""
    saddle = derivation.saddle
    used = [saddle.free_entropy, *saddle.conjugates.values(), *saddle.site_map.values(), *saddle.stationary.values()]
    shown = sp.Tuple(*[present(e, names) for e in used])
    lines = []
    for mean, symbol in names.constants.items():
        kind = type(mean)
        inner = kind(*[named_constants(a, names.constants) for a in mean.args])
        if shown.has(symbol) or any(m.has(mean) for m in names.constants if m != mean):
            lines.append(Line(symbol, (Raw(MathPrinter(names).doprint(inner), TextPrinter(names).doprint(inner)),)))
    for symbol, square in names.abbreviations.items():
        if shown.has(symbol):
            residual = symbol.name[0] == "ϖ"
            what = names.latex(RESIDUAL if residual else sp.Symbol("ζ"))
            lines.append(
                Line(symbol**2, (square,), f"variance of ${what}$" + ("" if residual else r" at fixed $\omega$"))
            )
    if shown.has(IntervalMean):
        lines.append(Line(Raw("Dt", "Dt"), (Raw(r"\frac{e^{-t^2/2}}{\sqrt{2\pi}}\,dt", "exp(-t²/2)/√(2π) dt"),)))
    if shown.has(GaussianTail):
        lines.append(
            Line(Raw(r"H(x)", "H(x)"), (Raw(r"\int_x^{\infty} \frac{e^{-t^2/2}}{\sqrt{2\pi}}\,dt", "P(N(0, 1) > x)"),))
        )
    if shown.has(Orthant):
        left = Raw(r"\Phi_2^c\left(a,\,b;\,c\right)", "Orthant(a, b, c)")
        lines.append(
            Line(left, (Raw(r"P(X>a,\,Y>b)", "P(X > a, Y > b)"),), "$X$, $Y$ unit normals with correlation $c$")
        )
    return lines


# ------------------------------------------------------------------------------------------- order parameters


def cold_overlaps(derivation: Derivation, steps: bool) -> list[tuple[str, str, str]]:
    """Rows (symbol, domain, meaning) of the order parameters; with `steps` also those before the limit."""
    system, names = derivation.system, Names.of(derivation.system)
    views = [system.alone(f) for f in range(len(system.families))]
    rows = [row for view in views for row in _family_rows(view, names)]
    for b in system.globals:
        meaning = next((g.meaning for g in derivation.model.globals if g.symbol == b), "")
        rows.append((f"${names.latex(b)}$", "real", ": ".join(p for p in ("minimised with the weights", meaning) if p)))
    if steps:
        rows.append((r"$\beta$", r"$\to\infty$", "inverse temperature, before the limit"))
        for view in views:
            s, row = view.symbols, _writer(view, names, rows)
            row(s.r, "r", rf"$\to {names.latex(s.q)}$", ", before the limit")
            row(s.r_hat, "r_hat", "real", ", before the limit")
    return rows


def _writer(system: System, names: Names, rows: list[tuple[str, str, str]]) -> Callable[..., None]:
    """A function that adds a row (symbol, kind, domain, more words); factors are left out where all are one."""
    factors = system.site.factor != 1

    def row(symbol: sp.Symbol | str, kind: str, domain: str = "", extra: str = "") -> None:
        entry = lookup(kind)
        assert entry is not None
        meaning = entry.meaning.replace("w_i^a", "w_i")
        for factor in () if factors else ("f_i^2 ", "f_i ", "f^2 ", "f_i"):
            meaning = meaning.replace(factor, "")
        shown = symbol if isinstance(symbol, str) else names.latex(symbol)
        rows.append((f"${shown}$", domain or entry.domain, meaning + extra))

    return row


def _family_rows(system: System, names: Names) -> list[tuple[str, str, str]]:
    """The rows of one family of sites."""
    s = system.symbols
    factors = system.site.factor != 1
    rows: list[tuple[str, str, str]] = []
    row = _writer(system, names, rows)
    q = names.latex(s.q)
    fixed = "" if system.fixed_norm is None else f"$= {both(system.fixed_norm, names).latex}$"
    square = r"\frac1N\sum_i f_i^2 w_i^2" if factors else r"\frac1N\sum_i w_i^2"
    rows.append(
        (
            f"${q}$",
            fixed or rf"${q} \ge 0$",
            f"self-overlap of the minimiser, ${square}$" + (", fixed" if fixed else ""),
        )
    )
    row(s.v, "V")
    for j, (m, m_hat) in enumerate(zip(s.m, s.m_hat, strict=True)):
        second = system.second_moments[j]
        bound = "" if second == 1 else both(second, names).latex + r"\,"
        partner = both(system.site.teachers[j], names).latex
        kind = system.overlap_kind(m)
        row(m, kind, rf"${names.latex(m)}^2 \le {bound}{q}$", rf", $t = {partner}$")
        row(m_hat, f"{kind}_hat", "", r", over $\beta$")
    row(s.q_hat, "q_hat", "", r", over $\beta^2$")
    if system.fixed_norm is None:
        row(s.A, "V_hat")
    elif system.sphere:
        row(s.A, "V_hat", "", "; on the sphere it is the multiplier of the constraint")
    return rows
