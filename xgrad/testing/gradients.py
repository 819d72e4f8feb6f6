"""Check the derivatives of any function against central differences and against each other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import xgrad as xg

__all__ = ["check_grads"]

Leaves = tuple[Any, ...]
"""The floating-point arrays among the arguments or the results of a function, as `xgrad.Array`."""


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    modes: Sequence[str] = ("fwd", "rev"),
    *,
    rtol: float | None = None,
    atol: float | None = None,
    step: float | None = None,
    seed: int = 0,
) -> None:
    """Raise unless the derivatives of `f` are right, in each mode and up to an order.

    Forward mode is compared with central differences along a random direction t. Reverse mode is
    compared by the adjoint identity <g, J t> = <J* g, t> for a random cotangent g. For the second
    order the derivatives themselves are checked, as functions of both the arguments and the
    direction, so that forward over reverse, and every other order of the modes, is covered.

    Args:
        f: a function of arrays or pytrees that returns an array or a pytree. It must be smooth near
            `args`, and give the same result when it is called again.
        args: its arguments. The floating-point arrays and numbers in them are varied.
        order: the highest order of derivative to check.
        modes: ``"fwd"``, ``"rev"`` or both.
        rtol: the allowed difference in proportion to the largest entry of the derivative.
        atol: the allowed absolute difference.
        step: the step of the differences; by default chosen for the dtype.
        seed: of the random directions.

    Raises:
        AssertionError: if a derivative is wrong; it says which, what was expected, and what came.
        ValueError: if a mode is unknown, or there is nothing to check.

    >>> import numpy as np, xgrad as xg
    >>> xg.testing.check_grads(lambda x: xg.sum(xg.sin(x) ** 2), (np.asarray([0.5, 1.0]),))
    """
    if unknown := set(modes) - {"fwd", "rev"}:
        raise ValueError(f"check_grads: modes has {sorted(unknown)}; expected 'fwd', 'rev' or both")
    if order < 1 or not modes:
        raise ValueError(f"check_grads: order={order}, modes={tuple(modes)}: nothing to check")
    flat, xs = _flattened(f, tuple(args))
    limits = _Limits(rtol, atol, step, seed)
    _check(flat, xs, order, tuple(modes), limits, getattr(f, "__name__", "f"), "")


def check_walks(f: Callable[..., Any], args: Sequence[Any], order: int = 2) -> None:
    """Walk as `check_grads` does, and check only shapes and dtypes: there are no values."""
    flat, xs = _flattened(f, tuple(args))
    limits = _Limits(None, None, None, 0, has_values=False)
    _check(flat, xs, order, ("fwd", "rev"), limits, getattr(f, "__name__", "f"), "")


class _Limits:
    """What differences are allowed, and where random directions come from."""

    def __init__(
        self,
        rtol: float | None,
        atol: float | None,
        step: float | None,
        seed: int,
        has_values: bool = True,
    ) -> None:
        self.rtol, self.atol, self.step = rtol, atol, step
        self.rng, self.has_values = np.random.default_rng(seed), has_values

    def of_differences(self, arrays: Leaves) -> tuple[float, float]:
        """Return rtol and atol of a comparison with central differences."""
        default = 4 * _epsilon(arrays) ** 0.4
        return self.rtol or default, self.atol or default

    def of_identities(self, arrays: Leaves) -> tuple[float, float]:
        """Return rtol and atol of an identity that holds but for rounding."""
        default = 2e3 * _epsilon(arrays)
        return self.rtol or default, self.atol or default

    def step_at(self, xs: Leaves) -> float:
        """Return the step at which rounding and truncation errors are alike."""
        size = max((float(np.max(np.abs(numpy_of(x)))) for x in xs if x.size), default=1.0)
        return self.step or _epsilon(xs) ** (1 / 3) * max(1.0, size) ** 0.5

    def direction(self, like: Leaves) -> Leaves:
        """Return random arrays like others, with no entry near zero."""
        return tuple(self._random(x) for x in like)

    def _random(self, like: Any) -> Any:
        def part() -> Any:
            size = self.rng.uniform(0.3, 1.0, like.shape)
            return size * self.rng.choice([-1.0, 1.0], like.shape)

        values = part() + 1j * part() if like.dtype.kind == "c" else part()
        made = xg.asarray(np.asarray(values, like.dtype))
        return made.to_backend(like.backend, device=like.device)


def _epsilon(arrays: Leaves) -> float:
    return max((float(xg.finfo(x.dtype).eps) for x in arrays), default=2.2e-16)


def numpy_of(x: Any) -> Any:
    """Return the values of an `Array`, tracked or not, as a NumPy array."""
    return np.asarray(x.detach().to_backend("numpy").data)


def is_floating(x: Any) -> bool:
    """Whether a leaf of a pytree is a floating-point array or number."""
    if isinstance(x, (float, complex)):
        return True
    if isinstance(x, (bool, int)) or not hasattr(x, "dtype"):
        return False
    return xg.isdtype(xg.asarray(x).dtype, ("real floating", "complex floating"))


def _flattened(
    f: Callable[..., Any], args: tuple[Any, ...]
) -> tuple[Callable[..., Leaves], Leaves]:
    """Return `f` as a function of its floating-point arrays that returns such arrays."""
    leaves, structure = xg.tree.flatten(args)
    places = [i for i, leaf in enumerate(leaves) if is_floating(leaf)]
    if not places:
        raise ValueError("check_grads: the arguments hold no floating-point arrays to vary")
    near = next((xg.asarray(x) for x in leaves if hasattr(x, "shape") and x.shape), None)
    home = (xg.get_backend(), None) if near is None else (near.backend, near.device)
    with xg.use_backend(*home):
        xs = tuple(xg.stop_gradient(xg.asarray(leaves[i])) for i in places)

    def flat(*arrays: Any) -> Leaves:
        filled = list(leaves)
        for i, x in zip(places, arrays, strict=True):
            filled[i] = x
        out = f(*structure.unflatten(filled))
        return tuple(xg.asarray(y) for y in xg.tree.leaves(out) if is_floating(y))

    return flat, xs


def _check(
    f: Callable[..., Leaves],
    xs: Leaves,
    order: int,
    modes: tuple[str, ...],
    limits: _Limits,
    name: str,
    path: str,
) -> None:
    ys = f(*xs)
    if not ys:
        raise ValueError(f"check_grads: {name} returned no floating-point arrays")
    ts, gs = limits.direction(xs), limits.direction(ys)
    expected = _differences(f, xs, ts, limits.step_at(xs)) if limits.has_values else []
    loose, tight = limits.of_differences((*xs, *ys)), limits.of_identities((*xs, *ys))
    tangents = None
    if "fwd" in modes:
        where = f"fwd{path} of {name}"
        tangents = xg.jvp(f, xs, ts)[1]
        _require_like(tangents, ys, where, "tangent", "result")
        for got, want in zip(tangents, expected, strict=limits.has_values):
            _require_close(numpy_of(got), want, loose, where, "central differences")
    if "rev" in modes:
        where = f"rev{path} of {name}"
        cotangents = xg.vjp(f, *xs)[1](gs)
        _require_like(cotangents, xs, where, "cotangent", "argument")
        if limits.has_values:
            exact = expected if tangents is None else [numpy_of(t) for t in tangents]
            allowed = loose if tangents is None else tight
            _require_adjoint(exact, cotangents, ts, gs, allowed, where)
    if order == 1:
        return
    count = len(xs)
    if "fwd" in modes:

        def forward(*both: Any) -> Leaves:
            tangents: Leaves = xg.jvp(f, both[:count], both[count:])[1]
            return tangents

        _check(forward, xs + ts, order - 1, modes, limits, name, f" over fwd{path}")
    if "rev" in modes:

        def backward(*both: Any) -> Leaves:
            cotangents: Leaves = xg.vjp(f, *both[:count])[1](both[count:])
            return cotangents

        _check(backward, xs + gs, order - 1, modes, limits, name, f" over rev{path}")


def _require_adjoint(
    exact: list[Any],
    cotangents: Leaves,
    ts: Leaves,
    gs: Leaves,
    allowed: tuple[float, float],
    where: str,
) -> None:
    """Raise unless <g, J t> = <J* g, t> for the real inner product."""
    want = _inner(map(numpy_of, gs), exact)
    got = _inner(map(numpy_of, cotangents), map(numpy_of, ts))
    size = math.fsum(float(np.sum(np.abs(t))) for t in exact)  # terms may cancel
    _require_close(got, want, (allowed[0], allowed[1] * max(1.0, size)), where, "<g, J t>")


def _differences(f: Callable[..., Leaves], xs: Leaves, ts: Leaves, step: float) -> list[Any]:
    """Return the derivative of `f` along `ts`, by central differences."""
    with xg.no_grad():
        ahead = f(*[x + t * step for x, t in zip(xs, ts, strict=True)])
        behind = f(*[x - t * step for x, t in zip(xs, ts, strict=True)])
        return [
            (numpy_of(a) - numpy_of(b)) / (2 * step) for a, b in zip(ahead, behind, strict=True)
        ]


def _inner(xs: Any, ys: Any) -> Any:
    """Return the real inner product of two lists of arrays."""
    total = np.zeros(())
    for x, y in zip(xs, ys, strict=True):
        total = total + np.sum(np.real(np.conj(x) * y), dtype=np.float64)
    return total


def _require_like(got: Leaves, like: Leaves, where: str, what: str, of: str) -> None:
    """Raise unless arrays have the shapes, dtypes and places of what they belong to."""
    for x, y in zip(got, like, strict=True):
        a = (x.shape, x.dtype, x.backend, str(x.device))
        b = (y.shape, y.dtype, y.backend, str(y.device))
        if a != b:
            raise AssertionError(
                f"{where}: the {what} is {_place(x)}; expected {_place(y)}, as the {of}"
            )


def _place(x: Any) -> str:
    return f"{x.dtype}{list(x.shape)} on {x.backend}:{x.device}"


def _require_close(got: Any, want: Any, allowed: tuple[float, float], where: str, by: str) -> None:
    """Raise unless two arrays are equal up to a part of the largest entry."""
    if got.shape != want.shape:
        raise AssertionError(f"{where}: got shape {got.shape}; expected {want.shape}")
    if not want.size:
        return
    rtol, atol = allowed
    limit = atol + rtol * float(np.max(np.abs(want)))
    difference = float(np.max(np.abs(got - want)))
    if not difference <= limit:  # NaN is not
        raise AssertionError(
            f"{where} is wrong\n"
            f"  expected ({by}): {_text(want)}\n"
            f"  got: {_text(got)}\n"
            f"  largest difference: {difference:.3g}; allowed: {limit:.3g}"
        )


def _text(x: Any) -> str:
    return np.array2string(np.asarray(x), threshold=20, edgeitems=3, prefix="    ")
