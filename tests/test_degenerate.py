# Tests of xgrad/linalg/degenerate.py, xgrad/linalg/spectra.py, xgrad/linalg/functions.py
"""Equal and zero eigenvalues: exact where a loss cannot tell them apart, a warning where it does.

The programs behind jax #669, #2311 and #8732, GradDFT #35, scipy #25767 and torch #194705, in our
words. The reference is always central differences, since all of these losses are smooth.
"""

import contextlib
import warnings

import numpy as np
import pytest

import xgrad as xg
from xgrad.errors import DegenerateSpectrumWarning
from xgrad.testing import check_grads

la = xg.linalg


def unitary(n, dtype, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, n))
    return np.linalg.qr(x + 1j * rng.normal(size=(n, n)) if dtype == "complex128" else x)[0]


def weights(shape, dtype, seed=1):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=shape)
    return (x + 1j * rng.normal(size=shape) if dtype == "complex128" else x).astype(dtype)


def with_eigenvalues(values, dtype):
    Q = unitary(len(values), dtype)
    A = (Q * np.asarray(values)) @ Q.conj().T
    return (A + A.conj().T) / 2


def with_singular_values(values, dtype, rows=None):
    n = len(values)
    return (unitary(rows or n, dtype, 2)[:, :n] * np.asarray(values)) @ unitary(n, dtype, 3)


def adjoint(x):
    return xg.conj(xg.matrix_transpose(x))


def symmetric(x):
    return (x + adjoint(x)) * 0.5


def weighed(x, seed=1):
    """Return a real number that sees every entry of `x` differently."""
    W = weights(x.shape, x.dtype.name, seed)
    return xg.sum(xg.real(xg.conj(x) * like(W, x)))


def like(values, x):
    return xg.asarray(xg.to_backend(xg.asarray(values), x.backend, device=x.device))


def exact(f, x, place, order=1):
    """Check both modes against differences, with every warning an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rtol = 1e-5 if place.rounds_by_layout else None
        check_grads(f, (xg.asarray(place.raw(x)),), order=order, rtol=rtol, atol=rtol)


@contextlib.contextmanager
def warned(place, match):
    """Expect the warning where values are on the host, and no look at them elsewhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if not place.backend.on_host(place.raw(np.zeros(1))):
            yield
            return
        with pytest.warns(DegenerateSpectrumWarning, match=match):
            yield


DTYPES = pytest.mark.parametrize("dtype", ["float64", "complex128"])
SPECTRA = {
    "all equal": [1.0, 1.0, 1.0, 1.0],
    "two pairs": [1.0, 1.0, 2.0, 2.0],
    "equal but for rounding": [1.0, 1.0 + 2e-16, 2.0, 2.0 - 4e-16],
    "zeros": [0.0, 0.0, 2.0, 2.0],
}
EACH = pytest.mark.parametrize("values", SPECTRA.values(), ids=SPECTRA)


@DTYPES
@EACH
def test_jax_669_symmetric_functions_of_eigenvalues(values, dtype, computing):
    """jax #669: the gradient of a sum of eigenvalues at the identity."""
    x = with_eigenvalues(values, dtype)
    exact(lambda x: xg.sum(la.eigvalsh(symmetric(x)) ** 3), x, computing)
    exact(lambda x: xg.sum(la.eigh(symmetric(x)).eigenvalues), x, computing)


@DTYPES
def test_jax_8732_graddft_35_spaces_of_equal_eigenvalues(dtype, computing):
    """jax #8732 and GradDFT #35: a density matrix of occupied orbitals, some of equal energy."""
    x = with_eigenvalues([1.0, 1.0, 1.0, 3.0, 3.0], dtype)

    def density(x):
        occupied = la.eigh(symmetric(x)).eigenvectors[:, :3]
        return weighed(occupied @ adjoint(occupied))

    exact(density, x, computing)


@DTYPES
@pytest.mark.parametrize("rows", [3, 5])
def test_scipy_25767_jax_2311_nearest_rotation(rows, dtype, computing):
    """scipy #25767 and jax #2311: three equal singular values, and the factor that has none."""
    for scale in (1.0, 2.5):
        x = with_singular_values([scale] * 3, dtype, rows)

        def nearest(x):
            U, _, Vh = la.svd(x, full_matrices=False)
            return weighed(U @ Vh)

        exact(nearest, x, computing)
        exact(lambda x: weighed(la.polar(x).U), x, computing, order=2)
        exact(lambda x: weighed(la.polar(x).P), x, computing, order=2)


def test_scipy_25767_rotation_in_the_other_branch_of_a_where(computing):
    """scipy #25767 before its fix: the NaN came through the unused branch of a where."""
    x = with_singular_values([1.0, 1.0, 1.0], "float64")

    def from_matrix(x):
        U, S, Vh = la.svd(x, full_matrices=False)
        regular = xg.all(xg.abs(S - 1.0) < 1e-3)
        return weighed(xg.where(regular, x * 2.0, U @ Vh))

    exact(from_matrix, x, computing)


@DTYPES
def test_principal_components(dtype, computing):
    """A reconstruction from three components, of which two have the same variance."""
    x = with_singular_values([3.0, 3.0, 2.0, 1.0, 1.0], dtype, 7)

    def reconstruction(x):
        U, _, _ = la.svd(x, full_matrices=False)
        best = U[:, :3]
        return xg.sum(xg.abs(x - best @ (adjoint(best) @ x)) ** 2) + weighed(best @ adjoint(best))

    exact(reconstruction, x, computing)


@DTYPES
@pytest.mark.parametrize("order", ["nuc", "fro"])
def test_norms_of_orthogonal_matrices(order, dtype, computing):
    x = with_singular_values([2.0, 2.0, 2.0], dtype)
    exact(lambda x: la.matrix_norm(x, ord=order), x, computing)


def test_nuclear_norm_where_a_singular_value_is_zero(computing):
    """A kink: the subgradient U V^H of the positive singular values, and nothing that is NaN."""
    x = np.diag([2.0, 1.0, 0.0])[:, :2]
    g = xg.grad(lambda x: la.matrix_norm(x, ord="nuc"))(xg.asarray(computing.raw(x)))
    np.testing.assert_allclose(computing.numpy(g), [[1, 0], [0, 1], [0, 0]], atol=1e-14)


def slanted(values, dtype, seed):
    """Return a matrix with these eigenvalues, and vectors that are far from orthogonal."""
    P = weights((len(values), len(values)), dtype, seed)
    return (P * np.asarray(values)) @ np.linalg.inv(P)


@DTYPES
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("values", [[1, 1, 2, 2], [1, 1, 1, 3], [1, 1, 0, 0]], ids=str)
def test_spaces_of_equal_eigenvalues_of_any_matrix(values, seed, dtype, computing):
    """The part of a matrix in the space of the equal values, through `eig` and an inverse."""

    def part(x):
        w, V = la.eig(x)
        chosen = xg.astype(xg.abs(xg.stop_gradient(w) - 1.0) < 0.5, V.dtype)
        return weighed((V * chosen) @ la.inv(V))

    exact(part, slanted(values, dtype, seed), computing)


@DTYPES
@EACH
def test_symmetric_functions_of_eigenvalues_of_any_matrix(values, dtype, computing):
    def symmetric_function(x):
        w = la.eig(x).eigenvalues
        return xg.sum(xg.real(w**3)) + xg.sum(xg.imag(la.eigvals(x) ** 2))

    exact(symmetric_function, slanted(values, dtype, 1), computing)


def test_torch_194705_huge_and_tiny_singular_values(computing):
    """torch #194705: the squares of these overflow, and their difference underflows."""
    for scale in (1e200, 1e-200):
        x = np.asarray([[3.0, 1.0], [0.5, 2.0]])

        def direction(x):
            U, _, Vh = la.svd(x)
            return weighed(U @ Vh)

        plain = xg.grad(direction)(xg.asarray(computing.raw(x)))
        scaled = xg.grad(direction)(xg.asarray(computing.raw(x * scale)))
        np.testing.assert_allclose(
            computing.numpy(scaled) * scale, computing.numpy(plain), rtol=1e-12
        )


# Matrix functions --------------------------------------------------------------------------------

FUNCTIONS = {
    "exp": xg.exp,
    "log": lambda w: xg.log(w + 1.0),
    "cube": lambda w: w**3,
    "wave": lambda w: xg.exp(w * 1j),
    "step": xg.tanh,
}


@DTYPES
@EACH
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_equal_eigenvalues(name, values, dtype, computing):
    f = FUNCTIONS[name]
    exact(
        lambda x: weighed(la.matrix_function(x, f)), with_eigenvalues(values, dtype), computing, 2
    )


@DTYPES
@pytest.mark.parametrize("gap", [0.0, 1e-14, 1e-10, 1e-7, 1e-5, 1e-3])
def test_divided_differences_at_any_gap(gap, dtype):
    """Against exp of a block matrix, which divides by no gap."""
    x, e = with_eigenvalues([1.0, 1.0 + gap, 1.0 + 3 * gap, 2.0], dtype), weights((4, 4), dtype)
    e = e + e.conj().T
    want = la.expm(np.block([[x, e], [0 * x, x]]))[:4, 4:]
    got = xg.jvp(lambda x: la.matrix_function(x, xg.exp), (x,), (e,))[1]
    np.testing.assert_allclose(got, want, rtol=0, atol=3e-11 * np.abs(want).max())

    def second(f):
        return xg.jvp(lambda x: xg.jvp(f, (x,), (e,))[1], (x,), (e,))[1]

    want = second(la.expm)
    np.testing.assert_allclose(
        second(lambda x: la.matrix_function(x, xg.exp)),
        want,
        rtol=0,
        atol=1e-8 * np.abs(want).max(),
    )


@DTYPES
@EACH
def test_exponentials_and_roots(values, dtype, computing):
    if computing.backend.name in ("numpy", "torch", "array_api_strict"):
        exact(lambda x: weighed(la.expm(x)), with_eigenvalues(values, dtype), computing, 2)
    shifted = with_eigenvalues(np.asarray(values) + 1.0, dtype)
    exact(lambda x: weighed(la.sqrtm(x)), shifted, computing, 2)


def test_third_derivative_of_a_root_and_of_an_exponential():
    for f, want in ((la.sqrtm, 3 / 8), (la.expm, np.e)):
        g = lambda t, f=f: f(xg.eye(2) * t)[0, 0]  # noqa: E731
        for _ in range(3):
            g = xg.grad(g)
        np.testing.assert_allclose(float(g(xg.asarray(1.0))), want)


# Warnings -----------------------------------------------------------------------------------------


def test_a_loss_of_single_vectors_warns_with_the_gap_and_the_indices(computing):
    x = xg.asarray(computing.raw(with_eigenvalues([1.0, 2.0, 2.0], "float64")))
    with warned(computing, r"eigh: .* values 1 and 2 \(2, a gap of"):
        xg.grad(lambda x: weighed(la.eigh(x).eigenvectors ** 3))(x)
    stack = xg.stack([x * xg.asarray(computing.raw(np.diag([1.0, 2.0, 3.0]))), x])
    with warned(computing, r"values 1 and 2 of matrix \(1,\)"):
        xg.grad(lambda x: weighed(la.eigh(x).eigenvectors ** 3))(stack)
    with warned(computing, r"svd: .* values 0 and 1 .*V @ V\^H"):
        xg.grad(lambda x: weighed(la.svd(x).U ** 3))(x)


def test_a_loss_that_no_small_turn_changes_is_not_told():
    """The docs' limit: the axes are where the loss has its maximum; in any other basis it warns."""
    Q = xg.asarray(unitary(3, "float64"))
    loss = lambda x: xg.sum(la.eigh(x).eigenvectors ** 4)  # noqa: E731
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(xg.grad(loss)(np.eye(3)), 0.0)
    with pytest.warns(DegenerateSpectrumWarning, match="turned among each other"):
        xg.grad(lambda x: loss(Q @ x @ Q.T))(np.eye(3))


def test_a_function_written_with_eigh_warns_and_names_the_one_that_is_right(computing):
    """At the identity V^H G V f' is asked for; a decomposition knows only its diagonal."""
    x = xg.asarray(computing.raw(with_eigenvalues([2.0, 2.0, 3.0], "float64")))

    def written_out(x):
        w, V = la.eigh(x)
        return weighed((V * w**3) @ adjoint(V))

    with warned(computing, "matrix_function"):
        xg.grad(written_out)(x)


def test_a_second_derivative_of_a_decomposition_warns(computing):
    x = xg.asarray(computing.raw(np.eye(2)))
    turn = xg.asarray(computing.raw(np.asarray([[0.0, 1.0], [1.0, 0.0]])))
    with warned(computing, r"eigvalsh: a second derivative .*matrix_function"):
        xg.hvp(lambda x: xg.sum(la.eigvalsh(x) ** 2), (x,), (turn,))
    with warned(computing, r"svdvals: a second derivative .*matrix_function"):
        xg.hvp(lambda x: xg.sum(la.svdvals(x) ** 2), (x,), (turn,))
    exact(lambda x: la.trace(la.matrix_function(x, xg.square)), np.eye(2), computing, 2)


def test_a_loss_of_the_values_alone_does_not_touch_the_vectors(computing):
    """An eigenvalue picked from equal ones: a kink, with a subgradient, and no warning."""
    x = xg.asarray(computing.raw(np.eye(3)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for f in (la.eigvalsh, la.svdvals):
            g = computing.numpy(xg.grad(lambda x, f=f: f(x)[0])(x))
            np.testing.assert_allclose([np.trace(g), np.linalg.norm(g)], [1.0, 1.0])


def test_no_value_is_looked_at_on_a_device(place):
    x = xg.asarray(place.raw(np.eye(3)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for f in (
            lambda x: la.eigh(x).eigenvectors,
            lambda x: la.svd(x).U,
            lambda x: xg.abs(la.eig(x).eigenvectors),
            la.sqrtm,
            lambda x: la.matrix_function(x, xg.exp),
            lambda x: la.polar(x).P,
        ):
            g = xg.grad(lambda x, f=f: xg.sum(f(x)))(x)
            assert g.shape == (3, 3)
            assert g.device == x.device
