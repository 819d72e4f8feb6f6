# Tests of xgrad/engine/contractions.py, xgrad/engine/forward.py, xgrad/engine/kinds.py

"""What is left out reaches no gradient, whatever it went through: the table of `left_out`.

pytorch/pytorch #23156: rows of a data set are missing, and their losses are left out.
"""

from __future__ import annotations

import numpy as np
import pytest

import xgrad as xg
from tests.right.left_out import MISSING, PROGRAMS, WEIGHTS, X

LEFT_OUT = {
    "where": lambda y: xg.sum(xg.where(shaped(y), 0.0, y * y)),
    "where, before": lambda y: xg.sum(xg.where(shaped(y), 0.0, y) ** 2),
    "an index": lambda y: xg.sum(y[::2] ** 2),
    "a mask": lambda y: xg.sum(y[~MISSING] ** 2),
    "take": lambda y: xg.sum(xg.take(y, np.asarray([0, 2]), axis=0) ** 2),
    "nansum": lambda y: xg.nansum(y * y),
    "nan_to_num": lambda y: xg.sum(xg.nan_to_num(y * y, posinf=0.0, neginf=0.0)),
}
SECOND = {
    "forward over reverse": lambda f: xg.jacfwd(xg.grad(f)),
    "reverse over reverse": lambda f: xg.jacrev(xg.grad(f)),
    "reverse over forward": lambda f: xg.jacrev(xg.jacfwd(f)),
    "forward over forward": lambda f: xg.jacfwd(xg.jacfwd(f)),
}


def shaped(y):
    return MISSING.reshape(-1, *(1,) * (y.ndim - 1))


def of_both(f, choose, x):
    """Return the program as a function of weights, and of data."""
    return lambda w: choose(f(x, w)), lambda x: choose(f(x, WEIGHTS))


def close(got, true, what):
    np.testing.assert_allclose(got, true, rtol=1e-8, atol=1e-10, err_msg=what)


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("name", PROGRAMS)
def test_nobody_knows_of_what_is_missing(name):
    f = PROGRAMS[name]
    of_weights, of_data = of_both(f, LEFT_OUT["where"], X)
    true = {"reverse": xg.grad(of_weights)(WEIGHTS)}
    true["forward over reverse"] = xg.jacfwd(xg.grad(of_weights))(WEIGHTS)
    true["data"] = xg.grad(of_data)(X)
    for bad in (np.nan, np.inf):
        x = np.where(MISSING[:, None], bad, X)
        try:
            missing = f(x, xg.asarray(WEIGHTS))[MISSING]
        except (np.linalg.LinAlgError, ValueError):
            continue  # a library refuses a whole batch for one NaN, or a matrix
        for choice, leave_out in LEFT_OUT.items():
            if choice.startswith("nan") and not xg.all(xg.isnan(missing)):
                continue
            of_weights, of_data = of_both(f, leave_out, x)
            what = f"{bad}, {choice}"
            close(xg.grad(of_weights)(WEIGHTS), true["reverse"], what)
            if choice not in ("where", "an index"):
                continue
            g = xg.grad(of_data)(x)
            close(g, true["data"], f"{what}, by the data")
            assert not g[MISSING].any()
            close(xg.jacfwd(of_weights)(WEIGHTS), true["reverse"], f"{what}, forward")
            for mode in SECOND if np.isnan(bad) and choice == "where" else [*SECOND][:1]:
                got = SECOND[mode](of_weights)(WEIGHTS)
                close(got, true["forward over reverse"], f"{what}, {mode}")


ROOTS = {
    "matmul": lambda y, w: y @ w,
    "einsum": lambda y, w: xg.einsum("ni,nj,ik->njk", y, y, w),
    "vecdot": lambda y, w: xg.vecdot(y, w[:, 1]),
    "tensordot": lambda y, w: xg.tensordot(y, w, axes=1),
    "cross": lambda y, w: xg.linalg.cross(y, xg.broadcast_to(w[:, 1], y.shape)),
    "linear": lambda y, w: xg.nn.functional.linear(y, w.T, w[0]),
    "conv1d": lambda y, w: xg.nn.functional.conv1d(y[:, None, :], w.T[:, None, :], padding=1),
    "solve": lambda y, w: xg.linalg.solve(w @ w.T + 3 * np.eye(3), y.T).T,
}


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("name", ROOTS)
def test_roots_at_zero_that_are_left_out_of_contractions(name):
    """What is multiplied is finite there, and only its derivatives are not."""
    f, x = ROOTS[name], np.where(MISSING[:, None], 0.0, X**2)

    def loss(w, x):
        y = f(xg.sqrt(x * w[:, 0] ** 2), w)
        return xg.sum(xg.where(shaped(y), 0.0, y) ** 2)

    for mode, make in SECOND.items():

        def curvature(w, x, make=make):
            return make(lambda w: loss(w, x))(w)

        def of_two(w, x, make=make):
            return xg.vmap(lambda w: xg.jvp(xg.grad(lambda w: loss(w, x)), (w,), (w,))[1])(w)

        true, compiled = curvature(WEIGHTS, X**2), xg.compile(curvature)
        close(curvature(WEIGHTS, x), true, mode)
        close(compiled(WEIGHTS, x), true, f"{mode}, compiled")
    two = np.stack([WEIGHTS, 2 * WEIGHTS])
    true = of_two(two, X**2)
    close(of_two(two, x), true, "vmap")
    close(xg.compile(of_two)(two, x), true, "vmap, compiled")


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("name", ["matmul", "solve", "solve data rhs", "inv", "var", "softmax"])
def test_a_cotangent_that_is_zero_by_chance_has_second_derivatives(name):
    f = PROGRAMS[name]
    target = f(X, WEIGHTS)

    def curvature(x):
        def loss(w):
            off = f(x, w) - target
            return xg.sum(xg.where(shaped(off), 0.0, off) ** 2)

        return xg.jacrev(xg.grad(loss))(WEIGHTS), xg.jacfwd(xg.grad(loss))(WEIGHTS)

    for bad in (np.nan, np.inf):
        x = np.where(MISSING[:, None], bad, X)
        for got, true in zip(curvature(x), curvature(X), strict=True):
            assert true.any()
            close(got, true, f"{bad}")


@pytest.mark.usefixtures("quiet")
def test_rules_of_the_user_that_were_not_used_make_no_nan():
    @xg.custom_vjp
    def root(x):
        return xg.sqrt(x)

    root.defvjp(lambda x: (xg.sqrt(x), x), lambda x, ct: (ct / (2 * xg.sqrt(x)),))

    def f(w):
        rows = [root(xg.sum(w * a)) for a in (1.0, 0.0, -1.0)]
        return xg.sum(xg.where(np.asarray([True, False, False]), xg.stack(rows), 0.0))

    np.testing.assert_allclose(xg.grad(f)(np.ones(2)), [8**-0.5] * 2)


def used(y):
    return xg.sum(y[1:] ** 2)  # a missing row among them


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("name", ["matmul", "solve", "var", "softmax", "cumulative_prod", "inv"])
def test_what_is_used_and_not_finite_is_not_hidden(name):
    f = PROGRAMS[name]
    x = np.where(MISSING[:, None], np.nan, X)
    assert np.isnan(xg.grad(lambda w: used(f(x, w)))(WEIGHTS)).any()
    g = xg.grad(lambda x: used(f(x, WEIGHTS)))(x)
    np.testing.assert_array_equal(np.isnan(g).all(axis=1), MISSING)
    np.testing.assert_array_equal(g[0], 0.0)


@pytest.mark.usefixtures("quiet")
def test_a_choice_that_uses_what_is_missing_does_not_hide_it():
    f = PROGRAMS["matmul"]
    x = np.where(MISSING[:, None], np.nan, X)
    for choice in (xg.nn.functional.relu, lambda y: xg.clip(y, -9.0, 9.0)):
        g = xg.grad(lambda w, choice=choice: used(choice(f(x, w) + 1.0)))(WEIGHTS)
        assert np.isnan(g).all()


FILLED = {
    "where": lambda x: xg.where(x > 1.0, x, 0.0),
    "relu": lambda x: xg.nn.functional.relu(x - 5.0),
    "clip": lambda x: xg.clip(x - 5.0, 0.0, None),
    "maximum": lambda x: xg.maximum(x - 5.0, 0.0),
    "index_set": lambda x: xg.index_set(x, 0, 0.0),
    "pad": lambda x: xg.pad(x, (1, 1)),
    "concat": lambda x: xg.concat([x, xg.zeros(2)]),
    "stack": lambda x: xg.stack([x, xg.zeros(3)]),
    "diag": xg.diag,
    "tril": lambda x: xg.tril(x[:, None] * x),
    "index_add": lambda x: xg.index_add(xg.zeros(5), xg.asarray([0, 1, 3]), x),
    "nan_to_num": lambda x: xg.nan_to_num(xg.where(x > 1.0, x, np.nan)),
}


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("name", FILLED)
def test_a_tangent_of_what_was_filled_in_is_zero_at_a_root(computing, name):
    x, v = computing.raw(np.asarray([4.0, 9.0, 1.0])), computing.raw(np.asarray([1.0, 2.0, 3.0]))

    def f(x):
        return xg.sum(xg.sqrt(FILLED[name](x)))

    with xg.use_backend(computing.backend.name, computing.device):
        expected = float(np.sum(computing.numpy(xg.grad(f)(x)) * computing.numpy(v)))
        assert np.isfinite(expected)
        assert float(computing.numpy(xg.jvp(f, (x,), (v,))[1])) == pytest.approx(expected)
        assert float(computing.numpy(xg.linearize(f, x)[1](v))) == pytest.approx(expected)
        assert np.isnan(
            computing.numpy(xg.jvp(lambda x: 0.0 * xg.sqrt(x - x), (x,), (v,))[1])
        ).all()


READ = {
    "x[0]": lambda x: x[0],
    "x[:1]": lambda x: xg.sum(x[:1]),
    "take": lambda x: xg.sum(xg.take(x, np.asarray([0]))),
    "unstack": lambda x: xg.unstack(x)[0],
    "a row": lambda x: xg.reshape(x, (2, 1))[0, 0],
}


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("name", READ)
def test_a_tangent_of_zero_that_is_read_stays_zero_at_a_root(name):
    """As in reverse mode, where what was not read gets nothing."""
    x, v = np.asarray([0.0, 1.0]), np.asarray([0.0, 1.0])

    def f(x):
        return xg.sqrt(READ[name](x)) + x[1]

    assert xg.jvp(f, (x,), (v,))[1] == 1.0
    np.testing.assert_array_equal(xg.jacfwd(f)(x), xg.grad(f)(x))
    np.testing.assert_array_equal(xg.hvp(f, x, v), 0.0)


def both(x):
    return 2.0 * x, xg.log(x)


@xg.custom_jvp
def with_rule(x):
    return both(x)


with_rule.defjvp(lambda p, t: (both(p[0]), (2.0 * t[0], t[0] / p[0])))

ONE_OF_SEVERAL = {
    "checkpoint": lambda x: xg.checkpoint(both)(x)[0],
    "its argument": lambda x: xg.checkpoint(lambda a, b: (2.0 * a, b))(x, xg.log(x))[0],
    "custom_jvp": lambda x: with_rule(x)[0],
    "unstack": lambda x: xg.unstack(xg.stack([2.0 * x, xg.log(x)]))[0],
    "unstack, multiplied": lambda x: xg.unstack(xg.stack([2.0 * x, xg.log(x)]) @ np.eye(3))[0],
    "carry of scan": lambda x: xg.scan(lambda c, r: (c + xg.log(r), 2.0 * r), x[0] * 0.0, x)[1],
    "last carry": lambda x: xg.scan(lambda c, r: (xg.log(r), 2.0 * r + 0.0 * c), x[2], x)[1],
    "rows of scan": lambda x: xg.scan(lambda c, r: (c + 2.0 * r, xg.log(r)), 0.0 * x[0], x)[0],
}


@pytest.mark.parametrize("ask", [lambda f: f, xg.compile], ids=["eager", "compiled"])
@pytest.mark.parametrize("name", ONE_OF_SEVERAL)
def test_of_several_results_one_is_not_used(name, ask):
    """What has an infinite slope is another result than the one that is used."""
    x, f = np.asarray([1.0, 2.0, 0.0]), ONE_OF_SEVERAL[name]
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(ask(xg.grad(lambda x: xg.sum(f(x))))(x), 2.0)
        if ask is xg.compile and "scan" in name:
            return
        second = ask(lambda x: xg.hvp(lambda x: xg.sum(f(x)) ** 2, x, np.ones(3)))(x)
    np.testing.assert_allclose(second, 24.0)
