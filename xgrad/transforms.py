"""Transforms: functions of functions that give derivatives.

Each gives `f` fresh leaves, records it once, and walks the record: `vjp` and its relatives down,
`jvp` and its relatives up. Raw arrays in give raw arrays out, `Array` in gives `Array` out, pytrees
of either keep their structure. They nest and mix in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from . import errors, influence, tape, trees
from .array import Array
from .backends import REAL, creating_like
from .derived import picklable
from .tape import SERIAL, Node

__all__ = [
    "grad",
    "jvp",
    "linearize",
    "value_and_grad",
    "vjp",
]

Argnums = int | Sequence[int]


class Record:
    """One run of a function on fresh leaves, ready to be walked."""

    def __init__(
        self,
        what: str,
        f: Callable[..., Any],
        args: Sequence[Any],
        argnums: Sequence[int],
        kwargs: dict[str, Any],
        has_aux: bool,
    ) -> None:
        self.what, self.argnums = what, argnums
        outer = tape.is_recording()
        args = list(args)
        self.structures: list[Any] = []
        self.given: list[Any] = []
        for i in argnums:
            if not -len(args) <= i < len(args):
                raise ValueError(
                    f"{what}: argnums has {i}, but f was called with {len(args)} arguments"
                )
            found, structure = trees.flatten(args[i])
            self.given += found
            self.structures.append(structure)
        self.inputs = [trees.differentiable(x, what) for x in self.given]
        if not self.inputs:
            raise errors.NotDifferentiableError(f"{what}: the arguments hold no arrays")
        leaves = [tape.leaf(x, outer) for x in self.inputs]
        self.leaves: list[Node] = [x._node for x in leaves]
        start = 0
        for i, structure in zip(argnums, self.structures, strict=True):
            end = start + structure.num_leaves
            single = structure is trees.SINGLE
            args[i] = leaves[start] if single else structure.unflatten(leaves[start:end])
            start = end
        del leaves, found
        with creating_like(self.inputs[0]._data):
            if outer:
                out = f(*args, **kwargs)
            else:
                with tape.recording(True):
                    out = f(*args, **kwargs)
        del args
        self.aux = None
        if has_aux:
            if not isinstance(out, tuple) or len(out) != 2:
                raise TypeError(f"{what}: has_aux=True, but f did not return a pair (result, aux)")
            out, aux = out
            self.aux = trees.map(self._leave, aux)
        flat, self.out_structure = trees.flatten(out)
        del out
        self.outs = [
            x if type(x) is Array else trees.as_array(x, f"{what}: the result of f") for x in flat
        ]
        del flat
        nodes = [x._node for x in self.outs]
        self.path, others = tape.cone([n for n in nodes if n is not None], self.leaves)
        self.taped = others and outer
        if not self.taped:  # nothing outside may see, or keep alive, this tape
            self.outs = [Array(x._data) for x in self.outs]
        self.raw = Array not in [type(x) for x in self.given]
        self.serials = self._reached(nodes)
        self.gone: dict[int, list[int]] | None = None

    def names(self) -> list[str]:
        """Return what to call each input in a message: ``argument 0['w'] (float64[3])``."""
        trees_of = zip(self.argnums, self.structures, strict=True)
        names = [name for i, tree in trees_of for name in trees.names(tree, f"argument {i}")]
        return [
            f"{name} ({x.dtype}{list(x.shape)})" for name, x in zip(names, self.inputs, strict=True)
        ]

    def _reached(self, nodes: list[Node | None]) -> list[int | None]:
        """Return the serial number of each output that depends on an input, None for another."""
        serials = [None if n is None else n[SERIAL] for n in nodes]
        if len(nodes) == 1 and self.path and self.path[-1][SERIAL] == serials[0]:
            return serials
        inside = {n[SERIAL] for n in self.path} | {n[SERIAL] for n in self.leaves}
        return [s if s in inside else None for s in serials]

    def _leave(self, x: Any) -> Any:
        """Return an auxiliary result off this tape, raw if the inputs were."""
        if type(x) is not Array:
            return x
        if x._node is not None and not any(leaf[tape.PARENTS] is not None for leaf in self.leaves):
            x = Array(x._data)
        return x if any(type(g) is Array for g in self.given) else trees.like_input(x, None)

    def result(self) -> Any:
        """Return what f returned, raw if the inputs were raw and nobody outside watches."""
        given = None if self.raw else self.outs[0] if self.outs else None
        return self.out_structure.unflatten([trees.like_input(x, given) for x in self.outs])

    def pull(
        self, cotangents: Sequence[Array | None], *, free: bool = False, sparse: bool = False
    ) -> list[Array]:
        """Return the cotangent of each input for cotangents of the outputs; None is zero."""
        taped = self.taped
        if not taped and tape.is_recording():
            taped = any(g is not None and g._node is not None for g in cotangents)
        seeds: dict[int, Any] = {}
        for serial, ct in zip(self.serials, cotangents, strict=True):
            if serial is not None and ct is not None:
                g = ct if taped else ct._data
                seeds[serial] = seeds[serial] + g if serial in seeds else g
        if taped:
            with tape.recording(True):
                found = tape.pullback(self.path, seeds, taped=True, free=free, sparse=sparse)
        else:  # on raw arrays, where nothing can be recorded
            found = tape.pullback(self.path, seeds, taped=False, free=free, sparse=sparse)
        held = found.get
        return [
            self._home(held(node[0]), x) for node, x in zip(self.leaves, self.inputs, strict=True)
        ]

    def push(self, tangents: Sequence[Array | None], *, sparse: bool = False) -> list[Array]:
        """Return the tangent of each output for tangents of the inputs; None is zero."""
        tracked = any(t is not None and t._node is not None for t in tangents)
        taped = self.taped or (tracked and tape.is_recording())
        seeds = {
            node[SERIAL]: t if taped else t._data
            for node, t in zip(self.leaves, tangents, strict=True)
            if t is not None
        }
        if self.gone is None:
            self.gone = tape.last_uses(self.path, [s for s in self.serials if s is not None])
        with tape.recording(taped):
            found = tape.pushforward(self.path, seeds, self.gone, taped=taped, sparse=sparse)
        return [
            self._home(None if s is None else found.get(s), x)
            for s, x in zip(self.serials, self.outs, strict=True)
        ]

    @staticmethod
    def _home(found: Any, x: Array) -> Array:
        """Return a cotangent or tangent as an `Array`, zeros if there is none."""
        if type(found) is type(x._data):
            return Array(found)
        if found is None:
            return Array(trees.zeros_like(x))
        return found if type(found) is Array else Array(tape.as_array(found))

    def by_argument(self, values: list[Array]) -> list[Any]:
        """Return values of the inputs in the structure of each argument."""
        home = [
            v if type(g) is Array or v._node is not None else v._data  # as trees.like_input
            for v, g in zip(values, self.given, strict=True)
        ]
        found, start = [], 0
        for structure in self.structures:
            end = start + structure.num_leaves
            single = structure is trees.SINGLE
            found.append(home[start] if single else structure.unflatten(home[start:end]))
            start = end
        return found

    def by_output(self, values: list[Array]) -> Any:
        """Return values of the outputs in the structure of the result."""
        given = None if self.raw else self.inputs[0]
        return self.out_structure.unflatten([trees.like_input(v, given) for v in values])

    def cotangents(self, tree: Any) -> list[Array]:
        """Return the leaves of a cotangent, checked against the result."""
        return _matched(tree, self.outs, self.out_structure, self.what, "cotangent")


def _matched(tree: Any, like: list[Array], structure: Any, what: str, name: str) -> list[Array]:
    """Return the leaves of a cotangent or tangent, in the shape and dtype of what it belongs to."""
    flat, shape = trees.flatten(tree)
    if shape != structure or len(flat) != len(like):
        raise ValueError(f"{what}: the {name} has the structure {shape}; expected {structure}")
    return [_fitting(x, y, what, name) for x, y in zip(flat, like, strict=True)]


def _fitting(x: Any, y: Array, what: str, name: str) -> Array:
    with creating_like(y._data):
        out = trees.as_array(x, what)
    if out.shape != y.shape:
        raise ValueError(f"{what}: the {name} has shape {out.shape}; expected {y.shape}")
    if out.backend != y.backend:
        raise errors.MixedBackendError(
            f"{what}: the {name} is on {out.backend!r}; expected {y.backend!r}. "
            f"Move it with x.to_backend({y.backend!r})"
        )
    return tape.seed(y, out, what, "")


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
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

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        return tuple(record.by_argument(record.pull(record.cotangents(cotangent))))

    out = record.result()
    return (out, pullback, record.aux) if has_aux else (out, pullback)


def linearize(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """Return the result of `f`, and its pushforward: the linear map that carries tangents along.

    Returns:
        ``(out, pushforward)`` or ``(out, pushforward, aux)``. ``pushforward(*tangents)`` takes one
        tangent for each primal; `f` itself is evaluated only once.
    """
    record = Record("linearize", f, primals, range(len(primals)), {}, has_aux)

    def pushforward(*tangents: Any) -> Any:
        return record.by_output(record.push(_tangents(record, tangents)))

    out = record.result()
    return (out, pushforward, record.aux) if has_aux else (out, pushforward)


def jvp(
    f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], *, has_aux: bool = False
) -> Any:
    """Return the result of `f` and its derivative along a direction, in forward mode.

    Args:
        f: a function of arrays or pytrees that returns an array or pytree.
        primals: where to evaluate it, one entry for each argument.
        tangents: the direction, in the structure of `primals`.
        has_aux: whether `f` returns a pair (result, aux); aux is handed on.

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
    tangent = record.by_output(record.push(_tangents(record, tangents)))
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
        found += _matched(tangent, like, structure, record.what, "tangent")
    return found


def numbers_of(argnums: Argnums) -> tuple[int, ...]:
    """Return the positions to differentiate as a tuple."""
    return (argnums,) if isinstance(argnums, int) else tuple(argnums)


@picklable
def value_and_grad(
    f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False, strict: bool = False
) -> Callable[..., Any]:
    """Return a function that gives both the value of `f` and its gradient.

    Args:
        f: a function that returns a real scalar.
        argnums: which arguments to differentiate: a position, or several for a tuple of gradients.
        has_aux: whether `f` returns a pair (value, aux); the value part is then that pair.
        strict: raise if an argument does not influence the value, and say at which op its path was
            lost; `f` is called once more to find it.
    """
    numbers, single = numbers_of(argnums), isinstance(argnums, int)

    @wraps(f, assigned=("__module__", "__name__", "__qualname__", "__doc__"))
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        record = Record("grad", f, args, numbers, kwargs, has_aux)
        again = (lambda: Record("grad", f, args, numbers, kwargs, has_aux)) if strict else None
        gradient = _gradient(record, single, again)
        value = record.result()
        return ((value, record.aux), gradient) if has_aux else (value, gradient)

    return value_and_gradient


def _gradient(record: Record, single: bool, again: Callable[[], Record] | None) -> Any:
    """Return the gradient of a recorded real scalar, for one argument or a tuple for several.

    With `again`, which runs the function once more, an argument without influence is an error.
    """
    y = record.outs[0] if len(record.outs) == 1 else None
    if y is None or y._data.shape != () or y._data.dtype not in REAL:
        got = "several arrays" if y is None else f"{y.dtype}{list(y.shape)}"
        raise errors.NotScalarError(
            f"grad: f returned {got}; grad needs a real floating-point scalar. "
            "Use xgrad.jacrev(f) for an array, xgrad.jacrev(f, complex='holomorphic') for a "
            "complex derivative, or xgrad.vjp(f, x) for anything"
        )
    if again is not None:
        _require_influence(record, again)
    one = Array(tape.ones_like(y._data))
    gradients = record.by_argument(record.pull([one], free=not record.taped))
    return gradients[0] if single else tuple(gradients)


def _require_influence(record: Record, run: Callable[[], Any]) -> None:
    """Raise if an input is not on a path to the output, and say where its path was lost."""
    reached = {p[SERIAL] for node in record.path for p in tape.parents_of(node)}
    reached.update(s for s in record.serials if s is not None)
    missing = [i for i, node in enumerate(record.leaves) if node[SERIAL] not in reached]
    if missing:
        names, why = record.names(), influence.lost(run, len(record.leaves))
        texts = "\n".join(f"{names[i]}: {why[i]}" for i in missing)
        raise errors.NotDifferentiableError(
            f"grad: strict=True, and not every argument influences the result.\n{texts}"
        )


@picklable
def grad(
    f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False, strict: bool = False
) -> Callable[..., Any]:
    """Return a function that gives the gradient of `f`, by reverse mode.

    Args:
        f: a function that returns a real scalar.
        argnums: which arguments to differentiate: a position, or several for a tuple of gradients.
        has_aux: whether `f` returns a pair (value, aux); then a pair (gradient, aux) is given.
        strict: raise if an argument does not influence the value, and say at which op its path was
            lost; `f` is called once more to find it.

    The gradient has the argument's structure, shapes and dtypes. With respect to a complex argument
    it points in the direction of steepest ascent.

    >>> import numpy as np, xgrad as xg
    >>> xg.grad(lambda x: xg.sum(x**2))(np.asarray([1.0, 2.0]))
    array([2., 4.])
    """
    numbers, single = numbers_of(argnums), isinstance(argnums, int)

    @wraps(f, assigned=("__module__", "__name__", "__qualname__", "__doc__"))
    def gradient(*args: Any, **kwargs: Any) -> Any:
        record = Record("grad", f, args, numbers, kwargs, has_aux)
        again = (lambda: Record("grad", f, args, numbers, kwargs, has_aux)) if strict else None
        g = _gradient(record, single, again)
        return (g, record.aux) if has_aux else g

    return gradient
