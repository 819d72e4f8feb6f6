# Tests of xgrad/transforms/complex_forms.py
"""Complex variables: the convention of docs/complex.md, and the three forms of a Jacobian."""

import numpy as np
import pytest

import xgrad as xg

Z = np.asarray([0.3 - 0.8j, -1.2 + 0.4j, 0.9 + 1.1j])
X = np.asarray([0.4, -0.7, 1.3])


def entire(z):
    return xg.stack([z[0] * xg.exp(z[1]), z[2] ** 3 + z[0] / (2 + z[1]), xg.sum(xg.sin(z))])


def general(z):
    return xg.stack([z[0] * xg.conj(z[1]), xg.abs(z[2]) * z[0], xg.exp(xg.real(z[1]) * z[2])])


def energy(z):
    return xg.sum(xg.abs(z) ** 3) + xg.real(z[0] * xg.conj(z[1]) * xg.exp(z[2]))


def by_parts(f, z, h=1e-6):
    """Return df/dx and df/dy by central differences, as arrays of the shape S + T."""
    dx, dy = [], []
    for k in range(z.size):
        e = np.zeros_like(z)
        e.flat[k] = h
        dx.append((np.asarray(f(z + e)) - np.asarray(f(z - e))) / (2 * h))
        dy.append((np.asarray(f(z + 1j * e)) - np.asarray(f(z - 1j * e))) / (2 * h))
    return [np.moveaxis(np.stack(d), 0, -1).reshape(np.shape(d[0]) + z.shape) for d in (dx, dy)]


JACOBIANS = pytest.mark.parametrize("jac", [xg.jacrev, xg.jacfwd])
FUNCTIONS = pytest.mark.parametrize("f", [entire, general, energy])


@JACOBIANS
@FUNCTIONS
def test_wirtinger_derivatives_are_those_of_the_definition(jac, f):
    dx, dy = by_parts(f, Z)
    found = jac(f, complex="wirtinger")(Z)
    assert isinstance(found, xg.Wirtinger)
    np.testing.assert_allclose(found.dz, (dx - 1j * dy) / 2, atol=1e-8)
    np.testing.assert_allclose(found.conj, (dx + 1j * dy) / 2, atol=1e-8)
    assert all(type(part) is np.ndarray for part in found)


@JACOBIANS
@FUNCTIONS
def test_the_real_form_is_that_of_the_function_of_real_and_imaginary_parts(jac, f):
    found = jac(f, complex="real")(Z)

    def split(xy):
        out = f(xy[0] + 1j * xy[1])
        return xg.stack([xg.real(out), xg.imag(out)]) if np.iscomplexobj(f(Z)) else out

    expected = xg.jacfwd(split)(np.stack([Z.real, Z.imag]))
    assert found.dtype == np.float64
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=1e-13)


@JACOBIANS
def test_the_holomorphic_form_is_the_complex_derivative(jac):
    dx, dy = by_parts(entire, Z)
    found = jac(entire, complex="holomorphic")(Z)
    np.testing.assert_allclose(found, dx, atol=1e-8)
    np.testing.assert_allclose(found, dy / 1j, atol=1e-8)
    pair = jac(entire, complex="wirtinger")(Z)
    np.testing.assert_allclose(pair.dz, found, atol=1e-13)
    np.testing.assert_allclose(pair.conj, 0, atol=1e-13)


@JACOBIANS
def test_all_forms_tell_the_same_change(jac):
    dz = np.asarray([0.2 + 0.1j, -0.4j, 0.7 - 0.3j])
    _, df = xg.jvp(general, (Z,), (dz,))
    pair = jac(general, complex="wirtinger")(Z)
    np.testing.assert_allclose(pair.dz @ dz + pair.conj @ dz.conj(), df, atol=1e-13)
    matrix = jac(general, complex="real")(Z).reshape(6, 6)
    np.testing.assert_allclose(
        matrix @ np.concatenate([dz.real, dz.imag]), np.concatenate([df.real, df.imag]), atol=1e-13
    )
    g = np.asarray([1 - 2j, 0.5j, -0.7])
    _, pullback = xg.vjp(general, Z)
    expected = pair.dz.conj().T @ g + pair.conj.T @ g.conj()
    np.testing.assert_allclose(pullback(g)[0], expected, atol=1e-13)


@JACOBIANS
def test_a_complex_result_of_real_arguments_needs_no_name(jac):
    def f(x):
        return xg.exp(1j * x) * (1 + 2j * x[0])

    dx, _ = by_parts(f, X)
    np.testing.assert_allclose(jac(f)(X), dx, atol=1e-8)
    for form in ("holomorphic", "wirtinger"):  # nothing here is a complex variable
        np.testing.assert_array_equal(jac(f, complex=form)(X), jac(f)(X))
    assert jac(f, complex="real")(X).shape == (2, 3, 3)


@JACOBIANS
def test_real_and_complex_arguments_and_results_side_by_side(jac):
    def f(x, z):
        return {"c": z * xg.sum(x), "r": xg.abs(z[0]) * x}

    found = jac(f, (0, 1), complex="wirtinger")(X, Z)
    np.testing.assert_allclose(found["c"][0], np.outer(Z, np.ones(3)))
    np.testing.assert_allclose(found["c"][1].dz, np.eye(3) * X.sum(), atol=1e-15)
    np.testing.assert_allclose(found["r"][0], np.eye(3) * abs(Z[0]), atol=1e-15)
    np.testing.assert_allclose(found["r"][1].conj, found["r"][1].dz.conj(), atol=1e-15)
    real = jac(f, (0, 1), complex="real")(X, Z)
    assert [b.shape for b in (*real["c"], *real["r"])] == [
        (2, 3, 3),
        (2, 3, 2, 3),
        (3, 3),
        (3, 2, 3),
    ]
    holomorphic = jac(lambda x, z: f(x, z)["c"], (0, 1), complex="holomorphic")(X, Z)
    np.testing.assert_allclose(holomorphic[0], found["c"][0])
    np.testing.assert_allclose(holomorphic[1], found["c"][1].dz)


def test_hessians_of_a_real_function():
    def split(xy):
        return energy(xy[0] + 1j * xy[1])

    expected = xg.hessian(split)(np.stack([Z.real, Z.imag]))
    real = xg.hessian(energy, complex="real")(Z)
    np.testing.assert_allclose(real, expected, atol=1e-12)
    matrix = real.reshape(6, 6)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)

    pair = xg.hessian(energy, complex="wirtinger")(Z)
    np.testing.assert_allclose(pair.dz, pair.dz.conj().T, atol=1e-12)
    np.testing.assert_allclose(pair.conj, pair.conj.T, atol=1e-12)
    dx, dy = by_parts(xg.grad(energy), Z)
    np.testing.assert_allclose(pair.dz, (dx - 1j * dy) / 2, atol=1e-7)
    np.testing.assert_allclose(pair.conj, (dx + 1j * dy) / 2, atol=1e-7)

    v = np.asarray([0.2 + 0.1j, -0.4j, 0.7 - 0.3j])
    product = xg.hvp(energy, Z, v)
    np.testing.assert_allclose(pair.dz @ v + pair.conj @ v.conj(), product, atol=1e-12)
    parts = matrix @ np.concatenate([v.real, v.imag])
    np.testing.assert_allclose(parts[:3] + 1j * parts[3:], product, atol=1e-12)


def test_a_newton_step_on_complex_variables_converges():
    target = np.asarray([1 - 1j, 0.5 + 0.2j])

    def f(z):
        return xg.sum(xg.abs(z - target) ** 2) + 0.1 * xg.sum(xg.abs(z) ** 4)

    z = np.zeros(2, complex)
    for _ in range(6):
        g = xg.grad(f)(z)
        step = np.linalg.solve(
            xg.hessian(f, complex="real")(z).reshape(4, 4), np.concatenate([g.real, g.imag])
        )
        z = z - (step[:2] + 1j * step[2:])
    assert np.abs(xg.grad(f)(z)).max() < 1e-12


def test_second_derivatives_of_a_holomorphic_function():
    def f(z):
        return xg.exp(z) * z

    once = xg.jacrev(lambda z: xg.sum(f(z)), complex="holomorphic")
    second = xg.jacfwd(once, complex="holomorphic")(Z)
    np.testing.assert_allclose(second, np.diag((Z + 2) * np.exp(Z)), atol=1e-12)


def test_jacobians_are_differentiated_on_an_outer_tape():
    def f(z):
        pair = xg.jacrev(general, complex="wirtinger")(z)
        return xg.sum(xg.abs(pair.dz) ** 2) + xg.sum(xg.real(pair.conj))

    xg.testing.check_grads(f, (Z,), order=1)


@pytest.mark.parametrize("f", [xg.asin, xg.acos])
@pytest.mark.parametrize("z", [2 + 0j, 2 - 0j, -2 + 0j, -2 - 0j])
def test_on_a_branch_cut_the_derivative_is_that_of_the_side_of_the_value(f, z):
    z = complex(z.real, np.copysign(0.0, z.imag))
    h = np.asarray(1e-6 + 0j)
    difference = (f(np.asarray(z) + h.real) - f(np.asarray(z) - h.real)) / (2e-6)
    slope = xg.jvp(f, (np.asarray(z),), (np.asarray(1 + 0j),))[1]
    np.testing.assert_allclose(slope, difference, rtol=1e-8)


@pytest.mark.parametrize(("f", "sign"), [(xg.asin, 1), (xg.acos, -1)])
def test_near_one_the_inverse_sine_has_an_accurate_derivative(f, sign):
    gap = np.asarray(2.0**-40)
    exact = sign / np.sqrt(gap * (2 - gap))
    np.testing.assert_allclose(xg.grad(f)(1 - gap), exact, rtol=1e-15)
    np.testing.assert_allclose(xg.grad(f)(gap - 1), exact, rtol=1e-15)


def test_single_precision_stays_single():
    z = Z.astype(np.complex64)
    for form, dtype in (("holomorphic", z.dtype), ("wirtinger", z.dtype), ("real", np.float32)):
        found = xg.jacrev(entire, complex=form)(z)
        for part in found if form == "wirtinger" else [found]:
            assert part.dtype == dtype


def test_every_backend_has_every_form(computing):
    z, x = computing.raw(Z), computing.raw(X)
    for jac in (xg.jacrev, xg.jacfwd):
        for form in ("wirtinger", "real"):
            found = xg.tree.leaves(jac(general, complex=form)(z))
            expected = xg.tree.leaves(jac(general, complex=form)(Z))
            for a, b in zip(found, expected, strict=True):
                np.testing.assert_allclose(computing.numpy(a), b, atol=1e-12)
        found = jac(entire, complex="holomorphic")(z)
        np.testing.assert_allclose(
            computing.numpy(found), jac(entire, complex="holomorphic")(Z), atol=1e-12
        )
        found = jac(lambda x: xg.astype(x, xg.complex128) * 1j)(x)
        np.testing.assert_allclose(computing.numpy(found), 1j * np.eye(3))


# What is refused ----------------------------------------------------------------------------------


@JACOBIANS
def test_the_choice_must_be_made(jac):
    with pytest.raises(
        xg.errors.NotDifferentiableError, match=r"'holomorphic'.*'wirtinger'.*'real'"
    ):
        jac(entire)(Z)
    with pytest.raises(ValueError, match="got complex='analytic'"):
        jac(entire, complex="analytic")


@JACOBIANS
@pytest.mark.parametrize("f", [general, lambda z: xg.conj(z), lambda z: z * xg.abs(z)])
def test_a_function_that_is_not_holomorphic_is_noticed(jac, f):
    with pytest.raises(xg.errors.NotDifferentiableError, match="not holomorphic here"):
        jac(f, complex="holomorphic")(Z)
    with pytest.raises(xg.errors.NotDifferentiableError, match="a real function"):
        jac(energy, complex="holomorphic")(Z)


def test_a_hessian_is_not_holomorphic():
    with pytest.raises(ValueError, match="no real function"):
        xg.hessian(energy, complex="holomorphic")
    with pytest.raises(xg.errors.NotDifferentiableError, match="Say which"):
        xg.hessian(energy)(Z)


def test_grad_of_a_complex_result_names_the_way_out():
    with pytest.raises(xg.errors.NotScalarError, match="holomorphic"):
        xg.grad(lambda z: xg.sum(z * z))(Z)


# What users of the neighbouring projects met ------------------------------------------------------


def test_torch_92811_the_derivative_of_conj_is_no_single_number():
    pair = xg.jacrev(xg.conj, complex="wirtinger")(np.asarray([1 - 2j]))
    assert pair == xg.Wirtinger([[0]], [[1]])
    real = xg.jacrev(xg.conj, complex="real")(np.asarray([1 - 2j]))
    np.testing.assert_array_equal(real.reshape(2, 2), [[1, 0], [0, -1]])


def test_jax_3293_and_torch_94397_conj_is_refused_as_holomorphic():
    for jac in (xg.jacrev, xg.jacfwd):
        with pytest.raises(xg.errors.NotDifferentiableError, match="not holomorphic here"):
            jac(lambda z: xg.sum(xg.conj(z)), complex="holomorphic")(Z)


def test_torch_185639_both_modes_agree_on_a_complex_power_of_an_absolute_value():
    def f(z):
        return xg.abs(z) ** (1 + 1j)

    forward, reverse = (jac(f, complex="real")(Z) for jac in (xg.jacfwd, xg.jacrev))
    np.testing.assert_allclose(forward, reverse, atol=1e-14)
    dx, dy = by_parts(f, Z)
    np.testing.assert_allclose(forward[0, :, 0] + 1j * forward[1, :, 0], dx, atol=1e-8)
    np.testing.assert_allclose(forward[0, :, 1] + 1j * forward[1, :, 1], dy, atol=1e-8)


def test_hips_577_a_real_number_has_the_derivative_of_the_same_complex_one():
    def f(x):
        return (x + 1j) * (x + 1j)

    for x in (1.0, 1 + 0j):
        assert xg.jacrev(f, complex="holomorphic")(x) == 2 + 2j


def test_hips_361_grad_refuses_a_complex_result():
    with pytest.raises(xg.errors.NotScalarError, match=r"complex128\[\]"):
        xg.value_and_grad(lambda x: x)(1j)


def test_tensorflow_3348_the_derivative_is_not_conjugated():
    assert xg.jacrev(lambda z: z * z, complex="holomorphic")(0.1j) == 0.2j
    np.testing.assert_allclose(xg.jacfwd(xg.exp, complex="holomorphic")(0.1j), np.exp(0.1j))


def test_jax_3121_reverse_mode_of_a_complex_function_of_real_arguments():
    matrix = np.asarray([[1 + 1j, 2.0], [0.5j, -1.0]])
    np.testing.assert_array_equal(xg.jacrev(lambda v: matrix @ v)(np.ones(2)), matrix)


def test_jax_7157_trees_of_real_and_complex_arrays():
    def log_normalizer(p):
        return xg.sum(xg.real(p["mean"] * xg.conj(p["mean"])) * xg.exp(p["scale"]))

    p = {"mean": np.asarray([1 + 2j, -1j]), "scale": np.asarray([0.3, 0.1])}
    information = xg.hessian(log_normalizer, complex="real")(p)
    shapes = {(a, b): information[a][b].shape for a in p for b in p}
    assert shapes == {
        ("mean", "mean"): (2, 2, 2, 2),
        ("mean", "scale"): (2, 2, 2),
        ("scale", "mean"): (2, 2, 2),
        ("scale", "scale"): (2, 2),
    }
    cross = information["mean"]["scale"].reshape(4, 2)
    np.testing.assert_allclose(cross, information["scale"]["mean"].reshape(2, 4).T)


def test_qutip_2064_a_real_cost_through_complex_propagation():
    pauli = np.asarray([[0, 1], [1, 0]], complex), np.asarray([[1, 0], [0, -1]], complex)

    def infidelity(controls):
        state = np.asarray([1, 0], complex)
        for u in controls:
            h = (u * pauli[0] + pauli[1]) * -0.1j
            state = state + h @ state + h @ (h @ state) / 2
        return 1.0 - xg.abs(state[1]) ** 2 / xg.sum(xg.abs(state) ** 2)

    xg.testing.check_grads(infidelity, (np.linspace(0.2, 1.5, 5),), order=2)


# The peers ----------------------------------------------------------------------------------------


def test_gradients_and_pullbacks_are_those_of_pytorch():
    torch = pytest.importorskip("torch", reason="the convention is PyTorch's")

    def theirs(f, g):
        z = torch.tensor(Z, requires_grad=True)
        return torch.autograd.grad(f(z), z, grad_outputs=torch.tensor(g))[0].numpy()

    ours = xg.grad(lambda z: xg.sum(xg.abs(z) ** 3) + xg.real(z[0] * xg.exp(z[2])))(Z)
    f = lambda z: torch.sum(torch.abs(z) ** 3) + torch.real(z[0] * torch.exp(z[2]))  # noqa: E731
    np.testing.assert_allclose(ours, theirs(f, 1.0), atol=1e-13)

    g = np.asarray([1 - 2j, 0.5j, -0.7])
    (ours,) = xg.vjp(lambda z: xg.exp(z) * xg.conj(z), Z)[1](g)
    np.testing.assert_allclose(ours, theirs(lambda z: torch.exp(z) * z.conj(), g), atol=1e-13)


def test_the_real_form_is_pytorchs_of_view_as_real():
    torch = pytest.importorskip("torch", reason="the convention is PyTorch's")

    def f(pairs):
        z = torch.view_as_complex(pairs)
        return torch.view_as_real(torch.exp(z) * z.conj().flip(0))

    theirs = torch.autograd.functional.jacobian(f, torch.view_as_real(torch.tensor(Z))).numpy()
    ours = xg.jacrev(lambda z: xg.exp(z) * xg.flip(xg.conj(z)), complex="real")(Z)
    np.testing.assert_allclose(ours, theirs.transpose(1, 0, 3, 2), atol=1e-13)


def test_the_real_hessian_is_pytorchs_of_view_as_real():
    torch = pytest.importorskip("torch", reason="the convention is PyTorch's")

    def f(pairs):
        z = torch.view_as_complex(pairs)
        return (z.abs() ** 3).sum() + torch.real(z[0] * z[1].conj() * torch.exp(z[2]))

    theirs = torch.autograd.functional.hessian(f, torch.view_as_real(torch.tensor(Z))).numpy()
    ours = xg.hessian(energy, complex="real")(Z)
    np.testing.assert_allclose(ours, theirs.transpose(1, 0, 3, 2), atol=1e-12)


@pytest.fixture
def jax():
    jax = pytest.importorskip("jax", reason="the conjugate convention is JAX's")
    if not hasattr(jax, "enable_x64"):
        pytest.skip("this version of JAX cannot switch to double precision in a block")
    with jax.enable_x64(True):
        yield jax


def test_gradients_are_the_conjugates_of_jaxs(jax):
    jnp = jax.numpy

    def theirs(z):
        return jnp.sum(jnp.abs(z) ** 3) + jnp.real(z[0] * jnp.conj(z[1]) * jnp.exp(z[2]))

    np.testing.assert_allclose(xg.grad(energy)(Z), np.conj(jax.grad(theirs)(Z)), atol=1e-13)


def test_holomorphic_jacobians_are_jaxs(jax):
    jnp = jax.numpy

    def theirs(z):
        return jnp.stack([z[0] * jnp.exp(z[1]), z[2] ** 3 + z[0] / (2 + z[1]), jnp.sin(z).sum()])

    ours = xg.jacrev(entire, complex="holomorphic")(Z)
    np.testing.assert_allclose(ours, jax.jacrev(theirs, holomorphic=True)(Z), atol=1e-13)
    np.testing.assert_allclose(ours, jax.jacfwd(theirs, holomorphic=True)(Z), atol=1e-13)


def test_the_wirtinger_hessian_is_jaxs_conjugated(jax):
    jnp = jax.numpy

    def theirs(z):
        return jnp.sum(jnp.abs(z) ** 3) + jnp.real(z[0] * jnp.conj(z[1]) * jnp.exp(z[2]))

    pair = xg.hessian(energy, complex="wirtinger")(Z)
    for v in (np.asarray([1.0, 0, 0]), np.asarray([0.3j, 1.0, -0.2 + 1j])):
        v = v.astype(complex)  # noqa: PLW2901 - its kind decides which space the tangent is in
        _, t = jax.jvp(jax.grad(theirs), (Z,), (v,))
        np.testing.assert_allclose(pair.dz @ v + pair.conj @ v.conj(), np.conj(t), atol=1e-12)
