# Tests of xgrad/backends, xgrad/arrays
"""Arrays with a mask, a unit or another product are refused by name, wherever they meet an array.

The threads: jax-ml/jax#13795 and dask/dask#4441 (a mask is forgotten), a Quantity that loses its
unit, and a matrix whose product becomes one of elements.
"""

import numpy as np
import pytest

import xgrad as xg
from xgrad.backends import BY_TYPE
from xgrad.errors import NotDifferentiableError, SubclassError, TracedConversionError
from xgrad.testing import ROWS, Place

pytestmark = pytest.mark.filterwarnings("ignore:the matrix subclass")
V = np.asarray([1.0, 2.0, 3.0, 4.0])


class Quantity(np.ndarray):
    """An array with a unit, as NumPy's guide to subclasses makes one."""

    def __new__(cls, values, unit):
        made = np.asarray(values).view(cls)
        made.unit = unit
        return made

    def __array_finalize__(self, parent):
        self.unit = getattr(parent, "unit", None)


class Renamed(np.ndarray):
    """An array whose class says nothing."""


MADE = {
    "masked": lambda x: np.ma.masked_array(x, np.zeros(x.shape, bool)),
    "quantity": lambda x: Quantity(x, "m"),
    "record": lambda x: x.view(np.recarray),
    "matrix": np.matrix,
}


def made(kind, x):
    """Return an array of a subclass; a matrix has two axes."""
    return MADE[kind](x) if kind != "matrix" or x.ndim == 2 else None


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_op_refuses_each_of_its_arrays(row):
    """Beside tracked arrays and beside raw ones, in each place of the arguments."""
    place = Place.named("numpy")
    case = next((c for c in row.cases(place, "fcib") if c.raw_arrays()), None)
    if case is None:
        pytest.skip("it takes no arrays")
    for tracked in (True, False):
        for i, raw in enumerate(case.raw_arrays()):
            for kind in MADE:
                arrays = [_lifted(x, tracked) for x in case.raw_arrays()]
                arrays[i] = made(kind, raw)
                if arrays[i] is not None:
                    _require_refusal(case, arrays, i)


def _lifted(x, tracked):
    return xg.asarray(x, requires_grad=x.dtype.kind in "fc") if tracked else x


def _require_refusal(case, arrays, i):
    cls = type(arrays[i])
    try:
        with np.errstate(all="ignore"):
            out = case.call(arrays)
    except SubclassError as error:
        assert cls.__qualname__ in str(error)  # noqa: PT017 - there may be a result instead
    else:  # an op that is a formula of Python may leave raw arrays to NumPy itself
        assert isinstance(out, cls)


def _written(key, value):
    def write(x, m):
        y = x * 1.0
        y[m if key is None else key] = m if value is None else value
        return y

    return write


def _in_place(x, m):
    y = x * 1.0
    y += m
    return y


MEETINGS = {
    "right": lambda x, m: x * m,
    "left": lambda x, m: m * x,
    "left of minus": lambda x, m: m - x,
    "left of a power": lambda x, m: m**x,
    "compared": lambda x, m: x < m,
    "product": lambda x, m: x @ m.T,
    "product, left": lambda x, m: m @ x,
    "in place": _in_place,
    "written": _written(slice(None), None),
    "key of a write": _written(None, 0.0),
    "key of a read": lambda x, m: x[m],
    "key in a tuple": lambda x, m: x[(m,)],
    "in a list": lambda x, m: xg.asarray([m, m]),
    "beside a list": lambda x, m: x * [m, m],
    "asarray": lambda x, m: xg.asarray(m),
    "np.multiply": lambda x, m: np.multiply(m, x),
    "np.dot": lambda x, m: np.dot(m, x),
    "np.where": lambda x, m: np.where(x > 0, x, m),
    "condition": lambda x, m: xg.where(m > 0, x, 0.0),
    "np.stack": lambda x, m: np.stack([x, m]),
    "np.sum(where=)": lambda x, m: np.sum(x, where=m > 0),
    "np.average(weights=)": lambda x, m: np.average(x, weights=m),
    "np.take": lambda x, m: np.take(x, m),
    "np.interp": lambda x, m: np.interp(m, V, x),
    "np.roll": lambda x, m: np.roll(x, m),
    "np.clip": lambda x, m: np.clip(x, m, 5.0),
    "np.einsum": lambda x, m: np.einsum("i,i", x, m),
    "np.pad": lambda x, m: np.pad(x, 1, constant_values=m),
    "np.copyto": lambda x, m: np.copyto(x * 1.0, m),
    "np.add.at": lambda x, m: np.add.at(x * 1.0, [0], m),
    "method": lambda x, m: x.clip(m, 5.0),
    "random numbers": lambda x, m: xg.random.default_rng(0).normal(x, m),
    "argument": lambda x, m: xg.grad(lambda m: xg.sum(m))(m),
    "one of several": lambda x, m: xg.grad(lambda a: xg.sum(a[0] * a[1]))([V, m]),
    "jvp": lambda x, m: xg.jvp(xg.sin, (V,), (m,)),
    "cotangent": lambda x, m: xg.vjp(xg.sin, V)[1](m),
    "vmap": lambda x, m: xg.vmap(xg.sin)(m),
    "result": lambda x, m: xg.vjp(lambda x: m, V),
}


@pytest.mark.parametrize("tracked", [True, False])
@pytest.mark.parametrize("kind", ["masked", "quantity", "record"])
@pytest.mark.parametrize("name", MEETINGS)
def test_wherever_they_meet(name, kind, tracked):
    m = MADE[kind](V.copy())
    x = xg.asarray(V, requires_grad=tracked)
    if name == "compared" and not tracked and kind == "masked":
        pytest.skip("NumPy's masked array takes the numbers of an untracked array")
    with pytest.raises(SubclassError, match=type(m).__qualname__):
        MEETINGS[name](x, m)


def test_a_matrix_names_the_product():
    m = np.matrix(np.eye(2))
    for f in (lambda x: x * m, lambda x: m * x, lambda x: x @ m):
        with pytest.raises(SubclassError, match=r"numpy\.asarray\(m\) for a matrix m.* m @ y"):
            xg.grad(lambda x, f=f: xg.sum(f(x)))(np.ones((2, 2)))


def test_the_advice_for_a_masked_array_gives_what_numpy_gives():
    m = np.ma.masked_array(V, [0, 1, 0, 0])

    def f(x):
        return xg.sum(xg.where(np.ma.getmaskarray(m), 0.0, x * m.filled(0.0)))

    value, gradient = xg.value_and_grad(f)(V)
    assert value == (V * m).sum() == 26.0
    np.testing.assert_array_equal(gradient, [1.0, 0.0, 3.0, 4.0])


def test_a_class_that_adds_nothing_is_an_array():
    np.testing.assert_array_equal(xg.grad(lambda x: xg.sum(x * V.view(Renamed)))(V), V)
    assert BY_TYPE[Renamed].name == "numpy"


def test_other_libraries_subclasses(computing):
    raw = computing.raw(V)
    cls = type("Tagged", (type(raw),), {"unit": "m"})
    if computing.backend.name == "torch":
        tagged = raw.as_subclass(cls)
    elif computing.backend.name == "numpy":
        tagged = raw.view(cls)
    else:
        pytest.skip("nobody makes subclasses of its arrays")
    with pytest.raises(SubclassError, match="Tagged"):
        xg.grad(lambda x: xg.sum(x * tagged))(raw)


def _of_the_second(f):
    return lambda m, x: f(x)


MASKED_FUNCTIONS = {
    "+=": lambda m, x: m.__iadd__(x),
    "**=": lambda m, x: m.__ipow__(x),
    "[:] =": lambda m, x: m.__setitem__(slice(None), x),
    "[0] =": lambda m, x: m.__setitem__(0, x[0]),
    "<": lambda m, x: m < x,
    "==": lambda m, x: m == x,
    **{name: getattr(np.ma, name) for name in "add multiply power arctan2 dot outer".split()},
    **{
        name: _of_the_second(getattr(np.ma, name))
        for name in "sin log sqrt abs getdata median mean array masked_invalid".split()
    },
    "where": lambda m, x: np.ma.where(V > 2, x, m),
    "concatenate": lambda m, x: np.ma.concatenate([m, x]),
    "add of plain arrays": lambda m, x: np.ma.add(V, x),
}


@pytest.mark.parametrize("name", MASKED_FUNCTIONS)
def test_nothing_of_numpys_masked_arrays_drops_a_gradient(name):
    """They read the attribute ``_data`` of whatever they meet, so an array has none."""

    def f(x):
        with pytest.raises((SubclassError, TracedConversionError, ValueError)):
            MASKED_FUNCTIONS[name](np.ma.masked_array(V.copy(), [0, 1, 0, 0]), x)
        return xg.sum(x)

    xg.grad(f)(V)
    assert not hasattr(xg.asarray(V), "_data")


NO_NUMBERS = {
    "objects": np.asarray([1.0, 2.0, 3.0, 4.0], dtype=object),
    "times": np.arange(4).astype("m8[s]"),
}
BESIDE = {
    "product": lambda x, o: x * o,
    "product, left": lambda x, o: o * x,
    "np.multiply": lambda x, o: np.multiply(x, o),
    "asarray": lambda x, o: x * xg.asarray(o),
    "matmul": lambda x, o: x @ o,
    "where": lambda x, o: xg.where(x > 2, x, o),
    "concat": lambda x, o: xg.concat([x, o]),
    "custom": lambda x, o: of_objects(x),
}
of_objects = xg.primitive(lambda x: np.asarray(list(x), dtype=object))
of_objects.defvjp(lambda ct, out, x: (ct,))


@pytest.mark.parametrize("kind", NO_NUMBERS)
@pytest.mark.parametrize("name", BESIDE)
def test_arrays_of_objects_drop_no_gradient(name, kind):
    """Tables with a column of text are arrays of objects, and products with them have no dtype."""
    with pytest.raises((TypeError, NotDifferentiableError), match=r"object|dtype|timedelta"):
        xg.grad(lambda x: xg.sum(x) + xg.sum(BESIDE[name](x, NO_NUMBERS[kind])))(V)
