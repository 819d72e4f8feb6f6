"""Programs and single ops on a device: one kernel for many steps, whose text a library compiles."""

from .eager import Fused
from .rows import FusedRows
from .source import DeviceSource

__all__ = ["DeviceSource", "Fused", "FusedRows"]
