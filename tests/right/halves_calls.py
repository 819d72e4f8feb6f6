"""How the functions of the table of halves are called: by the names of their parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

import xgrad as xg
from xgrad import nn

F = nn.functional
N = 70_000


@dataclass(frozen=True)
class Call:
    """A call of a function of the library on arrays of any dtype.

    Attributes:
        name: the function's path, and how it is called where that is not by its defaults.
        of: a function of the arrays that derivatives are for.
        shapes: the shapes of these arrays, none of more than N elements.
        kinds: for each of them, what is made of the sample's numbers; see `numbers`.
        helpers: arrays that are given besides, as labels, in the order of its last arguments.
    """

    name: str
    of: Callable[..., Any]
    shapes: tuple[tuple[int, ...], ...]
    kinds: tuple[str, ...]
    helpers: tuple[Any, ...] = ()


def numbers(kind: str, sample: Any, shape: tuple[int, ...], turn: int) -> Any:
    """Return numbers of a kind: the sample's own, positive ones, probabilities, signs, ..."""
    x = np.roll(sample, 7 * turn)[: int(np.prod(shape))].reshape(shape)
    share = (np.arange(x.size).reshape(shape) * 37 % (101 - 2 * turn) + 1) / 103
    size = np.abs(x)
    made = {
        "": lambda: x,
        "positive": lambda: size,
        "share": lambda: share,
        "sign": lambda: np.where(share > 0.5, 1.0, -1.0),
        "small": lambda: share - 0.5,
        "log share": lambda: np.log(share),
        "smaller": lambda: x / 512,
        "unit": lambda: _units()[: x.size].reshape(shape),
    }
    return made[kind]()


ROWS = (700, 100)
_IMAGES = {"1d": (7, 10, 1000), "2d": (1, 7, 100, 100), "3d": (1, 7, 10, 10, 100)}


def _labels(count: int, below: int) -> Any:
    return (np.arange(count) * 7) % below


ARRAYS = set(
    "x a y p f input x1 x2 input1 input2 anchor positive negative query key value logits target "
    "var weight bias values linear_weight log_probs".split()
)
"""Parameters that are arrays of numbers, where they have no default."""

NUMBERS: dict[str, Any] = {
    "q": 0.3, "k": 7, "output_size": 1, "kernel_size": 10, "norm_type": 2.0, "num_groups": 1,
    "size": 5, "indices_or_sections": 7, "repeats": 2, "running_mean": None, "running_var": None,
    "normalized_shape": 100, "num_segments": 70, "shift": 5, "groups": 2, "threshold": 0.1,
    "upscale_factor": 2, "downscale_factor": 2, "threshold.value": 2.0,
}  # fmt: skip
"""What is given for a parameter without a default that is no array of numbers."""

KINDS = {
    "gaussian_nll_loss.var": "positive", "binary_cross_entropy.input": "share",
    "kl_div.target": "share", "binary_cross_entropy.target": "share",
    "binary_cross_entropy_with_logits.target": "share", "hinge_loss.target": "sign",
    "multilabel_soft_margin_loss.target": "share", "soft_margin_loss.target": "sign",
    "hinge_embedding_loss.target": "sign", "poisson_nll_loss.target": "positive",
    "poisson_nll_loss.input": "smaller", "ctc_loss.log_probs": "log share",
    "nll_loss.input": "log share",
}  # fmt: skip
"""The kind of the numbers of a function's parameter, where it is not any."""


@cache
def _units() -> Any:
    """Return numbers on both sides of 1 whose running products stay near it."""
    out, product = [], 1.0
    for _ in range(N):
        out.append(1.125 if product < 1 else 57 / 64)  # they are numbers of each kind
        product *= out[-1]
    return np.asarray(out)


_PRODUCTS = ("prod", "cumprod", "cumulative_prod", "nanprod", "nancumprod")

SHAPES: dict[str, tuple[tuple[int, ...], ...]] = {
    "cross": ((7000, 3),) * 2,
    "matrix_norm": (ROWS,),
    "pixel_shuffle": ((1, 28, 50, 50),),
    "pixel_unshuffle": (_IMAGES["2d"],),
    "unfold": (_IMAGES["2d"],),
    **dict.fromkeys(("upsample", "upsample_nearest", "upsample_bilinear"), ((1, 7, 40, 40),)),
    "interpolate": ((1, 7, 40, 40),),
    "cdist": ((70, 100),) * 2,
    "pdist": ((70, 100),),
    "bilinear": ((70, 10), (70, 20), (5, 10, 20)),
    "linear": (ROWS, (20, 100)),
    "prelu": (ROWS, (100,)),
    "conv1d": (_IMAGES["1d"], (5, 10, 30)),
    "conv2d": (_IMAGES["2d"], (5, 7, 6, 5)),
    "conv3d": (_IMAGES["3d"], (5, 7, 3, 3, 5)),
    "conv_transpose1d": (_IMAGES["1d"], (10, 5, 30)),
    "conv_transpose2d": (_IMAGES["2d"], (7, 5, 6, 5)),
    "conv_transpose3d": (_IMAGES["3d"], (7, 5, 3, 3, 5)),
    "conv_tbc": ((100, 7, 10), (5, 10, 7), (7,)),
    "scaled_dot_product_attention": ((70, 100),) * 3,
    "multilabel_margin_loss": ((70, 10),),
    "linear_cross_entropy": ((300, 100), (10, 100)),
    "ctc_loss": ((50, 4, 20),),
    "embedding": (ROWS,),
    "embedding_bag": (ROWS,),
    "matrix_power": ((100, 100),),
}
"""The shapes of the arrays that derivatives are for, where they are not one of the usual ones."""


HELPERS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "cross_entropy": lambda: (_labels(700, 100),),
    "nll_loss": lambda: (_labels(700, 100),),
    "multi_margin_loss": lambda: (_labels(700, 100),),
    "linear_cross_entropy": lambda: (_labels(300, 10),),
    "multilabel_margin_loss": lambda: (
        np.where(np.arange(700).reshape(70, 10) % 10 < 3, _labels(700, 10).reshape(70, 10), -1),
    ),
    "ctc_loss": lambda: (1 + _labels(40, 19).reshape(4, 10),),
    **dict.fromkeys(("segment_sum", "segment_max", "segment_min"), lambda: (_labels(N, 70),)),
    "take": lambda: (_labels(5000, 50),),
    "take_along_axis": lambda: (_labels(N, 50),),
    "compress": lambda: (_labels(N, 3) > 0,),
    "embedding": lambda: (_labels(5000, 7),),
    "embedding_bag": lambda: (_labels(5000, 7).reshape(5, 1000),),
}
"""Labels and places, which have no derivative."""

CALLED: dict[str, Callable[..., Any]] = {
    "segment_sum": lambda f, x, ids: f(x, ids, 70),
    "segment_max": lambda f, x, ids: f(x, ids, 70),
    "segment_min": lambda f, x, ids: f(x, ids, 70),
    "compress": lambda f, x, chosen: f(chosen, x),
    "embedding": lambda f, x, places: f(places, x),
    "embedding_bag": lambda f, x, places: f(places, x),
    "linear_cross_entropy": lambda f, x, w, labels: f(x, w, labels),
    "ctc_loss": lambda f, x, labels, **how: f(x, labels, [50, 40, 30, 50], [10, 9, 5, 10], **how),
    "rms_norm": lambda f, x, **how: f(x, 100, eps=1e-12),
    "delete": lambda f, x: f(x, np.arange(100) % 70),
    "scaled_dot_product_attention": lambda f, q, k, v: f(q, k, v, scale=1e-6),
    "batch_norm": lambda f, x: f(x, None, None, training=True)[0],
    "concat": lambda f, x: f([x, x], axis=0),
    "stack": lambda f, x: f([x, x], axis=0),
    "expand_dims": lambda f, x: f(x, axis=0),
    "squeeze": lambda f, x: f(x[None], axis=0),
    "insert": lambda f, x, y: f(x, 5, y[:1]),
    "repeat": lambda f, x: f(x, 2),
    "unfold": lambda f, x: f(x, 10, stride=10),
    "cosine_embedding_loss": lambda f, x, y, t, **how: f(x, y, t[:, 0], **how),
    "average": lambda f, x, w: f(x, weights=w),
    "percentile": lambda f, x: f(x, 30),
    "nanpercentile": lambda f, x: f(x, 30),
    "interpolate": lambda f, x: f(x, scale_factor=2, mode="bicubic"),
    "upsample": lambda f, x: f(x, scale_factor=2),
    "upsample_nearest": lambda f, x: f(x, scale_factor=2),
    "upsample_bilinear": lambda f, x: f(x, scale_factor=2),
    "matrix_power": lambda f, x: f(x / 200, 3),
}
"""How a function is called whose arguments are not told by their names."""

FORMS: dict[str, dict[str, dict[str, Any]]] = {
    "vector_norm": {"ord=1": {"ord": 1}, "ord=3": {"ord": 3}, "ord=inf": {"ord": np.inf},
                    "ord=-1": {"ord": -1}, "ord=0.5": {"ord": 0.5}},
    "matrix_norm": {"ord=1": {"ord": 1}, "ord=inf": {"ord": np.inf}},
    "std": {"correction=1": {"correction": 1}},
    "var": {"correction=1": {"correction": 1}},
    "cross_entropy": {"label_smoothing=0.1": {"label_smoothing": 0.1}},
    "poisson_nll_loss": {"log_input=False": {"log_input": False}, "full": {"full": True}},
    "gaussian_nll_loss": {"full": {"full": True}},
    "normalize": {"p=1": {"p": 1}, "p=3": {"p": 3}},
    "pairwise_distance": {"p=1": {"p": 1}, "p=3": {"p": 3}},
    "triplet_margin_loss": {"swap": {"swap": True}},
    "kl_div": {"log_target": {"log_target": True}},
}  # fmt: skip
"""Other keywords that a function is called with, besides its defaults."""

PRODUCTS: tuple[tuple[Any, ...], ...] = (
    ("matmul", xg.matmul, (20, 3500), (3500, 20)),
    ("tensordot", lambda x, y: xg.tensordot(x, y, axes=1), (20, 3500), (3500, 20)),
    *((name, getattr(xg, name), (N,), (N,)) for name in ("dot", "inner", "vdot")),
    ("einsum ij->j", lambda x: xg.einsum("ij->j", x), ROWS),
    ("einsum ij,ij->j", lambda x, y: xg.einsum("ij,ij->j", x, y), ROWS, ROWS),
    ("einsum ij,jk->ik", lambda x, y: xg.einsum("ij,jk->ik", x, y), (20, 3500), (3500, 20)),
    ("convolve", lambda x, y: xg.convolve(x, y), (7000,), (300,)),
    ("linalg.trace", xg.linalg.trace, (260, 260)),
    ("cov", xg.cov, (10, 7000)),
    ("linspace", lambda x: xg.linspace(x[:9], x[9:18], 50), (18,)),
    ("sum dtype", lambda x: xg.sum(x, axis=0, dtype=x.dtype), ROWS),
    ("cumulative_sum dtype", lambda x: xg.cumulative_sum(x, axis=0, dtype=x.dtype), ROWS),
    ("polydiv", lambda x, y: xg.polydiv(x, y)[1], (9,), (4,)),
)
"""Sums of products, which are called with what their names do not tell."""

LEFT_OUT = {
    **dict.fromkeys(
        ("all", "any", "argmax", "argmin", "argsort", "count_nonzero", "one_hot"),
        "its result is no number of the argument's dtype",
    ),
    **dict.fromkeys(
        ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "gumbel_softmax",
         "feature_alpha_dropout"),
        "draws at random",
    ),
    **dict.fromkeys(
        ("affine_grid", "grid_sample", "fold", "max_unpool1d", "max_unpool2d", "max_unpool3d",
         "array_split", "split", "unstack", "topk", "append", "pad", "eval_hermitenorm"),
        "copies or weighs a few numbers, and sums none; in the table of ops",
    ),
}  # fmt: skip
"""What is not in the table, by name, and why."""


def _usual(name: str, count: int, rows: bool) -> tuple[tuple[int, ...], ...]:
    if name in SHAPES:
        return SHAPES[name]
    image = next((shape for end, shape in _IMAGES.items() if name.endswith(end)), None)
    if image or name in ("group_norm", "instance_norm", "channel_shuffle", "local_response_norm"):
        return (image or _IMAGES["1d"],) * count
    return (ROWS if rows else (N,),) * count


def _named(
    module: Any, start: str, chosen: Callable[[str, Any], bool]
) -> Iterator[tuple[str, Any]]:
    for name in module.__all__:
        f = getattr(module, name)
        found = callable(f) and not inspect.isclass(f) and name not in LEFT_OUT
        if found and chosen(name, inspect.signature(f).parameters):
            yield f"{start}{name}", f


def functions() -> Iterator[tuple[str, Any]]:
    """Yield what reduces, normalises, loses or clips arrays: by its parameters, not by a list."""

    def sums(name: str, parameters: Any) -> bool:
        telling = ("axis", "keepdims", "ord", "correction", "reduction", "num_segments")
        return any(p in parameters for p in telling) or "clip" in name or "norm" in name

    yield from _named(xg, "", sums)
    yield from _named(xg.linalg, "linalg.", sums)
    yield from _named(xg.special, "special.", sums)
    yield from _named(F, "nn.functional.", lambda name, parameters: True)


def calls() -> Iterator[Call]:
    """Yield the calls of all functions of the table."""
    for path, f in functions():
        yield from calls_of(path, f)
    for name, f, *shapes in PRODUCTS:
        yield Call(name, f, tuple(shapes), ("",) * len(shapes))


def calls_of(path: str, f: Any) -> Iterator[Call]:
    """Yield the calls of a function: by its defaults, by each reduction, and by its forms."""
    name = path.rpartition(".")[2]
    helpers = HELPERS[name]() if name in HELPERS else ()
    given, arrays = {}, []
    parameters = list(inspect.signature(f).parameters.values())
    for p in parameters:
        if p.default is not p.empty or p.kind is p.VAR_POSITIONAL:
            continue
        if f"{name}.{p.name}" in NUMBERS:
            given[p.name] = NUMBERS[f"{name}.{p.name}"]
        elif p.name in ARRAYS and not (helpers and p.name in ("target", "indices")):
            arrays.append(p.name)
        elif name not in CALLED and not (helpers and p is parameters[len(arrays)]):
            given[p.name] = NUMBERS[p.name]
    if name == "average":
        arrays.append("weights")
    elif name in SHAPES:
        arrays = [*arrays, *("weight", "value", "bias")][: len(SHAPES[name])]
    shapes = _usual(name, max(len(arrays), 1), path.startswith("nn."))
    usual = "unit" if name in _PRODUCTS else ""
    kinds = tuple(KINDS.get(f"{name}.{a}", usual) for a in arrays) or ("",)
    forms: dict[str, dict[str, Any]] = {"": {}, **FORMS.get(name, {})}
    names = {p.name for p in parameters}
    if "reduction" in names:
        forms |= {f"reduction={r}": {"reduction": r} for r in ("sum", "none")}
    reduces = "keepdims" in names or name.startswith(("cum", "nancum"))
    if reduces and "axis" in names and [len(shape) for shape in shapes] == [1]:
        forms |= {"axis=0": {"axis": 0}, "axis=1": {"axis": 1}}
    for form, keywords in forms.items():
        call = CALLED.get(name, lambda f, *xs, **given: f(*xs, **given))
        shape = shapes
        if form in ("axis=0", "axis=1"):
            shape = (ROWS,)
        use = _bound(call, f, {} if name in CALLED else given, keywords)
        yield Call(f"{path} {form}".strip(), use, shape, kinds, helpers)


def _bound(call: Any, f: Any, given: dict[str, Any], keywords: dict[str, Any]) -> Any:
    def fully(*xs: Any, **more: Any) -> Any:
        return f(*xs, **{**more, **keywords})

    return lambda *xs: call(fully, *xs, **given)
