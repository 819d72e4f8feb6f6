"""A program read from a file, and the function that runs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

import xgrad

from .. import errors
from .. import tree as trees
from ..arrays.array import Array
from ..backends import Backend, backend_of_type
from ..backends import load as load_backend
from ..compiling.loop import Loop
from ..compiling.mending import Mending
from ..compiling.passes import optimised
from ..compiling.program import Equation, Program, Var
from ..compiling.replay import Source
from ..compiling.trace import Trace
from ..engine import tape
from ..engine.structures import difference

if TYPE_CHECKING:
    pass

from ..compiling.functions import function_of
from .names import VERSION, interpreted, known

__all__ = ["Loaded", "load"]

OWN: dict[str, Any] = {"loop": Loop, "mending": Mending}
"""The steps that are programs of their own."""


class _Reader:
    def __init__(self, arrays: dict[str, Any], backend: Backend) -> None:
        self.arrays, self.backend = arrays, backend

    def program(self, content: Any) -> Program:
        """Return a program from JSON."""
        variables = [self.variable(v) for v in content["inputs"]]
        inputs, equations = list(variables), []
        for e in content["equations"]:
            equations.append(self.equation(e, variables))
            variables += equations[-1].outs
        outputs = [self.value(x, variables) for x in content["outputs"]]
        return Program(
            content["name"], self.backend, inputs, content["captured"], equations, outputs
        )

    def variable(self, content: Any) -> Var:
        """Return a variable."""
        shape, dtype, order = content
        raw = self.backend.dtypes[np.dtype(dtype)]
        return Var(tuple(shape), raw, None if order is None else tuple(order))

    def equation(self, content: Any, variables: list[Var]) -> Equation:
        """Return an equation, with the function found by its name."""
        path = content["path"]
        if not known(path):
            raise KeyError(f"there is no function {path!r}")
        line = content["line"]
        own = next(((kind, name) for name, kind in OWN.items() if name in content), None)
        if own is not None:
            kind, name = own
            function: Any = kind(self.program(content[name]["program"]), *content[name]["numbers"])
        else:
            function = function_of(path, self.backend)
        return Equation(
            path,
            function,
            tuple([self.value(x, variables) for x in content["args"]]),
            {k: self.value(x, variables) for k, x in content["kwargs"].items()},
            [self.variable(v) for v in content["outs"]],
            line=None if line is None else (line[0], line[1]),
            region=content["region"],
            shares=tuple([None if i is None else variables[i] for i in content["shares"]]),
            several=content["several"],
        )

    def value(self, x: Any, variables: list[Var]) -> Any:
        """Return an argument."""
        if not isinstance(x, dict):
            return x
        ((kind, content),) = x.items()
        if kind in ("tuple", "list"):
            parts = [self.value(part, variables) for part in content]
            return tuple(parts) if kind == "tuple" else parts
        if kind == "complex":
            return complex(*map(float.fromhex, content))
        read: dict[str, Callable[[Any], Any]] = {
            "var": lambda i: variables[i],
            "float": float.fromhex,
            "ellipsis": lambda _: Ellipsis,
            "slice": lambda ends: slice(*[self.value(k, variables) for k in ends]),
            "dtype": lambda name: np.dtype(name),
            "array": lambda name: self.arrays[name],
        }
        return read[kind](content)


def _tree(x: Any, leaves: Any) -> Any:
    """Return a structure from JSON with leaves in the places of their numbers."""
    if x is None:
        return None
    if type(x) is int:
        return leaves[x]
    ((kind, content),) = x.items()
    if kind == "dict":
        return {k: _tree(v, leaves) for k, v in content.items()}
    parts = [_tree(v, leaves) for v in content]
    return tuple(parts) if kind == "tuple" else parts


def load(path: Any) -> Loaded:
    """Return the function that a file holds.

    Args:
        path: a file that ``lower(*args).save(path)`` wrote.

    Returns:
        A function of arguments of the same structure, shapes and dtypes. It runs as the compiled
        function did, and can be differentiated, mapped and compiled again.

    Raises:
        FileError: the file is damaged, holds no program, or one of another version of xgrad.
    """
    words = xgrad.files.metadata(path)
    version = words.get("xgrad program")
    if version is None:
        raise errors.FileError(f"load: {path} holds arrays, and no program")
    if version != VERSION:
        raise errors.FileError(
            f"load: {path} holds a program of version {version}; this xgrad reads version "
            f"{VERSION}. Save it again with this version"
        )
    try:
        content = json.loads(words["content"])
        stored = {k: np.asarray(x) for k, x in xgrad.files.load(path).items()}
        reader = _Reader(stored, load_backend(content["backend"]))
        return Loaded(reader, content)
    except errors.FileError:
        raise
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise errors.FileError(f"load: {path} holds a broken program: {error}") from error


class Loaded:
    """A function that was loaded from a file; see `load`.

    Attributes:
        program: the program that runs.
    """

    def __init__(self, reader: _Reader, content: Any) -> None:
        self._recorded = reader.program(content["program"])
        self.program = optimised(self._recorded)
        self._content, self._backend = content, reader.backend
        self._static = {int(i): reader.value(x, []) for i, x in content["static"].items()}
        self._hidden = [np.asarray(reader.value(x, [])) for x in content["hidden"]]
        self._source = Source(self.program)
        self._allocate = self._source.compiled()
        self._free: list[Any] = []
        self.__name__ = content["program"]["name"]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the program."""
        arrays = self._arrays(args, kwargs)
        raws = [x._raw if isinstance(x, Array) else x for x in arrays]
        watched = Trace.now() is not None or any(
            (isinstance(x, Array) and x._node is not None and tape.is_recording())
            or not isinstance(raw, self._backend.array_types)
            for x, raw in zip(arrays, raws, strict=True)
        )
        if watched:
            found = interpreted(self._recorded, [*arrays, *self._hidden])
        else:
            try:
                run = self._free.pop()
            except IndexError:
                run = self._allocate()
            with np.errstate(all="ignore"):
                found = run(*raws, *self._hidden)
            self._free.append(run)
            if any(isinstance(x, Array) for x in arrays):
                found = [Array(x) if isinstance(x, np.ndarray) else x for x in found]
        return _tree(self._content["results"], found)

    def _arrays(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        """Return the arrays among the arguments, or say how they do not fit."""
        names = self._content["names"]
        given = (args, kwargs) if names is not None else args
        leaves, structure = trees.flatten(given)
        count = len(self._static) + len(self._recorded.inputs) - self._recorded.captured
        expected = _tree(self._content["arguments"], list(range(count)))
        if trees.flatten(expected)[1] != structure or (kwargs and names is None):
            raise ValueError(
                f"{self.__name__}: got arguments of the structure of others than it was saved "
                f"with: {difference(structure, trees.flatten(expected)[1], 'args')}"
            )
        arrays = []
        for i, x in enumerate(leaves):
            if i in self._static:
                if x != self._static[i]:
                    raise ValueError(
                        f"{self.__name__}: got {x!r:.40}; expected {self._static[i]!r:.40}, with "
                        "which it was saved: another value would be another program"
                    )
            else:
                arrays.append(
                    np.asarray(x)
                    if backend_of_type(type(x)) is None and not isinstance(x, Array)
                    else x
                )
        for x, v in zip(arrays, self._recorded.inputs, strict=False):
            if tuple(x.shape) != v.shape or np.dtype(x.dtype) != np.dtype(v.dtype):
                raise ValueError(
                    f"{self.__name__}: got {x.dtype}{list(x.shape)}; expected {v!r}, as the "
                    "array it was saved with. Save a program for each shape"
                )
        return arrays

    def __repr__(self) -> str:
        return "\n".join(self.program.lines(most=200))
