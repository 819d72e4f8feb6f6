"""`compile`, as a decorator and as a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar, overload

from .function import Compiled

__all__ = ["compile"]

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


@overload
def compile(
    f: Callable[P, R_co],
    /,
    *,
    static: int | str | Sequence[int | str] = (),
    engine: str | None = None,
    donate: int | Sequence[int] = (),
    on_value: str = "error",
) -> Compiled[P, R_co]: ...
@overload
def compile(
    f: None = None,
    /,
    *,
    static: int | str | Sequence[int | str] = (),
    engine: str | None = None,
    donate: int | Sequence[int] = (),
    on_value: str = "error",
) -> Callable[[Callable[P, R_co]], Compiled[P, R_co]]: ...
def compile(
    f: Callable[..., Any] | None = None,
    /,
    *,
    static: int | str | Sequence[int | str] = (),
    engine: str | None = None,
    donate: int | Sequence[int] = (),
    on_value: str = "error",
) -> Any:
    """Return a function that gives what `f` gives, recorded once and replayed without Python.

    The first call with arguments of new shapes, dtypes or Python values runs `f` and records every
    array operation, those of derivatives inside as well. Later calls run the record: equal steps
    merged, unused ones left out, memory planned once, elementwise steps together.

    Args:
        f: a function of arrays and pytrees, such as a loss, a whole training step, or what
            `xgrad.grad`, `xgrad.hessian` or another transform returns. Its arrays may vary from
            call to call. Everything else among its arguments (numbers, strings, functions)
            belongs to the program: a new value makes a new one.
        static: positions or names of arguments that belong to the program though they hold
            arrays; they may then decide branches.
        engine: what runs the program. ``"numpy"``, the default, gives bit for bit what `f` gives.
            ``"native"`` compiles elementwise steps by the machine's C compiler; exponentials and
            the like then differ from NumPy's in the last bits, by at most 4 ulp. ``"auto"`` takes
            the first until a program has run often, and then the second, if there is a compiler.
            ``"jax"`` runs a program of NumPy as one function of XLA, in JAX. ``"cuda-graph"``
            launches the kernels between two matrix products of CuPy at once.
        donate: positions of arguments whose memory results may be written to. They must not be
            used after the call.
        on_value: ``"error"``, or ``"eager"`` to run `f` itself, with one warning, where the value
            of an array is asked for.

    Returns:
        A function with ``lower(*args)``, which shows the program, ``stats`` and ``clear()``.
        Differentiated or recorded in turn, it runs `f`.

    Raises:
        TraceError: `f` asks for the value of an array that depends on an argument, as in
            ``if x > 0``, or for a shape that depends on one, as in ``x[x > 0]``.
        MutationError: `f` writes to an argument, or to an array from outside.

    >>> import numpy as np, xgrad as xg
    >>> slope = xg.compile(xg.grad(lambda x: xg.sum(xg.sin(x) ** 2)))
    >>> slope(np.asarray([0.0, np.pi / 4])).round(12)
    array([0., 1.])
    >>> slope.stats["programs"]
    1
    """
    options = {"static": static, "engine": engine, "donate": donate, "on_value": on_value}
    if f is None:
        return lambda f: Compiled(f, **options)  # type: ignore[arg-type]
    return Compiled(f, **options)  # type: ignore[arg-type]
