"""The table of layers that have PyTorch's names: both are made with the same arguments.

A row loads PyTorch's parameters by PyTorch's names, so that it holds layouts, too. `LACKING` says
of every other name of ``torch.nn`` and ``torch.nn.functional`` why it is not here.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import xgrad as xg
from tests.nn.cases import Case, labels, probabilities, signs, torch
from xgrad import nn


@dataclass(frozen=True)
class Twin:
    """A layer that is made and called in the same way in both libraries.

    Attributes:
        name: the name in both.
        args: what it is made with.
        kwargs: by name.
        shapes: of the inputs that are differentiated; or their values.
        rest: what follows the inputs.
        call: by name in a call.
        training: whether the call is in training.
        positive: whether the inputs are positive, and below 1.
        second: whether PyTorch has a second derivative.
    """

    name: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    shapes: tuple[Any, ...] = ((4, 3),)
    rest: tuple[Any, ...] = ()
    call: dict[str, Any] = field(default_factory=dict)
    training: bool = False
    positive: bool = False
    second: bool = True

    def __str__(self) -> str:
        options = ",".join(f"{k}={v}" for k, v in self.kwargs.items() if np.ndim(v) == 0)
        return f"{self.name}{self.args}({options})" + "-training" * self.training

    def ours(self) -> Any:
        """Return our layer, in float64."""
        cls = getattr(nn, self.name)
        given = inspect.signature(cls).parameters
        more = {"rng": 0} if "rng" in given else {}
        more |= {"dtype": "float64"} if "dtype" in given else {}
        return cls(*map(_made, self.args), **{k: _made(v) for k, v in self.kwargs.items()}, **more)

    def theirs(self) -> Any:
        """Return PyTorch's layer, in float64."""
        args, kwargs = (
            tuple(_theirs(a) for a in self.args),
            {k: _theirs(v) for k, v in self.kwargs.items()},
        )
        return getattr(torch.nn, self.name)(*args, **kwargs).to(torch.float64).train(self.training)

    def inputs(self) -> tuple[Any, ...]:
        """Return the arrays that are differentiated."""
        rng = np.random.default_rng(1)
        if self.positive:
            return tuple(rng.uniform(0.1, 0.9, s) for s in self.shapes)
        return tuple(rng.normal(size=s) for s in self.shapes)

    def case(self) -> Case:
        """Return the row for the comparison of values and two derivatives, by parameters too."""
        theirs = self.theirs()
        model = nn.load_state_dict(self.ours(), theirs.state_dict())
        names = [n for n, _ in theirs.named_parameters()]
        arrays = [p.detach().numpy() for _, p in theirs.named_parameters()]
        own = nn.parameters(model)  # in the order of the pytree
        place = {id(leaf): n for n, leaf in nn.state_dict(model).items()}
        named = {place[id(leaf)]: n for n, leaf in own.items()}
        assert set(named) == set(names), f"{self.name}: {set(named) ^ set(names)}"

        def call_ours(*xs: Any) -> Any:
            given = {named[n]: x for n, x in zip(names, xs, strict=False)}
            options = {"training": True} if self.training else {}
            out = nn.merge(model, given)(*xs[len(names) :], *self.rest, **self.call, **options)
            return _flat(xg, out)

        def call_theirs(*xs: Any) -> Any:
            given = dict(zip(names, xs, strict=False))
            rest = [_theirs(r) for r in self.rest]
            call = {k: _theirs(v) for k, v in self.call.items()}
            out = torch.func.functional_call(theirs, given, (*xs[len(names) :], *rest), call)
            return _flat(torch, out)

        return Case(
            self.name,
            ours=call_ours,
            theirs=call_theirs,
            values=lambda rng: (*arrays, *self.inputs()),
            second=self.second,
        )


@dataclass(frozen=True)
class Layer:
    """A layer as an argument of another one."""

    name: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return self.name


def _made(x: Any) -> Any:
    return Twin(x.name, x.args, x.kwargs).ours() if isinstance(x, Layer) else x


def _theirs(x: Any) -> Any:
    if isinstance(x, Layer):
        return Twin(x.name, x.args, x.kwargs).theirs()
    return torch.tensor(x) if isinstance(x, np.ndarray) else x


def _flat(lib: Any, out: Any) -> Any:
    """Return all results of real numbers as one vector."""
    parts = [x for x in (out if isinstance(out, tuple) else (out,)) if x is not None]
    flat: list[Any] = []
    for x in parts:
        for y in x if isinstance(x, tuple) else (x,):
            flat.append(lib.reshape(y, (-1,)))
    return xg.concat(flat) if lib is xg else torch.cat(flat)


def _activations() -> list[Twin]:
    plain = (
        "ReLU ReLU6 LeakyReLU ELU SELU CELU GELU SiLU Mish Hardswish Hardtanh Hardshrink "
        "Softshrink Tanhshrink Softsign Softplus Sigmoid LogSigmoid Tanh RReLU PReLU Identity "
        "Dropout AlphaDropout FeatureAlphaDropout"
    ).split()
    rows = [Twin(name) for name in plain]
    inplace = "ReLU ReLU6 LeakyReLU ELU SELU CELU SiLU Mish Hardswish Hardtanh Dropout".split()
    rows += [Twin(name, kwargs={"inplace": False}) for name in inplace]
    rows += [
        Twin("LeakyReLU", (0.2,)),
        Twin("ELU", (0.5,)),
        Twin("CELU", (0.5,)),
        Twin("GELU", ("tanh",)),
        Twin("GELU", kwargs={"approximate": "tanh"}),
        Twin("Hardsigmoid", second=False),
        Twin("Hardtanh", (-0.3, 0.4)),
        Twin("Hardshrink", (0.2,)),
        Twin("Softshrink", (0.2,)),
        Twin("Softplus", (2.0, 1.0)),
        Twin("Threshold", (0.1, -3.0)),
        Twin("PReLU", (3,)),
        Twin("PReLU", kwargs={"num_parameters": 3, "init": 0.1}),
        Twin("RReLU", (0.2, 0.4)),
        Twin("GLU", shapes=((3, 4),)),
        Twin("GLU", (0,), shapes=((4, 3),)),
        *(
            Twin(name, kwargs={"dim": d})
            for name in ("Softmax", "LogSoftmax", "Softmin")
            for d in (0, -1)
        ),
        Twin("Softmax", (1,)),
        Twin("Softmax2d", shapes=((2, 3, 2, 2),)),
        *(Twin(f"Dropout{n}d", shapes=((2, 3, *(2,) * n),)) for n in (1, 2, 3)),
    ]
    return rows


def _pools() -> list[Twin]:
    rows = []
    for n in (1, 2, 3):
        x = ((2, 3, *(7, 6, 5)[:n]),)
        one = tuple if n > 1 else (lambda a: a[0])
        rows += [
            Twin(f"MaxPool{n}d", (2,), shapes=x),
            Twin(f"MaxPool{n}d", (3, 2, 1), shapes=x),
            Twin(f"MaxPool{n}d", kwargs={"kernel_size": 2, "stride": 1, "dilation": 2}, shapes=x),
            Twin(f"MaxPool{n}d", kwargs={"kernel_size": 2, "ceil_mode": True}, shapes=x),
            Twin(f"AvgPool{n}d", (2,), shapes=x),
            Twin(f"AvgPool{n}d", (3, 2, 1, True, False), shapes=x),
            Twin(f"LPPool{n}d", (2.0, 2), shapes=x, positive=True),
            Twin(f"AdaptiveAvgPool{n}d", (3,), shapes=x),
            Twin(f"AdaptiveMaxPool{n}d", (2,), shapes=x),
            Twin(f"AdaptiveAvgPool{n}d", (one((2, 3, 4)[:n]),), shapes=x),
            Twin(
                f"MaxUnpool{n}d",
                (2,),
                shapes=((1, 1, *(1,) * n),),
                rest=(np.zeros((1, 1, *(1,) * n), "int64"),),
            ),
        ]
    rows += [
        Twin("AvgPool2d", kwargs={"kernel_size": 2, "divisor_override": 3}, shapes=((1, 2, 4, 4),)),
        Twin("AdaptiveAvgPool2d", ((None, 2),), shapes=((1, 2, 4, 4),)),
        Twin("LocalResponseNorm", (3,), shapes=((2, 5, 4),)),
        Twin("LocalResponseNorm", (2, 0.1, 0.5, 2.0), shapes=((2, 5, 4),)),
    ]
    return rows


def _moves() -> list[Twin]:
    rows = []
    for n in (1, 2, 3):
        x = ((2, 3, *(5, 4, 3)[:n]),)
        wide = (1, 2, 2, 1, 1, 0)[: 2 * n]
        for kind in ("Zero", "Reflection", "Replication", "Circular"):
            rows += [Twin(f"{kind}Pad{n}d", (p,), shapes=x) for p in (1, wide)]
        rows.append(Twin(f"ConstantPad{n}d", (wide, 1.5), shapes=x))
    image = ((2, 3, 4, 6),)
    rows += [
        Twin("Flatten", shapes=((2, 3, 4, 2),)),
        Twin("Flatten", (0, 1), shapes=((2, 3, 4, 2),)),
        Twin("Flatten", kwargs={"start_dim": -2}, shapes=((2, 3, 4, 2),)),
        Twin("Unflatten", (1, (2, 3)), shapes=((4, 6),)),
        Twin("Unflatten", kwargs={"dim": -1, "unflattened_size": (2, -1)}, shapes=((4, 6),)),
        Twin("PixelShuffle", (2,), shapes=((2, 8, 3, 2),)),
        Twin("PixelUnshuffle", (2,), shapes=image),
        Twin("ChannelShuffle", (3,), shapes=((2, 6, 3, 2),)),
        Twin("Unfold", (2,), shapes=image),
        Twin("Unfold", ((3, 2), 1, 1, 2), shapes=image),
        Twin("Fold", ((4, 6), 2), {"stride": 2}, shapes=((2, 12, 6),)),
        Twin("Upsample", kwargs={"scale_factor": 2}, shapes=image),
        Twin("Upsample", ((5, 7),), {"mode": "bilinear", "align_corners": True}, shapes=image),
        Twin("Upsample", kwargs={"scale_factor": 1.5, "mode": "bicubic"}, shapes=image),
        Twin("UpsamplingNearest2d", kwargs={"scale_factor": 2}, shapes=image),
        Twin("UpsamplingBilinear2d", kwargs={"size": (5, 7)}, shapes=image),
    ]
    return rows


def _linear() -> list[Twin]:
    rows = [
        Twin("Linear", (3, 5)),
        Twin("Linear", kwargs={"in_features": 3, "out_features": 5, "bias": False}),
        Twin("Bilinear", (3, 4, 5), shapes=((2, 3), (2, 4))),
        Twin("Bilinear", (3, 4, 5, False), shapes=((2, 3), (2, 4))),
        Twin("Embedding", (6, 4), shapes=(), rest=(labels(2, 3, classes=6),)),
        Twin("Embedding", (6, 4, 1), shapes=(), rest=(labels(2, 3, classes=6),)),
        Twin("EmbeddingBag", (6, 4), shapes=(), rest=(labels(2, 3, classes=6),)),
        Twin(
            "EmbeddingBag", (6, 4), {"mode": "sum"}, (), (labels(6, classes=6), np.asarray([0, 2]))
        ),
    ]
    for n in (1, 2, 3):
        x = ((2, 4, *(6, 5, 4)[:n]),)
        rows += [
            Twin(f"Conv{n}d", (4, 6, 3), shapes=x),
            Twin(f"Conv{n}d", (4, 6, 3, 2, 1, 1, 2, False), shapes=x),
            Twin(f"Conv{n}d", (4, 6, 3), {"padding": "same"}, shapes=x),
            *(
                Twin(f"Conv{n}d", (4, 2, 3), {"padding": p, "padding_mode": mode}, shapes=x)
                for mode in ("reflect", "replicate", "circular")
                for p in (1, "same")
            ),
            Twin(f"ConvTranspose{n}d", (4, 6, 3), shapes=x),
            Twin(f"ConvTranspose{n}d", (4, 6, 3, 2, 1, 1, 2), shapes=x),
            Twin(f"ConvTranspose{n}d", (4, 6, 2), {"dilation": 2, "bias": False}, shapes=x),
        ]
    return rows


def _norms() -> list[Twin]:
    rows = [
        Twin("LayerNorm", (3,)),
        Twin("LayerNorm", ((4, 3),), {"eps": 1e-3}, shapes=((2, 4, 3),)),
        Twin("LayerNorm", (3,), {"elementwise_affine": False}),
        Twin("LayerNorm", (3,), {"bias": False}),
        Twin("RMSNorm", (3,)),
        Twin("RMSNorm", (3, 1e-3, False)),
        Twin("GroupNorm", (2, 4), shapes=((2, 4, 3),)),
        Twin("GroupNorm", (2, 4, 1e-3, False), shapes=((2, 4, 3),)),
    ]
    for n in (1, 2, 3):
        x = ((3, 4, *(3, 2, 2)[:n]),)
        for training in (False, True):
            rows += [
                Twin(f"BatchNorm{n}d", (4,), shapes=x, training=training),
                Twin(f"BatchNorm{n}d", (4, 1e-3, 0.2, False), shapes=x, training=training),
                Twin(
                    f"BatchNorm{n}d",
                    (4,),
                    {"track_running_stats": False},
                    shapes=x,
                    training=training,
                ),
                Twin(f"InstanceNorm{n}d", (4,), shapes=x, training=training),
                Twin(
                    f"InstanceNorm{n}d",
                    (4,),
                    {"affine": True, "track_running_stats": True},
                    shapes=x,
                    training=training,
                ),
            ]
    rows += [
        Twin("BatchNorm1d", (3,), training=True),
        Twin("InstanceNorm2d", (4,), shapes=((4, 3, 2),)),
    ]
    return rows


def _recurrent() -> list[Twin]:
    rows = []
    x = ((4, 2, 3),)
    for kind in ("RNN", "GRU", "LSTM"):
        rows += [
            Twin(kind, (3, 5), shapes=x),
            Twin(kind, (3, 5, 2), {"bidirectional": True}, shapes=x),
            Twin(kind, (3, 5), {"bias": False, "batch_first": True}, shapes=x),
            Twin(f"{kind}Cell", (3, 5), shapes=((2, 3),)),
            Twin(f"{kind}Cell", (3, 5, False), shapes=((2, 3),)),
        ]
    rows += [
        Twin("RNN", (3, 5, 1, "relu"), shapes=x),
        Twin("RNNCell", (3, 5), {"nonlinearity": "relu"}, shapes=((2, 3), (2, 5))),
        Twin("GRUCell", (3, 5), shapes=((2, 3), (2, 5))),
        Twin("GRUCell", (3, 5), shapes=((3,), (5,))),
    ]
    return rows


def _attention() -> list[Twin]:
    rng = np.random.default_rng(3)
    qkv = ((5, 2, 6), (4, 2, 6), (4, 2, 6))
    blocked = rng.random((5, 4)) < 0.4
    blocked[:, 0] = False
    padded = np.asarray([[False, False, True, True], [False, False, False, True]])
    rows = [
        Twin("MultiheadAttention", (6, 2), shapes=qkv),
        Twin(
            "MultiheadAttention",
            (6, 3),
            {"batch_first": True},
            shapes=((2, 5, 6), (2, 4, 6), (2, 4, 6)),
        ),
        Twin("MultiheadAttention", (6, 2), {"bias": False}, shapes=((5, 6), (4, 6), (4, 6))),
        Twin(
            "MultiheadAttention",
            (6, 2),
            {"kdim": 3, "vdim": 4},
            shapes=((5, 2, 6), (4, 2, 3), (4, 2, 4)),
        ),
        Twin(
            "MultiheadAttention", (6, 2), {"add_bias_kv": True, "add_zero_attn": True}, shapes=qkv
        ),
        Twin("MultiheadAttention", (6, 2), shapes=qkv, call={"attn_mask": blocked}),
        Twin(
            "MultiheadAttention", (6, 2), shapes=qkv, call={"attn_mask": rng.normal(size=(4, 5, 4))}
        ),
        Twin(
            "MultiheadAttention",
            (6, 2),
            {"add_zero_attn": True},
            shapes=qkv,
            call={"attn_mask": blocked, "key_padding_mask": padded},
        ),
        Twin("MultiheadAttention", (6, 2), shapes=qkv, call={"need_weights": False}),
        Twin("MultiheadAttention", (6, 2), shapes=qkv, call={"average_attn_weights": False}),
    ]
    small: dict[str, Any] = {"dim_feedforward": 7, "dropout": 0.0}
    causal = np.triu(np.ones((5, 5), bool), 1)
    three = Layer("TransformerEncoderLayer", (6, 2), small)
    four = Layer("TransformerDecoderLayer", (6, 2), small)
    both = ((5, 2, 6), (4, 2, 6))
    for options in (
        {},
        {"norm_first": True, "activation": "gelu"},
        {"batch_first": True, "bias": False},
    ):
        rows += [
            Twin(
                "TransformerEncoderLayer", (6, 2), {**small, **options}, ((5, 2, 6),), training=True
            ),
            Twin(
                "TransformerDecoderLayer",
                (6, 2),
                {**small, **options},
                ((2, 2, 6), (2, 2, 6)),
                training=True,
            ),
        ]
    rows += [
        Twin("TransformerEncoderLayer", (6, 2), small, ((5, 2, 6),), (causal,), training=True),
        Twin(
            "TransformerDecoderLayer", (6, 2), small, both, call={"tgt_mask": causal}, training=True
        ),
        Twin("TransformerEncoder", (three, 2), {}, ((5, 2, 6),), training=True),
        Twin(
            "TransformerEncoder",
            (three, 2, Layer("LayerNorm", (6,))),
            {},
            ((5, 2, 6),),
            training=True,
        ),
        Twin("TransformerDecoder", (four, 2), {}, both, training=True),
        Twin(
            "Transformer",
            (6, 2, 1, 2),
            small,
            ((4, 2, 6), (5, 2, 6)),
            call={"tgt_mask": causal},
            training=True,
        ),
    ]
    return rows


def _losses() -> list[Twin]:
    rows = []
    target, classes = np.random.default_rng(2).normal(size=(4, 3)), labels(4, classes=3)
    pair = ((4, 3), (4, 3))
    counts = np.random.default_rng(8).integers(0, 5, (4, 3)) * 1.0
    weight = np.asarray([0.5, 1.0, 2.0])
    for reduction in ("mean", "sum", "none"):
        r = {"reduction": reduction}
        rows += [
            *(Twin(name, kwargs=r, rest=(target,)) for name in ("L1Loss", "MSELoss")),
            Twin("SmoothL1Loss", kwargs={**r, "beta": 0.5}, rest=(target,)),
            Twin("HuberLoss", kwargs={**r, "delta": 0.5}, rest=(target,)),
            Twin("CrossEntropyLoss", kwargs={**r, "label_smoothing": 0.1}, rest=(classes,)),
            Twin("CrossEntropyLoss", kwargs={**r, "weight": weight}, rest=(classes,)),
            Twin("NLLLoss", kwargs={**r, "ignore_index": 1}, rest=(classes,)),
            Twin("BCELoss", kwargs=r, rest=(probabilities(4, 3),), positive=True),
            Twin(
                "BCEWithLogitsLoss", kwargs={**r, "pos_weight": weight}, rest=(probabilities(4, 3),)
            ),
            Twin("KLDivLoss", kwargs=r, rest=(probabilities(4, 3),)),
            Twin("CosineEmbeddingLoss", kwargs=r, shapes=pair, rest=(signs(4),)),
            Twin("HingeEmbeddingLoss", kwargs=r, rest=(signs(4, 3),)),
            Twin("MarginRankingLoss", kwargs=r, shapes=((4,), (4,)), rest=(signs(4),)),
            Twin("MultiMarginLoss", kwargs=r, rest=(classes,), second=False),
            Twin(
                "MultiLabelMarginLoss", kwargs=r, rest=(np.asarray([[1, -1, 0]] * 4),), second=False
            ),
            Twin("MultiLabelSoftMarginLoss", kwargs=r, rest=(probabilities(4, 3),)),
            Twin("SoftMarginLoss", kwargs=r, rest=(signs(4, 3),)),
            Twin("TripletMarginLoss", kwargs=r, shapes=(*pair, (4, 3))),
            Twin("TripletMarginWithDistanceLoss", kwargs=r, shapes=(*pair, (4, 3))),
            Twin("PoissonNLLLoss", kwargs={**r, "full": True}, rest=(counts,)),
            Twin("GaussianNLLLoss", kwargs=r, rest=(target, np.full((4, 3), 0.7))),
        ]
    rows += [
        Twin("CosineSimilarity", shapes=pair),
        Twin("CosineSimilarity", kwargs={"dim": 0}, shapes=pair),
        Twin("PairwiseDistance", kwargs={"keepdim": True}, shapes=pair),
    ]
    return rows


TWINS = [
    *_activations(),
    *_pools(),
    *_moves(),
    *_linear(),
    *_norms(),
    *_recurrent(),
    *_attention(),
    *_losses(),
]

BY_PROPERTY = {
    "CTCLoss": "its gradient in PyTorch is that of logits; the function is compared by them",
    **dict.fromkeys(
        ("Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict", "Module"),
        "it computes nothing; tests of modules hold it",
    ),
}
"""Layers that both have, compared in another way than by a row."""

_IN_PLACE = "nothing is changed in place: the function of the name without the underscore"
_PAIRS = "the function of the name without it takes return_indices=True"
_INSIDE = "a helper inside PyTorch that it happens to show"
_LOW = "a product of quantised or grouped matrices of a GPU, for which there is no array standard"
_LAZY = "a layer that learns its sizes from its first input; sizes are arguments here"
_RANDOM = "a pool of random windows that few use"

LACKING = {
    **dict.fromkeys(
        "celu_ elu_ hardtanh_ leaky_relu_ relu_ rrelu_ selu_ threshold_".split(), _IN_PLACE
    ),
    **dict.fromkeys(
        [
            f"{a}max_pool{n}d_with_indices"
            for a in ("", "adaptive_", "fractional_")
            for n in (1, 2, 3)
        ],
        _PAIRS,
    ),
    **dict.fromkeys(
        (
            "assert_int_or_pair boolean_dispatch has_torch_function has_torch_function_unary "
            "has_torch_function_variadic native_channel_shuffle ScalingType SwizzleType "
            "multi_head_attention_forward handle_torch_function"
        ).split(),
        _INSIDE,
    ),
    **dict.fromkeys("scaled_mm grouped_mm scaled_grouped_mm".split(), _LOW),
    **dict.fromkeys(
        [f"{kind}{n}d" for kind in ("fractional_max_pool", "FractionalMaxPool") for n in (2, 3)],
        _RANDOM,
    ),
    **dict.fromkeys(
        [
            *(
                f"Lazy{kind}{n}d"
                for kind in ("BatchNorm", "Conv", "ConvTranspose", "InstanceNorm")
                for n in (1, 2, 3)
            ),
            "LazyLinear",
        ],
        _LAZY,
    ),
    "AdaptiveLogSoftmaxWithLoss": "a loss of very many classes with a layout of its own",
    "Container": "what PyTorch itself has given up",
    "CrossMapLRN2d": "the older name of LocalResponseNorm",
    "NLLLoss2d": "the older name of NLLLoss",
    "RNNBase": "the base class of recurrent networks",
    "RNNCellBase": "the base class of recurrent cells",
    "SyncBatchNorm": "a norm over processes, which each process takes over its own batch here",
    "LinearCrossEntropyLoss": "a layer and its loss in one; functional.linear_cross_entropy",
    "LinearCrossEntropyOptions": "options of kernels",
}
"""Names of PyTorch that are not here, and why."""
