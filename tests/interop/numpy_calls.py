"""Calls of every function of NumPy's, its ufuncs, and their methods and those of its arrays.

NumPy is walked for the functions; `numpy_keywords` has their arguments.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

import xgrad as xg
from xgrad.numpy_protocol.lists import parameters

from .argument_forms import Form, Place, absent
from .numpy_keywords import CALLS, DATES, IDX, INTS, MASK, OUT, SEEN, V, W, X, Y, functions, pairs


class Call(NamedTuple):
    """A call in plain form, and the arguments of it whose forms are tried, by name and place."""

    name: str
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    tried: tuple[tuple[str, Any], ...]


def calls() -> Iterator[Call]:
    """Yield a call of every function with its arguments by place, and one for each keyword."""
    for made in (_of_functions(), _of_ufuncs(), _of_methods()):
        yield from (call for call in made if _is_taken(call.function, call.args, call.kwargs))


def _of_functions() -> Iterator[Call]:
    table = {name: args for names, args in CALLS.items() for name in names.split()}
    for name, f in functions():
        if name in DATES:
            continue
        names = list(parameters(f))
        places = [(names[min(i, len(names) - 1)], i) for i in range(len(table[name]))]
        yield Call(name, f, table[name], {}, tuple(places))
    for pair in pairs():
        for kwargs in pair.values:
            if pair.keyword in kwargs and _is_taken(pair.function, pair.args, kwargs):
                yield Call(pair.name, pair.function, pair.args, kwargs, ((pair.keyword,) * 2,))
                break


def _is_taken(f: Any, args: Any, kwargs: Any) -> bool:
    try:
        with np.errstate(all="ignore"):
            prepared(Call("", f, args, kwargs, ()), np.array)()
    except Exception:
        return False
    return True


SPECIAL = {
    "ldexp": (X, INTS[:4]),
    "matmul": (X, Y.T),
    "matvec": (X, V[:4]),
    "vecmat": (V[:3], X),
    "heaviside": (X - 0.7, Y),
}
"""Arguments of ufuncs that are not two arrays of a shape."""


UNREDUCED = ("arctan2", "ldexp", "power")
"""Ufuncs of two arrays without methods: those that NumPy's fast loops do not reduce.

``np.power.reduce([0.3, 0.8, 0.9])`` is ``0.3 ** 0.9`` there, which `xgrad` does not repeat.
"""


def ufuncs() -> Iterator[tuple[str, Any]]:
    """Yield NumPy's ufuncs of numbers, by name."""
    for name in sorted(dir(np)):
        f = getattr(np, name)
        if isinstance(f, np.ufunc) and f.__name__ == name and name != "isnat":
            yield name, f


def _of_ufuncs() -> Iterator[Call]:
    for name, f in ufuncs():
        floats = any("d" in t for t in f.types)
        args = SPECIAL.get(name, ((X, Y) if floats else (INTS, INTS[::-1] % 3))[: f.nin])
        if name in ("arccosh", "acosh"):
            args = (X + 1,)
        elif name in ("arcsin", "arccos", "arctanh"):
            args = (X / 2,)
        names = ["x1", "x2"] if f.nin == 2 else ["x"]
        yield Call(name, f, args, {}, tuple((n, i) for i, n in enumerate(names)))
        more: dict[str, Any] = {"casting": "unsafe", "order": "F", "subok": True}
        if floats:
            more["dtype"] = np.float32 if name != "float_power" else np.float64
        for keyword, value in more.items():
            yield Call(name, f, args, {keyword: value}, ((keyword, keyword),))
        if f.nout == 1:
            yield Call(name, f, args, {"out": OUT}, ((names[0], 0),))
            if f.signature is None:
                mask = np.broadcast_to(np.asarray([True, False, True, True, False]), INTS.shape)
                mask = MASK if floats else mask
                yield Call(name, f, args, {"where": mask, "out": OUT}, (("where", "where"),))
        if f.nin == 2 and f.nout == 1 and f.signature is None and name not in UNREDUCED:
            yield from _of_a_pair(name, f, X if floats else INTS, floats)


def _of_a_pair(name: str, f: Any, x: Any, floats: bool) -> Iterator[Call]:
    """Yield calls of the methods of a ufunc of two arrays."""
    axis = 1 if floats else 0
    kwargs = {"axis": axis, "keepdims": True}
    if _is_taken(f.reduce, (x,), kwargs):
        yield Call(f"{name}.reduce", f.reduce, (x,), {}, (("array", 0),))
        for keyword, value in kwargs.items():
            yield Call(f"{name}.reduce", f.reduce, (x,), {keyword: value}, ((keyword,) * 2,))
        for keyword, value in (("initial", 1), ("dtype", np.float64), ("out", OUT)):
            if _is_taken(f.reduce, (x,), {keyword: value}):
                yield Call(f"{name}.reduce", f.reduce, (x,), {keyword: value}, ((keyword,) * 2,))
        mask = {"where": MASK if floats else INTS > 0, "initial": 1, "axis": axis}
        if _is_taken(f.reduce, (x,), mask):
            yield Call(f"{name}.reduce", f.reduce, (x,), mask, (("where",) * 2,))
        yield Call(f"{name}.accumulate", f.accumulate, (x, axis), {}, (("array", 0), ("axis", 1)))
        places = np.asarray([0, 2])
        tried = (("array", 0), ("indices", 1), ("axis", 2))
        yield Call(f"{name}.reduceat", f.reduceat, (x, places, axis), {}, tried)
    pair = (V, W) if floats else (INTS, INTS[::-1] % 3)
    yield Call(f"{name}.outer", f.outer, pair, {}, (("A", 0), ("B", 1)))
    if _is_taken(f.at, (x.copy(), IDX[:2], x[:2]), {}):
        yield Call(f"{name}.at", f.at, (x, IDX[:2], x[:2]), {}, (("indices", 1), ("b", 2)))


METHODS: dict[str, tuple[Any, ...]] = {
    "astype": (np.float32,),
    "choose": ([V[:3], W[:3]],),
    "dot": (Y.T,),
    "fill": (2.5,),
    "item": (1,),
    "repeat": (2,),
    "reshape": ((2, 6),),
    "round": (1,),
    "searchsorted": (W,),
    "transpose": ((1, 0),),
    "to_device": ("cpu",),
    "view": (),
}
"""Arguments of methods that are not those of the function of the same name."""


def _of_methods() -> Iterator[Call]:
    table = {name: args for names, args in CALLS.items() for name in names.split()}
    for name in sorted(dir(np.ndarray)):
        if name.startswith("_") or not callable(getattr(xg.Array, name, None)):
            continue
        if name not in METHODS and (name not in table or table[name][0] is IDX):
            continue
        self = np.sort(V) if name == "searchsorted" else X
        self = IDX % 2 if name == "choose" else self
        first = table[name][0] if name in table else X
        if isinstance(first, np.ndarray) and name not in METHODS:
            self = first
        args = METHODS.get(name, table.get(name, ())[1:])

        def method(x: Any, *args: Any, name: str = name, **kwargs: Any) -> Any:
            return getattr(x, name)(*args, **kwargs)

        own = list(inspect.signature(getattr(xg.Array, name)).parameters.values())[1:]
        names = [p.name for p in own] or ["shape"]
        places = [(names[min(i, len(names) - 1)], i + 1) for i in range(len(args))]
        yield Call(f"ndarray.{name}", method, (self, *args), {}, tuple(places))
        for pair in pairs():
            if pair.name != name or (pair.args and pair.args[0] is not first):
                continue
            for kwargs in pair.values:
                if pair.keyword in kwargs and _is_taken(method, (self, *args), kwargs):
                    yield Call(
                        f"ndarray.{name}", method, (self, *args), kwargs, ((pair.keyword,) * 2,)
                    )
                    break


def prepared(call: Call, on: Place, place: Any = None, form: Form | None = None) -> Any:
    """Return a function of no arguments that makes a call on the arrays of a library."""

    def made(x: Any) -> Any:
        if isinstance(x, type) and x.__module__ == "_io":
            return x()
        if isinstance(x, np.ndarray) and x.dtype.kind in "biufc":
            return on(x.copy())
        if isinstance(x, (list, tuple)) and not hasattr(x, "_fields"):
            return type(x)(made(v) for v in x)
        return x

    changed = form is not None and form.name != "plain"
    args = [form.make(on) if changed and i == place else made(x) for i, x in enumerate(call.args)]
    kwargs = {
        k: form.make(on) if changed and k == place else made(x) for k, x in call.kwargs.items()
    }
    if form is not None and form.means is absent and form.name == "meant":
        kwargs.pop(place, None)
    if call.kwargs.get("out") is OUT:
        plain = call.function(*map(_copied, call.args), **_plain(call.kwargs))
        kwargs["out"] = on(np.zeros_like(plain))

    def run() -> Any:
        out = call.function(*args, **kwargs)
        out = SEEN.get(call.name, lambda x: x)(out)
        return [out, *args[:1]] if out is None else out

    return run


def _copied(x: Any) -> Any:
    return x.copy() if isinstance(x, np.ndarray) else x


def _plain(kwargs: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in kwargs.items() if k not in ("out", "where")}
