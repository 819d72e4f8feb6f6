"""Programs in files: saved where a function's source is, run and differentiated where it is not.

    >>> import tempfile, pathlib, numpy as np, xgrad as xg
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "slope.safetensors"
    >>> xg.compile(xg.grad(lambda x: xg.sum(x**2))).lower(np.ones(2)).save(path)
    >>> xg.programs.load(path)(np.asarray([1.0, 2.0]))
    array([2., 4.])

A file is one of safetensors: the constants, and the program as JSON in its metadata. Functions are
stored by name, and only names of xgrad's own namespace are looked up again, so that a file runs no
other code.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

import xgrad

from .. import errors
from .. import tree as trees
from ..arrays.array import Array
from ..backends import Backend, backend_of_type
from ..backends import load as load_backend
from ..compiling.lazy import Functional
from ..compiling.passes import optimised
from ..compiling.program import Equation, Program, Var, mapped
from ..compiling.replay import Source
from ..compiling.rolled import Loop
from ..compiling.trace import Trace
from ..engine import tape

if TYPE_CHECKING:
    from ..compiling.lowered import Lowered

__all__ = ["Loaded", "load", "save"]

VERSION = "1"
_OF_BACKEND = frozenset(
    "getitem strong_multiply solve_triangular lu_factor lu_solve cholesky_pull expm".split()
)
_OPERATORS = frozenset(
    "add sub mul truediv floordiv mod matmul lt le gt ge eq ne pow and_ or_ xor lshift rshift neg "
    "invert abs".split()
)


def known(path: str) -> bool:
    """Whether a function of this path may be saved and looked up again."""
    root, _, name = path.partition(".")
    if root == "xp":
        chapter, _, inner = name.rpartition(".")
        if chapter in ("linalg", "fft", "special"):
            return inner in getattr(xgrad, chapter).__all__
        return not chapter and name in xgrad.__all__
    if root == "numpy":
        return isinstance(getattr(np, name, None), np.ufunc)
    if root == "backend":
        return name in _OF_BACKEND
    if root == "operator":
        return name in _OPERATORS
    return path in ("compiling.setitem", "compiling.index_add", "loop.scan")


def function_of(path: str, backend: Backend) -> Any:
    """Return a library's function by its path."""
    root, _, name = path.partition(".")
    if root == "xp":
        found: Any = backend.xp
        for part in name.split("."):
            found = getattr(found, part)
        return found
    if root == "compiling":
        return getattr(Functional(backend), name)
    return getattr({"numpy": np, "backend": backend, "operator": operator}[root], name)


# Writing ------------------------------------------------------------------------------------------


class _Writer:
    """A program as JSON, with its arrays apart."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.arrays: dict[str, Any] = {}

    def program(self, p: Program) -> Any:
        """Return a program as JSON."""
        numbers = {v: i for i, v in enumerate(p.inputs)}
        for e in p.equations:
            for v in e.outs:
                numbers[v] = len(numbers)
        return {
            "name": p.name,
            "captured": p.captured,
            "inputs": [self.variable(v) for v in p.inputs],
            "equations": [self.equation(e, numbers) for e in p.equations],
            "outputs": [self.value(x, numbers) for x in p.outputs],
        }

    def variable(self, v: Var) -> Any:
        """Return shape, dtype and layout of a variable."""
        return [list(v.shape), np.dtype(v.dtype).name, None if v.order is None else list(v.order)]

    def equation(self, e: Equation, numbers: dict[Var, int]) -> Any:
        """Return an equation as JSON, or say that it cannot be saved."""
        if e.effect or not known(e.path):
            what = "has an effect" if e.effect else "is no function of xgrad's namespace"
            raise TypeError(
                f"save: the program of {self.name} calls {e.path.partition('.')[2]}, which {what} "
                "and cannot be found again where it is loaded"
            )
        found = {
            "path": e.path,
            "args": [self.value(x, numbers) for x in e.args],
            "kwargs": {k: self.value(x, numbers) for k, x in e.kwargs.items()},
            "outs": [self.variable(v) for v in e.outs],
            "shares": [None if v is None else numbers[v] for v in e.shares],
            "several": e.several,
            "region": e.region,
            "line": e.line,
        }
        if isinstance(e.function, Loop):
            loop = e.function
            found["loop"] = {
                "program": self.program(loop.program),
                "numbers": [loop.carried, loop.sequences, loop.count, loop.reverse],
            }
        return found

    def value(self, x: Any, numbers: dict[Var, int]) -> Any:
        """Return an argument as JSON."""
        if isinstance(x, Var):
            return {"var": numbers[x]}
        if x is None or type(x) in (bool, int, str):
            return x
        if type(x) is float:
            return {"float": x.hex()}
        if type(x) is complex:
            return {"complex": [x.real.hex(), x.imag.hex()]}
        if x is Ellipsis:
            return {"ellipsis": True}
        if isinstance(x, slice):
            return {"slice": [self.value(k, numbers) for k in (x.start, x.stop, x.step)]}
        if isinstance(x, (tuple, list)):
            kind = "list" if isinstance(x, list) else "tuple"
            return {kind: [self.value(part, numbers) for part in x]}
        if isinstance(x, np.dtype) or (isinstance(x, type) and issubclass(x, np.generic)):
            return {"dtype": np.dtype(x).name}
        if isinstance(x, (np.ndarray, np.generic)):
            name = f"constant{len(self.arrays)}"
            self.arrays[name] = np.array(x)
            return {"array": name}
        raise TypeError(
            f"save: the program of {self.name} holds {x!r:.60} of type {type(x).__qualname__}; "
            "only arrays, numbers, texts and dtypes can be saved"
        )

    def tree(self, x: Any) -> Any:
        """Return the structure of arguments or results, whose leaves are numbers, as JSON."""
        if x is None or type(x) is int:
            return x
        if type(x) is dict and all(type(k) is str for k in x):
            return {"dict": {k: self.tree(v) for k, v in x.items()}}
        if type(x) in (tuple, list):
            return {type(x).__name__: [self.tree(v) for v in x]}
        raise TypeError(
            f"save: an argument or result of {self.name} is a {type(x).__qualname__}; a file can "
            "hold dicts with names, lists, tuples and None of arrays. Pass those instead"
        )


def save(path: Any, lowered: Lowered) -> None:
    """Save a program with all that it needs to run; `Lowered.save` is this function.

    Args:
        path: the file, usually named ``.safetensors``. It holds the equations as JSON and the
            constants, among them the arrays that the function captures, as they are now.
        lowered: what ``lower(*args)`` of a compiled function gave.

    Raises:
        TypeError: the program has effects, as random draws have, or calls a black box.
    """
    entry, call = lowered.entry, lowered.call
    program = entry.program
    if np.ndarray not in program.backend.array_types:
        raise TypeError(f"save: programs of NumPy can be saved; this one runs on {program.backend}")
    hidden = entry.captured()
    writer = _Writer(program.name)
    numbered = call.structure.unflatten(list(range(len(call.leaves))))
    fixed = [i for i in range(len(call.leaves)) if i not in set(call.places)]
    content = {
        "program": writer.program(program),
        "backend": program.backend.name,
        "arguments": writer.tree(numbered),
        "names": sorted(call.kwargs) if call.kwargs else None,
        "static": {str(i): writer.value(call.leaves[i], {}) for i in fixed},
        "results": writer.tree(entry.structure.unflatten(list(range(len(program.outputs))))),
        "hidden": [writer.value(x, {}) for x in hidden or []],
        "lifts": call.lifts,
    }
    if call.fixed:
        raise TypeError(f"save: {program.name} was compiled with static=; pass these as numbers")
    arrays = writer.arrays or {"nothing": np.zeros(1)}
    words = {"xgrad program": VERSION, "content": json.dumps(content)}
    xgrad.files.save(path, arrays, metadata=words)


# Reading ------------------------------------------------------------------------------------------


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
        if "loop" in content:
            function: Any = Loop(
                self.program(content["loop"]["program"]), *content["loop"]["numbers"]
            )
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
        raws = [x._data if type(x) is Array else x for x in arrays]
        watched = Trace.now() is not None or any(
            (type(x) is Array and x._node is not None and tape.is_recording())
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
            if any(type(x) is Array for x in arrays):
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
                f"{self.__name__}: got arguments of the structure {structure}; expected "
                f"{trees.flatten(expected)[1]}, as those it was saved with"
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
                    if backend_of_type(type(x)) is None and type(x) is not Array
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


# Running on arrays that are watched --------------------------------------------------------------


def interpreted(program: Program, inputs: list[Any]) -> list[Any]:
    """Run a program equation by equation on xgrad's own functions, as a tape can follow."""
    values: dict[Var, Any] = {
        v: x if type(x) is Array else Array(x) for v, x in zip(program.inputs, inputs, strict=True)
    }

    def value(x: Any) -> Any:
        if isinstance(x, Var):
            return values[x]
        return Array(x) if isinstance(x, np.ndarray) else x

    for e in program.equations:
        args = [mapped(value, x) for x in e.args]
        kwargs = {k: mapped(value, x) for k, x in e.kwargs.items()}
        if isinstance(e.function, Loop):
            out = _interpreted_loop(e.function, args)
        else:
            out = _public(e.path)(*args, **kwargs)
        values.update(zip(e.outs, out if e.several else (out,), strict=True))
    return [value(x) for x in program.outputs]


def _interpreted_loop(loop: Loop, args: list[Any]) -> tuple[Any, ...]:
    k, m = loop.carried, loop.carried + loop.sequences
    constants = args[m:]

    def step(carry: Any, row: Any) -> Any:
        out = interpreted(loop.program, [*carry, *row, *constants])
        return tuple(out[:k]), tuple(out[k:])

    turn = (lambda x: xgrad.flip(x, axis=0)) if loop.reverse else (lambda x: x)
    carry, rows = xgrad.scan(step, tuple(args[:k]), tuple(turn(x) for x in args[k:m]), loop.count)
    return (*carry, *map(turn, rows))


def _public(path: str) -> Callable[..., Any]:
    """Return xgrad's function for what a library's function of this path does."""
    root, _, name = path.partition(".")
    if path in _OWN:
        return _OWN[path]
    if root == "operator":
        return getattr(operator, name)  # type: ignore[no-any-return]
    if root in ("xp", "numpy"):
        found: Any = xgrad
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is not None:
            return found  # type: ignore[no-any-return]
    raise errors.MissingFunctionError(
        f"{name}: a loaded program that calls it can be run, but not differentiated or compiled"
    )


def _adjoint(x: Any, adjoint: bool) -> Any:
    return xgrad.conj(xgrad.matrix_transpose(x)) if adjoint else x


def _triangular(x1: Any, x2: Any, upper: bool, adjoint: bool) -> Any:
    half = xgrad.triu(x1) if upper else xgrad.tril(x1)
    return xgrad.linalg.solve(_adjoint(half, adjoint), x2)


_OWN: dict[str, Callable[..., Any]] = {
    "backend.getitem": lambda x, key: x[key],
    "backend.strong_multiply": lambda a, b: xgrad.ops.elementwise.strong_multiply(a, b),
    "backend.lu_factor": lambda x: (x, x),
    "backend.lu_solve": lambda lu, pivots, x2, adjoint: xgrad.linalg.solve(
        _adjoint(lu, adjoint), x2
    ),
    "backend.solve_triangular": _triangular,
    "backend.expm": lambda x: xgrad.linalg.expm(x),
    "compiling.setitem": lambda x, key, value: xgrad.ops.indexing.setitem(x, value, key=key),
    "compiling.index_add": lambda x, key, value: xgrad.index_add(x, key, value),
}
