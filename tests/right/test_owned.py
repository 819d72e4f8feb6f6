# Tests of xgrad/engine/record.py
"""Results belong to the caller: tests `own` of engine/record.py over the op table."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import xgrad as xg
from xgrad.testing.cases import Place
from xgrad.testing.table import ROWS

pytestmark = [
    pytest.mark.filterwarnings("ignore::xgrad.errors.ConstantResultWarning"),  # some are constant
    # some BLAS reads beside small matrices, and says so of what it does not use
    pytest.mark.filterwarnings("ignore:invalid value encountered in matmul:RuntimeWarning"),
]
PLACE = Place.named("numpy")


def arrays(tree):
    return [x for x in xg.tree.leaves(tree) if isinstance(x, np.ndarray)]


def require_owned(what, results, *others):
    """Fail if a result is read-only, or shares memory with another one or with what was given."""
    found = arrays(results)
    for x in found:
        assert x.flags.writeable, f"{what}: a result is read-only"
        x[...] = x  # nothing is in the way of a write
    for x, y in itertools.combinations(found, 2):
        assert not np.shares_memory(x, y), f"{what}: two results share memory"
    for x, y in itertools.product(found, arrays(list(others))):
        assert not np.shares_memory(x, y), f"{what}: a result shares memory with what was given"


def first_case(row):
    return next((c for c in row.cases(PLACE, "f") if c.varying and c.order), None)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_over_the_op_table(row):
    if row.left_out(PLACE, row.samples[0], "f") or (case := first_case(row)) is None:
        pytest.skip("no derivative here")
    raw = case.raw_arrays()
    given = [np.array(raw[i]) for i in case.varying]
    f = case.of_varying(raw)

    def real(*xs):
        return [x for x in xg.tree.leaves(f(*xs)) if xg.isdtype(x.dtype, "real floating")]

    out, pullback = xg.vjp(real, *given)
    if not out:
        return
    cts = [np.ones(np.shape(y), y.dtype) for y in out]
    require_owned("vjp", [out, pullback(cts), pullback(cts)], given, cts)
    require_owned("jvp", xg.jvp(real, given, given), given)
    numbers = tuple(range(len(given)))
    scalar = lambda *xs: sum(xg.sum(y) for y in real(*xs))  # noqa: E731 - one use
    require_owned("value_and_grad", xg.value_and_grad(scalar, numbers)(*given), given)
    same, pushforward = xg.linearize(real, *given)
    require_owned("linearize", [same, pushforward(*given), pushforward(*given)], given)
    if max(np.size(y) for y in (*out, *given)) <= 16:
        require_owned("jacrev", xg.jacrev(real, numbers)(*given), given)
        require_owned("jacfwd", xg.jacfwd(real, numbers)(*given), given)
        require_owned("hvp", xg.hvp(scalar, tuple(given), tuple(given)), given)
        require_owned("checkpoint", xg.grad(xg.checkpoint(scalar), numbers)(*given), given)


PROGRAMS = {
    "a sum": lambda x, y: xg.sum(x + y),
    "a mean": lambda x, y: xg.mean(x) + xg.mean(y),
    "itself": lambda x, y: xg.sum(x) + 0.0 * xg.sum(y),
    "unused": lambda x, y: xg.sum(x),
    "slices": lambda x, y: xg.sum(x[:2] + y[1:]),
    "reshaped": lambda x, y: xg.sum(xg.reshape(x, (3, 1)) + xg.reshape(y, (1, 3))),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_gradients_may_be_changed(program):
    f, x, y = PROGRAMS[program], np.ones(3), np.ones(3)
    gx, gy = xg.grad(f, (0, 1))(x, y)
    before = gy.copy()
    gx[0] = 50.0
    gx += 1.0
    np.testing.assert_array_equal(gy, before)
    np.testing.assert_array_equal(x, 1.0)


def test_a_cotangent_is_not_handed_back():
    x, ct = np.ones(3), np.arange(3.0)
    for f in (lambda x: x, lambda x: x[:], lambda x: xg.reshape(x, (3,)), lambda x: x + 1.0):
        (gx,) = xg.vjp(f, x)[1](ct)
        gx += 1.0
        np.testing.assert_array_equal(ct, np.arange(3.0))
        _, t = xg.jvp(f, (x,), (ct,))
        t += 1.0
        np.testing.assert_array_equal(ct, np.arange(3.0))


def test_backward_leaves_gradients_that_are_their_own():
    x, y = (xg.asarray(np.ones(3), requires_grad=True) for _ in range(2))
    xg.sum(x + y).backward()
    require_owned("backward", [x.grad.data, y.grad.data], [x.data, y.data])


SHOWN = {
    "itself": lambda x: x,
    "a slice": lambda x: x[1:],
    "broadcast": lambda x: xg.broadcast_to(x, (2, 4)),
    "twice": lambda x: (x, x),
    "turned": lambda x: xg.reshape(x, (2, 2)).T,
    "both": lambda x: (x + 0.0, x[::-1]),
    "saved": xg.exp,
}


@xg.custom_vjp
def handed_on(x):
    return x


handed_on.defvjp(lambda x: (x, None), lambda _, ct: (ct,))


@xg.custom_jvp
def handed_up(x):
    return x


handed_up.defjvp(lambda primals, tangents: (primals[0], tangents[0]))
X, V = np.arange(1.0, 5.0), np.ones(4)
KEPT, OF_XGRAD = np.ones(4), xg.ones(4)


@xg.custom_vjp
def of_a_kept_buffer(x):
    return x * 1.0


of_a_kept_buffer.defvjp(lambda x: (x * 1.0, None), lambda _, ct: (KEPT,))


@xg.custom_vjp
def of_a_kept_array(x):
    return x * 1.0


of_a_kept_array.defvjp(lambda x: (x * 1.0, None), lambda _, ct: (OF_XGRAD,))


@xg.custom_jvp
def up_by_a_kept_array(x):
    return x * 1.0


up_by_a_kept_array.defjvp(lambda primals, _: (primals[0] * 1.0, OF_XGRAD))


@xg.primitive
def gives_a_kept_buffer(x):
    return KEPT


gives_a_kept_buffer.defvjp(lambda ct, out, x: (KEPT,))
OF_RULES = (of_a_kept_buffer, of_a_kept_array, up_by_a_kept_array, gives_a_kept_buffer)


@pytest.mark.filterwarnings("ignore::xgrad.errors.LoopWarning")  # of a black box
@pytest.mark.parametrize("f", OF_RULES, ids=lambda f: f.__name__)
def test_over_rules_that_keep_what_they_give(f):
    x, v = X.copy(), V.copy()
    found = over(f, x, v)
    if f is up_by_a_kept_array:  # its tangent is no function of tangents that reverse mode knows
        found = {"jvp": found["jvp"], "linearize": found["linearize"]}
    for what, results in found.items():
        require_owned(what, results[:2] if what == "vjp" else results, x, v, KEPT, OF_XGRAD.data)


def test_auxiliary_results_are_no_arrays_of_elsewhere():
    def f(x):
        return xg.sum(x * OF_XGRAD), (OF_XGRAD, xg.asarray(KEPT), OF_XGRAD[1:])

    require_owned("grad", xg.grad(f, has_aux=True)(X.copy()), KEPT, OF_XGRAD.data)
    value, tangent = xg.jvp(lambda x: (OF_XGRAD, x), (X.copy(),), (V.copy(),))
    require_owned("jvp", (value, tangent), OF_XGRAD.data)


def halves(x):
    return 0.5 * xg.sum(x * x)


def over(f, x, v):
    """Return what each transform gives of a function that shows its argument."""
    ct = xg.tree.map(np.ones_like, f(xg.asarray(x.copy())))
    ct = xg.tree.map(lambda y: np.ones(y.shape), ct)
    some = lambda x: (halves(x), f(x))  # noqa: E731 - one use
    out, pullback = xg.vjp(f, x)
    same, pushforward = xg.linearize(f, x)
    return {
        "vjp": (out, pullback(ct), ct),
        "linearize": (same, pushforward(v)),
        "jvp": xg.jvp(f, (x,), (v,)),
        "jacrev": xg.jacrev(f)(x),
        "jacfwd": xg.jacfwd(f)(x),
        "grad": xg.grad(some, has_aux=True)(x),
        "value_and_grad": xg.value_and_grad(some, has_aux=True)(x),
        "vjp, auxiliary": xg.vjp(some, x, has_aux=True)[::2],
        "vmap": xg.vmap(f)(x[None, :]),
        "hvp": xg.hvp(halves, (x,), (v,)),
        "hessian": xg.hessian(halves)(x),
    }


@pytest.mark.parametrize("name", SHOWN)
def test_over_the_transforms(name):
    x, v = X.copy(), V.copy()
    for what, found in over(SHOWN[name], x, v).items():
        results, cts = (found[:2], found[2]) if what == "vjp" else (found, ())
        require_owned(f"{what} of {name}", results, x, v, list(xg.tree.leaves(cts)))
    assert x.flags.writeable


@pytest.mark.parametrize(
    "f", [handed_on, handed_up, xg.checkpoint(lambda x: x), lambda x: xg.vmap(lambda y: y)(x)]
)
def test_over_rules_that_hand_on_what_they_are_given(f):
    x, v, ct = X.copy(), V.copy(), V.copy()
    out, pullback = xg.vjp(f, x)
    require_owned("vjp", (out, pullback(ct)), x, ct)
    require_owned("jvp", xg.jvp(f, (x,), (v,)), x, v)
    require_owned("grad", xg.grad(lambda x: xg.sum(f(x)))(x), x)
    require_owned("pairs", xg.grad(lambda x, y: xg.sum(f(x) + f(y)), (0, 1))(x, v), x, v)


def test_what_was_given_back_is_not_what_the_pullback_saved():
    def f(x):
        y = xg.exp(x)
        return xg.sum(y), y

    out, pullback = xg.vjp(xg.exp, X)
    out[...] = 0.0
    np.testing.assert_allclose(pullback(V)[0], np.exp(X))
    out, pushforward = xg.linearize(xg.exp, X)
    out[...] = 0.0
    np.testing.assert_allclose(pushforward(V), np.exp(X))
    _, pullback, aux = xg.vjp(f, X, has_aux=True)
    aux[...] = 0.0
    np.testing.assert_allclose(pullback(1.0)[0], np.exp(X))


COMPILED = SHOWN | {
    "parts": lambda x: tuple(xg.unstack(x)),
    "broadcast sum": lambda x: xg.broadcast_to(xg.sum(x), (4,)),
    "one more axis": lambda x: xg.expand_dims(x, axis=0),
    "of a black box": lambda x: itself(x),
    "gradients": xg.grad(lambda x: xg.sum(x) + xg.sum(xg.reshape(x, (2, 2)).T)),
}
itself = xg.primitive(lambda x: x)
itself.defvjp(lambda ct, out, x: (ct,))


@pytest.mark.parametrize("name", COMPILED)
def test_a_compiled_function_gives_new_arrays_in_every_call(computing, name):
    """Also what replays give, of libraries whose functions show what they were given."""
    if not computing.backend.mutable:
        pytest.skip("nobody can write to its arrays")
    f, x = xg.compile(COMPILED[name]), computing.raw(X.copy())
    owns, given = computing.backend.owns, [x]
    for _ in range(3):
        for y in xg.tree.leaves(f(x)):
            assert owns(y), f"{name}: a result is a view"
            assert all(y is not z for z in given), f"{name}: a result is what was given before"
            given.append(y)
    np.testing.assert_array_equal(computing.numpy(x), X)
