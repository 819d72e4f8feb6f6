# Tests of xgrad/engine/projection.py
"""A program in single or half precision stays in it: no walk makes a wider array on the way."""

import numpy as np
import pytest

import xgrad as xg
from tests.right.watching import WAYS, watched, watching
from tests.tables import over
from xgrad.errors import NotDifferentiableError
from xgrad.testing import ROWS, Place

# a power of 0 and an empty product are among the samples
pytestmark = pytest.mark.filterwarnings("ignore::xgrad.errors.ConstantResultWarning")

WIDER = {"float64", "longdouble", "complex128", "clongdouble"}
WIDE = ("float64", "complex128")
MEANS = {"mean", "var", "std", "median", "average", "pad"}
"""Made of NumPy's own mean, which divides a 0-d sum by a 64-bit count before it rounds."""


def _ones(place, x):
    return xg.Array(watched(place.backend.xp.ones_like(x)))


def walked(case, place):
    """Return the dtypes of the arrays that walking the case down and up makes."""
    raws = [watched(x) for x in case.raw_arrays()]
    if any(str(x.dtype).endswith(WIDE) for x in raws):
        return set()  # the sample itself asks for double precision
    varying = [raws[i] for i in case.varying]
    f = case.of_varying(raws)
    with np.errstate(all="ignore"):
        out, pullback = xg.vjp(f, *varying)
        if any(str(x.dtype).endswith(WIDE) for x in xg.tree.leaves(out)):
            return set()  # a dtype= that asks for it
        _, pushforward = xg.linearize(f, *varying)
        cotangent = xg.tree.map(lambda x: _ones(place, x), out)
        tangents = [_ones(place, x) for x in varying]
        with watching(place.backend.name) as seen:
            pullback(cotangent)
            pushforward(*tangents)
    return seen


ONLY_DOUBLE = ("special.eval_hermite", "special.eval_hermitenorm")
"""Functions of which SciPy has a loop in double precision alone; the adapter rounds its results."""


IN_DOUBLE = {
    f"special.{name}"
    for name in (
        "bdtr bdtrc betainc betaincc betainccinv betaincinv binom chdtr chdtrc chdtri fdtr fdtrc "
        "fdtri gammainc gammaincc gammainccinv gammaincinv gdtr gdtrc gdtrix hyperu kei keip ker "
        "kerp modstruve nbdtr nbdtrc pdtr pdtrc poch stdtr stdtrit struve voigt_profile zeta zetac"
    ).split()
}
"""Functions whose rules compute in double precision and round once, or single precision would lose
most of its digits: `xgrad.special.define.in_double`. What they give is single all the same."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@over("dtype", ["float32", "complex64"])
def test_single_precision(each_library, row, dtype):
    if each_library.backend.name not in WAYS:
        pytest.skip("nobody watches this library")
    if each_library.backend.name == "numpy" and row.name in MEANS:
        pytest.skip("NumPy's own mean of everything divides in double precision")
    if row.name in ONLY_DOUBLE:
        pytest.skip("SciPy has it in double precision only")
    made = set()
    for case in row.cases(each_library, "fc"):
        if case.dtype == dtype and case.varying and case.order:
            wide = walked(case, each_library) & WIDER
            assert not wide or row.name in IN_DOUBLE, f"{case}: its walks made {wide}"
            made.add(bool(wide))
    assert row.name not in IN_DOUBLE or not made or any(made), "nothing was made in double"


NO_HALF = ("linalg", "fft", "special", "sinc")
"""LAPACK, SciPy and pocketfft have no loops for it; the samples of sinc overflow in it."""

HALF = [row for row in ROWS if "f" in row.dtypes and not row.name.startswith(NO_HALF)]


@pytest.mark.parametrize("row", HALF, ids=lambda row: row.name)
def test_half_precision(row):
    place = Place.named("numpy")
    if row.name in MEANS:
        pytest.skip("NumPy's own mean of everything divides in double precision")
    for case in row.cases(place, "f"):
        if case.dtype == "float32" and case.varying and case.order:
            half = case.in_precision("float16")
            try:
                half.call(half.raw_arrays())
            except TypeError:  # NumPy itself has no loop for it
                continue
            wide = walked(half, place) & WIDER
            assert not wide, f"{half}: its walks made {wide}"


def polynomial(x):
    """Mix an array with Python numbers of every kind, in every operator."""
    y = 2 * x + 1 - 0.5 * x**2 + 3.0 / (x + 4) - (x // 1) * 2
    y = y + xg.where(x > 0, y, 0.25) + xg.minimum(y, 1.0) + xg.maximum(y, 0) + 2.0**x
    return xg.sum(xg.sqrt(y * y + 1) / 7, axis=0) * 0.1


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_python_numbers_widen_nothing(each_library, dtype):
    if not each_library.has(dtype) or each_library.backend.name not in WAYS:
        pytest.skip("no such dtype here")
    x = watched(each_library.raw(np.linspace(-1.5, 1.5, 6).reshape(2, 3).astype(dtype)))
    with watching(each_library.backend.name) as seen:
        hessian = xg.jacfwd(xg.grad(lambda x: xg.sum(polynomial(x))))(x)
    assert xg.asarray(hessian).dtype == dtype
    assert not seen & WIDER


@pytest.mark.parametrize("kind", ["walk", "constant"])
def test_a_wider_array_is_seen(each_library, kind):
    """The check can fail: an array of double precision on the way is noted."""
    if each_library.backend.name not in WAYS:
        pytest.skip("nobody watches this library")
    x = watched(each_library.raw(np.ones(3, dtype="float32")))
    xp, wide = each_library.backend.xp, each_library.backend.raw_dtype("float64")
    with watching(each_library.backend.name) as seen:
        if kind == "walk":
            _, pullback = xg.vjp(lambda x: xg.astype(xg.astype(x, xg.float64), xg.float32), x)
            pullback(xg.Array(x))
        else:
            x * xp.ones(3, dtype=wide, device=each_library.device)
    assert "float64" in seen


def test_bfloat16(each_library):
    """PyTorch's own; it stays so through both walks, beside Python numbers."""
    if each_library.backend.name != "torch":
        pytest.skip("the each_library has no bfloat16")
    xp = each_library.backend.xp
    x = xp.astype(each_library.raw(np.linspace(-1.5, 1.5, 6).reshape(2, 3)), xp.bfloat16)
    with watching("torch") as seen:
        gradient = xg.grad(lambda x: xg.sum(polynomial(x)))(x)
        _, tangent = xg.jvp(lambda x: xg.sum(polynomial(x)), (x,), (xp.ones_like(x),))
    assert gradient.dtype == tangent.dtype == xp.bfloat16
    assert "bfloat16" in seen
    assert not seen & (WIDER | {"float32"})


@over("row", [row for row in ROWS if "f" in row.dtypes], ids=lambda row: row.name)
def test_bfloat16_of_pytorch(each_library, row):
    """Wherever PyTorch computes in bfloat16, both walks stay in it and fit the argument."""
    if each_library.backend.name != "torch":
        pytest.skip("the each_library has no bfloat16, or none with derivatives")
    if row.name == "to_backend":
        pytest.skip("NumPy's bfloat16 has no derivatives: see below")
    bfloat16 = each_library.backend.xp.bfloat16
    for case in row.cases(each_library, "f"):
        if not (case.varying and case.order):
            continue
        raws = [x.to(bfloat16) if x.is_floating_point() else x for x in case.raw_arrays()]
        varying = [raws[i] for i in case.varying]
        try:
            out, pullback = xg.vjp(case.of_varying(raws), *varying)
            _, pushforward = xg.linearize(case.of_varying(raws), *varying)
            if any(
                str(x.dtype).endswith((*WIDE, "float32", "complex64")) for x in xg.tree.leaves(out)
            ):
                continue  # a dtype= that asks for it
            with watching("torch") as seen:
                cotangents = pullback(xg.tree.map(lambda x: _ones(each_library, x), out))
                tangents = pushforward(*[_ones(each_library, x) for x in varying])
        except (NotImplementedError, RuntimeError):  # PyTorch has no kernel for it
            continue
        wider = set() if row.name in IN_DOUBLE else WIDER
        assert not seen & (wider | {"float16"}), case  # sums of halves are made in float32
        for c, x in zip(cotangents, varying, strict=True):
            assert (c.data.dtype, c.data.shape) == (x.dtype, x.shape), case
        for t, y in zip(xg.tree.leaves(tangents), xg.tree.leaves(out), strict=True):
            assert t.data.dtype == y.dtype, case


def test_bfloat16_of_numpy_is_refused_and_the_message_says_what_to_use():
    """Which functions of NumPy widen it is for each version of ml_dtypes to say."""
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="NumPy has no bfloat16 without it")
    x = np.ones(3, dtype=ml_dtypes.bfloat16)
    use = r"bfloat16 of JAX or PyTorch: xgrad.asarray\(x\).to_backend\('jax'\)"
    with pytest.raises(NotDifferentiableError, match=use):
        xg.grad(xg.sum)(x)
    with pytest.raises(NotDifferentiableError, match=use):
        xg.asarray(x, requires_grad=True)
    with pytest.raises(NotDifferentiableError, match=use):  # nor is a gradient dropped on the way
        xg.grad(lambda x: xg.astype(xg.sum(x, dtype=ml_dtypes.bfloat16), xg.float32))(np.ones(3))
    with pytest.raises(TypeError, match=use):
        xg.grad(lambda x: xg.sum(xg.astype(x, ml_dtypes.bfloat16)))(np.ones(3))
