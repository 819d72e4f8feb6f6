"""The message for arguments that a function does not take as they were given."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

from ..errors.kinds import kind_of

SPELLED: dict[str, tuple[str, ...]] = {
    "a_max": ("max",),
    "a_min": ("min",),
    "arg_num": ("argnums",),
    "argnum": ("argnums",),
    "argnums": ("argnum",),
    "axes": ("axis",),
    "axis": ("axes",),
    "ddof": ("correction",),
    "dim": ("axis", "axes"),
    "dim0": ("axis1",),
    "dim1": ("axis2",),
    "dims": ("axis", "axes", "shift"),
    "fun": ("f",),
    "fill": ("fill_value",),
    "func": ("f",),
    "hi": ("max",),
    "in_dims": ("in_axes",),
    "keep_dims": ("keepdims",),
    "keepdim": ("keepdims",),
    "keepdims": ("keepdim",),
    "learning_rate": ("lr",),
    "lo": ("min",),
    "lr": ("learning_rate",),
    "n": ("num",),
    "newshape": ("shape",),
    "out_dims": ("out_axes",),
    "rcond": ("rtol",),
    "reduction_indices": ("axis",),
    "reps": ("repetitions",),
    "retain_graph": ("create_graph",),
    "reduce": ("reduction",),
    "shape": ("size",),
    "size": ("shape", "num"),
    "size_average": ("reduction",),
    "steps": ("num",),
    "static_argnames": ("static",),
    "static_argnums": ("static",),
    "unbiased": ("correction",),
}
"""How other libraries spell what a function here may take under another name."""


INSTEAD = {
    "out": "Nothing is written into an argument: write y = {f}(...), or y[...] = {f}(...)",
    "where": "Choose before or after the call: xgrad.where(condition, x, other)",
    "order": "Arrays have no order in memory here; leave it out",
    "casting": "Use xgrad.astype(x, dtype) before",
    "subok": "Leave it out",
    "donate_argnums": "Leave it out",
    "num_workers": "xgrad.data.prefetch(batches) prepares the next one in another thread",
    "pin_memory": "Leave it out",
    "shuffle": "With seed= the order is drawn anew in each epoch; without, it is the data's",
    "requires_grad": "Ask for it of the result: xgrad.asarray({f}(...), requires_grad=True)",
    "like": "Leave it out, or use xgrad.asarray(x) of an array of that library",
    "assume_unique": "Leave it out",
    "enable_nested_tensor": "Leave it out",
    "inplace": "Nothing is done in place: use what {f} returns",
    "maximize": "Step against the other sign: minimize -f, or give the negative gradients",
    "max_norm": "Shorten the rows yourself, off the tape: with xgrad.no_grad(): weight = weight * "
    "xgrad.clip(max_norm / xgrad.linalg.vector_norm(weight, axis=1, keepdims=True), None, 1.0)",
    "return_indices": "The places of the maxima are xgrad.argmax(x, axis=...)",
    "scale_grad_by_freq": "Divide the gradient afterwards: g / xgrad.clip(xgrad.bincount(indices, "
    "minlength=len(g)), 1, None)[:, None]",
    "sparse": "Leave it out: the rows that were read are added into a dense gradient",
    "axes": "Move the axes before: xgrad.moveaxis(x, source, destination)",
    "axis": "Move the axis before or after: xgrad.moveaxis(x, source, destination)",
    "copy": "Leave it out",
    "dtype": "Change it before or after: xgrad.astype(x, dtype)",
    "hermitian": "Leave it out",
    "initial": "Put it in afterwards: {f}(x) + initial of a sum, {f}(x) * initial of a product, "
    "xgrad.maximum({f}(x), initial) of a maximum",
    "keepdims": "Put the axis in afterwards: xgrad.expand_dims(y, axis)",
    "kind": "Leave it out",
    "overwrite_input": "Leave it out",
    "signature": "Leave it out",
    "UPLO": "Make the matrix whole: xgrad.tril(a) + xgrad.matrix_transpose(xgrad.tril(a, k=-1))",
}
"""What to write instead of a keyword of NumPy's that no function here takes."""

OF_FUNCTION = {
    ("bincount", "weights"): "Sums of weights are xgrad.segment_sum(weights, x, length)",
    ("empty_like", "shape"): "Use xgrad.empty(shape, dtype=x.dtype)",
    ("eye", "M"): "Give it by position: eye(n_rows, n_cols)",
    ("full_like", "shape"): "Use xgrad.full(shape, value, dtype=x.dtype)",
    ("linspace", "retstep"): "The step is y[1] - y[0]",
    ("meshgrid", "sparse"): "Sparse grids are x[None, :] and y[:, None]",
    ("ones_like", "shape"): "Use xgrad.ones(shape, dtype=x.dtype)",
    ("polyfit", "cov"): "The residuals are y - xgrad.polyval(p, x)",
    ("polyfit", "full"): "The residuals are y - xgrad.polyval(p, x)",
    ("svd", "compute_uv"): "The singular values alone are xgrad.linalg.svdvals(x)",
    ("take", "mode"): "Change the indices before: i % n wraps them, xgrad.clip(i, 0, n - 1) cuts",
    ("zeros_like", "shape"): "Use xgrad.zeros(shape, dtype=x.dtype)",
    **{
        (name, "mean"): "About another mean it is xgrad.mean((x - mean) ** 2), or its root"
        for name in ("std", "var", "nanstd", "nanvar")
    },
    **{
        (name, "weights"): "Sort x and the weights by xgrad.argsort(x), and look q up in "
        "xgrad.cumulative_sum of the weights, by xgrad.interp"
        for name in ("quantile", "percentile", "nanquantile", "nanpercentile")
    },
}
"""The same of a keyword that means something else to every function."""


def unexpected(function: str, keyword: str, takes: Sequence[str]) -> str:
    """Return the message for a keyword that a function does not take, among those that it takes."""
    text = f"{function}() got an unexpected keyword argument {keyword!r}"
    for name in SPELLED.get(keyword, ()):
        if name in takes:
            return f"{text}. Here it is {name}=, as in {function}(..., {name}=...)"
    instead = OF_FUNCTION.get((function, keyword)) or INSTEAD.get(keyword)
    if instead is not None:
        return f"{text}. {instead.format(f=function)}"
    if near := difflib.get_close_matches(keyword, takes, n=1):
        return f"{text}. Did you mean {near[0]}=?"
    return f"{text}. By name it takes {', '.join(f'{name}=' for name in takes) or 'nothing'}"


ALONE = {
    "no_grad": "It is a block or a decorator: with xgrad.no_grad(): ..., or @xgrad.no_grad()",
}
"""How a function is used that takes no arguments."""


def too_many(function: str, most: int, given: int, named: Sequence[str]) -> str:
    """Return the message for more arguments by position than a function takes."""
    if function in ALONE:
        return f"{function}() takes no arguments, got {given}. {ALONE[function]}"
    s = "" if most == 1 else "s"
    text = f"{function}() takes {most} positional argument{s}, got {given}"
    if not named:
        return text
    ways = ", ".join(f"{name}=" for name in named)
    return f"{text}. Pass the rest by name, as in {function}(..., {named[0]}=...); there are {ways}"


WITHOUT = {
    ("where", "x1"): "xgrad.nonzero(condition) gives the places where it holds",
    ("squeeze", "axis"): "x.squeeze() drops each axis of length one",
}
"""What NumPy's function does without an argument that is needed here."""


def lacking(function: str, argument: str) -> str:
    """Return the message for an argument that a function was not given."""
    text = f"{function}() is missing the argument {argument!r}"
    instead = WITHOUT.get((function, argument))
    return f"{text}. {instead}" if instead else text


_BLIND = re.compile(
    r"an index, a length or|bool\(\): |iteration over a 0-d|len\(\) of a 0-d|only 0-dim"
    r"|unhashable type|(tuple|list) index out of|cannot unpack|int\(\) argument must|not enough"
    r"|too many values|only integer scalar|only size-1|can't multiply"
    r"|'.*' object (is not|cannot be)"
)
"""What the methods of an array and Python itself say, who know nothing of the call."""

_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def respelled(
    f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], said: str = ""
) -> TypeError | None:
    """Return the error for a call that does not fit the function or its annotations, or None.

    Args:
        f: the function.
        args: of the call, by position.
        kwargs: of the call, by name.
        said: the text of the error that it ended in.
    """
    signature = inspect.signature(f)
    parameters = signature.parameters
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        refused = error
    else:
        return of_another_kind(f.__name__, bound, said)
    takes = [name for name, p in parameters.items() if p.kind in _BY_NAME]
    unknown = [name for name in kwargs if name not in takes]
    if unknown and not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return TypeError(unexpected(f.__name__, unknown[0], takes))
    most = sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters.values())
    named = [n for n, p in parameters.items() if p.kind is p.KEYWORD_ONLY and n not in kwargs]
    if len(args) > most and not any(p.kind is p.VAR_POSITIONAL for p in parameters.values()):
        if next(iter(parameters)) == "arrays" and not isinstance(args[0], (list, tuple)):
            return TypeError(
                f"{f.__name__}() got {len(args)} arguments by position; expected the arrays as one "
                f"list, as in {f.__name__}([x, y])"
            )
        return TypeError(too_many(f.__name__, most, len(args), named))
    return TypeError(f"{f.__name__}() {refused}")


def of_another_kind(
    function: str, bound: inspect.BoundArguments, said: str = ""
) -> TypeError | None:
    """Return the error for an array, or anything else, where a plain number or word is wanted."""
    for name, value in bound.arguments.items():
        annotation = bound.signature.parameters[name].annotation
        kind = kind_of(annotation) if isinstance(annotation, str) else None
        shape = getattr(value, "shape", ())
        if kind is None or (kind.holds(value) and shape == ()):
            continue
        several = "tuple" in kind.words or "for each" in kind.words
        if several and len(shape) == 1 and "int" in str(value.dtype):
            continue  # as many integers
        return TypeError(f"{function}: {name} is {_worded(value)}; expected {kind.words}")
    if _BLIND.match(said):
        got = ", ".join(f"{name} is {_worded(x)}" for name, x in bound.arguments.items())
        return TypeError(f"{function}: {said.rstrip('.')}. Here {got}; see help({function})")
    return None


def _worded(value: Any) -> str:
    shape, kind = getattr(value, "shape", None), type(value).__qualname__
    if shape is not None and hasattr(value, "dtype"):
        return f"{value.dtype}{list(shape)}"
    return f"{value!r:.60} of type {kind}"
