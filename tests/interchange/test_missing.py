# Tests of xgrad/interchange.py
"""What a bridge says where the other library is not installed."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import pytest

import xgrad as xg
from xgrad import interchange


@pytest.mark.parametrize("package", ["torch", "jax"])
def test_a_missing_library_is_named(package: str, monkeypatch: Any) -> None:
    original = importlib.import_module

    def without(name: str, *more: Any) -> Any:
        if name == package:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return original(name, *more)

    monkeypatch.delitem(sys.modules, f"xgrad_backends.{package}_bridge", raising=False)
    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(xg.errors.BackendUnavailableError, match=package):
        getattr(interchange, f"to_{package}")(xg.sin)
