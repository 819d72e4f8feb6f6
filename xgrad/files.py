"""Files of arrays: any pytree saved and loaded with safetensors, which runs no code.

    >>> import tempfile, pathlib, numpy as np, xgrad as xg
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> model = {"w": np.asarray([1.0, 2.0]), "step": 3}
    >>> xg.files.save(folder / "run.safetensors", model)
    >>> xg.files.load(folder / "run.safetensors", like={"w": np.zeros(2), "step": 0})
    {'w': array([1., 2.]), 'step': 3}

A file is written beside its place and then moved there, so that there is always a whole one: the
old one or the new one. Numbers and arrays are stored by their names in the tree, as those of
`xgrad.nn.named_leaves`. Only the values of a tree are stored: `load` asks for a tree of the same
structure, as a new model is, and says what differs.
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
import struct
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

import xgrad as xg

from . import errors
from . import tree as trees
from .backends.install import needed
from .names import find
from .nn.module import named_leaves

__all__ = ["load", "metadata", "restore", "save"]

T = TypeVar("T")

_FORMAT = "xgrad"
_STALE = 3600.0  # seconds after which a file that is being written is taken for abandoned
_BITS = (8, 16, 32, 64)


_DTYPES = {
    "BOOL": "bool",
    "BF16": "bfloat16",
    **{f"{kind}{n}": f"{name}{n}" for kind, name in (("I", "int"), ("U", "uint")) for n in _BITS},
    **{f"F{n}": f"float{n}" for n in (16, 32, 64)},
}
"""NumPy's name of each dtype of the format."""


def _decoded(stored: dict[str, Any]) -> Any:
    """Return the array that the format describes."""
    name = _DTYPES.get(stored["dtype"])
    if name is None:
        raise TypeError(f"it holds an array of {stored['dtype']}, which NumPy does not have")
    dtype = _bfloat16() if name == "bfloat16" else np.dtype(name)
    return np.frombuffer(bytearray(stored["data"]), dtype).reshape(stored["shape"])


def _bfloat16() -> Any:
    """Return the dtype that only ml_dtypes gives NumPy."""
    import ml_dtypes

    return np.dtype(ml_dtypes.bfloat16)


def _library() -> Any:
    needed("safetensors.numpy", "files", "files")
    return needed("safetensors", "files", "files")


def _numpy(name: str, x: Any) -> Any:
    """Return a leaf as a NumPy array that lies in memory in order."""
    array = x if isinstance(x, xg.Array) else trees.as_array(x, f"save: {name}")
    return np.asarray(array.detach().to_backend("numpy").data, order="C")


def save(
    path: str | os.PathLike[str], tree: Any, *, metadata: Mapping[str, str] | None = None
) -> None:
    """Save a pytree of arrays and numbers to a file.

    Args:
        path: the file, usually named ``.safetensors``; an old one is replaced at once.
        tree: a module, an optimiser's state, a dict of both and of numbers: any pytree.
        metadata: texts to store with it; ``{"format": "pt"}`` marks a file for programs of PyTorch.

    Raises:
        ValueError: if two leaves would have the same name.
        TypeError: if the format cannot hold a dtype.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(
            f"save: path is {path!r:.60} of type {type(path).__qualname__}; expected the name of a "
            "file, which comes first, as in save('model.safetensors', tree)"
        )
    library = _library()
    named = named_leaves(tree, whole=True)
    made = {name: _numpy(name, x) for name, x in named.items()}
    if len(named) != len(trees.leaves(tree)):
        raise ValueError(
            f"save: the tree has {len(trees.leaves(tree))} leaves, but {len(named)} names: two "
            "keys are alike once joined by dots, or a node is of a type without names for its parts"
        )
    arrays, words = {}, {"format": _FORMAT, **(metadata or {})}
    for name, array in made.items():
        arrays[name] = array
        if array.dtype.kind == "c":  # the format has no complex numbers: pairs of real ones
            words[f"complex {name}"] = str(array.dtype)
            arrays[name] = array.reshape(*array.shape, 1).view(array.real.dtype)
    try:
        content = library.numpy.save(arrays, metadata=words)
    except Exception as error:
        found = ", ".join(sorted({str(a.dtype) for a in arrays.values()}))
        raise TypeError(
            f"save: the format cannot hold one of the dtypes {found}: {error}"
        ) from error
    _write(Path(path), content)


def _write(path: Path, content: bytes) -> None:
    """Write a file so that, whenever the machine stops, the old or the new one is there, whole."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)  # noqa: PTH105 - the atomic one, whose name says so
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sweep(path)
    if hasattr(os, "O_DIRECTORY"):  # make the move itself last, where folders can be synchronised
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _sweep(path: Path) -> None:
    """Remove what writers of this file left behind that were killed, an hour ago or more."""
    for part in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        with contextlib.suppress(OSError):  # another process may have done it
            if time.time() - part.stat().st_mtime > _STALE:
                part.unlink()


def _header(content: bytes, path: Path) -> dict[str, Any]:
    """Return what a file says of itself, after a check that it is whole."""
    if len(content) < 8:
        raise errors.FileError(
            f"load: {path} has {len(content)} bytes; a safetensors file has at least 8. "
            "It is empty or was cut off: take an earlier copy"
        )
    (size,) = struct.unpack("<Q", content[:8])
    if size > len(content) - 8:
        raise errors.FileError(
            f"load: {path} is no safetensors file, or was cut off: its header should have "
            f"{size} bytes, and {len(content) - 8} are there"
        )
    try:
        header: dict[str, Any] = json.loads(content[8 : 8 + size])
        end = max(
            (e["data_offsets"][1] for n, e in header.items() if n != "__metadata__"), default=0
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.FileError(f"load: {path} is no safetensors file: {error}") from error
    if 8 + size + end != len(content):
        raise errors.FileError(
            f"load: {path} has {len(content)} bytes; its header asks for {8 + size + end}. "
            "It was cut off or damaged: take an earlier copy"
        )
    return header


def _read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the arrays of a file by name, and its texts."""
    library, path = _library(), Path(path)
    content = path.read_bytes()
    words: dict[str, str] = _header(content, path).get("__metadata__", {})
    try:
        arrays = {name: _decoded(stored) for name, stored in library.deserialize(content)}
    except Exception as error:
        raise errors.FileError(f"load: {path} cannot be read: {error}") from error
    for key, dtype in words.items():
        name = key.removeprefix("complex ")
        if key.startswith("complex ") and name in arrays:
            arrays[name] = np.asarray(arrays[name], order="C").view(dtype)[..., 0]
    return arrays, words


def metadata(path: str | os.PathLike[str]) -> dict[str, str]:
    """Return the texts that were stored with a file."""
    words = _read(path)[1]
    return {k: v for k, v in words.items() if k != "format" and not k.startswith("complex ")}


def load(path: str | os.PathLike[str], like: Any = None) -> Any:
    """Return what a file holds.

    Args:
        path: the file.
        like: a pytree of the same structure, as a new model. The result has its structure, and each
            array its backend and device. If None, the arrays are returned by name, on the current
            backend.

    Returns:
        A pytree like `like`, or a dict of arrays.

    Raises:
        xgrad.errors.FileError: if the file is damaged, or holds another tree: it says which names
            are missing or too many, and which arrays have another shape or dtype.
    """
    arrays, _ = _read(path)
    if like is None:
        return {name: xg.asarray(x) for name, x in sorted(arrays.items())}
    named = named_leaves(like)
    _require_same(Path(path), arrays, named)
    _, structure = trees.flatten(like)
    return structure.unflatten([_as(arrays[name], x) for name, x in named.items()])


def restore(path: str | os.PathLike[str], like: T) -> T:
    """Return what a file holds, or `like` itself if there is no file yet.

    It makes a run that can be stopped at any time and goes on where it last saved::

        run = xg.files.restore("run.safetensors", {"model": model, "state": state, "step": 0})
        for step in range(run["step"], 1000):
            ...
            xg.files.save("run.safetensors", {"model": model, "state": state, "step": step + 1})

    Args:
        path: the file, which need not exist.
        like: a pytree of the structure of what was saved.

    Returns:
        A pytree like `like`.

    Raises:
        xgrad.errors.FileError: if the file is damaged, or holds another tree.
    """
    return load(path, like) if Path(path).exists() else like


def _kind(x: Any) -> tuple[tuple[int, ...], str]:
    """Return the shape and dtype of a leaf."""
    array = x if isinstance(x, xg.Array) else trees.as_array(x, "load")
    return tuple(array.shape), str(array.dtype)


def _require_same(path: Path, arrays: dict[str, Any], named: dict[str, Any]) -> None:
    """Raise if a file's arrays are not those of a tree, and say what differs."""
    lines = []
    missing, more = named.keys() - arrays.keys(), arrays.keys() - named.keys()
    if missing:
        lines.append(f"not in the file: {_listed(missing)}")
    if more:
        lines.append(f"only in the file: {_listed(more)}")
    for name in sorted(named.keys() & arrays.keys()):
        found = tuple(arrays[name].shape), str(arrays[name].dtype)
        wanted = _kind(named[name])
        if found != wanted:
            lines.append(
                f"{name}: the file has {found[1]}{list(found[0])}, expected "
                f"{wanted[1]}{list(wanted[0])}"
            )
    if lines:
        shown = lines[:8] + [f"and {len(lines) - 8} more"] * (len(lines) > 8)
        raise errors.FileError(
            f"load: {path} holds another tree than `like`:\n  "
            + "\n  ".join(shown)
            + "\nMake the model that was saved, or load(path) to see what the file holds"
        )


def _listed(names: Any) -> str:
    ordered = sorted(names)
    return ", ".join(ordered[:6]) + (f" and {len(ordered) - 6} more" if len(ordered) > 6 else "")


def _as(array: Any, like: Any) -> Any:
    """Return a stored array in the way of a leaf: a number, a raw array or an `Array`."""
    if isinstance(like, (bool, int, float, complex)):
        return type(like)(array.item())
    home = like if isinstance(like, xg.Array) else trees.as_array(like, "load")
    out = xg.to_backend(xg.Array(array), home.backend, device=home.device)
    if not isinstance(like, xg.Array):
        return out.data
    if like.requires_grad:
        out.requires_grad = True
    return out


if not TYPE_CHECKING:  # for checkers there are no other names

    def __getattr__(name):
        return find(__name__, name)
