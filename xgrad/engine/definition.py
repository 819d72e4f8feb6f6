"""What the definition of an op says, and how the op finds the backend's function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from .. import errors
from ..arrays.node import next_serial
from ..backends import Backend, backend_of_type, missing
from ..errors.kinds import is_unknown
from ..names import lacking, too_many, unexpected
from . import handed
from .frames import called
from .partials import names_of
from .plain import integer, maker


def _empty() -> None:
    """Nothing but a docstring: the body of an op that its backends have."""


class Op:
    """What the definition of an op says: its names, its body, and how to reach a backend's own.

    Attributes:
        name: what it is called, without the underscore of a private one.
        kind: the name of its decorator.
        path: the backend's name of the function, as ``"linalg.svd"``.
        arrays: the names of its array arguments; none if it `joins`, and takes a sequence of them.
        rest: the names of parameters that may be given by position.
        keywords: the names of what may be given by keyword.
        parameters: the names of all that is no array, in the order of the signature.
        standard: the parameters' defaults, in that order.
        sources: the names of all that a rule may ask for and a node may save.
        makers: what makes the plain form of parameters that are numbers, axes, shapes or flags.
        body: its own function on raw arrays, None if the backends have one of that name.
        raws: the raw function for each type of array.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        kind: str,
        path: str,
        arrays: int | None,
        adapter: str = "",
        name: str = "",
        joins: bool = False,
    ) -> None:
        self.name, self.kind = name or f.__name__.lstrip("_"), kind
        self.path = adapter or path + self.name
        self.adapter = adapter
        parameters = inspect.signature(f).parameters.values()
        positional = [
            p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
        if arrays is None:
            arrays = sum(p.kind is p.POSITIONAL_ONLY for p in parameters)
        names = [p.name for p in positional]
        self.joins, self.arrays, self.rest = joins, names[: 0 if joins else arrays], names[arrays:]
        by_name = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
        self.keywords = {p.name for p in parameters if p.kind in by_name}
        self.defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
        self.parameters = self.rest + [
            p.name for p in parameters if p.name in self.keywords.difference(self.arrays, self.rest)
        ]
        self.sources = [*self.arrays, "likes", *self.parameters, "out"]
        self.makers = makers_of([p for p in parameters if p.name in self.parameters])
        self._standard = {name: self.defaults.get(name) for name in self.parameters}
        self.standard = tuple(self._standard.values())
        self.body = None if f.__code__.co_code == _empty.__code__.co_code else f
        self.raws = RawTable(self)

    def require_names(self, f: Any, skip: int) -> None:
        """Refuse a rule that asks for what the op does not have."""
        given = {*self.arrays, *self.rest, *self.keywords, "out"}
        for name in names_of(f, skip):
            if name not in given and not self.joins:
                raise TypeError(
                    f"{self.name}: its rule asks for {name!r}; it may ask for {', '.join(given)}"
                )

    def bind(self, backend: Backend) -> Callable[..., Any]:
        """Return the raw function of this op on a backend, which runs where its arrays are."""
        queues = None if backend.kernels is None else backend.kernels.queues
        function = self._found(backend)
        return function if queues is None else queues.bound(function, next_serial)

    def _found(self, backend: Backend) -> Callable[..., Any]:
        if self.adapter:
            return getattr(backend, self.adapter)  # type: ignore[no-any-return]
        if self.body is not None:
            if backend.kernels is not None and self.kind in ("elementwise", "rule"):
                names = None if self.kind == "elementwise" else (*self.arrays, *self.parameters)
                return handed.fused(  # type: ignore[no-any-return]
                    self.body, self.name, backend, names, 1, self._standard
                )
            return self._mapped(self.body, backend)
        function: Any = backend.xp
        for part in self.path.split("."):
            function = getattr(function, part, None)
        if function is None:
            raise errors.MissingFunctionError(missing(self.path, backend.name))
        if backend.kernels is not None and self.path in backend.kernels.composed:
            return handed.fused(self._named, self.name, backend)  # type: ignore[no-any-return]
        return self._mapped(function, backend)

    def _named(self, x: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call the function of this op in the namespace of an array, be it a recorded one."""
        function: Any = handed.NAMESPACES[type(x)]
        for part in self.path.split("."):
            function = getattr(function, part)
        return function(x, *args, **kwargs)

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
        if "out" in kwargs and kwargs["out"] is None and "out" not in self.keywords:
            del kwargs["out"]  # NumPy's functions pass it on to methods and namespaces
        self.check(kwargs)
        count = len(self.arrays)
        arrays, rest = list(args[:count]), args[count:]
        if len(rest) > len(self.rest):
            most = count + len(self.rest)
            named = [name for name in self.parameters if name not in (*self.rest, *kwargs)]
            raise TypeError(too_many(self.name, most, len(args), named))
        if kwargs and not kwargs.keys().isdisjoint(self.arrays):
            kwargs = dict(kwargs)
            for name in self.arrays[: len(arrays)]:
                if name in kwargs:
                    raise TypeError(f"{self.name}() got {name!r} by position and by name")
        for name in self.arrays[len(arrays) :]:
            if name not in kwargs and name not in self.defaults:
                raise TypeError(lacking(self.name, name))
            arrays.append(kwargs.pop(name, self.defaults.get(name)))
        return arrays, rest, kwargs

    def values(self, rest: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """Return the parameters of a call in the order of `parameters`, defaults filled in.

        What ``copy=`` says is about this call's buffers: a jvp, which calls the op again, must not
        inherit it.
        """
        if not kwargs:
            return (*rest, *self.standard[len(rest) :])
        if len(self.standard) == 1 and "copy" not in kwargs:
            return tuple(kwargs.values())
        named = {**self._standard, **kwargs}
        if rest:
            named.update(zip(self.rest, rest, strict=False))
        if "copy" in kwargs:
            named["copy"] = self._standard["copy"]
        return tuple(named.values())

    def plain(
        self, rest: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return parameters with numbers, axes, shapes and flags as Python's own."""
        makers = self.makers
        named = [(name, x) for name, x in (*zip(self.rest, rest, strict=False), *kwargs.items())]
        made = []
        for name, x in named:
            if x is not None and name in makers:
                try:
                    x = makers[name](x)  # noqa: PLW2901 - the same in its plain form
                except (TypeError, ValueError):
                    if any(map(is_unknown, x if isinstance(x, (tuple, list)) else (x,))):
                        raise ValueError(f"{called(self.path)}: got {errors.UNKNOWN}") from None
                    sort = "an integer" if makers[name] is integer else "integers"
                    raise TypeError(
                        f"{called(self.path)}: {name} is {x!r:.60} of type "
                        f"{type(x).__qualname__}; expected {sort}"
                    ) from None
            made.append((name, x))
        count = len(rest)
        return tuple([x for _, x in made[:count]]), dict(made[count:])

    def plainer(
        self, rest: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        """Return the parameters of a call that has failed, if another form of them may not.

        To some libraries 1 is no flag, and True no axis; to most they are.
        """
        made = self.plain(rest, kwargs)
        given, plain = (*rest, *kwargs.values()), (*made[0], *made[1].values())
        return made if [*map(type, given)] != [*map(type, plain)] else None

    def check(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return the keyword arguments if the signature has them."""
        if not kwargs.keys() <= self.keywords:
            unknown = min(kwargs.keys() - self.keywords)
            raise TypeError(unexpected(self.name, unknown, sorted(self.keywords)))
        return kwargs


def makers_of(parameters: list[inspect.Parameter]) -> dict[str, Callable[[Any], Any]]:
    """Return what makes the plain form of each parameter that has one."""
    made = {p.name: maker(p.annotation) for p in parameters}
    return {name: make for name, make in made.items() if make is not None}


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
