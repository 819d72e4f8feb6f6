# Tests of xgrad/ops, xgrad/linalg, xgrad/fft, xgrad/special, xgrad/testing/table
"""Every op of the table, in every place: see `xgrad.testing` for what is checked."""

import inspect
import os
from dataclasses import replace

import pytest

import xgrad as xg
from xgrad.testing import CHECKS, NOT_OPS, ROWS, check_op

MOCKS = {
    "numpy:readonly": 1,
    "array_api_strict": 4,
    "array_api_strict:device1": 1,
    "torch:meta": 1,
}
"""Places that tell of one kind of fault, at the first samples if at all, and how many they run."""


LIKE_BETAINC = {
    f"special.{name}"
    for name in (
        "betaincc betaincinv betainccinv fdtr fdtrc fdtri stdtr stdtrit bdtr bdtrc nbdtr nbdtrc"
    ).split()
}
"""Functions whose rules are that of `betainc`, a long quadrature: on a device one tells of all."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_op(place, row, pytestconfig):
    """Run all checks; with ``--quick`` on the first sample alone, in `nox -s samples` on each.

    So it is with special functions where they are SciPy's, or series that run on any namespace: a
    function outside of the standard tells itself at the first one.
    """
    whole = "XGRAD_ALL_SAMPLES" in os.environ
    if place.name == "array_api_strict:device1" and row.name in LIKE_BETAINC and not whole:
        pytest.skip("its rule is that of betainc")
    count = None if whole else MOCKS.get(place.name)
    if row.name.startswith("special.") and count:
        count = 1
    if pytestconfig.option.quick:
        count = 1
    check_op(replace(row, samples=row.samples[:count]), place)


def test_every_public_name_has_a_row_or_is_no_op():
    names = {row.name for row in ROWS}
    assert names.isdisjoint(NOT_OPS)
    missing = set(xg.__all__) - names - set(NOT_OPS)
    assert not missing, f"without a row in xgrad/testing/table: {sorted(missing)}"


@pytest.mark.parametrize("extension", ["linalg", "fft", "special"])
def test_every_function_of_an_extension_has_a_row(extension):
    module = getattr(xg, extension)
    names = {row.name.split(" ")[0] for row in ROWS}
    shared = {name for name in module.__all__ if getattr(module, name) is getattr(xg, name, None)}
    made = {"fftfreq", "rfftfreq"}  # of numbers, not of arrays
    missing = {f"{extension}.{name}" for name in set(module.__all__) - shared - made} - names
    assert not missing, f"without a row in xgrad/testing/table: {sorted(missing)}"


def test_no_name_that_is_no_op_is_stale():
    assert not set(NOT_OPS) - set(xg.__all__) - {"testing"}


def test_no_op_is_listed_as_something_else():
    for name in NOT_OPS:
        assert not hasattr(getattr(xg, name), "op"), name


def test_every_row_checks_something(place):
    idle = [
        row.name
        for row in ROWS
        if not any(row.cases(place)) and not row.left_out(place, row.samples[0], "f")
    ]
    assert not idle


def test_rows_name_arguments_that_exist():
    for row in ROWS:
        names = set(inspect.signature(row.call).parameters) | {"out"}
        assert set((row.keeps or "").split()) <= names, row.name


def test_every_op_with_a_derivative_is_checked_to_the_second_order():
    for row in ROWS:
        kind = getattr(getattr(row.call, "op", None), "kind", "composite")
        assert (row.order == 0) == (kind == "constant") or kind == "composite", row.name


def test_no_check_runs_on_nothing(computing):
    waiting = set(CHECKS) - {"derivatives"}
    if computing.name != computing.backend.name:
        waiting.discard("vmap")  # once for each backend
    for row in ROWS[:40]:
        waiting -= {name for name in waiting if CHECKS[name](row, computing)}
    assert not waiting
