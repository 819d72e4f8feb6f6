"""``scipy.fft`` on an `Array`, through SciPy's own registry of backends."""

from __future__ import annotations

from typing import Any

import scipy.fft

import xgrad

from ..backends import backend_of
from ..engine.plain import as_tuple

_PLANES = {"fft2": "fftn", "ifft2": "ifftn", "rfft2": "rfftn", "irfft2": "irfftn"}
_COMPLEX = frozenset("fft ifft rfft irfft hfft ihfft".split())
_COMPLEX_AXES = frozenset("fftn ifftn rfftn irfftn".split())
_COSINE = frozenset("dct idct dst idst".split())
_COSINE_AXES = frozenset("dctn idctn dstn idstn".split())


def answer(method: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Answer a function of ``scipy.fft``; NotImplemented if it is not called on an `Array`."""
    if not isinstance(args[0] if args else kwargs.get("x"), xgrad.Array):
        return NotImplemented
    name = method.__name__
    _refuse_plans(name, args[0] if args else kwargs["x"], kwargs)
    if name in _COMPLEX:
        return _complex(name, *args, **kwargs)
    if name in _COMPLEX_AXES:
        return _complex_axes(name, *args, **kwargs)
    if name in _PLANES:
        return _plane(_PLANES[name], *args, **kwargs)
    if name in _COSINE:
        return _cosine(name, *args, **kwargs)
    if name in _COSINE_AXES:
        return _cosine_axes(name, *args, **kwargs)
    return NotImplemented


def _refuse_plans(name: str, x: xgrad.Array, kwargs: dict[str, Any]) -> None:
    """Say that threads and plans are SciPy's own, where no derivative is asked for.

    SciPy asks it of every library. A program that was written for NumPy's arrays and runs inside
    a transform keeps them: they say how fast its value is to come, and not which it is.
    """
    if x.is_tracked or backend_of(x._raw).leads:
        return
    for about in ("workers", "plan"):
        if kwargs.get(about) is not None:
            raise ValueError(
                f"scipy.fft.{name}: {about} is {kwargs[about]!r}, which is for arrays of NumPy, "
                f"and x is an untracked Array. Give x.data, or leave {about}= out"
            )


def _complex(
    name: str, x: Any, n: Any = None, axis: int = -1, norm: Any = None, *about: Any, **plans: Any
) -> Any:
    return getattr(xgrad.fft, name)(x, n=n, axis=axis, norm=norm or "backward")


def _complex_axes(
    name: str, x: Any, s: Any = None, axes: Any = None, norm: Any = None, *about: Any, **plans: Any
) -> Any:
    s = None if s is None else as_tuple(s)
    axes = None if axes is None else as_tuple(axes)
    return getattr(xgrad.fft, name)(x, s=s, axes=axes, norm=norm or "backward")


def _plane(
    name: str,
    x: Any,
    s: Any = None,
    axes: Any = (-2, -1),
    norm: Any = None,
    *about: Any,
    **plans: Any,
) -> Any:
    return _complex_axes(name, x, s, axes, norm)


def _cosine(
    name: str,
    x: Any,
    type: int = 2,
    n: Any = None,
    axis: int = -1,
    norm: Any = None,
    overwrite_x: bool = False,
    workers: Any = None,
    orthogonalize: Any = None,
) -> Any:
    return getattr(xgrad.fft, name)(
        x, type=type, n=n, axis=axis, norm=norm or "backward", orthogonalize=orthogonalize
    )


def _cosine_axes(
    name: str,
    x: Any,
    type: int = 2,
    s: Any = None,
    axes: Any = None,
    norm: Any = None,
    overwrite_x: bool = False,
    workers: Any = None,
    *,
    orthogonalize: Any = None,
) -> Any:
    return getattr(xgrad.fft, name)(
        x, type=type, s=s, axes=axes, norm=norm or "backward", orthogonalize=orthogonalize
    )


class _Backend:
    """The functions that SciPy's registry looks for, as attributes."""

    __ua_domain__ = "numpy.scipy.fft"
    __ua_function__ = staticmethod(answer)


scipy.fft.register_backend(_Backend)
