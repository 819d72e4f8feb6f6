# Tests of xgrad/tree.py
"""What a pytree of real life holds besides arrays: it is structure, wherever it stands."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from collections import OrderedDict, defaultdict, deque
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

import xgrad as xg

W = np.asarray([1.0, 2.0])


class Mode(enum.Enum):
    TRAIN = 1


CONSTANTS = {
    "text": "linear",
    "bytes": b"abc",
    "path": Path("weights"),
    "enumeration": Mode.TRAIN,
    "none": None,
    "function": len,
    "closure": lambda x: x,
    "ufunc": np.tanh,
    "class": np.float32,
    "dtype": np.dtype("float32"),
    "date": dt.date(2026, 1, 1),
    "range": range(3),
}


class Named(NamedTuple):
    w: Any
    constant: Any


@dataclasses.dataclass
class Record:
    w: Any
    constant: Any
    flag: bool = True


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    w: Any
    constant: Any


CONTAINERS = {
    "dict": lambda w, c: {"w": w, "c": c},
    "OrderedDict": lambda w, c: OrderedDict(c=c, w=w),
    "defaultdict": lambda w, c: defaultdict(list, w=w, c=c),
    "list": lambda w, c: [c, w],
    "tuple": lambda w, c: (w, c),
    "deque": lambda w, c: deque([w, c]),
    "namedtuple": Named,
    "dataclass": Record,
    "frozen": Frozen,
    "namespace": lambda w, c: SimpleNamespace(c=c, w=w),
    "nested": lambda w, c: {"a": [SimpleNamespace(b=Record(w, c)), (c,)]},
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_constants_are_structure(container: str) -> None:
    make = CONTAINERS[container]
    for name, constant in CONSTANTS.items():

        def f(tree: Any) -> Any:
            (w,) = xg.tree.leaves(tree)
            return xg.sum(w * w)

        tree, expected = make(W, constant), make(2 * W, constant)
        for result in (xg.grad(f)(tree), xg.compile(xg.grad(f))(tree)):
            assert type(result) is type(tree), name
            assert repr(result) == repr(expected), name
        doubled = xg.tree.map(lambda w: 2 * w, tree)
        assert repr(doubled) == repr(expected), name
        tangent = xg.jvp(f, (tree,), (tree,))[1]
        assert float(tangent) == 10.0, name


def test_a_compiled_function_is_another_one_for_another_word() -> None:
    f = xg.compile(lambda tree: tree["w"] * (2.0 if tree["kind"] == "double" else 1.0))
    assert f({"w": W, "kind": "double"}).tolist() == [2.0, 4.0]
    assert f({"w": W, "kind": "single"}).tolist() == [1.0, 2.0]


def test_classes_of_attrs_are_pytrees() -> None:
    attrs = pytest.importorskip("attrs")
    Layer = attrs.make_class("Layer", ["w", "name"], slots=True)
    gradient = xg.grad(lambda layer: xg.sum(layer.w**2))(Layer(W, "first"))
    assert gradient.name == "first"
    assert gradient.w.tolist() == [2.0, 4.0]


def test_a_lone_constant_is_refused() -> None:
    with pytest.raises(xg.errors.NotDifferentiableError, match="grad: got 'text' of type str"):
        xg.grad(lambda x: x)("text")
    with pytest.raises(xg.errors.NotDifferentiableError, match="the result of f: got 'text'"):
        xg.grad(lambda x: "text")(W)
    with pytest.raises(xg.errors.NotDifferentiableError, match=r"int64.*Pass 3"):
        xg.grad(lambda tree: tree["w"])({"w": 1.0, "count": 3})


def test_an_optimizer_leaves_constants_alone() -> None:
    for params in (
        SimpleNamespace(w=np.ones(2), name="x"),
        {"w": np.ones(2), "act": np.tanh},
        Record(np.ones(2), {"kind": "linear"}),
    ):
        gradient = xg.grad(lambda tree: xg.sum(xg.tree.leaves(tree)[0] ** 2))(params)
        new = xg.optim.Optimizer(xg.optim.SGD(lr=0.1), params).step(gradient)
        assert type(new) is type(params)
        assert np.allclose(xg.tree.leaves(new)[0], 0.8)


def test_an_optimizer_takes_numbers_as_parameters() -> None:
    for method in (xg.optim.SGD(lr=0.1), xg.optim.Adam(lr=0.1)):
        params = {"w": np.ones(2), "b": 0.5}
        optimizer = xg.optim.Optimizer(method, params)
        for _ in range(2):
            params = optimizer.step(xg.grad(lambda p: xg.sum((p["w"] + p["b"]) ** 2))(params))
        assert float(params["b"]) < 0.4
        assert np.all(params["w"] < 0.9)
