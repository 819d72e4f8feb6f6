"""The two modes of each function of linear algebra agree, in each shape: <g, J t> = <J^H g, t>."""

import math

import numpy as np
import pytest

import xgrad as xg

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


def orders(norm, values, **kwargs):
    return {
        f"{norm} {o}": (lambda x, o=o: getattr(la, norm)(x, ord=o, **kwargs), [regular])
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
    **orders("vector_norm", [2, 1, 0.5, 3, math.inf, -math.inf], axis=-1),
    **orders("matrix_norm", ["fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf]),
}
NEED_ONE = {"vector_norm inf", "vector_norm -inf"} | {
    f"matrix_norm {o}" for o in (1, -1, 2, -2, math.inf, -math.inf)
}

OBLONG = {
    "pinv": la.pinv,
    "qr": la.qr,
    "qr complete": lambda x: la.qr(x, mode="complete"),
    "svd": lambda x: la.svd(x, full_matrices=False),
    "svdvals": la.svdvals,
    "matrix_norm": la.matrix_norm,
    "matrix_norm nuc": lambda x: la.matrix_norm(x, ord="nuc"),
    "diagonal": lambda x: la.diagonal(x, offset=1),
    "trace": lambda x: la.trace(x, offset=-1),
}


def inner(xs, ys):
    return sum(float(np.real(np.vdot(x, y))) for x, y in zip(xs, ys, strict=True))


def require_adjoint(f, xs):
    def several(*xs):
        out = f(*xs)
        return tuple(out) if isinstance(out, tuple) else (out,)

    outs, pull = xg.vjp(several, *xs)
    ts = [draw(x.shape, x.dtype, 20 + i) for i, x in enumerate(xs)]
    gs = tuple(draw(y.shape, y.dtype, 30 + i) for i, y in enumerate(outs))
    _, pushed = xg.jvp(several, xs, ts)
    pulled = pull(gs)
    assert all(c.shape == x.shape and c.dtype == x.dtype for c, x in zip(pulled, xs, strict=True))
    size = max(
        math.sqrt(inner(pulled, pulled) * inner(ts, ts)),
        math.sqrt(inner(pushed, pushed) * inner(gs, gs)),
        1e-300,
    )
    assert math.isfinite(size)
    assert abs(inner(gs, pushed) - inner(pulled, ts)) <= 1e-10 * size


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("stack", STACKS, ids=str)
@pytest.mark.parametrize("name", SQUARE)
def test_adjoint_of_square_matrices(name, stack, dtype, quiet):
    f, makers = SQUARE[name]
    for n in SIZES:
        if n or name not in NEED_ONE:
            require_adjoint(f, [make(stack, n, dtype) for make in makers])


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("stack", STACKS, ids=str)
@pytest.mark.parametrize("name", OBLONG)
def test_adjoint_of_wide_and_tall_matrices(name, stack, dtype, quiet):
    for shape in [(5, 2), (2, 5), (1, 2), (2, 1), (0, 2), (2, 0)]:
        x = draw((*stack, *shape), dtype, 1)
        require_adjoint(OBLONG[name], [x])


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("stack", STACKS, ids=str)
def test_adjoint_of_products_of_vectors(stack, dtype):
    for n in SIZES:
        x, y = (draw((*stack, n), dtype, seed) for seed in (1, 2))
        require_adjoint(la.vecdot, [x, y])
        require_adjoint(la.vector_norm, [x])
        require_adjoint(lambda x: la.vector_norm(x, axis=(0, -1) if x.ndim > 1 else 0), [x])
    require_adjoint(la.outer, [draw((3,), dtype, 1), draw((2,), dtype, 2)])
    require_adjoint(la.cross, [draw((*stack, 3), dtype, 1), draw((3,), dtype, 2)])
    require_adjoint(la.polar, [draw((*stack, 5, 2), dtype, 1)])


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
        raise ImportError(name)

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
