"""One factor of the chain rule, as formulas and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .formulas import formula
from .graph import Step, small
from .notation import is_atom
from .texts import Texts

__all__ = ["Line", "in_parentheses", "line_of", "place"]


@dataclass(frozen=True)
class Line:
    """One factor of the chain rule.

    Attributes:
        operation: the op, as ``o = W_o h + b_o``.
        local: its derivative in one argument, as ``do/db_o = 1``; a rule that is no product with
            a derivative is a map of the cotangent.
        local_value: the local derivative's numbers, or the shape of the Jacobian.
        chain: the chain rule, as ``dL/db_o = dL/do``.
        value: the product so far: the cotangent that this step passes on.
        shape: the shape of `value`.
    """

    operation: str
    local: str
    local_value: Any
    chain: str
    value: Any
    shape: tuple[int, ...]


def place(step: Step, parent: int) -> int:
    """Return at which argument of a step a parent comes first."""
    return next((i for i, o in enumerate(step.operands) if o.step == parent), len(step.operands))


def line_of(texts: Texts, step: Step, parent: int, part: Any, local: Any) -> Line:
    """Return the factor of a step in one of its arguments.

    Args:
        texts: the names of the steps.
        step: the op.
        parent: the argument.
        part: the cotangent that the op passes on to it.
        local: what the op makes of a cotangent of ones, if that is known.
    """
    graph = texts.graph
    out, into = texts.name(step), texts.name(graph.steps[parent])
    root = texts.name(graph.steps[graph.output])
    g = f"d{root}/d{in_parentheses(out)}"
    target = f"d{root}/d{in_parentheses(into)}"
    seeded = step.id == graph.output
    scalar = step.shape == ()
    rule = formula(step.op)
    complex_ = step.dtype is not None and step.dtype.kind == "c"
    derivative = f"d{in_parentheses(out)}/d{in_parentheses(into)}"
    shape = tuple(part.shape)
    jacobian = (*(step.shape or ()), *shape)
    if rule is None:
        text = f"{step.op}_pullback({g})"
        return Line(texts.head(step), text, jacobian, f"{target} = {text}", small(part), shape)
    names = texts.of_arguments(step, rule.arguments)
    slots = [i for i, o in enumerate(step.operands) if o.step == parent] or [0]
    if rule.kind == "elementwise":
        partials = [rule.text(i, names, scalar, complex_) for i in slots]
        partial = " + ".join(partials)
        factor = partial if len(partials) == 1 else f"({partial})"
        if complex_:
            local = None if local is None else np.conj(local)
            factor = factor if partial in ("1", "-1", "0") else f"conj({partial})"
        chain = _reduced(_product(g, factor, seeded, scalar), step.shape, shape)
        number = local if local is not None and shape == step.shape else jacobian
        return Line(
            texts.head(step),
            f"{derivative} = {partial}",
            number,
            f"{target} = {chain}",
            small(part),
            shape,
        )
    chained = " + ".join(
        rule.text(i, names | {"g": "1" if seeded else g}, scalar, complex_) for i in slots
    )
    alone = " + ".join(rule.text(i, names | {"g": "g"}, scalar, complex_) for i in slots)
    return Line(
        texts.head(step), f"g -> {alone}", jacobian, f"{target} = {chained}", small(part), shape
    )


def _product(g: str, factor: str, seeded: bool, scalar: bool) -> str:
    """Return a cotangent times a partial derivative."""
    if factor == "0":
        return "0"
    if seeded:
        return factor
    if factor == "1":
        return g
    if factor == "-1":
        return f"-{g}"
    if factor.startswith("1 / "):
        return f"{g} / {factor[4:]}"
    tight = factor if not set(factor) & set("+-/") or is_atom(factor) else f"({factor})"
    return f"{g} {tight}" if scalar else f"{g} o {tight}"


def _reduced(text: str, out: tuple[int, ...] | None, into: tuple[int, ...]) -> str:
    """Say over which axes a cotangent is summed because its argument was broadcast."""
    if out is None or out == into:
        return text
    extra = len(out) - len(into)
    axes = [*range(extra), *(i + extra for i, n in enumerate(into) if n == 1 != out[i + extra])]
    return f"sum({text}, axis {', '.join(map(str, axes))})" if axes else text


def in_parentheses(name: str) -> str:
    """Return a name as it stands below the line of a derivative."""
    return name if is_atom(name) and not set(name) & set("(^") else f"({name})"
