# Tests of xgrad
"""Annotations of public functions and methods mean something: a bare `Any` is the exception."""

from __future__ import annotations

import ast
import inspect
import textwrap
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


CHAPTERS = ("xgrad.ops.", "xgrad.linalg.", "xgrad.fft.", "xgrad.special.", "xgrad.nn.functional.")
ARRAYS = {"Array", "AnyArray", "ArrayLike", "Operand", "Sequence[Array]", "Sequence[AnyArray]"}


def definitions() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield the definition of each public function whose first argument is an array, or several."""
    for path, value in DOCUMENTED.items():
        function = inspect.unwrap(value)
        if inspect.isfunction(function) and function.__module__.startswith(CHAPTERS):
            (node,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
            assert isinstance(node, ast.FunctionDef)
            first = next(iter(positional(node)), None)
            if first and first.annotation and ast.unparse(first.annotation) in ARRAYS:
                yield path, node


def positional(node: ast.FunctionDef) -> list[ast.arg]:
    return node.args.posonlyargs + node.args.args


def test_a_function_of_arrays_tells_checkers_that_it_gives_what_it_is_given() -> None:
    """By a decorator, that of an op or `as_given`: else it would seem to be an `Array` always."""
    plain = [path for path, node in definitions() if not node.decorator_list]
    assert plain == []
    assert sum(1 for _ in definitions()) > 300


def test_the_second_of_two_arrays_is_never_left_out() -> None:
    """Where the first is an `AnyArray` or `ArrayLike`, checkers demand the second one too."""
    optional = []
    for path, node in definitions():
        first, *rest = positional(node)
        several = ast.unparse(first.annotation or first) in ("AnyArray", "ArrayLike", "Operand")
        if several and len(rest) - len(node.args.defaults) < 1:
            optional.append(path)
    assert optional == []
