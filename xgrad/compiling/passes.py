"""What makes a program shorter without changing a bit of its results.

Every variable has one value, so equal equations are one (`merged`), an equation that changes
nothing is its argument (`simplified`), and one that nobody reads is none (`needed`). Equations with
an effect stay as they are, in their order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .algebra import shortened
from .live import needed
from .program import Equation, Program, Var, frozen, mapped

__all__ = ["frozen", "frozen_function", "needed", "optimised"]


def optimised(program: Program) -> Program:
    """Return a program with the same results and fewer equations."""
    equations, outputs = program.equations, program.outputs
    for _ in range(2):
        equations, outputs = simplified(equations, outputs)
        equations, outputs = merged(equations, outputs)
    shorter = shortened(equations, outputs)
    if shorter[0] is not equations:
        equations, outputs = merged(*shorter)
    equations = needed(equations, outputs)
    return Program(
        program.name, program.backend, program.inputs, program.captured, equations, outputs
    )


def simplified(equations: list[Equation], outputs: list[Any]) -> tuple[list[Equation], list[Any]]:
    """Return equations without those that only hand their argument on."""
    known: dict[Var, Any] = {}
    masks: dict[Var, Var] = {}
    kept = []
    for e in equations:
        changed = any(v in known for v in e.inputs()) if known else False
        e = e.replaced(known) if changed else e  # noqa: PLW2901 - with what is known of it
        same = None if e.effect or e.several else argument_of(e)
        if same is not None:
            known[e.outs[0]] = same
            continue
        if e.name == "astype" and isinstance(e.args[0], Var) and e.args[0].dtype == np.bool_:
            masks[e.outs[0]] = e.args[0]
        kept.append(_with_masks(_with_numbers(_unwrapped(e)), masks))
    return kept, [known.get(x, x) if isinstance(x, Var) else x for x in outputs]


def argument_of(e: Equation) -> Var | None:
    """Return the variable that an equation only hands on, if it does."""
    out, name = e.outs[0], e.name
    if not e.args or not (isinstance(e.args[0], Var) or (len(e.args) > 1)):
        return None
    first = e.args[0]
    if name in ("multiply", "strong_multiply") and len(e.args) == 2:
        for x, c in (e.args, e.args[::-1]):
            if _fits(x, out) and is_everywhere(c, 1):
                return x  # type: ignore[no-any-return]
    elif name == "divide" and _fits(first, out) and is_everywhere(e.args[1], 1):
        return first  # type: ignore[no-any-return]
    elif not isinstance(first, Var):
        return None
    elif name in HANDED_ON or (name == "conj" and out.dtype == first.dtype and _is_real(first)):
        return first if _fits(first, out) else None
    elif name in ("reshape", "broadcast_to", "squeeze", "expand_dims", "permute_dims"):
        identical = name != "permute_dims" or list(e.args[1]) == sorted(e.args[1])
        return first if identical and _fits(first, out) else None
    elif name in ("sum", "max", "min", "prod", "mean") and e.kwargs.get("axis") == ():
        return first if _fits(first, out) else None
    return None


HANDED_ON = frozenset("positive asarray astype".split())
"""Copies and conversions: values never change under a variable, so a copy is the thing itself."""


def _is_real(v: Var) -> bool:
    return getattr(v.dtype, "kind", "") in "fiub"


def _fits(x: Any, out: Var) -> bool:
    return isinstance(x, Var) and x.shape == out.shape and x.dtype == out.dtype


def is_everywhere(x: Any, number: int) -> bool:
    """Whether a constant of NumPy is one number everywhere."""
    if type(x) in (int, float):
        return bool(x == number)
    if not isinstance(x, (np.ndarray, np.generic)) or not x.size or x.dtype.kind not in "iufc":
        return False
    x = np.asarray(x)
    if x.flat[0] != number:
        return False
    return is_repeated(x) or bool((x == number).all())


def is_repeated(x: Any) -> bool:
    """Whether an array of NumPy is one number, broadcast."""
    return all(s == 0 for s, n in zip(x.strides, x.shape, strict=True) if n > 1)


def is_one_number(x: Any) -> bool:
    """Whether an array of NumPy has the same bits everywhere."""
    if is_repeated(x):
        return True
    if x.dtype.kind not in "biuf" or x.size > MOST or x.flat[0] != x.flat[-1]:
        return False
    bits = np.ascontiguousarray(x).reshape(-1).view(f"u{x.dtype.itemsize}")
    return bool((bits == bits[0]).all())


MOST = 1 << 22
"""Up to how many elements an array of constants is looked at."""


def _unwrapped(e: Equation) -> Equation:
    """Return an equation with the ufunc in the place of a function that comes to one."""
    plainly = getattr(e.function, "plainly", None)
    found = plainly(*e.args, **e.kwargs) if plainly else None
    if found:
        e = e.replaced({})
        e.function, e.args = found
        e.kwargs = {}
        e.path = f"xp.{e.function.__name__}"
        return e
    inner = getattr(e.function, "__wrapped__", None)
    if not e.path.startswith("xp.special.") or type(inner) is not np.ufunc or e.kwargs:
        return e
    arrays = (*e.inputs(), *e.outs)
    has_order = any(type(x) not in (Var, float) for x in e.args)  # an integer has loops of its own
    if inner.nout != 1 or has_order or any(v.dtype.char != "d" for v in arrays):
        return e
    e = e.replaced({})
    e.function = inner
    return e


def _with_numbers(e: Equation) -> Equation:
    """Return a ufunc's equation with the number in the place of a constant that repeats it."""
    if type(e.function) is not np.ufunc or len(e.args) != 2 or e.function.signature is not None:
        return e
    out, args = e.outs[0], list(e.args)
    for i, x in enumerate(e.args):
        other = e.args[1 - i]
        if (
            isinstance(x, np.ndarray)
            and x.size > 1
            and isinstance(other, Var)
            and other.shape == out.shape
            and is_one_number(x)
        ):
            args[i] = np.asarray(x.flat[0], x.dtype)
            e = e.replaced({})
            e.args = tuple(args)
    return e


def _with_masks(e: Equation, masks: dict[Var, Var]) -> Equation:
    """Return a product with a mask in the place of its numbers 0 and 1: NumPy converts on the way.

    It is the same product, of one pass less over memory.
    """
    if e.name not in ("multiply", "strong_multiply") or len(e.args) != 2:
        return e
    for i, x in enumerate(e.args):
        other = e.args[1 - i]
        if not isinstance(x, Var) or x not in masks or not isinstance(other, Var):
            continue
        if other not in masks and other.dtype == x.dtype and _is_real(x):
            e = e.replaced({x: masks[x]})
    return e


def merged(equations: list[Equation], outputs: list[Any]) -> tuple[list[Equation], list[Any]]:
    """Return equations of which no two of one region are equal."""
    known: dict[Var, Any] = {}
    seen: dict[Any, Equation] = {}
    kept = []
    for e in equations:
        changed = any(v in known for v in e.inputs()) if known else False
        e = e.replaced(known) if changed else e  # noqa: PLW2901 - with what is known of it
        key = None if e.effect else _key_of(e)
        other = None if key is None else seen.get(key)
        if other is None:
            if key is not None:
                seen[key] = e
            kept.append(e)
        else:
            known.update(zip(e.outs, other.outs, strict=True))
    return kept, [known.get(x, x) if isinstance(x, Var) else x for x in outputs]


def _key_of(e: Equation) -> Any:
    """Return what two equal equations have in common; None for one that is equal to no other."""
    try:
        key = (
            frozen_function(e),
            e.region,
            frozen(e.args),
            tuple([(k, frozen(v)) for k, v in sorted(e.kwargs.items())]) if e.kwargs else (),
        )
        hash(key)
    except TypeError:
        return None
    return key


def frozen_function(e: Equation) -> Any:
    """Return what tells the function of an equation from others, to be hashed.

    Of one that is a program of its own, as a loop, it is all that the program does.
    """
    f: Any = e.function
    if type(f) is np.ufunc:
        return f
    return (e.path, *f.numbers, _frozen_program(f.program)) if hasattr(f, "program") else e.path


def _frozen_program(program: Program) -> Any:
    numbers = {v: i for i, v in enumerate(program.inputs)}

    def named(x: Any) -> Any:
        return ("variable", numbers[x]) if isinstance(x, Var) else x

    def forms(variables: list[Var]) -> Any:
        return tuple([(v.shape, v.dtype, v.order) for v in variables])

    parts = [forms(program.inputs)]
    for e in program.equations:
        numbers.update(zip(e.outs, range(len(numbers), len(numbers) + len(e.outs)), strict=True))
        given = mapped(named, e.args), mapped(named, tuple(e.kwargs.items()))
        parts.append((frozen_function(e), e.region, frozen(given), forms(e.outs)))
    return (*parts, frozen(mapped(named, tuple(program.outputs))))
