"""Moving arrays between devices and backends. Cotangents travel back the way the values came."""

from __future__ import annotations

from typing import Any

from ..arrays.array import Array
from ..arrays.types import Device, as_given
from ..backends import backend_of, load
from ..engine.op import linear
from ..engine.operands import require_array
from ..errors import MissingFunctionError


@linear(lambda xp, g, device, source: _to_device(g, device=source, source=device))
def _to_device(x: Array, /, *, device: Any, source: Any) -> Array:
    """Return a copy on another device."""
    return backend_of(x).xp.asarray(x, device=device)


@linear(lambda xp, g, here, there: _to_backend(g, here=there, there=here))
def _to_backend(x: Array, /, *, here: tuple[str, Any], there: tuple[str, Any]) -> Array:
    """Return a copy on another backend, by way of the host."""
    name, device = there
    return load(name).from_numpy(load(here[0]).to_numpy(x), device)


@as_given
def to_device(x: Array, device: Device, /) -> Array:
    """Return `x` on another device of its backend.

    Args:
        x: the array.
        device: a device, or its name, as in ``"cuda:1"``.

    Returns:
        An array of the same values there, through which derivatives flow; `x` itself if it is there
        already.

    Raises:
        ValueError: if the backend knows no such device.
    """
    require_array("to_device", "x", x)
    raw = x._raw if isinstance(x, Array) else x
    backend = backend_of(raw)
    try:
        source, device = backend.device(raw), backend.parse_device(device)
    except ValueError as error:
        error.add_note(f"in xgrad.to_device: device is {device!r:.60}")
        raise
    return x if str(source) == str(device) else _to_device(x, device=device, source=source)


@as_given
def to_backend(x: Array, backend: str, /, *, device: Device | None = None) -> Array:
    """Return `x` on another backend; derivatives flow back to where it came from.

    Args:
        x: the array.
        backend: the backend's name, with a device if wanted, as in ``"torch:meta"``.
        device: the device there; the backend's default if None.

    Returns:
        An array of the same shape and dtype there; `x` itself if it is there already.

    Raises:
        UnknownBackendError: if no adapter has this name.
        BackendUnavailableError: if the library or its device cannot be used here.
        MissingFunctionError: inside `vmap`, where an array stays where it is.
    """
    require_array("to_backend", "x", x)
    name, _, suffix = backend.partition(":")
    raw = x._raw if isinstance(x, Array) else x
    here, target = backend_of(raw), load(name)
    if here.under is not None:
        raise MissingFunctionError(
            f"to_backend: inside vmap an array stays where it is; move what vmap is given, with "
            f"x.to_backend({backend!r}) before"
        )
    device = suffix or None if device is None else device
    device = None if device is None else target.parse_device(device)
    if here is target:
        return x if device is None else to_device(x, device)
    return _to_backend(x, here=(here.name, here.device(raw)), there=(name, device))
