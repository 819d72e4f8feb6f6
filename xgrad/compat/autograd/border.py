"""What changes at the border: complex conjugates, integers, and arrays without axes."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np

import xgrad
from xgrad import Array, tree
from xgrad.backends import BY_TYPE, REAL, backend_of
from xgrad.debugging import constant_results
from xgrad.engine.projection import ones_like
from xgrad.engine.record import Record
from xgrad.engine.seeds import matched

_FLOAT64 = np.dtype(np.float64)


class _Registered(dict[type, Any]):
    """A table that makes each class in it, if of arrays, known as NumPy's."""

    def __setitem__(self, cls: type, box: Any) -> None:
        super().__setitem__(cls, box)
        if issubclass(cls, np.ndarray):
            BY_TYPE.setdefault(cls, backend_of(np.zeros(0)))


REGISTERED = _Registered()
"""Classes of a program's own, as derived from ``numpy.ndarray``, that stand for plain arrays."""


def dtype_of(x: Any) -> np.dtype[Any]:
    """Return the NumPy dtype of an array or a number."""
    if type(x) is np.float64 or type(x) is np.ndarray:  # most
        return x.dtype
    return np.dtype(x.dtype if isinstance(x, Array) else np.result_type(x))


def is_complex(x: Any) -> bool:
    """Whether an array or a number is complex."""
    return dtype_of(x).kind == "c"


def is_lone(x: Any) -> bool:
    """Whether a pytree is a single array or number."""
    if isinstance(x, (Array, np.ndarray)) or type(x) is np.float64:
        return True
    leaves = tree.leaves(x)
    return len(leaves) == 1 and leaves[0] is x


def conj(x: Any) -> Any:
    """Return the conjugate of the complex leaves of a pytree: autograd's gradient and xgrad's."""
    if type(x) is np.float64 or (type(x) is np.ndarray and x.dtype is _FLOAT64):  # most
        return x
    if type(x) is float:
        return x
    if isinstance(x, Array):
        return xgrad.conj(x) if is_complex(x) else x
    if type(x) is tuple or type(x) is list:
        return type(x)([conj(item) for item in x])
    return tree.map(lambda leaf: xgrad.conj(leaf) if is_complex(leaf) else leaf, x)


def home(x: Any) -> Any:
    """Return a result as autograd's users know it: a NumPy scalar where there are no axes."""
    if type(x) is np.ndarray:  # what most results are
        return x if x.ndim else x[()]
    if type(x) is Array or type(x) is np.float64:
        return x
    if type(x) is tuple or type(x) is list:  # what several arguments and results are
        return type(x)([home(item) for item in x])
    return tree.map(
        lambda leaf: leaf[()] if type(leaf) is np.ndarray and not leaf.ndim else leaf, x
    )


def floating(x: Any) -> Any:
    """Return arguments with integers as floats, so that they may be differentiated."""
    if type(x) is np.ndarray and x.dtype is _FLOAT64:
        return x
    if type(x) is float or type(x) is np.float64:
        return np.asarray(x)
    if type(x) is Array:
        return x if x._raw.dtype.kind in "fc" else _floating(x)
    if type(x) is tuple or type(x) is list:
        return type(x)([floating(item) for item in x])
    return tree.map(_floating, plain(x))


def plain(x: Any) -> Any:
    """Return nested containers with plain arrays in the places of those of registered classes."""
    if isinstance(x, np.ndarray):
        return np.asarray(x) if type(x) in REGISTERED else x
    if type(x) is dict:
        return {key: plain(value) for key, value in x.items()}
    return type(x)(map(plain, x)) if type(x) in (list, tuple) else x


def _floating(leaf: Any) -> Any:
    if isinstance(leaf, Array):
        return xgrad.astype(leaf, np.float64) if leaf.dtype.kind in "biu" else leaf
    if (
        isinstance(leaf, (bool, int, np.generic, np.ndarray))
        and np.asarray(leaf).dtype.kind in "biu"
    ):
        return np.asarray(leaf, dtype=np.float64)
    return leaf


def raw(x: Any) -> Any:
    """Return the value of an array off the tape, a scalar where it has no axes."""
    return home(x._raw) if isinstance(x, Array) else x


def untracked(x: Any) -> Any:
    """Return a pytree with the arrays in it as NumPy's own; tracked ones as they are."""
    if isinstance(x, Array):
        return home(x._raw) if x._node is None else x
    return x if tree.is_leaf_type(x) else tree.map(_untracked, x)


def _untracked(leaf: Any) -> Any:
    return home(leaf._raw) if isinstance(leaf, Array) and leaf._node is None else leaf


_deriving: ContextVar[bool] = ContextVar("xgrad_compat_deriving", default=False)
is_deriving = _deriving.get
"""Whether a function is run for a derivative that was asked for here, as a program of autograd."""


_opaque: ContextVar[bool] = ContextVar("xgrad_compat_opaque", default=False)
is_opaque = _opaque.get
"""Whether the function of a primitive is run, which has nothing but raw arrays."""


class opaque:  # noqa: N801 - a context manager, and a class only for its speed
    """Run the function of a primitive inside a ``with`` block."""

    __slots__ = ("token",)

    def __enter__(self) -> None:
        self.token = _opaque.set(True)

    def __exit__(self, *error: object) -> None:
        _opaque.reset(self.token)


def within(fun: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function that is run as a program of autograd."""

    def run(x: Any) -> Any:
        token, closed = _deriving.set(True), _opaque.set(False)
        try:
            return fun(x)
        finally:
            _deriving.reset(token)
            _opaque.reset(closed)

    return run


class Linear:
    """The derivative of one run of a function at a point, in autograd's convention.

    Attributes:
        value: what the function gave.
    """

    def __init__(self, fun: Callable[[Any], Any], x: Any, what: str) -> None:
        self.record = record = Record(what, within(fun), (floating(x),), (0,), {}, False)
        constant_results.tell(record, what)
        self.value = home(record.result())

    def pull(self, g: Any) -> Any:
        """Return the cotangent of the argument for one of the result."""
        record, g = self.record, conj(g)
        cotangents = _alone(record.outs, g) or record.cotangents(g)
        (found,) = record.by_argument(record.pull(cotangents))
        constant_results.derived(record)
        return home(conj(found))

    def push(self, v: Any) -> Any:
        """Return the tangent of the result for one of the argument."""
        record = self.record
        tangents = _alone(record.inputs, v)
        if tangents is None:
            tangents = matched(v, record.inputs, record.structures[0], "make_jvp", "tangent")
        tangent = record.by_output(record.push(tangents))
        constant_results.derived(record)
        return home(tangent)


def make_vjp(fun: Callable[[Any], Any], x: Any) -> tuple[Callable[[Any], Any], Any]:
    """Return the pullback of `fun` at `x` in autograd's convention, and the value."""
    at_x = Linear(fun, x, "vjp")
    return at_x.pull, at_x.value


def make_jvp(fun: Callable[[Any], Any], x: Any) -> Callable[[Any], tuple[Any, Any]]:
    """Return the function that gives the value and the tangent of `fun` at `x`."""

    def pushforward(v: Any) -> tuple[Any, Any]:
        at_x = Linear(fun, x, "jvp")
        return at_x.value, at_x.push(v)

    return pushforward


def _alone(like: list[Array], g: Any) -> list[Array] | None:
    """Return a cotangent or tangent that fits the one array that there is; None if it may not."""
    if len(like) == 1:
        data = like[0]._raw
        if type(data) is np.ndarray:
            if type(g) is np.float64 or type(g) is float:
                g = np.asarray(g)
            if type(g) is np.ndarray and g.shape == data.shape and g.dtype == data.dtype:
                return [Array(g)]
    return None


def gradient_at(fun: Callable[[Any], Any], x: Any, what: str) -> tuple[Any, Record]:
    """Return the gradient of a real scalar function of one argument, and the record of its run."""
    record = Record(what, within(fun), (floating(x),), (0,), {}, False)
    y = record.outs[0] if record.out_structure is tree.SINGLE else None
    if y is None or (y._raw.shape and y.size != 1) or y._raw.dtype not in REAL:
        raise xgrad.errors.NotScalarError(
            f"{what}: the function returned {described(record.result())}; {what} needs a real "
            "scalar. Use jacobian, elementwise_grad or holomorphic_grad"
        )
    one = Array(ones_like(y._raw))
    (gradient,) = record.by_argument(record.pull([one], free=not record.taped))
    if record.unmet:
        constant_results.tell(record, what, unmet=record.unmet)
    constant_results.derived(record)
    return home(conj(gradient)), record


def described(out: Any) -> str:
    """Return what a function returned, in words."""
    if not is_lone(out):
        return f"a {type(out).__name__}"
    return f"an array of {dtype_of(out)} and shape {np.shape(out)}"
