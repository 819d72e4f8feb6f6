"""What a name is called here that another library has, or that was mistyped."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["METHODS", "missing", "missing_in_module"]

_FIELD = "an array in a field of the module: annotate it in the class, as `weight: Any`"
_SIZES = "give the input's size as the first argument; sizes are not learnt from the first input"
_DEVICES = "a mean of gradients over processes; docs/parallel.md shows how"

KNOWN = {
    # PyTorch
    "Parameter": _FIELD,
    "UninitializedParameter": _FIELD,
    "Buffer": "a field made with nn.buffer()",
    "utils": "xgrad.optim.clip_by_global_norm and clip_by_value for gradients",
    "clip_grad_norm_": "xgrad.optim.clip_by_global_norm",
    "clip_grad_value_": "xgrad.optim.clip_by_value",
    "DataParallel": _DEVICES,
    "parallel": _DEVICES,
    "SyncBatchNorm": _DEVICES,
    "CrossMapLRN2d": "nn.LocalResponseNorm",
    "NLLLoss2d": "nn.NLLLoss",
    "LinearCrossEntropyLoss": "functional.linear_cross_entropy",
    "RNNBase": "nn.RNN, nn.GRU or nn.LSTM",
    "RNNCellBase": "nn.RNNCell, nn.GRUCell or nn.LSTMCell",
    "kaiming_normal_": "nn.init.kaiming_normal(shape, rng), which returns the array",
    "multi_head_attention_forward": "nn.MultiheadAttention",
    "fractional_max_pool2d": "functional.max_pool2d or adaptive_max_pool2d",
    "fractional_max_pool3d": "functional.max_pool3d or adaptive_max_pool3d",
    "FractionalMaxPool2d": "nn.MaxPool2d or nn.AdaptiveMaxPool2d",
    "FractionalMaxPool3d": "nn.MaxPool3d or nn.AdaptiveMaxPool3d",
    "AdaptiveLogSoftmaxWithLoss": "functional.cross_entropy",
    "Hardsilu": "nn.Hardswish",
    # Flax, Haiku, Keras, Equinox
    "Dense": "nn.Linear, whose first argument is the number of input features",
    "DenseGeneral": "nn.Linear, or xgrad.einsum",
    "Einsum": "xgrad.einsum",
    "Conv": "nn.Conv1d, nn.Conv2d or nn.Conv3d, with channels on axis 1",
    "ConvTranspose": "nn.ConvTranspose1d, nn.ConvTranspose2d or nn.ConvTranspose3d",
    "Embed": "nn.Embedding",
    "SelfAttention": "nn.MultiHeadAttention, called with one array",
    "MultiHeadDotProductAttention": "nn.MultiHeadAttention",
    "MultiHead": "nn.MultiHeadAttention",
    "dot_product_attention": "functional.scaled_dot_product_attention",
    "make_causal_mask": "is_causal=True in the attention",
    "OptimizedLSTMCell": "nn.LSTMCell",
    "SimpleCell": "nn.RNNCell",
    "compact": "a dataclass: layers are made in fields, and __call__ uses them",
    "nowrap": "a plain method: a module is a dataclass",
    "remat": "xgrad.checkpoint",
    "scan": "xgrad.scan",
    "vmap": "xgrad.vmap",
    "jit": "xgrad.compile",
    "avg_pool": "functional.avg_pool1d, avg_pool2d or avg_pool3d",
    "max_pool": "functional.max_pool1d, max_pool2d or max_pool3d",
    "swish": "functional.silu",
    "Swish": "nn.SiLU",
    "hard_tanh": "functional.hardtanh",
    "hard_sigmoid": "functional.hardsigmoid",
    "hard_swish": "functional.hardswish",
    "hard_silu": "functional.hardswish",
    "soft_sign": "functional.softsign",
    "standardize": "functional.layer_norm",
    "initializers": "nn.init",
    "LayerList": "nn.ModuleList",
    "GlobalAveragePooling2D": "nn.AdaptiveAvgPool2d(1)",
    "BatchNormalization": "nn.BatchNorm2d",
    "LayerNormalization": "nn.LayerNorm",
    "logsumexp": "xgrad.logsumexp",
    "erf": "xgrad.special.erf",
    "sin": "xgrad.sin",
    "grad": "xgrad.grad",
    "Tensor": "xgrad.Array",
}
"""Names of PyTorch, Flax, JAX, Haiku and Keras, and what to use here."""


def missing(module: str, name: str, names: Iterable[str], elsewhere: Iterable[str]) -> str:
    """Return the text of an error for a name that a module does not have.

    Args:
        module: what the user wrote before the dot, as ``"nn"``.
        name: the name.
        names: what the module has.
        elsewhere: what its neighbour has, `functional` or `nn`.

    Returns:
        What was asked for, and what to write.
    """
    said = f"module 'xgrad.{module}' has no attribute {name!r}"
    if name.startswith("__"):
        return said
    other = "nn.functional" if module == "nn" else "nn"
    names, elsewhere = list(names), list(elsewhere)
    if name in KNOWN:
        return f"{said}. Here it is {KNOWN[name]}"
    if name.startswith("Lazy"):
        return f"{said}. Use nn.{name.removeprefix('Lazy')}: {_SIZES}"
    if name.endswith("_") and name[:-1] in names:
        return f"{said}. Nothing is changed in place: write x = F.{name[:-1]}(x)"
    if name in elsewhere:
        return f"{said}. There is xgrad.{other}.{name}"
    lower = {n.lower().replace("_", ""): n for n in [*elsewhere, *names]}
    same = lower.get(name.lower().replace("_", ""))
    if same is None:
        near = difflib.get_close_matches(name.lower().replace("_", ""), list(lower), 1, 0.6)
        same = lower[near[0]] if near else None
    if same is None:
        return f"{said}. dir(xgrad.{module}) lists what it has"
    return f"{said}. Did you mean xgrad.{module if same in names else other}.{same}?"


_LAYERS = "xgrad.nn.Sequential(*model, layer), which is a new one"
_PARTS = "the fields of the dataclass, or xgrad.nn.named_leaves(model)"
_HOOK = "a function between two layers, or xgrad.custom_vjp for the cotangent"
_LOOP = "a loop over xgrad.data.batches(...) with optimizer.step(xgrad.grad(loss)(optimizer.model))"

METHODS = {
    "add": _LAYERS,
    "add_module": _LAYERS,
    "append": _LAYERS,
    "apply": "xgrad.tree.map(f, model)",
    "bfloat16": "xgrad.nn.astype(model, dtype)",
    "buffers": _PARTS,
    "children": _PARTS,
    "compile": "xgrad.compile(f), of a function that calls the model",
    "cpu": "xgrad.nn.to_backend(model, 'numpy')",
    "cuda": "xgrad.nn.to_backend(model, 'cupy'), or 'torch:cuda'",
    "double": "xgrad.nn.astype(model, 'float64')",
    "eval": "model(x): a call is not in training unless it says training=True",
    "extend": _LAYERS,
    "fit": _LOOP,
    "float": "xgrad.nn.astype(model, 'float32')",
    "forward": "model(x); a class of one's own defines __call__(self, x, *, training, rng)",
    "get_parameter": "xgrad.nn.parameters(model)[name]",
    "get_submodule": "the attribute of that name",
    "half": "xgrad.nn.astype(model, 'float16'), or xgrad.nn.Autocast(model, 'float16')",
    "insert": _LAYERS,
    "load_state_dict": "model = xgrad.nn.load_state_dict(model, state)",
    "modules": _PARTS,
    "named_buffers": _PARTS,
    "named_children": _PARTS,
    "named_modules": _PARTS,
    "named_parameters": "xgrad.nn.parameters(model).items()",
    "parameters": "xgrad.nn.parameters(model), a dict; an optimiser takes the model itself, as in "
    "xgrad.optim.Optimizer(xgrad.optim.Adam(lr=0.001), model)",
    "predict": "model(x)",
    "register_backward_hook": _HOOK,
    "register_buffer": "a field of the dataclass, made with xgrad.nn.buffer()",
    "register_forward_hook": _HOOK,
    "register_forward_pre_hook": _HOOK,
    "register_full_backward_hook": _HOOK,
    "register_module": "a field of the dataclass",
    "register_parameter": "a field of the dataclass",
    "requires_grad_": "xgrad.nn.frozen(model)",
    "share_memory": "xgrad.distributed, whose workers get the model",
    "state_dict": "xgrad.nn.state_dict(model)",
    "summary": "xgrad.nn.summary(model, x)",
    "to": "xgrad.nn.to_backend(model, name), or xgrad.nn.astype(model, dtype)",
    "train": "model(x, training=True), or out, model = model.update(x)",
    "training": "model(x, training=True)",
    "type": "xgrad.nn.astype(model, dtype)",
    "zero_grad": "nothing: xgrad.grad gives a new gradient each time",
}
"""Methods of other libraries' modules, and what to write instead of each."""


def missing_in_module(cls: type, name: str) -> str:
    """Return the message for an attribute that a module has not."""
    text = f"{cls.__name__!r} object has no attribute {name!r}"
    if instead := METHODS.get(name):
        return f"{text}. Instead: {instead}"
    fields = getattr(cls, "__dataclass_fields__", {})
    known = [n for n in (*fields, *dir(cls)) if not n.startswith("_")]
    if near := difflib.get_close_matches(name, known, n=1, cutoff=0.8):
        return f"{text}. Did you mean {near[0]}?"
    if cls.__module__.partition(".")[0] == __name__.partition(".")[0]:
        return text
    return (
        f"{text}. What __init__ sets is in a copy and in a gradient only if it is a field: "
        f"annotate it in the class, as `{name}: Any`, and decorate {cls.__name__} with "
        "@dataclasses.dataclass(init=False)"
    )
