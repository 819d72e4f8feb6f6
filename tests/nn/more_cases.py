"""The table of the functions of networks, continued: what programs of PyTorch use besides."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad as xg
import xgrad.nn.functional as F
from tests.nn.cases import TF, Case, labels, probabilities, signs, torch


def _activations() -> list[Case]:
    names = "celu hardtanh relu6 hardsigmoid hardshrink softshrink softsign tanh tanhshrink".split()
    cases = [
        Case(name, ((20,),), scale=s, second=name != "hardsigmoid")
        for name in names
        for s in (1.0, 5.0, 1e4)
    ]
    cases += [
        Case("celu", ((3, 4),), options={"alpha": 0.5}),
        Case("hardtanh", ((3, 4),), options={"min_val": -0.3, "max_val": 0.6}),
        Case("hardshrink", ((9,),), options={"lambd": 0.2}),
        Case("softshrink", ((9,),), options={"lambd": 0.2}),
        Case("threshold", ((9,),), (0.3, -2.0)),
        Case("prelu", ((4, 3), (3,))),
        Case("prelu", ((2, 3, 4, 2), (3,))),
        Case("prelu", ((2, 3, 4), (1,))),
        Case("rrelu", ((9,),), options={"lower": 0.1, "upper": 0.4}),
        Case("softmin", ((3, 4),), (1,)),
        Case("softmin", ((3, 4),), (0,), scale=1e4),
    ]
    for name in ("softmax", "log_softmax", "softmin", "normalize", "glu", "cosine_similarity"):
        shapes = ((4, 6), (4, 6)) if name == "cosine_similarity" else ((4, 6),)
        cases.append(Case(name, shapes, options={"dim": 0}))
    return cases


def _borders() -> list[Case]:
    cases = [
        Case("pad", ((2, 3),), ((1, 2),)),
        Case("pad", ((2, 3, 4),), ((1, 0, 2, 1),), {"value": 1.5}),
        Case("pad", ((2, 3, 5),), ((-1, 2, 1, -1),)),
        Case("pad", ((5,),), ((-2, -1),)),
    ]
    for mode in ("reflect", "replicate", "circular"):
        cases += [
            Case("pad", ((2, 5),), ((2, 1),), {"mode": mode}),
            Case("pad", ((2, 3, 4, 5),), ((2, 1, 1, 3),), {"mode": mode}),
            Case("pad", ((2, 3, 4, 3, 5),), ((1, 2, 2, 1, 0, 3),), {"mode": mode}),
        ]
    return cases


def _interpolations() -> list[Case]:
    cases = []
    shapes = {1: (2, 3, 5), 2: (2, 3, 5, 4), 3: (1, 2, 4, 3, 5)}
    sizes: dict[int, Any] = {1: 8, 2: (3, 9), 3: (6, 5, 2)}
    factors: dict[int, Any] = {1: 1.7, 2: (2.0, 0.6), 3: 1.5}
    modes = {1: "linear", 2: "bilinear", 3: "trilinear"}
    for n, shape in shapes.items():
        for mode in ("nearest", "nearest-exact", "area", modes[n], *["bicubic"][: n == 2]):
            smooth = mode not in ("nearest", "nearest-exact", "area")
            for aligned in (None, True, False) if smooth else (None,):
                for how in ({"size": sizes[n]}, {"scale_factor": factors[n]}):
                    more = {} if aligned is None else {"align_corners": aligned}
                    cases.append(
                        Case("interpolate", (shape,), options={**how, "mode": mode, **more})
                    )
            again = {"scale_factor": factors[n], "mode": mode, "recompute_scale_factor": True}
            cases.append(Case("interpolate", (shape,), options=again))
    for mode in ("bilinear", "bicubic"):
        for size in ((3, 9), (2, 2), (12, 3)):
            options = {"size": size, "mode": mode, "antialias": True}
            cases.append(Case("interpolate", ((2, 2, 9, 8),), options=options))
    image = ((1, 2, 3, 4),)
    cases += [
        Case("upsample", image, options={"scale_factor": 2, "mode": "bilinear"}),
        Case("upsample_nearest", image, options={"scale_factor": 2}),
        Case("upsample_bilinear", image, options={"size": (5, 7)}),
    ]
    return cases


def _pixels() -> list[Case]:
    cases = [
        Case("pixel_shuffle", ((2, 12, 3, 2),), (2,)),
        Case("pixel_shuffle", ((9, 2, 2),), (3,)),
        Case("pixel_unshuffle", ((2, 3, 4, 6),), (2,)),
        Case(
            "channel_shuffle", ((2, 6, 3),), (3,), theirs=lambda x, g: torch.channel_shuffle(x, g)
        ),
    ]
    for options in (
        {"kernel_size": 2},
        {"kernel_size": (3, 2), "stride": 2, "padding": 1},
        {"kernel_size": 2, "dilation": (2, 1), "padding": (0, 1), "stride": (1, 2)},
    ):
        cases.append(Case("unfold", ((2, 3, 6, 5),), options=options))
        columns = F.unfold(np.zeros((2, 3, 6, 5)), **options).shape
        cases.append(Case("fold", (columns,), options={"output_size": (6, 5), **options}))
    cases += [
        Case("fold", ((2, 12, 20),), options={"output_size": (6, 5), "kernel_size": 2}),
        Case("fold", ((12, 20),), options={"output_size": (6, 5), "kernel_size": 2}),
        Case("unfold", ((3, 6, 5),), options={"kernel_size": 2}),
    ]
    return cases


def _grids() -> list[Case]:
    cases = []
    for aligned in (True, False):
        more = {"align_corners": aligned}
        cases += [
            Case("affine_grid", ((2, 2, 3),), ((2, 3, 4, 5),), more),
            Case("affine_grid", ((2, 3, 4),), ((2, 1, 3, 4, 2),), more),
        ]
        for padding in ("zeros", "border", "reflection"):
            for mode in ("bilinear", "nearest", "bicubic"):
                options = {"mode": mode, "padding_mode": padding, **more}
                cases.append(_sampled((2, 3, 5, 4), (2, 3, 6, 2), options))
                if mode != "bicubic":
                    cases.append(_sampled((1, 2, 3, 4, 2), (1, 2, 3, 2, 3), options))
    return cases


def _sampled(image: Any, grid: Any, options: Any) -> Case:
    """Return a row of images and a grid, which has a derivative unless the nearest is taken."""
    where = np.random.default_rng(9).uniform(-1.6, 1.6, grid)
    if options["mode"] == "nearest":
        return Case("grid_sample", (image,), (where,), options)
    return Case(
        "grid_sample",
        options=options,
        values=lambda rng: (rng.normal(size=image), where),
        second=False,
    )


def _distances() -> list[Case]:
    cases = []
    pair, three = ((4, 3), (4, 3)), ((4, 3), (4, 3), (4, 3))
    for p in (1.0, 2.0, 3.0):
        cases += [
            Case("pairwise_distance", pair, options={"p": p, "keepdim": p == 2}),
            Case(
                "cdist", ((2, 4, 3), (2, 5, 3)), options={"p": p}, theirs=_their_cdist, second=False
            ),
            Case("pdist", ((5, 3),), options={"p": p}, second=False),
        ]
    for reduction in ("mean", "sum", "none"):
        more = {"reduction": reduction}
        cases += [
            Case("margin_ranking_loss", ((6,), (6,)), (signs(6),), {**more, "margin": 0.3}),
            Case("triplet_margin_loss", three, options={**more, "margin": 0.7}),
            Case("triplet_margin_loss", three, options={**more, "p": 3.0, "swap": True}),
            Case("triplet_margin_with_distance_loss", three, options={**more, "swap": True}),
        ]
    return cases


def _their_cdist(a: Any, b: Any, p: float) -> Any:
    return torch.cdist(a, b, p=p, compute_mode="donot_use_mm_for_euclid_dist")


def _likelihoods() -> list[Case]:
    cases = []
    counts = np.random.default_rng(8).integers(0, 5, (4, 3)) * 1.0
    right = np.asarray([[2, 0, -1, 1], [1, -1, 0, 2], [-1, 2, 2, 2], [3, 1, 0, 2]])
    for reduction in ("mean", "sum", "none"):
        more = {"reduction": reduction}

        def with_variance(rng: Any) -> Any:
            return rng.normal(size=(4, 3)), rng.normal(size=(4, 3)), rng.uniform(0.1, 2, (4, 3))

        def with_one(rng: Any) -> Any:
            return rng.normal(size=(4, 3)), rng.normal(size=(4, 3)), rng.uniform(0.1, 2, (4,))

        def rates(rng: Any) -> Any:
            return (rng.uniform(0.1, 3.0, (4, 3)),)

        for full in (False, True):
            cases += [
                Case("gaussian_nll_loss", options={**more, "full": full}, values=with_variance),
                Case("gaussian_nll_loss", options={**more, "full": full}, values=with_one),
                Case("poisson_nll_loss", ((4, 3),), (counts,), {**more, "full": full}),
                Case(
                    "poisson_nll_loss",
                    (),
                    (counts,),
                    {**more, "full": full, "log_input": False},
                    values=rates,
                ),
            ]
        cases += [
            Case("soft_margin_loss", ((4, 3),), (signs(4, 3),), more),
            Case("multilabel_soft_margin_loss", ((4, 3),), (probabilities(4, 3),), more),
            Case(
                "multilabel_soft_margin_loss",
                ((4, 3),),
                (probabilities(4, 3),),
                {**more, "weight": np.asarray([0.5, 1.0, 2.0])},
            ),
            Case("multilabel_margin_loss", ((4, 4),), (right,), more, second=False),
            Case("multilabel_margin_loss", ((4,),), (right[0],), more, second=False),
        ]
        for targets in (
            np.asarray([[1, 2, 2, 3], [3, 1, 1, 1], [2, 1, 3, 1]]),
            np.asarray([1, 2, 2, 3, 3, 1, 2]),
        ):
            for infinite in (False, True):
                cases.append(
                    Case(
                        "ctc_loss",
                        ((9, 3, 4),),
                        options={
                            **more,
                            "targets": targets,
                            "input_lengths": (9, 7, 8),
                            "target_lengths": (4, 1, 2),
                            "zero_infinity": infinite,
                        },
                        ours=_of_logits(F),
                        theirs=_of_logits(TF),
                        second=False,
                    )
                )
    cases.append(
        Case(
            "ctc_loss",
            ((4, 2, 4),),
            options={
                "targets": np.asarray([[1, 1, 1], [1, 2, 3]]),
                "input_lengths": (4, 4),
                "target_lengths": (3, 2),
                "zero_infinity": True,
                "blank": 0,
            },
            ours=_of_logits(F),
            theirs=_of_logits(TF),
            second=False,
        )
    )
    return cases


def _of_logits(library: Any) -> Any:
    """Return the loss of logits: by log_softmax PyTorch's gradient is the derivative."""

    def loss(x: Any, *, targets: Any, **options: Any) -> Any:
        theirs = library is TF
        targets = torch.tensor(targets) if theirs and isinstance(targets, np.ndarray) else targets
        return library.ctc_loss(library.log_softmax(x, 2), targets, **options)

    return loss


def _bags() -> list[Case]:
    cases = [
        Case("bilinear", ((5, 3), (5, 4), (2, 3, 4), (2,))),
        Case("bilinear", ((2, 5, 3), (2, 5, 4), (2, 3, 4))),
        Case("conv_tbc", ((6, 2, 3), (3, 3, 4), (4,)), options={"pad": 1}),
        Case(
            "linear_cross_entropy",
            ((5, 3), (4, 3)),
            (labels(5, classes=4),),
            ours=lambda x, w, t: F.linear_cross_entropy(x, w, t),
            theirs=lambda x, w, t: TF.cross_entropy(TF.linear(x, w), t),
        ),
    ]
    index = labels(4, 3, classes=5)
    flat, starts = labels(8, classes=5), np.asarray([0, 2, 2, 5])
    for mode in ("sum", "mean", "max"):
        for padding in (None, 1):
            for extra in ({}, {"offsets": starts}):
                options = {"mode": mode, "padding_idx": padding, **extra}
                cases.append(_bag(((5, 3),), flat if extra else index, options))
    cases.append(_bag(((5, 3), (4, 3)), index, {"mode": "sum"}))
    ends = {"offsets": np.asarray([0, 3, 8]), "include_last_offset": True}
    cases.append(_bag(((5, 3), (8,)), flat, {"mode": "sum", **ends}))
    return cases


def _bag(shapes: Any, index: Any, options: Any) -> Case:
    def ours(w: Any, *s: Any, **kw: Any) -> Any:
        i = kw.pop("input")
        return F.embedding_bag(i, w, per_sample_weights=s[0] if s else None, **kw)

    def theirs(w: Any, *s: Any, **kw: Any) -> Any:
        kw = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in kw.items()}
        i = kw.pop("input")
        return TF.embedding_bag(i, w, per_sample_weights=s[0] if s else None, **kw)

    more = {"input": index, **options}
    # PyTorch's second derivative by the factors is refused, and that of a maximum is not there
    second = len(shapes) == 1 and options["mode"] != "max"
    return Case("embedding_bag", shapes, options=more, ours=ours, theirs=theirs, second=second)


def _pools() -> list[Case]:
    cases = []
    for n in (1, 2, 3):
        shape = (2, 3, *(6, 5, 4)[:n])
        positive = {"values": lambda rng, shape=shape: (rng.uniform(0.2, 1.0, shape),)}
        for options in ({"kernel_size": 2}, {"kernel_size": 3, "stride": 2, "ceil_mode": True}):
            for p in (2.0, 3.0):
                cases.append(Case(f"lp_pool{n}d", (), (p,), options, **positive))
        plain = {"kernel_size": 2, "stride": 2}
        cases.append(_unpool(n, shape, plain))
        cases.append(_unpool(n, shape, {"kernel_size": 3, "stride": 3, "padding": 1}))
        where = {"kernel_size": 3, "stride": 2, "padding": 1, "dilation": 1, "return_indices": True}
        cases.append(_indices(n, shape, where))
        cases.append(_indices(n, shape, {**plain, "dilation": 2, "return_indices": True}))
        cases.append(Case("local_response_norm", ((2, 7, *(3, 2, 2)[:n]),), (3,)))
    for n in (2, 3):
        options = {"kernel_size": 2, "divisor_override": 3}
        cases.append(Case(f"avg_pool{n}d", ((2, 3, *(6, 5, 4)[:n]),), options=options))
    more = {"alpha": 0.1, "beta": 0.5, "k": 2.0}
    cases.append(Case("local_response_norm", ((2, 7, 3),), (4,), more))
    return cases


def _unpool(n: int, shape: Any, options: Any) -> Case:
    def both(library: Any) -> Any:
        def f(x: Any) -> Any:
            pool = getattr(library, f"max_pool{n}d")
            y, i = pool(x, return_indices=True, **options)
            return getattr(library, f"max_unpool{n}d")(y, i, output_size=tuple(x.shape), **options)

        return f

    return Case(f"max_unpool{n}d", (shape,), ours=both(F), theirs=both(TF))


def _indices(n: int, shape: Any, options: Any) -> Case:
    """Return a row of where maxima are; their places count as numbers of no derivative."""

    def ours(x: Any) -> Any:
        y, i = getattr(F, f"max_pool{n}d")(x, **options)
        return xg.concat([xg.reshape(y, (-1,)), xg.reshape(xg.astype(i, y.dtype), (-1,))])

    def theirs(x: Any) -> Any:
        y, i = getattr(TF, f"max_pool{n}d")(x, **options)
        return torch.cat([y.reshape(-1), i.reshape(-1).to(y.dtype)])

    return Case(f"max_pool{n}d", (shape,), ours=ours, theirs=theirs)


MORE = [
    *_activations(),
    *_borders(),
    *_interpolations(),
    *_pixels(),
    *_grids(),
    *_distances(),
    *_likelihoods(),
    *_bags(),
    *_pools(),
]
