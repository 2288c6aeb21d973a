"""Models at zero temperature that every format of a report has to print."""

from __future__ import annotations

__all__ = ["COLD"]

_HEAD = """
beta = "inf"
parameters.alpha = { in = "(0, inf)", default = 2 }
parameters.lam = { in = "(0, inf)", default = "1/10" }
parameters.rho = { in = "(0, 1)", default = "1/2" }
parameters.Delta = { in = "(0, inf)", default = "1/4" }
"""
_RIDGE = """
quenched.wstar = "normal(0, rho)"
weights.w.penalty = "lam/2*w^2"
"""
_TEACHER = """
[[channel]]
samples = "alpha"
teacher.z = "wstar"
student.h = "w"
"""
_SIGN = 'label = "sign(z)"\n'
_NOISY = 'noise.e = "normal(0, 1)"\nlabel = "z + sqrt(Delta)*e"\n'

COLD = {
    "ridge_cold": _HEAD + _RIDGE + _TEACHER + _NOISY + 'loss = "(y - h)^2/2"',
    "hinge_cold": _HEAD + _RIDGE + _TEACHER + _SIGN + 'loss = "max(0, 1 - y*h)"',
    "logistic_cold": _HEAD
    + _RIDGE
    + _TEACHER
    + 'label = { values = [-1, 1], probability = "1/(1 + exp(-y*z))" }\nloss = "log(1 + exp(-y*h))"',
    "lasso_cold": _HEAD
    + 'quenched.wstar = "(1 - rho)*delta(0) + rho*normal(0, 1)"\nweights.w.penalty = "lam*abs(w)"'
    + _TEACHER
    + _NOISY
    + 'loss = "(y - h)^2/2"',
    "clusters_cold": _HEAD
    + """
quenched.v = "normal(0, 1)"
weights.w.penalty = "lam/2*w^2"
globals.b = { meaning = "learned bias" }
[[channel]]
samples = "alpha"
input = { mean = "y*v", sd = "sqrt(Delta)" }
student.h = "w"
label = { values = [-1, 1], probability = "(1 + (2*rho - 1)*y)/2" }
loss = "log(1 + exp(-y*(h + b)))"
""",
    "sphere_cold": _HEAD
    + 'quenched.wstar = "normal(0, 1)"\nweights.w.sphere = 1'
    + _TEACHER
    + _SIGN
    + 'loss = "max(0, 1 - y*h)^2"',
    "constraint_cold": _HEAD
    + 'quenched.wstar = "normal(0, 1)"\nweights.w.penalty = "w^2/2"'
    + _TEACHER
    + _SIGN
    + 'constraint = "y*h >= 1"',
    "binary_cold": _HEAD
    + 'quenched.wstar = "atoms(-1, 1)"\nweights.w.count = "atoms(-1, 1)"'
    + _TEACHER
    + _NOISY
    + 'loss = "(y - h)^2/2"',
    "huber_cold": _HEAD
    + _RIDGE
    + _TEACHER
    + 'input.sd = "sqrt(2)"\nnoise.e = "9/10*normal(0, 1) + 1/10*normal(0, 9)"\nlabel = "z + sqrt(Delta)*e"\n'
    + 'loss = "if(abs(y - h) < rho, (y - h)^2/2, rho*abs(y - h) - rho^2/2)"',
    "counts_cold": _HEAD
    + _RIDGE
    + _TEACHER
    + 'label = { values = "natural", probability = "exp(-exp(z))*exp(z*y)/factorial(y)" }\nloss = "exp(h) - y*h"',
    "interval_cold": _HEAD
    + 'quenched.wstar = "normal(0, 1)"\nweights.w = { penalty = "lam/2*w^2", support = "[0, 3]" }'
    + _TEACHER
    + _NOISY
    + 'loss = "abs(y - h)"',
    "scales_cold": _HEAD
    + 'quenched = { s = "atoms(1/2, 2)", wstar = "normal(0, 1)" }\nweights.w.penalty = "lam/2*w^2"'
    + _TEACHER
    + _SIGN
    + 'input.sd = "s"\nloss = "log(1 + exp(-y*h))"',
    "shifted_cold": _HEAD
    + 'quenched = { v = "normal(1/2, 1)", wstar = "normal(0, 1)" }\nweights.w.penalty = "lam/2*w^2"\n'
    + '[[channel]]\nsamples = "alpha"\ninput.mean = "v"\nteacher.z = "wstar + v"\nstudent.h = "w"\n'
    + 'noise.e = "laplace(1)"\nlabel = "z + e"\nloss = "abs(y - h)"',
}
COLD = {name: f'name = "{name}"\n{text}\n' for name, text in COLD.items()}
