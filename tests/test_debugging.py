# Tests of xgrad/debugging
"""Where a NaN comes from, where a path is lost, where a gradient becomes zero."""

import contextvars
import cProfile
import gc
import inspect
import re
import sys
import weakref

import numpy as np
import pytest

import xgrad as xg
from xgrad.debugging.observer import Watched
from xgrad.engine import tape

ZEROS = np.zeros(3)
X = np.asarray([0.5, -1.0, 2.0])
pytestmark = pytest.mark.usefixtures("quiet")


def distance(v):
    total = xg.sum(v)
    return xg.sqrt(total)  # the culprit


def far(x):
    scaled = 2.0 * x
    return distance(scaled) * 3.0


def entropy(x):
    log = xg.log(x)  # the culprit
    return xg.sum(x * log)


def line_of(f, text="culprit"):
    """Return the file and the number of the line of a function that holds a text."""
    lines, start = inspect.getsourcelines(f)
    (offset,) = [i for i, line in enumerate(lines) if text in line]
    return __file__, start + offset


def caught(run, **options):
    """Return the error that a block of debugging raises."""
    with pytest.raises(xg.errors.NonFiniteError) as info, xg.debug(**options):
        run()
    assert sys.getprofile() is None
    assert tape.is_recording()
    return info.value


def backward(f):
    def run():
        x = xg.asarray(ZEROS, requires_grad=True)
        f(x).backward()

    return run


WALKS = {
    "grad": lambda f: lambda: xg.grad(f)(ZEROS),
    "jvp": lambda f: lambda: xg.jvp(f, (ZEROS,), (X,)),
    "backward": backward,
    "pullback": lambda f: lambda: xg.vjp(f, ZEROS)[1](1.0),
    "hessian": lambda f: lambda: xg.hessian(f)(ZEROS),
    "jacrev": lambda f: lambda: xg.jacrev(f)(ZEROS),
    "an array": lambda f: lambda: xg.grad(f)(xg.asarray(ZEROS)),
    "numpy functions": lambda f: lambda: xg.grad(lambda x: np.sum(np.add(f(x), 1.0)))(ZEROS),
}

# NaN and infinity ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WALKS)
def test_a_value_that_is_not_finite_is_traced_to_its_line(name):
    error = caught(WALKS[name](entropy))
    assert error.op == "log"
    assert error.line[:2] == line_of(entropy)
    assert error.line.function == "entropy"
    assert "3 infinite of 3 elements, the first at [0]" in str(error)
    assert "log -> float64[3]" in str(error)
    assert "log = xg.log(x)  # the culprit" in str(error)


@pytest.mark.parametrize("name", WALKS)
def test_a_derivative_that_is_not_finite_is_traced_to_its_line(name):
    error = caught(WALKS[name](far))
    assert error.op == "sqrt"
    assert error.line[:2] == line_of(distance)
    assert "the derivative is not finite" in str(error)


def test_the_chain_leads_back_to_the_leaf():
    error = caught(lambda: xg.grad(far)(ZEROS))
    ops = [step.partition(" ->")[0] for step in error.chain]
    assert ops == ["sum", "multiply", "argument 0 (float64[3])"]
    assert f"line {line_of(far, 'scaled = 2.0')[1]}, in far" in error.chain[1]
    assert str(error).index("back to the leaf") < str(error).index("in far")


def test_the_leaf_is_named():
    def f(p, y):
        return far(p["w"][1]) + y

    error = caught(lambda: xg.jvp(f, ({"w": [X, ZEROS]}, 1.0), ({"w": [X, X]}, 1.0)))
    assert error.chain[-1] == "argument 0['w'][1] (float64[3])"
    error = caught(backward(far))
    assert error.chain[-1] == "a parameter (float64[3])"
    error = caught(lambda: xg.grad(lambda x: xg.sum(xg.grad(far)(x)))(ZEROS))
    assert error.chain[-1] == "argument 0 (float64[3])"


def test_a_long_chain_is_shortened_in_the_message_only():
    def f(x):
        for _ in range(200):
            x = x * 1.0
        return xg.sum(1 / x)

    error = caught(lambda: xg.grad(f)(ZEROS))
    assert len(error.chain) == 201
    assert "... 190 more ops" in str(error)
    assert str(error).count("multiply") < 15


@pytest.mark.parametrize("name", WALKS)
def test_what_a_mask_discards_is_no_fault(name):
    def f(x):
        safe = xg.where(x > 0, xg.log(x) + xg.sqrt(x), 0.0)
        return xg.sum(safe) + xg.sum(xg.sqrt(xg.concat([x, x + 1.0]))[3:])

    with xg.debug():
        WALKS[name](f)()


def test_at_once_stops_at_what_a_mask_discards():
    def f(x):
        return xg.sum(xg.where(x > 0, xg.log(x), 0.0))

    assert caught(lambda: xg.grad(f)(ZEROS), at_once=True).op == "log"

    def g(x):
        return xg.sum(xg.where(x > 0, xg.sqrt(xg.where(x > 0, x, 0.0)), 0.0))

    xg.grad(g)(ZEROS)
    assert caught(lambda: xg.jvp(lambda x: xg.where(x > 0, xg.sqrt(x), 0.0), (ZEROS,), (X,)),
                  at_once=True).op == "sqrt"  # fmt: skip
    assert caught(lambda: xg.grad(far)(ZEROS), at_once=True).op == "sqrt"


def test_at_once_raises_in_the_op_itself():
    def f(x):
        y = xg.log(x)
        reached.append(y)
        return xg.sum(y)

    reached = []
    caught(lambda: xg.grad(f)(ZEROS), at_once=True)
    assert not reached
    caught(lambda: xg.grad(f)(ZEROS))
    assert reached


def test_an_argument_that_is_not_finite_is_named():
    error = caught(lambda: xg.grad(far)(np.asarray([1.0, np.nan])))
    assert "the argument is not finite: 1 NaN of 2 elements, the first at [1]" in str(error)
    assert error.line[:2] == line_of(far, "scaled = 2.0")


def test_a_constant_that_is_not_finite_is_met_where_it_joins():
    error = caught(lambda: xg.grad(lambda x: xg.sum(xg.sin(x) + np.asarray([1.0, np.inf])))(X[:2]))
    assert error.op == "add"


def test_a_cotangent_that_is_not_finite_is_not_blamed_on_an_op():
    error = caught(lambda: xg.vjp(xg.sin, X)[1](np.asarray([0.0, np.inf, 0.0])))
    assert "it was given" in str(error) or "was given" in str(error)
    error = caught(lambda: xg.vjp(lambda x: x, X)[1](np.asarray([0.0, np.inf, 0.0])))
    assert "was given" in str(error)
    error = caught(lambda: xg.jvp(lambda x: x * 1.0, (X,), (np.asarray([0.0, np.nan, 0.0]),)))
    assert "was given" in str(error)


def test_a_second_derivative_names_the_op_that_it_belongs_to():
    def f(x):
        return xg.sum(x**1.5)  # its second derivative is infinite at 0

    error = caught(lambda: xg.grad(lambda x: xg.sum(xg.grad(f)(x)))(ZEROS))
    assert re.search(r"in the derivative of pow", str(error))
    assert f"line {line_of(f, 'x**1.5')[1]}, in f" in str(error)


@pytest.mark.parametrize("jac", [xg.jacrev, xg.jacfwd])
def test_all_rows_of_a_jacobian_are_looked_at(jac):
    def f(x):
        return xg.sqrt(x * 1.0)  # the culprit

    error = caught(lambda: jac(f)(np.asarray([1.0, 0.0, 4.0])))
    assert (error.op, error.line[:2]) == ("sqrt", line_of(f))
    assert "1 infinite of 9 elements, the first at [1, 1]" in str(error)
    assert caught(lambda: jac(lambda x: x * xg.log(x))(np.asarray([1.0, 0.0]))).op == "log"
    with xg.debug():
        jac(lambda x: xg.where(x > 0, xg.log(x), x))(np.asarray([1.0, 0.0]))


def test_custom_rules_checkpoints_and_several_results():
    @xg.custom_vjp
    def broken(x):
        return x * 1.0

    broken.defvjp(lambda x: (x * 1.0, None), lambda _, ct: (ct / 0.0,))
    assert caught(lambda: xg.grad(lambda x: xg.sum(broken(x)))(X)).op == "broken"
    assert caught(lambda: xg.grad(lambda x: xg.checkpoint(entropy)(x))(ZEROS)).op in (
        "log",
        "entropy",
    )

    def split(x):
        a, b = xg.unstack(xg.stack([xg.log(x), x]))
        return xg.sum(a) + xg.sum(b)

    assert caught(lambda: xg.grad(split)(ZEROS)).op == "log"


def test_writes_are_traced_too():
    def f(x):
        y = xg.zeros(3)
        for i in range(3):
            y[i] = x[i] ** 0.5  # the culprit
        return xg.sum(y)

    error = caught(lambda: xg.grad(f)(ZEROS))
    assert error.line[:2] == line_of(f)


def test_complex_values():
    error = caught(lambda: xg.grad(lambda z: xg.real(xg.sum(1 / z)))(np.zeros(2, complex)))
    assert error.op in ("divide", "reciprocal")
    assert "of 2 elements" in str(error)


def test_every_backend_is_watched(computing):
    x = computing.raw(ZEROS)
    assert caught(lambda: xg.grad(entropy)(x)).op == "log"
    assert caught(lambda: xg.grad(far)(x)).op == "sqrt"
    with xg.debug():
        g = xg.grad(lambda x: xg.sum(xg.sin(x) * x))(computing.raw(X))
    np.testing.assert_allclose(computing.numpy(g), np.cos(X) * X + np.sin(X))


def test_data_without_values_is_not_looked_at(place):
    x = place.raw(X)
    with xg.debug():
        g = xg.grad(lambda x: xg.sum(xg.sin(x) * x))(x)
    assert g.shape == x.shape


# What users of the neighbouring projects asked for ------------------------------------------------


def test_jax_475_an_optimisation_goes_well_until_the_gradient_is_nan():
    def loss(x):
        centred = x - xg.mean(x)
        return xg.sqrt(xg.mean(centred**2))  # the culprit, once all are equal

    def optimise():
        x = np.asarray([1.0, 2.0, 3.0])
        for step in range(5):
            assert np.isfinite(loss(x))
            x = x - (1.0 if step < 3 else 0.0) * xg.grad(loss)(x)
            x = np.full(3, x[1]) if step == 3 else x

    error = caught(optimise)
    assert error.op == "sqrt"
    assert error.line[:2] == line_of(loss)
    assert [step.partition(" ->")[0] for step in error.chain][:2] == ["mean", "pow_of_number"]


def test_jax_5698_a_nan_that_does_not_reach_the_result_is_not_reported():
    def energy(x):
        gap = x[:, None] - x[None, :]
        near = xg.abs(gap) > 0
        return xg.sum(xg.where(near, 1 / xg.abs(gap) + xg.log(xg.abs(gap)), 0.0))

    x = np.asarray([0.0, 1.0, 3.0])
    with xg.debug():
        force = xg.grad(energy)(x)
        stiffness = xg.hessian(energy)(x)
    assert np.isfinite(force).all()
    assert np.isfinite(stiffness).all()


def test_jax_25299_the_line_inside_the_function_is_named_forward_and_backward():
    def f(x):
        y = xg.square(x)
        return xg.log(-y)  # value

    def g(x):
        y = xg.square(x)
        return xg.pow(y, 0.25)  # slope

    error = caught(lambda: xg.vjp(f, np.asarray([2.0, 0.0]))[1](np.ones(2)))
    assert (error.op, error.line[:2]) == ("log", line_of(f, "# value"))
    assert "1 NaN and 1 infinite of 2 elements" in str(error)
    error = caught(lambda: xg.vjp(g, np.asarray([2.0, 0.0]))[1](np.ones(2)))
    assert error.line[:2] == line_of(g, "# slope")


def test_diffrax_742_a_step_that_is_too_long_poisons_the_gradient():
    def solve(rate, dt):
        y = xg.asarray(1.0)
        for _ in range(6):
            y = y - dt * rate * xg.sqrt(y)  # the culprit
        return y

    with xg.debug():
        xg.grad(solve)(1.0, 0.1)
    error = caught(lambda: xg.grad(solve)(1.0, 0.6))
    assert error.op == "sqrt"
    assert error.line[:2] == line_of(solve)
    assert len(error.chain) > 4  # one step of the solver after the other


def test_torch_6535_a_parameter_without_a_gradient_is_not_passed_over():
    def model(p, x):
        hidden = xg.tanh(x @ p["in"])
        picked = xg.argmax(hidden @ p["out"])  # lost
        return xg.sum(hidden) + xg.astype(picked, xg.float64)

    p = {"in": np.ones((3, 2)), "out": np.ones((2, 2))}
    with pytest.raises(xg.errors.NotDifferentiableError, match=r"argument 0\['out'\]") as info:
        xg.grad(model, strict=True)(p, X)
    assert f"line {line_of(model, '# lost')[1]}, in model" in str(info.value)


# The watch itself ---------------------------------------------------------------------------------


def rules_of(y):
    nodes, stack = [], [y._node]
    while stack:
        node = stack.pop()
        nodes.append(node)
        stack += tape.parents_of(node)
    return [node[tape.RULE] for node in nodes]


def test_nothing_is_watched_outside():
    x = xg.asarray(X, requires_grad=True)
    with xg.debug():
        inside = far(x)
    assert sum(type(rule) is Watched for rule in rules_of(inside)) == 4
    assert not any(type(rule) is Watched for rule in rules_of(far(x)))
    assert sys.getprofile() is None


def test_a_watched_program_gives_the_same_bits():
    def f(x):
        y = xg.sort(xg.cumulative_sum(x * x)) @ xg.exp(x)
        return y + xg.sum(xg.where(x > 0, xg.sqrt(xg.abs(x)), x)) + xg.prod(x[1:])

    expected = [xg.grad(f)(X), xg.hessian(f)(X), xg.jvp(f, (X,), (X,))[1]]
    with xg.debug():
        found = [xg.grad(f)(X), xg.hessian(f)(X), xg.jvp(f, (X,), (X,))[1]]
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_watched_graph_is_freed(gc_off):
    x = xg.asarray(X, requires_grad=True)
    with xg.debug():
        y = xg.sin(x) * x
        refs = [weakref.ref(y), weakref.ref(y.data)]
        y = xg.sum(y)
        refs.append(weakref.ref(y.data))
    assert refs[0]() is None
    assert refs[2]() is not None
    del y
    assert not any(ref() is not None for ref in refs)
    gc.collect()


def test_a_pullback_outlives_the_block():
    with xg.debug():
        _, pullback = xg.vjp(xg.sqrt, ZEROS)
    assert np.isinf(pullback(np.ones(3))[0]).all()


def test_blocks_nest_and_decorate():
    @xg.debug()
    def run():
        return xg.grad(far)(ZEROS)

    with pytest.raises(xg.errors.NonFiniteError):
        run()
    with xg.debug():
        with xg.debug():
            pass
        assert sys.getprofile() is not None
        with pytest.raises(xg.errors.NonFiniteError, match="sqrt"):
            xg.grad(far)(ZEROS)
    assert sys.getprofile() is None


def test_the_first_error_ends_the_watch():
    with xg.debug():
        for _ in range(2):
            try:
                g = xg.grad(far)(ZEROS)
            except xg.errors.NonFiniteError:
                g = None
    assert np.isinf(g).all()


def test_another_context_is_not_watched():
    elsewhere = contextvars.copy_context()
    with xg.debug():
        assert np.isinf(elsewhere.run(xg.grad(far), ZEROS)).all()


def test_another_profiler_is_not_pushed_out():
    profiler = cProfile.Profile()
    profiler.enable()
    try:
        if sys.getprofile() is None:
            pytest.skip("here cProfile takes no profile function's place")
        with pytest.raises(RuntimeError, match="debug: another profiler"), xg.debug():
            pass
        with pytest.raises(RuntimeError, match="explain_gradient: another profiler"):
            xg.explain_gradient(far)(X)
    finally:
        profiler.disable()


# Lost paths ---------------------------------------------------------------------------------------


def rounded(x, y):
    return xg.sum(x) * xg.floor(y)[0]  # lost


def stopped(x, y):
    fixed = xg.stop_gradient(3.0 * y)  # lost
    return xg.sum(x * fixed)


def detached(x, y):
    fixed = np.asarray((3.0 * y).detach())  # lost
    return xg.sum(x * fixed)


def counted(x, y):
    scale = y[0].item()  # lost
    return xg.sum(x * scale)


def raw(x, y):
    return xg.sum(x * np.sin(y.data))  # lost


def switched(x, y):
    with xg.no_grad():
        scale = xg.exp(y)  # lost
    return xg.sum(x * scale)


def compared(x, y):
    return xg.sum(xg.where(y > 0, x, -x))  # lost


def converted(x, y):
    whole = y.astype(np.int64)  # lost
    return xg.sum(x * xg.astype(whole, xg.float64))


def best(x, y):
    at = xg.argmax(y)  # lost
    return xg.sum(x) + xg.astype(at, xg.float64)


def by_numpy(x, y):
    return xg.sum(x) + np.rint(y)[1]  # lost


LOST = {
    rounded: "floor",
    stopped: "stop_gradient",
    detached: "detach",
    counted: "item",
    raw: "data",
    switched: "exp (recording is switched off)",
    compared: "greater",
    converted: "astype",
    by_numpy: "round",
    best: "argmax",
}


@pytest.mark.parametrize("f", LOST)
def test_strict_says_where_the_path_was_lost(f):
    with pytest.raises(xg.errors.NotDifferentiableError, match="strict=True") as info:
        xg.grad(f, (0, 1), strict=True)(X, X)
    lines = str(info.value).splitlines()[1:]
    assert lines[0] == "argument 1 (float64[3]): its path is lost at"
    assert lines[1].strip() == LOST[f]
    file, number = line_of(f, "# lost")
    assert lines[2].strip() == f'File "{file}", line {number}, in {f.__name__}'
    assert sys.getprofile() is None
    assert not any(z.any() for z in xg.grad(f, (1,))(X, X))


def test_strict_tells_unused_from_used_in_vain():
    def in_vain(x, y):
        z = y * 2.0
        z -= 1.0
        return xg.sum(x)

    with pytest.raises(xg.errors.NotDifferentiableError, match="it is not used"):
        xg.grad(lambda x, y: xg.sum(x), (0, 1), strict=True)(X, X)
    with pytest.raises(xg.errors.NotDifferentiableError, match="does not depend on what was made"):
        xg.grad(in_vain, (0, 1), strict=True)(X, X)


def test_strict_names_every_argument_without_influence():
    def f(p, c):
        return xg.sum(p["layers"][0] * xg.floor(p["layers"][1]))

    with pytest.raises(xg.errors.NotDifferentiableError) as info:
        xg.grad(f, (0, 1), strict=True)({"layers": [X, X]}, 1.0)
    text = str(info.value)
    assert "argument 0['layers'][1] (float64[3]): its path is lost at" in text
    assert "argument 1 (float64[]): it is not used" in text
    assert "['layers'][0]" not in text


def test_strict_says_nothing_where_all_is_well():
    def f(tree):
        return xg.sum(tree["a"] * xg.floor(tree["b"])) + tree["b"]

    g = xg.grad(f, strict=True)({"a": X, "b": 1.5})
    assert g["b"] == 1.0


def test_strict_inside_a_transform_finds_the_inner_leaf():
    def outer(x):
        return xg.sum(xg.grad(stopped, (0, 1), strict=True)(x, x)[0])

    with pytest.raises(xg.errors.NotDifferentiableError, match="stop_gradient"):
        xg.grad(outer)(X)


def test_strict_bears_a_function_that_cannot_be_called_twice():
    batches = [X]

    def f(x, y):
        fixed = xg.stop_gradient(y)
        return xg.sum(x * fixed * batches.pop())

    with pytest.raises(xg.errors.NotDifferentiableError, match="stop_gradient"):
        xg.grad(f, (0, 1), strict=True)(X, X)
    assert sys.getprofile() is None
    assert tape.is_recording()


def test_strict_under_a_profiler_still_says_what_is_wrong():
    profiler = cProfile.Profile()
    profiler.enable()
    try:
        with pytest.raises(xg.errors.NotDifferentiableError, match="not every argument influences"):
            xg.grad(stopped, (0, 1), strict=True)(X, X)
    finally:
        profiler.disable()


# Zeros --------------------------------------------------------------------------------------------


def layered(w, b):
    h = xg.relu(w - 1.0)  # off
    z = xg.clip(h + b, 0.0, 2.0)  # out
    return xg.sum(xg.where(z > 0.0, z * z, 0.0))


def test_the_ops_that_make_zeros_are_named():
    w = np.asarray([0.5, 2.0, 9.0, 1.5])
    (found,) = xg.explain_gradient(layered)(w, 0.25)
    assert found.argument == "argument 0 (float64[4])"
    assert (found.nonzero, found.size) == (2, 4)
    assert np.count_nonzero(xg.grad(layered)(w, 0.25)) == 2
    assert found.influences
    assert [(z.op, z.before, z.after) for z in found.zeroed] == [("clip", 4, 3), ("relu", 3, 2)]
    assert [z.line[:2] for z in found.zeroed] == [line_of(layered, s) for s in ("# out", "# off")]
    assert "h = xg.relu(w - 1.0)" in str(found)


def test_a_gradient_that_dies_is_told_from_one_that_never_was():
    def f(tree, y):
        return xg.sum(tree["a"] * 0.0) + xg.sum(xg.floor(tree["b"])) + y

    a, b, y = xg.explain_gradient(f, (0, 1))({"a": X, "b": X}, 1.0)
    assert a.influences
    assert a.nonzero == 0
    assert [z.op for z in a.zeroed] == ["multiply"]
    assert not b.influences
    assert "floor" in b.lost
    assert y.nonzero == 1
    assert not y.zeroed
    assert str(y) == "argument 1 (float64[]): 1 of 1 gradient entries are not zero"
    assert "does not influence the result" in str(b)


def test_explanations_on_every_backend(computing):
    (found,) = xg.explain_gradient(lambda x: xg.sum(xg.relu(x)))(computing.raw(X))
    assert (found.nonzero, found.size) == (2, 3)
    assert [z.op for z in found.zeroed] == ["relu"]


def test_results_that_are_no_scalars_are_explained_as_their_sum():
    (found,) = xg.explain_gradient(lambda x: (xg.sin(x), xg.floor(x)))(X)
    assert found.nonzero == 3
