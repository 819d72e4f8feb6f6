"""Modules that are a function with options."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

from ..random import Generator
from .module import Module


@dataclasses.dataclass(repr=False, eq=False)
class Applied(Module):
    """A module whose fields are the options of a function, under the same names.

    A class states the function; one that is random is told of training, too.
    """

    function: ClassVar[Callable[..., Any]]
    is_random: ClassVar[bool] = False

    def __call__(self, *inputs: Any, training: bool = False, rng: Generator | None = None) -> Any:
        """Return the function of the inputs.

        Args:
            inputs: the arrays.
            training: whether what is random is done.
            rng: the generator of what is random in training.
        """
        options = {
            f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name != "is_frozen"
        }
        if self.is_random:
            options |= {"training": training, "rng": rng}
        return type(self).function(*inputs, **options)
