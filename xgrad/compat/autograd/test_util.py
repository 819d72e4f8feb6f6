"""Checks of derivatives against differences, as in autograd's own tests."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

from .border import floating, make_jvp, make_vjp
from .vspace import vspace
from .wrap_util import get_name, unary_to_nary

EPS = 1e-6
TOL = 1e-6
RTOL = 1e-6


def scalar_close(a: Any, b: Any) -> bool:
    """Whether two numbers agree to one part in a million, or so nearly vanish."""
    return bool(abs(a - b) < TOL or abs(a - b) / abs(a + b) < RTOL)


def make_numerical_jvp(f: Callable[[Any], Any], x: Any) -> Callable[[Any], Any]:
    """Return the function that gives the tangent of `f` at `x` by central differences."""
    space, out = vspace(x), vspace(f(x))

    def jvp(v: Any) -> Any:
        above = f(space.add(x, space.scalar_mul(v, EPS / 2)))
        below = f(space.add(x, space.scalar_mul(v, -EPS / 2)))
        return out.scalar_mul(out.add(above, out.scalar_mul(below, -1.0)), 1 / EPS)

    return jvp


def check_vjp(f: Callable[[Any], Any], x: Any) -> None:
    """Check reverse mode along a random direction."""
    vjp, out = make_vjp(f, x)
    of_x, of_out = vspace(x), vspace(out)
    v, w = of_x.randn(), of_out.randn()
    cotangent = of_x.covector(vjp(of_out.covector(w)))
    assert vspace(cotangent) == of_x, f"{vspace(cotangent)} is not the space of x, {of_x}"
    exact, numeric = (
        of_x.inner_prod(v, cotangent),
        of_out.inner_prod(w, make_numerical_jvp(f, x)(v)),
    )
    assert scalar_close(numeric, exact), (
        f"Derivative (VJP) check of {get_name(f)} failed with arg {x}:\n"
        f"analytic: {exact}\nnumeric:  {numeric}"
    )


def check_jvp(f: Callable[[Any], Any], x: Any) -> None:
    """Check forward mode along a random direction."""
    v = vspace(x).randn()
    check_equivalent(make_jvp(f, x)(v)[1], make_numerical_jvp(f, x)(v))


def check_equivalent(x: Any, y: Any) -> None:
    """Check that two values are of one space, and agree along a random direction."""
    space = vspace(x)
    assert space == vspace(y), f"VSpace mismatch:\nx: {space}\ny: {vspace(y)}"
    v = space.randn()
    assert scalar_close(space.inner_prod(x, v), space.inner_prod(y, v)), f"Value mismatch: {x}, {y}"


@unary_to_nary
def check_grads(f: Any, x: Any, modes: Any = None, order: int = 2) -> None:
    """Return a function that checks all derivatives of `f` up to an order.

    ``check_grads(f, argnum, modes=["fwd", "rev"], order=2)`` takes the arguments of `f`.
    """
    modes = ["fwd", "rev"] if modes is None else modes
    if not set(modes) <= {"fwd", "rev"}:
        raise ValueError(f"check_grads: modes is {modes!r}; expected 'fwd' and 'rev'")
    x = floating(x)
    if "fwd" in modes:
        check_jvp(f, x)
        if order > 1:

            def jvp(x: Any, v: Any) -> Any:
                return make_jvp(f, x)(v)[1]

            jvp.__name__ = f"jvp_{get_name(f)}"
            check_grads(jvp, (0, 1), modes, order=order - 1)(x, vspace(x).randn())
    if "rev" in modes:
        check_vjp(f, x)
        if order > 1:

            def vjp(x: Any, v: Any) -> Any:
                return make_vjp(f, x)[0](v)

            vjp.__name__ = f"vjp_{get_name(f)}"
            check_grads(vjp, (0, 1), modes, order=order - 1)(x, vspace(f(x)).randn())


def combo_check(fun: Any, *check_args: Any, **check_kwargs: Any) -> Callable[..., None]:
    """Return a function that checks `fun` on every combination of the given arguments."""

    def check(*args: Any, **kwargs: Any) -> None:
        choices = [[(name, x) for x in values] for name, values in kwargs.items()]
        for positional in product(*args):
            for named in product(*choices):
                check_grads(fun, *check_args, **check_kwargs)(*positional, **dict(named))

    return check
