"""Methods of other libraries' arrays that an `Array` has under another name: the error says which.

Each is an attribute of the class that raises an AttributeError, so that ``hasattr`` says no, and
the attributes that there are cost no more than before.
"""

from __future__ import annotations

from typing import Any

INSTEAD = {
    "abs": "xgrad.abs(x), or abs(x)",
    "abs_": "x = xgrad.abs(x)",
    "add": "x + y",
    "add_": "x += y, or x = x + y",
    "amax": "x.max(axis)",
    "amin": "x.min(axis)",
    "arctan": "xgrad.atan(x)",
    "asnumpy": "numpy.asarray(x.detach())",
    "at": "x[i] = value, or xgrad.index_set(x, i, value)",
    "atan": "xgrad.atan(x)",
    "bernoulli": "xgrad.random.default_rng(seed).bernoulli(x)",
    "block_until_ready": "nothing: xgrad computes at once",
    "bmm": "x @ y",
    "bool": "x.astype(xgrad.bool)",
    "cat": "xgrad.concat([x, y], axis=0)",
    "ceil": "xgrad.ceil(x)",
    "chunk": "xgrad.array_split(x, count)",
    "clamp": "x.clip(low, high)",
    "clamp_": "x[...] = x.clip(low, high)",
    "clip_": "x[...] = x.clip(low, high)",
    "clone": "x.copy()",
    "contiguous": "x itself",
    "copy_": "x[...] = y",
    "cos": "xgrad.cos(x)",
    "cpu": "x.to_device('cpu'), or x.to_backend('numpy')",
    "cross": "xgrad.linalg.cross(x, y)",
    "cuda": "x.to_backend('cupy'), or x.to_device('cuda')",
    "cumsum_": "xgrad.cumulative_sum(x, axis=0)",
    "det": "xgrad.linalg.det(x)",
    "detach_": "x = x.detach()",
    "diag": "xgrad.diag(x)",
    "dim": "x.ndim",
    "div": "x / y",
    "div_": "x /= y",
    "double": "x.astype(xgrad.float64)",
    "einsum": "xgrad.einsum(subscripts, x)",
    "element_size": "x.itemsize",
    "eq": "x == y",
    "equal": "xgrad.all(x == y)",
    "erf": "xgrad.special.erf(x)",
    "exp": "xgrad.exp(x)",
    "expand": "xgrad.broadcast_to(x, shape)",
    "expand_as": "xgrad.broadcast_to(x, y.shape)",
    "expand_dims": "xgrad.expand_dims(x, axis)",
    "expm1": "xgrad.expm1(x)",
    "fill_": "x[...] = value",
    "flip": "xgrad.flip(x, axis=axis)",
    "float": "x.astype(xgrad.float32)",
    "floor": "xgrad.floor(x)",
    "gather": "xgrad.take_along_axis(x, indices, axis=axis)",
    "ge": "x >= y",
    "get": "x.to_backend('numpy')",
    "grad_fn": "xgrad.show.draw(x), which draws the tape",
    "gt": "x > y",
    "half": "x.astype(xgrad.float16)",
    "iloc": "x[i]",
    "index_select": "xgrad.take(x, indices, axis=axis)",
    "inner": "xgrad.vecdot(x, y)",
    "int": "x.astype(xgrad.int32)",
    "inverse": "xgrad.linalg.inv(x)",
    "is_cuda": "x.device",
    "is_floating_point": "xgrad.isdtype(x.dtype, 'real floating')",
    "is_leaf": "x.requires_grad",
    "isinf": "xgrad.isinf(x)",
    "isnan": "xgrad.isnan(x)",
    "le": "x <= y",
    "log": "xgrad.log(x)",
    "log10": "xgrad.log10(x)",
    "log1p": "xgrad.log1p(x)",
    "log2": "xgrad.log2(x)",
    "log_softmax": "xgrad.nn.functional.log_softmax(x, axis=-1)",
    "logical_and": "x & y",
    "logical_not": "~x",
    "logical_or": "x | y",
    "logsumexp": "xgrad.logsumexp(x, axis=axis)",
    "long": "x.astype(xgrad.int64)",
    "lt": "x < y",
    "masked_fill": "xgrad.where(mask, value, x)",
    "masked_select": "x[mask]",
    "matmul": "x @ y",
    "median": "xgrad.median(x)",
    "mm": "x @ y",
    "movedim": "xgrad.moveaxis(x, source, destination)",
    "mul": "x * y",
    "mul_": "x *= y",
    "multinomial": "xgrad.random.default_rng(seed).choice(len(x), p=x)",
    "multiply": "x * y",
    "nan_to_num": "xgrad.nan_to_num(x)",
    "narrow": "x[start : start + length]",
    "ne": "x != y",
    "neg": "-x",
    "new_ones": "xgrad.ones(shape, dtype=x.dtype)",
    "new_tensor": "xgrad.asarray(data, dtype=x.dtype)",
    "new_zeros": "xgrad.zeros(shape, dtype=x.dtype)",
    "norm": "xgrad.linalg.norm(x)",
    "normal_": "x[...] = xgrad.random.default_rng(seed).normal(size=x.shape)",
    "numel": "x.size",
    "numpy": "numpy.asarray(x.detach())",
    "outer": "xgrad.linalg.outer(x, y)",
    "permute": "x.transpose(axes)",
    "pow": "x ** y",
    "quantile": "xgrad.quantile(x, q)",
    "reciprocal": "1 / x",
    "register_hook": "xgrad.custom_vjp, whose rule sees the cotangent",
    "relu": "xgrad.relu(x)",
    "requires_grad_": "x.requires_grad = True",
    "retain_grad": "xgrad.grad with respect to x, which gives the gradient of what is no leaf too",
    "roll": "xgrad.roll(x, shift)",
    "rsqrt": "1 / xgrad.sqrt(x)",
    "scatter": "xgrad.index_set(x, i, values)",
    "scatter_add": "xgrad.index_add(x, i, values)",
    "scatter_add_": "xgrad.index_add(x, i, values)",
    "select": "x[i]",
    "sigmoid": "xgrad.sigmoid(x)",
    "sign": "xgrad.sign(x)",
    "sin": "xgrad.sin(x)",
    "softmax": "xgrad.softmax(x, axis=-1)",
    "split": "xgrad.split(x, sections)",
    "sqrt": "xgrad.sqrt(x)",
    "square": "x ** 2",
    "stack": "xgrad.stack([x, y])",
    "stride": "x.strides, in bytes",
    "sub": "x - y",
    "sub_": "x -= y",
    "svd": "xgrad.linalg.svd(x)",
    "t": "x.T",
    "tan": "xgrad.tan(x)",
    "tanh": "xgrad.tanh(x)",
    "tensor": "x itself",
    "tile": "xgrad.tile(x, repetitions)",
    "to": "x.to_device(device), x.to_backend(name) or x.astype(dtype)",
    "to_numpy": "numpy.asarray(x.detach())",
    "topk": "xgrad.topk(x, k)",
    "tril": "xgrad.tril(x)",
    "triu": "xgrad.triu(x)",
    "true_divide": "x / y",
    "type": "x.astype(dtype)",
    "unbind": "xgrad.unstack(x)",
    "uniform_": "x[...] = xgrad.random.default_rng(seed).uniform(low, high, size=x.shape)",
    "unique": "xgrad.unique_values(x)",
    "unsqueeze": "xgrad.expand_dims(x, axis), or x[None]",
    "values": "x itself, or numpy.asarray(x)",
    "view_as": "x.reshape(y.shape)",
    "where": "xgrad.where(x > 0, x, y)",
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
