"""Collect parts/*.json into reference.json.

python tests/reference/build.py
"""

import json

from common import HERE

FAMILIES = {
    "storage.py": (
        "perceptron_storage_spherical",
        "perceptron_storage_biased",
        "perceptron_storage_binary",
        "perceptron_symmetric_binary",
    ),
    "bayes.py": (
        "perceptron_teacher_binary",
        "perceptron_teacher_spherical",
        "linear_gauss_bernoulli",
        "door_symmetric_binary",
        "phase_retrieval_real",
        "probit_gauss",
        "relu_gauss",
        "logistic_bayes_gauss",
    ),
    "gibbs.py": ("perceptron_gibbs_temperature",),
}


def load(name):
    path = HERE / "parts" / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else []


points, thresholds = [], []
for models in FAMILIES.values():
    for model in models:
        points += load(model)
        thresholds += load("thresholds_" + model)
data = {
    "conventions": "free_entropy = lim E log Z/N; V = r - q; q_hat as in LANGUAGE semantics; densities of labels with respect to dy; numbers are decimal strings",
    "points": points,
    "thresholds": thresholds,
    "constants": load("constants"),
}
(HERE / "reference.json").write_text(json.dumps(data, indent=1) + "\n")
worst = {}
for p in points:
    worst[p["model"]] = min(worst.get(p["model"], 99), p["agreement_digits"])
for model, digits in worst.items():
    count = sum(p["model"] == model for p in points)
    ths = [t for t in thresholds if t["model"] == model]
    print(
        f"{model:32s} {count:3d} points, {digits} digits agree; {len(ths):2d} thresholds, {min((t['agreement_digits'] for t in ths), default='-')}"
    )
