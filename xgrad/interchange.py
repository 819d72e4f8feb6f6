"""Functions across the border to other libraries of automatic differentiation, with derivatives.

``to_torch(f)`` and ``to_jax(f)`` make functions of PyTorch tensors and of JAX arrays out of a
function that xgrad differentiates; ``from_torch(f)`` and ``from_jax(f)`` go the other way. Arrays
cross by DLPack, without a copy where both sides can share the memory.

The other library is imported when a function is first wrapped.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .names import find

__all__ = ["from_jax", "from_torch", "to_jax", "to_torch"]

Function = Callable[..., Any]


def to_torch(f: Function, *, backend: str | None = None) -> Function:
    """Return `f` as a function of tensors that PyTorch differentiates, in both modes, at any order.

    Under ``torch.func.vmap`` the function is called once for each entry. ``torch.compile`` breaks
    its graph here, as it does at any Python function that it cannot read.

    Args:
        f: a function of arrays or pytrees.
        backend: where `f` runs. By default tensors in host memory become NumPy arrays, and those on
            a CUDA device CuPy arrays; with ``"torch"`` they stay tensors, inside `xgrad.Array`.

    Returns:
        A function of tensors or pytrees.

    Raises:
        BackendUnavailableError: if PyTorch is not installed.
    """
    bridged: Function = _bridge("torch").outward(f, backend)
    return bridged


def from_torch(f: Function, *, forward: bool = True) -> Function:
    """Return a function of tensors as one of arrays that xgrad differentiates, at any order.

    Args:
        f: a function of tensors or pytrees; it gets tensors that share the arrays' memory, and must
            not write to them. Tensors that it captures, such as the parameters of a module, are
            constants: pass them as arguments, with ``torch.func.functional_call``.
        forward: whether forward mode uses PyTorch's forward mode. If not, it is derived from the
            reverse mode, which suits functions with an op that has no forward rule there.

    Returns:
        A function of arrays or pytrees.

    Raises:
        BackendUnavailableError: if PyTorch is not installed.
    """
    bridged: Function = _bridge("torch").inward(f, forward)
    return bridged


def to_jax(f: Function, *, backend: str = "numpy") -> Function:
    """Return `f` as a function of JAX arrays that JAX differentiates, in both modes, at any order.

    Under ``jax.jit`` it is a callback to the host; under ``jax.vmap`` it is called once for each
    entry. `f` must not call JAX itself.

    Args:
        f: a function of arrays or pytrees; the shapes and dtypes of its result must depend on
            those of its arguments only, since under ``jax.jit`` it is first called with ones.
        backend: where `f` runs.

    Returns:
        A function of JAX arrays or pytrees.

    Raises:
        BackendUnavailableError: if JAX is not installed.
    """
    bridged: Function = _bridge("jax").outward(f, backend)
    return bridged


def from_jax(f: Function) -> Function:
    """Return a function of JAX arrays as one of arrays that xgrad differentiates, at any order.

    JAX computes in single precision unless it is told otherwise, so float64 and complex128 arrays
    are refused until ``jax.config.update("jax_enable_x64", True)``.

    Args:
        f: a function of JAX arrays or pytrees, which may be jitted.

    Returns:
        A function of arrays or pytrees.

    Raises:
        BackendUnavailableError: if JAX is not installed.
        TypeError: if JAX would round an argument.
    """
    bridged: Function = _bridge("jax").inward(f)
    return bridged


def _bridge(library: str) -> Any:
    return import_module(f"xgrad_backends.{library}_bridge")


if not TYPE_CHECKING:  # for checkers there are no other names

    def __getattr__(name):
        return find(__name__, name)
