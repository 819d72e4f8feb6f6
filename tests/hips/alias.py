"""A pytest plugin that makes ``import autograd`` find `xgrad.compat.autograd`.

It also marks the tests that `xfails.txt` lists, with their reasons. Those whose reason ends in
"yet" may pass at any time.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from xgrad.compat import alias

alias.install()


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
