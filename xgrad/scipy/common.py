"""What the chapters share: calling the library on raw arrays, and its results back on the tape."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import update_wrapper, wraps
from importlib import import_module
from inspect import signature
from typing import Any, TypeVar

import numpy as np

import xgrad

from .. import tree as trees
from ..arrays.array import Array
from ..backends import Namespace, backend_of, backend_of_type, current
from ..backends.batched import Batch
from ..engine import tape
from ..engine.guarding import guarded_arguments
from ..engine.operands import require_one_place
from ..errors import NotDifferentiableError
from .examples import for_each
from .mistakes import explained, require_axis
from .precision import DOUBLE, doubled_alone, precise

__all__ = [
    "Later",
    "arrays_in",
    "chapter",
    "estimated",
    "fixed",
    "is_tracked",
    "only",
    "outside",
    "raw",
    "raws",
    "rest_of",
    "result",
    "stands_for",
    "twin",
    "with_derivative_of",
]


def raw(x: Any) -> Any:
    """Return a raw array for an `Array`, anything else as it is."""
    return x._raw if isinstance(x, Array) else x


def raws(tree: Any) -> Any:
    """Return a pytree with raw arrays in the place of each `Array`."""
    return trees.map(raw, tree)


def arrays_in(*args: Any) -> list[Array]:
    """Return what is an `Array` among the leaves of some arguments."""
    return [x for x in trees.leaves(args) if isinstance(x, Array)]


def is_tracked(*args: Any) -> bool:
    """Whether a derivative may flow through one of these arguments."""
    return tape.is_recording() and any(x._node is not None for x in arrays_in(*args))


def fixed(name: str, **given: Any) -> Any:
    """Return an argument in which there is no derivative, raw; refuse a tracked one by its name.

    Args:
        name: of the function.
        given: the argument by its name, or several, of which a list is returned.
    """
    for key, x in given.items():
        if is_tracked(x):
            raise NotImplementedError(
                f"{name}: {key} is tracked, and {name} has no derivative in it here. Use "
                f"xgrad.stop_gradient({key}) if it is meant to be constant"
            )
    found = [raws(x) for x in given.values()]
    return found[0] if len(found) == 1 else found


def chapter(name: str, *args: Any) -> Namespace:
    """Return a chapter of the SciPy of these arrays; of the current backend if none is one."""
    for x in map(raw, args):
        if backend_of_type(type(x)) is not None and not isinstance(x, np.generic):
            return backend_of(x).chapter(name)
    return current()[0].chapter(name)


class Later:
    """A module that is imported when it is first used, as its import may be what we are in."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attr: str) -> Any:
        if attr.startswith("_"):  # who only asks what this is imports nothing
            raise AttributeError(attr)
        return getattr(import_module(self._name), attr)


def rest_of(name: str) -> Callable[[str], Any]:
    """Return a module's ``__getattr__``: what has no twin is SciPy's own.

    Args:
        name: the chapter, as ``"signal"``.
    """

    def attribute(attr: str) -> Any:
        absent = f"module 'xgrad.scipy.{name}' has no attribute {attr!r}"
        if attr.startswith("_"):  # the import system asks for __path__ while this is imported
            raise AttributeError(absent)
        module = import_module(f"scipy.{name}")
        if hasattr(module, attr):
            return getattr(module, attr)
        near = get_close_matches(attr, dir(module), n=2)
        meant = " or ".join(f"xgrad.scipy.{name}.{other}" for other in near)
        raise AttributeError(
            f"{absent}. Did you mean {meant}?"
            if near
            else f"{absent}, nor has SciPy's. dir(scipy.{name}) lists what there is"
        )

    return attribute


class outside:  # noqa: N801 - it is called as a function is
    """A function as a solver of the library calls it: raw arrays out, nothing recorded.

    It is no plain function, so that the hooks do not look into what it closes over: a solver hands
    it to others of SciPy's. Where it returns several arrays they are one, unless they are to stay
    what they are (`whole`).
    """

    def __init__(self, f: Callable[..., Any], whole: bool = False) -> None:
        self.f, self.whole = f, whole
        self.__name__ = getattr(f, "__name__", "f")

    def __call__(self, *args: Any) -> Any:
        """Return what the function returns, raw."""
        with tape.recording(False):
            out = self.f(*[np.float64(x) if type(x) is float else x for x in args])
            if self.whole:
                return raws(out)
            return raw(out if isinstance(out, Array) else joined(out))


def joined(out: Any) -> Any:
    """Return what a function returned as one array: a list of numbers is one for SciPy."""
    if isinstance(out, (list, tuple)) and arrays_in(out):
        return xgrad.stack([xgrad.asarray(joined(x)) for x in out])
    return out


def result(x: Any, given: Iterable[Any]) -> Any:
    """Return a raw result as an `Array` if any of the arguments is one."""
    return Array(np.asarray(x) if isinstance(x, np.generic) else x) if arrays_in(*given) else x


def with_derivative_of(value: Any, x: Array) -> Array:
    """Return a raw value with the derivative of `x`, which is the same up to rounding and dtype."""
    value = np.asarray(value) if isinstance(value, (float, np.generic)) else value
    if str(value.dtype) != str(x.dtype):
        x = xgrad.astype(x, value.dtype)
    return Array(value, x._node)


ON_ITS_WAY = "is an estimate that the solver made on its way"
COMPILED = "is what compiled code makes of the statistic"


def estimated(what: str, instead: str, value: Any, x: Any, because: str = ON_ITS_WAY) -> Any:
    """Return a raw value that moves with `x` in a way that nobody knows: its derivative raises.

    Args:
        what: it is, as ``"minimize: hess_inv"``.
        instead: what has a derivative.
        value: the estimate of a solver.
        x: what it was found for; if nothing is recorded of it, the value is returned as it is.
        because: why it has none.
    """
    if not is_tracked(x):
        return value

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise NotDifferentiableError(f"{what} {because}, and has no derivative; {instead} has one")

    rule = tape.Rule(what, refuse, refuse, refuse)
    held = np.asarray(value) if isinstance(value, (float, np.generic)) else value
    return Array(held, [tape.next_serial(), rule, x._node, None, None])


F = TypeVar("F", bound=Callable[..., Any])


def stands_for(own: Any) -> Callable[[F], F]:
    """Define what takes the place of a function of SciPy's, and remembers it as its original."""

    def mark(call: F) -> F:
        update_wrapper(call, own)
        call.xgrad_original = own  # type: ignore[attr-defined]
        return call

    return mark


def twin(name: str, precision: str = "") -> Callable[[F], F]:
    """Define the twin of a function of SciPy: where no `Array` is given, SciPy itself answers.

    What fails inside is told of by function and argument; an ``axis`` that is not there is refused.
    A parameter ``output`` or ``out`` may be a type for the result; an array to write into is
    refused.

    Args:
        name: the chapter, as ``"signal"``.
        precision: of the results where it is not what the rules make it: a letter for each, the
            last one for the rest: ``g`` for single where all arrays given are, ``d`` for double,
            ``D`` for SciPy's that calculate in double, ``-`` for as it is.
    """

    def decorate(f: F) -> F:
        known = signature(f).parameters
        # of others, as designs of filters, it is the form of the result
        place = next(
            (n for n in ("output", "out") if n in known and known[n].default is None), None
        )
        position = list(known).index(place) if place else 0
        along = list(known).index("axis") if "axis" in known else None

        @wraps(f)
        def call(*args: Any, **kwargs: Any) -> Any:
            arrays = arrays_in(args, kwargs)
            if not arrays:
                return getattr(chapter(name, *args), f.__name__)(*args, **kwargs)
            if len(arrays) > 1:
                require_one_place(f.__name__, arrays)
            if precision == "D" and any(str(x.dtype) in DOUBLE for x in arrays):
                args, kwargs = trees.map(doubled_alone, (args, kwargs))
            if along is not None:
                axis = args[along] if len(args) > along else kwargs.get("axis", 0)
                if type(axis) is int and axis not in (-1, 0):
                    require_axis(f.__name__, {**dict(zip(known, args, strict=False)), **kwargs})
            if tape.is_recording() and any(x._node is not None for x in arrays):
                args = tuple(guarded_arguments(list(args)))
                kwargs = {key: guarded_arguments(x) for key, x in kwargs.items()}
            better: Exception | None = None
            given = None
            if place is not None:
                given = args[position] if len(args) > position else kwargs.pop(place, None)
                if len(args) > position:
                    args = (*args[:position], None, *args[position + 1 :])
            try:
                if any(isinstance(x._raw, Batch) for x in arrays):
                    out = for_each(f"scipy.{name}.{f.__name__}", f, args, kwargs)
                else:
                    out = f(*args, **kwargs)
            except Exception as error:
                better = explained(name, f, args, kwargs, error)
                if better is error:
                    raise
            if better is not None:  # raised out here, so that nothing else is shown with it
                raise better
            if precision:
                out = precise(out, precision, arrays)
            if given is None or place is None:
                return out
            return xgrad.astype(out, _type_of(f.__name__, place, given))

        return call  # type: ignore[return-value]

    return decorate


def _type_of(name: str, place: str, given: Any) -> Any:
    """Return the type that a result is asked to have; refuse an array to write it into."""
    if isinstance(given, (type, str, np.dtype)):
        try:
            return np.dtype(given)
        except TypeError:
            raise TypeError(
                f"{name}: {place} is {given!r:.60}; expected a dtype, as numpy.float32"
            ) from None
    raise NotImplementedError(
        f"{name}: {place} is an array to write into, which no derivative follows; use what the "
        "function returns"
    )


def only(name: str, **options: tuple[Any, Any]) -> None:
    """Refuse options that are not at the value for which there is a derivative, by their names."""
    for key, (given, known) in options.items():
        if given is not known and not (type(given) is type(known) and given == known):
            raise NotImplementedError(
                f"{name}: {key}={given!r:.60} has no derivative here; only {key}={known!r} has one"
            )


def by_matrix(f: Callable[[Any], Any], x: Array, axis: int = -1) -> Array:
    """Return a linear function of short vectors along an axis, by its matrix.

    Args:
        f: the library's function of one raw vector.
        x: the vectors.
        axis: along which they lie; the result lies there too.
    """
    n = x.shape[axis]
    columns = [f(row) for row in np.eye(n)]
    matrix = xgrad.asarray(np.stack(columns, axis=-1).astype(np.result_type(columns[0], x.dtype)))
    moved = xgrad.moveaxis(x, axis, -1)
    return xgrad.moveaxis(xgrad.matmul(moved, xgrad.matrix_transpose(matrix)), -1, axis)
