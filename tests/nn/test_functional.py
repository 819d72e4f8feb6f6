# Tests of xgrad/nn/functional
"""The functions of networks on every backend, at the extremes, and with bad input."""

import math

import numpy as np
import pytest

import xgrad as xg
import xgrad.nn.functional as F
from tests.nn.cases import CASES, NO_COUNTERPART, labels
from tests.nn.more_cases import MORE
from tests.tables import over
from xgrad.testing import check_grads
from xgrad.testing.gradients import check_walks


def placed(place, x):
    """Return a NumPy array as one of a place, and anything else as it is."""
    return xg.Array(place.raw(x)) if isinstance(x, np.ndarray) else x


def called(case, place):
    """Return a row's function of its differentiated arrays, and these, in a place."""
    ours = case.ours or getattr(F, case.name)
    rest = [placed(place, x) for x in case.rest]
    options = {name: placed(place, x) for name, x in case.options.items()}
    arrays = [placed(place, np.asarray(x)) for x in case.arrays()]
    return (lambda *xs: ours(*xs, *rest, **options)), arrays


def sparing(cases):
    """Return every row of moderate numbers, but one of many that differ in the reduction alone."""
    return [
        c for c in cases if c.scale == 1 and c.options.get("reduction", "mean") in ("mean", "none")
    ]


def needs_scipy(case):
    return case.name == "gelu" and not case.options


def test_every_function_has_a_row():
    assert {c.name for c in [*CASES, *MORE]} | NO_COUNTERPART == set(F.__all__)


@pytest.mark.parametrize("case", sparing(CASES), ids=str)
def test_every_place_computes_what_numpy_does(case, place):
    computes_what_numpy_does(case, place)


@over("case", sparing(MORE))
def test_more_functions_compute_what_numpy_does_in_every_place(case, place):
    computes_what_numpy_does(case, place)


def computes_what_numpy_does(case, place):
    f, arrays = called(case, place)
    want = (case.ours or getattr(F, case.name))(*case.arrays(), *case.rest, **case.options)
    if place.backend.name == "torch" and not place.has_values and needs_scipy(case):
        pytest.skip("PyTorch's erfc has no meta kernel")
    value, pullback = xg.vjp(f, *arrays)
    assert value.shape == want.shape
    gradients = pullback(xg.ones_like(value))
    assert [g.shape for g in gradients] == [x.shape for x in arrays]
    assert all(g.device == arrays[0].device for g in gradients)
    if place.has_values:
        np.testing.assert_allclose(place.numpy(value), np.asarray(want), rtol=1e-12, atol=1e-12)


SECOND = [
    c
    for c in CASES
    if c.scale == 1
    and c.options.get("reduction", "none") == "none"
    and not c.name.startswith(("adaptive_max", "max_pool", "hinge", "multi_margin"))
]


@pytest.mark.parametrize("case", SECOND[::4], ids=str)
def test_both_modes_to_second_order(case, place):
    f, arrays = called(case, place)
    if place.has_values:
        check_grads(f, arrays)
    else:
        check_walks(f, arrays)


@over("case", [next(c for c in MORE if c.name == name) for name in sorted({c.name for c in MORE})])
def test_more_functions_in_both_modes_to_second_order(case, computing):
    f, arrays = called(case, computing)
    if "return_indices" in case.options:
        return  # places have no derivative
    check_grads(f, arrays, order=2)


@pytest.mark.parametrize("name", ["max_pool2d", "adaptive_max_pool2d"])
def test_maxima_where_none_are_equal(name, computing):
    x = placed(
        computing, np.random.default_rng(0).permutation(2 * 2 * 6 * 5).reshape(2, 2, 6, 5) * 1.0
    )
    check_grads(lambda x: getattr(F, name)(x, 2), (x,))


def test_equal_maxima_share():
    g = xg.grad(lambda x: xg.sum(F.max_pool2d(x, 2)))(np.ones((1, 1, 4, 2)))
    assert np.array_equal(g, np.full((1, 1, 4, 2), 0.25))
    x = np.asarray([[[[5.0, 5.0, 2.0], [5.0, 1.0, 2.0]]]])
    g = xg.grad(lambda x: xg.sum(F.adaptive_max_pool2d(x, 1)))(x)
    np.testing.assert_allclose(g, (x == 5) / 3, err_msg="over all axes of a part")
    g = xg.grad(lambda x: xg.sum(F.adaptive_max_pool2d(x, (1, 2))))(x)
    want = [[[[1 / 3, 1 / 3 + 1, 0], [1 / 3, 0, 0]]]]
    np.testing.assert_allclose(g, want, err_msg="of two parts that overlap")


def test_complex_convolutions(computing):
    rng = np.random.default_rng(0)
    x, w = (rng.normal(size=s) + 1j * rng.normal(size=s) for s in ((2, 4, 6), (4, 2, 3)))
    args = [placed(computing, a) for a in (x, w)]
    check_grads(lambda x, w: F.conv1d(x, w, stride=2, padding=1, groups=2), args)
    check_grads(lambda x, w: F.conv_transpose1d(x, w, stride=2, padding=1, groups=2), args)


def test_jacobians_of_many_rows_at_once(computing):
    rng = np.random.default_rng(0)
    x, w = (placed(computing, rng.normal(size=s)) for s in ((2, 2, 4, 4), (3, 2, 2, 2)))

    def f(w):
        return F.max_pool2d(F.silu(F.conv2d(x, w, padding=1)), 2, stride=1)

    def loss(w):
        return F.cross_entropy(xg.mean(f(w), axis=(2, 3)), xg.asarray([1, 2]))

    rows, columns = xg.jacrev(f)(w), xg.jacfwd(f)(w)
    assert rows.shape == (2, 3, 4, 4, 3, 2, 2, 2)
    np.testing.assert_allclose(computing.numpy(rows), computing.numpy(columns), atol=1e-13)
    H = computing.numpy(xg.hessian(loss)(w)).reshape(24, 24)
    np.testing.assert_allclose(H, H.T, atol=1e-14)


def test_a_batch_too_large_for_memory_goes_in_parts(monkeypatch):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(5, 2, 6, 6)), rng.normal(size=(3, 2, 3, 3))

    def results():
        y, pullback = xg.vjp(lambda x, w: F.conv2d(x, w, padding=1), x, w)
        return [y, *pullback(np.ones_like(y))]

    whole = results()
    most = {True: 1500, False: 1500}
    monkeypatch.setattr("xgrad.nn.functional.convolution._MOST_ELEMENTS", most)
    monkeypatch.setattr("xgrad.nn.functional.reused._MOST_ELEMENTS", 1500)
    for reuses in (True, False):
        monkeypatch.setattr("xgrad.nn.functional.convolution._reuses", lambda x, r=reuses: r)
        for part, all_at_once in zip(results(), whole, strict=True):
            np.testing.assert_allclose(part, all_at_once, rtol=1e-13, atol=1e-13)


def test_raw_arrays_give_raw_arrays_and_arrays_give_arrays():
    x, w = np.ones((1, 2, 5, 5), "float32"), np.ones((3, 2, 3, 3), "float32")
    assert F.conv2d(x, w, padding=1).dtype == np.float32
    assert isinstance(F.conv2d(xg.asarray(x), w, padding=1), xg.Array)


@over("case", sparing([*CASES, *MORE]))
def test_raw_arrays_in_raw_arrays_out(case):
    f = case.ours or getattr(F, case.name)
    out = f(*case.arrays(), *case.rest, **case.options)
    if not isinstance(out, tuple):
        assert isinstance(out, (np.ndarray, np.generic))
    arrays = [xg.asarray(x) for x in case.arrays()]
    assert isinstance(f(*arrays, *case.rest, **case.options), xg.Array)


@pytest.mark.parametrize("name", ["linear", "conv2d", "group_norm"])
def test_other_precision_is_told_once(name, monkeypatch):
    x, w = np.ones((1, 2, 5, 5), "float32"), np.ones((3, 2, 3, 3), "float32")
    monkeypatch.setattr("xgrad.nn.functional.checks._told", set())
    f = {
        "linear": lambda x, w: F.linear(x, w[0, :, 0, :1] * np.ones(5, w.dtype)),
        "conv2d": F.conv2d,
        "group_norm": lambda x, w: F.group_norm(x, 2, w[0, :, 0, 0]),
    }[name]
    with pytest.warns(
        xg.errors.PrecisionWarning, match=f"{name}: the input is of float32 and"
    ) as got:
        assert f(x, w.astype("float64")).dtype == np.float64
    assert got[0].filename == __file__
    assert "xgrad.nn.astype(model, 'float32')" in str(got[0].message)
    f(x, w.astype("float64"))  # once is enough: a second warning would be an error here
    with pytest.warns(xg.errors.PrecisionWarning, match=r"x\.astype\('float32'\)"):
        f(x.astype("float64"), w)
    g = xg.grad(lambda w: xg.sum(f(x.astype("float64"), w)))(w)
    assert g.dtype == np.float32
    assert f(x, w).dtype == np.float32


# Extremes --------------------------------------------------------------------------------------

ELEMENTWISE = (
    "relu leaky_relu elu selu gelu silu softplus mish hardswish sigmoid logsigmoid".split()
)


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_activations_are_finite_far_out(name, dtype, computing, quiet):
    f = getattr(F, name)
    x = xg.Array(computing.raw(np.asarray([-1e4, -800.0, -90.0, 0.0, 90.0, 800.0, 1e4], dtype)))
    first = xg.grad(lambda x: xg.sum(f(x)))
    second = xg.grad(lambda x: xg.sum(first(x)))
    for y in (f(x), first(x), second(x)):
        assert y.dtype == np.dtype(dtype)
        assert np.all(np.isfinite(computing.numpy(y)))
    if name != "sigmoid":  # all others are the identity far up, logsigmoid far down
        x_end, y_end = (-1e4, f(x)[0]) if name == "logsigmoid" else (1e4, f(x)[-1])
        factor = 1.0507009873554805 if name == "selu" else 1.0
        np.testing.assert_allclose(float(y_end), x_end * factor, rtol=1e-6)


def test_log_of_a_sigmoid_keeps_its_digits():
    x = np.asarray([-750.0, -40.0, 40.0, 750.0])
    want = [-750.0, -40.0, -math.exp(-40.0), 0.0]
    np.testing.assert_allclose(F.logsigmoid(x), want, rtol=1e-14)


@pytest.mark.parametrize("size", [1e4, -1e4])
def test_losses_are_finite_and_right_for_extreme_logits(size):
    logits = np.asarray([[size, 0.0], [0.0, size]])
    target = np.asarray([0, 0])
    want = max(0.0, -size) + max(0.0, size)
    assert float(F.cross_entropy(logits, target, reduction="sum")) == want
    assert np.all(np.isfinite(xg.grad(lambda x: F.cross_entropy(x, target))(logits)))
    x, t = np.asarray([size, size]), np.asarray([0.0, 1.0])
    assert float(F.binary_cross_entropy_with_logits(x, t, reduction="sum")) == 1e4
    assert np.all(np.isfinite(xg.grad(lambda x: F.binary_cross_entropy_with_logits(x, t))(x)))


def test_certain_probabilities_cost_a_finite_amount():
    p, t = np.asarray([0.0, 1.0, 0.0, 1.0]), np.asarray([0.0, 1.0, 1.0, 0.0])
    assert np.asarray(F.binary_cross_entropy(p, t, reduction="none")).tolist() == [0, 0, 100, 100]
    assert np.all(np.isfinite(xg.grad(lambda p: F.binary_cross_entropy(p, t))(p)))


def test_a_query_that_may_look_nowhere_gets_zeros_and_no_nan():
    rng = np.random.default_rng(0)
    q, k, v = (rng.normal(size=(3, 4)) for _ in range(3))
    see = np.asarray([[True, False, False], [False, False, False], [True, True, True]])

    def f(q):
        return xg.sum(F.scaled_dot_product_attention(q, k, v, see) ** 2)

    out = F.scaled_dot_product_attention(q, k, v, see)
    assert np.array_equal(out[1], np.zeros(4))
    assert np.all(np.isfinite(xg.grad(f)(q)))
    assert np.array_equal(xg.grad(f)(q)[1], np.zeros(4))


def test_a_zero_vector_has_no_direction_and_no_nan():
    a, b = np.zeros((1, 3)), np.ones((1, 3))
    assert float(F.cosine_similarity(a, b)[0]) == 0
    assert np.all(np.isfinite(xg.grad(lambda a: xg.sum(F.cosine_similarity(a, b)))(a)))


# What PyTorch has not, or what is random -----------------------------------------------------


def test_dropout_keeps_the_mean_and_passes_the_gradient_of_what_is_kept(computing):
    x = xg.Array(computing.raw(np.ones(20_000)))
    rng = xg.random.default_rng(0, backend=computing.backend.name, device=computing.device)
    y, pullback = xg.vjp(lambda x: F.dropout(x, 0.25, rng=rng), x)
    values = computing.numpy(y)
    assert set(np.unique(values)) == {0.0, 1 / 0.75}
    assert abs(values.mean() - 1) < 0.02
    assert np.array_equal(computing.numpy(pullback(x)[0]), values)


def test_dropout_is_off_when_not_training():
    x = np.ones(3)
    assert F.dropout(x, 0.5, training=False) is x
    assert F.dropout(x, 0.0) is x
    assert np.array_equal(F.dropout(x, 1.0, rng=xg.random.default_rng(0)), np.zeros(3))
    with pytest.raises(ValueError, match=r"pass rng=xgrad\.random\.default_rng"):
        F.dropout(x, 0.5)
    with pytest.raises(ValueError, match=r"p is 1\.5; expected a probability"):
        F.dropout(x, 1.5)


def test_one_hot(place):
    classes = xg.Array(place.raw(np.asarray([[0, 2], [1, 1]])))
    hot = F.one_hot(classes, 3, dtype=xg.float32)
    assert hot.shape == (2, 2, 3)
    assert hot.dtype == np.float32
    if place.has_values:
        assert np.array_equal(place.numpy(hot), np.eye(3)[[[0, 2], [1, 1]]])


def test_hinge_loss():
    x, t = np.asarray([2.0, 0.5, -1.0]), np.asarray([1.0, -1.0, 1.0])
    assert np.asarray(F.hinge_loss(x, t, reduction="none")).tolist() == [0.0, 1.5, 2.0]
    assert F.log_sigmoid is F.logsigmoid


def test_batch_norm_gives_new_statistics_and_changes_nothing(computing):
    rng = np.random.default_rng(0)
    x = rng.normal(3, 2, (5, 2, 4))
    mean, var = np.zeros(2), np.ones(2)
    given = [placed(computing, a) for a in (x, mean, var)]
    _, new_mean, new_var = F.batch_norm(*given, training=True, momentum=0.25)
    np.testing.assert_allclose(computing.numpy(new_mean), 0.25 * x.mean((0, 2)))
    unbiased = x.var((0, 2), ddof=1)
    np.testing.assert_allclose(computing.numpy(new_var), 0.75 + 0.25 * unbiased)
    assert np.array_equal(computing.numpy(given[1]), mean)
    assert F.batch_norm(*given)[1] is given[1]


def test_the_gradient_of_an_embedding_is_linear_in_the_indices():
    index = np.asarray([2, 0, 2, 2])
    g = xg.grad(lambda w: xg.sum(F.embedding(index, w)))(np.zeros((4, 3)))
    assert np.array_equal(g, np.asarray([1.0, 0.0, 3.0, 0.0])[:, None] * np.ones(3))


# Bad input -----------------------------------------------------------------------------------

x4 = np.ones((2, 3, 8, 8))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: F.conv2d(x4, np.ones((4, 2, 3, 3))), r"conv2d: input has 3 channels .*expects 2"),
        (lambda: F.conv2d(x4[0, 0], np.ones((4, 3, 3, 3))), r"expected 4 axes, \(batch, channels,"),
        (lambda: F.conv2d(x4, np.ones((4, 3, 3))), r"weight has shape \(4, 3, 3\); expected 4"),
        (lambda: F.conv2d(x4, np.ones((4, 3, 3, 3)), np.ones(3)), r"bias has shape \(3,\)"),
        (lambda: F.conv2d(x4, np.ones((4, 3, 3, 3)), padding=-1), "padding is -1; expected"),
        (lambda: F.conv2d(x4, np.ones((4, 3, 3, 3)), stride=0), "stride is 0; expected a positive"),
        (lambda: F.conv2d(x4, np.ones((4, 3, 3, 3)), stride=(1, 1, 1)), "or 2 of them"),
        (lambda: F.conv2d(x4, np.ones((4, 3, 9, 9))), "does not fit into the padded input"),
        (lambda: F.conv2d(x4, np.ones((4, 1, 3, 3)), groups=2), "groups is 2; expected a divisor"),
        (lambda: F.conv2d(x4, np.ones((4, 3, 3, 3)), padding="all"), "padding is 'all'; expected"),
        (
            lambda: F.conv2d(x4, np.ones((4, 3, 3, 3)), padding="same", stride=2),
            "padding='same' needs stride 1",
        ),
        (
            lambda: F.conv_transpose2d(x4, np.ones((3, 1, 3, 3)), output_padding=1),
            "output_padding is 1; expected less than the stride",
        ),
        (lambda: F.conv_transpose2d(x4, np.ones((4, 1, 3, 3))), "expects 4"),
        (lambda: F.max_pool2d(x4, 3, padding=2), "at most half of the kernel"),
        (lambda: F.max_pool2d(x4, 9), "does not fit into the spatial shape"),
        (lambda: F.avg_pool2d(x4, 0), "kernel_size is 0; expected a positive integer"),
        (lambda: F.adaptive_avg_pool2d(x4, (1, 2, 3)), "expected 2 spatial axes"),
        (
            lambda: F.linear(np.ones((2, 3)), np.ones((4, 5))),
            r"input has shape \(2, 3\) and weight",
        ),
        (lambda: F.glu(np.ones((2, 3))), "is odd; expected two halves"),
        (lambda: F.layer_norm(np.ones((2, 3)), 4), r"expected it to end in \(4,\)"),
        (lambda: F.group_norm(x4, 2), "expected a divisor of the 3 channels"),
        (lambda: F.batch_norm(x4, np.ones(2), np.ones(2)), r"running_mean has shape \(2,\)"),
        (lambda: F.batch_norm(x4, None, None), "training=False needs running_mean"),
        (
            lambda: F.batch_norm(np.ones((1, 3)), None, None, training=True),
            "has 1 value for each channel",
        ),
        (lambda: F.mse_loss(np.ones((2, 1)), np.ones(2)), r"shape \(2, 1\) and target \(2,\)"),
        (lambda: F.mse_loss(np.ones(2), np.ones(2), "average"), "reduction is 'average'; expected"),
        (lambda: F.gelu(np.ones(2), "erf"), "approximate is 'erf'; expected"),
        (
            lambda: F.scaled_dot_product_attention(
                np.ones((2, 3)), np.ones((2, 4)), np.ones((2, 3))
            ),
            r"expected \(..., queries, d\)",
        ),
        (lambda: F.cross_entropy(np.ones((4, 3)), labels(5, classes=3)), r"expected \(4,\)"),
        (lambda: F.cross_entropy(np.ones((4, 3)), np.asarray([0, 1, 2, 3])), "expected 0 to 2"),
        (lambda: F.cross_entropy(np.ones((2, 3)), np.asarray([-1, 0])), "the labels are -1 to 0"),
        (
            lambda: F.cross_entropy(np.ones((2, 3)), np.asarray([0, 1]), weight=np.ones(2)),
            r"weight has shape \(2,\); expected \(3,\)",
        ),
        (
            lambda: F.cross_entropy(np.ones((2, 3)), np.asarray([0, 1]), label_smoothing=2),
            "label_smoothing is 2; expected 0 to 1",
        ),
        (lambda: F.one_hot(np.asarray([0, 5]), 3), "one_hot: the labels are 0 to 5"),
        (
            lambda: F.embedding(np.asarray([4]), np.ones((4, 2))),
            "embedding: the indices are 4 to 4; expected 0 to 3, for 4 rows",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("dtype", ["float64", "float32", "bool"])
def test_labels_of_a_wrong_dtype(dtype):
    target = np.asarray([0, 1]).astype(dtype)
    with pytest.raises(TypeError, match=f"the labels are of {dtype}; expected an integer dtype"):
        F.cross_entropy(np.ones((2, 3)), target)
    with pytest.raises(TypeError, match="expected an integer dtype"):
        F.embedding(target, np.ones((2, 3)))


def test_a_wrong_class_on_a_device_makes_the_loss_nan(monkeypatch):
    """As on an accelerator, where a look at the labels would wait."""
    monkeypatch.setattr("xgrad.nn.functional.checks.on_host", lambda x: False)
    monkeypatch.setattr("xgrad.nn.functional.losses.on_host", lambda x: False)
    logits = np.zeros((3, 2))
    loss = F.cross_entropy(logits, np.asarray([0, 1, -5]), reduction="none")
    assert np.isnan(loss).tolist() == [False, False, True]
    good = F.cross_entropy(logits, np.asarray([0, 1, -100]))
    np.testing.assert_allclose(float(good), math.log(2))


OF_INTEGERS = {
    **{
        name: getattr(F, name)
        for name in (
            "mse_loss l1_loss smooth_l1_loss huber_loss hinge_loss hinge_embedding_loss kl_div "
            "poisson_nll_loss soft_margin_loss cosine_similarity cdist pairwise_distance"
        ).split()
    },
    "gaussian_nll_loss": lambda x, y: F.gaussian_nll_loss(x, y, 1.0),
    "pdist": lambda x, y: F.pdist(x),
    "glu": lambda x, y: F.glu(x),
    "logsigmoid": lambda x, y: F.logsigmoid(x),
    "binary_cross_entropy_with_logits": F.binary_cross_entropy_with_logits,
}


@pytest.mark.parametrize("name", OF_INTEGERS)
def test_integers_that_would_wrap_around_are_refused(name):
    f, x = OF_INTEGERS[name], np.asarray([[250, 3], [7, 200]], np.uint8)
    y = x[::-1].copy()
    with pytest.raises(TypeError, match="uint8, which may wrap around"):
        f(x, y)
    if name not in ("hinge_loss", "poisson_nll_loss"):
        np.testing.assert_allclose(f(x.astype(float), y), f(x.astype(float), y.astype(float)))
