"""Emission: a `Program` becomes deterministic, readable numba source.

The text depends on the program alone.  Each integral is emitted as an integrand and a loop over adaptive Gauss-Kronrod
panels; the bookkeeping lives in `derive.runtime`.  Generated modules import `derive.runtime` and nothing else of ours.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from string import Template

from derive.errors import LoweringError
from derive.kernel.emit_counts import COUNT_START, COUNTS
from derive.kernel.emit_inner import inner_text
from derive.kernel.emit_vectors import vector_text
from derive.kernel.imports import COLD_IMPORTS, IMPORTS, VECTOR_IMPORTS
from derive.kernel.ir import (
    Expr,
    Function,
    Hint,
    Integral,
    JetTerm,
    JetUse,
    Let,
    Moments,
    Num,
    Op,
    Program,
    Ref,
    Statement,
    VectorInner,
    VectorUse,
)
from derive.kernel.templates import ADAPTIVE, LABEL_WINDOW, ROWS, SOLVE, SUM, TRAPEZOID

__all__ = ["emit_module", "print_expression"]

DECORATOR = '@njit(cache=True, error_model="numpy")'
_CALLS = {
    "sqrt": "math.sqrt",
    "exp": "math.exp",
    "log": "math.log",
    "abs": "abs",
    "max": "max",
    "min": "min",
    "erf": "math.erf",
    "erfc": "math.erfc",
    "erfinv": "erfinv",
    "ndtr": "ndtr",
    "tail": "H",
    "log_ndtr": "log_ndtr",
    "mills": "mills",
    "log_cosh": "log_cosh",
    "softplus": "softplus",
    "logistic": "logistic",
    "tanh": "math.tanh",
    "sinh": "math.sinh",
    "cosh": "math.cosh",
    "sin": "math.sin",
    "cos": "math.cos",
    "asin": "math.asin",
    "atan": "math.atan",
    "atan2": "math.atan2",
    "lgamma": "math.lgamma",
    "expm1": "math.expm1",
    "log1p": "math.log1p",
    "orthant": "bvn_upper",
    "strip": "strip",
    "strip_tail": "strip_tail",
    "wide": "wide",
    "wide_tail": "wide_tail",
    "floor": "math.floor",
}
_GAUSSIAN_EDGES = "    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)"
_INFIX = {
    "add": ("+", 1), "mul": ("*", 2), "div": ("/", 2), "lt": ("<", 0), "le": ("<=", 0), "gt": (">", 0),
    "ge": (">=", 0), "eq": ("==", 0), "ne": ("!=", 0), "and": ("and", -1), "or": ("or", -2), "mod": ("%", 2),
}  # fmt: skip


def print_expression(e: Expr, parent: int = -3) -> str:
    """Print a scalar expression as Python, with the parentheses it needs.

    >>> print_expression(Op("mul", (Ref("a"), Op("add", (Ref("b"), Num(1.0, "1.0"))))))
    'a * (b + 1.0)'
    """
    if isinstance(e, Num):
        return f"({e.text})" if e.text.startswith("-") and parent > 0 else e.text
    if isinstance(e, Ref):
        return e.name
    if e.kind in _INFIX:
        sign, level = _INFIX[e.kind]
        left, right = e.args
        if e.kind == "add" and isinstance(right, Op) and right.kind == "neg":
            text = f"{print_expression(left, level)} - {print_expression(right.args[0], level + 1)}"
        else:
            text = f"{print_expression(left, level)} {sign} {print_expression(right, level + 1)}"
        return f"({text})" if level < parent or level <= 0 <= parent else text
    if e.kind == "neg":
        text = f"-{print_expression(e.args[0], 3)}"
        return f"({text})" if parent > 0 else text
    if e.kind == "powi":
        text = f"{print_expression(e.args[0], 4)} ** {e.args[1].text}"  # type: ignore[union-attr]
        return f"({text})" if parent > 3 else text
    if e.kind == "pow":
        return f"math.pow({print_expression(e.args[0])}, {print_expression(e.args[1])})"
    if e.kind == "select":
        condition, yes, no = (print_expression(a, 0) for a in e.args)
        return f"({yes} if {condition} else {no})"
    if e.kind == "not":
        return f"(not {print_expression(e.args[0], 0)})"
    if e.kind == "sign":
        return f"sign({print_expression(e.args[0])})"
    if e.kind in _CALLS:
        return f"{_CALLS[e.kind]}({', '.join(print_expression(a) for a in e.args)})"
    raise LoweringError(f"the printer has no form for {e.kind}")


def _jet_lines(use: JetUse, row: str = "work") -> list[str]:
    lines: list[str] = []
    many = len(use.terms) > 1
    atoms = [_linear_exponent(term) for term in use.terms] if many else [None]
    if None not in atoms:
        constants, slopes = (", ".join(column) for column in zip(*atoms, strict=True))
        lines.append(f"log_sum_exp_jet(({constants}), ({slopes}), {print_expression(use.field)}, {row}[0])")
        return lines + [f"{name} = {row}[0, {k}]" for k, name in enumerate(use.names)]
    for index, term in enumerate(use.terms):
        target = f"{row}[{index + 1 if many else 0}]"
        lines += _term_lines(term, use.field, target, 4 if many else len(use.names) - 1)
    if many:
        lines.append(f"merge_jets({row}[1:], {len(use.terms)}, {row}[0])")
    lines.append(f"guard_jet({row}[0])")
    lines += [f"{name} = {row}[0, {k}]" for k, name in enumerate(use.names)]
    return lines


def _linear_exponent(term: JetTerm) -> tuple[str, str] | None:
    """(c, s) if the term is exp(c + s x), as for an atom of a site measure; None if it is not."""
    if term.kind != "exponential":
        return None
    log_c, c1, c2, centre, _, _, slope = (None if a is None else print_expression(a) for a in term.args)
    linear = slope is None and c2 == "0.0" and centre == "0.0"
    return (str(log_c), str(c1)) if linear else None


def _term_lines(term: JetTerm, field: Expr, target: str, order: int) -> list[str]:
    """Fill `target` with the jet of one term; a lone one only up to the order that is used."""
    x = print_expression(field)

    def show(e: Expr | None) -> str:
        return "" if e is None else print_expression(e)

    if term.kind == "exponential":
        log_c, c1, c2, centre, lower, upper, slope = term.args
        lines: list[str] = []
        if slope is None:
            lines.append(f"{target}[:] = 0.0")
        else:
            shifted = f"{print_expression(slope, 2)} * {print_expression(field, 3)}"
            if show(upper) == "math.inf":
                lines.append(f"log_ndtr_jet({shifted} - {print_expression(lower, 2)}, {target}, {order})")  # type: ignore[arg-type]
                lines.append(f"scale_chain({target}, {show(slope)})")
            elif show(lower) == "-math.inf":
                lines.append(f"log_ndtr_jet({show(upper)} - {shifted}, {target}, {order})")
                lines.append(f"scale_chain({target}, -({show(slope)}))")
            else:
                lines.append(f"log_interval_jet({show(lower)} - {shifted}, {show(upper)} - {shifted}, {target})")
                lines.append(f"scale_chain({target}, {show(slope)})")
        constants = [show(log_c), show(c1), show(c2)]
        if constants != ["0.0", "0.0", "0.0"]:
            moved = x if show(centre) == "0.0" else f"{x} - {print_expression(centre, 2)}"  # type: ignore[arg-type]
            lines.append(f"add_quadratic({target}, {', '.join(constants)}, {moved})")
        return lines
    if term.kind == "tilt":
        weight, precision, q0, q1, first, last = (show(a) for a in term.args)
        return [
            f"tilted_interval_jet({precision}, {q0} + {q1} * ({x}), {first}, {last}, {target})",
            f"scale_chain({target}, {q1})",
            f"{target}[0] += {weight}",
        ]
    if term.kind in ("inner", "prox"):
        arguments = ", ".join([x, *[show(a) for a in term.args], "refine", target])
        return [f"{term.inner}({arguments})"]
    raise LoweringError(f"the printer has no form for a {term.kind} term")


def _hint_lines(hints: Sequence[Hint]) -> list[str]:
    lines = []
    for hint in hints:
        values = [print_expression(a) for a in hint.args]
        if hint.kind == "point":
            lines += [f"centers[nc] = {values[0]}", f"widths[nc] = {values[1]}", "nc += 1"]
        else:
            lines.append(f"nc = add_crossings({', '.join(values)}, centers, widths, nc)")
    return lines


def _statement_lines(statement: Statement) -> list[str]:
    if isinstance(statement, Let):
        return [f"{statement.name} = {print_expression(statement.value)}"]
    if isinstance(statement, JetUse):
        return _jet_lines(statement)
    if isinstance(statement, Moments):
        buffer = statement.names[0].rpartition("_")[0]
        call = f"{statement.kind}s({', '.join(map(print_expression, statement.args))}, {buffer})"
        lines = [f"{buffer} = np.zeros({len(statement.names)})"]
        if statement.condition is None:
            lines.append(call)
        else:
            lines += [f"if {print_expression(statement.condition, 0)}:", f"    {call}"]
        return lines + [f"{name} = {buffer}[{k}]" for k, name in enumerate(statement.names)]
    if isinstance(statement, VectorUse):
        lines = [f"{statement.buffer} = np.empty({statement.size})"]
        lines.append(
            f"{statement.function}({', '.join(map(print_expression, statement.args))}, refine, tol, {statement.buffer})"
        )
        if statement.modes:
            lines.append(f"modes_jet({statement.buffer})")
        return lines + [f"{name} = {statement.buffer}[{place}]" for name, place in statement.names]
    if isinstance(statement, Integral):
        buffer = statement.integrand.removesuffix("_integrand") + "_values"
        call = ", ".join(
            [*[print_expression(m) for m in statement.measure], *statement.arguments, "refine", "tol", buffer]
        )
        outer = [f"{buffer} = np.empty({len(statement.names)})"]
        outer.append(f"{statement.integrand.removesuffix('_integrand')}_integral({call})")
        return outer + [f"{name} = {buffer}[{k}]" for k, name in enumerate(statement.names)]
    raise LoweringError(f"the printer has no form for {type(statement).__name__}")


def _integral_text(integral: Integral, rows: int) -> str:
    """The loop of one integral, defined after its integrand."""
    base = integral.integrand.removesuffix("_integrand")
    hints = "\n".join(_hint_lines(integral.hints))
    capacity = sum(1 if h.kind == "point" else 2 for h in integral.hints) + 1
    arguments = "".join(f"{a}, " for a in integral.arguments)
    common = {
        "name": f"{base}_integral",
        "integrand": integral.integrand,
        "arguments": arguments,
        "outputs": len(integral.names),
        "rows": max(rows, 1),
        "hints": textwrap.indent(hints, "    "),
        "capacity": capacity,
        "decorator": DECORATOR,
        "variable": integral.variable,
        "floor": ", noise(tol)" if integral.noisy else "",
    }
    if integral.kind == "counts":
        return _counts_text(integral, common)
    if integral.kind == "gaussian":
        density = "scale * math.exp(-0.5 * ((u - mean) / sd) ** 2)"
        return ADAPTIVE.substitute(
            common,
            measure="mean, var",
            start=(
                "    if var <= 0.0:\n"
                f"        {integral.integrand}(mean, {arguments}refine, tol, work, out)\n"
                "        return\n"
                "    sd = math.sqrt(var)\n"
                "    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))"
            ),
            edges=_GAUSSIAN_EDGES,
            density=density,
            trapezoid=TRAPEZOID.substitute(common, density=density),
        )
    if integral.kind == "rows":
        start, count, columns = map(int, integral.window.split(","))
        places = ", ".join("p[i]" if c == 0 else f"p[i + {c * count}]" for c in range(columns))
        return ROWS.substitute(common, start=start, stop=start + count, count=f"{count}.0", columns=places)
    weight, _, given = integral.window.partition("|")
    weight_arguments = "".join(f"{a}, " for a in given.split(",") if a)
    if integral.kind == "sum":
        return SUM.substitute(common, weight=weight, weight_arguments=weight_arguments)
    window = LABEL_WINDOW.substitute(weight=weight, weight_arguments=weight_arguments)
    return ADAPTIVE.substitute(
        common,
        measure="lower, upper",
        start="    level = np.empty(1)",
        edges=window,
        density="1.0",
        trapezoid="",
    )


def _counts_text(integral: Integral, common: dict[str, object]) -> str:
    """The average over the field for one count, and the sum over counts."""
    base = integral.integrand.removesuffix("_integrand")
    weight, given, count = integral.window.split("|")
    inside = {**common, "arguments": f"{count}, {common['arguments']}", "name": f"{base}_field"}
    density = "scale * math.exp(-0.5 * precision * (u - prior) ** 2)"
    field = ADAPTIVE.substitute(
        inside,
        measure="mean, var, centre, spread",
        start=Template(COUNT_START).substitute(inside),
        edges=_GAUSSIAN_EDGES,
        density=density,
        trapezoid=TRAPEZOID.substitute(inside, density=density),
    )
    arguments = "".join(f"{a}, " for a in given.split(",") if a)
    return field + "\n\n" + COUNTS.substitute(common, base=base, count=count, weight=weight, weight_arguments=arguments)


def _function_text(function: Function, loops: Mapping[str, str]) -> str:
    lines = [DECORATOR]
    if function.groups:
        lines.append(f"def {function.name}({_public_signature(function)}):")
    else:
        arguments = ", ".join([*function.arguments, "refine", "tol", "work", "out"])
        lines.append(f"def {function.name}({arguments}):")
    body = [f'"""{function.doc}"""'] if function.doc else []
    if function.groups:
        body += _unpack(function)
        if function.rows:
            body.append(f"work = np.empty(({function.rows}, 5))")
    for statement in function.body:
        body += _statement_lines(statement)
    for k, e in enumerate(function.outputs):
        body.append(f"out[{k}] = {print_expression(e)}")
    lines += ["    " + line for line in body]
    return "\n".join(lines) + "\n" + loops.get(function.name, "")


def _public_signature(function: Function) -> str:
    return ", ".join([*function.groups, "refine", "tol", "out"])


def _unpack(function: Function) -> list[str]:
    lines = []
    for argument in function.arguments:
        group, position, name = argument.split(":")
        lines.append(f"{name} = {group}[{position}]")
    return lines


def emit_module(
    program: Program, header: str, constants: Mapping[str, object], has_solver: bool = True, choose: str = "choose_step"
) -> str:
    """Return the text of a generated module.

    Parameters
    ----------
    header : the module docstring's text (equations, hash, "do not edit")
    constants : module constants, printed with `repr` in the given order
    choose : the step control of `derive.runtime.newton`
    """
    integrals = {s.integrand: s for f in program.functions for s in f.body if isinstance(s, Integral)}
    rows = {f.name: f.rows for f in program.functions}
    loops = {
        name: "\n\n" + _integral_text(integral, max(rows[name], rows.get(integral.window.partition("|")[0], 0)))
        for name, integral in integrals.items()
    }
    parts = [f'r"""{header}"""\n', "import math\n\nimport numpy as np\nfrom numba import njit\n"]
    parts.append(IMPORTS if choose == "choose_step" else IMPORTS.replace(*COLD_IMPORTS))
    vectors = any(isinstance(i, VectorInner) and i.kind == "channel" for i in program.inners)
    if any(isinstance(i, VectorInner) for i in program.inners):
        parts[-1] += VECTOR_IMPORTS
    parts.append("".join(f"{name} = {value!r}\n" for name, value in constants.items()))
    for i in program.inners:
        parts.append(
            vector_text(i, print_expression, DECORATOR)
            if isinstance(i, VectorInner)
            else inner_text(i, print_expression, DECORATOR)
        )
    parts += [_function_text(f, loops) for f in program.functions]
    if has_solver:
        cold = choose == "descend"
        prepare = "    moments = np.empty(FACTS)\n    facts(p, refine, tol, moments)" if cold else ""
        parts.append(
            SOLVE.substitute(
                decorator=DECORATOR,
                choose=choose,
                given=", moments[2:]" if cold else "",
                prepare=prepare,
                start="    held = False\n" if vectors else "",
                hold="        held = hold(x, TIED, EDGE)\n" if vectors else "",
                inside="not held and " if vectors else "",
                vanishes="" if cold else "    state[3] = VANISHES\n",
                guard=_GUARD if any(f.name == "domain" for f in program.functions) else "",
            )
            .replace("    previous = x.copy()\n\n", "    previous = x.copy()\n")
            .replace("        hats[k] = chan[k]\n\n", "        hats[k] = chan[k]\n")
        )
    text = "\n\n\n".join(part.strip("\n") for part in parts) + "\n"
    return "\n".join(line.rstrip() for line in text.split("\n"))


_GUARD = """    margins = np.empty(CONDITIONS)
    domain(x, hats, p, refine, tol, margins)
    for k in range(CONDITIONS):
        if not margins[k] > 0.0:
            mapped[:] = math.nan
            residual[:] = math.nan
            jacobian[:] = math.nan
            return"""
