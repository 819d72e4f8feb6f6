"""Checks that hold for every op: they know rows of the table, and no derivative.

Each takes a row and a place, runs on every sample and dtype that it is meant for, and raises an
AssertionError that names those which fail.
"""

from __future__ import annotations

import contextlib
import re
import weakref
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import numpy as np

import xgrad as xg

from .cases import DOUBLE_OF, Bad, Case, Place, Row
from .gradients import check_grads, check_walks, is_floating, zeros_are_meant

__all__ = ["CHECKS", "check_op"]

Check = Callable[[Row, Place], int]
"""Returns on how many cases it has run."""

CHECKS: dict[str, Check] = {}
"""Every check by its name."""

TOLERANCE = {"float32": 2e-5, "complex64": 2e-5}
"""What rounding may do to a value, in proportion to the largest; 1e-11 in double precision."""


def check_op(row: Row, place: Place | str) -> int:
    """Run every check on one op in one place; return on how many cases they ran.

    Args:
        row: the op and its samples.
        place: where, as in ``"torch:meta"``.

    Returns:
        The number of cases, an int.

    Raises:
        AssertionError: if checks fail; it tells of all of them, and on which cases.
    """
    where = Place.named(place) if isinstance(place, str) else place
    count, failures = 0, {}
    for name, check in CHECKS.items():
        try:
            count += check(row, where)
        except AssertionError as error:
            failures[name] = error
    if failures:
        text = "\n".join(f"check {name}:\n{error}" for name, error in failures.items())
        raise AssertionError(text) from next(iter(failures.values()))
    return count


def each_case(
    kinds: str, *, precision: str = "", first: bool = False, compares: bool = False
) -> Callable[[Callable[[Case], None]], Check]:
    """Make a check of one case into one of a row.

    Args:
        kinds: letters of the dtypes that it is meant for.
        precision: ``"single"`` or ``"double"`` if it is meant for one only.
        first: whether the first case is enough.
        compares: whether it compares values of walks that other checks walk on every case, so that
            the first case is enough where there are no values.
    """

    def decorate(check: Callable[[Case], None]) -> Check:
        @wraps(check)
        @zeros_are_meant()
        def run(row: Row, place: Place) -> int:
            failures: list[tuple[Case, Exception]] = []
            count = 0
            for case in row.cases(place, kinds):
                single = case.dtype in DOUBLE_OF and case.dtype in ("float32", "complex64")
                if precision and single != (precision == "single"):
                    continue
                count += 1
                try:
                    check(case)
                except Exception as error:
                    failures.append((case, error))
                if first or (compares and not place.has_values):
                    break
            if failures:
                texts = [f"{case}: {_summary(error)}" for case, error in failures]
                raise AssertionError("\n".join(texts)) from failures[0][1]
            return count

        CHECKS[check.__name__.removeprefix("check_")] = run
        return run

    return decorate


def _summary(error: Exception) -> str:
    kind = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
    return kind + "\n  ".join([str(error), *getattr(error, "__notes__", ())])


@each_case("bifc")
def check_value(case: Case) -> None:
    """Check value, dtype, shape and device against NumPy, for raw arrays and for `Array`."""
    arrays, raws = case.numpy_arrays(), case.raw_arrays()
    reference = case.row.reference or getattr(np, case.row.name, None)
    with np.errstate(all="ignore"):
        if reference is not None:
            expected = [np.asarray(x) for x in _parts(case.call(arrays, reference))]
        else:
            function = getattr(case.place.backend.xp, case.row.name)
            expected = [case.place.numpy(x) for x in _parts(case.call(raws, function))]
        from_raw = _parts(case.call(raws))
        from_array = _parts(case.call([xg.asarray(x) for x in raws]))
    assert len(from_raw) == len(from_array) == len(expected), (
        f"{len(from_raw)} results of raw arrays, {len(from_array)} of Array; "
        f"expected {len(expected)}"
    )
    for raw, array, want in zip(from_raw, from_array, expected, strict=True):
        assert not isinstance(raw, xg.Array), "raw arrays gave an Array"
        assert isinstance(array, xg.Array), f"an Array gave a {type(array).__name__}"
        assert not array.is_tracked, "untracked arrays gave a tracked one"
        _require_value(case, xg.asarray(raw), want)
        _require_value(case, array, want)
    if case.place.has_values:
        for raw, before in zip(raws, arrays, strict=True):
            after = case.place.numpy(raw)
            assert np.array_equal(after, before, equal_nan=before.dtype.kind in "fc"), (
                f"an argument was changed: {after}; it was {before}"
            )


def _require_value(case: Case, got: Any, want: Any) -> None:
    device = str(case.place.device)
    assert got.backend == case.place.backend.name, f"the result is on {got.backend}"
    assert str(got.device) == device, f"the result is on device {got.device}; expected {device}"
    assert got.shape == want.shape, f"got shape {got.shape}; expected {want.shape}"
    assert got.dtype == want.dtype, f"got dtype {got.dtype}; expected {want.dtype}"
    if case.place.has_values:
        _require_close(case.place.numpy(got), want, TOLERANCE.get(case.dtype, 1e-11), "the value")


def _require_close(got: Any, want: Any, rtol: float, what: str) -> None:
    if not want.size or np.array_equal(got, want, equal_nan=want.dtype.kind in "fc"):
        return
    assert want.dtype.kind in "fc", f"{what} is {got}; expected {want}"
    finite = np.isfinite(want)
    limit = rtol * max(1.0, float(np.max(np.abs(want[finite]), initial=0.0)))
    with np.errstate(invalid="ignore"):
        close = (np.abs(got - want) <= limit) | (got == want) | (np.isnan(got) & np.isnan(want))
    assert close.all(), (
        f"{what} is {got}; expected {want}, within {limit:.1g}, "
        f"differs by {np.max(np.abs(got - want)):.3g}"
    )


@each_case("fc", precision="double")
def check_derivatives(case: Case) -> None:
    """Check both modes against central differences and each other, up to the second order."""
    if not case.varying or not case.order:
        return
    arrays = _lifted(case.raw_arrays())
    xs = [arrays[i] for i in case.varying]
    function = case.of_varying(arrays)
    with np.errstate(all="ignore"):
        if case.place.has_values:
            check_grads(function, xs, order=case.order)
        else:
            check_walks(function, xs, order=case.order)


@each_case("fc", precision="single", compares=True)
def check_single(case: Case) -> None:
    """Check that single precision stays single, and gives what double precision gives."""
    if not case.varying or not case.order:
        return
    got, double = _walked(case), _walked(case.in_precision(DOUBLE_OF[case.dtype]))
    if case.place.has_values:
        for what in got:
            for x, y in zip(got[what], double[what], strict=True):
                want = case.place.numpy(y).astype(x.dtype)
                _require_close(case.place.numpy(x), want, 2e-4, what)


def _walked(case: Case) -> dict[str, list[Any]]:
    """Return tangents and cotangents, whose places and dtypes are checked too."""
    arrays = _lifted(case.raw_arrays())
    xs = [arrays[i] for i in case.varying]
    function = _differentiable(case.of_varying(arrays))
    with np.errstate(all="ignore"):
        ys, tangents = xg.jvp(function, xs, _directions(case, xs, 50))
        cotangents = xg.vjp(function, *xs)[1](_directions(case, ys, 70))
    for what, found, like in (("tangent", tangents, ys), ("cotangent", cotangents, xs)):
        for x, y in zip(found, like, strict=True):
            have, want = _place_of(x), _place_of(y)
            assert have == want, f"a {what} is {have}; expected {want}"
    return {"tangent": list(tangents), "cotangent": list(cotangents)}


def _place_of(x: Any) -> str:
    return f"{x.dtype}{list(x.shape)} on {x.backend}:{x.device}"


@each_case("fc", compares=True)
def check_taped(case: Case) -> None:
    """Check that a walk which an outer tape watches gives the same bits as a raw one."""
    if not case.varying or not case.order:
        return
    raws = case.raw_arrays()
    xs = [
        xg.asarray(raws[i], copy=True) for i in case.varying
    ]  # a caller's may be copied on the way
    function = _differentiable(case.of_varying([xg.asarray(x, copy=True) for x in raws]))
    with np.errstate(all="ignore"):
        ys = [xg.asarray(y) for y in function(*xs)]
        ts, gs = _directions(case, xs, 50), _directions(case, ys, 70)

        def push(*xs: Any) -> Any:
            return xg.jvp(function, xs, ts)

        def pull(*xs: Any) -> Any:
            ys, pullback = xg.vjp(function, *xs)
            return ys, pullback(gs)

        for walk in (push, pull):
            alone = walk(*xs)
            watched = xg.vjp(walk, *xs)[0]
            for x, y in zip(_parts(alone), _parts(watched), strict=True):
                assert _place_of(x) == _place_of(y), (
                    f"taped gives {_place_of(y)}, raw {_place_of(x)}"
                )
                if case.place.has_values:
                    raw, taped = case.place.numpy(x), case.place.numpy(y)
                    same = np.array_equal(raw, taped, equal_nan=True)
                    if case.place.rounds_by_layout:
                        eps = np.finfo(raw.dtype).eps if raw.dtype.kind in "fc" else 0
                        same = np.allclose(raw, taped, 20 * eps, 20 * eps, equal_nan=True)
                    assert same, f"taped gives {taped}, raw {raw}"


@each_case("fc", precision="double", compares=True)
def check_alone(case: Case) -> None:
    """Check that each argument has the same derivative alone as together with the others."""
    if len(case.varying) < 2 or not case.order:
        return
    arrays = _lifted(case.raw_arrays())
    xs = [arrays[i] for i in case.varying]
    function = _differentiable(case.of_varying(arrays))
    with np.errstate(all="ignore"):
        ys, pullback = xg.vjp(function, *xs)
        gs, ts = _directions(case, ys, 70), _directions(case, xs, 50)
        together = pullback(gs)
        total: list[Any] = [0.0] * len(ys)
        for i, x in enumerate(xs):

            def one(x: Any, i: int = i) -> Any:
                return function(*xs[:i], x, *xs[i + 1 :])

            (c,) = xg.vjp(one, x)[1](gs)
            tangents = xg.jvp(one, (x,), (ts[i],))[1]
            assert _place_of(c) == _place_of(x), f"alone, argument {i} has cotangent {_place_of(c)}"
            if case.place.has_values:
                want = case.place.numpy(together[i])
                _require_close(case.place.numpy(c), want, 1e-11, f"the cotangent of {i} alone")
                total = [a + case.place.numpy(t) for a, t in zip(total, tangents, strict=True)]
        joint = xg.jvp(function, xs, ts)[1]
    if case.place.has_values:
        for got, want in zip(total, joint, strict=True):
            _require_close(got, case.place.numpy(want), 1e-11, "the sum of single tangents")


@each_case("f", precision="double", compares=True)
def check_jacobians(case: Case) -> None:
    """Check that unit vectors, which are mostly zeros, give the same Jacobian in both modes."""
    if not case.varying or not case.order:
        return
    arrays = _lifted(case.raw_arrays())
    xs = [arrays[i] for i in case.varying]
    function = _differentiable(case.of_varying(arrays))
    with np.errstate(all="ignore"):
        if any(y.dtype.kind == "c" for y in function(*xs)):
            return
        reverse = xg.jacrev(function, range(len(xs)))(*xs)
        forward = xg.jacfwd(function, range(len(xs)))(*xs)
    for x, y in zip(_parts(reverse), _parts(forward), strict=True):
        if x.dtype == y.dtype:  # else the argument is of lower precision than the result
            assert _place_of(x) == _place_of(y), f"jacrev: {_place_of(x)}, jacfwd: {_place_of(y)}"
        if case.place.has_values:
            rows, columns = case.place.numpy(x), case.place.numpy(y)
            rtol = 1e-11 if rows.dtype == columns.dtype else 1e-6
            _require_close(rows, columns, rtol, "jacrev")


@each_case("fc", precision="double")
def check_constant(case: Case) -> None:
    """Check that an op without a derivative gives untracked results and zero tangents."""
    if not case.varying or case.order:
        return
    arrays = _lifted(case.raw_arrays())
    xs = [arrays[i] for i in case.varying]
    tracked: list[bool] = []

    def function(*xs: Any) -> Any:
        out = case.of_varying(arrays)(*xs)
        tracked.extend(y.is_tracked for y in _parts(out))
        return out

    with np.errstate(all="ignore"):
        ys, ts = xg.jvp(function, xs, _directions(case, xs, 50))
    assert not any(tracked), "the result is tracked"
    for y, t in zip(_parts(ys), _parts(ts), strict=True):
        assert _place_of(t) == _place_of(y), f"the tangent is {_place_of(t)}"
        if case.place.has_values:
            assert not np.any(case.place.numpy(t)), f"the tangent is {t}; expected zeros"


@each_case("fc", precision="double", first=True)
def check_retention(case: Case) -> None:
    """Check that the tape keeps the values that the row names alive, and no others."""
    if not case.varying or not case.order or case.row.keeps is None:
        return
    wanted = set(case.row.keeps.split())
    raws = case.raw_arrays()
    arrays = [xg.asarray(x, requires_grad=i in case.varying) for i, x in enumerate(raws)]
    refs = [(case.names[i], weakref.ref(arrays[i].data)) for i in case.varying]
    del raws
    with np.errstate(all="ignore"):
        outs = [y for y in _parts(case.call(arrays)) if is_floating(y)]
        results = [weakref.ref(y.data) for y in outs]
        after = [y + 0.0 for y in outs]  # keeps the graph, and no values of its own
    del arrays, outs
    alive = {name for name, ref in refs if ref() is not None}
    alive |= {"out" for ref in results if ref() is not None}
    copies = case.place.backend.name != "numpy"  # where reshaping copies, a copy may be kept
    assert alive == wanted or (copies and alive <= wanted), (
        f"the tape keeps {sorted(alive)}; expected {sorted(wanted)}"
    )
    del after


def check_errors(row: Row, place: Place) -> int:
    """Check that calls which must fail do, and say why."""
    count = 0
    for bad in row.bad:
        _require_error(row, place, bad)
        count += 1
    if row.samples and not row.left_out(place, row.samples[0], "f"):
        count += _check_mixed(row, place)
    return count


CHECKS["errors"] = check_errors


def _require_error(row: Row, place: Place, bad: Bad) -> None:
    from .cases import Sample

    case = Case(row, Sample(bad.args, bad.kwargs), "float64", place)
    raws = case.raw_arrays()
    for arrays in (raws, _lifted(raws), _tracked(raws)):
        try:
            case.call(arrays)
        except bad.error as error:
            text = _summary(error)
            if arrays is raws:  # the library's own error, as it comes
                continue
            assert re.search(bad.says, text), f"{case} says {text!r}; expected {bad.says!r}"
        except Exception as error:
            raise AssertionError(f"{case} raised {error!r}; expected {bad.error}") from error
        else:
            raise AssertionError(f"{case} raised nothing; expected {bad.error}")


def _lifted(raws: list[Any]) -> list[Any]:
    return [xg.asarray(x) for x in raws]


def _tracked(raws: list[Any]) -> list[Any]:
    return [xg.asarray(x, requires_grad=is_floating(x)) for x in raws]


def _check_mixed(row: Row, place: Place) -> int:
    """Check that arrays of two backends, and of two devices, do not mix."""
    case = next(row.cases(place, "fc"), None)
    if case is None or row.mixes:
        return 0
    raws = case.raw_arrays()
    shaped = [i for i, x in enumerate(raws) if x.shape]
    if len(shaped) < 2:
        return 0
    count = 0
    for other, error in _strangers(case, shaped[1]):
        index = isinstance(other, np.ndarray) and other.dtype.kind in "iub"  # stands for a list
        for lift in (_lifted, _tracked) if index else (list, _lifted, _tracked):
            mixed = list(raws)
            mixed[shaped[1]] = other
            with contextlib.suppress(error):
                case.call(lift(mixed))
                raise AssertionError(f"{case}: mixing with {type(other)} raised nothing")
            count += 1
    return count


def _strangers(case: Case, i: int) -> Iterator[tuple[Any, type[Exception]]]:
    """Yield the argument `i` on another backend and on another device."""
    values, place = case.numpy_arrays()[i], case.place
    names = [name for name in xg.available_backends() if name != place.backend.name]
    other = next((p for p in map(Place.named, names) if p.has_values), None)
    if other is not None:  # JAX has no values in double precision before that is switched on
        yield other.raw(values), xg.errors.MixedBackendError
    if not place.has_values:  # where nothing is computed, PyTorch lets devices mix
        return
    for device in place.backend.devices():
        if str(device) != str(place.device):
            yield place.backend.from_numpy(values, device), xg.errors.MixedDeviceError
            break


def _parts(out: Any) -> list[Any]:
    """Return the arrays of a result."""
    return xg.tree.leaves(out)


def _differentiable(f: Callable[..., Any]) -> Callable[..., tuple[Any, ...]]:
    """Return a function that gives only the floating-point results of another."""
    return lambda *xs: tuple(y for y in _parts(f(*xs)) if is_floating(y))


def _directions(case: Case, like: Any, salt: int) -> tuple[Any, ...]:
    """Return arrays in the shapes, dtypes and places of others."""
    found = []
    for i, x in enumerate(like):
        n = int(np.prod(x.shape))
        values = np.random.default_rng(salt + i).uniform(0.5, 1.0, (2, n)) * [[1.0], [-1.0]]
        one = values[0] + (1j * values[1] if x.dtype.kind == "c" else 0.0)
        made = case.place.raw(one.reshape(x.shape).astype(x.dtype))
        found.append(xg.asarray(made))
    return tuple(found)
