"""How the operands of a call become arrays of one kind, and what to say where they cannot."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from .. import errors
from ..arrays.array import SCALARS, Array, array_of
from ..arrays.node import is_recording
from ..arrays.operators import numbers_of
from ..backends import (
    BY_TYPE,
    COMPLEX,
    REAL,
    Backend,
    backend_of,
    backend_of_type,
    is_recorded,
    under,
)
from ..errors.folding import folded
from . import handed
from .definition import Op
from .frames import called, is_public
from .guarding import unshared
from .hints import hint


def same_backend(cls: type, other: type) -> bool:
    """Whether raw arrays of two types belong together, as a subclass and its base do."""
    return backend_of_type(cls) is backend_of_type(other)


def operands(op: Op, args: list[Any]) -> list[Any]:
    """Return the operands as arrays of one kind: all `Array`, or all raw; scalars stay scalars.

    NumPy scalars and 0-d NumPy arrays are scalars on any backend. Everything else that is not an
    array is refused: a list may hold tracked arrays, and an unknown object may be anything.
    """
    try:
        return _operands(op, args)
    except errors.SubclassError as error:
        raise errors.SubclassError(f"{called(op.path)}: {error}") from None
    except Exception as error:
        folded(error)
        raise


def _operands(op: Op, args: list[Any]) -> list[Any]:
    arrays = [x for x in args if isinstance(x, Array)]
    lead = leading(args)
    if lead is not None:
        lift = unshared if is_recording() and not is_recorded(lead) else _array
        if not arrays:
            return [_beside_lazy(x, lead) for x in args] if backend_of(lead).is_lazy else args
        return [_adopted(op, n, x, lead, lift) for n, x in _named(op, args)]
    if not arrays:
        return _raw_operands(op, args)
    own = [x for x in arrays if not _is_number(x._raw)]
    first = own[0] if own else arrays[0]
    backend = backend_of(first._raw)
    kept = is_recording() and any(x._node is not None for x in arrays)
    lift = unshared if kept else _array
    return [_operand(op, name, x, first, backend, lift) for name, x in _named(op, args)]


def _raw_operands(op: Op, args: list[Any]) -> list[Any]:
    """Return operands of which none is an `Array` as raw arrays and numbers of one backend."""
    args = list(args)
    for i, (name, x) in enumerate(_named(op, args)):
        if type(x) in SCALARS or (x is None and _is_optional(op, name)):
            continue
        if backend_of_type(type(x)) is None:
            if (values := numbers_of(x)) is None:
                _refuse(op.path, name, x)
            args[i] = values
    raws = [x for x in args if backend_of_type(type(x)) is not None]
    if not raws:
        return [x if x is None else array_of(x) for x in args]
    if len({backend_of(x).name for x in raws}) > 1:  # a library's own array leads
        lead = next((x for x in raws if not _is_number(x)), raws[0])
        lifted = operands(op, _lifted(args, lead))
        return [x._raw if isinstance(x, Array) else x for x in lifted]
    return args


def leading(args: Any) -> Any:
    """Return the raw array that takes all others along, as a batch does, or None."""
    found, most = None, 0
    for x in args:
        raw = x._raw if isinstance(x, Array) else x
        backend = backend_of_type(type(raw))
        if backend is not None and backend.leads > most:
            found, most = raw, backend.leads
    return found


def taken_along(x: Any, others: Any) -> Any:
    """Return an array as one of the kind of those that lead among raw arrays beside it."""
    lead = leading(others)
    if lead is None:
        return x
    array = x if isinstance(x, Array) else Array(x)
    backend = backend_of(lead)
    if backend_of(array._raw).leads >= backend.leads:
        return x
    adopted = backend.adopt(array, lead)
    return adopted if isinstance(x, Array) else adopted._raw


def _array(x: Any) -> Array:
    return x if isinstance(x, Array) else Array(x)


def _adopted(op: Op, name: str, x: Any, lead: Any, lift: Any) -> Any:
    """Return an operand as an `Array` of the kind of `lead`, in its place on the tape."""
    if type(x) in SCALARS or (x is None and _is_optional(op, name)):
        return x
    if not isinstance(x, Array):
        if backend_of_type(type(x)) is None:
            _refuse(op.path, name, x)
        x = np.asarray(x) if isinstance(x, np.generic) else x
    x, backend = lift(x), backend_of(lead)
    return x if backend_of(x._raw) is backend else backend.adopt(x, lead)


def _beside_lazy(x: Any, lead: Any) -> Any:
    """Return a raw operand as one of the library of a lazy one, whose functions take no other."""
    return taken_along(x, (lead,)) if isinstance(x, np.ndarray) and x.shape else x


def _named(op: Op, args: list[Any]) -> Any:
    """Return pairs of each operand's name and the operand."""
    names = op.arrays or [f"argument {i}" for i in range(len(args))]
    return zip(names, args, strict=False)


def _is_optional(op: Op, name: str) -> bool:
    return name in op.defaults and op.defaults[name] is None


def _is_number(x: Any) -> bool:
    """Whether `x` is a NumPy scalar or a 0-d NumPy array, which belong to no backend."""
    return isinstance(x, (np.generic, np.ndarray)) and x.shape == ()


def _beside(x: Any, raw: Any, backend: Backend) -> Any:
    """Return a number of NumPy's as a raw array beside another one.

    Beside fractions of another library an integer is one of them, as Python's are: not every
    library promotes the one with the other.
    """
    if x.dtype.kind in "iu" and (raw.dtype in REAL or raw.dtype in COMPLEX):
        x = x if backend_of_type(type(x)) is backend else x.astype(backend.numpy_dtype(raw.dtype))
    return backend.from_numpy(x, backend.device(raw))


def _lifted(args: list[Any], lead: Any) -> list[Any]:
    """Return raw operands with one of them as an `Array`, which the others must fit."""
    return [Array(x) if x is lead else x for x in args]


def _operand(op: Op, name: str, x: Any, first: Array, backend: Backend, lift: Any) -> Any:
    if type(x) in SCALARS or (x is None and _is_optional(op, name)):
        return x
    if not isinstance(x, Array):
        if _is_number(x):
            return Array(_beside(np.array(x), first._raw, backend))
        if backend_of_type(type(x)) is None:
            if isinstance(x, (bool, int, float, complex)):  # an enum member, say
                return x
            if (values := numbers_of(x)) is None:
                _refuse(op.path, name, x)
            x = backend.from_numpy(values, backend.device(first._raw))
        x = lift(x)
    if backend_of(x._raw) is not backend:
        if _is_number(x._raw):
            device = backend.device(first._raw)
            if x._node is None:
                return Array(_beside(np.array(x._raw), first._raw, backend))
            return handed.namespace.to_backend(x, backend.name, device=device)
        raise errors.MixedBackendError(
            f"{called(op.path)}: got arrays of two backends, {backend.name!r} and {x.backend!r}. "
            f"Move one of them with x.to_backend({backend.name!r}); nothing is copied silently"
        )
    return x


def _refuse(path: str, name: str, x: Any) -> NoReturn:
    raise TypeError(
        f"{called(path)}: {name} is {x!r:.60} of type {type(x).__qualname__}; expected an array "
        "or a number. xgrad.asarray(x) makes an array of numbers and of nested sequences"
    )


def require_array(path: str, argument: str, x: Any, axes: int = 0) -> None:
    """Refuse what is no array, or has too few axes, before its attributes are asked for."""
    if not isinstance(x, Array) and backend_of_type(type(x)) is None:
        _refuse(path, argument, x)
    if len(x.shape) < axes:
        raise ValueError(
            f"{called(path)}: {argument} has shape {tuple(x.shape)}; expected {axes} axes or more"
        )


def require_one_place(name: str, arrays: Any) -> None:
    """Refuse arrays of several backends or devices, where no library's function would."""
    first: Any = None
    for x in arrays:
        raw = x._raw if isinstance(x, Array) else x
        backend = BY_TYPE.get(type(raw)) or backend_of_type(type(raw))
        if backend is None or raw.shape == ():
            continue
        if backend.leads:
            raw = under(raw)
            backend = backend_of(raw)
            if backend.leads:  # a recorded array takes the others along
                continue
        here = backend, backend.device(raw)
        if first is None:
            first = here
        elif here[0] is not first[0]:
            backends = sorted((backend.name, first[0].name))
            raise errors.MixedBackendError(
                f"{name}: got arrays of the backends {backends}. Move them to one with "
                f"x.to_backend({backends[0]!r}); nothing is copied silently"
            )
        elif here[1] is not first[1] and str(here[1]) != str(first[1]):
            raise errors.MixedDeviceError(
                f"{name}: got arrays on the devices {sorted(map(str, (here[1], first[1])))}. Move "
                "them to one with x.to_device(...); nothing is copied silently"
            )


def call_raw(op: Op, args: Any, kwargs: Any = {}) -> Any:  # noqa: B006 - never written to
    """Call the backend's function on raw arrays and numbers."""
    lead = leading(args)
    cls = type(next(x for x in args if backend_of_type(type(x))) if lead is None else lead)
    try:
        return op.raws[cls](*args, **kwargs)
    except Exception as error:
        explain(op, args, error)
        raise


def explain(op: Op, args: Any, error: Exception) -> None:
    """Add to a backend's error which op it was in, and with what; name two devices if there are."""
    raws = [x._raw if isinstance(x, Array) else x for x in args]
    raws = [x for x in raws if backend_of_type(type(x))]
    try:
        require_one_place(called(op.path), raws)
    except errors.BackendError as mixed:
        raise mixed from error
    shapes = ", ".join(f"{x.dtype}{list(x.shape)}" for x in raws)
    user = called(op.path)
    name = op.path if is_public(op.path) else user
    via = f", which xgrad.{user} calls" if name != user else ""
    error.add_note(f"in xgrad.{name}({shapes}){via}")
    if text := hint(user, [tuple(x.shape) for x in raws], error):
        error.add_note(text)
    folded(error)
