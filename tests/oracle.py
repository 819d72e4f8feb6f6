"""Compare every op that xgrad shares with PyTorch and JAX: values and gradients in float64.

    python tests/oracle.py [--peer torch|jax] [--samples N] [--only NAME ...]

Prints, per op and peer, how many samples of the op table were compared, and the largest difference
of a value and of a cotangent in proportion to the largest entry. Exits with 1 if one is above 1e-9
that is not in `CONVENTIONS`, or if an entry there is no longer needed. What a peer refuses, or
returns in another shape, is counted and listed.

Complex cotangents: PyTorch has xgrad's convention, JAX the conjugate one.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

import xgrad as xg
from xgrad.testing import ROWS, Place, Row
from xgrad.testing.cases import Case

LIMIT = 1e-9

CONVENTIONS: dict[tuple[str, str], str] = {
    ("sign", "jax"): "JAX takes the phase of a complex number as a constant",
    **{
        (f"unique_{name}", "jax"): "JAX gives zeros"
        for name in ("all", "counts", "inverse", "values")
    },
    ("special.expn", "jax"): "JAX gives NaN for x up to 1, and we the slope of the differences",
    ("special.erfcx", "jax"): "2 x erfcx(x) - 2 / sqrt(pi) cancels in JAX at large x",
    ("special.dawsn", "jax"): "1 - 2 x dawsn(x) cancels in JAX at large x",
    ("special.i0", "jax"): "JAX gives 1 at 0, where the slope is 0",
    ("atan2", "jax"): "the cotangent of a float32 argument is rounded in another place",
    ("vander", "jax"): "JAX gives NaN for the slope of x ** 0 at 0",
    ("linalg.lstsq", "jax"): "the residuals of a square system are rounding errors",
    ("special.spence", "jax"): "JAX gives NaN between 1 and 2, and we the slope of the differences",
    ("linalg.det", "torch"): "PyTorch gives 0 at singular complex matrices",
    ("asarray", "torch"): "torch.asarray of a nested list drops the gradient",
    ("ldexp", "torch"): "PyTorch takes 2 to a negative integer power as 0 in the derivative",
    ("median", "torch"): "PyTorch takes the lower of the two middle elements",
    ("nanmedian", "torch"): "PyTorch takes the lower of the two middle elements",
    ("special.erfcx", "torch"): "2 x erfcx(x) - 2 / sqrt(pi) cancels in PyTorch at large x",
}
"""Where a peer differs, by op and peer, with the reason."""

DTYPES = ("float64", "complex128")


@dataclass
class Outcome:
    """What was found for one op with one peer."""

    compared: int = 0
    value: float = 0.0
    gradient: float = 0.0
    worst: str = ""
    left: Counter[str] = field(default_factory=Counter)

    @property
    def error(self) -> float:
        """The largest difference."""
        return max(self.value, self.gradient)


class Torch:
    """PyTorch under the standard's names."""

    name = "torch"

    def __init__(self) -> None:
        import array_api_compat.torch
        import torch

        self.torch, self.namespace = torch, array_api_compat.torch

    def function(self, name: str) -> Callable[..., Any] | None:
        """Return the function of a name, or None."""
        return _found(name, self.namespace, self.torch)

    def dtype(self, dtype: Any) -> Any:
        """Return the library's own dtype."""
        return getattr(self.torch, dtype.name)

    def value_and_vjp(self, f: Callable[..., Any], xs: list[Any], varying: list[int]) -> Any:
        """Return the results, and a function that pulls cotangents back, all in NumPy."""
        lifted = [self.torch.asarray(x.copy()) for x in xs]
        leaves = [lifted[i].requires_grad_() for i in varying]
        outs = [y for y in _flat(f(*lifted)) if isinstance(y, self.torch.Tensor)]

        def pull(gs: list[Any]) -> list[Any]:
            used = [(y, self.torch.asarray(g)) for y, g in zip(outs, gs, strict=True)]
            used = [(y, g) for y, g in used if y.requires_grad]
            ys, cotangents = [y for y, _ in used], [g for _, g in used]
            found = self.torch.autograd.grad(ys, leaves, cotangents, allow_unused=True)
            return [
                np.zeros(x.shape) if g is None else g.resolve_conj().resolve_neg().numpy()
                for g, x in zip(found, leaves, strict=True)
            ]

        return [y.detach().resolve_conj().resolve_neg().numpy() for y in outs], pull


class Jax:
    """JAX in double precision."""

    name = "jax"

    def __init__(self) -> None:
        import jax

        jax.config.update("jax_enable_x64", True)
        jax.config.update("jax_disable_most_optimizations", True)  # every shape is compiled anew
        import jax.scipy.special

        self.jax, self.namespace = jax, jax.numpy

    def function(self, name: str) -> Callable[..., Any] | None:
        """Return the function of a name, or None."""
        space = self.jax.scipy if name.startswith("special.") else self.jax.numpy
        return _found(name, space, self.jax.nn)

    def dtype(self, dtype: Any) -> Any:
        """Return the library's own dtype."""
        return dtype

    def value_and_vjp(self, f: Callable[..., Any], xs: list[Any], varying: list[int]) -> Any:
        """Return the results, and a function that pulls cotangents back, all in NumPy."""
        lifted = [self.jax.numpy.asarray(x) for x in xs]

        def of_varying(*some: Any) -> list[Any]:
            filled = list(lifted)
            for i, x in zip(varying, some, strict=True):
                filled[i] = x
            return [y for y in _flat(f(*filled)) if hasattr(y, "dtype")]

        outs, pull = self.jax.vjp(of_varying, *[lifted[i] for i in varying])

        def pulled(gs: list[Any]) -> list[Any]:
            zero = self.jax.dtypes.float0
            like = [
                np.conj(g) if np.dtype(y.dtype).kind in "fc" else np.zeros(y.shape, zero)
                for g, y in zip(gs, outs, strict=True)
            ]
            return [np.conj(np.asarray(c)) for c in pull(like)]

        return [np.asarray(y) for y in outs], pulled


Peer = Torch | Jax


def _found(name: str, *spaces: Any) -> Callable[..., Any] | None:
    for space in spaces:
        found = space
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is not None:
            return found  # type: ignore[no-any-return]
    return None


def _flat(out: Any) -> list[Any]:
    return [y for part in out for y in _flat(part)] if isinstance(out, (list, tuple)) else [out]


def compare(row: Row, peer: Peer, place: Place, samples: int | None) -> Outcome | None:
    """Compare one op; None if the peer has no function of its name."""
    function = peer.function(row.name.partition(" ")[0])
    if function is None or not row.order:
        return None
    if row.of is not None:
        function = partial(row.of, peer.namespace)
    outcome = Outcome()
    cases = [c for c in row.cases(place, "fc") if c.dtype in DTYPES and c.varying]
    for case in cases if samples is None else cases[:samples]:
        _compare(case, function, peer, outcome, case.varying)
    return outcome


def _compare(
    case: Case, function: Callable[..., Any], peer: Peer, out: Outcome, varying: list[int]
) -> None:
    """Compare a case; where the peer refuses, in each argument alone, as it may lack but one."""
    arrays = case.numpy_arrays()
    xs = [xg.asarray(x) for x in arrays]

    def own(*some: Any) -> list[Any]:
        filled = list(xs)
        for i, x in zip(varying, some, strict=True):
            filled[i] = x
        return [y for y in _flat(case.call(filled)) if isinstance(y, xg.Array)]

    def in_own_dtypes(*args: Any, **kwargs: Any) -> Any:
        args = tuple(peer.dtype(x) if isinstance(x, np.dtype) else x for x in args)
        if isinstance(kwargs.get("dtype"), np.dtype):
            kwargs["dtype"] = peer.dtype(kwargs["dtype"])
        return function(*args, **kwargs)

    with np.errstate(all="ignore"):
        ys, pullback = xg.vjp(own, *[xs[i] for i in varying])
        values = [np.asarray(y.data) for y in ys]
        try:
            theirs, pull = peer.value_and_vjp(
                lambda *filled: case.call(list(filled), in_own_dtypes), arrays, varying
            )
            if [y.shape for y in theirs] != [y.shape for y in values]:
                out.left[f"{peer.name} returns other shapes"] += 1
                return
            gs = _cotangents(values)
            found = pull(gs)
        except Exception as error:  # whatever a peer raises for what it does not take
            for i in varying if len(varying) > 1 else ():
                _compare(case, function, peer, out, [i])
            if len(varying) > 1:
                return
            out.left[f"{type(error).__name__}: {str(error).splitlines()[0][:90]}"] += 1
            return
        own_found = pullback([xg.asarray(g) for g in gs])
    out.compared += 1
    value = max(map(_difference, values, theirs), default=0.0)
    cotangents = [np.asarray(c.data) for c in own_found]
    gradient = max(map(_difference, cotangents, found), default=0.0)
    if max(value, gradient) > out.error:
        out.worst = str(case)
    out.value, out.gradient = max(out.value, value), max(out.gradient, gradient)


def _cotangents(values: list[Any]) -> list[Any]:
    """Return a random cotangent for each result; zeros for those that have none."""
    rng = np.random.default_rng(0)
    found = []
    for y in values:
        g = rng.uniform(0.5, 1.0, y.shape)
        if y.dtype.kind == "c":
            g = g + 1j * rng.uniform(-1.0, 1.0, y.shape)
        found.append(np.asarray(g if y.dtype.kind in "fc" else 0 * g).astype(y.dtype))
    return found


def _difference(got: Any, want: Any) -> float:
    """Return the largest difference in proportion to the largest entry."""
    if got.shape != want.shape:
        return float("inf")
    if np.array_equal(got, want, equal_nan=got.dtype.kind in "fc" and want.dtype.kind in "fc"):
        return 0.0
    finite = want[np.isfinite(want)]
    size = float(np.max(np.abs(finite), initial=0.0)) or 1.0
    different = (got != want) & ~(np.isnan(got) & np.isnan(want))
    worst = float(np.max(np.abs(got - want)[different], initial=0.0))
    return worst / size if np.isfinite(worst) else float("inf")


def main(argv: list[str] | None = None) -> int:
    """Compare with the peers that are installed; return 1 if something differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", choices=["torch", "jax"], action="append")
    parser.add_argument("--samples", type=int, help="of each op at most; JAX compiles every one")
    parser.add_argument("--only", nargs="+", default=[], help="names of ops")
    args = parser.parse_args(argv)
    warnings.simplefilter("ignore")
    place, failed = Place.named("numpy"), 0
    for kind in (Torch, Jax):
        if args.peer and kind.name not in args.peer:
            continue
        try:
            peer = kind()
        except ModuleNotFoundError as error:
            print(f"{kind.name}: not compared, {error}")
            continue
        rows = [row for row in ROWS if not args.only or row.name in args.only]
        failed += report(peer, place, rows, args.samples)
    return int(failed > 0)


def report(peer: Peer, place: Place, rows: list[Row], samples: int | None) -> int:
    """Print what is found for each op; return how many differ without a reason."""
    start, failed, left = time.perf_counter(), 0, []
    print(f"\n{peer.name:28} compared  left out   value  gradient")
    found = []
    for row in rows:
        name, outcome = row.name, compare(row, peer, place, samples)
        if outcome is None:
            continue
        found.append(outcome)
        reason = CONVENTIONS.get((name, peer.name), "")
        wrong = outcome.error > LIMIT
        failed += wrong and not reason
        note = f"  {reason}" if wrong and reason else f"  DIFFERS: {outcome.worst}" if wrong else ""
        if reason and not wrong:
            note, failed = "  this entry of CONVENTIONS is not needed", failed + 1
        counts = f"{outcome.compared:9} {outcome.left.total():9}"
        print(f"{name:28} {counts} {outcome.value:8.1e} {outcome.gradient:8.1e}{note}", flush=True)
        left += [f"{name}: {n} x {why}" for why, n in outcome.left.items()]
    print("\nleft out:", *left, sep="\n  ")
    compared = [outcome for outcome in found if outcome.compared]
    worst = max((o.error for o in compared if o.error <= LIMIT), default=0.0)
    print(
        f"\n{peer.name}: {len(compared)} ops, {sum(o.compared for o in compared)} samples in "
        f"{time.perf_counter() - start:.0f} s; the largest difference within the limit is "
        f"{worst:.1e}; {failed or 'none'} differ without a reason"
    )
    return failed


if __name__ == "__main__":
    sys.exit(main())
