"""The names of the steps of a graph, and what each computes, written in these names."""

from __future__ import annotations

from typing import Any

from .graph import Graph, Operand, Step
from .notation import operation

__all__ = ["Texts"]

INLINE = 24
"""An unnamed intermediate result is written out where it is used, if its text is no longer."""


class Texts:
    """The names of the steps of a graph, and their operations in these names.

    A result that the user's code gave no name is called `unnamed`; by default it is written out
    where it is used, or numbered.
    """

    def __init__(self, graph: Graph, unnamed: str = "") -> None:
        self.graph = graph
        uses: dict[int, int] = {}
        for step in graph.steps.values():
            for operand in step.operands:
                if operand.step is not None:
                    uses[operand.step] = uses.get(operand.step, 0) + 1
        self.names = {step.id: step.name or unnamed for step in graph.steps.values()}
        count = 0
        for step in graph.steps.values():
            if self.names[step.id]:
                continue
            text = self.operation(step) if not step.is_leaf else ""
            if text and len(text) <= INLINE and uses.get(step.id, 0) == 1:
                self.names[step.id] = text
            else:
                count += 1
                self.names[step.id] = f"t{count}"

    def name(self, step: Step) -> str:
        """Return how a step's result is called."""
        return self.names[step.id]

    def operand(self, operand: Operand) -> str:
        """Return how an argument is called."""
        if operand.step is not None:
            return self.names.get(operand.step, "?")
        if operand.text:
            return operand.text
        return f"const{list(operand.shape or ())}"

    def operation(self, step: Step) -> str:
        """Return what a step computes."""
        operands = [self.operand(o) for o in step.operands] or [
            self.names.get(p, "?") for p in step.parents
        ]
        return operation(step.op, operands, step.settings, step.shape == ())

    def head(self, step: Step) -> str:
        """Return a step as an equation, or only its operation where that is its name."""
        name, text = self.names[step.id], self.operation(step)
        return text if name == text else f"{name} = {text}"

    def of_arguments(self, step: Step, arguments: tuple[str, ...]) -> dict[str, Any]:
        """Return what the names in a rule are in this computation."""
        names: dict[str, Any] = {"out": self.names[step.id]}
        for argument, operand in zip(arguments, step.operands, strict=False):
            value = operand.value
            if operand.step is None and type(value) in (int, float):
                names[argument] = value
            else:
                names[argument] = self.operand(operand)
        return names
