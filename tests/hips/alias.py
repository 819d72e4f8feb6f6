"""A pytest plugin that makes ``import autograd`` find `xgrad.compat.autograd`.

It also marks the tests that `xfails.txt` lists, with their reasons. Those whose reason ends in
"yet" may pass at any time.
"""

from __future__ import annotations

import importlib
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

HOME = "xgrad.compat."


class Alias(MetaPathFinder, Loader):
    """Answer an import of ``autograd...`` with the module of that name in `xgrad.compat`."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "autograd":
            return ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return importlib.import_module(HOME + spec.name)

    def exec_module(self, module):
        pass


sys.meta_path.insert(0, Alias())


def pytest_collection_modifyitems(items):
    lines = Path(__file__).with_name("xfails.txt").read_text(encoding="utf-8").splitlines()
    reasons = dict(line.split("\t") for line in lines if line and not line.startswith("#"))
    for item in items:
        name = item.nodeid.split("/")[-1]
        if name in reasons:
            reason = reasons.pop(name)
            item.add_marker(pytest.mark.xfail(reason=reason, strict=not reason.endswith("yet")))
    if reasons and len(items) > 600:  # the whole suite, so that a stale line is seen
        raise pytest.UsageError(f"xfails.txt names tests that are not there: {sorted(reasons)}")
