"""Checks of arguments that the functions share, and that never wait for a device."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import numpy as np

import xgrad as xg

from ...backends import is_inexact
from ...engine.frames import is_ours
from ...engine.operands import require_array
from ...errors import PrecisionWarning
from ...ops.beside import placed

F = TypeVar("F", bound=Callable[..., Any])

_HOST = 1  # DLPack's code for the CPU


def on_host(x: Any) -> bool:
    """Whether an array has values that can be looked at without waiting for a device."""
    try:
        return int(x.__dlpack_device__()[0]) == _HOST
    except (ValueError, RuntimeError, BufferError, TypeError, AttributeError):
        return False


def require_fractions(p: Any, function: str) -> None:
    """Raise if an array on the host has values that are no probabilities; NaN is let pass."""
    if not on_host(p):
        return
    p = xg.stop_gradient(p)
    if bool(xg.any((p < 0) | (p > 1))):
        raise ValueError(
            f"{function}: the input has values from {float(xg.min(p)):.4g} to "
            f"{float(xg.max(p)):.4g}; expected probabilities, 0 to 1. Use "
            f"{function}_with_logits for logits, or xgrad.sigmoid(x) before"
        )


def require_classes(
    target: Any,
    classes: int,
    function: str,
    ignored: int | None = None,
    what: tuple[str, str] = ("labels", "classes"),
) -> tuple[Any, Any]:
    """Return labels that are all classes, and a condition where they were, or None if they are.

    Labels on the host are checked here. Others are not, since that would wait for the device: those
    that are no class become 0, and the caller makes its result NaN where the condition fails.
    """
    require_array(function, what[0], target)
    if not xg.isdtype(target.dtype, "integral"):
        raise TypeError(
            f"{function}: the {what[0]} are of {target.dtype}; expected an integer dtype. "
            f"Use xgrad.astype({what[0]}, xgrad.int64)"
        )
    good = (target >= 0) & (target < classes)
    if ignored is not None:
        good = good | (target == ignored)
    if not on_host(target):
        return xg.where(good, target, xg.zeros_like(target)), good
    if not bool(xg.all(good)):
        low, high = int(xg.min(target)), int(xg.max(target))
        raise ValueError(
            f"{function}: the {what[0]} are {low} to {high}; expected 0 to {classes - 1}, for "
            f"{classes} {what[1]}" + ("" if ignored is None else f", or ignore_index={ignored}")
        )
    return target, None


def require_shape(x: Any, shape: tuple[int, ...], function: str, name: str) -> None:
    """Raise if an array does not have a shape, or if it is none."""
    require_array(function, name, x)
    if tuple(x.shape) != shape:
        raise ValueError(f"{function}: {name} has shape {tuple(x.shape)}; expected {shape}")


def reduced(loss: Any, reduction: str, function: str) -> Any:
    """Return the mean or the sum of a loss, or the loss itself."""
    if reduction == "mean":
        return xg.mean(loss)
    if reduction == "sum":
        return xg.sum(loss)
    if reduction == "none":
        return loss
    raise ValueError(f"{function}: reduction is {reduction!r}; expected 'mean', 'sum' or 'none'")


def require_reduction(reduction: str, function: str) -> None:
    """Raise if a reduction is not known."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(
            f"{function}: reduction is {reduction!r}; expected 'mean', 'sum' or 'none'"
        )


def require_floating(function: str, *arrays: Any) -> None:
    """Raise if all arrays are of integers: small ones would wrap around, as 3 - 250 of uint8."""
    if not any(is_inexact(x._raw if isinstance(x, xg.Array) else x) for x in arrays):
        raise TypeError(
            f"{function}: got an array of {arrays[0].dtype}, which may wrap around; expected a "
            "floating-point one. Use xgrad.astype(x, xgrad.float32)"
        )


def paired(input: Any, target: Any, function: str) -> None:
    """Raise if predictions and targets differ in shape: broadcasting them hides mistakes."""
    require_array(function, "input", input)
    require_array(function, "target", target)
    if tuple(input.shape) != tuple(target.shape):
        raise ValueError(
            f"{function}: input has shape {tuple(input.shape)} and target {tuple(target.shape)}; "
            "expected the same shape. Use xgrad.broadcast_to or xgrad.reshape if it is meant"
        )
    require_floating(function, input, target)


def made_like(x: Any, values: Any, dtype: Any = None) -> Any:
    """Return numbers of the host where an array is, raw if that is; by default in its dtype."""
    return placed(x, values, dtype)


def counted(like: Any, n: int) -> Any:
    """Return ``0, ..., n - 1`` in the dtype of an array of integers, and where that is."""
    return placed(like, np.arange(n))


_SPELLINGS = {"dim": "axis", "keepdim": "keepdims"}
"""PyTorch's names of arguments, and ours."""


def torch_spelled(f: F) -> F:
    """Let a function be called with PyTorch's `dim`, `keepdim` and ``inplace=False`` as well."""

    @wraps(f)
    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs and ("dim" in kwargs or "keepdim" in kwargs or "inplace" in kwargs):
            kwargs = _respelled(kwargs, f.__name__)
        return f(*args, **kwargs)

    return call  # type: ignore[return-value] # with the signature of f, and more


def _respelled(kwargs: dict[str, Any], function: str) -> dict[str, Any]:
    """Return keyword arguments under our names."""
    if kwargs.get("inplace"):
        raise TypeError(
            f"{function}: got inplace=True, and nothing is changed in place here. "
            f"Write x = F.{function}(x) without it"
        )
    found = {}
    for name, value in kwargs.items():
        own = _SPELLINGS.get(name, name)
        if own in found or (own != name and own in kwargs):
            raise TypeError(f"{function}: got both {name} and {own}; expected one of them")
        if name != "inplace":
            found[own] = value
    return found


_told: set[tuple[str, str]] = set()


def same_precision(input: Any, weight: Any, function: str) -> None:
    """Warn, once for each pair of dtypes, if an input and a weight are of different precision."""
    if input.dtype == weight.dtype:
        return
    first, second = (str(x.dtype).rpartition(".")[2] for x in (input, weight))
    pair = (first, second)
    if pair in _told or not {"float64"} < {*pair} <= {"float64", "float32", "float16", "bfloat16"}:
        return
    _told.add(pair)
    narrow = pair[0] if pair[1] == "float64" else pair[1]
    what = (
        f"Make the model of {narrow}: dtype={narrow!r} in each layer, xgrad.nn.astype(model, "
        f"{narrow!r}), or xgrad.set_default_dtype({narrow!r}) before it is made"
        if pair[1] == "float64"
        else f"Give it data of {narrow}: x.astype({narrow!r}); NumPy makes float64 by default"
    )
    warnings.warn(
        f"{function}: the input is of {pair[0]} and the weight of {pair[1]}, so it is computed in "
        f"float64, which takes several times as long. {what}. This is said once",
        PrecisionWarning,
        stacklevel=users_level(),
    )


def users_level() -> int:
    """Return the stacklevel, for the function that asks, of the user's line."""
    frame, level = sys._getframe(1), 1
    while is_ours(frame) and frame.f_back is not None:
        frame, level = frame.f_back, level + 1
    return level
