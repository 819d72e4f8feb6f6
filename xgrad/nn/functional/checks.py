"""Checks of arguments that the functions share, and that never wait for a device."""

from __future__ import annotations

from typing import Any

import xgrad as xg

_HOST = 1  # DLPack's code for the CPU


def on_host(x: Any) -> bool:
    """Whether an array has values that can be looked at without waiting for a device."""
    try:
        return int(x.__dlpack_device__()[0]) == _HOST
    except (ValueError, RuntimeError, BufferError, TypeError, AttributeError):
        return False


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
    """Raise if an array does not have a shape."""
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


def paired(input: Any, target: Any, function: str) -> None:
    """Raise if predictions and targets differ in shape: broadcasting them hides mistakes."""
    if tuple(input.shape) != tuple(target.shape):
        raise ValueError(
            f"{function}: input has shape {tuple(input.shape)} and target {tuple(target.shape)}; "
            "expected the same shape. Use xgrad.broadcast_to or xgrad.reshape if it is meant"
        )


def beside(x: Any) -> Any:
    """Return a context in which new arrays are made on the backend and device of an array."""
    x = x if isinstance(x, xg.Array) else xg.asarray(x)
    return xg.use_backend(x.backend, x.device)


def made_like(x: Any, values: Any) -> Any:
    """Return an array of numbers in the dtype of another array, and where that is."""
    with beside(x):
        return xg.asarray(values, dtype=x.dtype)


def counted(like: Any, n: int) -> Any:
    """Return ``0, ..., n - 1`` in the dtype of an array of integers, and where that is."""
    with beside(like):
        return xg.arange(n, dtype=like.dtype)
