"""What the definition of an op says, and how its operands find the backend's function."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

import xgrad

from .. import errors
from ..arrays.array import SCALARS, Array
from ..backends import Backend, backend_of, backend_of_type, missing, under

_CHAPTERS = ("xgrad.ops.", "xgrad.linalg.", "xgrad.fft.", "xgrad.special.")
_ENGINE = frozenset(
    f"xgrad.{name}"
    for name in (
        "arrays.array",
        "arrays.methods",
        "arrays.operators",
        "backends.batched",
        "engine.calls.binary",
        "engine.calls.general",
        "engine.calls.unary",
        "engine.operands",
    )
)


def called(path: str) -> str:
    """Return the path of the function that the user called, for the text of an error.

    The stack tells it: the outermost public function of the chapters above the op that fails, which
    may be one that has no name of its own, or that of a function which another one is made of.
    """
    found, frame = path, sys._getframe(1)
    while frame is not None:
        module, name = frame.f_globals.get("__name__", ""), frame.f_code.co_name
        if module.startswith(_CHAPTERS):
            chapter = module.split(".")[1]
            candidate = name if chapter == "ops" else f"{chapter}.{name}"
            found = candidate if is_public(candidate) else found
        elif module not in _ENGINE:
            break
        frame = frame.f_back  # type: ignore[assignment]
    return found


def is_public(path: str) -> bool:
    """Whether a path such as ``"linalg.solve"`` leads to a function of the namespace."""
    space, _, name = path.rpartition(".")
    return name in (getattr(xgrad, space) if space else xgrad).__all__


def _empty() -> None:
    """Nothing but a docstring, as the body of an op that its backends have."""


class Op:
    """What the definition of an op says: its names, its body, and how to reach a backend's own."""

    def __init__(
        self, f: Callable[..., Any], kind: str, path: str, arrays: int | None, adapter: str = ""
    ) -> None:
        self.name, self.kind = f.__name__.lstrip("_"), kind
        self.path = adapter or path + self.name
        self.adapter = adapter
        parameters = inspect.signature(f).parameters.values()
        positional = [
            p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
        if arrays is None:
            arrays = sum(p.kind is p.POSITIONAL_ONLY for p in parameters)
        self.variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        self.arrays = [p.name for p in positional][:arrays]
        self.rest = [p.name for p in positional][arrays:]
        self.keywords = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY} | {
            p.name for p in positional if p.kind is p.POSITIONAL_OR_KEYWORD
        }
        self.defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
        self.body = None if f.__code__.co_code == _empty.__code__.co_code else f
        self.raws = RawTable(self)
        self.square: Callable[[Any, Any], Any] | None = None  # see `Rule`
        self.of_root: Callable[[Any], Any] | None = None  # of a product, that of a root and itself

    def require_names(self, f: Any, skip: int) -> None:
        """Refuse a rule that asks for what the op does not have."""
        if not callable(f):
            return
        given = {*self.arrays, *self.rest, *self.keywords, "out"}
        for name in list(inspect.signature(f).parameters)[skip:]:
            if name not in given and not self.variadic:
                raise TypeError(
                    f"{self.name}: its rule asks for {name!r}; it may ask for {', '.join(given)}"
                )

    def bind(self, backend: Backend) -> Callable[..., Any]:
        """Return the raw function of this op on a backend."""
        if self.adapter:
            return getattr(backend, self.adapter)  # type: ignore[no-any-return]
        if self.body is not None:
            return self._mapped(self.body, backend)
        function: Any = backend.xp
        for part in self.path.split("."):
            function = getattr(function, part, None)
        if function is None:
            raise errors.MissingFunctionError(missing(self.path, backend.name))
        return self._mapped(function, backend)

    def _mapped(self, function: Callable[..., Any], backend: Backend) -> Callable[..., Any]:
        if "dtype" not in self.keywords or all(k is v for k, v in backend.dtypes.items()):
            return function

        def with_raw_dtype(*args: Any, **kwargs: Any) -> Any:
            if kwargs.get("dtype") is not None:
                kwargs["dtype"] = backend.raw_dtype(kwargs["dtype"])
            return function(*args, **kwargs)

        return with_raw_dtype

    def parse(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[list[Any], tuple[Any, ...], dict[str, Any]]:
        """Split a call's arguments into arrays, positional and keyword parameters."""
        self.check(kwargs)
        if self.variadic:
            return list(args), (), kwargs
        count = len(self.arrays)
        arrays, rest = list(args[:count]), args[count:]
        if len(rest) > len(self.rest):
            most = count + len(self.rest)
            raise TypeError(f"{self.name}() takes {most} positional arguments, got {len(args)}")
        if kwargs and not kwargs.keys().isdisjoint(self.arrays):
            kwargs = dict(kwargs)
            for name in self.arrays[: len(arrays)]:
                if name in kwargs:
                    raise TypeError(f"{self.name}() got {name!r} by position and by name")
        for name in self.arrays[len(arrays) :]:
            if name not in kwargs and name not in self.defaults:
                raise TypeError(f"{self.name}() is missing the argument {name!r}")
            arrays.append(kwargs.pop(name, self.defaults.get(name)))
        return arrays, rest, kwargs

    def check(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return the keyword arguments if the signature has them."""
        if not kwargs.keys() <= self.keywords:
            unknown = min(kwargs.keys() - self.keywords)
            raise TypeError(f"{self.name}() got an unexpected keyword argument {unknown!r}")
        return kwargs


class RawTable(dict[type, Callable[..., Any]]):
    """The raw function of an op for each type of raw array, found when a type is first seen."""

    def __init__(self, op: Op) -> None:
        super().__init__()
        self.op = op

    def __missing__(self, cls: type) -> Callable[..., Any]:
        backend = backend_of_type(cls)
        if backend is None:
            raise TypeError(f"{called(self.op.path)}: {cls.__qualname__} is not an array")
        self[cls] = function = self.op.bind(backend)
        return function


def same_backend(cls: type, other: type) -> bool:
    """Whether raw arrays of two types belong together, as a subclass and its base do."""
    return backend_of_type(cls) is backend_of_type(other)


def operands(op: Op, args: list[Any]) -> list[Any]:
    """Return the operands as arrays of one kind: all `Array`, or all raw; scalars stay scalars.

    NumPy scalars and 0-d NumPy arrays are scalars on any backend. Everything else that is not an
    array is refused: a list may hold tracked arrays, and an unknown object may be anything.
    """
    arrays = [x for x in args if type(x) is Array]
    lead = leading(args)
    if lead is not None:
        return [_adopted(op, name, x, lead) for name, x in _named(op, args)] if arrays else args
    own = [x for x in arrays if not _is_number(x._data)]
    first = own[0] if own else arrays[0] if arrays else None
    if first is None:
        for name, x in _named(op, args):
            if type(x) in SCALARS or (x is None and _is_optional(op, name)):
                continue
            if backend_of_type(type(x)) is None:
                _refuse(op.path, name, x)
        raws = [x for x in args if backend_of_type(type(x)) is not None]
        if not raws:
            return [x if x is None else xgrad.asarray(x) for x in args]
        if len({backend_of(x).name for x in raws}) > 1:  # a library's own array leads
            lead = next((x for x in raws if not _is_number(x)), raws[0])
            lifted = operands(op, _lifted(args, lead))
            return [x._data if type(x) is Array else x for x in lifted]
        return args
    backend = backend_of(first._data)
    return [_operand(op, name, x, first, backend) for name, x in _named(op, args)]


def leading(args: Any) -> Any:
    """Return the raw array that takes all others along, as a batch does, or None."""
    found, most = None, 0
    for x in args:
        raw = x._data if type(x) is Array else x
        backend = backend_of_type(type(raw))
        if backend is not None and backend.leads > most:
            found, most = raw, backend.leads
    return found


def _adopted(op: Op, name: str, x: Any, lead: Any) -> Any:
    """Return an operand as an `Array` of the kind of `lead`, in its place on the tape."""
    if type(x) in SCALARS or (x is None and _is_optional(op, name)):
        return x
    if type(x) is not Array:
        if backend_of_type(type(x)) is None:
            _refuse(op.path, name, x)
        x = Array(np.asarray(x) if isinstance(x, np.generic) else x)
    backend = backend_of(lead)
    return x if backend_of(x._data) is backend else backend.adopt(x, lead)


def _named(op: Op, args: list[Any]) -> Any:
    """Return pairs of each operand's name and the operand."""
    names = op.arrays or [f"argument {i}" for i in range(len(args))]
    return zip(names, args, strict=False)


def _is_optional(op: Op, name: str) -> bool:
    return name in op.defaults and op.defaults[name] is None


def _is_number(x: Any) -> bool:
    """Whether `x` is a NumPy scalar or a 0-d NumPy array, which belong to no backend."""
    return isinstance(x, (np.generic, np.ndarray)) and x.shape == ()


def _lifted(args: list[Any], lead: Any) -> list[Any]:
    """Return raw operands with one of them as an `Array`, which the others must fit."""
    return [Array(x) if x is lead else x for x in args]


def _operand(op: Op, name: str, x: Any, first: Array, backend: Backend) -> Any:
    if type(x) in SCALARS or (x is None and _is_optional(op, name)):
        return x
    if type(x) is not Array:
        if _is_number(x):
            return Array(backend.from_numpy(np.asarray(x), backend.device(first._data)))
        if backend_of_type(type(x)) is None:
            if isinstance(x, (bool, int, float, complex)):  # an enum member, say
                return x
            _refuse(op.path, name, x)
        x = Array(x)
    if backend_of(x._data) is not backend:
        if _is_number(x._data):
            return xgrad.to_backend(x, backend.name, device=backend.device(first._data))
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
    if type(x) is not Array and backend_of_type(type(x)) is None:
        _refuse(path, argument, x)
    if len(x.shape) < axes:
        raise ValueError(
            f"{called(path)}: {argument} has shape {tuple(x.shape)}; expected {axes} axes or more"
        )


def require_one_place(name: str, arrays: Any) -> None:
    """Refuse arrays of several backends or devices, where no library's function would."""
    raws = [x._data if type(x) is Array else x for x in arrays]
    raws = [under(x) for x in raws if backend_of_type(type(x)) and x.shape != ()]
    raws = [x for x in raws if not backend_of(x).leads]  # which takes the others along
    backends = sorted({backend_of(x).name for x in raws})
    if len(backends) > 1:
        raise errors.MixedBackendError(
            f"{name}: got arrays of the backends {backends}. Move them to one with "
            f"x.to_backend({backends[0]!r}); nothing is copied silently"
        )
    devices = sorted({str(backend_of(x).device(x)) for x in raws})
    if len(devices) > 1:
        raise errors.MixedDeviceError(
            f"{name}: got arrays on the devices {devices}. Move them to one with "
            "x.to_device(...); nothing is copied silently"
        )


def leading_type(raws: Any) -> type:
    """Return the type of raw array whose backend's function takes all of these."""
    lead = leading(raws)
    return type(next(x for x in raws if backend_of_type(type(x))) if lead is None else lead)


def call_raw(op: Op, args: Any, kwargs: Any = {}) -> Any:  # noqa: B006 - never written to
    """Call the backend's function on raw arrays and numbers."""
    try:
        return op.raws[leading_type(args)](*args, **kwargs)
    except Exception as error:
        explain(op, args, error)
        raise


def explain(op: Op, args: Any, error: Exception) -> None:
    """Add to a backend's error which op it was in, and with what; name two devices if there are."""
    raws = [x._data if type(x) is Array else x for x in args]
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
