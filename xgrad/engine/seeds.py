"""What a walk starts from: cotangents and tangents as they are given, checked."""

from __future__ import annotations

from typing import Any

from .. import errors
from .. import tree as trees
from ..arrays.array import Array
from ..backends import REAL, backend_of, creating_like
from . import handed
from .operands import taken_along
from .projection import cast, ones_like
from .structures import difference


def kind(x: Any) -> str:
    """Return what something is, for a message: dtype and shape of an array, else its type."""
    if isinstance(x, Array):
        return f"{x.dtype}{list(x.shape)}"
    if type(x) in (tuple, list):
        return f"a {type(x).__name__} of {len(x)}"
    return "None" if x is None else f"an object of type {type(x).__qualname__}"


def pair(out: Any, what: str) -> tuple[Any, Any]:
    """Return what f returned with has_aux: the result, and what is handed on beside it."""
    if not isinstance(out, tuple) or len(out) != 2:
        raise TypeError(
            f"{what}: has_aux=True, and f returned {kind(out)}; expected a pair, as in "
            "`return loss, more`. Without a second part, leave has_aux out"
        )
    return out


def matched(tree: Any, like: list[Array], structure: Any, what: str, name: str) -> list[Array]:
    """Return the leaves of a cotangent or tangent, in the shape and dtype of what it belongs to."""
    flat, shape = trees.flatten(tree)
    if shape != structure or len(flat) != len(like):
        if shape == structure:
            raise ValueError(f"{what}: the {name} has {len(flat)} arrays; expected {len(like)}")
        told = difference(shape, structure, f"the {name}")
        raise ValueError(f"{what}: the {name} must have the structure of its array: {told}")
    return [_fitting(x, y, what, name) for x, y in zip(flat, like, strict=True)]


def _fitting(x: Any, y: Array, what: str, name: str) -> Array:
    raw = y._raw
    if type(x) is type(raw) and x.shape == raw.shape and x.dtype == raw.dtype:  # nearly all
        return Array(x)
    with creating_like(raw):
        out = trees.as_array(x, what)
    if out.shape != y.shape:
        raise ValueError(f"{what}: the {name} has shape {out.shape}; expected {y.shape}")
    out = taken_along(out, (y._raw,))  # a constant beside what is recorded or batched
    own, theirs = backend_of(y._raw), backend_of(out._raw)
    if own is not theirs and not theirs.leads:
        raise errors.MixedBackendError(
            f"{what}: the {name} is on {out.backend!r}; expected {y.backend!r}. "
            f"Move it with x.to_backend({y.backend!r})"
        )
    return seed(y, out, what, "")


def seed(y: Array, cotangent: Array | None, what: str, instead: str) -> Array:
    """Return the cotangent to start from: the given one, checked, or 1 for a real scalar."""
    if cotangent is None:
        if y._raw.shape != () or y._raw.dtype not in REAL:
            raise errors.NotScalarError(
                f"{what}: got {y.dtype}{list(y.shape)}; expected a real floating-point scalar. "
                f"For anything else, {instead}"
            )
        return Array(ones_like(y._raw))
    if cotangent.shape != y.shape:
        raise ValueError(
            f"{what}: the cotangent has shape {cotangent.shape}; expected {y.shape}, as y"
        )
    if cotangent._raw.dtype == y._raw.dtype:
        return cotangent
    fitting: Array = cast(handed.namespace, cotangent, y._raw.dtype)
    return fitting
