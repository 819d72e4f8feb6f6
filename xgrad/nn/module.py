"""Modules: functions with parameters.

A module is a dataclass that is a pytree: its arrays are leaves, and fields made with `static` are
configuration. So a gradient with respect to a module is a module of gradients, and everything that
works on pytrees works on networks: `xgrad.tree.map`, optimisers, files, pickling, `to_backend`.

    >>> import xgrad as xg
    >>> from xgrad import nn
    >>> model = nn.Linear(2, 1, rng=0)
    >>> def loss(model, x):
    ...     return xg.sum(model(x) ** 2)
    >>> g = xg.grad(loss)(model, xg.ones((3, 2)))
    >>> type(g).__name__, g.weight.shape
    ('Linear', (1, 2))

A module of one's own derives from `Module` and is decorated with ``@dataclasses.dataclass``.
Nothing is hidden in it: calling it changes nothing. What it learns besides by gradients, as the
running statistics of a batch norm, `Module.update` returns in a new module.
"""

from __future__ import annotations

import copy
import dataclasses
import inspect
import math
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import xgrad as xg

from .. import tree as trees
from ..arrays.types import Device, DType
from ..errors.kinds import of_kinds, require_fields
from ..random import Generator
from .names import missing_in_module

M = TypeVar("M", bound="Module")


def static(**kwargs: Any) -> Any:
    """Make a field that is configuration, not an array."""
    return dataclasses.field(metadata={"static": True}, **kwargs)


def buffer(**kwargs: Any) -> Any:
    """Make a dataclass field of arrays that are kept and saved, but not trained."""
    return dataclasses.field(metadata={"buffer": True}, **kwargs)


def generator(rng: Generator | int | None) -> Generator:
    """Return a generator from one, a seed, or None for numbers that differ from run to run."""
    return rng if isinstance(rng, Generator) else xg.random.default_rng(rng)


@dataclasses.dataclass(repr=False, eq=False)
class Module:
    """A function with parameters.

    Attributes:
        is_frozen: whether optimisers leave this module's arrays as they are; see `frozen`.
    """

    is_frozen: bool = dataclasses.field(
        default=False, kw_only=True, init=False, metadata={"static": True}
    )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__repr__" not in cls.__dict__:  # or else the dataclass decorator writes its own
            cls.__repr__ = Module.__repr__  # type: ignore[method-assign]
        if cls.__module__.startswith(__package__) and "__init__" in cls.__dict__:
            cls.__init__ = of_kinds(cls.__init__)  # type: ignore[method-assign]

    def __post_init__(self, *given: Any) -> None:
        if type(self).__module__.startswith(__package__):
            require_fields(self)

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Return the result for inputs.

        Args:
            inputs: what the module is a function of.
            options: ``training=True`` to drop out at random and to normalise by the batch, and
                ``rng=``, the generator of what is random in training.
        """
        name = type(self).__name__
        forward = ". What is forward() in PyTorch is __call__(self, x, *, training=False, rng=None)"
        raise NotImplementedError(
            f"{name} does not define __call__{forward if hasattr(self, 'forward') else ''}"
        )

    if not TYPE_CHECKING:  # or else every attribute would pass a checker

        def __getattr__(self, name: str) -> Any:
            """Say what to write in the place of an attribute that is not there."""
            if name.startswith("__"):
                raise AttributeError(name)
            raise AttributeError(missing_in_module(type(self), name))

    def update(self: M, *inputs: Any, **options: Any) -> tuple[Any, M]:
        """Return the result in training, and the module with what it learnt besides by gradients.

        Modules without such state return themselves.

        Args:
            *inputs: what the module is a function of.
            **options: those of a call; ``training`` is True unless it is given.

        Returns:
            The result, and a module of the same class.
        """
        return self(*inputs, **{"training": True, **options}), self

    def layout_name(self, field: str, key: str | None = None) -> str:
        """Return what PyTorch calls the arrays of a field, or of one of a field of several.

        Args:
            field: the field's name.
            key: the number or the name of one of several, or None.

        Returns:
            A name, ``"field"`` or ``"field.key"`` unless a module has another layout.
        """
        return field if key is None else f"{field}.{key}"

    def replace(self: M, **fields: Any) -> M:
        """Return a copy with other values in some fields."""
        names = {f.name for f in dataclasses.fields(self)}
        unknown = sorted(fields.keys() - names)
        if unknown:
            raise TypeError(
                f"{type(self).__name__}.replace: got {', '.join(unknown)}; "
                f"expected some of {', '.join(sorted(names))}"
            )
        new = copy.copy(self)
        for name, value in fields.items():
            setattr(new, name, value)
        return new

    def __repr__(self) -> str:
        return _described(self)


# Leaves by name ----------------------------------------------------------------------------------


def _walk(
    tree: Any, path: str, trained: bool, whole: bool = False
) -> Iterator[tuple[str, Any, bool]]:
    """Yield name, leaf and whether it is trained, in the order of the leaves of the pytree.

    If `whole`, constants in containers are named as well.
    """
    if tree is None or (isinstance(tree, trees.CONSTANTS) and path and not whole):
        return
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        _require_fields(tree)
        trained = trained and not getattr(tree, "is_frozen", False)
        for f in dataclasses.fields(tree):
            value = getattr(tree, f.name)
            if not trees.is_structure(f, value):
                free = trained and not f.metadata.get("buffer", False)
                yield from _walk(value, f"{path}.{f.name}", free, whole)
    elif isinstance(tree, dict):
        for key in tree if isinstance(tree, OrderedDict) else sorted(tree):
            yield from _walk(tree[key], f"{path}.{key}", trained, whole)
    elif trees.has_attributes(type(tree)):
        parts, _, attributes = trees.attributes(tree)
        for name, value in zip(attributes, parts, strict=True):
            yield from _walk(value, f"{path}.{name}", trained, whole)
    elif isinstance(tree, (list, tuple)):
        names = getattr(tree, "_fields", range(len(tree)))
        for name, value in zip(names, tree, strict=True):
            yield from _walk(value, f"{path}.{name}", trained, whole)
    else:
        yield path[1:], tree, trained


def _require_fields(module: Any) -> None:
    """Raise if a module has attributes that are no fields: no gradient would reach them."""
    stray = getattr(module, "__dict__", {}).keys() - {f.name for f in dataclasses.fields(module)}
    if isinstance(module, Module) and stray:
        name = type(module).__name__
        raise TypeError(
            f"{name}: {', '.join(sorted(stray))} are no fields, so no gradient would reach them. "
            f"Decorate {name} with @dataclasses.dataclass, and annotate each in the class, "
            "as in `weight: Any`; with (init=False) it keeps an __init__ of its own"
        )


def named_leaves(tree: object, whole: bool = False) -> dict[str, Any]:
    """Return the leaves of any pytree by their names, as ``"layers.0.weight"``.

    Args:
        tree: the pytree, as a module.
        whole: whether to name text and other constants in dicts and lists too, which are no leaves.

    Returns:
        A dict of the leaves by name, in their order.
    """
    return {name: leaf for name, leaf, _ in _walk(tree, "", True, whole)}


def trainable_mask(tree: object) -> list[bool]:
    """Return for each leaf of a pytree whether optimisers may change it.

    They may not change the arrays of a frozen module, nor those of fields made with `buffer`.
    """
    return [trained for _, _, trained in _walk(tree, "", True)]


def parameters(model: object) -> dict[str, Any]:
    """Return the arrays of a model that are trained, by name.

    Gradients by these alone spare those of frozen parts:

        >>> import xgrad as xg
        >>> from xgrad import nn
        >>> model = nn.Sequential(nn.frozen(nn.Linear(2, 3, rng=0)), nn.Linear(3, 1, rng=1))
        >>> list(nn.parameters(model))
        ['layers.1.weight', 'layers.1.bias']
        >>> def loss(some):
        ...     return xg.sum(nn.merge(model, some)(xg.ones((1, 2))))
        >>> {name: g.shape for name, g in xg.grad(loss)(nn.parameters(model)).items()}
        {'layers.1.weight': (1, 3), 'layers.1.bias': (1,)}
    """
    return {name: leaf for name, leaf, trained in _walk(model, "", True) if trained}


def merge(model: Any, some: Mapping[str, Any]) -> Any:
    """Return a model with other arrays under some of its names; see `parameters`.

    Args:
        model: the model; it is not changed.
        some: arrays by name, such as ``"layers.0.weight"``.

    Returns:
        A model of the same structure.

    Raises:
        KeyError: if the model has no array of such a name.
    """
    known = named_leaves(model)
    unknown = sorted(some.keys() - known.keys())
    if unknown:
        raise KeyError(f"merge: the model has no {', '.join(unknown)}; it has {', '.join(known)}")
    _, structure = trees.flatten(model)
    return structure.unflatten([some.get(name, leaf) for name, leaf in known.items()])


def parameter_count(model: object) -> int:
    """Return the number of elements of all arrays that are trained, each array once."""
    return sum(math.prod(p.shape) for p in {id(p): p for p in parameters(model).values()}.values())


def frozen(model: M) -> M:
    """Return a copy of a module that optimisers leave as it is."""
    marked: M = _marked(model, True)
    return marked


def trainable(model: M) -> M:
    """Return a copy of a module that optimisers train, all its parts included."""
    marked: M = _marked(model, False)
    return marked


def _marked(tree: Any, is_frozen: bool) -> Any:
    """Return a pytree with every module in it marked."""
    if isinstance(tree, Module):
        new = copy.copy(tree)
        for f in dataclasses.fields(tree):
            if not f.metadata.get("static", False):
                setattr(new, f.name, _marked(getattr(tree, f.name), is_frozen))
        new.is_frozen = is_frozen
        return new
    if isinstance(tree, (list, tuple)) and not hasattr(tree, "_fields"):
        return type(tree)(_marked(x, is_frozen) for x in tree)
    if isinstance(tree, dict):
        return {key: _marked(x, is_frozen) for key, x in tree.items()}
    return tree


def _mapped(f: Callable[[Any], Any], tree: Any) -> Any:
    """Return a pytree with a function applied to each array once: tied ones stay tied."""
    leaves, structure = trees.flatten(tree)
    out: list[Any] = []
    for i, first in enumerate(trees.ties(leaves)):
        out.append(f(leaves[i]) if first == i else out[first])
    return structure.unflatten(out)


def to_backend(model: M, backend: str, *, device: Device | None = None) -> M:
    """Return a model, or any pytree, with its arrays on another backend.

    Args:
        model: the model; it is not changed.
        backend: the backend's name, with a device if wanted, as in ``"torch:meta"``.
        device: the device there; the backend's default if None.

    Returns:
        A model of the same structure.
    """
    moved: M = _mapped(
        lambda x: xg.to_backend(x, backend, device=device) if hasattr(x, "shape") else x, model
    )
    return moved


def astype(model: M, dtype: DType) -> M:
    """Return a model, or any pytree, with its floating-point arrays in another dtype.

    Args:
        model: the model; it is not changed.
        dtype: the dtype of its real arrays; integers and complex numbers stay as they are.

    Returns:
        A model of the same structure.
    """

    def cast(x: Any) -> Any:
        is_real = hasattr(x, "dtype") and xg.isdtype(x.dtype, "real floating")
        return xg.astype(x, dtype, copy=False) if is_real else x

    new: M = _mapped(cast, model)
    return new


# Showing -----------------------------------------------------------------------------------------


def _described(module: Module, name: str = "", indent: str = "", of: str = "") -> str:
    """Return a module as an outline: options, shapes, and the number of its parameters.

    Options are left out that are as they are by default; the dtype is told where it is not that of
    what the module is a part of.
    """
    words, inner = [], []
    usual = inspect.signature(type(module)).parameters
    for f in dataclasses.fields(module):
        value = getattr(module, f.name)
        if f.name == "is_frozen":
            continue
        if trees.is_structure(f, value):
            if f.name not in usual or not _is_same(usual[f.name].default, value):
                words.append(f"{f.name}={getattr(value, '__name__', repr(value))}")
        elif isinstance(value, Module):
            inner.append((f.name, value))
        elif isinstance(value, (list, tuple)) and any(isinstance(x, Module) for x in value):
            inner += [(f"{f.name}.{i}", x) for i, x in enumerate(value)]
        elif isinstance(value, dict) and any(isinstance(x, Module) for x in value.values()):
            inner += [(f"{f.name}.{key}", x) for key, x in value.items()]
        elif hasattr(value, "shape"):
            words.append(f"{f.name}={_shape(value)}")
        elif isinstance(value, (list, tuple)) and value:
            words.append(f"{f.name}=[{', '.join(_shape(x) for x in value)}]")
    count, dtypes = parameter_count(module), _dtypes(module)
    total = f"  # {count:,} parameters" if count else ""
    if module.is_frozen:
        total = "  # frozen"
    if count and dtypes != of:
        total += f" of {dtypes}"
    head = f"{indent}{name + ': ' if name else ''}{type(module).__name__}({', '.join(words)})"
    lines = [head + total]
    lines += [
        _described(value, key, indent + "  ", dtypes)
        if isinstance(value, Module)
        else f"{indent}  {key}: {getattr(value, '__name__', value)}"
        for key, value in inner
    ]
    return "\n".join(lines)


def _is_same(default: Any, value: Any) -> bool:
    return type(default) is type(value) and bool(default == value)


def _dtypes(module: Module) -> str:
    """Return the dtypes of a module's parameters in words."""
    found = {str(p.dtype): None for p in parameters(module).values() if hasattr(p, "dtype")}
    return " and ".join(found)


def _shape(x: Any) -> str:
    if not hasattr(x, "shape"):
        return type(x).__name__
    return "x".join(map(str, x.shape)) or "scalar"
