"""Programs on a device: groups of equations in one kernel each, whose text a library compiles."""

from .source import DeviceSource

__all__ = ["DeviceSource"]
