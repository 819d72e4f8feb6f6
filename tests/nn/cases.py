"""The table of the functions of networks: a row is a function with arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np

import xgrad.nn.functional as F


class _Library:
    """A module that is imported when it is first used: the table is also read without PyTorch."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, attr: str) -> Any:
        return getattr(import_module(self.name), attr)


torch, TF = _Library("torch"), _Library("torch.nn.functional")


@dataclass(frozen=True)
class Case:
    """A function with arguments.

    Attributes:
        name: the name in both libraries.
        shapes: the shapes of the arrays that are differentiated.
        rest: arrays that are not, and numbers, after them.
        options: keyword arguments.
        scale: the size of the numbers.
        ours, theirs: the functions, where not both have the name.
        values: makes the arrays of a generator, where not from `shapes`.
        second: whether PyTorch has a second derivative.
    """

    name: str
    shapes: tuple[tuple[int, ...], ...] = ()
    rest: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    scale: float = 1.0
    ours: Callable[..., Any] | None = None
    theirs: Callable[..., Any] | None = None
    values: Callable[..., tuple[Any, ...]] | None = None
    second: bool = True

    def __str__(self) -> str:
        parts = ["x".join(map(str, s)) or "scalar" for s in self.shapes]
        options = [f"{k}={_short(v)}" for k, v in self.options.items()]
        return "-".join([self.name, *parts, *options, *[f"scale={self.scale}"][: self.scale != 1]])

    def arrays(self) -> tuple[Any, ...]:
        """Return the arrays that are differentiated."""
        rng = np.random.default_rng(0)
        if self.values is not None:
            return self.values(rng)
        return tuple(self.scale * rng.normal(size=s) for s in self.shapes)


def _short(value: Any) -> str:
    return "array" if isinstance(value, np.ndarray) else str(value).replace(" ", "")


def labels(*shape: int, classes: int, ignored: int | None = None) -> Any:
    """Return random classes, some of them ignored."""
    out = np.random.default_rng(1).integers(0, classes, shape)
    if ignored is not None:
        out.reshape(-1)[::3] = ignored
    return out


def probabilities(*shape: int, axis: int = -1) -> Any:
    """Return positive numbers that sum to 1 along an axis."""
    p = np.random.default_rng(2).uniform(0.1, 1.0, shape)
    return p / p.sum(axis=axis, keepdims=True)


def signs(*shape: int) -> Any:
    """Return 1 and -1 at random."""
    return np.random.default_rng(3).choice([-1.0, 1.0], shape)


def mask(*shape: int) -> Any:
    """Return where a query may look: everywhere at its first key."""
    out = np.random.default_rng(4).random(shape) < 0.6
    out[..., 0] = True
    return out


def _activations() -> list[Case]:
    names = (
        "relu leaky_relu elu selu gelu silu softplus mish hardswish sigmoid logsigmoid"
    ).split()
    cases = [Case(name, (shape,)) for name in names for shape in ((7,), (3, 4))]
    cases += [Case(name, ((40,),), scale=1e4) for name in names]
    cases += [
        Case("leaky_relu", ((7,),), options={"negative_slope": 0.2}),
        Case("elu", ((7,),), options={"alpha": 0.5}),
        Case("gelu", ((7,),), options={"approximate": "tanh"}),
        Case("gelu", ((40,),), options={"approximate": "tanh"}, scale=100.0),
        Case("softplus", ((7,),), options={"beta": 2.0, "threshold": 1.0}),
    ]
    for name in ("softmax", "log_softmax"):
        for shape, axis in (((5,), 0), ((3, 4), 1), ((3, 4, 2), 1)):
            cases += [Case(name, (shape,), (axis,), scale=s) for s in (1.0, 1e4)]
    cases += [Case("glu", ((3, 4),), (1,)), Case("glu", ((6, 4),), (0,), scale=1e4)]
    return cases


def _convolutions() -> list[Case]:
    cases = []
    for n in (1, 2, 3):
        spatial, kernel = (9, 8, 7)[:n], (3, 2, 3)[:n]
        for options in (
            {},
            {"stride": 2},
            {"padding": 1},
            {"stride": (2, 1, 3)[:n], "padding": (1, 2, 0)[:n], "dilation": (2, 1, 2)[:n]},
            {"groups": 2, "padding": 1, "stride": 2},
            {"groups": 4},
            {"padding": "same", "dilation": 2},
            {"padding": "valid"},
        ):
            groups = options.get("groups", 1)
            shapes = (2, 4, *spatial), (8, 4 // groups, *kernel), (8,)
            cases.append(Case(f"conv{n}d", shapes, options=options))
        cases.append(Case(f"conv{n}d", ((4, *spatial), (3, 4, *kernel))))
        cases.append(Case(f"conv{n}d", ((2, 3, *spatial), (5, 3, *(1,) * n), (5,))))
        spatial = (4, 5, 3)[:n]
        for options in (
            {},
            {"stride": 2, "padding": 1, "output_padding": 1},
            {"groups": 2, "stride": (2, 3, 1)[:n]},
            {"dilation": 2, "padding": (1, 0, 2)[:n]},
            {"dilation": 3, "stride": 2, "output_padding": 2},
        ):
            groups = options.get("groups", 1)
            shapes = (2, 4, *spatial), (4, 6 // groups, *kernel), (6,)
            cases.append(Case(f"conv_transpose{n}d", shapes, options=options))
    return cases


def _pools() -> list[Case]:
    cases = []
    for n in (1, 2, 3):
        shape = (2, 3, *(9, 8, 7)[:n])
        for options in (
            {"kernel_size": 2},
            {"kernel_size": 3, "stride": 2, "padding": 1},
            {"kernel_size": (2, 3, 2)[:n], "stride": (1, 2, 3)[:n], "ceil_mode": True},
            {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
        ):
            cases.append(Case(f"max_pool{n}d", (shape,), options=options))
            cases.append(Case(f"avg_pool{n}d", (shape,), options=options))
            more = {**options, "count_include_pad": False}
            cases.append(Case(f"avg_pool{n}d", (shape,), options=more))
        cases.append(
            Case(f"max_pool{n}d", (shape,), options={"kernel_size": 2, "dilation": 2, "stride": 1})
        )
        for size in (1, 3, (4, 5, 7)[:n] if n > 1 else 4):
            for kind in ("avg", "max"):
                cases.append(Case(f"adaptive_{kind}_pool{n}d", (shape,), (size,)))
    cases.append(Case("max_pool2d", ((3, 6, 6),), options={"kernel_size": 2}))
    cases.append(Case("avg_pool2d", ((3, 6, 6),), options={"kernel_size": 2}))
    cases.append(Case("adaptive_avg_pool2d", ((2, 3, 6, 6),), ((None, 2),)))
    return cases


def _their_batch_norm(x: Any, *rest: Any, mean: Any, var: Any, **options: Any) -> Any:
    mean, var = (None if a is None else torch.tensor(a) for a in (mean, var))
    return TF.batch_norm(x, mean, var, *rest, **options)


def _our_batch_norm(x: Any, *rest: Any, mean: Any, var: Any, **options: Any) -> Any:
    return F.batch_norm(x, mean, var, *rest, **options)[0]


def _norms() -> list[Case]:
    cases = []
    rng = np.random.default_rng(5)
    mean, var = rng.normal(size=4), rng.uniform(0.5, 2, 4)
    for shape in ((5, 4), (3, 4, 5), (2, 4, 3, 3)):
        for training, stats in ((True, (mean, var)), (True, (None, None)), (False, (mean, var))):
            options = {"training": training, "mean": stats[0], "var": stats[1], "eps": 1e-3}
            parts = {"ours": _our_batch_norm, "theirs": _their_batch_norm, "options": options}
            cases.append(Case("batch_norm", (shape, (4,), (4,)), **parts))
        cases.append(Case("batch_norm", (shape,), **parts))
    for shape, last in (((3, 4), (4,)), ((2, 3, 4), (3, 4)), ((4,), (4,)), ((3, 4), (3, 4))):
        cases.append(Case("layer_norm", (shape,), (last,)))
        cases.append(
            Case(
                "layer_norm",
                (shape, last, last),
                ours=lambda x, w, b: F.layer_norm(x, w.shape, w, b, 1e-3),
                theirs=lambda x, w, b: TF.layer_norm(x, w.shape, w, b, 1e-3),
            )
        )
        cases.append(Case("rms_norm", (shape,), (last,)))
        cases.append(
            Case(
                "rms_norm",
                (shape, last),
                ours=lambda x, w: F.rms_norm(x, w.shape, w, 1e-3),
                theirs=lambda x, w: TF.rms_norm(x, w.shape, w, 1e-3),
            )
        )
    for groups in (1, 2, 4):
        for shape in ((3, 4, 5), (2, 4, 3, 2)):
            cases.append(
                Case(
                    "group_norm",
                    (shape, (4,), (4,)),
                    ours=lambda x, w, b, g=groups: F.group_norm(x, g, w, b),
                    theirs=lambda x, w, b, g=groups: TF.group_norm(x, g, w, b),
                )
            )
    for shape in ((3, 4, 5), (2, 4, 3, 2)):
        cases.append(
            Case(
                "instance_norm",
                (shape, (4,), (4,)),
                ours=F.instance_norm,
                theirs=lambda x, w, b: TF.instance_norm(x, None, None, w, b),
            )
        )
    for p in (2.0, 3.0):
        cases.append(Case("normalize", ((3, 4),), (p, 1)))
    return cases


def _lookups() -> list[Case]:
    cases = [
        Case("linear", ((5, 3), (2, 3), (2,))),
        Case("linear", ((3,), (2, 3))),
        Case("linear", ((2, 4, 3), (2, 3), (2,))),
    ]
    index = labels(2, 5, classes=4)
    for padding in (None, 1):
        cases.append(
            Case(
                "embedding",
                ((4, 3),),
                (index,),
                ours=lambda w, i, p=padding: F.embedding(i, w, p),
                theirs=lambda w, i, p=padding: TF.embedding(i, w, p),
            )
        )
    qkv = (2, 3, 4, 6), (2, 3, 5, 6), (2, 3, 5, 7)
    for options in (
        {},
        {"is_causal": True},
        {"scale": 0.3},
        {"attn_mask": mask(4, 5)},
        {"attn_mask": np.random.default_rng(6).normal(size=(2, 1, 4, 5))},
    ):
        cases.append(Case("scaled_dot_product_attention", qkv, options=options))
        cases.append(Case("scaled_dot_product_attention", qkv, options=options, scale=30.0))
    grouped = ((2, 4, 4, 3), (2, 2, 5, 3), (2, 2, 5, 3))
    cases.append(Case("scaled_dot_product_attention", grouped, options={"enable_gqa": True}))
    return cases


def weighted(name: str, reduction: str) -> Case:
    """Return a case of a loss with a weight for each element."""
    return Case(
        name,
        ((4, 3), (4, 3)),
        (np.random.default_rng(7).uniform(0.5, 2.0, (4, 3)),),
        {"reduction": reduction},
        ours=lambda x, y, by, **k: getattr(F, name)(x, y, weight=by, **k),
        theirs=lambda x, y, by, **k: getattr(TF, name)(x, y, weight=by, **k),
        second=name != "l1_loss",
    )


def _losses() -> list[Case]:
    cases = []
    pair = ((4, 3), (4, 3))
    for reduction in ("mean", "sum", "none"):
        more = {"reduction": reduction}
        cases += [Case(name, pair, options=more) for name in ("mse_loss", "l1_loss")]
        for name in ("mse_loss", "l1_loss", "huber_loss"):
            cases.append(weighted(name, reduction))
        cases += [
            Case("smooth_l1_loss", pair, options={**more, "beta": 0.7}),
            Case("huber_loss", pair, options={**more, "delta": 0.7}),
            Case("cosine_embedding_loss", pair, (signs(4),), {**more, "margin": 0.1}),
            Case("hinge_embedding_loss", ((4, 3),), (signs(4, 3),), more),
            Case("multi_margin_loss", ((5, 3),), (labels(5, classes=3),), more, second=False),
            Case(
                "multi_margin_loss",
                ((5, 3),),
                (labels(5, classes=3),),
                {**more, "p": 2},
                second=False,
            ),
        ]
        for shape in ((5, 3), (2, 3, 4), (2, 3, 2, 2)):
            batch = shape[:1] + shape[2:]
            target = labels(*batch, classes=3)
            some = labels(*batch, classes=3, ignored=-100)
            weight = np.asarray([0.5, 2.0, 1.0])
            for options in (
                {},
                {"label_smoothing": 0.1},
                {"weight": weight},
                {"weight": weight, "label_smoothing": 0.2},
            ):
                for t in (target, some):
                    cases.append(Case("cross_entropy", (shape,), (t,), {**more, **options}))
                p = probabilities(*shape, axis=1)
                cases.append(Case("cross_entropy", (shape,), (p,), {**more, **options}))
                if "label_smoothing" not in options:
                    cases.append(Case("nll_loss", (shape,), (some,), {**more, **options}))
            again = {**more, "ignore_index": 1}
            cases.append(Case("cross_entropy", (shape,), (target,), again))
            cases.append(Case("cross_entropy", (shape,), (target,), more, scale=1e4))
        t = probabilities(4, 3)
        for options in ({}, {"weight": t + 1}, {"pos_weight": np.asarray([0.5, 2.0, 1.0])}):
            parts = (t,), {**more, **options}
            cases.append(Case("binary_cross_entropy_with_logits", ((4, 3),), *parts))
            cases.append(Case("binary_cross_entropy_with_logits", ((4, 3),), *parts, scale=1e4))
        inside = {"values": lambda rng: (rng.uniform(0.05, 0.95, (4, 3)),)}
        cases.append(Case("binary_cross_entropy", (), (t,), more, **inside))
        cases.append(Case("binary_cross_entropy", (), (t,), {**more, "weight": t}, **inside))
    for reduction in ("mean", "sum", "none", "batchmean"):
        more = {"reduction": reduction}
        cases += [
            Case("kl_div", ((4, 3),), (probabilities(4, 3),), more),
            Case("kl_div", ((4, 3),), (np.log(probabilities(4, 3)),), {**more, "log_target": True}),
        ]
    cases += [
        Case("cross_entropy", ((3,),), (labels(classes=3),)),
        Case("cosine_similarity", pair, (1,)),
        Case("cosine_similarity", ((2, 3, 4), (2, 3, 4)), (2,)),
    ]
    return cases


CASES = [
    *_activations(),
    *_convolutions(),
    *_pools(),
    *_norms(),
    *_lookups(),
    *_losses(),
]

NO_COUNTERPART = {
    *("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"),
    *("gumbel_softmax", "one_hot", "hinge_loss", "log_sigmoid"),
}
"""Functions tested by their properties: chance, integers, or a name that PyTorch has not."""
