"""Stabilisation, a phase of its own: forms that overflow or cancel are replaced by forms that do not.

Each rule is one function Op -> Expr | None on the IR, with the identity in its docstring.  The replacements
are functions of `derive.runtime.special`, whose docstrings give switch points and measured error bounds.
"""

from __future__ import annotations

from collections.abc import Callable

from derive.kernel.ir import Expr, Num, Op

__all__ = ["RULES", "stabilise"]


def _is_one(e: Expr) -> bool:
    return isinstance(e, Num) and e.value == 1.0


def _exp_argument(e: Expr) -> Expr | None:
    return e.args[0] if isinstance(e, Op) and e.kind == "exp" else None


def _one_plus_exp(e: Expr) -> Expr | None:
    """The u of 1 + exp(u), or None."""
    if isinstance(e, Op) and e.kind == "add" and len(e.args) == 2:
        for one, other in (e.args, e.args[::-1]):
            if _is_one(one) and _exp_argument(other) is not None:
                return _exp_argument(other)
    return None


def softplus(e: Op) -> Expr | None:
    """log(1 + exp(u)) -> softplus(u)."""
    if e.kind == "log":
        u = _one_plus_exp(e.args[0])
        if u is not None:
            return Op("softplus", (u,))
    return None


def logistic(e: Op) -> Expr | None:
    """1/(1 + exp(u)) -> logistic(-u)."""
    base = None
    if e.kind == "div" and _is_one(e.args[0]):
        base = e.args[1]
    if e.kind == "powi" and isinstance(e.args[1], Num) and e.args[1].value == -1.0:
        base = e.args[0]
    u = None if base is None else _one_plus_exp(base)
    return None if u is None else Op("logistic", (Op("neg", (u,)),))


def log_tail(e: Op) -> Expr | None:
    """Log H(u) -> log_ndtr(-u)."""
    if e.kind == "log" and isinstance(e.args[0], Op) and e.args[0].kind == "tail":
        return Op("log_ndtr", (Op("neg", e.args[0].args),))
    return None


def log_logistic(e: Op) -> Expr | None:
    """Log logistic(u) -> -softplus(-u)."""
    if e.kind == "log" and isinstance(e.args[0], Op) and e.args[0].kind == "logistic":
        return Op("neg", (Op("softplus", (Op("neg", e.args[0].args),)),))
    return None


def log_cosh(e: Op) -> Expr | None:
    """Log cosh u -> log_cosh(u), which grows like |u| - log 2."""
    if e.kind == "log" and isinstance(e.args[0], Op) and e.args[0].kind == "cosh":
        return Op("log_cosh", e.args[0].args)
    return None


def log_exp(e: Op) -> Expr | None:
    """Log exp u -> u."""
    return _exp_argument(e.args[0]) if e.kind == "log" else None


RULES: tuple[Callable[[Op], Expr | None], ...] = (
    softplus,
    logistic,
    log_tail,
    log_logistic,
    log_cosh,
    log_exp,
)


def stabilise(expression: Expr) -> Expr:
    """Apply the rules bottom-up until none applies.

    >>> from derive.kernel.ir import Ref
    >>> u = Ref("u")
    >>> stabilise(Op("log", (Op("add", (Num(1.0, "1.0"), Op("exp", (u,)))),)))
    Op(kind='softplus', args=(Ref(name='u'),))
    """
    if not isinstance(expression, Op):
        return expression
    current: Expr = Op(expression.kind, tuple(stabilise(a) for a in expression.args))
    changed = True
    while changed and isinstance(current, Op):
        changed = False
        for rule in RULES:
            better = rule(current)
            if better is not None:
                current, changed = better, True
                break
    return current
