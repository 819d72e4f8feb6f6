"""What a wrong argument of a function of SciPy's is told as: the function, the argument, its value.

A twin computes with many ops, and what fails in the midst of them says nothing of the call. So an
error from inside is told anew where it leaves: arguments that do not fit SciPy's signature, or what
SciPy's documentation says of them, are named; for the rest SciPy itself is asked, on plain arrays.
Nothing is looked at where nothing fails, and errors of a user's own function stay as they are.
"""

from __future__ import annotations

import difflib
import inspect
import re
import warnings
from collections.abc import Callable, Mapping
from functools import cache, wraps
from importlib import import_module
from types import FunctionType
from typing import Any, TypeVar

import numpy as np

from .. import tree as trees
from ..arrays.array import Array
from ..engine.operands import require_one_place
from ..errors import (
    MixedBackendError,
    MixedDeviceError,
    TracedConversionError,
    TraceError,
    XgradError,
)
from ..errors.folding import is_from_user, parts_of
from ..ops.converting import is_array

__all__ = ["documented", "explained", "require_axis", "told"]

F = TypeVar("F", bound=Callable[..., Any])

MAKES = ("__init__", "__call__")
LIBRARIES = ("builtins", "numpy.exceptions", "numpy._core._exceptions", "numpy.linalg")
"""Where the errors are from that know nothing of the call."""

HERE = __name__.rpartition(".")[0]
_MARK = "_xgrad_tells_of"


def told(chapter: str) -> Callable[[F], F]:
    """Let a function, or the methods of a class, tell of a mistake in its arguments.

    Args:
        chapter: of SciPy, as ``"interpolate"``.
    """

    def decorate(f: Any) -> Any:
        if isinstance(f, type):
            for name, method in list(vars(f).items()):
                if isinstance(method, FunctionType) and (name in MAKES or name[0] != "_"):
                    setattr(f, name, decorate(method))
            if not hasattr(f, "__getattr__"):
                setattr(f, "__getattr__", _lacking(chapter))  # noqa: B010 - it is a type
            return f

        @wraps(f)
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return f(*args, **kwargs)
            except Exception as error:
                better = explained(chapter, f, args, kwargs, error)
                if better is error:
                    raise
            raise better  # out here, so that nothing else is shown with it

        return call

    return decorate


def _lacking(chapter: str) -> Callable[[Any, str], Any]:
    """Return a class's ``__getattr__``, which tells what SciPy's has from what nobody has."""

    def missing(self: Any, name: str) -> Any:
        kind = type(self)
        own = getattr(import_module(f"scipy.{chapter}"), kind.__name__, None)
        if name[0] == "_" or not hasattr(own, name):
            raise AttributeError(f"{kind.__name__!r} object has no attribute {name!r}")
        known = ", ".join(n for n in dir(kind) if n[0] != "_")
        raise AttributeError(
            f"{kind.__name__}: {name!r} has no derivative here"
            + (f"; it has {known}" if known else "")
        )

    return missing


def explained(
    chapter: str, f: Callable[..., Any], args: Any, kwargs: Any, error: Exception
) -> Exception:
    """Return what to raise instead of an error that left a function; often the error itself.

    Args:
        chapter: of SciPy, as ``"signal"``.
        f: the function.
        args, kwargs: what it was called with.
        error: what it raised.
    """
    found = getattr(error, _MARK, error)  # what a twin within it has made of it
    if isinstance(found, TraceError):
        return error if is_from_user(error) else _unrecorded(chapter, f, args, found)
    if not _is_blind(found) or is_from_user(error):
        return error
    signature = inspect.signature(f)
    name = _name_of(f, signature, args)
    try:
        held = vars(args[0]) if "self" in signature.parameters and args else None
        require_one_place(name, [x for x in trees.leaves((held, args, kwargs)) if is_array(x)])
    except (MixedBackendError, MixedDeviceError) as mixed:
        return mixed
    if str(found).startswith((f"{name}:", f"{name}.")):
        return found
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as unfit:
        better: Exception | None = TypeError(_unfit(name, signature, args, kwargs, str(unfit)))
    else:
        better = _misfit(chapter, name, bound)
        if better is None and not _is_of_values(found):
            better = _wrong(chapter, name, bound, found)
    if better is None:
        return error
    setattr(better, _MARK, found)
    return better


def _unrecorded(chapter: str, f: Callable[..., Any], args: Any, error: Exception) -> Exception:
    """Return what to say where a function needs values while a compiled function is recorded."""
    name = _name_of(f, inspect.signature(f), args)
    where = str(error).partition("\n")[2]
    better = TraceError(
        f"compile: scipy.{chapter}.{name} looks at the values of its arguments, and while a "
        "function is recorded only shape and dtype are known. Call it outside of what is compiled, "
        "and compile the functions that it calls, as xgrad.compile(fun), or compile with "
        "on_value='eager'" + (f"\n{where}" if where else "")
    )
    setattr(better, _MARK, error)
    return better


def _is_blind(error: Exception) -> bool:
    kind = type(error)
    if issubclass(kind, Warning):  # that a filter made an error
        return False
    return kind.__module__ in LIBRARIES or kind is TracedConversionError or kind.__name__ == "error"


def _is_of_values(error: Exception) -> bool:
    """Whether an error is about the numbers in an array, or one that is xgrad's own."""
    if isinstance(error, np.linalg.LinAlgError):
        return not re.search("square|dimension", str(error))
    return isinstance(error, TracedConversionError)


def _name_of(f: Any, signature: inspect.Signature, args: Any) -> str:
    """Return what a user calls a function, as ``"norm.pdf"`` of a method."""
    if not args or next(iter(signature.parameters), None) != "self":
        return str(f.__name__)
    known = inspect.getattr_static(args[0], "name", None)
    own = known if isinstance(known, str) else type(args[0]).__name__
    return own if f.__name__ in MAKES else f"{own}.{f.__name__}"


# Arguments that do not fit the signature ----------------------------------------------------------


def _unfit(name: str, signature: inspect.Signature, args: Any, kwargs: Any, unfit: str) -> str:
    """Return what to say of too few or many arguments, or of one that is not known."""
    known = [p for p in signature.parameters.values() if p.name != "self"]
    names = [p.name for p in known]
    more = ""
    for key in kwargs:
        if key not in names:
            near = difflib.get_close_matches(key, names, 1)
            unfit = f"got an unexpected argument {key}={kwargs[key]!r:.60}"
            more = f". Did you mean {near[0]}=?" if near else ""
    if unfit == "too many positional arguments":
        unfit = f"got {len(args) - ('self' in signature.parameters)} arguments by position"
    form = ", ".join(str(p.replace(annotation=p.empty)) for p in known)
    return f"{name}: {unfit}; expected {name}({form}){more}"


# Arguments that are not what SciPy documents ------------------------------------------------------


def _misfit(chapter: str, name: str, bound: inspect.BoundArguments) -> Exception | None:
    """Return the error that names an argument of the wrong kind, or an axis that is not there."""
    known = documented(chapter, name)
    for key, value in _given(bound).items():
        p = bound.signature.parameters[key]
        expected = _of(known, bound.signature, key)
        if value is not p.default and not _may_be(value, expected, p.default):
            wanted = expected or (
                "an array" if p.default in (p.empty, None) else f"as {p.default!r}"
            )
            return TypeError(f"{name}: {key} is {_worded(value)}; expected {wanted}")
    try:
        require_axis(name, bound.arguments)
    except ValueError as absent:
        return absent.with_traceback(None)
    return None


def require_axis(name: str, given: Mapping[str, Any]) -> None:
    """Raise if `axis` is one that none of the arrays has."""
    axis = given.get("axis")
    if type(axis) is not int:
        return
    shapes = {key: s for key, x in given.items() if (s := _shape(x)) is not None}
    key, shape = max(shapes.items(), key=lambda item: len(item[1]), default=("", ()))
    n = len(shape)
    if not shapes or -n <= axis < n:
        return
    raise ValueError(
        f"{name}: axis is {axis}, and {key} has shape {shape}; expected "
        + (f"an integer from {-n} to {n - 1}" if n else "an array with axes")
    )


def _given(bound: inspect.BoundArguments) -> dict[str, Any]:
    parameters = bound.signature.parameters
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {
        key: value
        for key, value in bound.arguments.items()
        if key != "self" and parameters[key].kind not in several
    }


def _wrong(chapter: str, name: str, bound: inspect.BoundArguments, error: Exception) -> Exception:
    """Return the error that says of each array what it is, and what SciPy expects."""
    if _is_own(error):  # of a function that two twins share, as the filters of `ndimage` do
        return _kind_of(error)(f"{name}: {str(error).partition(': ')[2]}")
    said = _asked(chapter, name, bound) or error
    known, arrays = documented(chapter, name), []
    for key, value in _given(bound).items():
        if (shape := _shape(value)) is not None:
            expected = _of(known, bound.signature, key)
            arrays.append(
                f"{key} of shape {shape}" + (f" (expected {expected})" if expected else "")
            )
    for key, p in bound.signature.parameters.items():
        if p.kind is p.VAR_POSITIONAL:
            several = bound.arguments.get(key, ())
            arrays += [f"{key}[{i}] {_worded(x)}" for i, x in enumerate(several)]
    text = " ".join(str(said).split()).rstrip(".")
    got = ", ".join(arrays) or ", ".join(f"{k}={v!r:.40}" for k, v in _given(bound).items())
    return _kind_of(said)(f"{name}: {text:.400}. Got {got}")


def _is_own(error: Exception) -> bool:
    """Whether a line of these chapters has written the message, and not an op or a library."""
    *_, last = [None, *parts_of(error.__traceback__)]
    is_here = last is not None and last.tb_frame.f_globals.get("__name__", "").startswith(HERE)
    return is_here and re.match(r"[\w.]+: ", str(error)) is not None


def _kind_of(error: Exception) -> type[Exception]:
    kinds = (np.linalg.LinAlgError, IndexError, ValueError, NotImplementedError, RuntimeError)
    found = next((kind for kind in kinds if isinstance(error, kind)), TypeError)
    return ValueError if isinstance(error, (KeyError, ArithmeticError)) else found


def _calls(x: Any) -> bool:
    """Whether an argument is a function, or holds one."""
    if isinstance(x, (list, tuple, dict)):
        return any(map(_calls, x.values() if isinstance(x, dict) else x))
    return callable(x)


def _asked(chapter: str, name: str, bound: inspect.BoundArguments) -> Exception | None:
    """Return what SciPy itself raises of the same arguments; None if it takes them.

    It is not asked where it would call a user's function again, nor of an object that it made.
    """
    theirs = _theirs(chapter, name)
    if "self" in bound.arguments or theirs is None:
        return None
    if any(map(_calls, (*bound.args, *bound.kwargs.values()))):
        return None
    args, kwargs = trees.map(
        lambda x: x._raw if isinstance(x, Array) else x, (bound.args, bound.kwargs)
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs(*args, **kwargs)
    except Exception as error:
        return None if isinstance(error, (XgradError, AttributeError)) else error
    return None


def _shape(value: Any) -> tuple[int, ...] | None:
    """Return the shape of an array, or of a list of numbers."""
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return tuple(value.shape)
    if not isinstance(value, (list, tuple)) or not value:
        return None
    inner = {_shape(x) if not np.isscalar(x) else () for x in value}
    (first, *others) = inner
    return None if others or first is None else (len(value), *first)


def _worded(value: Any) -> str:
    shape = _shape(value)
    if shape:
        return f"{'an array' if hasattr(value, 'shape') else 'a list'} of shape {shape}"
    return f"{value!r:.60} of type {type(value).__qualname__}"


# What SciPy's documentation says ------------------------------------------------------------------


def _theirs(chapter: str, name: str) -> Any:
    found: Any = import_module(f"scipy.{chapter}")
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


PARAMETER = re.compile(r"^(\w[\w, *]*|\([\w, ]+\)) : ([^\n{]*(?:\{[^}]*\})?[^\n]*)$", re.MULTILINE)


@cache
def documented(chapter: str, name: str) -> dict[str, str]:
    """Return what SciPy's documentation says of each parameter of a function, in its order."""
    text = inspect.getdoc(_theirs(chapter, name)) or ""
    text = text.partition("Parameters\n----------\n")[2]
    text = re.split(r"\n\n?(?:Returns|Yields|Attributes|Methods|See Also|Notes)\n-", text)[0]
    found: dict[str, str] = {}
    for names, said in PARAMETER.findall(text):
        kind = re.sub(r",?\s*(optional|default|keyword.only)\b.*$", "", said, flags=re.DOTALL)
        kind = " ".join(kind.replace("`", "").split()).strip(" ,.;")
        for each in [names] if names[0] == "(" else names.split(","):
            found.setdefault(each.strip(" *"), kind[:100])
    return found


def _of(known: dict[str, str], signature: inspect.Signature, key: str) -> str:
    """Return what is documented of a parameter, perhaps by its parts, as ``(c, lower)``."""
    if key in known:
        return known[key]
    place = [name for name in signature.parameters if name != "self"].index(key)
    name = [*known, *[""] * (place + 1)][place]
    return f"{name}: {known[name]}" if name.startswith("(") else ""


MENTIONS = {
    "number": r"int|float|scalar|number|complex|bool|array|real|sequence|double|True",
    "list": r"array|sequence|tuple|list|ints|floats|matri|pair|iterable|\dD|\d-D|object|operator"
    r"|slice",
    "word": r"str|[{'\"]|dtype|callable|window|path",
    "function": r"callable|function|operator|object|dtype|instance|class|type",
    "other": r"object|dict|dtype|instance|generator|class|slice|sparse|distribution|bounds|mapping"
    r"|constraint|array.?like|operator|method|rng|random",
}
"""What the documentation of a parameter says if it may be a value of each kind."""


def _may_be(value: Any, expected: str, default: Any) -> bool:
    """Whether a value is what is documented; where nothing is, whether it is as the default."""
    kind, empty = _kind(value), inspect.Parameter.empty
    if value is None:
        return default is None or "None" in expected
    if isinstance(value, dict) or type(value) is object:
        return re.search("dict|object|mapping", expected) is not None
    if expected:
        return re.search(MENTIONS[kind], expected, re.IGNORECASE) is not None
    if default is empty:
        return kind not in ("word", "other")
    return default is None or kind == _kind(default) or {kind, _kind(default)} == {"list", "number"}


def _kind(value: Any) -> str:
    if isinstance(value, (str, bytes)):
        return "word"
    if isinstance(value, (bool, int, float, complex)) or getattr(value, "shape", None) == ():
        return "number"
    if isinstance(value, (list, tuple, range)) or _shape(value) is not None:
        return "list"
    return "function" if callable(value) else "other"
