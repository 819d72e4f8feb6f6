"""Transforms: functions of functions that give derivatives.

Each gives `f` fresh leaves, records it once, and walks the record: `vjp` and its relatives down,
`jvp` and its relatives up. Raw arrays in give raw arrays out, `Array` in gives `Array` out, pytrees
of either keep their structure. They nest and mix in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, TypeVar, overload

from .. import errors
from ..arrays.array import Array
from ..backends import BY_TYPE, REAL, backend_of
from ..backends.batched import require_running
from ..debugging import constant_results, lost_paths
from ..engine.argnums import Argnums, numbers_of
from ..engine.picklable import picklable
from ..engine.record import Record
from ..engine.seeds import matched
from ..engine.tape import SERIAL
from ..errors.folding import folded
from ..names import spelled

if TYPE_CHECKING:
    from .protocols import Argument, Gradient, ValueAndGradient

__all__ = [
    "grad",
    "jvp",
    "linearize",
    "value_and_grad",
    "vjp",
]

P = ParamSpec("P")
R = TypeVar("R")


@spelled
def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """Return the result of `f`, and its pullback: the function that carries cotangents back.

    Args:
        f: a function of arrays or pytrees that returns an array or pytree.
        primals: where to evaluate it.
        has_aux: whether `f` returns a pair (result, aux); aux is handed on.

    Returns:
        ``(out, pullback)`` or ``(out, pullback, aux)``. ``pullback(ct)`` takes a cotangent in the
        structure of `out` and gives a tuple with one cotangent for each primal. It may be called
        any number of times.

    >>> import numpy as np, xgrad as xg
    >>> y, pullback = xg.vjp(xg.sin, np.asarray(0.0))
    >>> [float(ct) for ct in pullback(1.0)]
    [1.0]
    """
    record = Record("vjp", f, primals, range(len(primals)), {}, has_aux)
    constant_results.tell(record, "vjp")

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        try:
            found = tuple(record.by_argument(record.pull(record.cotangents(cotangent))))
        except Exception as error:
            folded(error)
            raise
        constant_results.derived(record)
        return found

    out = record.result()
    return (out, pullback, record.aux) if has_aux else (out, pullback)


@spelled
def linearize(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """Return the result of `f`, and its pushforward: the linear map that carries tangents along.

    Args:
        f: a function of arrays or pytrees that returns an array or pytree.
        *primals: where to evaluate it, one for each argument.
        has_aux: whether `f` returns a pair (result, aux); aux is handed on.

    Returns:
        ``(out, pushforward)`` or ``(out, pushforward, aux)``. ``pushforward(*tangents)`` takes one
        tangent for each primal; `f` itself is evaluated only once.
    """
    record = Record("linearize", f, primals, range(len(primals)), {}, has_aux)
    constant_results.tell(record, "linearize")

    def pushforward(*tangents: Any) -> Any:
        try:
            found = record.by_output(record.push(_tangents(record, tangents)))
        except Exception as error:
            folded(error)
            raise
        constant_results.derived(record)
        return found

    out = record.result()
    return (out, pushforward, record.aux) if has_aux else (out, pushforward)


@spelled
def jvp(
    f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], *, has_aux: bool = False
) -> tuple[Any, ...]:
    """Return the result of `f` and its derivative along a direction, in forward mode.

    Args:
        f: a function of arrays or pytrees that returns an array or pytree.
        primals: where to evaluate it, one entry for each argument.
        tangents: the direction, in the structure of `primals`.
        has_aux: whether `f` returns a pair (result, aux); aux is handed on.

    Returns:
        ``(out, tangent)`` or ``(out, tangent, aux)``; the tangent has the structure, shapes and
        dtypes of the result.

    Raises:
        TypeError: if `primals` or `tangents` is no tuple or list.

    >>> import numpy as np, xgrad as xg
    >>> y, t = xg.jvp(lambda x: x * x, (np.asarray(3.0),), (np.asarray(1.0),))
    >>> float(t)
    6.0
    """
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise TypeError(
            f"jvp: primals and tangents are of type {type(primals).__name__} and "
            f"{type(tangents).__name__}; expected tuples with one entry for each argument of f"
        )
    record = Record("jvp", f, primals, range(len(primals)), {}, has_aux)
    constant_results.tell(record, "jvp")
    tangent = record.by_output(record.push(_tangents(record, tangents)))
    constant_results.derived(record)
    out = record.result()
    return (out, tangent, record.aux) if has_aux else (out, tangent)


def _tangents(record: Record, tangents: Sequence[Any]) -> list[Array]:
    """Return the leaves of one tangent for each primal."""
    if len(tangents) != len(record.structures):
        raise ValueError(
            f"{record.what}: got {len(tangents)} tangents; expected {len(record.structures)}, "
            "one for each primal"
        )
    found: list[Array] = []
    inputs = iter(record.inputs)
    for tangent, structure in zip(tangents, record.structures, strict=True):
        like = [next(inputs) for _ in range(structure.num_leaves)]
        found += matched(tangent, like, structure, record.what, "tangent")
    return found


@overload
def value_and_grad(
    f: Callable[Concatenate[Argument, P], R],
    argnums: Literal[0] = 0,
    *,
    has_aux: Literal[False] = False,
    strict: bool | None = None,
) -> ValueAndGradient[P, R]: ...
@overload
def value_and_grad(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    strict: bool | None = None,
) -> Callable[..., tuple[Any, Any]]: ...
@picklable
def value_and_grad(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    strict: bool | None = None,
) -> Callable[..., Any]:
    """Return a function that gives both the value of `f` and its gradient.

    Args:
        f: a function that returns a real scalar.
        argnums: which arguments to differentiate: a position, or several for a tuple of gradients.
        has_aux: whether `f` returns a pair (value, aux); the value part is then that pair.
        strict: what to do if an argument does not influence the value. None: warn, with the ops at
            which the tape was left. True: raise, and say at which line its path was lost; `f` is
            called once more to find it. False: give zeros.

    Returns:
        A function of the arguments of `f` that gives ``(value, gradient)`` or
        ``((value, aux), gradient)``; see `grad`.

    Raises:
        NotScalarError: in the call, if `f` returns no real scalar.
        NotDifferentiableError: in the call, if an argument to differentiate has no derivative.

    >>> import numpy as np, xgrad as xg
    >>> value, gradient = xg.value_and_grad(lambda x: xg.sum(x**2))(np.asarray([1.0, 2.0]))
    >>> float(value), gradient.tolist()
    (5.0, [2.0, 4.0])
    """
    what = "value_and_grad"
    numbers, single = numbers_of(argnums, what), isinstance(argnums, int)

    @wraps(f, assigned=("__module__", "__name__", "__qualname__", "__doc__"))
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        record = Record(what, f, args, numbers, kwargs, has_aux)
        again = (lambda: Record(what, f, args, numbers, kwargs, has_aux)) if strict else None
        gradient = _gradient(record, single, again, strict is None)
        value = record.result()
        return ((value, record.aux), gradient) if has_aux else (value, gradient)

    return value_and_gradient


_OF_ARRAYS = {
    "grad": "xgrad.jacrev(f) for an array, xgrad.jacrev(f, complex='holomorphic') for a complex "
    "derivative, or xgrad.vjp(f, x) for anything",
    "hessian": "xgrad.jacfwd(xgrad.jacrev(f)) for the second derivatives of an array",
}
"""What to use in place of a transform where f returns no scalar."""


def _gradient(record: Record, single: bool, again: Callable[[], Record] | None, tells: bool) -> Any:
    """Return the gradient of a recorded real scalar, for one argument or a tuple for several.

    With `again`, which runs the function once more, an argument without influence is an error; if
    this `tells`, there is a warning.
    """
    y, what = record.outs[0] if len(record.outs) == 1 else None, record.what
    if y is None or y._raw.shape != () or y._raw.dtype not in REAL:
        got = f"{len(record.outs)} arrays" if y is None else f"{y.dtype}{list(y.shape)}"
        pair = "For a loss and more beside it pass has_aux=True. " if y is None else ""
        if not record.outs:
            raise errors.NotScalarError(
                f"{what}: f returned an empty container; {what} needs a real floating-point scalar"
            )
        raise errors.NotScalarError(
            f"{what}: f returned {got}; {what} needs a real floating-point scalar. {pair}"
            f"Use {_OF_ARRAYS.get(what, _OF_ARRAYS['grad'])}"
        )
    require_running(y._raw, what)
    if again is not None:
        _require_influence(record, again)
    one = Array((BY_TYPE.get(type(y._raw)) or backend_of(y._raw)).xp.ones_like(y._raw))
    gradients = record.by_argument(record.pull([one], free=not record.taped))
    if record.unmet and tells:
        constant_results.tell(record, what, "pass strict=False, or ", record.unmet)
    if record.taped:
        constant_results.derived(record)
    return gradients[0] if single else tuple(gradients)


def _require_influence(record: Record, run: Callable[[], Any]) -> None:
    """Raise if an input is not on a path to the output, and say where its path was lost."""
    unmet = constant_results.unmet(record)
    missing = [i for i, node in enumerate(record.leaves) if node[SERIAL] in unmet]
    if missing:
        names, why = record.names(), lost_paths.lost(run, len(record.leaves))
        texts = "\n".join(f"{names[i]}: {why[i]}" for i in missing)
        raise errors.NotDifferentiableError(
            f"{record.what}: strict=True, and not every argument influences the result.\n{texts}"
        )


@overload
def grad(
    f: Callable[Concatenate[Argument, P], Any],
    argnums: Literal[0] = 0,
    *,
    has_aux: Literal[False] = False,
    strict: bool | None = None,
) -> Gradient[P]: ...
@overload
def grad(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    strict: bool | None = None,
) -> Callable[..., Any]: ...
@picklable
def grad(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    strict: bool | None = None,
) -> Callable[..., Any]:
    """Return a function that gives the gradient of `f`, by reverse mode.

    The gradient has the argument's structure, shapes and dtypes. With respect to a complex argument
    it points in the direction of steepest ascent.

    Args:
        f: a function that returns a real scalar.
        argnums: which arguments to differentiate: a position, or several for a tuple of gradients.
        has_aux: whether `f` returns a pair (value, aux); then a pair (gradient, aux) is given.
        strict: what to do if an argument does not influence the value. None: warn, with the ops at
            which the tape was left. True: raise, and say at which line its path was lost; `f` is
            called once more to find it. False: give zeros.

    Returns:
        A function of the arguments of `f`. Raw arrays give raw gradients; an `Array` gives an
        `Array`.

    Raises:
        NotScalarError: in the call, if `f` returns no real scalar.
        NotDifferentiableError: in the call, if an argument to differentiate has no derivative.

    >>> import numpy as np, xgrad as xg
    >>> xg.grad(lambda x: xg.sum(x**2))(np.asarray([1.0, 2.0]))
    array([2., 4.])
    """
    return gradient_for("grad", f, argnums, has_aux, strict)


def gradient_for(
    what: str,
    f: Callable[..., Any],
    argnums: Argnums = 0,
    has_aux: bool = False,
    strict: bool | None = None,
) -> Callable[..., Any]:
    """Return what `grad` does; `what` is what the user has called, as messages say it."""
    numbers, single = numbers_of(argnums, what), isinstance(argnums, int)

    @wraps(f, assigned=("__module__", "__name__", "__qualname__", "__doc__"))
    def gradient(*args: Any, **kwargs: Any) -> Any:
        record = Record(what, f, args, numbers, kwargs, has_aux)
        again = (lambda: Record(what, f, args, numbers, kwargs, has_aux)) if strict else None
        g = _gradient(record, single, again, strict is None)
        return (g, record.aux) if has_aux else g

    return gradient
