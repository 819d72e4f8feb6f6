"""The arrays of a model under PyTorch's names, for layers that both have under the same name."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import xgrad as xg

from .. import tree as trees
from .module import Module

M = TypeVar("M")

_COUNTERS = "num_batches_tracked"  # what PyTorch's batch norms count, and nothing here needs


def _walk(tree: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield PyTorch's name and the leaf, in the order of the leaves of the pytree."""
    if tree is None:
        return
    if isinstance(tree, Module):
        for f in dataclasses.fields(tree):
            if f.metadata.get("static", False):
                continue
            value = getattr(tree, f.name)
            if isinstance(value, (list, tuple, dict)):
                for key, x in _items(value):
                    yield from _walk(x, f"{prefix}.{tree.layout_name(f.name, key)}")
            else:
                yield from _walk(value, f"{prefix}.{tree.layout_name(f.name)}")
    elif isinstance(tree, (list, tuple, dict)):
        for key, x in _items(tree):
            yield from _walk(x, f"{prefix}.{key}")
    elif dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        for f in dataclasses.fields(tree):
            if not f.metadata.get("static", False):
                yield from _walk(getattr(tree, f.name), f"{prefix}.{f.name}")
    else:
        yield prefix[1:], tree


def _items(value: Any) -> list[tuple[str, Any]]:
    """Return the parts of a list or a dict with their names, in the order of a pytree."""
    if isinstance(value, dict):
        return [(str(key), value[key]) for key in sorted(value)]
    return [(str(i), x) for i, x in enumerate(value)]


def state_dict(model: Any) -> dict[str, Any]:
    """Return the arrays of a model by the names that PyTorch has for them.

    With `xgrad.files.save` it makes a file that PyTorch's `safetensors.torch.load_file` reads.

    >>> from xgrad import nn
    >>> model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.ReLU(), nn.LSTM(3, 4, rng=1))
    >>> list(nn.state_dict(model))[:4]
    ['0.weight', '0.bias', '2.weight_ih_l0', '2.weight_hh_l0']
    """
    return dict(_walk(model, ""))


def load_state_dict(model: M, state: Mapping[str, Any], strict: bool = True) -> M:
    """Return a model with the arrays that a dict has under PyTorch's names.

    Args:
        model: the model; it is not changed. Its dtypes, backend and device are kept.
        state: arrays by name: what `state_dict` returns, PyTorch's own ``state_dict()``, or what
            `xgrad.files.load` reads from a file of safetensors.
        strict: whether every name of one must be in the other; else only those in both are taken.

    Returns:
        A model of the same structure.

    Raises:
        KeyError: if names are missing or too many.
        ValueError: if an array has another shape.
    """
    own = state_dict(model)
    if strict:
        given = {name for name in state if name.rpartition(".")[2] != _COUNTERS}
        _require_same(own.keys(), given)
    leaves = []
    for name, old in own.items():
        if name not in state:
            leaves.append(old)
            continue
        new = state[name]
        if tuple(new.shape) != tuple(old.shape):
            raise ValueError(
                f"load_state_dict: {name} has shape {tuple(new.shape)}; "
                f"the model expects {tuple(old.shape)}"
            )
        leaves.append(_as(new, old))
    _, structure = trees.flatten(model)
    loaded: M = structure.unflatten(leaves)
    return loaded


def _require_same(own: Any, given: Any) -> None:
    """Raise if names differ, and say which may be meant."""
    missing, more = sorted(own - given), sorted(given - own)
    if not missing and not more:
        return
    lines = []
    if missing:
        lines.append(f"not in the state: {', '.join(missing[:6])}" + _rest(missing))
    if more:
        lines.append(f"not in the model: {', '.join(more[:6])}" + _rest(more))
    near = difflib.get_close_matches(missing[0], more, 1) if missing and more else []
    if near:
        lines.append(f"perhaps {near[0]} is meant for {missing[0]}")
    raise KeyError(f"load_state_dict: {'; '.join(lines)}. strict=False takes what both have")


def _rest(names: list[str]) -> str:
    return f" and {len(names) - 6} more" if len(names) > 6 else ""


def _as(new: Any, old: Any) -> Any:
    """Return an array of another library in the place of an old one, of its dtype."""
    new = new.detach() if hasattr(new, "detach") else new
    like = old if isinstance(old, xg.Array) else xg.asarray(old)
    array = new if isinstance(new, xg.Array) else xg.asarray(new)
    out = xg.to_backend(array, like.backend, device=like.device)
    out = xg.asarray(xg.astype(out, like.dtype, copy=False), copy=True)
    if not isinstance(old, xg.Array):
        return out.data
    if like.requires_grad:
        out.requires_grad = True
    return out
