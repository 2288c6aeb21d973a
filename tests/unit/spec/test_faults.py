"""Every kind of fault with its line, column and key; all faults of a file in one error."""

from __future__ import annotations

import pytest

from derive.errors import Fault, SpecError
from derive.spec.read import read_model_text

BASE = """name = "t"
parameters.alpha = { in = "(0, inf)", default = 1 }
quenched.wstar = "atoms(-1, 1)"
weights.w.prior = "law(wstar)"
[[channel]]
samples = "alpha"
teacher.z = "wstar"
student.h = "w"
label = "sign(z)"
factor = "bayes"
"""

ENERGY = """name = "e"
beta = 1
parameters.T = { in = "(0, inf)", default = 1 }
weights.s.count = "atoms(-1, 1)"
energy = [{ gaussian = "cross(s)^2/2" }, { value = "-T*overlap(s, 1)" }]
"""


def faults(text: str) -> tuple[Fault, ...]:
    with pytest.raises(SpecError) as caught:
        read_model_text(text)
    for fault in caught.value.faults:
        assert fault.line is None or fault.line >= 1
        assert "pydantic" not in str(fault) and "http" not in str(fault) and "Traceback" not in str(fault)
    return caught.value.faults


def test_the_base_files_are_sound() -> None:
    read_model_text(BASE)
    read_model_text(ENERGY)


CHANGES = [
    # old, new, line, column, key, words
    ('samples = "alpha"', 'samples = "2*alhpa"', 6, 14, "channel[0].samples", "did you mean `alpha`"),
    ('samples = "alpha"', 'sample = "alpha"', 6, 1, "channel[0].sample", "did you mean `samples`"),
    ('samples = "alpha"\n', "", 5, 3, "channel[0]", "the key `samples` is missing"),
    ('"sign(z)"', '"sign(z + h)"', 9, 19, "channel[0].label", "student field"),
    ('"sign(z)"', '"sign(u)"', 9, 15, "channel[0].label", "not declared"),
    ('"sign(z)"', '"y*z"', 9, 10, "channel[0].label", "the label itself"),
    ('"sign(z)"', '"1"', 7, 9, "channel[0].teacher.z", "does not use it"),
    ('label = "sign(z)"\n', "", 9, 10, "channel[0].factor", "needs a label"),
    ('teacher.z = "wstar"\n', "", 9, 10, "channel[0].factor", "needs a teacher"),
    ('factor = "bayes"\n', "", 5, 3, "channel[0]", "exactly one factor; found none"),
    ('"bayes"', '"bayes"\nloss = "h"', 5, 3, "channel[0]", "exactly one factor"),
    ('"bayes"', '"bayse"', 10, 10, "channel[0].factor", 'allowed: "bayes"'),
    ('factor = "bayes"', 'loss = "step(-y*h)"', 1, 1, "", "`beta` is missing"),
    ('name = "t"', 'name = "t"\nbeta = 1', 2, 8, "beta", "nothing for beta to multiply"),
    ('factor = "bayes"', 'constraint = "y*h"', 10, 15, "channel[0].constraint", "condition"),
    ('factor = "bayes"', 'constraint = "y*z > 0"', 10, 17, "channel[0].constraint", "teacher field"),
    ('factor = "bayes"', 'likelihood = "exp(h"', 10, 18, "channel[0].likelihood", "not closed"),
    ('"w"', '"w^2"', 8, 13, "channel[0].student.h", "linear"),
    ('"w"', '"w + 1"', 8, 13, "channel[0].student.h", "linear"),
    ('"w"', '"wstar"', 8, 13, "channel[0].student.h", "linear"),
    ('student.h = "w"\n', "", 5, 3, "channel[0]", "needs a student field"),
    ('student.h = "w"', 'student = { h = "w", k = "w" }', 10, 10, "channel[0].factor", "in the place of"),
    ("student.h", "student.alpha", 8, 9, "channel[0].student.alpha", "already taken by a parameter"),
    ("student.h", "student.y", 8, 9, "channel[0].student.y", "the label of a sample"),
    ("student.h", "student.wstar_mean", None, None, None, None),
    ('"wstar"\nst', '"w"\nst', 7, 14, "channel[0].teacher.z", "it is a weight"),
    ("default = 1", "default = -1", 2, 49, "parameters.alpha.default", "outside the domain"),
    ("default = 1", 'default = "1/0"', 2, 52, "parameters.alpha.default", "division by zero"),
    ("default = 1", "default = true", 2, 49, "parameters.alpha.default", "a number is expected"),
    ("default = 1", "default = nan", 2, 49, "parameters.alpha.default", "not declared"),
    ('"(0, inf)"', '"(1, 0)"', 2, 28, "parameters.alpha.in", "not below"),
    ('"(0, inf)"', '"(0, inf]"', 2, 28, "parameters.alpha.in", "open"),
    ('"(0, inf)"', '"(0, 1, 2)"', 2, 28, "parameters.alpha.in", "two ends"),
    ('"(0, inf)"', '"positive"', 2, 28, "parameters.alpha.in", "not a domain"),
    ('"(0, inf)"', '"{1, 1}"', 2, 28, "parameters.alpha.in", "twice"),
    ('in = "(0, inf)", ', "", 2, 12, "parameters.alpha", "the key `in` is missing"),
    ("parameters.alpha", "parameters.w", 4, 9, "weights.w", "already taken"),
    ("parameters.alpha", "parameters.q", 2, 12, "parameters.q", "order parameter"),
    ("parameters.alpha", "parameters.m_hat", 2, 12, "parameters.m_hat", "order parameter"),
    ("parameters.alpha", "parameters.exp", 2, 12, "parameters.exp", "a function of the language"),
    ("parameters.alpha", "parameters.lambda", 2, 12, "parameters.lambda", "Python"),
    ("parameters.alpha", 'parameters."a b"', 2, 12, 'parameters."a b"', "not a name"),
    ('"atoms(-1, 1)"', '"atoms(-1, 1)/3"', 3, 18, "quenched.wstar", "sum to 0.333"),
    ('"atoms(-1, 1)"', '"(1 - alpha)*delta(0) + alpha*delta(1)"', 3, 18, "quenched.wstar", "negative"),
    ('"atoms(-1, 1)"', '"delta(0)/2 + alpha*delta(1)"', 3, 18, "quenched.wstar", "at alpha = "),
    ('"atoms(-1, 1)"', "\"density('exp(-x)', 0, 1)\"", 3, 18, "quenched.wstar", "integrates to 0.632"),
    ('"atoms(-1, 1)"', '"atom(-1, 1)"', 3, 19, "quenched.wstar", "did you mean `atoms`"),
    ('"atoms(-1, 1)"', "3", 3, 18, "quenched.wstar", "text in quotes"),
    ('"law(wstar)"', '"law(wsta)"', 4, 24, "weights.w.prior", "did you mean `wstar`"),
    ("weights.w.prior", "weights.w.pior", 4, 11, "weights.w.pior", "did you mean `prior`"),
    ("weights.w.prior", "weights.w.sphere = 1\nweights.w.prior", 4, 9, "weights.w", "one base measure"),
    ("weights.w.prior", "weights.w.count", 4, 20, "weights.w.count", "atoms"),
    ("[[channel]]", "[channel]", 5, 1, "channel", "double brackets"),
]


@pytest.mark.parametrize(("old", "new", "line", "column", "key", "words"), CHANGES)
def test_fault(old, new, line, column, key, words) -> None:
    assert old in BASE
    text = BASE.replace(old, new)
    if words is None:
        read_model_text(text)
        return
    found = faults(text)
    assert any(words in str(f) and f.key == key and (f.line, f.column) == (line, column) for f in found), "\n".join(
        map(str, found)
    )


LABELS = [
    ('values = [-1, 1], probability = "1/(1 + exp(-y*z))"', None),
    ('values = [-1, 1], probability = "1/(1 + exp(-2*y*z)) + 0.1"', "sums to 1.2"),
    ('values = [0, 1], probability = "1/(1 + exp(-y*z))"', "not to 1, at z = 0.7"),
    ('values = [-1, 1], probability = "(1 + y*z)/2"', "negative"),
    ('values = [1, 1], probability = "H(-y*z)"', "twice"),
    ('values = [], probability = "H(-y*z)"', "at least one value"),
    ('values = [-1, 1], density = "H(-y*z)"', "does not belong"),
    ("values = [-1, 1]", "`probability` is missing"),
    ('values = "integer", probability = "H(-y*z)"', '"natural" or "real"'),
    ('values = "natural", probability = "exp(-exp(z))*exp(z*y)/factorial(y)"', None),
    ('values = "natural", probability = "exp(-exp(z))*exp(z*y)"', "sums to"),
    ('values = "real", density = "exp(-(y - z)^2/(2*alpha))/sqrt(2*pi*alpha)"', None),
    ('values = "real", density = "1e3*exp(-1e6*(y - z^2)^2/2)/sqrt(2*pi)"', None),
    ('values = "real", density = "exp(-abs(y - tanh(z)))/2"', None),
    ('values = "real", density = "if(abs(y - z) < 1, 1/2, 0)"', None),
    ('values = "real", density = "exp(-(y - z)^2)/2"', "integrates to 0.886"),
    ('values = "real", density = "exp(-abs(y - z))/2 + 0*w"', "weight"),
]


@pytest.mark.parametrize(("law", "words"), LABELS)
def test_label_laws_are_normalised(law: str, words: str | None) -> None:
    text = BASE.replace('"sign(z)"', "{ " + law + " }")
    if words is None:
        read_model_text(text)
        return
    found = faults(text)
    assert any(words in str(f) and f.key.startswith("channel[0].label") and f.line == 9 for f in found), found


ENERGIES = [
    ("cross(s)^2/2", "s*cross(s)", "energy[0].gaussian", "variable of one site"),
    ("cross(s)^2/2", "overlap(s, 1)", "energy[0].gaussian", "cannot stand"),
    ("cross(s)^2/2", "T^2", "energy[0].gaussian", "contains a weight"),
    ("overlap(s, 1)", "overlap(s)", "energy[1].value", "2 arguments"),
    ("beta = 1\n", "", "", "`beta` is missing"),
    ("beta = 1", "beta = -1", "beta", "positive"),
    ('gaussian = "cross(s)^2/2"', "", "energy[0]", "found none"),
    ("parameters.T", "parameters.m = { in = '(0, 1)' }\nparameters.T", "parameters.m", "order parameter"),
    ('count = "atoms', 'count = "2*atoms', "weights.s.count", "weight 1"),
]


@pytest.mark.parametrize(("old", "new", "key", "words"), ENERGIES)
def test_energy_faults(old: str, new: str, key: str, words: str) -> None:
    assert old in ENERGY
    found = faults(ENERGY.replace(old, new))
    assert any(words in str(f) and f.key == key for f in found), found


def test_nothing_multiplies_a_prior_at_zero_temperature() -> None:
    text = 'beta = "inf"\n' + BASE.replace('factor = "bayes"', 'loss = "(y - h)^2"')
    (fault,) = faults(text)
    assert fault.key == "weights.w.prior"


def test_input_mean_with_y_excludes_a_teacher() -> None:
    (fault,) = faults(BASE.replace('student.h = "w"', 'student.h = "w"\ninput.mean = "y*wstar"'))
    assert fault.key == "channel[0].input.mean"


def test_conditional_laws_use_earlier_names_only() -> None:
    later = BASE.replace(
        'quenched.wstar = "atoms(-1, 1)"', 'quenched = { wstar = "normal(u, 1)", u = "uniform(0, 1)" }'
    )
    assert "not declared before" in str(faults(later)[0])
    earlier = 'quenched = { u = "uniform(1, 2)", wstar = "normal(0, u)" }'
    model = read_model_text(BASE.replace('quenched.wstar = "atoms(-1, 1)"', earlier))
    assert model.quenched[1].depends == ("u",)


OTHERS = """
[observables]
a = "test(sign(h) != y"
b = "tset(h)"
c = "sites(w_mean*h)"
d = "train(h_mean)"
e = "test(h_men)"
[thresholds]
capacity = { solve_for = "alpha" }
spinodl = { solve_for = "alpha" }
first_order = { solve_for = "alfa" }
at_2 = { solve_for = "alpha", bogus = 1 }
continuous = { solve_for = "alpha", edge = "q -> r" }
mine = { solve_for = "alpha", kind = "spinodal" }
first_order_2 = { solve_for = "alpha", branches = ["perfect", "perfect"] }
"""


def test_all_faults_come_in_one_error_in_order() -> None:
    found = faults(BASE.replace('"sign(z)"', '"sign(zz)"') + OTHERS)
    keys = [f.key for f in found]
    assert keys == [
        "channel[0].label",
        "observables.a",
        "observables.b",
        "observables.c",
        "observables.d",
        "observables.e",
        "thresholds.capacity",
        "thresholds.spinodl",
        "thresholds.first_order.solve_for",
        "thresholds.at_2.bogus",
        "thresholds.continuous.edge",
        "thresholds.first_order_2.branches",
    ]
    assert [f.line for f in found] == sorted(f.line or 0 for f in found)
    assert all(f.column for f in found)


def test_renamed_order_parameters_collide_under_their_new_name() -> None:
    free = BASE.replace("parameters.alpha", "parameters.m").replace('"alpha"', '"m"')
    assert "order parameter" in str(faults(free)[0])
    read_model_text(free + '[names]\nm = "R"\n')
    taken = BASE.replace("parameters.alpha", "parameters.R").replace('"alpha"', '"R"')
    assert "already taken" in str(faults(taken + '[names]\nm = "R"\n')[0])


@pytest.mark.parametrize(
    ("value", "line", "column"),
    [
        ('"sign(zz)"', 9, 15),
        ("'sign(zz)'", 9, 15),
        ('"""sign(zz)"""', 9, 17),
        ('"""\nsign(zz)"""', 10, 6),
        ('"sign(\\u007Az)"', 9, 15),
    ],
)
def test_columns_inside_every_kind_of_text(value: str, line: int, column: int) -> None:
    (fault,) = faults(BASE.replace('"sign(z)"', value))[:1]
    assert (fault.line, fault.column) == (line, column)


def test_positions_inside_inline_tables_and_arrays() -> None:
    text = BASE.split("[[channel]]")[0]
    text += 'channel = [\n  { samples = 1, student.h = "w", constraint = "h >= 0" }, # first\n'
    text += '  { samples = 1, student = { h = "v" }, constraint = "h >= 0" },\n]\n'
    (fault,) = faults(text)
    assert (fault.key, fault.line, fault.column) == ("channel[1].student.h", 7, 35)


STORAGE = """name = "s"
parameters.alpha = { in = "(0, inf)", default = 1 }
weights.w.sphere = 1
[[channel]]
samples = "alpha"
student.h = "w"
constraint = "h >= 0"
"""
SECOND = '[[channel]]\nsamples = "alpha"\nteacher.z = "wstar"\nstudent.h = "w"\nlabel = "sign(z)"\nfactor = "bayes"\n'

# base, old, new, key, words
LATER_FAILURES = [
    (BASE, '"atoms(-1, 1)"', '"unit_sphere()"', "quenched.wstar", "law of vectors"),
    (BASE, '"atoms(-1, 1)"', '"atoms([1], [2])"', "quenched.wstar", "law of vectors"),
    (BASE, '"law(wstar)"', '"unit_sphere()"', "weights.w.prior", "law of vectors"),
    (BASE, 'label = "sign(z)"', 'noise.e = "unit_sphere()"\nlabel = "sign(z + e)"', "channel[0].noise.e", "scalar law"),
    (BASE, 'samples = "alpha"', 'samples = "alpha - 2"', "channel[0].samples", "cannot be negative; it is -1"),
    (STORAGE, "student", "input.sd = -1\nstudent", "channel[0].input.sd", "is positive; it is -1"),
    (STORAGE, "student", "input.sd = 0\nstudent", "channel[0].input.sd", "is positive; it is 0"),
    (STORAGE, '"h >= 0"', '"1 >= 0"', "channel[0].constraint", "does not depend on the student field"),
    (STORAGE, '"h >= 0"', '"h == 0"', "channel[0].constraint", "measure zero"),
    (STORAGE, 'constraint = "h >= 0"', 'likelihood = "h^3"', "channel[0].likelihood", "negative at h = -1.3"),
]


@pytest.mark.parametrize(("base", "old", "new", "key", "words"), LATER_FAILURES)
def test_what_would_fail_later_is_refused_by_the_reader(base: str, old: str, new: str, key: str, words: str) -> None:
    assert old in base
    assert any(f.key == key and words in str(f) for f in faults(base.replace(old, new, 1)))


@pytest.mark.parametrize("edge", ["foo -> bar", "q -> 2", "r -> q", "q -> q_hat", "V -> inf"])
def test_an_edge_names_order_parameters_of_the_model(edge: str) -> None:
    (fault,) = faults(STORAGE + f'[thresholds]\ncapacity = {{ solve_for = "alpha", edge = "{edge}" }}\n')
    assert fault.key == "thresholds.capacity.edge" and 'allowed: "q -> r"' in fault.hint


def test_an_edge_follows_names() -> None:
    renamed = 'names.q = "Q"\n' + STORAGE + '[thresholds]\ncapacity = { solve_for = "alpha", edge = "Q -> r" }\n'
    assert read_model_text(renamed).thresholds[0].edge == "Q -> r"
    assert 'allowed: "Q -> r"' in faults(renamed.replace("Q -> r", "q -> r"))[0].hint


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ('{ qq = "Q" }', "did you mean `q`"),
        ('{ m = "R" }', "not an order parameter of this model"),
        ('{ q_hat = "Q" }', "names.q renames both"),
        ('{ q = "alpha" }', "taken by a parameter"),
        ('{ q = "w" }', "taken by a weight"),
        ('{ q = "h" }', "taken by a field"),
        ('{ q = "r" }', "taken by an order parameter"),
        ('{ q = "r_hat" }', "taken by an order parameter"),
        ('{ q = "Q", r = "Q" }', "taken by another entry of [names]"),
        ('{ q = "exp" }', "a function of the language"),
    ],
)
def test_names_renames_what_there_is_to_what_is_free(names: str, words: str) -> None:
    found = faults(f"names = {names}\n" + STORAGE)
    assert any(f.key.startswith("names.") and words in str(f) for f in found)


def test_two_teachers_have_two_names() -> None:
    text = BASE.replace("[[channel]]", 'quenched.t = "normal(0, 1)"\n[[channel]]') + SECOND.replace('"wstar"', '"t"')
    assert read_model_text('names.m_1 = "R"\n' + text).names == {"m_1": "R"}
    taken = text.replace("parameters.alpha", 'parameters.m_1 = { in = "(0, 1)" }\nparameters.alpha')
    assert [f.key for f in faults(taken)] == ["parameters.m_1"]
    same = BASE + SECOND.replace('"wstar"', '"2*wstar"')
    assert "not an order parameter" in str(faults('names.m_1 = "R"\n' + same)[0])


def test_a_mean_over_one_of_two_channels_says_which() -> None:
    other = SECOND.replace("teacher.z", "teacher.u").replace("student.h", "student.g").replace("sign(z)", "sign(u)")
    observed = '[observables]\ne = "test({})"\n'
    (fault,) = faults(BASE + SECOND + observed.format("sign(h) != y"))
    assert fault.key == "observables.e" and "channel[0] or channel[1]" in fault.message
    assert "channel[0] or channel[1]" in faults(BASE + other + observed.format("y"))[0].message
    assert read_model_text(BASE + other + observed.format("sign(g) != y")).observables[0].channel == 1


@pytest.mark.parametrize("name", ["q", "r_hat", "alpha", "w", "free_entropy", "entropy", "status", "lambda", "a b"])
def test_an_observable_has_a_name_of_its_own(name: str) -> None:
    found = faults(STORAGE + f'[observables]\n"{name}" = "test(h)"\n')
    assert [f.key.strip('"').split(".")[0] for f in found] == ["observables"]


def test_an_unknown_branch_names_the_nearest() -> None:
    (fault,) = faults(STORAGE + '[thresholds]\nspinodal = { solve_for = "alpha", branch = "uninfromed" }\n')
    assert "did you mean `uninformed`" in str(fault)
