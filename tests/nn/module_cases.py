"""The table of modules: each beside PyTorch's with the same parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad as xg
from tests.nn.cases import TF, Case, torch
from xgrad import nn

Shapes = tuple[int, ...]


def _translated(name: str, model: Any) -> str:
    """Return PyTorch's name of an array, which differs in recurrent networks."""
    kind, _, place = name.partition(".")
    if not place:
        return name
    layer, backward = divmod(int(place), 1 + model.bidirectional)
    return f"{kind}_l{layer}" + "_reverse" * backward


def _flat(lib: Any, out: Any) -> Any:
    """Return all results of a module as one vector."""
    leaves: list[Any] = []

    def walk(x: Any) -> None:
        if isinstance(x, (tuple, list)):
            for part in x:
                walk(part)
        else:
            leaves.append(lib.reshape(x, (-1,)))

    walk(out)
    return xg.concat(leaves) if lib is xg else torch.cat(leaves)


def beside(
    name: str, ours: Any, make: Callable[[], Any], shape: Shapes, *, training: bool = False
) -> Case:
    """Return a row that compares a module with PyTorch's."""
    names = list(nn.parameters(ours))

    def values(rng: np.random.Generator) -> tuple[Any, ...]:
        arrays = [rng.normal(size=p.shape) for p in nn.parameters(ours).values()]
        return (*arrays, rng.normal(size=shape))

    def call_ours(*args: Any) -> Any:
        *arrays, x = args
        model = nn.merge(ours, dict(zip(names, arrays, strict=True)))
        return _flat(xg, model(x, training=training))

    def call_theirs(*args: Any) -> Any:
        *arrays, x = args
        given = {_translated(n, ours): a for n, a in zip(names, arrays, strict=True)}
        model = make().to(torch.float64).train(training)
        return _flat(torch, torch.func.functional_call(model, given, (x,)))

    return Case(name, ours=call_ours, theirs=call_theirs, values=values)


def attention(is_causal: bool) -> Case:
    """Return a row that compares multi-head attention."""
    ours = nn.MultiHeadAttention(6, 3, rng=0)
    names = list(nn.parameters(ours))

    def values(rng: np.random.Generator) -> tuple[Any, ...]:
        arrays = [rng.normal(size=p.shape) for p in nn.parameters(ours).values()]
        return (*arrays, rng.normal(size=(2, 5, 6)))

    def call_ours(*args: Any) -> Any:
        *arrays, x = args
        return nn.merge(ours, dict(zip(names, arrays, strict=True)))(x, is_causal=is_causal)

    def call_theirs(*args: Any) -> Any:
        *arrays, x = args
        p = dict(zip(names, arrays, strict=True))
        parts = ("query", "key", "value")
        x = x.transpose(0, 1)
        out, _ = TF.multi_head_attention_forward(
            *(x, x, x, 6, 3),
            torch.cat([p[f"{k}.weight"] for k in parts]),
            torch.cat([p[f"{k}.bias"] for k in parts]),
            *(None, None, False, 0.0, p["out.weight"], p["out.bias"]),
            need_weights=True,
            attn_mask=torch.triu(torch.ones(5, 5, dtype=torch.bool), 1) if is_causal else None,
        )
        return out.transpose(0, 1)

    return Case("MultiHeadAttention", ours=call_ours, theirs=call_theirs, values=values)


def _cases() -> list[Case]:
    cases = [
        beside("Linear", nn.Linear(3, 4, rng=0), lambda: torch.nn.Linear(3, 4), (5, 3)),
        beside(
            "Conv1d",
            nn.Conv1d(2, 4, 3, 2, 1, rng=0),
            lambda: torch.nn.Conv1d(2, 4, 3, 2, 1),
            (2, 2, 7),
        ),
        beside(
            "Conv2d",
            nn.Conv2d(4, 6, (3, 1), padding="same", groups=2, rng=0),
            lambda: torch.nn.Conv2d(4, 6, (3, 1), padding="same", groups=2),
            (2, 4, 6, 5),
        ),
        beside(
            "Conv3d",
            nn.Conv3d(2, 3, 2, dilation=2, rng=0),
            lambda: torch.nn.Conv3d(2, 3, 2, dilation=2),
            (2, 2, 4, 5, 4),
        ),
        beside(
            "ConvTranspose2d",
            nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, 2, rng=0),
            lambda: torch.nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, 2),
            (2, 4, 3, 4),
        ),
        beside("LayerNorm", nn.LayerNorm((3, 4)), lambda: torch.nn.LayerNorm((3, 4)), (2, 3, 4)),
        beside("RMSNorm", nn.RMSNorm(4), lambda: torch.nn.RMSNorm(4), (3, 4)),
        beside("GroupNorm", nn.GroupNorm(2, 4), lambda: torch.nn.GroupNorm(2, 4), (3, 4, 5)),
        beside(
            "InstanceNorm",
            nn.InstanceNorm(3, affine=True),
            lambda: torch.nn.InstanceNorm1d(3, affine=True),
            (2, 3, 6),
        ),
        *(
            beside(
                "BatchNorm",
                nn.BatchNorm(3),
                lambda: torch.nn.BatchNorm1d(3),
                (4, 3, 5),
                training=training,
            )
            for training in (False, True)
        ),
        *(attention(is_causal) for is_causal in (False, True)),
    ]
    for kind in ("RNN", "LSTM", "GRU"):
        for options in (
            {},
            {"num_layers": 2, "bidirectional": True},
            {"bias": False, "batch_first": True, "num_layers": 2},
            *([{"bidirectional": True, "proj_size": 2}] if kind == "LSTM" else []),
        ):
            cases.append(
                beside(
                    kind,
                    getattr(nn, kind)(3, 4, rng=0, **options),
                    lambda kind=kind, options=options: getattr(torch.nn, kind)(3, 4, **options),
                    (4, 2, 3),
                )
            )
    return cases


CASES = _cases()
