"""Models as ONNX files, which run without Python: on phones, in browsers, on servers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xgrad as xg

from ...backends.install import needed
from ..functional.windows import recorded_whole
from ..layouts import state_dict
from ..module import astype
from .graph import Graph
from .merging import merged_programs
from .operators import convert

__all__ = ["to_onnx"]


def to_onnx(
    model: Any,
    *inputs: Any,
    path: str | os.PathLike[str] | None = None,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    dynamic_batch: bool = True,
    opset: int | None = None,
    dtype: Any = "float32",
) -> Any:
    """Return a model as an ONNX graph of what it computes when it is not training.

    The model is called once or twice on the inputs, and what it does is written down, whatever
    code it is; a branch on a value cannot be. Parameters have PyTorch's names.

    Args:
        model: a module, or any pytree that is a function of arrays.
        *inputs: arrays of the shapes and dtypes that it will be given; their values do not matter.
        path: a file to write to, usually named ``.onnx``; none if None.
        input_names: names of the inputs; ``input``, or ``input_0`` and so on, if None.
        output_names: names of the results; ``output``, or ``output_0`` and so on, if None.
        dynamic_batch: whether the first axis of every input may be of any length.
        opset: the version of ONNX's operators; 18 if None.
        dtype: the dtype of the parameters and of inputs of real numbers, since runtimes compute
            convolutions in float32 alone; None leaves both as they are.

    Returns:
        An ``onnx.ModelProto``, checked by ``onnx.checker``.

    Raises:
        TypeError: if there are no inputs.
        NotImplementedError: if an operation has no counterpart, or the batch is of a fixed length.
        BackendUnavailableError: if the package onnx is not installed.
        TypeError: if the model is no module or function, or an example is no array.

    Example::

        nn.to_onnx(model, x, path="model.onnx")
        onnxruntime.InferenceSession("model.onnx").run(None, {"input": x})
    """
    needed("onnx", "to_onnx", "onnx")
    if not inputs:
        raise TypeError("to_onnx: got no inputs; pass arrays of the shapes that it will be given")
    if isinstance(inputs[-1], (str, os.PathLike)):
        raise TypeError(
            f"to_onnx: got {inputs[-1]!r} among the inputs; expected arrays. The file to write to "
            f"is given by name: path={inputs[-1]!r}"
        )
    if dtype is not None:
        given: Any = astype([model, list(inputs)], dtype)  # type: ignore[type-var] # any pytree
        model, inputs = given[0], tuple(given[1])
    model = xg.nn.to_backend(model, "numpy")
    names = list(state_dict(model))
    programs = [_recorded(model, inputs, names)]
    if dynamic_batch:
        programs.append(_recorded(model, [_longer(x) for x in inputs], names))
    program = merged_programs(*programs)
    graph = Graph(program, 18 if opset is None else opset)
    free = program.inputs[len(names) :]
    arrays = dict(zip(names, xg.tree.leaves(model), strict=True))
    for name, v in zip(names, program.inputs, strict=False):
        graph.weight(v, name, arrays[name])
    for i, (v, name) in enumerate(_named(free, input_names, "input", "inputs")):
        graph.input(v, name, i == 0)
    for e in graph.needed():
        convert(graph, e)
    for out, name in _named(program.outputs, output_names, "output", "outputs"):
        graph.output(out, name)
    proto = graph.finished(type(model).__name__)
    if path is not None:
        Path(path).write_bytes(proto.SerializeToString())
    return proto


def _recorded(model: Any, inputs: Sequence[Any], names: list[str]) -> Any:
    """Return the program of a model's call, whose first inputs are its parameters."""
    arrays = [xg.asarray(x).detach().to_backend("numpy") for x in inputs]
    with recorded_whole():
        compiled: Any = xg.compile(_call)
        program = compiled.lower(model, *arrays).before
    if program.captured or len(program.inputs) != len(names) + len(arrays):
        raise NotImplementedError(
            "to_onnx: the model holds arrays that are no leaves of it; make each a field of a "
            "module, with nn.buffer() if it is not trained"
        )
    return program


def _call(model: Any, *inputs: Any) -> Any:
    return model(*inputs)


def _longer(x: Any) -> Any:
    """Return an array with one more element along its first axis."""
    if not tuple(x.shape):
        raise ValueError("to_onnx: an input without axes has no batch; pass dynamic_batch=False")
    return xg.concat([xg.asarray(x), xg.asarray(x)[:1]], axis=0)


def _named(
    values: Sequence[Any], names: Sequence[str] | None, kind: str, argument: str
) -> list[tuple[Any, str]]:
    """Return values with their names."""
    if names is None:
        names = [kind] if len(values) == 1 else [f"{kind}_{i}" for i in range(len(values))]
    if len(names) != len(values):
        raise ValueError(
            f"to_onnx: {kind}_names has {len(names)} names; expected one for each of "
            f"{len(values)} {argument}"
        )
    return list(zip(values, names, strict=True))
