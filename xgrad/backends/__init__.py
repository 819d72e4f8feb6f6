"""Backends: which array libraries xgrad runs on, and which one new arrays go to.

A backend is one Array API namespace plus the few things that the standard lacks (accumulating
scatter, host transfer, random numbers). Each adapter is one small file that builds one frozen
`Backend`; nothing outside the adapters names or imports an array library other than NumPy, whose
dtypes are the vocabulary of xgrad on every backend.

| file | what it holds |
| --- | --- |
| `contract` | `Backend`: what an adapter says of its library |
| `namespaces` | namespaces made of an adapter's functions and its library's |
| `stand_ins`, `lines` | what a library may have faster functions for, by the standard's |
| `registry` | the adapters, and whose array something is |
| `places` | where new arrays are made |
| `dtypes`, `defaults` | the dtypes with derivatives, and that of new arrays |
| `switches` | what code obeys besides its arguments |
| `batched`, `pattern` | backends on top of any other: a batch of arrays, a pattern of entries |
"""

from .contract import Backend, Device, Generators, Raw, Stream
from .dtypes import COMPLEX, REAL, lacking, limits, native
from .namespaces import XP, Functions, Namespace, missing
from .order import deterministic, is_deterministic
from .places import (
    creating_like,
    current,
    get_backend,
    make_as_before,
    make_like,
    on_device_of,
    set_backend,
    use_backend,
)
from .registry import (
    ADAPTERS,
    BY_TYPE,
    LOADED,
    RECORDS,
    adds_nothing,
    available_backends,
    backend_of,
    backend_of_type,
    is_inexact,
    is_recorded,
    load,
    loaded,
    present,
    refusing,
    register,
    under,
)
from .switches import SWITCHES, switch, switches

__all__ = [
    "ADAPTERS",
    "BY_TYPE",
    "COMPLEX",
    "LOADED",
    "REAL",
    "RECORDS",
    "SWITCHES",
    "XP",
    "Backend",
    "Device",
    "Functions",
    "Generators",
    "Namespace",
    "Raw",
    "Stream",
    "adds_nothing",
    "available_backends",
    "backend_of",
    "backend_of_type",
    "creating_like",
    "current",
    "deterministic",
    "get_backend",
    "is_deterministic",
    "is_inexact",
    "is_recorded",
    "lacking",
    "limits",
    "load",
    "loaded",
    "make_as_before",
    "make_like",
    "missing",
    "native",
    "on_device_of",
    "present",
    "refusing",
    "register",
    "set_backend",
    "switch",
    "switches",
    "under",
    "use_backend",
]
