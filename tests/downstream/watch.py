"""A plugin of pytest that writes down what became of each test, and its processor time.

``DOWNSTREAM_LIBRARY`` says which library stands behind the name autograd, ``DOWNSTREAM_OUT`` where
to write.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
import pytest

LIBRARY = os.environ["DOWNSTREAM_LIBRARY"]
if LIBRARY == "xgrad":
    from xgrad.compat import alias

    alias.install()

for name in os.environ["DOWNSTREAM_STUBS"].split():
    sys.modules[name] = MagicMock()

counts: Counter[str] = Counter()
names: dict[str, str] = {}


def name_of(nodeid):
    """Return the name of a test; of one with parameters, which may hold addresses, its number."""
    if nodeid not in names:
        base, bracket, _ = nodeid.partition("[")
        counts[base] += 1
        names[nodeid] = f"{base}[{counts[base]}]" if bracket else base
    return names[nodeid]


found: dict[str, list] = {}


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    random.seed(0)  # a test that draws its numbers draws the same with both
    np.random.seed(0)  # noqa: NPY002 - the one that such tests draw from
    start = time.process_time()
    yield
    item.user_properties.append(("seconds", time.process_time() - start))


def pytest_runtest_logreport(report):
    seconds = dict(report.user_properties).get("seconds", 0.0)
    if report.when == "call" or report.outcome != "passed":
        text = report.longreprtext.strip().splitlines()[-1:] if report.failed else []
        errors = [x[2:] for x in report.longreprtext.splitlines() if x.startswith("E ")]
        found[name_of(report.nodeid)] = [report.outcome, seconds, " ".join(errors[:1] or text)]


def pytest_collectreport(report):
    if report.failed:
        errors = [x for x in report.longreprtext.splitlines() if x.startswith("E ")]
        found[report.nodeid] = ["failed", 0.0, "at import: " + " ".join(errors[-1:])[2:]]


def pytest_sessionfinish(session):
    import autograd

    assert ("xgrad" in autograd.__name__) == (LIBRARY == "xgrad"), autograd
    Path(os.environ["DOWNSTREAM_OUT"]).write_text(json.dumps(found), encoding="utf-8")
