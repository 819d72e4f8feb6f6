# Tests of backends/xgrad_backends/jax.py
"""JAX's transforms over xgrad's, and xgrad's over JAX's arrays."""

import numpy as np
import pytest

import xgrad as xg
from xgrad.backends import REAL
from xgrad.testing import ROWS, Place
from xgrad.testing.gradients import zeros_are_meant

from .conftest import double_precision

jax = pytest.importorskip("jax")
jnp = jax.numpy


@pytest.fixture(autouse=True)
def double():
    with double_precision("jax"):
        yield


BY_VALUES = {"nonzero", "unique_all", "unique_counts", "unique_inverse", "unique_values"}
"""Rows whose results have a shape that depends on values, which `jax.jit` cannot know."""

IN_DOUBLE = {
    *("special.zeta", "special.gammainc", "special.gammaincc", "special.betainc", "special.fdtr"),
    *("special.chdtr", "special.chdtrc", "special.pdtr", "special.pdtrc", "special.gdtr"),
    "special.gdtrc",
}
"""Rows with derivatives that are computed in double precision, if JAX has it, and rounded once."""

NOT_IN_BFLOAT16 = {"special.erfcx": "JAX's log_ndtr, of which its slope is made"}
LEAVES = {"to_backend": "a traced array cannot leave JAX"}


def first_case(row, place):
    cases = (c for c in row.cases(place, "f") if c.dtype == "float64" and c.varying)
    return next(cases, None)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_op_inside_jit(request, row):
    """Value and cotangents of the first sample are the same inside ``jax.jit`` as outside."""
    places = {place.name for place in request.config.places}
    case = first_case(row, Place.named("jax")) if "jax" in places else None
    if case is None:
        pytest.skip("asked for by --backend jax; JAX lacks some functions")
    if row.name in LEAVES:
        pytest.skip(LEAVES[row.name])
    if row.name in BY_VALUES:
        with pytest.raises(jax.errors.JAXTypeError):
            jax.jit(lambda raws: walked(case, raws))(case.raw_arrays())
        return
    want = walked(case, case.raw_arrays())
    got = jax.jit(lambda raws: walked(case, raws))(case.raw_arrays())
    for x, y in zip(got, want, strict=True):
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-9)


@zeros_are_meant()
def walked(case, raws):
    """Return the raw results of an op, and its cotangents for ones."""
    arrays = [xg.asarray(x) for x in raws]
    xs = [arrays[i] for i in case.varying]

    def function(*xs):
        out = case.of_varying(arrays)(*xs)
        return [y for y in xg.tree.leaves(out) if isinstance(y, xg.Array)]

    if not case.order:
        return [y.data for y in function(*xs)]
    ys, pullback = xg.vjp(lambda *xs: [y for y in function(*xs) if y.data.dtype in REAL], *xs)
    return [y.data for y in (*ys, *pullback([xg.ones_like(y) for y in ys]))]


def wide_arrays(jaxpr):
    """Yield the arrays of double precision that are made on the way."""
    for equation in jaxpr.eqns:
        for x in equation.outvars:
            if x.aval.shape and str(getattr(x.aval, "dtype", "")) in ("float64", "complex128"):
                yield equation
        for inner in jax.tree.leaves(list(equation.params.values()), is_leaf=is_closed):
            if is_closed(inner):
                yield from wide_arrays(inner.jaxpr)


def is_closed(x):
    return hasattr(x, "jaxpr") and hasattr(x.jaxpr, "eqns")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_op_of_bfloat16(request, row):
    """Where JAX computes in it, cotangents are of it, too, and nothing need be made in double."""
    places = {place.name for place in request.config.places}
    case = first_case(row, Place.named("jax")) if "jax" in places and "f" in row.dtypes else None
    if case is None or not case.order or row.name in {*BY_VALUES, *LEAVES, *NOT_IN_BFLOAT16}:
        pytest.skip("asked for by --backend jax; ops that have derivatives")
    raws = [
        x.astype(jnp.bfloat16) if x.dtype in (np.float32, np.float64) else x
        for x in case.raw_arrays()
    ]
    try:
        traced = jax.make_jaxpr(lambda raws: case.of_varying(raws)(*raws_of(case, raws)))(raws)
    except (NotImplementedError, TypeError, ValueError):
        pytest.skip("JAX does not compute it in bfloat16")
    if any(str(x.dtype) != "bfloat16" for x in traced.out_avals) or any(wide_arrays(traced.jaxpr)):
        pytest.skip("JAX widens it, or the sample asks for another dtype")
    if row.name in IN_DOUBLE:
        assert list(wide_arrays(jax.make_jaxpr(lambda raws: walked(case, raws))(raws).jaxpr))
        jax.config.update("jax_enable_x64", False)
    pulled = jax.make_jaxpr(lambda raws: walked(case, raws))(raws)
    cotangents = pulled.out_avals[len(traced.out_avals) :]
    assert [(x.shape, x.dtype) for x in cotangents] == [
        (raws[i].shape, raws[i].dtype) for i in case.varying
    ]
    assert not list(wide_arrays(pulled.jaxpr))


def raws_of(case, raws):
    return [raws[i] for i in case.varying]


# Transforms over each other -----------------------------------------------------------------------


def program(x):
    """Writes, reads, chooses and multiplies."""
    y = xg.zeros_like(x)
    y[0] = x[1] * x[2]
    y[1:] = x[:2] ** 2
    y += xg.where(x > 0.5, xg.sqrt(x), 0.0)
    return xg.sum(xg.tanh(y @ y) + y)


def same_in_jax(x):
    y = jnp.zeros_like(x).at[0].set(x[1] * x[2]).at[1:].set(x[:2] ** 2)
    y = y + jnp.where(x > 0.5, jnp.sqrt(jnp.where(x > 0.5, x, 1.0)), 0.0)
    return jnp.sum(jnp.tanh(y @ y) + y)


X = np.asarray([0.3, 0.7, 1.1])


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(xg.grad, jax.grad), (xg.hessian, jax.hessian), (xg.jacfwd, jax.jacfwd)],
    ids=["grad", "hessian", "jacfwd"],
)
def test_jit_of_derivatives(ours, theirs):
    x = jnp.asarray(X)
    want = theirs(same_in_jax)(x)
    for f in (ours(program), jax.jit(ours(program))):
        got = f(x)
        assert isinstance(got, jax.Array)
        np.testing.assert_allclose(got, want, rtol=1e-12)


def test_jax_derivatives_of_functions_with_xgrad_in_them():
    x, t = jnp.asarray(X), jnp.asarray([1.0, -2.0, 0.5])
    want = jax.grad(same_in_jax)(x)
    np.testing.assert_allclose(jax.grad(lambda x: program(xg.asarray(x)).data)(x), want, rtol=1e-12)
    outer = jax.jvp(xg.grad(program), (x,), (t,))[1]
    np.testing.assert_allclose(outer, jax.hessian(same_in_jax)(x) @ t, rtol=1e-12)


def test_vmap_of_both():
    many = jnp.asarray([X, X * 0.9, X * 1.2])
    want = jax.vmap(jax.grad(same_in_jax))(many)
    for f in (
        jax.vmap(xg.grad(program)),
        xg.vmap(xg.grad(program)),
        jax.jit(xg.vmap(xg.grad(program))),
        jax.jit(jax.vmap(xg.grad(program))),
    ):
        np.testing.assert_allclose(f(many), want, rtol=1e-12)


def test_arrays_of_jax_are_known_before_a_backend_is_set(tmp_path):
    code = (
        "import jax; jax.config.update('jax_enable_x64', True)\n"
        "import jax.numpy as jnp, xgrad as xg\n"
        "print(jax.jit(xg.grad(lambda x: xg.sum(x * x)))(jnp.arange(3.0)), xg.get_backend())\n"
        "print('jax' in xg.available_backends())"
    )
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[0. 2. 4.] numpy", "True"]


def test_new_arrays_and_random_numbers():
    with xg.use_backend("jax"):
        x = xg.asarray([1.0, 2.0])
        assert isinstance(x.data, jax.Array)
        assert (x.dtype, x.backend) == (np.float64, "jax")
        assert xg.arange(3).dtype == np.int64
        rng = xg.random.default_rng(0)
        assert isinstance(rng.normal(size=3).data, jax.Array)
        x[0] = 5.0
        assert x.tolist() == [5.0, 2.0]
    values = np.zeros(2)
    shared = xg.asarray(values).to_backend("jax")
    values[0] = 9.0  # JAX would share the memory of an aligned array
    assert shared.tolist() == [0.0, 0.0]


def test_arrays_on_several_devices():
    mesh = jax.sharding.Mesh(np.asarray(jax.devices()[:1]), ("i",))
    spread = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("i"))
    x = jax.device_put(jnp.asarray(X), spread)
    np.testing.assert_allclose(jax.jit(xg.grad(program))(x), jax.grad(same_in_jax)(x), rtol=1e-12)


# What goes wrong ----------------------------------------------------------------------------------


def test_single_precision_needs_no_switch_and_double_says_which(monkeypatch):
    jax.config.update("jax_enable_x64", False)
    x = jnp.asarray(X.astype(np.float32))
    got = jax.jit(xg.grad(program))(x)
    assert got.dtype == np.float32
    text = r"float64 is switched off.*jax\.config\.update\(\"jax_enable_x64\", True\)"
    with xg.use_backend("jax"):
        with pytest.raises(TypeError, match=text):
            xg.asarray(X)
        with pytest.raises(TypeError, match=text):
            xg.zeros(3, dtype=xg.float64)
        assert xg.zeros(3, dtype=xg.float32).dtype == np.float32


def test_a_branch_on_a_value_raises_the_error_of_jax():
    def f(x):
        return x[0] if x[0] > 0 else x[1]

    with pytest.raises(jax.errors.TracerBoolConversionError):
        jax.jit(xg.grad(f))(jnp.asarray(X))


def test_an_index_out_of_bounds_raises_where_it_is_known():
    x = xg.asarray(jnp.asarray(X))
    for key in (3, -4, [5]):
        with pytest.raises(IndexError, match="is out of bounds for axis 0 with size 3"):
            x[key]


def test_a_generator_from_outside_does_not_draw_inside_jit():
    with xg.use_backend("jax"):
        rng = xg.random.default_rng(0)

    def f(x):
        return x * rng.random(3).data

    with pytest.raises(
        TypeError, match=r"draws inside jax\.jit, where each call would get the same"
    ):
        jax.jit(f)(jnp.asarray(X))
    assert rng.random(3).shape == (3,)


def test_devices_that_are_not_there():
    with pytest.raises(xg.errors.BackendUnavailableError, match="'tpu:7' cannot be used; usable"):
        xg.set_backend("jax", "tpu:7")
    assert str(xg.zeros(1).to_backend("jax").device) == str(jax.devices()[0])
