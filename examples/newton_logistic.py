"""Logistic regression by Newton's method, with the Hessian of the loss.

    python examples/newton_logistic.py  # elsewhere: --backend torch

The log-likelihood of labels y in {0, 1} under p = s(X w) is concave, so that Newton's method finds
its maximum in a few steps, each of which squares the error:

    w <- w - H^-1 g,    g = dL/dw,    H = d2L/dw2.

Gradient descent with the best constant step, 1 over the largest eigenvalue of H, needs thousands.
The data are 569 tumours, of which 30 measurements are to tell the malignant ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from page import host, number, options, save, table
from sklearn.datasets import load_breast_cancer

import xgrad as xg


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Run both methods; return the accuracy and the last gradient norms."""
    chosen = options(__doc__, argv)
    data, labels = load_breast_cancer(return_X_y=True)
    data = (data - data.mean(0)) / data.std(0)
    X = xg.asarray(np.column_stack([np.ones(len(data)), data]))
    y = xg.asarray(labels.astype(float))

    def loss(w: xg.Array) -> xg.Array:
        z = X @ w
        return xg.mean(xg.logaddexp(xg.zeros_like(z), z) - y * z) + 1e-3 * xg.sum(w[1:] ** 2)

    gradient, hessian = xg.grad(loss), xg.hessian(loss)

    def norm(g: xg.Array) -> float:
        return number(xg.sqrt(xg.sum(g**2)))

    w = xg.zeros(X.shape[1], dtype=X.dtype)
    rate = 1 / number(xg.max(xg.linalg.eigvalsh(hessian(w))))
    newton, rows = [], []
    for i in range(12):
        g = gradient(w)
        newton.append(norm(g))
        rows.append([i, number(loss(w)), newton[-1]])
        if newton[-1] < 1e-13:
            break
        w = w - xg.linalg.solve(hessian(w), g)
    table(["iteration", "loss", "gradient norm"], rows)

    v, descent = xg.zeros(X.shape[1], dtype=X.dtype), []
    for _ in range(100 if chosen.quick else 2000):
        g = gradient(v)
        descent.append(norm(g))
        v = v - rate * g
    accuracy = number(xg.mean(xg.astype((X @ w > 0) == (y > 0.5), X.dtype)))
    print(f"gradient descent: {descent[-1]:.2g} after {len(descent)}; accuracy {accuracy:.1%}")

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.loglog(np.arange(1, len(descent) + 1), descent, label="gradient descent")
    left.loglog(np.arange(1, len(newton) + 1), newton, "o-", label="Newton")
    left.set(xlabel="iteration", ylabel="norm of the gradient")
    left.legend(frameon=False)
    scores = host(X @ w)
    bins = np.linspace(scores.min(), scores.max(), 50)
    right.hist(scores[labels == 0], bins, alpha=0.7, label="malignant")
    right.hist(scores[labels == 1], bins, alpha=0.7, label="benign")
    right.set(xlabel="score X w", ylabel="tumours")
    right.legend(frameon=False)
    save(figure, chosen, "newton_logistic.png")
    return {"accuracy": accuracy, "newton": newton[-1], "descent": descent[-1]}


if __name__ == "__main__":
    main()
