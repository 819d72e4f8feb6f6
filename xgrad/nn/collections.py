"""Modules that hold others, or arrays, by number or by name, and are no functions themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .containers import as_module
from .module import Module


class _Held(Module):
    """A module that is not called itself."""

    def layout_name(self, field: str, key: str | None = None) -> str:
        """Return the number or name of what is held, as PyTorch names it.

        Args:
            field: the field's name.
            key: the number or name.

        Returns:
            The number or name.
        """
        return key or field

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        raise TypeError(
            f"{type(self).__name__} holds modules or arrays and is no function; call what it "
            "holds, as in `for layer in self.layers: x = layer(x)`, or use nn.Sequential"
        )


class _Numbered(_Held):
    """What lists of modules and of arrays have in common: a list in the field that is given."""

    layers: list[Any]

    def _made(self, x: Any) -> Any:
        return x

    def append(self, value: Any) -> Any:
        """Put one more at the end, and return the list."""
        self.layers.append(self._made(value))
        return self

    def extend(self, values: Iterable[Any]) -> Any:
        """Put several more at the end, and return the list."""
        self.layers.extend(self._made(x) for x in values)
        return self

    def insert(self, index: int, value: Any) -> None:
        """Put one more before a place.

        Args:
            index: the place.
            value: what to put there.
        """
        self.layers.insert(index, self._made(value))

    def __getitem__(self, i: Any) -> Any:
        return self.replace(layers=self.layers[i]) if isinstance(i, slice) else self.layers[i]

    def __setitem__(self, i: int, value: Any) -> None:
        self.layers[i] = self._made(value)

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.layers)


@dataclass(init=False, repr=False, eq=False)
class ModuleList(_Numbered):
    """A list of modules, as a field of another module.

    Args:
        modules: the modules; functions are taken for `Function`.

    >>> from xgrad import nn
    >>> layers = nn.ModuleList(nn.Linear(4, 4, rng=i) for i in range(3))
    >>> len(layers), nn.parameter_count(layers)
    (3, 60)
    """

    layers: list[Module]

    def __init__(self, modules: Iterable[Any] = ()) -> None:
        self.layers = [as_module(x) for x in modules]

    def _made(self, x: Any) -> Module:
        return as_module(x)


@dataclass(init=False, repr=False, eq=False)
class ParameterList(_Numbered):
    """A list of arrays that are trained, as a field of a module.

    Args:
        values: the arrays.
    """

    layers: list[Any]

    def __init__(self, values: Iterable[Any] = ()) -> None:
        self.layers = list(values)


class _Named(_Held):
    """What dicts of modules and of arrays have in common."""

    layers: dict[str, Any]

    def _made(self, x: Any) -> Any:
        return x

    def __getitem__(self, name: str) -> Any:
        return self.layers[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.layers[name] = self._made(value)

    def __contains__(self, name: object) -> bool:
        return name in self.layers

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[str]:
        return iter(self.layers)

    def keys(self) -> Any:
        """Return the names."""
        return self.layers.keys()

    def values(self) -> Any:
        """Return what stands under the names."""
        return self.layers.values()

    def items(self) -> Any:
        """Return pairs of a name and what stands under it."""
        return self.layers.items()


@dataclass(init=False, repr=False, eq=False)
class ModuleDict(_Named):
    """A dict of modules, as a field of another module.

    Args:
        modules: the modules by name; functions are taken for `Function`.
    """

    layers: dict[str, Module]

    def __init__(self, modules: Mapping[str, Any] | None = None) -> None:
        self.layers = {name: as_module(x) for name, x in dict(modules or {}).items()}

    def _made(self, x: Any) -> Module:
        return as_module(x)


@dataclass(init=False, repr=False, eq=False)
class ParameterDict(_Named):
    """A dict of arrays that are trained, as a field of a module.

    Args:
        parameters: the arrays by name.
    """

    layers: dict[str, Any]

    def __init__(self, parameters: Mapping[str, Any] | None = None) -> None:
        self.layers = dict(parameters or {})
