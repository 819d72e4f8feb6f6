# Tests of xgrad/scipy/linalg
"""Dense linear algebra under SciPy's names: values of SciPy, derivatives of every order."""

import numpy as np
import pytest

import xgrad as xg
from xgrad import scipy

from .programs import Program, check, check_single

RNG = np.random.default_rng(5)
A = RNG.normal(size=(4, 4)) + 4.0 * np.eye(4)
B = RNG.normal(size=(4, 4)) - 3.0 * np.eye(4)
C = RNG.normal(size=(4, 2))
V = RNG.normal(size=4) + np.asarray([4.0, 0, 0, 0])
W = RNG.normal(size=4)
Z = A + 0.3j * B
N = 7
BAND = RNG.normal(size=(4, N)) + np.asarray([0.0, 6.0, 0.0, 0.0])[:, None]
HALF = RNG.normal(size=(3, N)) + np.asarray([8.0, 0.0, 0.0])[:, None]
X = RNG.normal(size=N)
SPREAD = 0.3 * RNG.normal(size=(4, 4)) + np.diag([-3.0, 0.5, 2.5, 6.0])


def sym(xp, a):
    return 0.5 * (a + a.T) if not np.iscomplexobj(a) else a


def spd(xp, a):
    return a @ a.T + 0.5 * np.eye(4)


def L(name, *args, f=None, **options):
    """Return the program of a function of all arrays."""
    return Program(name, lambda sp, xp, *xs: f(sp.linalg, *xs), args, **options)


PROGRAMS = (
    *(L(f"solve {kind}", A, V, f=lambda la, a, b, kind=kind: la.solve(spd(la, a), b, assume_a=kind))
      for kind in ("sym", "her", "pos", "gen", "upper triangular", "lower triangular")),
    L("solve, half", A, C, f=lambda la, a, b: la.solve(a, b, assume_a="sym", lower=True)),
    L("solve, transposed", A, V, f=lambda la, a, b: la.solve(a, b, transposed=True)),
    L("solve_triangular", A, V, f=lambda la, a, b: [
        la.solve_triangular(a, b, t, lower=lo, unit_diagonal=u) for t in "NTC" for lo in (0, 1) for u in (0, 1)]),
    L("cho_solve", A, C, f=lambda la, a, b: [la.cho_solve(la.cho_factor(spd(la, a), lo), b) for lo in (True, False)]),
    L("cho_factor", A, f=lambda la, a: la.cho_factor(spd(la, a))[0]),
    L("cholesky", A, f=lambda la, a: [la.cholesky(spd(la, a)), la.cholesky(spd(la, a), lower=True)]),
    L("lu_factor", A, f=lambda la, a: la.lu_factor(a)[0]),
    L("lu_factor complex", Z, f=lambda la, a: la.lu_factor(a)[0]),
    L("solve, few diagonals", A, V, f=lambda la, a, b: [la.solve(a, b, assume_a=k) for k in ("diagonal", "tridiagonal", "banded")]),
    L("lu, more rows or columns", B[:, :2], f=lambda la, a: [*la.lu(a), *la.lu(a.T, permute_l=True), la.lu_factor(a)[0], la.lu_factor(a.T)[0], *la.lu(a, p_indices=True)[1:]]),
    L("lu, batch", np.stack([A, B, Z.real]), V, f=lambda la, a, b: [*la.lu(a), la.lu_factor(a)[0], la.lu_solve(la.lu_factor(a), b[:, None], trans=1)]),
    L("lu_solve", B, V, f=lambda la, a, b: [la.lu_solve(la.lu_factor(a), b, trans=t) for t in (0, 1, 2)]),
    L("lu", B, f=lambda la, a: [*la.lu(a)[1:], *la.lu(a, permute_l=True)]),
    L("inv det", A, f=lambda la, a: [la.inv(a), la.det(a)]),
    L("pinv", C, f=lambda la, a: [la.pinv(a), la.pinv(a.T)]),
    L("pinvh", A, f=lambda la, a: la.pinvh(spd(la, a))),
    L("lstsq", A, V, f=lambda la, a, b: [la.lstsq(a[:, :2], b)[k] for k in (0, 1, 3)] + list(la.lstsq(a, b, lapack_driver="gelsy")[:2])),
    L("qr", A, f=lambda la, a: [*la.qr(a[:, :3], mode="economic"), la.qr(a, mode="r")[0], *la.qr(a)]),
    L("qr pivoting", A, f=lambda la, a: la.qr(a, pivoting=True)[:2]),
    L("rq", A, C, f=lambda la, a, c: [*la.rq(a), *la.rq(c), *la.rq(c.T, mode="economic"), *la.rq(a[:, :3]), la.rq(c.T, mode="r")]),
    L("rq complex", Z, f=lambda la, a: la.rq(a[:2, :], mode="economic")),
    L("qr_multiply", A, C, f=lambda la, a, c: [*la.qr_multiply(a[:, :3], c.T), *la.qr_multiply(a, c, "left"), la.qr_multiply(a, c[:, 0], pivoting=True)[0]]),
    L("qr_insert", A, V, f=lambda la, a, v: [*la.qr_insert(*la.qr(a), v, 2), *la.qr_insert(*la.qr(a[:, :2], mode="economic"), v, 1, "col"), *la.qr_delete(*la.qr(a), 1), *la.qr_update(*la.qr(a), v, v)]),
    L("ldl, pivots", SPREAD, f=lambda la, a: [*la.ldl(a + a.T - 4 * np.eye(4)[::-1])[:2], *la.ldl(a + a.T - 4 * np.eye(4)[::-1], lower=False)[:2]]),
    L("ldl", A, f=lambda la, a: [*la.ldl(spd(la, a))[:2], *la.ldl(spd(la, a), lower=False)[:2]]),
    L("schur", SPREAD, f=lambda la, a: [*la.schur(a), *la.schur(a, sort="rhp")[:2]], rtol=1e-5),
    L("schur, batch", np.stack([SPREAD, 2.0 * SPREAD.T]), f=lambda la, a: [abs(x) for x in la.schur(a)], rtol=1e-5),
    L("schur, complex", A, f=lambda la, a: [v for t, z in [la.schur(a, output="complex")] for v in (abs(t), abs(z), (z @ t @ z.conj().T).real)], rtol=1e-5, value=1e-8),
    L("rsf2csf", SPREAD, f=lambda la, a: [abs(v) for v in la.rsf2csf(*la.schur(a))], rtol=1e-5),
    L("cdf2rdf", A, f=lambda la, a: [v for wr, vr in [la.cdf2rdf(*la.eig(a))] for v in (wr, vr @ wr @ la.inv(vr))]),
    L("matrix_balance", A, f=lambda la, a: la.matrix_balance(a * np.asarray([1.0, 60.0, 1.0, 1.0]))[0]),
    L("hessenberg", A, f=lambda la, a: [*la.hessenberg(a, calc_q=True), la.hessenberg(a)], rtol=1e-5),
    L("hessenberg, complex", Z, f=lambda la, a: la.hessenberg(a, calc_q=True), rtol=1e-5),
    L("eig_banded", HALF, f=lambda la, a: [v * v for v in (*la.eig_banded(a, lower=True), *la.eig_banded(a[::-1]), *la.eig_banded(a, lower=True, select="i", select_range=(1, 3)),
                                            la.eigvals_banded(a, lower=True), la.eig_banded(a, lower=True, eigvals_only=True))], rtol=1e-5),
    L("eigh_tridiagonal", X, HALF[1, 1:], f=lambda la, d, e: [*la.eigh_tridiagonal(d, e), la.eigvalsh_tridiagonal(d, e), *la.eigh_tridiagonal(d, e, select="v", select_range=(-0.5, 9.0))], rtol=1e-5),
    L("cholesky_banded", HALF, X, f=lambda la, a, b: [la.cholesky_banded(a, lower=True), la.cholesky_banded(a[::-1]), la.cho_solve_banded((la.cholesky_banded(a, lower=True), True), b),
                                                      la.cho_solve_banded((la.cholesky_banded(a[::-1]), False), b)]),
    L("eigh", A, f=lambda la, a: [la.eigh(sym(la, a))[0], abs(la.eigh(sym(la, a))[1])]),
    L("eigh subset", A, f=lambda la, a: [abs(x) for x in la.eigh(sym(la, a), subset_by_index=[1, 2])]),
    L("eigh generalised", A, B, f=lambda la, a, b: la.eigh(sym(la, a), spd(la, b), eigvals_only=True)),
    L("eigvalsh", A, f=lambda la, a: la.eigvalsh(sym(la, a), subset_by_index=[2, 3])),
    L("eigvals", A, B, f=lambda la, a, b: (la.eigvals(a, b) ** 2).sum().real),
    L("eig", A, f=lambda la, a: (la.eig(a)[0] ** 3).sum().real),
    L("svd", A, f=lambda la, a: [*la.svd(a), *la.svd(a[:, :2], full_matrices=False)]),
    L("svdvals", A, f=lambda la, a: [la.svdvals(a), la.svd(a, compute_uv=False)]),
    *(L(f"eigh type {k}", A, B, f=lambda la, a, b, k=k: la.eigh(sym(la, a), spd(la, b), type=k)) for k in (1, 2, 3)),
    L("eig left", A, f=lambda la, a: abs(la.eig(a, left=True, right=False)[1])),
    L("eig left and right", A, B, f=lambda la, a, b: [abs(v) for v in la.eig(a, spd(la, b), left=True)]),
    L("null_space", C.T[:, :3], f=lambda la, a: la.null_space(a)),
    L("null_space, its projection", C.T, f=lambda la, a: np.eye(4) - la.pinv(a) @ a),
    L("orth", C, f=lambda la, a: la.orth(a)),
    L("polar", A, f=lambda la, a: [*la.polar(a), *la.polar(a, "left"), *la.polar(a[:, :2]), *la.polar(a[:, :2], "left")]),
    L("subspace_angles", A, C, f=lambda la, a, c: [la.subspace_angles(a[:, :2], c), la.subspace_angles(a[:, :1], c)]),
    L("orthogonal_procrustes", A, B, f=lambda la, a, b: la.orthogonal_procrustes(a, b)),
    L("funm", 0.3 * A, f=lambda la, a: [la.funm(a, np.exp), la.funm(a, lambda x: x * x)]),
    L("solve_circulant", V, C, f=lambda la, c, b: [la.solve_circulant(c, b), la.solve_circulant(c, b[:, 0]), la.solve_circulant(c, b.T, baxis=1, outaxis=1)]),
    L("expm", 0.3 * A, f=lambda la, a: la.expm(a)),
    L("expm_frechet", 0.2 * A, B, f=lambda la, a, e: la.expm_frechet(a, e)),
    L("logm", A + 2 * np.eye(4), f=lambda la, a: la.logm(a)),
    L("logm complex", Z + 3 * np.eye(4), f=lambda la, a: la.logm(a)),
    L("sqrtm", A, f=lambda la, a: la.sqrtm(a @ a)),
    L("sqrtm complex", Z, f=lambda la, a: la.sqrtm(a)),
    L("fractional_matrix_power", A + 2 * np.eye(4), f=lambda la, a: la.fractional_matrix_power(a, 0.3)),
    *(L(n, 0.2 * A, f=lambda la, a, n=n: getattr(la, n)(a)) for n in ("cosm", "sinm", "tanm", "coshm", "sinhm", "tanhm")),
    L("signm", A, f=lambda la, a: la.signm(a - 3.5 * np.eye(4)), value=1e-8),
    L("solve_sylvester", A, B + 8 * np.eye(4), B, f=lambda la, a, b, q: la.solve_sylvester(a, b, q)),
    L("solve_sylvester complex", Z, Z.T, Z @ Z, f=lambda la, a, b, q: la.solve_sylvester(a, b, q)),
    L("solve_continuous_lyapunov", A, B, f=lambda la, a, q: [la.solve_continuous_lyapunov(a, q), la.solve_lyapunov(a, q)]),
    L("solve_continuous_lyapunov complex", Z, B * (1 + 0.2j), f=lambda la, a, q: la.solve_continuous_lyapunov(a, q)),
    L("solve_discrete_lyapunov", 0.1 * A, B, f=lambda la, a, q: la.solve_discrete_lyapunov(a, q)),
    L("solve_continuous_are", A, C, B, f=lambda la, a, b, q: la.solve_continuous_are(a, b, spd(la, q), np.eye(2)), rtol=1e-5),
    L("solve_discrete_are", 0.3 * A, C, B, f=lambda la, a, b, q: la.solve_discrete_are(a, b, spd(la, q), np.eye(2)), rtol=1e-5),
    *(L(f"{n}, e and s", k * A, C, 0.3 * B, f=lambda la, a, b, q, n=n: getattr(la, n)(a, b, q @ q.T + np.eye(4), np.eye(2), e=np.eye(4) + 0.1 * q, s=0.1 * b, balanced=False), rtol=1e-5)
      for n, k in (("solve_continuous_are", 1.0), ("solve_discrete_are", 0.3))),
    L("solve_banded", BAND, X, f=lambda la, ab, b: la.solve_banded((2, 1), ab, b)),
    L("solve_banded, columns", BAND, RNG.normal(size=(N, 2)), f=lambda la, ab, b: la.solve_banded((2, 1), ab, b)),
    L("solve_banded complex", BAND * (1 + 0.3j), X * (1 - 0.2j), f=lambda la, ab, b: la.solve_banded((2, 1), ab, b)),
    L("solveh_banded", HALF, X, f=lambda la, ab, b: [la.solveh_banded(ab, b, lower=True), la.solveh_banded(ab[::-1], b)]),
    L("solve_toeplitz", V, W, W, f=lambda la, c, r, b: [la.solve_toeplitz((c, r), b), la.solve_toeplitz(c, b)]),
    L("matmul_toeplitz", V, W, C, f=lambda la, c, r, x: [la.matmul_toeplitz((c, r), x), la.matmul_toeplitz(c, x)]),
    L("toeplitz", V, W, f=lambda la, c, r: [la.toeplitz(c), la.toeplitz(c, r), la.hankel(c), la.hankel(c, r), la.circulant(c)]),
    L("companion", V, f=lambda la, c: [la.companion(c), la.fiedler_companion(c), la.leslie(c, c[1:]), la.fiedler(c)]),
    L("block_diag", A, C, f=lambda la, a, c: [la.block_diag(a, c, 3.0), la.khatri_rao(c, c)]),
    L("convolution_matrix", V, f=lambda la, c: [la.convolution_matrix(c, 6, m) for m in ("full", "valid", "same")]),
    L("norm", A, f=lambda la, a: [la.norm(a), la.norm(a, axis=0), la.norm(a, ord="nuc"), la.norm(a[0], 1), la.norm(a, 2)]),
)  # fmt: skip


DOUBLE = {"schur", "schur, batch", "logm", "logm complex", "fractional_matrix_power"}
"""What single precision cannot tell apart."""


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_derivatives(program):
    check(program)


@pytest.mark.parametrize(
    "program", [p for p in PROGRAMS if p.name not in DOUBLE], ids=lambda p: p.name
)
def test_single_precision(program):
    check_single(program)


def test_a_banded_matrix_is_factorised_once(monkeypatch):
    from scipy.linalg import lapack

    counts = []
    own = lapack.dgbtrf
    space = xg.backends.load("numpy").chapter("linalg.lapack")
    monkeypatch.setitem(space.__dict__, "dgbtrf", lambda *a, **k: counts.append(1) or own(*a, **k))

    def f(ab):
        return xg.sum(scipy.linalg.solve_banded((2, 1), ab, X) ** 2)

    xg.grad(f)(BAND)
    assert len(counts) == 1
    xg.hvp(f, BAND, BAND)
    assert len(counts) == 2


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda la, a: la.solve_banded((1, 1), a, a[0]), ValueError, r"expected \(3, 4\) for 1 diagonals below"),
        (lambda la, a: la.solve_triangular(a, a[0], "X"), ValueError, "trans is 'X'"),
        (lambda la, a: la.lu_factor(a[0]), ValueError, "expected a matrix, or several"),
        (lambda la, a: la.solve_circulant(a[0] * 0, a[0]), np.linalg.LinAlgError, "the matrix is near singular"),
        (lambda la, a: la.subspace_angles(a, a[:2]), ValueError, "A has 4 rows and B 2; expected as many"),
        (lambda la, a: la.rq(a, mode="raw"), ValueError, "mode is 'raw'"),
        (lambda la, a: la.funm(a, np.exp, disp=False), NotImplementedError, "disp=False"),
        (lambda la, a: la.sqrtm(a[:2]), ValueError, "expected square matrices"),
        (lambda la, a: la.qr(a, mode="raw"), ValueError, "mode is 'raw'"),
        (lambda la, a: la.eigh(a, type=4), ValueError, "type is 4; expected 1, 2 or 3"),
        (lambda la, a: la.eig(a, a, left=True, right=False), NotImplementedError, "give right=True beside it"),
        (lambda la, a: la.solve_banded((1, 1), a[:3] * 0, a[0]), np.linalg.LinAlgError, "the matrix is singular"),
    ],
)  # fmt: skip
def test_bad_input(call, error, says):
    a = xg.asarray(A)
    with pytest.raises(error, match=says):
        call(scipy.linalg, a)


def test_factors_of_a_singular_matrix_have_no_derivative():
    np.testing.assert_allclose(C.T @ scipy.linalg.null_space(xg.asarray(C.T)), 0.0, atol=1e-14)
    with pytest.raises(xg.errors.RuleError, match=r"a basis of 2 vectors.*eye\(n\) - pinv\(A\)"):
        xg.grad(lambda a: xg.sum(scipy.linalg.null_space(a)))(C.T)
    with pytest.raises(xg.errors.RuleError, match="qr: the columns are dependent"):
        xg.grad(lambda a: xg.sum(scipy.linalg.qr(a, mode="economic")[0]))(np.ones((3, 2)))
    with pytest.raises(xg.errors.RuleError, match="lu_factor: the matrix is singular"):
        xg.grad(lambda a: xg.sum(scipy.linalg.lu_factor(a)[0]))(np.diag([1.0, 1e-20]))
    with pytest.raises(xg.errors.RuleError, match="funm: the matrix has no basis"):
        xg.grad(lambda a: xg.sum(scipy.linalg.funm(a, np.exp)))(
            np.asarray([[1.0, 1.0], [0.0, 1.0]])
        )


@pytest.mark.parametrize("name", ["cossin", "qz", "ordqz"])
def test_what_has_no_derivative_says_what_has_one(name):
    q = np.linalg.qr(A)[0]
    args = (q, 2, 2) if name == "cossin" else (A, B)
    f = getattr(scipy.linalg, name)
    with pytest.raises(
        xg.errors.NotDifferentiableError, match=rf"{name} has no.*linalg\.(svd|eig)vals"
    ):
        xg.grad(lambda a: xg.sum(f(a, *args[1:])[0]))(args[0])
    np.testing.assert_array_equal(f(xg.asarray(args[0]), *args[1:])[0].data, f(*args)[0])


def test_what_is_no_solution_has_no_derivative():
    q, e = np.eye(4), np.eye(4) + 0.03 * B
    with pytest.raises(
        xg.errors.RuleError, match=r"solve_continuous_are: what SciPy gives leaves.*balanced=False"
    ):
        scipy.linalg.solve_continuous_are(
            xg.asarray(0.3 * A), C, 0.09 * B @ B.T + q, np.eye(2), e=e, s=0.1 * C
        )
