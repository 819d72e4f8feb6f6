# Tests of xgrad/ops, xgrad/linalg, xgrad/fft, xgrad/special
"""What every op refuses, found from its signature and its row: the message names the op.

An error that a backend raises has the op in its notes, which a traceback shows below the message.
"""

import inspect
import re

import numpy as np
import pytest

import xgrad as xg
from tests.tables import over
from xgrad.nn import functional as F  # noqa: N812 - as everybody calls it
from xgrad.testing import ROWS


def operand(row):
    """Return the public name of an op, without what a row adds to tell it from another."""
    return row.name.partition(" ")[0].rpartition(".")[2]


def text(error):
    """Return what a user reads below a traceback."""
    return "\n".join([str(error), *getattr(error, "__notes__", ())])


def public(row):
    """Return the public function of a row, or None where the row looks at it through another."""
    found = xg
    for part in row.name.split("."):
        found = getattr(found, part, None)
    return found if found is not None and row.of is None else None


def case_of(row, place):
    """Return the first case of a row that is not left out in a place."""
    for letter in "fcib":
        case = next(row.cases(place, letter), None)
        if case is not None:
            return case
    return None


def parameters(row):
    return inspect.signature(public(row)).parameters if public(row) else {}


def arrays(case, lift):
    return [lift(x) for x in case.raw_arrays()]


def tracked(x):
    out = xg.asarray(x)
    floating = xg.isdtype(out.dtype, ("real floating", "complex floating"))
    return xg.asarray(x, requires_grad=True) if floating else out


WITH_AXIS = [row for row in ROWS if {"axis", "axes"} & set(parameters(row))]
ELEMENTWISE = [
    row
    for row in ROWS
    if (op := getattr(public(row), "op", None)) is not None
    and len(op.arrays) == 2
    and not op.rest
    and not op.keywords
    and all(not isinstance(x, (list, tuple)) for x in row.samples[0].args)
    and len({x.shape for x in row.samples[0].args if hasattr(x, "shape")}) == 1
]


MISFITS = {
    "a word": lambda place: "abc",
    "an object": lambda place: object(),
    "None": lambda place: None,
    "0 axes": lambda place: xg.asarray(place.raw(np.asarray(1.5))),
    "5 axes": lambda place: xg.asarray(place.raw(np.ones((1, 2, 3, 1, 2)))),
    "7 elements": lambda place: xg.asarray(place.raw(np.ones(7))),
    "7 x 9 elements": lambda place: xg.asarray(place.raw(np.ones((7, 9)))),
    "truths": lambda place: xg.asarray(place.raw(np.ones((2, 3), bool))),
    "integers": lambda place: xg.asarray(place.raw(np.ones((2, 3), "int64"))),
    "complex": lambda place: xg.asarray(place.raw(np.full((2, 3), 1j))),
    "NaN": lambda place: xg.asarray(place.raw(np.full((3, 3), np.nan))),
    "a singular matrix": lambda place: xg.asarray(place.raw(np.ones((2, 2)))),
    "an indefinite matrix": lambda place: xg.asarray(place.raw(-np.eye(3))),
}
"""What may be put where an array is expected, right for some ops and wrong for others."""

NO_ARRAYS = ("a word", "an object")
TAKE_THEM = {
    ("asarray", "a word"): "NumPy makes arrays of words",
    ("asarray", "an object"): "NumPy makes arrays of objects",
    ("to_backend", "a word"): "the name of a backend",
}
PYTHON_REFUSES = set("chdtr chdtrc chdtri fdtr fdtrc fdtri gdtrix".split())
"""What multiplies or divides by an operator, which says itself that it takes no words."""


@pytest.mark.parametrize("row", [r for r in ROWS if parameters(r)], ids=lambda row: row.name)
@pytest.mark.filterwarnings("ignore")
def test_whatever_is_refused_names_the_op_that_was_called(computing, row, quiet):
    """Put each misfit in the place of each array: it is taken, or an error names the op."""
    case = case_of(row, computing)
    if case is None:
        pytest.skip(row.left_out(computing, row.samples[0], "f"))
    name = operand(row)
    supply = iter(arrays(case, xg.asarray))
    args = [filled(x, supply) for x in row.samples[0].args]
    kwargs = {k: filled(x, supply) for k, x in row.samples[0].kwargs.items()}
    for i, x in enumerate(args):
        if not isinstance(x, xg.Array):
            continue
        for what, make in MISFITS.items():
            if what == "NaN" and computing.backend.name == "torch":
                continue  # PyTorch's eigenvalues of NaN end the interpreter
            call = [*args[:i], make(computing), *args[i + 1 :]]
            try:
                public(row)(*call, **kwargs)
            except Exception as error:
                says = text(error)
            else:
                says = name if (name, what) in TAKE_THEM or what not in NO_ARRAYS else "nothing"
            named = re.search(rf"(?<![a-z0-9_]){name}(?![a-z0-9_])", says)
            assert named or name in PYTHON_REFUSES, f"{name} of {what} at {i} says {says}"


def test_a_function_made_of_others_names_itself_and_what_failed():
    with pytest.raises(ValueError, match="broadcast") as caught:
        xg.allclose(xg.ones(2), xg.ones(3))
    where = "in xgrad.isclose(float64[2], float64[3]), which xgrad.allclose calls"
    assert where in text(caught.value).splitlines()
    with pytest.raises(IndexError) as caught:
        xg.ones(2)[7]
    assert "in xgrad.getitem(float64[2])" in text(caught.value).splitlines()
    with pytest.raises(TypeError, match=r"^pow: x2 is 'abc' of type str"):
        xg.pow(xg.ones(2), "abc")


def refused(f, *names):
    """Raise unless a call fails with a message that has all the names."""
    with pytest.raises((IndexError, ValueError, TypeError, RuntimeError)) as caught:
        f()
    message = text(caught.value)
    assert all(name in message for name in names), message


@pytest.mark.parametrize("row", WITH_AXIS, ids=lambda row: row.name)
@over("lift", [xg.asarray, tracked])
@over("axis", [7, -8])
def test_axis_out_of_range(computing, row, lift, axis):
    case = case_of(row, computing)
    if case is None:
        pytest.skip(row.left_out(computing, row.samples[0], "f"))
    name = "axis" if "axis" in parameters(row) else "axes"
    args = list(arrays(case, lift))
    sample = row.samples[0]
    kwargs = {k: v for k, v in sample.kwargs.items() if k not in ("axis", "axes")}
    value = axis if name == "axis" or operand(row) == "tensordot" else (axis,)
    supply = iter(args)
    positional = [filled(x, supply) for x in sample.args]
    positional = positional[: position_of(row, name, len(positional))]
    refused(lambda: public(row)(*positional, **kwargs, **{name: value}), operand(row))


def filled(x, supply):
    if isinstance(x, (list, tuple)):
        return type(x)(filled(part, supply) for part in x)
    return next(supply) if hasattr(x, "varies") else x


def position_of(row, name, count):
    """Return how many positional arguments stand before a parameter."""
    names = list(parameters(row))
    kinds = parameters(row)[name].kind
    if kinds is inspect.Parameter.KEYWORD_ONLY:
        return count
    return min(count, names.index(name))


@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
@over("lift", [xg.asarray, tracked])
def test_shapes_that_do_not_broadcast(place, row, lift):
    case = case_of(row, place)
    if case is None:
        pytest.skip(row.left_out(place, row.samples[0], "f"))
    dtype = case.dtype
    xs = [lift(place.raw(np.ones(n, dtype))) for n in (2, 3)]
    refused(lambda: public(row)(*xs), operand(row))


FLOATING = """
    acos acosh asin asinh atan atan2 atanh cos cosh divide exp expm1 hypot log log1p log2 log10
    logaddexp sin sinh sqrt tan tanh mean std var copysign nextafter
""".split()
"""What the standard has for floating-point arrays alone. NumPy's reciprocal of integers is one."""

REFUSED = {
    "array_api_strict": FLOATING,
    "torch": ["hypot", "logaddexp", "mean", "std", "var", "nextafter"],
}
"""What a backend does not compute for integers; PyTorch and NumPy widen the rest to fractions."""

INTEGERS = "bitwise_and bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift".split()
ORDERED = "less less_equal greater greater_equal maximum minimum".split()
REAL = [*ORDERED, "remainder", "floor_divide", "atan2"]


def count(f):
    """How many arrays a function takes: those of its op, or what has no name in a call."""
    if hasattr(f, "op"):
        return len(f.op.arrays)
    parameters = inspect.signature(f).parameters.values()
    return max(1, sum(p.kind is p.POSITIONAL_ONLY for p in parameters))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@over("name", FLOATING)
@over("dtype", ["int64", "bool"])
def test_integers_where_the_standard_has_fractions(computing, name, dtype):
    """Refuse them as the strict namespace does, or compute in floating point as NumPy does."""
    xs = [xg.asarray(computing.raw(np.ones(2, dtype)))] * count(getattr(xg, name))
    if name in REFUSED.get(computing.backend.name, ()):
        refused(lambda: getattr(xg, name)(*xs), name)
    else:
        assert xg.isdtype(getattr(xg, name)(*xs).dtype, "real floating")


@over("name", [*INTEGERS, "bitwise_invert"])
@over("lift", [xg.asarray, tracked])
def test_fractions_where_the_standard_has_integers(computing, name, lift):
    xs = [lift(computing.raw(np.ones(2)))] * count(getattr(xg, name))
    refused(lambda: getattr(xg, name)(*xs), name)


@over("name", REAL)
@over("lift", [xg.asarray, tracked])
def test_complex_where_the_standard_has_real_numbers(computing, name, lift):
    if computing.backend.name in ("numpy", "cupy") and name in ORDERED:
        pytest.skip("NumPy and CuPy order complex numbers by their real part first")
    xs = [lift(computing.raw(np.ones(2, "complex128")))] * 2
    refused(lambda: getattr(xg, name)(*xs), name)


@over("row", [r for r in ROWS if parameters(r)], ids=lambda row: row.name)
def test_unknown_keyword(row):
    if any(p.kind is p.VAR_KEYWORD for p in parameters(row).values()):
        pytest.skip("it takes any keyword")
    case = case_of(row, xg.testing.Place.named("numpy"))
    with pytest.raises(TypeError) as caught:
        case.row.call(*arrays(case, xg.asarray), no_such_argument=1)
    assert "no_such_argument" in text(caught.value)


def bare_calls():
    """Yield each op of a public namespace that has a parameter without a default, and those."""
    for space in (xg, xg.linalg, xg.fft, xg.special, F):
        for name in dir(space):
            op = getattr(getattr(space, name, None), "op", None)
            parameters = getattr(op, "parameters", ())
            if missing := [p for p in parameters if p not in op.defaults]:
                yield getattr(space, name), max(1, len(op.arrays)), missing


def test_a_parameter_without_a_default_is_asked_for(computing):
    """NumPy's functions have more defaults than the standard's: none may show through on it."""
    x = xg.asarray(computing.raw(np.ones((1, 1))))
    for f, count, missing in bare_calls():
        with pytest.raises(TypeError) as caught:
            f(*[x] * count)
        assert any(name in text(caught.value) for name in missing), f.__name__


W, A = np.ones(3), xg.asarray(np.ones(3))
TOLD = {
    r"hvp: f returned float64.*; hvp needs": lambda: xg.hvp(lambda v: v, W, W),
    r"hvp: f is None": lambda: xg.hvp(None, W, W),
    r"hvp: .* \(4,\); expected \(3,\)": lambda: xg.hvp(xg.sum, W, np.ones(4)),
    r"hvp: got an argument of dtype int": lambda: xg.hvp(xg.sum, np.arange(3), W),
    r"global_norm: x is <object": lambda: xg.optim.global_norm({"a": object()}),
    r"clip_by_global_norm: ": lambda: xg.optim.clip_by_global_norm([object()], 1.0),
    r"avg_pool2d: kernel_size is float64\[3\].*expected an integer": (
        lambda: F.avg_pool2d(np.ones((1, 2, 4, 4)), A)
    ),
    r"group_norm: num_groups is float64\[3\].*expected an integer": (
        lambda: F.group_norm(np.ones((2, 4)), A)
    ),
    r"astype: unhashable.*dtype is float64\[3\]": lambda: xg.astype(W, A),
}


@over("says", TOLD)
def test_the_name_that_was_typed_is_told(says):
    with pytest.raises((TypeError, ValueError), match=says):
        TOLD[says]()


def test_an_error_of_the_users_function_is_not_renamed():
    def inner(v):
        return xg.sum(xg.grad(lambda u: u)(v))

    with pytest.raises(TypeError, match=r"^grad: f returned"):
        xg.hvp(inner, W, W)
