# Tests of xgrad/errors, xgrad/engine
"""Bad input: each error says what was got, what was expected and what to do next."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import xgrad as xg
from xgrad import errors

W = xg.asarray([1.0, 2.0], requires_grad=True)


class Table:
    def to_numpy(self):
        return np.ones(2)


def strict(values: Any, device: str = "CPU_DEVICE") -> Any:
    library = pytest.importorskip("array_api_strict")
    return library.asarray(values, device=library.Device(device))


CASES: dict[str, tuple[Any, type[Exception], str]] = {
    "two backends": (
        lambda: xg.add(xg.asarray([1.0]), xg.asarray(strict([1.0]))),
        errors.MixedBackendError,
        r"add: got arrays of two backends.*numpy.*array_api_strict.*to_backend",
    ),
    "two devices": (
        lambda: xg.multiply(xg.asarray(strict([1.0])), xg.asarray(strict([1.0], "device1"))),
        errors.MixedDeviceError,
        r"multiply: got arrays on the devices .*device1.*to_device",
    ),
    "non-scalar to grad": (
        lambda: xg.grad(lambda x: x * 2)(np.ones(3)),
        errors.NotScalarError,
        r"grad: f returned float64\[3\]; grad needs a real .* scalar.*jacrev.*vjp",
    ),
    "complex to grad": (
        lambda: xg.grad(lambda x: x * 1j)(1.0),
        errors.NotScalarError,
        r"f returned complex128\[\]",
    ),
    "integer argument": (
        lambda: xg.grad(lambda x: x * 2)(3),
        errors.NotDifferentiableError,
        r"grad: got an argument of dtype int64.*Pass 3\.0 instead of 3.*argnums",
    ),
    "a string": (
        lambda: xg.grad(lambda d: d)("linear"),
        errors.NotDifferentiableError,
        r"grad: got 'linear' of type str; expected an array",
    ),
    "an object": (
        lambda: xg.grad(lambda d: d["x"] * 2)({"x": 1.0, "kind": object()}),
        errors.NotDifferentiableError,
        r"grad: argument 0.*got <object.*of type object.*static",
    ),
    "a table": (
        lambda: xg.grad(lambda d: d["x"] * 2)({"x": 1.0, "kind": Table()}),
        errors.NotDifferentiableError,
        r"grad: argument 0.*got .*of type Table.*Pass its numbers, x\.to_numpy\(\)",
    ),
    "asarray": (
        lambda: np.asarray(W),
        errors.TracedConversionError,
        r"numpy\.asarray of a tracked array \(float64\[2\]\) would drop its gradient.*detach\(\)",
    ),
    "float": (
        lambda: float(W[0]),
        errors.TracedConversionError,
        r"float\(\) of a tracked.*item\(\)",
    ),
    "int": (lambda: int(W[0]), errors.TracedConversionError, r"int\(\) of a tracked"),
    "complex": (lambda: complex(W[0]), errors.TracedConversionError, r"complex\(\) of a tracked"),
    "dlpack": (
        lambda: np.from_dlpack(W),
        errors.TracedConversionError,
        r"from_dlpack of a tracked",
    ),
    "out=": (
        lambda: np.add(np.ones(2), W, out=np.ones(2)),
        errors.TracedConversionError,
        r"out= is a NumPy array, which would drop the gradient",
    ),
    "unknown backend": (
        lambda: xg.set_backend("cuppy"),
        errors.UnknownBackendError,
        r"backend 'cuppy' is unknown; known are numpy, cupy, torch",
    ),
    "unknown device": (lambda: xg.set_backend("numpy:gpu"), ValueError, r"got device 'gpu'"),
    "backward of a constant": (
        lambda: xg.asarray(1.0).backward(),
        errors.NotDifferentiableError,
        r"requires_grad=True",
    ),
    "backward of a vector": (
        lambda: xg.multiply(W, 2).backward(),
        errors.NotScalarError,
        r"backward: got float64\[2\].*y\.backward\(cotangent\)",
    ),
    "requires_grad of integers": (
        lambda: xg.asarray([1, 2], requires_grad=True),
        errors.NotDifferentiableError,
        r"only floating-point arrays have derivatives.*astype",
    ),
    "a write to a leaf": (
        lambda: W.__setitem__(0, 3.0),
        errors.MutationError,
        r"a leaf that requires a gradient.*no_grad",
    ),
    "a tracked value into integers": (
        lambda: xg.asarray([1, 2]).__setitem__(0, W[0]),
        TypeError,
        r"value is tracked, and x is an array of int64",
    ),
    "cotangent of another shape": (
        lambda: xg.vjp(xg.sin, np.ones(3))[1](np.ones(2)),
        ValueError,
        r"vjp: the cotangent has shape \(2,\); expected \(3,\)",
    ),
    "cotangent of another structure": (
        lambda: xg.vjp(lambda x: (x, x), 1.0)[1](1.0),
        ValueError,
        r"the cotangent is an array; expected a tuple of 2",
    ),
    "too few tangents": (
        lambda: xg.jvp(xg.add, (1.0, 2.0), (1.0,)),
        ValueError,
        r"got 1 tangents; expected 2",
    ),
    "a list where an array belongs": (
        lambda: xg.sin([1.0, 2.0]),
        TypeError,
        r"sin: x is \[1\.0, 2\.0\] of type list.*xgrad\.asarray",
    ),
    "asarray of text": (lambda: xg.asarray("text"), TypeError, r"asarray: got 'text' of type str"),
    "an axis that is not there": (
        lambda: xg.moveaxis(xg.zeros((2, 3)), 0, 5),
        IndexError,
        r"axis 5 is out of bounds for array of dimension 2",
    ),
    "an unknown keyword": (
        lambda: xg.sum(W, where=True),
        TypeError,
        r"sum\(\) got an unexpected keyword argument 'where'",
    ),
    "matmul of numbers": (
        lambda: xg.matmul(W, xg.asarray(2.0)),
        ValueError,
        r"Multiply by a number",
    ),
    "a float as an index": (lambda: [1, 2][W[0]], TypeError, r"an index.* must be an integer"),
    "no arrays": (
        lambda: xg.grad(lambda x: 1.0)(None),
        errors.NotDifferentiableError,
        "hold no arrays",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_input(name: str) -> None:
    call, error, text = CASES[name]
    with pytest.raises(error, match=text):
        call()


def test_a_library_error_names_op_and_operands() -> None:
    with pytest.raises(ValueError, match="broadcast") as caught:
        xg.asarray(np.ones((2, 3))) + xg.asarray(np.ones(4))
    where, advice = caught.value.__notes__
    assert where == "in xgrad.add(float64[2, 3], float64[4])"
    assert advice.startswith("Along axis -1 the lengths are 3 and 4; expected the same, or 1.")


def test_every_error_is_one_of_ours_and_of_pythons() -> None:
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), (errors.XgradError, Warning))
    assert issubclass(errors.TracedConversionError, TypeError)


def test_untracked_arrays_convert() -> None:
    x = xg.asarray([1.0, 2.0])
    assert np.asarray(x).tolist() == x.tolist() == [1.0, 2.0]
    assert float(x[1]) == 2.0
    assert bool(W[0] > 0)
    assert "requires_grad" in repr(W)
    assert f"{W[1] * 2:.1f}" == "4.0"
    with xg.no_grad():
        assert float(W[1]) == 2.0


def test_arrays_pickle() -> None:
    again = pickle.loads(pickle.dumps(W))
    assert again.requires_grad
    assert again.tolist() == W.tolist()


def _vector(x: Any) -> Any:
    return x * 2


def _total(x: Any) -> Any:
    return xg.sum(_vector(x))


X = np.ones(3)
TRANSFORMS: dict[str, Any] = {
    "grad": lambda f, x: xg.grad(f)(x),
    "value_and_grad": lambda f, x: xg.value_and_grad(f)(x),
    "hessian": lambda f, x: xg.hessian(f)(x),
    "jacrev": lambda f, x: xg.jacrev(f)(x),
    "jacfwd": lambda f, x: xg.jacfwd(f)(x),
    "vjp": xg.vjp,
    "linearize": xg.linearize,
    "jvp": lambda f, x: xg.jvp(f, (x,), (x,)),
    "hvp": lambda f, x: xg.hvp(f, x, x),
    "sparse_jacobian": lambda f, x: xg.sparse_jacobian(f)(x),
    "sparse_hessian": lambda f, x: xg.sparse_hessian(f)(x),
}


@pytest.mark.parametrize("what", list(TRANSFORMS))
def test_a_transform_is_named_by_its_own_name(what: str) -> None:
    transform = TRANSFORMS[what]
    wrong = [(lambda x: None, X), (_vector, np.ones(3, int)), (_vector, "x"), (_vector, {"a": {1}})]
    if what in ("grad", "value_and_grad", "hessian", "hvp", "sparse_hessian"):
        wrong.append((_vector, X))
    for f, x in wrong:
        with pytest.raises((TypeError, ValueError)) as caught:
            transform(f, x)
        assert str(caught.value).startswith(f"{what}: "), caught.value
        assert len(str(caught.value).split("; expected")) > 1 or "needs" in str(caught.value)


@pytest.mark.parametrize("what", ["grad", "value_and_grad", "hessian", "jacrev", "jacfwd"])
def test_positions_and_leaves_are_named(what: str) -> None:
    transform = getattr(xg, what)
    with pytest.raises(TypeError, match=rf"^{what}: argnums is array.*xgrad\.{what}\(f\)\(x\)"):
        transform(_total, X)(X)
    with pytest.raises(ValueError, match=rf"^{what}: argnums has 3, but f was called with 1 arg"):
        transform(_total, argnums=3)(X)
    with pytest.raises(errors.NotDifferentiableError, match=rf"^{what}: got argument 0\['n'\] of "):
        transform(lambda p: xg.sum(p["w"]))({"n": 3, "w": X})
    with pytest.raises(TypeError, match=rf"^{what}: has_aux=True, and f returned float64\[\]"):
        transform(_total, has_aux=True)(X)
