"""Mixed precision: parameters in float32, the computation in halves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import xgrad as xg

from ..arrays.types import DType
from .module import Module, astype, static

_HALVES = ("float16", "bfloat16")


@dataclass(init=False, repr=False, eq=False)
class Autocast(Module):
    """A module that computes in halves with parameters that stay as they are: arXiv:1710.03740.

    Parameters and inputs are rounded when it is called, and the results come back in the dtype of
    the parameters, so that losses are formed, and steps made, in float32. Sums inside, as those of
    norms, softmax and statistics, are in float32 anyway. Gradients are of the parameters' dtype;
    those of float16 vanish below 6e-8 on their way, which `xgrad.optim.LossScale` prevents.

    Args:
        module: the module.
        dtype: ``"float16"``, which needs a loss scale, or ``"bfloat16"``, which has the range of
            float32 and fewer digits; NumPy has only the first.

    Attributes:
        module: the module, with parameters of its own precision.
        dtype: the name of the dtype that is computed in.

    Raises:
        TypeError: if `dtype` is no half.

    >>> import xgrad as xg
    >>> from xgrad import nn
    >>> model = nn.Autocast(nn.Linear(2, 3, rng=0, dtype="float32"), "float16")
    >>> y = model(xg.ones((4, 2), dtype="float32"))
    >>> g = xg.grad(lambda m: xg.sum(m(xg.ones((4, 2), dtype="float32"))))(model)
    >>> str(y.dtype), str(g.module.weight.dtype)
    ('float32', 'float32')
    """

    module: Any
    dtype: str = static()

    def __init__(self, module: Module, dtype: DType = "float16") -> None:
        name = str(getattr(dtype, "__name__", dtype)).rpartition(".")[2]
        if name not in _HALVES:
            raise TypeError(f"Autocast: dtype is {dtype!r}; expected 'float16' or 'bfloat16'")
        self.module, self.dtype = module, name

    def _rounded(self, tree: Any) -> Any:
        return astype(tree, _dtype(self.dtype))

    def _kept(self) -> Any:
        """Return the dtype of the parameters, which results come back in."""
        for x in xg.tree.leaves(self.module):
            if hasattr(x, "dtype") and xg.isdtype(x.dtype, "real floating"):
                return x.dtype
        return xg.float32

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Return what the module computes in halves, in the dtype of its parameters.

        Args:
            *inputs: what the module is a function of.
            **options: those of its call.
        """
        out = self._rounded(self.module)(*self._rounded(list(inputs)), **options)
        return _widened(out, self._kept())

    def update(self, *inputs: Any, **options: Any) -> tuple[Any, Autocast]:
        """Return the result in training, and the module with what it learnt besides by gradients.

        Args:
            *inputs: what the module is a function of.
            **options: those of its call.

        Returns:
            The result in the dtype of the parameters, and a new `Autocast`. Statistics are brought
            up to date in halves and kept in their own dtype.
        """
        half = self._rounded(self.module)
        out, new = half.update(*self._rounded(list(inputs)), **options)
        leaves, structure = xg.tree.flatten(self.module)
        kept = [
            old if after is before else xg.astype(after, old.dtype, copy=False)
            for old, before, after in zip(
                leaves, xg.tree.leaves(half), xg.tree.leaves(new), strict=True
            )
        ]
        return _widened(out, self._kept()), self.replace(module=structure.unflatten(kept))


def _dtype(name: str) -> Any:
    if name == "bfloat16":
        import ml_dtypes  # as every library's bfloat16 needs, to be a dtype of NumPy's

        return ml_dtypes.bfloat16
    return name


def _widened(tree: Any, dtype: Any) -> Any:
    """Return a pytree with its halves in another dtype."""
    return xg.tree.map(lambda x: xg.astype(x, dtype) if _is_half(x) else x, tree)


def _is_half(x: Any) -> bool:
    return str(getattr(x, "dtype", "")).rpartition(".")[2] in _HALVES
