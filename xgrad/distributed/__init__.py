"""Beyond one machine: derivatives through pools of workers."""

from .pools import starmap

__all__ = ["starmap"]
