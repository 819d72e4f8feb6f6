# Tests of backends/xgrad_backends/torch.py
"""What notes what PyTorch does gets all of a derivative, and may run it on other numbers."""

import pytest

import xgrad as xg

torch = pytest.importorskip("torch")


def masked(x):
    y = xg.zeros_like(x)
    y[1:] = x[:-1] ** 2
    return xg.sum(xg.where(x > 0, xg.sqrt(x), 0.0) * xg.exp(y)) / xg.linalg.norm(x)


def product(x):
    return xg.hvp(masked, (x,), (torch.ones_like(x),))


@pytest.mark.parametrize(
    "f",
    [xg.grad(masked), xg.hessian(masked), product, xg.vmap(lambda x: x * xg.sin(x))],
    ids=["gradient", "hessian", "product", "vmap"],
)
def test_a_derivative_is_one_graph_which_runs_on_other_numbers(f):
    make_fx = pytest.importorskip("torch.fx.experimental.proxy_tensor").make_fx
    x = torch.linspace(0.5, 2.0, 5, dtype=torch.float64)
    graph = make_fx(f)(x)
    for other in (x, x.flip(0) * 0.3, x - 1.0):  # some of the last are left out by the mask
        torch.testing.assert_close(graph(other), f(other))
