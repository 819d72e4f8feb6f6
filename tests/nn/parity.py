"""Functions, modules and gradient methods against PyTorch's, on the CPU in float64.

Of each row of the tables three things are compared: the value, the gradient of a random projection
of it, and the gradient of a random projection of that gradient. ``python -m tests.nn.parity``
prints the largest difference of each; the tests require it to be small.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
import torch.nn.functional as TF

import xgrad as xg
import xgrad.nn.functional as F
from tests.nn.cases import CASES, Case
from tests.nn.module_cases import CASES as MODULES
from tests.nn.more_cases import MORE
from tests.nn.twins import BY_PROPERTY, LACKING, TWINS
from tests.optim.methods import METHODS, largest_difference
from xgrad import nn


def _tensor(x: Any) -> Any:
    return torch.tensor(x) if isinstance(x, np.ndarray) else x


def differences(case: Case) -> tuple[float, float, float]:
    """Return the largest relative differences of value, first and second derivative."""
    arrays = case.arrays()
    ours = case.ours or getattr(F, case.name)
    theirs = case.theirs or getattr(TF, case.name)
    rng = np.random.default_rng(7)
    directions = [rng.normal(size=np.shape(a)) for a in arrays]
    tensors = [torch.tensor(a, requires_grad=True) for a in arrays]
    rest = [_tensor(r) for r in case.rest]
    # only what our own functions are not told by name is turned into a tensor
    options = {k: v if case.theirs else _tensor(v) for k, v in case.options.items()}
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):  # twice derivable
        their_value = theirs(*tensors, *rest, **options)
    weight = rng.normal(size=tuple(their_value.shape))
    their_first = torch.autograd.grad(
        (their_value * torch.tensor(weight)).sum(), tensors, create_graph=True
    )
    along = sum((g * torch.tensor(d)).sum() for g, d in zip(their_first, directions, strict=True))
    their_second: list[Any] = [None] * len(tensors)
    if along.requires_grad and case.second:
        their_second = list(torch.autograd.grad(along, tensors, allow_unused=True))
    their_second = [
        torch.zeros_like(t) if g is None else g for g, t in zip(their_second, tensors, strict=True)
    ]

    def projected(*xs: Any) -> Any:
        return xg.sum(ours(*xs, *case.rest, **case.options) * weight)

    numbers = tuple(range(len(arrays)))

    def slope(*xs: Any) -> Any:
        first = xg.grad(projected, argnums=numbers)(*xs)
        return sum(xg.sum(g * d) for g, d in zip(first, directions, strict=True))

    value = ours(*arrays, *case.rest, **case.options)
    first = xg.grad(projected, argnums=numbers)(*arrays)
    second = xg.grad(slope, argnums=numbers)(*arrays)
    return (
        _difference([value], [their_value]),
        _difference(first, their_first),
        _difference(second, their_second) if case.second else 0.0,
    )


def _difference(ours: Any, theirs: Any) -> float:
    """Return the largest difference, relative to the largest element if that is above 1."""
    worst = 0.0
    for a, t in zip(ours, theirs, strict=True):
        got = np.asarray(a)
        want = t.detach().numpy(force=True)
        if got.shape != want.shape:
            raise AssertionError(f"got shape {got.shape}; expected {want.shape}")
        if not want.size:
            continue
        same = (got == want) | (np.isnan(got) & np.isnan(want))
        gap = np.where(same, 0.0, np.abs(got - want))
        size = np.max(np.abs(want[np.isfinite(want)]), initial=1.0)
        worst = max(worst, float(np.max(gap) / size))
    return worst


def _table(title: str, cases: list[Case]) -> float:
    """Print the largest differences of each name, and return the largest of all."""
    found: dict[str, list[tuple[float, float, float]]] = {}
    for case in cases:
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            found.setdefault(case.name, []).append(differences(case))
    print(f"{title:34} {'cases':>5} {'value':>9} {'first':>9} {'second':>9}")
    worst = 0.0
    for name, rows in found.items():
        most = [max(column) for column in zip(*rows, strict=True)]
        worst = max(worst, *most)
        print(f"{name:34} {len(rows):5} " + " ".join(f"{x:9.1e}" for x in most))
    print(f"{len(cases)} cases, largest difference {worst:.1e}\n")
    return worst


def names_of_torch() -> tuple[set[str], set[str]]:
    """Return the public names of ``torch.nn.functional`` and of ``torch.nn``."""
    functions = {
        name
        for name, value in vars(TF).items()
        if not name.startswith("_")
        and callable(value)
        and not isinstance(value, type)
        # what it imports for annotations is not its own
        and getattr(value, "__module__", None) not in ("typing", "torch.overrides", "torch._VF")
        and name not in _IMPORTED
    }
    return functions, {n for n in torch.nn.modules.__all__ if not n.startswith("_")}


_IMPORTED = {"Callable", "TYPE_CHECKING", "importlib", "warnings", "math", "np", "Optional"}


def unaccounted() -> list[str]:
    """Return the names of PyTorch that are neither here nor on the list of those that are not."""
    functions, layers = names_of_torch()
    lines = [f"functional.{n}" for n in sorted(functions - set(F.__all__) - LACKING.keys())]
    lines += [f"nn.{n}" for n in sorted(layers - set(nn.__all__) - LACKING.keys())]
    compared = {t.name for t in TWINS} | BY_PROPERTY.keys()
    lines += [f"nn.{n} is not compared" for n in sorted((layers & set(nn.__all__)) - compared)]
    both = LACKING.keys() & {*F.__all__, *nn.__all__}
    return lines + [f"{n} is here, and on the list of what is not" for n in sorted(both)]


def main() -> None:
    """Print the largest difference of each function, module and method."""
    worst = max(
        _table("function", [*CASES, *MORE]),
        _table("module", MODULES),
        _table("layer of PyTorch's name", [t.case() for t in TWINS]),
    )
    functions, layers = names_of_torch()
    print(f"of {len(functions)} functions {len(functions & set(F.__all__))} are here, of")
    print(f"{len(layers)} layers {len(layers & set(nn.__all__))}; the others, and why:")
    for name in sorted((functions | layers) & LACKING.keys()):
        print(f"{name:34} {LACKING[name]}")
    lost = unaccounted()
    if lost:
        raise SystemExit("neither here nor on the list: " + ", ".join(lost))
    print("parameters after 100 steps")
    for method, name, options in METHODS:
        gap = largest_difference(method, name, options)
        worst = max(worst, gap)
        print(f"{gap:9.1e}  {method}")
    if not worst < 1e-7:  # PyTorch's hardsigmoid divides by 6 in single precision
        raise SystemExit("a difference is too large")


if __name__ == "__main__":
    main()
