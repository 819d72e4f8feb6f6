"""Annotations of public functions and methods mean something: a bare `Any` is the exception."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from tests.test_docstrings import DOCUMENTED


def annotations(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield each parameter of a function, method or constructor, and its result, with its type."""
    if inspect.isclass(value):
        if issubclass(value, (tuple, BaseException)):
            return  # their fields are annotated where they are defined
        value = value.__init__
    signature = inspect.signature(value)
    for name, parameter in signature.parameters.items():
        if name not in ("self", "cls"):
            yield f"{path}({name})", parameter.annotation
    yield f"{path} ->", signature.return_annotation


ANNOTATIONS = dict(
    found for path, value in DOCUMENTED.items() for found in annotations(path, value)
)


def test_everything_public_is_annotated() -> None:
    assert len(ANNOTATIONS) > 2000
    bare = [where for where, found in ANNOTATIONS.items() if found is inspect.Parameter.empty]
    assert bare == []


def test_few_annotations_are_any() -> None:
    """`Any` alone says nothing; what it says for now is counted, and the limit only goes down."""
    unknown = [where for where, found in ANNOTATIONS.items() if found in ("Any", Any)]
    share = len(unknown) / len(ANNOTATIONS)
    assert share < 0.06, f"{share:.1%} of {len(ANNOTATIONS)}: {', '.join(unknown)}"
