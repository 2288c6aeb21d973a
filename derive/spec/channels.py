"""One `[[channel]]`: fields, label law and factor, with what each of them may contain."""

from __future__ import annotations

import sympy as sp

from derive.spec.context import Context, Y, vector_symbol
from derive.spec.faults import Path
from derive.spec.grammar import ExpressionError, Scope, Value
from derive.spec.laws import parse_law
from derive.spec.model import Channel, Field, Label, Law, Table
from derive.spec.normalise import check_label, check_law, check_likelihood, check_sign
from derive.spec.schema import RawChannel, RawLabel

__all__ = ["read_channel"]

FACTORS = ("bayes", "likelihood", "constraint", "loss")
Noise = tuple[tuple[str, sp.Symbol, Law], ...]


def _length(value: Value) -> int:
    return len(value) if isinstance(value, tuple) else 1


def _linear(expression: sp.Expr, weights: set[sp.Symbol]) -> bool:
    """Whether `expression` is a non-zero linear form in `weights`."""
    present = expression.free_symbols & weights
    slopes = [expression.diff(s) for s in present]
    if not present or any(s.free_symbols & weights for s in slopes):
        return False
    return bool(sp.expand(expression.xreplace(dict.fromkeys(present, sp.S.Zero))) == 0)


class _ChannelReader:
    """The reading of one channel."""

    def __init__(self, context: Context, raw: RawChannel, index: int):
        self.context = context
        self.raw = raw
        self.index = index
        self.path: Path = ("channel", index)
        self.faults = context.faults
        self.local: dict[str, str] = {}

    def declare(self, path: Path, name: str, what: str) -> bool:
        """Enter a name that is known in this channel only."""
        if not self.context.check_name(path, name, what):
            return False
        taken = self.context.taken.get(name) or self.local.get(name)
        if taken:
            self.faults.add(path, f"the name `{name}` is already taken by {taken}", at_key=True)
            return False
        self.local[name] = what
        return True

    # -------------------------------------------------------------------------------------- fields

    def fields(self, side: str) -> list[Field]:
        """Read `student` or `teacher`."""
        table = self.raw.student if side == "student" else self.raw.teacher
        kinds = ["parameters", "quenched"] + (["weights"] if side == "student" else [])
        scope = self.context.scope(f"a {side} field", kinds)
        weights = {s for v in self.context.of_kind("weights").values() for s in sp.Tuple(v).free_symbols}
        fields = []
        for name, text in table.items():
            path: Path = (*self.path, side, name)
            if not self.declare(path, name, f"a {side} field"):
                continue
            if side == "student" and not self.context.means(path, name):
                continue
            value = self.context.expression(path, text, scope, vector=True)
            if value is None:
                value = sp.S.One
            elif side == "student":
                parts = value if isinstance(value, tuple) else (value,)
                if not all(_linear(p, weights) for p in parts):
                    names = ", ".join(self.context.of_kind("weights")) or "none"
                    message = "a student field is linear in the weights: c*w, c made of quenched names"
                    self.faults.add(path, f"{message} and parameters", f"weights: {names}")
            fields.append(Field(name, sp.Symbol(name, real=True), value))
        return fields

    @staticmethod
    def values(fields: list[Field]) -> dict[str, Value]:
        """Return what the names of fields mean in an expression."""
        return {f.name: vector_symbol(f.name, _length(f.coefficient)) for f in fields}

    # --------------------------------------------------------------------------------------- label

    def noise(self) -> Noise:
        """Read the noise variables of the label."""
        found = []
        for name, text in self.raw.noise.items():
            path: Path = (*self.path, "noise", name)
            if not self.declare(path, name, "a noise variable"):
                continue
            scope = self.context.scope("the law of a noise", ["parameters"])
            try:
                parsed = parse_law(text, scope)
            except ExpressionError as error:
                self.faults.expression(path, error)
                continue
            if isinstance(parsed.law, Table) or parsed.vector:
                self.faults.add(path, "a noise variable has a scalar law, not a table or vectors")
                continue
            check_law(self.context, path, parsed)
            found.append((name, sp.Symbol(name, real=True), parsed.law))
        return tuple(found)

    def label(self, teacher: list[Field], student: list[Field], noise: Noise) -> Label | None:
        """Read the label law and check that it uses every teacher field."""
        raw, path = self.raw.label, (*self.path, "label")
        if raw is None:
            for table, what in ((teacher, "teacher"), (noise, "noise")):
                if table:
                    self.faults.add((*self.path, what), f"the channel has a {what} but no label", at_key=True)
            return None
        elsewhere = {f.name: "a student field" for f in student}
        names = self.values(teacher)
        if isinstance(raw, RawLabel):
            elsewhere.update({n: "a noise variable, for labels that are functions" for n, _, _ in noise})
            label = self.law(raw, {**names, "y": Y}, elsewhere)
            if noise and label is not None:
                self.faults.add((*self.path, "noise"), "a label law with probabilities has no noise", at_key=True)
        else:
            extra = {**names, **{n: s for n, s, _ in noise}}
            elsewhere["y"] = "the label itself"
            scope = self.context.scope("a label", ["parameters"], extra, elsewhere)
            expression = self.context.expression(path, raw, scope)
            label = None if expression is None else Label("function", expression)
            for name, symbol, _ in noise:
                if expression is not None and not expression.has_free(symbol):
                    message = f"the noise `{name}` is declared but the label does not use it"
                    self.faults.add((*self.path, "noise", name), message, at_key=True)
        if label is not None:
            free = label.expression.free_symbols
            for f in teacher:
                if not free & sp.Tuple(names[f.name]).free_symbols:
                    message = f"the teacher field `{f.name}` is declared but the label does not use it"
                    self.faults.add((*self.path, "teacher", f.name), message, at_key=True)
        return label

    def law(self, raw: RawLabel, names: dict[str, Value], elsewhere: dict[str, str]) -> Label | None:
        """Read a label law and check that it is normalised."""
        path = (*self.path, "label")
        key, other = ("density", "probability") if raw.values == "real" else ("probability", "density")
        text = raw.density if key == "density" else raw.probability
        if (raw.probability if key == "density" else raw.density) is not None:
            hint = 'values = "real" takes `density`, all others take `probability`'
            self.faults.add((*path, other), f"`{other}` does not belong to these values", hint, at_key=True)
            return None
        if text is None:
            self.faults.add(path, f"the key `{key}` is missing", "P(y given z), an expression", at_key=True)
            return None
        values: list[sp.Expr] = []
        if isinstance(raw.values, list):
            scope = self.context.scope("a label value", ["parameters"])
            for i, item in enumerate(raw.values):
                value = self.context.expression((*path, "values", i), item, scope)
                if value is not None and value in values:
                    self.faults.add((*path, "values", i), f"the value {value} occurs twice")
                elif value is not None:
                    values.append(value)
            if not raw.values:
                self.faults.add((*path, "values"), "a label has at least one value")
        scope = self.context.scope("a label law", ["parameters"], names, elsewhere)
        expression = self.context.expression((*path, key), text, scope)
        if expression is None or self.faults.below((*path, "values")):
            return None
        space = "finite" if isinstance(raw.values, list) else raw.values
        label = Label("law", expression, space, tuple(values))
        fields = [s for n, v in names.items() if n != "y" for s in sp.Tuple(v).free_symbols]
        check_label(self.context, (*path, key), label, sorted(fields, key=str))
        return label

    # -------------------------------------------------------------------------------------- factor

    def factor(self, student: list[Field], teacher: list[Field], label: Label | None) -> tuple[str, object]:
        """Read the one factor of the channel."""
        given = [k for k in FACTORS if getattr(self.raw, "factor" if k == "bayes" else k) is not None]
        written = {"bayes": 'factor = "bayes"'}
        if len(given) != 1:
            found = " and ".join(written.get(k, k) for k in given) or "none"
            message = f"a channel has exactly one factor; found {found}"
            self.faults.add(self.path, message, 'factor = "bayes", likelihood, constraint or loss', at_key=True)
            return "loss", None
        kind = given[0]
        if kind == "bayes":
            path: Path = (*self.path, "factor")
            missing = [w for w, m in (("label", self.raw.label), ("teacher", self.raw.teacher)) if not m]
            if missing:
                self.faults.add(path, f'factor = "bayes" needs a {" and a ".join(missing)}')
            else:
                shapes = [[_length(f.coefficient) for f in side] for side in (teacher, student)]
                if shapes[0] != shapes[1] and not self.faults.below(self.path):
                    message = 'factor = "bayes" puts the student fields in the place of the teacher fields'
                    counts = f"{sum(shapes[0])} teacher and {sum(shapes[1])} student fields found"
                    self.faults.add(path, f"{message}: {counts}")
            return kind, None
        extra = self.values(student)
        elsewhere = {f.name: "a teacher field, which the student does not see" for f in teacher}
        elsewhere.update(dict.fromkeys(self.raw.noise, "a noise variable"))
        if self.raw.label is not None:
            extra["y"] = Y
        else:
            elsewhere["y"] = "the label, and this channel has none"
        scope = self.context.scope(f"a {kind}", ["parameters", "globals"], extra, elsewhere)
        text = getattr(self.raw, kind)
        path = (*self.path, kind)
        if kind == "constraint":
            condition = self.context.boolean(path, text, scope)
            self.constraint(path, condition, student)
            return kind, condition
        weight = self.context.expression(path, text, scope)
        if kind == "likelihood" and weight is not None:
            check_likelihood(self.context, path, weight, label)
        return kind, weight

    def constraint(self, path: Path, condition: sp.Basic | None, student: list[Field]) -> None:
        """Refuse a constraint that no field decides, or that only a point of the line satisfies."""
        fields = {s for f in self.values(student).values() for s in sp.Tuple(f).free_symbols}
        if condition is None or not fields:
            return
        if not condition.free_symbols & fields:
            self.faults.add(path, "the constraint does not depend on the student field", 'for example "y*h >= kappa"')
        elif any(e.free_symbols & fields for e in condition.atoms(sp.Eq)):
            message = "an equality of the field holds on a set of measure zero"
            self.faults.add(path, message, "write an interval, or a likelihood")

    # ----------------------------------------------------------------------------------- the whole

    def inputs(self, label: Label | None, teacher: list[Field]) -> tuple[sp.Expr, sp.Expr]:
        """Read mean and standard deviation of the inputs."""
        path = (*self.path, "input")
        extra = {"y": Y} if self.raw.label is not None else {}
        elsewhere = {} if extra else {"y": "the label, and this channel has none"}
        kinds = ["parameters", "quenched"]
        scope: Scope = self.context.scope("an input mean", kinds, extra, elsewhere)
        mean = self.context.expression((*path, "mean"), self.raw.input.mean, scope)
        sd = self.context.expression((*path, "sd"), self.raw.input.sd, self.context.scope("an input sd", kinds))
        check_sign(self.context, (*path, "sd"), sd, "the standard deviation")
        if mean is not None and mean.has_free(Y) and teacher:
            message = "the input mean uses y, so the law of y may not use a teacher field"
            self.faults.add((*path, "mean"), message)
        return (sp.S.Zero if mean is None else mean), (sp.S.One if sd is None else sd)

    def read(self) -> Channel:
        """Read the channel."""
        if not self.raw.student:
            self.faults.add(self.path, "a channel needs a student field", 'for example student.h = "w"', at_key=True)
        samples = self.context.expression(
            (*self.path, "samples"), self.raw.samples, self.context.scope("a sample ratio", ["parameters"])
        )
        check_sign(self.context, (*self.path, "samples"), samples, "the number of samples", zero=True)
        student, teacher = self.fields("student"), self.fields("teacher")
        noise = self.noise()
        label = self.label(teacher, student, noise)
        mean, sd = self.inputs(label, teacher)
        kind, expression = self.factor(student, teacher, label)
        return Channel(
            samples=sp.S.One if samples is None else samples,
            y=Y,
            student=tuple(student),
            teacher=tuple(teacher),
            noise=noise,
            label=label,
            factor=kind,  # type: ignore[arg-type]
            factor_expression=expression,
            input_mean=mean,
            input_sd=sd,
            index=self.index,
        )


def read_channel(context: Context, raw: RawChannel, index: int) -> Channel:
    """Return the typed channel; faults go to the context."""
    return _ChannelReader(context, raw, index).read()
