"""Checks that `vmap` of an op, also with derivatives on either side, gives what a loop gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any
from warnings import catch_warnings

import numpy as np

import xgrad as xg

from .cases import Case, Place, Row
from .checks import CHECKS
from .gradients import is_floating, numpy_of, zeros_are_meant

__all__ = ["REFUSED", "check_mapped", "check_vmap"]

REFUSED = {
    "nonzero": "the shape of the result depends on values",
    "to_backend": "an array stays where it is",
    "unique_all": "the shape of the result depends on values",
    "unique_counts": "the shape of the result depends on values",
    "unique_inverse": "the shape of the result depends on values",
    "unique_values": "the shape of the result depends on values",
}
"""The ops that `vmap` refuses by name, and why."""

BY_ROWS = frozenset({"dot", "inner", "matmul", "tensordot"})
"""Products with one matrix for all, whose last bits in a BLAS depend on how many rows it has."""

EXAMPLES = (1.0, 0.98, 0.96)
"""What the arguments of the examples are, in proportion to the sample's."""

Arrays = list[Any]


def check_vmap(row: Row, place: Place) -> int:
    """Check the first sample of an op, real and complex.

    Args:
        row: the op's row of the table.
        place: the backend and device to check it on.

    Returns:
        How many cases were checked.
    """
    count = 0
    for letter, dtype in (("f", "float64"), ("c", "complex128")):
        found = (c for c in row.cases(place, letter) if c.dtype == dtype and c.varying)
        case = next(found, None)
        if case is not None and place.has_values and place.name == place.backend.name:
            check_mapped(case)
            count += 1
    return count


CHECKS["vmap"] = check_vmap


@zeros_are_meant()
def check_mapped(case: Case) -> None:
    """Check one case: one argument or all mapped, along the first axis or the last."""
    if case.row.name in REFUSED:
        return _require_refusal(case)
    with np.errstate(all="ignore"):
        for mapped, axis in product(_choices(len(case.varying)), (0, -1)):
            setting = _Setting(case, mapped, axis)
            setting.check_value()
            if axis == 0:
                setting.check_none()
                setting.check_nested()
                if case.order:
                    setting.check_derivatives()
    return None


def _choices(count: int) -> Iterator[tuple[int, ...]]:
    """Yield which arguments are mapped: all of them, and each alone."""
    yield tuple(range(count))
    if count > 1:
        yield from ((i,) for i in range(count))


def _require_refusal(case: Case) -> None:
    setting = _Setting(case, tuple(range(len(case.varying))), 0)
    try:
        xg.vmap(setting.function, setting.axes)(*setting.args)
    except xg.errors.MissingFunctionError as error:
        text = str(error)
        assert "vmap" in text, f"{case}: the error does not tell of vmap: {text}"
    else:
        raise AssertionError(f"{case}: vmap raised nothing; expected it to be refused")


class _Setting:
    """One way to map a case over examples."""

    def __init__(self, case: Case, mapped: tuple[int, ...], axis: int) -> None:
        self.case, self.mapped, self.axis = case, mapped, axis
        arrays = [xg.asarray(x) for x in case.raw_arrays()]
        self.of_varying = case.of_varying(arrays)
        self.xs = [arrays[i] for i in case.varying]
        self.axes = tuple(axis if i in mapped else None for i in range(len(self.xs)))
        self.args = [self._stacked(x, EXAMPLES) if i in mapped else x for i, x in self._numbered()]

    def _numbered(self) -> list[tuple[int, Any]]:
        return list(enumerate(self.xs))

    def _stacked(self, x: Any, factors: Sequence[float], axis: int | None = None) -> Any:
        values = np.stack(
            [(numpy_of(x) * f).astype(x.dtype) for f in factors],
            axis=self.axis if axis is None else axis,
        )
        return xg.asarray(self.case.place.raw(np.ascontiguousarray(values)))

    def example(self, k: int) -> Arrays:
        """Return the arguments of one example."""
        place = self.case.place
        scaled = [
            xg.asarray(place.raw((numpy_of(x) * EXAMPLES[k]).astype(x.dtype))) for x in self.xs
        ]
        return [scaled[i] if i in self.mapped else x for i, x in self._numbered()]

    def function(self, *xs: Any) -> Arrays:
        """Return all arrays that the op gives."""
        return [y for y in xg.tree.leaves(self.of_varying(*xs)) if isinstance(y, xg.Array)]

    def floating(self, *xs: Any) -> Arrays:
        """Return those that have derivatives."""
        return [y for y in self.function(*xs) if is_floating(y)]

    def pulled(self, *xs: Any) -> Arrays:
        """Return cotangents, in a direction that is the same for every example."""
        ys, pullback = xg.vjp(self.floating, *xs)
        return list(pullback([xg.ones_like(y) * 0.7 for y in ys]))

    def pushed(self, *xs: Any) -> Arrays:
        """Return tangents, in such a direction."""
        return list(xg.jvp(self.floating, xs, [xg.ones_like(x) * 0.3 for x in xs])[1])

    def loop(self, f: Callable[..., Arrays]) -> list[Any]:
        """Return what a loop over the examples gives."""
        each = [[numpy_of(y) for y in f(*self.example(k))] for k in range(len(EXAMPLES))]
        return [np.stack(parts) for parts in zip(*each, strict=True)]

    def compare(self, got: Arrays, want: list[Any], what: str) -> None:
        """Raise unless results are those of the loop."""
        where = f"{self.case}, argument {self.mapped} mapped along {self.axis}: {what}"
        assert len(got) == len(want), f"{where}: {len(got)} results; expected {len(want)}"
        for x, y in zip(got, want, strict=True):
            _require_close(numpy_of(x), y, where)

    def check_value(self) -> None:
        """Check the value, all at once and in chunks."""
        whole = xg.vmap(self.function, self.axes, self.axis)(*self.args)
        want = [np.moveaxis(y, 0, self.axis) for y in self.loop(self.function)]
        self.compare(whole, want, "vmap")
        parts = xg.vmap(self.function, self.axes, self.axis, chunk_size=2)(*self.args)
        for x, y in zip(parts, whole, strict=True):
            place = self.case.place  # PyTorch's kernels round what fills no vector otherwise
            by_size = place.rounds_by_layout or place.backend.name == "torch"
            if by_size or self.case.row.name in BY_ROWS:
                _require_close(numpy_of(x), numpy_of(y), f"{self.case} in chunks")
            else:
                same = np.array_equal(numpy_of(x), numpy_of(y), equal_nan=x.dtype.kind in "fc")
                assert same, f"{self.case}: chunks give other bits"

    def check_none(self) -> None:
        """Check that no examples give no results, of the shapes and dtypes of one's."""
        args = [x[:0] if i in self.mapped else x for i, x in enumerate(self.args)]
        for f in (self.function, self.pulled) if self.case.order else (self.function,):
            want = [numpy_of(y)[None][:0] for y in f(*self.example(0))]
            with catch_warnings(action="ignore", category=UserWarning):  # PyTorch's, of no numbers
                got = list(xg.vmap(f, self.axes)(*args))
            self.compare(got, want, "vmap of no examples")

    def check_nested(self) -> None:
        """Check `vmap` of `vmap`, over the same arguments and over different ones."""
        one = xg.vmap(self.function, self.axes)
        twice = [
            self._stacked(x, (1.0, 0.99)) if i in self.mapped else x
            for i, x in enumerate(self.args)
        ]
        want = [
            [
                numpy_of(y)
                for y in one(*[x[k] if i in self.mapped else x for i, x in enumerate(twice)])
            ]
            for k in range(2)
        ]
        self.compare(xg.vmap(one, self.axes)(*twice), _stack(want), "vmap(vmap)")
        others = [i for i in range(len(self.xs)) if i not in self.mapped]
        if others:
            outer = tuple(0 if i == others[0] else None for i in range(len(self.xs)))
            args = list(self.args)
            args[others[0]] = self._stacked(self.xs[others[0]], (1.0, 0.99), 0)
            want = [
                [
                    numpy_of(y)
                    for y in one(*[x[k] if i == others[0] else x for i, x in enumerate(args)])
                ]
                for k in range(2)
            ]
            self.compare(xg.vmap(one, outer)(*args), _stack(want), "vmap(vmap) of two arguments")

    def check_derivatives(self) -> None:
        """Check derivatives of each example, and through `vmap`, in both modes."""
        pulled = self.loop(self.pulled)
        self.compare(xg.vmap(self.pulled, self.axes)(*self.args), pulled, "vmap(vjp)")
        ys, pullback = xg.vjp(xg.vmap(self.floating, self.axes), *self.args)
        cotangents = list(pullback([xg.ones_like(y) * 0.7 for y in ys]))
        total = [c if i in self.mapped else c.sum(0, dtype=c.dtype) for i, c in enumerate(pulled)]
        self.compare(cotangents, total, "vjp(vmap)")
        pushed = self.loop(self.pushed)
        self.compare(xg.vmap(self.pushed, self.axes)(*self.args), pushed, "vmap(jvp)")
        ts = [xg.ones_like(x) * 0.3 for x in self.args]
        tangents = xg.jvp(xg.vmap(self.floating, self.axes), self.args, ts)[1]
        self.compare(list(tangents), pushed, "jvp(vmap)")
        if self.case.order > 1:
            second = self.loop(self.second)
            self.compare(xg.vmap(self.second, self.axes)(*self.args), second, "vmap(vjp(vjp))")

    def second(self, *xs: Any) -> Arrays:
        """Return cotangents of cotangents."""
        ys, pullback = xg.vjp(self.pulled, *xs)
        return list(pullback([xg.ones_like(y) for y in ys]))


def _stack(each: list[list[Any]]) -> list[Any]:
    return [np.stack(parts) for parts in zip(*each, strict=True)]


def _require_close(got: Any, want: Any, where: str) -> None:
    assert got.shape == want.shape, f"{where} has shape {got.shape}; expected {want.shape}"
    assert got.dtype == want.dtype, f"{where} has dtype {got.dtype}; expected {want.dtype}"
    if np.array_equal(got, want, equal_nan=want.dtype.kind in "fc"):
        return
    assert want.dtype.kind in "fc", f"{where} is {got}; expected {want}"
    finite = np.isfinite(want)
    size = max(1.0, float(np.max(np.abs(want[finite]), initial=0.0)))
    limit = size * float(np.finfo(want.dtype).eps) ** 0.5 / 10
    close = (np.abs(got - want) <= limit) | (got == want) | (np.isnan(got) & np.isnan(want))
    assert close.all(), f"{where} is {got}; a loop gives {want}"
