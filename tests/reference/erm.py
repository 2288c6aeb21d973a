"""Zero-temperature reference numbers: run the groups of models and collect parts/erm_*.json into erm.json.

python tests/reference/erm.py [ridge labels sparse regression mixture poisson ...]      without a name: collect only
"""

import json
import subprocess
import sys

from common import HERE

GROUPS = {
    "ridge": ("ridge_isotropic", "ridge_blocks", "ridge_power_law", "random_features_ridge"),
    "labels": (
        "logistic_logistic_teacher",
        "logistic_mle",
        "logistic_sign_teacher",
        "logistic_probit_teacher",
        "hinge_sign_teacher",
        "max_margin_sign_teacher",
        "square_sign_teacher",
        "random_features_logistic",
    ),
    "sparse": ("lasso_sparse", "elastic_net"),
    "regression": ("huber_contaminated", "lad", "quantile", "quantile_bias"),
    "mixture": ("gaussian_mixture_logistic", "gaussian_mixture_ridge", "gaussian_mixture_hinge"),
    "poisson": ("poisson_regression",),
}

for group in sys.argv[1:]:
    subprocess.run([sys.executable, str(HERE / f"erm_{group}.py")], check=True)
points, thresholds = [], []
for group in GROUPS:
    path = HERE / "parts" / f"erm_{group}.json"
    if path.exists():
        data = json.loads(path.read_text())
        points += data["points"]
        thresholds += data["thresholds"]
data = {
    "conventions": "beta = inf; total = sum loss + sum penalty; free_entropy = -min(total)/N; V = beta (r - q), V_hat, q_hat, m_hat as in "
    "LANGUAGE semantics; numbers are decimal strings; values below 1e-300 are written as 0",
    "points": points,
    "thresholds": thresholds,
}
(HERE / "erm.json").write_text(json.dumps(data, indent=1) + "\n")
for model in dict.fromkeys([name for names in GROUPS.values() for name in names] + [t["model"] for t in thresholds]):
    digits = [p["agreement_digits"] for p in points if p["model"] == model]
    others = [t["agreement_digits"] for t in thresholds if t["model"] == model]
    print(
        f"{model:28s} {len(digits):3d} points {min(digits, default='-'):>3} digits; {len(others):2d} thresholds {min(others, default='-'):>3}"
    )
