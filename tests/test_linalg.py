# Tests of xgrad/linalg, backends/xgrad_backends/lapack.py
"""The two modes of each function of linear algebra agree, in each shape: <g, J t> = <J^H g, t>."""

import math
import tracemalloc

import numpy as np
import pytest

import xgrad as xg
from tests.tables import over

la = xg.linalg
STACKS = [(), (2,), (2, 3)]
SIZES = [0, 1, 2, 5]


def draw(shape, dtype, seed):
    rng = np.random.default_rng([seed, *shape])
    x = rng.normal(size=shape)
    return (x + 1j * rng.normal(size=shape) if dtype == "complex128" else x).astype(dtype)


def regular(stack, n, dtype):
    return draw((*stack, n, n), dtype, 1) + 2.5 * np.eye(n)


def definite(stack, n, dtype):
    x = draw((*stack, n, n), dtype, 2)
    return x @ np.conj(np.swapaxes(x, -1, -2)) + np.eye(n)


def hermitian(stack, n, dtype):
    x = draw((*stack, n, n), dtype, 3)
    return x + np.conj(np.swapaxes(x, -1, -2)) + 3.0 * np.diag(np.arange(n))


def right(shape):
    return lambda stack, n, dtype: draw((*stack, n, 2) if shape == "matrix" else (n,), dtype, 4)


def orders(norm, values, name="ord", **kwargs):
    return {
        f"{norm} {o}": (lambda x, o=o: getattr(la, norm)(x, **{name: o}, **kwargs), [regular])
        for o in values
    }


SQUARE = {
    "cholesky": (la.cholesky, [definite]),
    "cholesky upper": (lambda x: la.cholesky(x, upper=True), [definite]),
    "det": (la.det, [regular]),
    "diagonal": (la.diagonal, [regular]),
    "eig": (la.eig, [regular]),
    "eigh": (la.eigh, [hermitian]),
    "eigvals": (la.eigvals, [regular]),
    "eigvalsh": (la.eigvalsh, [hermitian]),
    "expm": (la.expm, [regular]),
    "inv": (la.inv, [regular]),
    "matmul": (la.matmul, [regular, definite]),
    "matrix_function": (lambda x: la.matrix_function(x, xg.log), [definite]),
    "matrix_power 3": (lambda x: la.matrix_power(x, 3), [regular]),
    "matrix_power -2": (lambda x: la.matrix_power(x, -2), [regular]),
    "matrix_transpose": (la.matrix_transpose, [regular]),
    "pinv": (la.pinv, [regular]),
    "polar": (la.polar, [regular]),
    "qr": (la.qr, [regular]),
    "slogdet": (la.slogdet, [regular]),
    "solve": (la.solve, [regular, right("matrix")]),
    "solve of one vector": (la.solve, [regular, right("vector")]),
    "solve by one for all": (la.solve, [regular, lambda stack, n, dtype: draw((n, 2), dtype, 5)]),
    "solve_triangular": (la.solve_triangular, [regular, right("matrix")]),
    "sqrtm": (la.sqrtm, [definite]),
    "svd": (la.svd, [regular]),
    "svdvals": (la.svdvals, [regular]),
    "tensordot": (lambda x, y: la.tensordot(x, y, axes=1), [regular, right("vector")]),
    "trace": (la.trace, [regular]),
    "vecdot": (la.vecdot, [regular, definite]),
    **orders("cond", [None, "fro", 1, -1, 2, -2, math.inf, -math.inf], name="p"),
    **orders("vector_norm", [2, 1, 0.5, 3, math.inf, -math.inf], axis=-1),
    **orders("matrix_norm", ["fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf]),
}
LEAST = {"cond": 2, "vector_norm inf": 1, "vector_norm -inf": 1} | {
    f"matrix_norm {o}": 1 for o in (1, -1, 2, -2, math.inf, -math.inf)
}
"""What is not defined of nothing. Of one number, the condition is always 1."""

OBLONG = {
    "pinv": la.pinv,
    "qr": la.qr,
    "polar": la.polar,
    "qr complete": lambda x: la.qr(x, mode="complete"),
    "svd": lambda x: la.svd(x, full_matrices=False),
    "svdvals": la.svdvals,
    "matrix_norm": la.matrix_norm,
    "matrix_norm nuc": lambda x: la.matrix_norm(x, ord="nuc"),
    "matrix_transpose": la.matrix_transpose,
    "matmul": lambda x: la.matmul(x, la.matrix_transpose(x)),
    "tensordot": lambda x: la.tensordot(x, x, axes=((x.ndim - 1,), (x.ndim - 1,))),
    "diagonal": lambda x: la.diagonal(x, offset=1),
    "trace": lambda x: la.trace(x, offset=-1),
}


VECTORS = {
    "cross": (la.cross, (3,)),
    "norm": (lambda x, y: la.norm(x * y, axis=-1, keepdims=True), None),
    "vecdot": (la.vecdot, None),
    "vector_norm": (lambda x, y: la.vector_norm(x * y, axis=-1), None),
    "vector_norm of all": (
        lambda x, y: la.vector_norm(x + y, axis=(0, -1) if x.ndim > 1 else 0),
        None,
    ),
}


def without_rank(a, b):
    found = la.lstsq(a, b)
    return found.x, found.residuals, found.s


ONE_ONLY = {
    "lstsq": (without_rank, lambda n: [(n + 2, n), (n + 2, 2)]),
    "lstsq of a vector": (without_rank, lambda n: [(n + 2, n), (n + 2,)]),
    "lstsq, wide": (without_rank, lambda n: [(n, n + 2), (n, 2)]),
    "lstsq, square": (without_rank, lambda n: [(n, n), (n, 2)]),
    "multi_dot": (lambda a, b, c: la.multi_dot([a, b, c]), lambda n: [(2, n), (n, 3), (3,)]),
    "outer": (la.outer, lambda n: [(n,), (3,)]),
    "tensorinv": (la.tensorinv, lambda n: [(n, 2, 2 * n)]),
    "tensorinv ind=1": (lambda a: la.tensorinv(a, ind=1), lambda n: [(2 * n, n, 2)]),
    "tensorsolve": (la.tensorsolve, lambda n: [(n, 2, 2, n), (n, 2)]),
    "tensorsolve axes": (
        lambda a, b: la.tensorsolve(a, b, axes=(0,)),
        lambda n: [(2, n, 2, n), (n, 2)],
    ),
}
"""Functions that have no stacks, and the shapes of their arguments."""

CONSTANT = {"matrix_rank"}


def test_every_function_has_a_row():
    rows = {
        name.partition(" ")[0].strip(",") for t in (SQUARE, OBLONG, VECTORS, ONE_ONLY) for name in t
    }
    assert rows | CONSTANT == set(la.__all__)
    assert all(getattr(la, name).op.kind == "constant" for name in CONSTANT)


def inner(xs, ys):
    return sum(float(np.real(np.vdot(x, y))) for x, y in zip(xs, ys, strict=True))


def require_adjoint(f, arrays, place):
    def several(*xs):
        out = f(*xs)
        return tuple(out) if isinstance(out, tuple) else (out,)

    xs = [place.raw(x) for x in arrays]
    outs, pull = xg.vjp(several, *xs)
    ts = [draw(x.shape, x.dtype, 20 + i) for i, x in enumerate(arrays)]
    gs = [draw(y.shape, place.numpy(y).dtype, 30 + i) for i, y in enumerate(outs)]
    pushed = [place.numpy(t) for t in xg.jvp(several, xs, [place.raw(t) for t in ts])[1]]
    pulled = [place.numpy(c) for c in pull(tuple(place.raw(g) for g in gs))]
    same = [c.shape == x.shape and c.dtype == x.dtype for c, x in zip(pulled, arrays, strict=True)]
    assert all(same)
    size = max(
        math.sqrt(inner(pulled, pulled) * inner(ts, ts)),
        math.sqrt(inner(pushed, pushed) * inner(gs, gs)),
        1e-300,
    )
    assert math.isfinite(size)
    assert abs(inner(gs, pushed) - inner(pulled, ts)) <= 1e-10 * size


@pytest.mark.parametrize("name", SQUARE)
@over("dtype", ["float64", "complex128"])
@over("stack", STACKS)
def test_adjoint_of_square_matrices(computing, name, stack, dtype, quiet):
    f, makers = SQUARE[name]
    for n in SIZES:
        if n >= LEAST.get(name.partition(" ")[0] if name.startswith("cond") else name, 0):
            require_adjoint(f, [make(stack, n, dtype) for make in makers], computing)


@pytest.mark.parametrize("name", OBLONG)
@over("dtype", ["float64", "complex128"])
@over("stack", STACKS)
def test_adjoint_of_wide_and_tall_matrices(computing, name, stack, dtype, quiet):
    for shape in [(5, 2), (2, 5), (1, 2), (2, 1), (0, 2), (2, 0)]:
        if name != "polar" or shape[0] >= shape[1]:
            require_adjoint(OBLONG[name], [draw((*stack, *shape), dtype, 1)], computing)


@pytest.mark.parametrize("name", VECTORS)
@over("dtype", ["float64", "complex128"])
@over("stack", STACKS)
def test_adjoint_of_vectors(computing, name, stack, dtype, quiet):
    f, sizes = VECTORS[name]
    for n in sizes or SIZES:
        require_adjoint(f, [draw((*stack, n), dtype, seed) for seed in (1, 2)], computing)


@pytest.mark.parametrize("name", ONE_ONLY)
@over("dtype", ["float64", "complex128"])
def test_adjoint_of_what_has_no_stacks(computing, name, dtype, quiet):
    f, shapes = ONE_ONLY[name]
    for n in SIZES:
        arrays = [draw(shape, dtype, seed) for seed, shape in enumerate(shapes(n))]
        require_adjoint(f, arrays, computing)


def test_pinv_of_constant_deficient_rank():
    left, right = draw((5, 2), "float64", 1), draw((2, 4), "float64", 2)
    xg.testing.check_grads(lambda a, b: la.pinv(a @ b), (left, right), order=2)


# Bad input ----------------------------------------------------------------------------------------

SINGULAR = np.asarray([[1.0, 2.0], [2.0, 4.0]])
STACK = np.stack([SINGULAR, np.eye(2)])
BAD = {
    "solve": (lambda x: la.solve(x, xg.ones(2)), SINGULAR, "x1 is singular", "linalg.solve"),
    "solve of a stack": (lambda x: la.solve(x, xg.ones((2, 1))), STACK, "ingular", "linalg.solve"),
    "solve_triangular": (
        lambda x: la.solve_triangular(x, xg.ones(2)),
        np.zeros((2, 2)),
        "x1 is singular",
        "linalg.solve_triangular",
    ),
    "inv": (la.inv, SINGULAR, "ingular", "linalg.inv"),
    "matrix_power": (lambda x: la.matrix_power(x, -1), SINGULAR, "ingular", "linalg.matrix_power"),
    "cholesky": (la.cholesky, -np.eye(2), "positive", "linalg.cholesky"),
}
SQUARE_ONLY = {
    "cholesky": la.cholesky,
    "expm": la.expm,
    "sqrtm": la.sqrtm,
    "matrix_function": lambda x: la.matrix_function(x, xg.exp),
    "solve": lambda x: la.solve(x, x),
    "solve_triangular": lambda x: la.solve_triangular(x, x),
}


@pytest.mark.parametrize("tracked", [False, True])
@pytest.mark.parametrize("name", BAD)
def test_singular_and_indefinite_matrices_raise_and_name_the_op(name, tracked):
    f, x, says, op = BAD[name]
    with pytest.raises(np.linalg.LinAlgError, match=says) as caught:
        f(xg.asarray(x, requires_grad=tracked))
    assert any(f"xgrad.{op}" in note for note in caught.value.__notes__), caught.value.__notes__


@pytest.mark.parametrize("name", SQUARE_ONLY)
def test_what_is_not_square_is_refused_by_name(name, computing):
    with pytest.raises(ValueError, match=rf"{name}: x1? has shape \(2, 3\); expected square"):
        SQUARE_ONLY[name](xg.asarray(computing.raw(np.ones((2, 3)))))


def test_polar_of_a_wide_matrix_says_what_to_do():
    with pytest.raises(ValueError, match=r"polar: x has shape \(2, 3\).*conjugate transpose"):
        la.polar(xg.ones((2, 3)))


def test_matrix_function_wants_a_function_of_each_element():
    with pytest.raises(ValueError, match=r"f gave \(\) for eigenvalues of shape \(2,\)"):
        la.matrix_function(xg.eye(2), xg.sum)
    p = xg.asarray(2.0, requires_grad=True)
    with pytest.raises(xg.errors.NotDifferentiableError, match="depends on a tracked array"):
        la.matrix_function(xg.eye(2), lambda w: w * p)
    third = xg.grad(
        lambda s: xg.hessian(lambda t: la.matrix_function(xg.eye(2) * t, xg.exp)[0, 0])(s)
    )
    with pytest.raises(xg.errors.NotDifferentiableError, match="third"):
        third(xg.asarray(1.0))


def test_solve_factorises_once(monkeypatch):
    from xgrad_backends import numpy as adapter

    counted = []
    monkeypatch.setattr("xgrad_backends.lapack._solve", lambda *_: counted.append("solve"))
    A, b = regular((), 4, "float64"), draw((4,), "float64", 9)
    assert adapter.BACKEND.lu_factor(A)[1].dtype.kind == "i"
    out, pull = xg.vjp(la.solve, A, b)
    cA, cb = pull(np.ones(4))
    np.testing.assert_allclose(A.T @ cb, np.ones(4))
    np.testing.assert_allclose(cA, -np.outer(cb, out))
    assert not counted


def test_without_scipy_only_the_exponential_is_missing(monkeypatch):
    from xgrad_backends import lapack

    def absent(name):
        raise ModuleNotFoundError(name, name=name.partition(".")[0])

    A, b = definite((), 4, "float64"), draw((4, 2), "float64", 9)
    f = lambda A, b: xg.sum(la.cholesky(A)) + xg.sum(la.solve(A, b) ** 2)  # noqa: E731
    want = xg.grad(f, (0, 1))(A, b)
    lapack._routine.cache_clear()
    monkeypatch.setattr("xgrad_backends.lapack.importlib.import_module", absent)
    try:
        for got, same in zip(xg.grad(f, (0, 1))(A, b), want, strict=True):
            np.testing.assert_allclose(got, same, rtol=1e-11, atol=1e-11)
        with pytest.raises(xg.errors.BackendUnavailableError, match=r"linalg.expm.*pip install"):
            la.expm(A)
    finally:
        lapack._routine.cache_clear()


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
@pytest.mark.parametrize("n", [7, 170, 410])
def test_cotangents_of_large_cholesky_factors_follow_the_formula(n, dtype):
    """NumPy's backend takes them by quarters; the formula is that of a backend without LAPACK."""
    x = (definite((), n, dtype) / n + np.eye(n)).astype(dtype)
    g = draw((n, n), dtype, 5)
    L = np.linalg.cholesky(x)
    phi = np.tril(L.conj().T @ np.tril(g)) / (1 + np.eye(n))
    inverse = np.linalg.inv(L)
    want = inverse.conj().T @ phi @ inverse
    (got,) = xg.vjp(la.cholesky, x)[1](g)
    rtol = 2e-4 if dtype == "float32" else 1e-11
    np.testing.assert_allclose(got, want / 2 + want.conj().T / 2, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("shape", [(2000, 3), (3, 2000)])
def test_the_gradient_of_a_pseudoinverse_makes_the_smaller_square(shape):
    x = np.random.default_rng(0).normal(size=shape)
    tracemalloc.start()
    xg.grad(lambda x: xg.sum(xg.linalg.pinv(x) ** 2))(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30 * x.nbytes
