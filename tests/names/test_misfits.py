# Tests of xgrad/names/misfits.py
"""A call that Python refuses itself: what is printed says what the function takes."""

from __future__ import annotations

import inspect
import re
from importlib.util import find_spec
from operator import attrgetter
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import xgrad as xg
from tests.tables import over
from tests.test_mistakes import printed
from xgrad import nn, optim
from xgrad.names import refusals, spelling

PLACES: dict[str, ModuleType] = {
    "xg": xg,
    "xg.fft": xg.fft,
    "xg.linalg": xg.linalg,
    "xg.special": xg.special,
    "xg.data": xg.data,
    "nn": nn,
    "nn.functional": nn.functional,
    "optim": optim,
}
START = "import xgrad as xg\nfrom xgrad import nn, optim\nx = xg.ones((2, 3))\n"
START += "rng = xg.random.default_rng(0)\n"
TOLD = r"got an unexpected keyword argument 'nosuch'\. (By name it takes|Did you mean|\w)"


def callables(place: Any) -> list[str]:
    """Return what a module offers to call, but for errors."""
    names = [n for n in getattr(place, "__all__", dir(place)) if not n.startswith("_")]
    found = [(n, getattr(place, n)) for n in names]
    return [
        n
        for n, f in found
        if callable(f) and not (isinstance(f, type) and issubclass(f, BaseException))
    ]


@over("place", list(PLACES))
def test_a_keyword_that_nothing_takes(place: str) -> None:
    bare = []
    for name in callables(PLACES[place]):
        told = printed(f"{place}.{name}", f"{START}{place}.{name}(x, nosuch=1)\n")
        last = told.strip().rpartition("\n")[2]
        if re.search(r"unexpected keyword argument 'nosuch'$", last):
            bare.append(last)
    assert not bare, "\n".join(bare)


@over("owner", ["x", "rng"])
def test_a_keyword_that_no_method_takes(owner: str) -> None:
    made: Any = xg.ones((2, 3)) if owner == "x" else xg.random.default_rng(0)
    bare = []
    for name in dir(made):
        method = getattr(made, name, None)
        if name.startswith("_") or not callable(method):
            continue
        if str(getattr(method, "__module__", "")).startswith("xgrad.compat."):
            continue  # of the drop-in, if another test has imported it
        told = printed(f"{owner}.{name}", f"{START}{owner}.{name}(nosuch=1)\n")
        last = told.strip().rpartition("\n")[2]
        if re.search(r"unexpected keyword argument 'nosuch'$", last):
            bare.append(last)
    assert not bare, "\n".join(bare)


CALLS = {
    "xg.ones(3, requires_grad=True)": r"xgrad\.asarray\(ones\(\.\.\.\), requires_grad=True\)",
    "x.argmax(dim=1)": r"Here it is axis=",
    "x.sum(0, None, None, False, 1)": r"takes .* arguments?, got 5|takes",
    "xg.add(1.0, 2.0, 3.0)": r"add\(\) takes 2 positional arguments, got 3",
    "nn.Conv2d(1, 2, 3, pad=1)": r"Conv2d\(\) .*Did you mean padding=\?",
    "optim.Adam(learning_rate=0.1)": r"Here it is lr=",
    "rng.normal(shape=3)": r"Here it is size=",
    "xg.data.Loader(x, 2, shuffle=True)": r"With seed=",
    "x.view(3, 2)": r"x\.reshape\(3, 2\)",
    "x.view((3, 2))": r"x\.reshape\(3, 2\)",
    "x.view(-1)": r"x\.reshape\(-1\)",
    "x.lt(1)": r"Instead: x < y",
    "nn.init.normal((2, 2))": r"missing .*'rng'. It is called as normal\(shape, rng, ",
    "nn.Linear(3)": r"missing .*'out_features'. It is called as Linear\(in_features, out_feat",
    "from xgrad.data import DataLoader": r"cannot import 'DataLoader': .*xgrad\.data\.Loader\(",
    "from xgrad import tensor": r"cannot import 'tensor': .*xgrad\.asarray\(data",
    "import xgrad.numpy as jnp": r"cannot import 'numpy': .*`import xgrad as np`",
    "xg.compile(x.sum, static_argnums=0)": r"Here it is static=",
    "xg.sum(x).backward(retain_graph=True)": r"Here it is create_graph=",
    "xg.fori_loop": r"xgrad\.scan\(step, carry, xs\)",
    "x.data -= 0.1": r"with xgrad\.no_grad\(\): x\[\.\.\.\] = value",
    "from xgrad.nn import Dense": r"cannot import 'Dense': .*nn\.Linear",
    "xg.files.save({'a': x}, 'x.safetensors')": r"save: path is .*the name of a file, which comes",
}
if find_spec("onnx"):
    CALLS["nn.to_onnx(nn.Linear(3, 1), x, 'm.onnx')"] = (
        r"to_onnx: got 'm.onnx' among.*path='m.onnx'"
    )


@over("call", list(CALLS))
def test_what_people_type(call: str) -> None:
    assert re.search(CALLS[call], printed(call, f"{START}{call}\n"), re.DOTALL), call


def keywords(f: Any) -> dict[str, inspect.Parameter]:
    """Return the parameters of a function that have a name; none of one that says nothing."""
    try:
        parameters = inspect.signature(f).parameters
    except (TypeError, ValueError):
        return {}
    return {n: p for n, p in parameters.items() if p.kind in (p.KEYWORD_ONLY, _EITHER)}


_EITHER = inspect.Parameter.POSITIONAL_OR_KEYWORD


@over("chapter", ["", "linalg", "fft"])
def test_what_stands_for_each_keyword_of_numpys_is_told(chapter: str) -> None:
    theirs, ours = (getattr(lib, chapter, lib) for lib in (np, xg))
    bare = []
    for name in callables(ours):
        f, g = getattr(theirs, name, None), getattr(ours, name)
        takes = list(keywords(g))
        if f is None or isinstance(g, type) or "kwargs" in str(inspect.signature(g)):
            continue
        for keyword, parameter in keywords(f).items():
            if keyword in inspect.signature(g).parameters or parameter.default is parameter.empty:
                continue
            told = spelling.unexpected(name, keyword, takes)
            if "By name it takes" in told:
                bare.append(told)
            for path in re.findall(r"\bxgrad((?:\.\w+)+)", told):
                attrgetter(path[1:])(xg)
    assert not bare, "\n".join(bare)


def test_what_a_refusal_advises_exists() -> None:
    x = xg.asarray([1.0])
    for refusal in refusals.REFUSALS:
        for path in re.findall(r"\bxgrad((?:\.\w+)+)", refusal.instead):
            attrgetter(path[1:])(xg)
        for method in re.findall(r"\bx\.(\w+)", refusal.instead):
            assert hasattr(x, method), refusal.instead


OWN = {
    "of a function of the user's": "def ones(n):\n    return n\nones(3, nosuch=1)\n",
    "of a method of the user's": "class C:\n    def sum(self): ...\nC().sum(nosuch=1)\n",
    "of another library's array": "class Array:\n    __hash__ = None\n{Array()}\n",
    "of a class of the user's": "class Linear:\n    def __init__(self): ...\nLinear(nosuch=1)\n",
}


@pytest.mark.parametrize("text", OWN.values(), ids=list(OWN))
def test_what_is_not_ours_is_left_alone(text: str) -> None:
    told = printed("own", f"from xgrad import sin\n{text}")
    assert re.search(r"(keyword argument 'nosuch'|unhashable type: 'Array')$", told.strip())
