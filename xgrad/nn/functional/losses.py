"""Losses: how far predictions are from targets. Each takes ``reduction="mean"|"sum"|"none"``."""

from __future__ import annotations

import math
from typing import Any

import xgrad as xg

from ...arrays.array import Array
from ...arrays.types import AnyArray, as_given
from ...engine.operands import require_array
from ...ops.activations import softplus
from ...ops.halves import in_single
from .checks import (
    counted,
    on_host,
    paired,
    reduced,
    require_classes,
    require_floating,
    require_fractions,
    require_reduction,
    require_shape,
    torch_spelled,
)
from .fused import logit_loss


@as_given
@in_single
def mse_loss(
    input: Array,
    target: AnyArray,
    reduction: str = "mean",
    *,
    weight: AnyArray | None = None,
) -> Array:
    """Return the squared differences.

    Args:
        input: predictions, of any shape.
        target: what they ought to be, in the same shape: broadcasting would hide mistakes.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
        weight: a factor for each element, of the shape of the input; the mean is divided by the sum
            of these.

    Returns:
        A 0-d array, or without reduction an array of the shape of the input.
    """
    paired(input, target, "mse_loss")
    return _reduced(xg.square(input - target), weight, reduction, "mse_loss")


@as_given
@in_single
def l1_loss(
    input: Array,
    target: AnyArray,
    reduction: str = "mean",
    *,
    weight: AnyArray | None = None,
) -> Array:
    """Return the absolute differences.

    Args:
        input: predictions, of any shape.
        target: what they ought to be, in the same shape.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
        weight: a factor for each element, of the shape of the input; the mean is divided by the sum
            of these.

    Returns:
        A 0-d array, or without reduction an array of the shape of the input. Where both are equal
        the derivative is 0.
    """
    paired(input, target, "l1_loss")
    return _reduced(xg.abs(input - target), weight, reduction, "l1_loss")


@as_given
@in_single
def smooth_l1_loss(
    input: Array, target: AnyArray, reduction: str = "mean", beta: float = 1.0
) -> Array:
    """Return ``d**2 / (2 beta)`` for a difference d below beta, else ``|d| - beta / 2``.

    Args:
        input: predictions, of any shape.
        target: what they ought to be, in the same shape.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
        beta: where the loss becomes linear; with 0 it is `l1_loss`.

    Returns:
        A 0-d array, or without reduction an array of the shape of the input.

    Raises:
        ValueError: if `beta` is negative.
    """
    if beta < 0:
        raise ValueError(f"smooth_l1_loss: beta is {beta}; expected a number that is not negative")
    if beta == 0:
        return l1_loss(input, target, reduction)
    paired(input, target, "smooth_l1_loss")
    return reduced(_huber(input - target, beta) / beta, reduction, "smooth_l1_loss")


@as_given
@in_single
def huber_loss(
    input: Array,
    target: AnyArray,
    reduction: str = "mean",
    delta: float = 1.0,
    *,
    weight: AnyArray | None = None,
) -> Array:
    """Return ``d**2 / 2`` for a difference d below delta, else ``delta (|d| - delta / 2)``.

    Args:
        input: predictions, of any shape.
        target: what they ought to be, in the same shape.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
        delta: where the loss becomes linear, positive.
        weight: a factor for each element, of the shape of the input; the mean is divided by their
            number, as in PyTorch, which divides that of `mse_loss` by their sum.

    Returns:
        A 0-d array, or without reduction an array of the shape of the input.

    Raises:
        ValueError: if `delta` is not positive.
    """
    if delta <= 0:
        raise ValueError(f"huber_loss: delta is {delta}; expected a positive number")
    paired(input, target, "huber_loss")
    loss = _huber(input - target, delta)
    return reduced(_times(loss, weight, "huber_loss"), reduction, "huber_loss")


def _reduced(loss: Any, weight: Any, reduction: str, function: str) -> Any:
    """Return the weighted mean or sum of a loss, or the loss itself times the weights."""
    loss = _times(loss, weight, function)
    if weight is None or reduction != "mean":
        return reduced(loss, reduction, function)
    return xg.sum(loss) / xg.sum(weight)


def _times(loss: Any, weight: Any, function: str) -> Any:
    """Return a loss times the weights, if there are any, which must have its shape."""
    if weight is None:
        return loss
    if tuple(weight.shape) != tuple(loss.shape):
        raise ValueError(
            f"{function}: weight has shape {tuple(weight.shape)}; expected that of the input, "
            f"{tuple(loss.shape)}. Weights of the examples alone: "
            "xgrad.broadcast_to(weight[:, None], input.shape)"
        )
    return loss * weight


def _huber(d: Any, delta: float) -> Any:
    """Return ``d**2 / 2`` in the middle; with d clipped to delta, c, both are ``c (d - c / 2)``."""
    clipped = xg.clip(d, -delta, delta)
    return clipped * (d - 0.5 * clipped)


def _class_axis(input: Any, function: str) -> int:
    if not input.shape:
        raise ValueError(f"{function}: input is a scalar; expected an axis with the classes")
    return 1 if len(input.shape) > 1 else 0


@as_given
@in_single
def cross_entropy(
    input: Array,
    target: AnyArray,
    weight: AnyArray | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Array:
    """Return the cross-entropy of labels, from logits.

    A class out of range raises where the labels are on the CPU; on an accelerator, where a look
    would wait for the device, it makes the loss NaN.

    Args:
        input: unnormalised logarithms of probabilities, of shape ``(batch, classes, ...)`` or
            ``(classes,)``.
        target: the classes as integers of shape ``(batch, ...)``, or a probability for each class
            in the shape of the input.
        weight: a weight for each class. The mean is then the weighted one.
        ignore_index: a label whose elements count for nothing; only with integer labels.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
        label_smoothing: how much of the probability is shared by all classes alike.

    Returns:
        A 0-d array, or without reduction an array of shape ``(batch, ...)``.

    Raises:
        ValueError: if `label_smoothing` is no probability, or a label on the host is no class.

    >>> import numpy as np, xgrad as xg
    >>> logits = np.asarray([[2.0, 0.0], [0.0, 1e4]])
    >>> round(float(xg.nn.functional.cross_entropy(logits, np.asarray([0, 1]))), 6)
    0.063464
    """
    function = "cross_entropy"
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"{function}: label_smoothing is {label_smoothing}; expected 0 to 1")
    require_array(function, "target", target)
    axis = _class_axis(input, function)
    classes = input.shape[axis]
    if weight is not None:
        require_shape(weight, (classes,), function, "weight")
    logs = xg.log_softmax(input, axis=axis)
    if tuple(target.shape) == tuple(input.shape) and not xg.isdtype(target.dtype, "integral"):
        require_reduction(reduction, function)
        if label_smoothing:
            target = target * (1 - label_smoothing) + label_smoothing / classes
        loss = -xg.sum(_weighted(logs, weight, axis) * target, axis=axis)
        if reduction == "mean":
            batch = input.shape[0] if len(input.shape) > 1 else 1
            return xg.sum(loss) / (batch * math.prod(input.shape[2:]))
        return reduced(loss, reduction, function)
    if not label_smoothing:
        return _negative_log_likelihood(logs, target, weight, ignore_index, reduction, function)
    require_reduction(reduction, function)
    hard, scale, kept = _likelihood_parts(logs, target, weight, ignore_index, function)
    even = -xg.sum(_weighted(logs, weight, axis), axis=axis)
    even = even if kept is None else xg.where(kept, even, 0.0)
    loss = (1 - label_smoothing) * hard + label_smoothing / classes * even
    return _averaged(loss, scale, reduction, function)


@as_given
@in_single
def nll_loss(
    input: Array,
    target: AnyArray,
    weight: AnyArray | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Array:
    """Return the negative log-likelihood of labels, from logarithms of probabilities.

    Args:
        input: normalised logarithms of probabilities, as of `log_softmax`, of shape
            ``(batch, classes, ...)`` or ``(classes,)``.
        target: the classes as integers of shape ``(batch, ...)``.
        weight: a weight for each class. The mean is then the weighted one.
        ignore_index: a label whose elements count for nothing.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.

    Returns:
        A 0-d array, or without reduction an array of the shape of the target.
    """
    if weight is not None:
        axis = _class_axis(input, "nll_loss")
        require_shape(weight, (input.shape[axis],), "nll_loss", "weight")
    return _negative_log_likelihood(input, target, weight, ignore_index, reduction, "nll_loss")


def _weighted(logs: Any, weight: Any, axis: int) -> Any:
    if weight is None:
        return logs
    return logs * xg.reshape(weight, (-1,) + (1,) * (len(logs.shape) - axis - 1))


def _likelihood_parts(
    logs: Any, target: Any, weight: Any, ignore_index: int, function: str
) -> tuple[Any, Any, Any]:
    """Return the loss and the weight of each element, and which elements count (None: all)."""
    axis = _class_axis(logs, function)
    shape = tuple(logs.shape)
    require_shape(target, shape[:axis] + shape[axis + 1 :], function, "target")
    target, good = require_classes(target, shape[axis], function, ignore_index)
    kept = None
    if not on_host(target) or bool(xg.any(target == ignore_index)):
        kept = target != ignore_index
        target = xg.where(kept, target, xg.zeros_like(target))
    places = xg.expand_dims(target, axis=axis)
    loss = -xg.squeeze(xg.take_along_axis(logs, places, axis=axis), axis=axis)
    scale = None
    if weight is not None:
        scale = xg.take(weight, target, axis=0)
        loss = loss * scale
    if kept is not None:
        ones = xg.ones_like(loss) if scale is None else scale
        scale = xg.where(kept, ones, 0.0)
        loss = xg.where(kept, loss, 0.0)
    if good is not None:
        loss = xg.where(good, loss, xg.nan)
    return loss, scale, kept


def _negative_log_likelihood(
    logs: Any, target: Any, weight: Any, ignore_index: int, reduction: str, function: str
) -> Any:
    loss, scale, _ = _likelihood_parts(logs, target, weight, ignore_index, function)
    return _averaged(loss, scale, reduction, function)


def _averaged(loss: Any, scale: Any, reduction: str, function: str) -> Any:
    """Return a loss reduced, its mean weighted by `scale`."""
    if reduction == "mean" and scale is not None:
        return xg.sum(loss) / xg.sum(scale)
    return reduced(loss, reduction, function)


@as_given
@in_single
def binary_cross_entropy_with_logits(
    input: Array,
    target: AnyArray,
    weight: AnyArray | None = None,
    reduction: str = "mean",
    pos_weight: AnyArray | None = None,
) -> Array:
    """Return the cross-entropy of two classes, from the logit of the first.

    It is ``-t log s(x) - (1 - t) log s(-x)``, computed without overflow or terms that cancel.

    Args:
        input: logits, of any shape.
        target: the probability of the first class, in the shape of the input.
        weight: a factor for each element.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
        pos_weight: a factor for the first class.

    Returns:
        A 0-d array, or without reduction an array of the shape of the input.
    """
    function = "binary_cross_entropy_with_logits"
    paired(input, target, function)
    if pos_weight is None:
        loss = logit_loss(input, target)
    else:
        loss = softplus(-input) * target * pos_weight + softplus(input) * (1 - target)
    return reduced(loss if weight is None else loss * weight, reduction, function)


@as_given
@in_single
def binary_cross_entropy(
    input: Array, target: AnyArray, weight: AnyArray | None = None, reduction: str = "mean"
) -> Array:
    """Return the cross-entropy of two classes, from the probability of the first.

    Its logarithms are not let below -100, so that a probability of exactly 0 or 1 gives a finite
    loss. From logits use `binary_cross_entropy_with_logits`, which is exact.

    Args:
        input: the predicted probability of the first class, of any shape.
        target: its true probability, 1 or 0 for a label, in the same shape.
        weight: a factor for each element.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.

    Returns:
        A 0-d array, or without reduction an array of the shape of the input.

    Raises:
        ValueError: if the shapes differ, or an input on the host is no probability.
    """
    paired(input, target, "binary_cross_entropy")
    require_fractions(input, "binary_cross_entropy")
    logs = _bounded(xg.log, input, 0.0), _bounded(xg.log1p, -input, 1.0)
    loss = -(logs[0] * target + logs[1] * (1 - target))
    return reduced(loss if weight is None else loss * weight, reduction, "binary_cross_entropy")


def _bounded(log: Any, p: Any, start: float) -> Any:
    """Return the logarithm of ``start + p``, by `log` or `log1p`, and no less than -100."""
    inside = start + p > math.exp(-100.0)
    return xg.where(inside, log(xg.where(inside, p, 1.0 - start)), -100.0)


@as_given
@in_single
def kl_div(
    input: Array, target: AnyArray, reduction: str = "mean", log_target: bool = False
) -> Array:
    """Return the Kullback-Leibler divergence ``target (log target - input)``.

    Args:
        input: logarithms of probabilities.
        target: probabilities, or their logarithms if `log_target`.
        reduction: ``"batchmean"`` (the sum over the first axis' length, which is the divergence
            of the mathematicians), ``"mean"`` over all elements, ``"sum"`` or ``"none"``.
        log_target: whether the target holds logarithms.

    Returns:
        A 0-d array, or without reduction an array of the shape of the input. Where the target is 0
        the loss is 0.
    """
    paired(input, target, "kl_div")
    if log_target:
        loss = -(input - target) * xg.exp(target)
    else:  # 0 log 0 = 0
        loss = -(input * target + xg.special.entr(xg.where(target > 0, target, 1.0)))
    if reduction == "batchmean":
        return xg.sum(loss) / input.shape[0]
    return reduced(loss, reduction, "kl_div")


@as_given
@torch_spelled
@in_single
def cosine_similarity(x1: Array, x2: AnyArray, axis: int = 1, eps: float = 1e-8) -> Array:
    """Return the cosine of the angle between vectors along an axis; 0 if one of them is 0.

    Args:
        x1: vectors.
        x2: vectors; the other axes are broadcast.
        axis: the axis that holds the vectors.
        eps: each norm counts as at least this.

    Returns:
        Numbers from -1 to 1, of the broadcast shape without the axis.
    """
    require_floating("cosine_similarity", x1, x2)
    dot = xg.sum(x1 * x2, axis=axis)
    return dot / (_norm(x1, axis, eps) * _norm(x2, axis, eps))


def _norm(x: Any, axis: int, eps: float) -> Any:
    return xg.maximum(xg.linalg.vector_norm(x, axis=axis), eps)


@as_given
@in_single
def cosine_embedding_loss(
    input1: Array, input2: AnyArray, target: AnyArray, margin: float = 0.0, reduction: str = "mean"
) -> Array:
    """Return ``1 - cos`` for pairs that belong together, ``max(0, cos - margin)`` for others.

    Args:
        input1: vectors, of shape ``(batch, n)`` or ``(n,)``.
        input2: vectors, in the same shape.
        target: 1 for pairs that belong together, -1 for others, of shape ``(batch,)`` or ``()``.
        margin: the cosine that costs nothing.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.

    Returns:
        A 0-d array, or without reduction an array of the shape of the target.
    """
    paired(input1, input2, "cosine_embedding_loss")
    cos = cosine_similarity(input1, input2, axis=-1)
    loss = xg.where(target > 0, 1 - cos, xg.relu(cos - margin))
    return reduced(loss, reduction, "cosine_embedding_loss")


@as_given
@in_single
def hinge_embedding_loss(
    input: Array, target: AnyArray, margin: float = 1.0, reduction: str = "mean"
) -> Array:
    """Return ``x`` where the target is 1, and ``max(0, margin - x)`` where it is -1.

    Args:
        input: distances, of any shape.
        target: 1 or -1, in the same shape.
        margin: the distance that costs nothing where the target is -1.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.

    Returns:
        A 0-d array, or without reduction an array of the shape of the input.
    """
    paired(input, target, "hinge_embedding_loss")
    loss = xg.where(target > 0, input, xg.relu(margin - input))
    return reduced(loss, reduction, "hinge_embedding_loss")


@as_given
@in_single
def hinge_loss(
    input: Array, target: AnyArray, margin: float = 1.0, reduction: str = "mean"
) -> Array:
    """Return ``max(0, margin - t x)`` for targets t of 1 and -1: a support vector machine's.

    Args:
        input: scores x, of any shape.
        target: 1 or -1, in the same shape.
        margin: how far on the right side a score costs nothing.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.

    Returns:
        A 0-d array, or without reduction an array of the shape of the input.
    """
    paired(input, target, "hinge_loss")
    return reduced(xg.relu(margin - input * target), reduction, "hinge_loss")


@as_given
@in_single
def multi_margin_loss(
    input: Array,
    target: AnyArray,
    p: int = 1,
    margin: float = 1.0,
    weight: AnyArray | None = None,
    reduction: str = "mean",
) -> Array:
    """Return the hinge loss of several classes: the mean of ``max(0, margin - x_t + x_i)**p``.

    Args:
        input: scores, of shape ``(batch, classes)`` or ``(classes,)``.
        target: the classes t as integers, of shape ``(batch,)`` or ``()``.
        p: 1 or 2.
        margin: by how much the right class is to be ahead.
        weight: a factor for each class.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.

    Returns:
        A 0-d array, or without reduction an array of the shape of the target.

    Raises:
        ValueError: if `p` is neither 1 nor 2, or a label on the host is no class.
    """
    function = "multi_margin_loss"
    if p not in (1, 2):
        raise ValueError(f"{function}: p is {p}; expected 1 or 2")
    classes = input.shape[-1]
    require_shape(target, tuple(input.shape[:-1]), function, "target")
    target, good = require_classes(target, classes, function)
    places = xg.expand_dims(target, axis=-1)
    right = xg.take_along_axis(input, places, axis=-1)
    short = xg.relu(margin - right + input)
    loss = short if p == 1 else xg.square(short)
    if weight is not None:
        require_shape(weight, (classes,), function, "weight")
        loss = loss * xg.expand_dims(xg.take(weight, target, axis=0), axis=-1)
    others = counted(target, classes) != places
    loss = xg.sum(xg.where(others, loss, 0.0), axis=-1) / classes
    if good is not None:
        loss = xg.where(good, loss, xg.nan)
    return reduced(loss, reduction, function)
