"""An ONNX graph that is being made of a program."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad as xg

from ...compiling.program import Equation, Program, Var
from .merging import Filled, Many

LAST = np.iinfo(np.int64).max  # an end beyond every axis


class Graph:
    """Nodes, constants and the names of what the variables of a program are."""

    def __init__(self, program: Program, opset: int) -> None:
        import onnx

        self.onnx, self.program, self.opset = onnx, program, opset
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []
        self.names: dict[Any, str] = {}
        self.known: dict[Any, str] = {}  # constants by what they are
        self.first: Var | None = None
        self.count = 0

    def needed(self) -> list[Equation]:
        """Return the equations that a result depends on, in order."""
        alive = {v for v in self.program.outputs if isinstance(v, Var)}
        kept = []
        for e in reversed(self.program.equations):
            if alive.intersection(e.outs):
                alive.update(e.inputs())
                kept.append(e)
        return kept[::-1]

    # Names -------------------------------------------------------------------------------------

    def fresh(self, hint: str) -> str:
        """Return a new name."""
        self.count += 1
        return f"{hint}_{self.count}"

    def node(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """Add a node, and return the name of its result, or of all of several.

        Args:
            kind: the operator.
            *inputs: the names of what it reads, empty for what is left out.
            outputs: how many results it has.
            **attributes: its attributes.
        """
        outs = [self.fresh(kind) for _ in range(outputs)]
        make = self.onnx.helper.make_node
        self.nodes.append(make(kind, list(inputs), outs, **attributes))
        return outs[0] if outputs == 1 else outs

    def constant(self, value: Any, dtype: Any = None) -> str:
        """Return the name of a constant."""
        array = np.asarray(value, dtype=dtype)
        key = (array.tobytes(), array.shape, str(array.dtype))
        if key not in self.known:
            self.known[key] = name = self.fresh("constant")
            self.constants.append(self.onnx.numpy_helper.from_array(array, name))
        found: str = self.known[key]
        return found

    def name(self, x: Any, dtype: Any = None) -> str:
        """Return the name of a variable or of a number, cast to a dtype if it has another one."""
        if isinstance(x, Filled):
            return str(self.node("Expand", self.constant(x.value, dtype), self.sizes(x.shape)))
        if isinstance(x, Many):  # a number of the program that counts the batch
            name = str(self.node("Squeeze", self._length(x), self.constant([0], np.int64)))
            return name if dtype is None else self.cast(name, dtype)
        if not isinstance(x, Var):
            return self.constant(x, dtype)
        name = self.names[x]
        return name if dtype is None or np.dtype(dtype) == x.dtype else self.cast(name, dtype)

    def cast(self, name: str, dtype: Any) -> str:
        """Return the name of an array in another dtype."""
        return str(self.node("Cast", name, to=self.kind(dtype)))

    def kind(self, dtype: Any) -> int:
        """Return ONNX's number of a dtype."""
        return int(self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def sizes(self, shape: Any) -> str:
        """Return the name of a vector of lengths, of which some may depend on the batch."""
        if not any(isinstance(n, Many) for n in shape):
            return self.constant(np.asarray(shape, np.int64))
        parts = [self._length(n) for n in shape]
        return str(self.node("Concat", *parts, axis=0))

    def _length(self, n: Any) -> str:
        if not isinstance(n, Many):
            return self.constant(np.asarray([n], np.int64))
        batch = self.first.shape[0] if self.first is not None else None
        if not isinstance(batch, Many) or n.one * batch.other != n.other * batch.one:
            raise NotImplementedError(
                "to_onnx: a length depends on the batch and is no multiple of it; pass "
                "dynamic_batch=False for a graph of this length alone"
            )
        whole = self.node("Shape", self.names[self.first], start=0, end=1)
        if n.one == batch.one:
            return str(whole)
        scaled = self.node("Mul", whole, self.constant(np.asarray([n.one], np.int64)))
        return str(self.node("Div", scaled, self.constant(np.asarray([batch.one], np.int64))))

    # What goes in and out -------------------------------------------------------------------

    def _info(self, name: str, v: Var) -> Any:
        dims = ["batch" if isinstance(n, Many) and i == 0 else n for i, n in enumerate(v.shape)]
        shape = [None if isinstance(n, Many) else n for n in dims]
        return self.onnx.helper.make_tensor_value_info(name, self.kind(v.dtype), shape)

    def weight(self, v: Var, name: str, value: Any) -> None:
        """Make an array of the model a constant under its name."""
        self.names[v] = name
        array = np.asarray(xg.asarray(value).detach().to_backend("numpy").data)
        self.constants.append(self.onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))

    def input(self, v: Var, name: str, is_first: bool) -> None:
        """Make a variable an input of the graph."""
        self.names[v] = name
        self.first = v if is_first else self.first
        self.inputs.append(self._info(name, v))

    def output(self, x: Any, name: str) -> None:
        """Make a variable, or a constant, a result of the graph."""
        self.nodes.append(self.onnx.helper.make_node("Identity", [self.name(x)], [name]))
        v = x if isinstance(x, Var) else Var(np.shape(x), np.asarray(x).dtype)
        self.outputs.append(self._info(name, v))

    def finished(self, name: str) -> Any:
        """Return the model, checked."""
        helper = self.onnx.helper
        graph = helper.make_graph(self.nodes, name, self.inputs, self.outputs, self.constants)
        model = helper.make_model(
            graph,
            producer_name="xgrad",
            producer_version=xg.__version__,
            opset_imports=[helper.make_opsetid("", self.opset)],
        )
        model.ir_version = min(model.ir_version, 10)  # what runtimes of the last years read
        self.onnx.checker.check_model(model, full_check=True)
        return model
