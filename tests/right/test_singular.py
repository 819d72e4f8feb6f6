# Tests of xgrad/linalg
"""Second derivatives of determinants, inverses and solutions at and near singular matrices."""

from __future__ import annotations

import itertools

import mpmath as mp
import numpy as np
import pytest

import xgrad as xg


def minors(a):
    """Return the Hessian of the determinant: of each two rows and columns the minor of the rest."""
    n = len(a)
    H = np.zeros((n,) * 4)
    for i, j, k, m in itertools.product(range(n), repeat=4):
        if i != k and j != m:
            rest = np.delete(np.delete(a, (i, k), axis=0), (j, m), axis=1)
            sign = (-1) ** (i + j + k - (k > i) + m - (m > j))
            H[i, j, k, m] = sign * (np.linalg.det(rest) if rest.size else 1.0)
    return H


rng = np.random.default_rng(0)
LOW = {
    f"{n} x {n} of rank {n - lost}{', nearly' if off else ''}": (
        rng.normal(size=(n, n - lost)) @ rng.normal(size=(n - lost, n))
        + off * rng.normal(size=(n, n))
    )
    for n in (2, 3, 4)
    for lost in (0, 1, 2)
    for off in (0.0, 1e-9)
    if n > lost
} | {"zeros": np.zeros((3, 3)), "laplacian": 3 * np.eye(3) - 1}


@pytest.mark.parametrize("name", LOW)
def test_second_derivatives_of_det_tensorflow_119477_jax_2821(name):
    a = LOW[name]
    want = minors(a)
    near = {"rtol": 1e-9, "atol": 1e-11 * max(1.0, np.abs(want).max())}
    for derive in (xg.hessian, lambda f: xg.jacfwd(xg.jacfwd(f)), lambda f: xg.jacrev(xg.grad(f))):
        np.testing.assert_allclose(derive(xg.linalg.det)(a), want, **near)
    batch = np.stack([np.eye(len(a)), a])
    bent = xg.hvp(lambda a: xg.sum(xg.linalg.det(a)), batch, np.ones_like(batch))[1]
    np.testing.assert_allclose(bent, want.sum(axis=(2, 3)), **near)


@pytest.mark.parametrize("name", ["3 x 3 of rank 2", "4 x 4 of rank 2, nearly", "zeros"])
def test_second_derivatives_of_det_on_each_backend(name, computing):
    a = LOW[name]
    batch = computing.raw(np.stack([np.eye(len(a)), a]))
    ones = computing.raw(np.ones((2, *a.shape)))

    def along(a):
        return xg.jvp(lambda a: xg.sum(xg.linalg.det(a)), (a,), (ones,))[1]

    want = minors(a).sum(axis=(2, 3))
    near = {"rtol": 1e-9, "atol": 1e-11 * max(1.0, np.abs(want).max())}
    for bent in (xg.grad(along)(batch), xg.hvp(lambda a: xg.sum(xg.linalg.det(a)), batch, ones)):
        np.testing.assert_allclose(computing.numpy(bent)[1], want, **near)
    twice = computing.numpy(xg.jvp(along, (batch,), (ones,))[1])
    np.testing.assert_allclose(twice, want.sum() + minors(np.eye(len(a))).sum(), **near)


@pytest.mark.parametrize("name", ["3 x 3 of rank 2, nearly", "4 x 4 of rank 2, nearly"])
@pytest.mark.parametrize("op", ["slogdet", "inv", "solve", "matrix_power"])
def test_second_order_of_a_nearly_singular_matrix_in_a_batch_on_each_backend(op, name, computing):
    a = LOW[name]
    n, e = len(a), np.random.default_rng(1).normal(size=a.shape)
    f = {
        "slogdet": lambda a: xg.linalg.slogdet(a)[1],
        "inv": xg.linalg.inv,
        "solve": lambda a: xg.linalg.solve(a, computing.raw(np.ones((3, n, 1)))),
        "matrix_power": lambda a: xg.linalg.matrix_power(a, -2),
    }[op]
    batch = np.stack([np.eye(n) + 0.1, a, 2 * np.eye(n)])
    raw, tangent = computing.raw(batch), computing.raw(np.stack([e] * 3))

    def along(a):
        return xg.jvp(f, (a,), (tangent,))[1]

    bent = computing.numpy(xg.jvp(along, (raw,), (tangent,))[1])
    parts = computing.numpy(xg.grad(lambda a: xg.sum(along(a)))(raw)) * e
    for one, m, part in zip(bent, batch, parts, strict=True):
        _, P = exactly(m)
        PE = P @ e
        first, second = -PE @ P, 2 * PE @ PE @ P
        want = {
            "slogdet": -np.trace(PE @ PE),
            "inv": second,
            "solve": second.sum(1, keepdims=True),
            "matrix_power": second @ P + 2 * first @ first + P @ second,
        }[op]
        want = np.asarray(want, float)
        near = 1e3 * np.finfo(float).eps * np.linalg.cond(m)
        np.testing.assert_allclose(one, want, rtol=near, atol=near * np.abs(want).max())
        assert abs(part.sum() - want.sum()) <= 9 * near * np.abs(part).max()


@pytest.mark.parametrize("name", ["3 x 3 of rank 2", "4 x 4 of rank 2", "zeros"])
def test_a_singular_matrix_leaves_the_others_of_slogdet_alone_on_each_backend(name, computing):
    n = len(LOW[name])
    batch = np.stack([np.eye(n) + 0.1, np.zeros((n, n)), 2 * np.eye(n)])
    batch[1, :, :2] = np.round(LOW[name])[:, :1]  # two equal columns: no rounding makes it regular

    def finite(a):
        log = xg.linalg.slogdet(a)[1]
        return xg.sum(xg.where(xg.isfinite(log), log, 0.0))

    raw, ones = computing.raw(batch), computing.raw(np.ones_like(batch))
    bent = computing.numpy(xg.hvp(finite, raw, ones))
    for k in (0, 2):
        P = np.linalg.inv(batch[k]).T
        np.testing.assert_allclose(bent[k], -P @ np.ones((n, n)) @ P, rtol=1e-12)
    np.testing.assert_equal(bent[1], 0)


def test_third_derivative_of_det_of_a_regular_matrix():
    third = xg.jacrev(xg.hessian(xg.linalg.det))(np.eye(3) + 0.1)
    np.testing.assert_allclose(third[0, 0, 1, 1, 2], [0, 0, 1], atol=1e-12)


@pytest.mark.parametrize("n", [2, 3, 4, 5])
@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128"])
def test_a_batch_with_matrices_of_every_rank(n, dtype):
    one = np.random.default_rng(n)
    a = one.normal(size=(40, n, n)) + (1j * one.normal(size=(40, n, n)) if dtype[0] == "c" else 0)
    for k in range(1, 20):  # every second one is regular
        a[2 * k, :, : 1 + k % n] = a[2 * k, :, :1] * np.arange(1, 2 + k % n)
    a = a.astype(dtype)
    exact = np.stack([[_cofactor(m, i, j) for i in range(n) for j in range(n)] for m in a])
    got = np.asarray(xg.grad(lambda a: xg.sum(xg.real(xg.linalg.det(a))))(a))
    eps, most = np.finfo(dtype).eps, np.abs(a).max(axis=(1, 2)) ** (n - 1)
    near = (eps**0.6 * np.abs(exact).max(axis=1) + 100 * eps * most)[:, None]
    assert (np.abs(got.reshape(40, -1) - np.conj(exact)) <= near).all()


def _cofactor(a, i, j):
    rest = np.delete(np.delete(a, i, axis=0), j, axis=1)
    return (-1) ** (i + j) * (np.linalg.det(rest.astype(complex)) if rest.size else 1.0)


def exactly(a):
    """Return the determinant and the inverse in 60 digits, in numbers of NumPy's object dtype."""
    with mp.workdps(60):
        m = mp.matrix(a.tolist())
        inverse = np.asarray((m**-1).tolist()).reshape(a.shape)
        return mp.det(m), inverse


NEAR = {name: a for name, a in LOW.items() if "nearly" in name}


@pytest.mark.parametrize("name", NEAR)
def test_second_order_of_slogdet_inv_and_solve_nearly_singular(name):
    a = NEAR[name]
    n, e, f = len(a), rng.normal(size=a.shape), rng.normal(size=a.shape)
    b = rng.normal(size=(n, 1))
    determinant, P = exactly(a)
    PE, PF = P @ e, P @ f
    twice = PE @ PF @ P + PF @ PE @ P
    values = {
        "slogdet": (lambda a: xg.linalg.slogdet(a)[1], np.trace(PE), -np.trace(PE @ PF)),
        "inv": (xg.linalg.inv, -PE @ P, twice),
        "solve": (lambda a: xg.linalg.solve(a, b), -PE @ P @ b, twice @ b),
    }
    near = 100 * np.finfo(float).eps * np.linalg.cond(a)
    for op, (g, first, second) in values.items():

        def along(a, g=g):
            return xg.jvp(g, (a,), (e,))[1]

        bent = xg.jvp(along, (a,), (f,))[1]
        for got, want in ((along(a), first), (bent, second)):
            exact = np.asarray(want, float)
            error = np.abs(np.asarray(got) - exact).max()
            assert error <= near * np.abs(exact).max(), (op, got, exact)
        parts = np.asarray(xg.grad(lambda a, f=along: xg.sum(f(a)))(a)) * f
        assert abs(np.sum(parts) - float(np.sum(second))) <= near * n * n * np.abs(parts).max(), op
    assert float(xg.linalg.det(a)) == pytest.approx(float(determinant), rel=1e-3 + near)


def test_one_singular_matrix_in_a_batch_leaves_the_others_of_slogdet_alone():
    a = np.stack([np.eye(3) + 0.1, np.ones((3, 3)), np.diag([1.0, 2.0, 0.0])])

    def finite(a):
        log = xg.linalg.slogdet(a)[1]
        return xg.sum(xg.where(xg.isfinite(log), log, 0.0))

    want = np.zeros_like(a)
    want[0] = np.linalg.inv(a[0]).T
    np.testing.assert_allclose(xg.grad(finite)(a), want, rtol=1e-14)
    bent = xg.hvp(finite, a, np.ones_like(a))
    np.testing.assert_allclose(bent[0], -want[0] @ np.ones((3, 3)) @ want[0], rtol=1e-13)
    np.testing.assert_equal(np.asarray(bent[1:]), 0)
    slope = np.asarray(xg.grad(lambda a: xg.sum(xg.linalg.slogdet(a)[1]))(a))
    assert np.isinf(slope[1:]).all()
    np.testing.assert_allclose(slope[0], want[0], rtol=1e-14)


def test_third_derivative_of_det_of_three_rows_is_a_constant():
    signs = np.asarray(xg.jacrev(xg.hessian(xg.linalg.det))(np.zeros((3, 3))))
    np.testing.assert_equal(signs[0, 0, 1, 1, 2], [0, 0, 1])
    np.testing.assert_equal(signs[0, 1, 1, 0, 2], [0, 0, -1])


def _along(a, e, f):
    """Return the derivatives of det along e, and along e and f, by the matrices' own minors."""
    n = len(a)
    exact = a.astype(complex)
    first = sum(_cofactor(exact, i, j) * e[i, j] for i in range(n) for j in range(n))
    second = np.zeros((n, n), complex)
    for i, j, k, m in itertools.product(range(n), repeat=4):
        if i != k and j != m:
            rest = np.delete(np.delete(exact, (i, k), axis=0), (j, m), axis=1)
            sign = (-1) ** (i + j + k - (k > i) + m - (m > j))
            second[i, j] += sign * (np.linalg.det(rest) if rest.size else 1.0) * f[k, m]
    return first, np.sum(second * e), second


@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128", "complex64"])
def test_both_modes_of_det_at_low_ranks_in_each_dtype(dtype, computing):
    draw = np.random.default_rng(5)

    def drawn(*shape):
        x = draw.normal(size=shape)
        return x + 1j * draw.normal(size=shape) if dtype[0] == "c" else x

    for n, lost, off in itertools.product((3, 4, 5), (1, 2), (0.0, 1e-9, 1e-4)):
        low = drawn(n, n - lost) @ drawn(n - lost, n) + off * drawn(n, n)
        batch = np.stack([drawn(n, n), low, drawn(n, n)]).astype(dtype)  # one is singular
        e, f = (np.stack([drawn(n, n).astype(dtype)] * 3) for _ in range(2))
        E, X, along_f = computing.raw(e), computing.raw(batch), computing.raw(f)
        want = [_along(*each) for each in zip(batch, e, f, strict=True)]
        sizes = np.max(np.abs(batch)) ** n * np.max(np.abs(e)) * np.max(np.abs(f))
        near = {"rtol": 0, "atol": 50 * n * np.finfo(dtype).eps * max(1.0, float(sizes))}

        def along(x, E=E):
            return xg.jvp(xg.linalg.det, (x,), (E,))[1]

        def back(x):
            out, pull = xg.vjp(xg.linalg.det, x)
            return pull(xg.ones_like(out))[0]

        bent = xg.jvp(along, (X,), (along_f,))[1]
        turned = xg.jvp(back, (X,), (along_f,))[1]
        np.testing.assert_allclose(computing.numpy(along(X)), [w[0] for w in want], **near)
        np.testing.assert_allclose(computing.numpy(bent), [w[1] for w in want], **near)
        seconds = np.stack([w[2] for w in want])
        np.testing.assert_allclose(np.conj(computing.numpy(turned)), seconds, **near)
        if dtype[0] == "f":
            again = xg.vjp(back, X)[1](along_f)[0]
            np.testing.assert_allclose(computing.numpy(again), seconds, **near)


def test_a_pivot_that_is_zero_in_another_way_of_dividing(monkeypatch):
    """Of the determinant it is nearly 0, and the inverse raises: PyTorch's do so."""
    import xgrad_backends.numpy as adapter

    a = np.stack([np.eye(4) + 0.1, LOW["4 x 4 of rank 2"], np.eye(4)])
    own = adapter.BACKEND.xp.linalg.inv

    def raising(x):
        if np.any(np.abs(np.linalg.det(x)) < 1e-9):
            raise np.linalg.LinAlgError("singular")
        return own(x)

    monkeypatch.setattr(adapter.BACKEND.xp.linalg, "inv", raising)
    got = xg.grad(lambda a: xg.sum(xg.linalg.det(a)))(a)
    exact = [[_cofactor(m, i, j).real for i in range(4) for j in range(4)] for m in a]
    np.testing.assert_allclose(np.reshape(got, (3, 16)), exact, atol=1e-12)
    log = xg.grad(lambda a: xg.sum(xg.linalg.slogdet(a)[1]))(a)
    np.testing.assert_allclose(log[0], np.linalg.inv(a[0]).T, rtol=1e-13)
