"""Losses of distributions, and of several labels at once."""

from __future__ import annotations

import math
from typing import Any

import xgrad as xg

from ...arrays.array import Array
from ...arrays.types import AnyArray, as_given
from ...ops.activations import softplus
from ...ops.halves import in_single
from .checks import counted, made_like, on_host, paired, reduced, require_floating, require_shape
from .fused import logit_loss


@as_given
@in_single
def gaussian_nll_loss(
    input: Array,
    target: AnyArray,
    var: AnyArray | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Array:
    """Return the negative log-likelihood of normal distributions: Nix & Weigend (1994).

    It is ``(log v + (x - t)^2 / v) / 2`` for the variance v.

    Args:
        input: predicted means x, of any shape.
        target: what was observed, in the same shape or broadcast to it.
        var: predicted variances: in the shape of the input, in that shape without its last axis or
            with length one there, or a number.
        full: whether to add ``log(2 pi) / 2``.
        eps: the variance counts as at least this; the derivative by it passes nonetheless.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.

    Returns:
        A 0-d array, or without reduction an array of the shape of the input.

    Raises:
        ValueError: if `var` does not fit, or holds negative numbers and is on the host.
    """
    function = "gaussian_nll_loss"
    v: Any = xg.full_like(input, var) if isinstance(var, (int, float)) else var
    shape = tuple(input.shape)
    if tuple(v.shape) != shape:
        if tuple(v.shape) == shape[:-1]:
            v = xg.expand_dims(v, axis=-1)
        elif tuple(v.shape) != (*shape[:-1], 1):
            raise ValueError(
                f"{function}: var has shape {tuple(v.shape)}; expected {shape}, {shape[:-1]} or "
                f"{(*shape[:-1], 1)}"
            )
    if on_host(v) and bool(xg.any(xg.stop_gradient(v) < 0)):
        raise ValueError(f"{function}: var holds negative numbers; expected variances")
    held = xg.stop_gradient(v)
    v = xg.add(v, xg.maximum(held, eps) - held)  # at least eps, with the derivative of v
    require_floating(function, input, target)
    off = input - target
    loss = 0.5 * (off * (off / v) + xg.log(v))  # a square might overflow
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return reduced(loss, reduction, function)


@as_given
@in_single
def poisson_nll_loss(
    input: Array,
    target: AnyArray,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Array:
    """Return the negative log-likelihood of Poisson distributions, but for a constant.

    Args:
        input: predicted logarithms of rates, or rates themselves; of any shape.
        target: the counts, in the same shape.
        log_input: whether the input holds logarithms: then it is ``exp(x) - t x``, else
            ``x - t log(x + eps)``.
        full: whether to add Stirling's approximation of the logarithm of the factorial where the
            count is above 1.
        eps: keeps the logarithm of a rate of 0 finite.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.

    Returns:
        A 0-d array, or without reduction an array of the shape of the input.
    """
    paired(input, target, "poisson_nll_loss")
    rate = xg.exp(input) if log_input else input
    loss = rate - (input if log_input else xg.log(input + eps)) * target
    if full:
        t = xg.where(target > 1, target, 1.0)
        stirling = t * xg.log(t) - t + 0.5 * xg.log(2 * math.pi * t)
        loss = loss + xg.where(target > 1, stirling, 0.0)
    return reduced(loss, reduction, "poisson_nll_loss")


@as_given
@in_single
def soft_margin_loss(input: Array, target: AnyArray, reduction: str = "mean") -> Array:
    """Return ``log(1 + exp(-t x))`` for targets t of 1 and -1, without overflow.

    Args:
        input: scores x, of any shape.
        target: 1 or -1, in the same shape.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.

    Returns:
        A 0-d array, or without reduction an array of the shape of the input.
    """
    paired(input, target, "soft_margin_loss")
    return reduced(softplus(-(input * target)), reduction, "soft_margin_loss")


@as_given
@in_single
def multilabel_soft_margin_loss(
    input: Array, target: AnyArray, weight: AnyArray | None = None, reduction: str = "mean"
) -> Array:
    """Return the mean over the classes of the cross-entropies of labels that are each on or off.

    Args:
        input: logits, of shape ``(..., classes)``.
        target: 1 or 0 for each class, in the same shape.
        weight: a factor for each class.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.

    Returns:
        A 0-d array, or without reduction an array of the shape without the classes.
    """
    paired(input, target, "multilabel_soft_margin_loss")
    loss = logit_loss(input, target)
    if weight is not None:
        loss = loss * weight
    return reduced(xg.mean(loss, axis=-1), reduction, "multilabel_soft_margin_loss")


@as_given
@in_single
def multilabel_margin_loss(input: Array, target: AnyArray, reduction: str = "mean") -> Array:
    """Return the hinge loss of several labels: each right class is to be ahead of each other one.

    Args:
        input: scores, of shape ``(batch, classes)`` or ``(classes,)``.
        target: the right classes as integers in the same shape; those after the first -1 do not
            count.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.

    Returns:
        A 0-d array, or without reduction an array of shape ``(batch,)`` or ``()``: the sum of
        ``max(0, 1 - (x_right - x_other))`` over the number of classes.

    Raises:
        ValueError: if a class on the host is out of range.
    """
    function = "multilabel_margin_loss"
    require_shape(target, tuple(input.shape), function, "target")
    classes = input.shape[-1]
    if on_host(target) and bool(xg.any(xg.less(target, -1) | xg.greater_equal(target, classes))):
        raise ValueError(f"{function}: a label is out of range; expected -1 to {classes - 1}")
    given = xg.cumulative_sum(xg.astype(target < 0, xg.int64), axis=-1) == 0
    labels = xg.where(given, target, xg.zeros_like(target))
    numbers = counted(labels, classes)
    named = (xg.expand_dims(labels, axis=-1) == numbers) & xg.expand_dims(given, axis=-1)
    right = xg.any(named, axis=-2)  # whether a class is among the right ones
    ahead = xg.expand_dims(xg.take_along_axis(input, labels, axis=-1), axis=-1)
    short = xg.relu(1.0 - ahead + xg.expand_dims(input, axis=-2))
    counts = xg.expand_dims(given, axis=-1) & ~xg.expand_dims(right, axis=-2)
    loss = xg.sum(xg.where(counts, short, 0.0), axis=(-2, -1)) / classes
    return reduced(loss, reduction, function)


@as_given
@in_single
def ctc_loss(
    log_probs: Array,
    targets: AnyArray,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Array:
    """Return the connectionist temporal classification loss: Graves et al. (2006), equations 5-8.

    It is the negative log-likelihood of a sequence of labels, summed over all ways in which blanks
    and repetitions spread it over the steps.

    Args:
        log_probs: logarithms of probabilities, of shape ``(steps, batch, classes)`` or
            ``(steps, classes)``.
        targets: the labels as integers, of shape ``(batch, longest)``, or all one after the other;
            none of them `blank`.
        input_lengths: how many steps each element of the batch has: integers.
        target_lengths: how many labels: integers.
        blank: the class of the blank.
        reduction: ``"mean"`` of the losses over their numbers of labels, ``"sum"``, or ``"none"``.
        zero_infinity: whether a loss is 0 where there is no way at all, which costs infinity.

    Returns:
        A 0-d array, or without reduction an array of shape ``(batch,)``, or ``()`` without a batch.

    Raises:
        ValueError: if the shapes do not fit.
    """
    function, alone = "ctc_loss", len(log_probs.shape) == 2
    x = xg.expand_dims(log_probs, axis=1) if alone else log_probs
    if len(x.shape) != 3:
        raise ValueError(
            f"{function}: log_probs has shape {tuple(log_probs.shape)}; expected (steps, batch, "
            "classes) or (steps, classes)"
        )
    steps, batch, classes = x.shape
    if not 0 <= blank < classes:
        raise ValueError(f"{function}: blank is {blank}; expected a class, 0 to {classes - 1}")
    ends, sizes = (
        _lengths(n, batch, most, name)
        for n, most, name in (
            (input_lengths, steps, "input_lengths"),
            (target_lengths, None, "target_lengths"),
        )
    )
    labels = _padded_labels(targets, sizes, batch, function)
    wide = labels.shape[1]
    rows = made_like(labels, [[blank]])
    spaced = xg.reshape(
        xg.stack([xg.broadcast_to(rows, labels.shape), labels], axis=2), (batch, 2 * wide)
    )
    spaced = xg.concat([spaced, xg.broadcast_to(rows, (batch, 1))], axis=1)
    states = 2 * wide + 1
    before = xg.concat([spaced[:, :1] * 0 - 1, spaced[:, :1] * 0 - 1, spaced[:, :-2]], axis=1)
    skips = (spaced != blank) & (spaced != before)  # where two states may be gone at once
    index = xg.broadcast_to(xg.expand_dims(spaced, axis=0), (steps, batch, states))
    scores = xg.take_along_axis(x, index, axis=2)
    none = xg.full_like(scores[0, :, :1], -math.inf)
    two = xg.concat([none, none], axis=1)
    number = counted(labels, states)
    a = xg.where(number < 2, scores[0, ...], -math.inf)
    for t in range(1, steps):
        one_back = xg.concat([none, a[:, :-1]], axis=1)
        two_back = xg.where(skips, xg.concat([two, a[:, :-2]], axis=1)[:, :states], -math.inf)
        new = xg.logsumexp(xg.stack([a, one_back, two_back], axis=0), axis=0) + scores[t, ...]
        live = [t < n for n in ends]
        a = new if all(live) else xg.where(made_like(labels, [[b] for b in live], bool), new, a)
    last = made_like(labels, [[2 * n] for n in sizes])
    final = xg.where((number == last) | (number == last - 1), a, -math.inf)
    loss = -xg.logsumexp(final, axis=1)
    if zero_infinity:
        loss = xg.where(xg.isinf(xg.stop_gradient(loss)), 0.0, loss)
    if alone:
        loss = xg.squeeze(loss, axis=0)
    if reduction == "mean":
        counts = made_like(labels, [max(n, 1) for n in sizes])
        return xg.mean(loss / xg.astype(counts, loss.dtype))
    return reduced(loss, reduction, function)


def _lengths(given: Any, batch: int, most: int | None, name: str) -> list[int]:
    """Return lengths as Python integers, one for each element of the batch."""
    values = given.tolist() if hasattr(given, "tolist") else given
    found = [values] * batch if isinstance(values, int) else [int(n) for n in values]
    if len(found) != batch or any(n < 0 or (most is not None and n > most) for n in found):
        limit = f"0 to {most}" if most is not None else "not negative"
        raise ValueError(f"ctc_loss: {name} is {found}; expected {batch} integers, {limit}")
    return found


def _padded_labels(targets: Any, sizes: list[int], batch: int, function: str) -> Any:
    """Return labels as a matrix, a row for each element of the batch."""
    wide = max(sizes, default=0)
    shape = tuple(targets.shape)
    if len(shape) == 2 and shape[0] == batch and shape[1] >= wide:
        return targets[:, :wide]
    if len(shape) != 1 or shape[0] != sum(sizes):
        raise ValueError(
            f"{function}: targets has shape {shape}; expected ({batch}, at least {wide}), or "
            f"({sum(sizes)},), all labels one after the other"
        )
    starts = [sum(sizes[:i]) for i in range(batch)]
    last = max(sum(sizes) - 1, 0)
    at = [[min(s + k, last) for k in range(wide)] for s in starts]
    if not wide:
        return xg.reshape(targets, (1, 0)) if batch == 1 else xg.zeros_like(targets)[None, :]
    return xg.take(targets, made_like(targets, at), axis=0)
