"""Methods of other libraries' arrays that an `Array` has under another name: the error says which.

Each is an attribute of the class that raises an AttributeError, so that ``hasattr`` says no, and
the attributes that there are cost no more than before.
"""

from __future__ import annotations

from typing import Any

INSTEAD = {
    "abs_": "x = xgrad.abs(x)",
    "add_": "x += y, or x = x + y",
    "at": "x[i] = value, or xgrad.index_set(x, i, value)",
    "block_until_ready": "nothing: xgrad computes at once",
    "bmm": "x @ y",
    "cat": "xgrad.concat([x, y], axis=0)",
    "chunk": "xgrad.array_split(x, count)",
    "clamp": "x.clip(low, high)",
    "clone": "x.copy()",
    "contiguous": "x itself",
    "cos": "xgrad.cos(x)",
    "cpu": "x.to_device('cpu'), or x.to_backend('numpy')",
    "cuda": "x.to_backend('cupy'), or x.to_device('cuda')",
    "cumsum_": "xgrad.cumulative_sum(x, axis=0)",
    "detach_": "x = x.detach()",
    "dim": "x.ndim",
    "div_": "x /= y",
    "double": "x.astype(xgrad.float64)",
    "eq": "x == y",
    "exp": "xgrad.exp(x)",
    "expand": "xgrad.broadcast_to(x, shape)",
    "expand_as": "xgrad.broadcast_to(x, y.shape)",
    "expand_dims": "xgrad.expand_dims(x, axis)",
    "fill_": "x[...] = value",
    "float": "x.astype(xgrad.float32)",
    "gather": "xgrad.take_along_axis(x, indices, axis=axis)",
    "get": "x.to_backend('numpy')",
    "grad_fn": "xgrad.show.draw(x), which draws the tape",
    "half": "x.astype(xgrad.float16)",
    "index_select": "xgrad.take(x, indices, axis=axis)",
    "int": "x.astype(xgrad.int32)",
    "inverse": "xgrad.linalg.inv(x)",
    "is_cuda": "x.device",
    "is_floating_point": "xgrad.isdtype(x.dtype, 'real floating')",
    "is_leaf": "x.requires_grad",
    "log": "xgrad.log(x)",
    "long": "x.astype(xgrad.int64)",
    "masked_fill": "xgrad.where(mask, value, x)",
    "matmul": "x @ y",
    "mm": "x @ y",
    "mul_": "x *= y",
    "norm": "xgrad.linalg.norm(x)",
    "numel": "x.size",
    "numpy": "numpy.asarray(x.detach())",
    "permute": "x.transpose(axes)",
    "pow": "x ** y",
    "relu": "xgrad.relu(x)",
    "requires_grad_": "x.requires_grad = True",
    "retain_grad": "xgrad.grad with respect to x, which gives the gradient of what is no leaf too",
    "rsqrt": "1 / xgrad.sqrt(x)",
    "scatter": "xgrad.index_set(x, i, values)",
    "scatter_add": "xgrad.index_add(x, i, values)",
    "scatter_add_": "xgrad.index_add(x, i, values)",
    "sigmoid": "xgrad.sigmoid(x)",
    "sin": "xgrad.sin(x)",
    "softmax": "xgrad.softmax(x, axis=-1)",
    "sqrt": "xgrad.sqrt(x)",
    "sub_": "x -= y",
    "t": "x.T",
    "tanh": "xgrad.tanh(x)",
    "to": "x.to_device(device), x.to_backend(name) or x.astype(dtype)",
    "topk": "xgrad.topk(x, k)",
    "type": "x.astype(dtype)",
    "unbind": "xgrad.unstack(x)",
    "unsqueeze": "xgrad.expand_dims(x, axis), or x[None]",
    "view_as": "x.reshape(y.shape)",
    "zero_": "x[...] = 0",
    "zero_grad": "x.grad = None",
}
"""For each name what to write instead of it, of an array `x`."""


class Absent:
    """An attribute that is not there, and says what to write instead."""

    def __init__(self, name: str, instead: str) -> None:
        self.name, self.instead = name, instead
        self.__doc__ = None  # that of the class is not about the attribute

    def __get__(self, x: Any, cls: Any = None) -> Any:
        if x is None:
            return self
        raise AttributeError(
            f"an xgrad.Array has no attribute {self.name!r}. Instead: {self.instead}"
        )

    def __set__(self, x: Any, value: Any) -> None:
        self.__get__(x)


def absent(cls: type) -> dict[str, Absent]:
    """Return what to add to a class: each name that it has not."""
    return {name: Absent(name, text) for name, text in INSTEAD.items() if not hasattr(cls, name)}
