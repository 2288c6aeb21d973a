"""Make gaussian_covariate_table.csv from scikit-learn's handwritten digits: `python models/digits_table.py`.

One row per eigenmode of the covariance of the pixels that vary: its eigenvalue omega (scaled to mean 1) and the
projection theta of the linear regression of the label (+1 even digit, -1 odd digit, centred, variance 1).  With fields
w.x/sqrt(N) the regression is theta = sqrt(N)*E[y*x]/omega, so that mean(omega*theta^2) is the explained variance.
Needs scikit-learn, which the project itself does not.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

TABLE = Path(__file__).with_name("gaussian_covariate_table.csv")


def rows() -> np.ndarray:
    """Return the columns omega and theta, largest eigenvalue first."""
    digits = load_digits()
    pixels = digits.data[:, digits.data.std(axis=0) > 0]
    pixels = pixels - pixels.mean(axis=0)
    pixels /= np.sqrt(pixels.var(axis=0).mean())
    label = np.where(digits.target % 2 == 0, 1.0, -1.0)
    label = (label - label.mean()) / label.std()
    samples, sites = pixels.shape
    omega, modes = np.linalg.eigh(pixels.T @ pixels / samples)
    theta = np.sqrt(sites) * (modes.T @ pixels.T @ label / samples) / omega
    order = np.argsort(-omega)
    return np.column_stack([omega, np.abs(theta)])[order]  # the sign of an eigenvector is arbitrary


if __name__ == "__main__":
    lines = ["omega,theta", *(f"{omega:.10e},{theta:.10e}" for omega, theta in rows())]
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
