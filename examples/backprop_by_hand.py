"""Check the formulas of backpropagation against the tape, each with its difference.

    python examples/backprop_by_hand.py

Every section states formulas as a textbook does, computes them in plain NumPy, and asks the tape
for the same derivatives. The exit status is 1 if any two differ by more than 1e-12.

To ask for the derivative by an intermediate value z, the code adds a zero to it: the derivative by
that zero is the derivative by z.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

import xgrad as xg

TOLERANCE = 1e-12
"""The largest difference that rounding explains."""

SAMPLING_TOLERANCE = 0.03
"""The largest relative difference that the finite sample of a measurement explains."""


class Row(NamedTuple):
    """One formula, its value by hand and on the tape."""

    formula: str
    by_hand: Any
    tape: Any

    @property
    def difference(self) -> float:
        """Return the largest difference of two corresponding elements."""
        if np.shape(self.by_hand) != np.shape(self.tape):
            return float("inf")
        return float(np.max(np.abs(np.asarray(self.by_hand) - np.asarray(self.tape))))

    @property
    def relative(self) -> float:
        """Return the difference of two numbers, relative to the first one."""
        return self.difference / abs(self.by_hand)


Section = Callable[[], Iterator[Row]]


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + e^-z)."""
    return 1 / (1 + np.exp(-z))


def sigmoid_prime(z: np.ndarray) -> np.ndarray:
    """Return the sigmoid's derivative, s(z) (1 - s(z))."""
    return sigmoid(z) * (1 - sigmoid(z))


def one_variable() -> Iterator[Row]:
    """The chain rule in one variable: y = sin u, u = e^v, v = x^2."""
    x = np.float64(0.7)
    v = x**2
    u = np.exp(v)
    yield Row("dv/dx = 2x", 2 * x, xg.grad(lambda x: x**2)(x))
    yield Row("du/dv = e^v", np.exp(v), xg.grad(xg.exp)(v))
    yield Row("dy/du = cos u", np.cos(u), xg.grad(xg.sin)(u))
    yield Row(
        "dy/dx = dy/du du/dv dv/dx",
        np.cos(u) * np.exp(v) * 2 * x,
        xg.grad(lambda x: xg.sin(xg.exp(x**2)))(x),
    )


def many_variables() -> Iterator[Row]:
    """The chain rule in many variables: w = u^2 v + sin v, u = x y, v = x + y^2."""

    def inner(p: xg.Array) -> xg.Array:
        x, y = p[0], p[1]
        return xg.stack([x * y, x + y**2])

    def outer(q: xg.Array) -> xg.Array:
        u, v = q[0], q[1]
        return u**2 * v + xg.sin(v)

    x, y = p = np.array([0.8, -1.3])
    u, v = q = np.array([x * y, x + y**2])
    w_u, w_v = 2 * u * v, u**2 + np.cos(v)
    J = np.array([[y, x], [1, 2 * y]])
    gradient = xg.grad(lambda p: outer(inner(p)))(p)
    yield Row("dw/du = 2uv", w_u, xg.grad(outer)(q)[0])
    yield Row("dw/dv = u^2 + cos v", w_v, xg.grad(outer)(q)[1])
    yield Row("dw/dx = dw/du y + dw/dv", w_u * y + w_v, gradient[0])
    yield Row("dw/dy = dw/du x + dw/dv 2y", w_u * x + w_v * 2 * y, gradient[1])
    yield Row("J = d(u, v)/d(x, y)", J, xg.jacrev(inner)(p))
    yield Row("grad w = J^T dw/d(u, v)", J.T @ np.array([w_u, w_v]), gradient)


def layer_recursion() -> Iterator[Row]:
    """The layer recursion: z^m = W^m a^(m-1) + b^m, a^m = s(z^m), C = |a^L - y|^2 / 2."""
    rng = np.random.default_rng(1)
    widths = (3, 4, 3, 2)
    L = len(widths) - 1
    W = [None, *(rng.normal(size=(widths[m], widths[m - 1])) for m in range(1, L + 1))]
    b = [None, *(rng.normal(size=widths[m]) for m in range(1, L + 1))]
    x, y = rng.normal(size=3), np.array([3.0, -2.0])

    # By hand: forward, keeping every z and a, then the recursion backward.
    z, a = [None], [x]
    for m in range(1, L + 1):
        z.append(W[m] @ a[m - 1] + b[m])
        a.append(sigmoid(z[m]))
    dz = [None] * (L + 1)
    dz[L] = (a[L] - y) * sigmoid_prime(z[L])
    for m in range(L - 1, 0, -1):
        dz[m] = (W[m + 1].T @ dz[m + 1]) * sigmoid_prime(z[m])

    def cost(W: list[Any], b: list[Any], zeros: list[Any]) -> xg.Array:
        a = x
        for W_m, b_m, zero in zip(W, b, zeros, strict=True):
            a = xg.sigmoid(W_m @ a + b_m + zero)
        return xg.sum((a - y) ** 2) / 2

    zeros = [np.zeros(n) for n in widths[1:]]
    tape_W, tape_b, tape_z = xg.grad(cost, argnums=(0, 1, 2))(W[1:], b[1:], zeros)

    yield Row(f"dC/dz^{L} = (a^{L} - y) o s'(z^{L})", dz[L], tape_z[-1])
    for m in range(L, 0, -1):
        if m < L:
            formula = f"dC/dz^{m} = (W^{m + 1}T dC/dz^{m + 1}) o s'(z^{m})"
            yield Row(formula, dz[m], tape_z[m - 1])
        yield Row(f"dC/dW^{m} = dC/dz^{m} a^{m - 1}T", np.outer(dz[m], a[m - 1]), tape_W[m - 1])
        yield Row(f"dC/db^{m} = dC/dz^{m}", dz[m], tape_b[m - 1])


def sigmoid_cross_entropy() -> Iterator[Row]:
    """Cross-entropy cancels the last nonlinearity: C = -sum(y log a + (1 - y) log(1 - a))."""

    def binary(z: xg.Array) -> xg.Array:
        a = xg.sigmoid(z)
        return -xg.sum(y * xg.log(a) + (1 - y) * xg.log(1 - a))

    def categorical(z: xg.Array) -> xg.Array:
        return -xg.sum(y * xg.log_softmax(z))

    z, y = np.array([0.4, -1.1, 2.0]), np.array([1.0, 0.0, 0.0])
    a = sigmoid(z)
    da = -y / a + (1 - y) / (1 - a)
    softmax = np.exp(z) / np.sum(np.exp(z))
    yield Row("dC/dz^L = dC/da^L o s'(z^L)", da * sigmoid_prime(z), xg.grad(binary)(z))
    yield Row("dC/dz^L = a^L - y", a - y, xg.grad(binary)(z))
    yield Row("softmax: dC/dz^L = a^L - y", softmax - y, xg.grad(categorical)(z))


def worked_graph() -> Iterator[Row]:
    """A graph, node by node: h = ReLU(W_h x + b_h), o = W_o h + b_o, L = (y - o)^2."""
    x, y = np.array([1.0, -2.0]), np.array([1.5])
    W_h, b_h = np.array([[0.5, -0.3], [0.8, 0.9], [-0.4, -0.7]]), np.array([0.1, 0.2, -0.3])
    W_o, b_o = np.array([[0.7, -1.2, 0.6]]), np.array([0.4])

    # Forward, one node of the graph per line.
    u = W_h @ x
    p = u + b_h
    h = np.maximum(p, 0)
    q = W_o @ h
    o = q + b_o
    e = y - o

    # Backward, in the opposite order.
    de = 2 * e
    do = -de
    dq = do
    dh = W_o.T @ dq
    dp = dh * (p > 0)
    du = dp

    def loss(x: Any, W_h: Any, b_h: Any, W_o: Any, b_o: Any, zero: dict[str, xg.Array]) -> xg.Array:
        u = W_h @ x + zero["u"]
        p = u + b_h + zero["p"]
        h = xg.relu(p) + zero["h"]
        q = W_o @ h + zero["q"]
        o = q + b_o + zero["o"]
        e = y - o + zero["e"]
        return xg.sum(e**2)

    values = {"u": u, "p": p, "h": h, "q": q, "o": o, "e": e}
    zero = {name: np.zeros_like(value) for name, value in values.items()}
    every = (0, 1, 2, 3, 4, 5)
    t_x, t_W_h, t_b_h, t_W_o, t_b_o, t = xg.grad(loss, argnums=every)(x, W_h, b_h, W_o, b_o, zero)

    yield Row("e = y - o:        dL/de = 2e", de, t["e"])
    yield Row("                  dL/do = -dL/de", do, t["o"])
    yield Row("o = q + b_o:      dL/db_o = dL/do", do, t_b_o)
    yield Row("                  dL/dq = dL/do", dq, t["q"])
    yield Row("q = W_o h:        dL/dW_o = dL/dq h^T", np.outer(dq, h), t_W_o)
    yield Row("                  dL/dh = W_o^T dL/dq", dh, t["h"])
    yield Row("h = ReLU(p):      dL/dp = dL/dh o [p > 0]", dp, t["p"])
    yield Row("p = u + b_h:      dL/db_h = dL/dp", dp, t_b_h)
    yield Row("                  dL/du = dL/dp", du, t["u"])
    yield Row("u = W_h x:        dL/dW_h = dL/du x^T", np.outer(du, x), t_W_h)
    yield Row("                  dL/dx = W_h^T dL/du", W_h.T @ du, t_x)


def variances(n_in: int = 400, n_out: int = 200, samples: int = 500) -> Iterator[Row]:
    """Variances through o = W x with W ~ N(0, sigma^2), here 400 inputs and 200 outputs.

    Going forward Var[o] = n_in sigma^2, going backward Var[dC/dx] = n_out sigma^2. No sigma makes
    both 1 unless n_in = n_out; Glorot's sigma = sqrt(2 / (n_in + n_out)) makes their mean 1.
    """
    rng = np.random.default_rng(2)
    x, g = rng.normal(size=(n_in, samples)), rng.normal(size=(n_out, samples))
    choices = {
        "sigma = 1:": 1.0,
        "n_in^-1/2:": 1 / n_in,
        "n_out^-1/2:": 1 / n_out,
        "Glorot:": 2 / (n_in + n_out),
    }
    for name, variance in choices.items():
        W = rng.normal(0, variance**0.5, size=(n_out, n_in))
        o, pullback = xg.vjp(lambda x, W=W: W @ x, x)
        (dx,) = pullback(g)
        forward, backward = float(np.var(o)), float(np.var(dx))
        yield Row(f"{name:<12}Var[o] = n_in sigma^2", n_in * variance, forward)
        yield Row(f"{'':<12}Var[dC/dx] = n_out sigma^2", n_out * variance, backward)
    yield Row(f"{'':<12}their mean = 1", 1.0, (forward + backward) / 2)


def shown(value: Any) -> str:
    """Return the first elements of a value, for a column of the table."""
    elements = np.asarray(value).ravel()  # adding 0.0 below makes -0.0 a plain zero
    rest = " ..." if elements.size > 2 else ""
    return " ".join(f"{element + 0.0:8.5f}" for element in elements[:2]) + rest


def print_section(number: int, section: Section, *columns: str) -> list[Row]:
    """Print a section's title and a line per formula; return the rows."""
    title = (section.__doc__ or "").partition(".\n")[0]
    print(f"\n{number}. {title}\n")
    print("   {:<41}  {:<21}  {:<21}  {}".format("formula", *columns))
    rows = list(section())
    for row in rows:
        line = f"{row.formula:<41}  {shown(row.by_hand):<21}  {shown(row.tape):<21}"
        print(f"   {line}  {row.difference:.1e}")
    return rows


def main() -> int:
    """Print every section; return 1 if a difference is too large, else 0."""
    exact = [one_variable, many_variables, layer_recursion, sigmoid_cross_entropy, worked_graph]
    rows = []
    for number, section in enumerate(exact, 1):
        rows += print_section(number, section, "by hand", "tape", "difference")
    measured = print_section(len(exact) + 1, variances, "expected", "measured", "difference")

    difference = np.max([row.difference for row in rows])
    deviation = np.max([row.relative for row in measured])
    print(f"""
{len(rows)} derivatives differ by at most {difference:.1e} ({TOLERANCE:.0e} is allowed),
{len(measured)} variances by at most {deviation:.1%} ({SAMPLING_TOLERANCE:.0%} is allowed).""")
    return 0 if difference <= TOLERANCE and deviation <= SAMPLING_TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())
