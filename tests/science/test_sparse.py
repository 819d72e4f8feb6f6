# Tests of xgrad/scipy/sparse
"""Sparse arrays: products, solvers, spectra, against SciPy's values and differences."""

import sys

import numpy as np
import pytest
import scipy.sparse.linalg as plain
from scipy.sparse import csr_array, csr_matrix, lil_array

import xgrad as xg
from xgrad import scipy

from .programs import Program, check, check_single

RNG = np.random.default_rng(3)
N = 6
MASK = (RNG.uniform(size=(N, N)) < 0.35) | np.eye(N, dtype=bool)
ROWS, COLS = np.nonzero(MASK)
DATA = RNG.normal(size=len(ROWS)) + 4.0 * (ROWS == COLS)
X, Y = RNG.normal(size=N), RNG.normal(size=(N, 2))
B = RNG.normal(size=N)
FIXED = RNG.normal(size=(N, N)) * MASK


FIXED_ARRAY, FIXED_MATRIX = csr_array(FIXED), csr_matrix(FIXED)


def matrix(sp, d, form="csr"):
    return getattr(sp.sparse, f"{form}_array")((d, (ROWS, COLS)), shape=(N, N))


def spd(sp, d):
    A = matrix(sp, d)
    return A @ A.T + 5.0 * sp.sparse.eye_array(N)


def dense(A):
    return A.toarray()


def _solver(name, make=matrix, **options):
    def f(sp, xp, d, b):
        return getattr(sp.sparse.linalg, name)(make(sp, d), b, rtol=1e-12, **options)[0]

    return f


def _squares(name):
    def f(sp, xp, d, b, damp):
        solve = getattr(sp.sparse.linalg, name)
        A, tight = matrix(sp, d), {"atol": 1e-15, "btol": 1e-15, "conlim": 0}
        damp = damp if isinstance(damp, xg.Array) else float(damp)
        first = [solve(A[:, :4], b, **tight)[0], solve(A[:4, :], b[:4], **tight)[0]]
        op = sp.sparse.linalg.LinearOperator(
            (N, 4), lambda v: A[:, :4] @ v, lambda v: A[:, :4].T @ v
        )
        return [*first, solve(A, b, damp, x0=np.ones(N), **tight)[0], solve(op, b, **tight)[0]]

    return f


def _operator(sp, xp, d, b):
    A = spd(sp, d)
    op = sp.sparse.linalg.LinearOperator((N, N), matvec=lambda v: A @ v, dtype=float)
    return sp.sparse.linalg.cg(op, b, rtol=1e-13)[0]


def _eigsh(sp, xp, d):
    w, v = sp.sparse.linalg.eigsh(spd(sp, d), 3, which="LA", v0=np.ones(N))
    return w, abs(v)


def _pencil(sp, xp, d):
    A, M = spd(sp, d), spd(sp, xp.flip(d))
    w, v = sp.sparse.linalg.eigsh(A, 2, M, which="LA", v0=np.ones(N))
    near, u = sp.sparse.linalg.eigsh(A.toarray(), 1, M.toarray(), sigma=0.5, v0=np.ones(N))
    return w, abs(v), near, abs(u)


def _skew_pencil(sp, xp, d):
    w, v = sp.sparse.linalg.eigs(matrix(sp, d), 1, spd(sp, d), v0=np.ones(N))
    return w, abs(v)


def _svds(sp, xp, d):
    u, s, vh = sp.sparse.linalg.svds(matrix(sp, d), 2, v0=np.ones(N))
    return abs(u), s, abs(vh)


P = Program
PROGRAMS = (
    P("vectors", lambda sp, xp, x: [dense(sp.sparse.csr_array(x)), sp.sparse.coo_array(x) @ np.ones(len(x)), dense(sp.sparse.coo_array((x, (np.arange(len(x)),)))), dense(sp.sparse.csr_matrix(x))], (X,)),
    P("real parts", lambda sp, xp, d: [dense(matrix(sp, d).real), dense((matrix(sp, d) * 2j).imag), matrix(sp, d).nanmax()], (DATA,)),
    *(P(f"A @ x {form}", lambda sp, xp, d, x, form=form: matrix(sp, d, form) @ x, (DATA, X))
      for form in ("csr", "csc", "coo")),
    P("A @ X", lambda sp, xp, d, x: matrix(sp, d) @ x, (DATA, Y)),
    P("x @ A", lambda sp, xp, d, x: x @ matrix(sp, d), (DATA, X)),
    P("X.T @ A", lambda sp, xp, d, x: x.T @ matrix(sp, d, "csc"), (DATA, Y)),
    P("complex", lambda sp, xp, d, x: matrix(sp, d) @ x, (DATA * (1 + 0.5j), X - 0.3j * X)),
    P("toarray", lambda sp, xp, d: dense(matrix(sp, d, "coo")), (DATA,)),
    P("sum", lambda sp, xp, d: [matrix(sp, d).sum(), matrix(sp, d).sum(axis=0), matrix(sp, d).sum(axis=1),
                                matrix(sp, d).mean(axis=1)], (DATA,)),
    P("parts", lambda sp, xp, d: [dense(matrix(sp, d)[1:3]), dense(matrix(sp, d)[:, 1:4]), matrix(sp, d)[2, 2],
                                  matrix(sp, d).diagonal(), matrix(sp, d).diagonal(1), matrix(sp, d).trace()], (DATA,)),
    P("A @ B", lambda sp, xp, d: dense(matrix(sp, d) @ matrix(sp, d).T), (DATA,)),
    P("A + 2 B - C", lambda sp, xp, d: dense(matrix(sp, d) + 2.0 * matrix(sp, d).T - matrix(sp, d * d)), (DATA,)),
    P("multiply", lambda sp, xp, d: [dense(matrix(sp, d).multiply(FIXED)), dense(matrix(sp, d).multiply(matrix(sp, d).T))],
      (DATA,)),
    P("kron", lambda sp, xp, d: dense(sp.sparse.kron(matrix(sp, d), matrix(sp, d * d)[:2, :2])), (DATA,)),
    P("block_array", lambda sp, xp, d: dense(sp.sparse.block_array([[matrix(sp, d), None], [None, matrix(sp, d * d)]])),
      (DATA,)),
    P("stacks", lambda sp, xp, d: [dense(sp.sparse.hstack([matrix(sp, d), matrix(sp, d * d)])),
                                   dense(sp.sparse.vstack([matrix(sp, d), matrix(sp, d * d)])),
                                   dense(sp.sparse.block_diag([matrix(sp, d), matrix(sp, d)])),
                                   dense(sp.sparse.tril(matrix(sp, d))), dense(sp.sparse.triu(matrix(sp, d), 1))], (DATA,)),
    P("graphs", lambda sp, xp, d: [xp.where(xp.isinf(w), 0.0, w) for A in [abs(matrix(sp, d))] for g in [sp.sparse.csgraph] for w in (
        g.shortest_path(A), g.shortest_path(A, directed=False, indices=[0, 2]), g.dijkstra(A, indices=1), g.bellman_ford(A, indices=1),
        g.johnson(A), g.floyd_warshall(A), g.dijkstra(A, indices=[0, 1], min_only=True), g.shortest_path(dense(A)),
        dense(g.minimum_spanning_tree(A)), dense(g.breadth_first_tree(A, 0)), dense(g.depth_first_tree(A, 0)))], (DATA,), step=1e-6, rtol=1e-5),
    P("shapes of graphs", lambda sp, xp, d: [A @ np.arange(float(N)) * np.sum(k) for A in [abs(matrix(sp, d))] for g in [sp.sparse.csgraph] for k in (
        g.breadth_first_order(A, 0)[0], g.depth_first_order(A, 0)[0], g.connected_components(A)[0], g.maximum_bipartite_matching(A),
        g.min_weight_full_bipartite_matching(A)[1], g.reverse_cuthill_mckee(A), g.structural_rank(A))] + [sp.sparse.csgraph.yen(dense(abs(matrix(sp, d))), 0, 5, 2)], (DATA,)),
    P("laplacian", lambda sp, xp, d: [w for A in [abs(matrix(sp, d))] for g in [sp.sparse.csgraph.laplacian] for w in (
        dense(g(A)), dense(g(A, normed=True)), g(A, normed=True, return_diag=True)[1], dense(g(A, use_out_degree=True)), g(dense(A), symmetrized=True))], (DATA,)),
    P("older matrices", lambda sp, xp, d, x: [
        v for A in [sp.sparse.csr_matrix((d, (ROWS, COLS)), shape=(N, N))] for v in (
            A * x, x * A, dense(A * A), dense(A**3), dense(2.0 * A), dense(A.multiply(A)), dense(A.getrow(2)),
            dense(A[1]), dense(FIXED_MATRIX * A), FIXED_MATRIX * x, dense(A * FIXED_MATRIX), dense(abs(A).max(axis=1)))],
      (DATA, X)),
    P("other older matrices", lambda sp, xp, d, a: [
        sp.sparse.coo_matrix((d, (ROWS, COLS)), shape=(N, N)) * B, sp.sparse.dia_matrix((a, [0, 1]), shape=(N, N)) * B,
        sp.sparse.csc_matrix((d, (ROWS, COLS)), shape=(N, N)) * B,
        sp.sparse.linalg.aslinearoperator(matrix(sp, d)) @ B], (DATA, Y.T)),
    P("diags is a matrix", lambda sp, xp, d, x: [
        sp.sparse.diags([d[:6], d[:5]], [0, 1]) * x, sp.sparse.spdiags(xp.stack([d[:6], d[1:7]]), [0, -1], N, N) * x,
        dense(sp.sparse.kronsum(sp.sparse.diags(x), sp.sparse.diags(x[:2]))), dense(sp.sparse.bmat([[sp.sparse.diags(x), None], [None, sp.sparse.diags(x)]])),
        sp.sparse.find(matrix(sp, d))[2]], (DATA, X)),
    P("entries", lambda sp, xp, d, e: [
        w for A, B in [(matrix(sp, d), matrix(sp, e, "csc"))] for w in (
            dense(A.maximum(B)), dense(A.minimum(FIXED_ARRAY)), dense(abs(A)), dense(A.power(2)), dense(A.tanh()),
            dense(np.arctan(A)), A.max(), A.min(), dense(A.max(axis=0)), dense(A.min(axis=1)),
            A[[0, 2], [0, 3]] if not hasattr(A[[0, 2], [0, 3]], "toarray") else dense(A[[0, 2], [0, 3]]),
            *[dense(row) for row in A], A[1] @ FIXED, A[2].sum(), A.mean(axis=0), dense(FIXED_ARRAY - A))], (DATA, DATA * DATA)),
    P("setdiag", lambda sp, xp, d, x: [w for A, B in [(matrix(sp, d), matrix(sp, d))] for w in (A.setdiag(x), B.setdiag(x[:2], 1), dense(A), dense(B)) if w is not None], (DATA, X)),
    P("diags_array", lambda sp, xp, a, b: dense(sp.sparse.diags_array([a, b], offsets=[0, -2], shape=(N, N))),
      (X, B[:4])),
    P("dia_array", lambda sp, xp, a: dense(sp.sparse.dia_array((a, [0, 1]), shape=(N, N))), (Y.T,)),
    P("spsolve", lambda sp, xp, d, b: sp.sparse.linalg.spsolve(matrix(sp, d, "csc"), b), (DATA, X)),
    P("spsolve, columns", lambda sp, xp, d, b: sp.sparse.linalg.spsolve(matrix(sp, d, "csc"), b), (DATA, Y)),
    P("splu", lambda sp, xp, d, b: [sp.sparse.linalg.splu(matrix(sp, d, "csc")).solve(b, t) for t in "NT"], (DATA, X)),
    P("splu complex", lambda sp, xp, d, b: [sp.sparse.linalg.splu(matrix(sp, d, "csc")).solve(b, t) for t in "NTH"],
      (DATA * (1 + 0.3j), X + 0.5j * B)),
    P("spsolve, sparse", lambda sp, xp, d: dense(sp.sparse.linalg.spsolve(matrix(sp, d, "csc"), matrix(sp, d * d, "csc"))), (DATA,)),
    P("spsolve_triangular", lambda sp, xp, d, b: [
        sp.sparse.linalg.spsolve_triangular(sp.sparse.tril(matrix(sp, d), format="csr"), b),
        sp.sparse.linalg.spsolve_triangular(sp.sparse.triu(matrix(sp, d), format="csr"), b, lower=False)], (DATA, X)),
    P("inv expm", lambda sp, xp, d: [dense(f(0.3 * matrix(sp, d, "csc"))) for f in (sp.sparse.linalg.inv, sp.sparse.linalg.expm)], (DATA,)),
    P("norm", lambda sp, xp, d: [
        sp.sparse.linalg.norm(matrix(sp, d), o, axis=a) for o, a in (
            (None, None), (1, None), (np.inf, None), (-1, (1, 0)), (2, None), (None, 0), (1, 1), (np.inf, 0), (3, 1))], (DATA,), value=1e-9),
    P("onenormest", lambda sp, xp, d: sp.sparse.linalg.onenormest(matrix(sp, d)), (DATA,)),
    P("eigs", lambda sp, xp, d: [v for w, u in [sp.sparse.linalg.eigs(matrix(sp, d), 2, v0=np.ones(N))] for v in (w, abs(u))], (DATA,), rtol=1e-5),
    P("eigs, dense", lambda sp, xp, a: sp.sparse.linalg.eigs(a, 1, which="LR", v0=np.ones(N), return_eigenvectors=False), (FIXED + 3 * np.eye(N),), rtol=1e-5),
    P("lobpcg", lambda sp, xp, d: sp.sparse.linalg.lobpcg(spd(sp, d), np.eye(N)[:, :1] + 0.1, tol=1e-10, maxiter=100)[0], (DATA,), rtol=1e-5),
    P("factorized", lambda sp, xp, d, b: sp.sparse.linalg.factorized(matrix(sp, d, "csc"))(b), (DATA, X)),
    *(P(f"{n}", _squares(n), (DATA, B, np.asarray(0.7)), value=1e-8, rtol=1e-5) for n in ("lsqr", "lsmr")),
    P("cg", _solver("cg", spd), (DATA, X), value=1e-8),
    P("minres", _solver("minres", spd), (DATA, X), value=1e-8),
    *(P(name, _solver(name), (DATA, X), value=1e-8, rtol=1e-5)
      for name in ("gmres", "bicgstab", "bicg", "cgs", "lgmres", "gcrotmk", "tfqmr", "qmr")),
    P("cg of an operator", _operator, (DATA, X), value=1e-8),
    P("eigsh", _eigsh, (DATA,), rtol=1e-5),
    P("eigsh, two matrices", _pencil, (DATA,), rtol=1e-5),
    P("eigs, two matrices", _skew_pencil, (DATA,), rtol=1e-5),
    P("svds", _svds, (DATA,), rtol=1e-5),
    P("expm_multiply", lambda sp, xp, d, x: sp.sparse.linalg.expm_multiply(matrix(sp, d), x), (DATA, X)),
    P("expm_multiply, times", lambda sp, xp, d, x: sp.sparse.linalg.expm_multiply(
        matrix(sp, d), x, start=0.0, stop=0.4, num=3), (DATA, Y)),
)  # fmt: skip


DOUBLE = {
    "lsqr",
    "lsmr",
    "cg",
    "minres",
    "gmres",
    "bicgstab",
    "bicg",
    "cgs",
    "lgmres",
    "gcrotmk",
    "tfqmr",
    "qmr",
    "cg of an operator",
    "lobpcg",
    "eigs, two matrices",
}
"""Solvers whose tolerance single precision does not reach."""


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_derivatives(program):
    check(program)


@pytest.mark.parametrize(
    "program", [p for p in PROGRAMS if p.name not in DOUBLE], ids=lambda p: p.name
)
def test_single_precision(program):
    check_single(program)


def poisson(n, c):
    """Return the matrix of a plate of n x n cells with conductivities c."""
    sparse = scipy.sparse
    grid = np.arange(n * n).reshape(n, n)
    pairs = [(grid[:, :-1], grid[:, 1:]), (grid[:-1], grid[1:])]
    left = np.concatenate([a.ravel() for a, _ in pairs])
    right = np.concatenate([b.ravel() for _, b in pairs])
    k = 2.0 / (1.0 / c[left] + 1.0 / c[right])
    rows = np.concatenate([left, right, left, right, grid.ravel()])
    cols = np.concatenate([right, left, left, right, grid.ravel()])
    data = xg.concat([-k, -k, k, k, 0.01 * c])
    return sparse.csc_array(sparse.coo_array((data, (rows, cols)), shape=(n * n, n * n)))


def test_one_factorisation_serves_gradient_and_second_order(monkeypatch):
    counts = []
    own = plain.splu
    space = xg.backends.load("numpy").chapter("sparse.linalg")
    monkeypatch.setitem(space.__dict__, "splu", lambda *a, **k: counts.append(1) or own(*a, **k))
    c, b = 1.0 + RNG.uniform(size=100), np.ones(100)

    def energy(c):
        return xg.sum(scipy.sparse.linalg.spsolve(poisson(10, c), b) ** 2)

    xg.grad(energy)(c)
    assert len(counts) == 1
    xg.hvp(energy, c, np.ones(100))
    assert len(counts) == 2


def test_eigenvalues_of_multiplicity_have_a_derivative_and_their_vectors_have_none():
    def lowest(c, vectors):
        w, v = scipy.sparse.linalg.eigsh(poisson(6, c), 4, sigma=-0.1)
        return xg.sum(v[:, 1] ** 3) if vectors else xg.sum(w)

    c = np.ones(36)
    assert np.allclose(xg.grad(lambda c: lowest(c, False))(c) @ c, lowest(c, False))
    with pytest.raises(xg.errors.RuleError, match="an eigenvalue is not simple"):
        xg.grad(lambda c: lowest(c, True))(c)


def test_a_sparse_array_is_a_pytree_of_its_entries():
    A = matrix(scipy, DATA)
    g = xg.grad(lambda A: xg.sum((A @ X) ** 2))(A)
    assert isinstance(g, scipy.sparse.SparseArray)
    assert g.data.shape == DATA.shape
    with pytest.raises(ValueError, match="structure"):
        xg.jvp(lambda A: A @ X, (A,), (A.T @ A,))


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: matrix(scipy, DATA) @ np.ones(3), ValueError, r"A @ x with A of shape \(6, 6\)"),
        (lambda: scipy.sparse.linalg.splu(scipy.sparse.csr_array(np.ones((2, 3)))), ValueError, "expected a square"),
        (lambda: scipy.sparse.linalg.spsolve(scipy.sparse.csr_array(np.diag([1.0, 0.0])), np.ones(2)),
         np.linalg.LinAlgError, "is singular"),
        (lambda: scipy.sparse.linalg.cg(np.eye(3), np.ones(2)), ValueError, "expected a square matrix and a vector"),
        (lambda: scipy.sparse.diags_array([np.ones(2)], offsets=[1], shape=(2, 2)), ValueError, "expected 1"),
        (lambda: scipy.sparse.linalg.splu(scipy.sparse.eye_array(2)).solve(np.ones(2), "X"), ValueError, "trans is 'X'"),
    ],
)  # fmt: skip
def test_bad_input(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_a_solver_that_did_not_converge_warns_and_says_so():
    A = poisson(8, xg.asarray(np.linspace(1, 2, 64)))
    with pytest.warns(RuntimeWarning, match="cg: no convergence after 2 iterations"):
        _, info = scipy.sparse.linalg.cg(A, np.ones(64), maxiter=2)
    assert info == 2


def bands(x):
    """Return residuals of which each depends on three neighbours."""
    left, right = xg.concat([xg.zeros(1), x[:-1]]), xg.concat([x[1:], xg.zeros(1)])
    return left - 2.0 * x + right + 0.1 * xg.exp(x) * x


def rosenbrock(x):
    """Return Rosenbrock's function, chained."""
    return xg.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


FUNCTIONS = {
    "bands": (bands, 4),
    "slices": (lambda x: x[1::2] * x[::2] - xg.flip(x)[: len(x) // 2], 4),
    "writes": (lambda x: xg.index_add(xg.zeros(30), xg.asarray([1, 2]), x[:2] ** 2), 30),
    "matrix": (lambda x: (FIXED @ xg.reshape(x, (6, 5))).ravel(), 6),
    "rolled": (lambda x: xg.roll(x, 1) * x + xg.where(xg.asarray(np.arange(30) > 4), x, 0.0), 3),
    "sums": (lambda x: xg.sum(xg.reshape(x, (5, 6)) ** 3, axis=1), 6),
    "running": (lambda x: xg.cumulative_sum(x**2), 30),
    "elementwise": (lambda x: xg.sin(x) * xg.exp(-x * x) + xg.special.erf(x) / xg.cosh(x), 1),
    "special": (lambda x: xg.special.j0(x) + xg.special.expit(x) + xg.hypot(x, 1 + x), 1),
    "sparse": (lambda x: scipy.sparse.csr_array(FIXED) @ x[:6], 6),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_sparse_jacobian_is_the_dense_one(name):
    f, most = FUNCTIONS[name]
    jacobian = xg.sparse_jacobian(f)
    for x in (RNG.normal(size=30), np.zeros(30)):
        assert np.allclose(jacobian(x).toarray(), xg.jacfwd(f)(x), atol=1e-12)
    assert jacobian.colours.count <= most


def test_every_elementwise_function_has_a_pattern():
    x, failed = np.linspace(0.1, 0.8, 4), []
    for home in (xg, xg.special):
        for name in home.__all__:
            f = getattr(home, name)
            try:
                dense = xg.jacfwd(f)(x)
            except Exception:  # it is no function of one array
                continue
            is_one = isinstance(dense, np.ndarray) and dense.shape == (4, 4)
            if is_one and not np.any(dense - np.diag(np.diag(dense))):
                found = xg.sparse_jacobian(f)(x).toarray()
                if not np.array_equal(found, dense, equal_nan=True):
                    failed.append(name)
    assert not failed


def test_a_sparse_hessian_is_the_dense_one_and_has_derivatives():
    x = RNG.normal(size=12)
    hessian = xg.sparse_hessian(rosenbrock)
    assert np.allclose(hessian(x).toarray(), xg.hessian(rosenbrock)(x))
    assert hessian.colours.count <= 5
    xg.testing.check_grads(lambda x: hessian(x).data, (x,), order=1)


ROWS_AT = np.asarray([0, 1, 2, 3])


def written(rows, x):
    y = xg.zeros(4)
    y[rows] = x
    return y


CHANGING = {
    "by a function": lambda x, far: x * x[::-1] if far else x * x,
    "by an index": lambda x, far: x * x[ROWS_AT[::-1] if far else ROWS_AT],
    "by a mask": lambda x, far: x[ROWS_AT > 1 if far else ROWS_AT < 2] ** 2,
    "by a matrix": lambda x, far: (np.eye(4)[::-1] if far else np.eye(4)) @ x**2,
    "by a sparse matrix": lambda x, far: csr_array(np.eye(4)[::-1] if far else np.eye(4)) @ x**2,
    "by a write": lambda x, far: written(ROWS_AT[::-1] if far else ROWS_AT, x**2),
    "by an axis": lambda x, far: xg.sum(xg.reshape(x**2, (2, 2)), axis=1 if far else 0),
    "by a slice": lambda x, far: x[2:] ** 2 if far else x[:2] ** 2,
}


@pytest.mark.parametrize("name", CHANGING)
def test_a_pattern_that_changes_is_found_out(name):
    far = [False]
    found = xg.sparse_jacobian(lambda x: CHANGING[name](x, far[0]))
    x = np.arange(1.0, 5.0)
    for far[0] in (False, False, True, False):
        dense = xg.jacfwd(lambda x: CHANGING[name](x, far[0]))(x)
        assert np.allclose(found(x).toarray(), dense)


def test_that_a_pattern_holds_is_seen_without_a_run_of_the_function():
    calls = []
    found = xg.sparse_jacobian(lambda x: calls.append(0) or xg.exp(x[1:]) * 2.0 - x[:-1])
    for scale in (1.0, 2.0, 3.0):
        found(np.full(4, scale))
    assert len(calls) == 3


def test_a_pattern_that_changes_is_read_again_or_refused():
    far = [False]

    def f(x):
        return x * x[::-1] if far[0] else x * x

    found, given = xg.sparse_jacobian(f), xg.sparse_jacobian(f, pattern=np.eye(4))
    x = np.arange(1.0, 5.0)
    assert found(x).nnz == given(x).nnz == 4
    far[0] = True
    assert np.allclose(found(x).toarray(), xg.jacfwd(f)(x))
    with pytest.raises(ValueError, match="entries outside of pattern="):
        given(x)


def test_what_cannot_be_read_from_the_tape_asks_for_the_pattern():
    with pytest.raises(xg.errors.MissingFunctionError, match="Pass it, as pattern="):
        xg.sparse_jacobian(lambda x: xg.cumulative_prod(x))(np.ones(3))
    with pytest.raises(ValueError, match="expected a vector"):
        xg.sparse_jacobian(lambda x: x)(np.eye(2))


@pytest.mark.parametrize("name", ["csr_array", "csc_array", "coo_array"])
def test_entries_at_one_place_are_added(name):
    rows, cols, vector = [0, 0, 1, 2, 2], [1, 1, 0, 2, 2], np.arange(1.0, 4.0)
    triples = [(rows, cols)] if name == "coo_array" else [(rows, cols), None]
    for place in triples:  # None: SciPy keeps both entries of compressed rows

        def product(d, space, place=place, name=name):
            made = (d, place) if place else (d, [1, 1, 0, 2, 2], [0, 2, 3, 5])
            A = getattr(space, name)(made, shape=(3, 3))
            return A @ vector, A.T @ vector, (A * A) @ vector

        data = np.arange(1.0, 6.0)
        expected = product(data, sys.modules["scipy.sparse"])
        for y, e in zip(product(xg.asarray(data), scipy.sparse), expected, strict=True):
            assert np.array_equal(np.asarray(y.data), e)
        xg.testing.check_grads(lambda d: product(d, scipy.sparse), (data,), order=2)


def test_what_a_sparse_array_refuses():
    A = matrix(scipy, xg.asarray(DATA))
    with pytest.raises(xg.errors.TracedConversionError, match=r"use A\.toarray"):
        np.asarray(A)
    with pytest.raises(TypeError, match="the pattern of a sparse array of xgrad is fixed"):
        A[0, 0] = 1.0
    with pytest.raises(NotImplementedError, match="there is no format 'lil'"):
        A.tolil()
    with pytest.raises(AttributeError, match=r"no attribute 'nothing'; A\.plain\(\)"):
        A.nothing  # noqa: B018 - it raises
    with pytest.raises(NotImplementedError, match=r"lil_array of SciPy cannot hold.*coo_array"):
        xg.grad(lambda x: lil_array((2, 2)).__setitem__((0, 0), x))(1.0)
    with pytest.raises(xg.errors.NotDifferentiableError, match="spilu: approximate factors"):
        xg.grad(lambda d: xg.sum(scipy.sparse.linalg.spilu(matrix(scipy, d, "csc")).solve(X)))(DATA)
    assert (A != A.T).nnz == (matrix(scipy, DATA).plain() != matrix(scipy, DATA).plain().T).nnz
    assert not callable(csr_array(FIXED))


def test_approximate_factors_are_a_preconditioner():
    def solved(d):
        A = spd(scipy, d).tocsc()
        M = plain.LinearOperator((N, N), scipy.sparse.linalg.spilu(A).solve)
        return scipy.sparse.linalg.cg(A, X, M=M, rtol=1e-12)[0]

    expected = xg.jacfwd(lambda d: xg.linalg.solve(spd(scipy, d).toarray(), X))(DATA)
    np.testing.assert_allclose(xg.jacfwd(solved)(DATA), expected, atol=1e-8)
