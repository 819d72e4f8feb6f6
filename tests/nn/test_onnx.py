# Tests of xgrad/nn/exporting
"""Exported models give in onnxruntime what they give here, for batches of any length."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")

import xgrad as xg  # noqa: E402 - what is not installed is asked first
import xgrad.nn.functional as F  # noqa: E402
from tests.tables import over  # noqa: E402
from xgrad import nn  # noqa: E402

rng = np.random.default_rng(0)


def image(*shape):
    return rng.normal(size=shape).astype("float32")


@dataclass
class Written(nn.Module):
    """A module with code of its own."""

    conv: Any
    head: Any
    scale: Any

    def __call__(self, x, *, training=False, rng=None):
        h = F.leaky_relu(self.conv(F.pad(x, (1, 1, 1, 1), "reflect")), 0.1)
        h = F.adaptive_avg_pool2d(F.hardswish(h) * self.scale, 2)
        h = xg.reshape(h, (h.shape[0], -1))
        return F.log_softmax(self.head(h), axis=1), xg.argmax(h, axis=1)


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, rng=0),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2, padding=1),
        nn.Conv2d(4, 8, 2, stride=2, dilation=2, groups=2, rng=1),
        nn.SiLU(),
        nn.AvgPool2d(2, ceil_mode=True),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(8, 3, rng=2),
        nn.Softmax(dim=-1),
    )


def decoder():
    return nn.Sequential(
        nn.ConvTranspose2d(2, 6, 3, stride=2, output_padding=1, rng=0),
        nn.GroupNorm(3, 6),
        nn.Upsample(scale_factor=2, mode="bilinear"),
        nn.PixelShuffle(1),
        nn.ELU(),
    )


MODELS = {
    "mlp": (lambda: nn.MLP([4, 8, 3], F.gelu, rng=0), (image(2, 4),)),
    "mlp by tanh": (lambda: nn.MLP([4, 8, 3], xg.tanh, rng=0), (image(2, 4),)),
    "cnn": (cnn, (image(2, 1, 12, 12),)),
    "cnn of one dimension": (
        lambda: nn.Sequential(
            nn.Conv1d(2, 3, 3, padding="same", rng=0), nn.Mish(), nn.MaxPool1d(2)
        ),
        (image(2, 2, 8),),
    ),
    "code of one's own": (
        lambda: Written(nn.Conv2d(2, 3, 3, rng=0), nn.Linear(12, 4, rng=1), np.asarray(1.5)),
        (image(2, 2, 6, 7),),
    ),
    "decoder": (decoder, (image(2, 2, 4, 4),)),
    "embedding": (
        lambda: nn.Sequential(nn.Embedding(7, 4, rng=0), nn.Flatten(), nn.Linear(12, 2, rng=0)),
        (rng.integers(0, 7, (2, 3)),),
    ),
    "lstm": (lambda: nn.LSTM(3, 4, 2, batch_first=True, rng=0), (image(2, 5, 3),)),
    "gru": (lambda: nn.GRU(3, 4, bidirectional=True, batch_first=True, rng=0), (image(2, 5, 3),)),
    "encoder": (
        lambda: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, activation="gelu", rng=0),
        (image(2, 5, 8),),
    ),
    "attention": (
        lambda: nn.MultiheadAttention(8, 2, batch_first=True, rng=0),
        (image(2, 5, 8), image(2, 4, 8), image(2, 4, 8)),
    ),
    "two inputs": (lambda: nn.Bilinear(3, 4, 2, rng=0), (image(2, 3), image(2, 4))),
}


def answers(proto, inputs):
    session = ort.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {i.name: x for i, x in zip(session.get_inputs(), inputs, strict=True)})


def same(proto, model, inputs):
    wanted = xg.tree.leaves(nn.astype(model, "float32")(*inputs))
    got = answers(proto, inputs)
    assert len(got) == len(wanted)
    for a, b in zip(got, wanted, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, np.asarray(b), rtol=1e-5, atol=1e-5)


@over("name", MODELS)
def test_onnxruntime_gives_the_same(name):
    make, inputs = MODELS[name]
    model = make()
    proto = nn.to_onnx(model, *inputs)
    assert {i.name for i in proto.graph.initializer} >= nn.state_dict(model).keys()
    for batch in (1, 2, 5):
        same(proto, model, [np.concatenate([x] * 3)[:batch] for x in inputs])
    same(nn.to_onnx(model, *inputs, dynamic_batch=False), model, inputs)


def test_convolutions_are_convolutions():
    kinds = [n.op_type for n in nn.to_onnx(cnn(), image(2, 1, 12, 12)).graph.node]
    assert (kinds.count("Conv"), kinds.count("MaxPool")) == (2, 1)
    kinds = [n.op_type for n in nn.to_onnx(decoder(), image(2, 2, 4, 4)).graph.node]
    assert kinds.count("ConvTranspose") == 1


def test_names_file_and_dtype(tmp_path):
    model, x = nn.Linear(3, 2, rng=0), image(4, 3)
    proto = nn.to_onnx(
        model, x, path=tmp_path / "a.onnx", input_names=["x"], output_names=["y"], opset=20
    )
    assert [i.name for i in proto.graph.input] == ["x"]
    assert [o.name for o in proto.graph.output] == ["y"]
    assert proto.opset_import[0].version == 20
    loaded = onnx.load(tmp_path / "a.onnx")
    same(loaded, model, [x])
    (got,) = answers(nn.to_onnx(model, x.astype("float64"), dtype=None), [x.astype("float64")])
    np.testing.assert_allclose(got, np.asarray(model(x.astype("float64"))), rtol=1e-12)


def test_compiled_functions_hold_no_steps_that_export_alone_knows():
    model = cnn()
    program = xg.compile(lambda x: model(x)).lower(np.ones((2, 1, 12, 12))).before
    assert not any(e.name.startswith("nn_") for e in program.equations)


@dataclass
class Mean(nn.Module):
    """A function that divides by the length of the batch."""

    def __call__(self, x, *, training=False, rng=None):
        return xg.sum(x, axis=0) / x.shape[0]


def test_a_number_may_be_the_length_of_the_batch():
    proto = nn.to_onnx(Mean(), image(2, 3))
    for batch in (1, 2, 7):
        same(proto, Mean(), [image(batch, 3)])


@dataclass
class Odd(nn.Module):
    """Something that ONNX does not have, or that depends on the batch."""

    kind: str = nn.static()

    def __call__(self, x, *, training=False, rng=None):
        if self.kind == "op":
            return xg.sort(x, axis=1)
        if self.kind == "mean":
            return xg.sum(x, axis=0) * (1.0 / x.shape[0])
        return x[:1] if x.shape[0] > 2 else xg.exp(x)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("op", "sort has no counterpart here"),
        ("mean", "pass dynamic_batch=False"),
        ("branch", "what the model does depends on the length of the batch"),
    ],
)
def test_what_cannot_be_written_down_is_named(kind, text):
    with pytest.raises(NotImplementedError, match=text):
        nn.to_onnx(Odd(kind), image(2, 3))


def test_bad_input():
    with pytest.raises(TypeError, match="got no inputs"):
        nn.to_onnx(nn.Linear(3, 2, rng=0))
    with pytest.raises(ValueError, match="input_names has 2 names; expected one for each of 1"):
        nn.to_onnx(nn.Linear(3, 2, rng=0), image(2, 3), input_names=["a", "b"])
