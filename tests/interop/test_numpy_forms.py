# Tests of xgrad/numpy_protocol
"""NumPy's functions with every form of argument: the table says what comes of each, and is right.

``python -m tests.interop.numpy_forms --write`` makes it again; `nox -s forms` for every library.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import xgrad as xg

from .argument_forms import Form
from .numpy_calls import Call, ufuncs
from .numpy_forms import TABLE, Trial, explained, read, run, trials
from .numpy_keywords import DATES, functions

CHECKED = "2.4."
"""The versions of NumPy whose answers the table has."""


def test_every_form_of_an_argument_is_as_the_table_says() -> None:
    if not np.__version__.startswith(CHECKED):
        pytest.skip(f"the table is NumPy {CHECKED}x's")
    rows, found = read(), {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for trial in trials():
            mark, why = run(trial)
            if mark:
                found[trial.row] = (mark, why)
    assert len(found) > 20_000
    changed = [
        f"{row}: {mark} ({why}), in the table {rows.get(row, '')[:1]!r}"
        for row, (mark, why) in found.items()
        if rows.get(row, "")[:1] != mark
    ]
    gone = [row for row, marks in rows.items() if row not in found and marks[0] != "-"]
    assert not changed, "\n".join(changed)
    assert not gone, gone


def test_the_table_has_every_function_and_says_why_some_differ() -> None:
    rows = read()
    known = {name.partition("(")[0] for name, _, _ in rows}
    asked = {name for name, _ in (*functions(), *ufuncs()) if name not in DATES}
    assert asked - known <= {"can_cast"}  # which is of dtypes
    columns = list(zip(*rows.values(), strict=True))
    assert "-" not in columns[0], TABLE
    left = {row for row, marks in rows.items() if "!" in marks}
    assert not {row for row in left if not explained(row)}
    assert len(left) < 0.005 * len(rows)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (lambda x, axis: np.flip(x, 0), "got"),
        (lambda x, axis: xg.flip(xg.stop_gradient(x), axis=0) + 0 * x, "its gradient"),
        (lambda x, axis: xg.zeros(3)["text"], "IndexError"),
    ],
)
def test_what_is_wrong_is_found(wrong: Any, why: str) -> None:
    """A form that is ignored, one that loses a gradient, and an error that does not name it."""
    x = np.asarray([[1.0, 2.0], [3.0, 5.0]])

    def flip(x: Any, axis: Any) -> Any:
        plain = type(axis) is int or not isinstance(x, xg.Array)
        return np.flip(x, axis) if plain else wrong(x, axis)

    call = Call("flip", flip, (x,), {"axis": 1 if why == "got" else 0}, ())
    form = Form("numpy.int64", lambda on: np.int64(call.kwargs["axis"]))
    mark, told = run(Trial(call, "axis", "axis", form))
    assert mark == "!"
    assert why in told
