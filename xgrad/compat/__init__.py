"""Homes for users of other libraries: the names and conventions they know, on xgrad's engine."""

from importlib import import_module
from typing import TYPE_CHECKING

from ..names import find

if TYPE_CHECKING:
    from . import autograd as autograd
else:

    def __getattr__(name):
        if name == "autograd":
            return import_module(f"{__name__}.autograd")
        return find(__name__, name)
