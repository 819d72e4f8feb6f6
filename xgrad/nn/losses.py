"""Losses as modules of ``(input, target)``, under PyTorch's names; see `functional`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Any

from ..arrays.types import AnyArray
from . import functional as F
from .applied import Applied
from .module import buffer, static


@dataclass(repr=False, eq=False)
class L1Loss(Applied):
    """The absolute differences.

    Args:
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
    """

    function = staticmethod(F.l1_loss)
    reduction: str = static(default="mean")


@dataclass(repr=False, eq=False)
class MSELoss(Applied):
    """The squared differences.

    Args:
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
    """

    function = staticmethod(F.mse_loss)
    reduction: str = static(default="mean")


@dataclass(repr=False, eq=False)
class SmoothL1Loss(Applied):
    """Squares of small differences, sizes of large ones.

    Args:
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
        beta: where the loss becomes linear.
    """

    function = staticmethod(F.smooth_l1_loss)
    reduction: str = static(default="mean")
    beta: float = static(default=1.0)


@dataclass(repr=False, eq=False)
class HuberLoss(Applied):
    """Squares of small differences, `delta` times sizes of large ones.

    Args:
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
        delta: where the loss becomes linear.
    """

    function = staticmethod(F.huber_loss)
    reduction: str = static(default="mean")
    delta: float = static(default=1.0)


@dataclass(repr=False, eq=False)
class CrossEntropyLoss(Applied):
    """The cross-entropy of labels, from logits.

    Args:
        weight: a factor for each class.
        ignore_index: a label whose elements count for nothing.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
        label_smoothing: how much of the probability is shared by all classes alike.
    """

    function = staticmethod(F.cross_entropy)
    weight: AnyArray | None = buffer(default=None)
    ignore_index: int = static(default=-100)
    reduction: str = static(default="mean")
    label_smoothing: float = static(default=0.0)


@dataclass(repr=False, eq=False)
class NLLLoss(Applied):
    """The negative log-likelihood of labels, from logarithms of probabilities.

    Args:
        weight: a factor for each class.
        ignore_index: a label whose elements count for nothing.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
    """

    function = staticmethod(F.nll_loss)
    weight: AnyArray | None = buffer(default=None)
    ignore_index: int = static(default=-100)
    reduction: str = static(default="mean")


@dataclass(repr=False, eq=False)
class BCELoss(Applied):
    """The cross-entropy of two classes, from the probability of the first.

    Args:
        weight: a factor for each element.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
    """

    function = staticmethod(F.binary_cross_entropy)
    weight: AnyArray | None = buffer(default=None)
    reduction: str = static(default="mean")


@dataclass(repr=False, eq=False)
class BCEWithLogitsLoss(Applied):
    """The cross-entropy of two classes, from the logit of the first.

    Args:
        weight: a factor for each element.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
        pos_weight: a factor for the first class.
    """

    function = staticmethod(F.binary_cross_entropy_with_logits)
    weight: AnyArray | None = buffer(default=None)
    reduction: str = static(default="mean")
    pos_weight: AnyArray | None = buffer(default=None)


@dataclass(repr=False, eq=False)
class KLDivLoss(Applied):
    """The Kullback-Leibler divergence, from logarithms of probabilities.

    Args:
        reduction: ``"batchmean"`` (of the mathematicians), ``"mean"``, ``"sum"`` or
            ``"none"``.
        log_target: whether the target holds logarithms.
    """

    function = staticmethod(F.kl_div)
    reduction: str = static(default="mean")
    log_target: bool = static(default=False)


@dataclass(repr=False, eq=False)
class CosineEmbeddingLoss(Applied):
    """``1 - cos`` for pairs that belong together, ``max(0, cos - margin)`` for others.

    Args:
        margin: the cosine that costs nothing.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
    """

    function = staticmethod(F.cosine_embedding_loss)
    margin: float = static(default=0.0)
    reduction: str = static(default="mean")


@dataclass(repr=False, eq=False)
class HingeEmbeddingLoss(Applied):
    """``x`` where the target is 1, and ``max(0, margin - x)`` where it is -1.

    Args:
        margin: the distance that costs nothing.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
    """

    function = staticmethod(F.hinge_embedding_loss)
    margin: float = static(default=1.0)
    reduction: str = static(default="mean")


@dataclass(repr=False, eq=False)
class MarginRankingLoss(Applied):
    """By how much one score is not ahead of another.

    Args:
        margin: by how much it is to be ahead.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
    """

    function = staticmethod(F.margin_ranking_loss)
    margin: float = static(default=0.0)
    reduction: str = static(default="mean")


@dataclass(repr=False, eq=False)
class MultiMarginLoss(Applied):
    """The hinge loss of several classes.

    Args:
        p: 1 or 2.
        margin: by how much the right class is to be ahead.
        weight: a factor for each class.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
    """

    function = staticmethod(F.multi_margin_loss)
    p: int = static(default=1)
    margin: float = static(default=1.0)
    weight: AnyArray | None = buffer(default=None)
    reduction: str = static(default="mean")


@dataclass(repr=False, eq=False)
class MultiLabelMarginLoss(Applied):
    """The hinge loss of several labels at once.

    Args:
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
    """

    function = staticmethod(F.multilabel_margin_loss)
    reduction: str = static(default="mean")


@dataclass(repr=False, eq=False)
class MultiLabelSoftMarginLoss(Applied):
    """The mean of the cross-entropies of labels that are each on or off.

    Args:
        weight: a factor for each class.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
    """

    function = staticmethod(F.multilabel_soft_margin_loss)
    weight: AnyArray | None = buffer(default=None)
    reduction: str = static(default="mean")


@dataclass(repr=False, eq=False)
class SoftMarginLoss(Applied):
    """``log(1 + exp(-t x))`` for targets t of 1 and -1.

    Args:
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
    """

    function = staticmethod(F.soft_margin_loss)
    reduction: str = static(default="mean")


@dataclass(repr=False, eq=False)
class TripletMarginLoss(Applied):
    """By how much anchors are not nearer to positive vectors than to negative ones.

    Args:
        margin: by how much they are to be.
        p: the order of the norm.
        eps: is added to each difference.
        swap: whether the distance of positive and negative counts where it is less.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
    """

    function = staticmethod(F.triplet_margin_loss)
    margin: float = static(default=1.0)
    p: float = static(default=2.0)
    eps: float = static(default=1e-6)
    swap: bool = static(default=False)
    reduction: str = static(default="mean")


@dataclass(repr=False, eq=False)
class PoissonNLLLoss(Applied):
    """The negative log-likelihood of Poisson distributions.

    Args:
        log_input: whether the input holds logarithms of rates.
        full: whether to add an approximation of the logarithm of the factorial.
        eps: keeps the logarithm of a rate of 0 finite.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
    """

    function = staticmethod(F.poisson_nll_loss)
    log_input: bool = static(default=True)
    full: bool = static(default=False)
    eps: float = static(default=1e-8)
    reduction: str = static(default="mean")


@dataclass(repr=False, eq=False)
class CTCLoss(Applied):
    """The connectionist temporal classification loss; see `functional.ctc_loss`.

    Args:
        blank: the class of the blank.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
        zero_infinity: whether an infinite loss is 0.
    """

    function = staticmethod(F.ctc_loss)
    blank: int = static(default=0)
    reduction: str = static(default="mean")
    zero_infinity: bool = static(default=False)


@dataclass(repr=False, eq=False)
class GaussianNLLLoss(Applied):
    """The negative log-likelihood of normal distributions.

    Args:
        full: whether to add ``log(2 pi) / 2``.
        eps: the variance counts as at least this.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
    """

    function = staticmethod(F.gaussian_nll_loss)
    _: KW_ONLY
    full: bool = static(default=False)
    eps: float = static(default=1e-6)
    reduction: str = static(default="mean")


@dataclass(repr=False, eq=False)
class TripletMarginWithDistanceLoss(Applied):
    """`TripletMarginLoss` with any distance.

    Args:
        distance_function: a function of two arrays; `functional.pairwise_distance` if None.
        margin: by how much anchors are to be nearer to positive vectors.
        swap: whether the distance of positive and negative counts where it is less.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
    """

    function = staticmethod(F.triplet_margin_with_distance_loss)
    _: KW_ONLY
    distance_function: Callable[[Any, Any], Any] | None = static(default=None)
    margin: float = static(default=1.0)
    swap: bool = static(default=False)
    reduction: str = static(default="mean")


@dataclass(repr=False, eq=False)
class CosineSimilarity(Applied):
    """The cosine of the angle between vectors.

    Args:
        dim: the axis that holds the vectors.
        eps: each norm counts as at least this.
    """

    function = staticmethod(F.cosine_similarity)
    dim: int = static(default=1)
    eps: float = static(default=1e-8)


@dataclass(repr=False, eq=False)
class PairwiseDistance(Applied):
    """The p-norms of the differences of vectors.

    Args:
        p: the order of the norm.
        eps: is added to each difference.
        keepdim: whether the last axis stays, with length one.
    """

    function = staticmethod(F.pairwise_distance)
    p: float = static(default=2.0)
    eps: float = static(default=1e-6)
    keepdim: bool = static(default=False)
